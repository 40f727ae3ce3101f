"""Neurons, layers, networks: micrograd's behaviour first, then what was added to it."""

import copy
import doctest
import importlib
import math
import pickle
import random
import statistics

import micrograd.nn as original
import pytest

from micrograd_value import MLP, Activation, Init, Layer, MLPBuilder, Module, Neuron, Value


class TestAsMicrograd:
    @pytest.mark.parametrize("nin, nouts", [(3, [4, 4, 1]), (2, [16, 16, 1]), (1, [3]), (2, [2, 5])])
    def test_same_seed_same_network(self, nin, nouts):
        random.seed(1337)
        theirs = original.MLP(nin, nouts)
        random.seed(1337)
        ours = MLP(nin, nouts)
        x = [0.5 - 0.3 * i for i in range(nin)]

        assert repr(ours) == repr(theirs)
        assert [p.data for p in ours.parameters()] == [p.data for p in theirs.parameters()]
        assert [[repr(n) for n in layer.neurons] for layer in ours.layers] == [
            [repr(n) for n in layer.neurons] for layer in theirs.layers
        ]
        y, y_theirs = ours(x), theirs(x)
        if nouts[-1] > 1:
            y, y_theirs = sum(yi * yi for yi in y), sum(yi * yi for yi in y_theirs)
        assert y.data == pytest.approx(y_theirs.data, rel=1e-14)
        y.backward()
        y_theirs.backward()
        for p, q in zip(ours.parameters(), theirs.parameters()):
            assert p.grad == pytest.approx(q.grad, rel=1e-13, abs=1e-15)

    def test_neuron_and_layer_signatures(self):
        assert repr(Neuron(2)) == "ReLUNeuron(2)" == repr(original.Neuron(2))
        assert repr(Neuron(2, nonlin=False)) == repr(original.Neuron(2, nonlin=False)) == "LinearNeuron(2)"
        assert repr(Neuron(3, False)) == "LinearNeuron(3)"
        assert repr(Layer(2, 2)) == "Layer of [ReLUNeuron(2), ReLUNeuron(2)]" == repr(original.Layer(2, 2))
        assert repr(Layer(2, 1, nonlin=False)) == repr(original.Layer(2, 1, nonlin=False))

    def test_attributes(self):
        neuron = Neuron(3)
        assert len(neuron.w) == 3 and neuron.b.data == 0.0 and neuron.nonlin is True
        assert all(-1.0 <= w.data < 1.0 for w in neuron.w)
        assert neuron.parameters() == [*neuron.w, neuron.b]
        assert Neuron(3, nonlin=False).nonlin is False
        model = MLP(2, [3, 1])
        assert [len(layer.neurons) for layer in model.layers] == [3, 1]
        assert len(model.parameters()) == 2 * 3 + 3 + 3 + 1
        assert len(MLP(3, (4, 4, 1)).layers) == 3

    def test_training_loop_of_the_lecture(self):
        random.seed(3)
        model = MLP(3, [4, 4, 1])
        xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
        ys = [1.0, -1.0, -1.0, 1.0]
        losses = []
        for _ in range(40):
            ypred = [model(x) for x in xs]
            loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred))
            for p in model.parameters():
                p.grad = 0.0
            loss.backward()
            for p in model.parameters():
                p.data += -0.02 * p.grad
            losses.append(loss.data)
        assert losses[-1] < 0.1 * losses[0]

    def test_module(self):
        class Line(Module):
            def __init__(self):
                self.k = Value(2.0)

            def parameters(self):
                return [self.k]

        line = Line()
        (line.k * 3).backward()
        assert line.k.grad == 3.0
        line.zero_grad()
        assert line.k.grad == 0.0
        assert Module().parameters() == []

    def test_inputs_as_values_and_as_iterator(self):
        random.seed(0)
        model = MLP(2, [4, 1])
        assert model(map(Value, [1.0, 2.0])).data == model([1, 2]).data == model((1.0, 2.0)).data
        assert Neuron(2, activation="linear", draw=lambda: 0.5)(iter([1.0, 2.0])).data == 1.5


class TestGraph:
    def test_scopes_and_labels(self):
        model = MLP(2, [3, 1])
        y = model([1.0, 2.0])
        seen = {}
        stack = [y]
        while stack:
            node = stack.pop()
            seen[id(node)] = node
            stack.extend(node._prev)
        scopes = {node._scope for node in seen.values()}
        hidden = {f"layers.0/neurons.{i}" for i in range(3)}
        assert scopes == {"", "layers.1/neurons.0"} | hidden
        assert {node.label for node in seen.values() if node._scope == ""} == {"x[0]", "x[1]"}
        assert y._scope == "layers.1/neurons.0"
        assert [(p._scope, p.label) for p in model.layers[0].neurons[2].parameters()] == [
            ("layers.0/neurons.2", "w[0]"),
            ("layers.0/neurons.2", "w[1]"),
            ("layers.0/neurons.2", "b"),
        ]

    def test_neurons_share_the_nodes_of_their_inputs(self):
        y = sum(Layer(2, 3, activation="tanh")([1.0, 2.0]), Value(0.0))
        leaves = set()
        stack = [y]
        while stack:
            node = stack.pop()
            stack.extend(node._prev)
            if not node._prev and node.label.startswith("x"):
                leaves.add(node)
        assert len(leaves) == 2

    def test_given_values_keep_their_gradient(self):
        x = [Value(1.0), Value(-2.0)]
        MLP(2, [3, 1], activations=["tanh", "linear"], seed=0)(x).backward()
        assert all(xi.grad != 0.0 for xi in x)

    def test_widths_of_one(self):
        assert isinstance(Layer(2, 1)([1.0, 2.0]), Value)
        assert isinstance(MLP(1, [1, 1])(2.0), Value)
        assert isinstance(MLP(1, [1, 1])(Value(2.0)), Value)
        assert len(MLP(1, [1, 2])(2.0)) == 2


class TestActivation:
    @pytest.mark.parametrize("activation", Activation)
    def test_is_the_method_of_value(self, activation):
        for x in (-1.5, -0.2, 0.0, 0.7, 3.0):
            method = getattr(Value, activation.name.lower(), Value.__pos__)
            assert activation(Value(x)).data == method(Value(x)).data
        assert activation is Activation.LINEAR or hasattr(Value, activation.name.lower())

    @pytest.mark.parametrize("activation", Activation)
    def test_in_a_neuron(self, activation):
        neuron = Neuron(2, activation=activation, draw=lambda: 0.5)
        neuron.b.data = -0.25
        assert neuron([1.0, 2.0]).data == activation(Value(1.25)).data
        assert repr(neuron) == f"{activation.title}Neuron(2)"
        assert neuron.nonlin is (activation is not Activation.LINEAR)

    def test_by_name(self):
        assert Activation.of("tanh") is Activation.of(" Tanh ") is Activation.of(Activation.TANH) is Activation.TANH
        assert Activation.of("leaky-relu") is Activation.of("Leaky ReLU") is Activation.LEAKY_RELU
        assert repr(Neuron(2, activation="gelu")) == "GELUNeuron(2)"

    @pytest.mark.parametrize("name, meant", [("rleu", "relu"), ("tahn", "tanh"), ("leakyrelu", "leaky_relu")])
    def test_near_names_get_a_suggestion(self, name, meant):
        with pytest.raises(ValueError, match=f"Activation: unknown name '{name}'. Did you mean '{meant}'"):
            Activation.of(name)

    def test_far_names_get_the_list(self):
        with pytest.raises(ValueError, match="'xyz'. Known: linear, relu, leaky_relu, tanh, sigmoid, softplus, gelu"):
            MLPBuilder(2).add_layer(3, "xyz")

    def test_other_types(self):
        with pytest.raises(TypeError, match="Activation: needs a member or its name, got int 3"):
            Layer(2, 2, activation=3)
        with pytest.raises(TypeError, match="Init: needs a member or its name, got float 0.5"):
            MLPBuilder(2).add_layer(3, init=0.5)


class TestBuilder:
    def test_builds_what_was_said(self):
        builder = MLPBuilder(3).add_layer(8, Activation.RELU).add_layer(4, "tanh").add_layer(1, Activation.LINEAR)
        model = builder.build(seed=1)
        assert isinstance(model, MLP)
        first = [repr(layer.neurons[0]) for layer in model.layers]
        assert first == ["ReLUNeuron(3)", "TanhNeuron(8)", "LinearNeuron(4)"]
        assert [len(layer.neurons) for layer in model.layers] == [8, 4, 1]
        assert all(neuron.b.data == 0.0 for layer in model.layers for neuron in layer.neurons)

    def test_seed(self):
        builder = MLPBuilder(3).add_layer(8).add_layer(1, "linear")
        numbers = [[p.data for p in builder.build(seed).parameters()] for seed in (1, 1, 2)]
        assert numbers[0] == numbers[1] != numbers[2]
        assert not set(builder.build(1).parameters()) & set(builder.build(1).parameters())

    def test_seed_leaves_the_module_random_alone_and_none_uses_it(self):
        builder = MLPBuilder(2).add_layer(3)
        random.seed(5)
        state = random.getstate()
        builder.build(seed=0)
        assert random.getstate() == state
        first = [p.data for p in builder.build().parameters()]
        random.seed(5)
        assert [p.data for p in builder.build().parameters()] == first

    def test_mlp_seed_is_micrograd_with_its_own_generator(self):
        random.seed(11)
        theirs = original.MLP(2, [3, 1])
        assert [p.data for p in MLP(2, [3, 1], seed=11).parameters()] == [p.data for p in theirs.parameters()]

    def test_repr_is_the_call(self):
        builder = MLPBuilder(2).add_layer(4, "tanh")
        assert repr(builder) == "MLPBuilder(2).add_layer(4, Activation.TANH, Init.XAVIER_UNIFORM)"

    def test_without_layers(self):
        with pytest.raises(RuntimeError, match=r"MLPBuilder\(3\): there is no layer to build. Add at least one first"):
            MLPBuilder(3).build()


class TestInit:
    @pytest.mark.parametrize(
        "activation, init",
        [
            ("relu", Init.KAIMING_UNIFORM),
            ("leaky_relu", Init.KAIMING_UNIFORM),
            ("gelu", Init.KAIMING_UNIFORM),
            ("softplus", Init.KAIMING_UNIFORM),
            ("tanh", Init.XAVIER_UNIFORM),
            ("sigmoid", Init.XAVIER_UNIFORM),
            ("linear", Init.XAVIER_UNIFORM),
        ],
    )
    def test_default(self, activation, init):
        assert Activation.of(activation).default_init is init
        chosen = MLPBuilder(3).add_layer(5, activation).build(seed=4)
        named = MLPBuilder(3).add_layer(5, activation, init).build(seed=4)
        assert [p.data for p in chosen.parameters()] == [p.data for p in named.parameters()]

    @pytest.mark.parametrize(
        "init, gain, variance",
        [
            (Init.KAIMING_UNIFORM, math.sqrt(2.0), 2.0 / 30),
            (Init.KAIMING_NORMAL, math.sqrt(2.0), 2.0 / 30),
            (Init.KAIMING_NORMAL, 1.0, 1.0 / 30),
            (Init.XAVIER_UNIFORM, math.sqrt(2.0), 2.0 / 50),
            (Init.XAVIER_NORMAL, 1.0, 2.0 / 50),
            (Init.MICROGRAD, 1.0, 1.0 / 3.0),
        ],
    )
    def test_variance(self, init, gain, variance):
        assert init.std(30, 20, gain) ** 2 == pytest.approx(variance)
        draw = init.draws(30, 20, gain, random.Random(0))
        numbers = [draw() for _ in range(20000)]
        assert statistics.fmean(numbers) == pytest.approx(0.0, abs=0.02)
        assert statistics.pvariance(numbers) == pytest.approx(variance, rel=0.04)
        if "NORMAL" not in init.name:
            bound = math.sqrt(3.0 * variance)
            assert 0.99 * bound < max(numbers) <= bound and -bound <= min(numbers) < -0.99 * bound

    def test_gains(self):
        gains = {a.name: a.gain for a in Activation}
        assert gains["RELU"] == math.sqrt(2.0) and gains["LINEAR"] == gains["TANH"] == gains["SIGMOID"] == 1.0
        assert gains["LEAKY_RELU"] == pytest.approx(math.sqrt(2.0 / 1.0001))

    def test_kaiming_keeps_the_signal_through_relu_layers(self):
        builder = MLPBuilder(32)
        for _ in range(6):
            builder.add_layer(32, "relu", Init.KAIMING_NORMAL)
        generator = random.Random(1)
        x = [generator.gauss(0.0, 1.0) for _ in range(32)]
        sizes = [sum(y.data**2 for y in builder.build(seed)(x)) / sum(xi**2 for xi in x) for seed in range(3)]
        assert 0.3 < statistics.fmean(sizes) < 3.0

    def test_by_name(self):
        assert Init.of("kaiming-normal") is Init.KAIMING_NORMAL
        with pytest.raises(ValueError, match="Init: unknown name 'xavier_unifrom'. Did you mean 'xavier_uniform'"):
            MLPBuilder(2).add_layer(3, init="xavier_unifrom")


class TestErrors:
    @pytest.mark.parametrize("model", [MLP(2, [3, 1]), Layer(2, 3), Neuron(2)], ids=lambda m: type(m).__name__)
    def test_wrong_number_of_inputs(self, model):
        kind = type(model).__name__
        with pytest.raises(ValueError, match=f"{kind}: got 3 inputs, expected 2. Call it with one example"):
            model([1.0, 2.0, 3.0])
        with pytest.raises(ValueError, match=f"{kind}: got 1 input, expected 2"):
            model(1.0)
        with pytest.raises(TypeError, match=f"{kind}: needs one example, a list of 2 numbers, got "):
            model([[1.0, 2.0], [3.0, 4.0]])

    def test_sizes(self):
        with pytest.raises(ValueError, match="Neuron: nin must be at least 1, got 0"):
            Neuron(0)
        with pytest.raises(ValueError, match="Layer: nout must be at least 1, got 0"):
            Layer(2, 0)
        with pytest.raises(ValueError, match="MLP: nouts must be at least 1, got -1"):
            MLP(2, [3, -1])
        with pytest.raises(TypeError, match="MLP: nin must be a whole number, got float 2.0"):
            MLP(2.0, [3])
        with pytest.raises(ValueError, match="MLP: nouts is empty. Give the width of each layer"):
            MLP(2, [])
        with pytest.raises(TypeError, match="MLPBuilder: nin must be a whole number, got str '3'"):
            MLPBuilder("3")
        with pytest.raises(TypeError, match="add_layer: nout must be a whole number, got bool True"):
            MLPBuilder(3).add_layer(True)

    def test_one_of_each_per_layer(self):
        with pytest.raises(ValueError, match="MLP: 1 activations for 2 layers. Give one for each"):
            MLP(2, [3, 1], activations=["relu"])
        with pytest.raises(ValueError, match="MLP: 3 inits for 2 layers. Give one for each"):
            MLP(2, [3, 1], inits=["micrograd"] * 3)


class TestCopies:
    def test_deepcopy_and_pickle(self):
        model = MLP(2, [3, 1], activations=["gelu", "linear"], seed=0)
        for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert repr(twin) == repr(model) and twin([0.5, 1.0]).data == model([0.5, 1.0]).data
            assert not set(twin.parameters()) & set(model.parameters())


@pytest.mark.parametrize("module", ["nn", "losses", "optim"])
def test_examples_in_docstrings(module):
    result = doctest.testmod(importlib.import_module(f"micrograd_value.{module}"))
    assert result.attempted > 0 and result.failed == 0
