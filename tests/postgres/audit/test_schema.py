"""The audit reads real catalogs: indexes, partitions, sequences, views, functions, triggers."""

from __future__ import annotations

import pytest

from migrator.postgres.session.connect import Endpoint
from tests.audit_facts import found
from tests.audit_source import ROOT, TENANT_TABLES, read, run


def test_indexes_of_real_tables_cover_real_keys(database_url: str) -> None:
    run(
        database_url,
        ROOT,
        """
        CREATE TABLE parent (id bigint PRIMARY KEY, a integer, b integer, UNIQUE (a, b));
        CREATE TABLE child (
            id bigint PRIMARY KEY, plain bigint REFERENCES parent, desc_ bigint REFERENCES parent,
            expression bigint REFERENCES parent, included bigint REFERENCES parent, partly bigint REFERENCES parent,
            present bigint REFERENCES parent, broken bigint REFERENCES parent, "Case" bigint REFERENCES parent,
            a integer, b integer, FOREIGN KEY (a, b) REFERENCES parent (a, b));
        CREATE INDEX ON child (plain);
        CREATE INDEX ON child (desc_ DESC NULLS LAST) INCLUDE (plain);
        CREATE INDEX ON child ((expression + 0));
        CREATE INDEX ON child (id, plain) INCLUDE (included);
        CREATE INDEX ON child (partly) WHERE plain > 5;
        CREATE INDEX ON child (present) WHERE present IS NOT NULL;
        CREATE INDEX ON child ("Case") WHERE "Case" IS NOT NULL;
        CREATE INDEX ON child (b, a, id);
        CREATE INDEX broken_idx ON child (broken);
        UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken_idx'::regclass;
        """,
    )
    target = {"target": "shared"}
    facts = read(database_url, {"parent": target, "child": target})
    assert set(found("G02", facts)) == {
        f"public.child({column})" for column in ("expression", "included", "partly", "broken")
    }
    assert set(found("G05", facts)) == {"public.broken_idx"}


def test_what_a_real_catalog_says_about_duplicates(database_url: str) -> None:
    run(
        database_url,
        """
        CREATE TABLE t (id bigint PRIMARY KEY, name text, other text COLLATE "C", at timestamptz);
        CREATE INDEX a_first ON t (name);
        CREATE INDEX a_second ON t USING btree (name);
        CREATE INDEX a_pattern ON t (name text_pattern_ops);
        CREATE INDEX a_desc ON t (name DESC);
        CREATE INDEX a_collated ON t (name COLLATE "C");
        CREATE INDEX a_partial ON t (name) WHERE at IS NULL;
        CREATE INDEX a_including ON t (name) INCLUDE (at);
        CREATE INDEX a_lower ON t (lower(name));
        CREATE INDEX a_lower_again ON t (lower(name));
        CREATE INDEX a_longer ON t (name, at);
        CREATE INDEX of_key ON t (id);
        """,
    )
    facts = read(database_url, {"t": {"target": "shared"}}, tenants={})
    assert set(found("G06", facts)) == {"public.a_second", "public.a_lower_again", "public.of_key"}
    assert set(found("G07", facts)) == {"public.a_first", "public.a_second"}


def test_partitions_bring_no_findings_of_their_own(database_url: str) -> None:
    run(
        database_url,
        """
        CREATE TABLE parent (id bigint PRIMARY KEY);
        CREATE TABLE events (id bigint, at date, parent_id bigint, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        CREATE TABLE events_2 PARTITION OF events DEFAULT PARTITION BY HASH (id);
        CREATE TABLE events_2a PARTITION OF events_2 FOR VALUES WITH (MODULUS 1, REMAINDER 0);
        ALTER TABLE events ADD FOREIGN KEY (parent_id) REFERENCES parent;
        CREATE INDEX ON events (at);
        """,
    )
    target = {"target": "shared"}
    facts = read(database_url, {"parent": target, "events": target}, tenants={})
    assert set(found("G02", facts)) == {"public.events(parent_id)"}
    assert found("G02", facts)["public.events(parent_id)"].sql_fix.startswith("CREATE INDEX events_parent_id_idx ON")
    for rule in ("G01", "G04", "G05", "G06", "S11"):
        assert found(rule, facts) == {}, rule
    run(database_url, "CREATE INDEX ON events_1 (parent_id); CREATE INDEX ON events_2a (parent_id)")
    assert found("G02", read(database_url, {"parent": target, "events": target}, tenants={})) == {}


def test_sequences_stand_where_they_stand(database_url: str) -> None:
    run(
        database_url,
        """
        CREATE TABLE narrow (id serial PRIMARY KEY);
        CREATE TABLE identity (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
        CREATE TABLE wide (id bigserial PRIMARY KEY, number bigint);
        CREATE SEQUENCE common; ALTER TABLE wide ALTER number SET DEFAULT nextval('common');
        ALTER TABLE identity ADD number integer DEFAULT nextval('common');
        SELECT setval('narrow_id_seq', 2000000000), setval('identity_id_seq', 1700000000),
               setval('wide_id_seq', 2000000000), setval('common', 2147483647);
        """,
    )
    target = {"target": "shared"}
    facts = read(database_url, {"narrow": target, "identity": target, "wide": target}, tenants={})
    assert {key: finding.severity for key, finding in found("G09", facts).items()} == {
        "public.narrow_id_seq": "E", "public.identity_id_seq": "W", "public.common": "E",
    }  # fmt: skip
    assert set(found("S10", facts)) == {"public.common"}


def test_objects_beside_tables(database_url: str) -> None:
    run(
        database_url,
        ROOT,
        TENANT_TABLES,
        """
        CREATE TABLE users (id bigint PRIMARY KEY, password text);
        CREATE VIEW below AS SELECT q.id FROM quotes q JOIN clients c ON c.id = q.client_id;
        CREATE VIEW above AS SELECT b.id FROM below b, users u;
        CREATE FUNCTION atomic() RETURNS bigint LANGUAGE sql
            BEGIN ATOMIC SELECT count(*) FROM clients, users; END;
        CREATE FUNCTION trusted() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM users';
        CREATE FUNCTION pinned() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public AS 'SELECT 1';
        CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN UPDATE users SET password = NULL; RETURN NULL; END$$;
        CREATE TRIGGER noting AFTER UPDATE ON clients FOR EACH ROW EXECUTE FUNCTION noted();
        CREATE TRIGGER quiet AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION noted();
        ALTER TABLE users DISABLE TRIGGER quiet;
        CREATE FUNCTION is_user(who bigint) RETURNS boolean LANGUAGE sql AS
            'SELECT EXISTS (SELECT FROM users WHERE id = who)';
        ALTER TABLE clients ADD CONSTRAINT known CHECK (is_user(id));
        SELECT lo_create(0);
        """,
    )
    facts = read(database_url, {"users": {"target": "auth"}})
    assert set(found("S08", facts)) == {
        "public.above", "public.atomic()", "public.clients(noting)", "public.clients(known)",
    }  # fmt: skip
    assert set(found("G17", facts)) == {"public.trusted()"}
    assert set(found("S15", facts)) == {"public.users(quiet)"}
    assert set(found("S12", facts)) == {"large-objects"}
    assert set(found("G19", facts)) == {"public.users(password)"}


def test_what_only_newer_servers_know(database_url: str) -> None:
    facts = read(database_url, tenants={})
    if facts.catalog.server_version < 180000:
        pytest.skip("NOT ENFORCED and temporal keys came with PostgreSQL 18")
    run(
        database_url,
        """
        CREATE TABLE parent (id int4range, valid_at daterange, number integer PRIMARY KEY,
                             UNIQUE (id, valid_at WITHOUT OVERLAPS));
        CREATE TABLE child (id integer PRIMARY KEY, number integer, parent_id int4range, valid_at daterange,
            CONSTRAINT loose FOREIGN KEY (number) REFERENCES parent NOT ENFORCED,
            CONSTRAINT positive CHECK (number > 0) NOT ENFORCED,
            FOREIGN KEY (parent_id, PERIOD valid_at) REFERENCES parent (id, PERIOD valid_at));
        INSERT INTO child VALUES (1, 5, NULL, NULL);
        ALTER TABLE child ADD CONSTRAINT named NOT NULL valid_at NOT VALID;
        """,
    )
    target = {"target": "shared"}
    facts = read(database_url, {"parent": target, "child": target}, tenants={})
    assert set(found("G04", facts)) == {"public.child(loose)", "public.child(positive)", "public.child(named)"}
    (orphans,) = found("S07", facts).values()
    assert orphans.rows == 1
    assert orphans.detail.endswith("the constraint loose is NOT ENFORCED.")
    assert {counted.key.name for counted in facts.references} == {"loose"}


def test_what_statistics_say_about_indexes_and_heaps(database_url: str) -> None:
    run(
        database_url,
        """
        CREATE TABLE kept (id bigint PRIMARY KEY, code text, note text);
        CREATE UNIQUE INDEX kept_code_idx ON kept (code);
        INSERT INTO kept SELECT n, 'code ' || n, repeat('x', 50) FROM generate_series(1, 20000) n;
        CREATE TABLE emptied (LIKE kept);
        INSERT INTO emptied SELECT * FROM kept;
        DELETE FROM emptied WHERE id % 10 > 0;
        CREATE TABLE unknown (id bigint);
        """,
        "VACUUM ANALYZE",
    )
    facts = read(database_url, {name: {"target": "shared"} for name in ("kept", "emptied", "unknown")}, tenants={})
    sizes = {heap.relation.name: heap for heap in facts.heaps}
    assert set(sizes) == {"kept", "emptied"}
    # An estimate from average widths: within a tenth of what the rows really take.
    assert abs(sizes["kept"].needed - sizes["kept"].bytes) * 10 < sizes["kept"].bytes
    assert 8 < sizes["emptied"].bytes / sizes["emptied"].needed < 12
    indexes = {index.name.name: index for index in facts.indexes}
    assert indexes["kept_code_idx"].bytes > 0
    assert indexes["kept_code_idx"].nulls_distinct
    assert facts.statistics_days >= 0
    assert found("G08", facts) == {}  # counted for less than a week
    assert set(found("G12", facts)) == {"public.kept_code_idx"}


def test_extensions_that_something_depends_on(database_url: str) -> None:
    run(database_url, ROOT)
    assert read(database_url).extensions_in_use == frozenset()
    run(database_url, "CREATE FUNCTION f() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'")
    assert read(database_url).extensions_in_use == {"plpgsql"}


def test_roles_that_own_or_are_granted(database_url: str) -> None:
    name = Endpoint(database_url).database
    owner, reader, caller, bystander = (f"{name}_{role}" for role in ("owner", "reader", "caller", "bystander"))
    roles = (owner, reader, caller, bystander)
    run(
        database_url,
        ROOT,
        *(f"CREATE ROLE {role}" for role in roles),
        "CREATE TABLE imported (id bigint PRIMARY KEY)",
        f"ALTER TABLE imported OWNER TO {owner}",
        f"GRANT SELECT ON companies TO {reader}",
        "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        f"GRANT EXECUTE ON FUNCTION f TO {caller}",
    )
    try:
        facts = read(database_url)
        assert {role.name.removeprefix(f"{name}_"): (role.tables, role.granted) for role in facts.roles} == {
            "postgres": (1, False), "owner": (1, False), "reader": (0, True), "caller": (0, True)
        }  # fmt: skip
        assert set(found("S17", facts)) == {"owners"}
    finally:
        run(database_url, *(f"DROP OWNED BY {role}" for role in roles), *(f"DROP ROLE {role}" for role in roles))
