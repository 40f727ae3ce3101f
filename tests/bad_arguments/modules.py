"""Every module built with bad settings, and called with bad inputs; first values, utilities."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import tensorgrad as tg
from tensorgrad import Tensor, nn
from tests.bad_arguments import text
from tests.bad_arguments.probe import Call, Row
from tests.nn import table

FIXED: dict[str, Any] = {"tg": tg, "nn": nn, "len_of": lambda module: None}
FIXED |= {k: v for k, v in vars(nn).items() if inspect.isclass(v)}
FIXED |= {"F": nn.functional, "tensor": lambda x: tg.tensor(x)}


def with_gradients() -> list[Any]:
    ps = [nn.Parameter(tg.ones(2, 3)), nn.Parameter(tg.ones(3))]
    for p in ps:
        p.grad = tg.ones(*p.shape)
    return ps


NAMES = text.Names(
    FIXED,
    {
        "W": lambda: tg.zeros(4, 3),
        "K": lambda: tg.zeros(4, 3, 3),
        "ps": with_gradients,
        "linear": lambda: nn.Linear(3, 3),
        "conv": lambda: nn.Conv2d(2, 3, 3),
        "norm2d": lambda: nn.BatchNorm2d(3).eval(),
        "norm1d": lambda: nn.BatchNorm1d(3).eval(),
        "net": lambda: nn.Sequential(nn.Linear(3, 3), nn.ReLU()),
        "x": lambda: tg.ones(2, 3),
        "packed": lambda: nn.utils.rnn.pack_padded_sequence(tg.ones(4, 2, 3), [4, 2]),
    },
)

INIT = """
nn.init.uniform_(W, 0.0, 1.0)
nn.init.normal_(W, 0.0, 1.0)
nn.init.trunc_normal_(W, 0.0, 1.0, -2.0, 2.0)
nn.init.constant_(W, 0.5)
nn.init.ones_(W)
nn.init.zeros_(W)
nn.init.eye_(W)
nn.init.dirac_(K, 1)
nn.init.xavier_uniform_(W, gain=1.0)
nn.init.xavier_normal_(W, gain=1.0)
nn.init.kaiming_uniform_(W, a=0.0, mode="fan_in", nonlinearity="leaky_relu")
nn.init.kaiming_normal_(W, a=0.0, mode="fan_in", nonlinearity="leaky_relu")
nn.init.bias_uniform_(W, W)
nn.init.orthogonal_(W, gain=1.0)
nn.init.sparse_(W, 0.1, std=0.01)
nn.init.calculate_gain("leaky_relu", 0.1)
"""

UTILS = """
nn.utils.clip_grad_norm_(ps, 1.0, norm_type=2.0, error_if_nonfinite=False, foreach=None)
nn.utils.clip_grad_value_(ps, 1.0, foreach=None)
nn.utils.get_total_norm(ps, 2.0, False)
nn.utils.clip_grads_with_norm_(ps, 1.0, tg.tensor(1.0))
nn.utils.parameters_to_vector(ps)
nn.utils.vector_to_parameters(tg.zeros(9), ps)
nn.utils.fuse_conv_bn_eval(conv.eval(), norm2d, False)
nn.utils.fuse_linear_bn_eval(linear.eval(), norm1d)
nn.utils.fuse_conv_bn_weights(conv.weight, None, tg.zeros(3), tg.ones(3), 1e-5, tg.ones(3), tg.zeros(3))
nn.utils.fuse_linear_bn_weights(linear.weight, None, tg.zeros(3), tg.ones(3), 1e-5, tg.ones(3), tg.zeros(3))
nn.utils.weight_norm(linear, "weight", 0)
nn.utils.remove_weight_norm(nn.utils.weight_norm(linear), "weight")
nn.utils.spectral_norm(linear, "weight", 1, 1e-12, 0)
nn.utils.remove_spectral_norm(nn.utils.spectral_norm(linear), "weight")
nn.utils.skip_init(nn.Linear, 3, 4)
nn.utils.parametrizations.weight_norm(linear, "weight", 0)
nn.utils.parametrizations.spectral_norm(linear, "weight", 1, 1e-12, 0)
nn.utils.parametrizations.orthogonal(linear, "weight", "matrix_exp", use_trivialization=True)
nn.utils.parametrize.register_parametrization(linear, "weight", nn.Tanh(), unsafe=False)
nn.utils.parametrize.is_parametrized(linear, "weight")
nn.utils.parametrize.remove_parametrizations(nn.utils.parametrizations.weight_norm(linear), "weight", True)
nn.utils.stateless.functional_call(linear, {"weight": tg.ones(3, 3)}, (x,))
nn.utils.rnn.pad_sequence([tg.ones(3), tg.ones(2)], batch_first=False, padding_value=0.0, padding_side="right")
nn.utils.rnn.pack_padded_sequence(tg.ones(4, 2, 3), [4, 2], batch_first=False, enforce_sorted=True)
nn.utils.rnn.pack_sequence([tg.ones(3), tg.ones(2)], enforce_sorted=True)
nn.utils.rnn.pad_packed_sequence(packed, batch_first=False, padding_value=0.0, total_length=None)
nn.utils.rnn.unpad_sequence(tg.ones(4, 2), tg.tensor([4, 2]), batch_first=False)
nn.utils.rnn.unpack_sequence(packed)
nn.utils.rnn.invert_permutation(tg.tensor([1, 0, 2]))
nn.utils.prune.identity(linear, "weight")
nn.utils.prune.random_unstructured(linear, "weight", 0.5)
nn.utils.prune.l1_unstructured(linear, "weight", 0.5, importance_scores=None)
nn.utils.prune.random_structured(linear, "weight", 0.5, 0)
nn.utils.prune.ln_structured(linear, "weight", 0.5, 2, 0, importance_scores=None)
nn.utils.prune.custom_from_mask(linear, "weight", tg.ones(3, 3))
nn.utils.prune.global_unstructured([(linear, "weight")], nn.utils.prune.L1Unstructured, importance_scores=None, amount=0.5)
nn.utils.prune.is_pruned(linear)
nn.utils.prune.remove(nn.utils.prune.identity(linear, "weight"), "weight")
nn.grad.conv1d_input((1, 2, 5), tg.ones(3, 2, 3), tg.ones(1, 3, 3), 1, 0, 1, 1)
nn.grad.conv1d_weight(tg.ones(1, 2, 5), (3, 2, 3), tg.ones(1, 3, 3), 1, 0, 1, 1)
nn.grad.conv2d_input((1, 2, 5, 5), tg.ones(3, 2, 3, 3), tg.ones(1, 3, 3, 3), 1, 0, 1, 1)
nn.grad.conv2d_weight(tg.ones(1, 2, 5, 5), (3, 2, 3, 3), tg.ones(1, 3, 3, 3), 1, 0, 1, 1)
nn.Parameter(x, True)
nn.Buffer(x, persistent=True)
"""

METHODS = """
linear.register_parameter("p", nn.Parameter(x))
linear.register_buffer("b", x, True)
linear.add_module("m", nn.ReLU())
linear.get_parameter("weight")
net.get_submodule("0")
net.set_submodule("0", nn.ReLU())
linear.train(True)
linear.requires_grad_(True)
linear.to(tg.float32)
linear.zero_grad(True)
linear.apply(len_of)
linear.type(tg.float32)
linear.load_state_dict(linear.state_dict(), strict=True)
net.append(nn.ReLU())
net.insert(0, nn.ReLU())
net.extend([nn.ReLU()])
nn.ModuleList([nn.ReLU()]).append(nn.ReLU())
nn.ModuleList([nn.ReLU()]).insert(0, nn.ReLU())
nn.ModuleDict({"a": nn.ReLU()}).update({"b": nn.ReLU()})
nn.ParameterList([nn.Parameter(x)]).append(nn.Parameter(x))
nn.ParameterDict({"a": nn.Parameter(x)}).update({"b": nn.Parameter(x)})
"""


def constructors() -> Iterator[Row]:
    for build in dict.fromkeys(row.build for row in table.ROWS):
        if build.count("(") and build.split("(")[0].isidentifier() and build.endswith(")"):
            yield text.row(build, NAMES)


OPERATIONS = tuple(f"{n}: " for n in (*nn.functional.__all__, *nn.__all__, "flatten", "unflatten"))


def calls() -> Iterator[Row]:
    """Modules on bad inputs: an error says the module's name, or that of the operation it stands for."""
    seen = set()
    for row in table.ROWS:
        if row.name in seen or row.call:
            continue
        seen.add(row.name)

        def make(row: table.Row = row) -> Call:
            args, kwargs = row.arguments(lambda a: Tensor._of(a.astype("float32") if a.dtype.kind == "f" else a))
            return row.module(tg, double=False), list(args), dict(kwargs)

        yield Row(f"{row.build}(…)", (row.name, *OPERATIONS), make)


def init() -> Iterator[Row]:
    return text.rows(INIT, NAMES)


def utils() -> Iterator[Row]:
    return text.rows(UTILS, NAMES)


def methods() -> Iterator[Row]:
    return text.rows(METHODS, NAMES)
