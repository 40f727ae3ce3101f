"""Containers: modules in a row, in a list, in a dict; parameters in a list, in a dict."""

from __future__ import annotations

import builtins
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, TypeVar

from ..kernels.shapes import integer
from ..tensor import Tensor
from .mistakes import not_a_module
from .module import Module
from .parameter import Parameter

S = TypeVar("S", bound="Sequential")
L = TypeVar("L", bound="ModuleList")


def _place(container: Any, index: Any, n: int) -> int:
    """An index counted from either end as one counted from the front."""
    try:
        i = index.__index__()
    except AttributeError:
        raise TypeError(f"{type(container).__name__}: an index must be an int or a slice, got {index!r}.") from None
    if not -n <= i < n:
        raise IndexError(f"{type(container).__name__}: index {i} is out of range; there are {n} entries.")
    return i % n


def _check_module(container: Any, module: Any) -> None:
    if not isinstance(module, Module):
        raise not_a_module(type(container).__name__, "every entry", module)


class _Row(Module):
    """What Sequential and ModuleList share: modules under the names "0", "1", …"""

    _worded = ("__init__", "append", "insert", "extend")

    def _key(self, index: Any) -> str:
        return list(self._modules)[_place(self, index, len(self._modules))]

    def _renumber(self, modules: Iterable[Any]) -> None:
        self.__dict__["_modules"] = {str(i): module for i, module in enumerate(modules)}

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __setitem__(self, index: int, module: Module) -> None:
        key = self._key(index)
        _check_module(self, module)
        self._modules[key] = module

    def append(self, module: Module) -> Any:
        """Add a module at the end; returns the container."""
        self.add_module(str(len(self)), module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Add a module before the one at `index`."""
        n, index = len(self), integer(type(self).__name__, "index", index)
        if not -n <= index <= n:
            raise IndexError(f"{type(self).__name__}: index {index} is out of range; there are {n} entries.")
        _check_module(self, module)
        modules = list(self)
        modules.insert(index + n if index < 0 else index, module)
        self._renumber(modules)
        return self

    def pop(self, key: int | slice = -1) -> Any:
        """Take a module out and return it."""
        found = self[key]  # type: ignore[index]
        del self[key]
        return found


class Sequential(_Row):
    """Modules in a row: each gets what the one before returned.

    nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    nn.Sequential(OrderedDict(hidden=nn.Linear(2, 8), act=nn.ReLU(), out=nn.Linear(8, 1)))
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        named = args[0].items() if len(args) == 1 and isinstance(args[0], dict) else enumerate(args)
        for name, module in named:
            self.add_module(str(name), module)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return self._modules[self._key(index)]

    def __delitem__(self, index: int | slice) -> None:
        keys = list(self._modules)[index] if isinstance(index, slice) else [self._key(index)]
        for key in keys:
            del self._modules[key]
        self._renumber(list(self))

    def __add__(self, other: Any) -> Sequential:
        if not isinstance(other, Sequential):
            raise TypeError(f"Sequential: can be joined with a Sequential, got {type(other).__name__}.")
        return Sequential(*self, *other)

    def __iadd__(self: S, other: Any) -> S:
        if not isinstance(other, Sequential):
            raise TypeError(f"Sequential: can be joined with a Sequential, got {type(other).__name__}.")
        return self.extend(other)

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*self._times(times))

    __rmul__ = __mul__

    def __imul__(self: S, times: int) -> S:
        for module in self._times(times)[len(self) :]:
            self.append(module)
        return self

    def _times(self, times: int) -> list[Module]:
        if not isinstance(times, int):
            raise TypeError(f"Sequential: can be multiplied by an int, got {type(times).__name__}.")
        if times < 1:
            raise ValueError(f"Sequential: can be repeated once or more often, got {times}.")
        return list(self) * times

    def extend(self: S, sequential: Iterable[Module]) -> S:
        """Add modules at the end."""
        for module in list(sequential):
            self.append(module)
        return self

    def forward(self, input: Any) -> Any:
        for module in self._modules.values():
            input = module(input)
        return input


class ModuleList(_Row):
    """A list of modules, whose parameters belong to the module that holds it."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._modules[self._key(index)]

    def __delitem__(self, index: int | slice) -> None:
        if not isinstance(index, slice):
            index = _place(self, index, len(self))
        modules = list(self)
        del modules[index]
        self._renumber(modules)

    def __iadd__(self: L, modules: Iterable[Module]) -> L:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList(chain(self, other))

    def extend(self: L, modules: Iterable[Module]) -> L:
        """Add modules at the end."""
        if not isinstance(modules, Iterable) or isinstance(modules, Tensor):
            raise TypeError(f"ModuleList: can be extended by an iterable of modules, got {type(modules).__name__}.")
        for module in list(modules):
            self.append(module)
        return self

    def __repr__(self) -> str:
        """Neighbours that print alike are shown once: (0-2): 3 x Linear(…)."""
        runs: list[tuple[int, int, str]] = []
        for i, text in enumerate([repr(module) for module in self]):
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], i, text)
            else:
                runs.append((i, i, text))
        if not runs:
            return f"{self._get_name()}()"
        lines = [f"({a}): {text}" if a == b else f"({a}-{b}): {b - a + 1} x {text}" for a, b, text in runs]
        return f"{self._get_name()}(\n  " + "\n".join(lines).replace("\n", "\n  ") + "\n)"


class ModuleDict(Module):
    """Modules by name, in the order in which they were added."""

    _worded = ("__init__", "update")

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Module:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Remove all modules."""
        self._modules.clear()

    def pop(self, key: str) -> Module:
        """Take a module out and return it."""
        return self._modules.pop(key)

    def keys(self) -> Iterable[str]:
        """The names, in order of insertion."""
        return self._modules.keys()

    def items(self) -> Iterable[tuple[str, Module]]:
        """Pairs of name and content, in order of insertion."""
        return self._modules.items()

    def values(self) -> Iterable[Module]:
        """The modules, in order of insertion."""
        return self._modules.values()

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add the modules of a dict, or of pairs of a name and a module."""
        for name, module in _pairs("ModuleDict", modules):
            self.add_module(name, module)


def _pairs(container: str, given: Any) -> list[tuple[Any, Any]]:
    """The items of a dict or of an iterable of pairs."""
    if isinstance(given, (Mapping, ModuleDict, ParameterDict)):
        return list(given.items())
    if not isinstance(given, Iterable):
        raise TypeError(f"{container}: needs a dict or pairs of a name and a value, got {type(given).__name__}.")
    pairs = [tuple(pair) if isinstance(pair, Iterable) else (pair,) for pair in given]
    for i, pair in enumerate(pairs):
        if len(pair) != 2:
            raise ValueError(f"{container}: entry {i} is not a pair of a name and a value but has {len(pair)} parts.")
    return pairs


# ---- parameters -----------------------------------------------------------------------------------------------------


_TYPENAMES = {"float64": "Double", "float32": "Float", "float16": "Half"}
_TYPENAMES |= {"int64": "Long", "int32": "Int", "int16": "Short", "int8": "Char", "uint8": "Byte"}


def _described(value: Any, dtype: Any) -> str:
    """A line about an entry of a ParameterList or ParameterDict."""
    if not isinstance(value, Tensor):
        return f"Object of type: {type(value).__name__}"
    kind = "Parameter" if isinstance(value, Parameter) else type(value).__name__
    return f"{kind} containing: [{dtype(value)} of size {'x'.join(str(n) for n in value.shape)}]"


class ParameterList(Module):
    """A list of parameters. Tensors become Parameters; anything else is kept as it is."""

    _worded = ("__init__", "append", "extend")

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter([self[i] for i in range(self._size)])

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)([self[i] for i in range(self._size)[index]])
        return getattr(self, str(_place(self, index, self._size)))

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, str(_place(self, index, self._size)), _parameter(value))

    def __iadd__(self, values: Iterable[Any]) -> ParameterList:
        return self.extend(values)

    def append(self, value: Any) -> ParameterList:
        """Add an entry at the end."""
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Add entries at the end."""
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(f"ParameterList: can be extended by an iterable, got {type(values).__name__}.")
        for value in list(values):
            self.append(value)
        return self

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def extra_repr(self) -> str:
        return "\n".join(f"  ({i}): {_described(value, lambda t: t.dtype)}" for i, value in enumerate(self))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("ParameterList: is a list and cannot be called; call the module that holds it.")


class ParameterDict(Module):
    """Parameters by name, in order. Tensors become Parameters; anything else is kept as it is."""

    _worded = ("__init__", "update")

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"ParameterDict: a key must be a string, got {type(key).__name__} {key!r}.")
        if key not in self._keys and hasattr(self, key):
            raise KeyError(f"ParameterDict: {key!r} is an attribute of the dict itself. Choose another key.")
        setattr(self, key, _parameter(value))
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self._keys))

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def copy(self) -> ParameterDict:
        """The same entries in another dict."""
        return ParameterDict(OrderedDict(self.items()))

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The entry, set to `default` first if there is none."""
        if key not in self._keys:
            self[key] = default
        return self[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The entry, or `default` if there is none."""
        return self[key] if key in self._keys else default

    def clear(self) -> None:
        """Remove all entries."""
        for key in list(self._keys):
            del self[key]

    def pop(self, key: str) -> Any:
        """Take an entry out and return it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Take the last entry out and return it with its name."""
        if not self._keys:
            raise KeyError("ParameterDict: is empty.")
        key = list(self._keys)[-1]
        return key, self.pop(key)

    @classmethod
    def fromkeys(cls, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """The same value under several names."""
        return cls((key, default) for key in keys)

    def keys(self) -> Iterable[str]:
        """The names, in order of insertion."""
        return self._keys.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Pairs of name and content, in order of insertion."""
        return [(key, self[key]) for key in self._keys]

    def values(self) -> Iterable[Any]:
        """The parameters, in order of insertion."""
        return [self[key] for key in self._keys]

    def update(self, parameters: Any) -> None:
        """Add the entries of a dict, or of pairs of a name and a value."""
        for key, value in _pairs("ParameterDict", parameters):
            self[key] = value

    def __or__(self, other: ParameterDict) -> ParameterDict:
        copy = self.copy()
        copy.update(other)
        return copy

    def __ror__(self, other: ParameterDict) -> ParameterDict:
        copy = other.copy()
        copy.update(self)
        return copy

    def __ior__(self, other: ParameterDict) -> ParameterDict:
        self.update(other)
        return self

    def extra_repr(self) -> str:
        def typename(t: Tensor) -> str:
            name = t.dtype.name
            return f"tensorgrad.{_TYPENAMES.get(name, name.capitalize())}Tensor"

        return "\n".join(f"  ({key}): {_described(value, typename)}" for key, value in self.items())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("ParameterDict: is a dict and cannot be called; call the module that holds it.")


def _parameter(value: builtins.object) -> Any:
    """A plain tensor as a Parameter."""
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value
