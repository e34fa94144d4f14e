"""What files hold of frameworks of competencies, and what would become of it; for `credmatch inspect`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from indexer.commands.output import count
from indexer.gathering import AS_STATED, Frameworks, Gathered, findings
from indexer.inspection import Json, record_json
from indexer.readers.json_text import shown
from matcher.messages import said
from matcher.records import Notice, Rejected
from matcher.store.database import Connection
from matcher.store.framework_intake import Framework, check_framework, labels_of
from matcher.store.organisations import Organisation
from matcher.store.relations import edge_of, links_of

_FIRST = 5


@dataclass(frozen=True, slots=True)
class FrameworkFound:
    """A framework that would be imported.

    `competencies`: how many, without those that everybody has already. `labels`, `aliases` by language,
    `relations` by kind: how many. `first`: labels and URIs of the first few.
    """

    file: str
    format: str
    framework: Framework
    shared: bool
    competencies: int
    labels: Counter[str]
    aliases: Counter[str]
    relations: Counter[str]
    first: Sequence[tuple[str, str]]

    def json(self) -> Json:
        """As {"type": "framework", ...}."""
        return {
            "type": "framework",
            "file": self.file,
            "format": self.format,
            "name": self.framework.name,
            "version": self.framework.version,
            "attribution": self.framework.attribution,
            "shared": self.shared,
            "competencies": self.competencies,
            "labels": self.labels,
            "aliases": self.aliases,
            "relations": self.relations,
            "first": [{"label": label, "uri": uri} for label, uri in self.first],
        }


Finding = FrameworkFound | Notice | Rejected


def find_frameworks(connection: Connection, home: Organisation, found: Frameworks) -> list[Finding]:
    """How the frameworks that were gathered would fit what is stored; stores nothing."""
    return [finding for one in found.values() for finding in _told(connection, home, one)]


def lines_of(finding: FrameworkFound) -> Iterator[str]:
    """A framework as lines of text."""
    version = f" {finding.framework.version}" if finding.framework.version else ""
    whose = "everybody's" if finding.shared else "the organisation's own"
    yield f"{finding.file}: {finding.format}"
    held = count(finding.competencies, "competency", "competencies")
    yield f"  framework {shown(finding.framework.name)}{version}, {held}, {whose}"
    for what, counts in (
        ("labels", finding.labels),
        ("aliases", finding.aliases),
        ("relations", finding.relations),
    ):
        told = ", ".join(f"{kind} {count:,}" for kind, count in sorted(counts.items()))
        yield f"    {what}: {told or 'none'}"
    for label, uri in finding.first:
        yield f"    {label} <{uri}>"
    if finding.competencies > len(finding.first):
        yield f"    ... and {finding.competencies - len(finding.first):,} more"


def finding_json(finding: Finding) -> Json:
    """A finding as {"type", ...}."""
    return finding.json() if isinstance(finding, FrameworkFound) else record_json(finding)


def _told(connection: Connection, home: Organisation, gathered: Gathered) -> Iterator[Finding]:
    owner, framework = gathered.owner(home), gathered.framework(AS_STATED)
    stated = list(gathered.competencies.values())
    checked = check_framework(connection, owner, framework.name, stated, gathered.facts.silent)
    new = [one for one in stated if one.uri not in checked.met]
    refused = {circle.edge for circle in checked.circles}
    links = [link for link in links_of(stated) if edge_of(link) not in refused]
    yield FrameworkFound(
        gathered.file,
        gathered.format.name,
        framework,
        gathered.format.shared,
        len(new),
        Counter(language for one in new for language in one.labels),
        Counter(language for one in new for language, aliases in one.aliases.items() for _ in aliases),
        Counter(kind for _, kind, _ in links),
        [(gathered.label(one.uri), one.uri) for one in islice(new, _FIRST)],
    )
    if not gathered.failed and gathered.lacks_version(AS_STATED):
        text = said("does not say its version: name it with --version when it is imported")
        yield Notice(gathered.file, 0, text)
    known = labels_of(connection, owner, {other for _, _, other in links})
    waiting: defaultdict[str, list[str]] = defaultdict(list)
    for _, kind, other in links:
        if other not in known and other not in gathered.competencies:
            waiting[kind].append(other)
    for kind, others in sorted(waiting.items()):
        text = said(
            "%(kind)s: %(count)s would wait for competencies that nobody knows, such as %(first)s",
            kind=kind,
            count=len(others),
            first=others[0],
        )
        yield Notice(gathered.file, 0, text)
    yield from gathered.remarks
    yield from findings(connection, owner, gathered, checked)
