"""Taking in candidates on a real database: identity, versions, merging, refusals and the change log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update
from stored import contents

from matcher.records import (
    AchievementRecord,
    AwardRecord,
    CandidateRecord,
    CompetencyRef,
    IssuerRef,
    RelatedRef,
    Status,
)
from matcher.store import changes
from matcher.store import tables as t
from matcher.store.achievement_intake import AchievementIntake
from matcher.store.changes import candidate_ids, changed_candidates, last_change, log_changes
from matcher.store.database import Database
from matcher.store.intake import Counts, store_candidates
from matcher.store.organisations import Organisation, create_organisation, organisation
from tests.parts.databases import Databases

COLLEGE = IssuerRef("Northshore College", "https://northshore.example")
LIFT = CompetencyRef("operate forklift", "urn:skill:forklift", "ESCO")
HEIGHT = CompetencyRef("work at heights", "urn:skill:heights", "ESCO")
FORKLIFT = AchievementRecord("Forklift operator", "urn:a:forklift", "Two days", COLLEGE, (LIFT,))


@dataclass
class Store:
    """One organisation's pool."""

    database: Database
    home: Organisation

    def take(self, *records: CandidateRecord, authoritative: bool = False) -> Counts:
        with self.database.write() as connection:
            return store_candidates(connection, self.home, records, authoritative=authoritative)

    def contents(self, *without: str) -> dict[str, list[tuple[object, ...]]]:
        return contents(self.database, without=frozenset(without))

    def table(self, name: str) -> list[tuple[object, ...]]:
        return self.contents()[name]

    def changed_since(self, number: int) -> list[str]:
        with self.database.read() as connection:
            ids, _ = changed_candidates(connection, self.home.id, number, 1_000)
            c = t.candidates.c
            return sorted(connection.execute(select(c.key).where(c.id.in_(ids))).scalars())

    @property
    def vocabulary_change(self) -> int:
        with self.database.read() as connection:
            return organisation(connection, self.home.key).vocabulary_change

    @property
    def last_change(self) -> int:
        with self.database.read() as connection:
            return last_change(connection, self.home.id)


@pytest.fixture
def store(databases: Databases) -> Store:
    return opened(databases.open())


def opened(database: Database) -> Store:
    with database.write() as connection:
        return Store(database, create_organisation(connection, "default"))


def award(achievement: AchievementRecord = FORKLIFT, **changes: Any) -> AwardRecord:
    return replace(AwardRecord(achievement, key="urn:w:1", issued=1_700_000_000), **changes)


def candidate(key: str = "c-1", *awards: AwardRecord, **changes: Any) -> CandidateRecord:
    person = CandidateRecord(key, f"Name of {key}", f"{key}@example.org", "Ontario", ("en", "fr"), awards)
    return replace(person, **changes)


# --- the same again ----------------------------------------------------------------------------


def test_what_is_taken_in_is_stored(store: Store) -> None:
    counts = store.take(candidate("c-1", award(level=7_500, evidence=("https://e.example",))))
    assert counts == Counts(awards_added=1)
    held = store.contents()
    assert held["candidates"][0][:3] == ("c-1", "Ontario", '["en", "fr"]')
    assert held["candidates"][0][4:] == ("Name of c-1", "c-1@example.org")
    assert held["claims"] == [("urn:a:forklift", "urn:skill:forklift", 0)]
    assert held["identifiers"] == [("c-1@example.org", "c-1")]
    key, owner, achievement, _, issued, *_, level, label, proof, evidence, _, _ = held["awards"][0]
    assert (key, owner, achievement) == ("https://northshore.example#urn:w:1", "c-1", "urn:a:forklift")
    assert (issued, level, label, proof) == (1_700_000_000, 7_500, "", "stated")
    assert evidence == '["https://e.example"]'


def test_the_same_again_changes_nothing(store: Store) -> None:
    records = [candidate("c-1", award(), award(key=""), applied_to=("p",)), candidate("c-2")]
    store.take(*records)
    before = store.contents()
    assert store.take(*records) == Counts(awards_unchanged=2)
    assert store.contents() == before


def test_a_draw_is_fixed_at_creation(store: Store) -> None:
    def draws() -> list[int]:
        with store.database.read() as connection:
            return list(connection.execute(select(t.candidates.c.draw).order_by(t.candidates.c.id)).scalars())

    store.take(candidate("c-1"), candidate("c-2"))
    before = draws()
    store.take(candidate("c-1", region="Quebec"))
    assert draws() == before
    assert before[0] != before[1]
    assert all(0 <= draw < 2**62 for draw in before)


# --- versions ----------------------------------------------------------------------------------


def test_a_correction_replaces_and_the_older_record_never_flips_it_back(store: Store) -> None:
    first, corrected = award(key="", expires=1_800_000_000), award(key="", expires=1_900_000_000)
    store.take(candidate("c-1", first))
    assert store.take(candidate("c-1", corrected)) == Counts(awards_changed=1)
    after = store.contents()
    assert store.take(candidate("c-1", first)) == Counts(awards_unchanged=1)
    assert store.contents() == after
    assert after["awards"][0][6] == 1_900_000_000


def test_a_revoked_award_is_reinstated_only_by_authority(store: Store) -> None:
    good, revoked = candidate("c-1", award()), candidate("c-1", award(status=Status.REVOKED))
    store.take(good)
    store.take(revoked)
    store.take(good)
    assert store.table("awards")[0][7] == "revoked"
    assert store.take(good, authoritative=True) == Counts(awards_changed=1)
    assert store.table("awards")[0][7] == "active"
    assert store.take(revoked) == Counts(awards_unchanged=1)
    assert store.take(good) == Counts(awards_unchanged=1)
    assert len(store.table("superseded")) == 1


def test_an_older_record_never_seen_before_does_not_bring_back_what_was_revoked(store: Store) -> None:
    store.take(candidate("c-1", award(issued=100, status=Status.REVOKED)))
    assert store.take(candidate("c-1", award(issued=100, expires=200))) == Counts(awards_unchanged=1)
    assert store.take(candidate("c-1", award(issued=300, expires=400))) == Counts(awards_changed=1)
    assert store.table("awards")[0][7] == "active"


@pytest.mark.parametrize("field", ["issued", "valid_from"])
def test_an_award_that_starts_earlier_is_older(store: Store, field: str) -> None:
    store.take(candidate("c-1", award(**{field: 1_700_000_001}, level_label="new")))
    assert store.take(candidate("c-1", award(**{field: 1_700_000_000}))) == Counts(awards_unchanged=1)
    assert store.table("awards")[0][9] == "new"
    earlier = candidate("c-1", award(**{field: 1_700_000_000}))
    assert store.take(earlier, authoritative=True) == Counts(awards_changed=1)


def test_within_a_batch_the_later_line_wins(store: Store) -> None:
    lines = [candidate("c-1", award(level_label=label), region=label) for label in ("a", "b", "c")]
    assert store.take(*lines) == Counts(awards_added=1, awards_changed=2)
    assert store.table("awards")[0][9] == store.table("candidates")[0][1] == "c"
    assert len(store.table("superseded")) == 4
    assert len(store.table("changes")) == 1
    before = store.contents()
    store.take(*lines)
    assert store.contents() == before


def test_older_versions_of_a_person_do_not_come_back(store: Store) -> None:
    old, new = candidate(region="Ontario"), candidate(region="Quebec", email="new@example.org")
    store.take(old)
    store.take(new)
    store.take(old)
    assert store.table("candidates")[0][1] == "Quebec"
    store.take(old, authoritative=True)
    assert store.table("candidates")[0][1] == "Ontario"
    assert store.table("candidates")[0][5] == "c-1@example.org"


def test_older_versions_of_an_achievement_do_not_come_back(store: Store) -> None:
    newer = replace(FORKLIFT, competencies=(LIFT, HEIGHT), description="Three days")
    old, new = candidate("c-1", award()), candidate("c-2", award(newer, key="urn:w:2"))
    store.take(old)
    store.take(new)
    store.take(old)
    assert store.table("claims") == [
        ("urn:a:forklift", "urn:skill:forklift", 0),
        ("urn:a:forklift", "urn:skill:heights", 0),
    ]
    store.take(old, authoritative=True)
    assert store.table("claims") == [("urn:a:forklift", "urn:skill:forklift", 0)]


def test_batches_make_no_difference(store: Store, databases: Databases) -> None:
    lines = [
        candidate("c-1", award(level_label="a")),
        candidate("c-2", award(key="urn:w:2")),
        candidate("c-1", award(level_label="b"), region="Quebec"),
        candidate("c-1", award(level_label="a")),
        candidate("c-2", award(replace(FORKLIFT, description="Long"), key="urn:w:2"), applied_to=("p",)),
        candidate("c-2", award()),
    ]
    store.take(*lines)
    other = databases.open("other")
    single = opened(other)
    achievements = AchievementIntake(single.home)
    for line in lines:
        with other.write() as connection:
            store_candidates(connection, single.home, [line], achievements=achievements)
    assert single.contents("changes") == store.contents("changes")


# --- what is left empty ------------------------------------------------------------------------


def test_empty_fields_change_nothing(store: Store) -> None:
    store.take(candidate("c-1", award(), applied_to=("p",)))
    before = store.contents()
    counts = store.take(CandidateRecord("c-1", awards=(award(),)), CandidateRecord("c-1"))
    assert counts == Counts(awards_unchanged=1)
    assert store.contents() == before


def test_a_reference_to_an_achievement_says_nothing_of_it(store: Store) -> None:
    store.take(candidate("c-1", award()))
    before = store.contents()
    store.take(candidate("c-2", award(AchievementRecord(key="urn:a:forklift"), key="")))
    held = store.contents()
    assert [held[name] for name in ("achievements", "claims")] == [
        before[name] for name in ("achievements", "claims")
    ]
    assert len(held["awards"]) == 2


def test_an_achievement_known_only_by_key_is_filled_in_later(store: Store) -> None:
    store.take(candidate("c-1", award(AchievementRecord(key="urn:a:forklift"), key="")))
    assert store.table("achievements")[0][2:5] == ("urn:a:forklift", "", "unread")
    number = store.last_change
    store.take(candidate("c-2", award()))
    assert store.table("achievements")[0][1:5] == (
        "https://northshore.example",
        "Forklift operator",
        "Two days",
        "aligned",
    )
    assert store.changed_since(number) == ["c-1", "c-2"]


def test_applications_and_identifiers_are_only_added(store: Store) -> None:
    store.take(candidate("c-1", applied_to=("p", "q"), identifiers=("did:key:z1",)))
    store.take(candidate("c-1", applied_to=("r",), email="other@example.org"))
    assert [position for _, position in store.table("applications")] == ["p", "q", "r"]
    assert len(store.table("identifiers")) == 3


# --- who a record is about ---------------------------------------------------------------------


def test_an_identifier_finds_its_candidate_even_in_the_same_batch(store: Store) -> None:
    by_mail = candidate("", award(key="urn:w:2"), email="", identifiers=("mailto:C-1@example.org",), name="")
    by_did = candidate("", award(key="urn:w:3"), email="", identifiers=("did:key:z1",), name="")
    store.take(candidate("c-1", identifiers=("did:key:z1",)), by_did)
    store.take(by_mail)
    assert {owner for _, owner, *_ in store.table("awards")} == {"c-1"}
    assert store.table("candidates")[0][4] == "Name of c-1"


def test_an_unknown_identifier_is_a_candidate_of_its_own(store: Store) -> None:
    record = CandidateRecord("", identifiers=("did:key:z1", "did:key:z2"), awards=(award(),))
    store.take(record, record)
    assert [row[0] for row in store.table("candidates")] == ["did:key:z1"]


def test_a_record_about_nobody_is_refused_and_the_rest_is_stored(store: Store) -> None:
    counts = store.take(CandidateRecord("", awards=(award(),)), candidate("c-2"))
    assert [(one.where, one.reason) for one in counts.refused] == [
        ("candidate", "no subject: neither a candidate's key nor an identifier says whose it is")
    ]
    assert [row[0] for row in store.table("candidates")] == ["c-2"]
    assert store.table("achievements") == []


def test_an_e_mail_address_finds_a_person_and_never_becomes_a_key(store: Store) -> None:
    by_mail = CandidateRecord("", identifiers=("new@example.org",), awards=(award(),))
    subject = CandidateRecord("", identifiers=("did:example:1", "new@example.org"), awards=(award(),))
    store.take(subject)
    assert [row[0] for row in store.table("candidates")] == ["did:example:1"]
    assert store.take(by_mail).awards_unchanged == 1


def test_who_has_only_an_e_mail_address_gets_a_key_that_says_nothing(store: Store) -> None:
    first = CandidateRecord("", identifiers=("new@example.org",), awards=(award(),))
    second = CandidateRecord("", email="mailto:New@example.org", awards=(award(key="urn:w:2"),))
    other = CandidateRecord("", email="other@example.org", awards=(award(key="urn:w:3"),))
    assert store.take(first, second, other).refused == ()
    assert store.take(second).awards_unchanged == 1
    keys = {row[0] for row in store.table("candidates")}
    assert len(keys) == 2
    assert all(re.fullmatch(r"person-[0-9a-f]{16}", key) for key in keys)
    assert len({owner for _, owner, *_ in store.table("awards")}) == 2


def test_identifiers_of_two_people_name_nobody(store: Store) -> None:
    store.take(candidate("c-1"), candidate("c-2"))
    both = ("c-1@example.org", "c-2@example.org")
    counts = store.take(CandidateRecord("", identifiers=both, awards=(award(),)))
    assert counts.refused[0].reason == "its identifiers belong to several candidates: c-1, c-2"
    assert store.table("awards") == []


def test_an_award_never_moves_to_somebody_else(store: Store) -> None:
    store.take(candidate("c-1", award()))
    counts = store.take(candidate("c-2", award(key="urn:w:2"), award()), candidate("c-1", award()))
    assert (counts.awards_added, counts.awards_unchanged) == (1, 1)
    (refusal,) = counts.refused
    assert refusal.where == "awards[1].key"
    assert refusal.reason == "the award https://northshore.example#urn:w:1 belongs to another candidate, c-1"
    assert refusal.record == CandidateRecord("c-2", awards=(award(),))
    assert [(row[0], row[1]) for row in store.table("awards")] == [
        ("https://northshore.example#urn:w:1", "c-1"),
        ("https://northshore.example#urn:w:2", "c-2"),
    ]


def test_two_claims_to_one_award_in_a_batch_leave_it_with_the_first(store: Store) -> None:
    counts = store.take(candidate("c-1", award()), candidate("c-2", award()), authoritative=True)
    assert counts.awards_added == len(counts.refused) == 1
    assert store.table("awards")[0][1] == "c-1"


# --- achievements, issuers, competencies -------------------------------------------------------


def test_one_short_key_of_two_issuers_is_two_achievements(store: Store) -> None:
    mine = replace(FORKLIFT, key="FORK", related=(RelatedRef("isPartOf", "SAFE"),))
    theirs = replace(mine, issuer=IssuerRef("Southshore"), name="Fork and knife", competencies=(HEIGHT,))
    store.take(candidate("c-1", award(mine), award(theirs, key="urn:w:2")))
    assert store.table("claims") == [
        ("https://northshore.example#FORK", "urn:skill:forklift", 0),
        ("southshore#FORK", "urn:skill:heights", 0),
    ]
    assert store.table("related") == [
        ("https://northshore.example#FORK", "isPartOf", "https://northshore.example#SAFE"),
        ("southshore#FORK", "isPartOf", "southshore#SAFE"),
    ]


def test_an_issuer_is_one_however_it_is_written(store: Store) -> None:
    shouted = replace(FORKLIFT, key="urn:a:2", issuer=IssuerRef("NORTHSHORE", "HTTPS://Northshore.example "))
    store.take(candidate("c-1", award(), award(shouted, key="urn:w:2")))
    assert [row[0] for row in store.table("issuers")] == ["https://northshore.example"]


def test_a_known_competency_is_used_and_an_unknown_one_becomes_the_organisations_own(store: Store) -> None:
    with store.database.write() as connection:
        framework = connection.execute(
            insert(t.frameworks).values(organisation_id=t.SHARED, name="ESCO").returning(t.frameworks.c.id)
        ).scalar_one()
        shared = {"organisation_id": t.SHARED, "framework_id": framework, "kind": "skill"}
        connection.execute(insert(t.competencies).values(uri=LIFT.uri, label_en="forklift", **shared))
    own = (
        LIFT,
        CompetencyRef("pick orders"),
        CompetencyRef("", "urn:x:1"),
        CompetencyRef("A", "urn:x:2", "Own"),
    )
    store.take(candidate("c-1", award(replace(FORKLIFT, competencies=own))))
    assert store.vocabulary_change > 0
    noted = store.vocabulary_change
    again = replace(FORKLIFT, key="urn:a:2", competencies=(CompetencyRef("pick orders"), CompetencyRef("A")))
    store.take(candidate("c-1", award(again, key="urn:w:2")))
    assert store.vocabulary_change == noted
    uris = [uri for _, uri, _ in store.table("claims")]
    assert uris.count("urn:skill:forklift") == 1
    assert uris.count("urn:x:2") == 2  # by its label alone, too
    (picking,) = {uri for uri in uris if uri.startswith("urn:credmatch:default:competency:")}
    held = {row[0]: row[2:4] for row in store.table("competencies")}
    assert held == {picking: ("pick orders", "own"), "urn:x:1": ("urn:x:1", "own"), "urn:x:2": ("A", "Own")}


def test_a_competency_known_only_by_its_uri_gets_its_label_and_is_encoded_anew(store: Store) -> None:
    bare = replace(FORKLIFT, competencies=(CompetencyRef(uri="urn:x:1"),))
    store.take(candidate("c-1", award(bare)))
    noted = store.vocabulary_change
    with store.database.write() as connection:
        id_ = connection.execute(select(t.competencies.c.id)).scalar_one()
        connection.execute(insert(t.vectors).values(competency_id=id_, model="m", label=b"x"))
    named = replace(FORKLIFT, competencies=(CompetencyRef("pick orders", "urn:x:1"),))
    store.take(candidate("c-1", award(named)))
    assert store.table("competencies") == [("urn:x:1", "skill", "pick orders", "own", "en", "pick orders", 1)]
    assert store.vocabulary_change == noted + 1
    with store.database.read() as connection:
        assert connection.execute(select(t.vectors)).all() == []


def test_a_confirmed_reading_stays_until_the_issuer_says_something_else(store: Store) -> None:
    unaligned = replace(FORKLIFT, competencies=())
    store.take(candidate("c-1", award(replace(unaligned, competencies=(LIFT,)))))
    with store.database.write() as connection:
        connection.execute(update(t.achievements).values(reading="confirmed", confirmed_by="Ann"))
    store.take(candidate("c-1", award(replace(unaligned, description="Other words"))))
    assert store.table("achievements")[0][4] == "confirmed"
    assert len(store.table("claims")) == 1
    store.take(candidate("c-1", award(replace(unaligned, competencies=(HEIGHT,)))))
    assert store.table("achievements")[0][4] == "aligned"
    assert store.table("claims") == [("urn:a:forklift", "urn:skill:heights", 0)]
    with store.database.read() as connection:
        assert connection.execute(select(t.achievements.c.confirmed_by)).scalars().all() == [""]


def test_an_inferred_reading_is_read_again_when_the_words_change(store: Store) -> None:
    unaligned = replace(FORKLIFT, competencies=())
    store.take(candidate("c-1", award(unaligned)))
    with store.database.write() as connection:
        connection.execute(update(t.achievements).values(reading="not_understood"))
    store.take(candidate("c-2", award(unaligned, key="urn:w:2")))
    assert store.table("achievements")[0][4] == "not_understood"
    store.take(candidate("c-1", award(replace(unaligned, name="Lift truck"))))
    assert store.table("achievements")[0][4] == "unread"


# --- the change log ----------------------------------------------------------------------------


def test_only_what_changed_is_logged_and_once_a_batch(store: Store) -> None:
    store.take(candidate("c-1", award()), candidate("c-2"), candidate("c-1", applied_to=("p",)))
    assert store.table("changes") == [("c-1",), ("c-2",)]
    number = store.last_change
    store.take(candidate("c-1", award()), candidate("c-2", applied_to=("p",)))
    assert store.changed_since(number) == ["c-2"]


def test_a_changed_achievement_logs_everybody_who_holds_it(store: Store) -> None:
    store.take(*(candidate(f"c-{n}", award(key=f"urn:w:{n}")) for n in range(3)), candidate("c-9"))
    number = store.last_change
    newer = replace(FORKLIFT, competencies=(HEIGHT,))
    store.take(candidate("c-9", award(newer, key="urn:w:9")))
    assert store.changed_since(number) == ["c-0", "c-1", "c-2", "c-9"]
    number = store.last_change
    store.take(candidate("c-9", award(replace(newer, name="Other name"), key="urn:w:9")))
    assert store.changed_since(number) == []


@pytest.mark.parametrize("part_says", [True, False])
def test_a_changed_part_logs_the_holders_of_its_wholes(store: Store, *, part_says: bool) -> None:
    up, down = (("isPartOf",), ()) if part_says else ((), ("hasPart",))
    part = replace(FORKLIFT, related=tuple(RelatedRef(one, "urn:a:middle") for one in up))
    middle = AchievementRecord(
        "Middle",
        "urn:a:middle",
        issuer=COLLEGE,
        related=(
            *(RelatedRef(one, "urn:a:whole") for one in up),
            *(RelatedRef(one, "urn:a:forklift") for one in down),
        ),
    )
    related = tuple(RelatedRef(one, "urn:a:middle") for one in down)
    whole = AchievementRecord("Whole", "urn:a:whole", issuer=COLLEGE, related=related)
    store.take(candidate("c-whole", award(whole, key="urn:w:1")))
    store.take(candidate("c-middle", award(middle, key="urn:w:2")))
    number = store.last_change
    store.take(candidate("c-part", award(part, key="urn:w:3")))
    assert store.changed_since(number) == ["c-middle", "c-part", "c-whole"]
    number = store.last_change
    store.take(candidate("c-part", award(replace(part, competencies=(HEIGHT,)), key="urn:w:3")))
    assert store.changed_since(number) == ["c-middle", "c-part", "c-whole"]
    number = store.last_change
    alone = replace(part, competencies=(HEIGHT,), related=(RelatedRef("precedes", "urn:a:whole"),))
    store.take(candidate("c-part", award(alone, key="urn:w:3")))
    assert store.changed_since(number) == ["c-middle", "c-part", "c-whole"]


def test_pages_of_the_log_and_of_candidates(store: Store) -> None:
    store.take(*(candidate(f"c-{n}") for n in range(5)))
    store.take(*(candidate(f"c-{n}", region="Quebec") for n in range(3)))
    with store.database.read() as connection:
        first, reached = changed_candidates(connection, store.home.id, 0, 6)
        rest, end = changed_candidates(connection, store.home.id, reached, 6)
        assert (len(first), reached, len(rest), end) == (5, 6, 2, 8)
        assert changed_candidates(connection, store.home.id, 8, 6) == ([], 8)
        assert candidate_ids(connection, store.home.id, first[1], 2) == first[2:4]
    with store.database.write() as connection:
        assert last_change(connection, create_organisation(connection, "another").id) == 0


def test_any_number_of_achievements_may_change_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "_PARTS_AT_MOST", 2)  # of a thousand each in one statement
    offers = [replace(FORKLIFT, key=f"urn:a:{n}") for n in range(3_000)]
    with store.database.write() as connection:
        _, touched = AchievementIntake(store.home).store(connection, offers)
        log_changes(connection, store.home.id, achievements=touched)
    assert len(touched) == 3_000
    store.take(candidate("c-1", award(offers[0]), award(offers[-1], key="urn:w:2")))
    number = store.last_change
    with store.database.write() as connection:
        log_changes(connection, store.home.id, achievements=touched)
    assert store.changed_since(number) == ["c-1"]


def test_organisations_share_nothing(store: Store) -> None:
    with store.database.write() as connection:
        other = create_organisation(connection, "other")
        store_candidates(connection, other, [candidate("c-1", award())])
    counts = store.take(candidate("c-2", award(), identifiers=("c-1@example.org",)))
    assert counts == Counts(awards_added=1)
    with store.database.read() as connection:
        for table in (t.candidates, t.achievements, t.issuers, t.awards, t.competencies, t.changes):
            owners = connection.execute(select(table.c.organisation_id)).scalars().all()
            assert sorted(owners) == sorted({store.home.id, other.id})


# --- properties --------------------------------------------------------------------------------

ACHIEVEMENTS = (
    FORKLIFT,
    replace(FORKLIFT, key="FORK", competencies=(HEIGHT, CompetencyRef("pick orders"))),
    AchievementRecord("Warehouse safety", issuer=IssuerRef("Southshore"), competencies=(HEIGHT,)),
    AchievementRecord("Stack", "urn:a:stack", issuer=COLLEGE, related=(RelatedRef("hasPart", "FORK"),)),
)
AWARDS = st.builds(
    AwardRecord,
    achievement=st.sampled_from(ACHIEVEMENTS),
    issued=st.integers(1, 3),
    level=st.just(5_000),
)
POOLS = st.lists(
    st.tuples(st.integers(0, 4), st.lists(AWARDS, max_size=3), st.sets(st.sampled_from("pqr"))), max_size=12
)


@settings(max_examples=30, deadline=None)
@given(pool=POOLS, data=st.data())
def test_any_split_of_any_order_gives_the_same_store(
    pool: Sequence[Any], data: st.DataObject, module_databases: Databases
) -> None:
    records = [candidate(f"c-{n}", *awards, applied_to=tuple(sorted(p))) for n, awards, p in pool]
    split = [
        replace(record, awards=awards)
        for record in records
        for awards in ([()] if not record.awards else [(one,) for one in record.awards])
    ]
    shuffled = data.draw(st.permutations(split))
    size = data.draw(st.integers(1, 5))
    batches = [shuffled[start : start + size] for start in range(0, len(shuffled), size)]
    found = []
    for parts in ([records], batches):
        database = Database(module_databases.url("example"))
        pool_store = opened(database)
        for part in parts:
            pool_store.take(*part)
        found.append(pool_store.contents("changes"))
        again = pool_store.contents()
        assert pool_store.take(*records).awards_added == 0
        assert pool_store.contents() == again
        database.close()
        module_databases.drop("example")
    assert found[0] == found[1]
