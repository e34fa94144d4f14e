"""Elasticsearch failing, and being handled from outside: clear errors, nothing lost, going on by itself."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from threading import Event
from urllib.parse import urlsplit

import pytest

from matcher import breaker
from matcher.errors import ConfigurationError, Damaged, Moved, Unavailable
from matcher.records import SearchDocument
from matcher.search import elastic_build, elastic_client, elastic_query
from matcher.search.elastic import ElasticEngine
from matcher.search.elastic_access import Access, access_of
from matcher.search.elastic_client import Cluster
from matcher.search.engine import Clause, Query
from matcher.settings import Settings, read_settings
from tests.contract.brute import random_document
from tests.contract.elastic_engines import (
    ask,
    elastic_engine,
    indexes,
    locks_in,
    prefix_of,
    redden,
    remove_indexes,
)
from tests.integration.gate import Gate, Request, gate_before
from tests.parts.elasticsearch import ADMINISTRATOR, secured_elasticsearch, self_signed
from tests.parts.processes import free_port

SECRET = "geheim"  # noqa: S105
ALL = Query((Clause(1_000_000, ((1, 10_000),)),), ever=True)


def held(candidate: int, bound: int = 9_000) -> SearchDocument:
    return SearchDocument(candidate, candidate, {1: bound}, {1: bound}, frozenset({"in:pool"}))


@pytest.fixture
def node(elasticsearch_url: str, tmp_path: Path) -> Iterator[str]:
    yield elasticsearch_url
    remove_indexes(elasticsearch_url, tmp_path)


@pytest.fixture
def engine(node: str, tmp_path: Path) -> ElasticEngine:
    return elastic_engine(node, tmp_path)


@pytest.fixture
def gate(node: str) -> Iterator[Gate]:
    with gate_before(node) as gate:
        yield gate


@pytest.fixture
def gated(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ElasticEngine:
    monkeypatch.setattr(elastic_client, "PAUSES", (0.01, 0.01))
    return elastic_engine(gate.address, tmp_path)


@contextmanager
def always(organisation: str) -> Iterator[bool]:
    """A right to write that nobody ever loses, as somebody believes who was frozen."""
    yield True


def publish(engine: ElasticEngine, documents: list[SearchDocument], number: int = 1) -> None:
    with engine.build("o", floor=1, vocabulary="v", change_number=number) as builder:
        builder.add(documents)
        builder.publish(number)


def found(engine: ElasticEngine) -> list[int]:
    return sorted(c for batch in engine.recall("o", ALL, 10).batches for c in batch.candidates.tolist())


def building(engine: ElasticEngine) -> object:
    return engine.build("o", floor=1, vocabulary="v", change_number=1).__enter__()


CALLS: list[Callable[[ElasticEngine], object]] = [
    lambda engine: engine.state("o"),
    lambda engine: engine.recall("o", ALL, 1),
    lambda engine: engine.apply("o", [held(1)], 2),
    lambda engine: engine.documents("o", 0, 1),
    building,
]


@pytest.mark.parametrize("call", CALLS)
def test_a_node_that_is_not_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, call: Callable[[ElasticEngine], object]
) -> None:
    """The error says it; the log of the client does not say it for each try as well."""
    port = free_port()
    engine = elastic_engine(f"http://127.0.0.1:{port}", tmp_path)
    with pytest.raises(Unavailable, match=rf"127\.0\.0\.1:{port} does not answer: .*refused"):
        call(engine)
    assert caplog.messages == []


def test_one_of_several_hosts_is_enough(node: str, tmp_path: Path) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    engine = ElasticEngine(Cluster(Access((dead, node))), locks_in(tmp_path), prefix=prefix_of(tmp_path))
    publish(engine, [held(1)])
    for _ in range(4):
        assert found(engine) == [1]


def test_a_node_goes_away_and_comes_back(gate: Gate, gated: ElasticEngine) -> None:
    publish(gated, [held(1)])
    gate.faults.append(lambda request: request.hang_up() is None)
    for call in CALLS:
        with pytest.raises(Unavailable):
            call(gated)
    gate.faults.clear()
    assert found(gated) == [1]
    assert gated.apply("o", [held(2)], 2).documents == 2
    assert found(gated) == [1, 2]


@contextmanager
def frozen(gate: Gate) -> Iterator[None]:
    """The node takes requests and answers none."""
    thawed = Event()
    gate.faults.append(lambda _: thawed.wait(60) and False)
    try:
        yield
    finally:
        gate.faults.clear()
        thawed.set()


def hasty(tmp_path: Path, *hosts: str, seconds: float = 0.5) -> ElasticEngine:
    return ElasticEngine(
        Cluster(Access(hosts, timeout=seconds)), locks_in(tmp_path), prefix=prefix_of(tmp_path)
    )


def test_a_frozen_node_is_waited_for_once(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For as long as is set; then all fail at once, but for one in a while that tries."""
    monkeypatch.setattr(breaker, "REST_SECONDS", 1.0)
    engine = hasty(tmp_path, gate.address)
    publish(engine, [held(1)])
    with frozen(gate):
        began = time.monotonic()
        with pytest.raises(Unavailable, match="does not answer in time"):
            found(engine)
        assert 0.4 < time.monotonic() - began < 1.5
        asked = len(gate.requests)
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(Unavailable, match="did not answer in time just now"):
                found(engine)
        assert time.monotonic() - began < 0.4
        assert len(gate.requests) == asked
        time.sleep(1.1)
        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(lambda _: refused(engine), range(8)))
        assert len(gate.requests) == asked + 1
    assert refused(engine)
    time.sleep(1.1)
    assert found(engine) == [1]
    assert found(engine) == [1]


def refused(engine: ElasticEngine) -> bool:
    """Whether a search is."""
    try:
        found(engine)
    except Unavailable:
        return True
    return False


def test_one_slow_answer_keeps_nobody_else_from_asking(gate: Gate, tmp_path: Path) -> None:
    engine = hasty(tmp_path, gate.address)
    publish(engine, [held(1)])
    gate.faults.append(lambda request: "_msearch" in request.path and time.sleep(1) is not None)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(refused, engine)
        while not slow.done():
            assert engine.state("o") is not None
        assert slow.result()
    gate.faults.clear()
    assert found(engine) == [1]


def test_all_requests_of_a_search_have_the_time_of_one(gate: Gate, tmp_path: Path) -> None:
    """Though others are answered meanwhile: a node that freezes then is not waited for again and again."""
    engine = hasty(tmp_path, gate.address, seconds=1)
    publish(engine, [held(1)])
    seconds = {"POST _pit": 0.6, "POST _msearch": 2, "DELETE _pit": 2}

    def slow(request: Request) -> bool:
        time.sleep(seconds.get(f"{request.command} {urlsplit(request.path).path.rpartition('/')[2]}", 0))
        return False

    gate.faults.append(slow)
    gate.requests.clear()
    with ThreadPoolExecutor(1) as threads:
        began = time.monotonic()
        search = threads.submit(refused, engine)
        while not search.done():
            assert engine.state("o") is not None
        assert search.result()
        assert time.monotonic() - began < 1.5
    assert not [asked for asked in gate.requests if asked.startswith("DELETE")]


def test_who_writes_waits_longer(gate: Gate, tmp_path: Path) -> None:
    engine = hasty(tmp_path, gate.address)
    publish(engine, [held(1)])
    with frozen(gate):
        assert refused(engine)
        gate.faults[:] = [lambda _: time.sleep(0.7) is not None]
        assert engine.apply("o", [held(2)], 2).documents == 2
        assert engine.documents("o", 0, 9) == [held(1), held(2)]


def test_another_host_answers_where_one_is_frozen(node: str, gate: Gate, tmp_path: Path) -> None:
    engine = hasty(tmp_path, gate.address, node, seconds=2)
    publish(engine, [held(1)])
    with frozen(gate):
        for _ in range(4):
            began = time.monotonic()
            assert found(engine) == [1]
            assert time.monotonic() - began < 2


def test_an_index_deleted_from_outside(node: str, engine: ElasticEngine, tmp_path: Path) -> None:
    publish(engine, [held(1)])
    for index in indexes(node, tmp_path):
        ask(node, "DELETE", f"/{index}")
    assert engine.state("o") is None
    for call in CALLS[1:4]:
        with pytest.raises(Unavailable, match="credmatch reindex"):
            call(engine)
    assert indexes(node, tmp_path) == []
    publish(engine, [held(1), held(2)], 5)
    assert found(engine) == [1, 2]


def test_an_index_deleted_while_it_is_built(node: str, engine: ElasticEngine, tmp_path: Path) -> None:
    """No late write makes it again, without its mapping."""
    with engine.build("o", floor=1, vocabulary="v", change_number=1) as builder:
        ask(node, "DELETE", f"/{builder.state.generation}")
        with pytest.raises(Unavailable, match="never built, or deleted"):
            builder.add([held(1)])
        with pytest.raises(Unavailable, match="never built, or deleted"):
            builder.publish(1)
    assert indexes(node, tmp_path) == []


def test_who_builds_is_told_that_what_was_built_is_gone(node: str, engine: ElasticEngine) -> None:
    """And not that there is no index, where the one before answers."""
    publish(engine, [held(1)])

    def build() -> None:
        with engine.build("o", floor=1, vocabulary="v", change_number=2) as builder:
            ask(node, "DELETE", f"/{builder.state.generation}")
            builder.add([held(1)])

    with pytest.raises(Unavailable, match="what was built of the search index is gone"):
        build()
    assert found(engine) == [1]


def test_an_alias_to_nowhere(node: str, engine: ElasticEngine, tmp_path: Path) -> None:
    publish(engine, [held(1)])
    (index,) = indexes(node, tmp_path)
    gone = {"remove": {"index": index, "alias": f"{prefix_of(tmp_path)}.o"}}
    ask(node, "POST", "/_aliases", {"actions": [gone]})
    assert engine.state("o") is None
    with pytest.raises(Unavailable, match="credmatch reindex"):
        engine.recall("o", ALL, 1)
    publish(engine, [held(2)], 3)
    assert found(engine) == [2]
    assert len(indexes(node, tmp_path)) == 1


def test_an_alias_to_an_index_of_somebody_else(node: str, engine: ElasticEngine, tmp_path: Path) -> None:
    publish(engine, [held(1)])
    (index,) = indexes(node, tmp_path)
    alias = f"{prefix_of(tmp_path)}.o"
    foreign = f"{alias}.foreign"
    ask(node, "PUT", f"/{foreign}")
    moved = [{"remove": {"index": index, "alias": alias}}, {"add": {"index": foreign, "alias": alias}}]
    ask(node, "POST", "/_aliases", {"actions": moved})
    with pytest.raises(Damaged):
        engine.state("o")
    with pytest.raises(Unavailable):
        engine.recall("o", ALL, 1)
    publish(engine, [held(2)], 3)
    assert found(engine) == [2]
    assert foreign not in ask(node, "GET", f"/{alias}/_alias")


def test_an_alias_of_several_indexes(node: str, engine: ElasticEngine, tmp_path: Path) -> None:
    """Nobody is counted or listed from two indexes at once."""
    publish(engine, [held(1)], 1)
    publish(engine, [held(1)], 2)
    alias = f"{prefix_of(tmp_path)}.o"
    both = [{"add": {"index": index, "alias": alias}} for index in indexes(node, tmp_path)]
    ask(node, "POST", "/_aliases", {"actions": both})
    with pytest.raises(Damaged, match="several have its name"):
        engine.state("o")
    with pytest.raises(Damaged, match="several have its name"):
        engine.recall("o", ALL, 1)
    ask(node, "PUT", f"/{alias}.g000000", {"aliases": {alias: {}}})  # a left-over has it too
    publish(engine, [held(2)], 9)
    assert found(engine) == [2]
    assert len(list(ask(node, "GET", f"/{alias}/_alias"))) == 1


def test_copies_that_somebody_made_stay_and_are_not_taken_for_ours(
    node: str, engine: ElasticEngine, tmp_path: Path
) -> None:
    alias = f"{prefix_of(tmp_path)}.o"
    publish(engine, [held(1)], 1)
    publish(engine, [held(2)], 2)
    copies = [f"{alias}.g000900.old", f"{alias}.gcopy"]
    for copy in copies:
        ask(node, "PUT", f"/{copy}", {"aliases": {f"{alias}.last": {}}})
    with engine.reopen("o") as kept:
        kept.publish(3)
    assert found(engine) == [1]
    publish(engine, [held(4)], 4)
    publish(engine, [held(5)], 5)
    assert set(copies) < set(indexes(node, tmp_path))


def test_an_index_with_the_name_of_the_alias(node: str, engine: ElasticEngine, tmp_path: Path) -> None:
    """A stray write makes one where nothing is: it is named, for an operator to delete."""
    stray = f"{prefix_of(tmp_path)}.o"
    ask(node, "PUT", f"/{stray}/_doc/1", {"a": 1})
    for call in (lambda: publish(engine, [held(1)]), lambda: engine.describe("o")):
        with pytest.raises(ConfigurationError, match=f"has an index {stray}, .*: delete it"):
            call()
    assert indexes(node, tmp_path) == [stray]
    ask(node, "DELETE", f"/{stray}")
    publish(engine, [held(1)])
    assert found(engine) == [1]


def test_a_red_index(node: str, engine: ElasticEngine, tmp_path: Path) -> None:
    """Each call says so, and it is replaced all the same; neither it nor a red build is in the way then."""
    publish(engine, [held(1)])
    redden(node, indexes(node, tmp_path)[-1])
    for call in CALLS[:4]:
        with pytest.raises(Unavailable, match=r"no copy of the search index can be reached \(it is red\)"):
            call(engine)
    with suppress(Unavailable), engine.build("o", floor=1, vocabulary="v", change_number=2) as builder:
        builder.add([held(1)])
        redden(node, builder.state.generation)
        raise Unavailable("killed")
    publish(engine, [held(1), held(2)], 3)
    assert found(engine) == [1, 2]
    with pytest.raises(Unavailable, match="red"), engine.reopen("o"):
        pass
    publish(engine, [held(3)], 4)
    assert found(engine) == [3]
    assert len(indexes(node, tmp_path)) == 2


def test_a_row_that_somebody_else_wrote(node: str, engine: ElasticEngine, tmp_path: Path) -> None:
    """Under another name it would be asked for like any other, and never be written over."""
    publish(engine, [held(1), held(2)])
    index = f"{prefix_of(tmp_path)}.o"
    row = ask(node, "GET", f"/{index}/_doc/2")["_source"]
    ask(node, "PUT", f"/{index}/_doc/77?refresh=true", row)
    with pytest.raises(Damaged, match="somebody else wrote the row '77'; `credmatch reindex`"):
        engine.documents("o", 0, 10)


def test_an_index_that_no_node_takes(gate: Gate, gated: ElasticEngine) -> None:
    """As where all disks are too full for a further one; the one that answers goes on."""
    publish(gated, [held(1)])

    def unplaced(request: Request) -> bool:
        if request.command != "PUT" or not request.path.endswith(".g000002"):
            return False
        status, body = request.pass_on()
        assert b'"shards_acknowledged":true' in body
        request.answer(status, body.replace(b'"shards_acknowledged":true', b'"shards_acknowledged":false'))
        return True

    gate.faults.append(unplaced)
    with pytest.raises(Unavailable, match="no node takes a new search index"):
        publish(gated, [held(1), held(2)])
    assert found(gated) == [1]
    gate.faults.clear()
    publish(gated, [held(1), held(2)])
    assert found(gated) == [1, 2]


def test_a_full_disk(node: str, engine: ElasticEngine, tmp_path: Path) -> None:
    """Elasticsearch puts this block on an index itself, and takes it away when there is room."""
    publish(engine, [held(1)])
    (index,) = indexes(node, tmp_path)
    ask(node, "PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": True})
    with pytest.raises(Unavailable, match="disk is full"):
        engine.apply("o", [held(2)], 2)
    assert found(engine) == [1]
    state = engine.state("o")
    assert state is not None
    assert state.change_number == 1
    ask(node, "PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": None})
    assert engine.apply("o", [held(2)], 2).documents == 2
    assert found(engine) == [1, 2]


def test_a_closed_index_is_an_answer_too(node: str, engine: ElasticEngine, tmp_path: Path) -> None:
    publish(engine, [held(1)])
    (index,) = indexes(node, tmp_path)
    ask(node, "POST", f"/{index}/_close")
    for call in CALLS[:4]:
        with pytest.raises(Unavailable, match="closed"):
            call(engine)
    ask(node, "POST", f"/{index}/_open")
    assert found(engine) == [1]
    ask(node, "POST", f"/{index}/_close")
    publish(engine, [held(2)], 2)
    assert found(engine) == [2]


BUSY = b'{"error":{"type":"es_rejected_execution_exception","reason":"queue"},"status":429}'


def test_a_busy_node_is_given_time(gate: Gate, gated: ElasticEngine) -> None:
    """Refused as a whole at first, then in part: each document is sent until it is taken."""
    publish(gated, [])
    bulks: list[int] = []

    def refuse(request: Request) -> bool:
        if "_bulk" not in request.path or len(bulks) == 2:
            return False
        lines = request.body.split(b"\n")
        bulks.append(len(lines) // 2)
        if len(bulks) == 1:
            request.answer(429, BUSY)
            return True
        status, answer = request.pass_on(b"\n".join(lines[:200]) + b"\n")
        items = json.loads(answer)["items"]
        refused = {"index": {"status": 429, "error": {"type": "es_rejected_execution_exception"}}}
        items += [refused] * (len(lines) // 2 - len(items))
        request.answer(status, json.dumps({"errors": True, "items": items}).encode())
        return True

    gate.faults.append(refuse)
    assert gated.apply("o", [held(n) for n in range(1, 251)], 2).documents == 250
    assert bulks == [250, 250]
    assert found(gated) == list(range(1, 251))


def test_a_node_that_stays_busy(gate: Gate, gated: ElasticEngine) -> None:
    publish(gated, [held(1)])
    gate.faults.append(lambda request: "_bulk" in request.path and request.answer(429, BUSY) is None)
    with pytest.raises(Unavailable, match="too much to do"):
        gated.apply("o", [held(2)], 2)
    gate.faults[:] = [lambda request: "_msearch" in request.path and request.answer(429, BUSY) is None]
    with pytest.raises(Unavailable, match="too much to do"):
        gated.recall("o", ALL, 1)
    gate.faults.clear()
    assert gated.apply("o", [held(2)], 2).documents == 2


@pytest.mark.parametrize("path", ["_bulk", "_aliases", "_refresh", "_mapping"])
def test_an_answer_that_is_lost(gate: Gate, gated: ElasticEngine, path: str) -> None:
    """The node did what it was asked, and is asked again."""
    lost: list[str] = []

    def lose(request: Request) -> bool:
        if path not in request.path or len(lost) >= 2:
            return False
        request.pass_on()
        lost.append(request.path)
        request.hang_up()
        return True

    publish(gated, [held(1)], 1)
    gate.faults.append(lose)
    publish(gated, [held(2)], 2)
    assert lost
    assert gated.apply("o", [held(3)], 3).documents == 2
    assert found(gated) == [2, 3]


def test_an_index_that_goes_while_it_is_read(
    node: str, engine: ElasticEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elastic_query, "FEWEST", 2)
    publish(engine, [held(n) for n in range(1, 50)])
    batches = engine.recall("o", ALL, 2).batches
    assert len(next(batches).candidates) == 2
    publish(engine, [held(n) for n in range(1, 50)], 2)
    publish(engine, [held(n) for n in range(1, 50)], 3)
    with pytest.raises(Moved):
        list(batches)
    assert len(found(engine)) == 49


def test_the_first_page_is_asked_for_again(gate: Gate, gated: ElasticEngine) -> None:
    publish(gated, [held(1)])
    lost: list[str] = []
    gone = {"error": {"type": "search_context_missing_exception"}, "status": 404}

    def lose(request: Request) -> bool:
        if "_msearch" not in request.path or lost:
            return False
        lost.append(request.path)
        request.answer(200, json.dumps({"responses": [gone, gone]}).encode())
        return True

    gate.faults.append(lose)
    assert found(gated) == [1]
    assert lost


def test_nothing_stays_open_behind_a_recall(node: str, engine: ElasticEngine) -> None:
    """Whether it was read to the end, in part, or fitted on one page."""
    publish(engine, [held(n) for n in range(1, 1_000)])

    def contexts() -> int:
        nodes = ask(node, "GET", "/_nodes/stats/indices/search")["nodes"]
        return sum(stats["indices"]["search"]["open_contexts"] for stats in nodes.values())

    before = contexts()
    for first in (1, 2_000):
        list(engine.recall("o", ALL, first).batches)
        next(engine.recall("o", ALL, first).batches)
    deadline = time.monotonic() + 10
    while contexts() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert contexts() <= before


def test_a_frozen_builder_changes_nothing_when_it_wakes(node: str, tmp_path: Path) -> None:
    """Another went on with its build meanwhile: its documents stand, and are what is published."""
    one, other = (
        ElasticEngine(Cluster(Access((node,))), always, prefix=prefix_of(tmp_path)) for _ in range(2)
    )
    documents = {n: random_document(Random(n), n) for n in range(1, 41)}
    with one.build("o", floor=1, vocabulary="v", change_number=1) as frozen:
        frozen.add([documents[n] for n in range(1, 21)])
        with other.build("o", floor=1, vocabulary="v", change_number=1) as builder:
            assert builder.reached == 20
            builder.add([documents[n] for n in range(21, 41)])
            builder.add([held(7), SearchDocument(8, 0)])
            builder.publish(2)
        with pytest.raises(Unavailable):
            frozen.add([held(n, 1_000) for n in range(1, 41)])
        with pytest.raises(Unavailable):
            frozen.publish(3)
    expected = {**documents, 7: held(7)}
    del expected[8]
    state = other.state("o")
    assert state is not None
    assert state.change_number == 2
    assert other.documents("o", 0, 100) == [
        d for d in (expected[n] for n in sorted(expected)) if d.ever or d.now or d.keywords
    ]


def test_a_frozen_writer_changes_nothing_when_it_wakes(node: str, tmp_path: Path) -> None:
    one, other = (
        ElasticEngine(Cluster(Access((node,))), always, prefix=prefix_of(tmp_path)) for _ in range(2)
    )
    publish(one, [held(1), held(2)])

    def late() -> Iterator[SearchDocument]:
        other.apply("o", [held(1, 2_000), SearchDocument(2, 0)], 3)
        yield from [held(1, 9_999), held(2)]

    assert one.apply("o", late(), 2).change_number == 3
    assert one.documents("o", 0, 9) == [held(1, 2_000)]


def test_a_document_that_elasticsearch_refuses_stops_no_other(engine: ElasticEngine) -> None:
    """A word of more than 32,766 bytes."""
    wrong = SearchDocument(2, 2, {}, {1: 1}, frozenset({"region:" + "x" * 40_000}))
    with engine.build("o", floor=1, vocabulary="v", change_number=1) as builder:
        assert builder.add([held(1), wrong, held(3)]) == [2]
        builder.publish(1)
    assert found(engine) == [1, 3]
    assert engine.apply("o", [wrong, held(4)], 2).documents == 3


def test_an_index_of_another_layout_is_built_anew(node: str, engine: ElasticEngine, tmp_path: Path) -> None:
    publish(engine, [held(1)])
    (index,) = indexes(node, tmp_path)
    state = ask(node, "GET", f"/{index}/_doc/state")["_source"]
    other = {**state, "content": {**state["content"], "layout": "another"}}
    ask(node, "PUT", f"/{index}/_doc/state?refresh=true", other)
    for call in (CALLS[0], CALLS[1], CALLS[2]):
        with pytest.raises(Damaged, match="build it anew"):
            call(engine)
    publish(engine, [held(2)], 2)
    assert found(engine) == [2]


def test_the_mapping_tells_what_the_index_is(node: str, engine: ElasticEngine, tmp_path: Path) -> None:
    publish(engine, [held(1)], 17)
    (index,) = indexes(node, tmp_path)
    mapping = ask(node, "GET", f"/{index}/_mapping")[index]["mappings"]
    assert mapping["dynamic"] == "strict"
    meta = mapping["_meta"]
    assert (meta["change_number"], meta["floor"], meta["vocabulary"]) == (17, 1, "v")
    assert meta["layout"] == elastic_build.Ledger.model_fields["layout"].default


def test_what_is_published_is_merged(node: str, engine: ElasticEngine, tmp_path: Path) -> None:
    with engine.build("o", floor=1, vocabulary="v", change_number=1) as builder:
        for candidate in (1, 2, 3):
            builder.add([held(candidate)])
            assert len(builder.documents(0, 10)) == candidate
        builder.publish(1)
    (index,) = indexes(node, tmp_path)

    def segments() -> int:
        (shard,) = ask(node, "GET", f"/{index}/_segments")["indices"][index]["shards"]["0"]
        return int(shard["num_search_segments"])

    deadline = time.monotonic() + 20
    while segments() > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert segments() == 1
    assert found(engine) == [1, 2, 3]


def test_an_index_that_cannot_be_merged_answers_all_the_same(
    gate: Gate, gated: ElasticEngine, caplog: pytest.LogCaptureFixture
) -> None:
    gate.faults.append(lambda request: "_forcemerge" in request.path and request.answer(429, BUSY) is None)
    publish(gated, [held(1)])
    assert found(gated) == [1]
    assert "is not merged" in caplog.text


@pytest.mark.parametrize(
    ("gc_deletes", "seconds"), [("10ms", 0.5), pytest.param("60s", 75, marks=pytest.mark.faults)]
)
def test_a_late_write_brings_nobody_back(
    node: str, engine: ElasticEngine, tmp_path: Path, gc_deletes: str, seconds: float
) -> None:
    """Not even after Elasticsearch would have forgotten a deletion: it does after a minute."""
    publish(engine, [held(1), held(2)], 1)
    (index,) = indexes(node, tmp_path)
    ask(node, "PUT", f"/{index}/_settings", {"index.gc_deletes": gc_deletes})
    cluster = engine._cluster
    before = elastic_build.load_ledger(cluster, index)
    assert before is not None
    engine.apply("o", [SearchDocument(1, 0)], 10)
    time.sleep(seconds)
    late = before.model_copy(update={"change_number": 9})
    assert elastic_build.write_documents(cluster, late, [held(1), held(2, 5_000)]) == []
    engine.apply("o", [], 11)
    assert engine.documents("o", 0, 9) == [held(2, 5_000)]
    assert found(engine) == [2]


def test_security(tmp_path: Path) -> None:
    """A user, and a certificate to trust; and nothing secret in what is said of a refusal."""
    with secured_elasticsearch() as node:
        login = node.login
        assert login is not None
        known = {"elasticsearch_url": node.url, "elasticsearch_ca": login.certificate}
        user = {"elasticsearch_user": login.user, "elasticsearch_password": login.password}

        def engine(**given: object) -> ElasticEngine:
            return ElasticEngine(Cluster(access_of(read_settings(**given))), locks_in(tmp_path))

        ours = engine(**known, **user)
        publish(ours, [held(1)])
        assert found(ours) == [1]
        wrong = {"elasticsearch_user": login.user, "elasticsearch_password": "not-the-password"}
        settings = "see CREDMATCH_ELASTICSEARCH_API_KEY, or _USER and _PASSWORD$"
        for given, match in (
            ({**known, **wrong}, f"does not know who asks: {settings}"),
            ({**known, "elasticsearch_api_key": "bm9uZTpub25l"}, f"does not know who asks: {settings}"),
            (known, f"does not know who asks: {settings}"),
            (
                {**user, "elasticsearch_url": node.url},
                r"cannot be trusted \(self-signed certificate.*\): see CREDMATCH_ELASTICSEARCH_CA and _URL$",
            ),
        ):
            with pytest.raises(ConfigurationError, match=match) as raised:
                found(engine(**given))
            assert "password" not in str(raised.value).lower().replace("_password", "")
        plain = engine(**user, elasticsearch_url=node.url.replace("https:", "http:"))
        with pytest.raises(Unavailable, match=r"does not answer: .* \(https:// or http://\?\)$"):
            found(plain)


def test_what_credmatchs_user_may_not_change_is_named(tmp_path: Path) -> None:
    """Before an index is built for nothing."""
    role = json.loads((Path(__file__).parents[2] / "deploy" / "elasticsearch-role.json").read_text())
    with secured_elasticsearch(roles={"credmatch": role}) as node:
        login = node.login
        assert login is not None

        def cluster(user: str) -> Cluster:
            access = Access(
                (node.url,), user=user, password=login.password, ca=login.certificate, timeout=10.0
            )
            return Cluster(access)

        engine = ElasticEngine(cluster(login.user), locks_in(tmp_path))
        administrator = cluster(ADMINISTRATOR)
        publish(engine, [held(1)])
        alias = "credmatch.o"
        administrator.ask("PUT", "/stray", {"aliases": {alias: {}}})
        named = f"the alias {alias} is on stray too, which is no index of credmatch: take it away from there"
        for what in (lambda: publish(engine, [held(2)], 5), lambda: engine.describe("o")):
            with pytest.raises(ConfigurationError, match=named):
                what()
        indexes = administrator.ask("GET", f"/{alias}.g*/_alias")
        assert list(indexes) == [f"{alias}.g000001"]
        with pytest.raises(Unavailable):
            found(engine)
        taken = {"remove": {"index": "stray", "alias": alias}}
        administrator.ask("POST", "/_aliases", {"actions": [taken]})
        assert found(engine) == [1]


def test_a_client_certificate(tmp_path: Path) -> None:
    """A node that talks only to who shows one."""
    with secured_elasticsearch(client=True) as node:
        login = node.login
        assert login is not None
        assert login.client is not None
        certificate, key = login.client
        both = tmp_path / "both.pem"
        both.write_text(certificate.read_text() + key.read_text())
        known = {
            "elasticsearch_url": node.url,
            "elasticsearch_ca": login.certificate,
            "elasticsearch_user": login.user,
            "elasticsearch_password": login.password,
        }

        def engine(**given: object) -> ElasticEngine:
            return ElasticEngine(Cluster(access_of(read_settings(**known, **given))), locks_in(tmp_path))

        ours = engine(elasticsearch_client_cert=certificate, elasticsearch_client_key=key)
        publish(ours, [held(1)])
        assert found(ours) == [1]
        assert found(engine(elasticsearch_client_cert=both)) == [1]
        other, other_key = self_signed(tmp_path, "other")
        for given in (
            {},
            {"elasticsearch_client_cert": other, "elasticsearch_client_key": other_key},
        ):
            with pytest.raises(
                ConfigurationError,
                match=r"certificate \([^_]+\): see CREDMATCH_ELASTICSEARCH_CLIENT_CERT and _KEY$",
            ):
                found(engine(**given))


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"url": "http://elastic:geheim@es:9200"}, "must hold no user or password"),
        ({"url": "https://es:9200,http://geheim@es2:9200"}, "must hold no user or password"),
        ({"url": "es:9200"}, "is no address such as"),
        ({"url": "https://es"}, "is no address such as"),
        ({"url": "https://es:9200,"}, "is no address such as"),
        ({"url": "https://es:port"}, "cannot be read"),
        ({"url": "https://es:9200", "user": "credmatch"}, "belong together"),
        ({"url": "https://es:9200", "password": "geheim"}, "belong together"),
        ({"url": "https://es:9200", "user": "u", "password": "geheim", "api_key": "geheim"}, "not both"),
        (
            {"url": "https://es:9200", "client_key": Path("geheim")},
            "needs CREDMATCH_ELASTICSEARCH_CLIENT_CERT",
        ),
    ],
)
def test_settings_that_are_wrong(given: dict[str, object], match: str) -> None:
    settings = read_settings(**{f"elasticsearch_{name}": value for name, value in given.items()})
    with pytest.raises(ConfigurationError, match=match) as raised:
        access_of(settings)
    assert "geheim" not in str(raised.value)


def test_no_secret_is_shown() -> None:
    settings = read_settings(
        elasticsearch_url="https://es:9200", elasticsearch_user="u", elasticsearch_password=SECRET
    )
    assert "geheim" not in repr(settings)
    assert "geheim" not in repr(access_of(settings))


def test_a_key_is_shown_to_the_node(gate: Gate, tmp_path: Path) -> None:
    shown = []
    gate.faults.append(lambda request: bool(shown.append(request.headers["Authorization"])))
    engine = ElasticEngine(Cluster(Access((gate.address,), api_key=SECRET)), locks_in(tmp_path))
    engine.state("nobody")
    assert shown == [f"ApiKey {SECRET}"]


@pytest.mark.parametrize("name", ["ca", "client_cert"])
def test_a_certificate_file_that_is_missing(tmp_path: Path, name: str) -> None:
    given = {"elasticsearch_url": "https://es:9200", f"elasticsearch_{name}": tmp_path / "none.pem"}
    expected = (
        f"^CREDMATCH_ELASTICSEARCH_{name.upper()}: .*/none.pem cannot be used: No such file or directory$"
    )
    with pytest.raises(ConfigurationError, match=expected):
        access_of(read_settings(**given))


def test_a_certificate_file_that_cannot_be_used(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "ours")
    _, other_key = self_signed(tmp_path, "other")
    locked, words, both = (tmp_path / name for name in ("locked.pem", "words.pem", "both.pem"))
    words.write_text("a certificate")
    both.write_text(certificate.read_text() + key.read_text())
    command = ["openssl", "pkey", "-aes256", "-passout", "pass:geheim", "-in", str(key), "-out", str(locked)]
    subprocess.run(command, check=True)
    none, keyless = "no certificate in PEM", "no key of that certificate, or one with a password"
    for files, setting, file, lacks in (
        ({"ca": words}, "CA", words, none),
        ({"client_cert": words, "client_key": key}, "CLIENT_CERT", words, none),
        ({"client_cert": certificate}, "CLIENT_CERT", certificate, keyless),
        ({"client_cert": certificate, "client_key": words}, "CLIENT_KEY", words, keyless),
        ({"client_cert": certificate, "client_key": other_key}, "CLIENT_KEY", other_key, keyless),
        ({"client_cert": certificate, "client_key": locked}, "CLIENT_KEY", locked, keyless),
    ):
        with pytest.raises(ConfigurationError) as raised:
            access_of(with_files(files))
        assert (
            str(raised.value) == f"CREDMATCH_ELASTICSEARCH_{setting}: {file} cannot be used: it has {lacks}"
        )
    access_of(with_files({"ca": certificate, "client_cert": certificate, "client_key": key}))
    access_of(with_files({"client_cert": both}))


def with_files(files: Mapping[str, Path]) -> Settings:
    named = {f"elasticsearch_{name}": path for name, path in files.items()}
    return read_settings(elasticsearch_url="https://es:9200", **named)
