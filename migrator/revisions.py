"""Alembic: how a target's schema is brought to its head, and what an Alembic tree's env.py runs.

A tree is a directory that holds env.py and versions/. Its env.py is two lines, because everything else is here:

    from migrator.revisions import metadata_beside, run_environment
    run_environment(metadata_beside(__file__))
"""

from __future__ import annotations

import importlib.util
import io
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import autogenerate, command, context, op
from alembic.config import Config
from alembic.ddl.postgresql import PostgresqlImpl
from alembic.runtime.environment import EnvironmentContext, NameFilterParentNames, NameFilterType
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import Script, ScriptDirectory
from alembic.util.exc import CommandError

from migrator.core.audit.facts import RevisionFault
from migrator.errors import ConfigurationError, DatabaseError

URL_VARIABLE = "MIGRATOR_ALEMBIC_URL"

Connect = Callable[[], Any]

# alembic.context is a module-global proxy: two environments at once in one process would mix their databases up.
_ENVIRONMENT = threading.RLock()


def upgrade_together(trees: Sequence[tuple[Path, str]], connect: Connect) -> None:
    """Brings trees that meet in one database, each given with its schema, to their heads.

    They run in their order, all first revisions before any later one: what references the tables of another tree
    finds them, whatever the directions. Raises as `upgrade` does.
    """
    if len(trees) > 1:
        for tree, schema in trees:
            for first in _bases(tree):
                upgrade(tree, connect, first, schema=schema)
    for tree, schema in trees:
        upgrade(tree, connect, schema=schema)


def upgrade(tree: Path, connect: Connect, revision: str = "head", *, schema: str = "") -> None:
    """Runs the tree's revisions up to `revision` in the database that `connect` opens, in one transaction.

    `connect` returns a raw, transactional driver connection. With a `schema` (made where it is missing) the tree's
    version table is in it, and tables that its revisions do not qualify.

    Raises:
        ConfigurationError: the tree is missing, cannot be loaded, has no such revision, or its env.py did not use the
            connection that it was given.
        DatabaseError: a revision failed; the database is as it was before.
    """
    config = _config(tree)
    with _environment(tree, connect) as connection:
        config.attributes["connection"] = connection
        config.attributes["schema"] = schema
        command.upgrade(config, revision)
    wanted = ScriptDirectory.from_config(config).get_heads() if revision in ("head", "heads") else None
    if wanted is not None and set(wanted) != set(current(connect, schema=schema)):
        # An env.py of the usual kind opens a connection of its own: the revisions ran, but somewhere else.
        raise ConfigurationError(
            f"The revisions of {tree} ran, but not in the database that migrator opened.",
            f"Let {tree / 'env.py'} call migrator.revisions.run_environment(metadata).",
        )


def downgrade(tree: Path, connect: Connect, revision: str = "base") -> None:
    """Takes the tree's revisions back down to `revision`; raises as `upgrade` does."""
    config = _config(tree)
    with _environment(tree, connect) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def heads(tree: Path) -> tuple[str, ...]:
    """The tree's latest revisions, sorted; one in a healthy tree, none in an empty one.

    Raises:
        ConfigurationError: the tree is missing or cannot be loaded.
    """
    with _readable(tree):
        return tuple(sorted(ScriptDirectory.from_config(_config(tree)).get_heads()))


def current(connect: Connect, *, schema: str = "") -> tuple[str, ...]:
    """The revisions that a database is at by the version table in `schema`, sorted; none where no revision has run."""
    engine = _engine(connect)
    with engine.connect() as connection:
        found = MigrationContext.configure(connection, opts={"version_table_schema": schema or None})
        return tuple(sorted(found.get_current_heads()))


def _bases(tree: Path) -> tuple[str, ...]:
    """The tree's first revisions: one in a healthy tree."""
    with _readable(tree):
        return tuple(sorted(ScriptDirectory.from_config(_config(tree)).get_bases()))


def first_fault(tree: Path, connect: Connect) -> RevisionFault | None:
    """Runs a whole history, each revision in a transaction of its own, up to the first that fails; None if none does.

    The tree's env.py is not run: somebody else's opens a connection of its own, to a database that is not meant.

    Raises:
        ConfigurationError: `tree` is no Alembic tree.
        DatabaseError: the connection was lost.
    """
    config = _config(tree)
    begun: list[Script] = []
    with _ENVIRONMENT, _engine(connect).connect() as connection:
        try:
            script = ScriptDirectory.from_config(config)
            script.get_heads()

            def steps(revision: Any, _context: MigrationContext) -> Iterator[RevisionStep]:
                for step in script._upgrade_revs("heads", revision):
                    begun.append(step.revision)
                    yield step

            with EnvironmentContext(config, script, fn=steps) as environment:
                environment.configure(connection=connection, transaction_per_migration=True)
                with environment.begin_transaction():
                    environment.run_migrations()
        except Exception as error:  # whatever a revision raises, importing it included, is what is asked for
            if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
                raise DatabaseError(f"The connection was lost: {error.orig}", "Run the same command again.") from error
            return _fault(begun[-1] if begun else None, error)
    return None


def _fault(revision: Script | None, error: Exception) -> RevisionFault:
    text = " ".join(str(error).split()) or type(error).__name__
    statement = relation = ""
    if isinstance(error, sa.exc.DBAPIError):
        diagnosis = getattr(error.orig, "diag", None)
        text = getattr(diagnosis, "message_primary", None) or str(error.orig)
        statement = " ".join((error.statement or "").split())
        missing = re.search(r'relation "(.+?)" does not exist', text)
        relation = missing[1] if missing else ""
    if revision is None:
        return RevisionFault("", f"it cannot be loaded: {text}")
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == Path(revision.path)
    ]
    line = lines[-1] if lines else None
    return RevisionFault(revision.revision, text, Path(revision.path).name, line, statement, relation)


def has_models(tree: Path) -> bool:
    """Whether the tree's env.py leaves the connection to migrator, so that `differences` may run it."""
    return "run_environment" in (tree / "env.py").read_text(encoding="utf-8")


def differences(tree: Path, connect: Connect) -> tuple[str, ...]:
    """What autogenerate would change in a database at the tree's head, one line each; none where models agree with it.

    Raises:
        ConfigurationError: the tree is missing or cannot be loaded, or it has no metadata.
    """
    return tuple(str(change) for change in _changes(tree, connect))


def unknown_tables(tree: Path, connect: Connect) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tables of a database at the tree's head that its models lack, and what else autogenerate would change there.

    Raises what `differences` raises.
    """
    changes = _changes(tree, connect)
    tables = {change[1].fullname for change in changes if change[0] == "remove_table"}
    others = (
        change
        for change in changes
        # What goes with a table's removal is no news.
        if not (change[0] == "remove_table" or (change[0] == "remove_index" and change[1].table.fullname in tables))
    )
    return tuple(sorted(tables)), tuple(str(change) for change in others)


def _changes(tree: Path, connect: Connect) -> list[Any]:
    config = _config(tree)
    found: list[Any] = []

    def compare(_revision: Any, migration: MigrationContext) -> list[Any]:
        metadata = migration.opts["target_metadata"]
        if metadata is None:
            raise CommandError("run_environment was called without metadata")
        found.extend(autogenerate.compare_metadata(migration, metadata))
        return []

    with _environment(tree, connect) as connection:
        config.attributes["connection"] = connection
        script = ScriptDirectory.from_config(config)
        with EnvironmentContext(config, script, fn=compare):
            script.run_env()
    return found


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


# -- what env.py calls -------------------------------------------------------------------------------------------------


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


def run_scripts(revision: str) -> None:
    """Executes the .sql files of the directory that is named like the revision's file, given its `__file__`, in order.

    For a revision that is DDL as pg_dump writes it: every name is qualified, whatever the session's search path.
    """
    directory = Path(revision).with_suffix("")
    if not directory.is_dir():
        raise CommandError(f"the directory {directory} is missing")
    scripts = sorted(directory.glob("*.sql"))
    connection = None if context.is_offline_mode() else op.get_bind()
    settings = ("search_path", "check_function_bodies")
    if connection is None:
        op.execute("SET search_path = ''; SET check_function_bodies = off;")
    else:
        before = {name: connection.scalar(sa.text(f"SHOW {name}")) for name in settings}
        _execute(connection, "SET search_path = ''; SET check_function_bodies = off; SET xmloption = content")
    for script in scripts:
        text = script.read_bytes().decode()  # as it is: read_text would change carriage returns
        if connection is None:
            op.execute(sa.text(text.replace(":", r"\:")))
        else:
            _execute(connection, text)
    if connection is None:
        op.execute("RESET search_path; RESET check_function_bodies;")
        return
    for name, value in before.items():
        connection.execute(sa.text("SELECT set_config(:name, :value, false)"), {"name": name, "value": value})


def _execute(connection: sa.Connection, text: str) -> None:
    # As one message of the simple protocol: many statements, and a percent sign is no parameter.
    connection.execution_options(no_parameters=True).exec_driver_sql(text)


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


# -- how a tree is opened ----------------------------------------------------------------------------------------------


def _config(tree: Path) -> Config:
    for needed in ("env.py", "versions"):
        if not (tree / needed).exists():
            raise ConfigurationError(
                f"{tree} is not an Alembic tree: {needed} is missing in it.",
                "Set [targets.X] migrations in migrator.toml to the directory that holds env.py and versions/.",
            )
    ini = next((ini for ini in (tree / "alembic.ini", tree.parent / "alembic.ini") if _is_about(ini, tree)), None)
    config = Config(ini, stdout=io.StringIO())
    config.set_main_option("script_location", str(tree.resolve()).replace("%", "%%"))
    if ini is not None and (importable := config.get_main_option("prepend_sys_path")):
        # Relative to where its owners run alembic, not to where migrator runs.
        config.remove_main_option("prepend_sys_path")
        if (directory := str((ini.parent / importable).resolve())) not in sys.path:
            sys.path.insert(0, directory)
    return config


def _is_about(ini: Path, tree: Path) -> bool:
    if not ini.is_file():
        return False
    location = Config(ini).get_main_option("script_location")
    return ini.parent == tree or (location is not None and (ini.parent / location).resolve() == tree.resolve())


def _engine(connect: Connect) -> sa.Engine:
    return sa.create_engine("postgresql+psycopg://", creator=connect, poolclass=sa.pool.NullPool)


@contextmanager
def _environment(tree: Path, connect: Connect) -> Iterator[sa.Connection]:
    with _ENVIRONMENT, _readable(tree), _engine(connect).connect() as connection:
        yield connection


@contextmanager
def _readable(tree: Path) -> Iterator[None]:
    try:
        yield
    except CommandError as error:
        raise ConfigurationError(
            f"The Alembic tree {tree} cannot be used: {error}", "`alembic history` shows its revisions."
        ) from error
    except (ImportError, SyntaxError) as error:
        raise ConfigurationError(
            f"The Alembic tree {tree} cannot be loaded: {error}",
            "Its env.py, models.py and versions/ must import with what is installed here.",
        ) from error
    except sa.exc.DBAPIError as error:
        raise DatabaseError(
            f"A revision of {tree} failed: {error.orig}",
            "Nothing of it was kept. Correct the revision, then run the same command again.",
        ) from error
