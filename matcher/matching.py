"""Matching a position: plan, recall, score and explain, put together.

The one answer that the command, the API and the pages give (see `Matcher.match`).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from matcher.errors import ConfigurationError, Moved, NotScorable, Unavailable
from matcher.evidence import lapse
from matcher.messages import said
from matcher.moments import last_moment
from matcher.ranking.explain import Json, Words, describe, explain
from matcher.ranking.plan import plan
from matcher.ranking.recall import Ranking, all_of, first_of
from matcher.ranking.score import Lack, Scored, Scorer
from matcher.records import Competency, Pair, Position, Profile, Reading
from matcher.regions import area, lies_in
from matcher.search.engine import Engine, Query, Recall
from matcher.stages import Observer, Stopwatch, Timing, nobody
from matcher.store.candidates import load_candidate
from matcher.store.changes import last_change
from matcher.store.condition import Behind, behind
from matcher.store.database import Connection, Database
from matcher.store.organisations import Organisation, organisation
from matcher.store.positions import applicants, are_applicants_more, issuer_ids, load_position
from matcher.store.profiles import load_profiles

APPLICANTS_FROM_TRUTH = 2_000
"""Up to so many applicants are scored straight from the store, each of them listed."""

LATE_SECONDS = 10
"""An answer says how far the index is behind where a change has waited longer than so many seconds: most are
found within one or two."""

TOP = 50
"""How many results an answer has where nobody says otherwise."""


class Vocabulary(Protocol):
    """What matching needs of an organisation's vocabulary."""

    @property
    def version(self) -> str:
        """Which vocabulary it is."""

    @property
    def model(self) -> str:
        """The model of its vectors; those of another do not compare."""

    def competency(self, id: int) -> Competency:  # noqa: A002 - the vocabulary's own name for it
        """The competency with this id."""

    def relations(self, competency: int) -> Mapping[int, Pair]:
        """All competencies that count towards one."""

    def kin(self, vector: bytes, text: str) -> Mapping[int, Pair]:
        """The competencies kindred to a text that was encoded as `vector`."""

    def nearest(
        self, asked: Sequence[Sequence[Reading]], among: Sequence[int]
    ) -> list[tuple[int, float] | None]:
        """For each of some readings, of the competencies `among` the most similar one, and how similar."""


@dataclass(frozen=True, slots=True)
class _Question:
    """One match under way: a position, planned, in an organisation, at a moment.

    `past`: whether the moment is that of a day gone by.
    """

    organisation: Organisation
    position: Position
    scorer: Scorer
    past: bool
    issuers: frozenset[int] | None
    watch: Stopwatch

    def admits(self, profile: Profile) -> bool:
        """Whether the position's filters choose a candidate, by the truth."""
        filters = self.position.filters
        return (
            (not filters.regions or lies_in(profile.region, filters.regions))
            and (not filters.languages or not set(filters.languages).isdisjoint(profile.languages))
            and (self.issuers is None or self._holds_of(profile, self.issuers))
        )

    def keywords(self) -> tuple[frozenset[str], ...]:
        """The same filters as an engine knows them."""
        filters = self.position.filters
        sets = [
            frozenset(f"region:{area(region)}" for region in filters.regions),
            frozenset(f"language:{language}" for language in filters.languages),
            frozenset({f"applied:{self.position.key}"} if self.position.applicants_only else ()),
        ]
        chosen = [keywords for keywords in sets if keywords]
        if self.issuers is not None:
            chosen.append(frozenset(f"issuer:{issuer}" for issuer in self.issuers))
        return tuple(chosen)

    def _holds_of(self, profile: Profile, issuers: frozenset[int]) -> bool:
        return any(
            award.achievement.issuer in issuers and lapse(award, self.scorer.moment) is None
            for award in profile.awards
        )


class Matcher:
    """Answers who is best qualified for a position. `observe` is told of each match how long it took."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        vocabulary: Callable[[str], Vocabulary],
        observe: Observer = nobody,
    ) -> None:
        self._database = database
        self._engine = engine
        self._vocabulary = vocabulary
        self._observe = observe

    def match_stored(
        self, organisation_key: str, position_key: str, *, top: int = TOP, day: date | None = None,
        language: str = "en",
    ) -> Json:  # fmt: skip
        """`match` for the stored position with this key. Raises NotFound."""
        with self._database.read() as connection:
            position = load_position(connection, organisation(connection, organisation_key).id, position_key)
        return self.match(organisation_key, position, top=top, day=day, language=language)

    def match(
        self, organisation_key: str, position: Position, *, top: int = TOP, day: date | None = None,
        language: str = "en",
    ) -> Json:  # fmt: skip
        """Rank the pool, or the applicants, for a position.

        `top`: how many results; where the position asks for its applicants and they are at most 2,000, all
        of them are listed whatever `top` says. `day`: as of its last instant in the organisation's time zone;
        None is now. `exact` says that no candidate who belongs among the results was left out, relative to
        `change_number`; `scored` is how many were scored from the truth; `matched` how many could score above
        zero and meet the must-haves as far as the index knows. Of applicants who were scored from the truth,
        without the index, it is how many do; then `generation` is None, and `pool`, how many people the index
        holds, is None where none says so. `excluded` counts who misses a must-have, by requirement and
        `reason` (see `Lack`). For a whole pool, who holds nothing that meets it is counted by the index
        ("nothing", whatever kindred or broader they hold), and the other reasons among those who would be
        results otherwise. `behind` is None unless a change has waited for the index longer than
        `LATE_SECONDS`: then it has how many `changes` wait and how many `seconds` the first does.

        Raises NotScorable, and Unavailable where there is no index yet.
        """
        watch = Stopwatch()
        with watch.stage("plan"):
            vocabulary = self._vocabulary(organisation_key)
            with self._database.read() as connection:
                question = _question(connection, organisation_key, position, vocabulary, day, watch)
        with watch.stage("score"):
            found = self._applicants(question) or self._recalled(question, top)
        words = Words(vocabulary.competency, vocabulary.nearest, language, question.organisation.zone)
        with watch.stage("explain"):
            answer = _answer(question, found, words, day)
        self._observe(Timing(watch.seconds, found.ranking.scored))
        return answer

    def match_candidate(
        self, organisation_key: str, position: Position, candidate_key: str, *, day: date | None = None,
        language: str = "en",
    ) -> Json:  # fmt: skip
        """One candidate's result for a position, from the truth, whether or not its filters choose them.

        {"position", "title", "day", "requirements", "result"}: the result as in `match`, without a rank.
        Raises NotFound and NotScorable.
        """
        vocabulary = self._vocabulary(organisation_key)
        with self._database.read() as connection:
            question = _question(connection, organisation_key, position, vocabulary, day, Stopwatch())
            profile = load_candidate(connection, question.organisation.id, candidate_key).profile
        words = Words(vocabulary.competency, vocabulary.nearest, language, question.organisation.zone)
        return {
            "position": position.key,
            "title": position.title,
            "day": None if day is None else day.isoformat(),
            "requirements": [describe(planned, words) for planned in question.scorer.requirements],
            "result": explain(question.scorer.score(profile), question.scorer, words),
        }

    def _applicants(self, question: _Question) -> _Found | None:
        """All applicants from the truth; None where the pool is meant or they are too many."""
        if not question.position.applicants_only:
            return None
        home, key = question.organisation.id, question.position.key
        with self._database.read() as connection:
            if are_applicants_more(connection, home, key, APPLICANTS_FROM_TRUTH):
                return None
            ids = applicants(connection, home, key)
            profiles = load_profiles(connection, home, ids).values()
            change_number = last_change(connection, home)
        ranking = all_of(filter(question.admits, profiles), question.scorer)
        return _Found(
            ranking,
            ranking.missed,
            matched=sum(scored.points > 0 for scored in ranking.listed),
            change_number=change_number,
            pool=self._size(question.organisation.key),
        )

    def _size(self, organisation_key: str) -> int | None:
        """How many people the index holds; None where none says so: applicants are ranked without one."""
        try:
            state = self._engine.state(organisation_key)
        except (Unavailable, ConfigurationError):
            return None
        return None if state is None else state.documents

    def _recalled(self, question: _Question, top: int) -> _Found:
        """The pool's first, asked once more where the index went on while it was read."""
        try:
            return self._pool(question, top)
        except Moved:
            return self._pool(question, top)

    def _pool(self, question: _Question, top: int) -> _Found:
        """The first `top` of the pool (or of very many applicants), recalled by the engine."""
        understood = [planned for planned in question.scorer.requirements if planned.understood]
        query = Query(
            clauses=tuple(planned.clause() for planned in understood),
            keywords=question.keywords(),
            ever=question.past,
        )
        with question.watch.stage("recall"):
            recall = self._recall(question, query, top)
        batches = question.watch.each("recall", recall.batches)
        # Opened after the index was asked, the truth is at least as new as what the index knows.
        with self._database.read() as connection:

            def load(ids: Sequence[int]) -> Mapping[int, Profile]:
                return load_profiles(connection, question.organisation.id, ids)

            ranking = first_of(batches, question.scorer, load, question.admits, top)
            waiting = behind(connection, question.organisation.id, recall.state.change_number)
        lacking = {
            (r.number, Lack.NOTHING): count for r, count in zip(understood, recall.missing, strict=True)
        }
        return _Found(
            ranking,
            ranking.missed + Counter(lacking),
            matched=recall.matched,
            change_number=recall.state.change_number,
            pool=recall.state.documents,
            generation=recall.state.generation,
            behind=waiting,
        )

    def _recall(self, question: _Question, query: Query, top: int) -> Recall:
        """Ask the index; again where its bounds of now do, or do not, reach back to the moment after all.

        That way it need not be asked beforehand from when on they hold.
        """
        for asked in (query, replace(query, ever=not query.ever)):
            recall = self._engine.recall(question.organisation.key, asked, first=2 * top)
            if asked.ever == (question.scorer.moment < recall.state.floor):
                return recall
        raise Moved(said("the search index changed while it was read; ask again"))


@dataclass(frozen=True, slots=True)
class _Found:
    """A ranking with where it came from; `missed`: how many miss which must-have, and why.

    `generation`: which index was asked, and `behind`: how far it is behind the truth; both None where the
    truth alone was asked. `pool`: how many people the index holds, None where none says so.
    """

    ranking: Ranking
    missed: Counter[tuple[int, Lack]]
    matched: int
    change_number: int
    pool: int | None
    generation: str | None = None
    behind: Behind | None = None


def _question(
    connection: Connection,
    key: str,
    position: Position,
    vocabulary: Vocabulary,
    day: date | None,
    watch: Stopwatch,
) -> _Question:
    if not position.requirements:
        raise NotScorable(said("the position has no requirements yet: add at least one micro-skill"))
    found = organisation(connection, key)
    now = int(time.time())
    moment = now if day is None else last_moment(day.isoformat(), found.zone)
    wanted = position.filters.issuers
    return _Question(
        organisation=found,
        position=position,
        scorer=Scorer(plan(position, vocabulary), moment),
        past=moment < now,
        issuers=frozenset(issuer_ids(connection, found.id, wanted)) if wanted else None,
        watch=watch,
    )


def _answer(question: _Question, found: _Found, words: Words, day: date | None) -> Json:
    position = question.position
    return {
        "position": position.key,
        "title": position.title,
        "day": None if day is None else day.isoformat(),
        "generation": found.generation,
        "change_number": found.change_number,
        "behind": _late(found.behind),
        "exact": found.ranking.exact,
        "scored": found.ranking.scored,
        "matched": found.matched,
        "pool": found.pool,
        "applicants_only": position.applicants_only,
        "requirements": [describe(planned, words) for planned in question.scorer.requirements],
        "excluded": [
            {"requirement": planned.number, "reason": lack.value, "count": count}
            for planned in question.scorer.requirements
            for lack in (Lack.NOTHING, Lack.LEVEL, Lack.LEVEL_UNKNOWN, Lack.CLAIM)
            if (count := found.missed[planned.number, lack])
        ],
        "results": list(_results(found.ranking, question.scorer, words)),
    }


def _late(waiting: Behind | None) -> Json | None:
    if waiting is None or waiting.seconds is None or not waiting.late(LATE_SECONDS):
        return None
    return {"changes": waiting.changes, "seconds": None if waiting.pruned else int(waiting.seconds)}


def _results(ranking: Ranking, scorer: Scorer, words: Words) -> Iterator[Json]:
    """The results in order; equal scores share a rank, and who misses a must-have has none."""
    counts = Counter(scored.points for scored in ranking.listed)
    rank = 0
    before: Scored | None = None
    for place, scored in enumerate(ranking.listed, start=1):
        if before is None or scored.points != before.points:
            rank = place
        before = scored
        yield {"rank": rank, "tied": counts[scored.points] > 1, **explain(scored, scorer, words)}
    for scored in ranking.others:
        yield {"rank": None, "tied": False, **explain(scored, scorer, words)}
