"""What words mean to an organisation: texts as competencies, competencies with all that counts for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np

from matcher.errors import NotFound
from matcher.messages import said
from matcher.records import Basis, Competency, Likely, Pair, Reading
from matcher.vocabulary import suggestions
from matcher.vocabulary.calibration import SIMILAR_FROM
from matcher.vocabulary.encoder import DIMENSION, Encoder
from matcher.vocabulary.language import are_french
from matcher.vocabulary.layer import Layer
from matcher.vocabulary.lexicon import folded
from matcher.vocabulary.narrowing import Narrowing
from matcher.vocabulary.relations import Relations
from matcher.vocabulary.understanding import Understanding, Words

_CACHED = 512
"""Competencies that are kept once looked up, and whose relations are: those of one take about 30 kB."""


class Vocabulary:
    """An immutable snapshot of what one organisation sees: the shared vocabulary and its own competencies.

    Threads may share it. `layers`: the shared one first; what a text means is decided in their order.
    `narrowing`: what finds competencies of the shared one beside this process, if anything.
    """

    def __init__(
        self, version: str, layers: Sequence[Layer], encoder: Encoder, narrowing: Narrowing | None = None
    ) -> None:
        self._version = version
        self._layers = layers
        self._model = encoder.model
        self._narrowing = narrowing
        self._understanding = Understanding(layers, encoder, narrowing)
        self._related = Relations(layers)
        self._competency_of = lru_cache(_CACHED)(self._find_competency)
        self._relations_of = lru_cache(_CACHED)(self._find_relations)
        self._kin_of = lru_cache(_CACHED)(self._related.kin)

    @property
    def version(self) -> str:
        """Which vocabulary it is; another one wherever anything in it differs."""
        return self._version

    @property
    def model(self) -> str:
        """The model of its vectors, `name@revision`; those of another do not compare."""
        return self._model

    def ensure_narrowing(self) -> bool:
        """Make ready what finds competencies beside this process, where there is such; whether it was not.

        Raises Unavailable.
        """
        return self._narrowing is not None and self._narrowing.ensure()

    def competency(self, id: int) -> Competency:  # noqa: A002 - what it is called everywhere
        """The competency with this id. Raises NotFound."""
        return self._competency_of(id)

    def by_uri(self, uri: str) -> Competency | None:
        """The competency with this URI; the shared one where an organisation has one of its own too."""
        for layer in self._layers:
            if (row := layer.row_of_uri(uri)) is not None:
                return layer.competency(row)
        return None

    def understand(self, texts: Sequence[str], top: int = 5) -> list[list[Likely]]:
        """For each text the `top` competencies that it likeliest means, the best first.

        One that it names exactly comes first, with probability 1. There are `top` answers however unlikely,
        and none for a text without any letter or digit. Encodes the English texts that are not exact.
        Raises Unavailable where the encoder does not answer.
        """
        return [likely for _, likely in self._understanding.understand(texts, top)]

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """One reading a text: the competency it names exactly, else the likeliest one if it is likely enough
        (calibration.SIMILAR_FROM), else none. Keeps the vectors of texts that were encoded.

        Raises Unavailable where the encoder does not answer.
        """
        return [self._reading(words, likely) for words, likely in self._understanding.understand(texts, 1)]

    def suggest(self, typed: str, language: str, limit: int = 10) -> list[Competency]:
        """What somebody who has `typed` so much may mean; takes a few milliseconds, encodes nothing.

        `language` ("en" or "fr") decides only among what fits alike.
        """
        words = folded(typed)
        begun = self._narrowing.begun(words, language, limit) if self._narrowing and words else None
        found = [
            (suggestion.cost, number, suggestion.row)
            for number, layer in enumerate(self._layers)
            for suggestion in suggestions.suggest(
                layer.lexicon, words, language, limit, begun if number == 0 else None
            )
        ]
        return [self._layers[number].competency(row) for _, number, row in sorted(found)[:limit]]

    def relations(self, competency: int) -> Mapping[int, Pair]:
        """All that counts towards a competency, itself included, by id (see `relations.Relations`).

        Raises NotFound.
        """
        return self._relations_of(competency)

    def kin(self, vector: bytes, text: str) -> Mapping[int, Pair]:
        """The competencies kindred to a text that was encoded as `vector`, by id."""
        return self._kin_of(vector, text)

    def nearest(
        self, asked: Sequence[Sequence[Reading]], among: Sequence[int]
    ) -> list[tuple[int, float] | None]:
        """For each of some readings together, of the competencies `among` (ids) the one whose label is most
        similar to one of them.

        Its id and the cosine similarity; None where nothing has a vector to compare, or nothing is alike.
        """
        best: list[tuple[int, float] | None] = [None] * len(asked)
        vectors = [[vector for one in readings if (vector := self._vector(one))] for readings in asked]
        ends = np.cumsum([len(some) for some in vectors], dtype=np.int64)
        if not len(ends) or not ends[-1]:
            return best
        wanted = np.frombuffer(b"".join(chain(*vectors)), dtype=np.int8).reshape(-1, DIMENSION)
        ids = np.sort(np.array(among, dtype=np.int64))
        for layer in self._layers:
            here, rows = layer.rows(ids)
            if not len(here):
                continue
            similarities = layer.labels.rows(rows).similarities(wanted)
            for number, (end, some) in enumerate(zip(ends, vectors, strict=True)):
                if not some:
                    continue
                alike = similarities[end - len(some) : end].max(axis=0)
                place = int(alike.argmax())
                if alike[place] > (0 if (before := best[number]) is None else before[1]):
                    best[number] = int(here[place]), float(alike[place])
        return best

    def are_french(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text is French, which the encoder cannot read."""
        return are_french(texts, self._layers[0].lexicon)

    def _find_competency(self, id_: int) -> Competency:
        for layer in self._layers:
            if (row := layer.row(id_)) is not None:
                return layer.competency(row)
        raise NotFound(said("there is no competency with the number %(number)s", number=str(id_)))

    def _find_relations(self, competency: int) -> Mapping[int, Pair]:
        return self._related.of(competency, self._label_vector(competency))

    def _label_vector(self, competency: int) -> bytes:
        for layer in self._layers:
            if (row := layer.row(competency)) is not None:
                vector: bytes = layer.labels.vectors[row].tobytes()
                return vector
        raise NotFound(said("there is no competency with the number %(number)s", number=str(competency)))

    def _vector(self, reading: Reading) -> bytes:
        """The vector of the words that were read, else of the label of what they were read as."""
        comparable = reading.vector if reading.model in ("", self._model) else b""
        if comparable or reading.competency is None:
            return comparable
        return self._label_vector(reading.competency)

    def _reading(self, words: Words, likely: Sequence[Likely]) -> Reading:
        vector, model = (words.vector.tobytes(), self._model) if words.encoded else (b"", "")
        if not likely or likely[0].probability < SIMILAR_FROM:
            return Reading(Basis.NONE, None, 0, model, self._version, vector)
        best = likely[0]
        basis = Basis.EXACT if best.exact else Basis.SIMILAR
        return Reading(basis, best.competency.id, best.probability, model, self._version, vector)
