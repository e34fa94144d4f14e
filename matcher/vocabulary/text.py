"""Text as the vocabulary compares it: folded to one spelling, split into words, stemmed."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

LANGUAGES = ("en", "fr")
"""The languages of labels; arrays hold a language as its position in here."""

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ´`′", "'"))
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})
# French drops a vowel before another: l'analyse, d'outils, qu'il. The rest of such a word is the word.
_ELISION = re.compile(r"\b(?:[cdjlmnst]|(?:jus|lors|puis|quel|pres)?qu)'(?=\w)")
# Keeps what tells C from C++ and C#, and .NET from net; "node.js" stays one word.
_WORD = re.compile(r"(?:(?<!\w)\.)?[^\W_]+(?:\.[^\W_]+)*[+#]*")
_INITIALS = re.compile(r"[^\W\d_](?:\.[^\W\d_])+")

# Canadian and American spellings of a word, written as ESCO writes them.
_SPELLINGS = tuple(
    (re.compile(pattern), spelling)
    for pattern, spelling in (
        (r"^(\w{3,}[iy])z(?=(?:e|ed|es|er|ers|ing|ation|ations)$)", r"\1s"),
        (r"^(behavi|col|fav|flav|harb|hum|neighb|vap)or(?=(?:s|al|ed|ing|hood)?$)", r"\1our"),
        (r"^labor(?=(?:s|er|ers|ed|ing)?$)", "labour"),
        (r"^(cent|fib|lit|theat)er(s?)$", r"\1re\2"),
        (r"^programme(s?)$", r"program\1"),
        (r"^(licen|defen|offen)se(s?)$", r"\1ce\2"),
        (r"^(catalog|dialog)(s?)$", r"\1ue\2"),
        (r"^(counse|labe|mode|trave|signa|cance)l(?=(?:ing|ed|ors?|ers?)$)", r"\1ll"),
        (r"^an(?=esth)", "ana"),
        (r"^(p(?=ediatr)|orthop(?=edic)|gyn(?=ecolog)|h(?=emat|emo))", r"\1a"),
        (r"^aluminum$", "aluminium"),
        (r"^jewelry$", "jewellery"),
        (r"^mold(?=(?:s|ed|ing)?$)", "mould"),
        (r"^enroll(?=ments?$)", "enrol"),
    )
)

_STEMMERS = {"en": snowballstemmer.stemmer("english"), "fr": snowballstemmer.stemmer("french")}
_STEMMING = threading.Lock()  # a stemmer keeps the word that it works on, whoever gave it


def fold(text: str) -> str:
    """`text` in the form in which two labels are the same: words parted by single spaces.

    Case, accents, hyphens, punctuation, French elisions and typographic marks make no difference, nor does
    British or American spelling; what tells C, C++, C# and .NET apart is kept. Empty where nothing is left.
    """
    plain = text.casefold().translate(_APOSTROPHES)
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).translate(_LIGATURES)
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
    if "'" in plain:
        plain = _ELISION.sub("", plain).replace("'", "")
    return " ".join(map(_spelled, _WORD.findall(plain.replace("&", " and "))))


@lru_cache(maxsize=1 << 16)
def stem(word: str, language: str) -> str:
    """The stem of a folded word in `language` ("en" or "fr"); short words and those with digits stay."""
    if len(word) < 4 or not word.isalpha():
        return word
    with _STEMMING:
        found: str = _STEMMERS[language].stemWord(word)
    return found


@lru_cache(maxsize=1 << 16)
def _spelled(word: str) -> str:
    """`word` in ESCO's spelling; without its dots where it is initials (s.i.m.d.u.t. is simdut)."""
    if _INITIALS.fullmatch(word):
        return word.replace(".", "")
    for pattern, spelling in _SPELLINGS:
        word = pattern.sub(spelling, word)
    return word
