"""The recruiters' pages, rendered on the server. All their addresses are in the table below."""

from __future__ import annotations

from flask import Blueprint

from matcher.web.pages import achievements, candidate, credentials, editor, entry, overview, proof, ranking

blueprint = Blueprint("pages", __name__)

_GET = ("GET",)
_FORM = ("GET", "POST")

for _rule, _view, _methods in (
    ("/", overview.positions, _GET),
    ("/how", overview.how, _GET),
    ("/positions/new", editor.new_position, _FORM),
    ("/positions/<key:key>", ranking.ranking, _GET),
    ("/positions/<key:key>/edit", editor.edit_position, _FORM),
    ("/positions/<key:key>/candidates/<key:candidate>", proof.proof, _GET),
    ("/suggest", editor.suggest, _GET),
    ("/warm-up", editor.warm_up, _GET),
    ("/candidates/<key:key>", candidate.candidate, _GET),
    ("/candidates/<key:key>/credentials", credentials.credentials, _FORM),
    ("/achievements", achievements.achievements, _FORM),
    ("/sign-in", entry.sign_in, _FORM),
    ("/sign-out", entry.sign_out, ("POST",)),
):
    blueprint.add_url_rule(_rule, view_func=_view, methods=_methods)
