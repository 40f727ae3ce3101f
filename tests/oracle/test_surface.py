"""The names of torch, Tensor, linalg and special, and of their arguments: what PyTorch has is here, or left out for a
reason, and a call by keyword is understood as there. (torch.nn and torch.optim: test_signatures.py.)

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


# What is not here, as patterns, and why.
LEFT_OUT_NAMES = {
    "complex numbers": "complex imag polar istft stft view_as_(complex|real)(_copy)? cdouble cfloat chalf eig eigvals",
    "sparse tensors": "sparse_.* (ccol|col|crow|row)_indices(_copy)? indices(_copy)? values(_copy)? d?smm hsmm hspmm saddmm "
    "sspaddmm resize_as_sparse_ coalesce is_coalesced dense_dim to_sparse.* to_mkldnn to_padded_tensor to_dense",
    "quantisation": "(choose_q|quantize|fake_quant|q_|fbgemm|fused_moving|empty_quant|int_repr|dequantize).* qscheme",
    "kernels under their own names": "(cudnn|miopen|mkldnn|native|batch_norm)_.* affine_grid_generator grid_sampler.* "
    "convolution embedding_renorm_ norm_except_dim (frobenius|nuclear)_norm hash_tensor max_pool1d_with_indices",
    "nn.functional has them; at the top level they take numbers for words": "binary_cross_entropy_with_logits ctc_loss "
    "(cosine_embedding|hinge_embedding|margin_ranking|poisson_nll|triplet_margin)_loss kl_div embedding_bag "
    "(alpha|feature|feature_alpha)_dropout_",
    "nn has them as modules": "gru lstm rnn_relu rnn_tanh",
    "the compiler and its symbols": "sym_.* cond fork wait import_ir.* merge_type.* parse_.* unify_type_list slice_inverse",
    "autocast under older names": ".*autocast.*",
    "other devices": "is_vulkan_available get_device ipu mtia xpu record_stream is_distributed",
    "storages": "is_storage storage_type untyped_storage from_file share_memory_ const_data_ptr",
    "settings of PyTorch's own": "(get|set)_deterministic_debug_mode is_deterministic_algorithms_warn_only_enabled "
    "is_warn_always_enabled thread_safe_generator init_num_threads",
    "gone from PyTorch, or on their way": "lstsq symeig solve reinforce resize resize_as index as_subclass module_load",
    "iterative eigenvalues; indefinite factorisations": "lobpcg ldl_.*",
}


def functions(home: Any, names: Any) -> list[str]:
    kinds = ("function", "builtin_function_or_method", "method_descriptor")
    return [n for n in names if not n.startswith("_") and type(getattr(home, n)).__name__ in kinds]


def test_what_is_not_here_has_a_reason() -> None:
    missing = {n for n in functions(torch, torch.__all__) if not hasattr(tg, n)}
    for theirs, ours in ((torch.Tensor, tg.Tensor), (torch.linalg, tg.linalg), (torch.special, tg.special)):
        missing |= {n for n in functions(theirs, dir(theirs)) if not hasattr(ours, n)}
    patterns = [p for words in LEFT_OUT_NAMES.values() for p in words.split()]
    unexplained = {n for n in missing if not any(re.fullmatch(p, n) for p in patterns)}
    assert not unexplained, unexplained
    idle = [p for p in patterns if not any(re.fullmatch(p, n) for n in missing)]
    assert not idle, f"these are here, or nowhere: {idle}"


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
