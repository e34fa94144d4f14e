"""Reads awards from CSV: a row an award, columns in any order, named as in `templates/awards.csv`.

Needed are `candidate_key` and `achievement_name` or `achievement_key`; headers may be English or French
(`csv_columns.py`). The separator is a comma, a semicolon or a tab, found from the header; the text is UTF-8.
A cell with several values separates them by `|`, or by `;` where it has no `|`; `competencies` (labels) and
`competency_uris` belong together in their order. Dates, statuses and maxima are those of `shape.py`; a level
may be written 0,75. Cells that look like formulas are data like any other.

Rows of one candidate that follow each other become one record. A bad row is a `Rejected` whose raw record is
the header and the row, so that it can be corrected and imported alone.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from indexer.readers.csv_columns import PATHS, columns, known, plain
from indexer.readers.formats import Context, Record, StreamFormat
from indexer.readers.json_text import printable, raw_text
from indexer.readers.lines import Line, lines
from indexer.readers.shape import about, read_candidate
from matcher.errors import InvalidInput
from matcher.records import CandidateRecord, Place, Rejected

LONGEST_LINE = 1_000_000
"""Bytes."""

_SEPARATORS = ",;\t"
_MOST_LINES = 200  # that one row may go on over, in quoted cells
_MOST_AWARDS = 1_000  # of one record: a longer run of rows comes as several
_DECIMAL = re.compile(r"\d*[.,]?\d+")
_STATUSES = {
    "actif": "active", "active": "active", "valide": "active",
    "suspendu": "suspended", "suspendue": "suspended",
    "revoque": "revoked", "revoquee": "revoked",
    "inconnu": "unknown", "inconnue": "unknown",
}  # fmt: skip
_COLUMNS = {path: column for column, path in PATHS.items()} | {"awards.achievement": "achievement_name"}


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    text: str
    cells: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Header:
    text: str
    names: tuple[str, ...]
    columns: tuple[str, ...]


def recognises(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like a table of text."""
    first = head.lstrip().split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8", "replace")
    return first.replace("\t", " ").isprintable() and any(
        known(_split(first, separator)) or separator in first for separator in _SEPARATORS
    )


def read(stream: BinaryIO, context: Context) -> Iterator[Record]:
    """The candidates of `stream`, and the rows that could not be read.

    Where the context names a candidate, rows about anybody else are refused.
    """
    file = context.file
    source = lines(stream, LONGEST_LINE)
    first = next((line for line in source if line.data.strip()), None)
    if first is None:
        yield Rejected(file, 0, "", "the file is empty", "")
        return
    try:
        header, separator = _header(first)
    except InvalidInput as error:
        yield Rejected(file, first.number, error.where, error.reason, raw_text(first.data))
        return
    anything = False
    for found in _joined(_records(_rows(source, separator), header, context)):
        anything = True
        yield found
    if not anything:
        yield Rejected(file, first.number, "", "there is only a header, and no row", printable(header.text))


def _header(line: Line) -> tuple[_Header, str]:
    text = _text(line)
    separator = max(_SEPARATORS, key=lambda candidate: known(_split(text, candidate)))
    names = _split(text, separator)
    while len(names) > 1 and not names[-1].strip():
        names.pop()
    return _Header(text, tuple(names), tuple(columns(names))), separator


def _text(line: Line) -> str:
    if not line.whole:
        raise InvalidInput(f"the line is longer than {LONGEST_LINE:,} bytes")
    try:
        return line.data.decode("utf-8")
    except UnicodeDecodeError as error:
        reason = f"not UTF-8 at byte {error.start + 1}: save the file as CSV in UTF-8"
        raise InvalidInput(reason) from error


def _split(text: str, separator: str) -> list[str]:
    return next(csv.reader([text], delimiter=separator), [])


def _rows(source: Iterator[Line], separator: str) -> Iterator[_Row]:
    """The rows with their cells; a row that cannot be split loses its first line alone."""
    waiting: deque[Line] = deque()  # lines taken from `source` that no row has used yet
    while waiting or (waiting := deque(islice(source, 1))):
        start = waiting[0]
        try:
            text, used, cells = _row(waiting, source, separator)
        except InvalidInput as error:
            waiting.popleft()
            yield _Row(start.number, raw_text(start.data), reason=error.reason)
            continue
        for _ in range(used):
            waiting.popleft()
        if any(cell.strip() for cell in cells):
            yield _Row(start.number, text, tuple(cells))


def _row(waiting: deque[Line], source: Iterator[Line], separator: str) -> tuple[str, int, list[str]]:
    """The row that begins with the first line waiting: its text, how many lines it has, and its cells.

    More lines are taken from `source` while a quoted cell goes on; they stay waiting.
    """
    parts: list[str] = []
    while True:
        if len(parts) == len(waiting):
            following = next(source, None) if len(parts) < _MOST_LINES else None
            if following is None:
                raise InvalidInput("a quotation mark is opened and not closed")
            waiting.append(following)
        parts.append(_text(waiting[len(parts)]) + "\n")
        try:
            cells = next(csv.reader(parts, delimiter=separator, strict=True), [])
        except csv.Error as error:
            if "unexpected end of data" not in str(error):
                raise InvalidInput(f"not CSV: {error}") from error
            continue
        return "".join(parts).rstrip("\n"), len(parts), cells


def _records(rows: Iterator[_Row], header: _Header, context: Context) -> Iterator[CandidateRecord | Rejected]:
    for row in rows:
        try:
            record = about(context.candidate, _record(row, header, context.zone))
            yield replace(record, place=Place(context.file, row.number))
        except InvalidInput as error:
            where, raw = _where(error.where, header), printable(f"{header.text}\n{row.text}")
            yield Rejected(context.file, row.number, where, error.reason, raw)


def _record(row: _Row, header: _Header, zone: ZoneInfo) -> CandidateRecord:
    if row.reason:
        raise InvalidInput(row.reason)
    given, expected = len(row.cells), len(header.columns)
    if given < expected or any(row.cells[expected:]):
        raise InvalidInput(f"the row has {given} cells, the header {expected}")
    cells = (cell.strip() for cell in row.cells)
    values = {column: cell for column, cell in zip(header.columns, cells, strict=False) if cell}
    record, refused = read_candidate(_body(values), zone)
    for _, error in refused:
        raise error
    return record


def _where(path: str, header: _Header) -> str:
    """The header, as it stands in the file, of the column that fills the field at a JSON path."""
    column = _COLUMNS.get(re.sub(r"\[\d+\]", "", path), path)
    return header.names[header.columns.index(column)] if column in header.columns else column


def _body(values: dict[str, str]) -> dict[str, Any]:
    """A row in the shape of a candidate with one award."""
    award: dict[str, Any] = {"achievement": {"competencies": _competencies(values)}}
    body: dict[str, Any] = {"candidate": {}, "awards": award}
    for column, cell in values.items():
        *parents, field = PATHS[column].split(".")
        place = body
        for parent in parents:
            place = place.setdefault(parent, {})
        place[field] = _value(column, cell)
    return body | {"awards": [award]}


def _value(column: str, cell: str) -> object:
    if column in {"languages", "applied_to"}:
        return [item for item in _items(cell) if item]
    if column == "status":
        return _STATUSES.get(plain(cell), cell.lower())
    if column == "level" and _DECIMAL.fullmatch(cell):
        return float(cell.replace(",", "."))
    return cell


def _competencies(values: dict[str, str]) -> list[dict[str, str]]:
    """The competencies that two columns name together; both columns are taken out of `values`."""
    labels, uris = _items(values.pop("competencies", "")), _items(values.pop("competency_uris", ""))
    if labels and uris and len(labels) != len(uris):
        reason = f"{len(uris)} entries for {len(labels)} competencies; leave one empty where there is none"
        raise InvalidInput(reason, where="awards.achievement.competencies.uri")
    pairs = zip_longest(labels, uris, fillvalue="")
    return [{"label": label, "uri": uri} for label, uri in pairs if label or uri]


def _items(cell: str) -> list[str]:
    if not cell:
        return []
    return [item.strip() for item in cell.split("|" if "|" in cell else ";")]


def _joined(found: Iterator[CandidateRecord | Rejected]) -> Iterator[CandidateRecord | Rejected]:
    """`found` with records of one candidate that follow each other joined, what was refused passed on."""
    open_record: CandidateRecord | None = None
    for record in found:
        if isinstance(record, Rejected):
            yield record
        elif open_record is None:
            open_record = record
        elif open_record.key == record.key and len(open_record.awards) < _MOST_AWARDS:
            open_record = _join(open_record, record)
        else:
            yield open_record
            open_record = record
    if open_record is not None:
        yield open_record


def _join(first: CandidateRecord, second: CandidateRecord) -> CandidateRecord:
    """Both in one; where both state a personal field, the first row counts."""
    return replace(
        first,
        name=first.name or second.name,
        email=first.email or second.email,
        region=first.region or second.region,
        languages=tuple(dict.fromkeys(first.languages + second.languages)),
        awards=first.awards + second.awards,
        applied_to=tuple(dict.fromkeys(first.applied_to + second.applied_to)),
    )


FORMAT = StreamFormat(
    name="CSV",
    recognised_by="its first line names columns",
    taken=PATHS,
    recognises=recognises,
    read=read,
)
