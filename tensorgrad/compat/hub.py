"""`tensorgrad.hub`: PyTorch's names for the folder of weights, `serialization/weights.py`. Nothing is fetched."""

from ..serialization.weights import get_dir, load_state_dict_from_url, set_dir

load_url = load_state_dict_from_url  # the name it has in utils.model_zoo

__all__ = ["get_dir", "load_state_dict_from_url", "set_dir"]
