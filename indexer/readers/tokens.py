"""Reads JSON Web Tokens: credentials signed as JWS in compact serialisation (RFC 7515, RFC 7519).

A token is decoded and never verified: what it holds counts as stated. Open Badges 2.0 signs an assertion as
the payload; Open Badges 3.0, CLR 2.0 and presentations are the payload itself (VC-JWT 2.0) or its claim `vc`
or `vp` (VC-JWT 1.1). Where the payload is a credential, claims fill what that leaves out:

    jti -> id    iss -> issuer, or its id    sub -> credentialSubject.id
    nbf, else iat -> validFrom    exp -> validUntil

of a presentation: jti -> id, iss -> holder. Paths in messages are those of the credential, not of the token.

A file may hold a token a line; white space and quotes around a token are dropped. Not read: encrypted tokens
(JWE), selective disclosure (SD-JWT), a payload that is detached or not encoded (RFC 7797).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from indexer.readers.formats import Context, Record, StreamFormat, types_of, under
from indexer.readers.json_text import decode, raw_text, shown
from indexer.readers.limits import Limits
from indexer.readers.lines import lines
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import Rejected

_START = re.compile(r"[A-Za-z0-9_-]{4,}(?:[.~]|$)")
_QUOTES = "\"'"
_PART = re.compile(r"[A-Za-z0-9_-]*")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 253_402_300_799
"""9999-12-31T23:59:59Z, in seconds."""

_STARTS = ("validFrom", "issuanceDate", "awardedDate")
_ENDS = ("validUntil", "expirationDate")
_HEADER, _PAYLOAD, _SIGNATURE = marked("header"), marked("payload"), marked("signature")


def is_token(text: str) -> bool:
    """Whether `text` begins as a token does: with an encoded JSON object, and then a full stop.

    Where `text` was cut off within the first part, the full stop may be missing.
    """
    start = text[:2_000_000].strip().lstrip(_QUOTES)
    if not _START.match(start):
        return False
    try:
        head = base64.urlsafe_b64decode(start[:4])
    except binascii.Error:  # cannot be: four letters of the alphabet
        return False
    return head[:1] == b"{" and (head[1:2] == b'"' or head[1:2].isspace())


def opened(body: object, at: str, limits: Limits) -> object:
    """What the token `body` holds; `body` itself where it is no token. `at` is the JSON path of `body`.

    Raises InvalidInput where it cannot be decoded.
    """
    if not (isinstance(body, str) and is_token(body)):
        return body
    try:
        return _held(_payload(body.strip().strip(_QUOTES).strip(), limits))
    except InvalidInput as error:
        raise InvalidInput(error.reason, where=under(at, error.where)) from error


def _payload(token: str, limits: Limits) -> dict[str, Any]:
    if len(token) > limits.document:
        raise InvalidInput(said("the token is longer than %(most)s characters", most=limits.document))
    if "~" in token:
        raise InvalidInput(said("is an SD-JWT (selective disclosure), which is not read"))
    number = token.count(".") + 1  # before they are parted: there may be millions
    if number == 5:
        raise InvalidInput(said("is an encrypted token (JWE), which cannot be read without its key"))
    if number != 3:
        raise InvalidInput(
            said("is no token: it has %(number)s parts separated by full stops, not 3", number=number)
        )
    parts = token.split(".")
    header = _object(parts[0], _HEADER, limits)
    if header.get("b64") is False:
        raise InvalidInput(said("the token's payload is not encoded (b64 is false), which is not read"))
    if not parts[1]:
        raise InvalidInput(said("the token's payload is detached: the credential itself is not in it"))
    _bytes(parts[2], _SIGNATURE)
    return _object(parts[1], _PAYLOAD, limits)


def _bytes(part: str, name: str) -> bytes:
    """A part of the token, decoded. Strictly: letters of base64url without padding, and no bits left over."""
    if not _PART.fullmatch(part) or len(part) % 4 == 1:
        raise InvalidInput(said("the token's %(part)s is not base64url", part=said(name)))
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(data).rstrip(b"=") != part.encode():
        reason = said(
            "the token's %(part)s is not base64url: its last letter has bits left over", part=said(name)
        )
        raise InvalidInput(reason)
    return data


def _object(part: str, name: str, limits: Limits) -> dict[str, Any]:
    data = _bytes(part, name)
    try:
        body = decode(data, limits)
    except InvalidInput as error:
        reason = said("the token's %(part)s: %(reason)s", part=said(name), reason=error.reason)
        raise InvalidInput(reason) from error
    if not isinstance(body, dict):
        raise InvalidInput(
            said(
                "the token's %(part)s is not a JSON object, but %(value)s", part=said(name), value=shown(body)
            )
        )
    return body


def _held(payload: dict[str, Any]) -> dict[str, Any]:
    """The document that a payload is or holds, with what its claims say."""
    claims = [name for name in ("vc", "vp") if name in payload]
    if len(claims) == 2:
        raise InvalidInput(said("the token has both vc and vp: which one is meant is not clear"))
    document = payload[claims[0]] if claims else payload
    if not isinstance(document, dict):
        raise InvalidInput(said("%(value)s is not an object", value=shown(document)), where=claims[0])
    types = types_of(document)
    if claims == ["vp"] or "VerifiablePresentation" in types:
        return _filled(document, payload, {"id": "jti", "holder": "iss"})
    if claims or "credentialSubject" in document or "VerifiableCredential" in types:
        return _credential(document, payload)
    return document


def _credential(document: dict[str, Any], payload: dict[str, Any]) -> dict[str, Any]:
    filled = _filled(document, payload, {"id": "jti", "issuer": "iss"})
    issuer = filled.get("issuer")
    if isinstance(issuer, dict):
        filled["issuer"] = _filled(issuer, payload, {"id": "iss"})
    subject = document.get("credentialSubject")
    single = subject[0] if isinstance(subject, list) and len(subject) == 1 else subject
    if isinstance(single, dict):
        filled["credentialSubject"] = _filled(single, payload, {"id": "sub"})
    for names, claims in ((_STARTS, ("nbf", "iat")), (_ENDS, ("exp",))):
        claim = next((name for name in claims if payload.get(name) is not None), "")
        if claim and not any(map(document.get, names)):
            filled[names[0]] = _moment(payload[claim], claim)
    return filled


def _filled(document: dict[str, Any], payload: dict[str, Any], claims: dict[str, str]) -> dict[str, Any]:
    """`document` with the claims' values in those fields that it leaves out."""
    missing = {
        field: payload[claim]
        for field, claim in claims.items()
        if not document.get(field) and payload.get(claim) is not None
    }
    return {**document, **missing}


def _moment(value: object, claim: str) -> str:
    """A NumericDate (seconds since 1970, RFC 7519) as a date and time."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LATEST:
        raise InvalidInput(
            said("%(value)s is not a moment in seconds since 1970", value=shown(value)), where=claim
        )
    return (_EPOCH + timedelta(seconds=int(value))).isoformat()


def _recognises(head: bytes) -> bool:
    return is_token(head.decode("latin-1"))


def _read(stream: BinaryIO, context: Context) -> Iterator[Record]:
    for line in lines(stream, context.limits.document, context.limits.values):
        if line.wrong:
            yield Rejected(context.file, line.number, "", line.wrong, raw_text(line.data))
        elif text := raw_text(line.data).strip():
            yield from context.nested(_document(text, context), "", replace(context, line=line.number))


def _document(text: str, context: Context) -> object:
    """A line among tokens that is a document as it stands, decoded; else the line."""
    try:
        return decode(text.encode(), context.limits) if text.startswith("{") else text
    except InvalidInput:
        return text


FORMAT = StreamFormat(
    name=marked("JSON Web Token"),
    recognised_by="begins with a JSON object in base64url and a full stop; a token a line",
    taken={
        "the payload, or its vc or vp": "the credential, read as its JSON would be",
        "jti": "id, where the credential has none",
        "iss": "issuer, or its id (of a presentation: holder), where the credential has none",
        "sub": "credentialSubject.id, where the credential has none",
        "nbf, else iat": "validFrom, where the credential has none",
        "exp": "validUntil, where the credential has none",
        "the header and the signature": "not checked: the credential counts as stated",
    },
    recognises=_recognises,
    read=_read,
)
