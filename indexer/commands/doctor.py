"""`credmatch doctor`: whether every part of the installation is as it should be."""

from __future__ import annotations

from dataclasses import asdict

import click

from indexer.commands.output import json_line
from indexer.doctor import PARTS, examine


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Write what was found as one JSON document.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(PARTS),
    metavar="PART",
    help='Look only at this part, such as "index lag", and at those that it needs. More may be given.',
)
@click.pass_context
def doctor(ctx: click.Context, only: tuple[str, ...], *, as_json: bool) -> None:
    """Look at every part and say how to mend what is wrong; changes nothing. Exit code 1 where anything is.

    \b
    Example:
      credmatch doctor
      credmatch doctor --only "index lag"
    """
    found = []
    for finding in examine(only):
        found.append(finding)
        if not as_json:
            mend = f"; to mend it: {finding.mend}" if finding.mend else ""
            click.echo(f"{'OK   ' if finding.ok else 'WRONG'} {finding.part}: {finding.says}{mend}")
    well = all(finding.ok for finding in found)
    if as_json:
        json_line({"ok": well, "parts": [asdict(finding) for finding in found]})
    ctx.exit(0 if well else 1)
