"""A compiled vocabulary: everything about some competencies as arrays, in memory or mapped from a folder.

A vocabulary has two layers: the shared one, which all processes map, and what an organisation has of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from matcher.errors import unwritten
from matcher.records import Competency, Kind
from matcher.vocabulary.arrays import Int32s, Ints, Links, Strings
from matcher.vocabulary.lexicon import Lexicon, Owner
from matcher.vocabulary.phrases import undocumented
from matcher.vocabulary.similarity import Vectors

FORMAT = 2
"""Rises when folders written by an earlier version of this code can no longer be read."""

_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Layer:
    """Some competencies, one a row, in the order of their ids.

    `texts` has three strings a row: URI, English and French preferred label. `rows_by_uri` sorts the rows by
    URI. `kinds` and `frameworks` are positions in `Kind` and `framework_names`. `broader` leads from a
    competency to broader ones, `narrower` back, `same` to what is declared the same, `equal` to what has a
    label in common that is unambiguous in both frameworks. `acts`: what each does to its thing
    (`phrases.Act`). `twins`: of each row the lowest one that is declared the same.
    """

    framework_names: Strings
    ids: Ints
    texts: Strings
    rows_by_uri: Int32s
    kinds: NDArray[np.uint8]
    frameworks: Int32s
    acts: NDArray[np.uint8]
    twins: Int32s
    lexicon: Lexicon
    labels: Vectors
    descriptions: Vectors
    broader: Links
    narrower: Links
    same: Links
    equal: Links

    def row(self, id_: int) -> int | None:
        """The row of the competency with this id."""
        row = int(self.ids.searchsorted(id_))
        return row if row < len(self.ids) and self.ids[row] == id_ else None

    def rows(self, ids: Ints) -> tuple[Ints, Ints]:
        """Of some ids those that are here, in their order, and the row of each."""
        rows = self.ids.searchsorted(ids)
        here = rows < len(self.ids)
        here[here] = self.ids[rows[here]] == ids[here]
        return ids[here], rows[here]

    @property
    def uris(self) -> Iterator[str]:
        """The URIs, by row."""
        return (self.texts[3 * row] for row in range(len(self.ids)))

    def row_of_uri(self, uri: str) -> int | None:
        """The row of the competency with this URI."""
        low, high = 0, len(self.rows_by_uri)
        while low < high:
            middle = (low + high) // 2
            if self.texts[3 * self.rows_by_uri[middle]] < uri:
                low = middle + 1
            else:
                high = middle
        if low == len(self.rows_by_uri) or self.texts[3 * self.rows_by_uri[low]] != uri:
            return None
        return int(self.rows_by_uri[low])

    def competency(self, row: int) -> Competency:
        """The competency in a row."""
        return Competency(
            id=int(self.ids[row]),
            uri=self.texts[3 * row],
            label_en=self.texts[3 * row + 1],
            label_fr=self.texts[3 * row + 2],
            kind=KINDS[self.kinds[row]],
            framework=self.framework_names[int(self.frameworks[row])],
        )

    def exact(self, folded: str) -> list[int]:
        """Rows of the competencies that a folded text names without ambiguity, at most one a framework.

        Where no label is the text, it may differ from one by inflection (`phrases.key`), if all labels from
        which it does so belong to one competency or to several that are declared the same.
        """
        if owners := self.lexicon.owners_of(folded):
            return unambiguous(owners, self.frameworks, self.twins)
        return self._alone(self.lexicon.inflected_owners_of(folded))

    def named(self, folded: str) -> tuple[list[int], bool]:
        """As `exact`, for texts that may call it a certificate, a course or the like; and whether it is
        certain that the text is about what it so names (`phrases.undocumented`)."""
        certain = True
        for _ in range(_FRAMES):
            if rows := self.exact(folded):
                return rows, certain
            if self.lexicon.owners_of(folded) or (found := undocumented(folded)) is None:
                break
            folded, certain = found[0], certain and found[1]
        return self.exact(folded), certain

    def _alone(self, owners: Iterable[Owner]) -> list[int]:
        found = {int(self.twins[owner.row]): owner.row for owner in owners}
        return list(found.values()) if len(found) == 1 else []


KINDS = tuple(Kind)

_FRAMES = 2
"""A certificate of completion of a course: so many kinds of documents are looked through."""


def unambiguous(owners: Iterable[Owner], frameworks: Int32s, twins: Int32s) -> list[int]:
    """The rows that a text names without ambiguity, in the order of frameworks, among those who own it.

    Within a framework a text is unambiguous where one competency alone has it, as label or alias, or where
    several have it and it is the preferred label of exactly one of them. Those that are declared the same
    count as one (`twins`); then it names the one whose preferred label it is, else the first.
    """
    by_framework: defaultdict[int, dict[int, bool]] = defaultdict(dict)
    for owner in owners:
        known = by_framework[int(frameworks[owner.row])]
        known[owner.row] = owner.preferred or known.get(owner.row, False)
    found = []
    for _, rows in sorted(by_framework.items()):
        named = sorted(row for row, preferred in rows.items() if preferred)
        chosen = named or sorted(rows)
        if len({int(twins[row]) for row in chosen}) == 1:
            found.append(chosen[0])
    return found


def save(layer: Layer, folder: Path) -> None:
    """Write a layer so that `folder` is there whole or not at all; what another process wrote stays.

    Raises Unavailable or ConfigurationError where the folder cannot be written (see `unwritten`).
    """
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            names = []
            for name, array in _arrays(layer, ""):
                with (made / f"{name}.npy").open("wb") as file:
                    np.save(file, array, allow_pickle=False)
                    file.flush()
                    os.fsync(file.fileno())
                names.append(name)
            (made / _MANIFEST).write_text(json.dumps({"format": FORMAT, "arrays": names}))
            if not folder.exists():
                made.rename(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        if not folder.exists():
            raise unwritten("the vocabulary cannot be written", folder, error) from error


def open_layer(folder: Path) -> Layer | None:
    """Map the layer in `folder`; None where there is none that can be read."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text())
        if manifest["format"] != FORMAT:
            return None
        arrays = {
            # As plain arrays: slicing a memmap takes ten times as long, and the mapping stays.
            name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)
            for name in manifest["arrays"]
        }
        layer: Layer = _built(Layer, arrays, "")
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        return None
    return layer


def _arrays(part: Any, prefix: str) -> Iterator[tuple[str, NDArray[Any]]]:
    """All arrays of a part, with the path of fields that leads to each."""
    for field in fields(part):
        value = getattr(part, field.name)
        name = f"{prefix}{field.name}"
        if is_dataclass(value):
            yield from _arrays(value, f"{name}.")
        else:
            yield name, value


def _built(kind: Any, arrays: dict[str, NDArray[Any]], prefix: str) -> Any:
    hints = get_type_hints(kind)
    return kind(
        **{
            field.name: _built(hints[field.name], arrays, f"{prefix}{field.name}.")
            if is_dataclass(hints[field.name])
            else arrays[f"{prefix}{field.name}"]
            for field in fields(kind)
        }
    )
