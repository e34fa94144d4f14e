"""How long a ranking takes over HTTP: from a stored position to the JSON of its top 50, each explained.

    python -m benchmarks.request --candidates 100000 --seed 1
    python -m benchmarks.servers -- sh -c "python -m benchmarks.rebuild --candidates 100000 &&
        python -m benchmarks.request --stored"

The first loads the sample pool as an operator would; `--stored` takes what `benchmarks.rebuild` left in the
database and index of the environment, where one position has 10,000 applicants, whose times are given apart.
Starts the real server and asks it, one request after the other, for every position in turn. States the
candidates scored per request, what the stages of a ranking take on average, a web worker's memory, and the
processor's time that it takes for a request, whatever else the machine has to do.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from benchmarks.measure import arguments, data_folder, percentile, report, say
from benchmarks.pool import APPLIED

ROUNDS = 25
_COMMAND = [sys.executable, "-m", "indexer.cli"]


def main() -> None:
    """Load, serve, ask, report."""
    asked = arguments("Time a ranking over HTTP.", stored=True)
    figures: dict[str, float | int | str] = {}
    with data_folder():
        if not asked.stored:
            figures |= {"seed": asked.seed, "load_seconds": load_pool(asked.candidates, asked.seed)}
        with server() as (port, process):
            keys = position_keys()
            used = cpu_seconds(process)
            figures |= ask(port, keys)
            asked_for = (ROUNDS + 1) * len(keys)
            figures["worker_cpu_mean_ms"] = (cpu_seconds(process) - used) / asked_for * 1_000
            figures |= stages(port)
            figures["worker_memory_bytes"] = max(worker.memory_info().rss for worker in workers(process))
    report(figures)


def load_pool(candidates: int, seed: int) -> float:
    """Load the sample pool with its positions, as an operator would; gives the seconds."""
    started = time.monotonic()
    subprocess.run(
        [*_COMMAND, "sample", "--candidates", str(candidates), "--seed", str(seed), "--load"],
        stdout=sys.stderr,
        check=True,
    )
    loaded = time.monotonic() - started
    say(f"pool of {candidates} loaded and indexed in {loaded:.0f} s")
    return loaded


@contextmanager
def server() -> Iterator[tuple[int, psutil.Process]]:
    """The server on a free port of loopback, stopped at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([*_COMMAND, "serve", "--port", str(port)], stdout=sys.stderr)
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


def position_keys() -> list[str]:
    """Keys of the stored positions."""
    listed = subprocess.run([*_COMMAND, "positions", "list", "--json"], capture_output=True, check=True)
    return [json.loads(line)["key"] for line in listed.stdout.splitlines()]


def ask(port: int, keys: list[str]) -> dict[str, float | int | str]:
    """Ask for the matches of every position `ROUNDS` times, after one round to warm up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    asked = [Asked() for _ in range(2)]
    for number in range(ROUNDS + 1):
        for key in keys:
            begun = time.perf_counter()
            body = get(connection, f"/api/v1/positions/{key}/matches?top=50")
            took = (time.perf_counter() - begun) * 1000
            if number:
                asked[key == APPLIED].add(took, body)
        say(f"round {number} of {ROUNDS}")
    pool, of_applicants = asked
    figures: dict[str, float | int | str] = {"candidates": pool.people, "positions": len(keys)}
    figures |= pool.figures("request")
    if of_applicants.milliseconds:
        figures |= of_applicants.figures("applicants")
    return figures


@dataclass(slots=True)
class Asked:
    """What requests of one kind took, and what they answered."""

    milliseconds: list[float] = field(default_factory=list)
    scored: list[int] = field(default_factory=list)
    matched: list[int] = field(default_factory=list)
    largest: int = 0
    people: int = 0

    def add(self, took: float, body: bytes) -> None:
        """One more."""
        answer = json.loads(body)
        self.milliseconds.append(took)
        self.scored.append(answer["scored"])
        self.matched.append(answer["matched"])
        self.largest = max(self.largest, len(body))
        self.people = answer["pool"]

    def figures(self, name: str) -> dict[str, float | int | str]:
        """Under names that begin with `name`."""
        return {
            f"{name}s" if name == "request" else f"{name}_requests": len(self.milliseconds),
            f"{name}_p50_ms": percentile(self.milliseconds, 0.5),
            f"{name}_p95_ms": percentile(self.milliseconds, 0.95),
            f"{name}_max_ms": max(self.milliseconds),
            f"{name}_scored_p50": percentile(self.scored, 0.5),
            f"{name}_scored_max": max(self.scored),
            f"{name}_matched_p50": percentile(self.matched, 0.5),
            f"{name}_largest_answer_bytes": self.largest,
        }


def stages(port: int) -> dict[str, float | int | str]:
    """Milliseconds of each stage on average over all requests, the first of each position included."""
    told = get(http.client.HTTPConnection("127.0.0.1", port, timeout=60), "/metrics").decode()
    line = re.compile(r'^credmatch_match_stage_seconds_(sum|count)\{stage="(\w+)"\} (\S+)$', re.MULTILINE)
    found = {(stage, what): float(value) for what, stage, value in line.findall(told)}
    return {
        f"{stage}_mean_ms": found[stage, "sum"] / found[stage, "count"] * 1_000
        for stage, what in found
        if what == "sum"
    }


def get(connection: http.client.HTTPConnection, path: str) -> bytes:
    """The body of a GET; anything but 200 ends the benchmark."""
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    if response.status != http.HTTPStatus.OK:
        raise SystemExit(f"{path}: {response.status} {body[:300]!r}")
    return body


def workers(process: psutil.Process) -> list[psutil.Process]:
    """The web workers: the children of gunicorn's master."""
    masters = [child for child in process.children() if "web" in child.cmdline()]
    return [worker for master in masters for worker in master.children()]


def cpu_seconds(process: psutil.Process) -> float:
    """What the web workers took of a processor so far, whatever else the machine had to do."""
    return sum(sum(worker.cpu_times()[:2]) for worker in workers(process))


if __name__ == "__main__":
    main()
