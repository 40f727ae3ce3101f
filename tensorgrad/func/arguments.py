"""What the functions of functions ask of their arguments."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor

Argnums = int | tuple[int, ...]


def places_of(name: str, argnums: Argnums, args: tuple[Any, ...]) -> tuple[list[int], bool]:
    """The numbers of the chosen arguments, and whether one was asked for."""
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    wrong = [n for n in numbers if not -len(args) <= n < len(args)]
    if wrong or not numbers:
        raise RuntimeError(f"{name}: argnums {argnums!r} does not fit {len(args)} arguments.")
    return [n % len(args) for n in numbers], isinstance(argnums, int)


def apart(name: str, out: Any, has_aux: bool) -> tuple[Any, Any]:
    """What a function gives, and what it gives beside it."""
    if not has_aux:
        return out, None
    if not isinstance(out, tuple) or len(out) != 2:
        raise TypeError(f"{name}: with has_aux the function must give a pair, got {type(out).__name__}.")
    return out


def check_tensors(name: str, leaves: list[Any]) -> None:
    for y in leaves:
        if not isinstance(y, Tensor):
            raise TypeError(f"{name}: the function must give tensors, got a {type(y).__name__}.")


def check_chunk(name: str, chunk_size: int | None) -> None:
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"{name}: chunk_size must be at least 1, got {chunk_size}.")
