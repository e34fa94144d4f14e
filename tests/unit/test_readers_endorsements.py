"""Endorsements: alone and in what they endorse, read as such and never as awards."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.readers import endorsements
from indexer.readers.formats import Context, Record
from indexer.readers.limits import Limits
from matcher.records import CandidateRecord, EndorsementRecord, IssuerRef, Notice, Recognised, Rejected
from tests.unit.examples.endorsements import ENDORSEMENT, OLDER
from tests.unit.examples.open_badges_3 import CREDENTIAL
from tests.unit.mutations import changed_document
from tests.unit.reading import ZONE, only, read_any

BOARD = IssuerRef("Example Safety Board", "https://board.example.org")


def of(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(document), **changes}


def test_an_endorsement_that_stands_alone() -> None:
    assert read_any(ENDORSEMENT) == [
        EndorsementRecord(
            about="https://issuer.example.org/",
            issuer=BOARD,
            key="https://board.example.org/endorsements/a b",
            comment="In good standing.",
            issued=1769860800,
        )
    ]


def within(document: Any) -> list[Record]:
    """The records of an endorsement that stands in something without an id."""
    return list(endorsements.embedded([("", {"endorsements": [document]})], Context("f", ZONE)))


def test_an_endorsement_of_the_older_specifications() -> None:
    (found,) = only(EndorsementRecord, within(OLDER))
    assert (found.about, found.comment, found.issued) == ("urn:badge:1", "Well made.", 1769860800)
    assert (found.issuer, found.key) == (IssuerRef("", "https://board.example.org"), "urn:endorsement:2")
    assert only(EndorsementRecord, within(of(OLDER, claim="urn:badge:2")))[0].about == "urn:badge:2"


def test_one_that_was_revoked_is_said_and_not_kept() -> None:
    (notice,) = within(of(OLDER, revoked=True))
    assert isinstance(notice, Notice)
    assert notice.text == "the endorsement endorsements[0] was revoked; it is not kept"


@pytest.mark.parametrize(
    ("document", "where", "reason"),
    [
        (of(ENDORSEMENT, validFrom="soon"), "validFrom", '"soon" is not a date'),
        (of(ENDORSEMENT, issuer=None), "issuer", "null is not an object"),
        (of(ENDORSEMENT, issuer={}), "issuer.id", "nothing says who endorses"),
        (of(ENDORSEMENT, issuer="%00"), "issuer.id", '"\\u0000" has control characters'),
        (of(ENDORSEMENT, credentialSubject=[]), "credentialSubject", "a list is not an object"),
        (of(ENDORSEMENT, credentialSubject={"endorsementComment": "x"}), "credentialSubject.id",
         "nothing says what is endorsed"),
        (of(OLDER, claim={"endorsementComment": "x"}), "claim.id", "nothing says what is endorsed"),
        (of(OLDER, claim={"id": "x" * 1_001}), "claim.id", None),
        (of(OLDER, claim={"id": "urn:x", "endorsementComment": "a\0"}), "claim.endorsementComment",
         '"a\\u0000" has a NUL character'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(document: Any, where: str, reason: str | None) -> None:
    older = "claim" in document
    (found,) = within(document) if older else read_any(document)
    assert isinstance(found, Rejected)
    assert found.where == (f"endorsements[0].{where}" if older else where)
    assert reason is None or found.reason == reason


def embedded_everywhere() -> dict[str, Any]:
    """A credential with an endorsement in every place that can have one; none but the first says of what."""
    document = copy.deepcopy(CREDENTIAL)
    nameless = of(ENDORSEMENT, credentialSubject={"endorsementComment": "Good."})
    achievement = document["credentialSubject"]["achievement"]
    document["endorsement"] = [ENDORSEMENT, nameless]
    document["issuer"]["endorsement"] = nameless
    achievement["endorsement"] = [nameless]
    achievement["creator"] = {"id": "urn:creator", "endorsement": [nameless]}
    achievement["alignment"][0] |= {"id": "urn:alignment", "endorsement": [nameless]}
    return document


def test_endorsements_are_found_where_they_stand_and_are_about_it() -> None:
    records = read_any(embedded_everywhere())
    assert [one.about for one in only(EndorsementRecord, records)] == [
        "https://issuer.example.org/",
        "https://issuer.example.org/credentials/a%20b",
        "https://issuer.example.org/",
        "https://issuer.example.org/achievements/lift",
        "urn:creator",
        "urn:alignment",
    ]
    plain = copy.deepcopy(CREDENTIAL)
    plain["credentialSubject"]["achievement"]["creator"] = {"id": "urn:creator"}
    assert only(CandidateRecord, records) == only(CandidateRecord, read_any(plain))


def test_a_bad_endorsement_loses_neither_the_award_nor_the_others() -> None:
    document = embedded_everywhere()
    document["endorsement"][0] = of(ENDORSEMENT, issuer=5)
    records = read_any(document)
    (bad,) = only(Rejected, records)
    assert (bad.where, bad.reason) == ("endorsement[0].issuer", "5 is not an object")
    assert len(only(EndorsementRecord, records)) == 5
    assert len(only(CandidateRecord, records)) == 1


def test_very_many_endorsements_are_not_read_to_the_end() -> None:
    records = read_any({**CREDENTIAL, "endorsement": [0] * 50}, limits=Limits(parts=20))
    bad = only(Rejected, records)
    assert len(bad) == 21
    assert bad[-1].reason == "more than 20 (CREDMATCH_IMPORT_PARTS) endorsements in one document"


@pytest.mark.parametrize("name", ["endorsementJwt", "signedEndorsements"])
def test_signed_endorsements_are_read_as_tokens_and_never_as_awards(name: str) -> None:
    award = CandidateRecord("c-1")
    endorsed = EndorsementRecord("urn:x", BOARD)

    def nested(body: object, at: str, _context: Context) -> Iterator[Record]:
        assert at.startswith(f"{name}[")
        yield Recognised("f", "token")
        yield endorsed if body == "good.token.x" else award

    context = Context("f", ZONE, nested=nested)
    thing = {name: ["good.token.x", "other.token.x"]}
    found = list(endorsements.embedded([("", thing)], context))
    assert found[1] == endorsed
    assert found[-1] == Rejected("f", 0, f"{name}[1]", "is no endorsement", '"other.token.x"')
    assert award not in found


@settings(max_examples=100)
@given(st.randoms(use_true_random=False), st.sampled_from([ENDORSEMENT, OLDER, "everywhere"]))
def test_any_value_in_any_place_is_read_or_refused(chance: Any, document: Any) -> None:
    body = embedded_everywhere() if document == "everywhere" else document
    assert read_any(changed_document(body, chance))
