"""The vocabulary that ships with credmatch: ESCO and a supplement of Canadian terms, with their vectors.

The files are described in indexer/build_vocabulary.py, indexer/build_supplement.py and
matcher/vocabulary/data/ATTRIBUTION.md.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import lzma
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.readers.frameworks import LANGUAGES, FrameworkCompetency
from matcher.errors import ConfigurationError
from matcher.records import Kind
from matcher.store.framework_intake import Framework

SUPPLEMENT = "credmatch"
"""The framework of the competencies of our own that the supplement adds to ESCO's."""

_DATA = files("matcher") / "vocabulary" / "data"
_TABLES = ("supplement.csv", "corrections.csv", "twins.csv")


@dataclass(frozen=True, slots=True)
class Vectors:
    """Vectors by URI: of the label, and of the description or None; all made by one `model`."""

    model: str
    by_uri: Mapping[str, tuple[bytes, bytes | None]]


@dataclass(frozen=True, slots=True)
class Shipped:
    """A framework as it ships.

    `aliases`: further names of competencies of another one, by URI; `withheld`: names that it gives wrongly;
    `same`: pairs of its competencies that are the same.
    """

    framework: Framework
    competencies: Sequence[FrameworkCompetency]
    vectors: Vectors
    aliases: Mapping[str, Sequence[tuple[str, str]]]
    withheld: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    same: Sequence[tuple[str, str]] = ()


def esco_version() -> str:
    """The version of ESCO that ships, read without unpacking the rest."""
    with (_DATA / "esco.jsonl.xz").open("rb") as packed, lzma.open(packed, "rt", encoding="utf-8") as file:
        version: str = json.loads(file.readline())["version"]
    return version


def supplement_version() -> str:
    """The version of the supplement: a digest of its files."""
    content = b"".join((_DATA / name).read_bytes() for name in (*_TABLES, "supplement-vectors.npz"))
    return hashlib.blake2b(content, digest_size=6).hexdigest()


def read_esco() -> Shipped:
    """ESCO as it ships. Raises ConfigurationError where the installation's files are not what they were."""
    with (_DATA / "esco.jsonl.xz").open("rb") as packed, lzma.open(packed, "rt", encoding="utf-8") as file:
        about, *lines = [json.loads(line) for line in file]
    uris = [line["uri"] for line in lines]
    competencies = [_competency(line, uris) for line in lines]
    arrays = _arrays("esco-vectors.npz")
    if len(arrays["label"]) != len(uris):
        raise ConfigurationError("the shipped vectors do not belong to the shipped vocabulary: install anew")
    pairs = zip(arrays["label"], arrays["description"], strict=True)
    vectors = {uri: (one.tobytes(), two.tobytes()) for uri, (one, two) in zip(uris, pairs, strict=True)}
    framework = Framework(about["framework"], about["version"], about["attribution"])
    return Shipped(framework, competencies, Vectors(_model(arrays), vectors), {})


def read_supplement() -> Shipped:
    """The supplement: competencies of our own, further names of ESCO's, corrections, and twins."""
    aliases: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    competencies = []
    for row in supplement_rows():
        if row["relation"] == "alias":
            aliases[row["esco_uri"]] += _names(row)
        else:
            competencies.append(_own(row))
    withheld: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in correction_rows():
        withheld[row["not_uri"]].append((row["language"], row["text"]))
        if row["uri"]:
            aliases[row["uri"]].append((row["language"], row["text"]))
    arrays = _arrays("supplement-vectors.npz")
    by_uri = {
        str(uri): (vector.tobytes(), None) for uri, vector in zip(arrays["uri"], arrays["label"], strict=True)
    }
    twins = [(row["uri"], row["same_uri"]) for row in twin_rows()]
    framework = Framework(SUPPLEMENT, supplement_version(), "Written by the authors of credmatch.")
    return Shipped(framework, competencies, Vectors(_model(arrays), by_uri), aliases, withheld, twins)


def supplement_rows() -> list[dict[str, str]]:
    """The rows of supplement.csv."""
    return _rows("supplement.csv")


def correction_rows() -> list[dict[str, str]]:
    """The rows of corrections.csv: names that ESCO gives to the wrong competency."""
    return _rows("corrections.csv")


def twin_rows() -> list[dict[str, str]]:
    """The rows of twins.csv: competencies that ESCO has twice."""
    return _rows("twins.csv")


def _rows(name: str) -> list[dict[str, str]]:
    text = (_DATA / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _competency(line: dict[str, Any], uris: Sequence[str]) -> FrameworkCompetency:
    return FrameworkCompetency(
        uri=line["uri"],
        kind=Kind(line["kind"]),
        labels={language: line[language] for language in LANGUAGES if language in line},
        aliases={
            language: tuple(line[f"aliases_{language}"])
            for language in LANGUAGES
            if f"aliases_{language}" in line
        },
        broader=tuple(uris[place] for place in line.get("broader", ())),
        related=tuple(uris[place] for place in line.get("related", ())),
    )


def _own(row: dict[str, str]) -> FrameworkCompetency:
    others = tuple(uri for uri in row["esco_uri"].split("|") if uri)
    return FrameworkCompetency(
        uri=row["uri"],
        labels={language: row[f"term_{language}"] for language in LANGUAGES if row[f"term_{language}"]},
        aliases={language: _split(row[f"aliases_{language}"]) for language in LANGUAGES},
        broader=others if row["relation"] == "narrower" else (),
        same=others if row["relation"] == "same" else (),
    )


def _names(row: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (language, name)
        for language in LANGUAGES
        for name in (*_split(row[f"term_{language}"]), *_split(row[f"aliases_{language}"]))
    ]


def _split(names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names.split("|") if name))


def _arrays(name: str) -> dict[str, NDArray[Any]]:
    with (_DATA / name).open("rb") as file:
        return dict(np.load(io.BytesIO(file.read()), allow_pickle=False))


def _model(arrays: Mapping[str, NDArray[Any]]) -> str:
    return f"{arrays['model']}@{arrays['revision']}"
