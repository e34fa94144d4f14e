"""How an installation is: its database, its search index and how far that is behind, each asked with patience
of its own, so that a part that hangs delays nobody for long and a broken one hides none of the others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from matcher.errors import Unavailable
from matcher.search.description import Describes, Description
from matcher.search.engine import Engine, IndexState
from matcher.store.changes import is_of_log, last_change
from matcher.store.condition import Behind, Schema, behind, quarantined, schema
from matcher.store.database import Database
from matcher.store.organisations import organisation

_T = TypeVar("_T")

SECONDS = 2.0
"""How long a part is waited for."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The database: how it is set up, the number of the last change, and how many records wait for mending.

    The last two are None where it is not migrated.
    """

    schema: Schema
    last_change: int | None
    quarantined: int | None


@dataclass(frozen=True, slots=True)
class Copy:
    """The search index: its state (None: nothing was published yet), and how far it is behind the store.

    `foreign`: it is of another database, or of this one before it was restored (see `is_of_log`).
    """

    state: IndexState | None
    behind: Behind
    foreign: bool
    description: Description | None


class Probe(Generic[_T]):
    """Looks at a part in a thread, so that who asks waits `seconds` at most.

    One look at a time: who asks while it goes on gets its answer, and one that hangs takes one thread only.
    """

    def __init__(self, look: Callable[[], _T], seconds: float = SECONDS) -> None:
        self._look = look
        self._seconds = seconds
        self._lock = threading.Lock()
        self._running: Future[_T] | None = None

    def ask(self) -> _T:
        """What the part says now. Raises Unavailable where it takes too long, and what looking raises."""
        with self._lock:
            running = self._running
            if running is None or running.done():
                running = self._running = Future()
                threading.Thread(target=self._answer, args=(running,), name="probe", daemon=True).start()
        try:
            return running.result(self._seconds)
        except TimeoutError as error:
            raise Unavailable(f"no answer within {self._seconds:g} s") from error

    def _answer(self, asked: Future[_T]) -> None:
        try:
            asked.set_result(self._look())
        except BaseException as error:  # noqa: BLE001 - whoever asked is to see it
            asked.set_exception(error)


class Health:
    """Asks the parts of one organisation's installation how they are."""

    def __init__(self, database: Database, engine: Engine, organisation_key: str) -> None:
        self._database = database
        self._engine = engine
        self._key = organisation_key
        self.stored = Probe(self._stored)
        self.copy = Probe(self.look_at_copy)

    def _stored(self) -> Stored:
        found = schema(self._database)
        if not found.current:
            return Stored(found, None, None)
        with self._database.read() as connection:
            home = organisation(connection, self._key)
            return Stored(found, last_change(connection, home.id), quarantined(connection, home.id))

    def look_at_copy(self) -> Copy:
        """The search index, however long it takes. Raises Unavailable and ConfigurationError."""
        # The state first: whoever moves it has read the log before, so that the log has its change.
        state = self._engine.state(self._key)
        described = self._engine.describe(self._key) if isinstance(self._engine, Describes) else None
        with self._database.read() as connection:
            home = organisation(connection, self._key)
            number, logged = (0, None) if state is None else (state.change_number, state.logged)
            waiting = behind(connection, home.id, number)
            foreign = not is_of_log(connection, home.id, number, logged)
        return Copy(state, waiting, foreign, described)
