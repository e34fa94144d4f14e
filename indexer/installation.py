"""An installation opened by a command: its database and vocabulary made ready first, whatever was there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app import Parts, build_parts
from indexer.vocabulary import load_shipped
from matcher.errors import NotFound
from matcher.settings import Settings
from matcher.store.organisations import create_organisation, organisation
from matcher.vocabulary.encoder import Encoder, LocalEncoder
from matcher.vocabulary.remote import RemoteEncoder, socket_path


@contextmanager
def opened(settings: Settings) -> Iterator[Parts]:
    """The parts of an installation, ready for use; closed at the end.

    Text is encoded by the server's encoder where one runs, else in this process.
    """
    with _ready(settings, choose_encoder(settings)) as parts:
        yield parts


@contextmanager
def opened_for_server(settings: Settings) -> Iterator[Parts]:
    """As `opened`, for a process of the server: it never loads the encoder itself."""
    with _ready(settings, None) as parts:
        yield parts


def choose_encoder(settings: Settings) -> Encoder:
    """The running server's encoder, else one that loads in this process when it is first used."""
    running = RemoteEncoder(socket_path(settings.data_dir))
    return running if running.answers else LocalEncoder()


@contextmanager
def _ready(settings: Settings, encoder: Encoder | None) -> Iterator[Parts]:
    parts = build_parts(settings, encoder)
    try:
        parts.database.migrate()
        _make_organisation(parts)
        load_shipped(parts.database)
        yield parts
    finally:
        parts.close()


def _make_organisation(parts: Parts) -> None:
    """Create the organisation where it is missing, without waiting for other writers where it is not."""
    key = parts.settings.organisation
    try:
        with parts.database.read() as connection:
            organisation(connection, key)
    except NotFound:
        with parts.database.write() as connection:
            create_organisation(connection, key)
