"""Makes images and archives that hold credentials, and measures what reading them takes."""

from __future__ import annotations

import base64
import io
import json
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from indexer.readers.formats import Record
from indexer.readers.limits import Limits
from tests.unit.reading import read_any
from tests.unit.survival import in_time

MOST_SECONDS = 5.0
"""Where 2 are what we promise, on a machine that does nothing else."""

MOST_BYTES = 64_000_000


def badge(number: int = 1, **fields: object) -> dict[str, Any]:
    """A credential of Open Badges 3.0."""
    return {
        "id": f"urn:badge:{number}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": "https://issuer.example.org/", "name": "Northshore Safety Institute"},
        "validFrom": "2026-01-31T12:00:00Z",
        "credentialSubject": {"id": "did:example:zoe", "achievement": {"name": "Lift truck operator"}},
        **fields,
    }


def text_of(number: int = 1, **fields: object) -> bytes:
    """The same as JSON."""
    return json.dumps(badge(number, **fields)).encode()


def chunk(type_: bytes, data: bytes, *, crc: int | None = None) -> bytes:
    """A chunk of PNG; its checksum is right where none is given."""
    check = zlib.crc32(type_ + data) if crc is None else crc
    return struct.pack(">I", len(data)) + type_ + data + struct.pack(">I", check)


def itxt(text: bytes, keyword: bytes = b"openbadgecredential", *, compressed: bool = False) -> bytes:
    """A chunk of text, as badges are baked in."""
    flags = b"\1\0" if compressed else b"\0\0"
    return chunk(b"iTXt", keyword + b"\0" + flags + b"en\0\0" + (zlib.compress(text) if compressed else text))


def png(*chunks: bytes, width: int = 1, height: int = 1) -> bytes:
    """A PNG image with these chunks after its header."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"".join([chunk(b"IHDR", header), *chunks, chunk(b"IDAT", zlib.compress(b"\0\0\0\0"))])
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def zip_of(entries: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def tar_of(entries: Mapping[str, bytes], mode: str = "w", format_: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar archive."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, format=format_) as archive:  # type: ignore[call-overload]
        for name, data in entries.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def svg_of(text: bytes, element: str = "credential") -> bytes:
    """An SVG image with a badge baked in."""
    start = b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0">'
    name = f"openbadges:{element}".encode()
    return start + b"<" + name + b"><![CDATA[" + text + b"]]></" + name + b"></svg>"


def token_of(text: bytes) -> bytes:
    """A token; its signature is as good as none."""
    parts = (b'{"alg":"RS256"}', text, b"signature")
    return b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)


_ENTRIES = {"one.json": text_of(1), "folder/two.png": png(itxt(text_of(2), compressed=True))}
CONTAINERS = {
    "PNG image": png(itxt(text_of(), compressed=True)),
    "SVG image": svg_of(text_of()),
    "JSON Web Token": token_of(text_of()) + b"\n" + token_of(text_of(2)),
    "ZIP archive": zip_of({**_ENTRIES, "inner.zip": zip_of(_ENTRIES)}),
    "tar archive": tar_of(_ENTRIES),
    "gzip file": tar_of(_ENTRIES, "w:gz"),
    "bzip2 file": tar_of(_ENTRIES, "w:bz2"),
    "xz file": tar_of(_ENTRIES, "w:xz"),
}
"""A good file of every format that holds others, by its name."""


def read_bounded(data: bytes, limits: Limits | None = None) -> list[Record]:
    """The records of `data`, having been read once against the clock, and once against memory."""
    with in_time(seconds=MOST_SECONDS):
        found = read_any(data, limits=limits)
    tracemalloc.start()
    try:
        read_any(data, limits=limits)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_BYTES
    return found
