"""Paths that PyTorch has below `torch.nn`, and `tensorgrad.nn` elsewhere."""
