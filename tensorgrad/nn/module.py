"""Module: what owns parameters, buffers and other modules, and can be called, saved, loaded, moved and printed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from .. import dtypes
from ..autograd.modes import no_grad
from ..device import chosen
from ..ops import create
from ..refusals import CAUGHT, OwnName, in_own_name, leave_as, of_call
from ..tensor import Tensor
from .hooks import (
    CALLS,
    Hooks,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
    registered,
)
from .mistakes import not_a_module
from .parameter import Buffer, Parameter, is_lazy
from .state import State

__all__ = [
    "Module",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

M = TypeVar("M", bound="Module")


_HOMES: tuple[tuple[str, type, str], ...]  # where an attribute may live, of which type, in words


class Module(Hooks, State, OwnName):
    """Base of all neural-network modules. A subclass calls `super().__init__()`, assigns parameters and modules as
    attributes, and defines `forward`.

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.hidden = nn.Linear(2, 8)
                self.out = nn.Linear(8, 1)

            def forward(self, x):
                return self.out(self.hidden(x).relu())

    The page reads: register, walk, change all of it, call, print. What runs around a call is in `hooks.py` (`Hooks`), saving
    and loading in `state.py` (`State`).
    """

    training: bool
    _version: int = 1
    dump_patches = False
    call_super_init = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if self.call_super_init:
            super().__init__(*args, **kwargs)
        elif args or kwargs:
            what = f"argument {next(iter(kwargs))!r}" if kwargs else "arguments"
            raise TypeError(
                f"{type(self).__name__}: Module.__init__() takes no {what}; keep them in your own __init__."
            )
        own = self.__dict__
        own["training"] = True
        own["_parameters"] = {}
        own["_buffers"] = {}
        own["_modules"] = {}
        own["_non_persistent_buffers_set"] = set()
        own["_forward_hooks"] = {}
        own["_forward_hooks_with_kwargs"] = {}
        own["_forward_hooks_always_called"] = {}
        own["_forward_pre_hooks"] = {}
        own["_forward_pre_hooks_with_kwargs"] = {}
        own["_backward_hooks"] = {}
        own["_backward_pre_hooks"] = {}
        own["_state_dict_hooks"] = {}
        own["_state_dict_pre_hooks"] = {}
        own["_load_state_dict_pre_hooks"] = {}
        own["_load_state_dict_post_hooks"] = {}
        own["_hooked"] = False  # any hook around forward: the common call asks only this

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        kind = type(self).__name__
        raise NotImplementedError(f"{kind}: this module defines no forward(); write one, it is what a call runs.")

    # ---- attributes -----------------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, (Parameter, Module, Buffer)):
            if "_parameters" not in own:
                raise AttributeError(
                    f"{type(self).__name__}: cannot assign {name!r} before super().__init__() has run. "
                    "Call super().__init__() first in __init__."
                )
            if isinstance(value, Parameter):
                self._make_room(name, "_parameters")
                self.register_parameter(name, value)
            elif isinstance(value, Module):
                self._make_room(name, "_modules")
                own["_modules"][name] = registered("module", self, name, value)
            else:
                self._make_room(name, "_buffers")
                self.register_buffer(name, value, value.persistent)
            return
        if "_parameters" in own:
            for home, kind, what in _HOMES:
                if name in own[home]:
                    if value is not None and not isinstance(value, kind):
                        raise TypeError(
                            f"{type(self).__name__}: cannot assign {type(value).__name__} to {name!r}, which holds "
                            f"{what}; assign {what} or None, or `del module.{name}` first."
                        )
                    own[home][name] = value
                    return
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        if "_parameters" in own:
            if name in (home := own["_parameters"]):  # no loop: this is on the way of every call
                return home[name]
            if name in (home := own["_modules"]):
                return home[name]
            if name in (home := own["_buffers"]):
                return home[name]
        if hasattr(type(self), name):  # a property that failed on its way: let it say why
            return object.__getattribute__(self, name)
        near: list[str] = []
        if not name.startswith("_"):
            known = [n for home in ("_parameters", "_buffers", "_modules") for n in own.get(home, ())]
            near = difflib.get_close_matches(name, known, 1)
        hint = f". Did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}")

    def __delattr__(self, name: str) -> None:
        for home in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__.get(home, ()):
                del self.__dict__[home][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = {*super().__dir__(), *self._parameters, *self._buffers, *self._modules}
        return sorted(name for name in names if not name[0].isdigit())

    def _make_room(self, name: str, kept: str) -> None:
        """Remove an attribute of another kind of the same name; in the home where it is `kept` it keeps its place."""
        self.__dict__.pop(name, None)
        for home in ("_parameters", "_buffers", "_modules"):
            if home != kept:
                self.__dict__[home].pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name; None reserves the name."""
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"register_parameter: {name!r} must be a Parameter or None, got {type(param).__name__}.")
        if param is not None and param.node is not None:
            raise ValueError(
                f"register_parameter: {name!r} is the result of {param.node.name}, and only a leaf can be learned. "
                "Compute it from parameters in forward()."
            )
        self._check_name("register_parameter", name, "_parameters")
        self._parameters[name] = None if param is None else registered("parameter", self, name, param)

    @in_own_name
    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is state but not trained; `persistent=False` keeps it out of `state_dict`."""
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"register_buffer: {name!r} must be a Tensor or None, got {type(tensor).__name__}.")
        self._check_name("register_buffer", name, "_buffers")
        persistent = bool(persistent)
        self._buffers[name] = None if tensor is None else registered("buffer", self, name, tensor)
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child module under a name."""
        if module is not None and not isinstance(module, Module):
            raise not_a_module("add_module", repr(name), module)
        self._check_name("add_module", name, "_modules")
        self._modules[name] = None if module is None else registered("module", self, name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        """`add_module` under its other name."""
        self.add_module(name, module)

    def _check_name(self, caller: str, name: str, home: str) -> None:
        if home not in self.__dict__:
            raise AttributeError(f"{caller}: call super().__init__() first.")
        if not isinstance(name, str):
            raise TypeError(f"{caller}: the name must be a string, got {type(name).__name__}.")
        if "." in name or not name:
            raise KeyError(f"{caller}: {name!r} cannot be a name; it must not be empty or have a dot in it.")
        if name not in self.__dict__[home] and hasattr(self, name):
            raise KeyError(f"{caller}: this module has an attribute {name!r} already. Choose another name.")

    @in_own_name
    def get_submodule(self, target: str) -> Module:
        """The module at a dotted path: `get_submodule("layers.0.attention")`."""
        module: Any = self
        for part in target.split(".") if target else ():
            if not isinstance(module, Module) or part not in module._modules:
                kind = type(module).__name__
                raise AttributeError(f"get_submodule: {kind} has no submodule {part!r} (of {target!r}).")
            module = module._modules[part]
        return module

    @in_own_name
    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module at a dotted path; with `strict`, only where one stands already."""
        if not isinstance(module, Module):
            raise TypeError(f"set_submodule: {target!r} must become a Module, got {type(module).__name__}.")
        if not target:
            raise ValueError("set_submodule: the path is empty, and a module cannot replace itself.")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict and name not in parent._modules:
            raise AttributeError(f"set_submodule: {type(parent).__name__} has no submodule {name!r} (of {target!r}).")
        parent.add_module(name, module)

    @in_own_name
    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path."""
        return self._get("get_parameter", "_parameters", "parameter", target)

    @in_own_name
    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path."""
        return self._get("get_buffer", "_buffers", "buffer", target)

    def _get(self, caller: str, home: str, what: str, target: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if name not in getattr(module, home):
            raise AttributeError(f"{caller}: {type(module).__name__} has no {what} {name!r} (of {target!r}).")
        return getattr(module, home)[name]

    # ---- walking --------------------------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below, each with its path; one that stands in two places once, unless asked for twice."""
        seen = set() if memo is None else memo
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if remove_duplicate:
                if module in seen:
                    continue
                seen.add(module)
            yield path, module
            stack += [
                (f"{path}.{name}" if path else name, child)
                for name, child in reversed(module._modules.items())
                if child is not None
            ]

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all below."""
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below, by name."""
        seen = set()
        for name, child in self._modules.items():
            if child is not None and child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> Iterator[Module]:
        """The modules directly below."""
        return (child for _, child in self.named_children())

    def _named(self, home: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        seen = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, x in getattr(module, home).items():
                if x is None or x in seen:
                    continue
                if remove_duplicate:
                    seen.add(x)
                yield (f"{path}.{name}" if path else name), x

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Every parameter with its path; a shared one once."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter; a shared one once."""
        for _, p in self.named_parameters(recurse=recurse):
            yield p

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Every buffer with its path."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    # ---- state of all of it ---------------------------------------------------------------------------------------

    @in_own_name
    def apply(self: M, fn: Callable[[Module], None]) -> M:
        """Call `fn` on every module below and then on this one: initialisation, usually."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self: M, mode: bool = True) -> M:
        """Training mode (dropout drops, batch norm uses the batch), here and below."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode must be True or False, got {mode!r}.")
        self.training = mode
        for module in self.children():  # through their own train(): a subclass may keep a part frozen
            module.train(mode)
        return self

    def eval(self: M) -> M:
        """Evaluation mode: `train(False)`."""
        return self.train(False)

    @in_own_name
    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Train, or freeze, every parameter."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    @in_own_name
    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of every parameter, or set them to zero."""
        for p in self.parameters():
            if set_to_none:
                p._grad = None
            elif p._grad is not None:
                p._grad = p._grad.detach()
                p._grad.zero_()

    def share_memory(self: M) -> M:
        """An error: another process would train a copy, and nothing would be learned here."""
        raise RuntimeError(
            f"{type(self).__name__}.share_memory: parameters are not shared between processes here. Train in threads, which "
            "share them, or in one process."
        )

    def _apply(self: M, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> M:
        """Replace the memory of every parameter and buffer, keeping the parameters themselves: optimizers know them."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        with no_grad():
            for p in self._parameters.values():
                if is_lazy(p):
                    p.will_be(fn)
                elif p is not None:
                    p.data = fn(p)
                    if p._grad is not None:
                        p._grad = fn(p._grad)
            for name, b in self._buffers.items():
                if is_lazy(b):
                    b.will_be(fn)
                elif b is not None:
                    self._buffers[name] = fn(b)
        return self

    @in_own_name
    def to(self: M, *args: Any, **kwargs: Any) -> M:
        """Move or convert every floating parameter and buffer: `to(dtype)`, `to(device)`, `to(device, dtype)`,
        `to(tensor)`."""
        dtype = kwargs.pop("dtype", None)
        where = kwargs.pop("device", None)
        for unused in ("non_blocking", "memory_format", "copy"):
            kwargs.pop(unused, None)
        if kwargs:
            raise TypeError(f"to: unknown argument {next(iter(kwargs))!r}; it takes a device, a dtype or a tensor.")
        for a in args:
            if isinstance(a, Tensor):
                dtype = a.dtype
            elif isinstance(a, dtypes.dtype):
                dtype = a
            elif not isinstance(a, bool) and a is not None:
                where = a
        target = None if dtype is None else dtypes.as_dtype(dtype)
        if target is not None and not target.is_floating_point:
            raise TypeError(f"to: a module can be converted to floating dtypes only, got {target}.")
        if where is not None:
            where = chosen(where, "to")
        elif target is None:
            return self
        return self._apply(lambda t: t.to(device=where, dtype=target if t.is_floating_point() else None))

    def float(self: M) -> M:
        """Every floating parameter and buffer to float32."""
        return self.to(dtypes.float32)

    def double(self: M) -> M:
        """Every floating parameter and buffer to float64."""
        return self.to(dtypes.float64)

    def half(self: M) -> M:
        """Every floating parameter and buffer to float16."""
        return self.to(dtypes.float16)

    def bfloat16(self: M) -> M:
        """Every floating parameter and buffer to bfloat16."""
        return self.to(dtypes.bfloat16)

    def type(self: M, dst_type: Any) -> M:
        """Every floating parameter and buffer to a dtype."""
        return self.to(dtypes.as_dtype(dst_type))

    def cpu(self: M) -> M:
        """Every parameter and buffer into the computer's own memory, where they are already."""
        return self.to("cpu")

    def cuda(self: M, device: Any = None) -> M:
        """Every parameter and buffer to a CUDA device."""
        return self.to("cuda" if device is None else device)

    def to_empty(self: M, *, device: Any, recurse: bool = True) -> M:
        """Give every parameter and buffer new memory, not set."""
        where = chosen(device, "to_empty")
        return self._apply(lambda t: create.empty_like(t, device=where), recurse)

    # ---- calling --------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if not (self._hooked or CALLS):
                return self.forward(*args, **kwargs)
            return self._call_with_hooks(args, kwargs)
        except CAUGHT as error:
            leave_as(of_call(error, self, args, kwargs), error)

    # ---- printing -------------------------------------------------------------------------------------------------

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the brackets of this module's line."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        extra_lines = extra.split("\n") if extra else []
        child_lines = [f"({name}): {_indented(repr(child))}" for name, child in self._modules.items()]
        if not child_lines and len(extra_lines) <= 1:
            return f"{self._get_name()}({extra})"
        return f"{self._get_name()}(\n  " + "\n  ".join(extra_lines + child_lines) + "\n)"

    # ---- copying ----------------------------------------------------------------------------------------------------

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


_HOMES = (("_parameters", Parameter, "a Parameter"), ("_modules", Module, "a Module"), ("_buffers", Tensor, "a Tensor"))


def _indented(text: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([first, *("  " + line for line in rest)])
