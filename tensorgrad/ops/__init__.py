"""Differentiable functions, one family a file."""
