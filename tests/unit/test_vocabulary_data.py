"""The vocabulary data that ships, the readers that frameworks come through, and the vectors' encoding."""

from __future__ import annotations

import csv
import gzip
import io
import json
import lzma
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from indexer.build_vocabulary import COMPETENCIES_FILE, VECTORS_FILE, main, write_competencies
from indexer.readers.esco import read_esco
from indexer.readers.frameworks import FrameworkCompetency
from indexer.readers.own_frameworks import read_framework
from indexer.shipped import correction_rows, twin_rows
from matcher.errors import ConfigurationError, InvalidInput
from matcher.records import Kind, Notice, Rejected
from matcher.vocabulary import encoder as encoder_module
from matcher.vocabulary.encoder import DIMENSION, MODEL, REVISION, LocalEncoder, quantise
from matcher.vocabulary.text import fold
from tests.unit.reading_frameworks import framework_file

DATA = Path(encoder_module.__file__).parent / "data"
REAL_EXPORT = Path(__file__).parents[2].parent / "shared" / "data" / "esco"
COLUMNS = [
    "uri", "term_en", "term_fr", "aliases_en", "aliases_fr", "relation", "esco_uri", "esco_label", "note",
]  # fmt: skip


@pytest.fixture(scope="module")
def esco() -> list[dict[str, Any]]:
    with lzma.open(DATA / COMPETENCIES_FILE, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="module")
def supplement() -> list[dict[str, str]]:
    with (DATA / "supplement.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        assert reader.fieldnames == COLUMNS
    return rows


# --- ESCO as it ships --------------------------------------------------------------------------


def test_the_files_are_small_and_the_header_says_what_they_are(esco: list[dict[str, Any]]) -> None:
    header, competencies = esco[0], esco[1:]
    assert sum((DATA / name).stat().st_size for name in (COMPETENCIES_FILE, VECTORS_FILE)) <= 20_000_000
    assert header["framework"] == "ESCO"
    assert header["version"] == "1.1.1"
    assert header["competencies"] == len(competencies) == 13_896
    assert header["source"]
    assert "2011/833/EU" in header["licence"]
    assert "ESCO" in header["attribution"]
    assert "2011/833/EU" in (DATA / "ATTRIBUTION.md").read_text(encoding="utf-8")


def test_every_competency_is_whole_and_nothing_else_ships(esco: list[dict[str, Any]]) -> None:
    competencies = esco[1:]
    assert set().union(*competencies) == {
        "uri", "kind", "en", "fr", "aliases_en", "aliases_fr", "broader", "related",
    }  # fmt: skip
    uris = [competency["uri"] for competency in competencies]
    assert uris == sorted(set(uris))
    assert all(uri.startswith("http://data.europa.eu/esco/skill/") for uri in uris)
    assert {competency["kind"] for competency in competencies} == set(Kind)
    for competency in competencies:
        for label in (competency["en"], competency.get("fr", "x")):
            assert label == " ".join(label.split()) != ""
        for language in ("en", "fr"):
            names = [competency.get(language, ""), *competency.get(f"aliases_{language}", ())]
            folded = [name.casefold() for name in names]
            assert len(folded) == len(set(folded)), competency["uri"]


def test_relations_point_at_competencies_and_broader_has_no_circle(esco: list[dict[str, Any]]) -> None:
    competencies = esco[1:]
    for place, competency in enumerate(competencies):
        for name in ("broader", "related"):
            others = competency.get(name, [])
            assert others == sorted(set(others))
            assert place not in others
            assert all(0 <= other < len(competencies) for other in others)
    graph = {place: competency.get("broader", ()) for place, competency in enumerate(competencies)}
    assert len(list(TopologicalSorter(graph).static_order())) == len(competencies)
    assert sum(map(len, graph.values())) == 6_565


def test_attributes_are_where_esco_says_attitude(esco: list[dict[str, Any]]) -> None:
    kinds = {competency["en"]: competency["kind"] for competency in esco[1:]}
    assert list(kinds.values()).count("attribute") == 11
    assert kinds["demonstrate willingness to learn"] == kinds["cope with stress"] == "attribute"
    assert kinds["collect customer feedback on applications"] == kinds["operate forklift"] == "skill"
    assert kinds["first aid"] == "knowledge"


def test_vectors_belong_to_the_competencies_and_name_their_model(esco: list[dict[str, Any]]) -> None:
    with np.load(DATA / VECTORS_FILE, allow_pickle=False) as vectors:
        assert set(vectors) == {"label", "description", "model", "revision"}
        assert str(vectors["model"]) == MODEL
        assert str(vectors["revision"]) == REVISION
        for name in ("label", "description"):
            assert vectors[name].shape == (len(esco) - 1, DIMENSION)
            assert vectors[name].dtype == np.int8
            assert (np.abs(vectors[name].astype(np.int16)).max(axis=1) == 127).all()
        labels = vectors["label"].astype(np.float32)
    place = {competency["en"]: row for row, competency in enumerate(esco[1:])}
    labels /= np.linalg.norm(labels, axis=1, keepdims=True)
    near = labels @ labels[place["operate forklift"]]
    assert np.argsort(-near)[:2].tolist() == [
        place["operate forklift"],
        place["conduct forklift inspections"],
    ]


@pytest.mark.skipif(not REAL_EXPORT.is_dir(), reason="ESCO's export is not beside the repository")
def test_the_shipped_file_is_what_the_program_makes_of_escos_export(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [str(REAL_EXPORT), "--output", str(tmp_path), "--no-vectors"])
    assert result.exit_code == 0, result.output
    made, shipped = (lzma.decompress((at / COMPETENCIES_FILE).read_bytes()) for at in (tmp_path, DATA))
    assert made == shipped
    descriptions = {found.description for found in read_esco(REAL_EXPORT) if not isinstance(found, Rejected)}
    names = {
        name
        for line in map(json.loads, shipped.decode().splitlines()[1:])
        for name in _names(line["en"], line.get("fr", ""), line)
    }
    assert not [text for text in descriptions & names if " " in text and text.endswith(".")]


# --- the supplement ----------------------------------------------------------------------------


def test_the_supplement_has_a_few_hundred_terms_in_both_languages(supplement: list[dict[str, str]]) -> None:
    assert 350 <= len(supplement) <= 1_200
    for row in supplement:
        for name, cell in row.items():
            assert cell == " ".join(cell.split()), (row["term_en"], name)
        assert row["term_en"], row
        assert row["term_fr"], row
        assert "'" not in row["term_fr"] + row["aliases_fr"], "French has the typographic apostrophe"


def test_every_relation_of_the_supplement_is_to_a_competency_of_esco(
    supplement: list[dict[str, str]], esco: list[dict[str, Any]]
) -> None:
    labels = {competency["uri"]: competency["en"] for competency in esco[1:]}
    for row in supplement:
        uris, names = row["esco_uri"].split("|"), row["esco_label"].split("|")
        match row["relation"]:
            case "alias":
                assert len(uris) == 1, row
            case "narrower" | "same":
                assert len(uris) == len(set(uris)), row
            case relation:
                assert relation == row["esco_uri"] == row["esco_label"] == "", row
                continue
        assert [labels.get(uri) for uri in uris] == names, row


def test_own_competencies_have_own_stable_uris(supplement: list[dict[str, str]]) -> None:
    uris = [row["uri"] for row in supplement if row["relation"] != "alias"]
    assert len(uris) == len(set(uris))
    for uri in uris:
        slug = uri.removeprefix("urn:credmatch:competency:")
        assert slug != uri
        assert slug.replace("-", "").isalnum()
        assert slug.isascii()
        assert slug == slug.lower()
    assert not [row["uri"] for row in supplement if row["relation"] == "alias" and row["uri"]]


def test_no_term_of_the_supplement_means_two_things(
    supplement: list[dict[str, str]], esco: list[dict[str, Any]]
) -> None:
    meanings: defaultdict[str, set[str]] = defaultdict(set)
    for competency in esco[1:]:
        for name in _names(competency["en"], competency.get("fr", ""), competency):
            meanings[fold(name)].add(competency["uri"])
    for row in correction_rows():
        meanings[fold(row["text"])] -= {row["not_uri"]}
    for row in supplement:
        own = row["uri"] or row["esco_uri"]
        parts = {key: row[key].split("|") if row[key] else [] for key in ("aliases_en", "aliases_fr")}
        for name in _names(row["term_en"], row["term_fr"], parts):
            assert fold(name), row
            assert meanings[fold(name)] <= {own}, (name, row["term_en"])
            meanings[fold(name)].add(own)


@pytest.mark.parametrize(
    ("term", "relation", "label"),
    [
        ("drive a lift truck", "alias", "operate forklift"),
        ("cariste", "alias", "operate forklift"),
        ("travail en hauteur", "alias", "follow safety procedures when working at heights"),
        ("SIMDUT", "narrower", "follow procedures to control substances hazardous to health"),
        ("Standard First Aid", "narrower", "provide first aid|first aid"),
        ("Smart Serve", "narrower", "laws regulating serving alcoholic drinks"),
        ("formation médicale continue", "narrower", "maintain updated professional knowledge"),
        ("Java programming", "alias", "Java (computer programming)"),
        ("mental health first aid", "", ""),
        ("cadenassage", "", ""),
    ],
)
def test_the_supplement_says_what_these_mean(
    supplement: list[dict[str, str]], term: str, relation: str, label: str
) -> None:
    [row] = [
        row
        for row in supplement
        if fold(term) in {fold(name) for name in _names(row["term_en"], row["term_fr"], _aliases(row))}
    ]
    assert row["relation"] == relation
    assert row["esco_label"].startswith(label)
    assert bool(row["esco_label"]) == bool(label)


def test_every_correction_takes_a_name_from_who_has_it(esco: list[dict[str, Any]]) -> None:
    by_uri = {competency["uri"]: competency for competency in esco[1:]}
    rows = correction_rows()
    assert len({(row["text"], row["not_uri"]) for row in rows}) == len(rows) >= 60
    for row in rows:
        wrong = by_uri[row["not_uri"]]
        assert wrong["en"] == row["not_label"]
        assert row["text"] in wrong[f"aliases_{row['language']}"], row
        # Without another owner the name is only taken away: it may mean either, so that it is not exact.
        assert (by_uri[row["uri"]]["en"] if row["uri"] else "") == row["label"], row
        assert row["uri"] != row["not_uri"]


def test_twins_are_two_competencies_of_esco_and_none_has_two(esco: list[dict[str, Any]]) -> None:
    labels = {competency["uri"]: competency["en"] for competency in esco[1:]}
    rows = twin_rows()
    for row in rows:
        assert (labels[row["uri"]], labels[row["same_uri"]]) == (row["label"], row["same_label"])
        assert row["why"]
    ends = [uri for row in rows for uri in (row["uri"], row["same_uri"])]
    assert len(ends) == len(set(ends)) >= 100


def _aliases(row: dict[str, str]) -> dict[str, list[str]]:
    return {key: row[key].split("|") for key in ("aliases_en", "aliases_fr") if row[key]}


def _names(english: str, french: str, aliases: dict[str, Any]) -> list[str]:
    names = [english, french, *aliases.get("aliases_en", ()), *aliases.get("aliases_fr", ())]
    return [name for name in names if name]


# --- ESCO's reader -----------------------------------------------------------------------------

SKILL = "http://data.europa.eu/esco/skill/"


def _csv(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _english(name: str, label: str, kind: str = "skill/competence", **more: str) -> dict[str, str]:
    fields = {"altLabels": "", "status": "released", "description": f"About {name}."} | more
    return {"conceptUri": SKILL + name, "skillType": kind, "preferredLabel": label} | fields


@pytest.fixture
def export(tmp_path: Path) -> Path:
    english = [
        _english("lift", "operate forklift", altLabels="drive  forklift\nOperate Forklift\n\ndrive forklift"),
        _english("move", "move goods"),
        _english("aid", "first aid", kind="knowledge"),
        _english("learn", "demonstrate willingness to learn"),
        _english("web", "ICT safety", kind=""),
        _english("old", "use telegraph", status="obsolete"),
        _english("none", ""),
        _english("odd", "be odd", kind="talent"),
        _english("lift", "operate forklift again"),
    ]
    french = [
        {"conceptUri": SKILL + "lift", "preferredLabel": "utiliser un chariot élévateur",
         "altLabels": "conduire un chariot|manœuvrer l’engin|"},
        {"conceptUri": SKILL + "unknown", "preferredLabel": "inconnu", "altLabels": ""},
    ]  # fmt: skip
    groups = [
        {"conceptUri": SKILL + "T3.4", "preferredLabel": "willing", "description": "A positive attitude.",
         "code": "T3.4"},
        {"conceptUri": SKILL + "S1", "preferredLabel": "moving", "description": "", "code": "S1"},
    ]  # fmt: skip
    pairs = [("lift", "move", ""), ("lift", "S1", "SkillGroup"), ("learn", "T3.4", "SkillGroup"),
             ("move", "move", ""), ("lift", "nowhere", "")]  # fmt: skip
    broader = [
        {"conceptType": "KnowledgeSkillCompetence", "conceptUri": SKILL + one, "broaderType": kind,
         "broaderUri": SKILL + other}
        for one, other, kind in pairs
    ]  # fmt: skip
    related = [
        {"originalSkillUri": SKILL + "lift", "relationType": "essential", "relatedSkillUri": SKILL + "aid"}
    ]
    files = {"skills_en": english, "skills_fr": french, "skillGroups_en": groups}
    for name, rows in (files | {"skillSkillRelations_en": related}).items():
        (tmp_path / f"{name}.csv").write_text(_csv(rows), encoding="utf-8-sig")
    packed = gzip.compress(_csv(broader).encode())
    (tmp_path / "broaderRelationsSkillPillar.csv.gz").write_bytes(packed)
    return tmp_path


def test_esco_comes_with_labels_kinds_and_relations(export: Path) -> None:
    found = {one.uri.removeprefix(SKILL): one for one in read_esco(export) if not isinstance(one, Rejected)}
    assert list(found) == ["lift", "move", "aid", "learn", "web"]
    assert found["lift"] == FrameworkCompetency(
        uri=SKILL + "lift",
        kind=Kind.SKILL,
        labels={"en": "operate forklift", "fr": "utiliser un chariot élévateur"},
        aliases={"en": ("drive forklift",), "fr": ("conduire un chariot", "manœuvrer l’engin")},
        broader=(SKILL + "move",),
        related=(SKILL + "aid",),
        description="About lift.",
    )
    assert found["aid"].kind is Kind.KNOWLEDGE
    assert found["learn"].kind is Kind.ATTRIBUTE
    assert found["web"].kind is Kind.SKILL
    assert "fr" not in found["move"].labels


def test_bad_rows_of_esco_are_named_and_the_rest_goes_on(export: Path) -> None:
    rejected = [one for one in read_esco(export) if isinstance(one, Rejected)]
    assert [(one.file, one.line, one.where) for one in rejected] == [
        ("skills_fr.csv", 3, "conceptUri"),
        ("broaderRelationsSkillPillar.csv.gz", 6, "broaderUri"),
        ("skills_en.csv", 11, "preferredLabel"),
        ("skills_en.csv", 12, "skillType"),
        ("skills_en.csv", 13, "conceptUri"),
    ]
    assert "talent" in rejected[3].reason
    assert "talent" in rejected[3].raw


def test_an_export_that_lacks_a_file_or_a_column_is_refused(export: Path) -> None:
    (export / "skills_fr.csv").write_text("conceptUri,altLabels\nx,y\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="no column preferredLabel"):
        list(read_esco(export))
    (export / "skills_fr.csv").unlink()
    with pytest.raises(InvalidInput, match=r"no file skills_fr\.csv"):
        list(read_esco(export))


def test_the_compact_file_is_the_same_for_the_same_input(export: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name in ("one", "two"):
        result = CliRunner().invoke(main, [str(export), "--output", str(out / name), "--no-vectors"])
        assert result.exit_code == 0, result.output
        assert "left out: skills_en.csv line 12 skillType" in result.output
    one, two = ((out / name / COMPETENCIES_FILE).read_bytes() for name in ("one", "two"))
    assert one == two
    lines = [json.loads(line) for line in lzma.decompress(one).decode().splitlines()]
    assert lines[0]["competencies"] == 5
    assert [line["uri"].removeprefix(SKILL) for line in lines[1:]] == ["aid", "learn", "lift", "move", "web"]
    assert lines[3]["broader"] == [3]
    assert lines[3]["related"] == [0]
    assert b"About" not in lzma.decompress(one)


def test_relations_to_what_is_not_there_do_not_ship(tmp_path: Path) -> None:
    alone = FrameworkCompetency(uri="urn:x:a", labels={"en": "a"}, broader=("urn:x:b",))
    write_competencies(tmp_path / "alone.xz", [alone], "9")
    lines = lzma.decompress((tmp_path / "alone.xz").read_bytes()).decode().splitlines()
    assert json.loads(lines[1]) == {"uri": "urn:x:a", "kind": "skill", "en": "a"}


def test_a_wrong_folder_is_said_in_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [str(tmp_path)])
    assert result.exit_code == InvalidInput.exit_code
    assert "no file skills_en.csv" in result.output


# --- other frameworks --------------------------------------------------------------------------

CSV_FRAMEWORK = """\
label_en;key;aliases_en;label_fr;kind;broader;same_as;owner
Safe lifting;WH 12;lift safely|Safe Lifting| lift  well ;Levage sûr;;WH-1|urn:x:1;urn:x:2;HR
No identity;;;;;;;HR
;WH-3;;;;;;HR
Odd;WH-4;;;talent;;;HR
Short;WH-5
Twice;WH 12;;;;;;HR
Circle;WH-6;;;;WH-6;;HR
"Last; one";WH-7;;;Knowledge;;;HR
"""


def test_a_framework_in_csv_with_its_bad_rows(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(CSV_FRAMEWORK, encoding="utf-8-sig")
    first, *rejected, last = read_framework(framework_file(path), "urn:acme:")
    assert first == FrameworkCompetency(
        uri="urn:acme:WH%2012",
        labels={"en": "Safe lifting", "fr": "Levage sûr"},
        aliases={"en": ("lift safely", "lift well")},
        broader=("urn:acme:WH-1", "urn:x:1"),
        same=("urn:x:2",),
    )
    assert last == FrameworkCompetency(uri="urn:acme:WH-7", kind=Kind.KNOWLEDGE, labels={"en": "Last; one"})
    assert all(isinstance(one, Rejected) for one in rejected)
    assert [(one.line, one.where) for one in rejected if isinstance(one, Rejected)] == [
        (3, "uri"), (4, "label_en"), (5, "kind"), (6, ""), (7, "uri"), (8, "broader"),
    ]  # fmt: skip


def test_a_framework_in_json_lines_with_its_bad_lines(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    good = {"uri": "https://acme.example/1", "label": "Weld", "aliases_fr": ["souder"], "related": ["2"]}
    lines = [
        json.dumps(good).encode(), b"[1]", b"{", b"[" * 100_000, b"", b'{"uri": "not a uri", "label": "x"}',
        b'{"uri": 7, "label": "x"}', b'{"key": "2", "label": ["x"]}', b'{"key": "3", "label": "caf\xe9"}',
        json.dumps({"key": "4", "label": "x" * 501}).encode(), b'{"key": "5", "label_fr": "souder"}',
    ]  # fmt: skip
    path.write_bytes(b"\n".join(lines))
    found = list(read_framework(framework_file(path), "urn:acme:"))
    assert found[0] == FrameworkCompetency(
        uri="https://acme.example/1",
        labels={"en": "Weld"},
        aliases={"fr": ("souder",)},
        related=("urn:acme:2",),
    )
    assert found[-1] == FrameworkCompetency(uri="urn:acme:5", labels={"fr": "souder"})
    rejected = [(one.line, one.where) for one in found if isinstance(one, Rejected)]
    assert rejected == [
        (2, "$"),
        (3, ""),
        (4, ""),
        (6, "uri"),
        (7, "uri"),
        (8, "label"),
        (9, ""),
        (10, "label"),
    ]


def test_cells_in_no_encoding_are_named_and_those_in_windows_1252_are_read(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(b"uri,label\nurn:x:1,caf\x81\nurn:x:2,caf\xe9\nurn:x:3,tea\n")
    bad, coffee, tea, notice = read_framework(framework_file(path), "urn:x:")
    assert isinstance(bad, Rejected)
    assert (bad.line, bad.where) == (2, "")
    assert "neither UTF-8 (byte 12) nor Windows-1252 (byte 12)" in bad.reason
    assert isinstance(coffee, FrameworkCompetency)
    assert (coffee.labels, coffee.place) == ({"en": "café"}, "line 3")
    assert isinstance(tea, FrameworkCompetency)
    assert notice == Notice(
        "own.csv", 3, "not UTF-8: this line, and others like it, are read as Windows-1252"
    )


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("own.xlsx", b"PK\nx\n", "none of the columns uri, key"),
        ("own.csv", b"", "the file is empty"),
        ("own.csv", b"name,label\n1,x\n", "none of the columns uri, key"),
        ("own.csv", b"uri,name\nurn:x:1,x\n", "none of the columns label_en"),
        ("own.jsonl", b"not json\n1\n", "none of the columns uri, key"),
    ],
)
def test_files_that_are_no_framework_are_refused(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput, match=reason):
        list(read_framework(framework_file(tmp_path / name), "urn:x:"))


# --- vectors -----------------------------------------------------------------------------------

VECTORS = arrays(np.float32, (4, 16), elements=st.floats(-1, 1, width=32, allow_subnormal=False))


@given(VECTORS)
def test_quantising_keeps_direction(vectors: np.ndarray[Any, np.dtype[np.float32]]) -> None:
    quantised = quantise(vectors)
    assert quantised.dtype == np.int8
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    assert (np.abs(quantised.astype(int)).max(axis=1) == np.where(largest[:, 0] > 0, 127, 0)).all()
    # Each number is within half a unit of its place, so signs and order stay.
    unit = np.divide(vectors, largest, out=np.zeros_like(vectors), where=largest > 0).astype(np.float64)
    assert np.abs(quantised - unit * 127).max() <= 0.5 + 1e-4


@given(VECTORS, st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_quantising_forgets_length(vectors: np.ndarray[Any, np.dtype[np.float32]], factor: float) -> None:
    large = np.where(np.abs(vectors) < 1e-30, 0, vectors).astype(np.float32)
    assert (quantise(large) == quantise(large * np.float32(factor))).all()


def test_quantising_refuses_what_is_not_a_number() -> None:
    with pytest.raises(ValueError, match="not finite"):
        quantise(np.array([[1, np.nan]], dtype=np.float32))
    assert quantise(np.zeros((0, 3), dtype=np.float32)).shape == (0, 3)


def test_the_encoder_names_its_model_and_loads_nothing_for_no_text() -> None:
    encoder = LocalEncoder()
    assert encoder.model == f"{MODEL}@{REVISION}"
    assert encoder.encode([]).shape == (0, DIMENSION)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(ConfigurationError, match="SHA-256"):
        encoder_module._check_weights(tmp_path / "model.safetensors")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        encoder_module._check_weights(tmp_path / "nothing")


@pytest.mark.encoder
def test_the_real_encoder_makes_the_vectors_that_ship(
    esco: list[dict[str, Any]], capfd: pytest.CaptureFixture[str]
) -> None:
    done: list[tuple[int, int]] = []
    encoder = LocalEncoder(progress=lambda some, whole: done.append((some, whole)))
    found = encoder.encode([competency["en"] for competency in esco[1:41]])
    assert done == [(40, 40)]
    assert capfd.readouterr() == ("", "")
    with np.load(DATA / VECTORS_FILE) as vectors:
        shipped = vectors["label"][:40]
    assert np.abs(found.astype(int) - shipped).max() <= 1
