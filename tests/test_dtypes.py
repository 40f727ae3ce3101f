"""Element types: names, promotion, limits, the default; and devices."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import dtypes


@pytest.fixture
def default_restored():
    before = tg.get_default_dtype()
    yield
    tg.set_default_dtype(before)


def test_one_object_per_type() -> None:
    assert tg.float is tg.float32 and tg.long is tg.int64 and tg.half is tg.float16
    assert repr(tg.float32) == "tensorgrad.float32" and tg.float32.itemsize == 4
    assert tg.float32.is_floating_point and not tg.int32.is_floating_point
    assert tg.int8.is_signed and not tg.uint8.is_signed and not tg.bool.is_complex
    assert pickle.loads(pickle.dumps(tg.int16)) is tg.int16 and copy.deepcopy(tg.bool) is tg.bool


@pytest.mark.parametrize(
    "given", ["float32", "tensorgrad.float32", "torch.float32", "float", np.float32, np.dtype("float32"), ">f4"]
)
def test_what_is_taken_for_a_dtype(given: object) -> None:
    assert dtypes.as_dtype(given) is tg.float32
    assert dtypes.as_dtype(float) is tg.float64 and dtypes.as_dtype(int) is tg.int64  # Python's own, as PyTorch has it


@pytest.mark.parametrize("given", ["complex64", np.complex64, "nonsense", 3, None, object()])
def test_what_is_not_a_dtype(given: object) -> None:
    with pytest.raises(TypeError, match="is not an element type here. Choose one of float64"):
        dtypes.as_dtype(given)


@pytest.mark.parametrize(
    ("a", "b", "both"),
    [
        ("int64", "float32", "float32"),  # NumPy would say float64
        ("int64", "float16", "float16"),
        ("uint8", "int8", "int16"),
        ("uint8", "bool", "uint8"),
        ("float16", "float64", "float64"),
        ("bool", "bool", "bool"),
        ("int32", "int64", "int64"),
    ],
)
def test_promotion(a: str, b: str, both: str) -> None:
    for x, y in ((a, b), (b, a)):
        assert tg.promote_types(getattr(tg, x), getattr(tg, y)) is getattr(tg, both)


def test_can_cast() -> None:
    assert tg.can_cast(tg.int32, tg.float16) and tg.can_cast(tg.float64, tg.float16)
    assert not tg.can_cast(tg.float16, tg.int64) and not tg.can_cast(tg.uint8, tg.bool)


def test_the_default_dtype(default_restored: None) -> None:
    assert tg.get_default_dtype() is tg.float32 and tg.tensor(1.0).dtype is tg.float32
    tg.set_default_dtype(tg.float64)
    assert tg.tensor([1.0]).dtype is tg.float64 and tg.tensor([1]).dtype is tg.int64
    with pytest.raises(TypeError, match="only floating dtypes can be the default, got tensorgrad.int32"):
        tg.set_default_dtype(tg.int32)


def test_limits() -> None:
    f = tg.finfo(tg.float32)
    assert (f.bits, f.eps, f.max) == (32, 2.0**-23, np.finfo(np.float32).max) and f.min == -f.max
    assert tg.finfo().dtype == "float32" and repr(f).startswith("finfo(resolution=1e-06, min=-3.40282e+38")
    i = tg.iinfo(tg.int8)
    assert (i.bits, i.min, i.max) == (8, -128, 127) and repr(i) == "iinfo(min=-128, max=127, dtype=int8)"
    with pytest.raises(TypeError, match="finfo: needs a floating dtype, got tensorgrad.int8"):
        tg.finfo(tg.int8)
    with pytest.raises(TypeError, match="iinfo: needs an integer dtype, got tensorgrad.float32"):
        tg.iinfo(tg.float32)


def test_bfloat16_says_what_it_needs() -> None:
    try:
        import ml_dtypes
    except ImportError:
        for use in (lambda: tg.zeros(2, dtype=tg.bfloat16), lambda: tg.ones(2).bfloat16(), lambda: tg.finfo(tg.bfloat16)):
            with pytest.raises(TypeError, match="needs the package ml_dtypes"):
                use()
    else:
        assert tg.ones(2).bfloat16().dtype is tg.bfloat16 and tg.tensor(np.ones(2, ml_dtypes.bfloat16)).dtype is tg.bfloat16
        assert tg.finfo(tg.bfloat16).eps == 2.0**-7


def test_bfloat16_is_a_name_without_the_package() -> None:
    """A program lists it beside the others, and may never use it."""
    choice = {"float32": tg.float32, "bfloat16": tg.bfloat16}["bfloat16"]
    assert choice is dtypes.as_dtype("bfloat16") and choice.is_floating_point and choice.itemsize == 2
    assert repr(choice) == "tensorgrad.bfloat16" and choice != tg.float32 and pickle.loads(pickle.dumps(choice)) is choice
    assert tg.promote_types(choice, tg.float16) is tg.float32 and tg.promote_types(tg.int64, choice) is choice


def test_devices() -> None:
    assert str(tg.device("cpu")) == "cpu" and tg.device("cuda:1") == tg.device("cuda", 1)
    assert repr(tg.device("cuda", 0)) == "device(type='cuda', index=0)" and tg.device(tg.device("cpu")).type == "cpu"
    assert len({tg.device("cpu"), tg.device("cpu"), tg.device("cuda")}) == 2
    with pytest.raises(RuntimeError, match="'tpu' is not a device here"):
        tg.device("tpu")
    with pytest.raises(RuntimeError, match="tensor: no CUDA device can be used"):
        tg.tensor([1.0], device="cuda")
