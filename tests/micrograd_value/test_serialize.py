"""Weights to a file and back: every bit returns, a damaged file changes nothing, a failed save loses nothing."""

import json
import math
import os
import random

import pytest

from micrograd_value import MLP, MLPBuilder, Value, load_model, load_weights, save_weights
from micrograd_value.serialize import write_atomically


def network(seed=0):
    return MLPBuilder(3).add_layer(4, "tanh").add_layer(2, "leaky_relu").add_layer(1, "linear").build(seed)


def numbers(model):
    return [p.data for p in model.parameters()]


class TestRoundTrip:
    def test_every_bit(self, tmp_path):
        model = network()
        extremes = [5e-324, -0.0, 1.7976931348623157e308, 0.1, 1 / 3, math.pi, 1e-310, -1e22]
        for p, x in zip(model.parameters(), extremes):
            p.data = x
        save_weights(model, tmp_path / "w.json")
        other = network(seed=1)
        load_weights(other, tmp_path / "w.json")
        assert [x.hex() for x in numbers(other)] == [x.hex() for x in numbers(model)]
        assert other([1.0, 2.0, 3.0]).data == model([1.0, 2.0, 3.0]).data

    def test_load_model(self, tmp_path):
        model = network()
        save_weights(model, str(tmp_path / "w.json"))
        state = random.getstate()
        other = load_model(str(tmp_path / "w.json"))
        assert repr(other) == repr(model) and numbers(other) == numbers(model)
        assert random.getstate() == state

    def test_the_file_can_be_read(self, tmp_path):
        model = MLP(2, [2, 1], seed=0)
        save_weights(model, tmp_path / "w.json")
        content = json.loads((tmp_path / "w.json").read_text())
        assert content["format"] == "micrograd_value weights" and content["version"] == 1
        assert [layer["activation"] for layer in content["layers"]] == ["relu", "linear"]
        first = content["layers"][0]
        assert first["w"] == [[w.data for w in neuron.w] for neuron in model.layers[0].neurons]
        assert first["b"] == [0.0, 0.0]

    def test_parameters_stay_the_same_nodes(self, tmp_path):
        model = network()
        save_weights(model, tmp_path / "w.json")
        before = model.parameters()
        load_weights(model, tmp_path / "w.json")
        assert all(p is q for p, q in zip(before, model.parameters()))

    def test_integers_written_by_others(self, tmp_path):
        layers = [{"activation": "linear", "w": [[1, 2]], "b": [3]}]
        (tmp_path / "w.json").write_text(
            json.dumps({"format": "micrograd_value weights", "version": 1, "layers": layers})
        )
        model = load_model(tmp_path / "w.json")
        assert model([1.0, 1.0]).data == 6.0 and all(type(x) is float for x in numbers(model))


class TestDamagedFiles:
    def unchanged(self, path, message, error=ValueError):
        model = network(seed=5)
        before = numbers(model)
        with pytest.raises(error, match=message):
            load_weights(model, path)
        with pytest.raises(error, match=message):
            load_model(path)
        assert numbers(model) == before

    def test_cut_anywhere(self, tmp_path):
        path = tmp_path / "w.json"
        model = MLP(1, [1, 1], seed=0)
        save_weights(model, path)
        whole = path.read_bytes()
        for length in range(len(whole) - 1):  # without the line end at the very end it is still whole
            path.write_bytes(whole[:length])
            before = numbers(model)
            with pytest.raises(ValueError, match="is not JSON, or only the beginning of it .* Save the weights again"):
                load_weights(model, path)
            assert numbers(model) == before

    @pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00", b"[" * 100_000, b"pickle?", b"1" * 5000], ids=len)
    def test_not_json(self, tmp_path, raw):
        (tmp_path / "w.json").write_bytes(raw)
        self.unchanged(tmp_path / "w.json", "is not JSON, or only the beginning of it")

    @pytest.mark.parametrize("content", [[], {}, 3, {"format": "another"}, {"layers": []}], ids=str)
    def test_another_file(self, tmp_path, content):
        (tmp_path / "w.json").write_text(json.dumps(content))
        self.unchanged(
            tmp_path / "w.json", 'is not a file of weights: save_weights writes "format": "micrograd_value wei'
        )

    def test_another_version(self, tmp_path):
        (tmp_path / "w.json").write_text(json.dumps({"format": "micrograd_value weights", "version": 2}))
        self.unchanged(tmp_path / "w.json", "has version 2 of the format, this library reads 1. Update it")

    @pytest.mark.parametrize(
        "layers, message",
        [
            (None, "is damaged: it has no layers. Save the weights again, or take another copy"),
            ([], "is damaged: it has no layers"),
            ([3], "layer 0 needs the entries activation, w and b"),
            ([{"activation": "relu", "w": [[1]]}], "layer 0 needs the entries activation, w and b"),
            ([{"activation": "rleu", "w": [[1]], "b": [1]}], "Activation: unknown name 'rleu'. Did you mean 'relu'"),
            ([{"activation": 3, "w": [[1]], "b": [1]}], "Activation: needs a member or its name"),
            (
                [{"activation": "relu", "w": [], "b": []}],
                "layer 0 needs one row of weights and one bias for each neuron",
            ),
            (
                [{"activation": "relu", "w": [[1]], "b": [1, 2]}],
                "layer 0 needs one row of weights and one bias for each",
            ),
            (
                [{"activation": "relu", "w": 1, "b": [1]}],
                "layer 0 needs one row of weights and one bias for each neuron",
            ),
            ([{"activation": "relu", "w": [1], "b": [1]}], "layer 0 holds something that is not a finite number"),
            ([{"activation": "relu", "w": [["1"]], "b": [1]}], "layer 0 holds something that is not a finite number"),
            ([{"activation": "relu", "w": [[True]], "b": [1]}], "layer 0 holds something that is not a finite number"),
            ([{"activation": "relu", "w": [[None]], "b": [1]}], "layer 0 holds something that is not a finite number"),
            (
                [{"activation": "relu", "w": [[math.nan]], "b": [1]}],
                "layer 0 holds something that is not a finite number",
            ),
            (
                [{"activation": "relu", "w": [[1]], "b": [math.inf]}],
                "layer 0 holds something that is not a finite number",
            ),
            ([{"activation": "relu", "w": [[10**400]], "b": [1]}], "is damaged: int too large to convert to float"),
            ([{"activation": "relu", "w": [[]], "b": [1]}], "the neurons of layer 0 need one weight for each input"),
            (
                [{"activation": "relu", "w": [[1, 2], [1]], "b": [1, 2]}],
                "the neurons of layer 0 need one weight for each",
            ),
            (
                [{"activation": "relu", "w": [[1], [2]], "b": [1, 2]}, {"activation": "relu", "w": [[1]], "b": [1]}],
                "the neurons of layer 1 need one weight for each input",
            ),
        ],
    )
    def test_wrong_inside(self, tmp_path, layers, message):
        content = {"format": "micrograd_value weights", "version": 1, "layers": layers}
        (tmp_path / "w.json").write_text(json.dumps(content))
        self.unchanged(tmp_path / "w.json", message)

    def test_missing(self, tmp_path):
        self.unchanged(tmp_path / "none.json", "none.json", FileNotFoundError)

    @pytest.mark.parametrize(
        "other, description",
        [
            (MLP(3, [4, 1]), "3 inputs → 4 relu → 1 linear"),
            (MLP(2, [4, 2, 1], activations=["tanh", "leaky_relu", "linear"]), "2 inputs → 4 tanh → 2 leaky_relu → 1 l"),
            (MLP(3, [4, 2, 1]), "3 inputs → 4 relu → 2 relu → 1 linear"),
        ],
        ids=str,
    )
    def test_other_layers(self, tmp_path, other, description):
        save_weights(network(), tmp_path / "w.json")
        before = numbers(other)
        with pytest.raises(ValueError, match="has other layers than the model") as info:
            load_weights(other, tmp_path / "w.json")
        assert "    file   3 inputs → 4 tanh → 2 leaky_relu → 1 linear\n" in str(info.value)
        assert f"    model  {description}" in str(info.value) and "load_model(path)" in str(info.value)
        assert numbers(other) == before


class TestSaving:
    def test_not_finite(self, tmp_path):
        model = network()
        save_weights(model, tmp_path / "w.json")
        before = (tmp_path / "w.json").read_bytes()
        for bad in (math.nan, math.inf):
            model.layers[1].neurons[0].w[2].data = bad
            with pytest.raises(
                ValueError, match="save_weights: a parameter of layer 1 is nan or infinite; nothing was"
            ):
                save_weights(model, tmp_path / "w.json")
        assert (tmp_path / "w.json").read_bytes() == before

    def test_only_networks(self, tmp_path):
        with pytest.raises(TypeError, match="save_weights: the first argument is an MLP, got Value"):
            save_weights(Value(1.0), tmp_path / "w.json")
        with pytest.raises(TypeError, match="load_weights: the first argument is an MLP, got str"):
            load_weights("w.json", network())
        model = network()
        model.layers[0].neurons[1].activation = model.layers[1].neurons[0].activation
        with pytest.raises(ValueError, match="save_weights: neurons of layer 0 differ in their activation"):
            save_weights(model, tmp_path / "w.json")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("failing", ["fsync", "replace"])
    def test_a_failure_leaves_the_old_file_and_nothing_else(self, tmp_path, monkeypatch, failing):
        save_weights(network(0), tmp_path / "w.json")
        before = (tmp_path / "w.json").read_bytes()

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, failing, full)
        with pytest.raises(OSError, match="No space left"):
            save_weights(network(1), tmp_path / "w.json")
        assert (tmp_path / "w.json").read_bytes() == before
        assert [path.name for path in tmp_path.iterdir()] == ["w.json"]

    def test_order_of_the_steps(self, tmp_path, monkeypatch):
        """Written and on the disk before it gets the name; the folder after."""
        steps, fsync, replace = [], os.fsync, os.replace
        monkeypatch.setattr(os, "fsync", lambda fd: (steps.append("fsync"), fsync(fd)))
        monkeypatch.setattr(os, "replace", lambda a, b: (steps.append("replace"), replace(a, b)))
        write_atomically(tmp_path / "w.json", "text")
        assert steps == (["fsync", "replace", "fsync"] if os.name == "posix" else ["fsync", "replace"])
        assert (tmp_path / "w.json").read_text() == "text"

    def test_no_folder(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            save_weights(network(), tmp_path / "none" / "w.json")

    def test_links_and_modes(self, tmp_path):
        (tmp_path / "real.json").write_text("old")
        (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
        save_weights(network(), tmp_path / "link.json")
        assert (tmp_path / "link.json").is_symlink()
        assert numbers(load_model(tmp_path / "real.json")) == numbers(network())
        (tmp_path / "plain").write_text("")
        save_weights(network(), tmp_path / "new.json")
        assert (tmp_path / "new.json").stat().st_mode == (tmp_path / "plain").stat().st_mode

    def test_in_the_current_folder(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        save_weights(network(), "w.json")
        assert numbers(load_model("w.json")) == numbers(network())
