"""GradScaler: small gradients kept from vanishing, and steps with infinite ones skipped.

In 16-bit floats numbers below 6e-8 are 0. A loss times a large scale has gradients as many times as large, from which the
scale is taken out again before the optimizer sees them (Micikevicius et al., arXiv:1710.03740). The scale is as large as it
can be: it grows as long as all is well, and falls when a gradient was infinite or nan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..autograd.frames import warn
from ..autograd.modes import no_grad
from ..dtypes import float16
from ..tensor import Tensor

_UNSCALED, _STEPPED = "unscaled", "stepped"


class GradScaler:
    """Scales losses, unscales gradients, and skips steps that would lose the parameters.

        scaler = GradScaler("cpu")
        scaler.scale(loss).backward()
        scaler.step(optimizer)       # unscales; steps if all gradients are finite
        scaler.update()              # once an iteration, after all steps

    Args:
        device: "cpu"; with "cuda", where there is no card, it is disabled with a warning, as PyTorch's is.
        init_scale: the scale to begin with.
        growth_factor: what it is multiplied with after `growth_interval` iterations in a row without a skipped step.
        backoff_factor: what it is multiplied with after an iteration with one.
        enabled: if not, `scale` changes nothing, `step` steps, and the others do nothing.
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        self._device, self._enabled = str(device), bool(enabled)
        if self._enabled and self._device.startswith("cuda"):
            self._enabled = False
            warn('GradScaler: there is no CUDA here, so it is disabled. For gradients on the CPU: GradScaler("cpu").')
        if self._enabled and not growth_factor > 1:
            raise ValueError(f"GradScaler: growth_factor must be above 1, got {growth_factor}.")
        if self._enabled and not backoff_factor < 1:
            raise ValueError(f"GradScaler: backoff_factor must be below 1, got {backoff_factor}.")
        self._scale = _single(init_scale)
        self._growth_factor, self._backoff_factor = growth_factor, backoff_factor
        self._growth_interval, self._growth_tracker = growth_interval, 0
        self._scaled = False  # whether a loss has been scaled with it
        self._stages: dict[int, str] = {}  # what has been done since the last update, by the id of the optimizer
        self._infinite: dict[int, bool] = {}

    # ---- an iteration ------------------------------------------------------------------------------------------------

    def scale(self, outputs: Any) -> Any:
        """A tensor, or every tensor in lists and tuples, times the scale."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            self._scaled = True
            if outputs.ndim:
                return outputs * self._scale  # a number: halves meet it as it is, though it may be none
            return outputs * Tensor._of(np.asarray(self._scale, np.float32))  # a loss of float16 becomes float32
        if isinstance(outputs, Iterable) and not isinstance(outputs, str):
            scaled = map(self.scale, outputs)
            return type(outputs)(scaled) if isinstance(outputs, (list, tuple)) else scaled
        raise TypeError(f"GradScaler.scale: takes a Tensor or several, got {type(outputs).__name__}.")

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of an optimizer by the scale, in place, to clip or to look at them before `step`."""
        if not self._enabled:
            return
        self._check_scaled("unscale_")
        stage = self._stages.get(id(optimizer))
        if stage is not None:
            done = "unscale_() has been called on" if stage is _UNSCALED else "step() has been called with"
            raise RuntimeError(
                f"GradScaler.unscale_: {done} this optimizer since the last update(). Once an iteration, before step()."
            )
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        grads = [p.grad for p in parameters if p.grad is not None]
        if any(g.dtype is float16 for g in grads):
            raise ValueError(
                "GradScaler.unscale_: a gradient is float16, and would lose again what scaling has kept. Keep the "
                "parameters in float32 and convert them in the model's forward."
            )
        with no_grad():
            for g in grads:
                g.mul_(1.0 / self._scale)
        self._infinite[id(optimizer)] = not all(bool(g.isfinite().all()) for g in grads)
        self._stages[id(optimizer)] = _UNSCALED

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """`unscale_`, unless it has been called, and optimizer.step(), unless a gradient is infinite or nan.

        Returns:
            what optimizer.step() returns; None for a step that was skipped.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("GradScaler.step: a closure cannot be unscaled. Compute the gradients before the step.")
        self._check_scaled("step")
        if self._stages.get(id(optimizer)) is _STEPPED:
            raise RuntimeError(
                "GradScaler.step: this optimizer has stepped since the last update(). Call update() after all steps."
            )
        if id(optimizer) not in self._stages:
            self.unscale_(optimizer)
        result = None if self._infinite[id(optimizer)] else optimizer.step(*args, **kwargs)
        self._stages[id(optimizer)] = _STEPPED
        return result

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """The scale of the next iteration: smaller after a skipped step, larger after enough good ones; or `new_scale`."""
        if not self._enabled:
            return
        self._check_scaled("update")
        if new_scale is not None:
            if isinstance(new_scale, Tensor) and (new_scale.numel() != 1 or new_scale.requires_grad):
                raise ValueError(
                    "GradScaler.update: new_scale must be a number, or a tensor with one that does not require grad; "
                    f"got shape {tuple(new_scale.shape)}, requires_grad={new_scale.requires_grad}."
                )
            self._scale = _single(new_scale)
        elif not self._infinite:
            raise RuntimeError("GradScaler.update: no step() or unscale_() since the last update(). Call step() before.")
        elif any(self._infinite.values()):
            self._scale, self._growth_tracker = _single(self._scale * self._backoff_factor), 0
        else:
            self._growth_tracker += 1
            if self._growth_tracker == self._growth_interval:
                larger = _single(self._scale * self._growth_factor)
                self._scale, self._growth_tracker = larger if np.isfinite(larger) else self._scale, 0
        self._stages, self._infinite = {}, {}

    def _check_scaled(self, method: str) -> None:
        if not self._scaled:
            raise RuntimeError(f"GradScaler.{method}: no loss has been scaled. Call scaler.scale(loss).backward() before.")

    # ---- settings ----------------------------------------------------------------------------------------------------

    def is_enabled(self) -> bool:
        """Whether anything is scaled."""
        return self._enabled

    def get_scale(self) -> float:
        """The scale; 1 if disabled."""
        return self._scale if self._enabled else 1.0

    def get_growth_factor(self) -> float:
        """What the scale is multiplied with when it grows."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Another growth factor from now on."""
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """What the scale is multiplied with after a skipped step."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Another backoff factor from now on."""
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """After how many good iterations in a row the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Another growth interval from now on."""
        self._growth_interval = new_interval

    # ---- saving ------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Scale, factors, interval, and how many good iterations there were in a row. Empty if disabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self._scale,
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._growth_tracker,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a `state_dict`. Does nothing if disabled."""
        if not self._enabled:
            return
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"GradScaler.load_state_dict: needs a dict, got {type(state_dict).__name__}.")
        missing = [key for key in self.state_dict() if key not in state_dict]
        if missing:
            raise RuntimeError(
                f"GradScaler.load_state_dict: missing {', '.join(missing)}. The state of a disabled scaler is empty."
            )
        for key, least, kinds in _STATE:
            x = state_dict[key]
            x = x.item() if isinstance(x, Tensor) and x.numel() == 1 else x
            if not isinstance(x, kinds) or isinstance(x, bool) or not x >= least:
                what = "a whole number" if kinds is int else "a number"
                raise ValueError(f"GradScaler.load_state_dict: {key!r} must be {what} from {least} on, got {x!r}.")
        self._scale = _single(state_dict["scale"])
        self._growth_factor, self._backoff_factor = state_dict["growth_factor"], state_dict["backoff_factor"]
        self._growth_interval, self._growth_tracker = state_dict["growth_interval"], state_dict["_growth_tracker"]

    def __getstate__(self) -> dict[str, Any]:
        if self._stages:
            raise RuntimeError("GradScaler: it can be copied and saved between iterations, after update().")
        return self.__dict__.copy()


# What a state holds: name, least value, kinds.
_STATE: tuple[tuple[str, float, Any], ...] = (
    ("scale", 0, (int, float)), ("growth_factor", 1, (int, float)), ("backoff_factor", 0, (int, float)),
    ("growth_interval", 1, int), ("_growth_tracker", 0, int),
)  # fmt: skip


def _single(scale: Any) -> float:
    """A scale as float32 holds it, which PyTorch keeps it in."""
    with np.errstate(over="ignore"):
        return float(np.float32(scale.item() if isinstance(scale, Tensor) else scale))


__all__ = ["GradScaler"]
