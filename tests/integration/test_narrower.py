"""What else meets a must-have is seen before anybody is ranked: in the form, in the proof, in the answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert
from website import SKILLS, Website, make_website, words

from matcher.settings import read_settings
from matcher.store import tables
from matcher.store.organisations import note_vocabulary_change, organisation
from matcher.web.pages import narrower
from tests.parts.databases import Databases

NARROWER = ("load cargo", "inspect equipment", "provide first aid")
"""Made directly narrower than "manage inventory": held by two people, by one, and by one."""


@pytest.fixture(scope="module")
def website(module_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    folder = tmp_path_factory.mktemp("narrower")
    made = make_website(read_settings(data_dir=folder, database_url=module_databases.url()))
    vocabulary = made.parts.vocabularies.get("default")
    ids = {name: found.id for name, uri in SKILLS.items() if (found := vocabulary.by_uri(uri))}
    with made.parts.database.write() as connection:
        for name in NARROWER:
            link = {"competency_id": ids[name], "type": "broader", "other_id": ids["manage inventory"]}
            connection.execute(insert(tables.relations).values(link))
        note_vocabulary_change(connection, organisation(connection, "default").id)
    body = {"requirements": [{"text": "manage inventory", "must": True}, {"text": "work at heights"}]}
    assert made.client().put("/api/v1/positions/stock", json=body).status_code == 201
    yield made
    made.close()


@pytest.fixture
def client(website: Website) -> FlaskClient:
    return website.client()


def test_the_form_lists_what_else_meets_a_micro_skill(client: FlaskClient) -> None:
    shown = words(client.get("/positions/stock/edit"))
    assert "3 narrower or equal competencies meet it too" in shown
    for line in (
        "load cargo (directly narrower) · held by 2 people",
        "inspect equipment (directly narrower) · held by 1 person",
    ):
        assert line in shown
    assert shown.index("load cargo (directly") < shown.index("inspect equipment (directly")
    assert shown.count("meet it too") == 1
    french = words(client.get("/positions/stock/edit?lang=fr"))
    assert "3 compétences plus précises ou égales y répondent aussi" in french


def test_of_very_many_the_most_held_are_listed(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrower, "SHOWN", 1)
    shown = words(client.get("/positions/stock/edit"))
    assert "load cargo (directly narrower)" in shown
    assert "and 2 more, each held by at most 1" in shown
    assert "inspect equipment (directly" not in shown


def test_the_proof_and_the_answer_list_it(client: FlaskClient) -> None:
    must, other = client.get("/api/v1/positions/stock/matches").get_json()["requirements"]
    assert other["met_by"] is None
    assert must["met_by"]["count"] == 4
    first, *others = must["met_by"]["competencies"]
    assert (first["label"], first["relation"]) == ("manage inventory", "exact")
    assert sorted(one["label"] for one in others) == sorted(NARROWER)
    assert {one["relation"] for one in others} == {"narrower"}
    proof = words(client.get("/positions/stock/candidates/theo"))
    assert "4 competencies meet this must-have" in proof
    assert "load cargo (directly narrower)" in proof
