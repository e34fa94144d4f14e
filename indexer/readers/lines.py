"""The lines of a stream in bounded memory, whatever the stream holds."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_KEPT_OF_TOO_LONG = 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end. `number` counts from 1; `whole` is False where only the start was kept."""

    number: int
    data: bytes
    whole: bool = True


def lines(stream: BinaryIO, longest: int) -> Iterator[Line]:
    """The lines of `stream`, without a byte order mark; of one longer than `longest` bytes only the start.

    What is left of a line too long is skipped in pieces of at most `longest` bytes.
    """
    number = 0
    while data := stream.readline(longest + 1):
        number += 1
        if number == 1:
            data = data.removeprefix(BOM_UTF8)
        if len(data) > longest and not data.endswith(b"\n"):
            yield Line(number, data[:_KEPT_OF_TOO_LONG], whole=False)
            _skip(stream, longest)
        else:
            yield Line(number, data.rstrip(b"\r\n"))


def _skip(stream: BinaryIO, piece: int) -> None:
    while (rest := stream.readline(piece)) and not rest.endswith(b"\n"):
        pass
