"""Small programs with packages written for PyTorch, as they come from PyPI. Each prints numbers.

    python -m tests.oracle.packages einops                              with PyTorch
    python -m tensorgrad.compat -m tests.oracle.packages einops         with tensorgrad posing as it
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, optim

rng = np.random.default_rng(0)


def data(*shape: int) -> Any:
    return torch.from_numpy(rng.standard_normal(shape).astype(np.float32))


def filled(model: Any) -> Any:
    """The same weights in both libraries, whatever their generators draw."""
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.from_numpy((rng.standard_normal(tuple(p.shape)) * 0.1).astype(np.float32)))
    return model


def trained(model: Any, loss: Any, steps: int = 5, lr: float = 0.05) -> list[float]:
    """The losses of some steps."""
    optimizer = optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses


def einops() -> Any:
    from einops import rearrange, reduce, repeat
    from einops.layers.torch import Rearrange, Reduce

    model = filled(
        nn.Sequential(
            Rearrange("b c (h p) (w q) -> b (h w) (p q c)", p=2, q=2), nn.Linear(12, 8), Reduce("b n d -> b d", "mean")
        )
    )
    x = data(4, 3, 6, 6)
    y = rearrange(repeat(x, "b c h w -> b c h w k", k=2), "b c h w k -> (b k) c h w")
    return [*trained(model, lambda: model(x).square().mean()), reduce(y, "b c h w -> c", "max").tolist()]


def x_transformers() -> Any:
    from x_transformers import Decoder, TransformerWrapper

    model = filled(
        TransformerWrapper(num_tokens=20, max_seq_len=16, attn_layers=Decoder(dim=16, depth=2, heads=2, attn_dim_head=8))
    ).eval()
    tokens = torch.from_numpy(rng.integers(0, 20, (2, 12)))
    return trained(
        model, lambda: F.cross_entropy(model(tokens[:, :-1]).transpose(1, 2), tokens[:, 1:]), steps=3
    )


def torchmetrics() -> Any:
    from torchmetrics.classification import MulticlassAccuracy, MulticlassConfusionMatrix, MulticlassF1Score
    from torchmetrics.regression import MeanSquaredError, R2Score

    logits, labels = data(40, 5), torch.from_numpy(rng.integers(0, 5, 40))
    found = []
    for metric in (MulticlassAccuracy(5), MulticlassF1Score(5), MulticlassConfusionMatrix(5)):
        for part in range(0, 40, 10):
            metric.update(logits[part : part + 10], labels[part : part + 10])
        found.append(metric.compute().tolist())
    a, b = data(30), data(30)
    for m in (MeanSquaredError(), R2Score()):
        found.append(m(a, b).item())
    return found


def captum() -> Any:
    from captum.attr import IntegratedGradients, NoiseTunnel, Saliency

    model = filled(nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))).eval()
    x = data(4, 6)
    ig, delta = IntegratedGradients(model).attribute(x, target=1, return_convergence_delta=True, n_steps=20)
    tunnel = NoiseTunnel(Saliency(model)).attribute(x, target=0, nt_samples=3, stdevs=0.0)
    return [ig.tolist(), delta.tolist(), Saliency(model).attribute(x, target=2).tolist(), tunnel.tolist()]


def ignite() -> Any:
    from ignite.engine import Events, create_supervised_evaluator, create_supervised_trainer
    from ignite.metrics import Accuracy, Loss

    x, y = data(40, 4), torch.from_numpy(rng.integers(0, 3, 40))
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=10)
    model = filled(nn.Linear(4, 3))
    trainer = create_supervised_trainer(model, optim.Adam(model.parameters(), lr=0.05), nn.CrossEntropyLoss())
    evaluator = create_supervised_evaluator(model, {"acc": Accuracy(), "loss": Loss(nn.CrossEntropyLoss())})
    seen: list[float] = []

    @trainer.on(Events.EPOCH_COMPLETED)
    def evaluate(engine: Any) -> None:
        evaluator.run(loader)
        seen.extend([evaluator.state.metrics["acc"], evaluator.state.metrics["loss"]])

    trainer.run(loader, max_epochs=3)
    return seen


def skorch() -> Any:
    from skorch import NeuralNetClassifier

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = filled(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), nn.Softmax(-1)))

        def forward(self, x: Any) -> Any:
            return self.layers(x)

    x, y = rng.standard_normal((60, 4)).astype(np.float32), rng.integers(0, 3, 60)
    net = NeuralNetClassifier(Net, max_epochs=4, lr=0.1, train_split=None, verbose=0)
    net.fit(x, y)
    return [net.history[:, "train_loss"], net.predict_proba(x[:3]).tolist(), net.predict(x[:5]).tolist()]


def torchdiffeq() -> Any:
    from torchdiffeq import odeint, odeint_adjoint

    field = filled(nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2)))

    class Field(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = field

        def forward(self, t: Any, y: Any) -> Any:
            return self.net(y) - 0.1 * y

    times, start = torch.linspace(0.0, 2.0, 5), data(3, 2)
    model, found = Field(), []
    for solve in (odeint, odeint_adjoint):
        path = solve(model, start, times, method="dopri5", rtol=1e-6, atol=1e-7)
        model.zero_grad()
        path[-1].square().sum().backward()
        found.append([path[-1].tolist(), [p.grad.norm().item() for p in model.parameters()]])
    return found


def torchviz() -> Any:
    from torchviz import make_dot

    model = filled(nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1)))
    dot = make_dot(model(data(2, 4)).mean(), params=dict(model.named_parameters()))
    labels = [line for line in dot.source.splitlines() if "label=" in line or "->" in line]
    parameters = [name for name, _ in model.named_parameters() if any(name in line for line in labels)]
    return [len(parameters), sum("->" in line for line in labels) > 8, "Tanh" in dot.source]


def torchsummary() -> Any:
    import contextlib
    import io

    from torchsummary import summary

    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5))
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        summary(model, (3, 8, 8), device="cpu")
    return text.getvalue().splitlines()


def timm() -> Any:
    import timm

    found = []
    for name, size in (("resnet18", 32), ("vit_tiny_patch16_224", 32), ("mobilenetv3_small_050", 32), ("efficientnet_b0", 32)):
        options = {"img_size": size} if name.startswith("vit") else {}
        model = timm.create_model(name, num_classes=4, **options)
        x, y = data(2, 3, size, size), torch.tensor([0, 3])
        model.eval()
        losses = trained(model, lambda model=model, x=x, y=y: F.cross_entropy(model(x), y), steps=3, lr=0.01)
        found.append([name, model(x).shape == (2, 4), losses[-1] < losses[0], sum(p.numel() for p in model.parameters())])
    return found


PROGRAMS = {
    f.__name__: f
    for f in (
        einops, x_transformers, torchmetrics, captum, ignite, skorch, torchdiffeq, torchviz, torchsummary, timm,
    )
}  # fmt: skip

if __name__ == "__main__":
    print(json.dumps(PROGRAMS[sys.argv[1]]()))
