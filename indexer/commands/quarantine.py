"""`credmatch quarantine`: records that could not be taken in, and trying them again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from app import Parts
from indexer.commands.intake import exit_code, finish_import
from indexer.commands.output import count, json_line, table
from indexer.ingest import Options
from indexer.installation import opened
from indexer.readers.dates import ORDERS
from indexer.readers.limits import limits_of
from indexer.retrying import retry_quarantined
from matcher.settings import read_settings
from matcher.store.organisations import organisation
from matcher.store.quarantine import Quarantined, list_, remove, show


@click.group()
def quarantine() -> None:
    """See the records that could not be imported, and try them again.

    \b
    Example:
      credmatch quarantine list
    """


@quarantine.command("list")
@click.option("--json", "as_json", is_flag=True, help="Write a record a line as JSON.")
def list_records(*, as_json: bool) -> None:
    """List the quarantined records, the oldest first.

    \b
    Example:
      credmatch quarantine list --json
    """
    with opened(read_settings()) as parts:
        kept = _all(parts)
        if as_json:
            for record in kept:
                json_line(_document(record))
        else:
            rows = ((record.id, _place(record), record.where, record.reason) for record in kept)
            table(("id", "file", "where", "reason"), rows)


@quarantine.command("show")
@click.argument("id_", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="Write the record as JSON.")
def show_record(*, id_: int, as_json: bool) -> None:
    """Show one quarantined record, whole.

    \b
    Example:
      credmatch quarantine show 17
    """
    with opened(read_settings()) as parts, parts.database.read() as connection:
        record = show(connection, organisation(connection, parts.settings.organisation).id, id_)
    if as_json:
        json_line(_document(record))
    else:
        where = f" at {record.where}" if record.where else ""
        click.echo(f"{_place(record)}{where}: {record.reason}\n{record.raw}")


@quarantine.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=int)
@click.option("--candidate", default="", metavar="KEY", help="Whose the records are that name nobody.")
@click.option("--dates", type=click.Choice(ORDERS), help="How dates like 03/04/2026 are meant in tables.")
@click.option("--json", "as_json", is_flag=True, help="Write the counts as one JSON document.")
def retry(*, ids: tuple[int, ...], candidate: str, dates: str | None, as_json: bool) -> int:
    """Import the records with these IDs again, or all; those that succeed leave quarantine.

    \b
    Example:
      credmatch quarantine retry 17 --candidate c-5

    With --candidate the records of one file have to be about one person; of a file about several, give the
    IDs of those that are this person's.
    """
    with opened(read_settings()) as parts:
        key = parts.settings.organisation
        options = Options(candidate, dates or "")
        report = retry_quarantined(
            parts.database, key, ids or None, options, limits=limits_of(parts.settings)
        )
        finish_import(parts, report, as_json=as_json)
    return exit_code(report)


@quarantine.command()
@click.argument("ids", metavar="ID...", nargs=-1, type=int, required=True)
def drop(*, ids: tuple[int, ...]) -> None:
    """Forget the records with these IDs.

    \b
    Example:
      credmatch quarantine drop 17 18
    """
    with opened(read_settings()) as parts, parts.database.write() as connection:
        dropped = remove(connection, organisation(connection, parts.settings.organisation).id, ids)
    click.echo(f"{count(dropped, 'record', 'records')} forgotten")


def _all(parts: Parts) -> Iterator[Quarantined]:
    after = 0
    while True:
        with parts.database.read() as connection:
            home = organisation(connection, parts.settings.organisation)
            page = list_(connection, home.id, after=after)
        if not page:
            return
        yield from page
        after = page[-1].id


def _place(record: Quarantined) -> str:
    return f"{record.file}:{record.line}" if record.line else record.file


def _document(record: Quarantined) -> dict[str, Any]:
    return {**asdict(record), "created": datetime.fromtimestamp(record.created, UTC).isoformat()}
