"""What validation found, in words: `awards[3].expires: "2026-02-30" is not a date`.

The translator is `matcher.validation`, which positions have in common with what is imported.
"""

from __future__ import annotations

from matcher.validation import LONGEST_INDEXED, NO_CONTROL, NO_NUL, URI, indexable, naming, problem

__all__ = ["LONGEST_INDEXED", "NO_CONTROL", "NO_NUL", "URI", "indexable", "naming", "problem"]
