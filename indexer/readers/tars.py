"""The entries of a tar archive, read forward (POSIX.1-2001 ustar and pax, GNU's long names)."""

from __future__ import annotations

from collections.abc import Iterator

from indexer.readers.archive_entries import Entry, Kind
from indexer.readers.signatures import is_tar
from indexer.readers.unpacking import BadStream, Budget, Source, Stored
from matcher.messages import Said, marked, said

_BLOCK = 512
_LONGEST_HEADER = 65_536
_LONGEST_END = 1_048_576
"""Bytes that an archive is filled up with at its end: most write 10 KB at once, and some far more."""

_FILES = {b"0", b"\0", b"7"}
_OF_NO_KIND = marked("is of a kind that is not read")
_KINDS = {
    b"1": marked("is a link, and is not followed"),
    b"2": marked("is a link, and is not followed"),
    b"3": marked("is a device, and no file"),
    b"4": marked("is a device, and no file"),
    b"6": marked("is a pipe, and no file"),
    b"S": marked("is a sparse file, which is not read"),
}


class _TarEntry(Entry):
    """An entry that is filled up to whole blocks."""

    def __init__(self, name: str, type_: bytes, source: Source, budget: Budget, size: int) -> None:
        folder = type_ == b"5" or (type_ in _FILES and name.endswith("/"))
        kind = Kind.FOLDER if folder else Kind.FILE
        problem = None
        if not (folder or type_ in _FILES):
            problem = said(_KINDS.get(type_, _OF_NO_KIND))
        super().__init__(name, kind, Stored(source, size, budget), problem, source.position)
        self._source = source
        self._filling = -size % _BLOCK

    def _finish(self) -> Said | None:
        damage = super()._finish()
        self._source.skip(self._filling)
        return damage


def entries(source: Source, budget: Budget) -> Iterator[Entry]:
    """The entries, each to be closed before the next one is asked for; one whose header is damaged is passed
    over, up to the next header.

    Raises BadStream where the archive cannot be followed any more.
    """
    stated: dict[str, str] = {}
    while block := source.read(_BLOCK):
        if not any(block):
            source.read(_LONGEST_END)  # where the archive is compressed, its checksum stands behind this
            return
        if not is_tar(block):
            damaged, place = block, source.position
            block = _next_header(source)
            if not block:
                cut_off = len(damaged) < _BLOCK
                raise BadStream(
                    said("is cut off") if cut_off else said("is damaged: what follows is no entry")
                )
            yield Entry(_name(damaged), problem=said("its header in the archive is damaged"), place=place)
            stated = {}
        size, type_ = _number(block[124:136]), block[156:157]
        if type_ in {b"x", b"L"}:
            stated |= _stated(type_, _text(source, size))
        elif type_ in {b"g", b"K"}:
            _text(source, size)
        else:
            name = stated.get("path") or _name(block)
            length = stated.get("size", "")
            if length.isascii() and length.isdigit() and len(length) < 20:
                size = int(length)
            stated = {}
            yield _TarEntry(name, type_, source, budget, 0 if type_ in {b"1", b"2"} else size)
    raise BadStream(said("is cut off: it has no end"))


def _next_header(source: Source) -> bytes:
    """The next block whose checksum is that of a header; nothing where none follows."""
    while block := source.read(_BLOCK):
        if is_tar(block):
            return block
    return b""


def _text(source: Source, size: int) -> bytes:
    """A header's text, as far as it is of use."""
    data = source.whole(min(size, _LONGEST_HEADER))
    source.skip(size - len(data) + -size % _BLOCK)
    return data


def _stated(type_: bytes, data: bytes) -> dict[str, str]:
    """What a header says of the entry that follows: its name, its size."""
    if type_ == b"L":
        return {"path": data.rstrip(b"\0").decode("utf-8", "replace")}
    found = {}
    while data:
        length, _, _ = data.partition(b" ")
        if not (length.isdigit() and len(length) < 6 and len(length) < int(length) <= len(data)):
            break
        record, data = data[len(length) + 1 : int(length)], data[int(length) :]
        name, _, value = record.rstrip(b"\n").partition(b"=")
        if name in {b"path", b"size"}:
            found[name.decode()] = value.decode("utf-8", "replace")
    return found


def _name(block: bytes) -> str:
    name, prefix = block[:100].partition(b"\0")[0], b""
    if block[257:263] == b"ustar\0":
        prefix = block[345:500].partition(b"\0")[0]
    return (prefix + b"/" + name if prefix else name).decode("utf-8", "replace")


def _number(field: bytes) -> int:
    """A size: octal digits, or from 8 GB on a number in base 256."""
    if field[0] & 0x80:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:])
    digits = field.strip(b"\0 ")
    if digits.strip(b"01234567"):
        raise BadStream(said("is damaged: an entry's size is no number"))
    return int(digits or b"0", 8)
