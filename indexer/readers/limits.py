"""How much of a file is read at most. Every number is a setting (CREDMATCH_IMPORT_...)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from matcher.settings import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep the time and memory of one file small, whatever it holds.

    `document`: bytes of one JSON document or token, of an SVG image, and of the text in a PNG image. `line`:
    bytes of one line of JSON Lines. `values`: objects, lists and what they hold in one JSON document.
    `unpacked`: bytes that an archive or a compressed file holds together. `entries`: files in an archive or a
    folder. `depth`: archives within archives, and documents within documents. `awards`: of one document.
    """

    document: int = 8_000_000
    line: int = 8_000_000
    values: int = 400_000
    unpacked: int = 2_000_000_000
    entries: int = 20_000
    depth: int = 4
    awards: int = 10_000


def vocabulary_limits(settings: Settings) -> Limits:
    """The limits for frameworks of competencies, which an operator imports: larger documents."""
    return replace(
        limits_of(settings), document=settings.vocabulary_document, values=settings.vocabulary_values
    )


def limits_of(settings: Settings) -> Limits:
    """The limits that an operator has set."""
    return Limits(**{field.name: getattr(settings, f"import_{field.name}") for field in fields(Limits)})
