"""Which dtype an operation has, and conversions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import nn
from tensorgrad.ops.promote import as_operand

f16, f32, f64 = tg.float16, tg.float32, tg.float64
i8, i16, i32, i64, u8, b = tg.int8, tg.int16, tg.int32, tg.int64, tg.uint8, tg.bool

# PyTorch's table: one dtype beside another, both with dimensions.
PAIRS = [
    (f16, f32, f32), (f32, f64, f64), (f16, f16, f16), (f32, i64, f32), (f16, i64, f16), (f16, b, f16), (i64, i64, i64),
    (u8, i8, i16), (u8, i16, i16), (u8, u8, u8), (i8, i16, i16), (i32, i64, i64), (b, u8, u8), (b, i64, i64), (b, b, b),
]  # fmt: skip


def ones(dtype: Any, dims: bool = True) -> tg.Tensor:
    return tg.tensor([1, 1] if dims else 1).to(dtype)


class TestPromotion:
    @pytest.mark.parametrize(("x", "z", "want"), PAIRS)
    def test_tensors_with_dimensions(self, x: Any, z: Any, want: Any) -> None:
        for a, c in ((x, z), (z, x)):
            assert (ones(a) + ones(c)).dtype is want and (ones(a) * ones(c)).dtype is want
            assert tg.maximum(ones(a), ones(c)).dtype is want
            assert tg.result_type(ones(a), ones(c)) is want

    @pytest.mark.parametrize(("x", "z", "want"), PAIRS)
    def test_tensors_without(self, x: Any, z: Any, want: Any) -> None:
        assert (ones(x, False) + ones(z, False)).dtype is want

    @pytest.mark.parametrize(
        ("x", "z", "want"),
        [(f32, f64, f32), (i32, i64, i32), (i64, f64, f64), (u8, i64, u8), (b, i32, i32), (f16, i64, f16), (i64, f16, f16)],
    )
    def test_a_tensor_without_dimensions_only_raises_the_category(self, x: Any, z: Any, want: Any) -> None:
        assert (ones(x) + ones(z, False)).dtype is want and (ones(z, False) + ones(x)).dtype is want

    @pytest.mark.parametrize(
        ("x", "number", "want"),
        [
            (f32, 2, f32), (f16, 2.5, f16), (f64, True, f64), (i64, 2, i64), (u8, 300, u8), (i32, 2.5, f32), (b, True, b),
            (b, 2, i64), (b, 2.5, f32), (i64, True, i64), (f32, np.float64(2), f32), (i32, np.int64(2), i32),
            (i8, np.float32(2), f32), (f16, np.bool_(True), f16),
        ],
    )  # fmt: skip
    def test_numbers_only_raise_the_category(self, x: Any, number: Any, want: Any) -> None:
        assert (ones(x) * number).dtype is want and (number * ones(x)).dtype is want
        assert (ones(x, False) * number).dtype is want

    def test_an_integer_wraps_around(self) -> None:
        assert (tg.tensor([1], dtype=u8) + 300).tolist() == [45]
        assert (tg.tensor([120], dtype=i8) + 10).tolist() == [-126]

    @pytest.mark.parametrize("x", [i64, u8, b])
    def test_division_gives_the_default_dtype(self, x: Any) -> None:
        assert (ones(x) / ones(x)).dtype is f32 and (ones(x) / 2).dtype is f32 and (2 / ones(x)).dtype is f32
        assert tg.div(ones(i64), ones(f64)).dtype is f64

    def test_two_numbers(self) -> None:
        assert tg.add(2, 3).dtype is i64 and tg.mul(2, 0.5).dtype is f32 and tg.add(True, True).dtype is b

    def test_arrays(self) -> None:
        x = tg.ones(2)
        for y in (x + np.ones(2), np.ones(2) + x, x * np.float32([1, 2]), np.ones(2, np.int32) * x):
            assert type(y) is tg.Tensor
        assert (x + np.ones(2)).dtype is f64 and (np.arange(2) * x).dtype is f32
        assert (x + np.ones(2, ">f8")).dtype is f64
        assert np.exp(x).dtype is f32 and type(np.exp(x)) is tg.Tensor

    def test_gradients_come_back_in_each_operands_dtype(self) -> None:
        x, z = tg.ones(2, requires_grad=True), tg.ones(2, dtype=f64, requires_grad=True)
        s = tg.tensor(2.0, dtype=f64, requires_grad=True)
        y = x * z + x * s
        assert y.dtype is f64
        y.sum().backward()
        assert (x.grad.dtype, z.grad.dtype, s.grad.dtype) == (f32, f64, f64)
        assert x.grad.tolist() == [3, 3] and s.grad.item() == 2

    def test_what_is_no_operand(self) -> None:
        with pytest.raises(TypeError, match="add: each operand must be a Tensor, got list"):
            tg.add(tg.ones(2), [1, 2])
        with pytest.raises(TypeError, match="add: dtype: dtype..complex128.. is not an element type here"):
            tg.ones(2) + np.ones(2, complex)
        with pytest.raises(TypeError, match="exp: input must be a Tensor, got NoneType"):
            as_operand("exp", None)


class TestTo:
    x = tg.tensor([1.5, -2.5])

    def test_every_form(self) -> None:
        x = self.x
        for y in (
            x.to(f64), x.to(dtype=f64), x.to("cpu", f64), x.to(tg.device("cpu"), f64), x.to(device="cpu", dtype=f64),
            x.to(tg.ones(1, dtype=f64)), x.to(other=tg.ones(1, dtype=f64)), x.to(f64, True), x.to(f64, non_blocking=True),
            x.to(f64, False, True), x.to("cpu", f64, False, True), x.to("float64"), x.to(np.float64),
            x.to(f64, memory_format=tg.preserve_format),
        ):  # fmt: skip
            assert y.dtype is f64 and y.tolist() == [1.5, -2.5]

    def test_itself_where_nothing_changes(self) -> None:
        x = self.x
        for y in (x.to(f32), x.to("cpu"), x.to(x), x.to(None), x.to(dtype=None), x.float(), x.type(f32), x.cpu()):
            assert y is x
        assert x.to(f32, copy=True) is not x and x.to("cpu", copy=True).data_ptr() != x.data_ptr()

    def test_it_is_recorded(self) -> None:
        x = tg.tensor([1.5, 2.5], requires_grad=True)
        y = (x.double() * 2).sum()
        y.backward()
        assert x.grad.dtype is f32 and x.grad.tolist() == [2, 2]
        assert not x.long().requires_grad and not x.to(i64).requires_grad
        z = tg.tensor([1.5], requires_grad=True)
        (g,) = tg.autograd.grad((z.double() ** 3).sum(), z, create_graph=True)
        assert tg.autograd.grad(g.sum(), z)[0].tolist() == [9]

    @pytest.mark.parametrize(
        ("name", "dtype"),
        [
            ("double", f64), ("float", f32), ("half", f16), ("long", i64), ("int", i32), ("short", i16), ("char", i8),
            ("bool", b),
        ],
    )  # fmt: skip
    def test_by_name(self, name: str, dtype: Any) -> None:
        y = getattr(self.x, name)()
        assert y.dtype is dtype
        np.testing.assert_array_equal(y.array, self.x.array.astype(dtype.numpy))

    def test_bytes(self) -> None:
        assert tg.tensor([300, -1]).byte().tolist() == [44, 255] and tg.tensor([2.5]).byte().dtype is u8

    def test_floats_are_cut_off(self) -> None:
        assert tg.tensor([1.9, -1.9]).long().tolist() == [1, -1]

    def test_type(self) -> None:
        assert self.x.type() == "tensorgrad.FloatTensor" and self.x.bool().type() == "tensorgrad.BoolTensor"
        for name in ("tensorgrad.LongTensor", "torch.LongTensor", "int64", i64, int):
            assert self.x.type(name).dtype is i64
        assert self.x.type_as(tg.ones(1, dtype=f64)).dtype is f64

    @pytest.mark.parametrize(
        "move",
        [lambda x: x.cuda(), lambda x: x.to("cuda"), lambda x: x.to(0), lambda x: x.cuda(1), lambda x: x.to("cuda:0", f64)],
    )
    def test_there_is_no_gpu(self, move: Any) -> None:
        with pytest.raises(RuntimeError, match="to: no CUDA device can be used by this version of tensorgrad"):
            move(self.x)

    def test_errors(self) -> None:
        with pytest.raises(TypeError, match="to: unknown argument 'dtypes'; use dtype, device, other, copy"):
            self.x.to(dtypes=f64)
        with pytest.raises(TypeError, match="to: takes a dtype, a device"):
            self.x.to(f64, f32)
        with pytest.raises(TypeError, match="dtype: 'flaot' is not an element type here"):
            self.x.to("flaot")
        with pytest.raises(TypeError, match="type_as: other must be a Tensor, got str"):
            self.x.type_as("x")


@pytest.mark.parametrize("dtype", [tg.int16, tg.uint8])
def test_small_integers_stay_small_or_count_in_int64(dtype: tg.dtype) -> None:
    a = tg.tensor([[[1, 2], [3, 4]]], dtype=dtype)
    assert tg.addbmm(a[0], a, a).dtype is dtype and tg.addbmm(a[0], a, a).tolist() == [[8, 12], [18, 26]]
    assert tg.linalg.vander(a[0, 0]).dtype is tg.int64
    assert [t.dtype for t in tg.unravel_index(a[0, 0], (4, 2**40))] == [tg.int64] * 2
    x = tg.tensor([5, 6], dtype=dtype)
    assert x.index_add(0, tg.tensor([0]), tg.tensor([2], dtype=dtype), alpha=-1).tolist() == [3, 6]
    assert tg.arange(0.5, 4.6, 2.0, dtype=dtype).tolist() == [0, 2, 4]
    assert tg.arange(0.0, 3.1, dtype=dtype).tolist() == [0, 1, 2, 3]


X64 = np.ones((2, 4))  # what NumPy makes


@pytest.mark.parametrize(
    "layer, shape",
    [
        (lambda: nn.Linear(4, 3), (2, 4)), (lambda: nn.Conv1d(4, 3, 1), (2, 4, 3)), (lambda: nn.Conv2d(4, 3, 1), (1, 4, 2, 2)),
        (lambda: nn.ConvTranspose2d(4, 3, 1), (1, 4, 2, 2)), (lambda: nn.BatchNorm1d(4), (2, 4)),
        (lambda: nn.LayerNorm(4), (2, 4)), (lambda: nn.GroupNorm(2, 4), (2, 4)), (lambda: nn.RMSNorm(4), (2, 4)),
        (lambda: nn.LSTM(4, 3), (2, 4)),
        (lambda: nn.GRUCell(4, 3), (2, 4)), (lambda: nn.InstanceNorm1d(4, affine=True), (2, 4, 3)),
    ],
)  # fmt: skip
def test_data_of_numpy_in_a_layer_of_float32(layer: Any, shape: tuple[int, ...]) -> None:
    """The data is to be converted, never the layer; an array has no `.float()`."""
    x = np.ones(shape)
    with pytest.raises(TypeError, match=r"Convert: input\.float\(\) \(NumPy's numbers are float64\)\."):
        layer()(tg.tensor(x))
    with pytest.raises(TypeError, match=r"Convert: tensorgrad\.from_numpy\(input\)\.float\(\) \(NumPy's numbers"):
        layer()(x)
    if not any(hasattr(layer(), norm) for norm in ("eps", "normalized_shape")):  # norms take half precision as it is
        with pytest.raises(TypeError, match=r"Convert: input\.float\(\)\."):
            layer()(tg.tensor(x).half())
    with pytest.raises(TypeError, match=r"Convert: input\.double\(\)\."):
        layer().double()(tg.tensor(x).float())
    assert layer()(tg.tensor(x).float()) is not None


def test_the_default_dtype_stays_where_no_operand_is_a_weight() -> None:
    with pytest.raises(TypeError, match=r"Convert: other\.float\(\) \(NumPy"):
        tg.ones(2, 4) @ tg.tensor(X64).T
    with pytest.raises(TypeError, match=r"Convert: input\.float\(\)\."):
        tg.ones(2, 4, dtype=tg.int64) @ tg.ones(4, 2)
    with pytest.raises(TypeError, match=r"Convert: other\.double\(\)\."):
        tg.tensor(X64) @ tg.ones(4, 2).half()
    with pytest.raises(TypeError, match=r"Convert: tensorgrad\.from_numpy\(target\)\.float\(\)"):
        nn.BCELoss()(tg.ones(2, 4), X64)


class Foreign:
    """An array of another library."""

    def __init__(self, module: str) -> None:
        self.__class__ = type("Tensor", (Foreign,), {"__module__": module, "__array__": lambda self: X64})


def test_tensors_of_other_libraries() -> None:
    """Both are called Tensor: the message says whose it is, and how it becomes one of ours."""
    for call in (lambda t: tg.ones(2) + t, lambda t: tg.ones(2, 4) @ t, lambda t: tg.stack([t]), nn.Linear(4, 1)):
        with pytest.raises(TypeError, match=r"got torch\.Tensor\. Convert it: tensorgrad\.from_numpy\(t\.detach\(\)\.numpy"):
            call(Foreign("torch"))
        with pytest.raises(TypeError, match=r"got jax's Tensor\. Convert it: tensorgrad\.tensor\(numpy\.asarray\(x\)\)"):
            call(Foreign("jax.numpy"))


def test_a_device_by_another_name() -> None:
    x = tg.ones(2)
    for call in (lambda: x.to("gpu"), lambda: tg.device("gpu:0"), lambda: tg.ones(2, device="GPU")):
        with pytest.raises(RuntimeError, match="'(gpu|gpu:0|GPU)' is not a device here. .*card is called 'cuda'"):
            call()
    with pytest.raises(RuntimeError, match="'mps' is not a device here. Choose 'cpu', 'cuda', 'cuda:N' or 'meta'.$"):
        x.to("mps")
    assert x.to("float64").dtype is x.to("torch.float64").dtype is x.to("f8").dtype is tg.float64 and x.to("cpu") is x
