"""Lists of documents of any length, each item read as if it stood alone."""

from __future__ import annotations

import gzip
import io
import json
import random
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from indexer.readers.detect import read_stream
from indexer.readers.formats import Context
from indexer.readers.json_items import Items
from indexer.readers.json_text import decode
from indexer.readers.limits import Limits
from matcher.errors import InvalidInput
from matcher.records import CandidateRecord, Rejected
from tests.unit.containers import badge
from tests.unit.french import check_french
from tests.unit.reading import ZONE, formats_of, only, read_any
from tests.unit.survival import in_time

UNCLOSED, ENDLESS = "the list is not closed; what stands before is read", "an entry does not end"
SMALL = Limits(document=1_000, parts=50)


def candidate(number: int, **fields: object) -> dict[str, Any]:
    awards = [{"achievement": {"name": '}],{"[,'}}]
    return {"candidate": {"key": f"c-{number}", **fields}, "awards": awards}


def keys(data: object, limits: Limits | None = None) -> list[str]:
    return [one.key for one in only(CandidateRecord, read_any(data, limits=limits))]


def wrong(data: object, limits: Limits | None = None) -> list[tuple[str, str]]:
    return [(one.where, one.reason) for one in only(Rejected, read_any(data, limits=limits))]


def written(entries: list[Any], between: str = ",", start: str = "[", end: str = "]") -> str:
    return start + between.join(json.dumps(one) for one in entries) + end


@pytest.mark.parametrize(
    "text",
    [
        written([candidate(n) for n in range(200)]),
        written([candidate(n) for n in range(200)], ",\n", "[\n", "\n]\n"),
        written([candidate(n) for n in range(200)], "\n,", "\ufeff \n [ ", " ] "),
        json.dumps([candidate(n) for n in range(200)], indent=1),
        json.dumps([candidate(n) for n in range(200)], indent=1).replace("\n", "\r\n"),
    ],
    ids=["one line", "an item a line", "commas first", "indented", "CR and LF"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_list_longer_than_a_document_may_be_is_read_item_by_item(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    assert len(data) > SMALL.document
    assert keys(data, SMALL) == [f"c-{n}" for n in range(200)]
    assert wrong(data, SMALL) == []


@pytest.mark.parametrize("end", ["\n]", "\n]\n", "]"])
def test_a_short_list_of_candidates_an_item_a_line_is_a_list(end: str) -> None:
    text = written([candidate(n) for n in range(3)], ",\n", "[\n", end)
    assert keys(text) == ["c-0", "c-1", "c-2"]
    assert wrong(text) == []
    assert formats_of(text.encode())[0] == "JSON"


@pytest.mark.parametrize("place", [0, 1, 3])
def test_an_item_longer_than_a_document_may_be_is_refused_alone(place: int) -> None:
    entries = [candidate(n) for n in range(3)]
    entries.insert(place, candidate(9, name="x" * 200_000))
    assert keys(written(entries), SMALL) == ["c-0", "c-1", "c-2"]
    assert wrong(written(entries), SMALL) == [
        (f"[{place}]", "is longer than 1,000 (CREDMATCH_IMPORT_DOCUMENT) bytes")
    ]


def test_every_damaged_item_is_named_and_the_others_are_read() -> None:
    good = json.dumps(candidate(1))
    data = f'[{good}, {{bad}}, {{"a": 1, "a": 2}}, , NaN, {good}, 5, {good}]'
    assert keys(data) == ["c-1"] * 3
    assert [where for where, _ in wrong(data)] == ["[1]", "[2]", "[3]", "[4]", "[6]"]


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (", ", UNCLOSED),
        (', {"candidate": {"key": "c-9', f"{UNCLOSED}, and nothing of the rest: {ENDLESS} (bytes: 27)"),
        (', {"a": {"b": 1}, {}, {}', f"{UNCLOSED}, and nothing of the rest: {ENDLESS} (bytes: 23)"),
        ("] [5]", "something follows the list, and is not read"),
        ("]" + " " * 100_000 + "5", "something follows the list, and is not read"),
    ],
)
def test_what_is_wrong_with_the_end_of_a_list_is_said_and_the_items_are_read(end: str, reason: str) -> None:
    data = written([candidate(n) for n in range(3)], end=", 5" + end)
    assert keys(data) == ["c-0", "c-1", "c-2"]
    assert wrong(data)[-1][1] == reason


def test_of_a_list_that_is_cut_off_behind_an_item_all_are_read() -> None:
    found = read_any(written([candidate(0), candidate(1)], end=""))
    assert [one.key for one in only(CandidateRecord, found)] == ["c-0", "c-1"]
    (rejected,) = only(Rejected, found)
    assert (rejected.where, rejected.raw) == ("[2]", "")
    assert rejected.reason == "the list is not closed; what stands before is read"


def test_what_of_a_list_stands_where_it_was_cut_off_can_be_read_later() -> None:
    text = written([candidate(0), candidate(1)], end="")
    *_, rejected = only(Rejected, read_any(text.rstrip()[:-1]))
    assert (rejected.where, json.loads(rejected.raw + "}")) == ("[1]", candidate(1))


def test_of_a_compressed_list_that_is_cut_off_the_whole_items_are_read() -> None:
    chance = random.Random(4)
    entries = [candidate(n, name=chance.randbytes(40).hex()) for n in range(2_000)]
    data = gzip.compress(written(entries).encode())
    data = data[: len(data) * 9 // 10]
    assert len(keys(data)) > 1_000
    assert wrong(data)[-1][1] == "the file is cut off; what stands before is read"


@pytest.mark.parametrize("first", ["[]", "[5]", '[{"a": 1}, 5]', "[[[[", '[{"a": ', "[5, 5"])
def test_lines_of_which_the_first_begins_as_a_list_are_lines(first: str) -> None:
    data = "\n".join([first, *(json.dumps(candidate(n)) for n in range(3))])
    assert keys(data) == ["c-0", "c-1", "c-2"]
    assert {one.line for one in only(Rejected, read_any(data))} == {1}


def test_a_list_a_line_is_read() -> None:
    data = "\n".join(written([candidate(2 * n), candidate(2 * n + 1)]) for n in range(3))
    assert keys(data) == [f"c-{n}" for n in range(6)]


@pytest.mark.parametrize("data", ["[]", " [ ]\n"])
def test_an_empty_list_is_said(data: str) -> None:
    assert wrong(data) == [("", "is an empty list")]


@pytest.mark.parametrize("data", ["[" + "5," * 100 + "5]", "[" + "[5,5,5]," * 100 + "5]"])
def test_a_list_of_very_many_things_that_are_no_documents_is_given_up(data: str) -> None:
    found = wrong(data, SMALL)
    assert len(found) < 60
    assert found[-1][1] == (
        "more than 50 (CREDMATCH_IMPORT_PARTS) refusals follow each other; the rest is not read"
    )


def test_good_items_among_useless_ones_are_read() -> None:
    entries = [*([5] * 40), candidate(1)] * 5
    assert (len(keys(written(entries), SMALL)), len(wrong(written(entries), SMALL))) == (5, 200)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_items_are_the_same_wherever_the_pieces_of_a_stream_end(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [candidate(1), "\\", '\\"', ["a", {"b": "]"}], {}, [], 5, "é\n"]
    data = json.dumps(entries, ensure_ascii=False).encode()
    monkeypatch.setattr("indexer.readers.json_items.PIECE", size)
    items = Items(io.BytesIO(data), Limits(document=1_000))
    assert [json.loads(one.data) for one in items] == entries
    assert (items.closed, items.wrong) == (True, None)


class Endless(io.RawIOBase):
    """A list of so many bytes, made as it is read."""

    def __init__(self, item: Callable[[], bytes], size: int) -> None:
        self._parts = self._made(item, size)
        self._rest = b"["

    def _made(self, item: Callable[[], bytes], size: int) -> Iterator[bytes]:
        made = 0
        while made < size:
            part = item()
            made += len(part)
            yield part
        yield b"5]"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands over
        self._rest = self._rest or next(self._parts, b"")
        data, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


@pytest.mark.parametrize(
    "item",
    [json.dumps(candidate(1)).encode() + b",\n", b'{"a":"' + b"x" * 30_000, b"[" * 10_000],
    ids=["candidates", "a string that does not end", "brackets"],
)
def test_memory_is_bounded_however_long_a_list_is(item: bytes) -> None:
    stream = io.BufferedReader(Endless(lambda: item, 600_000))  # type: ignore[arg-type]
    context = Context("f", ZONE, limits=Limits(document=30_000))
    tracemalloc.start()
    try:
        for _ in read_stream(stream, context):  # type: ignore[arg-type]
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize("start", [b"[", b"[{},", b"[\n{\n", b'[{"a":['])
def test_what_is_nested_without_end_is_refused_soon_and_with_its_place(start: bytes) -> None:
    data = start * (7_900_000 // len(start))
    with in_time():
        *_, refused = only(Rejected, read_any(data))
    assert (refused.where, refused.reason.partition(",")[0]) == ("[1]", UNCLOSED) or (
        "nested more than 200 (CREDMATCH_IMPORT_NESTING) levels deep" in refused.reason
    )


TOO_MANY = "has more than 250,000 (CREDMATCH_IMPORT_VALUES) values"
TOO_DEEP = "not readable: nested more than 200 (CREDMATCH_IMPORT_NESTING) levels deep, at its character %s"
TOO_LONG = "is longer than 8,000,000 (CREDMATCH_IMPORT_DOCUMENT) bytes"


def beside(item: bytes) -> bytes:
    """A list of an item between good ones."""
    return b"[%s,%s,%s]" % (json.dumps(candidate(1)).encode(), item, json.dumps(candidate(2)).encode())


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (b'{"a":[' + b"1," * 260_000 + b"1]}", TOO_MANY),
        (b'{"a":[' + b'"],",' * 260_000 + b"1]}", TOO_MANY),
        (b"[" * 200_000 + b"]" * 200_000, TOO_DEEP % "201"),
        (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, TOO_DEEP % "1,001"),
    ],
    ids=["numbers", "strings", "lists in lists", "objects in objects"],
)
def test_an_item_with_too_many_values_or_levels_is_refused_alone(item: bytes, reason: str) -> None:
    assert keys(beside(item)) == ["c-1", "c-2"]
    assert wrong(beside(item)) == [("[1]", reason)]


@pytest.mark.parametrize(
    "part", [b"[],", b'"a",', b"1,", b'["]"],', b'{"a":1},\n', b'"\\"",', b'"\n', b"\\", b'"'], ids=repr
)
def test_what_an_item_without_measure_holds_is_passed_over_quickly(part: bytes) -> None:
    data = beside(b"[" + part * (40_000_000 // len(part)) + b"1]")
    with in_time():
        assert keys(data) == ["c-1", "c-2"]
    assert wrong(data) == [("[1]", TOO_LONG)]


def test_an_item_with_a_string_that_is_not_closed_ends_nowhere_else() -> None:
    good = json.dumps(candidate(1))
    data = f'[{good},\n["{"],[ " * 100_000},\n"{"x" * 100_000}"],\n{good}]'
    assert keys(data) == ["c-1", "c-1"]
    assert [where for where, _ in wrong(data)] == ["[1]"]


def presentation(*numbers: int) -> str:
    return json.dumps(
        {"type": ["VerifiablePresentation"], "verifiableCredential": [badge(n) for n in numbers]}
    )


@pytest.mark.parametrize("start", ["[", "[\n"])
@pytest.mark.parametrize("end", ["]", "\n]\n"])
def test_an_entry_of_a_line_that_is_cut_off_within_takes_no_other_with_it(start: str, end: str) -> None:
    whole = presentation(3, 4)
    entries = [presentation(1, 2), whole[: whole.index("urn:badge:4") + 9], presentation(5, 6)]
    found = read_any(start + ",\n".join(entries) + end)
    awards = [award.key for one in only(CandidateRecord, found) for award in one.awards]
    assert awards == [f"urn:badge:{number}" for number in (1, 2, 3, 5, 6)]
    assert {one.line for one in only(Rejected, found)} == {2 + (start == "[\n")}


def test_members_of_an_entry_over_several_lines_are_not_read_alone() -> None:
    whole = presentation(1, 2).replace("[{", "[\n{").replace("}, {", "},\n{")
    text = f"[{whole},\n{whole[: whole.index('urn:badge:2')]},\n{whole}]"
    found = only(CandidateRecord, read_any(text))
    assert {one.place.line for one in found} == {0}


def test_brackets_that_stand_on_lines_of_their_own_are_no_entries() -> None:
    lines = ["[", *(json.dumps(candidate(n)) for n in range(3)), "]"]
    assert keys("\n".join(lines)) == ["c-0", "c-1", "c-2"]
    assert wrong("\n".join(lines)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1,\n "b": tru}', "a value is missing or misspelt, in its line 2, column 7"),
        ('{"a": 1\n "b": 2}', "a comma or a closing bracket is missing, in its line 2, column 2"),
        ('{"a": 1,\n b: 2}', "a name in double quotation marks is missing, in its line 2, column 2"),
        ('{\r\n"a" 1}', "the colon after a name is missing, in its line 2, column 5"),
        ('{\n\n"a": 1,}', "a "),  # which of two things Python says depends on its version
        ('{"a": "one}', "a quotation mark is opened and not closed, at its character 7"),
        ('{"a": "one\ntwo"}', "a text has a line end or another control character in it, in its line 1, "),
        ('{"a": "C:\\dir"}', "a backslash stands before a character that it does not go with, at its "),
        ('{"a": "\\u00g0"}', "\\u stands without the four digits that belong to it, at its character "),
        ('{"a": 1}\n}', "something follows its end, in its line 2, column 1"),
        ('{"a":\n "\xff"}', "not UTF-8, in its line 2, column 3"),
    ],
)
def test_what_is_not_json_is_said_in_plain_words_and_with_its_place(text: str, expected: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        decode(text.encode("latin-1"))
    assert wrong.value.reason.removeprefix("not JSON: ").startswith(expected)
    check_french(wrong.value.reason)
