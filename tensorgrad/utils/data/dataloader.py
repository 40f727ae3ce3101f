"""DataLoader: a dataset in batches, in order or shuffled, fetched here or by workers a few batches ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import repeat
from typing import Any, Generic, TypeVar

from .collate import default_collate, default_convert
from .dataset import Dataset, IterableDataset
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler
from .workers import Pool, context_of

T = TypeVar("T")


class DataLoader(Generic[T]):
    """Iterate over a dataset in batches.

    Args:
        dataset: a `Dataset`, anything with `__getitem__` and `__len__`, or an `IterableDataset`.
        batch_size: None gives single examples, not collated.
        shuffle: a new random order each epoch.
        sampler, batch_sampler: which examples in which order, instead of shuffle (and of batch_size, drop_last).
        num_workers: 0 fetches batches here; n lets n workers prepare them ahead.
        collate_fn: from a list of examples to a batch; stacks tensors by default.
        drop_last: leave out a last smaller batch.
        timeout: seconds to wait for a worker's batch; 0 is for ever.
        worker_init_fn: called with the worker's number when it starts.
        multiprocessing_context: None: workers are threads. "spawn" or "forkserver": processes; the dataset must pickle.
        generator: where the order, and the workers' seeds, come from; the default one otherwise.
        prefetch_factor: batches each worker prepares ahead, 2 by default.
        persistent_workers: keep the workers between epochs.
        in_order: False gives batches as they come.
        pin_memory, pin_memory_device: accepted; CPU tensors have no use for it.

    The same seed gives the same batches, whatever the number of workers; random numbers drawn inside `dataset[i]` depend
    on the number of workers, not on their timing.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Sampler[Any] | Iterable[Any] | None = None,
        batch_sampler: Sampler[list[Any]] | Iterable[list[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        if num_workers < 0:
            raise ValueError(f"DataLoader: num_workers must be at least 0, got {num_workers}; 0 fetches batches here.")
        if timeout < 0:
            raise ValueError(f"DataLoader: timeout must be at least 0 seconds, got {timeout}.")
        if num_workers == 0 and prefetch_factor is not None:
            raise ValueError("DataLoader: prefetch_factor is for workers; set num_workers above 0.")
        if num_workers == 0 and persistent_workers:
            raise ValueError("DataLoader: persistent_workers needs num_workers above 0.")
        if prefetch_factor is not None and prefetch_factor < 1:
            raise ValueError(f"DataLoader: prefetch_factor must be at least 1, got {prefetch_factor}.")
        self._stream = isinstance(dataset, IterableDataset)
        if self._stream:
            if shuffle:
                raise ValueError("DataLoader: a stream cannot be shuffled; shuffle inside the IterableDataset.")
            if sampler is not None or batch_sampler is not None:
                raise ValueError("DataLoader: a stream has no numbers; it takes neither sampler nor batch_sampler.")
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: sampler and shuffle both set the order; give one of them.")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError("DataLoader: batch_sampler excludes batch_size, shuffle, sampler and drop_last.")
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("DataLoader: drop_last is for batches; batch_size is None.")
        self._context = context_of(multiprocessing_context) if num_workers else None
        self.dataset, self.num_workers, self.timeout, self.worker_init_fn = dataset, num_workers, timeout, worker_init_fn
        self.generator, self.persistent_workers, self.in_order = generator, persistent_workers, in_order
        self.pin_memory, self.drop_last = pin_memory, drop_last
        self.prefetch_factor = prefetch_factor if prefetch_factor is not None or not num_workers else 2
        if sampler is None and not self._stream and batch_sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None and batch_sampler is None and not self._stream:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)  # type: ignore[arg-type]
        elif batch_size is not None:
            BatchSampler([], batch_size, drop_last)  # for its checks
        self.batch_size, self.sampler, self.batch_sampler = batch_size, sampler, batch_sampler
        self._batched = batch_size is not None or batch_sampler is not None
        self.collate_fn = collate_fn or (default_collate if self._batched else default_convert)
        self._pool: Pool | None = None

    def __len__(self) -> int:
        if not self._stream:
            return len(self.batch_sampler if self._batched else self.sampler)  # type: ignore[arg-type]
        n = len(self.dataset)
        if self.batch_size is None:
            return n
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        requests: Iterator[Any]
        if self._stream:
            requests = repeat(self.batch_size)
            make_fetch: Any = partial(_stream_fetch, drop_last=self.drop_last, collate=self.collate_fn)
        else:
            requests = iter(self.batch_sampler if self._batched else self.sampler)  # type: ignore[arg-type]
            make_fetch = partial(_number_fetch, batched=self._batched, collate=self.collate_fn)
        if self.num_workers == 0:
            return self._here(requests, make_fetch(self.dataset))
        return self._by_workers(requests, make_fetch)

    def _here(self, requests: Iterator[Any], fetch: Callable[[Any], Any]) -> Iterator[Any]:
        for request in requests:
            try:
                batch = fetch(request)
            except StopIteration:
                return
            yield batch

    def _by_workers(self, requests: Iterator[Any], make_fetch: Any) -> Iterator[Any]:
        pool = self._pool
        if pool is None:
            from ...ops.sampling import randint

            seed = int(randint(0, 2**62, (), generator=self.generator).item())
            pool = Pool(
                self.dataset, make_fetch, self.num_workers, self.prefetch_factor or 2, seed, self.worker_init_fn,
                self._context, self.timeout,
            )  # fmt: skip
            if self.persistent_workers and not self._stream:
                self._pool = pool
        finished = False
        try:
            yield from pool.answers(requests, self.in_order)
            finished = True
        finally:
            if pool is not self._pool or not finished:
                self._pool = None
                pool.stop()

    def __del__(self) -> None:
        pool = getattr(self, "_pool", None)
        if pool is not None:
            pool.stop()


def _number_fetch(dataset: Any, batched: bool, collate: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Fetch the examples with given numbers."""
    many = getattr(dataset, "__getitems__", None)

    def fetch(numbers: Any) -> Any:
        if not batched:
            return collate(dataset[numbers])
        return collate(many(numbers) if callable(many) else [dataset[i] for i in numbers])

    return fetch


def _stream_fetch(dataset: Any, drop_last: bool, collate: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Fetch the next examples of a stream; StopIteration at its end."""
    stream = iter(dataset)

    def fetch(size: int | None) -> Any:
        if size is None:
            return collate(next(stream))
        batch = []
        for example in stream:
            batch.append(example)
            if len(batch) == size:
                return collate(batch)
        if not batch or drop_last:
            raise StopIteration
        return collate(batch)

    return fetch


__all__ = ["DataLoader", "Dataset"]
