"""From the store to a search engine: the documents of some candidates, and of those that changed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from matcher.records import SearchDocument
from matcher.search.documents import search_document
from matcher.search.engine import Engine, IndexState, holdable
from matcher.store.candidates import candidate_keys
from matcher.store.changes import changed_candidates, last_change, log_reaches, when_logged
from matcher.store.database import Connection, Database
from matcher.store.organisations import Organisation
from matcher.store.positions import applications
from matcher.store.profiles import Known, load_profiles

PAGE = 2_000
"""Candidates, or changes, read in one snapshot: a few tenths of a second, and some ten megabytes."""

_OF_THE_DATA = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a row that nobody could have written raises while it is read. The database's own errors are others."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Some candidates' documents, and of those that have none: id -> why it cannot be made."""

    documents: list[SearchDocument]
    failed: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changed:
    """A page of the change log: documents, its last number (`reached`), and when that was logged."""

    documents: list[SearchDocument]
    reached: int
    logged: int | None


def load_documents(
    connection: Connection,
    organisation_id: int,
    candidate_ids: Sequence[int],
    floor: int,
    known: Known | None = None,
) -> Loaded:
    """The search documents of up to `PAGE` candidates; a tombstone for each that is no longer there.

    They bound what achievements are read as now, and what a newer model reads them as until it counts. One
    whose profile cannot be read, or has values that no engine holds, stops no other. `known`: see
    `load_profiles`; what changes after it was read must be in the log that is applied later.
    """
    try:
        documents = _documents(connection, organisation_id, candidate_ids, floor, known)
    except _OF_THE_DATA as error:
        if len(candidate_ids) == 1:
            return Loaded([], {candidate_ids[0]: f"{type(error).__name__}: {error}"})
        half = len(candidate_ids) // 2
        first = load_documents(connection, organisation_id, candidate_ids[:half], floor, known)
        second = load_documents(connection, organisation_id, candidate_ids[half:], floor, known)
        return Loaded([*first.documents, *second.documents], first.failed | second.failed)
    held = [document for document in documents if holdable(document)]
    if len(held) == len(documents):
        return Loaded(documents)
    wrong = (document.candidate for document in documents if not holdable(document))
    return Loaded(held, dict.fromkeys(wrong, "a bound, draw or id is out of its range"))


def _documents(
    connection: Connection,
    organisation_id: int,
    candidate_ids: Sequence[int],
    floor: int,
    known: Known | None,
) -> list[SearchDocument]:
    profiles = load_profiles(connection, organisation_id, candidate_ids, upcoming=True, known=known)
    applied = applications(connection, organisation_id, candidate_ids)
    return [
        search_document(profiles[candidate], floor, applied_to=applied.get(candidate, ()))
        if candidate in profiles
        else SearchDocument(candidate, draw=0)
        for candidate in candidate_ids
    ]


def changed(database: Database, organisation_id: int, after: int, floor: int) -> Iterator[Changed]:
    """The documents of who changed after number `after`, page by page.

    All of a page comes from one snapshot, so the documents are at least as new as its number. Ends where the
    log ended at the first page, or after that: where changes keep arriving, it would not end otherwise. Who
    cannot be read is named in the program's log and left out.
    """
    with database.read() as connection:
        last = last_change(connection, organisation_id)
    while after < last:
        with database.read() as connection:
            candidates, reached = changed_candidates(connection, organisation_id, after, PAGE)
            loaded = load_documents(connection, organisation_id, candidates, floor)
            logged = when_logged(connection, organisation_id, reached)
            keys = candidate_keys(connection, organisation_id, loaded.failed)
        for candidate, why in loaded.failed.items():
            _log.error(
                "candidate %s cannot be indexed and stays as it was: %s", keys.get(candidate, candidate), why
            )
        yield Changed(loaded.documents, reached, logged)
        after = reached


def apply_log(database: Database, engine: Engine, organisation: Organisation) -> IndexState | None:
    """Apply the change log to the index that answers, to where it ends now; None where there is no index.

    One that the log does not reach stays as it is: it is to be built anew. Only while holding
    `engine.writer`. Raises Unavailable.
    """
    state = engine.state(organisation.key)
    if state is not None and reaches(database, organisation, state):
        for page in changed(database, organisation.id, state.change_number, state.floor):
            state = engine.apply(organisation.key, page.documents, page.reached, page.logged)
    return state


def reaches(database: Database, organisation: Organisation, state: IndexState) -> bool:
    """Whether the change log reaches an index (see `log_reaches`). Raises Unavailable."""
    with database.read() as connection:
        return log_reaches(connection, organisation.id, state.change_number, state.logged)
