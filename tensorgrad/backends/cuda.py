"""Accepted: there is no CUDA here."""


class matmul:
    """Precision switches of products."""

    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = False


def is_built() -> bool:
    return False
