"""The `credmatch` command. Its subcommands are in indexer/commands/ and are imported when they are run."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

import click

from indexer.commands.output import failed
from matcher.errors import ConfigurationError, CredmatchError
from matcher.logs import fields, start_logging
from matcher.settings import read_settings

_COMMANDS = {
    "achievements": "achievements:achievements",
    "doctor": "doctor:doctor",
    "encoder": "encoder:encoder",
    "follow": "index:follow_changes",
    "import": "intake:import_",
    "inspect": "inspect_:inspect_",
    "issuers": "issuers:issuers",
    "make-ready": "ready:make_ready",
    "match": "match:match",
    "nightly": "nightly:nightly_",
    "positions": "positions:positions",
    "quarantine": "quarantine:quarantine",
    "reindex": "index:reindex",
    "sample": "sample:sample",
    "serve": "serve:serve_",
    "verify-index": "index:verify_index",
    "vocabulary": "vocabulary:vocabulary",
    "web": "web:web",
}
"""Subcommand -> module in indexer/commands and the command's name there."""

_EPILOG = """\b
Settings are environment variables:
  CREDMATCH_DATA_DIR      folder of database and index (var/)
  CREDMATCH_DATABASE_URL  another database than SQLite in that folder
  CREDMATCH_ORGANISATION  key of the organisation (default)

\b
Exit codes:
  0    done
  1    something unexpected, doctor found something wrong, or verify-index what differs
  2    an argument or what was sent is wrong; the message says where
  3    nothing is stored under that key
  4    the position cannot be scored until a reading is confirmed
  5    a part (database, index, encoder, disk) does not answer: try again
  6    a setting or the installation is wrong
  7    a new search index lacks people and was not put in place
  8    the nightly job found that the search index differed from the database
  130  stopped by Ctrl-C or SIGTERM
"""


_log = logging.getLogger(__name__)


class _Commands(click.Group):
    """A group that imports a subcommand's module only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"indexer.commands.{module}"), name)
        return command


@click.command(cls=_Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="credmatch")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Rank applicants by how well their current micro-credentials cover a position's micro-skills.

    \b
    Example:
      credmatch import pool.jsonl
      credmatch match --position warehouse.json
    """
    with suppress(ConfigurationError):  # the command says it, or its help is all that is wanted
        start_logging(read_settings(), ctx.invoked_subcommand or "")


def main() -> NoReturn:
    """Run the command in `sys.argv` and end the process with its exit code.

    SIGTERM and SIGHUP stop it as Ctrl-C does, unless they are ignored (nohup).
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads on; what is left must not be written when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or 1
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command; its exit code. What goes wrong takes one line on standard error."""
    began = time.monotonic()
    code = _run(arguments)
    _log.info("the command ended", extra=fields(code=code, seconds=round(time.monotonic() - began, 3)))
    return code


def _run(arguments: Sequence[str]) -> int:
    try:
        code = cli.main(list(arguments), prog_name="credmatch", standalone_mode=False)
    except CredmatchError as error:
        return failed(str(error), error.exit_code)
    except click.ClickException as error:
        return failed(error.format_message(), error.exit_code)
    except click.Abort:
        # The server's parts are stopped by it, which says so itself.
        return 130 if "--until-eof" in arguments else failed("stopped", 130)
    except OSError as error:
        return failed(str(error), 5)
    except Exception as error:  # noqa: BLE001 - Python's own way would write all that the error quotes
        _log.critical("the command failed in a way that nobody thought of", exc_info=error)
        return 1
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    main()
