"""`python -m tensorgrad.compat program.py …` runs a program written for PyTorch on tensorgrad; `-m module …` likewise."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from .pose import pose_as_torch

USAGE = "usage: python -m tensorgrad.compat program.py [arguments …]\n       python -m tensorgrad.compat -m module [arguments …]"


def main() -> None:
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help") or arguments == ["-m"]:
        sys.exit(USAGE)
    pose_as_torch()
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        sys.path.insert(0, "")
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    elif not Path(arguments[0]).exists():
        sys.exit(f"python -m tensorgrad.compat: there is no {arguments[0]}.\n{USAGE}")
    else:
        sys.argv = arguments
        sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main()
