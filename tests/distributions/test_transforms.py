"""Maps of random numbers: there and back, the volume they stretch, shapes, caches."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import distributions as D
from tensorgrad.distributions import constraints, transforms
from tensorgrad.func import jacrev

RNG = np.random.default_rng(0)


def real(*shape: int) -> tg.Tensor:
    return tg.from_numpy(RNG.standard_normal(shape))


def positive(*shape: int) -> tg.Tensor:
    return tg.from_numpy(RNG.uniform(0.5, 2, shape))


MAPS: list[tuple[transforms.Transform, tg.Tensor]] = [
    (D.ExpTransform(), real(3)),
    (D.PowerTransform(2.5), positive(3)),
    (D.PowerTransform(tg.tensor([-1.0, 2.0, 0.5], dtype=tg.float64)), positive(3)),
    (D.SigmoidTransform(), real(3)),
    (D.SoftplusTransform(), real(3)),
    (D.TanhTransform(), real(3)),
    (D.AffineTransform(1.0, -2.0), real(3)),
    (D.AffineTransform(real(3), positive(3), event_dim=1), real(3)),
    (D.StickBreakingTransform(), real(3)),
    (D.ReshapeTransform((4,), (2, 2)), real(4)),
    (D.CumulativeDistributionTransform(D.Normal(0.0, tg.tensor(2.0, dtype=tg.float64))), real(3)),
    (D.ComposeTransform([D.AffineTransform(0.5, 2.0), D.TanhTransform(), D.ExpTransform()]), real(3)),
    (D.ComposeTransform([D.ExpTransform(), D.ReshapeTransform((4,), (2, 2))]), real(4)),
    (D.IndependentTransform(D.ExpTransform(), 1), real(3)),
    (D.ExpTransform().inv, positive(3)),
    (D.ComposeTransform([D.ExpTransform(), D.AffineTransform(1.0, 2.0)]).inv, positive(3) + 1.5),
    (transforms.identity_transform, real(3)),
]


@pytest.mark.parametrize("number", range(len(MAPS)))
def test_there_and_back(number: int) -> None:
    transform, x = MAPS[number]
    y = transform(x)
    assert tg.allclose(transform.inv(y), x, rtol=1e-6) and transform.bijective
    assert bool(transform.codomain.check(y).all()) and bool(transform.domain.check(x).all())
    assert y.shape == transform.forward_shape(x.shape) and x.shape == transform.inverse_shape(y.shape)
    # the volume: the determinant of the Jacobian, of one number less for probabilities, which sum to 1
    stretched = transform.log_abs_det_jacobian(x, y)
    assert stretched.shape == x.shape[: x.ndim - transform.domain.event_dim]
    jacobian = jacrev(lambda x: transform(x).reshape(-1)[: x.numel()])(x).reshape(x.numel(), x.numel())
    expected = tg.linalg.slogdet(jacobian)[1]
    assert stretched.sum().item() == pytest.approx(expected.item(), rel=1e-8, abs=1e-8)
    assert tg.allclose(transform.inv.log_abs_det_jacobian(y, x), -stretched)
    assert transform.inv.inv is transform or transform.inv.inv == transform
    assert transform.with_cache(0) is transform and transform.with_cache(1)(x).equal(y) and repr(transform)


def test_maps_that_do_not_come_back() -> None:
    x = real(2, 3)
    soft = D.SoftmaxTransform()
    assert tg.allclose(soft(soft.inv(soft(x))), soft(x)) and not soft.bijective
    assert D.AbsTransform()(x).equal(x.abs()) and D.AbsTransform().inv(x.abs()).equal(x.abs())
    lower = D.LowerCholeskyTransform()
    a = real(3, 3)
    assert bool(constraints.lower_cholesky.check(lower(a))) and tg.allclose(lower(lower.inv(lower(a))), lower(a))
    for undefined in (lambda: soft.sign, lambda: soft.log_abs_det_jacobian(x, x)):
        with pytest.raises(NotImplementedError, match="SoftmaxTransform: "):
            undefined()


def test_signs() -> None:
    falling = D.ComposeTransform([D.ExpTransform(), D.AffineTransform(0.0, -1.0)])
    assert falling.sign == -1 and D.ExpTransform().inv.sign == 1 and D.AffineTransform(0.0, tg.tensor(-2.0)).sign == -1
    assert D.IndependentTransform(D.TanhTransform(), 1).sign == 1
    assert D.PowerTransform(tg.tensor([-1.0, 2.0])).sign.tolist() == [-1.0, 1.0]
    d = D.TransformedDistribution(D.Normal(0.0, 1.0), [D.AffineTransform(0.0, -2.0)])
    x = tg.tensor([-1.0, 0.5])
    assert tg.allclose(d.cdf(x), D.Normal(0.0, 2.0).cdf(x), atol=1e-6) and tg.allclose(d.icdf(d.cdf(x)), x, atol=1e-5)


def test_a_cache_gives_the_very_number_it_came_from() -> None:
    x = tg.tensor([20.0, -20.0])
    plain, cached = D.TanhTransform(), D.TanhTransform(cache_size=1)
    assert plain.inv(plain(x)).isinf().all()
    y = cached(x)
    assert cached.inv(y) is x and cached(x) is y
    again = cached.inv(tg.tensor([0.5, 0.5]))
    assert cached(again) is not None and cached._cached[0] is again
    both = D.ComposeTransform([D.AffineTransform(0.0, 1.0), D.TanhTransform()], cache_size=1)
    assert both.inv(both(x)).equal(x) and both.with_cache(1) is both and both.inv.with_cache(0).parts is not None
    with pytest.raises(ValueError, match="TanhTransform: cache_size must be 0 or 1, got 2"):
        D.TanhTransform(cache_size=2)


@pytest.mark.parametrize("number", range(len(MAPS)))
def test_copies_have_an_inverse_of_their_own(number: int) -> None:
    transform, x = MAPS[number]
    y, back = transform(x), transform.inv  # held, since a map knows its inverse only as long as someone does
    for twin in (pickle.loads(pickle.dumps(transform)), copy.deepcopy(transform), copy.copy(transform)):
        assert repr(twin) == repr(transform) and twin(x).equal(y)
        assert twin.inv(y).equal(back(y))
    slope = tg.tensor(2.0)
    double = D.AffineTransform(0.0, slope)
    half, twin = double.inv, copy.deepcopy(double)
    slope.fill_(4.0)
    assert half(tg.tensor(8.0)).item() == 2.0 and twin.inv(tg.tensor(8.0)).item() == 4.0 and twin.inv is not half


def test_equality() -> None:
    assert D.ExpTransform() == D.ExpTransform() != D.TanhTransform() and D.ExpTransform().inv == D.ExpTransform().inv
    assert D.AffineTransform(0.0, 1.0) == D.AffineTransform(0.0, 1.0) != D.AffineTransform(0.0, 2.0)
    assert D.AffineTransform(0.0, tg.ones(2)) == D.AffineTransform(0.0, tg.ones(2)) != D.ExpTransform()
    assert D.ComposeTransform([D.ExpTransform()]) == D.ComposeTransform([D.ExpTransform()]) != D.ComposeTransform([])
    assert D.PowerTransform(2.0) == D.PowerTransform(2.0) and D.SoftmaxTransform() == D.SoftmaxTransform()
    assert D.StickBreakingTransform() == D.StickBreakingTransform() and D.AbsTransform() == D.AbsTransform()
    assert D.LowerCholeskyTransform() == D.LowerCholeskyTransform() and len({D.ExpTransform(), D.ExpTransform()}) == 2


def test_dims_and_shapes_that_do_not_fit() -> None:
    compose = D.ComposeTransform([D.ExpTransform(), D.StickBreakingTransform()])
    assert compose.event_dim == 1 and compose.forward_shape((2, 3)) == (2, 4)
    with pytest.raises(ValueError, match="ReshapeTransform: in_shape .4,. and out_shape .3,. differ in size"):
        D.ReshapeTransform((4,), (3,))
    with pytest.raises(ValueError, match=r"ReshapeTransform.forward_shape: shape \(2, 3\) must end with \(4,\)"):
        D.ReshapeTransform((4,), (2, 2)).forward_shape((2, 3))
    with pytest.raises(ValueError, match="domain and codomain differ in event_dim"):
        D.ReshapeTransform((4,), (2, 2)).event_dim


@pytest.mark.parametrize(
    "constraint, inside, outside",
    [
        (constraints.positive, [0.1, 3.0], [0.0, -1.0, math.nan]),
        (constraints.nonnegative, [0.0, 3.0], [-1.0]),
        (constraints.less_than(2.0), [1.0], [2.0]),
        (constraints.interval(0.0, 1.0), [0.0, 1.0], [1.1, -0.1]),
        (constraints.half_open_interval(0.0, 1.0), [0.0], [1.0]),
        (constraints.integer_interval(1, 3), [1.0, 3.0], [0.0, 1.5]),
        (constraints.positive_integer, [1.0], [0.0, 1.5]),
        (constraints.boolean, [0.0, 1.0], [0.5]),
        (constraints.simplex, [[0.5, 0.5]], [[0.5, 0.4], [1.5, -0.5]]),
        (constraints.one_hot, [[0.0, 1.0]], [[1.0, 1.0], [0.5, 0.5]]),
        (constraints.real_vector, [[0.0, 1.0]], [[math.nan, 1.0]]),
        (constraints.square, [[[0.0, 1.0], [1.0, 2.0]]], []),
        (constraints.symmetric, [[[0.0, 1.0], [1.0, 2.0]]], [[[0.0, 1.0], [2.0, 2.0]]]),
        (constraints.lower_triangular, [[[0.0, 0.0], [1.0, 2.0]]], [[[0.0, 1.0], [1.0, 2.0]]]),
        (constraints.lower_cholesky, [[[1.0, 0.0], [1.0, 2.0]]], [[[0.0, 0.0], [1.0, 2.0]]]),
        (constraints.corr_cholesky, [[[1.0, 0.0], [0.6, 0.8]]], [[[1.0, 0.0], [1.0, 2.0]]]),
        (constraints.positive_definite, [[[2.0, 1.0], [1.0, 2.0]]], [[[1.0, 2.0], [2.0, 1.0]]]),
        (constraints.positive_semidefinite, [[[1.0, 1.0], [1.0, 1.0]]], [[[1.0, 2.0], [2.0, 1.0]]]),
    ],
)
def test_constraints(constraint: Any, inside: list[Any], outside: list[Any]) -> None:
    assert all(bool(constraint.check(tg.tensor(x)).all()) for x in inside)
    assert not any(bool(constraint.check(tg.tensor(x)).all()) for x in outside)
    assert constraint.event_dim == np.ndim(inside[0]) and repr(constraint)


def test_constraints_of_others() -> None:
    assert constraints.is_dependent(constraints.dependent) and not constraints.is_dependent(constraints.real)
    assert constraints.dependent(event_dim=2).event_dim == 2 and repr(constraints.greater_than(1)) == "GreaterThan(lower_bound=1)"
    assert not bool(constraints.square.check(tg.zeros(2, 3))) and constraints.positive_definite.check(tg.zeros(2, 3)).ndim == 0
    with pytest.raises(ValueError, match="depends on other values; it cannot be checked alone"):
        constraints.dependent.check(tg.zeros(1))
    with pytest.raises(ValueError, match=r"constraints.independent: needs 2 dims, got shape \(3,\)"):
        constraints.independent(constraints.real, 2).check(tg.zeros(3))
    with pytest.raises(NotImplementedError, match="Constraint: check"):
        constraints.Constraint().check(tg.zeros(1))
