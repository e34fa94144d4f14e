"""Reads awards from tables as HR and learning systems export them: a row an award.

Columns stand in any order, named as in `templates/awards.csv`, in plain English or French, or as such systems
name them (`csv_columns.py`). Needed are `candidate_key` or `email`, unless the file is said to be about one
person, and `achievement_name` or `achievement_key`. A column that is not known is not read, and a notice
names it; so is the second of two that mean the same, unless they say who, what or when. Encoding, separator,
header and rows: `csv_table.py`; dates: `dates.py`; statuses, levels and scores: `csv_values.py`; maxima:
`shape.py`. A cell with several values separates them by `|`, or by `;` where it has no `|`; `competencies`
(labels) and `competency_uris` belong together in their order. Cells that look like formulas are data like any
other. Header rows that are repeated are skipped; lines of totals are refused.

Rows of one candidate that follow each other become one record. A bad row is a `Rejected` whose raw record
is the header and the row, so that it can be corrected and imported alone; it leaves out what is in columns
that are not read, which may be personal and nothing that we may keep.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from indexer.readers.csv_columns import FIRST_NAME, LAST_NAME, PATHS, TAKEN, UNREAD
from indexer.readers.csv_table import Header, Remarks, Row, Table, looks_like_one
from indexer.readers.csv_values import Reading, body, is_totals
from indexer.readers.dates import NOT_STATED
from indexer.readers.formats import Context, Record, StreamFormat
from indexer.readers.json_text import printable, raw_text, shown
from indexer.readers.shape import about, in_its_words, read_candidate
from matcher.errors import InvalidInput
from matcher.messages import Said, marked, said
from matcher.records import CandidateRecord, Notice, Place, Rejected
from matcher.store.identity import identifier

_Found = CandidateRecord | Rejected | Notice
_MOST_AWARDS = 1_000  # of one record: a longer run of rows comes as several
_COLUMNS = {path: column for column, path in PATHS.items()} | {
    "awards.achievement": "achievement_name",
    "candidate.identifiers": "email",
}


def read(stream: BinaryIO, context: Context) -> Iterator[Record]:
    """The candidates of `stream`, the rows that could not be read, and what is worth knowing of it.

    Where the context names a candidate, rows about anybody else are refused, and what a row without a key
    calls the person is not taken: only the file says that it is the candidate's.
    """
    remarks = Remarks()
    yield from _read(Table(stream, context.limits, remarks), context, remarks)
    yield from remarks.notices(context.file)


def _read(table: Table, context: Context, remarks: Remarks) -> Iterator[_Found]:
    first, file = table.first, context.file
    if first is None:
        yield Rejected(file, 0, "", said("the file is empty"), "")
        return
    try:
        header = table.open(about_one=bool(context.candidate))
    except InvalidInput as error:
        yield Rejected(file, first.number, error.where, error.reason, raw_text(first.data))
        return
    anything = False
    for found in _joined(_records(table, header, context, remarks)):
        anything = anything or not isinstance(found, Notice)
        yield found
    if not anything:
        reason = said("there is only a header, and no row")
        yield Rejected(file, header.row.number, "", reason, printable(header.row.text))


def _records(table: Table, header: Header, context: Context, remarks: Remarks) -> Iterator[_Found]:
    """The rows, and before each what is worth knowing of it."""
    most = context.limits.competencies
    reading = Reading(context.zone, context.candidate, context.dates, most, remarks.note)
    again = 0
    for row in table.rows(header.separator):
        if row.cells == header.row.cells:
            again += 1
            if again > context.limits.parts:
                reason = said(
                    "the header comes more than %(most)s times; the rest is not read",
                    most=context.limits.parts,
                )
                yield Rejected(context.file, row.number, "", reason, "")
                return
            remarks.note(said("the header again: such rows are skipped"), row.number)
            continue
        try:
            keyed = _names(row, header, context)
            record = about(context.candidate, _record(row, header, reading, context))
            if context.candidate and not keyed:
                record = replace(record, name="", email="")
            yield from remarks.notices(context.file)
            yield replace(record, place=Place(context.file, row.number), own_key=keyed)
        except InvalidInput as error:
            yield from remarks.notices(context.file)
            where, raw = _where(error.where, header), printable(_raw(row, header))
            yield Rejected(context.file, row.number, where, _reason(error.reason, header), raw)


def _names(row: Row, header: Header, context: Context) -> bool:
    """Whether a row says with a key whose it is; whom it names is noted, even if it is refused."""
    cells = dict(zip(header.columns, map(str.strip, row.cells), strict=False))
    stated = {column: cell for column, cell in cells.items() if cell and cell.lower() not in NOT_STATED}
    key, email = stated.get("candidate_key", ""), identifier(stated.get("email", ""))
    if context.people and not is_totals(row.cells):
        email = email if "@" in email else ""
        context.people.names([email], key)
        if email and not key:
            context.people.by_file.add(email)
        if not key:
            name = stated.get("candidate_name") or f"{stated.get(FIRST_NAME, '')} {stated.get(LAST_NAME, '')}"
            context.people.called(name.strip())
    return bool(key)


def _record(row: Row, header: Header, reading: Reading, context: Context) -> CandidateRecord:
    if row.reason:
        raise InvalidInput(row.reason)
    if is_totals(row.cells):
        raise InvalidInput(said("is a line of totals, and no award"))
    given, expected = len(row.cells), len(header.columns)
    if given < expected or any(map(str.strip, row.cells[expected:])):
        raise InvalidInput(
            said("the row has %(given)s cells, the header %(expected)s", given=given, expected=expected)
        )
    cells = map(str.strip, row.cells)
    values = {column: cell for column, cell in zip(header.columns, cells, strict=False) if cell and column}
    if "\0" in row.text:  # found here at once: there may be very many such rows
        for column, cell in values.items():
            if "\0" in cell and column != UNREAD:
                raise InvalidInput(said("%(value)s has a NUL character", value=shown(cell)), where=column)
    record, refused = read_candidate(body(values, reading, row.number), context)
    if refused:
        # Taken out: an error in a list of a frame that it was raised in would keep both, and the row.
        raise refused.pop()[1]
    return record


def _where(path: str, header: Header) -> str:
    """The header, as it stands in the file, of the column that fills the field at a JSON path."""
    if not path:
        return ""
    column = _COLUMNS.get(re.sub(r"\[\d+\]", "", path), path)
    if column == "candidate_key" and column not in header.columns:
        column = "email"
    return header.names[header.columns.index(column)] if column in header.columns else column


def _reason(reason: Said, header: Header) -> Said:
    """`reason`, with the column's header in place of a field of an award that it names."""
    return in_its_words(reason, lambda field: _where(f"awards.{field}", header))


def _raw(row: Row, header: Header) -> str:
    """The header and a row as text, without what is in columns that are not read; "" without a row."""
    if not row.text:
        return ""
    if UNREAD not in header.columns or len(row.cells) < len(header.columns):
        return f"{header.start}{header.row.text}\n{row.text}"
    out = io.StringIO()
    writer = csv.writer(out, delimiter=header.separator, lineterminator="\n")
    for cells in (header.names, row.cells):
        writer.writerow(cell for cell, column in zip(cells, header.columns, strict=False) if column != UNREAD)
    return f"{header.start}{out.getvalue()}".rstrip("\n")


def _joined(found: Iterator[_Found]) -> Iterator[_Found]:
    """`found` in its order, with records of one candidate that follow each other joined."""
    open_record: CandidateRecord | None = None
    notices: list[Notice] = []  # of its rows
    for record in found:
        if isinstance(record, Notice):
            notices.append(record)
        elif (
            isinstance(record, CandidateRecord)
            and open_record is not None
            and _whose(open_record) == _whose(record)
            and len(open_record.awards) < _MOST_AWARDS
        ):
            open_record = _join(open_record, record)
        else:
            yield from _closed(open_record, notices)
            open_record = record if isinstance(record, CandidateRecord) else None
            if open_record is None:
                yield record
    yield from _closed(open_record, notices)


def _closed(record: CandidateRecord | None, notices: list[Notice]) -> Iterator[_Found]:
    if record is not None:
        yield record
    yield from notices
    notices.clear()


def _whose(record: CandidateRecord) -> tuple[str, tuple[str, ...], bool]:
    return record.key, record.identifiers, record.own_key


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
    name=marked("CSV"),
    recognised_by="one of its first ten lines names columns, or its first line has a separator",
    taken=TAKEN,
    recognises=looks_like_one,
    read=read,
)
