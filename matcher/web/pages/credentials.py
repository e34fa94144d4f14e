"""Adding credentials to a candidate: files in whatever format, and what was read of them."""

from __future__ import annotations

from flask import Response, render_template, request

from matcher.errors import NotFound
from matcher.store.candidates import load_candidate
from matcher.store.organisations import organisation
from matcher.web.api.credentials import refuses_all
from matcher.web.services import Json, Upload, services


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
    dates = request.form.get("dates", "")
    shown = render_template(
        "credentials.html", key=key, name=_name(key), found=found, none_chosen=none_chosen, dates=dates
    )
    return Response(shown, status)


def _name(key: str) -> str:
    """The person's name; the key of one that nothing is known of yet."""
    parts = services()
    with parts.database.read() as connection:
        home = organisation(connection, parts.organisation)
        try:
            return load_candidate(connection, home.id, key).name or key
        except NotFound:
            return key
