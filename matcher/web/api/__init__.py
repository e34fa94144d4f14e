"""The API for job boards and other programs, below /api/v1. All its addresses are in the table below."""

from __future__ import annotations

from flask import Blueprint

from matcher.web.api import candidates, credentials, positions

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

for _rule, _view, _method in (
    ("/positions/<key:key>", positions.put_position, "PUT"),
    ("/positions/<key:key>", positions.get_position, "GET"),
    ("/positions/<key:key>/matches", positions.get_matches, "GET"),
    ("/candidates/<key:key>", candidates.put_candidate, "PUT"),
    ("/candidates/<key:key>/credentials", credentials.post_credentials, "POST"),
):
    blueprint.add_url_rule(_rule, view_func=_view, methods=(_method,))
