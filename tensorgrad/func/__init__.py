"""Functions of functions, under the names of PyTorch's `torch.func`: gradients, products with Jacobians, maps over a batch.

    grad(f)(x)                   the gradient of f, a function to a single number, at x; grad(grad(f)) is its second
    vmap(grad(f))(xs)            one gradient for each x of a batch
    hessian(f)(x)                all second derivatives

Arguments and results may be nested lists, tuples and dicts of tensors. A result is a constant unless something that
requires grad outside of the call takes part in it, an argument or a parameter of a module: then it can be differentiated.
"""

from ..nn.utils.stateless import functional_call
from ..ops import batching, batching_index, batching_layers, tangents
from .batches import stack_module_state, vmap
from .gradients import grad, grad_and_value
from .jacobians import hessian, jacfwd, jacrev, jvp, linearize, vjp

_RULES = batching, batching_index, batching_layers, tangents  # vmap finds them in the table that they fill

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize", "stack_module_state",
    "vjp", "vmap",
]  # fmt: skip
