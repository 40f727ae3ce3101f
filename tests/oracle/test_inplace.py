"""PyTorch's in-place forms with PyTorch's own sample inputs: value, gradient, and what is refused."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch

import tensorgrad as tg

from .bridge import Unsupported, compare, to_ours
from .differences import DIFFERENT, LEFT_OUT, LOOSE
from .test_opinfo import DTYPES, op_db, summary


def entries() -> list[Any]:
    """(OpInfo, dtype) of every operation with an in-place method that tensorgrad has as well."""
    found = []
    for op in op_db:
        if op.inplace_variant is None or op.name in LEFT_OUT or not hasattr(tg.Tensor, op.name + "_"):
            continue
        label = f"{op.name}_-{op.variant_test_name}" if op.variant_test_name else f"{op.name}_"
        found += [pytest.param(op, d, id=f"{label}-{d}") for d, t in DTYPES.items() if t in op.dtypes]
    return found


@pytest.mark.parametrize(("op", "dtype"), entries())
def test_in_place(op: Any, dtype: str, record_property: Any) -> None:
    torch.manual_seed(0)
    method = getattr(tg.Tensor, op.name + "_")
    compared = 0
    problems = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for s in op.sample_inputs("cpu", DTYPES[dtype], requires_grad=dtype == "float64"):
            if DIFFERENT.get(op.name, lambda s, dtype: "")(s, dtype) or not isinstance(s.input, torch.Tensor):
                continue
            try:
                ours = to_ours(s.input.detach()), to_ours(s.args), to_ours(s.kwargs)
            except Unsupported:
                continue
            compared += 1
            try:
                one(op, method, s, *ours)
            except Exception as error:  # gathered, so that one sample does not hide the next
                problems.append(f"{summary(s)}: {type(error).__name__}: {str(error)[:400]}")
    record_property("samples compared", compared)
    record_property("samples equal", compared - len(problems))
    assert not problems, f"{len(problems)} of {compared} differ\n" + "\n".join(problems[:4])


def one(op: Any, method: Any, s: Any, x: Any, args: Any, kwargs: Any) -> None:
    """Write into x·1, which is not a leaf, in both libraries; both succeed and agree, or both refuse."""
    floating = s.input.is_floating_point()
    theirs_in = s.input.detach().clone().requires_grad_(floating)
    theirs = theirs_in * 1 if floating else theirs_in
    ours_in = x.clone()
    ours_in.requires_grad_(floating)
    ours = ours_in * 1 if floating else ours_in
    try:
        op.inplace_variant(theirs, *s.args, **s.kwargs)
        refused = op.name == "addbmm" and theirs.shape != s.input.shape  # grows there; here in place is in place
    except Exception:
        refused = True
    if refused:
        with pytest.raises((ValueError, TypeError, IndexError, RuntimeError)):
            method(ours, *args, **kwargs)
        return
    assert method(ours, *args, **kwargs) is ours
    tolerance = LOOSE.get(op.name, {})
    compare(ours, theirs, "value", **tolerance)
    if floating and op.supports_autograd and theirs.requires_grad:
        c = np.cos(np.arange(theirs.numel())).reshape(tuple(theirs.shape))
        try:
            (want,) = torch.autograd.grad(theirs, theirs_in, torch.tensor(c, dtype=theirs.dtype), allow_unused=True)
        except NotImplementedError:  # acosh_ and two others
            return
        (got,) = tg.autograd.grad(ours, ours_in, tg.tensor(c, dtype=ours.dtype), allow_unused=True)
        want = torch.zeros_like(theirs_in) if want is None else want
        assert got is not None, "gradient is missing: an overwritten value has a gradient of zeros"
        compare(got, want, "gradient", **tolerance)
