"""Losses against their formulas, their gradients against finite differences, and what they refuse."""

import math
import random

import pytest

from micrograd_value import L1, L2, BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, HingeLoss, MAELoss, MSELoss, Value
from micrograd_value.losses import Loss


def sigmoid(z):
    return 1.0 / (1.0 + math.exp(-z))


def numbers(n, low=-2.0, high=2.0, seed=0):
    generator = random.Random(seed)
    return [generator.uniform(low, high) for _ in range(n)]


# loss, the formula for one output, predictions, targets
ONE_OUTPUT = [
    (MSELoss(), lambda p, t: (p - t) ** 2, numbers(7), numbers(7, seed=1)),
    (MAELoss(), lambda p, t: abs(p - t), numbers(7), numbers(7, seed=1)),
    (HingeLoss(), lambda p, t: max(0.0, 1.0 - t * p), numbers(7), [1, -1, 1, 1, -1, -1, 1]),
    (
        BCELoss(),
        lambda p, t: -(t * math.log(p) + (1 - t) * math.log(1 - p)),
        numbers(7, 0.05, 0.95),
        [0, 1, 1, 0, 0.25, 0.5, 1],
    ),
    (
        BCEWithLogitsLoss(),
        lambda z, t: -(t * math.log(sigmoid(z)) + (1 - t) * math.log(1 - sigmoid(z))),
        numbers(7, -4.0, 4.0),
        [0, 1, 1, 0, 0.25, 0.5, 1],
    ),
]
IDS = [type(case[0]).__name__ for case in ONE_OUTPUT]


def slopes(loss, rows, targets, h=1e-6):
    """Central differences of loss(rows, targets) towards every number in rows."""
    result = []
    for i, row in enumerate(rows):
        for j in range(len(row)):
            ends = []
            for step in (h, -h):
                moved = [list(r) for r in rows]
                moved[i][j] += step
                ends.append(loss([[Value(x) for x in r] for r in moved], targets).data)
            result.append((ends[0] - ends[1]) / (2.0 * h))
    return result


@pytest.mark.parametrize("loss, formula, predictions, targets", ONE_OUTPUT, ids=IDS)
class TestOneOutput:
    def test_value(self, loss, formula, predictions, targets):
        expected = sum(map(formula, predictions, targets)) / len(predictions)
        assert loss([Value(p) for p in predictions], targets).data == pytest.approx(expected, rel=1e-13)

    def test_gradient(self, loss, formula, predictions, targets):
        rows = [[Value(p)] for p in predictions]
        loss(rows, targets).backward()
        expected = slopes(loss, [[p] for p in predictions], targets)
        assert [row[0].grad for row in rows] == pytest.approx(expected, rel=1e-6, abs=1e-9)

    def test_shapes(self, loss, formula, predictions, targets):
        """One Value, lists of one, two outputs for each example, numbers in place of Values: the same mean."""
        p, t = predictions[:6], targets[:6]
        flat = loss([Value(x) for x in p], t).data
        assert loss([[Value(x)] for x in p], [[x] for x in t]).data == flat
        assert loss(p, t).data == flat
        paired = loss(
            [[Value(a), Value(b)] for a, b in zip(p[::2], p[1::2])], [[a, b] for a, b in zip(t[::2], t[1::2])]
        )
        assert paired.data == pytest.approx(flat, rel=1e-14)
        assert loss(Value(p[0]), t[0]).data == loss([Value(p[0])], [t[0]]).data
        assert loss(iter(p), iter(t)).data == flat

    def test_targets_as_values(self, loss, formula, predictions, targets):
        """The same number, and the same operations whatever the targets are: what `compile` relies on."""
        p = [Value(x) for x in predictions]
        recorded = loss(p, [Value(t) for t in targets])
        assert recorded.data == loss(p, targets).data
        assert operations(recorded) == operations(loss(p, [Value(t) for t in reversed(targets)]))

    def test_lengths(self, loss, formula, predictions, targets):
        name = type(loss).__name__
        with pytest.raises(ValueError, match=f"{name}: 7 predictions for 6 targets. It needs one of each"):
            loss(predictions, targets[:6])
        with pytest.raises(ValueError, match=f"{name}: 0 predictions for 0 targets. It needs one of each"):
            loss([], [])
        with pytest.raises(ValueError, match=f"{name}: 2 outputs but 1 target for one example. Give the model"):
            loss([[Value(0.5), Value(0.5)]], [1])
        with pytest.raises(ValueError, match=f"{name}: 1 output but 2 targets for one example. Give the model"):
            loss([Value(0.5)], [[1, 1]])


def operations(value):
    found, stack = [], [value]
    while stack:
        node = stack.pop()
        found.append(node._op)
        stack.extend(node._prev)
    return found


class TestScope:
    def test_loss_and_penalty_have_frames_of_their_own(self):
        p = Value(1.0)
        loss = MSELoss()([p], [0.5])
        assert loss._scope == "loss" and p._scope == ""
        assert L2(0.1)([p])._scope == "penalty"

    def test_one_term_is_not_divided(self):
        assert MSELoss()(Value(1.0), 0.5)._op == "**2"
        assert MSELoss()([Value(1.0), Value(2.0)], [0.5, 0.5])._op == "/"


class TestHinge:
    def test_as_micrograd_demo(self):
        scores, labels = [Value(x) for x in (0.3, -1.7, 2.5)], [1, -1, -1]
        losses = [(1 + -yi * score).relu() for yi, score in zip(labels, scores)]
        assert HingeLoss()(scores, labels).data == pytest.approx((sum(losses) * (1.0 / 3)).data, rel=1e-15)

    @pytest.mark.parametrize("target", [0, 2, 0.5, math.nan])
    def test_labels(self, target):
        with pytest.raises(ValueError, match=f"HingeLoss: a target is -1 or 1, got {target}. Labels 0 and 1 become"):
            HingeLoss()([Value(0.0)], [target])

    def test_correct(self):
        assert HingeLoss().correct([0.1], [1.0]) and HingeLoss().correct([-0.1], [-1.0])
        assert not HingeLoss().correct([-0.1], [1.0]) and not HingeLoss().correct([0.1, 0.1], [1.0, -1.0])


class TestBCE:
    def test_certain_predictions(self):
        p = Value(0.0)
        loss = BCELoss()(p, 1.0)
        loss.backward()
        assert loss.data == pytest.approx(-math.log(1e-12)) and p.grad == 0.0
        assert BCELoss()([Value(0.0), Value(1.0)], [0.0, 1.0]).data == 0.0
        assert BCELoss()(Value(1.0), 0.0).data == pytest.approx(-math.log(1e-12))

    def test_predictions_are_probabilities(self):
        for p in (1.5, -0.1):
            with pytest.raises(ValueError, match=f"BCELoss: a prediction is a probability in .0, 1., got {p}. End the"):
                BCELoss()([Value(p)], [1])

    @pytest.mark.parametrize("loss", [BCELoss(), BCEWithLogitsLoss()])
    def test_targets_are_probabilities(self, loss):
        for t in (-1, 1.5, math.nan):
            with pytest.raises(ValueError, match=f"Loss: a target is a probability in .0, 1., got {t}. Labels -1"):
                loss([Value(0.5)], [t])

    @pytest.mark.parametrize("z", [-800.0, -40.0, -1e-20, 0.0, 1e-20, 40.0, 800.0])
    def test_logits_at_the_extremes(self, z):
        """No digit is lost on either side: ln(1 + eˣ) is eˣ for x = -40, and x for x = 40."""
        for t, x in ((1.0, -z), (0.0, z)):
            logit = Value(z)
            loss = BCEWithLogitsLoss()(logit, t)
            loss.backward()
            expected = x if x > 37 else math.log1p(math.exp(x))
            assert loss.data == pytest.approx(expected, rel=1e-15, abs=0.0)
            slope = 1.0 / (1.0 + math.exp(-x)) if x > 0 else math.exp(x) / (1.0 + math.exp(x))
            assert logit.grad == pytest.approx(slope if t == 0.0 else -slope, rel=1e-15, abs=0.0)

    def test_correct(self):
        assert BCELoss().correct([0.6], [1.0]) and not BCELoss().correct([0.4], [1.0])
        assert BCEWithLogitsLoss().correct([0.4], [1.0]) and not BCEWithLogitsLoss().correct([-0.4], [1.0])


class TestCrossEntropy:
    rows = [numbers(4, -3, 3, seed) for seed in range(5)]
    classes = [0, 3, 1, 1, 2]

    def formula(self, z, c):
        return math.log(sum(map(math.exp, z))) - z[c]

    def test_value(self):
        expected = sum(map(self.formula, self.rows, self.classes)) / 5
        loss = CrossEntropyLoss()([[Value(z) for z in row] for row in self.rows], self.classes)
        assert loss.data == pytest.approx(expected, rel=1e-14)

    def test_gradient(self):
        values = [[Value(z) for z in row] for row in self.rows]
        CrossEntropyLoss()(values, self.classes).backward()
        softmax = [[math.exp(z) / sum(map(math.exp, row)) for z in row] for row in self.rows]
        expected = [(p - (j == c)) / 5 for row, c in zip(softmax, self.classes) for j, p in enumerate(row)]
        assert [z.grad for row in values for z in row] == pytest.approx(expected, rel=1e-12, abs=1e-16)
        assert expected == pytest.approx(slopes(CrossEntropyLoss(), self.rows, self.classes), rel=1e-6, abs=1e-9)

    def test_class_one_hot_and_values_agree_to_the_bit(self):
        loss, values = CrossEntropyLoss(), [[Value(z) for z in row] for row in self.rows]
        one_hot = [[float(j == c) for j in range(4)] for c in self.classes]
        as_values = [[Value(t) for t in row] for row in one_hot]
        assert loss(values, self.classes).data == loss(values, one_hot).data == loss(values, as_values).data

    def test_soft_targets(self):
        z, t = self.rows[0], [0.1, 0.2, 0.3, 0.4]
        log_sum = math.log(sum(map(math.exp, z)))
        expected = -sum(ti * (zi - log_sum) for zi, ti in zip(z, t))
        assert CrossEntropyLoss()([[Value(zi) for zi in z]], [t]).data == pytest.approx(expected, rel=1e-14)

    def test_one_example(self):
        z = [Value(zi) for zi in self.rows[0]]
        assert CrossEntropyLoss()(z, 2).data == CrossEntropyLoss()([z], [2]).data

    def test_large_logits(self):
        z = [Value(1000.0), Value(999.0), Value(-1000.0)]
        loss = CrossEntropyLoss()(z, 1)
        loss.backward()
        p = 1.0 / (1.0 + math.exp(-1.0))
        assert loss.data == pytest.approx(1.0 + math.log1p(math.exp(-1.0)), rel=1e-15)
        assert [zi.grad for zi in z] == pytest.approx([p, -p, 0.0], rel=1e-14)
        equal = [Value(1e8 + 1.0), Value(1e8)]
        assert CrossEntropyLoss()(equal, 0).data == pytest.approx(math.log1p(math.exp(-1.0)), rel=1e-15)

    def test_the_graph_is_the_same_for_all_data(self):
        graphs = {
            tuple(operations(CrossEntropyLoss()([[Value(z) for z in row]], [[Value(t) for t in target]])))
            for row in ([3.0, 2.0, 1.0], [1.0, 1.0, 1.0], [-800.0, 900.0, 0.0])
            for target in ([1.0, 0.0, 0.0], [0.2, 0.3, 0.5])
        }
        assert len(graphs) == 1

    @pytest.mark.parametrize("target", [3, -1, 1.5])
    def test_classes(self, target):
        with pytest.raises(ValueError, match=f"CrossEntropyLoss: a class is a whole number from 0 to 2, got {target}"):
            CrossEntropyLoss()([[Value(0.0)] * 3], [target])

    def test_other_errors(self):
        with pytest.raises(ValueError, match="CrossEntropyLoss: needs one logit for each of two or more classes, got"):
            CrossEntropyLoss()([Value(0.0)], [0])
        with pytest.raises(ValueError, match="CrossEntropyLoss: the probabilities of an example add up to 1, these"):
            CrossEntropyLoss()([[Value(0.0), Value(1.0)]], [[1.0, 0.5]])
        with pytest.raises(ValueError, match="CrossEntropyLoss: a target is a probability in .0, 1., got -1"):
            CrossEntropyLoss()([[Value(0.0), Value(1.0)]], [[-1.0, 1.0]])
        with pytest.raises(ValueError, match="CrossEntropyLoss: 2 outputs but 3 targets for one example"):
            CrossEntropyLoss()([[Value(0.0), Value(1.0)]], [[1.0, 0.0, 0.0]])

    def test_correct(self):
        assert CrossEntropyLoss().correct([0.1, 0.3, 0.2], [0.0, 1.0, 0.0])
        assert not CrossEntropyLoss().correct([0.1, 0.3, 0.2], [1.0, 0.0, 0.0])


class TestPenalties:
    def test_values_and_gradients(self):
        data = [1.5, -2.0, 0.0]
        for penalty, value, slope in (
            (L1(0.1), 0.35, [0.1, -0.1, 0.0]),
            (L2(0.1), 0.625, [0.3, -0.4, 0.0]),
        ):
            parameters = [Value(x) for x in data]
            total = penalty(parameters)
            total.backward()
            assert total.data == pytest.approx(value, rel=1e-15)
            assert [p.grad for p in parameters] == pytest.approx(slope, rel=1e-15)

    def test_strength(self):
        with pytest.raises(ValueError, match="L2: strength must be 0 or more and finite, got -1"):
            L2(-1)
        with pytest.raises(ValueError, match="L1: strength must be 0 or more and finite, got nan"):
            L1(math.nan)
        with pytest.raises(TypeError, match="L1: strength must be a number, got str '0.1'"):
            L1("0.1")
        assert repr(L2(0.5)) == "L2(0.5)" and repr(MSELoss()) == "MSELoss()"


class TestOwnLoss:
    def test_only_terms_are_needed(self):
        class Squares(Loss):
            def terms(self, prediction, target):
                return [(p * p) for p in prediction]

        assert Squares()([Value(2.0), Value(3.0)], [0, 0]).data == 6.5
        with pytest.raises(TypeError, match="abstract"):
            Loss()
