"""Roles of single databases ([roles] per_tenant): checks them, delivers passwords, and verifies them."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.plan.checks import Check
from migrator.core.plan.steps import CreateDatabase, Plan, PrepareTarget, by_server
from migrator.core.run.facts import PASSWORDS
from migrator.core.schema.identifiers import identifier
from migrator.errors import ConfigurationError
from migrator.files import write_atomically
from migrator.journal import RunJournal
from migrator.postgres.databases.roles import close_database, make_own_role, marked_roles, set_password
from migrator.postgres.session.connect import READ_ONLY, rows, session

_COMMAND_SECONDS = 300


def role_checks(context: RunContext, plan: Plan) -> Iterable[Check]:
    """Whether the roles of the plan's databases can be made, and who could connect besides."""
    steps = [step for step in plan.of(CreateDatabase) if step.roles is not None]
    for server in sorted({step.server for step in steps}):
        where = f"roles on server {server}"
        with session(context.server(server), purpose="dry-run", settings=READ_ONLY) as connection:
            ((role, _, may_create, _, _),) = rows(connection, "databases/server_role")
            existing = marked_roles(connection)
        here = [step for step in steps if step.server == server]
        names = {name for step in here for name in (*step.own_roles, *([step.roles.group] if step.roles else []))}
        ours = {name for name, mark in existing.items() if mark is not None and mark.run == context.id}
        foreign = sorted((names & existing.keys()) - ours)
        if not may_create:
            remedy = f"ALTER ROLE {identifier(role)} CREATEROLE;"
            yield Check(where, "block", f"the role {role} may not create roles", remedy)
        if foreign:
            yield Check(
                where,
                "block",
                f"{len(foreign)} roles exist already and were not made by this run: {', '.join(foreign[:5])}",
                "Rename or drop them yourself, or choose another [source] prefix.",
            )
        if may_create and not foreign:
            yield Check(where, "ok", f"{len(names)} role names are free")
    if steps and context.workspace.shares_server_with_source():
        with context.workspace.read_source("dry-run") as connection:
            row = connection.execute(
                "SELECT pg_catalog.has_database_privilege('public', pg_catalog.current_database(), 'CONNECT')"
            ).fetchone()
        if row is not None and row[0]:
            database = identifier(context.source.database)
            yield Check(
                "roles",
                "warn",
                "every role of the server may connect to the source; what it may do there, its grants say",
                f"REVOKE CONNECT ON DATABASE {database} FROM PUBLIC; once its own users have it by name.",
            )


def make_groups(context: RunContext, plan: Plan) -> None:
    """Makes the groups that the templates grant their tables to, and closes the journal to the roles to come."""
    steps = [step for step in plan.of(PrepareTarget) if step.group]
    for step in steps:
        with session(context.server(step.server), purpose="prepare") as connection:
            context.journal.artefact("role", step.group, "intended", target=step.target)
            make_own_role(connection, step.group, context.id, step.target)
            context.journal.artefact("role", step.group, "created", target=step.target)
    if steps:
        with session(context.server(), purpose="prepare") as connection:
            close_database(connection, context.workspace.control.database)


def deliver_passwords(context: RunContext, plan: Plan) -> None:
    """Gives each application role that has none a password, and hands these out, once; nothing here keeps them.

    They are handed out before the server learns them (as a SCRAM verifier, so that its log does not either): after a
    crash in between they are made anew, and what was handed out last is what counts.

    Raises:
        ConfigurationError: the command, or the file, did not take them; no role has got one then.
    """
    done = set(context.journal.recorded(PASSWORDS) or ())
    waiting = [step for step in plan.of(CreateDatabase) if step.roles and step.roles.application not in done]
    if not waiting:
        return
    passwords = {step.database: secrets.token_urlsafe(24) for step in waiting}
    lines = "".join(
        json.dumps(
            {
                "server": step.server,
                "database": step.database,
                "role": step.roles.application,
                "password": passwords[step.database],
            }
        )
        + "\n"
        for step in waiting
    )
    command = context.settings.roles.hand_out
    if command:
        _give(command, lines, context.settings.root, list(passwords.values()))
        where = command[0]
    else:
        where = str(_file(context, lines))
    for step in waiting:
        with session(context.server(step.server), purpose="passwords") as connection:
            set_password(connection, step.roles.application, passwords[step.database])
    context.journal.record(PASSWORDS, sorted(done | {step.roles.application for step in waiting}))
    context.progress.say(f"the passwords of {len(waiting)} application roles are handed out: {where}")


def forget_passwords(journal: RunJournal, roles: Iterable[str]) -> None:
    """Lets roles that were dropped get passwords again when they are made again."""
    done = set(journal.recorded(PASSWORDS) or ())
    if left := done & set(roles):
        journal.record(PASSWORDS, sorted(done - left))


def _file(context: RunContext, lines: str) -> Path:
    file = context.settings.root / f"passwords.{context.id}.jsonl"
    try:
        kept = file.read_text(encoding="utf-8") if file.exists() else ""
        again = {json.loads(line)["role"] for line in lines.splitlines()}
        rest = [line for line in kept.splitlines() if json.loads(line)["role"] not in again]
        write_atomically(file, ("".join(f"{line}\n" for line in rest) + lines).encode())
    except OSError as error:
        raise ConfigurationError(
            f"The passwords cannot be written to {file}: {error.strerror}.",
            "Nobody has got one yet. Make room there, or set [roles] hand_out, then run `migrator migrate` again.",
        ) from error
    return file


def _give(command: Sequence[str], lines: str, directory: Path, passwords: Sequence[str]) -> None:
    hint = "Nobody has got a password yet. Mend the command, then run `migrator migrate` again."
    try:
        done = subprocess.run(
            command, input=lines.encode(), cwd=directory, check=False, timeout=_COMMAND_SECONDS,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        what = error.strerror if isinstance(error, OSError) else "it did not end"
        raise ConfigurationError(f"[roles] hand_out cannot be run: {what}.", hint) from None
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip()[-500:]
        for password in passwords:
            told = told.replace(password, "********")
        raise ConfigurationError(f"[roles] hand_out failed: {told or f'exit code {done.returncode}'}", hint)


class AccessDifference(NamedTuple):
    """A database, and who owns it or may connect to it and should not, or the other way round."""

    database: str
    what: str


def access_differences(workspace: Workspace, steps: Iterable[CreateDatabase]) -> tuple[AccessDifference, ...]:
    """Where the databases' owners, and who may connect to them, are not as they were made."""
    differences: list[AccessDifference] = []
    for server, own in by_server(step for step in steps if step.roles is not None).items():
        with session(workspace.server(server), purpose="verify", settings=READ_ONLY) as connection:
            databases = {"databases": [step.database for step in own]}
            access = {
                name: (owner, set(connecting))
                for name, owner, connecting in rows(connection, "databases/database_access", databases)
            }
            roles = {"roles": [*(name for step in own for name in step.own_roles), *_groups(own)]}
            powers = rows(connection, "databases/role_powers", roles)
        members = {name: (beyond, set(joined)) for name, beyond, joined, _ in powers}
        for step in own:
            differences += [AccessDifference(step.database, what) for what in _wrong(step, access, members)]
        differences += _by_leave_of(own, {name: set(by_leave) for name, _, _, by_leave in powers})
    return tuple(differences)


def _groups(steps: Iterable[CreateDatabase]) -> set[str]:
    return {step.roles.group for step in steps if step.roles is not None}


def _by_leave_of(steps: Sequence[CreateDatabase], members: Mapping[str, set[str]]) -> Iterable[AccessDifference]:
    """Who may connect because a role of ours has him as a member; a group's members are told once."""
    applications = {step.roles.application for step in steps if step.roles is not None}
    told = set[str]()
    for step in steps:
        assert step.roles is not None
        for name in (step.roles.owner, step.roles.application, step.roles.group):
            if name not in told:
                told.add(name)
                # Of an application role that is a member of another's, its own database tells.
                for other in sorted(members.get(name, set()) - applications):
                    yield AccessDifference(step.database, f"the role {other} is a member of {name}")


def _wrong(
    step: CreateDatabase,
    access: Mapping[str, tuple[str, set[str]]],
    members: Mapping[str, tuple[str, set[str]]],
) -> Iterable[str]:
    assert step.roles is not None
    owner, connecting = access.get(step.database, ("", set()))
    if owner != step.roles.owner:
        yield f"its owner is {owner}, not {step.roles.owner}"
    wanted = {step.roles.owner, step.roles.application, *step.readers}
    yield from (f"{name or 'PUBLIC'} may connect to it" for name in sorted(connecting - wanted))
    yield from (f"{name} may not connect to it" for name in sorted(wanted - connecting))
    for name, groups in ((step.roles.owner, set()), (step.roles.application, {step.roles.group})):
        if name not in members:
            yield f"the role {name} is gone"
            continue
        powers, joined = members[name]
        if powers:
            yield f"the role {name} has {powers}"
        yield from (f"the role {name} is a member of {group}" for group in sorted(joined - groups))
        yield from (f"the role {name} is no member of {group}" for group in sorted(groups - joined))
