"""Words for how a test or a course ended, and for the ends of a scale, in English and French.

Who did not pass has no award.
"""

from __future__ import annotations

from functools import lru_cache

from indexer.readers.csv_columns import plain

_LONGEST = 100


def _each(words: str) -> frozenset[str]:
    return frozenset(plain(word) for word in words.split(","))


_PASSED = _each(
    "pass, passed, passing, satisfactory, success, successful, succeeded, competent, achieved, met, credit, "
    "complete, completed, réussi, réussie, réussite, succès, satisfaisant, satisfaisante, compétent, "
    "compétente, acquis, acquise, atteint, atteinte, obtenu, obtenue, complété, complétée, terminé, "
    "terminée, achevé, achevée"
)
_NOT_PASSED = _each(
    "fail, fails, failed, failing, failure, not passed, did not pass, no pass, non-pass, unsuccessful, "
    "unsatisfactory, not satisfactory, not competent, not yet competent, not achieved, not met, no credit, "
    "incomplete, not completed, in progress, inprogress, enrolled, on hold, onhold, withdrew, withdrawn, "
    "dropped, dropped out, no show, not attempted, échec, échoué, échouée, non réussi, non réussie, "
    "non passé, insatisfaisant, insatisfaisante, non satisfaisant, non satisfaisante, insuffisant, "
    "insuffisante, non compétent, non compétente, pas encore compétent, non acquis, non acquise, "
    "non atteint, non atteinte, non obtenu, incomplet, incomplète, non complété, non terminé, en cours, "
    "abandon, abandonné, abandonnée"
)
_LOWEST = _each(
    "basic, beginner, novice, elementary, introductory, entry level, débutant, débutante, élémentaire"
)
_HIGHEST = _each(
    "master, mastered, mastery, expert, advanced, exemplary, outstanding, excellent, maîtrise, maîtrisé, "
    "maîtrisée, experte, avancé, avancée, exemplaire, excellente"
)


def passed(words: str) -> bool | None:
    """Whether a result in words says that it was passed; None where it says neither, as a grade does."""
    return _passed(words) if len(words) <= _LONGEST else None


@lru_cache(maxsize=5_000)
def _passed(words: str) -> bool | None:
    """Kept, because thousands of awards state the same."""
    word = plain(words)
    return True if word in _PASSED else False if word in _NOT_PASSED else None


def at_the_top(words: str) -> bool | None:
    """Whether a level is called as the highest of scales are; False: as the lowest, None: neither."""
    word = plain(words) if len(words) <= _LONGEST else ""
    return True if word in _HIGHEST else False if word in _LOWEST else None
