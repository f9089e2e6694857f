"""Rules on what cannot be read from the source or moved: S12, S14, S15, S16, S18, S21, S25."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrator.core.audit.facts import Facts
from migrator.core.audit.finding import Category, Observation, rule
from migrator.core.audit.places import place
from migrator.core.plan.checks import LargeObjectFacts
from migrator.core.result.wording import listed, plural
from migrator.core.schema.catalog import Column
from migrator.core.schema.identifiers import identifier, qualified

_LARGE_OBJECT_TYPES = frozenset({"oid", "lo"})
# Written as names by COPY; the object of that name has to exist in the target when the row arrives.
_OBJECT_NAME_TYPES = frozenset(
    ("regclass", "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator", "regproc",
     "regprocedure", "regrole", "regtype")
)  # fmt: skip


@rule(
    "S12", "E", Category.READINESS, "database", "Large objects",
    why="Large objects belong to the database, not to a row: only migrator.toml can say whose tenant's they are.",
    remedy='Name the columns that hold their numbers, [tables.X] large_objects = ["column"]: they travel with '
    "the rows. vacuumlo finds those that nobody references; or say why they stay behind: [source] "
    'ignore_large_objects = "the reason".',
)  # fmt: skip
def large_objects(facts: Facts) -> Iterator[Observation]:
    """Whether the database holds any that no configured column names, and which columns may point at them."""
    counted = facts.large_objects
    if facts.catalog.large_objects:
        columns = [
            f"{table.relation}.{column.name}"
            for table in facts.catalog.tables.values()
            for column in table.columns
            if _bare_type(facts, column) in _LARGE_OBJECT_TYPES
        ]
        yield Observation(
            facts.catalog.database, "large-objects",
            f"It holds {plural(facts.catalog.large_objects, 'large object')}. "
            + (f"Columns that may point at them: {listed(columns)}." if columns else "No column is of type oid or lo.")
            + _unnamed(counted),
            severity=None if counted.undecided else "I",
        )  # fmt: skip


def _unnamed(counted: LargeObjectFacts) -> str:
    if not counted.unnamed:
        return ""
    fate = f"stay behind: {counted.ignored.rstrip('.')}" if counted.ignored else "nobody said what becomes of them"
    return f" {plural(len(counted.unnamed), 'object')} that no configured column names: {fate}."


@rule(
    "S14", "E", Category.READINESS, "tables", "Row security hides rows from migrator",
    why="Policies apply to the connected role: it would copy fewer rows than there are. migrator's sessions make "
    "PostgreSQL refuse instead, so that no row is lost in silence.",
    remedy="Connect as the tables' owner, or as a role with BYPASSRLS; FORCE ROW LEVEL SECURITY binds the owner too.",
)  # fmt: skip
def row_security(facts: Facts) -> Iterator[Observation]:
    """Tables whose policies apply to the role that migrator connects as."""
    for relation in sorted(facts.hidden):
        table = facts.catalog.tables.get(relation)
        forced = table is not None and table.force_row_security
        yield Observation(
            str(relation), place(relation),
            f"Row level security is {'forced' if forced else 'enabled'} and applies to the connected role; "
            "its rows were not counted.",
            relation,
            sql_fix=f"ALTER TABLE {qualified(*relation)} NO FORCE ROW LEVEL SECURITY;" if forced else "",
            sql_undo=f"ALTER TABLE {qualified(*relation)} FORCE ROW LEVEL SECURITY;" if forced else "",
        )  # fmt: skip


@rule(
    "S25", "E", Category.READINESS, "tables", "Table that migrator may not read",
    why="What cannot be read cannot be copied.",
    remedy="Grant the connected role USAGE on the schema and SELECT on the table; docs/privileges.md lists what each "
    "stage needs.",
)  # fmt: skip
def unreadable_table(facts: Facts) -> Iterator[Observation]:
    """Tables on which the connected role has no SELECT."""
    for relation in sorted(facts.unreadable):
        privilege, role = f"SELECT ON {qualified(*relation)}", identifier(facts.role)
        yield Observation(
            str(relation), place(relation), "The connected role may not SELECT from it; its rows were not counted.",
            relation,
            sql_fix=f"GRANT {privilege} TO {role};", sql_undo=f"REVOKE {privilege} FROM {role};",
        )  # fmt: skip


@rule(
    "S15", "W", Category.INTEGRITY, "tables", "Disabled trigger",
    why="What the trigger keeps right has not been kept right since it was disabled, and nobody may remember why.",
    remedy="Enable it again, or drop it; then look at the rows that were written in between.",
)  # fmt: skip
def disabled_trigger(facts: Facts) -> Iterator[Observation]:
    """Triggers that do not fire, those behind foreign keys included."""
    for trigger in facts.triggers:
        if not trigger.enabled:
            alter = f"ALTER TABLE {qualified(*trigger.table)} {{}} TRIGGER {identifier(trigger.name)};"
            yield Observation(
                f"{trigger.name} on {trigger.table}", place(trigger.table, (trigger.name,)),
                "The trigger is disabled.", trigger.table,
                sql_fix=alter.format("ENABLE"), sql_undo=alter.format("DISABLE"),
            )  # fmt: skip
    for relation, name in sorted(facts.disabled_keys):
        yield Observation(
            f"{name} on {relation}", place(relation, (name,)),
            f"The triggers of the foreign key {name} are disabled: it checks nothing.", relation,
            sql_fix=f"ALTER TABLE {qualified(*relation)} ENABLE TRIGGER ALL;  -- on the referenced table too",
        )  # fmt: skip


@rule(
    "S16", "W", Category.SCHEMA, "tables", "Inheritance or foreign table",
    why="A query on a table also returns the rows of tables that inherit from it, and keys do not reach over "
    "inheritance; a foreign table's rows are on another server.",
    remedy="Turn inheritance into partitioning or separate tables. Decide whether a foreign table's rows are to be "
    "split: migrator does not copy them.",
)  # fmt: skip
def inheritance(facts: Facts) -> Iterator[Observation]:
    """Tables that inherit from others, and foreign tables."""
    for table in facts.catalog.tables.values():
        if table.parents:
            yield Observation(
                str(table.relation), place(table.relation),
                f"It inherits from {listed(str(parent) for parent in table.parents)}. Its rows are copied as its own, "
                "not as the parent's.",
                table.relation,
            )  # fmt: skip
    for relation, server in sorted(facts.foreign_tables.items()):
        yield Observation(
            str(relation), place(relation), f"It is a foreign table on the server {server}: its rows are not copied.",
        )  # fmt: skip


@rule(
    "S18", "W", Category.SCHEMA, "columns", "Column that names a database object",
    why="Values of the reg* types are OIDs that are written as names: where no object of that name exists, the row "
    "cannot be loaded.",
    remedy="Store the name as text.",
)  # fmt: skip
def object_name_column(facts: Facts) -> Iterator[Observation]:
    """Columns of type regclass and its like."""
    for table in facts.catalog.tables.values():
        for column in table.columns:
            if (type_ := _bare_type(facts, column)) in _OBJECT_NAME_TYPES:
                alter = f"ALTER TABLE {qualified(*table.relation)} ALTER COLUMN {identifier(column.name)} TYPE"
                yield Observation(
                    f"{table.relation}.{column.name}", place(table.relation, (column.name,)),
                    f"Its type is {type_}.", table.relation,
                    sql_fix=f"{alter} text USING {identifier(column.name)}::text;",
                    sql_undo=f"{alter} {type_} USING {identifier(column.name)}::{type_};",
                )  # fmt: skip


def _bare_type(facts: Facts, column: Column) -> str:
    return re.sub(r"\(.*\)|\[\]", "", facts.base_type(column.type)).rpartition(".")[2]


@rule(
    "S21", "W", Category.READINESS, "database", "Something holds old rows or locks",
    why="migrate fences the tables and has to wait for every transaction that wrote to them; old transactions and "
    "slots also keep dead rows from being removed.",
    remedy="End the transaction (COMMIT PREPARED, ROLLBACK PREPARED, or the session's owner), drop slots that nobody "
    "reads, and start when the database is quiet.",
)  # fmt: skip
def occupants(facts: Facts) -> Iterator[Observation]:
    """Transactions open for long, prepared transactions, replication slots that nobody reads."""
    for occupant in facts.occupants:
        since = f" for {_duration(occupant.seconds)}" if occupant.seconds is not None else ""
        name = occupant.name.replace("'", "''")
        fix = {
            "prepared transaction": f"ROLLBACK PREPARED '{name}';  -- or COMMIT PREPARED, in its own database",
            "replication slot": f"SELECT pg_drop_replication_slot('{name}');",
        }.get(occupant.kind, "")
        yield Observation(
            f"{occupant.kind} {occupant.name}", f"{occupant.kind}:{occupant.name}",
            f"Open{since}. {occupant.detail}".rstrip(), sql_fix=fix,
        )  # fmt: skip


def _duration(seconds: float) -> str:
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            return plural(int(seconds // length), unit)
    return plural(int(seconds), "second")


RULES = (
    large_objects,
    row_security,
    unreadable_table,
    disabled_trigger,
    inheritance,
    object_name_column,
    occupants,
)
