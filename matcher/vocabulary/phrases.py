"""What a phrase is about: its words without inflection, without the kind of document, and its act.

All functions take folded texts (`text.fold`). Their word lists are the rules; no competency is known here.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache

from matcher.vocabulary.text import stem


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_FUNCTION_WORDS = {
    "en": _words("a an and at for her his in its my of our the their to your"),
    "fr": _words(
        "a au aux ce ces cette dans de des du en et la le les leur leurs nos notre pour sa "
        "ses son un une vos votre"
    ),
}
"""Words that a name may have or lack. Those that tell two things apart (with, on, without) are not here."""

_JOINED_FROM = 6
"""From so many letters on, it makes no difference where a key's words are parted: forklift, fork lift."""

_FOREVER_PLURAL = frozenset(["customs", "glasses", "goods", "arms", "news", "premises"])

_ENGLISH_ENDINGS = (
    (re.compile(r"(?<=\w{3})ies$"), "y"),
    (re.compile(r"(?<=\w{2}(?:ss|sh|ch))es$|(?<=\w{2}[xz])es$"), ""),
    (re.compile(r"(?<=\w{3})(?<![sui])s$"), ""),
)
_FRENCH_ENDINGS = (
    (re.compile(r"(?<=\w{2})(?<![ey])aux$"), "al"),
    (re.compile(r"(?<=\w{3})[sx]$"), ""),
    (re.compile(r"(?<=\w{2})iere$"), "ier"),
    (re.compile(r"(?<=\w{3})trice$"), "teur"),
    (re.compile(r"(?<=\w{3})euse$"), "eur"),
    (re.compile(r"(?<=\w{3})ienne$"), "ien"),
    (re.compile(r"(?<=\w{3})ive$"), "if"),
    (re.compile(r"(?<=\w{3})ee$"), "e"),
    (re.compile(r"(?<=\w{4})(al|el)l?e$"), r"\1"),
    (re.compile(r"(?<=\w{6})(a|e)nte$"), r"\1nt"),
)
_FRENCH_IRREGULAR = {"travaux": "travail", "vitraux": "vitrail", "yeux": "oeil"}


def content(folded: str, language: str) -> list[str]:
    """The words of a folded text without its function words."""
    without = _FUNCTION_WORDS[language]
    return [word for word in folded.split() if word not in without]


def key(folded: str, language: str) -> str:
    """What a folded text keeps when only inflection may differ; empty where it has no content word.

    Content words in their order, in the singular and (French) the masculine. Derivation makes a difference
    (organ, organic; operate, operator), and so does order (manage projects, project management).
    """
    words = [_uninflected(word, language) for word in content(folded, language)]
    joined = "".join(words)
    return joined if len(joined) >= _JOINED_FROM else " ".join(words)


@lru_cache(maxsize=1 << 16)
def _uninflected(word: str, language: str) -> str:
    if len(word) < 4 or not word.isalpha():
        return word
    if language == "fr":
        if word in _FRENCH_IRREGULAR:
            return _FRENCH_IRREGULAR[word]
        for pattern, ending in _FRENCH_ENDINGS:
            word = pattern.sub(ending, word)
        return word
    if word in _FOREVER_PLURAL or word.endswith("ics"):
        return word
    for pattern, ending in _ENGLISH_ENDINGS:
        shorter = pattern.sub(ending, word)
        if shorter != word:
            return shorter
    return word


# --- kinds of documents -------------------------------------------------------------------------

_LEVEL = r"(?:level|niveau) (?:\d+|[ivx]+|one|two|three|un|deux|trois|[a-d])"
_STATED = r"certificate|diploma|(?:digital )?badge|micro ?credential"
_STATED_FR = r"attestation|certificat|diplome|brevet|badge|micro ?certification|micro ?attestation"
_OFFERED = r"certification|course|training(?: course| program)?|workshop|qualification|attestation|credential"
_OFFERED_FR = r"certification|cours|formation|atelier|qualification|perfectionnement"
_CARDS = r"licence|card|ticket|skills?|program"
_CARDS_FR = r"carte|permis|licence|competences?|titre|programme"
_LINK_FR = r"(?:(?:en|sur|de la|de|du|des|a la|au|aux|pour) )?"

_CERTAIN = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:{_STATED}|{_OFFERED})(?: of (?:completion|achievement|competence|competency))? (?:in|on) (.+)",
        r"certified in (.+)",
        rf"(.+?) (?:{_STATED})",
        rf"(?:{_STATED_FR})(?: (?:reussite|d?etudes|competence))? {_LINK_FR}(.+)",
        rf"(?:{_OFFERED_FR}) (?:en|sur) (.+)",
        r"(.+?) (?:primary|main|required|preferred|optional|principal|principale|obligatoire|facultatif)",
    )
)
_PROBABLE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(.+?) (?:{_OFFERED}|{_CARDS})",
        rf"(?:{_OFFERED_FR}|{_CARDS_FR}) {_LINK_FR}(.+)",
        rf"{_LEVEL} (.+)",
        rf"(.+?) {_LEVEL}",
        r"(.+?) (?:basic|advanced|beginner|intermediate|expert|debutant|intermediaire|avance)",
    )
)


def undocumented(folded: str) -> tuple[str, bool] | None:
    """A folded text without the words that name a kind of document or of stating it, and whether the rest is
    certainly what the document is about; None where there are no such words.

    "Certificate in welding" is about welding for certain; "dog training" and "carte de crédit" are about
    training a dog and about a card, so that where such words could belong to the thing itself the rest is
    only probable.
    """
    for certain, patterns in ((True, _CERTAIN), (False, _PROBABLE)):
        for pattern in patterns:
            if (found := pattern.fullmatch(folded)) is not None:
                return found[1], certain
    return None


# --- acts ---------------------------------------------------------------------------------------


class Act(IntEnum):
    """What is done to a thing, where it is another trade than doing or knowing the thing itself."""

    DO = 0
    TEACH = 1
    LEAD = 2
    TRADE = 3
    REPAIR = 4
    DESIGN = 5


_ACTS = {
    stem(word, "en"): act
    for act, words in (
        (Act.TEACH, "teach train instruct educate tutor coach lecture"),
        (Act.LEAD, "manage supervise lead direct oversee"),
        (Act.TRADE, "sell market promote advertise purchase buy rent"),
        (Act.REPAIR, "repair maintain fix refurbish restore overhaul"),
        (Act.DESIGN, "design draft"),
    )
    for word in words.split()
}
_HEADS = {
    stem(word, "en"): act
    for act, words in (
        (Act.TEACH, "teaching instruction tuition"),
        (Act.LEAD, "management supervision leadership"),
        (Act.TRADE, "sales marketing advertising"),
        (Act.REPAIR, "repair maintenance restoration"),
        (Act.DESIGN, "design"),
    )
    for word in words.split()
}
_LIGHT = _words("apply assist carry conduct do follow help out perform provide support use with")


@lru_cache(maxsize=1 << 14)
def act_of(folded: str) -> Act:
    """The act that an English phrase names: by its verb, which comes first, else by the noun that ends it.

    Verbs that add nothing (perform, carry out, use) are passed over.
    """
    words = content(folded, "en")
    while len(words) > 1 and words[0] in _LIGHT:
        words = words[1:]
    if not words:
        return Act.DO
    if len(words) > 1 and (found := _ACTS.get(stem(words[0], "en"))) is not None:
        return found
    return _HEADS.get(stem(words[-1], "en"), Act.DO)


_LOOKS_ALIKE_FROM = 3
_LONGER_BY = 3


def look_alike(one: str, other: str) -> bool:
    """Whether two folded texts are alike only in how a name begins: Java and JavaScript or Javanese."""
    words, others = set(content(one, "en")), set(content(other, "en"))
    if {stem(word, "en") for word in words} & {stem(word, "en") for word in others}:
        return False
    return any(
        min(len(word), len(like)) >= _LOOKS_ALIKE_FROM
        and abs(len(word) - len(like)) >= _LONGER_BY
        and (word.startswith(like) or like.startswith(word))
        for word in words
        for like in others
    )
