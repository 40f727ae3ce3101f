"""Function: an operation, and, once it has run, its node in the graph.

An operation is a class with a `forward` on arrays and a `backward` on Tensors. Calling an instance on Tensors runs
`forward`; if recording is on and an input requires grad, the instance itself becomes the node: it keeps where its inputs
came from (`inputs`), what its rule names (`saved`), and when it was born (`birth`).

    class Square(Function):
        def forward(self, x):
            return x * x

        def backward(self, grad, x):      # naming x is what saves x; naming out would save the result
            return 2 * grad * x

    y = Square()(x)

`__init_subclass__` reads the two signatures once, so a call does no inspection. There is an entry for one input, one for
two, and one for any number: at 8 × 8 numbers the loop of the general one would cost more than the arithmetic.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..kernels import on
from ..tensor import UNRECORDED, Storage, Tensor
from .modes import OFF, SILENT, TRACED, enable_grad, no_grad, recording, silence_var, visiting, watcher

if TYPE_CHECKING:
    from collections.abc import Callable

Source = Any  # where a gradient goes: a Function, or a Tensor that is a leaf

_births = count(1)
_ndarray = np.ndarray
_generic = np.generic
_asarray = np.asarray
_new = object.__new__
_recording_now = recording.get
_visiting_now = visiting.get
_silence_now = silence_var.get
_silence_set = silence_var.set
_silence_reset = silence_var.reset
OUT = -1  # in `_saves`: the result rather than an input
# The usual cases of what a rule names have an entry of their own below; being one object each, they are told apart fast.
_ONLY_X, _ONLY_OUT, _BOTH = (0,), (OUT,), (0, 1)
_USUAL: dict[tuple[int, ...], tuple[int, ...]] = {saves: saves for saves in (_ONLY_X, _ONLY_OUT, _BOTH)}
_UNTOUCHED, _UNTOUCHED_BOTH = (0,), (0, 0)  # versions of memory nobody has written to yet


class Function:
    """Base of every differentiable operation. See the module's docstring; rules for subclasses:

    - `forward(self, *arrays)` returns an array, or a tuple of arrays. Python numbers arrive as numbers.
    - `backward(self, grad, …)` gets one gradient per floating output, then what its parameters name: inputs by the
      names `forward` gives them, `out` for the result. It returns one gradient per input, None where there is none (a
      single one needs no tuple). It is written in Tensor operations, so it can be differentiated again.
    - A fused operation has `fused_backward` on arrays, for when nobody records, and `formula` on Tensors, its definition,
      which tests hold it to. With `formula` alone, the gradient is that of the formula; with a `backward` beside it,
      naming the same as `fused_backward`, that is the rule.
    - Attributes set in `__init__` are constants of the operation. Anything computed in `forward` and kept on `self` is
      a constant to whoever differentiates, so only `fused_backward` may read it.

    Class attributes: `broadcasts`: gradients may come back in the broadcast shape, the sweep sums them. `serves`: which
    inputs' gradients a saved input is for, by name, where not for all (in a product "x": "z" and "z": "x"); if none of
    those is wanted it is not saved, and the rule sees None. `is_view`: the result shares the memory of the only input,
    and `forward` is a pure function of that array; with several results, `part(i)` gives the operation whose result is
    the i-th of them. `never_warns`: NumPy has nothing to say about `forward` (comparisons, moves), so it need not be
    silenced.
    """

    __slots__ = ("inputs", "saved", "versions", "birth", "shape", "hooks", "where", "edges", "__weakref__")

    is_op: ClassVar[bool] = True
    name: ClassVar[str] = "function"
    broadcasts: ClassVar[bool] = False
    serves: ClassVar[dict[str, str]] = {}
    is_view: ClassVar[bool] = False
    borrowed: ClassVar[tuple[str, ...]] = ()
    never_warns: ClassVar[bool] = False
    by_formula: ClassVar[bool] = False  # whether the formula is what is differentiated
    _saves: ClassVar[tuple[int, ...]] = ()
    _fused_reads: ClassVar[tuple[int, ...]] = ()
    _serves: ClassVar[dict[int, tuple[int, ...]]] = {}  # the same by number
    _crosswise: ClassVar[bool] = False  # whether two inputs serve each other: the usual case, told apart fast

    forward: Callable[..., Any]
    backward: Callable[..., Any]

    inputs: tuple[Source | None, ...]  # None: that input needs no gradient
    saved: tuple[Any, ...]
    versions: tuple[Any, ...]
    birth: int
    shape: tuple[int, ...]
    hooks: list[Any] | None
    where: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in cls.__dict__:
            cls.name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()
        if _in_pytorchs_style(cls):
            return  # see autograd/custom.py
        forward = getattr(cls, "forward", None) or getattr(cls, "formula", None)
        if forward is None:
            return
        names, variadic, _ = _parameters(forward)
        fused, rule = getattr(cls, "fused_backward", None), getattr(cls, "backward", None)
        cls.by_formula = hasattr(cls, "formula") and rule in (None, _formula_gradient)
        if cls.by_formula:
            cls._fused_reads = _named(cls, fused, names, variadic) if fused is not None else ()
            # The formula starts from the inputs again, so all of them are kept, beside what the kernel names.
            extra = tuple(i for i in cls._fused_reads if i == OUT)
            cls._saves = tuple(range(len(names))) + extra if not variadic else (ALL,) + extra
            cls.backward = _formula_gradient
        elif rule is not None:
            cls._saves = _named(cls, rule, names, variadic)
            if fused is not None:
                cls._fused_reads = _named(cls, fused, names, variadic)
                if cls._fused_reads != cls._saves:
                    raise TypeError(f"{cls.__name__}: backward and fused_backward must name the same values.")
        cls._saves = _USUAL.get(cls._saves, cls._saves)
        cls._serves = {names.index(x): tuple(map(names.index, served.split())) for x, served in cls.serves.items()}
        cls._crosswise = cls._serves == {0: (1,), 1: (0,)}
        if cls.is_view:
            cls.__call__ = Function._call_views if hasattr(cls, "part") else Function._call_view  # type: ignore
        elif variadic:
            cls.__call__ = Function.__call__  # type: ignore[method-assign]
        elif len(names) == 1:
            cls.__call__ = Function._call_one  # type: ignore[method-assign]
        elif len(names) == 2:
            cls.__call__ = Function._call_two  # type: ignore[method-assign]
        else:
            cls.__call__ = Function.__call__  # type: ignore[method-assign]

    # ---- forward: one entry for one input, one for two, one for views, one for all ------------------------------

    def _call_one(self, x: Tensor) -> Any:
        mode = _recording_now()
        if self.never_warns or _silence_now(None) is SILENT:
            out = self.forward(x.array)
        else:
            token = _silence_set(SILENT)
            try:
                out = self.forward(x.array)
            finally:
                _silence_reset(token)
        if type(out) is not _ndarray:
            if isinstance(out, _generic):
                out = _asarray(out)
            elif type(out) is tuple:
                return self._many((x,), out, mode)
        y = _new(Tensor)
        y.array = out
        if mode:
            if x._base is not None:
                x._refresh()
            if x._requires_grad:
                self.inputs = (x.node or x,)
                self.birth = next(_births)
                self.shape = out.shape
                self.hooks = None
                if self.borrowed:
                    self._own()
                saves = self._saves
                if saves:
                    if saves is _ONLY_X:
                        storage = x.storage
                        self.saved, self.versions = (x,), _UNTOUCHED if storage is None else (storage.count,)
                    elif saves is _ONLY_OUT:
                        t = _new(Tensor)
                        t.array, t.storage = out, Storage()
                        y.storage = t.storage
                        self.saved, self.versions = (t,), _UNTOUCHED
                    else:
                        self._save(saves, (x,), y)
                if mode is TRACED:
                    self._trace((x,), y)
                y.node = self
                y._requires_grad = True
        return y

    def _call_two(self, x: Any, z: Any) -> Any:
        mode = _recording_now()
        x_is, z_is = isinstance(x, Tensor), isinstance(z, Tensor)
        a = x.array if x_is else x
        b = z.array if z_is else z
        if self.never_warns or _silence_now(None) is SILENT:
            out = self.forward(a, b)
        else:
            token = _silence_set(SILENT)
            try:
                out = self.forward(a, b)
            finally:
                _silence_reset(token)
        if type(out) is not _ndarray:
            if isinstance(out, _generic):
                out = _asarray(out)
            elif type(out) is tuple:
                return self._many((x, z), out, mode)
        y = _new(Tensor)
        y.array = out
        if mode:
            if x_is and x._base is not None:
                x._refresh()
            if z_is and z._base is not None:
                z._refresh()
            x_source = (x.node or x) if x_is and x._requires_grad else None
            z_source = (z.node or z) if z_is and z._requires_grad else None
            if x_source is not None or z_source is not None:
                self.inputs = (x_source, z_source)
                self.birth = next(_births)
                self.shape = out.shape
                self.hooks = None
                if self.borrowed:
                    self._own()
                if mode is TRACED:
                    self._trace((x, z), y)
                saves = self._saves
                if saves:
                    x_writes = x.storage if x_is else None
                    z_writes = z.storage if z_is else None
                    if self._crosswise:
                        x, z = x if z_source is not None else None, z if x_source is not None else None
                    elif self._serves:
                        x, z = self._of_use((x, z), _BOTH, (x_source is not None, z_source is not None))
                    if saves is not _BOTH:
                        self._save(saves, (x, z), y)
                    elif x_writes is None is z_writes:
                        self.saved, self.versions = (x, z), _UNTOUCHED_BOTH
                    else:
                        self.saved = (x, z)
                        self.versions = (x_writes.count if x_writes else 0, z_writes.count if z_writes else 0)
                y.node = self
                y._requires_grad = True
        return y

    def _call_view(self, x: Tensor) -> Tensor:
        """One input, and a result that looks at the same memory: it shares the version counter and knows its base."""
        mode = _recording_now()
        a = x.array
        y = _new(Tensor)
        y.array = out = self.forward(a)
        if mode and x._base is not None:
            x._refresh()
        owner = out.base
        if owner is a or (owner is not None and owner is a.base):  # not so where a reshape had to copy
            y.storage = storage = x.storage or x._storage()
            if mode:
                y._base, y._view, y._rebased = x, self, storage.rebased
                if x._base is not None:
                    y._depth = x._depth + 1
                    if y._depth > LONG:
                        _shorten(y)
            else:
                y._view = UNRECORDED
        if mode and x._requires_grad:
            self.inputs = (x.node or x,)
            self.birth = next(_births)
            self.shape = out.shape
            self.hooks = None
            if mode is TRACED:
                self._trace((x,), y)
            y.node = self
            y._requires_grad = True
        return y

    def _call_views(self, x: Tensor) -> tuple[Tensor, ...]:
        """One input, and several results that look at its memory; `part(i)` is the operation that gives one alone."""
        mode = _recording_now()
        if mode and x._base is not None:
            x._refresh()
        storage = x.storage or x._storage()
        outs = []
        for i, array in enumerate(self.forward(x.array)):
            y = _new(Tensor)
            y.array, y.storage = array, storage
            if mode:
                y._base, y._view, y._rebased = x, self.part(i), storage.rebased  # type: ignore[attr-defined]
                y._depth = x._depth + 1
            else:
                y._view = UNRECORDED
            outs.append(y)
        if mode and x._requires_grad and outs:
            self._record((x,), None, mode)
            self._stand_above(outs)
        return tuple(outs)

    def __call__(self, *args: Any) -> Any:
        mode = _recording_now()
        token = _silence_set(SILENT)
        try:
            out = self.forward(*[x.array if isinstance(x, Tensor) else x for x in args])
        finally:
            _silence_reset(token)
        if type(out) is tuple:
            return self._many(args, out, mode)
        y = _new(Tensor)
        y.array = np.asarray(out) if isinstance(out, _generic) else out
        if mode and _wanted(args):
            self._record(args, y, mode)
            y.node = self
            y._requires_grad = True
        return y

    def _many(self, args: tuple[Any, ...], arrays: tuple[Any, ...], mode: int) -> tuple[Tensor, ...]:
        """Several results. The only floating one has this node; of several, each has an Output node above it."""
        outs = tuple(Tensor._of(np.asarray(a) if isinstance(a, _generic) else a) for a in arrays)
        if mode and _wanted(args):
            self._record(args, outs, mode)
            self._stand_above([y for y in outs if y.array.dtype.kind not in "iub"])
        return outs

    def _stand_above(self, floating: list[Tensor]) -> None:
        """Put this node, or an Output of it each, above its floating results."""
        self.edges = tuple((y.array.shape, y.array.dtype) for y in floating)
        for i, y in enumerate(floating):
            y.node = self if len(floating) == 1 else Output(self, i)
            y._requires_grad = True
        self.shape = floating[0].array.shape if len(floating) == 1 else ()

    def _record(self, args: tuple[Any, ...], out: Any, mode: int) -> None:
        self.inputs = tuple([(x.node or x) if isinstance(x, Tensor) and x._requires_grad else None for x in args])
        self.birth = next(_births)
        self.hooks = None
        if self.borrowed:
            self._own()
        self.shape = out.array.shape if isinstance(out, Tensor) else ()
        if self._saves:
            kept = args
            if self._serves:
                kept = self._of_use(args, range(len(args)), [source is not None for source in self.inputs])
            self._save(self._saves, kept, out)
        if mode is TRACED:
            self._trace(args, out)

    def _own(self) -> None:
        """Copy what was borrowed: the user may write to that memory before backward reads it."""
        for name in self.borrowed:
            setattr(self, name, _owned(getattr(self, name)))

    def _trace(self, args: tuple[Any, ...], out: Any) -> None:
        """Note the line of the program that this operation stands in, and tell who watches."""
        self.where = _user_frame()
        see = watcher.get()
        if see is not None:
            see(self, args, out)

    def _save(self, saves: tuple[int, ...], args: tuple[Any, ...], out: Any) -> None:
        """Keep what the rule names. An input is kept as it is; a result as a twin without a node, or the node would hold
        itself through it."""
        saved: list[Any] = []
        versions: list[Any] = []
        for i in saves:
            if i >= 0:
                t = args[i]
            elif i == ALL:
                saved.extend(args)
                versions.extend(x.storage.count if isinstance(x, Tensor) and x.storage else 0 for x in args)
                continue
            elif isinstance(out, tuple):
                t = tuple(_twin(y) for y in out)
                saved.append(t)
                versions.append(tuple(y.storage.count for y in t))
                continue
            else:
                t = _twin(out)
            saved.append(t)
            storage = getattr(t, "storage", None)
            versions.append(storage.count if storage is not None else 0)
        self.saved, self.versions = tuple(saved), tuple(versions)

    def result_moved(self, y: Tensor, x: Tensor) -> None:
        """The result y has been written to x's memory: where it is saved, it is read from there, and one array is enough."""
        if OUT not in self._saves:
            return
        for i, t in enumerate(self.saved):
            if isinstance(t, Tensor) and t.array is y.array:
                t.array, t.storage = x.array, x._storage()
                self.versions = (*self.versions[:i], t.storage.count, *self.versions[i + 1 :])

    # ---- backward ------------------------------------------------------------------------------------------------

    @property
    def needs(self) -> tuple[bool, ...]:
        """For each input, whether the sweep under way wants its gradient; a rule may leave out the others."""
        only = _visiting_now()
        if only is None:
            return tuple([source is not None for source in self.inputs])
        return tuple([source is not None and source in only for source in self.inputs])

    def pull(self, grad: Any) -> list[tuple[Source, Tensor]]:
        """Run the rule: the gradient of the result in, pairs of a source and its gradient out."""
        inputs = self.inputs
        grads = self._run_rule(grad)
        if type(grads) is not tuple:
            grads = (grads,)
        if len(grads) != len(inputs):
            raise RuntimeError(f"{self.name}: its backward returned {len(grads)} gradients for {len(inputs)} inputs.")
        pairs = []
        for source, g in zip(inputs, grads):
            if source is not None and g is not None:
                if g.array.shape != source.shape:
                    g = self._fit(g, source)
                    if g is None:
                        continue
                pairs.append((source, g))
        return pairs

    def _run_rule(self, grad: Any) -> Any:
        """Apply `backward` (or, when nothing is recorded, `fused_backward`) to the gradient and what was saved."""
        if not self._saves:
            return self.backward(*grad) if type(grad) is tuple else self.backward(grad)
        saved = self.saved
        if saved is None:
            raise RuntimeError(
                f"backward through {self.name} a second time: its buffers are freed; "
                "pass retain_graph=True to the first backward()."
            )
        if self._serves and _visiting_now() is not None:
            saved = self._of_use(saved, self._saves, self.needs)
        for t, version in zip(saved, self.versions):
            if type(t) is tuple:  # several results
                for y, count in zip(t, version):
                    if y.storage.count != count:
                        self._refuse_changed(y, y.storage)
                continue
            storage = getattr(t, "storage", None)
            if storage is not None and storage.count != version:
                self._refuse_changed(t, storage)
        recorded = _recording_now()
        if self._fused_reads and not recorded:
            # kept: the inputs (all of them, in order), then the result if the kernel reads it
            reads = [_array(saved[i]) if i >= 0 else _array(saved[-1]) for i in self._reads(saved)]
            g = tuple(x.array if x is not None else None for x in grad) if type(grad) is tuple else (grad.array,)
            token = _silence_set(SILENT)
            try:
                arrays = self.fused_backward(*g, *reads)  # type: ignore[attr-defined]
            finally:
                _silence_reset(token)
            if type(arrays) is not tuple:
                arrays = (arrays,)
            return tuple(None if a is None else Tensor._of(a) for a in arrays)
        if recorded:
            saved = self._reconnect(saved)
        return self.backward(*grad, *saved) if type(grad) is tuple else self.backward(grad, *saved)

    def _of_use(self, inputs: tuple[Any, ...], places: Iterable[int], wanted: Sequence[bool]) -> tuple[Any, ...]:
        """The inputs with these numbers, None in place of one that serves only gradients that are not wanted."""
        serves = self._serves
        return tuple([
            None if i in serves and not any([wanted[k] for k in serves[i]]) else x for i, x in zip(places, inputs)
        ])  # fmt: skip

    def _reads(self, saved: tuple[Any, ...]) -> Iterable[int]:
        if self._fused_reads == self._saves:
            return range(len(saved))
        if ALL not in self._fused_reads:
            return self._fused_reads
        n = len(self.inputs)
        return tuple(range(n)) + tuple(i for i in self._fused_reads if i == OUT)

    def _reconnect(self, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """Give saved values their place in the graph, so that what the rule computes can be differentiated."""
        places: list[int] = []
        for i in self._saves:
            places.extend(range(len(self.inputs)) if i == ALL else [i])
        result = []
        for i, t in zip(places, saved):
            if i == OUT and isinstance(t, Tensor):
                t = t._alias(self)
            elif i == OUT:
                t = self._reconnect_results(t)
            elif isinstance(t, Tensor):
                source = self.inputs[i]
                if source is None:
                    t = t.detach() if t._requires_grad else t
                elif source is not t and source is not t.node:
                    t = t._alias(source)
            result.append(t)
        return tuple(result)

    def _reconnect_results(self, outs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The same for several results: each floating one above this node again, as `_stand_above` put it."""
        floating = [y for y in outs if y.array.dtype.kind not in "iub"]
        if len(floating) == 1:
            return tuple(y._alias(self) if y is floating[0] else y for y in outs)
        place = {id(y): i for i, y in enumerate(floating)}
        return tuple(y._alias(Output(self, place[id(y)])) if id(y) in place else y for y in outs)

    def _fit(self, g: Tensor, source: Source) -> Tensor | None:
        """Sum a gradient over what was broadcast, None if it is not wanted; anything else of a wrong shape is a mistake."""
        only = _visiting_now()
        if (only is not None and source not in only) or not (source.is_op or source._requires_grad):
            return None
        shapes = f"{tuple(g.array.shape)} for an input of shape {tuple(source.shape)}"
        if not source.is_op and source._moved:
            raise RuntimeError(
                f"backward through {self.name}: a gradient of shape {shapes}: that leaf has been given another shape "
                "since. Do it before the forward pass, or work on a clone()."
            )
        if self.broadcasts:
            from ..ops.reduce import sum_to

            return sum_to(g, source.shape)
        raise RuntimeError(
            f"{self.name}: its backward returned a gradient of shape {shapes}. A rule returns each gradient in the shape "
            "of its input."
        )

    def _refuse_changed(self, t: Any, storage: Storage) -> None:
        where = f"\n    saved at  {describe_frame(self.where)}" if getattr(self, "where", None) else ""
        raise RuntimeError(
            f"backward through {self.name}: a value it saved, shape {tuple(t.array.shape)}, has been changed in place "
            f"by {storage.op}, so its gradient would be wrong.{where}\n"
            f"Use the out-of-place form instead of {storage.op}, or give {self.name} a clone() of the value."
        )

    def release(self) -> None:
        """Let go of what was saved; the links stay, so a second sweep says what is missing."""
        if self._saves:
            self.saved = None  # type: ignore[assignment]

    def again(self) -> Function:
        """The same operation with the same constants, not yet run."""
        twin = _new(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    # ---- for people and pictures ---------------------------------------------------------------------------------

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run an operation written in PyTorch's static style; for one in ours, the same as `cls()(*args)`."""
        if _in_pytorchs_style(cls):
            from .custom import apply

            return apply(cls, *args, **kwargs)
        return cls()(*args)

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """PyTorch's way of walking the graph: pairs of the input's node and an output number."""
        return tuple((source, 0) for source in self.inputs)

    def register_hook(self, hook: Any) -> Any:
        """Call `hook(grad_inputs, grad_outputs)`, two tuples, after the rule has run; what it returns, if anything,
        replaces grad_inputs. Returns a handle with `remove()`."""
        from .hooks import After, Handle

        return Handle(self._hooks(), After(hook))

    def register_prehook(self, hook: Any) -> Any:
        """Call `hook(grad_outputs)` before the rule runs, after the hooks of the result; what it returns, if anything,
        replaces grad_outputs. Returns a handle with `remove()`."""
        from .hooks import Before, Handle

        return Handle(self._hooks(), Before(hook))

    def _hooks(self) -> list[Any]:
        if self.hooks is None:
            self.hooks = []
        return self.hooks

    def __repr__(self) -> str:
        return f"<{self.name}>"


def _in_pytorchs_style(cls: type) -> bool:
    """Whether forward takes a `ctx`, as a static method or a method of the class."""
    return isinstance(inspect.getattr_static(cls, "forward", None), (staticmethod, classmethod))


ALL = -2  # in `_saves`: every input of a variadic op


class Output(Function):
    """One of several results of an operation: hands its gradient to the operation as one part of a tuple."""

    __slots__ = ("index", "dtype")
    name = "output"

    def __init__(self, parent: Function, index: int) -> None:
        self.inputs = (parent,)
        self.birth = next(_births)
        self.shape = parent.edges[index][0]
        self.hooks = None
        self.index = index

    def pull(self, grad: Tensor) -> list[tuple[Source, Any]]:
        return [(self.inputs[0], Parts({self.index: grad}))]

    def register_hook(self, hook: Any) -> Any:
        return self.inputs[0].register_hook(hook)  # type: ignore[union-attr]

    def register_prehook(self, hook: Any) -> Any:
        return self.inputs[0].register_prehook(hook)  # type: ignore[union-attr]

    def release(self) -> None:
        pass


class Parts(dict[int, "Tensor"]):
    """The gradients of some of an operation's results; adding two fills in and adds up."""

    def __add__(self, other: Parts) -> Parts:
        both = Parts(self)
        for i, g in other.items():
            both[i] = both[i] + g if i in both else g
        return both

    def of(self, node: Function) -> tuple[Any, ...]:
        """One gradient per result; zeros for those nobody used (None if the operation asks for that)."""
        if not getattr(node, "materialize", True):
            return tuple(self.get(i) for i in range(len(node.edges)))
        return tuple(
            self[i] if i in self else Tensor._of(np.zeros(shape, dtype)) for i, (shape, dtype) in enumerate(node.edges)
        )


def _formula_gradient(self: Function, *grads_and_saved: Any) -> tuple[Any, ...]:
    """backward of a fused operation when somebody records: differentiate its formula."""
    from .engine import grad as gradient_of

    n, needs = len(self.inputs), self.needs
    saved = grads_and_saved[-(n + (OUT in self._saves)):]
    grads, inputs = grads_and_saved[: len(grads_and_saved) - len(saved)], saved[:n]
    from ..ops.shape import alias

    recorded = _recording_now() != OFF
    with enable_grad():
        places = [alias(x) if isinstance(x, Tensor) and wanted else x for x, wanted in zip(inputs, needs)]
        xs = [x for x, wanted in zip(places, needs) if wanted]
        out = self.formula(*places)  # type: ignore[attr-defined]
        outs = [y for y in (out if isinstance(out, tuple) else (out,)) if y.is_floating_point()]
        found = iter(gradient_of(outs, xs, list(grads), create_graph=recorded, allow_unused=True))
    return tuple(next(found) if wanted else None for wanted in needs)


def _parameters(function: Any) -> tuple[list[str], bool, int]:
    """The names of a method's parameters after self, whether the last is a *name, and how many have no default.

    Read from the code object: `inspect.signature` would take most of the time of `import tensorgrad`.
    """
    code = function.__code__
    names = list(code.co_varnames[1 : code.co_argcount])
    needed = len(names) - len(function.__defaults__ or ())
    variadic = bool(code.co_flags & inspect.CO_VARARGS)
    if variadic:
        names.append(code.co_varnames[code.co_argcount + code.co_kwonlyargcount])
    return names, variadic, needed


def _named(cls: type, rule: Any, names: list[str], variadic: bool) -> tuple[int, ...]:
    """Which inputs (and the result) a rule's parameters name, after its gradients."""
    reads: list[int] = []
    asked, takes_rest, needed = _parameters(rule)
    for i, name in enumerate(asked):
        if takes_rest and i == len(asked) - 1:
            if name in names:
                reads.append(ALL)
        elif name == "out":
            reads.append(OUT)
        elif name in names:
            reads.append(names.index(name))
        elif not name.startswith("grad") and i < needed:
            raise TypeError(
                f"{cls.__name__}: the rule names {name!r}, which is neither an input of forward ({', '.join(names)}), "
                "'out', nor a gradient (grad…)."
            )
    return tuple(reads)


def _owned(value: Any) -> Any:
    if type(value) is tuple:
        return tuple([_owned(v) for v in value])
    return on(value).owned(value) if hasattr(value, "strides") else value


LONG = 50  # views of views of views …


def _shorten(y: Tensor) -> None:
    """Let the end of a long chain of views look at the beginning, so that the links between can go."""
    from .inplace import look_at_root

    look_at_root(y)


def _wanted(args: tuple[Any, ...]) -> bool:
    """Whether any input requires grad, after views have caught up with in-place writes to their base."""
    found = False
    for x in args:
        if isinstance(x, Tensor):
            if x._base is not None:
                x._refresh()
            found = found or x._requires_grad
    return found


def _twin(y: Tensor) -> Tensor:
    t = _new(Tensor)
    t.array = y.array
    t.storage = y.storage or y._storage()
    return t


def _array(t: Any) -> Any:
    if isinstance(t, tuple):
        return tuple(_array(x) for x in t)
    return t.array if isinstance(t, Tensor) else t


_PACKAGE = __name__.partition(".")[0] + "."


def _user_frame() -> tuple[str, int, str]:
    """File, line and function of the innermost caller outside the package."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None:
        return ("", 0, "")
    return (frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def describe_frame(where: tuple[str, int, str]) -> str:
    """A noted source line in words: file, line, function and the line itself."""
    import linecache

    file, line, function = where
    text = linecache.getline(file, line).strip()
    return f'{file}:{line} in {function}' + (f": {text}" if text else "")


__all__ = ["Function", "Output", "Parts", "describe_frame", "no_grad", "OFF", "Iterator"]
