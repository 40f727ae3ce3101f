"""Recurrent layers: one direction of one layer, all its steps, as one operation.

Rows of all steps stand one after another, as in a packed sequence: see kernels/cpu/rnn.py. Each operation's `formula`
is the textbook's, a step at a time; the kernels are tested against it, and a second gradient comes from it.

    x (n, I)   states (B, H)   w_ih (k·H, I)   w_hh (k·H, H)   b_ih, b_hh (k·H,) or None,   k gates
"""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import mismatch
from ..tensor import Tensor, TensorLike
from .join import cat
from .products import matmul
from .promote import as_operand, needs_floating, same_dtype


class _Recurrence(Function):
    """What the three share: how many rows each step has, and whether the steps run backwards."""

    sizes: tuple[int, ...]
    reverse: bool
    kept: Any = None  # the kernel's, for the way back

    def __init__(self, sizes: tuple[int, ...], reverse: bool) -> None:
        self.sizes, self.reverse = sizes, reverse

    def release(self) -> None:
        super().release()
        self.kept = None

    def run(self, x: Tensor, h: Tensor, step: Any) -> tuple[Tensor, Tensor]:
        """The rows of all results, and the last state, of h ← step(rows, h), step after step."""
        spans, first = [], 0
        for size in self.sizes:
            spans.append((first, first + size))
            first += size
        outs = []
        for a, b in reversed(spans) if self.reverse else spans:
            new = step(x[a:b], h[: b - a])
            h = new if b - a == len(h) else cat([new, h[b - a :]])
            outs.append(new)
        return cat(outs[::-1] if self.reverse else outs), h


def _in_dtype(x: Any, grads: tuple[Any, ...]) -> tuple[Any, ...]:
    """Gradients in the dtype of x: products with bfloat16 come out in float32."""
    return tuple([None if g is None else g.astype(x.dtype, copy=False) for g in grads])


def _affine(x: Any, w: Any, b: Any) -> Any:
    y = matmul(x, w.mT)
    return y if b is None else y + b


class Rnn(_Recurrence):
    """h ← tanh(W_ih·x + b_ih + W_hh·h + b_hh), or relu of it (Elman, 1990)."""

    def __init__(self, sizes: tuple[int, ...], reverse: bool, relu: bool) -> None:
        super().__init__(sizes, reverse)
        self.relu = relu

    def formula(self, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
        def step(gx: Any, h: Any) -> Any:
            a = gx + _affine(h, w_hh, b_hh)
            return a.relu() if self.relu else a.tanh()

        return self.run(_affine(x, w_ih, b_ih), h, step)

    def forward(self, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
        return on(x).rnn_layer(x, h, w_ih, w_hh, b_ih, b_hh, self.sizes, self.reverse, self.relu)

    def fused_backward(self, grad: Any, grad_h: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, out: Any) -> Any:
        grads = on(x).rnn_layer_backward(
            grad, grad_h, x, h, w_ih, w_hh, b_ih, out[0], self.sizes, self.reverse, self.relu, self.needs[0]
        )
        return _in_dtype(x, grads)


class Lstm(_Recurrence):
    """i, f, o = σ(…), g = tanh(…) of W_ih·x + b_ih + W_hh·h + b_hh; c ← f·c + i·g; h ← o·tanh c, times W_hr if there is
    a projection (Hochreiter & Schmidhuber, 1997; Sak et al., arXiv:1402.1128)."""

    def formula(self, x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any) -> Any:
        features = h.shape[1]

        def step(gx: Any, state: Any) -> Any:
            i, f, g, o = (gx + _affine(state[:, :features], w_hh, b_hh)).chunk(4, 1)
            c = f.sigmoid() * state[:, features:] + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            return cat([h if w_hr is None else matmul(h, w_hr.mT), c], 1)

        out, state = self.run(_affine(x, w_ih, b_ih), cat([h, c], 1), step)
        return out[:, :features], state[:, :features], state[:, features:]

    def forward(self, x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any) -> Any:
        weights = (w_ih, w_hh, b_ih, b_hh, w_hr)
        out, h, c, self.kept = on(x).lstm_layer(x, h, c, *weights, self.sizes, self.reverse)
        return out, h, c

    def fused_backward(
        self,
        grad: Any,
        grad_h: Any,
        grad_c: Any,
        x: Any,
        h: Any,
        c: Any,
        w_ih: Any,
        w_hh: Any,
        b_ih: Any,
        w_hr: Any,
        out: Any,
    ) -> Any:
        weights = (w_ih, w_hh, b_ih, w_hr)
        grads = on(x).lstm_layer_backward(
            grad, grad_h, grad_c, x, h, c, *weights, out[0], self.kept, self.sizes, self.reverse, self.needs[0]
        )
        return _in_dtype(x, grads)


class Gru(_Recurrence):
    """r, z = σ(…) of W_ih·x + b_ih + W_hh·h + b_hh, n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn)); h ← (1 − z)·n + z·h
    (Cho et al., arXiv:1406.1078)."""

    def formula(self, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
        def step(gx: Any, h: Any) -> Any:
            (xr, xz, xn), (hr, hz, hn) = gx.chunk(3, 1), _affine(h, w_hh, b_hh).chunk(3, 1)
            z = (xz + hz).sigmoid()
            n = (xn + (xr + hr).sigmoid() * hn).tanh()
            return n + z * (h - n)

        return self.run(_affine(x, w_ih, b_ih), h, step)

    def forward(self, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
        out, h, self.kept = on(x).gru_layer(x, h, w_ih, w_hh, b_ih, b_hh, self.sizes, self.reverse)
        return out, h

    def fused_backward(self, grad: Any, grad_h: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, out: Any) -> Any:
        grads = on(x).gru_layer_backward(
            grad, grad_h, x, h, w_ih, w_hh, b_ih, out[0], self.kept, self.sizes, self.reverse, self.needs[0]
        )
        return _in_dtype(x, grads)


# ---- one step, as a function ----------------------------------------------------------------------------------------


def _step(op: str, gates: int, operation: Any, input: Any, states: Any, weights: tuple[Any, ...]) -> tuple[Tensor, ...]:
    """The new states after one step; shapes are checked here."""
    x = as_operand(op, input)
    hs = [as_operand(op, s, "hx") for s in states]
    w_ih, w_hh = as_operand(op, weights[0], "w_ih"), as_operand(op, weights[1], "w_hh")
    biases = [None if b is None else as_operand(op, b, "each bias") for b in weights[2:]]
    if biases.count(None) == 1:  # one alone counts as well
        biases = [w_ih.new_zeros(w_ih.array.shape[:1]) if b is None else b for b in biases]
    shapes = {"input": x.array.shape, "hx": hs[0].array.shape, "w_ih": w_ih.array.shape, "w_hh": w_hh.array.shape}
    single = len(shapes["input"]) == 1
    rows = shapes["input"][:-1]
    H = shapes["hx"][-1] if shapes["hx"] else 0
    fits = (
        len(rows) <= 1 and all(h.array.shape == (*rows, H) for h in hs) and shapes["input"]
        and shapes["w_ih"] == (gates * H, shapes["input"][-1]) and shapes["w_hh"] == (gates * H, H)
        and all(b is None or b.array.shape == (gates * H,) for b in biases)
    )  # fmt: skip
    if not fits:
        cure = f"Needs input (B, I), hx (B, H), w_ih ({gates}·H, I), w_hh ({gates}·H, H) and biases ({gates}·H,)."
        raise ValueError(mismatch(op, "the shapes do not fit", cure, **shapes))
    named = {f"hx[{i}]": h for i, h in enumerate(hs)} | {f"bias {i}": b for i, b in enumerate(biases) if b is not None}
    same_dtype(op, "w_ih", input=x, w_ih=w_ih, w_hh=w_hh, **named)
    needs_floating(op, x)
    if single:
        x, hs = x.unsqueeze(0), [h.unsqueeze(0) for h in hs]
    _, *new = operation((x.array.shape[0],))(x, *hs, w_ih, w_hh, *biases, *(() if len(hs) == 1 else (None,)))
    return tuple([s.squeeze(0) for s in new]) if single else tuple(new)


def rnn_tanh_cell(input: TensorLike, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Tensor:
    """tanh(W_ih·x + b_ih + W_hh·h + b_hh).  Shape: input (B, I), hx (B, H) → (B, H); or both without B."""
    return _step("rnn_tanh_cell", 1, lambda n: Rnn(n, False, False), input, (hx,), (w_ih, w_hh, b_ih, b_hh))[0]


def rnn_relu_cell(input: TensorLike, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Tensor:
    """relu(W_ih·x + b_ih + W_hh·h + b_hh).  Shape: input (B, I), hx (B, H) → (B, H); or both without B."""
    return _step("rnn_relu_cell", 1, lambda n: Rnn(n, False, True), input, (hx,), (w_ih, w_hh, b_ih, b_hh))[0]


def lstm_cell(
    input: TensorLike, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> tuple[Tensor, Tensor]:
    """(h, c) after one step of an `nn.LSTM`, from hx = (h, c).  Shape: input (B, I), h and c (B, H) → the same."""
    if not isinstance(hx, (tuple, list)) or len(hx) != 2:
        raise TypeError(f"lstm_cell: hx must be a pair (h, c) of tensors, got {type(hx).__name__}.")
    h, c = _step("lstm_cell", 4, lambda n: Lstm(n, False), input, hx, (w_ih, w_hh, b_ih, b_hh))
    return h, c


def gru_cell(input: TensorLike, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Tensor:
    """h after one step of an `nn.GRU`.  Shape: input (B, I), hx (B, H) → (B, H); or both without B."""
    return _step("gru_cell", 3, lambda n: Gru(n, False), input, (hx,), (w_ih, w_hh, b_ih, b_hh))[0]


__all__ = ["gru_cell", "lstm_cell", "rnn_relu_cell", "rnn_tanh_cell"]
