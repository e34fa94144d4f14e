"""How texts are understood, what counts towards what, and suggestions, in a small vocabulary."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from matcher.errors import NotFound, Unavailable
from matcher.evidence import DECLARED, KIN_LEAST, KIN_MOST
from matcher.records import UNITS, Basis, Reading, Relation
from matcher.vocabulary.calibration import ENGLISH, FRENCH, SIMILAR_FROM
from matcher.vocabulary.compiling import compile_layer
from matcher.vocabulary.encoder import DIMENSION
from matcher.vocabulary.similarity import Vectors, kinship
from matcher.vocabulary.vocabulary import Vocabulary
from tests.unit.small_vocabulary import SKILLS, WordEncoder, contents, small_layer, small_vocabulary


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return small_vocabulary()


# --- exact -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Drive a forklift", "operate forklift"),
        ("Cariste", "operate forklift"),
        ("travail en hauteur", "work at heights"),
        ("PREMIERS SOINS", "first aid"),
        ("Java", "Java (computer programming)"),
        ("javascript", "JavaScript"),
        ("c++", "C++"),
        ("C#", "C#"),
        ("C", "C"),
        ("communicate", "communication"),
        ("lasers", "lasers"),  # the preferred label of one, an alias of another
    ],
)
def test_an_unambiguous_name_is_exact(vocabulary: Vocabulary, text: str, label: str) -> None:
    [likely] = vocabulary.understand([text], 3)
    assert (likely[0].competency.label_en, likely[0].exact, likely[0].probability) == (label, True, UNITS)
    assert not any(one.exact for one in likely[1:])
    assert likely[0].competency not in [one.competency for one in likely[1:]]


def test_an_ambiguous_alias_is_not_exact(vocabulary: Vocabulary) -> None:
    [likely] = vocabulary.understand(["satisfy customers"], 3)
    assert {one.competency.label_en for one in likely[:2]} == {"measure feedback", "delight customers"}
    assert not any(one.exact for one in likely)


def test_exact_texts_are_not_encoded_and_keep_no_vector() -> None:
    encoder = WordEncoder(available=False)
    [reading] = small_vocabulary(encoder).read(["cariste"])
    assert (reading.basis, reading.competency, reading.vector, reading.model) == (Basis.EXACT, 1, b"", "")
    assert reading.vocabulary == "small"


def test_what_an_organisation_has_is_exact_where_the_shared_vocabulary_has_nothing() -> None:
    own = compile_layer(contents(["own: yard duty | shunting", "own: Java"], first=101))
    vocabulary = small_vocabulary(own=own)
    [duty, java] = vocabulary.understand(["Shunting", "Java"], 1)
    assert (duty[0].competency.id, duty[0].exact) == (101, True)
    assert java[0].competency.id == 4


# --- similar -----------------------------------------------------------------------------------


def test_similar_words_are_found_with_a_probability_and_the_vector_is_kept() -> None:
    encoder = WordEncoder()
    vocabulary = small_vocabulary(encoder)
    [reading] = vocabulary.read(["operate forklift trucks"])
    assert reading.basis is Basis.SIMILAR
    assert reading.competency == 1
    assert SIMILAR_FROM <= reading.probability < UNITS
    assert reading.vector == encoder.encode(["operate forklift trucks"])[0].tobytes()
    assert reading.model == encoder.model


def test_nonsense_is_not_understood_but_has_as_many_answers_as_asked_for(vocabulary: Vocabulary) -> None:
    [reading] = vocabulary.read(["qwertz asdf"])
    assert (reading.basis, reading.competency, reading.probability) == (Basis.NONE, None, 0)
    assert vocabulary.kin(reading.vector, "qwertz asdf") == {}
    assert len(vocabulary.understand(["qwertz asdf"], 7)[0]) == 7
    assert len(vocabulary.understand(["qwertz asdf"], 100)[0]) == len(SKILLS)


@pytest.mark.parametrize("text", ["", "   ", "???", "\ud800", "🙂"])
def test_a_text_without_letters_means_nothing(text: str) -> None:
    vocabulary = small_vocabulary(WordEncoder(available=False))
    assert vocabulary.understand([text]) == [[]]
    assert vocabulary.read([text])[0].basis is Basis.NONE
    assert vocabulary.suggest(text, "en") == []


def test_french_is_compared_by_its_words_alone() -> None:
    vocabulary = small_vocabulary(WordEncoder(available=False))
    [reading] = vocabulary.read(["les travaux en hauteur"])
    [likely] = vocabulary.understand(["les travaux en hauteur"], 2)
    assert likely[0].competency.label_en == "work at heights"
    assert (reading.vector, reading.model) == (b"", "")


def test_the_encoder_that_does_not_answer_is_said() -> None:
    with pytest.raises(Unavailable):
        small_vocabulary(WordEncoder(available=False)).read(["operate forklift trucks"])


def test_all_texts_are_encoded_together_and_answers_keep_their_order() -> None:
    encoder = WordEncoder()
    texts = ["operate forklift trucks", "cariste", "give first aid", "", "work at great heights"] * 8
    likely = small_vocabulary(encoder).understand(texts, 1)
    assert [one[0].competency.id if one else 0 for one in likely] == [1, 1, 2, 0, 3] * 8
    assert len(encoder.asked) == 24


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.booleans())
def test_probabilities_lie_between_0_and_1_and_never_rise(overlaps: list[float], french: bool) -> None:
    numbers = FRENCH if french else ENGLISH
    ordered = np.array(sorted(overlaps, reverse=True))
    scores = numbers.scores(ordered, ordered, ordered, ordered)
    units = numbers.probabilities(scores, ordered).tolist()
    assert units == sorted(units, reverse=True)
    assert all(0 <= one <= UNITS for one in units)


# --- relations ---------------------------------------------------------------------------------


LADDER = ("f: whole", "f: part", "f: piece", "f: crumb", "f: above", "f: twin", "f: elsewhere")
LINKS = ((2, "broader", 1), (3, "broader", 2), (4, "broader", 3), (1, "broader", 5), (6, "same", 1))


def related(vocabulary: Vocabulary, competency: int) -> dict[int, tuple[str, int, bool]]:
    """id -> relation, units, whether it can meet a must-have; kinship left out."""
    return {
        id_: (pair.relation.value, pair.units, pair.meets_must)
        for id_, pair in vocabulary.relations(competency).items()
        if pair.relation is not Relation.KIN
    }


def made_of(*labels: str, relations: tuple[tuple[int, str, int], ...] = ()) -> Vocabulary:
    return Vocabulary("made", [compile_layer(contents(labels, relations=relations))], WordEncoder())


def test_declared_relations_have_their_declared_values() -> None:
    found = related(made_of(*LADDER, relations=LINKS), 1)
    assert found == {
        1: ("same", 10_000, True),
        6: ("same", 10_000, True),
        2: ("narrower", 9_500, True),
        3: ("deeper", 8_500, False),
        4: ("deeper", 8_500, False),
        5: ("broader", 4_000, False),
    }


def test_same_as_holds_both_ways_and_stands_in_for_the_other() -> None:
    found = related(made_of(*LADDER, relations=LINKS), 6)
    assert found[1] == ("same", 10_000, True)
    assert found[2] == ("narrower", 9_500, True)


def test_what_is_the_same_as_a_narrower_one_counts_as_narrower() -> None:
    found = related(made_of(*LADDER, relations=(*LINKS, (7, "same", 2))), 1)
    assert found[7] == ("narrower", 9_500, True)


def test_only_directly_broader_ones_count() -> None:
    assert related(made_of(*LADDER, relations=LINKS), 3) == {
        3: ("same", 10_000, True),
        4: ("narrower", 9_500, True),
        2: ("broader", 4_000, False),
    }


def test_circles_end() -> None:
    circle = ((1, "broader", 2), (2, "broader", 3), (3, "broader", 1), (4, "same", 1), (1, "same", 4))
    found = related(made_of("f: a", "f: b", "f: c", "f: d", relations=circle), 1)
    assert found == {
        1: ("same", 10_000, True),
        4: ("same", 10_000, True),
        3: ("narrower", 9_500, True),
        2: ("deeper", 8_500, False),
    }


def test_an_unambiguous_label_makes_competencies_of_two_frameworks_equal() -> None:
    labels = ("f: operate crane | crane work", "f: lift | hoist", "f: hoist", "g: Crane work", "g: lift | x")
    found = made_of(*labels, relations=((2, "broader", 1),))
    assert related(found, 4) == {
        4: ("same", 10_000, True),
        1: ("exact", 9_800, True),
        2: ("narrower", 9_500 * 9_800 // UNITS, True),
        5: ("narrower", 9_500 * 9_800 // UNITS * 9_800 // UNITS, True),
    }
    assert related(found, 1)[5] == ("narrower", 9_310, True)


def test_an_ambiguous_label_makes_nothing_equal() -> None:
    found = made_of("f: tend ovens | bake", "f: make bread | bake", "g: bake")
    assert related(found, 3) == {3: ("same", 10_000, True)}


def test_a_declared_relation_stands_where_labels_are_equal() -> None:
    found = made_of("f: join metals | arc welding", "g: arc welding", relations=((2, "broader", 1),))
    assert related(found, 1)[2] == ("narrower", 9_500, True)
    assert related(found, 2)[1] == ("broader", 4_000, False)


def test_an_organisations_own_are_joined_by_label_uri_and_relation() -> None:
    labels = ["own: Cariste", "own: yard tractor", "own: first response"]
    own = compile_layer(contents(labels, first=101, relations=[(102, "broader", 1)]))
    vocabulary = small_vocabulary(own=own)
    found = related(vocabulary, 1)
    assert found[101] == ("exact", 9_800, True)
    assert found[102] == ("narrower", 9_500, True)
    assert found[15] == ("narrower", 9_500, True)
    assert related(vocabulary, 101)[15] == ("narrower", 9_310, True)
    assert 101 not in small_vocabulary().relations(1)


def test_one_uri_in_two_layers_is_one_competency() -> None:
    later = contents(["own: forklift ticket"], first=101)
    [ticket] = later.competencies
    own = compile_layer(replace(later, competencies=[replace(ticket, uri="urn:esco:1")]))
    vocabulary = small_vocabulary(own=own)
    assert related(vocabulary, 1)[101] == ("same", 10_000, True)
    assert related(vocabulary, 101)[15] == ("narrower", 9_500, True)
    assert vocabulary.by_uri("urn:esco:1") == vocabulary.competency(1)


def test_near_misses_are_kin_at_most(vocabulary: Vocabulary) -> None:
    for one, other in ((4, 5), (9, 10), (6, 7), (7, 8)):
        pair = vocabulary.relations(one).get(other)
        assert pair is None or (pair.relation is Relation.KIN and not pair.meets_must)


def test_an_unknown_competency_is_said(vocabulary: Vocabulary) -> None:
    with pytest.raises(NotFound, match="4711"):
        vocabulary.relations(4711)
    with pytest.raises(NotFound, match="4711"):
        vocabulary.competency(4711)
    assert vocabulary.by_uri("urn:esco:4711") is None
    found = vocabulary.by_uri("urn:esco:2")
    assert found is not None
    assert found == vocabulary.competency(2)


# --- kinship -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("similarity", "units"),
    [(1.0, 8_000), (0.75, 8_000), (0.575, 4_000), (0.4438, 1_001), (0.4437, None), (0.4, None), (-1.0, None)],
)
def test_kinship_follows_the_declared_ramp(similarity: float, units: int | None) -> None:
    ids, found = kinship(np.array([7]), np.array([similarity]))
    assert (ids.tolist(), found.tolist()) == (([7], [units]) if units else ([], []))


def test_kinship_keeps_the_nearest_and_of_equals_the_lower_ids() -> None:
    ids = np.arange(1, 201)
    similarities = np.full(200, 0.6)
    similarities[150] = 0.7
    kept, units = kinship(ids, similarities)
    assert kept.tolist() == [151, *range(1, KIN_MOST)]
    assert units.min() >= KIN_LEAST
    assert units.max() <= DECLARED["kin"].units


vectors = arrays(np.int8, (3, DIMENSION), elements=st.integers(-127, 127))


@settings(max_examples=30)
@given(vectors, vectors)
def test_similarities_are_exact_however_many_are_compared(rows: np.ndarray, texts: np.ndarray) -> None:
    together = Vectors.of(rows).similarities(texts)
    for place, text in enumerate(texts):
        alone = Vectors.of(rows).similarities(text[np.newaxis])[0]
        assert alone.tolist() == together[place].tolist()
        for row, similarity in zip(rows.astype(int), alone.tolist(), strict=True):
            squares = int(row @ row) * int(text.astype(int) @ text.astype(int))
            assert similarity == (int(row @ text.astype(int)) / math.sqrt(squares) if squares else 0.0)


def test_a_text_has_kin_by_its_vector_and_zeros_have_none(vocabulary: Vocabulary) -> None:
    vector = WordEncoder().encode(["operate forklift trucks"])[0].tobytes()
    kin = vocabulary.kin(vector, "operate forklift trucks")
    assert kin[1].relation is Relation.KIN
    assert 0 < kin[1].units <= DECLARED["kin"].units
    assert not any(pair.meets_must for pair in kin.values())
    assert vocabulary.kin(bytes(DIMENSION), "forklift") == {}


def test_the_nearest_is_found_among_some(vocabulary: Vocabulary) -> None:
    given = Reading(Basis.GIVEN, 1)
    unread = Reading(Basis.NONE)
    nothing, found, either, itself = vocabulary.nearest(
        [[unread], [given], [unread, given], [Reading(Basis.GIVEN, 3), given]], [15, 2, 3]
    )
    assert nothing is None
    assert found is not None
    assert found[0] == 15
    assert 0 < found[1] < 1
    assert either == found
    assert itself == (3, 1.0)
    assert vocabulary.nearest([[given], []], []) == [None, None]
    assert vocabulary.nearest([[unread]], [2, 3]) == [None]
    assert vocabulary.nearest([], [2, 3]) == []


# --- suggestions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("fork", "operate forklift"),
        ("drive a f", "operate forklift"),
        ("caris", "operate forklift"),
        ("premiers s", "first aid"),
        ("hauteur trav", "work at heights"),
        ("c", "C"),
        ("c+", "C++"),
        ("java", "Java (computer programming)"),
        ("javas", "JavaScript"),
        ("comm", "communication"),
        ("work hieghts", "work at heights"),
    ],
)
def test_words_begun_find_what_is_meant(typed: str, first: str) -> None:
    vocabulary = small_vocabulary(WordEncoder(available=False))
    assert vocabulary.suggest(typed, "en")[0].label_en == first


def test_suggestions_are_distinct_and_as_many_as_asked_for(vocabulary: Vocabulary) -> None:
    found = vocabulary.suggest("c", "fr", 4)
    assert len(found) == len(set(found)) == 4


def test_an_organisations_own_are_suggested_too() -> None:
    own = compile_layer(contents(["own: forklift yard duty"], first=101))
    found = small_vocabulary(own=own).suggest("forklift yard", "en", 3)
    assert found[0].id == 101
    assert all(one.id != 101 for one in small_vocabulary().suggest("forklift yard", "en", 3))


def test_the_smallest_vocabulary_understands_too() -> None:
    vocabulary = Vocabulary("one", [compile_layer(contents(["f: first aid"]))], WordEncoder())
    assert [one.competency.id for one in vocabulary.understand(["give first aid"], 5)[0]] == [1]
    empty = Vocabulary("none", [compile_layer(contents([]))], WordEncoder())
    assert empty.understand(["give first aid"], 5) == [[]]
    assert empty.suggest("first", "en") == []
    assert small_layer().row_of_uri("urn:esco:1") == 0
