"""How the environment is made: what is taken from the lock file, and what uv is told of pip's settings."""

from __future__ import annotations

import importlib.util
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


def test_the_lock_file_names_no_host() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text()


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
