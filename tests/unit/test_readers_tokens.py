"""Tokens: what they hold is read as its JSON would be, and what cannot be decoded is refused in words."""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.limits import Limits
from matcher.records import CandidateRecord, IssuerRef, Rejected
from tests.unit.reading import formats_of, one_candidate, only, read_any
from tests.unit.survival import bounded

FIXTURES = Path(__file__).parents[3] / "shared" / "data" / "credentials"

CREDENTIAL: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "id": "https://issuer.example.org/credentials/7",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": {"id": "https://issuer.example.org/", "name": "Northshore Safety Institute"},
    "validFrom": "2026-01-31T12:00:00Z",
    "validUntil": "2029-01-31T12:00:00Z",
    "credentialSubject": {
        "id": "did:example:zoe",
        "achievement": {"id": "https://issuer.example.org/achievements/lift", "name": "Lift truck operator"},
    },
}
CLAIMS = {
    "jti": "https://issuer.example.org/credentials/7",
    "iss": "https://issuer.example.org/",
    "sub": "did:example:zoe",
    "nbf": 1769860800,
    "exp": 1864555200,
}


def encoded(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(payload: object, header: object = None) -> str:
    """A token of `payload`; its signature is as good as none."""
    return f"{encoded(header or {'alg': 'RS256', 'typ': 'JWT'})}.{encoded(payload)}.{encoded(b'signature')}"


def without(*fields: str) -> dict[str, Any]:
    return {key: value for key, value in CREDENTIAL.items() if key not in fields}


def refused(data: object) -> tuple[str, str]:
    (found,) = only(Rejected, read_any(data))
    return found.where, found.reason


def test_a_token_is_read_as_the_json_that_it_holds() -> None:
    assert read_any(token(CREDENTIAL)) == read_any(CREDENTIAL)
    assert formats_of(token(CREDENTIAL).encode()) == ["JSON Web Token", "Open Badges 3.0"]


@pytest.mark.parametrize(
    "written", ["{}", "\ufeff{}\n", '  "{}"\r\n', "\n\n{}", "'{}'", '["{}"]', '[\n"{}"]']
)
def test_around_a_token_there_may_be_white_space_and_quotes(written: str) -> None:
    record = one_candidate(read_any(written.replace("{}", token(CREDENTIAL))))
    assert record.awards == one_candidate(read_any(CREDENTIAL)).awards


@pytest.mark.parametrize("claim", ["vc", ""])
def test_claims_fill_what_the_credential_leaves_out(claim: str) -> None:
    bare = without("id", "issuer", "validFrom", "validUntil")
    bare["credentialSubject"] = {"achievement": CREDENTIAL["credentialSubject"]["achievement"]}
    record = one_candidate(read_any(token({"vc": bare, **CLAIMS} if claim else {**bare, **CLAIMS})))
    (award,) = record.awards
    assert record.identifiers == ("did:example:zoe",)
    assert award.key == CREDENTIAL["id"]
    assert award.achievement.issuer == IssuerRef("", "https://issuer.example.org/")
    assert (award.issued, award.valid_from, award.expires) == (1769860800, 1769860800, 1864555200)
    listed = token({"vc": {**bare, "credentialSubject": [bare["credentialSubject"]]}, **CLAIMS})
    assert one_candidate(read_any(listed)) == record


def test_the_issuer_claim_is_the_id_of_an_issuer_that_is_only_named() -> None:
    named = {**CREDENTIAL, "issuer": {"name": "Northshore Safety Institute"}}
    assert read_any(token({"vc": named, **CLAIMS})) == read_any(CREDENTIAL)
    assert one_candidate(read_any(token({"vc": named, **CLAIMS, "iss": None}))).awards[
        0
    ].achievement.issuer == IssuerRef("Northshore Safety Institute")


def test_claims_replace_nothing_that_the_credential_states() -> None:
    others = {
        "jti": "urn:other",
        "iss": "urn:other",
        "sub": "urn:other",
        "nbf": "soon",
        "exp": None,
        "iat": 1,
    }
    record = one_candidate(read_any(token({"vc": CREDENTIAL, **others})))
    assert record == one_candidate(read_any(CREDENTIAL))
    draft = without("validFrom") | {"issuanceDate": "2026-01-31T12:00:00Z"}
    assert one_candidate(read_any(token({"vc": draft, "nbf": 5}))).awards[0].valid_from is None


def test_the_moment_of_signing_stands_in_for_the_start_of_validity() -> None:
    record = one_candidate(read_any(token({"vc": without("validFrom"), "iat": 1769860800.75})))
    assert record.awards[0].valid_from == 1769860800


def test_an_unsigned_token_counts_as_stated_like_its_json() -> None:
    unsigned = f"{encoded({'alg': 'none'})}.{encoded(CREDENTIAL)}."
    assert one_candidate(read_any(unsigned)) == one_candidate(read_any(CREDENTIAL))


def test_tokens_may_stand_on_lines_and_a_bad_one_loses_no_other() -> None:
    other = token({**CREDENTIAL, "id": "urn:2"})
    first, rejected, last = read_any("\n".join([token(CREDENTIAL), "no token", "", f'"{other}"']))
    assert isinstance(first, CandidateRecord)
    assert isinstance(rejected, Rejected)
    assert (rejected.line, rejected.reason) == (2, '"no token" is no credential')
    assert isinstance(last, CandidateRecord)
    assert (last.awards[0].key, last.place.line) == ("urn:2", 4)


def test_a_bad_credential_is_kept_as_what_the_token_holds() -> None:
    payload = {"vc": without("validFrom", "validUntil"), "nbf": 86_400, "exp": 60}
    (rejected,) = only(Rejected, read_any(token(payload)))
    assert json.loads(rejected.raw)["validUntil"] == "1970-01-01T00:01:00+00:00"
    assert rejected.where == "validUntil"
    corrected = rejected.raw.replace("1970-01-01", "1998-01-01")
    assert not only(Rejected, read_any(corrected))


HEADER = encoded({"alg": "RS256"})
PAYLOAD = encoded(CREDENTIAL)


@pytest.mark.parametrize(
    ("data", "where", "reason"),
    [
        (f"{token(CREDENTIAL)}~WyJzYWx0Il0~", "", "is an SD-JWT (selective disclosure), which is not read"),
        (f"{HEADER}.a.b.c.d", "", "is an encrypted token (JWE), which cannot be read without its key"),
        (f"{HEADER}.{PAYLOAD}", "", "is no token: it has 2 parts separated by full stops, not 3"),
        (f"{HEADER}..c2ln", "", "the token's payload is detached: the credential itself is not in it"),
        (f"{HEADER}.{PAYLOAD}.c2l+", "", "the token's signature is not base64url"),
        (f"{HEADER}.{PAYLOAD}==.c2ln", "", "the token's payload is not base64url"),
        (f"{HEADER}.{PAYLOAD[:-1] if len(PAYLOAD) % 4 == 2 else PAYLOAD + 'A' * (5 - len(PAYLOAD) % 4)}.c2ln",
         "", "the token's payload is not base64url"),
        (f"{HEADER}.{PAYLOAD}.c2lnYR", "",
         "the token's signature is not base64url: its last letter has bits left over"),
        (f"{encoded(b'{ }')}.{encoded([1])}.", "", "the token's payload is not a JSON object, but a list"),
        (f"{HEADER}.{encoded(b'{]')}.", "",
         "the token's payload: not JSON: a name in double quotation marks is missing, at its character 2"),
        (f"{HEADER}.{encoded(bytes([0xFF]))}.", "", "the token's payload: not UTF-8, at its character 1"),
        (f"{HEADER}.{encoded(b'[' * 100_000)}.", "",
         ("the token's payload: not readable: nested more than 200 (CREDMATCH_IMPORT_NESTING) levels deep, "
         "at its character 201")),
        (f"{encoded(b'{ x')}.e30.", "",
         "the token's header: not JSON: a name in double quotation marks is missing, at its character 3"),
        (token(CREDENTIAL, {"alg": "RS256", "b64": False}), "",
         "the token's payload is not encoded (b64 is false), which is not read"),
        (token({"vc": 5}), "vc", "5 is not an object"),
        (token({"vc": CREDENTIAL, "vp": {}}), "",
         "the token has both vc and vp: which one is meant is not clear"),
        (token({"vc": without("validFrom"), "nbf": True}), "nbf",
         "true is not a moment in seconds since 1970"),
        (token({"vc": without("validFrom"), "nbf": 10**300}), "nbf",
         f"1{'0' * 76}... is not a moment in seconds since 1970"),
        (token({**without("id"), "jti": 5}), "id", "5 is not text"),
        (json.dumps([token({"vc": without("validUntil"), "exp": "never"})]), "[0].exp",
         '"never" is not a moment in seconds since 1970'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_token_is_said(data: str, where: str, reason: str) -> None:
    assert refused(data) == (where, reason)


def test_what_is_no_credential_says_what_it_holds() -> None:
    where, reason = refused(token({"iss": "https://login.example.org", "sub": "zoe"}))
    assert where == ""
    assert reason.endswith('it holds "iss", "sub"')


def test_a_token_that_is_too_long_is_refused() -> None:
    (found,) = only(Rejected, read_any(token(CREDENTIAL), limits=Limits(document=100)))
    assert found.reason == "the line is longer than 100 (CREDMATCH_IMPORT_DOCUMENT) bytes"
    (found,) = only(Rejected, read_any([token({"a": [1] * 500})], limits=Limits(values=100)))
    assert found.reason == "the token's payload: has more than 100 (CREDMATCH_IMPORT_VALUES) values"


@pytest.mark.parametrize("text", ["eyes.left,eyes.right\n1,2\n", "ey", "eyJ", "e30", "ZW4.x"])
def test_what_only_looks_a_little_like_a_token_is_none(text: str) -> None:
    assert "JSON Web Token" not in formats_of(text.encode())


def test_a_header_longer_than_what_is_looked_at_is_a_token_still() -> None:
    long = token(CREDENTIAL, {"alg": "RS256", "x5c": ["A" * 200_000]})
    assert one_candidate(read_any(long)) == one_candidate(read_any(CREDENTIAL))


@pytest.mark.skipif(not FIXTURES.exists(), reason="the published example credentials are not here")
def test_published_tokens_are_decoded() -> None:
    simple = (FIXTURES / "ob30" / "simple.jwt").read_bytes()
    assert refused(simple) == ("credentialSubject.achievement", "is missing")
    for name in ("ob20/simple.jwt", "ob20/simple-revoked.jwt", "clr20/simple.jwt"):
        assert formats_of((FIXTURES / name).read_bytes())[0] == "JSON Web Token"


_VALUES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=()), max_size=4) | st.just([]) | st.just({}) | st.just([{}])
)  # fmt: skip


@given(st.data())
def test_any_value_in_any_claim_is_read_or_refused(data: st.DataObject) -> None:
    payload = {"vc": copy.deepcopy(CREDENTIAL), **CLAIMS}
    for place in (payload, payload["vc"], payload["vc"]["credentialSubject"]):
        key = data.draw(st.sampled_from(sorted(place)))
        if data.draw(st.booleans()):
            del place[key]
        elif place is not payload or key != "vc":
            place[key] = data.draw(_VALUES)
    assert len(read_any(token(payload))) == 1


@given(st.text(alphabet="eyJ0.-_~AQ=+", max_size=40))
def test_no_letters_make_reading_fail(text: str) -> None:
    assert only(Rejected, read_any("eyJ" + text))


def test_millions_of_parts_take_little() -> None:
    read_any(token(CREDENTIAL))  # what is loaded at first use
    for data in bounded([f"{HEADER}.".encode() + b"." * 7_900_000], "full stops"):
        (refused,) = only(Rejected, read_any(data))
        assert refused.reason == "is no token: it has 7,900,002 parts separated by full stops, not 3"
