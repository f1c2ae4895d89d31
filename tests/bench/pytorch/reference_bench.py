#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same files as fitest_pytorch_bench, with PyTorch: reference_bench.py [--threads N] FILE..."""
import argparse
import time

import torch

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=torch.get_num_threads())
parser.add_argument("files", nargs="+")
args = parser.parse_args()
torch.set_num_threads(args.threads)
print(f"{args.threads} threads, torch {torch.__version__}")
for path in args.files:
    scope = {}
    exec(open(path).read(), scope)
    best = 1e9
    for _ in range(5):
        start = time.perf_counter()
        scope["run"]()
        best = min(best, time.perf_counter() - start)
    print(f"{path:<40}{best * 1e3:12.3f} ms")
