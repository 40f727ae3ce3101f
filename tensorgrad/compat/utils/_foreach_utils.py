"""A private helper of PyTorch's optimizers, which programs import."""

from __future__ import annotations

from typing import Any


def _group_tensors_by_device_and_dtype(
    tensorlistlist: list[list[Any]], with_indices: bool = False
) -> dict[tuple[Any, Any], tuple[list[list[Any]], list[int]]]:
    """Several lists, of one length, divided by the device and dtype of the first list's tensors."""
    groups: dict[tuple[Any, Any], tuple[list[list[Any]], list[int]]] = {}
    for i, entries in enumerate(zip(*tensorlistlist)):
        place = (entries[0].device, entries[0].dtype)
        lists, indices = groups.setdefault(place, ([[] for _ in tensorlistlist], []))
        for one, entry in zip(lists, entries):
            one.append(entry)
        if with_indices:
            indices.append(i)
    return groups
