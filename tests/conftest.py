"""Shared by all tests: nothing of the machine's own settings, and a data folder that is thrown away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from matcher.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No CREDMATCH_* variable is set, but by a test."""
    for name in list(os.environ):
        if name.startswith("CREDMATCH_"):
            monkeypatch.delenv(name)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with an empty data folder."""
    return read_settings(data_dir=tmp_path / "data")
