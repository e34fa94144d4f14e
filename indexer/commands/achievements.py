"""`credmatch achievements`: what was read from an achievement's words, to be confirmed or corrected."""

from __future__ import annotations

import getpass
from typing import Any

import click

from app import Parts
from indexer.changes import catch_up
from indexer.commands.output import json_line, table
from indexer.commands.stored import stored
from indexer.installation import opened
from indexer.readings import read_pending
from matcher.errors import InvalidInput, NotFound
from matcher.messages import said
from matcher.records import UNITS
from matcher.settings import read_settings
from matcher.store.achievements import Inferred, Stage, confirm, confirmed, to_confirm, unconfirm
from matcher.store.organisations import organisation
from matcher.validation import shown

_ALL = 1_000_000


@click.group()
def achievements() -> None:
    """Confirm what achievements that state no competencies were read as; until then they count less.

    \b
    Example:
      credmatch achievements list
    """


@achievements.command("list")
@click.option("--confirmed", "of_confirmed", is_flag=True, help="List those that somebody confirmed instead.")
@click.option("--json", "as_json", is_flag=True, help="Write an achievement a line as JSON.")
def list_(*, of_confirmed: bool, as_json: bool) -> None:
    """List the achievements that wait to be confirmed, those that most people hold first.

    \b
    Examples:
      credmatch achievements list --json
      credmatch achievements list --confirmed
    """
    with opened(read_settings()) as parts:
        found = _confirmed(parts) if of_confirmed else _waiting(parts)
        rows = [_document(parts, inferred) for inferred in found]
    if as_json:
        for row in rows:
            json_line(row)
        return
    names = ("key", "name", "issuer", "holders")
    shown = ((*(row[name] for name in names), row["confirmed_by"], _stands_for(row)) for row in rows)
    table((*names, "confirmed by", "stands for" if of_confirmed else "read as"), shown)


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
        with stored():
            catch_up(parts.database, parts.engine, home.key)
        vocabulary = parts.vocabularies.get(home.key)
        labels = ", ".join(vocabulary.competency(id_).label("en") for id_ in competencies)
    click.echo(f"{key} stands for {labels or 'no competency'}")


@achievements.command("unconfirm")
@click.argument("key")
def unconfirm_(*, key: str) -> None:
    """Take back what somebody said the achievement with this KEY stands for; its words are read anew.

    \b
    Example:
      credmatch achievements unconfirm lift-truck-basics
    """
    with opened(read_settings()) as parts:
        with parts.database.write() as connection:
            home = organisation(connection, parts.settings.organisation)
            unconfirm(connection, home, key)
        with stored():
            read_pending(parts.database, parts.vocabularies, home.key)
            catch_up(parts.database, parts.engine, home.key)
        found = [_document(parts, inferred) for inferred in _waiting(parts) if inferred.key == key]
    click.echo(f"{key} waits to be confirmed, read as {''.join(map(_stands_for, found))}")


def _confirmed(parts: Parts) -> list[Inferred]:
    with parts.database.read() as connection:
        return confirmed(connection, organisation(connection, parts.settings.organisation), _ALL)


def _waiting(parts: Parts) -> list[Inferred]:
    with parts.database.read() as connection:
        return to_confirm(connection, organisation(connection, parts.settings.organisation), _ALL)


def _as_read(parts: Parts, key: str) -> list[int]:
    """What an achievement was read as. Raises NotFound, and InvalidInput where it was read as nothing."""
    found = next((inferred for inferred in _waiting(parts) if inferred.key == key), None)
    if found is None:
        raise NotFound(said("no achievement %(key)s waits to be confirmed", key=shown(key)))
    if not found.competencies:
        raise InvalidInput(said("was not understood: give --competency or --nothing"), where=key)
    return [id_ for id_, _ in found.competencies]


def _named(parts: Parts, uris: tuple[str, ...]) -> list[int]:
    vocabulary = parts.vocabularies.get(parts.settings.organisation)
    found = []
    for uri in uris:
        competency = vocabulary.by_uri(uri)
        if competency is None:
            raise NotFound(said("no competency has the URI %(uri)s", uri=shown(uri)))
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
        "confirmed_by": inferred.confirmed_by,
        "competencies": [
            {
                "uri": competency.uri,
                "label": competency.label("en"),
                "probability": None if inferred.stage is Stage.CONFIRMED else probability / UNITS,
            }
            for competency, probability in read
        ],
    }


def _stands_for(row: dict[str, Any]) -> str:
    """What an achievement stands for, or how likely it was read as what."""
    if row["reading"] == Stage.CONFIRMED:
        return "; ".join(read["label"] for read in row["competencies"]) or "nothing"
    reads = (f"{read['label']} ({read['probability']:.0%})" for read in row["competencies"])
    return "; ".join(reads) or "not understood"
