"""Whether operations are recorded. Modes hold for the current thread or task only: they are context variables."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from functools import partial, wraps
from io import IOBase
from itertools import chain, starmap
from typing import Any, TypeVar

import numpy as np

from ..refusals import in_class_name

F = TypeVar("F", bound=Callable[..., Any])

# One variable answers every question an operation asks: 0 not recorded, 1 recorded, 2 recorded with the source line.
OFF, ON, TRACED = 0, 1, 2
recording: ContextVar[int] = ContextVar("tensorgrad.recording", default=ON)
tracing: ContextVar[bool] = ContextVar("tensorgrad.tracing", default=False)
watcher: ContextVar[Any] = ContextVar("tensorgrad.watcher", default=None)
packing: ContextVar[Any] = ContextVar("tensorgrad.packing", default=None)  # hooks for what rules save
visiting: ContextVar[Any] = ContextVar("tensorgrad.visiting", default=None)  # what the sweep under way visits; None: all
_inference: ContextVar[bool] = ContextVar("tensorgrad.inference", default=False)


class _Scope(IOBase):
    """Sets variables on entry and puts them back on exit, also when Ctrl-C comes in between.

    An interrupt becomes an exception between any two instructions of Python; an `__exit__` written in Python may be left
    before its first. The one inherited here is C from end to end: it calls `close`, which is made on entry out of parts
    that are C as well. Nothing else of a file is meant.
    """

    closed = True  # so that letting go of a scope does not close it
    close: Any = None

    def _settings(self) -> dict[ContextVar[Any], Any]:
        return {}

    def __enter__(self) -> Any:
        settings = self._settings()
        before = [(var, var.get()) for var in settings]
        undo = chain(starmap(ContextVar.set, before), starmap(setattr, [(self, "close", self.close)]))
        try:
            self.close = partial(deque, undo, 0)
            for var, value in settings.items():
                var.set(value)
        except BaseException:
            deque(undo, 0)
            raise


class _Mode(_Scope):
    """A scope that is also a decorator."""

    def __call__(self, function: F) -> F:
        if inspect.isgeneratorfunction(function):
            return self._around_generator(function)  # type: ignore[return-value]

        @wraps(function)
        def within(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return within  # type: ignore[return-value]

    def _around_generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The mode holds while the generator runs, not while its caller does."""

        @wraps(function)
        def within(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            go_on, sent = generator.send, None
            while True:
                try:
                    with self._again():
                        value = go_on(sent)
                except StopIteration as end:
                    return end.value
                try:
                    go_on, sent = generator.send, (yield value)
                except GeneratorExit:
                    with self._again():
                        generator.close()
                    raise
                except BaseException as error:
                    go_on, sent = generator.throw, error

        return within

    def _again(self) -> _Mode:
        return type(self)()

    def __new__(cls, function: Any = None, *args: Any, **kwargs: Any) -> Any:
        # `@no_grad` without parentheses: the class is called with the function.
        mode = super().__new__(cls)
        if callable(function) and not args and not kwargs:
            mode.__init__()  # type: ignore[misc]
            return mode(function)
        return mode


def _on() -> int:
    return TRACED if tracing.get() or packing.get() is not None else ON


class no_grad(_Mode):
    """Inside, nothing is recorded: results do not require grad. Context manager and decorator."""

    def _settings(self) -> dict[ContextVar[Any], Any]:
        return {recording: OFF}


class enable_grad(_Mode):
    """Inside, operations are recorded, also within `no_grad`. Context manager and decorator."""

    def _settings(self) -> dict[ContextVar[Any], Any]:
        return {recording: _on()}


class set_grad_enabled(_Mode):
    """Recording on or off by a flag; acts at once when called as a function, and until the end of a `with`."""

    @in_class_name
    def __init__(self, mode: bool) -> None:
        self.mode, self._earlier = bool(mode), recording.get()
        self.close = partial(deque, map(recording.set, [self._earlier]), 0)
        recording.set(_on() if self.mode else OFF)

    # Nothing is left to do, and nowhere for an interrupt to come between.
    __enter__ = object.__init__  # type: ignore[assignment]

    def __call__(self, function: F) -> F:
        recording.set(self._earlier)  # as a decorator it acts when the function runs, not when it is defined
        return super().__call__(function)

    def _again(self) -> _Mode:
        return set_grad_enabled(self.mode)

    def __new__(cls, mode: bool) -> Any:
        return IOBase.__new__(cls)


class inference_mode(_Mode):
    """As `no_grad`: nothing inside is recorded.

    PyTorch also forbids using the results in a recorded computation later; here they are ordinary constants.
    """

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self.mode = mode

    def _settings(self) -> dict[ContextVar[Any], Any]:
        return {recording: OFF, _inference: True} if self.mode else {recording: _on(), _inference: False}

    def _again(self) -> _Mode:
        return inference_mode(self.mode)


class traced(_Mode):
    """Inside, every recorded operation notes the source line that called it (for error messages and pictures)."""

    def _settings(self) -> dict[ContextVar[Any], Any]:
        return {tracing: True, recording: TRACED if recording.get() else OFF}


class watched(traced):
    """As `traced`, and `see(node, args, result)` is called after every recorded operation; the result is a Tensor, a
    tuple of them, or None for several views."""

    def __init__(self, see: Callable[[Any, tuple[Any, ...], Any], None]) -> None:
        super().__init__()
        self.see = see

    def __new__(cls, see: Any) -> Any:
        return IOBase.__new__(cls)

    def _settings(self) -> dict[ContextVar[Any], Any]:
        return {**super()._settings(), watcher: self.see}

    def _again(self) -> _Mode:
        return watched(self.see)


def is_grad_enabled() -> bool:
    """Whether operations are being recorded here and now."""
    return recording.get() != OFF


def is_inference_mode_enabled() -> bool:
    """Whether an `inference_mode` block is around."""
    return _inference.get()


# ---- silence ------------------------------------------------------------------------------------------------------
# A tensor says inf and nan, as PyTorch's does; NumPy would warn as well. `np.errstate` costs a microsecond per use,
# four times a small addition, and `np.seterr` would change the caller's own NumPy. NumPy keeps the setting in a context
# variable: find it and the value that means "ignore" once, and an operation can set and reset it in a tenth of that.


def _find_numpy_silence() -> tuple[ContextVar[Any], Any]:
    context = copy_context()
    before = dict(context.items())
    context.run(np.seterr, all="ignore")
    for var, value in context.items():
        if before.get(var) is not value:
            return var, value
    raise RuntimeError("tensorgrad: this NumPy does not keep its error state in a context variable; needs NumPy ≥ 2.0.")


silence_var, SILENT = _find_numpy_silence()


class quiet:
    """Inside, NumPy does not warn of overflow, nan or division by zero. Plain, as it stands around small operations."""

    __slots__ = ("_token",)

    def __enter__(self) -> None:
        self._token = silence_var.set(SILENT)

    def __exit__(self, *error: object) -> None:
        silence_var.reset(self._token)


class sweeping(_Scope):
    """Inside, a backward pass: its operations are recorded only with create_graph, NumPy does not warn, and rules learn
    from `visiting` which gradients are wanted (None: all)."""

    def __init__(self, create_graph: bool, only: Any = None) -> None:
        self._create_graph, self._only = create_graph, only

    def __enter__(self) -> Any:
        before = recording.get(), silence_var.get(), visiting.get()
        self.close = partial(deque, map(ContextVar.set, _SWEEP, before), 0)
        try:
            recording.set(_on() if self._create_graph else OFF)
            silence_var.set(SILENT)
            visiting.set(self._only)
        except BaseException:
            self.close()
            raise


_SWEEP = recording, silence_var, visiting
