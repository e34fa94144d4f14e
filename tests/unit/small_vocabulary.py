"""A small vocabulary in two frameworks, and an encoder that knows words only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from matcher.errors import Unavailable
from matcher.records import Competency, Kind
from matcher.vocabulary.compiling import compile_layer
from matcher.vocabulary.contents import Contents, Label
from matcher.vocabulary.encoder import DIMENSION
from matcher.vocabulary.layer import Layer
from matcher.vocabulary.vocabulary import Vocabulary


class WordEncoder:
    """A text's vector is the sum of fixed random vectors of its words; counts what it was asked for."""

    model = "words@1"

    def __init__(self, *, available: bool = True) -> None:
        self.asked: list[str] = []
        self._available = available

    def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
        if not self._available:
            raise Unavailable("the encoder is not there")
        self.asked += texts
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float64)
        for number, text in enumerate(texts):
            for word in text.lower().split():
                seed = int.from_bytes(sha256(word.encode()).digest()[:4], "big")
                vectors[number] += np.random.default_rng(seed).normal(size=DIMENSION)
        largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-9)
        return np.rint(vectors / largest * 127).astype(np.int8)


def contents(
    labels: Iterable[str],
    *,
    first: int = 1,
    relations: Sequence[tuple[int, str, int]] = (),
    encoded: bool = True,
) -> Contents:
    """Competencies numbered from `first`, one a string: `framework: label | alias | fr=label | ...`."""
    competencies: list[Competency] = []
    found: list[Label] = []
    frameworks: dict[str, None] = {}
    for id_, line in enumerate(labels, first):
        framework, _, names = line.partition(": ")
        frameworks.setdefault(framework)
        preferred = {"en": "", "fr": ""}
        for name in names.split(" | "):
            language, text = ("fr", name[3:]) if name.startswith("fr=") else ("en", name)
            found.append(Label(id_, language, text, not preferred[language]))
            preferred[language] = preferred[language] or text
        uri = f"urn:{framework}:{id_}"
        competencies.append(Competency(id_, uri, preferred["en"], preferred["fr"], Kind.SKILL, framework))
    english = [one.label_en for one in competencies]
    vectors = WordEncoder().encode(english) if encoded else ()
    return Contents(
        frameworks=list(frameworks),
        competencies=competencies,
        labels=found,
        relations=relations,
        vectors={one.id: (row.tobytes(), b"") for one, row in zip(competencies, vectors, strict=False)},
    )


SKILLS = (
    "esco: operate forklift | drive a forklift | lift truck operation | fr=conduire un chariot | fr=cariste",
    "esco: first aid | provide first response | fr=premiers secours | fr=premiers soins",
    "esco: work at heights | fr=travailler en hauteur | fr=travail en hauteur",
    "esco: Java (computer programming) | Java | fr=Java (programmation informatique)",
    "esco: JavaScript | fr=JavaScript",
    "esco: C | fr=C",
    "esco: C++ | fr=C++",
    "esco: C# | fr=C#",
    "esco: communication | communicate | fr=communication",
    "esco: teach communication methods | teach communicating | fr=enseigner la communication",
    "esco: lasers | fr=lasers",
    "esco: electrooptic devices | lasers | fr=dispositifs électro-optiques",
    "esco: measure feedback | satisfy customers | fr=mesurer la satisfaction",
    "esco: delight customers | satisfy customers | fr=enchanter les clients",
    "credmatch: counterbalance forklift operation | fr=conduite de chariot à contrepoids",
)  # fmt: skip
"""Numbered 1 to 15."""


def small_layer() -> Layer:
    """`SKILLS`; 15 is narrower than 1."""
    return compile_layer(contents(SKILLS, relations=[(15, "broader", 1)]))


def small_vocabulary(encoder: WordEncoder | None = None, *, own: Layer | None = None) -> Vocabulary:
    """`SKILLS`, and an organisation's own."""
    layers = [small_layer()] if own is None else [small_layer(), own]
    return Vocabulary("small", layers, encoder or WordEncoder())
