"""Reads frameworks as an import does, and tells apart what comes of it."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from indexer.readers.framework_files import Framework, read_frameworks
from indexer.readers.frameworks import FrameworkCompetency, FrameworkFacts, FrameworkFile
from indexer.readers.limits import Limits
from matcher.errors import InvalidInput
from matcher.records import Notice, Rejected
from tests.unit.french import check_french

ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", " ", "\0", "\ud800", "urn:x:1", "x" * 3_000, "2026-02-30"]),
    st.just([]), st.just({}), st.just([[{}]]), st.just({"en": {"en": {"en": 1}}}), st.just(["a", 1, None]),
)  # fmt: skip
"""Values of every type, to stand where none of them belongs."""


@dataclass
class Found:
    """What files hold."""

    formats: list[str] = field(default_factory=list)
    facts: list[FrameworkFacts] = field(default_factory=list)
    competencies: dict[str, FrameworkCompetency] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[tuple[str, str]]:
        return [(one.where, one.reason) for one in self.rejected]


def read_files(*paths: Path, limits: Limits | None = None) -> Found:
    """All that files hold, the URIs of competencies without one beginning with `urn:own:`."""
    found = Found()
    limits = limits or Limits(document=64_000_000, values=3_000_000)
    for one in read_frameworks(paths, {"": "urn:own:"}, limits, lambda one: _take(found, one)):
        if isinstance(one, Rejected):
            found.rejected.append(one)
        elif isinstance(one, Notice):
            check_french(one.text)
            found.notices.append(f"{one.file}: {one.text}")
    for one in found.rejected:
        check_french(one.reason)
    return found


def framework_file(path: Path) -> FrameworkFile:
    """A file in UTF-8, as a reader of one format is given it."""
    return FrameworkFile(path.name, path.read_bytes().removeprefix(BOM_UTF8), lambda: path.open("rb"))


def _take(found: Found, framework: Framework) -> None:
    found.formats.append(framework.format.name)
    try:
        for one in framework.entries:
            if isinstance(one, FrameworkCompetency):
                assert one.uri not in found.competencies
                found.competencies[one.uri] = one
            elif isinstance(one, FrameworkFacts):
                found.facts.append(one)
            elif isinstance(one, Notice):
                check_french(one.text)
                found.notices.append(one.text)
            else:
                found.rejected.append(one)
    except InvalidInput as error:
        found.rejected.append(Rejected(framework.file, 0, error.where, error.reason, ""))


def read_json(folder: Path, document: object, **limits: Any) -> Found:
    """What a JSON document holds."""
    path = folder / "document"
    path.write_text(json.dumps(document))
    return read_files(path, **limits)


def places(value: object) -> Iterator[tuple[object, object]]:
    """Every container of a JSON value with every key that it has."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])  # type: ignore[index]  # a list by its numbers, an object by its names


def check_anything(folder: Path, document: Any, place: int, anything: object, *, stays: str = "") -> None:
    """Read a document in which something stands where it does not belong: read or refused, nothing else.

    Whatever it is, it can be stored. `stays`: a competency that has nothing to do with that place.
    """
    changed = json.loads(json.dumps(document))
    found = list(places(changed))
    container, key = found[place % len(found)]
    container[key] = anything  # type: ignore[index]
    read = read_json(folder, changed)
    for competency in read.competencies.values():
        written = [competency.uri, *competency.labels.values(), competency.description]
        written += [alias for aliases in competency.aliases.values() for alias in aliases]
        written += [*competency.broader, *competency.narrower, *competency.related, *competency.same]
        for text in written:
            assert "\0" not in text
            text.encode()
    for rejected in read.rejected:
        assert rejected.reason
        rejected.raw.encode()
    if stays:
        assert stays in read.competencies
