"""A model that is run to be looked at: which of its modules is running, and how it is left as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .. import random
from ..nn.parameter import is_lazy


@contextmanager
def running(model: Any, done: Callable[[str, Any], None] | None = None) -> Iterator[list[tuple[str, Any]]]:
    """Inside, the list ends with (path, module) of the module that is running, and `done(path, output)` is called when
    one has run. For a model that is no Module the list stays empty."""
    stack: list[tuple[str, Any]] = []
    handles = []

    def watch(path: str, module: Any) -> None:
        def enter(module: Any, args: Any) -> None:
            stack.append((path, module))

        def leave(module: Any, args: Any, output: Any) -> None:
            stack.pop()
            if done is not None:
                done(path, output)

        handles.append(module.register_forward_pre_hook(enter, prepend=True))
        handles.append(module.register_forward_hook(leave, always_call=True))

    for path, module in getattr(model, "named_modules", tuple)():
        watch(path, module)
    try:
        yield stack
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def as_it_was(model: Any) -> Iterator[None]:
    """Inside the model may run; at the end modes and buffers, and the default generator, are what they were."""
    modes = [(m, m.training) for m in model.modules()]
    buffers = [(b, b.array.copy()) for b in model.buffers() if not is_lazy(b)]
    with random.drawing_from(random.Generator()):
        try:
            yield
        finally:
            for module, training in modes:
                module.training = training
            for b, array in buffers:
                b.array[...] = array
