"""Recognises a framework in the shape of our own, CSV or JSON lines, that `frameworks.py` reads."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence

from indexer.readers.framework_formats import Entry, FrameworkFile, FrameworkFormat
from indexer.readers.frameworks import first_line_cells, read_framework
from indexer.readers.json_text import decode
from matcher.errors import InvalidInput

_IDENTITIES = ("uri", "key")
_LABELS = ("label_en", "label", "label_fr")


def _recognises(head: bytes) -> bool:
    start = head.removeprefix(BOM_UTF8).lstrip()
    if not start.startswith(b"{"):
        return _named(set(first_line_cells(head)))
    try:
        first = decode(start.split(b"\n", 1)[0])
    except InvalidInput:
        return False
    return isinstance(first, dict) and _named(set(first))


def _named(names: set[str]) -> bool:
    return not names.isdisjoint(_IDENTITIES) and not names.isdisjoint(_LABELS)


def _read(files: Sequence[FrameworkFile], prefix: str) -> Iterator[Entry]:
    for file in files:
        yield from read_framework(file.path, prefix=prefix)


FORMAT = FrameworkFormat(
    name="credmatch framework",
    recognised_by="CSV or JSON lines with `uri` or `key`, and `label_en`, `label` or `label_fr`",
    taken={
        "uri, else key": "the competency's URI; a key becomes one of the organisation's framework",
        "label_en (label), label_fr": "label",
        "aliases_en (aliases), aliases_fr": "aliases",
        "kind": "kind: skill, knowledge or attribute",
        "broader, narrower, related, same_as": "relations, by URI or key",
        "description": "description",
        "other fields": "nothing",
    },
    read=_read,
    recognises_head=_recognises,
)
