"""`credmatch web`: gunicorn with the web workers, as `credmatch serve` starts it."""

from __future__ import annotations

import click

from indexer.serve import end_with_parent, wait_for_parent
from indexer.web_server import WebServer
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
    if until_eof:
        wait_for_parent()
        end_with_parent()
    WebServer(read_settings(), fd).run()
