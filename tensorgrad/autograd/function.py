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

The page reads as a life: signature, call, record, rule, release. Beside it stand `saving.py` (what is kept for the rule),
`outputs.py` (several results), `views.py` (results that share memory), `formula.py` (an operation that carries its
definition), `lifted.py` (the call within `vmap` and `jvp`), and `flat_calls.py` (the call once more, faster).
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..kernels.layered import active
from ..refusals import CAUGHT, leave_as, of_operation
from ..tensor import Tensor
from .flat_calls import call_one, call_two
from .formula import formula_gradient
from .frames import user_frame
from .lifted import is_layered, lifted
from .modes import SILENT, TRACED, packing, recording, silence_var, tracing, visiting, watcher
from .node import Name, Source, births
from .outputs import Parts, stand_above
from .saving import ALL, OUT, USUAL, Saving, arrays_of
from .sums import Zero
from .views import call_view, call_views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_recording_now = recording.get
_visiting_now = visiting.get
_silence_set = silence_var.set
_silence_reset = silence_var.reset
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")  # where MaxPool becomes max_pool
_NEEDS_ONE = ((False,), (True,))
_NEEDS_TWO = (((False, False), (False, True)), ((True, False), (True, True)))


class Function(Saving):
    """Base of every differentiable operation. See the module's docstring; rules for subclasses:

    - `forward(self, *arrays)` returns an array, or a tuple of arrays. Python numbers arrive as numbers.
    - `backward(self, grad, …)` gets one gradient per floating output, then what its parameters name: inputs by the
      names `forward` gives them, `out` for the result. It returns one gradient per input, None where there is none (a
      single one needs no tuple). It is written in Tensor operations, so it can be differentiated again.
    - `fused_backward`, on arrays, computes the same when nobody records; it names the same values as `backward`.
    - `formula`, on Tensors, is the definition. Without a `backward` it is also the rule: it is run again on the inputs,
      which are all kept for it, and differentiated. Beside a `backward` it documents and tests the operation.
    - Attributes set in `__init__` are constants of the operation. Anything computed in `forward` and kept on `self` is
      a constant to whoever differentiates, so only `fused_backward` may read it.

    Class attributes: `broadcasts`: gradients may come back in the broadcast shape, the sweep sums them. `serves`: which
    inputs' gradients a saved input is for, by name, where not for all (in a product "x": "z" and "z": "x"); if none of
    those is wanted it is not saved, and the rule sees None. `is_view`: the result shares the memory of the only input,
    and `forward` is a pure function of that array; with several results, `part(i)` gives the operation whose result is
    the i-th of them. `borrowed`: attributes with memory of the user's, copied when the operation is recorded.
    `never_warns`: NumPy has nothing to say about `forward` (comparisons, moves), so it need not be silenced.
    """

    __slots__ = ("edges",)

    name: ClassVar[Any] = Name("function")
    broadcasts: ClassVar[bool] = False
    serves: ClassVar[dict[str, str]] = {}
    is_view: ClassVar[bool] = False
    never_warns: ClassVar[bool] = False
    by_formula: ClassVar[bool] = False  # whether the formula is what is differentiated
    _fused_reads: ClassVar[tuple[int, ...]] = ()
    _crosswise: ClassVar[bool] = False  # whether two inputs serve each other: the usual case, told apart fast

    forward: Callable[..., Any]
    backward: Callable[..., Any]

    # ---- signature: read once per class, so that a call does no inspection ------------------------------------------

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if type(cls.__dict__.get("name", "")) is str:
            cls.name = Name(cls.__dict__.get("name") or _WORDS.sub("_", cls.__name__).lower())
        if in_pytorchs_style(cls):
            return  # see custom.py
        forward = getattr(cls, "forward", None) or getattr(cls, "formula", None)
        if forward is None:
            return
        names, variadic, _ = _parameters(forward)
        fused, rule = getattr(cls, "fused_backward", None), getattr(cls, "backward", None)
        cls.by_formula = hasattr(cls, "formula") and rule in (None, formula_gradient)
        if cls.by_formula:
            cls._fused_reads = _named(cls, fused, names, variadic) if fused is not None else ()
            # The formula starts from the inputs again, so all of them are kept, beside what the kernel names.
            extra = tuple(i for i in cls._fused_reads if i == OUT)
            cls._saves = tuple(range(len(names))) + extra if not variadic else (ALL,) + extra
            cls.backward = formula_gradient
        elif rule is not None:
            cls._saves = _named(cls, rule, names, variadic)
            if fused is not None:
                cls._fused_reads = _named(cls, fused, names, variadic)
                if cls._fused_reads != cls._saves:
                    raise TypeError(f"{cls.__name__}: backward and fused_backward must name the same values.")
        cls._saves = USUAL.get(cls._saves, cls._saves)
        cls._serves = {names.index(x): tuple(map(names.index, served.split())) for x, served in cls.serves.items()}
        cls._crosswise = cls._serves == {0: (1,), 1: (0,)}
        call: Any = Function.__call__
        if cls.is_view:
            call = call_views if hasattr(cls, "part") else call_view
        elif not variadic and len(names) in (1, 2):
            call = call_one if len(names) == 1 else call_two
        cls.__call__ = call  # type: ignore[method-assign]

    # ---- call -------------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any) -> Any:
        """Run `forward` on the arrays of the arguments; if this is to be recorded, become the node of the result."""
        mode = _recording_now()
        token = _silence_set(SILENT)
        try:
            if active:  # within vmap or jvp the arrays may be more than arrays
                out = lifted(self, *args)
            else:
                out = self.forward(*[x.array if isinstance(x, Tensor) else x for x in args])
        except CAUGHT as error:
            leave_as(of_operation(error, self.name), error)
        finally:
            _silence_reset(token)
        if type(out) is tuple:
            return self._many(args, out, mode)
        y = Tensor._of(np.asarray(out) if isinstance(out, np.generic) else out)
        if mode and _wanted(args):
            self._record(args, y, mode)
            y.node = self
            y._requires_grad = True
        return y

    def _many(self, args: tuple[Any, ...], arrays: tuple[Any, ...], mode: int) -> tuple[Tensor, ...]:
        """The same for several results: see `outputs.py`."""
        outs = tuple(Tensor._of(np.asarray(a) if isinstance(a, np.generic) else a) for a in arrays)
        if mode and _wanted(args):
            self._record(args, outs, mode)
            stand_above(self, [y for y in outs if y.is_floating_point()])
        return outs

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """The same as `cls()(*args)`: how PyTorch runs an operation."""
        return cls()(*args, **kwargs)

    def again(self) -> Function:
        """The same operation with the same constants, not yet run."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    # ---- record -----------------------------------------------------------------------------------------------------

    def _record(self, args: tuple[Any, ...], out: Any, mode: int) -> None:
        """Become a node: note where the inputs came from, the birth, and what the rule names."""
        self.inputs = tuple([(x.node or x) if isinstance(x, Tensor) and x._requires_grad else None for x in args])
        self.birth = next(births)
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

    def _trace(self, args: tuple[Any, ...], out: Any) -> None:
        """Note the line of the program that this operation stands in, tell who watches, hand over what was saved."""
        if tracing.get():
            self.where = user_frame()
        see = watcher.get()
        if see is not None:
            see(self, args, out)
        if packing.get() is not None and self._saves:
            self._pack()

    # ---- rule -------------------------------------------------------------------------------------------------------

    @property
    def needs(self) -> tuple[bool, ...]:
        """For each input, whether the sweep under way wants its gradient; a rule may leave out the others."""
        only, inputs = _visiting_now(), self.inputs
        if only is None:
            if len(inputs) == 2:
                return _NEEDS_TWO[inputs[0] is not None][inputs[1] is not None]
            if len(inputs) == 1:
                return _NEEDS_ONE[inputs[0] is not None]
            return tuple([source is not None for source in inputs])
        return tuple([source is not None and source in only for source in inputs])

    def pull(self, grad: Any) -> list[tuple[Source, Any]]:
        """Run the rule: the gradient of the result in, pairs of a source and its gradient out."""
        inputs = self.inputs
        if type(grad) is not Tensor:
            if type(grad) is Zero:
                return [(source, grad) for source in inputs if source is not None]
            if type(grad) is Parts:
                grad = grad.of(self)
        grads = self._run_rule(grad)
        if type(grads) is not tuple:
            grads = (grads,)
        if len(grads) != len(inputs):
            raise RuntimeError(f"{self.name}: its backward returned {len(grads)} gradients for {len(inputs)} inputs.")
        pairs: list[tuple[Source, Any]] = []
        for source, g in zip(inputs, grads):
            if source is not None and g is not None:
                if g.array.shape != (source.shape if source.is_op else source.array.shape):
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
            saved = self._unpacked()
        if self._serves and _visiting_now() is not None:
            saved = self._of_use(saved, self._saves, self.needs)
        self._check_unchanged(saved)
        if not _recording_now():
            if self._fused_reads and not (active and is_layered(grad, *saved)):
                return self._run_fused(grad, saved)
        else:
            saved = self._reconnect(saved)
        return self.backward(*grad, *saved) if type(grad) is tuple else self.backward(grad, *saved)

    def _run_fused(self, grad: Any, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """`fused_backward` on the arrays. Kept are the inputs, in order, then the result if the kernel reads it."""
        reads = [arrays_of(saved[i]) if i >= 0 else arrays_of(saved[-1]) for i in self._places_read(saved)]
        grads = grad if type(grad) is tuple else (grad,)
        token = _silence_set(SILENT)
        try:
            arrays = self.fused_backward(*[g if g is None else g.array for g in grads], *reads)
        finally:
            _silence_reset(token)
        if type(arrays) is not tuple:
            arrays = (arrays,)
        return tuple([None if a is None else Tensor._of(a) for a in arrays])

    def _places_read(self, saved: tuple[Any, ...]) -> Iterable[int]:
        if self._fused_reads == self._saves:
            return range(len(saved))
        if ALL not in self._fused_reads:
            return self._fused_reads
        return (*range(len(self.inputs)), *(i for i in self._fused_reads if i == OUT))

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
            return g._sum_to(source.shape)
        raise RuntimeError(
            f"{self.name}: its backward returned a gradient of shape {shapes}. A rule returns each gradient in the shape "
            "of its input."
        )


def in_pytorchs_style(cls: type) -> bool:
    """Whether forward takes a `ctx`, as a static method or a method of the class."""
    for base in cls.__mro__:
        if "forward" in base.__dict__:
            return isinstance(base.__dict__["forward"], (staticmethod, classmethod))
    return False


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


def _wanted(args: tuple[Any, ...]) -> bool:
    """Whether any input requires grad, after views have caught up with in-place writes to their base."""
    found = False
    for x in args:
        if isinstance(x, Tensor):
            if x._base is not None:
                x._refresh()
            found = found or x._requires_grad
    return found


__all__ = ["Function", "in_pytorchs_style"]
