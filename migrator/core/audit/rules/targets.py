"""Rules on target servers and their databases: S13, S17, S19, S20, S22, S26."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from migrator.core.audit.facts import Facts
from migrator.core.audit.finding import Category, Observation, rule
from migrator.core.plan.checks import needed_bytes, sessions_needed
from migrator.core.plan.steps import CreateDatabase, PrepareTarget
from migrator.core.result.wording import listed, plural, size
from migrator.core.schema.identifiers import identifier
from migrator.core.schema.names import MAX_IDENTIFIER_BYTES

_MANY_ROWS = 1_000_000  # below, no tenant is large enough to hold the others up
_FEW_TENANTS = 4  # among two or three, one is always the largest by far


@rule(
    "S13", "E", Category.READINESS, "database", "Extension that a target server does not have",
    why="What is built on the extension (types, operators, functions) cannot be created there, so the target's schema "
    "cannot be either.",
    remedy="Install the extension's package on the target server, in a version that is not older than the source's; "
    "or do without what needs it.",
)  # fmt: skip
def missing_extension(facts: Facts) -> Iterator[Observation]:
    """Extensions that a target server cannot install (an error where something depends on it), or only older ones."""
    for server in facts.targets.servers:
        for name, version in sorted(facts.catalog.extensions.items()):
            used = name in facts.extensions_in_use
            offered = server.extensions.get(name)
            where = f"extension {name} on server {server.name}"
            if offered is None:
                yield Observation(
                    where, f"{server.name}:{name}",
                    f"The source has version {version}, the server offers none. "
                    + ("Columns, indexes, views or defaults depend on it." if used
                       else "Nothing but perhaps the text of a function depends on it."),
                    severity="E" if used else "W",
                )  # fmt: skip
            elif _numbers(offered) < _numbers(version):
                yield Observation(
                    where, f"{server.name}:{name}",
                    f"The server offers version {offered}, older than the source's {version}.", severity="W",
                )  # fmt: skip


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


@rule(
    "S17", "W", Category.SECURITY, "database", "Roles that do not travel",
    why="Roles belong to a server, not to a database: what the source grants them is refused on a server that does "
    "not know them. Tables of several owners can be fenced only by a member of all of them.",
    remedy="Create the roles on the target server (pg_dumpall --roles-only shows them) before its schema grants them "
    "anything; let one role own the tables.",
)  # fmt: skip
def roles_that_stay(facts: Facts) -> Iterator[Observation]:
    """Owners of tables where there are several, and roles with objects or grants that a target server lacks."""
    owners = sorted((role for role in facts.roles if role.tables), key=lambda role: (-role.tables, role.name))
    if len(owners) > 1:
        roles = listed(f"{role.name} ({plural(role.tables, 'table')})" for role in owners)
        yield Observation("owners of tables", "owners", f"Tables have {len(owners)} owners: {roles}.")
    for server in facts.targets.servers:
        for role in facts.roles:
            if role.name not in server.roles:
                holds = [plural(role.tables, "table")] if role.tables else []
                holds += ["privileges"] if role.granted else []
                yield Observation(
                    f"role {role.name} on server {server.name}", f"{server.name}:{role.name}",
                    f"The server does not know it. In the source it has {' and '.join(holds) or 'objects'}.",
                    sql_fix=f"CREATE ROLE {identifier(role.name)};", sql_undo=f"DROP ROLE {identifier(role.name)};",
                )  # fmt: skip


@rule(
    "S26", "W", Category.SECURITY, "database", "Application role that will have no access",
    why="What a role may do in the source it may not do in the targets unless their schemas say so: an owner whom "
    "--no-owner left out, or a role that no GRANT of the trees names, cannot read a single row after the split.",
    remedy="Grant it what it needs in a revision of the target's tree, or let migrator make roles for single databases "
    "([roles] per_tenant), and give these to the application.",
)  # fmt: skip
def roles_without_access(facts: Facts) -> Iterator[Observation]:
    """Roles that own tables of the source, or are granted something there, and that no target's tree names."""
    named = facts.targets.roles_of_trees
    if named is None:
        return
    for role in facts.roles:
        if role.name not in named and not role.superuser:
            holds = [f"owns {plural(role.tables, 'table')}"] if role.tables else []
            holds += ["is granted privileges"] if role.granted else []
            yield Observation(
                f"role {role.name}", role.name,
                f"In the source it {' and '.join(holds) or 'owns objects'}; no target's tree names it.",
            )  # fmt: skip


@rule(
    "S19", "E", Category.READINESS, "database", "Database name that is taken or too long",
    why="migrator never writes into a database that it did not make, and PostgreSQL cuts names after 63 bytes without "
    "an error, so that two names become one.",
    remedy="Choose another [source] prefix or database pattern; rename or drop what is in the way yourself, or take "
    "back the run that made it.",
)  # fmt: skip
def unusable_name(facts: Facts) -> Iterator[Observation]:
    """Names that the plan would make: taken on their server by somebody else, or longer than an identifier may be."""
    if facts.targets.conflict:
        yield Observation("names of databases", "conflict", facts.targets.conflict)
    plan = facts.targets.plan
    if plan is None:
        return
    made = [(step.server, step.database) for step in plan.of(CreateDatabase)]
    made += [(step.server, name) for step in plan.of(PrepareTarget) for name in (step.template, step.bare)]
    for name in sorted({name for _, name in made if len(name.encode()) > MAX_IDENTIFIER_BYTES}):
        yield Observation(
            f"database {name}", f"length:{name}",
            f"The name takes {len(name.encode())} bytes, and an identifier holds {MAX_IDENTIFIER_BYTES}.",
        )  # fmt: skip
    for server in facts.targets.servers:
        names = sorted({name for where, name in made if where == server.name} & server.databases.keys())
        taken = [name for name in names if server.databases[name] != facts.targets.run]
        if taken:
            yield Observation(
                f"databases on server {server.name}", f"{server.name}:taken",
                f"{plural(len(taken), 'database')} {'exists' if len(taken) == 1 else 'exist'} already and "
                f"{'was' if len(taken) == 1 else 'were'} not made by this run: {listed(taken)}.",
            )  # fmt: skip


@rule(
    "S20", "E", Category.CAPACITY, "database", "Too little room on a target server",
    why="A full disk stops the whole server, and a migration that cannot connect stops half-way; both can be resumed, "
    "but the monolith is fenced meanwhile. A tenant larger than all others together decides how long that takes.",
    remedy="Free or add disk; lower --jobs, end idle sessions or raise max_connections. For the large tenant's sake, "
    "take the time from a rehearsal (migrator dry-run --rehearse) instead of an average.",
)  # fmt: skip
def too_little_room(facts: Facts) -> Iterator[Observation]:
    """Disk and sessions of the target servers below what the plan needs; a tenant with most of all rows (warning)."""
    plan = facts.targets.plan
    needed = needed_bytes(facts.catalog, facts.placements, plan) if plan is not None else {}
    sessions = sessions_needed(facts.targets.jobs)
    for server in facts.targets.servers:
        already_made = set(server.databases.values()) & {facts.targets.run}
        room = needed.get(server.name, 0)
        if server.free_bytes is not None and server.free_bytes < room and not already_made:
            yield Observation(
                f"disk of server {server.name}", f"{server.name}:disk",
                f"{size(server.free_bytes)} are free, about {size(room)} are needed.",
            )  # fmt: skip
        if server.free_sessions < sessions:
            yield Observation(
                f"sessions of server {server.name}", f"{server.name}:sessions",
                f"{server.free_sessions} free connections, {sessions} are needed at least for "
                f"{plural(facts.targets.jobs, 'job')}.",
            )  # fmt: skip
    owned: Counter[str] = Counter()
    for counted in facts.unowned:
        owned.update(counted.by_tenant)
    rows = owned.total()
    if rows >= _MANY_ROWS and len(owned) >= _FEW_TENANTS:
        ((tenant, most),) = owned.most_common(1)
        if most * 2 > rows:
            yield Observation(
                f"tenant {tenant}", f"tenant:{tenant}",
                f"It has {most:,} of {rows:,} tenants' rows ({most * 100 / rows:.0f} %); {len(owned):,} "
                "tenants share them.",
                severity="W",
            )  # fmt: skip


@rule(
    "S22", "E", Category.READINESS, "database", "Database that is not like its template",
    why="Tenants' databases are maintained as one: a revision that fits the template fails, or does something else, in "
    "a database that somebody changed by hand.",
    remedy="Bring the change into the Alembic tree and so into every database, or undo it in this one.",
)  # fmt: skip
def drifted_database(facts: Facts) -> Iterator[Observation]:
    """Databases that the run made whose tables, constraints, functions, privileges, … differ from their template's."""
    for drifted in facts.targets.drifted:
        drifts = listed(f"{kind} {name} is {how}" for kind, name, how in drifted.objects)
        yield Observation(
            f"database {drifted.database}", drifted.database,
            f"{plural(len(drifted.objects), 'object')} against the template: {drifts}.",
        )  # fmt: skip


RULES = (missing_extension, roles_that_stay, roles_without_access, unusable_name, too_little_room, drifted_database)
