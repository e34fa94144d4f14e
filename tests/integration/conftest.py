"""Shared by the tests of what is stored."""

from __future__ import annotations

import pytest

from matcher.store.database import Database
from tests.parts.databases import Databases


@pytest.fixture
def database(databases: Databases) -> Database:
    """A fresh database in which there is the organisation `default`, and nobody in it."""
    return databases.with_default()
