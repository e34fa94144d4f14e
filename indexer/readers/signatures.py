"""What files are that we do not read, by their first bytes, and what to say of them."""

from __future__ import annotations

import re
from codecs import BOM_UTF32_LE

from matcher.messages import Said, marked, said

OTHERS = (
    (BOM_UTF32_LE, marked("this is UTF-32; save it in UTF-8")),
    (b"%PDF", marked("this is a PDF document")),
    (
        b"\xd0\xcf\x11\xe0",
        marked("this is an old Excel, Word or PowerPoint file; save the table as CSV in UTF-8"),
    ),
    (b"\xff\xd8\xff", marked("this is a JPEG image; only PNG and SVG images hold badges")),
    (b"GIF8", marked("this is a GIF image; only PNG and SVG images hold badges")),
    (b"7z\xbc\xaf\x27\x1c", marked("this is a 7-Zip archive; pack it again as ZIP")),
    (b"Rar!\x1a\x07", marked("this is a RAR archive; pack it again as ZIP")),
    (b"\x28\xb5\x2f\xfd", marked("this is compressed with Zstandard; pack it again with gzip")),
    (b"SQLite format 3\0", marked("this is an SQLite database")),
)
"""First bytes of what people try, and what to say of it."""

_READ_ALTHOUGH_BINARY = (b"\x89PNG", b"PK", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\xff\xfe", b"\xfe\xff")
_LOOKED_AT = 512
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_TEXT_TIMES = 20

# Atomic: what was passed over once is not looked at again, however many comments there are.
_WEB_PAGE = re.compile(
    rb"(?>\s+|<!--.*?-->|<\?xml.*?\?>)*+<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_PAGE_WITHIN = 4_096


def other(head: bytes) -> Said | None:
    """What a file that begins with `head` is, where that is known and nothing that we read."""
    if _WEB_PAGE.match(head[:_PAGE_WITHIN]):
        return said("this is a web page (HTML); save the credential itself, as JSON or as an image")
    return next((said(reason) for first, reason in OTHERS if head.startswith(first)), None)


def is_foreign(head: bytes) -> bool:
    """Whether a file found in a folder or an archive is of a kind that can hold no credential.

    Such are pictures that cannot be baked, PDF documents, and what has NUL bytes and is neither in a format
    that we read, nor UTF-16 text, nor text into which some have slipped: of that the rest is read.
    """
    if head.startswith(_READ_ALTHOUGH_BINARY):
        return False
    start = head[:_LOOKED_AT]
    if head.startswith((b"%PDF", b"\xff\xd8\xff", b"GIF8")):
        return True
    return b"\0" in start and not (is_tar(head) or _is_utf_16(start) or _is_damaged_text(start))


def is_tar(head: bytes) -> bool:
    """Whether `head` begins with a header of tar whose checksum is right (POSIX.1-2001, ustar)."""
    header = head[:512]
    if len(header) < 512 or not header[0]:
        return False
    stated = header[148:156].strip(b"\0 ")
    if not stated or stated.strip(b"01234567"):
        return False
    return int(stated, 8) == sum(header) - sum(header[148:156]) + 8 * 32


def _is_damaged_text(start: bytes) -> bool:
    """Whether `start` is text but for a few control characters: binary files have more, about a tenth."""
    return _TEXT_TIMES * len(_CONTROL.findall(start)) <= len(start)


def _is_utf_16(start: bytes) -> bool:
    return len(start) > 8 and (not any(start[1:8:2]) or not any(start[0:8:2]))
