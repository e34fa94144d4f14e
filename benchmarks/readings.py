"""How well texts are read, and the fit of matcher/vocabulary/calibration.py.

    python -m benchmarks.readings --seed 1            how well the calibration in use does
    python -m benchmarks.readings --seed 1 --fit      fit it anew, and print it

Three kinds of competencies of ESCO are prepared: of some all aliases are taken out of the vocabulary (for
French phrases all French names), of some one alias, and some are taken out as a whole; an alias that was
taken out is then a phrase to be read. Of the last kind the right answer is that nothing fits. One half of
each is for the fit, the other for measuring. Measured too, with ESCO alone as vocabulary: the terms of the
supplement, which people who wrote them have related to ESCO (those that ESCO has nothing for should find
nothing); and the phrases of benchmarks/phrases.csv, with all that ships.

Figures: `hit` is the share of phrases, of those that have an answer, whose first answer is right; `mrr` their
mean reciprocal rank; `ece` the expected calibration error of the first answer's probability over all phrases
(ten bins); `taken` the share of all whose reading is taken, and `right` how many of these are right.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from benchmarks.fitting import Floats, Phrase, cases, fit_english, fit_french, typical_description
from benchmarks.measure import report, say
from indexer.shipped import SUPPLEMENT, supplement_rows
from indexer.vocabulary import load_shipped
from matcher.records import UNITS, Likely
from matcher.store.database import Database
from matcher.store.tables import SHARED
from matcher.store.vocabularies import load_contents
from matcher.vocabulary.calibration import SIMILAR_FROM
from matcher.vocabulary.compiling import compile_layer
from matcher.vocabulary.contents import Contents
from matcher.vocabulary.encoder import Encoder, LocalEncoder
from matcher.vocabulary.text import fold
from matcher.vocabulary.understanding import Understanding
from matcher.vocabulary.vocabulary import Vocabulary

PHRASES = Path(__file__).parent / "phrases.csv"

_TOP = 20
_BINS = 10
_SIZES = {"en": (2_000, 2_000, 1_600), "fr": (400, 500, 400)}
"""How many competencies lose all aliases, lose one, or are taken out, for phrases in each language."""


@dataclass(slots=True)
class HeldOut:
    """What is taken out of a vocabulary: competencies as a whole, all aliases of some, all French names of
    some, and single aliases; and the phrases that come of it, by language, for fitting and for measuring."""

    competencies: set[int] = field(default_factory=set)
    all_aliases: set[int] = field(default_factory=set)
    all_french: set[int] = field(default_factory=set)
    aliases: set[tuple[int, str]] = field(default_factory=set)
    fit: dict[str, list[Phrase]] = field(default_factory=lambda: {"en": [], "fr": []})
    test: dict[str, list[Phrase]] = field(default_factory=lambda: {"en": [], "fr": []})


# --- phrases -----------------------------------------------------------------------------------


def hold_out(contents: Contents, seed: int) -> HeldOut:
    """Choose what to take out."""
    random = Random(seed)
    held = HeldOut()
    aliases = _unambiguous_aliases(contents)
    uris = {one.id: one.uri for one in contents.competencies}
    for language in ("fr", "en"):  # French aliases are few, so they choose first
        chosen = {id_ for id_, _ in held.aliases}
        left = sorted(aliases[language].keys() - chosen)
        random.shuffle(left)
        for number, id_ in enumerate(left[: sum(_SIZES[language])]):
            alias = random.choice(aliases[language][id_])
            held.aliases.add((id_, fold(alias)))
            kind = sum(number >= size for size in accumulate(_SIZES[language]))
            if kind == 0:
                (held.all_french if language == "fr" else held.all_aliases).add(id_)
            elif kind == 2:
                held.competencies.add(id_)
            answers: frozenset[str] = frozenset() if kind == 2 else frozenset({uris[id_]})
            (held.fit if number % 2 else held.test)[language].append(Phrase(alias, answers))
    return held


def left_of(contents: Contents, held: HeldOut) -> Contents:
    """What is left of a vocabulary."""
    return replace(
        contents,
        competencies=[one for one in contents.competencies if one.id not in held.competencies],
        labels=[
            label
            for label in contents.labels
            if label.competency not in held.competencies
            and (label.preferred or label.competency not in held.all_aliases)
            and (label.language != "fr" or label.competency not in held.all_french)
            and (label.competency, fold(label.text)) not in held.aliases
        ],
    )


def _unambiguous_aliases(contents: Contents) -> dict[str, dict[int, list[str]]]:
    owners: defaultdict[str, set[int]] = defaultdict(set)
    for label in contents.labels:
        owners[fold(label.text)].add(label.competency)
    names = {(label.competency, fold(label.text)) for label in contents.labels if label.preferred}
    found: dict[str, dict[int, list[str]]] = {"en": {}, "fr": {}}
    for label in contents.labels:
        folded = fold(label.text)
        if len(owners[folded]) == 1 and (label.competency, folded) not in names:
            found[label.language].setdefault(label.competency, []).append(label.text)
    return found


def supplement_phrases(language: str) -> list[Phrase]:
    """The supplement's terms and aliases, with the competencies of ESCO that they are related to."""
    return [
        Phrase(text, frozenset(uri for uri in row["esco_uri"].split("|") if uri))
        for row in supplement_rows()
        for text in (row[f"term_{language}"], *row[f"aliases_{language}"].split("|"))
        if text
    ]


def listed_phrases(language: str) -> list[Phrase]:
    """The phrases of phrases.csv in a language."""
    with PHRASES.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["language"] == language]
    return [Phrase(row["text"], frozenset(row["uris"].split("|"))) for row in rows]


# --- measuring ---------------------------------------------------------------------------------


def measure(vocabulary: Vocabulary, phrases: Sequence[Phrase]) -> dict[str, float]:
    """The figures of some phrases (see the module's docstring)."""
    answers = vocabulary.understand([phrase.text for phrase in phrases], _TOP)
    ranks = [
        _rank(likely, phrase.answers)
        for likely, phrase in zip(answers, phrases, strict=True)
        if phrase.answers
    ]
    firsts = [(likely[0], phrase) for likely, phrase in zip(answers, phrases, strict=True) if likely]
    probability = np.array([likely.probability / UNITS for likely, _ in firsts])
    right = np.array([likely.competency.uri in phrase.answers for likely, phrase in firsts])
    taken = probability >= SIMILAR_FROM / UNITS
    return {
        "phrases": len(phrases),
        "hit": float(np.mean([rank == 1 for rank in ranks])),
        "hit_5": float(np.mean([0 < rank <= 5 for rank in ranks])),
        "mrr": float(np.mean([1 / rank if rank else 0 for rank in ranks])),
        "ece": calibration_error(probability, right),
        "taken": float(taken.mean()),
        "right": float(right[taken].mean()),
    }


def _rank(likely: Iterable[Likely], answers: frozenset[str]) -> int:
    """The place of the first right answer, counted from 1; 0 where there is none."""
    return next((place for place, one in enumerate(likely, 1) if one.competency.uri in answers), 0)


def calibration_error(probability: Floats, right: NDArray[np.bool_]) -> float:
    """Expected calibration error: |probability - share right| of ten equal bins, weighted by their size."""
    bins = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    gaps = [abs(float(probability[bins == one].sum() - right[bins == one].sum())) for one in range(_BINS)]
    return sum(gaps) / len(probability)


# --- the program -------------------------------------------------------------------------------


def main() -> None:
    """Fit or measure, as the command line says."""
    parser = argparse.ArgumentParser(description="How well texts are read.")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="default: %(default)s")
    parser.add_argument("--fit", action="store_true", help="fit the calibration anew and print it")
    given = parser.parse_args()
    encoder = LocalEncoder()
    with tempfile.TemporaryDirectory() as folder:
        shipped = shipped_contents(Path(folder), encoder.model)
    esco = _esco_alone(shipped)
    held = hold_out(esco, given.seed)
    left = left_of(esco, held)
    if given.fit:
        _fit(left, held, encoder)
        return
    figures = {"seed": given.seed}
    for name, contents, phrases in (
        ("held_out", left, held.test),
        ("supplement", esco, {language: supplement_phrases(language) for language in ("en", "fr")}),
        ("listed", shipped, {language: listed_phrases(language) for language in ("en", "fr")}),
    ):
        vocabulary = Vocabulary(name, [compile_layer(contents)], encoder)
        for language in ("en", "fr"):
            say(f"{name}, {language}: {len(phrases[language])} phrases")
            measured = measure(vocabulary, phrases[language])
            french = vocabulary.are_french([phrase.text for phrase in phrases[language]])
            measured["taken_for_french"] = sum(french) / len(french)
            figures |= {f"{name}_{language}_{figure}": value for figure, value in measured.items()}
    report(figures)


def _fit(left: Contents, held: HeldOut, encoder: Encoder) -> None:
    """Fit to what was held out for it, and print it as calibration.py has it."""
    understanding = Understanding([compile_layer(left)], encoder)
    places = {one.uri: place for place, one in enumerate(left.competencies)}
    for name, language in (("ENGLISH", "en"), ("FRENCH", "fr")):
        phrases = held.fit[language]
        words = understanding.words([phrase.text for phrase in phrases])
        # Only those taken for the language: the others are compared in the other way.
        chosen = [pair for pair in zip(phrases, words, strict=True) if pair[1].french == (language == "fr")]
        say(f"{name}: {len(chosen)} of {len(phrases)} phrases")
        found = list(cases(understanding, chosen, places))
        print(f"{name} = {fit_french(found) if language == 'fr' else fit_english(found)}")
        if language == "en":
            print(f"TYPICAL = {typical_description(found)}")


def shipped_contents(folder: Path, model: str) -> Contents:
    """All that ships, as the database holds it."""
    database = Database(f"sqlite:///{folder / 'readings.db'}")
    try:
        database.migrate()
        load_shipped(database)
        with database.read() as connection:
            return load_contents(connection, SHARED, model)
    finally:
        database.close()


def _esco_alone(contents: Contents) -> Contents:
    """The vocabulary without the supplement: its competencies, and the names it gives to ESCO's."""
    own = {one.id for one in contents.competencies if one.framework == SUPPLEMENT}
    uris = {one.id: one.uri for one in contents.competencies}
    added = {
        (row["esco_uri"], name)
        for row in supplement_rows()
        if row["relation"] == "alias"
        for language in ("en", "fr")
        for name in (row[f"term_{language}"], *row[f"aliases_{language}"].split("|"))
    }
    return replace(
        contents,
        competencies=[one for one in contents.competencies if one.id not in own],
        labels=[
            label
            for label in contents.labels
            if label.competency not in own
            and (label.preferred or (uris[label.competency], label.text) not in added)
        ],
    )


if __name__ == "__main__":
    main()
