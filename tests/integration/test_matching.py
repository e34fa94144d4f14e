"""Matching on a real database and a real index: the answer's shape, its truthfulness, and its cost."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, event, func, insert, select, update

from indexer.changes import catch_up
from matcher.errors import NotFound, NotScorable, Unavailable
from matcher.matching import Matcher
from matcher.moments import day_of
from matcher.records import (
    AchievementRecord,
    Alternative,
    AwardRecord,
    Basis,
    CandidateRecord,
    Competency,
    CompetencyRef,
    Filters,
    IssuerRef,
    Kind,
    Pair,
    Position,
    Reading,
    RelatedRef,
    Relation,
    Requirement,
    Status,
)
from matcher.search.embedded import EmbeddedEngine
from matcher.store import tables
from matcher.store.changes import log_changes
from matcher.store.database import Database
from matcher.store.intake import store_candidates
from matcher.store.organisations import create_organisation
from matcher.store.positions import save_position
from tests.parts.databases import Databases

DAY = 86_400
NOW = int(time.time())


class Skills:
    """A vocabulary of the competencies that the test's awards name; none is related to another."""

    version = "test"
    model = ""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}

    def competency(self, id: int) -> Competency:  # noqa: A002
        uri = next(uri for uri, known in self.ids.items() if known == id)
        return Competency(id, uri, uri.removeprefix("urn:skill:"), "", Kind.SKILL, "test")

    def relations(self, competency: int) -> Mapping[int, Pair]:
        return {competency: Pair(competency, Relation.SAME, 10_000, meets_must=True)}

    def kin(self, vector: bytes, text: str) -> Mapping[int, Pair]:
        return {}

    def nearest(
        self, asked: Sequence[Sequence[Reading]], among: Sequence[int]
    ) -> list[tuple[int, float] | None]:
        return [(among[0], 0.31) if among else None for _ in asked]


@dataclass
class Service:
    """Everything that matching stands on, in one folder."""

    database: Database
    engine: EmbeddedEngine
    skills: Skills
    matcher: Matcher

    def store(self, *records: CandidateRecord) -> None:
        with self.database.write() as connection:
            store_candidates(
                connection, create_organisation(connection, "default"), records, authoritative=True
            )
            rows = connection.exec_driver_sql("SELECT uri, id FROM competencies")
            self.skills.ids.update((uri, id_) for uri, id_ in rows)

    def index(self) -> None:
        catch_up(self.database, self.engine, "default")

    def need(self, name: str, **options: Any) -> Requirement:
        reading = Reading(Basis.GIVEN, self.skills.ids[f"urn:skill:{name}"], 10_000)
        return Requirement((Alternative(name, reading),), **options)

    def position(self, *needs: Requirement, **options: Any) -> Position:
        return Position("job", "Job", requirements=needs, **options)

    def match(
        self, *needs: Requirement, top: int = 50, day: date | None = None, **options: Any
    ) -> dict[str, Any]:
        return self.matcher.match("default", self.position(*needs, **options), top=top, day=day)


QUERIES = {False: 8, True: 10}
"""Queries that a ranking makes, of the pool and of a position's applicants."""


@pytest.fixture
def service(databases: Databases, tmp_path: Path) -> Iterator[Service]:
    database = databases.open()
    engine = EmbeddedEngine(tmp_path / "index")
    skills = Skills()
    yield Service(database, engine, skills, Matcher(database, engine, lambda _: skills))
    database.close()


def award(name: str, issuer: str = "Northshore", **changes: Any) -> AwardRecord:
    refs = (CompetencyRef(name, f"urn:skill:{name}"),)
    achievement = AchievementRecord(name, competencies=refs, issuer=IssuerRef(issuer))
    return AwardRecord(achievement, **{"issued": NOW - DAY, "expires": NOW + 90 * DAY} | changes)


def person(key: str, *held: AwardRecord, **changes: Any) -> CandidateRecord:
    return CandidateRecord(key, awards=held, **changes)


def ranked(answer: dict[str, Any]) -> dict[str, float]:
    return {result["candidate"]: result["score"] for result in answer["results"]}


def test_a_pool_is_ranked_with_the_evidence_for_every_point(service: Service) -> None:
    service.store(
        person("both", award("forklift"), award("heights")),
        person("one", award("forklift")),
        person("late", award("forklift", expires=NOW - DAY), award("heights")),
        person("none"),
    )
    service.index()
    answer = service.match(service.need("forklift", weight=30_000), service.need("heights"))
    assert ranked(answer) == {"both": 0.75, "one": 0.5625, "late": 0.1875}
    assert (answer["exact"], answer["pool"], answer["matched"]) == (True, 4, 3)
    part = answer["results"][0]["requirements"][0]
    assert (part["state"], part["relation"], part["issuer"]["name"]) == ("current", "same", "Northshore")
    assert part["factors"] == [{"name": "same", "value": 1.0}, {"name": "stated_only", "value": 0.75}]
    lapsed = answer["results"][2]["requirements"][0]
    assert (lapsed["state"], lapsed["missing"], lapsed["nearest"]["lapse"]) == ("lapsed", "lapsed", "expired")
    nothing = answer["results"][1]["requirements"][1]
    assert (nothing["state"], nothing["award"]) == ("nothing", None)
    assert (nothing["nearest"]["competency"]["label"], nothing["nearest"]["similarity"]) == ("forklift", 0.31)


def test_a_revoked_award_never_counts_even_while_the_index_lags(service: Service) -> None:
    service.store(person("a", award("forklift", key="x")), person("b", award("forklift")))
    service.index()
    service.store(person("a", award("forklift", key="x", status=Status.REVOKED)))
    assert list(ranked(service.match(service.need("forklift")))) == ["b"]


def test_a_day_in_the_past_and_one_in_the_future(service: Service) -> None:
    service.store(
        person("then", award("forklift", issued=NOW - 800 * DAY, expires=NOW - 400 * DAY)),
        person("now", award("forklift")),
        person("soon", award("forklift", issued=NOW, valid_from=NOW + 30 * DAY, expires=NOW + 900 * DAY)),
    )
    service.index()
    need = service.need("forklift")

    def on(days: int) -> set[str]:
        return set(ranked(service.match(need, day=day_of(NOW + days * DAY, ZoneInfo("America/Toronto")))))

    assert on(0) == {"now"}
    assert on(-600) == {"then"}
    assert on(60) == {"now", "soon"}
    assert on(500) == {"soon"}


def test_who_misses_a_must_have_is_counted_and_not_ranked(service: Service) -> None:
    service.store(
        person("a", award("forklift"), award("heights")), person("b", award("heights")), person("c")
    )
    service.index()
    answer = service.match(service.need("forklift", must=True), service.need("heights"))
    assert list(ranked(answer)) == ["a"]
    assert answer["excluded"] == [{"requirement": 1, "reason": "nothing", "count": 2}]


@pytest.mark.parametrize("applicants_only", [False, True])
def test_who_misses_a_must_have_is_counted_by_what_is_lacking(
    service: Service, applicants_only: bool
) -> None:
    low, high = 2_500, 10_000
    held = {
        "expert": [award("forklift", level=high)],
        "basic": [award("forklift", level=low), award("heights"), award("forklift", key="2")],
        "unsaid": [award("forklift"), award("forklift", key="claim", claimed=True, level=high)],
        "word": [award("forklift", claimed=True, level=high)],
        "lapsed": [award("forklift", expires=NOW - DAY, level=high)],
        "none": [],
    }
    service.store(*(person(key, *awards, applied_to=("job",)) for key, awards in held.items()))
    service.index()
    need = service.need("forklift", must=True)
    need = replace(need, alternatives=(replace(need.alternatives[0], min_level=5_000),))
    answer = service.match(need, applicants_only=applicants_only)
    assert answer["excluded"] == [
        {"requirement": 1, "reason": "nothing", "count": 2},
        {"requirement": 1, "reason": "level", "count": 1},
        {"requirement": 1, "reason": "level_unknown", "count": 1},
        {"requirement": 1, "reason": "claim", "count": 1},
    ]


def test_filters_choose_people(service: Service) -> None:
    service.store(
        person("a", award("forklift"), region="CA-ON-Ottawa", languages=("fr",)),
        person("b", award("forklift", issuer="Rive-Sud"), region="CA-QC", languages=("en", "fr")),
        person("c", award("forklift"), award("heights", issuer="Rive-Sud", expires=NOW - DAY)),
    )
    service.index()
    need = service.need("forklift")

    def chosen(**filters: tuple[str, ...]) -> set[str]:
        return set(ranked(service.match(need, filters=Filters(**filters))))

    assert chosen(regions=("CA-ON",)) == {"a"}
    assert chosen(regions=("CA-O",)) == set()
    assert chosen(regions=("CA",)) == {"a", "b"}
    assert chosen(languages=("fr", "de")) == {"a", "b"}
    assert chosen(languages=("fr",), regions=("CA-QC",)) == {"b"}
    assert chosen(issuers=("rive-sud",)) == {"b"}
    assert chosen(issuers=("nobody",)) == set()


def test_every_applicant_is_listed_with_zeros_and_missed_must_haves(service: Service) -> None:
    service.store(
        person("a", award("forklift"), applied_to=("job",)),
        person("b", applied_to=("job", "other")),
        person("c", award("forklift")),
    )
    answer = service.match(service.need("forklift"), applicants_only=True, top=1)
    assert ranked(answer) == {"a": 0.75, "b": 0.0}
    must = service.match(service.need("forklift", must=True), applicants_only=True)
    assert [(result["candidate"], result["rank"], result["missed"]) for result in must["results"]] == [
        ("a", 1, []),
        ("b", None, [1]),
    ]


def test_applicants_from_the_truth_name_no_index_and_count_who_is_ranked(service: Service) -> None:
    applied: dict[str, Any] = {"applied_to": ("job",)}
    service.store(
        person("a", award("forklift"), award("heights"), **applied), person("b", award("heights"), **applied),
        person("c", **applied), person("d", award("forklift"), award("heights")),
    )  # fmt: skip

    def shown(**options: Any) -> tuple[Any, ...]:
        needs = service.need("forklift", must=True), service.need("heights")
        answer = service.match(*needs, **options)
        return tuple(answer[name] for name in ("generation", "matched", "pool", "scored"))

    assert shown(applicants_only=True) == (None, 1, None, 3)
    service.index()
    assert shown(applicants_only=True) == (None, 1, 4, 3)
    generation, *others = shown()
    assert generation
    assert others == [2, 4, 2]


def test_a_whole_lends_the_competencies_of_its_parts(service: Service) -> None:
    issuer = IssuerRef("Northshore")
    whole = AchievementRecord(
        "Operator", "urn:whole", issuer=issuer, related=(RelatedRef("hasPart", "urn:part"),)
    )
    part = replace(award("forklift").achievement, key="urn:part")
    service.store(
        person("a", AwardRecord(whole, issued=NOW - DAY, expires=NOW + DAY)),
        person("b", AwardRecord(part, issued=NOW - DAY, expires=NOW + DAY)),
    )
    service.index()
    answer = service.match(service.need("forklift"))
    assert ranked(answer) == {"b": 0.75, "a": 0.675}
    assert answer["results"][1]["requirements"][0]["part"] == "forklift"


def test_equals_share_a_rank_and_keep_the_order_of_their_draw(service: Service) -> None:
    service.store(*(person(f"c{number}", award("forklift")) for number in range(30)))
    service.index()
    need = service.need("forklift")
    whole = service.match(need)["results"]
    assert {result["rank"] for result in whole} == {1}
    assert all(result["tied"] for result in whole)
    first = [result["candidate"] for result in service.match(need, top=7)["results"]]
    assert first == [result["candidate"] for result in whole][:7]


def test_swapping_every_personal_field_moves_nothing(service: Service) -> None:
    service.store(
        *(
            person(
                f"c{n}", award("forklift"), award("heights", expires=NOW + n * DAY),
                name=f"Name {n}", email=f"{n}@example.org", identifiers=(f"did:example:{n}",),
            )
            for n in range(6)
        )
    )  # fmt: skip
    service.index()
    needs = service.need("forklift"), service.need("heights")
    before = service.match(*needs)["results"]
    with service.database.write() as connection:
        for table in (tables.people, tables.identifiers):
            rows = [row._asdict() for row in connection.execute(select(table).order_by(table.c.candidate_id))]
            owners = [row["candidate_id"] for row in rows]
            connection.execute(delete(table))
            swapped = zip(rows, [*owners[1:], owners[0]], strict=True)
            connection.execute(insert(table), [row | {"candidate_id": owner} for row, owner in swapped])
        log_changes(connection, 1, candidates=range(1, 100))
    service.index()
    assert service.match(*needs)["results"] == before


def test_a_ranking_takes_the_same_number_of_queries_for_few_and_for_many(service: Service) -> None:
    service.store(*(person(f"c{n}", award("forklift"), award("heights")) for n in range(150)))
    service.index()
    counted: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        counted.append(statement)

    event.listen(service.database._engine, "before_cursor_execute", count)
    numbers = []
    for top in (1, 100):
        counted.clear()
        assert len(service.match(service.need("forklift"), top=top)["results"]) == top
        numbers.append(sum(statement.lstrip().startswith(("SELECT", "WITH")) for statement in counted))
    assert numbers[0] == numbers[1] <= 9


def test_a_stored_position_is_matched_by_its_key(service: Service) -> None:
    service.store(person("a", award("forklift")))
    service.index()
    with service.database.write() as connection:
        position = service.position(service.need("forklift"))
        save_position(connection, create_organisation(connection, "default").id, position)
    assert ranked(service.matcher.match_stored("default", "job")) == {"a": 0.75}
    with pytest.raises(NotFound, match="nowhere"):
        service.matcher.match_stored("default", "nowhere")


def test_without_an_index_or_a_requirement_the_answer_says_so(service: Service) -> None:
    service.store(person("a", award("forklift")))
    with pytest.raises(Unavailable, match="reindex"):
        service.match(service.need("forklift"))
    with pytest.raises(NotScorable):
        service.match()


@pytest.mark.parametrize("applicants_only", [False, True])
def test_the_number_of_queries_does_not_grow_with_the_pool(service: Service, applicants_only: bool) -> None:
    def queries(people: int) -> list[str]:
        held = award("forklift"), award("heights", issuer="Rive-Sud")
        service.store(*(person(f"c{n}", *held, applied_to=("job",)) for n in range(people)))
        service.index()
        asked: list[str] = []

        def note(*arguments: Any) -> None:
            asked.append(arguments[2])

        event.listen(service.database._engine, "before_cursor_execute", note)
        needs = service.need("forklift"), service.need("heights", must=True)
        answer = service.match(*needs, applicants_only=applicants_only)
        event.remove(service.database._engine, "before_cursor_execute", note)
        assert len(answer["results"]) == min(people, 50) or applicants_only
        return [statement for statement in asked if statement.startswith("SELECT")]

    few, many = queries(2), queries(400)
    assert len(few) == len(many) == QUERIES[applicants_only]


@pytest.mark.parametrize("applicants_only", [False, True])
def test_where_changes_wait_long_for_the_index_the_answer_says_so(
    service: Service, applicants_only: bool
) -> None:
    def waited(seconds: int) -> object:
        state, c = service.engine.state("default"), tables.changes.c
        assert state is not None
        waiting = update(tables.changes).where(c.number > state.change_number)
        with service.database.write() as connection:
            # 0: as what was logged before the log had dates.
            connection.execute(waiting.values(created=seconds and int(time.time()) - seconds))
        return service.match(service.need("forklift"), applicants_only=applicants_only)["behind"]

    service.store(person("a", award("forklift"), applied_to=("job",)))
    service.index()
    assert waited(90) is None  # nothing does
    service.store(person("b", award("forklift")), person("c", award("forklift")))
    assert waited(2) is None
    late = waited(90)
    if applicants_only:  # who are scored without the index
        assert late is None
    else:
        assert isinstance(late, dict)
        assert late["changes"] == 2
        assert 90 <= late["seconds"] < 100
    assert waited(0) is None
    with service.database.write() as connection:  # the first of them is in the log no longer
        pruned = select(func.max(tables.changes.c.number) - 1).scalar_subquery()
        connection.execute(update(tables.organisations).values(changes_pruned=pruned))
        connection.execute(delete(tables.changes).where(tables.changes.c.number <= pruned))
    assert waited(2) == (None if applicants_only else {"changes": 2, "seconds": None})
    service.index()
    assert waited(90) is None


@pytest.mark.parametrize("floor_days", [-30, 1])
def test_an_index_whose_day_is_another_than_thought_is_asked_again(service: Service, floor_days: int) -> None:
    """Its bounds of now hold yesterday too where its day is long past, not yet where it is to come."""
    service.store(person("amara", award("Lifting", issued=NOW - 90 * DAY)))
    service.index()
    state, engine = service.engine.state("default"), service.engine
    assert state is not None
    held = engine.documents("default", 0, 10)
    wrong = {"ever": {}} if floor_days < 0 else {"now": {}}
    floor = NOW + floor_days * DAY
    with engine.build("default", floor=floor, vocabulary="", change_number=state.change_number) as new:
        new.add([replace(one, **wrong) for one in held])
        new.publish(state.change_number)
    day = day_of(NOW - DAY, ZoneInfo("America/Toronto")) if floor_days < 0 else None
    found = service.match(service.need("Lifting"), day=day)
    assert [one["candidate"] for one in found["results"]] == ["amara"]


def test_the_truth_is_at_least_as_new_as_the_index(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is stored and indexed after a match has begun, before it asks the index."""
    service.store(person("amara", award("forklift")))
    service.index()
    recall = EmbeddedEngine.recall

    def later(engine: EmbeddedEngine, *asked: Any, **options: Any) -> Any:
        monkeypatch.setattr(EmbeddedEngine, "recall", recall)
        service.store(person("noor", award("forklift")))
        service.index()
        return recall(engine, *asked, **options)

    monkeypatch.setattr(EmbeddedEngine, "recall", later)
    answer = service.match(service.need("forklift"))
    assert answer["change_number"] == 2
    assert {one["candidate"] for one in answer["results"]} == {"amara", "noor"}
