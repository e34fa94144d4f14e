"""`credmatch vocabulary`: how words are understood, and frameworks of competencies from files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import click

from indexer.commands.output import count, json_line, progress, table
from indexer.gathering import Chosen
from indexer.installation import opened
from indexer.phrases import Meaning, meanings, resolve_file
from indexer.readers.limits import vocabulary_limits
from indexer.vocabulary import Imported, import_frameworks
from matcher.errors import InvalidInput
from matcher.records import UNITS
from matcher.settings import read_settings
from matcher.vocabulary.calibration import SIMILAR_FROM


@click.group()
def vocabulary() -> None:
    """See how words are understood, and import frameworks of competencies.

    \b
    Example:
      credmatch vocabulary resolve "cariste"
    """


@vocabulary.command()
@click.argument("text", required=False)
@click.option(
    "--input", "stream", type=click.File("rb"), metavar="FILE", help='JSONL, {"id", "text"} a line.'
)
@click.option("--top", type=click.IntRange(1, 1_000), default=5, show_default=True, help="How many answers.")
@click.option("--json", "as_json", is_flag=True, help="Write a JSON document a phrase, each on a line.")
@click.pass_context
def resolve(
    ctx: click.Context, *, text: str | None, stream: BinaryIO | None, top: int, as_json: bool
) -> None:
    """Show which competencies TEXT, or each phrase of a file, may mean, the likeliest first.

    \b
    Examples:
      credmatch vocabulary resolve "drive a lift truck"
      credmatch vocabulary resolve --input phrases.jsonl --top 3 --json

    A line that cannot be read has an "error" in place of its answer; the others go on, the exit code is 2.
    """
    if (text is None) == (stream is None):
        raise click.UsageError("give either TEXT or --input")
    if text is not None and not text.strip():
        raise click.UsageError("TEXT is empty")
    with opened(read_settings()) as parts:
        found = parts.vocabularies.get(parts.settings.organisation)
        if stream is None:
            answer = meanings(found.understand([str(text)], top)[0])
            if as_json:
                json_line({"id": None, "competencies": answer})
            else:
                _show(answer)
            return
        wrong = False
        for phrase in resolve_file(found, stream, top):
            json_line(phrase)
            wrong = wrong or "error" in phrase
        ctx.exit(InvalidInput.exit_code if wrong else 0)


@vocabulary.command("import")
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    metavar="FILE...|FOLDER|-",
    type=click.Path(exists=True, allow_dash=True, path_type=Path),
)
@click.option("--name", default="", help="The framework's name; what it says itself where it is not given.")
@click.option("--version", default="", help="Its version; ESCO and O*NET do not say theirs, ESCO needs it.")
@click.option("--json", "as_json", is_flag=True, help="Write a JSON document a framework, each on a line.")
def import_(*, paths: tuple[Path, ...], name: str, version: str, as_json: bool) -> int:
    """Import frameworks of competencies, recognised by what is in the files.

    Read are CASE packages, Rich Skill Descriptors (JSON or CSV), CTDL-ASN, O*NET's text files, ESCO's CSV
    export, and a CSV or JSONL file of your own; a folder or an archive of them, compressed or not, and
    standard input (-).

    \b
    Examples:
      credmatch vocabulary import skills.csv --name "Northshore skills"
      credmatch vocabulary import standards.json
      credmatch vocabulary import ESCO-dataset.zip --version 1.2.1

    ESCO becomes the vocabulary of everybody, any other framework the organisation's own. Encoding takes about
    a second for 300 competencies. What cannot be read goes to quarantine;
    `credmatch inspect` shows it before. The exit code is 2 where that is all there was.
    """
    settings = read_settings()
    with opened(settings, create=True) as parts, progress("encoding", "competencies") as step:
        done = import_frameworks(
            parts.database,
            parts.vocabularies,
            parts.settings.organisation,
            paths,
            chosen=Chosen(name, version),
            limits=vocabulary_limits(settings),
            progress=step,
        )
    for imported in done:
        if as_json:
            json_line(_counts(imported))
        else:
            _tell(imported)
    return exit_code(done)


def exit_code(done: Sequence[Imported]) -> int:
    """2 where something was refused and no competency taken in."""
    taken = sum(one.counts.added + one.counts.changed + one.counts.unchanged for one in done)
    return InvalidInput.exit_code if any(one.rejected for one in done) and not taken else 0


def _counts(imported: Imported) -> dict[str, object]:
    counts = imported.counts
    return {
        **asdict(imported.framework),
        "format": imported.format,
        "added": counts.added,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "waiting": sum(number for number, _ in counts.waiting.values()),
        "quarantined": imported.rejected,
        "notices": [*_waiting(imported), *(f"{one.file}: {one.text}" for one in imported.notices)],
    }


def _tell(imported: Imported) -> None:
    counts, framework = imported.counts, imported.framework
    version = f" {framework.version}" if framework.version else ""
    click.echo(
        f"{framework.name}{version} ({imported.format}): "
        f"{count(counts.added, 'competency', 'competencies')} added, "
        f"{counts.changed:,} changed, {counts.unchanged:,} unchanged; "
        f"{count(imported.rejected, 'record', 'records')} quarantined"
    )
    for line in _waiting(imported):
        click.echo(line)
    for notice in imported.notices:
        click.echo(f"{notice.file}: {notice.text}")


def _waiting(imported: Imported) -> list[str]:
    return [
        f"{kind}: {number:,} wait for competencies that no framework has brought yet, such as {example}"
        for kind, (number, example) in imported.counts.waiting.items()
    ]


def _show(answer: list[Meaning]) -> None:
    best = answer[0] if answer else None
    if best is None or (best["relation"] != "exact" and best["probability"] * UNITS < SIMILAR_FROM):
        click.echo("not understood" if best is None else "not understood; the nearest, none of them likely:")
    rows = ((f"{one['probability']:.0%}", one["relation"], one["label"], one["uri"]) for one in answer)
    table(("likely", "relation", "competency", "URI"), rows)
