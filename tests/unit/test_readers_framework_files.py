"""Files, folders and archives of frameworks, recognised by content; hostile ones; credentials among them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import shutil
import stat
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from indexer.readers import documents
from indexer.readers.formats import Context
from indexer.readers.framework_files import Framework, read_frameworks
from indexer.readers.limits import Limits
from indexer.readers.vocabularies import FRAMEWORK_FORMATS, refusal
from matcher.errors import InvalidInput
from matcher.records import AchievementRecord, Rejected
from tests.unit.containers import tar_of, zip_of
from tests.unit.examples.framework_files import ASN, CASE, EACH, ESCO, ONET, OWN, RSD
from tests.unit.reading import only, read_any
from tests.unit.reading_frameworks import read_files

BADGE = b'{"type": ["VerifiableCredential", "OpenBadgeCredential"], "credentialSubject": {"achievement": {}}}'


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("packed", [False, True])
def test_each_format_is_recognised_whatever_its_file_is_called(
    tmp_path: Path, name: str, packed: bool
) -> None:
    path = tmp_path / "file.png"
    path.write_bytes(gzip.compress(EACH[name]) if packed else b"\xef\xbb\xbf" + EACH[name])
    assert read_files(path).formats == [name]


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize(
    ("encoding", "mark", "said"),
    [
        ("utf-8", b"\xef\xbb\xbf", "the text is UTF-8 with a byte order mark"),
        (
            "utf-16-le",
            b"\xff\xfe",
            "the text is UTF-16 (little-endian, with a byte order mark): read as that",
        ),
        ("utf-16-be", b"", "the text is UTF-16 (big-endian, without a byte order mark)"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_each_format_is_read_in_other_encodings_and_the_encoding_is_said(
    tmp_path: Path, name: str, encoding: str, mark: bytes, said: str, packed: bool
) -> None:
    (tmp_path / "plain").write_bytes(EACH[name])
    path = tmp_path / "file"
    content = mark + EACH[name].decode().encode(encoding)
    path.write_bytes(gzip.compress(content) if packed else content)
    plain, found = read_files(tmp_path / "plain"), read_files(path)
    assert not found.rejected
    assert found.competencies == plain.competencies
    assert found.competencies
    assert any(one.startswith(said) for one in found.notices)
    assert not any("UTF" in one for one in plain.notices)


@pytest.mark.parametrize(
    ("content", "labels"),
    [
        (b"key,label\na,caf\xe9 \x80\nb,\xc3\xa9t\xc3\xa9\n", ["café €", "été"]),
        (b"RSD Name;Skill Statement\ncaf\xe9 \x80;x\n\xc3\xa9t\xc3\xa9;y\n", ["café €", "été"]),
        (b"conceptUri,preferredLabel,altLabels,skillType\nurn:a,caf\xe9 \x80 the of,,\n", ["café € the of"]),
        (b"Element ID\tElement Name\tDescription\n2.B.3.k\tcaf\xe9 \x80\tx\n", ["café €"]),
    ],
)
def test_tables_in_windows_1252_are_read_line_by_line_and_that_is_said(
    tmp_path: Path, content: bytes, labels: list[str]
) -> None:
    (tmp_path / "file").write_bytes(content)
    found = read_files(tmp_path / "file")
    assert [one.labels["en"] for one in found.competencies.values()] == labels
    assert "not UTF-8: this line, and others like it, are read as Windows-1252" in found.notices


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (OWN, "line 2"),
        (b'{"key": "a", "label": "yard"}\n', "line 1"),
        (CASE, "CFItems[0]"),
        (RSD, "[0]"),
        (b'{"name": "x", "type": "RsdCollection", "skills": ' + RSD + b"}", "skills[0]"),
        (b"RSD Name,Skill Statement\nlift,x\n", "line 2"),
        (b'{"@graph": [' + ASN + b"]}", "@graph[0]"),
        (ESCO, "line 2"),
    ],
)
def test_a_competency_says_where_it_stands(tmp_path: Path, content: bytes, place: str) -> None:
    (tmp_path / "file").write_bytes(content)
    assert [one.place for one in read_files(tmp_path / "file").competencies.values()] == [place]


def test_files_of_an_archive_are_named_as_they_are_called_there(tmp_path: Path) -> None:
    path = archive(tmp_path / "file", **{"a/skills.csv": OWN + b"b,\n"})
    assert [one.file for one in read_files(path).rejected] == [f"{path}!a/skills.csv"]


@pytest.mark.parametrize("name", EACH)
def test_importing_credentials_says_which_command_loads_a_framework(name: str) -> None:
    [rejected] = only(Rejected, read_any(EACH[name]))
    assert f"({name}), which nobody holds" in rejected.reason
    assert "credmatch vocabulary import" in rejected.reason


def test_no_credential_is_taken_for_a_framework_and_nothing_else_either() -> None:
    for one in (
        {},
        [],
        1,
        None,
        "x",
        {"skills": [{"name": "x"}]},
        {"name": "x", "skills": []},
        json.loads(BADGE),
    ):
        assert refusal(one) is None
    for head in (
        b"",
        b"\0\1\2",
        b"{",
        b'{"candidate": {"key": "x"}}',
        b"candidate_key,achievement_name\n",
        BADGE,
    ):
        assert refusal(head) is None
    assert [one.name for one in FRAMEWORK_FORMATS] == list(EACH)
    assert all(one.taken and one.recognised_by for one in FRAMEWORK_FORMATS)
    assert not {one.name for one in FRAMEWORK_FORMATS} & {one.name for one in documents.FORMATS}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" " * 100_000, "begins with nothing but white space"),
        (b"just words", "in none of the formats of frameworks"),
        (b'{"x": 1}', "in none of the formats of frameworks"),
        (BADGE, "credmatch import"),
        (b"candidate_key,achievement_name\nx,y\n", "credmatch import"),
        (b'{"CFItems": [], "CFItems": []}', "twice"),
        (b'{"CFItems": [NaN]}', "NaN"),
        (b'{"CFItems": [1e999]}', "too large"),
        (b'{"CFItems": "\xff"}', "not UTF-8"),
        (gzip.compress(CASE, mtime=0)[:-12], "the file is cut off"),
        (b"PK\x03\x04 no archive", "the archive is cut off"),
    ],
)
def test_what_is_no_framework_is_said(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "file").write_bytes(content)
    try:
        [(_, found)] = read_files(tmp_path / "file").wrong
    except InvalidInput as error:
        found = error.reason
    assert reason in found


def test_a_framework_may_stand_behind_much_white_space(tmp_path: Path) -> None:
    for content in (b"\n" * 200_000 + CASE, gzip.compress(b" " * 200_000 + CASE)):
        (tmp_path / "file").write_bytes(content)
        assert read_files(tmp_path / "file").formats == ["CASE"]


def archive(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return path


def test_an_archive_is_as_its_folder_and_its_names_lead_nowhere(tmp_path: Path) -> None:
    path = archive(tmp_path / "file", **{"../../out": CASE, "a/b": RSD, "/etc/c": ONET, "a/readme": b"words"})
    with zipfile.ZipFile(path, "a") as packed:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
    found = read_files(path)
    assert found.formats == ["Rich Skill Descriptors"]
    assert found.notices == [f"{path}!a/readme: is in no format of frameworks: passed over"]
    assert [(one.file, one.reason) for one in found.rejected] == [
        (f"{path}!../../out", "has a name that leads out of the archive, and is not read"),
        (f"{path}!/etc/c", "has a name that leads out of the archive, and is not read"),
        (f"{path}!link", "is a link, and is not followed"),
    ]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file"]
    assert not (tmp_path.parent / "out").exists()


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(CASE)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    assert read_files(folder).formats == []


def test_bombs_are_refused_and_what_was_read_of_them_before_stays(tmp_path: Path) -> None:
    bomb = archive(tmp_path / "bomb", first=CASE, b=b"0" * 3_000_000, c=b"0" * 3_000_000)
    found = read_files(bomb, limits=Limits(unpacked=5_000_000))
    assert "5,000,000 (CREDMATCH_IMPORT_UNPACKED)" in found.wrong[-1][1]
    assert list(found.competencies) == ["urn:x:1"]
    found = read_files(bomb, limits=Limits(entries=1))
    assert "1 (CREDMATCH_IMPORT_ENTRIES)" in found.wrong[-1][1]
    assert list(found.competencies) == ["urn:x:1"]
    archive(tmp_path / "bomb", a=b"[" + b" " * 40_000_000)
    assert [reason for _, reason in read_files(bomb).wrong] == [
        "unpacks to more than 100 (CREDMATCH_IMPORT_RATIO) times its size, as archives made to harm do"
    ]
    (tmp_path / "packed").write_bytes(gzip.compress(b"[" + b" " * 3_000_000))
    assert (
        "longer than 1,000,000 (CREDMATCH_IMPORT_DOCUMENT) bytes"
        in read_files(tmp_path / "packed", limits=Limits(document=1_000_000)).wrong[0][1]
    )


def test_entries_that_overlap_are_read_once(tmp_path: Path) -> None:
    data = archive(tmp_path / "file", a=CASE).read_bytes()
    start = data.index(b"PK\x01\x02")
    listed, end = data[start : data.index(b"PK\x05\x06")], data[data.index(b"PK\x05\x06") :]
    count = (3).to_bytes(2, "little")
    size = (3 * len(listed)).to_bytes(4, "little")
    (tmp_path / "file").write_bytes(data[:start] + listed * 3 + end[:8] + count + count + size + end[16:])
    found = read_files(tmp_path / "file")
    assert found.formats == ["CASE"]
    assert "2 entries that overlap others" in found.wrong[0][1]


def test_a_line_too_long_and_a_quotation_mark_that_stays_open_lose_themselves_alone(tmp_path: Path) -> None:
    lines = [b"key,label", b"a," + b"x" * 3_000_000, b'b,"open', b"c,kept", b"d,\0", b"e,last"]
    (tmp_path / "file").write_bytes(b"\n".join(lines))
    found = read_files(tmp_path / "file")
    assert [one.labels["en"] for one in found.competencies.values()] == ["kept", "last"]
    assert [(one.line, one.reason) for one in found.rejected] == [
        (2, "the line is longer than 1,000,000 (CREDMATCH_IMPORT_ROW) bytes"),
        (3, "a quotation mark is opened and not closed"),
        (5, "has a NUL, which is no text"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"sep=|\nkey|label\na|yard, duty\n",
        b'Our skills\n2026\n\nkey,label,\na,"yard, duty",\n',
        b"RSD list;;\nRSD Name;Skill Statement\nyard, duty;x\n",
        b"ESCO;of;today\nconceptUri;preferredLabel;altLabels\nurn:esco:a;yard, duty;\n",
    ],
)
def test_separators_and_what_stands_above_are_as_in_tables_of_awards(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "skills_en.csv").write_bytes(content)
    found = read_files(tmp_path / "skills_en.csv")
    assert [one.labels["en"] for one in found.competencies.values()] == ["yard, duty"]
    assert not found.rejected


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "tar": lambda data: tar_of({"a": data}),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip in tar.gz": lambda data: gzip.compress(tar_of({"b": zip_of({"a": data})})),
}


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("kind", PACKED)
def test_each_format_is_read_from_whatever_it_is_packed_in(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / "file").write_bytes(PACKED[kind](EACH[name]))
    found = read_files(tmp_path / "file")
    assert (found.formats, found.rejected) == ([name], [])
    assert len(found.competencies) == 1


@pytest.mark.parametrize("name", EACH)
def test_each_format_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(EACH[name])))
    found = read_files(Path("-"))
    assert (found.formats, found.rejected) == ([name], [])
    assert len(found.competencies) == 1


ITEM, BAD = b'{"uri": "urn:x:%d", "fullStatement": "Lift"}', b'{"uri": "urn:x:0", "fullStatement": NaN}'
SKILL, WRONG = b'{"id": "urn:x:%d", "skillStatement": "Lift"}', b'{"id": "urn:x:0", "id": "urn:x:9"}'


@pytest.mark.parametrize(
    ("content", "line", "where"),
    [
        (b'{"CFItems": [' + ITEM % 1 + b"," + BAD + b"," + ITEM % 3 + b"]}", 0, "CFItems[1].fullStatement"),
        (
            b'{"type": "RsdCollection", "skills": [' + b",".join((SKILL % 1, WRONG, SKILL % 3)) + b"]}",
            0,
            "skills[1].id",
        ),
        (b"[" + SKILL % 1 + b',{"id" "x"},' + SKILL % 3 + b"]", 0, "[1]"),
        (b'{"CFItems": [' + ITEM % 1 + b',{"uri" "x"},' + ITEM % 3 + b'], "CFAssociations": []}', 0,
         "CFItems[1]"),
        (b'{"CFPackage": {"CFItems": [' + ITEM % 1 + b",,\n" + ITEM % 3 + b"]}}", 0, "CFPackage.CFItems[1]"),
        (b'{"CFItems": [' + ITEM % 1 + b',\n{"a: 1,\n"b": 2},\n' + ITEM % 3 + b'], "CFDocument": {}}', 0,
         "CFItems[1]"),
        (b'{"skills": [' + SKILL % 1 + b', {"a": 1}}, ' + SKILL % 3 + b'], "name": "x"}', 0, "skills[1]"),
        (b'{"skills": [' + SKILL % 1 + b", " + SKILL % 3 + b', {"a": [{}]], "name": "x"}', 0, "skills[2]"),
        (b'{"@graph": [' + ASN.replace(b":3", b":1") + b', "\xff", ' + ASN + b"]}", 0, "@graph[1]"),
        (SKILL % 1 + b"\n" + WRONG[:-1] + b"\n\n" + SKILL % 3 + b"\n", 2, ""),
        (ITEM % 1 + b"\n" + BAD + b"\n" + ITEM % 3, 2, "fullStatement"),
    ],
)  # fmt: skip
def test_what_is_damaged_leaves_the_others_whole(
    tmp_path: Path, content: bytes, line: int, where: str
) -> None:
    (tmp_path / "file").write_bytes(content)
    found = read_files(tmp_path / "file")
    assert [(one.line, one.where) for one in found.rejected] == [(line, where)]
    assert list(found.competencies) == ["urn:x:1", "urn:x:3"]


@pytest.mark.parametrize("content", [
    b'[{"id": "urn:x:0"},' + SKILL % 1 + b"]", b'[{"uri": "urn:x:0"}, 5,' + ITEM % 1 + b"]",
    b'{"key\n{"uri": "urn:x:1", "label": "Lift"}\n', b'{"kex": 1}\n{"uri": "urn:x:1", "label": "Lift"}',
])  # fmt: skip
def test_a_damaged_first_item_or_line_does_not_keep_a_framework_from_being_known(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "file").write_bytes(content)
    found = read_files(tmp_path / "file")
    assert list(found.competencies) == ["urn:x:1"]
    assert found.rejected


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"key,label,kind,label\na,lift,,raise\n", "label"),
        (b"RSD Name,Skill Statement,RSD Name\nlift,x,raise\n", "RSD Name"),
        (b"RSD Name,Skill Statement,rsd name\nlift,x,raise\n", "rsd name"),
        (b"Element ID\tElement Name\tDescription\tElement Name\n2.B.3.k\tlift\tx\traise\n", "Element Name"),
        (ESCO.replace(b"altLabels", b"preferredLabel,altLabels").replace(b"chariot,", b"chariot,raise,"),
         "preferredLabel"),
    ],
)  # fmt: skip
def test_the_second_of_two_columns_of_one_name_is_not_read_and_that_is_said(
    tmp_path: Path, content: bytes, name: str
) -> None:
    (tmp_path / "file").write_bytes(content)
    found = read_files(tmp_path / "file")
    [competency] = found.competencies.values()
    assert set(competency.labels.values()) & {"lift", "conduire un chariot"}
    assert f'the column "{name}" stands there 2 times; the first is read' in found.notices
    assert not found.rejected


def test_documents_a_line_say_on_which_line_they_stand(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(SKILL % 1 + b"\n\n" + SKILL % 3 + b'\n{"skillStatement": "x"}\n')
    found = read_files(tmp_path / "file")
    assert [one.place for one in found.competencies.values()] == ["line 1", "line 3"]
    assert [(one.line, one.where) for one in found.rejected] == [(4, "id")]


def test_a_text_that_no_database_takes_is_refused_in_a_framework_of_ones_own(tmp_path: Path) -> None:
    lines = [
        '{"key": "a", "label": "\\ud800"}',
        '{"uri": "urn:x:\\u0000", "label": "x"}',
        '{"key": "b", "label": "ok", "description": "\\u0000"}',
        '{"key": "\\ud800", "label": "kept"}',
    ]
    (tmp_path / "file").write_text("\n".join(lines))
    found = read_files(tmp_path / "file")
    assert [where for where, _ in found.wrong] == ["label", "uri", "description"]
    assert [one.labels["en"] for one in found.competencies.values()] == ["kept"]


REAL = Path(__file__).parents[2].parent / "shared" / "data" / "esco"


@pytest.mark.skipif(not REAL.is_dir(), reason="the real export is not here")
@pytest.mark.parametrize("named", [True, False])
def test_the_real_export_of_esco_under_any_names(tmp_path: Path, named: bool) -> None:
    for number, path in enumerate(sorted(REAL.glob("*.gz"))):
        shutil.copy(path, tmp_path / (path.name if named else f"table-{number}"))
    found = read_files(tmp_path)
    assert found.formats == ["ESCO"]
    assert len(found.competencies) == 13_896
    assert sum("fr" in one.labels for one in found.competencies.values()) > 13_000


COMPETENCY = {"@type": "ceasn:Competency", "@id": "urn:c:1", "ceasn:competencyText": {"en": "weld"}}
CERTIFICATE = {"@type": "ceterms:Certificate", "@id": "urn:a:1", "ceterms:name": {"en": "Welding"}}


@pytest.mark.parametrize(
    ("made", "places"),
    [
        (lambda *nodes: json.dumps({"@graph": nodes}), [("@graph[2]", 0), ("@graph[3]", 0)]),
        (lambda *nodes: json.dumps(nodes), [("[2]", 0), ("[3]", 0)]),
        (lambda *nodes: "\n".join(map(json.dumps, nodes)), [("", 3), ("", 4)]),
    ],
    ids=["graph", "list", "lines"],
)
def test_credentials_beside_competencies_are_read_by_who_reads_both_and_said_else(
    tmp_path: Path, made: Callable[..., str], places: list[tuple[str, int]]
) -> None:
    path = tmp_path / "mixed.json"
    path.write_text(made(CERTIFICATE, COMPETENCY, 7, None))
    found = read_files(path)
    assert list(found.competencies) == ["urn:c:1"]
    assert [(one.where, one.line) for one in found.rejected] == places
    assert [one.reason for one in found.rejected] == [f"{one} is no node" for one in ("7", "null")]
    assert found.notices == [
        "holds credentials too (CTDL), which are passed over: `credmatch import` reads them",
        'entries that are no competencies, passed over: 1 ("Certificate")',
    ]
    frameworks: list[Framework] = []
    context = Context("", ZoneInfo("UTC"))

    def take(one: Framework) -> None:
        frameworks.append(replace(one, entries=iter(list(one.entries))))

    records = list(read_frameworks([path], {"": "urn:own:"}, Limits(), take, context))
    (achievement,) = only(AchievementRecord, records)
    assert achievement.key == "urn:a:1"
    assert only(Rejected, records) == []  # each is told once, of the framework
    (framework,) = frameworks
    wrong = [one for one in framework.entries if isinstance(one, Rejected)]
    assert [(one.where, one.line) for one in wrong] == places


def test_of_a_framework_in_a_gzip_file_that_is_cut_off_what_stands_before_is_read(tmp_path: Path) -> None:
    nodes = [{**COMPETENCY, "@id": f"urn:c:{number}"} for number in range(2_000)]
    data = gzip.compress("\n".join(map(json.dumps, nodes)).encode())
    path = tmp_path / "framework.gz"
    path.write_bytes(data[: len(data) // 2])
    found = read_files(path)
    assert len(found.competencies) > 500
    assert "the file is cut off; what stands before is read" in [reason for _, reason in found.wrong]


def test_a_program_in_the_form_of_a_uri_names_no_competency(tmp_path: Path) -> None:
    path = tmp_path / "framework.json"
    path.write_text(json.dumps([COMPETENCY, {**COMPETENCY, "@id": "javascript:alert(1)"}]))
    found = read_files(path)
    assert list(found.competencies) == ["urn:c:1"]
    assert found.wrong == [("[1].@id", '"javascript:alert(1)" is not an absolute URI')]
