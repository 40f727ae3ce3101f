"""`tensorgrad.onnx`: programs import it at the top, and use it, if at all, at the end. Models are not exported here."""


def is_in_onnx_export() -> bool:
    """Whether a model is being exported: never."""
    return False


def __getattr__(name: str) -> object:
    raise AttributeError(
        f"tensorgrad.onnx.{name}: tensorgrad exports no ONNX files. Save the weights with "
        "tensorgrad.save(model.state_dict(), path), load them into the same model in PyTorch, and export it there."
    )
