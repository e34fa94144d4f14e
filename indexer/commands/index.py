"""`credmatch reindex` and `credmatch follow`: bringing the database's contents to the search index."""

from __future__ import annotations

import signal
import threading
from dataclasses import asdict

import click

from indexer import follower
from indexer.commands.output import json_line, progress
from indexer.installation import opened, opened_for_server
from indexer.rebuild import rebuild
from indexer.serve import end_with_parent
from matcher.settings import read_settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Write the new index's state as one JSON document.")
def reindex(*, as_json: bool) -> None:
    """Build the search index anew while searches go on with the old one.

    \b
    Example:
      credmatch reindex
    """
    with opened(read_settings()) as parts:
        key = parts.settings.organisation
        version = parts.vocabularies.get(key).version
        with progress("indexing", "candidates") as step:
            state = rebuild(parts.database, parts.engine, key, version, step)
    if as_json:
        json_line(asdict(state))
    else:
        reached = f"{state.documents:,} candidates, up to change {state.change_number:,}"
        click.echo(f"generation {state.generation}: {reached}")


@click.command("follow")
@click.option("--until-eof", is_flag=True, hidden=True, help="Stop when standard input ends.")
def follow_changes(*, until_eof: bool) -> None:
    """Bring every change of the database to the search index, until stopped; `serve` does it too.

    \b
    Example:
      credmatch follow
    """
    if until_eof:
        end_with_parent()
    stop = threading.Event()
    with opened_for_server(read_settings()) as parts:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda *_: stop.set())
        follower.run(parts, stop)
