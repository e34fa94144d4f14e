"""Reads a framework of competencies from CSV or JSON lines, such as an employer's own.

The same fields in both, in any order; others are ignored:

    uri          identity of the competency, an absolute URI; or
    key          ... a name of the framework's own, which becomes the URI `<prefix><key>`
    label_en     English label (`label` is read as the same); one of label_en, label_fr is needed
    label_fr     French label
    aliases_en   other English names, separated by `|` (JSON: or a list)
    aliases_fr   other French names
    kind         skill (also where empty), knowledge or attribute
    broader      URIs or keys of broader competencies, separated by `|` (JSON: or a list)
    related      ... of related ones, without a direction of breadth
    same_as      ... of competencies of any framework that mean the same
    description  what the competency is, in English; read for its meaning

A file may end in .gz. What cannot be read comes as a `Rejected` with its line, and the rest goes on.
"""

from __future__ import annotations

import csv
import gzip
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from pydantic_core import from_json

from matcher.errors import InvalidInput
from matcher.records import Kind, Rejected

LANGUAGES = ("en", "fr")
"""The languages that labels and aliases are kept in."""

_LONGEST_URI = 1_000
_LONGEST_LABEL = 500
_LONGEST_LINE = 1_000_000
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_SEPARATOR = re.compile(r"[|\n]")


@dataclass(frozen=True, slots=True)
class FrameworkCompetency:
    """A competency as a framework defines it.

    `labels` and `aliases` are by language ("en", "fr"); a language without any is missing. `broader`,
    `related` and `same` hold URIs, sorted; whether they exist is for the reader of the whole to check.
    """

    uri: str
    kind: Kind = Kind.SKILL
    labels: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    broader: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    description: str = ""


class FieldError(ValueError):
    """A field of one record is wrong: `where` names it, `reason` says why and what was found."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


def read_framework(path: Path, *, prefix: str) -> Iterator[FrameworkCompetency | Rejected]:
    """The competencies of a .csv or .jsonl file (or either with .gz), in the file's order.

    `prefix` starts the URI of competencies that have only a key, for example
    `urn:credmatch:competency:`.

    Raises InvalidInput where the file as a whole cannot be read: missing, another ending, not gzip, or a
    CSV without the columns of an identity and a label.
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
        except FieldError as error:
            yield Rejected(path.name, line, error.where, error.reason, repr(dict(cells)))
            continue
        yield competency


def csv_rows(path: Path) -> Iterator[tuple[int, dict[str, str]] | Rejected]:
    """The rows of a CSV file (comma, UTF-8, a first row of column names), each with its first line.

    A row with another number of cells than the header, bytes that are not UTF-8, or a NUL is rejected.
    Raises InvalidInput where the file cannot be read or has no header.
    """
    with _opened(path) as file:
        reader = csv.reader(file)
        try:
            header = [name.strip() for name in next(reader)]
        except (StopIteration, csv.Error) as error:
            raise InvalidInput("no header row with column names", where=path.name) from error
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
        raise FieldError(where, f"expected text or a list of texts, found {_short(value)}")
    return tuple(cleaned for part in parts if (cleaned := clean(part, where)))


def clean(text: str, where: str) -> str:
    """`text` in Unicode's composed form (NFC), its white space single. Raises FieldError where too long."""
    cleaned = " ".join(unicodedata.normalize("NFC", text).split())
    if len(cleaned) > _LONGEST_LABEL:
        raise FieldError(where, f"{len(cleaned)} characters, at most {_LONGEST_LABEL}: {_short(cleaned)}")
    return cleaned


def check_new(uri: str, where: str, seen: set[str]) -> None:
    """Add `uri` to those seen in a file. Raises FieldError where it stands there already."""
    if uri in seen:
        raise FieldError(where, f"{uri} stands in the file twice; the first is kept")
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
        raise FieldError("label_en", "a label is needed, in label_en or label_fr")
    labels = {language: text for language, text in zip(LANGUAGES, (english, french), strict=True) if text}
    aliases = {name: _aliases(cells, name, labels.get(name, "")) for name in LANGUAGES}
    description = cells.get("description") or ""
    if not isinstance(description, str):
        raise FieldError("description", f"expected text, found {_short(description)}")
    return FrameworkCompetency(
        uri=uri,
        kind=_kind(cells.get("kind")),
        labels=labels,
        aliases={name: found for name, found in aliases.items() if found},
        broader=_uris(cells, "broader", uri, prefix),
        related=_uris(cells, "related", uri, prefix),
        same=_uris(cells, "same_as", uri, prefix),
        description=description.strip(),
    )


def _identity(cells: Mapping[str, object], prefix: str) -> str:
    uri, key = cells.get("uri") or "", cells.get("key") or ""
    if not isinstance(uri, str) or not isinstance(key, str):
        raise FieldError("uri", f"expected text, found {_short(uri or key)}")
    if uri.strip():
        if not _URI.fullmatch(uri.strip()):
            raise FieldError("uri", f"expected an absolute URI, found {_short(uri)}")
        return _checked_length(uri.strip(), "uri")
    if key.strip():
        return _checked_length(_reference(key.strip(), prefix), "key")
    raise FieldError("uri", "a uri or a key is needed")


def _reference(text: str, prefix: str) -> str:
    """`text` where it is an absolute URI, else the URI of the competency with that key."""
    return text if _URI.fullmatch(text) else prefix + quote(text, safe="")


def _checked_length(uri: str, where: str) -> str:
    if len(uri) > _LONGEST_URI:
        raise FieldError(where, f"{len(uri)} characters, at most {_LONGEST_URI}: {_short(uri)}")
    return uri


def _label(cells: Mapping[str, object], name: str) -> str:
    value = cells.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise FieldError(name, f"expected text, found {_short(value)}")
    return clean(value, name)


def _aliases(cells: Mapping[str, object], language: str, label: str) -> tuple[str, ...]:
    name = f"aliases_{language}"
    return distinct(label, texts(cells.get(name), name))


def _uris(cells: Mapping[str, object], name: str, own: str, prefix: str) -> tuple[str, ...]:
    found = {_checked_length(_reference(text, prefix), name) for text in texts(cells.get(name), name)}
    if own in found:
        raise FieldError(name, f"{own} names itself")
    return tuple(sorted(found))


def _kind(value: object) -> Kind:
    if value is None or value == "":
        return Kind.SKILL
    try:
        return Kind(value.strip().lower() if isinstance(value, str) else "")
    except ValueError as error:
        raise FieldError("kind", f"expected one of {', '.join(Kind)}, found {_short(value)}") from error


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, object]] | Rejected]:
    name = path.name.removesuffix(".gz")
    if name.endswith(".jsonl"):
        return _json_rows(path)
    if name.endswith(".csv"):
        return _checked_columns(path)
    raise InvalidInput("a framework's file ends in .csv or .jsonl, or either with .gz", where=path.name)


def _checked_columns(path: Path) -> Iterator[tuple[int, Mapping[str, object]] | Rejected]:
    with _opened(path) as file:
        columns = {name.strip() for name in next(csv.reader(file), [])}
    for needed in ({"uri", "key"}, {"label", "label_en", "label_fr"}):
        if not needed & columns:
            found = ", ".join(sorted(columns)) or "none"
            raise InvalidInput(
                f"a column {' or '.join(sorted(needed))} is needed; found {found}", where=path.name
            )
    yield from csv_rows(path)


def _json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, object]] | Rejected]:
    with _opened(path) as file:
        line = 0
        while text := file.readline(_LONGEST_LINE):
            line += 1
            whole = text
            while not text.endswith("\n") and (text := file.readline(_LONGEST_LINE)):
                whole = ""
            if not whole:
                yield Rejected(path.name, line, "", f"a line longer than {_LONGEST_LINE} characters", "")
            elif whole.strip():
                yield _json_row(path.name, line, whole)


def _json_row(file: str, line: int, text: str) -> tuple[int, Mapping[str, object]] | Rejected:
    if "\ufffd" in text:
        return Rejected(file, line, "", "bytes that are not UTF-8", text)
    try:
        # Bounded in depth, which the standard library's reader is not.
        found = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        return Rejected(file, line, "", f"not readable as JSON: {error}", text)
    if not isinstance(found, dict):
        return Rejected(file, line, "$", f"expected an object, found {_short(found)}", text)
    return line, found


def _row(file: str, line: int, header: list[str], cells: list[str]) -> tuple[int, dict[str, str]] | Rejected:
    raw = ",".join(cells)
    if len(cells) != len(header):
        return Rejected(file, line, "", f"{len(cells)} cells, the header has {len(header)}", raw)
    for name, cell in zip(header, cells, strict=True):
        if "\ufffd" in cell or "\0" in cell:
            return Rejected(file, line, name, "bytes that are not UTF-8", raw)
    return line, dict(zip(header, cells, strict=True))


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """The file as UTF-8 text, unpacked; bytes that are not UTF-8 come as U+FFFD."""
    try:
        if path.name.endswith(".gz"):
            with gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as file:
                yield file
        else:
            with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
                yield file
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(f"cannot be read: {error}", where=path.name) from error


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
