"""The README is executed: its commands run in its order, and its tables are those of the code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from indexer.formats_page import page
from matcher.evidence import DECLARED
from matcher.settings import Settings, variable

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def console_script() -> str:
    """The lines of the console blocks without their prompts; a here-document's lines have none."""
    blocks = re.findall(r"^```console\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return "".join(re.sub(r"^\$ ", "", block, flags=re.MULTILINE) for block in blocks)


@pytest.mark.encoder
def test_the_commands_of_the_readme_work_in_their_order(tmp_path: Path) -> None:
    script = console_script() + "credmatch match --position warehouse --json | tail -n 1 > answer.json\n"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CREDMATCH_")}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "2 awards added" in done.stdout
    results = json.loads((tmp_path / "answer.json").read_text())["results"]
    scores = {result["candidate"]: result["score"] for result in results}
    assert scores["c-1"] > scores["c-2"] > 0


def test_the_page_of_formats_is_what_the_readers_say() -> None:
    assert (ROOT / "docs" / "formats.md").read_text(encoding="utf-8") == page()


def test_the_declared_values_are_those_that_apply() -> None:
    stated = dict(re.findall(r"^\| (.+?) \| ([\d.]+) \|$", README, re.MULTILINE))
    assert stated == {row.meaning: f"{row.value:g}" for row in DECLARED.values()}


def test_every_setting_is_listed_with_its_default() -> None:
    rows = re.findall(r"^\| `(CREDMATCH_\w+)` \| (.+?) \|(.*)\|$", README, re.MULTILINE)
    stated = {name: (meaning, default.strip().strip("`")) for name, meaning, default in rows}
    assert stated == {
        variable(name): (_meaning(field), "" if field.default is None else str(field.default))
        for name, field in Settings.model_fields.items()
    }


def _meaning(field: FieldInfo) -> str:
    bounds = {type(one).__name__: getattr(one, type(one).__name__.lower(), None) for one in field.metadata}
    text = (field.description or "").rstrip(".")
    return f"{text} ({bounds['Ge']:,} to {bounds['Le']:,})" if {"Ge", "Le"} <= bounds.keys() else text


def test_every_file_and_make_target_it_names_is_there() -> None:
    for path in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / path).is_file(), path
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"^    make (\w+)", README, re.MULTILINE)) <= set(targets)
