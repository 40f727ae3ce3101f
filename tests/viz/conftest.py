"""Graphs that several tests draw."""

import pytest

from micrograd_value import MLP, Value


@pytest.fixture
def expression():
    """(a·b + c)·f + a·a after backward: names, a shared child twice over, both signs."""
    a, b, c, f = (Value(x, label=name) for x, name in ((2.0, "a"), (-3.0, "b"), (10.0, "c"), (-2.0, "f")))
    out = (a * b + c) * f + a * a
    out.label = "L"
    out.backward()
    return out


@pytest.fixture
def network():
    """The loss of a network of three neurons and one, after backward; some of its neurons are off."""
    model = MLP(2, [3, 1], seed=3)
    loss = (model([1.0, -2.0]) - 1.0) ** 2
    loss.label = "loss"
    loss.backward()
    return loss


@pytest.fixture
def batch():
    """The mean loss of a network over twelve points: 1,500 values, of which 50 in no module."""
    model = MLP(2, [6, 1], seed=0)
    loss = sum((model([i / 12, -i / 12]) - i % 2) ** 2 for i in range(12)) / 12
    loss.label = "mean"
    loss.backward()
    return loss
