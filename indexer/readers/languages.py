"""Names of languages as people write them, as codes (ISO 639-1), where the name can mean only one."""

from __future__ import annotations

import re

_NAMES = {
    "ar": "arabic arabe العربية",
    "de": "german deutsch allemand",
    "en": "english anglais inglés englisch",
    "es": "spanish español espagnol castellano",
    "fr": "french français francais französisch francés",
    "hi": "hindi",
    "it": "italian italiano italien",
    "ja": "japanese japonais 日本語",
    "ko": "korean coréen 한국어",
    "nl": "dutch nederlands néerlandais",
    "pa": "punjabi panjabi pendjabi",
    "pl": "polish polski polonais",
    "pt": "portuguese português portugais",
    "ru": "russian russe русский",
    "ta": "tamil tamoul",
    "tl": "tagalog",
    "uk": "ukrainian ukrainien українська",
    "ur": "urdu ourdou",
    "vi": "vietnamese vietnamien",
}
_CODES = {name: code for code, names in _NAMES.items() for name in names.split()}
_TAG = re.compile(r"([a-z]{2})(?:[-_][a-z]{2}|[-_]\d{3})?")


def language_code(text: object) -> str:
    """The code of the language that `text`, a name or a tag such as `fr-CA`, means; empty where unclear."""
    if not isinstance(text, str):
        return ""
    word = text.strip().casefold()
    tag = _TAG.fullmatch(word)
    return _CODES.get(word) or (tag[1] if tag else "")
