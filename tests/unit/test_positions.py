"""A position's JSON: what is accepted, what is refused and where, and that nothing is read twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from matcher.errors import InvalidInput
from matcher.positions import parse_position, position_json
from matcher.records import Basis, Competency, Kind, Position, Reading
from matcher.validation import place_of_no_number

FORKLIFT = Competency(7, "urn:forklift", "operate forklift", "conduire un chariot", Kind.SKILL, "f")


class OneSkill:
    """A vocabulary of one competency that counts how many texts it was asked to read."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def by_uri(self, uri: str) -> Competency | None:
        return FORKLIFT if uri == FORKLIFT.uri else None

    def competency(self, id: int) -> Competency:  # noqa: A002
        assert id == FORKLIFT.id
        return FORKLIFT

    def read(self, texts: Sequence[str]) -> list[Reading]:
        self.asked.extend(texts)
        return [Reading(Basis.EXACT if "forklift" in text else Basis.NONE, 7, 10_000) for text in texts]


def parse(body: object, **options: Any) -> Position:
    return parse_position(body, OneSkill(), **options)


def test_a_position_with_everything_in_it() -> None:
    position = parse(
        {
            "key": " w-1 ",
            "title": "Warehouse",
            "requirements": [
                {"text": "forklift", "weight": 2.5, "must": True, "min_level": 0.8},
                {"competency": "urn:forklift", "any_of": [{"text": "reach truck", "min_level": 0.5}]},
                {"any_of": [{"text": "forklift"}, {"competency": "urn:forklift"}]},
            ],
            "applicants_only": True,
            "filters": {"region": "CA-ON", "languages": ["fr", "en"]},
        }
    )
    first, second, third = position.requirements
    assert position.key == "w-1"
    assert (first.weight, first.must, first.alternatives[0].min_level) == (25_000, True, 8_000)
    assert [way.text for way in second.alternatives] == ["operate forklift", "reach truck"]
    assert [way.reading.basis for way in second.alternatives] == [Basis.GIVEN, Basis.NONE]
    assert len(third.alternatives) == 2
    assert position.filters.regions == ("CA-ON",)


def test_a_text_sent_with_its_competency_is_confirmed() -> None:
    (requirement,) = parse(
        {"key": "p", "requirements": [{"text": "lift truck", "competency": "urn:forklift"}]}, by="Ada"
    ).requirements
    reading = requirement.alternatives[0].reading
    assert (reading.basis, reading.competency, reading.confirmed_by) == (Basis.CONFIRMED, 7, "Ada")


def test_what_was_read_or_confirmed_before_is_kept() -> None:
    body = {"requirements": [{"text": "forklift"}, {"text": "kindness"}]}
    earlier = parse(body, key="p")
    kindness = earlier.requirements[1].alternatives[0]
    confirmed = replace(kindness, reading=Reading(Basis.CONFIRMED, 7, 10_000, confirmed_by="Ada"))
    earlier = replace(
        earlier,
        requirements=(earlier.requirements[0], replace(earlier.requirements[1], alternatives=(confirmed,))),
    )
    vocabulary = OneSkill()
    again = parse_position(body, vocabulary, key="p", earlier=earlier)
    assert again == earlier
    assert vocabulary.asked == []


def test_a_position_survives_its_own_json() -> None:
    vocabulary = OneSkill()
    position = parse(
        {
            "key": "p",
            "requirements": [
                {
                    "competency": "urn:forklift",
                    "weight": 3,
                    "any_of": [{"text": "reach truck", "min_level": 0.5}],
                },
                {"text": "lift", "competency": "urn:forklift", "must": True},
            ],
            "filters": {"issuer": ["https://issuer.example"]},
        }
    )
    again = parse_position(position_json(position, vocabulary), vocabulary)
    assert again == position


@pytest.mark.parametrize(
    ("body", "where", "said"),
    [
        ([], "", "^a list is not an object$"),
        (None, "", "^null is not an object$"),
        ({}, "requirements", "^requirements: is missing$"),
        ({"requirements": {"a": 1}}, "requirements", "an object is not a list"),
        ({"requirements": [{"text": "a"}]}, "key", "needs a key"),
        ({"key": "p", "requirements": [{"text": "a\0b"}]}, "requirements[0].text", "control characters"),
        ({"key": " ", "requirements": [{"text": "a"}]}, "key", "is empty"),
        (
            {"key": "p", "requirements": [{"text": "a", "any_of": [{"text": "b", "weight": 2}]}]},
            "requirements[0].any_of[0].weight",
            "weight: is not a known field$",
        ),
        (
            {"key": "p", "requirements": [{"text": "a"}], "requirments": []},
            "requirments",
            'not a known field .did you mean "requirements"',
        ),
        ({"key": "p", "requirements": [{}]}, "requirements[0]", "neither"),
        ({"key": "p", "requirements": [{"text": " "}]}, "requirements[0]", "neither"),
        (
            {"key": "p", "requirements": [{"text": "a"}, {"text": "b", "weight": 0}]},
            "requirements[1].weight",
            "0",
        ),
        ({"key": "p", "requirements": [{"text": "a", "weight": -1}]}, "requirements[0].weight", "-1"),
        (
            {"key": "p", "requirements": [{"text": "a", "weight": float("nan")}]},
            "requirements[0].weight",
            "NaN is not a finite number",
        ),
        (
            {"key": "p", "requirements": [{"text": "a", "weight": "2"}]},
            "requirements[0].weight",
            '"2" is not a number',
        ),
        (
            {"key": "p", "requirements": [{"text": "a", "weight": True}]},
            "requirements[0].weight",
            "true is not a number",
        ),
        (
            {"key": "p", "requirements": [{"text": "a", "must": 1}]},
            "requirements[0].must",
            "1 is neither true nor false",
        ),
        (
            {"key": "p", "requirements": [{"text": "a", "must": None}]},
            "requirements[0].must",
            "null is neither true nor false",
        ),
        (
            {"key": "p", "requirements": [{"text": 7}]},
            "requirements[0].text",
            "7 is not text",
        ),
        (
            {"key": "p", "requirements": [], "applicants_only": "false"},
            "applicants_only",
            '"false" is neither true nor false',
        ),
        (
            {"key": 3, "requirements": []},
            "key",
            "3 is not text",
        ),
        (
            {"key": "p", "requirements": [], "filters": {"region": [1]}},
            "filters.region[0]",
            "1 is not text",
        ),
        ({"key": "p", "requirements": [{"text": "a", "min_level": 1.5}]}, "requirements[0].min_level", "1.5"),
        ({"key": "p", "requirements": [{"text": "a", "must": "maybe"}]}, "requirements[0].must", "maybe"),
        (
            {"key": "p", "requirements": [{"text": "a", "any_of": [{"text": "b", "weight": 2}]}]},
            "requirements[0].any_of[0].weight",
            "not a known field",
        ),
        (
            {"key": "p", "requirements": [{"competency": "urn:nothing"}]},
            "requirements[0].competency",
            "urn:nothing",
        ),
        ({"key": "p", "requirements": [{"text": "x" * 501}]}, "requirements[0].text", "500"),
        (
            {"key": "p", "requirements": [{"text": "a"}], "filters": {"age": 30}},
            "filters.age",
            "not a known field",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(body: object, where: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        parse(body)
    assert caught.value.where == where


def test_a_whole_number_is_a_number() -> None:
    (requirement,) = parse(
        {"key": "p", "requirements": [{"text": "a", "weight": 3, "min_level": 1}]}
    ).requirements
    assert (requirement.weight, requirement.alternatives[0].min_level) == (30_000, 10_000)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b'{"requirements": [{"text": "a"}, {"weight": NaN}]}', "requirements[1].weight"),
        (b'{"a": 1e999, "b": -Infinity}', "a"),
        (b"NaN", ""),
        (b'{"a": 1}', ""),
        (b"[" * 100_000, ""),
        (b"{", ""),
    ],
)
def test_the_place_of_what_is_no_number_is_known(text: bytes, place: str) -> None:
    assert place_of_no_number(text) == place


def test_a_key_that_differs_from_the_address_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not the key"):
        parse({"key": "a", "requirements": [{"text": "forklift"}]}, key="b")
