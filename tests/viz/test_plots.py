"""Figures: what is on their axes, and what they refuse."""

import math
import sys
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import viz
from micrograd_value import MLP, Activation, Value


@dataclass
class History:
    losses: list = field(default_factory=list)
    accuracies: list = field(default_factory=list)
    validation_losses: list = field(default_factory=list)
    learning_rates: list = field(default_factory=list)


def labels(axis):
    return [line.get_label() for line in axis.get_lines()]


class TestHistory:
    def test_a_list_of_losses(self):
        (axis,) = viz.plot_history([3.0, 2.0, 1.5]).axes
        (line,) = axis.get_lines()
        assert list(line.get_xdata()) == [1, 2, 3]
        assert list(line.get_ydata()) == [3.0, 2.0, 1.5]
        assert (axis.get_xlabel(), axis.get_ylabel()) == ("epoch", "loss")
        assert axis.get_title(loc="right") == "last: 1.5"

    def test_an_entry_for_every_so_many_steps(self):
        (axis,) = viz.plot_history([3.0, 2.0, math.nan], unit="step", every=250).axes
        assert list(axis.get_lines()[0].get_xdata()) == [250, 500, 750] and axis.get_xlabel() == "step"
        assert list(axis.get_lines()[1].get_xdata()) == [750, 750]
        assert axis.get_xlim()[0] < 250 and axis.get_xlim()[1] > 750
        assert [text.get_text() for text in axis.get_legend().get_texts()] == ["training", "first nan"]

    def test_an_object_with_everything(self):
        history = History([2.0, 1.0], [0.5, 1.0], [2.5, 1.5], [0.1, 0.05])
        axes = viz.plot_history(history, title="Run").axes
        assert [axis.get_ylabel() for axis in axes] == ["loss", "accuracy", "learning rate"]
        assert labels(axes[0]) == ["training", "validation"]
        assert [text.get_text() for text in axes[0].get_legend().get_texts()] == ["training", "validation"]
        assert axes[1].get_title(loc="right") == "last: 100.0%"
        assert axes[0].figure.get_suptitle() == "Run"

    def test_lines_differ_in_stroke_as_well_as_in_colour(self):
        lines = viz.plot_history({"loss": [2.0, 1.0], "val_loss": [3.0, 2.0]}).axes[0].get_lines()
        assert lines[0].get_linestyle() != lines[1].get_linestyle()
        assert lines[0].get_color() != lines[1].get_color()

    @pytest.mark.parametrize(
        "history",
        [
            {"loss": [2.0, 1.0], "accuracy": [0.5, 0.9]},
            [{"epoch": 1, "loss": 2.0, "accuracy": 0.5}, {"epoch": 2, "loss": 1.0, "accuracy": 0.9}],
            History([2.0, 1.0], [0.5, 0.9]),
        ],
    )
    def test_all_shapes_say_the_same(self, history):
        axes = viz.plot_history(history).axes
        assert [list(axis.get_lines()[0].get_ydata()) for axis in axes] == [[2.0, 1.0], [0.5, 0.9]]

    def test_a_trainers_history(self):
        from micrograd_value import GradientDescent, MSELoss, Trainer

        trainer = Trainer(MLP(1, [1], seed=0), GradientDescent(lr=0.1), MSELoss())
        trainer.train([[0.0], [1.0]], [0.0, 1.0], epochs=3, progress=False)
        axes = viz.plot_history(trainer.history).axes
        assert list(axes[0].get_lines()[0].get_ydata()) == trainer.history.losses
        assert "learning rate" not in [axis.get_ylabel() for axis in axes]  # it never changed

    def test_numpy_values_and_gaps(self):
        axes = viz.plot_history({"loss": np.array([2.0, 1.0]), "val_loss": [None, Value(1.5)]}).axes
        assert np.isnan(axes[0].get_lines()[1].get_ydata()[0])

    def test_other_lists_get_a_panel_of_their_own(self):
        axes = viz.plot_history({"grad_norm": [1.0, 2.0], "loss": [1.0, 0.5]}).axes
        assert [axis.get_ylabel() for axis in axes] == ["loss", "grad norm"]

    @pytest.mark.parametrize(
        ("losses", "log", "scale"),
        [
            ([1.0, 0.5], None, "linear"), ([100.0, 0.5], None, "log"), ([100.0, 0.0], None, "linear"),
            ([100.0, -1.0], None, "linear"), ([1.0, 0.5], True, "log"), ([100.0, 0.5], False, "linear"),
        ],
    )  # fmt: skip
    def test_the_loss_axis_is_logarithmic_where_that_helps(self, losses, log, scale):
        assert viz.plot_history(losses, log=log).axes[0].get_yscale() == scale

    def test_the_first_nan_is_marked(self):
        axis = viz.plot_history([1.0, 0.5, math.nan, math.nan]).axes[0]
        assert labels(axis) == ["training", "first nan"]
        assert list(axis.get_lines()[1].get_xdata()) == [3, 3]

    def test_a_run_that_was_nan_from_the_start(self):
        assert labels(viz.plot_history([math.nan]).axes[0]) == ["training", "first nan"]

    @pytest.mark.parametrize(
        ("history", "error", "words"),
        [
            ([], ValueError, "plot_history: the history is empty. Train for at least one epoch first"),
            (History(), ValueError, "the history is empty"),
            ({"loss": []}, ValueError, "the history is empty"),
            (3.0, TypeError, "found no list of numbers in float. Pass a list of losses"),
            ({"loss": 3.0}, TypeError, "found no list of numbers in dict"),
            ("losses", TypeError, "found no list of numbers in str"),
            (["one", "two"], ValueError, "'loss' holds something that is not a number"),
            ({"val_loss": [1.0, [2.0]]}, ValueError, "'val_loss' holds something that is not a number"),
        ],
    )
    def test_errors(self, history, error, words):
        with pytest.raises(error, match=words):
            viz.plot_history(history)


POINTS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
XOR = [-1, 1, 1, -1]


def legend(chart):
    return [text.get_text() for text in chart.legends[0].get_texts()]


class TestDecisionBoundary:
    def test_one_number(self):
        asked = []

        def predict(points):
            asked.extend(points)
            return [x + y - 1.5 for x, y in points]

        chart = viz.plot_decision_boundary(predict, POINTS, [0, 0, 0, 1], resolution=10, title="AND")
        axis, bar = chart.axes
        assert len(asked) == 100
        assert all(isinstance(x, float) for point in asked for x in point)
        assert min(asked) < [0.0, 0.0] and max(asked) > [1.0, 1.0]
        assert legend(chart) == ["target", "0", "1"]
        assert (axis.get_xlabel(), axis.get_ylabel(), chart.get_suptitle()) == ("x₀", "x₁", "AND")
        assert "boundary at 0.5" in bar.get_ylabel()

    def test_the_boundary_is_where_the_answer_passes_the_threshold(self):
        chart = viz.plot_decision_boundary(lambda ps: [x for x, _ in ps], POINTS, XOR, threshold=0.25, resolution=50)
        line = np.concatenate([path.vertices for path in chart.axes[0].collections[0].get_paths()])
        assert np.allclose(line[:, 0], 0.25)

    @pytest.mark.parametrize(("targets", "threshold"), [(XOR, "0"), ([0, 1, 1, 0], "0.5"), ([1, 1, 1, 1], "0")])
    def test_the_threshold_lies_between_the_targets(self, targets, threshold):
        chart = viz.plot_decision_boundary(lambda ps: [x - y for x, y in ps], POINTS, targets, resolution=5)
        assert chart.axes[1].get_ylabel().endswith(f"boundary at {threshold}")

    def test_points_keep_their_place_and_differ_in_marker_as_well_as_in_colour(self):
        axis = viz.plot_decision_boundary(lambda ps: [x - y for x, y in ps], POINTS, XOR, resolution=5).axes[0]
        groups = [c for c in axis.collections if c.get_label() in ("-1", "1")]
        assert np.array_equal(groups[0].get_offsets(), [[0, 0], [1, 1]])
        assert np.array_equal(groups[1].get_offsets(), [[0, 1], [1, 0]])
        assert len(groups[0].get_paths()[0].vertices) != len(groups[1].get_paths()[0].vertices)
        assert not np.array_equal(groups[0].get_facecolor(), groups[1].get_facecolor())

    def test_one_number_per_class(self):
        chart = viz.plot_decision_boundary(lambda ps: [[x, y, 0.4] for x, y in ps], POINTS, [0, 1, 0, 2], resolution=20)
        assert len(chart.axes) == 1
        winner = chart.axes[0].images[0].get_array()
        assert winner[0, -1] == 0 and winner[-1, 0] == 1 and winner[0, 0] == 2
        assert legend(chart) == ["target", "0", "1", "2"]

    @pytest.mark.parametrize(
        "predict",
        [
            lambda ps: np.array([[x - y] for x, y in ps]),
            lambda ps: [[Value(x - y)] for x, y in ps],
            lambda p: p[0] - p[1],
            lambda p: [Value(p[0] - p[1])],
            type("Trainer", (), {"predict": lambda self, ps: [x - y for x, y in ps]})(),
            MLP(2, [1], seed=0),
        ],
    )
    def test_however_the_model_likes_to_be_asked(self, predict):
        chart = viz.plot_decision_boundary(predict, POINTS, XOR, resolution=4)
        assert chart.axes[0].images[0].get_array().shape == (4, 4)

    def test_tensors(self):
        import tensorgrad as tg

        chart = viz.plot_decision_boundary(
            lambda ps: tg.tensor(ps).sum(1), tg.tensor(POINTS), tg.tensor([0, 1, 1, 0]), resolution=4
        )
        assert chart.axes[0].images[0].get_array()[-1, -1] == pytest.approx(2.4) and legend(chart) == [
            "target",
            "0",
            "1",
        ]

    def test_nan_answers_leave_a_hole(self):
        chart = viz.plot_decision_boundary(lambda ps: [math.nan] * len(ps), POINTS, XOR, resolution=4)
        assert np.ma.getmaskarray(chart.axes[0].images[0].get_array()).all()

    def test_points_on_a_line(self):
        axis = viz.plot_decision_boundary(lambda ps: [x for x, _ in ps], [[1.0, 2.0]], [1], resolution=4).axes[0]
        low, high = axis.get_ylim()
        assert low < 2.0 < high

    @pytest.mark.parametrize(
        ("arguments", "error", "words"),
        [
            ((len, [[1.0, 2.0, 3.0]], [1]), ValueError, r"points need two numbers each, \(n, 2\).*a list of length 1"),
            ((len, [], []), ValueError, "Got an empty list"),
            ((len, [["a", "b"]], [1]), ValueError, "points need two numbers"),
            ((len, 5, [1]), ValueError, "Got int"),
            ((len, POINTS, [1, 0]), ValueError, "4 points, but 2 targets"),
            ((len, POINTS, ["a"] * 4), ValueError, "targets need one number each. Got a list of length 4, first a"),
            ((3, POINTS, XOR), TypeError, r"int is neither callable nor has a predict\(\)"),
            ((lambda p: [1.0] * (3 if p[0] > 0.5 else 2), POINTS, XOR), ValueError, "answers of different lengths"),
        ],
    )
    def test_errors(self, arguments, error, words):
        with pytest.raises(error, match=words):
            viz.plot_decision_boundary(*arguments, resolution=4)

    @pytest.mark.parametrize("resolution", [1, 2.0, True])
    def test_resolution(self, resolution):
        with pytest.raises(ValueError, match="resolution needs a whole number of at least 2"):
            viz.plot_decision_boundary(len, POINTS, XOR, resolution=resolution)

    def test_what_is_wrong_with_the_model_is_said_in_its_own_words(self):
        def broken(point):
            raise ZeroDivisionError("model broken")

        with pytest.raises(ZeroDivisionError, match="model broken"):
            viz.plot_decision_boundary(broken, POINTS, XOR, resolution=4)


class TestLandscape:
    def test_shades_lines_and_clouds(self):
        clouds = {"data": [[0.0, 0.0], [4.0, 1.0]], "samples": np.array([[2.0, 2.0]])}
        chart = viz.plot_landscape(
            lambda ps: [x + y for x, y in ps], clouds, resolution=9, label="height", title="Hill"
        )
        axis, bar = chart.axes
        heights = axis.images[0].get_array()
        assert heights.shape == (9, 9) and heights[0, 0] < heights[0, -1] < heights[-1, -1]
        assert axis.get_xlim() == pytest.approx((-0.4, 4.4)) and axis.get_ylim() == pytest.approx((-0.2, 2.2))
        assert heights[0, 0] == pytest.approx(-0.6) and heights[-1, -1] == pytest.approx(6.6)
        scattered = {c.get_label(): c.get_offsets().tolist() for c in axis.collections if c.get_label() in clouds}
        assert scattered == {"data": [[0.0, 0.0], [4.0, 1.0]], "samples": [[2.0, 2.0]]}
        assert (bar.get_ylabel(), chart.get_suptitle()) == ("height", "Hill") and legend(chart) == ["data", "samples"]

    @pytest.mark.parametrize("height", [1.0, math.nan])
    def test_a_plain(self, height):
        chart = viz.plot_landscape(lambda ps: [height] * len(ps), {"data": [[1.0, 2.0]]}, resolution=4)
        assert chart.axes[0].images[0].get_array().shape == (4, 4)

    @pytest.mark.parametrize(
        ("arguments", "error", "words"),
        [
            ((len, {}), ValueError, "plot_landscape: no points given"),
            ((len, {"data": [[1.0]]}), ValueError, r"plot_landscape: points need two numbers each, \(n, 2\)"),
            ((lambda ps: [[1.0, 2.0]] * len(ps), {"data": POINTS}), ValueError, "gave 2 numbers for a point"),
            ((3, {"data": POINTS}), TypeError, "plot_landscape: int is neither callable"),
        ],
    )
    def test_errors(self, arguments, error, words):
        with pytest.raises(error, match=words):
            viz.plot_landscape(*arguments, resolution=4)

    def test_resolution(self):
        with pytest.raises(ValueError, match="plot_landscape: resolution needs a whole number of at least 2, got 1"):
            viz.plot_landscape(len, {"data": POINTS}, resolution=1)


class TestPaths:
    def bowl(self, points):
        return [x * x + y * y for x, y in points]

    def test_a_panel_for_each(self):
        paths = {"SGD": [[2.0, 1.0], [1.0, 0.5], [0.5, 0.25]], "Adam": [[2.0, 1.0], [1.0, 1.0]], "Muon": [[2.0, 1.0]]}
        chart = viz.plot_paths(
            self.bowl, paths, goal=(0.0, 0.0), notes={"Adam": "lr 1"}, every=2, columns=2, resolution=9, title="Ways"
        )
        assert [axis.get_title() for axis in chart.axes] == ["SGD", "Adam\n", "Muon"]
        line, start, dots, goal = chart.axes[0].get_lines()
        assert line.get_xydata().tolist() == paths["SGD"] and start.get_xydata().tolist() == [[2.0, 1.0]]
        assert dots.get_xydata().tolist() == [[0.5, 0.25]] and goal.get_xydata().tolist() == [[0.0, 0.0]]
        assert [text.get_text() for text in chart.axes[1].texts] == ["lr 1"]
        assert [axis.get_xlabel() for axis in chart.axes] == ["", "x₀", "x₀"]
        assert [axis.get_ylabel() for axis in chart.axes] == ["x₁", "", "x₁"]
        assert chart.axes[0].get_xlim() == pytest.approx((-0.2, 2.2)) and legend(chart) == [
            "start",
            "every 2 steps",
            "goal",
        ]
        assert chart.get_suptitle() == "Ways"

    def test_a_way_that_leaves_the_numbers(self):
        path = [[0.0, 0.0], [1.0, 1.0], [math.inf, math.nan]]
        (axis,) = viz.plot_paths(self.bowl, {"SGD": path}, resolution=5).axes
        assert axis.get_xlim() == pytest.approx((-0.1, 1.1))
        (axis,) = viz.plot_paths(self.bowl, {"SGD": path}, extent=(-1.0, 3.0, -2.0, 2.0), resolution=5).axes
        assert axis.get_xlim() == (-1.0, 3.0) and axis.get_ylim() == (-2.0, 2.0)

    def test_errors(self):
        with pytest.raises(ValueError, match="plot_paths: no paths given"):
            viz.plot_paths(self.bowl, {})
        with pytest.raises(ValueError, match=r"plot_paths: points need two numbers each, \(n, 2\)"):
            viz.plot_paths(self.bowl, {"SGD": []})
        with pytest.raises(ValueError, match="plot_paths: the extent has no finite point"):
            viz.plot_paths(self.bowl, {"SGD": [[math.nan, 0.0]]})


class TestLetters:
    def test_each_letter_on_its_ground(self):
        chart = viz.plot_letters("ab c\nd", [math.nan, 1.0, 2.0, 3.0, 0.5, 0.0], columns=3, label="bits", title="Text")
        axis, bar = chart.axes
        drawn = [(*text.get_position(), text.get_text()) for text in axis.texts]
        assert drawn == [(0, 0, "a"), (1, 0, "b"), (2, 0, " "), (0, 1, "c"), (1, 1, "↵"), (0, 2, "d")]
        ground = axis.images[0].get_array()
        expected = [[math.nan, 1.0, 2.0], [3.0, 0.5, math.nan], [0.0, math.nan, math.nan]]
        np.testing.assert_array_equal(np.ma.filled(ground, math.nan), expected)
        assert (bar.get_ylabel(), chart.get_suptitle()) == ("bits", "Text")

    def test_a_newline_without_a_value_is_not_shown(self):
        axis = viz.plot_letters("a\n", [1.0, math.nan]).axes[0]
        assert [text.get_text() for text in axis.texts] == ["a", ""]

    def test_one_strange_letter_does_not_pale_the_others(self):
        axis = viz.plot_letters("a" * 200, [1.0] * 199 + [100.0]).axes[0]
        assert axis.images[0].get_clim() == (0.0, 1.0)

    @pytest.mark.parametrize("values", [[0.0, 0.0], [math.nan, math.nan]])
    def test_nothing_to_tell(self, values):
        axis = viz.plot_letters("ab", values).axes[0]
        assert [text.get_text() for text in axis.texts] == ["a", "b"] and axis.images[0].get_clim() == (0.0, 1.0)

    @pytest.mark.parametrize(
        ("text", "values", "columns", "words"),
        [
            ("", [], 64, "plot_letters: the text is empty"),
            ("ab", [1.0], 64, "2 letters, but 1 values. Each letter needs one"),
            ("ab", [1.0, -2.0], 64, "values are 0 or above, and one is -2"),
            ("ab", [1.0, 2.0], 0, "columns needs a whole number of at least 1, got 0"),
        ],
    )
    def test_errors(self, text, values, columns, words):
        with pytest.raises(ValueError, match=words):
            viz.plot_letters(text, values, columns=columns)


class TestPoints:
    def test_classes_differ_in_marker_as_well_as_in_colour(self):
        chart = viz.plot_points(POINTS, ["even", "odd", "odd", "even"], title="Parity", names=("a", "b"))
        axis = chart.axes[0]
        even, odd = sorted(axis.collections, key=lambda c: c.get_label())
        assert np.array_equal(even.get_offsets(), [[0, 0], [1, 1]])
        assert np.array_equal(odd.get_offsets(), [[0, 1], [1, 0]])
        assert not np.array_equal(even.get_facecolor(), odd.get_facecolor())
        assert len(even.get_paths()[0].vertices) != len(odd.get_paths()[0].vertices)
        assert legend(chart) == ["class", "odd", "even"]
        assert (chart.get_suptitle(), axis.get_xlabel(), axis.get_ylabel()) == ("Parity", "a", "b")

    def test_ten_digits_are_drawn_as_digits(self):
        chart = viz.plot_points(np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 10)
        assert [c.get_label() for c in chart.axes[0].collections] == list("0123456789")
        assert len({len(c.get_paths()[0].vertices) for c in chart.axes[0].collections}) > 6
        assert not chart.legends

    def test_tensors(self):
        import tensorgrad as tg

        chart = viz.plot_points(tg.tensor(POINTS, requires_grad=True), tg.tensor([0, 1, 1, 0]))
        assert legend(chart) == ["class", "0", "1"]

    def test_without_classes(self):
        chart = viz.plot_points(POINTS)
        assert len(chart.axes[0].collections) == 1 and not chart.legends

    @pytest.mark.parametrize(
        ("points", "classes", "words"),
        [
            ([[1.0, 2.0, 3.0]], None, r"plot_points: points need two numbers each, \(n, 2\)"),
            ([], None, "Got an empty list"),
            (POINTS, [0, 1], "plot_points: 4 points, but 2 classes. Each point needs one"),
        ],
    )
    def test_errors(self, points, classes, words):
        with pytest.raises(ValueError, match=words):
            viz.plot_points(points, classes)


def words(axis):
    return [text.get_text() for text in axis.texts]


class TestPictures:
    def test_grey(self):
        pictures = np.arange(24.0).reshape(6, 2, 2)
        (axis,) = viz.plot_pictures(pictures, columns=4, titles="abcdef", title="Six").axes
        assert len(axis.images) == 6 and words(axis) == [*"abcdef", "Six"]
        assert np.allclose(axis.images[0].get_array(), pictures[0] / 23)  # the darkest black, the brightest white
        left, right, low, high = np.transpose([image.get_extent() for image in axis.images])
        assert np.array_equal(left[:2], left[4:]) and np.allclose(right - left, 0.9)
        assert (np.diff(left[:4]) > 0).all() and high[4] > low[0]  # inches from the top: the second row is below

    def test_colour_tensors_and_lists(self):
        import tensorgrad as tg

        x = tg.rand(2, 3, 4, 5, requires_grad=True)
        for pictures in (x, list(x), x.detach().numpy()):
            images = viz.plot_pictures(pictures, limits=(0, 1)).axes[0].images
            assert np.allclose(images[1].get_array(), x[1].permute(1, 2, 0).detach().numpy())
        assert viz.plot_pictures(tg.rand(2, 1, 4, 5)).axes[0].images[0].get_array().shape == (4, 5)

    def test_groups_start_rows(self):
        groups = {"real": np.ones((3, 2, 2)), "made up": np.zeros((5, 4, 4))}
        chart = viz.plot_pictures(groups, columns=3, limits=(0, 1))
        tops = [image.get_extent()[3] for image in chart.axes[0].images]
        assert words(chart.axes[0]) == ["real", "made up"]
        assert len(set(tops[:3])) == len(set(tops[3:6])) == len(set(tops[6:])) == 1 and tops[0] < tops[3] < tops[6]

    def test_limits(self):
        images = viz.plot_pictures(np.array([[[-1.0, 0.0, 2.0, 9.0]]]), limits=(0, 4)).axes[0].images
        assert images[0].get_array().tolist() == [[0, 0, 0.5, 1]]

    def test_one_value_and_nan_are_no_trouble(self):
        (plain,) = viz.plot_pictures(np.full((1, 2, 2), 3.0)).axes[0].images
        assert plain.get_array().tolist() == [[0.0, 0.0], [0.0, 0.0]]
        (holes,) = viz.plot_pictures(np.full((1, 2, 2), math.nan)).axes[0].images
        assert np.ma.getmaskarray(holes.get_array()).all()

    def test_nothing_is_cut_off(self):
        chart = viz.plot_pictures(np.zeros((1, 2, 2)), title="A title that is much wider than the single picture")
        chart.canvas.draw()
        box = chart.axes[0].texts[0].get_window_extent()
        assert box.x0 > 0 and box.x1 < chart.bbox.width

    @pytest.mark.parametrize(
        ("pictures", "options", "words"),
        [
            (
                np.zeros((2, 2)),
                {},
                r"needs pictures \(N, H, W\), .* got shape \(2, 2\). A single one is pictures\[None\]",
            ),
            (np.zeros((1, 2, 5, 5)), {}, r"got shape \(1, 2, 5, 5\)"),
            (np.zeros((0, 2, 2)), {}, "there are no pictures"),
            ({}, {}, "there are no pictures"),
            (np.zeros((2, 2, 2)), {"titles": ["a"]}, "1 titles for 2 pictures"),
            ({"a": np.zeros((1, 2, 2))}, {"titles": ["a"]}, "Give one for each, and no groups"),
            (np.zeros((2, 2, 2)), {"columns": 0}, "columns needs a whole number of at least 1, got 0"),
            (np.zeros((2, 2, 2)), {"limits": (1, 1)}, r"limits are low < high, got \(1, 1\)"),
        ],
    )
    def test_errors(self, pictures, options, words):
        with pytest.raises(ValueError, match=words):
            viz.plot_pictures(pictures, **options)


class TestConfusion:
    def test_counts_are_written_and_shares_are_shaded(self):
        chart = viz.plot_confusion([[3, 1, 0], [0, 0, 0], [0, 0, 9]], classes=["cat", "dog", "aeroplane"], title="T")
        axis, bar = chart.axes
        assert [(text.get_position(), text.get_text()) for text in axis.texts] == [
            ((0, 0), "3"), ((1, 0), "1"), ((2, 2), "9"),
        ]  # fmt: skip
        assert axis.images[0].get_array().tolist() == [[0.75, 0.25, 0], [0, 0, 0], [0, 0, 1]]
        assert [label.get_text() for label in axis.get_yticklabels()] == ["cat", "dog", "aeroplane"]
        assert (axis.get_xlabel(), axis.get_ylabel(), chart.get_suptitle()) == ("the model's answer", "true class", "T")

    def test_a_metric(self):
        from tensorgrad.metrics import ConfusionMatrix

        chart = viz.plot_confusion(ConfusionMatrix(2)([0, 1, 1], [0, 0, 1]))
        assert [text.get_text() for text in chart.axes[0].texts] == ["1", "1", "1"]

    def test_many_classes_are_shaded_only(self):
        axis = viz.plot_confusion(np.eye(40, dtype=int)).axes[0]
        assert not axis.texts and len(axis.get_xticks()) == 20

    @pytest.mark.parametrize(
        ("counts", "options", "words"),
        [
            ([[1, 2]], {}, r"needs counts \(C, C\), got shape \(1, 2\)"),
            (np.zeros((0, 0)), {}, r"got shape \(0, 0\)"),
            ([[-1]], {}, "counts are numbers of at least 0"),
            ([["a"]], {}, "counts are numbers of at least 0"),
            ([[1]], {"classes": ["a", "b"]}, "1 classes, but 2 names. Each class needs one"),
        ],
    )
    def test_errors(self, counts, options, words):
        with pytest.raises(ValueError, match=words):
            viz.plot_confusion(counts, **options)


class TestActivations:
    def test_values_and_derivatives(self):
        chart = viz.plot_activations([Value.tanh, Value.relu], value=Value, low=-2.0, high=2.0, points=5)
        f, slope = chart.axes[0].get_lines()
        assert [axis.get_title() for axis in chart.axes] == ["tanh", "relu"]
        assert np.allclose(f.get_ydata(), np.tanh(f.get_xdata()))
        assert np.allclose(slope.get_ydata(), 1 - np.tanh(f.get_xdata()) ** 2)
        assert list(chart.axes[1].get_lines()[1].get_ydata()) == [0.0, 0.0, 0.0, 1.0, 1.0]
        assert [text.get_text() for text in chart.legends[0].get_texts()] == ["f(x)", "f′(x)"]

    def test_the_enumeration_itself(self):
        chart = viz.plot_activations(Activation, value=Value, points=3)
        assert [axis.get_title() for axis in chart.axes] == [activation.name.lower() for activation in Activation]

    def test_named(self):
        chart = viz.plot_activations({"softsign": lambda x: x / (1 + abs(x))}, points=401)
        f, slope = chart.axes[0].get_lines()
        assert chart.axes[0].get_title() == "softsign"
        assert np.allclose(slope.get_ydata()[1:-1], (1 + np.abs(f.get_xdata()[1:-1])) ** -2, atol=3e-2)

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (([],), "no functions given"),
            (([math.tanh], 1.0, 1.0), "needs low < high and 3 points or more, got 1.0, 1.0 and 161"),
        ],
    )
    def test_errors(self, arguments, words):
        with pytest.raises(ValueError, match=words):
            viz.plot_activations(arguments[0], **dict(zip(("low", "high"), arguments[1:])))


def drawn(chart):
    """Lay the figure out, and the boxes that its things take, in pixels."""
    canvas = FigureCanvasAgg(chart)
    canvas.draw()
    return lambda thing: thing.get_window_extent(canvas.get_renderer())


class TestLegibility:
    """What was wrong with pictures of the examples."""

    LONG = (
        "A heading that says all there is to say about what the critic thinks of points, real and made up, everywhere"
    )

    @pytest.mark.parametrize(
        "plot",
        [
            lambda title: viz.plot_landscape(lambda ps: [x for x, _ in ps], {"a": POINTS}, resolution=4, title=title),
            lambda title: viz.plot_points(POINTS, title=title),
            lambda title: viz.plot_confusion([[1]], title=title),
            lambda title: viz.plot_decision_boundary(
                lambda ps: [x for x, _ in ps], POINTS, XOR, resolution=4, title=title
            ),
            lambda title: viz.plot_history([2.0, 1.0], title=title),
            lambda title: viz.plot_letters("ab", [0.0, 1.0], title=title),
            lambda title: viz.plot_paths(lambda ps: [x for x, _ in ps], {"a": POINTS}, resolution=4, title=title),
        ],
    )
    def test_a_heading_stays_within_the_figure(self, plot):
        chart = plot(self.LONG)
        assert chart.get_suptitle().split() == self.LONG.split()
        box = drawn(chart)(chart._suptitle)
        assert 0 <= box.x0 < box.x1 <= chart.bbox.width and 0 <= box.y0 < box.y1 <= chart.bbox.height

    @pytest.mark.parametrize("kinds", [[str(i) for i in range(10)], [f"class {i}" for i in range(10)]])
    def test_ten_classes_have_ten_colours(self, kinds):
        chart = viz.plot_points(np.random.default_rng(0).normal(size=(10, 2)), kinds)
        colours = {tuple(c.get_facecolor()[0]) for c in chart.axes[0].collections}
        assert len(colours) == 10

    def test_no_two_of_forty_classes_look_alike(self):
        chart = viz.plot_points(np.random.default_rng(0).normal(size=(40, 2)), [f"class {i}" for i in range(40)])
        looks = {(tuple(c.get_facecolor()[0]), c.get_paths()[0].vertices.tobytes()) for c in chart.axes[0].collections}
        assert len(looks) == 40

    @pytest.mark.parametrize("panels", [{"loss": [3.0, 2.0]}, {"loss": [3.0, 2.0], "accuracy": [0.1, 0.9]}])
    def test_the_legend_is_not_over_the_curves(self, panels):
        both = panels | {f"val_{name}": values for name, values in panels.items()}
        chart = viz.plot_history(both, title="Title")
        extent = drawn(chart)
        for axis in chart.axes:
            legend = extent(axis.get_legend())
            assert not any(
                legend.overlaps(extent(other)) for other in [*(a.patch for a in chart.axes), chart._suptitle]
            )
            assert legend.x0 > 0 and legend.x1 <= chart.bbox.width + 1

    @pytest.mark.parametrize("epochs", [1, 2, 7, 10, 30, 100, 999, 2000])
    def test_there_is_no_epoch_0(self, epochs):
        chart = viz.plot_history([1.0] * epochs)
        ticks = chart.axes[0].get_xticks()
        assert ticks[0] == 1 and ticks[-1] <= epochs and len(ticks) <= 12
        assert all(tick == int(tick) for tick in ticks)
        extent = drawn(chart)
        boxes = [extent(label) for label in chart.axes[0].get_xticklabels()]
        assert not any(a.overlaps(b) for a, b in zip(boxes, boxes[1:]))

    def test_the_first_of_every_so_many(self):
        ticks = viz.plot_history([1.0] * 40, every=250, unit="step").axes[0].get_xticks()
        assert ticks[0] == 250 and ticks[-1] == 10_000

    @pytest.mark.parametrize("low", [0.5, 0.2, 0.03, 1e-3, 1e-7, 1e-30])
    def test_a_logarithmic_axis_has_a_handful_of_plain_numbers(self, low):
        chart = viz.plot_history(np.geomspace(1.0, low, 20), log=True)
        axis = chart.axes[0]
        extent = drawn(chart)
        shown = [label for label in axis.get_yticklabels(which="both") if label.get_text()]
        shown = [label for label in shown if axis.get_ylim()[0] <= label.get_position()[1] <= axis.get_ylim()[1]]
        assert 1 <= len(shown) <= 8
        assert all(float(label.get_text()) == pytest.approx(label.get_position()[1]) for label in shown)
        boxes = sorted((extent(label) for label in shown), key=lambda box: box.y0)
        assert not any(a.overlaps(b) for a, b in zip(boxes, boxes[1:]))

    def test_counts_are_light_on_dark_and_dark_on_light(self):
        texts = viz.plot_confusion([[9, 1], [5, 5]]).axes[0].texts
        assert [text.get_color() for text in texts] == ["white", viz.scene.INK, viz.scene.INK, viz.scene.INK]


class TestFigures:
    def test_they_show_themselves_and_nothing_keeps_them(self):
        chart = viz.plot_history([2.0, 1.0])
        stream = BytesIO()
        chart.savefig(stream, format="png")
        assert chart._repr_png_() == stream.getvalue()
        pyplot = sys.modules.get("matplotlib.pyplot")
        assert pyplot is None or pyplot.get_fignums() == []

    @pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
    def test_they_are_written(self, tmp_path, ending):
        viz.plot_decision_boundary(lambda p: p[0], POINTS, XOR, resolution=4).savefig(tmp_path / f"a.{ending}")
        assert (tmp_path / f"a.{ending}").stat().st_size > 1000
