"""Which competencies count towards which: declared relations, equal labels, and kinship of words.

The values stand in `matcher.evidence.DECLARED`. What has an exact label in common with a competency stands in
for it at either end of a relation, and the two values are multiplied and rounded down: a competency narrower
than an exact equivalent counts .95 x .98. Of competencies that are broader only the direct ones count, since
each step up says less about what a person can do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from matcher.evidence import DECLARED
from matcher.records import UNITS, Pair, Relation
from matcher.vocabulary.arrays import Ints, Links
from matcher.vocabulary.encoder import DIMENSION
from matcher.vocabulary.layer import Layer
from matcher.vocabulary.similarity import kinship

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

    def of(self, competency: int, label: bytes) -> dict[int, Pair]:
        """All that counts towards `competency`, itself included; `label` is its label's vector.

        Of several relations to one competency the one that counts most stands, of equals the first in
        the order of `Relation`.
        """
        pairs = self.kin(label)
        for relation, ids, units in self._declared(np.array([competency], dtype=np.int64)):
            for id_ in ids.tolist():
                _keep(pairs, Pair(id_, relation, units, relation in _MEETS_MUST))
        return pairs

    def kin(self, vector: bytes) -> dict[int, Pair]:
        """The competencies kindred to an encoded text."""
        text = np.frombuffer(vector, dtype=np.int8).reshape(1, DIMENSION)
        similarities = [layer.labels.similarities(text)[0] for layer in self._layers]
        ids, units = kinship(self._ids, np.concatenate(similarities))
        return {
            id_: Pair(id_, Relation.KIN, size, meets_must=False)
            for id_, size in zip(ids.tolist(), units.tolist(), strict=True)
        }

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
        for row in one.exact(term)
        for own in other.exact(term)
    }
    declared = {
        (a, b) for links in (other.broader, other.narrower, other.same) for a, b in links.pairs.tolist()
    }
    return _both_ways(one, other, same, set()), _both_ways(one, other, equal - same, declared)


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
