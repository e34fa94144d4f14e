"""The pieces that documents' models are made of: what many write in more ways than one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic.alias_generators import to_camel

from indexer.readers.limits import Limits
from matcher.messages import said

_Item = TypeVar("_Item")


def listed(value: object, info: ValidationInfo) -> object:
    """A list as it is, anything else as the only entry of one.

    Raises ValueError, for pydantic, where it has more entries than the limits allow that are the context.
    """
    if value is None or not isinstance(value, list):
        return value if value is None else [value]
    if isinstance(limits := info.context, Limits):
        check_few(value, limits.parts)
    return value


def check_few(value: Sequence[object], most: int) -> None:
    """Raise ValueError, for pydantic, where a list has more than `most` entries."""
    if len(value) > most:
        number = f"{len(value):,}"
        raise ValueError(said("has %(number)s entries, more than %(most)s", number=number, most=most))


def single(value: object) -> object:
    """The only entry of a list; anything else as it is."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


Listed = Annotated[list[_Item], Field(fail_fast=True)]
"""A list of which the first wrong entry is told: there may be very many."""

Many = Annotated[Listed[_Item] | None, BeforeValidator(listed)]
"""A list, or the only entry of one."""

Single = Annotated[_Item, BeforeValidator(single)]
"""One, or a list that holds only this one."""


def spelt(*names: str) -> Any:
    """A part that is not always there, under any of these names."""
    return Field(default=None, validation_alias=AliasChoices(*names))


class Part(BaseModel):
    """An object of a document. What is not read may be there: much in it is for people or for verifiers."""

    model_config = ConfigDict(strict=True, alias_generator=to_camel, allow_inf_nan=False)
