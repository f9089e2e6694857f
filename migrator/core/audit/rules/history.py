"""The rule on the source's Alembic history: S23."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from migrator.core.audit.facts import Facts, HistoryFact, RevisionFault
from migrator.core.audit.finding import Category, Observation, rule
from migrator.core.plan.steps import PrepareTarget
from migrator.core.result.wording import listed, plural
from migrator.core.schema.catalog import Relation

_BOOKKEEPING = "alembic_version"


@rule(
    "S23", "E", Category.READINESS, "database", "Alembic history that does not lead to its head",
    why="A history that does not run cannot build a database: not a tenant's, not a test's, not after a disaster. What "
    "runs but leads elsewhere than the source builds another schema than the one that holds the rows.",
    remedy="Correct the revision that fails (databases that are past it already do not run it again); merge heads with "
    "alembic merge; let env.py import every model.",
)  # fmt: skip
def broken_history(facts: Facts) -> Iterator[Observation]:
    """Several heads of a tree; the revision of the source's history that fails; tables that it, or its models, lack."""
    steps = facts.targets.plan.of(PrepareTarget) if facts.targets.plan is not None else ()
    for tree in (tree for step in steps for tree in step.trees):
        yield from _several_heads(f"the tree of target {tree.target}", tree.target, tree.heads)
    history = facts.history
    if history is None:
        return
    yield from _several_heads(history.directory, "history", history.heads)
    if history.fault is not None:
        name = f"revision {history.fault.revision}" if history.fault.revision else history.directory
        yield Observation(name, f"fault:{history.fault.revision}", _described(history.fault, history.tables))
        # What a history makes that ended half-way says nothing about the source or the models.
        return
    yield from _compared(facts, history)


def _several_heads(subject: str, place: str, heads: tuple[str, ...]) -> Iterator[Observation]:
    if len(heads) > 1:
        yield Observation(
            subject, f"heads:{place}", f"It has {len(heads)} heads: {listed(heads)}. `upgrade head` refuses to choose."
        )


def _described(fault: RevisionFault, tables: Iterable[Relation]) -> str:
    where = f" ({fault.file}, line {fault.line})" if fault.line else f" ({fault.file})" if fault.file else ""
    text = f"It fails on an empty database{where}: {fault.error}." if fault.revision else f"{fault.error}."
    if fault.relation and (alike := _alike(fault.relation, tables)):
        text += f" There is a table {alike}."
    return text + (f" The statement: {fault.statement}" if fault.statement else "")


def _alike(missing: str, tables: Iterable[Relation]) -> str:
    """The table that was probably meant: one whose name ends or begins with the missing one, or is spelt much alike."""
    bare = missing.rpartition(".")[2]
    names = sorted({table.name for table in tables} - {_BOOKKEEPING})
    akin = [name for name in names if name.endswith(f"_{bare}") or name.startswith(f"{bare}_")]
    return next(iter(akin or difflib.get_close_matches(bare, names, n=1)), "")


def _compared(facts: Facts, history: HistoryFact) -> Iterator[Observation]:
    there = {relation for relation in facts.catalog.tables if relation.name != _BOOKKEEPING}
    made = {relation for relation in history.tables if relation.name != _BOOKKEEPING}
    for place, relations, lacking in (
        ("not-made", there - made, "of the source that the history does not make"),
        ("not-there", made - there, "that the history makes and the source does not have"),
    ):
        if relations:
            names = listed(str(relation) for relation in sorted(relations))
            yield Observation(
                history.directory, place, f"{plural(len(relations), 'table')} {lacking}: {names}.", severity="W"
            )
    if history.unknown_tables:
        yield Observation(
            history.directory, "unknown-to-models",
            f"Its models lack {plural(len(history.unknown_tables), 'table')}, which autogenerate would drop: "
            f"{listed(history.unknown_tables)}.",
            severity="W",
        )  # fmt: skip
    if history.other_changes:
        yield Observation(
            history.directory, "other-than-models",
            f"Autogenerate would make {plural(len(history.other_changes), 'further change')}: "
            f"{listed(history.other_changes, 5)}.",
            severity="W",
        )  # fmt: skip


RULES = (broken_history,)
