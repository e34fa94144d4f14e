"""From a candidate's profile to what a search engine holds of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from matcher.evidence import bound
from matcher.records import Award, Claim, Profile, SearchDocument
from matcher.regions import areas

IN_POOL = "in:pool"
"""The keyword that every candidate's document carries."""


def search_document(profile: Profile, floor: int, *, applied_to: Iterable[str]) -> SearchDocument:
    """The search document of a candidate.

    Per competency the largest bound over all awards and claims (see `evidence.bound`): `now` for moments from
    `floor` on, `ever` for all; those that are 0 are left out. Keywords: the region with the larger
    ones that it lies in, the languages, the
    positions applied to (keys), the issuers (ids) of awards that can count at some moment, and `IN_POOL`, so
    that somebody who holds nothing is counted and not taken for a tombstone.
    """
    now: dict[int, int] = {}
    ever: dict[int, int] = {}
    keywords = {IN_POOL, *_filters(profile), *(f"applied:{key}" for key in applied_to)}
    for award in profile.awards:
        bounds = _bounds(award, floor)
        if any(at_any_time for _, at_any_time in bounds.values()):
            keywords.add(f"issuer:{award.achievement.issuer}")
        for claim in award.achievement.claims:
            from_floor, at_any_time = bounds[_kind(claim)]
            if from_floor > now.get(claim.competency, 0):
                now[claim.competency] = from_floor
            if at_any_time > ever.get(claim.competency, 0):
                ever[claim.competency] = at_any_time
    return SearchDocument(profile.id, profile.draw, now, ever, frozenset(keywords))


def _filters(profile: Profile) -> Iterator[str]:
    for area in areas(profile.region):
        yield f"region:{area}"
    for language in profile.languages:
        yield f"language:{language}"


def _bounds(award: Award, floor: int) -> dict[tuple[bool, bool], tuple[int, int]]:
    """The bounds of an award, from the floor on and at any time, by the kinds of its claims."""
    claims = award.achievement.claims or (_NO_CLAIM,)
    kinds = {_kind(claim): claim for claim in claims}
    return {kind: (bound(award, claim, floor), bound(award, claim, None)) for kind, claim in kinds.items()}


def _kind(claim: Claim) -> tuple[bool, bool]:
    """All of a claim that its bounds depend on."""
    return claim.inferred, bool(claim.part)


_NO_CLAIM = Claim(competency=0)
"""Stands in for what an award may prove: one that proves nothing still comes from its issuer."""
