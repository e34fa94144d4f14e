"""Tables of frameworks, row by row: read as tables of awards are (`csv_table.py`), in the same bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO

from indexer.readers.csv_table import Columns, Header, Remarks, Row, Table
from indexer.readers.frameworks import FrameworkFile
from indexer.readers.json_text import printable, shown
from indexer.readers.limits import Limits
from matcher.errors import InvalidInput
from matcher.messages import Said, said
from matcher.records import Notice, Rejected

Cells = tuple[int, dict[str, str]]
"""A row: the line it begins on, and its cells by their columns' names."""

Wanted = Callable[[frozenset[str]], bool]
"""Whether names are those of a table's columns."""

_LIMITS = Limits()
"""Of the first bytes of a file, which are only looked at."""


def table_rows(file: FrameworkFile, wanted: Wanted) -> Iterator[Cells | Rejected | Notice]:
    """The rows of a table, each with the line it begins on, as column name -> cell.

    Encoding, separator and header are found as in tables of awards; what is worth saying of them comes last.
    A row with another number of cells than the header, in no encoding, or with a NUL is rejected. Of two
    columns of one name the first counts. What is read is held in memory, and so no longer than a document
    may be.
    Raises InvalidInput where the file is empty.
    """
    remarks = Remarks()
    with file.open() as stream:
        table = Table(stream, file.limits, remarks, file.limits.document)
        if table.first is None:
            raise InvalidInput(said("the file is empty"), where=file.name)
        header = table.find(_columns(wanted))
        for text in repeats(header.names):
            remarks.note(text, header.row.number)
        for row in table.rows(header.separator):
            if row.cells == header.row.cells:
                remarks.note(said("the header again: such rows are skipped"), row.number)
            else:
                yield _row(file.name, header, row)
    yield from remarks.notices(file.name)


def column_names(head: bytes, wanted: Wanted) -> frozenset[str]:
    """The names of columns of a table that begins with `head`; empty where none of its lines has them."""
    if head.lstrip().startswith((b"{", b"[", b"<")):
        return frozenset()
    table = Table(BytesIO(head), _LIMITS, Remarks())
    if table.first is None:
        return frozenset()
    try:
        header = table.find(_columns(wanted))
    except InvalidInput:
        return frozenset()
    names = _names(header.names)
    return names if wanted(names) else frozenset()


def _columns(wanted: Wanted) -> Columns:
    def suffices(names: Sequence[str]) -> bool:
        return wanted(_names(names))

    return Columns(lambda names: int(suffices(names)), suffices)


def _names(cells: Sequence[str]) -> frozenset[str]:
    return frozenset(cell.strip() for cell in cells)


def _row(name: str, header: Header, row: Row) -> Cells | Rejected:
    raw = printable(f"{header.start}{header.row.text}\n{row.text}" if row.text else "")
    if row.reason:
        return Rejected(name, row.number, "", row.reason, raw)
    cells = list(row.cells)
    while len(cells) > len(header.names) and not cells[-1].strip():
        cells.pop()
    if len(cells) != len(header.names):
        reason = said(
            "the row has %(given)s cells, the header %(expected)s",
            given=len(cells),
            expected=len(header.names),
        )
        return Rejected(name, row.number, "", reason, raw)
    names = [column.strip() for column in header.names]
    for column, cell in zip(names, cells, strict=True):
        if "\0" in cell:
            return Rejected(name, row.number, column, said("has a NUL, which is no text"), raw)
    return row.number, by_column(names, cells)


def by_column(names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """The cells of a row by their columns' names; of two columns of one name the first counts."""
    found: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=True):
        found.setdefault(name, cell)
    return found


def repeats(names: Iterable[str]) -> list[Said]:
    """What to say of names that more than one column has; columns without a name have none."""
    counts = Counter(map(str.strip, names))
    return [
        said(
            "the column %(name)s stands there %(count)s times; the first is read",
            name=shown(name),
            count=count,
        )
        for name, count in counts.items()
        if name and count > 1
    ]
