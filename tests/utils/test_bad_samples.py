"""One bad sample costs its batch and not the rest of the epoch, as in PyTorch; and states of loaders that lie are refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

import tensorgrad as tg
from tensorgrad.utils.data import BatchSampler, DataLoader, IterableDataset, SequentialSampler


class Holes:
    """0 to 8, of which some cannot be read."""

    def __init__(self, *bad: int) -> None:
        self.bad = bad or (2, 5)

    def __len__(self) -> int:
        return 9

    def __getitem__(self, i: int) -> int:
        if i in self.bad:
            raise KeyError(f"sample {i}")
        return i


def seen(loader: Any) -> list[Any]:
    """The batches of an epoch, with "bad" for those that raise."""
    found, batches = [], iter(loader)
    while len(found) < 100:
        try:
            batch = next(batches)
            found.append(batch.tolist() if isinstance(batch, tg.Tensor) else batch)
        except StopIteration:
            return found
        except (KeyError, ZeroDivisionError):
            found.append("bad")
    raise AssertionError("it does not end")


WORKERS = [
    {}, dict(num_workers=1), dict(num_workers=2), dict(num_workers=3, prefetch_factor=4),
    dict(num_workers=2, persistent_workers=True),
]  # fmt: skip


@pytest.mark.parametrize("options", WORKERS)
def test_the_rest_of_the_epoch(options: dict[str, Any]) -> None:
    loader = DataLoader(Holes(), batch_size=2, **options)
    for _ in range(2):  # workers, too, go on
        assert seen(loader) == [[0, 1], "bad", "bad", [6, 7], [8]]
    assert seen(DataLoader(Holes(0, 8), batch_size=1, **options)) == ["bad", *([i] for i in range(1, 8)), "bad"]
    assert seen(DataLoader(Holes(*range(9)), batch_size=4, **options)) == ["bad"] * 3
    assert seen(DataLoader(Holes(), batch_size=None, **options)) == [0, 1, "bad", 3, 4, "bad", 6, 7, 8]
    by_lists = DataLoader(Holes(), batch_sampler=BatchSampler(SequentialSampler(range(9)), 4, True), **options)
    assert seen(by_lists) == ["bad", "bad"]
    assert seen(DataLoader(Holes(), batch_size=2, sampler=[8, 2, 0, 1], **options)) == ["bad", [0, 1]]


def test_in_processes_and_out_of_order() -> None:
    loader = DataLoader(Holes(), batch_size=2, num_workers=2, multiprocessing_context="spawn")
    assert seen(loader) == [[0, 1], "bad", "bad", [6, 7], [8]]
    anyhow = seen(DataLoader(Holes(), batch_size=2, num_workers=3, in_order=False))
    assert sorted(map(str, anyhow)) == sorted(map(str, [[0, 1], "bad", "bad", [6, 7], [8]]))


@pytest.mark.parametrize("options", WORKERS)
def test_a_collate_function_that_fails(options: dict[str, Any]) -> None:
    def collate(batch: list[int]) -> float:
        return 6 / (batch[0] - 2)

    assert seen(DataLoader(range(8), batch_size=2, collate_fn=collate, **options)) == [-3.0, "bad", 3.0, 1.5]


class Stream(IterableDataset[int]):
    """0 to 6, one of which fails: out of a generator, which is dead then, or out of an object, which goes on."""

    def __init__(self, generator: bool) -> None:
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        return (6 // (i - 2) and i for i in range(7)) if self.generator else Counting()


class Counting:
    def __init__(self) -> None:
        self.i = -1

    def __iter__(self) -> Counting:
        return self

    def __next__(self) -> int:
        self.i += 1
        if self.i == 2:
            raise ZeroDivisionError
        if self.i >= 7:
            raise StopIteration
        return self.i


@pytest.mark.parametrize("options", [{}, dict(num_workers=1)])
def test_streams(options: dict[str, Any]) -> None:
    assert seen(DataLoader(Stream(True), batch_size=2, **options)) == [[0, 1], "bad"], "a generator that failed is at its end"
    assert seen(DataLoader(Stream(False), batch_size=2, **options)) == [[0, 1], "bad", [3, 4], [5, 6]]


@pytest.mark.parametrize("options", WORKERS)
def test_a_sampler_that_fails(options: dict[str, Any]) -> None:
    assert seen(DataLoader(range(9), batch_size=None, sampler=Counting(), **options)) == [0, 1, "bad", 3, 4, 5, 6]


def test_a_checkpoint_after_a_bad_batch_goes_on_behind_it() -> None:
    loader = DataLoader(Holes(), batch_size=2)
    batches = iter(loader)
    next(batches)
    with pytest.raises(KeyError, match="sample 2"):
        next(batches)
    twin = DataLoader(Holes(), batch_size=2)
    twin.load_state_dict(loader.state_dict())
    assert seen(twin) == ["bad", [6, 7], [8]]


def test_a_batch_that_comes_late_is_waited_for_again() -> None:
    go = threading.Event()

    class Slow(Holes):
        def __getitem__(self, i: int) -> int:
            if i == 3:
                go.wait(30)
            return i

    batches, late = iter(DataLoader(Slow(), batch_size=3, num_workers=1, timeout=0.05)), 0
    assert next(batches).tolist() == [0, 1, 2]
    while late < 2:
        with pytest.raises(RuntimeError, match="no batch came within timeout=0.05 seconds"):
            next(batches)
        late += 1
    go.set()
    found: list[Any] = []
    while len(found) < 2:
        try:
            found.append(next(batches).tolist())
        except RuntimeError:
            continue
    assert found == [[3, 4, 5], [6, 7, 8]]


def test_an_epoch_can_be_broken_off() -> None:
    loader = DataLoader(Holes(), batch_size=2, num_workers=1, persistent_workers=True)
    batches = iter(loader)
    next(batches)
    batches.close()
    assert list(batches) == [] and seen(loader)[0] == [0, 1]


# ---- states that lie --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("seed"), "the entry 'seed' is missing, expected None or a whole number from 0 on"),
        (lambda s: s.pop("batch"), "the entry 'batch' is missing, expected a whole number from 0 on"),
        (lambda s: s.pop("sources"), "the entry 'sources' is missing, expected a list"),
        (lambda s: s.update(seed="x"), "the entry 'seed' is 'x'"),
        (lambda s: s.update(seed=2**63), "the entry 'seed' is 9223372036854775808"),
        (lambda s: s.update(seed=True), "the entry 'seed' is True"),
        (lambda s: s.update(batch=-1), "the entry 'batch' is -1"),
        (lambda s: s.update(batch=None), "the entry 'batch' is None"),
        (lambda s: s.update(sources={"a": 1}), "the entry 'sources' is {'a': 1}, expected a list"),
        (lambda s: s.update(sources=[3, 3]), "the state has 2 generators and samplers, this DataLoader 1"),
        (lambda s: s.update(sources=[3]), "'sources' 0 is no state of a Generator: set_state: needs the uint8 tensor"),
        (lambda s: s.update(sources=[tg.zeros(3, dtype=tg.uint8)]), "is no state of a Generator: set_state: a state has"),
    ],
)
def test_a_state_that_lies(change: Any, words: str) -> None:
    loader = DataLoader(range(9), 2, shuffle=True, generator=tg.Generator().manual_seed(3))
    next(iter(loader))
    state = loader.state_dict()
    change(state)
    before = repr(loader.state_dict())
    with pytest.raises(ValueError, match=words):
        loader.load_state_dict(state)
    assert repr(loader.state_dict()) == before
    with pytest.raises(TypeError, match="DataLoader.load_state_dict: needs a dict"):
        loader.load_state_dict([state])  # type: ignore[arg-type]
