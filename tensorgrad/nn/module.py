"""Module: what owns parameters, buffers and other modules, and can be called, saved, loaded, moved and printed."""

from __future__ import annotations

import difflib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from .. import dtypes
from ..autograd.function import Function
from ..autograd.modes import no_grad
from ..device import on_cpu
from ..tensor import Tensor
from .parameter import Buffer, Parameter, is_lazy

M = TypeVar("M", bound="Module")


class Incompatible(NamedTuple):
    """What `load_state_dict(strict=False)` could not place."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        return "<All keys matched successfully>" if not any(self) else super().__repr__()


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
        if isinstance(value, (Parameter, Module)):
            if "_parameters" not in own:
                raise AttributeError(
                    f"{type(self).__name__}: cannot assign {name!r} before super().__init__() has run. "
                    "Call super().__init__() first in __init__."
                )
            home = "_parameters" if isinstance(value, Parameter) else "_modules"
            self._forget(name)
            own[home][name] = value
            return
        if "_parameters" in own:
            if isinstance(value, Buffer):
                self._forget(name)
                self.register_buffer(name, value, value.persistent)
                return
            for home, kind, what in (
                ("_parameters", Parameter, "a Parameter"),
                ("_modules", Module, "a Module"),
                ("_buffers", Tensor, "a Tensor"),
            ):
                if name in own[home]:
                    if value is not None and not isinstance(value, kind):
                        raise TypeError(
                            f"{type(self).__name__}: cannot assign {type(value).__name__} to {name!r}, which holds {what}; "
                            f"assign {what} or None, or `del module.{name}` first."
                        )
                    own[home][name] = value
                    return
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        for home in ("_parameters", "_buffers", "_modules"):
            if home in own and name in own[home]:
                return own[home][name]
        known = [n for home in ("_parameters", "_buffers", "_modules") for n in own.get(home, ())]
        near = difflib.get_close_matches(name, known, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}.{hint}")

    def __delattr__(self, name: str) -> None:
        for home in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__.get(home, ()):
                del self.__dict__[home][name]
                self._not_persistent.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._parameters, *self._buffers, *self._modules})

    def _forget(self, name: str) -> None:
        """Make room for an attribute of another kind under the same name."""
        self.__dict__.pop(name, None)
        for home in ("_parameters", "_buffers", "_modules"):
            self.__dict__[home].pop(name, None)
        self._not_persistent.discard(name)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name; None reserves the name."""
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"register_parameter: {name!r} must be a Parameter or None, got {type(param).__name__}.")
        self._check_name("register_parameter", name)
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is state but not trained; `persistent=False` keeps it out of `state_dict`."""
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"register_buffer: {name!r} must be a Tensor or None, got {type(tensor).__name__}.")
        if name not in self._buffers:
            self._check_name("register_buffer", name)
        self._buffers[name] = tensor
        (self._not_persistent.discard if persistent else self._not_persistent.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child module under a name."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"add_module: {name!r} must be a Module or None, got {type(module).__name__}.")
        if name not in self._modules:
            self._check_name("add_module", name)
        self._modules[name] = module

    register_module = add_module

    def _check_name(self, caller: str, name: str) -> None:
        if "_parameters" not in self.__dict__:
            raise AttributeError(f"{caller}: call super().__init__() first.")
        if not isinstance(name, str):
            raise TypeError(f"{caller}: the name must be a string, got {type(name).__name__}.")
        if "." in name or not name:
            raise KeyError(f"{caller}: a name cannot be empty or contain a dot: {name!r}. Dots separate nested modules.")
        if hasattr(self, name) and name not in self._parameters and name not in self._modules:
            raise KeyError(f"{caller}: this module has an attribute {name!r} already. Choose another name.")

    def get_submodule(self, target: str) -> Module:
        """The module at a dotted path: `get_submodule("layers.0.attention")`."""
        module: Any = self
        for part in target.split(".") if target else ():
            if not isinstance(module, Module) or part not in module._modules:
                raise AttributeError(f"get_submodule: {type(module).__name__} has no submodule {part!r} (of {target!r}).")
            module = module._modules[part]
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if name not in module._parameters:
            raise AttributeError(f"get_parameter: {type(module).__name__} has no parameter {name!r} (of {target!r}).")
        return module._parameters[name]

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if name not in module._buffers:
            raise AttributeError(f"get_buffer: {type(module).__name__} has no buffer {name!r} (of {target!r}).")
        return module._buffers[name]

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
        for module in self.modules():
            module.training = mode
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
                p._grad.zero_()  # type: ignore[attr-defined]

    def share_memory(self: M) -> M:
        """Accepted; threads share memory anyway."""
        return self

    def _apply(self: M, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> M:
        """Replace the memory of every parameter and buffer, keeping the tensors themselves."""
        with no_grad():
            for module in self.modules() if recurse else [self]:
                for p in module._parameters.values():
                    if p is not None and not is_lazy(p):
                        p.array = fn(p).array
                        if p._grad is not None:
                            p._grad = fn(p._grad)
                for name, b in module._buffers.items():
                    if b is not None:
                        module._buffers[name] = fn(b)
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
        return self._apply(lambda t: t.to(target) if t.is_floating_point() else t)  # type: ignore[attr-defined]

    def float(self: M) -> M:
        """Every floating parameter and buffer to float32."""
        return self.to(dtypes.float32)

    def double(self: M) -> M:
        """Every floating parameter and buffer to float64."""
        return self.to(dtypes.float64)

    def half(self: M) -> M:
        """Every floating parameter and buffer to float16."""
        return self.to(dtypes.float16)

    def type(self: M, dst_type: Any) -> M:
        """Every floating parameter and buffer to a dtype."""
        return self.to(dtypes.as_dtype(dst_type))

    def cpu(self: M) -> M:
        return self.to("cpu")

    def cuda(self: M, device: Any = None) -> M:
        return self.to("cuda" if device is None else device)

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
        """`hook(module, grad_output)` before the module's backward; what it returns, if anything, replaces grad_output."""
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
                destination[prefix + name] = p if keep_vars else p.detach()
        for name, b in self._buffers.items():
            if b is not None and name not in self._not_persistent:
                destination[prefix + name] = b if keep_vars else b.detach()
        if type(self).get_extra_state is not Module.get_extra_state:
            destination[prefix + "_extra_state"] = self.get_extra_state()

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> OrderedDict[str, Any]:
        """Path → tensor of every parameter and persistent buffer. The tensors share memory with the module's."""
        if args:
            destination, prefix, keep_vars = (*args, *(destination, prefix, keep_vars)[len(args) :])
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

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Incompatible:
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
        for path, module in self.named_modules(remove_duplicate=False):
            for hook in module._load_pre_hooks.values():
                hook(module, given, f"{path}." if path else "", {}, strict, [], [], [])
        places: dict[str, tuple[Module, str, str]] = {}
        for path, module in self.named_modules(remove_duplicate=False):
            prefix = f"{path}." if path else ""
            for home in ("_parameters", "_buffers"):
                for name, x in getattr(module, home).items():
                    if x is not None and not (home == "_buffers" and name in module._not_persistent):
                        places[prefix + name] = (module, home, name)
            if type(module).set_extra_state is not Module.set_extra_state:
                places[prefix + "_extra_state"] = (module, "", "")
        missing = [key for key in places if key not in given]
        unexpected = [key for key in given if key not in places]
        wrong: list[tuple[str, Any, Any]] = []
        for key, (module, home, name) in places.items():
            if key in given and home:
                x, new = getattr(module, home)[name], given[key]
                if not isinstance(new, Tensor):
                    new = given[key] = _as_tensor(key, new)
                if not is_lazy(x) and tuple(x.shape) != tuple(new.shape):
                    wrong.append((key, tuple(x.shape), tuple(new.shape)))
        if wrong or (strict and (missing or unexpected)):
            raise RuntimeError(_difference(type(self).__name__, missing, unexpected, wrong, strict))
        with no_grad():
            for key, (module, home, name) in places.items():
                if key not in given:
                    continue
                if not home:
                    module.set_extra_state(given[key])
                    continue
                x, new = getattr(module, home)[name], given[key]
                if assign:
                    _assign(module, home, name, x, new)
                else:
                    if is_lazy(x):
                        x.materialize(new.shape, new.dtype)
                    x.array[...] = new.array
                    x._storage().count += 1
                    x._storage().op = "load_state_dict"
        result = Incompatible(missing, unexpected)
        for module in self.modules():
            for hook in module._load_post_hooks.values():
                hook(module, result)
        return result

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

    def __init__(self, on_gradients: Callable[[tuple[Any, ...]], Any]) -> None:
        self.on_gradients = on_gradients

    def forward(self, *arrays: Any) -> Any:
        return tuple(a.view() for a in arrays)

    def backward(self, *grads: Tensor) -> Any:
        changed = self.on_gradients(grads)
        if changed is None:
            return grads
        return changed if isinstance(changed, tuple) else (changed,)


class _BackwardWatch:
    """One call of a module with backward hooks: a gate before its inputs and one behind its outputs."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.grad_output: Any = None
        self.inputs_watched = False

    def around_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        places = [i for i, a in enumerate(args) if isinstance(a, Tensor) and a.requires_grad]
        if not places:
            return args
        self.inputs_watched = True

        def on_gradients(grads: tuple[Any, ...]) -> Any:
            grad_input: list[Any] = [None] * len(args)
            for i, g in zip(places, grads):
                grad_input[i] = g
            found = self._run(tuple(grad_input))
            return None if found is None else tuple(found[i] for i in places)

        passed = _Gate(on_gradients)(*[args[i] for i in places])
        new = list(args)
        for i, t in zip(places, passed):
            new[i] = t
        return tuple(new)

    def around_outputs(self, out: Any) -> Any:
        outs = out if isinstance(out, tuple) else (out,)
        places = [i for i, y in enumerate(outs) if isinstance(y, Tensor) and y.requires_grad]
        if not places:
            return out

        def on_gradients(grads: tuple[Any, ...]) -> Any:
            found: list[Any] = [None] * len(outs)
            for i, g in zip(places, grads):
                found[i] = g
            self.grad_output = tuple(found)
            for hook in list(self.module._backward_pre_hooks.values()):
                changed = hook(self.module, self.grad_output)
                if changed is not None:
                    self.grad_output = changed if isinstance(changed, tuple) else (changed,)
            if not self.inputs_watched:  # nothing below wants a gradient: the hooks hear of it here
                self._run((None,))
            return tuple(self.grad_output[i] for i in places)

        passed = _Gate(on_gradients)(*[outs[i] for i in places])
        new = list(outs)
        for i, t in zip(places, passed):
            new[i] = t
        return tuple(new) if isinstance(out, tuple) else new[0]

    def _run(self, grad_input: tuple[Any, ...]) -> tuple[Any, ...] | None:
        result = None
        for hook in list(self.module._backward_hooks.values()):
            changed = hook(self.module, grad_input, self.grad_output)
            if changed is not None:
                result = grad_input = changed if isinstance(changed, tuple) else (changed,)
        return result


def _as_tensor(key: str, value: Any) -> Tensor:
    import numpy as np

    if isinstance(value, np.ndarray):
        return Tensor._of(value)
    raise TypeError(f"load_state_dict: {key!r} must be a Tensor, got {type(value).__name__}.")


def _assign(module: Module, home: str, name: str, old: Any, new: Tensor) -> None:
    if home == "_parameters":
        module._parameters[name] = new if isinstance(new, Parameter) else Parameter(new, old.requires_grad)
    else:
        module._buffers[name] = new


def _difference(
    title: str, missing: list[str], unexpected: list[str], wrong: list[tuple[str, Any, Any]], strict: bool
) -> str:
    """Side by side: what the module has and what the dict has, with near matches."""
    lines = [f"load_state_dict: this does not fit {title}; nothing was loaded."]
    if strict and missing:
        lines.append("  missing from the dict:")
        for key in missing:
            near = difflib.get_close_matches(key, unexpected, 1, 0.5)
            lines.append(f"    {key}" + (f"    (renamed? the dict has {near[0]})" if near else ""))
    if strict and unexpected:
        lines.append("  not in the module:")
        for key in unexpected:
            near = difflib.get_close_matches(key, missing, 1, 0.5)
            lines.append(f"    {key}" + (f"    (renamed? the module has {near[0]})" if near else ""))
    if wrong:
        width = max(len(key) for key, _, _ in wrong)
        lines.append("  of another shape:")
        lines += [f"    {key.ljust(width)}  module {a}   dict {b}" for key, a, b in wrong]
    if strict and (missing or unexpected) and not wrong:
        lines.append("Rename the keys, or pass strict=False to load those that fit.")
    elif wrong:
        lines.append("Build the module with the sizes of the dict, or remove those entries and pass strict=False.")
    return "\n".join(lines)


def _indented(text: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([first, *("  " + line for line in rest)])
