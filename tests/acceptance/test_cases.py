"""Each folder of cases/ is a monolith that nobody has described: init, fixpoint, the whole pipeline, and back."""

from __future__ import annotations

import json
import tomllib
import uuid
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

import migrator
from tests.servers import FAST, DatabaseFactory, PostgresServer, create_database, drop_databases

FOLDER = Path(__file__).parent / "cases"
CASES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
pytestmark = pytest.mark.parametrize("place", CASES, indirect=True)


@dataclass
class Case:
    """A loaded monolith, what init wrote for it, and what is expected of that."""

    url: str
    directory: Path
    prefix: str
    expected: dict[str, Any]
    initialized: migrator.Initialized
    create: DatabaseFactory = field(repr=False)

    @property
    def file(self) -> Path:
        """The file that init wrote."""
        return self.directory / "migrator.toml"

    def migration(self) -> migrator.Migration:
        """The migration by that file, and nothing else but the prefix of this test's databases."""
        flags = {("source", "prefix"): self.prefix}
        return migrator.Migration(migrator.load_settings(self.file, flags=flags, environment={}))

    def reported(self) -> dict[str, Any]:
        """The document of init."""
        return migrator.as_document(migrator.present(self.initialized))


@pytest.fixture(scope="session")
def contrib_server(server: PostgresServer) -> Iterator[PostgresServer | None]:
    """A server with PostgreSQL's contrib extensions: the session's, or an installed one; None without either."""
    if _can_install(server, ["hstore", "postgres_fdw"]):
        yield server
        return
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    if not installed:
        yield None
        return
    with migrator.temporary_server(bin_dir=installed[-1].parent, settings=FAST) as other:
        yield other if _can_install(other, ["hstore", "postgres_fdw"]) else None


def _can_install(server: PostgresServer, extensions: list[str]) -> bool:
    with psycopg.connect(server.url()) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_available_extensions WHERE name = ANY (%s)", [extensions]
        ).fetchone()
    return found == (len(extensions),)


@pytest.fixture
def place(
    request: pytest.FixtureRequest, server: PostgresServer, database_factory: DatabaseFactory, prefix: str
) -> Iterator[tuple[str, DatabaseFactory]]:
    """The case's name, and where its databases are made."""
    case_name: str = request.param
    expected = json.loads((FOLDER / case_name / "expected.json").read_text(encoding="utf-8"))
    if "needs" not in expected:
        yield case_name, database_factory
        if roles := expected.get("roles"):
            drop_databases(server.url(), prefix)
            with psycopg.connect(server.url(), autocommit=True) as connection:
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.SQL(", ").join(map(sql.Identifier, roles))))
        return
    other: PostgresServer | None = request.getfixturevalue("contrib_server")
    if other is None or not _can_install(other, expected["needs"]):
        pytest.skip("no server on this machine has the extensions")

    def create(name: str | None = None, template: str | None = None) -> str:
        database = name or f"{prefix}_{uuid.uuid4().hex[:6]}"
        create_database(other.url(), database, template)
        return other.url(database)

    yield case_name, create
    drop_databases(other.url(), prefix)


@pytest.fixture
def case(place: tuple[str, DatabaseFactory], prefix: str, tmp_path: Path) -> Case:
    name, create = place
    folder = FOLDER / name
    url = create(f"{prefix}_monolith")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((folder / "monolith.sql").read_text(encoding="utf-8").encode())
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    wanted = migrator.Wanted(tree=expected.get("tree"))
    if wanted.tree is not None:
        with pytest.raises(migrator.RefusedError, match="is a tree"):
            migrator.init(url, tmp_path, environment={})
    initialized = migrator.init(url, tmp_path, wanted, environment={})
    return Case(url, tmp_path, prefix, expected, initialized, create)


def test_init_places_every_table_as_expected(case: Case) -> None:
    document = tomllib.loads(case.file.read_text(encoding="utf-8"))
    tables = document["tables"]
    assert document["tenants"]["root"] == case.expected["tenant_root"]
    undecided = {name for name, entry in tables.items() if "decide" in entry}
    assert {name: entry.get("target") for name, entry in tables.items() if name not in undecided} == case.expected[
        "targets"
    ]
    assert undecided == set(case.expected.get("undecided", ()))
    unowned = {name: entry["unowned"] for name, entry in tables.items() if "unowned" in entry}
    assert unowned == case.expected.get("unowned", {})
    assert all(entry.get("reason") or entry.get("ignore") for entry in tables.values())
    document = case.reported()
    assert document["exit_code"] == (1 if undecided else 0)
    assert {key: len(found) for key, found in document["own"].items()} == case.expected.get("own", {})
    spared = {one["object"] for one in document["left_out"] if not one["object"].startswith("foreign key")}
    with_undecided = [one for one in spared if not any(name in one for name in undecided | _ignored(tables))]
    assert sorted(with_undecided) == sorted(case.expected["left_out"])


def _without(found: dict[tuple[str, str], str], roles: Collection[str]) -> dict[tuple[str, str], str]:
    """Objects less the privileges of roles."""
    rest = {}
    for place, text in found.items():
        kept = [one for one in text.split(", ") if one.split(" ")[0] not in roles]
        if place[0] != "privilege" or kept:
            rest[place] = ", ".join(kept) if place[0] == "privilege" else text
    return rest


def _ignored(tables: dict[str, Any]) -> set[str]:
    return {name for name, entry in tables.items() if "ignore" in entry}


def test_the_targets_objects_together_are_the_sources(case: Case) -> None:
    decide(case)
    source = _without(objects(case.url), case.expected.get("roles", ()))
    union: dict[tuple[str, str], str] = {}
    for tree in sorted((case.directory / "migrations").iterdir()):
        if not tree.is_dir():
            continue
        url = case.create()
        migrator.upgrade_tree(tree, url)
        made = {one: text for one, text in objects(url).items() if "alembic_version" not in one[1]}
        assert made.items() <= source.items(), tree
        union |= made
    ignored = _ignored(tomllib.loads(case.file.read_text(encoding="utf-8"))["tables"])
    with case.migration() as migration:
        severed = {key.name.replace('"', '""') for key in migration.placements().placements.severed if key.name}
    left = case.expected["left_out"]
    own = [name.rpartition(".")[2] for found in case.reported()["own"].values() for name in found]
    missing = source.keys() - union.keys()
    assert Counter(kind for kind, _ in missing) == case.expected["reported"]
    for kind, identity in missing:
        reported = any(name in identity for name in own) or any(
            one.rpartition(" ")[2].rpartition(".")[2] in identity for one in left
        )
        assert any(name in identity for name in severed) or reported or any(table in identity for table in ignored), (
            kind,
            identity,
        )


def test_the_pipeline_runs_on_what_init_wrote(case: Case) -> None:
    decide(case)
    before = objects(case.url)
    with case.migration() as migration:
        _ends_well(migration.backup(verify=True))
        # A monolith has findings, and audit tells them; none of them may be what keeps the split from going on.
        migration.audit()
        _ends_well(migration.clean())
        _ends_well(migration.dry_run())
        migrated = migration.migrate()
        _ends_well(migrated)
        _all_large_objects_arrived(case)
        _all_settings_arrived(case)
        _tenants_are_the_tops(case)
        _ends_well(migration.verify())
        _ends_well(migration.rollback(confirm=migrated.run_id))
    assert objects(case.url) == before


def _ends_well(result: Any) -> None:
    outcome = migrator.present(result)
    assert outcome.exit_code == 0, (outcome.headline, _complaints(outcome))


def _all_settings_arrived(case: Case) -> None:
    """A session in a tenant's database finds the settings of the source, and those that say whose it is."""
    found: dict[str, list[str]] = {}
    for setting in case.expected.get("settings", {}):
        for name in _databases(case):
            with psycopg.connect(make_conninfo(case.url, dbname=name)) as connection:
                row = connection.execute("SELECT current_setting(%s, true)", [setting]).fetchone()
                if row is not None and row[0] and not name.endswith(("_template", "_bare", "_migrator")):
                    found.setdefault(setting, []).append(row[0])
    assert {name: sorted(set(values)) for name, values in found.items()} == case.expected.get("settings", {})


def _tenants_are_the_tops(case: Case) -> None:
    """The projects of every organisation of a tree are in the database of the one at its top."""
    found = {}
    for name in _databases(case):
        with psycopg.connect(make_conninfo(case.url, dbname=name)) as connection:
            (mark,) = connection.execute(
                "SELECT substr(shobj_description(oid, 'pg_database'), 10)::json ->> 'tenant' FROM pg_database "
                "WHERE datname = current_database()"
            ).fetchone() or (None,)
            if mark is not None and case.expected.get("tree") is not None:
                found[mark] = connection.execute("SELECT count(*) FROM projects").fetchall()[0][0]
    assert found == case.expected.get("tenants", {})


def _databases(case: Case) -> list[str]:
    """Every database that the pipeline made."""
    with psycopg.connect(case.url) as connection:
        found = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s) AND NOT datname = current_database()",
            [f"{case.prefix}_"],
        ).fetchall()
    return [name for (name,) in found]


def _all_large_objects_arrived(case: Case) -> None:
    """Each is where rows name it, under its own number, with what it held, its comment and its privileges."""
    with psycopg.connect(case.url, autocommit=True) as connection:
        source = connection.execute(_LARGE_OBJECTS).fetchall()
    found = []
    for name in _databases(case):
        with psycopg.connect(make_conninfo(case.url, dbname=name)) as connection:
            found += connection.execute(_LARGE_OBJECTS).fetchall()
    assert sorted(set(found)) == sorted(source)
    assert len(found) == case.expected.get("large_objects", 0)


_LARGE_OBJECTS = """
    SELECT oid::bigint, md5(lo_get(oid)), coalesce(obj_description(oid, 'pg_largeobject'), ''),
           coalesce(lomacl::text, '')
    FROM pg_largeobject_metadata
"""


def _complaints(outcome: migrator.Outcome) -> list[object]:
    return [row for one in outcome.sections if one.tone == "bad" for row in one.rows if "ok" not in row]


def decide(case: Case) -> None:
    """Writes the expected decisions into migrator.toml as an operator would, and the trees anew."""
    decisions = case.expected.get("decisions", {})
    if not decisions:
        return
    file = case.file
    lines: list[str] = []
    skipped = False
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("[tables."):
            name = line.removeprefix("[tables.").rstrip("]").strip('"')
            skipped = False
            if name in decisions:
                ((setting, value),) = decisions[name].items()
                lines += [line, f"{setting} = {json.dumps(value)}"]
                skipped = True
                continue
        elif skipped and line.startswith(("decide", "reason", "inferred", "#")):
            continue
        lines.append(line)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with case.migration() as migration:
        migration.write_trees()


def objects(url: str) -> dict[tuple[str, str], str]:
    return dict(migrator.read_objects(url))
