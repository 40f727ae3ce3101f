"""Shared by the programs beside it: weights that do not depend on a library's generator, and batches likewise."""

import numpy as np
import torch

torch.set_default_dtype(torch.float64)


def same_weights(model):
    """Fill every parameter from NumPy, in the order of their names."""
    rng = np.random.default_rng(0)
    with torch.no_grad():
        for _, p in sorted(model.named_parameters()):
            scale = 0.4 / max(1.0, p.shape[-1] ** 0.5) if p.dim() > 1 else 0.1
            p.copy_(torch.from_numpy(rng.standard_normal(tuple(p.shape)) * scale))
            if p.dim() == 1:
                p.add_(0.5)
    return model


def noise(*shape, seed=1):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def tokens(*shape, high=17, seed=2):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, high, shape))
