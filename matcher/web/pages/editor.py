"""Writing a position: its micro-skills, how each was read, and how many people hold it."""

from __future__ import annotations

import re
import time
import unicodedata
from dataclasses import asdict, replace

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from pydantic_core import to_json
from werkzeug.wrappers import Response as AnyResponse

from matcher.errors import Changed, InvalidInput, Unavailable
from matcher.messages import said
from matcher.positions import parse_position, version_of
from matcher.records import Position
from matcher.store.candidates import holders
from matcher.store.database import Connection
from matcher.store.organisations import organisation
from matcher.store.positions import find_position, load_position, save_position
from matcher.web.language import language, spoken
from matcher.web.pages.differences import Differences, differences
from matcher.web.pages.drafts import Draft, draft_in, draft_of, settled
from matcher.web.pages.narrower import others_meeting
from matcher.web.pages.pool import suggested
from matcher.web.problems import for_people, reason
from matcher.web.services import services
from matcher.web.weights import LEVELS, WEIGHTS

_SUGGESTIONS = 8
_LONGEST_KEY = 60
_RESERVED = {"new"}

Answer = str | AnyResponse | tuple[str, int]


def new_position() -> Answer:
    """`/positions/new`: an empty form; what is sent is read, shown and, when saved, given a new key."""
    if request.method == "GET":
        return _page(Draft(), "")
    return _take(draft_in(request.form), None)


def edit_position(key: str) -> Answer:
    """`/positions/<key>/edit`: the form of a stored position."""
    parts = services()
    with parts.database.read() as connection:
        position = load_position(connection, organisation(connection, parts.organisation).id, key)
    if request.method == "GET":
        return _page(draft_of(position, parts.vocabulary), key)
    return _take(draft_in(request.form), position)


def suggest() -> Response:
    """`/suggest?q=`: competencies that what is typed may become, as JSON."""
    typed = request.args.get("q", "").strip()[:200]
    spoken = language()
    found = services().vocabulary.suggest(typed, spoken, _SUGGESTIONS) if typed else []
    body = [{"uri": c.uri, "label": c.label(spoken), "framework": c.framework} for c in found]
    return Response(to_json(body), content_type="application/json")


def warm_up() -> tuple[str, int]:
    """`/warm-up`: has the encoder ready before the first words arrive; asked by the form's script."""
    try:
        services().encoder.encode(["warm up"])
    except Unavailable:
        return "", 503  # whoever then needs it says so
    return "", 204


def _take(draft: Draft, earlier: Position | None) -> Answer:
    """Answer a form that was sent: store it where that was asked and it is right, else show it again."""
    key = "" if earlier is None else earlier.key
    saving = request.form.get("action") == "save" or "keep" in request.form
    unseen = any(row.adding for row in draft.rows) or any(
        request.form.get(name, "").strip() for name in ("add", "lines")
    )
    try:
        draft.read(services().vocabulary)
    except Unavailable:
        draft.errors["reader"] = _(
            "The micro-skills could not be read just now: the reader is still starting. "
            "Nothing is lost; try again in some seconds."
        )
        return _page(draft, key, 503)
    if not saving:
        return _page(draft, key)
    _check(draft)
    if unseen:
        draft.errors["skills"] = _("New micro-skills were added. See how they were read, then save again.")
    if draft.errors or any(way.error for way in draft.ways):
        return _page(draft, key, 422)
    try:
        stored = _store(draft, earlier)
    except Changed:
        return _changed(draft, key)
    except (InvalidInput, Unavailable) as error:
        draft.blame(error.where if isinstance(error, InvalidInput) else "", _said(error))
        return _page(draft, key, error.status)
    return redirect(url_for("pages.ranking", key=stored))


def _said(error: InvalidInput | Unavailable) -> str:
    """What an error says, as a sentence in the reader's language."""
    text = spoken(for_people(reason(error), error.status))
    return text[:1].upper() + text[1:]


def _changed(draft: Draft, key: str) -> Answer:
    """The form again, with what somebody else stored since it was opened beside it."""
    parts = services()
    with parts.database.read() as connection:
        theirs = load_position(connection, organisation(connection, parts.organisation).id, key)
    changes = differences(draft_of(theirs, parts.vocabulary), draft)
    return _page(draft, key, 409, changes)


def _check(draft: Draft) -> None:
    """Say beside each field what keeps the form from being stored; without micro-skills it is a draft."""
    if not draft.title:
        draft.errors["title"] = _("Give the position a title.")
    for way in draft.ways:
        if way.reworded:
            way.error = _("These words were changed. See how they were read, then save again.")
    for row in draft.rows:
        if row.must and not any(way.certain for way in row.ways):
            row.error = _("A must-have has to be certain: choose what it means, or make it no must-have.")


def _store(draft: Draft, earlier: Position | None) -> str:
    """Store the position; its key.

    Raises InvalidInput, and Changed where another version is stored than the form was opened from.
    """
    parts = services()
    position = parse_position(
        draft.body(), parts.vocabulary, key=earlier.key if earlier else "new", earlier=earlier
    )
    position = settled(position, draft)
    with parts.database.write() as connection:
        owner = organisation(connection, parts.organisation).id
        if earlier is None:
            position = replace(position, key=_free_key(connection, owner, draft.title))
        else:
            now = version_of(load_position(connection, owner, earlier.key))
            if now not in {draft.version, version_of(position)}:
                raise Changed(said("the position was changed since the form was opened"))
        save_position(connection, owner, position)
    return position.key


def _free_key(connection: Connection, owner: int, title: str) -> str:
    """A key that no position has, made from the title."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_KEY].strip("-") or "position"
    key, number = base, 1
    while key in _RESERVED or find_position(connection, owner, key) is not None:
        number += 1
        key = f"{base}-{number}"
    return key


def _page(draft: Draft, key: str, status: int = 200, changes: Differences | None = None) -> tuple[str, int]:
    parts = services()
    vocabulary = parts.vocabulary
    wanted = {
        way.competency: [
            pair.competency for pair in vocabulary.relations(way.competency).values() if pair.meets_must
        ]
        for way in draft.ways
        if way.competency is not None
    }
    with parts.database.read() as connection:
        owner = organisation(connection, parts.organisation).id
        now = int(time.time())
        counts = holders(connection, owner, wanted, now)
        pool = suggested(connection, owner)
        others = others_meeting(connection, owner, vocabulary, wanted.keys(), language(), now)
    page = render_template(
        "editor.html",
        draft=draft,
        key=key,
        changes=changes,
        holders=counts,
        others=others,
        pool=asdict(pool),
        competency=vocabulary.competency,
        opened=request.form.get("open", ""),
        weights=WEIGHTS,
        levels=LEVELS,
        form_action=url_for("pages.edit_position", key=key) if key else url_for("pages.new_position"),
    )
    return page, status
