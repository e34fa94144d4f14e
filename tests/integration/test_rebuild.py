"""Building the index anew: killed, with people who cannot be read, verified before the swap, going back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import delete, update
from test_following import Pool, soon

from indexer import changes, copying, loading, rebuild, verifying
from indexer.changes import catch_up
from indexer.rebuild import Terms, roll_back
from indexer.verifying import Found, verify_index
from matcher.errors import Damaged, NotFound, Unavailable, Unfit
from matcher.records import CandidateRecord, SearchDocument, Status
from matcher.search import embedded
from matcher.search.building import Building
from matcher.search.embedded import EmbeddedEngine
from matcher.store import tables as t
from matcher.store.changes import last_change, log_again
from matcher.store.database import Database
from matcher.store.issuers import set_issuer_known
from matcher.store.organisations import organisation


class Numbered(Pool):
    """People whose keys sort as their numbers, so that these are their ids."""

    def person(self, number: int) -> CandidateRecord:
        return replace(super().person(number), key=f"c{number:02}")


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    """Thirty people in pages of seven, in segments of eight."""
    for module in (copying, loading, rebuild, verifying):
        monkeypatch.setattr(module, "PAGE", 7)
    monkeypatch.setattr(embedded, "SEGMENT_ROWS", 8)
    database = Database(f"sqlite:///{tmp_path}/c.db")
    database.migrate()
    pool = Numbered(tmp_path, database, EmbeddedEngine(tmp_path / "index"))
    pool.store(1, 30)
    yield pool
    database.close()


def build(pool: Pool, **terms: int | None) -> rebuild.Rebuilt:
    return rebuild.rebuild(pool.database, pool.engine, "default", "v1", terms=Terms(**terms))  # type: ignore[arg-type]


def held(pool: Pool) -> dict[int, SearchDocument]:
    return {document.candidate: document for document in pool.engine.documents("default", 0, 10_000)}


def right(pool: Pool) -> bool:
    """Whether the index has each row as the store says."""
    state = pool.engine.state("default")
    assert state is not None
    return held(pool) == pool.truth(state.floor)


# --- several processes ---


def test_several_processes_build_the_same(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "WORTH_PROCESSES", 1)
    state = build(pool, processes=3).state
    assert state.documents == 30
    assert right(pool)


@pytest.mark.parametrize("kept", [50_000, 0])
def test_achievements_that_change_while_people_are_read(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """They are read once for all pages; the change log brings what they became."""
    monkeypatch.setattr(loading, "_KNOWN", kept)

    def register(done: int, _: int) -> None:
        if done == 14:
            with pool.database.write() as connection:
                set_issuer_known(connection, organisation(connection, "default"), "Mill", known=True)

    rebuild.rebuild(pool.database, pool.engine, "default", "v1", register)
    assert right(pool)
    assert {max(row.ever.values()) for row in held(pool).values()} == {9_000}


def test_a_reading_process_that_dies_is_said(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "WORTH_PROCESSES", 1)
    before = build(pool).state
    monkeypatch.setattr(loading, "PAGE", 1)  # so that most is not yet asked for when one dies
    killed: list[int] = []

    def kill_one(done: int, _: int) -> None:
        if done and not killed:
            killed.extend(children())
            os.kill(killed[0], signal.SIGKILL)
            assert soon(lambda: not children())  # the pool has noticed

    with pytest.raises(Unavailable, match="a process that read the database died"):
        rebuild.rebuild(pool.database, pool.engine, "default", "v1", kill_one, Terms(processes=2))
    assert pool.engine.state("default") == before
    assert soon(lambda: not children())


def children() -> list[int]:
    """Processes that read, of this one."""
    task = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    ids = [int(id_) for id_ in task.read_text().split()]
    return [id_ for id_ in ids if b"spawn_main" in Path(f"/proc/{id_}/cmdline").read_bytes()]


REINDEX = """
import sys
from pathlib import Path
from indexer import copying, loading, rebuild
from matcher.search import embedded
from matcher.search.embedded import EmbeddedEngine
from matcher.store.database import Database
if __name__ == "__main__":
    copying.PAGE = loading.PAGE = rebuild.PAGE = 7
    rebuild.WORTH_PROCESSES, embedded.SEGMENT_ROWS = 1, 8
    database, engine = Database(sys.argv[1]), EmbeddedEngine(Path(sys.argv[2]))
    terms = rebuild.Terms(int(sys.argv[3]))
    step = lambda done, total: print(done, flush=True)
    rebuild.rebuild(database, engine, "default", "v1", step, terms)
    print("end", flush=True)
"""


@pytest.fixture
def reindex(pool: Pool) -> list[str]:
    """The command that builds anew and prints how far it is."""
    script = pool.path / "reindex.py"
    script.write_text(REINDEX)
    return [sys.executable, str(script), f"sqlite:///{pool.path}/c.db", str(pool.path / "index")]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_killed_build_is_gone_on_with(pool: Pool, reindex: list[str], processes: int) -> None:
    """What was kept is not read again; what changed meanwhile, and who was removed, is right in the end."""
    build(pool)
    with subprocess.Popen([*reindex, str(processes)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) >= 21:
                child.kill()
                break
    pool.store(3, 4)
    pool.store(25, 25)
    pool.store(31, 33)
    pool.remove(6)
    done: list[int] = []
    state = rebuild.rebuild(pool.database, pool.engine, "default", "v1", lambda d, _: done.append(d)).state
    assert done[0] >= 15
    assert state.documents == 32
    assert right(pool)


def test_readers_end_with_a_killed_build(pool: Pool, reindex: list[str]) -> None:
    with subprocess.Popen([*reindex, "2"], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == "0"
        assert child.stdout.readline()
        task = Path(f"/proc/{child.pid}/task/{child.pid}/children")
        readers = [int(id_) for id_ in task.read_text().split()]
        assert len(readers) >= 2
        child.kill()
    assert soon(lambda: not any(Path(f"/proc/{reader}").exists() for reader in readers))


def test_searches_while_builds_are_killed(pool: Pool, reindex: list[str]) -> None:
    """At seeded moments; no search sees an empty or half index, and the build comes through in the end."""
    build(pool)
    chance = Random(5)
    stop = threading.Event()
    searches = 0
    wrong: list[int] = []

    def search() -> None:
        nonlocal searches
        engine = EmbeddedEngine(pool.path / "index")
        while not stop.is_set():
            found = len(engine.documents("default", 0, 100))
            searches += 1
            if found != 30 or not pool.is_current():
                wrong.append(found)

    thread = threading.Thread(target=search)
    thread.start()
    try:
        for _ in range(6):
            with subprocess.Popen([*reindex, "1"], stdout=subprocess.PIPE, text=True) as child:
                assert child.stdout is not None
                for _ in range(chance.randint(1, 6)):
                    child.stdout.readline()
                time.sleep(chance.uniform(0, 0.03))
                child.kill()
        before = pool.engine.state("default")
        subprocess.run([*reindex, "1"], check=True, capture_output=True)
    finally:
        stop.set()
        thread.join(10)
    assert pool.engine.state("default") != before
    assert right(pool)
    assert (wrong, searches > 20) == ([], True)


def test_an_unfinished_build_that_the_log_does_not_reach_is_begun_anew(pool: Pool) -> None:
    """As after a restored database: what it holds may be people who never were."""

    def interrupted() -> None:
        with pool.engine.build(
            "default", floor=rebuild.today(home), vocabulary="v1", change_number=10**6
        ) as builder:
            builder.add([SearchDocument(id_, 1, {}, {1: 9_000}) for id_ in range(500, 516)])
            raise Unavailable("away")

    with pool.database.read() as connection:
        home = rebuild.organisation(connection, "default")
    with pytest.raises(Unavailable):
        interrupted()
    assert build(pool).state.documents == 30
    assert right(pool)


# --- people who cannot be indexed ---


def spoil(pool: Pool, candidate: int, status: str = "no such status") -> None:
    """Give somebody's awards a status; the usual one no program could have written."""
    with pool.database.write() as connection:
        own = t.awards.c.candidate_id == candidate
        connection.execute(update(t.awards).where(own).values(status=status))
        log_again(connection, pool.home, [candidate])


def test_who_cannot_be_read_is_named_and_the_old_index_stays(pool: Pool) -> None:
    before = build(pool).state
    spoil(pool, 9)
    spoil(pool, 17)
    with pytest.raises(
        Unfit, match=r"2 people cannot be indexed, more than the 1 .*c09 \(.*no such status.*c17"
    ):
        build(pool, failures=1)
    state = pool.engine.state("default")
    assert state is not None
    assert (state.generation, state.documents) == (before.generation, 30)


def test_as_many_as_are_allowed_may_be_missing(pool: Pool) -> None:
    build(pool)
    spoil(pool, 9)
    done = build(pool, failures=1)
    assert list(done.failed) == ["c09"]
    assert "no such status" in done.failed["c09"]
    assert done.state.documents == 29
    assert 9 not in held(pool)
    spoil(pool, 9, Status.REVOKED)
    catch_up(pool.database, pool.engine, "default")
    assert right(pool)


def test_who_fails_while_the_index_is_built_leaves_no_old_row(pool: Pool) -> None:
    def step(done: int, _: int) -> None:
        if done == 14:
            spoil(pool, 3)

    done = rebuild.rebuild(pool.database, pool.engine, "default", "v1", step, Terms(failures=1))
    assert list(done.failed) == ["c03"]
    assert 3 not in held(pool)


def test_who_cannot_be_read_stops_no_follower(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    build(pool)
    spoil(pool, 9)
    pool.store(12, 12)
    state = catch_up(pool.database, pool.engine, "default")
    assert state is not None
    with pool.database.read() as connection:
        assert state.change_number == last_change(connection, pool.home)
    assert "candidate c09 cannot be indexed" in caplog.text


def test_a_follower_keeps_the_day_before_where_todays_index_lacks_somebody(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not try again and again, and goes on applying changes."""
    build(pool)
    spoil(pool, 9)
    builds: list[str] = []
    real = changes.rebuild

    def counted(*arguments: object) -> rebuild.Rebuilt:
        builds.append("build")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(changes, "rebuild", counted)
    monkeypatch.setattr(changes, "today", lambda _: 10**10)
    stop = threading.Event()
    thread = threading.Thread(target=changes.follow, args=(pool.database, pool.engine, "default", stop))
    thread.start()
    try:
        assert soon(lambda: len(builds) == 1)
        pool.store(31, 31)
        assert soon(lambda: 31 in held(pool))
        time.sleep(0.3)
    finally:
        stop.set()
        thread.join(10)
    assert builds == ["build"]


# --- verified before the swap ---


def tampered(monkeypatch: pytest.MonkeyPatch, candidate: int, document: SearchDocument | None) -> None:
    """The index keeps something else for a candidate (None: nothing) than it was given."""
    real = Building.add

    def add(self: Building, documents: object) -> list[int]:
        kept = [document if d.candidate == candidate else d for d in documents]  # type: ignore[attr-defined]
        return real(self, [d for d in kept if d is not None])

    monkeypatch.setattr(Building, "add", add)


@pytest.mark.parametrize(
    "instead", [None, SearchDocument(17, 5, {}, {1: 9_000}), SearchDocument(999, 5, {}, {1: 9_000})]
)
def test_an_index_that_gives_back_something_else_is_not_put_in_place(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, instead: SearchDocument | None
) -> None:
    before = build(pool).state
    tampered(monkeypatch, 17, instead)
    with pytest.raises(Unfit, match=r"not what was put in: c17"):
        build(pool)
    assert pool.engine.state("default") == before
    monkeypatch.undo()
    assert {path.name for path in (pool.path / "index/default").glob("g*")} == {before.generation}


def test_an_index_that_was_given_something_else_than_the_store_has(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is put in is what is given back, but a row was made wrong, or one left out, on the way there."""
    before = build(pool).state
    real = loading.load_documents

    def wrong(*arguments: object) -> copying.Loaded:
        loaded = real(*arguments)  # type: ignore[arg-type]
        return copying.Loaded([spoilt(d) for d in loaded.documents if d.candidate != left_out])

    def spoilt(document: SearchDocument) -> SearchDocument:
        return SearchDocument(5, 1, {}, {1: 3}) if document.candidate == 5 and not left_out else document

    monkeypatch.setattr(loading, "load_documents", wrong)
    left_out = 0
    with pytest.raises(Unfit, match="is not what the database has: c05"):
        build(pool)
    left_out = 6
    with pytest.raises(Unfit, match=r"has 29 people at change [0-9,]+, the database 30"):
        build(pool)
    assert pool.engine.state("default") == before


# --- two at once, and going back ---


def test_the_second_of_two_builds_says_so(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "TURN_SECONDS", 0.1)
    other = EmbeddedEngine(pool.path / "index")
    with (
        other.build("default", floor=1, vocabulary="", change_number=0),
        pytest.raises(Unavailable, match="another process is writing the search index"),
    ):
        build(pool)
    with other.writer("default"), pytest.raises(Unavailable, match="another process"):
        roll_back(pool.database, pool.engine, "default")


def test_going_back_catches_up_first(pool: Pool) -> None:
    first = build(pool).state
    pool.store(5, 8)
    second = build(pool).state
    pool.store(31, 33)
    pool.remove(2)
    state = roll_back(pool.database, pool.engine, "default").state
    assert (state.generation, state.documents) == (first.generation, 32)
    assert right(pool)
    assert pool.is_current()
    pool.store(9, 9)
    state = roll_back(pool.database, pool.engine, "default").state
    assert state.generation == second.generation
    assert right(pool)


def test_there_is_nothing_to_go_back_to(pool: Pool) -> None:
    with pytest.raises(NotFound, match="no earlier search index is kept"):
        roll_back(pool.database, pool.engine, "default")


def test_the_log_does_not_reach_the_index_before(pool: Pool) -> None:
    with pool.engine.build("default", floor=0, vocabulary="", change_number=0) as builder:
        builder.publish(10**6)
    state = build(pool).state
    with pytest.raises(Unfit, match="the change log does not reach back to generation g000001"):
        roll_back(pool.database, pool.engine, "default")
    assert pool.engine.state("default") == state


def test_an_index_before_that_is_wrong_is_not_gone_back_to(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No sample is enough: a restored database gives the numbers out again of changes that the index has."""
    monkeypatch.setattr(rebuild, "SAMPLE", 1)
    wrong = [SearchDocument(4, 4, {1: 1}, {1: 1}), *list(pool.truth(0).values())[4:]]
    with pool.engine.build("default", floor=0, vocabulary="", change_number=0) as builder:
        builder.add(wrong)
        with pool.database.read() as connection:
            builder.publish(last_change(connection, pool.home))
    state = build(pool).state
    with pytest.raises(Unfit, match="is not what the database has: c04"):
        roll_back(pool.database, pool.engine, "default")
    assert pool.engine.state("default") == state


def test_an_index_before_that_cannot_be_read_is_not_gone_back_to(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(pool)
    state = build(pool).state

    def unreadable(*_: object) -> object:
        raise Damaged("the search index is damaged")

    monkeypatch.setattr(type(reopened(pool)), "documents", unreadable)
    with pytest.raises(Unfit, match="generation g000001 is not put back: the search index is damaged"):
        roll_back(pool.database, pool.engine, "default")
    assert pool.engine.state("default") == state


def reopened(pool: Pool) -> object:
    """The builder of a generation that is kept."""
    with pool.engine.reopen("default") as builder:
        return builder


# --- comparing at any time ---


def verified(pool: Pool, *, repair: bool = False) -> list[Found]:
    found = verify_index(pool.database, pool.engine, "default", rebuild.quiet, repair=repair)
    return list(found)


def make_wrong(pool: Pool) -> None:
    """Somebody too many, somebody missing, somebody with another bound, draw and keyword."""
    state = pool.engine.state("default")
    assert state is not None
    truth = pool.truth(state.floor)[11]
    bounds = dict.fromkeys(truth.ever, 10)
    pool.store(1, 1)  # a change, under whose number the wrong rows are applied
    pool.engine.apply(
        "default",
        [
            SearchDocument(999, 1, {}, {1: 9_000}),
            SearchDocument(20, 0),
            SearchDocument(11, truth.draw, truth.now, bounds, truth.keywords | {"region:Elsewhere"}),
            pool.truth(state.floor)[1],
        ],
        state.change_number + 1,
    )


def test_the_index_equals_the_store(pool: Pool) -> None:
    build(pool)
    pool.store(5, 31)  # not applied yet: no difference
    assert verified(pool) == []
    assert right(pool)


def test_what_differs_is_found_and_named(pool: Pool) -> None:
    build(pool)
    make_wrong(pool)
    found = verified(pool)
    assert [(one.key, one.what, one.repaired) for one in found] == [
        ("c11", "differs", False),
        ("c20", "missing", False),
        ("#999", "surplus", False),
    ]
    fields = {name: (mine, wanted) for name, mine, wanted in found[0].fields}
    assert "region:Elsewhere" in str(fields.pop("keywords")[0])
    assert {mine for mine, _ in fields.values()} == {10}
    assert all(name.startswith("ever.") for name in fields)
    assert verified(pool) == found


def test_what_differs_is_repaired(pool: Pool) -> None:
    build(pool)
    make_wrong(pool)
    assert [(one.key, one.repaired) for one in verified(pool, repair=True)] == [
        ("c11", True),
        ("c20", True),
        ("#999", True),
    ]
    assert right(pool)
    assert verified(pool) == []


def test_who_cannot_be_read_is_found_and_stays(pool: Pool) -> None:
    build(pool)
    spoil(pool, 9)
    [found] = verified(pool, repair=True)
    assert (found.key, found.what, found.repaired) == ("c09", "unreadable", False)
    assert "no such status" in found.why


def test_comparing_while_people_change(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading the index and the store, each time: nobody is taken for different who is not."""
    build(pool)
    real, numbers = EmbeddedEngine.documents, iter(range(1, 30))

    def documents(self: EmbeddedEngine, organisation: str, after: int, limit: int) -> list[SearchDocument]:
        found = real(self, organisation, after, limit)
        if (number := next(numbers, None)) is not None:
            pool.store(number, number)
            if number % 5 == 0:
                with pool.database.write() as connection:
                    connection.execute(delete(t.applications).where(t.applications.c.candidate_id == number))
                    log_again(connection, pool.home, [number])
        return found

    monkeypatch.setattr(EmbeddedEngine, "documents", documents)
    assert verified(pool) == []


def test_an_index_that_is_not_followed_is_said(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "CATCH_UP_SECONDS", 0.1)
    build(pool)
    pool.store(5, 6)
    with (
        EmbeddedEngine(pool.path / "index").writer("default"),
        pytest.raises(Unavailable, match="stays behind the change log"),
    ):
        verified(pool)


def test_without_an_index_there_is_nothing_to_compare(pool: Pool) -> None:
    with pytest.raises(Unavailable, match="no search index yet"):
        verified(pool)
