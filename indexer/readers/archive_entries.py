"""What lies in an archive or a folder: its name, its bytes, and what is passed over."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from indexer.readers.unpacking import Stored, Unpacked
from matcher.messages import Said, marked, said
from matcher.records import Notice

_LONGEST_NAME = 300
_SHOWN = 3
_SYSTEM = {"__MACOSX", "Thumbs.db", "desktop.ini"}
_DRIVE = re.compile(r"[A-Za-z]:")


class Kind(StrEnum):
    """What an entry is: as notices count it."""

    FILE = marked("files: %(count)s")
    FOLDER = marked("folders: %(count)s")
    LINK = marked("links: %(count)s")
    SYSTEM = marked("hidden files or files of an operating system: %(count)s")
    FOREIGN = marked("pictures, documents or other files in which there can be no credential: %(count)s")


@dataclass(slots=True)
class Entry:
    """An entry of an archive. `problem`: why it is not read, None where it can be.

    `place` tells it from others of the same archive; `perhaps_link`: only the archive's end will tell.
    """

    name: str
    kind: Kind = Kind.FILE
    body: Stored | Unpacked | None = None
    problem: Said | None = None
    place: int = 0
    perhaps_link: bool = False

    closed: bool = False

    def close(self) -> Said | None:
        """Go to the end of the entry. What is wrong with its bytes; None for nothing, or where it was closed.

        Raises BadStream where the archive cannot be followed to there.
        """
        if self.closed:
            return None
        self.closed = True
        return self._finish()

    def _finish(self) -> Said | None:
        if self.body is not None:
            self.body.finish()
        return None


@dataclass(slots=True)
class Skipped:
    """What is passed over without being wrong, by its kind, and the names of the first few."""

    counts: Counter[Kind] = field(default_factory=Counter)
    names: list[str] = field(default_factory=list)

    def add(self, kind: Kind, name: str) -> None:
        """Count one."""
        self.counts[kind] += 1
        if kind is not Kind.FOLDER and len(self.names) < _SHOWN:
            self.names.append(name)

    def notices(self, file: str) -> list[Notice]:
        """One that says what was passed over; none where it was nothing, or only folders."""
        if not self.names:
            return []
        counts = tuple(said(kind.value, count=count) for kind, count in sorted(self.counts.items()))
        more = ["..."] if sum(self.counts.values()) - self.counts[Kind.FOLDER] > len(self.names) else []
        text = said("not read: %(counts)s (%(names)s)", counts=counts, names=(*self.names, *more))
        return [Notice(file, 0, text)]


def is_system(name: str) -> bool:
    """Whether an operating system put it there, or it is hidden: in one of the folders of its name, too."""
    parts = [part for part in name.split("/") if part not in {"", ".", ".."}]
    return any(part in _SYSTEM or part.startswith(".") for part in parts)


def leads_out(name: str) -> bool:
    """Whether a name in an archive is of a place outside of it."""
    return name.startswith("/") or bool(_DRIVE.match(name)) or ".." in name.split("/")


def shown_name(name: str) -> str:
    """A name as messages have it: on one line, with what cannot be printed escaped, and cut."""
    text = "".join(one if one.isprintable() else repr(one)[1:-1] for one in name[:_LONGEST_NAME])
    return text if len(name) <= _LONGEST_NAME else f"{text}..."
