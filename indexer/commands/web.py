"""`credmatch web`: gunicorn with the web workers, as `credmatch serve` starts it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click

from indexer.serve import end_with_parent, wait_for_parent
from matcher.errors import ConfigurationError
from matcher.settings import read_settings


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
    folder = _count_together(settings.metrics_dir)
    from indexer.web_server import WebServer  # noqa: PLC0415 - it imports prometheus-client

    if until_eof:
        wait_for_parent()
        end_with_parent()
    WebServer(settings, fd, folder).run()


def _count_together(folder: Path) -> Path:
    """Have all workers count in `folder`, which prometheus-client has to know before it is imported."""
    shutil.rmtree(folder, ignore_errors=True)  # what another run counted would be added again
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"the folder {folder} cannot be made: {error.strerror}") from error
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    return folder
