"""JSON documents in the files that a person hands to a command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from indexer.readers.json_text import decode, place_of
from indexer.readers.lines import lines
from matcher.errors import InvalidInput
from matcher.messages import said

_LONGEST = 4_000_000


def document(path: Path) -> object:
    """The JSON document that a file holds. Raises InvalidInput naming the file."""
    with path.open("rb") as file:
        data = file.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        raise InvalidInput(said("longer than %(most)s bytes", most=_LONGEST), where=path.name)
    try:
        return decode(data)
    except InvalidInput as error:
        place = place_of(data, error)
        raise InvalidInput(error.reason, where=f"{path.name}: {place}" if place else path.name) from error


def documents(path: Path) -> Iterator[tuple[int, object]]:
    """Line number and JSON document of each line that is not empty.

    A line that cannot be read comes as an InvalidInput in place of a document; the rest goes on.
    """
    with path.open("rb") as file:
        for line in lines(file, _LONGEST):
            if not line.data.strip():
                continue
            try:
                yield line.number, decode(line.data) if line.whole else _too_long()
            except InvalidInput as error:
                yield line.number, InvalidInput(error.reason, where=place_of(line.data, error))


def _too_long() -> InvalidInput:
    return InvalidInput(said("longer than %(most)s bytes", most=_LONGEST))
