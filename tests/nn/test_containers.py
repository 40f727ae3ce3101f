"""Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict as the lists and dicts they are."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Any

import pytest

import tensorgrad as tg
from tensorgrad import nn


def names(container: Any) -> list[str]:
    return [type(m).__name__ for m in container]


def words(error: type[Exception], text: str) -> Any:
    return pytest.raises(error, match=re.escape(text))


def test_sequential() -> None:
    net = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.ELU())
    assert len(net) == 3 and names(net) == ["ReLU", "Tanh", "ELU"]
    assert isinstance(net[-1], nn.ELU) and names(net[1:]) == ["Tanh", "ELU"] and type(net[:0]) is nn.Sequential
    assert net[0] is net[:2][0]
    net[1] = nn.SiLU()
    assert names(net.append(nn.Mish())) == ["ReLU", "SiLU", "ELU", "Mish"]
    assert names(net.insert(-1, nn.GELU())) == ["ReLU", "SiLU", "ELU", "GELU", "Mish"]
    assert names(net.insert(0, nn.Sigmoid()))[0] == "Sigmoid"
    assert type(net.pop()).__name__ == "Mish" and type(net.pop(0)).__name__ == "Sigmoid"
    del net[0]
    assert list(net.state_dict()) == [] and [n for n, _ in net.named_children()] == ["0", "1", "2"]
    del net[1:]
    assert names(net) == ["SiLU"]
    assert names(net + nn.Sequential(nn.ReLU())) == ["SiLU", "ReLU"]
    net += nn.Sequential(nn.Tanh())
    assert names(net) == ["SiLU", "Tanh"] and names(2 * net) == names(net * 2) == ["SiLU", "Tanh"] * 2
    net *= 2
    assert names(net) == ["SiLU", "Tanh"] * 2
    assert names(net.extend([nn.ReLU()])) == ["SiLU", "Tanh"] * 2 + ["ReLU"]
    named = nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh()))
    assert type(named.a).__name__ == "ReLU" and repr(named[:1]) == "Sequential(\n  (a): ReLU()\n)"
    assert nn.Sequential()(3) == 3


def test_a_subclass_of_sequential_is_sliced_to_itself() -> None:
    class Block(nn.Sequential):
        pass

    assert type(Block(nn.ReLU(), nn.Tanh())[1:]) is Block


def test_module_list() -> None:
    rows = nn.ModuleList([nn.ReLU(), nn.Tanh()])
    rows += [nn.ELU()]
    rows.append(nn.SiLU()).extend([nn.Mish()])
    assert names(rows) == ["ReLU", "Tanh", "ELU", "SiLU", "Mish"]
    assert names(rows[1:3]) == ["Tanh", "ELU"] and type(rows[1:3]) is nn.ModuleList
    rows.insert(1, nn.GELU())
    rows.insert(-1, nn.CELU())
    assert names(rows) == ["ReLU", "GELU", "Tanh", "ELU", "SiLU", "CELU", "Mish"]
    rows[-1] = nn.ReLU()
    assert type(rows.pop(1)).__name__ == "GELU"
    del rows[2:4]
    del rows[-1]
    assert names(rows) == ["ReLU", "Tanh", "CELU"] and [n for n, _ in rows.named_children()] == ["0", "1", "2"]
    assert names(rows + [nn.ELU()]) == ["ReLU", "Tanh", "CELU", "ELU"] and names(reversed(list(rows)))[0] == "CELU"
    assert dir(rows).count("0") == 0 and rows[0] in rows
    assert repr(nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Linear(1, 2)])) == (
        "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Linear(in_features=1, out_features=2, bias=True)\n)"
    )


def test_module_dict() -> None:
    found = nn.ModuleDict({"a": nn.Linear(1, 2)})
    found["b"] = nn.ReLU()
    found.update([("c", nn.Tanh())])
    found.update(nn.ModuleDict(OrderedDict(d=nn.ELU())))
    assert list(found) == list(found.keys()) == ["a", "b", "c", "d"] and "a" in found and len(found) == 4
    assert [k for k, _ in found.items()] == ["a", "b", "c", "d"] and names(found.values())[1] == "ReLU"
    assert type(found.pop("b")).__name__ == "ReLU"
    del found["c"]
    assert list(found.state_dict()) == ["a.weight", "a.bias"]
    found.clear()
    assert len(found) == 0
    with pytest.raises(KeyError):
        found["a"]


def test_parameter_list() -> None:
    found = nn.ParameterList([tg.ones(2), nn.Parameter(tg.zeros(1)), 3])
    assert len(found) == 3 and isinstance(found[0], nn.Parameter) and found[-1] == 3
    assert [n for n, _ in found.named_parameters()] == ["0", "1"]
    found.append(tg.zeros(3))
    found += [tg.zeros(4)]
    found[0] = tg.full((2,), 5.0)
    assert [getattr(p, "shape", p) for p in found] == [(2,), (1,), 3, (3,), (4,)]
    assert len(found[1:3]) == 2 and found[0].tolist() == [5.0, 5.0] and "0" not in dir(found)
    twin = nn.ParameterList([tg.zeros(2), tg.zeros(1), 3, tg.zeros(3), tg.zeros(4)])
    twin.load_state_dict(found.state_dict())
    assert twin[0].tolist() == [5.0, 5.0]


def test_parameter_dict() -> None:
    found = nn.ParameterDict({"a": tg.ones(2), "b": 3})
    found["c"] = tg.zeros(1)
    assert list(found) == ["a", "b", "c"] == list(found.keys()) and found["b"] == 3 and "a" in found and len(found) == 3
    assert [n for n, _ in found.named_parameters()] == ["a", "c"]
    assert found.get("x") is None and found.get("b") == 3 and found.setdefault("d", 4) == 4
    assert list(reversed(found)) == ["d", "c", "b", "a"] and found.popitem() == ("d", 4) and found.pop("b") == 3
    assert [k for k, _ in found.items()] == ["a", "c"] and len(list(found.values())) == 2
    copy = found.copy()
    del copy["a"]
    assert list(found) == ["a", "c"] and list(copy) == ["c"] and copy["c"] is found["c"]
    assert list(found | nn.ParameterDict({"z": 1})) == ["a", "c", "z"]
    assert list({"z": 1} | found) == ["z", "a", "c"]
    found |= {"y": 2}
    assert list(nn.ParameterDict.fromkeys(["p", "q"], 0).items()) == [("p", 0), ("q", 0)] and found["y"] == 2
    found.clear()
    assert len(found) == 0 and list(found.parameters()) == []


ERRORS: list[tuple[Any, type[Exception], str]] = [
    (lambda: nn.Sequential(nn.ReLU())[1], IndexError, "Sequential: index 1 is out of range; there are 1 entries."),
    (lambda: nn.Sequential()["0"], TypeError, "Sequential: an index must be an int or a slice, got '0'."),
    (lambda: nn.Sequential(3), TypeError, "Sequential: '0' must be a Module or None, got int."),
    (lambda: nn.Sequential() + [1], TypeError, "Sequential: can be joined with a Sequential, got list."),
    (lambda: nn.Sequential().__iadd__([1]), TypeError, "Sequential: can be joined with a Sequential, got list."),
    (lambda: nn.Sequential() * 1.5, TypeError, "Sequential: can be multiplied by an int, got float."),
    (lambda: nn.Sequential() * 0, ValueError, "Sequential: can be repeated once or more often, got 0."),
    (lambda: nn.Sequential().insert(2, nn.ReLU()), IndexError, "Sequential: index 2 is out of range; there are 0"),
    (lambda: nn.Sequential().insert(0, 1), TypeError, "Sequential: every entry must be a Module or None, got int."),
    (
        lambda: nn.Sequential(nn.ReLU()).__setitem__(0, 1),
        TypeError,
        "Sequential: every entry must be a Module or None, got int.",
    ),
    (lambda: nn.ModuleList(3), TypeError, "ModuleList: can be extended by an iterable of modules, got int."),
    (lambda: nn.ModuleList([nn.ReLU()])(1), NotImplementedError, "ModuleList: this module defines no forward()"),
    (lambda: nn.ModuleDict(3), TypeError, "ModuleDict: needs a dict or pairs of a name and a value, got int."),
    (lambda: nn.ModuleDict([("a",)]), ValueError, "ModuleDict: entry 0 is not a pair of a name and a value but has 1"),
    (lambda: nn.ModuleDict({"keys": nn.ReLU()}), KeyError, "this module has an attribute 'keys' already."),
    (lambda: nn.ParameterList(tg.zeros(2)), TypeError, "ParameterList: can be extended by an iterable, got Tensor."),
    (lambda: nn.ParameterList()(1), TypeError, "ParameterList: is a list and cannot be called"),
    (lambda: nn.ParameterList()[0], IndexError, "ParameterList: index 0 is out of range; there are 0 entries."),
    (lambda: nn.ParameterDict({3: 1}), TypeError, "ParameterDict: a key must be a string, got int 3."),
    (lambda: nn.ParameterDict({"keys": 1}), KeyError, "ParameterDict: 'keys' is an attribute of the dict itself."),
    (lambda: nn.ParameterDict()(1), TypeError, "ParameterDict: is a dict and cannot be called"),
    (lambda: nn.ParameterDict()["a"], KeyError, "a"),
    (lambda: nn.ParameterDict().popitem(), KeyError, "ParameterDict: is empty."),
]


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors(case: int) -> None:
    call, error, text = ERRORS[case]
    with words(error, text):
        call()
