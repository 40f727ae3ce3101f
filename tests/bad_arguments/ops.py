"""Good calls of every operation, from the tables in tests/ops, and of the in-place forms."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

import tensorgrad as tg
from tensorgrad import Tensor
from tensorgrad.nn import functional as F
from tests.bad_arguments.probe import Call, Row
from tests.ops import test_errors
from tests.ops.optest import OpTest, convert


def names_of(cls: type[OpTest]) -> tuple[str, ...]:
    """What an error of the operation may call it."""
    name = cls.__name__ if cls in test_errors.OTHERS else cls.op.__name__
    return (name.removesuffix("_copy").rstrip("_") or name,)


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


def other_forms() -> Iterator[Row]:
    """The same operations as methods, in place, and on the other pages: x.exp(), x.exp_(), special.exp2(x)."""
    rows: dict[Any, type[OpTest]] = {}
    for param in test_errors.rows():
        cls = param.values[0]
        rows.setdefault(inspect.unwrap(cls.op), cls)
    seen = {id(cls.op) for cls in rows.values()}
    for page in (Tensor, tg, F, tg.special, tg.linalg):
        for name in dir(page):
            form = getattr(page, name)
            found = None if name.startswith("_") or not inspect.isfunction(form) else rows.get(inspect.unwrap(form))
            if found is None or id(form) in seen:
                continue
            seen.add(id(form))
            args, kwargs = found.arguments(0)
            if page is Tensor and not isinstance(args[0], np.ndarray):
                continue

            def make(page: Any = page, name: str = name, args: Any = args, kwargs: Any = kwargs) -> Call:
                a = list(convert(args, lambda x: Tensor._of(x.copy())))
                k = dict(convert(kwargs, lambda x: Tensor._of(x.copy())))
                return (getattr(a[0], name), a[1:], k) if page is Tensor else (getattr(page, name), a, k)

            yield Row(f"{page.__name__.rpartition('.')[2]}.{name}", (name.rstrip("_"), *names_of(found)), make)
