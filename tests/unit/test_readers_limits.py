"""Bounds of readers: each a setting that its refusal names, floods told once, what is cut off read so far."""

from __future__ import annotations

import bz2
import gc
import gzip
import io
import lzma
import random
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import fields

import pytest

from indexer.readers import csv_rows
from indexer.readers.floods import told_once
from indexer.readers.formats import Context, Record
from indexer.readers.limits import Limits, limits_of, upload_limits, vocabulary_limits
from matcher.messages import said
from matcher.records import CandidateRecord, Notice, Rejected
from matcher.settings import Settings, variable
from tests.unit.containers import read_bounded, zip_of
from tests.unit.reading import ZONE, only, read_any

CONTEXT = Context("f", ZONE)
LINE = b'{"candidate":{"key":"c-%06d","name":"%s"}}\n'


def reasons(records: Iterable[Record]) -> list[str]:
    return [one.reason for one in records if isinstance(one, Rejected)]


def test_every_bound_is_a_setting_and_every_setting_of_an_import_a_bound() -> None:
    settings = {name for name in Settings.model_fields if name.startswith("import_")}
    assert {f"import_{field.name}" for field in fields(Limits)} == settings
    for name in settings:
        number = getattr(Settings(), name) - 1
        limits = limits_of(Settings(**{name: number}))
        bound = getattr(limits, name.removeprefix("import_"))
        assert (bound, str(bound)) == (number, f"{number:,} ({variable(name)})")


def test_uploads_and_vocabularies_name_the_bounds_of_their_own() -> None:
    assert str(upload_limits(Settings()).unpacked) == "64,000,000 (CREDMATCH_UPLOAD_UNPACKED)"
    tight = upload_limits(Settings(import_entries=10))
    assert str(tight.entries) == "10 (CREDMATCH_IMPORT_ENTRIES)"
    assert str(vocabulary_limits(Settings()).values) == "3,000,000 (CREDMATCH_VOCABULARY_VALUES)"
    assert str(vocabulary_limits(Settings()).entries) == "20,000 (CREDMATCH_IMPORT_ENTRIES)"


HEADER = "candidate_key,achievement_name\n"


@pytest.mark.parametrize(
    ("data", "limits", "setting"),
    [
        ('{"a": "%s"}' % ("x" * 100), Limits(document=50), "DOCUMENT"),
        (LINE % (1, b"x" * 100) * 2, Limits(line=50), "LINE"),
        (HEADER + "c,%s\n" % ("x" * 100), Limits(row=50), "ROW"),
        (HEADER + 'c,"a\n' + "b\n" * 30, Limits(row=50), "ROW"),
        (HEADER + 'c,"a\n' + "b\n" * 30, Limits(parts=20), "PARTS"),
        ('{"type": [%s]}' % ("1," * 100 + "1"), Limits(values=50), "VALUES"),
        ('{"a": %s}' % ("[" * 60 + "]" * 60), Limits(nesting=50), "NESTING"),
        ("[" * 60 + "1" + "]" * 60, Limits(nesting=50), "NESTING"),
        ("[" * 20 + "1" + "]" * 20, Limits(), "DEPTH"),
        ([[0] * 20] * 3, Limits(parts=50), "PARTS"),
        ({"@graph": [{"@type": "ceterms:Badge"}] * 60}, Limits(parts=50), "PARTS"),
        (LINE % (1, b"x") + b"\n" * 60, Limits(values=50), "VALUES"),
        (HEADER + "\n" * 60, Limits(values=50), "VALUES"),
        (LINE % (1, b"x") + b"{}\n" * 60, Limits(parts=50), "PARTS"),
        (zip_of({"a": b"1", "b": b"2"}), Limits(entries=1), "ENTRIES"),
        (zip_of({"a.zip": zip_of({"b": b""})}), Limits(depth=1), "DEPTH"),
        (zip_of({"a": b"x" * 100}), Limits(unpacked=50), "UNPACKED"),
    ],
)
def test_a_refusal_names_the_setting_and_its_value(data: object, limits: Limits, setting: str) -> None:
    value = getattr(limits, setting.lower())
    assert str(value).startswith(f"{int(value):,} (CREDMATCH_IMPORT_{setting}")
    assert str(value) in " ".join(reasons(read_any(data, limits=limits)))


@pytest.mark.parametrize(
    "data",
    [
        LINE % (1, b"x") + b"\n" * 20_000_000,
        LINE % (1, b"x") + b"{}\n" * 3_000_000,
        LINE % (1, b"x") + b'{"a":1}\n' * 1_000_000,
        HEADER.encode() + b"c,A\n" + b"\n" * 5_000_000,
        b'{"@context":"https://credreg.net/ctdl/schema/context/json","@graph":['
        + b'{"@type":"ceterms:Organization"},' * 90_000
        + b"{}]}",
        b"[" + b"[" * 29 + b",".join([b"[" + b"0," * 9_000 + b"0]"] * 30) + b"]" * 30,
        b'{"verifiableCredential":[{},{},{},{},{}]}\n' * 20_000,
        b"candidate_key;achievement_name;competencies\n" + (b"c;A;" + b"s|" * 490_000 + b"\n") * 5,
        b"candidate_key;achievement_name;competency_uris\n" + b"c;A;" + b"s|" * 490_000 + b"\n",
    ],
    ids=[
        "empty lines",
        "empty objects",
        "small objects",
        "empty rows",
        "graph",
        "lists",
        "presentations",
        "competencies of a row",
        "addresses of a row",
    ],
)
def test_very_much_that_is_tiny_costs_little(data: bytes) -> None:
    found = read_bounded(data)
    assert "(CREDMATCH_IMPORT_" in only(Rejected, found)[-1].reason
    assert len(found) <= 10_010


def test_nothing_of_a_row_that_was_refused_is_kept() -> None:
    many = b"c,A,%s%s,\n" % (b"s|" * 600, b"x" * 90_000)
    long = b"c,A,s,%s\n" % (b"x" * 90_000)
    header = b"candidate_key,achievement_name,competencies,level\n"
    read = csv_rows.read(io.BytesIO(header + (many + long) * 100), CONTEXT)
    gc.disable()  # what refers to itself would only be found now and then, and never all at once
    tracemalloc.start()
    try:
        assert sum(isinstance(one, Rejected) for one in read) == 200
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert peak < 5_000_000  # of 18


def test_good_lines_among_useless_ones_are_read() -> None:
    data = (b"{}\n" * 40 + LINE % (1, b"x")) * 5
    found = read_any(data, limits=Limits(parts=50))
    assert (len(only(CandidateRecord, found)), len(only(Rejected, found))) == (5, 200)


def test_the_rest_of_very_many_endorsements_is_named() -> None:
    badge = {
        "type": "BadgeClass",
        "id": "urn:b",
        "name": "B",
        "issuer": {"id": "https://i.example", "name": "I"},
        "endorsement": [{"id": f"urn:e:{n}", "type": "Endorsement", "claim": 5} for n in range(30)],
    }
    first, *others = only(Rejected, read_any(badge, limits=Limits(parts=20)))
    assert (first.where, first.reason) == (
        "endorsement",
        "has 30 entries, more than 20 (CREDMATCH_IMPORT_PARTS); the rest is not read",
    )
    assert len(others) == 20


@pytest.mark.parametrize(
    ("data", "where", "reason"),
    [
        ('{"a": 1, "b": {"c": [{"k": 1, "k": 2}]}}', "b.c[0]", 'an object has the key "k" twice'),
        ('{"a": {"x": 1, "x": 1}, "a": 1}', "", 'an object has the key "x" twice'),
        (
            '{"t": "\\"[[[[", "a": %s}' % ("[" * 60 + "]" * 60),
            "",
            "not readable: nested more than 50 (CREDMATCH_IMPORT_NESTING) levels deep, at its character 71",
        ),
        (
            '{"t": "' + "1" * 5_000 + '", "a": -' + "7" * 5_000 + "}",
            "",
            "not readable: the number -7777777777777777777... has too many digits, at its character 5,016",
        ),
    ],
)
def test_what_is_wrong_with_json_is_told_with_its_place(data: str, where: str, reason: str) -> None:
    (found,) = only(Rejected, read_any(data, limits=Limits(nesting=50)))
    assert (found.where, found.reason) == (where, reason)


# --- floods --------------------------------------------------------------------------------------


def flood() -> Iterable[Record]:
    for number in range(1, 11):
        reason = said('"%(one)s" is no credential, nor %(other)s', one=number, other=number)
        yield Rejected("f", number, f"[{number}]", reason, "")
        yield Rejected("f", number, "", said("a row of a table is wrong"), "key\nvalue")
    yield Rejected("f", 11, "", said("the file is empty"), "")


def test_refusals_of_one_kind_are_told_once_and_what_can_be_corrected_always() -> None:
    found = [one for one in told_once(flood(), 3) if isinstance(one, Rejected)]
    assert sum(bool(one.raw) for one in found) == 10
    assert [one.line for one in found if not one.raw] == [1, 2, 3, 11, 10]
    last = found[-1]
    assert (last.line, last.where) == (10, "[10]")
    assert (
        last.reason == '7 more were refused, after the first 3; the last, here: "10" is no credential, nor 10'
    )


def test_who_only_looks_is_told_identical_refusals_once() -> None:
    alike = [Rejected("f", number, "", said("a row is wrong"), "raw") for number in range(1, 31)]
    others = [
        Rejected("f", number, "", said('"%(day)s" is no day', day=number), "raw") for number in range(1, 301)
    ]
    found = list(told_once([*alike, *others], 20, correctable_too=True))
    assert found[:20] == alike[:20]
    assert found[20:320] == others
    (last,) = only(Rejected, found[320:])
    assert last.line == 30
    assert last.reason == "10 more were refused, after the first 20; the last, here: a row is wrong"


def test_few_refusals_stay_as_they_are() -> None:
    assert list(told_once(flood(), 10)) == list(flood())


def test_refusals_of_very_many_kinds_are_bounded_too() -> None:
    kinds = [Rejected("f", 0, "", said("x" * number), "") for number in range(1, 5_001)]
    assert len(list(told_once(kinds, 10))) <= 100 + 10 + 1


def test_other_records_pass() -> None:
    records: list[Record] = [Notice("f", 0, said("told")), CandidateRecord(key="c")]
    assert list(told_once(records, 1)) == records


# --- cut off -------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [gzip.compress, lzma.compress, lambda data: bz2.compress(data, 1)])
@pytest.mark.parametrize("name", ["lines", "table"])
def test_of_a_compressed_file_that_is_cut_off_the_whole_lines_are_read(
    packed: Callable[[bytes], bytes], name: str
) -> None:
    chance = random.Random(4)
    texts = [chance.randbytes(40).hex() for _ in range(4_000)]
    if name == "lines":
        whole = b"".join(LINE % (number, text.encode()) for number, text in enumerate(texts))
    else:
        rows = "".join(f"c-{number:06},{text}\n" for number, text in enumerate(texts))
        whole = (HEADER + rows).encode()
    data = packed(whole)
    found = read_any(data[: len(data) * 9 // 10])
    good, (cut,) = only(CandidateRecord, found), only(Rejected, found)
    assert cut.reason == "the file is cut off; what stands before is read"
    assert len(good) > 1_000
    assert [one.key for one in good] == [f"c-{number:06}" for number in range(len(good))]
    said = [one.name or one.awards[0].achievement.name for one in good]
    assert said == texts[: len(good)]  # none of them was cut
    assert cut.line == len(good) + (1 if name == "lines" else 2)


def test_of_a_small_one_too() -> None:
    data = gzip.compress(LINE % (1, b"a") + LINE % (2, b"b"), mtime=0)
    (one,) = only(CandidateRecord, found := read_any(data[:-12]))
    assert one.key == "c-000001"
    assert reasons(found) == ["the file is cut off; what stands before is read"]


def test_a_document_that_is_cut_off_is_refused_as_that() -> None:
    data = gzip.compress(b'{"type": "Assertion", "id": "' + random.Random(1).randbytes(90).hex().encode())
    assert reasons(read_any(data[:-20])) == ["the file is cut off"]
