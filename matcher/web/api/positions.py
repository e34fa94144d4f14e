"""Positions: stored under a key, shown, and matched."""

from __future__ import annotations

from flask import Response, request

from matcher.errors import Changed, InvalidInput
from matcher.messages import said
from matcher.positions import parse_position, position_json, version_of
from matcher.records import Position
from matcher.store.organisations import organisation
from matcher.store.positions import find_position, load_position, save_position
from matcher.validation import shown
from matcher.web.api.bodies import answer, json_body
from matcher.web.choices import chosen_day, chosen_top, only
from matcher.web.language import LANGUAGES
from matcher.web.services import services


def put_position(key: str) -> Response:
    """Store the position in the body (see `parse_position`) under `key`: 201, or 200 where it replaces one.

    Its words are read here, once, before anything is written. With `If-Match` it replaces only the version
    that this names; see `ETag` of both answers. Raises Changed where another one is stored, and InvalidInput
    for any parameter.
    """
    only()
    parts = services()
    body = json_body()
    with parts.database.read() as connection:
        owner = organisation(connection, parts.organisation).id
        earlier = find_position(connection, owner, key)
    position = parse_position(body, parts.vocabulary, key=key, earlier=earlier, by="api")
    with parts.database.write() as connection:
        if "If-Match" in request.headers:
            _check_version(find_position(connection, owner, key))
        save_position(connection, owner, position)
    return _tagged(position, 201 if earlier is None else 200)


def get_position(key: str) -> Response:
    """The stored position, in the shape in which it is sent. Raises InvalidInput for any parameter."""
    only()
    parts = services()
    with parts.database.read() as connection:
        position = load_position(connection, organisation(connection, parts.organisation).id, key)
    return _tagged(position)


def get_matches(key: str) -> Response:
    """Who is best qualified (see `Matcher.match`): `?top=` 1 to 500, `?day=`, `?language=` en or fr.

    Raises InvalidInput for any other parameter.
    """
    only("top", "day", "language")
    parts = services()
    return answer(
        parts.matcher.match_stored(
            parts.organisation, key, top=chosen_top(), day=chosen_day(), language=_language()
        )
    )


def _tagged(position: Position, status: int = 200) -> Response:
    response = answer(position_json(position, services().vocabulary), status)
    response.set_etag(version_of(position))
    return response


def _check_version(stored: Position | None) -> None:
    """Raise Changed where the stored position is none of those that the request names."""
    if stored is None:
        raise Changed("nothing is stored under this key")
    if not request.if_match.contains(version_of(stored)):
        raise Changed("the stored position is not the one that If-Match names; get it again")


def _language() -> str:
    chosen = request.args.get("language", "en")
    if chosen not in LANGUAGES:
        wrong = said("%(value)s is not one of %(expected)s", value=shown(chosen), expected=tuple(LANGUAGES))
        raise InvalidInput(wrong, where="language")
    return chosen
