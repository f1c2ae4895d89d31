#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The operator suite: every case of operator_cases.json in many dtypes, shapes and layouts, as
PyTorch answers it on a CPU and on CUDA.

  operator_suite.py inputs          adds the inputs that the variants need to operator_cases.json
  operator_suite.py run OUT.jsonl [--cuda] [--jobs N]
                                    answers of every variant, one line each
  operator_suite.py pack CPU.jsonl [CUDA.jsonl] [--out golden/operators.json]
                                    the golden file that the unit tests read

A variant is a case with a dtype, a set of shapes ("base" as written, "wide" beyond the width of
vectors, "one", "empty") and a layout of its arguments ("dense", "transposed", "strided"). What
PyTorch refuses is kept as an error where operator_cases.json names the dtype itself, and left out
where this script made the variant up.
"""
import argparse
import base64
import json
import pathlib
import re
import subprocess
import sys

import torch

import make_golden

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE / "operator_cases.json"
FLOATS = ["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]
INTEGERS = ["int64", "int32", "int16", "int8", "uint8"]
DTYPES = FLOATS + INTEGERS + ["bool"]
SHAPED = ["float32", "bfloat16", "int64"]  # dtypes of the variants in other shapes and layouts
EXTENTS = {  # of the base shapes, in the other sets
    "wide": {2: 2, 3: 3, 4: 19, 5: 6, 6: 21, 300: 70},
    "one": {2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 300: 1},
    "empty": {2: 0, 3: 3, 4: 0, 5: 5, 6: 0, 300: 0},
}
LAYOUTS = {
    "dense": "",
    "transposed": "{x} = {x}.mT.contiguous().mT if {x}.dim() > 1 else {x}\n",
    "strided": "{x} = torch.stack([{x}, {x}], -1).flatten(-2)[..., 1::2] if {x}.dim() > 0 else {x}\n",
}
# What cannot be compared: a pattern of the code, dtypes, shapes, and why.
LEFT_OUT = [
    (r"linear|@|tensordot|einsum\('i\w*,|addr", ["float8_e4m3fn", "float8_e5m2", "bool"], ["base"],
     "matrix products of float8 and bool, which PyTorch has on the CPU alone"),
    (r"\*|mul|index_put", ["float8_e4m3fn", "float8_e5m2"], ["base"],
     "arithmetic on float8, which PyTorch has on the CPU alone and not in every version"),
    (r"take_along_dim|tensor\(\[0, 1\]\)", DTYPES, ["one"], "indices outside of the tensor"),
    (r"sort\(", ["bfloat16", "int64"], ["wide"], "equal elements, whose order is not defined"),
]
INTEGER_RANGE = {"uint8": [0, 100], "bool": [0, 2]}


def base_name(name):
    """"float32_m" → ("float32", "m"); "mask" → (None, "mask")."""
    for dtype in DTYPES:
        if name.startswith(dtype + "_"):
            return dtype, name[len(dtype) + 1 :]
    return None, name


def spec_for(inputs, dtype, name):
    """What the pool has, else as for another dtype of the same kind; None where values are given."""
    if f"{dtype}_{name}" in inputs:
        return inputs[f"{dtype}_{name}"]
    model = inputs.get(f"float32_{name}") or inputs.get(f"int64_{name}")
    if model is None:
        return None
    make = model["make"]
    if "uniform" in make and dtype not in FLOATS:
        make = {"integers": INTEGER_RANGE.get(dtype, [-9, 100])}
    return {"dtype": dtype, "shape": model["shape"], "make": make}


def reshaped(spec, shapes):
    if shapes == "base":
        return spec
    return {**spec, "shape": [EXTENTS[shapes].get(extent, extent) for extent in spec["shape"]]}


def pool_name(shapes, name):
    return name if shapes == "base" else f"{shapes}:{name}"


def variants(case):
    """(dtype, shapes, layout, named): named by the case itself."""
    named = case["dtypes"]
    letters = case["args"].split()
    for dtype in named:
        yield dtype, "base", "dense", True
    if not letters:
        return
    for dtype in DTYPES:
        if dtype not in named and not all(word.startswith("=") for word in letters):
            yield dtype, "base", "dense", False
    for dtype in SHAPED if not all(word.startswith("=") for word in letters) else named[:1]:
        for shapes in EXTENTS:
            yield dtype, shapes, "dense", False
        for layout in ("transposed", "strided"):
            yield dtype, "base", layout, False
            yield dtype, "wide", layout, False


def argument_names(case, dtype, shapes):
    for word in case["args"].split():
        yield pool_name(shapes, word[1:] if word.startswith("=") else f"{dtype}_{word}")


def command_inputs(args):
    document = json.loads(CASES.read_text())
    inputs = document["inputs"]
    for case in document["cases"]:
        for dtype, shapes, _, _ in variants(case):
            for name in argument_names(case, dtype, shapes):
                if name in inputs:
                    continue
                plain = name.split(":")[-1]
                kind, word = base_name(plain)
                spec = inputs.get(plain) or (spec_for(inputs, kind, word) if kind else None)
                if spec is None:
                    raise SystemExit(f"no input {name} for {case['code']}")
                inputs[name] = reshaped(spec, shapes)
    head = ",\n".join(f"{json.dumps(name)}: {json.dumps(spec)}" for name, spec in inputs.items())
    body = ",\n".join(json.dumps(case) for case in document["cases"])
    CASES.write_text('{"inputs": {\n' + head + '\n},\n"cases": [\n' + body + "\n]}\n")
    print(f"{len(inputs)} inputs")


def source_of(case, layout):
    names = "abcdef"[: len(case["args"].split())]
    prelude = "".join(LAYOUTS[layout].format(x=name) for name in names)
    return make_golden.reference_of({**case, "code": prelude + case["code"]})


def packed(output):
    tensor = output.detach().cpu() if isinstance(output, torch.Tensor) else torch.tensor(output)
    flat = tensor.contiguous().reshape(-1)
    raw = bytes(flat.view(torch.uint8).numpy().tobytes()) if flat.numel() else b""
    return {
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "data": base64.b64encode(raw).decode(),
    }


def answer(case, dtype, shapes, layout, pool, device):
    arguments = [pool[name].clone().to(device) for name in argument_names(case, dtype, shapes)]
    try:
        outputs = [packed(o) for o in make_golden.execute(source_of(case, layout), arguments)]
        return {"outputs": outputs}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}".splitlines()[0][:120]}


def all_variants(document):
    for number, case in enumerate(document["cases"]):
        for variant in variants(case):
            yield number, case, variant


def run_slice(args):
    """Every JOBS-th variant from SLICE on; ends by itself when CUDA can do no more."""
    document = json.loads(CASES.read_text())
    torch.set_num_threads(1)
    device = "cuda" if args.cuda else "cpu"
    pool = {
        name: make_golden.make_input(spec.get("make"), spec["dtype"], spec["shape"], salt)
        for salt, (name, spec) in enumerate(document["inputs"].items(), start=1)
    }
    done = sum(1 for _ in open(args.out)) if pathlib.Path(args.out).exists() else 0
    mine = list(all_variants(document))[args.slice :: args.jobs]
    with open(args.out, "a") as out:
        for number, case, (dtype, shapes, layout, named) in mine[done:]:
            entry = {"case": number, "dtype": dtype, "shapes": shapes, "layout": layout, "named": named}
            entry.update(answer(case, dtype, shapes, layout, pool, device))
            out.write(json.dumps(entry) + "\n")
            out.flush()
            if device == "cuda" and "error" in entry:
                torch.cuda.synchronize()  # raises when the context is lost
    return 0


def command_run(args):
    if args.slice is not None:
        return run_slice(args)
    parts = [f"{args.out}.{i}" for i in range(args.jobs)]
    for part in parts:
        pathlib.Path(part).unlink(missing_ok=True)

    def start(i):
        command = [sys.executable, __file__, "run", parts[i], "--slice", str(i), "--jobs", str(args.jobs)]
        return subprocess.Popen(command + (["--cuda"] if args.cuda else []), stderr=subprocess.DEVNULL)

    def answered(i):
        return sum(1 for _ in open(parts[i])) if pathlib.Path(parts[i]).exists() else 0

    running = {i: start(i) for i in range(args.jobs)}
    reached = dict.fromkeys(running, 0)
    while running:
        for i in list(running):
            if running[i].wait() == 0:
                del running[i]
            elif answered(i) > reached[i]:  # CUDA was lost: go on after the variant that did it
                reached[i] = answered(i)
                running[i] = start(i)
            else:
                print(f"slice {i} ends by itself after {answered(i)} answers")
                del running[i]
    lines = [line for part in parts for line in open(part)]
    lines.sort(key=lambda line: json.loads(line)["case"])
    with open(args.out, "w") as out:
        head = {"torch": torch.__version__, "device": "cpu"}
        if args.cuda:
            head["device"] = torch.cuda.get_device_name(0)
        out.write(json.dumps(head) + "\n" + "".join(lines))
    for part in parts:
        pathlib.Path(part).unlink()
    print(f"{args.out}: {len(lines)} answers by {head}")
    return 0


def key_of(entry):
    return entry["case"], entry["dtype"], entry["shapes"], entry["layout"]


def read_answers(path):
    lines = open(path).read().splitlines()
    entries = [json.loads(line) for line in lines[1:]]
    return json.loads(lines[0]), {key_of(entry): entry for entry in entries}


def same_as_dense(entry, answers):
    dense = answers.get((entry["case"], entry["dtype"], entry["shapes"], "dense"))
    return entry["layout"] != "dense" and dense is not None and dense.get("outputs") == entry["outputs"]


def short(outputs):
    return [[o["dtype"], o["shape"], o["data"]] for o in outputs]


def is_left_out(case, dtype, shapes):
    return any(
        re.search(pattern, case["code"]) and dtype in dtypes and shapes in sets
        for pattern, dtypes, sets, _ in LEFT_OUT
    )


def pack_variant(entry, cpu, cuda):
    """[dtype, shapes, layout, answer, answer on CUDA]: outputs, "=" for the dense layout's, an error
    as text; for CUDA also "cpu" for the same bits as on the CPU, null for what it cannot do."""
    row = [entry["dtype"], entry["shapes"], entry["layout"]]
    if "error" in entry:
        return row + [entry["error"], None]
    row.append("=" if same_as_dense(entry, cpu) else short(entry["outputs"]))
    other = cuda.get(key_of(entry), {})
    if "outputs" not in other:
        return row + [None]
    if other["outputs"] == entry["outputs"]:
        return row + ["cpu"]
    return row + ["=" if same_as_dense(other, cuda) else short(other["outputs"])]


def command_pack(args):
    document = json.loads(CASES.read_text())
    head, cpu = read_answers(args.cpu)
    cuda_head, cuda = read_answers(args.cuda_answers) if args.cuda_answers else (None, {})
    cases = [{"code": case["code"], "args": case["args"], "variants": []} for case in document["cases"]]
    counts = {"variants": 0, "cuda": 0, "errors": 0}
    for number, case, (dtype, shapes, layout, named) in all_variants(document):
        entry = cpu[number, dtype, shapes, layout]
        if ("error" in entry and not named) or is_left_out(case, dtype, shapes):
            continue
        if entry["shapes"] != "base" and "outputs" not in cpu.get(
            (entry["case"], entry["dtype"], "base", "dense"), {}
        ):
            continue  # PyTorch takes the dtype only where there is nothing to do
        row = pack_variant(entry, cpu, cuda)
        cases[entry["case"]]["variants"].append(row)
        counts["variants"] += 1
        counts["cuda"] += row[4] is not None
        counts["errors"] += "error" in entry
    out = pathlib.Path(args.out or HERE / "golden" / "operators.json")
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    top = {"cpu": head, "cuda": cuda_head}
    out.write_text(json.dumps(top)[:-1] + ', "cases": [\n' + lines + "\n]}\n")
    print(f"{out}: {counts}, {out.stat().st_size} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("inputs").set_defaults(action=command_inputs)
    run = commands.add_parser("run")
    run.add_argument("out")
    run.add_argument("--cuda", action="store_true")
    run.add_argument("--jobs", type=int, default=1)
    run.add_argument("--slice", type=int)
    run.set_defaults(action=command_run)
    pack = commands.add_parser("pack")
    pack.add_argument("cpu")
    pack.add_argument("cuda_answers", nargs="?")
    pack.add_argument("--out")
    pack.set_defaults(action=command_pack)
    args = parser.parse_args()
    return args.action(args)


if __name__ == "__main__":
    sys.exit(main())
