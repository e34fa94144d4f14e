"""Files of every format, damaged in ten thousand ways: always an answer, soon, and in little memory."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from indexer.readers import detect, documents
from indexer.readers.limits import Limits
from matcher.records import AchievementRecord, CandidateRecord, EndorsementRecord, Notice, Place, Rejected
from tests.unit.containers import itxt, png, svg_of, tar_of, token_of, zip_of
from tests.unit.examples.open_badges_3 import CREDENTIAL
from tests.unit.mutations import changed_document, mutations
from tests.unit.pieces import piece_of
from tests.unit.reading import formats_of, only, read_any
from tests.unit.specimens import DOCUMENTS, FILES, VARIANTS
from tests.unit.survival import COUNTS, bounded

RECORDS = CandidateRecord, AchievementRecord, EndorsementRecord, Notice, Rejected
SHARED = Path(__file__).parents[3] / "shared" / "data" / "credentials"
PUBLISHED = sorted(path for path in SHARED.rglob("*") if path.is_file()) if SHARED.exists() else []
ALIKE = Counter(tuple(formats_of(path.read_bytes())) for path in PUBLISHED)
"""How many published files have the same formats, from the outside in: each has its share of mutations."""

OURS = FILES | {name: data for name, (_, data) in VARIANTS.items()}


def survive(data: bytes, name: str, count: int) -> None:
    """Read mutations of a file: each yields records only, in time, and all in bounded memory."""
    for number, mutated in enumerate(bounded(mutations(data, seed=len(data), count=count), name)):
        records = read_any(mutated, candidate="c-1" if number % 3 else "")
        assert records, (name, number)
        for one in records:
            assert isinstance(one, RECORDS), (name, number)


WRAPPED: dict[str, Callable[[bytes], bytes]] = {
    "in PNG": lambda text: png(itxt(text)),
    "in PNG, compressed": lambda text: png(itxt(text, compressed=True)),
    "in SVG": svg_of,
    "as token": token_of,
    "in zip": lambda text: zip_of({"badge.json": text}),
    "in tar": lambda text: tar_of({"badge.json": text}),
    "in gzip": gzip.compress,
}
"""What holds a credential, with a checksum or in a coding that damage to the whole seldom gets past."""

ARCHIVES: dict[str, Callable[[dict[str, bytes]], bytes]] = {"zip": zip_of, "tar": tar_of}


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", WRAPPED)
def test_mutations_of_what_a_file_holds(name: str, count: int) -> None:
    damaged = mutations(json.dumps(CREDENTIAL).encode(), seed=len(name), count=count)
    for number, data in enumerate(bounded(map(WRAPPED[name], damaged), name)):
        records = read_any(data)
        assert records, (name, number)
        assert all(isinstance(one, RECORDS) for one in records), (name, number)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", ARCHIVES)
def test_good_files_of_an_archive_around_a_damaged_one_are_read(name: str, count: int) -> None:
    good = {f"{n}.json": json.dumps({**CREDENTIAL, "id": f"urn:{n}"}).encode() for n in (1, 3)}
    damaged = mutations(json.dumps(CREDENTIAL).encode(), seed=len(name), count=count)
    for number, data in enumerate(bounded(damaged, name)):
        found = only(
            CandidateRecord, read_any(ARCHIVES[name](dict(sorted({**good, "2.json": data}.items()))))
        )
        keys = {award.key for one in found for award in one.awards}
        assert {"urn:1", "urn:3"} <= keys, (name, number)


def share(path: Path, count: int) -> int:
    """How many mutations of a published file are read, so that with those alike it are `count`."""
    return -(-count // ALIKE[tuple(formats_of(path.read_bytes()))])


def test_every_format_has_a_file() -> None:
    assert set(FILES) == {one.name for one in (*detect.FORMATS, *documents.FORMATS)}
    for name, data in FILES.items():
        assert name in formats_of(data), name
    for name, (formats, data) in VARIANTS.items():
        assert formats_of(data)[: len(formats)] == formats, name


def test_of_every_format_there_are_ten_thousand() -> None:
    counts = [*(count for one in COUNTS for count in one.values)]
    assert max(counts) == 10_000
    assert sum(1 for _ in mutations(OURS["CSV"], seed=1, count=max(counts))) == 10_000
    assert {
        "Open Badges 1.0", "Open Badges 1.1", "Open Badges 2.0 and 1.x", "Open Badges 2.0, signed",
        "Open Badges 2.0 in PNG", "Open Badges 2.0 in SVG", "Open Badges 3.0", "JSON Web Token", "PNG image",
        "SVG image", "CLR 1.0", "CLR 1.0 assertion", "CLR 2.0", "CLR 2.0, signed", "Verifiable Presentation",
        "HR Open LER-RS", "JSON Resume", "schema.org", "CSV", "JSON Lines", "credmatch JSON",
    } <= set(OURS)  # fmt: skip
    published: Counter[tuple[str, ...]] = Counter()
    for path in PUBLISHED:
        published[tuple(formats_of(path.read_bytes()))] += share(path, 10_000)
    assert all(count >= 10_000 for count in published.values())


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", OURS)
def test_mutations_of_our_own_files(name: str, count: int) -> None:
    survive(OURS[name], name, count)


@pytest.mark.skipif(not PUBLISHED, reason="the published example credentials are not here")
@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: str(path.relative_to(SHARED)))
def test_mutations_of_published_files(path: Path, count: int) -> None:
    survive(path.read_bytes(), path.name, share(path, count))


DAMAGED = (
    b"{bad", b"null", b"garbage", b'{"x": NaN}', b'{"x": 1, "x": 2}', b"[" * 100_000,
    b"[" + b"1," * 500_000 + b"1]", b'{"a": "' + b"x" * 100_000 + b'"}', b"\xff\xff",
    b'{"a":{"b":' * 400, b"eyJhbGciOiJub25lIn0.e30.",
)  # fmt: skip
"""Lines that are no documents."""


@pytest.mark.parametrize("place", [0, 1, 3])
@pytest.mark.parametrize("number", range(len(DAMAGED)))
def test_good_lines_around_a_bad_one_are_read(number: int, place: int) -> None:
    lines = [json.dumps({**CREDENTIAL, "id": f"urn:{n}"}).encode() for n in range(3)]
    lines.insert(place, DAMAGED[number])
    records = read_any(b"\n".join(lines))
    assert len(only(CandidateRecord, records)) == 3
    (refused,) = only(Rejected, records)
    assert refused.line == place + 1


def test_a_bad_first_line_loses_none_of_a_file_longer_than_a_document_may_be() -> None:
    lines = [json.dumps({**CREDENTIAL, "id": f"urn:{n}"}).encode() for n in range(30)]
    records = read_any(b"\n".join([b"{bad", *lines]), limits=Limits(document=5_000))
    assert len(only(CandidateRecord, records)) == 30
    assert len(only(Rejected, records)) == 1


@pytest.mark.parametrize("place", [0, 1, 3])
@pytest.mark.parametrize("indent", [1, None])
@pytest.mark.parametrize("bad", ['{"x": NaN}', '{"x": 1, "x": 2}', "[" * 900 + "]" * 900, "{bad}", "1e999"])
def test_good_entries_of_a_list_around_a_bad_one_are_read(bad: str, place: int, indent: int | None) -> None:
    entries = [json.dumps({**CREDENTIAL, "id": f"urn:{n}"}, indent=indent) for n in range(3)]
    entries.insert(place, bad)
    lines = ",\n".join(entries)
    records = read_any(f"[\n{lines}\n]\n")
    assert len(only(CandidateRecord, records)) == 3
    (refused,) = only(Rejected, records)
    assert refused.where.startswith(f"[{place}]")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_good_lines_around_one_with_damaged_bytes_are_read(name: str) -> None:
    good = json.dumps(DOCUMENTS[name]).encode()
    whose = "" if only(CandidateRecord, read_any(good)) else "c-1"
    expected = len(only(CandidateRecord, read_any(good, whose)))
    for number, mutated in enumerate(mutations(good, seed=3, count=300)):
        lines = [good, good]
        lines.insert(number % 3, mutated.replace(b"\n", b" "))
        found = only(CandidateRecord, read_any(b"\n".join(lines), whose))
        assert len(found) >= 2 * expected, (number, mutated)


ROWS = """candidate_key;candidate_name;achievement_name;issuer;issued;expires;status;level;competencies
candidate-one;Zoé Exemple;Chariot;Institut Rive-Nord;2026-03-01;2029-03-01;actif;0,75;chariot|charger
candidate-two;;"Travail en
hauteur";Institut Rive-Nord;2026-03-02;;;;
candidate-three;Ada Example;"First ""aid"" kit";Northshore;2026-03-02;2027-03-02;active;1;first aid
candidate-four;Bo Example;Rigging;Northshore;2026-03-02;;;;
"""


@pytest.mark.parametrize("count", COUNTS)
def test_good_rows_around_a_damaged_one_are_read(count: int) -> None:
    piece = piece_of("table", ROWS.encode())
    for number, row in enumerate(piece.items):
        expected = candidates(piece.lacking(number))
        assert len(expected) == 3
        for mutated in mutations(row, seed=number, count=count // 4):
            found = candidates(piece.having(number, mutated))
            for key, one in expected.items():
                assert found.get(key) == one or key.encode() in mutated, mutated


def candidates(data: bytes) -> dict[str, CandidateRecord]:
    """Those that are read of a file, by their keys, wherever they stand in it."""
    return {one.key: replace(one, place=Place()) for one in only(CandidateRecord, read_any(data))}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_good_documents_around_a_damaged_one_are_read(name: str) -> None:
    good: Any = DOCUMENTS[name]
    # Without a candidate where that can be: whom the damage makes somebody else would refuse them all.
    whose = "" if only(CandidateRecord, read_any(good)) else "c-1"
    expected = read_any(good, whose)
    assert not only(Rejected, expected)
    chance = Random(7)
    for _ in range(300):
        lines = [json.dumps(one).encode() for one in (good, changed_document(good, chance), good)]
        read = read_any(b"\n".join(lines), whose)
        found = [replace(one, line=0) if isinstance(one, Notice) else one for one in read]
        for one in expected:
            assert found.count(one) >= 2, (name, lines[1])
