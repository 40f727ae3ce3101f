"""A softmax over very many classes, with its loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..ops import create
from ..ops.join import cat
from ..tensor import Tensor
from . import functional as F
from .containers import ModuleList, Sequential
from .linear import Linear
from .module import Module


class _ASMoutput(NamedTuple):
    """The log-probability of each target, and the mean negative one."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """Cross-entropy over very many classes, sorted from frequent to rare: the frequent ones have a softmax of their
    own, the head; each cluster of rarer ones hides behind one more entry of the head, and is projected to fewer
    features (Grave et al., arXiv:1609.04309).

    Shape: input (N, in_features) or (in_features,), target (N,) or () → output (N,) or (), loss ().

    Args:
        cutoffs: where the clusters begin: [100, 1000] is a head of classes 0 to 99, a cluster to 999, one of the rest.
        div_value: each cluster has in_features / div_valueⁱ features, i = 1, 2, …
        head_bias: whether the head has a bias.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("AdaptiveLogSoftmaxWithLoss: cutoffs must hold at least one number.")
        if cutoffs != sorted(set(cutoffs)) or cutoffs[0] <= 0 or cutoffs[-1] > n_classes - 1:
            raise ValueError(
                f"AdaptiveLogSoftmaxWithLoss: cutoffs {cutoffs} must rise, from at least 1 to at most {n_classes - 1}."
            )
        if any(int(c) != c for c in cutoffs):
            raise ValueError(f"AdaptiveLogSoftmaxWithLoss: cutoffs {cutoffs} must be whole numbers.")
        self.in_features, self.n_classes, self.div_value = in_features, n_classes, div_value
        self.cutoffs = [*cutoffs, n_classes]
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        place = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **place)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            narrow = int(in_features // div_value ** (i + 1))
            size = self.cutoffs[i + 1] - self.cutoffs[i]
            self.tail.append(
                Sequential(Linear(in_features, narrow, bias=False, **place), Linear(narrow, size, bias=False, **place))
            )

    def reset_parameters(self) -> None:
        """Draw new weights."""
        self.head.reset_parameters()
        for down, up in self.tail:
            down.reset_parameters()
            up.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        x, target = self._checked(input_, target_)
        head = F.log_softmax(self.head(x), dim=1)
        # A target of the head is read off there; one of cluster i costs the cluster's entry, and its place within it.
        places, outputs = [], []
        for i, low in enumerate([0, *self.cutoffs[:-1]]):
            rows = ((target >= low) & (target < self.cutoffs[i])).nonzero().squeeze(1)
            if not rows.numel():
                continue
            within = target.index_select(0, rows) - low
            scores = head.index_select(0, rows)
            if i == 0:
                output = scores.gather(1, within.unsqueeze(1))
            else:
                cluster = F.log_softmax(self.tail[i - 1](x.index_select(0, rows)), dim=1)
                entry = self.shortlist_size + i - 1
                output = scores.narrow(1, entry, 1) + cluster.gather(1, within.unsqueeze(1))
            places.append(rows)
            outputs.append(output.squeeze(1))
        if places:
            order = cat(places).argsort()
            output = cat(outputs).index_select(0, order)
        else:
            output = create.zeros(0, dtype=head.dtype)
        loss = (-output).mean()
        return _ASMoutput(output if input_.ndim == 2 else output.squeeze(0), loss)

    def _checked(self, x: Tensor, target: Tensor) -> tuple[Tensor, Any]:
        name = "AdaptiveLogSoftmaxWithLoss"
        shapes = f"input {tuple(x.shape)}, target {tuple(target.shape)}"
        if target.ndim not in (0, 1) or x.ndim != target.ndim + 1 or tuple(x.shape[:-1]) != tuple(target.shape):
            raise ValueError(f"{name}: got {shapes}; needs (N, in_features) and (N,), or (in_features,) and ().")
        if target.ndim == 0:
            x, target = x.unsqueeze(0), target.unsqueeze(0)
        if target.numel():
            low, high = int(target.min()), int(target.max())
            if low < 0 or high >= self.n_classes:
                raise ValueError(f"{name}: targets must be from 0 to {self.n_classes - 1}, got {low} to {high}.")
        return x, target

    def log_prob(self, input: Tensor) -> Tensor:
        """Log-probabilities of all classes.  Shape: (N, in_features) → (N, n_classes)."""
        head = F.log_softmax(self.head(input), dim=1)
        parts = [head[:, : self.shortlist_size]]
        for i, tail in enumerate(self.tail):
            entry = self.shortlist_size + i
            parts.append(F.log_softmax(tail(input), dim=1) + head[:, entry : entry + 1])
        return cat(parts, 1)

    def predict(self, input: Tensor) -> Tensor:
        """The likeliest class.  Shape: (N, in_features) → (N,).  Clusters are looked into only where they win."""
        best = self.head(input).argmax(dim=1)
        if not bool((best >= self.shortlist_size).any()):
            return best
        rows = (best >= self.shortlist_size).nonzero().squeeze(1)
        best[rows] = self.log_prob(input.index_select(0, rows)).argmax(dim=1)
        return best
