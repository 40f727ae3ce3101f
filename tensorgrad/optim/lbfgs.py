"""L-BFGS: Newton's method with a Hessian remembered as pairs of vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..autograd.modes import enable_grad, no_grad, quiet
from ..tensor import Tensor
from .optimizer import Optimizer, Params, check, number, positive
from .states import as_number

Evaluate = Callable[[float], tuple[float, Any]]  # step length → loss and flat gradient there


class LBFGS(Optimizer):
    """d = −H·g with the inverse Hessian H from the last m pairs (Δp, Δg) by the two-loop recursion (Nocedal & Wright,
    Numerical Optimization, algorithm 7.4), p ← p + t·d. `step` needs a closure that computes loss and gradients anew.

    Args:
        params: one group only.
        lr: t, or with a line search its first trial.
        max_iter: iterations per `step`. max_eval: closures per `step`, 1.25 · max_iter by default.
        tolerance_grad: stop when no |gᵢ| is larger. tolerance_change: stop when loss or parameters change less.
        history_size: m.
        line_search_fn: None, or "strong_wolfe".
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check("LBFGS", lr=positive(lr))
        if line_search_fn not in (None, "strong_wolfe"):
            raise ValueError(f"LBFGS: line_search_fn must be None or 'strong_wolfe', got {line_search_fn!r}.")
        super().__init__(
            params,
            dict(
                lr=lr, max_iter=max_iter, max_eval=max_iter * 5 // 4 if max_eval is None else max_eval,
                tolerance_grad=tolerance_grad, tolerance_change=tolerance_change, history_size=history_size,
                line_search_fn=line_search_fn,
            ),
        )  # fmt: skip
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS: the Hessian is one of all parameters; it takes a single parameter group.")

    def declared(self, p: Tensor, group: dict[str, Any], saved: Mapping[str, Any]) -> dict[str, Any]:
        """The state of all parameters stands under the first: counts and, once there has been an iteration, its memory."""
        if p is not group["params"][0]:
            return {}
        counts = {"func_evals": 0, "n_iter": 0}
        if as_number(saved.get("n_iter")) == 0:
            return counts
        flat = _kept(_flat([p.array for p in group["params"]]))
        dirs = saved.get("old_dirs")
        pairs = len(dirs) if isinstance(dirs, (list, tuple)) else 0
        return counts | {
            "d": flat, "t": 0.0, "prev_flat_grad": flat, "prev_loss": 0.0, "H_diag": 1.0,
            "old_dirs": [flat] * pairs, "old_stps": [flat] * pairs, "ro": [1.0] * pairs,
        }  # fmt: skip

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Up to max_iter iterations, or none: if anything fails on the way, or Ctrl-C interrupts the closure, parameters and
        memory are again what they were.

        Args:
            closure: clears the gradients, computes the loss, calls backward() and returns the loss; it runs several
                times. What it returned first is returned.
        """
        if closure is None:
            raise ValueError("LBFGS: step() needs a closure that computes the loss and its gradients anew.")
        params = self.param_groups[0]["params"]
        before = [p.array.copy() for p in params]
        memory = {k: list(v) if isinstance(v, list) else v for k, v in self.state[params[0]].items()}
        try:
            return self._iterate(closure)
        except BaseException:
            for p, array in zip(params, before):
                if (p.array != array).any():
                    p.array[...] = array
                    _count_write(p)
            self.state[params[0]] = memory
            raise

    def _iterate(self, closure: Callable[[], Any]) -> Any:
        group = self.param_groups[0]
        params = group["params"]
        state = self.state[params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        def loss_and_gradient() -> tuple[Any, Any]:
            with enable_grad():
                loss = closure()
            return loss, _flat([_gradient(p) for p in params])

        with no_grad(), quiet():
            first_loss, g = loss_and_gradient()
            loss, evaluations = float(first_loss), 1
            state["func_evals"] += 1
            if np.abs(g).max() <= group["tolerance_grad"]:
                return first_loss
            iterations = 0
            while iterations < group["max_iter"]:
                iterations += 1
                state["n_iter"] += 1
                d = self._direction(state, g, group["history_size"])
                state["prev_flat_grad"], state["prev_loss"] = _kept(g.copy()), loss
                before = loss
                lr = number(group["lr"])
                t = min(1.0, 1.0 / float(np.abs(g).sum())) * lr if state["n_iter"] == 1 else lr
                state["d"], state["t"] = _kept(d), t  # also where this direction leads nowhere: the next step looks at it
                slope = float(g @ d)
                if slope > -group["tolerance_change"]:
                    break
                spent = 0
                if group["line_search_fn"] == "strong_wolfe":
                    start = [p.array.copy() for p in params]

                    def evaluate(t: float, start: list[Any] = start, d: Any = d) -> tuple[float, Any]:
                        self._move(params, t, d)
                        value, gradient = loss_and_gradient()
                        for p, a in zip(params, start):
                            p.array[...] = a
                        return float(value), gradient

                    trials = group["max_eval"] - evaluations
                    loss, g, t, spent = strong_wolfe(evaluate, t, d, loss, g, slope, max_trials=trials)
                    self._move(params, t, d)
                else:
                    self._move(params, t, d)
                    if iterations != group["max_iter"]:  # at the last one nobody would look
                        value, g = loss_and_gradient()
                        loss, spent = float(value), 1
                state["d"], state["t"] = _kept(d), t
                evaluations += spent
                state["func_evals"] += spent
                if (
                    iterations == group["max_iter"]
                    or evaluations >= group["max_eval"]
                    or np.abs(g).max() <= group["tolerance_grad"]
                    or np.abs(d * t).max() <= group["tolerance_change"]
                    or abs(loss - before) < group["tolerance_change"]
                ):
                    break
        return first_loss

    def _direction(self, state: dict[str, Any], g: Any, history: int) -> Any:
        """−H·g: two loops over the pairs, newest first and then oldest first."""
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return -g
        y, s = g - state["prev_flat_grad"].array, state["d"].array * float(state["t"])
        ys = float(y @ s)
        if ys > 1e-10:  # only a pair of positive curvature keeps H positive definite
            if len(state["old_dirs"]) == history:
                for key in ("old_dirs", "old_stps", "ro"):
                    state[key].pop(0)
            state["old_dirs"].append(_kept(y))
            state["old_stps"].append(_kept(s))
            state["ro"].append(_kept(np.asarray(1.0 / ys, y.dtype)))
            state["H_diag"] = _kept(np.asarray(ys / (y @ y), y.dtype))
        pairs = [(y.array, s.array, float(r)) for y, s, r in zip(state["old_dirs"], state["old_stps"], state["ro"])]
        q = -g
        alphas = []
        for y, s, rho in reversed(pairs):
            alpha = float(s @ q) * rho
            alphas.append(alpha)
            q = q - alpha * y
        d = q * float(state["H_diag"])
        for (y, s, rho), alpha in zip(pairs, reversed(alphas)):
            d = d + s * (alpha - float(y @ d) * rho)
        return d

    @staticmethod
    def _move(params: list[Any], t: float, d: Any) -> None:
        """p ← p + t·d."""
        at = 0
        for p in params:
            n = p.array.size
            p.array += (t * d[at : at + n]).reshape(p.array.shape)
            _count_write(p)
            at += n


def _count_write(p: Any) -> None:
    """A new version of p's memory: what an operation has saved of it is stale."""
    storage = p.storage or p._storage()
    storage.count += 1
    storage.op = "LBFGS.step"


def _kept(array: Any) -> Tensor:
    """As it is saved."""
    return Tensor._of(array)


def _gradient(p: Any) -> Any:
    return np.zeros_like(p.array) if p._grad is None else p._grad.array


def _flat(arrays: list[Any]) -> Any:
    return np.concatenate([a.reshape(-1) for a in arrays])


def _cubic(x1: float, f1: float, g1: float, x2: float, f2: float, g2: float, bounds: Any = None) -> float:
    """Where the cubic through two points with their slopes is smallest, within bounds (Nocedal & Wright, 3.59); in the
    middle where it has no such place. Through points of a line it is that line: smallest at one of the bounds."""
    low, high = bounds if bounds is not None else ((x1, x2) if x1 <= x2 else (x2, x1))
    middle = (low + high) / 2.0
    if x1 > x2:
        x1, f1, g1, x2, f2, g2 = x2, f2, g2, x1, f1, g1
    d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2)
    square = d1 * d1 - g1 * g2
    if not square >= 0:  # nan, of a loss that is infinite, as well
        return middle
    d2 = square**0.5
    rise, steepening = g2 + d2 - d1, g2 - g1 + 2 * d2
    if steepening == 0:
        return low if rise > 0 else high if rise < 0 else middle
    at = x2 - (x2 - x1) * (rise / steepening)
    return min(max(at, low), high) if at == at else middle


def strong_wolfe(
    evaluate: Evaluate, t: float, d: Any, f: float, g: Any, slope: float,
    c1: float = 1e-4, c2: float = 0.9, tolerance: float = 1e-9, max_trials: int = 25,
) -> tuple[float, Any, float, int]:  # fmt: skip
    """A step length t along d with enough decrease, f(t) ≤ f + c₁·t·slope, and a flat enough end, |slope(t)| ≤
    c₂·|slope| (Nocedal & Wright, algorithms 3.5 and 3.6, with cubic interpolation).

    Returns:
        loss, gradient and t found, and how many times `evaluate` was called.
    """
    longest = float(np.abs(d).max())
    f_new, g_new = evaluate(t)
    calls, slope_new = 1, float(g_new @ d)
    t_old, f_old, g_old, slope_old = 0.0, f, g, slope
    trials, done = 0, False
    while trials < max_trials:  # go out until the minimum is bracketed
        if not f_new <= f + c1 * t * slope or (trials > 1 and f_new >= f_old):  # nan, outside the domain, is too much
            ts, fs, gs, slopes = [t_old, t], [f_old, f_new], [g_old, g_new], [slope_old, slope_new]
            break
        if abs(slope_new) <= -c2 * slope:
            ts, fs, gs, slopes = [t], [f_new], [g_new], [slope_new]
            done = True
            break
        if slope_new >= 0:
            ts, fs, gs, slopes = [t_old, t], [f_old, f_new], [g_old, g_new], [slope_old, slope_new]
            break
        nearest, farthest = t + 0.01 * (t - t_old), t * 10
        at = t
        t = _cubic(t_old, f_old, slope_old, t, f_new, slope_new, (nearest, farthest))
        t_old, f_old, g_old, slope_old = at, f_new, g_new, slope_new
        f_new, g_new = evaluate(t)
        calls += 1
        slope_new = float(g_new @ d)
        trials += 1
    else:
        ts, fs, gs, slopes = [0.0, t], [f, f_new], [g, g_new], [slope, slope_new]

    stuck = False
    low, high = (len(ts) - 1, 0) if fs[-1] < fs[0] else (0, len(ts) - 1)
    while not done and trials < max_trials:  # shrink the bracket
        if abs(ts[1] - ts[0]) * longest < tolerance:
            break
        t = _cubic(ts[0], fs[0], slopes[0], ts[1], fs[1], slopes[1])
        # A trial close to an end twice in a row makes no progress: move it a tenth of the bracket inwards.
        margin = 0.1 * (max(ts) - min(ts))
        if min(max(ts) - t, t - min(ts)) < margin:
            if stuck or t >= max(ts) or t <= min(ts):
                t = max(ts) - margin if abs(t - max(ts)) < abs(t - min(ts)) else min(ts) + margin
                stuck = False
            else:
                stuck = True
        else:
            stuck = False
        f_new, g_new = evaluate(t)
        calls += 1
        slope_new = float(g_new @ d)
        trials += 1
        if not f_new <= f + c1 * t * slope or f_new >= fs[low]:
            ts[high], fs[high], gs[high], slopes[high] = t, f_new, g_new, slope_new
            low, high = (1, 0) if fs[1] < fs[0] else (0, 1)
        else:
            if abs(slope_new) <= -c2 * slope:
                done = True
            elif slope_new * (ts[high] - ts[low]) >= 0:
                ts[high], fs[high], gs[high], slopes[high] = ts[low], fs[low], gs[low], slopes[low]
            ts[low], fs[low], gs[low], slopes[low] = t, f_new, g_new, slope_new
    return fs[low], gs[low], ts[low], calls
