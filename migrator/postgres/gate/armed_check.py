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

# Whose the row is, is looked up twice: behind the lock it may be somebody else's. Statements of their own, in this
# order: in READ COMMITTED each sees what was committed before it began, and so what the coordinator left there.
_CHECK = sql.SQL(
    """
    DECLARE
        {timeout}
        migrator_old text[];
        migrator_new text[];
        migrator_waves integer[];
        migrator_wave integer;
        migrator_tenant text;
        migrator_generation bigint;
    BEGIN
        {above}
        FOR migrator_look IN 1..2 LOOP
            IF {before} THEN
                SELECT ARRAY[{old}] INTO migrator_old;
            END IF;
            IF TG_OP <> 'DELETE' THEN
                SELECT ARRAY[{new}] INTO migrator_new;
            END IF;
            EXIT WHEN migrator_look = 2;
            SELECT pg_catalog.array_agg(DISTINCT a.wave ORDER BY a.wave) INTO migrator_waves
            FROM migrator_follow.armed a WHERE a.tenant = ANY (migrator_old || migrator_new);
            {unknown}
            EXIT WHEN migrator_waves IS NULL;
            FOREACH migrator_wave IN ARRAY migrator_waves LOOP
                {lock}
                {generation}
            END LOOP;
        END LOOP;
        IF migrator_waves IS NOT NULL THEN
            SELECT f.tenant, f.generation INTO migrator_tenant, migrator_generation
            FROM migrator_follow.fenced f WHERE f.tenant = ANY (migrator_old || migrator_new) LIMIT 1;
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

# Where it cannot be told whose a row is, its transaction is held to every wave that is not decided yet: whoever makes
# it known (the parent that was not there) may commit before it does.
_UNKNOWN = sql.SQL(
    """IF pg_catalog.array_position(migrator_old || migrator_new, NULL) IS NOT NULL THEN
                SELECT pg_catalog.array_agg(DISTINCT w.wave ORDER BY w.wave) INTO migrator_waves
                FROM (SELECT pg_catalog.unnest(migrator_waves) AS wave
                      UNION ALL
                      SELECT a.wave FROM migrator_follow.armed a
                      WHERE NOT EXISTS (SELECT FROM migrator_follow.fenced f WHERE f.tenant = a.tenant)) AS w;
            END IF;"""
)

# Others may be writing rows that hang on this one: they looked up whose these are before, and hold no lock of the wave.
# A row whose tenant is not known before or after is none of these: see _UNKNOWN.
_MOVE = sql.SQL(
    """IF TG_OP = 'UPDATE' AND pg_catalog.array_position(migrator_old || migrator_new, NULL) IS NULL
               AND (SELECT pg_catalog.array_agg(DISTINCT a.wave ORDER BY a.wave)
                    FROM migrator_follow.armed a WHERE a.tenant = ANY (migrator_old))
                   IS DISTINCT FROM
                   (SELECT pg_catalog.array_agg(DISTINCT a.wave ORDER BY a.wave)
                    FROM migrator_follow.armed a WHERE a.tenant = ANY (migrator_new))
               AND migrator_old IS NOT NULL THEN
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
    nothing = sql.SQL("").format()
    # Where an update leaves alone what the paths begin with, the row has the same tenants before and after.
    changed = sql.SQL(" OR ").join(
        sql.SQL("OLD.{0}::text IS DISTINCT FROM NEW.{0}::text").format(sql.Identifier(name)) for name in table.starts
    )
    return _CHECK.format(
        timeout=TIMEOUT,
        above=nothing
        if table.above is None
        else _ABOVE.format(above=sql.Identifier(table.above.columns[0]), run=sql.Literal(run)),
        before=sql.SQL("TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND ({})").format(
            changed if table.starts else sql.SQL("false")
        ),
        old=_tenants(table, sql.SQL("OLD"), catalog),
        new=_tenants(table, sql.SQL("NEW"), catalog),
        unknown=_UNKNOWN if table.paths else nothing,
        lock=shared_lock(sql.Identifier("migrator_wave")),
        generation=snapshot_check(_WAVE),
        run=sql.Literal(run),
        move=_MOVE.format(run=sql.Literal(run)) if table.passed else nothing,
    )


def _truncate_check(run: str) -> sql.Composed:
    return _TRUNCATE_CHECK.format(
        timeout=TIMEOUT,
        lock=shared_lock(sql.Identifier("migrator_wave")),
        generation=snapshot_check(_WAVE),
        run=sql.Literal(run),
    )


def _tenants(table: GatedTable, row: sql.SQL, catalog: Catalog) -> sql.Composed:
    """The elements of an array: the tenants of the row by each path; NULL where a parent on the way is not to be seen.

    In one collation: those of the keys' columns may be several, which cannot be compared.
    """
    tenants = [sql.SQL('({}) COLLATE "C"').format(_tenant(path, tree, row, catalog)) for path, tree in table.paths]
    if table.undivided or not tenants:
        tenants.append(sql.SQL('{}::text COLLATE "C"').format(sql.Literal(WITHOUT_TENANT)))
    return sql.SQL(", ").join(tenants)


def _tenant(path: KeyPath, tree: TenantTree | None, row: sql.SQL, catalog: Catalog) -> sql.Composed:
    """SELECT of the tenant that one path of the row leads to."""
    rows = sql.SQL("(SELECT {}.*) AS t").format(row)
    return sql.SQL("SELECT CASE WHEN {key} IS NOT NULL THEN {key} WHEN {nobodys} THEN {none} END FROM {rows}").format(
        key=key_at_end(path, tree),
        nobodys=ends_in_null(path),
        none=sql.Literal(WITHOUT_TENANT),
        rows=joined_along(rows, path, tree, catalog),
    )
