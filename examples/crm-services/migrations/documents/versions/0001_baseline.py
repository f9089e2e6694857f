"""The schema of documents, as in the source: the files of 0001_baseline/ in the order of their names."""

from __future__ import annotations

from migrator.revisions import run_scripts

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Of the files as they were generated: `migrator init --trees` writes them anew only while they are unchanged.
GENERATED = "bd718316d8a8d36ffc96f2ff945c456075b471c40b870c13ea8f3de313637787"


def upgrade() -> None:
    run_scripts(__file__)


def downgrade() -> None:
    raise NotImplementedError("what is older than the baseline is the source itself: migrator rollback")
