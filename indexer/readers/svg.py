"""Reads credentials that are baked into SVG images (1EdTech badge baking).

Taken is an element `credential` (Open Badges 3.0) or `assertion` (Open Badges 2.0) in a namespace of Open
Badges, wherever it stands: JSON as its text or CDATA, else a token, or the address of a badge, in its
attribute `verify`. An address is refused because nothing is fetched.

The XML is read as a stream of events and never becomes a tree. A document type may be named, as editors do,
and is never loaded; one that declares entities, or anything else, within the file is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.sax import SAXException, SAXParseException  # what the parser raises; parsing itself is defusedxml's
from xml.sax.handler import ContentHandler, feature_namespaces

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from indexer.readers import baked
from indexer.readers.baked import Baked
from indexer.readers.formats import Context, Record, StreamFormat
from indexer.readers.json_text import raw_text, shown
from indexer.readers.limits import Limits
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import Rejected

_NAMESPACE = re.compile(
    r"https?://(?:www\.)?(?:openbadges\.org|purl\.imsglobal\.org/(?:spec/)?ob/v\dp\d|w3id\.org/openbadges)"
    r"(?:/.{0,100})?"
)
_DECLARED = re.compile(
    rb"\A(\xef\xbb\xbf)?(<\?xml\s[^>]{0,200}?)\s+encoding\s*=\s*[\"']utf-16[^\"'>]{0,20}[\"']", re.IGNORECASE
)
"""That an image is UTF-16, which it no longer is where it is read."""

_VERSIONS = {"credential": baked.OPEN_BADGES_3, "assertion": baked.OPEN_BADGES_2}
_SVG = {None, "", "http://www.w3.org/2000/svg"}
_MOST_KEPT = 10
_CUT_OFF = marked("it is cut off")
_BAD_CHARACTER = marked("a character stands where it may not")
_FINDINGS = {
    "no element found": _CUT_OFF,
    "unclosed": _CUT_OFF,
    "partial character": _CUT_OFF,
    "mismatched tag": marked("an element is closed that is not open"),
    "duplicate attribute": marked("an element has an attribute twice"),
    "junk after document element": marked("something follows its end"),
    "undefined entity": marked("it names an entity that it does not define"),
    "unbound prefix": marked("a prefix stands for no namespace"),
    "not well-formed (invalid token)": _BAD_CHARACTER,
    "reference to invalid character number": _BAD_CHARACTER,
    "encoding": marked("its encoding is not the one that it states"),
    "unknown encoding": marked("its encoding is not the one that it states"),
}
"""How what the parser says begins, and what we say."""

_FOUND_OTHERWISE = marked("something in it is not as XML asks for")

_KEPT_OF_BAD = 200
_LOOKED_AT = 65_536  # bytes of an image that has too many elements


class _Parser(DefusedExpatParser):  # type: ignore[misc]  # defusedxml has no types
    """Lets a document type be named. Declarations in the file itself are refused, entities and all others:
    expat takes a minute for a list of 400,000 attributes."""

    def __init__(self) -> None:
        super().__init__(forbid_dtd=True, forbid_entities=True, forbid_external=True)

    def defused_start_doctype_decl(
        self,
        name: str,  # noqa: ARG002 - expat's signature
        sysid: str | None,  # noqa: ARG002
        pubid: str | None,  # noqa: ARG002
        has_internal_subset: int,
    ) -> None:
        if has_internal_subset:
            raise InvalidInput(
                said("the XML's document type has declarations of its own (entities or others)")
            )

    def defused_external_entity_ref_handler(
        self,
        context: str | None,
        base: str | None,
        sysid: str | None,
        pubid: str | None,
    ) -> int:
        if context:
            super().defused_external_entity_ref_handler(context, base, sysid, pubid)
        return 1  # the document type that was named: it is taken for read, and is not loaded


class _Finder(ContentHandler):
    """Collects what is baked in. Raises InvalidInput where the XML is no SVG or is nested too deeply."""

    def __init__(self, deepest: int) -> None:
        super().__init__()
        self.found: list[Baked] = []
        self._deepest = deepest
        self._depth = 0
        self._inside = 0
        self._verify = ""
        self._pieces: list[str] = []

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: ARG002, N802 - SAX's names
        namespace, local = name
        self._depth += 1
        if self._depth > self._deepest:
            raise InvalidInput(said("the XML is nested more than %(most)s levels deep", most=self._deepest))
        if self._depth == 1 and (local != "svg" or namespace not in _SVG):
            reason = said("this is XML, and no SVG image: its root is %(root)s", root=shown(local))
            raise InvalidInput(reason)
        if self._inside or len(self.found) >= _MOST_KEPT:
            return
        if local in _VERSIONS and _NAMESPACE.fullmatch(namespace or ""):
            self._inside, self._pieces = self._depth, []
            self._verify = attrs.get((None, "verify"), "")

    def characters(self, content: str) -> None:
        if self._inside:
            self._pieces.append(content)

    def endElementNS(self, name: Any, qname: Any) -> None:  # noqa: ARG002, N802 - SAX's names
        if self._depth == self._inside:
            self._inside = 0
            text = "".join(self._pieces).strip() or self._verify
            self.found.append(
                Baked(said("element %(name)s", name=name[1]), _VERSIONS[name[1]], text.encode())
            )
        self._depth -= 1


def _read(stream: BinaryIO, context: Context) -> Iterator[Record]:
    data = stream.read(context.limits.document + 1)
    try:
        found = _found(data, context.limits)
    except InvalidInput as error:
        yield Rejected(context.file, 0, "", error.reason, raw_text(data[:_KEPT_OF_BAD]))
        return
    yield from baked.read(found, context)


def _found(data: bytes, limits: Limits) -> list[Baked]:
    if len(data) > limits.document:
        raise InvalidInput(said("the XML is longer than %(most)s bytes", most=limits.document))
    too_many = max(map(data.count, (b"<", b"=", b"\n"))) > limits.values
    if too_many:
        data = data[:_LOOKED_AT]  # where it is too deep as well, that says more
    if any(one[0].count(b"=") > limits.parts for one in re.finditer(rb"[^<]+", data)):
        reason = said("an element of the XML has more than %(most)s attributes", most=limits.parts)
        raise InvalidInput(reason)
    data = _DECLARED.sub(rb"\1\2", data.lstrip(b" \t\r\n"), count=1)
    parser = _Parser()
    parser.setFeature(feature_namespaces, True)  # noqa: FBT003 - SAX's signature
    finder = _Finder(limits.nesting)
    parser.setContentHandler(finder)
    try:
        parser.feed(data)  # all at once: expat reads a long token again with every piece
        if too_many:
            reason = said("the XML has more than %(most)s elements, attributes or lines", most=limits.values)
            raise InvalidInput(reason)
        parser.close()
    except DefusedXmlException as error:
        raise InvalidInput(said("the XML declares or loads entities, which is refused")) from error
    except SAXParseException as error:
        theirs = error.getMessage()
        found = next((ours for start, ours in _FINDINGS.items() if theirs.startswith(start)), None)
        reason = said(
            "the XML is damaged in line %(line)s: %(found)s",
            found=said(found or _FOUND_OTHERWISE),
            line=error.getLineNumber() or 1,
        )
        raise InvalidInput(reason) from error
    except (SAXException, LookupError, ValueError) as error:  # an encoding that expat or Python does not know
        raise InvalidInput(said("this XML is in an encoding that is not known")) from error
    return finder.found


FORMAT = StreamFormat(
    name=marked("SVG image"),
    recognised_by="begins with <, as XML does; its root is svg",
    taken={
        "openbadges:credential": "the credential (Open Badges 3.0), before any other",
        "openbadges:assertion": "the badge (Open Badges 1 and 2)",
        "verify": "a token, where the element holds no JSON; an address is refused, and not fetched",
        "the picture": "nothing",
    },
    recognises=lambda head: head.lstrip().startswith(b"<"),
    read=_read,
)
