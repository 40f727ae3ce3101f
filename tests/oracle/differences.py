"""Where tensorgrad differs from PyTorch on purpose, and why. Everything not written here is compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

import tensorgrad as tg

# Entries of PyTorch's table that make no sense to compare number by number.
LEFT_OUT: dict[str, str] = {
    "bfloat16": "needs the package ml_dtypes",
} | {
    name: "random numbers: the generators differ"
    for name in (
        "cauchy exponential geometric log_normal normal uniform randn randn_like rand_like randint randint_like "
        "multinomial bernoulli nn.functional.dropout nn.functional.dropout2d nn.functional.dropout3d "
        "nn.functional.alpha_dropout nn.functional.feature_alpha_dropout nn.functional.rrelu "
        "nn.functional.fractional_max_pool2d nn.functional.fractional_max_pool3d"
    ).split()
} | {
    name: "memory is not set"
    for name in "empty empty_like new_empty empty_strided new_empty_strided empty_permuted resize_ resize_as_".split()
}



def _cut_factors(s: Any, dtype: str) -> str:
    factors = s.kwargs.get("alpha", 1), s.kwargs.get("beta", 1)
    whole = all(float(f).is_integer() for f in factors)
    return "" if whole or dtype != "int64" else "PyTorch cuts 0.6 to 0 among integers; here it is an error"


# Samples of an entry that differ on purpose: a reason, or "" to compare.
DIFFERENT: dict[str, Callable[[Any, str], str]] = {
    "addbmm": lambda s, dtype: _cut_factors(s, dtype),
    "addmv": lambda s, dtype: _cut_factors(s, dtype),
    "baddbmm": lambda s, dtype: _cut_factors(s, dtype),
    "nn.functional.linear_cross_entropy": lambda s, dtype: (
        "asks how to cut the computation in pieces; here there is one way" if s.kwargs.get("options") else ""
    ),
    "nn.functional.multi_head_attention_forward": lambda s, dtype: (
        "random numbers: the generators differ" if s.kwargs.get("training", True) and s.args[9] else ""
    ),
    "nn.functional.scaled_dot_product_attention": lambda s, dtype: (
        "random numbers: the generators differ" if s.kwargs.get("dropout_p") else ""
    ),
    "nn.functional.batch_norm": lambda s, dtype: (
        "one axis, of length 0: PyTorch lets it pass; here a batch has channels" if s.input.dim() < 2 else ""
    ),
    "nn.functional.triplet_margin_with_distance_loss": lambda s, dtype: (
        "its distance is a module of PyTorch's" if "distance_function" in s.kwargs else ""
    ),
    "svd_lowrank": lambda s, dtype: "of full rank: the random numbers show" if s.kwargs.get("M") is not None else "",
    "histogramdd": lambda s, dtype: (
        "edges that go down: PyTorch counts something, here it is an error" if any(
            isinstance(b, torch.Tensor) and bool((b.diff() < 0).any()) for b in s.args[0]) else ""
    ),
    "as_strided": lambda s, dtype: (
        "looks at memory around its input, which the comparison copies alone" if s.input.untyped_storage().nbytes()
        != s.input.nbytes else ""
    ),
}

# Inputs whose gradient differs on purpose; the values, and the gradients of the other inputs, are compared.
GRADIENT_LEFT_OUT: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "cholesky_inverse": ("PyTorch's gradient counts the triangle that is not read as well; here it is 0", lambda s: s.input),
    "cholesky_solve": ("the same", lambda s: s.args[0]),
    "as_strided_scatter": (
        "PyTorch's gradient to the input is that of the elements replaced, not of the others", lambda s: s.input,
    ),
}  # fmt: skip

# What an input is led through in both libraries, for the sake of its gradient.
LED_THROUGH: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "nn.functional.ctc_loss": (
        "the gradient is the derivative; PyTorch's has a term more, which cancels in log_softmax (which changes nothing "
        "about the sample: it is the result of one)",
        lambda lib, x: lib.log_softmax(x, -1),
    ),
}

# Of equal elements PyTorch gives any, and here it is the one of a stable sort: whole numbers have the elements at the indices
# compared in place of the indices. In float64 no two are equal, and with stable=True there is nothing to choose.
ANY_OF_EQUALS: dict[str, Callable[..., int]] = {  # the dimension of a call
    "argsort": lambda dim=-1, descending=False, stable=False: dim,
    "sort": lambda dim=-1, descending=False, stable=False: dim,
    "kthvalue": lambda k, dim=-1, keepdim=False: dim,
    "mode": lambda dim=-1, keepdim=False: dim,
    "topk": lambda k, dim=-1, largest=True, sorted=True: dim,
}

# Entries of PyTorch's table that are called in another way than the function: the same call with ours.
SPELLED: dict[str, Callable[..., Any]] = {
    "zero_": lambda x: x.clone().zero_(),  # the table's samples are leaves that require grad
    "where": lambda x, condition, z: tg.where(condition, x, z),
    "svd_lowrank": lambda a, b, **kw: tg.svd_lowrank(a @ b.mT, **kw),
    "pca_lowrank": lambda a, b, **kw: tg.pca_lowrank(a @ b.mT, **kw),
    "einsum": lambda tensors, equation: tg.einsum(equation, tensors),
    "linalg.lstsq-grad_oriented": lambda a, b, driver: tg.linalg.lstsq(a, b, driver=driver)[:2],
    "linalg.pinv-singular": lambda a, b: tg.linalg.pinv(a @ b.mT),
    "nn.functional.embedding": lambda weight, index, **kw: tg.nn.functional.embedding(index, weight, **kw),
    "nn.functional.embedding_bag": lambda weight, index, **kw: tg.nn.functional.embedding_bag(index, weight, **kw),
} | {
    name: lambda x, n: tg.polygamma(n, x)
    for name in [f"polygamma-polygamma_n_{n}" for n in range(5)] + ["special.polygamma-special_polygamma_n_0"]
}



def _a_number(s: Any) -> str:
    return "a number is taken for a tensor of it" if any(isinstance(v, int) for v in (s.input, *s.args)) else ""


# Bad inputs that are good ones here: a reason, or "" to check.
BAD_INPUT_TAKEN: dict[str, Callable[[Any], str]] = {
    name: _a_number
    for name in (
        "atan2 clamp_max clamp_min copysign eq float_power fmax fmin fmod ge gt heaviside hypot igamma igammac isclose "
        "ldexp le logaddexp logical_and logical_or logical_xor lt maximum minimum ne pow remainder rsub xlogy "
        "special.xlog1py special.zeta special.hermite_polynomial_h special.hermite_polynomial_he "
        "special.laguerre_polynomial_l special.legendre_polynomial_p"
    ).split()
    + [f"special.{shift}chebyshev_polynomial_{kind}" for shift in ("", "shifted_") for kind in "tuvw"]
} | {
    "max": lambda s: "numbers are operands as well" if isinstance(s.input, int) else "",
    "min": lambda s: "numbers are operands as well" if isinstance(s.input, int) else "",
}

# Entries whose results agree less closely (iterative or ill-conditioned algorithms).
LOOSE: dict[str, dict[str, float]] = {
    **{f"special.bessel_{name}": {"rtol": 1e-5, "atol": 1e-6} for name in ("j0", "j1", "y0", "y1")},  # theirs is off
}


# Quantities of distributions, by their names in test_distributions.py, that are not compared.
OF_DISTRIBUTIONS: dict[tuple[str, str], str] = {
    ("ContinuousBernoulli", what): "near p = 1/2 PyTorch takes the uniform distribution's, which does not change with p"
    for what in ("cdf", "icdf")
}


def _of(lib: Any, numbers: Any, dtype: str = "float64") -> Any:
    return lib.tensor(numbers, dtype=getattr(lib, dtype), requires_grad=True)


def _slope(lib: Any, y: Any, x: Any, times: int = 1) -> Any:
    """The gradient, or that of its sum, …"""
    for _ in range(times):
        (y,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    return y


def _binomial(lib: Any) -> Any:
    z = _of(lib, 0.0)
    return _slope(lib, lib.distributions.Binomial(4, logits=z).log_prob(_of(lib, 1.0).detach()), z, 2)


def _laplace(lib: Any) -> Any:
    x = _of(lib, 0.0)
    return _slope(lib, lib.distributions.Laplace(0.0, 2.0).cdf(x), x)


def _product(lib: Any) -> Any:
    s = _of(lib, [0.0, 0.0, 2.0])
    y = _of(lib, [1.0]).scatter_reduce(0, lib.tensor([0, 0, 0]), s, "prod")
    return _slope(lib, y, s, 2)


def _determinant(lib: Any) -> Any:
    a = _of(lib, [[0.0, 0.0], [0.0, 0.0]])
    return _slope(lib, lib.linalg.det(a), a, 2)


def _largest(lib: Any) -> Any:
    x = _of(lib, [1e8, 1e8], "float32")
    return _slope(lib, x.logsumexp(0), x)


def _running(lib: Any) -> Any:
    x = _of(lib, [1e8, 1e8], "float32")
    return _slope(lib, x.logcumsumexp(0)[1:], x)


def _mean_of_halves(lib: Any) -> Any:
    x = lib.tensor([[-4.0, 0.0]], dtype=lib.float16).expand(60000, 2)
    return lib.nn.functional.cross_entropy(x, lib.zeros(60000, dtype=lib.int64))


def _cosine(lib: Any) -> Any:
    x = lib.tensor([1e30, 2e30])
    return lib.nn.functional.cosine_similarity(x, x, 0)


# What mathematics decides against PyTorch: why, what is asked of a library, and the answer. test_mathematics.py asks both.
WRONG_THERE: dict[str, tuple[str, Callable[[Any], Any], Any]] = {
    "binary_cross_entropy_with_logits": (
        "a certain prediction that is right costs nothing; PyTorch computes ∞ − ∞",
        lambda lib: lib.nn.functional.binary_cross_entropy_with_logits(
            lib.tensor([float("inf"), float("-inf")]), lib.tensor([1.0, 0.0]), reduction="none"
        ),
        [0.0, 0.0],
    ),
    "kl_div": (
        "what cannot be, and is not expected, costs nothing: 0·∞ is 0, as 0·ln 0 is; PyTorch gives nan",
        lambda lib: lib.nn.functional.kl_div(lib.tensor([float("-inf"), 0.0]), lib.tensor([0.0, 1.0]), reduction="sum"),
        0.0,
    ),
    "cross_entropy of probabilities": (
        "the same",
        lambda lib: lib.nn.functional.cross_entropy(lib.tensor([float("-inf"), 0.0]), lib.tensor([0.0, 1.0])),
        0.0,
    ),
    "Binomial": ("−n·p·(1 − p); PyTorch differentiates max(x, 0) and |x| at 0", _binomial, -1.0),
    "Laplace": ("the density at its middle is 1/(2·scale); PyTorch differentiates sign(x) and |x| at 0", _laplace, 0.25),
    "scatter_reduce": ("the Hessian of s₀·s₁·s₂ at two zeros; PyTorch has none of several", _product, [2.0, 2.0, 0.0]),
    "det": ("the Hessian of ad − bc is a constant; PyTorch divides by 0", _determinant, [[1.0, -1.0], [-1.0, 1.0]]),
    "logsumexp": ("its gradient is a softmax, which sums to 1; PyTorch's e^(x − y) loses ln 2 beside 1e8", _largest, [0.5, 0.5]),
    "logcumsumexp": ("the same", _running, [0.5, 0.5]),
    "cross_entropy": ("the mean of losses of 4 is 4; PyTorch adds them up in float16", _mean_of_halves, 4.02),
    "norm": ("‖(3, 4)·1e30‖ is 5e30; PyTorch's squares overflow", lambda lib: lib.tensor([3e30, 4e30]).norm() / 1e30, 5.0),
    "cosine_similarity": ("of equal vectors it is 1; the same", _cosine, 1.0),
    "std": (
        "1e200·√2; PyTorch's squares overflow in float64 (in float32 it has float64)",
        lambda lib: _of(lib, [1e200, -1e200]).detach().std() / 1e200,
        2**0.5,
    ),
    "layer_norm": (
        "what is normalised does not depend on its size; PyTorch gives nan",
        lambda lib: lib.nn.functional.layer_norm(lib.tensor([1e30, -1e30]), (2,)),
        [1.0, -1.0],
    ),
}
