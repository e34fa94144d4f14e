"""Reading achievements from their words where the issuer states no competencies, outside any import.

What is read counts as inferred until a person confirms it (`matcher.store.achievements.confirm`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matcher.records import UNITS, Likely
from matcher.store import rereading
from matcher.store.achievements import Unread, count_unread, store_reading, unread
from matcher.store.database import Database
from matcher.store.organisations import organisation
from matcher.store.rereading import Reader
from matcher.store.vocabularies import shared_version
from matcher.vocabulary.vocabularies import Vocabularies
from matcher.vocabulary.vocabulary import Vocabulary

BATCH = 256
"""Achievements that are read, and stored, together."""

LIKELY_FROM = UNITS // 2
"""The probability, in units, from which on a competency is taken to be meant."""

AT_MOST = 3
"""Competencies that are taken from one achievement's words."""


def read_pending(
    database: Database,
    vocabularies: Vocabularies,
    organisation_key: str,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Read all achievements that wait for it; how many there were.

    The competency that the name exactly is; else the up to `AT_MOST` likeliest ones, from `LIKELY_FROM` on,
    of the name, or where there is none of name and description together; else it is stored as not
    understood. Nothing is encoded, and no model loaded, where nothing waits. `progress` is told how many are
    done, and how many there are. Raises Unavailable where the encoder does not answer; what is done stays.
    """
    with database.read() as connection:
        home = organisation(connection, organisation_key)
        pending = count_unread(connection, home)
    done = 0
    while True:
        with database.read() as connection:
            batch = unread(connection, home, BATCH)
        if not batch:
            return done
        vocabulary = vocabularies.get(organisation_key)
        read = _read(vocabulary, batch)
        with database.write() as connection:
            same = set(unread(connection, home, BATCH))  # without what was renamed or confirmed meanwhile
            for achievement, likely in zip(batch, read, strict=True):
                if achievement not in same:
                    continue
                store_reading(
                    connection,
                    home,
                    achievement.id,
                    [(one.competency.id, one.probability) for one in likely],
                    model=vocabularies.encoder.model,
                    vocabulary=vocabulary.version,
                )
        done += len(batch)
        if progress:
            progress(done, max(pending, done))


def read_anew(database: Database, vocabularies: Vocabularies, organisation_key: str) -> int:
    """Read again, beside what counts, all achievements that an earlier model or vocabulary read.

    Gives how many are read beside what counts, from earlier runs too; `switch_readings` lets them count.
    Goes on where it was interrupted. Raises Unavailable where the encoder does not answer.
    """
    with database.read() as connection:
        home = organisation(connection, organisation_key)
    while True:
        reader = _reader(database, vocabularies)
        with database.read() as connection:
            batch = rereading.outdated(connection, home, reader, BATCH)
            if not batch:
                return rereading.count_next(connection, home)
        read = _read(vocabularies.get(organisation_key), batch)
        with database.write() as connection:
            same = set(rereading.outdated(connection, home, reader, BATCH))  # as in `read_pending`
            rows = [
                (achievement.id, [(one.competency.id, one.probability) for one in likely])
                for achievement, likely in zip(batch, read, strict=True)
                if achievement in same
            ]
            rereading.store_next(connection, reader, rows)


def switch_readings(database: Database, vocabularies: Vocabularies, organisation_key: str) -> int:
    """Let what `read_anew` read count, all at once; how many achievements stand for something else now.

    A search index must have been built since, else it does not bound what counts then.
    """
    reader = _reader(database, vocabularies)
    with database.write() as connection:
        return rereading.switch(connection, organisation(connection, organisation_key), reader)


def read_positions_anew(database: Database, vocabularies: Vocabularies, organisation_key: str) -> int:
    """Read again the texts of positions that an earlier model or vocabulary read, and not for certain.

    Vectors of two models never compare, so until then such a text counts by its likeliest competency alone.
    Gives how many were read. Raises Unavailable where the encoder does not answer; what is done stays.
    """
    with database.read() as connection:
        home = organisation(connection, organisation_key)
    done = 0
    while True:
        reader = _reader(database, vocabularies)
        with database.read() as connection:
            batch = rereading.outdated_ways(connection, home, reader, BATCH)
        if not batch:
            return done
        read = vocabularies.get(organisation_key).read([way.text for way in batch])
        with database.write() as connection:
            for way, reading in zip(batch, read, strict=True):
                rereading.store_way(connection, way, reading)
        done += len(batch)


def _reader(database: Database, vocabularies: Vocabularies) -> Reader:
    with database.read() as connection:
        return Reader(vocabularies.encoder.model, shared_version(connection))


def _read(vocabulary: Vocabulary, batch: Sequence[Unread]) -> list[list[Likely]]:
    read = [_meant(likely) for likely in vocabulary.understand([one.name for one in batch], AT_MOST)]
    unclear = [n for n, likely in enumerate(read) if not likely and batch[n].description]
    whole = [f"{batch[n].name}. {batch[n].description}" for n in unclear]
    for n, likely in zip(unclear, vocabulary.understand(whole, AT_MOST) if whole else (), strict=True):
        read[n] = _meant(likely)
    return read


def _meant(likely: Sequence[Likely]) -> list[Likely]:
    """Of the likeliest competencies those that are taken to be meant; where one is exact, only that."""
    exact = [one for one in likely if one.exact]
    return exact or [one for one in likely if one.probability >= LIKELY_FROM]
