"""Words, colours and widths."""

import math

import pytest

from micrograd_value import Value, scope
from viz.fold import collapse_scopes, fit
from viz.from_value import graph_of
from viz.graph import Graph, Node
from viz.scene import clean, number, op_symbol, scene_of


def boxes(scene):
    """Title, or the text of an operation → the box."""
    return {box.rows[0].text: box for box in scene.boxes}


def rows(box):
    return {row.name: row.text for row in box.rows if row.name}


class TestBoxes:
    def test_a_value(self, expression):
        box = boxes(scene_of(graph_of(expression)))["a"]
        assert rows(box) == {"data": "2.0", "grad": "+10.0"}

    def test_sign_and_zero_are_written(self):
        x, z = Value(2.0, label="x"), Value(1.0, label="z")
        y = x * -3.0 + z * 0.0
        y.backward()
        found = boxes(scene_of(graph_of(y)))
        assert (rows(found["x"])["grad"], rows(found["z"])["grad"]) == ("-3.0", "0")

    def test_no_backward_yet_is_a_dash(self):
        assert rows(boxes(scene_of(graph_of(Value(1.0, label="x"))))["x"])["grad"] == "–"

    def test_what_a_box_is_shows_without_colour(self):
        x, w = Value(1.0, label="x"), Value(2.0, label="w")
        y = (x * w).tanh()
        y.label = "y"
        found = boxes(scene_of(graph_of(y, parameters=[w])))
        outlines = [(box.shape, box.rounded, box.double) for box in (found["x"], found["w"], found["y"], found["tanh"])]
        assert len(set(outlines)) == 4

    def test_nan_and_inf_stand_out(self):
        y = Value(-1.0, label="x").log()
        y.label = "y"
        found = boxes(scene_of(graph_of(y)))
        assert rows(found["y"])["data"] == "nan"
        assert found["y"].line != found["x"].line
        assert found["y"].width > found["x"].width

    def test_a_folded_scope(self, network):
        box = boxes(scene_of(collapse_scopes(graph_of(network), "layer")))["layers.0"]
        assert (box.shape, rows(box)) == ("stack", {"values": "24", "parameters": "9"})

    @pytest.mark.parametrize("part", ["label", "data", "grad", "op", "local"])
    def test_each_part_can_be_left_out(self, expression, part):
        everything = {"label", "data", "grad", "op", "local"}
        scene = scene_of(graph_of(expression), show=everything - {part})
        shown = {row.name for box in scene.boxes for row in box.rows if row.name}
        texts = {row.text for box in scene.boxes for row in box.rows}
        shown |= {word for word, text in (("label", "L"), ("op", "×")) if text in texts}
        shown |= {"local"} if any(arrow.text for arrow in scene.arrows) else set()
        assert shown == everything - {part}

    def test_without_operations_arrows_go_from_value_to_value(self):
        y = Value(2.0) * 3.0
        scene = scene_of(graph_of(y), show=["data"])
        assert [(arrow.tail, arrow.head) for arrow in scene.arrows] == [("n0", "n2"), ("n1", "n2")]

    def test_one_part_as_a_word(self):
        assert [rows(box) for box in scene_of(graph_of(Value(1.0, label="x")), show="data").boxes] == [{"data": "1.0"}]


class TestArrows:
    def test_a_shared_child_has_two(self):
        x = Value(3.0)
        scene = scene_of(graph_of(x * x))
        assert [(a.tail, a.head, a.text) for a in scene.arrows if not a.short] == [("n0", "op1", "3.0")] * 2

    def test_the_larger_gradient_is_wider_and_zero_is_dotted(self):
        a, b, c = Value(1.0, label="a"), Value(1.0, label="b"), Value(1.0, label="c")
        y = a * 4.0 + b * -1.0 + c * 0.0
        y.backward()
        graph = graph_of(y)
        arrows = {n.label: a for a in scene_of(graph).arrows for n in graph.nodes if a.tail == f"n{n.id}" and n.label}
        assert [arrows[name].width for name in "abc"] == [3.5, 2.25, 1.0]  # 1 + 2.5·√(flow / largest)
        assert len({arrow.colour for arrow in arrows.values()}) == 3
        assert [arrows[name].style for name in "abc"] == ["solid", "solid", "dotted"]

    def test_before_backward_all_are_alike(self):
        y = Value(2.0) * Value(-5.0)
        assert len({(arrow.width, arrow.colour, arrow.style) for arrow in scene_of(graph_of(y)).arrows}) == 1

    def test_infinite_gradients_do_not_hide_the_others(self):
        x, z = Value(0.0), Value(1.0)
        y = x**0.5 + z * 2.0
        y.backward()
        widths = [arrow.width for arrow in scene_of(graph_of(y)).arrows]
        assert all(math.isfinite(width) for width in widths)

    def test_into_a_frame_they_are_longer(self, network):
        graph = graph_of(network)
        scopes = {f"n{node.id}": node.scope for node in graph.nodes} | {f"op{n.id}": n.scope for n in graph.nodes}
        for arrow in scene_of(graph).arrows:
            enters = scopes[arrow.tail] != scopes[arrow.head] and scopes[arrow.head] != ""
            assert arrow.ranks == (2 if enters else 1)

    def test_between_many_folded_scopes_they_carry_no_words(self):
        xs = [Value(float(i), label=f"x{i}") for i in range(6)]
        ys = []
        for i in range(6):
            with scope(f"neurons.{i}"):
                ys.append(sum(x * 1.0 for x in xs).tanh())
        scene = scene_of(collapse_scopes(graph_of(ys), "neuron"))
        assert scene.crowded
        assert {arrow.text for arrow in scene.arrows} == {""}


class TestCaptions:
    def test_the_notice(self, network):
        captions = scene_of(fit(graph_of(network), 8)).captions
        assert captions[0].startswith("39 values, more than max_nodes = 8: drawn by layers.")

    def test_the_legend_names_what_is_there(self, expression, network):
        assert [box.rows[0].text for box in scene_of(graph_of(expression), legend=True).key] == [
            "input", "between", "output",
        ]  # fmt: skip
        scene = scene_of(graph_of(network), legend=True)
        assert [box.rows[0].text for box in scene.key] == ["input", "parameter", "between", "output"]
        assert "number on an arrow: local derivative" in scene.captions
        assert "width of an arrow: gradient flowing back along it (blue +, orange -, dotted 0)" in scene.captions
        assert not any("no backward" in line for line in scene.captions)
        network.zero_grad()
        captions = scene_of(graph_of(network)).captions
        assert "grad –: no backward yet" in captions
        assert not any("width" in line for line in captions)  # they are all alike now
        assert "folded" in [box.rows[0].text for box in scene_of(collapse_scopes(graph_of(network), 1)).key]

    def test_there_is_a_legend_unless_not_wanted(self, expression):
        assert scene_of(graph_of(expression)).key
        bare = scene_of(graph_of(expression), legend=False)
        assert (bare.key, bare.captions) == ([], [])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"direction": "up"}, "direction: 'up' is none of 'LR', 'TB', 'RL', 'BT'"),
        ({"precision": 0}, "precision: needs a number of significant digits from 1 to 17, got 0"),
        ({"precision": 18}, "got 18"),
        ({"precision": 2.0}, "got 2.0"),
        ({"precision": True}, "got True"),
        ({"show": ["data", "value", "hue"]}, "show: 'hue', 'value' is none of 'label', 'data', 'grad', 'op', 'local'"),
    ],
)
def test_errors(options, words):
    with pytest.raises(ValueError, match=words):
        scene_of(Graph([Node(0)]), **options)


@pytest.mark.parametrize(
    ("x", "precision", "text"),
    [
        (2.0, 4, "2.0"), (-3.0, 4, "-3.0"), (2, 4, "2.0"), (0.70710678, 4, "0.7071"), (0.70710678, 2, "0.71"),
        (1.5e-7, 4, "1.5e-07"), (123456.0, 4, "1.235e+05"), (math.inf, 4, "inf"), (-math.inf, 4, "-inf"),
        (math.nan, 4, "nan"), (-0.0, 4, "-0.0"), (0.1, 17, "0.10000000000000001"), (12345.0, 5, "12345.0"),
    ],
)  # fmt: skip
def test_number(x, precision, text):
    assert number(x, precision) == text


@pytest.mark.parametrize(
    ("op", "text"),
    [
        ("*", "×"), ("+", "+"), ("-", "−"), ("/", "÷"), ("**2", "x²"), ("**-1", "x⁻¹"), ("**10", "x¹⁰"), ("**", "xᶻ"),
        ("**-1.0", "x⁻¹"), ("**0.5", "x^0.5"), ("**<", "x^<"), ("neg", "−x"), ("sqrt", "√"), ("ReLU", "ReLU"),
        ("leaky_relu(0.01)", "leaky_relu(0.01)"),
    ],
)  # fmt: skip
def test_op_symbol(op, text):
    assert op_symbol(op) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a b", "a b"), ("a\nb\t", "a\\nb\\t"), ("\x00\x1b[31m\x7f", "\\x00\\x1b[31m\\x7f"), ("\ud800", "\\ud800"),
        ("∂Σ 漢字 😀", "∂Σ 漢字 😀"), ("x" * 40, "x" * 40), ("x" * 41, "x" * 39 + "…"), (3, "3"),
        ("\u202eevil", "\\u202eevil"),
    ],
)  # fmt: skip
def test_clean(text, cleaned):
    assert clean(text) == cleaned
