"""Seeded mutations of files: of their bytes, and of what stands where in a JSON document."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**30, 1e308, "", " ", "\u0000", "\ud800", "\u202e", "2026-02-30",
    "9999-12-31", "0000-00-00", "urn:x:1", "https://example.org/" + "a" * 2_000, "x" * 100_000,
    "eyJhbGciOiJub25lIn0.e30.", "data:application/vc+jwt,eyJ", "%00%ff", "'; DROP TABLE awards; --",
    "=HYPERLINK(1)", [], {}, [[]], [None], [{}], {"": None}, {"id": 1, "type": 2},
    {"id": "urn:x:1", "type": ["x"]}, ["a", 1, {}],
)  # fmt: skip
"""Values to put where others are expected."""


def mutations(data: bytes, seed: int, count: int) -> Iterator[bytes]:
    """`count` mutations of `data`, the same for a seed: where it is JSON, half of them of its values."""
    chance = Random(seed)
    document = _decoded(data)
    for number in range(count):
        if document is not None and number % 2:
            yield _other_values(document, chance)
        else:
            yield _other_bytes(data, chance)


def changed_document(document: Any, chance: Random) -> Any:
    """A copy of a decoded document with up to three places changed."""
    changed = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        _change_one(changed, chance)
    return changed


def _decoded(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


def _other_values(document: Any, chance: Random) -> bytes:
    text = json.dumps(changed_document(document, chance), ensure_ascii=chance.random() < 0.5)
    return text.encode("utf-8", "surrogatepass")


def _change_one(document: Any, chance: Random) -> None:
    places = list(_places(document))
    if not places:
        return
    holder, key = chance.choice(places)
    match chance.randrange(5):
        case 0:
            del holder[key]
        case 1:
            holder[key] = [holder[key]]
        case 2:
            holder[key] = [copy.deepcopy(holder[key]) for _ in range(3)]
        case _:
            holder[key] = copy.deepcopy(chance.choice(HOSTILE))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(items):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


def _other_bytes(data: bytes, chance: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        start = chance.randrange(len(changed) + 1)
        end = min(len(changed), start + chance.choice((1, 1, 2, 8, 64)))
        match chance.randrange(6):
            case 0:
                del changed[start:end]
            case 1:
                changed[start:start] = changed[start:end] * chance.choice((1, 2, 50))
            case 2:
                changed[start:start] = chance.randbytes(chance.randint(1, 4))
            case 3:
                changed[start:end] = chance.choice(
                    (b"{", b"}", b"[", b'"', b"\\", b",", b"\n", b"\0", b"\xff")
                )
            case 4 if start < len(changed):
                changed[start] ^= 1 << chance.randrange(8)
            case _:
                del changed[start:]
    return bytes(changed)
