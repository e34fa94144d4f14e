"""The two shapes that a compiled vocabulary is made of, as NumPy arrays that many processes can map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Int32s = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Strings:
    """Strings one behind the other as UTF-8: `text` uint8, `ends` int64 with string i before ends[i + 1].

    Where they are sorted, they are so by their bytes.
    """

    text: NDArray[np.uint8]
    ends: Ints

    @classmethod
    def of(cls, strings: Iterable[str]) -> Strings:
        """The strings in their order."""
        encoded = [string.encode("utf-8", "surrogatepass") for string in strings]
        ends = np.zeros(len(encoded) + 1, dtype=np.int64)
        np.cumsum([len(one) for one in encoded], out=ends[1:])
        return cls(np.frombuffer(b"".join(encoded), dtype=np.uint8), ends)

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, number: int) -> str:
        return self._raw(number).decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        return (self[number] for number in range(len(self)))

    def find(self, string: str) -> range:
        """Where `string` stands, in sorted strings."""
        wanted = string.encode("utf-8", "surrogatepass")
        return range(self._first(wanted), self._first(wanted + b"\0"))

    def find_prefix(self, prefix: str) -> range:
        """Where the strings stand that start with `prefix`, in sorted strings."""
        wanted = prefix.encode("utf-8", "surrogatepass")
        # No UTF-8 has the byte 0xFF, so this sorts behind everything that starts with the prefix.
        return range(self._first(wanted), self._first(wanted + b"\xff"))

    def _raw(self, number: int) -> bytes:
        return self.text[self.ends[number] : self.ends[number + 1]].tobytes()

    def _first(self, wanted: bytes) -> int:
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._raw(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low


@dataclass(frozen=True, slots=True)
class Lists:
    """A list of numbers for each key 0 .. n - 1: that of key k is values[starts[k] : starts[k + 1]]."""

    starts: Ints
    values: Int32s

    @classmethod
    def of(cls, keys: NDArray[np.integer], values: NDArray[np.integer], count: int) -> Lists:
        """The pairs (keys[i], values[i]), which are sorted, as `count` lists."""
        starts = np.searchsorted(keys, np.arange(count + 1))
        return cls(starts.astype(np.int64), values.astype(np.int32))

    def __getitem__(self, key: int) -> Int32s:
        return self.values[self.starts[key] : self.starts[key + 1]]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def places(self, keys: Ints) -> tuple[Ints, Ints]:
        """Where in `values` the lists of `keys` stand, one behind the other, each place with its key."""
        lengths = self.lengths[keys]
        return np.repeat(keys, lengths), _ranges(self.starts[keys], lengths)

    @property
    def lengths(self) -> Ints:
        """How long each list is."""
        return np.diff(self.starts)


@dataclass(frozen=True, slots=True)
class Links:
    """Directed links between competencies by id: int64, shape (n, 2), sorted."""

    pairs: Ints

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> Links:
        """The distinct `pairs`."""
        ordered = sorted(set(pairs))
        return cls(np.array(ordered, dtype=np.int64).reshape(-1, 2))

    def from_each(self, ids: Ints) -> Ints:
        """The links that start at any of `ids`, shape (n, 2)."""
        starts = np.searchsorted(self.pairs[:, 0], ids, side="left")
        ends = np.searchsorted(self.pairs[:, 0], ids, side="right")
        found: Ints = self.pairs[_ranges(starts, ends - starts)]
        return found


def _ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> Ints:
    """The numbers start .. start + length - 1 of each range, one behind the other."""
    offsets = np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
    numbers: Ints = offsets + np.arange(len(offsets))
    return numbers
