"""What PyTorch has below `distributed` and one process has no use for."""
