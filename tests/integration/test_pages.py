"""The pages, as a browser without scripts sees them, in both languages."""

from __future__ import annotations

import ast
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from numpy.typing import NDArray
from sqlalchemy import func, select, update
from website import SKILLS, Website, WordEncoder, make_website, words
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from indexer.readings import read_pending
from matcher.errors import ConfigurationError, Unavailable
from matcher.records import Basis
from matcher.settings import Settings, read_settings
from matcher.store import tables as t
from matcher.store.changes import candidate_ids, last_change, log_again
from matcher.store.database import Database
from matcher.store.organisations import organisation
from matcher.store.positions import load_position
from matcher.web.services import Services
from tests.parts.databases import Databases
from tests.unit.specimens import FILES
from tools import translations

TOKEN, WRONG = "correct-horse-battery", "incorrect-horse-battery"
PAGES = (
    "/",
    "/how",
    "/positions/new",
    "/positions/yard",
    "/positions/yard?who=applicants&top=10&day=2026-01-31",
    "/positions/yard/edit",
    "/positions/yard/candidates/theo",
    "/candidates/theo",
    "/candidates/nobody",
    "/candidates/theo/credentials",
    "/achievements",
    "/achievements?show=confirmed",
)


@pytest.fixture(scope="module")
def website(module_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    folder = tmp_path_factory.mktemp("pages")
    made = make_website(read_settings(data_dir=folder, database_url=module_databases.url()))
    yield made
    made.close()


@pytest.fixture
def client(website: Website) -> FlaskClient:
    return website.client()


class Form(HTMLParser):
    """What a browser would send of the form around `csrf_token`; unticked boxes are left out."""

    def __init__(self, page: TestResponse) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self._select = ""
        self._area: list[str] | None = None
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        name = found.get("name", "")
        if tag == "input" and name and (found.get("type") not in {"radio", "checkbox"} or "checked" in found):
            self.fields.append((name, found.get("value", "on" if "checked" in found else "")))
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in found:
            self.fields.append((self._select, found["value"]))
        elif tag == "textarea":
            self._area = []
            self._select = name

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            self.fields.append((self._select, "".join(self._area)))
            self._area = None

    def with_(self, **changes: str | None) -> dict[str, list[str]]:
        """The fields with some of them replaced (None: left out)."""
        sent: dict[str, list[str]] = {}
        for name, value in self.fields:
            sent.setdefault(name, []).append(value)
        for name, change in changes.items():
            sent.pop(name.replace("__", "-"), None)
            if change is not None:
                sent[name.replace("__", "-")] = [change]
        return sent


# --- every page --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_speaks_its_readers_language(client: FlaskClient, path: str, language: str) -> None:
    page = client.get(path, headers={"Accept-Language": f"{language}-CA"})
    assert page.status_code == 200, page.text
    assert f'<html lang="{language}">' in page.text
    shown = words(page)
    assert ("Le classement expliqué" in shown) is (language == "fr")
    assert ("How ranking works" in shown) is (language == "en")
    assert "None" not in shown.replace("None of these", "")
    assert "%(" not in shown


@pytest.mark.parametrize("path", [*PAGES, "/nothing"])
def test_a_page_keeps_to_its_own_policy(client: FlaskClient, path: str) -> None:
    text = client.get(path).text
    assert not re.search(r"<[^>]+\sstyle=", text)
    assert not re.search(r"<[^>]+\son[a-z]+=", text)
    assert not re.search(r"<style|<script(?![^>]+src=\"/static/)", text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
    for address in re.findall(r"(?:src|href)=\"(/static/[^\"]+)", text):
        with client.get(address) as file:
            assert file.status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_a_page_can_be_understood_without_eyes(client: FlaskClient, path: str) -> None:
    text = client.get(path).text
    assert text.count("<h1") == 1
    assert text.count("<main") == 1
    assert 'class="skip" href="#main"' in text
    ids = re.findall(r"\sid=\"([^\"]+)\"", text)
    assert len(ids) == len(set(ids))
    for table in re.findall(r"<table.*?</table>", text, re.DOTALL):
        assert "<caption" in table
        assert 'scope="row"' in table
    named = set(re.findall(r"<label[^>]+for=\"([^\"]+)\"", text))
    for control in re.findall(r"<(?:input|select|textarea)[^>]*>", text):
        if not re.search(r'type="(?:hidden|radio|checkbox)"', control):
            found = re.search(r"\sid=\"([^\"]+)\"", control)
            assert found, control
            assert found[1] in named, control


def test_a_chosen_language_is_remembered(client: FlaskClient) -> None:
    client.get("/?lang=fr")
    assert '<html lang="fr">' in client.get("/how").text
    assert '<html lang="en">' in client.get("/how?lang=en").text
    assert '<html lang="en">' in client.get("/how?lang=klingon").text


def test_the_catalogue_is_whole_and_compiled() -> None:
    stored = translations.translated()
    wanted = {message.id for message in translations.collect() if message.id}
    assert {message.id for message in stored if message.id} == wanted, "run python -m tools.translations"
    for message in stored:
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(strings), f"{message.id!r} is not translated"
        assert not list(message.check(stored))
        assert not re.search(r"« | »| [:!?;]", " ".join(strings)), f"a line may end within {strings}"
    assert translations.PO.with_suffix(".mo").read_bytes() == translations.compiled(stored)


def test_what_people_wrote_is_text(client: FlaskClient) -> None:
    for path in ("/", "/positions/yard", "/candidates/twin-2"):
        text = client.get(path).text
        assert "<b>Owen" not in text
        assert "<worker>" not in text
    assert "&lt;b&gt;Owen&lt;/b&gt; O&#39;Neil" in client.get("/positions/yard").text


def test_an_error_is_a_page_for_people(client: FlaskClient) -> None:
    for path, status in (
        ("/nothing", 404),
        ("/positions/missing", 404),
        ("/candidates/missing", 404),
        ("/positions/yard/candidates/missing", 404),
        ("/positions/yard?top=0", 422),
        ("/positions/yard?day=x", 422),
        ("/positions/yard?who=bad", 422),
        ("/positions/yard/candidates/theo?who=bad", 422),
    ):
        page = client.get(path)
        assert page.status_code == status, path
        assert page.content_type == "text/html; charset=utf-8"
        assert "All positions" in words(page)
    assert client.delete("/").status_code == 405


FRENCH = {"Accept-Language": "fr-CA"}


def english(page: TestResponse) -> list[str]:
    """What a French page says in English, and marks as such."""
    return re.findall(r'<(?!a )[^>]+ lang="en"[^>]*>([^<]*)', page.text)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/nothing", "Aucune page n’a cette adresse."),
        ("/positions/missing", 'il n’y a pas de poste "missing"'),
        ("/positions/50%25", 'il n’y a pas de poste "50%"'),
        ("/positions/missing/edit", 'il n’y a pas de poste "missing"'),
        ("/candidates/missing", 'il n’y a pas de personne "missing"'),
        ("/positions/yard/candidates/missing", 'il n’y a pas de personne "missing"'),
        ("/positions/yard?top=0", '"0" n’est pas un nombre entier de 1 à 500'),
        ("/positions/yard?day=x", '"x" n’est pas un jour comme 2026-01-31'),
        ("/positions/yard?day=0001-01-01", '"0001-01-01" n’est pas un jour de 1900 à 9998'),
        ("/positions/yard?who=bad", '"bad" n’est ni « pool » ni « applicants »'),
        ("/positions/unsure/candidates/theo", "l’exigence absolue 'zzzz qqqq' n’a pas été comprise"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_in_french(client: FlaskClient, path: str, said: str) -> None:
    client.put("/api/v1/positions/unsure", json={"requirements": [{"text": "zzzz qqqq", "must": True}]})
    page = client.get(path, headers=FRENCH)
    assert page.status_code >= 400
    assert said in words(page)
    assert english(page) == []


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("/", {}, "Cette adresse n’accepte pas ce genre de requête."),
        ("/achievements", {"achievement": "x"}, 'il n’y a pas de titre "x"'),
        ("/achievements", {"competency": "urn:x"}, 'aucune compétence n’a l’URI "urn:x"'),
        ("/achievements", {"csrf_token": ""}, "Le formulaire a expiré Revenez en arrière"),
        (
            "/positions/new",
            {"description": "x" * 10_000_001},
            "Plus d’octets sont envoyés à la fois que CREDMATCH_UPLOAD_BODY n’en permet",
        ),
    ],
)
def test_what_is_wrong_with_a_form_is_said_in_french(
    client: FlaskClient, path: str, data: dict[str, str], said: str
) -> None:
    token = dict(Form(client.get("/positions/new")).fields)["csrf_token"]
    page = client.post(path, data={"csrf_token": token} | data, headers=FRENCH)
    assert page.status_code >= 400
    assert said in words(page)
    assert english(page) == []


def test_other_sites_and_names_are_refused_in_french(client: FlaskClient) -> None:
    page = client.post("/sign-out", headers=FRENCH | {"Origin": "https://evil.example"})
    assert "La requête vient de la page d’un autre site." in words(page)
    page = client.get("/", headers=FRENCH | {"Host": "evil.example"})
    assert "Le serveur n’est pas connu sous ce nom d’hôte" in words(page)


def test_a_missing_index_is_said_in_french(settings: Settings) -> None:
    website = make_website(settings, indexed=False)
    page = website.client().get("/positions/yard", headers=FRENCH)
    assert page.status_code == 503
    assert "l’index de recherche n’est pas là pour le moment" in words(page)
    assert english(page) == []
    website.close()


def test_changes_that_wait_long_for_the_index_are_said(settings: Settings) -> None:
    website = make_website(settings)
    client = website.client()
    said = "is new since then may be missing", "une personne ajoutée depuis n’apparaisse pas"
    assert said[0] not in words(client.get("/positions/yard?lang=en"))
    with website.parts.database.write() as connection:
        home = organisation(connection, "default").id
        number = last_change(connection, home)
        log_again(connection, home, candidate_ids(connection, home, 0, 2))
        waiting = update(t.changes).where(t.changes.c.number > number)
        connection.execute(waiting.values(created=t.changes.c.created - 125))
    lacks = "The search index lacks 2 changes, the first made 2 minutes ago: who "
    assert f"{lacks}{said[0]}" in words(client.get("/positions/yard?lang=en"))
    page = client.get("/positions/yard?lang=fr")
    assert "2 changements, dont le premier a été fait il y a 2 minutes, ne sont pas encore" in words(page)
    assert said[1] in words(page)
    with website.parts.database.write() as connection:
        pruned = select(func.max(t.changes.c.number)).scalar_subquery()
        connection.execute(update(t.organisations).values(changes_pruned=pruned))
    assert "lacks changes that are no longer logged" in words(client.get("/positions/yard?lang=en"))
    page = client.get("/positions/yard?lang=fr")
    assert "des changements qui ne sont plus consignés" in words(page)
    assert said[1] in words(page)
    website.close()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("inside"), "L’erreur a été consignée."),
        (Unavailable("the database does not answer: locked"), "Rien n’est perdu. Réessayez"),
        (ConfigurationError("no table"), "le journal du serveur dit ce qui ne va pas"),
    ],
)
def test_what_is_wrong_inside_is_said_in_french(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Database, "read", broken)
    page = client.get("/", headers=FRENCH)
    assert said in words(page)
    assert str(error) not in words(page)
    assert english(page) == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", "x" * 501, "a plus de 500 caractères"),
        ("description", "a\x01b", "Contient des caractères de commande"),
        ("region", "x" * 201, "a plus de 200 caractères"),
        ("issuer", "a," * 101, "A 101 éléments, plus que 100"),
        ("weight-0", "0.00001", "1e-05 est inférieur à 0.0001"),
        ("level-0", "7", "7.0 est supérieur à 1"),
        ("choice-0", "urn:x", 'Aucune compétence n’a l’URI "urn:x"'),
    ],
)
def test_what_is_wrong_is_said_in_french_beside_its_field(
    client: FlaskClient, field: str, value: str, said: str
) -> None:
    path = "/positions/new"
    form = Form(client.get(path))
    page = client.post(path, data=form.with_(title="X", add="load cargo", action="read"))
    data = Form(page).with_(action="save", **{field.replace("-", "__"): value})
    page = client.post(path, data=data, headers=FRENCH)
    assert page.status_code == 422
    assert said in words(page)
    assert english(page) == []
    at = field if "-" not in field else "text-0"
    assert re.search(rf'<(?:input|textarea) id="{at}"[^>]*aria-invalid="true"', page.text)


def test_what_may_be_said_to_people_is_marked_where_it_is_raised() -> None:
    raised = {
        "InvalidInput",
        "NotFound",
        "NotScorable",
        "BadRequest",
        "Forbidden",
        "Unauthorized",
        "BadStream",
    }
    read = {"Notice": 2, "Rejected": 3}  # which argument says something
    for path in sorted(path for folder in translations.FOLDERS for path in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if name in raised or name in read:
                sentence = node.args[read.get(name, 0)]
                assert not isinstance(sentence, ast.Constant | ast.JoinedStr), f"{path}: {node.lineno}"


# --- the list and the ranking ------------------------------------------------------------------


def test_an_empty_installation_says_what_to_do(settings: Settings) -> None:
    website = make_website(settings, pool=False)
    page = website.client().get("/")
    assert "No position yet" in words(page)
    assert 'href="/positions/new"' in page.text
    website.close()


def test_the_list_leads_to_the_rankings(client: FlaskClient) -> None:
    page = client.get("/")
    assert 'href="/positions/yard"' in page.text
    assert "Yard <worker> & driver 5 2 Edit" in words(page)


def test_the_ranking_draws_every_cell(client: FlaskClient) -> None:
    page = client.get("/positions/yard")
    rows = re.findall(r"<tr[^>]*>\s*<th scope=\"row\" class=\"who\">.*?</tr>", page.text, re.DOTALL)
    assert len(rows) == 3
    assert "Amara Okafor" in rows[0]
    for row in rows:
        assert row.count("data-proof=") == row.count('class="cell-words"') == row.count("#m-") == 5
    assert rows[1].count("shares this rank") == 1
    assert "Must-have “operate forklift”: 2 people lack it." in words(page)


def test_what_is_said_of_nobody_and_of_one_person(client: FlaskClient) -> None:
    def said(path: str) -> str:
        return words(client.get(f"/positions/{path}"))

    client.put(
        "/api/v1/positions/rare", json={"requirements": [{"text": "zzzz qqqq"}, {"text": "load cargo"}]}
    )
    nobody = {"requirements": [{"text": "load cargo"}], "filters": {"region": "Nowhere"}}
    client.put("/api/v1/positions/none", json=nobody)
    page = said("none")
    assert "Nobody with some coverage, in a pool of " in page
    assert "Nobody had to be scored: nobody who belongs here was left out." in page
    assert not re.search(r"\b0 (?:person|people|applicant)", page)
    assert "No applicant is ranked" in said("none?who=applicants")
    assert not re.search(r"\b0 (?:person|people|applicant)", said("none?who=applicants"))
    french = said("none?lang=fr")
    assert "Personne qui couvre quelque chose, dans un bassin de " in french
    assert not re.search(r"\b0 (?:personne|candidat)", french)
    client.get("/?lang=en")
    body = {"requirements": [{"text": "load cargo"}], "filters": {"issuer": "Unknown Yard"}}
    client.put("/api/v1/positions/one", json=body)
    page = said("one")
    assert "The only person with some coverage, in a pool of " in page
    assert "1 person was scored" in page


def test_applicants_are_all_listed(client: FlaskClient) -> None:
    page = client.get("/positions/yard?who=applicants")
    assert "1 applicant misses a must-have and is not ranked" in words(page)
    assert "Théo Tremblay" in page.text
    assert "must-have not met" in words(page)


def test_a_proof_shows_every_factor_and_adds_up(client: FlaskClient) -> None:
    page = client.get("/positions/yard/candidates/theo")
    shown = words(page)
    assert page.text.count('class="card proof-part"') == 5
    total = re.search(r"([\d.]+) of 100 points", shown)
    points = re.findall(r"<strong>([\d.]+)</strong> of", page.text)
    assert total
    assert round(sum(map(float, points)), 4) == float(total[1])
    for sentence in (
        "Nearest thing held, worth nothing now: expired",
        "revoked",
        "Stated only: the issuer is not in the register",
        "The status could not be checked",
        "The competency was inferred from words and nobody confirmed it",
        "The level held, as a share of the level required 0.8333",
        "50% (Silver)",
    ):
        assert sentence in shown, sentence


@pytest.mark.parametrize(
    ("language", "said", "why", "count"),
    [
        (
            "en",
            "Able (as stated, on no scale",
            "A level is required and the award states none on a scale",
            "1 states no level on a scale",
        ),
        (
            "fr",
            "Able (tel qu’indiqué, sans échelle",
            "Un niveau est exigé et le titre n’en indique aucun sur une échelle",
            "1 n’indique aucun niveau sur une échelle",
        ),
    ],
)
def test_a_level_in_words_is_shown_and_meets_no_required_level(
    client: FlaskClient, language: str, said: str, why: str, count: str
) -> None:
    award = {
        "achievement": {
            "name": "Signalling",
            "competencies": [{"uri": "urn:own:signals", "label": "signals"}],
        },
        "issued": "2026-03-01",
        "level": {"label": "Able"},
    }
    body = {"candidate": {"name": "Sam"}, "awards": [award], "applied_to": ["signals"]}
    assert client.put("/api/v1/candidates/signaller", json=body).status_code < 300
    requirement: dict[str, Any] = {"competency": "urn:own:signals", "min_level": 0.5}
    client.set_cookie("lang", language)
    for must in (True, False):
        wanted = {
            "title": "Signaller",
            "requirements": [{**requirement, "must": must}],
            "applicants_only": True,
        }
        assert client.put("/api/v1/positions/signals", json=wanted).status_code < 300
        answer = client.get("/api/v1/positions/signals/matches").get_json()
        reasons = [one["reason"] for one in answer["excluded"] if one["count"]]
        assert reasons == (["level_unknown"] if must else [])
        assert (count in words(client.get("/positions/signals?who=applicants"))) == must
    page = client.get("/positions/signals/candidates/signaller")
    assert said in words(page)
    assert why in words(page)
    page = client.get("/candidates/signaller")
    assert ("level Able" if language == "en" else "niveau Able") in words(page)


def test_a_position_that_cannot_be_scored_says_why(website: Website, client: FlaskClient) -> None:
    body = {"title": "Vague", "requirements": [{"text": "zzzz qqqq", "must": True}]}
    client.put("/api/v1/positions/vague", json=body)
    page = client.get("/positions/vague")
    assert page.status_code == 409
    assert "This position cannot be ranked yet" in words(page)
    assert 'href="/positions/vague/edit"' in page.text


def test_a_candidate_shows_every_state(client: FlaskClient) -> None:
    page = client.get("/candidates/theo")
    shown = words(page)
    for sentence in ("Expired on", "Revoked", "Current, not checked", "status could not be checked"):
        assert sentence in shown
    assert "inferred, not confirmed" in shown
    assert "theo@example.org" not in page.text


@pytest.mark.parametrize("path", ["/candidates/amara", "/positions/yard/candidates/amara"])
def test_evidence_is_shown_and_linked_only_to_the_web(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    link = "https://portfolio.example.org/a?b=1&amp;c=2"
    assert f'<a href="{link}" rel="noopener noreferrer nofollow">{link}</a>' in page.text
    assert 'href="javascript' not in page.text
    assert "javascript:alert(1)" in words(page)
    assert "Saw her &lt;b&gt;lift&lt;/b&gt;" in page.text
    assert "72%" in words(page)
    assert "72 %" not in words(page)


def test_a_proof_leads_back_to_the_ranking_as_it_was(client: FlaskClient) -> None:
    asked = "?who=applicants&amp;top=10&amp;day=2026-01-31"
    page = client.get("/positions/yard" + asked.replace("&amp;", "&"))
    link = f"/positions/yard/candidates/theo{asked}"
    assert f'href="{link}"' in page.text
    assert f'href="/positions/yard{asked}"' in client.get(link.replace("&amp;", "&")).text


def test_a_candidate_shows_the_titles_of_positions(client: FlaskClient) -> None:
    assert "Applied to : Yard <worker> & driver" in words(client.get("/candidates/theo")).replace(
        "to:", "to :"
    )


def test_alternatives_are_named_in_the_ranking_and_its_proof(client: FlaskClient) -> None:
    asked = {"text": "load cargo", "any_of": [{"text": "operate forklift"}]}
    client.put("/api/v1/positions/either", json={"title": "Either", "requirements": [asked]})
    assert "load cargo or operate forklift" in words(client.get("/positions/either"))
    page = client.get("/positions/either/candidates/amara")
    assert "load cargo or operate forklift" in words(page)
    assert "(exact name) · or “operate forklift”, read as operate forklift (exact name)" in words(page)
    assert "load cargo ou operate forklift" in words(client.get("/positions/either", headers=FRENCH))


def test_a_colon_stands_as_the_language_wants_it(client: FlaskClient) -> None:
    for path in ("/", "/candidates/theo", "/candidates/amara"):
        shown = re.sub(r"https?://\S+|javascript:", "", client.get(path, headers=FRENCH).text)
        assert not re.findall(r"[^\W\d]:[^/\w]", re.sub(r"<(?!td)[^>]*>", " ", shown)), path


def test_a_mark_that_no_cell_has_is_explained_elsewhere(client: FlaskClient) -> None:
    assert "Checked and current" not in words(client.get("/positions/yard"))
    shown = words(client.get("/how"))
    assert "Checked and current" in shown
    assert "Proofs are not checked yet" in shown


# --- the form ----------------------------------------------------------------------------------


def send(client: FlaskClient, path: str, data: dict[str, list[str]], status: int) -> TestResponse:
    page = client.post(path, data=data)
    assert page.status_code == status, page.text
    return page


def stored(website: Website, key: str) -> Any:
    with website.parts.database.read() as connection:
        return load_position(connection, organisation(connection, "default").id, key)


def test_a_position_is_written_from_pasted_lines(website: Website, client: FlaskClient) -> None:
    path = "/positions/new"
    empty = Form(client.get(path))
    lines = "- operate forklift\n2. Work at  heights\n\n• handle crates gently"
    page = send(client, path, empty.with_(title="Night <loader>", lines=lines, action="read"), 200)
    shown = words(page)
    assert "exact name read as operate forklift · held now by 3 people, narrower ones included" in shown
    assert "not understood" in shown or "not confirmed" in shown
    form = Form(page)
    assert dict(form.fields)["title"] == "Night <loader>"
    data = form.with_(
        action="save", must__0="on", weight__0="4.0", level__0="0.5", choice__2=SKILLS["load cargo"]
    )
    answer = send(client, path, data, 302)
    assert answer.headers["Location"] == "/positions/night-loader"
    position = stored(website, "night-loader")
    first, second, third = position.requirements
    assert (first.weight, first.must, first.alternatives[0].min_level) == (40_000, True, 5_000)
    assert second.alternatives[0].text == "Work at heights"
    assert third.alternatives[0].reading.basis is Basis.CONFIRMED
    assert client.get("/positions/night-loader").status_code == 200
    again = send(client, path, empty.with_(title="Night <loader>", add="load cargo", action="read"), 200)
    answer = send(client, path, Form(again).with_(action="save"), 302)
    assert answer.headers["Location"] == "/positions/night-loader-2"


def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(client: FlaskClient) -> None:
    path = "/positions/new"
    form = Form(client.get(path))
    page = send(client, path, form.with_(action="save", description="Kept.", region="ON, QC"), 422)
    assert "Give the position a title." in words(page)
    assert 'aria-describedby="title-error"' in page.text
    kept = dict(Form(page).fields)
    assert (kept["description"].strip(), kept["region"]) == ("Kept.", "ON, QC")


def test_a_draft_without_micro_skills_is_stored_and_its_ranking_says_so(
    website: Website, client: FlaskClient
) -> None:
    form = Form(client.get("/positions/new"))
    answer = send(client, "/positions/new", form.with_(title="For later", action="save"), 302)
    assert answer.headers["Location"] == "/positions/for-later"
    assert stored(website, "for-later").requirements == ()
    page = client.get("/positions/for-later")
    assert page.status_code == 409
    assert "It names no micro-skills." in words(page)
    edit = "/positions/for-later/edit"
    again = Form(client.get(edit)).with_(title="For much later", action="save")
    assert send(client, edit, again, 302).headers["Location"] == "/positions/for-later"
    assert stored(website, "for-later").title == "For much later"
    assert "For much later" in words(client.get("/"))


def test_the_same_micro_skill_twice_is_asked_for_once_and_said_so(client: FlaskClient) -> None:
    form = Form(client.get("/positions/new"))
    page = client.post("/positions/new", data=form.with_(lines="- load cargo\nLoad  Cargo\nwork at heights"))
    assert "“Load Cargo” is in the list already; it is asked for once." in words(page)
    names = [name for name, _ in Form(page).fields]
    assert names.count("row") == 2
    again = client.post("/positions/new?lang=fr", data=Form(page).with_(add="work at heights"))
    assert "« work at heights » figure déjà dans la liste" in words(again).replace("\xa0", " ")
    assert [name for name, _ in Form(again).fields].count("row") == 2
    page = client.post("/positions/new?lang=en", data=Form(again).with_(text__2="load cargo", action="read"))
    assert "This asks for the same as “load cargo” above" in words(page)
    page = client.post("/positions/new", data=Form(page).with_(picked__2="urn:skill:heights", text__2="roof"))
    assert "asks for the same" not in words(page)
    page = client.post("/positions/new", data=Form(page).with_(picked__2="urn:skill:load", text__2="lade"))
    assert "This asks for the same as “load cargo” above" in words(page)


def pasted(client: FlaskClient, *lines: str) -> tuple[str, list[tuple[str, bool]]]:
    """What the page says of pasted lines, and its micro-skills in order, alternatives joined by " | "."""
    form = Form(client.get("/positions/new?lang=en"))
    page = client.post("/positions/new", data=form.with_(lines="\n".join(lines), action="read"))
    assert page.status_code == 200, page.text
    fields = Form(page).fields
    texts = {name.removeprefix("text-"): text for name, text in fields if name.startswith("text-")}
    must = {name.removeprefix("must-") for name, _ in fields if name.startswith("must-")}
    return words(page), [
        (
            " | ".join(text for name, text in texts.items() if name.partition("-")[0] == row),
            row in must,
        )
        for name, row in fields
        if name == "row"
    ]


@pytest.mark.parametrize(
    ("line", "text", "must"),
    [
        ("3. load cargo (required)", "load cargo", True),
        ("load cargo (Must have)", "load cargo", True),
        ("- load cargo [mandatory]", "load cargo", True),
        ("load cargo (obligatoire)", "load cargo", True),
        ("required: load cargo", "load cargo", True),
        ("Exigé : load cargo", "load cargo", True),
        ("load cargo - required", "load cargo", True),
        ("load cargo exigé", "load cargo", True),
        ("load cargo, requis.", "load cargo", True),
        ("load cargo (not required)", "load cargo (not required)", False),
        ("load cargo non exigé", "load cargo non exigé", False),
        ("gather the skills required", "gather the skills required", False),
        ("Required:", "Required:", False),
    ],
)
def test_a_pasted_line_may_say_that_it_is_a_must_have(
    client: FlaskClient, line: str, text: str, must: bool
) -> None:
    said, rows = pasted(client, line)
    assert rows == [(text, must)]
    assert ("“load cargo” is marked as a must-have, as its line says." in said) == must


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        ("work at heights or load cargo", ["work at heights | load cargo"]),
        ("load cargo ou work at heights", ["load cargo | work at heights"]),
        ("• communication skills; teamwork", ["communication skills", "teamwork"]),
        ("load cargo, work at heights", ["load cargo", "work at heights"]),
        ("load cargo, zzzz", ["load cargo, zzzz"]),
        ("load cargo or zzzz qqqq", ["load cargo or zzzz qqqq"]),
        ("inspect equipment or a b c d e", ["inspect equipment or a b c d e"]),
        ("use hand tools (saw; hammer)", ["use hand tools (saw; hammer)"]),
        ("load cargo, load cargo", ["load cargo"]),
    ],
)
def test_a_pasted_line_is_taken_apart_where_it_is_several(
    client: FlaskClient, line: str, rows: list[str]
) -> None:
    said, found = pasted(client, line)
    assert found == [(text, False) for text in rows]
    assert ("was taken apart into 2" in said) == (line.count(";") + line.count(",") > 0 and rows != [line])
    assert ("became one micro-skill with an alternative to it" in said) == (" | " in rows[0])


def test_of_pasted_parts_those_marked_are_must_haves(client: FlaskClient) -> None:
    lines = ("Required: load cargo; work at heights or inspect equipment", "manage inventory; load cargo")
    said, rows = pasted(client, *lines)
    assert rows == [
        ("load cargo", True),
        ("work at heights | inspect equipment", True),
        ("manage inventory", False),
    ]
    assert "“load cargo” is in the list already" in said
    assert pasted(client, "load cargo", "load cargo (required)")[1] == [("load cargo", True)]


def test_the_list_to_paste_into_is_open_only_for_a_new_position(client: FlaskClient) -> None:
    client.put("/api/v1/positions/later", json={"title": "Later", "requirements": []})
    assert '<details class="paste" open>' in client.get("/positions/new").text
    for key in ("yard", "later"):
        assert '<details class="paste">' in client.get(f"/positions/{key}/edit").text


def test_unseen_lines_are_shown_before_they_are_stored(client: FlaskClient) -> None:
    path = "/positions/new"
    form = Form(client.get(path))
    page = send(client, path, form.with_(title="X", lines="load cargo", action="save"), 422)
    assert "New micro-skills were added" in words(page)
    send(client, path, Form(page).with_(action="save"), 302)


def test_other_words_are_shown_as_read_before_they_are_stored(website: Website, client: FlaskClient) -> None:
    path = "/positions/new"
    page = send(client, path, Form(client.get(path)).with_(title="Y", add="load cargo", action="read"), 200)
    page = send(client, path, Form(page).with_(text__0="inspect equipment", action="save"), 422)
    assert "These words were changed" in words(page)
    assert "read as inspect equipment" in words(page)
    answer = send(client, path, Form(page).with_(action="save"), 302)
    (requirement,) = stored(website, answer.headers["Location"].rsplit("/", 1)[1]).requirements
    assert requirement.alternatives[0].text == "inspect equipment"


def test_where_nothing_is_likely_there_is_a_search(website: Website, client: FlaskClient) -> None:
    path = "/positions/new"
    page = send(client, path, Form(client.get(path)).with_(title="Z", add="zzzz qqqq", action="read"), 200)
    assert re.findall(r'type="radio" name="choice-0" value="([^"]*)"', page.text) == ["none"]
    assert "Nothing in the vocabulary is likely." in words(page)
    page = send(client, path, Form(page).with_(other__0=SKILLS["load cargo"], action="read"), 200)
    assert "confirmed read as load cargo" in words(page)
    answer = send(client, path, Form(page).with_(action="save"), 302)
    (requirement,) = stored(website, answer.headers["Location"].rsplit("/", 1)[1]).requirements
    assert requirement.alternatives[0].text == "zzzz qqqq"
    assert requirement.alternatives[0].reading.basis is Basis.CONFIRMED


def test_where_all_that_is_offered_is_wrong_there_is_a_search_too(
    website: Website, client: FlaskClient
) -> None:
    path = "/positions/new"
    page = send(client, path, Form(client.get(path)).with_(title="W", add="load cargo quickly"), 200)
    assert len(re.findall(r'type="radio" name="choice-0"', page.text)) > 1
    assert 'name="other-0"' in page.text
    assert "Search the vocabulary for what “load cargo quickly” means" in words(page)
    # No choice stands in its way, not even that none of those offered is meant.
    page = send(client, path, Form(page).with_(choice__0="none", action="read"), 200)
    page = send(client, path, Form(page).with_(other__0=SKILLS["inspect equipment"], action="read"), 200)
    assert "confirmed read as inspect equipment" in words(page)
    answer = send(client, path, Form(page).with_(action="save"), 302)
    (requirement,) = stored(website, answer.headers["Location"].rsplit("/", 1)[1]).requirements
    assert requirement.alternatives[0].text == "load cargo quickly"


def test_a_must_have_has_to_be_certain(client: FlaskClient) -> None:
    path = "/positions/new"
    form = Form(client.get(path))
    page = send(client, path, form.with_(title="X", lines="handle crates", action="read"), 200)
    page = send(client, path, Form(page).with_(action="save", must__0="on"), 422)
    assert "A must-have has to be certain" in words(page)
    assert 'aria-invalid="true"' in page.text
    send(client, path, Form(page).with_(action="save", choice__0=SKILLS["load cargo"]), 302)


def test_a_row_can_be_reworded_removed_and_refused(website: Website, client: FlaskClient) -> None:
    path = "/positions/new"
    lines = "load cargo\nload crates\nmanage inventory"
    page = send(client, path, Form(client.get(path)).with_(title="Three", lines=lines, action="read"), 200)
    page = send(client, path, Form(page).with_(remove="0"), 200)
    page = send(client, path, Form(page).with_(text__2="inspect equipment", action="read"), 200)
    answer = send(client, path, Form(page).with_(action="save", choice__1="none"), 302)
    key = answer.headers["Location"].rsplit("/", 1)[1]
    refused, reworded = stored(website, key).requirements
    assert refused.alternatives[0].reading.basis is Basis.NONE
    assert reworded.alternatives[0].text == "inspect equipment"
    form = Form(client.get(f"/positions/{key}/edit"))
    assert dict(form.fields)["choice-0"] == "none"
    send(client, f"/positions/{key}/edit", form.with_(action="save"), 302)
    assert stored(website, key).requirements[0].alternatives[0].reading.basis is Basis.NONE


def test_editing_keeps_what_the_form_does_not_show(website: Website, client: FlaskClient) -> None:
    body = {
        "title": "Odd",
        "description": "Two\nlines",
        "requirements": [
            {
                "text": "load cargo",
                "weight": 3.25,
                "min_level": 0.6,
                "any_of": [{"text": "manage inventory"}],
            },
            {"competency": SKILLS["operate forklift"], "must": True},
        ],
        "applicants_only": True,
        "filters": {"region": ["ON", "QC"], "languages": ["fr"], "issuer": []},
    }
    client.put("/api/v1/positions/odd", json=body)
    before = client.get("/api/v1/positions/odd").get_json()
    form = Form(client.get("/positions/odd/edit"))
    again = send(client, "/positions/odd/edit", form.with_(open="1"), 200)
    assert re.findall(r"<details class=\"choices\"( open)?>\s*<summary id=\"meaning-1\"", again.text) == [
        " open"
    ]
    assert dict(Form(again).fields)["choice-1"] == SKILLS["operate forklift"]
    send(client, "/positions/odd/edit", form.with_(action="save"), 302)
    after = client.get("/api/v1/positions/odd").get_json()
    assert after["requirements"][0] == before["requirements"][0]
    assert after["requirements"][1]["competency"] == SKILLS["operate forklift"]
    same = ("title", "description", "applicants_only", "filters")
    assert [after[name] for name in same] == [before[name] for name in same]


def shared(client: FlaskClient, key: str) -> Form:
    """The form of a position that two people have opened."""
    body = {"title": "Shared", "requirements": [{"text": "load cargo"}, {"text": "operate forklift"}]}
    assert client.put(f"/api/v1/positions/{key}", json=body).status_code == 201
    return Form(client.get(f"/positions/{key}/edit"))


def test_a_change_of_somebody_else_is_not_overwritten_silently(website: Website, client: FlaskClient) -> None:
    form = shared(client, "shared")
    path = "/positions/shared/edit"
    send(client, path, form.with_(action="save", title="Theirs", must__0="on"), 302)
    page = send(client, path, form.with_(action="save", title="Mine", description="Kept."), 409)
    assert "Somebody changed this position since you opened it" in words(page)
    assert stored(website, "shared").title == "Theirs"
    assert "Title: Theirs" in words(page)
    assert "Title: Mine" in words(page)
    assert "load cargo · useful · must-have" in words(page)
    assert "operate forklift · useful" not in words(page)
    kept = dict(Form(page).fields)
    assert (kept["title"], kept["description"].strip()) == ("Mine", "Kept.")
    send(client, path, Form(page).with_(action="save"), 409)
    (version,) = re.findall(r'name="keep" value="([^"]+)"', page.text)
    other = Form(client.get(path))
    send(client, path, other.with_(action="save", title="Third"), 302)
    page = send(client, path, Form(page).with_(keep=version), 409)
    assert "Title: Third" in words(page)
    (version,) = re.findall(r'name="keep" value="([^"]+)"', page.text)
    page = send(client, path, Form(page).with_(keep=version, title=""), 422)
    send(client, path, Form(page).with_(action="save", title="Mine"), 302)
    assert stored(website, "shared").title == "Mine"
    assert stored(website, "shared").description == "Kept."


def test_sending_the_same_twice_is_no_conflict(client: FlaskClient) -> None:
    form = shared(client, "twice")
    sent = form.with_(action="save", title="Once", choice__0="none")
    send(client, "/positions/twice/edit", sent, 302)
    send(client, "/positions/twice/edit", sent, 302)


def test_a_form_that_does_not_say_what_it_was_opened_from_is_not_stored(client: FlaskClient) -> None:
    form = shared(client, "old-tab")
    send(client, "/positions/old-tab/edit", form.with_(action="save", title="Other", version=None), 409)


def test_alternatives_are_added_read_confirmed_and_removed(website: Website, client: FlaskClient) -> None:
    path = "/positions/new"
    page = send(
        client, path, Form(client.get(path)).with_(title="Either", add="load cargo", action="read"), 200
    )
    assert 'aria-label="Add an alternative to “load cargo”"' in page.text
    page = send(client, path, Form(page).with_(or__0="work at heights", action="read"), 200)
    assert "exact name read as work at heights" in words(page)
    assert re.search(r'<details class="another" open>', page.text)
    picked = {"or__0": "Lifting", "picked__or__0": SKILLS["operate forklift"]}
    page = send(client, path, Form(page).with_(**picked, action="read"), 200)
    assert "confirmed read as operate forklift" in words(page)
    page = send(client, path, Form(page).with_(or__0="zzzz qqqq", level__0__0="0.75", action="save"), 422)
    assert "New micro-skills were added" in words(page)
    form = Form(page)
    assert [value for name, value in form.fields if name == "way"] == ["0-0", "0-1", "0-2"]
    page = send(client, path, form.with_(text__0__1="inspect equipment", action="save"), 422)
    assert "These words were changed" in words(page)
    page = send(client, path, Form(page).with_(choice__0__2="none", must__0="on", action="read"), 200)
    key = send(client, path, Form(page).with_(action="save"), 302).headers["Location"].rsplit("/", 1)[1]
    (requirement,) = stored(website, key).requirements
    ways = requirement.alternatives
    assert [way.text for way in ways] == ["load cargo", "work at heights", "inspect equipment", "zzzz qqqq"]
    assert [way.min_level for way in ways] == [None, 7_500, None, None]
    bases = [way.reading.basis for way in ways]
    assert bases == [Basis.EXACT, Basis.EXACT, Basis.EXACT, Basis.NONE]
    assert client.get(f"/positions/{key}").status_code == 200
    form = Form(client.get(f"/positions/{key}/edit"))
    assert dict(form.fields)["choice-0-2"] == "none"
    send(client, f"/positions/{key}/edit", form.with_(action="save"), 302)
    assert stored(website, key).requirements == (requirement,)
    page = send(client, f"/positions/{key}/edit", form.with_(remove="0-1"), 200)
    assert [value for name, value in Form(page).fields if name == "way"] == ["0-0", "0-2"]
    send(client, f"/positions/{key}/edit", Form(page).with_(action="save", text__0=""), 302)
    (requirement,) = stored(website, key).requirements
    assert [way.text for way in requirement.alternatives] == ["work at heights", "zzzz qqqq"]


def test_a_must_have_may_be_certain_by_an_alternative(website: Website, client: FlaskClient) -> None:
    path = "/positions/new"
    page = send(
        client, path, Form(client.get(path)).with_(title="A", add="handle crates", action="read"), 200
    )
    page = send(client, path, Form(page).with_(action="save", must__0="on"), 422)
    page = send(client, path, Form(page).with_(or__0="load cargo", action="read"), 200)
    send(client, path, Form(page).with_(action="save"), 302)


def test_lines_beyond_the_most_are_said_to_be_left_out(client: FlaskClient) -> None:
    path = "/positions/new"
    lines = "\n".join(f"load cargo {number}" for number in range(202))
    page = send(client, path, Form(client.get(path)).with_(title="M", lines=lines, action="read"), 200)
    assert "only the first 200 were kept" in words(page)


def _silent(self: WordEncoder, texts: Sequence[str]) -> NDArray[np.int8]:
    raise Unavailable("no sentence encoder answers")


def test_a_reader_that_does_not_answer_loses_nothing(
    website: Website, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WordEncoder, "encode", _silent)
    path = "/positions/new"
    form = Form(client.get(path))
    page = send(client, path, form.with_(title="X", lines="handle odd crates", action="save"), 503)
    assert "could not be read just now" in words(page)
    assert "not read yet" in words(page)
    kept = dict(Form(page).fields)
    assert (kept["title"], kept["text-0"]) == ("X", "handle odd crates")


def test_the_filters_suggest_what_the_pool_holds(settings: Settings) -> None:
    website = make_website(settings)
    client = website.client()
    for key, region, languages in (
        ("a", "CA-ON-Ottawa", ["en", "fr"]),
        ("b", "CA-ON-Kingston", ["en"]),
        ("c", "ca-on", ["iu"]),
        ("d", "CA-QC", ["fr"]),
    ):
        body = {"candidate": {"region": region, "languages": languages}}
        assert client.put(f"/api/v1/candidates/{key}", json=body).status_code == 200
    page = client.get("/positions/new").text

    def suggested(name: str) -> list[tuple[str, str]]:
        listed = page.partition(f'<datalist id="{name}-pool">')[2].partition("</datalist>")[0]
        return [(unescape(v), unescape(c)) for v, c in re.findall(r'value="([^"]*)" label="([^"]*)"', listed)]

    assert suggested("region") == [
        ("CA", "CA: 4 people"),
        ("CA-ON", "CA-ON: 3 people"),
        ("CA-ON-Kingston", "CA-ON-Kingston: 1 person"),
        ("CA-ON-Ottawa", "CA-ON-Ottawa: 1 person"),
        ("CA-QC", "CA-QC: 1 person"),
    ]
    assert suggested("languages") == [("en", "en: 2 people"), ("fr", "fr: 2 people"), ("iu", "iu: 1 person")]
    # Of four who hold something of it one holds only what does not count, and one has a must-have revoked.
    assert suggested("issuer") == [
        ("Northshore Institute", "Northshore Institute: 4 people"),
        ("Unknown Yard", "Unknown Yard: 1 person"),
    ]
    client.put("/api/v1/candidates/e", json={"candidate": {"region": "CA-NU"}})
    assert "CA-NU" not in client.get("/positions/new").text, "the pool is not read for every page"
    website.close()


def test_suggestions_come_while_typing(client: FlaskClient) -> None:
    found = client.get("/suggest?q=fork").get_json()
    assert found[0]["label"] == "operate forklift"
    assert found[0]["uri"] == SKILLS["operate forklift"]
    assert client.get("/suggest?q=").get_json() == []
    assert client.get("/suggest").get_json() == []


# --- readings to confirm -----------------------------------------------------------------------


def test_a_reading_is_confirmed_and_counts_for_more(website: Website, client: FlaskClient) -> None:
    page = client.get("/achievements")
    assert "Manage inventory certificate" in words(page)
    assert "1 person holds it" in words(page)
    before = client.get("/positions/yard/candidates/theo").text
    form = Form(page)
    wrong = form.with_(competency="urn:nothing")
    assert client.post("/achievements", data=wrong).status_code == 422
    assert client.post("/achievements", data=form.with_(achievement="x")).status_code == 404
    send(client, "/achievements", form.with_(), 302)
    said = client.get("/achievements")
    done = '<div class="done" id="confirmed" role="status" tabindex="-1">'
    assert done in said.text
    assert "“Manage inventory certificate” is confirmed: it stands for manage inventory." in words(said)
    assert done not in client.get("/achievements").text
    assert "Nothing to confirm" in words(client.get("/achievements"))
    assert client.get("/positions/yard/candidates/theo").text != before


def test_a_confirmation_is_listed_changed_and_taken_back(settings: Settings) -> None:
    website = make_website(settings)
    client = website.client()
    at = "/achievements?show=confirmed"
    assert "Nothing was confirmed yet" in words(client.get(at))
    inferred = client.get("/positions/yard/candidates/theo").text
    send(client, "/achievements", Form(client.get("/achievements")).with_(), 302)
    said = client.get("/achievements")
    assert 'It may change these rankings: <a href="/positions/yard">' in said.text
    page = client.get(at)
    assert "Manage inventory certificate" in words(page)
    assert "Confirmed on this page" in words(page)
    good = client.get("/positions/yard/candidates/theo").text
    assert good != inferred
    answer = send(client, "/achievements", Form(page).with_(competency=SKILLS["inspect equipment"]), 302)
    assert answer.headers["Location"] == at
    assert "it stands for inspect equipment" in words(client.get(at))
    assert client.get("/positions/yard/candidates/theo").text not in {good, inferred}
    form = Form(client.get(at))
    send(client, "/achievements", form.with_(action="unconfirm"), 302)
    assert "is no longer confirmed: its words are read anew" in words(client.get(at))
    assert "1 credential is still being read" in words(client.get("/achievements"))
    assert client.post("/achievements", data=form.with_(action="unconfirm")).status_code == 422
    assert (
        client.post("/achievements", data=form.with_(action="unconfirm", achievement="x")).status_code == 404
    )
    read_pending(website.parts.database, website.parts.vocabularies, "default")
    assert "Manage inventory certificate" in words(client.get("/achievements"))
    assert client.get("/positions/yard/candidates/theo").text != good
    website.close()


# --- who may ask -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/positions/new", "/positions/yard/edit", "/achievements", "/sign-out"])
def test_a_form_needs_its_token(client: FlaskClient, path: str) -> None:
    page = client.post(path, data={"title": "x", "action": "save"})
    assert page.status_code == 400
    page = client.post(path, data={"title": "x", "action": "save", "csrf_token": "forged"})
    assert page.status_code == 400


def test_a_form_of_another_site_is_refused(client: FlaskClient) -> None:
    data = Form(client.get("/positions/new")).with_(title="x", add="load cargo", action="read")
    page = client.post("/positions/new", data=data, headers={"Origin": "https://evil.example"})
    assert page.status_code == 403


def test_signing_in(settings: Settings) -> None:
    website = make_website(settings.model_copy(update={"access_token": TOKEN}))
    client = website.client()
    asked = client.get("/positions/yard?top=10")
    assert asked.headers["Location"] == "/sign-in?next=%2Fpositions%2Fyard%3Ftop%3D10"
    assert client.post("/positions/new").status_code == 401
    form = Form(client.get(asked.headers["Location"]))
    wrong = client.post("/sign-in", data=form.with_(token=WRONG))
    assert wrong.status_code == 403
    assert "not the access token" in words(wrong)
    right = client.post("/sign-in", data=form.with_(token=TOKEN))
    assert right.headers["Location"] == "/positions/yard?top=10"
    cookie = right.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "correct-horse" not in cookie
    assert client.get("/positions/yard").status_code == 200
    client.post("/sign-out", data=Form(client.get("/positions/new")).with_())
    assert client.get("/positions/yard").status_code == 302
    website.close()


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", ""])
def test_signing_in_leads_nowhere_else(settings: Settings, target: str) -> None:
    website = make_website(settings.model_copy(update={"access_token": TOKEN}), pool=False)
    client = website.client()
    form = Form(client.get("/sign-in"))
    answer = client.post("/sign-in", data=form.with_(token=TOKEN, next=target))
    assert answer.headers["Location"] == "/"
    website.close()


def test_without_a_token_nobody_signs_in(client: FlaskClient) -> None:
    assert client.get("/sign-in?next=/how").headers["Location"] == "/how"


def test_services_know_their_organisation(website: Website) -> None:
    services: Services = website.app.extensions["credmatch"]
    assert services.organisation == "default"


# --- adding credentials ------------------------------------------------------------------------


def upload(
    client: FlaskClient, *files: tuple[str, bytes], headers: dict[str, str] | None = None
) -> TestResponse:
    path = "/candidates/uploader/credentials"
    token = dict(Form(client.get(path)).fields)["csrf_token"]
    sent = {"csrf_token": token, "files": [FileStorage(BytesIO(one), name) for name, one in files]}
    boundary, body = encode_multipart(sent)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(path, data=body, content_type=kind, headers=headers)


def test_credentials_are_added_by_a_form_that_says_what_was_read(client: FlaskClient) -> None:
    good = (
        b"candidate_key,achievement_name,issued\nuploader,Rigging,2026-03-01\nuploader,Hoisting,2026-02-30\n"
    )
    page = upload(client, ("awards.csv", good))
    assert page.status_code == 200
    assert "1 award added" in page.text
    assert "Rigging" in page.text
    assert "awards.csv:3" in page.text
    assert "2026-02-30" in page.text
    assert "Rigging" in client.get("/candidates/uploader").text


def test_what_is_said_of_broken_files_is_french_throughout(client: FlaskClient) -> None:
    halves = [(f"{number}.bin", data[: len(data) * 2 // 3]) for number, data in enumerate(FILES.values())]
    rows = b"candidate_key,achievement_name,issued,expires,courriel,shoes\n"
    bad = b'uploader,a,03/04/2026,,,\nuploader,b,45717,,,\nuploader,c,2026-05-01,2026-01-01,,\nuploader,"d\n'
    page = upload(client, *halves, ("table.csv", rows + bad), headers=FRENCH)
    assert page.status_code == 200
    assert english(page) == []
    remarks = re.findall(r"<li><strong>.*?<span>(.*?)</span></li>", page.text)
    assert len(remarks) > 20
    for remark in map(unescape, remarks):
        assert not re.search(r"\b(the|is|not|of|with|has|its)\b", re.sub(r'"[^"]*"', "", remark)), remark


BADGE_CLASS = {
    "@context": "https://w3id.org/openbadges/v2",
    "type": "BadgeClass",
    "id": "https://badges.example.org/slinging.json",
    "name": "Slinging",
    "issuer": {"id": "https://badges.example.org", "type": "Profile", "name": "Northshore"},
}
ENDORSEMENT = {
    "@context": "https://w3id.org/openbadges/v2",
    "type": "Endorsement",
    "id": "urn:endorsement:1",
    "claim": {"id": "https://badges.example.org/slinging.json", "endorsementComment": "A thorough course."},
    "issuer": {"id": "https://guild.example.org", "type": "Profile", "name": "Riggers' Guild"},
    "issuedOn": "2026-03-01",
}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["1 achievement taken in", "1 endorsement taken in", "Northshore", "never scored"]),
        ("fr", ["1 type de titre enregistré", "1 recommandation enregistrée", "ne compte jamais"]),
    ],
)
def test_what_is_stored_and_is_no_award_is_told_too(
    client: FlaskClient, language: str, said: list[str]
) -> None:
    client.set_cookie("lang", language)
    files = ("class.json", BADGE_CLASS), ("word.json", ENDORSEMENT)
    page = upload(client, *((name, json.dumps(body).encode()) for name, body in files))
    assert page.status_code == 200
    for text in [*said, "Slinging", "Riggers' Guild", "A thorough course."]:
        assert text in words(page)


def upload_award(client: FlaskClient, award: dict[str, Any]) -> TestResponse:
    body = {"candidate": {"key": "uploader"}, "awards": [award]}
    return upload(client, ("a.json", json.dumps(body).encode()))


def test_an_award_is_told_with_its_days_status_and_level(client: FlaskClient) -> None:
    award = {
        "achievement": {"name": "Signalling", "issuer": {"name": "Northshore"}},
        "issued": "2026-03-01",
        "expires": "2028-02-29",
        "status": "revoked",
        "level": {"value": 0.75, "label": "Able"},
    }
    page = upload(
        client, ("a.json", json.dumps({"candidate": {"key": "uploader"}, "awards": [award]}).encode())
    )
    for text in ("Revoked", "issued Mar 1, 2026", "valid through Feb 29, 2028", "level 75% (Able)"):
        assert text in words(page)
    award = {"achievement": {"name": "Signalling"}, "level": {"label": "Able"}}
    page = upload(
        client, ("a.json", json.dumps({"candidate": {"key": "uploader"}, "awards": [award]}).encode())
    )
    assert "issuer not stated" in words(page)
    assert "level Able" in words(page)


@pytest.mark.parametrize(("language", "said"), [("en", "and 400 more"), ("fr", "et 400 autres")])
def test_of_very_many_refusals_a_page_lists_the_first(client: FlaskClient, language: str, said: str) -> None:
    client.set_cookie("lang", language)
    page = upload(client, ("a.csv", b"achievement_name,issued\n" + b"Rigging,03/04/2026\n" * 500))
    assert page.text.count("a.csv:") == 100
    assert "500" in page.text
    assert said in words(page)
    if language == "fr":
        assert english(page) == []


def encrypted_zip() -> bytes:
    """An archive with an entry that says of itself that it is encrypted."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("badge.json", "{}")
    made = bytearray(stream.getvalue())
    for header, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        made[made.index(header) + at] |= 1
    return bytes(made)


def two_people() -> bytes:
    people = [{"candidate": {"identifiers": [f"{one}@example.org"]}, "awards": []} for one in ("ada", "bob")]
    return json.dumps(people).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Hello", "dans aucun des formats que nous lisons"),
        (b'{"a": 1}', "dans aucun des formats que nous lisons"),
        (b"", "le fichier est vide"),
        (b"%PDF-1.7", "ceci est un document PDF"),
        (b"<!doctype html><html>", "ceci est une page web (HTML)"),
        (b"<svg></svg>", "l’image ne contient aucune attestation"),
        (two_people(), "il devrait concerner une seule personne"),
        (b'{"candidate": {"key": "other"}}', "à qui le fichier devrait appartenir"),
        (encrypted_zip(), "est chiffré"),
        (b"achievement_name,issued\nRigging,03/04/2026\n", "(jour d’abord) ou le 2026-03-04 (mois d’abord)"),
        (b"achievement_name,issued\nRigging,2026\n", "n’est qu’une année"),
        (b"achievement_name,expires,issued\nA,2025-01-01,2026-01-01\n", "précède « issued »"),
        (b"name,issued\nZo,2026-01-01\n", "ni cette colonne ni « achievement_key »"),
        (b'{"candidate": {"key": "uploader"}, "awards": [{"achievement": {}}]}', "il faut un nom ou une clé"),
        (b'{"candidate": ', "pas du JSON"),
        (b'{"candidate": {}, "candidate": {}}', "un objet a deux fois la clé"),
        (b"[[" + b"1," * 10_001 + b"1]]", "a 10 002 éléments"),
        (b'{"basics": {"email": "a@example.org"}, "certificates": [{"name": "A", "date": "2021-05"}]}',
         "est lue comme son premier jour"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said_in_french(client: FlaskClient, content: bytes, said: str) -> None:
    client.set_cookie("lang", "fr")
    page = upload(client, ("file", content))
    assert said in words(page)
    assert english(page) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "More bytes are sent at once than CREDMATCH_UPLOAD_BODY allows: 10,000,000."),
        ("fr", "CREDMATCH_UPLOAD_BODY n’en permet\u00a0: 10\u00a0000\u00a0000."),
    ],
)
def test_files_too_large_together_are_refused_with_the_limit(
    client: FlaskClient, language: str, said: str
) -> None:
    client.get(f"/?lang={language}")
    page = upload(client, ("one.json", b" " * 9_000_000), ("two.json", b" " * 2_000_000))
    assert page.status_code == 413
    assert said in page.text
    assert "two.json" in page.text


def test_a_framework_is_refused_as_nothing_that_a_person_holds(client: FlaskClient) -> None:
    page = upload(client, ("skills.csv", b"key,label\na,yard duty\n"))
    assert "this is a framework of competencies (credmatch framework), which nobody holds" in page.text


def test_awards_of_another_candidate_are_refused_without_saying_whose(client: FlaskClient) -> None:
    award = {"key": "urn:theirs", "achievement": {"name": "Slinging", "issuer": {"name": "Northshore"}}}
    path = "/api/v1/candidates/owner-7/credentials"
    assert client.post(path, json={"candidate": {"key": "owner-7"}, "awards": [award]}).status_code == 200
    mine = json.dumps({"candidate": {"key": "uploader"}, "awards": [award]}).encode()
    page = upload(client, ("a.json", mine))
    assert page.status_code == 422
    assert "belongs to another candidate" in page.text
    assert "owner-7" not in page.text
    assert "Slinging" not in page.text


def test_a_form_without_a_file_or_with_nothing_readable_says_so(client: FlaskClient) -> None:
    empty = upload(client)
    assert (empty.status_code, "Choose at least one file." in empty.text) == (422, True)
    refused = upload(client, ("<b>x</b>.bin", bytes(range(256))))
    assert refused.status_code == 422
    assert "&lt;b&gt;x&lt;/b&gt;.bin" in refused.text
