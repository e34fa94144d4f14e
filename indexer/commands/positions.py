"""`credmatch positions`: the stored positions."""

from __future__ import annotations

from pathlib import Path

import click

from app import Parts
from indexer.commands.documents import document, documents
from indexer.commands.output import failed, json_line, table
from indexer.installation import opened
from matcher.errors import CredmatchError, InvalidInput
from matcher.moments import day_of
from matcher.positions import parse_position, position_json
from matcher.records import UNITS, Position
from matcher.settings import read_settings
from matcher.store.organisations import organisation
from matcher.store.positions import find_position, list_positions, load_position, save_position
from matcher.vocabulary.vocabulary import Vocabulary


@click.group()
def positions() -> None:
    """Store, list and show positions.

    \b
    Example:
      credmatch positions put warehouse.json
      credmatch match --position warehouse
    """


@positions.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Write each stored position as JSON on a line.")
@click.pass_context
def put(ctx: click.Context, *, file: Path, as_json: bool) -> None:
    """Store the position in FILE (.json), or one a line (.jsonl); one with the same key is replaced.

    \b
    Example:
      credmatch positions put warehouse.json

    A line that is wrong is named on standard error, and the others go on.
    """
    many = file.suffix == ".jsonl"
    code = 0
    with opened(read_settings(), create=True) as parts:
        for number, body in documents(file) if many else [(0, document(file))]:
            try:
                stored = _put(parts, body, file.stem)
            except CredmatchError as error:
                if not many:
                    raise
                code = failed(f"{file.name} line {number}: {error}", error.exit_code)
                continue
            _show(parts, stored, as_json=as_json)
    ctx.exit(code)


@positions.command("list")
@click.option("--json", "as_json", is_flag=True, help="Write a position a line as JSON.")
def list_(*, as_json: bool) -> None:
    """List the stored positions, the newest first.

    \b
    Example:
      credmatch positions list
    """
    with opened(read_settings()) as parts, parts.database.read() as connection:
        found = organisation(connection, parts.settings.organisation)
        rows = [
            {
                "key": summary.key,
                "title": summary.title,
                "requirements": summary.requirements,
                "applicants": summary.applicants,
                "created": day_of(summary.created, found.zone).isoformat(),
            }
            for summary in list_positions(connection, found.id)
        ]
    if as_json:
        for row in rows:
            json_line(row)
    else:
        table(("key", "title", "micro-skills", "applicants", "created"), (list(row.values()) for row in rows))


@positions.command()
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="Write the position as JSON.")
def show(*, key: str, as_json: bool) -> None:
    """Show how the stored position with this KEY is understood.

    \b
    Example:
      credmatch positions show warehouse --json > warehouse.json
    """
    with opened(read_settings()) as parts:
        with parts.database.read() as connection:
            found = organisation(connection, parts.settings.organisation)
            position = load_position(connection, found.id, key)
        _show(parts, position, as_json=as_json)


def _put(parts: Parts, body: object, default_key: str) -> Position:
    """Read and store a position; a JSON object without a key takes `default_key`."""
    if isinstance(body, InvalidInput):
        raise body
    key = body.get("key") if isinstance(body, dict) else None
    name = key if isinstance(key, str) else default_key
    with parts.database.read() as connection:
        home = organisation(connection, parts.settings.organisation)
        earlier = find_position(connection, home.id, name)
    vocabulary = parts.vocabularies.get(home.key)
    position = parse_position(body, vocabulary, key=name, earlier=earlier)
    with parts.database.write() as connection:
        save_position(connection, home.id, position)
    return position


def _show(parts: Parts, position: Position, *, as_json: bool) -> None:
    vocabulary = parts.vocabularies.get(parts.settings.organisation)
    if as_json:
        json_line(position_json(position, vocabulary))
        return
    click.echo(f"{position.key}  {position.title}".rstrip())
    table(("", "micro-skill", "weight", "must", "level", "read as", "basis"), _rows(position, vocabulary))


def _rows(position: Position, vocabulary: Vocabulary) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for number, requirement in enumerate(position.requirements, start=1):
        for place, way in enumerate(requirement.alternatives):
            read = way.reading.competency
            rows.append(
                (
                    str(number) if place == 0 else "or",
                    way.text,
                    f"{requirement.weight / UNITS:g}" if place == 0 else "",
                    "yes" if requirement.must and place == 0 else "",
                    "" if way.min_level is None else f"{way.min_level / UNITS:g}",
                    "" if read is None else vocabulary.competency(read).label("en"),
                    way.reading.basis.value,
                )
            )
    return rows
