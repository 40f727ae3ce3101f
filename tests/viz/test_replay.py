"""Replay: bit-equal on every operation and on networks, and any number that is changed is named."""

import math
import random

import pytest

import viz
from micrograd_value import MLP, Value
from viz.record import Record, record_of
from viz.replay import replay

ONE = ["__neg__", "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "erf", "relu", "leaky_relu", "softplus", "gelu", "abs"]
TWO = ["__add__", "__sub__", "__mul__", "__truediv__", "__pow__", "max", "min"]


class TestEqual:
    @pytest.mark.parametrize("method", ONE)
    def test_operations_of_one(self, method):
        for x in (0.3, -0.7, 0.0, 2.5, -30.0, 750.0, math.inf, math.nan):
            y = getattr(Value(x), method)()
            y.backward()
            result = replay(y)
            assert result.ok and result.taken == 0, (x, str(result))

    @pytest.mark.parametrize("method", TWO)
    def test_operations_of_two(self, method):
        for a in (0.3, -0.7, 0.0, 2.5):
            for b in (0.3, -1.0, 0.0, 3.0, math.inf):
                y = getattr(Value(a), method)(Value(b))
                y.backward()
                result = replay(y)
                assert result.ok and result.taken == 0, (a, b, str(result))

    def test_constants_in_names(self):
        x = Value(1.7)
        y = x**3 + x**-0.5 + x.leaky_relu(0.2) + 2**x
        y.backward()
        assert replay(y).ok and replay(y).taken == 0

    def test_networks(self, expression, network, batch):
        for x in expression, network, batch:
            n = len(record_of(x).graph.nodes)
            result = replay(x)
            assert result and (result.nodes, result.gradients, result.worst) == (n, n, 0.0)
            assert str(result).endswith("all bit-equal")

    def test_random_graphs(self):
        for seed in range(60):
            dice = random.Random(seed)
            values = [Value(dice.uniform(-1, 1)) for _ in range(4)]
            for _ in range(40):
                a, b = dice.choice(values[-8:]), dice.choice(values)
                values.append(dice.choice([a + b, a * b, a - b, a.tanh(), a.sigmoid(), a / 3]))
            out = sum(values[4:], Value(0.0))
            out.backward()
            assert replay(out).ok, seed

    def test_before_backward_values_alone(self):
        result = replay(Value(2.0) * 3.0)
        assert result.ok and (result.nodes, result.gradients) == (3, 0)

    def test_below_a_result(self):
        x = Value(3.0)
        p = x.tanh() * x
        (p * 0.3).backward()
        assert replay(p).ok

    def test_operations_without_a_rule_are_said(self):
        x = Value(2.0)
        y = Value(8.0, (x,), "cube", _local_grads=(12.0,)) + 1.0
        y.backward()
        assert replay(y).ok and replay(y).taken == 1
        assert "1 values of unknown operations taken as recorded" in str(replay(y))


def numbers(record):
    """Every number of a record: what it is, its name, and how to set it."""
    for node in record.graph.nodes:
        yield f"the value of {record.name(node.id)}", node, "data"
        yield f"the gradient of {record.name(node.id)}", node, "grad"
    for edge in record.graph.edges:
        yield f"the local derivative of ∂{record.name(edge.target)}/∂{record.name(edge.source)}", edge, "local"


class TestChanged:
    def test_each_number_in_turn_is_named(self, expression):
        record = Record.from_json(record_of(expression).to_json())
        for name, where, field in numbers(record):
            kept = getattr(where, field)
            setattr(where, field, math.nextafter(kept, math.inf) if kept else 5e-324)
            result = replay(record)
            # the last bit may be lost in a sum; what is found must then be right, and a change of a quarter is always found
            assert result.ok or name in result.suspects, name
            setattr(where, field, kept * 1.25 + 0.1)
            result = replay(record)
            assert not result and name in result.suspects, (name, str(result))
            assert result.suspects[0] in str(result)
            setattr(where, field, kept)
        assert replay(record).ok

    def test_in_a_network(self, network):
        record = record_of(network)
        for name, where, field in numbers(record):
            kept = getattr(where, field)
            setattr(where, field, kept * 1.25 + 0.1)
            result = replay(record)
            setattr(where, field, kept)
            assert result.suspects == [name]

    def test_both_numbers_are_shown(self, expression):
        record = record_of(expression)
        record.graph.nodes[record.output].data = 7.5
        first = replay(record).first_wrong
        assert str(first) == "value of L: recorded 7.5, replayed -4.0"
        assert replay(record).worst == pytest.approx(11.5 / 7.5)

    def test_a_missing_gradient(self, expression):
        record = record_of(expression)
        record.graph.nodes[0].grad = None
        assert replay(record).suspects == ["the gradient of a"]

    def test_zero_grad_forgotten(self, expression):
        expression.backward()
        assert "L.grad is 2 × what one backward from L gives: was zero_grad forgotten" in str(replay(expression))

    def test_weights_that_had_gradients_before(self):
        model = MLP(2, [2, 1], seed=1)
        for _ in range(2):
            loss = (model([1.0, 2.0]) - 0.5) ** 2
            loss.backward()
        result = replay(loss)
        assert not result and "2 × what one backward" in result.hint


def test_public():
    assert {"record_of", "Record", "replay", "Replay"} <= set(viz.__all__)
