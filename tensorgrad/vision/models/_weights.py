"""Weights of known networks, from files."""

from __future__ import annotations

from typing import Any, TypeVar

from ...nn import Module
from ...serialization.weights import load_state_dict_from_url

M = TypeVar("M", bound=Module)


def with_weights(name: str, model: M, weights: Any, pretrained: bool) -> M:
    """The model, with the weights of `<name>.safetensors` in the folder of weights (`hub.get_dir()`/checkpoints) where
    some are asked for: `weights` is anything but None, or `pretrained`."""
    if weights is not None or pretrained:
        model.load_state_dict(load_state_dict_from_url(f"{name}.safetensors"))
    return model
