"""What a rule names is kept until the rule has run: which values, how they are kept, whether they are still the same.

An input is kept as it is. A result is kept as a twin without a node: a node that held its own result would hold itself,
and the graph could not be freed by reference count. With each value goes the version of its memory, so that a value which
has been changed in place since is noticed and named instead of giving a wrong gradient.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from ..kernels import on
from ..tensor import Storage, Tensor
from .frames import describe_frame
from .modes import packing
from .node import Node
from .outputs import reconnected

OUT = -1  # in `_saves`: the result rather than an input
ALL = -2  # in `_saves`: every input of a variadic operation
# The usual cases of what a rule names are one object each, which `flat_calls.py` tells apart fast.
ONLY_X, ONLY_OUT, BOTH = (0,), (OUT,), (0, 1)
USUAL: dict[tuple[int, ...], tuple[int, ...]] = {saves: saves for saves in (ONLY_X, ONLY_OUT, BOTH)}


class Saving(Node):
    """A node that keeps values for its rule: `saved`, and the versions they had, `versions`."""

    __slots__ = ("saved", "versions", "where")

    borrowed: ClassVar[tuple[str, ...]] = ()
    _saves: ClassVar[tuple[int, ...]] = ()
    _serves: ClassVar[dict[int, tuple[int, ...]]] = {}  # `serves` by number

    saved: tuple[Any, ...]
    versions: tuple[Any, ...]
    where: Any

    def _save(self, saves: tuple[int, ...], args: tuple[Any, ...], out: Any) -> None:
        """Keep what the rule names, with the version of each value's memory."""
        saved: list[Any] = []
        versions: list[Any] = []
        for i in saves:
            if i == ALL:
                saved.extend(args)
                versions.extend(x.storage.count if isinstance(x, Tensor) and x.storage else 0 for x in args)
            elif i == OUT and isinstance(out, tuple):
                twins = tuple(twin(y) for y in out)
                saved.append(twins)
                versions.append(tuple(y.storage.count for y in twins))  # type: ignore[union-attr]
            else:
                t = args[i] if i >= 0 else twin(out)
                saved.append(t)
                storage = getattr(t, "storage", None)
                versions.append(storage.count if storage is not None else 0)
        self.saved, self.versions = tuple(saved), tuple(versions)

    def _own(self) -> None:
        """Copy what was borrowed: the user may write to that memory before backward reads it."""
        for name in self.borrowed:
            setattr(self, name, _owned(getattr(self, name)))

    def _of_use(self, inputs: tuple[Any, ...], places: Iterable[int], wanted: Sequence[bool]) -> tuple[Any, ...]:
        """The inputs with these numbers, None in place of one that serves only gradients that are not wanted."""
        serves = self._serves
        return tuple([
            None if i in serves and not any([wanted[k] for k in serves[i]]) else x for i, x in zip(places, inputs)
        ])  # fmt: skip

    def _check_unchanged(self, saved: tuple[Any, ...]) -> None:
        """Refuse to use a value that has been written to since it was saved."""
        for t, version in zip(saved, self.versions):
            if type(t) is tuple:  # several results
                for y, count in zip(t, version):
                    if y.storage.count != count:
                        self._refuse_changed(y, y.storage)
                continue
            storage = getattr(t, "storage", None)
            if storage is not None and storage.count != version:
                self._refuse_changed(t, storage)

    def _refuse_changed(self, t: Any, storage: Storage) -> None:
        where = f"\n    saved at  {describe_frame(self.where)}" if getattr(self, "where", None) else ""
        raise RuntimeError(
            f"backward through {self.name}: a value it saved, shape {tuple(t.array.shape)}, has been changed in place "
            f"by {storage.op}, so its gradient would be wrong.{where}\n"
            f"Use the out-of-place form instead of {storage.op}, or give {self.name} a clone() of the value."
        )

    def _refuse_freed(self) -> None:
        raise RuntimeError(
            f"backward through {self.name} a second time: its buffers are freed; "
            "pass retain_graph=True to the first backward()."
        )

    def _reconnect(self, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """Give saved values their place in the graph, so that what the rule computes can be differentiated."""
        places: list[int] = []
        for i in self._saves:
            places.extend(range(len(self.inputs)) if i == ALL else [i])
        result = []
        for i, t in zip(places, saved):
            if i == OUT:
                t = t._at(self) if isinstance(t, Tensor) else reconnected(self, t)
            elif isinstance(t, Tensor):
                source = self.inputs[i]
                if source is None:
                    t = t.detach() if t._requires_grad else t
                elif source is not t and source is not t.node:
                    t = t._at(source)
            result.append(t)
        return tuple(result)

    def result_moved(self, y: Tensor, x: Tensor) -> None:
        """The result y has been written to x's memory: where it is saved, it is read from there, and one array is enough."""
        if OUT not in self._saves or self.saved is None:
            return
        for i, t in enumerate(self.saved):
            if isinstance(t, Tensor) and t.array is y.array:
                t.array, t.storage = x.array, x._storage()
                self.versions = (*self.versions[:i], t.storage.count, *self.versions[i + 1 :])

    def release(self) -> None:
        """Let go of what was saved; the links stay, so a second sweep says what is missing."""
        if self._saves:
            self.saved = self.versions = None  # type: ignore[assignment]

    # ---- saved_tensors_hooks: what was saved, in a form of the user's ------------------------------------------------

    def _pack(self) -> None:
        """Hand the saved values to the hook in use, and keep what it makes of them."""
        hooks = packing.get()
        packed = tuple([tuple([hooks.pack(t) for t in x]) if type(x) is tuple else hooks.pack(x) for x in self.saved])
        self.saved, self.versions = None, Packed(packed, hooks)  # type: ignore[assignment]

    def _unpacked(self) -> tuple[Any, ...]:
        """The values again. Where nothing is left, they have been freed."""
        packed: Any = self.versions
        if type(packed) is not Packed:
            self._refuse_freed()
        unpack = packed.hooks.unpack
        return tuple([tuple([unpack(t) for t in x]) if type(x) is tuple else unpack(x) for x in packed.values])

    # ---- for people and pictures: `_saved_self`, `_saved_result` … ----------------------------------------------------

    def _places_of_names(self) -> dict[str, int]:
        """Where among the saved values each name stands: forward's own names, and PyTorch's."""
        names = inputs_of(type(self))
        if ALL in self._saves or not names:
            return {"_saved_tensors": -1} if self._saves else {}
        theirs = _THEIR_NAMES.get(type(self).name.partition("_")[0].rstrip("123d"), ("self", "other"))
        places: dict[str, int] = {}
        for k, i in enumerate(self._saves):
            for name in ("out", "result") if i == OUT else (names[i], *theirs[i : i + 1]):
                places["_saved_" + name] = k
        return places

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_saved_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        place = self._places_of_names().get(name)
        if place is None:
            raise AttributeError(f"{self.name}: it saves no {name.removeprefix('_saved_')!r}. See dir(node).")
        saved = self.saved if self.saved is not None else self._unpacked()
        if type(self.versions) is not Packed:
            self._check_unchanged(saved)
        saved = self._reconnect(saved)
        return saved if place < 0 else saved[place]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._places_of_names()]


# PyTorch's names of inputs, by the first word of an operation's name; else the first is `self`, the second `other`.
_THEIR_NAMES = {
    "matmul": ("self", "mat2"),
    "mm": ("self", "mat2"),
    "bmm": ("self", "mat2"),
    "dot": ("self", "tensor"),
    "addmm": ("self", "mat1", "mat2"),
    "conv": ("input", "weight"),
    "pow": ("self", "exponent"),
    "where": ("condition", "self", "other"),
}


def inputs_of(cls: type) -> list[str]:
    """The names that forward gives to its inputs."""
    forward = getattr(cls, "forward", None) or getattr(cls, "formula", None)
    code = getattr(forward, "__code__", None)
    return list(code.co_varnames[1 : code.co_argcount]) if code is not None else []


class Packed:
    """Saved values as a pack hook has made them, and the hooks."""

    __slots__ = ("hooks", "values")

    def __init__(self, values: tuple[Any, ...], hooks: Any) -> None:
        self.values, self.hooks = values, hooks

    def __iter__(self) -> Any:  # as versions: there are none to compare, the hooks answer for the values
        return iter(())


def twin(y: Tensor) -> Tensor:
    """The same memory without a node."""
    t = object.__new__(Tensor)
    t.array = y.array
    t.storage = y.storage or y._storage()
    return t


def arrays_of(t: Any) -> Any:
    """The array of a Tensor, the arrays of a tuple of them, anything else as it is."""
    if isinstance(t, tuple):
        return tuple(arrays_of(x) for x in t)
    return t.array if isinstance(t, Tensor) else t


def _owned(value: Any) -> Any:
    if type(value) is tuple:
        return tuple([_owned(v) for v in value])
    return on(value).owned(value) if hasattr(value, "strides") else value
