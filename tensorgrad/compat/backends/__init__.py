"""`tensorgrad.backends`: switches that PyTorch programs set. They can be set, and change nothing."""

from . import cuda, cudnn, mkl, mkldnn, mps, openmp
