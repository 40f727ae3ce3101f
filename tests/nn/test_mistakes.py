"""What is said where a model has no parameters."""

from __future__ import annotations

from typing import Any

import pytest

import tensorgrad as tg
from tensorgrad import nn, optim


class Holds(nn.Module):
    def __init__(self, **attributes: Any) -> None:
        super().__init__()
        for name, value in attributes.items():
            setattr(self, name, value)


@pytest.mark.parametrize(
    "attributes, words",
    [
        ({"layers": [nn.ReLU(), nn.Linear(1, 1)]}, "model.layers is a plain list, .* no modules .* nn.ModuleList"),
        ({"heads": {"a": nn.Linear(1, 1)}}, "model.heads is a plain dict, .* no modules .* nn.ModuleDict"),
        ({"ws": (tg.ones(2, requires_grad=True),)}, "model.ws is a plain tuple, .* no parameters .* nn.ParameterList"),
        ({"ws": {"a": nn.Parameter(tg.ones(2))}}, "model.ws is a plain dict, .* no parameters .* nn.ParameterDict"),
        ({"empty": [], "sizes": [1, 2], "text": "ab", "later": [nn.Linear(1, 1)]}, "model.later is a plain list"),
        ({"inner": Holds(layers=[nn.Linear(1, 1)])}, "model.inner.layers is a plain list"),
    ],
)
def test_the_attribute_is_named(attributes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match="got an empty list of parameters. " + words):
        optim.SGD(Holds(**attributes).parameters(), lr=0.1)


def test_a_list_that_holds_nothing_that_learns_is_not_blamed() -> None:
    with pytest.raises(ValueError) as error:
        optim.SGD(Holds(sizes=[1, 2], constants=[tg.ones(2)], _kept=[nn.Linear(1, 1)]).parameters(), lr=0.1)
    assert "plain" not in str(error.value)
