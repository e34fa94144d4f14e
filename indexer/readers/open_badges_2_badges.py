"""The achievement that an Open Badges 2.0 or 1.x badge class is, and who issues it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError

from indexer.readers import open_badges_2_parts as parts
from indexer.readers.formats import Context, Document
from indexer.readers.open_badges_2_links import Graph, linked
from indexer.readers.open_badges_2_parts import name_in
from indexer.readers.problems import problem
from indexer.readers.shape import read_award
from matcher.errors import InvalidInput
from matcher.messages import said
from matcher.records import AchievementRecord, IssuerRef

_COMPETENCY = re.compile(r"competencies\[(\d+)\](?:\.(\w+))?")
_FIRST = re.compile(r"([^\[\].]+)\[0\]")
_LONGEST_TAGS = 1_000
_Model = TypeVar("_Model", bound=BaseModel)


def part(model: type[_Model], document: Document, context: Context) -> _Model:
    """A document as its parts. Raises InvalidInput with the JSON path in it of what is wrong."""
    try:
        return model.model_validate(document, context=context.limits)
    except ValidationError as error:
        wrong = problem(error, ())
        raise InvalidInput(wrong.reason, where=_as_it_stands(wrong.where, document)) from error


def _as_it_stands(where: str, document: Document) -> str:
    """The path without the place in a list, where one thing stands without a list."""
    if (match := _FIRST.match(where)) and not isinstance(document.get(match[1]), list):
        return match[1] + where[match.end() :]
    return where


def id_of(text: str | None) -> str:
    """An id, trimmed and percent-decoded; empty for one that only its document understands."""
    text = (text or "").strip()
    return "" if text.startswith("_:") else unquote(text).strip()


def achievement_of(
    document: Document, context: Context, address: str = ""
) -> tuple[AchievementRecord, Document | None]:
    """The achievement that a badge class is, and its issuer's profile where that is at hand.

    `address`: under which it was found, for one that states no id.
    """
    issuer, profile = issuer_of(document, context)
    if isinstance(context.neighbours, Graph):
        offered = context.neighbours.once(document, lambda: _offered(document, address, context))
    else:
        offered = _offered(document, address, context)
    return replace(offered, issuer=issuer), profile


def _offered(document: Document, address: str, context: Context) -> AchievementRecord:
    """The achievement that a badge class is, but for its issuer."""
    badge = part(parts.BadgeClass, document, context)
    shape = {
        "key": next((one for one in (badge.id, address) if id_of(one)), None),
        "name": badge.name,
        "description": _description(badge),
        "competencies": [
            {
                "uri": one.target_url or one.url,
                "label": one.target_name or one.name,
                "framework": one.target_framework,
            }
            for one in badge.alignment or ()
        ],
        "related": [
            {"type": "isRelatedTo", "key": other.id} for other in badge.related or () if id_of(other.id)
        ],
    }
    try:
        return read_award({"achievement": shape}, context, "award").achievement
    except InvalidInput as error:
        where = error.where.removeprefix("award.achievement").removeprefix(".")
        raise InvalidInput(error.reason, where=_badge_place(where, badge, document)) from error


def _description(badge: parts.BadgeClass) -> str:
    narratives = [one.narrative for one in badge.criteria or ()]
    tags = ", ".join(badge.tags or ())[:_LONGEST_TAGS]
    return "\n".join(filter(None, (badge.description, *narratives, tags)))


def _badge_place(where: str, badge: parts.BadgeClass, document: Document) -> str:
    """The JSON path in a badge class of a field of the shape."""
    if match := _COMPETENCY.fullmatch(where):
        one = (badge.alignment or [])[int(match[1])]
        fields = {
            "uri": "targetUrl" if one.target_url else "url",
            "label": "targetName" if one.target_name else "name",
            "framework": "targetFramework",
        }
        path = f"{name_in(document, 'alignment')}[{match[1]}].{fields.get(match[2] or '', '')}"
        return _as_it_stands(path.rstrip("."), document)
    name = name_in(document, "id" if where == "key" else where.partition("[")[0])
    return name if where else ""


def issuer_of(holder: Document, context: Context) -> tuple[IssuerRef, Document | None]:
    """Who issues a badge class or an endorsement, and the profile where it is at hand.

    One that is named by an address is known by it, whether or not its profile is at hand, and so are its
    awards: by that, and not by what else the profile may say of itself.
    """
    link = linked(holder, parts.PROFILE, context)
    try:
        issuer = _issuer_ref(part(parts.Profile, link.document or {}, context), link.address, context)
    except InvalidInput as error:
        raise link.error(error) from error
    if issuer == IssuerRef():
        raise InvalidInput(said("has neither an id nor a name"), where=link.where)
    return issuer, link.document


def _issuer_ref(profile: parts.Profile, address: str, context: Context) -> IssuerRef:
    addresses = {"id": address or profile.id, "url": profile.url, "origin": profile.origin}
    names = {"name": profile.name, "org": profile.org}
    at_name, name = next(((field, text) for field, text in names.items() if text), ("name", None))
    at_url, url = next(
        ((field, found) for field, text in addresses.items() if (found := id_of(text))), ("id", "")
    )
    shape = {"achievement": {"key": "-", "issuer": {"name": name, "url": url}}}
    try:
        return read_award(shape, context, "award").achievement.issuer
    except InvalidInput as error:
        where = at_url if error.where.endswith(".url") else at_name
        raise InvalidInput(error.reason, where=where) from error
