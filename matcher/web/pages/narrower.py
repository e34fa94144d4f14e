"""What besides a competency itself meets it as a must-have: what is the same, and what is narrower."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from matcher.records import Relation
from matcher.store.candidates import holders_each
from matcher.store.database import Connection
from matcher.vocabulary.vocabulary import Vocabulary

SHOWN = 25
"""Some competencies have hundreds of directly narrower ones: so many are listed, those that most people hold
first."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another competency that meets it, and how many people hold it now."""

    label: str
    relation: Relation
    holders: int


@dataclass(frozen=True, slots=True)
class Others:
    """Those shown, the most held first, and how many `more` there are, each held by `at_most` so many."""

    shown: tuple[Other, ...]
    more: int
    at_most: int

    @property
    def count(self) -> int:
        """How many there are in all."""
        return len(self.shown) + self.more


def others_meeting(
    connection: Connection, organisation_id: int, vocabulary: Vocabulary, competencies: Collection[int],
    language: str, moment: int,
) -> dict[int, Others]:  # fmt: skip
    """For each of some competencies (ids) what else meets it; those that nothing else meets are left out."""
    meeting = {
        id_: {
            pair.competency: pair.relation
            for pair in vocabulary.relations(id_).values()
            if pair.meets_must and pair.competency != id_ and _is_itself(vocabulary, pair.competency)
        }
        for id_ in competencies
    }
    wanted = {other for pairs in meeting.values() for other in pairs}
    held = holders_each(connection, organisation_id, wanted, moment)
    labels = {other: vocabulary.competency(other).label(language) for other in wanted}
    found = {}
    for id_, pairs in meeting.items():
        ordered = sorted(pairs, key=lambda other: (-held.get(other, 0), labels[other].casefold(), other))
        rest = ordered[SHOWN:]
        if ordered:
            shown = tuple(Other(labels[one], pairs[one], held.get(one, 0)) for one in ordered[:SHOWN])
            found[id_] = Others(shown, len(rest), held.get(rest[0], 0) if rest else 0)
    return found


def _is_itself(vocabulary: Vocabulary, id_: int) -> bool:
    """Whether its URI stands for it, and it is not only what an organisation says of a shared one."""
    named = vocabulary.by_uri(vocabulary.competency(id_).uri)
    return named is not None and named.id == id_
