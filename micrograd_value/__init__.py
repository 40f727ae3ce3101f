"""Reverse-mode differentiation of single numbers: small enough to read, complete enough to train with."""

from .engine import Value, no_grad

__all__ = ["Value", "no_grad"]
