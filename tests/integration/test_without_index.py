"""What goes on while Elasticsearch is away: applicants are ranked, and what is imported is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from website import SKILLS, Website, make_website

from indexer.cli import run
from matcher.settings import read_settings
from tests.integration.gate import Fault, Gate, Request, gate_before

APPLICANTS = ["amara", "theo"]
UNKNOWN = b'{"error":{"type":"security_exception","reason":"unable to authenticate"},"status":401}'


def away(request: Request) -> bool:
    return request.hang_up() is None


def lets_nobody_in(request: Request) -> bool:
    return request.answer(401, UNKNOWN) is None


@pytest.fixture
def gate() -> Iterator[Gate]:
    """There is no node behind it."""
    with gate_before("http://127.0.0.1:1") as gate:
        gate.faults.append(away)
        yield gate


@pytest.fixture
def website(gate: Gate, tmp_path: Path) -> Iterator[Website]:
    made = make_website(read_settings(data_dir=tmp_path, elasticsearch_url=gate.address), indexed=False)
    yield made
    made.close()


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def credmatch(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Runs a command in this process: exit code, standard output, standard error."""
    monkeypatch.setenv("CREDMATCH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CREDMATCH_ELASTICSEARCH_URL", gate.address)

    def command(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return command


@pytest.mark.parametrize("fault", [away, lets_nobody_in])
def test_applicants_are_ranked(gate: Gate, website: Website, fault: Fault) -> None:
    gate.faults[:] = [fault]
    client = website.client()
    body = {"requirements": [{"text": "work at heights"}], "applicants_only": True}
    assert client.put("/api/v1/positions/yard", json=body).status_code == 200
    answer = client.get("/api/v1/positions/yard/matches")
    assert answer.status_code == 200
    found = answer.get_json()
    assert (found["pool"], found["generation"], found["exact"]) == (None, None, True)
    assert [result["candidate"] for result in found["results"]] == APPLICANTS
    for language, said in (("en", "2 applicants ranked"), ("fr", "2 candidatures classées")):
        page = client.get("/positions/yard?who=applicants", headers={"Accept-Language": language})
        assert (page.status_code, said in page.text) == (200, True)
        assert client.get("/positions/yard?who=pool").status_code == 503


def test_a_command_ranks_applicants(website: Website, credmatch: Command, tmp_path: Path) -> None:
    asked = {"requirements": [{"competency": SKILLS["work at heights"]}], "applicants_only": True}
    file = tmp_path / "yard.json"
    file.write_text(json.dumps(asked))
    code, out, err = credmatch("match", "--position", file)
    assert (code, err) == (0, "")
    assert out.index("amara") < out.index("theo")
    file.write_text(json.dumps({**asked, "applicants_only": False}))
    code, out, err = credmatch("match", "--position", file)
    assert (code, out) == (5, "")
    assert "does not answer" in err


def test_an_import_says_what_it_stored(website: Website, credmatch: Command, tmp_path: Path) -> None:
    file = tmp_path / "pool.jsonl"
    award = {"achievement": {"name": "Lift truck", "competencies": [{"uri": SKILLS["operate forklift"]}]}}
    file.write_text(json.dumps({"candidate": {"key": "ada"}, "awards": [award]}) + "\n{}\n")
    code, out, err = credmatch("import", file, "--json")
    assert (code, json.loads(out)["awards_added"], json.loads(out)["quarantined"]) == (5, 1, 1)
    assert "does not answer" in err
    assert "all is stored, and is found as soon as" in err
    code, out, err = credmatch("import", file)
    assert (code, out.partition(";")[0]) == (5, "0 awards added, 0 changed, 1 unchanged")
    code, out, err = credmatch("quarantine", "retry", "--json")
    assert (code, json.loads(out)["awards_added"]) == (5, 0)
    assert "all is stored" in err


def test_other_changes_are_stored_too(website: Website, credmatch: Command) -> None:
    code, out, err = credmatch("issuers", "distrust", "northshore institute")
    assert (code, out) == (5, "")
    assert "all is stored" in err
    code, out, _ = credmatch("issuers", "list", "--json")
    known = {one["key"]: one["known"] for one in map(json.loads, out.splitlines())}
    assert known["northshore institute"] is False
