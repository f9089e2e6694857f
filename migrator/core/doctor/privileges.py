"""Judges what our role may do, stage by stage, with the statement that gives what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from migrator.core.doctor.diagnosis import Diagnosis
from migrator.core.doctor.facts import ExaminedServer, ExaminedSource, Wanted
from migrator.core.plan.checks import Need
from migrator.core.result.next_commands import STAGES
from migrator.core.result.wording import listed
from migrator.core.schema.identifiers import identifier

# docs/privileges.md in data: what a stage does in the source, and whether it makes databases.
_READS: tuple[Need, ...] = ("read", "every row")
_IN_SOURCE: Mapping[str, tuple[Need, ...]] = {
    "backup": _READS,
    "audit": ("read",),
    "clean": (*_READS, "fence"),
    "dry-run": _READS,
    "migrate": (*_READS, "fence"),
    "verify": _READS,
    "rollback": (*_READS, "fence"),
}
_MAKES_DATABASES = ("backup", "dry-run", "migrate")
_MOST_NAMES = 5


def judge_privileges(
    source: ExaminedSource | None, targets: Sequence[ExaminedServer], wanted: Wanted
) -> Iterator[Diagnosis]:
    """A line for each stage, and one for the journal that all of them keep."""
    control = next((server for server in targets if server.control is not None), None)
    if control is not None:
        yield _journal(control)
    for stage in STAGES:
        lacking = [*(_in_source(stage, source) if source is not None else ()), *_on_servers(stage, targets, wanted)]
        if lacking:
            what = listed((one for one, _ in lacking), _MOST_NAMES)
            statements = " ".join(dict.fromkeys(f"{statement};" for _, statement in lacking))
            yield Diagnosis("privileges", stage, "failed", what, statements, (stage,))
        elif source is not None:
            yield Diagnosis("privileges", stage, "ok", "the role may do everything that it needs", stages=(stage,))
    if source is not None:
        yield from _restoring(source)


def _in_source(stage: str, source: ExaminedSource) -> Iterator[tuple[str, str]]:
    for one in source.missing:
        if one.need in _IN_SOURCE[stage]:
            yield one.what, one.statement


def _on_servers(stage: str, targets: Sequence[ExaminedServer], wanted: Wanted) -> Iterator[tuple[str, str]]:
    for server in targets:
        if server.name not in wanted.target_servers and server.control is None:
            continue
        role = identifier(server.role)
        if stage in _MAKES_DATABASES and not server.may_create_databases:
            yield (
                f"server {server.name}: the role {server.role} may not create databases",
                f"ALTER ROLE {role} CREATEDB",
            )
        missing = [name for name in wanted.new_roles if name not in server.roles]
        if stage == "migrate" and missing and not server.may_create_roles:
            yield (
                f"server {server.name}: the role {server.role} may not make roles ({', '.join(missing)})",
                f"ALTER ROLE {role} CREATEROLE",
            )
        if wanted.has_policies and stage in ("dry-run", "migrate", "verify") and not server.passes_row_security:
            yield f"server {server.name}: policies bind the role {server.role}", f"ALTER ROLE {role} BYPASSRLS"


def _restoring(source: ExaminedSource) -> Iterator[Diagnosis]:
    lacking = [one for one in source.missing if one.need == "restore"]
    if lacking:
        yield Diagnosis(
            "privileges", "rollback --restore-backup", "warning",
            f"{listed((one.what for one in lacking), _MOST_NAMES)}; a rollback without it does without",
            " ".join(dict.fromkeys(f"{one.statement};" for one in lacking)), ("rollback",),
        )  # fmt: skip


def _journal(server: ExaminedServer) -> Diagnosis:
    control = server.control
    assert control is not None
    role = identifier(server.role)
    if not control.exists:
        if server.may_create_databases:
            return Diagnosis("privileges", "journal", "ok", f"the control database {control.name} will be made")
        return Diagnosis(
            "privileges", "journal", "failed", f"there is no database {control.name}, and the role may not create it",
            f"ALTER ROLE {role} CREATEDB; or CREATE DATABASE {identifier(control.name)} OWNER {role};",
        )  # fmt: skip
    if not control.is_ours:
        return Diagnosis(
            "privileges", "journal", "failed", f"the database {control.name} is no control database of migrator",
            "Choose another name: [control] database, or MIGRATOR_CONTROL_DATABASE.",
        )  # fmt: skip
    if not control.is_open:
        return Diagnosis(
            "privileges", "journal", "failed", f"the role {server.role} may not write in the control database",
            f"GRANT CONNECT, CREATE ON DATABASE {identifier(control.name)} TO {role};",
        )  # fmt: skip
    return Diagnosis("privileges", "journal", "ok", f"the control database is {control.name}")
