"""The SQL by which a write to the source finds out whether its tenant is being moved, or has moved away.

It is part of a captured table's trigger function, behind what logs the change, and runs in the writer's own
transaction with the rights of the function's owner.
"""

from __future__ import annotations

from psycopg import sql

from migrator.core.online.gated import WITHOUT_TENANT, GatedTable
from migrator.core.placement.key_paths import KeyPath, TenantTree
from migrator.core.schema.catalog import Catalog
from migrator.postgres.gate.locks import TIMEOUT, shared_lock, snapshot_check
from migrator.postgres.placement.key_path import ends_in_null, joined_along, key_at_end

# Where it cannot be told whose a row is, its transaction is held to every wave that is not decided yet: whoever makes
# it known (the parent that was not there) may commit before it does.
_WAVES = sql.SQL(
    '(SELECT a.wave FROM migrator_follow.armed a WHERE a.tenant = k.tenant COLLATE "C"'
    " UNION ALL SELECT a.wave FROM migrator_follow.armed a WHERE k.tenant IS NULL"
    " AND NOT EXISTS (SELECT FROM migrator_follow.fenced f WHERE f.tenant = a.tenant))"
)

# Statements of their own, in this order: in READ COMMITTED each sees what was committed before it began, so that what
# is read behind the lock is what the coordinator left there.
_CHECK = sql.SQL(
    """
    DECLARE
        {timeout}
        migrator_waves integer[];
        migrator_moves boolean;
        migrator_wave integer;
        migrator_tenant text;
        migrator_generation bigint;
    BEGIN
        {above}
        SELECT pg_catalog.array_agg(DISTINCT w.wave ORDER BY w.wave) FILTER (WHERE w.wave IS NOT NULL), {moves}
        INTO migrator_waves, migrator_moves
        FROM ({tenants}) AS k (side, tenant) LEFT JOIN LATERAL {waves} AS w ON true;
        IF migrator_waves IS NOT NULL THEN
            FOREACH migrator_wave IN ARRAY migrator_waves LOOP
                {lock}
                {generation}
            END LOOP;
            SELECT f.tenant, f.generation INTO migrator_tenant, migrator_generation
            FROM ({tenants}) AS k (side, tenant)
            JOIN migrator_follow.fenced f ON f.tenant = k.tenant COLLATE "C" LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'tenant % has moved: its rows in %.% take no writes here',
                                pg_catalog.quote_literal(migrator_tenant),
                                pg_catalog.quote_ident(TG_TABLE_SCHEMA), pg_catalog.quote_ident(TG_TABLE_NAME)
                    USING ERRCODE = 'read_only_sql_transaction',
                          DETAIL = pg_catalog.format('migrator run %s, generation %s', {run}, migrator_generation),
                          HINT = 'Read the map of tenants again (migrator connections), and retry where it says.';
            END IF;
            {move}
        END IF;
    END;
    """
)

# Others may be writing rows that hang on this one: they looked up whose these are before, and hold no lock of the wave.
# A row whose tenant is not known before or after is none of these: see _WAVES.
_MOVES = sql.SQL(
    "pg_catalog.bool_or(k.side = 'old' AND k.tenant IS NOT NULL) AND pg_catalog.bool_or(k.side = 'new' AND k.tenant"
    " IS NOT NULL) AND pg_catalog.array_agg(DISTINCT w.wave ORDER BY w.wave) FILTER (WHERE k.side = 'old')"
    " IS DISTINCT FROM pg_catalog.array_agg(DISTINCT w.wave ORDER BY w.wave) FILTER (WHERE k.side = 'new')"
)
_MOVE = sql.SQL(
    """IF migrator_moves THEN
                RAISE EXCEPTION 'a row of %.% cannot change its tenant while one of the two is being moved',
                                pg_catalog.quote_ident(TG_TABLE_SCHEMA), pg_catalog.quote_ident(TG_TABLE_NAME)
                    USING ERRCODE = 'serialization_failure', DETAIL = 'migrator run ' || {run},
                          HINT = 'Retry when the wave is over: migrator status.';
            END IF;"""
)

_ABOVE = sql.SQL(
    """IF TG_OP = 'UPDATE' AND OLD.{above}::text IS DISTINCT FROM NEW.{above}::text THEN
            RAISE EXCEPTION 'a row of %.% cannot be put below another one while tenants are being moved',
                            pg_catalog.quote_ident(TG_TABLE_SCHEMA), pg_catalog.quote_ident(TG_TABLE_NAME)
                USING ERRCODE = 'feature_not_supported', DETAIL = 'migrator run ' || {run};
        END IF;"""
)

# TRUNCATE names no rows: whoever is in the table is concerned.
_TRUNCATE_CHECK = sql.SQL(
    """
    DECLARE
        {timeout}
        migrator_wave integer;
        migrator_tenant text;
    BEGIN
        FOR migrator_wave IN SELECT DISTINCT a.wave FROM migrator_follow.armed a ORDER BY a.wave LOOP
            {lock}
            {generation}
        END LOOP;
        SELECT f.tenant INTO migrator_tenant FROM migrator_follow.fenced f LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION '%.% cannot be emptied: tenant % has moved, and its rows take no writes here',
                            pg_catalog.quote_ident(TG_TABLE_SCHEMA), pg_catalog.quote_ident(TG_TABLE_NAME),
                            pg_catalog.quote_literal(migrator_tenant)
                USING ERRCODE = 'read_only_sql_transaction', DETAIL = 'migrator run ' || {run},
                      HINT = 'Delete the rows of the tenants that are still here instead.';
        END IF;
    END;
    """
)


# The wave whose lock was taken last, whose row a decision about it changes.
_WAVE = sql.SQL("migrator_follow.waves w WHERE w.wave = migrator_wave").format()


def armed_check(table: GatedTable, catalog: Catalog, run: str) -> sql.Composed:
    """PL/pgSQL for the trigger function of a captured table: the write passes, waits, or raises 25006 or 40001.

    It needs what `install_gate` makes in the source. In a table that is not divided by tenant it looks at what belongs
    to none (`WITHOUT_TENANT`).
    """
    return sql.SQL("IF TG_OP = 'TRUNCATE' THEN {} ELSE {} END IF;").format(
        _truncate_check(run), _row_check(table, catalog, run)
    )


def _row_check(table: GatedTable, catalog: Catalog, run: str) -> sql.Composed:
    tenants = _tenants(table, catalog)
    nothing = sql.SQL("").format()
    wave = sql.Identifier("migrator_wave")
    move = _MOVE.format(run=sql.Literal(run)) if table.passed else nothing
    above = nothing
    if table.above is not None:
        above = _ABOVE.format(above=sql.Identifier(table.above.columns[0]), run=sql.Literal(run))
    return _CHECK.format(
        timeout=TIMEOUT,
        above=above,
        tenants=tenants,
        waves=_WAVES,
        lock=shared_lock(wave),
        generation=snapshot_check(_WAVE),
        run=sql.Literal(run),
        moves=_MOVES if table.passed else sql.SQL("NULL"),
        move=move,
    )


def _truncate_check(run: str) -> sql.Composed:
    return _TRUNCATE_CHECK.format(
        timeout=TIMEOUT,
        lock=shared_lock(sql.Identifier("migrator_wave")),
        generation=snapshot_check(_WAVE),
        run=sql.Literal(run),
    )


def _tenants(table: GatedTable, catalog: Catalog) -> sql.Composed:
    """SELECT of (side, tenant) of the row as it was and as it is; NULL where a parent on the way is not to be seen."""
    changed = sql.SQL(" OR ").join(
        sql.SQL("OLD.{0}::text IS DISTINCT FROM NEW.{0}::text").format(sql.Identifier(name)) for name in table.starts
    )
    # Where an update leaves alone what the paths begin with, the row has the same tenants before and after.
    matters = {
        "old": sql.SQL("TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND ({})").format(
            changed if table.starts else sql.SQL("false")
        ),
        "new": sql.SQL("TG_OP <> 'DELETE'").format(),
    }
    sides = []
    for side, condition in matters.items():
        row = sql.SQL("OLD" if side == "old" else "NEW")
        found: list[sql.Composed] = [_tenant(path, tree, row, catalog) for path, tree in table.paths]
        if table.undivided:
            found.append(sql.SQL("SELECT {}::text").format(sql.Literal(WITHOUT_TENANT)))
        sides.append(
            sql.SQL("SELECT {}::text, s.tenant FROM ({}) AS s (tenant) WHERE {}").format(
                sql.Literal(side), sql.SQL(" UNION ALL ").join(found), condition
            )
        )
    return sql.SQL(" UNION ALL ").join(sides)


def _tenant(path: KeyPath, tree: TenantTree | None, row: sql.SQL, catalog: Catalog) -> sql.Composed:
    """SELECT of the tenant that one path of the row leads to."""
    rows = sql.SQL("(SELECT {}.*) AS t").format(row)
    return sql.SQL("SELECT CASE WHEN {key} IS NOT NULL THEN {key} WHEN {nobodys} THEN {none} END FROM {rows}").format(
        key=key_at_end(path, tree),
        nobodys=ends_in_null(path),
        none=sql.Literal(WITHOUT_TENANT),
        rows=joined_along(rows, path, tree, catalog),
    )
