"""One step of each optimizer over a list of parameters, in place. Scalars come as Python floats, lists are parallel.

`grads` are never written to: what an update has to change it changes in a buffer of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

Arrays = list[Any]

BLOCK = 1 << 16  # elements: a step reads and writes an array a dozen times, and so much of it stays in the cache


def _pieces(*lists: Arrays) -> Iterator[tuple[Any, ...]]:
    """The parameter's number and its arrays, one of each list, parameter after parameter; large ones cut into blocks."""
    for i, arrays in enumerate(zip(*lists)):
        n = arrays[0].size
        if n <= BLOCK:  # a number as a line of one: arithmetic on no axes gives scalars, which cannot be written to
            yield i, *(arrays if arrays[0].ndim else [a.reshape(1) for a in arrays])
            continue
        if all(a.flags.c_contiguous for a in arrays):
            rows = [a.reshape(-1) for a in arrays]
        elif all(a.flags.f_contiguous for a in arrays):
            rows = [a.T.reshape(-1) for a in arrays]
        else:  # their elements do not lie in one order
            yield i, *arrays
            continue
        for start in range(0, n, BLOCK):
            yield i, *[row[start : start + BLOCK] for row in rows]


def _effective(p: Any, g: Any, weight_decay: float, maximize: bool) -> Any:
    """g, turned round when maximizing, plus the gradient of an L2 penalty; a new array only where something changes."""
    if maximize:
        g = -g
    if weight_decay:
        penalty = weight_decay * p
        penalty += g
        return penalty
    return g


def _decayed(p: Any, g: Any, lr: float, weight_decay: float, decoupled: bool, maximize: bool) -> Any:
    """The gradient to use; a decoupled decay is done with p at once instead (Loshchilov & Hutter, arXiv:1711.05101)."""
    if not decoupled:
        return _effective(p, g, weight_decay, maximize)
    if weight_decay:
        p *= 1 - lr * weight_decay
    return -g if maximize else g


def _towards(mean: Any, g: Any, share: float) -> Any:
    """mean ← mean + share·(g − mean); returns the memory in which it was computed, for what comes next."""
    scratch = g - mean
    scratch *= share
    mean += scratch
    return scratch


def _squares(v: Any, g: Any, beta: float, scratch: Any) -> None:
    """v ← βv + (1 − β)g²."""
    np.multiply(g, g, out=scratch)
    scratch *= 1 - beta
    v *= beta
    v += scratch


def sgd_step(
    params: Arrays, grads: Arrays, buffers: Arrays, first: list[bool], lr: float, momentum: float, dampening: float,
    weight_decay: float, nesterov: bool, maximize: bool,
) -> None:  # fmt: skip
    """b ← μ·b + (1 − τ)·g (at first b ← g), p ← p − lr·(g + μ·b if nesterov else b); without momentum p ← p − lr·g."""
    for i, p, g, b in _pieces(params, grads, buffers):
        g = _effective(p, g, weight_decay, maximize)
        if not momentum:
            p -= lr * g
            continue
        if first[i]:
            b[...] = g
        else:
            b *= momentum
            b += g if not dampening else (1 - dampening) * g
        if nesterov:
            step = momentum * b
            step += g
            step *= lr
        else:
            step = lr * b
        p -= step


def adam_step(
    params: Arrays, grads: Arrays, ms: Arrays, vs: Arrays, tops: Arrays, steps: list[float], lr: float, beta1: float,
    beta2: float, eps: float, weight_decay: float, decoupled: bool, maximize: bool,
) -> None:  # fmt: skip
    """m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p − lr · m̂ / (√v̂ + ε); with `tops` (AMSGrad) the largest v so far."""
    for i, p, g, m, v, top in _pieces(params, grads, ms, vs, tops or vs):
        t = steps[i]
        g = _decayed(p, g, lr, weight_decay, decoupled, maximize)
        step = _towards(m, g, 1 - beta1)
        _squares(v, g, beta2, step)
        if tops:
            np.maximum(top, v, out=top)
        root = math.sqrt(1 - beta2**t)  # m̂/(√v̂ + ε) = m/(1 − β₁ᵗ) · root / (√v + root·ε)
        np.sqrt(top, out=step)
        step += root * eps
        np.divide(m, step, out=step)
        step *= lr * root / (1 - beta1**t)
        p -= step


def adamax_step(
    params: Arrays, grads: Arrays, ms: Arrays, us: Arrays, steps: list[float], lr: float, beta1: float, beta2: float,
    eps: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    """u ← max(β₂u, |g| + ε), p ← p − lr/(1 − β₁ᵗ) · m/u."""
    for i, p, g, m, u in _pieces(params, grads, ms, us):
        g = _effective(p, g, weight_decay, maximize)
        step = _towards(m, g, 1 - beta1)
        np.absolute(g, out=step)
        step += eps
        u *= beta2
        np.maximum(u, step, out=u)
        np.divide(m, u, out=step)
        step *= lr / (1 - beta1 ** steps[i])
        p -= step


def nadam_step(
    params: Arrays, grads: Arrays, ms: Arrays, vs: Arrays, products: Arrays, steps: list[float], lr: float, beta1: float,
    beta2: float, eps: float, weight_decay: float, momentum_decay: float, decoupled: bool, maximize: bool,
) -> None:  # fmt: skip
    """Adam with Nesterov momentum: μₜ = β₁(1 − ½·0.96^(t·ψ)), and the step takes g and the next m together."""
    shares = []  # of g and of m in the step
    for product, t in zip(products, steps):
        mu = beta1 * (1.0 - 0.5 * 0.96 ** (t * momentum_decay))
        mu_next = beta1 * (1.0 - 0.5 * 0.96 ** ((t + 1) * momentum_decay))
        product *= mu
        so_far = float(product)
        shares.append((lr * (1 - mu) / (1 - so_far), lr * mu_next / (1 - so_far * mu_next)))
    for i, p, g, m, v in _pieces(params, grads, ms, vs):
        g = _decayed(p, g, lr, weight_decay, decoupled, maximize)
        scale = _towards(m, g, 1 - beta1)
        _squares(v, g, beta2, scale)
        of_g, of_m = shares[i]
        root = math.sqrt(1 - beta2 ** steps[i])
        np.sqrt(v, out=scale)
        scale += root * eps
        step = of_g * root * g
        step += of_m * root * m
        step /= scale
        p -= step


def radam_step(
    params: Arrays, grads: Arrays, ms: Arrays, vs: Arrays, steps: list[float], lr: float, beta1: float, beta2: float,
    eps: float, weight_decay: float, decoupled: bool, maximize: bool,
) -> None:  # fmt: skip
    """Adam whose adaptive part waits until its variance is tame: ρₜ > 5."""
    longest = 2 / (1 - beta2) - 1
    for i, p, g, m, v in _pieces(params, grads, ms, vs):
        t = steps[i]
        g = _decayed(p, g, lr, weight_decay, decoupled, maximize)
        step = _towards(m, g, 1 - beta1)
        _squares(v, g, beta2, step)
        unbiased = lr / (1 - beta1**t)
        correction2 = 1 - beta2**t
        rho = longest - 2 * t * beta2**t / correction2
        if rho > 5.0:
            rect = math.sqrt((rho - 4) * (rho - 2) * longest / ((longest - 4) * (longest - 2) * rho))
            np.sqrt(v, out=step)
            step += eps
            np.divide(m, step, out=step)
            step *= unbiased * rect * math.sqrt(correction2)
        else:
            np.multiply(m, unbiased, out=step)
        p -= step


def rmsprop_step(
    params: Arrays, grads: Arrays, squares: Arrays, means: Arrays, buffers: Arrays, lr: float, alpha: float, eps: float,
    weight_decay: float, momentum: float, maximize: bool,
) -> None:  # fmt: skip
    """s ← αs + (1 − α)g², p ← p − lr · g / (√s + ε); with `means` the variance s − ḡ² instead of s."""
    for _, p, g, s, mean, b in _pieces(params, grads, squares, means or squares, buffers or squares):
        g = _effective(p, g, weight_decay, maximize)
        step = np.empty_like(s)
        _squares(s, g, alpha, step)
        if means:
            step = _towards(mean, g, 1 - alpha)
            np.multiply(mean, mean, out=step)
            np.subtract(s, step, out=step)
            np.sqrt(step, out=step)
        else:
            np.sqrt(s, out=step)
        step += eps
        np.divide(g, step, out=step)
        if momentum:
            b *= momentum
            b += step
            np.multiply(b, lr, out=step)
        else:
            step *= lr
        p -= step


def adagrad_step(
    params: Arrays, grads: Arrays, sums: Arrays, steps: list[float], lr: float, lr_decay: float, eps: float,
    weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    """s ← s + g², p ← p − lr/(1 + (t − 1)η) · g / (√s + ε)."""
    for i, p, g, s in _pieces(params, grads, sums):
        g = _effective(p, g, weight_decay, maximize)
        step = g * g
        s += step
        np.sqrt(s, out=step)
        step += eps
        np.divide(g, step, out=step)
        step *= lr / (1 + (steps[i] - 1) * lr_decay)
        p -= step


def adadelta_step(
    params: Arrays, grads: Arrays, squares: Arrays, deltas: Arrays, lr: float, rho: float, eps: float,
    weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    """s ← ρs + (1 − ρ)g², δ = √(d + ε)/√(s + ε) · g, d ← ρd + (1 − ρ)δ², p ← p − lr·δ."""
    for _, p, g, s, d in _pieces(params, grads, squares, deltas):
        g = _effective(p, g, weight_decay, maximize)
        scratch = np.empty_like(s)
        _squares(s, g, rho, scratch)
        delta = d + eps
        np.add(s, eps, out=scratch)
        delta /= scratch
        np.sqrt(delta, out=delta)
        delta *= g
        _squares(d, delta, rho, scratch)
        delta *= lr
        p -= delta


def asgd_step(
    params: Arrays, grads: Arrays, averages: Arrays, etas: list[float], mus: list[float], lambd: float,
    weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    """p ← (1 − λη)p − η·g, and the average of p over the steps: a ← a + μ(p − a)."""
    for i, p, g, a in _pieces(params, grads, averages):
        g = _effective(p, g, weight_decay, maximize)
        p *= 1 - lambd * etas[i]
        p -= etas[i] * g
        if mus[i] != 1:
            _towards(a, p, mus[i])
        else:
            a[...] = p


def rprop_step(
    params: Arrays, grads: Arrays, before: Arrays, sizes: Arrays, etaminus: float, etaplus: float, smallest: float,
    largest: float, maximize: bool,
) -> None:  # fmt: skip
    """Each element has a step size of its own: larger while the gradient keeps its sign, smaller, and no step, when it
    turns."""
    for _, p, g, b, size in _pieces(params, grads, before, sizes):
        g = -g if maximize else g
        product = g * b
        turned = product < 0
        factor = np.where(product > 0, size.dtype.type(etaplus), size.dtype.type(1))
        factor[turned] = etaminus
        size *= factor
        np.clip(size, smallest, largest, out=size)
        b[...] = g
        b[turned] = 0
        np.sign(b, out=product)
        product *= size
        p -= product


def adafactor_step(
    params: Arrays, grads: Arrays, variances: list[tuple[Any, ...]], steps: list[float], lr: float, beta2_decay: float,
    eps1: float | None, eps2: float, d: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    """p ← p − max(ε₂, rms p)·min(lr, 1/√t) · U/max(1, rms(U)/d) with U = g/max(√V, ε₁), where V are mean squares of g: its
    own, (variance,), or the product of those of rows and columns, (row_var, col_var)."""
    for p, g, variance, t in zip(params, grads, variances, steps):
        if not p.ndim:
            p, g, variance = p.reshape(1), g.reshape(1), (variance[0].reshape(1),)
        tiny = float(np.finfo(p.dtype).eps) if eps1 is None else eps1
        share = t**beta2_decay
        size = max(eps2, float(np.linalg.norm(p)) / math.sqrt(p.size or 1)) * min(lr, 1 / math.sqrt(t))
        if weight_decay:
            p *= 1 - lr * weight_decay
        g = -g if maximize else g
        update = g * g
        if len(variance) == 2:
            rows, columns = variance
            _towards(rows, update.mean(-1, keepdims=True), share)
            _towards(columns, update.mean(-2, keepdims=True), share)
            np.multiply(rows, columns, out=update)
            update /= rows.mean(-2, keepdims=True).clip(tiny)
        else:
            _towards(variance[0], update, share)
            np.copyto(update, variance[0])
        np.clip(update, tiny * tiny, None, out=update)
        np.sqrt(update, out=update)
        np.divide(g, update, out=update)
        update *= -size / max(1.0, float(np.linalg.norm(update)) / (math.sqrt(p.size or 1) * d))
        p += update


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
