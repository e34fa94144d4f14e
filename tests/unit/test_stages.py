"""The stopwatch: the time of a stage is its own, whatever runs within it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

import pytest

from matcher.stages import Stopwatch


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock shows, which a test moves."""
    now = [0.0]
    monkeypatch.setattr("matcher.stages.time.perf_counter", lambda: now[0])
    return now


def test_a_stage_within_another_stops_its_time(clock: list[float]) -> None:
    watch = Stopwatch()
    clock[0] = 100
    with watch.stage("score"):
        clock[0] += 1
        with watch.stage("recall"):
            clock[0] += 10
        clock[0] += 2
    clock[0] += 1_000
    with watch.stage("score"):
        clock[0] += 4
    assert dict(watch.seconds) == {"score": 7, "recall": 10}


def test_getting_the_next_is_timed_and_using_it_is_not(clock: list[float]) -> None:
    def slow() -> Iterator[int]:
        for number in range(3):
            clock[0] += 5
            yield number

    watch = Stopwatch()
    found = []
    with watch.stage("score"):
        for number in watch.each("recall", chain(slow())):
            clock[0] += 1
            found.append(number)
    assert found == [0, 1, 2]
    assert dict(watch.seconds) == {"score": 3, "recall": 15}


def test_a_stage_that_fails_is_timed_too(clock: list[float]) -> None:
    watch = Stopwatch()
    with watch.stage("score"):
        with suppress(ZeroDivisionError), watch.stage("recall"):
            clock[0] += 3
            raise ZeroDivisionError
        clock[0] += 1
    assert dict(watch.seconds) == {"recall": 3, "score": 1}
