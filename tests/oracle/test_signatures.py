"""Names of functions and of their arguments: what PyTorch has is here, and a call by keyword is understood as there.

PyTorch's native functions have no signature to inspect; they are declared in the file its wheel brings for generators of
code, one `- func: name.overload(Tensor self, int dim=-1, *, …) -> …` each.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
import torchgen

import tensorgrad as tg

from .bridge import Unsupported, compare, to_ours
from .differences import DIFFERENT, LEFT_OUT, LOOSE
from .test_opinfo import op_db, ours_for, summary

DECLARATIONS = Path(torchgen.__file__).parent / "packaged" / "ATen" / "native" / "native_functions.yaml"
ALSO = {"dim": "axis", "keepdim": "keepdims"}  # NumPy's words, which PyTorch's parser of arguments takes as well


@cache
def declared() -> dict[str, list[list[str]]]:
    """The names of the arguments, `self` first where there is one, of each overload of each native function."""
    found: dict[str, list[list[str]]] = {}
    text = DECLARATIONS.read_text()
    for name, arguments in re.findall(r"^- func: (\w+)(?:\.\w+)?\((.*)\) -> ", text, re.M):
        each = re.sub(r"\[[^]]*\]|=[^,]*", "", arguments).split(", ")  # without sizes and defaults
        found.setdefault(name, []).append([a.split()[-1] for a in each if " " in a and "!" not in a])
    return found


def overloads(name: str) -> list[list[str]]:
    """Those of a function as OpInfo names it."""
    native = name.replace("linalg.", "linalg_").replace("special.", "special_").removeprefix("nn.functional.")
    return declared().get(native, [])


def entries() -> list[Any]:
    found = []
    for op in op_db:
        hidden = ("_", "torch.ops", "masked.", "fft.", "signal.", "sparse.")
        if op.name in LEFT_OUT or op.name.startswith(hidden) or ours_for(op.name) is None or not overloads(op.name):
            continue
        label = op.name + (f"-{op.variant_test_name}" if op.variant_test_name else "")
        if callable(getattr_of(torch, op.name)) and not inspect.isclass(getattr_of(torch, op.name)):
            found.append(pytest.param(op, False, id=label))
        if callable(getattr(torch.Tensor, op.name, None)):
            found.append(pytest.param(op, True, id=f"Tensor.{label}"))
    return found


def getattr_of(module: Any, path: str) -> Any:
    for part in path.split("."):
        module = getattr(module, part, None)
    return module


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("op", "method"), entries())
def test_every_argument_by_keyword(op: Any, method: bool) -> None:
    """PyTorch's own samples with every argument by name, wherever PyTorch takes the call."""
    torch.manual_seed(0)
    theirs = getattr(torch.Tensor, op.name) if method else getattr_of(torch, op.name)
    ours = getattr(tg.Tensor, op.name, None) if method else getattr_of(tg, op.name)
    dtype = torch.float64 if torch.float64 in op.dtypes else torch.int64
    for s in list(op.sample_inputs("cpu", dtype))[:24]:
        if DIFFERENT.get(op.name, lambda s, dtype: "")(s, "float64"):
            continue
        for by_name in spelled(op.name, s, method):
            first = [by_name.pop("self")] if method else []
            try:
                want = theirs(*first, **by_name)
                mine = [to_ours(x) for x in first], {k: to_ours(v) for k, v in by_name.items()}
            except (TypeError, RuntimeError, IndexError, ValueError, Unsupported):
                continue
            got = ours(*mine[0], **mine[1])
            seen = s.output_process_fn_grad
            compare(seen(got), seen(want), f"{summary(s)} by {sorted(by_name)}", **LOOSE.get(op.name, {}))


def spelled(name: str, s: Any, method: bool) -> list[dict[str, Any]]:
    """The ways to give a sample's arguments by name."""
    found = []
    for names in overloads(name):
        names = ["input" if n == "self" and not method else n for n in names]
        given = [s.input, *s.args]
        if len(given) > len(names) or set(names[: len(given)]) & set(s.kwargs) or method and names[:1] != ["self"]:
            continue
        by_name = dict(zip(names, given)) | s.kwargs
        found.append(by_name)
        if ALSO.keys() & by_name.keys():
            found.append({ALSO.get(k, k): v for k, v in by_name.items()})
    return found
