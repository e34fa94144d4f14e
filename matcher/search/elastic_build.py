"""Building a generation in Elasticsearch: an index beside the one that answers, and then its alias.

What makes it safe against a builder that was frozen, lost its right to write and wakes up: whoever goes on
with a build takes the next turn, and versions of documents rise with the turn; an index that was removed is
not made again by a late write; and the alias moves only from the generation that the builder saw answering.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice

from matcher.errors import ConfigurationError, Damaged, InvalidInput, NotFound, Unavailable
from matcher.messages import said
from matcher.records import SearchDocument
from matcher.search.elastic_client import BULK_ITEMS, NO_INDEX, Cluster, Json, Refused, Write
from matcher.search.elastic_documents import MAPPING, Ledger, Names, load_ledger, save_ledger, source_of
from matcher.search.elastic_query import rows
from matcher.search.engine import NO_EARLIER, IndexState, holdable

_ALIVE = {"query": {"term": {"alive": True}}}
_COPIES_SECONDS = 30
_IS_THERE = "resource_already_exists_exception"

_log = logging.getLogger(__name__)


def write_documents(cluster: Cluster, ledger: Ledger, documents: Iterable[SearchDocument]) -> list[int]:
    """Put documents into a generation as of its change number and turn; gives who cannot be held.

    A document for which a newer one is there already is left as it is. Raises Unavailable.
    """
    unfit = []
    remaining = iter(documents)
    # The last one of a candidate counts, and a bulk that is sent in parts again keeps no order.
    while page := {document.candidate: document for document in islice(remaining, BULK_ITEMS)}:
        unfit += [candidate for candidate, document in page.items() if not holdable(document)]
        fit = (document for document in page.values() if holdable(document))
        writes = (Write(str(document.candidate), ledger.version, source_of(document)) for document in fit)
        for failed in cluster.write(ledger.rows, writes):
            if failed.status == 400:
                _log.error("candidate %s cannot be held by Elasticsearch: %s", failed.write.id, failed.kind)
                unfit.append(int(failed.write.id))
    return unfit


def settle(cluster: Cluster, ledger: Ledger) -> Ledger | None:
    """Make all that was written be found, with the state; None where somebody newer wrote the state."""
    cluster.ask("POST", f"/{ledger.rows}/_refresh")
    count = cluster.ask("POST", f"/{ledger.rows}/_count", _ALIVE)["count"]
    settled = ledger.model_copy(update={"documents": count})
    return save_ledger(cluster, settled, refresh=True)


@dataclass(frozen=True, slots=True)
class Indexes:
    """An organisation's indexes as they are: all of them, the one that answers, and the one that is kept.

    `answering`: whatever has the alias by which it is asked; where something is wrong, others than `live`.
    """

    all: tuple[str, ...]
    live: str | None
    last: str | None
    answering: tuple[str, ...]


def look(cluster: Cluster, names: Names) -> Indexes:
    """What indexes an organisation has: others of like names, such as copies, are somebody else's. Raises
    Unavailable."""
    answer = cluster.ask("GET", f"/{names.live}.g*/_alias")
    found = sorted(filter(names.number, answer), key=names.number)
    named = {alias: index for index in found for alias in answer[index]["aliases"]}
    answering = cluster.ask("GET", f"/{names.live}/_alias", ignore_unavailable="true")
    return Indexes(tuple(found), named.get(names.live), named.get(names.last), tuple(answering))


class ElasticBuilder:
    """`Builder` of one index. `seen`: the organisation's indexes when it began."""

    def __init__(self, cluster: Cluster, names: Names, ledger: Ledger, seen: Indexes) -> None:
        self._cluster = cluster
        self._names = names
        self._ledger = ledger
        self._seen = seen
        self.published = False

    @property
    def state(self) -> IndexState:
        """What is being built (see `Builder.state`)."""
        return self._ledger.state

    @property
    def reached(self) -> int:
        """Up to which candidate all is safely kept (see `Builder.reached`)."""
        return self._ledger.reached

    def add(self, documents: Iterable[SearchDocument]) -> list[int]:
        """Take further documents (see `Builder.add`). Raises Unavailable."""
        unfit = []
        remaining = iter(documents)
        while page := list(islice(remaining, BULK_ITEMS)):
            unfit += write_documents(self._cluster, self._ledger, page)
            highest = max(self.reached, *(document.candidate for document in page))
            self._keep(self._ledger.model_copy(update={"reached": highest}))
        return unfit

    def documents(self, after: int, limit: int) -> list[SearchDocument]:
        """What it holds by now (see `Builder.documents`). Raises Unavailable."""
        self._cluster.ask("POST", f"/{self._ledger.rows}/_refresh")
        return rows(self._cluster, self._ledger.rows, after, limit)

    def publish(self, change_number: int, logged: int | None = None) -> IndexState:
        """Make it what answers (see `Builder.publish`). Raises Unavailable, and InvalidInput where
        `change_number` is below the one it began with."""
        if change_number < self._ledger.change_number:
            wrong = said("%(new)s is below %(old)s", new=change_number, old=self._ledger.change_number)
            raise InvalidInput(wrong, where="change_number")
        done = self._ledger.model_copy(update={"change_number": change_number, "logged": logged})
        settled = settle(self._cluster, done)
        if settled is None:
            raise Unavailable(_TAKEN)
        self._ledger = settled
        index = settled.generation
        self._cluster.ask("PUT", f"/{index}/_mapping", {"_meta": settled.meta})
        self._await_copies(index)
        self._swap(index)
        self.published = True
        with suppress(Unavailable):  # only so that nobody goes on with it when it is left over one day
            self._keep(settled.model_copy(update={"published": True}))
        _clean(self._cluster, self._names)
        _merge(self._cluster, index)
        return settled.state

    def take_turn(self, door: int) -> None:
        """Become the one whose writes count. Raises Unavailable where somebody else did at the same time."""
        self._keep(self._ledger.model_copy(update={"turn": self._ledger.turn + 1, "door": door}))

    def discard(self) -> None:
        """Remove it, unless it was published or somebody else went on with it. Raises Unavailable.

        Its door is shut first: from then on nobody goes on with it or publishes it.
        """
        if self.published:
            return
        index = self._ledger.generation
        shut = {"remove": {"index": index, "alias": self._ledger.rows, "must_exist": True}}
        try:
            self._cluster.ask("POST", "/_aliases", {"actions": [shut]})
        except Refused as refused:
            if refused.answered != 404:
                raise
            return
        _remove(self._cluster, [index])

    def _keep(self, ledger: Ledger) -> None:
        saved = save_ledger(self._cluster, ledger)
        if saved is None:
            raise Unavailable(_TAKEN)
        self._ledger = saved

    def _await_copies(self, index: str) -> None:
        """Wait for the copies on other nodes, so that the loss of one is not felt; but not for ever."""
        wait = {"wait_for_no_initializing_shards": "true", "timeout": f"{_COPIES_SECONDS}s"}
        try:
            self._cluster.ask("GET", f"/_cluster/health/{index}", seconds=2 * _COPIES_SECONDS, **wait)
        except Refused as refused:
            if refused.answered != 408:
                raise
            _log.warning("%s has not all its copies yet", index)

    def _swap(self, index: str) -> None:
        """Move the aliases at once, if nobody took over: the door is still ours and the one that answers is
        still the one seen. A request that was sent twice fails the second time: so look then."""
        live, last = self._seen.live, self._seen.last
        door = {"index": index, "alias": self._ledger.rows}
        actions: list[Json] = [{"remove": door | {"must_exist": True}}, {"add": door}]
        actions.append({"add": {"index": index, "alias": self._names.live}})
        if live is not None:
            removed = {"index": live, "alias": self._names.live, "must_exist": True}
            actions = [{"remove": removed}, *actions, {"add": {"index": live, "alias": self._names.last}}]
        if last is not None:
            actions.insert(0, {"remove": {"index": last, "alias": self._names.last}})
        try:
            self._cluster.ask("POST", "/_aliases", {"actions": actions})
        except Unavailable:
            if look(self._cluster, self._names).live != index:
                raise


_TAKEN = "another process took over this build of the search index"
_NO_PLACE = "no node takes a new search index: their disks may be too full (`credmatch doctor` says so)"
_GONE = "what was built of the search index is gone: another process took over, or somebody deleted it"


@contextmanager
def build(cluster: Cluster, names: Names, wanted: Ledger, replicas: int) -> Iterator[ElasticBuilder]:
    """Build a generation (see `Engine.build`); of `wanted` the floor, vocabulary and change number count.

    `replicas`: copies at most, as far as there are other nodes to hold them. Raises Unavailable, and
    ConfigurationError where an index of somebody else has the name under which it is to be published.
    """
    builder = _begin(cluster, names, wanted, replicas)
    try:
        yield builder
    except Unavailable as error:
        if isinstance(error, Refused) and error.kind == NO_INDEX:
            raise Unavailable(_GONE) from error
        raise
    except Exception:
        with suppress(Unavailable):
            builder.discard()
        raise
    builder.discard()


def reopen(cluster: Cluster, names: Names) -> ElasticBuilder:
    """The kept generation (see `Engine.reopen`). Raises NotFound, Unavailable and, as `build` does,
    ConfigurationError."""
    seen = _look_alone(cluster, names)
    try:
        ledger = None if seen.last is None else load_ledger(cluster, seen.last)
    except Damaged:
        ledger = None
    if ledger is None:
        raise NotFound(NO_EARLIER)
    builder = ElasticBuilder(cluster, names, ledger, seen)
    builder.take_turn(door=ledger.door)
    return builder


def _begin(cluster: Cluster, names: Names, wanted: Ledger, replicas: int) -> ElasticBuilder:
    """Go on with what was left unfinished, or begin anew; other left-overs are removed."""
    seen = _look_alone(cluster, names)
    left_over = [index for index in seen.all if index not in {seen.live, seen.last}]
    unfinished = [ledger for index in left_over if (ledger := _unfinished(cluster, index, wanted))]
    going_on = unfinished[-1] if unfinished else None
    _remove(cluster, [index for index in left_over if going_on is None or index != going_on.generation])
    if going_on is not None and _open_next_door(cluster, going_on):
        builder = ElasticBuilder(cluster, names, going_on, seen)
        builder.take_turn(door=going_on.door + 1)
        return builder
    number = max((names.number(index) for index in seen.all), default=0) + 1
    ledger = wanted.model_copy(update={"generation": names.generation(number)})
    created = _create(cluster, ledger, replicas)
    return ElasticBuilder(cluster, names, created, seen)


def refuse_stray(cluster: Cluster, names: Names, seen: Indexes) -> None:
    """Nothing can be found where somebody else's index answers. Raises ConfigurationError then."""
    if names.live in seen.answering:
        raise ConfigurationError(
            f"{cluster.place} has an index {names.live}, which stands where credmatch's alias is to be "
            "(somebody else wrote there): delete it"
        )
    others = [index for index in seen.answering if index not in seen.all]
    if others:
        raise ConfigurationError(
            f"{cluster.place}: the alias {names.live} is on {', '.join(others)} too, which is no index of "
            "credmatch: take it away from there"
        )


def _look_alone(cluster: Cluster, names: Names) -> Indexes:
    """What indexes an organisation has, when no other than its live one answers any more.

    Raises Unavailable, and ConfigurationError where somebody else's does that may not be changed.
    """
    seen = look(cluster, names)
    others = [index for index in seen.answering if index not in {seen.live, names.live}]
    taken = [{"remove": {"index": other, "alias": names.live, "must_exist": False}} for other in others]
    try:
        if taken:
            cluster.ask("POST", "/_aliases", {"actions": taken})
            seen = look(cluster, names)
    except ConfigurationError:  # it is not ours to change
        refuse_stray(cluster, names, seen)
        raise
    refuse_stray(cluster, names, seen)
    return seen


def _open_next_door(cluster: Cluster, ledger: Ledger) -> bool:
    """Shut the door of who built so far and open the next; False where it is shut already, so that the build
    is being removed."""
    shut = {"index": ledger.generation, "alias": ledger.rows, "must_exist": True}
    opened = {"index": ledger.generation, "alias": f"{ledger.generation}.rows{ledger.door + 1}"}
    try:
        cluster.ask("POST", "/_aliases", {"actions": [{"remove": shut}, {"add": opened}]})
    except Refused as refused:
        if refused.answered != 404:
            raise
        return False
    return True


def _unfinished(cluster: Cluster, index: str, wanted: Ledger) -> Ledger | None:
    try:
        found = load_ledger(cluster, index)
    except (Damaged, Refused):  # it is of no use as it is
        return None
    if found is None or found.published or found.change_number > wanted.change_number:
        return None
    return found if (found.floor, found.vocabulary) == (wanted.floor, wanted.vocabulary) else None


def _create(cluster: Cluster, ledger: Ledger, replicas: int) -> Ledger:
    """An empty index with its state. One shard: a refresh then shows documents and state together."""
    settings = {
        "number_of_shards": 1,
        "auto_expand_replicas": f"0-{replicas}" if replicas else "false",
        "number_of_replicas": 0,
        "refresh_interval": "-1",
    }
    body = {
        "settings": settings,
        "mappings": MAPPING | {"_meta": ledger.meta},
        "aliases": {ledger.rows: {}},
    }
    try:
        taken = cluster.ask("PUT", f"/{ledger.generation}", body)["shards_acknowledged"]
    except Refused as refused:
        if refused.kind != _IS_THERE:
            raise
        raise Unavailable(_TAKEN) from refused
    if not taken:
        raise Unavailable(_NO_PLACE)
    created = save_ledger(cluster, ledger)
    if created is None:
        raise Unavailable(_TAKEN)
    return created


def _clean(cluster: Cluster, names: Names) -> None:
    """Remove what neither answers nor is kept; what cannot be removed now is at the next build."""
    try:
        seen = look(cluster, names)
        _remove(cluster, [index for index in seen.all if index not in {seen.live, seen.last}])
    except Unavailable as error:
        _log.warning("an old search index is still there: %s", error)


def _merge(cluster: Cluster, index: str) -> None:
    """Have its parts put together, which searches need not wait for: they take less time then, and the index
    half the room, since what a document was made from is kept beside it until it is merged."""
    try:
        cluster.ask("POST", f"/{index}/_flush")  # what is not yet on disk is kept beside it still
        cluster.ask("POST", f"/{index}/_forcemerge", max_num_segments="1", wait_for_completion="false")
    except Unavailable as error:
        _log.warning("%s is not merged: %s", index, error)


def _remove(cluster: Cluster, indexes: list[str]) -> None:
    for index in indexes:
        cluster.ask("DELETE", f"/{index}", ignore_unavailable="true")
