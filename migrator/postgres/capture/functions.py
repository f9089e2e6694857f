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
# current_user is the function's owner.
_IS_CAPTURED = sql.SQL(
    "pg_catalog.current_setting({}, true) IS DISTINCT FROM 'on' "
    "OR NOT pg_catalog.pg_has_role(session_user, current_user, 'MEMBER')"
).format(sql.Literal(APPLIER))


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
    settings: dict[str, sql.Composable] = {"search_path": sql.SQL("pg_catalog, pg_temp")}
    settings |= {name: sql.Literal(PINNED[name]) for name in formats}
    if gate is not None:
        # The gate's look along key paths takes microseconds to run and nearly a millisecond to plan, for each row: left
        # to itself the server never stops planning it anew.
        settings["plan_cache_mode"] = sql.SQL("force_generic_plan")
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
    # An expression costs most where a transaction meets it for the first time, which is nearly always: so there are as
    # few as can be, and without a gate the applier is told within the INSERT.
    return sql.SQL("BEGIN\n{gate}{rows}    RETURN NULL;\nEND").format(
        gate=sql.SQL("    IF NOT ({is_captured}) THEN\n        RETURN NULL;\n    END IF;\n    {gate}\n").format(
            is_captured=_IS_CAPTURED, gate=gate
        )
        if gate is not None
        else sql.SQL(""),
        rows=(_rows if table.key else _once)(table, sql.SQL("true") if gate is not None else _IS_CAPTURED),
    )


def _rows(table: CapturedTable, is_captured: sql.Composable) -> sql.Composed:
    # Of the texts, byte by byte: 1.0 and 1.00 are equal by their own operator, as "Ann" and "ANN" may be.
    differs = sql.SQL(" OR ").join(
        sql.SQL('OLD.{0}::text COLLATE "C" IS DISTINCT FROM NEW.{0}::text COLLATE "C"').format(sql.Identifier(name))
        for name in table.columns
    )
    return sql.SQL(
        "    IF TG_OP = 'INSERT' THEN\n"
        "        {after}\n"
        "    ELSIF TG_OP = 'UPDATE' THEN\n"
        "        {before}\n"
        "        IF {differs} THEN\n"
        "            {after}\n"
        "        END IF;\n"
        "    ELSIF TG_OP = 'DELETE' THEN\n"
        "        {before}\n"
        "    ELSE\n"
        "        {whole}\n"
        "    END IF;\n"
    ).format(
        before=_entry(table, "OLD", is_captured),
        after=_entry(table, "NEW", is_captured),
        whole=_whole(table, is_captured),
        differs=differs,
    )


def _entry(table: CapturedTable, row: str, is_captured: sql.Composable) -> sql.Composed:
    """Logs a row: the first columns of key and route by themselves, as an array takes twice the room."""
    first, *further = table.key
    values: dict[str, sql.Composable] = {"relation": sql.Literal(table.number), "key": _text(row, first)}
    if table.route:
        values["route"] = _text(row, table.route[0])
    if more := (*further, *table.route[1:]):
        values["more"] = sql.SQL("ARRAY[{}]").format(sql.SQL(", ").join(_text(row, name) for name in more))
    return sql.SQL("INSERT INTO {log} ({columns}) SELECT {values} WHERE {is_captured};").format(
        log=sql.Identifier(SCHEMA, "log"),
        columns=sql.SQL(", ").join(map(sql.Identifier, values)),
        values=sql.SQL(", ").join(values.values()),
        is_captured=is_captured,
    )


def _whole(table: CapturedTable, is_captured: sql.Composable) -> sql.Composed:
    """Logs that any row of the table may have changed."""
    return sql.SQL("INSERT INTO {} (relation) SELECT {} WHERE {};").format(
        sql.Identifier(SCHEMA, "log"), sql.Literal(table.number), is_captured
    )


def _text(row: str, column: str) -> sql.Composed:
    return sql.SQL("{}.{}::text").format(sql.SQL(row), sql.Identifier(column))


def _once(table: CapturedTable, is_captured: sql.Composable) -> sql.Composed:
    # One entry a transaction says it all. A setting that is local to it goes back with a savepoint, as the entry does.
    return sql.SQL(
        "    IF ({is_captured})\n"
        "       AND pg_catalog.current_setting({setting}, true) IS DISTINCT FROM pg_catalog.txid_current()::text THEN\n"
        "        {whole}\n"
        "        PERFORM pg_catalog.set_config({setting}, pg_catalog.txid_current()::text, true);\n"
        "    END IF;\n"
    ).format(
        is_captured=is_captured,
        setting=sql.Literal(f"{SCHEMA}.logged_{table.number}"),
        whole=_whole(table, sql.SQL("true")),
    )


def _quoted(body: sql.Composable) -> sql.Literal:
    # As a literal: a name in it may hold whatever a dollar quote ends with.
    return sql.Literal(body.as_string(None))
