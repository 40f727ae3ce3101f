"""The CPU kernels, by name. `on(x).name` looks here."""

from typing import Any

from .activation import *
from .attention import *
from .conv import *
from .create import *
from .ctc import *
from .decompose import *
from .dropout import *
from .einsum import *
from .elementwise import *
from .embedding import *
from .gated import *
from .index import *
from .linalg import *
from .loss import *
from .loss_classes import *
from .norm import *
from .optim import *
from .pool import *
from .reduce import *
from .rnn import *
from .sampling import *
from .scan import *
from .scatter import *
from .shape import *
from .softmax import *
from .sort import *
from .special import *
from .vision import *


def __getattr__(name: str) -> Any:
    raise RuntimeError(f"kernels: there is no CPU kernel called {name!r}.")
