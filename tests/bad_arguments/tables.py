"""All rows, by family."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.bad_arguments import ops
from tests.bad_arguments.probe import Row

FAMILIES: dict[str, Callable[[], Iterator[Row]]] = {
    "operations": ops.operations,
    "in-place forms": ops.in_place_forms,
}
