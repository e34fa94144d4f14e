"""Results of Open Badges 3.0 and CLR 1.0: which level they state, and which of them are no award."""

from __future__ import annotations

from typing import Any

import pytest

from matcher.records import AwardRecord, CandidateRecord, Notice
from tests.unit.examples.clr_1 import CLR
from tests.unit.examples.open_badges_3 import CREDENTIAL
from tests.unit.reading import only, read_any
from tests.unit.survival import in_time

SUBJECT: dict[str, Any] = CREDENTIAL["credentialSubject"]
ACHIEVEMENT: dict[str, Any] = SUBJECT["achievement"]
OF_BADGE = "credentialSubject.result", "credentialSubject.achievement.resultDescription"
OF_RECORD = "assertions[0].results", "assertions[0].achievement.resultDescriptions"


def badge(results: Any, scales: Any) -> dict[str, Any]:
    achievement = {**ACHIEVEMENT, "resultDescription": scales}
    return {**CREDENTIAL, "credentialSubject": {**SUBJECT, "achievement": achievement, "result": results}}


def record(results: Any, scales: Any) -> dict[str, Any]:
    assertion = CLR["assertions"][0]
    achievement = {**assertion["achievement"], "resultDescriptions": scales}
    assertion = {**assertion, "achievement": achievement, "results": results}
    return {**CLR, "assertions": [assertion], "achievements": []}


FORMATS = [pytest.param(badge, *OF_BADGE, id="badge"), pytest.param(record, *OF_RECORD, id="record")]


def awards(document: Any) -> list[AwardRecord]:
    return [award for one in only(CandidateRecord, read_any(document)) for award in one.awards]


def notices(document: Any) -> list[str]:
    return [one.text for one in only(Notice, read_any(document))]


def scale(*allowed: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"id": "s", **({"allowedValue": list(allowed)} if allowed else {}), **fields}]


def rubric(*points: object) -> list[dict[str, Any]]:
    return scale(
        rubricCriterionLevel=[
            {"id": f"l{number}", "name": f"Level {number}", "points": one}
            for number, one in enumerate(points, start=1)
        ]
    )


def leveled(*ranks: Any) -> list[dict[str, Any]]:
    """A rubric of levels by name, or by (name, level, points)."""
    made = []
    for number, one in enumerate(ranks, start=1):
        name, level, points = (one, None, None) if isinstance(one, str) else one
        made.append({"id": f"l{number}", "name": name, "level": level, "points": points})
    return scale(rubricCriterionLevel=made)


BEST_FIRST = ("Master", 4), ("Expert", 3), ("Journeyman", 2), ("Apprentice", 1)


@pytest.mark.parametrize("ranks", [BEST_FIRST, BEST_FIRST[::-1], (*BEST_FIRST[2:], *BEST_FIRST[:2])])
@pytest.mark.parametrize(
    "of", [lambda one: (None, one * 2.5), lambda one: (str(one), None), lambda one: (one, one)]
)
def test_points_or_numbers_of_all_levels_of_a_rubric_state_its_order_whichever_way_it_is_listed(
    ranks: Any, of: Any
) -> None:
    scales = leveled(*((name, *of(place)) for name, place in ranks))
    scales[0]["requiredLevel"] = next(
        one["id"] for one in scales[0]["rubricCriterionLevel"] if one["name"] == "Expert"
    )
    for name, level in (("Expert", 7_500), ("Master", 10_000)):
        document = badge([{"resultDescription": "s", "achievedLevel": name}], scales)
        assert [award.level for award in awards(document)] == [level]
        assert notices(document) == []
    (text,) = notices(badge([{"resultDescription": "s", "achievedLevel": "Journeyman"}], scales))
    assert '"Expert" is what passes' in text


@pytest.mark.parametrize(("made", "_results_at", "scales_at"), FORMATS)
@pytest.mark.parametrize(
    ("scales", "result", "places", "label"),
    [
        (scale("Pass", "Fail"), {"value": "Pass"}, ('"Pass"', '"Fail"'), "Pass"),
        (scale("Réussi", "Échec"), {"value": "Réussi"}, ('"Réussi"', '"Échec"'), "Réussi"),
        (scale("Merit", "Withdrew"), {"value": "Merit"}, ('"Merit"', '"Withdrew"'), "Merit"),
        (scale("A", "B", "C", resultType="LetterGrade"), {"value": "A"}, ('"A"', '"B"'), "A"),
        (scale("C", "F", resultType="LetterGrade"), {"value": "C"}, ('"C"', '"F"'), "C"),
        (leveled("Mastered", "Basic"), {"achievedLevel": "l1"}, ('"Mastered"', '"Basic"'), "Mastered"),
        (leveled(("Basic", 2, 3), ("Good", 1, 4)), {"value": "Good"},
         ('"Basic" (points: 3, level: 2)', '"Good" (points: 4, level: 1)'), "Good"),
        (leveled(("Good", 2, None), ("Fair", 1, None), ("Poor", None, None)), {"value": "Fair"},
         ('"Good" (level: 2)', '"Fair" (level: 1)'), "Fair"),
        (leveled(("Pass", None, 1), ("Fail", None, 2)), {"value": "Pass"},
         ('"Pass" (points: 1)', '"Fail" (points: 2)'), "Pass"),
        (rubric(10, None, 7.5), {"value": "Level 3"},
         ('"Level 1" (points: 10)', '"Level 3" (points: 7.5)'), "Level 3"),
    ],
)  # fmt: skip
def test_of_a_scale_that_is_not_in_order_no_level_is_taken_and_that_is_said(
    made: Any, _results_at: str, scales_at: str, scales: Any, result: Any, places: tuple[str, str], label: str
) -> None:
    before, after = places
    document = made([{"resultDescription": "s", **result}], scales)
    (award,) = awards(document)
    assert (award.level, award.level_label) == (None, label)
    (text,) = notices(document)
    assert text == (
        f"{scales_at}[0]: should go from low to high, but {after} comes after {before}; so no level is taken "
        "from it, only its words"
    )


@pytest.mark.parametrize(
    ("scales", "result", "level"),
    [
        (scale("Fail", "Pass"), {"value": "Pass"}, 10_000),
        (scale("Absent", "Fail", "Pass"), {"value": "Pass"}, 10_000),
        (scale("Fail", "Incomplete", "Pass"), {"value": "Pass"}, 10_000),
        (scale("F", "E", "D", "C", resultType="LetterGrade"), {"value": "C"}, 10_000),
        (scale("A", "B", "C"), {"value": "C"}, 10_000),  # no grades: as whoever awards it says
        (scale("5", "4", "3"), {"value": "3"}, 10_000),
        (rubric("1", "1", "2"), {"achievedLevel": "l3"}, 10_000),
        (rubric("1", "many", "2"), {"achievedLevel": "l3"}, 10_000),
        (rubric(None, None, None, None), {"achievedLevel": "l3"}, 7_500),
        (leveled(("Basic", None, 4), ("Mastered", None, 4)), {"achievedLevel": "l1"}, 5_000),
    ],
)
def test_a_scale_that_nothing_contradicts_is_taken_as_it_stands(scales: Any, result: Any, level: int) -> None:
    document = badge([{"resultDescription": "s", **result}], scales)
    assert [award.level for award in awards(document)] == [level]
    assert notices(document) == []


def test_a_scale_that_is_not_used_is_not_spoken_of() -> None:
    scales = [*scale("Pass", "Fail"), {"id": "t", "valueMax": "10"}]
    document = badge([{"resultDescription": "t", "value": "5"}], scales)
    assert [award.level for award in awards(document)] == [5_000]
    assert notices(document) == []


NO_AWARD = "so it was not passed and is no award; nothing is imported"


@pytest.mark.parametrize(("made", "results_at", "scales_at"), FORMATS)
@pytest.mark.parametrize(
    ("scales", "results", "said"),
    [
        (scale(resultType="Status"), [{"value": "Failed"}], '[0]: "Failed", so it is no award'),
        (scale(), [{"status": "Dropped"}], '[0]: "Dropped", so it is no award; nothing is imported'),
        (scale(), [{"value": "B"}, {"status": "Withdrew"}], '[1]: "Withdrew", so it is no award'),
        (scale("Fail", "Pass"), [{"value": "Fail"}], f'[0]: "Fail", {NO_AWARD}'),
        (scale("Pass", "Fail"), [{"value": "Fail"}], f'[0]: "Fail", {NO_AWARD}'),
        ([], [{"value": "Échoué"}], f'[0]: "Échoué", {NO_AWARD}'),
        (scale(), [{"status": "Completed"}, {"value": "Not yet competent"}], "[1]: "),
        (scale("F", "D", "C", resultType="LetterGrade"), [{"value": "F"}], f'[0]: "F", {NO_AWARD}'),
        (scale(resultType="LetterGrade"), [{"value": "F"}], f'[0]: "F", {NO_AWARD}'),
        (scale(rubricCriterionLevel=[{"id": "l", "name": "Unsatisfactory"}, {"id": "m", "name": "Good"}]),
         [{"achievedLevel": "l"}], f'[0]: "Unsatisfactory", {NO_AWARD}'),
        (scale(resultType="Percent", requiredValue="60"), [{"value": "45"}],
         '[0]: "45", and "60" is what passes, so it is no award; nothing is imported'),
        ([{**rubric(1, 2, 3)[0], "requiredLevel": "l2"}], [{"achievedLevel": "l1"}],
         '[0]: "Level 1", and "Level 2" is what passes, so it is no award; nothing is imported'),
    ],
)  # fmt: skip
def test_who_did_not_pass_has_no_award_and_that_is_said(
    made: Any, results_at: str, scales_at: str, scales: Any, results: Any, said: str
) -> None:
    assert scales_at
    document = made([{"resultDescription": "s", **one} for one in results], scales)
    assert awards(document) == []
    (text,) = notices(document)
    assert text.startswith(f"{results_at}{said}")


@pytest.mark.parametrize(
    ("scales", "results", "level", "label"),
    [
        (scale("Fail", "Pass"), [{"value": "Fail"}, {"value": "Pass"}], 10_000, "Pass"),
        (scale(resultType="Percent", requiredValue="60"), [{"value": "45"}, {"value": "72"}], 7_200, "72"),
        (scale("G", "F", "E", resultType="LetterGrade"), [{"value": "F"}], 6_667, "F"),
        (scale("Enrolled", "Completed", resultType="Status"), [{"value": "Completed"}], None, ""),
    ],
)
def test_an_earlier_attempt_and_a_status_are_no_level(
    scales: Any, results: Any, level: int | None, label: str
) -> None:
    document = badge([{"resultDescription": "s", **one} for one in results], scales)
    assert [(award.level, award.level_label) for award in awards(document)] == [(level, label)]


def test_of_a_record_the_other_assertions_are_read_around_one_that_was_not_passed() -> None:
    failed = {**CLR["assertions"][0], "id": "urn:failed", "results": [{"value": "Fail"}]}
    document = {**CLR, "assertions": [failed, *CLR["assertions"]]}
    assert [award.key for award in awards(document)] == ["urn:assertion:1 a", "urn:assertion:2"]
    assert len(notices(document)) == 1


@pytest.mark.parametrize("word", ["F", "Fail", "Pass", "A"])
def test_very_many_results_on_a_scale_of_very_many_values_cost_little(word: str) -> None:
    scales = scale(*[word] * 9_000, resultType="LetterGrade", requiredValue=word)
    document = badge([{"resultDescription": "s", "value": word}] * 9_000, scales)
    with in_time():
        assert read_any(document)
