"""Building the search index anew from the store, and going back to the one before, while searches go on.

What is put in place was read back first: each row is what was put in, as many as the store has candidates at
that change number, and a sample equals the store field by field.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from indexer.comparison import Sums, differences, new_sums
from indexer.copying import PAGE, Loaded, apply_log, load_documents
from indexer.loading import WORTH_PROCESSES, load_all
from matcher.errors import Damaged, Unavailable, Unfit
from matcher.moments import day_of, first_moment
from matcher.records import SearchDocument
from matcher.search.engine import Builder, Engine, IndexState
from matcher.store import leases
from matcher.store.candidates import candidate_keys, count_candidates
from matcher.store.changes import (
    candidate_ids,
    changed_candidates,
    changed_since,
    last_candidate,
    last_change,
    log_reaches,
    when_logged,
)
from matcher.store.database import Database
from matcher.store.organisations import Organisation, organisation

TURN_SECONDS = leases.SECONDS + 5.0
"""How long to wait for another process that is writing the index: longer than a killed one keeps its turn."""

SAMPLE = 1_000
"""Rows that are compared with the store field by field before a swap, spread over all; fewer have all."""

_NAMED = 10
"""People that a message names at most."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """How to build: how many processes read the store, and how many people may be missing from what is put in
    place because their profiles cannot be read or written (None: any number)."""

    processes: int = 1
    failures: int | None = 0


Progress = Callable[[int, int], None]
"""Called with the number of candidates done and in all."""


def quiet(_done: int, _all: int) -> None:
    """No progress to show: nobody watches."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The state that answers now. `failed`: who is missing from it, key -> why."""

    state: IndexState
    failed: dict[str, str]


def rebuild(
    database: Database,
    engine: Engine,
    organisation_key: str,
    vocabulary_version: str,
    progress: Progress = quiet,
    terms: Terms = Terms(),
) -> Rebuilt:
    """Build a new generation and put it in place; the one before it answers until then, and stays current.

    Goes on with a build that was killed, where the log still reaches back to its beginning. Who cannot be
    read or written is left out and named; where they are more than `terms` allow, or what the index gives
    back is not what was put in, the old index stays: Unfit. The new one holds the log up to its change
    number, and no less than the old one did. Its floor is the first moment of today in the organisation's
    time zone. Raises Unavailable, also where another process keeps writing, and NotFound.
    """
    with _turn(engine, organisation_key), new_sums() as sums:
        with database.read() as connection:
            home = organisation(connection, organisation_key)
            number = last_change(connection, home.id)
        for _ in ("an unfinished build may be too old", "then a new one"):
            building = engine.build(
                home.key, floor=today(home), vocabulary=vocabulary_version, change_number=number
            )
            with building as builder:
                with database.read() as connection:
                    begun = builder.state
                    reached = log_reaches(connection, home.id, begun.change_number, begun.logged)
                if reached:
                    return _Swap(database, engine, home, builder, terms, sums).build(progress)
    raise Unavailable("the change log was cut off while the search index was built; try again")


def roll_back(database: Database, engine: Engine, organisation_key: str, failures: int = 0) -> Rebuilt:
    """Bring the generation before the live one up to date and put it in place; the live one is kept then.

    `failures`: how many people may be missing from it. Raises NotFound where none is kept, Unfit where the
    log does not reach back to it, or what it then gives back is not what the store says; and Unavailable.
    """
    with _turn(engine, organisation_key), new_sums() as sums, engine.reopen(organisation_key) as builder:
        with database.read() as connection:
            home = organisation(connection, organisation_key)
            state = builder.state
            reached = log_reaches(connection, home.id, state.change_number, state.logged)
            last = last_candidate(connection, home.id)
        if not reached:
            raise Unfit(
                f"the change log does not reach back to generation {state.generation} (change "
                f"{state.change_number:,}): it cannot be brought up to date; `credmatch reindex` builds anew"
            )
        swap = _Swap(database, engine, home, builder, Terms(failures=failures), sums)
        try:
            swap.take_over(last)
        except Damaged as error:
            raise Unfit(f"generation {state.generation} is not put back: {error}") from error
        return swap.swap()


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
            raise Unavailable(
                "another process is writing the search index (it may be building it anew); try again later"
            )
        time.sleep(0.05)


@dataclass(slots=True)
class _Swap:
    """A generation on its way to be put in place. It has the log up to `number`, when there were `people`."""

    database: Database
    engine: Engine
    home: Organisation
    builder: Builder
    terms: Terms
    sums: Sums
    number: int = 0
    people: int = 0
    hindered: str = ""  # why the index that answers is not kept current
    resumed: bool = False  # part of it was there before: perhaps made before the store was restored
    failed: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.number = self.builder.state.change_number

    def build(self, progress: Progress) -> Rebuilt:
        """Fill the generation from the store, then put it in place."""
        with self.database.read() as connection:
            total = count_candidates(connection, self.home.id)
            last = last_candidate(connection, self.home.id)
        reached, floor = self.builder.reached, self.builder.state.floor
        done = self.take_over(reached)
        progress(done, total)
        processes = self.terms.processes if total - done >= WORTH_PROCESSES else 1
        wanted = range(reached + 1, last + 1)
        with closing(load_all(self.database, self.home.id, floor, wanted, processes)) as pages:
            for loaded in pages:
                self._add(loaded)
                done += len(loaded.documents) + len(loaded.failed)
                progress(done, total)
                self._keep_current()
        return self.swap()

    def take_over(self, upto: int) -> int:
        """What the generation has already of ids up to `upto` counts as put in; who is missing there failed
        before, and is looked at again. Gives how many candidates there are."""
        after, done = 0, 0
        self.resumed = upto > 0
        while after < upto:
            held = self.builder.documents(after, PAGE)
            with self.database.read() as connection:
                ids = candidate_ids(connection, self.home.id, after, PAGE)
                last = min(
                    [upto, *(page[-1] for page in (ids, [d.candidate for d in held]) if len(page) == PAGE)]
                )
                held = [document for document in held if document.candidate <= last]
                ids = [id_ for id_ in ids if id_ <= last]
                missing = sorted({*ids} - {document.candidate for document in held})
                loaded = load_documents(connection, self.home.id, missing, self.builder.state.floor)
            self.sums.put(held)
            self._add(loaded)
            after, done = last, done + len(ids)
        return done

    def swap(self) -> Rebuilt:
        """Catch up, verify, catch up with what came meanwhile, and put in place."""
        self._catch_up()
        self._refuse_failures()
        self._verify()
        self._catch_up()
        self._refuse_failures()
        with self.database.read() as connection:
            logged = when_logged(connection, self.home.id, self.number)
        state = self.builder.publish(self.number, logged)
        _log.info(
            "the search index of %s is now generation %s: %d candidates, up to change %d",
            self.home.key,
            state.generation,
            state.documents,
            state.change_number,
        )
        state = apply_log(self.database, self.engine, self.home) or state
        return Rebuilt(state, self._named(self.failed))

    def _add(self, loaded: Loaded) -> None:
        refused = self.builder.add(loaded.documents)
        failed = {**loaded.failed, **dict.fromkeys(refused, "the engine cannot hold it")}
        taken = [document for document in loaded.documents if document.candidate not in failed]
        # Who fails only now leaves no older row behind.
        gone = [SearchDocument(candidate, draw=0) for candidate in failed]
        self.builder.add(gone)
        self.sums.put([*taken, *gone])
        for document in taken:
            self.failed.pop(document.candidate, None)
        for candidate, why in self._named(failed).items():
            _log.error("candidate %s cannot be indexed: %s", candidate, why)
        self.failed |= failed

    def _keep_current(self) -> None:
        """Bring the index that answers up to date, where it can be: it is replaced in whatever state."""
        why = ""
        try:
            apply_log(self.database, self.engine, self.home)
        except Unavailable as error:
            why = str(error)
        if why and why != self.hindered:
            _log.warning("the search index that answers is not kept current until it is replaced: %s", why)
        self.hindered = why

    def _catch_up(self) -> None:
        """Apply the log to its end, and count the candidates that there are at that change number."""
        while True:
            with self.database.read() as connection:
                home, floor = self.home.id, self.builder.state.floor
                candidates, reached = changed_candidates(connection, home, self.number, PAGE)
                loaded = load_documents(connection, home, candidates, floor)
                at_end = reached == last_change(connection, home)
                self.people = count_candidates(connection, home) if at_end else 0
            self._add(loaded)
            self.number = reached
            if at_end:
                return
            self._keep_current()

    def _refuse_failures(self) -> None:
        allowed = self.terms.failures
        if allowed is not None and len(self.failed) > allowed:
            many = len(self.failed)
            who = "; ".join(f"{key} ({why})" for key, why in self._named(self.failed, _NAMED).items())
            raise Unfit(
                f"the old search index stays: {many:,} {'person' if many == 1 else 'people'} cannot be "
                f"indexed, more than the {allowed:,} of CREDMATCH_REINDEX_FAILURES: {who}"
                f"{' ...' if many > _NAMED else ''}"
            )

    def _verify(self) -> None:
        """Read all rows back. Raises Unfit where they are not what was put in, or not what the store says."""
        after, rows = 0, 0
        expected = self.people - len(self.failed)
        while held := self.builder.documents(after, PAGE):
            upto = held[-1].candidate
            self._compare_sums(after, held, upto)
            sample = max(2, -(-SAMPLE * len(held) // max(expected, 1)))
            self._compare_sample(held, len(held) if self.resumed else sample)
            after, rows = upto, rows + len(held)
            self._keep_current()
        self._compare_sums(after, [], None)
        if rows != expected:
            raise Unfit(
                f"the old search index stays: the new one has {rows:,} people at change {self.number:,}, "
                f"the database {expected:,} that can be indexed"
            )

    def _compare_sums(self, after: int, held: list[SearchDocument], upto: int | None) -> None:
        self._refuse(self.sums.differing(after, held, upto), "is not what was put in")

    def _compare_sample(self, held: list[SearchDocument], size: int) -> None:
        """Compare some rows with the store; those that changed after `number` are the log's, later."""
        some = random.sample(held, min(size, len(held)))
        with self.database.read() as connection:
            home, ids = self.home.id, sorted(document.candidate for document in some)
            loaded = load_documents(connection, home, ids, self.builder.state.floor)
            wrong = {difference.candidate for difference in differences(some, loaded)}
            wrong -= changed_since(connection, home, self.number, wrong)
        self._refuse(sorted(wrong), "is not what the database has")

    def _refuse(self, wrong: list[int], what: str) -> None:
        if wrong:
            people = ", ".join(self._named(dict.fromkeys(wrong[:_NAMED], "")))
            raise Unfit(
                f"the old search index stays: what the new one gives back at change {self.number:,} {what}: "
                f"{people}{' ...' if len(wrong) > _NAMED else ''}"
            )

    def _named(self, why: dict[int, str], most: int | None = None) -> dict[str, str]:
        """Ids -> why as keys -> why; who is gone from the store goes by id."""
        some = dict(list(why.items())[:most])
        if not some:
            return {}
        with self.database.read() as connection:
            keys = candidate_keys(connection, self.home.id, some)
        return {keys.get(id_, f"#{id_}"): reason for id_, reason in some.items()}
