"""Records what an attempt has read, and checks whether a later attempt may trust it: epochs, digests, tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.core.run.facts import EPOCH, TABLES
from migrator.core.schema.source_tables import parent_names, table_changes, table_names
from migrator.core.verify.digests import HASH_FORM
from migrator.errors import RefusedError

if TYPE_CHECKING:
    from migrator.core.schema.catalog import Catalog
    from migrator.journal import RunJournal


def epoch_of(state: str) -> str:
    """The epoch of what is read now: the name of the source's frozen state, and the form in which rows are hashed."""
    return f"{state}/{HASH_FORM}"


def same_state(epoch: str, other: str) -> bool:
    """Whether two epochs are of the same frozen state of the source, in whichever forms rows were hashed."""
    return epoch.partition("/")[0] == other.partition("/")[0]


def digests_compare(journal: RunJournal) -> bool:
    """Whether the run's recorded digests are of the form in which rows are hashed now; those of no epoch are none."""
    epoch = journal.recorded(EPOCH)
    return epoch is None or epoch.endswith(epoch_of(""))


def require_digests(journal: RunJournal, why: str, hint: str) -> None:
    """Refuses where digests that an earlier version recorded would be held against those of now.

    `why` says what then cannot be told, `hint` what to type.

    Raises:
        RefusedError: the run's digests are of another form.
    """
    if not digests_compare(journal):
        raise RefusedError(
            f"Run {journal.run_id} was migrated by an earlier version of migrator, which hashed rows in another way: "
            f"{why}",
            hint,
        )


def record_tables(journal: RunJournal, catalog: Catalog) -> None:
    """Records which tables and partitions the source is read with."""
    journal.record(TABLES, table_names(catalog))


def require_tables(journal: RunJournal, catalog: Catalog) -> None:
    """Refuses where the source has other tables or partitions than migrate read.

    The fence refuses writes, not statements that attach a table which holds rows already: compared with the databases
    these would look like rows that applications had deleted there.

    Raises:
        RefusedError: tables or partitions came or went.
    """
    before = journal.recorded(TABLES)
    changes = table_changes(before, table_names(catalog), parent_names(catalog)) if before is not None else ()
    if changes:
        raise RefusedError(
            f"The source has other tables than migrate read: {'; '.join(changes)}. What they hold is in no database of "
            "this run.",
            "Put the tables back as they were (ALTER TABLE … DETACH PARTITION …), or take the run back and start again "
            "from dry-run: migrator rollback.",
        )
