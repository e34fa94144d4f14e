"""A row of a table of awards, in the shape of a candidate with one award (`shape.py`).

**Statuses** are read in English and French, as exports have them. What is not completed is no award and is
refused. "Expired" is no status of ours: the expiry date says it. Where it is missing, or is still to come,
the award is taken as suspended and a notice says so: refusing it would leave an earlier "valid" counting.
So is what is "cancelled" and was issued, as that may mean a credential revoked; without a date of issue or
a number it is a registration given up, and refused.

**Levels** are 0.75, 0,75, 75 % or 3/4; a word, or a number over 1 without a scale, is shown as the level's
label, and a notice says so; NaN and 1e999 are refused. A **score** says how a test went and not how well
something is mastered: it is shown as the level's label and is never a level. Where either says that something
was not passed (`verdicts.py`) there is no award, and the row is refused.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from indexer.readers.csv_columns import COMPLETED, FIRST_NAME, LAST_NAME, PATHS, SCORE, plain
from indexer.readers.dates import NOT_STATED, parse_date
from indexer.readers.entries import check_number
from indexer.readers.json_text import shown
from indexer.readers.verdicts import passed
from matcher.errors import InvalidInput
from matcher.messages import Said, said
from matcher.moments import last_moment

_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DECIMAL = re.compile(r"\d{0,9}[.,]?\d{1,9}", re.ASCII)
_PERCENT = re.compile(r"(\d{1,9}(?:[.,]\d{1,9})?)\s?%", re.ASCII)
_PART = re.compile(r"(\d{1,9}(?:[.,]\d{1,9})?) ?/ ?(\d{1,9})", re.ASCII)
_UNREAL = re.compile(r"[+-]?(?:nan|inf(?:inity)?|[\d.,]+e[+-]?\d+)", re.ASCII | re.IGNORECASE)
"""Numbers as programs write them that are no level, and no word for one either."""

_LONGEST_LABEL = 500
_WORDED = said(
    "levels without a scale, or in words: shown as they stand; to compare them write 0.75, 75 %% or 3/4"
)
_TOTALS = re.compile(
    r"(?:grand[ -]|sous[ -]?|sub[ -]?)?tota(?:l|ls|ux)(?: g[ée]n[ée]ral| rows| records| lignes)?[\s\d.,:=]*",
    re.IGNORECASE,
)
_DATES = {"issued": "first", "valid_from": "last", "expires": "first"}
"""Column -> which day of a month that is stated without one never favours the candidate."""


def _each(words: str, status: str) -> dict[str, str]:
    return {plain(word): status for word in words.split(",")}


_EXPIRED, _NOT_YET, _EITHER = "expired", "not completed", "cancelled"
_STATUSES = (
    _each(
        "active, actif, valid, valide, validé, validée, current, en vigueur, complete, completed, "
        "completed equivalent, complété, complétée, terminé, terminée, achevé, achevée, passed, réussi, "
        "réussie, "
        "obtained, obtenu, obtenue, issued, émis, émise, délivré, délivrée, awarded, certified, certifié, "
        "certifiée, accepted, accepté, acceptée, published, granted",
        "active",
    )
    | _each("suspended, suspendu, suspendue, on hold", "suspended")
    | _each("revoked, révoqué, révoquée, rescinded", "revoked")
    | _each("unknown, inconnu, inconnue", "unknown")
    | _each("expired, expiré, expirée, échu, échue, périmé, périmée, lapsed", _EXPIRED)
    | _each(
        "in progress, en cours, started, commencé, commencée, not started, non commencé, non commencée, "
        "à faire, incomplete, incomplet, incomplète, not completed, non complété, non terminé, non "
        "achevé, non obtenu, enrolled, registered, inscrit, inscrite, assigned, assigné, planned, "
        "planifié, planifiée, scheduled, pending, en attente, requested, demandé, approved, waitlisted, "
        "overdue, past due, en retard, failed, échoué, échouée, échec, non réussi, not passed, did not "
        "pass, not attempted, no show, absent, absente, attended, rejected, refusé, refusée, draft, "
        "brouillon",
        _NOT_YET,
    )
    | _each(
        "cancelled, canceled, annulé, annulée, withdrawn, retiré, retirée, inactive, inactif, archived, "
        "archivé, archivée",
        _EITHER,
    )
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How the rows of a file are read: the organisation's time zone, whose they are ("" for anybody), the
    order of day and month, how many competencies an award may have, and who is told what is worth knowing,
    with the row's line."""

    zone: ZoneInfo
    candidate: str
    dates: str
    competencies: int
    note: Callable[[Said, int], None]


def is_totals(cells: tuple[str, ...]) -> bool:
    """Whether a row adds up those above it."""
    first = next((cell for cell in cells if cell.strip()), "")
    return "tota" in first[:20].lower() and len(first) < 100 and bool(_TOTALS.fullmatch(first.strip()))


def body(values: dict[str, str], reading: Reading, line: int) -> dict[str, Any]:
    """The shape of a row, given as column -> what its cell says; those that say nothing are not there.

    Raises InvalidInput with a path in the shape.
    """
    if is_totals((values.get("candidate_key", ""),)):
        raise InvalidInput(said("is a line of totals, and no award"), where="candidate.key")
    award: dict[str, Any] = {"achievement": {"competencies": _competencies(values, reading.competencies)}}
    shape: dict[str, Any] = {"candidate": {}, "awards": award}
    _worded(values, reading, line)
    _score(values)
    _completed(values)
    _name(values)
    for column, cell in values.items():
        parents, field = _PLACES[column]
        place = shape
        for parent in parents:
            place = place.setdefault(parent, {})
        if column not in _DATES:
            place[field] = _value(column, cell)
        elif _ISO_DATE.fullmatch(cell):
            place[field] = cell
        else:
            _date(award, column, cell, reading, line)
    _whose(shape["candidate"], reading.candidate)
    if award.get("status") == _EXPIRED:
        award["status"] = _expired(award, reading, line)
    elif award.get("status") == _EITHER:
        award["status"] = _cancelled(award, reading, line)
    return shape | {"awards": [award]}


_PLACES = {column: (tuple(path.split(".")[:-1]), path.rpartition(".")[2]) for column, path in PATHS.items()}


def _completed(values: dict[str, str]) -> None:
    """Take the day of completion where that of issue is not stated."""
    day = values.pop(COMPLETED, "")
    if day and values.get("issued", "-").lower() in NOT_STATED:
        values["issued"] = day


def _whose(person: dict[str, Any], candidate: str) -> None:
    """Say whose a row is that does not say it with a key: an e-mail address does, or the whole file.

    What stands for nothing ("n/a") is no key: it would make one person of many.
    """
    for field in ("key", "email"):
        if field in person and person[field].lower() in NOT_STATED:
            del person[field]
    if "key" in person:
        return
    if "email" in person:
        if "@" not in person["email"]:
            reason = said(
                "%(value)s is no e-mail address, and nothing else says whose the row is",
                value=shown(person["email"]),
            )
            raise InvalidInput(reason, where=PATHS["email"])
        person["identifiers"] = [person["email"]]
    elif candidate:
        person["key"] = candidate


def _name(values: dict[str, str]) -> None:
    """Join first and last name where no whole one is there."""
    parts = [values.pop(FIRST_NAME, ""), values.pop(LAST_NAME, "")]
    if any(parts):
        values.setdefault("candidate_name", " ".join(filter(None, parts)))


def _worded(values: dict[str, str], reading: Reading, line: int) -> None:
    """Show a level that is a word, or has no scale, as the level's label.

    Raises InvalidInput where the word says that something was not passed.
    """
    for column in ("level", "level_label"):
        if column in values:
            _check_passed(values[column], PATHS[column])
    cell = values.get("level", "")
    if not cell or len(cell) > _LONGEST_LABEL or cell.lower() in NOT_STATED:
        return
    if _PERCENT.fullmatch(cell) or _PART.fullmatch(cell) or _UNREAL.fullmatch(cell):
        return
    if _DECIMAL.fullmatch(cell) and _number(cell) <= 1:
        return
    del values["level"]
    values.setdefault("level_label", cell)
    reading.note(_WORDED, line)


def _score(values: dict[str, str]) -> None:
    """Show a score as the level's label. Raises InvalidInput where it says that a test was failed."""
    score = values.pop(SCORE, "")
    if not score:
        return
    _check_passed(score, SCORE)
    values.setdefault("level_label", score)


def _check_passed(words: str, where: str) -> None:
    """Raise InvalidInput where a level or a score says that something was not passed."""
    if passed(words) is False:
        raise InvalidInput(said("%(value)s: not passed, and so no award", value=shown(words)), where=where)


def _value(column: str, cell: str) -> object:
    if column in {"languages", "applied_to"}:
        return [item for item in _items(cell) if item]
    if column not in {"status", "level"}:
        return cell
    if cell.lower() in NOT_STATED:
        return None
    return _status(cell) if column == "status" else _level(cell)


def _status(cell: str) -> str:
    status = _STATUSES.get(plain(cell[:100]), cell.lower())
    if status == _NOT_YET:
        reason = said("%(value)s: not completed, and so no award", value=shown(cell))
        raise InvalidInput(reason, where=PATHS["status"])
    return status


def _expired(award: Mapping[str, Any], reading: Reading, line: int) -> str:
    """The status of an award that is said to be expired: its expiry date lapses it, if that is over."""
    expires = award.get("expires", "")
    if expires and _is_over(expires, reading.zone):
        return "active"
    if expires:
        remark = said(
            "expired with an expiry date that is still to come: taken as suspended, so that it does not count"
        )
    else:
        remark = said("expired without an expiry date: taken as suspended, so that it does not count")
    reading.note(remark, line)
    return "suspended"


def _cancelled(award: Mapping[str, Any], reading: Reading, line: int) -> str:
    """The status of an award that is said to be cancelled, withdrawn or archived."""
    if not (award.get("issued") or award.get("key")):
        reason = said("a registration that was given up, and no award; where a credential was, write revoked")
        raise InvalidInput(reason, where=PATHS["status"])
    reading.note(said("cancelled or withdrawn: taken as suspended, so that it does not count"), line)
    return "suspended"


def _is_over(date: str, zone: ZoneInfo) -> bool:
    """Whether a day or time is past; one that does not exist is refused later."""
    try:
        return last_moment(date, zone) < time.time()
    except ValueError:
        return True


def _date(award: dict[str, Any], column: str, cell: str, reading: Reading, line: int) -> None:
    try:
        stated = parse_date(cell, reading.dates, end=column == "expires")
    except InvalidInput as error:
        raise InvalidInput(error.reason, where=PATHS[column]) from error
    if stated is None:
        return
    award[column] = getattr(stated, _DATES[column])
    if stated.first != stated.last:
        remark = said("a month without a day: read as the day of it that favours the candidate least")
        reading.note(remark, line)
        if column == "issued":
            award.setdefault("valid_from", stated.last)


def _level(cell: str) -> object:
    """A level where its scale is clear; else the cell, which the shape refuses.

    Raises InvalidInput where it is more than its scale has.
    """
    if found := _PERCENT.fullmatch(cell):
        level = _number(found[1]) / 100
    elif (found := _PART.fullmatch(cell)) and int(found[2]):
        level = _number(found[1]) / int(found[2])
    else:
        return _number(cell) if _DECIMAL.fullmatch(cell) else cell
    if level > 1:  # the shape would show the quotient, which stands nowhere in the file
        wrong = said("%(value)s is more than %(le)s", value=shown(cell), le=1.0)
        raise InvalidInput(wrong, where=PATHS["level"])
    return level


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _competencies(values: dict[str, str], most: int) -> list[dict[str, str]]:
    """The competencies that two columns name together; both columns are taken out of `values`."""
    named: list[list[str]] = []
    for column in ("competencies", "competency_uris"):
        cell = values.pop(column, "")
        # Before anything is made of them: a cell may have half a million.
        separator = _separator(cell)
        check_number(cell.rstrip(separator).count(separator) + 1, most, column)
        named.append(_items(cell))
    labels, uris = named
    if labels and uris and len(labels) != len(uris):
        reason = said(
            "%(uris)s entries for %(labels)s competencies; leave one empty where there is none",
            uris=len(uris),
            labels=len(labels),
        )
        raise InvalidInput(reason, where="awards.achievement.competencies.uri")
    pairs = zip_longest(labels, uris, fillvalue="")
    return [{"label": label, "uri": uri} for label, uri in pairs if label or uri]


def _items(cell: str) -> list[str]:
    return [item.strip() for item in cell.split(_separator(cell))] if cell else []


def _separator(cell: str) -> str:
    return "|" if "|" in cell else ";"
