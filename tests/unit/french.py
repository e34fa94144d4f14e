"""That what readers say of files can be said in French, whole."""

from __future__ import annotations

import re
from functools import cache

from matcher.messages import Said
from tools import translations

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?')
_CHECKED: set[tuple[str, ...]] = set()
_WORDS = re.compile(r"[a-z]{2,} [a-z]{2,}")


def check_french(text: str) -> None:
    """Fail where a sentence, or one that is filled into it, has no translation, or words nobody marked.

    Such are two words in small letters that are not quoted: names of fields and formats have no spaces.
    """
    assert isinstance(text, Said), f"not marked for translation: {text}"
    if text.kind in _CHECKED:  # floods repeat themselves
        return
    _CHECKED.add(text.kind)
    assert _catalogue().get(text.template), f"without French: {text.template}"
    for name, value in text.values.items():
        if f'"%({name})s"' not in text.template:
            _check_value(value, text)


def _check_value(value: object, text: Said) -> None:
    if isinstance(value, tuple):
        for one in value:
            _check_value(one, text)
    elif isinstance(value, Said):
        check_french(value)
    elif isinstance(value, str):
        assert not _WORDS.search(_QUOTED.sub("", value)), f"{value!r} stays English in: {text}"


@cache
def _catalogue() -> dict[object, object]:
    return {message.id: message.string for message in translations.translated()}
