"""DistributedSampler: each process its own share of a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...ops.sampling import randperm
from ...random import Generator
from .sampler import Sampler


class DistributedSampler(Sampler[int]):
    """Every n-th number of a common order, beginning with one's own rank, so that n processes share the examples.

    Args:
        num_replicas: how many processes there are. rank: which of them this is, from 0.
        shuffle: a new order each epoch; call `set_epoch(epoch)` before each, or it is always the same.
        seed: of that order; the same in all processes.
        drop_last: leave out what does not divide evenly; otherwise the first examples come twice, so that all
            processes have as many.
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        num_replicas, rank = 1 if num_replicas is None else num_replicas, rank or 0
        if not 0 <= rank < num_replicas:
            raise ValueError(f"DistributedSampler: rank must be from 0 to {num_replicas - 1}, got {rank}.")
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.shuffle, self.seed, self.drop_last, self.epoch = shuffle, seed, drop_last, 0
        n = len(dataset)
        self.num_samples = n // num_replicas if drop_last else -(-n // num_replicas)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[int]:
        n = len(self.dataset)
        if self.shuffle:
            order = randperm(n, generator=Generator().manual_seed(self.seed + self.epoch)).tolist()
        else:
            order = list(range(n))
        if n:
            order = (order * -(-self.total_size // n))[: self.total_size]
        return iter(order[self.rank :: self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of this epoch."""
        self.epoch = epoch


__all__ = ["DistributedSampler"]
