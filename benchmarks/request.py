"""How long a ranking takes over HTTP: from a stored position to the JSON of its top 50, each explained.

    python -m benchmarks.request --candidates 100000 --seed 1

Loads the sample pool into a fresh folder, starts the real server and asks it, one request after the other,
for every position of the sample in turn. States the candidates scored per request and a web worker's memory.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from benchmarks.measure import arguments, percentile, report, say

ROUNDS = 25
_COMMAND = [sys.executable, "-m", "indexer.cli"]


def main() -> None:
    asked = arguments("Time a ranking over HTTP.")
    with tempfile.TemporaryDirectory(prefix="credmatch-request-") as folder:
        environ = {**os.environ, "CREDMATCH_DATA_DIR": folder}
        started = time.monotonic()
        load_pool(asked.candidates, asked.seed, environ)
        loaded = time.monotonic() - started
        say(f"pool of {asked.candidates} loaded and indexed in {loaded:.0f} s")
        with server(environ) as (port, process):
            figures = ask(port, position_keys(environ))
            figures["worker_memory_bytes"] = worker_memory(process)
        report({"candidates": asked.candidates, "seed": asked.seed, "load_seconds": loaded, **figures})


def load_pool(candidates: int, seed: int, environ: dict[str, str]) -> None:
    """Load the sample pool with its positions, as an operator would."""
    subprocess.run(
        [*_COMMAND, "sample", "--candidates", str(candidates), "--seed", str(seed), "--load"],
        env=environ,
        stdout=sys.stderr,
        check=True,
    )


@contextmanager
def server(environ: dict[str, str]) -> Iterator[tuple[int, psutil.Process]]:
    """The server on a free port of loopback, stopped at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([*_COMMAND, "serve", "--port", str(port)], env=environ, stdout=sys.stderr)
    try:
        wait_for(port, process)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when the server answers; at most 60 s."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            get(http.client.HTTPConnection("127.0.0.1", port, timeout=10), "/healthz")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not start")


def position_keys(environ: dict[str, str]) -> list[str]:
    """Keys of the stored positions."""
    listed = subprocess.run(
        [*_COMMAND, "positions", "list", "--json"], env=environ, capture_output=True, check=True
    )
    return [json.loads(line)["key"] for line in listed.stdout.splitlines()]


def ask(port: int, keys: list[str]) -> dict[str, float | int | str]:
    """Ask for the matches of every sample position `ROUNDS` times, after one round to warm up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    milliseconds: list[float] = []
    scored: list[int] = []
    size = 0
    for number in range(ROUNDS + 1):
        for key in keys:
            begun = time.perf_counter()
            body = get(connection, f"/api/v1/positions/{key}/matches?top=50")
            took = (time.perf_counter() - begun) * 1000
            if number:
                milliseconds.append(took)
                scored.append(json.loads(body)["scored"])
                size = max(size, len(body))
        say(f"round {number} of {ROUNDS}")
    return {
        "requests": len(milliseconds),
        "positions": len(keys),
        "request_p50_ms": percentile(milliseconds, 0.5),
        "request_p95_ms": percentile(milliseconds, 0.95),
        "request_max_ms": max(milliseconds),
        "scored_per_request_p50": percentile(scored, 0.5),
        "scored_per_request_max": max(scored),
        "largest_answer_bytes": size,
    }


def get(connection: http.client.HTTPConnection, path: str) -> bytes:
    """The body of a GET; anything but 200 ends the benchmark."""
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    if response.status != http.HTTPStatus.OK:
        raise SystemExit(f"{path}: {response.status} {body[:300]!r}")
    return body


def worker_memory(process: psutil.Process) -> int:
    """Resident bytes of the largest web worker: the children of gunicorn's master."""
    masters = [child for child in process.children() if "web" in child.cmdline()]
    sizes: list[int] = [worker.memory_info().rss for master in masters for worker in master.children()]
    return max(sizes)


if __name__ == "__main__":
    main()
