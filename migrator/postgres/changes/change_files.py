"""Writes changed rows to files: COPY data, and a psql script that applies them to the monolith."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from psycopg import sql

from migrator.core.changes.row_changes import (
    KINDS,
    ChangeKind,
    Conflict,
    DatabaseChanges,
    RowChange,
    parents_first,
    row_key,
)
from migrator.core.schema.catalog import Catalog, Relation
from migrator.postgres.changes.large_objects import ObjectChange
from migrator.postgres.copy.large_objects import blocks
from migrator.postgres.copy.sinks import escaped
from migrator.postgres.placement.from_items import own_rows, qualified
from migrator.postgres.session.connect import Connection

_HEAD = """-- Rows that were changed in {database} after migrate, for psql in this directory:
--     psql -X -f replay.sql 'postgresql://HOST/MONOLITH'
-- One transaction: all of it or nothing. A key that another row has taken by then ends it. The monolith's own triggers
-- fire as they do for an application.
\\set ON_ERROR_STOP on
\\encoding UTF8
BEGIN;
SET LOCAL DateStyle = 'ISO, YMD';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL standard_conforming_strings = on;
SET LOCAL array_nulls = on;
"""


OBJECTS = "objects.copy"

# A new object's number may be another one's by then, which lo_create refuses. One that is changed keeps its owner.
_OBJECTS = """
CREATE TEMPORARY TABLE changed_objects (number oid, made boolean, place bigint, block bytea) ON COMMIT DROP;
\\copy pg_temp.changed_objects FROM 'objects.copy'
SELECT lo_create(number) FROM (SELECT DISTINCT number FROM pg_temp.changed_objects WHERE made) m;
SELECT lo_truncate64(lo_open(number, 393216), 0)
    FROM (SELECT DISTINCT number FROM pg_temp.changed_objects WHERE NOT made) c;
SELECT lo_put(number, place, block) FROM pg_temp.changed_objects;
"""


def object_lines(changes: Iterable[ObjectChange], target: Connection) -> Iterator[bytes]:
    """Large objects as COPY's text format writes them: number, whether it is new, place, bytes."""
    for change in changes:
        made = "f" if change.kind == "changed" else "t"
        empty = True
        for place, block in blocks(target, change.oid):
            empty = False
            yield f"{change.oid}\t{made}\t{place}\t\\\\x{block.hex()}\n".encode()
        if empty:
            yield f"{change.oid}\t{made}\t0\t\\\\x\n".encode()


def files(changes: DatabaseChanges, catalog: Catalog, *, objects: bool = False) -> Mapping[str, str]:
    """The content of each file by its name; replay.sql is the one to run. With `objects` it reads OBJECTS too."""
    by_place: dict[tuple[Relation, ChangeKind], list[RowChange]] = {}
    for row in changes.rows:
        by_place.setdefault((row.relation, row.kind), []).append(row)
    order = parents_first({relation for relation, _ in by_place}, catalog)
    contents: dict[str, str] = {}
    incoming: list[str] = []
    writing: list[str] = []
    for kind in ("deleted", "updated", "inserted"):
        for relation in reversed(order) if kind == "deleted" else order:
            rows = by_place.get((relation, kind))
            if not rows:
                continue
            number = len(contents) + 1
            columns = _columns(rows[0], catalog)
            file = f"{number:03d}.{kind}.copy"
            contents[file] = "".join(_line([row.values[name] for name in columns]) for row in rows)
            listed = sql.SQL(", ").join(map(sql.Identifier, columns))
            table = sql.Identifier("pg_temp", f"changed_{number}")
            made = sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA;\n").format(
                sql.Identifier(f"changed_{number}"), listed, qualified(relation)
            )
            # Without its columns: psql ends this command at the first line break, even within a quoted name.
            filled = sql.SQL("\\copy {} FROM '{}'\n").format(table, sql.SQL(file))
            incoming += [made.as_string(None), filled.as_string(None)]
            writing.append(_write(rows[0], relation, columns, table, catalog).as_string(None) + ";\n")
    head = _HEAD.format(database=json.dumps(changes.database, ensure_ascii=False))
    # Large objects first: what the rows name is to be there.
    contents["replay.sql"] = head + (_OBJECTS if objects else "") + "".join(incoming) + "".join(writing) + "COMMIT;\n"
    contents["changes.json"] = json.dumps(
        {
            "database": changes.database,
            "target": changes.target,
            "tenant": changes.tenant,
            "tables": [
                {"table": str(relation), **{kind: figures[kind] for kind in KINDS}}
                for relation, figures in sorted(changes.counts().items())
            ],
            "without_a_way_back": len(changes.held),
        },
        indent=2,
        ensure_ascii=False,
    )
    if changes.held:
        contents["conflicts.jsonl"] = conflict_lines(changes.held)
    return contents


def conflict_lines(conflicts: Iterable[Conflict]) -> str:
    """One JSON document per change that was not carried back, with the whole row and the reason."""
    return "".join(
        json.dumps(
            {
                "database": conflict.database,
                "target": conflict.target,
                "tenant": conflict.tenant,
                "table": str(conflict.change.relation),
                "schema": conflict.change.relation.schema,
                "name": conflict.change.relation.name,
                "key": conflict.change.key,
                "kind": conflict.change.kind,
                "reason": conflict.reason,
                "held": conflict.held,
                "row": dict(conflict.change.values),
            },
            ensure_ascii=False,
        )
        + "\n"
        for conflict in conflicts
    )


def read_conflicts(text: str) -> tuple[Conflict, ...]:
    """The conflicts that `conflict_lines` wrote.

    Raises:
        ValueError: it is not such a file.
    """
    conflicts = []
    for line in text.splitlines():
        document = json.loads(line)
        try:
            change = RowChange(
                Relation(document["schema"], document["name"]), document["key"], document["kind"], document["row"]
            )
            conflicts.append(
                Conflict(
                    document["database"], change, document["reason"],
                    held=document["held"], target=document["target"], tenant=document["tenant"],
                )
            )  # fmt: skip
        except (KeyError, TypeError) as error:
            raise ValueError(f"a line without {error}") from error
    return tuple(conflicts)


def _columns(row: RowChange, catalog: Catalog) -> list[str]:
    generated = {column.name for column in catalog.tables[row.relation].columns if column.generated}
    return [name for name in row.values if name not in generated]


def _line(values: Sequence[str | None]) -> str:
    return "\t".join("\\N" if value is None else escaped_text(value) for value in values) + "\n"


def escaped_text(value: str) -> str:
    """A value as COPY's text format writes it."""
    # `escaped` takes the two characters of COPY's NULL for NULL, which a value of a column may well be.
    return "\\\\N" if value == "\\N" else escaped(value).decode()


def _write(
    row: RowChange, relation: Relation, columns: Sequence[str], incoming: sql.Identifier, catalog: Catalog
) -> sql.Composed:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    if row.kind == "inserted":
        return sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}").format(
            qualified(relation), listed, listed, incoming
        )
    own = own_rows(catalog, relation)
    key = row_key(row, catalog)
    if not key:
        values = sql.SQL("ARRAY[{}]::text[]").format(
            sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in columns)
        )
        return sql.SQL(
            "DELETE FROM {} WHERE (tableoid, ctid) IN (SELECT a.tableoid, a.ctid FROM (SELECT tableoid, ctid, {} AS v, "
            "row_number() OVER (PARTITION BY {}) AS n FROM {}) a "
            "JOIN (SELECT {} AS v, count(*) AS n FROM {} GROUP BY 1) b ON a.v = b.v AND a.n <= b.n)"
        ).format(own, values, values, own, values, incoming)
    condition = sql.SQL(" AND ").join(sql.SQL("t.{0} = s.{0}").format(sql.Identifier(name)) for name in key)
    if row.kind == "deleted":
        return sql.SQL("DELETE FROM {} AS t USING {} AS s WHERE {}").format(own, incoming, condition)
    identities = {column.name for column in catalog.tables[relation].columns if column.identity == "a"}
    assigned = sql.SQL(", ").join(
        sql.SQL("{0} = s.{0}").format(sql.Identifier(name)) for name in columns if name not in identities
    )
    return sql.SQL("UPDATE {} AS t SET {} FROM {} AS s WHERE {}").format(own, assigned, incoming, condition)
