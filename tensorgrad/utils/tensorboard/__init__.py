"""SummaryWriter: curves, histograms, pictures, text and graphs for TensorBoard, under PyTorch's names.

    with SummaryWriter("runs/first") as writer:
        trainer = Trainer(model, optimizer, loss, writer=writer)
        trainer.train(…)

and then `tensorboard --logdir runs`. Needs the package `tensorboard`, the extra of the same name.
"""

from .writer import SummaryWriter

__all__ = ["SummaryWriter"]
