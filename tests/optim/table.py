"""Every optimizer with every option, every schedule with its shapes: read by the tests here and by tests/oracle."""

from __future__ import annotations

from typing import Any

OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", dict(lr=0.05)),
    ("SGD", dict(lr=0.05, momentum=0.9)),
    ("SGD", dict(lr=0.05, momentum=0.9, dampening=0.3)),
    ("SGD", dict(lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.1)),
    ("SGD", dict(lr=0.05, momentum=0.5, maximize=True)),
    ("SGD", dict(lr=0.05, weight_decay=0.1, maximize=True)),
    ("SGD", dict(lr=0.05, momentum=0.9, dampening=0.3, weight_decay=0.1, maximize=True)),
    ("SGD", dict(lr=0.05, momentum=0.9, nesterov=True, maximize=True, foreach=True)),
    ("Adam", dict(lr=0.05)),
    ("Adam", dict(lr=0.05, betas=(0.8, 0.9), eps=1e-6, weight_decay=0.1)),
    ("Adam", dict(lr=0.05, amsgrad=True)),
    ("Adam", dict(lr=0.05, maximize=True)),
    ("Adam", dict(lr=0.05, amsgrad=True, weight_decay=0.1, maximize=True, betas=(0.5, 0.8), foreach=False)),
    ("Adam", dict(lr=0.05, weight_decay=0.1, decoupled_weight_decay=True)),
    ("AdamW", dict(lr=0.05)),
    ("AdamW", dict(lr=0.05, weight_decay=0.3, amsgrad=True)),
    ("AdamW", dict(lr=0.05, maximize=True)),
    ("AdamW", dict(lr=0.05, betas=(0.8, 0.9), eps=0.01, maximize=True, amsgrad=True)),
    ("AdamW", dict(lr=0.05, weight_decay=0.0)),
    ("Adamax", dict(lr=0.05)),
    ("Adamax", dict(lr=0.05, betas=(0.8, 0.9), weight_decay=0.1)),
    ("Adamax", dict(lr=0.05, maximize=True)),
    ("Adamax", dict(lr=0.05, eps=0.01, weight_decay=0.1, maximize=True)),
    ("NAdam", dict(lr=0.05)),
    ("NAdam", dict(lr=0.05, weight_decay=0.1, momentum_decay=0.02)),
    ("NAdam", dict(lr=0.05, weight_decay=0.1, decoupled_weight_decay=True)),
    ("NAdam", dict(lr=0.05, maximize=True)),
    ("NAdam", dict(lr=0.05, betas=(0.8, 0.9), eps=0.01, weight_decay=0.1, maximize=True)),
    ("RAdam", dict(lr=0.05)),
    ("RAdam", dict(lr=0.05, weight_decay=0.1)),
    ("RAdam", dict(lr=0.05, weight_decay=0.1, decoupled_weight_decay=True)),
    ("RAdam", dict(lr=0.05, maximize=True)),
    ("RAdam", dict(lr=0.05, betas=(0.8, 0.9), eps=0.01, weight_decay=0.1, maximize=True)),
    ("RMSprop", dict(lr=0.05)),
    ("RMSprop", dict(lr=0.05, alpha=0.9, weight_decay=0.1, momentum=0.8)),
    ("RMSprop", dict(lr=0.05, centered=True)),
    ("RMSprop", dict(lr=0.05, centered=True, momentum=0.5, maximize=True)),
    ("RMSprop", dict(lr=0.05, centered=True, eps=0.01, weight_decay=0.1)),
    ("RMSprop", dict(lr=0.05, momentum=0.9)),
    ("RMSprop", dict(lr=0.05, maximize=True, weight_decay=0.1)),
    ("Adagrad", dict(lr=0.05)),
    ("Adagrad", dict(lr=0.05, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.3)),
    ("Adagrad", dict(lr=0.05, maximize=True)),
    ("Adagrad", dict(lr=0.05, eps=0.1, weight_decay=0.1, maximize=True)),
    ("Adadelta", dict()),
    ("Adadelta", dict(lr=0.5, rho=0.8, eps=1e-5, weight_decay=0.1)),
    ("Adadelta", dict(maximize=True)),
    ("Adadelta", dict(rho=0)),
    ("Adafactor", dict(lr=0.05)),
    ("Adafactor", dict(lr=0.5, beta2_decay=-0.5, eps=(1e-3, 0.1), weight_decay=0.1)),
    ("Adafactor", dict(lr=0.5, d=2.0, maximize=True)),
    ("ASGD", dict(lr=0.05)),
    ("ASGD", dict(lr=0.05, lambd=0.01, alpha=0.5, t0=3, weight_decay=0.1)),
    ("ASGD", dict(lr=0.05, maximize=True)),
    ("ASGD", dict(lr=0.05, t0=1, weight_decay=0.1, maximize=True)),
    ("Rprop", dict(lr=0.05)),
    ("Rprop", dict(lr=0.05, etas=(0.3, 1.5), step_sizes=(1e-3, 0.2))),
    ("Rprop", dict(lr=0.05, maximize=True)),
    ("Rprop", dict(lr=0.05, step_sizes=(0.04, 0.06), maximize=True)),
    ("LBFGS", dict(lr=0.1, max_iter=5)),
    ("LBFGS", dict(lr=0.5, max_iter=4, history_size=2)),
    ("LBFGS", dict(max_iter=6, line_search_fn="strong_wolfe")),
    ("LBFGS", dict(lr=0.5, max_iter=6, line_search_fn="strong_wolfe", history_size=3)),
    ("LBFGS", dict(max_iter=6, max_eval=4, tolerance_grad=1e-2, tolerance_change=1e-3)),
]

# Muon is compared apart: PyTorch orthogonalizes in bfloat16.
MUON: list[dict[str, Any]] = [
    dict(lr=0.05),
    dict(lr=0.05, nesterov=False, weight_decay=0.0, momentum=0.5),
    dict(lr=0.05, adjust_lr_fn="match_rms_adamw"),
]

SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("LambdaLR", dict(lr_lambda=lambda t: 0.9**t)),
    ("LambdaLR", dict(lr_lambda=[lambda t: 0.9**t, lambda t: 1 / (1 + t)])),
    ("MultiplicativeLR", dict(lr_lambda=lambda t: 0.95)),
    ("StepLR", dict(step_size=4, gamma=0.5)),
    ("MultiStepLR", dict(milestones=[3, 7, 7, 12], gamma=0.3)),
    ("ConstantLR", dict(factor=0.25, total_iters=5)),
    ("LinearLR", dict(start_factor=0.2, end_factor=0.7, total_iters=6)),
    ("ExponentialLR", dict(gamma=0.9)),
    ("PolynomialLR", dict(total_iters=9, power=2.0)),
    ("CosineAnnealingLR", dict(T_max=5, eta_min=0.001)),
    ("CosineAnnealingWarmRestarts", dict(T_0=4)),
    ("CosineAnnealingWarmRestarts", dict(T_0=3, T_mult=2, eta_min=0.01)),
    ("CosineAnnealingWarmRestarts", dict(T_0=1, T_mult=3)),
    ("CyclicLR", dict(base_lr=0.01, max_lr=0.1, step_size_up=4)),
    ("CyclicLR", dict(base_lr=[0.01, 0.02], max_lr=[0.1, 0.3], step_size_up=3, step_size_down=5, mode="triangular2")),
    ("CyclicLR", dict(base_lr=0.01, max_lr=0.1, step_size_up=4, mode="exp_range", gamma=0.97)),
    ("CyclicLR", dict(base_lr=0.01, max_lr=0.1, step_size_up=4, scale_fn=lambda x: 1 / x, cycle_momentum=False)),
    ("OneCycleLR", dict(max_lr=0.3, total_steps=20)),
    ("OneCycleLR", dict(max_lr=0.3, total_steps=30, pct_start=0.5, div_factor=5.0, final_div_factor=10.0)),
    ("OneCycleLR", dict(max_lr=0.3, total_steps=30, cycle_momentum=False, anneal_strategy="linear", three_phase=True)),
    ("OneCycleLR", dict(max_lr=0.3, total_steps=30, base_momentum=[0.5, 0.6], max_momentum=[0.8, 0.9])),
    ("OneCycleLR", dict(max_lr=[0.3, 0.6], epochs=4, steps_per_epoch=6, anneal_strategy="linear", pct_start=0.4)),
    ("OneCycleLR", dict(max_lr=0.3, total_steps=25, three_phase=True)),
]

# Schedules made of others, which stand here as rows of their own.
COMPOSITES: list[tuple[str, dict[str, Any]]] = [
    (
        "SequentialLR",
        dict(
            schedulers=[("LinearLR", dict(start_factor=0.1, total_iters=4)), ("CosineAnnealingLR", dict(T_max=8))],
            milestones=[4],
        ),
    ),
    (
        "SequentialLR",
        dict(
            schedulers=[
                ("ConstantLR", dict(factor=0.5, total_iters=3)),
                ("ExponentialLR", dict(gamma=0.9)),
                ("StepLR", dict(step_size=3)),
            ],
            milestones=[3, 9],
        ),
    ),
    (
        "ChainedScheduler",
        dict(schedulers=[("LinearLR", dict(start_factor=0.5, total_iters=5)), ("ExponentialLR", dict(gamma=0.9))]),
    ),
    (
        "ChainedScheduler",
        dict(
            schedulers=[
                (
                    "SequentialLR",
                    dict(
                        schedulers=[("LinearLR", dict(start_factor=0.2)), ("StepLR", dict(step_size=3))],
                        milestones=[6],
                    ),
                ),
                ("ExponentialLR", dict(gamma=0.95)),
            ]
        ),
    ),
]

ALL_SCHEDULES = [*SCHEDULES, *COMPOSITES]

PLATEAUS: list[dict[str, Any]] = [
    dict(patience=2, factor=0.5),
    dict(patience=0, factor=0.9, eps=0.005),
    dict(patience=1, threshold=0.1, min_lr=0.02),
    dict(mode="max", threshold_mode="abs", threshold=0.05, patience=3),
    dict(mode="max", patience=1, cooldown=2, min_lr=[0.01, 0.06]),
    dict(threshold_mode="abs", threshold=0.05, patience=0),
]


def make_schedule(library: Any, name: str, optimizer: Any, options: dict[str, Any]) -> Any:
    """The schedule of a row, from PyTorch or from here; those it is made of are made first."""
    kind = getattr(library.optim.lr_scheduler, name)
    if "schedulers" not in options:
        return kind(optimizer, **options)
    parts = [make_schedule(library, part, optimizer, its) for part, its in options["schedulers"]]
    if name == "ChainedScheduler":
        return kind(parts)
    return kind(optimizer, parts, options["milestones"])
