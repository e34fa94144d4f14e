"""Refusals by the thousand: a list of junk, an archive of a hundred thousand empty files.

They are told as one, and a file in which nothing else comes for long is given up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from matcher.messages import Said, said
from matcher.records import Notice, Recognised, Rejected

_KINDS = 100
_Record = TypeVar("_Record")


def told_once(
    records: Iterable[_Record], most: int, *, correctable_too: bool = False
) -> Iterator[_Record | Rejected]:
    """`records`, with no more than `most` refusals of one kind of those in which there is nothing to correct.

    Such are those without a raw record. One more refusal at the end says of each kind how many more there
    were and where the last stood. Two are of one kind where their reasons differ in nothing but the values
    that they name; beyond a hundred kinds the rest are one. What may be corrected is never left out, or with
    `correctable_too`, for who only looks, where its reason is word for word that of others.
    """
    counts: Counter[object] = Counter()
    last: dict[object, Rejected] = {}
    for record in records:
        if not isinstance(record, Rejected) or (record.raw and not correctable_too):
            yield record
            continue
        kind: object = record.reason if record.raw else record.reason.kind
        if kind not in counts and len(counts) >= _KINDS:
            if record.raw:
                yield record
                continue
            kind = None
        counts[kind] += 1
        if counts[kind] <= most:
            yield record
        else:
            last[kind] = record
    for kind, one in last.items():
        more = counts[kind] - most
        reason = said(
            "%(more)s more were refused, after the first %(most)s; the last, here: %(reason)s",
            more=more,
            most=most,
            reason=one.reason,
        )
        yield Rejected(one.file, one.line, one.where, reason, "")


def noted_once(records: Iterable[_Record], most: int) -> Iterator[_Record | Notice]:
    """`records`, with no more than `most` notices of one kind; one more at the end says how many more."""
    counts: Counter[object] = Counter()
    last: dict[object, Notice] = {}
    for record in records:
        if not isinstance(record, Notice):
            yield record
            continue
        kind: object = record.text.kind if record.text.kind in counts or len(counts) < _KINDS else None
        counts[kind] += 1
        if counts[kind] <= most:
            yield record
        else:
            last[kind] = record
    for of, one in last.items():
        text = said(
            "this was to be said %(more)s times more, after the first %(most)s; the last: %(text)s",
            more=counts[of] - most,
            most=most,
            text=one.text,
        )
        yield Notice(one.file, one.line, text)


@dataclass(slots=True)
class Patience:
    """Counts the refusals in a row in a file; `lost`: they are more than `most`, and the rest is left."""

    most: int
    refused: int = 0

    def through(self, records: Iterable[_Record], *, useful: bool = False) -> Iterator[_Record]:
        """`records` of a further line or entry; `useful`: it is one, whatever is wrong with it."""
        refused = 0
        for record in records:
            refused += isinstance(record, Rejected)
            useful = useful or not isinstance(record, Rejected | Recognised)
            yield record
        self.refused = 0 if useful else self.refused + refused

    @property
    def lost(self) -> bool:
        return self.refused > self.most

    @property
    def reason(self) -> Said:
        return said("more than %(most)s refusals follow each other; the rest is not read", most=self.most)
