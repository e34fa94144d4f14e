"""Metrics of a real server with two workers: what they count adds up, and stays when one of them goes."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from test_serve import end, free_port, parts_of, start, status, wait_until

from indexer.commands.web import metrics_folder
from matcher.settings import read_settings

TOKEN = "correct-horse-battery"  # noqa: S105 - nobody's
SCRAPER = "scraper-battery-staple"
PERSON = "ada.lovelace@example.org"
REQUESTS = 60


class Server:
    """A server with two workers that log what they answer."""

    def __init__(self, data_dir: Path) -> None:
        self.port = free_port()
        self.folder = metrics_folder(read_settings(data_dir=data_dir, port=self.port))
        variables = {
            "CREDMATCH_ACCESS_TOKEN": TOKEN, "CREDMATCH_METRICS_TOKEN": SCRAPER,
            "CREDMATCH_LOG_FORMAT": "json", "CREDMATCH_LOG_LEVEL": "info",
        }  # fmt: skip
        self.process = start(data_dir, "--port", str(self.port), "--workers", "2", **variables)
        wait_until(lambda: self.process.poll() is not None or status(self.port, "/readyz") == 200, 90)

    def get(self, path: str, token: str = TOKEN) -> tuple[int, str]:
        """Status and body of an answer over a connection of its own, which either worker may take."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            response = connection.getresponse()
            return response.status, response.read().decode()

    def count(self, route: str, code: int, name: str = "credmatch_requests_total") -> float:
        """What the server says of the answers to a route."""
        answered, page = self.get("/metrics", SCRAPER)
        assert answered == 200, page
        labels = {"method": "GET", "route": route, "status": str(code)}
        samples = [one for family in text_string_to_metric_families(page) for one in family.samples]
        return sum(one.value for one in samples if one.name == name and one.labels.items() <= labels.items())

    def workers(self) -> list[psutil.Process]:
        """The web workers, without their master."""
        web = parts_of(self.process).get("web")
        return [] if web is None else web.children()

    def files(self) -> set[str]:
        """The files in which is counted."""
        return {file.name for file in self.folder.glob("*.db")}

    def ask_until_both_counted(self) -> int:
        """Ask for the metrics' and a person's page until each worker answered some; how many were asked."""
        asked = 0
        while asked < REQUESTS or len([name for name in self.files() if name.startswith("counter_")]) < 2:
            assert self.get(f"/candidates/{PERSON}")[0] == 404
            asked += 1
            assert asked < 2_000, "one worker answers everything"
        return asked


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("metrics"))
    yield made
    end(made.process)


def test_what_two_workers_count_adds_up_and_stays_when_they_go(server: Server) -> None:
    rule = "/candidates/<key:key>"
    asked = server.ask_until_both_counted()
    for _ in range(8):  # whichever answers
        assert server.count(rule, 404) == asked
        assert server.count(rule, 404, "credmatch_request_seconds_count") == asked
    before = server.workers()
    assert len(before) == 2
    for number, worker in zip((signal.SIGTERM, signal.SIGKILL), before, strict=True):
        worker.send_signal(number)
        wait_until(lambda: worker not in server.workers() and len(server.workers()) == 2, 30)  # noqa: B023
        gone = f"counter_{worker.pid}.db"
        wait_until(lambda: gone not in server.files() and status(server.port, "/readyz") == 200, 30)  # noqa: B023
    assert {"counter_0.db", "histogram_0.db"} <= server.files()
    for _ in range(8):
        assert server.count(rule, 404) == asked
        assert server.count(rule, 404, "credmatch_request_seconds_count") == asked
    assert PERSON not in server.get("/metrics", SCRAPER)[1]


def test_a_server_that_starts_again_counts_from_nothing(server: Server) -> None:
    asked = server.count("/healthz", 200)
    for _ in range(3):
        server.get("/healthz")
    assert server.count("/healthz", 200) == asked + 3
    before = server.workers()
    parts_of(server.process)["web"].kill()
    _, alive = psutil.wait_procs(before, timeout=30)  # they notice that their master is gone
    assert alive == []
    wait_until(lambda: len(server.workers()) == 2 and status(server.port, "/readyz") == 200, 60)
    assert server.count("/healthz", 200) == 0


def test_of_the_log_every_line_has_a_run_and_none_a_person(server: Server) -> None:
    os.kill(server.workers()[0].pid, signal.SIGKILL)
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        connection.putrequest("GET", f"/candidates/{PERSON}", skip_host=True)
        connection.putheader("Bad header", PERSON)  # refused by gunicorn itself
        connection.endheaders()
        assert connection.getresponse().status == 400
    said = stopped_with_its_log(server.process)
    assert not server.folder.exists()
    lines = [json.loads(line) for line in said]
    assert all(line["run"] and line["command"] for line in lines)
    assert {line["command"] for line in lines} >= {"serve", "web"}
    assert {"credmatch has stopped", "answered", "a request was not valid HTTP"} <= {
        line["event"] for line in lines
    }
    written = json.dumps(lines)
    assert not [one for one in (PERSON, "lovelace", TOKEN, SCRAPER) if one in written]


def stopped_with_its_log(process: subprocess.Popen[str]) -> list[str]:
    """Stop it; the lines it wrote since it started."""
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    return said.splitlines()
