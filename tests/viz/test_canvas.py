"""What a program can see of a finished picture: its size, its pixels, the colours and places of its shapes."""

import xml.etree.ElementTree as ET
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

import viz
from micrograd_value import Value, scope
from viz import engines
from viz.canvas import Canvas, Curve, Rectangle, Text, Triangle
from viz.from_value import graph_of
from viz.paint import HEAD, paint
from viz.scene import FRAMES, INK, PAPER, scene_of

SVG = "{http://www.w3.org/2000/svg}"


def pixels(content):
    with Image.open(BytesIO(content)) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def colour(text):
    return [int(text[i : i + 2], 16) for i in (1, 3, 5)]


class TestPixels:
    @pytest.mark.parametrize("dpi", [72, 144, 100])
    def test_a_point_is_a_72nd_of_an_inch(self, dpi):
        shapes = [Rectangle(10.0, 20.0, 30.0, 12.0, "#0072b2", "none", 0.0)]
        picture = pixels(Canvas(144.0, 72.0, shapes).to_bytes("png", dpi))
        assert picture.shape[:2] == (dpi, 2 * dpi)
        blue = np.argwhere((picture == colour("#0072b2")).all(2))
        scale = dpi / 72
        assert blue.min(0) == pytest.approx([20 * scale, 10 * scale], abs=1)
        assert blue.max(0) + 1 == pytest.approx([32 * scale, 40 * scale], abs=1)

    def test_the_size_of_a_png_without_graphviz(self, tmp_path, expression):
        svg = ET.parse(viz.render(expression, tmp_path / "a.svg", engine="builtin")).getroot()
        png = pixels(viz.render(expression, tmp_path / "a.png", engine="builtin", dpi=72).read_bytes())
        size = [float(svg.get(side)[:-2]) for side in ("height", "width")]
        assert png.shape[:2] == pytest.approx(size, abs=1)

    def test_svg_and_png_show_the_same(self):
        shapes = [
            Rectangle(0.0, 0.0, 20.0, 20.0, "#d55e00", "none", 0.0),
            Triangle(((30.0, 0.0), (50.0, 0.0), (40.0, 20.0)), "#009e73"),
            Curve([(60.0, 10.0), (65.0, 10.0), (75.0, 10.0), (80.0, 10.0)], "#0072b2", 4.0),
        ]
        picture = pixels(Canvas(90.0, 30.0, shapes).to_bytes("png", 72))
        for (x, y), c in {
            (10, 10): "#d55e00", (40, 5): "#009e73", (70, 10): "#0072b2", (32, 18): PAPER, (85, 25): PAPER,
        }.items():  # fmt: skip
            assert picture[y, x].tolist() == colour(c), (x, y)

    def test_a_round_box_is_a_circle(self):
        radius = 50.0
        picture = pixels(
            Canvas(100.0, 100.0, [Rectangle(0, 0, 100, 100, "#000000", "none", 0.0, radius)]).to_bytes("png", 72)
        )
        y, x = np.mgrid[:100, :100] + 0.5
        far = np.hypot(x - 50, y - 50)
        assert (picture[far < 49] == 0).all() and (picture[far > 51] == 255).all()

    @pytest.mark.parametrize("style", ["dotted", "dashed"])
    def test_strokes_with_gaps(self, style):
        line = Curve([(0.0, 15.0), (30.0, 15.0), (60.0, 15.0), (90.0, 15.0)], INK, 2.0, dotted=True)
        box = Rectangle(5.0, 15.0, 80.0, 60.0, PAPER, INK, 2.0, dashed=True)
        row = pixels(Canvas(90.0, 90.0, [line if style == "dotted" else box]).to_bytes("png", 72))[15, 8:80].sum(1)
        dark = row < 400
        assert 8 < np.count_nonzero(dark[1:] != dark[:-1]) < 40

    @pytest.mark.parametrize("anchor", ["start", "middle", "end"])
    def test_words_stand_where_their_anchor_says(self, anchor):
        text = Text(100.0, 30.0, "HHHHHH", 20.0, INK, anchor=anchor)
        dark = np.argwhere(pixels(Canvas(200.0, 40.0, [text]).to_bytes("png", 72)).sum(2) < 300)
        left, right = dark[:, 1].min(), dark[:, 1].max()
        middle = {"start": right - left, "middle": 0.0, "end": left - right}[anchor] / 2
        assert (left + right) / 2 == pytest.approx(100 + middle, abs=3)
        assert dark[:, 0].max() == pytest.approx(29, abs=1)  # the baseline

    def test_an_operations_word_is_light_on_dark(self, tmp_path):
        """In pixels: within the pill nothing but its ground, the paper's colour and what lies between them."""
        y = Value(1.0).tanh()
        root = ET.parse(viz.render(y, tmp_path / "a.svg", engine="builtin")).getroot()
        (word,) = (t for t in root.iter(f"{SVG}text") if t.text == "tanh")
        assert word.get("fill") == PAPER
        (pill,) = (r for r in root.iter(f"{SVG}rect") if r.get("fill") == INK)
        x, y0, width, height = (round(float(pill.get(k))) for k in ("x", "y", "width", "height"))
        picture = pixels(viz.render(y, tmp_path / "a.png", engine="builtin", dpi=72).read_bytes())
        inside = picture[y0 + 3 : y0 + height - 3, x + 6 : x + width - 6]
        assert (inside.min((0, 1)) <= colour(INK)).all() and (inside.min(2) > 150).any()


class TestShapes:
    @pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
    @pytest.mark.parametrize("engine", ["builtin", "pygraphviz"])
    def test_three_frames_inside_each_other(self, engine, direction):
        with scope("outer"), scope("middle"), scope("inner"):
            y = Value(1.0).tanh() * 2.0
        scene = scene_of(graph_of(y), direction=direction)
        plan = engines._laid_out(engine, scene)
        assert list(plan.frames) == ["outer", "outer/middle", "outer/middle/inner"]
        frames = [plan.frames[path] for path in plan.frames]
        for (x0, y0, x1, y1), (left, top, right, bottom) in zip(frames, frames[1:]):
            assert x0 < left < right < x1 and y0 < top < bottom < y1
        canvas = paint(scene, plan)
        drawn = [s.fill for s in canvas.shapes if isinstance(s, Rectangle) and s.fill in FRAMES and s.stroke == 0.6]
        assert drawn == [FRAMES[0], FRAMES[1], FRAMES[0]]  # they take turns
        titles = [s.text for s in canvas.shapes if isinstance(s, Text) and s.text in ("outer", "middle", "inner")]
        assert titles == ["outer", "middle", "inner"]

    @pytest.mark.parametrize("engine", ["builtin", "pygraphviz"])
    def test_an_arrows_head_touches_its_box_and_its_line_ends_in_the_head(self, engine, network):
        scene = scene_of(graph_of(network), legend=False)
        plan = engines._laid_out(engine, scene)
        canvas = paint(scene, plan)
        heads = [s for s in canvas.shapes if isinstance(s, Triangle)]
        lines = [s for s in canvas.shapes if isinstance(s, Curve)]
        arrows = [(a, line) for a, line in zip(scene.arrows, lines, strict=True) if not a.short]
        for (arrow, line), head in zip(arrows, heads, strict=True):
            (x, y), *base = head.points
            x0, y0, x1, y1 = plan.boxes[arrow.head]
            assert max(x0 - x, x - x1, y0 - y, y - y1) < 1.5, "the tip is at the box"
            assert line.points[-1] == pytest.approx(tuple(np.mean(base, axis=0)))
            assert np.hypot(x - line.points[-1][0], y - line.points[-1][1]) == pytest.approx(HEAD + arrow.width)

    def test_numbers_leave_heads_and_boxes_free(self, expression):
        scene = scene_of(graph_of(expression), legend=False)
        canvas = paint(scene, engines._laid_out("builtin", scene))
        slips = [s for s in canvas.shapes if isinstance(s, Rectangle) and s.line == "none"]
        tips = [s.points[0] for s in canvas.shapes if isinstance(s, Triangle)]
        assert len(slips) == sum(bool(arrow.text) for arrow in scene.arrows)
        for s in slips:
            assert not any(s.x < x < s.x + s.width and s.y < y < s.y + s.height for x, y in tips)

    def test_between_ranks_there_is_room_for_the_number_and_the_head(self):
        """A narrow gap hid the arrow behind its number."""
        for x in 1.0, 12345.678:
            y = Value(2.0) * x
            scene = scene_of(graph_of(y), precision=9)
            plan = engines._laid_out("builtin", scene)
            for arrow, curve in zip(scene.arrows, plan.curves):
                if arrow.text:
                    assert curve[-1][0] - curve[0][0] > 20.0 + 5.0 * len(arrow.text)


class TestNotebook:
    """The PNG that a notebook shows is the picture, and not only a PNG."""

    def test_a_graph(self, expression):
        graph = viz.graph(expression)
        shown = pixels(graph._repr_mimebundle_()["image/png"])
        assert np.array_equal(shown, pixels(graph.pipe("png"))) and len(np.unique(shown.reshape(-1, 3), axis=0)) > 50

    @pytest.mark.parametrize(
        "chart, size",
        [
            (lambda: viz.plot_history([2.0, 1.0]), (7.2, 3.3)),
            (lambda: viz.plot_letters("ab", [0.0, 1.0]), (4.0, 0.32)),
            (lambda: viz.plot_pictures(np.zeros((1, 2, 2))), (None, None)),
            (lambda: viz.plot_pictures(np.full((1, 2, 2), np.nan), title="Nothing"), (None, None)),
        ],
    )
    def test_a_figure(self, chart, size):
        figure = chart()
        shown = pixels(figure._repr_png_())
        wide, high = (side or own for side, own in zip(size, figure.get_size_inches()))
        assert shown.shape[:2] == pytest.approx((144 * high, 144 * wide), abs=1)
        assert (shown.reshape(-1, 3) != 255).any(), "something is drawn"
