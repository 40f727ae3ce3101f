"""`tensorgrad.mps`: Apple's GPUs are not used."""


def is_available() -> bool:
    return False


def device_count() -> int:
    return 0


def manual_seed(seed: int) -> None:
    """Accepted: there is no generator to seed."""


def empty_cache() -> None:
    """Accepted: there is nothing to empty."""


