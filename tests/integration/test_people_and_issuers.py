"""Candidates as pages show them, who holds what now, and the register of issuers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from matcher.errors import NotFound
from matcher.records import (
    AchievementRecord,
    AwardRecord,
    CandidateRecord,
    CompetencyRef,
    IssuerRef,
    Status,
)
from matcher.store import tables as t
from matcher.store.candidates import count_candidates, holders, load_candidate, names
from matcher.store.changes import changed_candidates, last_change
from matcher.store.database import Connection, Database
from matcher.store.intake import store_candidates
from matcher.store.issuers import list_issuers, set_issuer_known
from matcher.store.organisations import Organisation, create_organisation
from tests.parts.databases import Databases

NOW = 1_800_000_000
DAY = 86_400
NORTH, SOUTH = IssuerRef("Northshore", "https://North.example"), IssuerRef("Southshore")


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    made = databases.open()
    yield made
    made.close()


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.write() as connection:
        yield connection


@pytest.fixture
def home(connection: Connection) -> Organisation:
    return create_organisation(connection, "default")


def award(skill: str, issuer: IssuerRef = NORTH, **more: Any) -> AwardRecord:
    achievement = AchievementRecord(
        skill, f"urn:a:{skill}", "", issuer, (CompetencyRef(skill, f"urn:s:{skill}"),)
    )
    return AwardRecord(achievement, issued=NOW - 10 * DAY, **more)


def store(connection: Connection, home: Organisation, key: str, *awards: AwardRecord, **more: Any) -> None:
    store_candidates(connection, home, [CandidateRecord(key, awards=awards, **more)])


def test_a_candidate_with_the_personal_fields(connection: Connection, home: Organisation) -> None:
    store(connection, home, "c-1", award("a"), name="Ann", email="ann@example.org", applied_to=("q", "p"))
    found = load_candidate(connection, home.id, "c-1")
    assert (found.name, found.email, found.applied_to) == ("Ann", "ann@example.org", ("p", "q"))
    assert [one.achievement.name for one in found.profile.awards] == ["a"]
    with pytest.raises(NotFound, match="c-2"):
        load_candidate(connection, home.id, "c-2")
    other = create_organisation(connection, "other")
    with pytest.raises(NotFound):
        load_candidate(connection, other.id, "c-1")


def test_names_of_those_who_have_one(connection: Connection, home: Organisation) -> None:
    store(connection, home, "c-1", name="Ann")
    store(connection, home, "c-2")
    assert names(connection, home.id, ["c-1", "c-2", "c-3"]) == {"c-1": "Ann"}
    assert names(connection, home.id, []) == {}
    assert count_candidates(connection, home.id) == 2


def test_holders_hold_something_that_counts_now(connection: Connection, home: Organisation) -> None:
    store(connection, home, "c-twice", award("a", key="1"), award("a", key="2"))
    store(connection, home, "c-until-now", award("a", key="3", expires=NOW))
    store(connection, home, "c-unknown", award("a", key="4", status=Status.UNKNOWN))
    store(connection, home, "c-expired", award("a", key="5", expires=NOW - 1))
    store(connection, home, "c-revoked", award("a", key="6", status=Status.REVOKED))
    store(connection, home, "c-suspended", award("a", key="7", status=Status.SUSPENDED))
    store(connection, home, "c-later", award("a", key="8", valid_from=NOW + 1))
    store(connection, home, "c-other", award("b", key="9"))
    c = t.competencies.c
    ids = dict(iter(connection.execute(select(c.uri, c.id))))
    one, other = ids["urn:s:a"], ids["urn:s:b"]
    wanted = {1: [one], 2: [other], 3: [77], 4: [one, other], 5: []}
    assert holders(connection, home.id, wanted, NOW) == {1: 3, 2: 1, 3: 0, 4: 4, 5: 0}
    assert holders(connection, home.id, {1: [one]}, NOW + 1) == {1: 3}  # one lapsed, another began
    elsewhere = create_organisation(connection, "other").id
    assert holders(connection, elsewhere, {1: [one]}, NOW) == {1: 0}


def test_the_register_of_issuers(connection: Connection, home: Organisation) -> None:
    store(connection, home, "c-1", award("a", key="1"))
    store(connection, home, "c-2", award("b", SOUTH, key="2"), award("a", key="3"))
    store(connection, home, "c-3", award("b", SOUTH, key="4"))
    number = last_change(connection, home.id)
    set_issuer_known(connection, home, "https://north.EXAMPLE", known=True)
    listed = [(one.key, one.name, one.known, one.awards) for one in list_issuers(connection, home)]
    assert listed == [
        ("https://north.example", "Northshore", True, 2),
        ("southshore", "Southshore", False, 2),
    ]
    assert len(changed_candidates(connection, home.id, number, 10)[0]) == 2
    number = last_change(connection, home.id)
    set_issuer_known(connection, home, "Northshore", known=True)
    assert last_change(connection, home.id) == number
    for nobody in ("Nobody", " "):
        with pytest.raises(NotFound, match=nobody):
            set_issuer_known(connection, home, nobody, known=True)
