"""The stage clean: shows rows that rules select, moves them to quarantine, and restores them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from migrator.commands.clean.report import present
from migrator.commands.clean.result import Cleaned, Finding, Restored
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.clean.rules import Selection, Share, selections
from migrator.core.placement.model import Placements
from migrator.core.placement.place import place
from migrator.core.result.outcome import Outcome
from migrator.core.run.facts import CLEAN
from migrator.core.schema.catalog import Catalog, Relation
from migrator.errors import ConfigurationError, RefusedError
from migrator.journal import RunJournal
from migrator.postgres.clean import quarantine
from migrator.postgres.clean.restore import restore_rows, to_restore
from migrator.postgres.clean.row_selection import ROW_SELECTION_SETTINGS, RowSelection
from migrator.postgres.clean.undeletable import undeletable
from migrator.postgres.fence.fence import read_fence
from migrator.postgres.fence.locks import end_sessions, under_locks
from migrator.postgres.placement.tenants import read_tenants
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import Connection, session
from migrator.settings import CleanRule, Settings

_ARTEFACT = "quarantine"


@dataclass(frozen=True)
class _Rule:
    """One rule of migrator.toml and what it means in this database."""

    name: str
    rule: CleanRule
    chosen: tuple[Selection, ...]


class _MoreLocks(Exception):
    """Rows of further tables hang on those that were picked; they have to be locked too, and all picked again."""

    def __init__(self, tables: frozenset[Relation]) -> None:
        super().__init__(tables)
        self.tables = tables


def clean(
    workspace: Workspace, *, execute: bool = False, restore: bool = False, rules: tuple[str, ...] = ()
) -> Cleaned | Restored:
    """Shows the rows that the rules take; with `execute` moves them to quarantine, with `restore` puts them back.

    Raises:
        ConfigurationError: both at once, or as `clean_rows` does.
    """
    if execute and restore:
        raise ConfigurationError("--execute and --restore exclude each other.", "Do one, look, then the other.")
    return restore_quarantine(workspace, rules) if restore else clean_rows(workspace, rules, execute=execute)


def clean_rows(workspace: Workspace, rules: tuple[str, ...] = (), *, execute: bool = False) -> Cleaned:
    """What the rules take, moved to quarantine where that is to be executed.

    Each rule is one transaction. What it takes, and all that hangs on it by foreign keys, leaves together.

    Raises:
        ConfigurationError: a rule is unknown, or cannot be understood.
        DatabaseError: the source cannot be reached, or a table could not be locked.
        RefusedError: the source is fenced, or a rule takes rows that others hang on and says that it must not.
    """
    wanted = _named(workspace.settings, rules)
    with workspace.stage("clean") as (context, summary), _session(context) as connection:
        if execute:
            _require_no_fence(connection)
        cleaning = _Cleaning(context, connection, wanted)
        result = cleaning.execute() if execute else cleaning.show()
        _record(context.journal, present(result), summary)
        return result


def restore_quarantine(workspace: Workspace, rules: tuple[str, ...] = ()) -> Restored:
    """Puts the rows back that rules moved to quarantine; by default those of all rules.

    Raises:
        ConfigurationError: a rule is unknown.
        RefusedError: the source is fenced.
    """
    _named(workspace.settings, rules)
    with workspace.stage("clean") as (context, summary), _session(context) as connection:
        _require_no_fence(connection)
        result = _restore(context, connection, rules)
        _record(context.journal, present(result), summary)
        return result


def _record(journal: RunJournal, outcome: Outcome, summary: dict[str, Any]) -> None:
    summary.update(outcome.summary, status="findings" if outcome.status == "findings" else "done")
    journal.record(CLEAN, {"command": outcome.headline, **dict(outcome.data)})


@contextmanager
def _session(context: RunContext) -> Iterator[Connection]:
    """The session that does everything; what a killed migrator's session still does is ended first."""
    purpose = f"clean {context.id}"
    with session(context.workspace.source_rows, purpose=purpose, settings=ROW_SELECTION_SETTINGS) as connection:
        if end_sessions(connection, purpose):
            context.progress.say("Ended the session of an interrupted clean: what it was doing is undone.")
        yield connection


def _named(settings: Settings, names: tuple[str, ...]) -> Mapping[str, CleanRule]:
    """The rules of these names, in the order of migrator.toml; all of them where none is named."""
    for name in names:
        if name not in settings.clean:
            known = ", ".join(settings.clean) or "none"
            raise ConfigurationError(f"There is no rule [clean.{name}].", f"Known rules: {known}.")
    return {name: rule for name, rule in settings.clean.items() if not names or name in names}


def _require_no_fence(connection: Connection) -> None:
    fence = read_fence(connection)
    if fence is not None:
        raise RefusedError(
            f"The source is fenced by run {fence.run}: its rows are being split, or have been.",
            "Clean before migrate. To take the run back first: migrator rollback --validate.",
        )


class _Cleaning:
    """One session's work with the rules: what they take now, and taking it."""

    def __init__(self, context: RunContext, connection: Connection, wanted: Mapping[str, CleanRule]) -> None:
        self._context = context
        self._connection = connection
        RowSelection.prepare(connection)
        self._catalog = read_catalog(connection)
        placements = _placements(self._catalog, context.settings)
        self._rules = [
            _Rule(name, rule, selections(name, rule, self._catalog, placements)) for name, rule in wanted.items()
        ]
        self._tenants = {
            tenant.key: tenant.name
            for tenant in read_tenants(
                connection, context.settings.tenants, placements.tenant_root, placements.root_key, placements.tree
            )
        }
        self._row_selection = RowSelection(connection, self._catalog, placements, list(self._tenants))

    def show(self) -> Cleaned:
        """What would leave; nothing is changed."""
        return self._result(self._look(), executed=False)

    def _result(self, findings: Iterable[Finding], *, executed: bool) -> Cleaned:
        held = tuple(quarantine.held(self._connection))
        return Cleaned(self._context.id, tuple(findings), self._tenants, held, executed)

    def execute(self) -> Cleaned:
        """Moves what the rules take, rule by rule."""
        matches = self._look()
        blocked = [finding for finding in matches if finding.blocked]
        if blocked:
            first = blocked[0]
            hanging = ", ".join(sorted({str(share.relation) for share in first.shares if share.hanging}))
            raise RefusedError(
                f"[clean.{first.rule}] takes rows on which rows of {hanging} hang, and says that it must not.",
                'See them: migrator clean. To move them too: dependents = "move". Nothing was changed.',
            )
        if stuck := [row for finding in matches for row in finding.stuck]:
            name, table, publication, statement = stuck[0]
            raise RefusedError(
                f"[clean.{name}] takes rows of {table}, which the server lets nobody delete: publication "
                f"{publication} publishes deletes, and nothing identifies the table's rows. Nothing was changed.",
                f"Give it an identity: {statement}; or a primary key. See all: migrator clean.",
            )
        moved = matches
        if any(finding.shares for finding in matches):
            self._prepare_quarantine()
            moved = []
            # A rule that found nothing may find something once an earlier one has moved its rows.
            for rule, finding in zip(self._rules, matches, strict=True):
                shares = self._move(rule, frozenset(share.relation for share in finding.shares))
                moved.append(replace(finding, shares=shares))
                if shares:
                    self._context.progress.say(f"{rule.name}: {sum(share.rows for share in shares)} rows moved")
        return self._result(moved, executed=True)

    def _look(self) -> list[Finding]:
        """Picks the rows of every rule in one snapshot, and forgets them again."""
        matches = []
        refused = undeletable(self._connection, self._catalog)
        self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            for rule in self._rules:
                self._context.progress.start(f"clean: {rule.name}")
                shares = self._row_selection.pick(rule.name, rule.chosen)
                samples = {
                    relation: self._row_selection.samples(rule.name, relation)
                    for relation in self._row_selection.picked(rule.name)
                }
                stuck = {share.relation: refused[share.relation] for share in shares if share.relation in refused}
                matches.append(Finding(rule.name, rule.rule, shares, samples, stuck))
                self._context.progress.finish(f"clean: {rule.name}")
        finally:
            if not self._connection.closed:
                self._connection.execute("ROLLBACK")
        return matches

    def _prepare_quarantine(self) -> None:
        journal = self._context.journal
        if not quarantine.exists(self._connection):
            journal.artefact(_ARTEFACT, quarantine.SCHEMA, "intended")
        quarantine.prepare(self._connection, self._context.id)
        journal.artefact(_ARTEFACT, quarantine.SCHEMA, "created")

    def _move(self, rule: _Rule, expected: frozenset[Relation]) -> tuple[Share, ...]:
        locked = self._row_selection.concerned(expected | {selection.relation for selection in rule.chosen})

        def work() -> tuple[Share, ...]:
            self._row_selection.clear()
            shares = self._row_selection.pick(rule.name, rule.chosen)
            needed = self._row_selection.concerned(self._row_selection.picked(rule.name))
            if not needed <= locked:
                raise _MoreLocks(needed)
            if rule.rule.dependents == "block" and any(share.hanging for share in shares):
                raise RefusedError(
                    f"[clean.{rule.name}] takes rows on which others hang since a moment ago; nothing of it was moved.",
                    "Run `migrator clean` to see them.",
                )
            quarantine.move(self._connection, self._row_selection, rule.name, self._context.id)
            return shares

        while True:
            try:
                return under_locks(self._connection, self._catalog, locked, work, self._context.workspace.lock_wait)
            except _MoreLocks as more:
                locked |= more.tables


def _placements(catalog: Catalog, settings: Settings) -> Placements:
    """Where the tables go; foreign keys are followed into every schema, placements concern those of the source."""
    schemas = settings.source.schemas
    if schemas:
        tables = {relation: table for relation, table in catalog.tables.items() if relation.schema in schemas}
        catalog = replace(catalog, tables=tables)
    return place(catalog, settings)


def _restore(context: RunContext, connection: Connection, rules: tuple[str, ...]) -> Restored:
    catalog = read_catalog(connection)
    restored = under_locks(
        connection,
        catalog,
        to_restore(connection, catalog, rules),
        lambda: restore_rows(connection, catalog, rules),
        context.workspace.lock_wait,
    )
    if quarantine.drop_if_empty(connection):
        everything = context.workspace.journal
        for earlier in everything.all_runs(context.workspace.source_id):
            journal = everything.of(earlier.id)
            if any(artefact.state != "dropped" for artefact in journal.artefacts(_ARTEFACT)):
                journal.artefact(_ARTEFACT, quarantine.SCHEMA, "dropped")
    return Restored(context.id, restored, tuple(quarantine.held(connection)))
