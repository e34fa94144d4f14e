"""The log: what a line holds, and what never gets into one."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matcher.errors import InvalidInput, Unavailable
from matcher.logs import (
    fields,
    notice,
    request_id,
    secrets_of,
    start_logging,
    without_secrets,
)
from matcher.settings import Settings, read_settings

TOKEN = "correct-horse-battery-staple"  # noqa: S105 - nobody's
URL = "postgresql+psycopg://credmatch:pa%40ss-word-9@db.example:5432/credmatch"

_log = logging.getLogger("matcher.somewhere")

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """The lines written since it was last asked, as JSON."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def made(tmp_path: Path, **chosen: object) -> Settings:
    return read_settings(data_dir=tmp_path, log_format="json", access_token=TOKEN, database_url=URL, **chosen)


def test_a_line_says_what_happened_in_which_run(tmp_path: Path, lines: Lines) -> None:
    run = start_logging(made(tmp_path, log_level="info"), "follow")
    _log.info("answered %s", 1, extra=fields(status=200, seconds=0.5))
    (line,) = lines()
    assert (line["event"], line["status"], line["seconds"]) == ("answered 1", 200, 0.5)
    assert (line["level"], line["logger"], line["run"], line["command"]) == (
        "info", "matcher.somewhere", run, "follow"
    )  # fmt: skip
    assert line["time"].endswith("Z")
    assert "request" not in line


def test_threads_are_of_the_run_and_requests_keep_their_ids_apart(tmp_path: Path, lines: Lines) -> None:
    run = start_logging(made(tmp_path), "web")

    def answer(number: int) -> None:
        request_id.set(f"request-{number}")
        _log.warning("%s", number)

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = lines()
    assert {line["run"] for line in found} == {run}
    assert {line["request"] for line in found} == {f"request-{line['event']}" for line in found}
    assert len(found) == 4


def test_each_run_has_another_id_and_writes_a_line_once(tmp_path: Path, lines: Lines) -> None:
    assert start_logging(made(tmp_path), "a") != start_logging(made(tmp_path), "b")
    _log.warning("once")
    assert [line["command"] for line in lines()] == ["b"]


def test_words_are_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start_logging(read_settings(data_dir=tmp_path), "follow")
    _log.warning("slow", extra=fields(seconds=2))
    notice("credmatch is ready")
    first, second = capsys.readouterr().err.splitlines()
    assert " warning matcher.somewhere: slow (seconds=2 run=" in first
    assert second == "credmatch is ready"


def test_a_notice_is_a_line_of_the_json_log_at_every_level(tmp_path: Path, lines: Lines) -> None:
    start_logging(made(tmp_path, log_level="error"), "serve")
    notice("credmatch is ready")
    assert [(line["event"], line["level"]) for line in lines()] == [("credmatch is ready", "info")]


def test_the_level_is_ours_and_libraries_never_say_more_than_warnings(tmp_path: Path, lines: Lines) -> None:
    start_logging(made(tmp_path, log_level="debug"), "follow")
    _log.debug("ours")
    logging.getLogger("sqlalchemy.engine.Engine").info("INSERT ('Ada Example')")
    logging.getLogger("elastic_transport.transport").info("GET http://elastic/")
    logging.getLogger("sqlalchemy.pool").warning("theirs")
    assert [line["event"] for line in lines()] == ["ours", "theirs"]
    start_logging(made(tmp_path, log_level="error"), "follow")
    _log.warning("too little")
    assert lines() == []


SECRETS = [
    TOKEN,
    "pa%40ss-word-9",
    "pa@ss-word-9",
    "ada.lovelace@example.org",
    "ada.lovelace%40example.org",
    "hunter2-of-another",
    "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
    "Zm9vOmJhcg==",
]


@pytest.mark.parametrize(
    "text",
    [
        f"the token {TOKEN} was sent",
        f"cannot connect to {URL}",
        "connection to server failed for pa@ss-word-9",
        "https://elastic:hunter2-of-another@es.example:9200 does not answer",
        "who is ada.lovelace@example.org?",
        "GET /candidates/ada.lovelace%40example.org",
        "Authorization: Basic Zm9vOmJhcg==",
        "authorization bearer hunter2-of-another",
        "password=hunter2-of-another host=db",
        "api_key: hunter2-of-another",
        "credential eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
    ],
)
@pytest.mark.parametrize("form", ["json", "text"])
def test_secrets_and_addresses_are_struck_out(
    text: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start_logging(made(tmp_path).model_copy(update={"log_format": form}), "web")
    _log.warning("%s", text, extra=fields(value=text))
    written = capsys.readouterr().err
    assert written.count("[…]" if form == "text" else r"[\u2026]") >= 2
    assert not [secret for secret in SECRETS if secret in written]


@pytest.mark.parametrize("text", ["change 12 of 3,000", "http://db.example:5432/x", "0.5 s", "a @ b"])
def test_what_is_no_secret_stays(text: str) -> None:
    assert without_secrets(text, ()) == text


def test_short_settings_are_not_taken_for_secrets(tmp_path: Path) -> None:
    assert secrets_of(read_settings(data_dir=tmp_path)) == ()
    assert set(secrets_of(made(tmp_path))) == {TOKEN, URL, "pa%40ss-word-9", "pa@ss-word-9"}


def test_an_exception_tells_where_it_arose_and_nothing_that_it_quotes(tmp_path: Path, lines: Lines) -> None:
    start_logging(made(tmp_path), "web")
    try:
        try:
            int("Ada Example, born 1990")
        except ValueError as error:
            raise KeyError("Ada Example") from error
    except KeyError:
        _log.exception("it failed")
    (line,) = lines()
    assert line["exception"] == "KeyError from ValueError"
    assert "test_logs.py" in line["at"]
    assert "Ada" not in json.dumps(line)


def test_of_our_errors_those_say_why_that_never_quote_what_was_sent(tmp_path: Path, lines: Lines) -> None:
    start_logging(made(tmp_path), "web")
    gone = OSError(28, "No space left on device", "/home/ada-example/pool.jsonl")
    for error in (Unavailable("the database does not answer"), InvalidInput("Ada Example is no day"), gone):
        _log.warning("it failed", exc_info=error)
    assert [line["exception"] for line in lines()] == [
        "Unavailable: the database does not answer", "InvalidInput", "OSError: No space left on device"
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["json", "text"])
def test_nobody_forges_a_line(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start_logging(made(tmp_path).model_copy(update={"log_format": form}), "web")
    _log.warning("asked by %s", "x\n2026-01-01 error: forged\r\x1b[2J\u2028", extra=fields(name="a\nb"))
    written = capsys.readouterr().err
    assert len(written.splitlines()) == 1
    assert "\x1b" not in written


def test_a_line_that_cannot_be_made_is_lost_without_its_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's own raises instead
    start_logging(made(tmp_path), "web")
    _log.warning("%d", "Ada Example")
    written = capsys.readouterr().err
    assert written == "credmatch: a line of the log could not be written (matcher.somewhere)\n"
