"""Files of every format, damaged in ten thousand ways: always an answer, soon, and in little memory."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from indexer.readers import detect, documents
from matcher.records import AchievementRecord, CandidateRecord, EndorsementRecord, Notice, Rejected
from tests.unit.mutations import changed_document, mutations
from tests.unit.reading import formats_of, only, read_any
from tests.unit.specimens import DOCUMENTS, FILES
from tests.unit.survival import COUNT, bounded

RECORDS = CandidateRecord, AchievementRecord, EndorsementRecord, Notice, Rejected
SHARED = Path(__file__).parents[3] / "shared" / "data" / "credentials"
REAL = sorted(path for path in SHARED.rglob("*") if path.is_file()) if SHARED.exists() else []


def survive(data: bytes, name: str, count: int = COUNT) -> None:
    """Read mutations of a file: each yields records only, in time, and all in bounded memory."""
    for number, mutated in enumerate(bounded(mutations(data, seed=len(data), count=count), name)):
        records = read_any(mutated, candidate="c-1" if number % 3 else "")
        assert records, (name, number)
        for one in records:
            assert isinstance(one, RECORDS), (name, number)


def test_every_format_has_a_file() -> None:
    assert set(FILES) == {one.name for one in (*detect.FORMATS, *documents.FORMATS)}
    for name, data in FILES.items():
        assert name in formats_of(data), name


@pytest.mark.parametrize("name", FILES)
def test_mutations_of_our_own_files(name: str) -> None:
    survive(FILES[name], name)


@pytest.mark.skipif(not REAL, reason="the published example credentials are not here")
@pytest.mark.parametrize("path", REAL, ids=lambda path: str(path.relative_to(SHARED)))
def test_mutations_of_published_files(path: Path) -> None:
    alike = Counter(map(kind, REAL))[kind(path)]
    survive(path.read_bytes(), path.name, -(-COUNT // alike))


def kind(path: Path) -> tuple[str, str]:
    """The standard and the form of a published file: of those alike, ten thousand together are read."""
    return path.relative_to(SHARED).parts[0], path.suffix


@pytest.mark.parametrize("name", DOCUMENTS)
def test_good_documents_around_a_damaged_one_are_read(name: str) -> None:
    good: Any = DOCUMENTS[name]
    expected = read_any(good, candidate="c-1")
    assert not only(Rejected, expected)
    chance = Random(7)
    for _ in range(300):
        lines = [json.dumps(one).encode() for one in (good, changed_document(good, chance), good)]
        read = read_any(b"\n".join(lines), candidate="c-1")
        found = [replace(one, line=0) if isinstance(one, Notice) else one for one in read]
        for one in expected:
            assert found.count(one) >= 2, (name, lines[1])
