"""The server watched from outside: each request gets an id, is timed and counted; health and metrics.

`/healthz` says that this process answers, `/readyz` that it can serve. Both are open to everybody and tell
nothing but that, whatever host name they are asked by: what probes them seldom knows a server's name.
"""

from __future__ import annotations

import logging
import re
import secrets
import time

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST

from matcher.health import Health
from matcher.logs import fields, request_id
from matcher.settings import Settings
from matcher.web.metrics import Metrics
from matcher.web.problems import not_ready

HEALTH = frozenset({"watching.healthz", "watching.readyz"})
"""Endpoints that anybody may ask, by any name."""

METRICS = "watching.metrics"
"""The endpoint that a scraper may ask with a token of its own."""

_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_NAME = "X-Request-ID"
_EXTENSION = "credmatch-watching"
_NO_RULE = "none"

_log = logging.getLogger(__name__)

blueprint = Blueprint("watching", __name__)


class Watching:
    """Times, counts and logs what an application answers."""

    def __init__(self, settings: Settings, health: Health, metrics: Metrics) -> None:
        self.health = health
        self.metrics = metrics
        self.ready_lag = settings.ready_lag

    def watch(self, app: Flask) -> None:
        """Watch all requests to `app`; to be called before anything else looks at them."""
        app.extensions[_EXTENSION] = self
        app.before_request(_begin)
        app.after_request(self._answered)
        app.teardown_request(_end)
        app.register_blueprint(blueprint)

    def _answered(self, response: Response) -> Response:
        response.headers[_NAME] = request_id.get()
        rule, seconds = request.url_rule, time.perf_counter() - g.begun
        # Without a rule anything may be a method, and each would be a series of its own.
        method, route = (request.method, rule.rule) if rule is not None else (_NO_RULE, _NO_RULE)
        try:
            self.metrics.answered(method, route, response.status_code, seconds)
        except OSError as error:  # the folder in which is counted is gone: no reason to answer nothing
            _log.warning("an answer could not be counted", exc_info=error)
        level = logging.DEBUG if request.blueprint == blueprint.name else logging.INFO
        told = fields(method=method, route=route, status=response.status_code, seconds=round(seconds, 4))
        _log.log(level, "answered", extra=told)
        return response


def _begin() -> None:
    g.begun = time.perf_counter()
    sent = request.headers.get(_NAME, "")
    request_id.set(sent if _ID.fullmatch(sent) else secrets.token_hex(8))


def _end(_: BaseException | None) -> None:
    request_id.set("")


def _watching() -> Watching:
    found: Watching = current_app.extensions[_EXTENSION]
    return found


@blueprint.get("/healthz")
def healthz() -> dict[str, str]:
    """`/healthz`: that this process answers."""
    return {"status": "ok"}


@blueprint.get("/readyz")
def readyz() -> dict[str, str] | Response:
    """`/readyz`: that a search would be answered; else what is wrong, in a problem document with 503."""
    wrong = _wrong(_watching())
    return {"status": "ready"} if wrong is None else not_ready(wrong)


@blueprint.get("/metrics")
def metrics() -> Response:
    """`/metrics`: for Prometheus."""
    watching = _watching()
    return Response(watching.metrics.page(watching.health), content_type=CONTENT_TYPE_LATEST)


def _wrong(watching: Watching) -> str | None:
    """What keeps this server from answering, in words that tell nothing of the inside; the log says more."""
    part = "The database does not answer."
    try:
        if not watching.health.stored.ask().schema.current:
            return "The database is not migrated to this version."
        part = "The search index does not answer."
        copy = watching.health.copy.ask()
    except Exception as error:  # noqa: BLE001 - whatever a part does, the answer is that it is not ready
        _log.warning("not ready: %s", part, exc_info=error)
        return part
    if copy.state is None:
        return "The search index is not built yet."
    if copy.foreign:
        return "The search index is not of this database."
    if copy.behind.late(watching.ready_lag):
        return "The search index is too far behind."
    return None
