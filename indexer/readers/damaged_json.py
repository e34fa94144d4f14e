"""What is whole in a JSON document of which a part is not: items of its lists, or its lines.

An item that has NaN, a number beyond a double or a key twice is left out, and so is one that is no JSON
between its neighbours' commas, or on its line; the others stay where they stand.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from indexer.readers.json_text import MARKS, decode, encode, holds_too_many, place_of, raw_text
from indexer.readers.limits import Limits
from matcher.errors import InvalidInput
from matcher.messages import Said, said


@dataclass(frozen=True, slots=True)
class Damaged:
    """Stands where an item cannot be read: the place within it that is wrong, why, and its text."""

    where: str
    reason: Said
    raw: str

    def __str__(self) -> str:
        return self.raw


_OF_LISTS = ([b"["], [b"{", b"["], [b"{", b"{", b"["])
"""The brackets that are open where an item of a list begins, as `lists_of` finds them."""

_OPENED_BY = {b"]": b"[", b"}": b"{"}

BLANK = Damaged("", said("is empty"), "")
"""Stands where there is nothing, and nothing is to be said."""


def lists_of(document: object) -> Iterator[tuple[str, list[object]]]:
    """The lists in which a document has its items, with their JSON paths: itself, or fields of an object."""
    if isinstance(document, list):
        yield "", document
    elif isinstance(document, dict):
        for name, value in document.items():
            if isinstance(value, list):
                yield name, value
            elif isinstance(value, dict):
                yield from ((f"{name}.{key}", one) for key, one in value.items() if isinstance(one, list))


def without_damaged(document: object) -> object:
    """A document with no more than its whole items, to recognise it by."""
    if isinstance(document, list):
        return [one for one in document if not isinstance(one, Damaged)]
    if isinstance(document, dict):
        return {name: without_damaged(value) for name, value in document.items()}
    return document


def whole_items(data: bytes, limits: Limits) -> object:
    """A document whose lists have a `Damaged` for each item that cannot be read; None where none can.

    `data` is what `decode` refused.
    """
    if holds_too_many(data, limits):
        return None
    document = _lenient(data, limits)
    if document is not None:
        return document
    rest, texts = _taken_apart(data)
    try:
        document = decode(rest, limits)
    except InvalidInput:
        return None
    lists = [items for _, items in lists_of(document)]
    for items, found in zip(lists, texts, strict=True):
        items[:] = [_decoded(text, limits) for text in found]
    return document if any(isinstance(one, dict) for items in lists for one in items) else None


def whole_lines(data: bytes, limits: Limits) -> object:
    """The documents of JSON lines as a list in which an empty line is `BLANK`; None where there are no lines.

    A line that cannot be read is a `Damaged`.
    """
    data = data.rstrip()
    if not 0 < data.count(b"\n") < limits.values or holds_too_many(data, limits):
        return None
    lines = data.split(b"\n")
    if not any(line.lstrip().startswith(b"{") for line in lines):
        return None
    found = [_decoded(line, limits) if line.strip() else BLANK for line in lines]
    whole = sum(isinstance(one, dict) for one in found)
    return found if whole and 2 * whole >= sum(one is not BLANK for one in found) else None


def _taken_apart(data: bytes) -> tuple[bytes, list[list[bytes]]]:
    """A document with its lists empty, as `lists_of` finds them, and the texts of the items of each.

    They are told apart by quotation marks and brackets alone. A bracket that an item closes too often counts
    for nothing; what it leaves open ends with its list.
    """
    opened: list[bytes] = []
    rest, lists, start = bytearray(), list[list[bytes]](), 0
    for mark in MARKS.finditer(data):
        sign = mark[0]
        if sign.startswith(b'"'):
            continue
        if sign in b"[{":
            opened.append(sign)
            if opened in _OF_LISTS:
                rest += data[start : mark.end()]
                start = mark.end()
                lists.append([])
            continue
        while sign == b"]" and b"[" in opened[:3] and opened[-1] == b"{":
            opened.pop()
        if sign in b",]" and opened in _OF_LISTS:
            text = data[start : mark.start()].strip()
            if text or sign == b"," or lists[-1]:  # else the list is empty
                lists[-1].append(text)
            start = mark.end() if sign == b"," else mark.start()
        if opened and opened[-1] == _OPENED_BY.get(sign):
            opened.pop()
    return bytes(rest + data[start:]), lists


def _decoded(data: bytes, limits: Limits) -> object:
    try:
        return decode(data, limits)
    except InvalidInput as error:
        return Damaged(place_of(data, error), error.reason, raw_text(data.strip()))


def _lenient(data: bytes, limits: Limits) -> object:
    """A document that is JSON but for numbers and keys, with a `Damaged` for each item that has such ones."""
    wrong: dict[int, tuple[object, str, Said]] = {}  # by identity: what is wrong directly in an object

    def read(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        body = dict(pairs)
        if found := _wrong(pairs, body):
            wrong[id(body)] = (body, *found)
        return body

    try:
        document = json.JSONDecoder(object_pairs_hook=read).decode(data.decode("utf-8-sig"))
        if id(document) in wrong or not wrong:
            return None
        for _, items in lists_of(document):
            items[:] = [_checked(one, wrong) for one in items]
        # What is wrong elsewhere than in an item, or nested too deeply, is wrong with the whole.
        decode(encode(without_damaged(document)).encode(), limits)
    except (ValueError, RecursionError, InvalidInput):
        return None
    return document


def _wrong(pairs: list[tuple[str, Any]], body: dict[str, Any]) -> tuple[str, Said] | None:
    for key, value in pairs:
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, float) and not math.isfinite(one):
                if math.isnan(one):
                    return key, said("%(number)s is not a JSON number", number="NaN")
                return key, said("the number is too large")
    if len(body) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return twice, said("an object has this key twice")
    return None


def _checked(item: object, wrong: dict[int, tuple[object, str, Said]]) -> object:
    """An item, or what is wrong within it."""
    waiting: list[tuple[object, str]] = [(item, "")]
    while waiting:
        one, at = waiting.pop()
        if id(one) in wrong:
            _, key, reason = wrong[id(one)]
            return Damaged(f"{at}.{key}".lstrip("."), reason, encode(item))
        if isinstance(one, dict):
            waiting += [
                (value, f"{at}.{key}") for key, value in one.items() if isinstance(value, dict | list)
            ]
        elif isinstance(one, list):
            waiting += [(value, f"{at}[{number}]") for number, value in enumerate(one)]
    return item
