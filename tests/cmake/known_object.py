# SPDX-License-Identifier: Apache-2.0
"""known_object.py COMPILER ARGUMENT...: a compiler launcher that compiles nothing twice.

The build tree FITEST_BUILD has compiled fitest's own sources already. Where it did so by the same
command, not before the source changed last, its object is copied; everything else is compiled.
"""
import json
import os
import shlex
import shutil
import sys

PREFIX = "fitest/"  # of objects in a project that has fitest as its subfolder fitest/


def essence(words, folder):
    """What decides about the object: no names of outputs, paths as they are in the other tree."""
    kept = []
    skip = False
    for word in words:
        if skip or word in ("-o", "-MT", "-MF"):
            skip = not skip
        elif word not in ("-MD", "-Werror", "-c"):
            kept.append(word.replace(folder + "/" + PREFIX.rstrip("/"), os.environ["FITEST_BUILD"]))
    return kept


def known_object(words, target, source):
    build = os.environ["FITEST_BUILD"]
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        commands = json.load(file)
    name = target.removeprefix(PREFIX)
    candidate = os.path.join(build, name)
    for entry in commands:
        if f" -o {name} " not in entry["command"]:
            continue
        same = essence(shlex.split(entry["command"]), build) == essence(words, os.getcwd())
        recent = os.path.exists(candidate) and os.path.getmtime(candidate) >= os.path.getmtime(source)
        return candidate if same and recent else None
    return None


words = sys.argv[1:]
found = None
if "-c" in words and "-o" in words:
    target, source = words[words.index("-o") + 1], words[words.index("-c") + 1]
    found = known_object(words, target, source)
if found is None:
    os.execvp(words[0], words)
shutil.copy(found, target)
if "-MF" in words:
    with open(words[words.index("-MF") + 1], "w", encoding="utf-8") as dependencies:
        dependencies.write(f"{target}: {source}\n")
