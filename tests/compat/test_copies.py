"""Views as copies: the numbers and gradients of the view, in memory of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tests.ops.optest import tensors_in

TESTED = [getattr(tg, name) for name in dir(tg) if name.endswith("_copy")]
x = tg.arange(6.0).reshape(2, 3)
CALLS: dict[str, tuple[Any, Any]] = {
    "alias": ((), lambda t: t), "as_strided": (((2, 2), (1, 2)), lambda t: tg.as_strided(t, (2, 2), (1, 2))),
    "detach": ((), lambda t: t.detach()), "diagonal": ((1,), lambda t: t.diagonal(1)),
    "expand": (((4, 2, 3),), lambda t: t.expand(4, 2, 3)), "permute": (((1, 0),), lambda t: t.permute(1, 0)),
    "select": ((1, 2), lambda t: t.select(1, 2)), "slice": ((1, 0, 3, 2), lambda t: t[:, 0:3:2]),
    "split": ((1,), lambda t: t.split(1)), "split_with_sizes": (([1, 2], 1), lambda t: t.split([1, 2], 1)),
    "squeeze": ((), lambda t: t.squeeze()), "t": ((), lambda t: t.t()), "transpose": ((0, 1), lambda t: t.transpose(0, 1)),
    "unbind": ((1,), lambda t: t.unbind(1)), "unfold": ((1, 2, 1), lambda t: t.unfold(1, 2, 1)),
    "unsqueeze": ((1,), lambda t: t.unsqueeze(1)), "view": (((3, 2),), lambda t: t.view(3, 2)),
}  # fmt: skip


def test_every_copy_is_called() -> None:
    assert {f.__name__ for f in TESTED} - {"index_copy", "narrow_copy"} == {f"{name}_copy" for name in CALLS}


@pytest.mark.parametrize("name", CALLS)
def test_as_the_view_in_memory_of_its_own(name: str) -> None:
    arguments, view = CALLS[name]
    copy = getattr(tg, f"{name}_copy")
    w = x.clone().requires_grad_()
    got, want = list(tensors_in(copy(w, *arguments))), list(tensors_in(view(w)))
    assert len(got) == len(want)
    for a, b in zip(got, want):
        assert a.array.tolist() == b.array.tolist() and not np.shares_memory(a.array, w.array)
    if name != "detach":
        seeds = [tg.cos(b.detach()) for b in want]
        (g,), (h,) = (tg.autograd.grad(outs, w, seeds) for outs in (got, want))
        assert g.tolist() == h.tolist()
    else:
        assert not got[0].requires_grad


def test_errors_are_the_views() -> None:
    with pytest.raises(IndexError, match="select: index 3 is out of range"):
        tg.select_copy(x, 1, 3)
    with pytest.raises(ValueError, match="slice_copy: step must be at least 1, got 0"):
        tg.slice_copy(x, 0, 0, 1, 0)
    with pytest.raises(TypeError, match="alias_copy: input must be a Tensor"):
        tg.alias_copy("x")


def test_unsafe_names() -> None:
    assert [p.tolist() for p in tg.unsafe_chunk(x, 2)] == [p.tolist() for p in x.chunk(2)]
    assert [p.tolist() for p in x.unsafe_split(2, 1)] == [p.tolist() for p in x.split(2, 1)]
    assert [p.tolist() for p in tg.unsafe_split(input=x, split_size=1)] == [p.tolist() for p in x.split(1)]
    assert len(x.unsafe_split_with_sizes([1, 2], 1)) == 2
