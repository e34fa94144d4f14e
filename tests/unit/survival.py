"""That reading damaged files takes little time and memory."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

COUNT = 10_000
COUNTS = (
    pytest.param(500, id="short"),
    pytest.param(COUNT, id="long", marks=[pytest.mark.faults, pytest.mark.timeout(1_800)]),
)
"""Mutations of a file: a few in `make test`, and as many as we promise in `make test-faults`."""

SECONDS = 2.0
MEMORY = 64_000_000

_Given = TypeVar("_Given")


def bounded(files: Iterable[_Given], name: str) -> Iterator[_Given]:
    """`files`, each to be read before the next is asked for: in two seconds of a processor, whatever else the
    machine has to do, and all in 64 MB more memory."""
    _forget_peak()
    before = _peak_memory()
    for number, data in enumerate(files):
        started = time.process_time()
        yield data
        took = time.process_time() - started
        assert took < SECONDS, (name, number, took)
    assert _peak_memory() - before < MEMORY, name


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
