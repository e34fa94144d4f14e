"""What others say in favour of a credential, of what it attests, or of its issuer: shown, never scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from matcher.moments import first_day
from matcher.records import Award, EndorsementRecord
from matcher.store.database import Connection
from matcher.store.endorsements import endorsements_about
from matcher.store.issuers import issuer_addresses
from matcher.store.organisations import Organisation


class Of(StrEnum):
    """What is endorsed."""

    AWARD = "award"
    ACHIEVEMENT = "achievement"
    ISSUER = "issuer"


@dataclass(frozen=True, slots=True)
class Endorsement:
    """One endorsement as pages show it; `by` may be empty, `issued` is a day in ISO form or None."""

    of: Of
    by: str
    comment: str
    issued: str | None


def endorsed(
    connection: Connection, home: Organisation, awards: Sequence[Award]
) -> dict[int, tuple[Endorsement, ...]]:
    """Award id -> its endorsements, those of the award itself first; awards without any are left out."""
    addresses = issuer_addresses(connection, {award.achievement.issuer for award in awards})
    ids = {award.id: _ids(award, addresses.get(award.achievement.issuer, "")) for award in awards}
    about = endorsements_about(connection, home.id, {id_ for named in ids.values() for id_ in named})
    found = {
        award: tuple(_shown(of, one, home) for id_, of in named.items() for one in about.get(id_, ()))
        for award, named in ids.items()
    }
    return {award: shown for award, shown in found.items() if shown}


def _ids(award: Award, address: str) -> dict[str, Of]:
    """By which ids an endorsement may be about an award. A stored key is `ISSUER#ID`."""
    _, _, achievement = award.achievement.key.partition("#")
    ids = {
        award.key.partition("#")[2]: Of.AWARD,
        award.achievement.key: Of.ACHIEVEMENT,
        achievement: Of.ACHIEVEMENT,
        address: Of.ISSUER,
    }
    ids.pop("", None)
    return ids


def _shown(of: Of, record: EndorsementRecord, home: Organisation) -> Endorsement:
    issued = None if record.issued is None else first_day(record.issued, home.zone).isoformat()
    return Endorsement(of, record.issuer.name or record.issuer.url, record.comment, issued)
