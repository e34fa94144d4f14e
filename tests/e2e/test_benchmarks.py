"""Benchmarks say when what they measure did not happen, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from benchmarks import servers
from benchmarks.changes import Watch


def test_a_change_that_is_not_found_is_no_figure() -> None:
    reached = SimpleNamespace(change_number=1)
    parts: Any = SimpleNamespace(
        engine=SimpleNamespace(state=lambda _: reached), settings=SimpleNamespace(organisation="default")
    )
    watch = Watch(parts)
    watch.committed(1)
    watch.start()
    watch.committed(2)
    with pytest.raises(SystemExit, match="of 2 changes 1 were not found"):
        watch.all_found(0.3)
    reached.change_number = 2
    assert len(watch.all_found(30)) == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_one_who_stops_looking_has_not_found_the_rest() -> None:
    parts: Any = SimpleNamespace()
    watch = Watch(parts)
    watch.committed(1)
    watch.start()
    with pytest.raises(SystemExit, match="of 1 changes 1 were not found"):
        watch.all_found(30)


def test_a_benchmark_that_is_stopped_takes_its_command_and_its_folder_with_it() -> None:
    shell = 'echo "$$ $CREDMATCH_DATA_DIR"; sleep 300; true'
    words = [sys.executable, "-m", "benchmarks.servers", "--embedded", "--", "sh", "-c", shell]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as benchmark:
        assert benchmark.stdout is not None
        number, folder = benchmark.stdout.readline().split()
        below = [psutil.Process(int(number)), *psutil.Process(int(number)).children()]
        assert Path(folder).is_dir()
        benchmark.terminate()
        assert benchmark.wait(30) == 128 + signal.SIGTERM
    _, alive = psutil.wait_procs(below, timeout=10)
    assert alive == []
    assert not Path(folder).exists()


def test_who_is_stopped_while_the_command_starts_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class StoppedAtOnce(subprocess.Popen[bytes]):
        def __init__(self, *words: Any, **options: Any) -> None:
            super().__init__(*words, **options)
            started.append(self)
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(subprocess, "Popen", StoppedAtOnce)
    handlers = {number: signal.signal(number, servers.stop) for number in servers.STOPS}
    try:
        with pytest.raises(SystemExit):
            servers.run(["sleep", "300"], os.environ)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert started[0].poll() == -signal.SIGTERM
