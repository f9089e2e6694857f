"""What a database's objects are read as: each kind is seen where it is the only one of its kind."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from migrator.postgres.schema.catalog import read_objects
from migrator.postgres.session.connect import Endpoint, session
from tests.servers import DatabaseFactory

TABLE = "CREATE TABLE things (id int PRIMARY KEY, kind text); "
ONE_OF_EACH = {
    "relation": TABLE,
    "column": TABLE,
    "constraint": TABLE,
    "index": TABLE,
    "sequence": "CREATE SEQUENCE numbers",
    "view": "CREATE VIEW ones AS SELECT 1 AS one",
    "rule": TABLE + "CREATE RULE nothing AS ON DELETE TO things DO INSTEAD NOTHING",
    "trigger": TABLE + "CREATE TRIGGER same BEFORE UPDATE ON things FOR EACH ROW "
    "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "routine": "CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2'",
    "type": "CREATE TYPE colour AS ENUM ('red')",
    "policy": TABLE + "CREATE POLICY all_of_them ON things USING (true)",
    "default privilege": "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO public",
    "statistics": TABLE + "CREATE STATISTICS pair ON id, kind FROM things",
    "operator": "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, PROCEDURE = int4eq)",
    "operator class": "CREATE OPERATOR CLASS int_ops_too FOR TYPE int USING hash AS OPERATOR 1 =, "
    "FUNCTION 1 hashint4(int)",
    "operator family": "CREATE OPERATOR FAMILY family_of_none USING btree",
    "conversion": "CREATE CONVERSION latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
    "collation": """CREATE COLLATION bytes FROM "C" """,
    "cast": TABLE + "CREATE CAST (things AS text) WITH INOUT",
    "language": "CREATE LANGUAGE pl HANDLER plpgsql_call_handler",
    "text search configuration": "CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple)",
    "text search dictionary": "CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple)",
    "foreign data wrapper": "CREATE FOREIGN DATA WRAPPER elsewhere",
    "foreign server": "CREATE FOREIGN DATA WRAPPER elsewhere; CREATE SERVER there FOREIGN DATA WRAPPER elsewhere",
    "foreign table": "CREATE FOREIGN DATA WRAPPER elsewhere; CREATE SERVER there FOREIGN DATA WRAPPER elsewhere; "
    "CREATE FOREIGN TABLE far (id int) SERVER there",
    "user mapping": "CREATE FOREIGN DATA WRAPPER elsewhere; CREATE SERVER there FOREIGN DATA WRAPPER elsewhere; "
    "CREATE USER MAPPING FOR public SERVER there",
    "publication": "CREATE PUBLICATION changes",
    "event trigger": "CREATE FUNCTION ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; "
    "CREATE EVENT TRIGGER on_ddl ON ddl_command_end EXECUTE FUNCTION ddl()",
}
COMMENTED = {
    "relation public.things": "COMMENT ON TABLE things IS 'why'",
    "column public.things.kind": "COMMENT ON COLUMN things.kind IS 'why'",
    "constraint public.things.things_pkey": "COMMENT ON CONSTRAINT things_pkey ON things IS 'why'",
    "routine public.two()": "CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2'; "
    "COMMENT ON FUNCTION two() IS 'why'",
    "schema apart": "CREATE SCHEMA apart; COMMENT ON SCHEMA apart IS 'why'",
    "operator public.===(integer,integer)": "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, PROCEDURE = int4eq); "
    "COMMENT ON OPERATOR === (int, int) IS 'why'",
    "domain constraint above on public.age": "CREATE DOMAIN age AS int CONSTRAINT above CHECK (VALUE > 0); "
    "COMMENT ON CONSTRAINT above ON DOMAIN age IS 'why'",
}


@pytest.fixture
def connection(database_factory: DatabaseFactory) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with session(Endpoint(database_factory()), purpose="test") as opened:
        yield opened


def test_each_kind_is_seen_where_it_is_alone(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    unseen = []
    before = read_objects(connection)
    for kind, script in ONE_OF_EACH.items():
        with connection.transaction(force_rollback=True):
            connection.execute(f"SET LOCAL search_path = public; {script}".encode())
            connection.execute("SET LOCAL search_path = ''")
            if kind not in {of for of, _ in read_objects(connection).keys() - before.keys()}:
                unseen.append(kind)
    assert unseen == []


def test_each_comment_is_seen_where_it_is_alone(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    for named, script in COMMENTED.items():
        with connection.transaction(force_rollback=True):
            connection.execute(f"SET LOCAL search_path = public; {TABLE}{script}".encode())
            connection.execute("SET LOCAL search_path = ''")
            comments = {name: text for (kind, name), text in read_objects(connection).items() if kind == "comment"}
            assert comments == {named: "why"}


def test_an_owner_of_a_rare_kind_is_seen(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute("CREATE ROLE objects_owner; ALTER ROLE objects_owner SUPERUSER")
        connection.execute("CREATE PUBLICATION changes")
        connection.execute("ALTER PUBLICATION changes OWNER TO objects_owner")
        assert read_objects(connection)["owner", "publication changes"] == "objects_owner"
