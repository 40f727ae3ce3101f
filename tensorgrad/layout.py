"""How PyTorch's tensors may lie in memory. Accepted wherever PyTorch takes them; here every tensor is an array with
strides, and functions choose the order of its axes themselves.
"""

from __future__ import annotations


class _Named:
    """A constant that is equal to itself only."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"tensorgrad.{self.name}"

    def __reduce__(self) -> str:
        return self.name


class memory_format(_Named):
    """The order of the axes in memory."""

    __slots__ = ()


class layout(_Named):
    """How elements are stored: all of them (`strided`); sparse tensors there are none."""

    __slots__ = ()


contiguous_format, preserve_format = memory_format("contiguous_format"), memory_format("preserve_format")
channels_last, channels_last_3d = memory_format("channels_last"), memory_format("channels_last_3d")
strided, sparse_coo = layout("strided"), layout("sparse_coo")
