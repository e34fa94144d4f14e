"""Says what a verifiable credential is that awards nothing: a status list, or a kind that we do not read."""

from __future__ import annotations

from collections.abc import Iterator

from indexer.readers.formats import Context, Document, DocumentFormat, Record, types_of, under
from indexer.readers.json_text import printable, shown
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import Notice

_LISTS = {
    "BitstringStatusListCredential",
    "BitstringStatusList",
    "StatusList2021Credential",
    "StatusList2021",
    "RevocationList2020Credential",
    "RevocationList2020",
    "1EdTechRevocationList",
}
_ANY = {"VerifiableCredential"}
_SHOWN = 5


def recognises(document: Document) -> bool:
    """By a subject, or the type of all credentials; after the credentials that we read."""
    return "credentialSubject" in document or bool((_ANY | _LISTS) & types_of(document))


def read(document: Document, at: str, context: Context) -> Iterator[Record]:
    """A notice of what a status list is for. Raises InvalidInput for a credential of another kind."""
    subject = document.get("credentialSubject")
    types = types_of(document) | (types_of(subject) if isinstance(subject, dict) else frozenset())
    if found := sorted(_LISTS & types):
        text = said(
            "%(what)s is a list of the status of others (%(kind)s); it awards nothing, and says which "
            "credentials were revoked or suspended",
            what=at or said("this"),
            kind=found[0],
        )
        yield Notice(context.file, context.line, text)
        return
    kinds = sorted(types - _ANY)[:_SHOWN]
    if kinds:
        reason = said(
            "a verifiable credential of another kind (%(kinds)s), and nothing is awarded in it: there is no "
            "achievement",
            kinds=tuple(shown(printable(one)) for one in kinds),
        )
    else:
        reason = said(
            "a verifiable credential of no kind, and nothing is awarded in it: there is no achievement"
        )
    raise InvalidInput(reason, where=under(at, "credentialSubject.achievement"))


FORMAT = DocumentFormat(
    name=marked("Another verifiable credential"),
    recognised_by="has a `credentialSubject` without an achievement, or is a status list",
    taken={"a status list": "nothing: it says which credentials were revoked or suspended"},
    recognises=recognises,
    read=read,
)
