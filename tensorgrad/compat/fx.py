"""`tensorgrad.fx`: no program is rewritten here, so what marks functions for that has nothing to do."""

from __future__ import annotations

from typing import Any


def wrap(fn_or_name: Any) -> Any:
    """The function, or name, as it is: PyTorch's tracer is told by this to call it and not to look inside."""
    return fn_or_name


def symbolic_trace(root: Any, concrete_args: Any = None) -> Any:
    """Refused: a model is not turned into a graph of operations that could be rewritten.

    Raises:
        RuntimeError: always. The graph of a result is its `grad_fn`; `viz` draws it.
    """
    raise RuntimeError(
        "symbolic_trace: models are not traced and rewritten here. What a model computed stands in result.grad_fn and its "
        "next_functions, and viz draws it."
    )


__all__ = ["symbolic_trace", "wrap"]
