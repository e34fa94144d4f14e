"""Achievements that nobody aligned: what their words were read as, to be confirmed, changed or taken back."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matcher.errors import InvalidInput
from matcher.messages import said
from matcher.store.achievements import confirm, confirmed, count_unread, to_confirm, unconfirm
from matcher.store.organisations import organisation
from matcher.store.positions import positions_asking
from matcher.validation import shown
from matcher.vocabulary.vocabulary import Vocabulary
from matcher.web.language import language
from matcher.web.pages.drafts import RECRUITER
from matcher.web.services import services

_SHOWN = 100
_LONGEST = 500
"""Characters of a name that is said back."""

_RANKINGS, _LONGEST_TITLE = 5, 80
"""How many rankings a change names, and how much of their titles: what is said back travels in a cookie."""


def achievements() -> str | Response:
    """`/achievements`: what waits, or with `?show=confirmed` what was confirmed; what most people hold first.

    What is sent confirms one of them, or takes its confirmation back.
    """
    parts = services()
    of_confirmed = request.values.get("show") == "confirmed"
    if request.method == "POST":
        _take_back() if request.form.get("action") == "unconfirm" else _confirm()
        return redirect(url_for("pages.achievements", show="confirmed" if of_confirmed else None))
    with parts.database.read() as connection:
        home = organisation(connection, parts.organisation)
        shown = (confirmed if of_confirmed else to_confirm)(connection, home, _SHOWN)
        unread = count_unread(connection, home)
    return render_template(
        "achievements.html",
        of_confirmed=of_confirmed,
        achievements=shown,
        unread=unread,
        competency=parts.vocabulary.competency,
        most=_SHOWN,
        recruiter=RECRUITER,
    )


def _confirm() -> None:
    """Store what a person said one achievement stands for; choosing nothing says that it is none of these."""
    parts = services()
    chosen = [_id_of(parts.vocabulary, uri) for uri in request.form.getlist("competency") if uri]
    with parts.database.write() as connection:
        home = organisation(connection, parts.organisation)
        confirm(connection, home, request.form.get("achievement", ""), chosen, by=RECRUITER)
    _tell(_said(_name(), chosen), chosen)


def _take_back() -> None:
    """Have an achievement read anew, as if nobody had said what it stands for."""
    parts = services()
    with parts.database.write() as connection:
        home = organisation(connection, parts.organisation)
        stood = unconfirm(connection, home, request.form.get("achievement", ""))
    _tell(
        _(
            "“%(name)s” is no longer confirmed: its words are read anew, then it waits to be confirmed.",
            name=_name(),
        ),
        stood,
    )


def _tell(text: str, competencies: Sequence[int]) -> None:
    """Say on the next page what was done, and which rankings it may have changed.

    Those of positions that ask for what counts towards one of the competencies, as near as that shows which
    positions these count towards.
    """
    parts = services()
    near = {id_ for competency in competencies for id_ in parts.vocabulary.relations(competency)}
    with parts.database.read() as connection:
        owner = organisation(connection, parts.organisation).id
        asking = positions_asking(connection, owner, near, _RANKINGS)
    rankings = [(key, (title or key)[:_LONGEST_TITLE]) for key, title in asking]
    flash({"text": text, "rankings": rankings})  # type: ignore[arg-type]  # the session keeps any JSON


def _name() -> str:
    return request.form.get("name", "")[:_LONGEST]


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
        wrong = said("no competency has the URI %(uri)s", uri=shown(uri))
        raise InvalidInput(wrong, where="competency")
    return found.id
