"""`credmatch encoder`: the process that holds the sentence encoder for all others."""

from __future__ import annotations

import os

import click

from indexer.serve import end_with_parent
from matcher.settings import read_settings
from matcher.vocabulary.encoder import LocalEncoder
from matcher.vocabulary.remote import encode_for_others, socket_path


@click.command(hidden=True)
@click.option("--until-eof", is_flag=True, help="Stop when standard input ends.")
def encoder(*, until_eof: bool) -> None:
    """Encode sentences for the other processes of this installation; `credmatch serve` starts it.

    \b
    Example:
      credmatch encoder
    """
    if until_eof:
        end_with_parent()
    os.nice(5)  # pages that need no encoding come first
    try:
        encode_for_others(LocalEncoder(), socket_path(read_settings().data_dir))
    except KeyboardInterrupt:
        return
