"""Where arrays live."""

from __future__ import annotations

from typing import Any

from .refusals import in_own_name


class device:
    """A place for arrays: `device("cpu")`, `device("cuda")`, `device("cuda:1")`, `device("cuda", 1)`; on `device("meta")` a
    tensor has a shape and a dtype, and no numbers."""

    __slots__ = ("type", "index")
    type: str
    index: int | None

    def __init__(self, type: Any, index: int | None = None) -> None:
        if isinstance(type, device):
            type, index = type.type, type.index
        elif isinstance(type, int):
            type, index = "cuda", type
        kind, colon, number = str(type).partition(":")
        if kind not in ("cpu", "cuda", "meta") or (colon and not number.isdigit()):
            meant = " A graphics card is called 'cuda'." if kind.lower() in ("gpu", "nvidia", "cuda") else ""
            raise RuntimeError(
                f"device: {type!r} is not a device here. Choose 'cpu', 'cuda', 'cuda:N' or 'meta'.{meant}"
            )
        self.type = kind
        self.index = int(number) if colon else index

    def __enter__(self) -> device:
        """New tensors are made on this device inside."""
        _default.append(chosen(self, "device"))
        return self

    def __exit__(self, *error: object) -> None:
        _default.pop()

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + ("" if self.index is None else f", index={self.index}") + ")"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))


CPU, META = device("cpu"), device("meta")
_default = [CPU]  # the last: where new tensors are made


def default_device() -> device:
    """Where new tensors are made when nothing is said."""
    return _default[-1]


@in_own_name
def set_default_device(where: Any) -> None:
    """Choose where new tensors are made when nothing is said; None: on the CPU."""
    _default[-1] = CPU if where is None else chosen(where, "set_default_device")


def chosen(where: Any, caller: str) -> device:
    """The device that is meant (None: the default one).

    Raises:
        RuntimeError: it is no device of this machine.
    """
    if where is None:
        return _default[-1]
    found = where if isinstance(where, device) else device(where)
    if found.type == "cuda":
        raise RuntimeError(
            f"{caller}: no CUDA device can be used by this version of tensorgrad; leave device out or pass device='cpu'."
        )
    return found
