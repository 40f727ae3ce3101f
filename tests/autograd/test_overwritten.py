"""Writing over what was recorded, and to memory that several elements share."""

from __future__ import annotations

import weakref
from typing import Any

import pytest

import tensorgrad as tg


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


def constant(*values: float) -> tg.Tensor:
    return tg.tensor(values, dtype=tg.float64)


# ---- what has been overwritten ---------------------------------------------------------------------------------------

OVERWRITING: dict[str, Any] = {
    "zero_": lambda y: y.zero_(),
    "fill_": lambda y: y.fill_(2.0),
    "fill_ of a tensor": lambda y: y.fill_(constant(2.0)[0]),
    "copy_": lambda y: y.copy_(constant(1.0, 1.0)),
    "setitem": lambda y: y.__setitem__(slice(None), 0.0),
    "setitem of all by a mask": lambda y: y.__setitem__(y == y, 0.0),
    "setitem by ...": lambda y: y.__setitem__(..., constant(3.0, 4.0)),
    "masked_fill_": lambda y: y.masked_fill_(y == y, 1.0),
    "masked_scatter_": lambda y: y.masked_scatter_(y == y, constant(1.0, 1.0)),
    "index_fill_": lambda y: y.index_fill_(0, tg.tensor([0, 1]), 1.0),
    "index_copy_": lambda y: y.index_copy_(0, tg.tensor([0, 1]), constant(1.0, 1.0)),
    "scatter_": lambda y: y.scatter_(0, tg.tensor([0, 1]), 1.0),
    "put_": lambda y: y.put_(tg.tensor([0, 1]), constant(1.0, 1.0)),
    "normal_": lambda y: y.normal_(),
    "uniform_": lambda y: y.uniform_(),
    "bernoulli_": lambda y: y.bernoulli_(),
    "floor_": lambda y: y.floor_(),
    "sign_": lambda y: y.sign_(),
    "through a view": lambda y: y.view(2, 1).zero_(),
    "through two parts": lambda y: (y[:1].zero_(), y[1:].fill_(1.0)),
    "through a view, copy_": lambda y: y.view(2, 1).copy_(constant(1.0)),
    "twice": lambda y: (y.zero_(), y.copy_(constant(1.0, 2.0)), y.fill_(3.0)),
    "an expanded view": lambda y: y.expand(3, 2).fill_(5.0),
}


class TestOverwritten:
    """What a value was computed from still has a gradient: zero, as in PyTorch, not None."""

    @pytest.mark.parametrize("name", OVERWRITING)
    def test_a_zero_gradient(self, name: str) -> None:
        w = leaf(1.0, 2.0)
        middle = w * 1
        y = middle * 3
        OVERWRITING[name](y)
        assert y.requires_grad and not y.is_leaf
        for wanted in (w, middle, [w, middle]):
            for g in tg.autograd.grad(y.sum(), wanted, retain_graph=True):
                assert g.tolist() == [0, 0] and g.dtype is tg.float64
        (y * 2).sum().backward()
        assert w.grad.tolist() == [0, 0]

    def test_both_what_is_written_and_what_was_there(self) -> None:
        w, v = leaf(1.0, 2.0), leaf(3.0, 4.0)
        y = w * 2
        y.copy_(v)
        gw, gv = tg.autograd.grad((y * y).sum(), (w, v), create_graph=True)
        assert gw.tolist() == [0, 0] and gv.tolist() == [6, 8]
        assert tg.autograd.grad(gv.sum(), v)[0].tolist() == [2, 2]

    def test_other_paths_keep_theirs(self) -> None:
        w = leaf(1.0, 2.0)
        x = w * 2
        y = x * 3
        y.zero_()
        (y + x).sum().backward()  # zero and a number meet
        assert w.grad.tolist() == [2, 2]
        (x * 1 + y).sum().backward()
        assert w.grad.tolist() == [4, 4]

    def test_no_rule_is_asked(self) -> None:
        """The values that the old history saved may be overwritten, and 0 · inf is not a gradient."""
        w = leaf(0.0, 1.0)
        y = w.sqrt()  # saves its result; its derivative at 0 is infinite
        y.zero_()
        y.sum().backward()
        assert w.grad.tolist() == [0, 0]

    def test_another_dtype_on_the_way(self) -> None:
        w = tg.tensor([1.0, 2.0], dtype=tg.float32, requires_grad=True)
        half = w.half()
        y = half.double() * 2
        y.zero_()
        a, b = tg.autograd.grad(y.sum(), (w, half))
        assert a.dtype is tg.float32 and b.dtype is tg.float16 and a.tolist() == b.tolist() == [0, 0]

    def test_results_of_several(self) -> None:
        w = leaf(1.0, 3.0, 2.0)
        values, _ = w.sort()
        a, b, c = values.unbind()
        for part in (a, c):
            part = part * 2
            part.fill_(7.0)
            (part + b).backward(retain_graph=True)
        assert w.grad.tolist() == [0, 0, 2]
        values = w.sort()[0]
        values.zero_()
        assert tg.autograd.grad(values.sum(), w)[0].tolist() == [0, 0, 0]

    def test_hooks_see_zeros(self) -> None:
        w = leaf(1.0, 2.0)
        x = w * 2
        x.retain_grad()
        seen: list[Any] = []
        w.register_hook(lambda g: seen.append(g.tolist()))
        x.grad_fn.register_hook(lambda gi, go: seen.append(go[0].tolist()))
        y = x * 3
        y.zero_()
        y.sum().backward()
        assert x.grad.tolist() == [0, 0] and seen == [[0, 0], [0, 0]] and w.grad.tolist() == [0, 0]

    def test_inside_a_checkpoint_and_a_custom_function(self) -> None:
        from tensorgrad.utils.checkpoint import checkpoint

        def f(x: Any) -> Any:
            y = x * 2
            y.zero_()
            return y

        w = leaf(1.0, 2.0)
        checkpoint(f, w, use_reentrant=False).sum().backward()
        assert w.grad.tolist() == [0, 0]
        (g,) = tg.autograd.grad(checkpoint(f, w * 1, use_reentrant=False).sum(), w)
        assert g.tolist() == [0, 0]

        class Same(tg.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                return x * 2

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                return g * 2

        y = Same.apply(w)
        y.zero_()
        assert tg.autograd.grad(y.sum(), w)[0].tolist() == [0, 0]

    def test_a_long_chain_of_writes_takes_one_walk(self) -> None:
        w = leaf(1.0)
        y = w * 1
        for _ in range(5_000):
            y.copy_(y * 2)
        assert tg.autograd.grad((y * 0 + w).sum(), w)[0].tolist() == [1]

    def test_after_the_backward_pass_the_past_is_forgotten(self) -> None:
        w = leaf(1.0, 2.0)
        y = w.exp()
        old = weakref.ref(y.node)
        y.zero_()
        y.sum().backward(retain_graph=True)
        assert old() is not None
        y.sum().backward()
        assert old() is None
        y.sum().backward()  # nothing was saved, nothing is missing


# ---- memory that several elements share ------------------------------------------------------------------------------


class TestExpanded:
    def test_one_number_everywhere(self) -> None:
        x = constant(0.0, 0.0, 0.0)
        v = x.expand(2, 3)
        for write, want in (
            (lambda: v.fill_(5.0), [5, 5, 5]),
            (lambda: v.zero_(), [0, 0, 0]),
            (lambda: v.masked_fill_(v == 0, 4.0), [4, 4, 4]),
            (lambda: v.index_fill_(1, tg.tensor([0]), 1.0), [1, 4, 4]),
            (lambda: v.__setitem__(v == 4, 2.0), [1, 2, 2]),
            (lambda: v.__setitem__([0], 3.0), [3, 3, 3]),
            (lambda: v.index_put_((tg.tensor([1]),), constant(6.0)[0]), [6, 6, 6]),
            (lambda: tg.nn.init.constant_(v, 7.0), [7, 7, 7]),
            (lambda: v.fill_diagonal_(8.0), [8, 8, 7]),
        ):
            before = x._version
            write()
            assert x.tolist() == want and x._version == before + 1
        with tg.no_grad():
            tg.zeros(3).expand(2, 3).fill_(1.0)

    def test_a_part_in_which_no_place_comes_twice(self) -> None:
        w = leaf(0.0, 0.0, 0.0)
        x = w * 1
        x.expand(2, 3)[0] = 5.0
        x.expand(2, 3)[0:1].add_(1)
        x.expand(2, 3)[0, 1] = 7.0
        x.expand(2, 3)[1].mul_(constant(1.0, 2.0, 3.0))
        assert x.tolist() == [6, 14, 18]
        y = w * 1
        y.expand(2, 3)[1].add_(5.0).mul_(2)
        (y * constant(1.0, 2.0, 3.0)).sum().backward()
        assert w.grad.tolist() == [2, 4, 6]

    def test_filled_while_recorded(self) -> None:
        w = leaf(1.0, 2.0, 3.0)
        x = w * 1
        v = x.expand(2, 3)
        v.fill_(2.0)
        assert tg.autograd.grad((x * v).sum(), w)[0].tolist() == [0, 0, 0]
        x = w * 1
        (x + x[1:2].expand(3).zero_()).sum().backward()
        assert x.tolist() == [1, 0, 3] and w.grad.tolist() == [1, 0, 1]

    def test_what_stays_refused(self) -> None:
        x = constant(0.0, 0.0, 0.0)
        for write in (
            lambda v: v.add_(1),
            lambda v: v.exp_(),
            lambda v: v.copy_(constant(5.0)),
            lambda v: v.fill_(constant(5.0)[0]),
            lambda v: v.__setitem__(slice(None), 5.0),
            lambda v: v.__setitem__((slice(None), 0), 5.0),
            lambda v: v.normal_(),
            lambda v: v.put_(tg.tensor([0]), constant(5.0)),
            lambda v: v.index_add_(0, tg.tensor([0]), tg.ones(1, 3, dtype=tg.float64)),
            lambda v: v.masked_scatter_(v == 0, tg.ones(6, dtype=tg.float64)),
            lambda v: tg.add(v, 1, out=v),
        ):
            with pytest.raises(RuntimeError, match="cannot be written to: several elements of the tensor, shape .2,"):
                write(x.expand(2, 3))
        for write in (lambda v: v.masked_fill_(v == 0, 1.0), lambda v: v.__setitem__([0], 1.0)):
            with pytest.raises(
                RuntimeError, match="and it requires grad: the gradient of a part of them is not defined"
            ):
                write((leaf(0.0, 0.0, 0.0) * 1).expand(2, 3))
        assert x.tolist() == [0, 0, 0] and x._version == 0
