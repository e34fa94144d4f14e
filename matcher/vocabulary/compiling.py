"""From the contents of a vocabulary, as a database holds them, to a layer of arrays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, permutations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from matcher.vocabulary.arrays import Ints, Links, Lists, Strings
from matcher.vocabulary.contents import Contents, Label
from matcher.vocabulary.encoder import DIMENSION
from matcher.vocabulary.glossary import learn
from matcher.vocabulary.layer import KINDS, Layer, unambiguous
from matcher.vocabulary.lexicon import Features, Glosses, Grams, Lexicon, Owner, Stems, folded, grams_of
from matcher.vocabulary.phrases import act_of, key
from matcher.vocabulary.similarity import Vectors
from matcher.vocabulary.text import LANGUAGES, stem

_Number = TypeVar("_Number", np.int64, np.uint32)


def compile_layer(contents: Contents) -> Layer:
    """Make the arrays; about 5 s for 14,000 competencies with 115,000 labels."""
    competencies = contents.competencies
    ids = np.array([one.id for one in competencies], dtype=np.int64)
    numbers = {name: number for number, name in enumerate(contents.frameworks)}
    frameworks = np.array([numbers[one.framework] for one in competencies], dtype=np.int32)
    rows = {id_: row for row, id_ in enumerate(ids.tolist())}
    owners = _owners(contents.labels, rows)
    broader = [(one, other) for one, kind, other in contents.relations if kind == "broader"]
    same = [(one, other) for one, kind, other in contents.relations if kind == "same"]
    stated = {*broader, *_turned(broader), *same, *_turned(same)}
    uris = [one.uri for one in competencies]
    twins = _classes(len(ids), ((rows[a], rows[b]) for a, b in same if a in rows and b in rows))
    glosses = learn((one.label_en, one.label_fr) for one in competencies if one.label_en and one.label_fr)
    return Layer(
        framework_names=Strings.of(contents.frameworks),
        ids=ids,
        texts=Strings.of(text for one in competencies for text in (one.uri, one.label_en, one.label_fr)),
        rows_by_uri=np.array(sorted(range(len(uris)), key=uris.__getitem__), dtype=np.int32),
        kinds=np.array([KINDS.index(one.kind) for one in competencies], dtype=np.uint8),
        frameworks=frameworks,
        acts=np.array([act_of(folded(one.label_en)) for one in competencies], dtype=np.uint8),
        twins=twins,
        lexicon=_lexicon(owners, len(ids), glosses),
        labels=_vectors(ids, {id_: label for id_, (label, _) in contents.vectors.items()}),
        descriptions=_vectors(ids, {id_: text for id_, (_, text) in contents.vectors.items() if text}),
        broader=Links.of(broader),
        narrower=Links.of(_turned(broader)),
        same=Links.of([*same, *_turned(same)]),
        equal=Links.of(pair for pair in _equal(owners, ids, frameworks, twins) if pair not in stated),
    )


_Terms = dict[tuple[str, str], dict[int, bool]]
"""(folded text, language) -> row of each owner -> whether it is its preferred label; sorted."""


def _owners(labels: Iterable[Label], rows: Mapping[int, int]) -> _Terms:
    terms: defaultdict[tuple[str, str], dict[int, bool]] = defaultdict(dict)
    for label in labels:
        if text := folded(label.text):
            owners, row = terms[text, label.language], rows[label.competency]
            owners[row] = label.preferred or owners.get(row, False)
    return {key: terms[key] for key in sorted(terms, key=lambda key: (key[0].encode(), key[1]))}


def _lexicon(owners: _Terms, rows: int, glosses: Glosses) -> Lexicon:
    texts = [text for text, _ in owners]
    languages = np.array([LANGUAGES.index(language) for _, language in owners], dtype=np.uint8)
    pairs = [(term, row) for term, found in enumerate(owners.values()) for row in sorted(found)]
    terms, owning = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    preferred = [found[row] for found in owners.values() for row in sorted(found)]
    words, word_of, term_of = _words(texts)
    keys, key_terms = _keys(owners)
    return Lexicon(
        terms=Strings.of(texts),
        languages=languages,
        owners=Lists.of(terms, owning, len(texts)),
        preferred=np.array(preferred, dtype=np.bool_),
        competency_terms=Lists.of(*_distinct(owning, terms, len(texts)), rows),
        words=Strings.of(words),
        word_terms=Lists.of(word_of, term_of, len(words)),
        english=_stems(words, word_of, term_of, languages, "en"),
        french=_stems(words, word_of, term_of, languages, "fr"),
        grams=_grams(texts, languages),
        keys=keys,
        key_terms=key_terms,
        glosses=glosses,
    )


def _keys(owners: Iterable[tuple[str, str]]) -> tuple[Strings, Lists]:
    """What the terms keep without inflection, the language before it; and the terms that have each."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for term, (text, language) in enumerate(owners):
        if kept := key(text, language):
            found[f"{language} {kept}"].append(term)
    keys = sorted(found, key=str.encode)
    pairs = [(place, term) for place, one in enumerate(keys) for term in found[one]]
    places, terms = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Strings.of(keys), Lists.of(places, terms, len(keys))


def _classes(count: int, same: Iterable[tuple[int, int]]) -> NDArray[np.int32]:
    """Of each row the lowest one that is declared the same, by whatever detours."""
    lowest = list(range(count))

    def head(row: int) -> int:
        while lowest[row] != row:
            lowest[row] = lowest[lowest[row]]
            row = lowest[row]
        return row

    for one, other in same:
        low, high = sorted((head(one), head(other)))
        lowest[high] = low
    return np.array([head(row) for row in range(count)], dtype=np.int32)


def _words(texts: Sequence[str]) -> tuple[list[str], Ints, Ints]:
    """The distinct words, sorted, and the pairs of a word and a text that has it."""
    numbers: dict[str, int] = {}
    found = [
        (numbers.setdefault(word, len(numbers)), term)
        for term, text in enumerate(texts)
        for word in text.split()
    ]
    words = sorted(numbers, key=str.encode)
    places = np.empty(len(words), dtype=np.int64)
    places[[numbers[word] for word in words]] = np.arange(len(words))
    first, terms = np.array(found, dtype=np.int64).reshape(-1, 2).T
    return words, *_distinct(places[first], terms, len(texts))


def _stems(
    words: Sequence[str], word_of: Ints, term_of: Ints, languages: NDArray[np.uint8], language: str
) -> Stems:
    ours = languages[term_of] == LANGUAGES.index(language)
    used = np.zeros(len(words), dtype=np.bool_)
    used[word_of[ours]] = True
    stem_of = {number: stem(words[number], language) for number in np.flatnonzero(used).tolist()}
    stems = sorted(set(stem_of.values()), key=str.encode)
    numbers = {one: number for number, one in enumerate(stems)}
    places = np.zeros(len(words), dtype=np.int64)
    places[list(stem_of)] = [numbers[one] for one in stem_of.values()]
    features, terms = _distinct(places[word_of[ours]], term_of[ours], len(languages))
    population = int(np.count_nonzero(languages == LANGUAGES.index(language)))
    return Stems(Strings.of(stems), Features.of(features, terms, (len(stems), len(languages)), population))


def _grams(texts: Sequence[str], languages: NDArray[np.uint8]) -> Grams:
    of_text, runs = grams_of(texts)
    grams = _unique(runs)
    features, terms = _distinct(np.searchsorted(grams, runs), of_text, len(texts))
    french = np.bincount(features, weights=languages[terms], minlength=len(grams))
    english = np.bincount(features, minlength=len(grams)) - french
    # Counted once more than seen, so that a run seen in one language alone is no proof.
    odds = (french + 1) / (french.sum() + len(grams) + 1) * (english.sum() + len(grams) + 1) / (english + 1)
    return Grams(
        grams=grams,
        features=Features.of(features, terms, (len(grams), len(texts)), len(texts)),
        leaning=np.log(odds).astype(np.float32),
    )


def _distinct(features: Ints, terms: Ints, count: int) -> tuple[Ints, Ints]:
    """The distinct pairs, sorted; every term is below `count`."""
    pairs = _unique(features * max(count, 1) + terms)
    return pairs // max(count, 1), pairs % max(count, 1)


def _unique(numbers: NDArray[_Number]) -> NDArray[_Number]:
    """The distinct numbers, sorted. NumPy's own `unique` hashes, five times as slow for millions."""
    ordered = np.sort(numbers)
    distinct: NDArray[_Number] = ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]
    return distinct


def _vectors(ids: Ints, vectors: Mapping[int, bytes]) -> Vectors:
    none = bytes(DIMENSION)
    rows = b"".join(vectors.get(id_, none) for id_ in ids.tolist())
    return Vectors.of(np.frombuffer(rows, dtype=np.int8).reshape(-1, DIMENSION))


def _turned(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(other, one) for one, other in pairs]


def _equal(
    owners: _Terms, ids: Ints, frameworks: NDArray[np.int32], twins: NDArray[np.int32]
) -> Iterator[tuple[int, int]]:
    """Ids of competencies of different frameworks with an unambiguous label in common, both ways round."""
    for _, terms in groupby(owners.items(), key=lambda term: term[0][0]):  # one text, in either language
        found = [(row, preferred) for _, rows in terms for row, preferred in rows.items()]
        if len({frameworks[row] for row, _ in found}) > 1:
            rows = unambiguous([Owner(*one) for one in found], frameworks, twins)
            yield from ((int(ids[one]), int(ids[other])) for one, other in permutations(rows, 2))
