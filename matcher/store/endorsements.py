"""What others say in favour of awards, achievements and issuers: kept apart, shown, and never scored."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, insert, select

from matcher.records import EndorsementRecord, IssuerRef
from matcher.store import tables as t
from matcher.store.database import Connection, parts
from matcher.store.identity import digest, issuer_key
from matcher.store.organisations import Organisation


def store_endorsements(
    connection: Connection, organisation: Organisation, records: Sequence[EndorsementRecord]
) -> None:
    """Keep endorsements; one with the same key replaces. Only inside `Database.write`."""
    rows = {_key(record): _row(organisation.id, record) for record in records}
    e = t.endorsements.c
    for keys in parts(rows):
        own = e.organisation_id == organisation.id
        connection.execute(delete(t.endorsements).where(own, e.key.in_(keys)))
    if rows:
        connection.execute(insert(t.endorsements), list(rows.values()))


def endorsements_about(
    connection: Connection, organisation_id: int, ids: Collection[str]
) -> dict[str, list[EndorsementRecord]]:
    """The endorsements of what has one of `ids`, by id, the oldest first."""
    e = t.endorsements.c
    found: dict[str, list[EndorsementRecord]] = {}
    for some in parts(ids):
        rows = connection.execute(
            select(e.about, e.issuer_name, e.issuer_url, e.key, e.comment, e.issued)
            .where(e.organisation_id == organisation_id, e.about.in_(some))
            .order_by(e.issued, e.id)
        )
        for about, name, url, key, comment, issued in rows:
            record = EndorsementRecord(about, IssuerRef(name, url), key, comment, issued)
            found.setdefault(about, []).append(record)
    return found


def _key(record: EndorsementRecord) -> str:
    said = (record.about, record.comment, record.issued)
    return digest(issuer_key(record.issuer), record.key or said).hex()


def _row(organisation_id: int, record: EndorsementRecord) -> dict[str, object]:
    return {
        "organisation_id": organisation_id,
        "key": _key(record),
        "about": record.about,
        "issuer_name": record.issuer.name,
        "issuer_url": record.issuer.url,
        "comment": record.comment,
        "issued": record.issued,
    }
