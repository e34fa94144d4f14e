"""docs/formats.md, made from what the readers say of themselves.

python -m indexer.formats_page > docs/formats.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from indexer.readers import detect, documents
from indexer.readers.vocabularies import FRAMEWORK_FORMATS


class Described(Protocol):
    """What a format says of itself."""

    @property
    def name(self) -> str: ...
    @property
    def recognised_by(self) -> str: ...
    @property
    def taken(self) -> Mapping[str, str]: ...


_START = """# Formats

What credmatch reads, how it recognises each, and where what it takes goes. A file is recognised by its
content, never by its name; whatever the format, the records are the same. `credmatch inspect FILE` shows
what a file holds without storing anything. This page is made from the readers, by
`python -m indexer.formats_page`.

Nothing is fetched from an address in a document, and no signature is checked: what a file states counts as
stated. Vocabularies are loaded by `credmatch vocabulary import`, all else by `credmatch import`.

| format | is | recognised by | what is taken | where it goes |
| --- | --- | --- | --- | --- |"""


def page() -> str:
    """The page, in Markdown."""
    kinds = (
        ("a file", detect.FORMATS),
        ("a JSON document", documents.FORMATS),
        ("a vocabulary", FRAMEWORK_FORMATS),
    )
    return "\n".join([_START, *(line for kind, formats in kinds for line in _rows(kind, formats)), ""])


def _rows(kind: str, formats: Iterable[Described]) -> Iterator[str]:
    for one in formats:
        first = f"**{one.name}**", kind, one.recognised_by
        for theirs, ours in one.taken.items():
            yield f"| {' | '.join(map(_cell, (*first, theirs, ours)))} |"
            first = "", "", ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
