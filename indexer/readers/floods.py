"""Refusals by the thousand, told as one: a list of junk, an archive of a hundred thousand empty files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from indexer.readers.formats import Record
from matcher.records import Rejected

_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"|[\d,.]+')
_KINDS = 100


def told_once(records: Iterable[Record], most: int) -> Iterator[Record]:
    """`records`, with no more than `most` refusals of one kind of those in which there is nothing to correct.

    Such are those without a raw record. One more refusal at the end says of each kind how many more there
    were and where the last stood. What may be corrected is never left out. Two are of one kind where their
    reasons differ in nothing but the values that they name; beyond a hundred kinds the rest are one.
    """
    counts: Counter[str] = Counter()
    last: dict[str, Rejected] = {}
    for record in records:
        if not isinstance(record, Rejected) or record.raw:
            yield record
            continue
        kind = _VALUE.sub("", record.reason)
        if kind not in counts and len(counts) >= _KINDS:
            kind = ""
        counts[kind] += 1
        if counts[kind] <= most:
            yield record
        else:
            last[kind] = record
    for kind, record in last.items():
        more = counts[kind] - most
        reason = f"{more:,} more were refused, after the first {most}; the last, here: {record.reason}"
        yield Rejected(record.file, record.line, record.where, reason, "")
