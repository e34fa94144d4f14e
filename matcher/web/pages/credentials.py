"""Adding credentials to a candidate: files in whatever format, and what was read of them."""

from __future__ import annotations

from datetime import datetime

from flask import Response, render_template, request

from matcher.errors import NotFound
from matcher.moments import day_of, first_day
from matcher.store.candidates import load_candidate
from matcher.store.database import Connection
from matcher.store.organisations import Organisation, organisation
from matcher.web.api.credentials import refuses_all
from matcher.web.services import Json, Upload, services

_LISTED = 100  # of each kind


def credentials(key: str) -> Response:
    """`/candidates/<key>/credentials`: the form, and after it was sent what its files held."""
    if request.method == "GET":
        return _page(key)
    files: list[Upload] = [
        (file.filename, file.stream) for file in request.files.getlist("files") if file.filename
    ]
    if not files:
        return _page(key, none_chosen=True, status=422)
    found = services().take_credentials(key, files, request.form.get("dates", ""))
    return _page(key, found=found, status=422 if refuses_all(found) else 200)


def _page(key: str, *, found: Json | None = None, none_chosen: bool = False, status: int = 200) -> Response:
    parts = services()
    with parts.database.read() as connection:
        home = organisation(connection, parts.organisation)
        name = _name(connection, home, key)

    def start(moment: str) -> str:
        """The day of a start in ISO form."""
        return first_day(_seconds(moment), home.zone).isoformat()

    def end(moment: str) -> str:
        """The day of an end in ISO form."""
        return day_of(_seconds(moment), home.zone).isoformat()

    shown = render_template(
        "credentials.html",
        key=key,
        name=name,
        found=found,
        none_chosen=none_chosen,
        dates=request.form.get("dates", ""),
        start=start,
        end=end,
        most_listed=_LISTED,
    )
    return Response(shown, status)


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


def _name(connection: Connection, home: Organisation, key: str) -> str:
    """The person's name; the key of one that nothing is known of yet."""
    try:
        return load_candidate(connection, home.id, key).name or key
    except NotFound:
        return key
