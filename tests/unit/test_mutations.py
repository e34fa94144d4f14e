"""Files of every format, damaged in ten thousand ways: always an answer, soon, and in little memory."""

from __future__ import annotations

import json
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from matcher.records import AchievementRecord, CandidateRecord, EndorsementRecord, Notice, Rejected
from tests.unit.mutations import changed_document, mutations
from tests.unit.reading import only, read_any
from tests.unit.specimens import DOCUMENTS, FILES

SHARED = Path(__file__).parents[3] / "shared" / "data" / "credentials"
REAL = sorted(path for path in SHARED.rglob("*") if path.is_file()) if SHARED.exists() else []
COUNT = 10_000
SECONDS = 2.0
MEMORY = 64_000_000


def peak_memory() -> int:
    """The most bytes that this process has held since `forget_peak`; 0 where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) * 1024


def forget_peak() -> None:
    if Path("/proc/self/clear_refs").exists():
        Path("/proc/self/clear_refs").write_text("5")


def survive(data: bytes, name: str, count: int) -> None:
    """Read `count` mutations of a file: each yields records only, in time, and all in bounded memory."""
    forget_peak()
    before = peak_memory()
    for number, mutated in enumerate(mutations(data, seed=len(data), count=count)):
        started = time.perf_counter()
        records = read_any(mutated, candidate="c-1" if number % 3 else "")
        took = time.perf_counter() - started
        assert took < SECONDS, (name, number, took)
        assert records, (name, number)
        for one in records:
            assert isinstance(
                one, CandidateRecord | AchievementRecord | EndorsementRecord | Notice | Rejected
            ), (name, number)
    assert peak_memory() - before < MEMORY, name


@pytest.mark.parametrize("name", FILES)
def test_mutations_of_our_own_files(name: str) -> None:
    survive(FILES[name], name, COUNT)


@pytest.mark.skipif(not REAL, reason="the published example credentials are not here")
@pytest.mark.parametrize("path", REAL, ids=lambda path: str(path.relative_to(SHARED)))
def test_mutations_of_published_files(path: Path) -> None:
    survive(path.read_bytes(), path.name, COUNT // 10)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_good_documents_around_a_damaged_one_are_read(name: str) -> None:
    good: Any = DOCUMENTS[name]
    expected = read_any(good, candidate="c-1")
    assert not only(Rejected, expected)
    kinds = CandidateRecord, AchievementRecord, EndorsementRecord, Notice
    chance = Random(7)
    for _ in range(300):
        lines = [json.dumps(one).encode() for one in (good, changed_document(good, chance), good)]
        found = [one for one in read_any(b"\n".join(lines), candidate="c-1") if isinstance(one, kinds)]
        for one in expected:
            assert found.count(one) >= 2, (name, lines[1])
