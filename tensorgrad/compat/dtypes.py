"""Names of element types of which there are no tensors here: programs have them in tables and compare with them. A tensor
of one is refused, by name."""

from __future__ import annotations

from typing import Any

from ..dtypes import FLOATING, INTEGER, dtype


class Absent(dtype):
    """An element type by name only."""

    __slots__ = ("is_complex",)  # of a dtype here it never is

    def __init__(self, name: str, itemsize: int, kind: str) -> None:
        self.name, self.itemsize = name, itemsize
        self.category = INTEGER if kind in "iuq" else FLOATING
        self.is_complex = kind == "c"
        self.is_floating_point = kind == "f"
        self.is_signed = kind not in "u"

    @property
    def numpy(self) -> Any:
        raise TypeError(f"dtype: there are no tensors of {self.name} here. Choose a real dtype such as float32 or int64.")

    def __reduce__(self) -> Any:
        return self.name


complex32 = chalf = Absent("complex32", 4, "c")
complex64 = cfloat = Absent("complex64", 8, "c")
complex128 = cdouble = Absent("complex128", 16, "c")
uint16, uint32, uint64 = Absent("uint16", 2, "u"), Absent("uint32", 4, "u"), Absent("uint64", 8, "u")
float8_e4m3fn, float8_e5m2 = Absent("float8_e4m3fn", 1, "f"), Absent("float8_e5m2", 1, "f")
float8_e4m3fnuz, float8_e5m2fnuz = Absent("float8_e4m3fnuz", 1, "f"), Absent("float8_e5m2fnuz", 1, "f")
qint8, quint8, qint32 = Absent("qint8", 1, "q"), Absent("quint8", 1, "u"), Absent("qint32", 4, "q")

__all__ = [
    "cdouble", "cfloat", "chalf", "complex32", "complex64", "complex128", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2",
    "float8_e5m2fnuz", "qint8", "qint32", "quint8", "uint16", "uint32", "uint64",
]  # fmt: skip
