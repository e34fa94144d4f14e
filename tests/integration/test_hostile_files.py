"""Files made to harm, as `credmatch inspect` and `import` meet them: in two seconds, in little memory."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from indexer.cli import run
from tests.unit.containers import text_of
from tests.unit.survival import bounded

HEADER = b"candidate_key,achievement_name,issuer,issued\n"


def about(*subjects: object) -> bytes:
    return text_of(credentialSubject=list(subjects))


def subject(number: int, **achievement: object) -> dict[str, object]:
    return {"id": f"did:example:{number}", "achievement": {"name": "Lift truck", **achievement}}


def alignments(count: int) -> bytes:
    each = [
        {"targetName": f"Skill {number}", "targetUrl": f"https://skills.example.org/competencies/{number}"}
        for number in range(count)
    ]
    return about(subject(1, alignment=each))


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a string": lambda: b'{"a": "' + b"x" * 100_000_000 + b'"}',
    "subjects": lambda: about(*(subject(number, description="x" * 700) for number in range(12_000))),
    "alignments": lambda: alignments(30_000),
    "empty objects": lambda: b"[" + b"{}," * 1_300_000 + b"{}]",
    "empty objects of a framework": lambda: b'{"CFItems": [' + b"{}," * 4_000_000 + b"{}]}",
    "commas": lambda: b"[" + b"," * 7_900_000 + b"]",
    "names of fields": lambda: (
        b'{"candidate": {"key": "c", %s}}' % b",".join(b'"a%d":1' % number for number in range(200_000))
    ),
    "wrong entries": lambda: about(subject(1, result=[1] * 9_999, resultDescription=[{"id": 1}] * 9_999)),
    "quotation marks": lambda: HEADER + b'c1,"a,b,2025-01-01\n' * 200_000,
    "quotation marks that open again": lambda: HEADER + b'a","\n' * 300_000,
    "NUL": lambda: HEADER + b"c1,a\0b,A,2025-01-01\n" * 50_000,
}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture
def harmless(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation that has read a good file before, by every command: what is loaded once is loaded."""
    monkeypatch.setenv("CREDMATCH_DATA_DIR", str(data_dir))
    path = tmp_path / "good.json"
    path.write_bytes(about(subject(1)))
    assert run(["import", str(path)]) == 0
    assert run(["inspect", str(path)]) == 0
    return path


@pytest.mark.parametrize("command", ["inspect", "import"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_made_to_harm_costs_little(
    harmless: Path, name: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = harmless.with_name("hostile")
    path.write_bytes(HOSTILE[name]())
    for _ in bounded([b""], f"{command} {name}"):
        assert run([command, str(path)]) == 2
    assert "\n" in capsys.readouterr().out


def test_of_a_framework_in_very_long_rows_no_more_is_held_than_may_be(
    harmless: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = Random(1)
    path = harmless.with_name("rows.csv.gz")
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"uri,label_en,description\n")
        for number in range(70):
            wrong = b"" if number % 2 else b"urn:x:%d" % number
            file.write(b"%s,Skill %d,%s\n" % (wrong, number, chance.randbytes(499_000).hex().encode()))
    for _ in bounded([b""], "rows"):
        assert run(["inspect", str(path)]) == 2
    out = " ".join(capsys.readouterr().out.split())
    assert "64,000,000 (CREDMATCH_VOCABULARY_DOCUMENT) bytes; the rest is not read" in out


def test_a_large_framework_is_inspected_by_its_own_bounds(
    harmless: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    items = [
        {
            "identifier": f"00000000-0000-0000-0000-{number:012}",
            "fullStatement": f"Skill {number} " + "x" * 900,
        }
        for number in range(9_000)
    ]
    path = harmless.with_name("case.json")
    path.write_text(json.dumps({"CFDocument": {"title": "Large"}, "CFItems": items}))
    assert path.stat().st_size > 8_000_000
    assert run(["inspect", str(path)]) == 0
    assert 'framework "Large", 9,000 competencies' in capsys.readouterr().out
