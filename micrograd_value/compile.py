"""compile: a recorded graph of Values becomes one native function, value and gradients.

The engine pays for every number: an object, a tuple, a look at its type. Once a graph is recorded none of that is
needed again, only its arithmetic. This page writes the arithmetic down, in one of two ways, both out of the text in
`rules.py`:

- a small graph as straight-line code, one line per operation forward and one per edge backward. The `.source` of
  `(a * x).tanh()`, compiled towards `a` with the input `x`, is

        v1 = p0 * x0
        v2 = tanh(v1)
        values[0] = v2

        d_v2 = 1.0
        d_v1 = (1.0 - v2 * v2) * d_v2
        d_p0 = x0 * d_v1
        grads[0, 0] = d_p0

- a large one as a tape: arrays with the operation, the children and the constant of every node, and one kernel, a loop
  with a branch per operation, that plays the tape forward and backward. The kernel is the same for all graphs, so it
  is compiled once and kept on disk.

Numba turns either into machine code. It and NumPy are imported when `compile` is called, not before.
"""

from __future__ import annotations

import hashlib
import inspect
import math
import re
import types
from builtins import compile as to_bytecode
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import functions, rules
from .checks import warn
from .engine import Value, no_grad, topological_order
from .rules import RULES, Rule, rule_of

if TYPE_CHECKING:
    import numpy as np

    # run(numbers, values, grads, with_grads): from the numbers, parameters first and then inputs, (P + I,), to the
    # values (M,) and, if asked for, the gradients (M, P), written where they are wanted.
    Run = Callable[[np.ndarray, np.ndarray, np.ndarray, bool], None]


def compile(
    outputs: Value | Sequence[Value], parameters: Iterable[Value], inputs: Iterable[Any] = (), straight_line: int = 200
) -> Compiled:
    """The graph below `outputs` as a native function of new inputs and parameters: values and gradients.

    Build the graph once, eagerly, with a Value for every number that will change; then call what comes back.

        xs = [Value(0.5), Value(-1.0)]
        loss = (model(xs) - 1.0) ** 2
        fast = compile(loss, model.parameters(), inputs=xs)
        value, grads = fast([0.1, 0.2])         # new inputs, the parameters' current .data
        value, grads = fast([0.1, 0.2], [...])  # new inputs, new parameters

    Every op is computed afresh, relu, max and abs included: no choice made while recording is kept. What is fixed is
    the graph itself, and every leaf that is neither input nor parameter: it is a constant with the number it has now.

    Args:
        outputs: the loss, or a sequence of M Values.
        parameters: P leaves (Values computed from nothing), towards which gradients are wanted.
        inputs: leaves that change from call to call but need no gradient. Lists may be nested as you like; the numbers
            are given in the same order, nested or flat.
        straight_line: graphs of up to this many operations (times M) become straight-line code, larger ones a tape.
            Straight-line code runs faster and takes about 3 ms per operation to compile; a tape takes 3 µs, plus some
            five seconds for the kernel, once per machine. 0: always a tape.

    Raises:
        ImportError: Numba is not installed.
        ValueError: a parameter or input is itself the result of an operation, or is named twice; no output depends on
            any of them.
        TypeError: an operation in the graph has no rule (your own op, or one with a `_backward` of its own);
            something is not a Value where one is needed.
    """
    _import_numba()
    single = isinstance(outputs, Value)
    recording = record(_flatten(outputs), _flatten(parameters), _flatten(inputs))
    small = len(recording.rows) * len(recording.outputs) <= straight_line
    source, run = straight_line_code(recording) if small else tape(recording)
    return Compiled(recording, source, run, single)


class Compiled:
    """A graph as a native function. Made by `compile`; the arrays it returns are its own, overwritten by the next call.

    For use in several threads at once, compile once per thread.

    Attributes:
        source: the Python text that Numba compiled.
        operations: how many operations the graph has.
    """

    def __init__(self, recording: Recording, source: str, run: Run, single: bool) -> None:
        import numpy as np

        self.source = source
        self.operations = len(recording.rows)
        self._parameters = recording.nodes[: recording.parameters]
        self._inputs = recording.nodes[recording.parameters :][: recording.inputs]
        self._run = run
        self._single = single
        self._numbers = np.empty(recording.parameters + recording.inputs)
        self._values = np.empty(len(recording.outputs))
        self._grads = np.empty((len(recording.outputs), recording.parameters))

    def __call__(self, inputs: Any = None, parameters: Any = None) -> tuple[float | np.ndarray, np.ndarray]:
        """Values and gradients at these numbers; what is left out (None) is read from the Values' `.data`.

        Returns:
            (value, grads): for a single output a float and ∂output/∂parameters, shape (P,);
            for a sequence of outputs their values, shape (M,), and the Jacobian, shape (M, P).

        Raises:
            ValueError: more or fewer numbers than inputs or parameters.
        """
        self._set_numbers(inputs, parameters)
        self._run(self._numbers, self._values, self._grads, True)
        return (float(self._values[0]), self._grads[0]) if self._single else (self._values, self._grads)

    def forward(self, inputs: Any = None, parameters: Any = None) -> float | np.ndarray:
        """The values alone, as `__call__` returns them."""
        self._set_numbers(inputs, parameters)
        self._run(self._numbers, self._values, self._grads, False)
        return float(self._values[0]) if self._single else self._values

    def backward(self, inputs: Any = None) -> float | np.ndarray:
        """In place of recording the graph and `loss.backward()`: adds to the parameters' `.grad`, returns the value.

        Numbers are read from `.data` of the parameters and, unless given, of the inputs. For a sequence of outputs the
        gradients of all of them add up, as calling `backward()` on each would do.
        """
        value, _ = self(inputs)
        for parameter, grad in zip(self._parameters, self._grads.sum(axis=0).tolist()):
            parameter.grad += grad
        return value

    def _set_numbers(self, inputs: Any, parameters: Any) -> None:
        self._numbers[len(self._parameters) :] = _numbers("inputs", inputs, self._inputs)
        self._numbers[: len(self._parameters)] = _numbers("parameters", parameters, self._parameters)

    def __repr__(self) -> str:
        sizes = f"{self.operations} operations, {len(self._parameters)} parameters, {len(self._inputs)} inputs"
        return f"Compiled({sizes})"


def _numbers(name: str, given: Any, leaves: list[Value]) -> list[float] | np.ndarray:
    """The numbers given for these leaves, or else the ones they have."""
    if given is None:
        return [leaf.data for leaf in leaves]
    numbers = _flat_array(given)
    if len(numbers) != len(leaves):
        raise ValueError(
            f"compiled graph: got {len(numbers)} {name}, but was compiled with {len(leaves)}. "
            f"Give one number for each Value of compile(..., {name}=...), in their order."
        )
    return numbers


# ---- what was recorded ------------------------------------------------------------------------------------------


class Recording(NamedTuple):
    """A graph as a list: first the parameters, then the inputs, then the rest, children before their results."""

    nodes: list[Value]
    children: list[tuple[int, ...]]  # per node, as positions in `nodes`
    rows: dict[int, tuple[str, Rule, float]]  # for every node that is not a leaf: operation, rule and constant
    outputs: list[int]
    parameters: int  # how many
    inputs: int


def record(outputs: list[Value], parameters: list[Value], inputs: list[Value]) -> Recording:
    """Check what `compile` was given, and list the graph."""
    seen: dict[Value, str] = {}
    for role, values in (("output", outputs), ("parameter", parameters), ("input", inputs)):
        for i, value in enumerate(values):
            if not isinstance(value, Value):
                raise TypeError(f"compile: {role} {i} is not a Value but {type(value).__name__} {value!r}.")
            if role == "output":
                continue
            if value._prev:
                raise ValueError(
                    f"compile: {role} {i} is the result of '{value._op}', not a leaf. Name the Values it was computed "
                    "from, or cut the graph there with detach() before recording it."
                )
            if value in seen:
                raise ValueError(f"compile: {role} {i} is also {seen[value]}; name each Value once.")
            seen[value] = f"{role} {i}"

    above_all = Value(0.0)
    above_all._prev = tuple(outputs)
    order = topological_order(above_all, leaves=True)[:-1]
    if seen.keys().isdisjoint(order):
        raise ValueError(
            "compile: no output depends on any of the parameters and inputs. Was the graph recorded inside no_grad(), "
            "or from other Values?"
        )
    nodes = list(dict.fromkeys([*parameters, *inputs, *order]))
    place = {node: i for i, node in enumerate(nodes)}
    children = [tuple([place[child] for child in node._prev]) for node in nodes]
    rows = {i: rule_of(node, asked_by="compile") for i, node in enumerate(nodes) if node._prev}
    return Recording(nodes, children, rows, [place[y] for y in outputs], len(parameters), len(inputs))


def influenced(recording: Recording, count: int) -> list[bool]:
    """For each node, whether any of the first `count` nodes has an influence on it."""
    reached = [i < count for i in range(len(recording.nodes))]
    for i in recording.rows:
        reached[i] = any([reached[child] for child in recording.children[i]])
    return reached


# ---- a small graph: straight-line code ----------------------------------------------------------------------------


def straight_line_code(recording: Recording) -> tuple[str, Run]:
    """The graph as a function: a line per operation on the way forward, a line per edge on the way back."""
    nodes, children, rows, outputs, parameters, inputs = recording
    names = [f"p{i}" for i in range(parameters)] + [f"x{i}" for i in range(inputs)]
    names += [repr(node.data) for node in nodes[len(names) :]]
    for n, i in enumerate(rows, start=1):
        names[i] = f"v{n}"

    def filled_in(text: str, i: int) -> str:
        """A rule's text with the names of this node in the place of x, z, y and k."""
        meaning = {"x": names[children[i][0]], "z": names[children[i][-1]], "y": names[i], "k": repr(rows[i][2])}
        return re.sub(r"\b[xzyk]\b", lambda letter: meaning[letter[0]], text)

    def passed_on(local: str, i: int) -> str:
        """The chain rule, local · d_y, without a factor of 1 and without brackets that say nothing."""
        grad = f"d_{names[i]}"
        if local in ("1.0", "-1.0"):
            return local.replace("1.0", grad)
        slope = filled_in(local, i)
        return f"({slope}) * {grad}" if " + " in slope or " - " in slope else f"{slope} * {grad}"

    lines = ["def graph(numbers, values, grads):"]
    for i in range(parameters + inputs):
        lines.append(f"    {names[i]} = numbers[{i}]" + (f"  # {nodes[i].label!r}" if nodes[i].label else ""))
    lines += [f"    {names[i]} = {filled_in(rule.value, i)}" for i, (_, rule, _) in rows.items()]
    lines += [f"    values[{m}] = {names[y]}" for m, y in enumerate(outputs)]

    wanted = influenced(recording, parameters)
    for m, y in enumerate(outputs):
        lines += ["", f"    d_{names[y]} = 1.0"] if wanted[y] else [""]
        begun = {y} if wanted[y] else set()
        for i in range(y, parameters - 1, -1):
            if i in begun and i in rows:
                for child, local in zip(children[i], rows[i][1].local):
                    if wanted[child]:
                        equals = "+=" if child in begun else "="
                        lines.append(f"    d_{names[child]} {equals} {passed_on(local, i)}")
                        begun.add(child)
        lines += [f"    grads[{m}, {i}] = {f'd_p{i}' if i in begun else '0.0'}" for i in range(parameters)]

    source = "\n".join(lines) + "\n"
    graph = native(source, "graph", "void(f8[::1], f8[::1], f8[:, ::1])")

    def run(numbers: np.ndarray, values: np.ndarray, grads: np.ndarray, with_grads: bool) -> None:
        graph(numbers, values, grads)  # so little work that the gradients may as well come along

    return source, run


# ---- a large graph: a tape and the kernel that plays it -----------------------------------------------------------


def tape(recording: Recording) -> tuple[str, Run]:
    """The graph as arrays. A node is a slot; slot i holds a number, an operation, two children and a constant.

    Slots are sorted by level (one more than the highest child) and then by operation. The nodes of one level do not
    need each other, so those of one operation form a run, and the kernel asks once per run what to do, not once per
    node: all the products of a layer, then all the sums, for all data points at once.
    """
    import numpy as np

    nodes, children, rows, outputs, parameters, inputs = recording
    level = [0] * len(nodes)
    for i in rows:
        level[i] = 1 + max([level[child] for child in children[i]])
    opcode = {op: n for n, op in enumerate(RULES)}
    code = [opcode[rows[i][0]] if i in rows else -1 for i in range(len(nodes))]

    order = np.lexsort((code, level))  # stable, and leaves are level 0: parameters and inputs stay in front
    slot = np.empty(len(nodes), np.int32)
    slot[order] = np.arange(len(nodes))
    a = slot[[c[0] if c else 0 for c in children]][order]
    b = slot[[c[-1] if c else 0 for c in children]][order]
    k = np.array([rows[i][2] if i in rows else 0.0 for i in range(len(nodes))])[order]
    v = np.array([node.data for node in nodes])[order]
    d = np.zeros(len(nodes))
    run_of = np.array(level)[order] * len(RULES) + np.array(code)[order]

    def program(chosen: Any) -> tuple[np.ndarray, ...]:
        """The chosen operations in order, cut into runs: (slots, where each run starts, its opcode)."""
        slots = np.flatnonzero(np.array(chosen)[order] & (run_of >= 0)).astype(np.int32)
        is_first = np.diff(run_of[slots], prepend=-1) != 0
        start = np.append(np.flatnonzero(is_first), len(slots)).astype(np.int32)
        return slots, start, np.array(code, np.int32)[order][slots[is_first]]

    source = tape_source()
    forward_kernel, backward_kernel = tape_kernels(source)
    changes = influenced(recording, parameters + inputs)
    forward_kernel(v, a, b, k, *program(~np.array(changes)))  # what never changes is computed here, once
    forward = program(changes)
    backward = [program(np.logical_and(influenced(recording, parameters), used)) for used in behind(recording)]
    output_slots = slot[outputs]

    def run(numbers: np.ndarray, values: np.ndarray, grads: np.ndarray, with_grads: bool) -> None:
        v[: len(numbers)] = numbers
        forward_kernel(v, a, b, k, *forward)
        values[:] = v[output_slots]
        if with_grads:
            for m, y in enumerate(output_slots):
                d.fill(0.0)
                d[y] = 1.0
                backward_kernel(d, v, a, b, k, *backward[m])
                grads[m] = d[:parameters]

    return source, run


def behind(recording: Recording) -> Iterator[list[bool]]:
    """For each output, which nodes it was computed from."""
    for y in recording.outputs:
        used = [False] * len(recording.nodes)
        used[y] = True
        for i in reversed(recording.rows):
            if used[i]:
                for child in recording.children[i]:
                    used[child] = True
        yield used


def tape_source() -> str:
    """The two loops over a tape, with one branch for each row of the table."""
    forward = ["def forward(v, a, b, k_of, slots, start, code):", "    for n in range(len(code)):"]
    backward = ["def backward(d, v, a, b, k_of, slots, start, code):", "    for n in range(len(code) - 1, -1, -1):"]
    for opcode, (op, rule) in enumerate(RULES.items()):
        branch = f"        {'elif' if opcode else 'if'} code[n] == {opcode}:  # {op}"
        loop = "            for i in slots[start[n] : start[n + 1]]:"
        names = "                x, z, k = v[a[i]], v[b[i]], k_of[i]"
        forward += [branch, loop, names, f"                v[i] = {rule.value}"]
        backward += [branch, loop, names, "                y, dy = v[i], d[i]"]
        backward += [f"                d[{child}[i]] += ({local}) * dy" for child, local in zip("ab", rule.local)]
    return "\n".join([*forward, "", "", *backward]) + "\n"


@cache
def tape_kernels(source: str) -> tuple[Callable[..., None], Callable[..., None]]:
    tape_arrays = "f8[::1], i4[::1], i4[::1], f8[::1], i4[::1], i4[::1], i4[::1]"
    return (
        native(source, "forward", f"void({tape_arrays})", on_disk=True),
        native(source, "backward", f"void(f8[::1], {tape_arrays})", on_disk=True),
    )


# ---- Numba ----------------------------------------------------------------------------------------------------------


def _import_numba() -> types.ModuleType:
    try:
        import numba
    except ImportError as error:
        raise ImportError(
            'compile needs Numba, which is not installed: pip install "tensorgrad-learn[fast]". '
            "Everything else in micrograd_value works without it."
        ) from error
    return numba


@cache
def vocabulary() -> dict[str, Any]:
    """What the names in the rules mean in machine code.

    Those functions of `functions.py` that only keep Python from raising are C's own here, which follows IEEE 754 and
    raises nothing. The others are compiled as they stand.
    """
    numba = _import_numba()
    if numba.config.DISABLE_JIT:
        return {**vars(functions), "inf": math.inf, "nan": math.nan}
    jit = numba.njit(error_model="numpy")
    words: dict[str, Any] = {"math": math, "abs": abs, "inf": math.inf, "nan": math.nan}
    words |= {name: getattr(math, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "erf")}
    words |= {"power": math.pow, "divide": jit(lambda a, b: a / b)}
    for name, meaning in vars(functions).items():
        if isinstance(meaning, float):
            words[name] = meaning
        elif isinstance(meaning, types.FunctionType) and name not in words:
            words[name] = jit(types.FunctionType(meaning.__code__, words, name))  # the same code, in these words
    return words


def native(source: str, name: str, signature: str, on_disk: bool = False) -> Callable[..., None]:
    """The function `name` of the source as machine code, kept for the next process if `on_disk`."""
    numba = _import_numba()
    words = {**vocabulary(), "__name__": rules.__name__}
    if on_disk:
        # Numba keeps a function under its name and beside its file, and does not notice when something that the
        # function calls has changed. So the text gets a file to belong to, and a name made of all that is in it.
        everything = source + inspect.getsource(functions)
        unique = f"{name}_{hashlib.sha256(everything.encode()).hexdigest()[:12]}"
        source, name = source.replace(f"def {name}(", f"def {unique}("), unique
    exec(to_bytecode(source, rules.__file__ if on_disk else "<compiled graph>", "exec"), words)
    if numba.config.DISABLE_JIT:
        return words[name]
    kernel = _kept_on_disk(words[name], signature) if on_disk else None
    return kernel or numba.njit(signature, error_model="numpy")(words[name])


def _kept_on_disk(python: Callable[..., None], signature: str) -> Callable[..., None] | None:
    """The kernel from Numba's cache, or compiled and put there; None where the cache is of no use."""
    numba = _import_numba()
    try:
        kernel = numba.njit(cache=True, error_model="numpy")(python)
    except RuntimeError:  # there is no folder that Numba may write to
        return None
    try:
        kernel.compile(signature)
        return kernel
    except Exception as error:  # a file that was cut short fails in many ways, and would again in every process to come
        warn(f"compile: the kernel on disk is unusable ({error!r}); compiling it again.")
        for file in Path(kernel.stats.cache_path).glob(f"*{python.__name__}*"):
            file.unlink(missing_ok=True)
        return None


# ---- lists and arrays of numbers ------------------------------------------------------------------------------------


def _flatten(nested: Any) -> list[Any]:
    """The Values in lists of lists, in order. What is neither stays where it is, to be complained about by position."""
    if isinstance(nested, Iterable) and not isinstance(nested, (Value, str)):
        return [value for part in nested for value in _flatten(part)]
    return [nested]


def _flat_array(numbers: Any) -> np.ndarray:
    """Numbers in an array, or in lists nested however unevenly, as one flat array."""
    import numpy as np

    try:
        with no_grad():  # a Value among them stands for its number
            return np.asarray(numbers, dtype=float).ravel()
    except ValueError:
        if not isinstance(numbers, (list, tuple)):
            raise
        # lists of unequal lengths
        return np.concatenate([_flat_array(part) for part in numbers])
