"""Python's operators, and the in-place forms."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor

FLOATING = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"]
INTEGER = [*FLOATING[:3], "floordiv", "mod", "and_", "or_", "xor", "lshift", "rshift"]


class TestOperators:
    @pytest.mark.parametrize("name", FLOATING)
    @pytest.mark.parametrize("other", [2, 2.0, np.float64(2.0), np.array([2.0, 3.0]), "tensor"], ids=repr)
    def test_floating_from_both_sides(self, name: str, other: Any) -> None:
        op, x = getattr(operator, name), tg.tensor([1.5, 2.5], dtype=tg.float64)
        z = tg.tensor([2.0, 3.0], dtype=tg.float64) if isinstance(other, str) else other
        plain = z.array if isinstance(z, Tensor) else z
        for got, want in ((op(x, z), op(x.array, plain)), (op(z, x), op(plain, x.array))):
            assert type(got) is Tensor and got.dtype is tg.float64
            np.testing.assert_allclose(got.array, want, rtol=1e-15)

    @pytest.mark.parametrize("name", INTEGER)
    @pytest.mark.parametrize("other", [2, np.int64(2), np.array([2, 3]), "tensor"], ids=repr)
    def test_integers_from_both_sides(self, name: str, other: Any) -> None:
        op, x = getattr(operator, name), tg.tensor([5, 3])
        z = tg.tensor([2, 3]) if isinstance(other, str) else other
        plain = z.array if isinstance(z, Tensor) else z
        for got, want in ((op(x, z), op(x.array, plain)), (op(z, x), op(plain, x.array))):
            assert type(got) is Tensor and got.dtype is tg.int64
            np.testing.assert_array_equal(got.array, want)

    @pytest.mark.parametrize("name", FLOATING)
    def test_gradients_of_reflected_operators(self, name: str) -> None:
        op = getattr(operator, name)
        x = tg.tensor([1.5, 2.6], dtype=tg.float64, requires_grad=True)
        assert tg.autograd.gradcheck(lambda x: op(2.0, x), (x,))
        assert tg.autograd.gradcheck(lambda x: op(np.array([3.7, 2.2]), x), (x,))

    @pytest.mark.parametrize("name", FLOATING)
    def test_in_place(self, name: str) -> None:
        op = getattr(operator, "i" + name)
        x = tg.tensor([1.5, 2.5], dtype=tg.float64)
        before, memory = x.array.copy(), x.data_ptr()
        y = op(x, 2)
        assert y is x and x.data_ptr() == memory and x._version == 1
        np.testing.assert_allclose(x.array, getattr(operator, name)(before, 2))

    @pytest.mark.parametrize("name", INTEGER)
    def test_in_place_on_integers(self, name: str) -> None:
        x = tg.tensor([5, 3])
        before, memory = x.array.copy(), x.data_ptr()
        y = getattr(operator, "i" + name.strip("_"))(x, 2)
        assert y is x and x.data_ptr() == memory and x.dtype is tg.int64
        np.testing.assert_array_equal(x.array, getattr(operator, name)(before, 2))

    def test_reversed(self) -> None:
        assert reversed(tg.tensor([1, 2])).tolist() == [2, 1] and reversed(tg.tensor(3)).item() == 3

    def test_of_one(self) -> None:
        x = tg.tensor([-1.5, 2.0])
        assert (-x).tolist() == [1.5, -2] and (+x) is x and abs(x).tolist() == [1.5, 2]
        assert (~tg.tensor([True, False])).tolist() == [False, True] and (~tg.tensor([1, -3])).tolist() == [-2, 2]

    def test_something_else_on_the_other_side(self) -> None:
        for op in (operator.add, operator.mul, operator.pow, operator.truediv):
            with pytest.raises(TypeError):
                op(tg.ones(2), [1, 2])
            with pytest.raises(TypeError):
                op(None, tg.ones(2))

    def test_divmod_is_left_to_python(self) -> None:
        with pytest.raises(TypeError):
            divmod(tg.ones(2), 2)


class TestInPlace:
    """The forms with an underscore: results go into the tensor's own memory, in its own dtype."""

    @pytest.mark.parametrize(
        "name",
        "abs_ acos_ asin_ atan_ ceil_ cos_ cosh_ exp_ exp2_ expm1_ floor_ frac_ log1p_ neg_ reciprocal_ round_ rsqrt_ sigmoid_ "
        "sign_ sin_ sinh_ sqrt_ square_ tan_ tanh_ trunc_ absolute_ arccos_ negative_ fix_ asinh_ deg2rad_ nan_to_num_".split(),
    )
    def test_of_one(self, name: str) -> None:
        x = tg.tensor([0.3, 0.7], dtype=tg.float64)
        want = getattr(x, name[:-1])()
        y = getattr(x, name)()
        assert y is x and x.equal(want) and x._version == 1

    @pytest.mark.parametrize(
        "name",
        "add_ sub_ mul_ div_ pow_ remainder_ fmod_ floor_divide_ atan2_ hypot_ copysign_ subtract_ multiply_ divide_ "
        "true_divide_ float_power_ xlogy_ nextafter_".split(),
    )
    def test_of_two(self, name: str) -> None:
        x, z = tg.tensor([0.3, 0.7], dtype=tg.float64), tg.tensor([1.5, 2.5], dtype=tg.float64)
        want = getattr(x, name[:-1])(z)
        y = getattr(x, name)(z)
        assert y is x and x.equal(want)

    DIRECT = {
        "add_": [lambda z: ((z,), {}), lambda z: ((2.5,), {}), lambda z: ((z,), {"alpha": -0.5})],
        "sub_": [lambda z: ((z,), {}), lambda z: ((2,), {"alpha": 3})],
        "mul_": [lambda z: ((z,), {}), lambda z: ((2,), {}), lambda z: ((), {"other": z})],
        "div_": [lambda z: ((z,), {}), lambda z: ((z,), {"rounding_mode": "floor"}), lambda z: ((3,), {})],
        "addcmul_": [lambda z: ((z, z), {}), lambda z: ((z, z), {"value": -0.5})],
        "addcdiv_": [lambda z: ((z, z + 1), {}), lambda z: ((z, z), {"value": 2})],
        "lerp_": [lambda z: ((z, 0.3), {}), lambda z: ((z, 0.9), {}), lambda z: ((z, z), {})],
        "clamp_": [lambda z: ((0.4,), {}), lambda z: ((), {"max": 0.5}), lambda z: ((0.4, 0.5), {}), lambda z: ((z, z), {})],
    }

    @pytest.mark.parametrize("name", DIRECT)
    @pytest.mark.parametrize("shape", [(3, 4), (), (0,), (2000,)])
    def test_written_directly_where_nothing_is_recorded(self, name: str, shape: Any) -> None:
        rng = np.random.default_rng(0)
        for make in self.DIRECT[name]:
            x, z = (Tensor._of(np.asarray(rng.uniform(0.2, 0.9, shape))) for _ in range(2))
            args, kwargs = make(z)
            before = x.clone()
            want = getattr(x, name[:-1])(*args, **kwargs)
            memory, old_z = x.array, z.clone()
            with tg.no_grad():
                y = getattr(x, name)(*args, **kwargs)
            assert y is x and x.array is memory and x._version == 1 and z.equal(old_z)
            np.testing.assert_allclose(x.array, want.array, rtol=1e-15)
            # and the same where the graph has to learn of it
            w = before.clone().requires_grad_()
            moved = w * 1
            getattr(moved, name)(*args, **kwargs)
            np.testing.assert_array_equal(moved.detach().array, want.array)
            moved.sum().backward()
            (g,) = tg.autograd.grad(getattr(before.requires_grad_(), name[:-1])(*args, **kwargs).sum(), before)
            np.testing.assert_allclose(w.grad.array, g.array)

    def test_functions_with_an_underscore(self) -> None:
        x = tg.tensor([1.0, 4.0])
        assert tg.sqrt_(x) is x and x.tolist() == [1, 2]
        assert tg.clamp_(x, max=1.5) is x and tg.relu_(x) is x and tg.zero_(x).tolist() == [0, 0]
        with pytest.raises(AttributeError, match="module 'tensorgrad' has no attribute 'no_such_'"):
            tg.no_such_

    def test_apply(self) -> None:
        x = tg.tensor([[1.0, -2.0], [3.0, 4.0]]).T
        assert x.apply_(lambda v: v * 2) is x and x.tolist() == [[2, 6], [-4, 8]] and x._version == 1
        with pytest.raises(RuntimeError, match="apply_: a Python function has no gradient"):
            tg.ones(2, requires_grad=True).apply_(abs)

    def test_map(self) -> None:
        x, y = tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([10.0, 20.0])
        assert x.map_(y, lambda a, b: a + b) is x and x.tolist() == [[11, 22], [13, 24]] and x._version == 1
        assert x.map2_(y, x, lambda a, b, c: b - 0 * c).tolist() == [[10, 20], [10, 20]]
        with pytest.raises(RuntimeError, match="map_: a Python function has no gradient"):
            x.map_(tg.ones(2, requires_grad=True), max)
        with pytest.raises(ValueError, match=r"map_: the tensor does not broadcast to self.\n    self   \(2,\)"):
            y.map_(x, max)
        with pytest.raises(TypeError, match="map_: each tensor must be a Tensor, got str"):
            y.map_("x", max)

    def test_operands_that_share_memory(self) -> None:
        x = tg.arange(9.0).reshape(3, 3)
        want = x + x.T
        assert x.add_(x.T).equal(want)
        x = tg.arange(9.0).reshape(3, 3)
        want = x.maximum(tg.ones(3, 3)).minimum(x.T)
        assert x.clamp_(tg.ones(3, 3), x.T).equal(want)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda x: x.add_(1.5), "add_: the result is tensorgrad.float32 and does not fit into a tensor of tensorgrad.int64."),
            (lambda x: x.mul_(tg.tensor([0.5])), "mul_: the result is tensorgrad.float32"),
            (lambda x: x.div_(2), "div_: the result is tensorgrad.float32"),
            (lambda x: x.exp_(), "exp_: the result is tensorgrad.float32"),
            (lambda x: x.clamp_(0.5), "clamp_: the result is tensorgrad.float32"),
            (lambda x: operator.itruediv(x, 2), "div_: the result is tensorgrad.float32"),
        ],
    )
    def test_a_float_does_not_fit_into_integers(self, change: Any, words: str) -> None:
        x = tg.tensor([1, 2])
        with pytest.raises(TypeError, match=words):
            change(x)
        assert x.tolist() == [1, 2] and x._version == 0

    def test_nor_a_number_into_bools(self) -> None:
        with pytest.raises(TypeError, match="add_: the result is tensorgrad.int64 and does not fit into a tensor of"):
            tg.tensor([True]).add_(1)

    def test_what_fits(self) -> None:
        assert tg.tensor([1.0]).add_(tg.ones(1, dtype=tg.float64)).dtype is tg.float32
        assert tg.tensor([1, 2]).add_(tg.tensor([True, False])).tolist() == [2, 2]
        assert tg.tensor([1.0, 2.0]).ge_(2).tolist() == [0, 1]
        assert tg.tensor([2.0, 0.0]).logical_not_().tolist() == [0, 1]

    def test_shapes(self) -> None:
        x = tg.ones(1)
        with pytest.raises(ValueError, match=r"add_: the result has shape \(2,\), which does not fit into the tensor's \(1,\)"):
            x.add_(tg.ones(2))
        with pytest.raises(ValueError, match="add: these shapes do not broadcast"):
            tg.ones(3).add_(tg.ones(2))
        assert x.tolist() == [1] and x._version == 0

    def test_a_leaf_that_requires_grad(self) -> None:
        x = tg.ones(2, requires_grad=True)
        with pytest.raises(RuntimeError, match="mul_: a leaf that requires grad cannot be changed in place"):
            x.mul_(2)
        with tg.no_grad():
            x.mul_(2)
        assert x.tolist() == [2, 2] and x.requires_grad

    def test_a_constant_that_a_recorded_operand_is_added_to(self) -> None:
        x, w = tg.ones(2), tg.tensor([3.0, 4.0], requires_grad=True)
        x.add_(w, alpha=2)
        assert x.requires_grad
        x.sum().backward()
        assert w.grad.tolist() == [2, 2]

    def test_the_form_without_arguments_is_refused_in_place_as_well(self) -> None:
        with pytest.raises(ValueError, match="clamp: give min, max or both"):
            tg.ones(2).clamp_()

    def test_read_only_memory(self) -> None:
        x = tg.ones(1).expand(3)
        with pytest.raises(RuntimeError, match="add_: this memory cannot be written to"):
            x.add_(1)
