"""The CPU kernels, by name. `on(x).name` looks here."""

from typing import Any

from .activation import *  # noqa: F403
from .conv import *  # noqa: F403
from .create import *  # noqa: F403
from .decompose import *  # noqa: F403
from .dropout import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .embedding import *  # noqa: F403
from .index import *  # noqa: F403
from .linalg import *  # noqa: F403
from .loss import *  # noqa: F403
from .norm import *  # noqa: F403
from .optim import *  # noqa: F403
from .pool import *  # noqa: F403
from .reduce import *  # noqa: F403
from .rnn import *  # noqa: F403
from .sampling import *  # noqa: F403
from .scan import *  # noqa: F403
from .scatter import *  # noqa: F403
from .shape import *  # noqa: F403
from .sort import *  # noqa: F403
from .special import *  # noqa: F403
from .vision import *  # noqa: F403


def __getattr__(name: str) -> Any:
    raise RuntimeError(f"kernels: there is no CPU kernel called {name!r}.")
