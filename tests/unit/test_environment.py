"""How the environment is made: what is taken from the lock file, and what uv is told of pip's settings."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def environment() -> ModuleType:
    spec = importlib.util.spec_from_file_location("environment", ROOT / "tools" / "environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_package_of_the_lock_file_has_digests(environment: ModuleType) -> None:
    lock = (ROOT / "requirements.lock").read_text()
    packages = environment.locked_packages(lock)
    assert "".join(packages.values()).count("==") == lock.count("==")
    for name, entry in packages.items():
        assert entry.startswith(f"{name}=="), entry
        assert "--hash=sha256:" in entry
    assert "python_full_version < '3.12'" in packages["numpy"]
    assert "python_full_version >= '3.12'" in packages["numpy"]
    assert {"uv", "setuptools", "torch", "flask", "pytest"} <= packages.keys()


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-run.lock"])
def test_the_lock_files_name_no_host(file: str) -> None:
    assert "://" not in (ROOT / file).read_text()


def test_what_runs_is_what_was_tested(environment: ModuleType) -> None:
    """An image has the versions that the tests ran with, all that the project asks for, and no test tools."""
    tested = environment.locked_packages((ROOT / "requirements.lock").read_text())
    runs = environment.locked_packages((ROOT / "requirements-run.lock").read_text())
    assert {name: tested.get(name) for name in runs} == runs
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[^A-Za-z0-9-]", wanted, maxsplit=1)[0] for wanted in asked["dependencies"]}
    assert names | {"setuptools"} <= runs.keys()
    assert not runs.keys() & {"pytest", "mypy", "ruff", "playwright", "hypothesis"}


def test_an_image_gets_the_cpu_build_and_nothing_of_cuda(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(environment, "uv", lambda *words, environ: calls.append(words))
    monkeypatch.setattr(environment, "VENV", tmp_path)
    packages = environment.locked_packages((ROOT / "requirements-run.lock").read_text())
    environment.install_for_image(packages, {})
    (_, *first), (_, *second) = calls
    assert first[:-1] == ["--no-deps", "--torch-backend", "cpu"]
    assert first[-1].startswith("torch==")
    listed = environment.locked_packages((tmp_path / "requirements.txt").read_text())
    assert "--require-hashes" in second
    assert {name for name in packages if name not in listed} == {
        name for name in packages if environment.CUDA_PACKAGES.fullmatch(name)
    }


def test_the_cpu_build_leaves_out_cuda_and_nothing_else(environment: ModuleType) -> None:
    packages = environment.locked_packages((ROOT / "requirements.lock").read_text())
    left_out = {name for name in packages if environment.CUDA_PACKAGES.fullmatch(name)}
    assert {"torch", "triton", "nvidia-cublas", "cuda-toolkit"} <= left_out
    assert all(name.startswith(("torch", "triton", "nvidia-", "cuda-")) for name in left_out)


def test_uv_is_told_what_only_pip_was_told(environment: ModuleType) -> None:
    listing = (
        "global.index-url='https://file.example/simple'\n"
        "freeze.timeout='10'\n"
        "install.find-links='/wheels'\n"
        ":env:.index-url='https://variable.example/simple'\n"
    )
    assert list(environment.pip_settings(listing)) == [
        ("index-url", "https://variable.example/simple"),
        ("index-url", "https://file.example/simple"),
        ("find-links", "/wheels"),
    ]


@pytest.mark.parametrize("variable", ["UV_DEFAULT_INDEX", "UV_INDEX", "UV_OFFLINE"])
def test_who_chose_an_index_is_asked_of_no_other(
    environment: ModuleType, variable: str, tmp_path: Path
) -> None:
    assert not environment.cpu_build_will_do({"XDG_CONFIG_HOME": str(tmp_path), variable: "1"})
    (tmp_path / "uv").mkdir()
    (tmp_path / "uv" / "uv.toml").touch()
    assert not environment.cpu_build_will_do({"XDG_CONFIG_HOME": str(tmp_path)})
