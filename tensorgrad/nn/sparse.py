"""Tables of vectors, looked up by number."""

from __future__ import annotations

from typing import Any

from ..autograd.modes import no_grad
from ..ops import create
from ..tensor import Tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter


class _Table(Module):
    """What Embedding and EmbeddingBag share."""

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        max_norm: float | None,
        norm_type: float,
        scale_grad_by_freq: bool,
        sparse: bool,
        _weight: Tensor | None,
        _freeze: bool,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise ValueError(f"{name}: padding_idx {padding_idx} is not a row of a table of {num_embeddings}.")
            padding_idx %= num_embeddings
        self.num_embeddings, self.embedding_dim, self.padding_idx = num_embeddings, embedding_dim, padding_idx
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        if _weight is None:
            weight = create.empty(num_embeddings, embedding_dim, device=device, dtype=dtype)
            self.weight = Parameter(weight, not _freeze)
            self.reset_parameters()
        else:
            if tuple(_weight.shape) != (num_embeddings, embedding_dim):
                raise ValueError(
                    f"{name}: _weight has shape {tuple(_weight.shape)}, needs {(num_embeddings, embedding_dim)}."
                )
            self.weight = Parameter(_weight, not _freeze)

    def reset_parameters(self) -> None:
        """Draw new vectors; that of `padding_idx` is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].fill_(0)

    @staticmethod
    def _rows(name: str, embeddings: Tensor) -> tuple[int, int]:
        if embeddings.ndim != 2:
            raise ValueError(f"{name}: embeddings must have 2 axes, (rows, features), got {tuple(embeddings.shape)}.")
        return embeddings.shape[0], embeddings.shape[1]


class Embedding(_Table):
    """Row i of a table, for every number i of the input.

    Shape: (…) of integers → (…, embedding_dim); weight (num_embeddings, embedding_dim), drawn from N(0, 1).

    Args:
        padding_idx: a row that is 0 at first and gets no gradient.
        max_norm, norm_type: rows longer than this, in the norm of this order, are shortened, in place, when looked up.
        scale_grad_by_freq: divide a row's gradient by how often the batch has looked it up.
        sparse: accepted; gradients are dense.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        norm = (max_norm, norm_type, scale_grad_by_freq, sparse)
        super().__init__(num_embeddings, embedding_dim, padding_idx, *norm, _weight, _freeze, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        norm = (self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse)
        return F.embedding(input, self.weight, self.padding_idx, *norm)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """An Embedding with these rows; with `freeze` they are not trained."""
        rows, features = cls._rows("Embedding.from_pretrained", embeddings)
        norm = (max_norm, norm_type, scale_grad_by_freq, sparse)
        return cls(rows, features, padding_idx, *norm, _weight=embeddings, _freeze=freeze)

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.padding_idx is not None:
            text += f", padding_idx={self.padding_idx}"
        text += _norm_text(self)
        return text + (", sparse=True" if self.sparse else "")


class EmbeddingBag(_Table):
    """The sum, mean or largest of some rows of a table: bags of words.

    Shape: (B, n) of integers → (B, embedding_dim), a bag a row; or (n,) and `offsets` (B,), where each bag begins.
    Weight (num_embeddings, embedding_dim), drawn from N(0, 1).

    Args:
        mode: 'sum', 'mean' or 'max'.
        include_last_offset: the last offset is the end of the last bag.
        padding_idx: a row left out of every bag.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        norm = (max_norm, norm_type, scale_grad_by_freq, sparse)
        super().__init__(num_embeddings, embedding_dim, padding_idx, *norm, _weight, False, device, dtype)
        self.mode, self.include_last_offset = mode, include_last_offset

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """An EmbeddingBag with these rows; with `freeze` they are not trained."""
        rows, features = cls._rows("EmbeddingBag.from_pretrained", embeddings)
        norm = (max_norm, norm_type, scale_grad_by_freq, mode, sparse)
        bag = cls(rows, features, *norm, embeddings, include_last_offset, padding_idx)
        bag.weight.requires_grad_(not freeze)
        return bag

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}{_norm_text(self)}, mode={self.mode!r}"
        return text + (f", padding_idx={self.padding_idx}" if self.padding_idx is not None else "")


def _norm_text(table: _Table) -> str:
    """The settings that differ from the usual."""
    text = f", max_norm={table.max_norm}" if table.max_norm is not None else ""
    if table.norm_type != 2:
        text += f", norm_type={table.norm_type}"
    return text + (f", scale_grad_by_freq={table.scale_grad_by_freq}" if table.scale_grad_by_freq else "")
