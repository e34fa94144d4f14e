"""Badges baked into SVG images, and XML that was made to harm."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.records import CandidateRecord, Notice, Rejected
from tests.unit.containers import badge, read_bounded, text_of, token_of
from tests.unit.reading import formats_of, one_candidate, only, read_any

FIXTURES = Path(__file__).parents[3] / "shared" / "data" / "credentials"
V3 = "https://purl.imsglobal.org/ob/v3p0"
DOCTYPE = (
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
    '"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
)
TEXT = text_of().decode()
TOKEN = token_of(text_of()).decode()


def svg(inside: str, namespace: str = V3) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="{namespace}">{inside}<path d="M0"/></svg>'
    )


def reason(data: str | bytes) -> str:
    (found,) = only(Rejected, read_any(data))
    return found.reason


@pytest.mark.parametrize("namespace", [
    V3, "http://openbadges.org", "https://w3id.org/openbadges", "https://w3id.org/openbadges/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0",
])  # fmt: skip
@pytest.mark.parametrize("inside", [
    f"<openbadges:credential><![CDATA[ {TEXT} ]]></openbadges:credential>",
    f"<openbadges:credential>\n{escape(TEXT)}\n</openbadges:credential>",
    f'<openbadges:credential verify="{TOKEN}"/>',
    f'<openbadges:assertion verify="{TOKEN}"></openbadges:assertion>',
    f'<openbadges:assertion verify="https://issuer.example.org/7"><![CDATA[{TEXT}]]></openbadges:assertion>',
    f"<g><g><openbadges:credential><![CDATA[{TEXT}]]></openbadges:credential></g></g>",
])  # fmt: skip
def test_what_is_baked_in_is_the_same_award_as_its_json(namespace: str, inside: str) -> None:
    assert one_candidate(read_any(svg(inside, namespace))) == one_candidate(read_any(badge()))


@pytest.mark.parametrize(
    "start", ["", "\n  ", "\ufeff", DOCTYPE, "\ufeff" + DOCTYPE, "<!-- made by hand -->\n"]
)
def test_a_document_type_may_be_named_and_is_not_loaded(start: str) -> None:
    image = svg(f"<openbadges:credential><![CDATA[{TEXT}]]></openbadges:credential>")
    assert one_candidate(read_any(start + image)) == one_candidate(read_any(badge()))
    assert formats_of((start + image).encode()) == ["SVG image", "Open Badges 3.0"]


def test_of_two_versions_the_newer_one_is_read_and_said() -> None:
    other = text_of(2).decode()
    image = svg(
        f"<openbadges:assertion><![CDATA[{other}]]></openbadges:assertion>"
        f"<openbadges:credential><![CDATA[{TEXT}]]></openbadges:credential>"
    )
    notice, record = read_any(image)
    assert isinstance(notice, Notice)
    assert notice.text.endswith("the one of Open Badges 3.0 (element credential) is read")
    assert isinstance(record, CandidateRecord)
    assert record.awards[0].key.endswith("urn:badge:1")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (svg(""), "the image holds no credential: it was never baked, or has been saved anew without it"),
        (svg("<credential>{}</credential>"), "the image holds no credential"),
        (svg("<openbadges:credential/>", "https://issuer.example.org/ns"), "the image holds no credential"),
        (svg("<openbadges:credential/>"), 'the image (element credential) holds "", which is neither JSON'),
        (svg('<openbadges:assertion verify="https://issuer.example.org/7"/>'),
         'the image (element assertion) holds only the address of a badge, "https://issuer.example.org/7"'),
        (svg("<openbadges:credential>{]</openbadges:credential>"), "in the image (element credential): not"),
        ("<plist version='1.0'><dict/></plist>", 'this is XML, and no SVG image: its root is "plist"'),
        ('<svg xmlns="urn:other"/>', 'this is XML, and no SVG image: its root is "svg"'),
        ("<!DOCTYPE html><html><body>Badge</body></html>", "this is a web page (HTML)"),
        ("  <HTML lang='en'>", "this is a web page (HTML)"),
        ('<?xml version="1.0"?><!-- a --><!-- b -->\n<head>', "this is a web page (HTML)"),
        ("<!-- a -->" * 300 + "<svg>", "the XML is damaged in line 1: it is cut off"),
        ("<svg><g></svg>", "the XML is damaged in line 1: an element is closed that is not open"),
        (svg("<openbadges:credential>")[:-30], "the XML is damaged in line 1: it is cut off"),
        ("<", "the XML is damaged in line 1: it is cut off"),
        ("<svg><x:credential/></svg>", "the XML is damaged in line 1: a prefix stands for no namespace"),
        ('<?xml version="1.0" encoding="utf-7"?><svg/>', "this XML is in an encoding that is not known"),
        ('<?xml version="1.0" encoding="hex"?><svg/>', "this XML is in an encoding that is not known"),
        ('<?xml version="1.0" encoding="none-such"?><svg/>', "this "),
        ('<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><svg>&b;</svg>',
         "the XML's document type has declarations of its own"),
        ('<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>',
         "the XML's document type has declarations of its own"),
        ('<!DOCTYPE svg [<!ENTITY % a SYSTEM "http://localhost/a.dtd"> %a;]><svg/>',
         "the XML's document type has declarations of its own"),
        ("<svg>" + "<g>" * 600, "the XML is nested more than 200 (CREDMATCH_IMPORT_NESTING) levels deep"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_image_is_said(data: str, expected: str) -> None:
    assert reason(data).startswith(expected)


def test_a_bad_credential_is_kept_as_it_stands_in_the_image() -> None:
    text = text_of(validFrom="soon").decode()
    image = svg(f"<openbadges:credential><![CDATA[{text}]]></openbadges:credential>")
    (rejected,) = only(Rejected, read_any(image))
    assert json.loads(rejected.raw)["validFrom"] == "soon"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<svg>" + b"<g>" * 200_000, "nested more than 200 (CREDMATCH_IMPORT_NESTING)"),
        (b"<svg>" + b"<g>" * 200_000 + b"</g>" * 200_000 + b"</svg>",
         "nested more than 200 (CREDMATCH_IMPORT_NESTING)"),
        (b"<svg>" + b"<g/>" * 1_000_000,
         "more than 250,000 (CREDMATCH_IMPORT_VALUES) elements, attributes or lines"),
        (b"<svg>" + b"<g/>" * 240_000 + b"</svg>", "the image holds no credential"),
        (b"<svg " + b" ".join(b'a%d="1"' % n for n in range(240_000)) + b"/>",
         "more than 10,000 (CREDMATCH_IMPORT_PARTS) attributes"),
        (b"<!DOCTYPE svg [<!ATTLIST svg " + b" ".join(b'a%d ID ""' % n for n in range(300_000)) + b">]><svg>",
         "declarations of its own"),
        (b"<svg>" + b" " * 9_000_000, "longer than 8,000,000 (CREDMATCH_IMPORT_DOCUMENT) bytes"),
        (b"<svg><!--" + b"- " * 3_900_000, "the XML is damaged"),
        (svg("<openbadges:credential>").encode()[:-15] + b"&lt;" * 1_900_000, "the XML is damaged"),
    ],
)  # fmt: skip
def test_xml_made_to_harm_costs_little(data: bytes, expected: str) -> None:
    (found,) = only(Rejected, read_bounded(data))
    assert expected in found.reason


@pytest.mark.skipif(not FIXTURES.exists(), reason="the published example credentials are not here")
def test_the_published_image_is_read() -> None:
    record = one_candidate(read_any((FIXTURES / "ob30" / "simple-jwt.svg").read_bytes()))
    assert record.awards[0].key == "http://example.com/credentials/3527"
    assert record.awards[0].achievement.issuer.url == "https://1edtech.edu/issuers/565049"


@given(st.data())
def test_an_image_that_was_changed_is_read_or_refused(data: st.DataObject) -> None:
    image = bytearray(
        (DOCTYPE + svg(f'<openbadges:credential verify="x">{escape(TEXT)}</openbadges:credential>')).encode()
    )
    for _ in range(data.draw(st.integers(1, 4))):
        image[data.draw(st.integers(1, len(image) - 1))] = data.draw(st.integers(0, 255))
    assert read_any(bytes(image[: data.draw(st.integers(1, len(image)))]))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("declared", ["UTF-16", "utf-16LE"])
def test_an_image_in_utf_16_that_says_so_is_read(encoding: str, declared: str) -> None:
    image = svg(f"<openbadges:credential>{escape(TEXT)}</openbadges:credential>")
    data = f'<?xml version="1.0" encoding="{declared}" standalone="yes"?>{image}'.encode(encoding)
    assert one_candidate(read_any(data)) == one_candidate(read_any(image))
