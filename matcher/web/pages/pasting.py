"""Pasted lines of micro-skills: what of a line is its words, and what it says beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from flask_babel import gettext as _

_BULLET = re.compile(r"^\s*(?:[-*•–·]|\d{1,2}[.)])\s+")
_NEEDED = r"(?:required|mandatory|must[- ]have|obligatoires?|exigée?s?|requise?s?)"
_NEEDED_FIRST = re.compile(rf"^{_NEEDED}\s*:\s*(?=\S)", re.IGNORECASE)
_NEEDED_LAST = re.compile(
    rf"(?<=\S)(?:\s*\(\s*{_NEEDED}\s*\)|\s*\[\s*{_NEEDED}\s*\]|\s*[,:]\s*{_NEEDED}|\s+[-–—]\s*{_NEEDED}"
    r"|(?<!\bnon)(?<!\bpas)\s+exigée?s?)\s*\.?$",
    re.IGNORECASE,
)
"""Where a pasted line says that it is a must-have."""
_SEMICOLON = re.compile(r"\s*;\s*(?![^(]*\))")
_OR = re.compile(r"\s+(?:or|ou)\s+", re.IGNORECASE)
_SHORT = 4
"""Words that a side of an "or" has at most: in more, the "or" may join words within one micro-skill."""
_LONGEST = 500


def lines_in(text: str, apart: list[str]) -> Iterator[tuple[str, bool]]:
    """The micro-skills of pasted lines, without bullets and numbers, and whether each is to be a must-have.

    `apart` takes what is to be said of lines that became more than their words.
    """
    for line in text.splitlines():
        whole = words_of(_BULLET.sub("", line))
        rest, all_needed = _NEEDED_FIRST.subn("", whole)
        listed = [part for part in _SEMICOLON.split(rest) if part]
        if len(listed) > 1:
            apart.append(taken_apart(whole, len(listed)))
        for part in listed:
            words, needed = _NEEDED_LAST.subn("", part)
            if all_needed or needed:
                apart.append(_("“%(text)s” is marked as a must-have, as its line says.", text=words))
            yield words, bool(all_needed or needed)


def parts_of(text: str) -> tuple[Sequence[str], Sequence[str]]:
    """What a line may hold: names between commas, and the two sides of an "or", if any."""
    listed = [part.strip() for part in text.split(",")]
    sides = _OR.split(text)
    short = len(sides) == 2 and all(0 < len(side.split()) <= _SHORT for side in sides)
    return (
        listed if len(listed) > 1 and all(listed) else (),
        sides if short and "," not in text else (),
    )


def taken_apart(text: str, count: int) -> str:
    """What is said of a line that became several micro-skills."""
    return str(_("“%(text)s” was taken apart into %(count)s micro-skills.", text=text, count=count))


def words_of(text: str) -> str:
    """What somebody typed, its white space single, in the length that is stored."""
    return " ".join(text.split())[:_LONGEST]
