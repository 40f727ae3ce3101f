"""Writing in place: versions, leaves, and views whose base has changed.

`x.add_(y)` is `store_checked(x, add(x, y))`: the new value goes into x's memory, x takes the result's place in the graph, and
the version of the memory counts one up, so that a node which saved the old value can refuse to use it.

When x is a view, what it looks at has changed as well. Then the tensor at the bottom, the root, gets the new history:
"the old root, with this region replaced". The views of the root, x among them, find their place in it when they are
next used: the storage they share counts such changes (`rebased`), and each view remembers how many it has seen.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any
from weakref import ref

from ..kernels import on
from ..kernels.layered import Layered, active
from ..tensor import Tensor
from .function import Function
from .lifted import meet_level
from .modes import OFF, ON, enable_grad, quiet, recording
from .outputs import Output
from .regions import AsStrided, Overwritten, ReplaceRegion, alias

# ---- before the write: what is refused ------------------------------------------------------------------------------


def check_writable(x: Tensor, op: str, fills: bool = False) -> None:
    """Refuse what must not be written in place: a leaf that requires grad, or a view of one, while recording; memory
    that is read-only; and memory that several elements share, but for one number everywhere (`fills`)."""
    check_not_a_leaf(x, op)
    if not x.array.flags.writeable:
        _open_memory(x, op, fills)


def _open_memory(x: Tensor, op: str, fills: bool) -> None:
    """An array that has come from `expand` is read-only. Where x is a part of it in which no place comes twice, let x look
    at the memory in a way that can be written to."""
    kernels = on(x.array)
    array = x.array if x.storage is not None and x.storage.read_only else kernels.writable(x.array)
    if not array.flags.writeable:
        raise RuntimeError(
            f"{op}: this memory cannot be written to: the array that the tensor, shape {tuple(x.array.shape)}, came from "
            "is read-only. Use x.clone() first."
        )
    if not kernels.repeats(array):
        x.array = array
    elif not fills:
        raise RuntimeError(
            f"{op}: this memory cannot be written to: several elements of the tensor, shape {tuple(x.array.shape)}, "
            "stand for the same place (after expand or broadcast_to). Use x.clone() first, or write to what was expanded."
        )


def check_every_place_once(x: Tensor, op: str) -> None:
    """Refuse to record that some elements of x are replaced, where several elements stand for one place."""
    if not x.array.flags.writeable:
        raise RuntimeError(
            f"{op}: several elements of the tensor, shape {tuple(x.array.shape)}, stand for the same place (after expand or "
            "broadcast_to), and it requires grad: the gradient of a part of them is not defined. Use x.clone() first."
        )


def _is_unrecorded(x: Tensor) -> bool:
    """Whether x is a view, or a view of one, that was made while nothing was recorded."""
    t: Tensor | None = x
    while t is not None:
        if type(t._view) is ref:
            return True
        t = base_of(t)
    return False


def check_not_a_leaf(x: Tensor, op: str) -> None:
    """Refuse to move a leaf that requires grad, or a view of one, to another place of the graph while recording."""
    if recording.get() == OFF:
        return
    t: Tensor | None = x
    while t is not None:
        if type(t._view) is ref:
            _refuse_if_recorded(t, x, op)
        if t._requires_grad and t.node is None:
            a_view = "a view of " if t is not x else ""
            raise RuntimeError(
                f"{op}: {a_view}a leaf that requires grad cannot be changed in place while it is recorded; "
                f"its gradient would have no place to go.\n    tensor  {tuple(x.array.shape)}\n"
                "Write under `with tensorgrad.no_grad():`, or use the out-of-place form."
            )
        t = base_of(t)
    if x._base is not None:
        x._refresh()


def _refuse_if_recorded(view: Tensor, x: Tensor, op: str) -> None:
    """`view` was made while nothing was recorded: what it looks at must not be a recorded value."""
    root = view._view()
    if root is not None and root.storage is view.storage and root.requires_grad:
        raise RuntimeError(
            f"{op}: this tensor, shape {tuple(x.array.shape)}, is a view made under no_grad() of a tensor that requires grad, "
            "which would not learn of what is written through it: its gradients would be wrong.\n"
            "Make the view outside of no_grad(), or write under no_grad() as well."
        )


def saved_operand(x: Tensor, *others: Any) -> Tensor:
    """x as an operand of its own in-place operation on x and `others`: if the operation is recorded it may save its
    operands, so x's old value gets memory of its own."""
    if recording.get() == OFF:
        return x
    if not (x._requires_grad or any(isinstance(z, Tensor) and z.requires_grad for z in others)):
        return x
    old = x._at(x.node)
    old.array, old.storage = x.array.copy(), None
    return old


# ---- the write ------------------------------------------------------------------------------------------------------


def store_checked(x: Tensor, new: Tensor, op: str) -> Tensor:
    """x[...] = new, in memory and in the graph, for a result of x's shape and of no higher category of dtype."""
    array = new.array
    if array.shape != x.array.shape:
        raise ValueError(
            f"{op}: the result has shape {tuple(array.shape)}, which does not fit into the tensor's "
            f"{tuple(x.array.shape)}. Use the out-of-place form."
        )
    if array.dtype != x.array.dtype:
        if new.dtype.category > x.dtype.category:
            raise TypeError(
                f"{op}: the result is {new.dtype} and does not fit into a tensor of {x.dtype}. "
                "Use the out-of-place form, or convert the tensor first."
            )
        new = new._cast(x.dtype)
    return store(x, new, op)


def put(x: Tensor, value: Any) -> None:
    """x[...] = value, a tensor or an array, in memory."""
    if isinstance(x.array, Layered):
        x.array.write(value)
    else:
        on(x.array).writable(x.array)[...] = value.array if isinstance(value, Tensor) else value


def store(x: Tensor, new: Tensor, op: str, overwrites: bool = False) -> Tensor:
    """x[...] = new, in memory and in the graph, where everything has been checked; `overwrites`: whatever x was."""
    if active:
        meet_level(x, new)
    recorded = is_recorded(x, new, op)
    put(x, new)
    bump_version(x, op)
    if recorded:
        rebase_history(x, new, overwrites)
    return x


def store_result_of(x: Tensor, operation: Any, other: Any, op: str, fills: bool = False) -> Tensor:
    """Run an operation on x and another operand that can write its result into x's memory itself (`into`), and saves
    neither x nor the result; `fills`: what it writes is one number."""
    check_writable(x, op, fills)
    if active:
        meet_level(x, other, *vars(operation).values())
    recorded = is_recorded(x, other, op)
    if recorded:
        check_every_place_once(x, op)
    operation.into = True
    operand = x._at(x.node) if recorded else x
    if not x.array.flags.writeable:
        operand = Tensor._of(on(x.array).writable(x.array))
    new = operation(operand, other)
    bump_version(x, op)
    if recorded:
        rebase_history(x, new)
    return x


def store_by_kernel(x: Tensor, kernel: str, args: tuple[Any, ...], kwargs: dict[str, Any], op: str) -> bool:
    """Let the kernel write its result straight into x's memory, if that is all there is to do: nothing is recorded, x
    is float32 or float64, and the other operands are numbers or tensors of x's dtype. Otherwise False, and nothing has happened.
    """
    array = x.array
    dtype = array.dtype
    mode = recording.get()
    if dtype.kind != "f" or dtype.itemsize == 2 or not array.flags.writeable:
        return False
    if mode and (x.requires_grad or (x._view is not None and _is_unrecorded(x))):
        return False
    operands = []
    for z in (*args, *kwargs.values()):
        if isinstance(z, Tensor):
            if z.array.dtype is not dtype or isinstance(z.array, Layered) or (mode and z.requires_grad):
                return False
            operands.append(z.array)
        elif z is None or type(z) is float or type(z) is int:
            operands.append(z)
        else:
            return False
    n = len(args)
    try:
        with quiet():
            getattr(on(array), kernel)(array, *operands[:n], **dict(zip(kwargs, operands[n:])))
    except (AttributeError, TypeError, ValueError):
        return False  # shapes or arguments do not fit: the way round says so in words
    bump_version(x, op)
    return True


def is_recorded(x: Tensor, new: Any, op: str) -> bool:
    """Whether the graph learns of writing `new` to x."""
    if recording.get() == OFF or not (x._requires_grad or (isinstance(new, Tensor) and new.requires_grad)):
        return False
    t: Tensor | None = x
    while t is not None:
        if type(t._view) is ref:
            raise RuntimeError(
                f"{op}: this tensor, shape {tuple(x.array.shape)}, is a view made under no_grad(), and what it looks "
                "at would not learn of a recorded value written through it.\n"
                "Make the view outside of no_grad(), or write under no_grad() as well."
            )
        t = base_of(t)
    return True


def bump_version(x: Tensor, op: str) -> None:
    """Note that x's memory has changed."""
    storage = x.storage or x._storage()
    storage.count += 1
    storage.op = op


def rebase_history(x: Tensor, new: Tensor, overwrites: bool = False) -> None:
    """x takes the place of `new` in the graph; if x is a view, the root gets a new history and the views look again.
    Where `new` does not come from x, what x was has a gradient all the same: zero."""
    if new.node is not None:
        new.node.result_moved(new, x)  # type: ignore[attr-defined]
    views: list[Function] = []
    root = x
    while (base := base_of(root)) is not None:
        views.append(view_function(root, base))
        root = base
    source = root.node
    # A region as large as the root leaves nothing of the old one, and no reason to ask it for its gradient.
    part = bool(views) and (x.array.size < root.array.size or not x.array.flags.writeable)
    if views:
        new = ReplaceRegion(tuple(reversed(views)), root.array.strides)(root._at(source if part else None), new)
    if not new._requires_grad or (overwrites and not part and source is not None):
        node: Any = Overwritten()
        node._record((new, root._at(source)), new, recording.get())
    elif new.node is None:  # a leaf: with a node between, it and x stay two
        node = alias(new).node
    else:
        node = new.node
    set_node(root, node)
    storage = root.storage or root._storage()
    storage.rebased += 1


def rebase_views(x: Tensor) -> None:
    """A view whose root has a new history takes its place in it, and so do the views between."""
    stale = []
    while x._base is not None and x._rebased != x.storage.rebased:  # type: ignore[union-attr]
        base = base_of(x)
        if base is None:
            raise RuntimeError(
                f"view: what this view, shape {tuple(x.array.shape)}, looks at was written in place, and then its base was "
                "given other memory (by data or set_): how it came about is no longer known.\n"
                "Make the view again, from the tensor it is to look at."
            )
        stale.append((x, base))
        x = base
    for t, base in reversed(stale):
        if not base._requires_grad:
            if t.node is not None:
                t.node, t._requires_grad = None, False
        elif not is_above(t.node, base.node or base):
            view = view_function(t, base)
            view._record((base,), t, ON)
            t._view = view  # the one before would keep the old history alive
            set_node(t, view)
        t._rebased = t.storage.rebased  # type: ignore[union-attr]


def is_above(node: Any, source: Any) -> bool:
    if isinstance(node, Output):
        node = node.inputs[0]
    return node is not None and node.inputs[0] is source


def reshape_in_place(x: Tensor, view: Function, op: str) -> Tensor:
    """Let x look at its memory as `view` does (`t_`, `squeeze_` …)."""
    check_not_a_leaf(x, op)
    if x._base is not None:
        x._refresh()
    # The numbers stay, so what was recorded stays recorded, also within no_grad: else its gradients would not fit x.
    with enable_grad() if x.node is not None else nullcontext():
        new = view(x)
    x.array, x._moved = new.array, True
    bump_version(x, op)
    base = base_of(x)
    if base is not None:
        x._view = strided_view(x, base)
    if new.node is not None:
        set_node(x, new.node)
    return x


def view_of_root(x: Tensor) -> None:
    """Let a view of views look at the root itself, through its geometry in memory."""
    root = x
    while (base := base_of(root)) is not None:
        root = base
    if not any(s % x.array.itemsize for s in (*x.array.strides, *root.array.strides)):
        x._base, x._view, x._depth = root, strided_view(x, root), 0


def view_function(x: Tensor, base: Tensor) -> Function:
    """The operation, not yet run, that gives the view x of base."""
    return strided_view(x, base) if base._moved else x._view.again()


def strided_view(x: Tensor, base: Tensor) -> Function:
    return AsStrided.between(x.array, base.array)


def set_node(x: Tensor, node: Function) -> None:
    """Put x at another place of the graph; what `retain_grad` asked for goes along."""
    if x._retains is not None and x.node is not None and x.node is not node:
        x.node.hooks.remove(x._retains)  # type: ignore[union-attr]
        node.hooks = [*(node.hooks or ()), x._retains]
    x.node, x._requires_grad = node, True


def base_of(x: Tensor) -> Tensor | None:
    """What a view looks at, as long as both still have the same memory (see `set_`)."""
    base = x._base
    return base if base is not None and base.storage is x.storage else None
