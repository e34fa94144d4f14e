"""The pieces that documents' models are made of: what many write in more ways than one."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

_Item = TypeVar("_Item")


def listed(value: object) -> object:
    """A list as it is, anything else as the only entry of one."""
    return value if value is None or isinstance(value, list) else [value]


def single(value: object) -> object:
    """The only entry of a list; anything else as it is."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


Many = Annotated[list[_Item] | None, BeforeValidator(listed)]
"""A list, or the only entry of one."""

Single = Annotated[_Item, BeforeValidator(single)]
"""One, or a list that holds only this one."""


class Part(BaseModel):
    """An object of a document. What is not read may be there: much in it is for people or for verifiers."""

    model_config = ConfigDict(strict=True, alias_generator=to_camel, allow_inf_nan=False)
