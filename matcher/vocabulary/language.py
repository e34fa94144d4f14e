"""Whether a text is French: the encoder knows English only, so French texts are compared by their words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from matcher.vocabulary.lexicon import Lexicon, folded

_ACCENT = re.compile(r"[àâçèéêëîïôùûœ]", re.IGNORECASE)
_ELISION = re.compile(r"\b(?:[djlmnst]|qu)['’][^\W\d]", re.IGNORECASE)

_ACCENT_ODDS, _ELISION_ODDS, _FRENCH_FROM = 12, 25, 6


def are_french(texts: Sequence[str], lexicon: Lexicon) -> list[bool]:
    """Whether each text reads as French rather than English.

    By runs of letters that are more frequent in the French or the English labels of `lexicon` (naive Bayes),
    French letters, which borrowed words have too (café), and elisions (d'outils). Acronyms, names and short
    words that both languages share count as English. Measured on phrases in neither (`benchmarks.readings`).
    """
    leans = lexicon.grams.leans([folded(text) for text in texts])
    return [lean + _marks(text) > _FRENCH_FROM for text, lean in zip(texts, leans.tolist(), strict=True)]


def _marks(text: str) -> int:
    return _ACCENT_ODDS * bool(_ACCENT.search(text)) + _ELISION_ODDS * bool(_ELISION.search(text))
