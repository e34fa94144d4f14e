"""Checksums of what was put into an index."""

from __future__ import annotations

import errno
import io

import pytest

from indexer.comparison import Sums
from matcher.errors import Unavailable
from matcher.records import SearchDocument


class Full(io.BytesIO):
    """A file on a full disk."""

    def write(self, _: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_no_room_for_checksums_is_said() -> None:
    """Where the file were only made longer, what is mapped of it would end the process with SIGBUS."""
    with pytest.raises(Unavailable, match="there is no room for checksums"):
        Sums(Full()).put([SearchDocument(1, 0, {1: 1})])
