"""The engine over Elasticsearch (8.19 or later, and 9): for pools beyond one machine.

No scripts, nested fields, pipelines or language analysers: it runs on every installation.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from matcher.errors import Unavailable
from matcher.records import SearchDocument
from matcher.search.description import Description, Disk
from matcher.search.elastic_build import build, look, refuse_stray, reopen, settle, write_documents
from matcher.search.elastic_client import NO_INDEX, Cluster, Refused
from matcher.search.elastic_documents import Ledger, Names, load_ledger
from matcher.search.elastic_query import recall, rows
from matcher.search.engine import Builder, IndexState, Query, Recall, Right, check_organisation, no_index


class ElasticEngine:
    """`Engine` over Elasticsearch; any number of processes on any number of machines may use it.

    A recall's bounds are at least the exact ones: see `elastic_query`. `right`: see `Engine.writer`.
    """

    def __init__(
        self, cluster: Cluster, right: Right, *, prefix: str = "credmatch", replicas: int = 1
    ) -> None:
        self._cluster = cluster
        self._patient = cluster.patient()
        self._right = right
        self._prefix = prefix
        self._replicas = replicas
        self._writing = threading.local()

    def state(self, organisation: str) -> IndexState | None:
        """The state that answers now (see `Engine.state`). Raises Damaged and Unavailable."""
        ledger = load_ledger(self._cluster, self._names(organisation).live)
        return None if ledger is None else ledger.state

    def describe(self, organisation: str) -> Description:
        """The cluster and the organisation's index (see `Describes.describe`)."""
        names = self._names(organisation)
        version = self._cluster.version()
        asked = "index.creation_date,index.provided_name,index.blocks.*"
        answer = self._cluster.ask("GET", f"/{names.live}*/_settings/{asked}")
        seen = look(self._cluster, names)  # which a red index still says
        refuse_stray(self._cluster, names, seen)
        settings = answer.get(seen.live, {}).get("settings", {}).get("index", {})
        created = settings.get("creation_date")
        blocks = sorted(name for name, is_set in settings.get("blocks", {}).items() if is_set == "true")
        return Description(
            kind="Elasticsearch",
            version=version,
            where=self._cluster.hosts,
            built=None if created is None else int(created) // 1_000,
            blocks=tuple(f"index.blocks.{name}" for name in blocks),
        )

    def disks(self) -> list[Disk]:
        """The disks of the nodes that hold indexes (see `HasDisks.disks`)."""
        answer = self._cluster.ask(
            "GET", "/_nodes/data:true/stats/fs", filter_path="nodes.*.name,nodes.*.fs.data"
        )
        found = [
            Disk(
                node=node["name"],
                free=disk["available_in_bytes"],
                low=disk.get("low_watermark_free_space_in_bytes", 0),
                flood=disk.get("flood_stage_free_space_in_bytes", 0),
            )
            for node in answer.get("nodes", {}).values()
            for disk in node["fs"]["data"]
        ]
        return sorted(found, key=lambda disk: disk.node)

    def recall(self, organisation: str, query: Query, first: int) -> Recall:
        """Recall candidates (see `Engine.recall`). Raises Unavailable; reading its batches, Moved."""
        return recall(self._cluster, self._names(organisation).live, query, first)

    def apply(
        self,
        organisation: str,
        documents: Iterable[SearchDocument],
        change_number: int,
        logged: int | None = None,
    ) -> IndexState:
        """Replace or remove some candidates (see `Engine.apply`). Raises Damaged and Unavailable."""
        with self._sole_writer(organisation):
            before = self._live(organisation)
            if change_number <= before.change_number:
                return before.state
            after = before.model_copy(update={"change_number": change_number, "logged": logged})
            write_documents(self._patient, after, documents)
            # None: somebody whose right to write is newer than ours was there already.
            return (settle(self._patient, after) or self._live(organisation)).state

    def documents(self, organisation: str, after: int, limit: int) -> list[SearchDocument]:
        """What the live generation holds (see `Engine.documents`). Raises Damaged and Unavailable."""
        try:
            return rows(self._patient, self._names(organisation).live, after, limit)
        except Refused as refused:
            raise (no_index() if refused.kind == NO_INDEX else refused) from refused

    @contextmanager
    def build(
        self, organisation: str, *, floor: int, vocabulary: str, change_number: int
    ) -> Iterator[Builder]:
        """Build a new generation (see `Engine.build`). Raises Unavailable and ConfigurationError."""
        wanted = Ledger(generation="", floor=floor, vocabulary=vocabulary, change_number=change_number)
        with (
            self._sole_writer(organisation),
            build(self._patient, self._names(organisation), wanted, self._replicas) as builder,
        ):
            yield builder

    @contextmanager
    def reopen(self, organisation: str) -> Iterator[Builder]:
        """The generation before the live one (see `Engine.reopen`). Raises NotFound and Unavailable."""
        with self._sole_writer(organisation):
            yield reopen(self._patient, self._names(organisation))

    @contextmanager
    def writer(self, organisation: str) -> Iterator[bool]:
        """The right to write, for this thread; whether it was got. It may be asked for again while held."""
        held: set[str] = self._writing.__dict__.setdefault("held", set())
        if organisation in held:
            yield True
            return
        with self._right(organisation) as got:
            if got:
                held.add(organisation)
            try:
                yield got
            finally:
                held.discard(organisation)

    @contextmanager
    def _sole_writer(self, organisation: str) -> Iterator[None]:
        with self.writer(organisation) as got:
            if not got:
                raise Unavailable("another process is writing the search index")
            yield

    def _live(self, organisation: str) -> Ledger:
        ledger = load_ledger(self._patient, self._names(organisation).live)
        if ledger is None:
            raise no_index()
        return ledger

    def _names(self, organisation: str) -> Names:
        check_organisation(organisation)
        return Names(f"{self._prefix}.{organisation}")
