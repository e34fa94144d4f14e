"""A record in words, as `credmatch inspect` shows it: lines of at most 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from indexer.commands.output import count
from indexer.readers.formats import Record
from matcher.moments import day_of, first_day
from matcher.records import (
    UNITS,
    AchievementRecord,
    AwardRecord,
    CandidateRecord,
    EndorsementRecord,
    IssuerRef,
    Notice,
    Rejected,
    Status,
)

_WIDTH = 80
_MOST = 10  # of a list
_LONGEST = 240  # characters of what may be long: a comment, or what is kept as it stands

_RELATED = {
    "isPartOf": "part of",
    "isChildOf": "part of",
    "hasPart": "has as a part",
    "isParentOf": "has as a part",
}


def described(record: Record, zone: ZoneInfo) -> Iterator[str]:
    """The lines that show a record; days are those of the time zone `zone`. None for a format."""
    match record:
        case CandidateRecord():
            yield from _candidate(record, zone)
        case AchievementRecord():
            yield from _lines(2, f"achievement {_achievement(record)}, held by nobody here")
            yield from _offered(record, 4)
        case EndorsementRecord():
            yield from _lines(2, f"endorsement by {_issuer(record.issuer)}: kept apart, never scored")
            yield from _lines(4, f"of {record.about}")
            if record.issued is not None:
                yield from _lines(4, f"issued {first_day(record.issued, zone)}")
            if record.comment:
                yield from _lines(4, f"comment: {_short(record.comment)}")
        case Notice():
            yield from _lines(2, f"note{_line(record.line)}: {record.text}")
        case Rejected():
            where = f" at {record.where}" if record.where else ""
            yield from _lines(2, f"WRONG{_line(record.line)}{where}: {record.reason}")


def _candidate(record: CandidateRecord, zone: ZoneInfo) -> Iterator[str]:
    whose = record.key or "with a new key"
    known = {
        "name": record.name,
        "e-mail address": record.email,
        "region": record.region,
        "languages": ", ".join(record.languages),
        "identifiers": _list(one for one in record.identifiers if one != whose),
        "applied to": _list(record.applied_to),
    }
    yield from _lines(2, f"candidate {whose}{_line(record.place.line)}")
    for name, value in known.items():
        if value:
            yield from _lines(4, f"{name}: {value}")
    for award in record.awards:
        yield from _award(award, zone)


def _award(award: AwardRecord, zone: ZoneInfo) -> Iterator[str]:
    starts = {"issued": award.issued, "valid from": award.valid_from}
    said = [f"{name} {first_day(moment, zone)}" for name, moment in starts.items() if moment is not None]
    if award.expires is not None:
        said.append(f"expires {day_of(award.expires, zone)}")
    if award.claimed:
        said.append("their own word")
    if not award.claimed or award.status is not Status.ACTIVE:
        said.append(award.status.value)
    yield from _lines(4, f"award {_achievement(award.achievement)}: {', '.join(said)}")
    if award.level is not None or award.level_label:
        share = "" if award.level is None else f"{award.level / UNITS:.0%}"
        yield from _lines(6, f"level: {', '.join(filter(None, (award.level_label, share)))}")
    yield from _offered(award.achievement, 6)
    for name, text in (
        ("evidence", _list(award.evidence)),
        ("status kept", _short(award.credential_status)),
        ("refresh kept", _short(award.refresh_service)),
    ):
        if text:
            yield from _lines(6, f"{name}: {text}")


def _offered(record: AchievementRecord, indent: int) -> Iterator[str]:
    """What an achievement stands for, and of which others it is a part."""
    for ref in record.competencies:
        uri = f" <{ref.uri}>" if ref.label and ref.uri else ""
        yield from _lines(indent, f"{ref.label or ref.uri}{uri}")
    if not record.competencies:
        yield from _lines(indent, "no competencies stated: will be read from its words")
    for other in record.related[:_MOST]:
        yield from _lines(indent, f"{_RELATED.get(other.type, other.type)} {other.key}")
    if len(record.related) > _MOST:
        yield from _lines(indent, f"and {count(len(record.related) - _MOST, 'relation', 'relations')} more")


def _achievement(record: AchievementRecord) -> str:
    return f"{record.name or record.key}, {_issuer(record.issuer)}"


def _issuer(issuer: IssuerRef) -> str:
    return issuer.name or issuer.url or "issuer not stated"


def _line(number: int) -> str:
    return f" (line {number})" if number else ""


def _list(texts: Iterable[str]) -> str:
    named = list(texts)
    more = f" and {len(named) - _MOST:,} more" if len(named) > _MOST else ""
    return ", ".join(map(_short, named[:_MOST])) + more


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _lines(indent: int, text: str) -> list[str]:
    """`text` on lines of 80 columns; an address is longer where it must be, so that it can be copied."""
    first, further = " " * indent, " " * (indent + 2)
    return textwrap.wrap(
        "".join(map(_printable, text)),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _printable(letter: str) -> str:
    """A character as a terminal may be given it: a file's control characters are not for it to obey."""
    if letter.isprintable():
        return letter
    return " " if letter.isspace() else repr(letter)[1:-1]
