"""The graph as PyTorch shows it: nodes, edges, what they have saved; and hooks for that."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.autograd import graph


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


# ---- nodes ----------------------------------------------------------------------------------------------------------


class TestNodes:
    def test_a_graph_ends_in_accumulate_grad(self) -> None:
        w, v = leaf(1.0), leaf(2.0)
        (a, i), (b, j) = (w * v).grad_fn.next_functions
        assert type(a).__name__ == "AccumulateGrad" == a.name() and i == j == 0
        assert a.variable is w and b.variable is v and a.next_functions == () and isinstance(a, graph.Node)
        assert not tg.is_tensor(a) and repr(a) == "<AccumulateGrad>" and a.shape == (1,)
        assert (w + 1).grad_fn.next_functions[0][0] is a, "the same as long as anybody holds it"
        assert (w * tg.ones(1)).grad_fn.next_functions[1] == (None, 0) and a._sequence_nr() == 2**64 - 1

    def test_it_keeps_the_leaf_and_is_not_kept(self) -> None:
        gc.disable()
        try:
            w = leaf(1.0)
            node = (w * 2).grad_fn.next_functions[0][0]
            gone = weakref.ref(w)
            del w
            assert gone() is not None
            del node
            assert gone() is None
        finally:
            gc.enable()

    def test_results_of_several_are_told_apart(self) -> None:
        x = leaf(2.0, 1.0)
        values, _ = x.sort()
        a, b = values.unbind()
        (first, i), (second, j) = (a * b).grad_fn.next_functions
        assert first is second and first.name() == "unbind" and (i, j) == (0, 1)
        assert first.next_functions[0][0].next_functions[0][0].variable is x

    def test_names_are_strings_and_methods(self) -> None:
        x = leaf(1.0, 2.0)
        for y, name in (
            (x * 2, "mul"),
            (x.exp(), "exp"),
            (x.sort()[0], "sort"),
            (x.view(2, 1), "reshape"),
            (tg.nn.functional.conv1d(x.view(1, 1, 2), tg.ones(1, 1, 1, dtype=tg.float64)), "conv1d"),
            (tg.nn.functional.max_pool1d(x.view(1, 1, 2), 2), "max_pool1d"),
            (tg.nn.functional.layer_norm(x, [2]), "layer_norm"),
            (x.amax(), "amax"),
            (x.cummax(0)[0], "cummax"),
        ):
            node = y.grad_fn
            assert isinstance(node.name, str) and node.name() == node.name and type(node.name()) is str
            assert name in node.name() or node.name() == "output", node
        for cls in every_function():
            if isinstance(cls.__dict__.get("name", ""), str):
                assert callable(cls.name), cls

    def test_what_they_have_saved(self) -> None:
        x, y = leaf(1.0, 2.0), leaf(3.0, 5.0)
        node = (x * y).grad_fn
        assert node._saved_self is x and node._saved_other.tolist() == [3, 5]
        assert {"_saved_self", "_saved_other"} <= set(dir(node))
        product = (x * tg.tensor([2.0, 4.0], dtype=tg.float64)).grad_fn
        assert product._saved_self is None and product._saved_other.tolist() == [2, 4]
        e = x.exp()
        assert tg.equal(e.grad_fn._saved_result, e) and e.grad_fn._saved_result.grad_fn is e.grad_fn
        assert (x @ y).grad_fn._saved_tensor is y
        a, b = tg.ones(2, 3, requires_grad=True), tg.ones(3, 2, requires_grad=True)
        assert (a @ b).grad_fn._saved_mat2 is b and tg.mm(a, b).grad_fn._saved_self is a
        assert (x**y).grad_fn._saved_exponent is y
        image, kernel = tg.ones(1, 1, 3, 3, requires_grad=True), tg.ones(1, 1, 2, 2, requires_grad=True)
        conv = tg.nn.functional.conv2d(image, kernel).grad_fn
        assert conv._saved_input is image and conv._saved_weight is kernel
        with pytest.raises(AttributeError, match="mul: it saves no 'weight'. See dir.node."):
            node._saved_weight
        with pytest.raises(AttributeError, match="'Mul' object has no attribute 'nothing'"):
            node.nothing
        assert not [name for name in dir((x + 1).grad_fn) if name.startswith("_saved_")]
        (x * y).sum().backward()

    def test_freed_or_changed_they_say_so(self) -> None:
        x = leaf(1.0, 2.0)
        y = x.exp()
        node = y.grad_fn
        y.sum().backward()
        with pytest.raises(RuntimeError, match="its buffers are freed"):
            node._saved_result
        y = x.exp()
        with tg.no_grad():
            y.add_(1)
        with pytest.raises(RuntimeError, match="a value it saved, shape .2,., has been changed in place by add_"):
            y.grad_fn._saved_result

    def test_of_a_custom_function(self) -> None:
        class Cube(tg.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                return x**3

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                return g * 3 * ctx.saved_tensors[0] ** 2

        x = leaf(2.0)
        node = Cube.apply(x).grad_fn
        assert node.name() == "Cube" and node.saved_tensors[0] is x and node.next_functions[0][0].variable is x

    def test_notes_and_numbers(self) -> None:
        x = leaf(2.0, 1.0)
        y = x * 2
        z = y + 1
        y.grad_fn.metadata["layer"] = 3
        assert y.grad_fn.metadata == {"layer": 3} and z.grad_fn.metadata == {}
        assert z.grad_fn._sequence_nr() > y.grad_fn._sequence_nr()
        values = x.sort()[0]
        values.grad_fn.metadata["a"] = 1
        assert values.grad_fn.metadata == {"a": 1}
        assert x.view(2, 1)._is_view() and x[0]._is_view() and x.split(1)[0]._is_view()
        assert not (y._is_view() or x._is_view() or x.detach()._is_view() or x.data._is_view())
        assert x.view(2, 1)._base is x
        with tg.no_grad():
            assert x.view(2, 1)._is_view()

    def test_hooks_of_the_accumulator(self) -> None:
        w = leaf(1.0, 2.0)
        node = w.expand_as(w).grad_fn.next_functions[0][0]
        seen: list[Any] = []
        before = node.register_prehook(lambda gs: (gs[0] * 10,))
        after = node.register_hook(lambda gi, go: seen.append((gi, go[0].tolist(), w.grad.tolist())))
        (w * 2).sum().backward()
        (w * 2).sum().backward()
        assert seen == [((), [20, 20], [20, 20]), ((), [20, 20], [40, 40])]
        before.remove()
        with after:
            pass
        (w * 2).sum().backward()
        assert len(seen) == 2 and w.grad.tolist() == [42, 42]


def every_function() -> list[Any]:
    found, stack = [], [tg.autograd.Function]
    while stack:
        cls = stack.pop()
        found.append(cls)
        stack.extend(cls.__subclasses__())
    return found


def walked(node: Any, seen: dict[int, str], edges: list[tuple[int, int]]) -> None:
    """As torchviz walks: by `next_functions`, `variable`, `_saved_*`, the identity of nodes and the name of their type."""
    if id(node) in seen:
        return
    seen[id(node)] = type(node).__name__
    for attribute in dir(node):
        if attribute.startswith("_saved_"):
            value = getattr(node, attribute)
            if tg.is_tensor(value):
                edges.append((id(value), id(node)))
    if hasattr(node, "variable"):
        edges.append((id(node.variable), id(node)))
    for below, _ in node.next_functions:
        if below is not None:
            edges.append((id(below), id(node)))
            walked(below, seen, edges)


def test_a_drawer_written_for_pytorch() -> None:
    model = tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.Tanh(), tg.nn.Linear(4, 2))
    y = tg.nn.functional.cross_entropy(model(tg.ones(5, 3)), tg.zeros(5, dtype=tg.int64))
    seen: dict[int, str] = {}
    edges: list[tuple[int, int]] = []
    root = y.grad_fn
    walked(root, seen, edges)
    assert sorted(seen.values()).count("AccumulateGrad") == 4
    assert {id(p) for p in model.parameters()} <= {a for a, _ in edges}


# ---- saved_tensors_hooks ---------------------------------------------------------------------------------------------


class TestSavedTensorsHooks:
    def test_everything_saved_goes_through(self) -> None:
        packed: list[Any] = []

        def pack(t: Any) -> Any:
            assert not t.requires_grad and not tg.is_grad_enabled()
            packed.append(tuple(t.shape))
            return t.numpy().copy()

        def unpack(kept: Any) -> Any:
            assert not tg.is_grad_enabled()
            return tg.from_numpy(kept)

        x = leaf(2.0, 3.0)
        w = tg.ones(2, 2, dtype=tg.float64, requires_grad=True)
        with graph.saved_tensors_hooks(pack, unpack):
            y = ((x * x).exp() @ w).log().sum()
        assert sorted(packed) == [(2,)] * 5 + [(2, 2)]
        got = tg.autograd.grad(y, (x, w), retain_graph=True)
        want = tg.autograd.grad(((x * x).exp() @ w).log().sum(), (x, w))
        for a, b in zip(got, want):
            np.testing.assert_allclose(a.array, b.array)
        y.backward()
        with pytest.raises(RuntimeError, match="its buffers are freed"):
            y.backward()

    @pytest.mark.parametrize(
        "hooks", [lambda: graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t), graph.save_on_cpu]
    )
    def test_gradients_of_any_order(self, hooks: Any) -> None:
        x = leaf(0.5, 1.5)
        with hooks():
            y = (x**3).sum() + x.sort()[0].exp().sum() + tg.nn.functional.softplus(x).prod()
            (g,) = tg.autograd.grad(y, x, create_graph=True)
            (h,) = tg.autograd.grad(g.sum(), x)
        z = (x**3).sum() + x.sort()[0].exp().sum() + tg.nn.functional.softplus(x).prod()
        (a,) = tg.autograd.grad(z, x, create_graph=True)
        (b,) = tg.autograd.grad(a.sum(), x)
        np.testing.assert_allclose(g.array, a.array)
        np.testing.assert_allclose(h.array, b.array)

    def test_of_modules_and_custom_functions(self) -> None:
        class Two(tg.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                y, z = x.exp(), x.sin()
                ctx.save_for_backward(x, y, None)
                return y, z

            @staticmethod
            def backward(ctx: Any, g: Any, h: Any) -> Any:
                x, y, nothing = ctx.saved_tensors
                assert nothing is None
                return g * y + h * x.cos()

        count = [0, 0]

        def pack(t: Any) -> Any:
            count[0] += 1
            return t

        def unpack(t: Any) -> Any:
            count[1] += 1
            return t

        x = leaf(0.5)
        with graph.saved_tensors_hooks(pack, unpack):
            y, z = Two.apply(x)
            (g,) = tg.autograd.grad(y * z, x, create_graph=True)
            (h,) = tg.autograd.grad(g, x)
        e, s, c = np.exp(0.5), np.sin(0.5), np.cos(0.5)
        assert abs(g.item() - e * (s + c)) < 1e-12 and abs(h.item() - 2 * e * c) < 1e-12 and min(count) > 3
        torn = tg.nn.Sequential(tg.nn.Conv2d(1, 2, 2), tg.nn.BatchNorm2d(2), tg.nn.Flatten(), tg.nn.LSTM(8, 3))
        image = tg.randn(2, 1, 3, 3)
        torn(image)[0].sum().backward()
        want = [p.grad.clone() for p in torn.parameters()]
        torn.zero_grad()
        with graph.save_on_cpu(pin_memory=True):
            torn(image)[0].sum().backward()
        for p, g in zip(torn.parameters(), want):
            assert tg.allclose(p.grad, g, atol=1e-6)

    def test_only_inside_and_the_innermost(self) -> None:
        seen: list[str] = []

        def hooks(name: str) -> Any:
            return graph.saved_tensors_hooks(lambda t: seen.append(name) or t, lambda t: t)

        x = leaf(1.0)
        with hooks("outer"):
            x.exp()
            with hooks("inner"):
                x.exp()
            x.exp()
            with tg.no_grad():
                x.exp()
                with tg.enable_grad():
                    x.exp()
        x.exp()
        assert seen == ["outer", "inner", "outer", "outer"]

    def test_what_is_refused(self) -> None:
        x = leaf(1.0, 2.0)
        with pytest.raises(TypeError, match="saved_tensors_hooks: unpack_hook must be callable, got int"):
            graph.saved_tensors_hooks(lambda t: t, 1)
        for unpack, error, words in (
            (lambda t: 3, TypeError, "unpack_hook must return a Tensor, got int"),
            (lambda t: t[:1], RuntimeError, "returned another tensor .*\n    packed    .2,. float64\n    unpacked  .1,."),
            (lambda t: t.float(), RuntimeError, "unpacked  .2,. float32"),
        ):
            with graph.saved_tensors_hooks(lambda t: t, unpack):
                y = x.exp().sum()
            with pytest.raises(error, match=words):
                y.backward()
        with graph.disable_saved_tensors_hooks("not here"):
            with pytest.raises(RuntimeError, match="not here"), graph.save_on_cpu():
                pass
            inner = graph.disable_saved_tensors_hooks("nor here")
            with inner, pytest.raises(RuntimeError, match="nor here"), graph.save_on_cpu():
                pass
        with graph.save_on_cpu():
            pass

    def test_saved_values_may_be_changed(self) -> None:
        x = leaf(1.0, 2.0)
        with graph.allow_mutation_on_saved_tensors():
            y = x * 1
            z = (y * y).sum()
            y.mul_(0)
            z.backward()
        assert x.grad.tolist() == [2, 4]
        y = x * 1
        z = (y * y).sum()
        graph.increment_version(y)
        with pytest.raises(RuntimeError, match="changed in place by increment_version"):
            z.backward()
        graph.increment_version([y, x])
        assert x._version == 1


def test_edges_stand_for_tensors() -> None:
    x = leaf(1.0, 2.0)
    y = x * 3
    z = (y * y).sum()
    for wanted, want in (
        (graph.get_gradient_edge(x), [18, 36]),
        (graph.get_gradient_edge(y), [6, 12]),
        ([graph.get_gradient_edge(y)], [6, 12]),
    ):
        (g,) = tg.autograd.grad(z, wanted, retain_graph=True)
        assert g.tolist() == want and g.dtype is tg.float64
    edge = graph.get_gradient_edge(z)
    assert edge.node is z.grad_fn and edge.output_nr == 0
    del y, z
    assert tg.autograd.grad(edge, x, retain_graph=True)[0].tolist() == [18, 36]
    tg.autograd.backward(edge, inputs=[graph.get_gradient_edge(x)])
    assert x.grad.tolist() == [18, 36]
    with pytest.raises(RuntimeError, match="get_gradient_edge: this tensor does not require grad"):
        graph.get_gradient_edge(tg.ones(1))
    with pytest.raises(TypeError, match="get_gradient_edge: needs a Tensor, got float"):
        graph.get_gradient_edge(1.0)
