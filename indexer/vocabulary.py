"""Filling vocabularies: with what ships, and with frameworks from files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer.readers.framework_files import Framework as FoundFramework
from indexer.readers.framework_files import found_files, frameworks
from indexer.readers.framework_formats import Entry, FrameworkFacts, FrameworkFormat
from indexer.readers.frameworks import FrameworkCompetency
from indexer.readers.json_text import shown
from indexer.readers.limits import Limits
from indexer.readers.vocabularies import FRAMEWORK_FORMATS
from indexer.shipped import SUPPLEMENT, Shipped, Vectors, esco_version, supplement_version
from indexer.shipped import read_esco as read_shipped_esco
from indexer.shipped import read_supplement as read_shipped_supplement
from matcher.errors import InvalidInput
from matcher.records import Notice, Rejected
from matcher.store import quarantine
from matcher.store.database import Connection, Database
from matcher.store.framework_intake import (
    Framework,
    FrameworkCounts,
    add_aliases,
    add_same,
    remove_aliases,
    store_framework,
    waiting_relations,
)
from matcher.store.organisations import Organisation, organisation
from matcher.store.tables import SHARED
from matcher.store.vocabularies import competency_ids, framework_versions, store_vectors, unencoded
from matcher.vocabulary.encoder import DIMENSION, Encoder
from matcher.vocabulary.vocabularies import Vocabularies
from matcher.vocabulary.vocabulary import Vocabulary

Progress = Callable[[int, int], None]
"""Told how many competencies are encoded, and how many there are in all."""

ESCO = "ESCO"

VOCABULARY_LIMITS = Limits(document=64_000_000, values=3_000_000)
"""Bounds of frameworks where no settings are read: those that the settings have by default."""

_BATCH = 256
_LONGEST_LINE = 100_000
_LONGEST_NAME = 200
_LONGEST_VERSION = 100
_TOLD = 5
_UNREADABLE = bytes(DIMENSION)
"""The vector of a label that the encoder cannot read, since it is French: similar to nothing."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a framework is to be called, where it should not be what its document says; "" for that."""

    name: str = ""
    version: str = ""


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


AS_STATED = Chosen()
"""Every framework is called as its document calls it."""

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
    read = _read(paths, home, chosen, limits)
    done = [_store(database, home, one, chosen) for one in read]
    done = _waiting(database, home, done)
    vocabulary = vocabularies.get(organisation_key)
    for one, imported in zip(read, done, strict=True):
        refused = set(imported.counts.shared)
        stored = [competency for uri, competency in one.competencies.items() if uri not in refused]
        owner = SHARED if one.format.shared else home.id
        _encode(database, vocabulary, vocabularies.encoder, owner, stored, progress)
    return done


@dataclass(slots=True)
class _Read:
    """A framework as its files have it; `file` is the one that was named, for messages and its name."""

    format: FrameworkFormat
    file: str
    facts: FrameworkFacts = field(default_factory=FrameworkFacts)
    competencies: dict[str, FrameworkCompetency] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def take(self, entries: Iterable[Entry]) -> None:
        """Of a competency that stands in several files the first is kept."""
        for one in entries:
            if isinstance(one, FrameworkCompetency):
                self.competencies.setdefault(one.uri, one)
            elif isinstance(one, Rejected):
                self.rejected.append(one)
            elif isinstance(one, Notice):
                self.notices.append(one)
            else:
                self.facts = one

    @property
    def name(self) -> str:
        """What its document calls it, else its file."""
        return self.facts.name or self.file.partition(".")[0]

    def framework(self, chosen: Chosen) -> Framework:
        """Its name, version and attribution; what was chosen comes before what is stated."""
        name = " ".join((chosen.name or self.name).split()) or "framework"
        version = (chosen.version or self.facts.version).strip()
        return Framework(name[:_LONGEST_NAME], version[:_LONGEST_VERSION], self.facts.attribution.strip())


def _read(paths: Sequence[Path], home: Organisation, chosen: Chosen, limits: Limits) -> list[_Read]:
    """The frameworks that paths hold. Raises InvalidInput where they hold none, saying what is wrong."""
    prefixes = {
        path.name: _prefix(home, chosen.name or path.name.partition(".")[0]) for path in reversed(paths)
    }
    first = paths[0].name
    found: dict[tuple[str, str], _Read] = {}
    loose = _Read(FRAMEWORK_FORMATS[0], first)
    with found_files(paths, limits) as files:
        for one in frameworks(files, {**prefixes, "": prefixes[first]}, limits):
            if not isinstance(one, FoundFramework):
                loose.take([one])
                continue
            read = _Read(one.format, one.file if one.file in prefixes else first)
            try:
                read.take(one.entries)
            except InvalidInput as error:
                loose.take([Rejected(one.file, 0, error.where, error.reason, "")])
            same = found.setdefault((read.format.name, read.name), read)
            if same is not read:
                same.take([*read.competencies.values(), *read.rejected, *read.notices])
    return _checked(list(found.values()), loose, chosen)


def _checked(found: Sequence[_Read], loose: _Read, chosen: Chosen) -> list[_Read]:
    held = [one for one in found if one.competencies or one.rejected]
    if not held and loose.rejected:
        first = loose.rejected[0]
        raise InvalidInput(first.reason, where=f"{first.file} {first.where}".strip())
    if not held:
        notices = [notice for one in (*found, loose) for notice in one.notices]
        told = "; ".join(f"{one.file} {one.text}" for one in notices[:_TOLD])
        raise InvalidInput(f"holds no competency. {told}".strip(), where=loose.file)
    if chosen.name and len(held) > 1:
        names = ", ".join(shown(one.name) for one in held[:_TOLD])
        raise InvalidInput(f"{names} cannot have one name: import them one by one", where="name")
    for one in held:
        if one.format.shared and not one.framework(chosen).version:
            raise InvalidInput(f"{one.format.name} does not say its version: name it", where="version")
    held[0].take([*loose.rejected, *loose.notices])
    return held


def _store(database: Database, home: Organisation, read: _Read, chosen: Chosen) -> Imported:
    framework = read.framework(chosen)
    owner = SHARED if read.format.shared else home.id
    with database.write() as connection:
        counts = store_framework(connection, owner, framework, list(read.competencies.values()))
        if read.format.shared:
            _store_shipped(connection, read_shipped_supplement())
        rejected = [*read.rejected, *_refused(counts, read.file)]
        quarantine.put(connection, home.id, rejected)
    return Imported(framework, read.format.name, read.format.shared, counts, len(rejected), read.notices)


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
        pairs = {id_: (vector, None) for (id_, *_), vector in zip(pending, vectors, strict=True)}
        with database.write() as connection:
            store_vectors(connection, home.id, encoder.model, pairs)
        done += len(pending)


def _prefix(home: Organisation, framework: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", framework.casefold()).strip("-") or "framework"
    return f"urn:credmatch:{home.key}:{slug}:"


def _refused(counts: FrameworkCounts, file: str) -> list[Rejected]:
    reason = "is a competency of the shared vocabulary, which stays as it is"
    return [Rejected(file, 0, "uri", reason, uri) for uri in counts.shared]


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
