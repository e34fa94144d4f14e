"""Streams of what archives hold: unpacked as they are read, counted, and never more than is allowed.

Whatever is wrong with the bytes is a `BadStream`, an OSError, so that no reader takes it for a bad record.
"""

from __future__ import annotations

import io
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, cast

from indexer.readers.limits import Limits
from indexer.readers.unpackers import BadStream, Unpacker
from matcher.messages import Said, said

__all__ = [
    "PIECE",
    "BadStream",
    "Budget",
    "Exhausted",
    "Source",
    "Stored",
    "Unpacked",
    "beginning",
    "first_bytes",
    "rejoined",
]

PIECE = 65_536

_FREE = 16_000_000
_ENTRY = 4_096


class Exhausted(BadStream):
    """All that may be unpacked of an archive was unpacked: nothing of it is read any more."""


@dataclass(slots=True)
class Budget:
    """How much may still be unpacked of an archive, with all the archives in it.

    That is `limits.unpacked` bytes and `limits.entries` entries of every layer together. Beyond 16 MB, what
    is unpacked may be `limits.ratio` times as long as what was read of the file itself (`packed`): text of
    one kind packs 10 to 50 times, and bombs a thousand times and more. There an entry counts as 4 KB more:
    archives of equal archives hold very many in a few bytes, and each takes time, however short it is.
    """

    limits: Limits
    packed: int = 0
    used: int = 0
    entries: int = 0
    exhausted: Said | None = None

    def enter(self) -> None:
        """Count an entry. Raises Exhausted as `take` does."""
        self.entries += 1
        self.take(0)

    def take(self, count: int) -> None:
        """Count unpacked bytes. Raises Exhausted where bytes or entries are too many, and from then on."""
        self.used += count
        limits = self.limits
        if self.entries > limits.entries:
            self.exhausted = said(
                "is not read to its end: the archives of one file have more than %(most)s entries together",
                most=limits.entries,
            )
        elif self.used > limits.unpacked:
            self.exhausted = said(
                "unpacks to more bytes than are read of one archive, %(most)s", most=limits.unpacked
            )
        elif self.used + _ENTRY * self.entries > _FREE + limits.ratio * self.packed:
            self.exhausted = said(
                "unpacks to more than %(times)s times its size, as archives made to harm do",
                times=limits.ratio,
            )
        if self.exhausted:
            raise Exhausted(self.exhausted)


class Source:
    """Packed bytes, read forward; those that were not used can be put back."""

    def __init__(self, stream: BinaryIO, budget: Budget, *, outermost: bool) -> None:
        self._stream = stream
        self._budget = budget
        self._outermost = outermost
        self._back = b""
        self.position = 0

    def read(self, count: int) -> bytes:
        """Up to `count` bytes, fewer only at the end."""
        data = self._back[:count]
        self._back = self._back[count:]
        if len(data) < count:
            more = self._stream.read(count - len(data))
            if self._outermost:
                self._budget.packed += len(more)
            data += more
        self.position += len(data)
        return data

    def whole(self, count: int) -> bytes:
        """Exactly `count` bytes. Raises BadStream where there are fewer."""
        data = self.read(count)
        if len(data) < count:
            raise BadStream(said("is cut off"))
        return data

    def back(self, data: bytes) -> None:
        """Put bytes back that were read last."""
        self._back = data + self._back
        self.position -= len(data)

    def skip(self, count: int) -> None:
        """Pass over `count` bytes. Raises BadStream where there are fewer."""
        while count:
            count -= len(self.whole(min(count, PIECE)))


class Stored(io.RawIOBase):
    """The next `size` bytes of a source, as they stand."""

    def __init__(self, source: Source, size: int, budget: Budget) -> None:
        self._source = source
        self._budget = budget
        self.left = size
        self.size = 0
        self.crc = 0
        self.failed = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands over
        data = self._source.read(min(len(buffer), self.left, PIECE))
        if self.left and not data:
            self.failed = True
            raise BadStream(said("is cut off"))
        self.left -= len(data)
        self._budget.take(len(data))
        self.size += len(data)
        self.crc = zlib.crc32(data, self.crc)
        buffer[: len(data)] = data
        return len(data)

    def ended(self) -> bool:
        """Whether all was read."""
        return not self.left

    def finish(self) -> None:
        """Pass over what was not read of it. Raises BadStream where there is less."""
        left, self.left = self.left, 0
        self._source.skip(left)


class Unpacked(io.RawIOBase):
    """What a source holds packed. `packed`: how many bytes of it at most, None where only they know.

    `again` makes a further unpacker for what follows the end of one: gzip, bzip2 and xz files may be several
    joined together. None: at the end of one, all ends.
    """

    def __init__(
        self,
        source: Source,
        unpacker: Unpacker,
        budget: Budget,
        *,
        packed: int | None = None,
        again: Callable[[], Unpacker] | None = None,
    ) -> None:
        self._source = source
        self._unpacker = unpacker
        self._budget = budget
        self._again = again
        self._waiting = memoryview(b"")
        self._left = packed
        self.size = 0
        self.crc = 0
        self.failed = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands over
        data = self._take(min(len(buffer), PIECE))
        buffer[: len(data)] = data
        return len(data)

    def ended(self) -> bool:
        """Whether all was read. May raise BadStream."""
        return not self.failed and not self._take(1)

    def finish(self) -> None:
        """Pass over what was not read of it: packed where its length is known, else by unpacking it.

        After a failure, where its length is not known, the source stands somewhere within it.
        """
        if self._left is not None:
            left, self._left, self._waiting = self._left, 0, memoryview(b"")
            self._source.skip(left)
        elif self.failed:
            self._return()
        else:
            while self._take(PIECE):
                pass

    def _take(self, most: int) -> bytes:
        data = b""
        try:
            while not data and self._ready():
                data = self._feed(most)
            self._budget.take(len(data))
        except BadStream:
            self.failed = True
            raise
        self.size += len(data)
        self.crc = zlib.crc32(data, self.crc)
        return data

    def _ready(self) -> bool:
        """Whether there is something to feed; a further member is begun where one follows."""
        if not self._unpacker.eof:
            return True
        if self._again is None:
            return False
        following = self._waiting or memoryview(self._source.read(PIECE))
        if following and not following[0]:  # what fills up a block
            following = memoryview(bytes(following).lstrip(b"\0"))
        self._waiting = following
        if not following:
            return False
        self._unpacker = self._again()
        return True

    def _feed(self, most: int) -> bytes:
        data = self._waiting or memoryview(self._more() if self._unpacker.hungry else b"")
        starved = not data and self._unpacker.hungry
        self._waiting = data
        try:
            text, left = self._unpacker.feed(data, most)
            self._waiting = data[len(data) - left :]
        except BadStream:
            raise
        except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError) as error:
            raise BadStream(said("cannot be unpacked: its bytes are damaged")) from error
        if starved and not (text or self._unpacker.eof):
            raise BadStream(said("is cut off"))
        if self._unpacker.eof and not self._again:
            self._return()
        return text

    def _more(self) -> bytes:
        data = self._source.read(PIECE if self._left is None else min(PIECE, self._left))
        if self._left is not None:
            self._left -= len(data)
        return data

    def _return(self) -> None:
        """Give back to the source what was read and does not belong to it."""
        self._source.back(bytes(self._waiting))
        if self._left is not None:
            self._left += len(self._waiting)
        self._waiting = memoryview(b"")


def first_bytes(stream: BinaryIO, count: int) -> bytes:
    """Up to `count` bytes, fewer at the end, or where the stream goes bad after some: the next read says so.

    Raises BadStream where there are none.
    """
    data = b""
    try:
        while len(data) < count and (more := _piece(stream, count - len(data))):
            data += more
    except BadStream:
        if not data:
            raise
    return data


def beginning(stream: BinaryIO, count: int) -> tuple[bytes, Said | None]:
    """Up to `count` bytes, and why there are no more, where the stream goes bad before.

    Raises BadStream where there are none, and Exhausted.
    """
    data = first_bytes(stream, count)
    try:
        if len(data) < count:
            _piece(stream, 1)
    except Exhausted:
        raise
    except BadStream as error:
        return data, error.reason
    return data, None


def _piece(stream: BinaryIO, count: int) -> bytes:
    """What can be had at once: a stream that goes bad loses nothing of what came before."""
    return cast(io.BufferedReader, stream).read1(count)


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes were read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = memoryview(head)  # of which no copy is made for each piece
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands over
        # In pieces, however much is asked for: each stream in a stream would copy it whole.
        most = min(len(buffer), PIECE)
        data: bytes | memoryview = self._head[:most]
        self._head = self._head[most:] if len(data) < len(self._head) else memoryview(b"")
        data = data or _piece(self._rest, most)
        buffer[: len(data)] = data
        return len(data)


def rejoined(head: bytes, rest: BinaryIO) -> BinaryIO:
    """A stream of `head`, which was read of it already, and of the `rest`."""
    return cast(BinaryIO, io.BufferedReader(_Rejoined(head, rest), PIECE))
