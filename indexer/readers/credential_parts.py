"""The parts that Open Badges 3.0 and both versions of the Comprehensive Learner Record share.

Version 1.0 of the record writes lists in the plural (`alignments`) and some names otherwise
(`educationalFramework`); both spellings are read wherever the part stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote

from pydantic import AliasChoices, BeforeValidator, Field, ValidationError

from indexer.readers.damaged_json import Damaged
from indexer.readers.formats import Context, Document, under
from indexer.readers.json_text import encode
from indexer.readers.parts import Listed, Many, Part, Single, listed
from indexer.readers.problems import problem
from indexer.readers.shape import in_its_words, read_achievement, read_award
from matcher.errors import InvalidInput
from matcher.messages import Said, said
from matcher.records import AchievementRecord, AwardRecord, Rejected

_LONGEST_IDENTIFIER = 1_000
_LONGEST_EVIDENCE = 2_000
_LONGEST_LABEL = 500
_MOST_IDENTITIES = 50
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S{1,980}")
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?")
_ENTRY = re.compile(r"achievement\.(competencies|related)\[(\d+)\]\.?(.*)")
_IDENTITIES = {"emailAddress", "did", "url"}
_NO_COMPETENCY = {"ceterms:Credential", "CFRubric", "CFRubricCriterion", "CFRubricCriterionLevel"}


def _named(value: object) -> object:
    return {"id": value} if isinstance(value, str) else value


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_Item = TypeVar("_Item")
_Model = TypeVar("_Model", bound=Part)
Named = Annotated[_Item, BeforeValidator(_named)]
"""An object, or only its id."""

_Figure = Annotated[str | None, BeforeValidator(_text)]


def spelt(*names: str) -> Any:
    """A part that is not always there, under any of these names."""
    return Field(default=None, validation_alias=AliasChoices(*names))


class Alignment(Part):
    """Alignment: what an achievement is aligned to."""

    target_name: str | None = None
    target_url: str | None = None
    target_framework: str | None = spelt("targetFramework", "educationalFramework")
    target_type: str | None = None


class _Rank(Part):
    id: str | None = None
    name: str | None = None
    level: str | None = None

    @property
    def label(self) -> str | None:
        """What people call it: where levels are only counted, 1, 2 and 3, the name says more."""
        return self.name or self.level


class Scale(Part):
    """ResultDescription: the values that a result can have, and which of them passes."""

    id: str | None = None
    result_type: str | None = None
    allowed_value: Many[str] = spelt("allowedValue", "allowedValues")
    rubric_criterion_level: Many[_Rank] = spelt("rubricCriterionLevel", "rubricCriterionLevels")
    value_min: _Figure = None
    value_max: _Figure = None
    required_level: str | None = None
    required_value: _Figure = None


class _Criteria(Part):
    narrative: str | None = None


class _Related(Part):
    id: str | None = spelt("id", "targetId")
    association_type: str | None = None


class Profile(Part):
    """Profile: an issuer, or who made an achievement."""

    id: str | None = None
    name: str | None = None
    url: str | None = None

    @property
    def address(self) -> str:
        """What identifies the issuer everywhere."""
        return unquote(self.id or self.url or "").strip()


class Achievement(Part):
    """Achievement: what is awarded."""

    id: str | None = None
    name: str | None = None
    description: str | None = None
    criteria: Single[Named[_Criteria | None]] = spelt("criteria", "requirement")
    alignment: Many[Alignment] = spelt("alignment", "alignments")
    related: Many[_Related] = spelt("related", "associations")
    result_description: Many[Scale] = spelt("resultDescription", "resultDescriptions")
    creator: Named[Profile | None] = None

    @property
    def aligned(self) -> list[tuple[int, Alignment]]:
        """The alignments to competencies, each with its number; some are to rubrics or credentials."""
        return [
            (number, alignment)
            for number, alignment in enumerate(self.alignment or ())
            if alignment.target_type not in _NO_COMPETENCY
        ]


class Result(Part):
    """Result: a value that the holder reached, on one of the achievement's scales."""

    achieved_level: str | None = None
    value: _Figure = None
    status: str | None = None
    result_description: str | None = None


class Identity(Part):
    """IdentityObject: something that the holder is known by."""

    identity_hash: str | None = None
    identity_type: str | None = None
    hashed: bool = False


Identities = Annotated[
    Annotated[Listed[Identity], Field(max_length=_MOST_IDENTITIES)] | None, BeforeValidator(listed)
]
"""What a holder is known by."""


class Evidence(Part):
    """Evidence: what the holder did."""

    id: str | None = None
    name: str | None = None
    description: str | None = None
    narrative: str | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """Where the fields of an award in our shape stand in a document, as JSON paths.

    `places`: field of the shape -> path. `alignment` and `related`: path of the list, and the name in it of
    each field of a competency and of a relation.
    """

    places: Mapping[str, str]
    alignment: str
    related: str
    of_alignment: Mapping[str, str] = field(
        default_factory=lambda: {
            "uri": "targetUrl",
            "label": "targetName",
            "framework": "targetFramework",
        }
    )
    of_related: Mapping[str, str] = field(default_factory=lambda: {"key": "id"})

    def place(self, where: str, achievement: Achievement) -> str:
        """The path in the document of the field `where` of the shape."""
        if match := _ENTRY.fullmatch(where):
            number, name = int(match[2]), match[3]
            if match[1] == "related":
                return _field(f"{self.related}[{number}]", self.of_related.get(name, ""))
            number, _ = achievement.aligned[number]
            return _field(f"{self.alignment}[{number}]", self.of_alignment.get(name, ""))
        return self.places.get(where, where)


def parsed(model: type[_Model], body: object, at: str, context: Context) -> _Model:
    """`body` as a part that stands at the path `at`. Raises InvalidInput with the path of what is wrong."""
    try:
        return model.model_validate(body, context=context.limits)
    except ValidationError as error:
        raise problem(error, (), at) from error


def award(shape: Mapping[str, Any], context: Context, at: str, place: Callable[[str], str]) -> AwardRecord:
    """The award that `shape` (see shape.py) describes. `place`: its fields as paths below `at`.

    Raises InvalidInput with the document's own path.
    """
    try:
        return read_award(shape, context, "award")
    except InvalidInput as error:
        where = place(error.where.removeprefix("award."))
        raise InvalidInput(in_its_words(error.reason, place), where=under(at, where)) from error


def achievement_alone(
    achievement: Achievement, issuer: Profile, at: str, names: Names, context: Context
) -> AchievementRecord:
    """An achievement that stands at the path `at`, and that nobody is awarded there.

    `names`: relative to `at`. Raises InvalidInput with the document's own path.
    """
    try:
        return read_achievement(achievement_shape(achievement, issuer), "achievement", context)
    except InvalidInput as error:
        where = "" if error.where == "achievement" else names.place(error.where, achievement)
        raise InvalidInput(error.reason, where=under(at, where)) from error


def achievement_shape(achievement: Achievement, issuer: Profile) -> dict[str, Any]:
    """The achievement in the shape of `shape.py`."""
    narrative = achievement.criteria.narrative if achievement.criteria else None
    return {
        "key": achievement.id,
        "name": achievement.name,
        "description": "\n".join(dict.fromkeys(filter(None, (achievement.description, narrative)))),
        "issuer": {"name": issuer.name, "url": issuer.address},
        "competencies": [
            {"uri": one.target_url, "label": one.target_name, "framework": one.target_framework}
            for _, one in achievement.aligned
        ],
        "related": [
            {"type": one.association_type or "related", "key": one.id} for one in achievement.related or ()
        ],
    }


def identifiers(id_: str | None, identities: Iterable[Identity] = ()) -> Iterator[str]:
    """What identifies a person everywhere: a URI, and e-mail addresses, DIDs and URLs that are not hashed."""
    if id_ and _URI.fullmatch(id_.strip()):
        yield id_.strip()
    for identity in identities:
        text = (identity.identity_hash or "").strip()
        if identity.identity_type in _IDENTITIES and text and not identity.hashed:
            yield text[:_LONGEST_IDENTIFIER]


def are_hashed(identities: Iterable[Identity]) -> bool:
    """Whether one of the identities of a person is hashed."""
    return any(identity.hashed for identity in identities)


def nobody(*, hashed: bool) -> Said:
    """What to say where nothing names a person. `hashed`: what should is; who sends the file may know."""
    if hashed:
        return said("no subject: the identity is hashed and names nobody; say whose the file is")
    return said("no subject: nothing says whose it is")


def evidence_texts(given: Iterable[Evidence]) -> Iterator[str]:
    """Of each piece its address, and what is said of it where there is a narrative or no address.

    An address that is the evidence itself (`data:`) is left out: it can have megabytes.
    """
    for one in given:
        address = one.id if one.id and not one.id.startswith("data:") else ""
        if address:
            yield address
        words = (one.name, one.narrative or one.description)
        text = "\n".join(filter(None, words)) if one.narrative or not address else ""
        if text:
            yield text if len(text) <= _LONGEST_EVIDENCE else f"{text[: _LONGEST_EVIDENCE - 3]}..."


def level(results: Iterable[Result], scales: Sequence[Scale]) -> dict[str, Any] | None:
    """The level that results state: `value` from 0 to 1, and its name as `label`; None where none does.

    Of several the first counts. An achieved level that is on no scale is a label only. Where no result says,
    whoever holds the achievement reached what it requires (`requiredLevel`, `requiredValue`: what passes), so
    that is stated, with a label that says "at least".
    """
    levels = _Levels(scales)
    named: dict[str, Any] | None = None
    for result in results:
        if stated := levels.reached(result):
            return stated
        named = named or _only_named(result)
    return named or next(filter(None, map(levels.required, range(len(scales)))), None)


def _only_named(result: Result) -> dict[str, Any] | None:
    """The level of a result that is on no scale we know: what it is called, and no more."""
    achieved = (result.achieved_level or "").strip()
    return {"value": None, "label": (result.value or achieved)[:_LONGEST_LABEL]} if achieved else None


class _Levels:
    """The levels of an achievement's scales, found at once: a document may have very many."""

    def __init__(self, scales: Sequence[Scale]) -> None:
        self._scales = scales
        self._numbers = {scale.id: number for number, scale in enumerate(scales) if scale.id}
        self._ranks: dict[str, dict[str, Any]] = {}
        self._allowed: dict[tuple[int, str], float] = {}
        # By what they are called on one scale, and on all (None); None where two are called the same.
        self._called: dict[tuple[int | None, str], dict[str, Any] | None] = {}
        for number, scale in enumerate(scales):
            ranks = scale.rubric_criterion_level or []
            for place, rank in enumerate(ranks, start=1):
                found = {"value": place / len(ranks), "label": rank.label}
                self._ranks.setdefault(rank.id or "", found)
                for name in {_folded(one) for one in (rank.id, rank.name, rank.level) if one}:
                    for of in (number, None):
                        self._called[of, name] = None if (of, name) in self._called else found
            allowed = scale.allowed_value or []
            for place, value in enumerate(allowed, start=1):
                self._allowed.setdefault((number, value), place / len(allowed))

    def reached(self, result: Result) -> dict[str, Any] | None:
        """The level of a result; an achieved level's id says of which scale it is."""
        if result.achieved_level and result.achieved_level in self._ranks:
            return self._ranks[result.achieved_level]
        number = self._numbers.get(result.result_description or "")
        if result.achieved_level and (found := self._rank(number, result.achieved_level)):
            return found
        if found := self._placed(number, result.value):
            return found
        is_known = number is not None or not result.result_description
        return self._rank(number, result.value) if result.value and is_known else None

    def _rank(self, number: int | None, name: str) -> dict[str, Any] | None:
        """The level that is called so on a scale; where none is said, on whichever has the only one."""
        return self._called.get((number, _folded(name)))

    def required(self, number: int) -> dict[str, Any] | None:
        """The level that passes on a scale."""
        scale = self._scales[number]
        found = self._ranks.get(scale.required_level or "-") or self._placed(number, scale.required_value)
        label = f"≥ {found['label']}"[:_LONGEST_LABEL] if found and found["label"] else None
        return found and {"value": found["value"], "label": label}

    def _placed(self, number: int | None, value: str | None) -> dict[str, Any] | None:
        """Where `value` stands on a scale; None where the scale does not say."""
        if number is None or value is None:
            return None
        scale = self._scales[number]
        placed = self._allowed.get((number, value)) if scale.allowed_value else _between(value, scale)
        return None if placed is None else {"value": placed, "label": value}


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _between(value: str, scale: Scale) -> float | None:
    highest = scale.value_max or ("100" if scale.result_type == "Percent" else "")
    figures = [value, scale.value_min or "0", highest]
    if not all(_NUMBER.fullmatch(figure) for figure in figures):
        return None
    number, low, high = map(float, figures)
    return (number - low) / (high - low) if low <= number <= high and low < high else None


class Leftovers:
    """What is refused of one document, each piece as a document that can be corrected and read again.

    `alone` makes the document that has, in a field, one piece only. Together the pieces keep about as much
    text as a document may have; what is refused after that is told without its record, so that many bad
    pieces of a long document do not repeat it many times.
    """

    def __init__(self, context: Context, alone: Callable[[str, object], Document]) -> None:
        self._context = context
        self._alone = alone
        self._room = context.limits.document

    def refused(self, error: InvalidInput, name: str, piece: object) -> Rejected:
        """What `error` says of a piece of the field `name`."""
        context = self._context
        return self.keeping(Rejected(context.file, context.line, error.where, error.reason, ""), name, piece)

    def keeping(self, rejected: Rejected, name: str, piece: object) -> Rejected:
        """`rejected` with the document that has, in the field `name`, this piece only as its record."""
        raw = encode(self._alone(name, piece)) if self._room > 0 else ""
        self._room -= len(raw)
        return Rejected(rejected.file, rejected.line, rejected.where, rejected.reason, raw)


def entries(value: object, at: str, limit: int) -> list[tuple[str, Any]]:
    """The entries of a list, or the only one of what need not be a list, each with its path; none of null.

    What of a list cannot be read is refused already.
    Raises InvalidInput where there are more than `limit`.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        return [(at, value)]
    if len(value) > limit:
        reason = said("has %(number)s entries, more than %(most)s", number=len(value), most=limit)
        raise InvalidInput(reason, where=at)
    return [(f"{at}[{number}]", one) for number, one in enumerate(value) if not isinstance(one, Damaged)]


def _field(path: str, name: str) -> str:
    return f"{path}.{name}" if name else path
