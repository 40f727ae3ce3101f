"""The workers of a DataLoader: threads, or processes that are spawned. Never forked: a forked child inherits locks and
thread pools in whatever state they were.

A batch has a number. Number i goes to worker i modulo n and brings a seed of its own, so neither timing nor the number
of workers has a say in what it holds.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import pickle
import queue
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...dtypes import get_default_dtype, set_default_dtype
from ...random import Seeded, drawing_from


@dataclass(frozen=True)
class WorkerInfo:
    """Which worker this is: `id` of `num_workers`, its `seed`, and its `dataset`."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


_info: ContextVar[WorkerInfo | None] = ContextVar("tensorgrad.worker", default=None)


def get_worker_info() -> WorkerInfo | None:
    """Inside a worker its number, seed and dataset; None outside."""
    return _info.get()


class End:
    """Instead of a batch: this stream has run out."""


@dataclass(frozen=True)
class Failure:
    """Instead of a batch: the exception that came up."""

    error: BaseException

    def portable(self) -> Failure:
        """A twin that can be pickled. A traceback cannot: its text goes along as a note."""
        text = "".join(traceback.format_exception(self.error))
        error = self.error
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            error = _rebuilt(type(error), str(error))
        error.add_note(f"In the worker:\n{text}")
        return Failure(error.with_traceback(None))


def _rebuilt(kind: type[BaseException], words: str) -> BaseException:
    """An exception that does not pickle as one that does: of the same type if it can be made from its message."""
    try:
        error = kind(words)
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{kind.__name__}: {words}")
    return error


@dataclass(frozen=True)
class Job:
    """What a worker is given when it starts."""

    info: WorkerInfo
    make_fetch: Callable[[Any], Callable[[Any], Any]]  # dataset → (request → batch)
    init: Callable[[int], Any] | None

    def serve(self, receive: Callable[[], Any], answer: Callable[[int, int, Any], None]) -> None:
        """A worker's life: take tasks and give answers, until a task is None."""
        _info.set(self.info)
        failure = None
        try:
            if self.init is not None:
                with drawing_from(Seeded(self.info.seed)):
                    self.init(self.info.id)
        except BaseException as error:
            failure = self._failure(error, "worker_init_fn")
        at: Any = None
        while (task := receive()) is not None:
            epoch, number, seed, request = task
            result: Any = failure
            if failure is None:
                try:
                    with drawing_from(Seeded(seed)):
                        if epoch != at:
                            at, fetch = epoch, self.make_fetch(self.info.dataset)
                        result = fetch(request)
                except BaseException as error:  # SystemExit too: the loop must hear of it, or it waits for ever
                    result = self._failure(error, f"batch {number}")
            answer(epoch, number, result)
            result = None  # an error that is raised for the loop knows the loop's frames

    def _failure(self, error: BaseException, what: str) -> Failure:
        error.add_note(f"Raised in DataLoader worker {self.info.id}, {what}.")
        return Failure(error)


class Pool:
    """n workers that answer requests in order, a few ahead of who asks."""

    def __init__(self, jobs: list[Job], ahead: int, context: Any, timeout: float) -> None:
        self.n, self.ahead, self.timeout = len(jobs), ahead, timeout
        self.patience = 5.0
        self.workers: _Threads | _Processes = _Threads(jobs) if context is None else _Processes(jobs, context)
        self.epoch = 0

    def answers(self, requests: Iterable[tuple[int, int, Any]], in_order: bool) -> Iterator[Any]:
        """The batches for (number, seed, request), numbered one after the other; a Failure stands for one that could not be
        made."""
        self.epoch += 1  # what comes late for an epoch that was broken off is not taken for one of this
        tasks = iter(requests)
        arrived: dict[int, Any] = {}
        ended: set[int] = set()  # workers whose stream has run out
        underway, more = 0, True
        first = sent = done = -1
        while True:
            while more and (first < 0 or sent - done < self.n * self.ahead):
                task = next(tasks, None)
                if task is None or len(ended) == self.n:
                    more = False
                    break
                if first < 0:
                    first = sent = done = task[0]
                if sent % self.n in ended:
                    arrived[sent] = End()
                elif isinstance(task[2], Failure):  # of the sampler
                    arrived[sent] = task[2]
                else:
                    self.workers.send(sent % self.n, (self.epoch, *task))
                    underway += 1
                sent += 1
            while not (done in arrived if in_order else arrived):
                if not underway:
                    return
                try:
                    number, answer = self._receive()
                except queue.Empty:
                    yield Failure(self._late())
                    continue
                arrived[number] = answer
                underway -= 1
                if isinstance(answer, End):
                    ended.add(number % self.n)
            answer = arrived.pop(done if in_order else next(iter(arrived)))
            done += 1
            if not isinstance(answer, End):
                yield answer

    def _receive(self) -> tuple[int, Any]:
        """The next answer of this epoch; queue.Empty if it does not come in time."""
        deadline = time.monotonic() + self.timeout if self.timeout else None
        while True:
            epoch, number, answer = self.workers.receive(deadline and max(deadline - time.monotonic(), 0))
            if epoch == self.epoch:
                return number, answer

    def _late(self) -> RuntimeError:
        self.patience = 0.0
        return RuntimeError(
            f"DataLoader: no batch came within timeout={self.timeout} seconds. "
            "Set it higher, or look for what dataset[i] waits for."
        )

    def stop(self) -> None:
        """Send the workers home and wait until they have left, for a few seconds at most."""
        self.workers.stop(time.monotonic() + self.patience)


class _Threads:
    def __init__(self, jobs: list[Job]) -> None:
        self.answers: Any = queue.SimpleQueue()
        self.tasks: list[Any] = []
        self.members = []
        self.stopped = False
        for job in jobs:
            tasks: Any = queue.SimpleQueue()

            def receive(tasks: Any = tasks) -> Any:
                task = tasks.get()
                return None if self.stopped else task

            def answer(epoch: int, number: int, result: Any) -> None:
                self.answers.put((epoch, number, result))

            name = f"DataLoader worker {job.info.id}"
            member = threading.Thread(target=job.serve, args=(receive, answer), daemon=True, name=name)
            member.start()
            self.tasks.append(tasks)
            self.members.append(member)

    def send(self, worker: int, task: Any) -> None:
        self.tasks[worker].put(task)

    def receive(self, timeout: float | None) -> Any:
        return self.answers.get(timeout=timeout)

    def stop(self, deadline: float) -> None:
        self.stopped = True
        for tasks in self.tasks:
            tasks.put(None)
        for member in self.members:
            if member is not threading.current_thread():
                member.join(max(deadline - time.monotonic(), 0))


class _Processes:
    """A pipe to each worker: a closed one says that its worker is gone."""

    def __init__(self, jobs: list[Job], context: Any) -> None:
        self.pipes: list[Any] = []
        self.members: list[Any] = []
        for job in jobs:
            ours, theirs = context.Pipe()
            name = f"DataLoader worker {job.info.id}"
            args = (job, theirs, get_default_dtype().name)
            member = context.Process(target=_process, args=args, daemon=True, name=name)
            self.pipes.append(ours)
            try:
                member.start()
            except (AttributeError, TypeError, pickle.PicklingError) as error:
                self.stop(time.monotonic())
                raise TypeError(
                    f"DataLoader: cannot send dataset, collate_fn and worker_init_fn to a process: {error}. Define "
                    "them at the top of a module, or use threads: multiprocessing_context=None."
                ) from error
            theirs.close()
            self.members.append(member)

    def send(self, worker: int, task: Any) -> None:
        try:
            self.pipes[worker].send(task)
        except OSError:
            self._gone(worker)

    def receive(self, timeout: float | None) -> Any:
        ready = multiprocessing.connection.wait(self.pipes, timeout)
        if not ready:
            raise queue.Empty
        try:
            return pickle.loads(ready[0].recv_bytes())  # type: ignore[union-attr]
        except (EOFError, OSError):
            self._gone(self.pipes.index(ready[0]))

    def _gone(self, worker: int) -> None:
        member = self.members[worker]
        member.join(5)
        raise RuntimeError(
            f"DataLoader: worker {worker} (process {member.pid}) is gone, exit code {member.exitcode}; what it said "
            'stands above. A program that starts processes keeps its own start under `if __name__ == "__main__":`.'
        ) from None

    def stop(self, deadline: float) -> None:
        for pipe in self.pipes:
            pipe.close()
        for member in self.members:
            member.join(max(deadline - time.monotonic(), 0))
            if member.is_alive():
                member.terminate()
                member.join()


def _process(job: Job, pipe: Any, dtype: str) -> None:
    """A worker process. A thread of its own sends the answers, so that the next batch need not wait for a reader."""
    import random

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program; it closes the pipe
    set_default_dtype(dtype)
    random.seed(job.info.seed)
    np.random.seed(job.info.seed % 2**32)
    outbox: Any = queue.SimpleQueue()

    def send() -> None:
        try:
            while True:
                pipe.send_bytes(outbox.get())
        except OSError:
            pass

    def receive() -> Any:
        try:
            return pipe.recv()
        except (EOFError, OSError):
            return None

    def answer(epoch: int, number: int, result: Any) -> None:
        try:
            if isinstance(result, Failure):
                result = result.portable()
            data = pickle.dumps((epoch, number, result), pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            error.add_note(f"Batch {number} of DataLoader worker {job.info.id} cannot be pickled; use threads.")
            data = pickle.dumps((epoch, number, Failure(error).portable()))
        outbox.put(data)

    threading.Thread(target=send, daemon=True).start()
    job.serve(receive, answer)


def context_of(name: Any) -> Any:
    """None for threads, or a multiprocessing context that does not fork."""
    if name is None:
        return None
    known = ("spawn", "forkserver")
    if isinstance(name, str) and name not in (*known, "fork"):
        raise ValueError(f"DataLoader: multiprocessing_context must be None (threads) or one of {known}, got {name!r}.")
    context = multiprocessing.get_context(name) if isinstance(name, str) else name
    if context.get_start_method() == "fork":
        raise ValueError(
            "DataLoader: multiprocessing_context 'fork' copies locks and thread pools in mid-air and can hang; "
            "use 'spawn' or 'forkserver', or None for threads."
        )
    return context
