"""Vocabularies in a database: what ships, frameworks of others, and how every process sees a change."""

from __future__ import annotations

import errno
import io
import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import func, select

from indexer import vocabulary as intake
from indexer.phrases import resolve_file
from indexer.readers.frameworks import FrameworkCompetency
from indexer.shipped import SUPPLEMENT, esco_version, read_supplement, supplement_rows
from indexer.vocabulary import Chosen, encode_pending, import_frameworks, load_shipped
from matcher.errors import ConfigurationError, InvalidInput, NotFound, Unavailable
from matcher.records import CompetencyRef, Relation
from matcher.store import tables as t
from matcher.store.database import Database
from matcher.store.framework_intake import Framework, store_framework
from matcher.store.organisations import Organisation, create_organisation, note_vocabulary_change
from matcher.store.own_competencies import competency_ids
from matcher.store.quarantine import list_
from matcher.store.vocabularies import framework_versions, load_contents, unencoded
from matcher.vocabulary.encoder import DIMENSION, MODEL, REVISION
from matcher.vocabulary.layer import Layer
from matcher.vocabulary.vocabularies import Vocabularies
from matcher.web.pages.narrower import others_meeting
from tests.parts.databases import Databases
from tests.unit.small_vocabulary import WordEncoder

FORKLIFT, AID = "urn:esco:forklift", "urn:esco:first-aid"
ESCO = (
    FrameworkCompetency(
        FORKLIFT,
        labels={"en": "operate forklift", "fr": "conduire un chariot élévateur"},
        aliases={"en": ("drive a forklift",)},
    ),
    FrameworkCompetency(AID, labels={"en": "first aid", "fr": "premiers secours"}),
)


MET = (
    "1 competencies are in the shared vocabulary already and stay as they are there; "
    "their relations are kept ({})"
)


@dataclass
class Installed:
    """A database with a small shared vocabulary and two organisations."""

    database: Database
    folder: Path
    home: Organisation
    encoder: WordEncoder
    vocabularies: Vocabularies

    def another_process(self) -> Vocabularies:
        return Vocabularies(self.database, self.folder, WordEncoder())

    def import_(self, *paths: Path, **chosen: str) -> intake.Imported:
        [imported] = self.import_all(*paths, **chosen)
        return imported

    def import_all(self, *paths: Path, **chosen: str) -> list[intake.Imported]:
        return import_frameworks(self.database, self.vocabularies, "default", paths, chosen=Chosen(**chosen))

    def quarantined(self) -> list[tuple[str, str]]:
        with self.database.read() as connection:
            return [(one.where, one.raw) for one in list_(connection, self.home.id)]


@pytest.fixture
def installed(databases: Databases, tmp_path: Path) -> Iterator[Installed]:
    database = databases.open()
    with database.write() as connection:
        home = create_organisation(connection, "default")
        create_organisation(connection, "other")
        store_framework(connection, t.SHARED, Framework("ESCO", "1.1.1"), ESCO)
    encoder = WordEncoder()
    vocabularies = Vocabularies(database, tmp_path / "vocabulary", encoder)
    yield Installed(database, tmp_path / "vocabulary", home, encoder, vocabularies)
    database.close()


# --- seen by every process ---------------------------------------------------------------------


def test_a_vocabulary_is_compiled_once_and_mapped_by_the_next_process(installed: Installed) -> None:
    version = installed.vocabularies.get("default").version
    [folder] = [path for path in installed.folder.iterdir() if path.is_dir()]
    made = (folder / "manifest.json").stat().st_mtime_ns
    assert installed.another_process().get("default").version == version
    assert (folder / "manifest.json").stat().st_mtime_ns == made


def test_those_who_ask_at_once_share_one_compilation(installed: Installed) -> None:
    processes = [installed.another_process() for _ in range(2)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda one: one.get("default"), processes * 8))
    assert len(set(map(id, found))) == len(processes)
    assert {one.version for one in found} == {found[0].version}
    assert len([path for path in installed.folder.iterdir() if path.is_dir()]) == 1


def test_nothing_is_made_anew_where_nothing_changed(installed: Installed) -> None:
    first = installed.vocabularies.get("default")
    assert installed.vocabularies.get("default") is first


def test_a_change_of_the_shared_vocabulary_reaches_every_process(installed: Installed) -> None:
    others = installed.another_process()
    before = others.get("default")
    with installed.database.write() as connection:
        renamed = FrameworkCompetency(AID, labels={"en": "give first aid"})
        store_framework(connection, t.SHARED, Framework("ESCO", "1.2"), [renamed])
    after = others.get("default")
    assert (before.suggest("give", "en"), after.suggest("give", "en")[0].label_en) == ([], "give first aid")
    assert before.version != after.version
    assert len([path for path in installed.folder.iterdir() if path.is_dir()]) == 1


def test_a_damaged_folder_is_made_anew(installed: Installed) -> None:
    installed.vocabularies.get("default")
    [folder] = [path for path in installed.folder.iterdir() if path.is_dir()]
    (folder / "ids.npy").write_bytes(b"")
    assert installed.another_process().get("default").by_uri(AID) is not None


def test_a_folder_that_cannot_be_written_is_said(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    blocked = Vocabularies(installed.database, tmp_path / "file" / "vocabulary", WordEncoder())
    with pytest.raises(ConfigurationError, match="cannot be written"):
        blocked.get("default")


def test_a_folder_on_a_full_disk_may_be_written_again(
    installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    new = Vocabularies(installed.database, tmp_path / "new", WordEncoder())
    with monkeypatch.context() as patched:
        patched.setattr(Path, "mkdir", full)
        with pytest.raises(Unavailable, match="No space left"):
            new.get("default")
    assert new.get("default").by_uri(AID) is not None


class Ready:
    """Says whether it was made for what is wanted; nobody asks it for competencies here."""

    wanted: tuple[str, str, int]

    def __init__(self, vocabulary: str, model: str, layer: Layer) -> None:
        self._ready = (vocabulary, model, len(layer.ids)) == self.wanted

    def nearest(self, vectors: object) -> None:
        raise AssertionError

    def begun(self, folded: str, language: str, limit: int) -> None:
        raise AssertionError

    def ensure(self) -> bool:
        raise AssertionError

    def ready(self) -> bool:
        return self._ready


def test_whether_competencies_are_found_beside_the_processes_is_said_without_compiling(
    installed: Installed,
) -> None:
    narrowed = Vocabularies(installed.database, installed.folder, WordEncoder(), Ready)
    assert (narrowed.narrows, narrowed.is_narrowed()) == (True, None)
    assert not installed.folder.exists()
    version = installed.vocabularies.get("default").version
    for number in (len(ESCO), 1):
        Ready.wanted = version, WordEncoder().model, number
        assert narrowed.is_narrowed() is (number == len(ESCO))
    assert (installed.vocabularies.narrows, installed.vocabularies.is_narrowed()) == (False, None)


def test_an_unknown_organisation_is_said(installed: Installed) -> None:
    with pytest.raises(NotFound, match="nobody"):
        installed.vocabularies.get("nobody")


def test_what_an_award_names_becomes_the_organisations_own_for_it_alone(installed: Installed) -> None:
    others = installed.another_process()
    before = others.get("default").version
    refs = [CompetencyRef("Yard duty"), CompetencyRef("Drive a forklift"), CompetencyRef(uri="urn:x:bare")]
    with installed.database.write() as connection:
        ids = competency_ids(connection, installed.home, refs)
    seen = others.get("default")
    assert seen.version != before
    assert seen.understand(["yard duty"])[0][0].competency.id == ids[refs[0]]
    forklift = seen.by_uri(FORKLIFT)
    assert forklift is not None
    assert seen.relations(forklift.id)[ids[refs[1]]].relation is Relation.EXACT
    assert seen.suggest("urn", "en") == []
    assert others.get("other").understand(["drive a forklift"])[0][0].competency.id == forklift.id
    assert all(one.framework == "ESCO" for one in others.get("other").suggest("yard", "en"))


def test_labels_are_encoded_once_and_french_ones_not_at_all(installed: Installed) -> None:
    refs = [
        CompetencyRef("yard duty"),
        CompetencyRef("sécurité d’un entrepôt"),
        CompetencyRef(uri="urn:x:bare"),
    ]
    with installed.database.write() as connection:
        ids = competency_ids(connection, installed.home, refs)
    assert encode_pending(installed.database, installed.vocabularies, "default") == 2
    assert installed.encoder.asked == ["yard duty"]
    assert encode_pending(installed.database, installed.vocabularies, "default") == 0
    with installed.database.read() as connection:
        vectors = load_contents(connection, installed.home.id, installed.encoder.model).vectors
    assert vectors[ids[refs[0]]][0] == WordEncoder().encode(["yard duty"])[0].tobytes()
    assert vectors[ids[refs[1]]][0] == bytes(DIMENSION)
    [french] = installed.vocabularies.get("default").understand(["securite d'un entrepot"], 1)
    assert french[0].competency.id == ids[refs[1]]


def test_what_an_import_encodes_meanwhile_stays(installed: Installed, tmp_path: Path) -> None:
    """With its descriptions, which nobody else knows."""
    file = tmp_path / "own.csv"
    file.write_text("uri,label,description\nurn:x:kelp,seaweed work,harvests kelp at sea\n")

    class Meanwhile(WordEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
            installed.import_(file)
            return super().encode(texts)

    with installed.database.write() as connection:
        ref = CompetencyRef("seaweed work", "urn:x:kelp", "own")
        ids = competency_ids(connection, installed.home, [ref])
    follower = Vocabularies(installed.database, installed.folder, Meanwhile())
    encode_pending(installed.database, follower, "default")
    with installed.database.read() as connection:
        vectors = load_contents(connection, installed.home.id, installed.encoder.model).vectors
    assert vectors[ids[ref]] == tuple(
        row.tobytes() for row in WordEncoder().encode(["seaweed work", "harvests kelp at sea"])
    )


def test_what_cannot_be_encoded_now_waits(installed: Installed) -> None:
    with installed.database.write() as connection:
        competency_ids(connection, installed.home, [CompetencyRef("yard duty")])
    offline = Vocabularies(installed.database, installed.folder, WordEncoder(available=False))
    with pytest.raises(Unavailable):
        encode_pending(installed.database, offline, "default")
    assert encode_pending(installed.database, installed.vocabularies, "default") == 1


def test_vectors_of_another_model_are_not_used(installed: Installed) -> None:
    with installed.database.write() as connection:
        competency_ids(connection, installed.home, [CompetencyRef("yard duty")])
    encode_pending(installed.database, installed.vocabularies, "default")
    other = WordEncoder()
    other.model = "words@2"
    vocabulary = Vocabularies(installed.database, installed.folder, other).get("default")
    assert vocabulary.kin(other.encode(["yard duty"])[0].tobytes(), "yard duty") == {}


# --- frameworks from files ---------------------------------------------------------------------


CSV = """uri,key,label,label_fr,aliases_en,aliases_fr,kind,broader,same_as,description
,duty,Yard duty,Service de cour,shunting|yard work,,skill,urn:esco:forklift,,Moving trailers in a yard
urn:own:lift,,Lift work,,,,skill,,urn:esco:forklift,
urn:esco:first-aid,,Our first aid,,,,skill,,,
,trailer,Trailer checks,,,,skill,urn:nobody:knows,,
,broken,,,,,skill,,,
"""


def test_a_framework_becomes_the_organisations_own(installed: Installed, tmp_path: Path) -> None:
    file = tmp_path / "northshore.csv"
    file.write_text(CSV)
    done = installed.import_(file, name="Northshore skills", version="3")
    assert (done.counts.added, done.counts.changed, done.rejected) == (3, 0, 1)
    assert done.counts.waiting == {"broader": (1, "urn:nobody:knows")}
    assert [where for where, _ in installed.quarantined()] == ["label_en"]
    assert [one.text for one in done.notices] == [MET.format("line 4 Our first aid")]
    seen = installed.vocabularies.get("default")
    duty = seen.by_uri("urn:credmatch:default:northshore-skills:duty")
    forklift, lift = seen.by_uri(FORKLIFT), seen.by_uri("urn:own:lift")
    assert duty is not None
    assert lift is not None
    assert forklift is not None
    assert (duty.framework, duty.label_fr) == ("Northshore skills", "Service de cour")
    assert seen.understand(["shunting"])[0][0].competency == duty
    pairs = seen.relations(forklift.id)
    assert pairs[duty.id].relation is Relation.NARROWER
    assert pairs[lift.id].relation is Relation.SAME
    first_aid = seen.by_uri(AID)
    assert first_aid is not None
    assert first_aid.label_en == "first aid"
    assert "Moving trailers in a yard" in installed.encoder.asked


def test_importing_again_changes_nothing_and_a_later_version_what_it_states(
    installed: Installed, tmp_path: Path
) -> None:
    file = tmp_path / "skills.jsonl"
    rows = [
        {"key": "a", "label": "yard duty", "broader": [FORKLIFT]},
        {"key": "b", "label": "trailer checks"},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    installed.import_(file)
    again = installed.import_(file).counts
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    file.write_text(json.dumps({"key": "a", "label": "yard work", "aliases_en": ["yard duty"]}) + "\n")
    later = installed.import_(file, version="2").counts
    assert (later.added, later.changed, later.unchanged) == (0, 1, 0)
    seen = installed.vocabularies.get("default")
    a, b = (seen.by_uri(f"urn:credmatch:default:skills:{key}") for key in "ab")
    assert a is not None
    assert b is not None, "what is no longer stated stays"
    assert a.label_en == "yard work"
    assert seen.understand(["yard duty"])[0][0].competency == a
    forklift = seen.by_uri(FORKLIFT)
    assert forklift is not None
    assert a.id not in seen.relations(forklift.id)
    with installed.database.read() as connection:
        assert framework_versions(connection, installed.home.id) == {"skills": "2"}
        assert unencoded(connection, installed.home.id, installed.encoder.model, 9) == []


def test_what_was_stored_is_encoded_later_where_the_encoder_did_not_answer(
    installed: Installed, tmp_path: Path
) -> None:
    file = tmp_path / "skills.csv"
    file.write_text("key,label\na,yard duty\n")
    offline = Vocabularies(installed.database, installed.folder, WordEncoder(available=False))
    with pytest.raises(Unavailable):
        import_frameworks(installed.database, offline, "default", [file])
    assert encode_pending(installed.database, installed.vocabularies, "default") == 1


def export(folder: Path, competencies: Sequence[tuple[str, str]]) -> Path:
    """A small export as ESCO's portal makes it."""
    folder.mkdir(parents=True)
    rows = [f"{uri},skill/competence,{label},,{label} in words" for uri, label in competencies]
    (folder / "skills_en.csv").write_text(
        "\n".join(["conceptUri,skillType,preferredLabel,altLabels,description", *rows]) + "\n"
    )
    french = [f"{uri},{label} (fr)," for uri, label in competencies]
    (folder / "skills_fr.csv").write_text("\n".join(["conceptUri,preferredLabel,altLabels", *french]) + "\n")
    (folder / "skillGroups_en.csv").write_text("conceptUri,preferredLabel,description,code\ng,group,x,S1\n")
    (folder / "broaderRelationsSkillPillar.csv").write_text(f"conceptUri,broaderUri\n{FORKLIFT},g\n")
    (folder / "skillSkillRelations.csv").write_text(
        f"originalSkillUri,relatedSkillUri\n{competencies[0][0]},{competencies[0][0]}\n"
    )
    (folder / "broaderRelationsSkillPillar.csv").write_text(
        f"conceptUri,broaderUri,conceptType,broaderType\n{FORKLIFT},g,Skill,SkillGroup\n"
    )
    return folder


@pytest.mark.parametrize("packed", [False, True])
def test_another_version_of_esco_becomes_everybodys(
    installed: Installed, tmp_path: Path, packed: bool
) -> None:
    new = "http://data.europa.eu/esco/skill/28cb374e-6261-4133-8371-f9a5470145da"  # the supplement names it
    path = export(tmp_path / "export" / "en", [(FORKLIFT, "run a forklift"), (new, "drive trucks")])
    if packed:
        with zipfile.ZipFile(tmp_path / "esco.zip", "w") as archive:
            for file in path.iterdir():
                archive.write(file, f"ESCO/{file.name}")
        path = tmp_path / "esco.zip"
    done = installed.import_(path, version="1.2.1")
    assert (done.counts.added, done.counts.changed) == (1, 1)
    seen = installed.vocabularies.get("other")
    forklift, added = seen.by_uri(FORKLIFT), seen.by_uri(new)
    assert forklift is not None
    assert added is not None
    assert (forklift.label_en, added.label_en) == ("run a forklift", "drive trucks")
    assert seen.by_uri(AID) is not None, "what is no longer in ESCO stays"
    assert seen.understand(["cariste"])[0][0].competency == added
    assert "drive trucks in words" in installed.encoder.asked
    assert not load_shipped(installed.database), "an older ESCO never comes back"


@pytest.mark.parametrize("name", ["nothing.zip", "nothing.txt", "nothing.csv"])
def test_files_that_cannot_be_read_are_said(installed: Installed, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("no framework")
    with pytest.raises(InvalidInput):
        installed.import_(tmp_path / name, version="1")


def test_an_export_without_its_tables_or_version_is_said(installed: Installed, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="version"):
        installed.import_(export(tmp_path / "export", [(FORKLIFT, "run a forklift")]))
    for name in ("skills_fr.csv", "skills_en.csv"):
        (tmp_path / "export" / name).write_text("conceptUri,altLabels\nx,y\n")
    with pytest.raises(InvalidInput, match=r"skills_en\.csv: no column preferredLabel; found altLabels"):
        installed.import_(tmp_path / "export", version="1.2")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput, match="holds no files"):
        installed.import_(tmp_path / "empty", version="1.2")


# --- frameworks that name each other -------------------------------------------------------------

YARD, LIFT = "urn:case:yard", "urn:rsd:lift"


def case_package(folder: Path) -> Path:
    path = folder / "package"
    items = [
        {"uri": YARD, "fullStatement": "Yard duty"},
        {"uri": "urn:case:gate", "fullStatement": "Gate duty"},
    ]
    links = [
        {"associationType": kind, "originNodeURI": {"uri": one}, "destinationNodeURI": {"uri": other}}
        for one, kind, other in (
            (LIFT, "isChildOf", YARD),
            ("urn:case:gate", "exactMatchOf", LIFT),
            (YARD, "isChildOf", FORKLIFT),
            (YARD, "isRelatedTo", "urn:nobody:knows"),
        )
    ]
    document = {"CFDocument": {"title": "Yard", "version": "2", "creator": "North Board"}}
    path.write_text(json.dumps({**document, "CFItems": items, "CFAssociations": links}))
    return path


def skills(folder: Path) -> Path:
    path = folder / "skills"
    body = {"type": "RichSkillDescriptor", "id": LIFT, "skillName": "Lift work", "author": "North College"}
    path.write_text(json.dumps(body))
    return path


def relations(installed: Installed) -> set[tuple[str, str, str]]:
    one, other, r = t.competencies.alias(), t.competencies.alias(), t.relations
    query = (
        select(one.c.uri, r.c.type, other.c.uri)
        .join_from(r, one, one.c.id == r.c.competency_id)
        .join(other, other.c.id == r.c.other_id)
    )
    with installed.database.read() as connection:
        return {(start, kind, end) for start, kind, end in connection.execute(query)}


@pytest.mark.parametrize("turned", [False, True])
def test_two_frameworks_in_either_order_relate_in_the_same_way(
    installed: Installed, tmp_path: Path, turned: bool
) -> None:
    files = [case_package(tmp_path), skills(tmp_path)]
    for file in reversed(files) if turned else files:
        installed.import_(file)
    assert relations(installed) == {
        (YARD, "narrower", LIFT), ("urn:case:gate", "same", LIFT), (YARD, "broader", FORKLIFT),
    }  # fmt: skip
    seen = installed.vocabularies.get("default")
    yard, lift, gate, forklift = map(seen.by_uri, (YARD, LIFT, "urn:case:gate", FORKLIFT))
    assert yard is not None
    assert lift is not None
    assert gate is not None
    assert forklift is not None
    assert seen.relations(yard.id)[lift.id].relation is Relation.NARROWER
    assert seen.relations(lift.id)[yard.id].relation is Relation.BROADER
    assert seen.relations(lift.id)[gate.id].relation is Relation.SAME
    assert seen.relations(forklift.id)[lift.id].relation is Relation.DEEPER
    again = [installed.import_(file).counts for file in files]
    assert [(one.added, one.changed, one.waiting) for one in again] == [
        (0, 0, {"related": (1, "urn:nobody:knows")}), (0, 0, {}),
    ]  # fmt: skip


def test_both_at_once_in_a_folder_with_what_they_are_and_what_is_no_framework(
    installed: Installed, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    case_package(folder), skills(folder)
    (folder / "readme").write_text("about these files")
    (folder / "badge").write_text('{"credentialSubject": {"achievement": {}}}')
    yard, lift = installed.import_all(folder)
    assert (yard.format, yard.framework, yard.counts.waiting) == (
        "CASE",
        Framework("Yard", "2", "North Board"),
        {"related": (1, "urn:nobody:knows")},
    )
    assert (lift.format, lift.framework.name) == ("Rich Skill Descriptors", "North College")
    assert [one.text for one in yard.notices] == ["is in no format of frameworks: passed over"]
    assert yard.rejected == 1
    with installed.database.read() as connection:
        [rejected] = list_(connection, installed.home.id)
    assert "credmatch import" in rejected.reason
    with pytest.raises(InvalidInput, match="cannot have one name"):
        installed.import_all(folder, name="one")
    named = installed.import_(folder / "skills", name="Ours", version="4")
    assert named.framework == Framework("Ours", "4", "North College")


def test_a_relation_waits_for_what_an_award_or_everybody_s_vocabulary_brings(
    installed: Installed, tmp_path: Path
) -> None:
    installed.import_(case_package(tmp_path))
    before = installed.vocabularies.get("default").version
    with installed.database.write() as connection:
        competency_ids(connection, installed.home, [CompetencyRef("Lift work", LIFT)])
        store_framework(
            connection,
            t.SHARED,
            Framework("ESCO", "2"),
            [FrameworkCompetency("urn:nobody:knows", labels={"en": "x"})],
        )
    assert installed.vocabularies.get("default").version != before
    assert {(YARD, "narrower", LIFT), (YARD, "related", "urn:nobody:knows")} <= relations(installed)
    with installed.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(t.waiting_relations)).scalar_one() == 0


def test_nobody_s_relations_wait_for_what_another_organisation_has(
    installed: Installed, tmp_path: Path
) -> None:
    installed.import_(case_package(tmp_path))
    import_frameworks(installed.database, installed.vocabularies, "other", [skills(tmp_path)])
    assert relations(installed) == {(YARD, "broader", FORKLIFT)}


def test_a_relation_no_longer_stated_waits_no_longer(installed: Installed, tmp_path: Path) -> None:
    package = case_package(tmp_path)
    installed.import_(package)
    package.write_text(json.dumps({**json.loads(package.read_text()), "CFAssociations": []}))
    assert installed.import_(package).counts.changed == 1
    installed.import_(skills(tmp_path))
    assert relations(installed) == set()


# --- what ships --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped(module_databases: Databases) -> Iterator[Database]:
    database = module_databases.open()
    assert load_shipped(database)
    yield database
    database.close()


def test_what_ships_is_loaded_once_with_every_vector(shipped: Database) -> None:
    assert not load_shipped(shipped)
    with shipped.read() as connection:
        versions = framework_versions(connection, t.SHARED)
        contents = load_contents(connection, t.SHARED, f"{MODEL}@{REVISION}")
        assert unencoded(connection, t.SHARED, f"{MODEL}@{REVISION}", 1) == []
    assert list(versions) == ["ESCO", SUPPLEMENT]
    assert versions["ESCO"] == esco_version()
    assert len(contents.competencies) == len(contents.vectors) > 14_000
    ours = {one.id for one in contents.competencies if one.framework == SUPPLEMENT}
    assert {one for one, kind, _ in contents.relations if kind == "broader"} & ours
    assert any(label.text == "cariste" for label in contents.labels)


def test_the_supplements_vectors_are_those_of_its_competencies() -> None:
    supplement = read_supplement()
    assert set(supplement.vectors.by_uri) == {one.uri for one in supplement.competencies}
    assert len(supplement.competencies) + sum(row["relation"] == "alias" for row in supplement_rows()) == len(
        supplement_rows()
    )


def test_loading_that_fails_leaves_nothing(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    database = databases.open()

    def broken() -> None:
        raise ConfigurationError("the installation is damaged")

    monkeypatch.setattr(intake, "read_shipped_supplement", broken)
    with pytest.raises(ConfigurationError):
        load_shipped(database)
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(t.competencies)).scalar_one() == 0
    database.close()


# --- phrases in bulk ---------------------------------------------------------------------------


def test_phrases_are_answered_in_their_order_and_bad_lines_said(installed: Installed) -> None:
    lines = [
        b'{"id": 7, "text": "Drive a forklift"}',
        b"{",
        b"",
        b'{"id": "x", "text": 3}',
        b'{"id": [1], "text": "a"}',
        b'{"text": "provide first aid"}',
        b'{"id": "empty", "text": "?"}',
        b"[" * 100_000,
        b'{"id": "long", "text": "' + b"a" * 100_000 + b'"}',
        b'{"id": "fr", "text": "premiers secours"}',
    ]
    found = list(resolve_file(installed.vocabularies.get("default"), io.BytesIO(b"\n".join(lines)), 2))
    first = {"uri": FORKLIFT, "label": "operate forklift", "relation": "exact", "probability": 1.0}
    assert found[0]["competencies"][0] == first
    assert {one["relation"] for one in found[0]["competencies"][1:]} == {"similar"}
    assert [one["id"] for one in found] == [7, None, "x", [1], None, "empty", None, None, "fr"]
    assert [one["line"] for one in found if "error" in one] == [2, 4, 5, 7, 8, 9]
    assert "text" in str(found[2]["error"])
    assert "neither a letter nor a digit" in str(found[5]["error"])
    assert found[8]["competencies"][0]["uri"] == AID


def test_phrases_are_encoded_in_batches_and_read_as_they_come(installed: Installed) -> None:
    class Stream(io.BytesIO):
        read_lines = 0

        def readline(self, size: int | None = -1) -> bytes:
            self.read_lines += 1
            return super().readline(size)

    stream = Stream(b'{"id": 1, "text": "provide first aid"}\n' * 1_000)
    answers = resolve_file(installed.vocabularies.get("default"), stream, 1)
    next(answers)
    assert stream.read_lines < 300
    assert np.all([one["id"] == 1 for one in answers])
    assert len(installed.encoder.asked) == 1_000


# --- equal URIs meet ---------------------------------------------------------------------------


def package(path: Path, links: Sequence[tuple[str, str, str]], *items: tuple[str, str]) -> Path:
    """A CASE package of items (URI, statement) and associations (origin, type, destination)."""
    associations = [
        {"associationType": kind, "originNodeURI": {"uri": one}, "destinationNodeURI": {"uri": other}}
        for one, kind, other in links
    ]
    named = [{"uri": uri, "fullStatement": statement} for uri, statement in items]
    path.write_text(json.dumps({"CFItems": named, "CFAssociations": associations}))
    return path


def test_an_item_with_the_uri_of_esco_s_keeps_its_relations_and_changes_nothing_else(
    installed: Installed, tmp_path: Path
) -> None:
    links = [(FORKLIFT, "isChildOf", YARD), (YARD, "isPartOf", AID), (AID, "exactMatchOf", "urn:later")]
    file = package(tmp_path / "yard", links, (YARD, "Yard duty"), (FORKLIFT, "Forklifts"), (AID, "Help"))
    done = installed.import_(file)
    assert (done.counts.added, done.rejected, installed.quarantined()) == (1, 0, [])
    assert done.notices[0].text == MET.replace("1", "2", 1).format("CFItems[1] Forklifts, CFItems[2] Help")
    seen = installed.vocabularies.get("default")
    yard, forklift, aid = map(seen.by_uri, (YARD, FORKLIFT, AID))
    assert yard is not None
    assert forklift is not None
    assert aid is not None
    assert forklift.label_en == "operate forklift"
    assert seen.relations(yard.id)[forklift.id].relation is Relation.NARROWER
    assert seen.relations(forklift.id)[yard.id].relation is Relation.BROADER
    assert seen.suggest("help", "en") == []
    assert [one.uri for one in seen.suggest("forklift", "en")] == [FORKLIFT]
    assert "Forklifts" not in installed.encoder.asked
    with installed.database.read() as connection:
        others = others_meeting(connection, installed.home.id, seen, [yard.id, forklift.id], "en", 0)
    assert [(one.label, one.relation) for one in others[yard.id].shown] == [
        ("operate forklift", Relation.NARROWER)
    ]
    assert forklift.id not in others, "it is not shown as the same as itself"
    assert yard.id not in installed.vocabularies.get("other").relations(forklift.id)
    again = installed.import_(file).counts
    assert (again.added, again.changed, again.unchanged) == (0, 0, 1)
    installed.import_(package(tmp_path / "later", [], ("urn:later", "Later")))
    seen = installed.vocabularies.get("default")
    later = seen.by_uri("urn:later")
    assert later is not None
    assert seen.relations(aid.id)[later.id].relation is Relation.SAME


def test_an_award_of_a_competency_that_was_met_is_of_the_shared_one(
    installed: Installed, tmp_path: Path
) -> None:
    installed.import_(
        package(tmp_path / "yard", [(FORKLIFT, "isChildOf", YARD)], (YARD, "Yard duty"), (FORKLIFT, "Lifts"))
    )
    ref = CompetencyRef("Zebra crossing", FORKLIFT)
    with installed.database.write() as connection:
        ids = competency_ids(connection, installed.home, [ref])
    seen = installed.vocabularies.get("default")
    forklift = seen.by_uri(FORKLIFT)
    assert forklift is not None
    assert ids[ref] == forklift.id
    assert seen.suggest("zebra", "en") == [], "the name of an award's is not the competency's"


def test_what_another_framework_brought_is_said(installed: Installed, tmp_path: Path) -> None:
    installed.import_(package(tmp_path / "first", [], (YARD, "Yard duty")))
    done = installed.import_(package(tmp_path / "second", [], (LIFT, "Lift"), (YARD, "Yard work")))
    assert (done.counts.added, done.counts.changed) == (1, 1)
    assert [one.text for one in done.notices] == [
        '1 competencies are known from the framework "first" and become of this one (CFItems[1] Yard work)'
    ]


# --- circles -----------------------------------------------------------------------------------


def test_the_relation_that_closes_a_circle_is_refused_with_the_members_names(
    installed: Installed, tmp_path: Path
) -> None:
    links = [(YARD, "isChildOf", LIFT), (LIFT, "isChildOf", "urn:c"), ("urn:c", "isChildOf", YARD)]
    file = package(tmp_path / "yard", links, (YARD, "Yard"), (LIFT, "Lift"), ("urn:c", "Crane"))
    done = installed.import_(file)
    assert (done.counts.added, done.rejected) == (3, 1)
    with installed.database.read() as connection:
        [refused] = list_(connection, installed.home.id)
    assert refused.where == "CFItems[2].broader"
    assert refused.reason == (
        '"Yard" cannot be broader than "Crane": that closes a circle, Yard < Lift < Crane < Yard; '
        "the rest was read"
    )
    assert json.loads(refused.raw) == {"uri": "urn:c", "broader": YARD}
    assert relations(installed) == {(YARD, "broader", LIFT), (LIFT, "broader", "urn:c")}
    seen = installed.vocabularies.get("default")
    yard, crane = seen.by_uri(YARD), seen.by_uri("urn:c")
    assert yard is not None
    assert crane is not None
    assert seen.relations(crane.id)[yard.id].relation is Relation.DEEPER
    assert yard.id in seen.relations(yard.id)
    assert installed.import_(file).counts.unchanged == 3


@pytest.mark.parametrize("kind", ["broader", "narrower"])
def test_a_circle_across_files_is_found_though_one_relation_was_waiting(
    installed: Installed, tmp_path: Path, kind: str
) -> None:
    turned = {"broader": (YARD, LIFT), "narrower": (LIFT, YARD)}[kind]
    (tmp_path / "one.csv").write_text(f"uri,label,{kind}\n{turned[0]},One,{turned[1]}\n")
    (tmp_path / "two.csv").write_text(f"uri,label,{kind}\n{turned[1]},Two,{turned[0]}\n")
    assert installed.import_(tmp_path / "one.csv").rejected == 0
    done = installed.import_(tmp_path / "two.csv")
    assert (done.counts.added, done.rejected) == (1, 1)
    assert relations(installed) == {(turned[0], kind, turned[1])}
    with installed.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(t.waiting_relations)).scalar_one() == 0


def test_a_circle_through_the_shared_vocabulary_is_found_and_a_stored_one_does_no_harm(
    installed: Installed, tmp_path: Path
) -> None:
    with installed.database.write() as connection:
        lift = FrameworkCompetency(FORKLIFT, labels={"en": "operate forklift"}, broader=(AID,))
        store_framework(connection, t.SHARED, Framework("ESCO", "1.2"), [lift])
    links = [(AID, "isChildOf", YARD), (YARD, "isChildOf", FORKLIFT)]
    done = installed.import_(package(tmp_path / "yard", links, (YARD, "Yard"), (AID, "Aid")))
    assert done.rejected == 1
    with installed.database.read() as connection:
        [refused] = list_(connection, installed.home.id)
    assert "operate forklift" in refused.reason
    ids = {}
    with installed.database.write() as connection:
        for uri in (FORKLIFT, AID):
            ids[uri] = connection.execute(
                select(t.competencies.c.id).where(
                    t.competencies.c.uri == uri, t.competencies.c.organisation_id == t.SHARED
                )
            ).scalar_one()
        connection.execute(
            t.relations.insert().values(competency_id=ids[AID], type="broader", other_id=ids[FORKLIFT])
        )
        note_vocabulary_change(connection, t.SHARED)
    seen = installed.another_process().get("default")
    assert {ids[FORKLIFT], ids[AID]} <= seen.relations(ids[AID]).keys()


# --- ESCO in parts -----------------------------------------------------------------------------


def test_skills_in_french_alone_leave_what_is_known_in_english(installed: Installed, tmp_path: Path) -> None:
    whole = export(tmp_path / "whole", [(FORKLIFT, "run a forklift"), (AID, "first aid")])
    (whole / "broaderRelationsSkillPillar.csv").write_text(f"conceptUri,broaderUri\n{FORKLIFT},{AID}\n")
    (whole / "skillSkillRelations.csv").write_text(f"originalSkillUri,relatedSkillUri\n{AID},{FORKLIFT}\n")
    installed.import_(whole, version="1.2")
    asked = list(installed.encoder.asked)
    file = tmp_path / "skills_fr.csv"
    rows = f"{FORKLIFT},conduire,élévateur\nurn:new,nouveau,\n,sans adresse,\n"
    file.write_text(f"conceptUri,preferredLabel,altLabels\n{rows}")
    done = installed.import_(file, version="1.2.1")
    assert (done.counts.added, done.counts.changed, done.rejected) == (1, 1, 1)
    missing = "skills_en.csv, skillGroups_en.csv, broaderRelationsSkillPillar.csv, skillSkillRelations.csv"
    told = f"without {missing}: what is known from there already stays"
    assert [one.text for one in done.notices] == [told]
    seen = installed.vocabularies.get("other")
    forklift, new = seen.by_uri(FORKLIFT), seen.by_uri("urn:new")
    assert forklift is not None
    assert new is not None
    assert (forklift.label_en, forklift.label_fr) == ("run a forklift", "conduire")
    assert (new.label_en, new.label_fr) == ("", "nouveau")
    assert seen.understand(["run a forklift"])[0][0].competency == forklift
    assert relations(installed) == {(FORKLIFT, "broader", AID), (AID, "related", FORKLIFT)}
    assert installed.encoder.asked == asked, "nothing in English was said"
    with installed.database.read() as connection:
        vectors = load_contents(connection, t.SHARED, installed.encoder.model).vectors
    assert vectors[forklift.id][0] == WordEncoder().encode(["run a forklift"])[0].tobytes()


def test_skills_in_english_alone_leave_french_and_relations(installed: Installed, tmp_path: Path) -> None:
    whole = export(tmp_path / "whole", [(FORKLIFT, "run a forklift"), (AID, "first aid")])
    installed.import_(whole, version="1.2")
    file = whole / "skills_en.csv"
    file.write_text(f"conceptUri,preferredLabel,altLabels\n{FORKLIFT},drive a forklift,\n")
    done = installed.import_(file, version="1.2.1")
    assert (done.counts.changed, done.rejected) == (1, 0)
    forklift = installed.vocabularies.get("other").by_uri(FORKLIFT)
    assert forklift is not None
    assert (forklift.label_en, forklift.label_fr) == ("drive a forklift", "run a forklift (fr)")


def test_a_damaged_table_of_esco_is_named_and_the_others_are_read(
    installed: Installed, tmp_path: Path
) -> None:
    whole = export(tmp_path / "whole", [(FORKLIFT, "run a forklift")])
    (whole / "skills_fr.csv").write_text("conceptUri,altLabels\nx,y\n")
    (whole / "skillSkillRelations.csv").write_text("originalSkillUri,relatedSkillUri\n")
    (whole / "skills_de.csv").write_text("conceptUri,preferredLabel,altLabels\nx,y,\n")
    done = installed.import_(whole, version="1.2")
    assert (done.counts.changed, done.rejected) == (1, 2)
    with installed.database.read() as connection:
        assert {(one.file, one.reason) for one in list_(connection, installed.home.id)} == {
            (str(whole / "skills_fr.csv"), "no column preferredLabel; found altLabels, conceptUri"),
            (str(whole / "skillSkillRelations.csv"), "no row that can be read"),
        }
    assert (str(whole / "skills_de.csv"), "holds labels in another language (de): left out") in [
        (one.file, one.text) for one in done.notices
    ]


def test_tables_of_relations_without_skills_are_said(installed: Installed, tmp_path: Path) -> None:
    file = tmp_path / "broader.csv"
    file.write_text("conceptUri,broaderUri\na,b\n")
    with pytest.raises(InvalidInput, match=r"broader\.csv: no table of ESCO's skills"):
        installed.import_(file, version="1")


def test_what_did_not_change_is_not_encoded_again(installed: Installed, tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text("key,label,description\na,yard duty,\nb,trailer checks,looking at trailers\n")
    installed.import_(file)
    del installed.encoder.asked[:]
    installed.import_(file)
    assert installed.encoder.asked == ["looking at trailers", "trailer checks"], "a description is not kept"
    del installed.encoder.asked[:]
    file.write_text("key,label,description\na,yard work,\nb,trailer checks,\n")
    installed.import_(file)
    assert installed.encoder.asked == ["yard work", "trailer checks"]
