"""How long each stage of a match takes, for whoever watches; matching itself knows nothing of them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Timing:
    """One match: seconds of each of its stages (plan, recall, score, explain), and how many were scored."""

    seconds: Mapping[str, float]
    scored: int


Observer = Callable[[Timing], None]
"""Told of each match that was answered."""


def nobody(_: Timing) -> None:
    """The observer where nobody watches."""


class Stopwatch:
    """Measures stages of one thread's work. A stage within another stops the outer one's time."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._running: list[str] = []
        self._since = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """The block's time counts for stage `name`."""
        self._charge()
        self._running.append(name)
        try:
            yield
        finally:
            self._charge()
            self._running.pop()

    def each(self, name: str, items: Iterable[_T]) -> Iterator[_T]:
        """`items`, where the time of getting each counts for stage `name`."""
        remaining = iter(items)
        while True:
            with self.stage(name):
                try:
                    item = next(remaining)
                except StopIteration:
                    return
            yield item

    def _charge(self) -> None:
        now = time.perf_counter()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        self._since = now
