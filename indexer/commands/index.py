"""`credmatch reindex`, `verify-index` and `follow`: bringing the database's contents to the search index."""

from __future__ import annotations

import signal
import threading
from dataclasses import asdict

import click

from indexer import follower, verifying
from indexer.commands.output import count, json_line, progress
from indexer.commands.processes import with_processes
from indexer.installation import opened, opened_for_server
from indexer.rebuild import Terms, rebuild, roll_back
from indexer.serve import end_with_parent
from matcher.settings import read_settings

_FIELDS = 5
"""Fields of a person who differs that a line names."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Write the new index's state as one JSON document.")
@with_processes
@click.option("--rollback", is_flag=True, help="Go back to the index before this one, brought up to date.")
def reindex(*, as_json: bool, processes: int, rollback: bool) -> None:
    """Build the search index anew while searches go on with the old one.

    \b
    Examples:
      credmatch reindex
      credmatch reindex --rollback
    """
    with opened(read_settings()) as parts:
        key, failures = parts.settings.organisation, parts.settings.reindex_failures
        if rollback:
            done = roll_back(parts.database, parts.engine, key, failures)
        else:
            terms = Terms(processes, failures)
            vocabulary = parts.vocabularies.get(key)
            with progress("indexing", "candidates") as step:
                done = rebuild(parts.database, parts.engine, key, vocabulary.version, step, terms)
            vocabulary.ensure_narrowing()
    state = done.state
    if as_json:
        json_line({**asdict(state), "failed": done.failed})
        return
    reached = f"{count(state.documents, 'candidate', 'candidates')}, up to change {state.change_number:,}"
    click.echo(f"generation {state.generation}: {reached}")
    for person, why in done.failed.items():
        click.echo(f"not indexed: {person}: {why}", err=True)


@click.command("verify-index")
@click.option("--repair", is_flag=True, help="Write the right rows in the place of those that differ.")
@click.option("--json", "as_json", is_flag=True, help="Write a person a line as JSON, and a summary.")
def verify_index(*, repair: bool, as_json: bool) -> int:
    """Compare the search index with the database, row by row; exit code 1 where they differ and stay so.

    \b
    Examples:
      credmatch verify-index
      credmatch verify-index --repair --json
    """
    differing = repaired = 0
    with opened(read_settings()) as parts, progress("comparing", "candidates") as step:
        key = parts.settings.organisation
        for found in verifying.verify_index(parts.database, parts.engine, key, step, repair=repair):
            differing += 1
            repaired += found.repaired
            if as_json:
                json_line(_difference(found))
            else:
                click.echo(_described(found))
    if as_json:
        json_line({"differing": differing, "repaired": repaired})
    else:
        mended = f", {repaired:,} repaired" if repair else ""
        click.echo(f"{count(differing, 'person differs', 'people differ')}{mended}")
        if repair and repaired < differing:
            click.echo("for who is left: mend what cannot be read, then `credmatch reindex`")
    return int(differing > repaired)


def _difference(found: verifying.Found) -> dict[str, object]:
    fields = [{"field": name, "index": mine, "database": right} for name, mine, right in found.fields]
    return {
        "candidate": found.key,
        "what": found.what,
        "fields": fields,
        "why": found.why,
        "repaired": found.repaired,
    }


def _described(found: verifying.Found) -> str:
    shown, more = found.fields[:_FIELDS], len(found.fields) - _FIELDS
    fields = [f"{name} {_value(mine)} instead of {_value(right)}" for name, mine, right in shown]
    if more > 0:
        fields.append(f"and {count(more, 'more field', 'more fields')}, which --json names")
    detail = "; ".join(fields) or found.why
    mended = " (repaired)" if found.repaired else ""
    return f"{found.key}: {found.what}{': ' if detail else ''}{detail}{mended}"


def _value(value: object) -> str:
    if value is None:
        return "nothing"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


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
