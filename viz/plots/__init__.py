"""Training curves, decision boundaries, landscapes, points, pictures and texts as finished matplotlib figures.

Each function returns a `matplotlib.figure.Figure` that no window and no global list knows: it shows itself at the end
of a notebook cell, `figure.savefig("loss.png")` writes it, and it is freed like any other object.
"""

from .activations import plot_activations
from .confusion import plot_confusion
from .decision_boundary import plot_decision_boundary
from .history import PANELS, plot_history
from .landscape import plot_landscape, plot_paths
from .letters import plot_letters
from .pictures import plot_pictures
from .points import plot_points
from .style import CYCLE, MARKERS, STROKES, Figure

__all__ = [
    "CYCLE",
    "Figure",
    "MARKERS",
    "PANELS",
    "STROKES",
    "plot_activations",
    "plot_confusion",
    "plot_decision_boundary",
    "plot_history",
    "plot_landscape",
    "plot_letters",
    "plot_paths",
    "plot_pictures",
    "plot_points",
]
