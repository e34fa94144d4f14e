"""`credmatch import` of files of every kind, killed at many moments: then the store equals the files.

What is killed is the command from its arguments on, with what follows when the files are taken in: reading
the achievements that state no competencies, and bringing all to the index.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from indexer import copying, ingest, readings
from indexer.cli import main
from matcher.store.achievements import count_unread
from matcher.store.database import Database
from matcher.store.organisations import organisation
from matcher.vocabulary.remote import RemoteEncoder, encode_for_others, socket_path
from tests.faults.installation import Encoder, context
from tests.integration.stored import contents
from tests.unit.specimens import DOCUMENTS, FILES

KILLS_EACH = 5
COURSES = 30
WITHIN = 0.75  # of the time that an import takes which is not killed
NAMES = ("operate forklift", "lift heavy weights", "manage inventory", "load cargo")
"""Labels of the shipped vocabulary: what is called so stands for it; every other course is not understood."""


def import_folder(data: Path, folder: Path) -> None:
    """What the process does that is killed: batches are small, so that there are many between two moments."""
    os.environ["CREDMATCH_DATA_DIR"] = str(data)
    ingest._CANDIDATES, readings.BATCH, copying.PAGE = 20, 2, 50
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.argv = ["credmatch", "import", str(folder)]
    main()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of every format, each document also many times over with another person, some of it bad."""
    made = tmp_path_factory.mktemp("everything")
    for number, (name, data) in enumerate(FILES.items()):
        (made / f"{number:02}-{name.replace('/', '-')}").write_bytes(data)
    lines = [
        json.dumps({
            "candidate": {"key": f"c-{number}", "name": f"Name {number}"},
            "awards": [{"key": f"w-{number}", "achievement": course(number % COURSES), "issued": "2026-03-01",
                        "level": {"value": version / 2}}],
            "applied_to": [f"p-{number % 3}"],
        })
        for version in range(2)
        for number in range(200)
    ]  # fmt: skip
    lines[100:100] = [
        "{ bad",
        json.dumps({"candidate": {"key": "c-1"}, "awards": [{"issued": "2026-02-30"}]}),
    ]
    (made / "many.jsonl").write_text("\n".join(lines))
    with zipfile.ZipFile(made / "wallet.zip", "w") as archive:
        for name, document in DOCUMENTS.items():
            archive.writestr(f"{name}.json", json.dumps(document))
    return made


def course(number: int) -> dict[str, str]:
    """An achievement that states no competencies: its words are read after the import."""
    return {"key": f"course-{number}", "name": NAMES[number] if number < len(NAMES) else f"Kurs {number}"}


def from_template(template: Path, data: Path) -> Path:
    """A copy of a data folder, for which an encoder answers."""
    shutil.copytree(template, data)
    threading.Thread(target=encode_for_others, args=(Encoder(), socket_path(data)), daemon=True).start()
    asked = RemoteEncoder(socket_path(data))
    while not asked.answers:
        time.sleep(0.01)
    return data


def stored(data: Path) -> object:
    database = Database(f"sqlite:///{data / 'credmatch.db'}")
    found = contents(database, without=frozenset({"competencies"}))
    database.close()
    return found


def left_unread(data: Path) -> int:
    database = Database(f"sqlite:///{data / 'credmatch.db'}")
    with database.read() as connection:
        found = count_unread(connection, organisation(connection, "default"))
    database.close()
    return found


def run(data: Path, folder: Path, kill_after: float | None = None) -> int | None:
    """Run the command, killed after some seconds where that is given; its exit code."""
    process = context().Process(target=import_folder, args=(data, folder))
    process.start()
    if kill_after is not None:
        time.sleep(kill_after)
        process.kill()
    process.join(60)
    return process.exitcode


@pytest.mark.parametrize(
    "kills", [12, pytest.param(100, marks=[pytest.mark.faults, pytest.mark.timeout(600)])]
)
def test_an_import_killed_at_many_moments_loses_nothing(
    tmp_path: Path, shipped: Path, folder: Path, kills: int
) -> None:
    whole = from_template(shipped, tmp_path / "whole")
    started = time.monotonic()
    assert run(whole, folder) == 0
    took = time.monotonic() - started
    expected = stored(whole)
    chance = random.Random(100)
    killed = reading = number = 0
    while killed < kills:
        number += 1
        data = from_template(shipped, tmp_path / str(number))
        for _ in range(KILLS_EACH):  # what is stored already makes a later run shorter: it may come through
            killed += run(data, folder, chance.uniform(0, took * WITHIN)) == -signal.SIGKILL
            reading += 0 < left_unread(data) < COURSES
        assert run(data, folder) == 0
        assert left_unread(data) == 0
        assert stored(data) == expected, number
        shutil.rmtree(data)
    assert reading or kills < 100  # some of a hundred while achievements were read
