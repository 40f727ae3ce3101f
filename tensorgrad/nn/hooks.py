"""Hooks of modules: those of all modules at once, and the gates at which the gradients of one call are seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autograd.frames import warn
from ..autograd.function import Function
from ..autograd.hooks import Handle, KeyedHandle
from ..autograd.modes import is_grad_enabled
from ..refusals import in_own_name
from ..tensor import Tensor

# ---- hooks of all modules -------------------------------------------------------------------------------------------

# By what they follow: the same names as a module's own, and three for what is registered in a module.
EVERYWHERE: dict[str, dict[int, Any]] = {
    name: {}
    for name in (
        "_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks", "parameter", "buffer", "module",
    )
}  # fmt: skip
WITH_KWARGS: dict[int, bool] = {}  # by number: the forward hooks among them that want keyword arguments,
ALWAYS_CALLED: dict[int, bool] = {}  # and those that are called after an error as well
CALLS: set[str] = set()  # those of the first four that have any: a call asks only whether this is empty


def _everywhere(name: str, hook: Callable[..., Any], *marks: dict[int, bool]) -> Handle:
    hooks = EVERYWHERE[name]
    handle = KeyedHandle(hooks, hook, marks=marks, removed=lambda: None if hooks else CALLS.discard(name))
    if name[0] == "_":
        CALLS.add(name)
    return handle


@in_own_name
def register_module_forward_pre_hook(hook: Callable[..., Any]) -> Handle:
    """`hook(module, args)` before the forward of every module; see `Module.register_forward_pre_hook`."""
    return _everywhere("_forward_pre_hooks", hook)


@in_own_name
def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> Handle:
    """`hook(module, args, output)` after the forward of every module; see `Module.register_forward_hook`."""
    marks = (WITH_KWARGS,) * with_kwargs + (ALWAYS_CALLED,) * always_call
    return _everywhere("_forward_hooks", hook, *marks)


@in_own_name
def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> Handle:
    """`hook(module, grad_output)` before the backward of every module."""
    return _everywhere("_backward_pre_hooks", hook)


@in_own_name
def register_module_full_backward_hook(hook: Callable[..., Any]) -> Handle:
    """`hook(module, grad_input, grad_output)` after the backward of every module."""
    return _everywhere("_backward_hooks", hook)


@in_own_name
def register_module_backward_hook(hook: Callable[..., Any]) -> Handle:
    """`register_module_full_backward_hook` under its old name."""
    return register_module_full_backward_hook(hook)


@in_own_name
def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> Handle:
    """`hook(module, name, parameter)` before a module takes a parameter; what it returns, if anything, is taken."""
    return _everywhere("parameter", hook)


@in_own_name
def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> Handle:
    """`hook(module, name, buffer)` before a module takes a buffer; what it returns, if anything, is taken."""
    return _everywhere("buffer", hook)


@in_own_name
def register_module_module_registration_hook(hook: Callable[..., Any]) -> Handle:
    """`hook(module, name, submodule)` before a module takes a child; what it returns, if anything, is taken."""
    return _everywhere("module", hook)


def registered(kind: str, module: Any, name: str, value: Any) -> Any:
    """What a module is to take, after the hooks have seen it."""
    for hook in list(EVERYWHERE[kind].values()):
        changed = hook(module, name, value)
        value = value if changed is None else changed
    return value


# ---- gradients on their way through a module ------------------------------------------------------------------------


class _Gate(Function):
    """The tensors of one side of a module, passed through together, so that their gradients meet in one place."""

    materialize = False  # a result that nobody used has no gradient, rather than zeros

    def __init__(self, on_gradients: Callable[[tuple[Any, ...]], Any]) -> None:
        self.on_gradients = on_gradients

    def forward(self, *arrays: Any) -> Any:
        return tuple(a.view() for a in arrays)

    def backward(self, *grads: Tensor | None) -> Any:
        return self.on_gradients(grads)


def _gated(values: tuple[Any, ...], on_gradients: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> tuple[Any, ...]:
    """The values, with those that require grad led through one gate. What the gate's callback gets, and returns, has a
    place for every value."""
    places = [i for i, a in enumerate(values) if isinstance(a, Tensor) and a.requires_grad]
    if not places or not is_grad_enabled():
        return values
    n = len(values)

    def spread(grads: tuple[Any, ...]) -> tuple[Any, ...]:
        found: list[Any] = [None] * n
        for i, g in zip(places, grads):
            found[i] = g
        result = on_gradients(tuple(found))
        return tuple(result[i] for i in places)

    new = list(values)
    for i, t in zip(places, _Gate(spread)(*[values[i] for i in places])):
        t.storage = values[i].storage or values[i]._storage()  # the same memory: writes must be noticed
        new[i] = t
    return tuple(new)


class BackwardWatch:
    """One call of a module with backward hooks: a gate before its inputs and one behind its outputs."""

    def __init__(self, module: Any, before: list[Any], after: list[Any]) -> None:
        self.module, self.pre_hooks, self.hooks = module, before, after
        self.grad_output: Any = None
        self.inputs = 0
        self.inputs_watched = False

    def around_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        passed = _gated(args, self.after)
        self.inputs, self.inputs_watched = len(args), passed is not args
        return passed

    def around_outputs(self, out: Any) -> Any:
        if isinstance(out, tuple):
            return _gated(out, self.before)
        return _gated((out,), self.before)[0]

    def before(self, grad_output: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in self.pre_hooks:
            grad_output = self._changed(hook(self.module, grad_output), grad_output, "grad_output")
        self.grad_output = grad_output
        if not self.inputs_watched:  # no input wants a gradient: the hooks hear of it here
            self.after((None,) * self.inputs)
        return grad_output

    def after(self, grad_input: tuple[Any, ...]) -> tuple[Any, ...]:
        grad_output, self.grad_output = self.grad_output, None
        if grad_output is None:  # they came past the output: by a dict, or a tensor that the module has kept
            return grad_input
        for hook in self.hooks:
            grad_input = self._changed(hook(self.module, grad_input, grad_output), grad_input, "grad_input")
        return grad_input

    def _changed(self, new: Any, old: tuple[Any, ...], what: str) -> tuple[Any, ...]:
        if new is None:
            return old
        new = new if isinstance(new, (tuple, list)) else (new,)
        if len(new) != len(old):
            kind = type(self.module).__name__
            raise RuntimeError(f"{kind}: a backward hook returned {len(new)} gradients for a {what} of {len(old)}.")
        return tuple(new)


# ---- hooks of one module --------------------------------------------------------------------------------------------


class Hooks:
    """What a Module has for hooks: registering them, and a call with them around."""

    forward: Callable[..., Any]
    _forward_hooks: dict[Any, Any]
    _forward_hooks_with_kwargs: dict[int, bool]
    _forward_hooks_always_called: dict[int, bool]
    _forward_pre_hooks: dict[Any, Any]
    _forward_pre_hooks_with_kwargs: dict[int, bool]
    _backward_hooks: dict[Any, Any]
    _backward_pre_hooks: dict[Any, Any]

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """`forward`, with the hooks of all modules and of this one around it."""
        for key, hook in self._hooks("_forward_pre_hooks"):
            if key in self._forward_pre_hooks_with_kwargs:
                changed = hook(self, args, kwargs)
                if changed is not None:
                    if not (isinstance(changed, tuple) and len(changed) == 2):
                        raise RuntimeError(
                            f"{type(self).__name__}: a forward pre-hook with_kwargs must return None or (args, kwargs), "
                            f"got {type(changed).__name__}."
                        )
                    args, kwargs = changed
            else:
                changed = hook(self, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
        before, after = ([hook for _, hook in self._hooks(home)] for home in ("_backward_pre_hooks", "_backward_hooks"))
        watch = BackwardWatch(self, before, after) if before or after else None
        if watch:
            args = watch.around_inputs(args)
        with_kwargs = {**WITH_KWARGS, **self._forward_hooks_with_kwargs}
        out, waiting = None, self._hooks("_forward_hooks")
        try:
            out = self.forward(*args, **kwargs)
            while waiting:
                key, hook = waiting.pop(0)
                changed = hook(self, args, kwargs, out) if key in with_kwargs else hook(self, args, out)
                if changed is not None:
                    out = changed
        except Exception:
            for key, hook in waiting:
                if key in self._forward_hooks_always_called or key in ALWAYS_CALLED:
                    try:
                        hook(self, args, kwargs, out) if key in with_kwargs else hook(self, args, out)
                    except Exception as second:  # the first one is what the caller has to see
                        kind = type(self).__name__
                        warn(f"{kind}: a hook raised as well, after another error: {second}")
            raise
        return watch.around_outputs(out) if watch else out

    def _hooks(self, home: str) -> list[tuple[int, Any]]:
        """Those of all modules and then this one's, each with its number."""
        return [*EVERYWHERE[home].items(), *self.__dict__[home].items()]

    def _register(
        self, home: str, hook: Callable[..., Any], *more: bool, marks: tuple[str, ...] = (), prepend: bool = False
    ) -> Handle:
        noted = tuple([self.__dict__[mark] for mark in marks])
        handle = KeyedHandle(self.__dict__[home], hook, more, noted, prepend, self._note_hooks)
        self._note_hooks()
        return handle

    def _note_hooks(self) -> None:
        self.__dict__["_hooked"] = bool(
            self._forward_hooks or self._forward_pre_hooks or self._backward_hooks or self._backward_pre_hooks
        )

    @in_own_name
    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> Handle:
        """`hook(module, args, output)` after every forward (`hook(module, args, kwargs, output)` with `with_kwargs`);
        what it returns, if anything, replaces the output. With `always_call` also after an error, of which it gets what
        output there is, or None."""
        marks = ("_forward_hooks_with_kwargs",) * with_kwargs + ("_forward_hooks_always_called",) * always_call
        return self._register("_forward_hooks", hook, marks=marks, prepend=prepend)

    @in_own_name
    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Handle:
        """`hook(module, args)` before every forward; what it returns, if anything, replaces the arguments."""
        marks = ("_forward_pre_hooks_with_kwargs",) * with_kwargs
        return self._register("_forward_pre_hooks", hook, marks=marks, prepend=prepend)

    @in_own_name
    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """`hook(module, grad_input, grad_output)` when the gradients towards the module's inputs are known; what it
        returns, if anything, replaces grad_input."""
        return self._register("_backward_hooks", hook, prepend=prepend)

    @in_own_name
    def register_backward_hook(self, hook: Callable[..., Any]) -> Handle:
        """`register_full_backward_hook` under its old name."""
        return self.register_full_backward_hook(hook)

    @in_own_name
    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """`hook(module, grad_output)` before the module's backward; what it returns, if anything, replaces
        grad_output."""
        return self._register("_backward_pre_hooks", hook, prepend=prepend)
