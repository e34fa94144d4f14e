"""Text in UTF-16 and Windows-1252 becomes text in UTF-8, in bounded memory, and what was assumed is said."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.encodings import in_utf_8, text_of
from matcher.errors import InvalidInput
from matcher.records import Notice
from tests.unit.reading import only, read_any

HEAD = 100


def transcoded(data: bytes) -> tuple[bytes, str]:
    """All of a file in UTF-8, and what was said of it."""
    stream = io.BytesIO(data)
    head, rest, notice = in_utf_8(stream.read(HEAD), stream, "f")
    return head + rest.read(), notice.text if notice else ""


@pytest.mark.parametrize(
    ("encoding", "mark", "said"),
    [
        ("utf-16-le", "\ufeff", "the text is UTF-16 (little-endian, with a byte order mark): read as that"),
        ("utf-16-be", "\ufeff", "the text is UTF-16 (big-endian, with a byte order mark): read as that"),
        ("utf-16-le", "", "the text is UTF-16 (little-endian, without a byte order mark): read as that"),
        ("utf-16-be", "", "the text is UTF-16 (big-endian, without a byte order mark): read as that"),
        ("utf-8", "\ufeff", "the text is UTF-8 with a byte order mark"),
        ("utf-8", "", ""),
    ],
)
def test_encodings_are_detected_and_said(encoding: str, mark: str, said: str) -> None:
    text = "clé;titre\n" + "a;Équipe 😀 – «x»\n" * 20_000
    found, notice = transcoded((mark + text).encode(encoding))
    assert found.decode().removeprefix("\ufeff") == text
    assert notice == said


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a",
        b"\x89PNG\r\n\x1a\n\0\0\0\r",
        b"PK\x03\x04\x14\0\0\0",
        b"name" + bytes(500),
        bytes(500),
        b"\0a\0b"[:3],
    ],
)
def test_what_is_no_text_in_another_encoding_stays_as_it_is(data: bytes) -> None:
    assert transcoded(data) == (data, "")


def test_a_character_cut_off_at_the_end_is_no_other_character() -> None:
    found, _ = transcoded("\ufeffabc".encode("utf-16-le") + b"x")
    with pytest.raises(InvalidInput, match="has half of a character"):
        text_of(found)


def test_half_of_a_pair_in_the_midst_is_no_other_character() -> None:
    found, _ = transcoded("\ufeffa".encode("utf-16-le") + b"\x00\xd8" + "b\n".encode("utf-16-le"))
    with pytest.raises(InvalidInput, match="has half of a character"):
        text_of(found.rstrip(b"\n"))


def test_memory_stays_bounded_however_long_the_file() -> None:
    class Endless(io.RawIOBase):
        left = 40_000_000

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            size = min(len(buffer), self.left) // 2 * 2
            buffer[:size] = b"a\0" * (size // 2)
            self.left -= size
            return size

    stream = io.BufferedReader(Endless())
    tracemalloc.start()
    _, rest, _ = in_utf_8(stream.read(HEAD), stream, "f")
    length = sum(len(piece) for piece in iter(lambda: rest.read(65_536), b""))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert length + HEAD == 20_000_000
    assert peak < 2_000_000


def test_a_line_is_utf_8_or_windows_1252() -> None:
    assert text_of("né – ž".encode()) == ("né – ž", True)
    assert text_of("né – €".encode("cp1252")) == ("né – €", False)
    assert text_of("Žižek".encode("cp1252")) == ("Žižek", False)


def test_json_in_utf_16_is_read_and_said() -> None:
    text = '{"candidate": {"key": "c-1", "name": "Zoé"}}'
    found = read_any(text.encode("utf-16"))
    assert [one.text for one in only(Notice, found)] == [
        "the text is UTF-16 (little-endian, with a byte order mark): read as that"
    ]
    assert read_any(text.encode("utf-16-be"))[1:] == read_any(text)


@given(st.text())
def test_any_text_comes_through(text: str) -> None:
    whole = "name;date\n" + text
    assert transcoded(whole.encode("utf-16"))[0].decode() == whole


@given(
    st.text(st.characters(min_codepoint=1, max_codepoint=0xFF)), st.sampled_from(["utf-16-le", "utf-16-be"])
)
def test_any_latin_text_comes_through_without_a_byte_order_mark(text: str, encoding: str) -> None:
    whole = "name;date\n" + text
    assert transcoded(whole.encode(encoding))[0].decode() == whole


@given(st.binary(max_size=300))
def test_any_bytes_come_through_or_are_no_text(data: bytes) -> None:
    found, _ = transcoded(b"\xff\xfe" + data)
    assert len(found) <= 2 * len(data) + 3
    assert transcoded(b"a" + data)[0]
