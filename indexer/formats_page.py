"""docs/formats.md, made from what the readers say of themselves.

python -m indexer.formats_page > docs/formats.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from indexer.readers import detect, documents


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
stated.
"""


def page() -> str:
    """The page, in Markdown."""
    sections = (
        ("Files", detect.FORMATS),
        ("Documents in them", documents.FORMATS),
    )
    return "\n".join([_START, *(line for title, formats in sections for line in _section(title, formats))])


def _section(title: str, formats: Iterable[Described]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| format | recognised by | what is taken | where it goes |"
    yield "| --- | --- | --- | --- |"
    for one in formats:
        name, sign = f"**{one.name}**", one.recognised_by
        for theirs, ours in one.taken.items():
            yield f"| {' | '.join(map(_cell, (name, sign, theirs, ours)))} |"
            name = sign = ""
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
