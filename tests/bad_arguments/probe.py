"""One argument of a good call after another is replaced by something that makes no sense there.

The function may make something of it. If not, its error is a TypeError, ValueError, IndexError or RuntimeError that says the
function's name, comes within a second, without a warning, and leaves the arguments as they were.
"""

from __future__ import annotations

import contextlib
import math
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import tensorgrad as tg
from tensorgrad import Tensor

RIGHT = (TypeError, ValueError, IndexError, RuntimeError)
SECONDS = 1.0

Call = tuple[Callable[..., Any], list[Any], dict[str, Any]]  # a function and fresh arguments


class Row(NamedTuple):
    """A good call, made afresh by `make`, and the names one of which an error must say."""

    id: str
    names: tuple[str, ...]
    make: Callable[[], Call]
    skip: frozenset[Any] = frozenset()  # places of arguments that may be anything
    also: tuple[type[Exception], ...] = ()  # classes that PyTorch promises beside the four


class Nothing:
    """Something that no function knows."""

    def __repr__(self) -> str:
        return "Nothing()"


def bad_values(good: Any) -> Iterator[tuple[str, Any]]:
    """What to try in place of an argument, each with a label."""
    for x in (10**20, -(10**20), 2**63, 10**12, 10**9, -1, 0, 1.5, math.nan, math.inf, True, 1j):
        yield repr(x), x
    for x in ("text", "\ud800", b"bytes", None, [], (), {}, set()):
        yield ascii(x), x
    yield from [("object", Nothing()), ("lambda", lambda *args, **kwargs: None), ("module", math), ("class", int)]
    yield from [("objects", np.array([None, "x"], object)), ("strings", np.array(["a", "b"]))]
    yield from [("float64", tg.zeros(2, 3, dtype=tg.float64)), ("int64", tg.zeros(3, dtype=tg.int64))]
    yield from [("bool", tg.ones(2, 2, dtype=tg.bool)), ("empty", tg.zeros(0)), ("nan0d", tg.tensor(math.nan))]
    yield from [
        ("[10**20]", [10**20]),
        ("[None]", [None]),
        ("['text']", ["text"]),
        ("(10**12, 10**12)", (10**12, 10**12)),
    ]
    if isinstance(good, (tuple, list)) and good and all(isinstance(g, (int, float)) for g in good):
        for x in (10**20, 10**12, -1, math.nan, None, "text", Nothing()):
            yield f"entry {x!r}", type(good)([*good[:-1], x])


class TooLong(BaseException):
    """The second is over."""


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Stop what runs inside after so many seconds of this process's own time."""

    def stop(*_: Any) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


class Outcome(NamedTuple):
    kind: str  # "" where all is well; "result": no refusal
    error: BaseException | None = None
    note: str = ""


def tensors(tree: Any) -> Iterator[Tensor]:
    """Every tensor in nested arguments."""
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, (list, tuple)):
        for x in tree:
            yield from tensors(x)
    elif isinstance(tree, dict):
        yield from tensors(list(tree.values()))
    elif isinstance(tree, tg.nn.Module):
        yield from tensors(list(tree.state_dict().values()))


def state(tree: Any) -> list[Any]:
    return [(t.array.shape, t.array.dtype, t.array.tobytes(), t.requires_grad) for t in tensors(tree)]


def attempt(row: Row, call: Call) -> Outcome:
    """Make a call and judge what comes of it."""
    function, args, kwargs = call
    operands = [getattr(function, "__self__", None), args, kwargs]
    before = state(operands)
    start = time.process_time()
    error: BaseException | None = None
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            with within(SECONDS):
                function(*args, **kwargs)
        except (Exception, TooLong) as e:
            error = e
    if isinstance(error, TooLong) or time.process_time() - start > SECONDS:
        return Outcome("slow", error)
    rude = [w for w in said if not issubclass(w.category, (UserWarning, FutureWarning))]
    if error is None:
        return Outcome("warning", None, str(rude[0].message)) if rude else Outcome("result")
    if row.also and isinstance(error, row.also):
        return Outcome("", error)
    odd = tuple({NotImplementedError, RecursionError, UnicodeError} - set(row.also))
    if not isinstance(error, (*RIGHT, *row.also)) or isinstance(error, odd):
        return Outcome("class", error)
    text = str(error)
    if not any(name in text for name in row.names):
        return Outcome("name", error)
    if state(operands) != before:
        return Outcome("changed", error)
    return Outcome("warning", error, str(rude[0].message)) if rude else Outcome("", error)


def attempts(row: Row) -> Iterator[tuple[str, Callable[[], Call]]]:
    """The calls of a row with one argument replaced, each made when it is asked for."""
    _, args, kwargs = row.make()
    for key, good in [*enumerate(args), *kwargs.items()]:
        if key in row.skip:
            continue
        for label, bad in bad_values(good):

            def make(key: Any = key, bad: Any = bad) -> Call:
                function, a, k = row.make()
                a, k = list(a), dict(k)
                (a if isinstance(key, int) else k)[key] = bad  # type: ignore[index]
                return function, a, k

            yield f"{row.id}  {key}={label}", make
