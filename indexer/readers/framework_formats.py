"""What every format of frameworks of competencies is made of, and what their readers yield.

A framework is imported by an operator, on purpose: it may be larger than a credential (`VocabularyLimits`),
and it is held in memory until it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.readers.frameworks import FrameworkCompetency
from matcher.records import Notice, Rejected


@dataclass(frozen=True, slots=True)
class FrameworkFacts:
    """What a document says of its framework as a whole; "" where it does not."""

    name: str = ""
    version: str = ""
    attribution: str = ""


Entry = FrameworkCompetency | FrameworkFacts | Notice | Rejected
"""What a reader of frameworks yields. The facts come once a document, before its competencies."""


@dataclass(frozen=True, slots=True)
class FrameworkFile:
    """A file that may hold a framework, or a part of one.

    `name` is for messages, `head` the first bytes (of what is unpacked, where it is gzip), `document` the
    decoded JSON value, None for a table.
    """

    name: str
    path: Path
    head: bytes
    document: object = None


@dataclass(frozen=True, slots=True)
class FrameworkFormat:
    """A format of frameworks. `taken`: what of it is taken -> where that goes, for docs/formats.md.

    `read` takes files that were recognised and the beginning of the URIs of competencies that have only a
    key. It is given all files of an import at once where they make one framework (`together`), else one.
    `shared`: what it holds becomes everybody's vocabulary and not the organisation's own.
    """

    name: str
    recognised_by: str
    taken: Mapping[str, str]
    read: Callable[[Sequence[FrameworkFile], str], Iterator[Entry]]
    recognises_document: Callable[[object], bool] = lambda _: False
    recognises_head: Callable[[bytes], bool] = lambda _: False
    together: bool = False
    shared: bool = False
