"""The names that migrator.toml gives the tables of system: the files of 0002_names/."""

from __future__ import annotations

from migrator.revisions import run_scripts

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Of the files as they were generated: `migrator init --trees` writes them anew only while they are unchanged.
GENERATED = "c5a37584e982c03d62414ff3b3b2d8843019b3f18a344e40f9f32abd137c378e"


def upgrade() -> None:
    run_scripts(__file__)


def downgrade() -> None:
    raise NotImplementedError("the source's own names are the source's: migrator rollback")
