"""Filling vocabularies: with what ships, and with frameworks from files."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.gathering import AS_STATED, Chosen, Gathered, findings, gather, held_frameworks
from indexer.readers.frameworks import FrameworkCompetency
from indexer.readers.limits import VOCABULARY_LIMITS, Limits
from indexer.shipped import SUPPLEMENT, Shipped, Vectors, esco_version, supplement_version
from indexer.shipped import read_esco as read_shipped_esco
from indexer.shipped import read_supplement as read_shipped_supplement
from matcher.records import Notice
from matcher.store import quarantine
from matcher.store.database import Connection, Database
from matcher.store.framework_intake import (
    Checked,
    Framework,
    FrameworkCounts,
    add_aliases,
    remove_aliases,
    store_framework,
)
from matcher.store.organisations import Organisation, organisation
from matcher.store.relations import add_same, waiting_relations
from matcher.store.tables import SHARED
from matcher.store.vocabularies import competency_ids, encoded, framework_versions, store_vectors, unencoded
from matcher.vocabulary.encoder import DIMENSION, Encoder
from matcher.vocabulary.vocabularies import Vocabularies
from matcher.vocabulary.vocabulary import Vocabulary

Progress = Callable[[int, int], None]
"""Told how many competencies are encoded, and how many there are in all."""

ESCO = "ESCO"

_BATCH = 256
_UNREADABLE = bytes(DIMENSION)
"""The vector of a label that the encoder cannot read, since it is French: similar to nothing."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a framework: which one it was, in which format, how its competencies fared.

    `shared`: whether it became everybody's. `rejected`: how many records went to quarantine. `notices`: what
    was left out on purpose.
    """

    framework: Framework
    format: str
    shared: bool
    counts: FrameworkCounts
    rejected: int
    notices: Sequence[Notice]


# --- what ships --------------------------------------------------------------------------------


def load_shipped(database: Database) -> bool:
    """Bring the shared vocabulary to what ships; whether there was anything to do. Takes a few seconds.

    All or nothing. A newer ESCO that somebody imported stays, with the supplement's names added.
    """
    with database.read() as connection:
        if _is_loaded(connection):
            return False
    with database.write() as connection:
        if _is_loaded(connection):
            return False
        if not _older(esco_version(), framework_versions(connection, SHARED).get(ESCO, "")):
            _store_shipped(connection, read_shipped_esco())
        _store_shipped(connection, read_shipped_supplement())
    return True


def _is_loaded(connection: Connection) -> bool:
    stored = framework_versions(connection, SHARED)
    return (
        ESCO in stored
        and not _older(stored[ESCO], esco_version())
        and stored.get(SUPPLEMENT) == supplement_version()
    )


def _older(one: str, other: str) -> bool:
    """Whether a version, such as 1.1.1, is older than another."""
    return [int(part) for part in re.findall(r"\d+", one)] < [int(part) for part in re.findall(r"\d+", other)]


def _store_shipped(connection: Connection, shipped: Shipped) -> None:
    store_framework(connection, SHARED, shipped.framework, shipped.competencies)
    remove_aliases(connection, SHARED, shipped.withheld)
    add_aliases(connection, SHARED, shipped.aliases)
    add_same(connection, SHARED, shipped.same)
    _store_vectors(connection, SHARED, shipped.vectors)


def _store_vectors(connection: Connection, organisation_id: int, vectors: Vectors) -> None:
    ids = competency_ids(connection, organisation_id, vectors.by_uri)
    by_id = {ids[uri]: pair for uri, pair in vectors.by_uri.items() if uri in ids}
    store_vectors(connection, organisation_id, vectors.model, by_id)


# --- frameworks of others ----------------------------------------------------------------------


def import_frameworks(
    database: Database,
    vocabularies: Vocabularies,
    organisation_key: str,
    paths: Sequence[Path],
    *,
    chosen: Chosen = AS_STATED,
    limits: Limits = VOCABULARY_LIMITS,
    progress: Progress | None = None,
) -> list[Imported]:
    """Import the frameworks of competencies in files, folders and archives, then encode what they say.

    Each is recognised by its content. ESCO becomes part of the shared vocabulary and needs a version; any
    other framework becomes the organisation's own. Competencies are known by URI: importing a later version
    changes those that it states and leaves those that it no longer does. Files with the framework's name are
    one framework. What cannot be read goes to the organisation's quarantine.

    Raises InvalidInput where nothing can be read, or several frameworks are to have one name; NotFound where
    there is no such organisation; Unavailable where the encoder does not answer: then all is stored, and
    importing it again encodes it.
    """
    with database.read() as connection:
        home = organisation(connection, organisation_key)
    read = held_frameworks(*gather(paths, home, chosen, limits), chosen)
    done = [_store(database, home, one, chosen) for one in read]
    done = _waiting(database, home, done)
    vocabulary = vocabularies.get(organisation_key)
    encoder = vocabularies.encoder
    for one, imported in zip(read, done, strict=True):
        owner = one.owner(home)
        with database.read() as connection:
            pending = _to_encode(connection, owner, encoder.model, one, imported.counts.checked)
        _encode(database, vocabulary, encoder, owner, pending, progress)
    return done


def _store(database: Database, home: Organisation, read: Gathered, chosen: Chosen) -> Imported:
    framework = read.framework(chosen)
    owner = read.owner(home)
    with database.write() as connection:
        stated = list(read.competencies.values())
        counts = store_framework(connection, owner, framework, stated, read.facts.silent)
        if read.format.shared:
            _store_shipped(connection, read_shipped_supplement())
        read.take(findings(connection, owner, read, counts.checked))
        quarantine.put(connection, home.id, read.rejected)
    return Imported(framework, read.format.name, read.format.shared, counts, len(read.rejected), read.notices)


def _waiting(database: Database, home: Organisation, done: Sequence[Imported]) -> list[Imported]:
    """What was imported with the relations that still wait: one framework brings what another waited for."""
    with database.read() as connection:
        waiting = [
            waiting_relations(connection, SHARED if one.shared else home.id, one.framework.name)
            for one in done
        ]
    pairs = zip(done, waiting, strict=True)
    return [replace(one, counts=replace(one.counts, waiting=count)) for one, count in pairs]


def encode_pending(database: Database, vocabularies: Vocabularies, organisation_key: str) -> int:
    """Encode the labels of an organisation's own competencies that have no vectors yet; how many there were.

    Raises Unavailable where the encoder does not answer; what is done stays.
    """
    with database.read() as connection:
        home = organisation(connection, organisation_key)
    encoder = vocabularies.encoder
    done = 0
    while True:
        with database.read() as connection:
            pending = unencoded(connection, home.id, encoder.model, _BATCH)
        if not pending:
            return done
        names = [(english, french) for _, english, french in pending]
        vectors = _label_vectors(encoder, _readable(vocabularies.get(organisation_key), names))
        with database.write() as connection:
            same = set(unencoded(connection, home.id, encoder.model, _BATCH))
            # An import encodes what it brings itself, with its descriptions, and may rename what is there.
            pairs = {
                one[0]: (vector, None) for one, vector in zip(pending, vectors, strict=True) if one in same
            }
            store_vectors(connection, home.id, encoder.model, pairs)
        done += len(pending)


def _to_encode(
    connection: Connection, owner: int, model: str, read: Gathered, checked: Checked
) -> list[FrameworkCompetency]:
    """Whose vectors are missing or may be others now: a description is not stored, and cannot be compared."""
    known = encoded(connection, owner, model, read.competencies)
    silent = "en" in read.facts.silent
    return [
        one
        for uri, one in read.competencies.items()
        if uri not in checked.met and not (uri in known and (silent or not (one.description or known[uri])))
    ]


def _encode(
    database: Database,
    vocabulary: Vocabulary,
    encoder: Encoder,
    owner: int,
    competencies: Sequence[FrameworkCompetency],
    progress: Progress | None,
) -> None:
    """Encode labels and descriptions, and store them batch by batch."""
    for start in range(0, len(competencies), _BATCH):
        batch = competencies[start : start + _BATCH]
        names = [(one.labels.get("en", ""), one.labels.get("fr", "")) for one in batch]
        labels = [english for english, _ in names] if owner == SHARED else _readable(vocabulary, names)
        described = [one for one in batch if one.description]
        descriptions = encoder.encode([one.description for one in described]) if described else ()
        by_uri = {one.uri: row.tobytes() for one, row in zip(described, descriptions, strict=True)}
        vectors = zip(batch, _label_vectors(encoder, labels), strict=True)
        pairs = {one.uri: (vector, by_uri.get(one.uri)) for one, vector in vectors}
        with database.write() as connection:
            _store_vectors(connection, owner, Vectors(encoder.model, pairs))
        if progress:
            progress(start + len(batch), len(competencies))


def _readable(vocabulary: Vocabulary, labels: Sequence[tuple[str, str]]) -> list[str]:
    """Of each English and French label what the encoder can read: the English one, or nothing.

    Where there is none in French, the "English" one is what somebody wrote in either language.
    """
    french = vocabulary.are_french([english for english, _ in labels])
    return [
        english if stated or not reads_french else ""
        for (english, stated), reads_french in zip(labels, french, strict=True)
    ]


def _label_vectors(encoder: Encoder, labels: Sequence[str]) -> list[bytes]:
    english = [label for label in labels if label]
    rows = iter(encoder.encode(english) if english else ())
    return [next(rows).tobytes() if label else _UNREADABLE for label in labels]
