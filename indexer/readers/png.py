"""Reads credentials that are baked into PNG images (1EdTech badge baking; PNG, third edition, chapter 11).

Taken is the text of a chunk with the keyword `openbadgecredential` (Open Badges 3.0) or `openbadges` (1 and
2): iTXt, compressed or not, and tEXt or zTXt as old bakers wrote. It holds JSON, a token, or the address of a
badge, which is refused because nothing is fetched.

The image is walked chunk by chunk and never decoded, so its width and height cost nothing; every chunk's
checksum is looked at. Of a keyword the first chunk counts.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from indexer.readers import baked
from indexer.readers.baked import Baked
from indexer.readers.formats import Context, Record, StreamFormat
from indexer.readers.limits import Limits
from matcher.errors import InvalidInput
from matcher.messages import Said, marked, said
from matcher.records import Notice, Rejected

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_VERSIONS = {b"openbadgecredential": baked.OPEN_BADGES_3, b"openbadges": baked.OPEN_BADGES_2}
_TEXTS = {b"iTXt", b"tEXt", b"zTXt"}
_LONGEST_CHUNK = 2**31 - 1
_LONGEST_KEYWORD = max(map(len, _VERSIONS)) + 1
_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class _Chunk:
    """`data`: what a text chunk under one of our keywords holds, else empty. `sound`: by its checksum."""

    type: bytes
    data: bytes
    sound: bool


@dataclass(slots=True)
class _Findings:
    """What is baked in, by its keyword; the first thing damaged; why the first text could not be had."""

    found: dict[bytes, Baked] = field(default_factory=dict)
    damaged: Said | None = None
    refused: Said | None = None

    def add(self, chunk: _Chunk, longest: int) -> None:
        keyword = chunk.data.partition(b"\0")[0]
        if not chunk.sound:
            wrong = said("the checksum of its chunk %(chunk)s is wrong", chunk=chunk.type.decode())
            self.damaged = self.damaged or wrong
        if chunk.data and keyword not in self.found:
            try:
                self.found[keyword] = _baked(keyword, chunk, longest)
            except InvalidInput as error:
                self.refused = self.refused or error.reason


def _read(stream: BinaryIO, context: Context) -> Iterator[Record]:
    image = _Findings()
    try:
        for chunk in _chunks(stream, context.limits):
            image.add(chunk, context.limits.document)
    except InvalidInput as error:
        image.damaged = image.damaged or error.reason
    refused = image.refused
    if image.damaged and not (image.found or refused):
        refused = said(
            "no credential was found in the image, and it is damaged: %(damage)s", damage=image.damaged
        )
    if refused:
        yield Rejected(context.file, 0, "", refused, "")
    elif image.damaged:
        text = said("the image is damaged, but not what is read of it: %(damage)s", damage=image.damaged)
        yield Notice(context.file, 0, text)
    if image.found or not refused:
        yield from baked.read(list(image.found.values()), context)


def _chunks(stream: BinaryIO, limits: Limits) -> Iterator[_Chunk]:
    """The chunks up to the end of the image. Raises InvalidInput where they cannot be followed any more."""
    stream.read(len(_SIGNATURE))
    for _ in range(limits.values):
        head = stream.read(8)
        if len(head) < 8:
            raise InvalidInput(said("it is cut off") if head else said("it has no end"))
        length, type_ = struct.unpack(">I4s", head)
        if length > _LONGEST_CHUNK or not type_.isalpha():
            raise InvalidInput(said("what follows in it is no chunk"))
        yield _chunk(stream, type_, length, limits.document)
        if type_ == b"IEND":
            return
    raise InvalidInput(said("it has more than %(most)s chunks", most=limits.values))


def _chunk(stream: BinaryIO, type_: bytes, length: int, longest: int) -> _Chunk:
    start = stream.read(min(length, _LONGEST_KEYWORD))
    ours = type_ in _TEXTS and start.partition(b"\0")[0] in _VERSIONS and b"\0" in start
    if ours and length > longest:
        raise InvalidInput(said("the text in the image is longer than %(most)s bytes", most=longest))
    kept, check, left = [start], zlib.crc32(start, zlib.crc32(type_)), length - len(start)
    while left:
        piece = stream.read(min(left, _PIECE))
        if not piece:
            raise InvalidInput(said("it is cut off"))
        check, left = zlib.crc32(piece, check), left - len(piece)
        if ours:
            kept.append(piece)
    stated = stream.read(4)
    if len(stated) < 4:
        raise InvalidInput(said("it is cut off"))
    return _Chunk(type_, b"".join(kept) if ours else b"", check == int.from_bytes(stated))


def _baked(keyword: bytes, chunk: _Chunk, longest: int) -> Baked:
    """The text under a keyword. Raises InvalidInput where it cannot be had."""
    name = said("chunk %(type)s %(keyword)s", type=chunk.type.decode(), keyword=keyword.decode())
    if not chunk.sound:
        raise InvalidInput(said("the image is damaged: the checksum of its %(part)s is wrong", part=name))
    rest = chunk.data[len(keyword) + 1 :]
    compressed = chunk.type == b"zTXt"
    if chunk.type == b"iTXt":
        if len(rest) < 2 or rest[0] > 1 or rest.count(b"\0", 2) < 2:
            raise InvalidInput(said("the %(part)s of the image is not as PNG asks for", part=name))
        compressed, method = rest[0] == 1, rest[1:2]
        _language, _translated, text = rest[2:].split(b"\0", 2)
        rest = method + text if compressed else text
    return Baked(name, _VERSIONS[keyword], _inflated(rest, name, longest) if compressed else rest)


def _inflated(data: bytes, name: Said, longest: int) -> bytes:
    """`data`, a byte for the method and then a zlib stream, unpacked."""
    if data[:1] != b"\0":
        reason = said("the %(part)s of the image is compressed in a way that PNG does not know", part=name)
        raise InvalidInput(reason)
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(data[1:], longest + 1)
    except zlib.error as error:
        raise InvalidInput(said("the %(part)s of the image cannot be unpacked", part=name)) from error
    if len(text) > longest:
        reason = said(
            "the %(part)s of the image is longer than %(most)s bytes when it is unpacked",
            part=name,
            most=longest,
        )
        raise InvalidInput(reason)
    if not unpacking.eof:
        raise InvalidInput(said("the %(part)s of the image is cut off", part=name))
    return text


FORMAT = StreamFormat(
    name=marked("PNG image"),
    recognised_by="the signature of PNG",
    taken={
        "iTXt, tEXt or zTXt openbadgecredential": "the credential (Open Badges 3.0), before any other",
        "iTXt, tEXt or zTXt openbadges": "the badge (Open Badges 1 and 2)",
        "an address in place of a badge": "nothing: it is refused, and not fetched",
        "the picture": "nothing: it is never decoded",
    },
    recognises=lambda head: head.startswith(_SIGNATURE),
    read=_read,
)
