"""Frameworks of every format, damaged in ten thousand ways."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer.readers.vocabularies import FRAMEWORK_FORMATS
from tests.unit.examples.case import PACKAGE
from tests.unit.examples.ctdl_asn import GRAPH
from tests.unit.examples.framework_files import EACH
from tests.unit.examples.onet import TECHNOLOGY
from tests.unit.examples.rsd import COLLECTION
from tests.unit.mutations import mutations
from tests.unit.reading_frameworks import read_files
from tests.unit.survival import COUNT, bounded

FILES: dict[str, bytes] = {
    **EACH,
    "CASE": json.dumps(PACKAGE).encode(),
    "CTDL-ASN": json.dumps(GRAPH).encode(),
    "Rich Skill Descriptors": json.dumps(COLLECTION).encode(),
    "O*NET": TECHNOLOGY.encode(),
}


@pytest.mark.parametrize("name", [one.name for one in FRAMEWORK_FORMATS])
def test_a_damaged_framework_is_read_or_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "file"
    for data in bounded(mutations(FILES[name], seed=len(name), count=COUNT), name):
        path.write_bytes(data)
        found = read_files(path)
        assert found.formats or found.rejected or found.notices
