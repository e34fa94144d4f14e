"""The embedded engine's files: killed writers, full disks, damage, and readers while others write."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from matcher.errors import Damaged, InvalidInput, Unavailable
from matcher.records import SearchDocument
from matcher.search import embedded, folder
from matcher.search.embedded import EmbeddedEngine
from matcher.search.engine import Clause, Query
from matcher.search.segment import Segment, open_segment
from tests.contract.brute import answer, random_document, random_query, recalled, replace
from tests.integration import engine_crashes

ALL = Query((Clause(1_000_000, tuple((competency, 10_000) for competency in range(1, 31))),), ever=True)


def published(path: Path, candidates: int = 200) -> tuple[EmbeddedEngine, dict[int, SearchDocument]]:
    engine = EmbeddedEngine(path)
    pool = {id_: random_document(Random(id_), id_) for id_ in range(1, candidates + 1)}
    build(engine, pool, 1)
    return engine, pool


def build(engine: EmbeddedEngine, pool: dict[int, SearchDocument], change_number: int) -> None:
    with engine.build("o", floor=0, vocabulary="v", change_number=0) as builder:
        builder.add(pool.values())
        builder.publish(change_number)


def test_killed_before_any_operation_on_a_file(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.integration.engine_crashes", str(tmp_path), "3"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    moments, _, resumed, *_ = run.stdout.split()
    assert int(moments) > 110
    assert int(resumed) > 5


WRITER = """
import sys
from pathlib import Path
from matcher.search import embedded, folder
from matcher.search.embedded import EmbeddedEngine
from tests.integration import engine_crashes as crashes
embedded.SEGMENT_ROWS = 24
engine = EmbeddedEngine(Path(sys.argv[1]))
state = engine.state("o")
number = 0 if state is None else state.change_number
while True:
    number += 1
    crashes.is_build = lambda number: number % 15 == 1
    crashes.is_return = lambda number: False
    crashes.make(engine, 5, number)
"""


@contextmanager
def writing(place: Path) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(place)])
    try:
        yield child
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()


def check_an_answer(engine: EmbeddedEngine, random: Random) -> int:
    """Ask something and compare; gives the change number of the answer."""
    query = random_query(random)
    recall = engine.recall("o", query, 10)
    rows = [id_ for batch in recall.batches for id_ in batch.candidates.tolist()]
    number = recall.state.change_number
    pool: dict[int, SearchDocument] = {}
    for step in range((number - 1) // 15 * 15 + 1, number + 1):
        replace(pool, engine_crashes.step(5, step))
    assert rows == [id_ for _, _, id_ in answer(pool, query).rows]
    return number


def test_readers_are_right_while_a_writer_is_killed_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a reader is told at any moment equals a sum over the documents of the change number it is told."""
    monkeypatch.setattr(engine_crashes, "is_build", lambda number: number % 15 == 1)
    monkeypatch.setattr(engine_crashes, "is_return", lambda _: False)
    engine, random = EmbeddedEngine(tmp_path), Random(11)
    seen: set[int] = set()
    for _ in range(3):
        enough = len(seen) + random.randint(5, 15)
        deadline = time.monotonic() + 30
        with writing(tmp_path):
            while len(seen) < enough:
                assert time.monotonic() < deadline
                if engine.state("o") is not None:
                    seen.add(check_an_answer(engine, random))


def test_a_reader_overtaken_by_writers_maps_what_is_there_by_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three times, between reading a manifest and opening what it names, that is replaced and removed."""
    writer, pool = published(tmp_path, 60)
    overtaken = 0

    def slow_open(path: Path, size: int, digest: str) -> Segment:
        nonlocal overtaken
        if overtaken < 3:
            overtaken += 1
            monkeypatch.setattr(folder, "open_segment", open_segment)
            writer.apply("o", pool.values(), 1 + overtaken)
            monkeypatch.setattr(folder, "open_segment", slow_open)
        return open_segment(path, size, digest)

    monkeypatch.setattr(folder, "open_segment", slow_open)
    state = EmbeddedEngine(tmp_path).state("o")
    assert state is not None
    assert state.change_number == 4


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    engine, pool = published(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = sorted(tmp_path.rglob("*"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(Unavailable, match="cannot be written"):
            engine.apply("o", [random_document(Random(1), id_) for id_ in range(1, 90)], 2)
        with pytest.raises(Unavailable, match="cannot be written"):
            build(engine, pool, 2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert recalled(engine, "o", ALL, 5)[0] == answer(pool, ALL)
    engine.apply("o", [SearchDocument(1, 0)], 2)
    assert len(sorted(tmp_path.rglob("*"))) <= len(before) + 1


def segments(path: Path) -> list[Path]:
    return sorted(path.rglob("s0*"))


def cut_short(path: Path) -> None:
    os.truncate(segments(path)[0], segments(path)[0].stat().st_size - 1)


def no_segment(path: Path) -> None:
    segments(path)[0].write_bytes(b"x" * segments(path)[0].stat().st_size)


def header_garbled(path: Path) -> None:
    content = bytearray(segments(path)[0].read_bytes())
    content[20:40] = b"}" * 20
    segments(path)[0].write_bytes(content)


def bit_flipped(path: Path) -> None:
    content = bytearray(segments(path)[0].read_bytes())
    content[-70] ^= 1
    segments(path)[0].write_bytes(content)


def emptied(path: Path) -> None:
    segments(path)[0].write_bytes(b"")


def removed(path: Path) -> None:
    segments(path)[0].unlink()


def manifest_torn(path: Path) -> None:
    manifest = path / "o" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-30])


def manifest_empty(path: Path) -> None:
    (path / "o" / "manifest.json").write_bytes(b"")


def manifest_empty_object(path: Path) -> None:
    (path / "o" / "manifest.json").write_text("{}")


@pytest.mark.parametrize(
    "damage",
    [
        cut_short,
        no_segment,
        header_garbled,
        bit_flipped,
        emptied,
        removed,
        manifest_torn,
        manifest_empty,
        manifest_empty_object,
    ],
)
def test_damage_is_said_and_mended_by_building_anew(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    published(tmp_path)
    damage(tmp_path)
    engine = EmbeddedEngine(tmp_path)
    for _ in range(2):
        with pytest.raises(Damaged, match="damaged"):
            engine.state("o")
        with pytest.raises(Damaged, match="damaged"):
            engine.recall("o", ALL, 5)
        with pytest.raises(Damaged, match="damaged"):
            engine.apply("o", [], 2)
    with engine.build("o", floor=0, vocabulary="", change_number=0) as builder:
        builder.add([SearchDocument(1, 1, {}, {1: 5_000})])
        builder.publish(2)
    assert [row[2] for row in recalled(engine, "o", ALL, 5)[0].rows] == [1]
    assert len(segments(tmp_path)) == 1


@pytest.mark.parametrize("damage", [bit_flipped, removed])
def test_a_merger_does_not_carry_damage_on(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """What fell over in a segment after it was mapped is noticed before it is written again."""
    engine, _ = published(tmp_path, 40)
    assert engine.state("o") is not None
    damage(tmp_path)
    with pytest.raises(Damaged):
        engine.apply("o", [random_document(Random(id_), id_) for id_ in range(1, 39)], 2)
    with pytest.raises(Damaged):
        engine.state("o")


def test_an_index_of_another_layout_is_none(tmp_path: Path) -> None:
    """So a newer version builds its own instead of failing."""
    published(tmp_path)
    (tmp_path / "o" / "manifest.json").write_text('{"layout": 1, "who": "knows"}')
    engine = EmbeddedEngine(tmp_path)
    assert engine.state("o") is None
    published(tmp_path)
    assert engine.state("o") is not None


def test_the_last_generation_is_kept_and_older_ones_are_not(tmp_path: Path) -> None:
    for _ in range(4):
        published(tmp_path)
    assert sorted(path.name for path in (tmp_path / "o").glob("g*")) == ["g000003", "g000004"]


def test_segments_stay_few_and_small_changes_write_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "SEGMENT_ROWS", 2_048)
    engine, pool = published(tmp_path, 2_000)
    random = Random(4)
    for number in range(2, 150):
        changed = random_document(random, random.randint(1, 2_400))
        pool[changed.candidate] = changed
        engine.apply("o", [changed], number)
    assert len(segments(tmp_path)) <= 5
    assert sum(len(part) for part in rows_of_segments(engine)) < 1.3 * len(pool)
    assert recalled(engine, "o", ALL, 5)[0] == answer(pool, ALL)


def test_a_pool_that_was_removed_leaves_no_segment(tmp_path: Path) -> None:
    engine, pool = published(tmp_path)
    state = engine.apply("o", [SearchDocument(id_, 0) for id_ in pool], 2)
    assert state.documents == 0
    assert segments(tmp_path) == []
    assert recalled(engine, "o", ALL, 5)[0].rows == []
    engine.apply("o", [SearchDocument(3, 1, {}, {1: 9_000})], 3)
    assert [row[2] for row in recalled(engine, "o", ALL, 5)[0].rows] == [3]


def test_among_many_equals_a_batch_is_no_larger_than_asked_for(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path)
    build(engine, {id_: SearchDocument(id_, id_ << 40, {}, {1: 9_000}) for id_ in range(1, 5_000)}, 1)
    assert recalled(engine, "o", ALL, 100)[1][:3] == [100, 200, 400]


def rows_of_segments(engine: EmbeddedEngine) -> list[range]:
    view = engine._folder("o").view()
    assert view is not None
    return [range(len(part.segment)) for part in view.parts]


@pytest.mark.parametrize("key", ["", "..", "../o", "a/b", "O", "é", "a\n", "x" * 64])
def test_keys_that_are_no_folder_are_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(InvalidInput):
        EmbeddedEngine(tmp_path / "index").state(key)
    assert list(tmp_path.iterdir()) == []
