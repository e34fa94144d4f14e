"""The formats of frameworks of competencies, and which of them something is in.

Another format is one module with a `FORMAT`, and one line in `FRAMEWORK_FORMATS`.
"""

from __future__ import annotations

from indexer.readers import case, ctdl_asn, esco, onet, own_frameworks, rsd
from indexer.readers.frameworks import FrameworkFormat
from matcher.messages import Said, said

FRAMEWORK_FORMATS: tuple[FrameworkFormat, ...] = (
    own_frameworks.FORMAT,
    case.FORMAT,
    rsd.FORMAT,
    ctdl_asn.FORMAT,
    onet.FORMAT,
    esco.FORMAT,
)
"""In the order in which they are tried."""


def format_of_document(document: object) -> FrameworkFormat | None:
    """The format of frameworks that a decoded JSON value is in; None where we know none."""
    return next((one for one in FRAMEWORK_FORMATS if one.recognises_document(document)), None)


def format_of_head(head: bytes) -> FrameworkFormat | None:
    """The format of frameworks that a table, or JSON lines, that begin with `head` are in."""
    return next((one for one in FRAMEWORK_FORMATS if one.recognises_head(head)), None)


def refusal(document_or_head: object) -> Said | None:
    """Why a decoded JSON value, or a file with such first bytes, is no credential: it is a framework.

    None where it is none: then it may be a credential, and `credmatch import` reads it.
    """
    found = (
        format_of_head(document_or_head)
        if isinstance(document_or_head, bytes)
        else format_of_document(document_or_head)
    )
    if found is None:
        return None
    return said(
        "this is a framework of competencies (%(framework)s), which nobody holds: "
        "`credmatch vocabulary import` loads it",
        framework=said(found.name),
    )
