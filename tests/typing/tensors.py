"""What mypy knows of a Tensor; `make lint` checks this file, nothing runs it.

A `type: ignore` that is not needed is an error there, so each of these says: here a type checker complains.
"""

from typing import assert_type

import tensorgrad as tg

x = tg.ones(2, 3)
assert_type(x, tg.Tensor)
assert_type(x.exp(), tg.Tensor)
assert_type(x + 1, tg.Tensor)
assert_type(2 ** x.sum(dim=0, keepdim=True), tg.Tensor)
assert_type(x.add_(x).T, tg.Tensor)
assert_type(x.size(), tg.Size)
assert_type(x.svd()[1], tg.Tensor)

x.exq()  # type: ignore[attr-defined]
x.reshpae(6)  # type: ignore[attr-defined]
x.exp(1, 2, 3)  # type: ignore[call-arg]
