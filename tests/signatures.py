"""How functions and classes are called, in a form that two libraries can be compared by."""

from __future__ import annotations

import inspect
import re
import types
from typing import Any

MODULES = (
    "nn nn.functional nn.init nn.grad nn.utils nn.utils.rnn nn.utils.parametrize nn.utils.parametrizations nn.utils.prune "
    "nn.utils.stateless nn.parameter nn.attention optim optim.lr_scheduler optim.swa_utils"
).split()

# PyTorch hides these behind (*args, **kwargs); the arguments are those of its documentation.
HIDDEN = re.compile(r"^(RNN|LSTM|GRU|NLLLoss2d)$|^(adaptive_|fractional_)?max_pool\dd$")


def parameters(x: Any) -> list[tuple[str, str, str]]:
    """Name, kind and default of every argument but `out`, which all that have it take in one way."""
    try:
        given = inspect.signature(x).parameters.values()
    except (TypeError, ValueError):  # written in C
        return []

    def kind(p: Any) -> str:
        return "POSITIONAL_OR_KEYWORD" if p.kind is p.POSITIONAL_ONLY else p.kind.name

    def default(p: Any) -> str:
        return p.default.__name__ if isinstance(p.default, types.FunctionType) else repr(p.default)

    return [(p.name, kind(p), default(p).replace("torch.", "tensorgrad.")) for p in given if p.name != "out"]


def hides(found: list[tuple[str, str, str]]) -> bool:
    """Whether the arguments cannot be seen: written in C, or hidden by a decorator."""
    return not found or [kind for _, kind, _ in found] == ["VAR_POSITIONAL", "VAR_KEYWORD"]
