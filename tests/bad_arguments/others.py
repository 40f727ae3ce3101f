"""Good calls of what stands around the operations: optimizers, schedules, distributions, data, metrics, pictures, transforms
of functions, switches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import tensorgrad as tg
from tensorgrad import distributions as D
from tensorgrad import func, metrics, nn, optim
from tensorgrad.distributions import constraints
from tensorgrad.optim import lr_scheduler, swa_utils
from tensorgrad.summary import summary
from tensorgrad.utils import data
from tests.bad_arguments import text
from tests.bad_arguments.probe import Row
from tests.distributions.test_distributions import KINDS
from tests.optim import table


def parameters() -> list[Any]:
    ps = [nn.Parameter(tg.ones(2, 3)), nn.Parameter(tg.ones(3))]
    for p in ps:
        p.grad = tg.ones(*p.shape)
    return ps


FIXED = {"tg": tg, "nn": nn, "D": D, "optim": optim, "lr_scheduler": lr_scheduler, "swa_utils": swa_utils, "data": data}
FIXED |= {"metrics": metrics, "func": func, "constraints": constraints, "np": np, "square": lambda x: (x * x).sum()}
FIXED |= {"summary": summary, "first": lambda t: 0.9**t, "doubled": lambda x: x * 2}
LEAF = tg.ones(3, requires_grad=True)
FIXED |= {"leaf": LEAF}
NAMES = text.Names(
    FIXED,
    {
        "ps": parameters,
        "sgd": lambda: optim.SGD(parameters(), lr=0.1, momentum=0.9),
        "step": lambda: lr_scheduler.StepLR(optim.SGD(parameters(), lr=0.1), 3),
        "linear": lambda: nn.Linear(3, 3),
        "x": lambda: tg.ones(2, 3),
        "loss": lambda: (LEAF * LEAF).sum(),
        "normal": lambda: D.Normal(tg.zeros(2), tg.ones(2)),
        "rows": lambda: data.TensorDataset(tg.ones(6, 2), tg.zeros(6)),
        "loader": lambda: data.DataLoader([tg.ones(3)] * 4, batch_size=2),
    },
)

OPTIM = """
optim.Optimizer(ps, {"lr": 0.1})
sgd.add_param_group({"params": [nn.Parameter(tg.ones(2))]})
sgd.zero_grad(True)
sgd.step(None)
sgd.register_step_post_hook(len)
sgd.register_step_pre_hook(len)
lr_scheduler.ChainedScheduler([step])
lr_scheduler.ReduceLROnPlateau(sgd, mode="min", factor=0.1, patience=10, threshold=1e-4)
lr_scheduler.ReduceLROnPlateau(sgd, threshold_mode="rel", cooldown=0, min_lr=0.0, eps=1e-8)
lr_scheduler.ReduceLROnPlateau(sgd).step(0.5)
step.step(None)
swa_utils.AveragedModel(linear, None, avg_fn=None, multi_avg_fn=None, use_buffers=False)
swa_utils.AveragedModel(linear).update_parameters(linear)
swa_utils.SWALR(sgd, 0.1, 10, "cos")
swa_utils.get_ema_avg_fn(0.9)
swa_utils.get_ema_multi_avg_fn(0.9)
swa_utils.update_bn(loader, linear, None)
"""

DISTRIBUTIONS = """
D.Normal(0.0, 1.0, validate_args=None)
D.VonMises(0.0, 1.0, validate_args=None)
D.LKJCholesky(3, 1.0, None)
D.Binomial(5, 0.5, None)
D.Multinomial(5, tg.ones(3) / 3)
D.Categorical(tg.ones(3) / 3, None)
D.NegativeBinomial(3, 0.5)
D.LogisticNormal(tg.zeros(2), tg.ones(2))
D.RelaxedBernoulli(tg.tensor(0.5), 0.5)
D.RelaxedOneHotCategorical(tg.tensor(0.5), tg.ones(3) / 3)
D.Independent(normal, 1)
D.TransformedDistribution(normal, [D.ExpTransform()])
D.MultivariateNormal(tg.zeros(2), covariance_matrix=tg.eye(2))
D.Cauchy(0.0, 1.0)
D.HalfCauchy(1.0)
D.Distribution((2,), (), None)
D.Distribution.set_default_validate_args(True)
normal.sample((2,))
normal.rsample((2,))
normal.log_prob(tg.zeros(2))
normal.cdf(tg.zeros(2))
normal.icdf(tg.ones(2) / 2)
normal.expand((3, 2))
D.Categorical(tg.ones(3) / 3).log_prob(tg.tensor(1))
D.Categorical(tg.ones(3) / 3).sample((2,))
D.Categorical(tg.ones(3) / 3).enumerate_support(True)
D.kl_divergence(normal, normal)
D.register_kl(D.Normal, D.Normal)
D.AffineTransform(0.0, 1.0, 0, 0)
D.PowerTransform(tg.tensor(2.0), 0)
D.ReshapeTransform((2, 3), (6,), 0)
D.ComposeTransform([D.ExpTransform()], 0)
D.IndependentTransform(D.ExpTransform(), 1, 0)
D.ExpTransform(0)
D.AbsTransform(0)
D.LowerCholeskyTransform(0)
D.SigmoidTransform(0)
D.SoftmaxTransform(0)
D.SoftplusTransform(0)
D.StickBreakingTransform(0)
D.TanhTransform(0)
D.MixtureSameFamily(D.Categorical(tg.ones(3) / 3), D.Normal(tg.zeros(3), tg.ones(3)))
D.CumulativeDistributionTransform(normal, 0)
D.ExpTransform()(tg.zeros(2))
D.ExpTransform().inv(tg.ones(2))
D.ExpTransform().log_abs_det_jacobian(tg.zeros(2), tg.ones(2))
constraints.greater_than(0.0)
constraints.greater_than_eq(0.0)
constraints.less_than(0.0)
constraints.interval(0.0, 1.0)
constraints.half_open_interval(0.0, 1.0)
constraints.integer_interval(0, 3)
constraints.independent(constraints.real, 1)
constraints.multinomial(3)
constraints.real.check(tg.zeros(2))
constraints.interval(0.0, 1.0).check(tg.zeros(2))
"""

DATA = """
data.TensorDataset(tg.ones(4, 2), tg.zeros(4))
data.StackDataset(tg.ones(4, 2), tg.zeros(4))
data.ConcatDataset([rows, rows])
data.Subset(rows, [0, 1])
data.random_split(rows, [2, 4], generator=None)
data.SequentialSampler(rows)
data.RandomSampler(rows, True, 3, None)
data.SubsetRandomSampler([0, 1], None)
data.WeightedRandomSampler([0.5, 0.5], 3, True, None)
data.BatchSampler(data.SequentialSampler(rows), 2, False)
data.DistributedSampler(rows, num_replicas=2, rank=0, shuffle=True, seed=0, drop_last=False)
data.DataLoader(rows, 2, False, None, None, 0, None, False, False, 0, None, generator=None, prefetch_factor=None)
data.default_collate([tg.ones(2), tg.ones(2)])
data.default_convert(np.ones(2))
"""

METRICS = """
metrics.Accuracy()
metrics.Precision()
metrics.Recall()
metrics.F1()
metrics.ConfusionMatrix(3)
metrics.TopKAccuracy(2)
metrics.Accuracy()(tg.ones(4, 3), tg.zeros(4, dtype=tg.int64))
metrics.ConfusionMatrix(3)(tg.ones(4, 3), tg.zeros(4, dtype=tg.int64))
metrics.TopKAccuracy(2)(tg.ones(4, 3), tg.zeros(4, dtype=tg.int64))
metrics.ROCAUC()(tg.tensor([0.1, 0.9]), tg.tensor([0, 1]))
metrics.AveragePrecision()(tg.tensor([0.1, 0.9]), tg.tensor([0, 1]))
metrics.F1()(tg.ones(4, 3), tg.zeros(4, dtype=tg.int64))
metrics.MAE()(tg.ones(4), tg.zeros(4))
metrics.MSE()(tg.ones(4), tg.zeros(4))
metrics.RMSE()(tg.ones(4), tg.zeros(4))
metrics.R2()(tg.ones(4), tg.arange(4).float())
metrics.Perplexity()(tg.ones(4, 3), tg.zeros(4, dtype=tg.int64))
"""

FUNCTIONS = """
func.grad(square, argnums=0, has_aux=False)
func.grad_and_value(square, argnums=0, has_aux=False)
func.jacrev(square, argnums=0, has_aux=False)
func.jacfwd(square, argnums=0, has_aux=False)
func.hessian(square, argnums=0)
func.vmap(doubled, in_dims=0, out_dims=0, randomness="error", chunk_size=None)
func.vjp(tg.sum, tg.ones(3), has_aux=False)
func.jvp(tg.sum, (tg.ones(3),), (tg.ones(3),), has_aux=False)
func.linearize(tg.sum, tg.ones(3))
func.functional_call(linear, {}, (x,), kwargs=None, tie_weights=True, strict=False)
func.stack_module_state([linear])
tg.autograd.grad(loss, [leaf])
tg.autograd.backward(square(ps[0]), None, None, False, None)
tg.autograd.functional.jacobian(square, tg.ones(3), create_graph=False, strict=False, vectorize=False)
tg.autograd.functional.hessian(square, tg.ones(3), create_graph=False, strict=False, vectorize=False)
tg.autograd.functional.vjp(square, tg.ones(3), None, create_graph=False, strict=False)
tg.autograd.functional.jvp(doubled, tg.ones(3), tg.ones(3), create_graph=False, strict=False)
tg.autograd.functional.vhp(square, tg.ones(3), tg.ones(3), create_graph=False, strict=False)
tg.autograd.functional.hvp(square, tg.ones(3), tg.ones(3), create_graph=False, strict=False)
tg.autograd.gradcheck(square, [tg.ones(3, dtype=tg.float64, requires_grad=True)], eps=1e-6, atol=1e-5, rtol=1e-3)
tg.utils.checkpoint.checkpoint_sequential([linear, linear], 2, x, use_reentrant=False)
tg.testing.assert_close(x, x, rtol=None, atol=None, equal_nan=False, check_dtype=True)
summary(linear, (2, 3))
"""

SWITCHES = """
tg.numel(x)
tg.is_floating_point(x)
tg.is_complex(x)
tg.is_signed(x)
tg.is_nonzero(tg.ones(1))
tg.is_conj(x)
tg.is_neg(x)
tg.is_inference(x)
tg.result_type(x, 2)
tg.can_cast(tg.float32, tg.float64)
tg.promote_types(tg.float32, tg.float64)
tg.finfo(tg.float32)
tg.iinfo(tg.int32)
tg.set_default_dtype(tg.float32)
tg.set_default_device("cpu")
tg.set_default_tensor_type("torch.FloatTensor")
tg.set_grad_enabled(True)
tg.set_float32_matmul_precision("high")
tg.set_num_threads(2)
tg.set_num_interop_threads(2)
tg.use_deterministic_algorithms(True)
tg.set_flush_denormal(True)
tg.set_warn_always(False)
tg.set_printoptions(precision=4, threshold=1000, edgeitems=3, linewidth=80, sci_mode=None)
tg.manual_seed(0)
tg.set_rng_state(tg.get_rng_state())
tg.Generator("cpu")
tg.Generator().manual_seed(3)
tg.broadcast_shapes((2, 1), (1, 3))
tg.device("cpu")
tg.Size((2, 3))
tg.Tensor([1.0, 2.0])
tg.from_numpy(np.ones(2))
tg.from_dlpack(np.ones(2))
tg.as_tensor([1, 2])
tg.asarray([1, 2], copy=None)
tg.FloatTensor([1.0])
tg.LongTensor([1])
tg.inference_mode(True)
tg.no_grad()(square)
tg.typename(x)
tg.is_tensor(x)
tg.slice_copy(x, 0, 0, 1, 1)
tg.alias_copy(x)
loss.backward(tg.ones(()))
x.to(tg.float32)
x.type_as(x)
x.is_set_to(x)
x.size(0)
x.stride(0)
x.new_zeros((2, 3))
x.new_full((2, 3), 1.0)
x.requires_grad_(True)
leaf.register_hook(len)
x.numpy(force=False)
x.sum_to_size((1, 3))
x.apply_(first)
x.map_(x, max)
x.resize_as_(x)
x.as_strided_((2,), (1,), 0)
"""


def optimizers() -> Iterator[Row]:
    for name, settings in [*table.OPTIMIZERS, *(("Muon", m) for m in table.MUON)]:
        kind = getattr(optim, name)

        def make(kind: Any = kind, settings: Any = settings) -> Any:
            return kind, [[nn.Parameter(tg.ones(2, 3))]], dict(settings)

        yield Row(f"{name}({settings})", (name,), make)
    for name, settings in table.SCHEDULES:
        kind = getattr(lr_scheduler, name)

        def schedule(kind: Any = kind, settings: Any = settings) -> Any:
            momentum = optim.SGD([{"params": [p]} for p in parameters()], lr=0.1, momentum=0.9)
            return kind, [momentum], {**settings, "last_epoch": -1}

        yield Row(f"{name}({settings})", (name,), schedule, also=(KeyError,))
    yield from text.rows(OPTIM, NAMES)


def distributions() -> Iterator[Row]:
    for name, (build, ps) in KINDS.items():
        if isinstance(build, type):
            yield Row(name, (name,), lambda build=build, ps=ps: (build, [p.clone() for p in ps], {"validate_args": True}))  # type: ignore[misc]
    yield from text.rows(DISTRIBUTIONS, NAMES)


def around() -> Iterator[Row]:
    for rows in (DATA, METRICS, FUNCTIONS, SWITCHES):
        yield from text.rows(rows, NAMES)
