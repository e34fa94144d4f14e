"""Reading again what an earlier model or vocabulary read: beside what counts, then switched all at once.

What an issuer stated, a person confirmed or a label said exactly never changes. A search index bounds both
what counts and what is to count (see `load_profiles`), so a ranking is exact before and after the switch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, func, insert, not_, or_, select, update

from matcher.records import Basis, Reading
from matcher.store import tables as t
from matcher.store.achievements import Stage, Unread
from matcher.store.changes import log_changes, wholes
from matcher.store.database import Connection, insert_many, parts
from matcher.store.organisations import Organisation

_READ = (Stage.INFERRED.value, Stage.NOT_UNDERSTOOD.value)
_UNSURE = (Basis.SIMILAR.value, Basis.NONE.value)


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads now: the model (`name@revision`), and the version of the shared vocabulary."""

    model: str
    vocabulary: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way of meeting a requirement of a stored position, whose text was read by an earlier reader."""

    position: int
    number: int
    alternative: int
    text: str


def outdated(connection: Connection, organisation: Organisation, reader: Reader, limit: int) -> list[Unread]:
    """Up to `limit` achievements that another reader read from their words and this one has not read yet."""
    a, n = t.achievements.c, t.next_readings.c
    mine = and_(n.achievement_id == a.id, n.model == reader.model, n.vocabulary == reader.vocabulary)
    rows = connection.execute(
        select(a.id, a.name, a.description)
        .outerjoin(t.next_readings, mine)
        .where(_older(a.model, a.vocabulary, reader), a.organisation_id == organisation.id)
        .where(a.reading.in_(_READ), n.achievement_id.is_(None))
        .order_by(a.id)
        .limit(limit)
    )
    return [Unread(*row) for row in rows]


def store_next(
    connection: Connection, reader: Reader, read: Sequence[tuple[int, Sequence[tuple[int, int]]]]
) -> None:
    """Keep what this reader reads achievements (ids) as: competencies with probabilities in units."""
    n = t.next_readings
    for ids in parts([achievement for achievement, _ in read]):
        connection.execute(delete(n).where(n.c.achievement_id.in_(ids)))
    rows = [
        {
            "achievement_id": achievement,
            "model": reader.model,
            "vocabulary": reader.vocabulary,
            "competencies": [list(one) for one in likely],
        }
        for achievement, likely in read
    ]
    if rows:
        connection.execute(insert(n), rows)


def count_next(connection: Connection, organisation: Organisation) -> int:
    """How many achievements have a reading that does not count yet."""
    a, n = t.achievements.c, t.next_readings.c
    number: int = connection.execute(
        select(func.count())
        .select_from(t.next_readings)
        .join(t.achievements, a.id == n.achievement_id)
        .where(a.organisation_id == organisation.id)
    ).scalar_one()
    return number


def switch(connection: Connection, organisation: Organisation, reader: Reader) -> int:
    """Let all that this reader read count, in place of what was read before; how many achievements changed.

    Whoever holds one that stands for something else now is logged as changed. What was confirmed, renamed or
    stated by its issuer meanwhile stays as it is. Only inside `Database.write`.
    """
    a, n = t.achievements.c, t.next_readings.c
    rows = connection.execute(
        select(a.id, n.competencies)
        .join(t.next_readings, n.achievement_id == a.id)
        .where(a.organisation_id == organisation.id, a.reading.in_(_READ))
        .where(n.model == reader.model, n.vocabulary == reader.vocabulary)
        .order_by(a.id)
    )
    read = {id_: [(competency, probability) for competency, probability in likely] for id_, likely in rows}
    before = _counting(connection, read.keys())
    changed = {id_ for id_, likely in read.items() if {one for one, _ in likely} != before.get(id_, set())}
    _replace(connection, read)
    for stage, some in (
        (Stage.INFERRED, [id_ for id_, likely in read.items() if likely]),
        (Stage.NOT_UNDERSTOOD, [id_ for id_, likely in read.items() if not likely]),
    ):
        values = {"reading": stage.value, "model": reader.model, "vocabulary": reader.vocabulary}
        for ids in parts(some):
            connection.execute(update(t.achievements).where(a.id.in_(ids)).values(**values))
    ours = select(a.id).where(a.organisation_id == organisation.id)
    connection.execute(delete(t.next_readings).where(n.achievement_id.in_(ours)))
    if changed:
        touched = changed | wholes(connection, organisation.id, changed)
        log_changes(connection, organisation.id, achievements=touched)
    return len(changed)


def outdated_ways(
    connection: Connection, organisation: Organisation, reader: Reader, limit: int
) -> list[Way]:
    """Up to `limit` texts of stored positions that another reader read, and not for certain."""
    w, p = t.alternatives.c, t.positions.c
    rows = connection.execute(
        select(w.position_id, w.number, w.alternative, w.text)
        .join(t.positions, p.id == w.position_id)
        .where(p.organisation_id == organisation.id, w.basis.in_(_UNSURE), w.text != "")
        .where(_older(w.model, w.vocabulary, reader))
        .order_by(w.position_id, w.number, w.alternative)
        .limit(limit)
    )
    return [Way(*row) for row in rows]


def store_way(connection: Connection, way: Way, reading: Reading) -> None:
    """Let a text of a position count as it is read now, unless it was changed or confirmed meanwhile."""
    w = t.alternatives.c
    connection.execute(
        update(t.alternatives)
        .where(w.position_id == way.position, w.number == way.number, w.alternative == way.alternative)
        .where(w.text == way.text, w.basis.in_(_UNSURE))
        .values(
            basis=reading.basis.value,
            competency_id=reading.competency,
            probability=reading.probability,
            model=reading.model,
            vocabulary=reading.vocabulary,
            vector=reading.vector,
        )
    )


def _older(model: ColumnElement[str], vocabulary: ColumnElement[str], reader: Reader) -> ColumnElement[bool]:
    """Whether another model read it (none where nothing was encoded), or with another shared vocabulary."""
    same = or_(
        vocabulary == reader.vocabulary, vocabulary.startswith(f"{reader.vocabulary}.", autoescape=True)
    )
    return or_(model.not_in(["", reader.model]), not_(same))


def _counting(connection: Connection, ids: Iterable[int]) -> dict[int, set[int]]:
    k = t.achievement_competencies.c
    found: dict[int, set[int]] = {}
    for some in parts(ids):
        for achievement, competency in connection.execute(
            select(k.achievement_id, k.competency_id).where(k.achievement_id.in_(some))
        ):
            found.setdefault(achievement, set()).add(competency)
    return found


def _replace(connection: Connection, read: dict[int, list[tuple[int, int]]]) -> None:
    k = t.achievement_competencies
    for ids in parts(read):
        connection.execute(delete(k).where(k.c.achievement_id.in_(ids)))
    rows = [
        (id_, competency, True, probability)
        for id_, likely in read.items()
        for competency, probability in likely
    ]
    insert_many(connection, k, ("achievement_id", "competency_id", "inferred", "probability"), rows)
