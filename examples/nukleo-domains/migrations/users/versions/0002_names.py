"""The names that migrator.toml gives the tables of users: the files of 0002_names/."""

from __future__ import annotations

from migrator.revisions import run_scripts

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Of the files as they were generated: `migrator init --trees` writes them anew only while they are unchanged.
GENERATED = "d67459989778e6cc5a12e4e2913203065f1ad798af7d1ea4da02792448288ac0"


def upgrade() -> None:
    run_scripts(__file__)


def downgrade() -> None:
    raise NotImplementedError("the source's own names are the source's: migrator rollback")
