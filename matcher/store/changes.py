"""The change log: which candidates a search engine has to look at again, in the order of the writes.

What a candidate can prove changes with the awards it holds, and with the achievements behind them: then every
holder is logged, and every holder of a whole of which the achievement is a part.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from sqlalchemy import delete, func, insert, literal, select, union, update

from matcher.errors import Damaged
from matcher.store import tables as t
from matcher.store.database import Connection, Database, lift_limits, milliseconds_now, parts
from matcher.store.profiles import PART_NAMES_WHOLE, WHOLE_NAMES_PART

_FORGOTTEN_AT_ONCE = 20_000

_PARTS_AT_MOST = 25
"""Parts of values in one statement, so that it has no more variables than databases take."""


def log_changes(
    connection: Connection,
    organisation_id: int,
    *,
    candidates: Iterable[int] = (),
    achievements: Iterable[int] = (),
) -> None:
    """Log the candidates with these ids and the holders of these achievements: each once, but for very many.

    Only inside `Database.write`, after what changed was written.
    """
    c, a = t.candidates.c, t.awards.c
    own = literal(organisation_id), literal(_now(connection)).label("created")
    people, holders = select(*own, c.id.label("id")), select(*own, a.candidate_id.label("id"))
    changed = [people.where(c.organisation_id == organisation_id, c.id.in_(ids)) for ids in parts(candidates)]
    held = [
        holders.where(a.organisation_id == organisation_id, a.achievement_id.in_(ids))
        for ids in parts(achievements)
    ]
    changed += held
    if held:
        # One may be held by everybody, and after a new model all change: that takes as long as it takes.
        lift_limits(connection)
    for start in range(0, len(changed), _PARTS_AT_MOST):
        rows = union(*changed[start : start + _PARTS_AT_MOST]).order_by("id")
        connection.execute(
            insert(t.changes).from_select(["organisation_id", "created", "candidate_id"], rows)
        )


def last_change(connection: Connection, organisation_id: int) -> int:
    """The number of the organisation's last change, 0 where there is none."""
    c = t.changes.c
    number = connection.execute(
        select(func.max(c.number)).where(c.organisation_id == organisation_id)
    ).scalar()
    return pruned_to(connection, organisation_id) if number is None else number


def pruned_to(connection: Connection, organisation_id: int) -> int:
    """Changes up to this number are no longer in the organisation's log; 0 where it is whole."""
    o = t.organisations.c
    number: int = connection.execute(select(o.changes_pruned).where(o.id == organisation_id)).scalar_one()
    return number


def prune_changes(database: Database, organisation_id: int, *, seconds: float, needed: int) -> int:
    """Forget changes that are older than so many seconds; gives how many there were.

    `needed`: the number from which on an index still reads the log: what comes after it stays, however old.
    The log stays without gaps: nothing is forgotten that follows a younger change, as a clock that was set
    back may leave it. In parts, so that others can write in between. Raises Unavailable.
    """
    forgotten = 0
    while True:
        with database.write() as connection:
            some = _prune(connection, organisation_id, seconds, needed)
        forgotten += some
        if some < _FORGOTTEN_AT_ONCE:
            return forgotten


def _prune(connection: Connection, organisation_id: int, seconds: float, needed: int) -> int:
    c, o = t.changes.c, t.organisations.c
    own = c.organisation_id == organisation_id
    limit = _now(connection) - seconds
    first = connection.execute(
        select(c.number, c.created)
        .where(own, c.number <= needed)
        .order_by(c.number)
        .limit(_FORGOTTEN_AT_ONCE)
    )
    old = [number for number, created in takewhile(lambda row: row.created <= limit, first)]
    if old:
        connection.execute(delete(t.changes).where(own, c.number <= old[-1]))
        connection.execute(
            update(t.organisations).where(o.id == organisation_id).values(changes_pruned=old[-1])
        )
    return len(old)


def _now(connection: Connection) -> int:
    """Seconds since 1970 by the database's clock."""
    milliseconds: int = connection.execute(select(milliseconds_now(connection))).scalar_one()
    return milliseconds // 1_000


def changed_candidates(
    connection: Connection, organisation_id: int, after: int, limit: int
) -> tuple[list[int], int]:
    """Ids of the candidates in the up to `limit` changes after number `after`, each once and rising.

    Also gives the number that is reached with them; `after` itself where nothing follows it.
    Raises Damaged where some of them are no longer in the log: an index that stands there is built anew.
    """
    if after < (pruned := pruned_to(connection, organisation_id)):
        raise Damaged(f"the changes after number {after} are logged only from {pruned} on")
    c = t.changes.c
    rows = connection.execute(
        select(c.number, c.candidate_id)
        .where(c.organisation_id == organisation_id, c.number > after)
        .order_by(c.number)
        .limit(limit)
    ).all()
    return sorted({candidate for _, candidate in rows}), rows[-1][0] if rows else after


def log_again(connection: Connection, organisation_id: int, candidates: Iterable[int]) -> None:
    """Log candidates although nothing changed, also those that are gone: the index is to look at them again.

    Only inside `Database.write`.
    """
    own = {"organisation_id": organisation_id, "created": _now(connection)}
    rows = [{**own, "candidate_id": id_} for id_ in sorted(set(candidates))]
    if rows:
        connection.execute(insert(t.changes), rows)


def when_logged(connection: Connection, organisation_id: int, number: int) -> int | None:
    """The moment, by the database's clock, at which the change with this number was logged; None where it is
    not in the organisation's log."""
    c = t.changes.c
    found = select(c.created).where(c.organisation_id == organisation_id, c.number == number)
    return connection.execute(found).scalar()


def is_of_log(connection: Connection, organisation_id: int, number: int, logged: int | None) -> bool:
    """Whether an index of change `number`, logged at the moment `logged`, is one of this log.

    Else it is another database's, or of this one before it was restored: the log does not have that change,
    or has another under its number, which then was logged later. What was pruned can no longer be compared,
    and None with nothing.
    """
    found = when_logged(connection, organisation_id, number)
    if found is None:
        return number <= pruned_to(connection, organisation_id)
    return logged in {None, found}


def log_reaches(connection: Connection, organisation_id: int, number: int, logged: int | None) -> bool:
    """Whether an index of change `number`, logged at `logged`, can be brought up to date from the log.

    Not where it is not of this log (see `is_of_log`), nor where the changes that it lacks were pruned.
    """
    reached = pruned_to(connection, organisation_id) <= number
    return reached and is_of_log(connection, organisation_id, number, logged)


def changed_since(
    connection: Connection, organisation_id: int, number: int, candidates: Iterable[int]
) -> set[int]:
    """Which of `candidates` (ids) the log has after `number`."""
    c = t.changes.c
    found: set[int] = set()
    for ids in parts(candidates):
        own = (c.organisation_id == organisation_id, c.number > number, c.candidate_id.in_(ids))
        found.update(connection.execute(select(c.candidate_id).where(*own)).scalars())
    return found


def candidate_ids(connection: Connection, organisation_id: int, after_id: int, limit: int) -> list[int]:
    """Ids of up to `limit` candidates above `after_id`, rising."""
    c = t.candidates.c
    rows = connection.execute(
        select(c.id).where(c.organisation_id == organisation_id, c.id > after_id).order_by(c.id).limit(limit)
    )
    return list(rows.scalars())


def last_candidate(connection: Connection, organisation_id: int) -> int:
    """The highest id of a candidate, 0 where there is none."""
    c = t.candidates.c
    highest = select(func.coalesce(func.max(c.id), 0)).where(c.organisation_id == organisation_id)
    number: int = connection.execute(highest).scalar_one()
    return number


def wholes(connection: Connection, organisation_id: int, achievements: Iterable[int]) -> set[int]:
    """Ids of the achievements of which one of `achievements` is a part, at any depth."""
    found: set[int] = set()
    edge = set(achievements)
    while edge:
        edge = _direct_wholes(connection, organisation_id, edge) - found
        found |= edge
    return found


def _direct_wholes(connection: Connection, organisation_id: int, achievements: set[int]) -> set[int]:
    # Three plain look-ups by index: the one join of them all makes SQLite scan the achievements.
    a, r = t.achievements.c, t.achievement_relations.c
    own = a.organisation_id == organisation_id
    keys: list[str] = []
    named: list[str] = []
    for some in parts(achievements):
        keys += connection.execute(select(a.key).where(own, a.id.in_(some))).scalars()
        named += connection.execute(
            select(r.other_key).where(r.achievement_id.in_(some), r.type.in_(PART_NAMES_WHOLE))
        ).scalars()
    found: set[int] = set()
    for some_keys in parts(keys):
        naming = select(r.achievement_id).where(r.other_key.in_(some_keys), r.type.in_(WHOLE_NAMES_PART))
        found.update(
            connection.execute(naming.join(t.achievements, a.id == r.achievement_id).where(own)).scalars()
        )
    for some_keys in parts(named):
        found.update(connection.execute(select(a.id).where(own, a.key.in_(some_keys))).scalars())
    return found
