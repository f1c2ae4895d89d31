#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what CPython and PyTorch print for the snippets of language_cases.json and tensor_cases.json.

  compare_with_python.py [FILE...]

A case is {"code": lines}; `p` prints, `math` and `torch` are imported. This script adds "output" and,
where the snippet raises, "error", the exception's type. Add snippets by hand and run it: the unit
test SnippetCases holds the builtin engine to the same outputs, with no Python needed there.
"""
import contextlib
import io
import json
import math
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def run(code, modules):
    """Output and exception type of a snippet, in a function as the engine runs it."""
    scope = {"p": print, "math": math, **modules}
    body = "def run():\n" + "".join(f"    {line}\n" for line in code.split("\n"))
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            exec(body, scope)  # the project's own snippets
            scope["run"]()
        except Exception as error:
            return {"output": out.getvalue(), "error": type(error).__name__}
    return {"output": out.getvalue()}


def update(path):
    modules = {}
    if path.name.startswith("tensor"):
        import torch
        import torch.nn.functional

        modules = {"torch": torch, "F": torch.nn.functional}
    rows = [{"code": case["code"], **run(case["code"], modules)} for case in json.loads(path.read_text())]
    path.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    print(f"{path}: {len(rows)} cases, {sum('error' in row for row in rows)} raise")


for name in sys.argv[1:] or ["language_cases.json", "tensor_cases.json"]:
    update(HERE / name)
