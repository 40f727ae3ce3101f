"""Python's `multiprocessing`, and `spawn`. Tensors reach another process as copies: nothing is shared between them."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import *  # noqa: F403
from multiprocessing import get_context
from typing import Any


def spawn(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> list[Any] | None:
    """Run `fn(i, *args)` in `nprocs` new processes, i from 0 on.

    Args:
        join: wait for them. Otherwise they are returned.

    Raises:
        RuntimeError: one of them failed.
    """
    context = get_context(start_method)
    processes = [context.Process(target=fn, args=(i, *args), daemon=daemon) for i in range(nprocs)]  # type: ignore[attr-defined]
    for p in processes:
        p.start()
    if not join:
        return processes
    for p in processes:
        p.join()
    failed = [i for i, p in enumerate(processes) if p.exitcode]
    if failed:
        raise RuntimeError(f"spawn: process {failed[0]} of {nprocs} ended with exit code {processes[failed[0]].exitcode}.")
    return None
