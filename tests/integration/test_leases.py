"""Leases, and the change log's promises: nothing is skipped, nothing that an index needs is forgotten."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from matcher.errors import ConfigurationError, Damaged, LeaseLost, Unavailable
from matcher.store import leases
from matcher.store import tables as t
from matcher.store.changes import changed_candidates, last_change, log_changes, prune_changes, pruned_to
from matcher.store.database import Database
from matcher.store.leases import acquire, leased, release, renew
from matcher.store.organisations import create_organisation
from tests.parts.databases import Databases

DAY = 86_400


@pytest.fixture
def database(databases: Databases) -> Database:
    made = databases.open()
    with made.write() as connection:
        home = create_organisation(connection, "default").id
        for number in range(1, 5):
            row = {"organisation_id": home, "key": f"c-{number}", "draw": 1, "languages": [], "digest": b""}
            connection.execute(insert(t.candidates).values(row))
    return made


def home(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(
            select(t.organisations.c.id).where(t.organisations.c.key == "default")
        ).scalar_one()


def people(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.execute(select(t.candidates.c.id).order_by(t.candidates.c.id)).scalars())


# --- leases ------------------------------------------------------------------------------------


def test_a_lease_is_outlasted_where_its_holder_died_and_left_to_who_lives(database: Database) -> None:
    assert acquire(database, "index:default", 0.6) is not None
    with leased(database, "index:default", 0.6, outlast=True) as mine:
        assert mine
        with leased(database, "index:default", 0.6, outlast=True) as again:  # it is renewed
            assert not again
    held = acquire(database, "index:default", 60)
    assert held is not None
    given_back = threading.Timer(0.3, release, (database, held))
    given_back.start()
    with leased(database, "index:default", 0.6, outlast=True) as mine:
        assert not mine
    given_back.join()


def test_a_lease_is_renewed_while_it_is_held_and_given_back_then(database: Database) -> None:
    with leased(database, "index:default", 0.6) as mine, leased(database, "index:other", 0.6) as other:
        assert mine
        assert other
        time.sleep(1.5)
        with leased(database, "index:default", 0.6) as again:
            assert not again
    with leased(database, "index:default", 0.6) as mine:
        assert mine


@pytest.mark.parametrize("error", [Unavailable("it rests"), ConfigurationError("another password")])
def test_a_lease_that_could_not_be_given_back_is_nobodys_but_this_process(
    database: Database, databases: Databases, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """As where the database was restarted: who follows changes need not wait for their own lease to end."""

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(leases, "release", fail)
        with leased(database, "index:default", 60) as mine:
            assert mine
    assert acquire(databases.open(), "index:default", 60) is None  # as another process sees it
    with leased(database, "index:default", 60) as mine:
        assert mine
        assert acquire(database, "index:default", 60) is None
    with leased(databases.open(), "index:default", 60) as mine:
        assert mine
        assert acquire(database, "index:default", 60) is None


def test_a_lease_is_renewed_as_soon_as_the_database_can_be_used_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = iter([ConfigurationError("another password")])

    def renew_or_fail(*given: Any) -> None:
        for error in errors:
            raise error
        renew(*given)

    monkeypatch.setattr(leases, "renew", renew_or_fail)
    with leased(database, "index:default", 3):  # renewed every second
        time.sleep(4)
        assert acquire(database, "index:default", 1) is None


def test_a_lease_that_was_lost_is_not_given_back_for_its_new_holder(database: Database) -> None:
    with leased(database, "index:default", 0.6):
        with database.write(in_turn=False) as connection:  # as if this process had been frozen
            connection.execute(update(t.leases).values(expires=0))
        second = acquire(database, "index:default", 60)
        assert second is not None
        time.sleep(0.5)
    renew(database, second, 60)


def test_only_one_holds_a_lease_until_it_is_given_back(database: Database) -> None:
    first = acquire(database, "follow", 60)
    assert first is not None
    assert acquire(database, "follow", 60) is None
    assert acquire(database, "nightly", 60) is not None
    release(database, first)
    second = acquire(database, "follow", 60)
    assert second is not None
    assert second.fence > first.fence
    with pytest.raises(LeaseLost):
        renew(database, first, 60)
    release(database, first)  # what was lost takes nothing from who has it
    assert acquire(database, "follow", 60) is None


def test_a_lease_ends_by_itself_and_lasts_while_it_is_renewed(database: Database) -> None:
    first = acquire(database, "follow", 0.8)
    assert first is not None
    for _ in range(4):
        time.sleep(0.3)
        renew(database, first, 0.8)
    assert acquire(database, "follow", 60) is None
    time.sleep(1)
    with pytest.raises(LeaseLost):
        renew(database, first, 60)  # nobody took it, and still: it slept past its end
    second = acquire(database, "follow", 60)
    assert second is not None
    assert second.fence == first.fence + 1


def test_many_ask_at_once_and_one_gets_it(database: Database) -> None:
    got = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        got.append(acquire(database, "follow", 60))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(held is not None for held in got) == 1
    assert len(got) == 8


HOLD = """
import sys
from matcher.errors import LeaseLost
from matcher.store.database import Database
from matcher.store.leases import acquire, renew
database = Database(sys.argv[1])
held = acquire(database, "follow", 1)
print(held.fence, flush=True)
sys.stdin.readline()
try:
    renew(database, held, 60)
    print("renewed", flush=True)
except LeaseLost:
    print("lost", flush=True)
database.close()
"""


def test_a_frozen_holder_wakes_without_its_lease(database: Database, databases: Databases) -> None:
    command = [sys.executable, "-c", HOLD, databases.url()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        fence = int(holder.stdout.readline())
        holder.send_signal(signal.SIGSTOP)
        time.sleep(1.2)
        taken = acquire(database, "follow", 60)
        holder.send_signal(signal.SIGCONT)
        said, _ = holder.communicate("\n", timeout=60)
    assert taken is not None
    assert taken.fence > fence
    assert said.strip() == "lost"


# --- the change log ----------------------------------------------------------------------------


def test_no_change_is_skipped_when_a_slower_writer_got_the_lower_number(database: Database) -> None:
    """Who follows the log reads on from the last number seen: nothing may appear below it afterwards."""
    owner, (slow, *_, fast) = home(database), people(database)
    seen: list[int] = []
    reached, done = 0, threading.Event()

    def write_fast() -> None:
        with database.write() as connection:
            log_changes(connection, owner, candidates=[fast])
        done.set()

    def look() -> None:
        nonlocal reached
        with database.read() as connection:
            found, reached = changed_candidates(connection, owner, reached, 10)
        seen.extend(found)

    with database.write() as connection:
        log_changes(connection, owner, candidates=[slow])  # has its number, and is not committed
        thread = threading.Thread(target=write_fast)
        thread.start()
        overtaken = done.wait(0.5)
        look()
        assert seen == []
    thread.join()
    look()
    assert not overtaken
    assert sorted(seen) == [slow, fast]


def test_old_changes_are_forgotten_but_not_what_an_index_needs(database: Database) -> None:
    owner, ids = home(database), people(database)
    for one in ids:
        with database.write() as connection:
            log_changes(connection, owner, candidates=[one])
    with database.read() as connection:
        numbers = connection.execute(select(t.changes.c.number).order_by(t.changes.c.number)).scalars().all()
    assert prune_changes(database, owner, seconds=DAY, needed=numbers[-1]) == 0
    with database.write() as connection:
        connection.execute(update(t.changes).values(created=t.changes.c.created - 2 * DAY))
    assert prune_changes(database, owner, seconds=DAY, needed=numbers[1]) == 2
    with database.read() as connection:
        assert pruned_to(connection, owner) == numbers[1]
        assert changed_candidates(connection, owner, numbers[1], 10) == (ids[2:], numbers[3])
        with pytest.raises(Damaged, match=str(numbers[1])):
            changed_candidates(connection, owner, numbers[0], 10)
    assert prune_changes(database, owner, seconds=DAY, needed=numbers[3]) == 2
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(t.changes)).scalar_one() == 0
        assert last_change(connection, owner) == numbers[3]
        assert changed_candidates(connection, owner, numbers[3], 10) == ([], numbers[3])
    with database.write() as connection:
        log_changes(connection, owner, candidates=ids[:1])
    with database.read() as connection:
        assert last_change(connection, owner) > numbers[3]


def test_forgetting_leaves_no_gap_after_a_clock_was_set_back(database: Database) -> None:
    owner, ids = home(database), people(database)
    for one in ids:
        with database.write() as connection:
            log_changes(connection, owner, candidates=[one])
    with database.write() as connection:
        numbers = connection.execute(select(t.changes.c.number).order_by(t.changes.c.number)).scalars().all()
        old = t.changes.c.number.in_([numbers[0], numbers[2]])
        connection.execute(update(t.changes).where(old).values(created=0))
    assert prune_changes(database, owner, seconds=DAY, needed=numbers[-1]) == 1
    with database.read() as connection:
        assert changed_candidates(connection, owner, numbers[0], 10)[0] == ids[1:]
