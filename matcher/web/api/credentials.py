"""Credentials of one candidate, as files in whatever format an issuer or a wallet gives them."""

from __future__ import annotations

import io

from flask import Response, request

from matcher.errors import InvalidInput
from matcher.messages import said
from matcher.validation import shown
from matcher.web.api.bodies import answer
from matcher.web.choices import only
from matcher.web.services import Json, Upload, services

_FORM = "multipart/form-data"


def post_credentials(key: str) -> Response:
    """Take in the files of a form (multipart), or the body as one file, for the candidate with this key.

    `?dates=day-first` or `month-first`, or a field of the form with this name, says how dates like 03/04/2026
    in tables are meant. Answers what was read of the files: formats, awards, notes, and what was refused and
    why. Raises InvalidInput for any other parameter or field, and, with all of this in its report, where
    nothing could be read.
    """
    found = services().take_credentials(key, _uploads(), _dates())
    if refuses_all(found):
        first = found["rejected"][0]
        raise InvalidInput(first["reason"], where=first["where"] or first["file"], report=found)
    return answer(found)


def refuses_all(found: Json) -> bool:
    """Whether there is something wrong and nothing was taken in."""
    return bool(found["rejected"]) and not (found["awards"] or found["achievements"] or found["endorsements"])


def _dates() -> str:
    """The order of day and month that is stated, "" for none. Raises InvalidInput where two are."""
    # Only of a multipart form: curl says that any file it sends as the body is a form of the other kind.
    stated = request.values if request.mimetype == _FORM else request.args
    only("dates", stated=stated)
    orders = sorted(set(stated.getlist("dates")) - {""})
    if len(orders) > 1:
        wrong = said("is stated as %(one)s and as %(other)s", one=shown(orders[0]), other=shown(orders[1]))
        raise InvalidInput(wrong, where="dates")
    return orders[0] if orders else ""


def _uploads() -> list[Upload]:
    if request.mimetype == _FORM:
        uploads = [(file.filename or name, file.stream) for name, file in request.files.items(multi=True)]
        if not uploads:
            raise InvalidInput(said("the form has no file"), where="(body)")
        return uploads
    data = request.get_data(cache=False)
    request.stream.read()  # of a body without a stated length only as much as is taken was read: refuses more
    return [("(body)", io.BytesIO(data))]
