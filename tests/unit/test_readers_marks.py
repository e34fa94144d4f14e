"""One quotation mark, bracket or comma too few or too many, anywhere in one of several credentials.

The documents stand on one line: nothing but the marks themselves says where one ends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

from indexer.readers.limits import Limits
from matcher.records import CandidateRecord, Rejected
from tests.unit.examples import clr_1, open_badges_2, open_badges_3
from tests.unit.reading import only, read_any

ENDORSEMENT = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential", "EndorsementCredential"],
    "issuer": "https://other.example.org/",
    "credentialSubject": {"id": "https://issuer.example.org/lift", "type": ["EndorsementSubject"]},
}


def credential(number: int) -> dict[str, Any]:
    """An open badge with endorsements, which begin as it does itself."""
    return {
        **open_badges_3.CREDENTIAL,
        "id": f"award-{number}",
        "endorsement": [ENDORSEMENT, ENDORSEMENT],
        "name": 'Lift truck, "reach" {and} [other]',
    }


def award(number: int) -> dict[str, Any]:
    """An award in our own shape."""
    return {
        "key": f"award-{number}",
        "achievement": {
            "name": "Lift truck",
            "issuer": {"name": "Northshore"},
            "competencies": [{"label": "operate forklift"}, {"label": "stack pallets"}],
        },
        "issued": "2026-01-31",
    }


def badge(number: int) -> dict[str, Any]:
    """An assertion of Open Badges 2.0."""
    return {**open_badges_2.ASSERTION, "id": f"award-{number}"}


def assertion(number: int) -> dict[str, Any]:
    """An assertion of a CLR 1.0."""
    return {**clr_1.ASSERTION, "id": f"award-{number}"}


Holder = Callable[[str], str]
HOLDERS: dict[str, tuple[Callable[[int], dict[str, Any]], Holder]] = {
    "a list": (credential, "[%s]".__mod__),
    "a presentation": (
        credential,
        '{"type": ["VerifiablePresentation"], "verifiableCredential": [%s], "proof": [{}]}'.__mod__,
    ),
    "a graph": (badge, '{"@context": "https://w3.org/x", "@graph": [%s]}'.__mod__),
    "a candidate": (award, '{"candidate": {"key": "c-1"}, "awards": [%s], "applied_to": ["p-1"]}'.__mod__),
    "a CLR 1.0": (
        assertion,
        json.dumps({**clr_1.CLR, "assertions": ["HERE"]}).replace('"HERE"', "%s").__mod__,
    ),
}


def awarded(text: str) -> list[str]:
    """The keys of the awards in a text."""
    return [one.key for person in only(CandidateRecord, read_any(text)) for one in person.awards]


def damages(text: str) -> Iterator[str]:
    """The text of an object with one mark left out, or twice; not those around it."""
    for place in range(1, len(text) - 1):
        if text[place] in '"[]{},:':
            yield text[:place] + text[place + 1 :]
            yield text[:place] + text[place] + text[place:]


@pytest.mark.parametrize("damaged", [0, 1, 2], ids=["the first", "in the middle", "the last"])
@pytest.mark.parametrize("name", HOLDERS)
def test_the_others_are_read(name: str, damaged: int) -> None:
    make, holder = HOLDERS[name]
    whole = [json.dumps(make(number)) for number in range(3)]
    keys = awarded(holder(", ".join(whole)))
    others = [one for one in keys if one != f"award-{damaged}"]
    assert len(others) == len(keys) - 1
    missed: list[str] = []
    every = 1 if name == "a candidate" else 7 if damaged == 1 else 23
    for one in islice(damages(whole[damaged]), 0, None, every):
        text = holder(", ".join([*whole[:damaged], one, *whole[damaged + 1 :]]))
        found = awarded(text)
        if found not in (others, keys):  # a mark more in a text does no harm
            missed.append(one)
        elif found == others:
            refused = [one for one in only(Rejected, read_any(text)) if "award-" in one.raw]
            if not refused:
                missed.append(one)
    assert not missed, missed[0]


@pytest.mark.parametrize("name", HOLDERS)
def test_what_stands_between_two_damaged_ones_is_in_what_is_refused(name: str) -> None:
    make, holder = HOLDERS[name]
    whole = [json.dumps(make(number)) for number in range(6)]
    for number in (1, 3):
        whole[number] = whole[number].replace('"award-', "award-")
    text = holder(", ".join(whole))
    found = awarded(text)
    assert [one for one in found if one in ("award-0", "award-4", "award-5")] == [
        "award-0",
        "award-4",
        "award-5",
    ]
    raw = " ".join(one.raw for one in only(Rejected, read_any(text)))
    assert all(f"award-{number}" in raw or f"award-{number}" in found for number in (1, 2, 3))


@pytest.mark.parametrize("name", HOLDERS)
def test_one_that_is_cut_off_on_a_line_of_its_own_takes_no_other_with_it(name: str) -> None:
    make, holder = HOLDERS[name]
    whole = [json.dumps(make(number)) for number in range(4)]
    keys = awarded(holder(",\n".join(whole)))
    for place in range(len(whole[1]) // 3, len(whole[1]), 7):
        lines = [whole[0] + ",", whole[1][:place], whole[2] + ",", whole[3]]
        for ending in ("\n", "\r\n", "\n    "):
            text = holder(ending + ending.join(lines) + "\n")
            assert awarded(text) == [one for one in keys if one != "award-1"], whole[1][:place]


def test_a_nested_credential_is_none_of_a_list_of_which_the_end_is_lost_too() -> None:
    bad = json.dumps(credential(1)).replace('"award-', "award-")
    text = json.dumps([credential(0)])[:-1] + ", " + bad
    assert awarded(text[: text.rindex("]") + 1]) == ["award-0"]


def test_beyond_what_a_document_may_hold_the_rest_is_not_read() -> None:
    """Of a list of any length only so much is kept as a document may hold."""
    whole = [json.dumps(credential(number)) for number in range(40)]
    whole[1] = whole[1].replace('"award-', "award-")
    limits = Limits(document=8_000)
    records = read_any("[" + ", ".join(whole) + "]", limits=limits)
    assert [one.awards[0].key for one in only(CandidateRecord, records)] == ["award-0"]
    assert "nothing of the rest: an entry does not end" in str(only(Rejected, records)[-1].reason)
