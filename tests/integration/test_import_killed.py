"""Imports of every kind of file, killed at a hundred moments: afterwards the store equals the files."""

from __future__ import annotations

import json
import multiprocessing
import random
import shutil
import signal
import time
import zipfile
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from stored import contents

from indexer import ingest
from indexer.ingest import import_files
from matcher.store.database import Database
from matcher.store.organisations import create_organisation
from tests.unit.specimens import DOCUMENTS, FILES

DATABASES = 25
KILLS_EACH = 4


def import_folder(database: Path, folder: Path) -> None:
    """What the process does that is killed: batches are small, so that there are many between two moments."""
    ingest._CANDIDATES = 20
    opened = Database(f"sqlite:///{database}")
    import_files(opened, "default", [folder])
    opened.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of every format, each document also many times over with another person, some of it bad."""
    made = tmp_path_factory.mktemp("everything")
    for number, (name, data) in enumerate(FILES.items()):
        (made / f"{number:02}-{name.replace('/', '-')}").write_bytes(data)
    lines = [
        json.dumps({
            "candidate": {"key": f"c-{number}", "name": f"Name {number}"},
            "awards": [{"key": f"w-{number}", "achievement": {"name": f"Course {number % 7}"},
                        "issued": "2026-03-01", "level": {"value": version / 2}}],
            "applied_to": [f"p-{number % 3}"],
        })
        for version in range(3)
        for number in range(300)
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


def empty(path: Path) -> Path:
    database = Database(f"sqlite:///{path}")
    database.migrate()
    with database.write() as connection:
        create_organisation(connection, "default")
    database.close()
    return path


def stored(path: Path) -> object:
    database = Database(f"sqlite:///{path}")
    found = contents(database)
    database.close()
    return found


def kill_once(context: ForkServerContext, database: Path, folder: Path, after: float) -> bool:
    """Start an import and kill it after some seconds; whether it was still running."""
    process = context.Process(target=import_folder, args=(database, folder))
    process.start()
    time.sleep(after)
    process.kill()
    process.join(30)
    return process.exitcode == -signal.SIGKILL


def test_an_import_killed_at_a_hundred_moments_loses_nothing(tmp_path: Path, folder: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["indexer.ingest", "tests.unit.specimens"])
    template, whole = empty(tmp_path / "empty.db"), tmp_path / "whole.db"
    shutil.copy(template, whole)
    started = time.monotonic()
    import_folder(whole, folder)
    took = time.monotonic() - started
    expected = stored(whole)
    chance = random.Random(100)
    running = 0
    for number in range(DATABASES):
        killed = tmp_path / f"{number}.db"
        shutil.copy(template, killed)
        for _ in range(KILLS_EACH):
            running += kill_once(context, killed, folder, chance.uniform(0, took))
        import_folder(killed, folder)
        assert stored(killed) == expected, number
        killed.unlink()
    assert running > DATABASES * KILLS_EACH // 2  # most of them were killed in the midst of it
