"""What validation found, in words: `awards[3].expires: "2026-02-30" is not a date`."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from indexer.readers.json_text import printable, shown
from matcher.errors import InvalidInput

NO_CONTROL = r"^[^\x00-\x1f\x7f-\x9f]*$"
NO_NUL = r"^[^\x00]*$"
URI = r"^(?:[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f-\x9f]+)?$"

_PATTERNS = {
    NO_CONTROL: "{value} has control characters",
    NO_NUL: "{value} has a NUL character",
    URI: "{value} is not a URI",
}

# By pydantic's names of errors: https://docs.pydantic.dev/latest/errors/validation_errors/
_REASONS = {
    "missing": "is missing",
    "string_type": "{value} is not text",
    "string_unicode": "has half of a surrogate pair, which is not text",
    "string_too_short": "is empty",
    "string_too_long": "{value} has more than {max_length} characters",
    "literal_error": "{value} is not one of {expected}",
    "float_type": "{value} is not a number",
    "finite_number": "{value} is not a finite number",
    "greater_than_equal": "{value} is less than {ge}",
    "less_than_equal": "{value} is more than {le}",
    "list_type": "{value} is not a list",
    "model_type": "{value} is not an object",
    "too_long": "has {actual_length} entries, more than {max_length}",
}


def problem(error: ValidationError, fields: Sequence[str], at: str = "") -> InvalidInput:
    """The first thing that is wrong; `fields` are the names that a misspelt one is compared with.

    `at` is the JSON path of what was validated, "" for a whole document.
    """
    first = error.errors(include_url=False)[0]
    return InvalidInput(_reason(first, fields), where=_path(first["loc"], at) or "(whole)")


def nearest(name: str, fields: Sequence[str]) -> str:
    """` (did you mean "...")` with the field most like `name`, or nothing."""
    near = difflib.get_close_matches(name, fields, n=1)
    return f' (did you mean "{near[0]}"?)' if near else ""


def _reason(found: ErrorDetails, fields: Sequence[str]) -> str:
    kind, value = found["type"], found["input"]
    if kind == "extra_forbidden":
        return f"is not a known field{nearest(str(found['loc'][-1]), fields)}"
    context = found.get("ctx", {})
    if kind == "string_pattern_mismatch":
        template = _PATTERNS[context["pattern"]]
    else:
        template = _REASONS.get(kind, "{value}: " + found["msg"])
    return template.format_map({**context, "value": shown(value)})


def _path(location: tuple[int | str, ...], at: str) -> str:
    for step in location:
        at += f"[{step}]" if isinstance(step, int) else f".{printable(step)}"
    return at.removeprefix(".")
