"""Generated from the table: what each module prints, holds and returns, and its gradients against differences."""

from __future__ import annotations

import ast
import copy
import inspect
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor, nn
from tensorgrad.autograd.engine import grad as gradient_of
from tests.nn.table import NO_ROW, ROWS, Row, digest

pytestmark = pytest.mark.filterwarnings("ignore:NLLLoss2d is an old name")
GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
every = pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
with_state = [row for row in ROWS if GOLDEN[row.id]["state"]]


def leaves(row: Row) -> tuple[list[Tensor], Any, Any]:
    """The floating inputs as tensors that require grad, and the arguments with them."""
    found = []

    def leaf(a: np.ndarray) -> Tensor:
        t = tg.tensor(a)
        if a.dtype == np.float64:
            found.append(t.requires_grad_())
        return t

    args, kwargs = row.arguments(leaf)
    return found, args, kwargs


def flat(out: Any) -> list[Any]:
    """Every tensor in nested results."""
    if isinstance(out, Tensor):
        return [out]
    return [t for x in out for t in flat(x)] if isinstance(out, (tuple, list)) else []


def built(row: Row, seed: int = 0) -> Any:
    """The module in float64, past its first call if it is lazy."""
    tg.manual_seed(seed)
    module = row.module(tg)
    if "Lazy" in row.build:
        _, args, kwargs = leaves(row)
        with tg.no_grad():
            row.run(module, args, kwargs)
    return module


def called(row: Row, module: Any, seed: int = 1) -> list[np.ndarray]:
    tg.manual_seed(seed)
    _, args, kwargs = leaves(row)
    return [t.numpy(force=True).copy() for t in flat(row.run(module, args, kwargs))]


def same(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    return len(a) == len(b) and all(np.array_equal(x, y, equal_nan=x.dtype.kind == "f") for x, y in zip(a, b))


@every
def test_prints_and_holds_what_pytorch_does(row: Row) -> None:
    golden = GOLDEN[row.id]
    module = row.module(tg)
    assert repr(module) == golden["repr"]
    _, args, kwargs = leaves(row)
    out = row.run(module, args, kwargs)
    assert repr(module) == golden["after"]
    assert {k: list(v.shape) for k, v in module.state_dict().items()} == golden["state"]
    assert list(module.state_dict()) == list(golden["state"])

    def described(out: Any) -> Any:
        if isinstance(out, Tensor):
            assert isinstance(out.array, np.ndarray)
            return [out.dtype.name, *out.shape]
        return {"tuple": [described(x) for x in out]} if isinstance(out, tuple) else repr(out)

    assert described(out) == golden["out"]


@pytest.mark.parametrize("row", [row for row in ROWS if "numbers" in GOLDEN[row.id]], ids=lambda row: row.id)
def test_numbers_are_pytorchs(row: Row) -> None:
    np.testing.assert_allclose(digest(row, tg, tg.from_numpy), GOLDEN[row.id]["numbers"], rtol=1e-7, atol=1e-9)


def test_every_public_module_has_a_row() -> None:
    public = {n for n in nn.__all__ if isinstance(getattr(nn, n), type)}
    named = {name for name in public for row in ROWS if f"{name}(" in row.build}
    assert public - named == NO_ROW


@every
def test_gradients(row: Row) -> None:
    """Of every parameter and input, along a random direction, against a central difference."""
    if not (row.smooth and row.grads):
        assert not row.grads or any(t.requires_grad for t in flat(row.run(built(row), *leaves(row)[1:])))
        return
    module = built(row)
    inputs, args, kwargs = leaves(row)
    variables = [*module.parameters(), *inputs]
    rng = np.random.default_rng(3)

    def results() -> list[Tensor]:
        tg.manual_seed(1)  # the same dropout every time
        return [t for t in flat(row.run(module, args, kwargs)) if t.is_floating_point()]

    outs = results()
    seeds = [np.asarray(rng.standard_normal(t.shape)) for t in outs]
    grads = gradient_of(outs, variables, [Tensor._of(s) for s in seeds], allow_unused=True)
    compared = 0

    def value() -> float:
        with tg.no_grad():
            return sum(float((t.array * s).sum()) for t, s in zip(results(), seeds))

    for x, g in zip(variables, grads):
        direction = rng.standard_normal(x.shape)
        start, ends = x.array.copy(), []
        for step in (1e-6, -1e-6):
            x.array[...] = start + step * direction
            ends.append(value())
        x.array[...] = start
        exact = 0.0 if g is None else float((g.array * direction).sum())
        assert exact == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5, abs=1e-6 * max(1.0, abs(ends[0])))
        compared += g is not None
    assert compared or not variables or not any(s.size for s in seeds)


@every
def test_training_and_evaluation(row: Row) -> None:
    module = built(row)
    trained = called(row, copy.deepcopy(module).train())
    evaluated = copy.deepcopy(module).eval()
    first = called(row, evaluated)
    assert not evaluated.training
    assert same(first, called(row, evaluated, seed=2)) == (row.noisy != "always"), "evaluation must not be random"
    assert row.modes == (not same(trained, first))
    if row.noisy is True:
        assert not same(trained, called(row, copy.deepcopy(module).train(), seed=2))


@every
def test_copies(row: Row) -> None:
    """deepcopy and pickle give modules that say the same and share nothing."""
    module = built(row).eval()
    want = called(row, module)
    twins = [copy.deepcopy(module), pickle.loads(pickle.dumps(module))]
    for twin in twins:
        assert type(twin) is type(module) and repr(twin) == repr(module)
        assert same(called(row, twin), want)
        for (k, a), (k2, b) in zip(module.state_dict().items(), twin.state_dict().items()):
            assert k == k2 and (a.array.size == 0 or not np.shares_memory(a.array, b.array))
        for p in twin.parameters():
            p.data.fill_(0.3)
    assert same(called(row, module), want)


@pytest.mark.parametrize("row", with_state, ids=[row.id for row in with_state])
def test_state_dict_round_trip(row: Row) -> None:
    module, other = built(row, 0).eval(), row.module(tg).eval()
    assert repr(other.load_state_dict(module.state_dict())) == "<All keys matched successfully>"
    assert same(called(row, module), called(row, other))
    assert repr(other) == repr(module)
    for a, b in zip(module.state_dict().values(), other.state_dict().values()):
        assert a.dtype is b.dtype and np.array_equal(a.array, b.array)


@pytest.mark.parametrize("row", with_state, ids=[row.id for row in with_state])
def test_dtypes(row: Row) -> None:
    module = row.module(tg, double=False).double().float()
    state = [t for t in (*module.parameters(), *module.buffers()) if t.is_floating_point()]
    assert all(t.dtype is tg.float32 for t in state)
    assert all(isinstance(p, nn.Parameter) for p in module.parameters())


def placed(row: Row) -> str | None:
    """The row's line with device="meta" and dtype=float16, if its class takes them."""
    tree = ast.parse(row.build, mode="eval").body
    takes = inspect.signature(getattr(nn, row.name, object)).parameters
    if not isinstance(tree, ast.Call) or not {"device", "dtype"} <= takes.keys():
        return None
    tree.keywords += [ast.keyword("device", ast.Constant("meta")), ast.keyword("dtype", ast.Name("float16", ast.Load()))]
    return ast.unparse(tree)


@pytest.mark.parametrize("build", sorted({line for line in map(placed, with_state) if line}))
def test_device_and_dtype_reach_every_parameter_and_buffer(build: str) -> None:
    weight = tg.tensor([1.0, 2.0, 0.5], device="meta", dtype=tg.float16)
    module = eval(build, {**vars(nn), "float16": tg.float16, "F": nn.functional, "tensor": lambda x: weight})
    held = [*module.named_parameters(), *module.named_buffers()]
    assert held
    for name, x in held:
        assert x.device == tg.device("meta"), name
        assert x.dtype is (tg.int64 if name.endswith("num_batches_tracked") else tg.float16), name


def test_an_old_name_says_so() -> None:
    with pytest.warns(FutureWarning, match="NLLLoss2d is an old name; use NLLLoss, which is the same."):
        nn.NLLLoss2d()
