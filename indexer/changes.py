"""Following the change log: what is written to the store is found at the next search, within a second."""

from __future__ import annotations

import logging
import threading

from indexer.copying import apply_log
from indexer.rebuild import Terms, rebuild, today
from matcher.errors import ConfigurationError, Damaged, Unavailable, Unfit
from matcher.search.engine import Engine, IndexState
from matcher.store.changes import is_of_log, last_change, log_reaches
from matcher.store.database import Database
from matcher.store.organisations import Organisation, organisation
from matcher.store.vocabularies import shared_version

POLL_SECONDS = 0.1
"""How often the log's last number is looked at."""

LONGEST_PAUSE_SECONDS = 5.0
"""While a part does not answer, each pause is twice the one before, up to this."""

_log = logging.getLogger(__name__)


def catch_up(database: Database, engine: Engine, organisation_key: str) -> IndexState | None:
    """Apply the change log to its end; build a generation where there is none or it is damaged.

    Where another process is writing the index it does the work, and the state so far is given. An index that
    the log does not reach (it is behind what was pruned, or another database's, or this one's before it was
    restored) is built anew, without those people who cannot be indexed: it is of no use as it is.
    Raises Unavailable, and NotFound.
    """
    return _catch_up(database, engine, organisation_key, set())


def _catch_up(database: Database, engine: Engine, organisation_key: str, told: set[str]) -> IndexState | None:
    with engine.writer(organisation_key) as mine:
        state = _sound_state(engine, organisation_key, told)
        if not mine:
            return state
        with database.read() as connection:
            home = organisation(connection, organisation_key)
            reached = state is not None and log_reaches(
                connection, home.id, state.change_number, state.logged
            )
            vocabulary = shared_version(connection)
        if reached:
            try:
                return apply_log(database, engine, home)
            except Damaged as error:
                _warn(told, f"{organisation_key}: {error}")
        elif state is not None:
            what = f"the change log does not reach the search index of {organisation_key}"
            _warn(told, f"{what}: building it anew")
        terms = Terms(failures=None)
        return rebuild(database, engine, organisation_key, vocabulary, terms=terms).state


def follow(database: Database, engine: Engine, organisation_key: str, stop: threading.Event) -> None:
    """Keep the index current until `stop` is set; at the start of a day, build it anew with that floor.

    A damaged index is built anew too. Goes on, more slowly, while the database or the engine does not answer,
    or refuses the login: whoever mends that need start nothing again. Where today's index would lack people,
    the one of the day before goes on being followed. Raises NotFound.
    """
    pause = POLL_SECONDS
    given_up = 0  # the floor whose build failed: it is not tried again and again
    told: set[str] = set()  # what was warned of since it went on last
    hindered = False
    while not stop.is_set():
        try:
            given_up = _follow_once(database, engine, organisation_key, given_up, told)
            pause = POLL_SECONDS
            if hindered:
                _log.info("the changes of %s are followed again", organisation_key)
            hindered = False
            told.clear()
        except (Unavailable, ConfigurationError) as error:
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            hindered = True
            _warn(told, f"the changes of {organisation_key} are not followed for now: {error}")
        stop.wait(pause)


def _follow_once(
    database: Database, engine: Engine, organisation_key: str, given_up: int, told: set[str]
) -> int:
    """Catch up, and move the floor where that is due; gives the floor that cannot be moved to (or 0)."""
    # The state is read first: whoever moves it has read the log before, so that the log has its change.
    state = _sound_state(engine, organisation_key, told)
    with database.read() as connection:
        home = organisation(connection, organisation_key)
        number = last_change(connection, home.id)
        ours = state is not None and is_of_log(connection, home.id, state.change_number, state.logged)
    if state is None or state.change_number != number or not ours:
        with engine.writer(organisation_key) as mine:
            if mine and number and state is None:
                _warn(told, f"{organisation_key} has no search index that can be used: building it")
            state = _catch_up(database, engine, organisation_key, told)
    floor = today(home)
    if state is not None and state.floor < floor != given_up:
        try:
            _move_floor(database, engine, home, state)
        except Unfit as error:
            _log.error("the index of %s keeps yesterday's floor: %s", organisation_key, error)
            return floor
    return given_up


def _sound_state(engine: Engine, organisation_key: str, told: set[str]) -> IndexState | None:
    """The state that answers; None where nothing was published yet, or what was is damaged."""
    try:
        return engine.state(organisation_key)
    except Damaged as error:
        _warn(told, f"{organisation_key}: {error}")
        return None


def _warn(told: set[str], message: str) -> None:
    """Write a warning, unless it is among what was told."""
    if message not in told:
        _log.warning("%s", message)
        told.add(message)


def _move_floor(database: Database, engine: Engine, home: Organisation, state: IndexState) -> None:
    """Build anew with today's floor, unless somebody else is writing or just did this."""
    with engine.writer(home.key) as mine:
        if mine and engine.state(home.key) == state:
            _log.info("a new day: building the index of %s anew", home.key)
            rebuild(database, engine, home.key, state.vocabulary)
