"""Good calls as text: `nn.init.normal_(W, 0.0, 1.0)` is a row. Names stand for new values at every use."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from tests.bad_arguments.probe import Call, Row

# What PyTorch raises where there is no such name.
PROMISED: dict[str, tuple[type[Exception], ...]] = {
    **dict.fromkeys(("get_submodule", "set_submodule", "get_parameter", "get_buffer"), (AttributeError,)),
    **dict.fromkeys(("kl_divergence", "Multinomial"), (NotImplementedError,)),
    "assert_close": (AssertionError,),
    **dict.fromkeys(("register_parameter", "register_buffer", "add_module", "update"), (KeyError,)),
}


# What a row runs inside may say its own name.
INSIDE = {"linear": "linear: ", "tg.sum": "sum: ", "viz.": "viz: ", "mv.Layer": "Neuron: ", "mlp(": "MLP: "}


class Names(dict[str, Any]):
    """What the names of a text stand for: things as they are, and makers of new things."""

    def __init__(self, fixed: dict[str, Any], fresh: dict[str, Callable[[], Any]]) -> None:
        super().__init__(fixed)
        self.fresh = fresh

    def __missing__(self, name: str) -> Any:
        if name in self.fresh:
            return self.fresh[name]()
        raise KeyError(name)


def row(text: str, names: Names) -> Row:
    """The row of a text."""
    node = ast.parse(text, mode="eval").body
    assert isinstance(node, ast.Call), text

    def code(n: ast.expr) -> Any:
        return compile(ast.Expression(n), text, "eval")

    function = code(node.func)
    args, kwargs = [code(a) for a in node.args], {str(k.arg): code(k.value) for k in node.keywords}

    def make() -> Call:
        globals_: Any = {"__builtins__": __builtins__}
        return (
            eval(function, globals_, names),
            [eval(a, globals_, names) for a in args],
            {k: eval(v, globals_, names) for k, v in kwargs.items()},
        )

    callee = node.func
    while isinstance(callee, ast.Call):  # nn.Linear(3, 4)(x): a call of what is made
        callee = callee.func
    own = callee.attr if isinstance(callee, ast.Attribute) else ast.unparse(callee)
    made = make()[0]
    holder = made if isinstance(callee, ast.Attribute) and not hasattr(made, "__name__") else getattr(made, "__self__", None)
    kinds = (type(holder).__name__,) if holder is not None else ()
    inside = tuple(n for word, n in INSIDE.items() if word in text)
    return Row(text, (own.rstrip("_") or own, *[k.lstrip("_") for k in kinds], *inside), make, also=PROMISED.get(own, ()))


def rows(texts: str, names: Names) -> Iterator[Row]:
    """The rows of a table, one a line."""
    for line in texts.strip().splitlines():
        if line.strip() and not line.strip().startswith("#"):
            yield row(line.strip(), names)
