"""Reading achievements from their words: outside the import, once, and never over what somebody said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select

from indexer import readings
from indexer.readings import read_pending
from indexer.vocabulary import encode_pending
from matcher.errors import InvalidInput, Unavailable
from matcher.records import AchievementRecord, AwardRecord, CandidateRecord, CompetencyRef, IssuerRef
from matcher.store import tables as t
from matcher.store.achievements import confirm, to_confirm
from matcher.store.changes import changed_candidates, last_change
from matcher.store.database import Database
from matcher.store.intake import store_candidates
from matcher.store.organisations import Organisation, create_organisation
from matcher.vocabulary.encoder import DIMENSION
from matcher.vocabulary.vocabularies import Vocabularies
from tests.parts.databases import Databases

COLLEGE = IssuerRef("Northshore College")
SKILLS = ("operate forklift", "work at heights", "administer first aid", "bake sourdough bread")


@dataclass
class Letters:
    """An encoder of sorts: texts that share runs of three letters are similar."""

    model: str = "letters@1"
    encoded: list[str] = field(default_factory=list)
    fails: bool = False

    def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
        if self.fails:
            raise Unavailable("the encoder rests")
        self.encoded += texts
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.int8)
        for row, text in enumerate(texts):
            for start in range(len(text) - 2):
                vectors[row, hash_of(text[start : start + 3].lower())] += 20
        return vectors


def hash_of(run: str) -> int:
    return sum(ord(letter) * 31**place for place, letter in enumerate(run)) % DIMENSION


@dataclass
class Pool:
    """An organisation whose own competencies are `SKILLS`."""

    database: Database
    home: Organisation
    encoder: Letters
    vocabularies: Vocabularies

    def hold(self, name: str, description: str = "", key: str = "") -> None:
        achievement = AchievementRecord(name, key or f"urn:a:{name.replace(' ', '-')}", description, COLLEGE)
        self.store(achievement)

    def store(self, achievement: AchievementRecord) -> None:
        with self.database.write() as connection:
            owner = CandidateRecord(f"holder of {achievement.key}", awards=(AwardRecord(achievement),))
            store_candidates(connection, self.home, [owner])

    def read(self) -> int:
        return read_pending(self.database, self.vocabularies, self.home.key)

    def claims(self) -> dict[str, list[tuple[str, bool, int | None]]]:
        """Name of an achievement -> labels it stands for, inferred or not, with probability."""
        k, a, c = t.achievement_competencies.c, t.achievements.c, t.competencies.c
        found: dict[str, list[tuple[str, bool, int | None]]] = {}
        with self.database.read() as connection:
            for name, label, inferred, probability in connection.execute(
                select(a.name, c.label_en, k.inferred, k.probability)
                .join(t.achievements, a.id == k.achievement_id)
                .join(t.competencies, c.id == k.competency_id)
                .order_by(a.name, k.probability.desc())
            ):
                found.setdefault(name, []).append((label, inferred, probability))
        found.pop("catalogue", None)
        return found

    def stage(self, name: str) -> str:
        a = t.achievements.c
        with self.database.read() as connection:
            return str(connection.execute(select(a.reading).where(a.name == name)).scalar_one())

    def id(self, label: str) -> int:
        c = t.competencies.c
        with self.database.read() as connection:
            return int(connection.execute(select(c.id).where(c.label_en == label)).scalar_one())


@pytest.fixture
def pool(databases: Databases, tmp_path: Path) -> Iterator[Pool]:
    database = databases.open()
    with database.write() as connection:
        home = create_organisation(connection, "default")
    encoder = Letters()
    made = Pool(database, home, encoder, Vocabularies(database, tmp_path / "vocabulary", encoder))
    refs = tuple(CompetencyRef(skill) for skill in SKILLS)
    made.store(AchievementRecord("catalogue", "urn:a:catalogue", issuer=COLLEGE, competencies=refs))
    encode_pending(database, made.vocabularies, home.key)
    yield made
    database.close()


def test_an_exact_name_needs_no_encoder(pool: Pool) -> None:
    pool.encoder.fails = True
    pool.hold("Work at heights", "Ladders and roofs")
    assert pool.read() == 1
    assert pool.claims() == {"Work at heights": [("work at heights", True, 10_000)]}
    assert pool.stage("Work at heights") == "inferred"


def test_nothing_is_encoded_where_nothing_waits(pool: Pool) -> None:
    pool.encoder.fails = True
    assert pool.read() == 0


def test_what_is_likely_is_inferred_and_what_is_not_is_said_so(pool: Pool) -> None:
    pool.hold("Administer all first aid")
    pool.hold("Zzyzx Qwph")
    number = change(pool)
    assert pool.read() == 2
    ((label, inferred, probability),) = pool.claims()["Administer all first aid"]
    assert (label, inferred) == ("administer first aid", True)
    assert probability is not None
    assert 5_000 <= probability < 10_000
    assert pool.stage("Zzyzx Qwph") == "not_understood"
    assert logged(pool, number) == 2
    with pool.database.read() as connection:
        a = t.achievements.c
        row = connection.execute(select(a.model, a.vocabulary).where(a.name == "Zzyzx Qwph")).one()
    assert row.model == "letters@1"
    assert row.vocabulary == pool.vocabularies.get("default").version
    assert pool.read() == 0


def test_reading_goes_on_where_it_stopped(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "BATCH", 2)
    for number in range(3):
        pool.hold("bake sourdough bread", key=f"urn:a:{number}")
    pool.hold("Breads of the world")
    pool.encoder.fails = True
    with pytest.raises(Unavailable):
        pool.read()
    assert len(pool.claims()["bake sourdough bread"]) == 2
    pool.encoder.fails = False
    told: list[tuple[int, int]] = []
    assert read_pending(pool.database, pool.vocabularies, "default", lambda *step: told.append(step)) == 2
    assert told == [(2, 2)]


def test_what_somebody_said_meanwhile_stays(pool: Pool) -> None:
    pool.hold("Safety certificate", "administer first aid")

    class Meanwhile(Letters):
        def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
            with pool.database.write() as connection:
                confirm(connection, pool.home, "urn:a:Safety-certificate", [pool.id(SKILLS[0])], by="Ann")
            return super().encode(texts)

    pool.vocabularies = Vocabularies(pool.database, pool.vocabularies._folder, Meanwhile())
    pool.read()
    assert pool.claims()["Safety certificate"] == [("operate forklift", False, None)]
    assert pool.stage("Safety certificate") == "confirmed"


def test_a_person_confirms_or_corrects_and_every_holder_is_logged(pool: Pool) -> None:
    pool.hold("Work at heights")
    pool.read()
    with pool.database.read() as connection:
        (waiting,) = to_confirm(connection, pool.home)
    assert (waiting.key, waiting.holders) == ("urn:a:Work-at-heights", 1)
    assert waiting.competencies == ((pool.id("work at heights"), 10_000),)
    number = change(pool)
    with pool.database.write() as connection:
        confirm(connection, pool.home, waiting.key, [waiting.competencies[0][0]], by="Ann")
        assert to_confirm(connection, pool.home) == []
    assert pool.claims() == {"Work at heights": [("work at heights", False, None)]}
    assert logged(pool, number) == 1


def test_only_competencies_that_the_organisation_sees_can_be_confirmed(pool: Pool) -> None:
    with pool.database.write() as connection:
        other = create_organisation(connection, "other")
        record = AchievementRecord("x", "urn:a:x", competencies=(CompetencyRef("of others"),))
        store_candidates(connection, other, [CandidateRecord("c", awards=(AwardRecord(record),))])
    pool.hold("Work at heights")
    with pool.database.write() as connection, pytest.raises(InvalidInput, match="competency"):
        confirm(connection, pool.home, "urn:a:Work-at-heights", [pool.id("of others")], by="Ann")
    with pool.database.write() as connection, pytest.raises(InvalidInput, match="states"):
        confirm(connection, pool.home, "urn:a:catalogue", [pool.id(SKILLS[0])], by="Ann")


def test_other_words_are_read_again(pool: Pool) -> None:
    pool.hold("Zzyzx Qwph")
    pool.read()
    record = AchievementRecord("Bake sourdough bread", "urn:a:Zzyzx-Qwph", issuer=COLLEGE)
    pool.store(replace(record, description="Corrected"))
    assert pool.read() == 1
    assert list(pool.claims()) == ["Bake sourdough bread"]


def change(pool: Pool) -> int:
    with pool.database.read() as connection:
        return last_change(connection, pool.home.id)


def logged(pool: Pool, after: int) -> int:
    with pool.database.read() as connection:
        return len(changed_candidates(connection, pool.home.id, after, 100)[0])
