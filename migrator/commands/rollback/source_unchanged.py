"""Compares the source with what migrate read of it: rows by digests, objects by definitions."""

from __future__ import annotations

from collections.abc import Mapping

from migrator.commands.rollback.findings import Findings
from migrator.commands.shared.epochs import digests_compare
from migrator.commands.shared.workspace import RunContext
from migrator.core.plan.transfer import RECORD_HASH_SINCE
from migrator.core.run.facts import COMPARED, SOURCE_OBJECTS, Compared
from migrator.core.verify.digests import Difference, Digest, differences
from migrator.core.verify.object_differences import ObjectDifference, object_differences
from migrator.journal import RunJournal
from migrator.postgres.schema.catalog import read_catalog, read_objects
from migrator.postgres.session.connect import Connection
from migrator.postgres.verify.digest import whole_table


def compared_under_fence(
    context: RunContext, findings: Findings, connection: Connection
) -> tuple[tuple[Difference, ...], int]:
    """What changed in the source while it was fenced: an attempt that died after lifting the fence has told already."""
    standing = findings.fence is not None and findings.fence.run == context.id
    if not standing and (recorded := context.journal.recorded(COMPARED)) is not None:
        return tuple(recorded.changed), recorded.tables
    changed, tables = _source_changes(context, connection)
    if standing:
        # Afterwards the monolith's users write again.
        context.journal.record(COMPARED, Compared(changed, tables))
    return changed, tables


def _source_changes(context: RunContext, connection: Connection) -> tuple[tuple[Difference, ...], int]:
    """The source's tables now, against what migrate read; only where it had read all of them."""
    before = recorded_source(context.journal)
    if not before:
        return (), 0
    catalog = read_catalog(connection, context.settings.source.schemas)
    tables = [table for table in catalog.tables.values() if table.relation.full_name in before]
    task = "comparing the source"
    context.progress.start(task, total=len(tables), unit="tables")
    now = []
    for number, table in enumerate(tables, 1):
        now.append(whole_table(connection, table, records=catalog.server_version >= RECORD_HASH_SINCE))
        context.progress.advance(task, rows=number)
    context.progress.finish(task)
    return differences(before.values(), now), len(now)


def recorded_source(journal: RunJournal) -> Mapping[str, Digest]:
    """Each source table's digest as migrate read it; {} where it did not come to read all of them.

    Nor are there any where an earlier version hashed the rows in another way.
    """
    if not digests_compare(journal):
        return {}
    recorded = journal.digests("source before")
    return {digest.relation: digest for digest in recorded}


def changed_objects(journal: RunJournal, connection: Connection) -> tuple[ObjectDifference, ...]:
    """What is defined otherwise than migrate read it; () where the journal does not say."""
    recorded = journal.recorded(SOURCE_OBJECTS)
    if recorded is None:
        return ()
    return object_differences(recorded, read_objects(connection))
