"""Reads Open Badges 2.0 and 1.x: Assertion, BadgeClass, Endorsement; issuers, keys and revocation lists.

Nothing is fetched and nothing is checked. What an assertion names by address is looked for beside it: its
badge class must be there, its issuer may be. What is taken, by the names of the specifications (1EdTech Open
Badges 2.0; 1.1, 1.0 and 0.5 where they differ only in names):

    award        the ids of badge.issuer and of the assertion are its identity, trimmed and percent-decoded
                 (1.x: the verify.url of a hosted assertion, else its uid, stands for the id); issuedOn (1.x:
                 UNIX seconds too), expires, evidence (its address, else its words), narrative
    status       `revoked`, or named by the issuer's revocationList: revoked. A signed one is active where
                 that list is at hand, or a profile that has none. Else unknown: whether a hosted assertion
                 still counts stands only at its address
    achievement  badge.id, name, description with criteria.narrative and tags, issuer, related
    competencies badge.alignment: targetName, targetUrl, targetFramework (1.x: name, url)
    candidate    recipient.identity where it is an e-mail address, a DID or a URL, and not hashed

Tags are words that an issuer files its badges under ("2024", "gold"), of no vocabulary: they help reading
what a badge means, as its description does, and are no competencies that it states.

A hashed identity names nobody. Salted, as the specification recommends, it differs from badge to badge and
links nothing; without salt it would link, but it would also become the key that is shown for a person, and an
e-mail address is guessed from it within minutes. Whose such a badge is has to be said with the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from indexer.readers import open_badges_2_parts as parts
from indexer.readers.credential_parts import nobody
from indexer.readers.damaged_json import Damaged
from indexer.readers.formats import Context, Document, DocumentFormat, Record, under
from indexer.readers.json_text import encode, shown
from indexer.readers.open_badges_2_badges import achievement_of, id_of, issuer_of, part
from indexer.readers.open_badges_2_links import Graph, Linked, linked, revocations
from indexer.readers.open_badges_2_parts import kind_of, local_types, name_in, value_in
from indexer.readers.shape import in_its_words, read_award
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import (
    AwardRecord,
    CandidateRecord,
    EndorsementRecord,
    Notice,
    Rejected,
)

_HASH = re.compile(r"(?:sha\d+|md5)\$", re.IGNORECASE)
_EMAIL = re.compile(r"(?:mailto:)?[^\s@:/]{1,100}@[^\s@:/]{1,200}")
_URI = re.compile(r"(?:did|https?|urn):\S{1,980}")
_LONGEST_TOLD = 2_000
_NO_IDENTITIES = {"telephone", "name", "image", "description"}
_NAMELESS = {"achievement": {"key": "-"}}
"""Stands for the achievement of an award, which is read apart."""

_NOTICES = {
    parts.PROFILE: marked("badge classes that lie beside it take their issuer from it"),
    parts.KEY: marked("it checks what its owner has signed"),
    parts.REVOCATION_LIST: marked("assertions that lie beside it take their status from it"),
    parts.ALIGNMENT: marked("it says something within a badge class only"),
}
_HELPERS = {"Criteria", "Evidence", "Image", "IdentityObject", "VerificationObject"}


def read(document: Document, at: str, context: Context) -> Iterator[Record]:
    """The records of a document of Open Badges 2.0 or 1.x, or of a graph of them.

    Raises InvalidInput with the JSON path of what is wrong.
    """
    if _is_graph(document):
        yield from _read_graph(document["@graph"], under(at, "@graph"), context)
        return
    kind = kind_of(document)
    try:
        if kind == parts.ASSERTION:
            yield from _read_assertion(document, at, context)
        elif kind == parts.BADGE_CLASS:
            yield _known_beside(document, at, context) or achievement_of(document, context)[0]
            yield from _endorsements_of_badge(document, at, context)
        elif kind == parts.ENDORSEMENT:
            yield from _read_endorsement(document, "", context)
        else:
            name = value_in(document, "name")
            text = said(
                "%(what)s: %(purpose)s; there is nothing in it to import",
                what=(said(kind), shown(name)) if isinstance(name, str) else said(kind),
                purpose=said(_NOTICES[kind]),
            )
            yield Notice(context.file, context.line, text)
            yield from _embedded(document, at, context)
    except InvalidInput as error:
        raise InvalidInput(error.reason, where=under(at, error.where)) from error


def _known_beside(document: Document, at: str, context: Context) -> Notice | None:
    """What to say of a badge class that badges have from elsewhere: under another key, or as it is there."""
    value = value_in(document, "id")
    stated = id_of(value) if isinstance(value, str) else ""
    if not stated:
        if at or not context.neighbours.refer_to(document, context.file):
            return None
        text = said("badges that lie beside it refer to it; there is nothing in it to import")
        return Notice(context.file, context.line, text)
    other = context.neighbours.find(stated)
    if other is None or other == document or kind_of(other) != parts.BADGE_CLASS:
        return None
    text = said(
        "another badge class beside it has the same id, %(id)s, and says otherwise: that one is read, and "
        "not this one",
        id=shown(stated),
    )
    return Notice(context.file, context.line, text)


# --- assertions ----------------------------------------------------------------------------------


def _read_assertion(document: Document, at: str, context: Context) -> Iterator[Record]:
    assertion = part(parts.Assertion, document, context)
    badge = _badge_of(document, assertion, context)
    identifiers = _identifiers(document, assertion, context)
    try:
        achievement, issuer = achievement_of(badge.document or {}, context, badge.address)
    except InvalidInput as error:
        raise badge.error(error) from error
    award = _award(document, assertion, issuer, context)
    yield CandidateRecord(
        key=context.candidate, awards=(replace(award, achievement=achievement),), identifiers=identifiers
    )
    yield from _embedded(document, at, context)
    if not badge.beside and badge.document:
        yield from _endorsements_of_badge(badge.document, under(at, badge.where), context)


def _badge_of(document: Document, assertion: parts.Assertion, context: Context) -> Linked:
    if assertion.revoked and value_in(document, "badge") is None:
        reason = said(
            "is missing: this says only that an assertion was revoked; import the assertion with it"
        )
        raise InvalidInput(reason, where="badge")
    badge = linked(document, parts.BADGE_CLASS, context)
    if badge.document is None:
        reason = said(
            "the badge class %(address)s is missing: its file may lie beside the assertion",
            address=shown(badge.address),
        )
        raise InvalidInput(reason, where=badge.where)
    return badge


def _identifiers(document: Document, assertion: parts.Assertion, context: Context) -> tuple[str, ...]:
    """What names the recipient. Raises InvalidInput where nothing does, nor the context."""
    identity = assertion.recipient or parts.Identity()
    text = (identity.identity or "").strip()
    hashed = bool(identity.hashed) or bool(_HASH.match(text))
    if text and not hashed and _names_somebody(text, identity):
        return (text,)
    if context.candidate:
        return ()
    where = name_in(document, "recipient")
    if isinstance(recipient := document.get(where), dict):
        where = under(where, name_in(recipient, "identity"))
    raise InvalidInput(nobody(hashed=hashed), where=where)


def _names_somebody(text: str, identity: parts.Identity) -> bool:
    kinds = {kind.rpartition("/")[2].rpartition(":")[2] for kind in identity.type or ()}
    if kinds & _NO_IDENTITIES:
        return False
    pattern = _EMAIL if "email" in kinds else _URI if kinds else None
    return bool(pattern.fullmatch(text) if pattern else _EMAIL.fullmatch(text) or _URI.fullmatch(text))


def _award(
    document: Document, assertion: parts.Assertion, issuer: Document | None, context: Context
) -> AwardRecord:
    """The award but for its achievement; `issuer` is the profile, None where it is not at hand."""
    status, why = _status(assertion, issuer, context)
    shape = {
        **_NAMELESS,
        "key": _credential_id(assertion),
        "issued": assertion.issued_on,
        "expires": assertion.expires,
        "status": status,
        "evidence": list(_evidence(assertion)),
        "credential_status": _status_entry(assertion, issuer, why),
    }
    try:
        return read_award(shape, context, "award")
    except InvalidInput as error:
        names = {"key": _id_field(assertion), "issued": "issuedOn", "credential_status": "verification"}

        def called(field: str) -> str:
            return name_in(document, names.get(field, field.partition("[")[0]))

        where = called(error.where.removeprefix("award."))
        raise InvalidInput(in_its_words(error.reason, called), where=where) from error


def _credential_id(assertion: parts.Assertion) -> str:
    """The assertion's id; of 1.x, where it is hosted, which became its id in 2.0, else its uid."""
    proof = assertion.verification
    hosted = proof.url if proof and _is(proof, "hosted") else None
    return next((found for text in (assertion.id, hosted, assertion.uid) if (found := id_of(text))), "")


def _id_field(assertion: parts.Assertion) -> str:
    if id_of(assertion.id):
        return "id"
    return "verification" if _credential_id(assertion) != id_of(assertion.uid) else "uid"


def _evidence(assertion: parts.Assertion) -> Iterator[str]:
    for one in assertion.evidence or ():
        address = (one.id or "").strip()
        if address.startswith(("_:", "data:")):
            address = ""
        if text := address or (one.name or one.narrative or "")[:_LONGEST_TOLD]:
            yield text
    if assertion.narrative:
        yield assertion.narrative[:_LONGEST_TOLD]


def _is(proof: parts.Verification, kind: str) -> bool:
    """Whether it is "hosted" or "signed", which 2.0 may write as its type `HostedBadge`, `SignedBadge`."""
    stated = {one.rpartition(":")[2].rpartition("#")[2].casefold() for one in proof.type or ()}
    return not stated.isdisjoint({kind, f"{kind}badge"})


def _status(assertion: parts.Assertion, issuer: Document | None, context: Context) -> tuple[str, str]:
    """The status and why it is revoked."""
    if assertion.revoked:
        return "revoked", assertion.revocation_reason or ""
    revoked = revocations(issuer, context)
    names = {_credential_id(assertion), id_of(assertion.id), id_of(assertion.uid)} - {""}
    for name in sorted(names & (revoked or {}).keys()):
        return "revoked", (revoked or {})[name]
    signed = assertion.verification is not None and _is(assertion.verification, "signed")
    return ("active" if signed and revoked is not None else "unknown"), ""


def _status_entry(
    assertion: parts.Assertion, issuer: Document | None, why: str
) -> Mapping[str, object] | None:
    """How the assertion is verified and where its status is found, for whoever checks."""
    proof = assertion.verification or parts.Verification()
    listed = value_in(issuer, "revocationList") if issuer else None
    stated = {
        "type": proof.type[0] if proof.type else None,
        "url": proof.url,
        "creator": proof.creator,
        "revocationList": listed if isinstance(listed, str) else None,
        "revocationReason": why[:_LONGEST_TOLD],
    }
    return {name: value for name, value in stated.items() if value} or None


# --- endorsements --------------------------------------------------------------------------------


def _read_endorsement(document: Document, about: str, context: Context) -> Iterator[Record]:
    """The endorsement; `about` is the id of what it is embedded in."""
    endorsement = part(parts.Endorsement, document, context)
    if endorsement.revoked:
        text = said("an endorsement that its issuer has revoked: not imported")
        yield Notice(context.file, context.line, text)
        return
    about = id_of(endorsement.claim.id) or about
    if not about:
        raise InvalidInput(said("is missing: it says what is endorsed"), where="claim.id")
    issuer, _ = issuer_of(document, context)
    shape = {
        "key": id_of(endorsement.id),
        "achievement": {"key": about, "description": endorsement.claim.endorsement_comment},
        "issued": endorsement.issued_on,
    }
    try:
        read_ = read_award(shape, context, "award")
    except InvalidInput as error:
        where = error.where.removeprefix("award.")
        claim = name_in(document, "claim")
        places = {
            "key": "id",
            "issued": name_in(document, "issuedOn"),
            "achievement.key": f"{claim}.id",
            "achievement.description": f"{claim}.endorsementComment",
        }
        raise InvalidInput(error.reason, where=places.get(where, where)) from error
    achievement = read_.achievement
    yield EndorsementRecord(achievement.key, issuer, read_.key, achievement.description, read_.issued)


def _endorsements_of_badge(badge: Document, at: str, context: Context) -> Iterator[Record]:
    yield from _embedded(badge, at, context)
    where = name_in(badge, "issuer")
    if isinstance(issuer := badge.get(where), dict):
        yield from _embedded(issuer, under(at, where), context)


def _embedded(holder: Document, at: str, context: Context) -> Iterator[Record]:
    """The endorsements that `holder`, which stands at `at`, has in it; a bad one does not lose the others.

    Those that it names by address are files of their own.
    """
    where = name_in(holder, "endorsement")
    value = holder.get(where)
    about = value_in(holder, "id")
    entries = list(enumerate(value)) if isinstance(value, list) else [(-1, value)]
    most = context.limits.parts
    if len(entries) > most:
        reason = said(
            "has %(number)s entries, more than %(most)s; the rest is not read", number=len(entries), most=most
        )
        yield Rejected(context.file, context.line, under(at, where), reason, "")
    for number, one in entries[:most]:
        if not isinstance(one, dict) or not set(one) - {"id", "@id", "type", "@type"}:
            continue
        place = under(at, where if number < 0 else f"{where}[{number}]")
        try:
            yield from _read_endorsement(one, id_of(about) if isinstance(about, str) else "", context)
        except InvalidInput as error:
            where_ = under(place, error.where)
            yield Rejected(context.file, context.line, where_, error.reason, encode(one))


# --- graphs --------------------------------------------------------------------------------------


def _is_graph(document: Document) -> bool:
    nodes = document.get("@graph")
    wanted = {parts.ASSERTION, parts.BADGE_CLASS, parts.ENDORSEMENT}
    return isinstance(nodes, list) and any(isinstance(one, dict) and kind_of(one) in wanted for one in nodes)


def _read_graph(nodes: list[object], at: str, context: Context) -> Iterator[Record]:
    inside = replace(context, neighbours=Graph(nodes, context.neighbours))
    for number, node in enumerate(nodes):
        if not (isinstance(node, Damaged) or _is_helper(node)):  # what is damaged is refused already
            yield from context.nested(node, f"{at}[{number}]", inside)


def _is_helper(node: object) -> bool:
    """Whether it is only a part of another."""
    return isinstance(node, dict) and bool(local_types(node) & _HELPERS)


def _recognises(document: Document) -> bool:
    return bool(kind_of(document)) or _is_graph(document)


FORMAT = DocumentFormat(
    name=marked("Open Badges 2.0 and 1.x"),
    recognised_by=(
        "the type Assertion (with a `badge`), BadgeClass, Endorsement, Issuer, Profile, CryptographicKey, "
        "RevocationList or AlignmentObject; in 1.x `badge` and `recipient`, or `criteria` and `issuer`; or a "
        "`@graph` of these"
    ),
    taken={
        "id (1.x: verify.url of a hosted one, else uid)": "award: key, with the issuer's id",
        "recipient.identity": "candidate: identifier, where it is an e-mail address, DID or URL, not hashed",
        "issuedOn": "award: issued",
        "expires": "award: expires",
        "revoked": "award: status",
        "verification (1.x: verify)": "award: status; kept for whoever checks",
        "revocationReason": "award: kept with the status",
        "evidence": "award: evidence, its address or else its words",
        "narrative": "award: evidence",
        "badge.id": "achievement: key",
        "badge.name": "achievement: name",
        "badge.description, criteria.narrative, tags": "achievement: description",
        "badge.alignment (1.x: name, url)": "achievement: competencies",
        "badge.related": "achievement: related, as isRelatedTo",
        "badge.issuer: id, else url, else origin": "issuer: address",
        "badge.issuer: name, else org": "issuer: name",
        "issuer.revocationList, revokedAssertions": "award: status",
        "endorsement: claim.id, claim.endorsementComment, issuer, id, issuedOn": "endorsement",
    },
    recognises=_recognises,
    read=read,
)
