"""`credmatch import`: candidates and their awards, from files into the database and on into the index."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from app import Parts
from indexer.changes import catch_up
from indexer.commands.output import count, json_line, progress
from indexer.commands.stored import stored
from indexer.ingest import Options, Report, import_files
from indexer.installation import opened
from indexer.readers.dates import ORDERS
from indexer.readers.limits import limits_of
from indexer.readings import read_pending
from indexer.vocabulary import encode_pending
from matcher.errors import InvalidInput
from matcher.settings import read_settings


@click.command("import")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, allow_dash=True, path_type=Path),
)
@click.option(
    "--candidate", default="", metavar="KEY", help="Whose a file is that is about nobody in particular."
)
@click.option("--dates", type=click.Choice(ORDERS), help="How dates like 03/04/2026 are meant in tables.")
@click.option(
    "--newest", is_flag=True, help="These files are the newest, even if they say what was said before."
)
@click.option("--json", "as_json", is_flag=True, help="Write the counts as one JSON document.")
def import_(
    *, files: tuple[Path, ...], candidate: str, dates: str | None, newest: bool, as_json: bool
) -> int:
    """Import candidates and awards from FILES, recognised by their content and never by their names.

    JSON Lines, CSV, Open Badges and other credentials as JSON, as tokens (JWT) or baked into PNG and SVG
    images; folders, with the folders in them; ZIP and tar archives, gzip, bzip2 and xz; - is standard input.
    A badge finds its class, its issuer and what was revoked in the files beside it. Links and hidden files in
    folders are passed over, and nothing is fetched from addresses.

    \b
    Examples:
      credmatch import pool.jsonl awards.csv
      credmatch import wallet.zip certificates/
      credmatch import --candidate c-17 badge.png
      credmatch import --dates day-first training.csv

    The same file twice changes nothing, and an interrupted import is finished by starting it again. What
    cannot be read goes to quarantine with file, line and reason (credmatch quarantine list); the exit code
    is 2 where that is all there was.
    """
    with opened(read_settings(), create=True) as parts:
        key = parts.settings.organisation
        with progress("importing", "awards") as step:
            options = Options(candidate, dates or "", newest)
            limits = limits_of(parts.settings)
            report = import_files(parts.database, key, files, options, limits=limits, progress=step)
        finish_import(parts, report, as_json=as_json)
    return exit_code(report)


def exit_code(report: Report) -> int:
    """2 where something was refused and nothing taken in; what was good has been stored otherwise."""
    return InvalidInput.exit_code if report.quarantined and not report.taken else 0


def finish_import(parts: Parts, report: Report, *, as_json: bool) -> None:
    """Encode and read what is new, bring all that changed to the index, and write what the import did.

    The report is written whatever happens. Raises Unavailable where the index could not be told of it.
    """
    key = parts.settings.organisation
    try:
        with stored():
            encode_pending(parts.database, parts.vocabularies, key)
            with progress("reading what has no competencies", "achievements") as step:
                read_pending(parts.database, parts.vocabularies, key, step)
            catch_up(parts.database, parts.engine, key)
    finally:
        _show_report(report, as_json=as_json)


def _show_report(report: Report, *, as_json: bool) -> None:
    """Write what an import did."""
    counts = asdict(report)
    del counts["taken"]
    for notice in counts.pop("notices"):
        place = f"{notice['file']}:{notice['line']}" if notice["line"] else notice["file"]
        click.echo(f"{place}: {notice['text']}", err=True)
    if as_json:
        json_line(counts)
        return
    identical = f", and {report.identical:,} identical to them" if report.identical else ""
    click.echo(
        f"{count(report.awards_added, 'award', 'awards')} added, {report.awards_changed:,} changed, "
        f"{report.awards_unchanged:,} unchanged{_others(report)}; "
        f"{count(report.quarantined, 'record', 'records')} quarantined{identical}"
    )
    if report.quarantined:
        click.echo("credmatch quarantine list shows what is wrong", err=True)


def _others(report: Report) -> str:
    """What else was taken in: a catalogue has achievements, and nobody who holds one."""
    others = (
        (report.achievements, "achievement", "achievements"),
        (report.endorsements, "endorsement", "endorsements"),
    )
    taken = [count(number, one, many) for number, one, many in others if number]
    return f"; {' and '.join(taken)} taken in" if taken else ""
