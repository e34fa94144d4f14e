"""What an index of Elasticsearch holds, and the names under which it is found.

    <prefix>.<organisation>.g000007       an index: one generation, a document a candidate, and the state
    <prefix>.<organisation>.g000007.rows1 its door: an alias that all writes go through and ask to be one, so
                                          a late one never makes a deleted index again; who goes on with a
                                          build shuts the door of the one before and opens the next
    <prefix>.<organisation>               alias of the generation that answers
    <prefix>.<organisation>.last          alias of the one before, which is kept

No key of an organisation and no prefix has a dot, so no two of these names can be the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from matcher.errors import Damaged
from matcher.records import SearchDocument
from matcher.search.elastic_client import Cluster, Json, Refused
from matcher.search.engine import IndexState

STATE = "state"
"""Id of the state document; a candidate's is its number."""

STEP = 20
"""Bounds are stored divided by this and rounded up: 1 to 500, which fit the 9 significant bits that Lucene
keeps of a feature's value (Elasticsearch's reference, "Sparse vector field type")."""

_SEARCHED = ("now", "ever", "held_now", "held_ever")

MAPPING: Json = {
    "dynamic": "strict",
    "_source": {"excludes": list(_SEARCHED)},
    "properties": {
        "candidate": {"type": "long"},
        "draw": {"type": "long", "index": False},
        "alive": {"type": "boolean"},
        "now": {"type": "sparse_vector"},
        "ever": {"type": "sparse_vector"},
        # Their competencies as words: a filter of many is one query, and in a vector as many as there are.
        "held_now": {"type": "keyword", "doc_values": False},
        "held_ever": {"type": "keyword", "doc_values": False},
        "keywords": {"type": "keyword", "doc_values": False},
        # Not read by Elasticsearch: the bounds exactly as they were given, and the state.
        "content": {"type": "object", "enabled": False},
    },
}

FOUND: Json = [{"exists": {"field": name, "_name": name}} for name in _SEARCHED]
"""Queries that say of a document which fields searches find of it."""

LAYOUT = hashlib.sha256(f"2 {json.dumps(MAPPING, sort_keys=True)}".encode()).hexdigest()[:16]
"""Digest of the mapping, behind the version of what documents carry. An index of another layout is built
anew. 2: a document carries the regions that its own lies in."""

_TURNS = 1 << 10


class Ledger(BaseModel):
    """The content of the state document: which generation it is, and how far.

    `reached`: see `Builder`. `turn` counts who built it, one process after the other: a higher turn writes
    over what a lower one wrote, never the other way round.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    generation: str
    layout: str = LAYOUT
    floor: int
    vocabulary: str
    change_number: int
    logged: int | None = None
    documents: int = 0
    reached: int = 0
    turn: int = 1
    door: int = 1
    published: bool = False
    mark: tuple[int, int] | None = Field(default=None, exclude=True)
    """Which write of the state document this was read from; None where there is none yet."""

    @property
    def state(self) -> IndexState:
        """As callers know it."""
        return IndexState(
            self.generation, self.change_number, self.floor, self.vocabulary, self.documents, self.logged
        )

    @property
    def rows(self) -> str:
        """The alias through which the generation is written."""
        return f"{self.generation}.rows{self.door}"

    @property
    def version(self) -> int:
        """External version of documents written now: rises with the change number, then with the turn."""
        return self.change_number * _TURNS + min(self.turn, _TURNS - 1)

    @property
    def meta(self) -> Json:
        """What the mapping says of the index to whoever looks at it: as it was when it was published."""
        told = {"layout", "floor", "vocabulary", "change_number"}
        return self.model_dump(include=told)


def read_ledger(found: Json) -> Ledger:
    """The state from its document as Elasticsearch gives it. Raises Damaged."""
    try:
        content = found["_source"]["content"]
        mark = (found["_seq_no"], found["_primary_term"]) if "_seq_no" in found else None
        ledger = Ledger.model_validate(content | {"mark": mark})
    except (KeyError, TypeError, ValidationError) as error:
        raise Damaged("the search index is damaged: its state cannot be read; build it anew") from error
    if ledger.layout != LAYOUT:
        raise Damaged("the search index is of another version of credmatch; build it anew")
    return ledger


def load_ledger(cluster: Cluster, name: str) -> Ledger | None:
    """The state of the index, or of the alias, with this name; None where there is none.

    Raises Damaged and Unavailable.
    """
    try:
        answer = cluster.ask("GET", f"/{name}/_doc/{STATE}")
    except Refused as refused:
        if refused.kind == "illegal_argument_exception":
            raise several_answer() from refused
        if refused.answered != 404:
            raise
        if refused.kind:
            return None
        answer = {}
    return read_ledger(answer)


def several_answer() -> Damaged:
    """What is raised where an alias stands for several indexes."""
    return Damaged("the search index is damaged: several have its name; build it anew")


def save_ledger(cluster: Cluster, ledger: Ledger, *, refresh: bool = False) -> Ledger | None:
    """Put a state in the place of the one it was made from; `refresh`: for all searches to find it.

    None where somebody else wrote it meanwhile. Raises Unavailable.
    """
    condition = {"op_type": "create"}
    if ledger.mark is not None:
        condition = dict(zip(("if_seq_no", "if_primary_term"), map(str, ledger.mark), strict=True))
    if refresh:
        condition["refresh"] = "true"
    path = f"/{ledger.rows}/_doc/{STATE}"
    source = {"alive": False, "content": ledger.model_dump()}
    try:
        answer = cluster.ask_patiently("PUT", path, source, require_alias="true", **condition)
    except Refused as refused:
        if refused.answered != 409:
            raise
        # Where the first answer was lost it was sent again, and it is our own that stands there.
        stands = load_ledger(cluster, ledger.rows)
        return stands if stands and stands.model_dump() == ledger.model_dump() else None
    return ledger.model_copy(update={"mark": (answer["_seq_no"], answer["_primary_term"])})


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one organisation's indexes."""

    live: str

    @property
    def last(self) -> str:
        """Alias of the generation that is kept."""
        return f"{self.live}.last"

    def generation(self, number: int) -> str:
        """Index of a generation."""
        return f"{self.live}.g{number:06}"

    def number(self, generation: str) -> int:
        """The number in the name of a generation; 0 where it is no such name."""
        tail = generation.removeprefix(f"{self.live}.g")
        return int(tail) if tail.isdecimal() else 0


def source_of(document: SearchDocument) -> Json:
    """The document of a candidate, for `read_document` to give back exactly."""
    held = sorted({*document.now, *document.ever})
    source = {
        "candidate": document.candidate,
        "draw": document.draw,
        "alive": bool(held or document.keywords),
        "now": _rounded(document.now),
        "ever": _rounded(document.ever),
        "held_now": _words(document.now),
        "held_ever": _words(document.ever),
        "keywords": sorted(document.keywords),
        "content": [held, [document.now.get(c, 0) for c in held], [document.ever.get(c, 0) for c in held]],
    }
    return {name: value for name, value in source.items() if value != {}}


_UNREADABLE = frozenset({"cannot be read"})
"""The keywords of a row of which no more is known than whose it is."""


def read_document(hit: Json) -> SearchDocument:
    """What `source_of` was given, from a hit of a search that asked for `FOUND`.

    Bounds that searches do not find are left out: what writes a document's `_source` back, such as a reindex,
    loses them, and their fields are not in it. Where somebody wrote what cannot be read, the row is one that
    differs from any. Raises Damaged where it is not even said whose it is.
    """
    source, found = hit["_source"], set(hit.get("matched_queries", ()))
    try:
        (candidate,) = {int(hit["_id"]), source["candidate"]}  # two, where somebody else wrote it
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(
            f"the search index is damaged: somebody else wrote the row {hit['_id']!r}; `credmatch reindex` "
            "builds it anew"
        ) from error
    try:
        held, *bounds = source["content"]
        now, ever = (
            dict(zip(held, each, strict=True)) if {name, f"held_{name}"} <= found else {}
            for name, each in zip(("now", "ever"), bounds, strict=True)
        )
        return SearchDocument(
            candidate=candidate,
            draw=source["draw"],
            now={c: bound for c, bound in now.items() if bound},
            ever={c: bound for c, bound in ever.items() if bound},
            keywords=frozenset(source["keywords"]),
        )
    except (KeyError, TypeError, ValueError):
        return SearchDocument(candidate, draw=-1, keywords=_UNREADABLE)


def _rounded(bounds: Mapping[int, int]) -> dict[str, int]:
    return {str(competency): -(-bound // STEP) for competency, bound in bounds.items()}


def _words(bounds: Mapping[int, int]) -> list[str]:
    return [str(competency) for competency in sorted(bounds)]
