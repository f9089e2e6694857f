"""The names that migrator.toml gives the tables of communication: the files of 0002_names/."""

from __future__ import annotations

from migrator.revisions import run_scripts

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Of the files as they were generated: `migrator init --trees` writes them anew only while they are unchanged.
GENERATED = "625f0aa1e238afa5fc028330fb18400af6ac53fb6371ad18d0fe5df726abc06c"


def upgrade() -> None:
    run_scripts(__file__)


def downgrade() -> None:
    raise NotImplementedError("the source's own names are the source's: migrator rollback")
