"""The built-in engine: nothing overlaps, arrows run forward, and what is drawn is all there."""

import math
import xml.etree.ElementTree as ET

import pytest

import viz
from micrograd_value import MLP, Value
from viz.canvas import text_width
from viz.fold import collapse_scopes, fit
from viz.from_value import graph_of
from viz.graph import Edge, Graph, Node
from viz.layout import arrange, box_size, waypoints
from viz.paint import Room
from viz.paint import paint as paint_plan
from viz.plan import plan_of
from viz.scene import Row, scene_of


def paint(scene, layout):
    return paint_plan(scene, plan_of(scene, layout))


SVG = "{http://www.w3.org/2000/svg}"


def picture(name):
    """Scenes of many kinds."""
    if name == "leaf":
        return scene_of(graph_of(Value(1.0, label="x")))
    if name == "square":
        x = Value(3.0, label="x")
        return scene_of(graph_of(x * x))
    if name == "ladder":  # one leaf used all along a chain: long arrows
        y = x = Value(0.5, label="x")
        for i in range(15):
            y = (y * x).tanh() if i % 3 else y + x
        return scene_of(graph_of(y))
    if name == "outputs":
        x = Value(3.0, label="x")
        return scene_of(graph_of([x.tanh(), x * 2.0, x + 1.0, Value(7.0)]))
    model = MLP(2, [4, 3, 1], seed=0)
    graph = graph_of((model([1.0, -1.0]) - 1.0) ** 2)
    if name in ("neuron", "layer"):
        graph = collapse_scopes(graph, name)
    if name == "cut":
        graph = fit(graph_of(sum(Value(float(i)) for i in range(50))), 20)
    if name == "cycle":  # folded scopes may use each other
        nodes = [Node(i, label=f"g{i}", kind="group", scope="a" if i < 2 else "b/c") for i in range(4)]
        graph = Graph(nodes, [Edge(0, 2), Edge(2, 1), Edge(1, 3), Edge(3, 0), Edge(0, 1)])
    return scene_of(graph, show=["data"] if name == "bare" else ("label", "data", "grad", "op", "local"))


KINDS = ["leaf", "square", "ladder", "outputs", "network", "neuron", "layer", "cut", "cycle", "bare"]


def bounds(item):
    """(u0, v0, u1, v1) of a spot or a block."""
    if hasattr(item, "u0"):
        return item.u0, item.top, item.u1, item.top + item.wide
    return item.u - item.long / 2, item.top, item.u + item.long / 2, item.top + item.wide


def overlap(a, b):
    return a[0] < b[2] - 1e-6 and b[0] < a[2] - 1e-6 and a[1] < b[3] - 1e-6 and b[1] < a[3] - 1e-6


def inside(a, b):
    return b[0] <= a[0] + 1e-6 and b[1] <= a[1] + 1e-6 and a[2] <= b[2] + 1e-6 and a[3] <= b[3] + 1e-6


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("kind", KINDS)
class TestArrange:
    def test_boxes_do_not_overlap(self, kind, direction):
        scene = picture(kind)
        scene.direction = direction
        places = [bounds(spot) for spot in arrange(scene).spots.values()]
        assert not [(a, b) for i, a in enumerate(places) for b in places[:i] if overlap(a, b)]

    def test_arrows_run_forward_and_far_enough(self, kind, direction):
        scene = picture(kind)
        scene.direction = direction
        for arrow, route in arrange(scene).routes:
            assert all(a.u < b.u and a.rank < b.rank for a, b in zip(route, route[1:]))
            assert route[-1].rank - route[0].rank >= arrow.ranks
            assert {route[0].box.id, route[-1].box.id} == {arrow.tail, arrow.head}

    def test_frames_hold_their_own_and_nothing_else(self, kind, direction):
        scene = picture(kind)
        scene.direction = direction
        layout = arrange(scene)
        for path, block in layout.blocks.items():
            if not path:
                continue
            for spot in layout.spots.values():
                mine = f"{spot.scope}/".startswith(f"{path}/")
                assert inside(bounds(spot), bounds(block)) if mine else not overlap(bounds(spot), bounds(block))
            for other, inner in layout.blocks.items():
                if other and other != path and not path.startswith(f"{other}/"):
                    mine = other.startswith(f"{path}/")
                    assert inside(bounds(inner), bounds(block)) if mine else not overlap(bounds(inner), bounds(block))

    def test_everything_is_on_the_page(self, kind, direction):
        scene = picture(kind)
        scene.direction = direction
        layout = arrange(scene)
        for item in [*layout.spots.values(), *(b for path, b in layout.blocks.items() if path)]:
            assert inside(bounds(item), (0.0, 0.0, layout.long, layout.wide))

    def test_the_same_twice(self, kind, direction):
        scene = picture(kind)
        scene.direction = direction
        assert paint(scene, arrange(scene)).svg() == paint(scene, arrange(scene)).svg()


class TestRanks:
    def test_a_weight_stands_next_to_its_product(self):
        spots = arrange(picture("network")).spots
        scene = picture("network")
        for arrow in scene.arrows:
            tail, head = spots[arrow.tail], spots[arrow.head]
            if tail.box.line == "#e69f00":
                assert head.rank - tail.rank == 1

    def test_an_operation_stands_next_to_its_result(self):
        scene = picture("ladder")
        spots = arrange(scene).spots
        assert all(spots[a.head].rank - spots[a.tail].rank == 1 for a in scene.arrows if a.short)

    def test_layers_follow_each_other(self):
        blocks = arrange(picture("network")).blocks
        assert blocks["layers.0"].u1 < blocks["layers.1"].u0 < blocks["layers.1"].u1 < blocks["layers.2"].u0

    def test_waypoints_count_the_ranks_that_arrows_cross(self):
        x = Value(1.0)
        assert waypoints(scene_of(graph_of(x * x))) == 0
        assert waypoints(scene_of(graph_of(x.tanh() * x))) == 2

    def test_very_long_arrows_get_no_lane(self):
        y = x = Value(1.0)
        for _ in range(150):
            y = y + x
        scene = scene_of(graph_of(y))
        layout = arrange(scene)
        assert waypoints(scene) > 20_000
        assert sum(len(route) - 2 for _, route in layout.routes) <= 6000
        places = [bounds(spot) for spot in layout.spots.values()]
        assert not any(overlap(a, b) for a, b in zip(places, places[1:]))


class TestPaint:
    @pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
    def test_directions(self, direction):
        x = Value(3.0, label="start")
        y = x.tanh()
        y.label = "end"
        scene = scene_of(graph_of(y), direction=direction)
        root = ET.fromstring(paint(scene, arrange(scene)).svg())
        at = {t.text: (float(t.get("x")), float(t.get("y"))) for t in root.iter(f"{SVG}text")}
        along = {"LR": (1, 0), "RL": (-1, 0), "TB": (0, 1), "BT": (0, -1)}[direction]
        steps = [sum(a * c for a, c in zip(along, at[word])) for word in ("start", "tanh", "end")]
        assert steps == sorted(steps)

    def test_all_words_are_there(self, network):
        scene = scene_of(graph_of(network), legend=True)
        texts = {t.text for t in ET.fromstring(paint(scene, arrange(scene)).svg()).iter(f"{SVG}text")}
        words = {row.text for box in [*scene.boxes, *scene.key] for row in box.rows} | {a.text for a in scene.arrows}
        assert words - {""} <= texts
        assert {"layers.0", "neurons.2", *scene.captions} <= texts

    def test_one_curve_for_each_arrow_and_a_head_unless_short(self, network):
        scene = scene_of(graph_of(network))
        root = ET.fromstring(paint(scene, arrange(scene)).svg())
        assert len(list(root.iter(f"{SVG}path"))) == len(scene.arrows)
        assert len(list(root.iter(f"{SVG}polygon"))) == sum(not arrow.short for arrow in scene.arrows)

    def test_two_arrows_between_the_same_two_boxes_run_apart(self):
        x = Value(3.0)
        scene = scene_of(graph_of(x * x))
        paths = [p.get("d") for p in ET.fromstring(paint(scene, arrange(scene)).svg()).iter(f"{SVG}path")]
        assert len(set(paths)) == 3

    def test_an_arrow_of_a_cycle_points_the_right_way(self):
        nodes = [Node(i, label=f"g{i}", kind="group") for i in range(2)]
        scene = scene_of(Graph(nodes, [Edge(0, 1), Edge(1, 0)]))
        layout = arrange(scene)
        tips = [p.get("points").split()[0] for p in ET.fromstring(paint(scene, layout).svg()).iter(f"{SVG}polygon")]
        first, second = sorted(layout.spots.values(), key=lambda spot: spot.u)
        assert sorted(float(tip.split(",")[0]) for tip in tips) == pytest.approx(
            [first.u + first.long / 2, second.u - second.long / 2], abs=0.1
        )

    def test_nothing_leaves_the_page(self, network):
        scene = scene_of(graph_of(network), legend=True)
        canvas = paint(scene, arrange(scene))
        root = ET.fromstring(canvas.svg())
        for text in root.iter(f"{SVG}text"):
            assert 0 <= float(text.get("x")) <= canvas.width
            assert 0 <= float(text.get("y")) <= canvas.height
        for box in list(root.iter(f"{SVG}rect"))[1:]:
            assert float(box.get("x")) + float(box.get("width")) <= canvas.width
            assert float(box.get("y")) + float(box.get("height")) <= canvas.height

    def test_room(self):
        room = Room()
        room.take((0.0, 0.0, 100.0, 10.0))
        assert room.crowd((90.0, 5.0, 200.0, 20.0)) == 1
        assert room.crowd((100.0, 0.0, 120.0, 10.0)) == 0
        assert room.crowd((-60.0, -60.0, -50.0, -50.0)) == 0


class TestSizes:
    def test_text_width_is_that_of_dejavu(self):
        from matplotlib.font_manager import FontProperties
        from matplotlib.textpath import TextPath

        for text in ("data 0.7071", "WWWWiiii", "layers.0/neurons.3"):
            path = TextPath((0, 0), text, size=100, prop=FontProperties("DejaVu Sans"))
            assert math.isclose(text_width(text, 100), path.get_extents().width, rel_tol=0.05)

    def test_wide_scripts_get_their_room(self):
        assert text_width("漢字", 10) >= 20.0

    def test_a_box_holds_its_rows(self, network):
        for box in scene_of(graph_of(network)).boxes:
            width, height = box_size(box)
            assert all(text_width(row.text, 10.0, row.bold) < width for row in box.rows)
            assert height >= 10.0 * len(box.rows)
        assert Row("", "x") == Row(name="", text="x")


def test_a_broken_value_is_drawn_as_it_is(tmp_path):
    y = Value(-1.0).log() * math.inf
    assert b"nan" in viz.render(y, tmp_path / "x.svg", engine="builtin").read_bytes()
