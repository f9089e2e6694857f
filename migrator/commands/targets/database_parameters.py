"""Gives every target database its session settings: the source's own, and those that name its tenant."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from migrator.commands.shared.workspace import Workspace
from migrator.core.placement.tenants import Tenant
from migrator.core.plan.database_parameters import DatabaseSetting, expected_settings
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.postgres.schema.database_parameters import apply_settings, read_settings, refused_settings
from migrator.postgres.session.connect import READ_ONLY, session


class TargetSettings:
    """What each target database's settings are, and giving them to it."""

    def __init__(self, workspace: Workspace, plan: Plan) -> None:
        self._workspace = workspace
        self._plan = plan
        self._tenants = {tenant.key: tenant for tenant in plan.tenants}

    @cached_property
    def source(self) -> tuple[DatabaseSetting, ...]:
        """The source's own."""
        with self._workspace.read_source("settings") as connection:
            return read_settings(connection)

    @cached_property
    def refused(self) -> Mapping[str, Mapping[DatabaseSetting, str]]:
        """By server, those of the source's that its databases cannot be given, with the reason."""
        if not self.source:
            return {}
        refused = {}
        for server in {step.server for step in self._plan.of(CreateDatabase)}:
            with session(self._workspace.server(server), purpose="settings", settings=READ_ONLY) as connection:
                refused[server] = refused_settings(connection, self.source)
        return refused

    def expected(self, step: CreateDatabase) -> tuple[DatabaseSetting, ...]:
        """The settings of one database."""
        travelling = [one for one in self.source if one not in self.refused.get(step.server, {})]
        tenant: Tenant | None = self._tenants.get(step.tenant) if step.tenant else None
        return expected_settings(travelling, self._workspace.settings.tenants.settings, tenant)

    def apply(self) -> None:
        """Gives every database its settings; those that have them already get them again."""
        by_server: dict[str, list[tuple[str, tuple[DatabaseSetting, ...]]]] = {}
        for step in self._plan.of(CreateDatabase):
            if parameters := self.expected(step):
                by_server.setdefault(step.server, []).append((step.database, parameters))
        for server, databases in by_server.items():
            with session(self._workspace.server(server), purpose="settings") as connection:
                for database, parameters in databases:
                    apply_settings(connection, database, parameters)
