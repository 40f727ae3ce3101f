"""The CPU kernels, by name. `on(x).name` looks here."""

from typing import Any

from .activation import *
from .arithmetic import *
from .attention import *
from .bitwise import *
from .choose import *
from .compare import *
from .constants import *
from .conv import *
from .create import *
from .decompose import *
from .dropout import *
from .einsum import *
from .elementwise import *
from .embedding import *
from .index import *
from .linalg import *
from .loss import *
from .norm import *
from .optim import *
from .pool import *
from .reduce import *
from .rnn import *
from .sampling import *
from .scan import *
from .scatter import *
from .shape import *
from .sort import *
from .special import *
from .trigonometry import *
from .vision import *


def __getattr__(name: str) -> Any:
    raise RuntimeError(f"kernels: there is no CPU kernel called {name!r}.")
