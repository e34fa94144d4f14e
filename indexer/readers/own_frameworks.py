"""Reads a framework of competencies from CSV or JSON lines, such as an employer's own.

The same fields in both, in any order; others are ignored:

    uri          identity of the competency, an absolute URI; or
    key          ... a name of the framework's own, which becomes the URI `<prefix><key>`
    label_en     English label (`label` is read as the same); one of label_en, label_fr is needed
    label_fr     French label
    aliases_en   other English names, separated by `|` (JSON: or a list); `aliases` is read as the same
    aliases_fr   other French names
    kind         skill (also where empty), knowledge or attribute
    broader      URIs or keys of broader competencies, separated by `|` (JSON: or a list)
    related      ... of related ones, without a direction of breadth
    same_as      ... of competencies of any framework that mean the same
    narrower     ... of narrower ones, where those do not say so themselves
    description  what the competency is, in English; read for its meaning

Lines that begin with `{` are JSON, anything else is CSV. What cannot be read comes as a
`Rejected` with its line, and the rest goes on.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from indexer.readers.framework_tables import column_names, table_rows
from indexer.readers.frameworks import (
    LANGUAGES,
    LONGEST_DESCRIPTION,
    LONGEST_URI,
    URI,
    Entry,
    FrameworkCompetency,
    FrameworkFile,
    FrameworkFormat,
    check_new,
    checked_text,
    clean,
    distinct,
    key_uri,
    texts,
)
from indexer.readers.json_text import decode, encode, place_of, raw_text, shown
from indexer.readers.lines import Line, lines
from indexer.readers.problems import LONGEST_INDEXED
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import Kind, Notice, Rejected

_IDENTITIES = ("uri", "key")
_LOOKED_AT = 10  # lines, to recognise a file by: some may be damaged
_LABELS = ("label_en", "label", "label_fr")

_Rows = Iterator[tuple[int, Mapping[str, object]] | Rejected | Notice]


def read_framework(file: FrameworkFile, prefix: str) -> Iterator[FrameworkCompetency | Rejected | Notice]:
    """The competencies of a CSV or JSONL file, in the file's order.

    `prefix` starts the URI of competencies that have only a key, for example
    `urn:credmatch:competency:`.

    Raises InvalidInput, when the first is asked for, where the file as a whole cannot be read: a CSV without
    the columns of an identity and a label.
    """
    seen: set[str] = set()
    for row in _rows(file):
        if isinstance(row, Rejected | Notice):
            yield row
            continue
        line, cells = row
        try:
            competency = _competency(cells, prefix)
            check_new(competency.uri, "uri", seen)
        except InvalidInput as error:
            yield Rejected(file.name, line, error.where, error.reason, encode(dict(cells)))
            continue
        yield replace(competency, place=f"line {line}")


def _competency(cells: Mapping[str, object], prefix: str) -> FrameworkCompetency:
    uri = _identity(cells, prefix)
    english = _label(cells, "label_en") or _label(cells, "label")
    french = _label(cells, "label_fr")
    if not english and not french:
        raise InvalidInput(said("a label is needed, in label_en or label_fr"), where="label_en")
    labels = {language: text for language, text in zip(LANGUAGES, (english, french), strict=True) if text}
    aliases = {name: _aliases(cells, name, labels.get(name, "")) for name in LANGUAGES}
    description = cells.get("description") or ""
    if not isinstance(description, str):
        raise InvalidInput(said("%(value)s is not text", value=shown(description)), where="description")
    return FrameworkCompetency(
        uri=uri,
        kind=_kind(cells.get("kind")),
        labels=labels,
        aliases={name: found for name, found in aliases.items() if found},
        broader=_uris(cells, "broader", uri, prefix),
        narrower=_uris(cells, "narrower", uri, prefix),
        related=_uris(cells, "related", uri, prefix),
        same=_uris(cells, "same_as", uri, prefix),
        description=checked_text(description, "description").strip()[:LONGEST_DESCRIPTION],
    )


def _identity(cells: Mapping[str, object], prefix: str) -> str:
    uri, key = cells.get("uri") or "", cells.get("key") or ""
    if not isinstance(uri, str) or not isinstance(key, str):
        raise InvalidInput(said("%(value)s is not text", value=shown(uri or key)), where="uri")
    if uri.strip():
        if not URI.fullmatch(uri.strip()):
            raise InvalidInput(said("%(value)s is not an absolute URI", value=shown(uri)), where="uri")
        return _checked_length(uri.strip(), "uri")
    if key.strip():
        return _checked_length(_reference(key.strip(), prefix), "key")
    raise InvalidInput(said("a uri or a key is needed"), where="uri")


def _reference(text: str, prefix: str) -> str:
    """`text` where it is an absolute URI, else the URI of the competency with that key."""
    return text if URI.fullmatch(text) else key_uri(text, prefix)


def _checked_length(uri: str, where: str) -> str:
    if len(uri) > LONGEST_URI:
        reason = said(
            "%(value)s has more than %(max_length)s characters", value=shown(uri), max_length=LONGEST_URI
        )
        raise InvalidInput(reason, where=where)
    if len(uri.encode("utf-8", "replace")) > LONGEST_INDEXED:
        reason = said("%(value)s has more than %(most)s bytes", value=shown(uri), most=LONGEST_INDEXED)
        raise InvalidInput(reason, where=where)
    return uri


def _label(cells: Mapping[str, object], name: str) -> str:
    value = cells.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidInput(said("%(value)s is not text", value=shown(value)), where=name)
    return clean(value, name)


def _aliases(cells: Mapping[str, object], language: str, label: str) -> tuple[str, ...]:
    name = f"aliases_{language}"
    if language == "en" and cells.get(name) is None:
        name = "aliases"
    return distinct(label, texts(cells.get(name), name))


def _uris(cells: Mapping[str, object], name: str, own: str, prefix: str) -> tuple[str, ...]:
    found = {_checked_length(_reference(text, prefix), name) for text in texts(cells.get(name), name)}
    if own in found:
        raise InvalidInput(said("%(uri)s names itself", uri=own), where=name)
    return tuple(sorted(found))


def _kind(value: object) -> Kind:
    if value is None or value == "":
        return Kind.SKILL
    try:
        return Kind(value.strip().lower() if isinstance(value, str) else "")
    except ValueError as error:
        reason = said("%(value)s is not one of %(expected)s", value=shown(value), expected=tuple(Kind))
        raise InvalidInput(reason, where="kind") from error


def _rows(file: FrameworkFile) -> _Rows:
    is_table = column_names(file.head, _named) or not _has_lines(file.head.lstrip())
    return _checked_columns(file) if is_table else _json_rows(file)


def _checked_columns(file: FrameworkFile) -> _Rows:
    checked = False
    for row in table_rows(file, _named):
        if not checked and isinstance(row, tuple):
            _check_columns(file.name, set(row[1]))
            checked = True
        yield row


def _check_columns(name: str, columns: set[str]) -> None:
    for needed in (_IDENTITIES, _LABELS):
        if columns.isdisjoint(needed):
            reason = said(
                "none of the columns %(columns)s; found %(found)s",
                columns=needed,
                found=tuple(sorted(columns)),
            )
            raise InvalidInput(reason, where=name)


def _json_rows(file: FrameworkFile) -> _Rows:
    limits = file.limits
    with file.open() as stream:
        for line in lines(stream, limits.line, limits.values, limits.document):
            try:
                if line.wrong or line.data.strip():
                    yield line.number, _json_object(line, file)
            except InvalidInput as error:
                where = error.where or place_of(line.data, error)
                yield Rejected(file.name, line.number, where, error.reason, raw_text(line.data))


def _json_object(line: Line, file: FrameworkFile) -> Mapping[str, object]:
    if line.wrong:
        raise InvalidInput(line.wrong)
    found = decode(line.data, file.limits)
    if not isinstance(found, dict):
        raise InvalidInput(said("%(value)s is not an object", value=shown(found)), where="$")
    return found


def _recognises(head: bytes) -> bool:
    start = head.removeprefix(BOM_UTF8).lstrip()
    if column_names(head, _named):
        return True
    if not _has_lines(start):
        return False
    found = list(islice(filter(bytes.strip, start.split(b"\n")), _LOOKED_AT))
    return _is_competency(found[0]) or 2 * sum(map(_is_competency, found)) >= len(found)


def _has_lines(start: bytes) -> bool:
    """Whether a file has an object a line, of which the first may be damaged."""
    first, _, rest = start.partition(b"\n")
    return first.startswith(b"{") or rest.lstrip().startswith(b"{")


def _is_competency(line: bytes) -> bool:
    try:
        found = decode(line)
    except InvalidInput:
        return False
    return isinstance(found, dict) and _named(frozenset(found))


def _named(names: frozenset[str]) -> bool:
    return not names.isdisjoint(_IDENTITIES) and not names.isdisjoint(_LABELS)


def _read(files: Sequence[FrameworkFile], prefix: str) -> Iterator[Entry]:
    for file in files:
        yield from read_framework(file, prefix)


FORMAT = FrameworkFormat(
    name=marked("credmatch framework"),
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
