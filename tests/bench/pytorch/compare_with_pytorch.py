#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builtin engine against PyTorch on this CPU, same references, inputs and threads, in turns.

  compare_with_pytorch.py BENCH DATASET [--threads N] [--rounds N] [--full] [--only PART]

BENCH is fitest_pytorch_bench, DATASET the official data set. --full runs the mixture of experts in
its own size instead of a shape-reduced twin (36 GiB of memory). Prints the best times and their
ratio; above 1, builtin is faster.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "pytorch"))

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("bench")
parser.add_argument("dataset", type=pathlib.Path)
parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--full", action="store_true")
parser.add_argument("--only", default="")
args = parser.parse_args()
environment = {**os.environ, "FITEST_THREADS": str(args.threads)}


def start_up(command):
    best = 1e9
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - start)
    return best


def print_row(name, builtin, torch_seconds):
    print(f"{name:64}{builtin * 1e3:12.2f}{torch_seconds * 1e3:12.2f}{torch_seconds / builtin:9.2f}", flush=True)


first = start_up([args.bench])
first_torch = start_up([sys.executable, "-c", "import torch; print(torch.ones(4).sum().item())"])

import torch  # noqa: E402  after its start-up was timed
import make_golden  # noqa: E402

torch.set_num_threads(args.threads)


def workloads():
    for workload in json.loads((HERE / "workloads.json").read_text()):
        if args.full and "replace" in workload:
            del workload["replace"]
            workload["axes"] = {"seq_len": workload["axes"]["seq_len"]}
        yield workload


def seconds_of_builtin(name, file):
    command = [args.bench, str(args.dataset), file, "1", name]
    output = subprocess.run(command, check=True, env=environment, capture_output=True, text=True).stdout
    return float(output.split()[1])


def compare(workload, file):
    name = workload["name"]
    definition = json.loads((args.dataset / "definitions" / f"{name}.json").read_text())
    run = make_golden.prepare_official(definition, workload, "cpu")
    run()  # PyTorch's first call sets up what later ones reuse
    best = [1e9, 1e9]
    for _ in range(args.rounds):
        best[0] = min(best[0], seconds_of_builtin(name, file))
        start = time.perf_counter()
        run()
        best[1] = min(best[1], time.perf_counter() - start)
    print_row(name, *best)


print(f"{args.threads} threads, torch {torch.__version__}, best of {args.rounds}")
print(f"{'':64}{'builtin ms':>12}{'torch ms':>12}{'ratio':>9}")
print_row("start-up to the first result", first, first_torch)
with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
    cases = list(workloads())
    json.dump(cases, file)
    file.flush()
    for case in cases:
        if args.only in case["name"]:
            compare(case, file.name)
