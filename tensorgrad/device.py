"""Where arrays live."""

from __future__ import annotations

from typing import Any


class device:
    """A place for arrays: `device("cpu")`, `device("cuda")`, `device("cuda:1")`, `device("cuda", 1)`."""

    __slots__ = ("type", "index")
    type: str
    index: int | None

    def __init__(self, type: Any, index: int | None = None) -> None:
        if isinstance(type, device):
            type, index = type.type, type.index
        elif isinstance(type, int):
            type, index = "cuda", type
        kind, colon, number = str(type).partition(":")
        if kind not in ("cpu", "cuda") or (colon and not number.isdigit()):
            meant = " A graphics card is called 'cuda'." if kind.lower() in ("gpu", "nvidia", "cuda") else ""
            raise RuntimeError(
                f"device: {type!r} is not a device here. Choose 'cpu', 'cuda' or 'cuda:N'.{meant}"
            )
        self.type = kind
        self.index = int(number) if colon else index

    def __enter__(self) -> device:
        """New tensors are made on this device inside; it must be the CPU."""
        on_cpu(self, "device")
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + ("" if self.index is None else f", index={self.index}") + ")"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))


CPU = device("cpu")


def on_cpu(where: Any, caller: str) -> None:
    """Refuse what is not the CPU, for creation and moves, as long as arrays live only there."""
    if where is not None and device(where).type != "cpu":
        raise RuntimeError(
            f"{caller}: no CUDA device can be used by this version of tensorgrad; leave device out or pass device='cpu'."
        )
