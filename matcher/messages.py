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

    @property
    def kind(self) -> tuple[str, ...]:
        """What sentences have in common that differ in nothing but values: the templates they are made of."""
        within = (kind for value in self.values.values() if isinstance(value, Said) for kind in value.kind)
        return self.template, *within


def said(template: str, **values: object) -> Said:
    """The sentence that `template` makes of `values`, by their names: "there is no position %(key)s".

    A value may itself be `Said`. A whole number is written as people write it (10,000), so what only looks
    like one, such as an id, is given as text; a tuple is a list of values. Raises KeyError where a value is
    missing.
    """
    made = Said(template % {name: _in_english(value) for name, value in values.items()})
    made.template, made.values = template, values
    return made


def _in_english(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_in_english, value))
    return f"{value:,}" if type(value) is int else str(value)


def marked(template: str) -> str:
    """`template` as it is, marked for translation: for those that are handed to `said` later."""
    return template
