"""Regions: written from the large to the small with hyphens between, `CA-ON-Ottawa`, as ISO 3166-2 begins.

A filter takes a region with everything below it: `CA-ON` takes `CA-ON-Ottawa`, and not `CA-ONX`. Recall and
scoring both ask here, so that they choose the same people.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate


def area(region: str) -> str:
    """A region as it is compared: letter case aside, without hyphens or blanks at its ends."""
    return region.casefold().strip("- \t")


def areas(region: str) -> tuple[str, ...]:
    """The areas that a region lies in, itself included, from the large to the small; none for ""."""
    return _prefixes(area(region))


def written(region: str) -> tuple[str, ...]:
    """The same as they are written there."""
    return _prefixes(region.strip("- \t"))


def _prefixes(whole: str) -> tuple[str, ...]:
    return tuple(accumulate(whole.split("-"), "{}-{}".format)) if whole else ()


def lies_in(region: str, wanted: Iterable[str]) -> bool:
    """Whether a region is one of those wanted, or lies below one of them."""
    return not {area(one) for one in wanted}.isdisjoint(areas(region))
