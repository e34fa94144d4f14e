"""Of a file that is said to be about one person: whom it names, and what becomes of its records.

Documents and rows name people by identifiers or keys, those that are refused as well. Where they name more
than one person, nobody can tell which one is meant: only what states the candidate's own key is taken. People
of several names may be one who is written in several ways: that is said, and none of the names taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from indexer.readers.json_text import shown
from indexer.readers.written import refused
from matcher.messages import Said, said
from matcher.records import (
    AchievementRecord,
    CandidateRecord,
    EndorsementRecord,
    Notice,
    Recognised,
    Rejected,
)
from matcher.store.identity import identifier
from matcher.vocabulary.text import fold

_MOST = 100  # people: more are told apart no further
_CALLS = 5  # names, as many of which are said
_Record = CandidateRecord | AchievementRecord | EndorsementRecord | Recognised | Notice | Rejected


@dataclass(slots=True)
class People:
    """The people that a file names. `candidate`: the key of the one whom it should be about.

    `groups`: the names of a person each. `by_file`: names that stood in rows which are taken as the
    candidate's only because the file should be: they are not kept as the candidate's. `awards`: how many the
    file holds; more than `most` are not one person's. `calls`: names of people by their words.
    """

    candidate: str
    most: int
    groups: list[set[str]] = field(default_factory=list)
    by_file: set[str] = field(default_factory=set)
    another: str = ""
    awards: int = 0
    calls: dict[frozenset[str], str] = field(default_factory=dict)

    def called(self, name: str) -> None:
        """Note that a document or a row that states no key is about somebody of this name."""
        words = _words(name)
        if words and len(self.calls) < _CALLS and not any(words <= one or words >= one for one in self.calls):
            self.calls[words] = name

    def names(self, identifiers: Iterable[str], key: str = "") -> None:
        """Note that a document or a row names somebody in this way."""
        if key and key != self.candidate:
            self.another = self.another or key
        names = {identifier(name) or name for name in (*identifiers, key) if name}
        if not names or len(self.groups) > _MOST or any(names <= group for group in self.groups):
            return
        same = [group for group in self.groups if not group.isdisjoint(names)]
        self.groups = [group for group in self.groups if group.isdisjoint(names)] + [names.union(*same)]

    def problem(self) -> Said | None:
        """Why nothing of the file is taken; None where it may be."""
        if self.awards > self.most:
            return said(
                "the file holds more than %(most)s awards, too many for one person; the rest is not read",
                most=self.most,
            )
        if len(self.groups) > 1:
            both = sorted(min(group) for group in self.groups)[:2]
        elif self.another:
            both = [self.candidate, self.another]
        else:
            return None
        return said(
            "the file is about %(one)s and about %(other)s; it should be about one person, %(candidate)s",
            one=shown(both[0]),
            other=shown(both[1]),
            candidate=shown(self.candidate),
        )

    def decided(self, records: Iterator[_Record]) -> Iterator[_Record]:
        """`records`: those about people last, when it is known whether they are about one person.

        Once there are too many awards nothing more is read: nothing of the file is taken, however it goes on.
        """
        held: list[CandidateRecord] = []
        for record in records:
            if not isinstance(record, CandidateRecord):
                yield record
                continue
            self.names(record.identifiers, record.key if record.own_key else "")
            if not record.own_key:
                self.called(record.name)
            held.append(record)
            self.awards += max(len(record.awards), 1)
            if self.awards > self.most and (reason := self.problem()):
                yield from (_refused(one, reason) for one in held)
                return
        reason = self.problem()
        if held and not reason and len(self.calls) > 1:
            yield self._several_names(held[0].place.file)
        for record in held:
            yield _refused(record, reason) if reason and not record.own_key else self._own(record)

    def _several_names(self, file: str) -> Notice:
        text = said(
            "names %(names)s: is it about one person? All of it is taken as of %(candidate)s",
            names=tuple(map(shown, self.calls.values())),
            candidate=shown(self.candidate),
        )
        return Notice(file, 0, text)

    def _own(self, record: CandidateRecord) -> CandidateRecord:
        if len(self.calls) > 1 and not record.own_key:
            record = replace(record, name="")
        if record.own_key or not self.by_file:
            return record
        kept = tuple(name for name in record.identifiers if identifier(name) not in self.by_file)
        return replace(record, identifiers=kept)


@lru_cache(maxsize=1_000)
def _words(name: str) -> frozenset[str]:
    """The words of a name, in whatever order it has them. Kept, as it stands in each row of a table."""
    return frozenset(fold(name).split())


def _refused(record: CandidateRecord, reason: Said) -> Rejected:
    """What is kept of a record names its own subject: that it is the candidate's was said of the file."""
    return refused(record if record.own_key else replace(record, key=""), reason)
