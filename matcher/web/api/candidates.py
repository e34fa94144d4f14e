"""Candidates: one at a time, as a line of an import gives them."""

from __future__ import annotations

from flask import Response

from matcher.errors import InvalidInput
from matcher.store.intake import store_candidates
from matcher.store.organisations import organisation
from matcher.web.api.bodies import answer, json_body, refuse_other_key
from matcher.web.choices import only
from matcher.web.services import services


def put_candidate(key: str) -> Response:
    """Merge the candidate in the body with what is stored; answers how many awards were added or changed.

    The key is the address's; the body may leave it out, and a `candidate` that would say nothing else.
    What the body leaves out stays as it was; what it says replaces what was said before, all of it or
    nothing. The search index follows within a second; an achievement that is only described in words counts
    when they were read. Raises InvalidInput for any parameter.
    """
    only()
    parts = services()
    body = _with_key(json_body(), key)
    with parts.database.read() as connection:
        home = organisation(connection, parts.organisation)
    record = parts.parse_candidate(body, home.zone)
    refuse_other_key(record.key, key, "candidate.key")
    with parts.database.write() as connection:
        counts = store_candidates(connection, home, [record], authoritative=True)
        for refusal in counts.refused:
            raise InvalidInput(refusal.reason, where=refusal.where)  # and nothing is stored
    return answer(
        {
            "awards_added": counts.awards_added,
            "awards_changed": counts.awards_changed,
            "awards_unchanged": counts.awards_unchanged,
        }
    )


def _with_key(body: object, key: str) -> object:
    """`body` with the key of its address where it names none; anything that is no such body as it is."""
    if not isinstance(body, dict):
        return body
    stated = body.get("candidate")
    person = {} if stated is None else stated
    if not isinstance(person, dict) or person.get("key") is not None:
        return body
    return {**body, "candidate": {**person, "key": key}}
