"""The ranking of a position: people in rows, micro-skills in columns, each cell with its proof behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from flask import render_template

from matcher.errors import NotScorable
from matcher.ranking.explain import State
from matcher.records import Position
from matcher.store.candidates import names
from matcher.store.organisations import organisation
from matcher.store.positions import load_position
from matcher.web.choices import chosen_day, chosen_people, chosen_top, chosen_view
from matcher.web.language import language
from matcher.web.services import services

TOPS = (10, 25, 50, 100, 250, 500)
"""How many people a page can be asked to show."""


class Share(NamedTuple):
    """A stretch of a score's bar: what one state earns, from where, in shares of 1."""

    state: str
    start: float
    size: float


@dataclass(frozen=True, slots=True)
class Person:
    """A row: who, with what result (see `Matcher.match`)."""

    name: str
    result: dict[str, Any]

    @property
    def shares(self) -> list[Share]:
        """The score, by the states that earn it."""
        return list(_shares(self.result))


def ranking(key: str) -> str | tuple[str, int]:
    """`/positions/<key>`: who is best qualified. `?who=` pool or applicants, `?day=`, `?top=`."""
    parts = services()
    top, day = chosen_top(), chosen_day()
    with parts.database.read() as connection:
        owner = organisation(connection, parts.organisation).id
        position = _of_whom(load_position(connection, owner, key))
    page = {"position": position, "top": top, "tops": TOPS, "day": day, "view": chosen_view()}
    try:
        answer = parts.matcher.match(parts.organisation, position, top=top, day=day, language=language())
    except NotScorable:
        return render_template("not_scorable.html", **page), NotScorable.status
    results = answer["results"][:top]
    with parts.database.read() as connection:
        called = names(connection, owner, [result["candidate"] for result in results])
    ranks = [result["rank"] for result in answer["results"]]
    held = {part["state"] for result in results for part in result["requirements"]}
    people = [Person(called.get(r["candidate"]) or r["candidate"], r) for r in results]
    return render_template(
        "ranking.html",
        **page,
        answer=answer,
        ranked=[person for person in people if person.result["rank"] is not None],
        missing=[person for person in people if person.result["rank"] is None],
        with_rank=len(ranks) - ranks.count(None),
        without_rank=ranks.count(None),
        marks=[state for state in State if state is not State.CHECKED or state in held],
    )


def _of_whom(position: Position) -> Position:
    """The position, for the people that the address asks for, if it asks."""
    who = chosen_people()
    if who is None:
        return position
    return replace(position, applicants_only=who == "applicants")


def _shares(result: dict[str, Any]) -> Iterator[Share]:
    start = 0.0
    for state in State:
        size = sum(part["points"] for part in result["requirements"] if part["state"] == state)
        if size:
            yield Share(state.value, start, size)
            start += size
