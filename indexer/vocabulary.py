"""Filling vocabularies: with what ships, with frameworks from files; and reading phrases in bulk."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, TypedDict

from indexer.readers.esco import read_esco
from indexer.readers.frameworks import FrameworkCompetency, read_framework
from indexer.readers.json_text import decode, shown
from indexer.readers.lines import Line, lines
from indexer.shipped import SUPPLEMENT, Shipped, Vectors, esco_version, supplement_version
from indexer.shipped import read_esco as read_shipped_esco
from indexer.shipped import read_supplement as read_shipped_supplement
from matcher.errors import InvalidInput
from matcher.records import UNITS, Likely, Rejected
from matcher.store import quarantine
from matcher.store.database import Connection, Database
from matcher.store.framework_intake import Framework, FrameworkCounts, add_aliases, store_framework
from matcher.store.organisations import Organisation, organisation
from matcher.store.tables import SHARED
from matcher.store.vocabularies import competency_ids, framework_versions, store_vectors, unencoded
from matcher.vocabulary.encoder import DIMENSION, Encoder
from matcher.vocabulary.vocabularies import Vocabularies
from matcher.vocabulary.vocabulary import Vocabulary

Progress = Callable[[int, int], None]
"""Told how many competencies are encoded, and how many there are in all."""

ESCO = "ESCO"

_BATCH = 256
_LONGEST_LINE = 100_000
_LARGEST_ARCHIVE = 1_000_000_000
_UNREADABLE = bytes(DIMENSION)
"""The vector of a label that the encoder cannot read, since it is French: similar to nothing."""


class Meaning(TypedDict):
    """A competency that a phrase may mean; `probability` from 0 to 1."""

    uri: str
    label: str
    relation: str
    probability: float


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a framework: which one it was, how its competencies fared, what was rejected."""

    framework: Framework
    counts: FrameworkCounts
    rejected: int


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
    add_aliases(connection, SHARED, shipped.aliases)
    _store_vectors(connection, SHARED, shipped.vectors)


def _store_vectors(connection: Connection, organisation_id: int, vectors: Vectors) -> None:
    ids = competency_ids(connection, organisation_id, vectors.by_uri)
    by_id = {ids[uri]: pair for uri, pair in vectors.by_uri.items() if uri in ids}
    store_vectors(connection, organisation_id, vectors.model, by_id)


# --- frameworks of others ----------------------------------------------------------------------


def import_framework(
    database: Database,
    vocabularies: Vocabularies,
    organisation_key: str,
    path: Path,
    *,
    name: str = "",
    version: str = "",
    progress: Progress | None = None,
) -> Imported:
    """Import a framework of competencies, then encode what it says.

    `path`: a folder or .zip with ESCO's CSV export, which becomes part of the shared vocabulary and needs a
    `version`; or a CSV or JSONL file of any framework, which becomes the organisation's own (`name`: the
    file's where it is empty). Competencies are known by URI: importing a later version changes those that it
    states and leaves those that it no longer does. What cannot be read goes to the organisation's quarantine.

    Raises InvalidInput where nothing can be read, NotFound where there is no such organisation, Unavailable
    where the encoder does not answer: then all is stored, and importing it again encodes it.
    """
    with database.read() as connection:
        home = organisation(connection, organisation_key)
    export = path.is_dir() or path.suffix == ".zip"
    if export and not version:
        raise InvalidInput("an ESCO export does not say its version: name it", where="version")
    framework = Framework(ESCO if export else name or path.name.partition(".")[0], version)
    found = list(_read_export(path) if export else read_framework(path, prefix=_prefix(home, framework)))
    if not found:
        raise InvalidInput("holds no competency", where=path.name)
    competencies = [one for one in found if isinstance(one, FrameworkCompetency)]
    rejected = [one for one in found if isinstance(one, Rejected)]
    owner = SHARED if export else home.id
    with database.write() as connection:
        counts = store_framework(connection, owner, framework, competencies)
        if export:
            _store_shipped(connection, read_shipped_supplement())
        rejected += _refused(counts, path)
        quarantine.put(connection, home.id, rejected)
    refused = set(counts.shared)
    stored = [one for one in competencies if one.uri not in refused]
    vocabulary = vocabularies.get(organisation_key)
    _encode(database, vocabulary, vocabularies.encoder, owner, stored, progress)
    return Imported(framework, counts, len(rejected))


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


def _prefix(home: Organisation, framework: Framework) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", framework.name.casefold()).strip("-") or "framework"
    return f"urn:credmatch:{home.key}:{slug}:"


def _read_export(path: Path) -> Iterator[FrameworkCompetency | Rejected]:
    with _unpacked(path) as folder:
        tables = sorted(folder.rglob("skills_en.csv*"))
        if not tables:
            raise InvalidInput("no file skills_en.csv in it: it is no CSV export of ESCO", where=path.name)
        yield from read_esco(tables[0].parent)


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield path
        return
    with TemporaryDirectory(prefix="credmatch-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                tables = [one for one in archive.infolist() if one.filename.endswith((".csv", ".csv.gz"))]
                if sum(one.file_size for one in tables) > _LARGEST_ARCHIVE:
                    raise InvalidInput("holds more than 1 GB", where=path.name)
                archive.extractall(folder, members=tables)
        except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise InvalidInput(f"cannot be unpacked: {error}", where=path.name) from error
        yield Path(folder)


def _refused(counts: FrameworkCounts, path: Path) -> list[Rejected]:
    shared = [
        Rejected(path.name, 0, "uri", "is a competency of the shared vocabulary, which stays as it is", uri)
        for uri in counts.shared
    ]
    unknown = [
        Rejected(path.name, 0, kind, f"nobody knows {other}; the rest was stored", f"{uri} {kind} {other}")
        for uri, kind, other in counts.unknown
    ]
    return shared + unknown


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


# --- phrases in bulk ---------------------------------------------------------------------------


def resolve_file(vocabulary: Vocabulary, stream: BinaryIO, top: int) -> Iterator[dict[str, object]]:
    """What each phrase of a JSONL stream means, a line {"id", "text"} in, an object out, in their order.

    An object is {"id", "competencies": [{"uri", "label", "relation", "probability"}]} with `top` of them, the
    best first; of a line that cannot be read it is {"id": None, "error", "line"}, and the rest goes on.
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
    try:
        return _checked_phrase(line)
    except InvalidInput as error:
        return {"id": None, "error": str(error), "line": line.number}


def _checked_phrase(line: Line) -> _Phrase:
    if not line.whole:
        raise InvalidInput(f"longer than {_LONGEST_LINE} bytes")
    body = decode(line.data)
    if not isinstance(body, dict):
        raise InvalidInput(f"must be an object, is {shown(body)}")
    id_, text = body.get("id"), body.get("text")
    if not isinstance(id_, str | int | None):
        raise InvalidInput(f"must be text or a whole number, is {shown(id_)}", where="id")
    if not isinstance(text, str):
        raise InvalidInput(f"must be text, is {shown(text)}", where="text")
    return _Phrase(id_, text)
