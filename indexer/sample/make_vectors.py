"""Makes data/vectors.npz: the vectors of all words of the sample that have to be encoded.

    python -m indexer.sample.make_vectors

loads the catalogue into an empty installation with the language model, and keeps what was encoded. Needed
whenever a text of the catalogue or of a position changed, or the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from indexer.installation import opened
from indexer.sample.load import load_catalogue
from indexer.sample.vectors import Vectors, write_vectors
from matcher.settings import read_settings
from matcher.vocabulary.encoder import Encoder


class _Listening:
    """An encoder that keeps all that it was asked."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.heard: dict[str, NDArray[np.int8]] = {}

    @property
    def model(self) -> str:
        return self._encoder.model

    def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
        vectors = self._encoder.encode(texts)
        self.heard.update(zip(texts, vectors, strict=True))
        return vectors


def make_vectors() -> Vectors:
    """What the model makes of each text that is encoded when the sample is loaded."""
    with TemporaryDirectory(prefix="credmatch-") as folder:
        settings = read_settings(data_dir=Path(folder), database_url="")
        with opened(settings) as parts:
            listening = _Listening(parts.encoder)
            load_catalogue(parts, listening)
        return Vectors(listening.model, listening.heard)


if __name__ == "__main__":
    write_vectors(make_vectors())
