"""The top of a ranking, exactly, by scoring as few candidates as an upper bound allows.

An engine hands out candidates with bounds falling and, among equal bounds, draws rising. Nobody scores above
the bound, so as soon as the next one could not precede the last one kept, nobody behind can either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from matcher.ranking.score import Lack, Scored, Scorer
from matcher.records import Profile
from matcher.search.engine import Batch

MOST_SCORED = 20_000
"""Beyond so many candidates a ranking stops and says that it is not exact."""

_CHUNK = 64
"""Candidates read and scored together first: twice as many as are asked for, which mostly are enough, but no
fewer than this; then twice as many each time."""


Order = tuple[int, int, int]
"""Where somebody stands (see `Scored.order`)."""


@dataclass(slots=True)
class Ranking:
    """Who ranks, best first (`listed`), and who misses a must-have.

    `others` holds the latter where everybody is listed, `lacking` where they would stand and what they lack.
    `top`: how many are listed at most, None where everybody is. `exact`: whether everybody who could be among
    the first was scored.
    """

    top: int | None = None
    listed: list[Scored] = field(default_factory=list)
    others: list[Scored] = field(default_factory=list)
    lacking: list[tuple[Order, tuple[tuple[int, Lack], ...]]] = field(default_factory=list)
    scored: int = 0
    exact: bool = True

    @property
    def missed(self) -> Counter[tuple[int, Lack]]:
        """How many miss a must-have, by its number and what is lacking; of a pool those who would be listed
        but for it: of others, an engine decides how many are scored."""
        end = self.listed[-1].order if len(self.listed) == self.top else None
        return Counter(lack for order, lacks in self.lacking if end is None or order < end for lack in lacks)


Load = Callable[[Sequence[int]], Mapping[int, Profile]]
Admits = Callable[[Profile], bool]


def first_of(batches: Iterable[Batch], scorer: Scorer, load: Load, admits: Admits, top: int) -> Ranking:
    """The first `top` candidates of a pool, from an engine's batches.

    `load` reads profiles from the truth, `admits` says whether the filters choose a candidate. A candidate
    whom the truth no longer knows, or who scores 0, is left out.
    """
    ranking = Ranking(top)
    size = max(2 * top, _CHUNK)
    for batch in batches:
        start = 0
        while start < len(batch.candidates):
            end = min(start + size, _possible(batch, ranking.listed, top))
            if end <= start:
                return ranking
            if ranking.scored >= MOST_SCORED:
                ranking.exact = False
                return ranking
            profiles = load(batch.candidates[start:end].tolist()).values()
            met, _ = _score(ranking, filter(admits, profiles), scorer)
            better = [scored for scored in met if scored.points > 0]
            ranking.listed = sorted(ranking.listed + better, key=_order)[:top]
            start, size = end, 2 * size
    return ranking


def all_of(profiles: Iterable[Profile], scorer: Scorer) -> Ranking:
    """Everybody, zeros and missed must-haves included: for the applicants of a position."""
    ranking = Ranking()
    met, missed = _score(ranking, profiles, scorer)
    ranking.listed = sorted(met, key=_order)
    ranking.others = sorted(missed, key=_order)
    return ranking


def _order(scored: Scored) -> Order:
    return scored.order


def _score(
    ranking: Ranking, profiles: Iterable[Profile], scorer: Scorer
) -> tuple[list[Scored], list[Scored]]:
    """Score profiles and count them in `ranking`; those who meet every must-have, and those who do not."""
    met: list[Scored] = []
    missed: list[Scored] = []
    for profile in profiles:
        scored = scorer.score(profile)
        ranking.scored += 1
        if scored.missed:
            ranking.lacking.append((scored.order, scored.lacks))
        (missed if scored.missed else met).append(scored)
    return met, missed


def _possible(batch: Batch, kept: list[Scored], top: int) -> int:
    """How many of a batch, from its start, could still precede the last one kept."""
    if len(kept) < top:
        return len(batch.candidates)
    last = kept[-1]
    above = int(np.searchsorted(-batch.bounds, -last.points, side="left"))
    equal_end = int(np.searchsorted(-batch.bounds, -last.points, side="right"))
    equals = batch.draws[above:equal_end]
    return above + int(np.searchsorted(equals, last.profile.draw, side="right"))
