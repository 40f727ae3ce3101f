"""Reverse-mode differentiation of single numbers: small enough to read, complete enough to train with."""

from .compile import compile
from .derivative import derivative
from .engine import Value, no_grad, scope
from .init import Init
from .losses import L1, L2, BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, HingeLoss, Loss, MAELoss, MSELoss
from .nn import MLP, Activation, Layer, MLPBuilder, Module, Neuron
from .optim import (
    Adam,
    CosineDecay,
    GradientDescent,
    LinearDecay,
    Momentum,
    Optimizer,
    StepDecay,
    Warmup,
)
from .serialize import load_model, load_weights, save_weights
from .train import Evaluation, History, Trainer

__all__ = [
    "Activation",
    "Adam",
    "BCELoss",
    "BCEWithLogitsLoss",
    "CosineDecay",
    "CrossEntropyLoss",
    "Evaluation",
    "GradientDescent",
    "HingeLoss",
    "History",
    "Init",
    "L1",
    "L2",
    "Layer",
    "LinearDecay",
    "Loss",
    "MAELoss",
    "MLP",
    "MLPBuilder",
    "MSELoss",
    "Module",
    "Momentum",
    "Neuron",
    "Optimizer",
    "StepDecay",
    "Trainer",
    "Value",
    "Warmup",
    "compile",
    "derivative",
    "load_model",
    "load_weights",
    "no_grad",
    "save_weights",
    "scope",
]
