"""Relations to competencies that nobody knows yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# SQLite gives out row numbers only for a column that it calls INTEGER.
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "waiting_relations",
        sa.Column(
            "competency_id", _ID, sa.ForeignKey("competencies.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("type", sa.String(16), primary_key=True),
        sa.Column("other_uri", sa.String(1000), primary_key=True, index=True),
    )


def downgrade() -> None:
    op.drop_table("waiting_relations")
