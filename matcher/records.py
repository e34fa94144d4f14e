"""The nouns of credmatch, as plain frozen records. They import nothing of ours but what a sentence is.

Moments are whole seconds since 1970-01-01T00:00Z. A factor, a level or a relation is an integer in
1/10,000 ("units"); points are integers in 1/1,000,000 of a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from matcher.messages import Said

UNITS = 10_000
"""What 1 is in the integers that factors, levels, weights and relations are written in."""

POINTS = 1_000_000
"""What a score of 1 is in points."""


class Kind(StrEnum):
    """What a competency is, in ESCO's and HEQCO's words."""

    SKILL = "skill"
    KNOWLEDGE = "knowledge"
    ATTRIBUTE = "attribute"


class Status(StrEnum):
    """What the issuer last said of an award; `unknown` means that it could not be checked."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class Proof(StrEnum):
    """What is known of an award's proof; `stated`: an issuer's word that nobody checked, `claimed`: the
    candidate's own word, with no issuer behind it."""

    CHECKED = "checked"
    STATED = "stated"
    CLAIMED = "claimed"
    FAILED = "failed"


# --- what readers yield: the outside world in our words, before it is stored -------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record was read, for messages: file, line (from 1 on; 0 where there are none), JSON path."""

    file: str = ""
    line: int = 0
    where: str = ""


@dataclass(frozen=True, slots=True)
class CompetencyRef:
    """A competency as an issuer names it. `uri` may be empty: then its label is its identity."""

    label: str = ""
    uri: str = ""
    framework: str = ""
    kind: Kind = Kind.SKILL


@dataclass(frozen=True, slots=True)
class IssuerRef:
    """Who awards. Identity: the address, else the name."""

    name: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class RelatedRef:
    """A relation to another achievement: `isPartOf`, `hasPart`, `isChildOf`, `precedes`, ..."""

    type: str
    key: str


@dataclass(frozen=True, slots=True)
class AchievementRecord:
    """What an issuer offers. Identity: its key; else a digest of issuer, name and competencies."""

    name: str = ""
    key: str = ""
    description: str = ""
    issuer: IssuerRef = IssuerRef()
    competencies: tuple[CompetencyRef, ...] = ()
    related: tuple[RelatedRef, ...] = ()


@dataclass(frozen=True, slots=True)
class AwardRecord:
    """One achievement given to one person.

    `level` in units, None when not stated. `key` is issuer and credential id where there is one; else the
    award is identified by candidate, achievement and `issued`. `claimed`: the candidate's own word.
    `credential_status` and `refresh_service`: where its issuer says that its status and a newer version are
    found, as JSON text; kept for whoever checks, never fetched by a reader.
    """

    achievement: AchievementRecord
    key: str = ""
    issued: int | None = None
    valid_from: int | None = None
    expires: int | None = None
    status: Status = Status.ACTIVE
    level: int | None = None
    level_label: str = ""
    evidence: tuple[str, ...] = ()
    claimed: bool = False
    credential_status: str = ""
    refresh_service: str = ""


@dataclass(frozen=True, slots=True)
class CandidateRecord:
    """A person's record as a file or a request gives it. Empty fields say nothing and change nothing.

    `key` may be empty where a document names a subject by `identifiers` only (a DID, an e-mail address).
    `own_key`: the record states its key itself; else a whole file was said to be about that person.
    """

    key: str
    name: str = ""
    email: str = ""
    region: str = ""
    languages: tuple[str, ...] = ()
    awards: tuple[AwardRecord, ...] = ()
    applied_to: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    place: Place = field(default=Place(), compare=False)
    own_key: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class EndorsementRecord:
    """What somebody says in favour of an award, an achievement or an issuer: shown, and never scored.

    `about` is the id of what is endorsed, as the endorsement gives it.
    """

    about: str
    issuer: IssuerRef
    key: str = ""
    comment: str = ""
    issued: int | None = None


@dataclass(frozen=True, slots=True)
class Recognised:
    """That a file, or a document in it, is of a format (its name)."""

    file: str
    format: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know about a file that loses nothing: an encoding that was assumed, a column not read."""

    file: str
    line: int
    text: Said


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read: where it stands, which field and why, and the record itself.

    `line` counts from 1 (0 where a file has no lines); `where` is a JSON path or a column.
    """

    file: str
    line: int
    where: str
    reason: Said
    raw: str


# --- what ranking reads: the truth about one candidate -----------------------------------------


@dataclass(frozen=True, slots=True)
class Competency:
    """A competency of a shared vocabulary or of an organisation's own."""

    id: int
    uri: str
    label_en: str
    label_fr: str
    kind: Kind
    framework: str

    def label(self, language: str) -> str:
        """The label in `language` ("en" or "fr"), or in the other one where that is missing."""
        if language == "fr":
            return self.label_fr or self.label_en
        return self.label_en or self.label_fr


@dataclass(frozen=True, slots=True)
class Claim:
    """That an achievement stands for a competency.

    `inferred`: read from its words and not confirmed. `part`: name of the part of a stack that lends it.
    """

    competency: int
    inferred: bool = False
    part: str = ""


@dataclass(frozen=True, slots=True)
class Achievement:
    """An achievement as stored, with all it stands for, through its parts too."""

    id: int
    key: str
    name: str
    issuer: int
    issuer_name: str
    issuer_known: bool
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Award:
    """An award as stored. Moments in seconds, `level` in units; None where not stated."""

    id: int
    key: str
    achievement: Achievement
    issued: int | None
    valid_from: int | None
    expires: int | None
    status: Status
    level: int | None
    level_label: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class Profile:
    """All that ranking may know of a candidate: nothing personal, only a draw and the awards.

    `region` and `languages` choose people (filters) and never score.
    """

    id: int
    key: str
    draw: int
    region: str = ""
    languages: tuple[str, ...] = ()
    awards: tuple[Award, ...] = ()


# --- vocabulary --------------------------------------------------------------------------------


class Relation(StrEnum):
    """How a held competency relates to a required one; each has its value in the declared table."""

    SAME = "same"
    EXACT = "exact"
    NARROWER = "narrower"
    DEEPER = "deeper"
    BROADER = "broader"
    KIN = "kin"


@dataclass(frozen=True, slots=True)
class Pair:
    """A competency that counts towards a requirement, by which relation, and how much (units, above 0).

    `meets_must`: whether holding it can meet a must-have (same, exact, or directly narrower). `read`: the
    part of `units` that lies in how the requirement's text was read (an exact label), not in the relation.
    """

    competency: int
    relation: Relation
    units: int
    meets_must: bool
    read: int = UNITS


@dataclass(frozen=True, slots=True)
class Likely:
    """One competency that a text may mean. `exact`: by an unambiguous label; `probability` in units."""

    competency: Competency
    exact: bool
    probability: int


# --- positions ---------------------------------------------------------------------------------


class Basis(StrEnum):
    """What a reading rests on. Only the first three let a must-have be met."""

    GIVEN = "given"  # the position named the competency itself
    EXACT = "exact"  # the text is an unambiguous label or alias
    CONFIRMED = "confirmed"  # a person confirmed it
    SIMILAR = "similar"  # the likeliest, not confirmed
    NONE = "none"  # nothing likely enough: not understood


@dataclass(frozen=True, slots=True)
class Reading:
    """How a text was understood. Made once, stored, never recomputed while ranking.

    `probability` in units. `vector`: the text's quantised embedding (384 bytes, int8), empty where the
    text was not encoded (its words were exact, or a competency was given).
    """

    basis: Basis
    competency: int | None = None
    probability: int = 0
    model: str = ""
    vocabulary: str = ""
    vector: bytes = b""
    confirmed_by: str = ""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way of meeting a requirement. `min_level` in units, None where any level will do."""

    text: str
    reading: Reading
    min_level: int | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """A micro-skill a position needs. `weight` in units (1.0 is 10,000), at least 1."""

    alternatives: tuple[Alternative, ...]
    weight: int = UNITS
    must: bool = False


@dataclass(frozen=True, slots=True)
class Filters:
    """Which people to rank; empty means all. Each is met by any of its values; a region takes those below it
    (see `matcher.regions`)."""

    regions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Position:
    """A posted job and the micro-skills it needs."""

    key: str
    title: str = ""
    description: str = ""
    requirements: tuple[Requirement, ...] = ()
    applicants_only: bool = False
    filters: Filters = Filters()


# --- recall ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """What a search engine holds of a candidate.

    `now` and `ever`: competency -> upper bound of evidence in units (1..10,000), for moments from the
    index's floor day on, and for any moment. `keywords` are filters, written `field:value`. A document with
    neither bounds nor keywords is a tombstone.
    """

    candidate: int
    draw: int
    now: Mapping[int, int] = field(default_factory=dict)
    ever: Mapping[int, int] = field(default_factory=dict)
    keywords: frozenset[str] = frozenset()
