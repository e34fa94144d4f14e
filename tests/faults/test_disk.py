"""A disk that is full, or fails, at the Nth write: strace answers the system call in its place.

The command says so in one line or has done its work; the store stays sound, and the command done again leaves
what one leaves that nothing happened to. Searches go on with the index that is there.
"""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from tests.faults import installation as faults
from tests.faults.installation import (
    STEADY_POSITION,
    Installation,
    context,
    copied,
    finish,
    run_command,
    start,
    wait_until,
)
from tests.integration.stored import contents
from tests.parts.processes import unavailable

PEOPLE = 60
FEW_OR_FIFTY = pytest.mark.parametrize(
    "moments",
    [
        pytest.param((1, 4), id="few"),
        pytest.param(range(1, 51), id="fifty", marks=[pytest.mark.faults, pytest.mark.timeout(900)]),
    ],
)
ERRORS = ("ENOSPC", "EIO")
OF_THE_STORE = "pwrite64"
"""SQLite alone writes at positions."""

OF_THE_INDEX = "write"
FEW = 2
"""People on a page, and so few in a segment, that a rebuild writes more than fifty times."""

_PR_SET_PTRACER, _ANY = 0x59616D61, -1


def _wait(told: Connection) -> None:
    """Let anybody trace this process, and wait until somebody does."""
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(_ANY), 0, 0, 0)
    told.recv()


def _traced(told: Connection, variables: dict[str, str], log: Path, arguments: Sequence[str]) -> None:
    _wait(told)
    faults.PAGE = FEW
    run_command(variables, log, arguments)


def run(
    installation: Installation, call: str, error: str, nth: int, *arguments: str, to: Sequence[Path]
) -> tuple[int, str]:
    """A command whose `nth` system call of a kind `to` some files fails: its exit code, and what it said."""
    log, trace = installation.data / f"{call}-{error}-{nth}.log", installation.data / "trace"
    mine, its = multiprocessing.Pipe()
    process = context().Process(target=_traced, args=(its, dict(installation.variables), log, arguments))
    process.start()
    assert process.pid is not None
    fault = f"inject={call}:error={error}:when={nth}"
    files = [f"--trace-path={path}" for path in to]
    with _strace(process.pid, trace, "-e", f"trace={call}", "-e", fault, *files):
        mine.send("go")
        process.join(90)
    assert process.exitcode is not None
    assert process.exitcode >= 0
    said = log.read_text()
    assert not re.search("Traceback|nobody thought of", said), said
    return process.exitcode, said


@contextmanager
def _strace(pid: int, trace: Path, *options: str) -> Iterator[None]:
    """Trace a process and what it starts, as soon as it is attached; skips where that is not possible."""
    strace = shutil.which("strace")
    if strace is None:
        unavailable("no faults of a disk: strace is missing, which injects them")
    said = trace.with_suffix(".said")
    with said.open("w") as errors:
        tracer = subprocess.Popen([strace, "-f", "-p", str(pid), "-o", str(trace), *options], stderr=errors)
    try:
        wait_until(lambda: "attached" in said.read_text() or tracer.poll() is not None, 20)
        if tracer.poll() is not None:
            unavailable(f"no faults of a disk: strace cannot trace here: {said.read_text().strip()}")
        yield
    finally:
        tracer.terminate()
        tracer.wait(20)


def injected(installation: Installation) -> bool:
    """Whether the last command got its fault."""
    return "(INJECTED)" in (installation.data / "trace").read_text()


@pytest.fixture
def pool(on_one_machine: Installation, tmp_path: Path) -> Path:
    """A file of people who are new, and have courses that nobody has."""
    uris = on_one_machine.skills[1]
    lines = []
    for number in range(PEOPLE):
        competencies = [{"uri": uris[number % 3]}]
        achievement = {"key": f"course-{number}", "name": "Kurs", "competencies": competencies}
        award = {"key": f"w-{number}", "achievement": achievement, "issued": "2026-03-01"}
        person = {"candidate": {"key": f"new-{number}", "name": f"Name {number}"}, "awards": [award]}
        lines.append(json.dumps(person))
    path = tmp_path / "pool.jsonl"
    path.write_text("\n".join(lines))
    return path


def another(installation: Installation, data: Path) -> Installation:
    """A copy, to which the next fault happens."""
    copied(installation.data, data)
    return Installation(data, {"CREDMATCH_DATA_DIR": str(data)}, Random(1))


@FEW_OR_FIFTY
@pytest.mark.parametrize("error", ERRORS)
def test_of_the_store(
    on_one_machine: Installation, pool: Path, tmp_path: Path, error: str, moments: Sequence[int]
) -> None:
    """An import: what it did not say that it failed to store is there."""
    whole = another(on_one_machine, tmp_path / "whole")
    finish(whole, start(whole, "import", str(pool)))
    expected = stored(whole)
    whole.close()
    failed = 0
    for nth in moments:
        one = another(on_one_machine, tmp_path / "one")
        files = [one.data / f"credmatch.db{end}" for end in ("", "-wal", "-shm")]
        code, said = run(one, OF_THE_STORE, error, nth, "import", str(pool), to=files)
        assert injected(one)
        assert code in {0, 5}, said
        with one.parts.database.read() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        failed += code != 0
        assert code != 0 or stored(one) == expected
        assert one.answer() == one.truth(STEADY_POSITION)[:20]
        finish(one, start(one, "import", str(pool)))
        assert stored(one) == expected
        one.check()
        one.close()
        shutil.rmtree(one.data)
    assert failed


def stored(installation: Installation) -> object:
    """What the database holds, but for the shipped vocabulary."""
    return contents(installation.parts.database, without=frozenset({"competencies"}))


@FEW_OR_FIFTY
@pytest.mark.parametrize("error", ERRORS)
def test_of_the_embedded_index(on_one_machine: Installation, error: str, moments: Sequence[int]) -> None:
    """A rebuild: it says so, the index that is there answers on, and the next rebuild comes through. What is
    only written to keep the old index current it does without."""
    failed = 0
    for nth in moments:
        on_one_machine.change(nth)
        files = written_by_a_rebuild(on_one_machine)
        code, said = run(on_one_machine, OF_THE_INDEX, error, nth, "reindex", "--json", to=files)
        assert injected(on_one_machine)
        assert code == 5 or (code == 0 and "is not kept current until it is replaced" in said), said
        failed += code != 0
        assert on_one_machine.answer() == on_one_machine.truth(STEADY_POSITION)[:20]
        finish(on_one_machine, start(on_one_machine, "reindex"))
    on_one_machine.check()
    assert failed


def written_by_a_rebuild(installation: Installation) -> list[Path]:
    """The files of the index that the next rebuild writes: segments, what it has so far, what then counts."""
    folder = installation.data / "index" / "default"
    newest = max(int(path.name[1:]) for path in folder.glob("g*"))
    generation = folder / f"g{newest + 1:06}"
    segments = [generation / f"s{number:06}" for number in range(100)]
    return [generation / "building.json.new", *segments, folder / "manifest.json.new"]
