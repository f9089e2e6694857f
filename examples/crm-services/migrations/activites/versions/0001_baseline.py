"""The schema of activites, as in the source: the files of 0001_baseline/ in the order of their names."""

from __future__ import annotations

from migrator.revisions import run_scripts

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Of the files as they were generated: `migrator init --trees` writes them anew only while they are unchanged.
GENERATED = "2383743f1ae86177edff1b9d27c3ae978a2b76c3d5060308e3071daf334101a1"


def upgrade() -> None:
    run_scripts(__file__)


def downgrade() -> None:
    raise NotImplementedError("what is older than the baseline is the source itself: migrator rollback")
