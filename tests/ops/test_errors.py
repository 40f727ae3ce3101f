"""Every public operation, called with one argument after another replaced by something it cannot use.

It may make sense of it; if not, the error is of a class that fits, is raised by a check of the library (no word of NumPy's
or Python's comes through), and begins with the operation's name.
"""

from __future__ import annotations

import inspect
import linecache
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor
from tensorgrad.nn import functional as F
from tests.ops import optest
from tests.ops.optest import OpTest, convert, sample

RIGHT = (TypeError, ValueError, IndexError, RuntimeError)
PACKAGE = str(Path(inspect.getfile(Tensor)).parent)
OTHER_SUBJECTS = ("dtype", "bool", "device")  # an argument that speaks for itself, wherever it is given


class Nothing:
    """Something that no operation knows."""

    def __repr__(self) -> str:
        return "Nothing()"


def tensor(shape: Any, dtype: Any) -> Tensor:
    return Tensor._of(np.ones(shape, dtype))


def instead_of(good: Any) -> Iterator[tuple[str, Any]]:
    """What to try in place of an argument."""
    if isinstance(good, np.ndarray):
        d, n = good.dtype, good.ndim
        yield from [("None", None), ("a string", "x"), ("a list", [1.0, 2.0]), ("a dict", {}), ("nothing", Nothing())]
        yield from [("no axes", tensor((), d)), ("one axis more", tensor((2,) * (n + 1), d)), ("7 axes", tensor((1,) * 7, d))]
        yield from [("one axis less", tensor((2,) * max(n - 1, 0), d)), ("empty", tensor((0,) * n, d))]
        yield "other sizes", tensor([s + 1 for s in good.shape], d)
        for other in ("float64", "float16", "int64", "bool"):
            if other != d:
                yield other, tensor(good.shape, other)
        if d.kind in "iu":
            yield from [("large indices", Tensor._of(good + 100)), ("negative indices", Tensor._of(good - 100))]
    elif isinstance(good, bool):
        yield from [("a string", "x"), ("None", None)]
    elif isinstance(good, (int, float)):
        yield from [("None", None), ("a string", "x"), ("a list", [1]), ("a pair", (0, 0)), ("a matrix", tensor((2, 2), float))]
        yield from [("99", 99), ("-99", -99), ("0", 0), ("1.5", 1.5), ("nan", float("nan"))]
    elif isinstance(good, str):
        yield from [("another string", "nonsense"), ("None", None), ("a number", 3)]
    elif isinstance(good, (tuple, list)):
        kind, n = type(good), max(len(good), 1)
        yield from [("None", None), ("a string", "x"), ("a number", 3), ("empty", kind()), ("one more", kind((*good, 1)))]
        yield from [("negative", kind([-99] * n)), ("fractions", kind([1.5] * n)), ("strings", kind(["x"] * n))]
        yield from [("twice the same", kind([0, 0])), ("Nones", kind([None] * n)), ("a matrix", tensor((2, 2), float))]
    elif good is None:
        yield from [("a string", "x"), ("nothing", Nothing()), ("99", 99), ("1.5", 1.5), ("a list", [7])]
    else:
        yield from [("None", None), ("nothing", Nothing())]


def calls(cls: type[OpTest]) -> Iterator[tuple[str, list[Any], dict[str, Any]]]:
    """The first samples with one argument replaced, and the first with each argument that it leaves out."""
    for i in range(min(len(cls.samples), 2)):
        args, kwargs = cls.arguments(i)
        spots: list[tuple[Any, Any]] = [*enumerate(args), *kwargs.items()]
        if i == 0:
            spots += left_out(cls.op, args, kwargs)
        for key, good in spots[getattr(cls, "is_method", False) :]:
            for label, bad in instead_of(good):
                a = list(convert(args, lambda x: Tensor._of(x.copy())))
                k = dict(convert(kwargs, lambda x: Tensor._of(x.copy())))
                (a if isinstance(key, int) else k)[key] = bad  # type: ignore[index]
                yield f"sample {i}, {key}: {label}", a, k


def left_out(op: Any, args: Any, kwargs: Any) -> list[tuple[str, Any]]:
    """Names and defaults of the arguments that a call does not give; not those that all operations treat alike."""
    signature = inspect.signature(op)
    given = signature.bind(*args, **kwargs).arguments
    alike = ("out", "dtype", "device", "generator", "layout", "requires_grad", "pin_memory", "memory_format", "_stacklevel")
    return [
        (name, p.default)
        for name, p in signature.parameters.items()
        if name not in given and name not in alike and p.default is not p.empty
    ]


def plain(function: Any, *args: Any, **kwargs: Any) -> type[OpTest]:
    """A row for a function that has none of its own."""
    row = {"op": staticmethod(function), "samples": [sample(*args, **kwargs)]}
    return type(function.__name__, (OpTest,), row)


def method(name: str, *args: Any) -> type[OpTest]:
    """A row for a method: its tensor is one."""
    return type(name, (plain(getattr(Tensor, name), *args),), {"is_method": True})


A, B, LU = np.eye(3) * 2, np.ones((3, 2)), np.ones((4, 3)) + np.eye(4, 3)
PIVOTS = np.array([1, 2, 3], np.int32)
# Tested by what defines them (random numbers, factorisations), and methods: a good call of each.
OTHERS = [
    *[plain(getattr(tg.linalg, n), A) for n in "cholesky cholesky_ex eigh eigvalsh inv_ex matrix_rank qr svd".split()],
    *[plain(getattr(tg.linalg, n), LU) for n in "lu lu_factor lu_factor_ex".split()],
    plain(tg.linalg.lu_solve, A, PIVOTS, B), plain(tg.linalg.solve_ex, A, B), plain(tg.lu_solve, B, A, PIVOTS),
    *[plain(f, A) for f in (tg.cholesky, tg.cholesky_inverse, tg.logdet, tg.pinverse, tg.qr, tg.svd)],
    plain(tg.cholesky_solve, B, A), plain(tg.lu_unpack, A, PIVOTS), plain(tg.triangular_solve, B, A), plain(tg.lu, A),
    plain(tg.svd_lowrank, LU, 2), plain(tg.pca_lowrank, LU, 2), plain(tg.resolve_conj, A), plain(tg.resolve_neg, A),
    plain(tg.lstm_cell, (3, 4), (np.ones((3, 2)), np.ones((3, 2))), (8, 4), (8, 2)),
    plain(F.dropout, A), plain(F.dropout1d, LU), plain(F.dropout2d, LU), plain(F.dropout3d, np.ones((1, 2, 2, 2, 2))),
    plain(F.alpha_dropout, A), plain(F.feature_alpha_dropout, A), plain(tg.dropout, A, 0.5, True),
    plain(tg.rand, 2, 3), plain(tg.randn, [2, 3]), plain(tg.randint, 5, [2]), plain(tg.randperm, 3), plain(tg.rand_like, A),
    plain(tg.randn_like, A), plain(tg.randint_like, A, 5), plain(tg.normal, 0.0, 1.0, [2]), plain(tg.normal, A, A),
    plain(tg.bernoulli, A / 2), plain(tg.multinomial, np.ones(3), 2), plain(tg.poisson, A), plain(tg.binomial, A, A / 2),
    plain(tg.tensor, A), plain(tg.as_tensor, A), plain(tg.empty, 2), plain(tg.empty_like, A), plain(tg.scalar_tensor, 2.0),
    plain(tg.empty_strided, [2], [1]), plain(tg.empty_permuted, [2, 3], [1, 0]), plain(tg.frombuffer, b"abcd", dtype=tg.uint8),
    method("add_", A, A), method("div_", A, A), method("clamp_", A, 0.0), method("lerp_", A, A, 0.5),
    method("addcmul_", A, A, A), method("copy_", A, A), method("fill_", A, 1.0), method("tril_", A),
    method("masked_fill_", A, A > 1, 0.0), method("masked_scatter_", A, A > 1, A),
    method("index_add_", A, 0, PIVOTS - 1, A), method("index_copy_", A, 0, PIVOTS - 1, A),
    method("index_fill_", A, 0, PIVOTS - 1, 1.0), method("scatter_", A, 1, np.zeros((3, 1), int), A),
    method("scatter_add_", A, 1, np.zeros((3, 1), int), A), method("put_", A, np.array([1, 2]), np.ones(2)),
    method("index_put_", A, (np.array([0, 1]),), np.ones((2, 3))), method("normal_", A), method("uniform_", A),
    method("exponential_", A), method("cauchy_", A), method("log_normal_", A), method("geometric_", A, 0.5),
    method("random_", A, 0, 5), method("bernoulli_", A, 0.5), method("fill_diagonal_", A, 1.0),
    method("squeeze_", A), method("unsqueeze_", A, 0), method("transpose_", A, 0, 1), method("t_", A),
    method("resize_", A, 2, 3), method("set_", A, A), method("repeat", A, 2, 2), method("size", A, 0),
    method("split", A, 2), method("where", A, A > 1, A), method("new_full", A, [2], 1.0), method("stride", A, 0),
    method("new_zeros", A, 2), method("new_tensor", A, A), method("to", A), method("type", A),
    method("renorm_", A, 2, 0, 1.0), method("polygamma", A, 1), method("map_", A, A, max),
]  # fmt: skip


def rows() -> list[Any]:
    """The classes in tests/ops that test a function of the library itself, and the other functions."""
    found = [pytest.param(cls, id=cls.__name__) for cls in OTHERS]
    for module in optest.tables():
        for name, cls in optest.rows(module):
            if getattr(cls.op, "__module__", "").startswith("tensorgrad"):
                found.append(pytest.param(cls, id=name))
    return found


@pytest.mark.parametrize("cls", rows())
def test_bad_arguments(cls: type[OpTest]) -> None:
    problems = []
    for label, args, kwargs in calls(cls):
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                cls.op(*args, **kwargs)
        except Exception as error:
            wrong = what_is_wrong_with(error, cls.__name__ if cls in OTHERS else cls.op.__name__)
            if wrong:
                problems.append(f"{label}: {wrong}: {type(error).__name__}: {str(error).splitlines()[0][:120]}")
    assert not problems, "\n".join(problems)


def what_is_wrong_with(error: Exception, name: str) -> str:
    if not isinstance(error, RIGHT) or isinstance(error, (NotImplementedError, RecursionError)):
        return "another class"
    if "unexpected keyword argument" in str(error) or "positional argument" in str(error):
        return ""  # Python's own answer to a call with too many, or too few
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    assert trace is not None
    file, line = trace.tb_frame.f_code.co_filename, linecache.getline(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
    if not file.startswith(PACKAGE) or "raise" not in line and not line.strip().startswith(("f\"", "mismatch(", ")")):
        return f"from {Path(file).name}:{trace.tb_lineno}, no check of ours"
    subject = str(error).partition(":")[0]
    own = (name, name.removesuffix("_copy"), name.removesuffix("_"), f"linalg.{name}", *OTHER_SUBJECTS)
    return "" if subject in own else "under another name"
