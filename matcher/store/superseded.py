"""Which versions a stored thing once had, so that an older file never flips it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum

from sqlalchemy import delete, insert, select

from matcher.store import tables as t
from matcher.store.database import Connection, parts


class Of(StrEnum):
    """What a version is one of."""

    CANDIDATE = "candidate"
    ACHIEVEMENT = "achievement"
    AWARD = "award"


class Version:
    """The version of one stored thing while a batch is taken in: what it is now, and what it was.

    Empty bytes stand for a thing of which nothing was said yet.
    """

    __slots__ = ("_before", "current", "older")

    def __init__(self, current: bytes = b"") -> None:
        self.current = current
        self.older: set[bytes] = set()
        self._before: frozenset[bytes] = frozenset()

    def load_older(self, older: Iterable[bytes]) -> None:
        """Take over what the database knows of it."""
        self._before = frozenset(older)
        self.older = set(self._before)

    def advance(self, version: bytes, *, authoritative: bool) -> bool:
        """Make `version` the current one; False where it already is, says nothing, or is an older one.

        With `authoritative` an older one becomes the current one again.
        """
        if not version or version == self.current or (version in self.older and not authoritative):
            return False
        self.older.discard(version)
        if self.current:
            self.older.add(self.current)
        self.current = version
        return True

    def changes(self) -> tuple[set[bytes], frozenset[bytes]]:
        """Versions to add to and to remove from what the database knows."""
        return self.older - self._before, self._before - self.older


def load_older(
    connection: Connection, organisation_id: int, of: Of, versions: Iterable[tuple[int, Version]]
) -> None:
    """Load what each of `versions`, given by the id of their owner, once was."""
    by_owner = dict(versions)
    s = t.superseded.c
    older: defaultdict[int, list[bytes]] = defaultdict(list)
    for owners in parts(by_owner):
        for owner, version in connection.execute(
            select(s.owner_id, s.digest).where(
                s.organisation_id == organisation_id, s.kind == of.value, s.owner_id.in_(owners)
            )
        ):
            older[owner].append(version)
    for owner, known in older.items():
        by_owner[owner].load_older(known)


def store_older(
    connection: Connection, organisation_id: int, of: Of, versions: Sequence[tuple[int, Version]]
) -> None:
    """Store what changed in what `versions`, given by the id of their owner, once were."""
    added: list[dict[str, object]] = []
    s = t.superseded.c
    for owner, version in versions:
        new, gone = version.changes()
        added += [
            {"organisation_id": organisation_id, "kind": of.value, "owner_id": owner, "digest": digest}
            for digest in new
        ]
        if gone:
            connection.execute(
                delete(t.superseded).where(
                    s.organisation_id == organisation_id,
                    s.kind == of.value,
                    s.owner_id == owner,
                    s.digest.in_(gone),
                )
            )
    if added:
        connection.execute(insert(t.superseded), added)
