"""JSON bodies in and out."""

from __future__ import annotations

from flask import Response, request
from pydantic_core import to_json
from werkzeug.exceptions import UnsupportedMediaType

from matcher.errors import InvalidInput
from matcher.messages import said
from matcher.validation import place_of_no_number, place_of_twice, shown
from matcher.web.services import services


def json_body() -> object:
    """The request's body, decoded.

    Raises UnsupportedMediaType where it is not said to be JSON, RequestEntityTooLarge where it is longer than
    the server takes, and InvalidInput where it is not strict JSON in UTF-8.
    """
    if not request.is_json:
        raise UnsupportedMediaType("The body must be JSON, sent as application/json.")
    data = request.get_data(cache=False)
    request.stream.read()  # of a body that states no length only as much as is taken was read: refuses more
    try:
        return services().decode_json(data)
    except InvalidInput as error:
        where = error.where or place_of_no_number(data) or place_of_twice(data)
        raise InvalidInput(error.reason, where=where) from error


def refuse_other_key(stated: str, key: str, where: str) -> None:
    """Raise InvalidInput where a body names another key than its address."""
    if stated != key:
        wrong = said("%(stated)s is not the key it is sent to, %(key)s", stated=shown(stated), key=shown(key))
        raise InvalidInput(wrong, where=where)


def answer(body: object, status: int = 200) -> Response:
    """`body` as JSON."""
    return Response(to_json(body), status, content_type="application/json")
