"""A position while it is being written: what the form holds, before it is a `Position` and after."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from matcher.positions import position_json, version_of
from matcher.records import UNITS, Alternative, Basis, Likely, Position, Reading, Requirement
from matcher.vocabulary.vocabulary import Vocabulary
from matcher.web.pages.pasting import lines_in, parts_of, taken_apart, words_of
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
_MOST_ROWS = 200


@dataclass(slots=True)
class Way:
    """Words of the form and what they mean: a micro-skill's own, or those of an alternative to it.

    `name`: what its fields are called by, "3" or, for an alternative, "3-1". `choice`: the URI of the
    competency that a person confirmed, `NONE`, or "" while it is open. `basis` and `competency`: how the
    words were read, None while nobody has read them; `likely`: what else they may mean, None while nobody
    asked. `level`: the least level as a share of 1. `reworded`: its words are not those whose reading was
    shown, and nobody picked what they mean.
    """

    name: str
    text: str
    choice: str = ""
    level: float | None = None
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
    def state(self) -> str:
        """ "sure", "none" (not understood) or "open"."""
        if self.basis is None:
            return "open"
        if self.competency is None:
            return "none"
        return "sure" if self.certain else "open"

    def body(self) -> dict[str, Any]:
        """What is asked for, in the API's shape."""
        body: dict[str, Any] = {"text": self.text}
        if self.choice and self.choice != NONE:
            body["competency"] = self.choice
        if self.level is not None:
            body["min_level"] = self.level
        return body


@dataclass(slots=True)
class Row(Way):
    """A micro-skill in the form. `others`: its alternatives; `adding`: one of them was just added.

    `like`: the words of an earlier row that asks for the same, so that it counts twice; "" for none.
    `pasted`: it is a line that was just pasted, which may hold more than one micro-skill.
    """

    weight: float = USUAL_WEIGHT
    must: bool = False
    others: list[Way] = field(default_factory=list)
    adding: bool = False
    like: str = ""
    pasted: bool = False

    @property
    def ways(self) -> list[Way]:
        """Itself and its alternatives."""
        return [self, *self.others]

    def requirement(self) -> dict[str, Any]:
        """The requirement in the API's shape."""
        others = [way.body() for way in self.others]
        return {**self.body(), "weight": self.weight, "must": self.must, "any_of": others}


@dataclass(slots=True)
class Draft:
    """The form. `filters` in words, comma separated, by the API's names; `errors` by field.

    `version`: which stored version it was opened from, or is meant to replace; "" where that is none.
    `merged`: added words that a row asked for already, and that made no further one. `apart`: what was made
    of pasted lines that said more than a micro-skill's name, as sentences.
    """

    title: str = ""
    description: str = ""
    applicants_only: bool = False
    filters: dict[str, str] = field(default_factory=lambda: dict.fromkeys(FILTERS, ""))
    rows: list[Row] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    version: str = ""
    merged: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)

    @property
    def ways(self) -> list[Way]:
        """All rows with their alternatives, in order."""
        return [way for row in self.rows for way in row.ways]

    def blame(self, where: str, text: str) -> None:
        """Put what is wrong beside its field; `where`: a JSON path in `body`, or "" for no one place."""
        place = re.match(r"requirements\[(\d+)\](?:\.any_of\[(\d+)\])?", where)
        if place is not None:
            number, other = place.groups()
            row = self.rows[int(number)]
            (row if other is None else row.others[int(other)]).error = text
            return
        name = re.sub(r"^filters\.|\[.*", "", where)
        self.errors[name if name in {"title", "description", *FILTERS} else "form"] = text

    def body(self) -> dict[str, Any]:
        """The position in the API's shape."""
        return {
            "title": self.title,
            "description": self.description,
            "requirements": [row.requirement() for row in self.rows],
            "applicants_only": self.applicants_only,
            "filters": {name: _values(words) for name, words in self.filters.items()},
        }

    def read(self, vocabulary: Vocabulary) -> None:
        """Take pasted lines apart, read all words, and offer what else they may mean. Raises Unavailable."""
        self._take_apart(vocabulary)
        texts = [way.text for way in self.ways]
        found, readings = vocabulary.understand(texts, _OFFERED), vocabulary.read(texts)
        for way, likely, reading in zip(self.ways, found, readings, strict=True):
            probable = any(one.exact or one.probability >= _LEAST for one in likely)
            way.likely = likely if probable else ()
            way.basis, way.competency = reading.basis, reading.competency
        self.settle(vocabulary)

    def settle(self, vocabulary: Vocabulary) -> None:
        """Let what a person chose stand above how the words were read."""
        for way in self.ways:
            if way.choice == NONE:
                way.basis, way.competency = Basis.NONE, None
            elif way.choice and (chosen := vocabulary.by_uri(way.choice)) is not None:
                way.basis, way.competency = Basis.CONFIRMED, chosen.id
        self._compare()

    def _take_apart(self, vocabulary: Vocabulary) -> None:
        """Make of a pasted line a row for each of its parts, or one with an alternative, where it is that.

        Never of a line that is itself a name. Between commas each part has to be a name; both sides of an
        "or" have to be short and understood ("install or repair pumps" is one micro-skill).
        """
        parts = {row.name: parts_of(row.text) for row in self.rows if row.pasted}
        texts = [row.text for row in self.rows if any(parts.get(row.name, ()))]
        texts += [text for listed, sides in parts.values() for text in (*listed, *sides)]
        bases = dict(zip(texts, (one.basis for one in vocabulary.read(texts)), strict=True)) if texts else {}
        number = max((int(row.name) for row in self.rows), default=-1) + 1
        rows: list[Row] = []
        for row in self.rows:
            listed, sides = parts.get(row.name, ((), ()))
            row.pasted = False
            if bases.get(row.text) is Basis.EXACT:
                listed, sides = (), ()
            if listed and all(bases[text] is Basis.EXACT for text in listed):
                self.apart.append(taken_apart(row.text, len(listed)))
                further = [Row(str(number + place), text, must=row.must) for place, text in enumerate(listed)]
                self.merged += _add(rows, iter(further))
                number += len(further)
                continue
            if sides and all(bases[text] is not Basis.NONE for text in sides):
                self.apart.append(
                    _("“%(text)s” became one micro-skill with an alternative to it.", text=row.text)
                )
                row.text = sides[0]
                row.others = [Way(f"{row.name}-0", sides[1])]
            rows.append(row)
        if len(rows) > _MOST_ROWS:
            self.errors["skills"] = _too_many()
        self.rows = rows[:_MOST_ROWS]

    def _compare(self) -> None:
        """Say of each row which earlier one asks for the same: by words, or by what they mean for certain."""
        words: dict[str, str] = {}
        meanings: dict[int, str] = {}
        for row in self.rows:
            if row.others:  # an alternative more makes it another question
                continue
            meaning = row.competency if row.certain else None
            row.like = words.get(_same(row.text), "") or (
                "" if meaning is None else meanings.get(meaning, "")
            )
            words.setdefault(_same(row.text), row.text)
            if meaning is not None:
                meanings.setdefault(meaning, row.text)


def draft_of(position: Position, vocabulary: Vocabulary) -> Draft:
    """The form of a stored position, with its readings as they are stored."""
    body = position_json(position, vocabulary)
    rows = [
        _stored_row(number, requirement, stated)
        for number, (requirement, stated) in enumerate(
            zip(position.requirements, body["requirements"], strict=True)
        )
    ]
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
    start = max((int(row.name) for row in rows), default=-1) + 1
    rows = [row for row in rows if row.text]
    apart: list[str] = []
    merged = _add(rows, _added(form, start, apart))
    errors = {}
    if len(rows) > _MOST_ROWS:
        errors["skills"] = _too_many()
    return Draft(
        title=form.get("title", "").strip(),
        description=form.get("description", "").replace("\r\n", "\n").strip(),
        applicants_only="applicants_only" in form,
        filters={name: form.get(name, "") for name in FILTERS},
        rows=rows[:_MOST_ROWS],
        errors=errors,
        version=form.get("keep", "") or form.get("version", ""),
        merged=merged,
        apart=apart,
    )


def settled(position: Position, draft: Draft) -> Position:
    """`position`, parsed from `draft`, with what a person refused left without a competency."""
    return replace(
        position,
        requirements=tuple(
            replace(
                requirement,
                alternatives=tuple(
                    _refuse(stored) if way.choice == NONE else stored
                    for way, stored in zip(row.ways, requirement.alternatives, strict=True)
                ),
            )
            for row, requirement in zip(draft.rows, position.requirements, strict=True)
        ),
    )


def _stored_row(number: int, requirement: Requirement, stated: dict[str, Any]) -> Row:
    """The row of a stored requirement; `stated`: the same in the API's shape."""
    first, *others = requirement.alternatives
    row = Row(str(number), first.text, weight=stated["weight"], must=stated["must"])
    row.others = [Way(f"{number}-{place}", way.text) for place, way in enumerate(others)]
    shapes = [stated, *stated["any_of"]]
    for way, alternative, shape in zip(row.ways, requirement.alternatives, shapes, strict=True):
        way.choice = NONE if _refused(alternative.reading) else shape.get("competency", "")
        way.level = shape.get("min_level")
        way.basis, way.competency = alternative.reading.basis, alternative.reading.competency
    return row


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
    """A row with its alternatives; where its own words were taken away, it becomes its first alternative."""
    own = _way(form, str(number))
    others = [way for way in (_way(form, name) for name in _other_names(form, number)) if way.text]
    if not own.text and others:
        own, *others = others
        own.name = str(number)
    added = words_of(form.get(f"or-{number}", ""))
    if added:
        place = max((int(way.name.partition("-")[2]) for way in others), default=-1) + 1
        others.append(Way(f"{number}-{place}", added, choice=form.get(f"picked-or-{number}", "")))
    return Row(
        str(number),
        own.text,
        choice=own.choice,
        level=own.level,
        reworded=own.reworded,
        weight=_number(form.get(f"weight-{number}", "")) or USUAL_WEIGHT,
        must=f"must-{number}" in form,
        others=others,
        adding=bool(added),
    )


def _other_names(form: MultiDict[str, str], number: int) -> list[str]:
    """The names of a row's alternatives, in the form's order, without the one to be removed."""
    mine = re.compile(rf"{number}-\d{{1,5}}", re.ASCII)
    names = [name for name in form.getlist("way") if mine.fullmatch(name)]
    gone = form.get("remove", "")
    return [name for name in dict.fromkeys(names) if name != gone]


def _way(form: MultiDict[str, str], name: str) -> Way:
    text = words_of(form.get(f"text-{name}", ""))
    picked = form.get(f"picked-{name}", "") or form.get(f"other-{name}", "")
    same = text == form.get(f"read-{name}", "")
    return Way(
        name,
        text,
        choice=picked or (form.get(f"choice-{name}", "") if same else ""),
        level=_number(form.get(f"level-{name}", "")),
        reworded=not same and not picked,
    )


def _added(form: MultiDict[str, str], start: int, apart: list[str]) -> Iterator[Row]:
    """Rows for the line that was added, with the competency that was picked for it, and for pasted lines.

    `apart` takes what is to be said of lines that became more than their words.
    """
    number = start
    one = words_of(form.get("add", ""))
    if one:
        yield Row(str(number), one, choice=form.get("picked-add", ""))
        number += 1
    for words, must in lines_in(form.get("lines", ""), apart):
        yield Row(str(number), words, must=must, pasted=True)
        number += 1


def _too_many() -> str:
    return str(_("There are too many: only the first %(count)s were kept.", count=_MOST_ROWS))


def _add(rows: list[Row], added: Iterator[Row]) -> list[str]:
    """Put further rows at the end of `rows`; the words of those that are there already, each once.

    What is a must-have the second time is one.
    """
    there = {_same(row.text): row for row in reversed(rows)}
    merged: dict[str, None] = {}
    for row in added:
        if _same(row.text) in there:
            merged.setdefault(row.text)
            there[_same(row.text)].must |= row.must
        else:
            there[_same(row.text)] = row
            rows.append(row)
    return list(merged)


def _same(text: str) -> str:
    return text.casefold()


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _values(words: str) -> list[str]:
    return [value.strip() for value in words.split(",") if value.strip()]
