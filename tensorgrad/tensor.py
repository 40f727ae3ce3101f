"""Tensor: an array, its gradient, and the operation it came from. A record; the mathematics is in `ops`.

The methods (`x.sum()`, `x + y`, `x[0]`) are attached to the class by `ops/methods.py`; what Python and NumPy ask of an object
(numbers, length, iteration, copies) is in `protocols.py`.
"""

# long because: a class is read in one piece, and this one is the tensor
from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np

from . import dtypes
from .device import CPU, META, device
from .kernels.layered import Layered, active
from .kernels.meta import MetaArray
from .layout import strided
from .protocols import Protocols

if TYPE_CHECKING:
    from .autograd.node import Node
    from .methods import TensorMethods  # a stub: what ops/methods.py attaches
else:
    TensorMethods = object

_new = object.__new__
_as_size = tuple.__new__  # a Size, without looking at the numbers

# What operations take where PyTorch takes a tensor: an array or a number becomes one.
TensorLike: TypeAlias = "Tensor | np.ndarray[Any, Any] | np.generic | float"

# As the `_view` of a tensor: it was made while nothing was recorded. A reference to what it looks at, which has none here.
UNRECORDED: weakref.ref[Any] = weakref.ref(type("Gone", (), {})())


class Storage:
    """What all views of one piece of memory share: how often it was written in place, and by what."""

    count = 0  # in-place writes so far
    op = ""  # the last of them
    rebased = 0  # writes that changed the graph: views older than the last one must look at their base again
    read_only = False  # whether the user's own array forbids writing


class Tensor(Protocols, TensorMethods):
    """An n-dimensional array that can be differentiated. Make one with `tensorgrad.tensor`, `zeros`, `randn` …

    Attributes:
        array: the NumPy (or CuPy) array; the tensor's memory itself, not a copy.
        grad: the gradient, added up over backward passes; None before the first. Leaves only, unless `retain_grad()`.
        requires_grad: whether operations on it are recorded.
        node: the operation it came from (`grad_fn` in PyTorch's words); None for a leaf.
    """

    # Defaults live on the class, so that making a result sets only what differs from them.
    array: Any
    node: Node | None = None
    _requires_grad: bool = False
    _grad: Tensor | None = None
    _retains: Any = None  # what retain_grad has hooked to the node
    storage: Storage | None = None
    _base: Tensor | None = None  # for a view: what it looks at …
    _view: Any = None  # … through which operation (a weakref to it, if that was not recorded) …
    _depth: int = 0  # … how many views lie between it and the first of them …
    _rebased: int = 0  # … and how many in-place writes to the base its node has seen
    _moved: bool = False  # whether `t_`, `squeeze_`, `data` … have changed its shape: its views no longer fit
    _hooks: Any = None

    is_op = False  # as the source of a gradient a leaf stands beside Functions
    __array_priority__ = 1000  # ndarray * Tensor asks the Tensor

    def __init__(self, *data: Any, device: Any = None, dtype: Any = None) -> None:
        """PyTorch's legacy constructor: `Tensor([1, 2])` copies into the default dtype, `Tensor(2, 3)` is unset memory."""
        self.array = self._legacy_array(data, dtype, device)

    @classmethod
    def _of(cls, array: Any) -> Tensor:
        """A Tensor around an array as it is: no copy, no check."""
        t = _new(Tensor)
        t.array = array
        return t

    def _at(self, source: Any) -> Tensor:
        """The same memory at another place of the graph: the result of `source`."""
        if source is not None and not source.is_op:
            return source
        t = _new(Tensor)
        t.array, t.storage = self.array, self.storage
        t.node, t._requires_grad = source, source is not None
        return t

    # ---- the graph ------------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        if self._base is not None:
            self._refresh()
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        self.requires_grad_(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Start (or stop) recording operations on this tensor. Leaves of a floating dtype only."""
        if requires_grad and not self.is_floating_point():
            raise RuntimeError(
                f"requires_grad: only floating tensors have gradients, this one is {self.dtype}. "
                "Convert it first: x.float()."
            )
        if not requires_grad and self.node is not None:
            raise RuntimeError(
                f"requires_grad: this tensor is the result of {self.node.name}, not a leaf; it cannot be switched off. "
                "Use x.detach() for a constant with the same memory."
            )
        if self.node is None:
            if requires_grad and not self._requires_grad and self.storage is not None and self._base is None:
                self.storage.rebased += 1  # views made before now belong to its graph
            self._requires_grad = bool(requires_grad)
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether this tensor was made by the user rather than by a recorded operation."""
        if self._base is not None:
            self._refresh()
        return self.node is None

    @property
    def grad_fn(self) -> Node | None:
        """The operation this tensor came from; None for a leaf."""
        if self._base is not None:
            self._refresh()
        return self.node

    @property
    def grad(self) -> Tensor | None:
        if self.node is not None and self._grad is None and self._retains is None:
            from .autograd.frames import warn

            warn(
                f"grad of a tensor that is not a leaf (the result of {self.node.name}) is not kept. "
                "Call x.retain_grad() before backward(), or ask for it with tensorgrad.autograd.grad."
            )
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"grad: must be a Tensor or None, got {type(value).__name__}.")
            if value is self:
                raise RuntimeError("grad: a tensor cannot be its own gradient. Use a clone().")
            if value.array.shape != self.array.shape:
                raise RuntimeError(
                    f"grad: shape {tuple(value.array.shape)} does not fit the tensor's {tuple(self.array.shape)}."
                )
            if value.array.dtype != self.array.dtype:
                raise RuntimeError(f"grad: {value.dtype} does not fit the tensor's {self.dtype}. Convert it first.")
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def data(self) -> Tensor:
        """The same memory as a constant. Writing through it is not noticed by backward; prefer `detach()`."""
        return Tensor._of(self.array if not active or type(self.array) is np.ndarray else self.array.detach())

    @data.setter
    def data(self, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"data: must be a Tensor, got {type(value).__name__}.")
        if self._requires_grad and not value.is_floating_point():
            raise RuntimeError(
                f"data: this tensor requires grad, and only floating tensors have gradients; the value is {value.dtype}. "
                "Convert it first: value.float()."
            )
        self._moved = self._moved or value.array.shape != self.array.shape
        self.array = value.array
        if self.storage is not None:  # other memory from here on, with its own record of writes
            count, self.storage = self.storage.count, Storage()
            self.storage.count = count

    def detach(self) -> Tensor:
        """A constant that looks at the same memory: gradients stop here, and in-place writes are still noticed."""
        t = Tensor._of(self.array if not active or type(self.array) is np.ndarray else self.array.detach())
        t.storage = self.storage or self._storage()
        return t

    def detach_(self) -> Tensor:
        """Cut this tensor off from its history, in place."""
        if self._base is not None:
            raise RuntimeError("detach_: this tensor is a view; its base would still know it. Use detach() instead.")
        self.node, self._requires_grad = None, False
        return self

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Add ∂self/∂leaf, times `gradient`, to the `grad` of every leaf that requires it.

        Args:
            gradient: ∂(something)/∂self, of this tensor's shape; may be left out (it is 1) for a single number.
            retain_graph: keep what the graph saved, for another backward; `create_graph` when not given.
            create_graph: record the backward pass too, so that the gradients can be differentiated.
            inputs: only these tensors receive gradients.
        """
        from .autograd.engine import backward

        backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def retain_grad(self) -> None:
        """Keep the gradient of this non-leaf tensor in `grad` as well."""
        if self.node is None or self._retains is not None:
            if not self._requires_grad:
                raise RuntimeError("retain_grad: this tensor does not require grad; nothing will reach it.")
            return
        from .autograd.hooks import Retain

        self._retains = Retain(self)
        self._node_hooks().append(self._retains)

    @property
    def retains_grad(self) -> bool:
        return self._retains is not None

    def register_hook(self, hook: Any) -> Any:
        """Call `hook(grad)` whenever the gradient of this tensor is known; what it returns, if anything, replaces it.

        Returns a handle with `remove()`.
        """
        if not self.requires_grad:
            raise RuntimeError("register_hook: this tensor does not require grad; no gradient will reach the hook.")
        return _handle(self._node_hooks(), hook)

    def register_post_accumulate_grad_hook(self, hook: Any) -> Any:
        """Call `hook(tensor)` after a backward pass has added to `grad` of this leaf. Returns a handle with `remove()`."""
        if self.node is not None or not self._requires_grad:
            raise RuntimeError("register_post_accumulate_grad_hook: only for leaves that require grad.")
        if not hasattr(self, "_post_hooks"):
            self._post_hooks: list[Any] = []
        return _handle(self._post_hooks, hook)

    def _node_hooks(self) -> list[Any]:
        if self.node is not None:
            if self.node.hooks is None:
                self.node.hooks = []
            return self.node.hooks
        if self._hooks is None:
            self._hooks = []
        return self._hooks

    hooks = property(lambda self: self._hooks)

    def _storage(self) -> Storage:
        """The shared record of in-place writes, made when first needed."""
        if self.storage is None:
            self.storage = Storage()
        return self.storage

    @property
    def _version(self) -> int:
        return self.storage.count if self.storage is not None else 0

    def _refresh(self) -> None:
        """For a view: if its base was written to in place since, take its place in the base's new history."""
        storage = self.storage
        if storage is not None and storage.rebased != self._rebased:
            from .autograd.inplace import rebase_views

            rebase_views(self)

    def _look_at_root(self) -> None:
        """For a view of views of views: look at the first of them, so that the links between can go."""
        from .autograd.inplace import view_of_root

        view_of_root(self)

    # ---- the array ------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        return _as_size(Size, self.array.shape)

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def dtype(self) -> dtypes.dtype:
        return dtypes.of_array(self.array)

    @property
    def device(self) -> device:
        return META if self.is_meta else CPU

    @property
    def is_meta(self) -> bool:
        """Whether it has a shape and a dtype, and no numbers."""
        return type(self.array) is MetaArray

    @property
    def is_cuda(self) -> bool:
        return False

    @property
    def itemsize(self) -> int:
        return self.array.itemsize

    @property
    def nbytes(self) -> int:
        return self.array.nbytes

    is_cpu = True
    layout = strided

    @overload
    def size(self, dim: None = None) -> Size: ...

    @overload
    def size(self, dim: int) -> int: ...

    def size(self, dim: int | None = None) -> Any:
        """The shape, or its entry at `dim`."""
        if dim is None:
            return _as_size(Size, self.array.shape)
        try:
            return self.array.shape[dim]
        except (IndexError, TypeError, RuntimeError):
            raise _no_such_dim("size", dim, self.array.ndim) from None

    def dim(self) -> int:
        """How many axes."""
        return self.array.ndim

    ndimension = dim

    def numel(self) -> int:
        """How many elements."""
        return self.array.size

    nelement = numel

    def element_size(self) -> int:
        """Bytes per element."""
        return self.array.itemsize

    def stride(self, dim: int | None = None) -> Any:
        """Steps between neighbours along each dimension, in elements."""
        size = self.array.itemsize
        steps = tuple(s // size for s in self.array.strides)
        if dim is None:
            return steps
        try:
            return steps[dim]
        except (IndexError, TypeError, RuntimeError):
            raise _no_such_dim("stride", dim, len(steps)) from None

    def dim_order(self) -> tuple[int, ...]:
        """The axes from the largest step in memory to the smallest."""
        return tuple(sorted(range(self.array.ndim), key=lambda d: -self.array.strides[d]))

    def is_set_to(self, tensor: Tensor) -> bool:
        """Whether both look at the same memory in the same way."""
        mine, other = self.array, tensor.array
        return (mine.shape, mine.strides, self.data_ptr()) == (other.shape, other.strides, tensor.data_ptr())

    def storage_offset(self) -> int:
        """Where this view starts in the memory it looks at, in elements."""
        base = self.array
        while isinstance(base.base, (np.ndarray, Layered)):
            base = base.base
        return (self.array.ctypes.data - base.ctypes.data) // self.array.itemsize

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self.array.ctypes.data

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Whether the memory is row-major without gaps."""
        return bool(self.array.flags.c_contiguous)

    def is_floating_point(self) -> bool:
        """Whether the dtype is floating."""
        return self.array.dtype.kind not in "iub"

    def is_complex(self) -> bool:
        """Never: complex numbers are left out."""
        return False

    def is_signed(self) -> bool:
        """Whether the dtype has negative numbers."""
        return self.array.dtype.kind not in "ub"

    def get_device(self) -> int:
        """The number of the GPU it is on; −1 for the CPU."""
        return -1

    def item(self) -> Any:
        """The only element as a Python number."""
        if self.array.size != 1:
            raise RuntimeError(
                f"item: a tensor of shape {tuple(self.array.shape)} has {self.array.size} elements, not one. "
                "Index it first, or use tolist()."
            )
        return self.array.item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers; a number for a 0-d tensor."""
        return self.array.tolist()

    def numpy(self, *, force: bool = False) -> Any:
        """The NumPy array itself: the same memory. A tensor that requires grad must be detached first, or forced."""
        if self.requires_grad and not force:
            raise RuntimeError("numpy: this tensor requires grad, and NumPy would not record. Use x.detach().numpy().")
        if self.is_meta:
            self.array.item()  # which refuses
        return self.array if not active or type(self.array) is np.ndarray else self.array.numbers()

    __hash__ = object.__hash__  # == compares elements, yet a tensor can stand in a set

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self.node is not None:
            raise RuntimeError("pickle: only leaves can be stored; use x.detach().")
        extra = {k: v for k, v in self.__dict__.items() if k in ("_requires_grad", "_grad") or not k.startswith("_")}
        extra.pop("storage", None)
        return _rebuild, (type(self), extra)


def _meet_all_names() -> None:
    """Let CPython see the usual attributes of a Tensor before it has seen many Tensors.

    Instances share one table of names, which takes no more after some dozens of them. A tensor with a name that is not in
    it (a view, after many results that are none) gets a dictionary of its own, for a fifth of the time of making it.
    """
    t = _new(Tensor)
    for name in ("array", "node", "_requires_grad", "storage", "_base", "_view", "_rebased", "_depth", "_grad"):
        setattr(t, name, None)


_meet_all_names()


def _handle(hooks: list[Any], hook: Any) -> Any:
    from .autograd.hooks import Handle

    return Handle(hooks, hook)


def _no_such_dim(op: str, dim: Any, ndim: int) -> Exception:
    from .kernels.shapes import axis

    try:
        axis(op, dim, ndim)
    except (IndexError, TypeError) as error:
        return error
    return IndexError(f"{op}: a 0-d tensor has no dimensions, got dim {dim}.")


class Size(tuple[int, ...]):
    """A shape: a tuple with `numel()`."""

    __slots__ = ()

    def numel(self) -> int:
        """How many elements a tensor of this shape has."""
        n = 1
        for s in self:
            n *= s
        return n

    def __new__(cls, sizes: Any = ()) -> Size:
        if not hasattr(sizes, "__iter__"):
            raise TypeError(f"Size: needs a sequence of ints, got {type(sizes).__name__}.")
        found = tuple.__new__(cls, sizes)
        for s in found:
            if not hasattr(s, "__index__"):
                raise TypeError(f"Size: sizes are ints, got {type(s).__name__} {s!r}.")
        return found

    def __repr__(self) -> str:
        return f"tensorgrad.Size({list(self)})"

    def __add__(self, other: Any) -> Size:
        return Size(tuple(self) + tuple(other))

    def __radd__(self, other: Any) -> Size:
        return Size(tuple(other) + tuple(self))

    def __mul__(self, times: Any) -> Size:
        return Size(tuple(self) * times)

    __rmul__ = __mul__

    def __getitem__(self, key: Any) -> Any:
        found = tuple.__getitem__(self, key)
        return Size(found) if isinstance(key, slice) else found


def _rebuild(cls: type, state: dict[str, Any]) -> Tensor:
    t: Any = _new(cls)
    t.__dict__.update(state)
    return t
