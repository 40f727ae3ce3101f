"""Which engine draws, and what happens when one cannot."""

import math
import struct
import warnings
import xml.etree.ElementTree as ET

import pytest
from PIL import Image

import viz
from micrograd_value import Value
from viz import dot, engines
from viz.canvas import Canvas
from viz.fold import collapse_scopes
from viz.from_value import graph_of
from viz.plan import Plan, plan_of_json
from viz.scene import scene_of


def png_size(content):
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", content[16:24])


def svg_texts(content):
    root = ET.fromstring(content)
    return {"".join(t.itertext()).replace("\xa0", " ").strip() for t in root.iter("{http://www.w3.org/2000/svg}text")}


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Put a `dot` on PATH that runs a line of shell, and nothing else."""

    def make(line):
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "dot").write_text(f"#!/bin/sh\n{line}\n")
        (folder / "dot").chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))

    return make


@pytest.fixture
def no_pygraphviz(monkeypatch):
    monkeypatch.setattr(engines, "find_spec", lambda name: None)


@pytest.fixture
def all_here(monkeypatch):
    monkeypatch.setattr(engines, "_present", lambda engine: True)


class TestEngines:
    def test_graphviz_comes_first_for_a_plain_expression(self, monkeypatch, expression):
        scene = scene_of(graph_of(expression))
        here = {"pygraphviz", "dot", "builtin"}
        monkeypatch.setattr(engines, "_present", lambda engine: engine in here)
        assert engines._by_preference(scene) == ["pygraphviz", "dot", "builtin"]
        here = {"dot", "builtin"}
        assert engines._by_preference(scene) == ["dot", "builtin"]
        here = {"builtin"}
        assert engines._by_preference(scene) == ["builtin"]

    @pytest.mark.parametrize("collapse", [None, "neuron", "layer"])
    def test_with_frames_or_folded_scopes_ours_is_better(self, all_here, network, collapse):
        graph = graph_of(network)
        graph = graph if collapse is None else collapse_scopes(graph, collapse)
        assert engines._by_preference(scene_of(graph)) == ["builtin", "pygraphviz", "dot"]

    def test_what_would_take_graphviz_long_is_ours(self, all_here):
        y = x = Value(1.0)
        for _ in range(40):
            y = (y + x).tanh() * x
        assert engines._by_preference(scene_of(graph_of(y)))[0] == "builtin"
        for _ in range(500):
            x = x.tanh()
        assert engines._by_preference(scene_of(graph_of(x)))[0] == "builtin"

    def test_the_default_is_the_better_picture(self, tmp_path, network, expression):
        """With fewer crossings, or if they are as many the smaller one, whether or not Graphviz is installed."""
        a, b, c, d = (Value(0.5, label=name) for name in "abcd")
        e = d.tanh()
        tangle = (a + b) * (e.tanh() * b) + (c + d).tanh() * b.tanh() + e * a
        sum_of_many = sum((Value(1.0) for _ in range(20)), a)
        for x, better in (
            (tangle, "pygraphviz"),
            (sum_of_many, "builtin"),
            (expression, "builtin"),
            (network, "builtin"),
        ):
            plans = {name: engines._laid_out(name, scene_of(graph_of(x))) for name in ("pygraphviz", "builtin")}
            other = plans["builtin" if better == "pygraphviz" else "pygraphviz"]
            if x is not network:
                assert (plans[better].crossings(), plans[better].width) < (other.crossings(), math.inf)
            chosen = viz.render(x, tmp_path / "a.svg").read_bytes()
            assert chosen == viz.render(x, tmp_path / "b.svg", engine=better).read_bytes()

    def test_crossings_are_counted_once_for_each_pair(self):
        def line(*ends):
            (x0, y0), (x1, y1) = ends
            return [
                (x0, y0),
                (x0 + (x1 - x0) / 3, y0 + (y1 - y0) / 3),
                (x1 - (x1 - x0) / 3, y1 - (y1 - y0) / 3),
                (x1, y1),
            ]

        falling, rising, below = line((0, 0), (90, 40)), line((0, 40), (90, 0)), line((0, 60), (90, 60))
        assert Plan(99, 99, {}, {}, [falling, below]).crossings() == 0
        assert Plan(99, 99, {}, {}, [falling, rising, below]).crossings() == 1
        assert Plan(99, 99, {}, {}, [falling, rising, line((30, 0), (40, 90)), below]).crossings() == 4
        assert Plan(99, 99, {}, {}, [falling, line((0, 0), (90, 20))]).crossings() == 0  # they only begin together

    @pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
    @pytest.mark.parametrize("kind", ["expression", "network"])
    def test_one_look_whoever_lays_it_out(self, tmp_path, request, kind, direction):
        """Every shape, colour, size and word is the same; only places differ."""
        x = request.getfixturevalue(kind)

        def looks(engine):
            root = ET.parse(viz.render(x, tmp_path / "a.svg", engine=engine, direction=direction)).getroot()
            places = {"x", "y", "d", "points", "viewBox"}
            found = []
            for element in list(root.iter())[2:]:
                frame = element.get("stroke-width") == "0.6"  # as large as what is in it
                left_out = places | {"width", "height"} if frame else places
                kept = sorted((k, v) for k, v in element.items() if k not in left_out)
                found.append((element.tag, kept, element.text))
            return sorted(map(repr, found))

        assert looks("pygraphviz") == looks("builtin")

    @pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
    def test_graphviz_keeps_boxes_apart_and_in_their_frames(self, network, direction):
        scene = scene_of(graph_of(network), direction=direction)
        plan = engines._laid_out("pygraphviz", scene)
        places = list(plan.boxes.values())
        for i, (x0, y0, x1, y1) in enumerate(places):
            assert 0 <= x0 < x1 <= plan.width and 0 <= y0 < y1 <= plan.height
            assert not any(x0 < r and a < x1 and y0 < d and b < y1 for a, b, r, d in places[:i])
        for box in scene.boxes:
            if box.scope:
                (x0, y0, x1, y1), (left, top, right, bottom) = plan.boxes[box.id], plan.frames[box.scope]
                assert left <= x0 and x1 <= right and top <= y0 and y1 <= bottom

    @pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
    def test_graphvizs_arrows_run_from_tail_to_head(self, network, direction):
        scene = scene_of(graph_of(network), direction=direction)
        plan = engines._laid_out("pygraphviz", scene)
        for arrow, curve in zip(scene.arrows, plan.curves, strict=True):
            for (x, y), end in (curve[0], arrow.tail), (curve[-1], arrow.head):
                x0, y0, x1, y1 = plan.boxes[end]
                assert x0 - 2 <= x <= x1 + 2 and y0 - 2 <= y <= y1 + 2, (arrow, curve)

    @pytest.mark.parametrize(
        "answer",
        [
            "not json", "[]", "{}", '{"bb": "0,0"}', '{"bb": "0,0,9,9", "objects": [{"name": "n0"}]}',
            '{"bb": "0,0,9,9", "objects": 3}', "null",
        ],
    )  # fmt: skip
    def test_an_answer_that_cannot_be_read(self, answer):
        with pytest.raises(RuntimeError, match="its answer cannot be read"):
            plan_of_json(scene_of(graph_of(Value(1.0))), answer)

    def test_the_environment_may_choose(self, tmp_path, expression, monkeypatch):
        monkeypatch.setenv("TENSORGRAD_VIZ_ENGINE", "builtin")
        chosen = viz.render(expression, tmp_path / "a.svg").read_bytes()
        assert chosen == viz.render(expression, tmp_path / "b.svg", engine="builtin").read_bytes()
        assert chosen != viz.render(expression, tmp_path / "c.svg", engine="pygraphviz").read_bytes()
        monkeypatch.setenv("TENSORGRAD_VIZ_ENGINE", "nothing")
        with pytest.raises(ValueError, match="engine: 'nothing' is none of"):
            viz.render(expression, tmp_path / "a.svg")

    def test_a_dot_program_lays_out_and_we_draw(self, tmp_path, expression, program):
        scene = scene_of(graph_of(expression))
        (tmp_path / "answer").write_bytes(engines._graphviz("pygraphviz", dot.skeleton(scene), "json0"))
        program(f'echo "$@" > {tmp_path}/arguments; /bin/cat > {tmp_path}/text; exec /bin/cat {tmp_path}/answer')
        drawn = viz.render(expression, tmp_path / "a.svg", engine="dot").read_bytes()
        assert drawn == viz.render(expression, tmp_path / "b.svg", engine="pygraphviz").read_bytes()
        assert (tmp_path / "arguments").read_text() == "-Tjson0\n"
        assert (tmp_path / "text").read_text() == dot.skeleton(scene)

    def test_what_was_added_by_hand_a_dot_program_draws_itself(self, expression, program, no_pygraphviz):
        program('echo "$@"; exec /bin/cat')
        graph = viz.graph(expression)
        graph.node("mine")
        arguments, text = graph.pipe("png").decode().split("\n", 1)
        assert arguments == "-Tpng -Gdpi=144 -Gsize=62.113"  # inches: 80 million pixels at most
        assert text == graph.source and "mine" in text
        arguments, text = graph.pipe("svg").decode().split("\n", 1)
        assert arguments == "-Tsvg"

    def test_a_forced_engine_that_is_missing(self, tmp_path, expression, monkeypatch, no_pygraphviz):
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(RuntimeError, match=r"'pygraphviz' was asked for and is not here. Run: pip install"):
            viz.render(expression, tmp_path / "a.svg", engine="pygraphviz")
        with pytest.raises(RuntimeError, match="'dot' was asked for and is not here. Install Graphviz"):
            viz.render(expression, tmp_path / "a.svg", engine="dot")

    def test_when_one_fails_the_next_draws(self, tmp_path, expression, program, no_pygraphviz):
        program('echo "Error: out of luck" >&2; exit 3')
        with pytest.warns(UserWarning, match=r"dot could not draw this graph \(Error: out of luck\); the next engine"):
            path = viz.render(expression, tmp_path / "a.svg")
        assert "L" in svg_texts(path.read_bytes())

    def test_an_engine_that_fails_in_silence(self, tmp_path, expression, program):
        program("exit 4")
        with pytest.raises(RuntimeError, match="exit status 4"):
            viz.render(expression, tmp_path / "a.svg", engine="dot")

    def test_a_layout_that_takes_too_long_is_stopped(self, tmp_path, expression, program, no_pygraphviz, monkeypatch):
        program("exec /bin/sleep 60")
        monkeypatch.setattr(engines, "SECONDS", 0.2)
        with pytest.warns(UserWarning, match=r"layout took more than 0.2 s"):
            path = viz.render(expression, tmp_path / "a.svg")
        assert "L" in svg_texts(path.read_bytes())

    def test_a_forced_engine_that_takes_too_long(self, tmp_path, expression, program, monkeypatch):
        program("exec /bin/sleep 60")
        monkeypatch.setattr(engines, "SECONDS", 0.2)
        with pytest.raises(RuntimeError, match=r"layout took more than 0.2 s"):
            viz.render(expression, tmp_path / "a.svg", engine="dot")

    def test_a_huge_picture_stays_within_what_programs_open(self, tmp_path):
        y = Value(1.0)
        for _ in range(120):
            y = y.tanh()
        path = viz.render(y, tmp_path / "a.png", engine="builtin", dpi=2400, max_nodes=1000)
        width, height = png_size(path.read_bytes())
        assert 20_000 < width <= 30_000
        assert width * height < Image.MAX_IMAGE_PIXELS
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            Image.open(path).load()

    def test_a_huge_square_too(self, tmp_path, expression):
        side = Canvas(20_000.0, 20_000.0)
        assert side.sharpest(144) == pytest.approx(72 * math.sqrt(8e7) / 20_000)
        assert Canvas(100.0, 50.0).sharpest(144) == 144
