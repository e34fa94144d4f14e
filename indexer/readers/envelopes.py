"""Opens the envelopes of the Verifiable Credentials Data Model 2.0: a token that is written as an address.

An EnvelopedVerifiableCredential (or -Presentation) has an `id` of the form `data:application/vc+jwt,TOKEN`;
drafts put a `;` before the token, and some wallets write the token in Base64. The token is read as it would
be where it stands alone. Envelopes of other kinds (SD-JWT, COSE) are refused by the name of their kind.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from urllib.parse import unquote

from indexer.readers.formats import Context, Document, DocumentFormat, Record, types_of, under
from indexer.readers.json_text import shown
from matcher.errors import InvalidInput
from matcher.messages import marked, said

_TYPES = {"EnvelopedVerifiableCredential", "EnvelopedVerifiablePresentation"}
_ADDRESS = re.compile(
    r"data:(?P<kind>[^;,]*)(?P<parameters>(?:;[^;,.]*)*)[,;](?P<token>[^,;]*)", re.IGNORECASE
)
_KINDS = re.compile(r"application/(?:(?:vc|vp)(?:-ld|\+ld\+json)?\+)?jwt", re.IGNORECASE)


def recognises(document: Document) -> bool:
    """By its type."""
    return bool(_TYPES & types_of(document))


def opened(body: object, at: str) -> tuple[object, str]:
    """What is in an envelope that stands at the path `at`, and its path; anything else as it stands.

    Raises InvalidInput with the path for an envelope that cannot be opened.
    """
    if not (isinstance(body, dict) and recognises(body)):
        return body, at
    at, address = under(at, "id"), body.get("id")
    if not isinstance(address, str) or not (match := _ADDRESS.fullmatch(address.strip())):
        reason = said("%(value)s is no envelope, which is a data: address with a token", value=shown(address))
        raise InvalidInput(reason, where=at)
    if not _KINDS.fullmatch(unquote(match["kind"])):
        raise InvalidInput(
            said("an envelope of kind %(kind)s is not read", kind=shown(match["kind"])), where=at
        )
    token = unquote(match["token"])
    if "base64" in match["parameters"].lower().split(";"):
        token = _from_base64(token, at)
    return token, at


def read(document: Document, at: str, context: Context) -> Iterator[Record]:
    """The records of what is in an envelope."""
    token, where = opened(document, at)
    yield from context.nested(token, where, context)


def _from_base64(text: str, at: str) -> str:
    try:
        return b64decode(text, validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(said("the envelope is not in Base64"), where=at) from error


FORMAT = DocumentFormat(
    name=marked("Enveloped credential"),
    recognised_by="is an `EnvelopedVerifiableCredential` or `EnvelopedVerifiablePresentation`",
    taken={"id (data:application/vc+jwt,TOKEN)": "see the format of what is in the envelope"},
    recognises=recognises,
    read=read,
)
