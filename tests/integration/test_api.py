"""The API: what it stores, what it answers, and how it refuses."""

from __future__ import annotations

import json
import logging
import multiprocessing
import stat
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from flask.testing import FlaskClient
from website import Website, make_website
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from app import create_app
from matcher.settings import Settings, read_settings
from matcher.web.guard import HEADERS
from matcher.web.secret import secret_key
from matcher.web.services import Services
from tests.parts.databases import Databases

PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def website(module_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    folder = tmp_path_factory.mktemp("api")
    made = make_website(read_settings(data_dir=folder, database_url=module_databases.url()))
    yield made
    made.close()


@pytest.fixture
def client(website: Website) -> FlaskClient:
    return website.client()


def problem(response: TestResponse, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.content_type == PROBLEM
    body: dict[str, Any] = response.get_json(force=True)
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body.pop("request") == response.headers["X-Request-ID"]
    return body


def put(client: FlaskClient, path: str, body: object, **options: Any) -> TestResponse:
    return client.put(f"/api/v1/{path}", json=body, **options)


# --- positions ---------------------------------------------------------------------------------


def test_a_position_is_stored_shown_and_replaced(client: FlaskClient) -> None:
    body = {"title": "Driver", "requirements": [{"text": "operate forklift", "must": True, "weight": 2.5}]}
    assert put(client, "positions/driver", body).status_code == 201
    again = put(client, "positions/driver", body | {"title": "Senior driver"})
    assert again.status_code == 200
    shown = client.get("/api/v1/positions/driver").get_json()
    assert shown == again.get_json()
    assert shown["title"] == "Senior driver"
    assert shown["requirements"][0]["text"] == "operate forklift"
    assert shown["requirements"][0]["weight"] == 2.5
    assert put(client, "positions/driver", shown).get_json() == shown


def test_a_position_is_replaced_only_where_it_is_what_was_seen(client: FlaskClient) -> None:
    path, body = "/api/v1/positions/tagged", {"title": "One", "requirements": [{"text": "load cargo"}]}
    assert problem(client.put(path, json=body, headers={"If-Match": "*"}), 412)["detail"]
    made = client.put(path, json=body)
    tag = made.headers["ETag"]
    assert client.get(path).headers["ETag"] == tag
    two = client.put(path, json=body | {"title": "Two"}, headers={"If-Match": f'"x", {tag}'})
    assert two.status_code == 200
    assert two.headers["ETag"] != tag
    refused = problem(client.put(path, json=body, headers={"If-Match": tag}), 412)
    assert refused["type"] == "urn:credmatch:problem:changed"
    assert client.get(path).get_json()["title"] == "Two"
    assert client.put(path, json=body, headers={"If-Match": "*"}).headers["ETag"] == tag
    assert client.put(path, json=body | {"title": "Last"}).status_code == 200


def test_matches_explain_every_point(client: FlaskClient) -> None:
    answer = client.get("/api/v1/positions/yard/matches").get_json()
    assert answer["exact"] is True
    best = answer["results"][0]
    assert (best["candidate"], best["rank"], best["tied"]) == ("amara", 1, False)
    parts = best["requirements"]
    assert sum(round(part["points"] * 1e6) for part in parts) == round(best["score"] * 1e6)
    assert parts[0]["state"] == "current"
    assert parts[0]["award"]["name"] == "Operate forklift certificate"
    assert parts[0]["issuer"] == {"name": "Northshore Institute", "known": True}
    assert {factor["name"] for factor in parts[0]["factors"]} == {"exact", "issuer_known"}
    twins = [result for result in answer["results"] if result["candidate"].startswith("twin")]
    assert [(twin["rank"], twin["tied"]) for twin in twins] == [(2, True), (2, True)]
    assert answer["excluded"][0]["requirement"] == 1


def test_matches_take_top_day_and_language(client: FlaskClient) -> None:
    path = "/api/v1/positions/yard/matches"
    assert len(client.get(f"{path}?top=1").get_json()["results"]) == 1
    long_ago = client.get(f"{path}?day=2001-02-03&language=fr").get_json()
    assert (long_ago["day"], long_ago["results"]) == ("2001-02-03", [])


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("top=0", "top"),
        ("top=501", "top"),
        ("top=-1", "top"),
        ("top=1e3", "top"),
        ("top=%D9%A3", "top"),
        ("day=tomorrow", "day"),
        ("day=2026-02-30", "day"),
        ("day=0001-01-01", "day"),
        ("day=9999-12-31", "day"),
        ("language=de", "language"),
        ("dya=2026-06-30", "dya"),
        ("top=1&top=2", "top"),
        ("day=2026-06-30&language=en&language=en", "language"),
    ],
)
def test_a_wrong_choice_is_named(client: FlaskClient, query: str, where: str) -> None:
    body = problem(client.get(f"/api/v1/positions/yard/matches?{query}"), 422)
    assert body["where"] == where


def test_a_misspelt_choice_is_named_with_the_nearest(client: FlaskClient) -> None:
    def detail(query: str) -> str:
        return str(problem(client.get(f"/api/v1/positions/yard/matches?{query}"), 422)["detail"])

    assert detail("dya=2026-06-30") == 'is not a known field (did you mean "day"?)'
    assert detail("top=3&lang=fr") == 'is not a known field (did you mean "language"?)'
    assert detail("xyzzy=") == "is not a known field"
    assert detail("top=1&top=1") == "is given more than once"


def test_no_address_takes_a_parameter_that_it_does_not_know(website: Website, client: FlaskClient) -> None:
    rules = [rule for rule in website.app.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    assert len(rules) >= 5
    for rule in rules:
        address = rule.rule.replace("<key:key>", "yard") + "?bogus=1"
        for method in {"GET", "POST", "PUT"}.intersection(rule.methods or ()):
            refused = problem(client.open(address, method=method, json={}), 422)
            assert (refused["where"], refused["detail"]) == ("bogus", "is not a known field"), rule


def test_a_position_without_requirements_is_a_draft_and_says_so(client: FlaskClient) -> None:
    assert put(client, "positions/draft", {"title": "Later", "requirements": []}).status_code == 201
    body = problem(client.get("/api/v1/positions/draft/matches"), 409)
    assert "has no requirements" in body["detail"]
    assert body["type"] == "urn:credmatch:problem:not-scorable"
    page = client.get("/positions/draft")
    assert page.status_code == 409
    assert "It names no micro-skills." in page.text


def test_what_cannot_be_scored_is_said_so(client: FlaskClient) -> None:
    put(client, "positions/vague", {"requirements": [{"text": "zzzz qqqq", "must": True}]})
    body = problem(client.get("/api/v1/positions/vague/matches"), 409)
    assert body["type"] == "urn:credmatch:problem:not-scorable"


# --- candidates --------------------------------------------------------------------------------


def candidate(key: str, **award: Any) -> dict[str, Any]:
    achievement = {
        "name": "Forklift licence",
        "issuer": {"name": "Northshore Institute"},
        "competencies": [{"uri": "urn:skill:forklift", "label": "operate forklift"}],
    }
    stated = {"key": f"licence-{key}", "achievement": achievement, "issued": "2026-01-10"} | award
    return {"candidate": {"key": key, "name": "Kim Osei"}, "awards": [stated]}


def test_a_candidate_is_merged_and_found(website: Website, client: FlaskClient) -> None:
    def ranked() -> set[str]:
        website.index()
        answer = client.get("/api/v1/positions/yard/matches").get_json()
        return {result["candidate"] for result in answer["results"]}

    counts = {"awards_added": 1, "awards_changed": 0, "awards_unchanged": 0}
    assert put(client, "candidates/kim", candidate("kim")).get_json() == counts
    assert "kim" in ranked()
    same = put(client, "candidates/kim", candidate("kim")).get_json()
    assert same == {"awards_added": 0, "awards_changed": 0, "awards_unchanged": 1}
    revoked = put(client, "candidates/kim", candidate("kim", status="revoked")).get_json()
    assert revoked["awards_changed"] == 1
    assert "kim" not in ranked()
    # What comes by the API is meant, even where it was seen before.
    assert put(client, "candidates/kim", candidate("kim")).get_json()["awards_changed"] == 1
    assert "kim" in ranked()


def test_a_wrong_award_names_its_place_and_stores_nothing(client: FlaskClient) -> None:
    body = problem(put(client, "candidates/lee", candidate("lee", expires="soon")), 422)
    assert body["where"] == "awards[0].expires"
    assert "soon" in body["detail"]
    assert client.get("/candidates/lee").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"candidate": {"name": "Lou"}},
        {"candidate": {"key": None, "name": "Lou"}},
        {"candidate": {"name": "Lou", "identifiers": ["mailto:lou@example.org"]}},
        {"awards": []},
        {},
    ],
)
def test_the_key_of_a_candidate_may_stand_in_the_address_alone(
    client: FlaskClient, body: dict[str, Any]
) -> None:
    assert put(client, "candidates/lou", body).status_code == 200
    assert client.get("/candidates/lou").status_code == 200


def test_an_award_of_somebody_else_stores_nothing(client: FlaskClient) -> None:
    put(client, "candidates/first", candidate("first"))
    stolen = candidate("second")
    stolen["awards"][0]["key"] = "licence-first"
    problem(put(client, "candidates/second", stolen), 422)
    assert client.get("/candidates/second").status_code == 404


def test_a_body_about_another_key_is_refused(client: FlaskClient) -> None:
    assert problem(put(client, "candidates/lee", candidate("kim")), 422)["where"] == "candidate.key"
    assert (
        problem(put(client, "positions/a", {"key": "b", "requirements": [{"text": "welding"}]}), 422)["where"]
        == "key"
    )


@pytest.mark.parametrize(
    "key", ["a/b", "50%", "%2F", "a b", "é中🙂", "a+b", "x/matches", "'\"<&>", "a?b#c", ";x=1", "//"]
)
def test_a_key_is_one_segment_of_the_path(client: FlaskClient, key: str) -> None:
    path = quote(key, safe="")
    body = {"title": key, "requirements": [{"text": "load cargo"}]}
    assert put(client, f"positions/{path}", body).status_code in {200, 201}
    assert client.get(f"/api/v1/positions/{path}").get_json()["key"] == key
    assert client.get(f"/api/v1/positions/{path}/matches").get_json()["position"] == key
    page = client.get(f"/positions/{path}")
    assert page.status_code == 200
    assert f"/positions/{path}/edit" in page.text.replace("&#39;", "'")


@pytest.mark.parametrize("key", ["k" * 201, "k" * 3000, "%20", "a%07b"])
def test_a_key_in_the_address_is_checked_as_one_in_the_body(client: FlaskClient, key: str) -> None:
    body = {"title": "x", "requirements": [{"text": "load cargo"}]}
    refused = problem(put(client, f"positions/{key}", body), 422)
    stated = put(client, "positions/plain", body | {"key": unquote(key)})
    assert problem(stated, 422) == refused
    assert refused["where"] == "key"
    problem(client.get(f"/api/v1/positions/{key}"), 404)
    assert client.get(f"/positions/{key}/edit").status_code == 404
    assert put(client, f"positions/{'k' * 200}", body).status_code in {200, 201}


def test_a_slash_that_is_not_encoded_separates(client: FlaskClient) -> None:
    problem(put(client, "positions/a/b", {"title": "x"}), 404)
    problem(client.get("/api/v1/positions/%00"), 404)


@pytest.mark.parametrize("key", ["%FF%FE", "a%80", "%C3%28", "a%2F%FF", "%ED%A0%80"])
def test_an_address_that_is_not_utf_8_is_nobodys(client: FlaskClient, key: str) -> None:
    problem(put(client, f"positions/{key}", {"requirements": []}), 404)
    problem(put(client, f"candidates/{key}", {}), 404)
    for path in ("positions", "candidates"):
        page = client.get(f"/{path}/{key}")
        assert (page.status_code, page.content_type) == (404, "text/html; charset=utf-8")
    assert "\ufffd" not in client.get("/").text


def test_a_number_that_json_does_not_have_is_named_with_its_place(client: FlaskClient) -> None:
    for text, where in (
        (b'{"requirements":[{"text":"x"},{"text":"y","weight":NaN}]}', "requirements[1].weight"),
        (b'{"requirements":[{"text":"y","min_level":1e999}]}', "requirements[0].min_level"),
    ):
        response = client.put("/api/v1/positions/nan", data=text, content_type="application/json")
        assert problem(response, 422)["where"] == where


def test_values_are_shown_as_json_writes_them(client: FlaskClient) -> None:
    refused = put(client, "positions/types", {"requirements": [{"text": "x", "must": "yes"}]})
    body = problem(refused, 422)
    assert (body["where"], body["detail"]) == ("requirements[0].must", '"yes" is neither true nor false')
    assert problem(put(client, "positions/types", {"title": "T"}), 422)["detail"] == "is missing"
    whole = problem(put(client, "positions/types", [1]), 422)
    assert ("where" in whole, whole["detail"]) == (False, "a list is not an object")
    other = problem(put(client, "positions/types", {"key": "other", "requirements": []}), 422)
    assert other["detail"] == '"other" is not the key it is sent to, "types"'


# --- bodies that no honest program sends -------------------------------------------------------

HOSTILE = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"1",
    b'"x"',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"candidate":{"key":"k"},"awards":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    b'{"title":"' + b"x" * 100_000 + b'"}',
    b'{"requirements":[{"text":"x","weight":1e999}]}',
    b'{"requirements":[{"text":"x","weight":NaN}]}',
    b'{"requirements":[{"text":"x","weight":-Infinity}]}',
    b'{"requirements":[{"text":"x","weight":' + b"9" * 5_000 + b"}]}",
    b'{"requirements":[{"text":"\\ud800"}]}',
    b'{"title":"\\udfff\\ud800","candidate":{"key":"\\ud800"}}',
    b'{"title":"\xff\xfe"}',
    b'{"title":"\x00"}',
    b'{"title":"a","title":"b"}',
    b'{"candidate":{"key":"k","key":"l"}}',
    b'{"candidate":{"key":"k"},"awards":[{"achievement":{"name":"x"},"level":{"value":1e999}}]}',
    b'{"unknown":1}',
    b'{"requirements":{}}',
    b'{"requirements":[' + b",".join([b'{"text":"x"}'] * 500) + b"]}",
    b'{"candidate":{"key":"' + b"k" * 10_000 + b'"}}',
    '{"title":"x"}'.encode("utf-16"),
]


@pytest.mark.parametrize("path", ["positions/hostile", "candidates/hostile"])
@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_body_is_refused_politely(client: FlaskClient, path: str, body: bytes) -> None:
    response = client.put(f"/api/v1/{path}", data=body, content_type="application/json")
    problem(response, 422)


def test_a_lone_surrogate_is_not_stored(client: FlaskClient) -> None:
    body = b'{"candidate":{"key":"s","name":"\\ud800"},"awards":[{"achievement":{"name":"\\udfff"}}]}'
    response = client.put("/api/v1/candidates/s", data=body, content_type="application/json")
    problem(response, 422)


# --- refusals ----------------------------------------------------------------------------------


def test_what_is_not_there(client: FlaskClient) -> None:
    problem(client.get("/api/v1/nothing"), 404)
    problem(client.get("/api"), 404)
    missing = problem(client.get("/api/v1/positions/missing"), 404)
    assert missing["type"] == "urn:credmatch:problem:not-found"
    problem(client.get("/api/v1/positions/missing/matches"), 404)


def test_a_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    response = client.delete("/api/v1/positions/yard")
    problem(response, 405)
    assert "PUT" in response.headers["Allow"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken(client: FlaskClient, content_type: str) -> None:
    problem(client.put("/api/v1/positions/x", data=b"{}", content_type=content_type), 415)


def test_a_body_has_a_limit(client: FlaskClient) -> None:
    body = b" " * 10_000_001
    problem(client.put("/api/v1/positions/x", data=body, content_type="application/json"), 413)
    unsized = {"wsgi.input_terminated": True, "wsgi.input": BytesIO(b"{}" + body)}
    response = client.put("/api/v1/positions/x", content_type="application/json", environ_overrides=unsized)
    problem(response, 413)


def test_an_unexpected_error_shows_nothing_of_the_inside(
    website: Website, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    services: Services = website.app.extensions["credmatch"]

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(services.matcher, "match_stored", broken)
    with caplog.at_level(logging.ERROR):
        response = website.client().get("/api/v1/positions/yard/matches")
    assert "secret" not in json.dumps(problem(response, 500))
    assert "a secret of the inside" in caplog.text


def test_an_installation_without_an_index_says_so(settings: Settings) -> None:
    website = make_website(settings, indexed=False)
    response = website.client().get("/api/v1/positions/yard/matches")
    assert problem(response, 503)["type"] == "urn:credmatch:problem:unavailable"
    assert int(response.headers["Retry-After"]) > 0
    website.close()


def test_an_installation_that_is_not_made_ready_tells_only_its_log(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(settings)
    with caplog.at_level(logging.ERROR):
        answer = app.test_client().get("/api/v1/positions/yard")
        page = app.test_client().get("/")
    body = problem(answer, 503)
    assert body["type"] == "urn:credmatch:problem:configuration-error"
    assert page.status_code == 503
    assert all(int(response.headers["Retry-After"]) > 0 for response in (answer, page))
    for shown in (json.dumps(body), page.text):
        assert "organisations" not in shown
        assert str(settings.data_dir) not in shown
    assert "organisations" in caplog.text


# --- who may ask -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "localhost.evil.example", "[::2]", "", "a b", "[", "127.1"]
)
def test_another_host_name_is_refused(
    client: FlaskClient, host: str, caplog: pytest.LogCaptureFixture
) -> None:
    told = problem(client.get("/api/v1/positions/yard", headers={"Host": host}), 400)["detail"]
    page = client.get("/", headers={"Host": host})
    assert (page.status_code, page.content_type) == (400, "text/plain; charset=utf-8")
    assert page.text == f"{told}\n" == "The server is not known by this host name.\n"
    assert "CREDMATCH_ALLOWED_HOSTS" in caplog.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:1"])
def test_the_names_of_this_machine_are_taken(client: FlaskClient, host: str) -> None:
    assert client.get("/api/v1/positions/yard", headers={"Host": host}).status_code == 200


def test_further_names_can_be_allowed(settings: Settings) -> None:
    named = settings.model_copy(update={"allowed_hosts": "jobs.example, other.example"})
    website = make_website(named, pool=False)
    assert website.client().get("/healthz", headers={"Host": "jobs.example:443"}).status_code == 200
    website.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
)
def test_a_page_of_another_site_changes_nothing(client: FlaskClient, headers: dict[str, str]) -> None:
    problem(put(client, "positions/evil", {"title": "x"}, headers=headers), 403)
    problem(client.get("/api/v1/positions/evil"), 404)


def test_a_page_of_this_site_may(client: FlaskClient) -> None:
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert (
        put(client, "positions/own", {"requirements": [{"text": "welding"}]}, headers=headers).status_code
        == 201
    )


def test_where_a_token_is_set_it_is_asked_for(settings: Settings) -> None:
    website = make_website(settings.model_copy(update={"access_token": "correct-horse-battery"}))
    client = website.client()
    path = "/api/v1/positions/yard"
    refused = client.get(path)
    problem(refused, 401)
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    for wrong in ("Bearer wrong", "Bearer", "Basic correct-horse-battery", "Bearer \xe9"):
        problem(client.get(path, headers={"Authorization": wrong}), 401)
    problem(client.get("/api/v1/nothing"), 401)
    right = {"Authorization": "Bearer correct-horse-battery"}
    assert client.get(path, headers=right).status_code == 200
    assert client.get("/healthz").status_code == 200
    website.close()


@pytest.mark.parametrize("path", ["/api/v1/positions/yard", "/api/v1/nothing", "/", "/nothing", "/healthz"])
def test_every_answer_is_marked(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
    assert response.headers["Cache-Control"] == "no-store"
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


# --- the secret key ----------------------------------------------------------------------------


def test_the_secret_key_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        keys = set(pool.map(secret_key, [folder] * 8))
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert [path.name for path in folder.iterdir()] == ["secret.key"]
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600


# --- credentials -------------------------------------------------------------------------------

ASSERTION = {
    "@context": "https://w3id.org/openbadges/v2",
    "type": "Assertion",
    "id": "https://badges.example.org/assertions/9",
    "recipient": {"type": "email", "identity": "ada@example.org", "hashed": False},
    "issuedOn": "2026-03-01",
    "badge": "https://badges.example.org/lift.json",
    "verification": {"type": "hosted"},
}
BADGE = {
    "@context": "https://w3id.org/openbadges/v2",
    "type": "BadgeClass",
    "id": "https://badges.example.org/lift.json",
    "name": "Lift truck",
    "issuer": {"id": "https://badges.example.org", "type": "Profile", "name": "Northshore"},
}


def send(client: FlaskClient, key: str, *files: tuple[str, bytes]) -> TestResponse:
    data = {"files": [(BytesIO(content), name) for name, content in files]}
    return client.post(f"/api/v1/candidates/{key}/credentials", data=data)


def test_credentials_are_sent_as_files_that_find_each_other(client: FlaskClient) -> None:
    files = ("mine.json", json.dumps(ASSERTION).encode()), ("lift.json", json.dumps(BADGE).encode())
    found = send(client, "sender", *files).get_json()
    assert (found["awards_added"], found["rejected"]) == (1, [])
    assert found["formats"] == ["JSON", "Open Badges 2.0 and 1.x"]
    assert found["awards"][0]["achievement"]["name"] == "Lift truck"
    assert send(client, "sender", *files).get_json()["awards_unchanged"] == 1
    alone = problem(send(client, "sender-2", files[0]), 422)
    assert "https://badges.example.org/lift.json" in alone["detail"]


def test_the_body_may_be_the_credential_itself(client: FlaskClient) -> None:
    body = {**ASSERTION, "id": "urn:uuid:body", "badge": BADGE}
    path = "/api/v1/candidates/body/credentials"
    assert client.post(path, json=body).get_json()["awards_added"] == 1
    table = "candidate_key,achievement_name,colour\nbody,First aid,red\nother,First aid,red\n"
    found = client.post(path, data=table, content_type="text/csv").get_json()
    assert found["awards_added"] == 1
    assert [(one["line"], one["where"]) for one in found["rejected"]] == [(3, "candidate_key")]
    assert "colour" in found["notices"][0]["text"]
    table = "candidate_key,achievement_name,issued\nbody,First aid,03/04/2026\n"
    assert problem(client.post(path, data=table, content_type="text/csv"), 422)["where"] == "issued"
    found = client.post(f"{path}?dates=day-first", data=table, content_type="text/csv").get_json()
    assert found["awards"][0]["issued"].startswith("2026-04-03")
    assert problem(client.post(f"{path}?dates=x", data=table), 422)["where"] == "dates"


TABLE = b"candidate_key,achievement_name,issued\nformed,First aid,03/04/2026\n"


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", {"dates": "day-first"}),
        ("?dates=day-first", {}),
        ("?dates=day-first", {"dates": ""}),
        ("?dates=day-first", {"dates": "day-first"}),
    ],
)
def test_a_form_says_in_its_address_or_a_field_how_dates_are_meant(
    client: FlaskClient, query: str, fields: dict[str, str]
) -> None:
    data = {**fields, "files": (BytesIO(TABLE), "table.csv")}
    found = client.post(f"/api/v1/candidates/formed/credentials{query}", data=data).get_json()
    assert [award["issued"][:10] for award in found["awards"]] == ["2026-04-03"]


@pytest.mark.parametrize(
    ("query", "fields", "where", "detail"),
    [
        ("", {"bogus": "1"}, "bogus", "is not a known field"),
        ("", {"date": "day-first"}, "date", 'is not a known field (did you mean "dates"?)'),
        ("?bogus=1", {}, "bogus", "is not a known field"),
        ("?dates=day-first&dates=month-first", {}, "dates", "is given more than once"),
        ("", {"dates": "x"}, "dates", '"x" is not one of day-first, month-first'),
        (
            "?dates=month-first",
            {"dates": "day-first"},
            "dates",
            'is stated as "day-first" and as "month-first"',
        ),
        (
            "",
            {"dates": ["month-first", "day-first"]},
            "dates",
            'is stated as "day-first" and as "month-first"',
        ),
    ],
)
def test_a_form_with_a_field_that_is_not_known_or_is_stated_twice_stores_nothing(
    client: FlaskClient, query: str, fields: dict[str, Any], where: str, detail: str
) -> None:
    data = {**fields, "files": (BytesIO(TABLE.replace(b"formed", b"unformed")), "table.csv")}
    body = problem(client.post(f"/api/v1/candidates/unformed/credentials{query}", data=data), 422)
    assert (body["where"], body["detail"]) == (where, detail)
    assert client.get("/candidates/unformed").status_code == 404


def test_a_file_sent_as_curl_sends_data_is_no_form(client: FlaskClient) -> None:
    path = "/api/v1/candidates/formed/credentials?dates=day-first"
    sent = client.post(path, data=TABLE, content_type="application/x-www-form-urlencoded")
    assert sent.status_code == 200, sent.text


def test_awards_of_another_candidate_are_refused_without_saying_whose(client: FlaskClient) -> None:
    theirs = {**ASSERTION, "id": "urn:uuid:theirs", "badge": BADGE}
    mine = {**ASSERTION, "id": "urn:uuid:mine", "badge": BADGE}
    assert send(client, "owner-7", ("a.json", json.dumps(theirs).encode())).status_code == 200
    files = ("a.json", json.dumps(theirs).encode()), ("b.json", json.dumps(mine).encode())
    found = send(client, "taker", *files).get_json()
    assert [one["key"] for one in found["awards"]] == ["urn:uuid:mine"]
    (refusal,) = found["rejected"]
    assert refusal["reason"].endswith("urn:uuid:theirs belongs to another candidate")
    detail = problem(send(client, "taker", files[0]), 422)["detail"]
    assert "belongs to another candidate" in detail
    assert "owner-7" not in detail
    problem(send(client, "nobody-yet", files[0]), 422)
    assert client.get("/candidates/nobody-yet").status_code == 404


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"", "empty"),
        (b"[" * 100_000, "nested more than 200 (CREDMATCH_IMPORT_NESTING)"),
        (b"\x89PNG\r\n\x1a\n", "no credential was found in the image"),
        (b'{"candidate": NaN}', "NaN"),
        (b"nothing we know", "formats"),
        (
            b'{"CFItems": [{"uri": "urn:x", "fullStatement": "x"}]}',
            "competencies (CASE), which nobody",
        ),
        (
            b"key,label\na,yard duty\n",
            "(credmatch framework), which nobody holds",
        ),
    ],
)
def test_what_cannot_be_read_is_a_problem_that_says_why(
    client: FlaskClient, data: bytes, detail: str
) -> None:
    refused = client.post("/api/v1/candidates/c/credentials", data=data, content_type="application/json")
    assert detail in problem(refused, 422)["detail"]
    assert client.get("/candidates/c").status_code == 404


def test_where_nothing_of_several_files_is_taken_each_refusal_is_told(client: FlaskClient) -> None:
    files = ("one.json", b'{"candidate": NaN}'), ("two.csv", b"nothing we know"), ("three.png", b"GIF89a")
    body = problem(send(client, "c", *files), 422)
    assert (body["where"], "NaN" in body["detail"]) == ("candidate", True)
    assert [one["file"] for one in body["rejected"]] == ["one.json", "two.csv", "three.png"]
    assert body["rejected"][0]["reason"] == body["detail"]
    assert (body["refused"], body["awards_added"], body["formats"]) == (3, 0, ["JSON Lines"])


def test_a_form_without_files_and_a_body_too_long_are_refused(client: FlaskClient) -> None:
    assert "no file" in problem(client.post("/api/v1/candidates/c/credentials", data={"a": "b"},
                                            content_type="multipart/form-data"), 422)["detail"]  # fmt: skip
    problem(client.post("/api/v1/candidates/c/credentials", data=b"x" * 10_000_001), 413)


def post_files(client: FlaskClient, files: list[FileStorage]) -> TestResponse:
    boundary, body = encode_multipart({"files": files})
    content_type = f"multipart/form-data; boundary={boundary}"
    return client.post("/api/v1/candidates/c/credentials", data=body, content_type=content_type)


@pytest.mark.parametrize(
    ("sizes", "within"), [((6_000_000, 5_000_000, 10), "two.json"), ((10_000_001, 10), "one.json")]
)
def test_too_much_at_once_names_the_limit_its_setting_and_the_file(
    client: FlaskClient, sizes: tuple[int, ...], within: str
) -> None:
    names = ("one.json", "two.json", "three.json")
    files = [FileStorage(BytesIO(b"x" * size), name) for size, name in zip(sizes, names, strict=False)]
    body = problem(post_files(client, files), 413)
    assert "More bytes are sent at once than CREDMATCH_UPLOAD_BODY allows: 10,000,000." in body["detail"]
    assert body["detail"].endswith(f'It is passed within the file "{within}".')
    assert body["where"] == within


def test_too_many_files_at_once_name_their_limit(client: FlaskClient) -> None:
    boundary, data = encode_multipart({f"field-{number}": "x" for number in range(1_001)})
    content_type = f"multipart/form-data; boundary={boundary}"
    sent = client.post("/api/v1/candidates/c/credentials", data=data, content_type=content_type)
    body = problem(sent, 413)
    assert (
        body["detail"]
        == "More files and fields are sent at once than CREDMATCH_UPLOAD_ENTRIES allows: 1,000."
    )


def test_the_limits_of_what_is_sent_can_be_set(tmp_path: Path) -> None:
    site = make_website(read_settings(data_dir=tmp_path, upload_body=20_000, upload_entries=2), pool=False)
    path = "/api/v1/candidates/c/credentials"
    for size, status in ((19_000, 422), (20_001, 413)):
        problem(site.client().post(path, data=b"x" * size), status)
    assert "At most 0.02 MB together" in site.client().get("/candidates/c/credentials").text
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for number in range(3):
            packed.writestr(f"{number}.json", "{}")
    body = problem(site.client().post(path, data=archive.getvalue()), 422)
    assert "it holds nothing" in body["detail"]
    site.parts.close()
