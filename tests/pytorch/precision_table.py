#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How near the builtin engine comes to PyTorch on the official definitions, by family.

  FITEST_DUMP_OUTPUTS=DUMP fitest_pytorch_tests --gtest_filter='*OfficialReferences*_usual'
  precision_table.py DEFINITIONS DUMP [--device cuda] [--family gdn]

and with '*_edges' and --workloads official_edges.json the same of the edge workloads.

For each family and dtype of outputs: elements, the share of exactly equal ones, the largest distance
in units in the last place, the largest difference as a part of the output's largest element. NaN
equals NaN. Distances of elements that nearly vanish say little: "of those" counts only elements of
at least a thousandth of the largest.
"""
import argparse
import pathlib
import sys

import torch

import make_golden

INTEGERS = {8: torch.int64, 4: torch.int32, 2: torch.int16, 1: torch.int8}


def ordered(tensor):
    """Integers in the order of the floating-point numbers, neighbours one apart."""
    bits = tensor.contiguous().view(INTEGERS[tensor.element_size()]).to(torch.int64)
    least = -(1 << (8 * tensor.element_size() - 1))
    return torch.where(bits < 0, least - bits, bits)


class Row:
    def __init__(self):
        self.elements = self.equal = self.units = self.large_units = 0
        self.part = 0.0

    def add(self, actual, expected):
        self.elements += expected.numel()
        if not expected.numel():
            return
        if not expected.is_floating_point():
            same = actual == expected
            self.equal += int(same.sum())
            self.units = max(self.units, int((actual.long() - expected.long()).abs().max()))
            return
        same = (actual.double() == expected.double()) | (actual.isnan() & expected.isnan())
        self.equal += int(same.sum())
        if bool(same.all()):
            return
        units = (ordered(actual) - ordered(expected)).abs()[~same]
        mine, theirs = actual.double()[~same], expected.double()
        largest = float(theirs[theirs.isfinite()].abs().max())
        theirs = theirs[~same]
        self.units = max(self.units, int(units.max()))
        large = theirs.abs() >= largest / 1000
        if bool(large.any()):
            self.large_units = max(self.large_units, int(units[large].max()))
        self.part = max(self.part, float((mine - theirs).abs().max()) / max(largest, 1e-300))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("definitions")
    parser.add_argument("dump", type=pathlib.Path)
    parser.add_argument("--workloads", default="official_workloads.json")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--family", default="")
    args = parser.parse_args()
    rows, definitions, missing = {}, {}, []
    for name, definition, workload in make_golden.official_cases(args.definitions, args.workloads):
        family = name.split("/")[0]
        if args.family not in ("", family):
            continue
        definitions[family] = definitions.get(family, 0) + 1
        path = args.dump / (name.replace("/", "__") + ".safetensors")
        if not path.exists():
            missing.append(name)
            continue
        mine = make_golden.read_safetensors(path)
        for i, output in enumerate(make_golden.run_official(definition, workload, args.device)):
            expected, actual = make_golden.as_tensor(output), mine[str(i)]
            if actual.shape != expected.shape or actual.dtype != expected.dtype:
                missing.append(f"{name}[{i}]: {actual.dtype}{list(actual.shape)} for "
                               f"{expected.dtype}{list(expected.shape)}")
                continue
            key = (family, str(expected.dtype).removeprefix("torch."))
            rows.setdefault(key, Row()).add(actual, expected)
    where = torch.cuda.get_device_name(0) if args.device != "cpu" else "CPU"
    print(f"builtin against PyTorch {torch.__version__} on {where}")
    print(f"{'family':10} {'defs':>4} {'output':9} {'elements':>9} {'equal':>9} {'max ulp':>9} "
          f"{'of those':>9} {'of largest':>10}")
    for (family, dtype), row in sorted(rows.items()):
        print(f"{family:10} {definitions[family]:4} {dtype:9} {row.elements:9} "
              f"{100 * row.equal / max(1, row.elements):8.3f}% {row.units:9} {row.large_units:9} {row.part:10.1e}")
    for name in missing:
        print(f"not compared: {name}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
