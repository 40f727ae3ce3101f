"""Not used."""

enabled = False


def is_available() -> bool:
    return False
