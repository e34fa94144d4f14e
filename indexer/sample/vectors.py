"""Vectors of the sample's own words, made beforehand, so that loading it needs no language model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matcher.vocabulary.encoder import DIMENSION, Encoder

_FILE = Path(__file__).parent / "data" / "vectors.npz"


@dataclass(frozen=True, slots=True)
class Vectors:
    """What a model made of some texts: int8, shape (384,) each."""

    model: str
    by_text: Mapping[str, NDArray[np.int8]]


def read_vectors() -> Vectors:
    """The vectors that ship (made by `make_vectors.py`)."""
    with np.load(_FILE, allow_pickle=False) as stored:
        texts = stored["texts"].tolist()
        return Vectors(str(stored["model"]), dict(zip(texts, stored["vectors"], strict=True)))


def write_vectors(vectors: Vectors) -> None:
    """Replace the vectors that ship."""
    texts = sorted(vectors.by_text)
    rows = np.array([vectors.by_text[text] for text in texts], dtype=np.int8)
    np.savez_compressed(_FILE, model=np.array(vectors.model), texts=np.array(texts), vectors=rows)


class KnowingEncoder:
    """An encoder that knows some texts by heart and asks another encoder for the rest."""

    def __init__(self, known: Vectors, other: Encoder) -> None:
        self._known = known.by_text if known.model == other.model else {}
        self._other = other

    @property
    def model(self) -> str:
        """Name and revision of the model, `name@revision`."""
        return self._other.model

    def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
        """Vectors of `texts`, shape (len(texts), 384)."""
        unknown = [text for text in texts if text not in self._known]
        asked = dict(zip(unknown, self._other.encode(unknown), strict=True)) if unknown else {}
        found = [asked[text] if text in asked else self._known[text] for text in texts]
        return np.array(found, dtype=np.int8).reshape(len(texts), DIMENSION)
