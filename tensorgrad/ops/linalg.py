"""Products of matrices, triangles and diagonals, norms and distances. (Factorisations: `decompose.py`.)

A family that closes under differentiation: a product of matrices, transposed or not, has two of its own kind as
gradients. So has a contraction of labelled axes: `einsum.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import inf, prod
from typing import Any

from .. import dtypes
from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape, axes, axis, broadcast, integer, mismatch
from ..tensor import Tensor
from .keywords import also, factors_first, in_own_name, numpy_words, renamed
from .promote import as_operand, cast, needs_floating, number, paired, result_dtype, same_dtype

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
                x, grad = rows(x), rows(grad)
            gz = product(True, tx)(grad, x) if tz else product(not tx, False)(x, grad)
        return gx, gz


class Mm(Matmul):
    """The same of two matrices, the most frequent product: with nothing to look up."""

    name = "matmul"

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).mm(x, z, self.tx, self.tz)


def product(tx: bool, tz: bool) -> Matmul:
    """op(x)·op(z), not yet run."""
    op = Matmul()
    op.tx, op.tz = tx, tz
    return op


class Linear(Function):
    """y = x·wᵀ + bias."""

    serves = {"x": "w", "w": "x"}

    def forward(self, x: Any, w: Any, bias: Any) -> Any:
        return on(x).linear(x, w, bias)

    def backward(self, grad: Tensor, x: Any, w: Any) -> Any:
        gx = None if w is None else Matmul()(grad, w)
        grad = grad if grad.array.ndim == 2 else rows(grad)
        gw = None if x is None else product(True, False)(grad, x if x.array.ndim == 2 else rows(x))
        return gx, gw, grad.sum(0) if self.needs[2] else None


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
                gz = Mv(True)(rows(x.mT if self.tx else x), grad.reshape(-1))
        return gx, gz


class Dot(Function):
    """Σ xᵢ·zᵢ of two vectors."""

    serves = {"x": "z", "z": "x"}

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).dot(x, z)

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        return None if z is None else grad * z, None if x is None else grad * x


def rows(x: Tensor) -> Tensor:
    """All but the last axis as one: (…, n) → (rows, n)."""
    return x.reshape(prod(x.array.shape[:-1]), x.array.shape[-1])


def alike(op: str, x: Any, z: Any, names: tuple[str, str] = ("input", "other")) -> tuple[Tensor, Tensor]:
    """The two operands of a product. Two tensors must have one dtype; an array beside a tensor is promoted with it."""
    both = isinstance(x, Tensor) and isinstance(z, Tensor)
    if both and x.array.dtype is z.array.dtype and x.array.dtype.kind != "b":
        return x, z
    first, second = names
    x, z = as_operand(op, x, first), as_operand(op, z, second)
    a, b = x.array.dtype, z.array.dtype
    if a != b:
        if both:
            narrow, wide = (first, second) if dtypes.promote_types(x.dtype, z.dtype) == z.dtype else (second, first)
            raise TypeError(
                f"{op}: {first} is {x.dtype}, {second} {z.dtype}; a product needs one dtype. "
                f"Convert: {narrow}.to({wide}.dtype)."
            )
        x, z = paired(op, x, z)
    if a.kind == "b":
        raise TypeError(f"{op}: bools have no product of matrices. Convert first: x.int() or x.float().")
    return x, z


def matmul(input: Any, other: Any) -> Tensor:
    """input @ other: a product of matrices, vectors, or stacks of matrices.

    Shape: (…, m, k) @ (…, k, n) → (…, m, n), the leading axes broadcast; a vector stands for a row on the left, for a
    column on the right, and its axis is left out of the result: (k,) @ (k,) → (), (…, m, k) @ (k,) → (…, m),
    (k,) @ (…, k, n) → (…, n).
    """
    x, z = alike("matmul", input, other)
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


def _matmul_mismatch(op: str, x: Shape, z: Shape) -> str:
    k, inner = x[-1], z[-2] if len(z) > 1 else z[0]
    if k != inner:
        which = "second to last" if len(z) > 1 else "only"
        what = f"the last axis of input has {k} entries, the {which} one of other {inner}"
        return mismatch(op, what, f"(…, m, {k}) needs (…, {k}, n). Transpose one with .mT?", input=x, other=z)
    return mismatch(op, "the leading axes do not broadcast", input=x, other=z)


def rmatmul(input: Tensor, other: Any) -> Tensor:
    """other @ input."""
    return matmul(other, input)


def mm(input: Any, mat2: Any) -> Tensor:
    """The product of two matrices; nothing broadcasts.  Shape: (m, k), (k, n) → (m, n)."""
    return _product("mm", input, mat2, 2, 2)


def bmm(input: Any, mat2: Any) -> Tensor:
    """The products of two stacks of matrices; nothing broadcasts.  Shape: (b, m, k), (b, k, n) → (b, m, n)."""
    return _product("bmm", input, mat2, 3, 3)


def mv(input: Any, vec: Any) -> Tensor:
    """A matrix times a vector.  Shape: (m, k), (k,) → (m,)."""
    return _product("mv", input, vec, 2, 1)


def dot(input: Any, tensor: Any) -> Tensor:
    """Σ inputᵢ·tensorᵢ of two vectors.  Shape: (k,), (k,) → ()."""
    return _product("dot", input, tensor, 1, 1)


def vdot(input: Any, other: Any) -> Tensor:
    """As `dot`: for real numbers there is nothing to conjugate."""
    return _product("vdot", input, other, 1, 1)


def _product(op: str, input: Any, other: Any, m: int, n: int) -> Tensor:
    """A product of operands that must have m and n axes."""
    x, z = alike(op, input, other)
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


def inner(input: Any, other: Any) -> Tensor:
    """Σ over the last axis of both.  Shape: (…, k), (…′, k) → (…, …′); a 0-d tensor multiplies."""
    x, z = alike("inner", input, other)
    a, b = x.array.shape, z.array.shape
    if not a or not b:
        return x * z
    if a[-1] != b[-1]:
        raise ValueError(mismatch("inner", "the last axes differ", "They are summed over together.", input=a, other=b))
    return product(False, True)(rows(x), rows(z)).reshape(*a[:-1], *b[:-1])


def outer(input: Any, vec2: Any) -> Tensor:
    """yᵢⱼ = inputᵢ·vec2ⱼ.  Shape: (m,), (n,) → (m, n)."""
    x, z = as_operand("outer", input), as_operand("outer", vec2, "vec2")
    if x.array.ndim != 1 or z.array.ndim != 1:
        cure = "Flatten them first, or use x[..., :, None] * z[..., None, :]."
        raise ValueError(mismatch("outer", "needs two vectors", cure, input=x.array.shape, vec2=z.array.shape))
    return x.reshape(-1, 1) * z


ger = outer


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """y = x·Wᵀ + b.

    Shape: input (…, in), weight (out, in) or (in,), bias (out,) or () → (…, out), or (…) for a weight of one axis.
    """
    x, w = alike("linear", input, weight, ("input", "weight"))
    if bias is None:
        if w.array.ndim == 1:
            try:
                return matmul(x, w)
            except ValueError as error:
                raise renamed("linear", error) from None
        try:
            return product(False, True)(x, w) if x.array.ndim > 1 else Mv()(w, x)
        except ValueError:
            raise ValueError(_linear_mismatch(x.array.shape, w.array.shape)) from None
    b = bias if isinstance(bias, Tensor) else as_operand("linear", bias, "bias")
    a, c, d = x.array.shape, w.array.shape, b.array.shape
    if len(c) != 2 or not a or a[-1] != c[1] or d != c[:1] and d not in ((1,), ()):
        raise ValueError(_linear_mismatch(a, c, d))
    if b.array.dtype != x.array.dtype:
        raise TypeError(f"linear: input is {x.dtype}, bias {b.dtype}; they need one dtype. Convert one with .to(…).")
    if d != c[:1]:
        b = b.expand(c[0])
    return Linear()(x, w, b) if len(a) > 1 else Linear()(x.unsqueeze(0), w, b).squeeze(0)


def _linear_mismatch(x: Shape, w: Shape, b: Shape | None = None) -> str:
    what, cure = "the shapes do not fit", "x·Wᵀ + b needs (…, in), (out, in) and (out,)."
    if x and len(w) == 2 and x[-1] != w[1]:
        what = f"input has {x[-1]} features, weight expects {w[1]}"
        cure = f"Build the weight as (out, {x[-1]}), or give input {w[1]} features."
    shapes = {"input  (…, in)  ": x, "weight (out, in)": w}
    if b is not None:
        shapes["bias   (out,)   "] = b
    return mismatch("linear", what, cure, **shapes)


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Tensor:
    """yₒ = x₁ᵀ·Wₒ·x₂ + bₒ.  Shape: (…, m), (…, n), weight (out, m, n), bias (out,) → (…, out)."""
    from .einsum import einsum

    x, z = alike("bilinear", input1, input2, ("input1", "input2"))
    w = as_operand("bilinear", weight, "weight")
    a, b, c = x.array.shape, z.array.shape, w.array.shape
    if len(c) != 3 or not a or not b or a[:-1] != b[:-1] or (a[-1], b[-1]) != c[1:]:
        cure = "Needs (…, m), (…, n) with equal leading axes, and weight (out, m, n)."
        raise ValueError(mismatch("bilinear", "the shapes do not fit", cure, input1=a, input2=b, weight=c))
    bias = None if bias is None else as_operand("bilinear", bias, "bias")
    if bias is not None and bias.array.shape != (c[0],):
        raise ValueError(mismatch("bilinear", "bias has one number per output", weight=c, bias=bias.array.shape))
    same_dtype("bilinear", input=x, weight=w, **({} if bias is None else {"bias": bias}))
    x, z = rows(x), rows(z)
    y = einsum("bm,omn,bn->bo", x, w, z).reshape(*a[:-1], c[0])
    return y if bias is None else y + bias


# ---- products and sums ----------------------------------------------------------------------------------------------


@factors_first("beta", "alpha", tensors=2)
def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """beta·input + alpha·(mat1 @ mat2).  Shape: input broadcasts to (m, n), mat1 (m, k), mat2 (k, n)."""
    return _added("addmm", input, _product("addmm", mat1, mat2, 2, 2), beta, alpha)


@factors_first("beta", "alpha", tensors=2)
def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """beta·input + alpha·(mat @ vec).  Shape: input broadcasts to (m,), mat (m, k), vec (k,)."""
    return _added("addmv", input, _product("addmv", mat, vec, 2, 1), beta, alpha)


@factors_first("beta", "alpha", tensors=2)
def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """beta·input + alpha·(batch1 @ batch2).  Shape: input broadcasts to (b, m, n), (b, m, k), (b, k, n)."""
    return _added("baddbmm", input, _product("baddbmm", batch1, batch2, 3, 3), beta, alpha)


@factors_first("beta", "alpha", tensors=2)
def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """beta·input + alpha·Σ batch1[b] @ batch2[b].  Shape: input broadcasts to (m, n), (b, m, k), (b, k, n)."""
    products = _product("addbmm", batch1, batch2, 3, 3)
    return _added("addbmm", input, products.sum(0, dtype=products.dtype), beta, alpha)


@factors_first("beta", "alpha", tensors=2)
@in_own_name
def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
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
        raise TypeError(
            f"{op}: input is {x.dtype}, the product {product.dtype}; they need one dtype. Convert input: x.to(…)."
        )
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
        return product
    return (x if beta == 1 else x * beta) + product


@in_own_name
def chain_matmul(*matrices: Any) -> Tensor:
    """The product of several matrices, in the order of fewest multiplications; see `linalg.multi_dot`."""
    tensors = matrices[0] if len(matrices) == 1 and isinstance(matrices[0], (list, tuple)) else matrices
    if len(tensors) == 1:
        x = as_operand("chain_matmul", tensors[0])
        if x.array.ndim != 2:
            raise ValueError(f"chain_matmul: needs matrices, tensor 0 has shape {tuple(x.array.shape)}.")
        return x
    return multi_dot(tensors, op="chain_matmul")


def multi_dot(tensors: Any, *, op: str = "multi_dot") -> Tensor:
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

    def product(i: int, j: int) -> Tensor:
        if i == j:
            return chain[i]
        k = split[i, j]
        return mm(product(i, k), product(k + 1, j))

    y = product(0, len(chain) - 1)
    if first and last:
        return y.reshape(())
    return y.reshape(-1) if first or last else y


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


def kron(input: Any, other: Any) -> Tensor:
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
def cross(input: Any, other: Any, dim: Any = None) -> Tensor:
    """The vector product along `dim`, an axis of size 3 (the first such one if None).  Shape: broadcast."""
    x, z = alike("cross", input, other)
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
def vecdot(x: Any, y: Any, *, dim: int = -1) -> Tensor:
    """Σ x·y along `dim`.  Shape: broadcast, without `dim`."""
    a, b = as_operand("vecdot", x, "x"), as_operand("vecdot", y, "y")
    shape = broadcast("vecdot", x=a.array.shape, y=b.array.shape)
    d = axis("vecdot", dim, len(shape))
    return (a * b).sum(d)


# ---- triangles and diagonals ----------------------------------------------------------------------------------------


class Tril(Function):
    """x on and below the k-th diagonal, zeros above."""

    def __init__(self, k: int) -> None:
        self.k = k

    def forward(self, x: Any) -> Any:
        return on(x).tril(x, self.k)

    def backward(self, grad: Tensor) -> Tensor:
        return Tril(self.k)(grad)


class Triu(Function):
    """x on and above the k-th diagonal, zeros below."""

    def __init__(self, k: int) -> None:
        self.k = k

    def forward(self, x: Any) -> Any:
        return on(x).triu(x, self.k)

    def backward(self, grad: Tensor) -> Tensor:
        return Triu(self.k)(grad)


class Diagonal(Function):
    """The offset-th diagonal of the plane of two axes, as the last axis."""

    is_view = True

    def __init__(self, offset: int, axis1: int, axis2: int) -> None:
        self.place = offset, axis1, axis2

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return on(x).diagonal(x, *self.place)

    def backward(self, grad: Tensor) -> Tensor:
        return EmbedDiagonal(self.before, *self.place)(grad)


class EmbedDiagonal(Function):
    """Zeros of a shape with x on a diagonal."""

    def __init__(self, shape: Shape, offset: int, axis1: int, axis2: int) -> None:
        self.to, self.place = shape, (offset, axis1, axis2)

    def forward(self, x: Any) -> Any:
        return on(x).embed_diagonal(x, self.to, *self.place)

    def backward(self, grad: Tensor) -> Tensor:
        return Diagonal(*self.place)(grad)


def tril(input: Any, diagonal: int = 0) -> Tensor:
    """The lower triangle: zeros above the given diagonal (0 the main one, 1 above it).  Shape: (…, m, n) → the same."""
    return Tril(_at_diagonal("tril", diagonal))(_matrices("tril", input))


def triu(input: Any, diagonal: int = 0) -> Tensor:
    """The upper triangle: zeros below the given diagonal (0 the main one, 1 above it).  Shape: (…, m, n) → the same."""
    return Triu(_at_diagonal("triu", diagonal))(_matrices("triu", input))


def _at_diagonal(op: str, k: Any) -> int:
    return integer(op, "diagonal", k)


def _matrices(op: str, x: Any) -> Tensor:
    t = as_operand(op, x)
    if t.array.ndim < 2:
        raise ValueError(f"{op}: needs a matrix (…, m, n), got {t.array.ndim} axes, shape {tuple(t.array.shape)}.")
    return t


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of the plane of two axes, as the last axis.  A view.

    Shape: the two axes are left out, min(n₁, n₂ − offset) entries come last.
    """
    x = as_operand("diagonal", input)
    n = x.array.ndim
    if n < 2:
        raise ValueError(f"diagonal: needs at least two axes, got shape {tuple(x.array.shape)}.")
    a, b = axis("diagonal", dim1, n), axis("diagonal", dim2, n)
    if a == b:
        raise ValueError(f"diagonal: dim1 and dim2 are the same axis, {dim1} and {dim2}.")
    return Diagonal(_at_diagonal("diagonal", offset), a, b)(x)


@in_own_name
def diag(input: Any, diagonal: int = 0) -> Tensor:
    """A vector as a diagonal matrix; of a matrix, its diagonal.  Shape: (n,) → (n, n) or (m, n) → (min(m, n),)."""
    x = as_operand("diag", input)
    if x.array.ndim == 1:
        return diag_embed(x, diagonal)
    if x.array.ndim == 2:
        return Diagonal(_at_diagonal("diag", diagonal), 0, 1)(x).clone()
    raise ValueError(
        f"diag: needs a vector or a matrix, got shape {tuple(x.array.shape)}. For stacks: diagonal or diag_embed."
    )


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The last axis as the diagonal of a square of two new axes.  Shape: (…, n) → (…, n + |offset|, n + |offset|)."""
    x = as_operand("diag_embed", input)
    shape = x.array.shape
    if not shape:
        raise ValueError("diag_embed: needs at least one axis, got a 0-d tensor; reshape(1) first.")
    k = _at_diagonal("diag_embed", offset)
    a, b = axis("diag_embed", dim1, len(shape), 1), axis("diag_embed", dim2, len(shape), 1)
    if a == b:
        raise ValueError(f"diag_embed: dim1 and dim2 are the same axis, {dim1} and {dim2}.")
    to = list(shape[:-1])
    for i in sorted((a, b)):
        to.insert(i, shape[-1] + abs(k))
    return EmbedDiagonal(tuple(to), k, a, b)(x)


@in_own_name
def diagflat(input: Any, offset: int = 0) -> Tensor:
    """All elements, in order, on the diagonal of a square matrix."""
    return diag_embed(as_operand("diagflat", input).reshape(-1), offset)


def trace(input: Any) -> Tensor:
    """Σ of the diagonal.  Shape: (m, n) → ().  Integers add up in int64."""
    x = as_operand("trace", input)
    if x.array.ndim != 2:
        cure = "For a stack: x.diagonal(0, -2, -1).sum(-1)."
        raise ValueError(f"trace: needs a matrix, got shape {tuple(x.array.shape)}. {cure}")
    if x.array.dtype.kind == "b":
        raise TypeError("trace: bools do not add up. Convert first: x.int().")
    return Diagonal(0, 0, 1)(x).sum()


class BlockDiag(Function):
    """Blocks along the diagonal, zeros elsewhere."""

    def forward(self, *blocks: Any) -> Any:
        self.sizes = [b.shape for b in blocks]
        shape = sum(s[0] for s in self.sizes), sum(s[1] for s in self.sizes)
        return on(blocks[0]).block_diag(shape, *blocks)

    def backward(self, grad: Tensor) -> Any:
        grads = []
        i = j = 0
        for m, n in self.sizes:
            grads.append(grad[i : i + m, j : j + n])
            i, j = i + m, j + n
        return tuple(grads)


def block_diag(*tensors: Any) -> Tensor:
    """A matrix with the given ones along its diagonal; a vector counts as a row, a number as (1, 1)."""
    if not tensors:
        raise ValueError("block_diag: needs at least one tensor.")
    blocks = [as_operand("block_diag", x, f"tensor {i}") for i, x in enumerate(tensors)]
    for i, b in enumerate(blocks):
        if b.array.ndim > 2:
            raise ValueError(f"block_diag: tensor {i} has shape {tuple(b.array.shape)}; at most two axes.")
    dtype = dtypes.of_array(blocks[0].array)
    for b in blocks:
        dtype = dtypes.promote_types(dtype, b.dtype)
    return BlockDiag()(*[cast(b if b.array.ndim == 2 else b.reshape(1, -1), dtype) for b in blocks])


# ---- norms and distances --------------------------------------------------------------------------------------------


class VectorNorm(Function):
    """(Σ|x|ᵖ)^(1/p) along some axes. At 0, where it has a corner, the gradient is 0; the largest share theirs."""

    def __init__(self, p: float, axes: Shape, keepdim: bool) -> None:
        self.p, self.axes, self.keepdim = p, axes, bool(keepdim)

    def forward(self, x: Any) -> Any:
        return on(x).vector_norm(x, self.p, self.axes, self.keepdim)

    def backward(self, grad: Tensor, x: Tensor, out: Tensor) -> Any:
        p = self.p
        if p == 0:
            return x * 0
        if not self.keepdim:
            kept = [1 if i in self.axes else n for i, n in enumerate(x.array.shape)]
            grad, out = grad.reshape(kept), out.reshape(kept)
        if p == 1:
            return grad * x.sign()
        if p in (inf, -inf):
            largest = (x.abs() == out).to(x.dtype)
            return x.sign() * largest * (grad / largest.sum(self.axes, keepdim=True))
        if p == 2:
            return x * (grad / out.masked_fill(out == 0, inf))
        magnitude = x.abs()
        slope = x.sign() * magnitude.masked_fill(magnitude == 0, 1) ** (p - 1)
        if p > 0:  # then 0 only where all of x is, and so the slope
            out = out.masked_fill(out == 0, 1)
        return slope * (grad * out ** (1 - p))


@also(input="x", axis="dim", keepdims="keepdim")
def vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """(Σ|x|ᵖ)^(1/p) with p = ord, over `dim` (all of them, flattened, if None).

    Args:
        ord: any number; ±inf gives the largest or smallest magnitude, 0 counts what is not 0.
        dtype: convert to it first.
    """
    return _vector_norm("vector_norm", x, ord, dim, keepdim, dtype)


def _vector_norm(op: str, x: Any, p: Any, dim: Any, keepdim: bool, dtype: Any = None) -> Tensor:
    t = needs_floating(op, x)
    if not isinstance(p, (int, float)):
        raise TypeError(f"{op}: ord must be a number, got {p!r}. 'fro' and 'nuc' are norms of matrices.")
    if dtype is not None:
        t = cast(t, _floating_dtype(op, dtype))
    over = axes(op, dim, t.array.ndim)
    if (p < 0 or p == inf) and any(t.array.shape[i] == 0 for i in over):
        raise ValueError(
            f"{op}: the {p} norm of nothing has no value; shape {tuple(t.array.shape)} is empty along {list(over)}."
        )
    return VectorNorm(float(p), over, keepdim)(t)


def _floating_dtype(op: str, dtype: Any) -> dtypes.dtype:
    d = dtypes.as_dtype(dtype)
    if not d.is_floating_point:
        raise TypeError(f"{op}: dtype must be a floating one, got {d}.")
    return d


@also(input="A", axis="dim", keepdims="keepdim")
@in_own_name
def matrix_norm(A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """A norm of matrices.

    Args:
        ord: 'fro' √Σaᵢⱼ², 'nuc' Σσᵢ, 2 and −2 the largest and smallest singular value σ, 1 and −1 the largest and
            smallest column Σ|aᵢⱼ|, inf and −inf the same of rows.
        dim: the two axes (rows, columns).
    """
    return _matrix_norm("matrix_norm", A, ord, dim, keepdim, dtype)


def _matrix_norm(op: str, A: Any, p: Any, dim: Any, keepdim: bool, dtype: Any = None) -> Tensor:
    from .decompose import svdvals

    t = needs_floating(op, A)
    if dtype is not None:
        t = cast(t, _floating_dtype(op, dtype))
    n = t.array.ndim
    if n < 2:
        raise ValueError(f"{op}: needs a matrix (…, m, n), got shape {tuple(t.array.shape)}.")
    if not isinstance(dim, (tuple, list)) or len(dim) != 2:
        raise ValueError(f"{op}: dim must be two axes (rows, columns), got {dim!r}.")
    i, j = axis(op, dim[0], n), axis(op, dim[1], n)
    if i == j:
        raise ValueError(f"{op}: dim {tuple(dim)} names one axis twice.")
    if isinstance(p, Tensor):
        p = number(op, "ord", p)
    if p == "fro":
        return VectorNorm(2.0, (i, j), keepdim)(t)
    if p not in ("nuc", 1, -1, 2, -2, inf, -inf):
        raise ValueError(f"{op}: ord {p!r} is not a norm of matrices; choose 'fro', 'nuc', ±1, ±2 or ±inf.")
    along = {1: (i, j), inf: (j, i)}.get(abs(p) if p != "nuc" else 0)
    shape = t.array.shape
    choices = min(shape[i], shape[j]) if along is None else shape[along[1]]  # so many sums or singular values to choose from
    if p != "nuc" and choices == 0:
        if p > 0:
            return t.abs().sum((i, j), keepdim)  # the largest of nothing: 0, with its place in the graph
        raise ValueError(f"{op}: the {p} norm of a matrix of shape {tuple(shape)} has no value; it is empty.")
    if along is not None:
        summed, last = along
        sums = t.abs().sum(summed, keepdim=True)
        y = sums.amax(last, keepdim=True) if p > 0 else sums.amin(last, keepdim=True)
        return y if keepdim else y.squeeze((i, j))
    s = svdvals(t.movedim((i, j), (-2, -1)))
    y = s.sum(-1) if p == "nuc" else s.amax(-1) if p == 2 else s.amin(-1)
    return y.reshape([1 if k in (i, j) else m for k, m in enumerate(t.array.shape)]) if keepdim else y


def norm(input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The p-norm of all elements together, or over `dim`: `linalg.vector_norm`, with 'fro' for 2; 'nuc' is the nuclear
    norm of matrices."""
    if p == "nuc":
        x = needs_floating("norm", input)
        return _matrix_norm("norm", x, "nuc", (-2, -1) if dim is None else dim, keepdim, dtype)
    if p is None or p == "fro":
        if isinstance(dim, (tuple, list)) and len(dim) > 2:
            raise ValueError(f"norm: 'fro' is a norm of matrices, at most two axes; got dim {tuple(dim)}. Use p=2.")
        p = 2
    elif isinstance(p, str):
        raise ValueError(f"norm: p must be a number, 'fro' or 'nuc', got {p!r}.")
    return _vector_norm("norm", input, p, dim, keepdim, dtype)


@also(input="A", axis="dim", keepdims="keepdim")
def linalg_norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """`vector_norm` or `matrix_norm`, by what is asked: one axis in `dim`, or two; without `dim`, the axes of A.

    Without `ord`: the 2-norm of all elements together.
    """
    x = needs_floating("linalg.norm", A)
    n = x.array.ndim
    if ord is None:
        if isinstance(dim, (tuple, list)) and len(dim) > 2:
            raise ValueError(f"linalg.norm: dim names {len(dim)} axes, {tuple(dim)}; one (vectors) or two (matrices).")
        return _vector_norm("linalg.norm", x, 2, dim, keepdim, dtype)
    if dim is None:
        if n not in (1, 2):
            raise ValueError(
                f"linalg.norm: with ord and without dim A is a vector or a matrix; got shape {tuple(x.array.shape)}. "
                "Say which axes: dim=-1 or dim=(-2, -1)."
            )
        dim = 0 if n == 1 and not isinstance(ord, str) else (-2, -1)
    if isinstance(dim, (tuple, list)) and len(dim) == 2:
        return _matrix_norm("linalg.norm", x, ord, dim, keepdim, dtype)
    return _vector_norm("linalg.norm", x, ord, dim, keepdim, dtype)


linalg_norm.__name__ = "norm"


@numpy_words
def renorm(input: Any, p: Any, dim: int, maxnorm: Any) -> Tensor:
    """Slices along `dim` whose p-norm is above maxnorm scaled down to it.  Shape: at least two axes → the same."""
    from .choose import where

    x = needs_floating("renorm", input)
    shape = x.array.shape
    d = axis("renorm", dim, len(shape))
    if len(shape) < 2:
        raise ValueError(f"renorm: needs at least 2 dimensions, got shape {tuple(shape)}.")
    p, maxnorm = number("renorm", "p", p), number("renorm", "maxnorm", maxnorm)
    if not p > 0 or not maxnorm >= 0:
        raise ValueError(f"renorm: p must be above 0 and maxnorm 0 or more, got {p} and {maxnorm}.")
    if not x.array.size:
        return x.clone()
    norms = VectorNorm(float(p), tuple([i for i in range(len(shape)) if i != d]), True)(x)
    return x * where(norms > maxnorm, maxnorm / (norms + 1e-7), 1.0)


@in_own_name
def dist(input: Any, other: Any, p: Any = 2) -> Tensor:
    """‖input − other‖ₚ over all elements.  Shape: broadcast → ()."""
    x, z = paired("dist", input, other)
    return _vector_norm("dist", x - z, p, None, False)


class Euclidean(Function):
    """Distances ‖xᵢ − zⱼ‖ of all rows; where it is 0 the gradient is 0. With w = g/y: gx = Σⱼ wᵢⱼ·(xᵢ − zⱼ)."""

    broadcasts = True

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).euclidean(x, z)

    def backward(self, grad: Tensor, x: Tensor, z: Tensor, out: Tensor) -> Any:
        w = grad / out.masked_fill(out == 0, inf)
        gx = x * w.sum(-1, keepdim=True) - Matmul()(w, z) if self.needs[0] else None
        gz = z * w.sum(-2).unsqueeze(-1) - product(True, False)(w, x) if self.needs[1] else None
        return gx, gz


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary") -> Tensor:
    """Distances ‖x1ᵢ − x2ⱼ‖ₚ of all pairs of rows.  Shape: (…, P, M), (…, R, M) → (…, P, R); leading axes broadcast.

    Args:
        p: from 0 to inf.
        compute_mode: whether Euclidean distances come from a product of matrices (fast; close points lose digits):
            'use_mm_for_euclid_dist_if_necessary' (above 25 rows), 'use_mm_for_euclid_dist' or
            'donot_use_mm_for_euclid_dist'.
    """
    x, z = needs_floating("cdist", x1, "x1"), needs_floating("cdist", x2, "x2")
    x, z = alike("cdist", x, z, ("x1", "x2"))
    a, b = x.array.shape, z.array.shape
    if len(a) < 2 or len(b) < 2 or a[-1] != b[-1]:
        cure = "Needs (…, P, M) and (…, R, M)."
        raise ValueError(mismatch("cdist", "the rows are not of one length", cure, x1=a, x2=b))
    p = number("cdist", "p", p)
    if not p >= 0:
        raise ValueError(f"cdist: p must not be negative, got {p}.")
    broadcast("cdist", x1=a[:-2], x2=b[:-2])
    modes = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")
    mode = modes[0] if compute_mode is None else compute_mode
    if mode not in modes:
        raise ValueError(f"cdist: compute_mode {mode!r} is unknown; choose {', '.join(modes)}.")
    if p == 2 and (mode == modes[1] or mode == modes[0] and (a[-2] > 25 or b[-2] > 25)):
        return Euclidean()(x, z)
    return _vector_norm_of(x.unsqueeze(-2) - z.unsqueeze(-3), p)


def _vector_norm_of(difference: Tensor, p: float) -> Tensor:
    """Norms of the last axis; of no entries 0 for every p."""
    if difference.array.shape[-1] == 0:
        return difference.sum(-1)
    return VectorNorm(float(p), (difference.array.ndim - 1,), False)(difference)


def pdist(input: Any, p: float = 2) -> Tensor:
    """Distances ‖xᵢ − xⱼ‖ₚ of all pairs i < j of rows, row by row.  Shape: (N, M) → (N·(N − 1)/2,)."""
    x = needs_floating("pdist", input)
    if x.array.ndim != 2:
        raise ValueError(f"pdist: needs (N, M), got shape {tuple(x.array.shape)}.")
    p = number("pdist", "p", p)
    if not p >= 0:
        raise ValueError(f"pdist: p must not be negative, got {p}.")
    n = x.array.shape[0]
    first = [i for i in range(n) for _ in range(i + 1, n)]
    second = [j for i in range(n) for j in range(i + 1, n)]
    if not first:
        return x.sum().reshape(1)[:0]
    return _vector_norm_of(x[first] - x[second], p)


__all__ = [
    "addbmm",
    "addmm",
    "addmv",
    "addr",
    "baddbmm",
    "block_diag",
    "bmm",
    "cdist",
    "chain_matmul",
    "cross",
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "dist",
    "dot",
    "ger",
    "inner",
    "kron",
    "matmul",
    "mm",
    "mv",
    "norm",
    "outer",
    "pdist",
    "renorm",
    "trace",
    "tril",
    "triu",
    "vdot",
]
