"""The frameworks of competencies that files hold, and how they fit what is stored."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer.readers.floods import told_once
from indexer.readers.formats import Context, Record
from indexer.readers.framework_files import Framework as FoundFramework
from indexer.readers.framework_files import name_of, read_frameworks
from indexer.readers.frameworks import Entry, FrameworkCompetency, FrameworkFacts, FrameworkFormat
from indexer.readers.json_text import encode, shown
from indexer.readers.limits import Limits
from indexer.readers.sources import STANDARD_INPUT
from indexer.readers.vocabularies import FRAMEWORK_FORMATS
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import Notice, Rejected
from matcher.store.database import Connection
from matcher.store.framework_intake import Checked, Framework, labels_of
from matcher.store.organisations import Organisation
from matcher.store.tables import SHARED
from matcher.vocabulary.circles import Circle

_LONGEST_NAME = 200
_LONGEST_VERSION = 100
_REFUSED = 10_000_000  # bytes of refused records that are kept, to be corrected
_ITSELF = 500  # bytes that one takes beside its text
_TOLD = 5


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a framework is to be called, where it should not be what its document says; "" for that."""

    name: str = ""
    version: str = ""


AS_STATED = Chosen()
"""Every framework is called as its document calls it."""


@dataclass(slots=True)
class Gathered:
    """A framework as its files have it; `file` is the one that was named, for messages and its name.

    `remarks`: what is said of it, in its order. `failed`: whether its document as a whole cannot be read.
    """

    format: FrameworkFormat
    file: str
    facts: FrameworkFacts = field(default_factory=FrameworkFacts)
    competencies: dict[str, FrameworkCompetency] = field(default_factory=dict)
    remarks: list[Notice | Rejected] = field(default_factory=list)
    failed: bool = False

    @property
    def rejected(self) -> list[Rejected]:
        """What of it cannot be read."""
        return [one for one in self.remarks if isinstance(one, Rejected)]

    @property
    def notices(self) -> list[Notice]:
        """What is worth knowing of it."""
        return [one for one in self.remarks if isinstance(one, Notice)]

    def take(self, entries: Iterable[Entry]) -> None:
        """Of a competency that stands in several files the first is kept."""
        for one in entries:
            if isinstance(one, FrameworkCompetency):
                self.competencies.setdefault(one.uri, one)
            elif isinstance(one, Notice | Rejected):
                self.remarks.append(one)
            else:
                self.facts = one

    def label(self, uri: str) -> str:
        """What it calls a competency; "" where it does not have it."""
        one = self.competencies.get(uri)
        return (one.labels.get("en") or one.labels.get("fr", "")) if one else ""

    @property
    def name(self) -> str:
        """What its document calls it, else its file."""
        return self.facts.name or _stem(self.file)

    def owner(self, home: Organisation) -> int:
        """Whose competencies its ones become."""
        return SHARED if self.format.shared else home.id

    def lacks_version(self, chosen: Chosen) -> bool:
        """Whether its version has to be named."""
        return self.format.shared and not self.framework(chosen).version

    def framework(self, chosen: Chosen) -> Framework:
        """Its name, version and attribution; what was chosen comes before what is stated."""
        name = " ".join((chosen.name or self.name).split()) or "framework"
        version = (chosen.version or self.facts.version).strip()
        return Framework(name[:_LONGEST_NAME], version[:_LONGEST_VERSION], self.facts.attribution.strip())


Frameworks = dict[tuple[str, str], Gathered]
"""By their formats and names."""


def gather(
    paths: Sequence[Path], home: Organisation, chosen: Chosen, limits: Limits
) -> tuple[list[Gathered], Gathered]:
    """The frameworks that paths hold, and what is said of files that hold none."""
    found: Frameworks = {}
    loose = Gathered(FRAMEWORK_FORMATS[0], name_of(paths[0]))
    for record in beside_frameworks(paths, home, chosen, limits, found):
        if isinstance(record, Notice | Rejected):
            loose.take([record])
    return list(found.values()), loose


def beside_frameworks(
    paths: Sequence[Path],
    home: Organisation,
    chosen: Chosen,
    limits: Limits,
    found: Frameworks,
    others: Context | None = None,
) -> Iterator[Record]:
    """Put the frameworks that paths hold into `found`; what is to be said of files beside.

    `others`: in which context files that hold no framework are read; None: they are refused.
    """
    prefixes = {name: _prefix(home, chosen.name or _stem(name)) for name in map(name_of, reversed(paths))}
    first = name_of(paths[0])

    def take(one: FoundFramework) -> None:
        read = Gathered(one.format, one.file if one.file in prefixes else first)
        try:
            read.take(told_once(_kept(one.entries), limits.refused))
        except InvalidInput as error:
            read.take([Rejected(one.file, 0, error.where, error.reason, "")])
            read.failed = not read.competencies
        finally:  # of an archive that is damaged further on, what was read stays
            same = found.setdefault((read.format.name, read.name), read)
            if same is not read:
                same.take([*read.competencies.values(), *read.remarks])

    yield from read_frameworks(paths, {**prefixes, "": prefixes[first]}, limits, take, others)


def _kept(entries: Iterable[Entry]) -> Iterator[Entry]:
    """`entries`, which are held in memory: of very much that is refused the rest without its record."""
    kept = 0
    for one in entries:
        if isinstance(one, Rejected) and one.raw:
            kept += len(one.raw) + _ITSELF
            yield one if kept <= _REFUSED else replace(one, raw="")
        else:
            yield one


def _stem(file: str) -> str:
    return "" if file == STANDARD_INPUT else Path(file).name.partition(".")[0]


def held_frameworks(found: Sequence[Gathered], loose: Gathered, chosen: Chosen) -> list[Gathered]:
    """Those of what was gathered that can be imported, the first with all that is said of the others.

    Raises InvalidInput where there is none, several are to have one name, or one needs a version.
    """
    held = [one for one in found if not one.failed and (one.competencies or one.rejected)]
    for one in found:
        if one not in held:
            loose.take(one.remarks)
    if not held and loose.rejected:
        first = loose.rejected[0]
        raise InvalidInput(first.reason, where=f"{first.file} {first.where}".strip())
    if not held:
        notices = [notice for one in (*found, loose) for notice in one.notices]
        told = tuple(said("%(file)s %(text)s", file=one.file, text=one.text) for one in notices[:_TOLD])
        nothing = said("holds no competency")
        reason = said("holds no competency (%(notices)s)", notices=told) if told else nothing
        raise InvalidInput(reason, where=loose.file)
    if chosen.name and len(held) > 1:
        names = tuple(shown(one.name) for one in held[:_TOLD])
        reason = said("%(names)s cannot have one name: import them one by one", names=names)
        raise InvalidInput(reason, where="name")
    for one in held:
        if one.lacks_version(chosen):
            reason = said("%(format)s does not say its version: name it", format=said(one.format.name))
            raise InvalidInput(reason, where="version")
    held[0].take(loose.remarks)
    return held


def _prefix(home: Organisation, framework: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", framework.casefold()).strip("-") or "framework"
    return f"urn:credmatch:{home.key}:{slug}:"


# --- how they fit what is stored ----------------------------------------------------------------


def findings(
    connection: Connection, owner: int, gathered: Gathered, checked: Checked
) -> Iterator[Notice | Rejected]:
    """What is to be said of how a framework fits: whom it met, and what it states in circles."""
    if checked.met:
        template = marked(
            "%(count)s competencies are in the shared vocabulary already and stay as they are there; their "
            "relations are kept (%(told)s)"
        )
        yield _met(gathered, checked.met, template)
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for uri, name in checked.others.items():
        by_name[name].append(uri)
    for name, uris in sorted(by_name.items()):
        template = marked(
            "%(count)s competencies are known from the framework %(name)s and become of this one (%(told)s)"
        )
        yield _met(gathered, uris, template, name=shown(name))
    members = {uri for circle in checked.circles for uri in (*circle.members, *circle.edge)}
    names = labels_of(connection, owner, members) | {
        uri: label for uri in members if (label := gathered.label(uri))
    }
    for circle in checked.circles:
        yield _closed(gathered, circle, names)


def _met(gathered: Gathered, uris: Iterable[str], template: str, **values: object) -> Notice:
    wanted = set(uris)
    inside = [one for uri, one in gathered.competencies.items() if uri in wanted]
    told = [f"{one.place} {gathered.label(one.uri)}".strip() for one in inside[:_TOLD]]
    more = ["..."] if len(inside) > _TOLD else []
    text = said(template, count=len(inside), told=(*told, *more), **values)
    return Notice(gathered.file, 0, text)


def _closed(gathered: Gathered, circle: Circle, names: Mapping[str, str]) -> Rejected:
    narrower, broader = (names.get(uri, uri) for uri in circle.edge)
    way = [names.get(uri, uri) for uri in circle.members]
    way += ["..."] if circle.length > len(circle.members) else []
    reason = said(
        "%(broader)s cannot be broader than %(narrower)s: that closes a circle, %(way)s; the rest was read",
        broader=shown(broader),
        narrower=shown(narrower),
        way=" < ".join([*way, way[0]]),
    )
    at = [one.place for uri in circle.edge if (one := gathered.competencies.get(uri))]
    where = f"{at[0]}.broader" if at and at[0] else "broader"
    raw = encode({"uri": circle.edge[0], "broader": circle.edge[1]})
    return Rejected(gathered.file, 0, where, reason, raw)
