"""The parts that Open Badges 3.0 and both versions of the Comprehensive Learner Record share.

Version 1.0 of the record writes lists in the plural (`alignments`) and some names otherwise
(`educationalFramework`); both spellings are read wherever the part stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote

from pydantic import BeforeValidator, Field, ValidationError

from indexer.readers.damaged_json import Damaged
from indexer.readers.formats import Context, Document, under
from indexer.readers.json_text import encode
from indexer.readers.parts import Listed, Many, Part, Single, listed, spelt
from indexer.readers.problems import problem
from indexer.readers.scales import Scale
from indexer.readers.shape import in_its_words, read_achievement, read_award
from matcher.errors import InvalidInput
from matcher.messages import Said, said
from matcher.records import AchievementRecord, AwardRecord, Rejected

_LONGEST_IDENTIFIER = 1_000
_LONGEST_EVIDENCE = 2_000
_MOST_IDENTITIES = 50
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S{1,980}")
_ENTRY = re.compile(r"achievement\.(competencies|related)\[(\d+)\]\.?(.*)")
_IDENTITIES = {"emailAddress", "did", "url"}
_NO_COMPETENCY = {"ceterms:Credential", "CFRubric", "CFRubricCriterion", "CFRubricCriterionLevel"}


def _named(value: object) -> object:
    return {"id": value} if isinstance(value, str) else value


_Item = TypeVar("_Item")
_Model = TypeVar("_Model", bound=Part)
Named = Annotated[_Item, BeforeValidator(_named)]
"""An object, or only its id."""


class Alignment(Part):
    """Alignment: what an achievement is aligned to."""

    target_name: str | None = None
    target_url: str | None = None
    target_framework: str | None = spelt("targetFramework", "educationalFramework")
    target_type: str | None = None


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
