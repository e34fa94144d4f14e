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

Limits are settings (`CREDMATCH_IMPORT_...`, `CREDMATCH_UPLOAD_...`), and each refusal names its own. What
stays fixed stays so because no honest file comes near it, or because more would not be shown or stored:

- Beyond 16 MB, an archive may unpack to a hundred times its size: text packs 10 to 50 times, archives made
  to harm a thousand times and more. xz may ask for 40 MB of memory, which all its levels but -9 keep to.
- An entry of an archive of up to 4 MB is checked whole before it is read; of a longer one that turns out to
  be damaged, what was read stays. This bounds memory, and refuses nothing.
- One achievement has at most 500 competencies and 500 relations: ranking goes through them for each award.
- Of refusals with nothing to correct a hundred kinds are told apart; the rest count as one. An answer to an
  upload lists at most a hundred of one kind, and a page a hundred in all; both say how many there were.

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
