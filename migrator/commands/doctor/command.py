"""The command doctor: looks at everything that a migration needs before it needs it. It changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from migrator.commands.doctor.machine import configured_commands, examine_machine
from migrator.commands.shared.workspace import Workspace
from migrator.core.doctor.diagnosis import Diagnosis
from migrator.core.doctor.facts import ExaminedServer, ExaminedSource, Unreachable, Wanted
from migrator.core.doctor.machine import judge_machine
from migrator.core.doctor.privileges import judge_privileges
from migrator.core.doctor.servers import judge_servers, judge_unreachable
from migrator.errors import DatabaseError
from migrator.postgres.doctor.examine import SOURCE, examine_control, examine_server, examine_source, knows_locale
from migrator.settings import Settings


@dataclass(frozen=True)
class Examination:
    """What was looked at, line by line; `stage` is the one that it was asked for, None for all."""

    source: str
    stage: str | None
    diagnoses: tuple[Diagnosis, ...]

    @property
    def failed(self) -> tuple[Diagnosis, ...]:
        """What has to be mended before the stages that it matters to."""
        return tuple(one for one in self.diagnoses if one.health == "failed")


def doctor(workspace: Workspace, stage: str | None = None) -> Examination:
    """Looks at machine and servers; needs no journal, and no more than the role has.

    A server that cannot be reached is a line of the examination, and the others are looked at all the same.

    Raises:
        ConfigurationError: the configuration cannot be used.
    """
    settings = workspace.settings
    unreachable: list[Unreachable] = []
    source: ExaminedSource | None = None
    try:
        source = examine_source(workspace.source, settings.limits.max_source_connections)
    except DatabaseError as error:
        unreachable.append(Unreachable(SOURCE, error.message, error.hint))
    targets = _targets(workspace, source, unreachable)
    versions = [server.version for server in (*([source.server] if source else []), *targets)]
    wanted = _wanted(settings)
    machine = examine_machine(settings, max(versions, default=None))
    diagnoses = (
        *map(judge_unreachable, unreachable),
        *judge_servers(source, targets, wanted),
        *judge_privileges(source, targets, wanted),
        *judge_machine(machine, wanted, source.bytes if source is not None else None),
    )
    chosen = tuple(one for one in diagnoses if stage is None or stage in one.stages)
    return Examination(str(workspace.source), stage, chosen)


def _targets(
    workspace: Workspace, source: ExaminedSource | None, unreachable: list[Unreachable]
) -> tuple[ExaminedServer, ...]:
    """The servers that answer, the default one with the control database; the others are added to `unreachable`."""
    settings, answering = workspace.settings, []
    for name in settings.server_names:
        configured = settings.servers.get(name)
        try:
            endpoint = workspace.maintenance(name)
            server = examine_server(
                name, endpoint, settings.limits.max_target_connections, configured.free_disk if configured else None
            )
            if source is not None:
                server = replace(server, locale_is_known=knows_locale(endpoint, source.server.locale))
            if name == "default":
                server = replace(server, control=examine_control(endpoint, workspace.control_name))
        except DatabaseError as error:
            unreachable.append(Unreachable(name, error.message, error.hint))
        else:
            answering.append(server)
    return tuple(answering)


def _wanted(settings: Settings) -> Wanted:
    per_tenant = (settings.roles.per_tenant,) if settings.roles.per_tenant else ()
    return Wanted(
        settings.limits.jobs,
        settings.target_servers,
        tuple(
            server
            for target in settings.targets.values()
            if target.per_tenant
            for server in settings.tenants.servers or (target.server,)
        ),
        (*settings.roles.readers, *("the roles of each tenant" for _ in per_tenant)),
        any(target.row_level_security for target in settings.targets.values()),
        configured_commands(settings),
    )
