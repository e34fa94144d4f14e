"""Opens the files, folders and archives that hold frameworks, each recognised by its content.

A file may be gzip, and an archive a .zip by its content. What is in no format that we know is refused where
it was named, and passed over with a notice in a folder or an archive. A credential is refused everywhere: the
command that reads it is named.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipInfo

from indexer.readers import csv_columns, documents
from indexer.readers.framework_tables import first_line_cells, unpacked
from indexer.readers.frameworks import Entry, FrameworkFile, FrameworkFormat
from indexer.readers.json_text import decode, raw_text
from indexer.readers.limits import Limits
from indexer.readers.vocabularies import FRAMEWORK_FORMATS, format_of_document, format_of_head
from matcher.errors import InvalidInput
from matcher.records import Notice, Rejected

_HEAD = 65_536
_ZIP = b"PK\x03\x04"
_KEPT_OF_WRONG = 2_000
_PIECE = 1_000_000


@dataclass(frozen=True, slots=True)
class Framework:
    """Files that hold one framework, with its format and what its reader yields; `file` for messages."""

    file: str
    format: FrameworkFormat
    entries: Iterator[Entry]


@contextmanager
def found_files(paths: Sequence[Path], limits: Limits) -> Iterator[Iterator[tuple[FrameworkFile, bool]]]:
    """The files that paths name, and whether each was named itself; unpacked while the block runs.

    Raises InvalidInput, as they are gone through, for an archive or a folder that is too large or cannot be
    read.
    """
    with TemporaryDirectory(prefix="credmatch-") as folder:
        yield _files(paths, Path(folder), limits)


def frameworks(
    files: Iterator[tuple[FrameworkFile, bool]], prefix_of: dict[str, str], limits: Limits
) -> Iterator[Framework | Notice | Rejected]:
    """The frameworks that files hold, one after the other; tables that belong together come last, as one.

    `prefix_of`: the beginning of URIs for competencies without one, by a file's name; "" for any other.
    """
    together: dict[str, list[FrameworkFile]] = {}
    encodings: dict[str, list[Notice]] = {}
    for file, named in files:
        try:
            format_, opened, encoding = _recognised(file, limits)
        except InvalidInput as error:
            yield _refused(file, error)
            continue
        said = [encoding] if encoding else []
        if format_ is None:
            yield (
                _unknown(file)
                if named
                else Notice(file.name, 0, "is in no format of frameworks: passed over")
            )
        elif format_.together:
            together.setdefault(format_.name, []).append(opened)
            encodings.setdefault(format_.name, []).extend(said)
        else:
            prefix = prefix_of.get(file.name, prefix_of[""])
            yield Framework(file.name, format_, chain(said, format_.read([opened], prefix)))
    for name, several in together.items():
        format_ = next(one for one in FRAMEWORK_FORMATS if one.name == name)
        entries = format_.read(several, prefix_of[""])
        yield Framework(several[0].name, format_, chain(encodings[name], entries))


def _recognised(
    file: FrameworkFile, limits: Limits
) -> tuple[FrameworkFormat | None, FrameworkFile, Notice | None]:
    with unpacked(file.path, file.name) as (stream, encoding):
        opened = replace(file, head=stream.read(_HEAD))
    start = opened.head.lstrip()
    if not start:
        raise InvalidInput("the file is empty")
    if format_ := format_of_head(opened.head):
        return format_, opened, encoding
    if not start.startswith((b"{", b"[")):
        if csv_columns.known(first_line_cells(opened.head)):
            raise InvalidInput("is a table of awards: `credmatch import` reads it")
        return None, opened, encoding
    document = decode(_whole(file, limits.document), limits)
    format_ = format_of_document(document)
    first = document[0] if isinstance(document, list) and document else document
    credential = documents.recognise(first) if format_ is None and isinstance(first, dict) else None
    if credential is not None:
        raise InvalidInput(f"is {credential.name}: `credmatch import` reads it")
    return format_, replace(opened, document=document), encoding


def _whole(file: FrameworkFile, longest: int) -> bytes:
    with unpacked(file.path, file.name) as (stream, _):
        data = stream.read(longest + 1)
    if len(data) > longest:
        raise InvalidInput(f"the document is longer than {longest:,} bytes")
    return data


def _refused(file: FrameworkFile, error: InvalidInput) -> Rejected:
    where = "" if error.where == file.name else error.where
    return Rejected(file.name, 0, where, error.reason, raw_text(file.head[:_KEPT_OF_WRONG]))


def _unknown(file: FrameworkFile) -> Rejected:
    known = ", ".join(one.name for one in FRAMEWORK_FORMATS)
    return Rejected(file.name, 0, "", f"in none of the formats of frameworks: {known}", "")


# --- folders and archives -----------------------------------------------------------------------


def _files(paths: Sequence[Path], folder: Path, limits: Limits) -> Iterator[tuple[FrameworkFile, bool]]:
    for number, path in enumerate(paths):
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.is_file() and not one.is_symlink())
            if len(inside) > limits.entries:
                raise InvalidInput(f"holds more than {limits.entries:,} files", where=path.name)
            yield from ((FrameworkFile(str(one.relative_to(path)), one, b""), False) for one in inside)
        elif _first_bytes(path) == _ZIP:
            yield from _members(path, folder / str(number), limits)
        else:
            yield FrameworkFile(path.name, path, b""), True


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(len(_ZIP))
    except OSError as error:
        raise InvalidInput(f"cannot be read: {error.strerror}", where=path.name) from error


def _members(path: Path, folder: Path, limits: Limits) -> Iterator[tuple[FrameworkFile, bool]]:
    """The files of an archive, each written under a number: no name of an archive's becomes a path."""
    folder.mkdir()
    left = limits.unpacked
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir() and not _is_link(one)]
            if len(entries) > limits.entries:
                raise InvalidInput(f"holds more than {limits.entries:,} files", where=path.name)
            for number, entry in enumerate(entries):
                member = folder / f"{number}-{Path(entry.filename).name[-80:]}"
                left -= _unpack(archive, entry, member, left)
                if left < 0:
                    raise InvalidInput(f"holds more than {limits.unpacked:,} bytes", where=path.name)
                yield FrameworkFile(entry.filename, member, b""), False
    except (OSError, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error) as error:
        raise InvalidInput(f"cannot be unpacked: {error}", where=path.name) from error


def _unpack(archive: zipfile.ZipFile, entry: ZipInfo, member: Path, most: int) -> int:
    """Write an entry; how many bytes it has, where it has more than `most` one more than that."""
    size = 0
    with archive.open(entry) as packed, member.open("wb") as written:
        while piece := packed.read(min(_PIECE, most - size + 1)):
            size += len(piece)
            written.write(piece)
            if size > most:
                break
    return size


def _is_link(entry: ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)
