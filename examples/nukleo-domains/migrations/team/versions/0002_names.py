"""The names that migrator.toml gives the tables of team: the files of 0002_names/."""

from __future__ import annotations

from migrator.revisions import run_scripts

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Of the files as they were generated: `migrator init --trees` writes them anew only while they are unchanged.
GENERATED = "9188497817973433a952fd96017607cbee9cccc870075491924672d68b9ce73a"


def upgrade() -> None:
    run_scripts(__file__)


def downgrade() -> None:
    raise NotImplementedError("the source's own names are the source's: migrator rollback")
