"""The trigger functions that write the keys of changed rows into the log: one static function for each table."""

from __future__ import annotations

from psycopg import sql

from migrator.core.online.captured import CapturedTable
from migrator.postgres.session.pinned import PINNED

SCHEMA = "migrator_follow"
# Triggers fire in the order of their names: nothing that another one raises or changes comes before.
TRIGGER = "!migrator_capture"
TRUNCATE_TRIGGER = "!migrator_capture_truncate"
# The session that carries changes to another database sets this in its transaction, and is not captured in turn.
APPLIER = "migrator.applier"

# The settings on which the text of a value depends.
_FORMATS = ("DateStyle", "IntervalStyle", "TimeZone", "extra_float_digits", "bytea_output", "lc_monetary", "xmloption")
_OFF = "BEGIN RETURN NULL; END"


def function_name(number: int) -> str:
    """The name of a captured table's function in `SCHEMA`."""
    return f"capture_{number}"


def capture_function(table: CapturedTable, *, gate: sql.Composed | None = None) -> sql.Composed:
    """Creates the table's function, or replaces it, which no lock on the table is needed for.

    It logs the row as it was, and as it has become where the log holds something else of it; of a table without a
    key, and for TRUNCATE, one entry without a key. `gate` are PL/pgSQL statements that come first: they see TG_OP, OLD
    and NEW (neither, for TRUNCATE), and let the write pass or raise. The session's own formats and search_path do not
    reach into it. A session whose transaction sets `APPLIER` to on passes both, if its login is a member of the role
    that the function belongs to.
    """
    formats = _FORMATS if table.formatted else ()
    settings = {"search_path": sql.SQL("pg_catalog, pg_temp")} | {name: sql.Literal(PINNED[name]) for name in formats}
    return sql.SQL(
        "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {settings} AS {body}"
    ).format(
        name=sql.Identifier(SCHEMA, function_name(table.number)),
        settings=sql.SQL(" ").join(
            sql.SQL("SET {} = {}").format(sql.Identifier(name), value) for name, value in settings.items()
        ),
        body=_quoted(_body(table, gate)),
    )


def switched_off(number: int) -> sql.Composed:
    """Replaces a captured table's function by one that does nothing."""
    return sql.SQL("CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS {}").format(
        sql.Identifier(SCHEMA, function_name(number)), _quoted(sql.SQL(_OFF).format())
    )


def is_switched_off(body: str) -> bool:
    """Whether a function with that body does nothing."""
    return body == _OFF


def _body(table: CapturedTable, gate: sql.Composed | None) -> sql.Composed:
    return sql.SQL(
        "BEGIN\n"
        "    IF pg_catalog.current_setting({applier}, true) = 'on'\n"
        "       AND pg_catalog.pg_has_role(session_user, current_user, 'MEMBER') THEN\n"
        "        RETURN NULL;\n"
        "    END IF;\n"
        "{gate}"
        "    IF TG_OP = 'TRUNCATE' THEN\n"
        "        INSERT INTO {log} (relation) VALUES ({number});\n"
        "        RETURN NULL;\n"
        "    END IF;\n"
        "{rows}"
        "    RETURN NULL;\n"
        "END"
    ).format(
        applier=sql.Literal(APPLIER),
        gate=sql.SQL("    {}\n").format(gate) if gate is not None else sql.SQL(""),
        log=sql.Identifier(SCHEMA, "log"),
        number=sql.Literal(table.number),
        rows=_rows(table) if table.key else _once(table),
    )


def _rows(table: CapturedTable) -> sql.Composed:
    # Of the texts, byte by byte: 1.0 and 1.00 are equal by their own operator, as "Ann" and "ANN" may be.
    differs = sql.SQL(" OR ").join(
        sql.SQL('OLD.{0}::text COLLATE "C" IS DISTINCT FROM NEW.{0}::text COLLATE "C"').format(sql.Identifier(name))
        for name in table.columns
    )
    return sql.SQL(
        "    IF TG_OP <> 'INSERT' THEN\n"
        "        {before}\n"
        "    END IF;\n"
        "    IF TG_OP = 'INSERT' THEN\n"
        "        {after}\n"
        "    ELSIF TG_OP = 'UPDATE' THEN\n"
        "        IF {differs} THEN\n"
        "            {after}\n"
        "        END IF;\n"
        "    END IF;\n"
    ).format(before=_entry(table, "OLD"), after=_entry(table, "NEW"), differs=differs)


def _entry(table: CapturedTable, row: str) -> sql.Composed:
    route = sql.SQL(", route").format() if table.route else sql.SQL("").format()
    values = [_texts(row, columns) for columns in (table.key, table.route) if columns]
    return sql.SQL("INSERT INTO {log} (relation, key{route}) VALUES ({number}, {values});").format(
        log=sql.Identifier(SCHEMA, "log"),
        route=route,
        number=sql.Literal(table.number),
        values=sql.SQL(", ").join(sql.SQL("ARRAY[{}]").format(value) for value in values),
    )


def _texts(row: str, columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("{}.{}::text").format(sql.SQL(row), sql.Identifier(name)) for name in columns)


def _once(table: CapturedTable) -> sql.Composed:
    # One entry a transaction says it all. A setting that is local to it goes back with a savepoint, as the entry does.
    return sql.SQL(
        "    IF pg_catalog.current_setting({setting}, true) IS DISTINCT FROM pg_catalog.txid_current()::text THEN\n"
        "        INSERT INTO {log} (relation) VALUES ({number});\n"
        "        PERFORM pg_catalog.set_config({setting}, pg_catalog.txid_current()::text, true);\n"
        "    END IF;\n"
    ).format(
        setting=sql.Literal(f"{SCHEMA}.logged_{table.number}"),
        log=sql.Identifier(SCHEMA, "log"),
        number=sql.Literal(table.number),
    )


def _quoted(body: sql.Composable) -> sql.Literal:
    # As a literal: a name in it may hold whatever a dollar quote ends with.
    return sql.Literal(body.as_string(None))
