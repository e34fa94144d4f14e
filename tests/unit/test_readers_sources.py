"""Files, folders and what lies beside them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from indexer.readers import documents, neighbours
from indexer.readers.formats import Context, Document, DocumentFormat, Neighbours, Record
from indexer.readers.limits import Limits
from indexer.readers.sources import neighbours_of, open_records
from matcher.errors import InvalidInput
from matcher.records import AchievementRecord, CandidateRecord, Notice, Recognised, Rejected
from tests.unit.containers import tar_of, text_of, zip_of
from tests.unit.reading import ZONE, only

CONTEXT = Context("", ZONE)
CLASS = {"id": "https://issuer.example.org/classes/lift", "name": "Lift"}


def read(path: Path, **changes: Any) -> list[Record]:
    return list(open_records(path, replace(CONTEXT, **changes)))


def keys(found: list[Record]) -> list[str]:
    return [award.key.rpartition(":")[2] for one in only(CandidateRecord, found) for award in one.awards]


def test_a_folder_is_read_with_the_folders_in_it_in_the_order_of_names(tmp_path: Path) -> None:
    for number, name in enumerate(("b.json", "a/z.txt", "a/b/one.dat", "c/only.json"), start=1):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text_of(number))
    (tmp_path / "d.zip").write_bytes(zip_of({"five.json": text_of(5)}))
    found = read(tmp_path)
    assert keys(found) == ["3", "2", "1", "4", "5"]
    assert only(CandidateRecord, found)[-1].place.file == f"{tmp_path}/d.zip!five.json"
    assert not only(Rejected, found)
    assert not only(Notice, found)


def test_links_hidden_files_and_pictures_are_passed_over_and_said(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside.json", tmp_path / "folder"
    outside.write_bytes(text_of(9))
    inside.mkdir()
    (inside / "one.json").write_bytes(text_of(1))
    (inside / "link.json").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    (inside / ".hidden").mkdir()
    (inside / ".hidden" / "two.json").write_bytes(text_of(2))
    (inside / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0\0")
    os.mkfifo(inside / "pipe")
    found = read(inside)
    assert keys(found) == ["1"]
    (notice,) = only(Notice, found)
    assert notice.text == (
        "not read: hidden files or files of an operating system: 1, links: 2, pictures, documents or other "
        "files in which there can be no credential: 2 (.hidden, link.json, loop, ...)"
    )
    assert keys(read(inside / "link.json")) == ["9"]  # named by the one who imports, it is meant


def test_a_table_with_a_nul_is_read_the_same_in_a_folder_and_by_its_name(tmp_path: Path) -> None:
    table = tmp_path / "awards.csv"
    table.write_bytes(b"candidate_key,achievement_name\nc1,Fo\0rklift\nc1,First aid\n")
    named, within = read(table), read(tmp_path)
    assert len(only(CandidateRecord, named)) == len(only(Rejected, named)) == 1
    assert within == named


def test_binary_files_and_files_of_nothing_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"MZ\0\x03text,text\n" * 9)
    (tmp_path / "b.bin").write_bytes(b"text,text\n" * 9 + b"\0" * 400)
    assert [type(one) for one in read(tmp_path)] == [Notice]


def test_the_number_of_files_in_a_folder_is_bounded(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.json").write_bytes(text_of(number))
    found = read(tmp_path, limits=Limits(entries=3))
    assert keys(found) == ["0", "1", "2"]
    assert [one.reason for one in only(Rejected, found)] == [
        "the folder holds more than 3 (CREDMATCH_IMPORT_ENTRIES) files; the rest is not read"
    ]


def test_an_empty_folder_and_one_bad_file_are_said(tmp_path: Path) -> None:
    assert [one.reason for one in only(Rejected, read(tmp_path))] == [
        "the folder holds no files that are read"
    ]
    (tmp_path / "bad.json").write_text("{]")
    (tmp_path / "good.json").write_bytes(text_of(1))
    found = read(tmp_path)
    assert keys(found) == ["1"]
    assert [one.file for one in only(Rejected, found)] == [f"{tmp_path}/bad.json"]


# --- neighbours --------------------------------------------------------------------------------


def _pointing(document: Document, _at: str, context: Context) -> Iterator[Record]:
    found = context.neighbours.find(document["pointsTo"])
    yield Notice(context.file, 0, json.dumps(found))


@pytest.fixture
def _a_format_that_points(monkeypatch: pytest.MonkeyPatch) -> None:
    pointing = DocumentFormat("pointing", "", {}, lambda document: "pointsTo" in document, _pointing)
    monkeypatch.setattr(documents, "FORMATS", (pointing, *documents.FORMATS))


def pointer(address: str) -> bytes:
    return json.dumps({"pointsTo": address}).encode()


def seen(found: list[Record]) -> list[Any]:
    return [json.loads(one.text) for one in only(Notice, found)]


@pytest.mark.usefixtures("_a_format_that_points")
def test_a_file_sees_what_lies_in_its_own_folder(tmp_path: Path) -> None:
    file = tmp_path / "badge.json"
    (tmp_path / "class.json").write_text(json.dumps(CLASS))
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "other.json").write_text('{"id": "urn:other"}')
    file.write_bytes(pointer(f" {CLASS['id']}"))
    assert seen(read(file)) == [CLASS]
    file.write_bytes(pointer("urn:other"))
    assert seen(read(file)) == [None]
    assert seen(read(tmp_path)) == [{"id": "urn:other"}]


@pytest.mark.usefixtures("_a_format_that_points")
@pytest.mark.parametrize(
    "pack",
    [
        zip_of,
        tar_of,
        lambda entries: tar_of(entries, "w:gz"),
        lambda entries: zip_of({"inner.zip": zip_of(entries)}),
    ],
)
def test_an_entry_sees_what_lies_in_its_archive(pack: Any, tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_text('{"id": "urn:outside"}')
    archive = tmp_path / "wallet.zip"
    entries = {
        "a/first.json": pointer("https://issuer.example.org/classes/lift"),
        "a/second.json": pointer("https://issuer.example.org/lift.json"),
        "a/third.json": pointer("urn:outside"),
        "b/class.json": json.dumps(CLASS).encode(),
        "b/lift.json": b'{"name": "without an id"}',
    }
    archive.write_bytes(pack(entries))
    assert seen(read(archive)) == [CLASS, {"name": "without an id"}, None]


@pytest.mark.usefixtures("_a_format_that_points")
@pytest.mark.parametrize("pack", [zip_of, tar_of, lambda entries: tar_of(entries, "w:gz")])
def test_an_entry_of_an_archive_in_an_archive_sees_what_lies_in_the_outer_one(
    pack: Any, tmp_path: Path
) -> None:
    (tmp_path / "outside.json").write_text('{"id": "urn:outside"}')
    archive = tmp_path / "wallet.zip"
    outer = {"name": "of the outer one"}
    entries = {
        "first.json": pointer(CLASS["id"]),
        "second.json": pointer("https://issuer.example.org/issuer.json"),
        "third.json": pointer("https://issuer.example.org/outer.json"),
        "fourth.json": pointer("urn:outside"),
        "issuer.json": b'{"name": "of the inner one"}',
    }
    archive.write_bytes(
        zip_of(
            {
                "issuer.json": json.dumps(outer).encode(),
                "outer.json": json.dumps(outer).encode(),
                "class.json": json.dumps(CLASS).encode(),
                "badges.zip": pack(entries),
            }
        )
    )
    assert seen(read(archive)) == [CLASS, {"name": "of the inner one"}, outer, None]


def finding(folder: Path, limits: Limits | None = None) -> Neighbours:
    return neighbours_of(str(folder / "badge.json"), limits or Limits())


def test_documents_are_found_by_id_and_else_by_name(tmp_path: Path) -> None:
    (tmp_path / "badge.json").write_text("{}")
    (tmp_path / "lift.json").write_text('\ufeff {"name": "Lift"}')
    (tmp_path / "other.json").write_text('{"id": "https://other.example.org/x", "name": "Another"}')
    (tmp_path / "many.json").write_text('[{"@id": "urn:one"}, 5, {"id": "urn:two"}]')
    (tmp_path / "text.json").write_text("{ this is none")
    (tmp_path / "escaped.json").write_text('{"id": "https://issuer.example.org/a%20b"}')
    find = finding(tmp_path).find
    assert find("https://issuer.example.org/badges/lift.json?v=2") == {"name": "Lift"}
    assert find("https://issuer.example.org/badges/lift/") == {"name": "Lift"}
    assert find("https://other.example.org/x") == {"id": "https://other.example.org/x", "name": "Another"}
    assert find("https://issuer.example.org/other.json") is None  # it says that it is another one
    assert find("urn:two") == {"id": "urn:two"}
    assert find("https://issuer.example.org/a b") == {"id": "https://issuer.example.org/a%20b"}
    for nothing in ("", "/", "text.json", "http://[", "https://issuer.example.org/../../etc/passwd", "\0"):
        assert find(nothing) is None


@pytest.mark.parametrize("name", ["organisation.json", "a.json"])
@pytest.mark.parametrize("packed", [False, True], ids=["folder", "archive"])
def test_what_says_nothing_of_its_kind_is_known_by_the_badges_beside_it(
    name: str, packed: bool, tmp_path: Path
) -> None:
    at = "https://issuer.example.org"
    files = {
        "assertion.json": {
            "uid": "1",
            "recipient": {"type": "email", "identity": "zoe@example.org", "hashed": False},
            "badge": f"{at}/class.json",
            "verify": {"type": "hosted", "url": f"{at}/assertion.json"},
            "issuedOn": "2026-01-05",
        },
        "class.json": {"name": "Lift", "description": "Lifts", "criteria": at, "issuer": f"{at}/{name}"},
        name: {"name": "North College", "url": at},
        "school.json": {"name": "School", "url": at, "revocationList": f"{at}/revoked.json"},
        "revoked.json": {"7": "by mistake", "8": None},
        "other.json": {"9": "by mistake"},
        "zoe.json": {"name": "Zoe", "url": "https://zoe.example.org"},
    }
    data = {file: json.dumps(document).encode() for file, document in files.items()}
    for file, text in data.items():
        (tmp_path / file).write_bytes(text)
    path = tmp_path
    if packed:
        path = tmp_path / "all.zip"
        path.write_bytes(zip_of(data))
    found = read(path)
    assert {one.achievement.issuer.name for who in only(CandidateRecord, found) for one in who.awards} == {
        "North College"
    }
    refused = {Path(one.file.rpartition("!")[2]).name for one in only(Rejected, found)}
    assert refused == {"zoe.json", "other.json"}
    text = "badges that lie beside it refer to it; there is nothing in it to import"
    told = [(Path(one.file.rpartition("!")[2]).name, one.text) for one in only(Notice, found)]
    told = [one for one in told if one[0] != "school.json"]
    assert sorted(told) == sorted([(name, text), ("class.json", text), ("revoked.json", text)])
    assert only(AchievementRecord, found) == []  # the assertion has it, under its address


def test_of_two_badge_classes_with_one_id_the_first_is_read_and_that_is_said(tmp_path: Path) -> None:
    at = "https://issuer.example.org"
    of = {"@context": "https://w3id.org/openbadges/v2"}
    badge = {**of, "type": "BadgeClass", "id": f"{at}/lift", "issuer": at, "name": "Lift", "criteria": at}
    assertion = {
        **of,
        "type": "Assertion",
        "id": f"{at}/1",
        "badge": f"{at}/lift",
        "recipient": {"type": "email", "identity": "zoe@example.org", "hashed": False},
        "verification": {"type": "hosted"},
        "issuedOn": "2026-01-05T00:00:00Z",
    }
    for name, document in {
        "a.json": badge, "b.json": {**badge, "name": "Crane"}, "c.json": badge, "z.json": assertion
    }.items():  # fmt: skip
        (tmp_path / name).write_text(json.dumps(document))
    found = read(tmp_path)
    assert {one.name for one in only(AchievementRecord, found)} == {"Lift"}
    (person,) = only(CandidateRecord, found)
    assert person.awards[0].achievement.name == "Lift"
    (note,) = only(Notice, found)
    assert Path(note.file).name == "b.json"
    assert note.text.startswith(f'another badge class beside it has the same id, "{at}/lift"')


def test_what_lies_beside_is_looked_into_once_and_bounded(tmp_path: Path) -> None:
    for name in ("a", "b", "badge", "z"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"id": f"urn:{name}", "text": "x" * 500}))
    (tmp_path / "link.json").symlink_to(tmp_path / "z.json")
    few = finding(tmp_path, Limits(entries=3))
    assert (few.find("urn:a") is None, few.find("urn:z") is None) == (False, True)
    assert finding(tmp_path, Limits(document=100)).find("urn:a") is None
    short = finding(tmp_path, Limits(beside=1_200))
    assert (short.find("urn:a") is None, short.find("urn:z") is None) == (False, True)
    (tmp_path / "later.json").write_text('{"id": "urn:later"}')
    assert short.find("urn:later") is None
    (tmp_path / "a.json").unlink()
    assert short.find("urn:b") == {"id": "urn:b", "text": "x" * 500}


def test_of_two_files_of_one_name_the_nearer_one_is_meant(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "class.json").write_text(json.dumps({"name": folder}))
    paths = sorted(tmp_path.rglob("*.json"))
    index = neighbours.in_folder(lambda: paths, Limits())
    assert index.find("https://issuer.example.org/class.json", str(tmp_path / "b")) == {"name": "b"}
    assert index.find("https://issuer.example.org/class.json", str(tmp_path)) is None


def test_what_was_read_earlier_finds_its_neighbours_where_it_still_lies(tmp_path: Path) -> None:
    (tmp_path / "w.tar.gz").write_bytes(
        tar_of({"a/badge.json": b"{}", "class.json": json.dumps(CLASS).encode()}, "w:gz")
    )
    assert neighbours_of(f"{tmp_path}/w.tar.gz!a/badge.json", Limits()).find(CLASS["id"]) == CLASS
    assert neighbours_of(f"{tmp_path}/gone.zip!badge.json", Limits()).find(CLASS["id"]) is None
    (tmp_path / "plain").write_text("nothing")
    assert neighbours_of(f"{tmp_path}/plain!badge.json", Limits()).find(CLASS["id"]) is None
    assert neighbours_of("(standard input)", Limits()).find(CLASS["id"]) is None


def test_reading_names_every_file_once(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_bytes(text_of(1))
    (tmp_path / "two.zip").write_bytes(zip_of({"a.json": text_of(2)}))
    files = [Path(one.file).name for one in only(Recognised, read(tmp_path)) if "Badges" not in one.format]
    assert files == ["one.json", "two.zip", "two.zip!a.json"]


class Counted:
    """Files of so many documents each, and how often each was read."""

    def __init__(self, files: int, documents: int) -> None:
        self.reads = [0] * files
        self._files = [self._file(number, documents) for number in range(files)]

    def _file(self, number: int, documents: int) -> neighbours.Beside:
        data = json.dumps([{"id": f"urn:{number}:{one}"} for one in range(documents)]).encode()

        def read() -> bytes:
            self.reads[number] += 1
            return data

        return neighbours.Beside("", f"{number}.json", len(data), read)

    def index(self, limits: Limits) -> neighbours.Index:
        return neighbours.Index(lambda: self._files, limits)


def test_a_long_list_is_read_once_however_many_of_its_documents_are_looked_up() -> None:
    counted = Counted(2, 5_000)
    index = counted.index(Limits())
    for number in range(5_000):
        found = index.find(f"urn:{number % 2}:{number}", "")
        assert found == {"id": f"urn:{number % 2}:{number}"}
    assert counted.reads == [2, 2]  # once for what it holds, and once for the documents


def test_turning_to_and_fro_between_long_files_ends() -> None:
    counted = Counted(3, 1_000)
    limits = Limits(document=30_000, beside=100_000)  # each file has 20 kB, so one is remembered
    index = counted.index(limits)
    for number in range(19):
        assert index.find(f"urn:{number % 3}:{number}", "")
    with pytest.raises(InvalidInput, match=r"4 times 100,000 \(CREDMATCH_IMPORT_BESIDE\) bytes"):
        list(map(index.find, [f"urn:{number % 3}:{number}" for number in range(19, 1_000)], repeat("")))
