"""Not used by tensorgrad itself; NumPy's BLAS has threads of its own."""


def is_available() -> bool:
    return False
