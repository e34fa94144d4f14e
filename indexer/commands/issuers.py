"""`credmatch issuers`: which issuers the organisation knows; awards of known ones count for more."""

from __future__ import annotations

from dataclasses import asdict

import click

from indexer.changes import catch_up
from indexer.commands.output import json_line, table
from indexer.commands.stored import stored
from indexer.installation import opened
from matcher.settings import read_settings
from matcher.store.issuers import list_issuers, set_issuer_known
from matcher.store.organisations import organisation


@click.group()
def issuers() -> None:
    """List issuers, and say which the organisation knows.

    \b
    Example:
      credmatch issuers trust https://college.example
    """


@issuers.command("list")
@click.option("--json", "as_json", is_flag=True, help="Write an issuer a line as JSON.")
def list_(*, as_json: bool) -> None:
    """List the issuers.

    \b
    Example:
      credmatch issuers list
    """
    with opened(read_settings()) as parts, parts.database.read() as connection:
        found = list_issuers(connection, organisation(connection, parts.settings.organisation))
    if as_json:
        for issuer in found:
            json_line(asdict(issuer))
    else:
        rows = ((i.key, i.name, "known" if i.known else "", f"{i.awards:,}") for i in found)
        table(("key", "name", "register", "awards"), rows)


@issuers.command()
@click.argument("key")
def trust(*, key: str) -> None:
    """Count the issuer with this KEY (its address, else its name) as known.

    \b
    Example:
      credmatch issuers trust https://college.example
    """
    _set_known(key, known=True)


@issuers.command()
@click.argument("key")
def distrust(*, key: str) -> None:
    """Count the issuer with this KEY as unknown again.

    \b
    Example:
      credmatch issuers distrust https://college.example
    """
    _set_known(key, known=False)


def _set_known(key: str, *, known: bool) -> None:
    with opened(read_settings()) as parts:
        with parts.database.write() as connection:
            home = organisation(connection, parts.settings.organisation)
            set_issuer_known(connection, home, key, known=known)
        with stored():
            catch_up(parts.database, parts.engine, home.key)
    click.echo(f"{key} is {'known' if known else 'not known'} now")
