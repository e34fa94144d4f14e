"""Reads frameworks in 1EdTech CASE 1.0 and 1.1 (Competencies and Academic Standards Exchange), as JSON.

Read are a CFPackage (bare, or in an object's `CFPackage`), what a server answers for one item
(`CFItem`, with its `CFAssociations`), a list of items (`CFItems`, or a bare list), and a bare CFItem. A
CFDocument alone holds no item and is refused.

    competency   a CFItem: uri, else urn:uuid: and its identifier
    label        abbreviatedStatement; where there is none, fullStatement (cut at 500 characters)
    aliases      fullStatement beside an abbreviatedStatement; alternativeLabel; humanCodingScheme where it is
                 a code that nobody takes for a word: letters and digits, at least four
    description  fullStatement, where it is not the label; read for its meaning
    language     the item's, else the document's, else English; items in others than English and French are
                 left out, and how many is said
    kind         CFItemType (or the title of its CFItemTypeURI in CFDefinitions): one that says knowledge is
                 knowledge; disposition, attitude, attribute or trait an attribute; any other a skill
    framework    CFDocument: title, version, and for the attribution creator, publisher and licence

Items whose CFItemType is a heading (Domain, Strand, Cluster, Grade Level, ...) are nothing that a person can
hold: they are left out, and what stands below them is narrower than what stands above.

CFAssociations, from the origin to the destination:

    isChildOf                       broader (to the CFDocument: nothing)
    exactMatchOf, isTranslationOf   same
    isPeerOf, isRelatedTo, isPartOf, precedes, replacedBy
                                    related: a part, what comes first and what came before are no kind of it
    exemplar, hasSkillLevel         nothing: their other end is an example or a level

An association counts where the file holds either of its ends. Of those that do not, and of types that are
none of CASE, it is said how many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from indexer.readers.damaged_json import Damaged
from indexer.readers.frameworks import Entry, FrameworkFacts, FrameworkFile, FrameworkFormat
from indexer.readers.json_text import encode, shown
from indexer.readers.problems import problem
from indexer.readers.statements import (
    BROADER,
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
from matcher.messages import Said, marked, said
from matcher.records import Rejected

_LINKS = {
    "isChildOf": BROADER, "exactMatchOf": SAME, "isTranslationOf": SAME, "isPeerOf": RELATED,
    "isRelatedTo": RELATED, "isPartOf": RELATED, "precedes": RELATED, "replacedBy": RELATED,
}  # fmt: skip
_NO_LINKS = ("exemplar", "hasSkillLevel")
_KINDS_TOLD = 20
_LOOKED_AT = 20  # items of a list, to recognise it by: some may be damaged
_LISTS = ("CFItems", "CFAssociations")


def _link(value: object) -> object:
    return {"uri": value} if isinstance(value, str) else value


class _Part(BaseModel):
    # What is not read may be there.
    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class _Reference(_Part):
    title: str | None = None
    identifier: str | None = None
    uri: str | None = None


_Link = Annotated[_Reference | None, BeforeValidator(_link)]


class _Item(_Part):
    identifier: str | None = None
    uri: str | None = None
    full_statement: str = Field(alias="fullStatement")
    abbreviated_statement: str | None = Field(None, alias="abbreviatedStatement")
    alternative_label: str | None = Field(None, alias="alternativeLabel")
    human_coding_scheme: str | None = Field(None, alias="humanCodingScheme")
    language: str | None = None
    item_type: str | None = Field(None, alias="CFItemType")
    item_type_uri: _Link = Field(None, alias="CFItemTypeURI")


class _Association(_Part):
    association_type: str = Field(alias="associationType")
    origin: Annotated[_Reference, BeforeValidator(_link)] = Field(alias="originNodeURI")
    destination: Annotated[_Reference, BeforeValidator(_link)] = Field(alias="destinationNodeURI")


class _Document(_Part):
    identifier: str | None = None
    uri: str | None = None
    title: str | None = None
    version: str | None = None
    creator: str | None = None
    publisher: str | None = None
    language: str | None = None
    license: _Link = Field(None, alias="licenseURI")


class _Reader:
    """Reads one package."""

    def __init__(self, file: str, package: Mapping[str, Any], at: str) -> None:
        self._file = file
        self._package = package
        self._types = _types(package)
        self._at = at
        self._statements = Statements()
        self._by_identifier: dict[str, str] = {}
        self._languages: Counter[str] = Counter()
        self._left_out: dict[
            Said, list[object]
        ] = {}  # why associations count for nothing -> where they stand

    def entries(self) -> Iterator[Entry]:
        document = self._document()
        yield _facts(document)
        yield from self._read("CFItems", lambda item, at: self._item(item, at, document.language or ""))
        skipped = {document.uri, document.identifier} - {None}
        yield from self._read("CFAssociations", lambda one, at: self._associate(one, at, skipped))
        yield from self._statements.competencies()
        headings = marked("headings, such as domains, left out: %(count)s")
        yield from counted(self._file, self._statements.headings(), headings)
        names = tuple(shown(name) for name, _ in self._languages.most_common(5))
        foreign = marked("items neither in English nor in French, left out: %(count)s (%(names)s)")
        yield from counted(self._file, self._languages.total(), foreign, names=names)
        left_out = list(self._left_out.items())
        for why, places in left_out[:_KINDS_TOLD]:
            template = marked("associations left out: %(count)s, as %(why)s (%(place)s)")
            yield from counted(self._file, len(places), template, why=why, place=places[0])
        rest = sum(len(places) for _, places in left_out[_KINDS_TOLD:])
        yield from counted(self._file, rest, marked("associations of yet other types, left out: %(count)s"))

    def _document(self) -> _Document:
        try:
            return _Document.model_validate(self._package.get("CFDocument") or {})
        except ValidationError as error:
            raise problem(error, (), f"{self._at}CFDocument") from error

    def _read(self, name: str, take: Any) -> Iterator[Rejected]:
        found = self._package.get(name) or []
        if not isinstance(found, list):
            raise InvalidInput(said("%(value)s is not a list", value=shown(found)), where=f"{self._at}{name}")
        for number, one in enumerate(found):
            if isinstance(one, Damaged):
                continue
            at = f"{self._at}{name}[{number}]"
            try:
                take(one, at)
            except ValidationError as error:
                wrong = problem(error, (), at)
                yield Rejected(self._file, 0, wrong.where, wrong.reason, encode(one))
            except InvalidInput as error:
                yield Rejected(self._file, 0, error.where, error.reason, encode(one))

    def _item(self, body: object, at: str, default: str) -> None:
        item = _Item.model_validate(body)
        tag = (item.language or default).strip() or "en"
        language = language_of(tag)
        statement = Statement(_uri(item, at), place=at)
        if language is None:
            self._languages[tag] += 1
            return
        named = item.item_type or self._type_title(item.item_type_uri)
        statement.kind, statement.heading = kind_of(named), is_heading(named)
        statement.say(language, _brief(item), item.full_statement, f"{at}.fullStatement")
        if not statement.labels:
            raise InvalidInput(said("is empty"), where=f"{at}.fullStatement")
        statement.also(language, item.alternative_label or "", f"{at}.alternativeLabel")
        statement.code(item.human_coding_scheme or "", f"{at}.humanCodingScheme")
        self._statements.add(statement, f"{at}.uri")
        if item.identifier:
            self._by_identifier[item.identifier.strip().lower()] = statement.uri

    def _type_title(self, reference: _Reference | None) -> str:
        if reference is None:
            return ""
        return reference.title or self._types.get(reference.identifier or "", "")

    def _associate(self, body: object, at: str, document: set[str | None]) -> None:
        association = _Association.model_validate(body)
        link = _LINKS.get(association.association_type)
        if link is None:
            named = shown(association.association_type)
            known = association.association_type in _NO_LINKS
            no_link, no_type = (
                marked("%(type)s relates no competencies"),
                marked("%(type)s is no type of CASE"),
            )
            why = said(no_link if known else no_type, type=named)
            self._left_out.setdefault(why, []).append(at)
            return
        if {association.destination.uri, association.destination.identifier} & document:
            return
        origin = self._end(association.origin, f"{at}.originNodeURI")
        other = self._end(association.destination, f"{at}.destinationNodeURI")
        if not self._statements.relate(origin, link, other):
            why = said("neither end of %(type)s is an item that was read", type=association.association_type)
            ends = said(
                "%(place)s from %(origin)s to %(other)s", place=at, origin=shown(origin), other=shown(other)
            )
            self._left_out.setdefault(why, []).append(ends)

    def _end(self, reference: _Reference, at: str) -> str:
        """The URI of an association's end; servers differ in whether they name items by uri or identifier."""
        identifier = (reference.identifier or "").strip().lower()
        if identifier in self._by_identifier:
            return self._by_identifier[identifier]
        return _uri(reference, at)


def _types(package: Mapping[str, Any]) -> dict[str, str]:
    """The titles of the CFItemTypes that a package defines, by identifier."""
    definitions = package.get("CFDefinitions")
    kinds = definitions.get("CFItemTypes") if isinstance(definitions, dict) else None
    pairs = (
        (kind.get("identifier"), kind.get("title"))
        for kind in (kinds if isinstance(kinds, list) else [])
        if isinstance(kind, dict)
    )
    return {key: title for key, title in pairs if isinstance(key, str) and isinstance(title, str)}


def _uri(named: _Item | _Reference, at: str) -> str:
    if named.uri and named.uri.strip():
        return checked_uri(named.uri, f"{at}.uri")
    if named.identifier and named.identifier.strip():
        return checked_uri(f"urn:uuid:{named.identifier.strip().lower()}", f"{at}.identifier")
    raise InvalidInput(said("a uri or an identifier is needed"), where=f"{at}.uri")


def _brief(item: _Item) -> str:
    """The short form of the statement, unless it is only the code."""
    brief = (item.abbreviated_statement or "").strip()
    return "" if brief == (item.human_coding_scheme or "").strip() else brief


def _facts(document: _Document) -> FrameworkFacts:
    licence = document.license.title or document.license.uri if document.license else None
    parts = dict.fromkeys(filter(None, (document.creator, document.publisher, licence)))
    return FrameworkFacts(document.title or "", document.version or "", "; ".join(parts))


def _packages(document: object) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The packages in a document, each with what its JSON paths begin with."""
    if isinstance(document, list):
        yield {"CFItems": document}, "$."
    elif not isinstance(document, dict):
        return
    elif isinstance(document.get("CFPackage"), dict):
        yield document["CFPackage"], "CFPackage."
    elif "CFItem" in document:
        yield {"CFItems": [document["CFItem"]], "CFAssociations": document.get("CFAssociations")}, ""
    elif "fullStatement" in document:
        yield {"CFItems": [document]}, ""
    elif "CFDocument" not in document and "title" in document:
        yield {"CFDocument": {key: document[key] for key in document if key not in _LISTS}, **document}, ""
    else:
        yield document, ""


def recognises(document: object) -> bool:
    """Whether a decoded JSON value is CASE: by the names of its fields, which begin with CF."""
    if isinstance(document, list):
        looked_at = (one for one in document[:_LOOKED_AT] if isinstance(one, dict))
        return any("fullStatement" in one and recognises(one) for one in looked_at)
    if not isinstance(document, dict):
        return False
    if not document.keys().isdisjoint(("CFPackage", "CFDocument", "CFItems", "CFItem", "CFPackageURI")):
        return True
    return "fullStatement" in document and not document.keys().isdisjoint(("identifier", "uri"))


def read(files: Sequence[FrameworkFile], prefix: str) -> Iterator[Entry]:  # noqa: ARG001 - items have a URI
    """The competencies of a package. Raises InvalidInput where it holds no items."""
    for file in files:
        for package, at in _packages(file.document):
            if not package.get("CFItems"):
                reason = said("holds no CFItems: import the CFPackage of this document")
                raise InvalidInput(reason, where=f"{at}CFItems")
            yield from _Reader(file.name, package, at).entries()


FORMAT = FrameworkFormat(
    name=marked("CASE"),
    recognised_by="JSON with `CFPackage`, `CFDocument`, `CFItems`, `CFItem` or `fullStatement`",
    taken={
        "CFDocument.title, version": "the framework's name and version",
        "CFDocument.creator, publisher, licenseURI": "its attribution",
        "CFItem.uri, else identifier": "the competency's URI (`urn:uuid:` before an identifier)",
        "CFItem.abbreviatedStatement": "label",
        "CFItem.fullStatement": "label where there is no abbreviated one; else alias and description",
        "CFItem.alternativeLabel, humanCodingScheme": "aliases (a code of letters and digits only)",
        "CFItem.language": "language of the labels; other than English and French are left out",
        "CFItem.CFItemType, CFItemTypeURI, CFDefinitions.CFItemTypes": "kind; headings are left out",
        "isChildOf": "broader",
        "exactMatchOf, isTranslationOf": "same",
        "isPeerOf, isRelatedTo, isPartOf, precedes, replacedBy": "related",
        "exemplar, hasSkillLevel, other associations, CFRubrics": "nothing",
    },
    read=read,
    recognises_document=recognises,
)
