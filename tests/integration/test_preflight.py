"""What `make` checks before it changes anything."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def preflight(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **variables}
    command = [sys.executable, str(ROOT / "tools" / "preflight.py"), *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_it_says_what_it_found() -> None:
    port = str(free_port())
    found = preflight("run", CREDMATCH_PORT=port)
    assert found.returncode == 0, found.stderr
    assert f"Python   {sys.version.split()[0]}" in found.stderr
    assert f"{port} on 127.0.0.1 is free" in found.stderr
    assert "GB free" in found.stderr


def test_a_port_in_use_is_named_and_nothing_is_changed() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        found = preflight("run", CREDMATCH_PORT=port)
        assert preflight("setup", CREDMATCH_PORT=port).returncode == 0
    assert found.returncode == 1
    assert f"{port} on 127.0.0.1  <-- Address already in use" in found.stderr
    assert "Nothing was changed" in found.stderr


@pytest.mark.parametrize("port", ["web", "70000"])
def test_a_port_that_is_none(port: str) -> None:
    found = preflight("run", CREDMATCH_PORT=port)
    assert found.returncode == 1
    assert f"{port}" in found.stderr
    assert "Traceback" not in found.stderr


def test_too_little_room_is_said(tmp_path: Path) -> None:
    script = tmp_path / "tools" / "preflight.py"
    script.parent.mkdir()
    script.write_text((ROOT / "tools" / "preflight.py").read_text().replace("DATA_GB = 0.5", "DATA_GB = 1e6"))
    found = subprocess.run([sys.executable, script, "run"], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "make room" in found.stderr
