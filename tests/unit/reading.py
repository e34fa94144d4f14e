"""Reads bytes as an import does, in whatever format they are, and tells apart what comes of it."""

from __future__ import annotations

import io
import json
from typing import TypeVar
from zoneinfo import ZoneInfo

from indexer.readers.detect import read_stream
from indexer.readers.formats import Alone, Context, Neighbours, Record
from indexer.readers.limits import Limits
from matcher.records import CandidateRecord, Notice, Recognised, Rejected
from tests.unit.french import check_french

ZONE = ZoneInfo("America/Toronto")
_Kind = TypeVar("_Kind")


def read_any(
    data: object,
    candidate: str = "",
    *,
    limits: Limits | None = None,
    neighbours: Neighbours | None = None,
) -> list[Record]:
    """All that a file named "f" holds, but for its formats. `data`: bytes, text, or what becomes JSON.

    Whatever is said of it can be said in French, too.
    """
    if isinstance(data, str):
        data = data.encode()
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    context = Context("f", ZONE, candidate, limits or Limits(), neighbours or Alone())
    found = [one for one in read_stream(io.BytesIO(raw), context) if not isinstance(one, Recognised)]
    for one in found:
        if isinstance(one, Rejected | Notice):
            check_french(one.reason if isinstance(one, Rejected) else one.text)
    return found


def formats_of(data: bytes) -> list[str]:
    """The names of the formats that are recognised in a file, from the outside in."""
    context = Context("f", ZONE)
    return [one.format for one in read_stream(io.BytesIO(data), context) if isinstance(one, Recognised)]


def only(kind: type[_Kind], records: list[Record]) -> list[_Kind]:
    """Those of `records` that are of one kind."""
    return [one for one in records if isinstance(one, kind)]


def one_candidate(records: list[Record]) -> CandidateRecord:
    """The candidate that `records` are: one, and nothing was refused."""
    assert not only(Rejected, records), records
    (candidate,) = only(CandidateRecord, records)
    return candidate
