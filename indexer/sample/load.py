"""Loads the fictional pool into an organisation: its catalogue and readings, its people, its positions."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

from app import Parts
from indexer.ingest import import_records
from indexer.readers.formats import Context
from indexer.readers.json_text import decode
from indexer.readers.shape import parse_candidate, read_award
from indexer.readings import read_pending
from indexer.sample.catalogue import known_issuers, offers, positions
from indexer.sample.pool import generate
from indexer.sample.vectors import KnowingEncoder, read_vectors
from indexer.vocabulary import encode_pending
from matcher.moments import day_of
from matcher.positions import parse_position
from matcher.records import CandidateRecord
from matcher.store.achievement_intake import AchievementIntake
from matcher.store.changes import log_changes
from matcher.store.issuers import list_issuers, set_issuer_known
from matcher.store.organisations import Organisation, organisation
from matcher.store.positions import find_position, save_position
from matcher.vocabulary.encoder import Encoder
from matcher.vocabulary.vocabularies import Vocabularies
from matcher.vocabulary.vocabulary import Vocabulary

Progress = Callable[[int, int], None]
"""Told how many people were loaded so far, and how many there are in all."""

_TELL_EVERY = 100


def load_sample(parts: Parts, candidates: int, seed: int, progress: Progress) -> None:
    """Load the sample's catalogue and `candidates` people of this seed, for the index to catch up with.

    Dates are as of today, so that the pool never goes stale; loaded again on the same day it changes nothing.
    Needs no language model: the vectors of the sample's words come with it.
    Raises Unavailable where the database does not answer; loading again then finishes it.
    """
    load_catalogue(parts, KnowingEncoder(read_vectors(), parts.encoder))
    home = _home(parts)
    import_records(parts.database, home, _people(home, candidates, seed, progress))


def load_catalogue(parts: Parts, encoder: Encoder) -> None:
    """Load all of the sample but the people: achievements with their readings, issuers known, and positions.

    Before anybody holds anything, since later each reading would log a change for every holder.
    """
    home = _home(parts)
    vocabularies = Vocabularies(parts.database, parts.settings.vocabulary_dir, encoder)
    _store_achievements(parts, home)
    encode_pending(parts.database, vocabularies, home.key)
    read_pending(parts.database, vocabularies, home.key)
    _store_positions(parts, home, vocabularies.get(home.key))


def _home(parts: Parts) -> Organisation:
    with parts.database.read() as connection:
        return organisation(connection, parts.settings.organisation)


def _store_achievements(parts: Parts, home: Organisation) -> None:
    bodies = [{"achievement": json.loads(offer.json)} for offer in offers()]
    context = Context("", home.zone)
    records = [read_award(body, context, "award").achievement for body in bodies]
    with parts.database.write() as connection:
        _, touched = AchievementIntake(home).store(connection, records)
        log_changes(connection, home.id, achievements=touched)
        known = {issuer.key for issuer in list_issuers(connection, home) if issuer.known}
        for address in known_issuers():
            if address not in known:
                set_issuer_known(connection, home, address, known=True)


def _people(home: Organisation, candidates: int, seed: int, progress: Progress) -> Iterator[CandidateRecord]:
    today = day_of(int(time.time()), home.zone)
    context = Context("", home.zone)
    for number, line in enumerate(generate(candidates, seed, today=today), start=1):
        yield parse_candidate(decode(line.encode()), context)
        if number % _TELL_EVERY == 0 or number == candidates:
            progress(number, candidates)


def _store_positions(parts: Parts, home: Organisation, vocabulary: Vocabulary) -> None:
    for body in reversed(positions()):  # lists show the newest first
        with parts.database.read() as connection:
            earlier = find_position(connection, home.id, body["key"])
        position = parse_position(body, vocabulary, earlier=earlier)
        with parts.database.write() as connection:
            save_position(connection, home.id, position)
