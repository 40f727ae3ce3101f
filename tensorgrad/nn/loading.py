"""Loading a state dict: what goes where, whether all of it fits, and if not, the sentence that says why."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..autograd.inplace import bump_version
from ..autograd.modes import no_grad
from ..ops import create
from ..tensor import Tensor
from .parameter import Parameter, is_lazy


class _IncompatibleKeys(NamedTuple):
    """What `load_state_dict(strict=False)` could not place."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Loading(list[str]):
    """One `load_state_dict` on its way through the modules. Each module plans what it would copy; nothing is copied
    before all have. To the modules this is the list of `error_msgs`, to which they may add sentences of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.missing: list[str] = []
        self.unexpected: list[str] = []
        self.resized: list[str] = []
        self.shapes: dict[str, Any] = {}  # of what the modules have; None where there is no shape yet, or no tensor
        self.given: dict[str, Any] = {}
        self.plan: list[tuple[Any, str, str, str]] = []  # module, home, name, key

    def add(self, module: Any, home: str, name: str, key: str, state_dict: Mapping[str, Any]) -> bool:
        """Plan for a parameter or buffer, or, without a home, for extra state. False if the dict has nothing for it."""
        x = getattr(module, home)[name] if home else None
        shape = self.shapes[key] = None if x is None or is_lazy(x) else tuple(x.shape)
        if key not in state_dict:
            return False
        value = _as_tensor(key, state_dict[key]) if home else state_dict[key]
        if shape == () and not is_lazy(value) and value.shape == (1,):  # a number, from before tensors had no axes
            value = value.reshape(())
        if shape is not None and (is_lazy(value) or tuple(value.shape) != shape):
            self.resized.append(key)
        self.given[key] = value
        self.plan.append((module, home, name, key))
        return True

    def finish(self, title: str, strict: bool, assign: bool) -> _IncompatibleKeys:
        """Copy all that was planned, or say why not."""
        if self or self.resized or (strict and (self.missing or self.unexpected)):
            raise RuntimeError(self._difference(title, strict))
        with no_grad():
            for module, home, name, key in self.plan:
                if home:
                    _put(getattr(module, home), name, self.given[key], assign)
                else:
                    module.set_extra_state(self.given[key])
        return _IncompatibleKeys(self.missing, self.unexpected)

    def _difference(self, title: str, strict: bool) -> str:
        """What the module has beside what the dict has, with near matches, and the cure."""
        shapes, given, resized = self.shapes, self.given, self.resized
        missing, unexpected = (dict.fromkeys(self.missing), dict.fromkeys(self.unexpected)) if strict else ({}, {})

        def own(key: str) -> str:
            return f"{key} {shapes[key]}" if shapes.get(key) is not None else key

        def other(key: str) -> str:
            value: Any = given.get(key)
            if is_lazy(value):
                return f"{key} (no shape yet)"
            return f"{key} {tuple(value.shape)}" if hasattr(value, "shape") else key

        left = dict.fromkeys(unexpected)
        of_shape: defaultdict[Any, list[str]] = defaultdict(list)
        for key in unexpected:
            value: Any = given.get(key)
            if hasattr(value, "shape") and not is_lazy(value):
                of_shape[tuple(value.shape)].append(key)
        rows = []
        for key in [k for k in shapes if k in resized or k in missing] + [k for k in missing if k not in shapes]:
            if key in resized:
                rows.append((own(key), other(key), "another shape"))
                continue
            alike = of_shape.get(shapes.get(key), [])
            near = difflib.get_close_matches(key, alike[:_ROWS], 1, 0.5) if len(rows) < _ROWS else []
            if near:
                alike.remove(near[0])
                del left[near[0]]
                rows.append((own(key), other(near[0]), "renamed?"))
            else:
                rows.append((own(key), "–", "missing"))
        rows += [("–", other(key), "unexpected") for key in left]
        lines = [f"load_state_dict: the dict does not fit {title}; nothing has been loaded."]
        if rows:
            more = len(rows) - _ROWS
            rows = [("module", "dict", ""), *rows[:_ROWS]]
            wide = [max(len(row[i]) for row in rows) for i in (0, 1)]
            lines += [f"    {a.ljust(wide[0])}   {b.ljust(wide[1])}   {what}".rstrip() for a, b, what in rows]
            if more > 0:
                lines.append(f"    … and {more} more")
        lines += self
        cures = []
        theirs, ours = (next(iter(keys), "").partition(".")[0] + "." for keys in (given, shapes))
        if given and all(key.startswith(theirs) and key.removeprefix(theirs) in shapes for key in given):
            cures.append(f"all keys of the dict begin with {theirs!r}: take it off with key.removeprefix({theirs!r})")
        elif given and all(ours + key in shapes for key in given):
            cures.append(f"all keys of the module begin with {ours!r}: put it before those of the dict")
        elif missing or unexpected:
            cures.append("rename the keys, or pass strict=False to load those that fit")
        if resized:
            cures.append(
                "build the module with the sizes of the dict, or leave those entries out and pass strict=False"
            )
        cure = "; ".join(cures)
        return "\n".join([*lines, cure[0].upper() + cure[1:] + "."] if cure else lines)


_ROWS = 50  # of the table in the message; a model of thousands of layers would bury the sentence below it


def _as_tensor(key: str, value: Any) -> Any:
    if isinstance(value, Tensor):
        return value
    try:
        return create.as_tensor(value)
    except (TypeError, ValueError):
        raise TypeError(f"load_state_dict: {key!r} must be a Tensor, got {type(value).__name__}.") from None


def _put(own: dict[str, Any], name: str, new: Any, assign: bool) -> None:
    """Copy a tensor into a parameter or buffer, or let it take its place."""
    x = own[name]
    if is_lazy(new):
        return
    if assign:
        if isinstance(x, Parameter):
            new = new if isinstance(new, Parameter) else Parameter(new, False)
            new.requires_grad_(x._requires_grad)
        own[name] = new
        return
    if is_lazy(x):
        x.materialize(new.shape, dtype=new.dtype)
    if not x.array.flags.writeable:  # it looks at expanded or read-only memory: give it its own
        x.data = create.empty_like(x)
    x.array[...] = new.array
    bump_version(x, "load_state_dict")
