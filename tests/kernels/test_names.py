"""Kernels are found by name alone, so a name stands for one thing: two files of a folder may not both define it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
from collections import defaultdict

import numpy as np
import pytest

from tensorgrad.kernels import cpu, on


def test_no_two_files_define_one_name() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for info in pkgutil.iter_modules(cpu.__path__):
        module = importlib.import_module(f"tensorgrad.kernels.cpu.{info.name}")
        for name, value in vars(module).items():
            home = getattr(value, "__module__", None) or ""
            if name.startswith("_") or inspect.ismodule(value) or isinstance(value, types.GenericAlias) or home == "typing":
                continue
            if home.startswith("tensorgrad") and home != module.__name__:
                continue  # imported from where it lives
            if callable(value) and not inspect.isclass(value):
                homes[name].append(info.name)
    twice = {name: files for name, files in homes.items() if len(files) > 1}
    assert not twice, f"kernels of one name in several files: {twice}"


def test_what_is_missing_says_so() -> None:
    with pytest.raises(RuntimeError, match="there is no CPU kernel called 'no_such_kernel'"):
        on(np.zeros(2)).no_such_kernel
    with pytest.raises(TypeError, match="no kernels for arrays of type builtins.str"):
        on("text")
