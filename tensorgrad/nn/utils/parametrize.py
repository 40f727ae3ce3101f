"""A parameter computed from others: `module.weight` = f(original), by any module f.

    class Symmetric(nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).mT

    parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())

What is learned is `parametrizations.weight.original`; the module's class becomes a subclass of its own, in which the
parameter is a property.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ...autograd.modes import no_grad
from ...refusals import in_own_name
from ...tensor import Tensor
from ..containers import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

_cache: ContextVar[dict[tuple[int, str], Any] | None] = ContextVar("tensorgrad.parametrize", default=None)


@contextmanager
def cached() -> Iterator[None]:
    """Inside, each parametrized parameter is computed once, however often it is used."""
    token = _cache.set({})
    try:
        yield
    finally:
        _cache.reset(token)


class ParametrizationList(ModuleList):
    """The functions that make a parameter, one after another, and what they start from: `original`, or `original0`,
    `original1` … if the first function takes several tensors."""

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList: needs at least one module.")
        super().__init__(modules)
        self.unsafe = unsafe
        start: Any = original
        with no_grad():
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    start = module.right_inverse(start)
        self.is_tensor = isinstance(start, Tensor)
        if self.is_tensor:
            self._check_dtype(start, original)
            # The parameter stays the same object, so that an optimizer that knows it still does.
            with no_grad():
                if start is not original:
                    original.data = start
            self._keep("original", original)
            self.ntensors = 1
        elif isinstance(start, Sequence):
            self.ntensors = len(start)
            for i, t in enumerate(start):
                if not isinstance(t, Tensor):
                    raise TypeError(
                        f"register_parametrization: right_inverse must return tensors, entry {i} is {type(t).__name__}."
                    )
                kind = Parameter(t, original.requires_grad) if isinstance(original, Parameter) else t
                self._keep(f"original{i}", kind)
        else:
            raise TypeError(
                "register_parametrization: right_inverse must return a Tensor or a sequence of them, "
                f"got {type(start).__name__}."
            )
        if not unsafe:
            with no_grad():
                self._check_result(self(), original)

    def _check_dtype(self, start: Tensor, original: Tensor) -> None:
        if not self.unsafe and start.dtype is not original.dtype:
            raise ValueError(
                f"register_parametrization: right_inverse gives {start.dtype} for a parameter of {original.dtype}. "
                "Keep the dtype, or pass unsafe=True."
            )

    def _check_result(self, result: Any, original: Tensor) -> None:
        if not isinstance(result, Tensor):
            raise TypeError(f"register_parametrization: must return a Tensor, got {type(result).__name__}.")
        for what in ("dtype", "shape"):
            was, now = getattr(original, what), getattr(result, what)
            if was != now:
                raise ValueError(
                    f"register_parametrization: the parameter has {what} {was}, the parametrization gives {now}. "
                    "Keep it, or pass unsafe=True."
                )

    def _keep(self, name: str, t: Tensor) -> None:
        if isinstance(t, Parameter):
            self.register_parameter(name, t)
        else:
            self.register_buffer(name, t)

    def originals(self) -> list[Any]:
        """What the first function takes."""
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that the parameter becomes `value`, as nearly as the functions' inverses say."""
        new: Any = value
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    kind = type(module).__name__
                    raise RuntimeError(f"parametrize: {kind} has no right_inverse, so it cannot be assigned.")
                new = module.right_inverse(new)
            for original, t in zip(self.originals(), [new] if self.is_tensor else list(new)):
                original.data = t.detach()

    def forward(self) -> Any:
        first, *others = self
        x = first(*self.originals())
        for module in others:
            x = module(x)
        return x


def _inject(module: Module) -> None:
    """Give the module a class of its own, where parametrized names can be properties."""
    cls = type(module)

    def refuse(self: Any) -> Any:
        raise RuntimeError(
            f"pickle: {cls.__name__} has parametrized parameters, and its class cannot be imported. "
            "Save its state_dict instead."
        )

    def deepcopy(self: Any, memo: dict[int, Any]) -> Any:
        import copy

        if id(self) not in memo:
            twin = memo[id(self)] = object.__new__(cls)  # properties are made again below, for the twin
            twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
            _inject(twin)
            for name in twin.parametrizations:
                _make_property(twin, name)
        return memo[id(self)]

    members = {"__getstate__": refuse, "__deepcopy__": deepcopy, "_parametrized_from": cls}
    module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), members)


def _make_property(module: Module, name: str) -> None:
    def get(self: Any) -> Any:
        cache = _cache.get()
        if cache is None:
            return self.parametrizations[name]()
        key = (id(self), name)
        if key not in cache:
            cache[key] = self.parametrizations[name]()
        return cache[key]

    def put(self: Any, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(get, put))


@in_own_name
def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Let a parameter or buffer be what `parametrization` makes of an original. Several stack up, the newest last.

    If the parametrization has `right_inverse(value)`, it is used for the first original and on assignment.

    Args:
        unsafe: allow another shape or dtype, and skip the check that calls the parametrization now.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        there: Any = module.parametrizations[tensor_name]
        value = getattr(module, tensor_name)
        if not unsafe:
            with no_grad():
                there._check_result(parametrization(value), value)
                if hasattr(parametrization, "right_inverse"):
                    inverse = parametrization.right_inverse(value)
                    there._check_result(inverse, value)
                    value = inverse
            if value is not getattr(module, tensor_name) and all(hasattr(m, "right_inverse") for m in there):
                there.right_inverse(value)
        there.append(parametrization)
        there.unsafe = there.unsafe or unsafe
        return module
    home = next((h for h in (module._parameters, module._buffers) if tensor_name in h), None)
    if home is None or home[tensor_name] is None:
        raise ValueError(
            f"register_parametrization: {type(module).__name__} has no parameter or buffer {tensor_name!r}."
        )
    made = ParametrizationList([parametrization], home[tensor_name], unsafe)
    del home[tensor_name]
    if not is_parametrized(module):
        _inject(module)
        module.parametrizations = ModuleDict()
    _make_property(module, tensor_name)
    module.parametrizations[tensor_name] = made
    return module


@in_own_name
def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has any parametrized parameter, or this one."""
    found = module.__dict__.get("_modules", {}).get("parametrizations")
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


@in_own_name
def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """A plain parameter again, of the value it has now, or, with leave_parametrized=False, the original."""
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"remove_parametrizations: {tensor_name!r} of this {type(module).__name__} has none.")
    made: Any = module.parametrizations[tensor_name]
    if leave_parametrized:
        with no_grad():
            value = getattr(module, tensor_name).detach()
        original = made.original if made.is_tensor else made.original0
        if made.is_tensor and original.dtype is value.dtype:
            original.data = value  # the same object, for the optimizer
        else:
            original = Parameter(value, original.requires_grad) if isinstance(original, Parameter) else value
    elif made.is_tensor:
        original = made.original
    else:
        raise ValueError(
            "remove_parametrizations: the parameter is made from several tensors, none of which could stand for it; "
            "leave it parametrized."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    if isinstance(original, Parameter):
        module.register_parameter(tensor_name, original)
    else:
        module.register_buffer(tensor_name, original)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module)._parametrized_from  # type: ignore[attr-defined]
    return module


@in_own_name
def type_before_parametrizations(module: Module) -> type:
    """The class the module had."""
    return getattr(type(module), "_parametrized_from", type(module))
