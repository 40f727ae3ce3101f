"""PyTorch's paths to the modules, for programs that import from there: `nn.modules.batchnorm` is `nn.norm`, and so on.

Each path is another name of the file where its classes are; the losses, which are in several, have a page here.
"""

import sys

from .... import nn
from ....nn import (
    Module,
    activation,
    adaptive,
    containers,
    conv,
    distance,
    dropout,
    flatten,
    lazy,
    linear,
    module,
    norm,
    padding,
    pool,
    rnn,
    sparse,
    transformer,
    vision,
)
from . import loss, utils

_PATHS = {
    "activation": activation,
    "adaptive": adaptive,
    "batchnorm": norm,
    "container": containers,
    "conv": conv,
    "distance": distance,
    "dropout": dropout,
    "flatten": flatten,
    "fold": vision,
    "instancenorm": norm,
    "lazy": lazy,
    "linear": linear,
    "loss": loss,
    "module": module,
    "normalization": norm,
    "padding": padding,
    "pixelshuffle": vision,
    "pooling": pool,
    "rnn": rnn,
    "sparse": sparse,
    "transformer": transformer,
    "upsampling": vision,
}
for _name, _module in _PATHS.items():
    globals()[_name] = sys.modules[f"{__name__}.{_name}"] = _module
vars(activation)["MultiheadAttention"] = transformer.MultiheadAttention  # where PyTorch has it


def __getattr__(name: str) -> object:
    """Every module's class is here too: `nn.modules.Linear`."""
    if name in nn.__all__:
        return getattr(nn, name)
    raise AttributeError(f"module 'tensorgrad.nn.modules' has no attribute {name!r}")


__all__ = ["Module", "utils", *_PATHS]
