"""Chance that repeats: what is drawn depends on a seed and a number alone."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

_Item = TypeVar("_Item")


class Chance:
    """Draws for one thing after another, each begun with `begin`.

    Only `Random.random` is used: of all of Python's draws its sequence alone is promised never to change.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._random = Random()
        self.share = self._random.random
        """A number from 0 to below 1."""

    def begin(self, number: int) -> None:
        """Draw from now on what belongs to thing `number`, whatever was drawn before."""
        self._random.seed(f"{self._seed}/{number}")

    def happens(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self.share() < probability

    def below(self, end: float) -> int:
        """A whole number from 0 to below `end`."""
        return int(self.share() * end)

    def pick(self, items: Sequence[_Item]) -> _Item:
        """One of `items`."""
        return items[int(self.share() * len(items))]
