"""A candidate's own word and what others say in favour: shown as what they are, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from website import DAY, NOW, SKILLS, Website, make_website, words

from matcher.records import (
    AchievementRecord,
    AwardRecord,
    CandidateRecord,
    CompetencyRef,
    EndorsementRecord,
    IssuerRef,
)
from matcher.settings import read_settings
from matcher.store.endorsements import store_endorsements
from matcher.store.intake import store_candidates
from matcher.store.organisations import organisation
from tests.parts.databases import Databases

YARD = IssuerRef("Harbour Yard", "https://yard.example.org")


def award(skill: str, issuer: IssuerRef, key: str, *, claimed: bool = False) -> AwardRecord:
    refs = (CompetencyRef(skill, SKILLS[skill]),)
    achievement = AchievementRecord(f"{skill} badge", f"badge-{key}", issuer=issuer, competencies=refs)
    return AwardRecord(achievement, key, issued=NOW - DAY, expires=NOW + 90 * DAY, claimed=claimed)


@pytest.fixture(scope="module")
def website(module_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    folder = tmp_path_factory.mktemp("endorsed")
    made = make_website(read_settings(data_dir=folder, database_url=module_databases.url()))
    held = (
        award("operate forklift", YARD, "urn:uuid:1"),
        award("work at heights", IssuerRef(), "own-1", claimed=True),
    )
    friend = IssuerRef("Port Authority <b>")
    said = [
        EndorsementRecord("urn:uuid:1", friend, "e-1", "Saw <i>it</i> done", NOW - DAY),
        EndorsementRecord("badge-urn:uuid:1", friend, "e-2"),
        EndorsementRecord("https://yard.example.org", IssuerRef(url="https://who.example"), "e-3", "Sound"),
        EndorsementRecord("urn:uuid:2", friend, "e-4", "Of something else"),
    ]
    with made.parts.database.write() as connection:
        home = organisation(connection, "default")
        store_candidates(connection, home, [CandidateRecord("uma", "Uma Sato", awards=held)])
        store_endorsements(connection, home, said)
    made.index()
    yield made
    made.close()


@pytest.fixture
def client(website: Website) -> FlaskClient:
    return website.client()


@pytest.mark.parametrize("path", ["/candidates/uma", "/positions/yard/candidates/uma"])
def test_endorsements_are_shown_apart_and_never_scored(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    shown = words(page)
    assert "Endorsed by Port Authority <b>: Saw <i>it</i> done (" in shown
    assert "What it certifies is endorsed by Port Authority <b> (never scored)" in shown
    assert "The issuer is endorsed by https://who.example: Sound (never scored)" in shown
    assert "Of something else" not in shown
    assert "<i>it" not in page.text
    assert "Recommandé par Port Authority <b> : Saw" in words(client.get(f"{path}?lang=fr")).replace(
        "\xa0", " "
    )


@pytest.mark.parametrize("path", ["/candidates/uma", "/positions/yard/candidates/uma"])
def test_a_candidates_own_word_is_called_so(client: FlaskClient, path: str) -> None:
    shown = words(client.get(path))
    assert "their own word, no issuer (claimed by the candidate alone)" in shown
    assert "Claimed only" in shown
    french = words(client.get(f"{path}?lang=fr"))
    assert "la parole de la personne, sans émetteur (affirmé par la personne seule)" in french


def test_the_answer_says_what_is_known_of_the_proof(client: FlaskClient) -> None:
    answer = client.get("/api/v1/positions/yard/matches").get_json()
    uma = next(result for result in answer["results"] if result["candidate"] == "uma")
    assert [part["proof"] for part in uma["requirements"]] == ["stated", "claimed", None, None, None]


def test_the_words_of_a_claim_name_the_candidates_own_word(client: FlaskClient) -> None:
    assert "or the candidate’s own word." in words(client.get("/how"))
    assert "ou la parole de la personne" in words(client.get("/how?lang=fr"))
