"""What a record of one learner holds: credentials of many kinds whose awards are all that learner's.

And what both versions of the record have in common beside: the types of their associations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from indexer.readers.credential_parts import Leftovers
from indexer.readers.envelopes import opened
from indexer.readers.formats import Context, Record
from indexer.readers.json_text import shown
from indexer.readers.written import refused
from matcher.errors import InvalidInput
from matcher.messages import said
from matcher.records import AwardRecord, CandidateRecord, Notice, Recognised, Rejected
from matcher.store.identity import identifier, is_email

_GATHERED = 200
_TYPES = frozenset((
    "exactMatchOf", "exemplar", "hasSkillLevel", "isChildOf", "isParentOf", "isPartOf", "isPeerOf",
    "isRelatedTo", "precedes", "replacedBy",
    "hasPart",  # is none of the specification, and understood all the same
))  # fmt: skip
_TYPES_TOLD = 20


@dataclass(slots=True)
class Learner:
    """The awards of one person, gathered from the documents in a record.

    The record says whose they are, so a subject that a document in it names itself is not taken as an
    identifier of the learner: issuers know the same person by an id each, and an id that is wrong in one
    credential must not join two people; that the record does not name it is said. Only of a document about
    several people it says which one is meant, and what was issued to other e-mail addresses than the
    learner's is refused.
    """

    identifiers: tuple[str, ...]
    context: Context
    leftovers: Leftovers
    awards: list[AwardRecord] = field(default_factory=list)

    def take(self, name: str, body: object, at: str) -> Iterator[Record]:
        """Take the awards of a document in the record's field `name`; what else it holds comes back."""
        # What names nobody is the learner's.
        inside = replace(self.context, candidate=self.context.candidate or self.identifiers[0])
        people: list[CandidateRecord] = []
        try:
            for record in self.context.nested(*opened(body, at), inside):
                if isinstance(record, CandidateRecord):
                    people.append(record)
                elif isinstance(record, Rejected):
                    yield self.leftovers.keeping(record, name, body)
                else:
                    yield record
        except InvalidInput as error:
            yield self.leftovers.refused(error, name, body)
        for person in people:
            if len(people) == 1 or self._is_meant(person):
                try:
                    check_person(person.identifiers, self.identifiers, at)
                except InvalidInput as error:
                    yield self.leftovers.refused(error, name, body)
                else:
                    self.awards += person.awards
                    yield from strangers(person.identifiers, self.identifiers, at, self.context)
            else:
                reason = said("is about another person than the record it stands in")
                yield refused(replace(person, key=""), reason)

    def before(self, others: Iterator[Record], told: Callable[[], Sequence[AwardRecord]]) -> Iterator[Record]:
        """The learner with the awards that `told` gives once `others` were gone through, and then these.

        Of very many others some come first: they are not gathered beyond a bound. In which formats documents
        are is said as they are read.
        """
        waiting: list[Record] = []
        for one in others:
            if isinstance(one, Recognised):
                yield one
                continue
            waiting.append(one)
            if len(waiting) == _GATHERED:
                yield from waiting
                waiting.clear()
        yield from self._candidate(told())
        yield from waiting

    def _candidate(self, awards: Sequence[AwardRecord]) -> Iterator[CandidateRecord]:
        """The learner with `awards`; nobody where there are none."""
        if awards:
            key = self.context.candidate
            yield CandidateRecord(key, awards=tuple(awards), identifiers=self.identifiers)

    def _is_meant(self, person: CandidateRecord) -> bool:
        return not person.identifiers or not set(self.identifiers).isdisjoint(person.identifiers)


def check_person(named: Iterable[str], whose: Iterable[str], at: str) -> None:
    """Check that a credential is not somebody else's, as e-mail addresses tell.

    `named`: identifiers of its subject; `whose`: of the person of the record in which it stands at the JSON
    path `at`. An id says nothing of the kind: issuers know one person by an id each. Raises InvalidInput.
    """
    theirs, ours = ({one for one in map(identifier, some) if is_email(one)} for some in (named, whose))
    if theirs and ours and theirs.isdisjoint(ours):
        reason = said(
            "is about %(one)s, and the record about %(other)s", one=shown(min(theirs)), other=shown(min(ours))
        )
        raise InvalidInput(reason, where=at)


def strangers(named: Iterable[str], whose: Iterable[str], at: str, context: Context) -> Iterator[Notice]:
    """Says that a credential names its subject by something that the record in which it stands does not name.

    As for `check_person`, which lets it pass.
    """
    theirs, ours = ([*map(identifier, some)] for some in (named, whose))
    if theirs and set(theirs).isdisjoint(ours):
        text = said(
            "%(place)s: names its subject %(value)s, which the record does not name",
            place=at,
            value=shown(theirs[0]),
        )
        yield Notice(context.file, context.line, text)


def unknown_types(associations: Iterable[tuple[str, str]], context: Context) -> Iterator[Notice]:
    """What is to be said of associations whose type no learner record has: how many of each there are.

    `associations`: the type of each, and its path.
    """
    found: dict[str, list[str]] = {}
    for type_, where in associations:
        if type_ not in _TYPES:
            found.setdefault(type_, []).append(where)
    for type_, places in list(found.items())[:_TYPES_TOLD]:
        text = said(
            "associations of the type %(type)s, which learner records do not have, are kept as they are: "
            "%(count)s, the first %(where)s",
            type=shown(type_),
            count=len(places),
            where=places[0],
        )
        yield Notice(context.file, context.line, text)
    if len(found) > _TYPES_TOLD:
        text = said("associations of %(count)s more such types", count=len(found) - _TYPES_TOLD)
        yield Notice(context.file, context.line, text)
