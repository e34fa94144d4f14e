"""Asking an index of Elasticsearch: a query's words, and the pages of its answer.

A clause is a `dis_max` of boosted `term` clauses. Stored values (1 to 500) and boosts are whole numbers,
rounded up, so a score is a whole number as well, never below the exact bound, and above it by at most
points / 500 + 500 a clause. Where a position has more pairs than a node takes, those of a clause that can
give least are one query, which gives the most that any of them can: still a bound, with more people scored.
Below 2^24, which the points of a position (a million) never reach, the 32-bit floats that Elasticsearch
scores with hold it exactly.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from heapq import nlargest

import numpy as np

from matcher.errors import Moved, Unavailable
from matcher.messages import said
from matcher.records import UNITS, SearchDocument
from matcher.search.elastic_client import NO_INDEX, Cluster, Json, Refused
from matcher.search.elastic_documents import (
    FOUND,
    STATE,
    STEP,
    Ledger,
    read_document,
    read_ledger,
    several_answer,
)
from matcher.search.engine import Batch, Clause, Query, Recall, no_index

FEWEST = 300
"""Hits of the first page, where fewer are asked for: more than a ranking reads in one go."""

MOST = 10_000
"""Hits of a page at most (`index.max_result_window`)."""

LEAVES = 1_000
"""Terms of a query at most. A node refuses more than 64 for each MB of its heap, divided by its search
threads, but takes 1,024 (Elasticsearch's reference, "Search settings")."""

_LARGEST = UNITS // STEP
"""The largest value that is stored."""

_GROWTH = 4
"""Each page costs a walk over all matches, so each is so many times as large as the one before."""

_KEEP_ALIVE = "1m"
_CLOSING_SECONDS = 2.0
_LEAST_SECONDS = 0.1  # of a request whose time was used up by those before it
_READ = "responses.{}"
_PATHS = ",".join(
    _READ.format(path)
    for path in (
        "pit_id",
        "status",
        "error",
        "timed_out",
        "hits.total",
        "hits.hits._id",
        "hits.hits.sort",
        "hits.hits._source",
        "hits.hits.matched_queries",
    )
)


def recall(cluster: Cluster, alias: str, query: Query, first: int) -> Recall:
    """Recall candidates from the index behind an alias (see `Engine.recall`). Raises Unavailable.

    Where a node goes away with the first page, another is asked once; with a later one, that is `Moved`. All
    that it takes to the first page has the time of one request.
    """
    until = time.monotonic() + cluster.seconds
    try:
        return _recall(cluster, alias, query, first, until)
    except (Refused, Moved) as error:
        if isinstance(error, Refused) and error.kind == NO_INDEX:
            raise no_index() from error
    return _recall(cluster, alias, query, first, until)


def _recall(cluster: Cluster, alias: str, query: Query, first: int, until: float) -> Recall:
    moment = Snapshot(cluster, alias, until)
    try:
        filters = _filters(query)
        needs = [clause.needed for clause in query.clauses]
        asked = [_lacking(filters, query, needed) for needed in needs if needed is not None]
        page = {"query": _query(filters, query), "size": min(max(first, FEWEST), MOST), **_ORDER}
        state, found, *lacking = moment.search(_STATE, page, *asked)
        ledger = _ledger(state)
        counts = iter(lacking)
        matched = found["hits"]["total"]["value"]
        hits = found["hits"]["hits"]
        while len(hits) < min(first, matched):
            hits += moment.after(page, hits)
    except BaseException as error:
        if isinstance(error, Refused) or not isinstance(error, Unavailable):
            moment.close()  # else nobody is there to be told
        raise
    moment.until = None
    if len(hits) == matched:
        moment.close()
        batches = iter([_batch(hits)] if hits else [])
    else:
        batches = _batches(moment, page, hits, matched)
    missing = tuple(0 if needed is None else next(counts)["hits"]["total"]["value"] for needed in needs)
    return Recall(ledger.state, matched, missing, batches)


def rows(cluster: Cluster, name: str, after: int, limit: int) -> list[SearchDocument]:
    """The first `limit` documents with ids above `after`, exact, tombstones left out. Raises Unavailable."""
    page = {
        "query": {"bool": {"filter": [_ALIVE, {"range": {"candidate": {"gt": after}}}], "should": FOUND}},
        "sort": [{"candidate": "asc"}],
        "track_total_hits": False,
    }
    hits: list[Json] = []
    with snapshot(cluster, name) as moment:
        while (size := min(limit - len(hits), MOST)) > 0:
            more = moment.after(page | {"size": size}, hits)
            hits += more
            if len(more) < size:
                break
    return [read_document(hit) for hit in hits]


class Snapshot:
    """A point in time of an index, whichever generation the name stood for then. To be closed.

    `until`: when all answers must be there, by the monotonic clock; None: each has the time of one. Raises
    Unavailable, with `kind` NO_INDEX where there is no such index.
    """

    def __init__(self, cluster: Cluster, name: str, until: float | None = None) -> None:
        self._cluster = cluster
        self.until = until
        opened = cluster.ask("POST", f"/{name}/_pit", keep_alive=_KEEP_ALIVE, seconds=self._left())
        self._id: str = opened["id"]

    def search(self, *bodies: Json) -> list[Json]:
        """Several searches at once."""
        point = {"pit": {"id": self._id, "keep_alive": _KEEP_ALIVE}}
        asked = [body | point for body in bodies]
        answers = self._cluster.search(asked, filter_path=_PATHS, seconds=self._left())
        self._id = answers[-1].get("pit_id", self._id)
        return [answer | {"hits": {"hits": [], **answer.get("hits", {})}} for answer in answers]

    def after(self, page: Json, hits: list[Json]) -> list[Json]:
        """The hits of a page behind those already there. Raises Moved where the point in time is lost."""
        behind = {"search_after": hits[-1]["sort"]} if hits else {}
        try:
            (answer,) = self.search(page | behind)
        except Unavailable as error:
            raise Moved(said("the search index changed while it was read; ask again")) from error
        found: list[Json] = answer["hits"]["hits"]
        return found

    def close(self) -> None:
        """Let the index forget it; a node that cannot be told does so after a minute."""
        with suppress(Unavailable):
            self._cluster.ask("DELETE", "/_pit", {"id": self._id}, seconds=_CLOSING_SECONDS)

    def _left(self) -> float:
        """Seconds for the next answer; 0: as for any."""
        return 0 if self.until is None else max(self.until - time.monotonic(), _LEAST_SECONDS)


@contextmanager
def snapshot(cluster: Cluster, name: str) -> Iterator[Snapshot]:
    """A point in time that is closed behind its use."""
    moment = Snapshot(cluster, name)
    try:
        yield moment
    finally:
        moment.close()


def _batches(moment: Snapshot, page: Json, hits: list[Json], matched: int) -> Iterator[Batch]:
    """The first hits, then page after page to the last one. Raises Moved."""
    size = page["size"]
    seen = 0
    try:
        while hits:
            yield _batch(hits)
            seen += len(hits)
            size = min(size * _GROWTH, MOST)
            hits = moment.after(page | {"size": size}, hits) if seen < matched else []
    finally:
        moment.close()


def _batch(hits: list[Json]) -> Batch:
    """Hits, sorted by score, draw and candidate, as arrays."""
    scores, draws, candidates = zip(*(hit["sort"][:3] for hit in hits), strict=True)
    return Batch(
        candidates=np.array(candidates, dtype=np.int64),
        bounds=np.array(scores, dtype=np.int64),
        draws=np.array(draws, dtype=np.int64),
    )


def _ledger(answer: Json) -> Ledger:
    hits = answer["hits"]["hits"]
    if len(hits) > 1:
        raise several_answer()
    return read_ledger(hits[0] if hits else {})


def _filters(query: Query) -> list[Json]:
    return [{"terms": {"keywords": sorted(words)}} for words in query.keywords]


def _field(query: Query) -> str:
    return "ever" if query.ever else "now"


def _query(filters: list[Json], query: Query) -> Json:
    """Who passes the filters, holds what is needed, and has points; scored with their bounds."""
    field = _field(query)
    needed = [_any_of(field, clause.needed) for clause in query.clauses if clause.needed is not None]
    clauses = [boosts for clause in query.clauses if (boosts := _boosts(clause))]
    if not clauses:
        return {"match_none": {}}
    every = [(boost, number, c) for number, boosts in enumerate(clauses) for c, boost in boosts.items()]
    alone = set(nlargest(LEAVES - len(filters) - len(needed) - len(clauses), every))
    scored = [
        _clause(boosts, {c for c, boost in boosts.items() if (boost, number, c) in alone}, field)
        for number, boosts in enumerate(clauses)
    ]
    return {"bool": {"should": scored, "minimum_should_match": 1, "filter": filters + needed}}


def _boosts(clause: Clause) -> dict[int, int]:
    """What each related competency's stored value is multiplied with."""
    boosts = ((c, -(-clause.points * relation * STEP // 10**8)) for c, relation in clause.relations)
    return {competency: boost for competency, boost in boosts if boost}


def _clause(boosts: dict[int, int], alone: set[int], field: str) -> Json:
    """The largest of what the related competencies give, where those that are not `alone` give the most that
    any of them can."""
    queries: list[Json] = [{"term": {field: {"value": str(c), "boost": boosts[c]}}} for c in sorted(alone)]
    rest = boosts.keys() - alone
    if rest:
        most = max(boosts[competency] for competency in rest) * _LARGEST
        queries.append({"constant_score": {"filter": _any_of(field, rest), "boost": most}})
    return {"dis_max": {"queries": queries}}


def _lacking(filters: list[Json], query: Query, needed: frozenset[int]) -> Json:
    """Who passes the filters and holds nothing of what a clause needs."""
    lacks = {"bool": {"filter": [_ALIVE, *filters], "must_not": [_any_of(_field(query), needed)]}}
    return {"query": lacks, "size": 0, "track_total_hits": True}


def _any_of(field: str, competencies: Set[int]) -> Json:
    """Who holds one of them in `now` or `ever`."""
    return {"terms": {f"held_{field}": [str(competency) for competency in sorted(competencies)]}}


_ALIVE = {"term": {"alive": True}}
_STATE = {"query": {"ids": {"values": [STATE]}}, "size": 2}
_ORDER = {
    "sort": [{"_score": "desc"}, {"draw": "asc"}, {"candidate": "asc"}],
    "track_total_hits": True,
    "_source": False,
}
