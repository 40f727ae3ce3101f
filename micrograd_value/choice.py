"""Choice: an enumeration whose members may also be given by name."""

from __future__ import annotations

from enum import Enum
from typing import Any, Self


class Choice(Enum):
    """`Activation.of("tanh")` is `Activation.TANH`, in any case; a name that is nearly right gets a suggestion."""

    @classmethod
    def of(cls, choice: Any) -> Self:
        """The member itself, or the one with this name."""
        if isinstance(choice, cls):
            return choice
        known = [member.name.lower() for member in cls]
        if not isinstance(choice, str):
            raise TypeError(
                f"{cls.__name__}: needs a member or its name, got {type(choice).__name__} {choice!r}. "
                f"Known: {', '.join(known)}."
            )
        name = choice.strip().lower().replace("-", "_").replace(" ", "_")
        if name in known:
            return cls[name.upper()]

        from difflib import get_close_matches  # only a person who mistyped pays for this import

        near = get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{cls.__name__}: unknown name {choice!r}.{hint} Known: {', '.join(known)}.")
