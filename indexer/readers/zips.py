"""The entries of a ZIP archive, read forward from its first byte (PKWARE's APPNOTE 6.3).

The headers before the entries are followed; the directory at the end says only which entries are links, and
which it lists that lie within others. So nothing has to be sought, every byte is read once, and entries that
overlap cannot be unpacked many times. An entry whose end cannot be told (encrypted, or damaged, and without
its length) is passed over to what looks like the next header.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.readers.archive_entries import Entry, Kind, shown_name
from indexer.readers.unpackers import bzip2, deflate
from indexer.readers.unpacking import (
    PIECE,
    BadStream,
    Budget,
    Exhausted,
    Source,
    Stored,
    Unpacked,
)
from matcher.messages import Said, said

_LOCAL = b"PK\x03\x04"
_DIRECTORY = b"PK\x01\x02"
_DESCRIPTOR = b"PK\x07\x08"
_ENDS = {b"PK\x05\x06", b"PK\x06\x06"}
_BIG = 0xFFFFFFFF
_UNIX = 3
_LONGEST_LINK = 1_024
_METHODS = {8: deflate, 12: bzip2}
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Header:
    """What stands before an entry. `packed` is None where it is not stated."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int | None
    size: int

    @property
    def described(self) -> bool:
        """Whether checksum and size follow the entry."""
        return bool(self.flags & 8)

    def problem(self) -> Said | None:
        if self.flags & 1:
            return said("is encrypted: unpack it with its password first")
        if self.method not in {0, *_METHODS}:
            return said("is compressed in a way that is not read (method %(method)s)", method=self.method)
        if self.method == 0 and self.packed is None:
            return said("is stored without its length, so that its end cannot be told")
        return None


class _ZipEntry(Entry):
    """An entry with its header, whose end is looked at when it is closed."""

    def __init__(self, header: _Header, source: Source, budget: Budget, place: int) -> None:
        problem = header.problem()
        folder = header.name.endswith("/")
        short = header.method == 0 and not problem and 0 < header.size <= _LONGEST_LINK
        super().__init__(
            header.name,
            Kind.FOLDER if folder else Kind.FILE,
            None if problem else _body(header, source, budget),
            problem,
            place,
            perhaps_link=short,
        )
        self._header = header
        self._source = source

    def _finish(self) -> Said | None:
        header, source, body = self._header, self._source, self.body
        damage: Said | None = None
        whole = False
        try:
            if body is None:
                source.skip(header.packed or 0)
            else:
                whole = body.ended()
                body.finish()
        except Exhausted:
            if body is not None:
                body.finish()  # so that the next entry can be named
            raise
        except BadStream as error:
            damage = error.reason
            if body is not None:
                body.finish()
        if header.packed is None and (body is None or body.failed):
            resume(source)
            return damage
        stated = _described(source) if header.described else (header.crc, header.size)
        if whole and body is not None and stated != (body.crc, body.size & _BIG):
            return said("is damaged: its checksum or its size is not the one that is stated")
        return damage


def entries(source: Source, budget: Budget, most: int) -> Iterator[Entry]:
    """The entries, each to be closed before the next one is asked for; at the end those that are links.

    Raises BadStream where the archive cannot be followed any more.
    """
    places: set[int] = set()
    while True:
        place = source.position
        signature = source.read(4)
        if signature == _LOCAL:
            places.add(place)
            entry = _ZipEntry(_header(source), source, budget, place)
            yield entry
        elif signature == _DIRECTORY:
            yield from _directory(source, places, most)
            return
        elif signature in _ENDS:
            return
        elif not signature:
            raise BadStream(said("is cut off: it has no directory at its end"))
        else:
            source.back(signature)
            resume(source)
            problem = said("is damaged: something stands between its entries")
            yield Entry("", problem=problem, place=place)


def resume(source: Source) -> None:
    """Go on to the next header. Raises BadStream where there is none."""
    while len(data := source.read(PIECE)) > 3:
        found = [at for at in map(data.find, (_LOCAL, _DIRECTORY)) if at >= 0]
        source.back(data[min(found) if found else -3 :])
        if found:
            return
    raise BadStream(said("is cut off, or damaged: no further entry was found"))


def _header(source: Source) -> _Header:
    _, flags, method, _, _, crc, packed, size, name_length, extra_length = struct.unpack(
        "<5H3L2H", source.whole(26)
    )
    name = _name(source.whole(name_length))
    extra = source.whole(extra_length)
    if _BIG in {packed, size}:
        packed, size = _zip64(extra, packed, size)
    unknown = flags & 8 and not packed
    return _Header(name, flags, method, crc, None if unknown else packed, size & _BIG)


def _name(data: bytes) -> str:
    try:
        name = data.decode("utf-8")
    except UnicodeDecodeError:
        name = data.decode("cp437")
    return name.replace("\\", "/")


def _zip64(extra: bytes, packed: int, size: int) -> tuple[int, int]:
    """The lengths of an entry of more than 4 GB, from its extra field 1."""
    while len(extra) >= 4:
        id_, length = struct.unpack("<2H", extra[:4])
        if id_ == 1 and min(length, len(extra) - 4) >= 16:
            size, packed = struct.unpack("<2Q", extra[4:20])
            return packed, size
        extra = extra[4 + length :]
    return packed, size


def _body(header: _Header, source: Source, budget: Budget) -> Stored | Unpacked:
    if header.method == 0:
        return Stored(source, header.packed or 0, budget)
    return Unpacked(source, _METHODS[header.method](), budget, packed=header.packed)


def _described(source: Source) -> tuple[int, int]:
    """Checksum and size as they follow an entry: with or without a signature, in 4 bytes or in 8."""
    start = source.whole(4)
    if start == _DESCRIPTOR:
        start = source.whole(4)
    rest = source.whole(8)
    following = source.read(2)
    source.back(following)
    if following in {b"PK", b""}:
        return int.from_bytes(start, "little"), int.from_bytes(rest[4:], "little")
    longer = source.whole(8)
    return int.from_bytes(start, "little"), int.from_bytes(longer[:4], "little")


def _directory(source: Source, places: set[int], most: int) -> Iterator[Entry]:
    """Links, and entries that are listed and were not met: they lie within others, or are listed twice."""
    within: list[str] = []
    count = 0
    for _ in range(most):
        fields = source.whole(42)
        made_by = fields[1]
        name_length, extra_length, comment_length = struct.unpack("<3H", fields[24:30])
        attributes, place = struct.unpack("<2L", fields[34:42])
        name = _name(source.whole(name_length))
        source.skip(extra_length + comment_length)
        if place in places:
            places.remove(place)
        elif place != _BIG:
            count += 1
            within += [shown_name(name)][: _SHOWN - len(within)]
        if made_by == _UNIX and stat.S_ISLNK(attributes >> 16):
            yield Entry(name, Kind.LINK, problem=said("is a link, and is not followed"), place=place)
        if source.read(4) != _DIRECTORY:
            break
    if count:
        names = ", ".join(within) + (", ..." if count > len(within) else "")
        problem = said(
            "lists %(number)s entries that overlap others and are not read (%(names)s)",
            number=count,
            names=names,
        )
        yield Entry("", problem=problem)
