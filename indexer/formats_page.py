"""docs/formats.md, made from what the readers say of themselves.

python -m indexer.formats_page > docs/formats.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from indexer.readers import csv_columns, detect, documents
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

Limits are settings (`CREDMATCH_IMPORT_...`, `CREDMATCH_UPLOAD_...`, `CREDMATCH_VOCABULARY_...`), and each
refusal names its own. What stays fixed stays so because no honest file comes near it, because it refuses
nothing, or because more would not be shown or stored:

- What an archive unpacks to, with 4 KB for each file in it, is held against its size from 16 MB on: less
  harms nobody, and a small file of one letter packs a thousand times.
- An entry of an archive of up to 4 MB is checked whole before it is read; of a longer one that turns out to
  be damaged, what was read stays. An archive's directory is looked at for as many entries as are read.
- A row that goes on over several lines loses, where its quotation mark is never closed, only its first line.
- An entry in JSON that lacks a quotation mark or a bracket loses no other, even in a file of one line: those
  behind it are told apart from the file's end. What stands between two such entries may be refused with them;
  where the end is lost too, or further away than a document may be long, all that follows is.
- Of the files beside a badge as much is kept in memory as one document may have; others are read again, until
  that is four times `CREDMATCH_IMPORT_BESIDE`.
- A description of a competency is kept up to 5,000 characters: it is read for its meaning. Headings above
  headings of a framework are followed 20 levels up, to 100 competencies.
- Of refusals with nothing to correct a hundred kinds are told apart; the rest count as one. Of a framework
  10 MB of refused records are kept, and others told without. An answer to an upload lists at most a hundred
  refusals of one kind, and a page a hundred in all; both say how many there were.
- An object in credmatch's own shape has at most 1,000 fields: it has a dozen that are known.
- Texts have the lengths of the database's columns and of its indexes: keys, names and labels 500 characters,
  URIs and addresses 1,000 (2,600 bytes), descriptions 50,000, a piece of evidence 2,000. An award has at most
  100 pieces of evidence, and a person 50 languages and 50 identifiers.

| format | is | recognised by | what is taken | where it goes |
| --- | --- | --- | --- | --- |"""

_HEADERS = """
Columns of a CSV may be called otherwise; case, spaces and accents do not matter:
"""


def page() -> str:
    """The page, in Markdown."""
    kinds = (
        ("a file", detect.FORMATS),
        ("a JSON document", documents.FORMATS),
        ("a vocabulary", FRAMEWORK_FORMATS),
    )
    rows = (line for kind, formats in kinds for line in _rows(kind, formats))
    names = (
        f"- `{column}`: in English {english}; in French {french}"
        for column, (english, french) in csv_columns.ALSO_CALLED.items()
    )
    return "\n".join([_START, *rows, _HEADERS, *names, ""])


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
