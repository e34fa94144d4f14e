"""An installation opened by a command: its database and vocabulary made ready first, whatever was there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app import Parts, build_parts
from indexer.vocabulary import load_shipped
from matcher.errors import NotFound
from matcher.messages import said
from matcher.settings import Settings
from matcher.store.database import Connection, is_there, newest_version, schema_version
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


@contextmanager
def as_it_is(settings: Settings) -> Iterator[Parts]:
    """The parts of an installation in which nothing is changed, for commands that only look.

    Where there is none, or one that an older credmatch made, they are those of a new installation in a
    temporary folder, with the vocabulary that ships; it is gone at the end. Raises NotFound as `opened`.
    """
    if is_there(settings.url):
        parts = build_parts(settings, choose_encoder(settings))
        try:
            if _is_ready(parts):
                yield parts
                return
        finally:
            parts.close()
    with TemporaryDirectory(prefix="credmatch-") as folder:
        elsewhere = {"data_dir": Path(folder), "database_url": "", "elasticsearch_url": ""}
        with opened(settings.model_copy(update=elsewhere), create=True) as parts:
            yield parts


def _is_ready(parts: Parts) -> bool:
    """Whether an installation can be used as it is. Raises NotFound where it lacks the organisation."""
    with parts.database.read() as connection:
        if schema_version(connection) != newest_version():
            return False
        try:
            organisation(connection, parts.settings.organisation)
        except NotFound as error:
            if parts.settings.organisation != _DEFAULT:
                raise _unknown(connection, parts.settings.organisation) from error
            return False
    return True


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
                raise _unknown(connection, key) from error
        with parts.database.write() as connection:
            create_organisation(connection, key)


def _unknown(connection: Connection, key: str) -> NotFound:
    return NotFound(
        said(
            "there is no organisation %(key)s (CREDMATCH_ORGANISATION; there is: %(known)s); import, "
            "positions put, vocabulary import, sample --load and serve make it",
            key=key,
            known=tuple(organisation_keys(connection, _NAMED)) or said("none yet"),
        )
    )
