"""What unpacks packed bytes, piece by piece: zlib, bz2 and lzma, brought to one form."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import Protocol

from matcher.messages import Said, said

_FED = 2_048


class BadStream(OSError):
    """The bytes of a file in an archive cannot be had: what is wrong, in words."""

    def __init__(self, reason: Said) -> None:
        super().__init__(reason)
        self.reason = reason


class Unpacker(Protocol):
    """What zlib, bz2 and lzma have in common, as adapted below."""

    eof: bool
    hungry: bool  # gives no more before it is fed

    def feed(self, data: memoryview, most: int) -> tuple[bytes, int]:
        """At most `most` bytes unpacked, and how many at the end of `data` are to be given again."""


class _Deflate:
    """zlib; `bits` as its documentation has them: -15 for bare deflate, 31 for gzip with its checksum."""

    def __init__(self, bits: int) -> None:
        self._zlib = zlib.decompressobj(bits)
        self.eof = False
        self.hungry = True

    def feed(self, data: memoryview, most: int) -> tuple[bytes, int]:
        # In pieces: zlib copies what follows its end, and a file may have very many ends.
        piece = data[:_FED]
        before = self._zlib.copy()
        try:
            text = self._zlib.decompress(piece, most)
        except zlib.error:
            text, fed = self._before_damage(before, piece, most)
            if not text:
                raise
            return text, len(data) - fed
        self.eof = self._zlib.eof
        self.hungry = len(text) < most
        left = self._zlib.unused_data if self.eof else self._zlib.unconsumed_tail
        return text, len(data) - len(piece) + len(left)

    def _before_damage(self, unpacker: zlib._Decompress, piece: memoryview, most: int) -> tuple[bytes, int]:
        """What can be had of a piece that cannot be unpacked whole, and of how many bytes of it that is.

        In halves: zlib gives nothing of what it is fed together with damaged bytes.
        """
        text, fed, step = b"", 0, _FED // 2
        while step and len(text) < most:
            before = unpacker.copy()
            try:
                text += unpacker.decompress(piece[fed : fed + step], most - len(text))
                fed += len(piece[fed : fed + step]) - len(unpacker.unconsumed_tail)
            except zlib.error:
                unpacker = before
            step //= 2
        self._zlib = unpacker
        self.hungry = len(text) < most
        return text, fed


class _Other:
    """bz2 and lzma, which keep by themselves what they have not used."""

    def __init__(self, unpacker: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._unpacker = unpacker
        self.eof = False
        self.hungry = True

    def feed(self, data: memoryview, most: int) -> tuple[bytes, int]:
        text = self._unpacker.decompress(data, most)
        self.eof = self._unpacker.eof
        self.hungry = not self.eof and self._unpacker.needs_input
        return text, len(self._unpacker.unused_data) if self.eof else 0


class _Xz(_Other):
    """xz, in at most so many bytes of memory as it is given."""

    def __init__(self, memory: int) -> None:
        super().__init__(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=memory))
        self._memory = memory

    def feed(self, data: memoryview, most: int) -> tuple[bytes, int]:
        try:
            return super().feed(data, most)
        except lzma.LZMAError as error:
            if "memory" not in str(error).lower():
                raise
            raise BadStream(
                said(
                    "needs more than %(most)s bytes of memory to be unpacked; pack it again without -9",
                    most=self._memory,
                )
            ) from error


def deflate() -> Unpacker:
    """Of a ZIP's entry."""
    return _Deflate(-zlib.MAX_WBITS)


def gzip_member() -> Unpacker:
    """Of one member of a gzip file, its checksum and length looked at."""
    return _Deflate(16 + zlib.MAX_WBITS)


def bzip2() -> Unpacker:
    """Of one bzip2 stream."""
    return _Other(bz2.BZ2Decompressor())


def xz(memory: int) -> Unpacker:
    """Of one xz stream, in at most so many bytes of memory."""
    return _Xz(memory)
