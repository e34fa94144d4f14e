"""What achievements stand for where their issuer did not say: read from their words, then confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, func, insert, select, update

from matcher.errors import InvalidInput, NotFound
from matcher.messages import said
from matcher.store import tables as t
from matcher.store.changes import log_changes, wholes
from matcher.store.database import Connection
from matcher.store.organisations import Organisation
from matcher.validation import shown


class Stage(StrEnum):
    """How it is known what an achievement stands for."""

    ALIGNED = "aligned"  # its issuer said
    UNREAD = "unread"  # nobody said; waits to be read from its words
    INFERRED = "inferred"  # was read and waits to be confirmed
    NOT_UNDERSTOOD = "not_understood"  # was read and nothing was likely
    CONFIRMED = "confirmed"  # a person confirmed or corrected what was read


@dataclass(frozen=True, slots=True)
class Unread:
    """An achievement that waits to be read from its words."""

    id: int
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Inferred:
    """An achievement that states no competencies, with what it was read as, or is said to stand for.

    `competencies`: ids with their probabilities in units (0 where a person said so), the likeliest first.
    `holders`: how many hold it. `confirmed_by`: who said so, "" while nobody did.
    """

    key: str
    name: str
    description: str
    issuer: str
    stage: Stage
    competencies: tuple[tuple[int, int], ...]
    holders: int
    confirmed_by: str = ""


def unread(connection: Connection, organisation: Organisation, limit: int) -> list[Unread]:
    """Up to `limit` achievements that wait to be read."""
    a = t.achievements.c
    rows = connection.execute(
        select(a.id, a.name, a.description)
        .where(a.organisation_id == organisation.id, a.reading == Stage.UNREAD.value)
        .order_by(a.id)
        .limit(limit)
    )
    return [Unread(*row) for row in rows]


def count_unread(connection: Connection, organisation: Organisation) -> int:
    """How many achievements wait to be read."""
    a = t.achievements.c
    waiting = a.organisation_id == organisation.id, a.reading == Stage.UNREAD.value
    number: int = connection.execute(
        select(func.count()).select_from(t.achievements).where(*waiting)
    ).scalar_one()
    return number


def store_reading(
    connection: Connection,
    organisation: Organisation,
    achievement_id: int,
    likely: Sequence[tuple[int, int]],
    *,
    model: str,
    vocabulary: str,
) -> None:
    """Store what an achievement was read as: competencies with probabilities in units; none is an answer.

    Ignored where meanwhile its issuer or a person said what it stands for.
    """
    a = t.achievements.c
    stage = Stage.INFERRED if likely else Stage.NOT_UNDERSTOOD
    stored = connection.execute(
        update(t.achievements)
        .where(a.id == achievement_id, a.organisation_id == organisation.id)
        .where(a.reading.not_in([Stage.ALIGNED.value, Stage.CONFIRMED.value]))
        .values(reading=stage.value, model=model, vocabulary=vocabulary)
    )
    if stored.rowcount:
        rows = [(competency, True, probability) for competency, probability in likely]
        _replace(connection, organisation, achievement_id, rows)


def to_confirm(connection: Connection, organisation: Organisation, limit: int = 200) -> list[Inferred]:
    """Achievements read from their words that nobody confirmed, those that most people hold first."""
    return _at(connection, organisation, (Stage.INFERRED, Stage.NOT_UNDERSTOOD), limit)


def confirmed(connection: Connection, organisation: Organisation, limit: int = 200) -> list[Inferred]:
    """Achievements of which a person said what they stand for, those that most people hold first."""
    return _at(connection, organisation, (Stage.CONFIRMED,), limit)


def _at(
    connection: Connection, organisation: Organisation, stages: Sequence[Stage], limit: int
) -> list[Inferred]:
    a, i = t.achievements.c, t.issuers.c
    held = (
        select(func.count(t.awards.c.candidate_id.distinct()))
        .where(t.awards.c.achievement_id == a.id)
        .correlate(t.achievements)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(a.id, a.key, a.name, a.description, i.name, a.reading, held, a.confirmed_by)
        .join(t.issuers, i.id == a.issuer_id)
        .where(a.organisation_id == organisation.id)
        .where(a.reading.in_([stage.value for stage in stages]))
        .order_by(held.desc(), a.id)
        .limit(limit)
    ).all()
    read = _read_as(connection, [row[0] for row in rows])
    return [
        Inferred(key, name, description, issuer, Stage(stage), read.get(id_, ()), holders, by)
        for id_, key, name, description, issuer, stage, holders, by in rows
    ]


def confirm(
    connection: Connection,
    organisation: Organisation,
    achievement_key: str,
    competency_ids: Iterable[int],
    *,
    by: str,
) -> None:
    """Say what an achievement stands for, in place of what was read; nothing at all is an answer too.

    From then on it counts as if its issuer had said so; every holder is logged as changed.
    Raises NotFound, and InvalidInput where its issuer said what it stands for, or where the organisation has
    no such competency.
    """
    a = t.achievements.c
    id_, stage = _find(connection, organisation, achievement_key)
    if stage == Stage.ALIGNED.value:
        raise InvalidInput(said("its issuer states its competencies"), where=achievement_key)
    connection.execute(
        update(t.achievements).where(a.id == id_).values(reading=Stage.CONFIRMED.value, confirmed_by=by)
    )
    wanted = list(dict.fromkeys(competency_ids))
    _check_seen(connection, organisation, wanted)
    rows = [(competency, False, None) for competency in wanted]
    _replace(connection, organisation, id_, rows)


def unconfirm(connection: Connection, organisation: Organisation, achievement_key: str) -> tuple[int, ...]:
    """Take back what a person said an achievement stands for; the ids of these competencies.

    It is read from its words anew, as when it arrived, and counts nothing until then; every holder is logged
    as changed. Raises NotFound, and InvalidInput where nobody confirmed it.
    """
    a = t.achievements.c
    id_, stage = _find(connection, organisation, achievement_key)
    if stage != Stage.CONFIRMED.value:
        raise InvalidInput(said("nobody has confirmed it"), where=achievement_key)
    stood = _read_as(connection, [id_]).get(id_, ())
    connection.execute(
        update(t.achievements).where(a.id == id_).values(reading=Stage.UNREAD.value, confirmed_by="")
    )
    _replace(connection, organisation, id_, ())
    return tuple(competency for competency, _ in stood)


def _find(connection: Connection, organisation: Organisation, key: str) -> tuple[int, str]:
    """The id of an achievement and the stage it is at. Raises NotFound."""
    a = t.achievements.c
    row = connection.execute(
        select(a.id, a.reading).where(a.organisation_id == organisation.id, a.key == key)
    ).one_or_none()
    if row is None:
        raise NotFound(said("there is no achievement %(key)s", key=shown(key)))
    return row.id, row.reading


def _check_seen(connection: Connection, organisation: Organisation, competency_ids: Sequence[int]) -> None:
    c = t.competencies.c
    seen = select(c.id).where(c.id.in_(competency_ids), c.organisation_id.in_((organisation.id, t.SHARED)))
    if missing := set(competency_ids) - set(connection.execute(seen).scalars()):
        raise InvalidInput(said("there is no competency %(id)s", id=str(min(missing))), where="competencies")


def _replace(
    connection: Connection,
    organisation: Organisation,
    achievement_id: int,
    rows: Iterable[tuple[int, bool, int | None]],
) -> None:
    k = t.achievement_competencies
    connection.execute(delete(k).where(k.c.achievement_id == achievement_id))
    values = [
        {
            "achievement_id": achievement_id,
            "competency_id": competency,
            "inferred": inferred,
            "probability": probability,
        }
        for competency, inferred, probability in rows
    ]
    if values:
        connection.execute(insert(k), values)
    touched = {achievement_id, *wholes(connection, organisation.id, [achievement_id])}
    log_changes(connection, organisation.id, achievements=touched)


def _read_as(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[tuple[int, int], ...]]:
    k = t.achievement_competencies.c
    found: dict[int, tuple[tuple[int, int], ...]] = {}
    for achievement, competency, probability in connection.execute(
        select(k.achievement_id, k.competency_id, k.probability)
        .where(k.achievement_id.in_(ids))
        .order_by(k.achievement_id, k.probability.desc(), k.competency_id)
    ):
        found[achievement] = (*found.get(achievement, ()), (competency, probability or 0))
    return found
