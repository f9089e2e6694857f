"""connections: in which database each tenant's rows are served now, for applications and poolers. It reads only."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.commands.plan.find import NamedPlan, find_plan
from migrator.commands.plan.finished import FINISHED_RUN, standing_source
from migrator.commands.shared.dropped_tenants import BEGUN, dropped_tenants
from migrator.commands.shared.workspace import Workspace
from migrator.core.connections.map import DatabaseAddress, DatabaseMap, MapEntry, ServingState
from migrator.core.online.stages import MEANINGS, Stage
from migrator.core.plan.steps import CreateDatabase
from migrator.errors import RefusedError
from migrator.journal import FollowedDatabase
from migrator.postgres.session.connect import Endpoint


@dataclass(frozen=True)
class ServingMap:
    """The map of a migration. `plan_state` says what became of the plan that it is made from."""

    map: DatabaseMap
    source: str
    plan_state: str


def connections(workspace: Workspace, name: str | None = None) -> ServingMap:
    """The map by the plan that is carried out, else by that of the newest dry-run: the monolith serves all of it then.

    `name` chooses a tenant (key, slug or database), or a target.

    Raises:
        RefusedError: nothing has been planned, or nothing is called so.
    """
    workspace, _ = standing_source(workspace)
    named = find_plan(workspace, None)
    whole = _map(workspace, named)
    chosen = whole if name is None else whole.of(name)
    if not chosen.entries:
        raise RefusedError(
            f"Neither a tenant nor a target of run {named.run.id} is called {name}.",
            "All of them: migrator connections.",
        )
    return ServingMap(chosen, str(workspace.source), named.state)


def _map(workspace: Workspace, named: NamedPlan) -> DatabaseMap:
    workspace, plan, run = workspace.decided_by(named.plan.decisions), named.plan, named.run
    slugs = {tenant.key: tenant.slug for tenant in plan.tenants}
    monolith = _address(workspace.source, "")
    gone = dropped_tenants(workspace.journal.of(run.id))
    serving = _serving(workspace, named)
    followed = {one.database: one for one in workspace.journal.of(run.id).followed_databases()}
    entries = []
    for step in plan.of(CreateDatabase):
        state: ServingState = serving
        if serving == "live" and step.tenant in gone:
            state = "frozen" if gone[step.tenant] == BEGUN or not run.closed_at else "monolith"
        if (one := followed.get(step.database)) is not None:
            state = _served(one)
        endpoint = workspace.maintenance(step.server).at(step.database)
        own = _address(endpoint, step.roles.app if step.roles is not None else "")
        entries.append(
            MapEntry(step.database, step.target, step.tenant, slugs.get(step.tenant, ""), state, own, monolith)
        )
    entries.sort(key=lambda entry: (entry.tenant != "", entry.target, entry.slug))
    # Each decision about a tenant has a higher number than the one before it.
    decided = max((one.generation for one in followed.values()), default=0)
    # Each attempt at a stage may have moved something, and none is ever forgotten.
    return DatabaseMap(run.id, decided + len(workspace.journal.of(run.id).stage_records()), tuple(entries))


def _served(database: FollowedDatabase) -> ServingState:
    """Who serves the rows of a database that follows, or has followed: what the map was told, unless it is moving."""
    if MEANINGS[Stage(database.state)].writer == "nobody":
        return "frozen"
    return "live" if database.served_by == "target" else "monolith"


def _serving(workspace: Workspace, named: NamedPlan) -> ServingState:
    """Who serves the rows of a whole run: its own databases once all of them are complete and proven."""
    run = named.run
    if run.fingerprint != named.record.fingerprint:
        return "monolith"
    if run.closed_at is not None:
        return "live" if run.outcome == FINISHED_RUN else "monolith"
    journal = workspace.journal.of(run.id)
    last = journal.last("migrate")
    fenced = journal.fenced_since() is not None
    if last is not None and last.status == "done" and last.summary.get("fenced"):
        return "live"
    return "frozen" if fenced else "monolith"


def _address(endpoint: Endpoint, user: str) -> DatabaseAddress:
    parameters = endpoint.parameters
    return DatabaseAddress(
        endpoint.database, str(parameters.get("host") or ""), str(parameters.get("port") or ""), user
    )
