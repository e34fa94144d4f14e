"""Open Badges 2.0 and 1.x as JSON: what is taken, what lies beside it, and what is said of what is wrong."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.readers import open_badges_2_badges, open_badges_2_links
from indexer.readers.formats import Context, Document
from indexer.readers.limits import Limits
from matcher.records import (
    AchievementRecord,
    AwardRecord,
    CandidateRecord,
    CompetencyRef,
    EndorsementRecord,
    IssuerRef,
    Notice,
    Place,
    Rejected,
    RelatedRef,
    Status,
)
from tests.unit.examples.open_badges_2 import (
    ASSERTION,
    ASSERTION_1_0,
    ASSERTION_1_1,
    AT,
    BADGE,
    BADGE_1_1,
    ISSUER,
    ISSUER_1_1,
    LIST_AT,
)
from tests.unit.mutations import changed_document
from tests.unit.reading import formats_of, one_candidate, only, read_any

FIXTURES = Path(__file__).parents[3] / "shared" / "data" / "credentials" / "ob20"

SIGNED = {"type": "signed", "creator": f"{AT}/key.json"}
HASHED = {"type": "email", "hashed": True, "salt": "sea", "identity": "sha256$" + "0" * 64}


class Beside:
    """Documents beside a file, found by id, and some under a file's name."""

    def __init__(self, *documents: Document, **names: Document) -> None:
        self._named = {document["id"]: document for document in documents}
        self._files = names

    def find(self, address: str) -> Document | None:
        name = address.rpartition("/")[2].removesuffix(".json")
        return self._named.get(address) or self._files.get(name)

    def refer_to(self, document: Document, file: str) -> bool:
        return False


def award_of(document: Any, *beside: Document, candidate: str = "") -> AwardRecord:
    (award,) = one_candidate(read_any(document, candidate, neighbours=Beside(*beside))).awards
    return award


def refused(document: Any, *beside: Document, **names: Document) -> tuple[str, str]:
    (found,) = read_any(document, neighbours=Beside(*beside, **names))
    assert isinstance(found, Rejected), found
    return found.where, found.reason


def assertion(**fields: Any) -> dict[str, Any]:
    return {**ASSERTION, **fields}


def with_badge(**fields: Any) -> dict[str, Any]:
    return {**ASSERTION, "badge": {**BADGE, **fields}}


def with_issuer(**fields: Any) -> dict[str, Any]:
    return with_badge(issuer={**ISSUER, **fields})


# --- what is taken -------------------------------------------------------------------------------


ACHIEVEMENT = AchievementRecord(
    name="Lift truck operator",
    key=f"{AT}/badges/lift.json",
    description="Drives a lift truck.\nPassed a practical test.\nwarehouse, gold",
    issuer=IssuerRef("Northshore Safety Institute", f"{AT}/issuer.json"),
    competencies=(
        CompetencyRef("operate forklift", "urn:esco:forklift", "ESCO"),
        CompetencyRef("stack pallets", "urn:own:pallets"),
    ),
    related=(RelatedRef("isRelatedTo", f"{AT}/badges/lift-fr.json"),),
)


def test_an_assertion_becomes_an_award_of_its_recipient() -> None:
    record = one_candidate(read_any(ASSERTION))
    assert record == CandidateRecord(
        key="",
        identifiers=("zoe@example.org",),
        awards=(
            AwardRecord(
                achievement=ACHIEVEMENT,
                key=f"{AT}/assertions/a b",
                issued=1769860800,
                expires=1864555200,
                status=Status.UNKNOWN,
                evidence=(
                    f"{AT}/evidence/1",
                    f"{AT}/evidence/2",
                    "Moved forty pallets.",
                    "Log book",
                    "Practised for a month.",
                ),
                credential_status='{"type": "hosted"}',
            ),
        ),
    )
    assert record.place == Place("f")


def test_it_says_which_format_it_is() -> None:
    assert formats_of(json.dumps(ASSERTION).encode())[-1] == "Open Badges 2.0 and 1.x"


def test_badge_class_and_issuer_are_found_beside_it() -> None:
    badge = {**BADGE, "issuer": ISSUER["id"]}
    apart = assertion(badge=BADGE["id"])
    assert award_of(apart, badge, ISSUER) == award_of(ASSERTION)
    assert award_of(assertion(badge={"id": BADGE["id"]}), badge, ISSUER) == award_of(ASSERTION)
    assert award_of(assertion(badge={"@id": BADGE["id"], "@type": "BadgeClass"}), BADGE) == award_of(
        ASSERTION
    )


def test_without_the_issuers_file_its_address_says_who_it_is() -> None:
    (award,) = one_candidate(read_any(with_badge(issuer=ISSUER["id"]))).awards
    assert award.achievement.issuer == IssuerRef("", ISSUER["id"])
    assert award.achievement.name == "Lift truck operator"


def test_http_and_https_and_escapes_name_the_same_file() -> None:
    badge = {**BADGE, "id": "http://issuer.example.org/badges/l%69ft.json/"}
    neighbours = Beside(lift=badge)
    (award,) = one_candidate(read_any(assertion(badge=BADGE["id"]), neighbours=neighbours)).awards
    assert award.achievement.name == "Lift truck operator"


def test_a_file_of_1_0_without_an_id_is_found_by_its_name_and_known_by_its_address() -> None:
    badge = {key: value for key, value in BADGE.items() if key not in {"id", "type", "@context"}}
    (award,) = one_candidate(read_any(assertion(badge=BADGE["id"]), neighbours=Beside(lift=badge))).awards
    assert award.achievement == ACHIEVEMENT


# --- whose it is ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recipient", "identifiers"),
    [
        ({"type": "email", "identity": "zoe@example.org", "hashed": False}, ("zoe@example.org",)),
        ({"type": ["schema:email"], "identity": "mailto:zoe@example.org"}, ("mailto:zoe@example.org",)),
        ({"type": "http://schema.org/email", "identity": "zoe@example.org"}, ("zoe@example.org",)),
        ({"@type": "did", "identity": "did:example:zoe"}, ("did:example:zoe",)),
        ({"type": "url", "identity": "https://zoe.example.org/"}, ("https://zoe.example.org/",)),
        ({"type": "id", "identity": "https://zoe.example.org/#me"}, ("https://zoe.example.org/#me",)),
        ({"identity": "zoe@example.org"}, ("zoe@example.org",)),
        ("zoe@example.org", ("zoe@example.org",)),
        ([{"type": "email", "identity": {"@value": "zoe@example.org"}}], ("zoe@example.org",)),
    ],
)
def test_who_is_named(recipient: Any, identifiers: tuple[str, ...]) -> None:
    record = one_candidate(read_any(assertion(recipient=recipient)))
    assert (record.key, record.name, record.email, record.identifiers) == ("", "", "", identifiers)


_HASHED_SAYS = "no subject: the identity is hashed and names nobody; say whose the file is"
_NOBODY = "no subject: nothing says whose it is"


@pytest.mark.parametrize(
    ("recipient", "where", "reason"),
    [
        (HASHED, "recipient.identity", _HASHED_SAYS),
        ({**HASHED, "salt": None, "hashed": None}, "recipient.identity", _HASHED_SAYS),
        ({**HASHED, "identity": "zoe@example.org"}, "recipient.identity", _HASHED_SAYS),
        ("md5$" + "0" * 32, "recipient", _HASHED_SAYS),
        ({"type": "telephone", "identity": "+15550100"}, "recipient.identity", _NOBODY),
        ({"type": "telephone", "identity": "tel@example.org"}, "recipient.identity", _NOBODY),
        ({"type": "email", "identity": "zoe"}, "recipient.identity", _NOBODY),
        ({"type": "url", "identity": "zoe@example.org"}, "recipient.identity", _NOBODY),
        ({"type": "email"}, "recipient.identity", _NOBODY),
        (None, "recipient", _NOBODY),
    ],
)
def test_who_is_not_named(recipient: Any, where: str, reason: str) -> None:
    document = assertion(recipient=recipient)
    assert refused(document) == (where, reason)
    record = one_candidate(read_any(document, "c-1"))
    assert (record.key, record.identifiers) == ("c-1", ())


# --- status --------------------------------------------------------------------------------------

LISTED = {**ISSUER, "revocationList": LIST_AT}


def revocation_list(*entries: Any) -> dict[str, Any]:
    return {
        "id": LIST_AT,
        "type": "RevocationList",
        "issuer": ISSUER["id"],
        "revokedAssertions": list(entries),
    }


@pytest.mark.parametrize(
    ("fields", "issuer", "beside", "status"),
    [
        ({"verification": {"type": "hosted"}}, ISSUER, (), Status.UNKNOWN),
        ({"verification": {"type": "HostedBadge"}}, LISTED, (revocation_list(),), Status.UNKNOWN),
        ({"verification": None}, ISSUER, (), Status.UNKNOWN),
        (
            {"verification": {"type": ["MerkleProofVerification2017", "Extension"]}},
            ISSUER,
            (),
            Status.UNKNOWN,
        ),
        ({"verification": SIGNED}, ISSUER, (), Status.ACTIVE),
        ({"verification": {"type": "obi:SignedBadge"}}, ISSUER, (), Status.ACTIVE),
        ({"verification": "signed"}, ISSUER, (), Status.ACTIVE),
        ({"verification": SIGNED}, ISSUER["id"], (), Status.UNKNOWN),
        ({"verification": SIGNED}, ISSUER["id"], (ISSUER,), Status.ACTIVE),
        ({"verification": SIGNED}, LISTED, (), Status.UNKNOWN),
        ({"verification": SIGNED}, LISTED, (revocation_list("urn:other"),), Status.ACTIVE),
        ({"verification": SIGNED}, LISTED, (revocation_list(f"{AT}/assertions/a%20b"),), Status.REVOKED),
        (
            {"verification": SIGNED},
            LISTED,
            (revocation_list({"id": f"{AT}/assertions/a b"}),),
            Status.REVOKED,
        ),
        ({"verification": SIGNED, "uid": "u-1"}, LISTED, (revocation_list({"uid": "u-1"}),), Status.REVOKED),
        ({"verification": SIGNED, "uid": 7}, LISTED, ({"id": LIST_AT, "7": "By mistake"},), Status.REVOKED),
        ({"verification": SIGNED, "uid": 7}, LISTED, ({"id": LIST_AT, "8": None},), Status.ACTIVE),
        ({"verification": SIGNED, "uid": 7}, LISTED, ({"id": LIST_AT, "7": {}},), Status.UNKNOWN),
        ({"verification": SIGNED}, LISTED, ({"id": LIST_AT, "type": "RevocationList"},), Status.UNKNOWN),
        ({"verification": SIGNED}, LISTED, ({**ISSUER, "id": LIST_AT},), Status.UNKNOWN),
        ({"verification": SIGNED}, {**ISSUER, "revocationList": revocation_list("urn:x")}, (), Status.ACTIVE),
        ({}, LISTED, (revocation_list(f"{AT}/assertions/a b"),), Status.REVOKED),
        ({"revoked": True}, ISSUER, (), Status.REVOKED),
        ({"revoked": False, "verification": SIGNED}, ISSUER, (), Status.ACTIVE),
    ],
)
def test_status(fields: Any, issuer: Any, beside: Any, status: Status) -> None:
    document = {**with_badge(issuer=issuer), **fields}
    assert award_of(document, *beside).status is status


def test_how_it_is_verified_is_kept_for_whoever_checks() -> None:
    document = {**with_badge(issuer=LISTED), "verification": SIGNED}
    award = award_of(
        document, revocation_list({"id": f"{AT}/assertions/a b", "revocationReason": "By mistake"})
    )
    assert json.loads(award.credential_status) == {
        **SIGNED,
        "revocationList": LIST_AT,
        "revocationReason": "By mistake",
    }
    stated = award_of(assertion(revoked=True, revocationReason="Withdrawn", verification=None))
    assert json.loads(stated.credential_status) == {"revocationReason": "Withdrawn"}


def test_a_file_that_says_it_is_another_is_not_the_revocation_list() -> None:
    document = {**with_badge(issuer=LISTED), "verification": SIGNED}
    other = {**revocation_list(f"{AT}/assertions/a b"), "id": "https://other.example.org/revoked.json"}
    (award,) = one_candidate(read_any(document, neighbours=Beside(revoked=other))).awards
    assert award.status is Status.UNKNOWN


# --- 1.x -----------------------------------------------------------------------------------------


def test_1_1() -> None:
    document = {**ASSERTION_1_1, "badge": f"{AT}/badges/lift.json"}
    neighbours = Beside(lift=BADGE_1_1, issuer=ISSUER_1_1)
    (award,) = one_candidate(read_any(document, neighbours=neighbours)).awards
    assert (award.key, award.issued, award.expires) == (f"{AT}/assertions/u-1", 1769860800, 1864555200)
    assert award.status is Status.UNKNOWN
    assert award.achievement == AchievementRecord(
        "Lift truck operator",
        f"{AT}/badges/lift.json",
        "Drives a lift truck.",
        IssuerRef("Northshore", f"{AT}/issuer.json"),
        (CompetencyRef("operate forklift", "urn:esco:forklift"),),
    )
    signed = {**document, "verify": {"type": "signed", "url": f"{AT}/key.pem"}}
    (award,) = one_candidate(read_any(signed, neighbours=neighbours)).awards
    assert (award.key, award.status) == ("u-1", Status.UNKNOWN)
    revoked = Beside(lift=BADGE_1_1, issuer=ISSUER_1_1, revoked={"u-1": "By mistake"})
    (award,) = one_candidate(read_any(signed, neighbours=revoked)).awards
    assert award.status is Status.REVOKED


def test_1_0_with_all_in_one() -> None:
    award = award_of(ASSERTION_1_0)
    assert (award.key, award.issued, award.expires) == ("", 1769835600, 1801457999)
    assert award.evidence == ("/portfolio/zoe",)
    assert award.achievement == AchievementRecord(
        "Lift truck operator", "", "Drives a lift truck.", IssuerRef("Northshore", AT)
    )
    only_org = copy.deepcopy(ASSERTION_1_0)
    only_org["badge"]["issuer"] = {"org": "School"}
    assert award_of(only_org).achievement.issuer == IssuerRef("School", "")


@pytest.mark.parametrize("seconds", [20160131, -1769860800, 1769860800000, 1e300, 0, True])
def test_numbers_that_are_no_unix_seconds_are_no_dates(seconds: Any) -> None:
    where, reason = refused({**ASSERTION_1_0, "issued_on": seconds})
    assert where == "issued_on"
    assert reason.endswith("is not a date") or reason == "true is not text"


# --- JSON-LD -------------------------------------------------------------------------------------


def test_names_as_json_ld_may_write_them() -> None:
    document = {
        "@context": {"obi": "https://w3id.org/openbadges#"},
        "@id": f"{AT}/assertions/a%20b",
        "@type": ["obi:Assertion"],
        "obi:recipient": {"@type": "schema:email", "obi:identityHash": "zoe@example.org"},
        "obi:badge": {
            "@id": BADGE["id"],
            "@type": "https://w3id.org/openbadges#BadgeClass",
            "schema:name": [{"@value": "Lift truck operator", "@language": "en"}],
            "https://w3id.org/openbadges#alignment": {
                "schema:targetName": "operate forklift",
                "schema:targetUrl": "urn:esco:forklift",
            },
            "obi:issuer": {"@id": ISSUER["id"]},
        },
        "obi:issueDate": {"@value": "2026-01-31T12:00:00Z"},
        "sec:expiration": "2029-01-31T12:00:00Z",
        "obi:verify": {"@type": "obi:SignedBadge"},
    }
    award = award_of(document, ISSUER)
    assert (award.key, award.issued, award.expires) == (f"{AT}/assertions/a b", 1769860800, 1864555200)
    assert award.achievement.issuer == ACHIEVEMENT.issuer
    assert award.achievement.competencies == (CompetencyRef("operate forklift", "urn:esco:forklift"),)
    assert award.status is Status.ACTIVE
    wrong = {**document, "obi:issueDate": "soon"}
    assert refused(wrong, ISSUER) == ("obi:issueDate", '"soon" is not a date')


def test_a_graph_holds_them_together() -> None:
    badge = {**BADGE, "id": "_:badge", "issuer": "_:issuer"}
    issuer = {**ISSUER, "id": "_:issuer"}
    good = assertion(badge={"id": "_:badge"})
    graph = {"@graph": [issuer, assertion(badge="_:badge", issuedOn="soon"), good, badge, {"type": "Image"}]}
    found = read_any(graph)
    record, (rejected,), (achievement,) = (
        only(CandidateRecord, found)[0],
        only(Rejected, found),
        only(AchievementRecord, found),
    )
    assert record.place == Place("f", 0, "@graph[2]")
    assert record.awards[0].achievement == achievement
    assert (achievement.name, achievement.key) == ("Lift truck operator", "")
    assert achievement.issuer == IssuerRef("Northshore Safety Institute", AT)
    assert (rejected.where, rejected.reason) == ("@graph[1].issuedOn", '"soon" is not a date')
    assert len(found) == 4  # and the notice of the issuer
    (too_many,) = only(Rejected, read_any(graph, limits=Limits(parts=4)))
    assert (too_many.where, too_many.reason) == (
        "@graph",
        "has 5 entries, more than 4 (CREDMATCH_IMPORT_PARTS)",
    )


def test_a_bad_badge_class_of_a_graph_is_said_at_each_assertion_that_names_it() -> None:
    badge = {**BADGE, "name": 5}
    found = read_any({"@graph": [badge, assertion(badge=BADGE["id"]), assertion(badge=BADGE["id"])]})
    reason = f'in "{BADGE["id"]}", name: 5 is not text'
    assert [(one.where, one.reason) for one in only(Rejected, found)] == [
        ("@graph[0].name", "5 is not text"),
        ("@graph[1].badge", reason),
        ("@graph[2].badge", reason),
    ]
    assert len(found) == 3


def test_a_badge_class_that_a_graph_names_thousands_of_times_is_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []
    offered = open_badges_2_badges._offered

    def counted(document: Document, address: str, context: Context) -> AchievementRecord:
        read.append(address)
        return offered(document, address, context)

    monkeypatch.setattr(open_badges_2_badges, "_offered", counted)
    small = {key: ASSERTION[key] for key in ("type", "recipient")} | {"badge": BADGE["id"]}
    found = read_any({"@graph": [BADGE, *({**small, "uid": str(n)} for n in range(2_000))]})
    assert len(only(CandidateRecord, found)) == 2_000
    assert len(read) == 1


def test_a_long_revocation_list_is_read_once_for_thousands() -> None:
    names = revocation_list(*({"id": f"urn:{n}"} for n in range(2_000)), "urn:uuid:last")
    badge = {**BADGE, "issuer": LISTED}
    small = {"type": "Assertion", "recipient": "zoe@example.org", "badge": BADGE["id"], "verify": "signed"}
    several = [{**small, "id": f"urn:uuid:{n}"} for n in range(1_000)]
    before = open_badges_2_links._revoked.cache_info().misses
    found = read_any([*several, {**small, "id": "urn:uuid:last"}], neighbours=Beside(badge, names))
    assert open_badges_2_links._revoked.cache_info().misses == before + 1
    statuses = [record.awards[0].status for record in only(CandidateRecord, found)]
    assert statuses == [Status.ACTIVE] * 1_000 + [Status.REVOKED]


# --- alone ---------------------------------------------------------------------------------------


def test_a_badge_class_alone_is_an_achievement() -> None:
    assert read_any(BADGE) == [ACHIEVEMENT]
    assert read_any({**BADGE, "issuer": ISSUER["id"]}, neighbours=Beside(ISSUER)) == [ACHIEVEMENT]
    untyped = {key: value for key, value in BADGE.items() if key not in {"@context", "type"}}
    assert read_any(untyped) == [ACHIEVEMENT]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (ISSUER, 'an issuer\'s profile, "Northshore Safety Institute": badge classes'),
        (
            {"name": "Northshore", "url": AT, "email": "office@example.org"},
            'an issuer\'s profile, "Northshore"',
        ),
        ({"name": "Northshore", "url": AT, "revocationList": LIST_AT, "x": 1}, "an issuer's profile"),
        ({"type": "CryptographicKey", "publicKeyPem": "..."}, "a key: "),
        (revocation_list(), "a revocation list: "),
        ({"revokedAssertions": []}, "a revocation list: "),
        ({"type": "AlignmentObject", "targetUrl": "urn:x"}, "an alignment: "),
    ],
)
def test_what_has_nothing_to_import_says_what_it_is_for(document: Any, says: str) -> None:
    (notice,) = read_any(document)
    assert isinstance(notice, Notice)
    assert notice.text.startswith(says)
    assert notice.text.endswith("there is nothing in it to import")


@pytest.mark.parametrize(
    "document",
    [
        {"type": "Assertion", "achievement": {}, "badge": "x", "recipient": {}},
        {"type": "Profile", "credentialSubject": {}},
        {"name": "Zoé", "url": AT},
        {"id": "urn:x", "name": "Zoé", "url": AT, "email": "zoe@example.org"},
        {"@graph": [ISSUER]},
        {"@graph": {"type": "Assertion"}},
        {"type": "Course", "name": "x", "criteria": "x", "issuer": "x"},
    ],
)
def test_other_documents_are_left_to_others(document: Any) -> None:
    assert "Open Badges 2.0 and 1.x" not in formats_of(json.dumps(document).encode())


# --- endorsements --------------------------------------------------------------------------------

ENDORSEMENT: dict[str, Any] = {
    "@context": "https://w3id.org/openbadges/v2",
    "id": f"{AT}/endorsements/1",
    "type": "Endorsement",
    "issuer": {"id": "https://union.example.org", "type": "Profile", "name": "Dockers' Union"},
    "claim": {"id": BADGE["id"], "endorsementComment": "We hire on it."},
    "issuedOn": "2026-01-31T12:00:00Z",
}
ENDORSED = EndorsementRecord(
    about=BADGE["id"],
    issuer=IssuerRef("Dockers' Union", "https://union.example.org"),
    key=f"{AT}/endorsements/1",
    comment="We hire on it.",
    issued=1769860800,
)


def test_an_endorsement_alone() -> None:
    assert read_any(ENDORSEMENT) == [ENDORSED]
    (notice,) = read_any({**ENDORSEMENT, "revoked": True})
    assert isinstance(notice, Notice)


def test_endorsements_within_are_of_what_they_stand_in() -> None:
    short = {**ENDORSEMENT, "claim": {"endorsementComment": "Good."}}
    document = assertion(
        endorsement=short,
        badge={
            **BADGE,
            "endorsement": [ENDORSEMENT, f"{AT}/endorsements/2", {**short, "issuer": 5}],
            "issuer": {**ISSUER, "endorsement": [short]},
        },
    )
    found = read_any(document)
    assert [(one.about, one.comment) for one in only(EndorsementRecord, found)] == [
        (f"{AT}/assertions/a b", "Good."),
        (BADGE["id"], "We hire on it."),
        (ISSUER["id"], "Good."),
    ]
    (rejected,) = only(Rejected, found)
    assert rejected.where == "badge.endorsement[2].issuer"
    assert rejected.reason == "5 is neither an address nor an object"
    assert json.loads(rejected.raw) == {**short, "issuer": 5}
    assert len(only(CandidateRecord, found)) == 1


@pytest.mark.parametrize(
    ("fields", "where", "reason"),
    [
        ({"claim": None}, "claim", "null is not an object"),
        ({"claim": {}}, "claim.id", "is missing: it says what is endorsed"),
        ({"claim": {"id": "urn:x", "endorsementComment": 5}}, "claim.endorsementComment", "5 is not text"),
        ({"claim": {"id": "a\nb"}}, "claim.id", '"a\\nb" has control characters'),
        ({"issuedOn": "2026-02-30"}, "issuedOn", '"2026-02-30" is not a date'),
        ({"id": "a%00b"}, "id", '"a\\u0000b" has control characters'),
        ({"issuer": None}, "issuer", "is missing"),
    ],
)
def test_wrong_endorsements(fields: Any, where: str, reason: str) -> None:
    assert refused({**ENDORSEMENT, **fields}) == (where, reason)


# --- what is wrong -------------------------------------------------------------------------------

_MISSING = f'the badge class "{BADGE["id"]}" is missing: its file may lie beside the assertion'


@pytest.mark.parametrize(
    ("document", "where", "reason"),
    [
        (assertion(badge=BADGE["id"]), "badge", _MISSING),
        (assertion(badge={"id": BADGE["id"]}), "badge", _MISSING),
        (assertion(badge=None), "badge", "is missing"),
        (assertion(badge=" "), "badge", '" " is no address'),
        (assertion(badge=5), "badge", "5 is neither an address nor an object"),
        (assertion(badge=[BADGE, BADGE]), "badge", "a list is neither an address nor an object"),
        (assertion(badge={}), "badge", "is something without a name, not a badge class"),
        (assertion(badge=ISSUER), "badge", f'"{ISSUER["id"]}" is an issuer\'s profile, not a badge class'),
        ({"type": "Assertion", "id": "urn:x", "revoked": True}, "badge",
         "is missing: this says only that an assertion was revoked; import the assertion with it"),
        (assertion(issuedOn="2026-02-30"), "issuedOn", '"2026-02-30" is not a date'),
        ({**assertion(issued_on=[1, 2]), "issuedOn": "x"}, "issuedOn", '"x" is not a date'),
        (
            assertion(expires="2020-01-01"),
            "expires",
            '"2020-01-01" is before "issuedOn", "2026-01-31T12:00:00Z"',
        ),
        (assertion(revoked="yes"), "revoked", '"yes" is neither true nor false'),
        (assertion(recipient=5), "recipient", "5 is not an object"),
        (assertion(recipient=[{}, {}]), "recipient", "a list is not an object"),
        (assertion(evidence=[{"id": 5}]), "evidence[0].id", "5 is not text"),
        (assertion(id="a%0Ab"), "id", '"a\\nb" has control characters'),
        (assertion(id=None, uid="a%0Ab"), "uid", '"a\\nb" has control characters'),
        (with_badge(name=5), "badge.name", "5 is not text"),
        (with_badge(name="\ud800"), "badge.name", "has half of a surrogate pair, which is not text"),
        (with_badge(name="x" * 501), "badge.name", f'"{"x" * 76}... has more than 500 characters'),
        (with_badge(alignment=[{}, {}]), "badge.alignment[0]", "needs a URI or a label"),
        (with_badge(alignment=[{"targetUrl": "n/a"}]), "badge.alignment[0].targetUrl", '"n/a" is not a URI'),
        (with_badge(alignment="n/a"), "badge.alignment.targetUrl", '"n/a" is not a URI'),
        (with_badge(alignment=[{"url": "n/a"}]), "badge.alignment[0].url", '"n/a" is not a URI'),
        (with_badge(criteria={"narrative": 5}), "badge.criteria.narrative", "5 is not text"),
        (with_badge(tags=[1]), "badge.tags[0]", "1 is not text"),
        (with_badge(related=["a\nb"]), "badge.related", '"a\\nb" has control characters'),
        (with_badge(issuer=None), "badge.issuer", "is missing"),
        (with_badge(issuer=BADGE["id"]), "badge.issuer",
         f'"{BADGE["id"]}" leads back to the document that names it'),
        (with_badge(issuer=f"{AT}/a%0Ab"), "badge.issuer", f'"{AT}/a\\nb" has control characters'),
        (with_badge(issuer={"type": "Issuer"}), "badge.issuer", "has neither an id nor a name"),
        (with_issuer(id=None, url="a\nb"), "badge.issuer.url", '"a\\nb" has control characters'),
        (with_issuer(name=5), "badge.issuer.name", "5 is not text"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_in_the_words_of_the_document(document: Any, where: str, reason: str) -> None:
    assert refused(document) == (where, reason)


def test_what_is_wrong_beside_it_is_named_with_its_address() -> None:
    apart = assertion(badge=BADGE["id"])
    assert refused(apart, {**BADGE, "name": 5}) == ("badge", f'in "{BADGE["id"]}", name: 5 is not text')
    bad_issuer = {**ISSUER, "name": []}
    where, reason = refused(apart, {**BADGE, "issuer": ISSUER["id"]}, bad_issuer)
    assert where == "badge"
    assert reason == f'in "{BADGE["id"]}", issuer: in "{ISSUER["id"]}", name: a list is not text'


def test_a_file_that_says_it_is_another_lends_nothing() -> None:
    other = {**BADGE, "id": "https://other.example.org/badges/lift.json"}
    assert refused(assertion(badge=BADGE["id"]), lift=other) == ("badge", _MISSING)
    issuer = {**ISSUER, "id": "https://other.example.org/issuer.json"}
    document = with_badge(issuer=ISSUER["id"])
    (award,) = one_candidate(read_any(document, neighbours=Beside(issuer=issuer))).awards
    assert award.achievement.issuer == IssuerRef("", ISSUER["id"])


def test_circles_end_at_once() -> None:
    itself = assertion(badge=ASSERTION["id"])
    says = f'"{ASSERTION["id"].strip()}" leads back to the document that names it'
    assert refused(itself) == ("badge", says)
    second = {**ASSERTION, "id": f"{AT}/second", "badge": f"{AT}/first"}
    first = {**ASSERTION, "id": f"{AT}/first", "badge": f"{AT}/second"}
    assert refused(first, second) == ("badge", f'"{AT}/second" is an assertion, not a badge class')
    badge = {**BADGE, "issuer": f"{AT}/other"}
    other = {**BADGE, "id": f"{AT}/other", "issuer": BADGE["id"]}
    assert refused(assertion(badge=BADGE["id"]), badge, other) == (
        "badge",
        f'in "{BADGE["id"]}", issuer: "{AT}/other" is a badge class, not an issuer\'s profile',
    )


def test_one_bad_assertion_of_an_array_does_not_lose_the_others() -> None:
    bad = assertion(issuedOn="soon")
    first, rejected, last = read_any([ASSERTION, bad, ASSERTION])
    assert first == last == one_candidate(read_any(ASSERTION))
    assert isinstance(rejected, Rejected)
    assert rejected.where == "[1].issuedOn"
    assert json.loads(rejected.raw) == bad


# --- any -----------------------------------------------------------------------------------------

_VALUES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just([]) | st.just({})
)
_WHOLE = assertion(
    badge={**BADGE, "endorsement": [ENDORSEMENT], "issuer": {**ISSUER, "revocationList": LIST_AT}},
    verification=SIGNED,
    revoked=False,
    uid="u-1",
)
_GRAPH = {"@graph": [assertion(badge=BADGE["id"]), {**BADGE, "issuer": ISSUER["id"]}, LISTED, ENDORSEMENT]}


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from([_WHOLE, ASSERTION_1_0, BADGE, ENDORSEMENT, _GRAPH]))
def test_any_value_in_any_place_is_read_or_refused(data: st.DataObject, whole: Any) -> None:
    document = copy.deepcopy(whole)
    place: Any = document
    while True:
        key = data.draw(
            st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place))))
        )
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(_VALUES | st.just(["x", {}, 5]))
    assert read_any(document, neighbours=Beside(revocation_list("urn:x")))


@settings(max_examples=50, deadline=None)
@given(st.data(), st.sampled_from([BADGE, ISSUER, revocation_list("urn:x", {"uid": "u-1"})]))
def test_any_value_in_any_neighbour_is_read_or_refused(data: st.DataObject, changed: Any) -> None:
    chance = Random(data.draw(st.integers(0, 10**9)))
    beside = {"lift": {**BADGE, "issuer": ISSUER["id"]}, "issuer": LISTED, "revoked": revocation_list()}
    name = next(name for name, one in beside.items() if one["type"] == changed["type"])
    beside[name] = changed_document(changed, chance)
    apart = assertion(badge=BADGE["id"], verification=SIGNED)
    (found,) = read_any(apart, neighbours=Beside(**beside))
    assert isinstance(found, CandidateRecord | Rejected)


# --- published files -----------------------------------------------------------------------------


@pytest.mark.skipif(not FIXTURES.exists(), reason="the published example credentials are not here")
def test_published_files() -> None:
    beside = Beside(*(json.loads(path.read_bytes()) for path in (FIXTURES / "assets").glob("*.json")))
    paths = sorted(FIXTURES.rglob("*.json"))
    found = {path.name: read_any(path.read_bytes(), "c-1", neighbours=beside) for path in paths}
    for name, expires in (("basic-assertion.json", None), ("basic-assertion-expired.json", 1668556799)):
        (award,) = one_candidate(found.pop(name)).awards
        assert award == AwardRecord(
            achievement=AchievementRecord(
                name="Awesome Robotics Badge",
                key="https://example.org/robotics-badge.json",
                description="For doing awesome things with robots that people think is pretty great.",
                issuer=IssuerRef("An Example Badge Issuer", "https://example.org/organization.json"),
            ),
            key="https://example.org/beths-robotics-badge.json",
            issued=1483228799,
            expires=expires,
            status=Status.UNKNOWN,
            evidence=("https://example.org/beths-robot-work.html",),
            credential_status='{"type": "hosted"}',
        )
    (badge,) = found.pop("robotics-badge.json")
    assert isinstance(badge, AchievementRecord)
    assert {name: [type(one) for one in records] for name, records in found.items()} == {
        "key1.json": [Notice],
        "organization.json": [Notice],
        "revocation-list.json": [Notice],
        "valid-alignment-object.json": [Notice],
    }
    nobody = read_any((FIXTURES / "basic-assertion.json").read_bytes(), neighbours=beside)
    assert [(one.where, one.reason) for one in only(Rejected, nobody)] == [
        ("recipient.identity", _HASHED_SAYS)
    ]
