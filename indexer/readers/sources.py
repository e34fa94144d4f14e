"""Opens what an import is given: a file, a folder with all that lies in it, or standard input.

A folder is gone through in the order of names, with the folders in it. Links are not followed, hidden files
and files in which there can be no credential are passed over; one notice counts them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from indexer.readers import neighbours
from indexer.readers.archive_entries import Kind, Skipped, is_system, shown_name
from indexer.readers.archives import neighbours_within
from indexer.readers.detect import read_stream
from indexer.readers.floods import told_once
from indexer.readers.formats import Alone, Context, Neighbours, Record
from indexer.readers.limits import Limits
from indexer.readers.signatures import is_foreign
from matcher.messages import Said, said
from matcher.records import Rejected

STANDARD_INPUT = "(standard input)"

_HEAD = 4_096


def open_records(
    path: Path, context: Context, read: Callable[[BinaryIO, Context], Iterator[Record]] = read_stream
) -> Iterator[Record]:
    """The records of the file or the folder at `path` (`-` is standard input), and what could not be read.

    The context's `file` is set to the path. What cannot be opened is one `Rejected`. `read` reads each file.
    """
    yield from told_once(_records(path, replace(context, unpack=read)), context.limits.refused)


def _records(path: Path, context: Context) -> Iterator[Record]:
    if str(path) == "-":
        yield from _read(sys.stdin.buffer, replace(context, file=STANDARD_INPUT))
    elif path.is_dir():
        yield from _folder(path, context)
    else:
        index = neighbours.in_folder(lambda: _beside(path.parent, context.limits), context.limits)
        yield from _file(path, replace(context, neighbours=neighbours.View(index, str(path.parent))))


def neighbours_of(file: str, limits: Limits) -> Neighbours:
    """What lies beside a file that was read earlier, by its name in messages; nothing where it is gone.

    An entry of an archive (`archive.zip!folder/badge.json`) has the others of that archive beside it.
    """
    path = Path(file)
    if path.is_file():
        index = neighbours.in_folder(lambda: _beside(path.parent, limits), limits)
        return neighbours.View(index, str(path.parent))
    name, mark, entry = file.partition("!")
    archive = Path(name)
    if not (mark and archive.is_file()):
        return Alone()
    inside = neighbours_within(_opening(archive), limits)
    return neighbours.View(inside, entry.rpartition("/")[0]) if inside else Alone()


def _opening(path: Path) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        return path.open("rb")

    return opened


def _file(path: Path, context: Context) -> Iterator[Record]:
    named = replace(context, file=str(path), again=_opening(path))
    try:
        stream = path.open("rb")
    except OSError as error:
        yield Rejected(named.file, 0, "", _unreadable(error), "")
        return
    with stream:
        yield from _read(stream, named)


def _read(stream: BinaryIO, context: Context) -> Iterator[Record]:
    try:
        yield from context.unpack(stream, context)
    except OSError as error:
        yield Rejected(context.file, 0, "", _unreadable(error), "")


def _unreadable(error: OSError) -> Said:
    if isinstance(error, FileNotFoundError):
        return said("cannot be read: there is no such file")
    if isinstance(error, PermissionError):
        return said("cannot be read: the user that credmatch runs as may not")
    return said("cannot be read: %(found)s", found=error.strerror or str(error))


def _folder(folder: Path, context: Context) -> Iterator[Record]:
    skipped, most = Skipped(), context.limits.entries
    index = neighbours.in_folder(lambda: islice(_walk(folder, Skipped()), most), context.limits)
    number = 0
    for number, path in enumerate(_walk(folder, skipped), start=1):
        if number > most:
            reason = said("the folder holds more than %(most)s files; the rest is not read", most=most)
            yield Rejected(str(folder), 0, "", reason, "")
            break
        if _is_foreign(path):
            skipped.add(Kind.FOREIGN, shown_name(path.name))
        else:
            yield from _file(path, replace(context, neighbours=neighbours.View(index, str(path.parent))))
    yield from skipped.notices(str(folder))
    if not number:
        yield Rejected(str(folder), 0, "", said("the folder holds no files that are read"), "")


def _is_foreign(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return is_foreign(stream.read(_HEAD))
    except OSError:
        return False  # reading it will say why


def _walk(folder: Path, skipped: Skipped) -> Iterator[Path]:
    """The regular files in a folder and in those within it, in the order of names."""
    waiting = [folder]
    while waiting:
        found = waiting.pop()
        if found is not folder and not found.is_dir():
            yield found
            continue
        waiting += reversed(_listed(found, skipped))


def _listed(folder: Path, skipped: Skipped) -> list[Path]:
    listed: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                path = folder / entry.name
                if is_system(entry.name):
                    skipped.add(Kind.SYSTEM, shown_name(entry.name))
                elif entry.is_symlink():
                    skipped.add(Kind.LINK, shown_name(entry.name))
                elif entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False):
                    listed.append(path)
                else:
                    skipped.add(Kind.FOREIGN, shown_name(entry.name))
    except OSError:  # it may not be read, or is gone by now
        skipped.add(Kind.FOREIGN, shown_name(folder.name))
    return listed


def _beside(folder: Path, limits: Limits) -> Iterator[Path]:
    """The files that lie in a folder itself."""
    found = (path for path in _listed(folder, Skipped()) if not path.is_dir())
    return islice(found, limits.entries)
