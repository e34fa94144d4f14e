"""A position while it is being written: what the form holds, before it is a `Position` and after."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic_core import to_json
from werkzeug.datastructures import MultiDict

from matcher.positions import position_json, version_of
from matcher.records import UNITS, Alternative, Basis, Likely, Position, Reading
from matcher.vocabulary.vocabulary import Vocabulary
from matcher.web.services import services
from matcher.web.weights import USUAL_WEIGHT

NONE = "none"
"""The choice that says: none of the competencies offered is meant."""

RECRUITER = "recruiter"
"""Who confirms a reading on the pages, until there are accounts."""

FILTERS = ("region", "languages", "issuer")
"""What chooses people, by the API's names."""

_OFFERED = 5
_LEAST = UNITS // 20
"""Where nothing is as probable as this, nothing is offered."""
_BULLET = re.compile(r"^\s*(?:[-*•–·]|\d{1,2}[.)])\s+")
_MOST_ROWS = 200
_LONGEST = 500


@dataclass(slots=True)
class Row:
    """A micro-skill in the form.

    `choice`: the URI of the competency that a person confirmed, `NONE`, or "" while it is open. `basis` and
    `competency`: how the words were read, None while nobody has read them; `likely`: what else they may mean,
    None while nobody asked. `level` and `weight` as numbers, `any_of` in the API's shape. `reworded`: its
    words are not those whose reading was shown, and nobody picked what they mean.
    """

    number: int
    text: str
    choice: str = ""
    weight: float = USUAL_WEIGHT
    must: bool = False
    level: float | None = None
    any_of: list[Any] = field(default_factory=list)
    basis: Basis | None = None
    competency: int | None = None
    likely: Sequence[Likely] | None = None
    reworded: bool = False
    error: str = ""

    @property
    def certain(self) -> bool:
        """Whether what the words mean is settled, so that a must-have could be met."""
        return self.basis in {Basis.GIVEN, Basis.EXACT, Basis.CONFIRMED}

    @property
    def any_of_json(self) -> str:
        """The alternatives as the form carries them."""
        return to_json(self.any_of).decode()

    def body(self) -> dict[str, Any]:
        """The requirement in the API's shape."""
        body: dict[str, Any] = {
            "text": self.text, "weight": self.weight, "must": self.must, "any_of": self.any_of
        }  # fmt: skip
        if self.choice and self.choice != NONE:
            body["competency"] = self.choice
        if self.level is not None:
            body["min_level"] = self.level
        return body


@dataclass(slots=True)
class Draft:
    """The form. `filters` in words, comma separated, by the API's names; `errors` by field.

    `version`: which stored version it was opened from, or is meant to replace; "" where that is none.
    """

    title: str = ""
    description: str = ""
    applicants_only: bool = False
    filters: dict[str, str] = field(default_factory=lambda: dict.fromkeys(FILTERS, ""))
    rows: list[Row] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    version: str = ""

    def body(self) -> dict[str, Any]:
        """The position in the API's shape."""
        return {
            "title": self.title,
            "description": self.description,
            "requirements": [row.body() for row in self.rows],
            "applicants_only": self.applicants_only,
            "filters": {name: _values(words) for name, words in self.filters.items()},
        }

    def read(self, vocabulary: Vocabulary) -> None:
        """Read every row's words, and offer what else they may mean. Raises Unavailable."""
        found = vocabulary.understand([row.text for row in self.rows], _OFFERED)
        readings = vocabulary.read([row.text for row in self.rows])
        for row, likely, reading in zip(self.rows, found, readings, strict=True):
            probable = any(one.exact or one.probability >= _LEAST for one in likely)
            row.likely = likely if probable else ()
            row.basis, row.competency = reading.basis, reading.competency
        self.settle(vocabulary)

    def settle(self, vocabulary: Vocabulary) -> None:
        """Let what a person chose stand above how the words were read."""
        for row in self.rows:
            if row.choice == NONE:
                row.basis, row.competency = Basis.NONE, None
            elif row.choice and (chosen := vocabulary.by_uri(row.choice)) is not None:
                row.basis, row.competency = Basis.CONFIRMED, chosen.id


def draft_of(position: Position, vocabulary: Vocabulary) -> Draft:
    """The form of a stored position, with its readings as they are stored."""
    body = position_json(position, vocabulary)
    rows = []
    for number, (requirement, stated) in enumerate(
        zip(position.requirements, body["requirements"], strict=True)
    ):
        first = requirement.alternatives[0]
        reading = first.reading
        rows.append(
            Row(
                number=number,
                text=first.text,
                choice=NONE if _refused(reading) else stated.get("competency", ""),
                weight=stated["weight"],
                must=stated["must"],
                level=stated.get("min_level"),
                any_of=stated["any_of"],
                basis=reading.basis,
                competency=reading.competency,
            )
        )
    return Draft(
        title=position.title,
        description=position.description,
        applicants_only=position.applicants_only,
        filters={name: ", ".join(values) for name, values in body["filters"].items()},
        rows=rows,
        version=version_of(position),
    )


def draft_in(form: MultiDict[str, str]) -> Draft:
    """The form as it was sent, nothing lost; lines that were added or pasted become rows at its end.

    Raises InvalidInput only for what no page of ours sends.
    """
    rows = [_row(form, number) for number in _numbers(form)]
    start = max((row.number for row in rows), default=-1) + 1
    rows.extend(_added(form, start))
    return Draft(
        title=form.get("title", "").strip(),
        description=form.get("description", "").replace("\r\n", "\n").strip(),
        applicants_only="applicants_only" in form,
        filters={name: form.get(name, "") for name in FILTERS},
        rows=[row for row in rows if row.text][:_MOST_ROWS],
        version=form.get("keep", "") or form.get("version", ""),
    )


def settled(position: Position, draft: Draft) -> Position:
    """`position`, parsed from `draft`, with what a person refused left without a competency."""
    return replace(
        position,
        requirements=tuple(
            replace(
                requirement,
                alternatives=(_refuse(requirement.alternatives[0]), *requirement.alternatives[1:]),
            )
            if row.choice == NONE
            else requirement
            for row, requirement in zip(draft.rows, position.requirements, strict=True)
        ),
    )


def _refuse(way: Alternative) -> Alternative:
    reading = replace(way.reading, basis=Basis.NONE, competency=None, probability=0, confirmed_by=RECRUITER)
    return replace(way, reading=reading)


def _refused(reading: Reading) -> bool:
    return reading.basis is Basis.NONE and bool(reading.confirmed_by)


def _numbers(form: MultiDict[str, str]) -> list[int]:
    """The numbers of the rows, in the form's order, without the one to be removed."""
    numbers = [
        int(text) for text in form.getlist("row") if text.isascii() and text.isdigit() and len(text) < 6
    ]
    gone = form.get("remove", "")
    return [number for number in dict.fromkeys(numbers) if str(number) != gone]


def _row(form: MultiDict[str, str], number: int) -> Row:
    text = _words(form.get(f"text-{number}", ""))
    picked = form.get(f"picked-{number}", "") or form.get(f"other-{number}", "")
    same = text == form.get(f"read-{number}", "")
    any_of = services().decode_json(form.get(f"any_of-{number}", "[]").encode("utf-8", "replace"))
    return Row(
        number=number,
        text=text,
        choice=picked or (form.get(f"choice-{number}", "") if same else ""),
        weight=_number(form.get(f"weight-{number}", "")) or USUAL_WEIGHT,
        must=f"must-{number}" in form,
        level=_number(form.get(f"level-{number}", "")),
        any_of=any_of if isinstance(any_of, list) else [],
        reworded=not same and not picked,
    )


def _added(form: MultiDict[str, str], start: int) -> Iterator[Row]:
    """Rows for the line that was added, with the competency that was picked for it, and for pasted lines."""
    number = start
    one = _words(form.get("add", ""))
    if one:
        yield Row(number, one, choice=form.get("picked-add", ""))
        number += 1
    for line in form.get("lines", "").splitlines():
        text = _words(_BULLET.sub("", line))
        if text:
            yield Row(number, text)
            number += 1


def _words(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _values(words: str) -> list[str]:
    return [value.strip() for value in words.split(",") if value.strip()]
