"""The schema of auth, as in the source: the files of 0001_baseline/ in the order of their names."""

from __future__ import annotations

from migrator.revisions import run_scripts

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Of the files as they were generated: `migrator init --trees` writes them anew only while they are unchanged.
GENERATED = "9747e18f9433477f8f8a34003d6dc07b69d9e2e5ad7a99f39af7185ea2f9018a"


def upgrade() -> None:
    run_scripts(__file__)


def downgrade() -> None:
    raise NotImplementedError("what is older than the baseline is the source itself: migrator rollback")
