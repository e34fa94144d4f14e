"""The list of positions, and how ranking works."""

from __future__ import annotations

from flask import render_template

from matcher.evidence import DECLARED, DECLARED_VERSION
from matcher.store.candidates import count_candidates
from matcher.store.organisations import organisation
from matcher.store.positions import list_positions
from matcher.web.services import services
from matcher.web.weights import WEIGHTS


def positions() -> str:
    """`/`: all positions, the newest first."""
    parts = services()
    with parts.database.read() as connection:
        owner = organisation(connection, parts.organisation).id
        found = list_positions(connection, owner)
        pool = count_candidates(connection, owner)
    return render_template("positions.html", positions=found, pool=pool)


def how() -> str:
    """`/how`: the declared table, the states and the formula."""
    return render_template("how.html", declared=DECLARED, version=DECLARED_VERSION, weights=WEIGHTS)
