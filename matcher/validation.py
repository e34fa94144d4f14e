"""What validation found, in our words and with JSON's forms of values: `weight: "2" is not a number`.

The one translator of pydantic's findings, for positions and for what is imported; it shows no library's
sentence, and never how Python writes a value.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from matcher.errors import InvalidInput
from matcher.messages import Said, marked, said

NO_CONTROL = r"^[^\x00-\x1f\x7f-\x9f]*$"
NO_NUL = r"^[^\x00]*$"
_NO_NAMES = ("javascript:", "vbscript:", "data:")
URI = r"^(?:[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f-\x9f]+)?$"

LONGEST_INDEXED = 2_600
"""Bytes in UTF-8 of what is looked up: an entry of PostgreSQL's indexes has at most 2,704 in all."""

_PATTERNS = {
    NO_CONTROL: marked("%(value)s has control characters"),
    NO_NUL: marked("%(value)s has a NUL character"),
    URI: marked("%(value)s is not a URI"),
}

# By pydantic's names of errors: https://docs.pydantic.dev/latest/errors/validation_errors/
_REASONS = {
    "missing": marked("is missing"),
    "bool_type": marked("%(value)s is neither true nor false"),
    "string_type": marked("%(value)s is not text"),
    "string_unicode": marked("has half of a surrogate pair, which is not text"),
    "string_too_short": marked("is empty"),
    "string_too_long": marked("%(value)s has more than %(max_length)s characters"),
    "literal_error": marked("%(value)s is not one of %(expected)s"),
    "float_type": marked("%(value)s is not a number"),
    "int_type": marked("%(value)s is not a whole number"),
    "finite_number": marked("%(value)s is not a finite number"),
    "greater_than": marked("%(value)s is not more than %(gt)s"),
    "greater_than_equal": marked("%(value)s is less than %(ge)s"),
    "less_than_equal": marked("%(value)s is more than %(le)s"),
    "list_type": marked("%(value)s is not a list"),
    "dict_type": marked("%(value)s is not an object"),
    "model_type": marked("%(value)s is not an object"),
    "model_attributes_type": marked("%(value)s is not an object"),
    "too_long": marked("has %(actual_length)s entries, more than %(max_length)s"),
}

_LONGEST_SHOWN = 80
_SURROGATES = re.compile("[\ud800-\udfff]")


def problem(error: ValidationError, fields: Sequence[str], at: str = "") -> InvalidInput:
    """The first thing that is wrong; `fields` are the names that a misspelt one is compared with.

    `at` is the JSON path of what was validated, "" for a whole document, of which `where` then says nothing.
    """
    first = error.errors(include_url=False)[0]
    return InvalidInput(_reason(first, fields), where=_path(first["loc"], at))


def unknown(name: str, fields: Sequence[str]) -> Said:
    """That nothing is called `name`, with the nearest of `fields`, if one is near.

    A name that is among them belongs elsewhere: then none is nearer.
    """
    near = [] if name in fields else difflib.get_close_matches(name, fields, n=1)
    if near:
        return said('is not a known field (did you mean "%(near)s"?)', near=near[0])
    return said("is not a known field")


def shown(value: object) -> str:
    """`value` as a message shows it: JSON, cut to 80 characters; a container only by its kind."""
    if isinstance(value, dict):
        return said("an object")
    if isinstance(value, list | tuple):
        return said("a list")
    if isinstance(value, str):
        value = value[: _LONGEST_SHOWN + 1]  # of megabytes no copy is made
    text = printable(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def indexable(text: str) -> str:
    """`text`, if a database can keep it in an index. Raises ValueError, for pydantic."""
    if len(text.encode("utf-8", "replace")) > LONGEST_INDEXED:
        raise ValueError(said("has more than %(most)s bytes", most=LONGEST_INDEXED))
    return text


def naming(uri: str) -> str:
    """`uri`, if it names something: a program or data do not. Raises ValueError, for pydantic."""
    if uri.casefold().startswith(_NO_NAMES):
        raise ValueError(said("is a program or data in the form of a URI, and names nothing"))
    return uri


def printable(text: str) -> str:
    """`text` without what databases refuse: lone surrogates and NUL are written as escapes."""
    if _SURROGATES.search(text):  # megabytes are copied only where they have to be
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text.replace("\0", "\\u0000")


def place_of_no_number(data: bytes) -> str:
    """The JSON path of the first number that JSON does not have (NaN, an infinity, 1e999), "" for none.

    Only to name the place of what strict decoding refused: `data` is refused, whatever this finds.
    """
    try:
        body = json.loads(data, parse_constant=lambda _: _NO_NUMBER, parse_float=_finite)
    except (ValueError, RecursionError):
        return ""
    return _place_within(body, _NO_NUMBER)


def place_of_twice(data: bytes) -> str:
    """The JSON path of the first object in which a key stands twice, "" for none and for the outermost."""
    found: list[object] = []

    def noted(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        body = dict(pairs)
        if len(body) != len(pairs) and not found:
            found.append(body)
        return body

    try:
        body = json.loads(data, object_pairs_hook=noted)
    except (ValueError, RecursionError):
        return ""
    return _place_within(body, found[0]) if found else ""


def _place_within(body: object, sought: object) -> str:
    """The JSON path at which `sought` itself stands in a decoded document; "" for nowhere."""
    waiting: list[tuple[str, Any]] = [("", body)]
    while waiting:
        at, value = waiting.pop()
        if value is sought:
            return at.removeprefix(".")
        if isinstance(value, dict):
            waiting += [(f"{at}.{printable(name)}", part) for name, part in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(f"{at}[{number}]", part) for number, part in reversed(list(enumerate(value)))]
    return ""


_NO_NUMBER = object()


def _finite(text: str) -> object:
    number = float(text)
    return number if math.isfinite(number) else _NO_NUMBER


def _reason(found: ErrorDetails, fields: Sequence[str]) -> Said:
    kind, value, context = found["type"], found["input"], found.get("ctx", {})
    if kind == "extra_forbidden":
        return unknown(str(found["loc"][-1]), fields)
    if kind == "value_error" and isinstance(stated := context["error"].args[0], Said):
        return stated
    template = _PATTERNS.get(context.get("pattern", "")) or _REASONS.get(kind)
    if template is None:
        return said("%(value)s is not as it should be", value=shown(value))
    if "expected" in context:  # the library's list, without its "or"
        context = {**context, "expected": context["expected"].replace(" or ", ", ")}
    return said(template, **{**context, "value": shown(value)})


def _path(location: tuple[int | str, ...], at: str) -> str:
    for step in location:
        at += f"[{step}]" if isinstance(step, int) else f".{printable(step)}"
    return at.removeprefix(".")
