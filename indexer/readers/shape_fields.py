"""The fields of a candidate's shape (`shape.py`), with the kinds and the maxima of what stands in them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationInfo,
)

from indexer.readers.parts import Listed, check_few
from indexer.readers.problems import NO_CONTROL, NO_NUL, URI, indexable, naming

_Key = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=NO_CONTROL)
]
_MaybeKey = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=NO_CONTROL)]
_Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=1000, pattern=NO_CONTROL),
    AfterValidator(indexable),
]
_Uri = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=1000, pattern=URI),
    AfterValidator(indexable),
    AfterValidator(naming),
]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=NO_NUL)]
_Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50_000, pattern=NO_NUL)]
_Word = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=NO_CONTROL)]
_Language = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=35, pattern=NO_CONTROL),
]
_Date = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]


class _Stated(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class StatedIssuer(_Stated):
    """Who awards."""

    name: _Name | None = None
    url: _Address | None = None


class StatedCompetency(_Stated):
    """A competency as an issuer names it."""

    uri: _Uri | None = None
    label: _Name | None = None
    framework: _Name | None = None
    kind: Literal["skill", "knowledge", "attribute"] | None = None


class StatedRelated(_Stated):
    """A relation to another achievement."""

    type: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=NO_CONTROL)]
    key: _Key


def _few(value: object, info: ValidationInfo) -> object:
    if isinstance(value, list) and isinstance(most := info.context, int):
        check_few(value, most)
    return value


class StatedAchievement(_Stated):
    """What an issuer offers."""

    key: _MaybeKey | None = None
    name: _Name | None = None
    description: _Prose | None = None
    issuer: StatedIssuer | None = None
    competencies: Annotated[Listed[StatedCompetency] | None, BeforeValidator(_few)] = None
    related: Annotated[Listed[StatedRelated] | None, BeforeValidator(_few)] = None


class StatedLevel(_Stated):
    """How far its holder came."""

    value: Annotated[float, Field(ge=0, le=1)] | None = None
    label: _Name | None = None


class StatedAward(_Stated):
    """One achievement given to one person."""

    key: _MaybeKey | None = None
    achievement: Any  # checked apart, once for all its awards
    issued: _Date | None = None
    valid_from: _Date | None = None
    expires: _Date | None = None
    status: Literal["active", "suspended", "revoked", "unknown"] | None = None
    level: StatedLevel | None = None
    evidence: Annotated[Listed[Annotated[str, StringConstraints(max_length=2000, pattern=NO_NUL)]],
                        Field(max_length=100)] | None = None  # fmt: skip
    claimed: bool = False
    credential_status: Any = None
    refresh_service: Any = None


class StatedPerson(_Stated):
    """Whose awards they are."""

    key: _MaybeKey | None = None
    name: _Name | None = None
    email: (
        Annotated[str, StringConstraints(strip_whitespace=True, max_length=320, pattern=NO_CONTROL)] | None
    ) = None
    region: _Word | None = None
    languages: Annotated[Listed[_Language], Field(max_length=50)] | None = None
    identifiers: Annotated[Listed[_Address], Field(max_length=50)] | None = None


class StatedCandidate(_Stated):
    """A person with their awards."""

    candidate: StatedPerson
    # Each award is checked alone: a bad one does not lose the others.
    awards: Annotated[list[Any], Field(max_length=10_000)] | None = None
    applied_to: Annotated[Listed[_Key], Field(max_length=10_000)] | None = None


LABEL: TypeAdapter[str] = TypeAdapter(_Name, config=ConfigDict(strict=True))
"""What a competency is called."""

FIELDS = tuple(
    dict.fromkeys(
        name
        for model in (
            StatedCandidate,
            StatedPerson,
            StatedAward,
            StatedAchievement,
            StatedIssuer,
            StatedCompetency,
            StatedRelated,
            StatedLevel,
        )
        for name in model.model_fields
    )
)
"""Every field name of the shape."""
