"""Records which tenants were dropped by themselves, and says what migrate and verify do about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from migrator.commands.shared.epochs import epoch_of, require_digests
from migrator.core.plan.steps import CreateDatabase, by_server
from migrator.core.result.wording import listed, plural
from migrator.core.run.facts import EPOCH, FILES, TENANTS_DROPPED
from migrator.core.schema.identifiers import identifier
from migrator.errors import RefusedError
from migrator.postgres.databases.databases import marks, of_run
from migrator.postgres.fence.fence import read_fence
from migrator.postgres.session.connect import READ_ONLY, session

if TYPE_CHECKING:
    from migrator.commands.shared.workspace import RunContext
    from migrator.core.plan.steps import Plan
    from migrator.core.plan.survey import Survey
    from migrator.core.schema.catalog import Relation
    from migrator.journal import RunJournal

BEGUN, DONE = "begun", "done"


def dropped_tenants(journal: RunJournal) -> Mapping[str, str]:
    """The tenants of a run that were taken back and not migrated again: key -> BEGUN or DONE."""
    return journal.recorded(TENANTS_DROPPED) or {}


def mark_dropped(journal: RunJournal, tenant: str, state: str) -> None:
    """Records how far a tenant is taken back."""
    journal.record(TENANTS_DROPPED, {**dropped_tenants(journal), tenant: state})


def require_standing(journal: RunJournal, plan: Plan) -> None:
    """Refuses to speak of a split that a rollback has begun to take back and has not closed.

    Raises:
        RefusedError: databases of the run that no rollback of a single tenant explains are dropped.
    """
    expected = {step.database for step in standing(journal, list(plan.of(CreateDatabase)))}
    databases = journal.artefacts("database")
    dropped = [one.name for one in databases if one.state == "dropped" and one.name in expected]
    if dropped:
        raise RefusedError(
            f"A rollback of run {journal.run_id} dropped {plural(len(dropped), 'database')} of it and did not come to "
            "its end.",
            f"Let it: migrator rollback --confirm {journal.run_id}",
        )


def require_databases(context: RunContext, plan: Plan) -> None:
    """Refuses to speak of a split of which somebody else has taken databases away.

    Raises:
        RefusedError: databases that migrate made are not on their servers, or bear other names there.
    """
    missing: list[CreateDatabase] = []
    renamed: dict[str, str] = {}
    for server, steps in by_server(standing(context.journal, list(plan.of(CreateDatabase)))).items():
        with session(context.server(server), purpose="check", settings=READ_ONLY) as connection:
            there = marks(connection)
        names = {
            (mark.target, mark.tenant): name
            for name, mark in of_run(there, context.id).items()
            if mark.role == "target"
        }
        for step in steps:
            if step.database not in there:
                if (step.target, step.tenant) in names:
                    renamed[step.database] = names[step.target, step.tenant]
                else:
                    missing.append(step)
    if renamed:
        told = listed(f"{was} is {name} now" for was, name in sorted(renamed.items()))
        was, name = min(renamed.items())
        raise RefusedError(
            f"Databases of run {context.id} bear other names, by which nothing is looked for: {told}.",
            f"Name them as they were: ALTER DATABASE {identifier(name)} RENAME TO {identifier(was)};",
        )
    if not missing:
        return
    gone = listed(sorted(step.database for step in missing))
    tenant = missing[0].tenant
    raise RefusedError(
        f"Databases of run {context.id} are gone, and not by migrator: {gone}. What applications wrote there went with "
        "them; the rows that they were made of are still in the source.",
        f"Take tenant {tenant} back, and migrate makes it anew: "
        f"migrator rollback --tenant {tenant} --confirm {context.id} --discard-writes"
        if tenant
        else "See what can be taken back: migrator rollback --validate.",
    )


def all_are_there(journal: RunJournal) -> None:
    """Forgets that tenants were taken back: migrate has made their databases again."""
    if dropped_tenants(journal):
        journal.record(TENANTS_DROPPED, {})


def forget_tenant(journal: RunJournal, tenant: str, databases: Mapping[str, str]) -> None:
    """Lets migrate do again what it did for one tenant; `databases` are its databases with their targets.

    Copies are recorded for all tenants of a table together. They are read again; where a database has their receipt,
    nothing is written.
    """
    targets = set(databases.values())
    steps = [
        record.step
        for record in journal.step_records().values()
        if (record.kind == "finish" and record.database in databases)
        or (record.kind == "copy" and record.target in targets)
    ]
    journal.forget_tenant(tenant, steps)


def require_same_source(context: RunContext, survey: Survey) -> None:
    """Refuses to migrate single tenants again from another state of the source than the others came from.

    Raises:
        RefusedError: the fence did not stand all the time, the tables were rewritten, a tenant is half taken back, or
            the others were migrated by a version that hashed rows in another way.
    """
    tenants = dropped_tenants(context.journal)
    if not tenants:
        return
    if begun := sorted(tenant for tenant, state in tenants.items() if state == BEGUN):
        raise RefusedError(
            f"Tenant {begun[0]} is half taken back.",
            f"Finish that first: migrator rollback --tenant {begun[0]} --confirm {context.id}",
        )
    require_digests(
        context.journal,
        f"the rows of tenant {', '.join(sorted(tenants))} could not be proven beside those of the others.",
        "Take the whole run back and migrate again: migrator rollback.",
    )
    with context.workspace.read_source("check") as connection:
        fence = read_fence(connection)
    tables: set[Relation] = {
        relation for table in survey.catalog.tables.values() for relation in (table.relation, *table.partitions)
    }
    files = {str(table.relation): table.file for table in survey.catalog.tables.values()}
    stands = fence is not None and fence.run == context.id and tables <= fence.fenced
    if not (
        stands
        and fence is not None
        and epoch_of(fence.epoch) == context.journal.recorded(EPOCH)
        and files == context.journal.recorded(FILES)
    ):
        raise RefusedError(
            "The source has not been fenced all the time since migrate, so the rows of tenant "
            f"{', '.join(sorted(tenants))} are of another moment than the others'.",
            "Take the whole run back and migrate again: migrator rollback.",
        )


def standing(journal: RunJournal, steps: list[CreateDatabase]) -> list[CreateDatabase]:
    """Those of the databases that are not taken back."""
    gone = dropped_tenants(journal)
    return [step for step in steps if step.tenant not in gone]
