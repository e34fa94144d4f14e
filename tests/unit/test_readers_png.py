"""Badges baked into PNG images, and images that were made to harm."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.limits import Limits
from matcher.records import CandidateRecord, Notice, Recognised, Rejected
from tests.unit.containers import badge, chunk, itxt, png, read_bounded, text_of, token_of
from tests.unit.reading import formats_of, one_candidate, only, read_any

FIXTURES = Path(__file__).parents[3] / "shared" / "data" / "credentials"
OLD = b"openbadges"


def reasons(data: bytes, limits: Limits | None = None) -> list[str]:
    return [one.reason for one in only(Rejected, read_any(data, limits=limits))]


@pytest.mark.parametrize(
    "baked",
    [
        itxt(text_of()),
        itxt(text_of(), compressed=True),
        itxt(b"\xef\xbb\xbf \n" + text_of(), OLD),
        itxt(token_of(text_of())),
        itxt(json.dumps(token_of(text_of()).decode()).encode()),
        chunk(b"tEXt", OLD + b"\0" + text_of()),
        chunk(b"zTXt", OLD + b"\0\0" + zlib.compress(text_of())),
        itxt(b"a picture", b"Title") + itxt(text_of()),
    ],
)
def test_what_is_baked_in_is_the_same_award_as_its_json(baked: bytes) -> None:
    assert one_candidate(read_any(png(baked))) == one_candidate(read_any(badge()))
    assert formats_of(png(baked)) == ["PNG image", "Open Badges 3.0"]


def test_of_two_versions_the_newer_one_is_read_and_said() -> None:
    notice, record = read_any(png(itxt(text_of(2), OLD), itxt(text_of(1))))
    assert isinstance(notice, Notice)
    assert notice.text == (
        "the image holds 2 credentials; the one of Open Badges 3.0 (chunk iTXt openbadgecredential) is read"
    )
    assert isinstance(record, CandidateRecord)
    assert record.awards[0].key.endswith("urn:badge:1")


def test_a_damaged_text_is_refused_and_the_other_one_read() -> None:
    data = png(itxt(text_of(2), OLD), chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0{}", crc=5))
    rejected, record = read_any(data)
    assert isinstance(rejected, Rejected)
    assert rejected.reason == (
        "the image is damaged: the checksum of its chunk iTXt openbadgecredential is wrong"
    )
    assert isinstance(record, CandidateRecord)


@pytest.mark.parametrize("end", [-4, -14, -30])
def test_a_damaged_picture_does_not_lose_the_badge(end: int) -> None:
    notice, record = read_any(png(itxt(text_of()))[:end])
    assert isinstance(notice, Notice)
    assert notice.text.startswith("the image is damaged, but not what is read of it: it is cut off")
    assert isinstance(record, CandidateRecord)
    (notice, _) = read_any(png(itxt(text_of()), chunk(b"gAMA", b"1234", crc=1)))
    assert isinstance(notice, Notice)
    assert notice.text.endswith("the checksum of its chunk gAMA is wrong")


NONE = "the image holds no credential: it was never baked, or has been saved anew without it"
NAME = "chunk iTXt openbadgecredential"
KEY = b"openbadgecredential\0"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (png(), NONE),
        (png(itxt(text_of(), b"openbadgecredentials")), NONE),
        (b"\x89PNG\r\n\x1a\n", "no credential was found in the image, and it is damaged: it has no end"),
        (png()[:20], "no credential was found in the image, and it is damaged: it is cut off"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40),
         "no credential was found in the image, and it is damaged: what follows in it is no chunk"),
        (png(itxt(b"https://issuer.example.org/badges/7.json", OLD)),
         "the image (chunk iTXt openbadges) holds only the address of a badge, "),
        (png(itxt(b"a badge")), f'the image ({NAME}) holds "a badge", which is neither JSON nor a token'),
        (png(itxt(b"")), f'the image ({NAME}) holds "", which is neither JSON nor a token'),
        (png(itxt(b"{]")), f"in the image ({NAME}): not JSON: a name in double quotation marks is missing"),
        (png(itxt(b"{\"a\":\"\xff\"}")), f"in the image ({NAME}): not UTF-8, at its character 7"),
        (png(itxt(b"[" * 200_000)),
         f"in the image ({NAME}): not readable: nested more than 200 (CREDMATCH_IMPORT_NESTING) levels deep"),
        (png(chunk(b"iTXt", KEY + b"\2\0\0\0x")), f"the {NAME} of the image is not as PNG asks for"),
        (png(chunk(b"iTXt", KEY + b"\0\0en")), f"the {NAME} of the image is not as PNG asks for"),
        (png(chunk(b"iTXt", KEY + b"\1\1\0\0" + zlib.compress(text_of()))),
         f"the {NAME} of the image is compressed in a way that PNG does not know"),
        (png(chunk(b"iTXt", KEY + b"\1\0\0\0" + zlib.compress(text_of())[:-5])),
         f"the {NAME} of the image is cut off"),
        (png(chunk(b"iTXt", KEY + b"\1\0\0\0garbage")), f"the {NAME} of the image cannot be unpacked"),
        (png(itxt(b" " * 50 + b"{}", compressed=True)), "in none of the formats we read"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_image_is_said(data: bytes, reason: str) -> None:
    (found,) = reasons(data)
    assert found.startswith(reason)


def test_a_bad_credential_is_kept_as_it_stands_in_the_image() -> None:
    (rejected,) = only(Rejected, read_any(png(itxt(text_of(validFrom="soon")))))
    assert rejected.where == "validFrom"
    assert json.loads(rejected.raw)["validFrom"] == "soon"


def test_texts_are_bounded_packed_and_unpacked() -> None:
    limits = Limits(document=5_000)
    assert (
        "longer than 5,000 (CREDMATCH_IMPORT_DOCUMENT) bytes when it is unpacked"
        in reasons(png(itxt(b" " * 5_000 + b"{}", compressed=True)), limits)[0]
    )
    (reason,) = reasons(png(itxt(b" " * 5_000)), limits)
    assert reason.endswith(
        "and it is damaged: the text in the image is longer than 5,000 (CREDMATCH_IMPORT_DOCUMENT) bytes"
    )


def test_images_made_to_harm_cost_little() -> None:
    bomb = itxt(b"{" + b" " * 500_000_000, compressed=True)
    (found,) = only(Rejected, read_bounded(png(bomb)))
    assert found.reason.endswith(
        "is longer than 8,000,000 (CREDMATCH_IMPORT_DOCUMENT) bytes when it is unpacked"
    )
    bombs = b"".join(chunk(b"zTXt", OLD + b"\0\0" + zlib.compress(b" " * 9_000_000)) for _ in range(30))
    assert len(only(Rejected, read_bounded(png(bombs, itxt(text_of()))))) == 1
    many = b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"") * 450_000
    (found,) = only(Rejected, read_bounded(many))
    assert found.reason.endswith("it has more than 250,000 (CREDMATCH_IMPORT_VALUES) chunks")
    lying = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 2**31 - 1, b"iTXt") + KEY
    (found,) = only(Rejected, read_bounded(lying))
    assert found.reason.endswith(
        "the text in the image is longer than 8,000,000 (CREDMATCH_IMPORT_DOCUMENT) bytes"
    )


def test_the_size_of_the_picture_costs_nothing() -> None:
    huge = png(chunk(b"IDAT", bytes(30_000_000)), itxt(text_of()), width=60_000, height=60_000)
    assert only(CandidateRecord, read_bounded(huge))


@pytest.mark.skipif(not FIXTURES.exists(), reason="the published example credentials are not here")
def test_published_images_are_read() -> None:
    record = one_candidate(read_any((FIXTURES / "ob30" / "simple-json.png").read_bytes()))
    (award,) = record.awards
    assert award.key == "http://example.com/credentials/3527"
    assert award.achievement.issuer.url == "https://example.com/issuers/876543"
    assert formats_of((FIXTURES / "ob20" / "simple-badge.png").read_bytes())[0] == "PNG image"


@given(st.data())
def test_an_image_that_was_changed_is_read_or_refused(data: st.DataObject) -> None:
    image = bytearray(png(itxt(text_of(), compressed=data.draw(st.booleans()))))
    for _ in range(data.draw(st.integers(1, 4))):
        image[data.draw(st.integers(8, len(image) - 1))] = data.draw(st.integers(0, 255))
    found = read_any(bytes(image[: data.draw(st.integers(8, len(image)))]))
    assert found
    assert all(isinstance(one, CandidateRecord | Notice | Rejected | Recognised) for one in found)
