"""The index follows the store: the first build, the change log, a new day, and building anew meanwhile."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from unittest.mock import MagicMock

import pytest
import time_machine
from sqlalchemy import delete, insert, select, update

from indexer import copying, follower, loading, rebuild
from indexer.changes import catch_up, follow
from indexer.verifying import verify_index
from matcher.errors import ConfigurationError, CredmatchError, Damaged, NotFound, Unavailable
from matcher.health import Health
from matcher.records import (
    AchievementRecord,
    AwardRecord,
    CandidateRecord,
    CompetencyRef,
    IssuerRef,
    SearchDocument,
)
from matcher.search.documents import search_document
from matcher.search.embedded import EmbeddedEngine
from matcher.search.engine import Builder, Clause, IndexState, Query
from matcher.store import tables as t
from matcher.store.changes import candidate_ids, last_change, prune_changes
from matcher.store.database import Database
from matcher.store.intake import store_candidates
from matcher.store.organisations import create_organisation, organisation
from matcher.store.positions import applications
from matcher.store.profiles import load_profiles
from matcher.store.vocabularies import shared_version
from tests.contract.brute import answer, recalled
from tests.parts.databases import Databases

DAY = 86_400
ALL = Query((Clause(1_000_000, tuple((competency, 10_000) for competency in range(1, 30))),), ever=True)


@dataclass
class Pool:
    """A database with an index beside it, and a number of fictional people."""

    path: Path
    database: Database
    engine: EmbeddedEngine
    random: Random = field(default_factory=lambda: Random(1))

    def store(self, first: int, last: int) -> None:
        """Store the candidates with these numbers, each with new awards: a change for each."""
        with self.database.write() as connection:
            home = create_organisation(connection, "default")
            store_candidates(connection, home, [self.person(number) for number in range(first, last + 1)])

    def person(self, number: int) -> CandidateRecord:
        skills = self.random.sample("abcdefgh", 3)
        awards = tuple(
            AwardRecord(
                AchievementRecord(
                    f"Course {skill}",
                    competencies=(CompetencyRef(f"skill {skill}"),),
                    issuer=IssuerRef("Mill"),
                ),
                issued=int(time.time()) - self.random.randint(1, 90_000) * 1_000,
            )
            for skill in skills
        )
        return CandidateRecord(f"c{number}", region="Québec", awards=awards, applied_to=("weaver",))

    def remove(self, candidate: int) -> None:
        """Take a candidate out of the store, as erasing a person does."""
        with self.database.write() as connection:
            for table in (t.awards, t.applications, t.people):
                connection.execute(delete(table).where(table.c.candidate_id == candidate))
            connection.execute(delete(t.candidates).where(t.candidates.c.id == candidate))
            log = {"organisation_id": self.home, "candidate_id": candidate, "created": int(time.time())}
            connection.execute(insert(t.changes).values(log))

    @property
    def home(self) -> int:
        with self.database.read() as connection:
            return organisation(connection, "default").id

    def truth(self, floor: int) -> dict[int, SearchDocument]:
        """What the index must hold, by the store."""
        with self.database.read() as connection:
            ids = candidate_ids(connection, self.home, 0, 10_000)
            profiles = load_profiles(connection, self.home, ids)
            applied = applications(connection, self.home, ids)
        return {
            id_: search_document(profile, floor, applied_to=applied.get(id_, ()))
            for id_, profile in profiles.items()
        }

    def is_current(self) -> bool:
        """Whether the index answers with the whole truth."""
        state = self.engine.state("default")
        if state is None:
            return False
        pool = self.truth(state.floor)
        queries = [ALL, Query(ALL.clauses, (frozenset({"applied:weaver"}), frozenset({"region:Québec"})))]
        return all(recalled(self.engine, "default", q, 9)[0] == answer(pool, q) for q in queries)

    def build(self) -> IndexState:
        return rebuild.rebuild(self.database, self.engine, "default", "v1").state


@pytest.fixture
def pool(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    for module in (copying, loading, rebuild):
        monkeypatch.setattr(module, "PAGE", 7)
    database = databases.open()
    pool = Pool(tmp_path, database, EmbeddedEngine(tmp_path / "index"))
    pool.store(1, 30)
    yield pool
    database.close()


def test_catching_up_builds_the_first_generation(pool: Pool) -> None:
    state = catch_up(pool.database, pool.engine, "default")
    assert state is not None
    assert state == pool.engine.state("default")
    with pool.database.read() as connection:
        assert state.change_number == last_change(connection, pool.home) > 0
        assert state.vocabulary == shared_version(connection)
    assert state.documents == 30
    assert pool.is_current()


def test_catching_up_applies_the_log_to_its_end(pool: Pool) -> None:
    first = catch_up(pool.database, pool.engine, "default")
    pool.store(20, 50)
    pool.remove(3)
    pool.remove(45)
    assert not pool.is_current()
    state = catch_up(pool.database, pool.engine, "default")
    assert state is not None
    assert first is not None
    assert (state.generation, state.documents) == (first.generation, 48)
    assert pool.is_current()
    assert catch_up(pool.database, pool.engine, "default") == state


def test_changes_that_keep_arriving_hold_nobody_up(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """While each part of the log is applied, one more change arrives."""
    pool.build()
    real, applied = EmbeddedEngine.apply, 0

    def apply(self: EmbeddedEngine, *arguments: object) -> IndexState:
        nonlocal applied
        applied += 1
        assert applied < 20, "it never ends"
        pool.store(applied, applied)
        return real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(EmbeddedEngine, "apply", apply)
    pool.store(5, 5)
    catch_up(pool.database, pool.engine, "default")
    assert applied == 1
    pool.build()
    monkeypatch.undo()
    catch_up(pool.database, pool.engine, "default")
    assert pool.is_current()


def test_an_index_ahead_of_the_log_is_of_another_database(pool: Pool) -> None:
    with pool.engine.build("default", floor=0, vocabulary="", change_number=0) as builder:
        builder.add([SearchDocument(999, 0, {1: 9_000}, {1: 9_000})])
        builder.publish(10**6)
    catch_up(pool.database, pool.engine, "default")
    assert pool.is_current()


def restore_and_go_on(pool: Pool, more: int) -> None:
    """As if the database had been restored, without its last person, and gone on to as many changes as the
    index has, and some more."""
    with pool.database.read() as connection:
        last = t.changes.c.number == last_change(connection, pool.home)
        gone = connection.execute(select(t.changes.c.candidate_id).where(last)).scalar_one()
    with pool.database.write() as connection:
        for table in (t.awards, t.applications, t.people):
            connection.execute(delete(table).where(table.c.candidate_id == gone))
        connection.execute(delete(t.candidates).where(t.candidates.c.id == gone))
        other = {"candidate_id": gone - 1, "created": t.changes.c.created + 60}
        connection.execute(update(t.changes).where(last).values(other))
    if more:
        pool.store(40, 39 + more)


@pytest.mark.parametrize("more", [0, 5])
def test_an_index_of_before_the_database_was_restored_is_built_anew(
    pool: Pool, more: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Also where the restored one has as many changes as the index, or more: they are others."""
    state = pool.build()
    restore_and_go_on(pool, more)
    health = Health(pool.database, pool.engine, "default")
    assert health.look_at_copy().foreign
    with pytest.raises(Damaged, match="`credmatch reindex`"):
        list(verify_index(pool.database, pool.engine, "default", rebuild.quiet, repair=True))
    with following(pool, pool.engine):
        assert soon(pool.is_current)
    assert caplog.messages == ["the change log does not reach the search index of default: building it anew"]
    after = pool.engine.state("default")
    assert after is not None
    assert after.generation != state.generation
    assert not health.look_at_copy().foreign
    pool.store(60, 61)
    catch_up(pool.database, pool.engine, "default")
    found = pool.engine.state("default")
    assert found is not None
    assert found.generation == after.generation


def test_of_what_was_pruned_nothing_is_said(pool: Pool) -> None:
    state = pool.build()
    assert state.logged is not None
    with pool.database.write() as connection:
        connection.execute(update(t.changes).values(created=t.changes.c.created - 60))
    assert Health(pool.database, pool.engine, "default").look_at_copy().foreign
    assert prune_changes(pool.database, pool.home, seconds=1, needed=state.change_number) > 0
    assert not Health(pool.database, pool.engine, "default").look_at_copy().foreign
    pool.store(31, 33)
    after = catch_up(pool.database, pool.engine, "default")
    assert after is not None
    assert after.generation == state.generation


@pytest.mark.parametrize("behind", [False, True])
def test_an_index_behind_what_was_pruned_is_built_anew(pool: Pool, behind: bool) -> None:
    state = pool.build()
    pool.store(5, 35)
    pool.remove(3)  # of whom no change may get lost: the person would stay findable
    with pool.database.read() as connection:
        number = last_change(connection, pool.home)
    assert (
        prune_changes(pool.database, pool.home, seconds=-60, needed=number if behind else 0) > 0 or not behind
    )
    after = catch_up(pool.database, pool.engine, "default")
    assert after is not None
    assert (after.generation != state.generation) == behind
    assert after.change_number == number
    assert pool.is_current()


def test_an_organisation_that_is_not_there(pool: Pool) -> None:
    with pytest.raises(NotFound):
        catch_up(pool.database, pool.engine, "nobody")


@contextmanager
def following(pool: Pool, engine: EmbeddedEngine) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=follow, args=(pool.database, engine, "default", stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def soon(condition: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def test_a_write_is_found_within_a_second(pool: Pool) -> None:
    with following(pool, EmbeddedEngine(pool.path / "index")):
        assert soon(pool.is_current)
        took = []
        for number in (31, 41, 51):
            pool.store(number, number + 9)
            written = time.monotonic()
            assert soon(pool.is_current)
            took.append(time.monotonic() - written)
        assert min(took) < 1


class OftenAway(EmbeddedEngine):
    """Does not answer the first four times."""

    away = 4
    error: CredmatchError = Unavailable("not now")

    def state(self, organisation: str) -> IndexState | None:
        if self.away:
            self.away -= 1
            raise self.error
        return super().state(organisation)


@pytest.mark.parametrize("error", [Unavailable("not now"), ConfigurationError("who asks is not known")])
def test_following_goes_on_after_failures(
    pool: Pool, caplog: pytest.LogCaptureFixture, error: CredmatchError
) -> None:
    engine = OftenAway(pool.path / "index")
    engine.error = error
    began = time.monotonic()
    with caplog.at_level("INFO", "indexer.changes"), following(pool, engine):
        assert soon(pool.is_current, 10)
    assert time.monotonic() - began > 3  # 0.2, 0.4, 0.8 and 1.6 s
    assert caplog.messages == [
        f"the changes of default are not followed for now: {error}",
        "default has no search index that can be used: building it",
        "the changes of default are followed again",
    ]


def test_an_index_that_is_gone_is_said_and_built_again(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    pool.build()
    with caplog.at_level("INFO", "indexer"), following(pool, pool.engine):
        assert soon(pool.is_current)
        shutil.rmtree(pool.path / "index" / "default")
        assert soon(pool.is_current)
    missing, built = caplog.messages
    assert missing == "default has no search index that can be used: building it"
    assert built.startswith("the search index of default is now generation ")


def test_what_hinders_a_build_is_said_once(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    tries: list[str] = []

    class Full(EmbeddedEngine):
        @contextmanager
        def build(self, organisation: str, **_: object) -> Iterator[Builder]:
            tries.append(organisation)
            raise Unavailable("the disk is full")
            yield

    with following(pool, Full(pool.path / "index")):
        assert soon(lambda: len(tries) > 3)
    assert caplog.messages == [
        "default has no search index that can be used: building it",
        "the changes of default are not followed for now: the disk is full",
    ]


@pytest.mark.parametrize("error", [Unavailable("not now"), ConfigurationError("no such model")])
def test_reading_what_arrives_goes_on_after_failures(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: CredmatchError
) -> None:
    stop = threading.Event()
    failures = [error, error]

    def encode(*_: object) -> None:
        if failures:
            raise failures.pop()
        stop.set()

    monkeypatch.setattr(follower, "READ_SECONDS", 0.01)
    monkeypatch.setattr(follower, "encode_pending", encode)
    monkeypatch.setattr(follower, "read_pending", lambda *_: None)
    follower.read_arrivals(MagicMock(), stop)
    assert failures == []
    assert len(caplog.records) == 2


def test_a_new_day_moves_the_floor(pool: Pool) -> None:
    before = pool.build()
    with time_machine.travel(time.time() + DAY), following(pool, pool.engine):
        assert soon(lambda: pool.engine.state("default") != before)
    after = pool.engine.state("default")
    assert after is not None
    # The days on which clocks change have 23 or 25 hours.
    assert 23 * 3_600 <= after.floor - before.floor <= 25 * 3_600
    assert after.vocabulary == "v1"
    assert pool.is_current()


def test_building_anew_while_people_search_and_change(pool: Pool) -> None:
    """Each page is followed by changes to candidates read before, not yet read, new ones and removed ones."""
    old = catch_up(pool.database, pool.engine, "default")
    assert old is not None
    seen: list[tuple[int, int]] = []
    new = iter(range(100, 200))

    def step(done: int, total: int) -> None:
        state = pool.engine.state("default")
        assert state is not None
        assert state.generation == old.generation
        # All that was written until the page before is found already.
        assert done == 0 or state.change_number >= changes[-1] - 4
        seen.append((done, total))
        pool.store(1, 1)
        pool.store(30, 30)
        pool.store(number := next(new), number)
        pool.remove(10 + len(seen))
        with pool.database.read() as connection:
            changes.append(last_change(connection, pool.home))

    changes: list[int] = [0]
    state = rebuild.rebuild(pool.database, pool.engine, "default", "v2", step).state
    assert seen == [(0, 30), (7, 30), (14, 30), (21, 30), (28, 30)]  # two were removed before
    assert (state.generation != old.generation, state.vocabulary, state.change_number) == (
        True,
        "v2",
        changes[-1],
    )
    assert pool.engine.state("default") == state
    assert pool.is_current()


def test_building_anew_waits_for_its_turn_and_says_when_it_does_not_come(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "TURN_SECONDS", 0.1)
    other = EmbeddedEngine(pool.path / "index")
    with other.writer("default"), pytest.raises(Unavailable, match="another process"):
        pool.build()
    with other.writer("default"):
        assert catch_up(pool.database, pool.engine, "default") is None
    assert pool.build().documents == 30


def manifest_cut_off(index: Path) -> None:
    manifest = index / "default/manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-30])


def manifest_empty(index: Path) -> None:
    (index / "default/manifest.json").write_bytes(b"")


def bytes_flipped(index: Path) -> None:
    segment = next(index.rglob("s0*"))
    segment.write_bytes(bytes(byte ^ 1 for byte in segment.read_bytes()))


DAMAGES = pytest.mark.parametrize("damage", [manifest_cut_off, manifest_empty, bytes_flipped])


@DAMAGES
def test_catching_up_mends_a_damaged_index(pool: Pool, damage: Callable[[Path], None]) -> None:
    pool.build()
    damage(pool.path / "index")
    engine = EmbeddedEngine(pool.path / "index")
    with pytest.raises(Damaged):
        engine.recall("default", ALL, 5)
    with pool.engine.writer("default"):
        assert catch_up(pool.database, engine, "default") is None  # whoever is writing mends it
    state = catch_up(pool.database, engine, "default")
    assert state is not None
    assert state.documents == 30
    assert pool.is_current()


@DAMAGES
def test_following_mends_a_damaged_index(pool: Pool, damage: Callable[[Path], None]) -> None:
    before = pool.build()
    damage(pool.path / "index")
    pool.store(31, 33)
    with following(pool, EmbeddedEngine(pool.path / "index")):
        assert soon(lambda: found(pool) not in {None, before})
    assert pool.is_current()


def found(pool: Pool) -> IndexState | None:
    """What a process that starts now finds."""
    try:
        return EmbeddedEngine(pool.path / "index").state("default")
    except Damaged:
        return None


def test_damage_met_while_applying_the_log_is_mended(pool: Pool) -> None:
    """A segment that was sound when it was mapped, and is to be joined with what changed."""
    catch_up(pool.database, pool.engine, "default")
    bytes_flipped(pool.path / "index")
    pool.store(1, 20)
    catch_up(pool.database, pool.engine, "default")
    assert pool.is_current()


BUILD_FOR_EVER = """
import sys
from pathlib import Path
from indexer import follower, copying, loading, rebuild
from matcher.search.embedded import EmbeddedEngine
from matcher.store.database import Database
copying.PAGE = loading.PAGE = rebuild.PAGE = 7
database, engine = Database(sys.argv[1]), EmbeddedEngine(Path(sys.argv[2]))
while True:
    rebuild.rebuild(database, engine, "default", "v", lambda done, total: print(done, flush=True))
"""


def test_killed_while_building_anew(pool: Pool, databases: Databases) -> None:
    """The index answers, and is right, wherever the builder was when it was killed."""
    pool.build()
    for kill_after in (3, 8, 11):
        command = [
            sys.executable,
            "-c",
            BUILD_FOR_EVER,
            databases.url(),
            str(pool.path / "index"),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for _ in range(kill_after):
                assert child.stdout.readline()
                assert pool.is_current()
            child.kill()
        assert pool.is_current()
        pool.store(kill_after, kill_after)
        catch_up(pool.database, pool.engine, "default")
        assert pool.is_current()
