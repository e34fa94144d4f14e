"""From the store to a search engine: the documents of some candidates, and of those that changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matcher.records import SearchDocument
from matcher.search.documents import search_document
from matcher.search.engine import Engine, IndexState
from matcher.store.changes import changed_candidates
from matcher.store.database import Connection, Database
from matcher.store.organisations import Organisation
from matcher.store.positions import applications
from matcher.store.profiles import load_profiles

PAGE = 2_000
"""Candidates, or changes, read in one snapshot: a few tenths of a second, and some ten megabytes."""


def load_documents(
    connection: Connection, organisation_id: int, candidate_ids: Sequence[int], floor: int
) -> list[SearchDocument]:
    """The search documents of up to `PAGE` candidates; a tombstone for each that is no longer there.

    They bound what achievements are read as now, and what a newer model reads them as until it counts.
    """
    profiles = load_profiles(connection, organisation_id, candidate_ids, upcoming=True)
    applied = applications(connection, organisation_id, candidate_ids)
    return [
        search_document(profiles[candidate], floor, applied_to=applied.get(candidate, ()))
        if candidate in profiles
        else SearchDocument(candidate, draw=0)
        for candidate in candidate_ids
    ]


def changed(
    database: Database, organisation_id: int, after: int, floor: int
) -> Iterator[tuple[list[SearchDocument], int]]:
    """The documents of who changed after number `after`, page by page, each with the number reached.

    Both come from one snapshot, so the documents are at least as new as that number. Ends with the log.
    """
    while True:
        with database.read() as connection:
            candidates, reached = changed_candidates(connection, organisation_id, after, PAGE)
            documents = load_documents(connection, organisation_id, candidates, floor)
        if reached == after:
            return
        yield documents, reached
        after = reached


def apply_log(database: Database, engine: Engine, organisation: Organisation) -> IndexState | None:
    """Apply the change log to the index that answers, to its end; None where there is no index.

    Only while holding `engine.writer`. Raises Unavailable.
    """
    state = engine.state(organisation.key)
    if state is not None:
        for documents, reached in changed(database, organisation.id, state.change_number, state.floor):
            state = engine.apply(organisation.key, documents, reached)
    return state
