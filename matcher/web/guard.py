"""Who may ask, from where, and what a browser may do with the answer."""

from __future__ import annotations

import hashlib
import hmac
import logging
from http import HTTPStatus
from urllib.parse import SplitResult, urlencode, urlsplit

from flask import Flask, Response, current_app, redirect, request, session, url_for
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import BadRequest, Forbidden, Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from matcher.messages import said
from matcher.settings import Settings
from matcher.web.language import spoken
from matcher.web.problems import for_program
from matcher.web.watching import HEALTH, METRICS

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN_TO_ALL = frozenset({"static", "pages.sign_in"}) | HEALTH
_SESSION = "access"
_EXTENSION = "credmatch-guard"
_LONGEST_LOGGED = 200

_log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Sent with every answer: nothing from other places, nothing inline, in nobody's frame."""


class Guard:
    """Checks every request before it reaches a page or the API, and marks every answer."""

    def __init__(self, settings: Settings) -> None:
        further = {name.strip().lower() for name in settings.allowed_hosts.split(",")}
        self._hosts = (LOOPBACK | {settings.host.lower()} | further) - {""}
        self._token = settings.access_token
        self._metrics_token = settings.metrics_token

    def watch(self, app: Flask) -> None:
        """Have all requests to `app` checked."""
        app.extensions[_EXTENSION] = self
        app.before_request(self._check)
        app.after_request(_mark)

    @property
    def asks(self) -> bool:
        """Whether a token is asked for at all."""
        return bool(self._token)

    def sign_in(self, token: str) -> bool:
        """Remember the browser that sent the right token; whether it was right."""
        if not _same(token, self._token):
            return False
        session[_SESSION] = self._proof()
        return True

    def _check(self) -> AnyResponse | None:
        if request.endpoint not in HEALTH and self._called_wrongly():
            return _unknown_host()
        if request.method not in _SAFE_METHODS and not _from_here():
            raise Forbidden(said("The request comes from a page of another site."))
        if request.endpoint in _OPEN_TO_ALL or self._may():
            return None
        if request.method == "GET" and not for_program():
            return redirect(f"{url_for('pages.sign_in')}?{urlencode({'next': _target()})}")
        raise Unauthorized(
            said("An access token is needed."),
            www_authenticate=WWWAuthenticate("bearer", {"realm": "credmatch"}),
        )

    def _called_wrongly(self) -> bool:
        return (_split(f"//{request.host}").hostname or "") not in self._hosts

    def _may(self) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        sent = token.strip() if scheme.lower() == "bearer" else ""
        if request.endpoint == METRICS and self._metrics_token:
            return _same(sent, self._metrics_token) or (bool(self._token) and _same(sent, self._token))
        if not self._token:
            return True
        if sent:
            return _same(sent, self._token)
        return _same(str(session.get(_SESSION, "")), self._proof())

    def _proof(self) -> str:
        """What a signed-in browser's cookie holds: another token or secret key signs everybody out."""
        key: bytes = current_app.config["SECRET_KEY"]
        return hmac.new(key, self._token.encode(), hashlib.sha256).hexdigest()


def guard() -> Guard:
    """The guard of the app that answers the current request."""
    found: Guard = current_app.extensions[_EXTENSION]
    return found


def is_local(target: str) -> bool:
    """Whether `target` is a path of this server, to which a redirection may lead."""
    return target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()


def _target() -> str:
    return str(request.environ.get("RAW_URI") or request.full_path.rstrip("?"))


def _unknown_host() -> AnyResponse:
    """Refuse a host name, briefly: who asks by it need not know how the server is set up; its log says it."""
    _log.warning(
        "refused: the server is called %r; CREDMATCH_ALLOWED_HOSTS adds names", request.host[:_LONGEST_LOGGED]
    )
    refusal = said("The server is not known by this host name.")
    if for_program():
        raise BadRequest(refusal)
    return Response(f"{spoken(refusal)}\n", HTTPStatus.BAD_REQUEST, content_type="text/plain; charset=utf-8")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())


def _from_here() -> bool:
    """Whether the request was made by a page of this server, or by no page at all (a program, a person)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or _split(origin).netloc.lower() == request.host.lower()


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        return SplitResult("", "", "", "", "")


def _mark(response: Response) -> Response:
    response.headers.update(HEADERS)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
