"""Loading data beside PyTorch: what is collated, how options are checked, what comes in which order where nothing is random."""

from __future__ import annotations

import inspect
from collections import OrderedDict, UserDict, UserList, defaultdict, namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.utils.data as theirs

import tensorgrad as tg
import tensorgrad.utils.data as ours

Point = namedtuple("Point", "x y")


def plain(x: Any) -> Any:
    """Tensors as dtype and numbers, containers with their types."""
    if isinstance(x, (torch.Tensor, tg.Tensor)):
        return "tensor", str(x.dtype).rpartition(".")[2], x.tolist()
    if isinstance(x, (dict, UserDict)):
        return type(x).__name__, [(k, plain(v)) for k, v in x.items()]
    if isinstance(x, (tuple, list, UserList)):
        return type(x).__name__, [plain(v) for v in x]
    return type(x).__name__, x.tolist() if isinstance(x, np.ndarray) else x


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return plain(call())
    except Exception as error:
        return type(error)


# ---- collating ------------------------------------------------------------------------------------------------------

BATCHES: dict[str, Callable[[Any], Any]] = {
    "ordered dicts": lambda t: [OrderedDict(b=1, a=2.0), OrderedDict(b=3, a=4.0)],
    "default dicts": lambda t: [defaultdict(list, a=1)] * 2,
    "user dicts": lambda t: [UserDict(a=1), UserDict(a=2)],
    "user lists": lambda t: [UserList([1, 2])] * 2,
    "lists": lambda t: [[1, 2.5, "a"], [3, 4.5, "b"]],
    "tuples": lambda t: [(t.ones(2), 1, "a"), (t.zeros(2), 2, "b")],
    "named tuples": lambda t: [Point(1, 2.0), Point(3, 4.0)],
    "ranges": lambda t: [range(3), range(3)],
    "nested": lambda t: [{"a": [(1, {"b": t.ones(1)})], "c": "x"}] * 3,
    "more entries later": lambda t: [{"a": 1}, {"a": 2, "b": 3}],
    "ints and floats": lambda t: [1, 2.5],
    "floats and ints": lambda t: [2.5, 1],
    "bools": lambda t: [True, False],
    "ints and bools": lambda t: [1, True],
    "text": lambda t: ["a", "b"],
    "bytes": lambda t: [b"a"],
    "floats and tensors": lambda t: [1.0, t.ones(())],
    "numbers of NumPy": lambda t: [(np.float32(1), np.int16(2), np.bool_(True), np.str_("a"))] * 2,
    "arrays": lambda t: [np.ones(2, np.float32), np.zeros(2, np.float32)],
    "arrays of two dtypes": lambda t: [np.ones(2, np.float32), np.ones(2)],
    "arrays 0-d": lambda t: [np.array(1.5), np.array(2.5)],
    "tensors of two dtypes": lambda t: [t.ones(2), t.ones(2).double()],
    "tensors 0-d": lambda t: [t.tensor(1), t.tensor(2)],
    "empty": lambda t: [[], []],
    "None": lambda t: [None],
    "a tensor and None": lambda t: [t.ones(2), None],
    "a tensor and a number": lambda t: [t.ones(()), 1.0],
    "an int and text": lambda t: [1, "a"],
    "a dict and an int": lambda t: [{"a": 1}, 3],
    "a tuple and an int": lambda t: [(1, 2), 3],
    "a set": lambda t: [{1}],
    "an object": lambda t: [object()],
    "an array of objects": lambda t: [np.array([None])],
    "too large": lambda t: [2**70],
}


@pytest.mark.parametrize("name", BATCHES)
def test_collate(name: str) -> None:
    batch = BATCHES[name]
    assert outcome(lambda: ours.default_collate(batch(tg))) == outcome(lambda: theirs.default_collate(batch(torch)))


CONVERTED = [
    np.ones(2), (np.ones(2), "a"), [np.ones(1)], OrderedDict(a=np.ones(1)), Point(np.ones(1), 2), UserList([1]), range(2),
    "abc", ["a", "b"], 3, np.float32(2), np.array(["a"]), None, {1},
]  # fmt: skip


@pytest.mark.parametrize("x", CONVERTED, ids=repr)
def test_convert(x: Any) -> None:
    assert outcome(lambda: ours.default_convert(x)) == outcome(lambda: theirs.default_convert(x))


# ---- options --------------------------------------------------------------------------------------------------------


class Tens:
    def __getitem__(self, i: int) -> int:
        return i * 10

    def __len__(self) -> int:
        return 7


def stream(base: Any, length: bool) -> Any:
    names: dict[str, Any] = {"__iter__": lambda self: iter(range(5))} | ({"__len__": lambda self: 5} if length else {})
    return type("Stream", (base,), names)()


DATASETS: dict[str, Callable[[Any], Any]] = {
    "by number": lambda data: Tens(),
    "stream": lambda data: stream(data.IterableDataset, False),
    "stream with a length": lambda data: stream(data.IterableDataset, True),
    "empty": lambda data: [],
}
OPTIONS: list[dict[str, Any]] = [
    {}, dict(batch_size=3), dict(batch_size=3, drop_last=True), dict(batch_size=None), dict(batch_size=0),
    dict(batch_size=-1), dict(batch_size=2.5), dict(batch_size=True), dict(batch_size="a"), dict(shuffle=False),
    dict(batch_size=7, shuffle=True, collate_fn=sorted), dict(sampler=[3, 1]), dict(sampler=[3, 1], shuffle=True),
    dict(sampler=[3, 1], shuffle=False), dict(batch_sampler=[[1, 2], [3]]), dict(batch_sampler=[[1]], batch_size=2),
    dict(batch_sampler=[[1]], shuffle=True), dict(batch_sampler=[[1]], sampler=[1]), dict(batch_sampler=[[1]], drop_last=True),
    dict(batch_size=None, sampler=[1, 2]), dict(batch_size=None, drop_last=True), dict(batch_size=None, batch_sampler=[[1, 2]]),
    dict(num_workers=-1), dict(timeout=-1), dict(prefetch_factor=2), dict(persistent_workers=True),
    dict(multiprocessing_context="spawn"), dict(prefetch_factor=-1, num_workers=1), dict(collate_fn=list, batch_size=2),
    dict(in_order=False), dict(drop_last=2), dict(drop_last=1, batch_size=3), dict(sampler=5), dict(batch_sampler=5),
]  # fmt: skip


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("options", OPTIONS, ids=repr)
def test_options(dataset: str, options: dict[str, Any]) -> None:
    def both(look: Callable[[Any], Any]) -> tuple[Any, Any]:
        return tuple(outcome(lambda d=d: look(d.DataLoader(DATASETS[dataset](d), **options))) for d in (ours, theirs))  # type: ignore

    for look in (list, len):
        here, there = both(look)
        assert here == there


@pytest.mark.parametrize("name", [n for n in ours.__all__ if n not in ("random_split", "BatchSampler", "WorkerInfo")])
def test_signatures(name: str) -> None:
    here, there = (inspect.signature(getattr(d, name)).parameters.values() for d in (ours, theirs))
    assert [(p.name, p.default, p.kind) for p in here] == [(p.name, p.default, p.kind) for p in there]


# ---- samplers and splits --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda d: len(list(d.RandomSampler(range(5), True))),
        lambda d: len(list(d.RandomSampler(range(5), False, 13))),
        lambda d: d.RandomSampler([]),
        lambda d: d.RandomSampler(range(5), True, 0),
        lambda d: d.RandomSampler(range(5), 1),
        lambda d: d.WeightedRandomSampler([1, 2], 0),
        lambda d: d.WeightedRandomSampler([1, 2], True),
        lambda d: d.WeightedRandomSampler([1, 2], 2, 1),
        lambda d: d.WeightedRandomSampler([[1, 2]], 1),
        lambda d: list(d.BatchSampler(range(5), 2, True)),
        lambda d: len(d.BatchSampler(range(5), 2, False)),
        lambda d: d.Subset([1, 2, 3], [2, 0])[1],
        lambda d: d.StackDataset(a=[1, 2], b=[3, 4])[1],
        lambda d: d.StackDataset([1, 2], [3, 4]).__getitems__([1, 0]),
        lambda d: d.StackDataset(),
        lambda d: d.StackDataset([1], [1, 2]),
        lambda d: d.ConcatDataset([[1, 2], [3]])[-1],
        lambda d: d.ConcatDataset([[1, 2], [3]])[3],
        lambda d: setattr(d.DataLoader([1]), "batch_size", 2),
    ],
)
def test_calls(call: Callable[[Any], Any]) -> None:
    assert outcome(lambda: call(ours)) == outcome(lambda: call(theirs))


@pytest.mark.parametrize(
    "lengths",
    [[3, 4], [3, 3], [0.5, 0.5], [1 / 3] * 3, [0.3, 0.3, 0.4], [0.1] * 10, [0.5], [7], [0, 7], [1.0], [0.99, 0.01], [1, 6],
     [0.2, 0.2], [1.5, -0.5], [], [0.5, 0.5, 0.0]],
)  # fmt: skip
def test_splits(lengths: list[float]) -> None:
    here, there = (outcome(lambda d=d: [len(p) for p in d.random_split(Tens(), lengths)]) for d in (ours, theirs))
    assert here == there


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize(("n", "replicas"), [(10, 3), (9, 3), (2, 5), (1, 4), (7, 2)])
def test_shares_of_processes(n: int, replicas: int, drop_last: bool) -> None:
    for rank in range(replicas):
        arguments = dict(num_replicas=replicas, rank=rank, shuffle=False, drop_last=drop_last)
        assert list(ours.DistributedSampler(range(n), **arguments)) == list(
            theirs.DistributedSampler(range(n), **arguments)
        )
