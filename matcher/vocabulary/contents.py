"""A vocabulary as a database holds it: what compiling takes and what a store gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matcher.records import Competency


@dataclass(frozen=True, slots=True)
class Label:
    """A label (`preferred`) or alias of the competency with id `competency`, in "en" or "fr"."""

    competency: int
    language: str
    text: str
    preferred: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """Some competencies with all that is stored of them.

    `competencies` in the order of their ids, `frameworks` in the order in which they decide what a text
    means. `relations`: (id, type, other id), where type is broader, related or same; either may be one that
    others hold. `vectors`: label and
    description by id, 384 bytes each, the second empty where there is none.
    """

    frameworks: Sequence[str]
    competencies: Sequence[Competency]
    labels: Sequence[Label]
    relations: Sequence[tuple[int, str, int]]
    vectors: Mapping[int, tuple[bytes, bytes]]
