"""Good calls of every operation, from the tables in tests/ops, and of the in-place forms."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from tensorgrad import Tensor
from tests.bad_arguments.probe import Call, Row
from tests.ops import test_errors
from tests.ops.optest import OpTest, convert, is_float


def names_of(cls: type[OpTest]) -> tuple[str, ...]:
    """What an error of the operation may call it."""
    name = cls.__name__ if cls in test_errors.OTHERS else cls.op.__name__
    return (name.removesuffix("_copy").rstrip("_") or name,)


def tensor(a: Any, place: list[int]) -> Tensor:
    """A tensor of an array of a table; the float64 ones as float32, as most are that people have."""
    return Tensor._of(a.astype("float32") if is_float(a) and place[0] else a.copy())


def operations() -> Iterator[Row]:
    """The first sample of each row, and with each argument that it leaves out."""
    for param in test_errors.rows():
        cls = param.values[0]
        args, kwargs = cls.arguments(0)

        def make(cls: type[OpTest] = cls, args: Any = args, kwargs: Any = kwargs) -> Call:
            a = list(convert(args, lambda x: Tensor._of(x.copy())))
            k = dict(convert(kwargs, lambda x: Tensor._of(x.copy())))
            return cls.op, a, k

        def filled(cls: type[OpTest] = cls, args: Any = args, kwargs: Any = kwargs, more: Any = None) -> Call:
            f, a, k = make(cls, args, kwargs)
            return f, a, {**more, **k}

        try:
            rest = dict(test_errors.left_out(cls.op, args, kwargs))
        except TypeError:  # the arguments do not bind: factors in front
            rest = {}
        function, a, k = make()
        skip: frozenset[Any] = frozenset({0}) if getattr(cls, "is_method", False) else frozenset()
        try:
            function(*a, **{**rest, **k})
        except Exception:
            rest = {}
        yield Row(str(param.id), names_of(cls), lambda make=filled, more=rest: make(more=more), skip)  # type: ignore[misc]


def in_place_forms() -> Iterator[Row]:
    """x.exp_() from the row of exp."""
    rows: dict[Any, type[OpTest]] = {}
    for param in test_errors.rows():
        cls = param.values[0]
        rows.setdefault(inspect.unwrap(cls.op), cls)
    for name in dir(Tensor):
        if not name.endswith("_") or name.startswith("_"):
            continue
        found = rows.get(inspect.unwrap(getattr(Tensor, name)))
        if found is None or found.op is getattr(Tensor, name):
            continue
        args, kwargs = found.arguments(0)

        def make(name: str = name, args: Any = args, kwargs: Any = kwargs) -> Call:
            a = list(convert(args, lambda x: Tensor._of(x.copy())))
            return getattr(a[0], name), a[1:], dict(convert(kwargs, lambda x: Tensor._of(x.copy())))

        yield Row(f"Tensor.{name}", (name.rstrip("_"),), make)
