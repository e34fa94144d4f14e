"""How a database is: its kind and version, how far a search index is behind it, and what it holds."""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from matcher.records import Basis
from matcher.store import tables as t
from matcher.store.achievements import Stage
from matcher.store.database import Connection, Database, newest_version, schema_version

COUNTED = 100_000
"""Changes that are counted at most, so that counting takes a few milliseconds however far behind one is."""


@dataclass(frozen=True, slots=True)
class Schema:
    """`kind` ("sqlite", "postgresql") and `version` of the database; `found` and `newest`: versions of the
    tables, the one there is (None: none yet) and the one that this program needs."""

    kind: str
    version: str
    found: str | None
    newest: str

    @property
    def current(self) -> bool:
        """Whether the tables are those that this program needs."""
        return self.found == self.newest


@dataclass(frozen=True, slots=True)
class Behind:
    """So many changes (counted up to `COUNTED`) are not there yet, the first of them made at a moment.

    `pruned`: the first are no longer in the log, and count as one: only building anew brings them.
    """

    changes: int
    since: int | None
    pruned: bool = False

    @property
    def seconds(self) -> float | None:
        """Age of the first of them: 0 where none waits, None where it is undated, infinite where `pruned`."""
        if self.pruned:
            return math.inf
        if not self.changes:
            return 0.0
        return None if self.since is None else max(0.0, time.time() - self.since)

    def late(self, seconds: float) -> bool:
        """Whether a change has waited longer than so many seconds."""
        return (self.seconds or 0.0) > seconds


def schema(database: Database) -> Schema:
    """How a database is set up. Raises Unavailable and ConfigurationError."""
    with database.read() as connection:
        numbers = connection.dialect.server_version_info or ()
        return Schema(
            kind=connection.dialect.name,
            version=".".join(map(str, numbers)),
            found=schema_version(connection),
            newest=newest_version(),
        )


def missing_file(url: str) -> Path | None:
    """The file that a SQLite URL names, where there is none: connecting would make it. None otherwise."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # a port that is no number
        return None
    name = parsed.database or ""
    if parsed.get_backend_name() != "sqlite" or not name or name.startswith((":memory:", "file:")):
        return None
    return None if Path(name).exists() else Path(name)


def behind(connection: Connection, organisation_id: int, number: int) -> Behind:
    """How far something that holds the log up to `number` is behind it."""
    c = t.changes.c
    following = select(c.number).where(c.organisation_id == organisation_id, c.number > number)
    some = following.limit(COUNTED).subquery()
    first = select(c.created).where(c.number == following.order_by(c.number).limit(1).scalar_subquery())
    o = t.organisations.c
    changes, since, pruned_to = connection.execute(
        select(
            select(func.count()).select_from(some).scalar_subquery(),
            first.scalar_subquery(),
            o.changes_pruned,
        ).where(o.id == organisation_id)
    ).one()
    pruned = pruned_to > number
    return Behind(int(changes) + pruned, since or None, pruned)  # 0: logged before the log had dates


def quarantined(connection: Connection, organisation_id: int) -> int:
    """How many records are kept in quarantine."""
    own = t.quarantine.c.organisation_id == organisation_id
    return int(connection.execute(select(func.count()).select_from(t.quarantine).where(own)).scalar_one())


def reading_models(connection: Connection, organisation_id: int) -> Counter[str]:
    """How many readings, of achievements and of micro-skills, each model made.

    Counted are those that rest on a model alone: what was confirmed or is an exact name stays as it is.
    """
    a, w, p = t.achievements.c, t.alternatives.c, t.positions.c
    achievements = select(a.model, func.count()).where(
        a.organisation_id == organisation_id, a.reading.in_((Stage.INFERRED, Stage.NOT_UNDERSTOOD))
    )
    skills = (
        select(w.model, func.count())
        .join(t.positions, p.id == w.position_id)
        .where(p.organisation_id == organisation_id, w.basis.in_((Basis.SIMILAR, Basis.NONE)))
    )
    found: Counter[str] = Counter()
    for made in (achievements.group_by(a.model), skills.group_by(w.model)):
        found.update(dict(connection.execute(made).all()))
    del found[""]  # nothing was encoded for those
    return found


def encoded_by(connection: Connection) -> Counter[str]:
    """How many competencies of the shared vocabulary each model encoded."""
    v, c = t.vectors.c, t.competencies.c
    rows = connection.execute(
        select(v.model, func.count())
        .join(t.competencies, c.id == v.competency_id)
        .where(c.organisation_id == t.SHARED)
        .group_by(v.model)
    )
    return Counter(dict(rows.all()))
