"""Every warning of the package points to the user's line, whichever way the call came."""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import nn, optim
from tensorgrad.nn import functional as F
from tensorgrad.training import Checkpoint, Trainer

ROOT = Path(__file__).parent.parent


def old_schedule() -> None:
    optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=0.1)
    optim.lr_scheduler.StepLR(optimizer, 1).step()


def a_parameter_twice() -> None:
    w = tg.ones(1, requires_grad=True)
    optim.SGD([w, w], lr=0.1)


def a_hook_that_raises_too() -> None:
    module = nn.Linear(1, 1)

    def fails(*_: Any) -> None:
        raise ValueError("second")

    module.register_forward_hook(fails, always_call=True)
    with pytest.raises(ValueError, match="input has 5 features"):
        nn.Sequential(nn.Identity(), module)(tg.ones(2, 5))


def a_gradient_that_is_not_kept() -> None:
    y = tg.ones(1, requires_grad=True) * 2
    y.grad


def a_broken_checkpoint(folder: Path) -> None:
    w = nn.Linear(1, 1)
    Checkpoint(folder, model=w).save(1)
    Checkpoint(folder, model=w).save(2)
    (folder / "checkpoint-000000002.safetensors").write_bytes(b"no checkpoint")
    Checkpoint(folder, model=w).resume()


def a_file_that_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("busy")

    monkeypatch.setattr(Path, "unlink", refuse)
    for step in (1, 2):
        Checkpoint(folder, keep=1, model=nn.Linear(1, 1)).save(step)


def a_run_that_is_over(folder: Path) -> None:
    for _ in range(2):
        a_training(folder, 0.1, 1)


def a_run_with_another_rate(folder: Path) -> None:
    a_training(folder, 0.1, 1)
    a_training(folder, 0.2, 2)


def a_training(folder: Path, lr: float, epochs: int) -> None:
    model = nn.Linear(1, 1)
    trainer = Trainer(model, optim.SGD(model.parameters(), lr), nn.MSELoss())
    trainer.train(tg.ones(2, 1), tg.ones(2, 1), epochs, checkpoint=folder)


x = tg.ones(2, 3, requires_grad=True)

# What is done, and words of what is said; each call of `warn` in the package must be met by one.
CASES: list[tuple[Callable[..., Any], str]] = [
    (old_schedule, "step() was called before the optimizer's step()"),
    (a_parameter_twice, "a parameter stands twice in one group"),
    (lambda: tg.amp.GradScaler(), "there is no CUDA here, so it is disabled. For gradients on the CPU: GradScaler("),
    (lambda: x[[[0], [1]]], "a list of lists, tensors or slices is taken for one index per axis"),
    (lambda: x[tg.tensor([1, 0], dtype=tg.uint8)], "a uint8 index is a mask"),
    (lambda: F.upsample(tg.ones(1, 1, 2, 2), 4), "upsample is the old name"),
    (lambda: F.upsample_nearest(tg.ones(1, 1, 2, 2), 4), "upsample_nearest is the old name"),
    (lambda: F.upsample_bilinear(tg.ones(1, 1, 2, 2), 4), "upsample_bilinear is the old name"),
    (lambda: F.softmax(x), "dim was left out; 1 is taken"),
    (lambda: nn.Sequential(nn.Softmax())(x), "dim was left out; 1 is taken"),
    (lambda: F.mse_loss(x, tg.ones(3)), "have different shapes and are broadcast"),
    (lambda: nn.MSELoss()(x, tg.ones(3)), "have different shapes and are broadcast"),
    (lambda: nn.HuberLoss()(x, tg.ones(3)), "have different shapes and are broadcast"),
    (
        lambda: nn.Sequential(nn.InstanceNorm1d(3))(tg.ones(2, 4, 5)),
        "built for 3; without weights that changes nothing",
    ),
    (lambda: nn.init.trunc_normal_(tg.ones(3), mean=5.0), "mean 5.0 is more than two deviations outside"),
    (lambda: nn.GRU(2, 2, dropout=0.5), "acts between layers, and there is only one"),
    (lambda: nn.NLLLoss2d(), "NLLLoss2d is an old name"),
    (a_hook_that_raises_too, "a hook raised as well, after another error: second"),
    (a_gradient_that_is_not_kept, "grad of a tensor that is not a leaf (the result of mul) is not kept"),
    (lambda: float(x[0, 0]), "float: a tensor that requires grad became a plain number"),
    (lambda: math.exp(x[0, 0]), "x.exp() in place of math.exp(x); for the number itself x.item()"),
    (lambda: tg.distributions.Normal(0.0, 1.0).sample_n(2), "sample_n is an old name"),
    (lambda: tg.add(tg.ones(2), 1, out=tg.ones(3)), "out had shape (3,) and has been resized"),
    (lambda: tg.range(1, 2), "range includes its end"),
    (lambda: tg.autograd.Variable(tg.ones(1), volatile=True), "volatile has no effect"),
    (a_broken_checkpoint, "Trying the one before it"),
    (a_file_that_stays, "cannot remove"),
    (a_run_that_is_over, "nothing is left to train"),
    (a_run_with_another_rate, "goes on with its own lr=0.1, not with the new lr=0.2"),
]


@pytest.mark.parametrize("call, words", CASES, ids=[words[:50] for _, words in CASES])
def test_it_points_here(call: Any, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"folder": tmp_path / "run", "monkeypatch": monkeypatch}
    names = call.__code__.co_varnames[: call.__code__.co_argcount]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        call(*[known[name] for name in names])
    assert [w for w in said if words in str(w.message)], [str(w.message) for w in said]
    assert {w.filename for w in said} == {__file__}


def test_every_warning_of_the_package_is_tried_here() -> None:
    """Each is raised by `autograd.frames.warn`, which finds the user's line, and its words stand in the table above."""
    missing = []
    for path in sorted((ROOT / "tensorgrad").rglob("*.py")):
        for n in ast.walk(ast.parse(path.read_text())):
            if not isinstance(n, ast.Call):
                continue
            name = ast.unparse(n.func)
            # kernels know no user: theirs is about a file on the disk
            where = path.name == "frames.py" or "kernels" in path.parts
            assert name != "warnings.warn" or where, f"{path}:{n.lineno} calls warnings.warn itself"
            if name == "warn":
                parts = [
                    p.value for p in ast.walk(n.args[0]) if isinstance(p, ast.Constant) and isinstance(p.value, str)
                ]
                parts = [part.strip(" .:;(),[]") for part in parts]
                parts = [part for part in parts if len(part) > 10]
                if not any(part in words or words in part for _, words in CASES for part in parts):
                    missing.append(f"{path}:{n.lineno}: {parts}")
    assert not missing, "\n".join(missing)


def test_numbers_that_are_not_part_of_a_graph_say_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert float(tg.tensor(2.0)) == math.sqrt(tg.tensor(4.0)) == 2.0
        assert x[0, 0].item() == 1.0 and int(x[0, 0]) == 1 and bool(x[0, 0]) and f"{x[0, 0]:.1f}" == "1.0"
        with tg.no_grad():
            assert float(x[0, 0]) == 1.0
        assert np.asarray(x.detach()).sum() == 6.0
    with pytest.raises(RuntimeError, match=r"float: a tensor of shape \(2, 3\) with 6 elements is not one number"):
        float(x)
