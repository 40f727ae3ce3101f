"""The workers of a DataLoader: threads, or processes that are spawned. Never forked: a forked child inherits locks and
thread pools in whatever state they were.

Batch number i goes to worker i modulo n, so that what a worker has drawn from its generator does not depend on timing.
"""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


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


class WorkerError(Exception):
    """An exception on its way from a worker to the loop that waits for the batch."""

    def __init__(self, worker: int, error: BaseException, text: str) -> None:
        super().__init__(worker, error, text)
        self.worker, self.error, self.text = worker, error, text

    def reraise(self) -> None:
        """The same exception, of the same type, saying where it came from."""
        where = f"Caught {type(self.error).__name__} in DataLoader worker {self.worker}.\nOriginal {self.text}"
        try:
            copy = type(self.error)(where)
        except Exception:
            copy = RuntimeError(where)
        raise copy from self.error


_END = "end of the stream"


def serve(
    info: WorkerInfo, make_fetch: Callable[[Any], Callable[[Any], Any]], init: Any, tasks: Any, results: Any
) -> None:
    """A worker's life: take numbered tasks, put numbered results, until told None."""
    from ... import random

    _info.set(info)
    try:
        random.use_in_this_context(random.Generator().manual_seed(info.seed))
        if init is not None:
            init(info.id)
        fetch = make_fetch(info.dataset)
        failed = None
    except Exception as error:
        failed = WorkerError(info.id, error, traceback.format_exc())
    while True:
        task = tasks.get()
        if task is None:
            return
        number, request = task
        if failed is not None:
            results.put((number, failed))
            continue
        try:
            results.put((number, fetch(request)))
        except StopIteration:
            results.put((number, _END))
        except Exception as error:
            results.put((number, WorkerError(info.id, error, traceback.format_exc())))


class Pool:
    """n workers that compute the answers to requests, in order, a few ahead of who asks."""

    def __init__(
        self,
        dataset: Any,
        make_fetch: Callable[[Any], Callable[[Any], Any]],
        workers: int,
        ahead: int,
        seed: int,
        init: Any,
        context: Any,
        timeout: float,
    ) -> None:
        self.n, self.ahead, self.timeout = workers, ahead, timeout
        if context is None:
            new_queue: Any = queue.SimpleQueue
        else:
            new_queue = context.SimpleQueue if timeout == 0 else context.Queue
        self.tasks = [new_queue() for _ in range(workers)]
        self.results = queue.SimpleQueue() if context is None else context.Queue()
        self.members: list[Any] = []
        for i in range(workers):
            info = WorkerInfo(i, workers, seed + i, dataset)
            args = (info, make_fetch, init, self.tasks[i], self.results)
            kind = threading.Thread if context is None else context.Process
            member = kind(target=serve, args=args, daemon=True, name=f"DataLoader worker {i}")
            member.start()
            self.members.append(member)

    def answers(self, requests: Iterator[Any], in_order: bool) -> Iterator[Any]:
        """The answers to the requests, in order."""
        sent = done = 0
        waiting: dict[int, Any] = {}
        ended: set[int] = set()  # workers whose stream has run out
        exhausted = False
        pending: set[int] = set()
        while True:
            while not exhausted and len(pending) + len(waiting) < self.n * self.ahead:
                try:
                    request = next(requests)
                except StopIteration:
                    exhausted = True
                    break
                if sent % self.n in ended:
                    waiting[sent] = _END
                    if len(ended) == self.n:
                        exhausted = True
                else:
                    self.tasks[sent % self.n].put((sent, request))
                    pending.add(sent)
                sent += 1
            if done == sent and exhausted:
                return
            if done in waiting if in_order else waiting:
                number = done if in_order else min(waiting)
                answer = waiting.pop(number)
            else:
                number, answer = self._receive()
                pending.discard(number)
                if isinstance(answer, str) and answer == _END:
                    ended.add(number % self.n)
                if in_order and number != done:
                    waiting[number] = answer
                    continue
            done += 1
            if isinstance(answer, WorkerError):
                answer.reraise()
            if not (isinstance(answer, str) and answer == _END):
                yield answer
            elif len(ended) == self.n and not pending and all(isinstance(a, str) for a in waiting.values()):
                return

    def _receive(self) -> Any:
        waited = 0.0
        while True:
            try:
                return self.results.get(timeout=min(self.timeout, 1.0) if self.timeout else 1.0)
            except queue.Empty:
                waited += min(self.timeout, 1.0) if self.timeout else 1.0
                if self.timeout and waited >= self.timeout:
                    raise RuntimeError(f"DataLoader: no batch within timeout={self.timeout} seconds.") from None
                dead = [m.name for m in self.members if not m.is_alive()]
                if dead:
                    raise RuntimeError(f"DataLoader: {dead[0]} exited unexpectedly.") from None

    def stop(self) -> None:
        """Tell the workers that there is nothing more to do, and wait for processes to leave."""
        for tasks in self.tasks:
            tasks.put(None)
        for member in self.members:
            if not isinstance(member, threading.Thread):
                member.join(timeout=5)
                if member.is_alive():
                    member.terminate()


def context_of(name: Any) -> Any:
    """None for threads, or a multiprocessing context that does not fork."""
    if name is None:
        return None
    import multiprocessing

    context = multiprocessing.get_context(name) if isinstance(name, str) else name
    if context.get_start_method() == "fork":
        raise ValueError(
            "DataLoader: multiprocessing_context 'fork' copies locks and thread pools in mid-air and can hang; "
            "use 'spawn' or 'forkserver', or None for threads."
        )
    return context
