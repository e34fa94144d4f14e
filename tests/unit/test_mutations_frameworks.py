"""Frameworks of every format, damaged in ten thousand ways: anywhere, and within one row or item."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from indexer.readers.frameworks import FrameworkCompetency
from indexer.readers.vocabularies import FRAMEWORK_FORMATS
from tests.unit.framework_samples import SAMPLES
from tests.unit.mutations import mutations
from tests.unit.pieces import Piece
from tests.unit.reading_frameworks import Found, read_files
from tests.unit.survival import COUNTS, bounded


class Sample:
    """Pieces that make one framework, in a folder of their own, and what is read of them."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._pieces = SAMPLES[name]()
        for piece in self._pieces:
            self._write(piece, piece.with_items(piece.items))
        self.whole = self.read()
        self.without = cache(self._without)

    def read(self) -> Found:
        """What is read of the files, each of which was named: none is passed over."""
        return read_files(*(self._folder / piece.name for piece in self._pieces))

    def _write(self, piece: Piece, data: bytes) -> None:
        (self._folder / piece.name).write_bytes(data)

    def anywhere(self, count: int) -> Iterator[bytes]:
        """Mutations of each file in turn, which lie in the folder when they are given."""
        share = -(-count // len(self._pieces))
        for piece in self._pieces:
            whole = piece.with_items(piece.items)
            for data in mutations(whole, seed=len(whole), count=share):
                self._write(piece, data)
                yield data
            self._write(piece, whole)

    def within(self, count: int) -> Iterator[tuple[Piece, int, bytes]]:
        """Mutations of each row or item in turn: where it stands, and what stands there now."""
        places = [(piece, number) for piece in self._pieces for number in range(len(piece.items))]
        share = -(-count // len(places))
        for piece, number in places:
            for data in mutations(piece.items[number], seed=number, count=share):
                self._write(piece, piece.having(number, data))
                yield piece, number, data
            self._write(piece, piece.with_items(piece.items))

    def _without(self, piece: Piece, number: int) -> Mapping[str, FrameworkCompetency]:
        """What is the same whether or not a row or an item stands there: it says nothing of these."""
        changed = (self._folder / piece.name).read_bytes()
        self._write(piece, piece.lacking(number))
        found = self.read().competencies
        self._write(piece, changed)
        return {uri: one for uri, one in self.whole.competencies.items() if found.get(uri) == one}


def is_named(uri: str, data: bytes) -> bool:
    """Whether a row or an item names a competency: then it may say something of it."""
    return unquote(re.split("[/:=]", uri)[-1]).encode() in data


def is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def test_every_format_has_samples_whose_rows_and_items_are_read() -> None:
    formats = {name.partition(",")[0] for name in SAMPLES}
    assert formats == {one.name for one in FRAMEWORK_FORMATS}
    assert sum(1 for _ in mutations(b"{}", seed=1, count=COUNTS[-1].values[0])) == 10_000


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read_whole(tmp_path: Path, name: str) -> None:
    sample = Sample(tmp_path, name)
    assert len(sample.whole.competencies) > 2
    assert len(set(sample.whole.formats)) == 1
    assert name.startswith(sample.whole.formats[0])


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_damaged_framework_is_read_or_refused(tmp_path: Path, name: str, count: int) -> None:
    sample = Sample(tmp_path, name)
    for _ in bounded(sample.anywhere(count), name):
        found = sample.read()
        assert found.formats or found.rejected or found.notices


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", SAMPLES)
def test_good_rows_and_items_around_a_damaged_one_are_read(tmp_path: Path, name: str, count: int) -> None:
    sample = Sample(tmp_path, name)
    for piece, number, data in bounded(sample.within(count), name):
        found = sample.read()
        lost = [
            uri
            for uri, one in sample.without(piece, number).items()
            if found.competencies.get(uri) != one and not is_named(uri, piece.items[number] + data)
        ]
        # Damage within one item may break the syntax of a JSON document as a whole, and damage to the first
        # of lines without a header what they are known by: that is then said.
        if (piece.is_json and is_json(data)) or (not piece.is_json and (piece.start or number)):
            assert not lost, (data, found.wrong)
        assert not lost or found.rejected, data
