"""JSON from outside, decoded strictly and in bounded time.

Refused beyond what JSON itself refuses: an object that has a key twice (the last would silently win), NaN and
the infinities, numbers beyond a double, and nesting deeper than the interpreter's stack.
"""

from __future__ import annotations

import json
import math
import re
import sys
from codecs import BOM_UTF8
from collections import Counter
from typing import Any, NoReturn

from indexer.readers.limits import Limits
from matcher.errors import InvalidInput
from matcher.messages import Said, marked, said
from matcher.validation import place_of_no_number, place_of_twice, printable, shown

__all__ = [
    "beginning_of",
    "closed",
    "decode",
    "encode",
    "holds_too_many",
    "is_json",
    "place_of",
    "printable",
    "raw_text",
    "shown",
    "values_of",
]

_LONGEST_SHOWN = 80
_SHOWN_DIGITS = 20
_LOOKED_AT = 65_536  # bytes, where there are too many values, to tell whether they are nested too deeply
_VERY_DEEP = 200  # levels, where no limit is given: Python's decoder gives up well below
_STRING = r'"(?:[^"\\]|\\.)*+"?'
_MARKS = re.compile(rf"{_STRING}|[\[\]{{}}]", re.DOTALL)
_INTEGERS = re.compile(rf"{_STRING}|(-?\d{{{sys.get_int_max_str_digits() + 1},}}+)", re.DOTALL)
_STRUCTURE = re.compile(rf"{_STRING}|[\[\]{{}},]", re.DOTALL)
_FINDINGS = {
    "Expecting value": marked("a value is missing or misspelt"),
    "Expecting property name": marked("a name in double quotation marks is missing"),
    "Expecting ','": marked("a comma or a closing bracket is missing"),
    "Expecting ':'": marked("the colon after a name is missing"),
    "Illegal trailing comma": marked("a comma stands before a closing bracket"),
    "Unterminated string": marked("a quotation mark is opened and not closed"),
    "Invalid control character": marked("a text has a line end or another control character in it"),
    "Invalid \\escape": marked("a backslash stands before a character that it does not go with"),
    "Invalid \\uXXXX escape": marked("\\u stands without the four digits that belong to it"),
    "Extra data": marked("something follows its end"),
}
"""How what Python's decoder says begins, in all its versions, and what we say."""

_FOUND_OTHERWISE = marked("something in it is not as it should be")


class _NoNumber(InvalidInput):
    """A number that JSON does not have: NaN, an infinity, or one beyond a double."""


class _Twice(InvalidInput):
    """A key that an object has twice."""


def decode(data: bytes, limits: Limits | None = None) -> object:
    """The value that `data`, one JSON text in UTF-8 (a byte order mark is allowed), stands for.

    `limits`: how many values it may hold, and how deeply nested; None for a text that is short.
    Raises InvalidInput saying what is wrong, and where in this text.
    """
    if limits and holds_too_many(data, limits):
        start = data[:_LOOKED_AT].decode("utf-8", "replace")
        if _deeper_at(start, limits.nesting) < len(start):
            raise InvalidInput(_too_deep(start, limits))
        raise InvalidInput(said("has more than %(most)s values", most=limits.values))
    try:
        text = data.removeprefix(BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        before = len(data[: error.start].decode("utf-8"))
        place = _at(data.decode("utf-8", "replace"), before)
        raise InvalidInput(said("not UTF-8, %(place)s", place=place)) from error
    try:
        body = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        found = next((ours for start, ours in _FINDINGS.items() if error.msg.startswith(start)), None)
        raise InvalidInput(
            said(
                "not JSON: %(found)s, %(place)s",
                found=said(found or _FOUND_OTHERWISE),
                place=_at(text, error.pos),
            )
        ) from error
    except RecursionError as error:
        raise InvalidInput(_too_deep(text, limits)) from error
    except ValueError as error:  # an integer of thousands of digits
        raise InvalidInput(_too_long(text)) from error
    # As deep as it may be only where it has so many brackets: most texts need not be looked at again.
    if limits and text.count("[") + text.count("{") > limits.nesting and _is_deeper(body, limits.nesting):
        raise InvalidInput(_too_deep(text, limits))
    return body


def is_json(data: bytes, limits: Limits) -> bool:
    """Whether `decode` takes it."""
    try:
        decode(data, limits)
    except InvalidInput:
        return False
    return True


def holds_too_many(data: bytes, limits: Limits) -> bool:
    """Whether `data`, a JSON text, has more values than it may hold: then nothing of it is decoded."""
    return values_of(data) > limits.values


def values_of(data: bytes) -> int:
    """How many values `data`, a JSON text, has, or somewhat more."""
    return sum(map(data.count, (b",", b"[", b"{")))


def place_of(data: bytes, error: InvalidInput) -> str:
    """Where in `data`, a JSON text, that stands for which decoding it raised `error`; "" for nobody knows."""
    if isinstance(error, _Twice):
        return place_of_twice(data)
    return place_of_no_number(data) if isinstance(error, _NoNumber) else error.where


def encode(value: object) -> str:
    """The JSON text of a decoded value; of one nested almost too deeply to be decoded only that it is so.

    What stands in it and is no JSON value is written as its text.
    """
    try:
        return printable(json.dumps(value, ensure_ascii=False, default=str))
    except RecursionError:
        return '"nested too deeply"'


def raw_text(data: bytes) -> str:
    """A record's bytes as text that can be stored; bytes that are not UTF-8 are written as escapes."""
    return printable(data.removeprefix(BOM_UTF8).decode("utf-8", "backslashreplace"))


def beginning_of(head: bytes) -> object:
    """The document that begins with `head`, as far as it stands there; only to recognise what it is.

    None where it is no JSON.
    """
    try:
        return json.loads(closed(head))
    except (ValueError, RecursionError):
        return None


def closed(head: bytes) -> str:
    """The beginning of a document without the value that is cut off, and with all closed that is open."""
    text = head.removeprefix(BOM_UTF8).decode("utf-8", "replace")
    closing: list[str] = []
    end = 0
    for mark in _STRUCTURE.finditer(text):
        sign = mark[0]
        if sign in "[{":
            closing.append("]" if sign == "[" else "}")
        elif sign in "]}" and closing:
            closing.pop()
        if sign in "[{]},":
            end = mark.start() if sign == "," else mark.end()
        if not closing:
            break
    return text[:end] + "".join(reversed(closing))


def _at(text: str, position: int) -> Said:
    """Where in a text a character stands: by line and column, where there are lines.

    Which line of a file that is, an entry of a list does not know: so it is the entry's own.
    """
    if "\n" not in text.strip():
        return said("at its character %(number)s", number=position + 1)
    return said(
        "in its line %(line)s, column %(column)s",
        line=text.count("\n", 0, position) + 1,
        column=position - text.rfind("\n", 0, position),
    )


def _too_deep(text: str, limits: Limits | None) -> Said:
    """What to say of a text that is nested too deeply, and where."""
    most = limits.nesting if limits else _VERY_DEEP
    place = _at(text, _deeper_at(text, most))
    if limits is None:
        return said("not readable: nested too deeply, %(place)s", place=place)
    return said("not readable: nested more than %(most)s levels deep, %(place)s", most=most, place=place)


def _deeper_at(text: str, most: int) -> int:
    """The place, from 0 on, at which `text` is first nested more than `most` levels deep; else its length."""
    depth = 0
    for mark in _MARKS.finditer(text):
        depth += (mark[0] in "[{") - (mark[0] in "]}")
        if depth > most:
            return mark.start()
    return len(text)


def _too_long(text: str) -> Said:
    """What to say of a text with an integer that has more digits than Python reads."""
    found = next((one for one in _INTEGERS.finditer(text) if one[1]), None)
    if found is None:
        return said("not readable: a number has too many digits")
    return said(
        "not readable: the number %(start)s... has too many digits, %(place)s",
        start=found[1][:_SHOWN_DIGITS],
        place=_at(text, found.start(1)),
    )


def _is_deeper(body: object, most: int) -> bool:
    """Whether lists and objects are nested more than `most` levels deep."""
    level = [body]
    for _ in range(most + 1):
        level = [
            one
            for held in level
            for one in (held.values() if isinstance(held, dict) else held if isinstance(held, list) else ())
            if isinstance(one, dict | list)
        ]
        if not level:
            return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body = dict(pairs)
    if len(body) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise _Twice(said("an object has the key %(key)s twice", key=shown(twice)))
    return body


def _constant(name: str) -> NoReturn:
    raise _NoNumber(said("%(number)s is not a JSON number", number=name))


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _NoNumber(said("the number %(number)s is too large", number=text[:_LONGEST_SHOWN]))
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
