"""`out=`: the same functions take it as PyTorch's, and write what PyTorch writes."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import torch

import tensorgrad as tg

from .bridge import Unsupported, compare, to_ours
from .differences import DIFFERENT, LEFT_OUT, LOOSE, SPELLED
from .test_opinfo import op_db, ours_for, summary


def takes_out(function: Any) -> bool:
    return "out" in inspect.signature(function).parameters


def functions_of_pytorch_with_out() -> set[str]:
    """Read from the stubs in PyTorch's wheel and, for linalg and special, from the first line of the docstrings."""
    stub = (Path(torch.__file__).parent / "_C" / "_VariableFunctions.pyi").read_text()
    found = set()
    for name, arguments in re.findall(r"^def (\w+)\((.*?)\) ->", stub, re.M | re.S):
        if re.search(r"\bout: ", arguments):
            found.add(name)
    for name, f in vars(torch).items():
        if inspect.isfunction(f) and takes_out(f):
            found.add(name)
    for page in (torch.linalg, torch.special):
        for name, f in vars(page).items():
            if callable(f) and "out=" in (f.__doc__ or "").partition("->")[0]:
                found.add(f"{page.__name__.rpartition('.')[2]}.{name}")
    return found


def test_the_same_functions_take_it() -> None:
    ours = set()
    for prefix, page in (("", tg), ("linalg.", tg.linalg), ("special.", tg.special)):
        for name, f in vars(page).items():
            if inspect.isfunction(f) and not name.startswith("_") and getattr(f, "__module__", "").startswith("tensorgrad"):
                ours |= {prefix + name} if takes_out(f) else set()
    theirs = functions_of_pytorch_with_out()
    here = {n for n in theirs if ours_for(n) is not None and callable(ours_for(n)) and not n.startswith("_")}
    here = {n for n in here if "." in n or hasattr(tg, n)}
    assert len(here) > 300 and ours == here, (sorted(here - ours), sorted(ours - here))


def entries() -> list[Any]:
    found = []
    for op in op_db:
        name = op.name.removeprefix("nn.functional.")
        f = ours_for(name)
        if op.supports_out and op.name not in LEFT_OUT and inspect.isfunction(f) and takes_out(f) and name == op.name:
            found.append(pytest.param(op, id=op.name + (f"-{op.variant_test_name}" if op.variant_test_name else "")))
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("op", entries())
def test_samples(op: Any) -> None:
    """Into memory of the right shape, and into memory of another, which is resized with a warning."""
    torch.manual_seed(0)
    dtype = torch.float64 if torch.float64 in op.dtypes else torch.int64
    label = f"{op.name}-{op.variant_test_name}" if op.variant_test_name else op.name
    for s in list(op.sample_inputs("cpu", dtype))[:8]:
        if DIFFERENT.get(op.name, lambda s, dtype: "")(s, "float64") or label in SPELLED:
            continue
        try:
            x, args, kwargs = (to_ours(v) for v in (s.input, s.args, s.kwargs))
            want = op.op(s.input, *s.args, **s.kwargs)
        except Unsupported:
            continue
        several = isinstance(want, tuple)
        results = tuple(want) if several else (want,)
        for wrong in (False, True):
            theirs = [torch.zeros(5, dtype=r.dtype) if wrong else torch.zeros_like(r) for r in results]
            ours = [to_ours(t) for t in theirs]
            try:
                op.op(s.input, *s.args, **s.kwargs, out=tuple(theirs) if several else theirs[0])
            except (RuntimeError, TypeError):
                continue  # a form that PyTorch does not write into
            got = ours_for(op.name)(x, *args, **kwargs, out=tuple(ours) if several else ours[0])
            assert all(a is b for a, b in zip(got if several else (got,), ours)), summary(s)
            mine, expected = (s.output_process_fn_grad(tuple(r) if several else r[0]) for r in (ours, theirs))
            compare(mine, expected, summary(s), **LOOSE.get(op.name, {}))
