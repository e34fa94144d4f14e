"""That reading damaged files takes little time and memory."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

COUNT = 10_000
COUNTS = (
    pytest.param(500, id="short"),
    pytest.param(COUNT, id="long", marks=[pytest.mark.faults, pytest.mark.timeout(1_800)]),
)
"""Mutations of a file: a few in `make test`, and as many as we promise in `make test-faults`."""

_PLAIN = json.dumps(
    [
        {"id": f"urn:{n}", "type": ["A", "B"], "name": "Lift truck operation", "level": n / 7}
        for n in range(1_000)
    ]
)
_USUAL = 0.06
"""Seconds that it takes to read this twenty times, and to sort it, where two seconds are what we promise."""

SECONDS = 2.0
MEMORY = 64_000_000

_Given = TypeVar("_Given")


@contextmanager
def in_time(name: object = "", seconds: float = SECONDS) -> Iterator[None]:
    """What is done takes at most so many seconds of a processor, whatever else the machine has to do.

    On a slow machine as many times more as something plain takes longer there."""
    started = time.process_time()
    yield
    took = time.process_time() - started
    assert took < seconds or took < seconds * _slowness(), (name, took)


def bounded(files: Iterable[_Given], name: str) -> Iterator[_Given]:
    """`files`, each to be read before the next is asked for: `in_time`, and all in 64 MB more memory."""
    _forget_peak()
    before = _peak_memory()
    for number, data in enumerate(files):
        with in_time((name, number)):
            yield data
    assert _peak_memory() - before < MEMORY, name


def _slowness() -> float:
    """How many times longer something plain takes just now than where the bounds are what we promise."""
    started = time.process_time()
    for _ in range(20):
        sorted(map(str, json.loads(_PLAIN)))
    return (time.process_time() - started) / _USUAL


def _peak_memory() -> int:
    """The most bytes that this process has held since `_forget_peak`; 0 where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) * 1024


def _forget_peak() -> None:
    if Path("/proc/self/clear_refs").exists():
        Path("/proc/self/clear_refs").write_text("5")
