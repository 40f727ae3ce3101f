"""Apple's GPUs are not used."""


def is_available() -> bool:
    return False


def is_built() -> bool:
    return False
