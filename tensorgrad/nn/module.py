"""Module: what owns parameters, buffers and other modules, and can be called, saved, loaded, moved and printed."""

from __future__ import annotations

import difflib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from .. import dtypes
from ..autograd.function import Function
from ..autograd.inplace import written
from ..autograd.modes import is_grad_enabled, no_grad
from ..device import on_cpu
from ..ops import create
from ..tensor import Tensor
from .parameter import Buffer, Parameter, is_lazy

M = TypeVar("M", bound="Module")


class _IncompatibleKeys(NamedTuple):
    """What `load_state_dict(strict=False)` could not place."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


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
        own = self.__dict__
        own["training"] = True
        own["_parameters"] = {}
        own["_buffers"] = {}
        own["_modules"] = {}
        own["_not_persistent"] = set()
        own["_forward_hooks"] = {}
        own["_forward_pre_hooks"] = {}
        own["_backward_hooks"] = {}
        own["_backward_pre_hooks"] = {}
        own["_state_dict_hooks"] = {}
        own["_state_dict_pre_hooks"] = {}
        own["_load_pre_hooks"] = {}
        own["_load_post_hooks"] = {}
        own["_hooked"] = False  # any hook around forward: the common call asks only this

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{type(self).__name__}: this module defines no forward(); write one, it is what a call runs.")

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
                own["_modules"][name] = value
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
                self._not_persistent.discard(name)
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
        self._not_persistent.discard(name)

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
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is state but not trained; `persistent=False` keeps it out of `state_dict`."""
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"register_buffer: {name!r} must be a Tensor or None, got {type(tensor).__name__}.")
        self._check_name("register_buffer", name, "_buffers")
        self._buffers[name] = tensor
        (self._not_persistent.discard if persistent else self._not_persistent.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child module under a name."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"add_module: {name!r} must be a Module or None, got {type(module).__name__}.")
        self._check_name("add_module", name, "_modules")
        self._modules[name] = module

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

    def modules(self) -> Iterator[Module]:
        """This module and all below."""
        return (module for _, module in self.named_modules())

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
        """Accepted; threads share memory anyway."""
        return self

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
        return self.to("cpu")

    def cuda(self: M, device: Any = None) -> M:
        return self.to("cuda" if device is None else device)

    def to_empty(self: M, *, device: Any = None, recurse: bool = True) -> M:
        """Give every parameter and buffer new memory, not set."""
        on_cpu(device, "to_empty")
        return self._apply(create.empty_like, recurse)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Accepted, does nothing: modules run as they are."""

    # ---- calling --------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self._hooked:
            return self.forward(*args, **kwargs)
        return self._call_with_hooks(args, kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for hook, with_kwargs in list(self._forward_pre_hooks.values()):
            if with_kwargs:
                changed = hook(self, args, kwargs)
                if changed is not None:
                    args, kwargs = changed
            else:
                changed = hook(self, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
        watch = _BackwardWatch(self) if self._backward_hooks or self._backward_pre_hooks else None
        if watch:
            args = watch.around_inputs(args)
        try:
            out = self.forward(*args, **kwargs)
        except BaseException:
            for hook, with_kwargs, always in list(self._forward_hooks.values()):
                if always:
                    hook(self, args, kwargs, None) if with_kwargs else hook(self, args, None)
            raise
        for hook, with_kwargs, _ in list(self._forward_hooks.values()):
            changed = hook(self, args, kwargs, out) if with_kwargs else hook(self, args, out)
            if changed is not None:
                out = changed
        return watch.around_outputs(out) if watch else out

    def _register(self, home: str, entry: Any, prepend: bool = False) -> Removable:
        handle = Removable(self, home)
        hooks = getattr(self, home)
        hooks[handle.id] = entry
        if prepend:
            self.__dict__[home] = {handle.id: entry, **hooks}
        self._note_hooks()
        return handle

    def _note_hooks(self) -> None:
        self.__dict__["_hooked"] = bool(
            self._forward_hooks or self._forward_pre_hooks or self._backward_hooks or self._backward_pre_hooks
        )

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> Removable:
        """`hook(module, args, output)` after every forward (`hook(module, args, kwargs, output)` with `with_kwargs`);
        what it returns, if anything, replaces the output."""
        return self._register("_forward_hooks", (hook, with_kwargs, always_call), prepend)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Removable:
        """`hook(module, args)` before every forward; what it returns, if anything, replaces the arguments."""
        return self._register("_forward_pre_hooks", (hook, with_kwargs), prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Removable:
        """`hook(module, grad_input, grad_output)` when the gradients towards the module's inputs are known; what it
        returns, if anything, replaces grad_input."""
        return self._register("_backward_hooks", hook, prepend)

    register_backward_hook = register_full_backward_hook

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Removable:
        """`hook(module, grad_output)` before the module's backward; what it returns, if anything, replaces
        grad_output."""
        return self._register("_backward_pre_hooks", hook, prepend)

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
            if b is not None and name not in self._not_persistent:
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
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._state_dict_hooks.values():
            hook(self, destination, prefix, {})
        return destination

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> Removable:
        """`hook(module, prefix, keep_vars)` before `state_dict`."""
        return self._register("_state_dict_pre_hooks", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> Removable:
        """`hook(module, state_dict, prefix, metadata)` after `state_dict`; it may change the dict."""
        return self._register("_state_dict_hooks", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> Removable:
        """`hook(module, state_dict, prefix, …)` before loading; it may rename keys."""
        return self._register("_load_pre_hooks", hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> Removable:
        """`hook(module, incompatible_keys)` after loading."""
        return self._register("_load_post_hooks", hook)

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
        given = dict(state_dict)
        for prefix, module in self._prefixed():
            module._adapt_state_dict(given, prefix)
            for hook in module._load_pre_hooks.values():
                hook(module, given, prefix, {}, strict, [], [], [])
        places: dict[str, tuple[Module, str, str]] = {}
        for prefix, module in self._prefixed():
            for home in ("_parameters", "_buffers"):
                for name, x in getattr(module, home).items():
                    if x is not None and not (home == "_buffers" and name in module._not_persistent):
                        places[prefix + name] = (module, home, name)
            if type(module).set_extra_state is not Module.set_extra_state:
                places[prefix + "_extra_state"] = (module, "", "")
        missing = [key for key in places if key not in given]
        unexpected = [key for key in given if key not in places]
        shapes: dict[str, Any] = {}
        resized = []
        for key, (module, home, name) in places.items():
            if home:
                x = getattr(module, home)[name]
                shapes[key] = None if is_lazy(x) else tuple(x.shape)
                if key in given:
                    given[key] = new = _as_tensor(key, given[key])
                    if shapes[key] is not None and shapes[key] != (None if is_lazy(new) else tuple(new.shape)):
                        resized.append(key)
        if resized or (strict and (missing or unexpected)):
            title = type(self).__name__
            raise RuntimeError(_difference(title, shapes, given, resized, missing * strict, unexpected * strict))
        with no_grad():
            for key, (module, home, name) in places.items():
                if key in given:
                    if home:
                        _put(module, home, name, given[key], assign)
                    else:
                        module.set_extra_state(given[key])
        result = _IncompatibleKeys(missing, unexpected)
        for module in self.modules():
            for hook in module._load_post_hooks.values():
                hook(module, result)
        return result

    def _prefixed(self) -> Iterator[tuple[str, Module]]:
        """Every module with what its keys in a state dict begin with."""
        for path, module in self.named_modules(remove_duplicate=False):
            yield f"{path}." if path else "", module

    def _adapt_state_dict(self, state_dict: dict[str, Any], prefix: str) -> None:
        """Bring the entries of an older state dict, from before this module had all it has now, up to date."""

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


class Removable:
    """Handle of a module's hook: `remove()`, also at the end of a `with`."""

    _next = 0

    def __init__(self, module: Module, home: str) -> None:
        Removable._next += 1
        self.id = Removable._next
        self._module, self._home = module, home

    def remove(self) -> None:
        """Take the hook out; doing it twice is harmless."""
        getattr(self._module, self._home).pop(self.id, None)
        self._module._note_hooks()

    def __enter__(self) -> Removable:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


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


class _BackwardWatch:
    """One call of a module with backward hooks: a gate before its inputs and one behind its outputs."""

    def __init__(self, module: Module) -> None:
        self.module = module
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
        for hook in list(self.module._backward_pre_hooks.values()):
            grad_output = self._changed(hook(self.module, grad_output), grad_output, "grad_output")
        self.grad_output = grad_output
        if not self.inputs_watched:  # no input wants a gradient: the hooks hear of it here
            self.after((None,) * self.inputs)
        return grad_output

    def after(self, grad_input: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in list(self.module._backward_hooks.values()):
            grad_input = self._changed(hook(self.module, grad_input, self.grad_output), grad_input, "grad_input")
        return grad_input

    def _changed(self, new: Any, old: tuple[Any, ...], what: str) -> tuple[Any, ...]:
        if new is None:
            return old
        new = new if isinstance(new, (tuple, list)) else (new,)
        if len(new) != len(old):
            kind = type(self.module).__name__
            raise RuntimeError(f"{kind}: a backward hook returned {len(new)} gradients for a {what} of {len(old)}.")
        return tuple(new)


# ---- loading --------------------------------------------------------------------------------------------------------


def _as_tensor(key: str, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    try:
        return create.as_tensor(value)
    except (TypeError, ValueError):
        raise TypeError(f"load_state_dict: {key!r} must be a Tensor, got {type(value).__name__}.") from None


def _put(module: Module, home: str, name: str, new: Tensor, assign: bool) -> None:
    """Copy a tensor into a parameter or buffer, or let it take its place."""
    own = getattr(module, home)
    x = own[name]
    if is_lazy(new):
        return
    if assign:
        if home == "_parameters":
            new = new if isinstance(new, Parameter) else Parameter(new, False)
            new.requires_grad_(x._requires_grad)
        own[name] = new
        return
    if is_lazy(x):
        x.materialize(new.shape, dtype=new.dtype)
    if not x.array.flags.writeable:  # it looks at expanded or read-only memory: give it its own
        x.data = create.empty_like(x)
    x.array[...] = new.array
    written(x, "load_state_dict")


_ROWS = 50  # of the table in the message; a model of thousands of layers would bury the sentence below it


def _difference(
    title: str,
    shapes: dict[str, Any],
    given: dict[str, Any],
    resized: list[str],
    missing: list[str],
    unexpected: list[str],
) -> str:
    """What the module has beside what the dict has, with near matches, and the cure."""

    def own(key: str) -> str:
        return f"{key} {shapes[key]}" if shapes.get(key) is not None else key

    def other(key: str) -> str:
        if is_lazy(given[key]):
            return f"{key} (no shape yet)"
        return f"{key} {tuple(given[key].shape)}" if hasattr(given[key], "shape") else key

    left = list(unexpected)
    rows = []
    for key in [k for k in shapes if k in resized or k in missing] + [k for k in missing if k not in shapes]:
        if key in resized:
            rows.append((own(key), other(key), "another shape"))
            continue
        alike = [k for k in left if not is_lazy(given[k]) and getattr(given[k], "shape", None) == shapes.get(key)]
        near = difflib.get_close_matches(key, alike[:_ROWS], 1, 0.5) if shapes.get(key) is not None else []
        if near:
            left.remove(near[0])
            rows.append((own(key), other(near[0]), "renamed?"))
        else:
            rows.append((own(key), "–", "missing"))
    rows += [("–", other(key), "unexpected") for key in left]
    more = len(rows) - _ROWS
    rows = [("module", "dict", ""), *rows[:_ROWS]]
    wide = [max(len(row[i]) for row in rows) for i in (0, 1)]
    lines = [f"load_state_dict: the dict does not fit {title}; nothing has been loaded."]
    lines += [f"    {a.ljust(wide[0])}   {b.ljust(wide[1])}   {what}".rstrip() for a, b, what in rows]
    if more > 0:
        lines.append(f"    … and {more} more")
    cures = []
    theirs, ours = (next(iter(keys), "").partition(".")[0] + "." for keys in (given, shapes))
    if given and all(key.startswith(theirs) and key.removeprefix(theirs) in shapes for key in given):
        cures.append(f"all keys of the dict begin with {theirs!r}: take it off with key.removeprefix({theirs!r})")
    elif given and all(ours + key in shapes for key in given):
        cures.append(f"all keys of the module begin with {ours!r}: put it before those of the dict")
    elif missing or unexpected:
        cures.append("rename the keys, or pass strict=False to load those that fit")
    if resized:
        cures.append("build the module with the sizes of the dict, or leave those entries out and pass strict=False")
    cure = "; ".join(cures)
    return "\n".join([*lines, cure[0].upper() + cure[1:] + "."])


def _indented(text: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([first, *("  " + line for line in rest)])
