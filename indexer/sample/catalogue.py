"""The catalogue behind the fictional pool: who awards, what they award to whom, and the positions posted.

Issuers, achievements and positions are invented; competencies are those of the vocabulary that ships
(matcher/vocabulary/data/ATTRIBUTION.md) or, where an achievement names one without an address, its own.
In data/achievements.csv a competency is written `label <address> [framework]`; an address without a colon is
the end of one of ESCO's.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_ESCO = "http://data.europa.eu/esco/skill/"
_COMPETENCY = re.compile(r"(?P<label>[^<\[]+?)(?: <(?P<uri>[^>]+)>)?(?: \[(?P<framework>.+)\])?")


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who awards. `known`: whether the organisation has it in its register."""

    key: str
    name: str
    url: str
    known: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """An achievement as the pool uses it.

    `json` is its text in the shape that candidates are imported in; `years` its validity, 0 for none;
    `level` is "rubric", "score" or empty; `roles` says how often people of a role hold it, on a free scale.
    """

    key: str
    json: str
    language: str
    years: int
    level: str
    roles: dict[str, int]


@dataclass(frozen=True, slots=True)
class Posting:
    """A position, and the roles of those who apply, the likeliest first."""

    position: dict[str, Any]
    roles: tuple[str, ...]


@cache
def issuers() -> dict[str, Issuer]:
    """All issuers by their short key."""
    return {
        row["key"]: Issuer(row["key"], row["name"], row["url"], row["known"] == "yes")
        for row in _rows("issuers.csv")
    }


@cache
def offers() -> tuple[Offer, ...]:
    """All achievements, in the order of the data file."""
    rows = _rows("achievements.csv")
    places = {row["key"]: f"{issuers()[row['issuer']].url}/achievements/{row['key']}" for row in rows}
    return tuple(
        Offer(
            key=row["key"],
            json=json.dumps(_achievement(row, rows, places), ensure_ascii=False, separators=(",", ":")),
            language=row["language"],
            years=int(row["years"] or 0),
            level=row["level"],
            roles=_roles(row["roles"]),
        )
        for row in rows
    )


@cache
def postings() -> tuple[Posting, ...]:
    """The positions with their applicants' roles."""
    found = json.loads(data_text("positions.json"))
    return tuple(Posting(one["position"], tuple(one["roles"])) for one in found)


def positions() -> list[dict[str, Any]]:
    """The positions in the shape that `matcher.positions.parse_position` takes."""
    return [posting.position for posting in postings()]


def known_issuers() -> list[str]:
    """The addresses of the issuers that stand in the organisation's register: most of them."""
    return [issuer.url for issuer in issuers().values() if issuer.known]


def _roles(text: str) -> dict[str, int]:
    pairs = (pair.split("=") for pair in text.split())
    return {role: int(share) for role, share in pairs}


def _achievement(row: dict[str, str], rows: list[dict[str, str]], places: dict[str, str]) -> dict[str, Any]:
    issuer = issuers()[row["issuer"]]
    body: dict[str, Any] = {
        "key": places[row["key"]],
        "name": row["name"],
        "description": row["description"],
        "issuer": {"name": issuer.name, "url": issuer.url},
    }
    if row["competencies"]:
        body["competencies"] = [_competency(text) for text in row["competencies"].split(" | ")]
    related = [{"type": "hasPart", "key": places[part]} for part in row["parts"].split()]
    related += [
        {"type": "isPartOf", "key": places[whole["key"]]}
        for whole in rows
        if row["key"] in whole["parts"].split()
    ]
    if related:
        body["related"] = related
    return body


def _competency(text: str) -> dict[str, str]:
    found = _COMPETENCY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    competency = {"label": found["label"]}
    if found["uri"]:
        competency["uri"] = found["uri"] if ":" in found["uri"] else _ESCO + found["uri"]
    if found["framework"]:
        competency["framework"] = found["framework"]
    return competency


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(data_text(name).splitlines()))


def data_text(name: str) -> str:
    """The text of a file in this package's data/."""
    return (files("indexer.sample") / "data" / name).read_text(encoding="utf-8")
