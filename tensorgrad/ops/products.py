"""Products of matrices, vectors and stacks of them.

A family that closes under differentiation: a product of matrices, transposed or not, has two of its own kind as
gradients. So has a contraction of labelled axes: `einsum.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape, axis, broadcast, mismatch
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .keywords import factors_first, numpy_words
from .promote import as_operand, cast, mixed_dtypes, number, paired, result_dtype

# ---- products of matrices -------------------------------------------------------------------------------------------


class Matmul(Function):
    """y = op(x) · op(z), where op exchanges the last two axes if tx or tz says so; leading axes broadcast.

    With X = op(x), Z = op(z) the gradients are g·Zᵀ towards X and Xᵀ·g towards Z: again two such products.
    """

    broadcasts = True
    serves = {"x": "z", "z": "x"}
    tx = tz = False

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).matmul(x, z, self.tx, self.tz)

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        tx, tz, to_z = self.tx, self.tz, self.inputs[1]
        gx = gz = None
        if z is not None:
            gx = product(tz, True)(z, grad) if tx else product(False, not tz)(grad, z)
        if x is not None:
            if grad.array.ndim > 2 and not tx and to_z is not None and len(to_z.shape) == 2:  # one matrix for all
                x, grad = as_rows(x), as_rows(grad)
            gz = product(True, tx)(grad, x) if tz else product(not tx, False)(x, grad)
        return gx, gz


class Mm(Matmul):
    """The same of two matrices, the most frequent product: with nothing to look up."""

    name = "matmul"

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).mm(x, z, self.tx, self.tz)


def matmul(input: TensorLike, other: TensorLike) -> Tensor:
    """input @ other: a product of matrices, vectors, or stacks of matrices.

    Shape: (…, m, k) @ (…, k, n) → (…, m, n), the leading axes broadcast; a vector stands for a row on the left, for a
    column on the right, and its axis is left out of the result: (k,) @ (k,) → (), (…, m, k) @ (k,) → (…, m),
    (k,) @ (…, k, n) → (…, n).
    """
    x, z = product_operands("matmul", input, other)
    try:
        if x.array.ndim == 2 == z.array.ndim:
            return Mm()(x, z)
        if x.array.ndim > 1 < z.array.ndim:
            return Matmul()(x, z)
        if z.array.ndim == 1 and x.array.ndim:
            return Mv()(x, z) if x.array.ndim > 1 else Dot()(x, z)
        if x.array.ndim == 1 and z.array.ndim > 1:
            return Mv(True)(z, x)
    except ValueError:
        raise ValueError(_matmul_mismatch("matmul", x.array.shape, z.array.shape)) from None
    raise ValueError(
        mismatch("matmul", "a single number is no matrix", "Use * for it.", input=x.array.shape, other=z.array.shape)
    )


def rmatmul(input: Tensor, other: TensorLike) -> Tensor:
    """other @ input."""
    return matmul(other, input)


def _matmul_mismatch(op: str, x: Shape, z: Shape) -> str:
    k, inner = x[-1], z[-2] if len(z) > 1 else z[0]
    if k != inner:
        which = "second to last" if len(z) > 1 else "only"
        what = f"the last axis of input has {k} entries, the {which} one of other {inner}"
        return mismatch(op, what, f"(…, m, {k}) needs (…, {k}, n). Transpose one with .mT?", input=x, other=z)
    return mismatch(op, "the leading axes do not broadcast", input=x, other=z)


def product(tx: bool, tz: bool) -> Matmul:
    """op(x)·op(z), not yet run."""
    op = Matmul()
    op.tx, op.tz = tx, tz
    return op


def product_operands(op: str, x: Any, z: Any, names: tuple[str, str] = ("input", "other")) -> tuple[Tensor, Tensor]:
    """The two operands of a product. Two tensors must have one dtype; an array beside a tensor is promoted with it."""
    both = isinstance(x, Tensor) and isinstance(z, Tensor)
    if both and x.array.dtype is z.array.dtype and x.array.dtype.kind != "b":
        return x, z
    first, second = names
    x, z = as_operand(op, x, first), as_operand(op, z, second)
    a, b = x.array.dtype, z.array.dtype
    if a != b:
        if both:
            raise mixed_dtypes(op, "weight", **{first: x, second: z})
        x, z = paired(op, x, z)
    if a.kind == "b":
        raise TypeError(f"{op}: bools have no product of matrices. Convert first: x.int() or x.float().")
    return x, z


def as_rows(x: Tensor) -> Tensor:
    """All but the last axis as one: (…, n) → (rows, n)."""
    return x.reshape(prod(x.array.shape[:-1]), x.array.shape[-1])


# ---- of operands with as many axes as the name says -------------------------------------------------------------------


class Mv(Function):
    """op(x) · z, a matrix (or many) times a vector."""

    broadcasts = True
    serves = {"x": "z", "z": "x"}

    def __init__(self, tx: bool = False) -> None:
        self.tx = tx

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).mv(x, z, self.tx)

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        gx = gz = None
        if z is not None:
            gx = grad.unsqueeze(-2) * z.unsqueeze(-1) if self.tx else grad.unsqueeze(-1) * z
        if x is not None:
            if x.array.ndim == 2:
                gz = Mv(not self.tx)(x, grad)
            else:
                gz = Mv(True)(as_rows(x.mT if self.tx else x), grad.reshape(-1))
        return gx, gz


def mv(input: TensorLike, vec: TensorLike) -> Tensor:
    """A matrix times a vector.  Shape: (m, k), (k,) → (m,)."""
    return _product("mv", input, vec, 2, 1)


class Dot(Function):
    """Σ xᵢ·zᵢ of two vectors."""

    serves = {"x": "z", "z": "x"}

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).dot(x, z)

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        return None if z is None else grad * z, None if x is None else grad * x


def dot(input: TensorLike, tensor: TensorLike) -> Tensor:
    """Σ inputᵢ·tensorᵢ of two vectors.  Shape: (k,), (k,) → ()."""
    return _product("dot", input, tensor, 1, 1)


def vdot(input: TensorLike, other: TensorLike) -> Tensor:
    """As `dot`: for real numbers there is nothing to conjugate."""
    return _product("vdot", input, other, 1, 1)


def mm(input: TensorLike, mat2: TensorLike) -> Tensor:
    """The product of two matrices; nothing broadcasts.  Shape: (m, k), (k, n) → (m, n)."""
    return _product("mm", input, mat2, 2, 2)


def bmm(input: TensorLike, mat2: TensorLike) -> Tensor:
    """The products of two stacks of matrices; nothing broadcasts.  Shape: (b, m, k), (b, k, n) → (b, m, n)."""
    return _product("bmm", input, mat2, 3, 3)


def _product(op: str, input: Any, other: Any, m: int, n: int) -> Tensor:
    """A product of operands that must have m and n axes."""
    x, z = product_operands(op, input, other)
    a, b = x.array.shape, z.array.shape
    if len(a) != m or len(b) != n:
        kinds = {1: "a vector", 2: "a matrix", 3: "a stack of matrices (b, m, k)"}
        what = f"needs {kinds[m]} and {kinds[n]}, got {len(a)} and {len(b)} axes"
        raise ValueError(mismatch(op, what, "matmul takes any number of axes and broadcasts.", input=a, other=b))
    if a[-1] != b[-2 if n > 1 else 0]:
        raise ValueError(_matmul_mismatch(op, a, b))
    if m == 3 and a[0] != b[0]:
        raise ValueError(mismatch(op, "different numbers of matrices", "matmul broadcasts.", input=a, other=b))
    return Dot()(x, z) if m == 1 else Mv()(x, z) if n == 1 else Matmul()(x, z)


def inner(input: TensorLike, other: TensorLike) -> Tensor:
    """Σ over the last axis of both.  Shape: (…, k), (…′, k) → (…, …′); a 0-d tensor multiplies."""
    x, z = product_operands("inner", input, other)
    a, b = x.array.shape, z.array.shape
    if not a or not b:
        return x * z
    if a[-1] != b[-1]:
        raise ValueError(mismatch("inner", "the last axes differ", "They are summed over together.", input=a, other=b))
    return product(False, True)(as_rows(x), as_rows(z)).reshape(*a[:-1], *b[:-1])


def outer(input: TensorLike, vec2: TensorLike) -> Tensor:
    """yᵢⱼ = inputᵢ·vec2ⱼ.  Shape: (m,), (n,) → (m, n)."""
    x, z = as_operand("outer", input), as_operand("outer", vec2, "vec2")
    if x.array.ndim != 1 or z.array.ndim != 1:
        cure = "Flatten them first, or use x[..., :, None] * z[..., None, :]."
        raise ValueError(mismatch("outer", "needs two vectors", cure, input=x.array.shape, vec2=z.array.shape))
    return x.reshape(-1, 1) * z


ger = outer


# ---- products and sums ----------------------------------------------------------------------------------------------


@factors_first("beta", "alpha", tensors=2)
def addmm(input: TensorLike, mat1: TensorLike, mat2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta·input + alpha·(mat1 @ mat2).  Shape: input broadcasts to (m, n), mat1 (m, k), mat2 (k, n)."""
    return _added("addmm", input, _product("addmm", mat1, mat2, 2, 2), beta, alpha)


@factors_first("beta", "alpha", tensors=2)
def addmv(input: TensorLike, mat: TensorLike, vec: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta·input + alpha·(mat @ vec).  Shape: input broadcasts to (m,), mat (m, k), vec (k,)."""
    return _added("addmv", input, _product("addmv", mat, vec, 2, 1), beta, alpha)


@factors_first("beta", "alpha", tensors=2)
def baddbmm(input: TensorLike, batch1: TensorLike, batch2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta·input + alpha·(batch1 @ batch2).  Shape: input broadcasts to (b, m, n), (b, m, k), (b, k, n)."""
    return _added("baddbmm", input, _product("baddbmm", batch1, batch2, 3, 3), beta, alpha)


@factors_first("beta", "alpha", tensors=2)
def addbmm(input: TensorLike, batch1: TensorLike, batch2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta·input + alpha·Σ batch1[b] @ batch2[b].  Shape: input broadcasts to (m, n), (b, m, k), (b, k, n)."""
    products = _product("addbmm", batch1, batch2, 3, 3)
    return _added("addbmm", input, products.sum(0, dtype=products.dtype), beta, alpha)


@factors_first("beta", "alpha", tensors=2)
@in_own_name
def addr(input: TensorLike, vec1: TensorLike, vec2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta·input + alpha·(vec1 ⊗ vec2).  Shape: input broadcasts to (m, n), vec1 (m,), vec2 (n,)."""
    x, beta, alpha = as_operand("addr", input), number("addr", "beta", beta), number("addr", "alpha", alpha)
    product = outer(vec1, vec2)
    if x.array.dtype.kind == "b" and product.array.dtype.kind == "b":
        return (x & bool(beta)) | (product & bool(alpha))
    dtype = result_dtype("addr", x, product)
    return _added("addr", cast(x, dtype), cast(product, dtype), beta, alpha)


def _added(op: str, input: Any, product: Tensor, beta: Any, alpha: Any) -> Tensor:
    """beta·input + alpha·product; where beta is 0 not even a nan of input comes through."""
    x, beta, alpha = as_operand(op, input), number(op, "beta", beta), number(op, "alpha", alpha)
    if x.array.dtype != product.array.dtype:
        raise mixed_dtypes(op, "product", input=input, product=product)
    if x.array.dtype.kind in "iu" and not (float(alpha).is_integer() and float(beta).is_integer()):
        raise TypeError(f"{op}: with integers beta and alpha must be whole, got {beta} and {alpha}.")
    if x.array.dtype.kind in "iu":
        alpha, beta = int(alpha), int(beta)
    shape = product.array.shape
    if broadcast(op, input=x.array.shape, product=shape) != shape:
        cure = "Only input is broadcast here, not the product."
        raise ValueError(mismatch(op, "input is larger than the product", cure, input=x.array.shape, product=shape))
    if alpha != 1:
        product = product * alpha
    if beta == 0:
        if not x.requires_grad:
            return product
        x, beta = x.masked_fill(Tensor._of(on(x.array).full((), True, bool)), 0), 1  # whose gradient is 0, not missing
    return (x if beta == 1 else x * beta) + product


# ---- several matrices -------------------------------------------------------------------------------------------------


@in_own_name
def chain_matmul(*matrices: TensorLike | Sequence[TensorLike]) -> Tensor:
    """The product of several matrices, in the order of fewest multiplications; see `linalg.multi_dot`."""
    tensors: Any = matrices[0] if len(matrices) == 1 and isinstance(matrices[0], (list, tuple)) else matrices
    if len(tensors) == 1:
        x = as_operand("chain_matmul", tensors[0])
        if x.array.ndim != 2:
            raise ValueError(f"chain_matmul: needs matrices, tensor 0 has shape {tuple(x.array.shape)}.")
        return x
    return multi_dot(tensors, op="chain_matmul")


@in_own_name
def multi_dot(tensors: Sequence[TensorLike], *, op: str = "multi_dot") -> Tensor:
    """A · B · C · …, in the order of fewest multiplications (Cormen et al., Introduction to Algorithms, 14.2).

    Shape: matrices that fit each other; the first may be a vector (a row), the last too (a column).
    """
    if isinstance(tensors, Tensor) or not isinstance(tensors, Sequence):
        raise TypeError(f"{op}: tensors must be a list or tuple of tensors, got {type(tensors).__name__}.")
    chain = [as_operand(op, x, f"tensor {i}") for i, x in enumerate(tensors)]
    if len(chain) < 2:
        raise ValueError(f"{op}: needs at least two tensors, got {len(chain)}.")
    for i, x in enumerate(chain):
        least = 1 if i in (0, len(chain) - 1) else 2
        if not least <= x.array.ndim <= 2:
            raise ValueError(
                f"{op}: tensor {i} has {x.array.ndim} axes, shape {tuple(x.array.shape)}; needs a matrix"
                + (" (or, at the ends, a vector)." if least == 1 else ".")
            )
    first, last = chain[0].array.ndim == 1, chain[-1].array.ndim == 1
    if first:
        chain[0] = chain[0].reshape(1, -1)
    if last:
        chain[-1] = chain[-1].reshape(-1, 1)
    sizes = [x.array.shape[0] for x in chain] + [chain[-1].array.shape[1]]
    for x, z in zip(chain, chain[1:]):
        if x.array.shape[1] != z.array.shape[0]:
            raise ValueError(_matmul_mismatch(op, x.array.shape, z.array.shape))
    split = _best_splits(tuple(sizes))

    y = _chained(chain, split, 0, len(chain) - 1)
    if first and last:
        return y.reshape(())
    return y.reshape(-1) if first or last else y


def _chained(chain: list[Tensor], split: dict[tuple[int, int], int], i: int, j: int) -> Tensor:
    """The product of the matrices i … j."""
    if i == j:
        return chain[i]
    k = split[i, j]
    return mm(_chained(chain, split, i, k), _chained(chain, split, k + 1, j))


@lru_cache
def _best_splits(sizes: Shape) -> dict[tuple[int, int], int]:
    """For matrices i to j of a chain, after which one to split it; matrix i is (sizes[i], sizes[i + 1])."""
    n = len(sizes) - 1
    cost = {(i, i): 0 for i in range(n)}
    split = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            costs = [(cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)]
            cost[i, j], split[i, j] = min(costs)
    return split


# ---- other products ---------------------------------------------------------------------------------------------------


def kron(input: TensorLike, other: TensorLike) -> Tensor:
    """The Kronecker product: every element of input times the whole of other.

    Shape: (a₁, …), (b₁, …) → (a₁·b₁, …); the one with fewer axes gets ones in front.
    """
    x, z = as_operand("kron", input), as_operand("kron", other, "other")
    n = max(x.array.ndim, z.array.ndim)
    a = (1,) * (n - x.array.ndim) + x.array.shape
    b = (1,) * (n - z.array.ndim) + z.array.shape
    y = x.reshape([s for k in a for s in (k, 1)]) * z.reshape([s for k in b for s in (1, k)])
    return y.reshape([i * j for i, j in zip(a, b)])


class Cross(Function):
    """x × z along an axis of three; ⟨g, x × z⟩ = ⟨z × g, x⟩ = ⟨g × x, z⟩ gives the gradients."""

    broadcasts = True
    serves = {"x": "z", "z": "x"}

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).cross(x, z, self.axis)

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        return None if z is None else Cross(self.axis)(z, grad), None if x is None else Cross(self.axis)(grad, x)


@numpy_words
def cross(input: TensorLike, other: TensorLike, dim: int | None = None) -> Tensor:
    """The vector product along `dim`, an axis of size 3 (the first such one if None).  Shape: broadcast."""
    x, z = product_operands("cross", input, other)
    a, b = x.array.shape, z.array.shape
    if len(a) != len(b) or not a:
        cure = "Give the shorter one axes of size 1: it is broadcast along them."
        raise ValueError(mismatch("cross", "needs two tensors of as many axes", cure, input=a, other=b))
    full = broadcast("cross", input=a, other=b)
    if dim is None:
        found = [i for i, n in enumerate(full) if n == 3]
        if not found:
            raise ValueError(mismatch("cross", "no axis has size 3", "Vectors have 3 entries here.", input=a, other=b))
        d = found[0]
    else:
        d = axis("cross", dim, len(a))
    if a[d] != 3 or b[d] != 3:
        cure = "Vectors have 3 entries here; choose dim."
        raise ValueError(mismatch("cross", f"dim {d} is not of size 3 in both", cure, input=a, other=b))
    return Cross(d - len(a))(x, z)


@numpy_words
def vecdot(x: TensorLike, y: TensorLike, *, dim: int = -1) -> Tensor:
    """Σ x·y along `dim`.  Shape: broadcast, without `dim`."""
    a, b = as_operand("vecdot", x, "x"), as_operand("vecdot", y, "y")
    shape = broadcast("vecdot", x=a.array.shape, y=b.array.shape)
    d = axis("vecdot", dim, len(shape))
    return (a * b).sum(d)


__all__ = [
    "addbmm", "addmm", "addmv", "addr", "baddbmm", "bmm", "chain_matmul", "cross", "dot", "ger", "inner", "kron",
    "matmul", "mm", "mv", "outer", "vdot",
]  # fmt: skip
