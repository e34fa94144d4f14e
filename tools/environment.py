"""Makes the environment in .venv as requirements.lock has it; does nothing where it is there already.

    python3 tools/environment.py
    python3 tools/environment.py --image     only what runs, for a container

Everything in the lock file is installed by its digest. The installer (uv) is in the lock file too; pip, which
comes with Python, brings it, so nothing needs to be there before. Its settings are the user's: uv reads its
own, and what only pip was told (an index, a proxy, a certificate) is handed on to it.

One thing is not taken from the lock where a better one can be had: on Linux the registry's PyTorch carries
4 GB of CUDA. Without an NVIDIA device, the same version is taken from PyTorch's own index of CPU builds, if
that answers within seconds and no other index was chosen; else the lock's is taken, without a question.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
RUN_LOCK = ROOT / "requirements-run.lock"
VENV = ROOT / ".venv"
STAMP = VENV / "complete"
PYTHON = VENV / "bin" / "python"

PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "trusted-host": "UV_INSECURE_HOST",
}
"""What pip may be told, and the variable by which uv is told the same."""

IMPORTED = "import alembic.command, indexer.sample.load, indexer.web_server, sentence_transformers"
"""What credmatch imports sooner or later. Imported once when the environment is made, it is compiled: else
the first text to be encoded would wait for that, and where Python may not write bytecode
(PYTHONDONTWRITEBYTECODE) every process would compile all of it anew."""

CPU_INDEX_SECONDS = 8
"""How long PyTorch's index of CPU builds may take to answer."""

INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_NO_INDEX", "UV_OFFLINE")
"""Who set one of these chose where packages come from."""

CUDA_PACKAGES = re.compile(r"(torch|triton|nvidia-.*|cuda-.*)")
"""What the CPU build of PyTorch replaces or does not need."""


def main(*, image: bool = False) -> int:
    """Make the environment, for an image only what runs; the exit code."""
    wanted = fingerprint()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return 0
    started = time.monotonic()
    say("Making the environment in .venv (the first time this downloads up to 3 GB) ...")
    try:
        make_virtual_environment()
        packages = locked_packages(LOCK.read_text())
        install_uv(packages["uv"])
        environ = uv_environment()
        if image:
            install_for_image(locked_packages(RUN_LOCK.read_text()), environ)
        else:
            install_packages(packages, environ)
        uv("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT), environ=environ)
        compile_bytecode()
    except subprocess.CalledProcessError as error:
        program = Path(error.cmd[0]).name
        say(f"The environment could not be made: see above ({program} ended with {error.returncode}).")
        return 1
    STAMP.write_text(wanted)
    say(f"The environment is complete after {time.monotonic() - started:.0f} s.")
    return 0


def say(line: str) -> None:
    """Tell the user."""
    print(line, file=sys.stderr, flush=True)


def fingerprint() -> str:
    """What the environment must be made anew for when it changes."""
    digest = hashlib.sha256()
    for file in (LOCK, ROOT / "pyproject.toml"):
        digest.update(file.read_bytes())
    return f"{digest.hexdigest()} {ROOT}\n"


def make_virtual_environment() -> None:
    """Make .venv, unless a usable one is there (of an older lock file, or left half made)."""
    STAMP.unlink(missing_ok=True)
    usable = "import sys, pip; sys.exit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)"
    if PYTHON.exists():
        found = subprocess.run([PYTHON, "-c", usable], check=False, capture_output=True)
        if found.returncode == 0:
            return
    subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)


def locked_packages(lock: str) -> dict[str, str]:
    """The lock file's entries by package; one package can have several, for different Pythons."""
    packages: dict[str, str] = {}
    for entry in re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE):
        if entry:
            name = re.split(r"[=\s;\[]", entry, maxsplit=1)[0]
            packages[name] = packages.get(name, "") + entry
    return packages


def install_uv(entry: str) -> None:
    """Let pip bring the locked uv into the environment, unless it is there."""
    pip: list[str | Path] = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", requirements(entry)], check=True)


def install_packages(packages: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Install all that the lock file has, with PyTorch for the processor alone where that will do."""
    if cpu_build_will_do(environ) and install_cpu_build(packages["torch"], environ):
        packages = {name: entry for name, entry in packages.items() if not CUDA_PACKAGES.fullmatch(name)}
    file = requirements("".join(packages.values()))
    uv("install", "--no-deps", "--require-hashes", "-r", str(file), environ=environ)


def install_for_image(packages: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Install what runs, with PyTorch for the processor alone. Raises CalledProcessError where it fails."""
    uv("install", "--no-deps", "--torch-backend", "cpu", version_of(packages["torch"]), environ=environ)
    others = "".join(entry for name, entry in packages.items() if not CUDA_PACKAGES.fullmatch(name))
    uv("install", "--no-deps", "--require-hashes", "-r", str(requirements(others)), environ=environ)


def version_of(entry: str) -> str:
    """The `name==version` that an entry of the lock begins with."""
    return entry.split(" ", maxsplit=1)[0]


def requirements(entries: str) -> Path:
    """A file with some entries of the lock."""
    file = VENV / "requirements.txt"
    file.write_text(entries)
    return file


def cpu_build_will_do(environ: Mapping[str, str]) -> bool:
    """Whether to ask for the CPU build: on Linux without an NVIDIA device, and no index was chosen."""
    nvidia = shutil.which("nvidia-smi") or Path("/proc/driver/nvidia").exists()
    if not sys.platform.startswith("linux") or nvidia:
        return False
    configured = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "uv", "uv.toml")
    chosen = any(environ.get(name) for name in INDEX_VARIABLES)
    return not (chosen or configured.exists() or Path("/etc/uv/uv.toml").exists())


def install_cpu_build(entry: str, environ: Mapping[str, str]) -> bool:
    """Install the lock's version of PyTorch as built for the processor; false where it cannot be had."""
    requirement = version_of(entry)
    question = [*uv_command("install"), "--dry-run", "--no-deps", "--torch-backend", "cpu", requirement]
    impatient = {**environ, "UV_HTTP_TIMEOUT": "4", "UV_HTTP_RETRIES": "0"}
    try:
        subprocess.run(question, check=True, capture_output=True, env=impatient, timeout=CPU_INDEX_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    try:
        uv("install", "--no-deps", "--torch-backend", "cpu", requirement, environ=environ)
    except subprocess.CalledProcessError:
        return False
    return True


def compile_bytecode() -> None:
    """Compile what is imported. Nothing depends on it, so whatever fails here is left to be met in use."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([PYTHON, "-c", IMPORTED], check=False, capture_output=True, env=environ, cwd=ROOT)


def uv_environment() -> dict[str, str]:
    """The process's environment, with what only pip was told added for uv."""
    environ = dict(os.environ)
    listing = subprocess.run(
        [PYTHON, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    ).stdout
    for name, value in pip_settings(listing):
        variable = PIP_TO_UV.get(name)
        if variable is not None:
            environ.setdefault(variable, " ".join(value.split()))
    environ.setdefault("UV_HTTP_TIMEOUT", "300")
    return environ


def pip_settings(listing: str) -> Iterator[tuple[str, str]]:
    """Name and value of each line of `pip config list`, such as `global.index-url='...'`.

    Those for one command other than install are left out; environment variables win and come first.
    """
    lines = sorted(listing.splitlines(), key=lambda line: not line.startswith(":env:"))
    for line in lines:
        found = re.fullmatch(r"(?:global|install|:env:)\.([a-z-]+)=(.*)", line)
        if found:
            yield found[1], str(ast.literal_eval(found[2]))


def uv_command(verb: str) -> list[str]:
    """The start of a uv command on the environment."""
    return [str(VENV / "bin" / "uv"), "pip", verb, "--python", str(PYTHON)]


def uv(verb: str, *arguments: str, environ: Mapping[str, str]) -> None:
    """Run uv on the environment. Raises CalledProcessError, after uv said what is wrong."""
    quiet = () if sys.stderr.isatty() else ("--quiet",)
    subprocess.run([*uv_command(verb), *quiet, *arguments], check=True, env=environ, cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main(image=sys.argv[1:] == ["--image"]))
