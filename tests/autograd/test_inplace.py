"""Writing in place: what the graph learns of, what is refused, and what is freed."""

from __future__ import annotations

import gc
import re
import tracemalloc
import weakref
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


def constant(*values: float) -> tg.Tensor:
    return tg.tensor(values, dtype=tg.float64)


# ---- the graph ------------------------------------------------------------------------------------------------------


class TestHistory:
    def test_a_result_takes_the_place_of_what_was_written(self) -> None:
        w = leaf(1.0, 2.0)
        x = w * 3
        x.mul_(w).add_(w)  # 3w² + w
        x.sum().backward()
        assert x.tolist() == [4, 14] and w.grad.tolist() == [7, 13]

    def test_operators(self) -> None:
        w = leaf(2.0, 3.0)
        x = w * 1
        x += w
        x *= w
        x -= 1
        x /= 2
        x **= 2  # (w² − ½)²
        x.sum().backward()
        np.testing.assert_allclose(w.grad.array, 2 * (w.array**2 - 0.5) * 2 * w.array)

    def test_an_operation_that_saves_its_operand_keeps_the_old_value(self) -> None:
        w, v = leaf(2.0), leaf(5.0)
        x = w * 1
        x.mul_(v)  # the gradient towards v is the old x
        x.mul_(x + 0)  # (wv)²
        x.sum().backward()
        assert w.grad.tolist() == [2 * 2 * 25] and v.grad.tolist() == [2 * 5 * 4]

    def test_with_itself_as_the_other_operand(self) -> None:
        w = leaf(2.0, 3.0)
        x = w * 1
        x.add_(x)
        x.sum().backward()
        assert w.grad.tolist() == [2, 2]
        x = w * 1
        x.mul_(x)  # the other operand is saved, and is x: as in PyTorch
        with pytest.raises(RuntimeError, match="backward through mul: a value it saved"):
            x.sum().backward()

    def test_a_constant_becomes_recorded(self) -> None:
        w, buffer = leaf(2.0), constant(1.0)
        before = buffer * 10
        buffer.mul_(w)
        assert buffer.requires_grad and not buffer.is_leaf and not before.requires_grad
        (buffer * buffer).sum().backward()
        assert w.grad.tolist() == [4]

    def test_what_was_computed_before_keeps_its_gradient(self) -> None:
        w = leaf(1.0, 2.0)
        x = w * 2
        before = x + 1
        x.mul_(10)
        before.sum().backward()
        assert w.grad.tolist() == [2, 2]

    def test_second_derivatives(self) -> None:
        w = leaf(0.5, -1.5)
        x = w * w
        x[0] = x[1].clone() * w[0]  # w₁²·w₀
        x.mul_(w).exp_()
        y = x.sum()  # exp(w₁²·w₀²) + exp(w₁³)
        (g,) = tg.autograd.grad(y, w, create_graph=True)
        a, b = w.tolist()
        ea, eb = np.exp(a * a * b * b), np.exp(b**3)
        np.testing.assert_allclose(g.array, [2 * a * b * b * ea, 2 * a * a * b * ea + 3 * b * b * eb])
        (h,) = tg.autograd.grad(g[0], w)
        np.testing.assert_allclose(h.array, [(2 * b * b + 4 * a * a * b**4) * ea, (4 * a * b + 4 * a**3 * b**3) * ea])

    def test_overwritten_it_still_requires_grad_and_its_gradient_is_zero(self) -> None:
        w = leaf(1.0, 2.0)
        x = w * 2
        x.zero_()
        assert x.requires_grad and not x.is_leaf
        x.sum().backward()
        assert w.grad.tolist() == [0, 0]
        assert tg.autograd.grad((x * w).sum(), w)[0].tolist() == [0, 0]

    def test_retain_grad_follows_the_tensor(self) -> None:
        w = leaf(1.0, 2.0)
        x = w * 2
        x.retain_grad()
        old = x * 1
        x.mul_(3)
        (x.sum() + old.sum() * 100).backward()
        assert x.grad.tolist() == [1, 1] and w.grad.tolist() == [206, 206]  # the gradient of x as it is now

    def test_retain_grad_of_a_view(self) -> None:
        w = leaf(1.0, 2.0)
        x = w * 2
        v = x[:1]
        v.retain_grad()
        x.mul_(3)
        (v * 5).sum().backward()
        assert v.grad.tolist() == [5] and w.grad.tolist() == [30, 0]

    def test_dtypes(self) -> None:
        x = tg.tensor([1.0, 2.0])
        w = tg.tensor([0.5, 0.25], dtype=tg.float64, requires_grad=True)
        x.mul_(w)
        assert x.dtype is tg.float32
        x.sum().backward()
        assert w.grad.dtype is tg.float64 and w.grad.tolist() == [1, 2]
        i = tg.tensor([1, 2])
        assert i.mul_(True).add_(1).tolist() == [2, 3]
        with tg.no_grad():
            assert i.add_(1).tolist() == [3, 4]

    def test_written_by_a_leaf_the_two_stay_two(self) -> None:
        from tensorgrad.autograd.inplace import store_checked

        w = leaf(1.0, 2.0)
        x = store_checked(constant(0.0, 0.0), w, "own_")  # an operation may give back what it was given
        assert not x.is_leaf
        (x * 3).sum().backward()
        assert w.grad.tolist() == [3, 3]

    def test_detached_in_place_the_views_follow(self) -> None:
        x = leaf(1.0, 2.0) * 1
        v = x[:1]
        x.mul_(2)
        x.detach_()
        assert not x.requires_grad and not v.requires_grad


# ---- what is refused ------------------------------------------------------------------------------------------------


UNRECORDED_VIEWS: dict[str, Any] = {
    "slice": lambda y: y[:2],
    "view": lambda y: y.view(2, 2)[0],
    "transpose": lambda y: y.reshape(2, 2).t()[0],
    "split": lambda y: y.split(2)[0],
    "unbind": lambda y: y.reshape(2, 2).unbind()[1],
    "chunk": lambda y: y.chunk(2)[1],
    "tensor_split": lambda y: y.tensor_split(2)[1],
    "view of a view": lambda y: y[:3][:2],
    "as_strided": lambda y: y.as_strided((2,), (1,)),
    "view_as": lambda y: y.view_as(y),
    "diagonal": lambda y: y.reshape(2, 2).diagonal(),
}


class TestRefused:
    def test_a_leaf_that_requires_grad(self) -> None:
        w = leaf(1.0, 2.0)
        for write in (
            lambda: w.add_(1),
            lambda: w.__setitem__(0, 1.0),
            lambda: w.copy_(constant(0, 0)),
            lambda: w.zero_(),
            lambda: w.fill_(1.0),
            lambda: w.masked_fill_(w > 0, 0.0),
            lambda: w.index_add_(0, tg.tensor([0]), constant(1)),
            lambda: w.scatter_(0, tg.tensor([0]), 1.0),
            lambda: w.t_(),
            lambda: w.set_(constant(1)),
        ):
            with pytest.raises(RuntimeError, match="a leaf that requires grad cannot be changed in place while"):
                write()
        assert w.tolist() == [1, 2] and w._version == 0
        with tg.no_grad():
            w.add_(1)
        assert w.tolist() == [2, 3] and w.is_leaf

    def test_a_view_of_such_a_leaf(self) -> None:
        w = leaf(1.0, 2.0)
        for view in (w[0], w.reshape(2, 1)[1:], w.detach()[0].requires_grad_()):
            with pytest.raises(RuntimeError, match="leaf that requires grad cannot be changed in place"):
                view.add_(1)
        buffer = constant(1.0, 2.0)
        view = buffer[:1]
        buffer.requires_grad_()
        with pytest.raises(RuntimeError, match=re.escape("mul_: a view of a leaf that requires grad")):
            view.mul_(leaf(2.0))

    def test_memory_that_is_read_only(self) -> None:
        owner = np.zeros(2)
        array = owner[:]  # the owner may be written to, and what the user has given may not
        array.flags.writeable = False
        for make in (tg.from_numpy, tg.as_tensor, tg.asarray):
            for x in (make(array), make(array)[:1], make(array).expand(2, 2), make(array).expand(2, 2)[0]):
                for name, args in (("add_", (1,)), ("fill_", (1,)), ("zero_", ()), ("masked_fill_", (x == x, 1.0))):
                    with pytest.raises(RuntimeError, match="this memory cannot be written to: the array .* is read-only"):
                        getattr(x, name)(*args)
        assert owner.tolist() == [0, 0]

    @pytest.mark.parametrize("name", UNRECORDED_VIEWS)
    @pytest.mark.parametrize("off", [tg.no_grad, tg.inference_mode])
    def test_a_view_made_under_no_grad_of_what_is_recorded(self, name: str, off: Any) -> None:
        view = UNRECORDED_VIEWS[name]
        for write in (
            lambda v: v.mul_(2),
            lambda v: v.add_(1.0),
            lambda v: v.exp_(),
            lambda v: v.zero_(),
            lambda v: v.fill_(1.0),
            lambda v: v.copy_(constant(1.0)),
            lambda v: v.__setitem__(..., 3.0),
            lambda v: v[:1].mul_(2),
            lambda v: v.masked_fill_(v == v, 1.0),
            lambda v: v.index_fill_(0, tg.tensor([0]), 1.0),
            lambda v: v.normal_(),
            lambda v: v.unsqueeze_(0),
            lambda v: v.mul_(leaf(2.0)),
        ):
            w = leaf(1.0, 2.0, 3.0, 4.0)
            y = w * 1
            with off():
                v = view(y)
            with pytest.raises(RuntimeError, match="is a view made under no_grad.* of a tensor that requires grad"):
                write(v)
            assert y.tolist() == [1, 2, 3, 4] and y._version == 0
            with tg.no_grad():
                v.mul_(2)  # not recorded either: as it says
            y.sum().backward()
            assert w.grad.tolist() == [1, 1, 1, 1]

    def test_such_a_view_of_a_leaf_and_of_a_constant(self) -> None:
        w, buffer = leaf(1.0, 2.0), constant(1.0, 2.0)
        with tg.no_grad():
            v, b = w[:1], buffer[:1]
        with pytest.raises(RuntimeError, match="add_: this tensor, shape .* made under no_grad.* that requires grad"):
            v.add_(1)
        b.add_(1)  # nothing is lost
        assert buffer.tolist() == [2, 2]
        buffer.requires_grad_()
        with pytest.raises(RuntimeError, match="made under no_grad"):
            b.add_(1)
        w.detach()[:1].add_(1)  # detach() says so on purpose
        w.data[:1].add_(1)
        assert w.tolist() == [3, 2]

    def test_such_a_view_keeps_nothing_alive(self) -> None:
        y = leaf(1.0, 2.0) * 2
        node = weakref.ref(y.node)
        with tg.no_grad():
            v = y[:1][:1]
        del y
        assert node() is None
        v.add_(1)  # nobody is left to see it
        assert v.tolist() == [3]

    def test_a_result_that_does_not_fit(self) -> None:
        x = constant(1.0, 2.0)
        with pytest.raises(ValueError, match=re.escape("add_: the result has shape (2, 2), which does not fit")):
            x.add_(tg.ones(2, 2, dtype=tg.float64))
        with pytest.raises(TypeError, match="add_: the result is tensorgrad.float32 and does not fit into a tensor of"):
            tg.tensor([1, 2]).add_(0.5)
        with pytest.raises(TypeError, match="div_: the result is tensorgrad.float32"):
            tg.tensor([1, 2]).div_(2)
        assert x._version == 0

    def test_a_saved_value_names_who_saved_and_who_changed(self) -> None:
        w = leaf(1.0, 2.0)
        x = w * 1
        y = x.exp() * x  # mul saves x
        x.add_(1)
        with pytest.raises(RuntimeError, match=re.escape("backward through mul: a value it saved, shape (2,)")) as e:
            y.sum().backward()
        assert "changed in place by add_" in str(e.value) and "or give mul a clone() of the value" in str(e.value)
        assert w.grad is None

    def test_also_through_views_results_and_detached_tensors(self) -> None:
        for change in (
            lambda x, y: x[0].zero_(),
            lambda x, y: x.detach().mul_(2),
            lambda x, y: x.reshape(2, 1).fill_(0),
            lambda x, y: x.__setitem__(0, 0.0),
            lambda x, y: x.unbind()[1].add_(1),
            lambda x, y: y.add_(1),  # exp saves its result
            lambda x, y: y[0].add_(1),
        ):
            w = leaf(1.0, 2.0)
            x = w * 1
            y = x.exp()
            z = (x * y).sum()
            with tg.no_grad():
                change(x, y)
            with pytest.raises(RuntimeError, match="a value it saved"):
                z.backward()
            assert w.grad is None

    def test_a_result_saved_by_an_operation_in_place(self) -> None:
        for view in (lambda x: x, lambda x: x[:1], lambda x: x.reshape(2, 1)):
            w = leaf(1.0, 2.0)
            x = w * 1
            view(x).sigmoid_()
            x.mul_(2)
            with pytest.raises(RuntimeError, match="backward through sigmoid: a value it saved.*place by mul_"):
                x.sum().backward()
            assert w.grad is None

    def test_and_it_is_kept_once(self) -> None:
        x = (leaf(1.0, 2.0) * 1).sigmoid_()
        assert x.node.saved[0].array is x.array
        z = (leaf(1.0, 2.0) * 1).sigmoid_().exp()
        z.sum().backward()  # nothing has changed it

    def test_no_gradient_is_produced_before_the_error(self) -> None:
        w, v = leaf(1.0), leaf(2.0)
        x = w * 1
        broken = x * x
        x.add_(1)
        with pytest.raises(RuntimeError, match="a value it saved"):
            (v * 3 + broken).sum().backward()
        assert v.grad is None and w.grad is None

    def test_the_source_line_when_traced(self) -> None:
        w = leaf(1.0)
        with tg.autograd.detect_anomaly():
            x = w * 1
            y = x * x
            x.add_(1)
            with pytest.raises(RuntimeError, match="saved at .*y = x [*] x"):
                y.backward()

    def test_what_nobody_saved_may_change(self) -> None:
        w = leaf(1.0, 2.0)
        x = w * 3
        y = x + 1  # add saves nothing
        x.zero_()
        y.sum().backward()
        assert w.grad.tolist() == [3, 3]


# ---- memory ---------------------------------------------------------------------------------------------------------


class TestMemory:
    def test_no_cycles(self) -> None:
        gc.collect()
        gc.disable()
        try:
            w = leaf(1.0, 2.0, 3.0)
            seen: list[Any] = []

            def keep(x: Any) -> Any:
                seen.append(weakref.ref(x))
                return x

            def program() -> None:
                x = keep(w * 2)
                v = keep(x[1:])
                u = keep(v.reshape(2, 1))
                for part in x.split(1):
                    keep(part).mul_(2)
                u.mul_(w[0])
                x[0] = w[1]
                x[[1]] = w[:1]
                x.unsqueeze_(0)
                x.retain_grad()
                v.add_(1)
                keep(v.grad_fn)
                keep(x.grad_fn)
                y = x.sum() * u.sum()
                y.backward(retain_graph=True)

            program()
            assert [r() for r in seen if r() is not None] == []
        finally:
            gc.enable()

    def test_ten_thousand_updates_of_a_buffer(self) -> None:
        w = leaf(1.0, 2.0)
        buffer, row = constant(0.0, 0.0), constant(0.0, 0.0)
        view = row[:1]

        def step(i: int) -> None:
            buffer.mul_(0.9).add_(0.1)
            buffer[0] = 1.0
            buffer[1:] += 1
            row.copy_(w * 2)  # recorded; what it replaces is forgotten
            view.add_(row.sum())
            row.sum().backward()
            w.grad.zero_()
            row.zero_()

        for i in range(3000):
            step(i)
        tracemalloc.start()
        try:
            step(0)
            before = tracemalloc.get_traced_memory()[0]
            for i in range(7000):
                step(i)
            grown = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        assert grown < 10_000

    def test_a_long_history_is_walked_and_freed_without_recursion(self) -> None:
        w = leaf(1.0)
        x = w * 1
        for _ in range(100_000):
            x.add_(w)
        x.sum().backward()
        assert w.grad.tolist() == [100_001]
        del x

    def test_an_old_history_dies_with_its_last_reader(self) -> None:
        w = leaf(1.0, 2.0)
        x = w.exp()
        view = x[:1]
        old = weakref.ref(x.node)
        x.copy_(w * 2)
        (view * 3).sum().backward()  # the view looks at the new history and lets go of the old one
        assert old() is None and w.grad.tolist() == [6, 0]
