"""Pictures of computation graphs and of training.

    viz.graph(loss)                             shows itself in a notebook
    viz.render(loss, "graph.svg")               PNG, SVG, PDF or DOT, with no program to install
    viz.step(loss)                              a page that steps through backward; viz.render(loss, "loss.html") saves it
    viz.record_of(loss).save("loss.json")       the computation as data, every number exact
    viz.replay(loss)                            computed again from that record: equal to the last bit?
    viz.plot_history(trainer.history)           matplotlib figures
    viz.plot_decision_boundary(trainer, points, targets)
    viz.plot_activations([Value.relu, Value.tanh], value=Value)
    viz.plot_landscape(critic, {"data": x})     a function of two numbers, and points upon it
    viz.plot_paths(function, {"Adam": points})  the ways of optimizers
    viz.plot_letters(text, surprise)            a text, shaded letter by letter
    viz.plot_points(codes, classes)
    viz.plot_pictures(samples)                  small pictures side by side
    viz.plot_confusion(counts)                  which class was taken for which

It reads the public attributes of a result (see `viz/from_value.py`) and imports neither engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .from_value import from_value, graph_of
from .graph import Edge, Graph, Node, Scope
from .page import Page, step
from .record import Record, record_of
from .render import graph, render
from .replay import Replay, replay
from .steps import Step, steps_of

if TYPE_CHECKING:
    from .plots import (
        plot_activations,
        plot_confusion,
        plot_decision_boundary,
        plot_history,
        plot_landscape,
        plot_letters,
        plot_paths,
        plot_pictures,
        plot_points,
    )

__all__ = [
    "Edge",
    "Graph",
    "Node",
    "Page",
    "Record",
    "Replay",
    "Scope",
    "Step",
    "from_value",
    "graph",
    "graph_of",
    "plot_activations",
    "plot_confusion",
    "plot_decision_boundary",
    "plot_history",
    "plot_landscape",
    "plot_letters",
    "plot_paths",
    "plot_pictures",
    "plot_points",
    "record_of",
    "render",
    "replay",
    "step",
    "steps_of",
]
_PLOTS = tuple(name for name in __all__ if name.startswith("plot_"))


def __getattr__(name: str) -> Any:
    """The plots, imported when first asked for: matplotlib takes half a second."""
    if name in _PLOTS:
        try:
            from . import plots  # here, because scalars and graphs do without matplotlib
        except ImportError as error:
            raise ImportError(
                f"viz.{name}: needs matplotlib, which is not installed. Run: pip install matplotlib"
            ) from error
        globals()[name] = function = getattr(plots, name)
        return function
    raise AttributeError(f"module 'viz' has no attribute {name!r}")
