"""Reads credentials in CTDL (Credential Transparency Description Language) as JSON-LD, as the registry of
Credential Engine gives them: bare, in a `@graph`, or in an envelope with a `decoded_resource`.

They say what is offered, and nobody holds them: each becomes an achievement. What is taken, by the names of
CTDL (with the prefix `ceterms:`, its address, or without a prefix):

    key            @id, else ctid
    name           name; description: in English, else in French, else in the first language stated
    issuer         the first of ownedBy, else of offeredBy: its @id and name, also from a node of the graph
    competencies   targetCompetency, assesses and teaches of the credential and of each of its requires, and
                   of the learning opportunities and assessments that these name, where they are in the graph:
                   targetNode, targetNodeName, frameworkName (a CTDL-ASN competency in the graph: its text)
    related        isPartOf and hasPart

Nothing is fetched: a reference to what is not in the document keeps its address. Of organisations and
offers without a credential, and of CTDL-ASN's frameworks of competencies, a notice says what they are for;
beside credentials, of competencies that these do not name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from indexer.readers.entries import Stated, achievement_of, check_number, object_of
from indexer.readers.formats import Context, Document, DocumentFormat, Record, under
from indexer.readers.json_text import encode, shown
from indexer.readers.linked_data import Found, Graph, Vocabulary, each, graph_of, id_of, strays, text_of
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import AchievementRecord, Notice, Rejected

_CTDL = Vocabulary(("ceterms:", "https://purl.org/ctdl/terms/", "http://purl.org/ctdl/terms/", ""))
_ASN = Vocabulary(("ceasn:", "https://purl.org/ctdlasn/terms/", "http://purl.org/ctdlasn/terms/", ""))
_CTDL_NAMED = Vocabulary(_CTDL.prefixes[:-1])
_ASN_NAMED = Vocabulary(_ASN.prefixes[:-1])
_CREDENTIAL = re.compile(
    r"\w*(?:Certificate|Degree|Diploma|Doctorate|Badge|Credential)|Certification|License"
    r"|CertificateOf\w+|GeneralEducationDevelopment"
)
"""The subclasses of ceterms:Credential: https://credreg.net/ctdl/terms#Credential"""

_FRAMEWORK = frozenset({"CompetencyFramework", "Competency"})
_HELD = ("targetCompetency", "assesses", "teaches")
_ON_THE_WAY = ("targetLearningOpportunity", "targetAssessment")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S{1,980}")
_SHOWN = 3


def read(document: Document, at: str, context: Context) -> Iterator[Record]:
    """An achievement for each credential of the document; the bad ones as `Rejected`.

    Raises InvalidInput for an envelope without a resource that can be read.
    """
    if "envelope_type" in document or "decoded_resource" in document:
        at = under(at, "decoded_resource")
        document = object_of(document.get("decoded_resource"), at)
    graph = graph_of(document, at, context.limits.values)
    yield from strays(document, at, context)
    credentials = [(where, node) for where, node in graph.nodes if _is_credential(node)]
    for where, node in credentials:
        try:
            yield _achievement(node, where, graph, context)
        except InvalidInput as error:
            raw = encode({"@context": document.get("@context"), **node})
            yield Rejected(context.file, context.line, error.where or where, error.reason, raw)
    if not credentials:
        types = sorted({name for _, node in graph.nodes for name in _CTDL.types(node)})
        text = said(
            "CTDL without a credential (%(held)s): about its issuer or the way to it; nothing to import",
            held=tuple(map(shown, types[:_SHOWN])) or said("nothing"),
        )
        yield Notice(context.file, context.line, text)
    if count := sum(id_of(node) not in graph.used for node in _of_frameworks(document)):
        text = said(
            "holds a framework of competencies too, of which %(count)s entries belong to no credential: "
            "`credmatch vocabulary import` loads it",
            count=count,
        )
        yield Notice(context.file, context.line, text)


def _achievement(node: Document, at: str, graph: Graph, context: Context) -> AchievementRecord:
    competencies = list(_competencies(node, at, graph, context.limits.competencies))
    related = [
        {"type": name, "key": key}
        for name in ("isPartOf", "hasPart")
        for _, one in each(_CTDL.find(node, at, name))
        if (key := id_of(one)) and not key.startswith("_:")
    ]
    name_at, name = _CTDL.find(node, at, "name")
    if not (text_of((name_at, name)) or "").strip():
        raise InvalidInput(said("is missing: a credential needs a name"), where=name_at)
    described_at, described = _CTDL.find(node, at, "description")
    owner_at, owner = next(
        each(_CTDL.find(node, at, "ownedBy", "offeredBy")), (f"{at}.ceterms:ownedBy", None)
    )
    id_ = id_of(node)
    ctid_at, ctid = _CTDL.find(node, at, "ctid")
    shape = {
        "achievement": {
            "key": ctid if not id_ or id_.startswith("_:") else id_,
            "name": text_of((name_at, name)),
            "description": text_of((described_at, described)),
            "issuer": _issuer(owner, owner_at, graph),
            "competencies": [competency for _, competency in competencies],
            "related": related,
        }
    }
    places = {
        "achievement": at,
        "achievement.key": under(at, "@id") if id_ else ctid_at,
        "achievement.name": name_at,
        "achievement.description": described_at,
        "achievement.issuer": owner_at,
        **{f"achievement.competencies[{n}]": where for n, (where, _) in enumerate(competencies)},
    }
    return achievement_of(Stated(shape, places), context, "")


def _issuer(owner: object, at: str, graph: Graph) -> dict[str, Any]:
    at, owner = graph.resolved((at, owner))
    url = id_of(owner)
    name = text_of(_CTDL.find(owner, at, "name")) if isinstance(owner, dict) else None
    return {"name": name, "url": "" if url.startswith("_:") else url}


def _competencies(node: Document, at: str, graph: Graph, most: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The competencies that a credential stands for, each with the JSON path at which it is aligned."""
    seen: set[tuple[object, ...]] = set()
    for where, part in _stands_on(node, at, graph):
        for name in _HELD:
            for place, one in each(_CTDL.find(part, where, name)):
                competency = _competency(one, place, graph)
                identity = tuple(competency.values())
                if any(identity) and identity not in seen:
                    check_number(len(seen) + 1, most, at)
                    seen.add(identity)
                    yield place, competency


def _stands_on(node: Document, at: str, graph: Graph) -> Iterator[tuple[str, Document]]:
    """The credential, its conditions, and the learning and assessments on the way to it."""
    yield at, node
    ways: dict[str, Document] = {}
    for found in _resolved(_CTDL.find(node, at, "requires"), graph):
        yield found
        for name in _ON_THE_WAY:
            ways.update(_resolved(_CTDL.find(found[1], found[0], name), graph))
    yield from ways.items()


def _resolved(stated: Found, graph: Graph) -> Iterator[tuple[str, Document]]:
    """The objects that a property has or refers to, as far as they are in the document."""
    for place, one in each(stated):
        where, found = graph.resolved((place, one))
        if isinstance(found, dict):
            yield where, found


def _competency(value: object, at: str, graph: Graph) -> dict[str, Any]:
    """The competency that an alignment, a competency itself, or an address stands for."""
    at, value = graph.resolved((at, value))
    if isinstance(value, str):
        return {"uri": value.strip(), "label": None, "framework": None}
    node = object_of(value, at)
    target_at, target = graph.resolved(_CTDL.find(node, at, "targetNode"))
    uri = id_of(target) or ("" if target else id_of(node))
    label = text_of(_CTDL.find(node, at, "targetNodeName", "name"))
    for place, one in ((target_at, target), (at, node)):
        if not label and isinstance(one, dict):
            label = text_of(_ASN.find(one, place, "competencyLabel", "competencyText"))
    framework = text_of(_CTDL.find(node, at, "frameworkName"))
    return {"uri": uri if _URI.fullmatch(uri) else None, "label": label, "framework": framework}


def _is_credential(node: Document) -> bool:
    return any(map(_CREDENTIAL.fullmatch, _CTDL.types(node)))


def _recognises(document: Document) -> bool:
    if "credentialSubject" in document:
        return False
    if isinstance(document.get("decoded_resource"), dict):
        return True
    if "envelope_type" in document and "resource" in document:
        return True
    nodes = [node for _, node in graph_of(document, "", 0).nodes]
    ours = _context_has(document, "credreg.net/ctdl/") or any(map(_CTDL_NAMED.types, nodes))
    return ours and (any(map(_is_credential, nodes)) or not any(_of_frameworks(document)))


def _of_frameworks(document: Document) -> Iterator[Document]:
    """The nodes of CTDL-ASN: frameworks and their competencies."""
    vocabulary = _ASN if _context_has(document, "credreg.net/ctdlasn/") else _ASN_NAMED
    for _, node in graph_of(document, "", 0).nodes:
        if not _FRAMEWORK.isdisjoint(vocabulary.types(node)):
            yield node


def _context_has(document: Document, address: str) -> bool:
    return any(isinstance(one, str) and address in one for _, one in each(("", document.get("@context"))))


FORMAT = DocumentFormat(
    name=marked("CTDL"),
    recognised_by="has types or the context of CTDL (`ceterms:`), or is the registry's envelope",
    taken={
        "@id, else ctid": "an achievement's key",
        "name, description": "the achievement's name and description, in English, else French",
        "ownedBy, else offeredBy": "its issuer",
        "targetCompetency, assesses, teaches (also of requires and what it targets)": "its competencies",
        "isPartOf, hasPart": "related achievements",
        "competencies of CTDL-ASN that no credential names": "nothing, and a notice says what loads them",
    },
    recognises=_recognises,
    read=read,
)
