"""Views share memory, versions and history with what they look at."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tests.autograd.test_inplace import constant, leaf


def grid(requires_grad: bool = True) -> tg.Tensor:
    return tg.tensor(np.arange(6.0).reshape(2, 3), requires_grad=requires_grad)


VIEWS: dict[str, Any] = {
    "getitem": lambda x: x[:, 1:],
    "int": lambda x: x[1],
    "None": lambda x: x[None, 0],
    "select": lambda x: x.select(1, 2),
    "narrow": lambda x: x.narrow(1, 0, 2),
    "reshape": lambda x: x.reshape(3, 2),
    "view": lambda x: x.view(6)[2:5],
    "flatten": lambda x: x.flatten(),
    "unflatten": lambda x: x.unflatten(1, (3, 1)),
    "squeeze": lambda x: x[:1].squeeze(0),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "transpose": lambda x: x.transpose(0, 1),
    "permute": lambda x: x.permute(1, 0),
    "movedim": lambda x: x.movedim(0, 1),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "t": lambda x: x.t(),
    "expand": lambda x: x.expand(2, 3),
    "split": lambda x: x.split(2, 1)[0],
    "chunk": lambda x: x.chunk(2)[1],
    "unbind": lambda x: x.unbind(1)[1],
    "tensor_split": lambda x: x.tensor_split((1, 0))[0],
    "unfold": lambda x: x.unfold(1, 1, 2),
    "as_strided": lambda x: x.as_strided((2, 2), (1, 3), 1),
    "chain": lambda x: x.T[1:].reshape(2, 2, 1)[:, 1],
    "transposed row": lambda x: x.T.T.reshape(-1)[1::2],
}


@pytest.mark.parametrize("name", VIEWS)
class TestEveryView:
    def test_memory_is_shared_both_ways(self, name: str) -> None:
        x = grid(False)
        v = VIEWS[name](x)
        assert np.shares_memory(v.array, x.array) and v.storage is x.storage
        v.fill_(10.0)
        assert (x == 10).sum() == v.numel()
        x.zero_()
        assert (v == 0).all() and v._version == x._version == 2

    def test_written_through_the_view(self, name: str) -> None:
        """∂/∂w and ∂/∂c of what a write through the view leaves in the base, against the same by a mask."""
        places = VIEWS[name](tg.tensor(np.arange(6).reshape(2, 3))).array
        mask = np.isin(np.arange(6).reshape(2, 3), places)
        weights = tg.tensor(np.cos(np.arange(6.0)).reshape(2, 3))
        w, c = grid(), leaf(3.0)
        x = w * 2
        VIEWS[name](x).mul_(c)
        (x * x * weights).sum().backward()
        factor = np.where(mask, 3.0, 1.0)
        np.testing.assert_allclose(x.array, 2 * w.array * factor)
        np.testing.assert_allclose(w.grad.array, 8 * w.array * factor**2 * weights.array)
        np.testing.assert_allclose(c.grad.array, [(8 * 3 * w.array**2 * weights.array)[mask].sum()])

    def test_the_view_sees_what_was_written_to_the_base(self, name: str) -> None:
        w, c = grid(), leaf(3.0)
        x = w * 2
        v = VIEWS[name](x)
        x.mul_(c)
        (v * v).sum().backward()
        twin = VIEWS[name](w.detach())
        np.testing.assert_allclose(v.array, 6 * twin.array)
        np.testing.assert_allclose(c.grad.array, [2 * 3 * 4 * (twin.array**2).sum()])

    def test_under_no_grad_it_is_a_constant(self, name: str) -> None:
        w = grid()
        x = w * 2
        with tg.no_grad():
            v = VIEWS[name](x)
        assert not v.requires_grad and np.shares_memory(v.array, x.array) and v.storage is x.storage
        y = x.exp()
        v.detach().fill_(0)
        x.mul_(2)
        assert not v.requires_grad  # as detach(): a constant that looks at the memory
        y.sum().backward()
        with pytest.raises(RuntimeError, match="is a view made under no_grad.*would not learn"):
            v.mul_(leaf(2.0))

    def test_it_dies_by_reference_count(self, name: str) -> None:
        gc.collect()
        gc.disable()
        try:
            x = grid() * 1
            v = VIEWS[name](x)
            refs = [weakref.ref(x), weakref.ref(v), weakref.ref(v.node)]
            v.mul_(2)
            refs.append(weakref.ref(v.grad_fn))
            del x
            assert refs[0]() is not None  # a view keeps its base
            del v
            assert [r() for r in refs] == [None] * 4
        finally:
            gc.enable()


class TestFamilies:
    def test_siblings_are_refreshed_when_they_are_used(self) -> None:
        w = grid()
        x = w * 1
        a, b, whole = x[0], x[:, 0], x.reshape(-1)
        a.mul_(10)
        assert b.requires_grad and whole.grad_fn.inputs[0] is x.node
        (b.sum() + whole[:2].sum()).backward()
        assert w.grad.tolist() == [[20, 10, 0], [1, 0, 0]]

    def test_a_constant_base_becomes_recorded_through_its_view(self) -> None:
        w = leaf(2.0)
        base = constant(1.0, 2.0, 3.0)
        early, written = base[:2], base[1:]
        written.mul_(w)
        assert base.requires_grad and early.requires_grad and not early.is_leaf
        (early * constant(1.0, 10.0)).sum().backward()
        assert w.grad.tolist() == [20]

    def test_views_of_views_of_views(self) -> None:
        w = leaf(1.0, 2.0, 3.0, 4.0)
        x = w * 1
        a = x.reshape(2, 2)
        b = a.T
        c = b[1]
        c.mul_(w[0] * 5)  # x₁ and x₃ times 5·w₀
        a[0].add_(c)  # x₀ += x₁, x₁ += x₃
        (x * constant(1.0, 10.0, 100.0, 1000.0)).sum().backward()
        # x = [w₀ + 5w₀w₁, 5w₀w₁ + 5w₀w₃, w₂, 5w₀w₃]
        np.testing.assert_allclose(x.array, [11, 30, 3, 20])
        np.testing.assert_allclose(w.grad.array, [1 + 10 + 10 * 30 + 1000 * 20, 5 + 50, 100, 50 + 5000])

    def test_a_root_in_another_order_of_memory(self) -> None:
        w, c = tg.tensor(np.asfortranarray(np.arange(6.0).reshape(2, 3)), requires_grad=True), leaf(3.0)
        x = w * 1  # column by column, as w
        row = x.T.reshape(-1)  # a view only because of that
        assert row._base is not None
        row[1::2].mul_(c)  # the second row of x
        (x * x).sum().backward()
        np.testing.assert_allclose(w.grad.array, 2 * w.array * np.array([[1], [9]]))
        np.testing.assert_allclose(c.grad.array, [6 * (w.array[1] ** 2).sum()])

    def test_a_long_chain_of_views(self) -> None:
        w, c = grid(), leaf(3.0)
        x = v = w * 1
        for _ in range(5_000):
            v = v.T.reshape(3, 2).T
        v[0].mul_(c)
        v[:, 1:].add_(1)
        (x * x + v).sum().backward()
        y = w.array * np.array([[3], [1]]) + np.array([0, 1, 1])
        np.testing.assert_allclose(x.array, y)
        np.testing.assert_allclose(w.grad.array, (2 * y + 1) * np.array([[3], [1]]))
        np.testing.assert_allclose(c.grad.array, [((2 * y + 1) * w.array)[0].sum()])
        del v, x

    def test_the_links_of_a_long_chain_are_let_go(self) -> None:
        x = tg.zeros(20_000)
        links = []
        for _ in range(1_000):
            x = x[1:]
            links.append(weakref.ref(x))
        assert sum(r() is not None for r in links) < 120
        x.fill_(1)
        assert x.sum() == 19_000

    def test_iterating_over_parts_and_writing_to_them(self) -> None:
        w = grid()
        x = w * 1
        for i, row in enumerate(x):
            row.mul_(i + 1)
        for part in x.split(2, 1):
            part.add_(1)
        x.sum().backward()
        assert w.grad.tolist() == [[1] * 3, [2] * 3]

    def test_detach_shares_versions_but_not_history(self) -> None:
        w, c = grid(), leaf(2.0)
        x = w * 1
        d = x.detach()
        d.mul_(c)
        assert d.requires_grad and d._version == x._version == 1
        (gw,) = tg.autograd.grad(x.sum(), w)
        assert gw.tolist() == [[1] * 3] * 2  # x does not know, as in PyTorch

    def test_reading_flags_under_no_grad_changes_nothing(self) -> None:
        w = leaf(1.0, 2.0)
        x = w * 1
        v = x[:1]
        x.mul_(3)
        with tg.no_grad():
            assert v.requires_grad and not v.is_leaf
        v.sum().backward()
        assert w.grad.tolist() == [3, 0]

    def test_data_takes_a_view_apart_from_its_base(self) -> None:
        base = constant(1.0, 2.0)
        view = base[:1]
        base.data = constant(5.0, 6.0)
        base.mul_(leaf(2.0))
        assert view.tolist() == [1] and not view.requires_grad

    def test_data_of_a_base_written_through_a_view(self) -> None:
        w = leaf(1.0, 2.0)
        base = w * 1
        view, other = base[:1], base[1:]
        view.mul_(3)
        base.data = constant(5.0, 6.0)
        for v in (view, other):
            with pytest.raises(RuntimeError, match="its base was given other memory .by data or set_."):
                v * 2
        view = (w * 1)[:1]
        view._base.data = constant(5.0, 6.0)  # nothing was written before
        view.sum().backward()
        assert w.grad.tolist() == [1, 0]

    def test_a_leaf_among_views(self) -> None:
        base = constant(1.0, 2.0)
        view = base[:1].requires_grad_()
        (view * 3).sum().backward()
        assert view.grad.tolist() == [3] and view.is_leaf
        base.detach().requires_grad_()  # another leaf with the same memory
        assert view.is_leaf and view.requires_grad

    def test_views_made_before_the_base_requires_grad(self) -> None:
        flat = constant(1.0, 2.0, 3.0)
        views = flat.split(2)
        flat.requires_grad_()
        (views[0].sum() * 2 + views[1].sum() * 3).backward()
        assert flat.grad.tolist() == [2, 2, 3]

    def test_hooks_of_a_view_stay_where_its_base_does(self) -> None:
        seen: list[Any] = []
        x = leaf(1.0, 2.0) * 1
        first, rest = x[:1], x.split(1)[1]
        first.register_hook(lambda g: seen.append(g.tolist()))
        rest.register_hook(lambda g: seen.append(g.tolist()))
        x.detach().requires_grad_()
        (first * 2 + rest * 3).sum().backward()
        assert seen == [[3], [2]] or seen == [[2], [3]]

    def test_read_changed_and_written_back_also_in_another_shape(self) -> None:
        w = tg.ones(2, 3, requires_grad=True)
        x = w * 1
        x.t_()
        x[1:] *= w.sum()
        x.sum().backward()
        assert w.grad.tolist() == [[5, 10, 10], [5, 10, 10]]


class TestChangedShape:
    """t_, transpose_, squeeze_, unsqueeze_, as_strided_: the tensor itself looks at its memory in another way."""

    def test_each(self) -> None:
        x = grid(False)
        assert x.t_() is x and x.shape == (3, 2)
        assert x.transpose_(0, -1).shape == (2, 3) and x.swapaxes_(0, 1).shape == (3, 2)
        assert x.swapdims_(0, 1).shape == (2, 3)
        assert x.unsqueeze_(0).shape == (1, 2, 3) and x.squeeze_().shape == (2, 3) and x.squeeze_(0).shape == (2, 3)
        assert x.as_strided_((3,), (2,), 1).tolist() == [1, 3, 5]
        assert constant(1.0).t_().shape == (1,) and tg.tensor(1.0).transpose_(0, 0).shape == ()
        with pytest.raises(ValueError, match="t_: needs at most 2 dimensions, got shape"):
            tg.ones(1, 2, 3).t_()
        with pytest.raises(IndexError, match="transpose_: dim 2 is out of range"):
            tg.ones(2, 3).transpose_(0, 2)
        with pytest.raises(ValueError, match="as_strided_: the geometry reaches elements that the tensor does"):
            constant(1.0, 2.0)[:1].as_strided_((2,), (1,))
        assert tg.ones(1, 3).expand(2, 3).t_().shape == (3, 2)  # nothing is written

    def test_gradients(self) -> None:
        w = grid()
        x = w * 2
        x.t_().unsqueeze_(0)
        weights = tg.tensor(np.arange(6.0).reshape(1, 3, 2))
        (x * weights).sum().backward()
        np.testing.assert_allclose(w.grad.array, 2 * weights.array[0].T)

    def test_within_no_grad_what_was_recorded_stays_recorded(self) -> None:
        for look in (lambda x: x, lambda x: x[1:]):
            w = tg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
            x = look(w * 1)
            with tg.no_grad():
                x.t_()
            (x * tg.arange(float(x.numel())).reshape(x.shape)).sum().backward()
            assert w.grad.tolist() == ([[0, 2, 4], [1, 3, 5]] if len(x.T) == 2 else [[0, 0, 0], [0, 1, 2]])

    def test_of_a_view(self) -> None:
        w, c = grid(), leaf(5.0)
        x = w * 1
        v = x[:, :2]
        v.t_()
        v[0].mul_(c)  # the first column of x
        (x * x).sum().backward()
        np.testing.assert_allclose(w.grad.array, 2 * w.array * np.array([25, 1, 1]))
        np.testing.assert_allclose(c.grad.array, [10 * 9.0])

    def test_of_a_base_that_has_views(self) -> None:
        w, c = grid(), leaf(5.0)
        x = w * 1
        row = x[1]
        x.t_()
        x[2].mul_(c)  # what was the last column
        row.add_(1)
        (row * row).sum().backward()
        after = w.array[1] * np.array([1, 1, 5]) + 1
        np.testing.assert_allclose(row.array, after)
        np.testing.assert_allclose(x.array[:, 1], after)
        np.testing.assert_allclose(w.grad.array[1], 2 * after * np.array([1, 1, 5]))
        np.testing.assert_allclose(w.grad.array[0], 0)
        np.testing.assert_allclose(c.grad.array, [2 * after[2] * w.array[1, 2]])

    def test_a_root_that_is_a_slice_of_memory(self) -> None:
        big = tg.tensor(np.zeros((4, 6)))
        x = big.detach()[::2, ::2]  # gaps between its elements, no base that requires grad
        root = x.detach()
        c = leaf(2.0)
        root.t_()
        root[1].mul_(c).add_(c)
        root.as_strided((2,), (2,)).mul_(c)
        (root * root).sum().backward()
        np.testing.assert_allclose(c.grad.array, numeric(lambda t: (written(t) ** 2).sum(), 2.0), rtol=1e-6)


def written(c: float) -> Any:
    big = np.zeros((4, 6))
    root = big[::2, ::2].T
    root[1] = root[1] * c + c
    flat = np.lib.stride_tricks.as_strided(root, (2,), (2 * 8,))
    flat *= c
    return root


def numeric(f: Any, x: float, h: float = 1e-6) -> Any:
    return [(f(x + h) - f(x - h)) / (2 * h)]
