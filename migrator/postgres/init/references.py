"""Counts what the rows say about undeclared references, and about rows without a tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from migrator.core.init.references import Pair
from migrator.core.placement.key_paths import KeyPath, in_order
from migrator.core.placement.model import Placement
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation
from migrator.postgres.placement.from_items import own_rows
from migrator.postgres.placement.key_path import ends_in_null, leads_nowhere, source_of, tenant_key
from migrator.postgres.session.connect import Connection

# A table larger than this is sampled: about so many of its heap blocks, wherever they are.
_WHOLE_PAGES = 4096
_SAMPLE_PAGES = 1024
# Distinct values of a column that are looked up in the table that it seems to reference.
_VALUES = 5000
_BATCH = 40
# Applications that declare no keys leave orphans behind; where fewer are found, the column means something else.
_CONTAINED = 0.9
_MOST_TYPES = 50
# What applications write for "none" where they do not write NULL. Such a value counts only where no row is meant by it.
_BLANKS = ("", "0", "-1", "00000000-0000-0000-0000-000000000000")


def sample_of(catalog: Catalog, relation: Relation) -> tuple[sql.Composed, bool]:
    """The table as FROM item `t`, or a sample of its blocks where it is large; and whether it is a sample."""
    table = catalog.tables[relation]
    whole = own_rows(catalog, relation) + sql.SQL(" AS t")
    pages = table.pages or table.bytes // 8192
    if pages <= _WHOLE_PAGES:
        return whole, False
    percent = max(0.001, 100 * _SAMPLE_PAGES / pages)
    return whole + sql.SQL(" TABLESAMPLE SYSTEM ({}) REPEATABLE (1)").format(sql.Literal(percent)), True


@dataclass(frozen=True, slots=True)
class _Measured:
    """How much of what a column holds is in the column that it seems to reference, in distinct values and in rows."""

    values: int
    contained: int
    rows: int
    rows_contained: int
    blank: str | None
    sampled: bool
    same_type: bool

    @property
    def holds(self) -> bool:
        if not self.same_type:
            # Of another type it is a key only where nothing speaks against it.
            return 0 < self.contained == self.values
        # One customer of four who is gone is a quarter of the values, and hardly any rows.
        return self.contained >= _CONTAINED * self.values or self.rows_contained >= _CONTAINED * self.rows

    def in_words(self, where: str) -> str:
        """The evidence in words."""
        by = "by name and type" if self.same_type else "by name, of another type"
        if not self.values and self.blank is None:
            return f"{by}; no rows to check"
        part = "all" if self.contained == self.values else f"{self.contained:,} of"
        evidence = f"{by}; {part} {self.values:,}{' sampled' if self.sampled else ''} values are in {where}"
        return evidence if self.blank is None else f"{evidence}, {self.blank!r} stands for none"


def weighed(
    connection: Connection, catalog: Catalog, keys: Iterable[ForeignKey]
) -> tuple[tuple[ForeignKey, ...], tuple[ForeignKey, ...]]:
    """The candidate keys that the rows do not contradict, and those that they do, each with its evidence in words."""
    held: list[ForeignKey] = []
    contradicted: list[ForeignKey] = []
    for key, measured in _measured(connection, catalog, list(keys)):
        evidence = measured.in_words(f"{key.referenced}.{', '.join(key.referenced_columns)}")
        (held if measured.holds else contradicted).append(replace(key, evidence=evidence, blank=measured.blank))
    return tuple(held), tuple(contradicted)


def _measured(
    connection: Connection, catalog: Catalog, keys: Sequence[ForeignKey]
) -> Iterator[tuple[ForeignKey, _Measured]]:
    for start in range(0, len(keys), _BATCH):
        batch = keys[start : start + _BATCH]
        parts, samples = [], []
        for number, key in enumerate(batch):
            part, sampled = _containment(catalog, key, number)
            parts.append(part)
            samples.append(sampled)
        try:
            counted = connection.execute(sql.SQL(" UNION ALL ").join(parts)).fetchall()
        except psycopg.errors.InsufficientPrivilege:
            if len(batch) > 1:  # one unreadable table must not hide the evidence of the others
                for key in batch:
                    yield from _measured(connection, catalog, [key])
            continue
        for number, values, contained, rows, rows_contained, blank in counted:
            key = batch[number]
            same = key.when is not None or not (key.as_text or key.loose)
            yield key, _Measured(values, contained, rows, rows_contained, blank, samples[number], same)


def _containment(catalog: Catalog, key: ForeignKey, number: int) -> tuple[sql.Composed, bool]:
    source, sampled = sample_of(catalog, key.table)
    condition = sql.SQL("").format()
    if key.when is not None:
        condition = sql.SQL(" AND t.{}::text = {}").format(sql.Identifier(key.when[0]), sql.Literal(key.when[1]))
    cast = sql.SQL("::text" if key.as_text else "")
    columns = [sql.SQL("t.{}").format(sql.Identifier(name)) for name in key.columns]
    held = [sql.Identifier(f"c{position}") for position, _ in enumerate(columns)]
    there = [sql.Identifier(name) for name in key.referenced_columns]
    statement = sql.SQL(
        "(SELECT {number}::int, count(*) FILTER (WHERE NOT blank), count(found) FILTER (WHERE NOT blank), "
        "coalesce(sum(times) FILTER (WHERE NOT blank), 0)::bigint, "
        "coalesce(sum(times) FILTER (WHERE NOT blank AND found IS NOT NULL), 0)::bigint, "
        "min(value) FILTER (WHERE blank) "
        "FROM (SELECT c.{first}::text AS value, c.times, p.{parent_first}::text AS found, "
        "p.{parent_first} IS NULL AND c.{first}::text = ANY ({blanks}) AS blank "
        "FROM (SELECT {values}, count(*) AS times FROM {source} "
        "WHERE {all_set}{condition} GROUP BY {columns} LIMIT {most}) c "
        "LEFT JOIN {parent} AS p ON {joined}) v)"
    ).format(
        number=sql.Literal(number),
        first=held[0],
        parent_first=there[0],
        columns=sql.SQL(", ").join(columns),
        values=sql.SQL(", ").join(
            sql.SQL("{} AS {}").format(column, name) for column, name in zip(columns, held, strict=True)
        ),
        all_set=sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(column) for column in columns),
        joined=sql.SQL(" AND ").join(
            sql.SQL("p.{}{} = c.{}{}").format(name, cast, own, cast) for name, own in zip(there, held, strict=True)
        ),
        source=source,
        condition=condition,
        most=sql.Literal(_VALUES),
        parent=own_rows(catalog, key.referenced),
        # Of a key of several columns no one value stands for none.
        blanks=sql.Literal(list(_BLANKS) if len(key.columns) == 1 else []),
    )
    return statement, sampled


def is_unique(connection: Connection, catalog: Catalog, relation: Relation, column: str) -> bool:
    """Whether no two rows of the table have the same value there, and none has NULL."""
    row = connection.execute(
        sql.SQL("SELECT count(*) > 0 AND count(*) = count(DISTINCT {}) FROM {}").format(
            sql.Identifier(column), own_rows(catalog, relation)
        )
    ).fetchone()
    assert row is not None
    return bool(row[0])


def type_values(connection: Connection, catalog: Catalog, pair: Pair) -> Mapping[str, int]:
    """The values of a polymorphic pair's type column, most frequent first, with the rows (of a sample) that bear them.

    Empty where there are so many that the column is something else.
    """
    source, _ = sample_of(catalog, pair.table)
    statement = sql.SQL(
        "SELECT t.{type}::text, count(*) FROM {source} WHERE t.{type} IS NOT NULL AND t.{id} IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {most}"
    ).format(
        type=sql.Identifier(pair.type), id=sql.Identifier(pair.id), source=source, most=sql.Literal(_MOST_TYPES + 1)
    )
    counts = {str(value): int(rows) for value, rows in connection.execute(statement)}
    return counts if len(counts) <= _MOST_TYPES else {}


def compare_paths(
    connection: Connection, catalog: Catalog, relation: Relation, paths: Sequence[KeyPath]
) -> tuple[int, int, tuple[int, ...]]:
    """(rows with a tenant by any path, rows on which two paths disagree, rows that each path gives a tenant)."""
    whole = Placement(relation, "", True, relation, "", key_path=_together(paths))
    columns = [
        sql.SQL("{} AS {}").format(_key_of(relation, paths, path), sql.Identifier(f"k{number}"))
        for number, path in enumerate(paths)
    ]
    names = [sql.Identifier(f"k{number}") for number, _ in enumerate(paths)]
    first = sql.SQL("COALESCE({})").format(sql.SQL(", ").join(names))
    unequal = sql.SQL(" OR ").join(sql.SQL("{} <> {}").format(name, first) for name in names)
    statement = sql.SQL("SELECT count({}), count(*) FILTER (WHERE {}), {} FROM (SELECT {} FROM {}{}) AS d").format(
        first,
        unequal,
        sql.SQL(", ").join(sql.SQL("count({})").format(name) for name in names),
        sql.SQL(", ").join(columns),
        source_of(whole, catalog),
        first_blocks(catalog, relation)[0],
    )
    row = connection.execute(statement).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), tuple(int(count) for count in row[2:])


def disagreeing(
    connection: Connection, catalog: Catalog, relation: Relation, paths: Sequence[KeyPath], most: int = 3
) -> tuple[str, ...]:
    """A few rows that two paths give to different tenants: "id=7: 1, 2"."""
    table = catalog.tables[relation]
    whole = Placement(relation, "", True, relation, "", key_path=_together(paths))
    keys = [_key_of(relation, paths, path) for path in paths]
    label: sql.Composable = sql.SQL("'ctid=' || t.ctid::text")
    if table.primary_key:
        label = sql.SQL(" || ', ' || ").join(
            sql.SQL("{} || t.{}::text").format(sql.Literal(f"{name}="), sql.Identifier(name))
            for name in table.primary_key
        )
    unequal = sql.SQL(" OR ").join(sql.SQL("{} <> {}").format(keys[0], key) for key in keys[1:])
    statement = sql.SQL("SELECT {} || ': ' || concat_ws(', ', {}) FROM {} WHERE {} ORDER BY 1 LIMIT {}").format(
        label, sql.SQL(", ").join(keys), source_of(whole, catalog), unequal, sql.Literal(most)
    )
    return tuple(row[0] for row in connection.execute(statement))


def without_tenant(
    connection: Connection,
    catalog: Catalog,
    placements: Sequence[Placement],
    root: tuple[Relation, str],
    keys: Mapping[Relation, Sequence[ForeignKey]],
) -> Iterator[tuple[Relation, tuple[int, int, int, int, int, bool]]]:
    """Counts rows of tenant tables that have no tenant by their key path; `root` is the tenant root and its key.

    Yields (rows, those whose path begins with NULL, those that hang on a row without a tenant, all without a key, those
    whose key is not in the tenant root, whether that comes from a sample) for each table.
    """
    for start in range(0, len(placements), _BATCH):
        batch = placements[start : start + _BATCH]
        parts, samples = [], []
        for number, placement in enumerate(batch):
            assert placement.key_path is not None
            condition, sampled = first_blocks(catalog, placement.relation)
            samples.append(sampled)
            parts.append(
                sql.SQL(
                    "(SELECT {number}::int, count(*), count(*) FILTER (WHERE unset), "
                    "count(*) FILTER (WHERE item.key IS NULL AND NOT unset AND ends), "
                    "count(*) FILTER (WHERE item.key IS NULL), "
                    "count(*) FILTER (WHERE item.key IS NOT NULL AND root.key IS NULL) "
                    "FROM (SELECT {unset} AS unset, {ends} AS ends, {key} AS key FROM {source}{condition}) AS item "
                    "LEFT JOIN (SELECT {root_key}::text AS key FROM {root}) AS root ON root.key = item.key)"
                ).format(
                    number=sql.Literal(number),
                    unset=leads_nowhere(placement.key_path, keys.get(placement.relation, ())),
                    ends=ends_in_null(placement.key_path),
                    key=tenant_key(placement),
                    source=source_of(placement, catalog),
                    condition=condition,
                    root_key=sql.Identifier(root[1]),
                    root=own_rows(catalog, root[0]),
                )
            )
        for number, rows, unset, beneath, tenantless, unknown in connection.execute(sql.SQL(" UNION ALL ").join(parts)):
            yield batch[number].relation, (rows, unset, beneath, tenantless, unknown, samples[number])


def named_by_pairs(
    connection: Connection, catalog: Catalog, placement: Placement, pairs: Iterable[ForeignKey]
) -> Mapping[str, int]:
    """How many rows without a tenant name, by a polymorphic pair, a row of which table."""
    assert placement.key_path is not None
    rows_of: dict[str, int] = {}
    for key in pairs:
        assert key.when is not None
        column, value = key.when
        statement = sql.SQL("SELECT count(*) FROM {}{} {} {} IS NULL AND t.{}::text = {}").format(
            source_of(placement, catalog),
            first_blocks(catalog, placement.relation)[0],
            sql.SQL("AND" if first_blocks(catalog, placement.relation)[1] else "WHERE"),
            tenant_key(placement),
            sql.Identifier(column),
            sql.Literal(value),
        )
        row = connection.execute(statement).fetchone()
        assert row is not None
        if row[0]:
            rows_of[str(key.referenced)] = rows_of.get(str(key.referenced), 0) + int(row[0])
    return rows_of


def naming_unset(
    connection: Connection, catalog: Catalog, placement: Placement, keys: Iterable[ForeignKey]
) -> Mapping[str, int]:
    """How many rows of which tables name a row of this one whose key path begins with NULL, by the keys given.

    Of the table itself only rows count that are declared to hang on such a row, and have a key without it: others are
    everybody's, as that row is.
    """
    assert placement.key_path is not None
    referenced: dict[str, int] = {}
    own = [
        one for one in placement.key_path.alternatives if not one.hops or one.hops[0].referenced != one.hops[0].table
    ]
    for key in keys:
        if key.when is not None or (key.table == placement.relation and (key.virtual or not own)):
            continue
        child, _ = sample_of(catalog, key.table)
        if key.table == placement.relation:
            child += sql.SQL(" WHERE NOT ({})").format(leads_nowhere(in_order(own)))
        joined = sql.SQL(" AND ").join(
            sql.SQL("t.{} = c.{}").format(sql.Identifier(there), sql.Identifier(f"c{number}"))
            for number, there in enumerate(key.referenced_columns)
        )
        columns = sql.SQL(", ").join(
            sql.SQL("t.{} AS {}").format(sql.Identifier(here), sql.Identifier(f"c{number}"))
            for number, here in enumerate(key.columns)
        )
        statement = sql.SQL("SELECT count(*) FROM (SELECT {} FROM {}) c JOIN {} AS t ON {} WHERE {}").format(
            columns, child, own_rows(catalog, placement.relation), joined, leads_nowhere(placement.key_path)
        )
        named: Any = connection.execute(statement).fetchone()
        if named[0]:
            referenced[str(key.table)] = int(named[0])
    return referenced


def _together(paths: Sequence[KeyPath]) -> KeyPath:
    return replace(paths[0], otherwise=tuple(paths[1:]))


def _key_of(relation: Relation, paths: Sequence[KeyPath], path: KeyPath) -> sql.Composed:
    """The key by one of several paths, over the joins of all of them."""
    return tenant_key(Placement(relation, "", True, relation, "", key_path=_together(paths)), only=path)


def first_blocks(catalog: Catalog, relation: Relation) -> tuple[sql.Composed, bool]:
    """A condition that keeps the first blocks of a large table, where joins rule out a sample; and whether it does."""
    table = catalog.tables[relation]
    pages = table.pages or table.bytes // 8192
    if pages <= _WHOLE_PAGES or table.kind == "p":
        return sql.SQL("").format(), False
    return sql.SQL(" WHERE t.ctid < {}::tid").format(sql.Literal(f"({_SAMPLE_PAGES},0)")), True
