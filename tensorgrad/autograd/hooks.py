"""Handles of hooks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

_ids = count()


class Handle:
    """What registering a hook returns: `remove()` takes the hook out again. Also a context manager."""

    def __init__(self, hooks: list[Any], hook: Any) -> None:
        _check(hook)
        self._hooks, self._hook = hooks, hook
        hooks.append(hook)

    def remove(self) -> None:
        """Take the hook out; doing it twice is harmless."""
        found = [i for i, hook in enumerate(self._hooks) if hook is self._hook]
        if found:
            del self._hooks[found[-1]]  # the same function may have been registered before
        self._hook = None

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class KeyedHandle(Handle):
    """The same for hooks that stand in a dict, by number: those of modules and optimizers.

    Args:
        hooks: the dict. hook: what is to be called. more: what stands beside it in the dict, as a tuple.
        prepend: before the hooks that are there.
        removed: called after the hook has been taken out.
    """

    def __init__(
        self,
        hooks: dict[int, Any],
        hook: Any,
        more: tuple[Any, ...] = (),
        prepend: bool = False,
        removed: Callable[[], None] | None = None,
    ) -> None:
        _check(hook)
        self.id = next(_ids)
        self._entries, self._removed = hooks, removed
        behind = dict(hooks) if prepend else {}
        for key in behind:
            del hooks[key]
        hooks[self.id] = (hook, *more) if more else hook
        hooks.update(behind)

    def remove(self) -> None:
        """Take the hook out; doing it twice is harmless."""
        self._entries.pop(self.id, None)
        if self._removed is not None:
            self._removed()


def _check(hook: Any) -> None:
    if not callable(hook):
        raise TypeError(f"hook: must be callable, got {type(hook).__name__}.")
