"""`credmatch inspect`: what files hold, what of it would be imported, and what is wrong. Stores nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from indexer.commands.output import json_line
from indexer.inspection import Found, record_json
from indexer.installation import opened
from indexer.readers.dates import ORDERS
from indexer.readers.formats import Context, Record
from indexer.readers.limits import limits_of
from indexer.readers.sources import open_records
from matcher.moments import day_of
from matcher.records import (
    UNITS,
    AchievementRecord,
    AwardRecord,
    CandidateRecord,
    EndorsementRecord,
    IssuerRef,
    Notice,
    Recognised,
    Rejected,
)
from matcher.settings import read_settings
from matcher.store.organisations import organisation

_SOMETHING_WRONG = 2


@click.command("inspect")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, allow_dash=True, path_type=Path)
)
@click.option(
    "--candidate", default="", metavar="KEY", help="Whose a file is that is about nobody in particular."
)
@click.option("--dates", type=click.Choice(ORDERS), help="How dates like 03/04/2026 are meant in tables.")
@click.option("--json", "as_json", is_flag=True, help="Write a record a line as JSON, then the counts.")
def inspect_(*, files: tuple[Path, ...], candidate: str, dates: str | None, as_json: bool) -> int:
    """Show what FILES hold, what of it would be imported, and what is wrong; nothing is stored.

    \b
    Examples:
      credmatch inspect badge.png
      credmatch inspect --candidate c-17 --json wallet.zip

    Takes what `credmatch import` takes. The exit code is 2 where something is wrong.
    """
    settings = read_settings()
    with opened(settings) as parts, parts.database.read() as connection:
        zone = organisation(connection, settings.organisation).zone
    context = Context("", zone, candidate, limits_of(settings), dates=dates or "")
    found = Found()
    for record in _shown(files, context, as_json=as_json):
        found.add(record)
    if as_json:
        json_line({"type": "counts", **_counts(found)})
    else:
        click.echo(_summary(found))
    return _SOMETHING_WRONG if found.rejected else 0


def _shown(files: tuple[Path, ...], context: Context, *, as_json: bool) -> Iterator[Record]:
    """The records of `files`, each written as it comes; a format once while it goes on."""
    last: Record | None = None
    for path in files:
        for record in open_records(path, context):
            if as_json:
                json_line(record_json(record))
            elif record != last:
                click.echo("\n".join(_lines(record, context)))
            last = record if isinstance(record, Recognised) else last
            yield record


def _lines(record: Record, context: Context) -> Iterator[str]:
    match record:
        case Recognised():
            yield f"{record.file}: {record.format}"
        case CandidateRecord():
            whose = record.key or next(iter(record.identifiers), "")
            yield f"  candidate {whose}{_line(record.place.line)}"
            for award in record.awards:
                yield from _award(award, context)
        case AchievementRecord():
            yield f"  achievement {_achievement(record)}, held by nobody here"
        case EndorsementRecord():
            yield f"  endorsement of {record.about} by {_issuer(record.issuer)}: kept apart, never scored"
        case Notice():
            yield f"  note{_line(record.line)}: {record.text}"
        case Rejected():
            where = f" at {record.where}" if record.where else ""
            yield f"  WRONG{_line(record.line)}{where}: {record.reason}"


def _award(award: AwardRecord, context: Context) -> Iterator[str]:
    said = [
        f"{name} {day_of(moment, context.zone)}"
        for name, moment in (
            ("issued", award.issued),
            ("valid from", award.valid_from),
            ("expires", award.expires),
        )
        if moment is not None
    ]
    said.append("their own word" if award.claimed else award.status.value)
    if award.level is not None:
        said.append(f"level {award.level / UNITS:.0%}")
    yield f"    award {_achievement(award.achievement)}: {', '.join(said)}"
    for ref in award.achievement.competencies:
        yield f"      {ref.label or ref.uri}" + (f" <{ref.uri}>" if ref.label and ref.uri else "")
    if not award.achievement.competencies:
        yield "      no competencies stated: will be read from its words"


def _achievement(record: AchievementRecord) -> str:
    return f"{record.name or record.key}, {_issuer(record.issuer)}"


def _issuer(issuer: IssuerRef) -> str:
    return issuer.name or issuer.url or "issuer not stated"


def _line(number: int) -> str:
    return f" (line {number})" if number else ""


def _counts(found: Found) -> dict[str, object]:
    return {
        "formats": dict(found.formats),
        "candidates": found.candidates,
        "awards": found.awards,
        "achievements": found.achievements,
        "endorsements": found.endorsements,
        "rejected": found.rejected,
    }


def _summary(found: Found) -> str:
    would = f"{found.awards:,} awards of {found.candidates:,} candidate records"
    if found.achievements:
        would += f", {found.achievements:,} achievements"
    if found.endorsements:
        would += f", {found.endorsements:,} endorsements"
    return f"{would} would be imported; {found.rejected:,} records would be quarantined"
