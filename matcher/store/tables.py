"""The tables. Everything but shared vocabularies belongs to an organisation.

What is personal (`people`, `identifiers`) lies apart from what is ranked. Moments are seconds since
1970-01-01T00:00Z, levels and probabilities units of 1/10,000. The migrations make these tables; a check keeps
the two equal.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

SHARED = 0
"""The organisation id under which vocabularies lie that belong to everybody."""

# SQLite gives out row numbers only for a column that it calls INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[Any]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _organisation() -> Column[Any]:
    return Column("organisation_id", Id, ForeignKey("organisations.id"), nullable=False)


organisations = Table(
    "organisations",
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("time_zone", String(64), nullable=False, server_default="America/Toronto"),
    # Rises with every change to a competency, label, relation or vector of this organisation.
    Column("vocabulary_change", BigInteger, nullable=False, server_default="0"),
    # Changes up to this number are no longer in the log.
    Column("changes_pruned", BigInteger, nullable=False, server_default="0"),
)

# --- vocabularies ------------------------------------------------------------------------------

frameworks = Table(
    "frameworks",
    metadata,
    _id(),
    _organisation(),
    Column("name", String(200), nullable=False),
    Column("version", String(100), nullable=False, server_default=""),
    Column("attribution", Text, nullable=False, server_default=""),
    UniqueConstraint("organisation_id", "name"),
)

competencies = Table(
    "competencies",
    metadata,
    _id(),
    _organisation(),
    Column("framework_id", Id, ForeignKey("frameworks.id"), nullable=False),
    Column("uri", String(1000), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("label_en", Text, nullable=False, server_default=""),
    Column("label_fr", Text, nullable=False, server_default=""),
    UniqueConstraint("organisation_id", "uri"),
)

labels = Table(
    "labels",
    metadata,
    _id(),
    Column(
        "competency_id", Id, ForeignKey("competencies.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("language", String(8), nullable=False),
    Column("text", Text, nullable=False),
    Column("preferred", Boolean, nullable=False),
    UniqueConstraint("competency_id", "language", "text"),
)

relations = Table(
    "relations",
    metadata,
    Column("competency_id", Id, ForeignKey("competencies.id", ondelete="CASCADE"), primary_key=True),
    # broader, related, same; and narrower, of competencies of other frameworks that do not say it themselves
    Column("type", String(16), primary_key=True),
    Column("other_id", Id, ForeignKey("competencies.id", ondelete="CASCADE"), primary_key=True, index=True),
)

# Relations that are stated to a URI that nobody knows yet: they wait until somebody brings it.
waiting_relations = Table(
    "waiting_relations",
    metadata,
    Column("competency_id", Id, ForeignKey("competencies.id", ondelete="CASCADE"), primary_key=True),
    Column("type", String(16), primary_key=True),
    Column("other_uri", String(1000), primary_key=True, index=True),
)

vectors = Table(
    "vectors",
    metadata,
    Column("competency_id", Id, ForeignKey("competencies.id", ondelete="CASCADE"), primary_key=True),
    Column("model", String(200), primary_key=True),  # name@revision: models never mix
    Column("label", LargeBinary, nullable=False),
    Column("description", LargeBinary),
)

# --- achievements and awards -------------------------------------------------------------------

issuers = Table(
    "issuers",
    metadata,
    _id(),
    _organisation(),
    Column("key", String(1000), nullable=False),  # address, else name
    Column("name", Text, nullable=False, server_default=""),
    Column("url", Text, nullable=False, server_default=""),
    Column("known", Boolean, nullable=False, server_default="0"),  # in the organisation's register
    UniqueConstraint("organisation_id", "key"),
)

achievements = Table(
    "achievements",
    metadata,
    _id(),
    _organisation(),
    Column("key", String(1000), nullable=False),
    Column("issuer_id", Id, ForeignKey("issuers.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("digest", LargeBinary, nullable=False),
    # aligned: its issuer said; unread: waits to be read from its words; inferred: was read;
    # confirmed: a person confirmed or corrected what was read; not_understood: nothing was likely.
    Column("reading", String(16), nullable=False, index=True),
    Column("confirmed_by", Text, nullable=False, server_default=""),
    Column("model", String(200), nullable=False, server_default=""),
    Column("vocabulary", String(100), nullable=False, server_default=""),
    UniqueConstraint("organisation_id", "key"),
)

achievement_competencies = Table(
    "achievement_competencies",
    metadata,
    Column("achievement_id", Id, ForeignKey("achievements.id", ondelete="CASCADE"), primary_key=True),
    Column("competency_id", Id, ForeignKey("competencies.id"), primary_key=True, index=True),
    Column("inferred", Boolean, nullable=False),
    Column("probability", Integer),
)

# What a newer model or vocabulary reads an achievement as, beside what counts: all are switched at once.
next_readings = Table(
    "next_readings",
    metadata,
    Column("achievement_id", Id, ForeignKey("achievements.id", ondelete="CASCADE"), primary_key=True),
    Column("model", String(200), nullable=False),
    Column("vocabulary", String(100), nullable=False),
    Column("competencies", JSON, nullable=False),  # [[competency id, probability], ...]
)

# Whole and part by key: a part may be imported after its whole.
achievement_relations = Table(
    "achievement_relations",
    metadata,
    Column("achievement_id", Id, ForeignKey("achievements.id", ondelete="CASCADE"), primary_key=True),
    Column("type", String(40), primary_key=True),
    Column("other_key", String(1000), primary_key=True, index=True),
)

candidates = Table(
    "candidates",
    metadata,
    _id(),
    _organisation(),
    Column("key", String(500), nullable=False),
    Column("draw", BigInteger, nullable=False),  # random, fixed at creation, 0 .. 2**62
    Column("region", String(100), nullable=False, server_default=""),
    Column("languages", JSON, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    UniqueConstraint("organisation_id", "key"),
)

people = Table(
    "people",
    metadata,
    Column("candidate_id", Id, ForeignKey("candidates.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("email", Text, nullable=False, server_default=""),
)

identifiers = Table(
    "identifiers",
    metadata,
    Column("organisation_id", Id, ForeignKey("organisations.id"), primary_key=True),
    Column("identifier", String(1000), primary_key=True),
    Column("candidate_id", Id, ForeignKey("candidates.id", ondelete="CASCADE"), nullable=False, index=True),
)

awards = Table(
    "awards",
    metadata,
    _id(),
    _organisation(),
    Column("candidate_id", Id, ForeignKey("candidates.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("achievement_id", Id, ForeignKey("achievements.id"), nullable=False, index=True),
    Column("key", String(1000), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("issued", BigInteger),
    Column("valid_from", BigInteger),
    Column("expires", BigInteger),
    Column("status", String(16), nullable=False),
    Column("level", Integer),
    Column("level_label", Text, nullable=False, server_default=""),
    Column("proof", String(16), nullable=False, server_default="stated"),
    Column("evidence", JSON, nullable=False),
    # Where the issuer says that its status and a newer version are found: JSON text as it stood.
    Column("credential_status", Text, nullable=False, server_default=""),
    Column("refresh_service", Text, nullable=False, server_default=""),
    UniqueConstraint("organisation_id", "key"),
)

# What others say in favour of an award, an achievement or an issuer (`about`: its id). Shown, never scored.
endorsements = Table(
    "endorsements",
    metadata,
    _id(),
    _organisation(),
    Column("key", String(1000), nullable=False),
    Column("about", String(1000), nullable=False, index=True),
    Column("issuer_name", Text, nullable=False, server_default=""),
    Column("issuer_url", Text, nullable=False, server_default=""),
    Column("comment", Text, nullable=False, server_default=""),
    Column("issued", BigInteger),
    UniqueConstraint("organisation_id", "key"),
)

# Digests of what a candidate, an achievement or an award once was: an older file never flips it back.
superseded = Table(
    "superseded",
    metadata,
    Column("organisation_id", Id, ForeignKey("organisations.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),  # candidate, achievement, award
    Column("owner_id", Id, primary_key=True),
    Column("digest", LargeBinary(16), primary_key=True),
)

quarantine = Table(
    "quarantine",
    metadata,
    _id(),
    _organisation(),
    Column("file", Text, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("where", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("digest", LargeBinary(16), nullable=False),  # of the raw record: the same one is kept once
    Column("created", BigInteger, nullable=False),
    UniqueConstraint("organisation_id", "digest"),
)

# --- positions ---------------------------------------------------------------------------------

positions = Table(
    "positions",
    metadata,
    _id(),
    _organisation(),
    Column("key", String(500), nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("description", Text, nullable=False, server_default=""),
    Column("applicants_only", Boolean, nullable=False),
    Column("filters", JSON, nullable=False),
    Column("created", BigInteger, nullable=False),
    UniqueConstraint("organisation_id", "key"),
)

requirements = Table(
    "requirements",
    metadata,
    Column("position_id", Id, ForeignKey("positions.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("weight", Integer, nullable=False),
    Column("must", Boolean, nullable=False),
)

# Each way of meeting a requirement, with its reading.
alternatives = Table(
    "alternatives",
    metadata,
    Column("position_id", Id, ForeignKey("positions.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("alternative", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("min_level", Integer),
    Column("basis", String(16), nullable=False),
    Column("competency_id", Id, ForeignKey("competencies.id"), index=True),
    Column("probability", Integer, nullable=False),
    Column("model", String(200), nullable=False, server_default=""),
    Column("vocabulary", String(100), nullable=False, server_default=""),
    Column("vector", LargeBinary, nullable=False),
    Column("confirmed_by", Text, nullable=False, server_default=""),
)

# By key: people apply before a position is posted here.
applications = Table(
    "applications",
    metadata,
    Column("candidate_id", Id, ForeignKey("candidates.id", ondelete="CASCADE"), primary_key=True),
    Column("position_key", String(500), primary_key=True),
    Index("ix_applications_position_key", "position_key", "candidate_id"),
)

# --- the change log ----------------------------------------------------------------------------

# Numbers are handed out while the writer holds the database's write lock (SQLite: BEGIN IMMEDIATE;
# PostgreSQL: an advisory lock), so that a reader never skips a slower transaction.
changes = Table(
    "changes",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=True),
    _organisation(),
    Column("candidate_id", Id, nullable=False),
    Column("created", BigInteger, nullable=False, server_default="0"),  # by the database's clock
    Index("ix_changes_organisation_id_number", "organisation_id", "number"),
    sqlite_autoincrement=True,
)

# --- who may do what only one may do at a time -------------------------------------------------

leases = Table(
    "leases",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("holder", String(200), nullable=False),  # empty: given back
    Column("fence", BigInteger, nullable=False),  # rises with each new holder
    Column("expires", BigInteger, nullable=False),  # milliseconds by the database's clock
)
