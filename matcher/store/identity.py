"""What makes two records the same thing, and what makes them the same version of it. Pure.

A key says which thing a record is about; a version is a digest of all that the record says of it. Digests are
stored, so what goes into them is part of the format of the database: changing it makes every stored thing
look changed at its next import.
"""

from __future__ import annotations

import re
from hashlib import blake2b

from matcher.records import AchievementRecord, AwardRecord, CandidateRecord, CompetencyRef, IssuerRef

_LONGEST = 500
"""Keys beyond this many characters are digested: an index of PostgreSQL takes rows of up to 2,704 bytes."""

_ABSOLUTE = re.compile(r"(?:[a-z][a-z0-9+.-]*://|urn:|did:|tag:)\S+", re.IGNORECASE)


def digest(*parts: object) -> bytes:
    """16 bytes that stand for `parts` (text, numbers, None, and tuples of them), on every machine alike."""
    return blake2b(ascii(parts).encode("ascii"), digest_size=16).digest()


def issuer_key(issuer: IssuerRef) -> str:
    """The issuer's address, else its name, letter case and white space aside; empty for nobody."""
    return _at_most(" ".join((issuer.url or issuer.name).split()).casefold(), "issuer")


def achievement_key(record: AchievementRecord, issuer: str) -> str:
    """The key under which an achievement of the issuer with key `issuer` is stored.

    An address identifies it everywhere; another key only within its issuer, as `ISSUER#KEY`; without a key
    it is identified by issuer, name and competencies.
    """
    if record.key.strip():
        return named_achievement_key(record.key, issuer)
    competencies = tuple(sorted(ref.uri or ref.label for ref in record.competencies))
    return f"achievement:{digest(issuer, record.name, competencies).hex()}"


def named_achievement_key(key: str, issuer: str) -> str:
    """The key under which the achievement is stored that the issuer with key `issuer` calls `key`."""
    key = key.strip()
    return _at_most(key if _ABSOLUTE.fullmatch(key) else _within(issuer, key), "achievement")


def award_key(record: AwardRecord, candidate: str, achievement: str, issuer: str) -> str:
    """The key under which an award is stored: issuer and credential id, else candidate, achievement and
    `issued`. The two cannot meet: only the first has a `#`.

    The id of an award of nobody in particular tells it apart only from the candidate's others.
    """
    if key := record.key.strip():
        return _at_most(_within(issuer or f"candidate {candidate}", key), "award")
    return f"award:{digest(candidate, achievement, record.issued).hex()}"


def key_of_award(record: AwardRecord, candidate: str) -> str:
    """The key under which an award of the candidate with this key is stored."""
    issuer = issuer_key(record.achievement.issuer)
    return award_key(record, candidate, achievement_key(record.achievement, issuer), issuer)


def identifier(text: str) -> str:
    """An identifier of a person as it is compared: e-mail addresses without letter case or `mailto:`."""
    text = text.strip()
    return text.casefold().removeprefix("mailto:") if is_email(text) else text


def is_email(text: str) -> bool:
    """Whether an identifier is a person's e-mail address, and so never a candidate's key."""
    return "@" in text and not _ABSOLUTE.match(text)


def own_competency_uri(organisation: str, label: str) -> str:
    """The URI of an organisation's own competency that has only a label."""
    return f"urn:credmatch:{organisation}:competency:{digest(label).hex()}"


def candidate_version(record: CandidateRecord) -> bytes:
    """What a record says of the person; empty where it says nothing."""
    said = (record.name, record.email, record.region, record.languages)
    return digest(*said) if any(said) else b""


def achievement_version(record: AchievementRecord) -> bytes:
    """What a record says of the achievement; empty where it only names it."""
    issuer = (record.issuer.name, record.issuer.url)
    competencies = tuple(sorted(_said(ref) for ref in record.competencies))
    related = tuple(sorted((other.type, other.key) for other in record.related))
    said = (record.name, record.description, issuer, competencies, related)
    return digest(*said) if any((record.name, record.description, *issuer, competencies, related)) else b""


def award_version(record: AwardRecord, achievement: str) -> bytes:
    """What a record says of the award; `achievement` is the stored key."""
    # What came later is added only where it is stated: the digests that are stored stay what they are.
    later = (record.claimed, record.credential_status, record.refresh_service)
    return digest(
        achievement,
        record.issued,
        record.valid_from,
        record.expires,
        record.status.value,
        record.level,
        record.level_label,
        record.evidence,
        *(later if any(later) else ()),
    )


def _within(issuer: str, key: str) -> str:
    # Escaped so that no issuer and key read like another issuer with another key.
    return f"{issuer.replace('%', '%25').replace('#', '%23')}#{key}"


def _at_most(key: str, kind: str) -> str:
    return key if len(key) <= _LONGEST else f"{kind}:{digest(key).hex()}"


def _said(ref: CompetencyRef) -> tuple[str, str, str, str]:
    return ref.uri, ref.label, ref.framework, ref.kind.value
