"""Reading phrases in bulk: a line a phrase, and what each may mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, TypedDict

from indexer.readers.json_text import decode, shown
from indexer.readers.lines import Line, lines
from matcher.errors import InvalidInput
from matcher.messages import said
from matcher.records import UNITS, Likely
from matcher.vocabulary.lexicon import folded
from matcher.vocabulary.vocabulary import Vocabulary

_BATCH = 256
_LONGEST_LINE = 100_000


class Meaning(TypedDict):
    """A competency that a phrase may mean; `probability` from 0 to 1."""

    uri: str
    label: str
    relation: str
    probability: float


def resolve_file(vocabulary: Vocabulary, stream: BinaryIO, top: int) -> Iterator[dict[str, object]]:
    """What each phrase of a JSONL stream means, a line {"id", "text"} in, an object out, in their order.

    An object is {"id", "competencies": [{"uri", "label", "relation", "probability"}]} with `top` of them, the
    best first; of a line that cannot be answered it is {"id", "error", "line"} with the id that it gives,
    None where that cannot be read; the rest goes on.
    Raises Unavailable where the encoder does not answer.
    """
    numbered = (line for line in lines(stream, _LONGEST_LINE) if line.data.strip())
    while batch := [_phrase(line) for line in islice(numbered, _BATCH)]:
        texts = [phrase.text for phrase in batch if isinstance(phrase, _Phrase)]
        answers = iter(vocabulary.understand(texts, top))
        for phrase in batch:
            if isinstance(phrase, _Phrase):
                yield {"id": phrase.id, "competencies": meanings(next(answers))}
            else:
                yield phrase


def meanings(likely: Iterable[Likely]) -> list[Meaning]:
    """Answers of `Vocabulary.understand` as JSON has them."""
    return [
        {
            "uri": one.competency.uri,
            "label": one.competency.label("en"),
            "relation": "exact" if one.exact else "similar",
            "probability": one.probability / UNITS,
        }
        for one in likely
    ]


@dataclass(frozen=True, slots=True)
class _Phrase:
    id: str | int | None
    text: str


def _phrase(line: Line) -> _Phrase | dict[str, object]:
    id_: object = None
    try:
        body = _object(line)
        id_ = body.get("id")
        return _Phrase(_id(id_), _text(body.get("text")))
    except InvalidInput as error:
        return {"id": id_, "error": str(error), "line": line.number}


def _object(line: Line) -> dict[str, object]:
    if not line.whole:
        raise InvalidInput(said("longer than %(most)s bytes", most=_LONGEST_LINE))
    body = decode(line.data)
    if not isinstance(body, dict):
        raise InvalidInput(said("%(value)s is not an object", value=shown(body)))
    return body


def _id(stated: object) -> str | int | None:
    if not isinstance(stated, str | int | None):
        reason = said("%(value)s is neither text nor a whole number", value=shown(stated))
        raise InvalidInput(reason, where="id")
    return stated


def _text(stated: object) -> str:
    """A text that can be answered: `Vocabulary.understand` gives nothing for one without letter or digit."""
    if stated is None:
        raise InvalidInput(said("is missing"), where="text")
    if not isinstance(stated, str):
        raise InvalidInput(said("%(value)s is not text", value=shown(stated)), where="text")
    if any("\ud800" <= letter <= "\udfff" for letter in stated):
        raise InvalidInput(said("has half of a surrogate pair, which is not text"), where="text")
    if not folded(stated):
        reason = said("%(value)s has neither a letter nor a digit: it means nothing", value=shown(stated))
        raise InvalidInput(reason, where="text")
    return stated
