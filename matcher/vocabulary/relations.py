"""Which competencies count towards which: declared relations, equal labels, and kinship of words.

The values stand in `matcher.evidence.DECLARED`. What has an exact label in common with a competency stands in
for it at either end of a relation, and the two values are multiplied and rounded down: a competency narrower
than an exact equivalent counts .95 x .98. Of competencies that are broader only the direct ones count, since
each step up says less about what a person can do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from matcher.evidence import DECLARED, KIN_DESCRIBED, KIN_DESCRIPTION
from matcher.records import UNITS, Pair, Relation
from matcher.vocabulary.arrays import Ints, Links
from matcher.vocabulary.calibration import TYPICAL
from matcher.vocabulary.encoder import DIMENSION
from matcher.vocabulary.layer import Layer
from matcher.vocabulary.lexicon import folded
from matcher.vocabulary.phrases import Act, act_of, look_alike
from matcher.vocabulary.similarity import Similarities, kinship

_ORDER = tuple(Relation)
_MEETS_MUST = frozenset({Relation.SAME, Relation.EXACT, Relation.NARROWER})


class Relations:
    """The relations between the competencies of some layers, seen as one vocabulary."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = layers
        across = [_across(one, other) for number, other in enumerate(layers) for one in layers[:number]]
        self._equal = _used([*(layer.equal for layer in layers), *(equal for _, equal in across)])
        self._same = _used([*(layer.same for layer in layers), *(same for same, _ in across)])
        self._narrower = _used([layer.narrower for layer in layers])
        self._broader = _used([layer.broader for layer in layers])
        self._ids = np.concatenate([layer.ids for layer in layers])
        self._acts = {
            id_: act
            for layer in layers
            for id_, act in zip(layer.ids.tolist(), layer.acts.tolist(), strict=True)
            if act
        }
        self._undescribed = np.concatenate([layer.descriptions.squares == 0 for layer in layers])

    def of(self, competency: int, label: bytes) -> dict[int, Pair]:
        """All that counts towards `competency`, itself included; `label` is its English label's vector.

        Of several relations to one competency the one that counts most stands, of equals the first in
        the order of `Relation`.
        """
        pairs = self._kin(label, self._label(competency), competency)
        for relation, ids, units in self._declared(np.array([competency], dtype=np.int64)):
            for id_ in ids.tolist():
                _keep(pairs, Pair(id_, relation, units, relation in _MEETS_MUST))
        return pairs

    def kin(self, vector: bytes, text: str) -> dict[int, Pair]:
        """The competencies kindred to a text that was encoded as `vector`.

        The similarity is that to the label, plus the declared part of what the description is more similar
        than descriptions are for such a label (`calibration.TYPICAL`). None is kindred to words that no
        competency has, unless they are similar enough to some description: of what it never read, the
        encoder's vectors are chance. Who does something else with the same thing (teaches it, repairs it) and
        what only looks alike are worth no more than what is declared for that.
        """
        return self._kin(vector, folded(text))

    def _kin(self, vector: bytes, text: str, competency: int | None = None) -> dict[int, Pair]:
        encoded = np.frombuffer(vector, dtype=np.int8).reshape(1, DIMENSION)
        labels = np.concatenate([layer.labels.similarities(encoded)[0] for layer in self._layers])
        described = np.concatenate([layer.descriptions.similarities(encoded)[0] for layer in self._layers])
        if not self._has_meaning(text, described, competency):
            return {}
        more = np.where(self._undescribed, 0.0, described - (TYPICAL[0] + TYPICAL[1] * labels))
        ids, units = kinship(self._ids, labels + KIN_DESCRIPTION * more)
        most = DECLARED["kin_other_act"].units
        act = act_of(text)
        return {
            id_: Pair(
                id_,
                Relation.KIN,
                min(size, most) if self._other(act, text, id_) else size,
                meets_must=False,
            )
            for id_, size in zip(ids.tolist(), units.tolist(), strict=True)
        }

    def _other(self, act: Act, text: str, competency: int) -> bool:
        return self._acts.get(competency, Act.DO) != act or look_alike(text, self._label(competency))

    def _has_meaning(self, text: str, described: Similarities, competency: int | None) -> bool:
        if any(
            layer.lexicon.shares_words(text, None if competency is None else layer.row(competency))
            for layer in self._layers
        ):
            return True
        if competency is not None:  # its own description would always be similar
            described = described[self._ids != competency]
        return float(described.max(initial=0.0)) >= KIN_DESCRIBED

    def _label(self, competency: int) -> str:
        """The folded English label."""
        for layer in self._layers:
            if (row := layer.row(competency)) is not None:
                return folded(layer.texts[3 * row + 1])
        return ""

    def _declared(self, competency: Ints) -> Iterator[tuple[Relation, Ints, int]]:
        same = self._closed(competency, self._same)
        equal = np.setdiff1d(self._closed(_follow(same, self._equal), self._same), same)
        exact = DECLARED["exact"].units
        yield Relation.SAME, same, DECLARED["same"].units
        yield Relation.EXACT, equal, exact
        for heads, worth in ((same, UNITS), (equal, exact)):
            narrower = np.setdiff1d(_follow(heads, self._narrower), heads)
            deeper = np.setdiff1d(self._closed(_follow(narrower, self._narrower), self._narrower), narrower)
            broader = _follow(heads, self._broader)
            for relation, ids in (
                (Relation.NARROWER, narrower),
                (Relation.DEEPER, np.setdiff1d(deeper, heads)),
                (Relation.BROADER, broader),
            ):
                units = DECLARED[relation.value].units * worth // UNITS
                named = self._closed(ids, self._same)
                yield relation, named, units
                yield relation, _follow(named, self._equal), units * exact // UNITS

    @staticmethod
    def _closed(ids: Ints, links: Sequence[Links]) -> Ints:
        """`ids` with all that can be reached from them; circles do no harm."""
        reached = new = ids
        while len(new):
            new = np.setdiff1d(_follow(new, links), reached)
            reached = np.union1d(reached, new)
        return reached


def _across(one: Layer, other: Layer) -> tuple[Links, Links]:
    """What of two layers is the same (one URI), and what is equal (an unambiguous label in common).

    Where a relation is declared, it stands. Looks up all that `other`, the smaller one, has in `one`.
    """
    same = {(row, own) for own, uri in enumerate(other.uris) if (row := one.row_of_uri(uri)) is not None}
    equal = {
        (row, own)
        for term in dict.fromkeys(other.lexicon.terms)
        for row in _certainly(one, term)
        for own in other.exact(term)
    }
    declared = {
        (a, b) for links in (other.broader, other.narrower, other.same) for a, b in links.pairs.tolist()
    }
    return _both_ways(one, other, same, set()), _both_ways(one, other, equal - same, declared)


def _certainly(layer: Layer, term: str) -> list[int]:
    rows, certain = layer.named(term)
    return rows if certain else []


def _both_ways(one: Layer, other: Layer, rows: set[tuple[int, int]], without: set[tuple[int, int]]) -> Links:
    pairs = [(int(one.ids[row]), int(other.ids[own])) for row, own in rows]
    left = [pair for pair in pairs if pair not in without and pair[::-1] not in without]
    return Links.of([*left, *(pair[::-1] for pair in left)])


def _used(links: Iterable[Links]) -> tuple[Links, ...]:
    return tuple(one for one in links if len(one.pairs))


def _follow(ids: Ints, links: Sequence[Links]) -> Ints:
    """The distinct ids that are linked from any of `ids`, sorted."""
    if not len(ids) or not links:
        return np.zeros(0, dtype=np.int64)
    return np.unique(np.concatenate([one.from_each(ids)[:, 1] for one in links]))


def _keep(pairs: dict[int, Pair], pair: Pair) -> None:
    known = pairs.get(pair.competency)
    if (
        known is None
        or pair.units > known.units
        or (pair.units == known.units and _ORDER.index(pair.relation) < _ORDER.index(known.relation))
    ):
        pairs[pair.competency] = pair
