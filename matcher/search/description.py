"""What an engine says of itself, for whoever watches an installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Description:
    """An engine in words: what it is, its version, and where. `built`: the moment at which the generation
    that answers was built, where it is known. `blocks`: what keeps it from being written, by the engine's own
    names."""

    kind: str
    version: str
    where: str
    built: int | None = None
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk on which an engine of several machines keeps indexes, in bytes: what is free; with how little it
    is given no further copy (`low`); and with how little nothing on it is written any more (`flood`)."""

    node: str
    free: int
    low: int
    flood: int


@runtime_checkable
class Describes(Protocol):
    """An engine that can say what it is."""

    def describe(self, organisation: str) -> Description:
        """The engine and the organisation's index. Raises Unavailable; ConfigurationError where its version
        cannot be used, or something stands where the index is to be."""


@runtime_checkable
class HasDisks(Protocol):
    """An engine whose indexes lie on disks of other machines."""

    def disks(self) -> list[Disk]:
        """These disks, by node. Raises Unavailable."""
