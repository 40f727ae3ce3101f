"""What all optimizers share: groups of parameters with their settings, state per parameter, saving, the step itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, TypeAlias

import numpy as np

from ..autograd.frames import warn
from ..autograd.hooks import Handle, KeyedHandle
from ..autograd.modes import enable_grad, no_grad, quiet
from ..nn.mistakes import owner_of, without_parameters
from ..refusals import CAUGHT, OwnName, in_own_name, leave_as, worded
from ..tensor import Tensor
from ..utils.interrupts import Held
from .states import taken

required = object()  # the default of a setting that has none
_HOOKS = ("step_pre", "step_post", "state_dict_pre", "state_dict_post", "load_pre", "load_post")
_BEFORE_ALL: dict[int, Any] = {}  # step hooks of all optimizers
_AFTER_ALL: dict[int, Any] = {}


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """An optimizer's step(), with the hooks around it."""

    @wraps(step)
    def hooked(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if self._stepping:  # a subclass's step calls its parent's: that is one step
            return step(self, *args, **kwargs)
        try:
            self._stepping = True
            args = (self, *args)
            for hook in [*_BEFORE_ALL.values(), *self._hooks["step_pre"].values()]:
                if (changed := hook(self, args, kwargs)) is not None:
                    if not (isinstance(changed, tuple) and len(changed) == 2):
                        raise RuntimeError(
                            f"{type(self).__name__}.step: a hook before it returns None or a pair (args, kwargs), got "
                            f"{type(changed).__name__}."
                        )
                    args, kwargs = changed
            with Held() as held:  # Ctrl-C finds a step whole or not begun; closures it may interrupt
                if len(args) == 1 and not kwargs:
                    out = step(*args)
                else:
                    named = {k: held.open(a) if callable(a) else a for k, a in kwargs.items()}
                    out = step(*(held.open(a) if callable(a) else a for a in args), **named)
                self._steps_taken += 1
            for hook in [*self._hooks["step_post"].values(), *_AFTER_ALL.values()]:
                hook(self, args, kwargs)
        except CAUGHT as error:
            leave_as(worded(error, step, args, kwargs, type(self).__name__, renames=False), error)
        finally:
            self._stepping = False
        return out

    return hooked


def _listed(params: Any) -> list[Any]:
    """Parameters, or groups of them, as a list that is not empty."""
    if hasattr(params, "parameters"):
        raise TypeError(
            f"optimizer: params must be Tensors, got the model itself, {type(params).__name__}. Pass model.parameters()."
        )
    if not hasattr(params, "__iter__"):
        raise TypeError(f"optimizer: params must be an iterable of Tensors or dicts, got {type(params).__name__}.")
    model = owner_of(params)
    if not (groups := list(params)):
        raise ValueError(f"optimizer: got an empty list of parameters. {without_parameters(model)}")
    return groups


class Optimizer(OwnName):
    """Base of the optimizers. A subclass gives `start` (a parameter's state before its first step) and `rule` (the update,
    as its paper prints it), and `update` where a kernel takes one step for all parameters of a group; or a `step` of its own.

    Args:
        params: parameters, (name, parameter) pairs, or dicts {"params": …, settings…}, one per group.
        defaults: the settings of groups that do not give their own.
    """

    _worded = ("__init__", "add_param_group", "zero_grad")

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "optimizer: params must be an iterable of Tensors or dicts, got one Tensor. Write [tensor]."
            )
        defaults = {**defaults, **self.__dict__.pop("_flags", {})}  # see flags.py
        if defaults.get("differentiable") and type(self).step is Optimizer.step:
            raise ValueError(
                f"{type(self).__name__}: differentiable=True is not supported: a step is no operation of the "
                "graph. Write the update in operations, and call the model by tensorgrad.func.functional_call."
            )
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self.__setstate__({})
        groups = _listed(params)
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    _steps_taken: int
    _stepping: bool
    _hooks: dict[str, dict[int, Any]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.__dict__["step"])  # type: ignore[method-assign]

    # ---- to be given by each optimizer -------------------------------------------------------------------------------

    def start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        """The state of a parameter before its first step."""
        raise TypeError(f"{type(self).__name__}: an optimizer defines start() and update(), or step().")

    def declared(self, p: Tensor, group: dict[str, Any], saved: Mapping[str, Any]) -> dict[str, Any]:
        """What a saved state of this parameter must hold: entries of these kinds and shapes, those it would start with.
        None stands for nothing yet, or a tensor like the parameter."""
        return {} if type(self).start is Optimizer.start else self.start(p, group)

    def rule(self, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """The new value of one parameter, as the paper has it: p and g are arrays, state what `start` gave, as arrays, to be
        replaced there; nothing is changed in place."""
        raise TypeError(f"{type(self).__name__}: an optimizer defines start() and update(), or step().")

    def update(self, group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]) -> None:
        """One step, in place: arrays of the parameters and gradients, and their states. By `rule`, one parameter at a time;
        an optimizer that has a kernel for the whole list calls that here."""
        for p, g, state in zip(params, grads, states):
            values = {k: v.array if isinstance(v, Tensor) else v for k, v in state.items()}
            p[...] = self.rule(p, g, values, group)
            for k, value in values.items():
                if isinstance(state.get(k), Tensor):
                    state[k].array[...] = value
                else:
                    state[k] = Tensor._of(np.array(value)) if isinstance(value, np.ndarray) else value

    # ---- stepping ------------------------------------------------------------------------------------------------

    @_with_hooks
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of every parameter that has a gradient. Ctrl-C waits until it is whole; in the closure it does not, and
        then the step is not begun.

        Args:
            closure: clears the gradients, computes the loss, calls backward() and returns the loss; what it returns is
                returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad(), quiet():
            for group in self.param_groups:
                params = [p for p in group["params"] if p._grad is not None]
                if not params:
                    continue
                for p in params:
                    if not self.state[p]:
                        self.state[p] = self.start(p, group)
                grads, states = [p._grad.array for p in params], [self.state[p] for p in params]
                self.update(group, [p.array for p in params], grads, states)
                name = type(self).__name__ + ".step"
                for p in params:
                    storage = p.storage or p._storage()
                    storage.count += 1
                    storage.op = name
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of every parameter (None), or set them to zero."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p._grad = None
                elif p._grad is not None:
                    p._grad = p._grad.detach()
                    p._grad.zero_()

    # ---- groups --------------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with settings of their own: layers that join the training later."""
        if not isinstance(param_group, dict):
            raise TypeError(f"add_param_group: needs a dict, got {type(param_group).__name__}.")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError("add_param_group: a set has no order, and the state depends on it. Use a list.")
        given = [params] if isinstance(params, Tensor) else list(params)
        names = [x[0] for x in given if isinstance(x, tuple)]
        if names and len(names) != len(given):
            raise ValueError("add_param_group: name all parameters of a group or none of them.")
        tensors = [x[1] if isinstance(x, tuple) else x for x in given]
        for p in tensors:
            if not isinstance(p, Tensor):
                model = " Pass its parameters: [*a.parameters(), *b.parameters()]." if hasattr(p, "parameters") else ""
                raise TypeError(f"optimizer: can optimize Tensors only, one of the params is {type(p).__name__}.{model}")
            if p.node is not None:
                raise ValueError(
                    f"optimizer: can't optimize a non-leaf Tensor (the result of {p.node.name}); pass the leaf it came from."
                )
        if len(set(tensors)) != len(tensors):
            warn("optimizer: a parameter stands twice in one group, and is updated twice a step.")
        taken = {p for group in self.param_groups for p in group["params"]}
        if taken & set(tensors):
            raise ValueError("optimizer: some parameters appear in more than one parameter group.")
        if self.param_groups and bool(names) != ("param_names" in self.param_groups[0]):
            raise ValueError("add_param_group: name the parameters of all groups or of none of them.")
        group = {**param_group, "params": tensors}
        if names:
            group["param_names"] = names
        group |= {k: v for k, v in self.defaults.items() if k not in group}
        missing = [k for k, v in group.items() if v is required]
        if missing:
            raise ValueError(f"optimizer: this group needs a value for {missing[0]!r}.")
        self.param_groups.append(group)

    # ---- saving --------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """{"state": {number of the parameter: its state}, "param_groups": [settings with numbers]}, as in PyTorch."""
        for hook in list(self._hooks["state_dict_pre"].values()):
            hook(self)
        number: dict[Tensor, int] = {}
        for group in self.param_groups:
            for p in group["params"]:
                number[p] = len(number)
        groups = [
            {**{k: v for k, v in g.items() if k != "params"}, "params": [number[p] for p in g["params"]]}
            for g in self.param_groups
        ]
        state = {number[p]: s for p, s in self.state.items() if s and p in number}
        packed = {"state": state, "param_groups": groups}
        for hook in list(self._hooks["state_dict_post"].values()):
            packed = hook(self, packed) or packed
        return packed

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned; the groups must have the same sizes. The tensors are copied.

        Raises:
            ValueError: it is of other parameters, of another optimizer, or damaged; the message names the entry, and nothing
                has been loaded.
        """
        if isinstance(state_dict, Mapping):
            state_dict = dict(state_dict)
            for hook in list(self._hooks["load_pre"].values()):
                state_dict = hook(self, state_dict) or state_dict
        state, groups = taken(self, state_dict)
        for own, settings in zip(self.param_groups, groups):
            own.update(settings)
        self.__setstate__({"state": state, "param_groups": self.param_groups})
        for hook in list(self._hooks["load_post"].values()):
            hook(self)

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_hooks"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over attributes: after copying, unpickling and `load_state_dict`. Hooks are not copied."""
        self.__dict__.update(state)
        self.__dict__.setdefault("_hooks", {name: {} for name in _HOOKS})
        self.__dict__.setdefault("_steps_taken", 0)
        self._stepping = False

    # ---- hooks ---------------------------------------------------------------------------------------------------

    @in_own_name
    def register_step_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """`hook(optimizer, args, kwargs)` before every step; (args, kwargs), if it returns them, replace those of the
        call, of which the optimizer is the first."""
        return KeyedHandle(self._hooks["step_pre"], hook)

    @in_own_name
    def register_step_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """`hook(optimizer, args, kwargs)` after every step."""
        return KeyedHandle(self._hooks["step_post"], hook)

    @in_own_name
    def register_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """`hook(optimizer)` before `state_dict`."""
        return KeyedHandle(self._hooks["state_dict_pre"], hook, prepend=prepend)

    @in_own_name
    def register_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """`hook(optimizer, state_dict)` after `state_dict`; what it returns, if anything, is returned instead."""
        return KeyedHandle(self._hooks["state_dict_post"], hook, prepend=prepend)

    @in_own_name
    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """`hook(optimizer, state_dict)` before loading; what it returns, if anything, is loaded instead."""
        return KeyedHandle(self._hooks["load_pre"], hook, prepend=prepend)

    @in_own_name
    def register_load_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """`hook(optimizer)` after loading."""
        return KeyedHandle(self._hooks["load_post"], hook, prepend=prepend)

    def __repr__(self) -> str:
        groups = [
            "\n".join([f"Parameter Group {i}", *[f"    {k}: {group[k]}" for k in sorted(group) if k != "params"]])
            for i, group in enumerate(self.param_groups)
        ]
        return f"{type(self).__name__} (\n" + "\n\n".join(groups) + "\n)"


@in_own_name
def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> Handle:
    """`hook(optimizer, args, kwargs)` before every step of every optimizer."""
    return KeyedHandle(_BEFORE_ALL, hook)


@in_own_name
def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> Handle:
    """`hook(optimizer, args, kwargs)` after every step of every optimizer."""
    return KeyedHandle(_AFTER_ALL, hook)


def zeros_like(p: Tensor) -> Tensor:
    """State of a parameter's shape, all zero."""
    return Tensor._of(np.zeros_like(p.array))


def counter() -> Tensor:
    """A step count, kept as a 0-d tensor because it is saved like one."""
    return Tensor._of(np.zeros((), np.float32))


def counted(states: list[dict[str, Any]]) -> list[float]:
    """Count every parameter's step up, and the new counts."""
    steps = []
    for s in states:
        count = s["step"].array
        steps.append(count.item() + 1)
        count.fill(steps[-1])
    return steps


def arrays(states: list[dict[str, Any]], key: str) -> list[Any]:
    """The same entry of several states, as arrays."""
    return [s[key].array for s in states]


def check(name: str, **limits: tuple[Any, Callable[[Any], bool], str]) -> None:
    """Refuse settings outside their range: setting=(value, condition, the range in words)."""
    for setting, (value, holds, words) in limits.items():
        if not holds(float(value) if isinstance(value, Tensor) else value):
            raise ValueError(f"{name}: {setting} must be {words}, got {value}.")


def positive(x: Any) -> tuple[Any, Callable[[Any], bool], str]:
    return x, lambda v: v >= 0, "at least 0"


def share(x: Any) -> tuple[Any, Callable[[Any], bool], str]:
    return x, lambda v: 0 <= v < 1, "in [0, 1)"


def number(x: Any) -> float:
    """A setting that may be a Tensor, as a float."""
    return float(x)


# What an optimizer is given: parameters, (name, parameter) pairs, or groups: {"params": …, settings…}.
Params: TypeAlias = Iterable[Tensor] | Iterable[tuple[str, Tensor]] | Iterable[dict[str, Any]]
