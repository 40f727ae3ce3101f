"""The CPU kernels, by name. `on(x).name` looks here."""

from typing import Any

from .activation import *
from .arithmetic import *
from .attention import *
from .bessel import *
from .bitwise import *
from .choose import *
from .compare import *
from .constants import *
from .conv import *
from .create import *
from .ctc import *
from .determinant import *
from .diagonal import *
from .distance import *
from .dropout import *
from .einsum import *
from .elementwise import *
from .embedding import *
from .extremes import *
from .factorize import *
from .gamma import *
from .gated import *
from .half import cast
from .histogram import *
from .index import *
from .linalg_norm import *
from .linear import *
from .loss import *
from .loss_classes import *
from .matrices import *
from .norm import *
from .optim import *
from .pool import *
from .powers import *
from .products import *
from .ranges import *
from .reduce import *
from .rnn import *
from .sampling import *
from .scan import *
from .scatter import *
from .shape import *
from .softmax import *
from .solve import *
from .sort import *
from .special import *
from .spectral import *
from .statistics import *
from .trigonometry import *
from .vision import *


def __getattr__(name: str) -> Any:
    raise RuntimeError(f"kernels: there is no CPU kernel called {name!r}.")
