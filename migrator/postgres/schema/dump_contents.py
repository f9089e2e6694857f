"""Reads a source's DDL object by object, from pg_dump's archive and its table of contents."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from migrator.core.schema.catalog import Relation
from migrator.core.trees.division import Entry
from migrator.errors import DatabaseError
from migrator.postgres.programs.programs import find_program, for_programs, run_program
from migrator.postgres.session.connect import Endpoint, rows, session

_LISTED = re.compile(r"^(\d+); (\d+) (\d+) ", re.MULTILINE)
_HEAD = re.compile(
    r"--\n-- TOC entry (?P<id>\d+) \(class (?P<class>\d+) OID (?P<oid>\d+)\)\n"
    r"(?:-- Dependencies:(?P<dependencies>[ \d]*)\n)?"
    r"-- Name: (?P<name>.*); Type: (?P<kind>.*); Schema: (?P<schema>.*); Owner: .*\n"
    r"(?:-- Data Pos: \d+\n)?--\n"
)
_PG_CLASS = 1259
_FENCE = "EXECUTE FUNCTION migrator_fence.refuse("  # what our own triggers do

Ownership = Literal["kept", "dropped"]


def read_entries(
    endpoint: Endpoint, ownership: Ownership = "kept", *, programs: Path | None = None
) -> tuple[Entry, ...]:
    """Every object of the database that a person made, in an order in which they can be made again.

    With the ownership "dropped" without owners: whoever makes them owns them. What is granted stays granted.

    Our own schemas and the fence are left out, and so are tablespaces: they are properties of a server, not a database.

    Raises:
        ConfigurationError: no pg_dump fits the server.
        DatabaseError: pg_dump failed.
    """
    with session(endpoint, purpose="init") as connection:
        version = connection.info.server_version
        relations = {
            oid: (Relation(schema, name), Relation(root_schema, root))
            for oid, schema, name, root_schema, root in rows(connection, "schema/relation_names")
        }
        ours = [schema for (schema,) in rows(connection, "schema/our_schemas")]
    with tempfile.TemporaryDirectory(prefix="migrator-") as directory:
        archive = f"{directory}/source"
        dump = [
            "--format=custom", "--schema-only", "--encoding=UTF8", "--no-tablespaces",
            *(f"--exclude-schema={schema}" for schema in ours), "--lock-wait-timeout=60000", f"--file={archive}",
        ]  # fmt: skip
        run_program(find_program("pg_dump", version, programs), dump, for_programs(endpoint), purpose="init")
        restore = find_program("pg_restore", version, programs)
        listed = run_program(restore, ["--list", archive]).stdout
        kept = [] if ownership == "kept" else ["--no-owner"]
        script = run_program(restore, ["--verbose", "--no-tablespaces", *kept, "--file=-", archive]).stdout
    entries = _entries(script, {(match[1], match[2], match[3]) for match in _LISTED.finditer(listed)}, relations)
    fenced = "migrator_fence" in ours
    return tuple(entry for entry in entries if not (fenced and entry.kind == "TRIGGER" and _FENCE in entry.sql))


def _entries(
    script: str, listed: set[tuple[str, str, str]], relations: Mapping[int, tuple[Relation, Relation]]
) -> Iterator[Entry]:
    """Cuts the script at the entries' heads: privileges and event triggers come last there, and not as they are listed.

    A function's text may look like a head; it would have to bear three numbers of the list that no head has borne yet.
    """
    heads: list[re.Match[str]] = []
    expected = set(listed)
    for head in _HEAD.finditer(script):
        known = (head["id"], head["class"], head["oid"])
        if known in expected:
            expected.discard(known)
            heads.append(head)
    if not heads and listed:
        raise DatabaseError(
            "pg_restore describes the source's objects in a way that is not understood.",
            "Name the programs of another version: [paths] programs.",
        )
    end = script.rfind("\n--\n-- PostgreSQL database dump complete")
    method = "heap"
    for head, after in zip(heads, [*heads[1:], None], strict=True):
        text = script[head.end() : after.start() if after else end]
        text, following = _without_settings(text, after is None)
        yield _entry(head, text, method, relations)
        method = following or method


def _without_settings(text: str, last: bool) -> tuple[str, str]:
    """An entry's text less what is meant for the next one, and the access method that is set there."""
    if last:
        text = re.sub(r"\n-- Completed on .*\n*\Z", "\n", text)
    stripped = text.rstrip("\n")
    method = ""
    while (
        match := re.search(r"\nSET (default_tablespace|default_table_access_method) = (.*);\Z", stripped)
    ) is not None:
        method = match[2] if match[1] == "default_table_access_method" else method
        stripped = stripped[: match.start()].rstrip("\n")
    return stripped + "\n", method


def _entry(head: re.Match[str], text: str, method: str, relations: Mapping[int, tuple[Relation, Relation]]) -> Entry:
    kind, schema = head["kind"], head["schema"] if head["schema"] != "-" else ""
    sql = text.strip("\n")
    if kind in ("TABLE", "MATERIALIZED VIEW") and method != "heap":
        sql = f"SET default_table_access_method = {method};\n{sql}\nSET default_table_access_method = heap;"
    relation = None
    if kind == "TABLE" and int(head["class"]) == _PG_CLASS and int(head["oid"]) in relations:
        # A partition goes where its topmost parent goes.
        relation = relations[int(head["oid"])][1]
    return Entry(
        id=int(head["id"]),
        kind=kind,
        name=f"{schema}.{head['name']}" if schema else head["name"],
        sql=sql,
        dependencies=tuple(int(one) for one in (head["dependencies"] or "").split()),
        schema=schema,
        relation=relation,
    )
