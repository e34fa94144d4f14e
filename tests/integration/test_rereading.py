"""A newer model reads beside what counts; an index bounds both; then all is switched at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.copying import load_documents
from indexer.readings import read_anew, read_positions_anew, switch_readings
from indexer.vocabulary import encode_pending
from matcher.ranking.plan import pairs_of
from matcher.records import Alternative, Basis, Position, Requirement
from matcher.store.achievements import confirm
from matcher.store.changes import candidate_ids, changed_candidates, last_change
from matcher.store.positions import load_position, save_position
from matcher.vocabulary.vocabularies import Vocabularies
from tests.integration.test_readings import Letters, Pool, pool

__all__ = ["pool"]


@dataclass
class Newer(Letters):
    """Another model: to it, who hoists bakes."""

    model: str = "letters@2"

    def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
        return super().encode([text.replace("operate hoists", "bake sourdough bread") for text in texts])


def upgraded(pool: Pool, folder: Path) -> Pool:
    """The same pool once the newer model is installed, its labels encoded."""
    encoder = Newer()
    newer = replace(
        pool, encoder=encoder, vocabularies=Vocabularies(pool.database, folder / "newer", encoder)
    )
    encode_pending(newer.database, newer.vocabularies, newer.home.key)
    return newer


def bounded(pool: Pool) -> dict[int, set[int]]:
    """Candidate -> competencies that its search document bounds."""
    with pool.database.read() as connection:
        ids = candidate_ids(connection, pool.home.id, 0, 1_000)
        documents = load_documents(connection, pool.home.id, ids, 0).documents
    return {one.candidate: set(one.ever) for one in documents}


def test_beside_then_at_once(pool: Pool, tmp_path: Path) -> None:
    pool.hold("operate hoists")
    pool.hold("work at height")
    pool.hold("operate hoists safely", key="urn:confirmed")
    pool.read()
    with pool.database.write() as connection:
        confirm(connection, pool.home, "urn:confirmed", [pool.id("work at heights")], by="somebody")
    before = pool.claims()
    assert [label for label, *_ in before["operate hoists"]] == ["operate forklift"]
    newer = upgraded(pool, tmp_path)
    newer.encoder.encoded.clear()

    assert read_anew(newer.database, newer.vocabularies, "default") == 2  # not the confirmed one
    encoded = len(newer.encoder.encoded)
    assert read_anew(newer.database, newer.vocabularies, "default") == 2
    assert len(newer.encoder.encoded) == encoded
    assert pool.claims() == before
    forklift, bread = pool.id("operate forklift"), pool.id("bake sourdough bread")
    (holder,) = (one for one, held in bounded(newer).items() if held == {forklift, bread})

    with pool.database.read() as connection:
        number = last_change(connection, pool.home.id)
    assert switch_readings(newer.database, newer.vocabularies, "default") == 1
    after = pool.claims()
    assert [label for label, *_ in after["operate hoists"]] == ["bake sourdough bread"]
    assert [label for label, *_ in after["work at height"]] == ["work at heights"]
    assert after["operate hoists safely"] == before["operate hoists safely"]
    assert bounded(newer)[holder] == {bread}
    with pool.database.read() as connection:
        changed, _ = changed_candidates(connection, pool.home.id, number, 100)
    assert changed == [holder]
    assert read_anew(newer.database, newer.vocabularies, "default") == 0
    assert switch_readings(newer.database, newer.vocabularies, "default") == 0


def test_what_somebody_says_meanwhile_stays(pool: Pool, tmp_path: Path) -> None:
    pool.hold("operate hoists", key="urn:hoists")
    pool.read()
    newer = upgraded(pool, tmp_path)
    read_anew(newer.database, newer.vocabularies, "default")
    with pool.database.write() as connection:
        confirm(connection, pool.home, "urn:hoists", [pool.id("operate forklift")], by="somebody")
    assert switch_readings(newer.database, newer.vocabularies, "default") == 0
    assert [label for label, *_ in pool.claims()["operate hoists"]] == ["operate forklift"]
    assert pool.stage("operate hoists") == "confirmed"


def test_what_is_renamed_meanwhile_counts_as_what_it_is_called_now(pool: Pool, tmp_path: Path) -> None:
    """Renamed, and read by its new name, before the switch."""
    pool.hold("operate hoists", key="urn:hoists")
    pool.read()
    newer = upgraded(pool, tmp_path)
    assert read_anew(newer.database, newer.vocabularies, "default") == 1
    newer.hold("work at height", key="urn:hoists")
    newer.read()
    assert switch_readings(newer.database, newer.vocabularies, "default") == 0
    assert [label for label, *_ in pool.claims()["work at height"]] == ["work at heights"]


def test_what_is_renamed_while_it_is_read_anew_counts_as_what_it_is_called_now(
    pool: Pool, tmp_path: Path
) -> None:
    pool.hold("operate hoists", key="urn:hoists")
    pool.read()
    newer = upgraded(pool, tmp_path)

    class Meanwhile(Newer):
        def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
            newer.hold("work at height", key="urn:hoists")
            newer.read()
            return super().encode(texts)

    slow = Vocabularies(pool.database, tmp_path / "newer", Meanwhile())
    assert read_anew(newer.database, slow, "default") == 0
    assert switch_readings(newer.database, newer.vocabularies, "default") == 0
    assert [label for label, *_ in pool.claims()["work at height"]] == ["work at heights"]


def test_a_position_is_read_anew_and_vectors_of_two_models_never_compare(pool: Pool, tmp_path: Path) -> None:
    vocabulary = pool.vocabularies.get("default")
    texts = ["operate hoists", "operate forklift", "operate a hoist"]
    readings = vocabulary.read(texts)
    readings[2] = replace(readings[2], basis=Basis.CONFIRMED, competency=pool.id("work at heights"))
    requirements = tuple(
        Requirement((Alternative(text, reading),)) for text, reading in zip(texts, readings, strict=True)
    )
    with pool.database.write() as connection:
        save_position(connection, pool.home.id, Position("p", requirements=requirements))
    newer = upgraded(pool, tmp_path)
    now = newer.vocabularies.get("default")

    # Read by the other model: no kinship of its words, only what it was read as.
    forklift, bread = pool.id("operate forklift"), pool.id("bake sourdough bread")
    assert set(pairs_of(readings[0], now, texts[0])) == {forklift}
    assert read_positions_anew(newer.database, newer.vocabularies, "default") == 1
    with pool.database.read() as connection:
        position = load_position(connection, pool.home.id, "p")
    first, second, third = (r.alternatives[0].reading for r in position.requirements)
    assert (first.competency, first.model) == (bread, "letters@2")
    assert bread in pairs_of(first, now, texts[0])
    assert (second, third) == (readings[1], readings[2])
    assert read_positions_anew(newer.database, newer.vocabularies, "default") == 0
