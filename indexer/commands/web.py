"""`credmatch web`: gunicorn with the web workers, as `credmatch serve` starts it."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

import click

from indexer.serve import end_with_parent, wait_for_parent
from matcher.errors import ConfigurationError
from matcher.settings import Settings, read_settings

_MEMORY = Path("/dev/shm")  # noqa: S108 - only in a folder that is ours alone


@click.command(hidden=True)
@click.option("--fd", type=int, required=True, help="Descriptor of the bound socket.")
@click.option("--until-eof", is_flag=True, help="Wait for a byte on standard input, and stop when it ends.")
def web(*, fd: int, until_eof: bool) -> None:
    """Serve pages and API on a socket that is bound already; `credmatch serve` starts it.

    \b
    Example, with a shell that opened descriptor 3 as a listening socket:
      credmatch web --fd 3
    """
    settings = read_settings()
    folder = metrics_folder(settings)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # what prometheus-client asks when it is imported
    from indexer.web_server import WebServer  # noqa: PLC0415

    if until_eof:
        wait_for_parent()
        end_with_parent()
    _empty(folder)
    WebServer(settings, fd, folder).run()


def metrics_folder(settings: Settings) -> Path:
    """Where the workers of one server count together: in memory where the machine lends some, since a disk
    that is full would end every process that has a file of it mapped; else in the data folder."""
    own = _MEMORY / f"credmatch-{os.getuid()}"
    with suppress(OSError):
        own.mkdir(mode=0o700, exist_ok=True)
        made = own.lstat()
        if stat.S_ISDIR(made.st_mode) and made.st_uid == os.getuid() and not made.st_mode & 0o077:
            data = hashlib.sha256(os.fsencode(settings.data_dir.resolve())).hexdigest()
            return own / f"{data[:16]}-{settings.port}"
    return settings.data_dir / "metrics" / str(settings.port)


def _empty(folder: Path) -> None:
    """Have an empty folder: what another run counted would be added again."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"the folder {folder} cannot be made: {error.strerror}") from error
