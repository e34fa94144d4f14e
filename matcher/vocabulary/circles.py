"""Circles of competencies that are each broader than the one before, and which of their edges to refuse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

Edge = tuple[str, str]
"""A competency and one that is broader, by URI."""

_NAMED = 6


@dataclass(frozen=True, slots=True)
class Circle:
    """The edge that closes a circle, and the circle's members from its broader end on, six at most.

    `length`: how many members the circle has.
    """

    edge: Edge
    members: tuple[str, ...]
    length: int


_Graph = dict[str, dict[str, bool]]
"""URI -> broader URIs, and whether that was stated just now."""


def circles(known: Iterable[Edge], stated: Iterable[Edge]) -> list[Circle]:
    """The edges of `stated` that close a circle with those before them and those `known`.

    Without them no circle is left in which any of `stated` takes part. Goes through all edges once, and once
    more for each time that something was found.
    """
    graph: _Graph = {}
    for one, other in known:
        graph.setdefault(one, {})[other] = False
    for one, other in stated:
        graph.setdefault(one, {}).setdefault(other, True)
    found: list[Circle] = []
    while closing := list(_Search(graph).closing()):
        for circle in closing:
            del graph[circle.edge[0]][circle.edge[1]]
        found += closing
    return found


class _Search:
    """One search in depth through a graph. `path` is where it stands, `at` the places of what is on it."""

    def __init__(self, graph: _Graph) -> None:
        self.graph = graph
        self.path: list[str] = []
        self.at: dict[str, int] = {}
        self.refused: list[int] = []  # places on the path to which a refused edge leads

    def closing(self) -> Iterator[Circle]:
        """The edges to refuse, no two because of one circle."""
        done: set[str] = set()
        for root in self.graph:
            if root in done:
                continue
            waiting = [self._enter(root)]
            while waiting:
                other = next(waiting[-1], None)
                if other is None:
                    waiting.pop()
                    done.add(self._leave())
                elif other in self.at:
                    yield from self._close(self.at[other])
                elif other not in done:
                    waiting.append(self._enter(other))

    def _enter(self, one: str) -> Iterator[str]:
        self.at[one] = len(self.path)
        self.path.append(one)
        return iter(self.graph.get(one, {}))

    def _leave(self) -> str:
        left = self.path.pop()
        del self.at[left]
        while self.refused and self.refused[-1] >= len(self.path):
            self.refused.pop()
        return left

    def _close(self, start: int) -> Iterator[Circle]:
        """The circle from a place on the path to its end and back, unless it is broken already."""
        if self.refused and self.refused[-1] > start:
            return
        path, end = self.path, len(self.path) - 1
        if self.graph[path[end]][path[start]]:
            edge = path[end], path[start]
            yield Circle(edge, tuple(islice(path, start, start + _NAMED)), end + 1 - start)
            return
        for place in range(end, start, -1):
            if self.graph[path[place - 1]][path[place]]:
                self.refused.append(place)
                members = [*islice(path, place, place + _NAMED), *islice(path, start, place)][:_NAMED]
                yield Circle((path[place - 1], path[place]), tuple(members), end + 1 - start)
                return
