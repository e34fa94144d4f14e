"""Credentials of one candidate, as files in whatever format an issuer or a wallet gives them."""

from __future__ import annotations

import io

from flask import Response, request

from matcher.errors import InvalidInput
from matcher.messages import said
from matcher.web.api.bodies import answer
from matcher.web.services import Json, Upload, services

_FORM = "multipart/form-data"


def post_credentials(key: str) -> Response:
    """Take in the files of a form (multipart), or the body as one file, for the candidate with this key.

    `?dates=day-first` or `month-first` says how dates like 03/04/2026 in tables are meant. Answers what was
    read of the files: formats, awards, notes, and what was refused and why. Raises InvalidInput, with all of
    this in its report, where nothing could be read.
    """
    found = services().take_credentials(key, _uploads(), request.args.get("dates", ""))
    if refuses_all(found):
        first = found["rejected"][0]
        raise InvalidInput(first["reason"], where=first["where"] or first["file"], report=found)
    return answer(found)


def refuses_all(found: Json) -> bool:
    """Whether there is something wrong and nothing was taken in."""
    return bool(found["rejected"]) and not (found["awards"] or found["achievements"] or found["endorsements"])


def _uploads() -> list[Upload]:
    if request.mimetype == _FORM:
        uploads = [(file.filename or name, file.stream) for name, file in request.files.items(multi=True)]
        if not uploads:
            raise InvalidInput(said("the form has no file"), where="(body)")
        return uploads
    data = request.get_data(cache=False)
    request.stream.read()  # of a body without a stated length only as much as is taken was read: refuses more
    return [("(body)", io.BytesIO(data))]
