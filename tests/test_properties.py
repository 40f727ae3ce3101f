"""Properties that hold for every input, on inputs that hypothesis finds: broadcasting, indexing, reductions and views
against NumPy, and views written in place against the same program without either."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tensorgrad as tg
from tests.ops.test_index import picked

usual = settings(deadline=None, derandomize=True, max_examples=120)
many = settings(usual, max_examples=300)

shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


def numbers(shape: Any, seed: int = 0) -> Any:
    """Some numbers of a shape; the test is about the shape."""
    return np.asarray(np.random.default_rng(seed).uniform(-2, 2, shape))


def gradient(y: tg.Tensor, *xs: tg.Tensor) -> tuple[Any, list[Any]]:
    """A random gradient for y, and what it is for the xs."""
    c = numbers(y.shape, 99)
    return c, [g.array for g in tg.autograd.grad(y, xs, tg.tensor(c))]


# ---- broadcasting ---------------------------------------------------------------------------------------------------


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4, min_side=0))
@usual
def test_broadcasting(both: Any) -> None:
    a, b = numbers(both.input_shapes[0], 1), numbers(both.input_shapes[1], 2)
    x, z = tg.tensor(a, requires_grad=True), tg.tensor(b, requires_grad=True)
    y = x * z + z
    np.testing.assert_allclose(y.array, a * b + b)
    c, (gx, gz) = gradient(y, x, z)
    assert gx.shape == a.shape and gz.shape == b.shape
    np.testing.assert_allclose(gx, summed(c * b, a.shape), atol=1e-12)
    np.testing.assert_allclose(gz, summed(c * a + c, b.shape), atol=1e-12)
    p, q = tg.broadcast_tensors(x, z)
    assert p.shape == q.shape == tg.broadcast_shapes(a.shape, b.shape) == both.result_shape
    np.testing.assert_array_equal(p.array, np.broadcast_to(a, both.result_shape))


def summed(g: Any, shape: Any) -> Any:
    """g added up over what broadcasting has repeated."""
    g = g.sum(tuple(range(g.ndim - len(shape))))
    return g.sum(tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True) if g.ndim else g


@given(shapes, shapes)
@usual
def test_shapes_that_do_not_broadcast_are_refused_by_both(a: Any, b: Any) -> None:
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ValueError, match="do not broadcast"):
            tg.broadcast_shapes(a, b)
        with pytest.raises(ValueError, match="do not broadcast"):
            tg.ones(a) + tg.ones(b)
    else:
        assert (tg.ones(a) + tg.ones(b)).shape == tg.broadcast_shapes(a, b)


# ---- indexing -------------------------------------------------------------------------------------------------------


@st.composite
def keys(draw: Any, shape: Any) -> Any:
    """Any key that fits a shape: ints, slices, None, Ellipsis, integer arrays, masks, True and False."""
    key: list[Any] = []
    inner = draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=1, max_side=3))
    axis = 0
    while axis < len(shape) and draw(st.integers(0, 5)):
        n = shape[axis]
        kind = draw(st.sampled_from(["int", "slice", "slice", "array", "array", "mask", "None", "..."]))
        if kind == "int" and n:
            key.append(draw(st.integers(-n, n - 1)))
        elif kind == "array" and n:
            key.append(draw(hnp.arrays(np.int64, inner, elements=st.integers(-n, n - 1))))
            if not key[-1].ndim:
                key[-1] = int(key[-1])
        elif kind == "mask":
            dims = draw(st.integers(1, min(2, len(shape) - axis)))
            key.append(draw(hnp.arrays(bool, shape[axis : axis + dims])))
            axis += dims - 1
        elif kind == "None":
            key.append(draw(st.sampled_from([None, None, True, False])))
            continue
        elif kind == "..." and not any(k is ... for k in key):
            key.append(...)
            axis = draw(st.integers(axis, len(shape)))
            continue
        else:
            start, stop = (draw(st.one_of(st.none(), st.integers(-n - 1, n + 1))) for _ in range(2))
            key.append(slice(start, stop, draw(st.sampled_from([None, 1, 2, 3]))))
        axis += 1
    return key[0] if len(key) == 1 and draw(st.booleans()) else tuple(key)


@st.composite
def arrays_and_keys(draw: Any) -> Any:
    shape = draw(shapes)
    return numbers(shape), draw(keys(shape))


def tensors(key: Any) -> Any:
    """The arrays of a key as tensors."""
    if isinstance(key, tuple):
        return tuple(tensors(k) for k in key)
    return tg.tensor(key) if isinstance(key, np.ndarray) else key


def reference(array: Any, key: Any) -> Any:
    """What array[key] is by PyTorch's rule; arrays that do not broadcast are left to the tables of errors."""
    try:
        return np.asarray(picked(array, key))
    except IndexError:
        assume(False)


@given(arrays_and_keys())
@many
def test_getitem(case: Any) -> None:
    array, key = case
    want = reference(array, key)
    x = tg.tensor(array, requires_grad=True)
    y = x[tensors(key)]
    assert y.array.shape == want.shape
    np.testing.assert_array_equal(y.array, want)
    if not y.requires_grad:
        return
    c, (g,) = gradient(y, x)
    expected = np.zeros(array.size)
    np.add.at(expected, np.asarray(picked(np.arange(array.size).reshape(array.shape), key)).ravel(), c.ravel())
    np.testing.assert_allclose(g, expected.reshape(array.shape), atol=1e-12)


@given(arrays_and_keys(), st.booleans(), st.integers(0, 3))
@many
def test_setitem(case: Any, one: bool, fewer: int) -> None:
    array, key = case
    places = reference(np.arange(array.size).reshape(array.shape), key)
    assume(len(np.unique(places)) == places.size)  # which value stays of several for one place is not defined
    shape = places.shape[min(fewer, places.ndim) :]
    value = numbers((), 3) if one else numbers(shape, 3)
    want = array.copy()
    want.reshape(-1)[places] = value
    x, z = tg.tensor(array, requires_grad=True), tg.tensor(value, requires_grad=True)
    y = x * 1
    y[tensors(key)] = z
    np.testing.assert_array_equal(y.array, want)
    c = numbers(array.shape, 99)
    gx, gz = tg.autograd.grad(y, (x, z), tg.tensor(c), allow_unused=True)
    kept = c.copy()
    kept.reshape(-1)[places] = 0
    np.testing.assert_allclose(0 * c if gx is None else gx.array, kept)
    given_up = c.reshape(-1)[places]
    np.testing.assert_allclose(summed(given_up, value.shape), gz.array, atol=1e-12)


@given(shapes, st.data())
@usual
def test_gather_and_scatter_add_are_each_others_transpose(shape: Any, data: Any) -> None:
    assume(shape and all(shape))
    dim = data.draw(st.integers(0, len(shape) - 1))
    size = list(shape)
    size[dim] = data.draw(st.integers(0, 5))
    index = tg.tensor(data.draw(hnp.arrays(np.int64, size, elements=st.integers(0, shape[dim] - 1))))
    x, g = tg.tensor(numbers(shape, 1)), tg.tensor(numbers(size, 2))
    there = (tg.gather(x, dim, index) * g).sum()
    back = (x * tg.zeros(shape, dtype=tg.float64).scatter_add(dim, index, g)).sum()
    np.testing.assert_allclose(there.array, back.array, atol=1e-12)
    np.testing.assert_array_equal(tg.gather(x, dim, index).array, np.take_along_axis(x.array, index.array, dim))


# ---- reductions -----------------------------------------------------------------------------------------------------


@given(shapes, st.data(), st.booleans())
@usual
def test_reductions(shape: Any, data: Any, keepdim: bool) -> None:
    array = numbers(shape)
    axes = st.integers(-len(shape), len(shape) - 1) if shape else st.just(0)
    dim = data.draw(
        st.one_of(st.none(), axes, st.lists(axes, min_size=1, unique_by=lambda d: d % max(len(shape), 1)).map(tuple))
    )
    numpy_dim = dim if shape else None
    x = tg.tensor(array, requires_grad=True)
    y = x.sum(dim, keepdim)
    want = array.sum(numpy_dim, keepdims=keepdim)
    assert y.array.shape == np.shape(want)
    np.testing.assert_allclose(y.array, want, atol=1e-12)
    c, (g,) = gradient(y, x)
    spread = c if keepdim or not shape else np.expand_dims(c, tuple(range(len(shape))) if dim is None else dim)
    np.testing.assert_allclose(g, np.broadcast_to(spread, shape))
    if array.size:
        np.testing.assert_allclose(
            x.amax(() if dim is None else dim, keepdim).array, array.max(numpy_dim, keepdims=keepdim)
        )
        np.testing.assert_allclose(x.mean(dim, keepdim).array, array.mean(numpy_dim, keepdims=keepdim), atol=1e-12)


# ---- views ----------------------------------------------------------------------------------------------------------

# Each as written for a tensor and for NumPy; the number picks among the possibilities.
VIEWS: list[tuple[Any, Any]] = [
    (lambda x, k: x[..., k % 2 :: 2] if x.ndim else x[None], None),
    (lambda x, k: x[k % len(x)] if x.ndim and len(x) else x[..., None], None),
    (lambda x, k: x.reshape(-1, 1), None),
    (lambda x, k: x.T, None),
    (lambda x, k: x.transpose(0, -1) if x.ndim else x, lambda a, k: a.swapaxes(0, -1) if a.ndim else a),
    (lambda x, k: x.unsqueeze(k % (x.ndim + 1)), lambda a, k: np.expand_dims(a, k % (a.ndim + 1))),
    (lambda x, k: x.squeeze(), None),
    (lambda x, k: x.reshape(x.shape[::-1]), None),
    (lambda x, k: x.split(2)[0] if x.ndim else x, lambda a, k: a[:2] if a.ndim else a),
    (
        lambda x, k: x.unbind(-1)[0] if x.ndim and x.shape[-1] else x,
        lambda a, k: a[..., 0] if a.ndim and a.shape[-1] else a,
    ),
    (
        lambda x, k: x.expand(2, *x.shape) if k % 4 == 0 else x,
        lambda a, k: np.broadcast_to(a, (2, *a.shape)) if k % 4 == 0 else a,
    ),
    (
        lambda x, k: x.unfold(0, 2, 2) if x.ndim and x.shape[0] > 1 else x,
        lambda a, k: windows(a) if a.ndim and len(a) > 1 else a,
    ),
]


def windows(a: Any) -> Any:
    n = len(a) // 2
    return np.moveaxis(a[: 2 * n].reshape(n, 2, *a.shape[1:]), 1, -1)


def viewed(x: Any, choice: int, k: int) -> Any:
    ours, numpy = VIEWS[choice % len(VIEWS)]
    return (ours if isinstance(x, tg.Tensor) or numpy is None else numpy)(x, k)


steps = st.lists(st.tuples(st.integers(0, len(VIEWS) - 1), st.integers(0, 7)), max_size=5)


@given(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4), steps)
@usual
def test_chains_of_views(shape: Any, chain: Any) -> None:
    array = numbers(shape)
    x = tg.tensor(array, requires_grad=True)
    y: Any = x
    places: Any = np.arange(array.size).reshape(shape)
    for choice, k in chain:
        y, places = viewed(y, choice, k), viewed(places, choice, k)
    assume(y is not x)
    np.testing.assert_array_equal(y.array, array.reshape(-1)[places])
    assert (y.storage is x.storage) == np.shares_memory(y.array, x.array) or not y.array.size
    c, (g,) = gradient(y, x)
    expected = np.zeros(array.size)
    np.add.at(expected, places.ravel(), c.ravel())
    np.testing.assert_allclose(g, expected.reshape(shape), atol=1e-12)


# ---- views and in-place writes, against the same program without either ---------------------------------------------


class WithoutViews:
    """The same tensors as pure functions of each other: memory is a row of numbers that is never written to, but replaced;
    a tensor is a piece of memory and an array of places in it."""

    def __init__(self) -> None:
        self.memory: list[tg.Tensor] = []
        self.tensors: list[tuple[int, Any]] = []

    def new(self, value: tg.Tensor) -> None:
        self.memory.append(value.clone().reshape(-1))
        self.tensors.append((len(self.memory) - 1, np.arange(value.numel()).reshape(value.shape)))

    def look(self, i: int, places: Any) -> None:
        self.tensors.append((self.tensors[i][0], places))

    def read(self, i: int) -> tg.Tensor:
        where, places = self.tensors[i]
        return self.memory[where][tg.tensor(places)]

    def write(self, i: int, value: tg.Tensor, part: Any = ...) -> None:
        where, places = self.tensors[i]
        places = places[part]
        value = value.expand(places.shape).reshape(-1)
        self.memory[where] = tg.index_put(self.memory[where], (tg.tensor(places.reshape(-1)),), value)


OPERATIONS = [
    "view", "view", "view", "mul", "sin", "add_", "add_", "mul_", "mul_clone", "copy_", "fill_", "sin_", "setitem",
    "setitem", "pick", "mask", "index_add_", "no_grad",
]  # fmt: skip

programs = st.lists(
    st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 30), st.integers(0, 30), st.integers(0, 11)),
    min_size=1,
    max_size=12,
)


def operand(x: Any, z: Any) -> Any:
    """z where it broadcasts to x, else its mean."""
    try:
        fits = np.broadcast_shapes(x.shape, z.shape) == tuple(x.shape)
    except ValueError:
        fits = False
    return z if fits else z.sum() * 0.1


def run(program: Any, w: list[tg.Tensor]) -> tuple[list[tg.Tensor], list[tg.Tensor]]:
    """All tensors of a program run in place, and the same without."""
    real: list[tg.Tensor] = []
    pure = WithoutViews()
    for x in (w[0] * 1, w[1] * 1, tg.tensor(numbers((3, 2), 7))):
        real.append(x)
        pure.new(x)
    for op, i, j, k in program:
        i, j = i % len(real), j % len(real)
        x, z = real[i], real[j]
        p, q = pure.read(i), pure.read(j)
        if op == "view":
            y = viewed(x, k, j)
            real.append(y)
            if y is x or np.shares_memory(y.array, x.array):
                pure.look(i, viewed(pure.tensors[i][1], k, j))
            else:  # a reshape that has copied
                pure.new(p[...].reshape(y.shape) if y.numel() == p.numel() else y)
            continue
        if op in ("mul", "sin"):
            real.append(x * operand(x, z) if op == "mul" else x.sin())
            pure.new(p * operand(p, q) if op == "mul" else p.sin())
            continue
        if not x.array.flags.writeable:
            with pytest.raises(RuntimeError, match="cannot be written to"):
                x.add_(1)
            continue
        if op == "add_":
            x.add_(operand(x, z))
            pure.write(i, p + operand(p, q))
        elif op == "mul_":
            x.mul_(operand(x, z))  # saves z, which may be changed by this very write
            pure.write(i, p * operand(p, q))
        elif op == "mul_clone":
            x.mul_(operand(x, z).clone())
            pure.write(i, p * operand(p, q))
        elif op == "copy_":
            x.copy_(operand(x, z))
            pure.write(i, operand(p, q))
        elif op == "fill_":
            x.fill_(0.5)
            pure.write(i, tg.tensor(0.5, dtype=tg.float64))
        elif op == "sin_":
            x.sin_()
            pure.write(i, p.sin())
        elif op == "setitem" and x.ndim and len(x):
            part = [k % len(x), slice(k % 2, None, 2), (..., 0), slice(None)][j % 4]
            if part == (..., 0) and not x.shape[-1]:
                continue
            x[part] = z.sum() * 0.1
            pure.write(i, q.sum() * 0.1, part)
        elif op == "pick" and x.ndim and len(x):
            row = [k % len(x)]
            x[row] = z.sum() * 0.1
            pure.write(i, q.sum() * 0.1, row)
        elif op == "mask":
            mask = np.cos(np.arange(x.numel()) + k).reshape(x.shape) > 0
            x.masked_fill_(tg.tensor(mask), z.sum() * 0.1)
            pure.write(i, q.sum() * 0.1, mask)
        elif op == "index_add_" and x.ndim and len(x):
            index = tg.tensor([k % len(x), 0])
            source = operand(x[:1], z).expand(2, *x.shape[1:]).clone()
            pure_source = operand(p[:1], q).expand(2, *p.shape[1:])
            x.index_add_(0, index, source)
            pure.write(i, p.index_add(0, index, pure_source.clone()))
        elif op == "no_grad":
            with tg.no_grad():
                x.add_(0.25)
            pure.write(i, p + 0.25)
    return real, [pure.read(i) for i in range(len(real))]


@given(programs)
@many
def test_views_and_in_place_writes_against_a_program_without(program: Any) -> None:
    """Values, gradients and gradients of gradients; or a refusal, but never a wrong number."""
    w = [tg.tensor(numbers(s, i), requires_grad=True) for i, s in enumerate([(2, 3), (3,)])]
    real, pure = run(program, w)
    for a, b in zip(real, pure):
        np.testing.assert_allclose(a.array, b.array, atol=1e-12)
    cs = [tg.tensor(numbers(a.shape, 50 + i)) for i, a in enumerate(real)]

    def gradients(tensors: list[tg.Tensor]) -> list[Any]:
        loss = sum(((x.sin() * c).sum() for x, c in zip(tensors, cs)), tg.zeros((), dtype=tg.float64))
        first = tg.autograd.grad(loss, w, create_graph=True, allow_unused=True, materialize_grads=True)
        found = sum(((g * g).sum() for g in first), tg.zeros((), dtype=tg.float64))
        if not found.requires_grad:
            return [g.array for g in first]
        second = tg.autograd.grad(found, w, retain_graph=True, allow_unused=True, materialize_grads=True)
        return [g.array for g in (*first, *second)]

    try:
        got = gradients(real)
    except RuntimeError as error:
        assert "a value it saved" in str(error) and "has been changed in place by" in str(error)
        assert any(op.endswith("_") or op in ("setitem", "pick", "mask", "no_grad", "mul_clone") for op, *_ in program)
        return
    for a, b in zip(got, gradients(pure)):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)
