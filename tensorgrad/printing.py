"""How a tensor shows itself: as PyTorch prints it.

All elements of one tensor are written in one style (whole, with decimals, scientific) and to one width, so that they
stand in columns. Of a tensor with many elements only the ends of each axis are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from math import inf, isfinite
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar, Self

from . import dtypes
from .refusals import in_own_name


class Options:
    """precision: digits after the point. threshold: beyond how many elements only the ends are shown. edgeitems: how
    many at each end. linewidth: characters. sci_mode: scientific always, never, or (None) where the numbers ask for it.
    """

    def __init__(
        self,
        precision: int = 4,
        threshold: float = 1000,
        edgeitems: int = 3,
        linewidth: int = 80,
        sci_mode: bool | None = None,
    ) -> None:
        self.precision, self.threshold, self.edgeitems = precision, threshold, edgeitems
        self.linewidth, self.sci_mode = linewidth, sci_mode


_PROFILES = {
    "default": Options(),
    "short": Options(precision=2, edgeitems=2),
    "full": Options(threshold=inf),
}
_options = Options()


@in_own_name
def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors are printed; what is None stays as it is, but for `sci_mode`, where None means: as fits.

    Args:
        precision: digits after the point (4).
        threshold: how many elements are printed in full (1000).
        edgeitems: how many are shown at each end of an axis beyond that (3).
        linewidth: characters per line (80).
        profile: 'default', 'short' or 'full': settings for all of these, before the others apply.
        sci_mode: True: scientific notation, False: never.
    """
    global _options
    chosen = _options
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"set_printoptions: profile must be one of {', '.join(_PROFILES)}, got {profile!r}.")
        chosen = _PROFILES[profile]
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    for name, value in given.items():
        if value is not None and not value >= 0:
            raise ValueError(f"set_printoptions: {name} must be 0 or more, got {value}.")
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    _options = Options(**{**vars(chosen), **changes, "sci_mode": sci_mode})


def get_printoptions() -> dict[str, Any]:
    """The current settings, by name."""
    return dict(vars(_options))


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Inside, tensors are printed with these options of `set_printoptions`."""
    global _options
    before = _options
    try:
        set_printoptions(**options)
        yield
    finally:
        _options = before


def text(t: Any, contents: str | None = None) -> str:
    """tensor([…], size=…, dtype=…, grad_fn=<…>), with what goes without saying left out."""
    array, prefix, options = t.array, "tensor(", _options
    default, size = t.dtype is dtypes.get_default_dtype(), options.edgeitems == 0
    notes = []
    if t.is_meta:
        body, size = "...", True
        notes.append("device='meta'")
    elif array.size == 0:
        body, size = "[]", array.ndim != 1
    else:
        body = _body(array, len(prefix), options) if contents is None else contents
        default = default or t.dtype is dtypes.int64 or t.dtype is dtypes.bool
    if size:
        notes.append(f"size={tuple(array.shape)}")
    if not default:
        notes.append(f"dtype={t.dtype}")
    if t.grad_fn is not None:
        notes.append(f"grad_fn={t.grad_fn!r}")
    elif t.requires_grad:
        notes.append("requires_grad=True")
    return _with_notes(prefix + body, notes, len(prefix), options.linewidth)


if TYPE_CHECKING:
    from typing import NamedTuple as Result  # to a type checker it is one
else:

    class Result(tuple[Any, ...]):
        """The results of an operation that have names, shown as PyTorch shows them: a line for each.

        What `typing.NamedTuple` is, but made without compiling code, which for thirty of them would take 5 ms of the import.
        """

        _fields: ClassVar[tuple[str, ...]] = ()

        def __init_subclass__(cls) -> None:
            cls._fields = cls.__match_args__ = tuple(cls.__dict__.get("__annotations__", ()))
            for i, name in enumerate(cls._fields):
                setattr(cls, name, property(itemgetter(i)))

        def __new__(cls, *values: Any, **named: Any) -> Self:
            if named:
                values += tuple([named.pop(name) for name in cls._fields[len(values) :] if name in named])
            if named or len(values) != len(cls._fields):
                raise TypeError(f"{cls.__name__}: takes {', '.join(cls._fields)}.")
            return tuple.__new__(cls, values)

        @classmethod
        def _make(cls, values: Iterable[Any]) -> Self:
            return cls(*values)

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self))

        def _replace(self, **named: Any) -> Self:
            return type(self)(**{**self._asdict(), **named})

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            name = type(self).__name__.removesuffix("_result")
            return f"tensorgrad.return_types.{name}(\n" + ",\n".join(f"{k}={v!r}" for k, v in self._asdict().items()) + ")"


def _with_notes(words: str, notes: list[str], indent: int, linewidth: int) -> str:
    """Notes behind the last line as long as there is room, else on lines of their own."""
    length = len(words) - words.rfind("\n") + 1
    for note in notes:
        if length + len(note) + 2 > linewidth:
            words += ",\n" + " " * indent + note
            length = indent + len(note)
        else:
            words += ", " + note
            length += len(note) + 2
    return words + ")"


def _body(array: Any, indent: int, options: Options) -> str:
    edge = options.edgeitems if array.size > options.threshold else None
    seen = array
    for axis, n in enumerate(array.shape):
        if edge is not None and n > 2 * edge:
            seen = seen.take([*range(edge), *range(n - edge, n)], axis)
    show, width = _style(seen.ravel().tolist(), options)
    return _block(array, indent, edge, show, width + 2, options.linewidth)


def _block(array: Any, indent: int, edge: int | None, show: Callable[[Any], str], step: int, linewidth: int) -> str:
    """Nested brackets around rows; `edge` elements (slices) at each end, or all of them for None."""
    if array.ndim == 0:
        return show(array.item())
    n = len(array)
    ends = edge is not None and (n > 2 * edge or edge == 0)
    places = [*range(edge or 0), None, *range(n - (edge or 0), n)] if ends else range(n)
    if array.ndim > 1:
        parts = ["..." if i is None else _block(array[i], indent + 1, edge, show, step, linewidth) for i in places]
        return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"
    words = [("..." if edge == 0 else " ...") if i is None else show(array[i].item()) for i in places]
    per_line = max(1, (linewidth - indent) // step)
    lines = [", ".join(words[i : i + per_line]) for i in range(0, len(words), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _style(values: list[Any], options: Options) -> tuple[Callable[[Any], str], int]:
    """How to write each of these values, and the width that gives them."""
    precision, scientific = options.precision, options.sci_mode
    if values and not isinstance(values[0], float):
        width = max(len(str(v)) for v in values)
        return lambda v: str(v).rjust(width), width
    numbers = [v for v in values if v and isfinite(v)]  # zeros, nan and inf fit in anywhere
    if not numbers:
        return (lambda v: f"{v:.0f}" + "." * isfinite(v)), 1
    whole = all(v.is_integer() for v in numbers)
    largest, smallest = max(map(abs, numbers)), min(map(abs, numbers))
    if scientific is None:
        scientific = largest / smallest > 1000 or largest > 1e8 or smallest < 1e-4

    def write(v: float) -> str:
        if scientific:
            return f"{v:.{precision}e}"
        if whole:
            return f"{v:.0f}" + "." * isfinite(v)
        return f"{v:.{precision}f}"

    width = max(len(write(v)) for v in numbers)
    return lambda v: write(v).rjust(width), width
