"""Documents in which one value was put in the place of another, whatever stood there."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

_VALUES: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4)
    | st.sampled_from([[], {}, ["x", {}, 5], {"@value": 5}, {"@id": "_:b"}, "2026-02-30", "P3X"])
)


def changed(document: Any, data: st.DataObject) -> Any:
    """A copy of `document` with another value in one place, at any depth."""
    document = copy.deepcopy(document)
    place = document
    while True:
        keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(_VALUES)
    return document
