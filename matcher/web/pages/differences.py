"""In what two versions of a position differ, line by line, in the words of the form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from matcher.web.language import language, percent
from matcher.web.pages.drafts import FILTERS, Draft, Row, Way
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
        yield _micro_skill(row)
    if draft.applicants_only:
        yield _("Only people who applied to this position")
    for name, words in draft.filters.items():
        if words.strip():
            yield _("%(name)s: %(value)s", name=_FILTERS[name], value=words.strip())


def _micro_skill(row: Row) -> str:
    """A micro-skill with its alternatives, and what it is worth."""
    parts = [_way(row), str(WEIGHTS.get(row.weight, _("weight %(weight)s", weight=row.weight)))]
    if row.must:
        parts.append(_("must-have"))
    return f" {_('or')} ".join([" · ".join(parts), *map(_way, row.others)])


def _way(way: Way) -> str:
    """Words, what they mean where that has another name, and the least level."""
    parts = [way.text]
    if way.competency is None:
        parts.append(_("not understood"))
    else:
        label = services().vocabulary.competency(way.competency).label(language())
        if label != way.text:
            parts.append(_("read as %(label)s", label=label))
    if way.level is not None:
        parts.append(str(LEVELS.get(way.level, _("at least %(level)s", level=percent(way.level)))))
    return " · ".join(parts)
