"""What achievements are read as by a newer model or vocabulary, until it counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# SQLite gives out row numbers only for a column that it calls INTEGER.
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "next_readings",
        sa.Column(
            "achievement_id", _ID, sa.ForeignKey("achievements.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("vocabulary", sa.String(100), nullable=False),
        sa.Column("competencies", sa.JSON(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("next_readings")
