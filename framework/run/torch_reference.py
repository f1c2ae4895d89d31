# SPDX-License-Identifier: Apache-2.0
"""Runs a FlashInfer-Trace reference: torch_reference.py FOLDER

FOLDER holds reference.py, and inputs.json with one entry per argument: a number, or a tensor as
{dtype, shape, file}. Writes outputs.json and one raw file per output into FOLDER.
"""
import json
import sys
import time
import types
from pathlib import Path

import torch


def dtype_of(name):
    names = {"float4_e2m1": "float4_e2m1fn_x2"}
    return getattr(torch, names.get(name, name))


def load_argument(folder, entry):
    if not isinstance(entry, dict):
        return entry
    shape, dtype = list(entry["shape"]), dtype_of(entry["dtype"])
    if entry["dtype"] == "float4_e2m1":
        shape[-1] //= 2
    data = bytearray((folder / entry["file"]).read_bytes())
    if not data:
        return torch.empty(shape, dtype=dtype)
    flat = torch.frombuffer(data, dtype=torch.uint8)
    return flat.view(dtype).reshape(shape)


def store_output(folder, index, value):
    tensor = torch.as_tensor(value).detach().cpu().contiguous()
    name = str(tensor.dtype).removeprefix("torch.")
    shape = list(tensor.shape)
    if name == "float4_e2m1fn_x2":
        name, shape[-1] = "float4_e2m1", shape[-1] * 2
    file = f"output{index}.bin"
    raw = tensor.reshape(-1).view(torch.uint8) if tensor.numel() else torch.empty(0, dtype=torch.uint8)
    (folder / file).write_bytes(bytes(raw.numpy().tobytes()))
    return {"dtype": name, "shape": shape, "file": file}


def main():
    folder = Path(sys.argv[1])
    path = folder / "reference.py"
    module = types.ModuleType("reference")
    exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
    arguments = [load_argument(folder, entry) for entry in json.loads((folder / "inputs.json").read_text())]
    begin = time.perf_counter()
    with torch.no_grad():
        result = module.run(*arguments)
    milliseconds = (time.perf_counter() - begin) * 1e3
    results = list(result) if isinstance(result, (tuple, list)) else [result]
    outputs = [store_output(folder, i, value) for i, value in enumerate(results)]
    (folder / "outputs.json").write_text(json.dumps({"outputs": outputs, "milliseconds": milliseconds}))


main()
