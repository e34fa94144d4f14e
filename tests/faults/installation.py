"""An installation that is broken while people search: its pool, its searches, its commands, and the truth.

The pool is made so that one position's ranking stays as it is while others come, change and go: every search
for it has one right answer, at whatever change number it is given. When all is over, the whole index and the
rankings of both positions are compared with the store.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from random import Random

from sqlalchemy import text

import app
from app import Parts, build_parts
from indexer import copying, loading, rebuild, verifying
from indexer.cli import main
from indexer.rebuild import quiet
from indexer.verifying import verify_index
from indexer.vocabulary import load_shipped
from matcher.errors import Unavailable
from matcher.positions import parse_position
from matcher.ranking.explain import POINTS
from matcher.ranking.plan import plan
from matcher.ranking.score import Scorer
from matcher.records import AchievementRecord, AwardRecord, CandidateRecord, CompetencyRef, IssuerRef
from matcher.search import embedded
from matcher.settings import read_settings
from matcher.store.changes import candidate_ids, last_change, log_again
from matcher.store.database import Database
from matcher.store.intake import store_candidates
from matcher.store.leases import leased
from matcher.store.organisations import create_organisation, organisation
from matcher.store.positions import load_position, save_position
from matcher.store.profiles import load_profiles
from matcher.vocabulary.remote import RemoteEncoder
from matcher.vocabulary.vocabularies import Vocabularies
from tests.unit.small_vocabulary import WordEncoder

DAY = 86_400
STEADY, MOVERS = 120, 60
PAGE = 20
"""Of the commands that are killed, so that there are many steps between two moments."""

LEASE = 1.0
"""Seconds, of these commands: who died holding one is not waited for longer."""

STEADY_POSITION, MOVING_POSITION = "steady", "moving"

Ranked = list[tuple[str, int]]
"""Keys with points, best first."""


class Encoder(WordEncoder):
    """Answers as the model's process does, without the model."""

    model = RemoteEncoder(Path()).model


def make_template(data: Path, url: str = "") -> None:
    """A data folder with the shipped vocabulary, compiled, and an organisation with nobody in it."""
    database = Database(url or f"sqlite:///{data / 'credmatch.db'}")
    database.migrate()
    with database.write() as connection:
        create_organisation(connection, "default")
    load_shipped(database)
    Vocabularies(database, data / "vocabulary", Encoder()).get("default")
    database.close()


@dataclass
class Installation:
    """One installation with a pool. `variables`: CREDMATCH_*, as its commands are given them."""

    data: Path
    variables: Mapping[str, str]
    random: Random
    parts: Parts = field(init=False)
    skills: tuple[list[str], list[str]] = field(init=False)
    """URIs of the steady position's competencies, and of the moving one's."""

    known: dict[str, int] = field(default_factory=dict)
    """Who was stored for certain, with the version of what they hold."""

    def __post_init__(self) -> None:
        names = {name.removeprefix("CREDMATCH_").lower(): value for name, value in self.variables.items()}
        self.parts = build_parts(read_settings(**names), Encoder())
        self.skills = self._choose_skills()

    def fill(self) -> Installation:
        """Store the pool and the positions, and build the index."""
        vocabulary = self.parts.vocabularies.get("default")
        steady, moving = self.skills
        people = [self._person(f"steady-{n:03}", steady, n) for n in range(STEADY)]
        with self.parts.database.write() as connection:
            home = create_organisation(connection, "default")
            store_candidates(connection, home, people)
            for key, skills in ((STEADY_POSITION, steady), (MOVING_POSITION, moving)):
                wanted = [{"competency": uri, "weight": n} for n, uri in enumerate(skills, start=1)]
                body = {"title": key, "requirements": wanted}
                save_position(connection, home.id, parse_position(body, vocabulary, key=key))
        for number in range(MOVERS):
            self.change(number)
        rebuild.rebuild(self.parts.database, self.parts.engine, "default", vocabulary.version)
        return self

    def change(self, number: int) -> None:
        """Store a mover anew, and log somebody steady as changed. Raises Unavailable."""
        key, version = f"mover-{number:03}", self.known.get(f"mover-{number:03}", -1) + 1
        with self.parts.database.write() as connection:
            home = organisation(connection, "default")
            store_candidates(connection, home, [self._person(key, self.skills[1], version)])
            some = candidate_ids(connection, home.id, self.random.randrange(STEADY), 1)
            log_again(connection, home.id, some)
        self.known[key] = version

    def truth(self, position_key: str) -> Ranked:
        """The ranking of everybody, by the store alone."""
        with self.parts.database.read() as connection:
            home = organisation(connection, "default").id
            position = load_position(connection, home, position_key)
            profiles = load_profiles(connection, home, candidate_ids(connection, home, 0, 100_000))
        scorer = Scorer(plan(position, self.parts.vocabularies.get("default")), int(time.time()))
        scored = sorted((scorer.score(one) for one in profiles.values()), key=lambda one: one.order)
        return [(one.profile.key, one.points) for one in scored if one.points and not one.missed]

    def answer(self, position_key: str = STEADY_POSITION, top: int = 20) -> Ranked:
        """The ranking's first as credmatch gives it. Raises Unavailable."""
        return ranked(self.parts.matcher.match_stored("default", position_key, top=top))

    def current(self) -> bool:
        """Whether the index has all changes."""
        with suppress(Unavailable):
            state = self.parts.engine.state("default")
            with self.parts.database.read() as connection:
                number = last_change(connection, organisation(connection, "default").id)
            return state is not None and state.change_number == number
        return False

    def check(self) -> None:
        """Compare what is left with the truth: what was stored, each row of the index, both rankings."""
        with self.parts.database.read() as connection:
            rows = connection.execute(
                text(
                    "SELECT c.key, max(a.issued) FROM candidates c JOIN awards a ON a.candidate_id = c.id "
                    "WHERE c.key LIKE 'mover%' GROUP BY c.key"
                )
            )
            stored = {key: issued - _ISSUED for key, issued in rows}
        lost = {key: version for key, version in self.known.items() if stored.get(key, -1) < version}
        assert not lost, f"acknowledged and not stored: {lost}"
        assert self.current()
        found = list(verify_index(self.parts.database, self.parts.engine, "default", quiet, repair=False))
        assert found == []
        for key in (STEADY_POSITION, MOVING_POSITION):
            assert self.answer(key, top=500) == self.truth(key)

    def close(self) -> None:
        """Close what is open."""
        self.parts.close()

    def _choose_skills(self) -> tuple[list[str], list[str]]:
        """Competencies of the steady position, and others that are in no relation to them."""
        vocabulary = self.parts.vocabularies.get("default")
        with self.parts.database.read() as connection:
            rows = connection.execute(text("SELECT id, uri FROM competencies ORDER BY id LIMIT 600")).all()
        steady, moving = rows[::50][:4], rows[25::50][:8]
        related = {other for id_, _ in steady for other in vocabulary.relations(id_)}
        apart = [uri for id_, uri in moving if not {id_, *vocabulary.relations(id_)} & related]
        assert len(apart) >= 3
        return [uri for _, uri in steady], apart[:4]

    def _person(self, key: str, skills: Sequence[str], version: int) -> CandidateRecord:
        """Holds some of the skills; several hold the same, so that there are ties."""
        held = [uri for n, uri in enumerate(skills) if (version + 1) & (1 << n)] or [skills[0]]
        awards = tuple(
            AwardRecord(
                AchievementRecord(
                    f"Course {uri[-12:]}", competencies=(CompetencyRef("", uri),), issuer=IssuerRef("Mill")
                ),
                key=f"{key}-{uri[-12:]}",
                issued=_ISSUED + version,
                expires=_EXPIRES,
            )
            for uri in held
        )
        return CandidateRecord(key, awards=awards)


_ISSUED = int(time.time()) - 100 * DAY
_EXPIRES = int(time.time()) + 1_000 * DAY


def ranked(found: Mapping[str, object]) -> Ranked:
    """The ranking in an answer of `Matcher.match` or of the API."""
    assert found["exact"] is True
    results: list[dict[str, object]] = found["results"]  # type: ignore[assignment]
    return [(str(one["candidate"]), round(float(one["score"]) * POINTS)) for one in results]  # type: ignore[arg-type]


# --- under load ---------------------------------------------------------------------------------


class Searches:
    """Searches, one after the other until the end, whose right answer is known.

    Only within an outage may one fail, and only by saying so (`refusals`); a wrong answer never is one.
    """

    def __init__(
        self,
        ask: Callable[[], Ranked],
        expected: Ranked,
        refusals: tuple[type[Exception], ...] = (Unavailable,),
    ) -> None:
        self.done = 0
        self._ask, self._expected, self._refusals = ask, expected, refusals
        self._wrong: list[object] = []
        self._failed: list[tuple[float, float, str]] = []
        self._outages: list[tuple[float, float]] = []
        self._stop = threading.Event()

    @contextmanager
    def outage(self) -> Iterator[None]:
        """While what searches need is away."""
        began = time.monotonic()
        yield
        self._outages.append((began, time.monotonic()))

    def answered(self, many: int = 3, seconds: float = 60) -> None:
        """Return when so many more were answered."""
        wanted = self.done + many
        wait_until(lambda: self.done >= wanted or bool(self._wrong), seconds)

    @contextmanager
    def running(self, threads: int = 1) -> Iterator[Searches]:
        """Search in so many threads; at the end none failed, but in an outage, and none was wrong."""
        running = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]
        for thread in running:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in running:
                thread.join(90)
        failed = [one for one in self._failed if not self._excused(one[0], one[1])]
        wrong, many = self._wrong[:3], f"{len(self._wrong)} wrong, {len(failed)} failed"
        assert (wrong, failed[:3]) == ([], []), f"{many}: {wrong}, {failed[:3]}"
        assert self.done > 3

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                found = self._ask()
            except self._refusals as error:
                self._failed.append((began, time.monotonic(), f"{type(error).__name__}: {error}"))
                time.sleep(0.05)
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, no search may end so
                self._wrong.append("".join(traceback.format_exception(error)[-6:]))
                continue
            if found != self._expected:
                self._wrong.append((found[:5], self._expected[:5]))
            self.done += 1
            time.sleep(0.01)  # the cores are also for what is searched

    def _excused(self, began: float, ended: float) -> bool:
        return any(began <= until and ended >= since for since, until in self._outages)


def searches(installation: Installation) -> Searches:
    """Searches for the steady position, by this process."""
    return Searches(installation.answer, installation.truth(STEADY_POSITION)[:20])


@contextmanager
def changing(installation: Installation, pause: float = 0.03) -> Iterator[None]:
    """Store changes one after the other; what fails as Unavailable is not counted as stored."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(pause):
            with suppress(Unavailable):
                installation.change(installation.random.randrange(MOVERS + 40))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(90)
    assert not thread.is_alive()


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Return when it is true; AssertionError where it takes longer."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


# --- commands that are killed -------------------------------------------------------------------


def context() -> ForkServerContext:
    """Processes that start at once, since their modules are loaded already."""
    made = multiprocessing.get_context("forkserver")
    modules = ["indexer.commands.intake", "indexer.commands.index", "indexer.commands.nightly"]
    made.set_forkserver_preload([*modules, "matcher.search.elastic", "tests.faults.installation"])
    return made


def run_command(variables: Mapping[str, str], log: Path, arguments: Sequence[str]) -> None:
    """The command from its arguments on, in this process, which ends with it."""
    for name in [name for name in os.environ if name.startswith("CREDMATCH_")]:
        del os.environ[name]
    os.environ.update(variables)
    for module in (copying, loading, rebuild, verifying):
        module.PAGE = PAGE  # type: ignore[attr-defined]
    embedded.SEGMENT_ROWS = 3 * PAGE
    app.leased = partial(leased, seconds=LEASE)  # type: ignore[attr-defined]
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(written, 1)
    os.dup2(written, 2)
    sys.argv = ["credmatch", *arguments]
    main()


def start(
    installation: Installation, *arguments: str, before: Callable[[], None] | None = None
) -> ForkServerProcess:
    """Start a command of an installation; `before` is called in its process first."""
    log = installation.data / "commands.log"
    target = partial(_after, before) if before else run_command
    process = context().Process(target=target, args=(dict(installation.variables), log, arguments))
    process.start()
    return process


def _after(
    before: Callable[[], None], variables: Mapping[str, str], log: Path, arguments: Sequence[str]
) -> None:
    before()
    run_command(variables, log, arguments)


def finish(installation: Installation, process: ForkServerProcess, *codes: int, seconds: float = 60) -> int:
    """Its exit code, one of `codes` (0 where none is given); what it said where it is another."""
    process.join(seconds)
    code = process.exitcode
    log = installation.data / "commands.log"
    said = log.read_text() if log.exists() else ""  # it may have been killed before it could say anything
    assert code in (codes or (0,)), f"{code}: {said[-3_000:]}"
    assert "Traceback" not in said
    assert code is not None
    return code


def copied(template: Path, data: Path) -> Path:
    """A copy of a data folder."""
    shutil.copytree(template, data)
    return data
