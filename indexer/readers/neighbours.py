"""The JSON documents that lie beside a file: a badge finds its class, its issuer and what was revoked.

An index of a folder or of an archive is made once, when something is first looked for. It knows the first
files (`Limits.entries`) and looks into those that begin as a JSON object or list does, up to `Limits.beside`
bytes together; of an archive the first quarter of that is kept. Hidden files and links are passed over, what
cannot be read is ignored, and nothing outside of the folder or the archive is looked at.

An address means the document whose `id` or `@id` it is; else the one whose file has the name that the address
ends in (with or without `.json`), in the same folder before others, unless that document states an address of
its own: then it is another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from indexer.readers.formats import Document
from indexer.readers.json_text import decode
from indexer.readers.limits import Limits
from matcher.errors import InvalidInput

_REMEMBERED = 64  # documents at most, of files that together are no longer than a document may be
_HEAD = 4_096


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


@dataclass(slots=True)
class Index:
    """Documents by their ids and by the names of their files. `files` is asked once, when first needed."""

    files: Callable[[], Iterable[Beside]]
    limits: Limits
    _by_id: dict[str, _Found] = field(default_factory=dict)
    _by_name: dict[str, list[_Found]] = field(default_factory=dict)
    _remembered: dict[_Found, Document] = field(default_factory=dict)
    _made: bool = False

    def find(self, address: str, folder: str) -> Document | None:
        """The document of this address, seen from a file in `folder`."""
        self._make()
        found = self._by_id.get(_plain(address)) or self._named(address, folder)
        return None if found is None else self._document(found)

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
            for found, _ in _documents(file, self.limits):
                if found.id:
                    self._by_id.setdefault(_plain(found.id), found)
                if found.number < 0:
                    self._by_name.setdefault(file.name, []).append(found)

    def _is_much(self, more: int) -> bool:
        """Whether too much would be remembered, with a file of so many bytes."""
        sizes = sum(one.file.size for one in self._remembered)
        return len(self._remembered) >= _REMEMBERED or sizes + more > self.limits.document

    def _document(self, found: _Found) -> Document | None:
        if found not in self._remembered:
            document = next(
                (one for known, one in _documents(found.file, self.limits) if known.number == found.number),
                None,
            )
            if document is None:
                return None
            while self._remembered and self._is_much(found.file.size):
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[found] = document
        return self._remembered[found]


@dataclass(frozen=True, slots=True)
class View:
    """What a file in `folder` sees of an index."""

    index: Index
    folder: str

    def find(self, address: str) -> Document | None:
        """The document of this address."""
        return self.index.find(address, self.folder)


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


def _documents(file: Beside, limits: Limits) -> Iterator[tuple[_Found, Document]]:
    try:
        body = decode(file.data(), limits)
    except (OSError, InvalidInput):
        return
    several = isinstance(body, list)
    for number, one in enumerate(body if isinstance(body, list) else [body]):
        if isinstance(one, dict):
            stated = one.get("id") or one.get("@id")
            yield _Found(file, number if several else -1, stated if isinstance(stated, str) else ""), one


def _plain(address: str) -> str:
    return unquote(address.strip())


def _last(address: str) -> str:
    try:
        return unquote(urlsplit(address.strip()).path.rstrip("/").rpartition("/")[2])
    except ValueError:  # a port or a host that cannot be one
        return ""
