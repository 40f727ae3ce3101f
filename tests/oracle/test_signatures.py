"""The public names of torch.nn, torch.optim and what is below them, and how they are called: name, order, kind and default
of every argument."""

from __future__ import annotations

import importlib
import types
from typing import Any

import pytest

from tests.signatures import HIDDEN, MODULES, hides, parameters

# Names that are left out, and why. A module's own imports (torch, math, typing) are no names of it.
LEFT_OUT = {
    "nn": {
        "Container": "an empty base from before 2017",
        "CrossMapLRN2d": "miscounts its window after the first channels; LocalResponseNorm is the same, counted right",
        "LinearCrossEntropyOptions": "of a computation in pieces",
        "factory_kwargs": "a helper of PyTorch's own modules",
        **dict.fromkeys(("intrinsic", "qat", "quantizable", "quantized"), "quantisation"),
    },
    "nn.functional": {
        **dict.fromkeys(("grouped_mm", "scaled_grouped_mm", "scaled_mm", "ScalingType", "SwizzleType"), "8-bit floats"),
        **dict.fromkeys(("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic"), "helpers"),
        "assert_int_or_pair": "a helper",
        "grad": "nn.grad, by an import",
    },
    "nn.utils": {
        "convert_conv2d_weight_memory_format": "a tensor has one memory format",
        "convert_conv3d_weight_memory_format": "a tensor has one memory format",
        "memory_format": "the file of these two",
    },
    "nn.utils.rnn": {"PackedSequence_": "PackedSequence's base", "bind": "a helper"},
    "nn.utils.parametrize": {"transfer_parametrizations_and_params": "for PyTorch's own quantisation"},
    "nn.utils.stateless": {"NamedMemberAccessor": "a helper"},
    "nn.attention": {
        f"{what}_flash_attention_{impl}": "there is one way"
        for what in ("register", "activate", "restore", "current", "list")
        for impl in ("impl", "impls")
    },
    "optim": {"SparseAdam": "for sparse gradients", "swap_in_optimizer_params_and_state": "for PyTorch's tracing"},
}
def own_names(module: Any) -> list[str]:
    """The public functions, classes and modules that are the module's, not of what it imports."""
    names, family = [], ".".join(module.__name__.split(".")[:2])
    for name in dir(module):
        x = getattr(module, name)
        home = x.__name__ if isinstance(x, types.ModuleType) else getattr(x, "__module__", None)
        in_c = isinstance(x, types.BuiltinFunctionType) and (home is None or home.startswith("torch"))
        if not name.startswith("_") and (
            in_c or (callable(x) or isinstance(x, types.ModuleType)) and str(home).startswith(family)
        ):
            names.append(name)
    return names


@pytest.mark.parametrize("path", MODULES)
def test_every_name_is_there(path: str) -> None:
    theirs, ours = (importlib.import_module(f"{library}.{path}") for library in ("torch", "tensorgrad"))
    missing = {n for n in own_names(theirs) if not hasattr(ours, n)}
    assert missing == set(LEFT_OUT.get(path, ())) & set(dir(theirs))


@pytest.mark.parametrize("path", MODULES)
def test_every_name_is_called_alike(path: str) -> None:
    theirs, ours = (importlib.import_module(f"{library}.{path}") for library in ("torch", "tensorgrad"))
    different, compared = {}, 0
    for name in own_names(theirs):
        t, o = getattr(theirs, name), getattr(ours, name, None)
        if o is None or not callable(t) or HIDDEN.match(name) or isinstance(t, types.ModuleType):
            continue
        a, b = parameters(t), parameters(o)
        if hides(a):
            continue
        compared += 1
        extra = b[len(a) :]
        if b[: len(a)] != a or any(default == "<class 'inspect._empty'>" for *_, default in extra):
            different[name] = (a, b)
    assert not different, different
    assert compared
