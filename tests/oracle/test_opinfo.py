"""PyTorch's own table of operations (OpInfo), with PyTorch's own sample inputs, run through both libraries.

For every entry that tensorgrad has: value, dtype and gradient of each sample in float64, and value and dtype in int64
and bool where PyTorch takes them; and PyTorch's bad inputs must be errors here as well.
"""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np
import pytest
import torch

import tensorgrad as tg

from .bridge import Unsupported, compare, compare_gradients, tensors, to_ours
from .differences import (
    ANY_OF_EQUALS,
    BAD_INPUT_TAKEN,
    DIFFERENT,
    GRADIENT_LEFT_OUT,
    LED_THROUGH,
    LEFT_OUT,
    LOOSE,
    SPELLED,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_methods_invocations import op_db

DTYPES = {"float64": torch.float64, "int64": torch.int64, "bool": torch.bool}


@functools.cache
def ours_for(name: str) -> Any:
    """Our function for an OpInfo's name: tensorgrad.NAME, or the method."""
    found: Any = tg
    for part in name.split("."):
        found = getattr(found, part, None)
        if found is None:
            found = getattr(tg.Tensor, name, None)
            return found.fget if isinstance(found, property) else found
    return found if callable(found) else getattr(tg.Tensor, name, None)  # tensorgrad.float is a dtype


def theirs_for(op: Any) -> Any:
    return op.op


def entries() -> list[Any]:
    """(OpInfo, dtype) of everything both libraries have."""
    found = []
    for op in op_db:
        hidden = ("_", "torch.ops", "masked.", "fft.", "signal.", "sparse.")
        if op.name in LEFT_OUT or op.name.replace("__", "").startswith(hidden):
            continue
        if ours_for(op.name) is None:
            continue
        label = f"{op.name}-{op.variant_test_name}" if op.variant_test_name else op.name
        found += [pytest.param(op, d, id=f"{label}-{d}") for d, t in DTYPES.items() if t in op.dtypes]
    return found


def call(op: Any, ours: bool, x: Any, args: Any, kwargs: Any) -> Any:
    label = f"{op.name}-{op.variant_test_name}" if op.variant_test_name else op.name
    function = SPELLED.get(label) or ours_for(op.name) if ours else theirs_for(op)
    if op.name in LED_THROUGH:
        x = LED_THROUGH[op.name][1](tg if ours else torch, x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(x, *args, **kwargs)


@pytest.mark.parametrize(("op", "dtype"), entries())
def test_samples(op: Any, dtype: str, record_property: Any) -> None:
    torch.manual_seed(0)
    label = f"{op.name}-{op.variant_test_name}" if op.variant_test_name else op.name
    equal = compared = 0
    problems = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        samples = list(op.sample_inputs("cpu", DTYPES[dtype], requires_grad=dtype == "float64"))
    for i, s in enumerate(samples):
        reason = DIFFERENT.get(op.name, lambda s, dtype: "")(s, dtype)
        if reason:
            continue
        try:
            x, args, kwargs = (to_ours(v, requires_grad=False) for v in (s.input, s.args, s.kwargs))
        except Unsupported:
            continue
        compared += 1
        try:
            one(op, label, s, x, args, kwargs)
            equal += 1
        except Exception as error:  # gathered, so that one sample does not hide the next
            problems.append(f"sample {i} {summary(s)}: {type(error).__name__}: {str(error)[:600]}")
    record_property("samples compared", compared)
    record_property("samples equal", equal)
    assert not problems, f"{len(problems)} of {compared} differ\n" + "\n".join(problems[:4])


def one(op: Any, label: str, s: Any, x: Any, args: Any, kwargs: Any) -> None:
    theirs_in = [t for t in tensors([s.input, s.args, s.kwargs]) if t.requires_grad]
    with torch.no_grad():  # samples share tensors: each comparison gets leaves of its own
        fresh = {id(t): t.detach().clone(memory_format=torch.preserve_format).requires_grad_() for t in theirs_in}

    def swap(v: Any) -> Any:
        if isinstance(v, torch.Tensor):
            return fresh.get(id(v), v)
        if isinstance(v, (list, tuple)) and not isinstance(v, torch.Size):
            return type(v)(swap(e) for e in v)
        return {k: swap(e) for k, e in v.items()} if isinstance(v, dict) else v

    theirs_args = swap(s.input), swap(s.args), swap(s.kwargs)
    ours_of: dict[int, Any] = {}

    def mark(ours: Any, theirs: Any) -> None:
        if isinstance(theirs, torch.Tensor):
            if id(theirs) in fresh:
                ours_of.setdefault(id(theirs), ours)
                ours.requires_grad_()
        elif isinstance(theirs, (list, tuple)):
            for a, b in zip(ours, theirs):
                mark(a, b)
        elif isinstance(theirs, dict):
            for k in theirs:
                mark(ours[k], theirs[k])

    mark([x, args, kwargs], [s.input, s.args, s.kwargs])
    apart = id(GRADIENT_LEFT_OUT[op.name][1](s)) if op.name in GRADIENT_LEFT_OUT else None
    leaves = [t for t in theirs_in if id(t) in ours_of and id(t) != apart]
    theirs = call(op, False, *theirs_args)
    ours = call(op, True, x, args, kwargs)
    tolerance = LOOSE.get(op.name, {})
    # where a result is arbitrary in part (signs of eigenvectors), PyTorch's table says what of it to look at
    theirs_seen, ours_seen = s.output_process_fn_grad(theirs), s.output_process_fn_grad(ours)
    if op.name in ANY_OF_EQUALS and not s.input.is_floating_point() and not s.kwargs.get("stable"):
        dim = ANY_OF_EQUALS[op.name](*s.args, **s.kwargs)
        ours_seen, theirs_seen = chosen(x, ours_seen, dim), chosen(s.input, theirs_seen, dim)
    compare(ours_seen, theirs_seen, "value", **tolerance)
    if leaves and op.supports_autograd:
        compare_gradients(
            ours_seen,
            [ours_of[id(t)] for t in leaves],
            theirs_seen,
            [fresh[id(t)] for t in leaves],
            "sample",
            **tolerance,
        )


def chosen(x: Any, found: Any, dim: int) -> Any:
    """Values and indices, or indices alone, with the elements they point at in the place of the indices."""
    if isinstance(found, tuple):
        return [found[0], chosen(x, found[1], dim)]
    library = torch if isinstance(x, torch.Tensor) else tg
    elements, indices = np.atleast_1d(x.numpy()), found.numpy()
    assert indices.dtype == np.int64
    whole = indices if indices.ndim == elements.ndim else np.expand_dims(indices, dim)
    taken = np.take_along_axis(elements, whole, dim)
    return library.from_numpy(taken.reshape(indices.shape))


def summary(s: Any) -> str:
    def show(v: Any) -> str:
        if isinstance(v, torch.Tensor):
            return f"{str(v.dtype).removeprefix('torch.')}{tuple(v.shape)}"
        if isinstance(v, (list, tuple)):
            return "[" + ", ".join(show(e) for e in v) + "]"
        return repr(v)

    return ", ".join([show(s.input), *(show(a) for a in s.args), *(f"{k}={show(v)}" for k, v in s.kwargs.items())])


@pytest.mark.parametrize("op", [pytest.param(p.values[0], id=str(p.id)) for p in entries() if p.values[1] == "float64"])
def test_bad_inputs(op: Any, record_property: Any) -> None:
    if op.error_inputs_func is None:
        return
    accepted = []
    checked = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        errors = list(op.error_inputs("cpu"))
    for e in errors:
        s = e.sample_input
        try:
            x, args, kwargs = (to_ours(v) for v in (s.input, s.args, s.kwargs))
        except Unsupported:
            continue
        if isinstance(x, (int, float)):  # 2.__radd__(3) is Python's business
            continue
        if "out" in kwargs or BAD_INPUT_TAKEN.get(op.name, lambda s: "")(s):
            continue
        checked += 1
        try:
            call(op, True, x, args, kwargs)
        except (ValueError, TypeError, IndexError, RuntimeError):
            continue
        accepted.append(f"{summary(s)}  (PyTorch: {e.error_regex[:120]})")
    record_property("bad inputs refused", checked - len(accepted))
    assert not accepted, "taken, where PyTorch refuses:\n" + "\n".join(accepted[:8])
