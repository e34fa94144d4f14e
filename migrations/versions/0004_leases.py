"""Leases; when a change was logged, and up to which number the log was pruned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    created = sa.Column("created", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("changes", created)
    pruned = sa.Column("changes_pruned", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("organisations", pruned)


def downgrade() -> None:
    op.drop_column("organisations", "changes_pruned")
    op.drop_column("changes", "created")
    op.drop_table("leases")
