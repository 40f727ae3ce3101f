"""Reverse-mode differentiation of tensors: recording, the backward sweep, and checks of both."""

from ..utils.when_asked import when_asked
from . import forward_ad, function, functional, graph, modes
from .anomaly import detect_anomaly, set_detect_anomaly
from .custom import once_differentiable
from .engine import backward, grad
from .function import Function
from .gradcheck import GradcheckError, gradcheck, gradgradcheck
from .modes import enable_grad, inference_mode, no_grad, set_grad_enabled

function.once_differentiable = once_differentiable  # type: ignore[attr-defined]  # where PyTorch has it

__getattr__ = when_asked(__name__, ("profiler",))

__all__ = [
    "Function",
    "GradcheckError",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "forward_ad",
    "functional",
    "graph",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "once_differentiable",
    "set_detect_anomaly",
    "set_grad_enabled",
]
