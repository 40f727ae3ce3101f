"""Datasets, samplers, collating, and the DataLoader: alone, with threads and with processes."""

from __future__ import annotations

import copy
import multiprocessing
import random
import subprocess
import sys
import threading
import time
import weakref
from collections import Counter, OrderedDict, UserDict, UserList, defaultdict, namedtuple
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.utils import data
from tensorgrad.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

Point = namedtuple("Point", "x y")


class Squares(Dataset[Any]):
    """i², and now and then something else."""

    def __init__(self, n: int = 10) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int) -> Any:
        return tg.tensor(i * i)


class Noisy(Squares):
    """i plus a random number of every kind of source that a program may use."""

    def __getitem__(self, i: int) -> Any:
        return i + tg.rand(()), tg.randperm(5), tg.initial_seed()


class Breaking(Squares):
    def __getitem__(self, i: int) -> Any:
        if i == 5:
            raise KeyError("no example 5")
        return i


class Awkward(Exception):
    """Cannot be pickled: it is made from two arguments and keeps one."""

    def __init__(self, a: Any, b: Any) -> None:
        super().__init__(f"{a} and {b}")


class BreakingAwkwardly(Squares):
    def __getitem__(self, i: int) -> Any:
        raise Awkward(i, 2)


class Leaving(Squares):
    def __getitem__(self, i: int) -> Any:
        import os

        os._exit(3)


class Unpicklable(Squares):
    def __getitem__(self, i: int) -> Any:
        return lambda: i


class Count(IterableDataset[int]):
    """0 … n − 1, shared out among the workers."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __iter__(self) -> Any:
        info = data.get_worker_info()
        return iter(range(self.n)) if info is None else iter(range(info.id, self.n, info.num_workers))


class CountWithLength(Count):
    def __len__(self) -> int:
        return self.n


class Late(Squares):
    """Example 0 comes after example 5."""

    def __init__(self, n: int) -> None:
        super().__init__(n)
        self.gate = threading.Event()

    def __getitem__(self, i: int) -> Any:
        if i == 0:
            assert self.gate.wait(30)
        if i == 5:
            self.gate.set()
        return i


def listed(batches: Any) -> Any:
    """Batches as plain lists."""
    if isinstance(batches, tg.Tensor):
        return batches.tolist()
    if isinstance(batches, (list, tuple, DataLoader)) or hasattr(batches, "__next__"):
        return [listed(b) for b in batches]
    if isinstance(batches, dict):
        return {k: listed(v) for k, v in batches.items()}
    return batches


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("DataLoader")]


def seeded(seed: int) -> tg.Generator:
    return tg.Generator().manual_seed(seed)


# ---- datasets -------------------------------------------------------------------------------------------------------


def test_tensor_dataset() -> None:
    x, y = tg.arange(6).reshape(3, 2), tg.tensor([7, 8, 9])
    d = TensorDataset(x, y)
    assert len(d) == 3 and listed(d[1]) == [[2, 3], 8] and listed(d[-1]) == [[4, 5], 9]
    assert listed(d[0:2]) == [[[0, 1], [2, 3]], [7, 8]] and isinstance(d[0], tuple)
    with pytest.raises(IndexError):
        d[3]
    with pytest.raises(ValueError, match=r"TensorDataset: the tensors have \[3, 2\] rows; they must have the same"):
        TensorDataset(x, y[:2])
    with pytest.raises(ValueError, match="TensorDataset: needs at least one tensor"):
        TensorDataset()
    with pytest.raises(
        TypeError, match=r"TensorDataset: takes tensors with rows, got ndarray. Arrays: tensorgrad.from_n"
    ):
        TensorDataset(x, np.ones(3))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="TensorDataset: takes tensors with rows, got a 0-d tensor"):
        TensorDataset(tg.tensor(1.0))


def test_concat_and_subset() -> None:
    both = Squares(3) + Squares(2)
    assert isinstance(both, data.ConcatDataset) and len(both) == 5 and both.cumulative_sizes == [3, 5]
    assert [int(both[i]) for i in range(5)] == [0, 1, 4, 0, 1] and int(both[-1]) == 1 and int(both[-5]) == 0
    for i in (5, -6):
        with pytest.raises(IndexError, match=f"ConcatDataset: index {i} is out of range for 5 examples"):
            both[i]
    with pytest.raises(ValueError, match="ConcatDataset: needs at least one dataset"):
        data.ConcatDataset([])
    with pytest.raises(TypeError, match="ConcatDataset: an IterableDataset has no numbers; use ChainDataset"):
        data.ConcatDataset([Squares(), Count(3)])

    some = data.Subset(both, [4, 0, 2])
    assert len(some) == 3 and [int(some[i]) for i in range(3)] == [1, 0, 4]
    rows = data.Subset(TensorDataset(tg.arange(5)), [4, 0, 2])
    assert listed(rows[[0, 1]]) == [[4, 0]] and listed(rows.__getitems__([2])) == [[2]]
    assert listed(data.Subset(rows, [2, 0])[1]) == [4]


def test_stack_and_chain() -> None:
    pairs = data.StackDataset(Squares(3), range(3))
    assert len(pairs) == 3 and listed(pairs[2]) == [4, 2]
    named = data.StackDataset(a=Squares(3), b=[5, 6, 7])
    assert listed(named[1]) == {"a": 1, "b": 6} and len(named) == 3
    assert listed(pairs.__getitems__([2, 0])) == [[4, 2], [0, 0]] and named.__getitems__([0])[0]["b"] == 5
    assert listed(data.StackDataset(data.Subset(Squares(3), [2, 1]), "ab").__getitems__([1])) == [[1, "b"]]
    with pytest.raises(ValueError, match=r"StackDataset: the datasets have \[3, 4\] examples"):
        data.StackDataset(Squares(3), Squares(4))
    for args, kwargs in (((), {}), ((Squares(),), {"a": Squares()})):
        with pytest.raises(ValueError, match="StackDataset: give at least one dataset, all by position or all by name"):
            data.StackDataset(*args, **kwargs)

    chained = CountWithLength(2) + CountWithLength(3)
    assert list(chained) == [0, 1, 0, 1, 2] and len(chained) == 5
    with pytest.raises(TypeError, match="ChainDataset: takes IterableDatasets, got Squares"):
        data.ChainDataset([Count(1), Squares()])


def test_the_bases_say_what_is_missing() -> None:
    with pytest.raises(TypeError, match=r"Dataset: a Dataset defines __getitem__\(index\)"):
        Dataset()[0]
    with pytest.raises(TypeError, match=r"IterableDataset: an IterableDataset defines __iter__\(\)"):
        iter(IterableDataset())
    with pytest.raises(TypeError, match=r"Sampler: a Sampler defines __iter__\(\)"):
        iter(data.Sampler())
    with pytest.raises(TypeError, match="has no len"):
        len(DataLoader(Count(3)))


def test_random_split() -> None:
    d = Squares(10)
    a, b = data.random_split(d, [7, 3], generator=seeded(0))
    assert len(a) == 7 and len(b) == 3 and sorted([*a.indices, *b.indices]) == list(range(10))
    assert [p.indices for p in data.random_split(d, [7, 3], seeded(0))] == [a.indices, b.indices]
    assert [p.indices for p in data.random_split(d, [7, 3], seeded(1))] != [a.indices, b.indices]
    assert [len(p) for p in data.random_split(d, [0.5, 0.25, 0.25])] == [6, 2, 2]  # the rest goes round from the first
    assert [len(p) for p in data.random_split(d, [0.1] * 10)] == [1] * 10
    with pytest.raises(ValueError, match=r"the lengths \[7, 4\] add up to 11; they must add up to the 10 examples"):
        data.random_split(d, [7, 4])
    with pytest.raises(ValueError, match=r"the lengths \[0.5, 0.4\] add up to 0.9; .* or to 1 if they are shares"):
        data.random_split(d, [0.5, 0.4])
    for lengths in ([12, -2], [7.5, 2.5]):
        with pytest.raises(ValueError, match="is neither a number of examples nor a share"):
            data.random_split(d, lengths)


# ---- samplers -------------------------------------------------------------------------------------------------------


def test_sequential_and_batches() -> None:
    s = data.SequentialSampler(range(5))
    assert list(s) == [0, 1, 2, 3, 4] and len(s) == 5
    assert list(data.BatchSampler(s, 2, False)) == [[0, 1], [2, 3], [4]] and len(data.BatchSampler(s, 2)) == 3
    assert list(data.BatchSampler(s, 2, True)) == [[0, 1], [2, 3]] and len(data.BatchSampler(s, 2, True)) == 2
    for size in (0, -1, 2.5, True, None):
        with pytest.raises(ValueError, match="BatchSampler: batch_size must be a whole number above 0, got"):
            data.BatchSampler(s, size)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="BatchSampler: drop_last must be True or False, got 1"):
        data.BatchSampler(s, 2, 1)  # type: ignore[arg-type]


def test_random_orders() -> None:
    s = data.RandomSampler(range(100), generator=seeded(0))
    first, second = list(s), list(s)
    assert sorted(first) == sorted(second) == list(range(100)) and first != second
    assert list(data.RandomSampler(range(100), generator=seeded(0))) == first
    some = list(data.RandomSampler(range(4), num_samples=10))
    assert len(some) == 10 and Counter(some[:4]) == Counter(some[4:8]) == Counter(range(4)) and len(set(some[8:])) == 2
    drawn = list(data.RandomSampler(range(3), replacement=True, num_samples=300, generator=seeded(1)))
    assert len(drawn) == 300 and all(60 < n < 140 for n in Counter(drawn).values())
    tg.manual_seed(3)
    a = list(data.RandomSampler(range(20)))
    tg.manual_seed(3)
    assert list(data.RandomSampler(range(20))) == a
    chosen = data.SubsetRandomSampler([5, 7, 9], seeded(0))
    assert sorted(chosen) == [5, 7, 9] and len(chosen) == 3 and list(data.SubsetRandomSampler([])) == []
    for n in (0, 2.5):
        with pytest.raises(ValueError, match="RandomSampler: num_samples must be a whole number above 0"):
            data.RandomSampler(range(3), num_samples=n)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="DataLoader: the dataset is empty; there is nothing to draw from"):
        DataLoader([], shuffle=True)
    with pytest.raises(TypeError, match="RandomSampler: replacement must be True or False, got 3"):
        data.RandomSampler(range(3), replacement=3)  # type: ignore[arg-type]


def test_weights() -> None:
    drawn = Counter(data.WeightedRandomSampler([1.0, 0.0, 3.0], 4000, generator=seeded(0)))
    assert drawn[1] == 0 and abs(drawn[2] / 4000 - 0.75) < 0.03
    assert sorted(data.WeightedRandomSampler([1, 2, 3], 3, replacement=False)) == [0, 1, 2]
    assert len(data.WeightedRandomSampler([1, 2], 7)) == 7
    with pytest.raises(ValueError, match=r"WeightedRandomSampler: weights must be a line, got shape \(1, 2\)"):
        data.WeightedRandomSampler([[1, 2]], 1)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="WeightedRandomSampler: 3 draws without replacement need .* weights, got 2"):
        data.WeightedRandomSampler([1, 2], 3, replacement=False)
    with pytest.raises(ValueError, match="WeightedRandomSampler: num_samples must be a whole number above 0, got 0"):
        data.WeightedRandomSampler([1, 2], 0)
    with pytest.raises(ValueError, match="WeightedRandomSampler: num_samples must be a whole number above 0, got True"):
        data.WeightedRandomSampler([1, 2], True)
    with pytest.raises(ValueError, match="WeightedRandomSampler: replacement must be True or False, got 1"):
        data.WeightedRandomSampler([1, 2], 1, 1)  # type: ignore[arg-type]


def test_shares_of_processes() -> None:
    for n, replicas in ((10, 3), (9, 3), (2, 5), (0, 2)):
        for shuffle in (False, True):
            shares = [list(data.DistributedSampler(range(n), replicas, r, shuffle, seed=4)) for r in range(replicas)]
            assert {len(s) for s in shares} == {-(-n // replicas)} and set(sum(shares, [])) == set(range(n))
            kept = [data.DistributedSampler(range(n), replicas, r, shuffle, drop_last=True) for r in range(replicas)]
            drawn = [i for s in kept for i in s]
            assert len(drawn) == len(set(drawn)) == n // replicas * replicas and len(kept[0]) == n // replicas
    sampler = data.DistributedSampler(range(20))
    first = list(sampler)
    assert list(sampler) == first and len(sampler) == 20
    sampler.set_epoch(1)
    assert sorted(sampler) == list(range(20)) and list(sampler) != first
    with pytest.raises(ValueError, match="DistributedSampler: rank must be from 0 to 2, got 3"):
        data.DistributedSampler(range(3), 3, 3)


# ---- collating ------------------------------------------------------------------------------------------------------


def test_collate() -> None:
    collate = data.default_collate
    assert collate([True, False]).dtype is tg.bool and collate([1, 2]).dtype is tg.int64
    assert collate([1.5, 2]).dtype is tg.float64 and collate([np.float32(1), np.float32(2)]).dtype is tg.float32
    assert collate(["a", "b"]) == ["a", "b"] and collate([b"a"]) == [b"a"] and collate([np.str_("a")]) == ["a"]
    stacked = collate([tg.ones(2, 3), tg.zeros(2, 3)])
    assert stacked.shape == (2, 2, 3) and stacked.dtype is tg.float32
    assert collate([np.ones((2,), np.int32), np.zeros((2,), np.int32)]).dtype is tg.int32
    assert collate([np.array(1.0), np.array(2.0)]).tolist() == [1.0, 2.0]
    x, y = collate([(tg.ones(2), 3), (tg.zeros(2), 4)])
    assert x.shape == (2, 2) and y.tolist() == [3, 4]
    assert isinstance(collate([(1, 2), (3, 4)]), list) and listed(collate([[1, 2], [3, 4]])) == [[1, 3], [2, 4]]
    p = collate([Point(1, 2.0), Point(3, 4.0)])
    assert isinstance(p, Point) and p.x.tolist() == [1, 3] and p.y.tolist() == [2.0, 4.0]
    nest = collate([{"a": (1, {"b": [2.0]}), "c": "x"}, {"a": (3, {"b": [4.0]}), "c": "y"}])
    assert listed(nest) == {"a": [[1, 3], {"b": [[2.0, 4.0]]}], "c": ["x", "y"]}
    assert collate([(1, "a"), (2, "b")])[1] == ("a", "b") and collate([{"t": "a"}, {"t": "b"}])["t"] == ["a", "b"]


class Attributes(dict[str, Any]):
    """A dict of a type of its own, as programs for detection have them."""


class Boxes(list[Any]):
    pass


def test_containers_keep_their_type() -> None:
    collate, convert = data.default_collate, data.default_convert
    grouped = defaultdict(list, {"a": 1})
    for example in (OrderedDict(z=1, a=2), Attributes(a=1), grouped, UserDict(a=1), Boxes([1, 2]), UserList([1])):
        for found in (collate([example, example]), convert(example)):
            assert type(found) is type(example) and len(found) == len(example)
    assert list(collate([OrderedDict(z=1, a=2)])) == ["z", "a"] and grouped == {"a": 1}
    assert collate([grouped])["new"] == [] and collate([Boxes([1, 2])] * 2)[1].tolist() == [2, 2]
    assert listed(collate([range(2), range(2)])) == [[0, 0], [1, 1]] and convert(range(2)) == [0, 1]


def test_numbers_of_several_kinds() -> None:
    collate = data.default_collate
    assert collate([1, 2.5]).tolist() == [1.0, 2.5] and collate([1, True]).tolist() == [1, 1]
    assert collate([1.0, tg.ones(())]).tolist() == [1.0, 1.0]
    assert collate([np.ones(2), np.ones(2, np.float32)]).dtype is tg.float64
    assert collate([np.ones(2, np.int32), np.ones(2, np.float32)]).dtype is tg.float32  # NumPy would say float64
    assert data.default_convert(np.float32(2)).dtype is tg.float32


@pytest.mark.parametrize(
    ("batch", "kind", "words"),
    [
        ([], ValueError, "there are no examples to make a batch of"),
        ([None], TypeError, "cannot make a batch of NoneType; examples may hold tensors, arrays, numbers"),
        ([{1, 2}], TypeError, "cannot make a batch of set"),
        ([(1, {2})], TypeError, r"cannot make a batch of set at \[1\]"),
        ([(1, 2), (3,)], ValueError, "example 0 of the batch has 2 parts, example 1 1; they must agree"),
        (
            [tg.ones(2)] * 3 + [tg.ones(3)],
            ValueError,
            r"example 0 of .* has shape \(2,\), example 3 \(3,\).*pad_sequence",
        ),
        ([np.ones(2), np.ones((2, 1))], ValueError, r"has shape \(2,\), example 1 \(2, 1\)"),
        (
            [{"x": [1, (tg.ones(2),)]}, {"x": [1, (tg.ones(3),)]}],
            ValueError,
            r"example 0 of the batch has shape \(2,\) at \['x'\]\[1\]\[0\], example 1 \(3,\); they must agree",
        ),
        ([np.array(["a"])], TypeError, "arrays of <U1 make no batch. Give a collate_fn"),
        ([(np.array([None]),)], TypeError, r"arrays of object at \[0\] make no batch"),
        ([{"a": 1}, {"b": 1}], ValueError, "example 1 of the batch has no entry 'a', as the first has"),
        ([(1, {"a": 1}), (1, {})], ValueError, r"example 1 of the batch has no entry 'a' at \[1\], as the first has"),
        (
            [tg.ones(2), None],
            TypeError,
            "example 0 of the batch holds Tensor, example 1 NoneType. Give them the same type",
        ),
        ([1, "a"], TypeError, "example 0 of the batch holds int, example 1 str"),
        ([{"a": 1}, 3], TypeError, "example 0 of the batch holds dict, example 1 int"),
        ([(1, (2, 3)), (1, 2)], TypeError, r"example 0 of the batch holds tuple at \[1\], example 1 int"),
    ],
)
def test_collate_errors(batch: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=f"default_collate: .*{words}"):
        data.default_collate(batch)


def test_convert() -> None:
    converted = data.default_convert(({"a": np.ones(2)}, "text", [2.5], Point(np.zeros(1), 1), np.array(["s"])))
    assert isinstance(converted[0]["a"], tg.Tensor) and converted[1:3] == ["text", [2.5]]
    assert isinstance(converted[3], Point) and isinstance(converted[3].x, tg.Tensor)
    assert isinstance(converted[4], np.ndarray)


# ---- the loader, alone ----------------------------------------------------------------------------------------------


def test_batches_in_order() -> None:
    loader = DataLoader(Squares(5), batch_size=2)
    assert listed(loader) == [[0, 1], [4, 9], [16]] == listed(loader) and len(loader) == 3
    assert listed(DataLoader(Squares(5), 2, drop_last=True)) == [[0, 1], [4, 9]]
    assert len(DataLoader(Squares(5), 2, drop_last=True)) == 2
    assert listed(DataLoader(Squares(3))) == [[0], [1], [4]]
    assert listed(DataLoader(Squares(3), batch_size=None)) == [0, 1, 4] and len(DataLoader(Squares(3), None)) == 3
    assert listed(DataLoader([], batch_size=2)) == []
    assert listed(DataLoader({0: "a", 1: "b"}, 2)) == [["a", "b"]]
    assert listed(DataLoader(tg.arange(4), 2)) == [[0, 1], [2, 3]]
    assert listed(DataLoader(range(4), 2, collate_fn=sum)) == [1, 5]


def test_samplers_in_the_loader() -> None:
    assert listed(DataLoader(Squares(), 2, sampler=[3, 1, 2])) == [[9, 1], [4]]
    loader = DataLoader(Squares(), batch_sampler=[[1, 2], [3]])
    assert listed(loader) == [[1, 4], [9]] and len(loader) == 2 and loader.batch_size is None
    assert listed(DataLoader(Squares(), batch_size=None, sampler=[2, 1])) == [4, 1]
    batches_at_once = DataLoader(TensorDataset(tg.arange(6)), batch_size=None, sampler=data.BatchSampler(range(6), 4))
    assert listed(batches_at_once) == [[[0, 1, 2, 3]], [[4, 5]]]

    class Many(Squares):
        def __getitems__(self, numbers: list[int]) -> list[int]:
            return [-i for i in numbers]

    assert listed(DataLoader(Many(4), 2)) == [[0, -1], [-2, -3]]


def test_shuffle() -> None:
    def order(**options: Any) -> list[int]:
        return [int(x) for batch in DataLoader(range(50), 7, shuffle=True, **options) for x in batch]

    assert sorted(order()) == list(range(50)) and order() != order()
    assert order(generator=seeded(0)) == order(generator=seeded(0)) != order(generator=seeded(1))
    tg.manual_seed(5)
    first, second = order(), order()
    tg.manual_seed(5)
    assert [order(), order()] == [first, second] and first != second


def test_rows_of_tensors_need_no_stacking() -> None:
    """A TensorDataset is indexed once per batch, and gives what collating its examples gives."""
    x, y = tg.arange(12).reshape(6, 2).float(), tg.arange(6)
    for d in (TensorDataset(x, y), data.Subset(TensorDataset(x, y), [5, 3, 1, 0])):
        fast = list(DataLoader(d, 4))
        plain = list(DataLoader([d[i] for i in range(len(d))], 4))
        assert listed(fast) == listed(plain) and all(isinstance(batch, list) for batch in fast)

    tensors = TensorDataset(x, y)
    assert listed(DataLoader(tensors, 2, sampler=tg.tensor([3, -1])))[0][1] == [3, 5]
    for numbers in ([7], [0.5], ["a"]):
        with pytest.raises((IndexError, TypeError)):
            list(DataLoader(tensors, 1, sampler=numbers))  # type: ignore[arg-type]

    class Doubled(TensorDataset):
        def __getitem__(self, i: Any) -> Any:
            return tuple(2 * t[i] for t in self.tensors)

    assert listed(DataLoader(Doubled(y), 6)) == [[[0, 2, 4, 6, 8, 10]]]


def test_an_iterator_knows_its_seed_when_it_is_made() -> None:
    tg.manual_seed(0)
    expected = listed(DataLoader(range(20), 5, shuffle=True))
    tg.manual_seed(0)
    it = iter(DataLoader(range(20), 5, shuffle=True))
    tg.rand(100)
    assert listed(it) == expected


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (dict(num_workers=-1), "num_workers must be a whole number from 0 on, got -1"),
        (dict(timeout=-1), "timeout must be at least 0 seconds, got -1"),
        (dict(prefetch_factor=2), "prefetch_factor is for workers, and there are none; set num_workers above 0"),
        (dict(persistent_workers=True), "persistent_workers is for workers"),
        (dict(multiprocessing_context="spawn"), "multiprocessing_context is for workers"),
        (dict(num_workers=1, prefetch_factor=0), "prefetch_factor must be at least 1, got 0"),
        (dict(num_workers=1, multiprocessing_context="fork"), "'fork' copies locks and thread pools in mid-air"),
        (dict(num_workers=1, multiprocessing_context="x"), r"must be None \(threads\) or one of .*, got 'x'"),
        (dict(sampler=[0], shuffle=True), "sampler and shuffle both set the order"),
        (dict(batch_size=None, drop_last=True), "drop_last is for batches; batch_size is None"),
        (dict(batch_sampler=[[0]], batch_size=2), "batch_sampler excludes batch_size, shuffle, sampler and drop_last"),
        (dict(batch_sampler=[[0]], shuffle=True), "batch_sampler excludes"),
        (dict(batch_sampler=[[0]], sampler=[0]), "batch_sampler excludes"),
        (dict(batch_sampler=[[0]], drop_last=True), "batch_sampler excludes"),
        (dict(batch_size=0), "batch_size must be a whole number above 0, got 0"),
        (dict(batch_size=2.5), "batch_size must be a whole number above 0, got 2.5"),
        (dict(drop_last=2), "drop_last must be True or False, got 2"),
        (dict(dataset=Count(3), shuffle=True), "a stream cannot be shuffled; shuffle inside the IterableDataset"),
        (dict(dataset=Count(3), sampler=[1]), "a stream has no numbers; it takes neither sampler nor batch_sampler"),
        (dict(dataset=Count(3), batch_sampler=[[1]]), "a stream has no numbers"),
        (dict(dataset=Count(3), batch_size=0), "batch_size must be a whole number above 0, got 0"),
    ],
)
def test_arguments(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DataLoader(**{"dataset": Squares(), **options})


def test_targets_in_the_place_of_a_size() -> None:
    """DataLoader(inputs, targets) is what many try first."""
    array, tensor = r"ndarray of shape \(2, 3\)", r"Tensor of shape \(4,\)"
    for targets, kind in ((np.ones((2, 3)), array), (tg.ones(4), tensor), ([1.0], "list")):
        words = rf"batch_size must be a whole number, got {kind}. Inputs and targets come as one dataset: DataLoader\(TensorD"
        with pytest.raises(TypeError, match=words):
            DataLoader(tg.ones(4, 2), targets)  # type: ignore[arg-type]


def test_what_is_fixed_when_it_is_made() -> None:
    loader = DataLoader(Squares(5), 2, pin_memory=True, pin_memory_device="cpu")
    for name in ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"):
        with pytest.raises(ValueError, match=f"DataLoader: {name} is fixed when it is made, .*Make a new DataLoader"):
            setattr(loader, name, None)
    loader.num_workers = 1  # for the next epoch
    assert listed(loader) == [[0, 1], [4, 9], [16]] and loader.pin_memory_device == "cpu"
    with pytest.raises(TypeError, match="num_workers must be a whole number from 0 on, got 1.5"):
        DataLoader(Squares(), num_workers=1.5)  # type: ignore[arg-type]


def test_streams() -> None:
    assert listed(DataLoader(Count(5), 2)) == [[0, 1], [2, 3], [4]]
    assert listed(DataLoader(Count(5), 2, drop_last=True)) == [[0, 1], [2, 3]]
    assert list(DataLoader(Count(3), batch_size=None)) == [0, 1, 2]
    assert listed(DataLoader(Count(0), 2)) == []
    assert len(DataLoader(CountWithLength(5), 2)) == 3 and len(DataLoader(CountWithLength(5), None)) == 5
    assert len(DataLoader(CountWithLength(5), 2, drop_last=True)) == 2


def test_an_example_that_raises_stopiteration_does_not_end_the_epoch_quietly() -> None:
    class Stopping(Squares):
        def __getitem__(self, i: int) -> Any:
            return next(iter([]))

    for workers in (0, 2):
        with pytest.raises(RuntimeError, match="StopIteration"):
            list(DataLoader(Stopping(), num_workers=workers))


# ---- threads --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("prefetch", [1, 2, 7])
def test_the_same_batches_with_any_number_of_workers(workers: int, prefetch: int) -> None:
    def epochs(**options: Any) -> Any:
        loader = DataLoader(Noisy(11), 3, shuffle=True, generator=seeded(4), **options)
        return [listed(loader), listed(loader)]

    alone = epochs()
    assert alone[0] != alone[1]
    for persistent in (False, True):
        options = dict(num_workers=workers, prefetch_factor=prefetch, persistent_workers=persistent)
        assert epochs(**options) == alone


def test_the_programs_own_random_numbers_are_not_touched() -> None:
    for workers in (0, 2):
        tg.manual_seed(0)
        state = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]
        list(DataLoader(Noisy(), 2, num_workers=workers, generator=seeded(1)))
        assert tg.rand(3).tolist() == tg.rand(3, generator=seeded(0)).tolist()
        assert (random.getstate(), np.random.get_state()[1].tolist()) == state  # type: ignore[index]


def test_seeding_inside_a_dataset_stays_inside() -> None:
    class Seeding(Squares):
        def __getitem__(self, i: int) -> Any:
            tg.manual_seed(i)
            return tg.rand(())

    for workers in (0, 2):
        tg.manual_seed(9)
        drawn = sum(listed(DataLoader(Seeding(6), 2, num_workers=workers, generator=seeded(0))), [])
        assert drawn == [tg.rand((), generator=seeded(i)).item() for i in range(6)]
        assert tg.rand(()).item() == tg.rand((), generator=seeded(9)).item()


def test_worker_info_and_init() -> None:
    seen = []

    def init(worker: int) -> None:
        info = data.get_worker_info()
        assert info is not None and info.id == worker and tg.initial_seed() == info.seed
        seen.append((worker, info.num_workers, info.seed, threading.current_thread().name))

    d = Squares(6)
    assert data.get_worker_info() is None
    list(DataLoader(d, 2, num_workers=3, worker_init_fn=init))
    assert sorted(x[:2] for x in seen) == [(0, 3), (1, 3), (2, 3)] and len({x[2] for x in seen}) == 3
    assert {x[3] for x in seen} == {f"DataLoader worker {i}" for i in range(3)} and data.get_worker_info() is None


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_streams_with_workers(workers: int) -> None:
    loader = DataLoader(Count(7), 2, num_workers=workers)
    for _ in range(2):
        batches = listed(loader)
        assert sorted(x for b in batches for x in b) == list(range(7))
        # batch after batch from worker after worker
        shares = [list(range(i, 7, workers)) for i in range(workers)]
        cut = [[share[i : i + 2] for i in range(0, len(share), 2)] for share in shares]
        longest = max(map(len, cut))
        assert batches == [c[i] for i in range(longest) for c in cut if i < len(c)]


def test_a_stream_that_is_not_shared_out_comes_once_per_worker() -> None:
    class Whole(IterableDataset[int]):
        def __iter__(self) -> Any:
            return iter(range(3))

    assert listed(DataLoader(Whole(), 3, num_workers=2, persistent_workers=True)) == [[0, 1, 2], [0, 1, 2]]
    assert listed(DataLoader(Whole(), 2, num_workers=2, drop_last=True)) == [[0, 1], [0, 1]]
    loader = DataLoader(Whole(), None, num_workers=2, persistent_workers=True)
    assert listed(loader) == listed(loader) == [0, 0, 1, 1, 2, 2]


def test_as_they_come() -> None:
    for persistent in (False, True):
        batches = listed(DataLoader(Late(12), 1, num_workers=3, in_order=False, persistent_workers=persistent))
        assert sorted(batches) == [[i] for i in range(12)] and batches[0] != [0]
    assert sorted(listed(DataLoader(Count(20), 3, num_workers=3, in_order=False)))[0] == [0, 3, 6]
    assert listed(DataLoader(Late(12), 1, num_workers=3)) == [[i] for i in range(12)]


@pytest.mark.parametrize("workers", [0, 2])
def test_errors_arrive_as_they_were_raised(workers: int) -> None:
    got = []
    with pytest.raises(KeyError, match="no example 5") as caught:
        for batch in DataLoader(Breaking(), 2, num_workers=workers):
            got.append(batch.tolist())
    assert got == [[0, 1], [2, 3]]  # what stands before is there
    trace = [entry.name for entry in caught.traceback]
    assert "__getitem__" in trace
    notes = getattr(caught.value, "__notes__", [])
    assert notes == ([f"Raised in DataLoader worker {2 % workers}, batch 2."] if workers else [])
    assert threads() == []


def test_errors_of_init_collate_and_stream() -> None:
    def init(worker: int) -> None:
        raise LookupError("init")

    with pytest.raises(LookupError, match="init") as caught:
        list(DataLoader(Squares(), num_workers=2, worker_init_fn=init))
    assert caught.value.__notes__ == ["Raised in DataLoader worker 0, worker_init_fn."]

    class Unpadded(Squares):
        def __getitem__(self, i: int) -> Any:
            return tg.ones(i)

    class Ill(IterableDataset[int]):
        def __iter__(self) -> Any:
            raise ArithmeticError("no stream")

    class Quitting(Squares):
        def __getitem__(self, i: int) -> Any:
            sys.exit(3)

    for workers in (0, 2):
        with pytest.raises(
            ValueError, match=r"default_collate: example 0 of the batch has shape \(0,\), example 1 \(1,\)"
        ):
            list(DataLoader(Unpadded(), 2, num_workers=workers))
        with pytest.raises(ArithmeticError, match="no stream"):
            list(DataLoader(Ill(), num_workers=workers))
        with pytest.raises(SystemExit):
            list(DataLoader(Quitting(), num_workers=workers))
    assert threads() == []


def test_timeout() -> None:
    gate, before = threading.Event(), set(threading.enumerate())

    class Stuck(Squares):
        def __getitem__(self, i: int) -> Any:
            gate.wait()
            return i

    with pytest.raises(RuntimeError, match=r"DataLoader: no batch came within timeout=0.05 seconds. Set it higher"):
        list(DataLoader(Stuck(), num_workers=2, timeout=0.05))
    gate.set()
    for t in set(threading.enumerate()) - before:
        t.join(60)
        assert not t.is_alive()
    assert listed(DataLoader(Squares(2), num_workers=2, timeout=60)) == [[0], [1]]


@pytest.mark.parametrize("persistent", [False, True])
def test_no_thread_is_left_behind(persistent: bool) -> None:
    loader = DataLoader(Squares(1000), 2, num_workers=3, persistent_workers=persistent)
    for _ in loader:
        break
    assert len(threads()) == (3 if persistent else 0)
    again = iter(loader)
    assert listed(next(again)) == [0, 1]
    del again
    assert listed(loader) == [[(2 * i) ** 2, (2 * i + 1) ** 2] for i in range(500)]
    pool = weakref.ref(loader)
    del loader
    assert pool() is None and threads() == []


def test_persistent_workers_are_the_same_ones() -> None:
    class Who(Squares):
        def __getitem__(self, i: int) -> Any:
            return threading.get_ident()

    for persistent in (True, False):
        started: list[int] = []
        loader = DataLoader(Who(8), 1, num_workers=2, persistent_workers=persistent, worker_init_fn=started.append)
        idents = [set(x for (x,) in listed(loader)) for _ in range(3)]
        assert all(len(i) == 2 for i in idents) and (idents[0] == idents[1] == idents[2] or not persistent)
        assert sorted(started) == ([0, 1] if persistent else [0, 0, 0, 1, 1, 1])


def test_two_iterators_at_once() -> None:
    for options in ({}, dict(num_workers=2), dict(num_workers=2, persistent_workers=True)):
        loader = DataLoader(Squares(6), 2, **options)  # type: ignore[arg-type]
        pairs = [(listed(a), listed(b)) for a, b in zip(loader, loader)]
        assert pairs == [([0, 1], [0, 1]), ([4, 9], [4, 9]), ([16, 25], [16, 25])]
        del loader
    assert threads() == []


def test_they_work_ahead() -> None:
    fetched: list[int] = []

    class Watched(Squares):
        def __getitem__(self, i: int) -> Any:
            fetched.append(i)
            return i

    it = iter(DataLoader(Watched(100), 1, num_workers=2, prefetch_factor=3))
    next(it)
    deadline = time.monotonic() + 10
    while len(fetched) < 6 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert sorted(fetched) == list(range(6))  # two workers, three batches each, and no more until somebody asks
    next(it)
    while len(fetched) < 7 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert sorted(fetched) == list(range(7))
    del it


# ---- where it stands ------------------------------------------------------------------------------------------------


class Counted(Noisy):
    """Notes what was fetched."""

    def __init__(self, n: int) -> None:
        super().__init__(n)
        self.fetched: list[int] = []

    def __getitem__(self, i: int) -> Any:
        self.fetched.append(i)
        return super().__getitem__(i)


def loader_of(kind: str, workers: int) -> Any:
    if kind == "stream":
        return DataLoader(Count(23), 3, num_workers=workers)
    if kind == "own generator":
        return DataLoader(Counted(20), 3, shuffle=True, generator=tg.Generator(), num_workers=workers)
    if kind == "own sampler":
        sampler = data.WeightedRandomSampler([1.0] * 20, 20, generator=tg.Generator())
        return DataLoader(Counted(20), 3, sampler=sampler, num_workers=workers)
    return DataLoader(Counted(20), 3, shuffle=True, num_workers=workers)


@pytest.mark.parametrize("kind", ["default generator", "own generator", "own sampler", "stream"])
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("at", [0, 1, 4, 7])
def test_it_goes_on_where_it_stood(kind: str, workers: int, at: int) -> None:
    """Interrupted after batch `at` of the second epoch, by another program with another number of workers."""
    tg.manual_seed(0)
    loader = loader_of(kind, workers)
    first = listed(loader)
    it = iter(loader)
    for _ in range(at):
        next(it)
    state, default = copy.deepcopy(loader.state_dict()), tg.get_rng_state()
    rest = listed(it), listed(loader)
    assert state["batch"] == at

    tg.manual_seed(1)
    other = loader_of(kind, workers if kind == "stream" else 2 - workers)
    listed(other)
    if kind != "stream":
        other.dataset.fetched.clear()
    other.load_state_dict(state)
    tg.set_rng_state(default)
    assert other.state_dict() == state or at == 0 or kind != "stream"
    assert (listed(other), listed(other)) == rest
    if kind != "stream":
        assert len(other.dataset.fetched) == 40 - 3 * at if at < 7 else 20  # nothing is fetched for nothing
        assert first != rest[1]


def test_between_epochs() -> None:
    tg.manual_seed(0)
    loader = DataLoader(range(9), 2, shuffle=True)
    listed(loader)
    state, default = loader.state_dict(), tg.get_rng_state()
    assert state == {"seed": None, "batch": 0, "sources": []}
    following = listed(loader)
    for _ in loader:
        break
    assert loader.state_dict() == state  # an epoch that was broken off is over
    loader.load_state_dict(state)
    tg.set_rng_state(default)
    assert listed(loader) == following
    with pytest.raises(ValueError, match="the state has 0 generators and samplers, this DataLoader 1"):
        DataLoader(range(3), generator=tg.Generator()).load_state_dict(state)


def test_a_sampler_with_a_state_of_its_own() -> None:
    class Turning(data.Sampler[int]):
        """Starts one further each epoch."""

        start = 0

        def __iter__(self) -> Any:
            order = [(self.start + i) % 6 for i in range(6)]
            self.start += 1
            return iter(order)

        def state_dict(self) -> Any:
            return {"start": self.start}

        def load_state_dict(self, state: Any) -> None:
            self.start = state["start"]

    loader = DataLoader(range(6), 2, sampler=Turning())
    listed(loader)
    it = iter(loader)
    next(it)
    state = loader.state_dict()
    other = DataLoader(range(6), 2, sampler=Turning())
    other.load_state_dict(state)
    assert listed(other) == listed(it) == [[3, 4], [5, 0]] and listed(other) == listed(loader)


# ---- processes ------------------------------------------------------------------------------------------------------


def test_processes() -> None:
    """Spawned once for everything, for a process takes a second to start."""

    def epochs(**options: Any) -> Any:
        loader = DataLoader(Noisy(7), 2, shuffle=True, generator=seeded(4), **options)
        return [listed(loader), listed(loader)]

    assert epochs(num_workers=2, multiprocessing_context="spawn", persistent_workers=True) == epochs()
    batches = iter(DataLoader(Squares(), num_workers=1, multiprocessing_context="spawn"))
    next(batches)
    workers = [p for p in multiprocessing.active_children() if p.name.startswith("DataLoader worker")]
    assert workers and all(p.daemon for p in workers), "they must not outlive the program"
    del batches

    with pytest.raises(TypeError, match="cannot send dataset, collate_fn and worker_init_fn to a process.*use threads"):
        list(DataLoader(Squares(), num_workers=1, multiprocessing_context="spawn", collate_fn=lambda x: x))


@pytest.mark.parametrize(
    ("dataset", "kind", "words"),
    [
        (Breaking(), KeyError, "no example 5"),
        (BreakingAwkwardly(), RuntimeError, "Awkward: 0 and 2"),
        (Unpicklable(), Exception, "lambda"),
        (Leaving(), RuntimeError, r"worker 0 \(process \d+\) is gone, exit code 3; what it said stands above"),
    ],
)
def test_errors_in_processes(dataset: Any, kind: type[Exception], words: str) -> None:
    loader = DataLoader(dataset, num_workers=1, multiprocessing_context="spawn", collate_fn=data.default_convert)
    with pytest.raises(kind, match=words) as caught:
        list(loader)
    notes = "\n".join(getattr(caught.value, "__notes__", []))
    assert isinstance(dataset, Leaving) or "worker 0" in notes
    assert not isinstance(dataset, Breaking) or 'raise KeyError("no example 5")' in notes  # the worker's own traceback


# ---- the module -----------------------------------------------------------------------------------------------------


def test_utils_are_imported_when_used() -> None:
    program = (
        "import sys, tensorgrad\n"
        "assert 'tensorgrad.utils.data' not in sys.modules\n"
        "assert tensorgrad.utils.data.DataLoader and tensorgrad.utils.checkpoint.checkpoint\n"
        "from tensorgrad.utils.data.dataloader import default_collate\n"
        "try: tensorgrad.utils.nothing\n"
        "except AttributeError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "module 'tensorgrad.utils' has no attribute 'nothing'\n"
