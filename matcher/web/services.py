"""What pages and API reach: handed over once by the composition root, found through the current app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any, cast
from zoneinfo import ZoneInfo

from flask import current_app

from matcher.matching import Matcher
from matcher.records import CandidateRecord
from matcher.store.database import Database
from matcher.vocabulary.encoder import Encoder
from matcher.vocabulary.vocabularies import Vocabularies
from matcher.vocabulary.vocabulary import Vocabulary

Json = dict[str, Any]

Upload = tuple[str, IO[bytes]]
"""A file that somebody sends: the name it has there, and its content."""

_NAME = "credmatch"


@dataclass(frozen=True, slots=True)
class Services:
    """The parts behind the pages, for one organisation (its key).

    `decode_json` turns a body into a value and `parse_candidate` that value into a record; both raise
    InvalidInput. `take_credentials` stores what files hold for the candidate with a key, and says what was
    read of them; its last argument is the order of dates like 03/04/2026 (day-first, month-first or empty).
    They belong to intake, which this package may not import.
    """

    organisation: str
    database: Database
    matcher: Matcher
    vocabularies: Vocabularies
    encoder: Encoder
    decode_json: Callable[[bytes], object]
    parse_candidate: Callable[[object, ZoneInfo], CandidateRecord]
    take_credentials: Callable[[str, Sequence[Upload], str], Json]

    @property
    def vocabulary(self) -> Vocabulary:
        """The organisation's vocabulary as it is now."""
        return self.vocabularies.get(self.organisation)


def services() -> Services:
    """The services of the app that answers the current request."""
    return cast(Services, current_app.extensions[_NAME])


def extension(chosen: Services) -> dict[str, Services]:
    """`chosen` under the name by which `services` finds it in an app's extensions."""
    return {_NAME: chosen}
