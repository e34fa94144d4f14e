"""JSON-LD as registries and web pages write it: one property under several names, references, languages.

No context is fetched or expanded: a property is found by the names that people use for it (with the usual
prefix, with its whole address, without either), and a reference only among the nodes of the same document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from indexer.readers.formats import Context, Document, under
from indexer.readers.json_text import shown
from matcher.errors import InvalidInput
from matcher.messages import said
from matcher.records import Rejected

_LANGUAGES = ("en", "fr")
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")

Found = tuple[str, Any]
"""A JSON path, and the value that stands there; None where there is none."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The terms of a vocabulary: `prefixes` are what may stand before a term's own name, in order."""

    prefixes: tuple[str, ...]

    def find(self, node: Document, at: str, *names: str) -> Found:
        """The first of the properties `names` that a node at the JSON path `at` states."""
        for name in names:
            for prefix in self.prefixes:
                value = node.get(prefix + name)
                if value is not None and value != []:
                    return under(at, prefix + name), value
        return under(at, names[0]), None

    def types(self, node: Document) -> frozenset[str]:
        """The types that a node states, without prefix; those of other vocabularies are left out."""
        stated = [one for name in ("@type", "type") for one in _list(node.get(name)) if isinstance(one, str)]
        return frozenset(name for one in stated if (name := _own_name(self.prefixes, one)))


@lru_cache(maxsize=2_000)
def _own_name(prefixes: tuple[str, ...], stated: str) -> str:
    """The name of a term without its prefix; empty where it has another one."""
    for prefix in prefixes:
        name = stated.removeprefix(prefix)
        if (name != stated or not prefix) and ":" not in name:
            return name
    return ""


@dataclass(slots=True)
class Graph:
    """The nodes of a document: those of its `@graph`, else itself, each with its JSON path.

    `most`: how many values may be reached by references. A few nodes that refer to each other would
    otherwise be read without end, or many references to a large node many times. `used`: the ids of those
    that were.
    """

    nodes: tuple[tuple[str, Document], ...]
    by_id: Mapping[str, tuple[str, Document]]
    most: int
    reached: int = 0
    used: set[str] = field(default_factory=set)

    def resolved(self, found: Found) -> Found:
        """The node that a value refers to where it is a reference to one; else the value itself.

        Raises InvalidInput where too much was reached in this way.
        """
        at, value = found
        id_ = id_of(value)
        only_refers = isinstance(value, str) or (isinstance(value, dict) and len(value) == 1)
        if not only_refers or id_ not in self.by_id:
            return found
        self.reached += _size(self.by_id[id_][1], self.most - self.reached)
        if self.reached > self.most:
            raise InvalidInput(said("references lead to more than %(most)s values", most=self.most), where=at)
        self.used.add(id_)
        return self.by_id[id_]


def graph_of(document: Document, at: str, most: int) -> Graph:
    """The nodes of a document that stands at the JSON path `at`; references may reach `most` values."""
    stated = document.get("@graph")
    if isinstance(stated, list):
        where = under(at, "@graph")
        nodes: list[tuple[str, Document]] = [
            (f"{where}[{number}]", node) for number, node in enumerate(stated) if isinstance(node, dict)
        ]
    elif isinstance(stated, dict):
        nodes = [(under(at, "@graph"), stated)]
    else:
        nodes = [(at, document)]
    by_id = {id_: (where, node) for where, node in reversed(nodes) if (id_ := id_of(node))}
    return Graph(tuple(nodes), by_id, most)


def strays(document: Document, at: str, context: Context) -> Iterator[Rejected]:
    """What stands in a document's `@graph` and is no node."""
    stated = document.get("@graph")
    for number, one in enumerate(stated if isinstance(stated, list) else ()):
        if not isinstance(one, dict):
            where = f"{under(at, '@graph')}[{number}]"
            reason = said("%(value)s is no node", value=shown(one))
            yield Rejected(context.file, context.line, where, reason, "")


def id_of(value: object) -> str:
    """The address that a node has or a reference points to; empty where there is none."""
    if isinstance(value, dict):
        value = value.get("@id", value.get("id"))
    return value.strip() if isinstance(value, str) else ""


def each(found: Found) -> Iterator[Found]:
    """The values of a property that may have one or several, each with its JSON path."""
    at, value = found
    if isinstance(value, list):
        yield from ((f"{at}[{number}]", one) for number, one in enumerate(value) if one is not None)
    elif value is not None:
        yield at, value


def text_of(found: Found) -> str | None:
    """A text, in English, else in French, else in the first language that it is stated in.

    It may be a text, a language map, a value object, or a list of these. Raises InvalidInput.
    """
    at, value = found
    texts = list(_texts(value, at))
    for language in _LANGUAGES:
        for tag, text in texts:
            if tag.split("-")[0].casefold() == language:
                return text
    return texts[0][1] if texts else None


def _texts(value: object, at: str) -> Iterator[tuple[str, str]]:
    """The texts that a value holds, each with its language; "" where that is not said."""
    for where, one in each((at, value)):
        if isinstance(one, str):
            yield "", one
        elif not isinstance(one, dict):
            raise InvalidInput(said("%(value)s is not text", value=shown(one)), where=where)
        elif "@value" in one:
            language = one.get("@language")
            yield language if isinstance(language, str) else "", _checked(one["@value"], f"{where}.@value")
        elif one and not any(map(_TAG.fullmatch, one)):
            raise InvalidInput(said("%(value)s is not text", value=said("an object")), where=where)
        else:
            for tag, told in one.items():
                for place, text in each((under(where, tag), told if _TAG.fullmatch(tag) else None)):
                    yield tag, _checked(text, place)


def _size(value: object, most: int) -> int:
    """How many values a value holds, itself included; counted until there are more than `most`."""
    count, waiting = 0, [value]
    while waiting and count <= most:
        one = waiting.pop()
        count += 1
        waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return count


def _checked(value: object, at: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput(said("%(value)s is not text", value=shown(value)), where=at)
    return value


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
