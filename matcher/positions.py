"""A position as JSON: checked field by field, each micro-skill read once."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Protocol

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import to_json

from matcher.errors import InvalidInput
from matcher.messages import said
from matcher.records import (
    UNITS,
    Alternative,
    Basis,
    Competency,
    Filters,
    Position,
    Reading,
    Requirement,
)
from matcher.validation import problem, shown


class Reader(Protocol):
    """What reading a position needs of a vocabulary."""

    def by_uri(self, uri: str) -> Competency | None:
        """The competency with this URI."""

    def competency(self, id: int) -> Competency:  # noqa: A002 - the vocabulary's own name for it
        """The competency with this id."""

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """One reading a text."""


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _printable(text: str) -> str:
    if any(unicodedata.category(letter) in {"Cc", "Cs"} and letter not in "\t\r\n" for letter in text):
        raise ValueError(said("has control characters"))
    return text


_Printable = AfterValidator(_printable)
_Text = Annotated[str, _Printable]
_Key = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), _Printable]
_Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), _Printable]
_Values = Annotated[list[_Key], BeforeValidator(_as_list), Field(max_length=100)]


_KEY: TypeAdapter[str] = TypeAdapter(_Key)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _Way(_Strict):
    text: _Words = ""
    competency: _Words = ""
    min_level: float | None = Field(default=None, gt=0, le=1)


class _Requirement(_Way):
    weight: float = Field(default=1.0, ge=1 / UNITS, le=1000)
    must: bool = False
    any_of: list[_Way] = Field(default_factory=list, max_length=50)


class _Filters(_Strict):
    region: _Values = Field(default_factory=list)
    languages: _Values = Field(default_factory=list)
    issuer: _Values = Field(default_factory=list)


class _Position(_Strict):
    key: _Key | None = None
    title: _Text = Field(default="", max_length=500)
    description: _Text = Field(default="", max_length=50_000)
    requirements: list[_Requirement] = Field(max_length=200)
    applicants_only: bool = False
    filters: _Filters = _Filters()


_FIELDS = tuple(
    dict.fromkeys(name for shape in (_Position, _Requirement, _Filters) for name in shape.model_fields)
)


def parse_position(
    body: object,
    vocabulary: Reader,
    *,
    key: str | None = None,
    earlier: Position | None = None,
    by: str = "recruiter",
) -> Position:
    """The position that `body` (decoded JSON) describes; `key` is used where it names none.

    A requirement names a `text`, a `competency` (URI), or both: then the text counts as confirmed by `by` to
    mean that competency. What `earlier`, the stored version, has read of the same words is kept: what a
    person confirmed stays confirmed, and nothing is encoded twice.

    Raises InvalidInput naming the JSON path and the value.
    """
    stated = _stated_position(body)
    named = _key_of(stated, key)
    readings = _readings(stated, vocabulary, earlier, by)
    filters = stated.filters
    return Position(
        key=named,
        title=stated.title,
        description=stated.description,
        requirements=tuple(
            _requirement(f"requirements[{number}]", requirement, readings, vocabulary)
            for number, requirement in enumerate(stated.requirements)
        ),
        applicants_only=stated.applicants_only,
        filters=Filters(tuple(filters.region), tuple(filters.languages), tuple(filters.issuer)),
    )


def position_json(position: Position, vocabulary: Reader) -> dict[str, Any]:
    """A position in the shape that `parse_position` takes: what a person gave or confirmed, no readings."""
    filters = position.filters
    return {
        "key": position.key,
        "title": position.title,
        "description": position.description,
        "requirements": [
            {
                **_way_json(requirement.alternatives[0], vocabulary),
                "weight": requirement.weight / UNITS,
                "must": requirement.must,
                "any_of": [_way_json(way, vocabulary) for way in requirement.alternatives[1:]],
            }
            for requirement in position.requirements
        ],
        "applicants_only": position.applicants_only,
        "filters": {
            "region": list(filters.regions),
            "languages": list(filters.languages),
            "issuer": list(filters.issuers),
        },
    }


def version_of(position: Position) -> str:
    """Which state of a position this is: a digest, 32 characters, of all that a person gave or confirmed.

    Two states that say the same are the same version, whoever stored them and however their words were
    encoded.
    """
    stated = [
        position.title,
        position.description,
        position.applicants_only,
        [position.filters.regions, position.filters.languages, position.filters.issuers],
        [
            [requirement.weight, requirement.must, [_stated(way) for way in requirement.alternatives]]
            for requirement in position.requirements
        ],
    ]
    return hashlib.sha256(to_json(stated)).hexdigest()[:32]


def _stated_position(body: object) -> _Position:
    try:
        return _Position.model_validate(body)
    except ValidationError as error:
        raise problem(error, _FIELDS) from error


def _key_of(stated: _Position, key: str | None) -> str:
    """The position's key: its own, else the one it is sent to.

    Raises InvalidInput where they differ, and where either is no key.
    """
    if key:
        try:
            _KEY.validate_python(key)
        except ValidationError as error:
            raise problem(error, (), at="key") from error
    named = stated.key or key
    if not named:
        raise InvalidInput(said("a position needs a key"), where="key")
    if key and named != key:
        wrong = said("%(stated)s is not the key it is sent to, %(key)s", stated=shown(named), key=shown(key))
        raise InvalidInput(wrong, where="key")
    return named


def _requirement(
    path: str, stated: _Requirement, readings: Mapping[str, Reading], vocabulary: Reader
) -> Requirement:
    """What the requirement at a JSON path asks for; `readings` by path."""
    return Requirement(
        alternatives=tuple(
            Alternative(
                way.text or vocabulary.competency(_given(readings[at])).label("en"),
                readings[at],
                None if way.min_level is None else round(way.min_level * UNITS),
            )
            for at, way in _ways(path, stated)
        ),
        weight=round(stated.weight * UNITS),
        must=stated.must,
    )


def _stated(way: Alternative) -> list[object]:
    reading = way.reading
    return [way.text, way.min_level, reading.basis, reading.competency, bool(reading.confirmed_by)]


def _way_json(way: Alternative, vocabulary: Reader) -> dict[str, Any]:
    body: dict[str, Any] = {"text": way.text}
    if way.reading.basis in {Basis.GIVEN, Basis.CONFIRMED} and way.reading.competency is not None:
        body["competency"] = vocabulary.competency(way.reading.competency).uri
    if way.reading.basis is Basis.GIVEN:
        del body["text"]
    if way.min_level is not None:
        body["min_level"] = way.min_level / UNITS
    return body


def _ways(path: str, requirement: _Requirement) -> Iterator[tuple[str, _Way]]:
    """A requirement's alternatives with their JSON paths: itself first, where it names anything."""
    if requirement.text or requirement.competency or not requirement.any_of:
        yield path, requirement
    for number, way in enumerate(requirement.any_of):
        yield f"{path}.any_of[{number}]", way


def _readings(stated: _Position, vocabulary: Reader, earlier: Position | None, by: str) -> dict[str, Reading]:
    """JSON path -> reading, of every alternative; all texts that are new are read together."""
    known = _known(earlier)
    found: dict[str, Reading] = {}
    unread: dict[str, str] = {}
    for number, requirement in enumerate(stated.requirements):
        for path, way in _ways(f"requirements[{number}]", requirement):
            if way.competency:
                found[path] = _named(way, vocabulary, path, by)
            elif not way.text:
                raise InvalidInput(said("names neither a text nor a competency"), where=path)
            elif way.text in known:
                found[path] = known[way.text]
            else:
                unread[path] = way.text
    found.update(zip(unread, vocabulary.read(list(unread.values())) if unread else [], strict=True))
    return found


def _known(earlier: Position | None) -> dict[str, Reading]:
    if earlier is None:
        return {}
    ways = [way for requirement in earlier.requirements for way in requirement.alternatives]
    return {way.text: way.reading for way in ways if way.reading.basis is not Basis.GIVEN}


def _named(way: _Way, vocabulary: Reader, path: str, by: str) -> Reading:
    competency = vocabulary.by_uri(way.competency)
    if competency is None:
        wrong = said("no competency has the URI %(uri)s", uri=shown(way.competency))
        raise InvalidInput(wrong, where=f"{path}.competency")
    given = Reading(Basis.GIVEN, competency.id, UNITS)
    return replace(given, basis=Basis.CONFIRMED, confirmed_by=by) if way.text else given


def _given(reading: Reading) -> int:
    if reading.competency is None:
        raise InvalidInput(said("names neither a text nor a competency"))
    return reading.competency
