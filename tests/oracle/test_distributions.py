"""Distributions beside PyTorch's: every quantity of every kind from the same parameters, and its gradient."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.distributions.kl import _KL_REGISTRY

import tensorgrad as tg
from tensorgrad.distributions import kl

from .differences import OF_DISTRIBUTIONS

RNG = np.random.default_rng(0)
Build = Callable[[Any, Callable[[Any], Any]], Any]


def positive(*shape: int) -> np.ndarray:
    return RNG.uniform(0.6, 3.0, shape)


def real(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape)


def unit(*shape: int) -> np.ndarray:
    return RNG.uniform(0.1, 0.9, shape)


def simplex(*shape: int) -> np.ndarray:
    p = RNG.uniform(0.1, 1.0, shape)
    return p / p.sum(-1, keepdims=True)


def covariance(*shape: int) -> np.ndarray:
    a = RNG.standard_normal(shape)
    return a @ a.swapaxes(-1, -2) + 2 * np.eye(shape[-1])


def correlation(*shape: int) -> np.ndarray:
    """Cholesky factors of correlation matrices."""
    lower = np.linalg.cholesky(covariance(*shape))
    return lower / np.sqrt(np.square(lower).sum(-1, keepdims=True))


# kind: constructor, parameters, values to ask about
TABLE: dict[str, tuple[Callable[..., Any], tuple[np.ndarray, ...], np.ndarray]] = {
    "Bernoulli": (lambda d, p: d.Bernoulli(p), (unit(2, 3),), RNG.integers(0, 2, (4, 2, 3)).astype(float)),
    "Bernoulli logits": (lambda d, x: d.Bernoulli(logits=x), (real(3),), np.array([0.0, 1.0, 1.0])),
    "Beta": (lambda d, a, b: d.Beta(a, b), (positive(2, 3), positive(3)), unit(4, 2, 3)),
    "Binomial": (lambda d, p: d.Binomial(5, p), (unit(2, 3),), RNG.integers(0, 6, (4, 2, 3)).astype(float)),
    "Binomial logits": (lambda d, x: d.Binomial(5, logits=x), (real(3),), np.array([0.0, 5.0, 2.0])),
    "Categorical": (lambda d, p: d.Categorical(p), (unit(2, 3, 4),), RNG.integers(0, 4, (5, 2, 3))),
    "Categorical logits": (lambda d, x: d.Categorical(logits=x), (real(3, 4),), np.array([0, 3, 1])),
    "Cauchy": (lambda d, m, s: d.Cauchy(m, s), (real(3), positive(2, 3)), real(4, 2, 3)),
    "Chi2": (lambda d, k: d.Chi2(k), (positive(2, 3) + 2,), positive(4, 2, 3)),
    "ContinuousBernoulli": (lambda d, p: d.ContinuousBernoulli(p), (np.array([0.1, 0.5002, 0.9]),), unit(2, 3)),
    "ContinuousBernoulli logits": (lambda d, x: d.ContinuousBernoulli(logits=x), (real(3),), unit(2, 3)),
    "Dirichlet": (lambda d, a: d.Dirichlet(a), (positive(2, 3),), simplex(4, 2, 3)),
    "Dirichlet corner": (lambda d, a: d.Dirichlet(a), (unit(2, 3),), simplex(4, 2, 3)),
    "Exponential": (lambda d, r: d.Exponential(r), (positive(2, 3),), positive(4, 2, 3)),
    "FisherSnedecor": (lambda d, a, b: d.FisherSnedecor(a, b), (positive(3) * 2, positive(2, 3) + 3), positive(4, 2, 3)),
    "Gamma": (lambda d, a, r: d.Gamma(a, r), (positive(2, 3), positive(3)), positive(4, 2, 3)),
    "Geometric": (lambda d, p: d.Geometric(p), (unit(2, 3),), RNG.integers(0, 5, (4, 2, 3)).astype(float)),
    "Geometric logits": (lambda d, x: d.Geometric(logits=x), (real(3),), np.array([0.0, 5.0, 2.0])),
    "Gumbel": (lambda d, m, s: d.Gumbel(m, s), (real(3), positive(2, 3)), real(4, 2, 3)),
    "HalfCauchy": (lambda d, s: d.HalfCauchy(s), (positive(2, 3),), positive(4, 2, 3)),
    "HalfNormal": (lambda d, s: d.HalfNormal(s), (positive(2, 3),), positive(4, 2, 3)),
    "Independent": (lambda d, m, s: d.Independent(d.Normal(m, s), 1), (real(2, 3), positive(3)), real(4, 2, 3)),
    "InverseGamma": (lambda d, a, r: d.InverseGamma(a, r), (positive(2, 3) + 2, positive(3)), positive(4, 2, 3)),
    "Kumaraswamy": (lambda d, a, b: d.Kumaraswamy(a, b), (positive(2, 3) + 1, positive(3) + 1), unit(4, 2, 3)),
    "Laplace": (lambda d, m, s: d.Laplace(m, s), (real(3), positive(2, 3)), real(4, 2, 3)),
    "LogNormal": (lambda d, m, s: d.LogNormal(m, s), (real(3), positive(2, 3)), positive(4, 2, 3)),
    "LogisticNormal": (lambda d, m, s: d.LogisticNormal(m, s), (real(3), positive(2, 3)), simplex(4, 2, 4)),
    "LowRankMultivariateNormal": (
        lambda d, m, w, c: d.LowRankMultivariateNormal(m, w, c), (real(2, 3), real(3, 2), positive(3)), real(4, 2, 3),
    ),
    "MixtureSameFamily": (
        lambda d, p, m, s: d.MixtureSameFamily(d.Categorical(p), d.Normal(m, s)),
        (simplex(2, 3), real(2, 3), positive(3)), real(4, 2),
    ),
    "MixtureSameFamily vectors": (
        lambda d, p, m, s: d.MixtureSameFamily(d.Categorical(p), d.Independent(d.Normal(m, s), 1)),
        (simplex(3), real(2, 3, 5), positive(5)), real(4, 2, 5),
    ),
    "Multinomial": (lambda d, p: d.Multinomial(4, p), (simplex(2, 3),), np.array([[4.0, 0, 0], [1, 2, 1]])),
    "MultivariateNormal": (lambda d, m, c: d.MultivariateNormal(m, c), (real(2, 3), covariance(3, 3)), real(4, 2, 3)),
    "MultivariateNormal precision": (
        lambda d, m, c: d.MultivariateNormal(m, precision_matrix=c), (real(3), covariance(2, 3, 3)), real(4, 2, 3),
    ),
    "MultivariateNormal scale_tril": (
        lambda d, m, c: d.MultivariateNormal(m, scale_tril=c), (real(3), np.linalg.cholesky(covariance(3, 3))), real(2, 3),
    ),
    "NegativeBinomial": (lambda d, p: d.NegativeBinomial(3.0, p), (unit(2, 3),), RNG.integers(0, 6, (4, 2, 3)).astype(float)),
    "NegativeBinomial logits": (lambda d, x: d.NegativeBinomial(3.0, logits=x), (real(3),), np.array([0.0, 5.0, 2.0])),
    "Normal": (lambda d, m, s: d.Normal(m, s), (real(3), positive(2, 3)), real(4, 2, 3)),
    "OneHotCategorical": (lambda d, p: d.OneHotCategorical(p), (simplex(2, 3),), np.eye(3)[RNG.integers(0, 3, (4, 2))]),
    "OneHotCategoricalStraightThrough": (
        lambda d, x: d.OneHotCategoricalStraightThrough(logits=x), (real(2, 3),), np.eye(3)[[0, 2]],
    ),
    "Pareto": (lambda d, s, a: d.Pareto(s, a), (positive(2, 3), positive(3) + 2), positive(4, 2, 3) + 3),
    "Poisson": (lambda d, r: d.Poisson(r), (positive(2, 3),), RNG.integers(0, 6, (4, 2, 3)).astype(float)),
    "RelaxedBernoulli": (lambda d, t, p: d.RelaxedBernoulli(t, p), (positive(), unit(2, 3)), unit(4, 2, 3)),
    "RelaxedOneHotCategorical": (
        lambda d, t, x: d.RelaxedOneHotCategorical(t, logits=x), (positive(), real(2, 3)), simplex(4, 2, 3),
    ),
    "StudentT": (lambda d, k, m, s: d.StudentT(k, m, s), (positive(2, 3) + 2, real(3), positive(3)), real(4, 2, 3)),
    "TransformedDistribution": (
        lambda d, m, s: d.TransformedDistribution(d.Normal(m, s), [d.TanhTransform(), d.AffineTransform(0.5, -0.2)]),
        (real(2, 3), positive(3)), RNG.uniform(0.35, 0.65, (4, 2, 3)),
    ),
    "Uniform": (lambda d, a, b: d.Uniform(a, a + b), (real(2, 3), positive(3)), real(4, 2, 3) * 0 + 10.0),
    "Wishart": (lambda d, n, c: d.Wishart(n, c), (positive(2) + 5, covariance(2, 3, 3)), covariance(4, 2, 3, 3)),
    "Wishart precision": (
        lambda d, n, c: d.Wishart(n, precision_matrix=c), (positive() + 2, covariance(2, 3, 3)), covariance(2, 3, 3),
    ),
    "Wishart scale_tril": (
        lambda d, n, c: d.Wishart(n, scale_tril=c.tril()), (positive(2, 1) + 2, np.linalg.cholesky(covariance(3, 3))),
        covariance(3, 3),
    ),
    "LKJCholesky": (lambda d, c: d.LKJCholesky(4, c), (positive(2, 3),), correlation(5, 2, 3, 4, 4)),
    "LKJCholesky of two": (lambda d, c: d.LKJCholesky(2, c), (positive(),), correlation(3, 2, 2)),
    "Weibull": (lambda d, s, k: d.Weibull(s, k), (positive(2, 3), positive(3) + 1), positive(4, 2, 3)),
}  # fmt: skip
TABLE["Uniform"] = (TABLE["Uniform"][0], TABLE["Uniform"][1], TABLE["Uniform"][1][0] + 0.3)


def both(name: str) -> list[tuple[Any, list[Any], Any]]:
    """The distribution, its parameters and the values, in either library."""
    build, parameters, values = TABLE[name]
    found = []
    for lib in (tg, torch):
        leaves = [lib.from_numpy(np.array(p)).requires_grad_() for p in parameters]
        found.append((build(lib.distributions, *leaves), leaves, lib.from_numpy(np.array(values))))
    return found


def same(ours: Any, theirs: Any, rtol: float = 5e-8) -> None:
    assert tuple(ours.shape) == tuple(theirs.shape)
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=rtol, atol=1e-10)


QUANTITIES: dict[str, Callable[[Any, Any], Any]] = {
    "log_prob": lambda d, x: d.log_prob(x),
    "cdf": lambda d, x: d.cdf(x),
    "icdf": lambda d, x: d.icdf(d.cdf(x).detach()),
    "entropy": lambda d, x: d.entropy(),
    "perplexity": lambda d, x: d.perplexity(),
    "mean": lambda d, x: d.mean,
    "mode": lambda d, x: d.mode,
    "variance": lambda d, x: d.variance,
    "stddev": lambda d, x: d.stddev,
    "enumerate_support": lambda d, x: d.enumerate_support(),
    "enumerate_support unexpanded": lambda d, x: d.enumerate_support(expand=False),
    "support": lambda d, x: d.support.check(x),
    "outside": lambda d, x: d.support.check(x + 0.5),
    "log_prob expanded": lambda d, x: d.expand((3, *d.batch_shape)).log_prob(x[..., None][..., 0]) if x.ndim < 3 else None,
    "entropy expanded": lambda d, x: d.expand((3, *d.batch_shape)).entropy(),
    "probs": lambda d, x: d.probs,
    "logits": lambda d, x: d.logits,
    "covariance_matrix": lambda d, x: d.covariance_matrix,
    "precision_matrix": lambda d, x: d.precision_matrix,
    "scale_tril": lambda d, x: d.scale_tril,
}


@pytest.mark.parametrize("name", TABLE)
def test_every_quantity(name: str) -> None:
    compared = 0
    for what, ask in QUANTITIES.items():
        if (name, what) in OF_DISTRIBUTIONS:
            continue
        (ours, p, x), (theirs, q, y) = both(name)
        assert ours.batch_shape == tuple(theirs.batch_shape) and ours.event_shape == tuple(theirs.event_shape)
        try:
            expected = ask(theirs, y)
        except (NotImplementedError, AttributeError, ValueError):
            continue
        found = ask(ours, x)
        if expected is None:
            continue
        same(found, expected)
        compared += 1
        if expected.requires_grad:
            try:
                expected.nan_to_num(0.0, 0.0, 0.0).sum().backward()
            except NotImplementedError:  # towards the concentration of a gamma distribution's cdf
                continue
            found.nan_to_num(0.0, 0.0, 0.0).sum().backward()
            for a, b in zip(p, q):
                assert (a.grad is None) == (b.grad is None), what
                if b.grad is not None and bool(b.grad.isfinite().all()):
                    same(a.grad, b.grad, 1e-7)
    assert compared > 2
    assert ours.has_rsample == theirs.has_rsample and ours.has_enumerate_support == theirs.has_enumerate_support


def test_von_mises() -> None:
    """PyTorch's I₀ is a polynomial with seven digits; beside SciPy's, which is exact, in tests/distributions."""
    m, k, x = real(3), positive(2, 3) * 3, real(4, 2, 3)
    found = []
    for lib in (tg, torch):
        leaves = [lib.from_numpy(np.array(p)).requires_grad_() for p in (m, k)]
        d = lib.distributions.VonMises(*leaves)
        wide = d.expand((5, 2, 3)).log_prob(lib.from_numpy(x[:, None]))
        out = [d.log_prob(lib.from_numpy(x)), d.variance, d.mean, d.mode, wide]
        sum(o.sum() for o in out[:2]).backward()
        found.append([*out, *[p.grad for p in leaves]])
    for ours, theirs in zip(*found):
        same(ours, theirs, 2e-6)


KINDS = sorted({name.partition(" ")[0] for name in TABLE})
PAIRS = sorted(
    {(a.__name__, b.__name__) for a, b in _KL_REGISTRY if a.__name__ in KINDS and b.__name__ in KINDS}
    - {("ExponentialFamily", "ExponentialFamily")}
)


def test_every_pair_of_pytorchs_has_a_rule() -> None:
    ours = {(a.__name__, b.__name__) for a, b in kl._KL_REGISTRY}
    assert set(PAIRS) <= ours and len(PAIRS) > 70


@pytest.mark.parametrize("pair", PAIRS)
def test_divergences(pair: tuple[str, str]) -> None:
    (p, a, _), (p_, a_, _) = both(pair[0])
    (q, b, _), (q_, b_, _) = both(pair[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = torch.distributions.kl_divergence(p_, q_)
        except (NotImplementedError, RuntimeError):
            pytest.skip("PyTorch has none for these parameters")
    found = tg.distributions.kl_divergence(p, q)
    same(found, expected)
    finite = expected.isfinite()
    if bool(finite.any()) and expected.requires_grad:
        expected[finite].sum().backward()
        found[found.isfinite()].sum().backward()
        for x, y in zip([*a, *b], [*a_, *b_]):
            if y.grad is not None and bool(y.grad.isfinite().all()):
                same(x.grad, y.grad, 1e-7)
