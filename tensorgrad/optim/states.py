"""What an optimizer takes back: a saved state, checked whole before any of it counts.

There is no list of rules for each optimizer. What its state holds is declared where it begins, in `start`: a saved entry
must be like the one the parameter would begin with, in shape, and it takes over its dtype. Settings must be of the kind
that the constructor takes.
"""

from __future__ import annotations

import copy
import inspect
import math
import numbers
import reprlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from ..tensor import Tensor

_CURE = (
    "Make the optimizer with the parameters and settings that it had when it was saved, in the same order; nothing has "
    "been loaded."
)


def taken(optimizer: Any, saved: Any) -> tuple[defaultdict[Tensor, dict[str, Any]], list[dict[str, Any]]]:
    """The state of each parameter and the settings of each group in what `state_dict` returned, as copies.

    Raises:
        TypeError: this is no dict.
        ValueError: it is not of such an optimizer; the message names parameter and entry.
    """
    me = type(optimizer).__name__
    if not isinstance(saved, Mapping):
        raise TypeError(f"{me}.load_state_dict: needs a dict as state_dict() gives it, got {type(saved).__name__}.")
    for key, kind in (("param_groups", (list, tuple)), ("state", Mapping)):
        if not isinstance(saved.get(key), kind):
            found = f"is a {type(saved[key]).__name__}" if key in saved else "is missing"
            _refuse(me, f"the entry {key!r} {found}, expected a {'dict' if kind is Mapping else 'list'}")
    own = optimizer.param_groups
    groups = _groups(me, saved["param_groups"], own)
    defaults = {k: p.default for k, p in inspect.signature(type(optimizer)).parameters.items()}
    settings = []
    for i, (theirs, ours) in enumerate(zip(groups, own)):
        _check_settings(me, i, theirs, ours, defaults)
        _check_ranges(optimizer, i, {**ours, **theirs}, ours["params"], defaults)
        settings.append({k: copy.deepcopy(v) for k, v in theirs.items() if k != "params"})
    of_number: dict[int, tuple[Tensor, dict[str, Any], str]] = {}
    for theirs, ours in zip(groups, own):
        names = ours.get("param_names", [""] * len(ours["params"]))
        for n, p, name in zip(theirs["params"], ours["params"], names):
            known = of_number.setdefault(n, (p, {**ours, **theirs, "params": ours["params"]}, name and f" ({name})"))
            if known[0] is not p:
                _refuse(me, f"number {n} stands for two parameters in its groups")
    state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
    for key, entries in saved["state"].items():
        found_p = of_number.get(_number(key))
        if found_p is None:
            _refuse(me, f"it has a state of parameter {_brief(key)}, and its groups hold {len(of_number)} parameters")
        p, group, name = found_p
        if not isinstance(entries, Mapping):
            _refuse(me, f"the state of parameter {key}{name} is {_brief(entries)}, expected a dict")
        state[p] = _entries(optimizer, p, group, entries, f"of parameter {key}{name}")
    return state, settings


def _groups(me: str, saved: Any, own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(saved) != len(own):
        raise ValueError(f"load_state_dict: the dict has {len(saved)} parameter groups, this optimizer {len(own)}.")
    for i, (theirs, ours) in enumerate(zip(saved, own)):
        if not isinstance(theirs, Mapping) or not isinstance(theirs.get("params"), (list, tuple)):
            _refuse(me, f"group {i} is {_brief(theirs)}, expected a dict with a list 'params'")
        if len(theirs["params"]) != len(ours["params"]):
            raise ValueError(
                f"load_state_dict: group {i} of the dict has {len(theirs['params'])} parameters, this optimizer's "
                f"{len(ours['params'])}."
            )
        if not all(type(n) is int for n in theirs["params"]):
            _refuse(me, f"the 'params' of group {i} are {_brief(theirs['params'])}, expected the numbers of parameters")
    return list(saved)


def _check_settings(me: str, i: int, saved: Any, own: Any, defaults: dict[str, Any]) -> None:
    for key, value in saved.items():
        if key == "param_names":
            right = isinstance(value, list) and len(value) == len(own["params"]) and all(type(n) is str for n in value)
        else:
            likes = [own[key]] if key in own else [0.0] if key == "initial_lr" else []
            likes += [defaults[key]] if likes and defaults.get(key, inspect.Parameter.empty) is not _EMPTY else []
            right = key == "params" or not likes or any(is_like(value, like) for like in likes)
        if not right:
            _refuse(me, f"the setting {key!r} of group {i} is {_brief(value)}, here it is {_brief(own.get(key, 'a number'))}")


def _check_ranges(optimizer: Any, i: int, settings: Any, params: list[Tensor], defaults: dict[str, Any]) -> None:
    """Settings are in the ranges that the constructor takes, for it takes them."""
    if type(optimizer).__module__.startswith(__package__) and params:
        given = {k: v for k, v in settings.items() if k in defaults and k != "params"}
        if (lr := as_number(given.get("lr"))) is not None:
            given["lr"] = abs(lr)  # which rounding at the end of a schedule may bring below 0
        try:
            type(optimizer)(params[:1], **given)
        except (ValueError, TypeError) as error:
            _refuse(type(optimizer).__name__, f"the settings of group {i} cannot be: {error}")


_EMPTY = inspect.Parameter.empty


def is_like(value: Any, like: Any) -> bool:
    """Whether a setting is of the kind of another one."""
    if isinstance(like, (tuple, list)):
        return isinstance(value, (tuple, list)) and len(value) == len(like) and all(map(is_like, value, like))
    if like is None and (value is None or isinstance(value, str)):
        return True
    if like is None or isinstance(like, (numbers.Real, Tensor)):
        x = as_number(value)
        return x is not None and not math.isnan(x)
    return not isinstance(like, str) or value is None or isinstance(value, str)


def _entries(optimizer: Any, p: Tensor, group: dict[str, Any], saved: Any, whose: str) -> dict[str, Any]:
    """The state of one parameter. Entries that are not declared are somebody's own, and taken as they are."""
    me = type(optimizer).__name__
    wanted = optimizer.declared(p, group, saved) if saved else {}
    for key in wanted:
        if key not in saved:
            _refuse(me, f"the state {key!r} {whose} is missing; there are {', '.join(map(repr, saved))}")
    return {
        key: _entry(me, key, value, wanted[key], p, f"the state {key!r} {whose}") if key in wanted else _own(value, p, key)
        for key, value in saved.items()
    }


def _entry(me: str, key: str, value: Any, wanted: Any, p: Tensor, what: str) -> Any:
    """A copy of a saved entry, in the dtype of the one that is declared, if it is like that."""
    if isinstance(wanted, list):
        if not isinstance(value, (list, tuple)) or len(value) != len(wanted):
            _refuse(me, f"{what} is {_brief(value)}, expected a list of {len(wanted)} entries")
        return [_entry(me, key, v, w, p, f"{what}, entry {i},") for i, (v, w) in enumerate(zip(value, wanted))]
    if wanted is None:  # nothing yet, or like the parameter
        return None if value is None else _entry(me, key, value, p, p, what)
    if isinstance(wanted, (int, float)) or not wanted.ndim:
        x, counts = as_number(value), isinstance(wanted, int) or key == "step"
        if x is None or counts and not 0 <= x < math.inf:
            _refuse(me, f"{what} is {_brief(value)}, expected a number{' from 0 on' if counts else ''}")
        if not isinstance(wanted, Tensor):
            return copy.deepcopy(value) if not isinstance(value, Tensor) else Tensor._of(value.array.copy())
        return Tensor._of(np.asarray(x, wanted.array.dtype))
    if not isinstance(value, Tensor):
        _refuse(me, f"{what} is {_brief(value)}, expected a tensor of shape {tuple(wanted.shape)}")
    if value.shape != wanted.shape:
        _refuse(me, f"{what} has shape {tuple(value.shape)}, expected {tuple(wanted.shape)}")
    if value.array.dtype.kind == "c" != wanted.array.dtype.kind:
        _refuse(me, f"{what} is of {value.dtype}, expected {wanted.dtype}")
    return Tensor._of(np.array(value.array, wanted.array.dtype))


def _own(value: Any, p: Tensor, key: str) -> Any:
    """A copy; floats in the dtype of the parameter, as PyTorch does, counts as they are."""
    if not isinstance(value, Tensor):
        return copy.deepcopy(value)
    array = value.array.copy()
    if key != "step" and p.is_floating_point() and array.dtype.kind == "f":
        array = array.astype(p.array.dtype, copy=False)
    return Tensor._of(array)


def as_number(x: Any) -> float | None:
    """A number, or the only one in a tensor; None if this is something else."""
    if isinstance(x, Tensor):
        return as_number(x.array.reshape(-1)[0].item()) if x.array.size == 1 else None
    try:
        return float(x) if isinstance(x, numbers.Real) else None
    except OverflowError:  # of an integer
        return math.inf


def _number(key: Any) -> Any:
    """A parameter's number, which is text where it has been through JSON."""
    if isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 20:
        return int(key)
    return key if type(key) is int else None


def _refuse(me: str, what: str) -> NoReturn:
    raise ValueError(f"{me}.load_state_dict: {what}. {_CURE}")


def _brief(x: Any) -> str:
    return f"a tensor of shape {tuple(x.shape)}" if isinstance(x, Tensor) else reprlib.repr(x)


__all__ = ["as_number", "is_like", "taken"]
