"""summary(model, input): the layers of a model with their output shapes, parameters, operations and memory.

    >>> from tensorgrad import nn
    >>> summary(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)), (1, 4))
    layer         output  parameters  FLOPs  saved
    ──────────────────────────────────────────────
    Sequential    (1, 2)          58    104   32 B
    ├─ 0: Linear  (1, 8)          40     64    0 B
    ├─ 1: ReLU    (1, 8)           0      8   32 B
    └─ 2: Linear  (1, 2)          18     32    0 B
    ──────────────────────────────────────────────
    parameters 58: 232 B
    forward 104 FLOPs; 32 B saved for backward

The model is run once, and every operation it records is counted where it happens, in a module or between them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from math import prod
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from .autograd.modes import enable_grad, watched
from .nn.parameter import is_lazy
from .ops.conv import Conv, ConvTranspose
from .ops.create import as_tensor, zeros
from .ops.einsum import Contract
from .ops.linear import Linear
from .ops.products import Dot, Matmul, Mv
from .refusals import in_own_name
from .tensor import Tensor
from .utils.running import as_it_was, running

# What costs no arithmetic: numbers are moved, chosen or set.
_FREE = set(
    "alias as_strided block_diag cat clone constant diagonal embed_diagonal embedding expand flip gather getitem index "
    "index_copy index_fill index_select masked masked_fill masked_scatter narrow output pad_constant permute put_at "
    "replace_region clear_region reshape roll scatter select split squeeze stack take to transpose tril triu unbind unfold "
    "unsqueeze where _gate".split()
)
_PER_NUMBER = {"softmax": 3, "log_softmax": 3}  # e to the power, the sum, the division


class Layer(NamedTuple):
    """One module of a summary. Figures include the modules below it.

    Attributes:
        path, kind, depth: its name in the model, its class, and how deep it stands.
        output: the shape of its output (a tuple of them for several), None if it was not called.
        calls: how often it was.
        parameters, trainable: numbers of them, shared ones once.
        flops: floating-point operations of the forward pass; a multiply-add is two.
        saved: bytes that it keeps for the backward pass, beside parameters and the model's input.
    """

    path: str
    kind: str
    depth: int
    output: Any
    calls: int
    parameters: int
    trainable: int
    flops: int
    saved: int


class Summary:
    """What `summary` found; `print` it.

    Attributes:
        layers: a `Layer` per module, the model itself first.
        parameters, trainable, flops, saved: those of the whole model.
        parameter_bytes, buffer_bytes: what they take.
    """

    def __init__(self, layers: list[Layer], parameter_bytes: int, buffer_bytes: int, levels: int | None) -> None:
        self.layers, self.parameter_bytes, self.buffer_bytes, self.levels = (
            layers,
            parameter_bytes,
            buffer_bytes,
            levels,
        )
        top = layers[0]
        self.parameters, self.trainable, self.flops, self.saved = top.parameters, top.trainable, top.flops, top.saved

    def __str__(self) -> str:
        shown = [x for x in self.layers if self.levels is None or x.depth <= self.levels]
        rows = [("layer", "output", "parameters", "FLOPs", "saved")]
        for layer, branch in zip(shown, _branches([x.depth for x in shown])):
            name = layer.path.rpartition(".")[2]
            title = f"{branch}{name}: {layer.kind}" if name else layer.kind
            times = f" ×{layer.calls}" if layer.calls > 1 else ""
            shape = _shape(layer.output) + times if layer.calls else "" if layer.flops else "not called"
            rows.append((title, shape, f"{layer.parameters:,}", _count(layer.flops), _bytes(layer.saved)))
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        lines = [
            "  ".join(cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths)))
            for row in rows
        ]
        rule = "─" * len(lines[0])
        frozen = "" if self.trainable == self.parameters else f", {self.trainable:,} of them trained"
        buffers = f", buffers {_bytes(self.buffer_bytes)}" if self.buffer_bytes else ""
        return "\n".join(
            [
                lines[0], rule, *lines[1:], rule,
                f"parameters {self.parameters:,}{frozen}: {_bytes(self.parameter_bytes)}{buffers}",
                f"forward {_count(self.flops)} FLOPs; {_bytes(self.saved)} saved for backward",
            ]
        )  # fmt: skip

    __repr__ = __str__


@in_own_name
def summary(model: Any, input: Any = None, *, depth: int | None = None, mode: str = "eval") -> Summary:
    """Run a model once and tell what its layers are, make, hold and cost.

    Args:
        input: what the model takes: a tensor or array, a tuple of them, or a dict of arguments. A shape stands for a
            tensor of zeros in the model's dtype, on its device: on "meta" a model of any size is summed up without numbers.
        depth: show so many levels below the model (`layers` has all).
        mode: "eval" or "train", in which the model is run; afterwards it is as it was.

    FLOPs: matrix products, convolutions and their like count two for each multiply-add (a bias is the start of the sum);
    other arithmetic counts one for each number that goes in or comes out, whichever are more, softmax three; moving
    numbers around is free. An operation that fuses several, a norm or an LSTM say, counts as its definition. What a model
    does under no_grad is not recorded, and not seen.

    Afterwards the model is as it was, its input too; a lazy module has taken its shape.
    """
    if depth is not None and depth < 0:
        raise ValueError(f"summary: depth must be at least 0, got {depth}.")
    if not hasattr(model, "named_modules"):
        raise TypeError(f"summary: needs an nn.Module, got {type(model).__name__}.")
    if mode not in ("eval", "train"):
        raise ValueError(f"summary: mode must be 'eval' or 'train', got {mode!r}.")
    with enable_grad():
        args, kwargs = _arguments(model, input)
    counter = _Counter(model, [*args, *kwargs.values()])
    with as_it_was(model), enable_grad(), running(model, counter.done) as counter.stack, watched(counter):
        model.train(mode == "train")(*args, **kwargs)
    return counter.result(depth)


class _Counter:
    """Adds up what each operation costs and keeps, for the module it runs in."""

    def __init__(self, model: Any, inputs: list[Any]) -> None:
        self.model = model
        self.stack: list[tuple[str, Any]] = []
        self.flops: dict[str, int] = {}
        self.saved: dict[str, int] = {}
        self.calls: dict[str, int] = {}
        self.outputs: dict[str, Any] = {}
        self.inputs = inputs
        self.nodes: list[tuple[str, Any]] = []  # kept, or others would get the places of those that are gone
        self.within = False

    def done(self, path: str, output: Any) -> None:
        self.calls[path] = self.calls.get(path, 0) + 1
        self.outputs[path] = _shapes(output)

    def __call__(self, node: Any, args: tuple[Any, ...], out: Any) -> None:
        path = self.stack[-1][0] if self.stack else ""
        if not self.within:
            self.nodes.append((path, node))
        if node.by_formula:
            inner, self.within = self.within, True
            try:  # its operations come here in turn
                node.formula(*[_start(a) for a in args])
            finally:
                self.within = inner
            return
        self.flops[path] = self.flops.get(path, 0) + _flops(node, args, out)

    def result(self, levels: int | None) -> Summary:
        held = (*self.model.parameters(), *self.model.buffers(), *self.inputs)
        known = {id(_base(t)) for t in held if isinstance(t, Tensor) and not is_lazy(t)}
        for path, node in self.nodes:
            for array in _kept(node):
                base = _base(array)
                if id(base) not in known:
                    known.add(id(base))
                    self.saved[path] = self.saved.get(path, 0) + base.nbytes
        layers = []
        for path, module in self.model.named_modules():
            below = [p for p in {*self.flops, *self.saved} if p == path or p.startswith(f"{path}." if path else "")]
            own = [p for p in module.parameters() if not is_lazy(p)]
            layers.append(
                Layer(
                    path,
                    type(module).__name__,
                    path.count(".") + 1 if path else 0,
                    self.outputs.get(path),
                    self.calls.get(path, 0),
                    sum(p.numel() for p in own),
                    sum(p.numel() for p in own if p.requires_grad),
                    sum(self.flops.get(p, 0) for p in below),
                    sum(self.saved.get(p, 0) for p in below),
                )
            )
        sizes = [sum(t.nbytes for t in ts if not is_lazy(t)) for ts in (self.model.parameters(), self.model.buffers())]
        return Summary(layers, sizes[0], sizes[1], levels)


# ---- counting --------------------------------------------------------------------------------------------------------


def _flops(node: Any, args: tuple[Any, ...], out: Any) -> int:
    shapes = [tuple(a.array.shape) if isinstance(a, Tensor) else () for a in args]
    results = [y for y in (out if isinstance(out, tuple) else (out,)) if isinstance(y, Tensor)]
    made = max((y.array.size for y in results), default=0)
    if isinstance(node, (Matmul, Linear, Mv, Dot)):
        return 2 * made * shapes[0][-1]
    if isinstance(node, Conv):  # out (N, K, …), weight (K, C/groups, …)
        return 2 * made * prod(shapes[1][1:])
    if isinstance(node, ConvTranspose):  # each number of the input meets each weight of its channel
        return 2 * prod(shapes[0]) * prod(shapes[1][1:])
    if isinstance(node, Contract):
        sizes = {**dict(zip(node.at_x, shapes[0])), **dict(zip(node.at_z, shapes[1]))}
        return 2 * prod(sizes.values())
    if node.name in _FREE or node.is_view or not results:
        return 0
    return _PER_NUMBER.get(node.name, 1) * max(made, *(prod(s) for s in shapes if s), 0)


def _kept(node: Any) -> Iterator[Any]:
    """The arrays that a node holds for its backward: what its rule names, and what its kernel noted."""
    yield from _arrays(getattr(node, "saved", None))
    yield from _arrays(list(getattr(node, "__dict__", {}).values()))


def _arrays(x: Any) -> Iterator[Any]:
    if isinstance(x, Tensor):
        yield x.array
    elif isinstance(x, np.ndarray):
        yield x
    elif isinstance(x, (tuple, list)):
        for part in x:
            yield from _arrays(part)


def _base(x: Any) -> Any:
    """The array that owns the memory."""
    array = x.array if isinstance(x, Tensor) else x
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _start(a: Any) -> Any:
    return a.detach().requires_grad_() if isinstance(a, Tensor) and a.is_floating_point() else a


def _input(model: Any, x: Any) -> Any:
    """What stands for one input: a copy, for the model may write to it, and one that requires grad if it can, so that
    everything done with it is recorded."""
    if _is_shape(x):
        first = next((p for p in model.parameters() if p.is_floating_point()), None)
        x = zeros(tuple(x)) if first is None else zeros(tuple(x), dtype=first.dtype, device=first.device)
    if isinstance(x, np.ndarray):
        x = as_tensor(x)
    return _start(x).clone() if isinstance(x, Tensor) else x


def _is_shape(x: Any) -> bool:
    return isinstance(x, (tuple, list)) and bool(x) and all(isinstance(n, int) for n in x)


def _arguments(model: Any, given: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What to call the model with."""
    if given is None:
        return (), {}
    if isinstance(given, Mapping):
        return (), {k: _input(model, v) for k, v in given.items()}
    several = isinstance(given, (tuple, list)) and not _is_shape(given)
    args = tuple(_input(model, x) for x in (given if several else (given,)))
    for a in args:
        if not isinstance(a, Tensor):
            raise TypeError(
                f"summary: input must be a tensor, a tuple of tensors, a dict of arguments, or a shape, got {a!r}."
            )
    return args, {}


# ---- writing ---------------------------------------------------------------------------------------------------------


def _branches(depths: list[int]) -> list[str]:
    """The lines of a tree in front of each row."""
    found = []
    for i, depth in enumerate(depths):
        text = ""
        for level in range(1, depth + 1):
            rest = [d for d in depths[i + 1 :]]
            more = next((d == level for d in rest if d <= level), False)
            text += ("├─ " if more else "└─ ") if level == depth else ("│  " if more else "   ")
        found.append(text)
    return found


def _shapes(x: Any) -> Any:
    """The shapes of a module's output, nested as it is."""
    if isinstance(x, Tensor):
        return tuple(x.array.shape)
    if isinstance(x, (tuple, list)):
        return [_shapes(y) for y in x]
    if isinstance(x, Mapping):
        return {k: _shapes(y) for k, y in x.items()}
    return None


def _shape(shape: Any) -> str:
    if isinstance(shape, list):
        return ", ".join(_shape(s) for s in shape if s is not None)
    if isinstance(shape, dict):
        return ", ".join(f"{k} {_shape(s)}" for k, s in shape.items() if s is not None)
    return str(shape) if shape is not None else ""


def _count(n: float) -> str:
    for unit in ("", " k", " M", " G"):
        if n < 1000:
            return f"{n:.4g}{unit}"
        n /= 1000
    return f"{n:.4g} T"


def _bytes(n: float) -> str:
    for unit in ("B", "kB", "MB"):
        if n < 1000:
            return f"{n:.3g} {unit}"
        n /= 1000
    return f"{n:.3g} GB"


class _Callable(ModuleType):
    """`from tensorgrad import summary` gives this module, where the function of the same name is meant."""

    def __call__(self, *args: Any, **kwargs: Any) -> Summary:
        return summary(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable

__all__ = ["Layer", "Summary", "summary"]
