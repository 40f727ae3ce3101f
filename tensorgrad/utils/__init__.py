"""Utilities around the engine: `data`, `checkpoint`, `tensorboard` and others. Each is imported when first used."""

from .when_asked import when_asked

__all__ = ["_pytree", "benchmark", "checkpoint", "data", "dlpack", "hooks", "model_zoo", "tensorboard"]

__getattr__ = when_asked(__name__, __all__)
