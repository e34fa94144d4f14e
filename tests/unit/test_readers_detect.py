"""Files are recognised by what is in them, never by their names."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.formats import Context, Record
from indexer.readers.sources import open_records
from matcher.records import CandidateRecord, Notice, Recognised, Rejected
from tests.unit.reading import ZONE, read_any

CONTEXT = Context("", ZONE)
read = read_any
LINE = '{"candidate":{"key":"a"},"awards":[{"achievement":{"name":"One"}}]}'
BADGE = {
    "id": "urn:uuid:1",
    "issuer": "did:example:i",
    "credentialSubject": {"id": "did:example:s", "role": "candidate", "achievement": {"name": "One"}},
}
TABLE = "candidate_key,achievement_name\na,One\n"


def names(records: list[Record]) -> list[str]:
    found = [one for one in records if not isinstance(one, Recognised | Notice)]
    assert all(isinstance(one, CandidateRecord) for one in found), found
    return [
        award.achievement.name for one in found if isinstance(one, CandidateRecord) for award in one.awards
    ]


@pytest.mark.parametrize(
    "data",
    [
        LINE,
        "\ufeff" + LINE,
        "\n\n" + LINE + "\n",
        json.dumps(json.loads(LINE) | {"applied_to": ["p" * 200] * 500}),  # longer than what is looked at
        json.dumps(BADGE),
        json.dumps(BADGE, indent=2),
        json.dumps([BADGE], indent=2),
        json.dumps(BADGE)[:-1] + ', "a": [\n{"b": 1}\n], "c": [\n{"d": 1}\n]}',
        "\ufeff  " + json.dumps([BADGE]),
        json.dumps(json.loads(LINE), indent=2),
        f"[{LINE}]",
        TABLE,
        "\ufeff" + TABLE.replace("\n", "\r\n"),
        TABLE.replace(",", ";"),
        " \n" * 50_000 + json.dumps(BADGE),
        TABLE.encode("utf-16"),
        json.dumps(BADGE, indent=2).encode("utf-16-be"),
        LINE.encode("utf-16-le"),
    ],
)
def test_formats_are_recognised_by_content(data: str | bytes) -> None:
    assert names(read(data)) == ["One"]


@pytest.mark.parametrize("first", ["garbage", "[[[[", '{"candidate":', "{}", '{"candidates": 1}', "[1]"])
def test_a_bad_first_line_does_not_hide_the_format(first: str) -> None:
    rejected, record = read(f"{first}\n{LINE}\n")
    assert isinstance(rejected, Rejected)
    assert isinstance(record, CandidateRecord)


def test_a_text_that_quotes_a_line_is_not_lines() -> None:
    (refused,) = read(f"# How to\n\nWrite it so:\n\n{LINE}\n\nand import it.\n")
    assert isinstance(refused, Rejected)
    assert refused.reason.startswith("in none of the formats we read")


def test_a_second_line_longer_than_what_is_looked_at_hides_no_format() -> None:
    long = json.dumps(BADGE | {"x": "y" * 100_000})
    assert names(read(f"{json.dumps(BADGE)}\n{long}\n")) == ["One", "One"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"%PDF-1.7", "this is a PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "this is an old Excel, Word or PowerPoint file"),
        (b"\xff\xd8\xff\xe0", "this is a JPEG image"),
        (b" " * 100_000, "the file begins with nothing but white space"),
        ("clé;titre\n".encode("utf-32"), "this is UTF-32"),
        (b"nothing we know", "in none of the formats we read"),
        (bytes(range(256)), "in none of the formats we read"),
    ],
)
def test_what_is_in_no_format_is_one_refusal_that_says_what_it_is(data: bytes, reason: str) -> None:
    (rejected,) = read(data)
    assert isinstance(rejected, Rejected)
    assert rejected.reason.startswith(reason)


def test_files_are_opened_by_path_and_standard_input_by_a_dash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lines.csv"  # the name says nothing
    path.write_text(LINE)
    assert names(list(open_records(path, CONTEXT))) == ["One"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TABLE.encode())))
    assert names(list(open_records(Path("-"), CONTEXT))) == ["One"]


def test_a_file_that_cannot_be_opened_is_one_refusal(tmp_path: Path) -> None:
    (found,) = open_records(tmp_path / "missing", CONTEXT)
    assert isinstance(found, Rejected)
    assert found.reason == "cannot be read: there is no such file"


def test_the_candidate_given_reaches_every_format() -> None:
    (record,) = read(json.dumps(BADGE), candidate="c-1")
    assert isinstance(record, CandidateRecord)
    assert record.key == "c-1"
    assert isinstance(read(LINE, candidate="b")[0], Rejected)
    assert isinstance(read(TABLE, candidate="b")[0], Rejected)


@given(st.binary(max_size=200))
def test_no_bytes_make_reading_fail(data: bytes) -> None:
    assert all(isinstance(one, CandidateRecord | Rejected | Notice) for one in read(data))


@pytest.mark.parametrize(
    "data",
    [
        LINE[:-2] + ',{"achievement":{"name":"Two"},"issued":"2026-13-01"}]}',
        json.dumps([BADGE, BADGE | {"id": "urn:uuid:2", "validFrom": "2026-13-01"}]),
        "candidate_key;achievement_name;issued\nb;One;2026-13-01\n",
    ],
)
def test_a_raw_record_that_is_corrected_can_be_read_again(data: str) -> None:
    (rejected,) = [one for one in read(data) if isinstance(one, Rejected)]
    assert not [one for one in read(rejected.raw.replace("-13-", "-12-")) if isinstance(one, Rejected)]
