"""The lines of a stream in bounded memory, whatever the stream holds."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from indexer.readers.unpacking import BadStream, Exhausted
from matcher.messages import Said, said

_KEPT_OF_TOO_LONG = 2_000


class Line(NamedTuple):
    """A line without its end. `number` counts from 1; `wrong`: why only its start is there."""

    number: int
    data: bytes
    wrong: Said | None = None

    @property
    def whole(self) -> bool:
        """Whether all of it is there."""
        return not self.wrong


def lines(
    stream: BinaryIO, longest: int, empty: int | None = None, most: int | None = None, *, blank: bytes = b""
) -> Iterator[Line]:
    """The lines of `stream`, without a byte order mark; of one longer than `longest` bytes only the start.

    What is left of a line too long is skipped in pieces of at most `longest` bytes. `empty`: how many empty
    lines may follow each other before the rest is given up, among them those of nothing but bytes in `blank`;
    `most`: how many bytes are read. Where that is so, or where the stream goes bad (a compressed file that is
    cut off), a last line says so; a line that was cut off is not given.
    """
    number, last, length = 0, 0, 0
    while data := _next(stream, longest + 1):
        number += 1
        if isinstance(data, str):
            reason = said("the file %(reason)s; what stands before is read", reason=data)
            yield Line(number, b"", reason)
            return
        length += len(data)
        if most is not None and length > most:
            reason = said("the file is longer than %(most)s bytes; the rest is not read", most=most)
            yield Line(number, b"", reason)
            return
        if number == 1:
            data = data.removeprefix(BOM_UTF8)
        if len(data) > longest and not data.endswith(b"\n"):
            reason = said("the line is longer than %(most)s bytes", most=longest)
            yield Line(number, data[:_KEPT_OF_TOO_LONG], reason)
            _skip(stream, longest)
            last = number
        else:
            data = data.rstrip(b"\r\n")
            if data.strip(blank):
                last = number
            elif empty is not None and number - last > empty:
                reason = said("more than %(most)s lines in a row are empty; the rest is not read", most=empty)
                yield Line(number, b"", reason)
                return
            yield Line(number, data)


def _next(stream: BinaryIO, most: int) -> bytes | Said:
    """The next line, or up to `most` bytes of it; as text, why it cannot be had.

    Raises Exhausted: of an archive that unpacks to too much, nothing more is read.
    """
    try:
        return stream.readline(most)
    except Exhausted:
        raise
    except BadStream as error:
        return error.reason


def _skip(stream: BinaryIO, piece: int) -> None:
    while (rest := _next(stream, piece)) and isinstance(rest, bytes) and not rest.endswith(b"\n"):
        pass
