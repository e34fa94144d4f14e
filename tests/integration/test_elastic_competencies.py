"""Competencies found by Elasticsearch: the same readings and suggestions as without it, come what may."""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from app import build_parts
from benchmarks.competencies import Blending, beginnings, shipped_layer, some_labels
from indexer.cli import run
from matcher.errors import Unavailable
from matcher.search import elastic_competencies
from matcher.search.elastic_access import Access
from matcher.search.elastic_client import Cluster
from matcher.search.elastic_competencies import ElasticCompetencies
from matcher.settings import read_settings
from matcher.vocabulary.compiling import compile_layer
from matcher.vocabulary.encoder import Encoder, LocalEncoder
from matcher.vocabulary.layer import Layer
from matcher.vocabulary.vocabulary import Vocabulary
from tests.contract.elastic_engines import ask, prefix_of, redden, remove_indexes
from tests.integration.gate import gate_before
from tests.parts.processes import free_port
from tests.unit.small_vocabulary import SKILLS, WordEncoder, contents, small_layer

PHRASES = Path(__file__).parents[2] / "benchmarks" / "phrases.csv"

WORDS = ["operate", "drive", "lift", "forklift", "first", "aid", "heights", "work", "java",
         "lasers", "secours", "customers", "satisfy", "communication", "qwertz", "chariot"]  # fmt: skip


@pytest.fixture
def node(elasticsearch_url: str, tmp_path: Path) -> Iterator[str]:
    yield elasticsearch_url
    remove_indexes(elasticsearch_url, tmp_path)


def competencies(
    url: str, place: Path, layer: Layer, version: str = "v", model: str = "m@1"
) -> ElasticCompetencies:
    return ElasticCompetencies(Cluster(Access((url,))), prefix_of(place), 0, version, model, layer)


def held(url: str, place: Path) -> dict[str, list[str]]:
    """The indexes of competencies, with their aliases."""
    found = ask(url, "GET", f"/{prefix_of(place)}._competencies*/_alias")
    return {index: sorted(about["aliases"]) for index, about in found.items()}


@dataclass(frozen=True)
class Both:
    """One vocabulary twice: looked through in this process, and narrowed by Elasticsearch."""

    ours: Vocabulary
    theirs: Vocabulary
    narrowing: ElasticCompetencies

    @classmethod
    def of(cls, narrowing: ElasticCompetencies, layers: Sequence[Layer], encoder: Encoder) -> Both:
        made = Vocabulary("v", layers, encoder), Vocabulary("v", layers, encoder, narrowing)
        return cls(*made, narrowing)

    def compare(self, texts: Sequence[str], typed: Sequence[str], tops: Sequence[int] = (1, 5, 12)) -> None:
        """Fail where anything differs, or where Elasticsearch was not asked."""
        for top in tops:
            expected = self.ours.understand(texts, top)
            for text, one, other in zip(texts, expected, self.theirs.understand(texts, top), strict=True):
                assert one == other, (text, top)
        assert self.ours.read(texts) == self.theirs.read(texts)
        for text in typed:
            for language, limit in (("en", 8), ("fr", 10), ("en", 1)):
                one, other = (each.suggest(text, language, limit) for each in (self.ours, self.theirs))
                assert one == other, (text, language, limit)
        assert self.narrowing.nearest(np.ones((1, 384), np.int8)) is not None


def some_phrases(random: Random, count: int) -> list[str]:
    return [" ".join(random.choices(WORDS, k=random.randint(1, 4))) for _ in range(count)]


# --- the same ----------------------------------------------------------------------------------


@pytest.mark.parametrize("nearest", [1, 2, 4, 100])
def test_readings_and_suggestions_are_the_same_however_few_are_asked_for(
    node: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nearest: int
) -> None:
    monkeypatch.setattr(elastic_competencies, "NEAREST", nearest)
    narrowing = competencies(node, tmp_path, small_layer())
    assert narrowing.ensure()
    own = compile_layer(contents(["own: yard duty | shunting", "own: forklift duty", "own: Java"], first=101))
    random = Random(nearest)
    texts = [*some_phrases(random, 60), "cariste", "Java", "C++", "course on first aid", "", "???"]
    for layers in ([small_layer()], [small_layer(), own]):
        Both.of(narrowing, layers, WordEncoder()).compare(
            texts, [*beginnings(random, texts[:40]), "m", "c", "o d", "???", ""]
        )


def test_what_is_not_near_but_has_the_words_is_not_missed(
    node: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The likeliest by its words, which Elasticsearch does not find by its vector."""
    monkeypatch.setattr(elastic_competencies, "NEAREST", 1)

    class Elsewhere(WordEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
            return super().encode(["lasers q w e r t y" for _ in texts])

    narrowing = competencies(node, tmp_path, small_layer())
    narrowing.ensure()
    both = Both.of(narrowing, [small_layer()], Elsewhere())
    [[likely]] = both.theirs.understand(["lift truck operations now"], 1)
    [near] = narrowing.nearest(Elsewhere().encode(["x"])) or []
    assert likely.competency.id - 1 not in near.rows.tolist()
    both.compare(["lift truck operations now"], ())


# --- the vocabulary that ships -----------------------------------------------------------------


@pytest.fixture(scope="module")
def esco() -> Layer:
    return shipped_layer()


@pytest.fixture(scope="module")
def shipped(
    elasticsearch_url: str, esco: Layer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ElasticCompetencies]:
    place = tmp_path_factory.mktemp("shipped")
    narrowing = competencies(elasticsearch_url, place, esco)
    narrowing.ensure()
    yield narrowing
    remove_indexes(elasticsearch_url, place)


@pytest.mark.faults
def test_labels_of_all_competencies_are_read_and_suggested_the_same(
    esco: Layer, shipped: ElasticCompetencies
) -> None:
    random = Random(1)
    texts = some_labels(esco, random, 160)
    Both.of(shipped, [esco], Blending(esco)).compare(texts, beginnings(random, texts[::8]), [5])


@pytest.mark.encoder
@pytest.mark.faults
def test_phrases_are_read_the_same_with_the_real_encoder(esco: Layer, shipped: ElasticCompetencies) -> None:
    with PHRASES.open(newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    random = Random(2)
    both = Both.of(shipped, [esco], LocalEncoder())
    both.compare(texts, beginnings(random, texts[::4]), [5])


# --- the index ---------------------------------------------------------------------------------


def test_an_index_is_built_once_and_says_what_it_is_of(node: str, tmp_path: Path) -> None:
    narrowing = competencies(node, tmp_path, small_layer(), "v1", "m@2")
    assert not narrowing.ready()
    assert narrowing.ensure()
    assert narrowing.ready()
    assert not narrowing.ensure()
    alias = f"{prefix_of(tmp_path)}._competencies"
    assert held(node, tmp_path) == {narrowing.index: [alias, f"{narrowing.index}.rows"]}
    mapping = ask(node, "GET", f"/{alias}/_mapping")[narrowing.index]["mappings"]
    assert mapping["dynamic"] == "strict"
    told = {"schema": elastic_competencies.SCHEMA, "vocabulary": "v1", "model": "m@2", "dimension": 384}
    assert mapping["_meta"] == told
    assert mapping["properties"]["label_vector"]["index_options"]["type"] == "flat"


def changed_label() -> Layer:
    return compile_layer(contents([*SKILLS[:-1], "credmatch: reach truck"]))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda url, place: competencies(url, place, changed_label()), id="vocabulary"),
        pytest.param(lambda url, place: competencies(url, place, small_layer(), model="m@2"), id="model"),
    ],
)
def test_another_vocabulary_or_model_takes_its_place_and_the_old_never_answers_for_it(
    node: str, tmp_path: Path, other: Callable[[str, Path], ElasticCompetencies]
) -> None:
    before = competencies(node, tmp_path, small_layer())
    before.ensure()
    after = other(node, tmp_path)
    one = np.ones((1, 384), np.int8)
    assert after.nearest(one) is None
    assert before.nearest(one) is not None
    assert after.ensure()
    assert list(held(node, tmp_path)) == [after.index]
    assert after.nearest(one) is not None
    assert before.nearest(one) is None
    assert before.begun("java", "en", 5) is None


def test_one_that_was_left_unfinished_does_not_answer_and_is_finished(
    node: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = competencies(node, tmp_path, changed_label())
    before.ensure()
    killed = competencies(node, tmp_path, small_layer())
    monkeypatch.setattr(killed, "_writes", lambda: list(ElasticCompetencies._writes(killed))[:7])
    with pytest.raises(Unavailable, match="7 of "):
        killed.ensure()
    assert len(held(node, tmp_path)) == 2
    assert killed.nearest(np.ones((1, 384), np.int8)) is None
    assert before.nearest(np.ones((1, 384), np.int8)) is not None
    again = competencies(node, tmp_path, small_layer())
    assert again.ensure()
    assert list(held(node, tmp_path)) == [again.index]
    Both.of(again, [small_layer()], WordEncoder()).compare(some_phrases(Random(3), 20), ["fo", "ja"])


def test_what_was_deleted_from_outside_is_built_again(node: str, tmp_path: Path) -> None:
    narrowing = competencies(node, tmp_path, small_layer())
    narrowing.ensure()
    ask(node, "DELETE", f"/{narrowing.index}/_doc/c3?refresh=true")
    assert narrowing.ensure()
    assert not narrowing.ensure()
    ask(node, "DELETE", f"/{narrowing.index}")
    both = Both(*_twice(narrowing), narrowing)
    assert both.ours.read(["operate forklift trucks"]) == both.theirs.read(["operate forklift trucks"])
    assert narrowing.ensure()
    both.compare(some_phrases(Random(4), 20), ["fo", "ja"])


def test_one_whose_only_copy_is_lost_is_built_again(node: str, tmp_path: Path) -> None:
    narrowing = competencies(node, tmp_path, small_layer())
    narrowing.ensure()
    redden(node, narrowing.index)
    assert narrowing.ensure()
    Both(*_twice(narrowing), narrowing).compare(some_phrases(Random(6), 20), ["fo", "ja"])


def test_before_it_is_built_it_is_not_taken_for_the_index_of_people(
    node: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "matcher"):
        assert competencies(node, tmp_path, small_layer()).begun("ja", "en", 5) is None
    (said,) = caplog.messages
    assert said.startswith("the index of competencies is not in Elasticsearch yet; competencies are")


def _twice(narrowing: ElasticCompetencies) -> tuple[Vocabulary, Vocabulary]:
    both = Both.of(narrowing, [small_layer()], WordEncoder())
    return both.ours, both.theirs


def test_while_it_does_not_answer_this_process_does_and_says_so_once(
    node: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away = competencies(f"http://127.0.0.1:{free_port()}", tmp_path, small_layer())
    ours, theirs = _twice(away)
    with caplog.at_level(logging.WARNING, "matcher"):
        for text in some_phrases(Random(5), 20):
            assert ours.read([text]) == theirs.read([text])
            assert ours.suggest(text[:3], "en") == theirs.suggest(text[:3], "en")
    [said] = [record.getMessage() for record in caplog.records if record.name.startswith("matcher")]
    assert "does not answer" in said
    assert "looked up in this process" in said
    with pytest.raises(Unavailable, match="does not answer"):
        away.ensure()


def test_it_is_asked_again_after_a_rest(node: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    competencies(node, tmp_path, small_layer()).ensure()
    with gate_before(node) as gate:
        narrowing = competencies(gate.address, tmp_path, small_layer())
        gate.faults.append(lambda request: request.hang_up() is None)
        assert narrowing.begun("ja", "en", 5) is None
        gate.faults.clear()
        asked = len(gate.requests)
        assert narrowing.begun("ja", "en", 5) is None
        assert len(gate.requests) == asked
        monkeypatch.setattr(narrowing, "_resting_until", 0.0)
        assert len(narrowing.begun("ja", "en", 5) or ()) == 2


# --- where it is chosen ------------------------------------------------------------------------


@pytest.mark.faults
def test_reindex_builds_it_and_the_application_asks_it(
    node: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gate_before(node) as gate:
        wanted = {
            "data_dir": tmp_path,
            "elasticsearch_url": gate.address,
            "elasticsearch_prefix": prefix_of(tmp_path),
        }
        for name, value in wanted.items():
            monkeypatch.setenv(f"CREDMATCH_{name.upper()}", str(value))
        assert run(["reindex", "--processes", "1"]) == 0
        [index] = held(node, tmp_path)
        parts = build_parts(read_settings(), WordEncoder())
        narrowed = parts.vocabularies.get("default")
        parts.close()
        asked = len(gate.requests)
        assert narrowed.suggest("forkl", "en")
        assert any("_competencies/_msearch" in request for request in gate.requests[asked:])
        assert index.startswith(f"{prefix_of(tmp_path)}._competencies.")
