"""What is whole in a JSON document of which a part is not: items of its lists, or its lines.

An item that has NaN, a number beyond a double or a key twice is left out, and so is one that is no JSON
between its neighbours, which `json_apart.py` finds, or on its line; the others stay where they stand.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from indexer.readers.json_apart import Apart, lists_of, taken_apart
from indexer.readers.json_text import closed, decode, encode, holds_too_many, place_of, raw_text
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


_JOINT = re.compile(rb"\}\s*\{")

BLANK = Damaged("", said("is empty"), "")
"""Stands where there is nothing, and nothing is to be said."""


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
    if _is_too_much(data, limits):
        return None
    document = _lenient(data, limits)
    if document is not None:
        return document
    try:
        apart = taken_apart(data, limits.values, limits)
        document = decode(apart.rest, limits)
    except InvalidInput:
        return None
    lists = [items for _, items in lists_of(document)]
    _fill(lists, apart.items, limits)
    return document if any(isinstance(one, dict) for items in lists for one in items) else None


@dataclass(frozen=True, slots=True)
class Members:
    """An object with a `Damaged` in its lists for each member that cannot be read.

    `damaged`: these, each with the path of its list and its number there. `joined`: how many members follow
    another without a comma. `cut_off`: its end is lost; `endless`: how many bytes of it the last member takes
    in, as that does not end.
    """

    document: dict[str, Any]
    damaged: list[tuple[str, int, Damaged]]
    joined: int
    cut_off: bool
    endless: int

    def alone(self, path: str, one: Damaged) -> str:
        """The text of the object with this member only, which can be corrected and read again."""
        document = _emptied(self.document, {at for at, _, _ in self.damaged})
        holder = document
        *above, name = path.split(".")
        for key in above:
            holder = holder[key]
        holder[name] = [one]
        return encode(document).replace(encode(one.raw), one.raw, 1)


def whole_members(
    data: bytes, limits: Limits, lists: Collection[str], ends: Mapping[str, str]
) -> Members | None:
    """The object that `data` is, which `decode` refused, with as many members of its `lists` as are whole.

    `lists`: paths of those whose members stand for themselves; `ends`: of those that may be cut off, as
    nothing that follows matters to what stands before, but for a field that has to ("" for none). None where
    anything else is damaged, or all is.
    """
    names = [f'"{path.rpartition(".")[2]}"'.encode() for path in lists]
    if not any(name in data for name in names) or _is_too_much(data, limits):
        return None
    try:
        apart = taken_apart(data, limits.parts, limits, lists)
        document = decode(closed(apart.rest).encode() if apart.cut_off else apart.rest, limits)
    except InvalidInput:
        return None
    texts, cut_off = apart.items, apart.cut_off
    found = dict(lists_of(document))
    if not isinstance(document, dict) or len(found) != len(texts):
        return None
    _fill(found.values(), texts, limits)
    damaged = [
        (path, number, one)
        for path, items in found.items()
        for number, one in enumerate(items)
        if isinstance(one, Damaged)
    ]
    may_end = {path for path, field in ends.items() if not field or field in document}
    whole = any(
        isinstance(one, dict) for path in (may_end if cut_off else lists) for one in found.get(path, ())
    )
    if not whole or any(path not in lists for path, _, _ in damaged):
        return None
    *_, last = found.values()
    is_lost = bool(apart.endless) and isinstance(last[-1], Damaged)
    return Members(document, damaged, apart.joined, cut_off, len(apart.endless) if is_lost else 0)


def whole_entries(data: bytes, limits: Limits) -> list[bytes]:
    """The texts of the entries of the list that `data` is, of which one or more are no JSON.

    Empty where they cannot be told apart up to the end of the list.
    """
    apart = _list_apart(data, limits)
    return apart.items[0] if apart else []


def joined_documents(data: bytes, limits: Limits) -> list[bytes]:
    """The texts of the objects that follow each other in `data` with nothing between them; else none."""
    if not _JOINT.search(data):
        return []
    apart = _list_apart(b"[" + data + b"]", limits)
    return apart.items[0] if apart and 0 < apart.joined == len(apart.items[0]) - 1 else []


def _list_apart(data: bytes, limits: Limits) -> Apart | None:
    """A list that is taken apart to its end; None where it cannot be."""
    if _is_too_much(data, limits):
        return None
    try:
        apart = taken_apart(data, limits.values, limits)
    except InvalidInput:
        return None
    return None if apart.cut_off or apart.rest.strip() != b"[]" else apart


def _emptied(document: dict[str, Any], lists: Collection[str], at: str = "") -> dict[str, Any]:
    """A copy of an object with these lists of it empty."""
    return {
        name: []
        if f"{at}{name}" in lists
        else _emptied(value, lists, f"{at}{name}.")
        if isinstance(value, dict) and not at
        else value
        for name, value in document.items()
    }


def _fill(lists: Iterable[list[object]], texts: Iterable[list[bytes]], limits: Limits) -> None:
    for items, found in zip(lists, texts, strict=True):
        items[:] = [_decoded(text, limits) for text in found]


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


def _is_too_much(data: bytes, limits: Limits) -> bool:
    """Whether a text has more values than it may, or so many brackets that close: it has none for each."""
    return holds_too_many(data, limits) or data.count(b"]") + data.count(b"}") > limits.values


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
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
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
