"""The reference ERP: its generator writes the same rows each time, in constant memory, with the flaws that it says."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql

from examples.topsteel.drawing import Pattern, Tenancy
from examples.topsteel.flaws import Flaws, SoftDeleted, flaws
from examples.topsteel.generator import TABLES, Counts, load, main
from examples.topsteel.sizes import Shape, sizes
from examples.topsteel.world import World
from migrator.core.placement.place import place
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import Endpoint, session
from migrator.settings.load import load_settings
from tests.servers import DatabaseFactory

EXAMPLE = Path(__file__).parents[3] / "examples" / "topsteel"

# For each kind of flaw queries that count it, written without knowing how the generator makes it.
_CROSS_TENANT = sql.SQL(
    "SELECT count(*) FROM {} child JOIN clients c ON c.id = child.client_id AND c.societe_id <> child.societe_id"
)
_OF_TEST_ACCOUNTS = sql.SQL(
    "SELECT count(*) FROM {} JOIN users u ON u.id = user_id WHERE u.email LIKE '%@example.test'"
)
_WITHOUT_TENANT = sql.SQL(
    "SELECT count(*) FROM {} WHERE societe_id IS NULL OR societe_id NOT IN (SELECT id FROM societes)"
)
_COUNTS: dict[str, dict[str, sql.SQL | sql.Composed]] = {
    "orphans": {
        "commande_lignes.article_id": sql.SQL(
            "SELECT count(*) FROM commande_lignes WHERE article_id NOT IN (SELECT id FROM articles)"
        ),
        "paiements.facture_id": sql.SQL(
            "SELECT count(*) FROM paiements WHERE facture_id NOT IN (SELECT id FROM factures)"
        ),
    },
    "unowned": {table: _WITHOUT_TENANT.format(sql.Identifier(table)) for table in ("documents", "audit_log")},
    "global_rows": {table: _WITHOUT_TENANT.format(sql.Identifier(table)) for table in ("categories", "parametres")},
    "cross_tenant": {table: _CROSS_TENANT.format(sql.Identifier(table)) for table in ("devis", "documents")},
    "test_account_dependents": {
        table: _OF_TEST_ACCOUNTS.format(sql.Identifier(table))
        for table in ("user_sessions", "api_tokens", "notifications", "societe_users")
    },
    "soft_deleted_dependents": {
        "contacts": sql.SQL(
            "SELECT count(*) FROM contacts JOIN clients c ON c.id = client_id WHERE c.deleted_at < '2021-01-01'"
        ),
    },
    "orphan_dependents": {
        "rapprochements": sql.SQL(
            "SELECT count(*) FROM rapprochements JOIN paiements p ON p.id = paiement_id"
            " WHERE p.facture_id NOT IN (SELECT id FROM factures)"
        ),
    },
    "cross_tenant_dependents": {
        "devis_lignes": sql.SQL(
            "SELECT count(*) FROM devis_lignes JOIN devis d ON d.id = devis_id"
            " JOIN clients c ON c.id = d.client_id AND c.societe_id <> d.societe_id"
        ),
    },
}
# Every foreign key between two tables that both carry societe_id, whatever the generator meant to break.
_CARRIERS = """
SELECT child.relname, attname, parent.relname
FROM pg_constraint
JOIN pg_class child ON child.oid = conrelid
JOIN pg_class parent ON parent.oid = confrelid
JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
WHERE contype = 'f' AND cardinality(conkey) = 1 AND conparentid = 0
  AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = conrelid AND attname = 'societe_id')
  AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = confrelid AND attname = 'societe_id')
"""


def number(connection: psycopg.Connection, query: LiteralString | sql.SQL | sql.Composed) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def lines(tenants: int, scale: float, shape: Shape = "many", seed: int = 1) -> Iterator[str]:
    world = World(sizes(tenants, scale, shape), seed)
    for table in TABLES:
        yield from table.lines(world)


def digest(tenants: int, scale: float, seed: int = 1) -> str:
    hashed = sha256()
    for line in lines(tenants, scale, seed=seed):
        hashed.update(line.encode())
    return hashed.hexdigest()


@pytest.fixture(params=["many", "single"])
def monolith(request: pytest.FixtureRequest, database_url: str) -> Iterator[tuple[psycopg.Connection, Counts]]:
    shape: Shape = request.param
    counts = load(database_url, tenants=5 if shape == "many" else 1, scale=0.05, shape=shape)
    with psycopg.connect(database_url) as connection:
        yield connection, counts


# -- drawing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tenants", [1, 2, 5, 300])
def test_a_row_is_found_again_by_its_owner_and_rank(tenants: int) -> None:
    tenancy = Tenancy(tenants, seed=1)
    rows = 3 * tenancy.size + 7
    counted = [0] * tenants
    for row in range(rows):
        tenant = tenancy.owner(row)
        assert tenancy.rank(row) == counted[tenant]
        assert tenancy.nth(tenant, counted[tenant]) == row
        counted[tenant] += 1
    assert tenancy.counts(rows) == counted
    assert counted[0] == max(counted)
    assert min(counted) > 0


def test_children_of_a_pattern_are_numbered_without_gaps() -> None:
    pattern = Pattern([2, 0, 3])
    assert [pattern.of(parent) for parent in range(7)] == [2, 0, 3, 2, 0, 3, 2]
    assert [pattern.start(parent) for parent in range(7)] == [0, 2, 2, 5, 7, 7, 10]


# -- reproducible and streamed ----------------------------------------------------------------------------------------


def test_the_same_arguments_give_the_same_rows_in_any_process() -> None:
    script = "from tests.postgres.examples.test_topsteel import digest; print(digest(7, 0.1))"
    elsewhere = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={"PYTHONHASHSEED": "17", "TZ": "Pacific/Auckland", "LC_ALL": "C"},
        cwd=EXAMPLE.parents[1],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert elsewhere.stdout.strip() == digest(7, 0.1)


def test_another_seed_gives_other_rows_in_the_same_numbers() -> None:
    assert digest(5, 0.02, seed=1) != digest(5, 0.02, seed=2)
    assert sum(1 for _ in lines(5, 0.02, seed=1)) == sum(1 for _ in lines(5, 0.02, seed=2))


def test_loading_twice_gives_the_same_database(database_factory: DatabaseFactory) -> None:
    dumps = []
    for url in (database_factory(), database_factory()):
        load(url, tenants=3, scale=0.02)
        with psycopg.connect(url) as connection:
            dumps.append(
                {
                    table.table: connection.execute(
                        sql.SQL("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {} t").format(
                            sql.Identifier(table.table)
                        )
                    ).fetchone()
                    for table in TABLES
                }
            )
    assert dumps[0] == dumps[1]


def test_memory_does_not_grow_with_the_rows() -> None:
    def peak(scale: float) -> int:
        tracemalloc.start()
        try:
            for _ in lines(5, scale):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(0.01)  # what the first use imports and compiles stays
    small, large = peak(0.05), peak(0.5)
    assert large - small < 200_000
    assert large < 2_000_000


# -- what is in the database ------------------------------------------------------------------------------------------


def test_the_rows_are_as_many_as_it_says(monolith: tuple[psycopg.Connection, Counts]) -> None:
    connection, counts = monolith
    for table, expected in counts.rows.items():
        statement = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        assert connection.execute(statement).fetchone() == (expected,), table
    tables = number(
        connection,
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        " AND NOT relispartition",
    )
    assert len(counts.rows) == tables
    assert counts.total == sum(counts.rows.values())


def test_the_flaws_are_as_many_as_it_says(monolith: tuple[psycopg.Connection, Counts]) -> None:
    connection, counts = monolith
    claimed = counts.flaws
    assert number(connection, "SELECT count(*) FROM users WHERE email LIKE '%@example.test'") == claimed.test_accounts
    assert (
        number(connection, "SELECT count(*) FROM user_sessions WHERE expires_at < now() - interval '7 days'")
        == claimed.expired_sessions
    )
    old = sql.SQL("SELECT count(*) FROM {} WHERE deleted_at < '2021-01-01'")
    recent = sql.SQL("SELECT count(*) FROM {} WHERE deleted_at >= '2021-01-01'")
    assert claimed.soft_deleted == {
        table: SoftDeleted(
            number(connection, old.format(sql.Identifier(table))),
            number(connection, recent.format(sql.Identifier(table))),
        )
        for table in ("clients", "documents", "users")
    }
    for kind, queries in _COUNTS.items():
        expected: dict[str, int] = dict(getattr(claimed, kind))
        assert expected == {name: number(connection, queries[name]) for name in expected}, kind


def test_many_companies_have_every_kind_of_flaw_and_one_has_fewer() -> None:
    def missing(found: Flaws) -> set[str]:
        return {
            name for name in (*_COUNTS, "test_accounts", "expired_sessions", "soft_deleted") if not getattr(found, name)
        }

    many, single = flaws(sizes(5, 1, "many")), flaws(sizes(1, 1, "single"))
    assert missing(many) == set()
    assert all(number for kind in _COUNTS for number in getattr(many, kind).values())
    assert missing(single) == {
        "unowned", "global_rows", "cross_tenant", "orphan_dependents", "cross_tenant_dependents",
    }  # fmt: skip


def test_no_row_points_at_another_company_but_those_that_it_counts(database_url: str) -> None:
    counts = load(database_url, tenants=5, scale=0.05)
    strangers = sql.SQL(
        "SELECT count(*) FROM {} child JOIN {} parent ON parent.id = child.{}"
        " WHERE child.societe_id <> parent.societe_id"
    )
    found: dict[str, int] = {}
    with psycopg.connect(database_url) as connection:
        carriers = connection.execute(_CARRIERS).fetchall()
        for child, column, parent in carriers:
            query = strangers.format(sql.Identifier(child), sql.Identifier(parent), sql.Identifier(column))
            if rows := number(connection, query):
                found[child] = found.get(child, 0) + rows
    assert len(carriers) > 8
    assert found == dict(counts.flaws.cross_tenant)


def test_every_company_has_rows_and_the_first_has_most(database_url: str) -> None:
    load(database_url, tenants=40, scale=0.05)
    with psycopg.connect(database_url) as connection:
        for table in ("clients", "articles", "commandes", "stock_mouvements", "audit_log"):
            rows = connection.execute(
                sql.SQL(
                    "SELECT s.id, count(t.societe_id) FROM societes s LEFT JOIN {} t ON t.societe_id = s.id GROUP BY 1"
                ).format(sql.Identifier(table))
            ).fetchall()
            by_company: dict[int, int] = dict(rows)
            assert len(by_company) == 40
            assert min(by_company.values()) > 0, table
            assert by_company[1] == max(by_company.values()), table


def test_sequences_go_on_where_the_rows_end(monolith: tuple[psycopg.Connection, Counts]) -> None:
    connection, _ = monolith
    columns = connection.execute(
        """
        SELECT pg_get_serial_sequence(quote_ident(relname), attname), relname, attname
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
          AND pg_get_serial_sequence(quote_ident(relname), attname) IS NOT NULL
        """
    ).fetchall()
    assert len(columns) > 10
    columns += [("numero_piece_seq", "commandes", "numero")]
    for sequence, table, column in columns:
        query = sql.SQL("SELECT nextval({}) - max({}) FROM {}").format(
            sql.Literal(sequence), sql.Identifier(column), sql.Identifier(table)
        )
        assert number(connection, query) == 1, sequence


def test_every_column_is_written(monolith: tuple[psycopg.Connection, Counts]) -> None:
    connection, _ = monolith
    written = {(table.table, column) for table in TABLES for column in table.columns}
    present = connection.execute(
        "SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"
        " AND attnum > 0 AND attgenerated = ''"
    ).fetchall()
    assert set(present) <= written


def test_values_that_break_imports_arrived_unharmed(database_url: str) -> None:
    load(database_url, tenants=2, scale=0.2)
    with psycopg.connect(database_url) as connection:
        notes = {note for (note,) in connection.execute("SELECT DISTINCT notes FROM clients")}
        assert {None, "", "tab\there", "two\nlines", "back\\slash", r"literal \N", "NULL", "emoji 🏗️🔩"} <= notes
        keywords = [value for (value,) in connection.execute("SELECT DISTINCT mots_cles FROM articles")]
        assert [None, "", "NULL", "{}"] in keywords
        assert ["a,b", 'quo"te', "back\\slash"] in keywords
        doubles = {str(value) for (value,) in connection.execute("SELECT resistance_mpa FROM materials")}
        assert {"nan", "inf", "-inf", "-0.0", "460.00000000000006", "None"} <= doubles
        dates = {value for (value,) in connection.execute("SELECT date_document::text FROM documents")}
        assert {"0001-01-01 BC", "infinity", "-infinity", None} <= dates
        assert number(connection, "SELECT count(*) FROM stock_mouvements_autres") > 0
        assert number(connection, "SELECT count(DISTINCT contenu) FROM documents") == 5


# -- the command and the configuration --------------------------------------------------------------------------------


def test_the_command_prints_one_json_document(database_url: str) -> None:
    arguments = ["--url", database_url, "--tenants", "2", "--scale", "0.01", "--output", "json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    assert document["rows"]["societes"] == 2
    assert document["flaws"]["soft_deleted"]["clients"] == {"old": 24, "recent": 10}

    again = CliRunner().invoke(main, arguments)
    assert again.exit_code == 1
    assert "not empty" in again.stderr


def test_the_command_refuses_several_companies_in_the_shape_of_one() -> None:
    result = CliRunner().invoke(main, ["--url", "postgresql:///nowhere", "--tenants", "2", "--shape", "single"])
    assert result.exit_code == 2
    assert "one company" in result.stderr


@pytest.mark.parametrize(("file", "shape"), [("migrator.toml", "many"), ("single.toml", "single")])
def test_the_configuration_places_every_table(file: str, shape: Shape, database_url: str) -> None:
    load(database_url, tenants=1, scale=0.01, shape=shape)
    settings = load_settings(EXAMPLE / file, environment={})
    with session(Endpoint(database_url), purpose="test") as connection:
        placements = place(read_catalog(connection), settings)
    assert placements.undecided == ()
    for target in settings.targets.values():
        assert (settings.path(target.migrations) / "env.py").is_file()
    for rule in settings.clean.values():
        assert rule.table in {str(relation) for relation in placements.tables}
