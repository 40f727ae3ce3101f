"""Metrics, one batch at a time: `update(prediction, target)` as often as there are batches, then `compute()`.

    accuracy = Accuracy()
    for x, y in loader:
        accuracy.update(model(x), y)
    print(accuracy.compute())

They take tensors, arrays or lists, count in float64, and equal scikit-learn's functions on all batches at once.

Predictions of a classifier may be
  * class numbers, in the targets' shape (whole numbers or bools);
  * scores (N, C) or (N, C, …), of which the largest counts; for two classes also
  * one score per example, in the targets' shape or (N, 1): class 1 from `threshold` on. Probabilities go with 0.5, the
    default, logits with 0.
"""

from .classification import AVERAGES, F1, Accuracy, ConfusionMatrix, Precision, Recall, TopKAccuracy
from .metric import Metric
from .ranking import ROCAUC, AveragePrecision
from .regression import MAE, MSE, R2, RMSE, Perplexity

__all__ = [
    "F1",
    "MAE",
    "MSE",
    "R2",
    "RMSE",
    "ROCAUC",
    "Accuracy",
    "AveragePrecision",
    "ConfusionMatrix",
    "Metric",
    "Perplexity",
    "Precision",
    "Recall",
    "TopKAccuracy",
]
