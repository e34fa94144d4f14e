"""A small installation for tests of the pages and the API: real parts, six competencies, a few people."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

import numpy as np
from flask import Flask
from flask.testing import FlaskClient
from numpy.typing import NDArray
from werkzeug.test import TestResponse

from app import Parts, build_parts, create_app
from indexer.changes import catch_up
from matcher.positions import parse_position
from matcher.records import (
    AchievementRecord,
    AwardRecord,
    CandidateRecord,
    CompetencyRef,
    IssuerRef,
    Status,
)
from matcher.settings import Settings
from matcher.store.achievements import store_reading, unread
from matcher.store.intake import store_candidates
from matcher.store.issuers import set_issuer_known
from matcher.store.organisations import create_organisation, organisation
from matcher.store.positions import save_position
from matcher.web.services import Services

DAY = 86_400
NOW = int(time.time())
SKILLS = {
    "operate forklift": "urn:skill:forklift",
    "work at heights": "urn:skill:heights",
    "provide first aid": "urn:skill:first-aid",
    "manage inventory": "urn:skill:inventory",
    "inspect equipment": "urn:skill:inspect",
    "load cargo": "urn:skill:load",
}


EVIDENCE = ("https://portfolio.example.org/a?b=1&c=2", "javascript:alert(1)", "Saw her <b>lift</b>")


class WordEncoder:
    """Encodes a text by its words alone, the same everywhere: cheap, and similar where words are shared."""

    model = "words@1"

    def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
        """Vectors of `texts`, shape (len(texts), 384)."""
        vectors = np.zeros((len(texts), 384), dtype=np.int8)
        for row, text in zip(vectors, texts, strict=True):
            for word in text.lower().split():
                row[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % 384] = 127
        return vectors


def award(skill: str, **changes: Any) -> AwardRecord:
    """An award that states one of the skills; `inferred=True` leaves it to its words."""
    stated = () if changes.pop("inferred", False) else (CompetencyRef(skill, SKILLS[skill]),)
    issuer = IssuerRef(changes.pop("issuer", "Northshore Institute"))
    achievement = AchievementRecord(f"{skill.capitalize()} certificate", competencies=stated, issuer=issuer)
    return AwardRecord(achievement, **{"issued": NOW - 90 * DAY, "expires": NOW + 300 * DAY} | changes)


def people() -> list[CandidateRecord]:
    """Everybody in the pool."""
    full = tuple(award(skill) for skill in SKILLS)
    shown = award("load cargo", level=7_200, level_label="72 %", evidence=EVIDENCE)
    mixed = (
        award("operate forklift", expires=NOW - 30 * DAY),
        award("work at heights", issuer="Unknown Yard", level=5_000, level_label="Silver"),
        award("provide first aid", status=Status.REVOKED),
        award("manage inventory", inferred=True),
        award("load cargo", status=Status.UNKNOWN, expires=None),
    )
    return [
        CandidateRecord("amara", "Amara Okafor", awards=(*full[:-1], shown), applied_to=("yard",)),
        CandidateRecord("theo", "Théo Tremblay", "theo@example.org", awards=mixed, applied_to=("yard",)),
        CandidateRecord("twin-1", "Rosa Roy", awards=full[:2]),
        CandidateRecord("twin-2", "<b>Owen</b> O'Neil", awards=full[:2]),
        CandidateRecord("nobody", "Noor Haddad"),
    ]


POSITION = {
    "title": "Yard <worker> & driver",
    "requirements": [
        {"text": "operate forklift", "weight": 4, "must": True},
        {"text": "work at heights", "weight": 2, "min_level": 0.6},
        {"text": "provide first aid", "weight": 2},
        {"text": "manage inventory", "weight": 1},
        {"text": "load cargo", "weight": 0.5},
    ],
}


@dataclass(frozen=True)
class Website:
    """The application with the parts behind it."""

    app: Flask
    parts: Parts

    def client(self) -> FlaskClient:
        """A browser, or a program, that has not been here before."""
        return self.app.test_client()

    def close(self) -> None:
        """Close what the application and the parts beside it have open."""
        self.parts.close()
        for extension in self.app.extensions.values():
            if isinstance(extension, Services):
                extension.database.close()

    def index(self) -> None:
        """Let the search index catch up, as the follower does."""
        catch_up(self.parts.database, self.parts.engine, self.parts.settings.organisation)


def make_website(settings: Settings, *, pool: bool = True, indexed: bool = True) -> Website:
    """An installation in the settings' data folder; `pool`: with people and the position "yard"."""
    encoder = WordEncoder()
    parts = build_parts(settings, encoder)
    parts.database.migrate()
    with parts.database.write() as connection:
        home = create_organisation(connection, settings.organisation)
        if pool:
            store_candidates(connection, home, people())
            set_issuer_known(connection, home, "Northshore Institute", known=True)
    website = Website(create_app(settings, encoder=encoder), parts)
    if pool:
        _read(parts)
    if indexed:
        website.index()
    return website


def _read(parts: Parts) -> None:
    """Read what nobody aligned, and post the position."""
    vocabulary = parts.vocabularies.get(parts.settings.organisation)
    position = parse_position(POSITION, vocabulary, key="yard")
    inventory = vocabulary.by_uri(SKILLS["manage inventory"])
    assert inventory is not None
    with parts.database.write() as connection:
        home = organisation(connection, parts.settings.organisation)
        for achievement in unread(connection, home, 10):
            likely = [(inventory.id, 8_000)]
            store_reading(connection, home, achievement.id, likely, model="words@1", vocabulary="test")
        save_position(connection, home.id, position)


def words(page: TestResponse) -> str:
    """A page's text, without tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())
