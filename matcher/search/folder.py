"""The folder of one organisation's index: reading it while others write, and writing it so that a crash at
any moment leaves the state before or the state after."""

from __future__ import annotations

import fcntl
import mmap
import os
import shutil
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from matcher.errors import Damaged, Unavailable
from matcher.search.generation import Entry, Generation, Manifest, View, parts_of, read_manifest
from matcher.search.segment import Segment, open_segment, write_segment

_MANIFEST = "manifest.json"
_LOCK = "writer.lock"
_BUILDING = "building.json"


@dataclass(frozen=True, slots=True)
class _Seen:
    """The manifest last read. It stays mapped: so its inode's number is given to no other file meanwhile."""

    file: tuple[int, int, int, int]
    mapped: mmap.mmap
    view: View | None


class Folder:
    """An organisation's index on disk. Many threads and processes may read, one at a time writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: _Seen | None = None
        self._reading = threading.Lock()
        self._writer: int | None = None

    # --- reading ---

    def view(self) -> View | None:
        """The index as it is published now; None where there is none. Raises Damaged and Unavailable."""
        try:
            file = _identity((self._path / _MANIFEST).stat())
            seen = self._seen
            if seen is not None and seen.file == file:
                return seen.view
            with self._reading:
                return self._read().view
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"the search index cannot be read: {error.strerror}") from error

    def _read(self) -> _Seen:
        """Read the manifest and map what it names; anew where a writer replaced it and removed its files."""
        failed: tuple[int, int, int, int] | None = None
        while True:
            with (self._path / _MANIFEST).open("rb") as opened:
                file = _identity(os.fstat(opened.fileno()))
                if self._seen is not None and self._seen.file == file:
                    return self._seen
                manifest = read_manifest(opened.read())
                mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
            try:
                view = None if manifest is None else self._open(manifest)
            except Damaged:
                if failed == file:
                    raise
                failed = file
                continue
            self._seen = _Seen(file, mapped, view)
            return self._seen

    def _open(self, manifest: Manifest) -> View:
        seen = self._seen
        known: dict[Entry, Segment] = {}
        if seen is not None and seen.view is not None:
            mapped = (part.segment for part in seen.view.parts)
            known.update(zip(seen.view.generation.segments, mapped, strict=True))
        segments = [known[entry] if entry in known else self.open(entry) for entry in manifest.live.segments]
        return View(manifest, parts_of(segments))

    def manifest(self) -> Manifest | None:
        """The manifest that is published now, whatever became of the segments that it names; None where there
        is none. Raises Damaged and Unavailable."""
        try:
            return read_manifest((self._path / _MANIFEST).read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"the search index cannot be read: {error.strerror}") from error

    def unfinished(self, manifest: Manifest | None) -> Generation | None:
        """The newest generation that was begun after those of a manifest and has segments. Raises OSError."""
        newest = "" if manifest is None else max(_named(manifest))
        begun = sorted(path for path in self._generations() if path.name > newest)
        for path in reversed(begun):
            try:
                found = read_manifest((path / _BUILDING).read_bytes())
            except (FileNotFoundError, Damaged):
                continue
            if found is not None:
                return found.live
        return None

    def open(self, entry: Entry) -> Segment:
        """Map a segment (see `open_segment`). Raises Damaged, and OSError."""
        return open_segment(self._path / entry.name, entry.size, entry.digest)

    def check(self, entry: Entry) -> None:
        """See whether a segment that is mapped is still what was written; where it is not, nothing of what
        is mapped counts any longer. Raises Damaged, and OSError."""
        try:
            self.open(entry)
        except Damaged:
            self._seen = None
            raise

    # --- writing ---

    @contextmanager
    def writer(self) -> Iterator[bool]:
        """The right to write, for this thread; whether it was got. It may be asked for again while held.

        The system frees it when the process ends, however it ends.
        """
        me = threading.get_ident()
        if self._writer == me:
            yield True
            return
        lock = self._lock()
        try:
            if lock is None:
                yield False
                return
            self._writer = me
            yield True
        finally:
            if lock is not None:
                self._writer = None
                os.close(lock)

    def _lock(self) -> int | None:
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unavailable(f"the search index cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return lock

    def new_generation(self) -> str:
        """Make the folder of a further generation, for segments to be written to. Raises OSError."""
        numbers = [int(path.name[1:]) for path in self._generations()]
        name = f"g{max(numbers, default=0) + 1:06d}"
        (self._path / name).mkdir()
        return name

    def write(self, generation: str, number: int, segment: Segment) -> Entry:
        """Write and sync a segment, the `number`th of a generation. Raises OSError."""
        name = f"{generation}/s{number:06d}"
        size, digest = write_segment(segment, self._path / name)
        _sync(self._path / generation)
        return Entry(name=name, size=size, digest=digest)

    def publish(self, manifest: Manifest) -> None:
        """Make a manifest, all of whose segments are written, the one that counts. Raises OSError."""
        _replace(self._path / _MANIFEST, manifest)

    def keep(self, generation: Generation) -> None:
        """Write down what an unfinished generation has so far, for `unfinished`. Raises OSError."""
        _replace(self._path / generation.name / _BUILDING, Manifest(live=generation))

    def finish(self, generation: Generation) -> None:
        """A generation is published, and no longer unfinished. Raises OSError."""
        (self._path / generation.name / _BUILDING).unlink(missing_ok=True)

    def clean_segments(self, generation: Generation) -> None:
        """Remove the segments in a generation's folder that it does not name. Raises OSError."""
        named = {entry.name for entry in generation.segments}
        for path in (self._path / generation.name).iterdir():
            if f"{generation.name}/{path.name}" not in named and path.name != _BUILDING:
                path.unlink(missing_ok=True)

    def clean_generations(self, manifest: Manifest, besides: Collection[str] = ()) -> None:
        """Remove all generations but the two that a manifest names, and some besides. Processes that map them
        keep them."""
        for path in self._generations():
            if path.name not in _named(manifest) and path.name not in besides:
                self.discard(path.name)

    def discard(self, generation: str) -> None:
        """Remove a generation; what cannot be removed now is a left-over for the next one who cleans."""
        shutil.rmtree(self._path / generation, ignore_errors=True)

    def _generations(self) -> Iterator[Path]:
        return (path for path in self._path.glob("g*") if path.name[1:].isdigit())


def _named(manifest: Manifest) -> set[str]:
    return {manifest.live.name} if manifest.last is None else {manifest.live.name, manifest.last.name}


def _replace(path: Path, manifest: Manifest) -> None:
    """Write a manifest beside the one of that name, and put it in its place when it is safe."""
    new = path.with_name(f"{path.name}.new")
    with new.open("wb") as file:
        file.write(manifest.model_dump_json().encode())
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    _sync(path.parent)


def _identity(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _sync(folder: Path) -> None:
    """Sync a folder's entries, so that a file made or renamed in it survives a power cut."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
