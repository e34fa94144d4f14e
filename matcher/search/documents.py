"""From a candidate's profile to what a search engine holds of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from matcher.evidence import bound
from matcher.records import Award, Claim, Profile, SearchDocument

IN_POOL = "in:pool"
"""The keyword that every candidate's document carries."""


def search_document(profile: Profile, floor: int, *, applied_to: Iterable[str]) -> SearchDocument:
    """The search document of a candidate.

    Per competency the largest bound over all awards and claims (see `evidence.bound`): `now` for moments from
    `floor` on, `ever` for all; those that are 0 are left out. Keywords: the region, the languages, the
    positions applied to (keys), the issuers (ids) of awards that can count at some moment, and `IN_POOL`, so
    that somebody who holds nothing is counted and not taken for a tombstone.
    """
    now: dict[int, int] = {}
    ever: dict[int, int] = {}
    for award in profile.awards:
        for claim, from_floor, at_any_time in _bounds(award, floor):
            if from_floor > now.get(claim.competency, 0):
                now[claim.competency] = from_floor
            if at_any_time > ever.get(claim.competency, 0):
                ever[claim.competency] = at_any_time
    return SearchDocument(
        candidate=profile.id,
        draw=profile.draw,
        now=now,
        ever=ever,
        keywords=frozenset(_keywords(profile, applied_to)),
    )


def _bounds(award: Award, floor: int) -> Iterator[tuple[Claim, int, int]]:
    """Each claim with its two bounds, which are reckoned once for all claims that are alike."""
    known: dict[tuple[bool, bool], tuple[int, int]] = {}
    for claim in award.achievement.claims:
        alike = claim.inferred, bool(claim.part)
        if alike not in known:
            known[alike] = bound(award, claim, floor), bound(award, claim, None)
        yield claim, *known[alike]


def _keywords(profile: Profile, applied_to: Iterable[str]) -> Iterator[str]:
    yield IN_POOL
    if profile.region:
        yield f"region:{profile.region}"
    for language in profile.languages:
        yield f"language:{language}"
    for key in applied_to:
        yield f"applied:{key}"
    for award in profile.awards:
        if bound(award, _ANY, None):
            yield f"issuer:{award.achievement.issuer}"


_ANY = Claim(competency=0)
"""Stands for whatever an award may prove: one that proves nothing still comes from its issuer."""
