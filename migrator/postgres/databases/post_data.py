"""Leaves indexes, keys, triggers and policies out of a database while it is filled, and builds them afterwards.

pg_dump divides a schema in exactly this way (pre-data, data, post-data) and orders it by its dependencies: views that
need a primary key, indexes of partitions and their attachment, comments on constraints, replica identity. So the
bare template is the template's pre-data, with the indexes of tables that stay small, and what is deferred is the rest
of its post-data, as a script; see docs/decisions/.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from psycopg import sql

from migrator.core.plan.transfer import Transfer
from migrator.core.run.step_id import StepId
from migrator.core.schema.catalog import Relation, Sequence
from migrator.core.sequences.blocks import Block, Blocks
from migrator.core.verify.digests import Digest
from migrator.postgres.copy.receipts import find_receipt, write_receipt
from migrator.postgres.copy.spool import Load, load
from migrator.postgres.programs.programs import find_program, for_programs, run_program
from migrator.postgres.schema.analyze import analyse
from migrator.postgres.schema.sequence_states import numbers_ahead, set_blocks
from migrator.postgres.schema.sequences import low_sequences, set_sequences
from migrator.postgres.session.connect import (
    Connection,
    Endpoint,
    query,
    restore_search_path,
    rows,
    search_path_of,
    session,
)
from migrator.postgres.verify.digest import target_digests

FINISH_UNIT = "finish"
# From then on the server builds an index under a search_path of its own, which functions in it do not find others by:
# such an index can be made while its table is empty, and be filled row by row.
_OWN_PATH_SINCE = 170000
# Databases made from a bare template from which on compacting it pays: that takes 150 ms, and saves each about 7.
_MANY_CLONES = 50


@dataclass(frozen=True, slots=True)
class TargetWork:
    """What all databases of one target have in common: sent once to each worker."""

    post_data: str
    transfers: tuple[Transfer, ...]
    continued: tuple[tuple[Relation, int], ...]  # target sequence -> the value it continues behind
    sequences: tuple[Sequence, ...]  # all that the template has
    loads: tuple[Load, ...] = ()  # what its databases get out of files; otherwise the copies have filled them
    blocks: tuple[Blocks, ...] = ()  # the numbers that are each database's own


@dataclass(frozen=True)
class FinishUnit:
    """The finishing of one database: picklable, and holds no connection."""

    run: str
    step: StepId
    epoch: str
    target: str
    tenant: str
    endpoint: Endpoint
    memory_kb: int
    place: int = 0  # among the target's databases: which of the blocks are this one's
    # Of a database that was taken back and is made again: a newer block, and the last number that it had drawn.
    refilled: tuple[Block, ...] = ()
    drawn: tuple[tuple[Relation, int], ...] | None = None


_RESTRICT = re.compile(r"^\\restrict ([0-9A-Za-z]+)\n", re.MULTILINE)
# "12; 2606 16391 CONSTRAINT …": a line of an archive's table of contents, with class and OID of the object.
_EMPTY_PATH = "SELECT pg_catalog.set_config('search_path', '', false);"
_LISTED = re.compile(r"^\d+; (\d+) (\d+) ")


def build_bare(
    template: Endpoint,
    bare: Endpoint,
    large: Collection[Relation],
    clones: int,
    *,
    server_version: int,
    programs: Path | None,
) -> str:
    """Makes an empty database the template less what is deferred, which is returned as one script for any session.

    Building an index costs about a thousand insertions into it, and before PostgreSQL 17 a wait for the disk: so
    indexes and keys of all tables but the `large` ones are there from the start, and cloned with the database. What
    the Alembic tree wrote into tables comes along. Where many `clones` are to be made of it, it is made smaller.

    Raises:
        DatabaseError: pg_dump or pg_restore failed.
    """
    pg_restore = find_program("pg_restore", server_version, programs)
    with session(template, purpose="bare") as connection:
        early = {
            (str(class_), str(oid))
            for schema, table, class_, oid, calling in rows(connection, "databases/index_entries")
            if (calling and template.search_path and server_version >= _OWN_PATH_SINCE)
            or (not calling and Relation(schema, table) not in large)
        }
    with tempfile.TemporaryDirectory(prefix="migrator-") as directory:
        archive, contents = f"{directory}/template", Path(directory, "contents")
        dump = ["--format=custom", "--compress=0", "--encoding=UTF8", f"--file={archive}"]
        run_program(find_program("pg_dump", server_version, programs), dump, for_programs(template), purpose="bare")
        listed = run_program(pg_restore, ["--list", "--section=post-data", archive]).stdout.splitlines(keepends=True)
        at_once = {line for line in listed if (match := _LISTED.match(line)) and match.groups() in early}
        place = for_programs(bare)
        restore = partial(_restore, pg_restore, archive, bare if bare.search_path else place, server_version)
        if bare.search_path:
            restore("--section=pre-data")
            # What a tree wrote is data that COPY reads and writes, for pg_restore alone to do.
            arguments = ["--exit-on-error", "--single-transaction", "--section=data", archive]
            run_program(pg_restore, arguments, place, purpose="bare")
        else:
            restore("--section=pre-data", "--section=data")
        if at_once:
            contents.write_text("".join(line for line in listed if line in at_once), encoding="utf-8")
            restore(f"--use-list={contents}")
        contents.write_text("".join(line for line in listed if line not in at_once), encoding="utf-8")
        script = run_program(pg_restore, ["--section=post-data", f"--use-list={contents}", "--file=-", archive]).stdout
    with session(bare, purpose="bare") as connection:
        checks = _take_away_checks(connection)
        connection.execute(query("copy/receipts_schema"))
        if clones >= _MANY_CLONES:
            _compact(connection)
    return _for_session(script, server_version) + "".join(f"{statement}\n" for statement in checks)


def _take_away_checks(connection: Connection) -> list[str]:
    """Drops the checks whose functions may look for rows that are not there yet; returns what adds them again."""
    statements = rows(connection, "databases/reading_checks")
    for _, drop in statements:
        connection.execute(sql.SQL(drop))
    return [add for add, _ in statements]


def _restore(pg_restore: Path, archive: str, bare: Endpoint, server_version: int, *selection: str) -> None:
    """Restores a part of the archive; under a search_path by a session of ours, because pg_restore's has none.

    Without one `bare` is the endpoint as programs are to be given it.
    """
    if not bare.search_path:
        arguments = ["--exit-on-error", "--single-transaction", *selection, archive]
        run_program(pg_restore, arguments, bare, purpose="bare")
        return
    script = run_program(pg_restore, [*selection, "--file=-", archive]).stdout
    with session(bare, purpose="bare") as connection, connection.transaction():
        _run_script(connection, _for_session(script, server_version))


def _for_session(script: str, server_version: int) -> str:
    """What pg_restore wrote for psql, as a server of that version understands it."""
    # psql's guard against meta-commands in a dump: the first such line has the word that the last one repeats.
    if guard := _RESTRICT.search(script):
        script = script.replace(guard[0], "", 1)
        script = "".join(script.rsplit(f"\\unrestrict {guard[1]}\n", 1))
    return script if server_version >= 170000 else script.replace("SET transaction_timeout = 0;\n", "", 1)


def _compact(connection: Connection) -> None:
    """Rewrites the catalogs as initdb left them: an eighth fewer pages, and a fifth fewer files, to clone each time."""
    catalogs = [sql.Identifier(*names) for names in rows(connection, "databases/compactable")]
    connection.execute(sql.SQL("VACUUM (FULL) {}").format(sql.SQL(", ").join(catalogs)))


def finish_database(unit: FinishUnit, work: TargetWork) -> tuple[Digest, ...]:
    """Loads what waits in files, puts back what was left out, sets sequences, analyses, and digests the database.

    One transaction holds all of it up to the receipt; a unit that has its receipt only digests.

    Raises:
        DatabaseError: a statement failed, a foreign key does not hold among them; nothing of the unit stays then.
    """
    settings = {
        "maintenance_work_mem": f"{unit.memory_kb}kB",
        # The other cores have other databases to finish.
        "max_parallel_maintenance_workers": "0",
        "max_parallel_workers_per_gather": "0",
        "jit": "off",
    }
    with session(unit.endpoint, purpose="finish", settings=settings) as connection:
        with connection.transaction():
            done = find_receipt(connection, FINISH_UNIT, unit.epoch)
            if done is None:
                load(connection, work.loads, unit.tenant, unit.epoch)
                restore_deferred(connection, work.post_data)
                _set_sequences(connection, unit, work)
                write_receipt(connection, FINISH_UNIT, unit.epoch)
        if done is None:
            analyse(connection)
        return target_digests(connection, work.transfers, unit.tenant)


def _set_sequences(connection: Connection, unit: FinishUnit, work: TargetWork) -> None:
    """Each sequence goes on with a number that nobody else gives: in its block, or behind what was given."""
    blocks = {one.sequence: one.of(unit.place) for one in work.blocks}
    blocks.update({one.sequence: one for one in unit.refilled})
    set_sequences(connection, [(name, value) for name, value in work.continued if name not in blocks])
    # Those that no sequence of the source feeds: of tables made by a query, of columns that are new.
    low = low_sequences(connection, [one for one in work.sequences if one.relation not in blocks], {})
    set_sequences(connection, [(sequence, value) for sequence, _, value in low])
    set_blocks(connection, blocks.values())
    if unit.drawn is not None:
        set_sequences(connection, [(name, value) for name, value in unit.drawn if name in blocks])
        # What applications wrote there has been carried back, and may have numbers of the block.
        set_sequences(connection, numbers_ahead(connection, work.sequences, blocks).items())


def restore_deferred(connection: Connection, script: str) -> None:
    """Builds what a bare clone lacks, within the open transaction."""
    _run_script(connection, script)
    # pg_dump's script sets what it likes itself; ours holds for what follows.
    connection.execute("SET row_security = off")
    restore_search_path(connection)


def _run_script(connection: Connection, script: str) -> None:
    """Executes what pg_restore wrote, under the session's search_path instead of none: every name in it is whole."""
    if path := search_path_of(connection):
        own = sql.SQL("SELECT pg_catalog.set_config('search_path', {}, false);").format(sql.Literal(path))
        script = script.replace(_EMPTY_PATH, own.as_string(connection), 1)
    connection.execute(sql.SQL(script))


def seeded_tables(connection: Connection, transfers: Iterable[Transfer]) -> tuple[Relation, ...]:
    """Tables of a template that are to be copied into and hold rows already (the Alembic tree put them there)."""
    seeded = []
    for transfer in transfers:
        if transfer.placement.own is not None:
            continue
        statement = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(*transfer.destination))
        row = connection.execute(statement).fetchone()
        if row is not None and row[0]:
            seeded.append(transfer.destination)
    return tuple(seeded)
