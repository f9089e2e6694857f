"""Selects the rows that rules match, and those that reference them, over every foreign key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from psycopg import sql

from migrator.core.clean.rules import ByAge, ByCondition, Selection, Share, readable
from migrator.core.placement.model import Placements
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation
from migrator.postgres.clean.select import operators_names, selected
from migrator.postgres.placement.from_items import own_rows
from migrator.postgres.placement.key_path import holds, joined, source_of, tenant_key
from migrator.postgres.session.connect import Connection, query

SAMPLES = 5

# For the session that picks: a million picked rows are sorted and hashed, and kept in a temporary table, in memory.
ROW_SELECTION_SETTINGS: Mapping[str, str] = {"temp_buffers": "128MB", "work_mem": "64MB"}


class RowSelection:
    """The rows that rules have picked in one session, in its temporary table `picked`.

    Rows are known by their physical place. That holds only within one snapshot (to look), or while the tables are
    locked against writes (to move): the caller sees to either.
    """

    def __init__(
        self, connection: Connection, catalog: Catalog, placements: Placements, tenants: Sequence[str]
    ) -> None:
        self.connection = connection
        self.catalog = catalog
        self._placements = placements
        self._tenants = tenants
        # What nobody declared hangs as well: its rows would be orphans, of a kind that no constraint ever shows.
        self._referencing: dict[Relation, list[ForeignKey]] = {
            relation: list(keys) for relation, keys in catalog.referencing.items()
        }
        for key in placements.virtual_keys:
            if key.table in catalog.tables and key.partition is None:
                self._referencing.setdefault(key.referenced, []).append(key)
        self._relations: list[Relation] = sorted(catalog.tables)
        self._number = {relation: number for number, relation in enumerate(self._relations)}

    @staticmethod
    def prepare(connection: Connection) -> None:
        """Makes the temporary table; not possible any more once a read-only transaction has begun."""
        connection.execute(sql.SQL(query("clean/row_selection")))

    def clear(self) -> None:
        """Forgets every row."""
        self.connection.execute("DELETE FROM pg_temp.picked")

    def pick(self, rule: str, chosen: Iterable[Selection]) -> tuple[Share, ...]:
        """Picks a rule's rows and everything that hangs on them; rows that an earlier rule picked stay with that one.

        Raises:
            ConfigurationError: the operator's own SQL in the rule cannot be run.
        """
        depth = 0
        reached = {selection.relation for selection in chosen if self._pick_selected(rule, selection)}
        while reached:
            # The planner knows nothing of a temporary table that nobody analyzed.
            self.connection.execute("ANALYZE pg_temp.picked")
            referencing = [key for relation in sorted(reached) for key in self._referencing.get(relation, ())]
            depth += 1
            reached = {key.table for key in referencing if self._pick_referencing(rule, key, depth)}
        self._find_tenants(rule)
        return self._shares(rule)

    def picked(self, rule: str) -> dict[Relation, int]:
        """How many rows the rule takes, table by table."""
        counts = self.connection.execute(
            "SELECT relation, count(*) FROM pg_temp.picked WHERE rule = %s GROUP BY 1 ORDER BY 1", [rule]
        )
        return {self._relations[number]: count for number, count in counts}

    def concerned(self, relations: Iterable[Relation]) -> frozenset[Relation]:
        """Those tables and all that reference them: what must not be written while their rows are picked and moved."""
        taken = set(relations)
        return frozenset(taken | {key.table for relation in taken for key in self._referencing.get(relation, ())})

    def rows_of(self, rule: str, relation: Relation) -> sql.Composed:
        """A condition that joins the table's rows (alias `t`) with their entries (alias `k`)."""
        return sql.SQL("k.rule = {} AND k.relation = {} AND t.tableoid = k.tbl AND t.ctid = k.tid").format(
            sql.Literal(rule), sql.Literal(self._number[relation])
        )

    def row_key(self, relation: Relation) -> sql.Composed:
        """The primary key of a row (alias `t`) as jsonb; NULL where the table has none."""
        columns = self.catalog.tables[relation].primary_key
        if not columns:
            return sql.SQL("NULL::jsonb").format()
        return sql.SQL("jsonb_build_object({})").format(
            sql.SQL(", ").join(
                sql.SQL("{}::text, t.{}").format(sql.Literal(column), sql.Identifier(column)) for column in columns
            )
        )

    def samples(self, rule: str, relation: Relation) -> tuple[str, ...]:
        """The keys of a few picked rows, for a person to look them up."""
        keys = self.connection.execute(
            sql.SQL(
                "SELECT {} FROM (SELECT * FROM pg_temp.picked WHERE rule = {} AND relation = {} "
                "ORDER BY depth, tbl, tid LIMIT {}) AS k, {} AS t WHERE {} ORDER BY k.depth, k.tbl, k.tid"
            ).format(
                self.row_key(relation),
                sql.Literal(rule),
                sql.Literal(self._number[relation]),
                sql.Literal(SAMPLES),
                own_rows(self.catalog, relation),
                self.rows_of(rule, relation),
            )
        )
        return tuple(", ".join(f"{name}={value}" for name, value in key.items()) for (key,) in keys if key)

    def _pick_selected(self, rule: str, selection: Selection) -> int:
        statement = self._insert(
            rule,
            selection.relation,
            0,
            selection.reason,
            selected(selection, self.catalog, self._tenants),
        )
        if isinstance(selection, ByCondition | ByAge):
            with operators_names(self.connection, rule, (selection.relation.schema,)):
                # binary: the extended protocol takes one statement only, whatever the operator's SQL holds.
                return self.connection.execute(statement, binary=True).rowcount
        return self.connection.execute(statement).rowcount

    def _pick_referencing(self, rule: str, key: ForeignKey, depth: int) -> int:
        """Rows that reference, over this key, a row that was picked in the round before."""
        statement = sql.SQL(
            "SELECT c.tableoid, c.ctid FROM {} AS c JOIN {} AS p ON {} "
            "JOIN pg_temp.picked AS k ON k.tbl = p.tableoid AND k.tid = p.ctid "
            "WHERE k.rule = {} AND k.relation = {} AND k.depth = {} AND {}"
        ).format(
            own_rows(self.catalog, key.table),
            own_rows(self.catalog, key.referenced),
            joined(key, "p", "c"),
            sql.Literal(rule),
            sql.Literal(self._number[key.referenced]),
            sql.Literal(depth - 1),
            _speaks(key),
        )
        reason = f"hangs on {key.referenced}: {key.label}"
        return self.connection.execute(self._insert(rule, key.table, depth, reason, statement)).rowcount

    def _insert(
        self, rule: str, relation: Relation, depth: int, reason: str, statement: sql.Composable
    ) -> sql.Composed:
        return sql.SQL(
            "INSERT INTO pg_temp.picked (tbl, tid, rule, relation, depth, reason) "
            "SELECT s.tbl, s.tid, {}, {}, {}, {} FROM ({}) AS s (tbl, tid) ON CONFLICT DO NOTHING"
        ).format(
            sql.Literal(rule), sql.Literal(self._number[relation]), sql.Literal(depth), sql.Literal(reason), statement
        )

    def _find_tenants(self, rule: str) -> None:
        for relation in self.picked(rule):
            placement = self._placements.tables.get(relation)
            usable = readable(placement, self.catalog) if placement is not None and placement.per_tenant else None
            if usable is None:
                continue
            self.connection.execute(
                sql.SQL(
                    "UPDATE pg_temp.picked AS k SET tenant = s.tenant "
                    "FROM (SELECT t.tableoid, t.ctid, {} FROM {}) AS s (tbl, tid, tenant) "
                    "WHERE k.tbl = s.tbl AND k.tid = s.tid AND k.rule = {} AND k.relation = {}"
                ).format(
                    tenant_key(usable),
                    source_of(usable, self.catalog),
                    sql.Literal(rule),
                    sql.Literal(self._number[relation]),
                )
            )

    def _shares(self, rule: str) -> tuple[Share, ...]:
        groups = self.connection.execute(
            "SELECT relation, reason, depth > 0, tenant, count(*), min(depth) FROM pg_temp.picked WHERE rule = %s "
            "GROUP BY 1, 2, 3, 4 ORDER BY 6, 1, 2, 4",
            [rule],
        )
        return tuple(
            Share(rule, self._relations[number], reason, hanging, tenant, count)
            for number, reason, hanging, tenant, count, _ in groups
        )


def _speaks(key: ForeignKey) -> sql.Composed:
    """Whether the key says anything of a row of alias `c`: it is of its type, and names a row."""
    conditions = [sql.SQL("true").format()]
    conditions += [holds(sql.Identifier("c", column), key.blank) for column in key.columns if key.blank is not None]
    if key.when is not None:
        column, value = key.when
        conditions.append(sql.SQL("{}::text = {}").format(sql.Identifier("c", column), sql.Literal(value)))
    return sql.SQL(" AND ").join(conditions)
