"""JSON Lines of candidates: what is read, what is refused and how that is said, line by line."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers import jsonl
from indexer.readers.formats import Context, Record
from indexer.readers.limits import Limits
from indexer.readers.shape import parse_candidate
from indexer.readers.written import candidate_json
from matcher.errors import InvalidInput
from matcher.moments import day_of
from matcher.records import CandidateRecord, CompetencyRef, IssuerRef, Kind, Rejected, RelatedRef, Status
from tests.unit.examples.jsonl import WHOLE

ZONE = ZoneInfo("America/Toronto")
CONTEXT = Context("f", ZONE)

STATUSES = "'active', 'suspended', 'revoked', 'unknown'"

DEEPEST = "200 (CREDMATCH_IMPORT_NESTING)"


def read(*lines: bytes | str | dict[str, Any], candidate: str = "") -> list[Record]:
    texts = [json.dumps(line) if isinstance(line, dict) else line for line in lines]
    data = b"\n".join(text.encode() if isinstance(text, str) else text for text in texts)
    return list(jsonl.read(io.BytesIO(data), Context("pool.jsonl", ZONE, candidate)))


def award(**fields: Any) -> dict[str, Any]:
    return {"candidate": {"key": "c"}, "awards": [{"achievement": {"name": "A"}, **fields}]}


def refused(line: bytes | str | dict[str, Any]) -> Rejected:
    rejected = [found for found in read(line) if isinstance(found, Rejected)]
    assert len(rejected) == 1, rejected
    return rejected[0]


def test_every_field_is_read() -> None:
    (record,) = read(WHOLE)
    assert isinstance(record, CandidateRecord)
    assert (record.key, record.name, record.email) == ("c-1", "Zoé Tremblay", "zoe@example.org")
    assert (record.region, record.languages, record.applied_to) == (
        "CA-ON-Ottawa",
        ("fr-ca", "en"),
        ("warehouse",),
    )
    (held,) = record.awards
    assert held.achievement.competencies == (CompetencyRef("conduire", "urn:c", "F", Kind.KNOWLEDGE),)
    assert held.achievement.issuer == IssuerRef("Institut", "https://institut.example.org")
    assert held.achievement.related == (RelatedRef("isPartOf", "urn:whole"),)
    assert (held.key, held.level, held.level_label, held.status) == ("n-17", 7500, "Avancé", Status.SUSPENDED)
    assert held.evidence == ("https://example.org/e",)


def test_dates_are_whole_days_in_the_zone_and_times_are_as_stated() -> None:
    (record,) = read(WHOLE)
    assert isinstance(record, CandidateRecord)
    held = record.awards[0]
    assert held.issued == 1769835600  # 2026-01-31T00:00-05:00
    assert held.valid_from == 1769931000  # 2026-02-01T08:30+01:00
    assert held.expires == 1785556799  # 2026-07-31T23:59:59-04:00


def test_only_the_key_and_a_name_or_key_of_an_achievement_are_needed() -> None:
    line = {
        "candidate": {"key": "c"},
        "awards": [{"achievement": {"name": "A"}}, {"achievement": {"key": "k"}}],
    }
    (record,) = read(line, "", "  ")
    assert isinstance(record, CandidateRecord)
    assert [held.status for held in record.awards] == [Status.ACTIVE, Status.ACTIVE]
    assert record.awards[0].expires is None


def test_null_says_the_same_as_leaving_out() -> None:
    nothing = {"key": None, "issued": None, "expires": None, "status": None, "level": None, "evidence": None}
    person = {"key": "c", "name": None, "languages": None}
    assert read({**award(**nothing), "candidate": person, "applied_to": None}) == read(award())


def test_a_bad_award_is_refused_alone_and_can_be_corrected() -> None:
    line = award()
    line["awards"] += [
        {"achievement": {"name": "B"}, "expires": "2026-02-30"},
        {"achievement": {"name": "C"}},
    ]
    record, rejected = read(line)
    assert isinstance(record, CandidateRecord)
    assert isinstance(rejected, Rejected)
    assert [held.achievement.name for held in record.awards] == ["A", "C"]
    assert (rejected.file, rejected.line) == ("pool.jsonl", 1)
    assert f"{rejected.where}: {rejected.reason}" == 'awards[1].expires: "2026-02-30" is not a date'
    (again,) = read(rejected.raw.replace("02-30", "02-28"))
    assert isinstance(again, CandidateRecord)
    assert (again.key, [held.achievement.name for held in again.awards]) == ("c", ["B"])


@pytest.mark.parametrize(
    ("fields", "where", "reason"),
    [
        ({"expirs": "2026-01-01"}, "awards[0].expirs", 'is not a known field (did you mean "expires"?)'),
        ({"status": "aktive"}, "awards[0].status", f'"aktive" is not one of {STATUSES}'),
        ({"level": {"value": 1.5}}, "awards[0].level.value", "1.5 is more than 1.0"),
        ({"level": {"value": "1"}}, "awards[0].level.value", '"1" is not a number'),
        ({"level": 0.5}, "awards[0].level", "0.5 is not an object"),
        ({"issued": "31/01/2026"}, "awards[0].issued", '"31/01/2026" is not a date'),
        ({"issued": "20260131"}, "awards[0].issued", '"20260131" is not a date'),
        ({"issued": "0001-01-01"}, "awards[0].issued", '"0001-01-01" is not a date'),
        ({"issued": 20260131}, "awards[0].issued", "20260131 is not text"),
        (
            {"issued": "2026-01-02", "expires": "2026-01-01"},
            "awards[0].expires",
            '"2026-01-01" is before "issued", "2026-01-02"',
        ),
        (
            {"valid_from": "2026-01-02", "expires": "2026-01-01"},
            "awards[0].expires",
            '"2026-01-01" is before "valid_from", "2026-01-02"',
        ),
        (
            {"issued": "2026-01-01T01:00:00+01:00", "expires": "2026-01-01T00:00:00Z"},
            "awards[0].expires",
            '"2026-01-01T00:00:00Z" is "issued" as well: it would never be valid',
        ),
        (
            {"valid_from": "2026-01-01T00:00:00Z", "expires": "2026-01-01T00:00:00Z"},
            "awards[0].expires",
            '"2026-01-01T00:00:00Z" is "valid_from" as well: it would never be valid',
        ),
        ({"achievement": {}}, "awards[0].achievement", "needs a name or a key"),
        ({"achievement": None}, "awards[0].achievement", "null is not an object"),
        ({"achievement": {"name": "A", "nane": "B"}}, "awards[0].achievement.nane",
         'is not a known field (did you mean "name"?)'),
        ({"achievement": {"name": "A", "competencies": [{"label": "x"}, {}]}},
         "awards[0].achievement.competencies[1]", "needs a URI or a label"),
        ({"achievement": {"name": "A", "competencies": [{"uri": "JavaScript:alert(1)"}]}},
         "awards[0].achievement.competencies[0].uri",
         "is a program or data in the form of a URI, and names nothing"),
        ({"achievement": {"name": "A", "competencies": [{"uri": "fork lift"}]}},
         "awards[0].achievement.competencies[0].uri", '"fork lift" is not a URI'),
        ({"achievement": {"name": "A", "related": [{"type": "isPartOf"}]}},
         "awards[0].achievement.related[0].key", "is missing"),
        ({"achievement": {"name": "A" * 501}}, "awards[0].achievement.name",
         f'"{"A" * 76}... has more than 500 characters'),
        ({"evidence": ["a\0"]}, "awards[0].evidence[0]", '"a\\u0000" has a NUL character'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_award_is_named_with_its_path_and_value(
    fields: dict[str, Any], where: str, reason: str
) -> None:
    found = refused(award(**fields))
    assert (found.where, found.reason) == (where, reason)


@pytest.mark.parametrize(
    ("line", "where", "reason"),
    [
        (b"{", "", "not JSON: a name in double quotation marks is missing, at its character 2"),
        (b'{"candidate":{"key":"\xff"}}', "", "not UTF-8, at its character 22"),
        (b'{"candidate":{"key":"a","key":"b"}}', "candidate", 'an object has the key "key" twice'),
        (b'{"candidate":{"key":"a"},"awards":[NaN]}', "awards[0]", "NaN is not a JSON number"),
        (b'{"candidate":{"key":"a"},"awards":[-Infinity]}', "awards[0]", "-Infinity is not a JSON number"),
        (b'{"candidate":{"key":"a"},"awards":[1e999]}', "awards[0]", "the number 1e999 is too large"),
        (
            b'{"candidate":' + b"9" * 5000 + b"}",
            "",
            "not readable: the number 99999999999999999999... has too many digits, at its character 14",
        ),
        (
            b"[" * 100_000,
            "",
            "not readable: nested more than 200 (CREDMATCH_IMPORT_NESTING) levels deep, at its character 201",
        ),
        (
            b'{"candidate":' * 100_000,
            "",
            f"not readable: nested more than {DEEPEST} levels deep, at its character 2,601",
        ),
        (
            b'{"candidate":{"key":"\\ud800"}}',
            "candidate.key",
            "has half of a surrogate pair, which is not text",
        ),
        (b'{"candidate":{"key":"a\\u0007b"}}', "candidate.key", '"a\\u0007b" has control characters'),
        (b'{"candidate":{"key":"  "}}', "candidate.key", "is empty"),
        (b'{"candidate":{"key":7}}', "candidate.key", "7 is not text"),
        (b'{"candidate":{}}', "candidate.key", "is missing"),
        (b'{"candidate":{"key":"a"},"awards":{}}', "awards", "an object is not a list"),
        (b"[1]", "[0]", "1 is no credential"),
    ],
)
def test_a_bad_line_is_refused_and_the_next_is_read(line: bytes, where: str, reason: str) -> None:
    rejected, record = read(line, award())
    assert isinstance(rejected, Rejected)
    assert (rejected.line, rejected.where, rejected.reason) == (1, where, reason)
    assert isinstance(record, CandidateRecord)
    rejected.raw.encode()  # can be stored


HALF = "has half of a surrogate pair, which is not text"


def test_an_award_that_is_not_text_or_too_deep_is_refused_alone() -> None:
    surrogate, deep = award(achievement={"name": "\ud800"}), award()
    found = refused(surrogate)
    assert json.loads(found.raw)["awards"] == surrogate["awards"]
    assert (found.where, found.reason) == ("awards[0].achievement.name", HALF)
    nested = refused(json.dumps(deep).replace('"A"', "[" * 150 + "]" * 150))
    assert (nested.where, nested.reason) == ("awards[0].achievement.name", "a list is not text")


@pytest.mark.parametrize(
    ("achievement", "where"),
    [
        ({"name": "A", "competencies": [{"label": "MIG \ud800 welding"}]}, ".competencies[0].label"),
        ({"name": "A", "issuer": {"url": "urn:\udc00"}}, ".issuer.url"),
        ({"name": "A", "related": [{"type": "related", "key": "\ud800"}]}, ".related[0].key"),
        ({"name": "A", "\ud800": 1}, ""),
    ],
)
def test_half_of_a_surrogate_pair_is_found_in_an_achievement(achievement: object, where: str) -> None:
    found = refused(award(achievement=achievement))
    assert (found.where, found.reason) == (f"awards[0].achievement{where}", HALF)


def test_a_line_too_long_is_refused_without_being_held() -> None:
    class Endless(io.RawIOBase):
        """Ten long lines' worth of bytes that are never in memory together."""

        left = 10 * Limits().line
        largest = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            size = min(len(buffer), self.left)
            self.largest = max(self.largest, size)
            self.left -= size
            buffer[:size] = b"x" * size
            return size

    endless = Endless()
    (rejected,) = jsonl.read(io.BufferedReader(endless), Context("f", ZONE))
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "the line is longer than 8,000,000 (CREDMATCH_IMPORT_LINE) bytes"
    assert len(rejected.raw) == 2_000
    assert endless.left == 0


def test_a_line_of_too_many_awards_is_refused_as_a_whole() -> None:
    many = {"candidate": {"key": "c"}, "awards": [{}] * 10_001}
    assert refused(many).reason == "has 10,001 entries, more than 10,000"


def test_fields_of_others_are_skipped_and_a_byte_order_mark_too() -> None:
    line = award(**{"x-note": [1, {"y": 2}]})
    line["candidate"]["x-photo"] = "data:"
    line["@context"] = "https://example.org"
    assert read(b"\xef\xbb\xbf" + json.dumps(line).encode()) == read(award())


def test_lines_about_another_candidate_are_refused_where_one_is_given() -> None:
    record, rejected = read(award(), {"candidate": {"key": "d"}}, candidate="c")
    assert isinstance(record, CandidateRecord)
    assert isinstance(rejected, Rejected)
    assert rejected.reason == '"d" is not "c", whose the file should be'


def test_identifiers_say_whose_it_is_where_there_is_no_key() -> None:
    line = {"candidate": {"identifiers": ["did:example:a"]}, "awards": [{"achievement": {}}]}
    record, rejected = read(line)
    assert isinstance(record, CandidateRecord)
    assert isinstance(rejected, Rejected)
    assert (record.key, record.identifiers) == ("", ("did:example:a",))
    assert json.loads(rejected.raw)["candidate"] == {"identifiers": ["did:example:a"]}
    (given,) = read({"candidate": line["candidate"]}, candidate="c-1")
    assert isinstance(given, CandidateRecord)
    assert (given.key, given.identifiers) == ("c-1", ("did:example:a",))


@pytest.mark.parametrize("stated", ["9999-12-31", "9999-12-31T23:59:59-08:00", "9999-12-31T20:00:00Z"])
@pytest.mark.parametrize(
    "zone", ["America/Toronto", "Pacific/Honolulu", "UTC", "Asia/Tokyo", "Pacific/Kiritimati"]
)
def test_never_ends_is_the_last_day_in_every_zone(stated: str, zone: str) -> None:
    context = replace(CONTEXT, zone=ZoneInfo(zone))
    record = parse_candidate(award(expires=stated), context)
    expires = record.awards[0].expires
    assert expires is not None
    assert day_of(expires, ZoneInfo(zone)) == date(9999, 12, 31)
    again = candidate_json(record)["awards"][0]["expires"]
    assert parse_candidate(award(expires=again), context) == record


def test_a_request_with_one_bad_award_is_refused_as_a_whole() -> None:
    body = award()
    assert parse_candidate(body, CONTEXT) == read(body)[0]
    body["awards"].append({"achievement": {"name": "B"}, "issued": "soon"})
    with pytest.raises(InvalidInput, match=r'^awards\[1\]\.issued: "soon" is not a date$'):
        parse_candidate(body, CONTEXT)
    with pytest.raises(InvalidInput, match="a list is not an object"):
        parse_candidate([], CONTEXT)


@given(st.lists(st.one_of(st.binary(max_size=60), st.just(json.dumps(award()).encode())), max_size=8))
def test_whatever_stands_between_good_lines_they_are_all_read(lines: list[bytes]) -> None:
    good = json.dumps(award()).encode()
    whole = [line for part in lines for line in part.split(b"\n")]
    found = read(*whole)
    assert sum(isinstance(one, CandidateRecord) for one in found) == whole.count(good)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*WHOLE, *WHOLE["awards"][0], "name", "value", "x-a", ""]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(_JSON, _JSON, _JSON)
def test_any_json_in_place_of_a_part_is_read_or_refused_in_words(
    person: Any, body: Any, achievement: Any
) -> None:
    for value in (
        body,
        {**WHOLE, "candidate": person},
        award(achievement=achievement),
        {**WHOLE, "awards": [body]},
    ):
        try:
            said: object = parse_candidate(value, CONTEXT)
        except InvalidInput as error:
            said = error.reason
        assert isinstance(said, CandidateRecord) or said
