"""What every search engine must do, whichever it is. `ENGINES` lists how each is made."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as replaced
from functools import partial
from pathlib import Path
from random import Random

import pytest

from matcher.errors import NotFound, Unavailable
from matcher.records import SearchDocument
from matcher.search import elastic_query, embedded
from matcher.search.embedded import EmbeddedEngine
from matcher.search.engine import Builder, Clause, Engine, Query
from tests.contract.brute import (
    answer,
    check,
    random_document,
    random_documents,
    random_query,
    recalled,
    replace,
)
from tests.contract.elastic_engines import elastic_engine, remove_indexes

PRELUDE_EMBEDDED = "from pathlib import Path; from matcher.search.embedded import EmbeddedEngine"


PRELUDE_ELASTIC = "from pathlib import Path; from tests.contract.elastic_engines import elastic_engine"


@dataclass(frozen=True)
class Kind:
    """A kind of engine: how to make one over a place, and the same in the source of another process.

    `exact`: whether its bounds are the exact ones, and not above them by what is rounded up.
    """

    name: str
    make: Callable[[Path], Engine]
    prelude: str
    expression: str
    exact: bool = True


EMBEDDED = Kind("embedded", EmbeddedEngine, PRELUDE_EMBEDDED, "EmbeddedEngine(Path({place!r}))")
ELASTICSEARCH = {"elasticsearch": "elasticsearch_url", "elasticsearch 9": "elasticsearch_9_url"}
NAMES = ["embedded", "embedded, small segments", *ELASTICSEARCH]


@pytest.fixture(params=NAMES)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Kind]:
    if request.param not in ELASTICSEARCH:
        # Segments so small that every test meets many of them, and mergers.
        if request.param.endswith("small segments"):
            monkeypatch.setattr(embedded, "SEGMENT_ROWS", 16)
        yield EMBEDDED
        return
    monkeypatch.setattr(elastic_query, "FEWEST", 7)  # so that most answers have several pages
    url: str = request.getfixturevalue(ELASTICSEARCH[request.param])
    source = f"elastic_engine({url!r}, Path({{place!r}}))"
    yield Kind(request.param, partial(elastic_engine, url), PRELUDE_ELASTIC, source, exact=False)
    remove_indexes(url, tmp_path)


@pytest.fixture
def engine(kind: Kind, tmp_path: Path) -> Engine:
    return kind.make(tmp_path)


def publish(
    engine: Engine, documents: list[SearchDocument], change_number: int = 1, organisation: str = "o"
) -> None:
    with engine.build(organisation, floor=1_000, vocabulary="v1", change_number=0) as builder:
        builder.add(documents)
        builder.publish(change_number)


ALL = Query((Clause(1_000_000, tuple((competency, 10_000) for competency in range(1, 31))),), ever=True)


def test_nothing_published(engine: Engine) -> None:
    assert engine.state("o") is None
    with pytest.raises(Unavailable):
        engine.recall("o", ALL, 10)
    with pytest.raises(Unavailable):
        engine.apply("o", [], 1)
    with pytest.raises(Unavailable):
        engine.documents("o", 0, 1)


def test_an_empty_index_answers(engine: Engine) -> None:
    publish(engine, [])
    found, sizes = recalled(engine, "o", ALL, 10)
    assert (found.rows, found.missing, found.documents, sizes) == ([], (0,), 0, [])


def test_the_state(engine: Engine) -> None:
    publish(engine, [SearchDocument(5, 1, {1: 9_000}, {1: 9_000}), SearchDocument(6, 2)], 17)
    state = engine.state("o")
    assert state is not None
    assert (state.change_number, state.floor, state.vocabulary, state.documents) == (17, 1_000, "v1", 1)
    applied = engine.apply("o", [SearchDocument(6, 2, keywords=frozenset({"region:x"}))], 18)
    assert engine.state("o") == applied
    assert (applied.generation, applied.change_number, applied.documents) == (state.generation, 18, 2)


def test_the_state_says_when_its_change_was_logged(kind: Kind, engine: Engine, tmp_path: Path) -> None:
    def logged() -> int | None:
        state = kind.make(tmp_path).state("o")
        assert state is not None
        return state.logged

    publish(engine, [SearchDocument(5, 1, {1: 9_000}, {1: 9_000})], 17)
    assert logged() is None  # nobody knew
    assert engine.apply("o", [], 18, 1_800_000_000).logged == 1_800_000_000 == logged()
    engine.apply("o", [], 18, 1_900_000_000)  # which it has already
    assert logged() == 1_800_000_000
    with engine.build("o", floor=1_000, vocabulary="v1", change_number=18) as builder:
        assert builder.publish(19, 1_800_000_001).logged == 1_800_000_001 == logged()
    with engine.reopen("o") as builder:
        assert builder.state.logged == 1_800_000_000
        builder.publish(20, 1_800_000_002)
    assert logged() == 1_800_000_002


@pytest.mark.parametrize("ten", range(10))
def test_recall_equals_a_sum_over_all_documents(kind: Kind, engine: Engine, ten: int) -> None:
    """Order, bounds, counts; where a write takes a tenth of a second, over fewer pools."""
    for number in range(4 if kind.exact else 1):
        _check_recalls(kind, engine, f"o{number}", ten + 10 * number)


def _check_recalls(kind: Kind, engine: Engine, organisation: str, seed: int) -> None:
    """Over a pool that is built, changed and built anew."""
    random = Random(seed)
    pool: dict[int, SearchDocument] = {}
    number = 0
    for _ in range(random.randint(1, 12)):
        documents = random_documents(random, 120 if number == 0 else 25)
        number += random.randint(1, 3)
        if number <= 3 or random.random() < 0.1:
            pool = {}
            publish(engine, documents, number, organisation)
        else:
            engine.apply(organisation, documents, number)
        replace(pool, documents)
        for _ in range(4):
            query = random_query(random)
            found, _ = recalled(engine, organisation, query, random.choice([1, 5, 1_000]))
            check(found, pool, query, exact=kind.exact)


@pytest.mark.parametrize(("clauses", "related"), [(200, 100), (200, 1), (50, 550), (1, 14_000)])
def test_positions_as_large_as_there_can_be(kind: Kind, engine: Engine, clauses: int, related: int) -> None:
    """200 micro-skills, or 50 with ten alternatives each: more pairs than a node of Elasticsearch takes."""
    random = Random(clauses)
    competencies = range(1, 14_001)
    pool = {}
    for id_ in range(1, 50):
        held = {c: random.choice([4_500, 7_500, 10_000]) for c in random.sample(competencies, 100)}
        pool[id_] = SearchDocument(id_, id_, held, held, frozenset({"region:a"}))
    publish(engine, list(pool.values()))
    made = []
    for number in range(clauses):
        relations = [(c, random.choice([800, 4_000, 8_500])) for c in random.sample(competencies, related)]
        needed = frozenset(c for c, _ in relations) if number < 2 < related else None
        made.append(Clause(1_000_000 // clauses, tuple(sorted(relations)), needed))
    all_needed = [replaced(clause, needed=frozenset(competencies[::50])) for clause in made]
    for query in (Query(tuple(made)), Query(tuple(all_needed), (frozenset({"region:a"}),))):
        found, _ = recalled(engine, "o", query, 5)
        assert found.rows
        check(found, pool, query, exact=kind.exact, large=True)


@pytest.mark.parametrize("first", [1, 7, 64, 10_000])
def test_batches_are_as_large_as_asked_for(engine: Engine, first: int) -> None:
    publish(engine, [random_document(Random(id_), id_) for id_ in range(1, 150)])
    found, sizes = recalled(engine, "o", ALL, first)
    assert sum(sizes) == len(found.rows)
    assert sizes[0] >= min(first, len(found.rows))


def test_equal_bounds_come_by_draw_then_id(engine: Engine) -> None:
    """A hundred who tie, their draws differing only in the last bits."""
    documents = [SearchDocument(id_, 2**61 + (id_ * 37) % 50, {}, {1: 5_000}) for id_ in range(1, 101)]
    publish(engine, documents)
    found, _ = recalled(engine, "o", ALL, 3)
    assert found.rows == sorted((500_000, d.draw, d.candidate) for d in documents)


def test_change_numbers_never_go_back(engine: Engine) -> None:
    publish(engine, [SearchDocument(1, 1, {1: 9_000}, {1: 9_000})], 10)
    for number in (3, 10):
        assert engine.apply("o", [SearchDocument(1, 1)], number).change_number == 10
    assert len(recalled(engine, "o", ALL, 5)[0].rows) == 1
    assert engine.apply("o", [SearchDocument(1, 1)], 11).documents == 0
    assert recalled(engine, "o", ALL, 5)[0].rows == []
    assert engine.apply("o", [], 12).change_number == 12


def test_a_later_document_replaces_an_earlier_one_of_the_same_call(engine: Engine) -> None:
    twice = [SearchDocument(1, 4, {}, {1: 9_000}), SearchDocument(1, 4, {}, {2: 10_000})]
    publish(engine, [*twice, SearchDocument(2, 5, {}, {3: 1_000}), SearchDocument(2, 5)])
    assert recalled(engine, "o", ALL, 5)[0].rows == [(1_000_000, 4, 1)]
    engine.apply("o", [SearchDocument(1, 4), SearchDocument(1, 4, {}, {1: 2_500})], 2)
    assert recalled(engine, "o", ALL, 5)[0].rows == [(250_000, 4, 1)]


def test_a_recall_is_of_one_state_whatever_is_written_meanwhile(engine: Engine) -> None:
    pool = {id_: random_document(Random(id_), id_) for id_ in range(1, 100)}
    publish(engine, list(pool.values()))
    recall = engine.recall("o", ALL, 1)
    engine.apply("o", [SearchDocument(id_, 0) for id_ in range(1, 100)], 2)
    publish(engine, [], 3)
    rows = {id_ for batch in recall.batches for id_ in batch.candidates.tolist()}
    assert rows == {id_ for _, _, id_ in answer(pool, ALL).rows}
    assert recall.state.change_number == 1


def test_nothing_crosses_between_organisations(engine: Engine) -> None:
    publish(engine, [SearchDocument(1, 1, {1: 9_000}, {1: 9_000})], 5, "one")
    publish(engine, [SearchDocument(1, 1, {2: 5_000}, {2: 5_000})], 3, "two")
    engine.apply("two", [SearchDocument(9, 2, {1: 10_000}, {1: 10_000})], 4)
    assert [row[2] for row in recalled(engine, "one", ALL, 5)[0].rows] == [1]
    assert [row[2] for row in recalled(engine, "two", ALL, 5)[0].rows] == [9, 1]
    assert engine.state("three") is None


def test_keywords_are_whole_words_of_any_script(engine: Engine) -> None:
    """An upper and a lower case, composed and decomposed letters, a part of a word: all different."""
    words = [
        "region:Québec",
        "region:Que\u0301bec",
        "region:québec",
        "region:Qué",
        "applied:",
        "applied:😀",
        "é" * 500,
    ]
    publish(engine, [SearchDocument(n, n, {}, {1: 1_000}, frozenset({word})) for n, word in enumerate(words)])
    for number, word in enumerate(words):
        found, _ = recalled(engine, "o", Query(ALL.clauses, (frozenset({word}),), ever=True), 5)
        assert [row[2] for row in found.rows] == [number]


def test_without_publish_nothing_remains(engine: Engine, tmp_path: Path) -> None:
    publish(engine, [SearchDocument(1, 1, {}, {1: 9_000})], 5)
    before, files = engine.state("o"), sorted(tmp_path.rglob("*"))
    with engine.build("o", floor=2, vocabulary="v2", change_number=0) as builder:
        builder.add(random_documents(Random(1), 60))
    with (
        pytest.raises(ZeroDivisionError),
        engine.build("o", floor=2, vocabulary="v2", change_number=0) as builder,
    ):
        builder.add(SearchDocument(1 // 0, 0) for _ in range(1))
    assert engine.state("o") == before
    assert sorted(tmp_path.rglob("*")) == files


def test_what_was_put_in_is_read_back(engine: Engine) -> None:
    """Exactly, in the order of ids, page by page, over what was built, replaced and removed."""
    random = Random(8)
    pool = {id_: random_document(random, id_) for id_ in range(1, 150)}
    publish(engine, list(pool.values()))
    for number in range(2, 8):
        changed = [*random_documents(random, 25), SearchDocument(random.randint(1, 149), 0)]
        engine.apply("o", changed, number)
        replace(pool, changed)
        assert read_back(engine.documents, random.choice([1, 7, 400])) == alive(pool)
    assert engine.documents("o", 10**9, 5) == []
    assert engine.documents("o", 0, 0) == []


Reader = Callable[[str, int, int], list[SearchDocument]]


def read_back(read: Reader, page: int) -> list[SearchDocument]:
    """All documents of an index, read in pages."""
    found: list[SearchDocument] = []
    while some := read("o", found[-1].candidate if found else 0, page):
        assert len(some) <= page
        found.extend(some)
    return found


def alive(pool: Mapping[int, SearchDocument]) -> list[SearchDocument]:
    """A pool without tombstones, by id."""
    return [pool[id_] for id_ in sorted(pool) if pool[id_].now or pool[id_].ever or pool[id_].keywords]


def builder_reader(builder: Builder) -> Reader:
    return lambda _, after, limit: builder.documents(after, limit)


def test_a_build_reads_back_what_was_added(engine: Engine) -> None:
    pool = {id_: random_document(Random(id_), id_) for id_ in range(1, 90)}
    with engine.build("o", floor=5, vocabulary="v", change_number=3) as builder:
        assert (builder.reached, builder.state.change_number, builder.state.floor) == (0, 3, 5)
        assert builder.documents(0, 10) == []
        builder.add(pool.values())
        changed = [SearchDocument(40, 0), random_document(Random(1), 7), random_document(Random(2), 500)]
        assert read_back(builder_reader(builder), 30) == alive(pool)
        builder.add(changed)
        replace(pool, changed)
        assert read_back(builder_reader(builder), 30) == alive(pool)
        assert engine.state("o") is None
        builder.publish(4)
    assert read_back(engine.documents, 1_000) == alive(pool)


@pytest.mark.parametrize(
    "wrong",
    [
        SearchDocument(7, 1, {}, {1: 10_001}),
        SearchDocument(7, 1, {1: 0}, {1: 5_000}),
        SearchDocument(7, 1, {}, {1: -1}),
        SearchDocument(7, 2**62 + 1, {}, {1: 5_000}),
        SearchDocument(7, -1, {}, {1: 5_000}),
        SearchDocument(7, 1, {}, {2**63: 5_000}),
    ],
)
def test_a_document_that_cannot_be_held_stops_no_other(engine: Engine, wrong: SearchDocument) -> None:
    right = [SearchDocument(id_, id_, {}, {1: 9_000}) for id_ in (6, 8)]
    with engine.build("o", floor=0, vocabulary="", change_number=0) as builder:
        assert builder.add([right[0], wrong, right[1]]) == [7]
        builder.publish(1)
    before = SearchDocument(7, 7, {}, {1: 9_000})
    engine.apply("o", [before], 2)
    assert engine.apply("o", [wrong, SearchDocument(6, 0)], 3).change_number == 3
    assert engine.documents("o", 0, 9) == [before, right[1]]


class Interrupted(BaseException):
    """As Ctrl-C: no `Exception`."""


def break_off(engine: Engine, documents: list[SearchDocument], error: BaseException) -> None:
    """Leave a build by an error when its documents, ids rising, are safely kept."""

    def build() -> None:
        with engine.build("o", floor=5, vocabulary="v", change_number=10) as builder:
            builder.add(documents)
            builder.documents(0, 1)
            assert builder.reached == documents[-1].candidate
            raise error

    with pytest.raises(type(error)):
        build()


@pytest.mark.parametrize("error", [Unavailable("away"), Interrupted()])
def test_a_build_that_was_broken_off_is_gone_on_with(
    kind: Kind, engine: Engine, error: BaseException
) -> None:
    """Its floor and vocabulary the same; what it began with counts, and what was added after is replaced."""
    publish(engine, [SearchDocument(900, 1, {}, {1: 9_000})])
    pool = {id_: random_document(Random(id_), id_) for id_ in range(1, 120)}
    break_off(engine, [pool[id_] for id_ in range(1, 60)], error)
    assert [document.candidate for document in engine.documents("o", 0, 9)] == [900]
    with engine.build("o", floor=5, vocabulary="v", change_number=20) as builder:
        assert (builder.reached, builder.state.change_number) == (59, 10)
        builder.add([pool[id_] for id_ in range(60, 120)])
        pool[3] = SearchDocument(3, 0)
        builder.add([pool[3]])
        builder.publish(21)
    assert read_back(engine.documents, 50) == alive(pool)
    query = random_query(Random(4))
    check(recalled(engine, "o", query, 5)[0], pool, query, exact=kind.exact)


@pytest.mark.parametrize(("floor", "vocabulary"), [(6, "v"), (5, "w")])
def test_an_unfinished_build_of_another_kind_is_removed(engine: Engine, floor: int, vocabulary: str) -> None:
    break_off(engine, [SearchDocument(id_, 1, {}, {1: 9_000}) for id_ in range(1, 60)], Unavailable("away"))
    with engine.build("o", floor=floor, vocabulary=vocabulary, change_number=2) as builder:
        assert (builder.reached, builder.state.change_number) == (0, 2)
    with engine.build("o", floor=5, vocabulary="v", change_number=3) as builder:
        assert (builder.reached, builder.state.change_number) == (0, 3)


BUILD_SLOWLY = """
from tests.contract.brute import random_document
from random import Random
with engine.build("o", floor=5, vocabulary="v", change_number=10) as builder:
    for id_ in range(1, 1000):
        builder.add([random_document(Random(id_), id_)])
        builder.documents(0, 1)
        print(builder.reached, flush=True); input()
"""


def test_a_build_whose_process_was_killed_is_gone_on_with(kind: Kind, engine: Engine, tmp_path: Path) -> None:
    publish(engine, [SearchDocument(900, 1, {}, {1: 9_000})])
    with process(kind, tmp_path, BUILD_SLOWLY) as child:
        assert child.stdout is not None
        assert int(child.stdout.readline()) == 1
        for id_ in range(2, 8):
            assert int(ask(child)) == id_
        with pytest.raises(Unavailable), engine.build("o", floor=5, vocabulary="v", change_number=10):
            pass
    assert [document.candidate for document in engine.documents("o", 0, 9)] == [900]
    with engine.build("o", floor=5, vocabulary="v", change_number=20) as builder:
        reached = builder.reached
        assert reached >= 7
        assert builder.state.change_number == 10
        held = {id_: random_document(Random(id_), id_) for id_ in range(1, reached + 1)}
        assert read_back(builder_reader(builder), 5) == alive(held)
        builder.publish(20)


def test_the_generation_before_is_reopened_and_swapped_back(kind: Kind, engine: Engine) -> None:
    first = {id_: random_document(Random(id_), id_) for id_ in range(1, 70)}
    publish(engine, list(first.values()), 10)
    one = engine.apply("o", [], 12)
    publish(engine, [SearchDocument(900, 1, {}, {1: 9_000})], 20)
    two = engine.apply("o", [SearchDocument(901, 1, {}, {1: 9_000})], 21)
    for _ in range(2):
        with engine.reopen("o") as builder:
            assert (builder.state.generation, builder.state.change_number) == (one.generation, 12)
            held = read_back(builder_reader(builder), 20)
            assert [document for document in held if document.candidate != 905] == alive(first)
            builder.add([SearchDocument(905, 1, {}, {1: 9_000})])
        # It is kept as it was, or with what was added; searches saw nothing of it.
        assert engine.state("o") == two
    changed = [SearchDocument(5, 0), random_document(Random(5), 9), random_document(Random(6), 905)]
    replace(first, changed)
    with engine.reopen("o") as builder:
        builder.add(changed)
        state = builder.publish(21)
    assert engine.state("o") == state
    assert (state.generation, state.change_number, state.documents) == (
        one.generation,
        21,
        len(alive(first)),
    )
    assert read_back(engine.documents, 20) == alive(first)
    later = [random_document(Random(7), 11)]
    engine.apply("o", later, 22)
    replace(first, later)
    query = random_query(Random(4))
    check(recalled(engine, "o", query, 5)[0], first, query, exact=kind.exact)
    with engine.reopen("o") as builder:
        assert (builder.state.generation, builder.state.change_number) == (two.generation, 21)
        assert [document.candidate for document in builder.documents(0, 5)] == [900, 901]
        builder.publish(22)
    assert [document.candidate for document in engine.documents("o", 0, 9)] == [900, 901]


def test_without_an_earlier_generation_nothing_is_reopened(engine: Engine) -> None:
    with pytest.raises(NotFound), engine.reopen("o"):
        pass
    publish(engine, [])
    with pytest.raises(NotFound), engine.reopen("o"):
        pass


def test_a_generation_replaces_the_one_before(engine: Engine) -> None:
    """Its change number may be lower: it may hold another database's candidates."""
    publish(engine, [SearchDocument(1, 1, {}, {1: 9_000})], 50)
    first = engine.state("o")
    engine.apply("o", [SearchDocument(2, 1, {}, {1: 9_000})], 51)
    publish(engine, [SearchDocument(3, 1, {}, {1: 9_000})], 7)
    state = engine.state("o")
    assert state is not None
    assert first is not None
    assert state.generation != first.generation
    assert (state.change_number, state.documents) == (7, 1)
    assert [row[2] for row in recalled(engine, "o", ALL, 5)[0].rows] == [3]
    assert engine.apply("o", [], 8).change_number == 8


def test_changes_are_applied_to_the_live_generation_while_another_is_built(engine: Engine) -> None:
    publish(engine, [SearchDocument(1, 1, {}, {1: 9_000})], 1)
    with engine.writer("o") as mine, engine.build("o", floor=2, vocabulary="v2", change_number=0) as builder:
        assert mine
        builder.add(random_documents(Random(3), 50))
        engine.apply("o", [SearchDocument(2, 2, {}, {1: 9_000})], 2)
        assert [row[2] for row in recalled(engine, "o", ALL, 5)[0].rows] == [1, 2]
        builder.add([SearchDocument(500, 3, {}, {1: 9_000})])
        builder.publish(3)
    assert 500 in [row[2] for row in recalled(engine, "o", ALL, 5)[0].rows]


def test_one_writer_in_a_process(kind: Kind, engine: Engine, tmp_path: Path) -> None:
    """Held again by the same holder, refused to another engine over the same index, free afterwards."""
    second = kind.make(tmp_path)
    with engine.writer("o") as mine, engine.writer("o") as again, engine.writer("p") as other:
        assert mine
        assert again
        assert other
        with second.writer("o") as refused:
            assert not refused
    with second.writer("o") as mine:
        assert mine


@contextmanager
def process(kind: Kind, place: Path, body: str) -> Iterator[subprocess.Popen[str]]:
    """Another process with an engine over the same place; killed at the end."""
    made = kind.expression.format(place=str(place))
    source = f"import sys; sys.path.insert(0, {str(Path.cwd())!r}); {kind.prelude}; engine = {made}\n{body}"
    child = subprocess.Popen(
        [sys.executable, "-c", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def ask(child: subprocess.Popen[str], line: str = "") -> str:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(line + "\n")
    return child.stdout.readline().strip()


HOLD = """
print(input() or "ready", flush=True)
with engine.writer("o") as mine:
    print(mine, flush=True); input()
"""


def test_one_writer_among_processes(kind: Kind, engine: Engine, tmp_path: Path) -> None:
    """Refused without waiting while another process holds it, and free as soon as that one is killed."""
    publish(engine, [SearchDocument(1, 1, {}, {1: 9_000})], 1)
    with process(kind, tmp_path, HOLD) as holder:
        assert ask(holder) == "ready"
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "True"
        with engine.writer("o") as mine:
            assert not mine
        with pytest.raises(Unavailable):
            engine.apply("o", [], 2)
        with pytest.raises(Unavailable), engine.build("o", floor=0, vocabulary="", change_number=0):
            pass
        assert engine.state("o") is not None
    with engine.writer("o") as mine:
        assert mine


ANSWER = """
from matcher.search.engine import Clause, Query
query = Query((Clause(1_000_000, ((1, 10_000),)),), ever=True)
for line in sys.stdin:
    found = engine.recall("o", query, 10)
    print(found.state.generation, found.state.change_number, found.matched, flush=True)
"""


def test_another_process_sees_a_write_at_its_next_query(kind: Kind, engine: Engine, tmp_path: Path) -> None:
    publish(engine, [SearchDocument(1, 1, {}, {1: 9_000})], 1)
    with process(kind, tmp_path, ANSWER) as reader:
        for number in range(1, 40):
            if number % 10 == 0:
                publish(
                    engine, [SearchDocument(id_, 1, {}, {1: 9_000}) for id_ in range(1, number + 1)], number
                )
            elif number > 1:
                engine.apply("o", [SearchDocument(number, 1, {}, {1: 9_000})], number)
            state = engine.state("o")
            assert state is not None
            assert ask(reader) == f"{state.generation} {number} {number}"
