"""What is baked into a PNG or SVG image: which of its texts is read, and as what (1EdTech badge baking)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexer.readers.formats import Context, Record
from indexer.readers.json_text import decode, raw_text, shown
from indexer.readers.tokens import is_token
from matcher.errors import InvalidInput
from matcher.messages import Said, marked, said
from matcher.records import Notice, Rejected

OPEN_BADGES_3 = "Open Badges 3.0"
OPEN_BADGES_2 = marked("Open Badges 1 or 2")

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Baked:
    """A text that an image holds under a name (of a chunk, or of an element) that a version gives it."""

    name: Said
    version: str
    data: bytes


def read(found: Sequence[Baked], context: Context) -> Iterator[Record]:
    """The records of what an image holds: of Open Badges 3.0 where it has that, else of what comes first."""
    if not found:
        reason = said("the image holds no credential: it was never baked, or has been saved anew without it")
        yield Rejected(context.file, 0, "", reason, "")
        return
    chosen = next((one for one in found if one.version == OPEN_BADGES_3), found[0])
    if len(found) > 1:
        text = said(
            "the image holds %(number)s credentials; the one of %(version)s (%(part)s) is read",
            number=len(found),
            version=said(chosen.version),
            part=chosen.name,
        )
        yield Notice(context.file, 0, text)
    yield from _read(chosen, context)


def _read(chosen: Baked, context: Context) -> Iterator[Record]:
    text = raw_text(chosen.data).strip()
    try:
        yield from context.nested(_document(text, chosen, context), "", context)
    except InvalidInput as error:
        yield Rejected(context.file, 0, "", error.reason, text)


def _document(text: str, chosen: Baked, context: Context) -> object:
    if is_token(text):
        return text
    if _ADDRESS.fullmatch(text):
        raise InvalidInput(
            said(
                "the image (%(part)s) holds only the address of a badge, %(value)s, and nothing is fetched "
                "from addresses: import the badge that stands there as JSON",
                part=chosen.name,
                value=shown(text),
            )
        )
    if not text.startswith(("{", "[", '"')):
        raise InvalidInput(
            said(
                "the image (%(part)s) holds %(value)s, which is neither JSON nor a token",
                part=chosen.name,
                value=shown(text),
            )
        )
    try:
        return decode(chosen.data, context.limits)
    except InvalidInput as error:
        reason = said("in the image (%(part)s): %(reason)s", part=chosen.name, reason=error.reason)
        raise InvalidInput(reason) from error
