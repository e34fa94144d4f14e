"""Comparing the search index with the store at any time, row by row, and mending what differs."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from indexer.comparison import Difference, Field, differences
from indexer.copying import PAGE, apply_log, load_documents, reaches
from matcher.errors import Damaged, Unavailable
from matcher.records import SearchDocument
from matcher.search.engine import Engine, IndexState, no_index
from matcher.store.candidates import candidate_keys, count_candidates
from matcher.store.changes import candidate_ids, changed_since, last_change, log_again
from matcher.store.database import Database
from matcher.store.organisations import Organisation, organisation

CATCH_UP_SECONDS = 30.0
"""How long to wait until whoever is writing the index has applied a change."""

_PAUSE_SECONDS = 0.05

_UNREACHED = "the change log does not reach the search index: `credmatch reindex` builds it anew"


@dataclass(frozen=True, slots=True)
class Found:
    """A person about whom index and store differ: key (`#id` for who is gone), and how (see `Difference`).

    `repaired`: the index was given the right row, and gives it back.
    """

    key: str
    what: str
    fields: tuple[Field, ...]
    why: str
    repaired: bool


def verify_index(
    database: Database,
    engine: Engine,
    organisation_key: str,
    progress: Callable[[int, int], None],
    *,
    repair: bool,
) -> Iterator[Found]:
    """Whom the index has wrong, in the order of their ids. Both sides are read in pages.

    Rows that differ are looked at again when the index has caught up with the log: what changed meanwhile is
    no difference. `repair`: each is logged again as a change, so whoever may write the index writes the right
    row, with a number above that of the wrong one. Raises Unavailable, also where there is no index or it
    stays behind the log, Damaged where they differ and the log does not reach the index; and NotFound.
    """
    with database.read() as connection:
        home = organisation(connection, organisation_key)
        total = count_candidates(connection, home.id)
    check = _Check(database, engine, home)
    after: int | None = 0
    done = 0
    while after is not None:
        rows, suspects, after = check.page(after)
        done += rows
        found = check.again(suspects)
        left = check.repair(found) if repair else found
        yield from check.named(found, left)
        progress(done, max(done, total))


@dataclass(frozen=True, slots=True)
class _Check:
    database: Database
    engine: Engine
    home: Organisation

    def page(self, after: int) -> tuple[int, list[int], int | None]:
        """Look at the next ids: how many rows, whose seem to differ, and where to go on (None: the end)."""
        while True:
            state = self._state()
            held = self.engine.documents(self.home.key, after, PAGE)
            with self.database.read() as connection:
                ids = candidate_ids(connection, self.home.id, after, PAGE)
                full = [page[-1] for page in (ids, [d.candidate for d in held]) if len(page) == PAGE]
                upto = min(full) if full else None
                held = [d for d in held if upto is None or d.candidate <= upto]
                ids = [id_ for id_ in ids if upto is None or id_ <= upto]
                loaded = load_documents(connection, self.home.id, ids, state.floor)
            if self._state().generation == state.generation:
                return len(held), [found.candidate for found in differences(held, loaded)], upto

    def again(self, suspects: Collection[int]) -> list[Difference]:
        """Which of these (ids) differ when the index has the log up to their last change."""
        found: list[Difference] = []
        deadline = time.monotonic() + CATCH_UP_SECONDS
        while suspects:
            self._catch_up()
            state = self._state()
            held = self._rows(suspects)
            with self.database.read() as connection:
                loaded = load_documents(connection, self.home.id, sorted(suspects), state.floor)
                differ = differences(held, loaded)
                moved = changed_since(connection, self.home.id, state.change_number, suspects)
            if self._state().generation != state.generation:
                continue
            found += [difference for difference in differ if difference.candidate not in moved]
            suspects = moved & {difference.candidate for difference in differ}
            if suspects:
                _wait(deadline)
        return sorted(found, key=lambda difference: difference.candidate)

    def repair(self, found: list[Difference]) -> list[Difference]:
        """Have the right rows written; gives what differs even then."""
        if not found:
            return []
        candidates = [difference.candidate for difference in found]
        with self.database.write() as connection:
            log_again(connection, self.home.id, candidates)
            number = last_change(connection, self.home.id)
        deadline = time.monotonic() + CATCH_UP_SECONDS
        self._catch_up()
        while self._state().change_number < number:
            _wait(deadline)
            self._catch_up()
        return self.again(candidates)

    def named(self, found: list[Difference], left: list[Difference]) -> Iterator[Found]:
        """The differences, each with the person's key and whether it is mended."""
        remaining = {difference.candidate for difference in left}
        with self.database.read() as connection:
            keys = candidate_keys(connection, self.home.id, [one.candidate for one in found])
        for one in found:
            key = keys.get(one.candidate, f"#{one.candidate}")
            yield Found(key, one.what, one.fields, one.why, repaired=one.candidate not in remaining)

    def _state(self) -> IndexState:
        state = self.engine.state(self.home.key)
        if state is None:
            raise no_index()
        return state

    def _rows(self, candidates: Collection[int]) -> list[SearchDocument]:
        """What the index has of some candidates, who are near each other."""
        after, last = min(candidates) - 1, max(candidates)
        found: list[SearchDocument] = []
        while after < last:
            page = self.engine.documents(self.home.key, after, PAGE)
            found += [document for document in page if document.candidate in candidates]
            after = page[-1].candidate if len(page) == PAGE else last
        return found

    def _catch_up(self) -> None:
        """Apply the log, unless somebody else is writing, who does. Raises Damaged where it cannot."""
        with self.engine.writer(self.home.key) as mine:
            if not mine:
                return
            if not reaches(self.database, self.home, self._state()):
                raise Damaged(_UNREACHED)
            apply_log(self.database, self.engine, self.home)


def _wait(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise Unavailable(
            "the search index stays behind the change log: the process that is writing it does not keep up"
        )
    time.sleep(_PAUSE_SECONDS)
