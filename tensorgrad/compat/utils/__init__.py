"""Paths that PyTorch has below `torch.utils`, and this package elsewhere."""
