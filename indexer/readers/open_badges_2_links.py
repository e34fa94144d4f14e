"""What an Open Badges 2.0 or 1.x document names by its address, found beside it; nothing is ever fetched.

A file is trusted to be what an address names only where it does not say itself that it is something else:
every export has a `badge.json` and an `issuer.json`, and another issuer's would lend its competencies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from indexer.readers.formats import Context, Document, Neighbours, under
from indexer.readers.json_text import shown
from indexer.readers.open_badges_2_parts import BADGE_CLASS, PROFILE, kind_of, name_in, value_in
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import AchievementRecord

_LONGEST_ADDRESS = 2_000
_FIELDS = {BADGE_CLASS: "badge", PROFILE: "issuer"}
_NAMELESS = marked("something without a name")
_NOT_UIDS = {"@context", "@id", "id", "@type", "type", "issuer"}


@dataclass(frozen=True, slots=True)
class Linked:
    """What a document links to: at `where` within it, or beside it (`beside`) by its `address`.

    `document` is None where it is named by an address that nothing beside it has.
    """

    where: str
    address: str
    document: Document | None
    beside: bool

    def error(self, wrong: InvalidInput) -> InvalidInput:
        """`wrong`, found in `document`, with its place as the document that links to it has it."""
        if self.document is None:
            return InvalidInput(wrong.reason, where=self.where)
        if not self.beside:
            return InvalidInput(wrong.reason, where=under(self.where, wrong.where))
        within = ", ".join(filter(None, (shown(self.address), wrong.where)))
        return InvalidInput(
            said("in %(place)s: %(reason)s", place=within, reason=wrong.reason), where=self.where
        )


def linked(holder: Document, kind: str, context: Context) -> Linked:
    """The badge class of an assertion, or the issuer of a badge class or endorsement (`kind`).

    Raises InvalidInput, with the path in `holder`, where it names none, or something of another kind.
    """
    where = name_in(holder, _FIELDS[kind])
    value = holder.get(where)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        address = _address(value.get("id", value.get("@id")))
        if not address or value_in(value, "name") is not None:
            return _checked(Linked(where, address, value, beside=False), kind)
    elif isinstance(value, str):
        address = _address(value)
    else:
        reason = said("%(value)s is neither an address nor an object", value=shown(value))
        raise InvalidInput(said("is missing") if value is None else reason, where=where)
    if not address:
        raise InvalidInput(said("%(value)s is no address", value=shown(value)), where=where)
    if same_address(address, _address(value_in(holder, "id"))):
        reason = said("%(address)s leads back to the document that names it", address=shown(address))
        raise InvalidInput(reason, where=where)
    found = context.neighbours.find(address)
    if found is not None and not _is_at(found, address):
        found = None
    return _checked(Linked(where, address, found, beside=True), kind)


def same_address(first: str, second: str) -> bool:
    """Whether two addresses are one, however they are escaped; `http` and `https` lead to the same."""
    return _compared(first) == _compared(second)


def revocations(profile: Document | None, context: Context) -> Mapping[str, str] | None:
    """The ids that the revocation list of an issuer names, with its reasons, "" where it states none.

    None where that cannot be known: the profile, or the list that it names, is not at hand.
    """
    if profile is None:
        return None
    value = value_in(profile, "revocationList")
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not value:
        return {}
    if isinstance(value, dict) and len(value) > 1:
        return _revoked(_Same(value))
    address = _address(value.get("id", value.get("@id")) if isinstance(value, dict) else value)
    found = context.neighbours.find(address) if address else None
    return None if found is None or not _is_at(found, address) else _revoked(_Same(found))


class Graph:
    """The documents of a `@graph`, which name each other, before what lies beside the file."""

    def __init__(self, nodes: Sequence[object], beside: Neighbours) -> None:
        self._beside = beside
        self._nodes = {
            _compared(address): node
            for node in nodes
            if isinstance(node, dict) and (address := _address(value_in(node, "id")))
        }
        self._read: dict[int, AchievementRecord | InvalidInput | None] = {
            id(node): None for node in self._nodes.values()
        }

    def find(self, address: str) -> Document | None:
        """The node with this id, else what lies beside the file."""
        return self._nodes.get(_compared(address)) or self._beside.find(address)

    def refer_to(self, document: Document, file: str) -> bool:
        """Whether something beside the file names a node: those that name each other are of known kinds."""
        return self._beside.refer_to(document, file)

    def once(self, badge: Document, read: Callable[[], AchievementRecord]) -> AchievementRecord:
        """What `read` makes of a badge class, read once however many assertions name it."""
        if id(badge) not in self._read:
            return read()
        known = self._read[id(badge)]
        if known is None:
            try:
                known = read()
            except InvalidInput as error:
                known = error
            self._read[id(badge)] = known
        if isinstance(known, InvalidInput):
            raise InvalidInput(known.reason, where=known.where)
        return known


def _checked(link: Linked, kind: str) -> Linked:
    """`link`, where what it leads to can be of the kind; documents of 1.0 that say little are trusted."""
    if link.document is None:
        return link
    found = kind_of(link.document)
    named = any(value_in(link.document, field) is not None for field in ("name", "org"))
    if found == kind or (named and not found):
        return link
    kinds = {"found": said(found or _NAMELESS), "kind": said(kind)}
    if link.address:
        reason = said("%(value)s is %(found)s, not %(kind)s", value=shown(link.address), **kinds)
    else:
        reason = said("is %(found)s, not %(kind)s", **kinds)
    raise InvalidInput(reason, where=link.where)


def _is_at(found: Document, address: str) -> bool:
    stated = _address(value_in(found, "id"))
    return not stated or same_address(stated, address)


def _address(value: object) -> str:
    """An id or address, trimmed; empty for none."""
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) <= _LONGEST_ADDRESS else ""


def _compared(address: str) -> str:
    text = unquote(address).strip().rstrip("/")
    return "https:" + text[5:] if text[:5].casefold() == "http:" else text


# --- revocation lists ----------------------------------------------------------------------------


class _Same:
    """A document as a key: it is the same only as itself."""

    __slots__ = ("document",)

    def __init__(self, document: Document) -> None:
        self.document = document

    def __hash__(self) -> int:
        return id(self.document)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.document is self.document


# One: an export of thousands of signed assertions names the same list in each.
@lru_cache(maxsize=1)
def _revoked(same: _Same) -> Mapping[str, str] | None:
    """Id or uid -> reason, of a list of 2.0 or of 1.x; None where it is not a list."""
    entries = value_in(same.document, "revokedAssertions")
    if entries is None and not kind_of(same.document):
        # 1.x: {uid: reason}
        named = {uid: why for uid, why in same.document.items() if uid not in _NOT_UIDS}
        if not all(why is None or isinstance(why, str) for why in named.values()):
            return None
        return {unquote(uid).strip(): _words(why) for uid, why in named.items()}
    if isinstance(entries, str | dict):
        entries = [entries]
    return dict(_entries(entries)) if isinstance(entries, list) else None


def _entries(entries: Sequence[object]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        if isinstance(entry, str):
            yield unquote(entry).strip(), ""
        elif isinstance(entry, dict):
            for field in ("id", "uid"):
                if isinstance(name := value_in(entry, field), str):
                    yield unquote(name).strip(), _words(value_in(entry, "revocationReason"))


def _words(reason: object) -> str:
    return reason.strip()[:500] if isinstance(reason, str) else ""
