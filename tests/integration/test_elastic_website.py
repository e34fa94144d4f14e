"""The whole application over Elasticsearch: what it answers, and what it says while the node is away."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from website import Website, make_website, people

from indexer.cli import run
from indexer.nightly import nightly
from indexer.rebuild import quiet, rebuild
from indexer.verifying import Found, verify_index
from matcher.errors import ConfigurationError
from matcher.search import elastic_query
from matcher.search.elastic import ElasticEngine
from matcher.settings import read_settings
from matcher.store.intake import store_candidates
from matcher.store.organisations import organisation
from tests.contract.elastic_engines import ask, indexes, prefix_of, redden, remove_indexes
from tests.integration.gate import Gate, Request, gate_before

SECONDS = 3.0
MATCHES = "/api/v1/positions/yard/matches"


@pytest.fixture
def gate(elasticsearch_url: str) -> Iterator[Gate]:
    with gate_before(elasticsearch_url) as gate:
        yield gate


@pytest.fixture
def website(gate: Gate, tmp_path: Path) -> Iterator[Website]:
    settings = read_settings(
        data_dir=tmp_path,
        elasticsearch_url=gate.address,
        elasticsearch_prefix=prefix_of(tmp_path),
        elasticsearch_timeout=SECONDS,
    )
    made = make_website(settings)
    assert isinstance(made.parts.engine, ElasticEngine)
    yield made
    made.parts.close()
    gate.faults.clear()
    remove_indexes(gate.url, tmp_path)


def test_the_same_answer_as_with_the_embedded_index(website: Website, tmp_path: Path) -> None:
    other = make_website(read_settings(data_dir=tmp_path / "embedded"))
    ours, theirs = (site.client().get(MATCHES).get_json() for site in (website, other))
    other.parts.close()
    assert len(ours["results"]) > 1
    assert [r["score"] for r in ours["results"]] == [r["score"] for r in theirs["results"]]
    # Who has equal scores comes by a draw, which each of the two databases made by itself.
    people = [sorted((r["candidate"], r["score"]) for r in site["results"]) for site in (ours, theirs)]
    assert people[0] == people[1]
    assert (ours["excluded"], ours["pool"], ours["exact"]) == (theirs["excluded"], theirs["pool"], True)


def test_while_the_node_is_away_and_after(gate: Gate, website: Website) -> None:
    client = website.client()
    before = client.get(MATCHES).get_json()["results"]
    gate.faults.append(lambda request: request.hang_up() is None)
    answer = client.get(MATCHES)
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.get_json()["detail"] == "the search engine does not answer"
    page = client.get("/positions/yard", headers={"Accept-Language": "fr"})
    assert page.status_code == 503
    assert int(page.headers["Retry-After"]) > 0
    assert "Elasticsearch" not in page.text
    gate.faults.clear()
    assert client.get(MATCHES).get_json()["results"] == before


def test_a_frozen_node_does_not_take_every_thread(gate: Gate, website: Website) -> None:
    """Of forty matches only those in flight wait, no longer than is set, and later ones not at all."""
    before = website.client().get(MATCHES).get_json()["results"]
    thawed = threading.Event()
    gate.faults.append(lambda _: thawed.wait(30) and False)

    def ask(_: int) -> tuple[int, float]:
        began = time.monotonic()
        status = website.client().get(MATCHES).status_code
        return status, time.monotonic() - began

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(ask, range(40)))
        assert {status for status, _ in answers} == {503}
        assert max(seconds for _, seconds in answers) < 2 * SECONDS
        assert sum(seconds > SECONDS / 2 for _, seconds in answers) <= 16
        assert ask(0)[1] < SECONDS / 2
    gate.faults.clear()
    thawed.set()
    deadline = time.monotonic() + 10
    while (answer := website.client().get(MATCHES)).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert answer.get_json()["results"] == before


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, b'{"error":{"type":"es_rejected_execution_exception","reason":"queue"},"status":429}'),
        (403, b'{"error":{"type":"cluster_block_exception","reason":"10.1.2.3 blocks reads"},"status":403}'),
        (404, b'{"error":{"type":"index_not_found_exception","reason":"no such index"},"status":404}'),
        (400, b'{"error":{"type":"index_closed_exception","reason":"closed"},"status":400}'),
        (500, b'{"error":{"type":"null_pointer_exception","reason":"on 10.1.2.3"},"status":500}'),
    ],
)
@pytest.mark.parametrize("path", ["_pit", "_msearch"])
def test_whatever_the_node_answers_a_client_gets_503(
    gate: Gate, website: Website, caplog: pytest.LogCaptureFixture, path: str, status: int, body: bytes
) -> None:
    """With what happened and no word of the inside, which the log has."""

    def refuse(request: Request) -> bool:
        return path in request.path and request.command == "POST" and request.answer(status, body) is None

    gate.faults.append(refuse)
    with caplog.at_level("ERROR"):
        answer = website.client().get(MATCHES)
    assert answer.status_code == answer.get_json()["status"] == 503
    assert int(answer.headers["Retry-After"]) > 0
    detail = answer.get_json()["detail"]
    assert not any(inner in detail for inner in ("127.0.0.1", "10.1.2.3", "http", "exception"))
    logged = [record.getMessage() for record in caplog.records]
    if status == 404:
        assert detail == "the search index is not there at the moment"
        assert logged == ["there is no search index yet; `credmatch reindex` builds it"]
    else:
        assert detail.startswith("the search engine: ")
        assert ("is closed" in detail) == (b"index_closed" in body)
        assert len(logged) == 1
        assert gate.address in logged[0]


def test_while_the_node_does_not_let_it_in_and_after(
    gate: Gate, website: Website, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing that whoever asks could mend: they are told to come again, and the log why."""
    client = website.client()
    before = client.get(MATCHES).get_json()["results"]
    body = b'{"error":{"type":"security_exception","reason":"unable to authenticate"},"status":401}'
    gate.faults.append(lambda request: request.answer(401, body) is None)
    why = f"Elasticsearch at {gate.address} does not know who asks: see CREDMATCH_ELASTICSEARCH_API_KEY"
    with caplog.at_level("ERROR"):
        answer = client.get(MATCHES)
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0
    assert gate.address not in answer.text
    assert why in caplog.text
    caplog.clear()
    with caplog.at_level("WARNING"):
        assert client.get("/readyz").status_code == 503
    assert why in caplog.text
    gate.faults.clear()
    assert client.get(MATCHES).get_json()["results"] == before
    assert client.get("/readyz").status_code == 200


def test_an_index_that_goes_while_it_is_read_is_read_again(
    gate: Gate, website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once from the start; where that fails too, it is said."""
    monkeypatch.setattr(elastic_query, "FEWEST", 1)
    client = website.client()
    before = client.get(f"{MATCHES}?top=1").get_json()["results"]
    lost: list[str] = []

    def lose(request: Request) -> bool:
        later = b'"search_after"' in request.body and len(lost) < losses
        if later:
            lost.append(request.path)
            request.answer(200, b'{"responses":[{"error":{"type":"x"},"status":404}]}')
        return later

    gate.faults.append(lose)
    losses = 1
    assert client.get(f"{MATCHES}?top=1").get_json()["results"] == before
    assert len(lost) == 1
    losses = 3
    assert client.get(f"{MATCHES}?top=1").status_code == 503


def test_an_index_deleted_from_outside_is_built_again(gate: Gate, website: Website, tmp_path: Path) -> None:
    client = website.client()
    before = client.get(MATCHES).get_json()["results"]
    remove_indexes(gate.url, tmp_path)
    assert client.get(MATCHES).status_code == 503
    website.index()
    assert client.get(MATCHES).get_json()["results"] == before


def reindex(website: Website) -> None:
    parts = website.parts
    rebuild(parts.database, parts.engine, "default", parts.vocabularies.get("default").version)


def night(website: Website) -> None:
    summary = nightly(website.parts)
    assert summary.ok, summary.steps
    assert summary.steps["index"]["because"] == ["unreachable"]


@pytest.mark.parametrize("replace", [reindex, night])
def test_a_red_index_is_said_and_replaced(
    gate: Gate,
    website: Website,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    replace: Callable[[Website], None],
) -> None:
    client = website.client()
    website.parts.vocabularies.get("default").ensure_narrowing()
    before = client.get(MATCHES).get_json()["results"]
    for index in indexes(gate.url, tmp_path):
        redden(gate.url, index)
    with caplog.at_level("WARNING"):
        answer = client.get(MATCHES)
    red = "no copy of the search index can be reached (it is red)"
    assert (answer.status_code, answer.get_json()["detail"]) == (503, f"the search engine: {red}")
    assert [record.getMessage() for record in caplog.records] == [f"Elasticsearch at {gate.address}: {red}"]
    with website.parts.database.write() as connection:
        store_candidates(connection, organisation(connection, "default"), people())  # the log goes on
    replace(website)
    assert client.get(MATCHES).get_json()["results"] == before
    assert website.parts.vocabularies.get("default").ensure_narrowing() is (replace is reindex)


def test_a_closed_index_is_said_and_replaced_by_the_night(
    gate: Gate, website: Website, tmp_path: Path
) -> None:
    client = website.client()
    before = client.get(MATCHES).get_json()["results"]
    ask(gate.url, "POST", f"/{prefix_of(tmp_path)}.default/_close")
    answer = client.get(MATCHES)
    closed = "the search engine: the search index is closed"
    assert (answer.status_code, answer.get_json()["detail"]) == (503, closed)
    night(website)
    assert client.get(MATCHES).get_json()["results"] == before


Examined = Callable[[str], dict[str, str]]


@pytest.fixture
def examined(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Examined:
    """What the doctor finds of a part."""
    monkeypatch.setenv("CREDMATCH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CREDMATCH_ELASTICSEARCH_URL", gate.address)
    monkeypatch.setenv("CREDMATCH_ELASTICSEARCH_PREFIX", prefix_of(tmp_path))

    def examine(part: str) -> dict[str, str]:
        capsys.readouterr()
        run(["doctor", "--json"])
        found = {one["part"]: one for one in json.loads(capsys.readouterr().out)["parts"]}
        return found[part]

    return examine


def test_the_doctor_says_that_the_disk_is_full(
    gate: Gate, website: Website, tmp_path: Path, examined: Examined
) -> None:
    """Searches go on then, and nobody else would tell."""
    (index,) = indexes(gate.url, tmp_path)
    assert examined("index")["ok"]
    ask(gate.url, "PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": True})
    assert website.client().get(MATCHES).status_code == 200
    line = examined("index")
    assert not line["ok"]
    assert "index.blocks.read_only_allow_delete" in line["says"]
    assert "disk is full" in line["mend"]
    ask(gate.url, "PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": None})
    assert examined("index")["ok"]


@pytest.mark.parametrize(
    ("free", "says"),
    [
        (0, "{} nothing is written to its indexes"),
        (1, "{} no copy of an index is put there"),
        (2, ""),
    ],
)
def test_the_doctor_looks_at_the_disks_of_the_nodes(
    gate: Gate, website: Website, examined: Examined, free: int, says: str
) -> None:
    """A node says what is free and how little is too little; only what is free is made up here."""
    limits: list[int] = []

    def fill(request: Request) -> bool:
        if "/stats/fs" not in request.path:
            return False
        status, body = request.pass_on()
        answer = json.loads(body)
        for node in answer["nodes"].values():
            for disk in node["fs"]["data"]:
                flood, low = (
                    disk[f"{name}_free_space_in_bytes"] for name in ("flood_stage", "low_watermark")
                )
                disk["available_in_bytes"] = (flood - 1, low - 1, low)[free]
                limits[:] = flood, low, low
        request.answer(status, json.dumps(answer).encode())
        return True

    gate.faults.append(fill)
    found = examined("engine disk")
    assert found["ok"] is (free == 2)
    assert " free on node " in found["says"]
    if says:
        assert found["says"].endswith(says.format(f"{limits[free] // 1_000_000:,} MB"))
        assert found["mend"] == "make room there, or add a node"


def test_the_doctor_says_how_a_red_index_is_replaced(
    gate: Gate, website: Website, tmp_path: Path, examined: Examined
) -> None:
    for index in indexes(gate.url, tmp_path):
        redden(gate.url, index)
    assert examined("engine")["ok"]
    line = examined("index")
    assert line["says"].endswith("no copy of the search index can be reached (it is red)")
    expected = "bring back what holds it, such as a lost node; open it where it is closed; or run "
    assert line["mend"] == f"{expected}`credmatch reindex`"


def test_the_doctor_says_as_reindex_does_that_an_index_is_in_the_way(
    gate: Gate, website: Website, tmp_path: Path, examined: Examined
) -> None:
    remove_indexes(gate.url, tmp_path)
    ask(gate.url, "PUT", f"/{prefix_of(tmp_path)}.default/_doc/1", {"a": 1})
    with pytest.raises(ConfigurationError) as refused:
        reindex(website)
    line = examined("engine")
    assert (line["ok"], line["says"]) == (False, str(refused.value))
    assert line["says"].endswith(": delete it")
    assert website.client().get(MATCHES).status_code == 503


def test_the_doctor_compiles_no_vocabulary(website: Website, tmp_path: Path, examined: Examined) -> None:
    shutil.rmtree(tmp_path / "vocabulary")
    line = examined("competencies")
    assert (line["ok"], line["says"].partition(" in ")[0]) == (True, "the vocabulary is not compiled")
    assert not (tmp_path / "vocabulary").exists()


def test_what_searches_no_longer_find_is_named_and_mended(
    gate: Gate, website: Website, tmp_path: Path
) -> None:
    """Somebody wrote a document's `_source` back, which lacks what searches read and is right otherwise."""
    client = website.client()
    before = client.get(MATCHES).get_json()["results"]
    (index,) = indexes(gate.url, tmp_path)
    alive = {"query": {"term": {"alive": True}}, "sort": "candidate"}
    for hit in ask(gate.url, "GET", f"/{index}/_search", alive)["hits"]["hits"]:
        ask(gate.url, "PUT", f"/{index}/_doc/{hit['_id']}?refresh=true", hit["_source"])

    def verified(*, repair: bool) -> list[Found]:
        parts = website.parts
        return list(verify_index(parts.database, parts.engine, "default", quiet, repair=repair))

    named = verified(repair=False)
    assert len(named) > 2
    assert client.get(MATCHES).get_json()["results"] == []
    assert all(found.what == "differs" for found in named)
    assert {field.partition(".")[0] for found in named for field, _, _ in found.fields} == {"now", "ever"}
    assert all(found.repaired for found in verified(repair=True))
    assert verified(repair=False) == []
    assert client.get(MATCHES).get_json()["results"] == before


def test_a_row_that_cannot_be_read_is_its_persons_and_mended(
    gate: Gate, website: Website, tmp_path: Path
) -> None:
    client = website.client()
    before = client.get(MATCHES).get_json()["results"]
    (index,) = indexes(gate.url, tmp_path)
    alive = {"query": {"term": {"alive": True}}, "sort": "candidate"}
    hit, *_ = ask(gate.url, "GET", f"/{index}/_search", alive)["hits"]["hits"]
    junk = {
        "candidate": int(hit["_id"]),
        "draw": 1,
        "alive": True,
        "keywords": ["in:pool"],
        "content": "junk",
    }
    ask(gate.url, "PUT", f"/{index}/_doc/{hit['_id']}?refresh=true", junk)
    parts = website.parts
    (named,) = verify_index(parts.database, parts.engine, "default", quiet, repair=True)
    assert (named.what, named.repaired) == ("differs", True)
    assert ("keywords", ["cannot be read"]) in [(name, found) for name, found, _ in named.fields]
    assert list(verify_index(parts.database, parts.engine, "default", quiet, repair=False)) == []
    assert client.get(MATCHES).get_json()["results"] == before
