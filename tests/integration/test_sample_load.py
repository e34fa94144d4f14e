"""Loading the fictional pool: without a language model, whole, and no more than once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app import Parts
from indexer.changes import catch_up
from indexer.installation import opened_for_server
from indexer.sample.catalogue import known_issuers, positions
from indexer.sample.load import load_sample
from matcher.errors import Unavailable
from matcher.records import Basis
from matcher.settings import Settings
from matcher.store.achievements import Stage, count_unread, to_confirm
from matcher.store.changes import last_change
from matcher.store.issuers import list_issuers
from matcher.store.organisations import organisation
from matcher.store.positions import list_positions, load_position


class _NoEncoder:
    """Stands for an encoder whose process does not run; only its name is known."""

    def __init__(self, model: str) -> None:
        self.model = model

    def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
        raise Unavailable(f"asked to encode {texts}")


def test_the_sample_loads_without_a_model_and_loading_it_again_changes_nothing(settings: Settings) -> None:
    with opened_for_server(settings) as parts:
        alone = replace(parts, encoder=_NoEncoder(parts.encoder.model))
        told: list[tuple[int, int]] = []
        load_sample(alone, 250, 1, lambda done, of: told.append((done, of)))
        assert told == [(100, 250), (200, 250), (250, 250)]
        catch_up(alone.database, alone.engine, alone.settings.organisation)
        first = _state(alone)
        load_sample(alone, 250, 1, lambda *_: None)
        catch_up(alone.database, alone.engine, alone.settings.organisation)
        assert _state(alone) == first
        _check_readings(alone)
        _check_ranking(alone)


def _state(parts: Parts) -> tuple[int, int]:
    state = parts.engine.state(parts.settings.organisation)
    assert state is not None
    with parts.database.read() as connection:
        home = organisation(connection, parts.settings.organisation)
        return last_change(connection, home.id), state.documents


def _check_readings(parts: Parts) -> None:
    with parts.database.read() as connection:
        home = organisation(connection, parts.settings.organisation)
        assert count_unread(connection, home) == 0
        stages = {one.stage for one in to_confirm(connection, home)}
        assert stages == {Stage.INFERRED, Stage.NOT_UNDERSTOOD}
        known = [issuer for issuer in list_issuers(connection, home) if issuer.known]
        assert len(known) == len(known_issuers())
        listed = [position.key for position in list_positions(connection, home.id)]
        assert listed == [position["key"] for position in positions()]
        stored = [load_position(connection, home.id, key) for key in listed]
    for requirement in (one for position in stored for one in position.requirements if one.must):
        bases = {way.reading.basis for way in requirement.alternatives}
        assert bases & {Basis.GIVEN, Basis.EXACT, Basis.CONFIRMED}, requirement


def _check_ranking(parts: Parts) -> None:
    """Every position can be scored, and somebody fits it."""
    for position in positions():
        found = parts.matcher.match_stored(parts.settings.organisation, position["key"], top=1)
        assert found["results"][0]["score"] > 0.2, position["key"]
