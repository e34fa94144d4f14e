"""`credmatch achievements`: what was read from an achievement's words, to be confirmed or corrected."""

from __future__ import annotations

import getpass
from typing import Any

import click

from app import Parts
from indexer.changes import catch_up
from indexer.commands.output import json_line, table
from indexer.installation import opened
from matcher.errors import InvalidInput, NotFound
from matcher.records import UNITS
from matcher.settings import read_settings
from matcher.store.achievements import Inferred, confirm, to_confirm
from matcher.store.organisations import organisation

_ALL = 1_000_000


@click.group()
def achievements() -> None:
    """Confirm what achievements that state no competencies were read as; until then they count less.

    \b
    Example:
      credmatch achievements list
    """


@achievements.command("list")
@click.option("--json", "as_json", is_flag=True, help="Write an achievement a line as JSON.")
def list_(*, as_json: bool) -> None:
    """List the achievements that wait to be confirmed, those that most people hold first.

    \b
    Example:
      credmatch achievements list --json
    """
    with opened(read_settings()) as parts:
        rows = [_document(parts, inferred) for inferred in _waiting(parts)]
    if as_json:
        for row in rows:
            json_line(row)
    else:
        shown = (
            (row["key"], row["name"], row["issuer"], row["holders"], _read_as(row["competencies"]))
            for row in rows
        )
        table(("key", "name", "issuer", "holders", "read as"), shown)


@achievements.command("confirm")
@click.argument("key")
@click.option(
    "--competency", "uris", multiple=True, metavar="URI", help="What it stands for instead; repeatable."
)
@click.option("--nothing", is_flag=True, help="It stands for no competency.")
@click.option("--by", default=getpass.getuser, show_default="your user name", help="Who confirms.")
def confirm_(*, key: str, uris: tuple[str, ...], nothing: bool, by: str) -> None:
    """Confirm that the achievement with this KEY stands for what it was read as, or say what instead.

    \b
    Examples:
      credmatch achievements confirm lift-truck-basics
      credmatch achievements confirm lift-truck-basics --competency http://data.europa.eu/esco/skill/...
    """
    if uris and nothing:
        raise click.UsageError("give either --competency or --nothing")
    with opened(read_settings()) as parts:
        competencies = [] if nothing else _named(parts, uris) if uris else _as_read(parts, key)
        with parts.database.write() as connection:
            home = organisation(connection, parts.settings.organisation)
            confirm(connection, home, key, competencies, by=by)
        catch_up(parts.database, parts.engine, home.key)
        vocabulary = parts.vocabularies.get(home.key)
        labels = ", ".join(vocabulary.competency(id_).label("en") for id_ in competencies)
    click.echo(f"{key} stands for {labels or 'no competency'}")


def _waiting(parts: Parts) -> list[Inferred]:
    with parts.database.read() as connection:
        return to_confirm(connection, organisation(connection, parts.settings.organisation), _ALL)


def _as_read(parts: Parts, key: str) -> list[int]:
    """What an achievement was read as. Raises NotFound, and InvalidInput where it was read as nothing."""
    found = next((inferred for inferred in _waiting(parts) if inferred.key == key), None)
    if found is None:
        raise NotFound(f"no achievement {key!r} waits to be confirmed")
    if not found.competencies:
        raise InvalidInput("was not understood: give --competency or --nothing", where=key)
    return [id_ for id_, _ in found.competencies]


def _named(parts: Parts, uris: tuple[str, ...]) -> list[int]:
    vocabulary = parts.vocabularies.get(parts.settings.organisation)
    found = []
    for uri in uris:
        competency = vocabulary.by_uri(uri)
        if competency is None:
            raise NotFound(f"no competency has the URI {uri!r}")
        found.append(competency.id)
    return found


def _document(parts: Parts, inferred: Inferred) -> dict[str, Any]:
    vocabulary = parts.vocabularies.get(parts.settings.organisation)
    read = [(vocabulary.competency(id_), probability) for id_, probability in inferred.competencies]
    return {
        "key": inferred.key,
        "name": inferred.name,
        "description": inferred.description,
        "issuer": inferred.issuer,
        "reading": inferred.stage.value,
        "holders": inferred.holders,
        "competencies": [
            {"uri": competency.uri, "label": competency.label("en"), "probability": probability / UNITS}
            for competency, probability in read
        ],
    }


def _read_as(competencies: list[dict[str, Any]]) -> str:
    return (
        "; ".join(f"{read['label']} ({read['probability']:.0%})" for read in competencies) or "not understood"
    )
