"""What the readers of a person's own document share: a résumé, a record, a page, with many entries.

An entry is written in the shape of `shape.py`, checked there, and what is wrong is said with the path and the
name that the document itself uses. A bad entry loses nothing but itself: its raw record is a document of the
same format with the person and that entry alone, so that it can be corrected and read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, ValidationError

from indexer.readers.damaged_json import Damaged
from indexer.readers.formats import Context, Record, under
from indexer.readers.json_text import encode, shown
from indexer.readers.parts import Part, single
from indexer.readers.problems import problem
from indexer.readers.shape import in_its_words, read_award, read_candidate
from matcher.errors import InvalidInput
from matcher.messages import said
from matcher.records import AchievementRecord, AwardRecord, CandidateRecord, Rejected

_Item = TypeVar("_Item")
_PartType = TypeVar("_PartType", bound=Part)


def _text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


One = Annotated[_Item | None, BeforeValidator(single)]
"""One, or a list of one, or none."""

Written = Annotated[str | None, BeforeValidator(_text)]
"""A text that some write as a number, such as a year."""


@dataclass(frozen=True, slots=True)
class Stated:
    """An award in the shape of `shape.py`, and which of its entry's fields states each of its fields."""

    shape: Mapping[str, Any]
    places: Mapping[str, str]


_GATHERED = 200

Found = AwardRecord | Record
"""What reading an entry gives: an award of the person, or another record that goes out as it is."""


def read_part(model: type[_PartType], value: object, at: str) -> _PartType:
    """`value`, which stands at the JSON path `at`, as a `model`. Raises InvalidInput."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise problem(error, (), at) from error


def read_person(
    shape: Mapping[str, Any], places: Mapping[str, str], at: str, context: Context
) -> CandidateRecord:
    """The person in the shape of `shape.py`'s `candidate`, without its key.

    `places` as in `Stated`. Raises InvalidInput, also where nothing says whose the document is.
    """
    if not (context.candidate or any(shape["identifiers"])):
        raise InvalidInput(
            said("no subject: nothing says whose it is"), where=under(at, _place("identifiers", places))
        )
    body = {"candidate": {"key": context.candidate or None, **shape}}
    try:
        return read_candidate(body, context)[0]
    except InvalidInput as error:
        field = error.where.removeprefix("candidate.")
        raise InvalidInput(error.reason, where=under(at, _place(field, places))) from error


def award_of(stated: Stated, context: Context, at: str) -> AwardRecord:
    """The award that an entry at the JSON path `at` states. Raises InvalidInput with its own names."""
    try:
        return read_award(dict(stated.shape), context, "award")
    except InvalidInput as error:
        field = error.where.removeprefix("award").removeprefix(".")
        reason = in_its_words(error.reason, lambda name: _place(name, stated.places).rpartition(".")[2])
        raise InvalidInput(reason, where=under(at, _place(field, stated.places))) from error


def achievement_of(stated: Stated, context: Context, at: str) -> AchievementRecord:
    """The same where an entry states only what is offered."""
    return award_of(stated, context, at).achievement


def read_section(
    entries: object,
    at: str,
    context: Context,
    read: Callable[[object, str], Iterator[Found]],
    alone: Callable[[object], object],
) -> Iterator[Found]:
    """What `read` makes of each entry of a section, given with its JSON path; the bad ones as `Rejected`.

    `alone` gives the document with the person and one entry.
    """
    listed = entries if isinstance(entries, list) else [] if entries is None else [entries]
    check_number(len(listed), context.limits.parts, at)
    for number, entry in enumerate(listed):
        if isinstance(entry, Damaged):  # is refused already
            continue
        where = f"{at}[{number}]" if isinstance(entries, list) else at
        try:
            # All of an entry before any of it: an entry that is refused gave nothing.
            found = list(read(entry, where))
        except InvalidInput as error:
            reason, raw = error.reason, encode(alone(entry))
            yield Rejected(context.file, context.line, error.where or where, reason, raw)
        else:
            yield from found


def with_awards(record: CandidateRecord, found: Iterator[Found]) -> Iterator[Record]:
    """The person with the awards among `found`, then the rest of it.

    Of a document with very much else, some of that comes first: it is not gathered beyond a bound.
    """
    awards: list[AwardRecord] = []
    others: list[Record] = []
    for one in found:
        if isinstance(one, AwardRecord):
            awards.append(one)
        else:
            others.append(one)
            if len(others) == _GATHERED:
                yield from others
                others.clear()
    yield replace(record, awards=tuple(awards))
    yield from others


def check_number(entries: int, most: int, at: str) -> None:
    """Raise InvalidInput where a list at the JSON path `at` has more than `most` entries."""
    if entries > most:
        reason = said("has %(number)s entries, more than %(most)s", number=entries, most=most)
        raise InvalidInput(reason, where=at)


def object_of(value: object, at: str) -> Mapping[str, Any]:
    """`value` as a JSON object. Raises InvalidInput."""
    if not isinstance(value, dict):
        raise InvalidInput(said("%(value)s is not an object", value=shown(value)), where=at)
    return value


def _place(field: str, places: Mapping[str, str]) -> str:
    """The document's name of a field of the shape: of itself, else of what it is a part of."""
    while field and field not in places:
        field = field[: max(field.rfind("."), field.rfind("["), 0)]
    return places.get(field, "")


def alone(entry: object, *, section: str, whose: Mapping[str, Any]) -> object:
    """A document with the fields that say whose it is, and one entry of a section; for `read_section`."""
    return {**whose, section: [entry]}
