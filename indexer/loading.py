"""All candidates' documents, page by page in the order of their ids, read by several processes at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from indexer.copying import PAGE, Loaded, load_documents
from matcher.errors import Unavailable
from matcher.store.changes import candidate_ids
from matcher.store.database import Database
from matcher.store.profiles import Known

WORTH_PROCESSES = 20_000
"""From so many candidates on processes are started: each needs a second until it reads."""

_KNOWN = 50_000
"""Achievements that a process keeps while it reads, some 100 MB, before it begins anew: most are held by many
people, and what changes meanwhile is in the change log."""

_WAITING = 2
"""Pages under way for each process: so that none waits, and no more is in memory."""


class Load(Protocol):
    """Begins to read some candidates' documents."""

    def __call__(self, ids: list[int], /) -> Future[Loaded]:
        """The documents of up to `PAGE` candidates."""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load_all(
    database: Database, organisation_id: int, floor: int, wanted: range, processes: int
) -> Generator[Loaded, None, None]:
    """The documents of all candidates with the `wanted` ids, rising, in pages of up to `PAGE`.

    `processes`: how many read; with 1 it is this one, page by page as they are asked for. Only a few pages
    are in memory at a time, however many there are. To be closed, which ends the processes. Raises
    Unavailable, also where a process dies.
    """
    with _loader(database, organisation_id, floor, processes) as load:
        under_way: deque[Future[Loaded]] = deque()
        try:
            for ids in _pages(database, organisation_id, wanted):
                under_way.append(load(ids))
                if len(under_way) > _WAITING * processes or processes == 1:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        except BrokenProcessPool as error:
            raise Unavailable("a process that read the database died") from error


def _pages(database: Database, organisation_id: int, wanted: range) -> Iterator[list[int]]:
    after = wanted.start - 1
    while True:
        with database.read() as connection:
            page = candidate_ids(connection, organisation_id, after, PAGE)
        ids = [id_ for id_ in page if id_ < wanted.stop]
        if not ids:
            return
        yield ids
        after = ids[-1]


@contextmanager
def _loader(database: Database, organisation_id: int, floor: int, processes: int) -> Iterator[Load]:
    if processes == 1:
        yield partial(_load_here, _Reading(database, organisation_id, floor))
        return
    # Fresh processes: a connection, or a lock that another thread holds, is not to be carried over a fork.
    pool = ProcessPoolExecutor(
        processes,
        multiprocessing.get_context("spawn"),
        _begin,
        (database.url, database.timeout, organisation_id, floor),
    )
    try:
        yield lambda ids: pool.submit(_load, ids)
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass(slots=True)
class _Reading:
    """What one process needs to read, and the achievements that it knows by now."""

    database: Database
    organisation_id: int
    floor: int
    known: Known = field(default_factory=dict)

    def load(self, ids: list[int]) -> Loaded:
        if len(self.known) > _KNOWN:
            self.known.clear()
        with self.database.read() as connection:
            return load_documents(connection, self.organisation_id, ids, self.floor, self.known)


def _load_here(reading: _Reading, ids: list[int]) -> Future[Loaded]:
    done: Future[Loaded] = Future()
    done.set_result(reading.load(ids))
    return done


_mine: _Reading
"""Of a process that was started to read."""


def _begin(url: str, timeout: float, organisation_id: int, floor: int) -> None:
    global _mine  # noqa: PLW0603 - a pool's process has no other place for what it keeps between calls
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all: the one who asked ends us
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _mine = _Reading(Database(url, connections=1, timeout=timeout), organisation_id, floor)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()  # returns also when it was killed
        os._exit(1)


def _load(ids: list[int]) -> Loaded:
    return _mine.load(ids)
