"""Steps in the true order end in the engine's own gradients, bit for bit; the wrong ways in what they are known to give."""

import pytest

import viz
from micrograd_value import Value
from viz.record import record_of
from viz.steps import MOST_VISITS, Step, naive_visits, sentence, steps_of


def doubled(depth):
    """b = a + a; c = b + b; …: 2ᵏ paths from the result to a."""
    x = Value(1.0, label="a")
    for name in "bcdefghijklmnopqrst"[:depth]:
        x = x + x
        x.label = name
    return x


def final(steps):
    return {step.node: step.after for step in steps if step.kind in ("seed", "edge")}


class TestTrueOrder:
    def test_ends_in_the_engines_gradients(self, expression, network, batch):
        for x in expression, network, batch:
            ends = final(steps_of(x))
            assert all(ends[node.id] == node.grad for node in record_of(x).graph.nodes)

    def test_every_step(self):
        a, b = Value(2.0, label="a"), Value(-3.0, label="b")
        y = a * b + a
        assert steps_of(y) == [
            Step("start"),
            Step("forward", 2, after=-6.0),
            Step("forward", 3, after=-4.0),
            Step("seed", 3, flow=1.0, after=1.0),
            Step("edge", 2, 2, 0.0, 1.0, 1.0, 1.0, 1.0),
            Step("edge", 0, 3, 0.0, 1.0, 1.0, 1.0, 1.0),
            Step("edge", 0, 0, 1.0, -3.0, 1.0, -3.0, -2.0),
            Step("edge", 1, 1, 0.0, 2.0, 1.0, 2.0, 2.0),
        ]

    def test_without_backward_before(self):
        x = Value(3.0, label="x")
        assert final(steps_of(x * x))[0] == 6.0 and x.grad == 0.0

    def test_a_leaf_alone(self):
        assert [step.kind for step in steps_of(Value(1.0))] == ["start", "seed"]

    def test_the_seed_of_a_part(self):
        x = Value(3.0, label="x")
        p = x * 2.0
        (p * 0.25).backward()
        assert final(steps_of(p))[0] == x.grad == 0.5

    def test_in_words(self):
        a, b = Value(2.0, label="a"), Value(-3.0, label="b")
        record = record_of(a * b)
        assert [sentence(record, step, lambda x: f"{x:g}") for step in steps_of(record)] == [
            "start",
            "v2 = -6",
            "seed: v2.grad = 1",
            "a.grad += ∂v2/∂a · v2.grad: 0 + -3 · 1 → -3",
            "b.grad += ∂v2/∂b · v2.grad: 0 + 2 · 1 → 2",
        ]


class TestWrongWays:
    @pytest.mark.parametrize("depth, gradient, truth", [(1, 2.0, 2.0), (2, 6.0, 4.0), (3, 26.0, 8.0), (4, 166.0, 16.0)])
    def test_naive_recursion(self, depth, gradient, truth):
        x = doubled(depth)
        steps = steps_of(x, "naive")
        assert final(steps)[0] == gradient
        assert final(steps_of(x))[0] == truth
        visits = [step for step in steps if step.kind == "edge"]
        assert len(visits) == naive_visits(record_of(x)) == 2 ** (depth + 1) - 2

    def test_naive_recursion_as_people_write_it(self, network):
        def push(value):
            for child, local in zip(value._prev, value._local_grads):
                child.grad += local * value.grad
                push(child)

        record = record_of(network)
        network.zero_grad()
        network.grad = 1.0
        push(network)
        values = record_of(network).graph.nodes
        assert all(values[i].grad == grad for i, grad in final(steps_of(record, "naive")).items())

    def test_naive_recursion_is_broken_off(self):
        steps = steps_of(doubled(19), "naive")
        assert steps[-1] == Step("stop", 19, after=2.0**20 - 2)
        assert sum(step.kind == "edge" for step in steps) == MOST_VISITS

    def test_overwrite(self):
        a = Value(2.0, label="a")
        y = a * 3.0 + a
        steps = steps_of(y, "overwrite")
        assert final(steps)[0] == 3.0 and final(steps_of(y))[0] == 4.0

    def test_forgot_zero_grad(self):
        a = Value(2.0, label="a")

        def program():
            y = (a * 3.0).tanh() + a
            y.backward()
            return y

        program()
        once = a.grad
        steps = steps_of(program(), "forgot")
        assert final(steps)[0] == a.grad == 2 * once
        second = steps[[step.kind for step in steps].index("again") :]
        first_of_a = next(step for step in second if step.node == 0)
        assert first_of_a.before == once

    def test_an_unknown_mode(self):
        with pytest.raises(ValueError, match="mode: 'random' is none of 'true', 'naive', 'overwrite', 'forgot'"):
            steps_of(Value(1.0), "random")


def test_public():
    assert {"step", "steps_of", "Step", "Page"} <= set(viz.__all__)
