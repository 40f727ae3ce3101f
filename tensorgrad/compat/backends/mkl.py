"""Not used: products are NumPy's."""


def is_available() -> bool:
    return False
