#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_reference_seeds.py FOLDER: the references of tests/pytorch as a corpus of fitest_fuzz_reference."""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE.parent / "pytorch"
HEAD = "import torch\nimport math\nimport torch.nn.functional as F\n"

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
texts = [case["code"] for case in json.loads((CASES / "hostile_references.json").read_text())]
for case in json.loads((CASES / "operator_cases.json").read_text())["cases"]:
    names = ", ".join("abcdef"[: len(case["args"].split())])
    texts.append(f"{HEAD}def run({names}):\n    " + case["code"].replace("\n", "\n    ") + "\n")
for number, text in enumerate(texts):
    (folder / f"{number:04}").write_text(text)
print(f"{folder}: {len(texts)} references")
