"""Reverse-mode differentiation of tensors: recording, the backward sweep, and checks of both."""
