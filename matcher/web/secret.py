"""The key that signs cookies and form tokens: made once, in the data folder, readable by its owner only."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from matcher.errors import ConfigurationError

_NAME = "secret.key"
_BYTES = 32


def secret_key(folder: Path) -> bytes:
    """The installation's secret key, 32 bytes, made where there is none yet.

    Several processes may start at once: all get the same one. Raises ConfigurationError where the folder
    cannot be used or the file does not hold a key.
    """
    path = folder / _NAME
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"the secret key {path} cannot be used: {error.strerror}") from error
    if len(key) != _BYTES:
        raise ConfigurationError(
            f"{path} does not hold a key of {_BYTES} bytes; delete it to have a new one made"
        )
    return key


def _make(path: Path) -> None:
    """Write a new key beside `path` and link it there: whole or not at all, and the first one stays."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()
