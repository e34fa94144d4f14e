"""Achievements that nobody aligned: what they were read as, to be confirmed, changed or refused."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matcher.errors import InvalidInput
from matcher.messages import said
from matcher.store.achievements import confirm, to_confirm
from matcher.store.organisations import organisation
from matcher.vocabulary.vocabulary import Vocabulary
from matcher.web.language import language
from matcher.web.pages.drafts import RECRUITER
from matcher.web.services import services

_SHOWN = 100
_LONGEST = 500
"""Characters of a name that is said back."""


def achievements() -> str | Response:
    """`/achievements`: those that most people hold first; what is sent confirms one of them."""
    parts = services()
    if request.method == "POST":
        _confirm()
        return redirect(url_for("pages.achievements"))
    with parts.database.read() as connection:
        home = organisation(connection, parts.organisation)
        waiting = to_confirm(connection, home, _SHOWN)
    return render_template(
        "achievements.html", waiting=waiting, competency=parts.vocabulary.competency, shown=_SHOWN
    )


def _confirm() -> None:
    """Store what a person said one achievement stands for; choosing nothing says that it is none of these."""
    parts = services()
    chosen = [_id_of(parts.vocabulary, uri) for uri in request.form.getlist("competency") if uri]
    with parts.database.write() as connection:
        home = organisation(connection, parts.organisation)
        confirm(connection, home, request.form.get("achievement", ""), chosen, by=RECRUITER)
    flash(_said(request.form.get("name", "")[:_LONGEST], chosen))


def _said(name: str, chosen: list[int]) -> str:
    """What was confirmed, in words."""
    if not chosen:
        return str(_("“%(name)s” is confirmed: it stands for none.", name=name))
    competency, spoken = services().vocabulary.competency, language()
    labels = ", ".join(competency(id_).label(spoken) for id_ in dict.fromkeys(chosen))
    return str(_("“%(name)s” is confirmed: it stands for %(competencies)s.", name=name, competencies=labels))


def _id_of(vocabulary: Vocabulary, uri: str) -> int:
    found = vocabulary.by_uri(uri)
    if found is None:
        wrong = said("no competency has the URI %(uri)s", uri=repr(uri[:200]))
        raise InvalidInput(wrong, where="competency")
    return found.id
