"""Whole JSON with line breaks wherever JSON allows them, and what a damaged entry must not do to others."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from indexer.readers.damaged_json import Damaged, whole_items
from indexer.readers.limits import Limits
from matcher.records import CandidateRecord, Notice, Rejected
from tests.unit.examples import clr_2, json_resume, ler_rs, open_badges_2, open_badges_3
from tests.unit.reading import only, read_any

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')


def person(number: int) -> dict[str, Any]:
    """A person in our own shape with three awards."""
    awards = [{"key": f"{number}-{n}", "achievement": {"name": "Forklift"}} for n in range(3)]
    return {"candidate": {"key": f"c-{number}"}, "awards": awards, "applied_to": ["p-1"]}


WHOLE: dict[str, Any] = {
    "ours": person(1),
    "list of ours": [person(number) for number in range(2)],
    "list of one": [person(1)],
    "list of badges": [{**open_badges_3.CREDENTIAL, "id": f"urn:{number}"} for number in range(3)],
    "list of assertions": [open_badges_2.ASSERTION],
    "résumé": json_resume.RESUME,
    "list of a CLR": [clr_2.CLR],
    "LER-RS": ler_rs.RECORD,
}


def wrapped(document: object, chance: random.Random) -> str:
    """The JSON of a document with some line breaks between its tokens."""
    rare = chance.choice((0.5, 0.1, 0.03, 0.01))
    return "".join(
        one + ("\n" if chance.random() < rare else "") for one in _TOKEN.findall(json.dumps(document))
    )


def parts(text: str) -> list[object]:
    """What is read of a text, wherever it stands."""
    return [
        (one.key, one.identifiers, one.awards) if isinstance(one, CandidateRecord) else str(type(one))
        for one in read_any(text)
    ]


@pytest.mark.parametrize("name", WHOLE)
def test_line_breaks_between_tokens_change_nothing(name: str) -> None:
    expected = parts(json.dumps(WHOLE[name]))
    for seed in range(60):
        text = wrapped(WHOLE[name], random.Random(seed))
        assert parts(text) == expected, text


def test_a_line_break_within_a_text_loses_one_entry_of_a_line() -> None:
    people = [json.dumps(person(number)) for number in range(6)]
    people[2] = people[2].replace("Fork", "Fork\n", 1)
    found = read_any("[" + ", ".join(people) + "]")
    read = [(one.key, len(one.awards)) for one in only(CandidateRecord, found)]
    assert read == [("c-0", 3), ("c-1", 3), ("c-2", 2), ("c-3", 3), ("c-4", 3), ("c-5", 3)]
    assert [one.where for one in only(Rejected, found)] == ["[2].awards[0]"]


def named(text: str) -> list[str]:
    """What the awards in a text are called."""
    return [award.achievement.name for one in only(CandidateRecord, read_any(text)) for award in one.awards]


RESUME = (
    '{"basics":{"name":"R","email":"r@example.org"},"certificates":['
    '{"name":"Cert A","date":"2025-01-01","issuer":"X"},'
    '{"name":"Cert B","date":"2025-01-01","issuer":"X"}],'
    '"skills":[{"name":"Skill C","level":"Master"},{"name":"Skill D"},{"name":"Skill E"}]}'
)


@pytest.mark.parametrize(
    ("mark", "instead"),
    [
        ('"Cert B"', '"Cert B'),
        ('"Cert B"', 'Cert B"'),
        ('"X"}],', '"X"],'),
        ('"2025-01-01","issuer":"X"}],', '"2025-01-01","issuer":["X"}],'),
    ],
)
def test_a_damaged_entry_takes_none_of_the_next_list(mark: str, instead: str) -> None:
    before, _, after = RESUME.rpartition(mark)
    text = before + instead + after
    expected = [name for name in named(RESUME) if name != "Cert B"]
    assert len(expected) == len(named(RESUME)) - 1
    assert named(text) == expected
    found = read_any(text)
    (refused,) = only(Rejected, found)
    assert refused.where.startswith("certificates[1]")
    assert "Skill" not in refused.raw.replace(json.dumps(json.loads(RESUME)["skills"])[1:-1], "")


def test_of_a_damaged_framework_the_next_list_is_read() -> None:
    """The same where nobody knows the lists of a document: the reading with the most that is whole counts."""
    document = {
        "CFItems": [{"identifier": n} for n in "ab"],
        "CFAssociations": [{"identifier": n} for n in "cde"],
    }
    text = json.dumps(document).replace('"b"', '"b')
    found = whole_items(text.encode(), Limits())
    assert isinstance(found, dict)
    assert found["CFAssociations"] == document["CFAssociations"]
    assert isinstance(found["CFItems"][1], Damaged)


SCHEMA_ORG = {
    "@context": "https://schema.org",
    "@type": "Person",
    "@id": "https://ada.example.org/#me",
    "name": "Ada",
    "hasCredential": [
        {"@type": "EducationalOccupationalCredential", "name": name} for name in ("One", "Two", "Three")
    ],
}


def test_of_a_person_of_schema_org_the_other_credentials_are_read() -> None:
    text = json.dumps(SCHEMA_ORG)
    assert len(only(CandidateRecord, read_any(text))[0].awards) == 3
    for bad in ('"Two', "NaN"):
        found = read_any(text.replace('"Two"', bad))
        assert [one.achievement.name for one in only(CandidateRecord, found)[0].awards] == ["One", "Three"]
        assert only(Rejected, found)[0].where.startswith("hasCredential[1]")


PRESENTATION = '{"type":["VerifiablePresentation"],"verifiableCredential":[%s]}'
JOINED = "a comma is missing between entries; each is read"


@pytest.mark.parametrize("between", ["", " ", "\n"])
@pytest.mark.parametrize("holder", ["%s", "[%s]", PRESENTATION])
def test_without_a_comma_between_them_each_is_read(holder: str, between: str) -> None:
    texts = [json.dumps({**open_badges_3.CREDENTIAL, "id": f"urn:{n}"}, indent=1) for n in range(3)]
    found = read_any(holder % between.join(texts))
    keys = [one.key for someone in only(CandidateRecord, found) for one in someone.awards]
    assert keys == ["urn:0", "urn:1", "urn:2"]
    assert not only(Rejected, found)
    assert [str(one.text) for one in only(Notice, found)] == [JOINED]


@pytest.mark.parametrize(
    ("document", "list_", "kept"),
    [(person(1), "awards", 2), (json_resume.RESUME, "certificates", 1), (ler_rs.RECORD, "certifications", 1)],
    ids=["ours", "résumé", "LER-RS"],
)
def test_of_a_record_that_is_cut_off_what_stands_before_is_read(
    document: dict[str, Any], list_: str, kept: int
) -> None:
    """Once it is said whose it is; nothing is read where that was lost."""
    first = {name: value for name, value in document.items() if name != list_}
    entries = [*document[list_], *document[list_]][: kept + 1]
    text = json.dumps({**first, list_: entries})
    found = read_any(text[:-5])
    assert only(CandidateRecord, found)
    assert "not closed" in only(Rejected, found)[-1].reason
    whose_last = json.dumps({list_: entries, **first})
    cut = whose_last[: whose_last.index("]}" if list_ == "awards" else "]") - 2]
    assert not only(CandidateRecord, read_any(cut, candidate="c-9"))
