"""Finds frameworks in files, folders, archives and standard input, each recognised by its content.

They are opened, unpacked and bounded as files of credentials are (`sources.py`, `archives.py`). What is in no
format that we know is refused where it was named, and passed over with a notice in a folder or an archive. A
credential is refused everywhere, and the command that reads it named, unless somebody reads both. One that
stands beside competencies, in a graph or a list of them, is passed over with a notice that names it.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from indexer.readers import archives, csv_columns, documents
from indexer.readers.damaged_json import BLANK, Damaged, whole_items, whole_lines, without_damaged
from indexer.readers.detect import after_white_space, blank, read_stream
from indexer.readers.encodings import in_utf_8
from indexer.readers.formats import Context, DocumentFormat, Record
from indexer.readers.framework_tables import column_names
from indexer.readers.frameworks import (
    Entry,
    FrameworkCompetency,
    FrameworkFile,
    FrameworkFormat,
)
from indexer.readers.json_apart import lists_of
from indexer.readers.json_text import beginning_of, decode, holds_too_many, place_of, raw_text
from indexer.readers.limits import Limits
from indexer.readers.signatures import other
from indexer.readers.sources import STANDARD_INPUT, open_records
from indexer.readers.unpacking import BadStream, beginning, first_bytes, rejoined
from indexer.readers.vocabularies import FRAMEWORK_FORMATS, format_of_document, format_of_head
from matcher.errors import InvalidInput
from matcher.messages import Said, said
from matcher.records import Notice, Rejected

_HEAD = 65_536
_KEPT_OF_WRONG = 2_000
_NOWHERE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Framework:
    """Files that hold one framework, with its format and what its reader yields; `file` for messages."""

    file: str
    format: FrameworkFormat
    entries: Iterator[Entry]


def name_of(path: Path) -> str:
    """What a path that was named is called in messages."""
    return STANDARD_INPUT if str(path) == "-" else str(path)


def read_frameworks(
    paths: Sequence[Path],
    prefix_of: Mapping[str, str],
    limits: Limits,
    take: Callable[[Framework], None],
    others: Context | None = None,
) -> Iterator[Record]:
    """Hand the frameworks that paths hold (`-` is standard input) to `take`; what is to be said beside.

    `take` has to go through a framework's entries at once. Tables that belong together come last, as one.
    `prefix_of`: the beginning of URIs for competencies without one, by a file's name; "" for any other.
    `others`: in which context files that hold none are read; their records come as they are read. None:
    such files are refused.
    """
    finder = _Finder({name_of(path) for path in paths}, prefix_of, limits, take, bool(others))
    for path in paths:
        yield from open_records(path, others or Context("", _NOWHERE, limits=limits), finder.read)
    yield from finder.finish()


@dataclass(slots=True)
class _Kept:
    """Files of one format that belong together, and what is to be said of them."""

    files: list[FrameworkFile] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


@dataclass(slots=True)
class _Finder:
    """One search for frameworks. `held`: how many bytes of tables that belong together are in memory."""

    named: set[str]
    prefix_of: Mapping[str, str]
    limits: Limits
    take: Callable[[Framework], None]
    others: bool
    together: dict[str, _Kept] = field(default_factory=dict)
    held: int = 0

    def read(self, stream: BinaryIO, context: Context) -> Iterator[Record]:
        """Read a file, or all that lies in it. Raises OSError where the stream cannot be read."""
        head, stream, encoding = in_utf_8(first_bytes(stream, _HEAD), stream, context.file)
        head = head.removeprefix(BOM_UTF8)
        start = head
        if more := after_white_space(head, stream, context.limits.document):
            head += more
            start = more.lstrip() or head
        if any(one.recognises(start) for one in archives.FORMATS):
            yield from read_stream(rejoined(head, stream), context, self.read)
            return
        try:
            file = FrameworkFile(
                context.file, start, lambda: nullcontext(rejoined(head, stream)), limits=self.limits
            )
            yield from self._content(file, encoding, context)
        except InvalidInput as error:
            where = "" if error.where == context.file else error.where
            yield Rejected(context.file, 0, where, error.reason, raw_text(start[:_KEPT_OF_WRONG]))

    def finish(self) -> Iterator[Record]:
        """Read what belongs together."""
        for name, kept in self.together.items():
            format_ = next(one for one in FRAMEWORK_FORMATS if one.name == name)
            entries = chain(kept.notices, format_.read(kept.files, self.prefix_of[""]))
            try:
                self.take(Framework(kept.files[0].name, format_, entries))
            except BadStream as error:
                reason = said("the file %(reason)s", reason=error.reason)
                yield Rejected(kept.files[0].name, 0, "", reason, "")

    def _content(self, file: FrameworkFile, encoding: Notice | None, context: Context) -> Iterator[Record]:
        start = file.head
        notices = [encoding] if encoding else []
        if reason := blank(start):
            raise InvalidInput(reason)
        format_ = format_of_head(start)
        if format_ and format_.together:
            kept = self.together.setdefault(format_.name, _Kept())
            kept.files.append(self._again(file, context) if format_.needed(file) else file)
            kept.notices += notices
        elif format_:
            self._take(file, format_, notices)
        elif start.lstrip().startswith((b"{", b"[")):
            yield from self._document(file, notices, context)
        else:
            yield from self._other(file, notices, context)

    def _take(self, file: FrameworkFile, format_: FrameworkFormat, first: Sequence[Entry]) -> None:
        prefix = self.prefix_of.get(file.name, self.prefix_of[""])
        self.take(Framework(file.name, format_, chain(first, format_.read([file], prefix))))

    def _again(self, file: FrameworkFile, context: Context) -> FrameworkFile:
        """A file that can be opened later: from where it lies, or from memory."""
        if context.again and "!" not in context.file:  # in an archive it would lie in memory, uncounted
            return replace(file, open=_reopened(context.again, file.name))
        most = self.limits.document
        with file.open() as stream:
            data = stream.read(most - self.held + 1)
        self.held += len(data)
        if self.held > most:
            self.held -= len(data)
            reason = said(
                "tables that belong together are longer than %(most)s bytes: unpack them first", most=most
            )
            raise InvalidInput(reason)
        return replace(file, open=lambda: nullcontext(BytesIO(data)))

    def _document(self, file: FrameworkFile, notices: Sequence[Notice], context: Context) -> Iterator[Record]:
        """A JSON document, of which what is damaged is left out, or such documents a line."""
        with file.open() as stream:
            data, bad = beginning(stream, context.limits.document + 1)
            found = None
            small = len(data) <= context.limits.document and not holds_too_many(data, context.limits)
            # A credential is small. What is larger is read as a framework may be where it begins as one.
            if not self.others or small or format_of_document(beginning_of(data[:_HEAD])):
                data, bad = beginning(rejoined(data, stream), self.limits.document + 1)
                found = self._found(data, bad, perhaps=self.others and small)
            rest = rejoined(data, stream)
            del data  # what is no framework is read once more, and is in memory once
            whole = replace(file, open=lambda: nullcontext(rest))
            if found is None:
                yield from self._other(whole, notices, context)
                return
        read = replace(found.format, read=_by_line(found.format)) if found.by_line else found.format
        beside = list(found.credentials())
        first: list[Entry] = [*notices, *([] if self.others else _beside(beside, context))]
        if bad:
            reason = said("the file %(reason)s; what stands before is read", reason=bad)
            first.append(Rejected(file.name, 0, "", reason, ""))
        self._take(replace(whole, document=found.document), read, [*first, *found.damaged(file.name)])
        if self.others:
            for one in beside:
                yield from documents.read_document(one.document, one.at, replace(context, line=one.line))

    def _found(self, data: bytes, bad: Said | None, *, perhaps: bool) -> _Document | None:
        """The framework that a document is; None where it is none. `bad`: why only its beginning is there.

        Raises InvalidInput where it cannot be read, or is a credential, unless it is only `perhaps` one.
        """
        if len(data) > self.limits.document:
            reason = said("the document is longer than %(most)s bytes", most=self.limits.document)
            raise InvalidInput(reason)
        wrong: InvalidInput | None = None
        by_line = False
        try:
            document = sound = decode(data, self.limits)
        except InvalidInput as error:
            wrong = error
            document = whole_lines(data, self.limits)
            by_line = document is not None
            document = document if by_line else whole_items(data, self.limits)
            sound = without_damaged(document)
        if format_ := format_of_document(sound):
            return _Document(document, format_, by_line)
        if perhaps:
            return None
        if bad:
            raise InvalidInput(said("the file %(reason)s", reason=bad))
        if wrong:
            raise InvalidInput(wrong.reason, where=place_of(data, wrong)) from wrong
        first = sound[0] if isinstance(sound, list) and sound else sound
        if isinstance(first, dict) and (credential := documents.recognise(first)):
            named = said(credential.name)
            raise InvalidInput(said("is %(format)s: `credmatch import` reads it", format=named))
        return None

    def _other(self, file: FrameworkFile, notices: Sequence[Notice], context: Context) -> Iterator[Record]:
        """What is no framework."""
        if self.others:
            with file.open() as stream:
                records = read_stream(stream, context)
                yield from islice(records, 1)  # in which format it is
                yield from notices
                yield from records
            return
        if column_names(file.head, _of_awards):
            raise InvalidInput(said("is a table of awards: `credmatch import` reads it"))
        if file.name not in self.named:
            yield Notice(file.name, 0, said("is in no format of frameworks: passed over"))
            return
        unknown = said(
            "in none of the formats of frameworks; a CSV file of your own has the column key or uri, and "
            "label_en, label_fr or label"
        )
        yield Rejected(file.name, 0, "", other(file.head) or unknown, "")


@dataclass(frozen=True, slots=True)
class _Document:
    """A framework in JSON: a document with a `Damaged` for each item that cannot be read; `by_line`: a list
    of what stands on each line."""

    document: object
    format: FrameworkFormat
    by_line: bool

    def credentials(self) -> Iterator[_Credential]:
        """The credentials that it holds too: the graph of which some nodes are such, or items of a list."""
        document = self.document
        if isinstance(document, dict) and isinstance(graph := document.get("@graph"), list):
            whole = {**document, "@graph": [one if isinstance(one, dict) else {} for one in graph]}
            if format_ := documents.recognise(whole):
                yield _Credential(whole, "", 0, format_)
        for number, one in enumerate(document if isinstance(document, list) else ()):
            if isinstance(one, dict) and not self.format.recognises_document(one):
                at, line = ("", number + 1) if self.by_line else (f"[{number}]", 0)
                if format_ := documents.recognise(one):
                    yield _Credential(one, at, line, format_)

    def damaged(self, file: str) -> Iterator[Entry]:
        """What cannot be read of it."""
        for at, items in lists_of(self.document):
            for number, one in enumerate(items):
                if isinstance(one, Damaged) and one is not BLANK:
                    where = f"{at}[{number}].{one.where}".rstrip(".")
                    rejected = Rejected(file, 0, where, one.reason, one.raw)
                    yield _on_its_line(rejected) if self.by_line else rejected


@dataclass(frozen=True, slots=True)
class _Credential:
    """A credential beside competencies, with its JSON path and its line, 0 where there is none."""

    document: Mapping[str, object]
    at: str
    line: int
    format: DocumentFormat


def _beside(credentials: Sequence[_Credential], context: Context) -> Iterator[Notice]:
    """What is to be said of credentials that are passed over."""
    if credentials:
        names = dict.fromkeys(one.format.name for one in credentials)
        text = said(
            "holds credentials too (%(formats)s), which are passed over: `credmatch import` reads them",
            formats=tuple(map(said, names)),
        )
        yield Notice(context.file, credentials[0].line, text)


def _of_awards(names: frozenset[str]) -> bool:
    return csv_columns.suffices(sorted(names), about_one=True)


def _reopened(
    again: Callable[[], AbstractContextManager[BinaryIO]], name: str
) -> Callable[[], AbstractContextManager[BinaryIO]]:
    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        with again() as stream:
            head, rest, _ = in_utf_8(first_bytes(stream, _HEAD), stream, name)
            yield rejoined(head.removeprefix(BOM_UTF8), rest)

    return opened


# --- documents a line ---------------------------------------------------------------------------


def _by_line(
    format_: FrameworkFormat,
) -> Callable[[Sequence[FrameworkFile], str], Iterator[Entry]]:
    def read(files: Sequence[FrameworkFile], prefix: str) -> Iterator[Entry]:
        return map(_on_its_line, format_.read(files, prefix))

    return read


def _on_its_line(entry: Entry) -> Entry:
    """An entry of a list with the line on which its item stands as its place."""
    where = entry.where if isinstance(entry, Rejected) else getattr(entry, "place", "")
    number, mark, rest = where.removeprefix("[").partition("]")
    if not (where.startswith("[") and mark and number.isdigit()):
        return entry
    line = int(number) + 1
    if isinstance(entry, Rejected):
        return replace(entry, line=line, where=rest.removeprefix("."))
    if isinstance(entry, FrameworkCompetency):
        return replace(entry, place=f"line {line}{rest}")
    return entry
