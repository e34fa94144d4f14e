"""Elasticsearch's minimal distribution, fetched through Maven and unpacked once, and a JDK to run it.

Elastic's licence allows its use; it is never shipped. It lacks what credmatch does not use: scripts, ingest
pipelines, language analysers.
"""

from __future__ import annotations

import fcntl
import functools
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.parts.processes import unavailable

VERSION = os.environ.get("CREDMATCH_TEST_ELASTICSEARCH_VERSION", "8.19.8")
NEXT_VERSION = "9.2.0"
"""Of the next major version, which credmatch runs on as well."""

_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
_ARTIFACT = "org.elasticsearch.distribution.integ-test-zip:elasticsearch:{version}:zip"
_DESCRIPTOR = """description=says the version at /
version=1
name=root-info
classname=org.credmatch.tests.RootInfo
java.version={java}
elasticsearch.version={version}
"""


@functools.cache
def java_home(oldest: int) -> Path:
    """A JDK of version `oldest` or newer, the newest there is; skips where there is none."""
    named = [Path(os.environ[name]) for name in ("ES_JAVA_HOME", "JAVA_HOME") if os.environ.get(name)]
    for home in named:
        if _java_version(home) >= oldest:
            return home
    newest = max(Path("/usr/lib/jvm").glob("*"), key=_java_version, default=Path())
    if _java_version(newest) < oldest:
        unavailable(f"no Elasticsearch: no JDK {oldest} or newer in ES_JAVA_HOME, JAVA_HOME or /usr/lib/jvm")
    return newest


def _java_version(home: Path) -> int:
    """Version of the JDK in `home`; 0 where there is none, or one that cannot compile."""
    if not (home / "bin" / "javac").exists():
        return 0
    javac = home / "bin" / "javac"
    said = subprocess.run([javac, "-version"], check=False, capture_output=True, text=True).stdout
    version = re.search(r"\d+", said)
    return int(version[0]) if version else 0


def oldest_java(version: str = VERSION) -> int:
    """The oldest Java that a version of Elasticsearch runs on."""
    return 17 if version.startswith("8.") else 21


@functools.cache
def distribution(version: str = VERSION) -> Path:
    """Home folder of Elasticsearch `version`, readable by everybody; skips where it cannot be fetched."""
    java = java_home(oldest_java(version))
    home = _cache() / f"elasticsearch-{version}"
    home.parent.mkdir(parents=True, exist_ok=True)
    with _alone(home.parent):  # processes that share the tests all want it first
        if not home.exists():
            with tempfile.TemporaryDirectory(dir=home.parent) as folder:
                made = _unpacked(version, Path(folder))
                _install_root(made, version, java)
                made.rename(home)
    return home


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process is here."""
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _cache() -> Path:
    """Root's own folder is closed to the user that Elasticsearch then runs as."""
    if os.geteuid() == 0:
        return Path("/var/cache/credmatch-tests")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "credmatch-tests"


def _unpacked(version: str, folder: Path) -> Path:
    maven = shutil.which("mvn")
    if maven is None:
        unavailable("no Elasticsearch: neither CREDMATCH_TEST_ELASTICSEARCH_URL, nor Docker, nor Maven (mvn)")
    artifact = _ARTIFACT.format(version=version)
    done = subprocess.run(
        [maven, "-B", "-q", _COPY, f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        unavailable(f"no Elasticsearch: Maven did not fetch {artifact}: {done.stdout[-500:]}")
    with zipfile.ZipFile(folder / f"elasticsearch-{version}.zip") as archive:
        archive.extractall(folder)
    home = folder / f"elasticsearch-{version}"
    for program in (home / "bin").iterdir():
        program.chmod(0o755)
    for path in (home, *home.rglob("*")):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    return home


def _install_root(home: Path, version: str, java: Path) -> None:
    """Add what answers GET / where the distribution does not."""
    if (home / "modules" / "rest-root").exists():
        return
    plugin = home / "plugins" / "root-info"
    plugin.mkdir(parents=True)
    release = str(oldest_java(version))
    source = Path(__file__).with_name("RootInfo.java")
    with tempfile.TemporaryDirectory() as classes:
        compiler: list[str | Path] = [java / "bin" / "javac", "--release", release, "-cp", f"{home}/lib/*"]
        subprocess.run([*compiler, "-d", classes, source], check=True, capture_output=True)
        archiver: list[str | Path] = [java / "bin" / "jar", "--create", "--file", plugin / "root-info.jar"]
        archiver += ["-C", classes, "."]
        subprocess.run(archiver, check=True, capture_output=True)
    descriptor = _DESCRIPTOR.format(java=release, version=version)
    (plugin / "plugin-descriptor.properties").write_text(descriptor)
