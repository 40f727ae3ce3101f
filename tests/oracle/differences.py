"""Where tensorgrad differs from PyTorch on purpose, and why. Everything not written here is compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Entries of PyTorch's table that make no sense to compare number by number.
LEFT_OUT: dict[str, str] = {
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

# Samples of an entry that differ on purpose: a reason, or "" to compare.
DIFFERENT: dict[str, Callable[[Any, str], str]] = {
    "as_strided": lambda s, dtype: (
        "looks at memory around its input, which the comparison copies alone" if s.input.untyped_storage().nbytes()
        != s.input.nbytes else ""
    ),
}

# Bad inputs that are good ones here: a reason, or "" to check.
BAD_INPUT_TAKEN: dict[str, Callable[[Any], str]] = {}

# Entries whose results agree less closely (iterative or ill-conditioned algorithms).
LOOSE: dict[str, dict[str, float]] = {}
