"""The server watched from outside: ids of requests, health, readiness, metrics, and a log without people."""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from website import Website, make_website

from app import create_app
from indexer.nightly import Summary, write_metrics
from matcher.errors import Unavailable
from matcher.health import Health, Probe
from matcher.logs import start_logging, stop_logging
from matcher.search.description import Description
from matcher.settings import Settings
from matcher.store.candidates import load_candidate
from matcher.store.changes import log_changes
from matcher.store.organisations import organisation
from matcher.web.metrics import keep_counts
from matcher.web.services import Services

TOKEN = "correct-horse-battery"  # noqa: S105 - nobody's
SCRAPER = "scraper-battery-staple"
MATCHES = "/api/v1/positions/yard/matches"


@pytest.fixture
def website(settings: Settings) -> Iterator[Website]:
    made = make_website(settings)
    yield made
    made.parts.close()


@pytest.fixture
def client(website: Website) -> FlaskClient:
    return website.client()


Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def measured(client: FlaskClient, **headers: str) -> Samples:
    """What /metrics says, by name and labels; it must be what Prometheus reads."""
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 200, response.text
    assert response.content_type.startswith("text/plain; version=")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def plain(samples: Samples) -> dict[str, float]:
    """Those without labels, by name."""
    return {name: value for (name, labels), value in samples.items() if not labels}


# --- ids of requests ---------------------------------------------------------------------------


def test_every_answer_has_an_id_of_its_own(client: FlaskClient) -> None:
    ids = {client.get(path).headers["X-Request-ID"] for path in ("/", "/nothing", MATCHES, "/healthz")}
    assert len(ids) == 4
    assert all(re.fullmatch(r"[0-9a-f]{16}", one) for one in ids)


@pytest.mark.parametrize("sent", ["4bf92f3577b34da6a3ce929d0e0e4736", "0b3f6b9e-8c1d-4d5e-9f00-112233445566"])
def test_an_id_that_a_proxy_sends_is_kept_also_in_a_problem(client: FlaskClient, sent: str) -> None:
    response = client.get("/api/v1/nothing", headers={"X-Request-ID": sent})
    assert response.headers["X-Request-ID"] == response.get_json(force=True)["request"] == sent


@pytest.mark.parametrize(
    "sent",
    ["", "short", "a" * 65, "ada@example.org", "with blank id", "id=1;2;3;4;5", "é" * 10, "<script>alert"],
)
def test_an_id_that_might_do_harm_is_not_taken(client: FlaskClient, sent: str) -> None:
    found = client.get("/", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{16}", found)


# --- health and readiness ----------------------------------------------------------------------


def unready(client: FlaskClient) -> str:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.content_type == "application/problem+json"
    assert int(response.headers["Retry-After"]) > 0
    body: dict[str, Any] = response.get_json(force=True)
    assert body["type"] == "urn:credmatch:problem:not-ready"
    return str(body["detail"])


def test_a_sound_server_is_ready(client: FlaskClient) -> None:
    for path, status in (("/healthz", "ok"), ("/readyz", "ready")):
        response = client.get(path, headers={"Host": "10.0.0.7:8080"})  # as an orchestrator asks
        assert (response.status_code, response.get_json()) == (200, {"status": status})
        assert response.headers["Cache-Control"] == "no-store"


def test_without_tables_it_lives_and_is_not_ready(settings: Settings) -> None:
    client = create_app(settings).test_client()
    assert client.get("/healthz").status_code == 200
    assert unready(client) == "The database is not migrated to this version."


def test_without_an_index_it_is_not_ready(settings: Settings) -> None:
    website = make_website(settings, indexed=False)
    assert unready(website.client()) == "The search index is not built yet."
    website.index()
    assert website.client().get("/readyz").status_code == 200
    website.parts.close()


def test_a_damaged_index_is_told_only_to_the_log(website: Website, caplog: pytest.LogCaptureFixture) -> None:
    manifest = website.parts.settings.index_dir / "default" / "manifest.json"
    manifest.write_text("{")
    assert unready(website.client()) == "The search index does not answer."
    assert "manifest" in caplog.text
    samples = plain(measured(website.client()))
    assert (samples["credmatch_database_up"], samples["credmatch_index_up"]) == (1, 0)


def test_a_database_that_fails_is_told_only_to_the_log(
    website: Website, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise Unavailable("the database does not answer: db.internal refused credmatch")

    monkeypatch.setattr("matcher.health.schema", refuse)
    client = website.client()
    assert unready(client) == "The database does not answer."
    assert "db.internal" in caplog.text
    assert plain(measured(client))["credmatch_database_up"] == 0


def waiting(website: Website, seconds: int) -> None:
    """Have a change wait that was made so many seconds ago."""
    with website.parts.database.write() as connection:
        home = organisation(connection, "default")
        candidate = load_candidate(connection, home.id, "amara").profile.id
        log_changes(connection, home.id, candidates=[candidate])
        latest = "UPDATE changes SET created = :made WHERE number = (SELECT MAX(number) FROM changes)"
        connection.execute(text(latest), {"made": int(time.time()) - seconds})


def test_far_behind_it_is_not_ready(settings: Settings) -> None:
    website = make_website(settings.model_copy(update={"ready_lag": 60}))
    client = website.client()
    state = website.parts.engine.state("default")
    assert state is not None
    lacking = f"number > {state.change_number}"
    waiting(website, 30)
    assert client.get("/readyz").status_code == 200
    waiting(website, 90)
    found = plain(measured(client))
    assert found["credmatch_index_behind_changes"] == 2
    assert 30 <= found["credmatch_index_behind_seconds"] < 60  # of the first that waits
    with website.parts.database.write() as connection:
        connection.execute(text(f"UPDATE changes SET created = created - 60 WHERE {lacking}"))
    assert unready(client) == "The search index is too far behind."
    with website.parts.database.write() as connection:
        # As what was logged before the log had dates.
        connection.execute(text(f"UPDATE changes SET created = 0 WHERE {lacking}"))
    assert client.get("/readyz").status_code == 200
    assert "credmatch_index_behind_seconds" not in plain(measured(client))
    with website.parts.database.write() as connection:
        first = f"(SELECT MIN(number) FROM changes WHERE {lacking})"
        connection.execute(text(f"UPDATE organisations SET changes_pruned = {first}"))
        connection.execute(text(f"DELETE FROM changes WHERE number = {first}"))
    assert unready(client) == "The search index is too far behind."
    assert plain(measured(client))["credmatch_index_behind_seconds"] == math.inf
    website.index()
    assert client.get("/readyz").status_code == 200
    found = plain(measured(client))
    assert (found["credmatch_index_behind_changes"], found["credmatch_index_behind_seconds"]) == (0, 0)
    with website.parts.database.write() as connection:  # as after a restore
        connection.execute(text("DELETE FROM changes WHERE number = (SELECT MAX(number) FROM changes)"))
    assert unready(client) == "The search index is not of this database."
    website.parts.close()


def test_a_part_that_hangs_delays_nobody_and_is_asked_once(
    website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, asked = threading.Event(), []

    def hang(*_: object) -> None:
        asked.append(1)
        go.wait(30)

    monkeypatch.setattr("matcher.health.SECONDS", 0.2)
    monkeypatch.setattr("matcher.health.schema", hang)
    health = Health(website.parts.database, website.parts.engine, "default")
    health.stored = Probe(health.stored._look, 0.2)
    website.app.extensions["credmatch-watching"].health = health
    client = website.client()
    began = time.monotonic()
    assert {unready(client) for _ in range(3)} == {"The database does not answer."}
    assert plain(measured(client))["credmatch_database_up"] == 0
    assert client.get("/healthz").status_code == 200
    assert time.monotonic() - began < 5
    assert len(asked) == 1
    go.set()


def test_it_can_be_asked_again_after_it_hung() -> None:
    answers = iter([Unavailable("gone"), 7])

    def look() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    probe = Probe(look, 5)
    with pytest.raises(Unavailable, match="gone"):
        probe.ask()
    assert probe.ask() == 7


# --- metrics -----------------------------------------------------------------------------------


def test_requests_are_counted_by_rule_and_never_by_address(client: FlaskClient) -> None:
    for path in (MATCHES, "/candidates/amara", "/candidates/ada@example.org", "/nowhere/ada@example.org"):
        client.get(path)
    client.open("/nowhere", method="ADA")
    text_ = client.get("/metrics").text
    assert "amara" not in text_
    assert "ada@" not in text_.lower()
    found = measured(client)

    def counted(**labels: str) -> float:
        return found["credmatch_requests_total", tuple(sorted(labels.items()))]

    rule = "/api/v1/positions/<key:key>/matches"
    assert counted(method="GET", route=rule, status="200") == 1
    assert counted(method="GET", route="/candidates/<key:key>", status="200") == 1
    assert counted(method="GET", route="/candidates/<key:key>", status="404") == 1
    assert counted(method="none", route="none", status="404") == 2
    timed = found["credmatch_request_seconds_count", (("method", "GET"), ("route", rule))]
    assert timed == 1


def test_the_stages_of_a_match_are_timed(client: FlaskClient) -> None:
    began = time.perf_counter()
    answer = client.get(MATCHES).get_json()
    whole = time.perf_counter() - began
    found = measured(client)
    stages = [(("stage", name),) for name in ("plan", "recall", "score", "explain")]
    seconds = [found["credmatch_match_stage_seconds_sum", stage] for stage in stages]
    assert all(second > 0 for second in seconds)
    assert sum(seconds) < whole
    assert [found["credmatch_match_stage_seconds_count", stage] for stage in stages] == [1] * 4
    assert found["credmatch_match_scored_candidates_sum", ()] == answer["scored"] > 0


def test_the_installation_is_measured_when_it_is_asked_for(website: Website) -> None:
    found = plain(measured(website.client()))
    assert (found["credmatch_database_up"], found["credmatch_index_up"]) == (1, 1)
    assert found["credmatch_index_candidates"] == 5
    assert found["credmatch_quarantined_records"] == 0
    assert 0 <= found["credmatch_index_floor_age_seconds"] < 86_400 + 3_600
    assert found["credmatch_changes_total"] > 0
    before = found["credmatch_changes_total"]
    waiting(website, 0)
    found = plain(measured(website.client()))
    assert found["credmatch_changes_total"] == before + 1
    assert found["credmatch_index_behind_changes"] == 1


def test_an_engine_that_says_when_it_was_built_has_an_age(website: Website) -> None:
    engine = website.parts.engine

    class Described:
        state = engine.state

        def describe(self, _: str) -> Description:
            return Description("embedded", "1", "here", built=int(time.time()) - 1_000)

    health = Health(website.parts.database, Described(), "default")  # type: ignore[arg-type]
    website.app.extensions["credmatch-watching"].health = health
    found = plain(measured(website.client()))
    assert 999 < found["credmatch_index_generation_age_seconds"] < 1_100


@pytest.mark.parametrize(
    "named", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {SCRAPER}"}]
)
def test_where_a_token_is_set_metrics_need_it(settings: Settings, named: dict[str, str]) -> None:
    client = create_app(settings.model_copy(update={"access_token": TOKEN})).test_client()
    refused = client.get("/metrics", headers=named)
    assert refused.status_code == 401
    assert "credmatch_" not in refused.text
    assert measured(client, Authorization=f"Bearer {TOKEN}")
    assert client.get("/healthz").status_code == 200


def test_a_scrapers_token_opens_metrics_and_nothing_else(settings: Settings) -> None:
    both = settings.model_copy(update={"access_token": TOKEN, "metrics_token": SCRAPER})
    client = create_app(both).test_client()
    assert measured(client, Authorization=f"Bearer {SCRAPER}")
    assert measured(client, Authorization=f"Bearer {TOKEN}")
    assert client.get(MATCHES, headers={"Authorization": f"Bearer {SCRAPER}"}).status_code == 401
    alone = create_app(settings.model_copy(update={"metrics_token": SCRAPER})).test_client()
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}"}):
        assert alone.get("/metrics", headers=headers).status_code == 401
    assert measured(alone, Authorization=f"Bearer {SCRAPER}")


def test_counting_that_fails_keeps_nobody_from_an_answer(
    website: Website, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(website.app.extensions["credmatch-watching"].metrics, "answered", fail)
    assert website.client().get(MATCHES).status_code == 200
    assert "could not be counted" in caplog.text


def test_what_a_process_counted_is_kept_even_where_its_file_is_not_whole(tmp_path: Path) -> None:
    for process, value in ((7, 2.0), (8, 3.0), (9, 5.0)):
        counted = MmapedDict(str(tmp_path / f"counter_{process}.db"))
        counted.write_value("a", value, 0.0)
        counted.close()
    (tmp_path / "histogram_8.db").touch()
    (tmp_path / "histogram_9.db").write_bytes(b"\xff" * 100)
    for process in (7, 8, 9, 10):
        keep_counts(tmp_path, process)
    assert {file.name for file in tmp_path.glob("*.db")} == {"counter_0.db", "histogram_0.db"}
    kept = MmapedDict.read_all_values_from_file(str(tmp_path / "counter_0.db"))
    assert [(key, value) for key, value, _, _ in kept] == [("a", 10.0)]


def test_metrics_are_not_for_pages_of_other_names(client: FlaskClient) -> None:
    assert client.get("/metrics", headers={"Host": "evil.example"}).status_code == 400


# --- the log -----------------------------------------------------------------------------------


def test_no_line_of_the_log_names_a_person_or_a_secret(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    named = settings.model_copy(
        update={"access_token": TOKEN, "log_format": "json", "log_level": "debug", "metrics_token": SCRAPER}
    )
    website = make_website(named)
    start_logging(named, "web")
    try:
        _ask_everything(website, monkeypatch)
    finally:
        stop_logging()
        website.parts.close()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    written = json.dumps(lines).lower()
    assert len(lines) > 8
    assert {line["command"] for line in lines} == {"web"}
    assert all(line["request"] for line in lines)
    assert any(line.get("exception") == "IntegrityError from IntegrityError" for line in lines)
    for needle in ("okafor", "lovelace", "amara", "yard", "example.org", TOKEN, SCRAPER, "wrong-token"):
        assert needle not in written


def _ask_everything(website: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that name people and secrets, answered well, refused, and failing inside."""
    client = website.client()
    may = {"Authorization": f"Bearer {TOKEN}"}
    person = {"candidate": {"name": "Ada Lovelace", "email": "ada@example.org"}, "awards": []}
    client.get("/candidates/amara", headers=may)
    client.get("/candidates/ada.lovelace@example.org?q=okafor", headers=may)
    client.put("/api/v1/candidates/ada@example.org", json=person, headers=may)
    client.put("/api/v1/candidates/lovelace", json={"awards": "Okafor"}, headers=may)
    client.get(MATCHES, headers={"Authorization": "Bearer wrong-token-ada"})
    client.get("/", headers={**may, "Host": "ada@example.org"})
    client.get("/", headers={**may, "X-Request-ID": TOKEN})
    client.get("/metrics", headers={"Authorization": f"Bearer {SCRAPER}"})
    services: Services = website.app.extensions["credmatch"]

    def clash(*_: object, **__: object) -> None:
        with website.parts.database.write() as connection:
            add = text("INSERT INTO organisations (key, name) VALUES ('default', :name)")
            connection.execute(add, {"name": "Ada Lovelace"})

    monkeypatch.setattr(services.matcher, "match_stored", clash)
    assert client.get(MATCHES, headers=may).status_code == 500
    monkeypatch.setattr("matcher.health.schema", clash)
    assert client.get("/readyz").status_code == 503


# --- what is written about it ------------------------------------------------------------------

ROOT = Path(__file__).parents[2]
ALERTS = (ROOT / "deploy" / "prometheus-alerts.yml").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
METRIC = re.compile(r"\bcredmatch_[a-z_]+[a-z]")


def test_alerts_and_documents_name_the_metrics_that_there_are(website: Website, tmp_path: Path) -> None:
    website.client().get(MATCHES)
    known = {name for name, _ in measured(website.client())}
    known |= {"credmatch_index_generation_age_seconds", "credmatch_index_behind_seconds"}  # where known
    families = {re.sub(r"_(count|sum|bucket|created)$", "", name) for name in known}
    write_metrics(Summary("default", 0, steps={"read": {"seconds": 0}}), tmp_path / "nightly.prom")
    nightly = set(re.findall(r"^# TYPE (\w+)", (tmp_path / "nightly.prom").read_text(), re.MULTILINE))
    assert set(METRIC.findall(ALERTS)) <= known | nightly
    assert set(METRIC.findall(OPERATIONS)) == families - {"credmatch_requests"} | nightly


def test_each_alert_is_explained() -> None:
    alerts = re.findall(r"^      - alert: (\w+)$", ALERTS, re.MULTILINE)
    assert len(alerts) > 5
    assert re.findall(r"^\| `(Credmatch\w+)` \|", OPERATIONS, re.MULTILINE) == alerts
    assert ALERTS.count("summary: ") == ALERTS.count("severity: ") == len(alerts)
