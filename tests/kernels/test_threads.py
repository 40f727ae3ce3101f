"""How many threads BLAS computes with: told by the environment, chosen, or one until a product is large."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import tensorgrad as tg
from tensorgrad.kernels.cpu import threads

PROGRAM = """
import json
import numpy as np
import tensorgrad as tg
from tensorgrad.kernels.cpu import threads

def now():
    return [ask() for _, ask in threads._libraries.values()]

seen = [now()]
with threads.several(threads.LARGE - 1):
    seen.append(now())
with threads.several(threads.LARGE):
    seen.append(now())
seen.append(now())
a = tg.ones(2, 900, 900)
for _ in range(2):
    seen.append([(a[0] @ a[1]).max().item()])
tg.linalg.inv(tg.eye(3))
tg.matrix_exp(tg.zeros(2, 2))
seen.append(now())
tg.set_num_threads(3)
with threads.several(threads.LARGE):
    seen.append(now())
seen.append([tg.get_num_threads()])
print(json.dumps(seen))
"""


def run(**variables: str) -> list[list[int]]:
    others = {k: v for k, v in os.environ.items() if k not in threads.VARIABLES}
    out = subprocess.run([sys.executable, "-c", PROGRAM], env={**others, **variables}, capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    return json.loads(out.stdout)


needs_openblas = pytest.mark.skipif("numpy" not in threads._libraries, reason="this NumPy has no OpenBLAS of its own")


@needs_openblas
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
def test_one_thread_until_a_product_is_large() -> None:
    first, small, large, after, product, again, with_scipy, chosen, told = run()
    assert first == small == after == [1] and large[0] > 1
    assert product == again == [900.0]
    assert set(with_scipy) == {1} and len(with_scipy) <= 2  # SciPy's own as well, once it is there
    assert chosen[0] > 1 and told == [3]  # OpenBLAS may have built room for fewer


@needs_openblas
def test_who_says_how_many_is_obeyed() -> None:
    first, small, large, after, *_ = run(OPENBLAS_NUM_THREADS="2")
    assert first == small == large == after
    assert run(OMP_NUM_THREADS="1")[0] == [1]


def test_set_num_threads() -> None:
    before = tg.get_num_threads()
    try:
        tg.set_num_threads(1)
        assert tg.get_num_threads() == 1
        for wrong in (0, -1, 2.0, True, None):
            with pytest.raises(ValueError, match="set_num_threads: needs a whole number of at least 1, got"):
                tg.set_num_threads(wrong)
    finally:
        tg.set_num_threads(before)
