"""Hooks: what is called as gradients pass, and the handles to take it out again.

The hooks of a node stand in one list, in the order of their registration: those of its result (plain functions), and
those of the operation itself, marked by one of the classes below.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .node import Node

_ids = count()
in_use = False  # whether any gradient has been hooked in this process; until then a sweep need not look for hooks


def mark_in_use() -> None:
    """From now on sweeps look for hooks."""
    global in_use
    in_use = True


class Before:
    """A hook before an operation's rule, after the hooks of its result: `hook(grad_outputs)`."""

    def __init__(self, hook: Any) -> None:
        _check(hook)
        self.hook = hook

    def __call__(self, *args: Any) -> Any:
        return self.hook(*args)


class After(Before):
    """A hook after an operation's rule: `hook(grad_inputs, grad_outputs)`."""


class Retain:
    """Keeps the gradient as the other hooks leave it, if the sweep ends well, in the `grad` of a tensor that has asked
    for it; does not keep the tensor alive, which the node must not."""

    def __init__(self, tensor: Tensor) -> None:
        mark_in_use()
        self.tensor = weakref.ref(tensor)

    def __call__(self, grad: Tensor) -> None:
        tensor = self.tensor()
        if tensor is not None:
            tensor._grad = grad.clone() if tensor._grad is None else tensor._grad + grad


def before_rule(hooks: list[Any], grad: Any, retained: list[tuple[Retain, Tensor]]) -> Any:
    """The gradient (of several results: gradients) after the hooks that come before the rule."""
    kinds = [(type(hook), hook) for hook in hooks]
    for kind, hook in kinds:
        if kind not in _MARKED:
            grad = _replaced(hook(grad), grad)
    for kind, hook in kinds:
        if kind is Before:
            given = grad if type(grad) is tuple else (grad,)
            given = _all_replaced(hook(given), given)
            grad = given if type(grad) is tuple else given[0]
    retained.extend([(hook, grad) for kind, hook in kinds if kind is Retain])
    return grad


def after_rule(node: Node, grad: Any, pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Pairs of a source and its gradient after the hooks that come after the rule."""
    for hook in list(node.hooks or ()):
        if type(hook) is After:
            rest = iter([*pairs, (None, None)])
            source, g = next(rest)
            found: list[Any] = [None] * len(node.inputs)
            for i, s in enumerate(node.inputs):
                if s is not None and s is source:
                    found[i] = g
                    source, g = next(rest)
            changed = _all_replaced(hook(tuple(found), grad if type(grad) is tuple else (grad,)), tuple(found))
            pairs = [(s, g) for s, g in zip(node.inputs, changed) if s is not None and g is not None]
    return pairs


def _all_replaced(changed: Any, grads: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a hook for several gradients makes of them."""
    if changed is None:
        return grads
    new = changed if isinstance(changed, (tuple, list)) else (changed,)
    if len(new) != len(grads):
        raise RuntimeError(f"hook: returned {len(new)} gradients, needs {len(grads)}.")
    return tuple([_replaced(a, b) if b is not None else a for a, b in zip(new, grads)])


def _replaced(changed: Any, grad: Any) -> Any:
    """What a hook makes of a gradient: what it returns, if anything, which must be like it."""
    if changed is None:
        return grad
    if not hasattr(changed, "array"):
        raise TypeError(f"hook: must return a Tensor or None, got {type(changed).__name__}.")
    if changed.array.shape != grad.array.shape:
        raise RuntimeError(
            f"hook: returned a gradient of shape {tuple(changed.array.shape)}, needs {tuple(grad.array.shape)}."
        )
    if changed.array.dtype != grad.array.dtype:
        raise RuntimeError(f"hook: returned a gradient of {changed.dtype}, needs {grad.dtype}.")
    return changed


class Handle:
    """What registering a hook returns: `remove()` takes the hook out again. Also a context manager."""

    def __init__(self, hooks: list[Any], hook: Any) -> None:
        _check(hook)
        mark_in_use()
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


class Handles:
    """Several handles as one."""

    def __init__(self, *handles: Handle) -> None:
        self._handles = handles

    def remove(self) -> None:
        """Take all hooks out; doing it twice is harmless."""
        for handle in self._handles:
            handle.remove()

    def __enter__(self) -> Handles:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class KeyedHandle(Handle):
    """The same for hooks that stand in a dict, by number: those of modules and optimizers.

    Args:
        hooks: the dict. hook: what is to be called; more: what stands beside it there, as a tuple.
        marks: dicts that note the number while the hook is in: how it wants to be called.
        prepend: before the hooks that are there.
        removed: called after the hook has been taken out.
    """

    def __init__(
        self,
        hooks: dict[int, Any],
        hook: Any,
        more: tuple[Any, ...] = (),
        marks: tuple[dict[int, bool], ...] = (),
        prepend: bool = False,
        removed: Callable[[], None] | None = None,
    ) -> None:
        _check(hook)
        self.id = next(_ids)
        self._places, self._removed = (hooks, *marks), removed
        behind = dict(hooks) if prepend else {}
        for key in behind:
            del hooks[key]
        hooks[self.id] = (hook, *more) if more else hook
        hooks.update(behind)
        for mark in marks:
            mark[self.id] = True

    def remove(self) -> None:
        """Take the hook out; doing it twice is harmless."""
        for place in self._places:
            place.pop(self.id, None)
        if self._removed is not None:
            self._removed()


_MARKED = (Before, After, Retain)


def _check(hook: Any) -> None:
    if not callable(hook):
        raise TypeError(f"hook: must be callable, got {type(hook).__name__}.")
