"""The nightly job: what is due is done, what fails is said, and twice at once is once."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
import time_machine
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete, update

from app import Parts
from indexer.commands import nightly as command
from indexer.nightly import nightly, write_metrics
from matcher.matching import Matcher
from matcher.records import Alternative, Position, Rejected, Requirement, SearchDocument
from matcher.search.embedded import EmbeddedEngine
from matcher.settings import read_settings
from matcher.store import quarantine
from matcher.store import tables as t
from matcher.store.changes import last_change, pruned_to
from matcher.store.leases import acquire, leased
from matcher.store.positions import save_position
from tests.integration.test_readings import Pool, pool
from tests.integration.test_rereading import upgraded

__all__ = ["pool"]

DAY = 86_400


@pytest.fixture
def parts(pool: Pool, tmp_path: Path) -> Parts:
    return parts_of(pool, tmp_path)


def parts_of(pool: Pool, folder: Path) -> Parts:
    """The parts of an installation over a pool, with the embedded engine."""
    engine = EmbeddedEngine(folder / "index")
    return Parts(
        settings=read_settings(data_dir=folder),
        database=pool.database,
        engine=engine,
        encoder=pool.encoder,
        vocabularies=pool.vocabularies,
        matcher=Matcher(pool.database, engine, pool.vocabularies.get),
    )


def test_a_first_night_and_a_quiet_one(pool: Pool, parts: Parts) -> None:
    pool.hold("Work at heights")
    first = nightly(parts)
    assert first.ok
    assert first.steps["read"]["achievements"] == 1
    index = first.steps["index"]
    assert (index["built"], index["because"], index["documents"]) == (True, ["none"], 2)
    second = nightly(parts)
    assert (second.ok, second.steps["index"]["built"], second.differing) == (True, False, 0)
    pool.hold("Bake sourdough bread")
    third = nightly(parts)
    assert (third.steps["index"]["built"], third.steps["index"]["documents"]) == (False, 3)


def test_a_new_day_moves_the_floor(pool: Pool, parts: Parts) -> None:
    nightly(parts)
    before = parts.engine.state("default")
    with time_machine.travel(time.time() + DAY, tick=True):
        summary = nightly(parts)
    after = parts.engine.state("default")
    assert summary.steps["index"]["because"] == ["day"]
    assert before is not None
    assert after is not None
    assert after.floor - before.floor in range(DAY - 3_600, DAY + 3_601)  # clocks may change that night


def test_a_newer_model_is_switched_to_in_one_night(pool: Pool, parts: Parts, tmp_path: Path) -> None:
    """The bread that the newer model reads is found as soon as it counts, and not before."""
    pool.hold("operate hoists", key="urn:hoists")
    nightly(parts)
    bread = Alternative(
        "bake sourdough bread", pool.vocabularies.get("default").read(["bake sourdough bread"])[0]
    )
    with pool.database.write() as connection:
        save_position(connection, pool.home.id, Position("p", requirements=(Requirement((bread,)),)))

    def found(of: Parts) -> dict[str, int]:
        results = of.matcher.match_stored("default", "p")["results"]
        return {one["candidate"]: one["rank"] for one in results}

    hoists = "holder of urn:hoists"
    assert hoists not in found(parts)
    newer = parts_of(upgraded(pool, tmp_path), tmp_path)
    summary = nightly(newer)
    assert summary.ok
    assert "readings" in summary.steps["index"]["because"]
    assert summary.steps["switch"]["achievements"] == 1
    assert summary.differing == 0
    assert hoists in found(newer)
    assert nightly(newer).steps["prune"]["vectors"] > 0
    quiet = nightly(newer)
    assert (quiet.steps["read"]["anew"], quiet.steps["index"]["built"]) == (0, False)


def test_what_the_index_has_wrong_is_named_and_mended(pool: Pool, parts: Parts) -> None:
    pool.hold("Work at heights", key="urn:heights")
    nightly(parts)
    with pool.database.read() as connection:
        number = last_change(connection, pool.home.id)
    row = parts.engine.documents("default", 0, 10)[1]
    wrong = SearchDocument(row.candidate, row.draw, {}, {7: 1}, row.keywords)
    parts.engine.apply("default", [wrong], number + 1)
    pool.hold("Bake sourdough bread")  # so that the log reaches as far as the index
    summary = nightly(parts)
    assert summary.ok
    verify = summary.steps["verify"]
    assert (verify["differing"], verify["repaired"]) == (1, 1)
    named = {"candidate": "holder of urn:heights", "what": "differs", "why": "", "repaired": True}
    assert verify["people"] == [named]
    assert nightly(parts).differing == 0


@pytest.mark.parametrize("again", [True, False], ids=["opened again", "open"])
def test_a_damaged_index_is_built_anew_and_looked_into(
    pool: Pool, parts: Parts, tmp_path: Path, *, again: bool
) -> None:
    """Where it is opened, or where all rows are read."""
    pool.hold("Work at heights", key="urn:heights")
    assert not nightly(parts).damaged
    segment = next((tmp_path / "index").rglob("s0*"))
    segment.write_bytes(bytes(byte ^ 1 for byte in segment.read_bytes()))
    summary = nightly(parts_of(pool, tmp_path) if again else parts)
    assert (summary.ok, summary.damaged, summary.differing) == (True, True, 0)
    assert command.exit_code(summary) == command.DIFFERED
    file = tmp_path / "night.prom"
    write_metrics(summary, file)
    assert 'credmatch_nightly_damaged_index{organisation="default"} 1.0' in file.read_text()


def test_a_night_that_could_not_mend_the_index_failed(pool: Pool, parts: Parts) -> None:
    pool.hold("Work at heights", key="urn:heights")
    nightly(parts)
    with pool.database.write() as connection:  # a value that no row of an index can hold
        own = t.candidates.c.key == "holder of urn:heights"
        connection.execute(update(t.candidates).where(own).values(draw=-5))
    summary = nightly(parts)
    assert (summary.ok, summary.differing) == (False, 1)
    verify = summary.steps["verify"]
    assert (verify["repaired"], verify["error"]) == (0, "the index is still wrong about 1 of them")
    (person,) = verify["people"]
    assert (person["candidate"], person["repaired"]) == ("holder of urn:heights", False)
    assert command.exit_code(summary) == 1


def test_a_step_that_fails_is_said_and_the_rest_is_done(pool: Pool, parts: Parts) -> None:
    pool.hold("Administer all first aid")
    pool.encoder.fails = True
    summary = nightly(parts)
    assert not summary.ok
    assert summary.steps["read"]["error"] == "the encoder rests"
    assert summary.steps["index"]["documents"] == 2
    assert "error" not in summary.steps["verify"]


def test_a_second_run_at_once_does_nothing(pool: Pool, parts: Parts) -> None:
    with leased(pool.database, "nightly:default", 3):
        summary = nightly(parts)
    assert (summary.skipped, summary.steps) == (True, {})
    assert parts.engine.state("default") is None


def test_a_run_after_one_that_was_killed_takes_its_place(pool: Pool, parts: Parts) -> None:
    assert acquire(pool.database, "nightly:default", 1.5) is not None
    summary = nightly(parts)
    assert (summary.skipped, summary.ok, summary.steps["index"]["documents"]) == (False, True, 1)


def test_what_is_old_is_pruned_and_nothing_that_the_index_needs(pool: Pool, parts: Parts) -> None:
    pool.hold("Work at heights")
    nightly(parts)
    with pool.database.write() as connection:  # the database's own clock decides, which no test moves
        connection.execute(t.changes.update().values(created=t.changes.c.created - 40 * DAY))
    pruned = nightly(parts).steps["prune"]["changes"]
    with pool.database.read() as connection:
        assert pruned > 0
        assert pruned_to(connection, pool.home.id) == last_change(connection, pool.home.id)
    pool.hold("Bake sourdough bread")
    assert nightly(parts).steps["index"]["built"] is False
    assert nightly(parts).differing == 0


def test_an_index_that_the_log_does_not_reach_is_built_anew(pool: Pool, parts: Parts) -> None:
    pool.hold("Work at heights")
    nightly(parts)
    pool.hold("Bake sourdough bread")
    with pool.database.write() as connection:
        number = last_change(connection, pool.home.id)
        connection.execute(delete(t.changes))
        connection.execute(t.organisations.update().values(changes_pruned=number))
    assert nightly(parts).steps["index"]["because"] == ["log"]
    assert nightly(parts).differing == 0


@pytest.fixture
def kept(pool: Pool) -> None:
    bad = [Rejected("a.csv", line, "name", "is empty", f"raw {line}") for line in range(3)]
    with pool.database.write() as connection:
        quarantine.put(connection, pool.home.id, [*bad, Rejected("b.json", 0, "", "not JSON", "{")])
        connection.execute(
            t.quarantine.update()
            .where(t.quarantine.c.file == "b.json")
            .values(created=int(time.time()) - 3 * DAY)
        )


@pytest.mark.usefixtures("kept")
def test_quarantine_is_reported_and_everything_is_a_metric(parts: Parts, tmp_path: Path) -> None:
    summary = nightly(parts)
    assert summary.steps["quarantine"] | {"seconds": 0} == {
        "records": 4, "new": 3, "reasons": {"is empty": 3, "not JSON": 1}, "seconds": 0
    }  # fmt: skip
    file = tmp_path / "credmatch.prom"
    write_metrics(summary, file)
    found = {
        (sample.name, sample.labels.get("step", "")): sample.value
        for family in text_string_to_metric_families(file.read_text())
        for sample in family.samples
    }
    assert found["credmatch_nightly_ok", ""] == 1
    assert found["credmatch_nightly_quarantined_records", ""] == 4
    assert found["credmatch_nightly_quarantined_new_records", ""] == 3
    assert found["credmatch_nightly_step_ok", "verify"] == 1
    assert found["credmatch_nightly_started_timestamp_seconds", ""] == summary.started
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("credmatch.prom.")]
    assert json.loads(json.dumps(summary.json()))["ok"] is True


def test_exit_codes(pool: Pool, parts: Parts) -> None:
    well = nightly(parts)
    assert command.exit_code(well) == 0
    assert command.exit_code(replace(well, skipped=True, steps={})) == 0
    assert command.exit_code(replace(well, steps={"read": {"error": "x"}})) == 1
    assert command.exit_code(replace(well, steps={"verify": {"differing": 2}})) == 8
    assert pool.home.key == well.organisation
