"""A revision does the same whoever runs it: migrator, or its owners with `alembic upgrade`."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import psycopg
import pytest
from alembic.config import main as alembic
from psycopg import sql

from migrator import revisions
from migrator.postgres.schema.catalog import read_objects
from migrator.postgres.session.connect import Endpoint, revision_connect, session
from tests.servers import DatabaseFactory

ENV = "from migrator.revisions import run_environment\n\nrun_environment(None)\n"
HEAD = '''"""{name}"""
import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {before!r}


def upgrade() -> None:
'''
SCRIPTS = "    from migrator.revisions import run_scripts\n\n    run_scripts(__file__)\n"
# What people write, with signs that one layer or another may take for its own. {n} is a number of its own.
STATEMENTS = (
    """op.execute("CREATE TABLE t{n} (label text DEFAULT '5%', at time DEFAULT '10:30')")""",
    """op.execute("CREATE TABLE t{n} AS SELECT '50% off' AS label, '%(a)s %s %% 10:30' AS other")""",
    r"""op.execute("CREATE TABLE t{n} AS SELECT 'a\\:b'::text AS label")""",
    """op.execute("CREATE FUNCTION f{n}(a text) RETURNS text LANGUAGE sql AS $$ SELECT format('%s!%%', a) $$")""",
    """op.execute("DO $$ BEGIN RAISE NOTICE '% of %', 1, 2; END $$")""",
    """op.execute(sa.text("CREATE TABLE t{n} AS SELECT 7 % 4 AS rest, 'x%' LIKE 'x\\\\%' AS held"))""",
    """op.get_bind().execute(sa.text("SELECT set_config('a.b{n}', :v, false)"), {{"v": "50%"}})""",
    """op.get_bind().exec_driver_sql("CREATE TABLE t{n} AS SELECT '100%%' AS label")""",
    """op.get_bind().exec_driver_sql("SELECT %s::text", ("5%",))""",
    """op.create_table("t{n}", sa.Column("rate", sa.Text, server_default="5%", comment="in % of :all"))""",
    """op.bulk_insert(op.create_table("t{n}", sa.Column("a %", sa.Text)), [{{"a %": "1%"}}, {{"a %": "%(x)s :y"}}])""",
    """op.create_table("t{n}", sa.Column("a", sa.Text, sa.CheckConstraint("a LIKE '%x' AND length(a) % 2 = 0")))""",
    """op.execute("COMMENT ON SCHEMA public IS '{n}%'")""",
)


def written(directory: Path, bodies: Sequence[tuple[str, str]]) -> Path:
    """A tree with a revision for each (body of its upgrade, script beside it)."""
    tree = directory / "tree"
    (tree / "versions").mkdir(parents=True)
    (tree / "env.py").write_text(ENV)
    (tree / "alembic.ini").write_text(f"[alembic]\nscript_location = {tree}\n")
    before = None
    for number, (body, script) in enumerate(bodies, 1):
        name = f"{number:04}"
        (tree / "versions" / f"{name}.py").write_text(HEAD.format(name=name, before=before) + body)
        if script:
            (tree / "versions" / name).mkdir()
            (tree / "versions" / name / "001.sql").write_text(script)
        before = name
    return tree


def contents(url: str) -> dict[str, object]:
    """Every object's definition, and every row of every table."""
    with session(Endpoint(url), purpose="test") as connection:
        found: dict[str, object] = {f"{kind} {name}": text for (kind, name), text in read_objects(connection).items()}
    with psycopg.connect(url) as plain:
        for (name,) in plain.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^[ts][0-9]'"
        ).fetchall():
            rows = plain.execute(sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(name)))
            found[f"rows of {name}"] = rows.fetchall()
    return found


def bodies_of(seed: int) -> list[tuple[str, str]]:
    """Revisions of statements in a random order, some of them scripts as init writes them; the first one always is."""
    chance = random.Random(seed)
    made = []
    for number in range(1, 5):
        if number == 1 or chance.random() < 0.3:
            made.append((SCRIPTS, f"CREATE TABLE public.s{number} AS SELECT '10% :x %s'::text AS label;\nSELECT 1;\n"))
            continue
        chosen = chance.sample(STATEMENTS, 4)
        made.append(("".join(f"    {one.format(n=number * 10 + at)}\n" for at, one in enumerate(chosen)), ""))
    return made


def both(create: DatabaseFactory, tree: Path) -> tuple[dict[str, object], dict[str, object]]:
    """(what migrator makes of the tree at once, what `alembic upgrade` does in two goes)."""
    ours, theirs = create(), create()
    revisions.upgrade(tree, partial(revision_connect, Endpoint(ours), "test"))
    for wanted in ("0001", "head"):
        alembic(["--raiseerr", "-c", str(tree / "alembic.ini"), "-x", f"url={theirs}", "upgrade", wanted])
    return contents(ours), contents(theirs)


@pytest.mark.parametrize("seed", range(6))
def test_random_revisions_do_what_alembic_does(seed: int, database_factory: DatabaseFactory, tmp_path: Path) -> None:
    ours, theirs = both(database_factory, written(tmp_path, bodies_of(seed)))
    assert ours == theirs
    assert any(name.startswith("rows of") for name in ours)


def test_a_percent_sign_of_a_users_revision_arrives_as_it_is(database_factory: DatabaseFactory, tmp_path: Path) -> None:
    body = (
        """    op.execute("CREATE TABLE t1 (label text)")\n    op.execute("INSERT INTO t1 VALUES ('50% off')")\n"""
        """    op.execute("CREATE FUNCTION shout(a text) RETURNS text "\n"""
        """               "LANGUAGE sql AS $$ SELECT format('%s!', a) $$")\n"""
    )
    tree = written(tmp_path, [(SCRIPTS, "CREATE TABLE public.s1 (a text DEFAULT '5%');"), (body, "")])
    ours, theirs = both(database_factory, tree)
    assert ours == theirs
    assert ours["rows of t1"] == [('("50% off")',)]
    assert "format('%s!', a)" in str(next(text for name, text in ours.items() if "shout" in name))
