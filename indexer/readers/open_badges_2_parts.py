"""The parts of Open Badges 2.0 and 1.x documents, by the names of the specifications, and their kinds.

A field is found by its name in 2.0, by what 1.x called it, or as JSON-LD writes it without a context of its
own: `@id`, `obi:badge`, `https://w3id.org/openbadges#badge`. Errors name it as the document does.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from pydantic import (
    AliasChoices,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
)
from pydantic.alias_generators import to_camel

from indexer.readers.formats import Document, types_of
from indexer.readers.limits import Limits
from indexer.readers.parts import Listed, check_few, listed, single
from matcher.messages import marked

_NAMESPACES = {
    "obi": "https://w3id.org/openbadges#",
    "schema": "http://schema.org/",
    "sec": "https://w3id.org/security#",
    "cred": "https://w3id.org/credentials#",
    "dc": "http://purl.org/dc/terms/",
}
_TERMS = {
    "issuedOn": "obi:issueDate",
    "expires": "sec:expiration",
    "identity": "obi:identityHash",
    "verification": "obi:verify",
    "revokedAssertions": "obi:revoked",
    "claim": "cred:claim",
    "endorsement": "cred:credential",
    "related": "dc:relation",
    "tags": "schema:keywords",
    **{
        name: f"schema:{name}"
        for name in ("name", "description", "url", "targetName", "targetUrl", "targetFramework")
    },
}
"""Terms of the context of 2.0 (https://w3id.org/openbadges/v2) that are not `obi:` and the field's name."""

_OLDER = {"issuedOn": ("issued_on",), "verification": ("verify",), "alignment": ("alignments",)}


@lru_cache(maxsize=200)  # of a hundred fields, asked of each document
def names_of(field: str) -> tuple[str, ...]:
    """The names that documents have for a field (a model's or the specification's name)."""
    field = to_camel(field)
    if field in {"id", "type"}:
        return (field, f"@{field}")
    terms = dict.fromkeys((f"obi:{field}", _TERMS.get(field, f"obi:{field}")))
    full = (_NAMESPACES[term.partition(":")[0]] + term.partition(":")[2] for term in terms)
    return (field, *_OLDER.get(field, ()), *terms, *full)


def name_in(document: Document, field: str) -> str:
    """What `document` calls a field; the specification's name where it does not have it."""
    names = names_of(field)
    return next((name for name in names if name in document), names[0])


def value_in(document: Document, field: str) -> object:
    """The value of a field of `document`, None where it does not have it."""
    return document.get(name_in(document, field))


# --- what stands where, in one form --------------------------------------------------------------


def _plain(value: object) -> object:
    """A value without the list of one or the `@value` that JSON-LD may put around it."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value["@value"] if isinstance(value, dict) and "@value" in value else value


def _addressed(value: object) -> object:
    """An object that is given by its address only."""
    return {"id": value} if isinstance(value, str) else value


def _figure(value: object) -> object:
    value = _plain(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_SECONDS = re.compile(r"\d{9,10}(?:\.\d{1,9})?")


def _when(value: object) -> object:
    """A date; 1.x has UNIX seconds too. Fewer than nine digits are no such moment: 20160131 is no date."""
    text = _figure(value)
    if isinstance(text, str) and _SECONDS.fullmatch(text.strip()):
        return datetime.fromtimestamp(int(text.strip().partition(".")[0]), UTC).isoformat()
    return text


def _recipient(value: object) -> object:
    value = _plain(value)
    return {"identity": value} if isinstance(value, str) else value


def _verified_by(value: object) -> object:
    value = _plain(value)
    return {"type": value} if isinstance(value, str) else value


def _few(value: object, info: ValidationInfo) -> object:
    """As many as an award's achievement may have: a badge class that thousands of assertions name stays
    cheap."""
    value = listed(value, info)
    if isinstance(value, list) and isinstance(limits := info.context, Limits):
        check_few(value, limits.competencies)
    return value


def _aligned_to(value: object) -> object:
    return {"targetUrl": value} if isinstance(value, str) else value


_Item = TypeVar("_Item")
# The least length, of nothing, makes pydantic look at the text: half of a surrogate pair is then named here.
_Whole = Annotated[str, Field(min_length=0)]
_Text = Annotated[_Whole | None, BeforeValidator(_plain)]
_Flag = Annotated[bool | None, BeforeValidator(_plain)]
_Figure = Annotated[_Whole | None, BeforeValidator(_figure)]
_When = Annotated[_Whole | None, BeforeValidator(_when)]
_Many = Annotated[Listed[_Item] | None, BeforeValidator(_few)]


class _Part(BaseModel):
    # What is not read may be there: documents carry much that is for people or for verifiers.
    model_config = ConfigDict(
        strict=True,
        allow_inf_nan=False,
        alias_generator=AliasGenerator(validation_alias=lambda field: AliasChoices(*names_of(field))),
    )


class Identity(_Part):
    """IdentityObject; 1.0 has the identity alone."""

    type: _Many[_Whole] = None
    identity: _Text = None
    hashed: _Flag = None


class Verification(_Part):
    """VerificationObject."""

    type: _Many[_Whole] = None
    url: _Text = None
    creator: _Text = None


class Narrated(_Part):
    """Evidence or Criteria: an address, or what is told."""

    id: _Text = None
    name: _Text = None
    narrative: _Text = None


class Alignment(_Part):
    """AlignmentObject; 1.x has `name` and `url`."""

    target_name: _Text = None
    target_url: _Text = None
    target_framework: _Text = None
    name: _Text = None
    url: _Text = None


class Reference(_Part):
    """Something by its id."""

    id: _Text = None


class Assertion(_Part):
    """Assertion. `badge` and `endorsement` are read apart."""

    id: _Text = None
    uid: _Figure = None
    recipient: Annotated[Identity | None, BeforeValidator(_recipient)] = None
    issued_on: _When = None
    expires: _When = None
    evidence: _Many[Annotated[Narrated, BeforeValidator(_addressed)]] = None
    narrative: _Text = None
    revoked: _Flag = None
    revocation_reason: _Text = None
    verification: Annotated[Verification | None, BeforeValidator(_verified_by)] = None


class BadgeClass(_Part):
    """BadgeClass. `issuer` and `endorsement` are read apart."""

    id: _Text = None
    name: _Text = None
    description: _Text = None
    criteria: _Many[Annotated[Narrated, BeforeValidator(_addressed)]] = None
    alignment: _Many[Annotated[Alignment, BeforeValidator(_aligned_to)]] = None
    tags: _Many[_Whole] = None
    related: _Many[Annotated[Reference, BeforeValidator(_addressed)]] = None


class Profile(_Part):
    """Profile (2.0), Issuer (1.x). `revocation_list` is an address, or the list itself."""

    id: _Text = None
    name: _Text = None
    url: _Text = None
    origin: _Text = None
    org: _Text = None
    revocation_list: Annotated[Any, BeforeValidator(single)] = None


class Claim(_Part):
    """What an Endorsement says of what it endorses."""

    id: _Text = None
    endorsement_comment: _Text = None


class Endorsement(_Part):
    """Endorsement. `issuer` is read apart."""

    id: _Text = None
    claim: Annotated[Claim, BeforeValidator(single)]
    issued_on: _When = None
    revoked: _Flag = None


# --- kinds -----------------------------------------------------------------------------------------

ASSERTION, BADGE_CLASS = marked("an assertion"), marked("a badge class")
ENDORSEMENT, PROFILE, KEY = marked("an endorsement"), marked("an issuer's profile"), marked("a key")
REVOCATION_LIST, ALIGNMENT = marked("a revocation list"), marked("an alignment")

_BY_TYPE = {
    "Assertion": ASSERTION,
    "BadgeClass": BADGE_CLASS,
    "Endorsement": ENDORSEMENT,
    "Issuer": PROFILE,
    "IssuerOrg": PROFILE,
    "Profile": PROFILE,
    "CryptographicKey": KEY,
    "RevocationList": REVOCATION_LIST,
    "AlignmentObject": ALIGNMENT,
}
_BY_FIELDS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"badge", "recipient"}), ASSERTION),
    (frozenset({"name", "criteria", "issuer"}), BADGE_CLASS),
    (frozenset({"revokedAssertions"}), REVOCATION_LIST),
    (frozenset({"name", "url", "revocationList"}), PROFILE),
)
"""Documents of 1.0 state no type."""

_OF_AN_ISSUER = {"@context", "id", "name", "url", "description", "image", "email", "revocationList"}
_OTHERS = ("credentialSubject", "achievement")
"""What Open Badges 3.0 and the Comprehensive Learner Record have, whose types may have the same names."""


def local_types(document: Document) -> frozenset[str]:
    """The types that a document states, without namespaces or prefixes."""
    return frozenset(name.rpartition(":")[2] for name in types_of(document))


def kind_of(document: Document) -> str:
    """Which of the kinds above a document is of, "" for none of ours."""
    if any(name in document for name in _OTHERS):
        return ""
    types = local_types(document)
    kind = next((kind for name, kind in _BY_TYPE.items() if name in types), "")
    return kind or ("" if types else _kind_by_fields(document))


def _kind_by_fields(document: Document) -> str:
    for fields, kind in _BY_FIELDS:
        if all(name_in(document, field) in document for field in fields):
            return kind
    # The organisation of 1.0: nothing but what one has.
    if {"name", "url"} < set(document) <= _OF_AN_ISSUER and "id" not in document:
        return PROFILE
    return ""
