"""Folding, the arrays of a compiled vocabulary, and what is read from and written to its folder."""

from __future__ import annotations

import errno
import os
import resource
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.errors import ConfigurationError, Unavailable
from matcher.vocabulary.arrays import Links, Lists, Strings
from matcher.vocabulary.compiling import compile_layer
from matcher.vocabulary.layer import open_layer, save
from matcher.vocabulary.lexicon import grams_of
from matcher.vocabulary.text import fold, stem
from tests.unit.small_vocabulary import contents, small_layer

words = st.text(st.characters(codec="utf-8"), max_size=20)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Travail en hauteur", "TRAVAIL  EN HAUTEUR"),
        ("conduire un chariot élévateur", "conduire un chariot elevateur"),
        ("l’analyse d’outils", "analyse outils"),
        ("utilisation d'un extincteur", "utilisation d’un extincteur"),
        ("work-at-height", "work at height"),
        ("S.I.M.D.U.T.", "SIMDUT"),
        ("R&D", "R and D"),
        ("œuvre d’art", "oeuvre d'art"),
        ("driver’s licence", "drivers license"),
        ("organize pediatric anesthesia", "organise paediatric anaesthesia"),
        ("labor law", "labour law"),
        ("skills (advanced)", "skills, advanced!"),
    ],
)
def test_spellings_that_make_no_difference(one: str, other: str) -> None:
    assert fold(one) == fold(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C", "C++"),
        ("C", "C#"),
        ("C++", "C#"),
        (".NET", "net"),
        ("ASP.NET", "asp net"),
        ("Java", "JavaScript"),
        ("laboratory", "labouratory"),
        ("communicate", "communicating"),
    ],
)
def test_names_that_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert once == " ".join(once.split())


@given(st.lists(words), words)
def test_sorted_strings_are_found_by_whole_and_by_start(texts: list[str], wanted: str) -> None:
    ordered = sorted(texts, key=str.encode)
    strings = Strings.of(ordered)
    assert list(strings) == ordered
    assert [strings[place] for place in strings.find(wanted)] == [one for one in ordered if one == wanted]
    begun = [strings[place] for place in strings.find_prefix(wanted)]
    assert begun == [one for one in ordered if one.startswith(wanted)]


def test_a_lone_surrogate_is_found_nowhere() -> None:
    assert not Strings.of(["a", "b"]).find("\ud800")


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5))), st.lists(st.integers(0, 6), unique=True))
def test_links_lead_from_each(pairs: list[tuple[int, int]], ids: list[int]) -> None:
    found = Links.of(pairs).from_each(np.array(ids, dtype=np.int64))
    assert sorted(map(tuple, found.tolist())) == sorted({pair for pair in pairs if pair[0] in ids})


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), unique=True))
def test_lists_give_the_values_of_a_key(pairs: list[tuple[int, int]]) -> None:
    keys, values = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2).T
    lists = Lists.of(keys, values, 5)
    for key in range(5):
        assert lists[key].tolist() == sorted(value for one, value in pairs if one == key)
    of_key, places = lists.places(np.array([3, 1]))
    assert of_key.tolist() == [3] * len(lists[3]) + [1] * len(lists[1])
    assert lists.values[places].tolist() == [*lists[3].tolist(), *lists[1].tolist()]


def test_runs_of_bytes_stay_within_their_text() -> None:
    texts, runs = grams_of(["ab", "c", "déf"])
    spelled = [int(run).to_bytes(4, "big") for run in runs]
    assert list(zip(texts.tolist(), spelled, strict=True)) == [
        (0, b" ab "), (1, b" c  "), (2, b" d\xc3\xa9"), (2, b"d\xc3\xa9f"), (2, b"\xc3\xa9f "),
    ]  # fmt: skip


def test_a_layer_is_the_same_from_its_folder(tmp_path: Path) -> None:
    layer = small_layer()
    save(layer, tmp_path / "v")
    mapped = open_layer(tmp_path / "v")
    assert mapped is not None
    assert [mapped.competency(row) for row in range(15)] == [layer.competency(row) for row in range(15)]
    assert mapped.exact("cariste") == layer.exact("cariste") == [0]
    folded = fold("operate a lift truck")
    assert mapped.lexicon.overlaps(folded).tolist() == layer.lexicon.overlaps(folded).tolist()
    assert list(tmp_path.iterdir()) == [tmp_path / "v"]


def test_a_second_writer_leaves_the_first_ones_folder(tmp_path: Path) -> None:
    save(small_layer(), tmp_path / "v")
    before = (tmp_path / "v" / "ids.npy").stat().st_ino
    save(small_layer(), tmp_path / "v")
    assert (tmp_path / "v" / "ids.npy").stat().st_ino == before


@pytest.mark.parametrize("damage", ["missing", "cut", "format", "nonsense"])
def test_a_damaged_folder_is_no_layer(tmp_path: Path, damage: str) -> None:
    save(small_layer(), tmp_path / "v")
    manifest, ids = tmp_path / "v" / "manifest.json", tmp_path / "v" / "ids.npy"
    if damage == "missing":
        ids.unlink()
    elif damage == "cut":
        ids.write_bytes(ids.read_bytes()[:-8])
    elif damage == "format":
        manifest.write_text(manifest.read_text().replace('"format": ', '"format": 9'))
    else:
        manifest.write_text("[")
    assert open_layer(tmp_path / "v") is None


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        save(small_layer(), tmp_path / "file" / "v")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_disk_that_is_full_or_fails_may_be_well_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        Unavailable, match=f"cannot be written: {tmp_path}/v: {os.strerror(number)}"
    ) as raised:
        save(small_layer(), tmp_path / "v")
    assert raised.value.reason == "the vocabulary cannot be written"  # whoever asked is told no path
    assert list(tmp_path.iterdir()) == []


def test_an_empty_vocabulary_compiles_and_knows_nothing(tmp_path: Path) -> None:
    save(compile_layer(contents([])), tmp_path / "v")
    layer = open_layer(tmp_path / "v")
    assert layer is not None
    assert layer.exact("first aid") == []
    assert layer.lexicon.overlaps("first aid").tolist() == []
    assert layer.row_of_uri("urn:x") is None
    assert layer.row(1) is None


def test_a_stem_is_the_words_whoever_else_stems_meanwhile() -> None:
    """The threads of a web worker do, when it has just been started."""
    words = [
        f"{a}{b}ations" for a in ("equip", "chang", "care", "dent", "mov") for b in "abcdefghijklmnopqrst"
    ]
    stem.cache_clear()
    alone = {(word, language): stem(word, language) for word in words for language in ("en", "fr")}
    stem.cache_clear()
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            together = dict(zip(alone, threads.map(lambda asked: stem(*asked), alone), strict=True))
    finally:
        sys.setswitchinterval(before)
        stem.cache_clear()
    assert together == alone


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """So that a write is cut short, as on a disk that fills up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_is_cut_short_is_no_wrong_setting(tmp_path: Path) -> None:
    """NumPy's error has no number then."""
    with files_of_at_most(150), pytest.raises(Unavailable, match=r"a write was cut short, .* requested"):
        save(small_layer(), tmp_path / "layer")
    assert list(tmp_path.iterdir()) == []
