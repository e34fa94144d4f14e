"""What the doctor finds of a part, however the part behaves while it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from app import Parts
from matcher.errors import ConfigurationError, CredmatchError
from matcher.health import Probe
from matcher.logs import without_secrets
from matcher.settings import Settings

At = TypeVar("At", Settings, Parts)
"""What a part is looked at by: the settings, or all parts behind a sound database."""

SECONDS = 10.0
"""How long one part is waited for."""

_AS_SAID = "correct the setting that is named, or do what is said"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a part, and where it is wrong, how to mend it."""

    part: str
    ok: bool
    says: str
    mend: str = ""


class Wrong(Exception):
    """A part is wrong: what it says, and how to mend it."""

    def __init__(self, says: str, mend: str) -> None:
        super().__init__(says)
        self.says = says
        self.mend = mend


def look(check: Check[At], at: At, secrets: Sequence[str]) -> Finding:
    """Look at a part, for `SECONDS` at most; whatever it does is a finding, in which no secret stands."""
    try:
        return Finding(check.part, ok=True, says=Probe(partial(check.look, at), SECONDS).ask())
    except Wrong as wrong:
        says, mend = wrong.says, wrong.mend
    except Exception as error:  # noqa: BLE001 - a doctor goes on, whatever a part does
        says = str(error) if isinstance(error, CredmatchError | OSError) else type(error).__name__
        mend = _AS_SAID if isinstance(error, ConfigurationError) else check.mend
    return Finding(check.part, ok=False, says=" ".join(without_secrets(says, secrets).split()), mend=mend)


@dataclass(frozen=True, slots=True)
class Check(Generic[At]):
    """`mend`: what helps where looking fails; `needs`: the parts without which it cannot be looked at."""

    part: str
    look: Callable[[At], str]
    mend: str = ""
    needs: tuple[str, ...] = ()


def megabytes(size: int) -> str:
    """A number of bytes, as it is shown."""
    return f"{size // 1_000_000:,} MB"
