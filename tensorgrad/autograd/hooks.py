"""Handles of hooks."""

from __future__ import annotations

from typing import Any


class Handle:
    """What registering a hook returns: `remove()` takes the hook out again. Also a context manager."""

    def __init__(self, hooks: list[Any], hook: Any) -> None:
        if not callable(hook):
            raise TypeError(f"hook: must be callable, got {type(hook).__name__}.")
        self._hooks, self._hook = hooks, hook
        hooks.append(hook)

    def remove(self) -> None:
        """Take the hook out; doing it twice is harmless."""
        self._hooks[:] = [h for h in self._hooks if h is not self._hook]

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()
