"""The follower: what is written to the store is found at the next search, and read where it is only words."""

from __future__ import annotations

import logging
import threading

from app import Parts
from indexer.changes import follow
from indexer.readings import read_pending
from indexer.vocabulary import encode_pending
from matcher.errors import ConfigurationError, Unavailable

READ_SECONDS = 1.0
"""How often is looked for what arrived without competencies, or with ones that nobody knows."""

LONGEST_PAUSE_SECONDS = 60.0
"""While the encoder does not answer, each pause is twice the one before, up to this."""

_log = logging.getLogger(__name__)


def run(parts: Parts, stop: threading.Event) -> None:
    """Keep the index current and read what arrives, until `stop` is set."""
    for name, work in (("reader", read_arrivals), ("narrowing", make_narrowing_ready)):
        threading.Thread(target=work, args=(parts, stop), name=name, daemon=True).start()
    follow(parts.database, parts.engine, parts.settings.organisation, stop)


def read_arrivals(parts: Parts, stop: threading.Event) -> None:
    """Encode competencies and read achievements as they arrive, until `stop` is set.

    Goes on, more slowly, while the database or the encoder does not answer or cannot be used.
    """
    pause = READ_SECONDS
    while not stop.wait(pause):
        try:
            encode_pending(parts.database, parts.vocabularies, parts.settings.organisation)
            read_pending(parts.database, parts.vocabularies, parts.settings.organisation, _quiet)
            pause = READ_SECONDS
        except (Unavailable, ConfigurationError) as error:
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            _log.warning("reading what arrived: %s; again in %.0f s", error, pause)


def make_narrowing_ready(parts: Parts, stop: threading.Event) -> None:
    """Make ready what finds the competencies of each vocabulary that comes to be used, until `stop` is set.

    Each once: while versions of credmatch change, another follower may want it to be another's.
    """
    ready = ""
    pause = READ_SECONDS
    while not stop.wait(pause):
        pause = LONGEST_PAUSE_SECONDS
        try:
            vocabulary = parts.vocabularies.get(parts.settings.organisation)
            if vocabulary.version != ready:
                vocabulary.ensure_narrowing()
                ready = vocabulary.version
        except (Unavailable, ConfigurationError) as error:
            _log.warning("%s; competencies are looked up in each process for now", error)


def _quiet(_done: int, _all: int) -> None:
    """No progress to show: nobody watches."""
