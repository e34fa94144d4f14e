"""`credmatch import` of files of every kind, killed at many moments while people search: then the store
equals the files, and the index the store.

What is killed is the command from its arguments on, with what follows when the files are taken in: reading
the achievements that state no competencies, and bringing all to the index.
"""

from __future__ import annotations

import json
import shutil
import signal
import threading
import time
import zipfile
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

import pytest

from indexer import ingest, readings
from matcher.store.achievements import count_unread
from matcher.store.organisations import organisation
from matcher.vocabulary.remote import RemoteEncoder, encode_for_others, socket_path
from tests.faults.conftest import InFolder
from tests.faults.installation import (
    STEADY_POSITION,
    Encoder,
    Installation,
    finish,
    searches,
    start,
    wait_until,
)
from tests.integration.stored import contents
from tests.unit.specimens import DOCUMENTS, FILES

KILLS_EACH = 5
COURSES = 30
WITHIN = 0.75  # of the time that an import takes which is not killed
NAMES = ("operate forklift", "lift heavy weights", "manage inventory", "load cargo")
"""Labels of the shipped vocabulary: what is called so stands for it; every other course is not understood."""


def small_batches() -> None:
    """Of the process that is killed, so that there are many between two moments."""
    ingest._CANDIDATES, readings.BATCH = 20, 2


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
        for number in range(100)
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


def imports(installation: Installation, folder: Path) -> ForkServerProcess:
    """Start an import of the folder."""
    return start(installation, "import", str(folder), before=small_batches)


def understand(installation: Installation) -> None:
    """From now on an encoder answers for an installation."""
    socket = socket_path(installation.data)
    threading.Thread(target=encode_for_others, args=(Encoder(), socket), daemon=True).start()
    asked = RemoteEncoder(socket)
    wait_until(lambda: asked.answers)


def stored(installation: Installation) -> object:
    return contents(installation.parts.database, without=frozenset({"competencies"}))


def left_unread(installation: Installation) -> int:
    with installation.parts.database.read() as connection:
        return count_unread(connection, organisation(connection, "default"))


@pytest.mark.parametrize(
    "kills", [2, pytest.param(100, marks=[pytest.mark.faults, pytest.mark.timeout(3_600)])]
)
def test_an_import_killed_at_many_moments_loses_nothing(
    in_folder: InFolder, tmp_path: Path, folder: Path, kills: int
) -> None:
    with in_folder(tmp_path / "whole") as whole:
        understand(whole)
        before, began = whole.truth(STEADY_POSITION)[:20], time.monotonic()
        finish(whole, imports(whole, folder))
        took = time.monotonic() - began
        expected = stored(whole)
        assert whole.truth(STEADY_POSITION)[:20] == before  # searches have one right answer
    chance = Random(kills)
    killed = reading = number = 0
    while killed < kills:
        number += 1
        with in_folder(tmp_path / str(number)) as one:
            understand(one)
            with searches(one).running() as running:
                # What is stored makes a later run shorter: it may come through.
                for _ in range(min(kills, KILLS_EACH)):
                    process = imports(one, folder)
                    time.sleep(chance.uniform(0, took * WITHIN))
                    process.kill()
                    killed += finish(one, process, 0, -signal.SIGKILL) != 0
                    reading += 0 < left_unread(one) < COURSES
                finish(one, imports(one, folder))
                running.answered()
            assert left_unread(one) == 0
            assert stored(one) == expected, number
            one.check()
        shutil.rmtree(one.data)
    assert reading or kills < 100  # some of a hundred while achievements were read
