"""Circles of competencies that are each broader than the one before."""

from __future__ import annotations

import random

import pytest

from matcher.vocabulary.circles import Circle, Edge, circles
from tests.unit.survival import in_time


def acyclic(edges: set[Edge]) -> bool:
    """Whether all can be taken away, each once nothing is broader."""
    left = set(edges)
    while left:
        starts = {one for one, _ in left}
        kept = {edge for edge in left if edge[1] in starts}
        if kept == left:
            return False
        left = kept
    return True


def test_the_edge_that_closes_a_circle_is_named_with_the_members() -> None:
    assert circles([], [("a", "b"), ("b", "a")]) == [Circle(("b", "a"), ("a", "b"), 2)]
    assert circles([], [("a", "b"), ("b", "c"), ("c", "a"), ("a", "x")]) == [
        Circle(("c", "a"), ("a", "b", "c"), 3)
    ]
    assert circles([], [("a", "b"), ("b", "c"), ("a", "c")]) == []


def test_what_is_stored_stays_and_what_is_stated_is_refused() -> None:
    for known in ([("b", "c"), ("c", "a")], [("c", "a"), ("b", "c")]):
        [found] = circles(known, [("a", "b"), ("z", "a")])
        assert (found.edge, sorted(found.members), found.length) == (("a", "b"), ["a", "b", "c"], 3)
    assert circles([("a", "b"), ("b", "a")], [("z", "a")]) == [], "what is stored already"


def test_two_that_need_each_other_to_close_a_circle_lose_only_one() -> None:
    known = [("b", "c"), ("d", "a")]
    assert len(circles(known, [("a", "b"), ("c", "d")])) == 1


def test_of_a_long_circle_six_members_are_named() -> None:
    [found] = circles([], [(str(n), str((n + 1) % 100)) for n in range(100)])
    assert (found.members, found.length) == (("0", "1", "2", "3", "4", "5"), 100)


@pytest.mark.parametrize("seed", range(60))
def test_any_graph_is_without_circles_afterwards_and_loses_no_more_than_it_must(seed: int) -> None:
    chance = random.Random(seed)
    names = [f"n{number}" for number in range(chance.randrange(2, 12))]
    order = {name: place for place, name in enumerate(chance.sample(names, len(names)))}
    edges = [(one, other) for one in names for other in names if one != other and chance.random() < 0.3]
    chance.shuffle(edges)
    known = {edge for edge in edges[::2] if order[edge[0]] < order[edge[1]]}
    stated = [edge for edge in edges if edge not in known]
    refused = {found.edge for found in circles(known, stated)}
    assert refused <= set(stated)
    kept = known | set(stated) - refused
    assert acyclic(kept)
    assert acyclic(known | set(stated)) == (not refused)


def test_a_hundred_thousand_in_one_circle_and_fifty_thousand_circles_take_little_time() -> None:
    with in_time(seconds=20):
        count = 50_000
        chain = [(str(n), str(n + 1)) for n in range(count)]
        assert len(circles([], [*chain, *((str(n), "0") for n in range(1, count))])) == count - 1
        assert len(circles(reversed(chain), [(str(count), "0")])) == 1
