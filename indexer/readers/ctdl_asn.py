"""Reads frameworks of competencies in CTDL-ASN (Credential Engine) and in ASN's older vocabulary, as JSON-LD.

Read are a graph (`@graph`, as the Credential Registry gives one), a list of nodes, a single node, and ASN's
older RDF in JSON (an object of nodes by their addresses). Fields and types count by their names after the
prefix or namespace: `ceasn:competencyText`, `asn:statementNotation`, `http://purl.org/ASN/schema/core/...`.

    competency   a node of type Competency, or ASN's Statement, or with competencyText: @id, else ctid
    label        competencyLabel; where there is none, competencyText (ASN: description), by language
    aliases      competencyText beside a label; codedNotation, altCodedNotation, statementNotation, where such
                 a code is one that nobody takes for a word: letters and digits, at least four
    description  competencyText in English; read for its meaning
    language     of a language map's text its own; of plain text the node's inLanguage or language, else the
                 framework's, else English. A competency without any text in English or French is left out,
                 and how many is said
    kind         competencyCategory (ASN: statementLabel): one that says knowledge is knowledge; disposition,
                 attitude, attribute or trait an attribute; any other a skill. A heading (Domain, Strand,
                 Cluster, ...) is left out, and what stands below it is narrower than what stands above
    broader      isChildOf, broadAlignment; in the child hasChild, and there narrowAlignment: it says that
                 this competency covers the other and more
    same         exactAlignment
    related      majorAlignment, minorAlignment, prerequisiteAlignment, alignTo, alignFrom, comprisedOf,
                 encompasses, crossSubjectReference, derivedFrom, isVersionOf, skillEmbodied,
                 knowledgeEmbodied, taskEmbodied
    framework    CompetencyFramework (ASN: StandardDocument): name or title, version, and for the attribution
                 the publisher's and the creator's names, license and rights

isTopChildOf, hasTopChild and isPartOf say only that something belongs to the framework.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from indexer.readers.damaged_json import Damaged
from indexer.readers.frameworks import Entry, FrameworkFacts, FrameworkFile, FrameworkFormat
from indexer.readers.json_text import encode, shown
from indexer.readers.statements import (
    BROADER,
    NARROWER,
    RELATED,
    SAME,
    Statement,
    Statements,
    checked_uri,
    counted,
    is_heading,
    kind_of,
    language_of,
)
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import Notice, Rejected

_LINKS = {
    "isChildOf": BROADER, "broadAlignment": BROADER, "hasChild": NARROWER, "narrowAlignment": NARROWER,
    "exactAlignment": SAME,
} | dict.fromkeys((
    "majorAlignment", "minorAlignment", "prerequisiteAlignment", "alignTo", "alignFrom", "comprisedOf",
    "encompasses", "crossSubjectReference", "derivedFrom", "isVersionOf", "skillEmbodied",
    "knowledgeEmbodied", "taskEmbodied",
), RELATED)  # fmt: skip
_CODES = ("codedNotation", "altCodedNotation", "statementNotation")
_FRAMEWORKS = {"CompetencyFramework", "StandardDocument"}
_OURS = re.compile(r"(?:ceasn:|asn:|.*ctdlasn/terms/|.*/ASN/schema/core/)(\w+)")
_SHOWN = 3  # types of entries that are passed over
_LOOKED_AT = 1_000  # nodes of a graph, to recognise it by
_DEEPEST = 2  # a text in a list of texts in a language map


class _Node:
    """A node of the graph: its fields by their names without prefixes, and where it stands."""

    def __init__(self, body: Mapping[str, Any], at: str) -> None:
        self.body = body
        self.at = at
        self._fields: dict[str, tuple[str, object]] = {}
        for name, value in body.items():
            local = _local(name)
            # `ceasn:name` before `ceterms:name`, where there are both.
            if local not in self._fields or _OURS.fullmatch(name):
                self._fields[local] = name, value

    def where(self, field: str) -> str:
        """The JSON path of a field, as the document names it."""
        return f"{self.at}.{self._fields.get(field, (field, None))[0]}".strip(".")

    @property
    def types(self) -> frozenset[str]:
        return frozenset(_local(one) for one in self.references("type"))

    def references(self, field: str) -> list[str]:
        """The addresses, or plain texts, that a field holds."""
        value = self._fields.get(field, ("", None))[1]
        found = (_address(one) for one in (value if isinstance(value, list) else [value]))
        return [one for one in found if one]

    def nameless(self, field: str) -> int:
        """How many things without an address or a text a field holds."""
        value = self._fields.get(field, ("", []))[1]
        return sum(not _address(one) for one in (value if isinstance(value, list) else [value]))

    def texts(self, field: str, default: str) -> list[tuple[str, str]]:
        """The texts of a field, each with its language tag.

        Raises InvalidInput where a text is none: a number, or an object within an object.
        """
        value = self._fields.get(field, ("", None))[1]
        return list(self._tagged(value, default, self.where(field), _DEEPEST))

    def _tagged(self, value: object, tag: str, where: str, deeper: int) -> Iterator[tuple[str, str]]:
        if isinstance(value, str):
            yield tag, value
        elif isinstance(value, list):
            for number, one in enumerate(value):
                yield from self._tagged(one, tag, f"{where}[{number}]", deeper)
        elif isinstance(value, dict) and deeper and ("@value" in value or "value" in value):
            own = value.get("@language", value.get("lang"))
            text = value.get("@value", value.get("value"))
            yield from self._tagged(text, own if isinstance(own, str) else tag, where, 0)
        elif isinstance(value, dict) and deeper:
            for own, text in value.items():
                yield from self._tagged(text, own, f"{where}.{own}", 0)
        elif value is not None:
            raise InvalidInput(said("%(value)s is not text", value=shown(value)), where=where)


def _address(value: object) -> str:
    """The address or the plain text that a value is, or has as an object; "" where it is neither."""
    if isinstance(value, dict):
        value = next((value[key] for key in ("@id", "id", "value") if isinstance(value.get(key), str)), "")
    return value.strip() if isinstance(value, str) else ""


def _local(name: str) -> str:
    return re.split(r"[:/#]", name)[-1].removeprefix("@")


def _is_ours(body: object) -> bool:
    """Whether a JSON value is a node of CTDL-ASN or ASN: by a type or a field of theirs."""
    if not isinstance(body, dict):
        return False
    if any(_local(name) == "competencyText" or _OURS.fullmatch(name) for name in islice(body, 200)):
        return True
    stated: list[object] = []
    for field in ("@type", "type", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"):
        value = body.get(field)
        stated += value if isinstance(value, list) else [value]
    names = [one.get("value") if isinstance(one, dict) else one for one in stated]
    return any(isinstance(name, str) and _OURS.fullmatch(name) for name in names)


def _recognises(document: object) -> bool:
    return any(_is_ours(body) for body, _ in islice(_bodies(document), _LOOKED_AT))


def _bodies(document: object) -> Iterator[tuple[object, str]]:
    """What may be a node, with its JSON path."""
    if isinstance(document, list):
        yield from ((one, f"[{number}]") for number, one in enumerate(document))
    elif not isinstance(document, dict):
        return
    elif isinstance(document.get("@graph"), list):
        yield from ((one, f"@graph[{number}]") for number, one in enumerate(document["@graph"]))
    elif document and all(isinstance(value, dict) and ":" in name for name, value in document.items()):
        # RDF in JSON: what stands under an address is about it.
        yield from (({"@id": name, **value}, name) for name, value in document.items())
    else:
        yield document, ""


def _read(files: Sequence[FrameworkFile], prefix: str) -> Iterator[Entry]:  # noqa: ARG001 - all have a URI
    for file in files:
        yield from _read_document(file)


def _read_document(file: FrameworkFile) -> Iterator[Entry]:
    nodes = [_Node(body, at) for body, at in _bodies(file.document) if isinstance(body, dict)]
    framework = next((node for node in nodes if node.types & _FRAMEWORKS), None)
    default = "en"
    if framework is not None:
        default = next(iter(_languages(framework)), "en")
        yield _facts(framework, default)
    statements, foreign = Statements(), 0
    taken: list[tuple[_Node, str]] = []
    for node in nodes:
        if not _is_competency(node):
            continue
        try:
            statement = _statement(node, default)
            if statement.labels:
                statements.add(statement, node.where("id"))
                taken.append((node, statement.uri))
            else:
                foreign += 1
        except InvalidInput as error:
            yield Rejected(file.name, 0, error.where, error.reason, encode(node.body))
    belongs = set(framework.references("id")) if framework else set()
    for node, uri in taken:
        yield from _relate(node, uri, statements, belongs, file.name)
    yield from statements.competencies()
    yield from counted(
        file.name, statements.headings(), marked("headings, such as domains, left out: %(count)s")
    )
    yield from counted(
        file.name, foreign, marked("competencies without text in English or French, left out: %(count)s")
    )
    yield from _nameless([node for node, _ in taken], file.name)
    yield from _passed_over(file, nodes)


def _passed_over(file: FrameworkFile, nodes: Sequence[_Node]) -> Iterator[Notice | Rejected]:
    """What stands among the nodes and is no competency."""
    for body, at in _bodies(file.document):
        if not isinstance(body, dict | Damaged):  # what is damaged is told of elsewhere
            yield Rejected(file.name, 0, at, said("%(value)s is no node", value=shown(body)), "")
    others = [node for node in nodes if not (_is_competency(node) or node.types & _FRAMEWORKS)]
    kinds = sorted({kind for node in others for kind in node.types})[:_SHOWN]
    told = tuple(map(shown, kinds)) or tuple(node.at for node in others[:1])
    template = marked("entries that are no competencies, passed over: %(count)s (%(told)s)")
    yield from counted(file.name, len(others), template, told=told)


def _nameless(nodes: Sequence[_Node], file: str) -> Iterator[Notice]:
    """What of each kind of relation leads to something without an address."""
    for field in _LINKS:
        where = [node.where(field) for node in nodes for _ in range(node.nameless(field))]
        template = marked("%(field)s without an address, left out: %(count)s (%(place)s)")
        yield from counted(file, len(where), template, field=field, place=tuple(where[:1]))


def _is_competency(node: _Node) -> bool:
    if node.types & _FRAMEWORKS:
        return False
    return not node.types.isdisjoint(("Competency", "Statement")) or "competencyText" in map(
        _local, node.body
    )


def _languages(node: _Node) -> list[str]:
    return [*node.references("inLanguage"), *node.references("language")]


def _statement(node: _Node, default: str) -> Statement:
    default = next(iter(_languages(node)), default).rpartition("/")[2]
    statement = Statement(_uri(node), place=node.at)
    field = "competencyText" if node.texts("competencyText", default) else "description"
    names = _first_by_language(node.texts("competencyLabel", default))
    whole = _first_by_language(node.texts(field, default))
    if not names and not whole and not (node.texts("competencyLabel", "") or node.texts(field, "")):
        reason = said("a competencyText or a competencyLabel is needed")
        raise InvalidInput(reason, where=node.where("competencyText"))
    for language in dict.fromkeys([*names, *whole]):
        where = node.where("competencyLabel" if names.get(language) else field)
        statement.say(language, names.get(language, ""), whole.get(language, ""), where)
    for code_field in _CODES:
        for _, code in node.texts(code_field, default):
            statement.code(code, node.where(code_field))
    named = [
        text for kind in ("competencyCategory", "statementLabel") for _, text in node.texts(kind, default)
    ]
    statement.kind = kind_of(" ".join(named))
    statement.heading = bool(named) and all(map(is_heading, named))
    return statement


def _uri(node: _Node) -> str:
    for field in ("id", "ctid"):
        for address in node.references(field)[:1]:
            whole = address if ":" in address else f"urn:ctid:{address}"
            return checked_uri(whole, node.where(field))
    raise InvalidInput(said("an @id is needed"), where=f"{node.at}.@id".strip("."))


def _first_by_language(texts: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag, text in texts:
        language = language_of(tag)
        if language and text.strip():
            found.setdefault(language, text)
    return found


def _relate(
    node: _Node, uri: str, statements: Statements, belongs: set[str], file: str
) -> Iterator[Rejected]:
    for field, link in _LINKS.items():
        for other in node.references(field):
            try:
                if other not in belongs:
                    statements.relate(uri, link, checked_uri(other, node.where(field)))
            except InvalidInput as error:
                reason = said("%(reason)s; the rest was read", reason=error.reason)
                yield Rejected(file, 0, error.where, reason, encode(node.body))


def _facts(node: _Node, default: str) -> FrameworkFacts:
    def first(*fields: str) -> str:
        for field in fields:
            try:
                texts = node.texts(field, default)
            except InvalidInput:
                continue
            if chosen := next(
                (text for tag, text in texts if language_of(tag) == "en"), texts[0][1] if texts else ""
            ):
                return chosen.strip()
        return ""

    parts = (first("publisherName"), first("creatorName"), first("license"), first("rights"))
    return FrameworkFacts(
        first("name", "title"),
        first("version", "versionIdentifier"),
        "; ".join(dict.fromkeys(filter(None, parts))),
    )


FORMAT = FrameworkFormat(
    name=marked("CTDL-ASN"),
    recognised_by="JSON-LD with types or fields of CTDL-ASN or ASN: `ceasn:Competency`, "
    "`ceasn:competencyText`, `asn:Statement`",
    taken={
        "CompetencyFramework, StandardDocument: name, title; version": "the framework's name and version",
        "publisherName, creatorName, license, rights": "its attribution",
        "Competency, Statement: @id, else ctid": "the competency's URI (`urn:ctid:` before a CTID)",
        "competencyLabel": "label, by language",
        "competencyText; ASN's description": "label where there is none; else alias and description",
        "codedNotation, altCodedNotation, statementNotation": "aliases (a code of letters and digits only)",
        "inLanguage, language": "language of plain text; other than English and French is left out",
        "competencyCategory, statementLabel": "kind; headings are left out",
        "isChildOf, hasChild, broadAlignment, narrowAlignment": "broader, narrower",
        "exactAlignment": "same",
        "majorAlignment, minorAlignment, prerequisiteAlignment, alignTo, alignFrom, comprisedOf, "
        "encompasses, crossSubjectReference, derivedFrom, isVersionOf, skillEmbodied, knowledgeEmbodied, "
        "taskEmbodied": "related",
        "isTopChildOf, hasTopChild, isPartOf, conceptKeyword, educationLevelType, other fields": "nothing",
        "credentials in CTDL, and other entries": "nothing, and a notice says so",
    },
    read=_read,
    recognises_document=_recognises,
)
