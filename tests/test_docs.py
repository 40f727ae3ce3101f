"""Whatever a user can reach says what it does: a docstring, and a type for every argument and result."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

PAGES = """
tensorgrad tensorgrad.linalg tensorgrad.special tensorgrad.func tensorgrad.nn tensorgrad.nn.functional tensorgrad.nn.init
tensorgrad.nn.utils tensorgrad.nn.utils.rnn tensorgrad.nn.utils.parametrize tensorgrad.nn.parameter tensorgrad.optim
tensorgrad.optim.lr_scheduler tensorgrad.optim.swa_utils tensorgrad.utils.data tensorgrad.utils.checkpoint
tensorgrad.utils.tensorboard tensorgrad.autograd tensorgrad.autograd.functional tensorgrad.amp tensorgrad.cuda
tensorgrad.random tensorgrad.metrics tensorgrad.data tensorgrad.text tensorgrad.training
tensorgrad.vision.transforms tensorgrad.vision.datasets tensorgrad.vision.models tensorgrad.vision.utils
micrograd_value viz
""".split()

# What these compute is what their class computes, and that is where it is said.
SAID_BY_THE_CLASS = {"forward", "backward", "get_lr", "start", "update", "extra_repr", "state_dict", "load_state_dict"}


def public_in(page: str) -> Iterator[tuple[str, Any]]:
    """The functions, classes and methods that a page offers."""
    module = importlib.import_module(page)
    names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
    for name in names:
        x = getattr(module, name)
        if not str(getattr(x, "__module__", "")).startswith(page.partition(".")[0]):
            continue
        if inspect.isfunction(x) or inspect.isclass(x):
            yield name, x
        for method in vars(x) if inspect.isclass(x) else ():
            f = getattr(x, method)
            if inspect.isroutine(f) and not method.startswith("_") and method not in SAID_BY_THE_CLASS:
                yield f"{name}.{method}", f


def untyped(f: Any) -> list[str]:
    """Arguments without a type, and the result."""
    signature = inspect.signature(f)
    names = [p.name for p in signature.parameters.values() if p.annotation is p.empty and p.name not in ("self", "cls")]
    return names + (["the result"] if signature.return_annotation is signature.empty else [])


@pytest.mark.parametrize("page", PAGES)
def test_public_names(page: str) -> None:
    found = list(public_in(page))
    silent = [name for name, x in found if not inspect.getdoc(x)]
    types = {name: missing for name, x in found if inspect.isfunction(x) and (missing := untyped(x))}
    assert found and (importlib.import_module(page).__doc__ or "").strip()
    assert not silent, f"{page}: no docstring: {', '.join(silent)}"
    assert not types, f"{page}: no type hints: {types}"
