"""Pruning: some entries of a parameter are held at 0 by a mask, `name` = `name_orig` · `name_mask`.

    prune.l1_unstructured(model.conv, "weight", amount=0.3)     the smallest 30 % of the weights
    prune.ln_structured(model.conv, "weight", 0.5, n=2, dim=0)  on top of it, half of the filters, the shortest
    prune.remove(model.conv, "weight")                          a parameter again, with zeros in it

What is learned is `name_orig`, a parameter, while `name_mask` is a buffer; `name` is made of both before every forward.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...autograd.modes import no_grad
from ...ops import create, sampling
from ...ops.join import cat
from ...refusals import in_own_name
from ...tensor import Tensor
from ..module import Module


class BasePruningMethod:
    """A way of choosing what to prune, and the hook that applies the mask. A subclass gives `compute_mask`.

    PRUNING_TYPE is "unstructured" (any entries), "structured" (whole slices along `self.dim`) or "global".
    """

    PRUNING_TYPE = "unstructured"
    _tensor_name: str

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask for a tensor, or for scores in its place, on top of the mask there is already."""
        raise NotImplementedError(f"{type(self).__name__}: a pruning method defines compute_mask(t, default_mask).")

    def apply_mask(self, module: Module) -> Tensor:
        """The parameter with its mask."""
        original = getattr(module, self._tensor_name + "_orig")
        return getattr(module, self._tensor_name + "_mask").to(original.dtype) * original

    @classmethod
    def apply(
        cls, module: Module, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any
    ) -> BasePruningMethod:
        """Prune a parameter; what has been pruned of it before stays so.

        Args:
            importance_scores: of the parameter's shape, to choose by instead of the parameter itself.
        """
        method: BasePruningMethod = cls(*args, **kwargs)
        original: Any = getattr(module, name)
        scores = original if importance_scores is None else importance_scores
        if scores.shape != original.shape:
            raise ValueError(
                f"prune: importance_scores have shape {tuple(scores.shape)}, {name!r} has {tuple(original.shape)}."
            )
        method._tensor_name = name
        key, before = _hook(module, name)
        if before is None:
            default = create.ones_like(original.detach())
        else:
            method = PruningContainer(*(before if isinstance(before, PruningContainer) else (before,)), method)
            default = getattr(module, name + "_mask").detach().clone()
        with no_grad():
            mask = method.compute_mask(scores.detach(), default)
        if before is None:
            module.register_parameter(name + "_orig", module._parameters.pop(name))
        else:
            del module._forward_pre_hooks[key]
        module.register_buffer(name + "_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """A pruned copy of a tensor, without a module."""
        scores = t if importance_scores is None else importance_scores
        if scores.shape != t.shape:
            raise ValueError(f"prune: importance_scores have shape {tuple(scores.shape)}, the tensor {tuple(t.shape)}.")
        mask = create.ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(scores, mask)

    def remove(self, module: Module) -> None:
        """Leave the parameter as it is now, an ordinary one; the hook is taken out by `prune.remove`."""
        name = self._tensor_name
        weight = self.apply_mask(module).detach()
        delattr(module, name)
        original: Any = module._parameters.pop(name + "_orig")
        del module._buffers[name + "_mask"]
        original.data = weight  # the same object, for the optimizer
        setattr(module, name, original)


def _hook(module: Module, name: str) -> tuple[int, BasePruningMethod | None]:
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            return key, hook
    return -1, None


class PruningContainer(BasePruningMethod):
    """Several ways one after another on one parameter: each chooses among what those before have left."""

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        methods = args[0] if args and isinstance(args[0], Iterable) else args
        if not isinstance(methods, Iterable):
            methods = (methods,)
        for i, method in enumerate(methods):
            if i == 0 and isinstance(method, BasePruningMethod):
                self._tensor_name = method._tensor_name
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod | None) -> None:
        """Add one at the end."""
        if method is None:
            return
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"PruningContainer: needs a BasePruningMethod, got {type(method).__name__}.")
        if method._tensor_name != self._tensor_name:
            raise ValueError(
                f"PruningContainer: all methods must prune {self._tensor_name!r}, this one prunes {method._tensor_name!r}."
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Any:
        return iter(self._pruning_methods)

    def __getitem__(self, index: Any) -> Any:
        return self._pruning_methods[index]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Of the newest method, on what is left."""
        method: Any = self._pruning_methods[-1]
        mask = default_mask.to(t.dtype)
        if method.PRUNING_TYPE == "unstructured":
            left: Any = mask == 1
        elif method.PRUNING_TYPE == "structured":
            dim = range(t.ndim)[method.dim]
            left = (slice(None),) * dim + (mask.sum([d for d in range(t.ndim) if d != dim]) != 0,)
        elif method.PRUNING_TYPE == "global":
            left = ()
        else:
            raise ValueError(
                "PruningContainer: PRUNING_TYPE must be 'unstructured', 'structured' or 'global', got "
                f"{method.PRUNING_TYPE!r}."
            )
        mask[left] = method.compute_mask(t[left], default_mask=default_mask[left]).to(mask.dtype)
        return mask


# ---- the ways -------------------------------------------------------------------------------------------------------


class Identity(BasePruningMethod):
    """Prunes nothing, but gives the parameter its mask."""

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask


class CustomFromMask(BasePruningMethod):
    """Prunes where a given mask is 0."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask * self.mask.to(default_mask.dtype)


class _OfAmount(BasePruningMethod):
    """A number of entries, or a share of them in [0, 1]."""

    def __init__(self, amount: int | float) -> None:
        if not isinstance(amount, (int, float)):
            raise TypeError(f"prune: amount must be an int or a float, got {type(amount).__name__}.")
        if amount < 0 or (isinstance(amount, float) and amount > 1):
            raise ValueError(f"prune: amount must be a share in [0, 1] or a whole number of at least 0, got {amount}.")
        self.amount = amount

    def _count(self, n: int) -> int:
        """How many of n."""
        count = self.amount if isinstance(self.amount, int) else round(self.amount * n)
        if count > n:
            raise ValueError(f"prune: amount={self.amount} is more than the {n} there are to prune.")
        return count


class _Unstructured(_OfAmount):
    def _scores(self, t: Tensor) -> Tensor:
        """The lowest go."""
        return t.abs()

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        count = self._count(t.numel())
        mask = default_mask.clone()
        if count:
            mask.view(-1)[self._scores(t).reshape(-1).topk(count, largest=False).indices] = 0
        return mask


class L1Unstructured(_Unstructured):
    """Prunes the entries with the smallest |x|."""


class RandomUnstructured(_Unstructured):
    """Prunes entries at random."""

    def _scores(self, t: Tensor) -> Tensor:
        return sampling.rand_like(t)


class _Structured(_OfAmount):
    PRUNING_TYPE = "structured"

    def __init__(self, amount: int | float, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def _lengths(self, t: Tensor, others: list[int]) -> Tensor:
        """A number for each slice; those with the lowest go."""
        return sampling.rand(t.shape[self.dim])

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        if t.ndim <= 1:
            raise ValueError(f"prune: a tensor of shape {tuple(t.shape)} has no slices; it needs two axes or more.")
        if not -t.ndim <= self.dim < t.ndim:
            raise IndexError(f"prune: dim={self.dim} is out of range for a tensor of shape {tuple(t.shape)}.")
        dim = self.dim % t.ndim
        n = t.shape[dim]
        count = self._count(n)
        if not count:
            return default_mask
        kept = self._lengths(t, [d for d in range(t.ndim) if d != dim]).topk(n - count).indices
        mask = create.zeros_like(t)
        mask[(slice(None),) * dim + (kept,)] = 1
        return mask * default_mask.to(mask.dtype)


class RandomStructured(_Structured):
    """Prunes whole slices along `dim` at random."""


class LnStructured(_Structured):
    """Prunes the slices along `dim` with the smallest n-norm."""

    def __init__(self, amount: int | float, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _lengths(self, t: Tensor, others: list[int]) -> Tensor:
        return t.norm(self.n, others)


# ---- the same as functions ------------------------------------------------------------------------------------------


@in_own_name
def identity(module: Module, name: str) -> Module:
    """Give a parameter a mask that prunes nothing."""
    Identity.apply(module, name)
    return module


@in_own_name
def random_unstructured(module: Module, name: str, amount: int | float) -> Module:
    """Prune a number or share of a parameter's entries at random."""
    RandomUnstructured.apply(module, name, amount)
    return module


@in_own_name
def l1_unstructured(module: Module, name: str, amount: int | float, importance_scores: Tensor | None = None) -> Module:
    """Prune the entries with the smallest |x| (Han et al., arXiv:1506.02626)."""
    L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)
    return module


@in_own_name
def random_structured(module: Module, name: str, amount: int | float, dim: int) -> Module:
    """Prune whole slices along `dim` at random."""
    RandomStructured.apply(module, name, amount, dim)
    return module


@in_own_name
def ln_structured(
    module: Module, name: str, amount: int | float, n: Any, dim: int, importance_scores: Tensor | None = None
) -> Module:
    """Prune the slices along `dim` with the smallest n-norm (Li et al., arXiv:1608.08710)."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


@in_own_name
def custom_from_mask(module: Module, name: str, mask: Tensor) -> Module:
    """Prune where a mask is 0."""
    CustomFromMask.apply(module, name, mask)
    return module


@in_own_name
def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: type[BasePruningMethod],
    importance_scores: dict[tuple[Module, str], Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Prune entries of several parameters, chosen among all of them together.

    Args:
        parameters: (module, name) pairs. pruning_method: an unstructured one, made with **kwargs: L1Unstructured, amount=…
        importance_scores: by (module, name), to choose by instead of the parameters.
    """
    pairs, scores = list(parameters), importance_scores or {}
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f"global_unstructured: needs an unstructured method, {pruning_method.__name__} is {method.PRUNING_TYPE}."
        )
    if not pairs:
        raise ValueError("global_unstructured: there are no parameters.")
    tensors = [getattr(module, name) for module, name in pairs]
    masks = [getattr(m, n + "_mask", create.ones_like(t.detach())) for (m, n), t in zip(pairs, tensors)]
    method._tensor_name = "all"
    with no_grad():
        together = cat([scores.get(pair, t).detach().reshape(-1) for pair, t in zip(pairs, tensors)])
        mask = PruningContainer(method).compute_mask(together, cat([m.reshape(-1) for m in masks]))
    at = 0
    for (module, name), t in zip(pairs, tensors):
        custom_from_mask(module, name, mask[at : at + t.numel()].reshape(t.shape))
        at += t.numel()


@in_own_name
def remove(module: Module, name: str) -> Module:
    """An ordinary parameter again, of the value it has now, zeros included."""
    key, method = _hook(module, name)
    if method is None:
        raise ValueError(f"prune.remove: {name!r} of this {type(module).__name__} has not been pruned.")
    method.remove(module)
    del module._forward_pre_hooks[key]
    module._note_hooks()
    return module


@in_own_name
def is_pruned(module: Module) -> bool:
    """Whether any parameter of a module, or of those below, is pruned."""
    hooks = [hook for m in module.modules() for hook in m._forward_pre_hooks.values()]
    return any(isinstance(hook, BasePruningMethod) for hook in hooks)


__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]
