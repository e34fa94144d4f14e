"""Makes data/vectors.npz: the vectors of all words of the sample that have to be encoded.

    python -m indexer.sample.make_vectors

loads the catalogue into an empty installation with the language model, and keeps what was encoded, with what
would be if texts were found less or more likely than they are today. Needed whenever a text of the catalogue
or of a position changed, or the model.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from indexer.installation import opened
from indexer.sample.catalogue import offers, positions
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
            listening.encode(sorted(_texts()))
        return Vectors(listening.model, listening.heard)


def _texts() -> set[str]:
    """Achievements that are read from their words, the longer way too, and what positions ask for."""
    bodies = [json.loads(offer.json) for offer in offers()]
    unread = [body for body in bodies if "competencies" not in body]
    asked = [requirement for position in positions() for requirement in position["requirements"]]
    ways = [way for requirement in asked for way in (requirement, *requirement.get("any_of", ()))]
    return {
        *(body["name"] for body in unread),
        *(f"{body['name']}. {body['description']}" for body in unread),
        *(way["text"] for way in ways if "text" in way and "competency" not in way),
    }


if __name__ == "__main__":
    write_vectors(make_vectors())
