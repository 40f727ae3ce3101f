"""Module: what owns parameters, buffers and other modules, and can be called, saved, loaded, moved and printed."""

from __future__ import annotations

import difflib
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from .. import dtypes
from ..autograd.hooks import Handle, KeyedHandle
from ..autograd.modes import no_grad
from ..device import on_cpu
from ..ops import create
from ..tensor import Tensor
from .hooks import (
    ALWAYS_CALLED,
    CALLS,
    EVERYWHERE,
    WITH_KWARGS,
    BackwardWatch,
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
from .loading import Loading, _IncompatibleKeys
from .parameter import Buffer, Parameter, is_lazy

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


class Module:
    """Base of all neural-network modules. A subclass calls `super().__init__()`, assigns parameters and modules as
    attributes, and defines `forward`.

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.hidden = nn.Linear(2, 8)
                self.out = nn.Linear(8, 1)

            def forward(self, x):
                return self.out(self.hidden(x).relu())
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

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is state but not trained; `persistent=False` keeps it out of `state_dict`."""
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"register_buffer: {name!r} must be a Tensor or None, got {type(tensor).__name__}.")
        self._check_name("register_buffer", name, "_buffers")
        self._buffers[name] = None if tensor is None else registered("buffer", self, name, tensor)
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child module under a name."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"add_module: {name!r} must be a Module or None, got {type(module).__name__}.")
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

    def get_submodule(self, target: str) -> Module:
        """The module at a dotted path: `get_submodule("layers.0.attention")`."""
        module: Any = self
        for part in target.split(".") if target else ():
            if not isinstance(module, Module) or part not in module._modules:
                kind = type(module).__name__
                raise AttributeError(f"get_submodule: {kind} has no submodule {part!r} (of {target!r}).")
            module = module._modules[part]
        return module

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

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path."""
        return self._get("get_parameter", "_parameters", "parameter", target)

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
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Every buffer with its path."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    # ---- state of all of it ---------------------------------------------------------------------------------------

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

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Train, or freeze, every parameter."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

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
                    p.to_be = fn(create.empty(0, dtype=p.to_be)).dtype
                elif p is not None:
                    p.data = fn(p)
                    if p._grad is not None:
                        p._grad = fn(p._grad)
            for name, b in self._buffers.items():
                if is_lazy(b):
                    b.to_be = fn(create.empty(0, dtype=b.to_be)).dtype
                elif b is not None:
                    self._buffers[name] = fn(b)
        return self

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
        on_cpu(where, "to")
        if dtype is None:
            return self
        target = dtypes.as_dtype(dtype)
        if not target.is_floating_point:
            raise TypeError(f"to: a module can be converted to floating dtypes only, got {target}.")
        return self._apply(lambda t: t.to(target) if t.is_floating_point() else t)

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
        on_cpu(device, "to_empty")
        return self._apply(create.empty_like, recurse)

    # ---- calling --------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not (self._hooked or CALLS):
            return self.forward(*args, **kwargs)
        return self._call_with_hooks(args, kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
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
                        warnings.warn(f"{kind}: a hook raised as well, after another error: {second}", stacklevel=3)
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

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> Handle:
        """`hook(module, args, output)` after every forward (`hook(module, args, kwargs, output)` with `with_kwargs`);
        what it returns, if anything, replaces the output. With `always_call` also after an error, of which it gets what
        output there is, or None."""
        marks = ("_forward_hooks_with_kwargs",) * with_kwargs + ("_forward_hooks_always_called",) * always_call
        return self._register("_forward_hooks", hook, marks=marks, prepend=prepend)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Handle:
        """`hook(module, args)` before every forward; what it returns, if anything, replaces the arguments."""
        marks = ("_forward_pre_hooks_with_kwargs",) * with_kwargs
        return self._register("_forward_pre_hooks", hook, marks=marks, prepend=prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """`hook(module, grad_input, grad_output)` when the gradients towards the module's inputs are known; what it
        returns, if anything, replaces grad_input."""
        return self._register("_backward_hooks", hook, prepend=prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> Handle:
        """`register_full_backward_hook` under its old name."""
        return self.register_full_backward_hook(hook)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """`hook(module, grad_output)` before the module's backward; what it returns, if anything, replaces
        grad_output."""
        return self._register("_backward_pre_hooks", hook, prepend=prepend)

    # ---- saving and loading -----------------------------------------------------------------------------------------

    def get_extra_state(self) -> Any:
        """Whatever else belongs into the state dict; overridden together with `set_extra_state`."""
        raise RuntimeError("get_extra_state: override it in the module that has extra state.")

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` returned."""
        raise RuntimeError("set_extra_state: override it in the module that has extra state.")

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        """This module's own entries, without those of its children."""
        for name, p in self._parameters.items():
            if p is not None:
                destination[prefix + name] = p if keep_vars or is_lazy(p) else p.detach()
        for name, b in self._buffers.items():
            if b is not None and name not in self._non_persistent_buffers_set:
                destination[prefix + name] = b if keep_vars or is_lazy(b) else b.detach()
        if type(self).get_extra_state is not Module.get_extra_state:
            destination[prefix + "_extra_state"] = self.get_extra_state()

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> OrderedDict[str, Any]:
        """Path → tensor of every parameter and persistent buffer. The tensors share memory with the module's."""
        if args:
            given = (*args, *(destination, prefix, keep_vars)[len(args) :])
            destination, prefix, keep_vars = given[0], given[1], given[2]
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook, may_replace in self._state_dict_hooks.values():
            changed = hook(self, destination, prefix, metadata)
            if changed is not None:
                if not may_replace:
                    raise RuntimeError("state_dict: a post-hook must return None; let it change the dict in place.")
                destination = changed
        return destination

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """`hook(module, prefix, keep_vars)` before `state_dict`."""
        return self._register("_state_dict_pre_hooks", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """`hook(module, state_dict, prefix, metadata)` after `state_dict`; it may change the dict."""
        return self._register("_state_dict_hooks", hook, False)

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> Handle:
        """The same, and what the hook returns, if anything, replaces the dict."""
        return self._register("_state_dict_hooks", hook, True)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """`hook(module, state_dict, prefix, metadata, strict, missing_keys, unexpected_keys, error_msgs)` before a module
        looks for its own entries; it may rename keys. The dict is not the caller's, but a part of a copy."""
        return self._register("_load_state_dict_pre_hooks", hook, True)

    def _register_load_state_dict_pre_hook(self, hook: Callable[..., Any], with_module: bool = False) -> Handle:
        """The same, the hook called without the module, unless asked for."""
        return self._register("_load_state_dict_pre_hooks", hook, with_module)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """`hook(module, incompatible_keys)` after loading."""
        return self._register("_load_state_dict_post_hooks", hook)

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copy tensors into the module's parameters and buffers of the same path. All or nothing.

        Args:
            strict: every key must fit. False loads what fits by name, and returns what did not; a wrong shape is an
                error all the same.
            assign: take the given tensors themselves instead of copying.

        Raises:
            RuntimeError: missing or unexpected keys, or other shapes, side by side; nothing has been loaded.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict: needs a dict of names and tensors, got {type(state_dict).__name__}.")
        loading, metadata = Loading(), getattr(state_dict, "_metadata", {})
        self._plan(dict(state_dict), "", metadata, {"assign_to_params_buffers": True} if assign else {}, loading)
        result = loading.finish(type(self).__name__, strict, assign)
        for module in self.modules():
            for hook in module._load_state_dict_post_hooks.values():
                hook(module, result)
        return result

    def _plan(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        metadata: Mapping[str, Any],
        more: dict[str, Any],
        loading: Loading,
    ) -> None:
        """Let this module and those below say what of the dict is theirs."""
        own_metadata = {**metadata.get(prefix[:-1], {}), **more}
        missing, unexpected = loading.missing, loading.unexpected
        self._load_from_state_dict(state_dict, prefix, own_metadata, True, missing, unexpected, loading)
        below: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        for key, value in state_dict.items():
            name, dot, _ = key.removeprefix(prefix).partition(".")
            if dot:
                below[name][key] = value
        for name, child in self._modules.items():
            if child is not None:
                child._plan(below[name], f"{prefix}{name}.", metadata, more, loading)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Load this module's own entries, those of its children apart. A module that has changed its names overrides
        this, brings an older dict up to date (`local_metadata` has the "version" it is from) and calls super.

        Args:
            prefix: what the keys of this module begin with.
            missing_keys, unexpected_keys, error_msgs: to be added to; with an entry in the last nothing is loaded.
        """
        for hook, with_module in self._load_state_dict_pre_hooks.values():
            arguments = (state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
            hook(self, *arguments) if with_module else hook(*arguments)
        loading = error_msgs if isinstance(error_msgs, Loading) else Loading()
        places = [("_parameters", name) for name, p in self._parameters.items() if p is not None]
        places += [
            ("_buffers", name)
            for name, b in self._buffers.items()
            if b is not None and name not in self._non_persistent_buffers_set
        ]
        if type(self).set_extra_state is not Module.set_extra_state:
            places.append(("", "_extra_state"))
        for home, name in places:
            if not loading.add(self, home, name, prefix + name, state_dict) and strict:
                missing_keys.append(prefix + name)
        if strict:
            own = {name for _, name in places}
            for key, value in state_dict.items():
                name, dot, _ = key.removeprefix(prefix).partition(".")
                known = self._modules.get(name) is not None if dot else name in own
                if key.startswith(prefix) and not known:
                    unexpected_keys.append(key)
                    loading.given[key] = value
        if loading is not error_msgs:  # called by itself, not by load_state_dict
            try:
                loading.finish(type(self).__name__, False, "assign_to_params_buffers" in local_metadata)
            except RuntimeError as error:
                error_msgs.append(str(error))

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
