"""A candidate's page: every credential, its state now, and what it stands for."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask import render_template

from matcher.evidence import Lapse, lapse
from matcher.moments import day_of, first_day
from matcher.ranking.explain import State
from matcher.records import UNITS, Award, Claim, Proof, Status
from matcher.store.candidates import evidence, load_candidate
from matcher.store.organisations import Organisation, organisation
from matcher.store.positions import find_position
from matcher.web.language import language
from matcher.web.pages.endorsed import Endorsement, endorsed
from matcher.web.services import services


@dataclass(frozen=True, slots=True)
class Stands:
    """A competency that a credential stands for."""

    label: str
    inferred: bool
    part: str


@dataclass(frozen=True, slots=True)
class Credential:
    """An award as the page shows it; days in ISO form, `level` a share of 1."""

    name: str
    issuer: str
    issuer_known: bool
    own_word: bool
    state: State
    lapse: Lapse | None
    unchecked: bool
    issued: str | None
    valid_from: str | None
    expires: str | None
    level: float | None
    level_label: str
    stands_for: tuple[Stands, ...]
    evidence: tuple[str, ...]
    endorsements: tuple[Endorsement, ...]


def candidate(key: str) -> str:
    """`/candidates/<key>`: what counts now first, then what does not."""
    parts = services()
    with parts.database.read() as connection:
        home = organisation(connection, parts.organisation)
        found = load_candidate(connection, home.id, key)
        applied = [(wanted, find_position(connection, home.id, wanted)) for wanted in found.applied_to]
        given = evidence(connection, [award.id for award in found.profile.awards])
        favour = endorsed(connection, home, found.profile.awards)
    now = int(time.time())
    awards = sorted(found.profile.awards, key=_start, reverse=True)
    credentials = [
        _credential(award, given.get(award.id, ()), favour.get(award.id, ()), home, now) for award in awards
    ]
    return render_template(
        "candidate.html",
        key=key,
        name=found.name or key,
        applied=applied,
        current=[one for one in credentials if one.lapse is None],
        lapsed=[one for one in credentials if one.lapse is not None],
    )


def _start(award: Award) -> int:
    return award.issued or award.valid_from or 0


def _credential(
    award: Award, given: tuple[str, ...], favour: tuple[Endorsement, ...], home: Organisation, now: int
) -> Credential:
    def start(moment: int | None) -> str | None:
        return None if moment is None else first_day(moment, home.zone).isoformat()

    reason = lapse(award, now)
    return Credential(
        name=award.achievement.name,
        issuer=award.achievement.issuer_name,
        issuer_known=award.achievement.issuer_known,
        own_word=award.proof is Proof.CLAIMED,
        state=_state(award, reason),
        lapse=reason,
        unchecked=award.status is Status.UNKNOWN,
        issued=start(award.issued),
        valid_from=start(award.valid_from),
        expires=None if award.expires is None else day_of(award.expires, home.zone).isoformat(),
        level=None if award.level is None else award.level / UNITS,
        level_label=award.level_label,
        stands_for=_stands_for(award),
        evidence=given,
        endorsements=favour,
    )


def _state(award: Award, reason: Lapse | None) -> State:
    if reason is not None:
        return State.LAPSED
    if award.proof is Proof.CLAIMED:
        return State.CLAIMED
    return State.CHECKED if award.proof is Proof.CHECKED else State.CURRENT


def _stands_for(award: Award) -> tuple[Stands, ...]:
    """Its competencies, each once: said by its issuer before inferred, its own before a part's."""
    vocabulary, spoken = services().vocabulary, language()
    best: dict[int, Claim] = {}
    for claim in sorted(award.achievement.claims, key=lambda claim: (claim.inferred, claim.part)):
        best.setdefault(claim.competency, claim)
    return tuple(
        Stands(vocabulary.competency(claim.competency).label(spoken), claim.inferred, claim.part)
        for claim in best.values()
    )
