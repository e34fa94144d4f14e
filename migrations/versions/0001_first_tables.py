"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# SQLite gives out row numbers only for a column that it calls INTEGER.
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_TABLES = (
    "organisations",
    "frameworks",
    "competencies",
    "labels",
    "relations",
    "vectors",
    "issuers",
    "achievements",
    "achievement_competencies",
    "achievement_relations",
    "candidates",
    "people",
    "identifiers",
    "applications",
    "awards",
    "superseded",
    "quarantine",
    "changes",
    "positions",
    "requirements",
    "alternatives",
)


def upgrade() -> None:
    _frameworks()
    _vocabularies()
    _achievements()
    _candidates()
    _awards()
    _intake()
    _positions()
    # Vocabularies that belong to everybody lie under this organisation, whose key nobody can name.
    op.execute("INSERT INTO organisations (id, key, name) VALUES (0, '', 'Shared vocabularies')")


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)


def _part_of(name: str, owner: str, *, primary_key: bool = False, index: bool = False) -> sa.Column[int]:
    """A column that names its owner, and goes when the owner goes."""
    return sa.Column(
        name,
        _ID,
        sa.ForeignKey(f"{owner}.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
        index=index,
    )


def _frameworks() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False, server_default=""),
        sa.Column("time_zone", sa.String(64), nullable=False, server_default="America/Toronto"),
        sa.Column("vocabulary_change", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_table(
        "frameworks",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("organisation_id", _ID, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("version", sa.String(100), nullable=False, server_default=""),
        sa.Column("attribution", sa.Text, nullable=False, server_default=""),
        sa.UniqueConstraint("organisation_id", "name"),
    )
    op.create_table(
        "competencies",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("organisation_id", _ID, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("framework_id", _ID, sa.ForeignKey("frameworks.id"), nullable=False),
        sa.Column("uri", sa.String(1000), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("label_en", sa.Text, nullable=False, server_default=""),
        sa.Column("label_fr", sa.Text, nullable=False, server_default=""),
        sa.UniqueConstraint("organisation_id", "uri"),
    )


def _vocabularies() -> None:
    op.create_table(
        "labels",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        _part_of("competency_id", "competencies", index=True),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("preferred", sa.Boolean, nullable=False),
        sa.UniqueConstraint("competency_id", "language", "text"),
    )
    op.create_table(
        "relations",
        _part_of("competency_id", "competencies", primary_key=True),
        sa.Column("type", sa.String(16), primary_key=True),
        _part_of("other_id", "competencies", primary_key=True, index=True),
    )
    op.create_table(
        "vectors",
        _part_of("competency_id", "competencies", primary_key=True),
        sa.Column("model", sa.String(200), primary_key=True),
        sa.Column("label", sa.LargeBinary, nullable=False),
        sa.Column("description", sa.LargeBinary),
    )


def _achievements() -> None:
    op.create_table(
        "issuers",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("organisation_id", _ID, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("key", sa.String(1000), nullable=False),
        sa.Column("name", sa.Text, nullable=False, server_default=""),
        sa.Column("url", sa.Text, nullable=False, server_default=""),
        sa.Column("known", sa.Boolean, nullable=False, server_default="0"),
        sa.UniqueConstraint("organisation_id", "key"),
    )
    op.create_table(
        "achievements",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("organisation_id", _ID, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("key", sa.String(1000), nullable=False),
        sa.Column("issuer_id", _ID, sa.ForeignKey("issuers.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("reading", sa.String(16), nullable=False, index=True),
        sa.Column("confirmed_by", sa.Text, nullable=False, server_default=""),
        sa.Column("model", sa.String(200), nullable=False, server_default=""),
        sa.Column("vocabulary", sa.String(100), nullable=False, server_default=""),
        sa.UniqueConstraint("organisation_id", "key"),
    )
    op.create_table(
        "achievement_competencies",
        _part_of("achievement_id", "achievements", primary_key=True),
        sa.Column("competency_id", _ID, sa.ForeignKey("competencies.id"), primary_key=True, index=True),
        sa.Column("inferred", sa.Boolean, nullable=False),
        sa.Column("probability", sa.Integer),
    )
    op.create_table(
        "achievement_relations",
        _part_of("achievement_id", "achievements", primary_key=True),
        sa.Column("type", sa.String(40), primary_key=True),
        sa.Column("other_key", sa.String(1000), primary_key=True, index=True),
    )


def _candidates() -> None:
    op.create_table(
        "candidates",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("organisation_id", _ID, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("key", sa.String(500), nullable=False),
        sa.Column("draw", sa.BigInteger, nullable=False),
        sa.Column("region", sa.String(100), nullable=False, server_default=""),
        sa.Column("languages", sa.JSON, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("organisation_id", "key"),
    )
    op.create_table(
        "people",
        _part_of("candidate_id", "candidates", primary_key=True),
        sa.Column("name", sa.Text, nullable=False, server_default=""),
        sa.Column("email", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "identifiers",
        sa.Column("organisation_id", _ID, sa.ForeignKey("organisations.id"), primary_key=True),
        sa.Column("identifier", sa.String(1000), primary_key=True),
        _part_of("candidate_id", "candidates", index=True),
    )
    op.create_table(
        "applications",
        _part_of("candidate_id", "candidates", primary_key=True),
        sa.Column("position_key", sa.String(500), primary_key=True),
        sa.Index("ix_applications_position_key", "position_key", "candidate_id"),
    )


def _awards() -> None:
    op.create_table(
        "awards",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("organisation_id", _ID, sa.ForeignKey("organisations.id"), nullable=False),
        _part_of("candidate_id", "candidates", index=True),
        sa.Column("achievement_id", _ID, sa.ForeignKey("achievements.id"), nullable=False, index=True),
        sa.Column("key", sa.String(1000), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("issued", sa.BigInteger),
        sa.Column("valid_from", sa.BigInteger),
        sa.Column("expires", sa.BigInteger),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("level", sa.Integer),
        sa.Column("level_label", sa.Text, nullable=False, server_default=""),
        sa.Column("proof", sa.String(16), nullable=False, server_default="stated"),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.UniqueConstraint("organisation_id", "key"),
    )
    op.create_table(
        "superseded",
        sa.Column("organisation_id", _ID, sa.ForeignKey("organisations.id"), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("owner_id", _ID, primary_key=True),
        sa.Column("digest", sa.LargeBinary(16), primary_key=True),
    )


def _intake() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("organisation_id", _ID, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("line", sa.BigInteger, nullable=False),
        sa.Column("where", sa.Text, nullable=False, server_default=""),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("raw", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("organisation_id", "digest"),
    )
    op.create_table(
        "changes",
        sa.Column("number", _ID, primary_key=True, autoincrement=True),
        sa.Column("organisation_id", _ID, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("candidate_id", _ID, nullable=False),
        sa.Index("ix_changes_organisation_id_number", "organisation_id", "number"),
        sqlite_autoincrement=True,
    )


def _positions() -> None:
    op.create_table(
        "positions",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("organisation_id", _ID, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("key", sa.String(500), nullable=False),
        sa.Column("title", sa.Text, nullable=False, server_default=""),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("applicants_only", sa.Boolean, nullable=False),
        sa.Column("filters", sa.JSON, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("organisation_id", "key"),
    )
    op.create_table(
        "requirements",
        _part_of("position_id", "positions", primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("weight", sa.Integer, nullable=False),
        sa.Column("must", sa.Boolean, nullable=False),
    )
    op.create_table(
        "alternatives",
        _part_of("position_id", "positions", primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("alternative", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("min_level", sa.Integer),
        sa.Column("basis", sa.String(16), nullable=False),
        sa.Column("competency_id", _ID, sa.ForeignKey("competencies.id"), index=True),
        sa.Column("probability", sa.Integer, nullable=False),
        sa.Column("model", sa.String(200), nullable=False, server_default=""),
        sa.Column("vocabulary", sa.String(100), nullable=False, server_default=""),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("confirmed_by", sa.Text, nullable=False, server_default=""),
    )
