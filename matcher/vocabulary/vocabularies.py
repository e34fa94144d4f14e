"""The vocabularies of all organisations, as the database has them now, compiled once for all processes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from matcher.errors import unwritten
from matcher.store.database import Connection, Database
from matcher.store.tables import SHARED
from matcher.store.vocabularies import VocabularyState, load_contents, shared_version, vocabulary_state
from matcher.vocabulary.compiling import compile_layer
from matcher.vocabulary.contents import Contents
from matcher.vocabulary.encoder import Encoder
from matcher.vocabulary.language import are_french
from matcher.vocabulary.layer import FORMAT, Layer, open_layer, save
from matcher.vocabulary.lexicon import Lexicon
from matcher.vocabulary.narrowing import Narrowing
from matcher.vocabulary.vocabulary import Vocabulary

Narrow = Callable[[str, str, Layer], Narrowing]
"""What finds competencies of a shared vocabulary, from its version, its model and its layer."""

_KEPT = 32
"""Organisations whose vocabularies stay in memory; one of 5,000 own competencies takes about 10 MB."""

_LOCK = "compiling.lock"


@dataclass(frozen=True, slots=True)
class _Shared:
    change: int
    version: str
    layer: Layer
    narrowing: Narrowing | None


class Vocabularies:
    """Gives each organisation its vocabulary, and notices when this or another process changes it.

    The shared vocabulary is compiled into a folder of its own below `folder`, where it is missing, and mapped
    by all processes; an organisation's own competencies are compiled in memory. Threads may share this, and
    nothing is opened before the first `get`. `narrow`: None looks through all competencies in this process.
    """

    def __init__(
        self, database: Database, folder: Path, encoder: Encoder, narrow: Narrow | None = None
    ) -> None:
        self._narrow = narrow
        self._database = database
        self._folder = folder
        self._encoder = encoder
        self._lock = threading.Lock()
        self._shared: _Shared | None = None
        self._known: OrderedDict[str, tuple[VocabularyState, Vocabulary]] = OrderedDict()

    @property
    def encoder(self) -> Encoder:
        """What encodes texts for these vocabularies."""
        return self._encoder

    @property
    def narrows(self) -> bool:
        """Whether something finds competencies beside the processes."""
        return self._narrow is not None

    def is_narrowed(self) -> bool | None:
        """Whether what finds competencies beside the processes is ready; None where that cannot be said.

        It cannot before the shared vocabulary is compiled, which this does not do. Raises Unavailable.
        """
        with self._database.read() as connection:
            version = shared_version(connection)
        layer = open_layer(self._folder_for(version))
        narrowing = None if layer is None else self._narrowing(version, layer)
        return None if narrowing is None else narrowing.ready()

    def get(self, organisation_key: str) -> Vocabulary:
        """What the organisation sees now; one small query where nothing changed.

        Compiling the shared vocabulary takes about 5 s, and happens after each change of it in whichever
        process asks first. Raises NotFound, and Unavailable or ConfigurationError where it cannot be written.
        """
        with self._database.read() as connection:
            state = vocabulary_state(connection, organisation_key)
            known = self._known.get(organisation_key)
            if known is not None and known[0] == state:
                return known[1]
            with self._lock:
                return self._renewed(connection, organisation_key, state)

    def _renewed(self, connection: Connection, key: str, state: VocabularyState) -> Vocabulary:
        known = self._known.get(key)
        if known is not None and known[0] == state:
            return known[1]
        shared = self._shared
        if shared is None or shared.change != state.shared:
            shared = self._shared = self._load_shared(connection, state.shared)
        vocabulary = self._compose(connection, shared, state)
        self._known[key] = state, vocabulary
        self._known.move_to_end(key)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return vocabulary

    def _compose(self, connection: Connection, shared: _Shared, state: VocabularyState) -> Vocabulary:
        contents = load_contents(connection, state.organisation_id, self._encoder.model)
        if not contents.competencies:
            return Vocabulary(shared.version, [shared.layer], self._encoder, shared.narrowing)
        own = compile_layer(_in_their_language(contents, shared.layer.lexicon))
        version = f"{shared.version}.own-{state.own}"
        return Vocabulary(version, [shared.layer, own], self._encoder, shared.narrowing)

    def _load_shared(self, connection: Connection, change: int) -> _Shared:
        version = shared_version(connection)
        folder = self._folder_for(version)
        layer = open_layer(folder)
        if layer is None:
            with _alone(self._folder):
                layer = open_layer(folder) or self._compile(connection, folder)
        return _Shared(change, version, layer, self._narrowing(version, layer))

    def _folder_for(self, version: str) -> Path:
        """The folder of a compiled shared vocabulary."""
        model = hashlib.blake2b(self._encoder.model.encode(), digest_size=4).hexdigest()
        return self._folder / f"{version}-{model}-{FORMAT}"

    def _narrowing(self, version: str, layer: Layer) -> Narrowing | None:
        return self._narrow(version, self._encoder.model, layer) if self._narrow else None

    def _compile(self, connection: Connection, folder: Path) -> Layer:
        """Compile the shared vocabulary into `folder`, and remove what was compiled before."""
        shutil.rmtree(folder, ignore_errors=True)  # there is something, but it cannot be read
        compiled = compile_layer(load_contents(connection, SHARED, self._encoder.model))
        save(compiled, folder)
        for old in self._folder.iterdir():
            if old.is_dir() and old != folder:
                shutil.rmtree(old, ignore_errors=True)  # who has it mapped keeps it
        # Mapped instead of kept, so that this process is no larger than the others.
        return open_layer(folder) or compiled


def _in_their_language(contents: Contents, lexicon: Lexicon) -> Contents:
    """An organisation's own competencies, the French labels among those of no stated language found.

    Issuers state none, so that all they name is stored as English.
    """
    stated = {one.id for one in contents.competencies if one.label_fr}
    french = are_french([label.text for label in contents.labels], lexicon)
    labels = [
        replace(label, language="fr") if reads_french and label.competency not in stated else label
        for label, reads_french in zip(contents.labels, french, strict=True)
    ]
    return replace(contents, labels=labels)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process compiles, and keep the others waiting."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unwritten("the vocabulary cannot be written", folder, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
