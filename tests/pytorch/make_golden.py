#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs references with PyTorch and writes what the builtin engine must agree with.

  make_golden.py official DEFINITIONS [--workloads official_workloads.json] [--out golden/official.json]
      every official definition on the workloads of official_workloads.json; of each output a
      sample of its elements is kept. golden/official_edges.json comes from official_edges.json.

operator_suite.py makes golden/operators.json, precision_table.py compares whole outputs. All need
torch, numpy and the standard library, and run on a CPU, or on CUDA with --device cuda.
"""
import argparse
import fnmatch
import inspect
import json
import math
import pathlib
import struct

import numpy as np
import torch

HERE = pathlib.Path(__file__).resolve().parent
SAMPLE = 64
DTYPES = {
    name: getattr(torch, name)
    for name in (
        "float64 float32 float16 bfloat16 float8_e4m3fn float8_e5m2 int64 int32 int16 int8 uint8 bool"
    ).split()
}


def words(salt, count):
    """SplitMix64 of (salt, index): the unit tests compute the same."""
    mask = np.uint64(0xFFFFFFFFFFFFFFFF)
    with np.errstate(over="ignore"):
        z = np.arange(count, dtype=np.uint64) + np.uint64(salt) * np.uint64(0x9E3779B97F4A7C15)
        z = (z + np.uint64(0x9E3779B97F4A7C15)) & mask
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def uniform(salt, count, low, high):
    unit = (words(salt, count) >> np.uint64(40)).astype(np.float64) * 2.0**-24
    return (low + unit * (high - low)).astype(np.float32)


def key_cache(salt, shape, page_size, head_dim):
    """deep_gemm's cache: a page holds page_size·head_dim e4m3 codes, then page_size float32."""
    pages = shape[0]
    codes = words(salt, pages * page_size * head_dim)
    codes = (codes % np.uint64(112)).astype(np.uint8) | ((codes >> np.uint64(56)).astype(np.uint8) & 0x80)
    scales = uniform(salt + 1000, pages * page_size, 0.5, 1.5)
    page = np.concatenate(
        [codes.reshape(pages, -1), scales.reshape(pages, -1).view(np.uint8).reshape(pages, -1)], axis=1
    )
    return torch.from_numpy(np.ascontiguousarray(page).view(np.int8)).reshape(shape)


def packed_topk(salt, count, experts):
    z = words(salt, count)
    expert = (z % np.uint64(experts)).astype(np.int64)
    weight = torch.from_numpy(uniform(salt + 1000, count, 0.0, 1.0)).to(torch.bfloat16)
    bits = weight.view(torch.int16).to(torch.int64) & 0xFFFF
    return (torch.from_numpy(expert) << 16 | bits).to(torch.int32)


def make_input(spec, dtype, shape, salt):
    count = math.prod(shape)
    if spec is None:
        spec = {"uniform": [-1, 1]}
    if "values" in spec:
        values = (spec["values"] * count)[:count]
        return torch.tensor(values, dtype=torch.float64).to(DTYPES[dtype]).reshape(shape)
    if "step" in spec:
        return (torch.arange(count) * spec["step"]).to(DTYPES[dtype]).reshape(shape)
    if "integers" in spec:
        low, high = spec["integers"]
        values = (words(salt, count) % np.uint64(high - low)).astype(np.int64) + low
        return torch.from_numpy(values).to(DTYPES[dtype]).reshape(shape)
    if "key_cache" in spec:
        return key_cache(salt, shape, *spec["key_cache"])
    if "packed_topk" in spec:
        return packed_topk(salt, count, spec["packed_topk"]).reshape(shape)
    low, high = spec["uniform"]
    return torch.from_numpy(uniform(salt, count, low, high)).to(DTYPES[dtype]).reshape(shape)


def official_cases(root, file="official_workloads.json"):
    workloads = json.loads((HERE / file).read_text())
    for path in sorted(pathlib.Path(root).glob("*/*.json")):
        definition = json.loads(path.read_text())
        name = f"{path.parent.name}/{definition['name']}"
        for workload in workloads:
            if fnmatch.fnmatch(name, workload["pattern"]):
                yield name, definition, workload
                break
        else:
            raise SystemExit(f"no workload for {name}")


def prepare_official(definition, workload, device):
    """The call of a definition's reference on a workload, its inputs made."""
    axes = {a: v["value"] for a, v in definition["axes"].items() if v["type"] == "const"}
    axes.update(workload.get("axes", {}))
    specs = workload.get("inputs", {})
    arguments = []
    for salt, (name, tensor) in enumerate(definition["inputs"].items(), start=1):
        if tensor["shape"] is None:
            arguments.append(specs[name])
        else:
            shape = [axes[a] for a in tensor["shape"]]
            arguments.append(make_input(specs.get(name), tensor["dtype"], shape, salt).to(device))
    reference = definition["reference"]
    for before, after in workload.get("replace", []):
        reference = reference.replace(before, after)
    return lambda: execute(reference, arguments, list(definition["inputs"]))


def run_official(definition, workload, device):
    return prepare_official(definition, workload, device)()


def execute(reference, arguments, names=()):
    """By name where all names are parameters of run, as the builtin engine does."""
    scope = {}
    exec(reference, scope)  # the reference is the data set's own text
    parameters = inspect.signature(scope["run"]).parameters
    with torch.no_grad():
        if names and all(name in parameters for name in names):
            result = scope["run"](**dict(zip(names, arguments)))
        else:
            result = scope["run"](*arguments)
    return list(result) if isinstance(result, (tuple, list)) else [result]


def as_tensor(output):
    return output.detach().cpu() if isinstance(output, torch.Tensor) else torch.tensor(output)


def number(x):
    return x if math.isfinite(x) else str(x)


def sample(output):
    flat = as_tensor(output).reshape(-1)
    step = max(1, flat.numel() // SAMPLE)
    picked = flat[::step][:SAMPLE]
    values = picked.tolist() if picked.dtype in (torch.int64, torch.bool) else picked.double().tolist()
    return {
        "dtype": str(output.dtype).removeprefix("torch."),
        "shape": list(output.shape),
        "step": step,
        "values": [v if isinstance(v, (bool, int)) else number(float(f"{v:.9g}")) for v in values],
    }


def write(path, document):
    path = pathlib.Path(path)
    lines = ",\n".join(json.dumps(entry) for entry in document["cases"])
    head = json.dumps({k: v for k, v in document.items() if k != "cases"})[:-1]
    path.write_text(f'{head}, "cases": [\n{lines}\n]}}\n')
    print(f"{path}: {len(document['cases'])} cases, {path.stat().st_size} bytes")


def command_official(args):
    cases = []
    for name, definition, workload in official_cases(args.definitions, args.workloads):
        outputs = run_official(definition, workload, args.device)
        cases.append({"name": name, "outputs": [sample(o) for o in outputs]})
    write(args.out or HERE / "golden" / "official.json",
          {"torch": torch.__version__, "device": args.device, "cases": cases})


def reference_of(case):
    names = ", ".join("abcdef"[: len(case["args"].split())])
    body = case["code"].replace("\n", "\n    ")
    return (f"import torch\nimport math\nimport torch.nn.functional as F\n\n"
            f"def run({names}):\n    {body}\n")


def read_safetensors(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    kinds = {"F32": torch.float32, "F64": torch.float64, "F16": torch.float16, "BF16": torch.bfloat16,
             "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
             "U8": torch.uint8, "BOOL": torch.bool}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        raw = bytearray(data[8 + size + begin : 8 + size + end])
        tensor = torch.frombuffer(raw, dtype=kinds[entry["dtype"]]) if raw else torch.empty(0)
        tensors[name] = tensor.reshape(entry["shape"])
    return tensors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["official"])
    parser.add_argument("definitions", nargs="?", default=HERE.parents[1] / ".." / "shared/official/definitions")
    parser.add_argument("--workloads", default="official_workloads.json")
    parser.add_argument("--out")
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    command_official(args)


if __name__ == "__main__":
    main()
