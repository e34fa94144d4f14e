"""Text in other encodings than UTF-8, brought into UTF-8 as a stream in bounded memory.

UTF-16 is known by its byte order mark, or, where it has none, because the text begins with Latin letters:
of each pair of bytes always the same one is zero. UTF-8 needs nothing. Windows-1252 cannot be known from
the start of a file, whose first accented letter may stand on row 5,000; so it is decided line by line, by
the reader of tables, with `text_of`: a line that is not UTF-8 is Windows-1252, and what is neither is
refused.
"""

from __future__ import annotations

import codecs
import io
import re
from typing import BinaryIO, cast

from matcher.errors import InvalidInput
from matcher.messages import Said, marked, said
from matcher.records import Notice

_PIECE = 65_536
_LOOKED_AT = 256  # bytes
_LITTLE, _BIG = marked("little-endian"), marked("big-endian")
_MARKED_UTF_16 = marked("the text is UTF-16 (%(order)s, with a byte order mark): read as that")
_BARE_UTF_16 = marked("the text is UTF-16 (%(order)s, without a byte order mark): read as that")
_HALF = b"\xed\xa0\x80"
"""Half of a surrogate pair, as UTF-8 would have it if it could: what a character cut off becomes."""

_HALF_CHARACTER = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_MAC_ROMAN = re.compile(rb"[a-z][\x83\x88\x8e]")
"""An É, à or é of Mac Roman after a small letter, where ƒ, ˆ or Ž (Windows-1252) never stands."""


def in_utf_8(head: bytes, rest: BinaryIO, file: str) -> tuple[bytes, BinaryIO, Notice | None]:
    """The first bytes of a file and what follows them, both in UTF-8, and what its encoding was if not that.

    Half of a character stays half of one, and is refused where it stands.
    """
    if head.startswith(codecs.BOM_UTF8):
        return head, rest, Notice(file, 0, said("the text is UTF-8 with a byte order mark"))
    encoding, notice = _utf_16(head)
    if notice is None:
        return head, rest, None
    stream = cast(BinaryIO, io.BufferedReader(_Transcoded(head, rest, encoding), _PIECE))
    return stream.read(len(head)), stream, Notice(file, 0, notice)


def text_of(data: bytes) -> tuple[str, bool]:
    """A line as text, and whether it is UTF-8; if not, it is Windows-1252.

    Raises InvalidInput where it is neither.
    """
    try:
        return data.decode("utf-8"), True
    except UnicodeDecodeError as error:
        wrong = error
    if _HALF_CHARACTER.search(data):
        raise InvalidInput(said("has half of a character"))
    if _MAC_ROMAN.search(data):
        reason = said(
            "not UTF-8 at byte %(place)s, and Mac Roman rather than Windows-1252: save the file as CSV "
            "in UTF-8",
            place=wrong.start + 1,
        )
        raise InvalidInput(reason) from wrong
    try:
        return data.decode("cp1252"), False
    except UnicodeDecodeError as error:
        reason = said(
            "neither UTF-8 (byte %(place)s) nor Windows-1252 (byte %(other)s): save the file as CSV in UTF-8",
            place=wrong.start + 1,
            other=error.start + 1,
        )
        raise InvalidInput(reason) from error


def _utf_16(head: bytes) -> tuple[str, Said | None]:
    """The codec of UTF-16 that a file is in, and what to say of it; None where it is not."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "", None
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", said(_MARKED_UTF_16, order=said(_LITTLE))
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", said(_MARKED_UTF_16, order=said(_BIG))
    start = head[:_LOOKED_AT]
    for codec, order, zeros, letters in (
        ("utf-16-le", _LITTLE, start[1::2], start[::2]),
        ("utf-16-be", _BIG, start[::2], start[1::2]),
    ):
        found, others = zeros.count(0), letters.count(0)
        if (
            zeros[:2] == b"\0\0"
            and 0 not in letters[:2]
            and len(letters) > 1
            and found * 2 >= len(zeros)
            and others * 4 <= found
        ):
            return codec, said(_BARE_UTF_16, order=said(order))
    return "", None


class _Transcoded(io.RawIOBase):
    """A stream of UTF-16, of which `head` was read already, as UTF-8."""

    def __init__(self, head: bytes, rest: BinaryIO, encoding: str) -> None:
        self._rest = rest
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        self._ready = memoryview(self._transcode(head)[0])
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands over
        while not self._ready and not self._ended:
            data, self._ended = self._transcode(self._rest.read(_PIECE))
            self._ready = memoryview(data)
        length = min(len(buffer), len(self._ready))
        buffer[:length] = self._ready[:length]
        self._ready = self._ready[length:]
        return length

    def _transcode(self, data: bytes) -> tuple[bytes, bool]:
        """A piece in UTF-8, and whether it was the last."""
        try:
            text = self._decoder.decode(data, final=not data)
        except UnicodeDecodeError:  # the file ends in the midst of a character
            return _HALF, True
        return text.removeprefix("\ufeff").encode("utf-8", "surrogatepass"), not data
