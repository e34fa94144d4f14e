"""The whole application over Elasticsearch: what it answers, and what it says while the node is away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from website import Website, make_website

from matcher.search import elastic_query
from matcher.search.elastic import ElasticEngine
from matcher.settings import read_settings
from tests.contract.elastic_engines import prefix_of, remove_indexes
from tests.integration.gate import Gate, Request, gate_before

MATCHES = "/api/v1/positions/yard/matches"


@pytest.fixture
def gate(elasticsearch_url: str) -> Iterator[Gate]:
    with gate_before(elasticsearch_url) as gate:
        yield gate


@pytest.fixture
def website(gate: Gate, tmp_path: Path) -> Iterator[Website]:
    settings = read_settings(
        data_dir=tmp_path, elasticsearch_url=gate.address, elasticsearch_prefix=prefix_of(tmp_path)
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
    page = client.get("/positions/yard", headers={"Accept-Language": "fr"})
    assert page.status_code == 503
    assert int(page.headers["Retry-After"]) > 0
    assert "Elasticsearch" not in page.text
    gate.faults.clear()
    assert client.get(MATCHES).get_json()["results"] == before


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
