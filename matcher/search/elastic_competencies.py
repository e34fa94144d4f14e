"""The shared competencies in Elasticsearch: which of them are near a text, and which a typed text begins.

    <prefix>._competencies.<digest>       an index: a document a competency with its vectors, and one a label
    <prefix>._competencies.<digest>.rows  the alias that it is written through
    <prefix>._competencies                alias of the one that answers, which is always whole

No key of an organisation begins with "_", so none of these names is that of an organisation's index. The
digest is of everything that an index holds. So one that was left unfinished, or is being built by two at
once, is simply written again, to the same end; and a process that still has another vocabulary is never
answered from this one.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matcher.errors import ConfigurationError, Unavailable
from matcher.search.elastic_client import NO_INDEX, UNREACHABLE, Cluster, Json, Refused, Write
from matcher.vocabulary import suggestions
from matcher.vocabulary.arrays import Ints
from matcher.vocabulary.encoder import DIMENSION
from matcher.vocabulary.layer import KINDS, Layer
from matcher.vocabulary.narrowing import Near
from matcher.vocabulary.text import LANGUAGES

_VECTOR: Json = {
    "type": "dense_vector",
    "dims": DIMENSION,
    "element_type": "byte",
    "similarity": "cosine",
    # Compares with every vector, so the nearest are found and not only near ones, on every version alike.
    "index_options": {"type": "flat"},
}

MAPPING: Json = {
    "dynamic": "strict",
    "_source": {"excludes": ["label_vector", "description_vector"]},
    "properties": {
        "row": {"type": "integer"},
        # Of a competency.
        "uri": {"type": "keyword", "index": False, "doc_values": False},
        "kind": {"type": "keyword"},
        "label_vector": _VECTOR,
        "description_vector": _VECTOR,
        # Of a label, folded: once for each competency that has it.
        "label": {"type": "keyword", "doc_values": False},
        "words": {"type": "keyword", "doc_values": False},
        "preferred": {"type": "boolean"},
        "language": {"type": "keyword"},
        "length": {"type": "integer"},
    },
}

SCHEMA = hashlib.sha256(f"1 {json.dumps(MAPPING, sort_keys=True)}".encode()).hexdigest()[:16]
"""Digest of the mapping, behind the version of what documents carry."""

NEAREST = 100
"""Competencies that are asked for by label, and by description. For 5 answers this leaves 2 others on average
that may be as likely by their words (707 at most, of 14,406), for a reading 0.1; more are slower to fetch."""

_FIELDS = ("label_vector", "description_vector")
_ROUNDING = 1e-6
"""Scores are float32, (1 + cosine) / 2: what a cosine may lose in it, several times over."""

_PATHS = "responses.status,responses.error,responses.timed_out,responses.hits.hits"
_SECONDS = 2.0
_REST = 30.0
"""Seconds for which it is not asked again after it did not answer: somebody is typing meanwhile."""

_MERGE_SECONDS = 120.0
_log = logging.getLogger(__name__)


class ElasticCompetencies:
    """`Narrowing` of one shared vocabulary. Threads may share it; nothing is asked before it is first used.

    `replicas`: copies at most, as far as there are other nodes to hold them.
    """

    def __init__(
        self, cluster: Cluster, prefix: str, replicas: int, version: str, model: str, layer: Layer
    ) -> None:
        self._cluster = cluster.patient()
        self._hurried = cluster.hurried(_SECONDS)
        self._alias = f"{prefix}._competencies"
        self._replicas = replicas
        self._meta = {"schema": SCHEMA, "vocabulary": version, "model": model, "dimension": DIMENSION}
        self._layer = layer
        self._resting_until = 0.0
        self._said = ""

    @cached_property
    def index(self) -> str:
        """The name of its index."""
        layer, lexicon = self._layer, self._layer.lexicon
        digest = hashlib.blake2b(json.dumps(self._meta).encode(), digest_size=8)
        held = (layer.ids, layer.kinds, layer.labels.vectors, layer.descriptions.vectors, layer.texts.text)
        terms = (lexicon.terms.text, lexicon.terms.ends, lexicon.languages, lexicon.owners.starts)
        for array in (*held, *terms, lexicon.owners.values, lexicon.preferred):
            digest.update(np.ascontiguousarray(array).data)
        return f"{self._alias}.{digest.hexdigest()}"

    @property
    def resting(self) -> bool:
        """Whether it did not answer just now, so that it is not asked for a while."""
        return time.monotonic() < self._resting_until

    def nearest(self, vectors: NDArray[np.int8]) -> list[Near] | None:
        """What is near each of `vectors` (see `Narrowing.nearest`)."""
        found = self._found([_near(field, vector) for vector in vectors for field in _FIELDS])
        if found is None:
            return None
        pairs = zip(found[::2], found[1::2], strict=True)
        return [
            Near(np.union1d(_rows(label), _rows(description)), _least(label), _least(description))
            for label, description in pairs
        ]

    def begun(self, folded: str, language: str, limit: int) -> Mapping[int, float] | None:
        """The rows with a label that has all words begun (see `Narrowing.begun`)."""
        found = self._found([_begun(folded, language, limit)])
        if found is None:
            return None
        [hits] = found
        merits = np.array([hit["sort"][0] for hit in hits], dtype=np.int64)
        lengths = np.array([hit["sort"][1] for hit in hits], dtype=np.int64)
        return dict(zip(_rows(hits).tolist(), suggestions.costs(merits, lengths).tolist(), strict=True))

    def ensure(self) -> bool:
        """Build the index and have it answer in the place of any other, unless it is there and whole.

        One of which no copy can be reached is built anew. May be asked for by several at once, and again
        after it was killed. Raises Unavailable.
        """
        try:
            if self.ready():
                return False
        except Refused as refused:
            if refused.kind not in UNREACHABLE:
                raise
            self._cluster.ask("DELETE", f"/{self.index}", ignore_unavailable="true")
        self._create()
        failed = self._cluster.write(f"{self.index}.rows", self._writes())
        self._cluster.ask("POST", f"/{self.index}/_refresh")
        if (count := self._count()) != (documents := self._documents):
            why = failed[0].kind if failed else "others write it too"
            raise Unavailable(f"the index of competencies has {count} of {documents} documents: {why}")
        # One segment instead of many is faster to look through. Late or not at all, it answers the same.
        self._cluster.ask("POST", f"/{self.index}/_forcemerge", max_num_segments="1", seconds=_MERGE_SECONDS)
        self._swap()
        self._resting_until = 0.0
        return True

    def ready(self) -> bool:
        """Whether this index answers and has every document. Raises Unavailable."""
        there = self._named(self.index) == [self.index]
        return there and self._count() == self._documents and self._answering() == [self.index]

    @property
    def _documents(self) -> int:
        return len(self._layer.ids) + len(self._layer.lexicon.owners.values)

    def _swap(self) -> None:
        """Have this index answer, and remove all others, at once."""
        others = set(self._named(f"{self._alias}.*")) - {self.index}
        actions: list[Json] = [{"add": {"index": self.index, "alias": self._alias}}]
        actions += [{"remove_index": {"index": other}} for other in sorted(others)]
        try:
            self._cluster.ask("POST", "/_aliases", {"actions": actions})
        except Unavailable:
            if self._answering() != [self.index]:  # else it was sent twice, and done the first time
                raise

    def _create(self) -> None:
        body = {
            "settings": {
                "number_of_shards": 1,
                "auto_expand_replicas": f"0-{self._replicas}" if self._replicas else "false",
                "number_of_replicas": 0,
                "refresh_interval": "-1",
            },
            "mappings": MAPPING | {"_meta": self._meta},
            "aliases": {f"{self.index}.rows": {}},
        }
        try:
            self._cluster.ask("PUT", f"/{self.index}", body)
        except Refused as refused:
            if refused.kind != "resource_already_exists_exception":
                raise

    def _writes(self) -> Iterator[Write]:
        layer, lexicon = self._layer, self._layer.lexicon
        version = int(time.time() * 1_000)  # newer than what somebody deleted from outside
        for row, uri in enumerate(layer.uris):
            source = {"row": row, "uri": uri, "kind": KINDS[layer.kinds[row]].value}
            for field, vectors in zip(_FIELDS, (layer.labels, layer.descriptions), strict=True):
                if vectors.squares[row]:
                    source[field] = vectors.vectors[row].tobytes().hex()
            yield Write(f"c{row}", version, source)
        for term, label in enumerate(lexicon.terms):
            about = {
                "label": label,
                "words": sorted(set(label.split())),
                "language": LANGUAGES[lexicon.languages[term]],
                "length": min(len(label.encode()), suggestions.LONGEST),
            }
            for place in range(int(lexicon.owners.starts[term]), int(lexicon.owners.starts[term + 1])):
                preferred = bool(lexicon.preferred[place])
                owner = {"row": int(lexicon.owners.values[place]), "preferred": preferred}
                yield Write(f"l{place}", version, about | owner)

    def _count(self) -> int:
        return int(self._cluster.ask("GET", f"/{self.index}/_count")["count"])

    def _answering(self) -> list[str]:
        return self._named(self._alias)

    def _named(self, name: str) -> list[str]:
        """The indexes of a name, which may be an alias."""
        try:
            return sorted(self._cluster.ask("GET", f"/{name}/_alias"))
        except Refused as refused:
            if refused.answered != 404:
                raise
            return []

    def _found(self, bodies: list[Json]) -> list[list[Json]] | None:
        """The hits of some searches; None where they cannot be made, or others than this index answer."""
        if self.resting:
            return None
        try:
            answers = self._hurried.search(bodies, index=self._alias, filter_path=_PATHS)
        except (Unavailable, ConfigurationError) as error:
            missing = isinstance(error, Refused) and error.kind == NO_INDEX
            self._rest("the index of competencies is not in Elasticsearch yet" if missing else str(error))
            return None
        found = [answer.get("hits", {}).get("hits", []) for answer in answers]
        if any(hit["_index"] != self.index for hits in found for hit in hits):
            self._rest("the index of competencies in Elasticsearch is of another vocabulary or model")
            return None
        return found

    def _rest(self, why: str) -> None:
        """Do not ask for a while; said once, as long as it goes on for the same reason."""
        self._resting_until = time.monotonic() + _REST
        level = logging.DEBUG if why == self._said else logging.WARNING
        _log.log(level, "%s; competencies are looked up in this process for now", why)
        self._said = why


def _near(field: str, vector: NDArray[np.int8]) -> Json:
    wanted = {"field": field, "query_vector": vector.tobytes().hex(), "k": NEAREST, "num_candidates": NEAREST}
    return {"knn": wanted, "size": NEAREST, "track_total_hits": False, **_ONLY_ROWS}


def _begun(folded: str, language: str, limit: int) -> Json:
    """The best labels, one a competency. Their score is their merit, so all are compared exactly."""
    merits = (
        (suggestions.WHOLE, {"term": {"label": folded}}),
        (suggestions.PREFERRED, {"term": {"preferred": True}}),
        (suggestions.STARTS, {"prefix": {"label": folded}}),
        (suggestions.OURS, {"term": {"language": language}}),
    )
    return {
        "query": {
            "bool": {
                "filter": [{"prefix": {"words": word}} for word in dict.fromkeys(folded.split())],
                "should": [{"constant_score": {"filter": when, "boost": merit}} for merit, when in merits],
                "minimum_should_match": 0,
            }
        },
        "collapse": {"field": "row"},
        "sort": ["_score", {"length": "asc"}, {"row": "asc"}],
        "size": limit,
        "track_total_hits": False,
        **_ONLY_ROWS,
    }


_ONLY_ROWS: Json = {"_source": False, "stored_fields": "_none_", "docvalue_fields": ["row"]}


def _rows(hits: list[Json]) -> Ints:
    return np.array([hit["fields"]["row"][0] for hit in hits], dtype=np.int64)


def _least(hits: list[Json]) -> float:
    """The most that a cosine can be of what was not found; whatever it is where all were."""
    return 2 * hits[-1]["_score"] - 1 + _ROUNDING if hits else -1.0
