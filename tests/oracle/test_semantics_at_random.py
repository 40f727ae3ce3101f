"""Operators on operands of all dtypes and kinds, and programs of views and writes in place, drawn at random and run by both
libraries: values, dtypes, gradients, gradients of gradients; where PyTorch refuses what was saved and changed, so must we."""

from __future__ import annotations

import operator
import random
from typing import Any

import numpy as np
import pytest
import torch

import tensorgrad as tg

from .bridge import compare

pytestmark = pytest.mark.filterwarnings("ignore")
LIBRARIES = (tg, torch)

# ---- operators --------------------------------------------------------------------------------------------------------

DTYPES = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]
OPERATORS = [getattr(operator, n) for n in "add sub mul truediv floordiv mod pow and_ or_ xor eq ne lt le gt ge".split()]
IN_PLACE = [getattr(operator, n) for n in "iadd isub imul itruediv ifloordiv imod ipow iand ior ixor".split()]
NUMBERS = [True, False, 0, 1, -1, 3, -3, 2.5, -1.5, 0.0, 0.5, float("inf"), float("nan")]


def operand(r: random.Random, number: bool) -> Any:
    """A Python number, or an array of one of the dtypes, 0-d or not."""
    if number and r.random() < 0.3:
        return r.choice(NUMBERS)
    dtype, shape = r.choice(DTYPES), r.choice([(), (3,), (2, 3)])
    rng = np.random.default_rng(r.randrange(10**6))
    low = 0 if dtype in ("uint8", "bool") else -4
    return np.asarray(rng.uniform(low, 5, shape) if dtype[0] == "f" else rng.integers(low, 5, shape)).astype(dtype)


@pytest.mark.parametrize("seed", range(8))
def test_operators(seed: int) -> None:
    r, compared = random.Random(seed), 0
    for _ in range(150):
        op = r.choice(OPERATORS + IN_PLACE)
        a, b = operand(r, False), operand(r, True)
        outcomes: list[Any] = []
        for library in LIBRARIES:
            x, z = (library.from_numpy(v.copy()) if isinstance(v, np.ndarray) else v for v in (a, b))
            try:
                outcomes.append(op(x, z))
            except (RuntimeError, TypeError, ValueError, ZeroDivisionError, NotImplementedError) as error:
                outcomes.append(error)
        ours, theirs = outcomes
        what = f"{op.__name__} {a!r} {b!r}"
        if isinstance(theirs, Exception):
            assert isinstance(ours, Exception) or "not implemented for" in str(theirs), what
        else:
            assert not isinstance(ours, Exception), f"{what}: {ours}"
            compare(ours, theirs, what, rtol=4e-3 if "16" in str(theirs.dtype) else 2e-5)
            compared += 1
    assert compared > 60


# ---- programs ---------------------------------------------------------------------------------------------------------

VIEWS: dict[str, Any] = {
    "transposed": lambda x, k: x.mT if x.dim() > 1 else None,
    "row": lambda x, k: x[k % len(x)] if x.dim() and len(x) else None,
    "every second": lambda x, k: x[k % 2 :: 2] if x.dim() else None,
    "last": lambda x, k: x[..., -1] if x.dim() and x.shape[-1] else None,
    "reshaped": lambda x, k: x.reshape(-1),
    "unsqueezed": lambda x, k: x.unsqueeze(k % (x.dim() + 1)) if x.dim() < 4 else None,
    "squeezed": lambda x, k: x.squeeze(),
    "diagonal": lambda x, k: x.diagonal() if x.dim() > 1 else None,
    "narrowed": lambda x, k: x.narrow(0, k % 2, 1) if x.dim() and len(x) > 1 else None,
    "detached": lambda x, k: x.detach() if k % 3 == 0 else None,
}
RESULTS: dict[str, Any] = {
    "mul": lambda x, z, k: x * z,
    "square": lambda x, z, k: x * x,
    "add": lambda x, z, k: x + z,
    "sin": lambda x, z, k: x.sin(),
    "sigmoid": lambda x, z, k: x.sigmoid(),
    "div": lambda x, z, k: x / (z * z + 1),
    "clone": lambda x, z, k: x.clone(),
}
WRITES: dict[str, Any] = {
    "add_": lambda x, z, k: x.add_(z),
    "mul_": lambda x, z, k: x.mul_(z),
    "mul_ number": lambda x, z, k: x.mul_(1.5),
    "copy_": lambda x, z, k: x.copy_(z),
    "zero_": lambda x, z, k: x.zero_(),
    "sin_": lambda x, z, k: x.sin_(),
    "sigmoid_": lambda x, z, k: x.sigmoid_(),
    "lerp_": lambda x, z, k: x.lerp_(z.expand(x.shape), 0.3),
    "row": lambda x, z, k: x.__setitem__(k % len(x), (z * 0.1).sum()) if x.dim() and len(x) else None,
    "picked": lambda x, z, k: x.__setitem__([k % len(x)], (z * 0.1).sum()) if x.dim() and len(x) else None,
    "+=": lambda x, z, k: x.__iadd__(z),
    "t_": lambda x, z, k: x.t_() if x.dim() < 3 else None,
}


def draw(r: random.Random) -> list[tuple[str, str, int, int, int]]:
    steps = []
    for _ in range(r.randrange(2, 11)):
        kind = r.choice(["view", "view", "result", "write", "write", "unrecorded"])
        table = {"view": VIEWS, "result": RESULTS}.get(kind, WRITES)
        steps.append((kind, r.choice(list(table)), r.randrange(40), r.randrange(40), r.randrange(12)))
    return steps


def outcome(library: Any, program: Any) -> tuple[list[Any], list[Any] | str]:
    """All tensors of a program; and the first and second gradients of a number made of them, or why there are none."""

    def tensor(a: Any) -> Any:
        return library.from_numpy(np.asarray(a, np.float64).copy())

    leaves = [tensor(np.cos(np.arange(6)).reshape(2, 3) + 2), tensor(np.sin(np.arange(4)) + 2)]
    for leaf in leaves:
        leaf.requires_grad_()
    found = [leaves[0] * 1, leaves[1] * 1, tensor(np.arange(6.0).reshape(3, 2) + 1)]
    try:
        for kind, name, i, j, k in program:
            x, z = found[i % len(found)], found[j % len(found)]
            if kind == "view":
                y = VIEWS[name](x, k)
                if y is not None:
                    found.append(y)
                continue
            fits = np.broadcast_shapes(tuple(x.shape), z.shape) == tuple(x.shape) if _meet(x, z) else False
            # of z in the memory that is being written to PyTorch reads what is there by then; here what was there before
            z = (z if kind == "result" else z * 1) if fits else (z * 0.1).sum()
            if kind == "result":
                found.append(RESULTS[name](x, z, k))
            elif kind == "write":
                WRITES[name](x, z, k)
            else:
                with library.no_grad():
                    WRITES[name](x, z, k)
        values = [x.detach().clone() for x in found]
        loss = library.zeros((), dtype=library.float64)
        for n, x in enumerate(found):
            loss = loss + (x.sin() * tensor(np.cos(np.arange(x.numel()) + n).reshape(tuple(x.shape)))).sum()
        first = library.autograd.grad(loss, leaves, create_graph=True, allow_unused=True, materialize_grads=True)
        total = sum((g * g.sin()).sum() for g in first)
        if not total.requires_grad:
            return values, list(first)
        second = library.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)
        return values, [*first, *second]
    except RuntimeError as error:
        return [], str(error)


def _meet(x: Any, z: Any) -> bool:
    try:
        np.broadcast_shapes(tuple(x.shape), tuple(z.shape))
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("seed", range(8))
def test_programs_of_views_and_writes_in_place(seed: int) -> None:
    r, compared = random.Random(seed), 0
    for _ in range(60):
        program = draw(r)
        (values, ours), (their_values, theirs) = (outcome(library, program) for library in LIBRARIES)
        if isinstance(theirs, str):  # ours may go on, where PyTorch saves what it does not need or cannot follow a view
            continue
        assert not isinstance(ours, str), f"{program}: {ours}"
        compare(values, their_values, f"{program}: values")
        compare(ours, theirs, f"{program}: gradients")
        compared += 1
    assert compared > 30


def test_what_was_saved_and_changed_is_refused_by_both() -> None:
    program: list[Any] = [("view", "row", 0, 0, 0), ("result", "square", 0, 0, 0), ("write", "add_", 3, 1, 0)]
    for write in ("add_", "mul_", "copy_", "zero_", "sin_", "+="):
        program[2] = ("write", write, 3, 1, 0)
        _, ours = outcome(tg, program)
        _, theirs = outcome(torch, program)
        assert "a value it saved, shape (2, 3), has been changed in place by" in ours
        assert "modified by an inplace operation" in theirs
