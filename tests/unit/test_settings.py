"""Settings: what is read, and what is refused with the variable's name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from matcher.errors import ConfigurationError
from matcher.settings import Settings, read_settings, variable


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a test sets is set."""
    for name in ("DATA_DIR", "DATABASE_URL", "ORGANISATION", "HOST", "PORT", "ACCESS_TOKEN"):
        monkeypatch.delenv(f"CREDMATCH_{name}", raising=False)


def test_defaults_are_a_database_in_var_on_loopback() -> None:
    settings = read_settings()
    assert settings.url == f"sqlite:///{Path('var/credmatch.db').resolve()}"
    assert (settings.host, settings.port, settings.organisation) == ("127.0.0.1", 8080, "default")


def test_variables_win_over_defaults_and_arguments_over_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDMATCH_PORT", "9000")
    monkeypatch.setenv("CREDMATCH_ORGANISATION", "acme")
    assert read_settings().port == 9000
    assert (read_settings(port=9001).port, read_settings(port=9001).organisation) == (9001, "acme")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_variable_set_to_nothing_is_as_if_it_were_not_set(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    expected = read_settings()
    monkeypatch.setenv(variable(name), "")
    assert read_settings() == expected


def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDMATCH_DATADIR", "elsewhere")
    meant = "unknown setting CREDMATCH_DATADIR; did you mean CREDMATCH_DATA_DIR?"
    with pytest.raises(ConfigurationError, match=f"^{re.escape(meant)}$"):
        read_settings()
    monkeypatch.delenv("CREDMATCH_DATADIR")
    monkeypatch.setenv("CREDMATCH_XYZZY", "")
    with pytest.raises(ConfigurationError, match=r"^unknown setting CREDMATCH_XYZZY; README\.md lists all$"):
        read_settings()


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "0"), ("PORT", "http"), ("WORKERS", "-1"), ("ORGANISATION", "../x")]
)
def test_a_wrong_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"CREDMATCH_{name}", value)
    with pytest.raises(ConfigurationError, match=f"CREDMATCH_{name}"):
        read_settings()


def test_the_token_is_not_shown() -> None:
    assert "secret-secret-secret" not in repr(read_settings(access_token="secret-secret-secret"))  # noqa: S106
