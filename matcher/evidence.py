"""How strongly an award proves a competency at a moment: the declared table and its arithmetic.

Every number that can move a score stands in `DECLARED`; code, API and pages read it from there. All are
integers in 1/10,000, so that products are exact and every database, engine and machine agrees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from matcher.records import UNITS, Award, Claim, Proof, Status

DECLARED_VERSION = "3"


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared value: its name, its size, and what it means, in both languages.

    `units`: in 1/10,000, or in whole numbers (neighbours, days) where `whole` is 1.
    """

    name: str
    units: int
    meaning: str
    meaning_fr: str
    whole: int = UNITS

    @property
    def value(self) -> float:
        """The size as people read it."""
        return self.units / self.whole


DECLARED: dict[str, Declared] = {
    row.name: row
    for row in (
        Declared("same", 10_000, "The same competency, or one stated to be the same",
                 "La même compétence, ou une compétence déclarée identique"),
        Declared("exact", 9_800, "An exact, unambiguous label or alias",
                 "Un libellé ou un synonyme exact et sans ambiguïté"),
        Declared("narrower", 9_500, "The award holds a directly narrower competency",
                 "Le titre atteste une compétence directement plus précise"),
        Declared("deeper", 8_500, "The award holds a narrower competency further down",
                 "Le titre atteste une compétence plus précise, à plus d’un niveau"),
        Declared("broader", 4_000, "The award holds a broader competency",
                 "Le titre atteste une compétence plus générale"),
        Declared("kin", 8_000, "A kindred competency: at most this, less as its words are less similar",
                 "Une compétence parente : au plus cette valeur, moins si les mots sont moins proches"),
        Declared("proof_checked", 10_000, "The proof was checked and is good",
                 "La preuve a été vérifiée et elle est valable"),
        Declared("issuer_known", 9_000, "The issuer is in the organisation's register, the proof not checked",
                 "L’émetteur figure au registre de l’organisation, preuve non vérifiée"),
        Declared("stated_only", 7_500, "Stated only: the issuer is not in the register",
                 "Déclaré seulement : l’émetteur ne figure pas au registre"),
        Declared("claimed", 5_000, "Claimed by the candidate alone: no issuer stands behind it",
                 "Affirmé par la personne seule : aucun émetteur ne s’en porte garant"),
        Declared("status_unchecked", 8_000, "The status could not be checked",
                 "Le statut n’a pas pu être vérifié"),
        Declared("inferred", 6_000, "The competency was inferred from words and nobody confirmed it",
                 "La compétence a été déduite du texte et personne ne l’a confirmée"),
        Declared("stack", 9_000, "The competency comes from a declared part of a larger award",
                 "La compétence provient d’une partie déclarée d’un titre plus large"),
        Declared("level_unstated", 6_000, "A level is required and the award states none on a scale",
                 "Un niveau est exigé et le titre n’en indique aucun sur une échelle"),
        Declared("freshness_floor", 6_000, "No validity stated: loses half in five years, never below this",
                 "Aucune validité indiquée : perd la moitié en cinq ans, jamais moins que cette valeur"),
        Declared("freshness_half_life", 1_826, "… days in which it loses half",
                 "… jours pour perdre la moitié", whole=1),
        Declared("kin_from", 4_000, "Kinship begins above this similarity of words",
                 "La parenté commence au-dessus de cette similarité des mots"),
        Declared("kin_full", 7_500, "… and is full from this similarity on",
                 "… et elle est entière à partir de cette similarité"),
        Declared("kin_least", 1_000, "… less than this counts nothing",
                 "… moins que cette valeur ne compte pas"),
        Declared("kin_description", 5_000,
                 "… so much of what its description is more similar than usual is added",
                 "… on y ajoute cette part de ce dont sa description est plus proche que d’habitude"),
        Declared("kin_other_act", 4_000,
                 "… at most this for another act on the same thing (teaching, leading, trading, repairing, "
                 "designing), or for a name that only begins alike",
                 "… au plus cette valeur pour un autre acte sur la même chose (enseigner, diriger, vendre, "
                 "réparer, concevoir) ou un nom qui commence seulement de la même façon"),
        Declared("kin_described", 4_000,
                 "… words that no competency has count nothing below this similarity to a description",
                 "… des mots qu’aucune compétence n’emploie ne comptent pas sous cette similarité à une "
                 "description"),
        Declared("kin_most", 100, "… at most so many kindred competencies of a micro-skill",
                 "… au plus tant de compétences parentes par microcompétence", whole=1),
    )
}  # fmt: skip

FRESHNESS_HALF_LIFE_DAYS = DECLARED["freshness_half_life"].units
"""Five years. Applies only where neither the award nor the achievement states a validity."""

KIN_FROM = DECLARED["kin_from"].value
KIN_SPAN = (DECLARED["kin_full"].units - DECLARED["kin_from"].units) / UNITS
KIN_LEAST = DECLARED["kin_least"].units
KIN_MOST = DECLARED["kin_most"].units
KIN_DESCRIPTION = DECLARED["kin_description"].value
KIN_DESCRIBED = DECLARED["kin_described"].value
"""Kinship: DECLARED["kin"] x clip((similarity - KIN_FROM) / KIN_SPAN, 0, 1); below KIN_LEAST units nothing;
at most KIN_MOST neighbours of a requirement."""

DAY = 86_400


class Lapse(StrEnum):
    """Why an award counts for nothing at a moment."""

    REVOKED = "revoked"
    SUSPENDED = "suspended"
    PROOF_FAILED = "proof failed"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"


@dataclass(frozen=True, slots=True)
class Factor:
    """A declared value as it applied: its name in `DECLARED` (or "level"), and its size in units."""

    name: str
    units: int


def lapse(award: Award, moment: int) -> Lapse | None:
    """Why `award` counts for nothing at `moment`, or None while it counts.

    An award counts from its first moment to its last, both included. A revocation has no date: it counts for
    every moment.
    """
    if award.status is Status.REVOKED:
        return Lapse.REVOKED
    if award.status is Status.SUSPENDED:
        return Lapse.SUSPENDED
    if award.proof is Proof.FAILED:
        return Lapse.PROOF_FAILED
    if award.expires is not None and award.expires < moment:
        return Lapse.EXPIRED
    if _start(award) > moment:
        return Lapse.NOT_YET_VALID
    return None


def factors(award: Award, claim: Claim, moment: int, min_level: int | None = None) -> tuple[Factor, ...]:
    """The factors by which `award` proves `claim` at `moment`, to be multiplied; the neutral ones left out.

    Only for an award that counts at `moment` (see `lapse`). `min_level` in units, None where any will do.
    """
    found = [_proof(award)]
    if award.status is Status.UNKNOWN:
        found.append(_declared("status_unchecked"))
    if claim.inferred:
        found.append(_declared("inferred"))
    if claim.part:
        found.append(_declared("stack"))
    if min_level is not None:
        found.append(_level(award, min_level))
    if award.expires is None:
        found.append(_freshness(award, moment))
    return tuple(factor for factor in found if factor.units != UNITS)


def bound(award: Award, claim: Claim, floor: int | None) -> int:
    """Upper bound, in units, of the evidence of `award` for `claim`; 0 where it can never count.

    It holds for every moment from `floor` on (None: every moment at all) and every required level: it leaves
    out level and the start of validity; freshness only falls, so its value at `floor` bounds the later ones.
    """
    if award.status in {Status.REVOKED, Status.SUSPENDED} or award.proof is Proof.FAILED:
        return 0
    if floor is not None and award.expires is not None and award.expires < floor:
        return 0
    moment = _start(award) if floor is None else floor
    product, scale = 1, 1
    for factor in factors(award, claim, moment):
        product *= factor.units
        scale *= UNITS
    return -(-product * UNITS // scale)


def level_met(award: Award, min_level: int | None) -> bool:
    """Whether `award` states a level at or above the required one (an unknown level does not)."""
    return min_level is None or (award.level is not None and award.level >= min_level)


def _declared(name: str) -> Factor:
    return Factor(name, DECLARED[name].units)


def _start(award: Award) -> int:
    if award.valid_from is not None:
        return award.valid_from
    return award.issued if award.issued is not None else 0


def _proof(award: Award) -> Factor:
    if award.proof is Proof.CHECKED:
        return _declared("proof_checked")
    if award.proof is Proof.CLAIMED:
        return _declared("claimed")
    return _declared("issuer_known" if award.achievement.issuer_known else "stated_only")


def _level(award: Award, required: int) -> Factor:
    if award.level is None:
        return _declared("level_unstated")
    return Factor("level", UNITS if award.level >= required else award.level * UNITS // required)


def _freshness(award: Award, moment: int) -> Factor:
    start = award.issued if award.issued is not None else award.valid_from
    if start is None:
        return _declared("freshness_floor")
    return Factor("freshness", _freshness_after((moment - start) // DAY))


@lru_cache(maxsize=4096)
def _freshness_after(days: int) -> int:
    if days <= 0:
        return UNITS
    return max(DECLARED["freshness_floor"].units, round(UNITS * math.exp2(-days / FRESHNESS_HALF_LIFE_DAYS)))
