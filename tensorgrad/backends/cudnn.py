"""Accepted: there is no cuDNN here, and every operation is deterministic."""

enabled = False
benchmark = False
deterministic = True
allow_tf32 = False


def is_available() -> bool:
    return False


def version() -> None:
    return None
