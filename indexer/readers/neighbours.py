"""The JSON documents that lie beside a file: a badge finds its class, its issuer and what was revoked.

An index of a folder or of an archive is made once, when something is first looked for. It knows the first
files (`Limits.entries`) and looks into those that begin as a JSON object or list does, up to `Limits.beside`
bytes together; of an archive the first quarter of that is kept. Hidden files and links are passed over, what
cannot be read is ignored. What an archive within an archive does not hold is looked for in the outer one;
nothing outside of the folder or the outermost archive is looked at.

An address means the document whose `id` or `@id` it is; else the one whose file has the name that the address
ends in (with or without `.json`), in the same folder before others, unless that document states an address of
its own: then it is another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from urllib.parse import unquote, urlsplit

from indexer.readers.formats import Alone, Document, Neighbours
from indexer.readers.json_text import decode, values_of
from indexer.readers.limits import Limits
from indexer.readers.open_badges_2_parts import value_in
from indexer.readers.parts import single
from matcher.errors import InvalidInput
from matcher.messages import said

_HEAD = 4_096
_LINKS = ("badge", "issuer", "revocationList")
_READINGS = 4
"""How many times as many bytes as lie beside a file are read again at most: see `Index`."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A JSON file: its folder, its name, its size in bytes, and how these are had (raises OSError)."""

    folder: str
    name: str
    size: int
    data: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class _Found:
    """A document: its file, and its number in the list that the file holds, -1 where it is alone."""

    file: Beside
    number: int
    id: str


@dataclass(frozen=True, slots=True)
class _Read:
    """What a file holds: documents by their numbers. `share`: how much of what one document may have, in
    bytes or in values, all of it is."""

    documents: dict[int, Document] = field(default_factory=dict)
    share: float = 0.0


@dataclass(slots=True)
class Index:
    """Documents by their ids and by the names of their files. `files` is asked once, when first needed.

    The files that were looked into last are remembered, as much of them as one document may have. Others are
    read again, until that is more than four times `Limits.beside`: else a few assertions that turn to and fro
    between long files would take hours.
    """

    files: Callable[[], Iterable[Beside]]
    limits: Limits
    of_archive: bool = False
    _by_id: dict[str, _Found] = field(default_factory=dict)
    _by_name: dict[str, list[_Found]] = field(default_factory=dict)
    _referred_to: set[str] = field(default_factory=set)
    _remembered: dict[Beside, _Read] = field(default_factory=dict)
    _read: int = 0
    _made: bool = False

    def find(self, address: str, folder: str) -> Document | None:
        """The document of this address, seen from a file in `folder`."""
        self._make()
        found = self._by_id.get(_plain(address)) or self._named(address, folder)
        return None if found is None else self._document(found)

    def refer_to(self, document: Document, file: str) -> bool:
        """Whether one of them names a document, by its id or by the name of the file in which it is alone."""
        self._make()
        stated = document.get("id") or document.get("@id")
        name = PurePath(file.rpartition("!")[2]).name
        names = (_plain(stated),) if isinstance(stated, str) else (name, name.removesuffix(".json"))
        return not self._referred_to.isdisjoint(names)

    def _named(self, address: str, folder: str) -> _Found | None:
        name = _last(address)
        found = [
            one
            for stated in (name, f"{name}.json")
            for one in self._by_name.get(stated, ())
            if name and not one.id.startswith(("http://", "https://"))
        ]
        near = [one for one in found if one.file.folder == folder]
        return near[0] if near else found[0] if len(found) == 1 else None

    def _make(self) -> None:
        if self._made:
            return
        self._made = True
        for file in self.files():
            for number, one in _documents(file, self.limits).documents.items():
                stated = one.get("id") or one.get("@id")
                found = _Found(file, number, stated if isinstance(stated, str) else "")
                self._referred_to.update(_addresses(one))
                if found.id:
                    self._by_id.setdefault(_plain(found.id), found)
                if found.number < 0:
                    self._by_name.setdefault(file.name, []).append(found)

    def _document(self, found: _Found) -> Document | None:
        """Raises InvalidInput where too much would be read again."""
        read = self._remembered.pop(found.file, None)
        if read is None:
            self._read += found.file.size
            if self._read > _READINGS * self.limits.beside:
                raise InvalidInput(
                    said(
                        "what it refers to is in long files beside it, of which more than %(times)s times "
                        "%(most)s bytes were read by now",
                        times=_READINGS,
                        most=self.limits.beside,
                    )
                )
            read = _documents(found.file, self.limits)
        share = read.share + sum(one.share for one in self._remembered.values())
        for file in list(self._remembered):  # the one that was looked into longest ago first
            if share <= 1:
                break
            share -= self._remembered.pop(file).share
        self._remembered[found.file] = read
        return read.documents.get(found.number)


@dataclass(frozen=True, slots=True)
class View:
    """What a file in `folder` sees of an index, and of what lies `beyond` the archive that it is in."""

    index: Index
    folder: str
    beyond: Neighbours = field(default_factory=Alone)

    @property
    def in_archive(self) -> bool:
        """Whether the file lies in an archive, and not in a folder."""
        return self.index.of_archive

    def find(self, address: str) -> Document | None:
        """The document of this address."""
        found = self.index.find(address, self.folder)
        return self.beyond.find(address) if found is None else found

    def refer_to(self, document: Document, file: str) -> bool:
        """Whether a badge that lies there names this document."""
        return self.index.refer_to(document, file) or self.beyond.refer_to(document, file)


def in_folder(paths: Callable[[], Iterable[Path]], limits: Limits) -> Index:
    """An index of files in folders."""
    return Index(lambda: _files(paths(), limits), limits)


def _files(paths: Iterable[Path], limits: Limits) -> Iterator[Beside]:
    left: int = limits.beside
    for path in paths:
        try:
            size = path.stat().st_size
            if size <= min(left, limits.document) and _is_json(path):
                left -= size
                yield Beside(str(path.parent), path.name, size, path.read_bytes)
        except OSError:
            continue


def _is_json(path: Path) -> bool:
    with path.open("rb") as stream:
        return begins_as_json(stream.read(_HEAD))


def begins_as_json(head: bytes) -> bool:
    """Whether a file that begins with `head` may be JSON."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"["))


def _documents(file: Beside, limits: Limits) -> _Read:
    """What a file holds; nothing where it cannot be read."""
    try:
        data = file.data()
        body = decode(data, limits)
    except (OSError, InvalidInput):
        return _Read()
    bodies = enumerate(body) if isinstance(body, list) else [(-1, body)]
    share = max(len(data) / limits.document, values_of(data) / limits.values)
    return _Read({number: one for number, one in bodies if isinstance(one, dict)}, share)


def _addresses(document: Document) -> Iterator[str]:
    """The addresses by which a badge names its class and its issuer, and that what it revoked, and what these
    end in."""
    badge = value_in(document, "badge")
    for holder in (document, badge if isinstance(badge, dict) else {}):
        for field_name in _LINKS:
            value = single(value_in(holder, field_name))
            address = value.get("id", value.get("@id")) if isinstance(value, dict) else value
            if isinstance(address, str):
                yield from (_plain(address), _last(address))


def _plain(address: str) -> str:
    return unquote(address.strip())


def _last(address: str) -> str:
    try:
        return unquote(urlsplit(address.strip()).path.rstrip("/").rpartition("/")[2])
    except ValueError:  # a port or a host that cannot be one
        return ""
