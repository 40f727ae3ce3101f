"""`tensorgrad.futures`: a value that is set later, perhaps by another thread, and what is to be done then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Future(Generic[T]):
    """A place for one value.

    Args:
        devices: accepted; values are on the CPU.
    """

    def __init__(self, *, devices: Any = None) -> None:
        self._ready = threading.Event()
        self._lock = threading.Lock()
        self._value: Any = None
        self._error: BaseException | None = None
        self._then: list[Callable[[], None]] = []

    def done(self) -> bool:
        """Whether the value, or an exception, is there."""
        return self._ready.is_set()

    def wait(self) -> Any:
        """The value, as soon as it is there; the exception that was set is raised."""
        self._ready.wait()
        return self.value()

    def value(self) -> Any:
        """The value.

        Raises:
            RuntimeError: it is not there yet.
        """
        if not self.done():
            raise RuntimeError("Future.value: the value is not there yet; wait() waits for it.")
        if self._error is not None:
            raise self._error
        return self._value

    def set_result(self, result: Any) -> None:
        """Set the value, once, and do what waits for it."""
        self._finish(result, None)

    def set_exception(self, result: BaseException) -> None:
        """Set an exception in place of the value; `wait` raises it."""
        if not isinstance(result, BaseException):
            raise TypeError(f"Future.set_exception: must be an exception, got {type(result).__name__}.")
        self._finish(None, result)

    def then(self, callback: Callable[[Future], Any]) -> Future:
        """A Future of callback(self), called when this one is done: at once, if it is."""
        later: Future[Any] = Future()

        def run() -> None:
            try:
                value = callback(self)
            except Exception as error:
                later.set_exception(error)
            else:
                later.set_result(value)

        self._when_done(run)
        return later

    def add_done_callback(self, callback: Callable[[Future], Any]) -> None:
        """Call callback(self) when this one is done."""
        self.then(callback)

    def _when_done(self, run: Callable[[], None]) -> None:
        with self._lock:
            if not self.done():
                self._then.append(run)
                return
        run()

    def _finish(self, value: Any, error: BaseException | None) -> None:
        with self._lock:
            if self.done():
                raise RuntimeError("Future: its value is set already; it can be set once.")
            self._value, self._error = value, error
            self._ready.set()
        for run in self._then:
            run()


def collect_all(futures: list[Future]) -> Future:
    """A Future of the list of these, done when the last of them is."""
    every: Future[list[Any]] = Future()
    left = [len(futures)]
    lock = threading.Lock()

    def one(_: Future) -> None:
        with lock:
            left[0] -= 1
            last = left[0] == 0
        if last:
            every.set_result(futures)

    if not futures:
        every.set_result([])
    for f in futures:
        f.add_done_callback(one)
    return every


def wait_all(futures: list[Future]) -> list[Any]:
    """The values of all; the first exception is raised."""
    return [f.wait() for f in futures]


__all__ = ["Future", "collect_all", "wait_all"]
