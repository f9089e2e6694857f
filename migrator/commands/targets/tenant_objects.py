"""Makes the objects of single tenants in their databases, from the source's DDL."""

from __future__ import annotations

from functools import cached_property

from migrator.commands.shared.trees import divide_source
from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.core.plan.survey import Survey
from migrator.core.trees.tenant_objects import OwnEntries, privileges_in
from migrator.postgres.databases.tenant_objects import belonging, make_objects
from migrator.postgres.schema.catalog import Objects, read_sequences
from migrator.postgres.session.connect import READ_ONLY, Endpoint, session


class OwnObjects:
    """The own objects of every tenant of a plan; nothing is read where migrator.toml names no pattern."""

    def __init__(self, workspace: Workspace, plan: Plan, survey: Survey) -> None:
        self._workspace = workspace
        self._plan = plan
        self._survey = survey

    @cached_property
    def entries(self) -> OwnEntries:
        """Their DDL."""
        if not self._workspace.settings.tenants.per_tenant_objects:
            return OwnEntries({}, ())
        return divide_source(self._workspace, self._survey.catalog, self._survey.placements).own

    def make(self, epoch: str) -> None:
        """Makes the tables and sequences, empty, in the databases of their tenants."""
        for step in self._steps():
            statements = (entry.sql for entry in self.entries.before(step.tenant))
            make_objects(self._place(step), statements, {}, receipt="own objects", epoch=epoch)

    def complete(self, epoch: str) -> None:
        """Adds indexes, keys and triggers once the rows are there, and sets the sequences where the source's stand."""
        steps = self._steps()
        if not steps:
            return
        with session(self._workspace.source, purpose="sequences", settings=READ_ONLY) as connection:
            standing = {
                one.relation: one.last_value for one in read_sequences(connection) if one.last_value is not None
            }
        for step in steps:
            statements = (entry.sql for entry in self.entries.after(step.tenant))
            values = {one: standing[one] for one in self.entries.relations(step.tenant) if one in standing}
            make_objects(self._place(step), statements, values, receipt="own objects completed", epoch=epoch)

    def expected(self, step: CreateDatabase, source: Objects, template: Objects) -> Objects:
        """What a database has: its template's objects, and the tenant's own as the source defines them."""
        patterns = self._workspace.settings.tenants.per_tenant_objects
        if not patterns or not step.tenant:
            return template
        severed = [(key.table, key.name) for key in self._survey.placements.severed if key.name]
        granted = {
            place: granted
            for place, text in source.items()
            # A column has none by itself, until somebody grants some.
            if place[0] == "privilege" and (place in template or tuple(place[1].split(" ", 1)) in template)
            if (granted := privileges_in(text, patterns, step.tenant))
        }
        own = belonging(source, self.entries.relations(step.tenant), self._survey.catalog, severed)
        return {**template, **granted, **own}

    def _steps(self) -> list[CreateDatabase]:
        return [step for step in self._plan.of(CreateDatabase) if step.tenant in self.entries.by_tenant]

    def _place(self, step: CreateDatabase) -> Endpoint:
        return self._workspace.server(step.server).at(step.database)
