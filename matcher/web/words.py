"""What codes are called: the words of states, relations, factors and readings, for the pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from matcher.evidence import DECLARED, Lapse
from matcher.messages import Said
from matcher.ranking.explain import Missing, State
from matcher.records import UNITS, Basis, Relation
from matcher.web.language import language, spoken
from matcher.web.problems import Problem


@dataclass(frozen=True, slots=True)
class Words:
    """A code in words: briefly, and in a sentence."""

    name: LazyString
    meaning: LazyString


STATES = {
    State.CHECKED: Words(
        _l("Checked and current"), _l("Held now; the proof was checked and is good.")
    ),
    State.CURRENT: Words(
        _l("Current, not checked"), _l("Held now; nobody has checked the proof.")
    ),
    State.CLAIMED: Words(
        _l("Claimed only"),
        _l(
            "Only suggested: a kindred or broader competency, one inferred from words and not confirmed, "
            "or the candidate’s own word."
        ),
    ),
    State.LAPSED: Words(
        _l("Lapsed"), _l("Held once, and worth nothing now: expired, suspended, revoked or not yet valid.")
    ),
    State.NOTHING: Words(_l("Nothing"), _l("No award counts towards it.")),
}  # fmt: skip

RELATIONS = {
    Relation.SAME: _l("the same competency"),
    Relation.EXACT: _l("the same, by its exact name"),
    Relation.NARROWER: _l("directly narrower"),
    Relation.DEEPER: _l("narrower, further down"),
    Relation.BROADER: _l("broader"),
    Relation.KIN: _l("kindred, by its words"),
}

MISSING = {
    Missing.NOT_UNDERSTOOD: _l("The micro-skill itself was not understood, so it does not count."),
    Missing.NOTHING: _l("No award counts towards it."),
    Missing.LAPSED: _l("Only awards that do not count now."),
    Missing.CLAIM: _l(
        "Nothing that proves it directly: only a kindred, broader or inferred competency, "
        "or the candidate’s own word."
    ),
    Missing.LEVEL: _l("The required level: the award's is lower, on no scale, or not stated."),
    Missing.PROOF: _l("A check: the proof or the status was not verified."),
    Missing.WEAKER: _l("Full strength: see what was multiplied."),
}

LAPSES = {
    Lapse.REVOKED: _l("revoked"),
    Lapse.SUSPENDED: _l("suspended"),
    Lapse.PROOF_FAILED: _l("its proof failed"),
    Lapse.EXPIRED: _l("expired"),
    Lapse.NOT_YET_VALID: _l("not yet valid"),
}

BASES = {
    Basis.GIVEN: _l("chosen from the vocabulary"),
    Basis.EXACT: _l("exact name"),
    Basis.CONFIRMED: _l("confirmed"),
    Basis.SIMILAR: _l("not confirmed"),
    Basis.NONE: _l("not understood"),
}

PROBLEMS = {
    400: _l("The request is not valid"),
    401: _l("An access token is needed"),
    403: _l("This is not allowed"),
    404: _l("There is nothing here"),
    405: _l("This cannot be done here"),
    409: _l("This position cannot be ranked yet"),
    412: _l("Somebody changed this meanwhile"),
    413: _l("This is too large"),
    415: _l("This kind of content is not taken here"),
    422: _l("The input is not valid"),
    500: _l("Something went wrong"),
    503: _l("Not available just now: try again in a moment"),
}

_UNDECLARED_FACTORS = {
    "level": _l("The level held, as a share of the level required"),
    "freshness": _l("No validity stated: the award loses half of its strength in five years"),
}

_LIKELY, _POSSIBLE = UNITS // 2, UNITS // 5


def factor(name: str) -> str:
    """What a factor of a proof means."""
    declared = DECLARED.get(name)
    if declared is None:
        return str(_UNDECLARED_FACTORS[name])
    return declared.meaning_fr if language() == "fr" else declared.meaning


def likelihood(probability: int) -> LazyString:
    """A probability, in units, in words."""
    if probability >= _LIKELY:
        return _l("likely")
    return _l("possible") if probability >= _POSSIBLE else _l("unlikely")


def in_full(requirement: dict[str, Any]) -> str:
    """A micro-skill of an answer (see `matcher.ranking.explain.describe`) with its alternatives."""
    return f" {_('or')} ".join(way["text"] for way in requirement["alternatives"])


def says_more(label: str, level: float) -> bool:
    """Whether a level's label is more than the level, a share of 1, written as a percentage."""
    return "".join(label.split()).replace(",", ".").rstrip("%") != f"{level * 100:g}"


def problem_title(problem: Problem) -> str:
    """What went wrong, in the reader's language."""
    if isinstance(problem.title, Said):
        return spoken(problem.title)
    return str(PROBLEMS.get(problem.status, problem.title))


WORDS = {
    "states": STATES,
    "relations": RELATIONS,
    "missing_words": MISSING,
    "lapses": LAPSES,
    "bases": BASES,
    "factor": factor,
    "likelihood": likelihood,
    "in_full": in_full,
    "says_more": says_more,
    "problem_title": problem_title,
    "zip": zip,
}
"""All of it, by the name under which templates find it."""
