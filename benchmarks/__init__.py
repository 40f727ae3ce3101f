"""Timings of the library beside others; each file is a program: `python -m benchmarks.scalar`."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version


def machine(*packages: str) -> str:
    """What a figure was measured with: Python, the packages that are installed, system, cores."""
    found = [f"Python {platform.python_version()}"]
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join([*found, f"{platform.system()} {platform.machine()}", f"{os.cpu_count()} cores"])
