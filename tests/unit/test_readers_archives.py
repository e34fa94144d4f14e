"""What lies in archives and compressed files, and archives that were made to harm."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.formats import Context, Record
from indexer.readers.framework_files import read_frameworks
from indexer.readers.limits import Limits
from matcher.records import CandidateRecord, Notice, Recognised, Rejected
from tests.unit.containers import itxt, png, read_bounded, tar_of, text_of, zip_of
from tests.unit.reading import formats_of, only, read_any
from tests.unit.survival import in_time

BADGES = {"one.json": text_of(1), "folder/two.json": text_of(2), "zoé/three.png": png(itxt(text_of(3)))}


def keys(found: list[Record]) -> list[str]:
    records = only(CandidateRecord, found)
    return [award.key.rpartition(":")[2] for record in records for award in record.awards]


def refusals(found: list[Record]) -> dict[str, str]:
    return {one.file: one.reason for one in only(Rejected, found)}


def notices(found: list[Record]) -> list[str]:
    return [one.text for one in only(Notice, found)]


def streamed_zip(entries: dict[str, bytes]) -> bytes:
    """As written to a pipe: sizes and checksums follow the entries."""

    class Pipe(io.RawIOBase):
        data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.data += data
            return len(data)

    pipe = Pipe()
    pipe.data = bytearray()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return bytes(pipe.data)


PACKINGS: list[Callable[[dict[str, bytes]], bytes]] = [
    zip_of,
    lambda entries: zip_of(entries, zipfile.ZIP_STORED),
    lambda entries: zip_of(entries, zipfile.ZIP_BZIP2),
    streamed_zip,
    tar_of,
    lambda entries: tar_of(entries, format_=tarfile.GNU_FORMAT),
    lambda entries: tar_of(entries, format_=tarfile.USTAR_FORMAT),
    lambda entries: tar_of(entries, "w:gz"),
    lambda entries: tar_of(entries, "w:bz2"),
    lambda entries: tar_of(entries, "w:xz"),
    lambda entries: zip_of({"inner.tar.gz": tar_of(entries, "w:gz")}),
]


@pytest.mark.parametrize("pack", PACKINGS)
def test_every_entry_is_read_in_whatever_format_it_is(pack: Callable[[dict[str, bytes]], bytes]) -> None:
    found = read_any(pack(BADGES))
    assert keys(found) == ["1", "2", "3"]
    assert not refusals(found)
    assert [one.place.file.rpartition("!")[2] for one in only(CandidateRecord, found)] == list(BADGES)


def test_files_in_archives_are_named_with_the_archive() -> None:
    data = zip_of({"a/inner.zip": zip_of({"b.json": text_of()})})
    (record,) = only(CandidateRecord, read_any(data))
    assert record.place.file == "f!a/inner.zip!b.json"
    assert formats_of(data) == ["ZIP archive", "ZIP archive", "JSON", "Open Badges 3.0"]


@pytest.mark.parametrize("packed", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files_are_read_with_all_that_was_joined_to_them(packed: Callable[[bytes], bytes]) -> None:
    lines = [text_of(number) + b"\n" for number in range(1, 4)]
    data = b"".join(map(packed, lines))
    assert keys(read_any(data)) == ["1", "2", "3"]
    assert keys(read_any(packed(data))) == ["1", "2", "3"]
    (rejected,) = only(Rejected, read_any(data[:-10]))
    reason = rejected.reason.removesuffix("; what stands before is read")
    assert reason in {"the file is cut off", "the file cannot be unpacked: its bytes are damaged"}
    broken = bytearray(packed(b"".join(lines)))
    broken[len(broken) // 2] ^= 255
    assert only(Rejected, read_any(bytes(broken)))


def test_what_can_hold_no_credential_is_counted_in_one_notice() -> None:
    entries = {
        "folder/": b"",
        "__MACOSX/._one.json": b"\0\5\26\7",
        "folder/.DS_Store": b"\0\0\0\1Bud1",
        "Thumbs.db": b"\xd0\xcf",
        **{f"photo-{number}.jpg": b"\xff\xd8\xff\xe0\0\20JFIF" for number in range(300)},
        "certificate.pdf": b"%PDF-1.7 ...",
        "one.json": text_of(),
    }
    for pack in (zip_of, tar_of):
        found = read_any(pack(entries))
        assert keys(found) == ["1"]
        assert not refusals(found)
        (notice,) = notices(found)
        assert "hidden files or files of an operating system: 3" in notice
        assert "other files in which there can be no credential: 301" in notice
        assert "folders: 1" in notice
        assert notice.endswith("(__MACOSX/._one.json, folder/.DS_Store, Thumbs.db, ...)")


def test_text_that_is_no_credential_is_refused_by_its_name() -> None:
    found = read_any(zip_of({"readme.txt": b"Hello there", "plain.png": png(), "one.json": text_of()}))
    assert keys(found) == ["1"]
    assert list(refusals(found)) == ["f!readme.txt", "f!plain.png"]
    assert refusals(found)["f!plain.png"].startswith("the image holds no credential")


@pytest.mark.parametrize(
    "first", ["[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "docProps/app.xml"]
)
def test_office_files_are_recognised(first: str) -> None:
    found = read_any(zip_of({first: b"<x/>", "xl/sharedStrings.xml": b"<x/>"}))
    assert refusals(found) == {
        "f": "this is a spreadsheet or another office document; save the table as CSV in UTF-8"
    }
    open_document = zip_of(
        {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}
    )
    assert refusals(read_any(open_document)) == refusals(found)


def test_names_that_lead_out_are_refused_and_the_rest_is_read() -> None:
    names = ["../out.json", "/etc/out.json", "a/../../out.json", "C:/out.json", "..\\out.json"]
    entries = {**{name: text_of(5) for name in names}, "one.json": text_of(1)}
    for data in (zip_of(entries), tar_of(entries)):
        found = read_any(data)
        out = [one for one in only(Rejected, found) if "leads out of the archive" in one.reason]
        assert len(out) == (5 if data.startswith(b"PK") else 4)
        assert keys(found)[-1] == "1"


def test_links_and_devices_are_refused_by_name() -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, type_ in {"s": tarfile.SYMTYPE, "h": tarfile.LNKTYPE, "d": tarfile.CHRTYPE,
                            "b": tarfile.BLKTYPE, "p": tarfile.FIFOTYPE}.items():  # fmt: skip
            member = tarfile.TarInfo(name)
            member.type, member.linkname = type_, "/etc/passwd"
            archive.addfile(member)
        member = tarfile.TarInfo("one.json")
        member.size = len(text_of())
        archive.addfile(member, io.BytesIO(text_of()))
    found = read_any(file.getvalue())
    assert keys(found) == ["1"]
    assert refusals(found) == {
        "f!s": "is a link, and is not followed",
        "f!h": "is a link, and is not followed",
        "f!d": "is a device, and no file",
        "f!b": "is a device, and no file",
        "f!p": "is a pipe, and no file",
    }


def test_links_in_a_zip_are_refused_by_name() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        link = zipfile.ZipInfo("link.json")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("one.json", text_of())
    found = read_any(file.getvalue())
    assert keys(found) == ["1"]
    assert refusals(found) == {"f!link.json": "is a link, and is not followed"}


def zip_with(**changes: int) -> bytes:
    """Two badges, the first one with changes to its header."""
    data = bytearray(zip_of({"bad.json": text_of(5), "one.json": text_of(1)}))
    places = {
        "flags": (6, "<H"),
        "method": (8, "<H"),
        "crc": (14, "<L"),
        "packed": (18, "<L"),
        "size": (22, "<L"),
    }
    for name, value in changes.items():
        at, form = places[name]
        struct.pack_into(form, data, at, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (zip_with(flags=1), "is encrypted: unpack it with its password first"),
        (zip_with(flags=9, packed=0), "is encrypted: unpack it with its password first"),
        (zip_with(method=99), "is compressed in a way that is not read (method 99)"),
        (zip_with(method=0, flags=8, packed=0),
         "is stored without its length, so that its end cannot be told"),
        (zip_with(crc=5), "is damaged: its checksum or its size is not the one that is stated"),
        (zip_with(size=5), "is damaged: its checksum or its size is not the one that is stated"),
        (zip_with(packed=50), "is cut off"),
        (zip_of({"bad.json": text_of(5), "one.json": text_of(1)}).replace(
            zlib.compress(text_of(5))[2:20], b"\xff" * 18),
         "cannot be unpacked: its bytes are damaged"),
        (streamed_zip({"bad.json": text_of(5), "one.json": text_of(1)}).replace(
            zlib.compress(text_of(5), 6)[2:20], b"\xff" * 18), "cannot be unpacked: its bytes are damaged"),
    ],
)  # fmt: skip
def test_an_entry_that_is_wrong_is_refused_by_name_and_the_rest_read(data: bytes, reason: str) -> None:
    found = read_any(data)
    assert refusals(found)["f!bad.json"] == reason
    assert keys(found) == ["1"]


def test_what_is_cut_off_keeps_what_came_before() -> None:
    for data in (zip_of(BADGES), tar_of(BADGES)):
        for length in range(len(data) // 2, len(data), 97):
            found = read_any(data[:length])
            assert keys(found)[:1] == ["1"]
    assert refusals(read_any(zip_of(BADGES)[:-200])) or refusals(read_any(zip_of(BADGES)[:-400]))
    assert refusals(read_any(tar_of({"one.json": text_of()})[:700]))


def test_a_damaged_tar_keeps_what_came_before() -> None:
    data = bytearray(tar_of({"one.json": text_of(1), "two.json": text_of(2)}, format_=tarfile.USTAR_FORMAT))
    second = data.index(b"two.json")
    data[second] = 0x21
    found = read_any(bytes(data))
    assert keys(found) == ["1"]
    assert refusals(found) == {"f": "the archive is damaged: what follows is no entry"}


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
@pytest.mark.parametrize("place", [0, 130], ids=["name", "size"])
def test_an_entry_of_a_tar_whose_header_is_damaged_takes_no_other_with_it(
    packed: Callable[[bytes], bytes], place: int
) -> None:
    texts = {f"{number}.json": text_of(number) + b" " * 700 for number in range(1, 5)}
    data = bytearray(tar_of(texts, format_=tarfile.USTAR_FORMAT))
    data[data.index(b"2.json") + place] ^= 0x01
    found = read_any(packed(bytes(data)))
    assert keys(found) == ["1", "3", "4"]
    (refused,) = refusals(found).items()
    assert refused[0].endswith("!3.json" if place == 0 else "!2.json")
    assert refused[1] == "its header in the archive is damaged"


def test_entries_of_one_name_are_all_read_and_said() -> None:
    found = read_any(tar_of({"a.json": text_of(1)})[:-9216] + tar_of({"a.json": text_of(2)}))
    assert keys(found) == ["1", "2"]
    assert notices(found) == ["1 entries have the name of an earlier one; all of them are read"]


def test_entries_that_overlap_are_read_once() -> None:
    data = zip_of({"one.json": text_of(1)})
    start = data.index(b"PK\1\2")
    end = data.index(b"PK\5\6")
    central = data[start:end]
    many = data[:start] + central * 5 + data[end:]
    found = read_any(many)
    assert keys(found) == ["1"]
    assert refusals(found) == {
        "f": "the archive lists 4 entries that overlap others and are not read "
        "(one.json, one.json, one.json, one.json)"
    }


def test_long_names_are_cut_and_control_characters_escaped() -> None:
    name = "x" * 400 + "\n.json"
    found = read_any(tar_of({name: b"nothing we know", "a\nb\x1b.json": b"nothing"}))
    assert [one.removeprefix("f!") for one in refusals(found)] == ["x" * 300 + "...", "a\\nb\\x1b.json"]


def test_an_empty_archive_says_so() -> None:
    assert refusals(read_any(zip_of({}))) == {"f": "the archive is empty"}
    assert refusals(read_any(zip_of({"empty.json": b""}))) == {"f!empty.json": "the file is empty"}


def test_archives_in_archives_are_bounded() -> None:
    data = text_of()
    for level in range(6):
        data = zip_of({f"{level}.zip" if level else "one.json": data})
    (rejected,) = only(Rejected, read_any(data, limits=Limits(depth=4)))
    assert rejected.reason == "archives in archives, more than 4 (CREDMATCH_IMPORT_DEPTH) levels deep"
    assert keys(read_any(data)) == ["1"]


def test_all_that_lies_in_a_file_shares_one_budget() -> None:
    limits = Limits(unpacked=10_000)
    inner = zip_of({f"{number}.json": text_of(number) for number in range(10)})
    found = read_any(zip_of({"a.zip": inner, "b.zip": inner, "c.zip": inner}), limits=limits)
    assert 0 < len(keys(found)) < 30
    assert list(refusals(found).values()) == [
        "unpacks to more bytes than are read of one archive, 10,000 (CREDMATCH_IMPORT_UNPACKED)",
        "the archive is not read to its end, from 4.json on",
        "the archive is not read to its end, from c.zip on",
    ]


def test_the_number_of_entries_is_bounded() -> None:
    for pack in (zip_of, tar_of):
        found = read_any(
            pack({f"{number}.json": text_of(number) for number in range(6)}), limits=Limits(entries=5)
        )
        assert len(keys(found)) == 5
        assert refusals(found) == {
            "f": "the archive is not read to its end: "
            "the archives of one file have more than 5 (CREDMATCH_IMPORT_ENTRIES) entries together"
        }


def test_the_entries_of_archives_in_an_archive_count_together() -> None:
    def nested(levels: int) -> bytes:
        inner = nested(levels - 1) if levels > 1 else b"{}"
        return zip_of({f"{number}.{'zip' if levels > 1 else 'json'}": inner for number in range(5)})

    pair = zip_of({"1.json": text_of(1), "2.json": text_of(2)})
    found = read_any(zip_of({"a.zip": pair, "b.zip": pair, "c.zip": pair}), limits=Limits(entries=7))
    assert len(keys(found)) == 4  # of nine entries a, 1, 2, b, 1, 2, c
    assert list(refusals(found)) == ["f!c.zip"]
    few = read_any(nested(8), limits=Limits(entries=1_000))
    assert len(only(Rejected, few)) < 1_000
    wrong = [one.reason for one in only(Rejected, read_bounded(nested(8)))]
    assert any("unpacks to more than 100 (CREDMATCH_IMPORT_RATIO) times its size" in one for one in wrong)
    assert wrong[-1] == "the archive is not read to its end, from 1.zip on"


ZEROS = bytes(300_000_000)


def test_bombs_cost_little() -> None:
    bomb = zip_of({"zeros.json": b"{" + ZEROS, "one.json": text_of()})
    assert keys(read_bounded(bomb)) == ["1"]  # what cannot be a document is passed over packed
    lines = zip_of({"lines.jsonl": b'{"candidate":{"key":"a"}}\n' + (b" " * 999_999 + b"\n") * 300})
    (reason,) = refusals(read_bounded(lines)).values()
    assert reason == f"unpacks to more than {Limits().ratio} times its size, as archives made to harm do"
    inner = zip_of(
        {f"{number}.csv": b"a,b\n" + ZEROS[:30_000_000].replace(b"\0", b" ") for number in range(3)}
    )
    nested = zip_of({f"{number}.zip": zip_of({f"{n}.zip": inner for n in range(10)}) for number in range(10)})
    assert any("CREDMATCH_IMPORT_RATIO" in reason for reason in refusals(read_bounded(nested)).values())


@pytest.mark.parametrize("pack", [zip_of, streamed_zip])
def test_what_is_not_read_behind_bombs_is_said(pack: Callable[[dict[str, bytes]], bytes]) -> None:
    bombs = {f"{number}.json": b"{" + b" " * 30_000_000 for number in range(6)}
    data = pack({**bombs, "good.json": text_of()})
    *_, last, rest = only(Rejected, read_bounded(data))
    assert "CREDMATCH_IMPORT_RATIO" in last.reason
    number = int(last.file.removeprefix("f!").removesuffix(".json"))
    following = number + 1
    assert (rest.file, rest.reason) == (
        "f", f"the archive is not read to its end, from {following}.json on"
    )  # fmt: skip
    nested = zip_of({"inner.zip": data, "other.json": text_of()}, zipfile.ZIP_STORED)
    inner, outer = only(Rejected, read_bounded(nested))[-2:]
    assert (inner.file, inner.reason[:35]) == ("f!inner.zip", "the archive is not read to its end,")
    assert (outer.file, outer.reason) == ("f", "the archive is not read to its end, from other.json on")


def test_where_nothing_follows_a_bomb_nothing_is_said_of_it() -> None:
    size = 0
    while True:  # as many as are just too many
        size += 1
        bombs = {f"{number}.json": b"{" + b" " * 30_000_000 for number in range(size)}
        found = only(Rejected, read_any(zip_of(bombs)))
        if any("CREDMATCH_IMPORT_RATIO" in one.reason for one in found):
            break
    assert not any("to its end" in one.reason for one in found)


def test_gzip_bombs_cost_little() -> None:
    for text in (ZEROS, b"{" + ZEROS, b"[" + b" " * 300_000_000, b"a,b\n" + b" " * 300_000_000):
        data = gzip.compress(text, 1)
        found = only(Rejected, read_bounded(data))
        assert found
    nested = gzip.compress(gzip.compress(gzip.compress(ZEROS)))
    assert only(Rejected, read_bounded(nested))


def test_very_many_members_of_a_gzip_file_cost_little() -> None:
    data = gzip.compress(b"") * 400_000 + gzip.compress(text_of())
    with in_time():
        assert keys(read_any(data)) == ["1"]


def test_entries_that_quote_each_other_cost_little() -> None:
    """David Fifield's bomb: every entry begins in the one before it, all share one kernel of zeros."""
    kernel = zlib.compress(ZEROS, 9)[2:-4]
    headers = [b"PK\3\4" + struct.pack("<5H3L2H", 20, 0, 8, 0, 0, 0, len(kernel), 0, 5, 0) + b"%05d" % number
               for number in range(500)]  # fmt: skip
    data = b"".join(headers) + kernel + b"PK\5\6" + bytes(18)
    assert len(read_bounded(data)) > 0


def test_a_hundred_thousand_entries_cost_little() -> None:
    block = tarfile.TarInfo("a.json").tobuf()
    found = read_bounded(block * 100_000 + bytes(1024))
    assert any(
        "more than 20,000 (CREDMATCH_IMPORT_ENTRIES) entries" in one.reason for one in only(Rejected, found)
    )
    entry = b"PK\3\4" + struct.pack("<5H3L2H", 20, 0, 0, 0, 0, 0, 0, 0, 5, 0) + b"a.jpg"
    found = read_bounded(entry * 100_000 + b"PK\5\6" + bytes(18))
    assert any(
        "more than 20,000 (CREDMATCH_IMPORT_ENTRIES) entries" in one.reason for one in only(Rejected, found)
    )


def test_headers_made_to_harm_cost_little() -> None:
    pax = tarfile.TarInfo("x")
    pax.type, pax.size = tarfile.XHDTYPE, 8_000_000_000
    assert refusals(read_bounded(pax.tobuf() + bytes(30_000_000))) == {"f": "the archive is cut off"}
    lying = zip_with(packed=2**32 - 2)
    assert refusals(read_bounded(lying))
    hungry = lzma.compress(b"[" + bytes(1_000), preset=9)
    assert refusals(read_any(hungry)) == {
        "f": "the file needs more than 40,000,000 (CREDMATCH_IMPORT_XZ) bytes of memory to be unpacked; "
        "pack it again without -9"
    }


@given(st.data())
def test_an_archive_that_was_changed_is_read_or_refused(data: st.DataObject) -> None:
    pack = data.draw(st.sampled_from(PACKINGS))
    archive = bytearray(pack(BADGES))
    for _ in range(data.draw(st.integers(1, 4))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    found = read_any(bytes(archive[: data.draw(st.integers(1, len(archive)))]))
    assert all(isinstance(one, CandidateRecord | Notice | Rejected | Recognised) for one in found)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("lost", [1, 4])
def test_a_compressed_archive_that_lacks_its_very_end_is_read_and_that_is_said(
    pack: Callable[[bytes], bytes], lost: int
) -> None:
    data = pack(tar_of({f"{number}.json": text_of(number) for number in range(3)}))
    whole, found = read_any(data), read_any(data[:-lost])
    assert refusals(whole) == {}
    assert refusals(found) == {"f": "the archive is cut off"}
    assert only(CandidateRecord, found) == only(CandidateRecord, whole)


AWARD = {"achievement": {"name": "Lift"}}
LINES = [
    json.dumps({"candidate": {"key": f"c-{n}"}, "awards": [{**AWARD, "key": f"k:{n}"}]}) for n in range(2_000)
]
WHOLE = gzip.compress("".join(f"{line}\n" for line in LINES).encode())


@pytest.mark.parametrize(
    ("data", "least", "said"),
    [
        (WHOLE[: len(WHOLE) // 2], 800, "is cut off"),
        (WHOLE + b"xyz", 2_000, "cannot be unpacked: its bytes are damaged"),
        (WHOLE + b"\x1f\x8b\x08\0junk" * 50, 2_000, "cannot be unpacked: its bytes are damaged"),
        (WHOLE[:-8] + bytes(8), 2_000, "cannot be unpacked: its bytes are damaged"),
    ],
    ids=["cut", "followed", "junk", "checksum"],
)
def test_of_a_damaged_gzip_file_what_stands_before_is_read_and_shown(
    tmp_path: Path, data: bytes, least: int, said: str
) -> None:
    path = tmp_path / "pool.jsonl.gz"
    path.write_bytes(data)
    context = Context("", ZoneInfo("UTC"))
    shown = list(read_frameworks([path], {"": "urn:own:"}, Limits(), lambda _: None, context))
    for found in (read_any(data), shown):
        assert keys(found) == [str(number) for number in range(len(keys(found)))]
        assert len(keys(found)) >= least
        (wrong,) = only(Rejected, found)
        assert wrong.reason == f"the file {said}; what stands before is read"
        assert wrong.line == len(keys(found)) + 1
