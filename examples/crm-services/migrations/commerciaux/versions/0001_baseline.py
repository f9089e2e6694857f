"""The schema of commerciaux, as in the source: the files of 0001_baseline/ in the order of their names."""

from __future__ import annotations

from migrator.revisions import run_scripts

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Of the files as they were generated: `migrator init --trees` writes them anew only while they are unchanged.
GENERATED = "71793555d028dffea17a177095d7ab193a90778324f708a9a73d4f677ea34441"


def upgrade() -> None:
    run_scripts(__file__)


def downgrade() -> None:
    raise NotImplementedError("what is older than the baseline is the source itself: migrator rollback")
