"""The trainer: its steps against a loop written out, its promises, its errors, and the proof that it learns."""

import math
import os
import random
import signal
import subprocess
import sys

import pytest

from examples import demo, moons, parity, xor
from micrograd_value import (
    L2,
    MLP,
    Adam,
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    GradientDescent,
    HingeLoss,
    History,
    LinearDecay,
    MAELoss,
    MLPBuilder,
    Module,
    Momentum,
    MSELoss,
    Trainer,
    Value,
)

XOR = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]


def network(outputs=1, last="linear", seed=0):
    return MLPBuilder(2).add_layer(3, "tanh").add_layer(outputs, last).build(seed)


def numbers(model):
    return [p.data for p in model.parameters()]


def points(n, seed=0):
    generator = random.Random(seed)
    return [[generator.uniform(-1, 1), generator.uniform(-1, 1)] for _ in range(n)]


class TestLearns:
    """Ten seeds out of ten, with the settings that the examples document."""

    @pytest.mark.parametrize("seed", range(10))
    def test_xor(self, seed):
        trainer = xor.fit(seed)
        assert [round(y) for y in trainer.predict(xor.INPUTS)] == xor.TARGETS
        assert trainer.history.accuracies[-1] == 1.0 and trainer.history.stopped.startswith("a callback")

    @pytest.mark.parametrize("seed", range(10))
    @pytest.mark.parametrize("bits", [3, 4])
    def test_parity(self, bits, seed):
        trainer = parity.fit(bits, seed)
        inputs, targets = parity.truth_table(bits)
        assert [round(y) for y in trainer.predict(inputs)] == targets
        assert trainer.history.accuracies[-1] == 1.0 and trainer.history.stopped.startswith("a callback")

    def test_three_classes(self):
        """One of three sectors of the circle: cross-entropy over logits."""
        angles = [2.0 * math.pi * i / 24 for i in range(24)]
        inputs, targets = [[math.cos(a), math.sin(a)] for a in angles], [i // 8 for i in range(24)]
        trainer = Trainer(network(3), Adam(lr=0.1), CrossEntropyLoss())
        trainer.train(inputs, targets, 200, callbacks=lambda h: h.accuracies[-1] == 1.0 and h.losses[-1] < 0.2)
        assert trainer.evaluate(inputs, targets).accuracy == 1.0

    def test_a_line(self):
        xs = [i / 10 for i in range(-10, 11)]
        model = MLP(1, [1], seed=0)
        Trainer(model, GradientDescent(lr=0.5), MSELoss()).train(xs, [3 * x - 2 for x in xs], 100)
        assert numbers(model) == pytest.approx([3.0, -2.0], abs=1e-6)


class TestSteps:
    def test_full_batch_is_the_loop_of_the_lecture(self):
        model, twin = network(), network()
        history = Trainer(model, GradientDescent(lr=0.1), MSELoss(), penalty=L2(0.01)).train(*XOR, epochs=5)
        losses = []
        for _ in range(5):
            loss = sum((twin(x) - y) ** 2 for x, y in zip(*XOR)) / 4 + 0.01 * sum(p * p for p in twin.parameters())
            twin.zero_grad()
            loss.backward()
            for p in twin.parameters():
                p.data -= 0.1 * p.grad
            losses.append(loss.data)
        assert history.losses == pytest.approx(losses, rel=1e-12)
        assert numbers(model) == pytest.approx(numbers(twin), rel=1e-12)

    def test_batches_in_order_and_the_mean_over_examples(self):
        """Five examples in batches of two: the last one counts for one example, not for a third of the epoch."""
        xs, ts = points(5), [0.0, 1.0, 2.0, 3.0, 4.0]
        model, twin = network(), network()
        history = Trainer(model, GradientDescent(lr=0.1), MSELoss()).train(xs, ts, 2, batch_size=2, shuffle=False)
        for epoch in range(2):
            total = 0.0
            for first in (0, 2, 4):
                batch = list(zip(xs, ts))[first : first + 2]
                loss = sum((twin(x) - t) ** 2 for x, t in batch) / len(batch)
                twin.zero_grad()
                loss.backward()
                for p in twin.parameters():
                    p.data -= 0.1 * p.grad
                total += loss.data * len(batch)
            assert history.losses[epoch] == pytest.approx(total / 5, rel=1e-12)
        assert numbers(model) == pytest.approx(numbers(twin), rel=1e-12)

    def test_shuffling(self):
        seen = []

        class Spy(MSELoss):
            def __call__(self, predictions, targets):
                seen.extend(targets)
                return super().__call__(predictions, targets)

        def orders(**options):
            seen.clear()
            Trainer(network(), Adam(), Spy()).train(points(6), list(range(6)), 3, **options)
            return [seen[:6], seen[6:12], seen[12:]]

        first = orders(batch_size=2, seed=1)
        assert all(sorted(epoch) == list(range(6)) for epoch in first)
        assert first[0] != first[1] != first[2] and first[0] != list(range(6))
        assert orders(batch_size=2, seed=1) == first != orders(batch_size=2, seed=2)
        assert orders(batch_size=2, shuffle=False) == orders() == orders(batch_size=6) == [list(range(6))] * 3
        assert orders(batch_size=100) == [list(range(6))] * 3

    def test_repeatable_and_leaves_the_module_random_alone(self):
        state = random.getstate()
        losses = [
            Trainer(network(), Adam(), MSELoss()).train(points(9), range(9), 3, batch_size=4).losses for _ in range(2)
        ]
        assert losses[0] == losses[1] and random.getstate() == state

    def test_train_goes_on_where_it_stopped(self):
        once, twice = Trainer(network(), Momentum(), MSELoss()), Trainer(network(), Momentum(), MSELoss())
        losses = once.train(*XOR, 6).losses
        assert twice.train(*XOR, 3).losses + twice.train(*XOR, 3).losses == losses

    def test_some_parameters_only(self):
        model = network()
        first, last = model.layers[0].parameters(), model.layers[1].parameters()
        before = [p.data for p in first], [p.data for p in last]
        Trainer(model, GradientDescent(last, lr=0.1), MSELoss()).train(*XOR, 3)
        assert [p.data for p in first] == before[0] and [p.data for p in last] != before[1]

    def test_any_model_and_any_loss(self):
        class Cubic(Module):
            def __init__(self):
                self.k = Value(0.5)

            def parameters(self):
                return [self.k]

            def __call__(self, x):
                return self.k * x[0] ** 3

        model = Cubic()
        trainer = Trainer(model, GradientDescent(lr=0.1), lambda ys, ts: sum((y - t) ** 2 for y, t in zip(ys, ts)))
        trainer.train([-1.0, 0.5, 1.0], [-2.0, 0.25, 2.0], 60)
        assert model.k.data == pytest.approx(2.0, abs=1e-6)
        assert trainer.history.accuracies == []

    def test_inputs_of_every_kind(self):
        np = pytest.importorskip("numpy")
        lists = Trainer(network(), Adam(), MSELoss()).train(*XOR, 3).losses
        for inputs, targets in (
            (np.array(XOR[0]), np.array(XOR[1])),
            (np.array(XOR[0], dtype="float32"), np.array(XOR[1])[:, None]),
            (iter(XOR[0]), iter(XOR[1])),
            ([tuple(map(Value, x)) for x in XOR[0]], [[t] for t in XOR[1]]),
        ):
            assert Trainer(network(), Adam(), MSELoss()).train(inputs, targets, 3).losses == lists


class TestHistory:
    def test_columns(self):
        trainer = Trainer(network(last="sigmoid"), Adam(lr=LinearDecay(0.1, 4)), BCELoss())
        history = trainer.train(*XOR, 4, validation=XOR)
        assert history is trainer.history and len(history) == 4 and history.stopped == "all epochs are done"
        assert history.learning_rates == pytest.approx([0.1, 0.075, 0.05, 0.025])
        assert all(0.0 <= a <= 1.0 for a in history.accuracies + history.validation_accuracies)
        assert all(s > 0.0 for s in history.seconds)
        assert {len(column) for column in history.as_dict().values()} == {4}
        # On the same data, what validation finds after an epoch is what the next epoch begins with.
        assert history.validation_losses[:-1] == pytest.approx(history.losses[1:], rel=1e-12)
        assert history.validation_accuracies[:-1] == history.accuracies[1:]

    def test_distances_have_no_accuracy_unless_told(self):
        history = Trainer(network(), Adam(), MAELoss()).train(*XOR, 2, validation=XOR)
        assert history.accuracies == history.validation_accuracies == []
        assert set(history.as_dict()) == {"losses", "validation_losses", "learning_rates", "seconds"}
        rounded = Trainer(network(), Adam(), MSELoss(), correct=lambda y, t: round(y[0]) == t[0])
        assert len(rounded.train(*XOR, 2).accuracies) == 2

    def test_csv(self, tmp_path):
        history = Trainer(network(), Adam(), MSELoss()).train(*XOR, 3)
        history.to_csv(tmp_path / "history.csv")
        lines = (tmp_path / "history.csv").read_text().splitlines()
        assert lines[0] == "epoch,losses,learning_rates,seconds" and len(lines) == 4
        assert [int(line.split(",")[0]) for line in lines[1:]] == [1, 2, 3]
        assert [float(line.split(",")[1]) for line in lines[1:]] == history.losses

    def test_repr(self):
        assert repr(History()) == "History(0 epochs)"
        history = History([0.5, 0.25], [0.5, 0.75], [0.3], [1.0])
        assert repr(history) == (
            "History(2 epochs, loss 0.25, accuracy 75%, validation loss 0.3, validation accuracy 100%)"
        )


class TestStopping:
    def test_callbacks(self):
        seen, also = [], []
        callbacks = [lambda h: seen.append(len(h)) or len(h) == 3, lambda h: also.append(len(h))]
        history = Trainer(network(), Adam(), MSELoss()).train(*XOR, 10, callbacks=callbacks)
        assert seen == also == [1, 2, 3] and len(history) == 3
        assert history.stopped == "a callback asked for it after epoch 3"
        assert len(Trainer(network(), Adam(), MSELoss()).train(*XOR, 5, callbacks=lambda h: 1)) == 5  # not True

    def test_patience_without_validation(self):
        trainer = Trainer(network(), GradientDescent(lr=lambda step: 0.1 if step < 4 else 0.0), MSELoss())
        history = trainer.train(*XOR, 100, patience=3)
        assert len(history) == 5 + 3 and history.stopped == "no lower loss since epoch 5"

    def test_patience_with_validation_puts_the_best_back(self):
        """Trained on the opposite of what it is validated on: every step makes it worse, so the first epoch is best."""
        model = network()
        trainer = Trainer(model, GradientDescent(lr=0.2), MSELoss())
        xs, best = points(8), []
        history = trainer.train(
            xs, [1.0] * 8, 50, validation=(xs, [-1.0] * 8), patience=4, callbacks=lambda h: best.append(numbers(model))
        )
        assert history.stopped == "no lower loss since epoch 1" and len(history) == 5
        assert numbers(model) == best[0] != best[-1]

    def test_an_interruption_leaves_the_history(self):
        trainer = Trainer(network(), Adam(), MSELoss())

        def interrupt(history):
            if len(history) == 4:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            trainer.train(*XOR, 10, callbacks=interrupt)
        assert len(trainer.history) == 4


class TestNotFinite:
    def test_loss(self):
        """lr far too large: the loss overflows, and the step that would use it does not happen."""
        model = MLP(1, [1], seed=0)
        trainer = Trainer(model, GradientDescent(lr=1e200), MSELoss())
        after = []
        with pytest.raises(RuntimeError) as info:
            trainer.train([1.0, 2.0], [1.0, 2.0], 9, batch_size=1, callbacks=lambda h: after.append(numbers(model)))
        message = str(info.value)
        assert message.startswith("Trainer: the loss is inf in epoch 1, batch 2 of 2. The parameters are those before")
        assert "a smaller learning rate (it is 1e+200)" in message and "BCEWithLogitsLoss" in message
        assert after == [] and all(map(math.isfinite, numbers(model)))

    def test_gradient(self):
        class Root(Module):
            def __init__(self):
                self.k = Value(0.0, label="k")

            def parameters(self):
                return [self.k]

            def __call__(self, x):
                return self.k.sqrt() * x[0]

        model = Root()
        with pytest.raises(
            RuntimeError, match="Trainer: the gradient of k is -?inf in epoch 1, batch 1 of 1. The param"
        ):
            Trainer(model, GradientDescent(lr=0.1), MSELoss()).train([1.0], [2.0], 3)
        assert model.k.data == 0.0

    def test_gradient_names_the_neuron(self):
        model = network()
        model.layers[1].neurons[0].w[2].data = math.nan
        with pytest.raises(RuntimeError, match="Trainer: the loss is nan in epoch 1, batch 1 of 1"):
            Trainer(model, Adam(), MSELoss()).train(*XOR, 1)


class TestPredict:
    def test_forms(self):
        one, two = Trainer(network(1), Adam(), MSELoss()), Trainer(network(2), Adam(), MSELoss())
        assert one.predict([[0.5, 1.0], [1.0, 2.0]]) == [one.model([0.5, 1.0]).data, one.model([1.0, 2.0]).data]
        assert one.predict_single([0.5, 1.0]) == one.model([0.5, 1.0]).data
        assert two.predict_single([0.5, 1.0]) == [y.data for y in two.model([0.5, 1.0])]
        assert Trainer(MLP(1, [1], seed=0), Adam(), MSELoss()).predict_single(2.0) == MLP(1, [1], seed=0)([2.0]).data

    def test_evaluate(self):
        trainer = Trainer(network(), Adam(), MSELoss(), penalty=L2(0.5))
        loss, accuracy = trainer.evaluate(*XOR)
        expected = sum((y - t) ** 2 for y, t in zip(trainer.predict(XOR[0]), XOR[1])) / 4
        assert loss == pytest.approx(expected + 0.5 * sum(p * p for p in numbers(trainer.model)), rel=1e-12)
        assert accuracy is None
        hinge = Trainer(network(), Adam(), HingeLoss())
        right = [(y > 0) == (t > 0) for y, t in zip(hinge.predict(XOR[0]), [-1, 1, 1, -1])]
        assert hinge.evaluate(XOR[0], [-1, 1, 1, -1]).accuracy == sum(right) / 4

    def test_no_graph_and_no_gradient(self):
        trainer = Trainer(network(), Adam(), MSELoss())
        trainer.evaluate(*XOR)
        trainer.predict(XOR[0])
        assert all(p.grad == 0.0 for p in trainer.model.parameters())


class TestProgress:
    def train(self, **options):
        return Trainer(network(), Adam(), MSELoss()).train(*XOR, 20, **options)

    def test_tqdm(self, capsys):
        self.train(progress="XOR")
        out, err = capsys.readouterr()
        assert out == "" and "XOR: 100%" in err and "20/20" in err and "loss 0." in err

    def test_a_bar_that_stops_early_is_full(self, capsys):
        self.train(progress=True, callbacks=lambda h: len(h) == 7)
        assert "training: 100%" in (err := capsys.readouterr().err) and "7/7" in err

    def test_plain_lines_without_tqdm(self, capsys, monkeypatch):
        monkeypatch.setitem(sys.modules, "tqdm", None)
        history = self.train(progress="XOR")
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 10 and lines[-1] == f"XOR: epoch 20 of 20, loss {history.losses[-1]:.4g}"

    def test_the_bar_fits_into_80_columns(self, capsys, monkeypatch):
        """Accuracy and validation are there to the end: what else the line holds gives way to them."""
        monkeypatch.setenv("COLUMNS", "80")
        trainer = Trainer(network(last="sigmoid"), Adam(), BCELoss())
        trainer.train(*XOR, 400, validation=XOR, progress="two ors, one and not both of them")
        line = capsys.readouterr().err.split("\r")[-1].strip()
        assert len(line) <= 80 and "400/400" in line and ", loss 0." in line and line.endswith("%")
        assert line.count("%") == 2 and ", acc " in line and ", val 0." in line
        monkeypatch.setenv("COLUMNS", "100")
        trainer.train(*XOR, 4, validation=XOR, progress="XOR")
        assert "XOR: 100%" in (line := capsys.readouterr().err) and ", val loss 0." in line
        monkeypatch.setenv("COLUMNS", "200")
        trainer.train(*XOR, 4, validation=XOR, progress="XOR")
        assert ", validation accuracy " in capsys.readouterr().err

    def test_off_unless_in_a_terminal(self, capsys, monkeypatch):
        self.train()
        self.train(progress=False)
        assert capsys.readouterr().err == ""
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        self.train()
        assert "20/20" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="signals are sent in another way on Windows")
class TestCtrlC:
    """The first ends the training after the step it is in; the history is there, and no traceback."""

    def train(self, at, epochs=5, times=1, compiled=False, **options):
        calls = 0

        def loss(predictions, targets):
            nonlocal calls
            calls += 1
            for _ in range(times if calls == at else 0):
                os.kill(os.getpid(), signal.SIGINT)
            return sum((y - t) ** 2 for y, t in zip(predictions, targets))

        trainer = Trainer(network(), Adam(), loss, compiled=compiled)
        trainer.train(*XOR, epochs, **options)
        return trainer

    def test_between_and_inside_epochs(self):
        history = self.train(3).history
        assert history.stopped == "interrupted after epoch 3" and len(history) == len(history.learning_rates) == 3
        history = self.train(6, batch_size=1).history
        assert history.stopped == "interrupted in epoch 2, after batch 2 of 4" and len(history) == 1
        assert len(history.learning_rates) == len(history.seconds) == 1
        history = self.train(2, batch_size=1).history
        assert len(history) == 0 and history.summary() == "no epoch is done"
        assert self.train(5).history.stopped == "all epochs are done"
        assert self.train(1, compiled=True).history.stopped == "interrupted while compiling"
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def test_the_step_is_whole(self):
        assert numbers(self.train(3).model) == numbers(self.train(0, epochs=3).model)

    def test_twice(self):
        with pytest.raises(KeyboardInterrupt):
            self.train(3, times=2)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def test_a_program_with_a_handler_of_its_own_keeps_it(self):
        seen = []
        before = signal.signal(signal.SIGINT, lambda *_: seen.append(1))
        try:
            assert self.train(3).history.stopped == "all epochs are done" and seen == [1]
        finally:
            signal.signal(signal.SIGINT, before)


class TestCompiled:
    def test_compiling_is_announced(self, capsys):
        trainer = Trainer(network(), Adam(), MSELoss(), compiled=True)
        trainer.train(*XOR, 2, batch_size=3, progress="XOR")
        assert capsys.readouterr().err.startswith("XOR: compiling the graph of a batch, once; a large one takes seconds")
        trainer.train(*XOR, 2, batch_size=3, progress="XOR")
        assert "compiling" not in capsys.readouterr().err
        Trainer(network(), Adam(), MSELoss(), compiled=True).train(*XOR, 2)
        assert capsys.readouterr().err == ""

    def pair(self, make, xs, ts, epochs, **options):
        histories, models = [], []
        for compiled in (False, True):
            trainer = make(compiled)
            histories.append(trainer.train(xs, ts, epochs, **options))
            models.append(trainer)
        eager, native = histories
        assert native.losses == pytest.approx(eager.losses, rel=1e-12)
        assert native.accuracies == eager.accuracies
        assert native.validation_losses == pytest.approx(eager.validation_losses, rel=1e-12)
        assert numbers(models[1].model) == pytest.approx(numbers(models[0].model), rel=1e-10)
        return models

    def test_moons(self):
        """Full batch, hinge, penalty, schedule: 100 epochs, each as the eager one."""
        eager = moons.fit(points=12, epochs=20, compiled=False)
        native = moons.fit(points=12, epochs=20, compiled=True)
        assert native.history.losses == pytest.approx(eager.history.losses, rel=1e-12)
        assert native.history.accuracies == eager.history.accuracies
        assert native.predict([[0.5, 0.25]]) == pytest.approx(eager.predict([[0.5, 0.25]]), rel=1e-9)

    def test_batches_a_smaller_last_one_and_validation(self):
        xs = points(7)
        self.pair(
            lambda compiled: Trainer(network(last="sigmoid"), Adam(lr=0.1), BCELoss(), compiled=compiled),
            xs,
            [int(x > y) for x, y in xs],
            6,
            batch_size=3,
            validation=XOR,
        )

    def test_cross_entropy(self):
        """The largest logit, and the class, change from example to example and while training."""
        xs = points(4)
        models = self.pair(
            lambda compiled: Trainer(network(3), Momentum(lr=0.5), CrossEntropyLoss(), compiled=compiled),
            xs,
            [0, 1, 2, 1],
            40,
            batch_size=2,
        )
        one, two = (trainer.predict_single([0.3, 0.4]) for trainer in models)
        assert len(two) == 3 and two == pytest.approx(one, rel=1e-9)

    def test_each_size_once(self):
        trainer = Trainer(network(), Adam(), MSELoss(), compiled=True)
        trainer.train(*XOR, 2, batch_size=3)
        first = dict(trainer._native.steps)
        assert set(first) == {3, 1}
        trainer.train(*XOR, 2, batch_size=3)
        assert trainer._native.steps == first

    def test_an_if_on_the_data_is_found_out(self):
        def loss(predictions, targets):
            return sum((y - 1.0) ** 2 if t > 0.5 else y**2 for y, t in zip(predictions, targets))

        trainer = Trainer(network(), Adam(), loss, compiled=True)
        before = numbers(trainer.model)
        with pytest.raises(RuntimeError, match="Trainer: compiled, a batch has the loss .* Use Value's max, min, relu"):
            trainer.train(points(3), [0.0, 1.0, 1.0], 3)
        assert numbers(trainer.model) == before

    def test_not_finite(self):
        model = MLP(1, [1], seed=0)
        trainer = Trainer(model, GradientDescent(lr=1e200), MSELoss(), compiled=True)
        with pytest.raises(RuntimeError, match="Trainer: the loss is inf in epoch 1, batch 2 of 2"):
            trainer.train([1.0, 2.0], [1.0, 2.0], 9, batch_size=1)
        assert all(map(math.isfinite, numbers(model)))

    def test_without_numba(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "numba", None)
        trainer = Trainer(network(), Adam(), MSELoss(), compiled=True)
        before = numbers(trainer.model)
        with pytest.raises(ImportError, match="Numba"):
            trainer.train(*XOR, 3)
        assert numbers(trainer.model) == before


class TestErrors:
    def trainer(self, **options):
        return Trainer(network(), Adam(), MSELoss(), **options)

    def test_parts(self):
        with pytest.raises(
            TypeError, match=r"Trainer: MLPBuilder\(2\) is the plan of a model and not yet one. Give it"
        ):
            Trainer(MLPBuilder(2), Adam(), MSELoss())
        with pytest.raises(TypeError, match=r"Trainer: a model is callable and has parameters\(\), got int 3"):
            Trainer(3, Adam(), MSELoss())
        with pytest.raises(TypeError, match=r"Trainer: a model is callable and has parameters\(\), got type <class"):
            Trainer(MLP, Adam(), MSELoss())

        class Nothing(Module):
            def __call__(self, x):
                return Value(0.0)

        with pytest.raises(ValueError, match="Trainer: Nothing has no parameters, so there is nothing to train"):
            Trainer(Nothing(), Adam(), MSELoss())
        with pytest.raises(
            TypeError, match=r"Trainer: the second argument is an optimizer such as Adam\(lr=0.01\), got 0"
        ):
            Trainer(network(), 0.1, MSELoss())
        with pytest.raises(TypeError, match=r"Trainer: the third argument is a loss such as BCELoss\(\), got <class"):
            Trainer(network(), Adam(), BCELoss)
        with pytest.raises(TypeError, match=r"Trainer: the third argument is a loss such as MSELoss\(\), got 'mse'"):
            Trainer(network(), Adam(), "mse")

    def test_optimizer_of_another_model(self):
        optimizer = Adam()
        Trainer(network(), optimizer, MSELoss())
        for other in (optimizer, Adam(network().parameters())):
            with pytest.raises(ValueError, match="Trainer: the optimizer moves parameters that are not this model's"):
                Trainer(network(), other, MSELoss())

    @pytest.mark.parametrize("options", [{}, {"compiled": True}], ids=["eager", "compiled"])
    def test_examples(self, options):
        trainer = self.trainer(**options)
        before = numbers(trainer.model)
        for error, message, inputs, targets in (
            (ValueError, "Trainer: inputs is empty. Give at least one example", [], []),
            (ValueError, "Trainer: 4 inputs but 3 targets. Give one target for each input", XOR[0], XOR[1][:3]),
            (ValueError, "MLP: got 3 inputs, expected 2. Call it with one example", [[1, 2, 3]], [1]),
            (ValueError, r"Trainer: inputs\[1\] has 1 numbers, inputs\[0\] has 2", [[1, 2], [3]], [1, 2]),
            (ValueError, r"Trainer: inputs\[1\] is \[0.0, nan\]. Repair this example", [[1, 2], [0, math.nan]], [1, 2]),
            (ValueError, r"Trainer: targets\[1\] is \[inf\]. Repair this example", XOR[0][:2], [1, math.inf]),
            (TypeError, r"Trainer: inputs\[0\] must be a number or a list of numbers, got 'ab'", ["ab"], [1]),
            (
                TypeError,
                r"Trainer: inputs\[0\] must be a number or a list of numbers, got \[\[1, 2\]\]",
                [[[1, 2]]],
                [1],
            ),
            (TypeError, "MSELoss: a target is a number, got str 'yes'", XOR[0][:1], ["yes"]),
            (TypeError, "MSELoss: a target is a number, got NoneType None", XOR[0][:1], [None]),
            (ValueError, "MSELoss: 1 output but 2 targets for one example", XOR[0][:1], [[1, 2]]),
        ):
            with pytest.raises(error, match=message):
                trainer.train(inputs, targets, 3)
        with pytest.raises(ValueError, match="Trainer: inputs is empty"):
            trainer.predict([])
        with pytest.raises(ValueError, match="MLP: got 1 input, expected 2"):
            trainer.predict_single([1])
        assert numbers(trainer.model) == before

    def test_labels_the_loss_does_not_know(self):
        with pytest.raises(ValueError, match="HingeLoss: a target is -1 or 1, got 0"):
            Trainer(network(), Adam(), HingeLoss()).train(*XOR, 1)
        with pytest.raises(ValueError, match="CrossEntropyLoss: a class is a whole number from 0 to 1, got 2"):
            Trainer(network(2), Adam(), CrossEntropyLoss()).train(XOR[0], [0, 1, 2, 0], 1)
        with pytest.raises(ValueError, match="BCEWithLogitsLoss: a target is a probability in .0, 1., got -1"):
            Trainer(network(), Adam(), BCEWithLogitsLoss()).train(XOR[0], [-1, 1, 1, -1], 1)

    def test_settings(self):
        trainer = self.trainer()
        with pytest.raises(ValueError, match="Trainer.train: epochs must be at least 1, got 0"):
            trainer.train(*XOR, 0)
        with pytest.raises(TypeError, match="Trainer.train: epochs must be a whole number, got float 2.5"):
            trainer.train(*XOR, 2.5)
        with pytest.raises(ValueError, match="Trainer.train: batch_size must be at least 1, got 0"):
            trainer.train(*XOR, 1, batch_size=0)
        with pytest.raises(ValueError, match="Trainer.train: patience must be at least 1, got 0"):
            trainer.train(*XOR, 1, patience=0)
        with pytest.raises(TypeError, match=r"Trainer: validation is a pair \(inputs, targets\), got \[\[0, 0\]"):
            trainer.train(*XOR, 1, validation=XOR[0])

    def test_a_loss_that_drops_the_graph(self):
        trainer = Trainer(network(), Adam(), lambda ys, ts: sum((y.data - t) ** 2 for y, t in zip(ys, ts)))
        with pytest.raises(TypeError, match="Trainer: the loss returned float .* and not a Value. Compute it from the"):
            trainer.train(*XOR, 1)


class TestExamples:
    def test_demo(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        demo.main()
        out, err = capsys.readouterr()
        assert out.count("right") == 4 + 8 and "wrong" not in out
        assert "XOR: 100%" in err and "3-bit parity: 100%" in err
        pictures = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
        assert set(pictures) == {
            "xor_loss.png",
            "xor_boundary.png",
            "xor_graph.png",
            "xor_graph.svg",
            "xor_step.html",
            "parity_loss.png",
            "parity_graph.png",
            "parity_graph.svg",
        }
        for name, raw in pictures.items():
            assert raw.startswith(b"\x89PNG") if name.endswith("png") else b"<svg" in raw
            assert f"out/{name}" in out.replace("\\", "/")

    def test_moons(self, tmp_path, capsys):
        written = moons.main(["--points", "20", "--epochs", "2", "--eager", "--out", str(tmp_path / "pictures")])
        assert [path.name for path in written] == ["moons_loss.png", "moons_boundary.png"]
        assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)

    @pytest.mark.parametrize("example", [xor, parity, moons])
    def test_help(self, example, capsys):
        with pytest.raises(SystemExit) as info:
            example.main(["--help"])
        assert info.value.code == 0 and "--seed" in capsys.readouterr().out


def test_import_needs_the_standard_library_only():
    code = "import sys; before = set(sys.modules); import micrograd_value; print(*set(sys.modules) - before)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    names = {name.partition(".")[0] for name in loaded} - {"micrograd_value"}
    assert names <= set(sys.stdlib_module_names), names - set(sys.stdlib_module_names)
