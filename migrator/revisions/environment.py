"""What the files of a tree call: its env.py, and revisions that run SQL scripts."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from alembic.ddl.postgresql import PostgresqlImpl
from alembic.runtime.environment import NameFilterParentNames, NameFilterType
from alembic.util.exc import CommandError

from migrator.revisions.failures import ScriptError

URL_VARIABLE = "MIGRATOR_ALEMBIC_URL"


def metadata_beside(env: str) -> sa.MetaData:
    """The `metadata` of models.py in the directory of env.py, given env.py's `__file__`.

    Loaded by its path: several trees in one process each have a models.py, and none needs to be on sys.path.
    """
    path = Path(env).with_name("models.py").resolve()
    name = f"migrator_models_{sha256(str(path).encode()).hexdigest()[:12]}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} cannot be loaded")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    metadata = sys.modules[name].metadata
    assert isinstance(metadata, sa.MetaData)
    return metadata


def run_environment(metadata: sa.MetaData | None, *, schema: str = "") -> None:
    """Runs what Alembic was asked for, on the connection of `upgrade` and its kin, or on one from a URL.

    `schema` is for a tree that shares its database with others: where its version table and its tables are.

    The URL is libpq's, taken from `alembic -x url=…`, else MIGRATOR_ALEMBIC_URL, else sqlalchemy.url in alembic.ini;
    `alembic upgrade --sql` needs none.
    """
    if context.is_offline_mode():
        # The driver's own parameter style would double every percent sign in what is printed.
        context.configure(
            dialect_name="postgresql",
            dialect_opts={"paramstyle": "named"},
            target_metadata=metadata,
            literal_binds=True,
            version_table_schema=schema or None,
        )
        with context.begin_transaction():
            context.run_migrations()
        return
    given = context.config.attributes.get("connection")
    if given is not None:
        _run(given, metadata, context.config.attributes.get("schema") or schema)
        return
    # Called by the alembic command, which otherwise would not say what it does.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic.runtime.migration").setLevel(logging.INFO)
    url = (
        context.get_x_argument(as_dictionary=True).get("url")
        or os.environ.get(URL_VARIABLE)
        or context.config.get_main_option("sqlalchemy.url")
    )
    if not url:
        raise CommandError(f"no database named: pass -x url=postgresql://… before the command, or set {URL_VARIABLE}")
    # libpq reads its own URLs and conninfo strings; SQLAlchemy's spelling with a driver's name means the same.
    conninfo = url.replace("postgresql+psycopg://", "postgresql://", 1)
    engine = sa.create_engine("postgresql+psycopg://", poolclass=sa.pool.NullPool)
    sa.event.listen(
        engine, "do_connect", lambda _dialect, _record, arguments, _named: arguments.__setitem__(0, conninfo)
    )
    with engine.connect() as connection:
        _run(connection, metadata, schema)


def run_scripts(revision: str, *, search_path: str = "") -> None:
    """Executes the .sql files of the directory that is named like the revision's file, given its `__file__`, in order.

    For a revision that is DDL as pg_dump writes it: every name is qualified, whatever the session's search path.
    `search_path`, as SET takes it, is for the functions that it calls (in a generated column, say), which find others
    by it; '' is the one that migrator gives its sessions, else none.
    """
    directory = Path(revision).with_suffix("")
    if not directory.is_dir():
        raise CommandError(f"the directory {directory} is missing")
    scripts = sorted(directory.glob("*.sql"))
    connection = None if context.is_offline_mode() else op.get_bind()
    settings = ("search_path", "check_function_bodies", "xmloption")
    if connection is None:
        op.execute(
            f"SET search_path = {search_path or _NOWHERE}; SET check_function_bodies = off; SET xmloption = content;"
        )
    else:
        # A session of migrator's knows what the source's functions need.
        path = search_path or getattr(connection.connection.driver_connection, "search_path", "") or _NOWHERE
        before = {name: connection.scalar(sa.text(f"SHOW {name}")) for name in settings}
        _execute(connection, f"SET search_path = {path}; SET check_function_bodies = off; SET xmloption = content")
    for script in scripts:
        text = script.read_bytes().decode()  # as it is: read_text would change carriage returns
        if connection is None:
            op.execute(sa.text(text.replace(":", r"\:")))
        else:
            try:
                _execute(connection, text)
            except sa.exc.DBAPIError as error:
                raise ScriptError(script, text, error) from error
    if connection is None:
        op.execute("RESET search_path; RESET check_function_bodies; RESET xmloption;")
        return
    for name, value in before.items():
        connection.execute(sa.text("SELECT set_config(:name, :value, false)"), {"name": name, "value": value})


_NOWHERE = "''"


def _execute(connection: sa.Connection, text: str) -> None:
    # As one message of the simple protocol: many statements, and a percent sign is no parameter. Said of this statement
    # alone: said of the connection it would hold for every later revision, whose percent signs SQLAlchemy has doubled.
    connection.exec_driver_sql(text, execution_options={"no_parameters": True})


_PARTITIONS = "SELECT relname FROM pg_catalog.pg_class WHERE relispartition"
_ELSEWHERE = """
    SELECT 'alembic_version'
    UNION
    SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    GROUP BY c.relname HAVING bool_and(c.relispartition OR n.nspname <> :schema)
"""


def _run(connection: sa.Connection, metadata: sa.MetaData | None, schema: str) -> None:
    if schema:
        # IF NOT EXISTS would want the privilege to make one, whether it exists or not.
        exists = sa.text("SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = :schema)")
        if not connection.scalar(exists, {"schema": schema}):
            connection.execute(sa.schema.CreateSchema(schema))
        connection.execute(
            sa.text("SELECT set_config('search_path', concat_ws(', ', quote_ident(:schema), 'public'), false)"),
            {"schema": schema},
        )
        # Where autogenerate looks for tables that the models do not qualify.
        connection.dialect.default_schema_name = schema
        connection.commit()

    @cache
    def others() -> frozenset[str]:
        # Only autogenerate asks, and only then may a query begin a transaction before Alembic does.
        # Partitions belong to their table's definition; the metadata does not list them. Beside a schema of its own a
        # tree sees the tables of the search path as well, and Alembic's own.
        if not schema:
            return frozenset(connection.scalars(sa.text(_PARTITIONS)))
        return frozenset(connection.scalars(sa.text(_ELSEWHERE), {"schema": schema}))

    def include_name(name: str | None, kind: NameFilterType, _parents: NameFilterParentNames) -> bool:
        return kind != "table" or name not in others()

    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=include_name,
        compare_server_default=True,
        version_table_schema=schema or None,
    )
    with context.begin_transaction():
        context.run_migrations()


class _PostgresqlImpl(PostgresqlImpl):
    """Alembic's PostgreSQL, but a default that draws from a sequence is compared by its text.

    Alembic lets the server evaluate both defaults, which draws two numbers and finds them different.
    """

    __dialect__ = "postgresql"

    def compare_server_default(
        self,
        inspector_column: sa.Column[Any],
        metadata_column: sa.Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        defaults = (rendered_metadata_default, rendered_inspector_default)
        if any(default and default.startswith("nextval(") for default in defaults):
            one, other = (default and default.replace("::regclass", "") for default in defaults)
            return one != other
        differs: bool = super().compare_server_default(  # type: ignore[no-untyped-call]
            inspector_column, metadata_column, rendered_metadata_default, rendered_inspector_default
        )
        return differs
