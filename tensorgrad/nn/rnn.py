"""Recurrent networks, whole sequences and single steps."""

from __future__ import annotations

from math import sqrt
from typing import Any

from ..autograd.frames import warn
from ..kernels.shapes import fits
from ..ops import create, join
from ..ops.promote import as_operand, same_dtype
from ..ops.rnn import Gru, Lstm, Rnn
from ..tensor import Tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter
from .utils.rnn import PackedSequence

_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}


class RNNBase(Module):
    """What RNN, LSTM and GRU share.

    Shape: input (T, B, input_size), or (B, T, input_size) with `batch_first`, or (T, input_size), or a PackedSequence →
    output (T, B, D·H) in the same order, and the last states (D·num_layers, B, H); D is 2 if `bidirectional`, else 1.

    Parameters of layer k, all from U(−1/√hidden_size, 1/√hidden_size), g gates: weight_ih_l{k} (g·hidden_size, inputs),
    weight_hh_l{k} (g·hidden_size, H), bias_ih_l{k} and bias_hh_l{k} (g·hidden_size,), weight_hr_l{k} (proj_size,
    hidden_size) if there is a projection; those of the way back end in _reverse.

    Args:
        num_layers: so many layers on top of each other, each reading the output of the one below.
        dropout: probability of dropping a number between layers, in training.
        proj_size: LSTM only; the output has so few features, H = proj_size instead of hidden_size.
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if isinstance(dropout, bool) or not isinstance(dropout, (int, float)) or not 0 <= dropout <= 1:
            raise ValueError(f"{name}: dropout is a probability, in [0, 1], got {dropout!r}.")
        if dropout > 0 and num_layers == 1:
            warn(f"{name}: dropout={dropout} acts between layers, and there is only one; it will do nothing.")
        for what, n in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)):
            if not isinstance(n, int):
                raise TypeError(f"{name}: {what} must be an int, got {type(n).__name__}.")
            if n < (what != "input_size"):
                raise ValueError(f"{name}: {what} must be above 0, got {n}.")
        fits(name, (num_layers,), 4000 + 4 * hidden_size * hidden_size, "layers")
        if not 0 <= proj_size < hidden_size:
            raise ValueError(f"{name}: proj_size must be from 0 to below hidden_size={hidden_size}, got {proj_size}.")
        if proj_size and mode != "LSTM":
            raise ValueError(f"{name}: only an LSTM can have proj_size.")
        if mode not in _GATES:
            raise ValueError(f"{name}: mode must be one of {', '.join(_GATES)}, got {mode!r}.")
        self.mode = mode
        self.input_size, self.hidden_size, self.num_layers, self.bias = input_size, hidden_size, num_layers, bias
        self.batch_first, self.dropout, self.bidirectional = batch_first, float(dropout), bidirectional
        self.proj_size = proj_size
        features, rows = proj_size or hidden_size, _GATES[mode] * hidden_size
        directions = 2 if bidirectional else 1
        self._all_weights: list[list[str]] = []  # of each layer and direction
        for layer in range(num_layers):
            inputs = input_size if layer == 0 else features * directions
            shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, inputs), "weight_hh": (rows, features)}
            if bias:
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
            if proj_size:
                shapes["weight_hr"] = (proj_size, hidden_size)
            for suffix in ("", "_reverse")[:directions]:
                names = [f"{part}_l{layer}{suffix}" for part in shapes]
                for p, shape in zip(names, shapes.values()):
                    setattr(self, p, Parameter(create.empty(shape, device=device, dtype=dtype)))
                self._all_weights.append(names)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights."""
        bound = 1 / sqrt(self.hidden_size)
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def flatten_parameters(self) -> None:
        """Accepted; there is nothing to gain from it here."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters, a list per layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Parameter]:
        return [getattr(self, name) for name in self._flat_weights_names]

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if self.proj_size:
            text += f", proj_size={self.proj_size}"
        if self.num_layers != 1:
            text += f", num_layers={self.num_layers}"
        if not self.bias:
            text += f", bias={self.bias}"
        if self.batch_first:
            text += f", batch_first={self.batch_first}"
        if self.dropout:
            text += f", dropout={self.dropout}"
        if self.bidirectional:
            text += f", bidirectional={self.bidirectional}"
        return text

    # ---- the way through ----

    def forward(self, input: Any, hx: Any = None) -> Any:
        name = type(self).__name__
        packed, single, order = isinstance(input, PackedSequence), False, None
        if packed:
            x, batch_sizes, order, _ = input
            sizes = tuple(batch_sizes.tolist())
            if x.ndim != 2:
                raise ValueError(f"{name}: a packed sequence's data must be (rows, features), got {tuple(x.shape)}.")
        else:
            x = as_operand(name, input)
            if x.ndim not in (2, 3):
                raise ValueError(
                    f"{name}: input has shape {tuple(x.shape)}; it needs "
                    f"{'(B, T, features)' if self.batch_first else '(T, B, features)'}, or (T, features) without B."
                )
            single = x.ndim == 2
            if single:
                x = x.unsqueeze(1)
            elif self.batch_first:
                x = x.transpose(0, 1)
            steps, batch = x.shape[:2]
            if not steps:
                raise ValueError(f"{name}: input of shape {tuple(input.shape)} has no steps.")
            sizes = (batch,) * steps
        if x.shape[-1] != self.input_size:
            raise ValueError(f"{name}: input has {x.shape[-1]} features, built for input_size={self.input_size}.")
        weight = self._all_weights[0][0]
        same_dtype(name, weight, input=x if packed else input, **{weight: getattr(self, weight)})
        if not packed:
            x = x.reshape(steps * batch, self.input_size)
        states = self._first_states(hx, sizes[0], single, order, x)
        x, last = self._layers(x, states, sizes)
        last = [s if order is None else s.index_select(1, input.unsorted_indices) for s in last]
        if packed:
            x = PackedSequence(x, *input[1:])
        elif single:
            last = [s.squeeze(1) for s in last]
        else:
            x = x.reshape(steps, batch, x.shape[-1])
            x = x.transpose(0, 1) if self.batch_first else x
        return x, tuple(last) if self.mode == "LSTM" else last[0]

    def _layers(self, x: Any, states: list[Any], sizes: tuple[int, ...]) -> tuple[Any, list[Any]]:
        """All layers over the rows of all steps; the rows of the last, and the last states of all."""
        directions = 2 if self.bidirectional else 1
        last: list[list[Any]] = [[] for _ in states]
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                x = F.dropout(x, self.dropout, True)
            outs = []
            for k in range(layer * directions, (layer + 1) * directions):
                weights = [getattr(self, name) for name in self._all_weights[k]]
                out, *ends = self._run(x, [s[k] for s in states], weights, sizes, k % directions == 1)
                outs.append(out)
                for all_ends, end in zip(last, ends):
                    all_ends.append(end)
            x = outs[0] if len(outs) == 1 else join.cat(outs, 1)
        return x, [join.stack(ends) for ends in last]

    def _run(self, x: Any, start: list[Any], weights: list[Any], sizes: tuple[int, ...], reverse: bool) -> Any:
        """One direction of one layer."""
        w_ih, w_hh, *rest = weights
        b_ih, b_hh = rest[:2] if self.bias else (None, None)
        if self.mode == "LSTM":
            w_hr = rest[-1] if self.proj_size else None
            return Lstm(sizes, reverse)(x, *start, w_ih, w_hh, b_ih, b_hh, w_hr)
        if self.mode == "GRU":
            return Gru(sizes, reverse)(x, *start, w_ih, w_hh, b_ih, b_hh)
        return Rnn(sizes, reverse, self.mode == "RNN_RELU")(x, *start, w_ih, w_hh, b_ih, b_hh)

    def _first_states(self, hx: Any, batch: int, single: bool, order: Any, x: Tensor) -> list[Any]:
        """The states to begin with, (layers and directions, B, features) each; zeros if none are given."""
        rows = self.num_layers * (2 if self.bidirectional else 1)
        sizes = {"h_0": self.proj_size or self.hidden_size}
        if self.mode == "LSTM":
            sizes["c_0"] = self.hidden_size
        if hx is None:
            return [create.zeros(rows, batch, n, dtype=x.dtype) for n in sizes.values()]
        name = type(self).__name__
        given = hx if self.mode == "LSTM" else (hx,)
        if not isinstance(given, (tuple, list)) or len(given) != len(sizes):
            raise TypeError(f"{name}: hx must be a pair (h_0, c_0) of Tensors, got {type(hx).__name__}.")
        states = []
        for (what, n), state in zip(sizes.items(), given):
            wanted = (rows, n) if single else (rows, batch, n)
            if not isinstance(state, Tensor) or tuple(state.shape) != wanted:
                found = tuple(state.shape) if isinstance(state, Tensor) else type(state).__name__
                raise ValueError(f"{name}: {what} must have shape {wanted}, (layers · directions, …), got {found}.")
            same_dtype(name, "input", input=x, **{what: state})
            t: Any = state
            t = t.unsqueeze(1) if single else t
            states.append(t if order is None else t.index_select(1, order))
        return states


class RNN(RNNBase):
    """h ← tanh(W_ih·x + b_ih + W_hh·h + b_hh), step by step (Elman, 1990); relu with nonlinearity='relu'.

    See `RNNBase` for shapes, parameters and settings.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNN: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}.")
        self.nonlinearity = nonlinearity
        settings = (num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype)
        super().__init__(f"RNN_{nonlinearity.upper()}", input_size, hidden_size, *settings)


class LSTM(RNNBase):
    """i, f, o = σ(…), g = tanh(…) of W_ih·x + b_ih + W_hh·h + b_hh; c ← f·c + i·g; h ← o·tanh c (Hochreiter &
    Schmidhuber, 1997).

    The states are a pair: (h_0, c_0) in, (h_n, c_n) out; gates stand in the weights in the order i, f, g, o. See
    `RNNBase` for shapes, parameters and settings.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        settings = (num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype)
        super().__init__("LSTM", input_size, hidden_size, *settings)


class GRU(RNNBase):
    """r, z = σ(…) of W_ih·x + b_ih + W_hh·h + b_hh, n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn)); h ← (1 − z)·n + z·h
    (Cho et al., arXiv:1406.1078).

    Gates stand in the weights in the order r, z, n. See `RNNBase` for shapes, parameters and settings.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        settings = (num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype)
        super().__init__("GRU", input_size, hidden_size, *settings)


# ---- single steps ---------------------------------------------------------------------------------------------------


class RNNCellBase(Module):
    """What the cells share: one step of one layer.

    Shape: input (B, input_size) or (input_size,), state (B, hidden_size) or (hidden_size,), zeros if left out → the new
    state. Parameters weight_ih, weight_hh, bias_ih, bias_hh as in the layers.
    """

    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows, place = num_chunks * hidden_size, {"device": device, "dtype": dtype}
        self.weight_ih = Parameter(create.empty(rows, input_size, **place))
        self.weight_hh = Parameter(create.empty(rows, hidden_size, **place))
        self.bias_ih = Parameter(create.empty(rows, **place)) if bias else None
        self.bias_hh = Parameter(create.empty(rows, **place)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights."""
        bound = 1 / sqrt(self.hidden_size) if self.hidden_size else 0
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else f", bias={self.bias}")
        kind = getattr(self, "nonlinearity", "tanh")
        return text if kind == "tanh" else f"{text}, nonlinearity={kind}"

    def _step(self, op: Any, input: Any, *states: Any) -> list[Any]:
        """One step of a layer's operation, on a batch or a single vector; the new states."""
        name = type(self).__name__
        given, input = input, as_operand(name, input)
        if input.ndim not in (1, 2) or input.shape[-1] != self.input_size:
            raise ValueError(
                f"{name}: input has shape {tuple(input.shape)}; it needs (B, {self.input_size}), or "
                f"({self.input_size},) without B."
            )
        same_dtype(name, "weight_ih", input=given, weight_ih=self.weight_ih)
        wanted = (*input.shape[:-1], self.hidden_size)
        for state in states:
            if state is not None:
                if tuple(state.shape) != wanted:
                    raise ValueError(f"{name}: hx has shape {tuple(state.shape)}; for this input it needs {wanted}.")
                same_dtype(name, "input", input=input, hx=state)
        single = input.ndim == 1
        x = input.unsqueeze(0) if single else input
        zeros = create.zeros(len(x), self.hidden_size, dtype=x.dtype)
        states = tuple(zeros if s is None else s.unsqueeze(0) if single else s for s in states)
        weights: tuple[Any, ...] = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        if len(states) == 2:
            weights = (*weights, None)  # no projection
        _, *new = op(x, *states, *weights)
        return [s.squeeze(0) for s in new] if single else new


class RNNCell(RNNCellBase):
    """One step of an `RNN`: tanh(W_ih·x + b_ih + W_hh·h + b_hh), or relu of it."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNNCell: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}.")
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._step(Rnn((_rows(input),), False, self.nonlinearity == "relu"), input, hx)[0]


class LSTMCell(RNNCellBase):
    """One step of an `LSTM`: (h, c) in, (h, c) out."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        h, c = self._step(Lstm((_rows(input),), False), input, *((None, None) if hx is None else hx))
        return h, c


class GRUCell(RNNCellBase):
    """One step of a `GRU`."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._step(Gru((_rows(input),), False), input, hx)[0]


def _rows(input: Tensor) -> int:
    """How many vectors there are; one without a batch."""
    return input.shape[0] if input.ndim == 2 else 1
