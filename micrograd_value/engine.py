"""Value: a number that remembers where it came from, and can therefore be differentiated.

The whole of reverse-mode differentiation is on this page, in three steps:

1. Every operation returns a new `Value` that keeps the values it was made from (`_prev`) and, for each of them, the
   derivative of the result towards it (`_local_grads`): one number per edge of the graph, known the moment the
   operation runs.
2. `backward()` walks the graph from the result to the leaves, every node after everything that used it.
3. On each edge it does one thing: `child.grad += local * node.grad`. That is the chain rule; the `+` is the sum over
   paths.

The names are those of Andrej Karpathy's micrograd, and code written along his lecture runs unchanged. What is new:
the local derivative is a number on the edge where micrograd has a closure, so that a picture, a debugger or a compiler
can read it; and nothing here recurses, so that a million chained operations are as easy as five.

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> y = (a * b + a).tanh()
    >>> y.backward()
    >>> y, round(a.grad, 6)
    (Value(data=-0.999329299739067, grad=1.0), -0.002682)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Complex, Real
from typing import Any, TypeAlias

from . import functions as f
from .checks import warn

Number: TypeAlias = int | float

_recording: ContextVar[bool] = ContextVar("recording", default=True)
_scope: ContextVar[str] = ContextVar("scope", default="")


class Value:
    """A number, its gradient, and the edges back to the numbers it was computed from.

    Args:
        data: a real number (anything `float()` takes, except text and another Value).
        _children: the values this one was computed from. Only operations pass it.
        _op: the operation's name, shown in pictures.
        label: a name for people.
        _local_grads: ∂self/∂child for each child, as numbers. An operation of your own may leave it out and assign
            `_backward` instead, as micrograd does.

    Attributes:
        data: the number.
        grad: ∂(what `backward` was called on)/∂self, added up over calls until `zero_grad()`.
    """

    __slots__ = ("data", "grad", "label", "_prev", "_local_grads", "_op", "_scope", "_own_backward", "__weakref__")

    data: float
    grad: float
    label: str
    _prev: tuple[Value, ...]  # a child used twice stands here twice: two edges
    _local_grads: tuple[float, ...]
    _op: str
    _scope: str  # the layer and neuron that made it, "" outside any
    _own_backward: Callable[[], None] | None

    def __init__(
        self,
        data: Any,
        _children: Any = (),
        _op: str = "",
        label: str = "",
        _local_grads: tuple[float, ...] = (),
    ) -> None:
        if type(data) is not float:
            data = _to_float(data)
        if not _recording.get():
            _children = _local_grads = ()
        self.data = data
        self.grad = 0.0
        self.label = label
        self._prev = _children if type(_children) is tuple else _as_children(_children)
        self._local_grads = _local_grads
        self._op = _op
        self._scope = _scope.get()
        self._own_backward = None

    # ---- arithmetic: the result, and one local derivative per child --------------------------------------------

    def __add__(self, other: Value | Number) -> Value:
        right = _lift(other)
        if right is None:
            return NotImplemented
        return _result(self.data + right.data, (self, right), "+", (1.0, 1.0))

    def __sub__(self, other: Value | Number) -> Value:
        right = _lift(other)
        if right is None:
            return NotImplemented
        return _result(self.data - right.data, (self, right), "-", (1.0, -1.0))

    def __mul__(self, other: Value | Number) -> Value:
        right = _lift(other)
        if right is None:
            return NotImplemented
        return _result(self.data * right.data, (self, right), "*", (right.data, self.data))

    def __truediv__(self, other: Value | Number) -> Value:
        right = _lift(other)
        if right is None:
            return NotImplemented
        y = f.divide(self.data, right.data)
        return _result(y, (self, right), "/", (f.divide(1.0, right.data), -f.divide(y, right.data)))

    def __pow__(self, other: Value | Number) -> Value:
        """xᵏ for a number k (one child, as in micrograd), xᶻ for a Value z (two)."""
        x = self.data
        if not isinstance(other, Value):
            if not _is_number(other):
                return NotImplemented
            k = float(other)
            name = f"**{other}" if type(other) is int else f"**{k!r}"
            return _result(f.power(x, k), (self,), name, (f.power_slope(x, k),))
        z = other.data
        y = f.power(x, z)
        return _result(y, (self, other), "**", (f.power_slope(x, z), y * f.log_or_zero(x)))

    def __neg__(self) -> Value:
        return _result(-self.data, (self,), "neg", (-1.0,))

    def __pos__(self) -> Value:
        return self

    def __radd__(self, other: Number) -> Value:
        return self + other

    def __rmul__(self, other: Number) -> Value:
        return self * other

    def __rsub__(self, other: Number) -> Value:
        left = _lift(other)
        return NotImplemented if left is None else left - self

    def __rtruediv__(self, other: Number) -> Value:
        left = _lift(other)
        return NotImplemented if left is None else left / self

    def __rpow__(self, other: Number) -> Value:
        left = _lift(other)
        return NotImplemented if left is None else left**self

    # ---- functions ----------------------------------------------------------------------------------------------

    def exp(self) -> Value:
        """eˣ; its slope is itself."""
        y = f.exp(self.data)
        return _result(y, (self,), "exp", (y,))

    def log(self) -> Value:
        """ln x; -inf at 0, nan below."""
        return _result(f.log(self.data), (self,), "log", (f.divide(1.0, self.data),))

    def sqrt(self) -> Value:
        """√x; slope 1/(2√x)."""
        y = f.sqrt(self.data)
        return _result(y, (self,), "sqrt", (f.divide(0.5, y),))

    def sin(self) -> Value:
        """sin x; slope cos x."""
        return _result(f.sin(self.data), (self,), "sin", (f.cos(self.data),))

    def cos(self) -> Value:
        """cos x; slope −sin x."""
        return _result(f.cos(self.data), (self,), "cos", (-f.sin(self.data),))

    def tanh(self) -> Value:
        """tanh x; slope 1 − tanh² x."""
        y = math.tanh(self.data)
        return _result(y, (self,), "tanh", (1.0 - y * y,))

    def sigmoid(self) -> Value:
        """1 / (1 + e⁻ˣ), exact to the last digit from -745 to 1000 and beyond."""
        y = f.sigmoid(self.data)
        return _result(y, (self,), "sigmoid", (y * f.sigmoid(-self.data),))  # σ' = σ(x)·σ(-x): 1 - y would round

    def erf(self) -> Value:
        """The error function 2/√π ∫₀ˣ e^-t² dt."""
        x = self.data
        return _result(math.erf(x), (self,), "erf", (f.TWO_OVER_SQRT_PI * math.exp(-x * x),))

    def relu(self) -> Value:
        """max(x, 0); the slope at 0 is 0, as in micrograd and PyTorch, and a nan stays a nan."""
        x = self.data
        return _result(0.0 if x <= 0.0 else x, (self,), "ReLU", (1.0 if x > 0.0 else 0.0,))

    def leaky_relu(self, negative_slope: float = 0.01) -> Value:
        """x for x > 0, else negative_slope · x (Maas et al., 2013)."""
        x, slope = self.data, _to_float(negative_slope, "leaky_relu")
        local = 1.0 if x > 0.0 else slope
        return _result(x * local, (self,), f"leaky_relu({slope!r})", (local,))

    def softplus(self) -> Value:
        """ln(1 + eˣ), the smooth relu (Dugas et al., 2001)."""
        return _result(f.softplus(self.data), (self,), "softplus", (f.sigmoid(self.data),))

    def gelu(self) -> Value:
        """x·Φ(x) with Φ the normal distribution function (Hendrycks & Gimpel, arXiv:1606.08415); the exact form."""
        x = self.data
        cdf = f.normal_cdf(x)
        return _result(x * cdf, (self,), "gelu", (cdf + x * f.normal_pdf(x),))

    def abs(self) -> Value:
        """|x|; the slope at 0 is 0."""
        return _result(math.fabs(self.data), (self,), "abs", (f.sign(self.data),))

    __abs__ = abs

    def max(self, other: Value | Number) -> Value:
        """The larger of two; at a tie each gets half the gradient, as in PyTorch."""
        other = _operand(other, "max")
        a, b = self.data, other.data
        return _result(f.maximum(a, b), (self, other), "max", (f.share(a, b), f.share(b, a)))

    def min(self, other: Value | Number) -> Value:
        """The smaller of two; at a tie each gets half the gradient, as in PyTorch."""
        other = _operand(other, "min")
        a, b = self.data, other.data
        return _result(f.minimum(a, b), (self, other), "min", (f.share(b, a), f.share(a, b)))

    # ---- backward -----------------------------------------------------------------------------------------------

    def backward(self) -> None:
        """Fill `grad` of every value this one was computed from with ∂self/∂(that value).

        Gradients add, over the paths of one call and over calls, until `zero_grad()`.
        """
        order = topological_order(self)
        silent = [node._op for node in order if not (node._local_grads or node._own_backward)]
        if silent:
            raise RuntimeError(
                f"backward: the operation '{silent[0]}' does not say how its result depends on its children. Give its "
                "Value _local_grads, one number per child, or assign its _backward."
            )
        # A second call must push only its own gradient through the graph, so what inner nodes hold from earlier calls
        # steps aside during the sweep and is added to afterwards. Leaves simply go on adding.
        earlier = [(node, node.grad) for node in order if node.grad != 0.0]
        for node, _ in earlier:
            node.grad = 0.0

        self.grad += 1.0  # ∂self/∂self: the seed
        for node in reversed(order):
            if node._own_backward is None:
                for child, local in zip(node._prev, node._local_grads):
                    child.grad += local * node.grad
            else:
                node._own_backward()

        for node, grad in earlier:
            node.grad += grad

    @property
    def _backward(self) -> Callable[[], None]:
        """This node's step of the sweep, callable alone as in micrograd; assign your own for an op of your own."""
        return self._own_backward or self._push_to_children

    @_backward.setter
    def _backward(self, step: Callable[[], None]) -> None:
        self._own_backward = step

    def _push_to_children(self) -> None:
        for child, local in zip(self._prev, self._local_grads):
            child.grad += local * self.grad

    def zero_grad(self) -> None:
        """Set `grad` to 0 here and in every value this one was computed from."""
        for node in topological_order(self, leaves=True):
            node.grad = 0.0

    def detach(self) -> Value:
        """The same number, with no history: gradients stop here."""
        return Value(self.data, label=self.label)

    # ---- a number among numbers ---------------------------------------------------------------------------------

    def __float__(self) -> float:
        """The number, out of the graph: said aloud, for math.exp(x) comes here and cuts it. See also `data`."""
        if _recording.get():
            warn(
                "float: a Value became a plain number, through which no gradient flows. For a function use the Value's own, "
                "x.exp() in place of math.exp(x); for the number itself x.data."
            )
        return self.data

    def __int__(self) -> int:
        return int(self.data)

    def __bool__(self) -> bool:
        return self.data != 0.0

    def __lt__(self, other: Value | Number) -> bool:
        return self.data < _compared(other) if _comparable(other) else NotImplemented

    def __le__(self, other: Value | Number) -> bool:
        return self.data <= _compared(other) if _comparable(other) else NotImplemented

    def __gt__(self, other: Value | Number) -> bool:
        return self.data > _compared(other) if _comparable(other) else NotImplemented

    def __ge__(self, other: Value | Number) -> bool:
        return self.data >= _compared(other) if _comparable(other) else NotImplemented

    # No __eq__: as in micrograd a Value equals only itself, or `v in nodes` would find another node of the same number.

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        """Copy the whole graph below, without recursion and with shared nodes still shared."""
        order = topological_order(self, leaves=True)
        _refuse_closures(order, "deepcopy")
        for node in order:
            if id(node) not in memo:
                memo[id(node)] = _restore(node._record(), [memo[id(child)] for child in node._prev])
        return memo[id(self)]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the graph below as one flat list. Results pickled together go on sharing their leaves."""
        order = topological_order(self, leaves=True)
        _refuse_closures(order, "pickle")
        if not self._prev:
            return _restore, (self._record(), [])
        place = {node: i for i, node in enumerate(order)}
        flat = [(node._record(), [place[child] for child in node._prev]) if node._prev else node for node in order]
        return _restore_graph, (flat,)

    def _record(self) -> tuple[Any, ...]:
        return self.data, self.grad, self.label, self._local_grads, self._op, self._scope


def _result(data: float, children: tuple[Value, ...], op: str, local: tuple[float, ...]) -> Value:
    """What an operation returns: `Value(data, children, op, "", local)`, without a constructor's detour.

    Args:
        local: ∂result/∂child for each child.
    """
    if type(data) is not float:
        data = _to_float(data)
    if not _recording.get():
        children = local = ()
    result = object.__new__(Value)
    result.data = data
    result.grad = 0.0
    result.label = ""
    result._prev = children
    result._local_grads = local
    result._op = op
    result._scope = _scope.get()
    result._own_backward = None
    return result


def _restore(record: tuple[Any, ...], children: list[Value]) -> Value:
    node = Value(0.0)
    node.data, node.grad, node.label, node._local_grads, node._op, node._scope = record
    node._prev = tuple(children)
    return node


def _restore_graph(flat: list[Any]) -> Value:
    nodes: list[Value] = []
    for entry in flat:
        nodes.append(entry if isinstance(entry, Value) else _restore(entry[0], [nodes[i] for i in entry[1]]))
    return nodes[-1]


def _refuse_closures(order: list[Value], doing: str) -> None:
    for node in order:
        if node._own_backward is not None:
            raise TypeError(
                f"{doing}: the node '{node._op}' has a _backward of its own, a closure over the original graph; a copy "
                "would write its gradients there. Give the op _local_grads instead."
            )


def topological_order(root: Value, leaves: bool = False) -> list[Value]:
    """Every node below `root` and `root` itself, each after all of its children.

    Depth first, with a stack of our own where micrograd recurses. A node is met twice: on the way down it is put back
    under a `None`, on top of it its children; when the `None` comes up again, everything below is in the list.
    Leaves have nothing to push further and are left out unless asked for.

    Why an order at all? With `b = a + a; c = b * b` a walk that pushes gradients as it goes would let `b` speak once
    for each edge of `c`, the second time passing on again what it had passed already.
    """
    order: list[Value] = []
    seen: set[Value] = set()
    stack: list[Value | None] = [root]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())  # type: ignore[arg-type]  # a node always lies under its None
        elif node not in seen:
            seen.add(node)
            if node.grad is None:  # set by somebody used to PyTorch, where that means 0
                node.grad = 0.0
            if node._prev:
                stack.append(node)
                stack.append(None)
                stack.extend(node._prev)
            elif leaves:
                order.append(node)
    return order


@contextmanager
def no_grad() -> Iterator[None]:
    """Inside, values are computed but not recorded: results have no children, and no memory is kept for backward.

    It holds for the current thread or task only, and is usable as a decorator.
    """
    token = _recording.set(False)
    try:
        yield
    finally:
        _recording.reset(token)


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Mark the values made inside as belonging to `name`, within the scope around it: "layers.0/neurons.3".

    `Neuron` and `Layer` use it, and `viz` draws a frame around each scope.
    """
    outer = _scope.get()
    token = _scope.set(f"{outer}/{name}" if outer else name)
    try:
        yield
    finally:
        _scope.reset(token)


# ---- helpers ----------------------------------------------------------------------------------------------------


def _is_number(x: object) -> bool:
    """True for what `float()` reads as one real number, NumPy's scalars too; not text, complex or arrays."""
    if isinstance(x, (int, float)):
        return True
    if isinstance(x, (Value, str, type)) or not hasattr(x, "__float__"):
        return False
    if isinstance(x, Complex) and not isinstance(x, Real):
        return False
    return getattr(x, "ndim", 0) == 0  # an array is left to NumPy, which calls us back for each of its numbers


def _to_float(x: Any, wanted_by: str = "Value") -> float:
    if isinstance(x, Value):
        raise TypeError(
            f"{wanted_by}: got a Value where a number is needed; taking its number would cut the graph without a word. "
            "Use the Value as it is, or x.detach().data to cut on purpose."
        )
    if not _is_number(x):
        raise TypeError(f"{wanted_by}: needs a real number, got {type(x).__name__} {x!r}. Convert with float() first.")
    return float(x)


def _as_children(given: Any) -> tuple[Value, ...]:
    if isinstance(given, str) or not hasattr(given, "__iter__"):
        raise TypeError(
            f"Value: the second argument is the values it was computed from, got {given!r}. A name: label={str(given)!r}."
        )
    return tuple(given)


def _lift(x: Any) -> Value | None:
    """The operand as a Value; None (for Python: try the other side) when it is not a number at all."""
    if isinstance(x, Value):
        return x
    return Value(x) if _is_number(x) else None


def _operand(x: Any, op: str) -> Value:
    value = _lift(x)
    if value is None:
        raise TypeError(f"{op}: needs a Value or a number, got {type(x).__name__} {x!r}.")
    return value


def _comparable(x: object) -> bool:
    return isinstance(x, Value) or _is_number(x)


def _compared(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)
