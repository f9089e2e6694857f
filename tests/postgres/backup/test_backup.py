"""The backup: everything of one moment, tried by a restore, kept while it is worth something, else refused."""

from __future__ import annotations

import json
import shutil
import stat
import threading
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from migrator.commands.backup import restore as backup_restore
from migrator.commands.backup.directory import check_backup, newest, place
from migrator.commands.backup.restore import restore_backup_into
from migrator.commands.shared.scratch import scratch_name
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.run.facts import BACKUP
from migrator.errors import DatabaseError, RefusedError
from migrator.postgres.backup.dump import dump_directory, read_back
from migrator.postgres.databases.databases import Mark, _building_name, comment, marks
from migrator.postgres.session.connect import session
from tests.postgres.workspaces import WorkspaceFactory, fetch, run_sql, said, state
from tests.stages import backup

SHOP = """
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
INSERT INTO orders (note) SELECT 'order ' || n FROM generate_series(1, 1000) n;
CREATE TABLE "Empty one" (x integer);
CREATE SCHEMA other;
CREATE TABLE other.items (id integer PRIMARY KEY, order_id bigint REFERENCES orders);
INSERT INTO other.items SELECT n, n FROM generate_series(1, 10) n;
CREATE VIEW totals AS SELECT count(*) FROM orders;
"""


@pytest.fixture
def source(database_url: str) -> str:
    run_sql(database_url, SHOP)
    return database_url


@pytest.fixture
def work(source: str, make_workspace: WorkspaceFactory) -> Workspace:
    return make_workspace(source)


FENCE = """CREATE SCHEMA migrator_fence;
COMMENT ON SCHEMA migrator_fence IS 'migrator {"run": "run-1", "role": "fence", "epoch": "e"}'"""


def directory(work: Workspace) -> Path:
    """The newest backup of the open run."""
    run = work.journal.current_run(work.source_id)
    assert run is not None
    found = newest(place(work.backups), run.id)
    assert found is not None
    return found


def databases(work: Workspace) -> set[str]:
    with session(work.server(), purpose="test") as connection:
        return {name for name in marks(connection) if name.startswith(work.prefix)}


def test_a_backup_says_what_it_holds(work: Workspace) -> None:
    outcome = backup(work)
    assert (outcome.status, outcome.exit_code, outcome.summary["verified"]) == ("done", 0, "no")
    assert outcome.next[0] == "migrator backup --verify"
    found = directory(work)
    manifest = check_backup(found, work.source_id)
    counts = {f"{table.schema}.{table.name}": table.rows for table in manifest.inventory.tables}
    assert counts == {"public.orders": 1000, "public.Empty one": 0, "other.items": 10}
    assert {digest.relation: digest for digest in manifest.inventory.digests} == state(work.source.conninfo).digests
    assert manifest.run == outcome.run_id == found.name
    assert manifest.lsn
    assert manifest.program.startswith("pg_dump ")
    for path in (found, *found.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    recorded = work.journal.of(manifest.run).recorded(BACKUP)
    assert recorded is not None
    assert recorded.directory == str(found)
    assert recorded.verified is False
    assert [path.name for path in found.parent.iterdir()] == [found.name]


def test_a_trial_restore_compares_every_table_and_leaves_nothing(work: Workspace) -> None:
    before = databases(work)
    outcome = backup(work, verify=True)
    assert (outcome.status, outcome.exit_code, outcome.summary["verified"]) == ("done", 0, "yes")
    run = outcome.run_id
    assert run is not None
    recorded = work.journal.of(run).recorded(BACKUP)
    assert recorded is not None
    assert recorded.verified is True
    assert databases(work) - before <= {work.control.database}
    assert [(artefact.target, artefact.state) for artefact in work.journal.of(run).artefacts("database")] == [
        ("scratch", "dropped")
    ]


def test_the_same_again_is_nothing_to_do(work: Workspace) -> None:
    backup(work)
    first = directory(work)
    again = backup(work)
    assert (again.status, directory(work)) == ("nothing-to-do", first)
    tried = backup(work, verify=True)
    assert (tried.status, directory(work), tried.summary["verified"]) == ("done", first, "yes")
    assert backup(work, verify=True).status == "nothing-to-do"
    assert backup(work).summary["verified"] == "yes"


def test_a_source_that_changed_is_backed_up_again(work: Workspace, source: str) -> None:
    backup(work)
    first = directory(work)
    for number, (change, why) in enumerate(
        (
            ("UPDATE orders SET note = 'other' WHERE id = 5", "public.orders: other rows"),
            ("CREATE INDEX late ON orders (note)", "the schema"),
            ("CREATE SCHEMA migrator_quarantine; CREATE TABLE migrator_quarantine.rows (x integer)", "new"),
        ),
        start=2,
    ):
        run_sql(source, change)
        assert backup(work).status == "done"
        assert directory(work).name == f"{first.name}-{number}"
        assert why in said(work)[-1]
    check_backup(first, work.source_id)
    assert backup(work).status == "nothing-to-do"


def damage_truncate(found: Path) -> None:
    path = max((found / "dump").glob("*.dat*"), key=lambda file: file.stat().st_size)
    path.write_bytes(path.read_bytes()[:-5])


def damage_bytes(found: Path) -> None:
    path = found / "dump" / "toc.dat"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)


def damage_missing(found: Path) -> None:
    next((found / "dump").glob("*.dat*")).unlink()


def damage_surplus(found: Path) -> None:
    (found / "dump" / "9999.dat.gz").write_bytes(b"")


def damage_no_manifest(found: Path) -> None:
    (found / "manifest.json").unlink()


def damage_half_a_manifest(found: Path) -> None:
    path = found / "manifest.json"
    path.write_bytes(path.read_bytes()[:200])


def damage_no_dump(found: Path) -> None:
    shutil.rmtree(found / "dump")


def test_a_damaged_backup_is_refused_and_replaced(work: Workspace, tmp_path: Path) -> None:
    backup(work)
    found = directory(work)
    for number, (damage, says) in enumerate(
        (
            (damage_truncate, r"\.dat\S* is cut short"),
            (damage_bytes, "dump/toc.dat is damaged"),
            (damage_missing, r"\.dat\S* is missing"),
            (damage_surplus, "does not belong to this backup"),
            (damage_no_manifest, "manifest.json cannot be read"),
            (damage_half_a_manifest, "is not the manifest of a backup"),
            (damage_no_dump, "is missing .and"),
        )
    ):
        copy = tmp_path / str(number)
        shutil.copytree(found, copy)
        check_backup(copy, work.source_id)
        damage(copy)
        with pytest.raises(RefusedError, match=says):
            check_backup(copy, work.source_id)

    damage_truncate(found)
    outcome = backup(work)
    assert outcome.status == "done"
    assert "is cut short" in outcome.data["backup"]["why"]
    assert directory(work).name == f"{found.name}-2"
    assert found.exists()


def test_a_backup_of_another_source_is_refused(work: Workspace) -> None:
    backup(work)
    with pytest.raises(RefusedError, match="is of another source"):
        check_backup(directory(work), work.source_id + "x")


def test_what_a_restore_does_not_bring_back_is_found(work: Workspace) -> None:
    """A manifest that tells of other rows than the dump holds stands for a dump that lost some."""
    backup(work)
    found = directory(work)
    document = json.loads((found / "manifest.json").read_text())
    table = next(table for table in document["inventory"]["tables"] if table["name"] == "orders")
    table["rows"] += 1
    (found / "manifest.json").write_text(json.dumps(document))
    manifest = check_backup(found, work.source_id)
    run = work.journal.current_run(work.source_id)
    assert run is not None

    result = backup_restore.verify_backup(RunContext(work, run), found, manifest)

    assert not result.passed
    assert result.differences == ("public.orders: missing rows (1001 backed up, 1000 restored)",)
    with pytest.raises(DatabaseError, match="was not restored exactly"):
        restore_backup_into(RunContext(work, run), found, manifest, f"{work.prefix}_back")
    assert f"{work.prefix}_back" not in databases(work)


def test_a_key_that_cannot_be_restored_is_a_finding(work: Workspace, source: str) -> None:
    run_sql(source, "SET session_replication_role = replica; INSERT INTO other.items VALUES (99, 999999)")
    outcome = backup(work, verify=True)
    assert (outcome.status, outcome.exit_code, outcome.summary["verified"]) == ("findings", 1, "failed")
    assert outcome.run_id is not None
    recorded = work.journal.of(str(outcome.run_id)).recorded(BACKUP)
    assert recorded is not None
    assert recorded.verified is False
    verification = outcome.data["backup"]["verification"]
    assert verification["differences"] == []
    (error,) = verification["errors"]
    assert 'violates foreign key constraint "items_order_id_fkey"' in error
    assert "(order_id)=(999999)" in error
    assert "ALTER TABLE ONLY other.items" in error


def test_writers_go_on_and_the_backup_is_of_one_moment(work: Workspace, source: str) -> None:
    stop = threading.Event()
    written = 0

    def write() -> None:
        nonlocal written
        with psycopg.connect(source, autocommit=True) as connection:
            while not stop.is_set():
                connection.execute("INSERT INTO orders (note) VALUES ('written meanwhile')")
                connection.execute("INSERT INTO other.items SELECT max(id), NULL FROM orders ON CONFLICT DO NOTHING")
                written += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        outcome = backup(work, verify=True)
    finally:
        stop.set()
        thread.join()
    assert written > 20
    assert outcome.summary["verified"] == "yes"


def test_what_interrupted_attempts_left_is_cleared(work: Workspace, source: str) -> None:
    run = work.journal.open_run(work.source_id, str(work.source))
    home = place(work.backups)
    leftover = home / f"{run.id}.deadbeef.partial"
    leftover.mkdir()
    foreign = home / "20010101-000000-aaaa.deadbeef.partial"
    foreign.mkdir()
    scratch = scratch_name(work.prefix, run.id)
    # One attempt died between CREATE DATABASE and the mark: the database still has the name it is built under.
    work.journal.of(run.id).artefact("database", scratch, "intended", target="scratch")
    building = _building_name(run.id, scratch)
    with session(work.server(), purpose="test") as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(building)))
    # The pg_dump of a migrator that was killed is still there.
    with psycopg.connect(source, application_name=f"migrator pg_dump {run.id}") as orphan:
        outcome = backup(work, verify=True)
        with pytest.raises(psycopg.OperationalError):
            orphan.execute("SELECT 1")
    assert outcome.summary["verified"] == "yes"
    assert not leftover.exists()
    assert foreign.exists()
    with session(work.server(), purpose="test") as connection:
        assert not {scratch, building} & marks(connection).keys()

    # Another died in the middle of the restore: the scratch database is full, and marked.
    work.journal.of(run.id).artefact("database", scratch, "created", target="scratch")
    with session(work.server(), purpose="test") as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(scratch)))
        comment(connection, scratch, Mark(run.id, "scratch"))
    run_sql(str(work.server().at(scratch).conninfo), SHOP)
    (directory(work) / "verified.json").unlink()
    assert backup(work, verify=True).summary["verified"] == "yes"
    assert scratch not in databases(work)


def test_a_database_of_the_scratch_name_that_is_not_ours_is_left_alone(work: Workspace) -> None:
    run = work.journal.open_run(work.source_id, str(work.source))
    scratch = scratch_name(work.prefix, run.id)
    with session(work.server(), purpose="test") as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(scratch)))
    with pytest.raises(RefusedError, match="not made by migrator"):
        backup(work, verify=True)
    assert scratch in databases(work)


def test_names_stay_within_the_limit() -> None:
    name = scratch_name("é" * 60, "20240229-120000-abcd")
    assert len(name.encode()) <= 63
    assert name.endswith("_scratch_20240229_120000_abcd")


def test_a_fenced_source_is_not_backed_up(work: Workspace, source: str) -> None:
    run_sql(source, FENCE)
    with pytest.raises(RefusedError, match="fenced by run run-1"):
        backup(work)
    run_sql(source, "DROP SCHEMA migrator_fence")
    backup(work)
    run_sql(source, FENCE)
    assert backup(work).status == "nothing-to-do"


def test_a_failed_dump_leaves_nothing(
    work: Workspace, make_workspace: WorkspaceFactory, source: str, tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    fake = programs / "pg_dump"
    fake.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && { echo "pg_dump (PostgreSQL) 99.1"; exit; }\n'
        'for a in "$@"; do case "$a" in --file=*) mkdir "${a#--file=}"; echo part > "${a#--file=}/1.dat";; esac; done\n'
        "echo 'pg_dump: error: could not write: No space left on device' >&2; exit 1\n"
    )
    fake.chmod(0o755)
    broken = make_workspace(source, paths={"programs": str(programs)})
    with pytest.raises(DatabaseError, match="No space left on device"):
        backup(broken)
    assert list(place(broken.backups).iterdir()) == []
    record = work.journal.of(work.journal.all_runs(work.source_id)[0].id).last("backup")
    assert record is not None
    assert record.status == "failed"
    assert backup(work).status == "done"


def test_a_table_that_somebody_locks_is_an_error_not_a_hang(
    work: Workspace, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrator.postgres.backup.dump._LOCK_WAIT_MILLISECONDS", 300)
    with psycopg.connect(source) as holder:
        holder.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(DatabaseError, match=r"pg_dump failed: .*statement timeout") as caught:
            backup(work)
    assert "pg_locks" in caught.value.hint


def test_a_backup_restored_for_good_is_the_database_that_it_was(work: Workspace, source: str, prefix: str) -> None:
    role = f"{prefix}_role"
    with psycopg.connect(source, autocommit=True) as connection:
        name, owner = sql.Identifier(connection.info.dbname), sql.Identifier(role)
        for statement in (
            "CREATE ROLE {owner}",
            "ALTER TABLE orders OWNER TO {owner}",
            "GRANT SELECT ON other.items TO {owner}",
            "ALTER DATABASE {name} SET search_path TO \"$user\", other, 'it''s'",
            "ALTER DATABASE {name} SET \"app.tenant\" TO 'x, y'",
            "ALTER ROLE {owner} IN DATABASE {name} SET work_mem TO '7MB'",
            "ALTER DATABASE {name} CONNECTION LIMIT 77",
            "REVOKE CONNECT ON DATABASE {name} FROM PUBLIC",
            "GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {owner} WITH GRANT OPTION",
            "SELECT lo_create(4711)",
        ):
            connection.execute(sql.SQL(statement).format(name=name, owner=owner))
    try:
        outcome = backup(work, verify=True)
        assert outcome.run_id is not None
        assert outcome.summary["verified"] == "yes"
        found = directory(work)
        database = f"{prefix}_back"
        run = work.journal.current_run(work.source_id)
        assert run is not None
        context = RunContext(work, run)
        endpoint = restore_backup_into(context, found, check_backup(found, work.source_id), database)

        url = endpoint.conninfo
        assert state(url) == state(source)
        properties = (
            "SELECT datconnlimit, pg_get_userbyid(datdba), datcollate, "
            "(SELECT array_agg(a::text ORDER BY a::text) FROM unnest(datacl) a), "
            "(SELECT array_agg(setrole || entry ORDER BY setrole, entry) "
            "FROM pg_db_role_setting, unnest(setconfig) entry WHERE setdatabase = d.oid) "
            "FROM pg_database d WHERE datname = current_database()"
        )
        assert fetch(url, properties) == fetch(source, properties)
        with session(work.server(), purpose="test") as connection:
            mark = marks(connection)[database]
        assert mark == Mark(outcome.run_id, "restored")
        with pytest.raises(RefusedError, match="exists already"):
            restore_backup_into(context, found, check_backup(found, work.source_id), database)
    finally:
        with psycopg.connect(source, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(f"{prefix}_back"))
            )
            connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(role)))
            connection.execute(
                sql.SQL("ALTER ROLE {} IN DATABASE {} RESET ALL").format(
                    sql.Identifier(role), sql.Identifier(connection.info.dbname)
                )
            )
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_archives_are_read_back(work: Workspace, source: str, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    dump_directory(work.source, archive)
    read_back(archive)
    largest = max(archive.glob("*.dat*"), key=lambda file: file.stat().st_size)
    largest.write_bytes(largest.read_bytes()[: largest.stat().st_size // 2])
    with pytest.raises(RefusedError, match="cannot be read back"):
        read_back(archive)
    (archive / "toc.dat").write_bytes(b"PGDMP")
    with pytest.raises(RefusedError, match="cannot be read back"):
        read_back(archive)
