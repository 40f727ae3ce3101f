"""One step of each optimizer over a list of parameters, in place. Scalars come as Python floats, lists are parallel.

`grads` are never written to: what an update has to change it changes in a buffer of its own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Arrays = list[Any]


def _effective(p: Any, g: Any, weight_decay: float, maximize: bool) -> Any:
    """g, turned round when maximizing, plus the gradient of an L2 penalty; a new array only where something changes."""
    if maximize:
        g = -g
    return g + weight_decay * p if weight_decay else g


def sgd_step(
    params: Arrays, grads: Arrays, buffers: Arrays, first: list[bool], lr: float, momentum: float, dampening: float,
    weight_decay: float, nesterov: bool, maximize: bool,
) -> None:  # fmt: skip
    """b ← μ·b + (1 − τ)·g (at first b ← g), p ← p − lr·(g + μ·b if nesterov else b); without momentum p ← p − lr·g."""
    for p, g, b, is_first in zip(params, grads, buffers, first):
        g = _effective(p, g, weight_decay, maximize)
        if momentum:
            if is_first:
                b[...] = g
            else:
                b *= momentum
                b += g if not dampening else (1 - dampening) * g
            g = g + momentum * b if nesterov else b
        p -= lr * g


def adam_step(
    params: Arrays, grads: Arrays, ms: Arrays, vs: Arrays, tops: Arrays, steps: list[float], lr: float, beta1: float,
    beta2: float, eps: float, weight_decay: float, decoupled: bool, maximize: bool,
) -> None:  # fmt: skip
    """m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p − lr · m̂ / (√v̂ + ε); with `tops` (AMSGrad) the largest v so far."""
    for i, (p, g, m, v, t) in enumerate(zip(params, grads, ms, vs, steps)):
        if decoupled:
            if weight_decay:
                p *= 1 - lr * weight_decay
            g = -g if maximize else g
        else:
            g = _effective(p, g, weight_decay, maximize)
        m += (1 - beta1) * (g - m)
        v *= beta2
        square = g * g
        square *= 1 - beta2
        v += square
        if tops:
            np.maximum(tops[i], v, out=tops[i])
            v = tops[i]
        d = np.sqrt(v, out=square)
        d /= math.sqrt(1 - beta2**t)
        d += eps
        np.divide(m, d, out=d)
        d *= lr / (1 - beta1**t)
        p -= d


def adamax_step(
    params: Arrays, grads: Arrays, ms: Arrays, us: Arrays, steps: list[float], lr: float, beta1: float, beta2: float,
    eps: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    """u ← max(β₂u, |g| + ε), p ← p − lr/(1 − β₁ᵗ) · m/u."""
    for p, g, m, u, t in zip(params, grads, ms, us, steps):
        g = _effective(p, g, weight_decay, maximize)
        m += (1 - beta1) * (g - m)
        u *= beta2
        np.maximum(u, np.absolute(g) + eps, out=u)
        p -= lr / (1 - beta1**t) * (m / u)


def nadam_step(
    params: Arrays, grads: Arrays, ms: Arrays, vs: Arrays, products: Arrays, steps: list[float], lr: float, beta1: float,
    beta2: float, eps: float, weight_decay: float, momentum_decay: float, decoupled: bool, maximize: bool,
) -> None:  # fmt: skip
    """Adam with Nesterov momentum: μₜ = β₁(1 − ½·0.96^(t·ψ)), and the step takes g and the next m together."""
    for p, g, m, v, product, t in zip(params, grads, ms, vs, products, steps):
        if decoupled:
            if weight_decay:
                p *= 1 - lr * weight_decay
            g = -g if maximize else g
        else:
            g = _effective(p, g, weight_decay, maximize)
        mu = beta1 * (1.0 - 0.5 * 0.96 ** (t * momentum_decay))
        mu_next = beta1 * (1.0 - 0.5 * 0.96 ** ((t + 1) * momentum_decay))
        product *= mu
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * (g * g)
        d = np.sqrt(v / (1 - beta2**t)) + eps
        so_far = float(product[0])
        p -= (lr * (1 - mu) / (1 - so_far)) * (g / d)
        p -= (lr * mu_next / (1 - so_far * mu_next)) * (m / d)


def radam_step(
    params: Arrays, grads: Arrays, ms: Arrays, vs: Arrays, steps: list[float], lr: float, beta1: float, beta2: float,
    eps: float, weight_decay: float, decoupled: bool, maximize: bool,
) -> None:  # fmt: skip
    """Adam whose adaptive part waits until its variance is tame: ρₜ > 5."""
    longest = 2 / (1 - beta2) - 1
    for p, g, m, v, t in zip(params, grads, ms, vs, steps):
        if decoupled:
            if weight_decay:
                p *= 1 - lr * weight_decay
            g = -g if maximize else g
        else:
            g = _effective(p, g, weight_decay, maximize)
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * (g * g)
        unbiased = m / (1 - beta1**t)
        correction2 = 1 - beta2**t
        rho = longest - 2 * t * beta2**t / correction2
        if rho > 5.0:
            rect = math.sqrt((rho - 4) * (rho - 2) * longest / ((longest - 4) * (longest - 2) * rho))
            p -= lr * rect * unbiased * (math.sqrt(correction2) / (np.sqrt(v) + eps))
        else:
            p -= lr * unbiased


def rmsprop_step(
    params: Arrays, grads: Arrays, squares: Arrays, means: Arrays, buffers: Arrays, lr: float, alpha: float, eps: float,
    weight_decay: float, momentum: float, maximize: bool,
) -> None:  # fmt: skip
    """s ← αs + (1 − α)g², p ← p − lr · g / (√s + ε); with `means` the variance s − ḡ² instead of s."""
    for i, (p, g, s) in enumerate(zip(params, grads, squares)):
        g = _effective(p, g, weight_decay, maximize)
        s *= alpha
        s += (1 - alpha) * (g * g)
        if means:
            means[i] += (1 - alpha) * (g - means[i])
            d = np.sqrt(s - means[i] * means[i]) + eps
        else:
            d = np.sqrt(s) + eps
        if momentum:
            buffers[i] *= momentum
            buffers[i] += g / d
            p -= lr * buffers[i]
        else:
            p -= lr * (g / d)


def adagrad_step(
    params: Arrays, grads: Arrays, sums: Arrays, steps: list[float], lr: float, lr_decay: float, eps: float,
    weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    """s ← s + g², p ← p − lr/(1 + (t − 1)η) · g / (√s + ε)."""
    for p, g, s, t in zip(params, grads, sums, steps):
        g = _effective(p, g, weight_decay, maximize)
        s += g * g
        p -= lr / (1 + (t - 1) * lr_decay) * (g / (np.sqrt(s) + eps))


def adadelta_step(
    params: Arrays, grads: Arrays, squares: Arrays, deltas: Arrays, lr: float, rho: float, eps: float,
    weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    """s ← ρs + (1 − ρ)g², δ = √(d + ε)/√(s + ε) · g, d ← ρd + (1 − ρ)δ², p ← p − lr·δ."""
    for p, g, s, d in zip(params, grads, squares, deltas):
        g = _effective(p, g, weight_decay, maximize)
        s *= rho
        s += (1 - rho) * (g * g)
        delta = np.sqrt(d + eps) / np.sqrt(s + eps) * g
        d *= rho
        d += (1 - rho) * (delta * delta)
        p -= lr * delta


def asgd_step(
    params: Arrays, grads: Arrays, averages: Arrays, etas: list[float], mus: list[float], lambd: float,
    weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    """p ← (1 − λη)p − η·g, and the average of p over the steps: a ← a + μ(p − a)."""
    for p, g, a, eta, mu in zip(params, grads, averages, etas, mus):
        g = _effective(p, g, weight_decay, maximize)
        p *= 1 - lambd * eta
        p -= eta * g
        if mu != 1:
            a += mu * (p - a)
        else:
            a[...] = p


def rprop_step(
    params: Arrays, grads: Arrays, before: Arrays, sizes: Arrays, etaminus: float, etaplus: float, smallest: float,
    largest: float, maximize: bool,
) -> None:  # fmt: skip
    """Each element has a step size of its own: larger while the gradient keeps its sign, smaller, and no step, when it
    turns."""
    for p, g, b, size in zip(params, grads, before, sizes):
        g = -g if maximize else g
        product = g * b
        factor = np.where(product > 0, etaplus, np.where(product < 0, etaminus, 1.0)).astype(size.dtype)
        size *= factor
        np.clip(size, smallest, largest, out=size)
        g = np.where(product < 0, 0, g)
        p -= np.sign(g) * size
        b[...] = g


def muon_step(
    params: Arrays, grads: Arrays, buffers: Arrays, lrs: list[float], weight_decays: list[float], momentum: float,
    nesterov: bool, coefficients: tuple[float, float, float], eps: float, ns_steps: int,
) -> None:  # fmt: skip
    """b ← μ·b + (1 − μ)·g, p ← (1 − decay)·p − lr · orthogonal(g + μ(b − g) if nesterov else b)."""
    for p, g, b, lr, decay in zip(params, grads, buffers, lrs, weight_decays):
        b += (1 - momentum) * (g - b)
        u = g + momentum * (b - g) if nesterov else b
        p *= 1 - decay
        p -= lr * orthogonalized(u, coefficients, eps, ns_steps)


def orthogonalized(x: Any, coefficients: tuple[float, float, float], eps: float, steps: int) -> Any:
    """U·Vᵀ of x = U·Σ·Vᵀ, nearly: `steps` rounds of x ← a·x + (b·A + c·A²)·x with A = x·xᵀ (Newton–Schulz)."""
    a, b, c = coefficients
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / max(float(np.linalg.norm(x)), eps)
    for _ in range(steps):
        square = x @ x.T
        x = a * x + (b * square + c * (square @ square)) @ x
    return x.T if tall else x
