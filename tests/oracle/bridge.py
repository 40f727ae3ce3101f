"""Between the two libraries: arguments there and back, and results side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

import tensorgrad as tg
from tensorgrad import Tensor

RTOL = {"float64": 1e-7, "float32": 1e-4, "float16": 1e-2}
ATOL = {"float64": 1e-7, "float32": 1e-4, "float16": 1e-2}

_DTYPES = {
    getattr(torch, name): getattr(tg, name)
    for name in ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")
}


class Unsupported(Exception):
    """A sample about something tensorgrad leaves out (complex numbers, sparse tensors)."""


def to_ours(x: Any, requires_grad: bool = False) -> Any:
    """PyTorch's argument as ours, in memory of its own and laid out the same way."""
    if isinstance(x, torch.Tensor):
        if x.ndim > 64:
            raise Unsupported("more dimensions than a NumPy array has")
        if x.dtype not in _DTYPES or x.layout is not torch.strided or x.device.type != "cpu" or x.is_quantized:
            raise Unsupported(str(x.dtype))
        a = x.detach().resolve_conj().resolve_neg()
        array = a.numpy()
        if a.is_contiguous():
            array = array.copy()
        else:
            array = laid_out_alike(array)
        t = Tensor._of(array)
        if requires_grad and x.is_floating_point():
            t.requires_grad_()
        return t
    if isinstance(x, torch.dtype):
        if x not in _DTYPES:
            raise Unsupported(str(x))
        return _DTYPES[x]
    if isinstance(x, torch.Size):
        return tg.Size(x)
    if isinstance(x, torch.device):
        return tg.device(str(x))
    if isinstance(x, (torch.layout, torch.memory_format)):
        return None
    if isinstance(x, complex):
        raise Unsupported("complex")
    if isinstance(x, (list, tuple)):
        return type(x)(to_ours(e, requires_grad) for e in x)
    if isinstance(x, dict):
        return {k: to_ours(v, requires_grad) for k, v in x.items()}
    return x


def laid_out_alike(array: np.ndarray) -> np.ndarray:
    """A copy with the strides' order kept, expanded axes included."""
    if 0 in array.strides:
        small = array[tuple(slice(0, 1) if s == 0 else slice(None) for s in array.strides)]
        return np.broadcast_to(small.copy(), array.shape)
    return array.copy(order="K")


def tensors(x: Any) -> Iterator[Any]:
    """Every tensor, of either library, in nested results."""
    if isinstance(x, (torch.Tensor, Tensor)):
        yield x
    elif isinstance(x, (list, tuple)):
        for e in x:
            yield from tensors(e)
    elif isinstance(x, dict):
        for e in x.values():
            yield from tensors(e)


def compare(ours: Any, theirs: Any, what: str, rtol: float | None = None, atol: float | None = None) -> None:
    """Two results equal in structure, dtype, shape and value."""
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, Tensor), f"{what}: {type(ours).__name__} where PyTorch has a Tensor"
        assert tuple(ours.shape) == tuple(theirs.shape), (
            f"{what}: shape {tuple(ours.shape)}, PyTorch {tuple(theirs.shape)}"
        )
        assert repr(ours.dtype) == str(theirs.dtype).replace("torch", "tensorgrad"), (
            f"{what}: {ours.dtype}, PyTorch {theirs.dtype}"
        )
        want, got = theirs.detach().resolve_conj().resolve_neg().numpy(force=True), ours.array
        if got.dtype.kind == "f":
            name = str(got.dtype)
            np.testing.assert_allclose(
                got.astype(np.float64),
                want.astype(np.float64),
                err_msg=what,
                rtol=RTOL[name] if rtol is None else rtol,
                atol=ATOL[name] if atol is None else atol,
            )
        else:
            np.testing.assert_array_equal(got, want, err_msg=what)
    elif isinstance(theirs, (list, tuple)) and not isinstance(theirs, torch.Size):
        assert len(ours) == len(theirs), f"{what}: {len(ours)} results, PyTorch {len(theirs)}"
        fields = getattr(theirs, "_fields", None) or [
            n for n in dir(type(theirs)) if type(getattr(type(theirs), n)).__name__ == "member_descriptor"
        ]
        for f in fields:
            assert hasattr(ours, f), f"{what}: the result has no field {f!r}"
        for i, (a, b) in enumerate(zip(ours, theirs)):
            compare(a, b, f"{what}[{i}]", rtol, atol)
    elif isinstance(theirs, torch.dtype):
        assert repr(ours) == str(theirs).replace("torch", "tensorgrad"), what
    elif isinstance(theirs, float):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, err_msg=what)
    else:
        assert ours == theirs, f"{what}: {ours!r}, PyTorch {theirs!r}"


def torch_gradients(outs: list[Any], inputs: list[Any], seeds: list[Any]) -> list[Any]:
    found = torch.autograd.grad(outs, inputs, seeds, allow_unused=True)
    return [None if g is None else g for g in found]


def compare_gradients(
    ours_out: Any, ours_in: list[Any], theirs_out: Any, theirs_in: list[Any], what: str, **tolerance: Any
) -> int:
    """Pull the same random gradients back through both; returns how many inputs were compared."""
    pairs = [(a, b) for a, b in zip(tensors(ours_out), tensors(theirs_out)) if b.requires_grad]
    for a, _ in pairs:
        assert a.requires_grad, f"{what}: a result does not require grad, PyTorch's does"
    if not pairs or not ours_in:
        return 0
    rng = np.random.default_rng(3)
    seeds = [np.asarray(rng.standard_normal(a.array.shape)).astype(a.array.dtype) for a, _ in pairs]
    got = tg.autograd.grad([a for a, _ in pairs], ours_in, [Tensor._of(s) for s in seeds], allow_unused=True)
    want = torch_gradients([b for _, b in pairs], theirs_in, [torch.from_numpy(s.copy()) for s in seeds])
    n = 0
    for i, (g, w) in enumerate(zip(got, want)):
        if w is None:  # nothing to compare with; zeros say the same
            assert g is None or not np.any(np.asarray(g.array)), f"{what}: gradient of input {i} is not zero"
            continue
        assert g is not None, f"{what}: gradient of input {i} is missing, PyTorch's is there"
        compare(g, w, f"{what}: gradient of input {i}", **tolerance)
        n += 1
    return n
