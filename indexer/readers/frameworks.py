"""What frameworks of competencies are made of, what every format of them is, and what their readers yield.

A framework is imported by an operator, on purpose: it may be larger than a credential (`vocabulary_limits`),
and it is held in memory until it is stored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import quote

from indexer.readers.json_text import shown
from indexer.readers.limits import VOCABULARY_LIMITS, Limits
from matcher.errors import InvalidInput
from matcher.messages import said
from matcher.records import Kind, Notice, Rejected

LANGUAGES = ("en", "fr")
"""The languages that labels and aliases are kept in."""

LONGEST_URI = 1_000
LONGEST_LABEL = 500
LONGEST_DESCRIPTION = 5_000
"""Characters of a description that are kept: it is read for its meaning, and not stored."""

URI = re.compile(
    r"(?!(?i:javascript|vbscript|data):)[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+"
)
"""An absolute URI; a program or data in the form of one names nothing."""

_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
_SEPARATOR = re.compile(r"[|\n]")


@dataclass(frozen=True, slots=True)
class FrameworkCompetency:
    """A competency as a framework defines it.

    `labels` and `aliases` are by language ("en", "fr"); a language without any is missing. `broader`,
    `narrower`, `related` and `same` hold URIs, sorted, in this framework or in any other; whether they exist
    is for the store to find out. `place` is where it stands, for messages: a JSON path, or "line 4".
    """

    uri: str
    kind: Kind = Kind.SKILL
    labels: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    broader: tuple[str, ...] = ()
    narrower: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    description: str = ""
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class FrameworkFacts:
    """What a document says of its framework as a whole; "" where it does not.

    `silent`: what it says nothing of because a part of it is missing, so that what is stored of that stays:
    "en" and "fr" (labels, aliases), "kind", and types of relations.
    """

    name: str = ""
    version: str = ""
    attribution: str = ""
    silent: frozenset[str] = frozenset()


Entry = FrameworkCompetency | FrameworkFacts | Notice | Rejected
"""What a reader of frameworks yields. The facts come once a document, before its competencies."""


@dataclass(frozen=True, slots=True)
class FrameworkFile:
    """A file that may hold a framework, or a part of one.

    `name` is for messages, `head` the first bytes, `document` the decoded JSON value, None for a table.
    `open` gives what the file holds, unpacked and in UTF-8 (of a table, line by line, perhaps Windows-1252);
    only once, unless its format reads several files together.
    """

    name: str
    head: bytes
    open: Callable[[], AbstractContextManager[BinaryIO]]
    document: object = None
    limits: Limits = VOCABULARY_LIMITS


@dataclass(frozen=True, slots=True)
class FrameworkFormat:
    """A format of frameworks. `taken`: what of it is taken -> where that goes, for docs/formats.md.

    `read` takes files that were recognised and the beginning of the URIs of competencies that have only a
    key. It is given all files of an import at once where they make one framework (`together`), else one.
    `shared`: what it holds becomes everybody's vocabulary and not the organisation's own.
    `needed`: whether more of such a file than its first bytes is read.
    """

    name: str
    recognised_by: str
    taken: Mapping[str, str]
    read: Callable[[Sequence[FrameworkFile], str], Iterator[Entry]]
    recognises_document: Callable[[object], bool] = lambda _: False
    recognises_head: Callable[[bytes], bool] = lambda _: False
    together: bool = False
    needed: Callable[[FrameworkFile], bool] = lambda _: True
    shared: bool = False


def texts(value: object, where: str) -> tuple[str, ...]:
    """The texts of a field: a string separated by `|` or line ends, or a list of strings; cleaned."""
    if value is None:
        return ()
    parts = _SEPARATOR.split(value) if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        reason = said("%(value)s is not text or a list of texts", value=shown(value))
        raise InvalidInput(reason, where=where)
    return tuple(cleaned for part in parts if (cleaned := clean(part, where)))


def clean(text: str, where: str) -> str:
    """`text` in Unicode's composed form (NFC), its white space single.

    Raises InvalidInput where it is too long for a label, or no text.
    """
    cleaned = " ".join(unicodedata.normalize("NFC", checked_text(text, where)).split())
    if len(cleaned) > LONGEST_LABEL:
        reason = said(
            "%(number)s characters, at most %(most)s: %(value)s",
            number=len(cleaned),
            most=LONGEST_LABEL,
            value=shown(cleaned),
        )
        raise InvalidInput(reason, where=where)
    return cleaned


def checked_text(text: str, where: str) -> str:
    """`text`. Raises InvalidInput where it has what a database refuses: controls, half a surrogate pair."""
    if found := _NO_TEXT.search(text):
        reason = said(
            "%(value)s has the character %(character)s, which is no text",
            value=shown(text),
            character=ascii(found[0]),
        )
        raise InvalidInput(reason, where=where)
    return text


def key_uri(key: str, prefix: str) -> str:
    """The URI of a competency that has only a key."""
    return prefix + quote(key, safe="", errors="replace")


def check_new(uri: str, where: str, seen: set[str]) -> None:
    """Add `uri` to those seen in a file. Raises InvalidInput where it stands there already."""
    if uri in seen:
        raise InvalidInput(said("%(uri)s stands in the file twice; the first is kept", uri=uri), where=where)
    seen.add(uri)


def distinct(label: str, aliases: Iterable[str]) -> tuple[str, ...]:
    """`aliases` in their order without `label` and without repeats; letters' case makes no difference."""
    seen = {label.casefold()}
    kept = []
    for alias in aliases:
        if alias.casefold() not in seen:
            seen.add(alias.casefold())
            kept.append(alias)
    return tuple(kept)
