"""Datasets: by number (`Dataset`) or one after the other (`IterableDataset`), and what is built from them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from typing import Any, Generic, TypeVar

import numpy as np

from ...ops.sampling import randperm
from ...refusals import OwnName, in_own_name
from ...tensor import Tensor

T = TypeVar("T")


class Dataset(Generic[T], OwnName):
    """Examples by number. A subclass gives `__getitem__(i)`, usually `__len__`, and may give `__getitems__(list)`."""

    def __getitem__(self, index: Any) -> T:
        raise TypeError(f"{type(self).__name__}: a Dataset defines __getitem__(index).")

    def __add__(self, other: Dataset[T]) -> ConcatDataset[T]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T]):
    """Examples one after the other, from a stream. A subclass gives `__iter__`.

    With several workers each of them iterates over the whole; split the work by `get_worker_info()`.
    """

    def __iter__(self) -> Iterator[T]:
        raise TypeError(f"{type(self).__name__}: an IterableDataset defines __iter__().")

    def __add__(self, other: Dataset[T]) -> Any:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """The rows of tensors of equal length: dataset[i] is (t₀[i], t₁[i], …)."""

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors:
            raise ValueError("TensorDataset: needs at least one tensor.")
        for t in tensors:
            if not isinstance(t, Tensor) or not t.ndim:
                kind = "a 0-d tensor" if isinstance(t, Tensor) else type(t).__name__
                raise TypeError(
                    f"TensorDataset: takes tensors with rows, got {kind}. Arrays: tensorgrad.from_numpy(a)."
                )
        sizes = [len(t) for t in tensors]
        if len(set(sizes)) > 1:
            raise ValueError(f"TensorDataset: the tensors have {sizes} rows; they must have the same number.")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple([t[index] for t in self.tensors])

    def __len__(self) -> int:
        return len(self.tensors[0])


class StackDataset(Dataset[Any]):
    """Datasets side by side: dataset[i] is a tuple (or, from keywords, a dict) of their i-th examples."""

    def __init__(self, *args: Dataset[Any], **kwargs: Dataset[Any]) -> None:
        if bool(args) == bool(kwargs):
            raise ValueError("StackDataset: give at least one dataset, all by position or all by name.")
        self.datasets: Any = kwargs or args
        sizes = [len(d) for d in (kwargs.values() if kwargs else args)]  # type: ignore[arg-type]
        if len(set(sizes)) > 1:
            raise ValueError(f"StackDataset: the datasets have {sizes} examples; they must have the same number.")
        self._length = sizes[0]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {k: d[index] for k, d in self.datasets.items()}
        return tuple(d[index] for d in self.datasets)

    def __getitems__(self, indices: list[int]) -> list[Any]:
        named = isinstance(self.datasets, dict)
        columns = [examples_of(d, indices) for d in (self.datasets.values() if named else self.datasets)]
        return [dict(zip(self.datasets, row)) if named else row for row in zip(*columns)]

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset[T]):
    """Datasets one behind the other."""

    def __init__(self, datasets: Iterable[Dataset[T]]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: needs at least one dataset.")
        if any(isinstance(d, IterableDataset) for d in self.datasets):
            raise TypeError("ConcatDataset: an IterableDataset has no numbers; use ChainDataset.")
        self.cumulative_sizes = list(accumulate(len(d) for d in self.datasets))  # type: ignore[arg-type]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> T:
        n = self.cumulative_sizes[-1]
        if not -n <= index < n:
            raise IndexError(f"ConcatDataset: index {index} is out of range for {n} examples.")
        index %= n
        which = bisect_right(self.cumulative_sizes, index)
        return self.datasets[which][index - (self.cumulative_sizes[which - 1] if which else 0)]


class ChainDataset(IterableDataset[T]):
    """Streams one behind the other."""

    def __init__(self, datasets: Iterable[Dataset[T]]) -> None:
        self.datasets = list(datasets)
        for d in self.datasets:
            if not isinstance(d, IterableDataset):
                raise TypeError(f"ChainDataset: takes IterableDatasets, got {type(d).__name__}.")

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self.datasets)  # type: ignore[arg-type]

    def __len__(self) -> int:
        return sum(len(d) for d in self.datasets)  # type: ignore[arg-type, misc]


class Subset(Dataset[T]):
    """Some examples of a dataset, by their numbers."""

    def __init__(self, dataset: Dataset[T], indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: list[int]) -> list[T]:
        return examples_of(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


@in_own_name
def random_split(dataset: Dataset[T], lengths: Sequence[float], generator: Any = None) -> list[Subset[T]]:
    """Cut a dataset at random into pieces without overlap.

    Args:
        lengths: numbers of examples that add up to the dataset's, or shares that add up to 1.
        generator: where the order comes from.
    """
    total = len(dataset)  # type: ignore[arg-type]
    for x in lengths:
        if x < 0 or x > 1 and x != int(x):
            raise ValueError(f"random_split: {x} in {list(lengths)} is neither a number of examples nor a share.")
    if abs(sum(lengths) - 1.0) < 1e-9:
        counts = [int(total * x) for x in lengths]
        for i in range(total - sum(counts)):  # what rounding left over goes round
            counts[i % len(counts)] += 1
    else:
        counts = [int(x) for x in lengths]
    if sum(counts) != total:
        raise ValueError(
            f"random_split: the lengths {list(lengths)} add up to {sum(lengths)}; they must add up to the {total} "
            "examples of the dataset, or to 1 if they are shares."
        )
    order = randperm(total, generator=generator).tolist()
    ends = list(accumulate(counts))
    return [Subset(dataset, order[end - n : end]) for n, end in zip(counts, ends)]


def examples_of(dataset: Any, indices: list[int]) -> list[Any]:
    """These examples, at once where the dataset knows how."""
    many = getattr(dataset, "__getitems__", None)
    return many(indices) if callable(many) else [dataset[i] for i in indices]


def rows_of(dataset: Any, numbers: Any) -> list[Tensor] | None:
    """The batch of these examples of a TensorDataset, or of a Subset of one, without taking it apart and stacking it
    again; None for any other dataset."""
    if type(dataset) is Subset:
        return rows_of(dataset.dataset, [dataset.indices[i] for i in numbers])
    rows = np.array(numbers) if type(dataset) is TensorDataset else None
    if rows is None or rows.dtype.kind != "i" or rows.ndim != 1:
        return None
    chosen = Tensor._of(rows)
    return [t[chosen] for t in dataset.tensors]
