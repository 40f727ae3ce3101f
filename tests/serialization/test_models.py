"""Whole models: they come back at the caller's word, and a file runs nothing, whatever it names."""

from __future__ import annotations

import gc
import io
import json
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import tensorgrad as tg
from tensorgrad import nn, serialization
from tensorgrad.nn import functional as F
from tensorgrad.serialization import SaveError, load, safe_globals, safetensors, save, trust
from tests.nn.table import ROWS, Row
from tests.serialization.forge import same, with_tree


def round_trip(obj: Any) -> Any:
    return serialization.loads(serialization.dumps(obj), weights_only=False)


@pytest.fixture(autouse=True)
def _no_classes_are_named() -> Iterator[None]:
    serialization.clear_safe_globals()
    yield
    serialization.clear_safe_globals()


@dataclass
class Config:
    width: int = 3
    dtype: Any = tg.float32
    act: Callable[..., Any] = F.relu  # an operation as a default: no method, though a function in the class
    sizes: list[int] = field(default_factory=list)


class Tied(nn.Module):
    """Two names of one weight, a module used twice, a buffer, settings and an operation."""

    kept = 3

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.encoder = nn.Embedding(5, config.width)
        self.decoder = nn.Linear(config.width, 5)
        self.decoder.weight = self.encoder.weight
        self.again = self.decoder
        self.register_buffer("scale", tg.full((1,), 2.0), persistent=False)
        self.act = tg.nn.functional.gelu
        self.hidden = None
        self.kept = 4

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        return self.again(self.act(self.encoder(x)) * self.scale)

    @property
    def width(self) -> int:
        return self.config.width


# ---- what comes back ------------------------------------------------------------------------------------------------


def test_a_whole_model(tmp_path: Path) -> None:
    model = Tied(Config(act=tg.tanh)).eval()
    with open(tmp_path / "model.pt", "wb") as file:
        save(model, file)
    x = tg.tensor([[1, 2]])
    found = load(tmp_path / "model.pt", weights_only=False)
    assert type(found) is Tied and tg.equal(found(x), model(x)) and not found.training and found.kept == 4
    assert found.decoder.weight is found.encoder.weight and found.again is found.decoder
    assert found.config == Config(act=tg.tanh) and found.config.act is tg.tanh
    assert [name for name, _ in found.named_parameters()] == [name for name, _ in model.named_parameters()]
    assert list(found.state_dict()) == list(model.state_dict()) and isinstance(found.decoder.bias, nn.Parameter)
    found(x).sum().backward()
    tg.optim.SGD(found.parameters(), lr=0.1).step()
    assert not tg.equal(found.decoder.bias, model.decoder.bias)
    arrays, _ = safetensors.read(io.BytesIO((tmp_path / "model.pt").read_bytes()), "model.pt")
    assert sorted(arrays) == ["decoder.bias", "encoder.weight", "scale"]  # others read these by their usual names
    save({"model": model, "epoch": 3}, tmp_path / "checkpoint.pt")
    assert load(tmp_path / "checkpoint.pt", weights_only=False)["epoch"] == 3


@pytest.mark.parametrize("row", [r for r in ROWS if r.noisy != "always"], ids=lambda r: r.id)
def test_every_module_comes_back_whole(row: Row) -> None:
    model, (args, kwargs) = row.module(tg).eval(), row.arguments(tg.tensor)
    if not any(isinstance(p, nn.UninitializedParameter) for p in model.parameters()):
        found = round_trip(model)
        assert repr(found) == repr(model) and same(row.run(found, args, kwargs), row.run(model, args, kwargs))


def test_settings_in_slots_and_without_defaults() -> None:
    assert round_trip({"s": Slots(2, [1])})["s"] == Slots(2, [1])


@dataclass(frozen=True, slots=True)
class Slots:
    a: int
    b: list[int]


def test_operations_by_any_public_name() -> None:
    for f in (F.relu, tg.tanh, tg.special.erf, tg.linalg.norm, tg.nn.functional.gelu, tg.matmul):
        assert round_trip({"f": f})["f"] is f


# ---- whose word it takes --------------------------------------------------------------------------------------------


def test_by_default_a_file_names_no_class(tmp_path: Path) -> None:
    save({"model": Tied(Config()), "epoch": 3}, path := tmp_path / "a")
    here = __name__
    with pytest.raises(SaveError) as refused:
        load(path)
    assert str(refused.value) == (
        f"load: {path} holds more than tensors and plain data: objects of tensorgrad.nn.linear.Linear, "
        f"tensorgrad.nn.sparse.Embedding, {here}.Config, {here}.Tied. By default no file may name a class. If you trust "
        "these: with tensorgrad.serialization.safe_globals([Linear, Embedding, Config, Tied]): load(f); if you trust the "
        "whole file: load(f, weights_only=False). Safest is to save model.state_dict() and to load that."
    )
    assert serialization.get_unsafe_globals_in_checkpoint(path) == [
        "tensorgrad.nn.linear.Linear", "tensorgrad.nn.sparse.Embedding", f"{here}.Config", f"{here}.Tied",
    ]  # fmt: skip
    with safe_globals([Tied, Config, nn.Linear]), pytest.raises(SaveError, match="objects of tensorgrad.nn.sparse.Emb"):
        load(path)
    with safe_globals([Tied, Config, nn.Linear, nn.Embedding]):
        assert serialization.get_unsafe_globals_in_checkpoint(path) == []
        assert type(load(path)["model"]) is Tied and load(path)["model"].act is F.gelu
    with pytest.raises(SaveError, match="By default no file may name a class"):
        load(path)
    serialization.add_safe_globals([Tied, (Config, f"{here}.Config"), nn.Linear, nn.Embedding])
    assert type(load(path)["model"]) is Tied and Tied in serialization.get_safe_globals()
    serialization.clear_safe_globals()
    assert serialization.get_safe_globals() == []
    with pytest.raises(SaveError, match="holds the operation tensorgrad.nn.functional.relu, no plain data. If you tru"):
        serialization.loads(serialization.dumps([F.relu]))


def test_another_class_in_its_place(tmp_path: Path) -> None:
    """As PyTorch has it: a class that is named with another name stands for that name."""
    save(Tied(Config()), path := tmp_path / "a")

    class Mine(nn.Module):
        pass

    with safe_globals([(Mine, f"{__name__}.Tied"), Config, nn.Linear, nn.Embedding]):
        assert type(load(path)) is Mine


def test_what_is_no_class_cannot_be_named() -> None:
    for wrong in (["os.system"], [3], [(nn.Linear, 3)], [nn.ReLU()]):
        for call in (safe_globals, serialization.add_safe_globals):
            with pytest.raises(TypeError, match=r"safe_globals: expects a list of classes, or of \(class, 'package"):
                call(wrong)


def test_a_model_whose_class_is_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "its_net.py").write_text("import tensorgrad\nclass Net(tensorgrad.nn.Linear): pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    from its_net import Net

    save(Net(1, 1), tmp_path / "a")
    del sys.modules["its_net"]
    with pytest.raises(SaveError, match="objects of its_net.Net. By default no file may name a class"):
        load(tmp_path / "a")
    assert "its_net" not in sys.modules
    assert load(tmp_path / "a", weights_only=False).in_features == 1
    del sys.modules["its_net"]
    (tmp_path / "its_net.py").unlink()
    with pytest.raises(
        SaveError, match=r"holds a its_net.Net, which cannot be imported here \(No module named 'its_net'\)"
    ):
        load(tmp_path / "a", weights_only=False)


# ---- what does not go in --------------------------------------------------------------------------------------------


def test_models_that_do_not_come_back() -> None:
    class Local(nn.Module):
        pass

    with pytest.raises(TypeError, match="save: the object is a Local; .* Save its state_dict"):
        serialization.dumps(Local())
    model = nn.Linear(1, 1)
    model.act = lambda x: x
    with pytest.raises(TypeError, match="save: model.act is a function; .* Give the module a method instead"):
        serialization.dumps({"model": model})
    model.act = sys.exit
    with pytest.raises(TypeError, match="save: act is a builtin_function_or_method"):
        serialization.dumps(model)
    model = nn.Linear(1, 1)
    handle = model.register_forward_hook(F.relu)
    with pytest.raises(
        TypeError, match=r"save: this Linear has hooks \(_forward_hooks\), and hooks are not saved. Remov"
    ):
        serialization.dumps(model)
    handle.remove()
    assert same(round_trip(model).state_dict(), model.state_dict())
    model.forward = F.relu
    with pytest.raises(
        TypeError,
        match="save: this Linear has an attribute 'forward' of its own, which would hide Linear.forward. Rename it",
    ):
        serialization.dumps(model)


def test_objects_are_no_keys() -> None:
    for x in ({nn.ReLU(): 1}, {nn.ReLU()}, frozenset([nn.ReLU()])):
        with pytest.raises(
            TypeError, match="is a ReLU, an object as a key or in a set; only plain data can stand there"
        ):
            serialization.dumps(x)


# ---- a stranger's file ----------------------------------------------------------------------------------------------

ran: list[str] = []  # what a file has made run


class Spy:
    """Says so when anything is asked of it."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            ran.append(name)
        raise AttributeError(name)


spy = Spy()


class Loud(nn.Module):
    """Runs whatever can run without being called."""

    inner = type("Inner", (nn.Module,), {})

    def __init__(self) -> None:
        ran.append("__init__")
        super().__init__()

    def __new__(cls) -> Loud:
        ran.append("__new__")
        return super().__new__(cls)

    def __setattr__(self, name: str, value: Any) -> None:
        ran.append("__setattr__")
        super().__setattr__(name, value)

    def __setstate__(self, state: Any) -> None:
        ran.append("__setstate__")

    def __hash__(self) -> int:
        ran.append("__hash__")
        return 0

    def __eq__(self, other: object) -> bool:
        ran.append("__eq__")
        return True

    @property
    def settings(self) -> None:
        ran.append("settings")

    @settings.setter
    def settings(self, value: Any) -> None:
        ran.append("settings=")

    def keys(self) -> list[str]:
        return []


NAMED = f"{__name__}:Loud"
REFUSED_CLASSES = [
    "os:system", "subprocess:Popen", "builtins:eval", "builtins:object", "posix:system", "no_such_module_at_all:Net",
    "tensorgrad.nn:functional.np", "tensorgrad.nn.module:Module.__init__", "tensorgrad.nn.linear:Linear.__class__",
    "tensorgrad.nn.linear:Linear.__init__.__globals__", "tensorgrad.nn.linear:Parameter", "tensorgrad.tensor:Tensor",
    "tensorgrad.nn.linear:sys.modules", "tensorgrad.serialization.modules:Module", "tensorgrad.nn.linear:__builtins__",
    f"{__name__}:spy.Net", f"{__name__}:Loud.inner", f"{__name__}:Alias", f"{__name__}:np.ndarray",
    f"{__name__}:ran", f"{__name__}:",
    ":Linear", ":", "", "Linear", "tensorgrad.nn.linear:", "..:x", "a b:c", "tensorgrad.nn.linear:Linear:Linear", "\0:\0",
    "tensorgrad.nn.loss:NoSuchLoss", "tensorgrad.nn.linear:Local.<locals>.Net", "collections:OrderedDict", "pathlib:Path",
    "__main__:__builtins__.exec", "dataclasses:Field", "unittest.mock:Mock", "types:SimpleNamespace", "functools:partial",
]  # fmt: skip
Alias = nn.Linear  # defined elsewhere, under another name


@pytest.mark.parametrize("name", REFUSED_CLASSES)
@pytest.mark.parametrize("weights_only", [True, False])
def test_no_class_but_a_module_or_dataclass_under_its_own_name(name: str, weights_only: bool) -> None:
    ran.clear()
    with pytest.raises(SaveError, match="load: file (asks for|holds)"):
        serialization.loads(with_tree({"object": [0, name, []]}), weights_only=weights_only)
    assert ran == []


REFUSED_OPERATIONS = [
    "os:system", "os:popen", "tensorgrad.ops.create:np", "tensorgrad.serialization.files:os", "builtins:print",
    "tensorgrad.ops.promote:np._pytesttester.os.popen", "tensorgrad.ops.promote:np.load", "tensorgrad.ops.create:np.fromfile",
    "tensorgrad.ops.promote:np._core.overrides.inspect.importlib.import_module", "tensorgrad:save", "tensorgrad:load",
    "tensorgrad.ops.elementwise:save", "tensorgrad.nn.functional:relu.__globals__", "tensorgrad.nn.functional:np.load",
    "tensorgrad:from_file", "tensorgrad.ops.create:from_file", "tensorgrad:vmap", "tensorgrad:__import__", "tensorgrad:nn",
    "tensorgrad.nn.functional:__loader__", "tensorgrad.nn.functional:_alias", "tensorgrad:set_default_dtype", "relu", "", ":",
    "tensorgrad.ops.:relu.x", "tensorgrad.nn.functional:", ":relu", "tensorgrad:manual_seed", "tensorgrad.ops.methods:_ENGINE",
    "tensorgrad.ops.activation:inspect.unwrap", f"{__name__}:round_trip",
]  # fmt: skip


@pytest.mark.parametrize("name", REFUSED_OPERATIONS)
def test_no_function_but_a_public_operation(name: str) -> None:
    with pytest.raises(SaveError, match="asks for .*, which is no operation"):
        serialization.loads(with_tree({"operation": name}), weights_only=False)
    with pytest.raises(SaveError, match="no plain data"):
        serialization.loads(with_tree({"operation": name}))


def test_the_table_of_operations_holds_none_that_opens_a_file_or_changes_a_setting() -> None:
    names = {name.partition(":")[2] for name in trust.operations()}
    assert {"relu", "gelu", "tanh", "softmax", "layer_norm", "erf", "norm"} <= names
    assert not [n for n in names if n.startswith(("set_", "load", "save", "get_", "_")) or "file" in n or "seed" in n]
    assert all(f.__module__.startswith("tensorgrad") for f in trust.operations().values())


LINEAR = "tensorgrad.nn.linear:Linear"


@pytest.mark.parametrize(
    ("name", "attribute", "value", "words"),
    [
        (NAMED, "keys", {"operation": "tensorgrad.nn.functional:relu"}, "'keys', which would hide Loud.keys"),
        (NAMED, "forward", {"operation": "tensorgrad.nn.functional:relu"}, "which would hide Module.forward"),
        (NAMED, "eval", 3, "which would hide Module.eval"),
        (NAMED, "settings", 3, "which would hide Loud.settings"),
        (NAMED, "inner", 3, "which would hide Loud.inner"),
        (NAMED, "__class__", 3, "'__class__', a name of Python's own"),
        (NAMED, "__dict__", {"dict": []}, "a name of Python's own"),
        (NAMED, "__call__", {"operation": "tensorgrad.nn.functional:relu"}, "a name of Python's own"),
        (NAMED, "", 3, "a name of Python's own"),
        (NAMED, "_forward_hooks", {"dict": [[0, {"operation": "tensorgrad.nn.functional:relu"}]]}, "brings no hooks"),
        (NAMED, "_load_state_dict_pre_hooks", {"dict": [[0, 1]]}, "brings no hooks"),
        (NAMED, "_backward_hooks", 3, "must be an empty dict: a file brings no hooks"),
        (NAMED, "_hooked", True, "must be a bool, and hooks none"),
        (NAMED, "training", "yes", "must be a bool"),
        (NAMED, "_modules", {"dict": [["0", {"operation": "tensorgrad.nn.functional:relu"}]]}, "a dict of names and Modules"),
        (NAMED, "_modules", {"list": []}, "must be a dict of names and Modules"),
        (NAMED, "_parameters", {"dict": [["w", 1]]}, "must be a dict of names and Parameters"),
        (NAMED, "_buffers", {"dict": [[1, None]]}, "must be a dict of names and Tensors"),
        (NAMED, "_non_persistent_buffers_set", {"list": []}, "must be a set of names"),
        (f"{__name__}:Config", "__eq__", 3, "a name of Python's own"),
        (LINEAR, "weight_norm_by", {"again": 7}, None),
    ],
)  # fmt: skip
def test_attributes_that_no_such_object_has(name: str, attribute: str, value: Any, words: str | None) -> None:
    ran.clear()
    expected = "what stands around its tensors cannot be read" if words is None else f"gives a .*{words}"
    with pytest.raises(SaveError, match=expected):
        serialization.loads(with_tree({"object": [0, name, [[attribute, value]]]}), weights_only=False)
    assert ran == []


def test_loading_runs_nothing_of_a_class() -> None:
    ran.clear()
    tree = {"object": [0, NAMED, [["note", 3], ["training", False]]]}
    found = serialization.loads(with_tree({"list": [tree, {"again": 0}]}), weights_only=False)
    assert ran == [] and found[0] is found[1] and vars(found[0])["note"] == 3
    for key in (tree, {"again": 0}):
        for place in ({"dict": [[key, 1]]}, {"set": [key]}, {"counter": [[key, 1]]}):
            with pytest.raises(SaveError, match="an object as a key"):
                serialization.loads(with_tree({"list": [tree, place]}), weights_only=False)
    del found
    gc.collect()
    assert ran == []


def test_files_that_name_an_operation_or_a_class_where_it_once_was() -> None:
    """Operations and modules of this package may move to other files of it; a model saved before is read all the same."""

    def read(state: Any) -> Any:
        return serialization.loads(with_tree(state), weights_only=False)

    assert read({"operation": "tensorgrad.ops.activation:gelu"}) is nn.functional.gelu
    assert read({"operation": "tensorgrad.ops.elementwise:add"})(tg.ones(1), 1).item() == 2
    assert type(read({"object": [0, "tensorgrad.nn.loss:CrossEntropyLoss", []]})) is nn.CrossEntropyLoss


# ---- fuzzing --------------------------------------------------------------------------------------------------------

ATOMS = [
    0, 1, -1, 2**80, 1e400, "", "a", "w", True, None, [], {}, "\ud800", "__class__", "tensorgrad.nn.linear:Linear", NAMED,
    "os:system", "cpu", "float32", "int8", "tensorgrad.nn.functional:relu", f"{__name__}:Config", ["w", 0, "float32", [2], [4]],
]  # fmt: skip
KINDS = [
    "dict", "list", "tuple", "set", "frozenset", "size", "ordered", "counter", "tensor", "leaf", "parameter", "frozen", "array",
    "object", "again", "operation", "scalar", "complex", "bytes", "dtype", "device", "_modules", "_parameters", "training",
]  # fmt: skip


def grown(rng: random.Random, depth: int) -> Any:
    """Something like a tree."""
    roll = rng.random()
    if depth == 0 or roll < 0.25:
        return rng.choice(ATOMS)
    if roll < 0.45:
        return [grown(rng, depth - 1) for _ in range(rng.randrange(4))]
    if roll < 0.55:
        name, attribute = rng.choice([NAMED, LINEAR, f"{__name__}:Config"]), rng.choice(KINDS)
        return {"object": [rng.randrange(3), name, [[attribute, grown(rng, depth - 1)]]]}
    return {rng.choice(KINDS): grown(rng, depth - 1)}


@pytest.mark.parametrize("weights_only", [True, False])
def test_trees_of_nonsense_with_a_right_hash(weights_only: bool) -> None:
    """Each is read, or refused as damaged or not allowed; none runs anything."""
    rng, read = random.Random(7), 0
    ran.clear()
    body = tg.tensor([1.0, 2.0]).numpy().tobytes()
    for n in range(4000):
        text = json.dumps(grown(rng, 5))
        data = with_tree(text, {"w": ("float32", (2,))}, body)
        try:
            found = serialization.loads(data, weights_only=weights_only)
        except SaveError as error:
            assert str(error).startswith("load: file "), (n, text)
        except Exception as error:
            raise AssertionError(f"tree {n}: {text}") from error
        else:
            read += 1
            assert not weights_only or not isinstance(found, (nn.Module, Config)), text
        assert ran == [], (n, text)
    assert read > 100
