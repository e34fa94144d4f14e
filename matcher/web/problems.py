"""Errors as answers: RFC 9457 problem documents for programs, a page for people."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, render_template, request
from flask_wtf.csrf import CSRFError
from pydantic_core import to_json
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from matcher.errors import ConfigurationError, CredmatchError, InvalidInput, Unavailable
from matcher.logs import fields, request_id
from matcher.messages import Said, said
from matcher.settings import variable
from matcher.validation import shown

_RETRY_SECONDS = "5"
_PIECE, _LONGEST_HEADER = 65_536, 1_000  # bytes
_FILE = re.compile(rb'\r\nContent-Disposition:[^\r\n]*;\s*filename="([^"\r\n]*)"', re.IGNORECASE)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong. `where`: the JSON path or field of what was sent, empty where it is no one place.

    `request`: the id under which the log has it. `report`: further members for programs.
    """

    status: int
    title: str
    detail: str
    type: str = "about:blank"
    where: str = ""
    request: str = field(default_factory=request_id.get)
    report: Mapping[str, object] = field(default_factory=dict)


def answer_errors(app: Flask) -> None:
    """Have every error answered. The one table of exceptions and handlers; the nearest class applies."""
    handlers: dict[type[Exception], Callable[[Any], Response]] = {
        CredmatchError: _ours,
        CSRFError: _expired,
        RequestEntityTooLarge: _too_large,
        HTTPException: _http,
        Exception: _unexpected,
    }
    for kind, handler in handlers.items():
        app.register_error_handler(kind, handler)


def for_program() -> bool:
    """Whether the request is a program's, which is answered in JSON."""
    return request.path.startswith("/api/") or request.path in _PROGRAMS


_PROGRAMS = frozenset({"/api", "/suggest", "/healthz", "/readyz", "/metrics"})


def not_ready(wrong: str) -> Response:
    """The answer of a server that cannot serve just now."""
    status = HTTPStatus.SERVICE_UNAVAILABLE
    response = _answer(Problem(status, "Not ready", wrong, "urn:credmatch:problem:not-ready"))
    response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def reason(error: CredmatchError) -> str:
    """What an error may tell whoever caused it, without the place and the inner addresses."""
    if isinstance(error, ConfigurationError):
        return said("Only the operator can mend it; the server's log says what is wrong.")
    text: str = error.reason if isinstance(error, InvalidInput | Unavailable) else error.args[0]
    return text


def for_people(detail: str, status: int) -> str:
    """`detail` where it can be said in every language, else what can be said of its status."""
    return detail if isinstance(detail, Said) else _DETAILS.get(status, detail)


_DETAILS = {
    400: said("The server does not understand what was sent."),
    404: said("No page has this address."),
    405: said("This address takes no such request."),
    415: said("Send what the form sends."),
    503: said("Nothing is lost. Try again in some seconds; if it lasts, ask whoever runs the server."),
}
"""Instead of what a library says, in English and for programmers."""


def _ours(error: CredmatchError) -> Response:
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s", error, extra=fields(method=request.method, route=_route()))
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(error).__name__).lower()
    problem = Problem(error.status, error.title, reason(error), f"urn:credmatch:problem:{name}")
    if isinstance(error, InvalidInput):
        problem = replace(problem, where=error.where, report=error.report)
    response = _answer(problem)
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def _http(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    response = _answer(Problem(status, status.phrase, error.description or status.description))
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            response.headers[name] = value
    return response


def _too_large(_: RequestEntityTooLarge) -> Response:
    """Which limit was passed, and within which file of several."""
    length, most = request.content_length, current_app.config["MAX_CONTENT_LENGTH"]
    if length is not None and length <= most:
        detail = said(
            "More files and fields are sent at once than %(setting)s allows: %(most)s.",
            most=current_app.config["MAX_FORM_PARTS"],
            setting=variable("upload_entries"),
        )
    else:
        detail = said(
            "More bytes are sent at once than %(setting)s allows: %(most)s.",
            most=most,
            setting=variable("upload_body"),
        )
    name = _last_file(most) if request.mimetype == "multipart/form-data" else ""
    if name and length is not None and length > most:
        detail = said("%(detail)s It is passed within the file %(file)s.", detail=detail, file=shown(name))
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return _answer(Problem(status, said("This is too large"), detail, where=name))


def _last_file(most: int) -> str:
    """The name of the last file that begins within the first `most` bytes of a form; "" where none does."""
    stream, name, start, left = request.environ["wsgi.input"], b"", b"", most
    while left > 0 and (piece := stream.read(min(left, _PIECE))):
        left -= len(piece)
        found = _FILE.findall(start + piece)
        name, start = found[-1] if found else name, (start + piece)[-_LONGEST_HEADER:]
    return str(name.decode("utf-8", "replace"))


def _expired(error: CSRFError) -> Response:
    title = said("The form has expired")
    if not for_program():
        error.description = said("Go back, load the page anew, and send the form again.")
    return _answer(Problem(HTTPStatus.BAD_REQUEST, title, error.description or ""))


def _unexpected(error: Exception) -> Response:
    _log.error("a request failed", extra=fields(method=request.method, route=_route()), exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _answer(Problem(status, status.phrase, said("It was logged. Nothing more can be said here.")))


def _route() -> str:
    return "none" if request.url_rule is None else request.url_rule.rule


def _answer(problem: Problem) -> Response:
    if not for_program():
        shown = replace(problem, detail=for_people(problem.detail, problem.status))
        return Response(render_template("problem.html", problem=shown), problem.status)
    body = {name: value for name, value in asdict(problem).items() if value or name != "where"}
    body |= body.pop("report")
    return Response(to_json(body), problem.status, content_type="application/problem+json")
