"""The schema of products, as in the source: the files of 0001_baseline/ in the order of their names."""

from __future__ import annotations

from migrator.revisions import run_scripts

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Of the files as they were generated: `migrator init --trees` writes them anew only while they are unchanged.
GENERATED = "69d168e5b374d17aa8c5e892623bf05f66acc85e04ad2ca3179339368bfecddf"


def upgrade() -> None:
    run_scripts(__file__)


def downgrade() -> None:
    raise NotImplementedError("what is older than the baseline is the source itself: migrator rollback")
