"""Reads the facts about target servers: free disk, names, roles, extensions, databases that differ."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from migrator.commands.plan.stored import plan_now, readable_plan
from migrator.commands.sequences.blocks import RunBlocks, run_blocks
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.commands.targets.tenant_objects import OwnObjects
from migrator.core.audit.facts import DriftedDatabase, TargetFacts
from migrator.core.plan.checks import ServerFacts
from migrator.core.plan.steps import CreateDatabase, Plan, PrepareTarget
from migrator.core.trees.named_roles import named_roles
from migrator.core.verify.object_differences import object_differences
from migrator.errors import ConfigurationError, DatabaseError, RefusedError
from migrator.postgres.plan.server_facts import read_server_facts
from migrator.postgres.schema.catalog import Objects, read_objects
from migrator.postgres.session.connect import READ_ONLY, Endpoint, session
from migrator.postgres.verify.verify_database import limited
from migrator.revisions import heads
from migrator.settings import Settings


def look_at_targets(context: RunContext) -> TargetFacts:
    """Everything that can be known of the targets now, whether or not their trees and servers are there yet."""
    stored = readable_plan(context)
    plan, obstacle, conflict = _plan(context.workspace) if stored is None else (stored.plan, "", "")
    context = context if stored is None else stored.context
    servers: list[ServerFacts] = []
    unreachable: dict[str, str] = {}
    for name in context.settings.target_servers:
        try:
            servers.append(server_facts(context.workspace, name))
        except DatabaseError as error:
            unreachable[name] = error.message
    migrated = context.journal.last("migrate")
    drifted: Iterable[DriftedDatabase] = ()
    if plan is not None and migrated is not None and migrated.status == "done" and not unreachable:
        # Of a run that was finished the limits of sequences are lifted.
        blocks = RunBlocks() if context.run.closed_at else run_blocks(context.journal)
        drifted = _drifted(context.workspace, plan, servers, blocks)
    return TargetFacts(
        plan, obstacle, conflict, context.id, context.settings.limits.jobs, tuple(servers), unreachable, tuple(drifted),
        _roles_of_trees(context.settings),
    )  # fmt: skip


def _roles_of_trees(settings: Settings) -> frozenset[str] | None:
    """The roles that the targets' trees name; None where there is no tree yet."""
    roles: set[str] = set()
    trees = {settings.path(target.migrations) for target in settings.targets.values()}
    files = [file for tree in trees for kind in ("*.sql", "*.py") for file in tree.glob(f"versions/**/{kind}")]
    for file in files:
        roles |= named_roles(file.read_text(encoding="utf-8", errors="replace"))
    return frozenset(roles) if files else None


def server_facts(workspace: Workspace, name: str) -> ServerFacts:
    """What one of them says about itself.

    Raises:
        DatabaseError: it cannot be reached.
    """
    configured = workspace.settings.servers.get(name)
    return read_server_facts(
        name,
        workspace.server(name),
        workspace.settings.limits.max_target_connections,
        configured.free_disk if configured else None,
    )


def _plan(workspace: Workspace) -> tuple[Plan | None, str, str]:
    """The plan; or why there cannot be one yet; or why its names cannot be: dry-run refuses then, the audit goes on."""
    settings = workspace.settings
    if not settings.targets:
        return None, "No target is configured.", ""
    try:
        for target in settings.targets.values():
            heads(settings.path(target.migrations))
    except ConfigurationError as error:
        return None, error.message, ""
    try:
        return plan_now(workspace), "", ""
    except (ConfigurationError, RefusedError) as error:
        return None, "", error.message


def _drifted(
    workspace: Workspace, plan: Plan, servers: Iterable[ServerFacts], blocks: RunBlocks
) -> Iterable[DriftedDatabase]:
    existing = {(server.name, name) for server in servers for name in server.databases}
    templates = {
        (step.target, step.server): _objects(workspace.server(step.server).at(step.template))
        for step in plan.of(PrepareTarget)
        if (step.server, step.template) in existing
    }
    made = [
        step
        for step in plan.of(CreateDatabase)
        if (step.target, step.server) in templates and (step.server, step.database) in existing
    ]
    if not made:
        return
    own = OwnObjects(workspace, plan, plan.survey)
    source = _objects(workspace.source)
    endpoints = [workspace.server(step.server).at(step.database) for step in made]
    with ThreadPoolExecutor(workspace.settings.limits.jobs) as pool:
        for step, objects in zip(made, pool.map(_objects, endpoints), strict=True):
            own_objects = own.expected(step, source, templates[step.target, step.server])
            expected = limited(own_objects, blocks.of(step.target, step.database))
            if differences := object_differences(expected, objects):
                yield DriftedDatabase(step.database, differences)


def _objects(endpoint: Endpoint) -> Objects:
    with session(endpoint, purpose="audit", settings=READ_ONLY) as connection:
        return read_objects(connection)
