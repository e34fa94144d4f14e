"""Documents that hold many credentials, of which one cannot be read: the others are read all the same."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from indexer.readers.formats import Record
from indexer.readers.limits import Limits
from matcher.records import CandidateRecord, Rejected
from tests.unit.examples import clr_1, clr_2, json_resume, ler_rs, open_badges_2, open_badges_3
from tests.unit.reading import only, read_any
from tests.unit.survival import in_time

PRESENTATION = {
    "type": ["VerifiablePresentation"],
    "verifiableCredential": [{**open_badges_3.CREDENTIAL, "id": f"urn:{number}"} for number in range(3)],
}
HOLDERS: dict[str, tuple[dict[str, Any], str]] = {
    "presentation": (PRESENTATION, "verifiableCredential"),
    "CLR 2.0": (clr_2.CLR, "credentialSubject.verifiableCredential"),
    "CLR 2.0, achievements": (clr_2.CLR, "credentialSubject.achievement"),
    "CLR 1.0": (clr_1.CLR, "assertions"),
    "LER-RS": (ler_rs.RECORD, "certifications"),
    "JSON Resume": (json_resume.RESUME, "certificates"),
    "graph": ({"@graph": [open_badges_2.ASSERTION]}, "@graph"),
}
NOT_CLOSED = "the document is not closed; what stands before is read"
ENDLESS = f"{NOT_CLOSED}, and nothing of the rest: an entry does not end (bytes: %s)"
BAD = {
    "NaN": '{"id": NaN}',
    "a key twice": '{"id": "urn:x", "id": "urn:y"}',
    "too deep": '{"id": %s}' % ("[" * 300 + "]" * 300),
    "no JSON": '{"id": urn:x}',
    "a number beyond a double": '{"id": 1e999}',
}


def with_member(document: dict[str, Any], path: str, text: str) -> str:
    """A document as text, with one more member at the end of a list."""
    document = deepcopy(document)
    holder: Any = document
    for name in path.split("."):
        holder = holder[name]
    holder.append("HERE")
    return json.dumps(document).replace('"HERE"', text)


def good(records: list[Record]) -> list[Record]:
    return [one for one in records if not isinstance(one, Rejected)]


def test_members_on_lines_of_their_own_are_no_documents_of_their_own() -> None:
    """The lines of a file would lose all but the last, which has no comma behind it."""
    members = [json.dumps(one) for one in PRESENTATION["verifiableCredential"]]
    for place in range(3):
        lines = [*members[:place], BAD["NaN"], *members[place:]]
        text = json.dumps({**PRESENTATION, "verifiableCredential": []})
        text = text.replace("[]", "[\n" + ",\n".join(lines) + "\n]")
        found = read_any(text)
        assert good(found) == read_any(PRESENTATION)
        assert [one.where for one in only(Rejected, found)] == [f"verifiableCredential[{place}].id"]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", HOLDERS)
def test_a_member_that_cannot_be_read_loses_no_other(name: str, bad: str) -> None:
    document, path = HOLDERS[name]
    expected = read_any(document)
    found = read_any(with_member(document, path, BAD[bad]))
    assert good(found) == good(expected)
    (refused,) = [one for one in only(Rejected, found) if one not in expected]
    assert refused.where.startswith(f"{path}[")
    assert BAD[bad] in refused.raw


def test_a_member_that_was_refused_can_be_corrected_with_what_holds_it() -> None:
    assertion = json.dumps({**clr_1.ASSERTION, "id": "urn:assertion:9", "recipient": None})
    broken = assertion.replace('"urn:assertion:9"', "NaN")
    (refused,) = only(Rejected, read_any(with_member(clr_1.CLR, "assertions", broken)))
    (person,) = only(CandidateRecord, read_any(refused.raw.replace("NaN", '"urn:assertion:9"')))
    assert [one.key for one in person.awards] == ["urn:assertion:9"]
    assert "zoe@example.org" in person.identifiers


@pytest.mark.parametrize("name", ["presentation", "CLR 2.0"])
def test_of_what_is_cut_off_the_whole_members_are_read(name: str) -> None:
    document, path = HOLDERS[name]
    text = with_member(document, path, '{"id": "urn:cut')
    found = read_any(text[: text.index("urn:cut") + 7])
    whole = read_any(document)
    awarded, expected = (
        [award.key for one in only(CandidateRecord, some) for award in one.awards] for some in (found, whole)
    )
    assert awarded == expected
    assert [one.reason for one in only(Rejected, found)][-1] == ENDLESS % len('{"id": "urn:cut')


@pytest.mark.parametrize("end", ["", ", "])
def test_of_what_ends_behind_a_member_it_is_said_that_it_is_not_closed(end: str) -> None:
    found = read_any(json.dumps(PRESENTATION).removesuffix("]}") + end + "]"[len(end) :])
    assert len(only(CandidateRecord, found)) == 3
    assert [one.reason for one in only(Rejected, found)] == [NOT_CLOSED]


def test_how_much_a_member_takes_with_it_that_lacks_a_quotation_mark_is_said() -> None:
    """Where the document's end is lost too, so that those behind it cannot be told from there."""
    text = json.dumps(PRESENTATION).replace('"urn:1"', '"urn:1')[:-3]
    found = read_any(text)
    assert [one.awards[0].key for one in only(CandidateRecord, found)] == ["urn:0"]
    damaged, rest = only(Rejected, found)
    assert damaged.where == "verifiableCredential[1]"
    second = text.index(json.dumps(PRESENTATION["verifiableCredential"][1])[:40], text.index("urn:0"))
    assert rest.reason == ENDLESS % f"{len(text[second:]):,}"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(open_badges_3.CREDENTIAL)[:-1],
        json.dumps({**clr_1.CLR, "revoked": True})[: -len(', "revoked": true}')],
        json.dumps({**PRESENTATION, "verifiableCredential": []})[:-1],
    ],
    ids=["a credential, whose expiry may be lost", "what says last that it is revoked", "nothing"],
)
def test_of_other_things_that_are_cut_off_nothing_is_read(text: str) -> None:
    (refused,) = read_any(text)
    assert isinstance(refused, Rejected)
    assert refused.raw == text


def test_what_is_wrong_in_the_credential_itself_refuses_it() -> None:
    text = json.dumps({**open_badges_3.CREDENTIAL, "evidence": [{"id": "HERE"}]}).replace('"HERE"', "NaN")
    (refused,) = read_any(text)
    assert isinstance(refused, Rejected)
    assert refused.where == "evidence[0].id"


@pytest.mark.parametrize("around", ["[%s]", '{"a": 1}\n%s\n'], ids=["in a list", "on a line"])
def test_a_presentation_among_others_is_read_so_as_well(around: str) -> None:
    text = with_member(PRESENTATION, "verifiableCredential", BAD["NaN"])
    found = read_any(around % text)
    assert len(only(CandidateRecord, found)) == 3
    assert "verifiableCredential[3].id" in [one.where.removeprefix("[0].") for one in only(Rejected, found)]


START = '{"type": ["VerifiablePresentation"], "verifiableCredential": ['


@pytest.mark.parametrize(
    "text",
    [
        START + '"' * 7_900_000,
        START + '""' * 3_900_000 + "NaN]}",
        START + '{"a":NaN},' * 120_000 + "1]}",
        START + '{"a":' * 200_000,
        START + '"' + "\\" * 7_900_000,
        START + '{"a":"' + "x" * 7_000_000 + '","b":NaN},{}]}',
        START + "}" * 7_900_000,
        (START + "}" * 900_000 + "\n") * 8,
        ('{"a":1}\n' + START + "}" * 240_000 + " " * 700_000 + "\n") * 8,
        ('{"a":1}\n' + START + "{}," * 120_000 + "\n") * 8,
    ],
    ids=[
        "marks",
        "strings",
        "members",
        "levels",
        "backslashes",
        "a long member",
        "closing brackets",
        "closing brackets by line",
        "as many as there may be",
        "pairs",
    ],
)
def test_what_is_damaged_all_over_is_refused_soon(text: str) -> None:
    with in_time():
        read_any(text)


def test_more_members_than_the_limit_are_refused_as_one() -> None:
    (refused,) = read_any(START + '{"a":NaN},' * 20 + "{}]}", limits=Limits(parts=10))
    assert isinstance(refused, Rejected)
    assert refused.reason == "NaN is not a JSON number"
