"""The brackets and commas of a JSON text, found by arrays and not sign by sign: there may be millions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_PIECE = 65_536
_QUOTE, _LINE_END = b'"\n'
_IS_MARK = np.zeros(256, np.bool_)
_IS_MARK[list(b"[]{},")] = True


class Strings:
    """Tells what of a text, which comes in pieces, is within strings.

    A string that is not closed ends with its line: there no line ends within one.
    """

    def __init__(self) -> None:
        self.begun = b""
        """What tells how to go on in the next piece, to be put before it: a quotation mark, a backslash."""

    def within(self, data: bytes) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """The signs of a piece, with `begun` before it, and of each whether it is within a string.

        What a backslash escapes are blanks, so that places stay the same.
        """
        pairless = data.replace(b"\\\\", b"  ")
        signs = np.frombuffer(pairless.replace(b'\\"', b"  "), np.uint8)
        inside = np.logical_xor.accumulate(signs == _QUOTE)
        line_ends = np.flatnonzero(signs == _LINE_END)
        lengths = np.diff(line_ends, prepend=0, append=len(data))
        inside ^= np.repeat(np.append(False, inside[line_ends]), lengths)  # each line begins outside
        self.begun = b'"' if len(data) and inside[-1] else b""
        self.begun += b"\\" if pairless.endswith(b"\\") else b""
        return signs, inside


def marks_of(data: bytes) -> Iterator[tuple[int, int]]:
    """The brackets and commas of a JSON text that are not within strings, each with its place."""
    strings = Strings()
    for start in range(0, len(data), _PIECE):
        begun = strings.begun
        signs, inside = strings.within(begun + data[start : start + _PIECE])
        places = np.flatnonzero(_IS_MARK[signs] & ~inside)
        yield from zip(signs[places].tolist(), (places + (start - len(begun))).tolist(), strict=True)


def marks_from_behind(data: bytes) -> Iterator[tuple[int, int]]:
    """The same from the end of the text, which is outside of strings, to its start."""
    for escaped in (b"\\\\", b'\\"', b"\\"):
        data = data.replace(escaped, b" " * len(escaped))
    for mark, place in marks_of(data[::-1]):
        yield mark, len(data) - 1 - place
