"""What frameworks of competencies are made of, what every format of them is, and what their readers yield.

A framework is imported by an operator, on purpose: it may be larger than a credential (`VocabularyLimits`),
and it is held in memory until it is stored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from indexer.readers.json_text import decode, raw_text, shown
from indexer.readers.lines import Line, lines
from indexer.readers.problems import LONGEST_INDEXED
from matcher.errors import InvalidInput
from matcher.records import Kind, Notice, Rejected

LANGUAGES = ("en", "fr")
"""The languages that labels and aliases are kept in."""

LONGEST_URI = 1_000
LONGEST_LABEL = 500
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")

_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
_SEPARATOR = re.compile(r"[|\n]")


@dataclass(frozen=True, slots=True)
class FrameworkCompetency:
    """A competency as a framework defines it.

    `labels` and `aliases` are by language ("en", "fr"); a language without any is missing. `broader`,
    `narrower`, `related` and `same` hold URIs, sorted, in this framework or in any other; whether they exist
    is for the store to find out. `place` is where it stands, for messages: a JSON path, or "line 4".
    """

    uri: str
    kind: Kind = Kind.SKILL
    labels: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    broader: tuple[str, ...] = ()
    narrower: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    description: str = ""
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class FrameworkFacts:
    """What a document says of its framework as a whole; "" where it does not.

    `silent`: what it says nothing of because a part of it is missing, so that what is stored of that stays:
    "en" and "fr" (labels, aliases), "kind", and types of relations.
    """

    name: str = ""
    version: str = ""
    attribution: str = ""
    silent: frozenset[str] = frozenset()


Entry = FrameworkCompetency | FrameworkFacts | Notice | Rejected
"""What a reader of frameworks yields. The facts come once a document, before its competencies."""


@dataclass(frozen=True, slots=True)
class FrameworkFile:
    """A file that may hold a framework, or a part of one.

    `name` is for messages, `head` the first bytes (of what is unpacked, where it is gzip), `document` the
    decoded JSON value, None for a table.
    """

    name: str
    path: Path
    head: bytes
    document: object = None


@dataclass(frozen=True, slots=True)
class FrameworkFormat:
    """A format of frameworks. `taken`: what of it is taken -> where that goes, for docs/formats.md.

    `read` takes files that were recognised and the beginning of the URIs of competencies that have only a
    key. It is given all files of an import at once where they make one framework (`together`), else one.
    `shared`: what it holds becomes everybody's vocabulary and not the organisation's own.
    """

    name: str
    recognised_by: str
    taken: Mapping[str, str]
    read: Callable[[Sequence[FrameworkFile], str], Iterator[Entry]]
    recognises_document: Callable[[object], bool] = lambda _: False
    recognises_head: Callable[[bytes], bool] = lambda _: False
    together: bool = False
    shared: bool = False


def texts(value: object, where: str) -> tuple[str, ...]:
    """The texts of a field: a string separated by `|` or line ends, or a list of strings; cleaned."""
    if value is None:
        return ()
    parts = _SEPARATOR.split(value) if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise InvalidInput(f"{shown(value)} is not text or a list of texts", where=where)
    return tuple(cleaned for part in parts if (cleaned := clean(part, where)))


def clean(text: str, where: str) -> str:
    """`text` in Unicode's composed form (NFC), its white space single.

    Raises InvalidInput where it is too long for a label, or no text.
    """
    cleaned = " ".join(unicodedata.normalize("NFC", checked_text(text, where)).split())
    if len(cleaned) > LONGEST_LABEL:
        raise InvalidInput(
            f"{len(cleaned)} characters, at most {LONGEST_LABEL}: {shown(cleaned)}", where=where
        )
    return cleaned


def checked_text(text: str, where: str) -> str:
    """`text`. Raises InvalidInput where it has what a database refuses: controls, half a surrogate pair."""
    if found := _NO_TEXT.search(text):
        raise InvalidInput(f"{shown(text)} has the character {found[0]!a}, which is no text", where=where)
    return text


def key_uri(key: str, prefix: str) -> str:
    """The URI of a competency that has only a key."""
    return prefix + quote(key, safe="", errors="replace")


def check_new(uri: str, where: str, seen: set[str]) -> None:
    """Add `uri` to those seen in a file. Raises InvalidInput where it stands there already."""
    if uri in seen:
        raise InvalidInput(f"{uri} stands in the file twice; the first is kept", where=where)
    seen.add(uri)


def distinct(label: str, aliases: Iterable[str]) -> tuple[str, ...]:
    """`aliases` in their order without `label` and without repeats; letters' case makes no difference."""
    seen = {label.casefold()}
    kept = []
    for alias in aliases:
        if alias.casefold() not in seen:
            seen.add(alias.casefold())
            kept.append(alias)
    return tuple(kept)


def _competency(cells: Mapping[str, object], prefix: str) -> FrameworkCompetency:
    uri = _identity(cells, prefix)
    english = _label(cells, "label_en") or _label(cells, "label")
    french = _label(cells, "label_fr")
    if not english and not french:
        raise InvalidInput("a label is needed, in label_en or label_fr", where="label_en")
    labels = {language: text for language, text in zip(LANGUAGES, (english, french), strict=True) if text}
    aliases = {name: _aliases(cells, name, labels.get(name, "")) for name in LANGUAGES}
    description = cells.get("description") or ""
    if not isinstance(description, str):
        raise InvalidInput(f"{shown(description)} is not text", where="description")
    return FrameworkCompetency(
        uri=uri,
        kind=_kind(cells.get("kind")),
        labels=labels,
        aliases={name: found for name, found in aliases.items() if found},
        broader=_uris(cells, "broader", uri, prefix),
        narrower=_uris(cells, "narrower", uri, prefix),
        related=_uris(cells, "related", uri, prefix),
        same=_uris(cells, "same_as", uri, prefix),
        description=checked_text(description, "description").strip(),
    )


def _identity(cells: Mapping[str, object], prefix: str) -> str:
    uri, key = cells.get("uri") or "", cells.get("key") or ""
    if not isinstance(uri, str) or not isinstance(key, str):
        raise InvalidInput(f"{shown(uri or key)} is not text", where="uri")
    if uri.strip():
        if not URI.fullmatch(uri.strip()):
            raise InvalidInput(f"{shown(uri)} is not an absolute URI", where="uri")
        return _checked_length(uri.strip(), "uri")
    if key.strip():
        return _checked_length(_reference(key.strip(), prefix), "key")
    raise InvalidInput("a uri or a key is needed", where="uri")


def _reference(text: str, prefix: str) -> str:
    """`text` where it is an absolute URI, else the URI of the competency with that key."""
    return text if URI.fullmatch(text) else key_uri(text, prefix)


def _checked_length(uri: str, where: str) -> str:
    if len(uri) > LONGEST_URI:
        raise InvalidInput(f"{shown(uri)} has more than {LONGEST_URI} characters", where=where)
    if len(uri.encode()) > LONGEST_INDEXED:
        raise InvalidInput(f"{shown(uri)} has more than {LONGEST_INDEXED} bytes", where=where)
    return uri


def _label(cells: Mapping[str, object], name: str) -> str:
    value = cells.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidInput(f"{shown(value)} is not text", where=name)
    return clean(value, name)


def _aliases(cells: Mapping[str, object], language: str, label: str) -> tuple[str, ...]:
    name = f"aliases_{language}"
    if language == "en" and cells.get(name) is None:
        name = "aliases"
    return distinct(label, texts(cells.get(name), name))


def _uris(cells: Mapping[str, object], name: str, own: str, prefix: str) -> tuple[str, ...]:
    found = {_checked_length(_reference(text, prefix), name) for text in texts(cells.get(name), name)}
    if own in found:
        raise InvalidInput(f"{own} names itself", where=name)
    return tuple(sorted(found))


def _kind(value: object) -> Kind:
    if value is None or value == "":
        return Kind.SKILL
    try:
        return Kind(value.strip().lower() if isinstance(value, str) else "")
    except ValueError as error:
        raise InvalidInput(
            f"expected one of {', '.join(Kind)}, found {shown(value)}", where="kind"
        ) from error


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, object]] | Rejected]:
    with unpacked(path) as stream:
        head = stream.read(_HEAD).removeprefix(BOM_UTF8).lstrip()
    return _json_rows(path) if head.startswith(b"{") else _checked_columns(path)


def _checked_columns(path: Path) -> Iterator[tuple[int, Mapping[str, object]] | Rejected]:
    checked = False
    for row in table_rows(path):
        if not checked and not isinstance(row, Rejected):
            _check_columns(path, set(row[1]))
            checked = True
        yield row


def _check_columns(path: Path, columns: set[str]) -> None:
    for needed in (("uri", "key"), ("label_en", "label", "label_fr")):
        if columns.isdisjoint(needed):
            found = ", ".join(sorted(columns))
            raise InvalidInput(f"no column {' or '.join(needed)}; found {found}", where=path.name)


def _json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, object]] | Rejected]:
    with unpacked(path) as stream:
        for line in lines(stream, _LONGEST_LINE):
            try:
                if line.data.strip():
                    yield line.number, _json_object(line)
            except InvalidInput as error:
                yield Rejected(path.name, line.number, error.where, error.reason, raw_text(line.data))


def _json_object(line: Line) -> Mapping[str, object]:
    if not line.whole:
        raise InvalidInput(f"the line is longer than {_LONGEST_LINE:,} bytes")
    found = decode(line.data)
    if not isinstance(found, dict):
        raise InvalidInput(f"{shown(found)} is not an object", where="$")
    return found


def _row(file: str, line: int, header: list[str], cells: list[str]) -> tuple[int, dict[str, str]] | Rejected:
    raw = ",".join(cells)
    if len(cells) != len(header):
        return Rejected(file, line, "", f"{len(cells)} cells, the header has {len(header)}", raw)
    for name, cell in zip(header, cells, strict=True):
        if "\ufffd" in cell or "\0" in cell:
            return Rejected(file, line, name, "bytes that are not UTF-8", raw)
    return line, dict(zip(header, cells, strict=True))


def _bounded(text: io.TextIOWrapper, path: Path) -> Iterator[str]:
    """The lines of a table. Raises InvalidInput where one of them, or all together, are too long."""
    size = 0
    while line := text.readline(_LONGEST_LINE):
        size += len(line)
        if len(line) == _LONGEST_LINE or size > _LONGEST_TABLE:
            reason = (
                f"a line is longer than {_LONGEST_LINE:,} characters, or all longer than {_LONGEST_TABLE:,}"
            )
            raise InvalidInput(reason, where=path.name)
        yield line


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """A file's bytes; of a gzip file what it holds. Raises InvalidInput where they cannot be read."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with cast(BinaryIO, gzip.open(path)) if packed else path.open("rb") as stream:
            yield stream
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(f"cannot be read: {error}", where=path.name) from error
