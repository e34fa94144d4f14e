"""Endorsements; where the status and a newer version of an award are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# SQLite gives out row numbers only for a column that it calls INTEGER.
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("credential_status", "refresh_service"):
        op.add_column("awards", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "endorsements",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("organisation_id", _ID, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("key", sa.String(1000), nullable=False),
        sa.Column("about", sa.String(1000), nullable=False, index=True),
        sa.Column("issuer_name", sa.Text(), nullable=False, server_default=""),
        sa.Column("issuer_url", sa.Text(), nullable=False, server_default=""),
        sa.Column("comment", sa.Text(), nullable=False, server_default=""),
        sa.Column("issued", sa.BigInteger()),
        sa.UniqueConstraint("organisation_id", "key"),
    )


def downgrade() -> None:
    op.drop_table("endorsements")
    for name in ("refresh_service", "credential_status"):
        op.drop_column("awards", name)
