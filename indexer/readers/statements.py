"""Statements of a framework and what stands between them, gathered from a document in any order.

Formats differ in which end states a relation and in whether headings stand among the competencies. Here a
relation is kept at an end that the document holds, turned around where it was stated at the other; what is
broader than a heading is broader than what stands below the heading. A heading (a domain, a strand, a
cluster) is nothing that a person can hold, and is left out, as ESCO's groups are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from indexer.readers.frameworks import (
    LONGEST_DESCRIPTION,
    LONGEST_LABEL,
    LONGEST_URI,
    URI,
    FrameworkCompetency,
    check_new,
    checked_text,
    clean,
    distinct,
)
from indexer.readers.json_text import shown
from indexer.readers.problems import LONGEST_INDEXED
from matcher.errors import InvalidInput
from matcher.messages import said
from matcher.records import Kind, Notice

BROADER, NARROWER, RELATED, SAME = "broader", "narrower", "related", "same"

_TURNED = {BROADER: NARROWER, NARROWER: BROADER, RELATED: RELATED, SAME: SAME}
_MOST_LEVELS = 20  # of headings above headings
_MOST_ABOVE = 100  # competencies above one, through headings
_CODE = re.compile(r"(?=.*[A-Za-z])(?=.*[0-9]).{4,60}")
_KNOWLEDGE = re.compile(r"knowledge|connaissance|savoirs?\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"dispositions?|attitudes?|attribut(e|es|s)?\b|\btraits?\b|work style", re.IGNORECASE)
_HEADING = re.compile(
    r"(sub|main|content|learning|conceptual|competency|skills?)?[ -]?"
    r"(area|category|chapter|cluster|conceptual category|course|dimension|domain|field|framework|grade|"
    r"grade band|grade level|group|grouping|heading|level|module|section|strand|subject|subject area|theme|"
    r"title|topic|unit)s?",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Statement:
    """A statement as a document has it; `labels` and `aliases` by language.

    `heading`: no competency. `place`: the JSON path or the line at which it stands.
    """

    uri: str
    kind: Kind = Kind.SKILL
    labels: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, list[str]] = field(default_factory=dict)
    description: str = ""
    heading: bool = False
    place: str = ""
    links: dict[str, set[str]] = field(
        default_factory=lambda: {BROADER: set(), NARROWER: set(), RELATED: set(), SAME: set()}
    )

    def say(self, language: str, name: str, statement: str, where: str) -> None:
        """Take a short name and the whole statement, either of which may be "", in one language.

        The name is the label and the whole statement an alias; without a name the statement is the label, cut
        where it is too long for one. The English statement is the description, read for its meaning.
        """
        whole = " ".join(checked_text(statement, where).split())
        label = clean(name, where) or (clean(whole, where) if len(whole) <= LONGEST_LABEL else _cut(whole))
        if not label:
            return
        self.labels[language] = label
        if whole and len(whole) <= LONGEST_LABEL:
            self.also(language, whole, where)
        if language == "en" and whole != label:
            self.description = whole[:LONGEST_DESCRIPTION]

    def also(self, language: str, alias: str, where: str) -> None:
        """Take another name."""
        if cleaned := clean(alias, where):
            self.aliases.setdefault(language, []).append(cleaned)

    def code(self, code: str, where: str) -> None:
        """Take a code such as "A-REI.3" as another name, where nobody would take it for something else."""
        if _CODE.fullmatch(code.strip()):
            self.also("en" if "en" in self.labels or not self.labels else "fr", code, where)


class Statements:
    """The statements of a document, and their relations."""

    def __init__(self) -> None:
        self._found: dict[str, Statement] = {}
        self._seen: set[str] = set()

    def __len__(self) -> int:
        return len(self._found)

    def add(self, statement: Statement, where: str) -> None:
        """Raises InvalidInput where the document has a statement with this URI already."""
        check_new(statement.uri, where, self._seen)
        self._found[statement.uri] = statement

    def relate(self, one: str, link: str, other: str) -> bool:
        """That `other` is what `link` says to `one`; whether the document holds either of them."""
        if one == other:
            return True
        if one not in self._found or (link == NARROWER and other in self._found):
            one, link, other = other, _TURNED[link], one
        if one not in self._found:
            return False
        self._found[one].links[link].add(other)
        return True

    def competencies(self) -> Iterator[FrameworkCompetency]:
        """Those that are no headings, in the document's order, each with the relations that it states."""
        for statement in self._found.values():
            if not statement.heading and statement.labels:
                yield self._competency(statement)

    def headings(self) -> int:
        """How many were left out because they are headings."""
        return sum(one.heading for one in self._found.values())

    def _competency(self, one: Statement) -> FrameworkCompetency:
        aliases = {
            language: distinct(one.labels.get(language, ""), found) for language, found in one.aliases.items()
        }
        links = {link: tuple(sorted(self._held(others) - {one.uri})) for link, others in one.links.items()}
        return FrameworkCompetency(
            uri=one.uri,
            kind=one.kind,
            labels=one.labels,
            aliases={language: found for language, found in aliases.items() if found},
            broader=tuple(sorted(self._above(one) - {one.uri})),
            narrower=links[NARROWER],
            related=links[RELATED],
            same=links[SAME],
            description=one.description,
            place=one.place,
        )

    def _held(self, uris: Iterable[str]) -> set[str]:
        return {uri for uri in uris if uri not in self._found or not self._found[uri].heading}

    def _above(self, one: Statement) -> set[str]:
        """What is broader than a statement, through headings; circles do no harm."""
        above: set[str] = set()
        passed: set[str] = set()
        new = one.links[BROADER]
        for _ in range(_MOST_LEVELS):
            above |= self._held(new)
            headings = {uri for uri in new if uri not in passed} - above
            passed |= headings
            new = {other for uri in headings for other in self._found[uri].links[BROADER]}
            if not new or len(above) > _MOST_ABOVE or len(passed) > _MOST_ABOVE:
                break
        return above


def language_of(tag: str) -> str | None:
    """The language of a tag such as fr-CA, "en" or "fr"; None for those that we keep no labels in."""
    first = re.split(r"[-_]", tag.strip().lower(), maxsplit=1)[0]
    known = {"en": "en", "eng": "en", "english": "en", "fr": "fr", "fra": "fr", "fre": "fr", "french": "fr"}
    return known.get(first)


def kind_of(named: str) -> Kind:
    """What a framework's own word for a type of statement says: knowledge, attribute, else skill."""
    if _KNOWLEDGE.search(named):
        return Kind.KNOWLEDGE
    return Kind.ATTRIBUTE if _ATTRIBUTE.search(named) else Kind.SKILL


def is_heading(named: str) -> bool:
    """Whether a framework's own word for a type of statement means a heading: Domain, Strand, Cluster, ..."""
    return bool(_HEADING.fullmatch(named.strip()))


def checked_uri(text: str, where: str) -> str:
    """Raises InvalidInput where `text` is no absolute URI, or too long for one."""
    uri = text.strip()
    if (
        len(uri) > LONGEST_URI
        or len(uri.encode("utf-8", "replace")) > LONGEST_INDEXED
        or not URI.fullmatch(uri)
    ):
        raise InvalidInput(said("%(value)s is not an absolute URI", value=shown(text)), where=where)
    return uri


def counted(file: str, count: int, template: str, **values: object) -> Iterator[Notice]:
    """What `template`, which names the `count`, says of so many, where there were any."""
    if count:
        yield Notice(file, 0, said(template, count=count, **values))


def _cut(text: str) -> str:
    return text[: LONGEST_LABEL - 1].rstrip() + "…"
