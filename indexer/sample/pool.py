"""The fictional pool: people with coherent sets of credentials, one line of JSON each, for ever the same.

A person has a role, and holds mostly what people of that role hold, in their own language; some of it has
expired and was renewed or not, a little is revoked, suspended, not yet valid or of unknown status. Person
number 17 of a seed is the same in a pool of a hundred and in one of a million.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import accumulate

from indexer.sample.catalogue import Offer, offers, postings
from indexer.sample.chance import Chance
from indexer.sample.people import People

REFERENCE_DAY = date(2026, 11, 1)
"""The day that issue dates and expiries lie around unless another is given."""

ROLES = {
    "lift": 8, "warehouse": 9, "labourer": 8, "equipment": 4, "electrical": 5, "welding": 4, "hvac": 4,
    "teacher": 8, "inclusion": 5, "emergency": 4, "family": 4, "acute": 6, "community": 5, "psw": 7,
    "backend": 6, "data": 5, "cloud": 4, "cook": 5, "server": 6, "frontdesk": 4,
}  # fmt: skip
"""Role -> how many people have it, on a free scale."""

_FRENCH = 0.28
_OTHER_LANGUAGE = 0.12  # how much rarer somebody holds a credential in the other language
_COUNTS = (3, 5, 6, 8, 9, 11, 12, 11, 9, 7, 5, 4, 3, 2, 1.5, 1, 0.8, 0.6, 0.5, 0.3, 0.3)
"""How many people hold 0, 1, 2, ... different credentials, on a free scale: half of them six or fewer."""

_SECOND_ROLE = 0.15
_OLDEST = 9 * 365  # days, of a credential without a validity
_STATUSES = ((0.012, "revoked"), (0.018, "suspended"), (0.05, "unknown"), (1.0, "active"))
_RANKS = {
    "en": ("Beginner", "Intermediate", "Advanced", "Expert"),
    "fr": ("Débutant", "Intermédiaire", "Avancé", "Expert"),
}
_APPLY = (0.35, 0.12, 0.006)  # of people of a position's first role, of another of its roles, of anybody else
_EAGER = 2_000  # the first so many apply as often as that, later ones more and more rarely


def generate(candidates: int, seed: int, *, today: date = REFERENCE_DAY) -> Iterator[str]:
    """`candidates` fictional people, each a line of JSON Lines (without its end) as imports read them.

    The same for the same seed and day; memory does not grow with their number.
    """
    pool = _Pool(seed, today)
    for number in range(1, candidates + 1):
        yield pool.candidate(number)


class _Pool:
    """What the lines of one pool share."""

    def __init__(self, seed: int, today: date) -> None:
        self._chance = Chance(seed)
        self._people = People()
        self._roles = [role for role, share in ROLES.items() for _ in range(share)]
        self._counts = [share / sum(_COUNTS) for share in accumulate(_COUNTS)]
        self._held = {(role, language): _held(role, language) for role in ROLES for language in ("en", "fr")}
        self._past = [(today - timedelta(days)).isoformat() for days in range(10 * 366)]
        self._coming = [(today + timedelta(days)).isoformat() for days in range(120)]

    def candidate(self, number: int) -> str:
        chance = self._chance
        chance.begin(number)
        language = "fr" if chance.happens(_FRENCH) else "en"
        role = chance.pick(self._roles)
        who = self._people.person(number, language, chance)
        awards = ",".join(self._awards(number, role, language))
        applied = ",".join(self._applications(number, role))
        return f'{{"candidate":{who},"awards":[{awards}],"applied_to":[{applied}]}}'

    def _awards(self, number: int, role: str, language: str) -> Iterator[str]:
        chance = self._chance
        count = chance.share()
        wanted = bisect(self._counts, count)
        chosen = self._choose(self._held[role, language], wanted)
        if wanted > 2 and chance.happens(_SECOND_ROLE):
            second = self._choose(self._held[chance.pick(self._roles), language], 3)
            chosen[-len(second) :] = [offer for offer in second if offer not in chosen]
        talent = chance.share()
        for place, offer in enumerate(chosen, start=1):
            yield from self._award(offer, f"{number:07d}-{place}", talent)

    def _choose(self, held: list[tuple[Offer, float]], wanted: int) -> list[Offer]:
        """`wanted` of the offers, each as likely as its share: those whose chance comes round first."""
        share = self._chance.share
        ranked = sorted((-math.log(1 - share()) * rarity, place) for place, (_, rarity) in enumerate(held))
        return [held[place][0] for _, place in ranked[:wanted]]

    def _award(self, offer: Offer, suffix: str, talent: float) -> Iterator[str]:
        """The award of `offer`, and its renewal where it has expired and was renewed."""
        chance = self._chance
        if not offer.years:
            age = 1 + int(chance.share() ** 1.5 * _OLDEST)
            yield self._written(offer, suffix, self._past[age], talent)
            return
        if chance.happens(0.015):
            yield self._written(
                offer, suffix, self._past[7], talent, valid_from=chance.pick(self._coming[1:])
            )
            return
        valid = offer.years * 365
        age = min(1 + int(chance.share() ** 1.1 * valid * 1.5), len(self._past) - 1)
        yield self._written(offer, suffix, self._past[age], talent)
        if age > valid and chance.happens(0.45):
            yield self._written(offer, suffix + "r", self._past[1 + chance.below(valid * 0.8)], talent)

    def _written(self, offer: Offer, suffix: str, issued: str, talent: float, valid_from: str = "") -> str:
        """An award as JSON."""
        chance = self._chance
        fields = [f'"achievement":{offer.json},"issued":"{issued}"']
        if not chance.happens(0.1):
            fields.append(f'"key":"{offer.key}-{suffix}"')
        if valid_from:
            fields.append(f'"valid_from":"{valid_from}"')
        if offer.years:
            fields.append(f'"expires":"{_later(valid_from or issued, offer.years)}"')
        status = chance.share()
        fields.append(f'"status":"{next(name for limit, name in _STATUSES if status < limit)}"')
        if offer.level and not chance.happens(0.12):
            fields.append(f'"level":{self._level(offer, talent)}')
        if chance.happens(0.04):
            fields.append(f'"evidence":["https://portfolio.example.org/{offer.key}/{suffix}"]')
        return f"{{{','.join(fields)}}}"

    def _level(self, offer: Offer, talent: float) -> str:
        """A level around `talent`: a rank of four, or a mark from 60 to 100 per cent."""
        height = (talent + self._chance.share()) / 2
        if offer.level == "rubric":
            rank = 1 + int(height * 4)
            return f'{{"value":{rank / 4},"label":"{_RANKS[offer.language][rank - 1]}"}}'
        mark = 60 + int(height * 41)
        return f'{{"value":{mark / 100},"label":"{mark} %"}}'

    def _applications(self, number: int, role: str) -> Iterator[str]:
        fading = min(1.0, _EAGER / number)
        for posting in postings():
            likely = _APPLY[min(posting.roles.index(role), 1)] if role in posting.roles else _APPLY[2]
            if self._chance.happens(likely * fading):
                yield f'"{posting.position["key"]}"'


def _held(role: str, language: str) -> list[tuple[Offer, float]]:
    """What people of a role and language may hold, each with how rare it is among them."""
    return [
        (offer, 1 / (offer.roles[role] * (1 if offer.language == language else _OTHER_LANGUAGE)))
        for offer in offers()
        if role in offer.roles
    ]


def _later(day: str, years: int) -> str:
    """The same day `years` later; the 28th for a 29th of February."""
    later = f"{int(day[:4]) + years}{day[4:]}"
    return f"{later[:-2]}28" if later.endswith("-02-29") else later
