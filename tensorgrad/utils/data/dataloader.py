"""DataLoader: a dataset in batches, in order or shuffled, fetched here or by workers a few batches ahead."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count, islice, repeat
from typing import Any, Generic, TypeVar

from ...ops.sampling import randint
from ...random import Generator, Seeded, drawing_from
from ...refusals import OwnName
from .collate import default_collate, default_convert
from .dataset import Dataset, IterableDataset, examples_of, rows_of
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler
from .workers import End, Failure, Job, Pool, WorkerInfo, context_of

T = TypeVar("T")
_FIXED = {"batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"}


class DataLoader(Generic[T], OwnName):
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
        worker_init_fn: called with the worker's number when it starts. A thread shares the globals of the program,
            NumPy's and Python's own random numbers among them; a process has its own, seeded.
        multiprocessing_context: None: workers are threads. "spawn" or "forkserver": processes; the dataset must pickle.
        generator: where order and seeds come from; the default one otherwise.
        prefetch_factor: batches each worker prepares ahead, 2 by default.
        persistent_workers: keep the workers between epochs.
        in_order: False gives batches as they come.
        pin_memory, pin_memory_device: accepted; CPU tensors have no use for it.

    The same seed gives the same batches with any number of workers, also when `dataset[i]` or `collate_fn` draws random
    numbers: each batch brings a generator of its own, which is the default one while the batch is made.
    (In PyTorch they depend on the number of workers, or on what else the program drew.)
    """

    def __init__(
        self,
        dataset: Dataset[T] | Sequence[T],
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
        if not isinstance(num_workers, int) or num_workers < 0:
            kind = ValueError if isinstance(num_workers, int) else TypeError
            raise kind(f"DataLoader: num_workers must be a whole number from 0 on, got {num_workers!r}.")
        if hasattr(batch_size, "__len__") and not isinstance(batch_size, str):
            shape = f" of shape {tuple(getattr(batch_size, 'shape', ()))}" if hasattr(batch_size, "shape") else ""
            raise TypeError(
                f"DataLoader: batch_size must be a whole number, got {type(batch_size).__name__}{shape}. Inputs and targets "
                "come as one dataset: DataLoader(TensorDataset(inputs, targets), batch_size=…), tensors both "
                "(tensorgrad.from_numpy)."
            )
        if timeout < 0:
            raise ValueError(f"DataLoader: timeout must be at least 0 seconds, got {timeout}.")
        for_workers = {"prefetch_factor": prefetch_factor is not None, "persistent_workers": persistent_workers}
        for_workers["multiprocessing_context"] = multiprocessing_context is not None
        for name, given in for_workers.items():
            if given and not num_workers:
                raise ValueError(f"DataLoader: {name} is for workers, and there are none; set num_workers above 0.")
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
        self.dataset: Any = dataset
        self.generator, self.num_workers, self.timeout = generator, num_workers, timeout
        self.worker_init_fn, self.persistent_workers, self.in_order = worker_init_fn, persistent_workers, in_order
        self.pin_memory, self.pin_memory_device, self.drop_last = pin_memory, pin_memory_device, drop_last
        self.multiprocessing_context = context_of(multiprocessing_context)
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
        self._pool: Pool | None = None  # of persistent workers, between epochs
        self._position: dict[str, Any] | None = None  # of the running epoch
        self._resume: tuple[int, int] | None = None  # seed and batch with which the next epoch starts
        self._made = True

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIXED and getattr(self, "_made", False):
            raise ValueError(
                f"DataLoader: {name} is fixed when it is made, others depend on it. Make a new DataLoader."
            )
        super().__setattr__(name, value)

    def __len__(self) -> int:
        if not self._stream:
            return len(self.batch_sampler if self._batched else self.sampler)  # type: ignore[arg-type]
        n = len(self.dataset)
        if self.batch_size is None:
            return n
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    # ---- iterating ------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Any]:
        seed, skip = self._resume or (self._draw_seed(), 0)
        self._resume = None
        self._position = {"seed": seed, "batch": skip, "sources": self._states()}
        return Epoch(self._epoch(self._position))

    def _epoch(self, position: dict[str, Any]) -> Iterator[Any]:
        seed, skip = position["seed"], position["batch"]
        first = 0 if self._stream else skip  # a stream has to be read from its start
        requests = islice(self._requests(seed), first, None)
        batches = self._by_workers(requests, seed) if self.num_workers else self._here(requests)
        try:
            for number, batch in enumerate(batches, first):
                if number >= skip:
                    position["batch"] = number + 1
                    yield batch
        finally:
            batches.close()  # type: ignore[attr-defined]
            if self._position is position:
                self._position = None

    def _requests(self, seed: int) -> Iterator[tuple[int, int, Any]]:
        """(number of the batch, its seed, what is asked for, or the Failure to say so). The order comes from the seed too,
        unless the sampler has a generator of its own."""
        draws = Seeded(seed)
        requests: Iterator[Any]
        with drawing_from(draws):
            if self._stream:
                requests = repeat(self.batch_size)
            else:
                requests = iter(self.batch_sampler if self._batched else self.sampler)  # type: ignore[arg-type]
        for number in count():
            with drawing_from(draws):
                try:
                    request = next(requests)
                except StopIteration:
                    return
                except Exception as error:
                    request = Failure(error)
            yield number, seed + 1 + number, request

    @property
    def _make_fetch(self) -> Callable[[Any], Callable[[Any], Any]]:
        if self._stream:
            return partial(_stream_fetch, drop_last=self.drop_last, collate=self.collate_fn)
        return partial(_number_fetch, batched=self._batched, collate=self.collate_fn)

    def _here(self, requests: Iterator[tuple[int, int, Any]]) -> Iterator[Any]:
        fetch: Any = None
        for _, seed, request in requests:
            try:
                with drawing_from(Seeded(seed)):
                    fetch = fetch or self._make_fetch(self.dataset)
                    batch = request if isinstance(request, Failure) else fetch(request)
            except BaseException as error:  # Ctrl-C, too, ends this batch alone
                batch = Failure(error)
            if isinstance(batch, End):
                return
            yield batch

    def _by_workers(self, requests: Iterator[tuple[int, int, Any]], seed: int) -> Iterator[Any]:
        pool, self._pool = self._pool, None
        if pool is None:
            n = self.num_workers
            infos = [WorkerInfo(i, n, seed + i, self.dataset) for i in range(n)]
            jobs = [Job(info, self._make_fetch, self.worker_init_fn) for info in infos]
            pool = Pool(jobs, self.prefetch_factor or 2, self.multiprocessing_context, self.timeout)
            if self.persistent_workers:
                weakref.finalize(self, pool.stop)
        keep = False
        try:
            yield from pool.answers(requests, self.in_order)
            keep = True
        except GeneratorExit:
            keep = True
        finally:
            if keep and self.persistent_workers and self._pool is None:
                self._pool = pool
            else:
                pool.stop()

    # ---- where it stands ------------------------------------------------------------------------------------------

    def _draw_seed(self) -> int:
        return int(randint(0, 2**62, (), generator=self.generator).item())

    def state_dict(self) -> dict[str, Any]:
        """Where the running epoch stands or, between two, the next one starts: what a `Checkpoint` needs to go on with
        the next batch. Ask after the step that used the last one."""
        return dict(self._position or {"seed": None, "batch": 0, "sources": self._states()})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go where `state_dict` was: the next iteration starts with the batch after. Those before are passed over and
        not fetched; a stream has to be read from its start.

        Raises:
            ValueError: it is not the state of such a DataLoader; the message names the entry, and nothing has changed.
        """
        sources, states, seed, batch = self._sources(), *_checked(state_dict)
        if len(states) != len(sources):
            raise ValueError(
                f"load_state_dict: the state has {len(states)} generators and samplers, this DataLoader "
                f"{len(sources)}. Make it with the same arguments as when it was saved."
            )
        before = self._states()
        try:
            for i, (source, state) in enumerate(zip(sources, states)):
                _put(source, state, f"DataLoader.load_state_dict: 'sources' {i}")
        except BaseException:
            for source, state in zip(sources, before):
                _put(source, state, "")
            raise
        self._resume = None if seed is None else (seed, batch)
        self._position = None if seed is None else dict(state_dict)

    def _sources(self) -> list[Any]:
        """What the order comes from besides the seed of the epoch: generators, and samplers that have a state."""
        samplers = [self.sampler, self.batch_sampler, getattr(self.batch_sampler, "sampler", None)]
        found = [self.generator, *(getattr(s, "generator", None) for s in samplers)]
        found = [g for g in found if isinstance(g, Generator)] + [s for s in samplers if hasattr(s, "load_state_dict")]
        return list({id(x): x for x in found}.values())

    def _states(self) -> list[Any]:
        return [x.get_state() if isinstance(x, Generator) else x.state_dict() for x in self._sources()]


def _checked(saved: Any) -> tuple[list[Any], int | None, int]:
    """The sources, seed and batch of a state."""
    if not isinstance(saved, Mapping):
        raise TypeError(f"DataLoader.load_state_dict: needs a dict as state_dict() gives it, got {type(saved).__name__}.")
    known = {
        "sources": (lambda x: isinstance(x, (list, tuple)), "a list"),
        "seed": (lambda x: x is None or type(x) is int and 0 <= x < 2**63, "None or a whole number from 0 on"),
        "batch": (lambda x: type(x) is int and 0 <= x < 2**63, "a whole number from 0 on"),
    }
    for key, (right, words) in known.items():
        if key not in saved or not right(saved[key]):
            found = f"is {saved[key]!r:.100}" if key in saved else "is missing"
            raise ValueError(f"DataLoader.load_state_dict: the entry {key!r} {found}, expected {words}. Nothing has changed.")
    return list(saved["sources"]), saved["seed"], saved["batch"]


def _put(source: Any, state: Any, where: str) -> None:
    """Give a generator or sampler its state back."""
    try:
        (source.set_state if isinstance(source, Generator) else source.load_state_dict)(state)
    except Exception as error:
        kind = type(source).__name__
        raise ValueError(f"{where} is no state of a {kind}: {error}. Nothing has changed.") from error


class Epoch(Iterator[Any]):
    """The batches of one epoch. One that cannot be made raises what went wrong with it; the next is asked for as if it had
    been there."""

    def __init__(self, answers: Any) -> None:
        self._answers = answers

    def __next__(self) -> Any:
        answer = next(self._answers)
        if not isinstance(answer, Failure):
            return answer
        del self  # the error keeps this frame: an epoch that nobody asks for more must be free to send its workers home
        error = answer.error
        try:
            if isinstance(error, StopIteration):  # a loop would take it for the end of the epoch
                raise RuntimeError("DataLoader: StopIteration came out of the dataset or of collate_fn.") from error
            raise error
        finally:
            del answer, error

    def close(self) -> None:
        """Break the epoch off: its workers are free."""
        self._answers.close()


def _number_fetch(dataset: Any, batched: bool, collate: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Fetch the examples with given numbers."""

    def fetch(numbers: Any) -> Any:
        if not batched:
            return collate(dataset[numbers])
        if collate is default_collate:
            rows = rows_of(dataset, numbers)
            if rows is not None:
                return rows
        return collate(examples_of(dataset, numbers))

    return fetch


def _stream_fetch(dataset: Any, drop_last: bool, collate: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Fetch the next examples of a stream; `End` when there are none."""
    stream = iter(dataset)

    def fetch(size: int | None) -> Any:
        if size is None:
            for example in stream:
                return collate(example)
            return End()
        batch = list(islice(stream, size))
        if not batch or drop_last and len(batch) < size:
            return End()
        return collate(batch)

    return fetch


__all__ = ["DataLoader", "default_collate", "default_convert"]
