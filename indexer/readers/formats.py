"""What every format is made of: how it is recognised, what reads it, and what it says of itself.

A *stream* format is recognised by the first bytes of a file; a *document* format by a decoded JSON object,
wherever that was found: in a file of its own, in an array, on a line, in a token, in an image, in another
document. All yield the same records.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol
from zoneinfo import ZoneInfo

from indexer.readers.limits import Limits
from indexer.readers.one_person import People
from indexer.readers.unpacking import Budget
from matcher.records import (
    AchievementRecord,
    CandidateRecord,
    EndorsementRecord,
    Notice,
    Recognised,
    Rejected,
)

Record = CandidateRecord | AchievementRecord | EndorsementRecord | Recognised | Notice | Rejected
"""What a reader yields. What could not be read is `Rejected`, and the rest goes on."""

Document = Mapping[str, Any]
"""A decoded JSON object."""


class Neighbours(Protocol):
    """The JSON documents that lie beside a file: in its folder, or in its archive."""

    def find(self, address: str) -> Document | None:
        """The document with this id, else the one whose file has the name that the address ends in."""

    def refer_to(self, document: Document, file: str) -> bool:
        """Whether a badge among them names `document`, which stands in `file`, as its class or issuer."""


class Alone:
    """Of a file with nothing beside it."""

    def find(self, address: str) -> Document | None:  # noqa: ARG002 - the protocol's signature
        """None."""
        return None

    def refer_to(self, document: Document, file: str) -> bool:  # noqa: ARG002 - the protocol's signature
        """False."""
        return False


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader knows beside the bytes.

    `file` names the file in messages and `line` the line that a document stands on, 0 where there is none.
    `zone` is the organisation's; `candidate` the key of the person that a file is about, "" for anybody.
    `nested` reads a document inside of the one that is being read (an object, or a token as text), at its
    JSON path: it yields its records, with what is wrong in it as a `Rejected`.
    `dates` says in which order dates like 03/04/2026 are (`dates.py`, ORDERS), "" where nobody said.
    `depth` counts documents within documents, and `packed` archives within archives.
    `people` is told whom the file names where it should be about one person, None otherwise; it is shared as
    `budget` is.

    Of files in files: `unpack` reads a file inside of the one that is being read, recognised by its content;
    `budget` is what may still be unpacked, shared by all that lies in one file, None outside of archives;
    `again` opens the file that is being read from its start once more, None where that cannot be done.
    """

    file: str
    zone: ZoneInfo
    candidate: str = ""
    limits: Limits = field(default_factory=Limits)
    neighbours: Neighbours = field(default_factory=Alone)
    nested: Callable[[object, str, Context], Iterator[Record]] = lambda *_: iter(())
    line: int = 0
    depth: int = 0
    dates: str = ""
    unpack: Callable[[BinaryIO, Context], Iterator[Record]] = lambda *_: iter(())
    budget: Budget | None = None
    again: Callable[[], AbstractContextManager[BinaryIO]] | None = None
    packed: int = 0
    people: People | None = None


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """A format of files. `taken`: what of it is taken -> where that goes, for docs/formats.md."""

    name: str
    recognised_by: str
    taken: Mapping[str, str]
    recognises: Callable[[bytes], bool]
    read: Callable[[BinaryIO, Context], Iterator[Record]]


@dataclass(frozen=True, slots=True)
class DocumentFormat:
    """A format of JSON documents.

    `read` takes a document that `recognises` said yes to and the JSON path at which it stands ("" for a whole
    file). It raises InvalidInput, with a path that begins with that one, where nothing of it can be read.
    """

    name: str
    recognised_by: str
    taken: Mapping[str, str]
    recognises: Callable[[Document], bool]
    read: Callable[[Document, str, Context], Iterator[Record]]


def types_of(document: Document) -> frozenset[str]:
    """The types that a JSON-LD document states, in `type` or `@type`, without namespaces or prefixes."""
    stated: list[object] = []
    for field_name in ("type", "@type"):
        value = document.get(field_name)
        stated += value if isinstance(value, list) else [value]
    return frozenset(re.split("[/#:]", one)[-1] for one in stated if isinstance(one, str))


def under(at: str, where: str) -> str:
    """The JSON path `where` of a document that stands at the path `at`."""
    return f"{at}.{where}".strip(".") if not where.startswith("[") else f"{at}{where}"
