"""Engines over a real Elasticsearch node for tests: each place (a folder) has indexes of its own."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matcher.search.elastic import ElasticEngine
from matcher.search.elastic_access import Access
from matcher.search.elastic_client import Cluster


def prefix_of(place: Path) -> str:
    """What the names of a place's indexes begin with."""
    return f"test-{hashlib.sha256(str(place).encode()).hexdigest()[:16]}"


def elastic_engine(url: str, place: Path) -> ElasticEngine:
    """An engine; all over one place share their indexes, in whichever process they are."""
    return ElasticEngine(Cluster(Access((url,))), locks_in(place), prefix=prefix_of(place))


class locks_in:  # noqa: N801 - called like the function that an engine is handed
    """The right to write as a locked file, which the system frees when its holder dies."""

    def __init__(self, place: Path) -> None:
        self._place = place

    @contextmanager
    def __call__(self, organisation: str) -> Iterator[bool]:
        """One holder at a time; whether it was got."""
        lock = os.open(self._place / f"{organisation}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield True
        except BlockingIOError:
            yield False
        finally:
            os.close(lock)


def ask(url: str, method: str, path: str, body: object = None) -> Any:
    """A request of an operator, beside the engine."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        url + path, data=data, method=method, headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def indexes(url: str, place: Path) -> list[str]:
    """The indexes of a place, by name."""
    return sorted(ask(url, "GET", f"/{prefix_of(place)}.*/_alias"))


def redden(url: str, index: str) -> None:
    """Take an index's only copy away, as a lost disk does: it keeps its names, and no node may hold it."""
    found = ask(url, "GET", f"/{index}")[index]
    settings = {"number_of_replicas": 0, "routing.allocation.require._name": "nobody"}
    body = {"settings": settings, "mappings": found["mappings"], "aliases": found["aliases"]}
    ask(url, "DELETE", f"/{index}")
    ask(url, "PUT", f"/{index}?wait_for_active_shards=0", body)


def remove_indexes(url: str, place: Path) -> None:
    """Remove all that a place's engines made."""
    for index in indexes(url, place):
        ask(url, "DELETE", f"/{index}")
