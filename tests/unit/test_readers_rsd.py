"""Rich Skill Descriptors, as JSON and as OSMT's CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.readers.frameworks import FrameworkCompetency
from tests.unit.examples.rsd import COLLECTION, CSV, ESCO, SKILLS, skill
from tests.unit.reading_frameworks import ANYTHING, check_anything, read_files, read_json

MOVE = FrameworkCompetency(
    SKILLS + "move",
    labels={"en": "move trailers"},
    aliases={"en": ("The worker can move trailers in a yard.",)},
    related=(ESCO,),
    description="The worker can move trailers in a yard.",
)


def test_a_skill_field_by_field(tmp_path: Path) -> None:
    found = read_json(tmp_path, skill("move"))
    assert found.formats == ["Rich Skill Descriptors"]
    assert found.competencies == {MOVE.uri: MOVE}
    assert (found.facts[0].name, found.facts[0].attribution) == ("North College", "North College")
    assert not found.rejected


def test_a_collection_without_what_is_archived(tmp_path: Path) -> None:
    found = read_json(tmp_path, COLLECTION)
    assert (found.facts[0].name, list(found.competencies)) == ("Yard skills", [MOVE.uri])
    assert found.notices == [
        "skills left out: 2 (archived)",
        "standards without a URI, left out: 1 (skills[0].standards)",
    ]


def test_alignments_of_a_stated_kind_and_the_draft_s_statements(tmp_path: Path) -> None:
    body = {
        "type": "https://example.org/RichSkillDescriptor",
        "uuid": "AB",
        "skillStatement": {"subject": "Student", "predicate": "can", "statement": "park"},
        "exactAlignment": [ESCO],
        "broadAlignment": {"id": "urn:x:b"},
        "narrowAlignment": "urn:x:n",
        "minorAlignment": ["urn:x:m", "no address"],
    }
    [found] = read_json(tmp_path, body).competencies.values()
    assert found == FrameworkCompetency(
        "urn:uuid:ab",
        labels={"en": "Student can park"},
        broader=("urn:x:b",),
        narrower=("urn:x:n",),
        related=("urn:x:m",),
        same=(ESCO,),
    )


def test_one_bad_skill_among_good_ones(tmp_path: Path) -> None:
    bad = [
        skill("x", id=3), {"skillStatement": "no identity"}, {"id": "urn:x", "skillStatement": ""},
        skill("x", alignments=3), skill("x", skillName="\ud800"), skill("x", id="no uri"), 4, skill("move"),
    ]  # fmt: skip
    found = read_json(tmp_path, [skill("move"), *bad, skill("tow")])
    assert list(found.competencies) == [SKILLS + "move", SKILLS + "tow"]
    assert [where for where, _ in found.wrong] == [
        "[1].id", "[2].id", "[3].skillName", "[4].alignments[0]", "[5].skillName", "[6].id", "[7]", "[8].id",
    ]  # fmt: skip


def test_a_collection_of_addresses_is_said(tmp_path: Path) -> None:
    [(where, reason)] = read_json(tmp_path, COLLECTION | {"skills": [SKILLS + "move"]}).wrong
    assert where == "skills"
    assert "no address is fetched" in reason


@pytest.mark.parametrize("header", [str, str.upper])
def test_the_export_row_by_row(tmp_path: Path, header: Any) -> None:
    first, rest = CSV.split("\n", 1)
    (tmp_path / "export").write_text(f"{header(first)}\n{rest}", encoding="utf-8-sig")
    found = read_files(tmp_path / "export")
    assert found.formats == ["Rich Skill Descriptors"]
    assert found.facts[0].attribution == "North College; South College"
    parked = FrameworkCompetency(
        "urn:own:park%20trailers",
        labels={"en": "park trailers"},
        aliases={"en": ("Parks, and stops.",)},
        description="Parks, and stops.",
    )
    tow = FrameworkCompetency(SKILLS + "tow", labels={"en": "tow trailers"})
    assert found.competencies == {MOVE.uri: MOVE, parked.uri: parked, tow.uri: tow}
    wrong = [(one.line, one.where, one.reason.split(" (")[0]) for one in found.rejected]
    assert wrong == [
        (4, header("Alignment URL"), '"not a uri" is not an absolute URI; the rest was read'),
        (5, header("RSD Name"), f"is empty, and so is {header('Skill Statement')}"),
        (6, header("Canonical URL"), f"{MOVE.uri} stands in the file twice; the first is kept"),
    ]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), anything=ANYTHING)
def test_anything_anywhere_is_read_or_refused(tmp_path: Path, place: int, anything: object) -> None:
    check_anything(tmp_path, COLLECTION, place, anything)
