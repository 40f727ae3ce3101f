"""One class per operation; the tests are generated from it.

    class TestSoftplus(OpTest):
        op = staticmethod(F.softplus)
        samples = [sample((3, 4)), sample(()), sample((0, 2)), sample((2, 5), beta=2.0)]
        errors = [(lambda: F.softplus(tg.tensor([1])), TypeError, "softplus: input needs a floating dtype")]

        def expected(self, x, beta=1.0):
            return np.logaddexp(0, beta * x) / beta

What is generated: value in float64 and float32 against `expected`; gradient along a random direction against central
differences; the gradient of that gradient likewise; transposed, strided, reversed and expanded inputs; inputs left
alone; results repeatable bit for bit; gradients of the input's dtype and shape; every error with its words. The same
classes are compared with PyTorch by tests/oracle/test_ops.py, and tests/oracle/test_opinfo.py runs PyTorch's own sample
inputs, good and bad, through both libraries: `python -m pytest -o addopts='-q --import-mode=importlib'
tests/oracle/test_opinfo.py -k "-gather-"` in an environment that has PyTorch. What differs on purpose, with the reason,
is listed in tests/oracle/differences.py.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor
from tensorgrad.autograd.engine import grad as gradient_of

RTOL = {"float64": 1e-9, "float32": 1e-5}
ATOL = {"float64": 1e-11, "float32": 1e-5}


class F:
    """A random floating input of a shape, uniform in [low, high]; of the class's range when none is given."""

    def __init__(self, shape: tuple[int, ...], low: float | None = None, high: float | None = None) -> None:
        self.shape, self.low, self.high = tuple(shape), low, high

    def make(self, rng: np.random.Generator, low: float, high: float) -> np.ndarray:
        return np.asarray(
            rng.uniform(low if self.low is None else self.low, high if self.high is None else self.high, self.shape)
        )


class sample:
    """The arguments of one call. A positional tuple is a random input of that shape, see `F`; arrays become tensors."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args, self.kwargs = args, kwargs

    def build(self, cls: type[OpTest], seed: int) -> tuple[list[Any], dict[str, Any]]:
        """The arguments with arrays (float64, or as given) where tensors go."""
        rng = np.random.default_rng(zlib.crc32(cls.__name__.encode()) + seed)

        def make(x: Any, positional: bool) -> Any:
            if isinstance(x, F):
                return x.make(rng, cls.low, cls.high)
            if positional and isinstance(x, tuple) and not hasattr(x, "_fields") and all(type(s) is int for s in x):
                return F(x).make(rng, cls.low, cls.high)
            if isinstance(x, list) and any(isinstance(e, (F, tuple, np.ndarray)) for e in x):
                return [make(e, True) for e in x]
            return x

        return [make(x, True) for x in self.args], {k: make(v, False) for k, v in self.kwargs.items()}

    def __repr__(self) -> str:
        def show(x: Any) -> str:
            if isinstance(x, F):
                return str(x.shape)
            return f"{x.dtype}{x.shape}" if isinstance(x, np.ndarray) else str(x)

        parts = [show(x) for x in self.args] + [f"{k}={show(v)}" for k, v in self.kwargs.items()]
        return re.sub(r"\s+", "", ",".join(parts))[:80]


def convert(tree: Any, leaf: Callable[[np.ndarray], Any]) -> Any:
    """The arguments with every array replaced."""
    if isinstance(tree, np.ndarray):
        return leaf(tree)
    if isinstance(tree, list):
        return [convert(x, leaf) for x in tree]
    if isinstance(tree, tuple) and any(isinstance(x, (np.ndarray, list)) for x in tree):
        return tuple(convert(x, leaf) for x in tree)
    if isinstance(tree, dict):
        return {k: convert(v, leaf) for k, v in tree.items()}
    return tree


def tensors_in(tree: Any) -> Iterator[Tensor]:
    """Every tensor in nested arguments or results."""
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, (list, tuple)):
        for x in tree:
            yield from tensors_in(x)
    elif isinstance(tree, dict):
        for x in tree.values():
            yield from tensors_in(x)


def is_float(x: Any) -> bool:
    return x.dtype.kind == "f"


class OpTest:
    """Base of the classes in tests/ops; see the module's docstring."""

    op: ClassVar[Any] = None
    samples: ClassVar[list[sample]] = []
    errors: ClassVar[list[tuple[Callable[[], Any], type[Exception], str]]] = []
    aliases: ClassVar[list[str]] = []  # other public names of the same function
    low, high = -2.0, 2.0
    differentiable = True
    second_order = True
    deterministic = True
    layouts = True
    rtol: ClassVar[dict[str, float]] = {}
    atol: ClassVar[dict[str, float]] = {}
    grad_rtol, grad_atol = 1e-5, 1e-6  # of a central difference
    torch: ClassVar[Any] = ""  # dotted name under torch; "" finds it by the op's name; None: PyTorch has no such function
    torch_note = ""
    torch_rtol: ClassVar[dict[str, float]] = {}
    torch_atol: ClassVar[dict[str, float]] = {}
    torch_gradient = True

    def expected(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError(f"{type(self).__name__} gives no expected value")

    # ---- helpers ---------------------------------------------------------------------------------------------------

    @classmethod
    def arguments(cls, i: int, dtype: str = "float64") -> tuple[Any, Any]:
        """Sample i as arrays, its float64 arrays rounded to `dtype`."""
        args, kwargs = cls.samples[i].build(cls, i)

        def rounded(a: np.ndarray) -> np.ndarray:
            return a.astype(dtype) if a.dtype == np.float64 else a

        return convert(args, rounded), convert(kwargs, rounded)

    @classmethod
    def call(cls, args: Any, kwargs: Any, requires_grad: bool = False) -> tuple[list[Tensor], Any]:
        """Run the op on arrays; the floating inputs as tensors, and the result."""
        inputs: list[Tensor] = []

        def leaf(a: np.ndarray) -> Tensor:
            t = Tensor._of(a)
            if is_float(a):
                inputs.append(t)
                t._requires_grad = requires_grad
            return t

        args, kwargs = convert(args, leaf), convert(kwargs, leaf)
        return inputs, cls.op(*args, **kwargs)

    @staticmethod
    def floating_outputs(out: Any) -> list[Tensor]:
        return [t for t in tensors_in(out) if t.is_floating_point()]

    def close(self, got: Any, want: Any, dtype: str, what: str = "value") -> None:
        """Nested results equal, to the class's tolerance."""
        if isinstance(want, (list, tuple)) and not isinstance(got, Tensor):
            assert len(got) == len(want), f"{what}: {len(got)} results, expected {len(want)}"
            for i, (g, w) in enumerate(zip(got, want)):
                self.close(g, w, dtype, f"{what}[{i}]")
            return
        if isinstance(got, Tensor):
            assert isinstance(got.array, np.ndarray), f"{what}: array is {type(got.array)}"
            got = got.array
        got, want = np.asarray(got), np.asarray(want)
        assert got.shape == want.shape, f"{what}: shape {got.shape}, expected {want.shape}"
        if got.dtype.kind == "f":
            np.testing.assert_allclose(
                got.astype(np.float64),
                want.astype(np.float64),
                rtol=self.rtol.get(dtype, RTOL[dtype]),
                atol=self.atol.get(dtype, ATOL[dtype]),
                err_msg=what,
            )
        else:
            np.testing.assert_array_equal(got, want, err_msg=what)

    # ---- which of the generated tests have something to test -----------------------------------------------------------

    @classmethod
    def applies(cls, test: str, params: dict[str, Any]) -> bool:
        """Whether a generated test would call the operation. tests/conftest.py collects no others."""
        if getattr(cls, test) is not getattr(OpTest, test, None):
            return True  # the class's own
        plain_call = cls.call.__func__ is OpTest.call.__func__  # type: ignore[attr-defined]
        if test == "test_second_order":
            return cls.differentiable and cls.second_order and (not plain_call or cls.kinds(params["case"])[0])
        if test == "test_layout":
            return cls.layouts and cls.kinds(params["case"])[1]
        if test == "test_operands_changed_before_backward":
            if not (cls.differentiable and cls.deterministic and plain_call):
                return False
            floats, _, others = cls.kinds(params["case"])
            return floats and (others or params["which"] == "inputs")
        return True

    @classmethod
    def kinds(cls, case: int) -> tuple[bool, bool, bool]:
        """Whether a sample has floating arrays, any of them with an axis, and arrays of another kind."""
        known = cls.__dict__.get("_kinds")
        if known is None:
            known = cls._kinds = {}  # type: ignore[attr-defined]
        if case not in known:
            arrays = list(arrays_in(cls.arguments(case)))
            floats = [a for a in arrays if is_float(a)]
            known[case] = bool(floats), any(a.ndim for a in floats), len(floats) < len(arrays)
        return known[case]

    # ---- what is generated -------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    def test_value(self, case: int, dtype: str) -> None:
        args, kwargs = self.arguments(case, dtype)
        before = convert(args, np.copy), convert(kwargs, np.copy)
        inputs, out = self.call(args, kwargs)
        wide = convert(before, lambda a: a.astype(np.float64) if is_float(a) else a)
        with np.errstate(all="ignore"):
            self.close(out, self.expected(*wide[0], **wide[1]), dtype)
        if inputs and "dtype" not in kwargs:
            assert all(t.array.dtype == dtype for t in self.floating_outputs(out)), "result dtype differs from the input's"
        for old, new in zip(arrays_in(before), arrays_in((args, kwargs))):
            np.testing.assert_array_equal(old, new, err_msg="an input was changed")
        for t in tensors_in(out):
            for x in inputs:
                if t is not x and np.shares_memory(t.array, x.array):
                    assert t.storage is x.storage, "the result shares memory, but not the record of writes in place"
        if self.deterministic:
            again = self.call(args, kwargs)[1]
            for a, b in zip(tensors_in(out), tensors_in(again)):
                assert a.array.tobytes() == b.array.tobytes(), "two runs differ"

    def test_gradient(self, case: int) -> None:
        if not self.differentiable:
            self.no_gradient(case)
            return
        args, kwargs = self.arguments(case)
        inputs, out = self.call(args, kwargs, requires_grad=True)
        rng = np.random.default_rng(7)
        outs = [y for y in self.floating_outputs(out) if y.requires_grad]
        if not inputs:
            return
        assert outs or not self.floating_outputs(out), "no result requires grad"
        cs = [rng.standard_normal(y.array.shape) for y in outs]
        seeds = [Tensor._of(c) for c in cs]
        grads = gradient_of(outs, inputs, seeds, retain_graph=True, allow_unused=True) if outs else ()
        self.one_at_a_time(inputs, grads, outs, seeds, case)
        for x, g in zip(inputs, grads):
            if g is not None:
                assert g.array.shape == x.array.shape and g.array.dtype == x.array.dtype

        def value() -> float:
            with tg.no_grad():
                moved = self.floating_outputs(self.call(args, kwargs)[1])
            return sum(float((y.array * c).sum()) for y, c in zip(moved, cs))

        self.along_random_directions(inputs, grads, value, 1e-6, "gradient")

    def test_second_order(self, case: int) -> None:
        args, kwargs = self.arguments(case)
        rng = np.random.default_rng(8)

        def gradients(create_graph: bool) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
            inputs, out = self.call(args, kwargs, requires_grad=True)
            outs = [y for y in self.floating_outputs(out) if y.requires_grad]
            if not inputs or not outs:
                return [], [], []
            if not cs:
                cs.extend(rng.standard_normal(y.array.shape) for y in outs)
            seeds = [Tensor._of(c) for c in cs]
            for s in seeds:
                s._requires_grad = True
            grads = gradient_of(outs, inputs, seeds, create_graph=create_graph, allow_unused=True)
            return inputs, seeds, [g for g in grads if g is not None]

        cs: list[np.ndarray] = []
        inputs, seeds, grads = gradients(True)
        us = [rng.standard_normal(g.array.shape) for g in grads]
        recorded = [(g, Tensor._of(u)) for g, u in zip(grads, us) if g.requires_grad]
        variables = inputs + seeds
        if recorded:
            second = gradient_of(
                [g for g, _ in recorded], variables, [u for _, u in recorded], allow_unused=True, retain_graph=True
            )
        else:
            second = (None,) * len(variables)

        def value() -> float:
            return sum(float((g.array * u).sum()) for g, u in zip(gradients(False)[2], us))

        self.along_random_directions(variables, second, value, 1e-5, "second gradient")

    @pytest.mark.parametrize("which", ["inputs", "others"])
    def test_operands_changed_before_backward(self, case: int, which: str) -> None:
        """Written to between forward and backward, the inputs, or the indices, masks and targets beside them, are
        refused, or it makes no difference."""

        def gradients(change: bool) -> Any:
            args, kwargs = self.arguments(case)
            tensors: dict[str, list[Tensor]] = {"inputs": [], "others": []}

            def leaf(a: np.ndarray) -> Tensor:
                t = Tensor._of(a.copy())
                t._requires_grad = is_float(a)
                tensors["inputs" if is_float(a) else "others"].append(t)
                return t

            out = type(self).op(*convert(args, leaf), **convert(kwargs, leaf))
            outs = [y for y in self.floating_outputs(out) if y.requires_grad]
            if not (tensors[which] and outs):
                return []
            with tg.no_grad():
                for t in tensors[which] if change else ():
                    a = t.array
                    t.copy_(Tensor._of(a + 0.37 if is_float(a) else ~a if a.dtype == bool else np.roll(a, 1)))
            seeds = [Tensor._of(np.cos(np.arange(y.array.size)).reshape(y.array.shape)) for y in outs]
            return gradient_of(outs, tensors["inputs"], seeds, allow_unused=True) if tensors["inputs"] else []

        want = gradients(False)
        try:
            got = gradients(True) if want else []
        except RuntimeError as error:
            assert "a value it saved" in str(error)
            return
        for a, b in zip(got, want):
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_array_equal(a.array, b.array)

    def one_at_a_time(self, inputs: Any, grads: Any, outs: Any, seeds: Any, case: int) -> None:
        """The gradient of one input is the same where no other is asked for, and where all others are constants."""
        if len(inputs) < 2 or not outs:
            return
        for i, (x, want) in enumerate(zip(inputs, grads)):
            (asked,) = gradient_of(outs, [x], seeds, retain_graph=True, allow_unused=True)
            self.same_gradient(asked, want)
            if type(self).call.__func__ is not OpTest.call.__func__ or not self.deterministic:
                continue
            leaves: list[Tensor] = []

            def leaf(a: np.ndarray, i: int = i, leaves: list[Tensor] = leaves) -> Tensor:
                t = Tensor._of(a)
                if is_float(a):
                    t._requires_grad = len(leaves) == i
                    leaves.append(t)
                return t

            args, kwargs = self.arguments(case)
            out = type(self).op(*convert(args, leaf), **convert(kwargs, leaf))
            pairs = [(y, s) for y, s in zip(self.floating_outputs(out), seeds) if y.requires_grad]
            if pairs and len(self.floating_outputs(out)) == len(seeds):
                (alone,) = gradient_of([y for y, _ in pairs], [leaves[i]], [s for _, s in pairs], allow_unused=True)
                self.same_gradient(alone, want)

    @staticmethod
    def same_gradient(got: Any, want: Any) -> None:
        """Equal; None is as good as zeros."""
        if got is None or want is None:
            assert all(g is None or not g.array.any() for g in (got, want))
        else:
            np.testing.assert_allclose(got.array, want.array, rtol=1e-10, atol=1e-12)

    def along_random_directions(self, inputs: Any, grads: Any, value: Any, h: float, what: str) -> None:
        """Compare ⟨gradient, v⟩ with the central difference of `value` along v, one input at a time."""
        rng = np.random.default_rng(9)
        for i, (x, g) in enumerate(zip(inputs, grads)):
            if x.array.size == 0:
                continue
            v = rng.standard_normal(x.array.shape)
            start = x.array.copy()
            numbers = []
            for step in (h, -h):
                x.array[...] = start + step * v
                numbers.append(value())
            x.array[...] = start
            numeric = (numbers[0] - numbers[1]) / (2 * h)
            exact = 0.0 if g is None else float((g.array * v).sum())
            size = max(abs(numbers[0]), 1.0)
            assert exact == pytest.approx(numeric, rel=self.grad_rtol, abs=self.grad_atol * size), f"{what} of input {i}"

    def no_gradient(self, case: int) -> None:
        """A function without a derivative gives results that do not require grad."""
        args, kwargs = self.arguments(case)
        _, out = self.call(args, kwargs, requires_grad=True)
        assert not any(t.requires_grad for t in tensors_in(out))

    @pytest.mark.parametrize("layout", ["transposed", "strided", "reversed", "expanded"])
    def test_layout(self, case: int, layout: str) -> None:
        args, kwargs = self.arguments(case)
        args, kwargs = convert(args, lambda a: plain(a, layout)), convert(kwargs, lambda a: plain(a, layout))
        odd = convert(args, lambda a: laid_out(a, layout)), convert(kwargs, lambda a: laid_out(a, layout))
        x, out = self.call(args, kwargs, requires_grad=self.differentiable)
        x_odd, out_odd = self.call(*odd, requires_grad=self.differentiable)
        for a, b in zip(tensors_in(out), tensors_in(out_odd)):
            np.testing.assert_allclose(b.array, a.array, rtol=1e-9, atol=1e-11)
        pairs = [(a, b) for a, b in zip(tensors_in(out), tensors_in(out_odd)) if a.requires_grad]
        if pairs:
            seeds = [Tensor._of(np.cos(np.arange(a.array.size)).reshape(a.array.shape)) for a, _ in pairs]
            g = gradient_of([a for a, _ in pairs], x, seeds, allow_unused=True)
            g_odd = gradient_of([b for _, b in pairs], x_odd, seeds, allow_unused=True)
            for a, b in zip(g, g_odd):
                if a is not None:
                    np.testing.assert_allclose(b.array, a.array, rtol=1e-9, atol=1e-11)

    def test_error(self, error: int) -> None:
        call, kind, words = self.errors[error]
        with pytest.raises(kind, match=re.escape(words)):
            call()


def arrays_in(tree: Any) -> Iterator[np.ndarray]:
    if isinstance(tree, np.ndarray):
        yield tree
    elif isinstance(tree, (list, tuple)):
        for x in tree:
            yield from arrays_in(x)
    elif isinstance(tree, dict):
        for x in tree.values():
            yield from arrays_in(x)


def plain(a: np.ndarray, layout: str) -> np.ndarray:
    """The values the layout will have: expanded inputs repeat their first row."""
    if layout == "expanded" and is_float(a) and a.ndim and a.shape[0]:
        return np.repeat(a[:1], a.shape[0], axis=0)
    return a


def laid_out(a: np.ndarray, layout: str) -> np.ndarray:
    """The same values in another arrangement of memory."""
    if not is_float(a) or a.ndim == 0:
        return a
    if layout == "transposed":
        return a.T.copy().T
    if layout == "strided":
        wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), a.dtype)
        wide[..., ::2] = a
        return wide[..., ::2]
    if layout == "reversed":
        return a[::-1].copy()[::-1]
    return np.broadcast_to(a[:1], a.shape) if a.shape[0] else a


# Files that run every table; a table they import is not theirs.
ABOUT_ALL = ("test_batching", "test_bfloat16", "test_coverage", "test_errors", "test_formulas", "test_tangents")


def tables(*about: str) -> list[ModuleType]:
    """The modules with tables: those of the operations, those of their older names, and of ABOUT_ALL the named ones."""
    here = Path(__file__).parent
    paths = sorted([*here.glob("test_*.py"), *(here.parent / "compat").glob("test_*.py")])
    return [
        import_module(f"tests.{p.parent.name}.{p.stem}") for p in paths if p.stem not in ABOUT_ALL or p.stem in about
    ]


def rows(module: ModuleType) -> list[tuple[str, type[OpTest]]]:
    """The classes of a module that test an operation, each by its name."""
    return [
        (name, cls)
        for name, cls in vars(module).items()
        if isinstance(cls, type) and issubclass(cls, OpTest) and cls.op is not None and cls.__module__ == module.__name__
    ]
