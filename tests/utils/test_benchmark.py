"""utils.benchmark, with a clock of the test's own."""

from __future__ import annotations

import pytest

import tensorgrad as tg
from tensorgrad.utils.benchmark import Compare, Measurement, TaskSpec, Timer, unit_of


class Clock:
    """Each run of `work` takes some microseconds; asking for the time takes none."""

    def __init__(self, *costs: float) -> None:
        self.now, self.costs, self.runs = 0.0, list(costs), 0

    def __call__(self) -> float:
        return self.now

    def work(self) -> None:
        self.now += self.costs[self.runs % len(self.costs)]
        self.runs += 1


def timer(clock: Clock, **options: object) -> Timer:
    return Timer("work()", globals={"work": clock.work}, timer=clock, **options)  # type: ignore[arg-type]


def test_timeit_is_one_measurement() -> None:
    clock = Clock(2e-6)
    m = timer(clock).timeit(50)
    assert clock.runs == 52 and m.number_per_run == 50 and m.times == [pytest.approx(2e-6)] and m.iqr == 0.0
    assert repr(m) == "Measurement stmt: (work())\n  2.00 us\n  1 measurement, 50 runs, 1 thread"


def test_blocked_autorange_measures_long_enough() -> None:
    clock, seen = Clock(1e-4), []
    m = timer(clock).blocked_autorange(callback=lambda n, t: seen.append((n, t)), min_run_time=0.05)
    assert m.number_per_run == 1 and sum(m.raw_times) >= 0.05 and len(seen) == len(m.times)
    assert m.median == pytest.approx(1e-4) and m.mean == pytest.approx(1e-4) and not m.has_warnings
    assert m.significant_figures == 4


def test_adaptive_autorange_stops_when_it_is_sure_or_out_of_time() -> None:
    assert len(timer(Clock(1e-3)).adaptive_autorange(min_run_time=0.002).times) == 4
    restless = timer(Clock(1e-3, 9e-3)).adaptive_autorange(min_run_time=0.001, max_run_time=0.1)
    assert restless.has_warnings and sum(restless.raw_times) >= 0.1 and "WARNING: the quartiles lie far apart" in repr(restless)


def test_setup_globals_and_a_callable() -> None:
    seen: list[int] = []
    Timer("seen.append(x)", setup="x = y + 1", global_setup="y = 4", globals={"seen": seen}).timeit(3)
    assert set(seen) == {5}
    Timer(lambda: seen.clear()).timeit(1)
    assert seen == []
    Timer(
        """
        for i in range(2):
            seen.append(i)
        """,
        globals={"seen": seen},
    ).timeit(1)
    assert set(seen) == {0, 1}


def test_threads_are_put_back() -> None:
    before = tg.get_num_threads()
    Timer("pass", num_threads=1).timeit(1)
    assert tg.get_num_threads() == before


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="Timer: num_threads must be a positive integer, got 0"):
        Timer(num_threads=0)
    with pytest.raises(ValueError, match="Timer.timeit: number must be a positive integer, got -1"):
        Timer().timeit(-1)
    with pytest.raises(ValueError, match="Timer: language must be 'python', got 'c\\+\\+'"):
        Timer(language="c++")
    with pytest.raises(RuntimeError, match="use blocked_autorange"):
        Timer().repeat()


def measurement(label: str, row: str, column: str, *times: float) -> Measurement:
    return Measurement(1, list(times), TaskSpec("x", label=label, sub_label=row, description=column))


def test_measurements_of_one_task_are_put_together() -> None:
    a, b, c = measurement("l", "r", "c", 1.0, 2.0), measurement("l", "s", "c", 5.0), measurement("l", "r", "c", 3.0)
    merged = Measurement.merge([a, b, c])
    assert [m.times for m in merged] == [[1.0, 2.0, 3.0], [5.0]] and merged[0].median == 2.0 and merged[0].iqr == 1.0


def test_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    table = Compare([measurement("add", "small", "here", 2e-6), measurement("add", "large", "here", 4e-6)])
    table.extend_results([measurement("add", "small", "there", 3e-6)])
    table.print()
    assert capsys.readouterr().out == (
        "[----------- add -----------]\n"
        "            |  here  |  there\n"
        "1 threads:\n"
        "  small     |   2.0  |    3.0\n"
        "  large     |   4.0  |       \n"
        "\n"
        "Times are in microseconds (us).\n"
    )
    table.trim_significant_figures()
    assert "|     2  |      3" in str(table)
    with pytest.raises(ValueError, match="expects a list of Measurements"):
        table.extend_results([3])  # type: ignore[list-item]


def test_units() -> None:
    assert [unit_of(t)[1] for t in (2.0, 2e-2, 2e-5, 2e-8, 2e-11)] == ["s", "ms", "us", "ns", "ns"]
