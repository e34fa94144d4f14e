"""The fictional pool: the same for a seed, coherent, in the shape of imports, its competencies real."""

from __future__ import annotations

import io
import itertools
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cache
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from indexer.readers import jsonl
from indexer.readers.formats import Context
from indexer.sample.catalogue import issuers, known_issuers, offers, positions, postings
from indexer.sample.pool import REFERENCE_DAY, ROLES, generate
from indexer.sample.vectors import KnowingEncoder, read_vectors
from indexer.shipped import read_esco, read_supplement
from matcher.moments import first_moment
from matcher.records import CandidateRecord, Status
from matcher.vocabulary.encoder import DIMENSION, LocalEncoder

ZONE = ZoneInfo("America/Toronto")


@cache
def lines() -> list[str]:
    return list(generate(2_000, 1))


@cache
def people() -> list[CandidateRecord]:
    found = list(jsonl.read(io.BytesIO("\n".join(lines()).encode()), Context("sample", ZONE)))
    assert all(isinstance(one, CandidateRecord) for one in found)
    return [one for one in found if isinstance(one, CandidateRecord)]


@cache
def shipped() -> dict[str, str]:
    """URI -> English label of all that ships."""
    found = [*read_esco().competencies, *read_supplement().competencies]
    return {competency.uri: competency.labels["en"] for competency in found}


def test_the_same_seed_gives_the_same_people_however_many_are_asked_for() -> None:
    assert list(generate(100, 1)) == lines()[:100]
    assert list(generate(100, 2)) != lines()[:100]
    assert list(generate(100, 1, today=date(2027, 11, 1))) != lines()[:100]


def test_another_process_gives_the_same_people() -> None:
    program = (
        "import sys; from indexer.sample.pool import generate; sys.stdout.write('\\n'.join(generate(50, 1)))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
    assert done.stdout.decode().splitlines() == lines()[:50]


def test_a_large_pool_begins_at_once() -> None:
    assert list(itertools.islice(generate(10**9, 1), 3)) == lines()[:3]


def test_counts_are_realistic() -> None:
    held = [len(person.awards) for person in people()]
    assert 6 <= median(held) <= 8
    assert 0 < held.count(0) < 0.06 * len(held)
    assert 15 <= max(held) <= 25


def test_credentials_lapse_in_every_way_and_some_carry_levels() -> None:
    awards = [award for person in people() for award in person.awards]
    statuses = Counter(award.status for award in awards)
    assert all(statuses[status] > 50 for status in Status)
    day = first_moment(REFERENCE_DAY.isoformat(), ZONE)
    expired = sum(award.expires is not None and award.expires < day for award in awards)
    assert 0.1 < expired / len(awards) < 0.25
    assert sum(award.valid_from is not None and award.valid_from > day for award in awards) > 20
    assert sum(award.level is not None for award in awards) > len(awards) / 4
    assert any(award.expires is None for award in awards)
    assert any(not award.key for award in awards)


def test_people_hold_what_belongs_together() -> None:
    held_by_each = [{one.achievement.key.rpartition("/")[2] for one in person.awards} for person in people()]
    drivers = [held for held in held_by_each if held & {"lift-counterbalance", "cariste-contrepoids"}]
    assert len(drivers) > 50
    assert sum(bool(held & {"whmis", "simdut"}) for held in drivers) > len(drivers) / 3
    assert sum(bool(held & {"pocus-core", "echographie-ciblee"}) for held in drivers) < len(drivers) / 20


def test_a_languages_people_hold_mostly_credentials_in_it() -> None:
    language = {json.loads(offer.json)["key"]: offer.language for offer in offers()}
    spoken = Counter(
        (person.languages[0], language[award.achievement.key])
        for person in people()
        for award in person.awards
    )
    assert spoken["en", "en"] > 5 * spoken["en", "fr"]
    assert spoken["fr", "fr"] > spoken["fr", "en"]


def test_people_are_fictional_and_reachable_nowhere() -> None:
    hosts = {person.email.rpartition("@")[2] for person in people()}
    assert hosts == {"example.org", "example.com", "example.ca"}
    assert len({person.email for person in people()}) == len(people())
    assert all(person.email.isascii() and " " not in person.email for person in people())


def test_every_position_has_applicants_and_most_of_them_of_its_field() -> None:
    applied = Counter(position for person in people() for position in person.applied_to)
    assert set(applied) == {posting.position["key"] for posting in postings()}
    assert all(20 <= count <= 200 for count in applied.values())


def test_applicants_stay_few_in_a_large_pool() -> None:
    late = [json.loads(line) for line in itertools.islice(generate(20_000, 1), 18_000, 20_000)]
    assert 0 < sum(len(one["applied_to"]) for one in late) < 150


def test_what_the_catalogue_names_exists() -> None:
    bodies = {offer.key: json.loads(offer.json) for offer in offers()}
    keys = {body["key"] for body in bodies.values()}
    for offer in offers():
        assert offer.level in {"", "rubric", "score"}, offer.key
        assert {related["key"] for related in bodies[offer.key].get("related", ())} <= keys, offer.key
        for competency in bodies[offer.key].get("competencies", ()):
            if "uri" in competency:
                assert shipped()[competency["uri"]] == competency["label"], offer.key


def test_the_catalogue_has_all_kinds_of_achievements() -> None:
    bodies = [json.loads(offer.json) for offer in offers()]
    assert len(bodies) == len({body["key"] for body in bodies}) > 200
    named = [competency for body in bodies for competency in body.get("competencies", ())]
    assert sum("uri" not in competency for competency in named) > 10
    assert any("framework" in competency for competency in named)
    assert 10 < sum("competencies" not in body for body in bodies) < 40
    assert sum(any(one["type"] == "hasPart" for one in body.get("related", ())) for body in bodies) >= 8
    assert Counter(offer.language for offer in offers())["fr"] > 60
    assert {role for offer in offers() for role in offer.roles} == set(ROLES)


def test_most_issuers_are_known_but_not_all() -> None:
    assert 0.7 < len(known_issuers()) / len(issuers()) < 1
    assert set(known_issuers()) < {issuer.url for issuer in issuers().values()}


def test_positions_name_competencies_that_exist() -> None:
    assert len({position["key"] for position in positions()}) == 12
    ways = [
        way
        for position in positions()
        for requirement in position["requirements"]
        for way in (requirement, *requirement.get("any_of", ()))
    ]
    assert all(way["competency"] in shipped() for way in ways if "competency" in way)
    assert any("competency" not in way for way in ways)
    assert any(way.get("must") for way in ways)
    assert any(way.get("min_level") for way in ways)


class _Counting:
    """An encoder of which one can see what it was asked."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
        self.asked += texts
        return np.full((len(texts), DIMENSION), 7, dtype=np.int8)


def test_known_texts_are_not_encoded_again_unless_the_model_is_another() -> None:
    vectors = read_vectors()
    text, vector = next(iter(vectors.by_text.items()))
    same, another = _Counting(vectors.model), _Counting("another@1")
    found = KnowingEncoder(vectors, same).encode([text, "new words", text])
    assert same.asked == ["new words"]
    assert found.shape == (3, DIMENSION)
    assert (found[0] == vector).all()
    assert (found[2] == vector).all()
    assert (found[1] == 7).all()
    assert (KnowingEncoder(vectors, another).encode([text]) == 7).all()
    assert KnowingEncoder(vectors, same).encode([]).shape == (0, DIMENSION)


def test_vectors_are_of_the_model_that_is_used() -> None:
    assert read_vectors().model == LocalEncoder().model
