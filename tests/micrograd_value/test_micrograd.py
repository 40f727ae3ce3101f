"""Code written along micrograd and its lecture runs unchanged.

The first two tests are micrograd's own (test/test_engine.py), compared with the numbers in place of PyTorch's run.
"""

from __future__ import annotations

import math
import random

import micrograd.engine
import micrograd.nn
import pytest

from micrograd_value import MLP, Layer, Neuron, Value


def test_sanity_check() -> None:
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()
    assert (y.data, x.grad) == (-20.0, 46.0)


def test_more_ops() -> None:
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert g.data == pytest.approx(24.70408163265306, rel=1e-14)
    assert a.grad == pytest.approx(138.83381924198252, rel=1e-14)
    assert b.grad == pytest.approx(645.5772594752187, rel=1e-14)


# ---- the lecture --------------------------------------------------------------------------------------------------


def neuron() -> dict[str, Value]:
    """The neuron of the lecture, with a bias that makes the numbers come out nicely."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    x1w1 = x1 * w1
    x1w1.label = "x1*w1"
    x2w2 = x2 * w2
    x2w2.label = "x2*w2"
    x1w1x2w2 = x1w1 + x2w2
    x1w1x2w2.label = "x1*w1 + x2*w2"
    n = x1w1x2w2 + b
    n.label = "n"
    o = n.tanh()
    o.label = "o"
    return {v.label: v for v in (x1, x2, w1, w2, b, x1w1, x2w2, x1w1x2w2, n, o)}


EXPECTED = {"x1": -1.5, "w1": 1.0, "x2": 0.5, "w2": 0.0, "n": 0.5, "b": 0.5, "x1*w1": 0.5, "x2*w2": 0.5, "o": 1.0}


def test_the_lectures_neuron() -> None:
    nodes = neuron()
    nodes["o"].backward()
    assert nodes["o"].data == pytest.approx(0.7071067811865476)
    for label, grad in EXPECTED.items():
        assert nodes[label].grad == pytest.approx(grad, abs=1e-12), label


def test_backward_by_hand_node_by_node() -> None:
    nodes = neuron()
    nodes["o"].grad = 1.0
    for label in ("o", "n", "b", "x1*w1 + x2*w2", "x2*w2", "x1*w1"):
        nodes[label]._backward()  # on a leaf, as b, it does nothing
    for label, grad in EXPECTED.items():
        assert nodes[label].grad == pytest.approx(grad, abs=1e-12), label


def test_backward_by_the_lectures_own_topological_order() -> None:
    nodes = neuron()
    topo: list[Value] = []
    visited = set()

    def build_topo(v: Value) -> None:
        if v not in visited:
            visited.add(v)
            for child in v._prev:
                build_topo(child)
            topo.append(v)

    build_topo(nodes["o"])
    nodes["o"].grad = 1.0
    for node in reversed(topo):
        node._backward()
    for label, grad in EXPECTED.items():
        assert nodes[label].grad == pytest.approx(grad, abs=1e-12), label


def test_tanh_in_pieces() -> None:
    nodes = neuron()
    e = (2 * nodes["n"]).exp()
    o = (e - 1) / (e + 1)
    o.backward()
    assert o.data == pytest.approx(nodes["o"].data)
    assert nodes["x1"].grad == pytest.approx(-1.5)


def test_an_operation_of_ones_own() -> None:
    def tanh(self: Value) -> Value:
        x = self.data
        t = (math.exp(2 * x) - 1) / (math.exp(2 * x) + 1)
        out = Value(t, (self,), "tanh")

        def _backward() -> None:
            self.grad += (1 - t**2) * out.grad

        out._backward = _backward
        return out

    a = Value(0.7)
    b = tanh(a) * a + tanh(a * a)
    b.backward()
    by_hand, a.grad = a.grad, 0.0
    (a.tanh() * a + (a * a).tanh()).backward()
    assert by_hand == pytest.approx(a.grad, rel=1e-14)
    b.backward()
    assert a.grad == pytest.approx(2 * by_hand)


def test_gradients_add_when_a_value_is_used_twice() -> None:
    a = Value(3.0, label="a")
    b = a + a
    b.backward()
    assert a.grad == 2.0

    a, b = Value(-2.0), Value(3.0)
    d, e = a * b, a + b
    f = d * e
    f.backward()
    assert (a.grad, b.grad) == (-3.0, -8.0)


def test_label_is_the_fourth_argument() -> None:
    a = Value(2.0, (), "", "a")
    assert (a.label, a._prev, a._op) == ("a", (), "")
    assert Value(1.0, [a], "mine", "b")._prev == (a,)
    assert Value(1.0, {a}, "mine")._prev == (a,)  # micrograd passes children on as a set


def test_trace_for_drawing() -> None:
    def trace(root: Value) -> tuple[set, set]:
        nodes, edges = set(), set()

        def build(v: Value) -> None:
            if v not in nodes:
                nodes.add(v)
                for child in v._prev:
                    edges.add((child, v))
                    build(child)

        build(root)
        return nodes, edges

    nodes, edges = trace(neuron()["o"])
    assert (len(nodes), len(edges)) == (10, 9)
    a = Value(2.0)
    nodes, edges = trace(a * a)
    assert (len(nodes), len(edges)) == (2, 1)
    assert "%.4f" % a.data == "2.0000" and "%.4f" % a.grad == "0.0000"  # noqa: UP031


def test_a_step_of_the_lectures_training_loop_is_micrograds() -> None:
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    runs = []
    for mlp in (MLP, micrograd.nn.MLP):
        random.seed(7)
        n = mlp(3, [4, 4, 1])
        losses = []
        for _ in range(20):
            ypred = [n(x) for x in xs]
            loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred))
            for p in n.parameters():
                p.grad = 0.0
            loss.backward()
            for p in n.parameters():
                p.data += -0.01 * p.grad
            losses.append(loss.data)
        runs.append(losses + [p.data for p in n.parameters()])
    assert runs[0] == pytest.approx(runs[1], rel=1e-9)


def test_networks_look_as_micrograds() -> None:
    for ours, theirs in (
        (MLP(2, [16, 16, 1]), micrograd.nn.MLP(2, [16, 16, 1])),
        (Layer(2, 3), micrograd.nn.Layer(2, 3)),
        (Neuron(2, nonlin=False), micrograd.nn.Neuron(2, nonlin=False)),
    ):
        assert repr(ours) == repr(theirs)
        assert len(ours.parameters()) == len(theirs.parameters())
    assert repr(Value(-4.0)) == repr(micrograd.engine.Value(-4.0)).replace("grad=0)", "grad=0.0)")
