"""`credmatch inspect`: what files hold, what of it would be imported, and what is wrong. Stores nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from indexer.commands.described import described
from indexer.commands.output import count, json_line
from indexer.framework_inspection import Finding, FrameworkFound, find_frameworks, finding_json, lines_of
from indexer.gathering import AS_STATED, Frameworks, beside_frameworks
from indexer.inspection import Found, as_stored, record_json
from indexer.installation import as_it_is
from indexer.readers.dates import ORDERS
from indexer.readers.floods import told_once
from indexer.readers.formats import Context, Record
from indexer.readers.limits import limits_of, vocabulary_limits
from matcher.records import CandidateRecord, Recognised
from matcher.settings import read_settings
from matcher.store.organisations import organisation
from matcher.store.preview import Preview

_SOMETHING_WRONG = 2
_ALIKE = 20  # refusals for one reason that are shown one by one


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

    Takes what `credmatch import` and `credmatch vocabulary import` take, and looks up in the database, where
    there is one, whose a credential is already. The exit code is 2 where something is wrong.
    """
    settings = read_settings()
    found = Found()
    with as_it_is(settings) as parts:
        with parts.database.read() as connection:
            home = organisation(connection, settings.organisation)
        context = Context("", home.zone, candidate, limits_of(settings), dates=dates or "")
        limits = vocabulary_limits(settings)
        with closing(Preview(home)) as preview:
            for path in files:
                frameworks: Frameworks = {}
                read = beside_frameworks([path], home, AS_STATED, limits, frameworks, context)
                records = as_stored(read, parts.database, preview, found)
                _show(found.counted(records), context, as_json=as_json)
                with parts.database.read() as connection:
                    findings = find_frameworks(connection, home, frameworks)
                _show_frameworks(findings, found, home.zone, as_json=as_json)
    if as_json:
        json_line({"type": "counts", **_counts(found)})
    else:
        click.echo(_summary(found))
    return _SOMETHING_WRONG if found.rejected else 0


def _show_frameworks(findings: Sequence[Finding], found: Found, zone: ZoneInfo, *, as_json: bool) -> None:
    """Write what was found of frameworks, and count it."""
    file = ""
    for finding in findings:
        if isinstance(finding, FrameworkFound):
            file = finding.file
            found.formats[finding.format] += 1
            found.frameworks += 1
            found.competencies += finding.competencies
        else:
            found.add(finding)
        if as_json:
            json_line(finding_json(finding))
        elif isinstance(finding, FrameworkFound):
            click.echo("\n".join(lines_of(finding)))
        else:
            if finding.file != file:
                click.echo(f"  {finding.file}:")
            click.echo("\n".join(described(finding, zone)))


def _show(records: Iterable[Record], context: Context, *, as_json: bool) -> None:
    """Write the records of a path as they come; in words, what is refused for the same reason once."""
    if as_json:
        for record in records:
            json_line(record_json(record))
        return
    show = _Text(context)
    for record in told_once(records, _ALIKE, correctable_too=True):
        show(record)
    show(None)


class _Text:
    """Writes records in words, below one line for each file that says in which formats it is.

    A file is found to be of an inner format before anything of it is read; of what is found later (on
    another line, say) a line of its own says so, once.
    """

    def __init__(self, context: Context) -> None:
        self._zone = context.zone
        self._file = ""
        self._formats: list[str] = []
        self._said = 0

    def __call__(self, record: Record | None) -> None:
        """Write a record; None: a file given has ended."""
        if isinstance(record, Recognised):
            if record.file != self._file:
                self._head()
                self._file, self._formats, self._said = record.file, [], 0
            if record.format not in self._formats:
                self._formats.append(record.format)
            return
        self._head()
        if record is None:
            self._file = ""
        else:
            self._under(record)
            click.echo("\n".join(described(record, self._zone)))

    def _head(self) -> None:
        if new := self._formats[self._said :]:
            click.echo(f"{'  also' if self._said else self._file}: {', '.join(new)}")
            self._said = len(self._formats)

    def _under(self, record: Record) -> None:
        """Name the file of what was read of none that was recognised, or of one that is read no more."""
        file = record.place.file if isinstance(record, CandidateRecord) else getattr(record, "file", "")
        if file and file != self._file:
            click.echo(f"{file}:")
            self._file, self._formats, self._said = file, [], 0


def _counts(found: Found) -> dict[str, object]:
    return {
        "formats": dict(found.formats),
        "candidates": found.candidates,
        "awards": found.awards - found.again,
        "again": found.again,
        "achievements": found.achievements,
        "endorsements": found.endorsements,
        "frameworks": found.frameworks,
        "competencies": found.competencies,
        "rejected": found.rejected,
    }


def _summary(found: Found) -> str:
    would = (
        f"{count(found.awards - found.again, 'award', 'awards')} of "
        f"{count(found.candidates, 'candidate record', 'candidate records')}"
    )
    if found.achievements:
        would += f", {count(found.achievements, 'achievement', 'achievements')}"
    if found.endorsements:
        would += f", {count(found.endorsements, 'endorsement', 'endorsements')}"
    if found.frameworks:
        held = count(found.competencies, "competency", "competencies")
        of = f"{held} of {count(found.frameworks, 'framework', 'frameworks')}"
        would = f"{of}, {would}" if found.candidates or found.achievements else of
    if found.again:
        would += f"; {count(found.again, 'award was', 'awards were')} read twice"
    return f"would be imported: {would}\nwould be quarantined: {count(found.rejected, 'record', 'records')}"
