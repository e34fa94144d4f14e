"""Reads O*NET's database as text: tables separated by tabs, each known by its columns.

    Content Model Reference                 Element ID, Element Name, Description: abilities (1.A...) and work
                                            styles (1.C..., from O*NET 30 on 1.D...), which are attributes;
                                            skills (2.A..., 2.B...), which are skills; knowledge (2.C...).
                                            The first two steps of an id, such as 2.B, are headings and left
                                            out; below them 2.B.3.k is narrower than 2.B.3
    Skills, Knowledge, Abilities, Work Styles
                                            the same elements, without descriptions; how much an occupation
                                            needs of each is not taken
    Technology Skills                       each Commodity Title (a UNSPSC class such as Word processing
                                            software) and each Example (Python) is a competency of its own,
                                            the example narrower than its commodities: two examples are never
                                            the same, and each is found by its exact name. An example that is
                                            called as a commodity is the commodity. "Structured query language
                                            SQL" is found by either part, too: aliases

Occupations and what they are called, their tasks, tools, activities, interests and values are nothing that a
person is certified to hold: these tables are recognised, left out, and named.

Addresses. Elements: O*NET OnLine's page of the element, https://www.onetonline.org/find/descriptor/result/
and the id. Examples: its page of the example, https://www.onetonline.org/search/tech/example?e= and the name,
percent-encoded. Commodities have no page that we know of: urn:credmatch:onet:commodity: and the code.

Attribution: U.S. Department of Labor, CC BY 4.0. The tables do not state their version: name it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from indexer.readers.encodings import text_of
from indexer.readers.framework_tables import by_column, repeats
from indexer.readers.frameworks import (
    LONGEST_DESCRIPTION,
    Entry,
    FrameworkCompetency,
    FrameworkFacts,
    FrameworkFile,
    FrameworkFormat,
    clean,
    distinct,
)
from indexer.readers.json_text import raw_text, shown
from indexer.readers.lines import Line, lines
from indexer.readers.statements import counted
from matcher.errors import InvalidInput
from matcher.messages import Said, marked, said
from matcher.records import Kind, Notice, Rejected

ATTRIBUTION = (
    "O*NET Database by the U.S. Department of Labor, Employment and Training Administration (USDOL/ETA), "
    "used under the CC BY 4.0 license"
)
ELEMENT = "https://www.onetonline.org/find/descriptor/result/"
EXAMPLE = "https://www.onetonline.org/search/tech/example?e="
COMMODITY = "urn:credmatch:onet:commodity:"

_LONGEST_DESCRIPTION = 5_000
_KINDS = {"1.A": Kind.ATTRIBUTE, "1.C": Kind.ATTRIBUTE, "1.D": Kind.ATTRIBUTE, "2.A": Kind.SKILL,
          "2.B": Kind.SKILL, "2.C": Kind.KNOWLEDGE}  # fmt: skip
_ID = re.compile(r"[1-9](?:\.[A-Za-z0-9]{1,3}){0,8}")
_CODE = re.compile(r"[0-9]{4,10}")
_SMALL = {"a", "an", "and", "for", "in", "of", "the", "to", "with"}
_ACRONYM = re.compile(r"(?P<words>.*[a-z].*?) (?P<letters>[A-Z][A-Z0-9]{1,9})")
_OCCUPATION = "O*NET-SOC Code"
_ELEMENTS = {"Element ID", "Element Name"}
_TECHNOLOGY = {"Example", "Commodity Code", "Commodity Title"}
_LEFT_OUT = (
    ({"Task ID", "Task"}, marked("tasks of occupations, which are no competencies")),
    ({"Alternate Title"}, marked("titles of occupations, which are no competencies")),
    ({_OCCUPATION, "Title", "Description"}, marked("occupations, which are no competencies")),
    (_TECHNOLOGY, marked("tools that occupations use, which are no competencies")),
)


@dataclass(slots=True)
class _Found:
    """A competency as its rows have shown it so far; what is broader by URI."""

    label: str
    kind: Kind = Kind.SKILL
    description: str = ""
    aliases: tuple[str, ...] = ()
    broader: set[str] = field(default_factory=set)


_Competencies = dict[str, _Found]
_Row = Mapping[str, str]
_Take = Callable[[_Row, _Competencies], bool]
"""Takes a row; whether it is about a competency."""


def recognises(head: bytes) -> bool:
    """Whether a file begins with the names of an O*NET table's columns."""
    return bool(_reader(_columns(head))[0] or _reader(_columns(head))[1])


def _columns(head: bytes) -> frozenset[str]:
    first = head.split(b"\n", 1)[0].decode("utf-8-sig", "replace")
    return frozenset(name.strip() for name in first.split("\t")) if "\t" in first else frozenset()


def _reader(columns: frozenset[str]) -> tuple[_Take | None, Said | None]:
    """What takes the rows of a table; or nothing, and what it holds, None where it is none of O*NET."""
    if columns >= _TECHNOLOGY and "Hot Technology" in columns:
        return _technology, None
    if columns >= _ELEMENTS and (_OCCUPATION in columns or "Description" in columns):
        return _element, None
    for named, what in _LEFT_OUT:
        if columns >= named:
            return None, said(what)
    known = not columns.isdisjoint((_OCCUPATION, "Element ID", "Scale ID"))
    return None, said("no competencies") if known else None


def _read(files: Sequence[FrameworkFile], prefix: str) -> Iterator[Entry]:  # noqa: ARG001 - all have a URI
    yield FrameworkFacts("O*NET", "", ATTRIBUTION)
    found: _Competencies = {}
    for file in files:
        take, what = _reader(_columns(file.head))
        if take is None:
            yield Notice(file.name, 0, said("holds %(what)s: left out", what=what))
        else:
            yield from _read_table(file, take, found)
    commodities = {one.label.casefold(): uri for uri, one in found.items() if uri.startswith(COMMODITY)}
    for uri, one in sorted(found.items()):
        if uri.startswith(EXAMPLE) and one.label.casefold() in commodities:
            continue
        yield FrameworkCompetency(
            uri=uri,
            kind=one.kind,
            labels={"en": one.label},
            aliases={"en": one.aliases} if one.aliases else {},
            broader=tuple(sorted(other for other in one.broader if other in found)),
            description=one.description,
        )


def _read_table(file: FrameworkFile, take: _Take, found: _Competencies) -> Iterator[Entry]:
    names: list[str] = []  # as they were recognised
    others, elsewise = 0, 0
    limits = file.limits
    with file.open() as stream:
        for line in lines(stream, limits.row, limits.values, limits.document):
            if not names:
                names = [cell.strip() for cell in line.data.decode("utf-8", "replace").split("\t")]
                yield from (Notice(file.name, line.number, text) for text in repeats(names))
                continue
            try:
                text, is_utf_8 = text_of(line.data)
                cells = [cell.strip() for cell in text.split("\t")]
                if line.wrong or text.strip():
                    others += not take(_row(line, cells, names), found)
            except InvalidInput as error:
                yield Rejected(file.name, line.number, error.where, error.reason, raw_text(line.data))
                continue
            elsewise = elsewise or (0 if is_utf_8 else line.number)
    if elsewise:
        text = said("not UTF-8: this line, and others like it, are read as Windows-1252")
        yield Notice(file.name, elsewise, text)
    left_out = marked("elements that are no abilities, skills, knowledge or styles, left out: %(count)s")
    yield from counted(file.name, others, left_out)


def _row(line: Line, cells: list[str], names: list[str]) -> _Row:
    if line.wrong:
        raise InvalidInput(line.wrong)
    if len(cells) != len(names):
        raise InvalidInput(
            said(
                "the row has %(given)s cells, the header %(expected)s", given=len(cells), expected=len(names)
            )
        )
    return by_column(names, cells)


def _element(row: _Row, found: _Competencies) -> bool:
    id_ = row["Element ID"]
    if not _ID.fullmatch(id_):
        raise InvalidInput(
            said("%(value)s is not the id of an element", value=shown(id_)), where="Element ID"
        )
    steps = id_.split(".")
    kind = _KINDS.get(".".join(steps[:2]))
    if kind is None or len(steps) < 3:
        return False
    label = _label(row, "Element Name")
    one = found.setdefault(ELEMENT + id_, _Found(label, kind))
    one.description = _text(row, "Description")[:LONGEST_DESCRIPTION] or one.description
    if len(steps) > 3:
        one.broader.add(ELEMENT + ".".join(steps[:-1]))
    return True


def _technology(row: _Row, found: _Competencies) -> bool:
    code = row["Commodity Code"]
    if not _CODE.fullmatch(code):
        reason = said("%(value)s is not a code of a commodity", value=shown(code))
        raise InvalidInput(reason, where="Commodity Code")
    title, example = _label(row, "Commodity Title"), _label(row, "Example")
    commodity = COMMODITY + code
    found.setdefault(commodity, _Found(title))
    uri = EXAMPLE + quote(example, safe="")
    if uri not in found:
        found[uri] = _Found(example, aliases=distinct(example, _parts(example)))
    found[uri].broader.add(commodity)
    return True


def _label(row: _Row, column: str) -> str:
    label = clean(_text(row, column), column)
    if not label:
        raise InvalidInput(said("is empty"), where=column)
    return label


def _text(row: _Row, column: str) -> str:
    return row.get(column, "")[:_LONGEST_DESCRIPTION]


def _parts(example: str) -> tuple[str, ...]:
    """The letters and the words of a name that ends in the letters that stand for its words, else nothing.

    Every word but the small ones has its first letter among them, in order, and they have no other letters
    than the words have, in order: Hypertext markup language HTML. X may stand for Ex.
    """
    match = _ACRONYM.fullmatch(example)
    if match is None:
        return ()
    letters = match["letters"].lower()
    words = [word for word in re.findall(r"[a-z0-9]+", match["words"].lower()) if word not in _SMALL]
    if len(words) > 1 and letters.startswith("x"):
        words[0] = words[0].removeprefix("e")
    initials = "".join(word[0] for word in words if word)
    if len(words) < 2 or not _within(initials, letters) or not _within(letters, "".join(words)):
        return ()
    return match["letters"], match["words"]


def _within(some: str, whole: str) -> bool:
    """Whether all of `some` stands in `whole`, in that order."""
    rest = iter(whole)
    return all(letter in rest for letter in some)


FORMAT = FrameworkFormat(
    name=marked("O*NET"),
    recognised_by="text separated by tabs whose first line has O*NET's columns: `Element ID`, "
    "`O*NET-SOC Code`",
    taken={
        "Content Model Reference; Skills, Knowledge, Abilities, Work Styles: Element ID": "the competency's "
        "URI: `https://www.onetonline.org/find/descriptor/result/` and the id; the id without its last step "
        "is broader",
        "Element Name": "label",
        "Description": "description",
        "Technology Skills: Commodity Code, Commodity Title": "a competency, "
        "`urn:credmatch:onet:commodity:` and the code",
        "Technology Skills: Example": "a competency, narrower than its commodity, "
        "`https://www.onetonline.org/search/tech/example?e=` and the name",
        "Task Statements, Occupation Data, Alternate Titles, Tools Used, other tables": "nothing",
        "O*NET-SOC Code, Scale ID, Data Value, Hot Technology, In Demand, other columns": "nothing",
    },
    read=_read,
    recognises_head=recognises,
    together=True,
    needed=lambda file: _reader(_columns(file.head))[0] is not None,
)
