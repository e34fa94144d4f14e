"""Records written in our own shape again, so that what was refused can be corrected and imported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from indexer.readers.json_text import decode, encode
from matcher.messages import Said
from matcher.records import (
    UNITS,
    AchievementRecord,
    AwardRecord,
    CandidateRecord,
    EndorsementRecord,
    Rejected,
)

_NOTHING: tuple[object, ...] = ("", None, [], {})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def refused(record: CandidateRecord, reason: Said, where: str = "") -> Rejected:
    """A record that was read and is not taken in, as quarantine keeps it; `where` is a path within it."""
    place = record.place
    return Rejected(
        place.file, place.line, f"{place.where}.{where}".strip("."), reason, encode(candidate_json(record))
    )


def candidate_json(record: CandidateRecord) -> dict[str, Any]:
    """A candidate in the shape of `shape.py`, without what it does not state."""
    person = {
        "key": record.key,
        "name": record.name,
        "email": record.email,
        "region": record.region,
        "languages": list(record.languages),
        "identifiers": list(record.identifiers),
    }
    return {
        "candidate": _stated(person),
        **_stated(
            {
                "awards": [award_json(award) for award in record.awards],
                "applied_to": list(record.applied_to),
            }
        ),
    }


def award_json(award: AwardRecord, achievement: dict[str, Any] | None = None) -> dict[str, Any]:
    """An award in the shape of `shape.py`, without what it does not state.

    `achievement`: what its achievement has been written as, if it has.
    """
    level = None if award.level is None else award.level / UNITS
    fields = {
        "key": award.key,
        "achievement": achievement or achievement_json(award.achievement),
        "issued": _moment(award.issued),
        "valid_from": _moment(award.valid_from),
        "expires": _moment(award.expires),
        "status": award.status.value,
        "level": _stated({"value": level, "label": award.level_label}),
        "evidence": list(award.evidence),
        "claimed": award.claimed,
        "credential_status": _kept(award.credential_status),
        "refresh_service": _kept(award.refresh_service),
    }
    return _stated(fields)


def achievement_json(record: AchievementRecord) -> dict[str, Any]:
    """An achievement in the shape of `shape.py`, without what it does not state."""
    fields = {
        "key": record.key,
        "name": record.name,
        "description": record.description,
        "issuer": _stated({"name": record.issuer.name, "url": record.issuer.url}),
        "competencies": [
            _stated({"uri": ref.uri, "label": ref.label, "framework": ref.framework, "kind": ref.kind.value})
            for ref in record.competencies
        ],
        "related": [{"type": other.type, "key": other.key} for other in record.related],
    }
    return _stated(fields)


def endorsement_json(record: EndorsementRecord) -> dict[str, Any]:
    """An endorsement as {"about", "issuer", "key", "comment", "issued"}, without what it does not state."""
    fields = {
        "about": record.about,
        "issuer": _stated({"name": record.issuer.name, "url": record.issuer.url}),
        "key": record.key,
        "comment": record.comment,
        "issued": _moment(record.issued),
    }
    return _stated(fields)


def _moment(moment: int | None) -> str:
    return "" if moment is None else (_EPOCH + timedelta(seconds=moment)).isoformat()


def _kept(text: str) -> object:
    return decode(text.encode()) if text else None


def _stated(fields: dict[str, Any]) -> dict[str, Any]:
    """`fields` without those that say nothing; a level of 0 says something."""
    return {name: value for name, value in fields.items() if value is not False and value not in _NOTHING}
