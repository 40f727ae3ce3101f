"""Every row of the tables in tests/ops, against the function of the same name in PyTorch: value, dtype, gradient."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import torch

import tensorgrad as tg
from tests.ops import optest
from tests.ops.optest import OpTest, convert, is_float

from .bridge import compare, compare_gradients, to_ours


def rows() -> list[Any]:
    """(class, sample number) of every table."""
    found = []
    for module in optest.tables("test_errors"):
        stem = module.__name__.rpartition(".")[2]
        for name, cls in optest.rows(module):
            if cls.torch is not None and cls.deterministic:
                found += [pytest.param(cls, i, id=f"{stem}-{name}-{i}-{s!r}") for i, s in enumerate(cls.samples)]
    return found


def plain(home: Any, name: str) -> Any:
    """A function of ours without what takes `out=` and other words."""
    return inspect.unwrap(getattr(home, name)) if hasattr(home, name) else None


def counterpart(cls: type[OpTest]) -> Any:
    """PyTorch's function for a table row."""
    if callable(cls.torch):
        return cls.torch
    path = cls.torch or cls.op.__name__
    if cls.torch:
        found: Any = torch
        for part in path.split("."):
            found = getattr(found, part)
        return found
    op = inspect.unwrap(cls.op)
    homes = [torch, torch.nn.functional, torch.linalg, torch.special, torch.Tensor]
    if plain(tg.linalg, path) is op:  # some older namesakes in torch are gone
        homes.insert(0, torch.linalg)
    if plain(tg.nn.functional, path) is op:  # others are internal, with other arguments
        homes.insert(0, torch.nn.functional)
    for home in homes:
        if hasattr(home, path):
            return getattr(home, path)
    raise AssertionError(f"{cls.__name__}: PyTorch has no {path!r}; give the row `torch = …`")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("cls", "case"), rows())
def test_row(cls: type[OpTest], case: int, dtype: str) -> None:
    args, kwargs = cls.arguments(case, dtype)
    theirs_in: list[Any] = []
    ours_in: list[Any] = []

    def leaf(a: np.ndarray) -> Any:
        t = torch.from_numpy(np.array(a, copy=True))
        if is_float(a):
            t.requires_grad_()
            theirs_in.append(t)
        return t

    differentiable = cls.differentiable and cls.torch_gradient
    theirs_args, theirs_kwargs = convert(args, leaf), convert(kwargs, leaf)
    try:
        theirs = counterpart(cls)(*theirs_args, **with_torch_dtypes(theirs_kwargs))
    except (RuntimeError, TypeError, NotImplementedError) as error:
        if "not implemented for" in str(error):
            return
        if "is not differentiable with respect to" not in str(error):
            raise
        differentiable = False  # PyTorch takes a weight or a target for a constant: compare values
        theirs_args, theirs_kwargs = (convert(a, lambda x: torch.from_numpy(np.array(x))) for a in (args, kwargs))
        theirs = counterpart(cls)(*theirs_args, **with_torch_dtypes(theirs_kwargs))

    def mine(a: np.ndarray) -> Any:
        t = to_ours(torch.from_numpy(np.array(a, copy=True)))
        if is_float(a):
            t.requires_grad_()
            ours_in.append(t)
        return t

    ours = cls.op(*convert(args, mine), **convert(kwargs, mine))
    tolerance = {"rtol": cls.torch_rtol.get(dtype), "atol": cls.torch_atol.get(dtype)}
    compare(ours, theirs, "value", **tolerance)
    if differentiable:
        compare_gradients(ours, ours_in, theirs, theirs_in, "row", **tolerance)


def with_torch_dtypes(kwargs: dict[str, Any]) -> dict[str, Any]:
    """dtype=tensorgrad.float64 as PyTorch's."""
    return {
        k: getattr(torch, repr(v).split(".")[1]) if repr(v).startswith("tensorgrad.") else v for k, v in kwargs.items()
    }
