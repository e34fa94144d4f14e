"""Verifiable Presentations, and the envelopes that credentials come in."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.readers.limits import Limits
from matcher.records import CandidateRecord, Rejected
from tests.unit.examples.open_badges_3 import CREDENTIAL
from tests.unit.examples.presentations import PRESENTATION, TOKEN, envelope
from tests.unit.mutations import changed_document
from tests.unit.reading import formats_of, only, read_any


def test_every_credential_is_read_and_is_its_own_subjects() -> None:
    first, second = read_any(PRESENTATION)
    (alone,) = read_any(CREDENTIAL)
    assert first == alone
    assert isinstance(second, CandidateRecord)
    assert second.identifiers == ("did:example:zoe",)
    assert second.awards[0].key == "urn:credential:2"
    assert second.place.where == "verifiableCredential[1]"
    data = json.dumps(PRESENTATION).encode()
    assert formats_of(data) == ["JSON", "Verifiable Presentation", "Open Badges 3.0", "Open Badges 3.0"]


def test_one_credential_need_not_be_a_list_nor_the_type_be_stated() -> None:
    assert len(read_any({"verifiableCredential": CREDENTIAL})) == 1


def test_the_holder_is_not_the_subject() -> None:
    nameless = {**CREDENTIAL, "credentialSubject": {**CREDENTIAL["credentialSubject"], "id": None}}
    bad, good = read_any({**PRESENTATION, "verifiableCredential": [nameless, CREDENTIAL]})
    assert isinstance(good, CandidateRecord)
    assert isinstance(bad, Rejected)
    assert bad.where == "verifiableCredential[0].credentialSubject.id"
    assert bad.reason == "no subject: nothing says whose it is"
    assert json.loads(bad.raw) == nameless


@pytest.mark.parametrize(
    ("document", "where", "reason"),
    [
        ({**PRESENTATION, "verifiableCredential": []}, "verifiableCredential", "holds no credential"),
        ({"type": "VerifiablePresentation"}, "verifiableCredential", "holds no credential"),
        ({**PRESENTATION, "verifiableCredential": [5]}, "verifiableCredential[0]", "5 is no credential"),
        ({**PRESENTATION, "verifiableCredential": [envelope("data:application/vc+cose,AAA")]},
         "verifiableCredential[0].id", 'an envelope of kind "application/vc+cose" is not read'),
        ({**PRESENTATION, "verifiableCredential": [envelope("urn:x")]}, "verifiableCredential[0].id",
         '"urn:x" is no envelope, which is a data: address with a token'),
        (envelope(None), "id", "null is no envelope, which is a data: address with a token"),
        (envelope("data:application/vc+sd-jwt,A.B.C~"), "id",
         'an envelope of kind "application/vc+sd-jwt" is not read'),
        (envelope("data:application/vc+jwt;base64,a.b"), "id", "the envelope is not in Base64"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(document: Any, where: str, reason: str) -> None:
    (found,) = read_any(document)
    assert isinstance(found, Rejected)
    assert (found.where, found.reason) == (where, reason)


def test_more_credentials_than_the_limit_are_refused_at_once() -> None:
    document = {**PRESENTATION, "verifiableCredential": [CREDENTIAL] * 11}
    (found,) = read_any(document, limits=Limits(parts=10))
    assert isinstance(found, Rejected)
    assert (found.where, found.reason) == (
        "verifiableCredential",
        "has 11 entries, more than 10 (CREDMATCH_IMPORT_PARTS)",
    )


def test_presentations_in_presentations_end() -> None:
    document = PRESENTATION
    for _ in range(10):
        document = {**PRESENTATION, "verifiableCredential": [document]}
    (found,) = read_any(document)
    assert isinstance(found, Rejected)
    assert found.reason == "documents in documents, more than 8 (CREDMATCH_IMPORT_DEPTH) levels deep"


def test_a_bad_envelope_can_be_corrected_and_read_again() -> None:
    bad_one = envelope("data:application/vc+cose,AAA")
    good, bad = read_any({**PRESENTATION, "verifiableCredential": [CREDENTIAL, bad_one]})
    assert isinstance(good, CandidateRecord)
    assert isinstance(bad, Rejected)
    assert json.loads(bad.raw) == {**PRESENTATION, "verifiableCredential": [bad_one]}


@pytest.mark.parametrize(
    "address",
    [
        f"data:application/vc+jwt,{TOKEN}",
        f" data:application/vc-ld+jwt,{TOKEN} ",
        f"data:application/vc+ld+json+jwt;{TOKEN}",
        f"DATA:application/vc%2Bjwt,{TOKEN}",
        f"data:application/jwt;charset=utf-8,{TOKEN}",
        f"data:application/vc+jwt;base64,{b64encode(TOKEN.encode()).decode()}",
    ],
)
def test_the_token_in_an_envelope_is_read(address: str) -> None:
    (alone,) = read_any(CREDENTIAL)
    assert read_any(envelope(address)) == [alone]
    assert read_any({**PRESENTATION, "verifiableCredential": [envelope(address), TOKEN]}) == [alone, alone]


def test_very_long_addresses_are_answered_at_once() -> None:
    for filling in (" ", ";", ";a", "a", "%"):
        (found,) = read_any(envelope(f"data:application/vc+jwt{filling * 200_000}x;,;"))
        assert isinstance(found, Rejected)


@settings(max_examples=100)
@given(st.randoms(use_true_random=False))
def test_any_value_in_any_place_is_read_or_refused(chance: Any) -> None:
    assert read_any(changed_document(PRESENTATION, chance))
    assert read_any(changed_document(envelope(f"data:application/vc+jwt,{TOKEN}"), chance))


def test_one_bad_credential_does_not_lose_the_others() -> None:
    bad = {**CREDENTIAL, "validFrom": "soon"}
    records = read_any({**PRESENTATION, "verifiableCredential": [CREDENTIAL, bad, CREDENTIAL]})
    assert len(only(CandidateRecord, records)) == 2
    assert [one.where for one in only(Rejected, records)] == ["verifiableCredential[1].validFrom"]
