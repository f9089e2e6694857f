"""The names that migrator.toml gives the tables of projects: the files of 0002_names/."""

from __future__ import annotations

from migrator.revisions import run_scripts

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Of the files as they were generated: `migrator init --trees` writes them anew only while they are unchanged.
GENERATED = "eb8c7c7d12b0e2ddf27ea4d680ac2f82ae993f28a35b49dbe5e9be83d178ae0a"


def upgrade() -> None:
    run_scripts(__file__)


def downgrade() -> None:
    raise NotImplementedError("the source's own names are the source's: migrator rollback")
