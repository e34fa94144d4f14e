"""Reads a framework of competencies from CSV or JSON lines, such as an employer's own.

The same fields in both, in any order; others are ignored:

    uri          identity of the competency, an absolute URI; or
    key          ... a name of the framework's own, which becomes the URI `<prefix><key>`
    label_en     English label (`label` is read as the same); one of label_en, label_fr is needed
    label_fr     French label
    aliases_en   other English names, separated by `|` (JSON: or a list); `aliases` is read as the same
    aliases_fr   other French names
    kind         skill (also where empty), knowledge or attribute
    broader      URIs or keys of broader competencies, separated by `|` (JSON: or a list)
    related      ... of related ones, without a direction of breadth
    same_as      ... of competencies of any framework that mean the same
    narrower     ... of narrower ones, where those do not say so themselves
    description  what the competency is, in English; read for its meaning

Lines that begin with `{` are JSON, anything else is CSV; the file may be gzip. What cannot be read comes as a
`Rejected` with its line, and the rest goes on.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import unicodedata
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import quote

from indexer.readers.json_text import decode, encode, raw_text, shown
from indexer.readers.lines import Line, lines
from matcher.errors import InvalidInput
from matcher.records import Kind, Rejected

LANGUAGES = ("en", "fr")
"""The languages that labels and aliases are kept in."""

LONGEST_URI = 1_000
LONGEST_LABEL = 500
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")

_HEAD = 4_096
_LONGEST_LINE = 1_000_000
_LONGEST_TABLE = 1_000_000_000
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
_DELIMITERS = ",;\t"
_SEPARATOR = re.compile(r"[|\n]")


@dataclass(frozen=True, slots=True)
class FrameworkCompetency:
    """A competency as a framework defines it.

    `labels` and `aliases` are by language ("en", "fr"); a language without any is missing. `broader`,
    `narrower`, `related` and `same` hold URIs, sorted, in this framework or in any other; whether they exist
    is for the store to find out.
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


def read_framework(path: Path, *, prefix: str) -> Iterator[FrameworkCompetency | Rejected]:
    """The competencies of a CSV or JSONL file (either may be gzip), in the file's order.

    `prefix` starts the URI of competencies that have only a key, for example
    `urn:credmatch:competency:`.

    Raises InvalidInput, when the first is asked for, where the file as a whole cannot be read: missing,
    damaged gzip, or a CSV without the columns of an identity and a label.
    """
    seen: set[str] = set()
    for row in _rows(path):
        if isinstance(row, Rejected):
            yield row
            continue
        line, cells = row
        try:
            competency = _competency(cells, prefix)
            check_new(competency.uri, "uri", seen)
        except InvalidInput as error:
            yield Rejected(path.name, line, error.where, error.reason, encode(dict(cells)))
            continue
        yield competency


def table_rows(path: Path) -> Iterator[tuple[int, dict[str, str]] | Rejected]:
    """The rows of a CSV file, each with the line it begins on, as column name -> cell.

    UTF-8; the separator is a comma, a semicolon or a tab, found from the first line, which names the columns.
    A row with another number of cells, with bytes that are not UTF-8 or with a NUL is rejected.
    Raises InvalidInput where the file cannot be read or is empty.
    """
    with unpacked(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        source = _bounded(text, path)
        first = next(source, "")
        if not first.strip():
            raise InvalidInput("no first line with names of columns", where=path.name)
        reader = csv.reader(chain([first], source), delimiter=max(_DELIMITERS, key=first.count))
        header = [name.strip() for name in next(reader)]
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Rejected(path.name, line, "", f"not readable as CSV: {error}", "")
                continue
            if cells:
                yield _row(path.name, line, header, cells)


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


def first_line_cells(head: bytes) -> list[str]:
    """The names of columns in the first line of a table; empty where the line is none of a table."""
    first = head.removeprefix(BOM_UTF8).split(b"\n", 1)[0].decode("utf-8", "replace").rstrip("\r")
    if first.lstrip().startswith(("{", "[", "<")):
        return []
    try:
        cells = next(csv.reader([first], delimiter=max(_DELIMITERS, key=first.count)), [])
    except csv.Error:
        return []
    return [cell.strip() for cell in cells]


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
