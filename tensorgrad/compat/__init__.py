"""PyTorch's doors that answer "no", "accepted" or "is called otherwise here".

Nothing in this folder computes anything that the library needs; nothing outside of it imports from it, but for the top
page, `tensorgrad/__init__.py`. It has the shape of the package it completes: `compat/jit.py` is `tensorgrad.jit`,
`compat/nn/modules/` is `tensorgrad.nn.modules`. `import_hook.py` leads from those public paths to these files,
`attach.py` puts what PyTorch has as attributes and methods in its place.
`pose.py` lets all of the package pose as torch.
"""

from .pose import pose_as_torch

__all__ = ["pose_as_torch"]
