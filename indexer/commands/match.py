"""`credmatch match`: who is best qualified for a position, with the evidence for every point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import click

from app import Parts
from indexer.commands.days import Day
from indexer.commands.documents import document, documents
from indexer.commands.output import count, failed, json_line, table
from indexer.installation import opened
from matcher.errors import CredmatchError, InvalidInput, NotFound
from matcher.matching import TOP
from matcher.messages import said
from matcher.positions import parse_position
from matcher.settings import read_settings

Json = dict[str, Any]

_SIGNS = {"checked": "■", "current": "●", "claimed": "◐", "lapsed": "○", "nothing": "·"}
_LEGEND = "■ checked  ● current  ◐ only claimed  ○ lapsed  · nothing"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of every position: how many people, as of which day, labels in which language."""

    top: int
    day: date | None
    language: str

    def stored(self, parts: Parts, key: str) -> Json:
        """The ranking for the stored position with this key."""
        return parts.matcher.match_stored(
            parts.settings.organisation, key, top=self.top, day=self.day, language=self.language
        )

    def sent(self, parts: Parts, body: object, default_key: str) -> Json:
        """The ranking for a position that stands in a file; it is not stored."""
        organisation = parts.settings.organisation
        position = parse_position(body, parts.vocabularies.get(organisation), key=_key(body, default_key))
        return parts.matcher.match(organisation, position, top=self.top, day=self.day, language=self.language)


@click.command()
@click.option("--position", metavar="FILE|KEY", help="A position in a JSON file, or a stored one by its key.")
@click.option(
    "--positions",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with a position a line (JSONL).",
)
@click.option(
    "--top", type=click.IntRange(1, 100_000), default=TOP, show_default=True, help="How many people."
)
@click.option("--day", type=Day(), help="As of the end of this day, such as 2026-06-30, instead of now.")
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", help="Of the labels.")
@click.option("--json", "as_json", is_flag=True, help="Write a JSON document a position, each on a line.")
@click.pass_context
def match(
    ctx: click.Context, *, position: str | None, file: Path | None, top: int, day: date | None,
    language: str, as_json: bool,
) -> None:  # fmt: skip
    """Rank the pool, or the applicants, for a position.

    \b
    Examples:
      credmatch match --position warehouse.json --top 10
      credmatch match --position stored-key --day 2026-06-30 --json
      credmatch match --positions many.jsonl --top 50 --json > rankings.jsonl

    A position among many that cannot be ranked is named on standard error, and in JSON its line has an
    "error"; the others go on, and the exit code is that of the last error.
    """
    asked = _Asked(top, day, language)
    show = json_line if as_json else _show
    if (position is None) == (file is None):
        raise click.UsageError("give either --position or --positions")
    with opened(read_settings()) as parts:
        if file is not None:
            ctx.exit(_match_many(parts, file, asked, as_json=as_json))
        path = Path(str(position))
        if path.is_file():
            show(asked.sent(parts, _one(path), path.stem))
            return
        try:
            show(asked.stored(parts, str(position)))
        except NotFound as error:
            reason = said("there is neither a file nor a stored position %(position)s", position=position)
            raise NotFound(reason) from error


def _one(path: Path) -> object:
    """The position that a file holds. Raises InvalidInput, which names --positions where it may be meant."""
    try:
        return document(path)
    except InvalidInput as error:
        if path.suffix != ".jsonl":
            raise
        wrong = said(
            "%(reason)s; a file with a position a line is given with --positions", reason=error.reason
        )
        raise InvalidInput(wrong, where=error.where) from error


def _match_many(parts: Parts, file: Path, asked: _Asked, *, as_json: bool) -> int:
    """Rank for each line of a file; the exit code."""
    code = 0
    for number, body in documents(file):
        default = f"line-{number}"
        try:
            if isinstance(body, CredmatchError):
                raise body
            answer = asked.sent(parts, body, default)
        except CredmatchError as error:
            code = failed(f"{file.name} line {number}: {error}", error.exit_code)
            answer = {"position": _key(body, default), "error": str(error), "results": []}
        if as_json:
            json_line(answer)
        elif "error" not in answer:
            _show(answer)
    return code


def _key(body: object, default: str) -> str:
    """The key that a position gives itself, else `default`."""
    stated = body.get("key") if isinstance(body, dict) else None
    return stated if isinstance(stated, str) and stated.strip() else default


def _show(answer: Json) -> None:
    click.echo(f"{answer['position']}  {answer['title']}".rstrip())
    for requirement in answer["requirements"]:
        click.echo(f"  {_requirement(requirement)}")
    for number, excluded in groupby(answer["excluded"], itemgetter("requirement")):
        must = answer["requirements"][number - 1]["text"]
        click.echo(f"  not ranked for the must-have {number} ({must}): {'; '.join(map(_lack, excluded))}")
    if late := answer["behind"]:
        waiting = count(late["changes"], "change", "changes")
        age = "no longer logged" if late["seconds"] is None else f"{late['seconds']:,} s old"
        click.echo(
            f"  the search index lacks {waiting}, the first {age}: who is new since then may be missing"
        )
    click.echo(f"  {_LEGEND}")
    table(("", "candidate", "score", "covers", "by"), (_row(result) for result in answer["results"]))
    click.echo()


_LACKS = {
    "nothing": ("person lacks it", "people lack it"),
    "level": ("holds it at a lower level", "hold it at a lower level"),
    "level_unknown": ("states no level on a scale", "state no level on a scale"),
    "claim": ("has only weaker evidence of it", "have only weaker evidence of it"),
}


def _lack(excluded: Json) -> str:
    return count(excluded["count"], *_LACKS[excluded["reason"]])


def _requirement(requirement: Json) -> str:
    must = ", must" if requirement["must"] else ""
    read = requirement["competency"]
    if not requirement["understood"]:
        meaning = "not understood: leaves the score"
    elif read is None:
        meaning = "by kinship only"
    else:
        meaning = f"{read['label']} ({requirement['basis']})"
    return (
        f"{requirement['number']}. {requirement['text']} (weight {requirement['weight']:g}{must}): {meaning}"
    )


def _row(result: Json) -> tuple[str, ...]:
    rank = "-" if result["rank"] is None else f"{result['rank']}{'=' if result['tied'] else ''}"
    signs = "".join(_SIGNS[part["state"]] for part in result["requirements"])
    return rank, result["candidate"], f"{result['score']:.6f}", signs, "; ".join(_awards(result))


def _awards(result: Json) -> Iterator[str]:
    """The awards that earn points, each once, in the order of the requirements."""
    earning = (part["award"]["name"] for part in result["requirements"] if part["points"] > 0)
    yield from dict.fromkeys(earning)
