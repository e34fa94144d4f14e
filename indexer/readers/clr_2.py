"""Reads a Comprehensive Learner Record 2.0 (ClrCredential): many credentials of one learner, and how they go
together.

What is taken, by the names of the specification (1EdTech Comprehensive Learner Record 2.0), all of it from
credentialSubject:

    candidate    id, and e-mail addresses, DIDs and URLs of `identifier`, as of an Open Badge; one record
    awards       verifiableCredential: objects, tokens and envelopes, each read as where it stands alone;
                 status and validity are each credential's own, not those of the record that binds them
    achievements achievement: those that nobody is awarded here, but that associations name
    relations    association: from the achievement of sourceId to that of targetId (either may be the id of a
                 credential or of an achievement), by associationType. A part that is said to be part of a
                 whole lends the whole its competencies. Where only the target stands in the record, the
                 inverse is kept on it

A bad credential, achievement or association does not lose the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any
from urllib.parse import unquote

from pydantic import StringConstraints

from indexer.readers import endorsements
from indexer.readers.credential_parts import (
    Achievement,
    Identities,
    Leftovers,
    Named,
    Names,
    Profile,
    achievement_alone,
    are_hashed,
    entries,
    identifiers,
    nobody,
    parsed,
)
from indexer.readers.formats import Context, Document, DocumentFormat, Record, types_of, under
from indexer.readers.json_text import shown
from indexer.readers.learner_records import Learner, unknown_types
from indexer.readers.parts import Part
from indexer.readers.problems import NO_CONTROL
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import AchievementRecord, AwardRecord, Notice, RelatedRef

_SHOWN = 5
_INVERSE = {
    "isChildOf": "isParentOf",
    "isParentOf": "isChildOf",
    "isPartOf": "hasPart",
    "hasPart": "isPartOf",
}
_OF_PARTS, _OF_WHOLES = ("isPartOf", "isChildOf"), ("hasPart", "isParentOf")
_NAMES = Names(
    places={
        "achievement.key": "id",
        "achievement.name": "name",
        "achievement.description": "description",
        "achievement.issuer.name": "creator.name",
        "achievement.issuer.url": "creator.id",
    },
    alignment="alignment",
    related="related",
)

_Id = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=NO_CONTROL)
]
_Type = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=NO_CONTROL)
]


class _Association(Part):
    association_type: _Type
    source_id: _Id
    target_id: _Id


class _Subject(Part):
    id: str | None = None
    identifier: Identities = None
    association: Any = None
    achievement: Any = None
    verifiable_credential: Any = None


class _Clr(Part):
    issuer: Named[Profile]


def recognises(document: Document) -> bool:
    """By its type, or by the credentials of its subject."""
    if "ClrCredential" in types_of(document):
        return True
    subject = document.get("credentialSubject")
    return isinstance(subject, dict) and "verifiableCredential" in subject


def read(document: Document, at: str, context: Context) -> Iterator[Record]:
    """The records of a learner's record. Raises InvalidInput with the JSON path of what is wrong."""
    issuer = parsed(_Clr, document, at, context).issuer
    body, place = document.get("credentialSubject"), under(at, "credentialSubject")
    if isinstance(body, list) and len(body) == 1:
        body, place = body[0], f"{place}[0]"
    subject = parsed(_Subject, body, place, context)
    who = tuple(dict.fromkeys(identifiers(subject.id, subject.identifier or ())))
    if not (who or context.candidate):
        raise InvalidInput(nobody(hashed=are_hashed(subject.identifier or ())), where=f"{place}.id")
    limit = context.limits.parts
    members = entries(subject.verifiable_credential, f"{place}.verifiableCredential", limit)
    offered = entries(subject.achievement, f"{place}.achievement", limit)
    if not (members or offered):
        raise InvalidInput(said("holds no credential"), where=f"{place}.verifiableCredential")
    associations = entries(subject.association, f"{place}.association", limit)

    learner = Learner(who, context, Leftovers(context, _alone(document)))
    achievements: list[AchievementRecord] = []
    relations = _Relations(context.limits.competencies)

    def others() -> Iterator[Record]:
        for where, member in members:
            yield from learner.take("verifiableCredential", member, where)
        yield from _achievements(offered, issuer, learner, achievements)
        yield from _confused(learner.awards, at, context)
        relations.among(learner.awards, achievements)
        yield from relations.take(associations, learner.leftovers, context)
        yield from relations.remarks(context)

    def told() -> list[AwardRecord]:
        return [replace(one, achievement=relations.told(one.achievement)) for one in learner.awards]

    yield from learner.before(others(), told)
    yield from map(relations.told, relations.unawarded(achievements))
    yield from endorsements.embedded(_endorsed(document, at, offered), context)


def _alone(document: Document) -> Any:
    """Makes the record that has one piece only; associations stay, because they belong together."""

    def made(name: str, piece: object) -> Document:
        if name == "association":
            return document
        body = document["credentialSubject"]
        subject = body[0] if isinstance(body, list) else body
        none: dict[str, object] = {
            field: [] for field in ("verifiableCredential", "achievement") if field in subject
        }
        return {**document, "credentialSubject": {**subject, **none, name: [piece]}}

    return made


def _achievements(
    offered: Iterable[tuple[str, Any]],
    issuer: Profile,
    learner: Learner,
    found: list[AchievementRecord],
) -> Iterator[Record]:
    """Read the achievements of a record into `found`; what is refused comes back."""
    context = learner.context
    for where, body in offered:
        try:
            achievement = parsed(Achievement, body, where, context)
            creator = achievement.creator or issuer
            found.append(achievement_alone(achievement, creator, where, _NAMES, context))
        except InvalidInput as error:
            yield learner.leftovers.refused(error, "achievement", body)


def _confused(awards: Iterable[AwardRecord], at: str, context: Context) -> Iterator[Notice]:
    """Says which achievements of different names have one id: they are stored as one."""
    names: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for one in awards:
        names[one.achievement.key][one.achievement.name] = None
    for key, called in names.items():
        if key and len(called) > 1:
            text = said(
                "%(what)s gives %(number)s achievements the id %(id)s, so they are one: %(names)s",
                what=at or said("this record"),
                number=len(called),
                id=shown(key),
                names=tuple(shown(name) for name in list(called)[:_SHOWN]),
            )
            yield Notice(context.file, context.line, text)


@dataclass(slots=True)
class _Unknown:
    """Associations between things that the record does not hold."""

    count: int = 0
    first: str = ""


class _Relations:
    """What the associations of a record say of its achievements."""

    def __init__(self, most: int) -> None:
        self._most = most  # relations of one achievement
        self._of_credentials: dict[str, str] = {}
        self._awarded: set[str] = set()
        self._known: set[str] = set()
        self._stated: defaultdict[str, dict[RelatedRef, None]] = defaultdict(dict)

    def among(self, awards: Iterable[AwardRecord], achievements: Iterable[AchievementRecord]) -> None:
        """Say which things they may be between."""
        held = list(awards)
        self._of_credentials = {one.key: one.achievement.key for one in held if one.key}
        self._awarded = {one.achievement.key for one in held}
        self._known = self._awarded | {one.key for one in achievements}

    def take(
        self, associations: Iterable[tuple[str, Any]], leftovers: Leftovers, context: Context
    ) -> Iterator[Record]:
        """Take associations, each with its path; what is refused, or is about nothing here, comes back."""
        unknown = _Unknown()
        kept: list[tuple[str, str]] = []
        for where, body in associations:
            try:
                association = parsed(_Association, body, where, context)
                if self._take(association, where):
                    kept.append((association.association_type, where))
                else:
                    unknown.count += 1
                    unknown.first = unknown.first or where
            except InvalidInput as error:
                yield leftovers.refused(error, "association", body)
        yield from unknown_types(kept, context)
        if unknown.count:
            text = said(
                "%(place)s: neither end is a credential or an achievement here with an id (associations like "
                "it: %(number)s)",
                place=unknown.first,
                number=unknown.count,
            )
            yield Notice(context.file, context.line, text)

    def remarks(self, context: Context) -> Iterator[Notice]:
        """What is odd about wholes and parts, which are kept as they are: a circle; parts not here."""
        wholes: defaultdict[str, set[str]] = defaultdict(set)  # by part
        missing: dict[str, None] = {}
        for key, stated in self._stated.items():
            for one in stated:
                if one.type in _OF_PARTS:
                    wholes[key].add(one.key)
                elif one.type in _OF_WHOLES:
                    wholes[one.key].add(key)
                    if one.key not in self._known:
                        missing[one.key] = None
        try:
            TopologicalSorter(wholes).prepare()
        except CycleError as error:
            circle = tuple(shown(key) for key in error.args[1][:_SHOWN])
            text = said("achievements are parts of each other in a circle: %(circle)s", circle=circle)
            yield Notice(context.file, context.line, text)
        if missing:
            text = said(
                "parts that are not in the record: %(count)s, the first %(first)s",
                count=len(missing),
                first=shown(next(iter(missing))),
            )
            yield Notice(context.file, context.line, text)

    def told(self, achievement: AchievementRecord) -> AchievementRecord:
        """`achievement` with its relations."""
        stated = self._stated.get(achievement.key)
        if not stated:
            return achievement
        return replace(achievement, related=tuple(dict.fromkeys((*achievement.related, *stated))))

    def unawarded(self, achievements: Iterable[AchievementRecord]) -> Iterator[AchievementRecord]:
        """Those that no credential of the record awards: the others say the same of themselves."""
        return (one for one in achievements if not one.key or one.key not in self._awarded)

    def _take(self, association: _Association, where: str) -> bool:
        """Whether an association was kept, on the achievement of one of its ends."""
        type_ = association.association_type
        source, target = self._key(association.source_id), self._key(association.target_id)
        if source in self._known:
            self._say(source, RelatedRef(type_, target), where)
        elif target in self._known and type_ in _INVERSE:
            self._say(target, RelatedRef(_INVERSE[type_], source), where)
        else:
            return False
        return True

    def _key(self, id_: str) -> str:
        """The key of the achievement that an id names, of itself or of a credential for it."""
        if id_ in self._known:
            return id_
        return self._of_credentials.get(unquote(id_)) or id_

    def _say(self, key: str, related: RelatedRef, where: str) -> None:
        stated = self._stated[key]
        if related not in stated and len(stated) >= self._most:
            reason = said("more than %(most)s relations of one achievement", most=self._most)
            raise InvalidInput(reason, where=where)
        if related.key != key:
            stated[related] = None


def _endorsed(
    document: Document, at: str, offered: Iterable[tuple[str, Any]]
) -> Iterator[tuple[str, object]]:
    """What may be endorsed in a record, beside its credentials, with its path."""
    yield at, document
    yield under(at, "issuer"), document.get("issuer")
    for where, body in offered:
        yield from endorsements.within_achievement(body, where)


FORMAT = DocumentFormat(
    name=marked("CLR 2.0"),
    recognised_by="is a `ClrCredential`, or its subject has `verifiableCredential`",
    taken={
        "credentialSubject.id, identifier (e-mail address, DID, URL)": "whose awards they are, also of "
        "credentials in it that name their subject by an id of their own, which is said; not of those of "
        "another e-mail address",
        "verifiableCredential (objects, tokens, envelopes)": "awards; see the formats of credentials",
        "achievement": "achievements that nobody is awarded, issued by creator, else issuer",
        "association: associationType, sourceId, targetId": "related achievements; parts lend to their whole",
        "endorsement, endorsementJwt": "endorsements",
    },
    recognises=recognises,
    read=read,
)
