"""Keeps requests from what does not answer in time, so that threads do not all wait for it."""

from __future__ import annotations

import threading
import time

REST_SECONDS = 5.0
"""While nothing answers in time, one request in so many seconds tries whether anything does again."""


class Breaker:
    """Opens where nothing answered since a request began that had no answer in time: a single slow one does
    not open it. After `REST_SECONDS` one request tries, and the others are kept until it has found out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open_until = 0.0
        self._answered = 0.0

    def admits(self, seconds: float) -> bool:
        """Whether a request may be sent, which is done after `seconds` at the latest."""
        with self._lock:
            now = time.monotonic()
            if now < self._open_until:
                return False
            if self._open_until:
                self._open_until = now + seconds
            return True

    def answered(self) -> None:
        """A request had an answer, or failed without waiting."""
        with self._lock:
            self._open_until, self._answered = 0.0, time.monotonic()

    def waited(self, since: float) -> None:
        """A request sent at `since`, by the monotonic clock, had no answer in time."""
        with self._lock:
            if self._answered < since:
                self._open_until = time.monotonic() + REST_SECONDS
