"""In what two versions of a position differ, line by line, in the words of the form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from matcher.web.language import language, percent
from matcher.web.pages.drafts import FILTERS, Draft, Row
from matcher.web.services import services
from matcher.web.weights import LEVELS, WEIGHTS

_SHOWN = 300
"""Characters of a description that a line shows."""

_FILTERS = dict(
    zip(FILTERS, (_l("Region"), _l("Language"), _l("Holds a current credential of")), strict=True)
)


@dataclass(frozen=True, slots=True)
class Differences:
    """Lines that only one of two versions has. `version`: which stored one `theirs` is."""

    theirs: list[str]
    mine: list[str]
    version: str


def differences(theirs: Draft, mine: Draft) -> Differences:
    """What the stored version says otherwise than the one that was to be stored, and the reverse."""
    stored, sent = list(_lines(theirs)), list(_lines(mine))
    return Differences(
        theirs=[line for line in stored if line not in sent],
        mine=[line for line in sent if line not in stored],
        version=theirs.version,
    )


def _lines(draft: Draft) -> Iterator[str]:
    yield _("Title: %(title)s", title=draft.title)
    if draft.description:
        shown = draft.description[:_SHOWN] + ("…" if len(draft.description) > _SHOWN else "")
        yield _("Description: %(description)s", description=shown)
    for row in draft.rows:
        yield " · ".join(_parts(row))
    if draft.applicants_only:
        yield _("Only people who applied to this position")
    for name, words in draft.filters.items():
        if words.strip():
            yield _("%(name)s: %(value)s", name=_FILTERS[name], value=words.strip())


def _parts(row: Row) -> Iterator[str]:
    """A micro-skill: its words, what they mean where that has another name, and what it is worth."""
    yield row.text
    if row.competency is not None:
        label = services().vocabulary.competency(row.competency).label(language())
        if label != row.text:
            yield _("read as %(label)s", label=label)
    else:
        yield _("not understood")
    yield str(WEIGHTS.get(row.weight, _("weight %(weight)s", weight=row.weight)))
    if row.level is not None:
        yield str(LEVELS.get(row.level, _("at least %(level)s", level=percent(row.level))))
    if row.must:
        yield _("must-have")
