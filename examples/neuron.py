"""One neuron, tanh(w₁·x₁ + w₂·x₂ + b), by hand: forward, backward, and the picture of both.

    python -m examples.neuron
    python -m examples.neuron docs/pictures/neuron.png

Expect output 0.7071 and the gradients of the lecture that micrograd comes from: -1.5 and 0.5 for the inputs, 1 and 0
for the weights, 0.5 for the bias. Then out/neuron.png, or whichever .png, .svg, .pdf or .dot file you name.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from micrograd_value import Value, scope


def neuron() -> tuple[Value, list[Value], list[Value]]:
    """Its output, its inputs and its parameters."""
    x1, x2 = Value(2.0, label="x₁"), Value(0.0, label="x₂")
    w1, w2, b = Value(-3.0, label="w₁"), Value(1.0, label="w₂"), Value(6.8813735870195432, label="b")
    with scope("neuron"):
        out = (x1 * w1 + x2 * w2 + b).tanh()
    out.label = "output"
    return out, [x1, x2], [w1, w2, b]


def main(arguments: list[str] | None = None) -> list[Path]:
    parser = argparse.ArgumentParser(description="Draw one neuron with its values, gradients and local derivatives.")
    parser.add_argument("path", nargs="?", type=Path, default=Path("out/neuron.png"), help="default: out/neuron.png")
    settings = parser.parse_args(arguments)

    out, inputs, parameters = neuron()
    out.backward()
    for value in [*inputs, *parameters, out]:
        print(f"{value.label:7} data {value.data:7.4f}   grad {value.grad:7.4f}")

    import viz

    # The built-in layout is the same on every machine; without `engine` Graphviz may lay it out, where it is installed.
    return [viz.render(out, settings.path, parameters=parameters, engine="builtin")]


if __name__ == "__main__":
    for path in main():
        print(f"wrote {path}")
