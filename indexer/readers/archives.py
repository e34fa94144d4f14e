"""Reads what lies in archives (ZIP, tar) and in compressed files (gzip, bzip2, xz), in whatever format it is.

Nothing is written to disk. Entries are read forward, counted, against one budget for all that lies in a file,
however deep (`unpacking.Budget`). An entry is named
`archive.zip!folder/badge.json` in messages. One of up to 4 MB is checked whole before it is read; of a longer
one that turns out to be damaged, what was read stays.

Each is refused by its name, and the rest read: links, devices, names that lead out of the archive, encrypted
entries, damaged ones, those that overlap others. Folders, hidden files, and files in which there can be no
credential are passed over and counted in one notice.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

from indexer.readers import neighbours, tars, unpackers, unpacking, zips
from indexer.readers.archive_entries import Entry, Kind, Skipped, is_system, leads_out, shown_name
from indexer.readers.formats import Alone, Context, Neighbours, Record, StreamFormat
from indexer.readers.limits import Limits
from indexer.readers.signatures import is_foreign, is_tar
from indexer.readers.unpacking import PIECE, BadStream, Budget, Exhausted, Source, Unpacked
from matcher.messages import Said, marked, said
from matcher.records import Notice, Rejected

_HELD = 4_000_000
_OFFICE = ("[Content_Types].xml", "_rels/", "docProps/", "customXml/", "xl/", "word/", "ppt/")
_SPREADSHEET = said("this is a spreadsheet or another office document; save the table as CSV in UTF-8")
_NOWHERE = ZoneInfo("UTC")
_Walk = Callable[[Source, Budget, int], Iterator[Entry]]
_Member = Callable[[Limits], Callable[[], unpackers.Unpacker]]


@dataclass(slots=True)
class _Run:
    """One reading of one archive."""

    context: Context
    budget: Budget
    index: neighbours.Index | None
    skipped: Skipped = field(default_factory=Skipped)
    names: set[int] = field(default_factory=set)
    twice: int = 0
    held: dict[int, list[Record]] = field(default_factory=dict)

    def rejected(self, name: str, reason: Said) -> Rejected:
        return Rejected(self.named(name), 0, "", reason, "")

    def named(self, name: str) -> str:
        return f"{self.context.file}!{shown_name(name)}" if name else self.context.file


def _reader(walk: _Walk) -> Callable[[BinaryIO, Context], Iterator[Record]]:
    def read(stream: BinaryIO, context: Context) -> Iterator[Record]:
        if context.packed >= context.limits.depth:
            yield Rejected(context.file, 0, "", _too_deep(context), "")
            return
        budget = context.budget or Budget(context.limits)
        source = Source(stream, budget, outermost=context.budget is None)
        run = _Run(context, budget, _index(walk, context))
        try:
            yield from _entries(walk(source, budget, context.limits.entries), run)
        except BadStream as error:
            yield run.rejected("", said("the archive %(reason)s", reason=error.reason))
        for records in run.held.values():
            yield from records
        yield from run.skipped.notices(context.file)
        if run.twice:
            text = said(
                "%(number)s entries have the name of an earlier one; all of them are read", number=run.twice
            )
            yield Notice(context.file, 0, text)

    return read


def _entries(entries: Iterator[Entry], run: _Run) -> Iterator[Record]:
    number = 0
    for number, entry in enumerate(entries, start=1):
        run.budget.enter()
        if number == 1 and _is_office(entry):
            yield run.rejected("", _SPREADSHEET)
            return
        if entry.kind is Kind.LINK:
            run.held.pop(entry.place, None)
        yield from _entry(entry, run)
        if run.budget.exhausted:
            yield from _unread(entry, entries, run)
            return
    if not number:
        yield run.rejected("", said("the archive is empty"))


def _unread(last: Entry, entries: Iterator[Entry], run: _Run) -> Iterator[Rejected]:
    """That what follows the last entry that was read is not read, where anything does."""
    try:
        last.close()
        for entry in entries:
            if entry.kind is Kind.FILE and entry.name:
                reason = said(
                    "the archive is not read to its end, from %(name)s on", name=shown_name(entry.name)
                )
                yield run.rejected("", reason)
                return
            entry.close()
    except BadStream:
        yield run.rejected("", said("the archive is not read to its end"))


def _is_office(entry: Entry) -> bool:
    if entry.name == "mimetype" and entry.body is not None:
        return (entry.body.read(PIECE) or b"").startswith(b"application/vnd.oasis")
    return entry.name.startswith(_OFFICE)


def _entry(entry: Entry, run: _Run) -> Iterator[Record]:
    """The records of an entry, which is closed then."""
    read: list[Record] = []
    try:
        if entry.perhaps_link:
            read.extend(_read(entry, run))
            if read and all(isinstance(one, Rejected | Notice) for one in read):
                run.held[entry.place] = read
            else:
                yield from read
        else:
            yield from _read(entry, run)
    except BadStream as error:
        yield run.rejected(entry.name, error.reason)
        if isinstance(error, Exhausted):
            return
    if run.budget.exhausted:
        return
    try:
        damage = entry.close()
    except Exhausted as error:
        damage = error.reason
    if damage:
        reason = said("%(damage)s; what was read of it before stays", damage=damage)
        yield run.rejected(entry.name, reason)


def _read(entry: Entry, run: _Run) -> Iterator[Record]:
    kind = Kind.SYSTEM if is_system(entry.name) and entry.kind is Kind.FILE else entry.kind
    if kind in {Kind.FOLDER, Kind.SYSTEM}:
        run.skipped.add(kind, shown_name(entry.name))
        return
    problem = entry.problem
    if not problem and leads_out(entry.name):
        problem = said("has a name that leads out of the archive, and is not read")
    if problem:
        whole = said("the archive %(reason)s", reason=problem)
        yield run.rejected(entry.name, problem if entry.name else whole)
    if problem or entry.body is None:
        return
    name = hash(entry.name)
    run.twice += name in run.names
    run.names.add(name)
    yield from _content(entry, cast(BinaryIO, io.BufferedReader(entry.body, PIECE)), run)


def _content(entry: Entry, stream: BinaryIO, run: _Run) -> Iterator[Record]:
    head = stream.read(PIECE)
    if is_foreign(head):
        run.skipped.add(Kind.FOREIGN, shown_name(entry.name))
        return
    data = head + stream.read(_HELD + 1 - len(head))
    context = _inside(entry.name, run)
    if len(data) > _HELD:
        yield from run.context.unpack(unpacking.rejoined(data, stream), context)
        return
    if damage := entry.close():
        yield run.rejected(entry.name, damage)
        return
    yield from run.context.unpack(io.BytesIO(data), replace(context, again=lambda: io.BytesIO(data)))


def _too_deep(context: Context) -> Said:
    return said("archives in archives, more than %(most)s levels deep", most=context.limits.depth)


def _inside(name: str, run: _Run) -> Context:
    """The context of an entry."""
    folder = name.rpartition("/")[0]
    beside = _beyond(run.context.neighbours)
    if run.index:
        beside = neighbours.View(run.index, folder, beside)
    return replace(
        run.context,
        file=run.named(name),
        neighbours=beside,
        budget=run.budget,
        again=None,
        packed=run.context.packed + 1,
    )


def _beyond(around: Neighbours) -> Neighbours:
    """What the entries of an archive see of what lies `around` it: the rest of an outer archive, if any."""
    return around if isinstance(around, neighbours.View) and around.in_archive else Alone()


# --- what lies beside an entry -----------------------------------------------------------------


def _index(walk: _Walk, context: Context) -> neighbours.Index | None:
    """An index of the archive that is read, where it can be opened once more."""
    again = context.again
    if again is None:
        return None
    return neighbours.Index(lambda: _beside(walk, again, context), context.limits, of_archive=True)


def neighbours_within(
    again: Callable[[], AbstractContextManager[BinaryIO]], limits: Limits
) -> neighbours.Index | None:
    """An index of what lies in an archive, compressed or not; None where `again` opens something else.

    Raises nothing: what cannot be read has nothing in it.
    """
    for _ in range(limits.depth):
        try:
            with again() as stream:
                head = stream.read(PIECE)
        except OSError:
            return None
        context = Context("", _NOWHERE, limits=limits, again=again)
        walk = next((walk for format_, walk in _WALKS if format_.recognises(head)), None)
        if walk is not None:
            return _index(walk, context)
        member = next((one for format_, one in _MEMBERS if format_.recognises(head)), None)
        unpacked = _unpacked_again(member, context) if member else None
        if unpacked is None:
            return None
        again = unpacked
    return None


def _beside(
    walk: _Walk, again: Callable[[], AbstractContextManager[BinaryIO]], context: Context
) -> Iterator[neighbours.Beside]:
    budget = Budget(context.limits)
    kept = 0
    try:
        with again() as stream:
            source = Source(stream, budget, outermost=True)
            for entry in _first(walk(source, budget, 0), context.limits.entries):
                data = _json(entry, min(context.limits.document, context.limits.beside // 4 - kept))
                if data:
                    kept += len(data)
                    folder, _, name = entry.name.rpartition("/")
                    yield neighbours.Beside(folder, name, len(data), io.BytesIO(data).getvalue)
                entry.close()
    except OSError:
        return


def _first(entries: Iterator[Entry], most: int) -> Iterator[Entry]:
    for _, entry in zip(range(most), entries, strict=False):
        yield entry


def _json(entry: Entry, longest: int) -> bytes:
    """The bytes of an entry that may be JSON and is no longer than `longest`; else none."""
    unread = entry.problem or entry.kind is not Kind.FILE or is_system(entry.name) or leads_out(entry.name)
    if unread or entry.body is None:
        return b""
    try:
        stream = io.BufferedReader(entry.body, PIECE)
        head = stream.read(PIECE)
        if not neighbours.begins_as_json(head):
            return b""
        data = head + stream.read(longest + 1 - len(head)) if len(head) <= longest else b""
    except Exhausted:
        raise
    except BadStream:
        return b""
    return data if len(data) <= longest else b""


# --- compressed files --------------------------------------------------------------------------


def _decompressing(member: _Member) -> Callable[[BinaryIO, Context], Iterator[Record]]:
    def read(stream: BinaryIO, context: Context) -> Iterator[Record]:
        if context.packed >= context.limits.depth:
            yield Rejected(context.file, 0, "", _too_deep(context), "")
            return
        budget = context.budget or Budget(context.limits)
        inside = replace(
            context, budget=budget, packed=context.packed + 1, again=_unpacked_again(member, context)
        )
        try:
            yield from context.unpack(_unpacked(stream, member, budget, context), inside)
        except BadStream as error:
            reason = said("the file %(reason)s", reason=error.reason)
            yield Rejected(context.file, 0, "", reason, "")

    return read


def _unpacked(stream: BinaryIO, member: _Member, budget: Budget, context: Context) -> BinaryIO:
    source = Source(stream, budget, outermost=context.budget is None)
    begin = member(context.limits)
    return cast(BinaryIO, io.BufferedReader(Unpacked(source, begin(), budget, again=begin), PIECE))


def _unpacked_again(
    member: _Member, context: Context
) -> Callable[[], AbstractContextManager[BinaryIO]] | None:
    packed_again = context.again
    if packed_again is None:
        return None

    @contextmanager
    def again() -> Iterator[BinaryIO]:
        with packed_again() as packed:
            yield _unpacked(packed, member, Budget(context.limits), replace(context, budget=None))

    return again


def opening(path: Path, limits: Limits) -> Callable[[], AbstractContextManager[BinaryIO]]:
    """Opens a file, unpacked where it is compressed. Raises OSError where it cannot be read."""

    def again() -> BinaryIO:
        return path.open("rb")

    with again() as stream:
        head = stream.read(PIECE)
    member = next((one for format_, one in _MEMBERS if format_.recognises(head)), None)
    context = Context("", _NOWHERE, limits=limits, again=again)
    return (_unpacked_again(member, context) if member else None) or again


def _tar(source: Source, budget: Budget, _most: int) -> Iterator[Entry]:
    return tars.entries(source, budget)


_ENTRIES = {"the entries": "each is read as a file of its own, in whatever format it is"}
_CONTENT = {"the content": "is read as a file of its own, in whatever format it is"}

ZIP = StreamFormat(
    name=marked("ZIP archive"),
    recognised_by="the signature of an entry",
    taken=_ENTRIES,
    recognises=lambda head: head.startswith((b"PK\x03\x04", b"PK\x05\x06")),
    read=_reader(zips.entries),
)
TAR = StreamFormat(
    name=marked("tar archive"),
    recognised_by="the header of an entry, with its checksum",
    taken=_ENTRIES,
    recognises=is_tar,
    read=_reader(_tar),
)


def _compressed(name: str, signature: bytes, member: _Member) -> StreamFormat:
    return StreamFormat(
        name=name,
        recognised_by=f"the signature of {name.split(maxsplit=1)[0]}",
        taken=_CONTENT,
        recognises=lambda head: head.startswith(signature),
        read=_decompressing(member),
    )


def _gzip(_: Limits) -> Callable[[], unpackers.Unpacker]:
    return unpackers.gzip_member


def _bzip2(_: Limits) -> Callable[[], unpackers.Unpacker]:
    return unpackers.bzip2


def _xz(limits: Limits) -> Callable[[], unpackers.Unpacker]:
    return partial(unpackers.xz, limits.xz)


GZIP = _compressed(marked("gzip file"), b"\x1f\x8b", _gzip)
BZIP2 = _compressed(marked("bzip2 file"), b"BZh", _bzip2)
XZ = _compressed(marked("xz file"), b"\xfd7zXZ\x00", _xz)
FORMATS = (ZIP, TAR, GZIP, BZIP2, XZ)
_WALKS: tuple[tuple[StreamFormat, _Walk], ...] = ((ZIP, zips.entries), (TAR, _tar))
_MEMBERS = ((GZIP, _gzip), (BZIP2, _bzip2), (XZ, _xz))
