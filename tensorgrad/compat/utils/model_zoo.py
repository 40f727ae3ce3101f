"""PyTorch's older place of `tensorgrad.hub`."""

from ..hub import load_state_dict_from_url, load_url

__all__ = ["load_state_dict_from_url", "load_url"]
