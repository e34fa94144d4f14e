"""An installation opened by a command: its database and vocabulary made ready first, whatever was there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app import Parts, build_parts
from indexer.vocabulary import load_shipped
from matcher.errors import NotFound
from matcher.settings import Settings
from matcher.store.organisations import create_organisation, organisation, organisation_keys
from matcher.vocabulary.encoder import Encoder, LocalEncoder
from matcher.vocabulary.remote import RemoteEncoder, socket_path

_DEFAULT = "default"

_NAMED = 10
"""Organisations that a message names at most."""


@contextmanager
def opened(settings: Settings, *, create: bool = False) -> Iterator[Parts]:
    """The parts of an installation, ready for use; closed at the end.

    Text is encoded by the server's encoder where one runs, else in this process. An organisation that is not
    there yet is made where `create` says so, as what brings data in does; `default` always is, since it is
    what an installation has that names none. Raises NotFound for any other: its name is most often misspelt.
    """
    with _ready(settings, choose_encoder(settings), create=create) as parts:
        yield parts


@contextmanager
def opened_for_server(settings: Settings) -> Iterator[Parts]:
    """As `opened`, for a process of the server: it never loads the encoder itself."""
    with _ready(settings, None, create=False) as parts:
        yield parts


def choose_encoder(settings: Settings) -> Encoder:
    """The running server's encoder, else one that loads in this process when it is first used."""
    running = RemoteEncoder(socket_path(settings.data_dir))
    return running if running.answers else LocalEncoder()


@contextmanager
def _ready(settings: Settings, encoder: Encoder | None, *, create: bool) -> Iterator[Parts]:
    parts = build_parts(settings, encoder)
    try:
        parts.database.migrate()
        _find_organisation(parts, create=create)
        load_shipped(parts.database)
        yield parts
    finally:
        parts.close()


def _find_organisation(parts: Parts, *, create: bool) -> None:
    """Create the organisation where it is missing, without waiting for other writers where it is not."""
    key = parts.settings.organisation
    try:
        with parts.database.read() as connection:
            organisation(connection, key)
    except NotFound as error:
        if not create and key != _DEFAULT:
            with parts.database.read() as connection:
                known = ", ".join(organisation_keys(connection, _NAMED)) or "none yet"
            raise NotFound(
                f"there is no organisation {key} (CREDMATCH_ORGANISATION; there is: {known}); "
                "import, positions put, vocabulary import, sample --load and serve make it"
            ) from error
        with parts.database.write() as connection:
            create_organisation(connection, key)
