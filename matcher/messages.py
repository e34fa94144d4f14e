"""Sentences for people that can still be said in another language after they were raised.

Where an error is raised its sentence is English and marked (`said`); the pages say it in their reader's
language (`matcher.web.language.spoken`), and everything else uses it as the text that it is. Texts that are
marked go to the catalogue of translations: `python -m tools.translations`.
"""

from __future__ import annotations


class Said(str):
    """A sentence in English that remembers its template and what was filled in."""

    __slots__ = ("template", "values")
    template: str
    values: dict[str, object]


def said(template: str, **values: object) -> Said:
    """The sentence that `template` makes of `values`, by their names: "there is no position %(key)s".

    A value may itself be `Said`. Raises KeyError where a value is missing.
    """
    made = Said(template % values)
    made.template, made.values = template, values
    return made


def marked(template: str) -> str:
    """`template` as it is, marked for translation: for those that are handed to `said` later."""
    return template
