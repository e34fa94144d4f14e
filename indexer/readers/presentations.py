"""Reads a Verifiable Presentation: credentials that somebody hands over together.

Each entry of `verifiableCredential` (an object, a token, or an envelope) is read as it would be where it
stands alone. Whose they are, they say themselves: who presents them (`holder`) may be a parent, an employer
or a wallet. A bad one does not lose the others.
"""

from __future__ import annotations

from collections.abc import Iterator

from indexer.readers.credential_parts import Leftovers, entries
from indexer.readers.envelopes import opened
from indexer.readers.formats import Context, Document, DocumentFormat, Record, types_of, under
from matcher.errors import InvalidInput
from matcher.messages import marked, said


def recognises(document: Document) -> bool:
    """By its type, or by credentials without a subject."""
    has_some = "verifiableCredential" in document and "credentialSubject" not in document
    return "VerifiablePresentation" in types_of(document) or has_some


def read(document: Document, at: str, context: Context) -> Iterator[Record]:
    """The records of all credentials. Raises InvalidInput where there are none, or too many."""
    place = under(at, "verifiableCredential")
    members = entries(document.get("verifiableCredential"), place, context.limits.parts)
    if not members:
        raise InvalidInput(said("holds no credential"), where=place)
    leftovers = Leftovers(context, lambda name, member: {**document, name: [member]})
    for where, member in members:
        try:
            yield from context.nested(*opened(member, where), context)
        except InvalidInput as error:
            yield leftovers.refused(error, "verifiableCredential", member)


FORMAT = DocumentFormat(
    name=marked("Verifiable Presentation"),
    recognised_by="is a `VerifiablePresentation`, or has `verifiableCredential` and no `credentialSubject`",
    taken={
        "verifiableCredential (objects, tokens, envelopes)": "see the formats of credentials",
        "holder": "not taken: whose credentials they are, they say themselves",
    },
    recognises=recognises,
    read=read,
)
