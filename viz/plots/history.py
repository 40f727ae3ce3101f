"""Training curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import ticker
from matplotlib.axes import Axes

from ..scene import MUTED, PURPLE
from .style import CYCLE, MARKERS, STROKES, Figure, finished, headed, logarithmic, number_of

# What a history may hold, and the panel each goes to. An object offers them as attributes, a dict as keys.
PANELS = {
    "loss": ("losses", "loss", "train_losses", "train_loss", "validation_losses", "validation_loss", "val_losses",
             "val_loss", "test_losses", "test_loss"),
    "accuracy": ("accuracies", "accuracy", "train_accuracies", "train_accuracy", "validation_accuracies",
                 "validation_accuracy", "val_accuracies", "val_accuracy", "test_accuracies", "test_accuracy"),
    "learning rate": ("learning_rates", "learning_rate", "lrs", "lr"),
}  # fmt: skip


def plot_history(
    history: Any, *, title: str = "", log: bool | None = None, unit: str = "epoch", every: int = 1
) -> Figure:
    """Draw the curves of a training run: the loss, and below it accuracy and learning rate where they were recorded.

    Args:
        history: an object with `losses` and perhaps `accuracies`, `validation_losses`, `validation_accuracies`,
            `learning_rates`; a list of losses; a dict of lists; or a list of dicts, one per epoch.
        title: a heading.
        log: logarithmic loss axis. By default where the loss is positive and spans more than a factor of 30.
        unit, every: there is an entry for each `every` of them: `unit="step", every=250`.

    Raises:
        TypeError: it holds no such list.
        ValueError: all lists are empty, or one has an entry that is not a number.
    """
    panels = _curves(history)
    heights = [2.2, *[1.0] * (len(panels) - 1)]
    chart = Figure(7.2, 1.5 * sum(heights))
    axes = chart.subplots(len(panels), sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axis, (panel, curves) in zip(axes, panels.items()):
        _draw_curves(axis, panel, curves, log, every)
    last = every * max(len(values) for curves in panels.values() for values in curves.values())
    axes[-1].set_xlim(every - 0.02 * last, last + 0.02 * last)
    axes[-1].set_xlabel(unit)
    axes[-1].set_xticks(_ticks(every, last))
    headed(chart, title)
    return chart


def _ticks(first: int, last: int) -> list[float]:
    """Round numbers of epochs that there were, and the first: there is no epoch 0."""
    chosen = [float(t) for t in ticker.MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]).tick_values(first, last)]
    chosen = [t for t in chosen if first <= t <= last and t - first > 0.06 * (last - first)]
    return [float(first), *chosen]


def _curves(history: Any) -> dict[str, dict[str, np.ndarray]]:
    """Panel → name of the curve → its numbers; the loss first."""
    named = {name: values for name, values in _named_lists(history).items() if len(values)}
    if not named:
        raise ValueError("plot_history: the history is empty. Train for at least one epoch first.")
    curves: dict[str, dict[str, np.ndarray]] = {}
    for name, values in named.items():
        panel = next((panel for panel, names in PANELS.items() if name in names), None) or _panel_by_word(name)
        if panel == "learning rate" and np.ptp(values) == 0.0:
            continue  # one that never changes is no news
        curves.setdefault(panel, {})[name] = values
    return {panel: curves[panel] for panel in dict.fromkeys([*PANELS, *curves]) if panel in curves}


def _panel_by_word(name: str) -> str:
    return "loss" if "loss" in name.lower() else "accuracy" if "acc" in name.lower() else name.replace("_", " ")


def _named_lists(history: Any) -> dict[str, np.ndarray]:
    if isinstance(history, Mapping):
        found = dict(history)
    elif isinstance(history, (Sequence, np.ndarray)) and not isinstance(history, (str, bytes)):
        if len(history) and all(isinstance(entry, Mapping) for entry in history):
            names = dict.fromkeys(name for entry in history for name in entry if name not in ("epoch", "step"))
            found = {name: [entry.get(name) for entry in history] for name in names}
        else:
            found = {"loss": history}
    else:
        known = [name for names in PANELS.values() for name in names]
        found = {name: getattr(history, name) for name in known if _is_list(getattr(history, name, None))}
    found = {str(name): values for name, values in found.items() if _is_list(values)}
    if not found:
        raise TypeError(
            f"plot_history: found no list of numbers in {type(history).__name__}. Pass a list of losses, a dict of "
            "lists, or an object with `losses`."
        )
    return {name: _numbers(name, values) for name, values in found.items()}


def _is_list(values: Any) -> bool:
    return isinstance(values, (Sequence, np.ndarray)) and not isinstance(values, (str, bytes))


def _numbers(name: str, values: Any) -> np.ndarray:
    try:
        numbers = np.array([math.nan if value is None else number_of(value) for value in values])
    except (TypeError, ValueError):
        raise ValueError(f"plot_history: {name!r} holds something that is not a number.") from None
    return numbers


def _draw_curves(axis: Axes, panel: str, curves: dict[str, np.ndarray], log: bool | None, every: int) -> None:
    finite = np.concatenate([values[np.isfinite(values)] for values in curves.values()])
    for i, (name, values) in enumerate(curves.items()):
        epochs = every * np.arange(1, len(values) + 1)
        axis.plot(
            epochs,
            values,
            label=_word(name),
            color=CYCLE[i % len(CYCLE)],
            linestyle=STROKES[i % len(STROKES)],
            linewidth=1.8,
            marker=MARKERS[i % len(MARKERS)] if len(values) <= 30 else "",
            markersize=4.0,
        )
        broken = epochs[~np.isfinite(values)]
        if panel == "loss" and len(broken):
            axis.axvline(
                broken[0], color=PURPLE, linewidth=1.4, linestyle=":", label=f"first {values[~np.isfinite(values)][0]}"
            )
    if panel == "loss" and finite.size:
        spread = finite.max() / finite.min() if finite.min() > 0.0 else 0.0
        if log or (log is None and spread > 30.0):
            positive = finite[finite > 0.0]
            logarithmic(axis, *((positive.min(), positive.max()) if positive.size else (0.1, 1.0)))
    share = panel == "accuracy" and finite.size > 0 and finite.min() >= 0.0 and finite.max() <= 1.0
    if share:
        axis.set_ylim(-0.04, 1.04)
        axis.yaxis.set_major_formatter(ticker.PercentFormatter(1.0))
    axis.set_ylabel(panel)
    finished(axis)
    if len(axis.get_lines()) > 1:
        # above the panel: inside it would lie over curves, wherever they happen to run
        place: Any = dict(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1)
        axis.legend(ncols=4, frameon=False, fontsize=9, **place)
    elif finite.size:
        last = f"{finite[-1]:.1%}" if share else f"{finite[-1]:.4g}"
        axis.set_title(f"last: {last}", loc="right", fontsize=9, color=MUTED)


def _word(name: str) -> str:
    """The part of a name that tells two curves of a panel apart: "validation_losses" → "validation"."""
    kinds = {"val": "validation", "validation": "validation", "test": "test", "train": "training"}
    words = [word for word in name.lower().split("_") if word not in ("loss", "losses", "accuracy", "accuracies")]
    return " ".join(kinds.get(word, word) for word in words) or "training"
