"""Building the search index anew from the store, while searches go on and changes keep arriving."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from indexer.copying import PAGE, apply_log, changed, load_documents
from matcher.errors import Unavailable
from matcher.moments import day_of, first_moment
from matcher.search.engine import Engine, IndexState
from matcher.store.changes import candidate_ids, last_change
from matcher.store.database import Database
from matcher.store.organisations import Organisation, organisation

TURN_SECONDS = 30.0
"""How long to wait for another process that is writing the index."""

_IDS = 50_000


def rebuild(
    database: Database,
    engine: Engine,
    organisation_key: str,
    vocabulary_version: str,
    progress: Callable[[int, int], None],
) -> IndexState:
    """Build a new generation and publish it; the one before it answers until then, and stays current.

    `progress` is called with the number of candidates done and in all. The new generation holds the log up to
    its change number, and no less than the old one did. Its floor is the first moment of today in the
    organisation's time zone. Raises Unavailable, also where another process keeps writing, and NotFound.
    """
    with _turn(engine, organisation_key):
        with database.read() as connection:
            home = organisation(connection, organisation_key)
            number = last_change(connection, home.id)
        candidates = _all_candidates(database, home.id)
        floor = today(home)
        kept_current = _answers(engine, organisation_key)
        with engine.build(
            organisation_key, floor=floor, vocabulary=vocabulary_version, change_number=number
        ) as builder:
            progress(0, len(candidates))
            for start in range(0, len(candidates), PAGE):
                page = candidates[start : start + PAGE].tolist()
                with database.read() as connection:
                    documents = load_documents(connection, home.id, page, floor)
                builder.add(documents)
                progress(start + len(page), len(candidates))
                if kept_current:
                    apply_log(database, engine, home)
            for documents, reached in changed(database, home.id, number, floor):
                builder.add(documents)
                number = reached
            state = builder.publish(number)
        return apply_log(database, engine, home) or state


def today(home: Organisation) -> int:
    """The first moment of today where an organisation is: the floor of an index built now."""
    return first_moment(day_of(int(time.time()), home.zone).isoformat(), home.zone)


@contextmanager
def _turn(engine: Engine, organisation_key: str) -> Iterator[None]:
    """Hold the right to write, as soon as the one who has it lets go."""
    deadline = time.monotonic() + TURN_SECONDS
    while True:
        with engine.writer(organisation_key) as mine:
            if mine:
                yield
                return
        if time.monotonic() > deadline:
            raise Unavailable("another process is writing the search index; try again later")
        time.sleep(0.05)


def _all_candidates(database: Database, organisation_id: int) -> array[int]:
    """Ids of all candidates, rising: 8 bytes each."""
    found = array("q")
    while True:
        with database.read() as connection:
            page = candidate_ids(connection, organisation_id, found[-1] if found else 0, _IDS)
        if not page:
            return found
        found.extend(page)


def _answers(engine: Engine, organisation_key: str) -> bool:
    """Whether an index answers that is to be kept current; a damaged one is only replaced."""
    try:
        return engine.state(organisation_key) is not None
    except Unavailable:
        return False
