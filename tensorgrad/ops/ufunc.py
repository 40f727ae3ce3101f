"""NumPy's functions on tensors: `array + x`, `np.sin(x)`.

An operator between an array and a tensor is the tensor's: its result is a Tensor, and recorded. Everything else NumPy
computes on the array, with NumPy's dtypes, and the result is a constant. In place (`array += x`) the array is written to.
"""

from __future__ import annotations

from typing import Any

from ..kernels import on
from ..tensor import Tensor
from . import arithmetic, bitwise, compare, products

_REFLECTED = {"less": compare.gt, "less_equal": compare.ge, "greater": compare.lt, "greater_equal": compare.le}
_OPERATIONS: dict[str, Any] = {
    "add": arithmetic.add, "subtract": arithmetic.sub, "multiply": arithmetic.mul, "divide": arithmetic.div,
    "floor_divide": arithmetic.floor_divide, "remainder": arithmetic.remainder, "power": arithmetic.pow,
    "matmul": products.matmul, "bitwise_and": bitwise.bitwise_and, "bitwise_or": bitwise.bitwise_or,
    "bitwise_xor": bitwise.bitwise_xor, "left_shift": bitwise.bitwise_left_shift,
    "right_shift": bitwise.bitwise_right_shift, "equal": compare.eq, "not_equal": compare.ne, "less": compare.lt,
    "less_equal": compare.le, "greater": compare.gt, "greater_equal": compare.ge,
}  # fmt: skip


def array_ufunc(self: Tensor, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
    """What NumPy calls in place of one of its functions when an operand (or a place for the result) is a tensor."""
    if out is None and not kwargs and method == "__call__" and ufunc.__name__ in _OPERATIONS:
        if ufunc.__name__ in _REFLECTED and not isinstance(inputs[0], Tensor):
            return _REFLECTED[ufunc.__name__](inputs[1], inputs[0])
        return _OPERATIONS[ufunc.__name__](*inputs)
    arrays = [x.numpy() if isinstance(x, Tensor) else x for x in inputs]
    if out is not None:
        if any([isinstance(o, Tensor) for o in out]):
            raise TypeError(f"{ufunc.__name__}: out must be an array. Write to a tensor with x.copy_(…) or x[...] = ….")
        return getattr(ufunc, method)(*arrays, out=out, **kwargs)
    results = getattr(ufunc, method)(*arrays, **kwargs)
    if type(results) is tuple:
        return tuple([_tensor(r) for r in results])
    return results if results is None else _tensor(results)


def _tensor(result: Any) -> Tensor:
    return Tensor._of(on(result).asarray(result))
