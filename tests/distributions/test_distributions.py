"""Distributions: samples against moments, gradients of samples, shapes, refusals. Beside PyTorch in tests/oracle."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.stats

import tensorgrad as tg
from tensorgrad import distributions as D
from tensorgrad.distributions import constraints

P = tg.tensor([0.2, 0.3, 0.5], dtype=tg.float64)
COVARIANCE = tg.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=tg.float64)


def t(*numbers: float) -> tg.Tensor:
    return tg.tensor(numbers, dtype=tg.float64)


KINDS: dict[str, tuple[Callable[..., D.Distribution], tuple[tg.Tensor, ...]]] = {
    "Bernoulli": (D.Bernoulli, (t(0.2, 0.7),)),
    "Beta": (D.Beta, (t(0.5, 3.0), t(2.0, 1.5))),
    "Binomial": (lambda p: D.Binomial(5, p), (t(0.2, 0.7),)),
    "Chi2": (D.Chi2, (t(3.0, 8.0),)),
    "ContinuousBernoulli": (D.ContinuousBernoulli, (t(0.1, 0.4, 0.9),)),
    "Dirichlet": (D.Dirichlet, (tg.stack([t(0.5, 2.0, 4.0), t(3.0, 3.0, 3.0)]),)),
    "Exponential": (D.Exponential, (t(0.5, 3.0),)),
    "FisherSnedecor": (D.FisherSnedecor, (t(4.0, 10.0), t(30.0, 40.0))),
    "Gamma": (D.Gamma, (t(0.3, 2.0, 50.0), t(1.0, 2.0, 5.0))),
    "Geometric": (D.Geometric, (t(0.2, 0.7),)),
    "Gumbel": (D.Gumbel, (t(0.5, -1.0), t(1.0, 2.0))),
    "HalfNormal": (D.HalfNormal, (t(0.5, 3.0),)),
    "Independent": (lambda m, s: D.Independent(D.Normal(m, s), 1), (t(0.5, -1.0), t(1.0, 2.0))),
    "InverseGamma": (D.InverseGamma, (t(6.0, 9.0), t(1.0, 2.0))),
    "Kumaraswamy": (D.Kumaraswamy, (t(0.5, 3.0), t(2.0, 1.5))),
    "Laplace": (D.Laplace, (t(0.5, -1.0), t(1.0, 2.0))),
    "LogNormal": (D.LogNormal, (t(0.5, -1.0), t(0.3, 0.5))),
    "LowRankMultivariateNormal": (
        D.LowRankMultivariateNormal, (t(0.5, -1.0), tg.tensor([[1.0], [0.5]], dtype=tg.float64), t(0.5, 2.0)),
    ),
    "MixtureSameFamily": (
        lambda p, m, s: D.MixtureSameFamily(D.Categorical(p), D.Normal(m, s)), (P, t(0.0, 3.0, -2.0), t(1.0, 0.5, 0.2)),
    ),
    "Multinomial": (lambda p: D.Multinomial(7, p), (P,)),
    "MultivariateNormal": (D.MultivariateNormal, (t(0.5, -1.0), COVARIANCE)),
    "NegativeBinomial": (lambda p: D.NegativeBinomial(3.0, p), (t(0.2, 0.6),)),
    "Normal": (D.Normal, (t(0.5, -1.0), t(1.0, 2.0))),
    "OneHotCategorical": (D.OneHotCategorical, (P,)),
    "OneHotCategoricalStraightThrough": (D.OneHotCategoricalStraightThrough, (P,)),
    "Pareto": (D.Pareto, (t(0.5, 1.0), t(7.0, 9.0))),
    "Poisson": (D.Poisson, (t(0.5, 6.0),)),
    "StudentT": (D.StudentT, (t(8.0, 20.0), t(0.5, -1.0), t(1.0, 2.0))),
    "Uniform": (D.Uniform, (t(0.5, -1.0), t(1.0, 2.0))),
    "Wishart": (D.Wishart, (t(6.5), COVARIANCE)),
    "Weibull": (D.Weibull, (t(0.5, 1.0), t(2.0, 1.5))),
}  # fmt: skip


@pytest.mark.parametrize(
    ("make", "values"),
    [
        (lambda p: D.Bernoulli(p), [0, 1]),
        (lambda p: D.Binomial(3, p), [0, 1, 2, 3]),
        (lambda p: D.Categorical(tg.stack([p, p, p], -1)), [0, 1, 2]),
        (lambda p: D.OneHotCategorical(tg.stack([p, p], -1)), [[1, 0], [0, 1]]),
    ],
)
@pytest.mark.parametrize("batch", [(), (2,), (2, 3), (2, 3, 1)])
def test_what_can_be_drawn(make: Callable[..., D.Distribution], values: list[Any], batch: tuple[int, ...]) -> None:
    """Each value along the first axis, for the whole batch, or so that it broadcasts to it."""
    d = make(tg.full(batch, 0.25, dtype=tg.float64))
    narrow, wide = d.enumerate_support(expand=False), d.enumerate_support()
    want = tg.tensor(values)
    lying = want.reshape((len(values),) + (1,) * len(batch) + tuple(want.shape[1:]))
    assert narrow.shape == lying.shape and (narrow == lying).all()
    assert wide.shape == (len(values), *batch, *want.shape[1:]) and (wide == lying).all()
    assert d.log_prob(wide).exp().sum(0).allclose(tg.ones(batch, dtype=tg.float64))


# Those whose formulas for these PyTorch does not have either.
WITHOUT_CDF = set(
    "Bernoulli Beta Binomial Dirichlet FisherSnedecor Geometric Independent LowRankMultivariateNormal Multinomial "
    "MultivariateNormal NegativeBinomial OneHotCategorical OneHotCategoricalStraightThrough Poisson StudentT Wishart".split()
)
WITHOUT_ICDF = WITHOUT_CDF | set("Chi2 Gamma InverseGamma MixtureSameFamily".split())
WITHOUT_ENTROPY = set("FisherSnedecor MixtureSameFamily NegativeBinomial Poisson".split())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in WITHOUT_CDF])
def test_the_share_of_samples_below(kind: str) -> None:
    build, parameters = KINDS[kind]
    d = build(*parameters)
    tg.manual_seed(2)
    x = d.sample((20_000,))
    for at in x[:3]:
        p = d.cdf(at)
        assert (((x <= at).double().mean(0) - p).abs() < 4.5 * (p * (1 - p) / 20_000).sqrt() + 1e-9).all()
        if kind not in WITHOUT_ICDF:
            assert d.icdf(p).allclose(at, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in WITHOUT_ENTROPY])
def test_entropy_is_the_mean_of_minus_log_prob(kind: str) -> None:
    build, parameters = KINDS[kind]
    d = build(*parameters)
    tg.manual_seed(3)
    told = -d.log_prob(d.sample((20_000,)))
    assert ((told.mean(0) - d.entropy()).abs() < 4.5 * told.std(0) / 20_000**0.5 + 1e-9).all()


# As in PyTorch: what counts has no gradient of its samples.
WITHOUT_RSAMPLE = {
    "Bernoulli", "Binomial", "Geometric", "MixtureSameFamily", "Multinomial", "NegativeBinomial", "OneHotCategorical", "Poisson",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_samples_have_the_dtype_of_the_parameters(kind: str) -> None:
    """Not the default one."""
    build, parameters = KINDS[kind]
    before = tg.get_default_dtype()
    try:
        for dtype, default in ((tg.float32, tg.float64), (tg.float64, tg.float32)):
            tg.set_default_dtype(default)
            d = build(*[p.to(dtype) for p in parameters])
            assert d.sample((3,)).dtype is dtype and d.log_prob(d.sample()).dtype is dtype
            if kind not in WITHOUT_RSAMPLE:
                assert d.has_rsample and d.rsample().dtype is dtype
    finally:
        tg.set_default_dtype(before)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_have_the_moments(kind: str) -> None:
    build, parameters = KINDS[kind]
    d = build(*parameters)
    tg.manual_seed(1)
    x = d.sample((20_000,))
    assert x.shape == (20_000,) + d.batch_shape + d.event_shape and not x.requires_grad
    assert bool(d.support.check(x).all()) and d.log_prob(x).isfinite().all()
    error = (d.variance / 20_000).sqrt()
    assert ((x.mean(0) - d.mean).abs() < 4.5 * error).all()
    np.testing.assert_allclose(x.var(0).numpy(), d.variance.numpy(), rtol=0.15)


@pytest.mark.parametrize("kind", [k for k, (build, p) in KINDS.items() if build(*p).has_rsample])
def test_gradients_pass_through_samples(kind: str) -> None:
    """The mean gradient of samples is the gradient of their mean."""
    build, parameters = KINDS[kind]
    parameters = [p.clone().requires_grad_() for p in parameters]
    d = build(*parameters)
    tg.manual_seed(2)
    found = tg.autograd.grad(d.rsample((20_000,)).mean(0).sum(), parameters, allow_unused=True)
    expected = tg.autograd.grad(build(*parameters).mean.sum(), parameters, allow_unused=True)
    for p, a, b in zip(parameters, found, expected):
        b = tg.zeros_like(p) if b is None else b
        if a is not None:
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=0.08, atol=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_expanding(kind: str) -> None:
    build, parameters = KINDS[kind]
    d = build(*parameters)
    wide = d.expand((4, *d.batch_shape))
    assert type(wide) is type(d) and wide.batch_shape == (4,) + d.batch_shape and wide.event_shape == d.event_shape
    tg.manual_seed(0)
    x = wide.sample((2,))
    assert x.shape == (2, 4) + d.batch_shape + d.event_shape
    assert tg.allclose(wide.log_prob(x), d.log_prob(x))
    assert repr(d).startswith(kind.partition(" ")[0]) and repr(copy.deepcopy(d)) == repr(d)
    assert pickle.loads(pickle.dumps(d)).log_prob(x).equal(d.log_prob(x))


def test_categorical_and_what_it_is_made_for() -> None:
    logits = tg.tensor([[0.0, 1.0, 2.0], [0.0, 0.0, 0.0]], requires_grad=True)
    policy = D.Categorical(logits=logits)
    tg.manual_seed(0)
    action = policy.sample()
    (-policy.log_prob(action) * tg.tensor([1.0, 2.0])).sum().backward()  # REINFORCE
    assert action.dtype is tg.int64 and action.shape == (2,)
    np.testing.assert_allclose(logits.grad.sum(-1).numpy(), 0, atol=1e-6)
    assert policy.enumerate_support().tolist() == [[0, 0], [1, 1], [2, 2]] and policy.mean.isnan().all()
    counts = D.Categorical(probs=tg.tensor([1.0, 1.0, 2.0])).sample((10_000,)).bincount() / 10_000
    np.testing.assert_allclose(counts.numpy(), [0.25, 0.25, 0.5], atol=0.02)
    impossible = D.Categorical(probs=tg.tensor([0.0, 1.0]))
    assert abs(impossible.entropy().item()) < 1e-5 and abs(impossible.log_prob(tg.tensor(1)).item()) < 1e-5


def test_the_normal_policy_squashed_by_tanh() -> None:
    """Soft actor-critic: log-probabilities of actions near ±1, by the cache."""
    loc = tg.tensor([5.0, -5.0], requires_grad=True)
    squashed = D.TransformedDistribution(D.Normal(loc, 1.0), [D.TanhTransform(cache_size=1)])
    tg.manual_seed(0)
    action = squashed.rsample()
    log_prob = squashed.log_prob(action)
    log_prob.sum().backward()
    assert action.abs().max() <= 1 and log_prob.isfinite().all() and loc.grad.isfinite().all()
    whole = D.Independent(squashed, 1)
    assert whole.batch_shape == () and whole.event_shape == (2,) and whole.log_prob(action).ndim == 0


def test_divergence_of_a_variational_autoencoder() -> None:
    mu, logvar = tg.randn(4, 3), tg.randn(4, 3)
    d = D.kl_divergence(D.Normal(mu, (0.5 * logvar).exp()), D.Normal(0.0, 1.0)).sum()
    by_hand = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum()
    assert d.item() == pytest.approx(by_hand.item(), rel=1e-5)


def test_a_divergence_of_ones_own() -> None:
    class Mine(D.Normal):
        pass

    p, q = Mine(0.0, 1.0), D.Normal(1.0, 1.0)
    assert D.kl_divergence(p, q).item() == 0.5  # that of the nearest kind
    try:
        D.register_kl(Mine, D.Normal)(lambda p, q: tg.tensor(7.0))
        assert D.kl_divergence(p, q).item() == 7.0 and D.kl_divergence(q, q).item() == 0.0
    finally:
        del D.kl._KL_REGISTRY[Mine, D.Normal]
    with pytest.raises(NotImplementedError, match="no closed form is known here for Cauchy and Normal"):
        D.kl_divergence(D.Cauchy(0.0, 1.0), q)
    with pytest.raises(TypeError, match="register_kl: needs kinds of distribution, got 3"):
        D.register_kl(3, D.Normal)


def test_ones_own_kind() -> None:
    class Triangle(D.Distribution):
        arg_constraints = {"width": constraints.positive}
        support = constraints.real

        def __init__(self, width: Any, validate_args: Any = None) -> None:
            self.width = width
            super().__init__(width.shape, validate_args=validate_args)

        def log_prob(self, value: tg.Tensor) -> tg.Tensor:
            self._validate_sample(value)
            return ((self.width - value.abs()).clamp(min=0) / self.width**2).log()

    d = Triangle(tg.tensor([1.0, 2.0]))
    assert d.expand((3, 2)).log_prob(tg.zeros(3, 2)).shape == (3, 2) and repr(d) == "Triangle(width: (2,))"
    for ask in (lambda: d.mean, lambda: d.mode, lambda: d.variance, d.entropy, d.sample, d.enumerate_support):
        with pytest.raises(NotImplementedError, match="Triangle: .* has no closed form here"):
            ask()
    for ask in (d.cdf, d.icdf):
        with pytest.raises(NotImplementedError, match="Triangle: i?cdf has no closed form here"):
            ask(tg.zeros(2))


def test_gradients_of_gamma_numbers() -> None:
    """The quantile's slope, by the series of the rule, by the kernel, and by differences of the quantile itself."""
    from scipy.special import gammainc, gammaincinv

    a = tg.tensor([0.2, 0.7, 3.0, 30.0], dtype=tg.float64, requires_grad=True)
    tg.manual_seed(3)
    x = tg.distributions.gamma.standard_gamma(a)
    (kernel,) = tg.autograd.grad(x.sum(), a, retain_graph=True)
    (rule,) = tg.autograd.grad(x.sum(), a, create_graph=True)
    n, u = a.detach().numpy(), gammainc(a.detach().numpy(), x.detach().numpy())
    slope = (gammaincinv(n * (1 + 1e-6), u) - gammaincinv(n * (1 - 1e-6), u)) / (2e-6 * n)
    np.testing.assert_allclose(kernel.numpy(), slope, rtol=1e-5)
    np.testing.assert_allclose(rule.detach().numpy(), slope, rtol=1e-5)
    (second,) = tg.autograd.grad(rule.sum(), a)

    def slope_at(n: Any) -> Any:
        return (gammaincinv(n * 1.001, u) - gammaincinv(n * 0.999, u)) / (0.002 * n)

    expected = (slope_at(n * 1.01) - slope_at(n * 0.99)) / (0.02 * n)
    np.testing.assert_allclose(second.numpy(), expected, rtol=2e-3)


def test_old_and_new_words() -> None:
    d = D.Normal(0.0, 1.0)
    with pytest.warns(FutureWarning, match="sample_n is an old name"):
        assert d.sample_n(3).shape == (3,)
    assert d.perplexity().item() == pytest.approx(math.sqrt(2 * math.pi * math.e))
    assert D.Normal(0, tg.ones(2, dtype=tg.float64)).loc.dtype is tg.float64 and D.Normal(0, 1).loc.dtype is tg.float32
    from tensorgrad.distributions.categorical import Categorical
    from tensorgrad.distributions.normal import Normal

    assert Categorical is D.Categorical and Normal is D.Normal


def test_checks_can_be_switched_off() -> None:
    D.Normal(0.0, -1.0, validate_args=False)
    assert D.Exponential(1.0, validate_args=False).log_prob(tg.tensor(-1.0)).item() == 1.0
    D.Distribution.set_default_validate_args(False)
    try:
        D.Normal(0.0, -1.0)
    finally:
        D.Distribution.set_default_validate_args(True)
    with pytest.raises(ValueError, match="must be True or False, got 'yes'"):
        D.Distribution.set_default_validate_args("yes")


REFUSALS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: D.Normal(0.0, -1.0), ValueError, r"Normal: scale, of shape \(\), must satisfy GreaterThan\(lower_bound=0.0\)"),
    (lambda: D.Normal(tg.zeros(2), tg.tensor([1.0, -2.0])), ValueError, "1 of 2 do not; the first is -2.0"),
    (lambda: D.Normal("a", 1.0), ValueError, "Normal: takes tensors and numbers, got str"),
    (lambda: D.Bernoulli(), ValueError, "Bernoulli: either `probs` or `logits` must be specified, but not both"),
    (lambda: D.Bernoulli(0.5, 0.5), ValueError, "but not both"),
    (lambda: D.Bernoulli(1.5), ValueError, r"must satisfy Interval\(lower_bound=0.0, upper_bound=1.0\)"),
    (lambda: D.Bernoulli(0.5).log_prob(tg.tensor(0.5)), ValueError, r"must lie within the support Boolean\(\)"),
    (lambda: D.Bernoulli(0.5).log_prob(1.0), ValueError, "the value must be a Tensor, got float"),
    (lambda: D.Normal(tg.zeros(3), 1.0).log_prob(tg.zeros(2)), ValueError, "does not broadcast against batch_shape"),
    (lambda: D.Normal(0.0, 1.0).log_prob(tg.tensor(math.nan)), ValueError, r"the support Real\(\)"),
    (lambda: D.Categorical(P).log_prob(tg.tensor(3)), ValueError, r"support IntegerInterval\(lower_bound=0, upper_bound=2\)"),
    (lambda: D.Categorical(tg.tensor(0.5)), ValueError, "Categorical: probs must have at least one dim"),
    (lambda: D.Categorical(tg.tensor([-1.0, 2.0])), ValueError, r"probs, of shape \(2,\), must satisfy Simplex\(\)"),
    (lambda: D.Dirichlet(tg.tensor(1.0)), ValueError, "Dirichlet: concentration must have at least one dim"),
    (lambda: D.Dirichlet(P).log_prob(t(0.2, 0.2, 0.2)), ValueError, r"support Simplex\(\)"),
    (lambda: D.Dirichlet(P).log_prob(t(0.5, 0.5)), ValueError, "the value's last dims must be event_shape"),
    (lambda: D.Geometric(0.0), ValueError, "one that never succeeds fails forever"),
    (lambda: D.Uniform(1.0, 1.0), ValueError, "Uniform: low must be below high everywhere"),
    (lambda: D.Uniform(0.0, 1.0).log_prob(tg.tensor(2.0)), ValueError, "must lie within the support Interval"),
    (lambda: D.Multinomial(tg.tensor(2), P), NotImplementedError, "total_count must be an int, got Tensor"),
    (lambda: D.Multinomial(3, P).log_prob(t(2.0, 2.0, 2.0)), ValueError, r"support Multinomial\(upper_bound=3\)"),
    (lambda: D.Binomial(tg.tensor([1.0, 2.0]), 0.5).entropy(), NotImplementedError, "same total_count everywhere"),
    (lambda: D.Binomial(tg.tensor([1.0, 2.0]), 0.5).enumerate_support(), NotImplementedError, "same total_count everywhere"),
    (lambda: D.Poisson(1.0).entropy(), NotImplementedError, "Poisson: entropy has no closed form here"),
    (lambda: D.Independent(D.Normal(0.0, 1.0), 1), ValueError, r"is 1, but batch_shape \(\) has 0 dims"),
    (lambda: D.Independent(D.Bernoulli(P), 1).enumerate_support(), NotImplementedError, "are not listed"),
    (lambda: D.MultivariateNormal(tg.tensor(0.0), COVARIANCE), ValueError, "loc must have at least one dim"),
    (lambda: D.MultivariateNormal(t(0.0, 0.0)), ValueError, "exactly one of covariance_matrix, precision_matrix or scale_tril"),
    (lambda: D.MultivariateNormal(t(0.0, 0.0), t(1.0, 1.0)), ValueError, "covariance_matrix must have at least two dims"),
    (lambda: D.MultivariateNormal(t(0.0, 0.0), -COVARIANCE), ValueError, r"must satisfy PositiveDefinite\(\)"),
    (lambda: D.MultivariateNormal(t(0.0, 0.0), scale_tril=COVARIANCE), ValueError, r"must satisfy LowerCholesky\(\)"),
    (lambda: D.LowRankMultivariateNormal(tg.tensor(0.0), P, P), ValueError, "loc must have at least one dim"),
    (lambda: D.LowRankMultivariateNormal(P, P, P), ValueError, r"cov_factor must be of shape \(…, 3, rank\), got \(3,\)"),
    (lambda: D.LowRankMultivariateNormal(P, P[:, None], P[:2]), ValueError, r"cov_diag must be of shape \(…, 3\), got \(2,\)"),
    (lambda: D.MixtureSameFamily(D.Normal(0.0, 1.0), D.Normal(P, 1.0)), ValueError, "mixture_distribution must be a Categorical"),
    (lambda: D.MixtureSameFamily(D.Categorical(P), P), ValueError, "component_distribution must be a Distribution"),
    (lambda: D.MixtureSameFamily(D.Categorical(P), D.Normal(0.0, 1.0)), ValueError, "the mixture has 3 components"),
    (
        lambda: D.MixtureSameFamily(D.Categorical(P.expand(4, 3)), D.Normal(tg.zeros(5, 3), 1.0)), ValueError,
        r"batch_shape \(4,\) of the mixture does not fit \(5, 3\)",
    ),
    (lambda: D.TransformedDistribution(D.Normal(0.0, 1.0), [3]), ValueError, "must be a Transform or a list of them"),
    (
        lambda: D.TransformedDistribution(D.Normal(0.0, 1.0), D.StickBreakingTransform()), ValueError,
        r"samples, of shape \(\), need at least 1 dims",
    ),
    (
        lambda: D.kl_divergence(D.Binomial(2, 0.5), D.Binomial(3, 0.5)), NotImplementedError, "as many trials as q",
    ),
    (
        lambda: D.kl_divergence(D.LogNormal(0.0, 1.0), D.Gumbel(0.0, 1.0)), NotImplementedError, "where the maps are the same",
    ),
    (
        lambda: D.kl_divergence(D.MultivariateNormal(P, tg.eye(3, dtype=tg.float64)), D.MultivariateNormal(t(0, 0), COVARIANCE)),
        ValueError, r"vectors of different length: \(3,\) and \(2,\)",
    ),
    (
        lambda: D.kl_divergence(D.Independent(D.Normal(P, 1.0), 1), D.Independent(D.Normal(P, 1.0), 0)), NotImplementedError,
        "with the same reinterpreted_batch_ndims",
    ),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(REFUSALS)))
def test_refusals(number: int) -> None:
    call, error, words = REFUSALS[number]
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("parameter", ["probs", "logits"])
@pytest.mark.parametrize("k", [0.0, 2.0, 5.0])
def test_binomial_is_smooth_at_even_odds(parameter: str, k: float) -> None:
    """ln P = k·ln p + (n − k)·ln(1 − p) + …; PyTorch's gradient and Hessian at p = ½ are those of max(x, 0) and |x| at 0."""
    x = t(0.5 if parameter == "probs" else 0.0).requires_grad_()
    (g,) = tg.autograd.grad(D.Binomial(5, **{parameter: x}).log_prob(t(k)).sum(), x, create_graph=True)
    (h,) = tg.autograd.grad(g.sum(), x)
    want = (2 * k - 2 * (5 - k), -4 * k - 4 * (5 - k)) if parameter == "probs" else (k - 2.5, -1.25)
    assert (g.item(), h.item()) == pytest.approx(want)


def test_binomial_of_sure_odds() -> None:
    d = D.Binomial(3, logits=t(1000.0, -1000.0))
    assert d.log_prob(t(3.0, 0.0)).tolist() == [0.0, 0.0]
    assert d.log_prob(t(2.0, 1.0)).tolist() == pytest.approx([math.log(3) - 1000] * 2)


def test_laplace_is_smooth_at_its_middle() -> None:
    """Its cdf has the slope 1/(2·scale) there, where PyTorch gives 0, and the divergence of two of one middle is curved."""
    x, loc = t(1.0).requires_grad_(), t(1.0).requires_grad_()
    d = D.Laplace(t(1.0), t(2.0))
    assert tg.autograd.grad(d.cdf(x).sum(), x)[0].tolist() == [0.25]
    half = t(0.5).requires_grad_()
    assert tg.autograd.grad(d.icdf(half).sum(), half)[0].tolist() == [4.0]
    (g,) = tg.autograd.grad(D.kl_divergence(D.Laplace(loc, t(2.0)), D.Laplace(t(1.0), t(4.0))).sum(), loc, create_graph=True)
    assert g.tolist() == [0.0]
    assert tg.autograd.grad(g.sum(), loc)[0].tolist() == pytest.approx([1 / 8])  # 1/(scale·scale)


def test_relaxed_bernoulli_does_not_overflow() -> None:
    x = tg.tensor([-1000.0, 1000.0], requires_grad=True)
    y = D.relaxed_bernoulli.LogitRelaxedBernoulli(1.0, logits=tg.zeros(2)).log_prob(x)
    assert y.tolist() == [-1000.0, -1000.0]
    assert tg.autograd.grad(y.sum(), x)[0].tolist() == [1.0, -1.0]


@pytest.mark.parametrize("x", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_continuous_bernoulli_near_even_odds(x: float) -> None:
    """cdf = (e^(z·x) − 1) / (eᶻ − 1) and its inverse move with p there as well; PyTorch's do not."""
    for near in (0.5, 0.4995, 0.5009):
        z, p = math.log(near / (1 - near)), t(near).requires_grad_()
        d = D.ContinuousBernoulli(p)
        y = d.cdf(t(x))
        assert y.item() == pytest.approx(x if z == 0 else math.expm1(z * x) / math.expm1(z), abs=1e-12)
        assert d.icdf(y.detach()).item() == pytest.approx(x, abs=1e-12)
        (g,) = tg.autograd.grad(y.sum(), p)
        assert g.item() == pytest.approx(2 * x * (x - 1), abs=1e-3)  # ½·x·(x − 1) towards z, and dz/dp = 4


# ---- angles, correlations -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1e-7, 0.01, 1.0, 4.0, 300.0])
def test_von_mises_beside_scipy(k: float) -> None:
    theirs = scipy.stats.vonmises(k, loc=0.7)
    d = D.VonMises(t(0.7), t(k))
    x = tg.linspace(-3, 3, 11, dtype=tg.float64)
    np.testing.assert_allclose(d.log_prob(x).numpy(), theirs.logpdf(x.numpy()), rtol=1e-9, atol=1e-12)
    assert d.log_prob(x + 2 * math.pi).allclose(d.log_prob(x), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(d.entropy().numpy(), theirs.entropy(), rtol=1e-7)
    tg.manual_seed(0)
    angles = d.sample((20_000,)).numpy().ravel()
    assert angles.min() >= -math.pi and angles.max() <= math.pi
    assert scipy.stats.kstest((angles - 0.7 + math.pi) % (2 * math.pi) - math.pi, scipy.stats.vonmises(k).cdf).pvalue > 1e-3
    assert abs(1 - np.abs(np.exp(1j * angles).mean()) - d.variance.item()) < 0.02


def test_von_mises_of_many() -> None:
    d = D.VonMises(tg.tensor([[0.0], [2.0]]), tg.tensor([1.0, 50.0, 3.0]))
    tg.manual_seed(0)
    x = d.sample((4,))
    assert x.shape == (4, 2, 3) and x.dtype is tg.float32 and d.log_prob(x).shape == (4, 2, 3)
    assert d.expand((5, 2, 3)).sample().shape == (5, 2, 3)
    tg.manual_seed(0)
    assert x.equal(d.sample((4,)))
    with pytest.raises(NotImplementedError, match="VonMises: rsample"):
        d.rsample()
    with pytest.raises(ValueError, match="VonMises: concentration, of shape"):
        D.VonMises(0.0, -1.0)


@pytest.mark.parametrize("eta", [0.5, 1.0, 4.0])
def test_lkj(eta: float) -> None:
    """A correlation of a (d, d) matrix, mapped to (0, 1), is Beta(β, β), β = η − 1 + d/2; the density adds up to one."""
    d, beta = D.LKJCholesky(3, t(eta)[0]), eta + 0.5
    tg.manual_seed(0)
    lower = d.sample((4_000,))
    assert lower.shape == (4_000, 3, 3) and d.support.check(lower).all() and d.log_prob(lower).isfinite().all()
    r = (lower @ lower.mT).numpy()
    for i, j in ((1, 0), (2, 0), (2, 1)):
        assert scipy.stats.kstest((r[:, i, j] + 1) / 2, scipy.stats.beta(beta, beta).cdf).pvalue > 1e-3, (i, j)
    two = D.LKJCholesky(2, t(eta)[0])
    x = tg.linspace(-1, 1, 200_002, dtype=tg.float64)[1:-1]  # the one number below the diagonal
    lower = tg.stack([tg.stack([x * 0 + 1, x * 0], -1), tg.stack([x, (1 - x * x).sqrt()], -1)], -2)
    assert abs(two.log_prob(lower).exp().mean().item() * 2 - 1) < 5e-3


def test_lkj_and_wishart_complain() -> None:
    for dim in (1, 2.0):
        with pytest.raises(ValueError, match="LKJCholesky: dim must be a whole number of at least 2, got"):
            D.LKJCholesky(dim)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Wishart: df must be above p − 1 = 1 for matrices"):
        D.Wishart(1.0, COVARIANCE)
    with pytest.raises(ValueError, match="Wishart: exactly one of covariance_matrix, precision_matrix or scale_tril"):
        D.Wishart(3.0)
    with pytest.raises(ValueError, match=r"Wishart: scale_tril must be square, \(…, p, p\), got \(2,\)"):
        D.Wishart(3.0, scale_tril=tg.ones(2))


def test_wishart_of_whole_degrees_is_a_sum_of_squares() -> None:
    """And of one number a gamma distribution."""
    one = D.Wishart(t(3.5)[0], tg.tensor([[2.0]], dtype=tg.float64))
    gamma = D.Gamma(t(1.75)[0], t(0.25)[0])
    x = t(0.3, 2.0, 9.0)
    assert one.log_prob(x[:, None, None]).allclose(gamma.log_prob(x))
    assert one.entropy().allclose(gamma.entropy()) and one.mean.allclose(gamma.mean) and one.mode.allclose(gamma.mode)
    assert D.Wishart(2.5, COVARIANCE).mode.isnan().all()


def test_wishart_of_a_grid_of_matrices() -> None:
    """(2, 3, p, p), by each of the three ways to give them, is six of them side by side."""
    scales = COVARIANCE * tg.arange(1.0, 7.0, dtype=tg.float64).reshape(2, 3, 1, 1)
    x = tg.stack([COVARIANCE] * 3)
    for grid in (D.Wishart(4.5, scales), D.Wishart(4.5, precision_matrix=tg.linalg.inv(scales)),
                 D.Wishart(4.5, scale_tril=tg.linalg.cholesky(scales))):  # fmt: skip
        assert grid.batch_shape == (2, 3) and grid.event_shape == COVARIANCE.shape and grid.log_prob(x).shape == (2, 3)
        for i in range(2):
            for j in range(3):
                one = D.Wishart(4.5, scales[i, j])
                assert grid.log_prob(x)[i, j].allclose(one.log_prob(COVARIANCE))
                assert grid.mean[i, j].allclose(one.mean) and grid.entropy()[i, j].allclose(one.entropy())


def test_chi2_takes_one_number_of_any_shape() -> None:
    d = D.Chi2(t(3.0, 8.0))
    assert d.batch_shape == (2,) and d.df.tolist() == [3.0, 8.0] and d._tensor_dims() == {"concentration": 0, "rate": 0}
    assert D.Chi2(3.0).batch_shape == () and D.Chi2(t(3.0)).rate.item() == 0.5 and D.Chi2(t(3.0)).mean.item() == 3.0
    with pytest.raises(ValueError, match="Chi2: df, of shape"):
        D.Chi2(t(-1.0), validate_args=True)
