"""What a command says where its work is stored, and the search index cannot be told of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from matcher.errors import Unavailable


@contextmanager
def stored() -> Iterator[None]:
    """Around what brings to the search index what is stored by now. Raises Unavailable, which says so."""
    try:
        yield
    except Unavailable as error:
        raise Unavailable(
            f"{error}; all is stored, and is found as soon as the server or `credmatch reindex` brings it "
            "to the search index"
        ) from error
