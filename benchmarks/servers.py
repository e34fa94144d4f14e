"""Runs a benchmark beside a PostgreSQL and an Elasticsearch of its own, gone when it ends or is stopped.

    python -m benchmarks.servers -- python -m benchmarks.rebuild --candidates 100000
    python -m benchmarks.servers --heap 2g -- sh -c "python -m benchmarks.rebuild --candidates 1000000 &&
        python -m benchmarks.request --stored"

The command gets their addresses in its environment, and a data folder that is gone afterwards too.
`--embedded` starts neither: then several commands share an SQLite and an embedded index. PostgreSQL runs
without fsync, which matters where rows are written; Elasticsearch is one node without copies.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from tests.parts.elasticsearch import elasticsearch_node
from tests.parts.postgres import postgres_server

STOPS = (signal.SIGINT, signal.SIGTERM)


def main() -> None:
    """Start them, run the command, and end with its exit code."""
    parser = argparse.ArgumentParser(description="Run a command beside servers of its own.")
    parser.add_argument("--heap", default="1g", help="of Elasticsearch; default: %(default)s")
    parser.add_argument("--embedded", action="store_true", help="start none: SQLite and the embedded engine")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="behind --")
    asked = parser.parse_args()
    command = asked.command[1:] if asked.command[:1] == ["--"] else asked.command
    for number in STOPS:
        signal.signal(number, stop)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="credmatch-benchmark-"))
        environ = {**os.environ, "CREDMATCH_DATA_DIR": folder}
        if not asked.embedded:
            server = stack.enter_context(postgres_server())
            environ["CREDMATCH_DATABASE_URL"] = server.create("benchmark")
            environ["CREDMATCH_ELASTICSEARCH_URL"] = stack.enter_context(elasticsearch_node(asked.heap))
            environ["CREDMATCH_ELASTICSEARCH_REPLICAS"] = "0"
        sys.exit(run(command, environ))


def run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """The command's exit code; where this process is stopped, so is the command with all that it started."""
    # Who is stopped while the command starts does not know yet whom to end.
    held: list[int] = []
    handlers = {number: signal.signal(number, lambda number, _: held.append(number)) for number in STOPS}
    with subprocess.Popen(command, env=environ, start_new_session=True) as process:
        try:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            for stopped in held:
                signal.raise_signal(stopped)
            return process.wait()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)


def stop(number: int, _: object) -> None:
    """End, and what was started with it; no further signal interrupts that."""
    for each in STOPS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
