"""Reads what a run has left on the servers and in the source, and refuses what cannot be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.commands.changes.find import find_writes
from migrator.commands.changes.way_back import LaterWrites
from migrator.commands.plan.stored import plan_now
from migrator.commands.rollback.findings import (
    Findings,
    ServerRole,
    foreign_fence,
    strays_message,
    unknown_fence,
    written_message,
)
from migrator.commands.shared.following import is_followed
from migrator.commands.shared.privileges import require_privileges
from migrator.commands.shared.run_tenants import servers_of
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.plan.steps import Plan
from migrator.core.run.facts import DROPPING
from migrator.core.run.step_id import StepId
from migrator.core.schema.identifiers import identifier
from migrator.errors import MigratorError, RefusedError
from migrator.journal import RunJournal
from migrator.postgres.copy.receipts import read_receipts
from migrator.postgres.databases.databases import MarkedDatabase, marks, of_run
from migrator.postgres.databases.post_data import FINISH_UNIT
from migrator.postgres.databases.roles import marked_roles
from migrator.postgres.fence.fence import read_fence
from migrator.postgres.fence.read_only import not_owned
from migrator.postgres.session.connect import READ_ONLY, session


def look(context: RunContext, plan: Plan | None, tenant: str | None = None) -> Findings:
    """What the run left on the servers, or only what it left of one tenant (its key).

    `plan` is the one that it was carried out by; None where the journal does not say, and today's has to do.
    """
    databases: list[MarkedDatabase] = []
    roles: list[ServerRole] = []
    for name in servers_of(context):
        with session(context.server(name), purpose="rollback", settings=READ_ONLY) as connection:
            databases += [
                MarkedDatabase(name, database, mark)
                for database, mark in sorted(of_run(marks(connection), context.id).items())
                if mark.role != "restored" and (tenant is None or mark.tenant == tenant)
            ]
            roles += [
                ServerRole(name, role)
                for role, mark in marked_roles(connection).items()
                if mark and mark.run == context.id and (tenant is None or mark.tenant == tenant)
            ]
    with context.workspace.read_source("rollback") as connection:
        fence = read_fence(connection)
    # A receipt that somebody deleted does not unmake a database that applications write to.
    steps = context.journal.step_records()
    finished: list[MarkedDatabase] = []
    unfinished: list[MarkedDatabase] = []
    for made in databases:
        if made.mark.role != "target":
            continue
        step = steps.get(str(StepId("finish", database=made.database)))
        done = (step is not None and step.status == "done") or _has_finish_receipt(context.workspace, made)
        (finished if done else unfinished).append(made)
    writes, untold = None, None
    # What is followed has never been open to applications, and is not what it was when it was copied.
    if finished and not is_followed(context.journal):
        fenced = fence is not None and fence.run == context.id
        try:
            writes = find_writes(context, plan or plan_now(context.workspace), finished, fenced=fenced)
        except MigratorError as error:
            untold = error
    return Findings(
        tuple(databases),
        fence,
        writes,
        tuple(made.database for made in unfinished),
        tuple(roles),
        _gone(context.journal, databases, tenant),
        untold,
    )


def _has_finish_receipt(workspace: Workspace, made: MarkedDatabase) -> bool:
    endpoint = workspace.server(made.server).at(made.database)
    with session(endpoint, purpose="rollback", settings=READ_ONLY) as connection:
        return FINISH_UNIT in read_receipts(connection)


def _gone(journal: RunJournal, there: Sequence[MarkedDatabase], tenant: str | None) -> tuple[str, ...]:
    """Databases that migrate finished, that no rollback has begun to drop, and that are not there: somebody did it.

    One that was renamed is there: its mark says whose it is.
    """
    known = {made.place for made in there if made.mark.role == "target"}
    dropping = set(journal.recorded(DROPPING) or ())
    steps = journal.step_records()
    return tuple(
        one.name
        for one in journal.artefacts("database")
        if one.state == "created"
        and one.tenant is not None  # "" where the target is not per tenant; None for templates
        and (tenant is None or one.tenant == tenant)
        and (one.target, one.tenant) not in known
        and one.name not in dropping
        and (step := steps.get(str(StepId("finish", database=one.name)))) is not None
        and step.status == "done"
    )


def note_dropping(journal: RunJournal, databases: Sequence[str]) -> None:
    """Records that from here on it is us by whom the databases may be gone."""
    before = journal.recorded(DROPPING) or ()
    journal.record(DROPPING, sorted({*before, *databases}))


def forget_dropping(journal: RunJournal, databases: Sequence[str]) -> None:
    """They are dropped, and migrate may make them again."""
    before = journal.recorded(DROPPING) or ()
    journal.record(DROPPING, sorted({*before} - {*databases}))


def require_nothing_lost(findings: Findings, later: LaterWrites) -> None:
    """Refuses where what applications wrote would be lost, or may be, and `later` does not say what becomes of it.

    Raises:
        RefusedError: targets were written to, are gone, or cannot be compared with what they were.
    """
    if later.discard:
        return
    if findings.gone:
        raise RefusedError(
            f"Databases of this run are gone, and not by migrator: {', '.join(findings.gone)}. What applications had "
            "written to them cannot be told.",
            "Restore them where you can; they are known by their mark, the comment on the database. Else give those "
            "rows up: --discard-writes.",
        )
    if findings.untold is not None:
        raise RefusedError(
            f"Whether applications wrote to the targets cannot be told: {findings.untold.message}",
            f"{findings.untold.hint} To give up whatever they wrote: --discard-writes (the databases are dumped "
            "first).",
        )
    if findings.strays:
        raise RefusedError(
            strays_message(findings),
            "Let rows name them, in a column that [tables.X] large_objects lists, or unlink them (vacuumlo). To give "
            "them up: --discard-writes (the databases are dumped first).",
        )
    if findings.written and not later.kept:
        raise RefusedError(
            written_message(findings),
            "Nothing was changed. Keep them as files: --save-writes DIR. Carry them back into the source: "
            "--replay-writes. Give them up: --discard-writes.",
        )


def require_able(context: RunContext, findings: Findings) -> None:
    """Refuses where the role may not drop what was found or lift the fence, or where the fence is another run's.

    Raises:
        RefusedError: it may not, and the hint holds the statements that let it; or this run has made nothing, and
            the fence is of one that the journal does not know.
    """
    foreign = foreign_fence(context.id, findings) is not None
    if findings.fence is not None and foreign and all(one.state == "dropped" for one in context.journal.artefacts()):
        raise unknown_fence(findings.fence, f"the open run, {context.id}, has made nothing")
    for server in sorted({server for server, _, _ in findings.databases}):
        with session(context.server(server), purpose="rollback", settings=READ_ONLY) as connection:
            missing = not_owned(connection, [name for at, name, _ in findings.databases if at == server])
            role = connection.info.user
        if missing:
            name, owner = next(iter(missing.items()))
            more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
            grants = "; ".join(f"GRANT {identifier(one)} TO {identifier(role)}" for one in sorted({*missing.values()}))
            raise RefusedError(
                f"The role {role} may not drop {name}, which belongs to {owner}{more}.",
                f"Type the same as the role that migrated, or have it granted: {grants};",
            )
    if findings.fence is not None and not foreign:
        require_privileges(context.workspace, "fence")
