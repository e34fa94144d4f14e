"""The proof behind one person's score for one position: every requirement, every factor."""

from __future__ import annotations

from flask import render_template

from matcher.store.candidates import evidence, load_candidate
from matcher.store.organisations import organisation
from matcher.store.positions import load_position
from matcher.web.choices import chosen_day, chosen_view
from matcher.web.language import language
from matcher.web.pages.endorsed import endorsed
from matcher.web.services import services


def proof(key: str, candidate: str) -> str:
    """`/positions/<key>/candidates/<candidate>`: a section a requirement, `#proof-1` and so on."""
    parts = services()
    day = chosen_day()
    with parts.database.read() as connection:
        home = organisation(connection, parts.organisation)
        position = load_position(connection, home.id, key)
        found = load_candidate(connection, home.id, candidate)
        given = evidence(connection, [award.id for award in found.profile.awards])
        favour = endorsed(connection, home, found.profile.awards)
    answer = parts.matcher.match_candidate(
        parts.organisation, position, candidate, day=day, language=language()
    )
    return render_template(
        "proof.html",
        position=position,
        answer=answer,
        result=answer["result"],
        candidate=candidate,
        name=found.name or candidate,
        evidence={award.key: given[award.id] for award in found.profile.awards if award.id in given},
        endorsements={award.key: favour[award.id] for award in found.profile.awards if award.id in favour},
        day=day,
        view=chosen_view(),
    )
