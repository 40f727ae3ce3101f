"""Generators: seeds, states, threads; and the first numbers of a seed, which are to stay what they are."""

from __future__ import annotations

import copy
import pickle
import threading

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import random

# What seed 2024 begins with. float32 numbers are written as the float64 they equal.
RAND = [0.24152815341949463, 0.6758313179016113, 0.09234333038330078]
RAND64 = [0.6758313379812818, 0.21432320123825765, 0.3094520308816917]
RAND16 = [0.79248046875, 0.2412109375, 0.2822265625]
RANDN = [0.6110844016075134, 0.846587061882019, 0.21217942237854004]
RANDN64 = [1.0288568739519013, 1.6419200406711503, 1.1467195295966137]
RANDINT = [241, 675, 92, 214, 317]
RANDPERM = [3, 2, 7, 5, 4, 1, 6, 0]
UNIFORM = [-0.5169436931610107, 0.35166263580322266, -0.8153133392333984]
BERNOULLI = [0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0]
EXPONENTIAL = [0.3681615889072418, 0.48782187700271606, 0.13213805854320526]
MULTINOMIAL = [2, 1, 3, 4]
REPLACED = [4, 2, 2, 4, 4, 1]


def test_the_first_numbers_of_a_seed() -> None:
    """A change here would change every seeded experiment of every user."""
    g = tg.Generator()

    def first(draw):
        g.manual_seed(2024)
        return draw().tolist()

    exact = {"rel": 0, "abs": 0}
    assert first(lambda: tg.rand(3, generator=g)) == pytest.approx(RAND, **exact)
    assert first(lambda: tg.rand(3, dtype=tg.float64, generator=g)) == pytest.approx(RAND64, **exact)
    assert first(lambda: tg.rand(3, dtype=tg.float16, generator=g)) == RAND16
    assert first(lambda: tg.randn(3, generator=g)) == pytest.approx(RANDN, **exact)
    assert first(lambda: tg.randn(3, dtype=tg.float64, generator=g)) == pytest.approx(RANDN64, **exact)
    assert first(lambda: tg.randint(1000, (5,), generator=g)) == RANDINT
    assert first(lambda: tg.randperm(8, generator=g)) == RANDPERM
    assert first(lambda: tg.empty(3).uniform_(-1, 1, generator=g)) == pytest.approx(UNIFORM, **exact)
    assert first(lambda: tg.bernoulli(tg.full((8,), 0.5), generator=g)) == BERNOULLI
    assert first(lambda: tg.empty(3).exponential_(generator=g)) == pytest.approx(EXPONENTIAL, **exact)
    assert first(lambda: tg.multinomial(tg.arange(1.0, 6.0), 4, generator=g)) == MULTINOMIAL
    assert first(lambda: tg.multinomial(tg.arange(1.0, 6.0), 6, True, generator=g)) == REPLACED


def test_the_stream_is_numpys() -> None:
    g = tg.Generator().manual_seed(7)
    assert tg.rand(5, dtype=tg.float64, generator=g).tolist() == np.random.default_rng(7).random(5).tolist()
    assert isinstance(g.numpy, np.random.Generator)


def test_seeds() -> None:
    g = tg.Generator()
    assert g.initial_seed() == tg.Generator().initial_seed() == 67280421310721
    assert g.manual_seed(3) is g and g.initial_seed() == 3
    assert g.manual_seed(-1).initial_seed() == 2**64 - 1
    drawn = g.seed()
    assert drawn == g.initial_seed() and 0 <= drawn < 2**64 and drawn != g.seed()
    assert g.device == tg.device("cpu") and repr(tg.Generator().manual_seed(5)) == "Generator(device='cpu', seed=5)"


def test_the_default_generator() -> None:
    assert tg.manual_seed(11) is tg.default_generator and tg.initial_seed() == 11
    a = tg.rand(2)
    tg.manual_seed(11)
    assert (tg.rand(2) == a).all()
    assert tg.seed() == tg.initial_seed() != 11


def test_states_are_bytes_and_bring_back_the_place() -> None:
    g = tg.Generator().manual_seed(5)
    tg.randint(9, (3,), dtype=tg.int32, generator=g)
    state = g.get_state()
    assert state.dtype is tg.uint8 and state.shape == (48,)
    a = tg.randn(4, generator=g).tolist()
    g.manual_seed(6)
    g.set_state(state)
    assert tg.randn(4, generator=g).tolist() == a and g.initial_seed() == 5
    before = tg.get_rng_state()
    b = tg.rand(3).tolist()
    tg.set_rng_state(before)
    assert tg.rand(3).tolist() == b


def test_a_state_keeps_the_spare_half_of_a_draw() -> None:
    g = tg.Generator().manual_seed(1)
    tg.rand(3, generator=g)  # an odd number of 32-bit draws
    state = g.get_state()
    a = tg.rand(3, generator=g).tolist()
    g.set_state(state)
    assert tg.rand(3, generator=g).tolist() == a


def test_copies_go_their_own_way_from_the_same_place() -> None:
    g = tg.Generator().manual_seed(5)
    tg.rand(2, generator=g)
    twins = [g.clone_state(), copy.deepcopy(g), pickle.loads(pickle.dumps(g))]
    numbers = [tg.rand(3, generator=t).tolist() for t in [g, *twins]]
    assert all(n == numbers[0] for n in numbers)


def test_fork_puts_the_generator_back() -> None:
    tg.manual_seed(1)
    a = tg.rand(2).tolist()
    tg.manual_seed(1)
    with random.fork_rng():
        tg.manual_seed(99)
        tg.rand(5)
    assert tg.rand(2).tolist() == a
    with pytest.raises(KeyError), random.fork_rng():
        tg.rand(1)
        raise KeyError
    state = tg.get_rng_state()
    with random.fork_rng(enabled=False):
        tg.rand(1)
    assert not (tg.get_rng_state() == state).all()


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: tg.manual_seed(2.5), TypeError, "manual_seed: the seed must be an int, got float 2.5"),
        (lambda: tg.manual_seed(2**64), ValueError, "manual_seed: the seed must be from -2**63 to 2**64 - 1, got"),
        (lambda: tg.set_rng_state(tg.zeros(48)), TypeError, "set_rng_state: needs the uint8 tensor that get_state() gave"),
        (lambda: tg.set_rng_state(b"x"), TypeError, "set_rng_state: needs the uint8 tensor that get_state() gave, got bytes"),
        (lambda: tg.set_rng_state(tg.get_rng_state()[:5]), ValueError, "set_rng_state: a state has 48 bytes, got shape (5,)"),
        (lambda: tg.Generator("cuda"), RuntimeError, "Generator: no CUDA device"),
    ],
)  # fmt: skip
def test_refused(call, kind, words) -> None:
    before = tg.get_rng_state()
    with pytest.raises(kind) as caught:
        call()
    assert words in str(caught.value) and (tg.get_rng_state() == before).all()


def test_threads_share_a_stream_without_losing_or_repeating_a_number() -> None:
    g = tg.Generator().manual_seed(3)
    whole = np.sort(np.random.default_rng(3).random(8 * 200 * 5))
    found: list[list[float]] = [[] for _ in range(8)]
    start = threading.Barrier(8)

    def draw(mine: list[float]) -> None:
        start.wait()
        for _ in range(200):
            mine.extend(tg.rand(5, dtype=tg.float64, generator=g).tolist())
            g.get_state()

    threads = [threading.Thread(target=draw, args=(mine,)) for mine in found]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert np.array_equal(np.sort(np.concatenate(found)), whole)


def test_seeding_in_one_thread_while_others_draw() -> None:
    g = tg.Generator()
    stop = threading.Event()
    wrong: list[str] = []

    def draw() -> None:
        while not stop.is_set():
            x = tg.rand(50, generator=g)
            if not ((x >= 0) & (x < 1)).all():
                wrong.append("outside of [0, 1)")

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for t in threads:
        t.start()
    for seed in range(100):
        g.manual_seed(seed)
        g.set_state(g.get_state())
    stop.set()
    for t in threads:
        t.join()
    assert not wrong and g.initial_seed() == 99
