"""Damage to what targets are defined as: each part of "the same schema as the template's"."""

from __future__ import annotations

from collections.abc import Iterator

from tests.safety.mutations.damage import Damage, on_server, statements

_DIFFERENT, _MISSING, _EXTRA = "different", "missing", "extra"


def _object(name: str, damage: str, kind: str, identity: str, how: str = _DIFFERENT, *, since: int = 0) -> Damage:
    """Damage to an object of a tenant's database, whose kind and name verify has to say."""
    return Damage(
        name, "target", statements("bolt", damage), "verify", 1, (f"_bolt  {kind} ", f" {identity} ", how), since=since
    )


def _extra(kind: str, identity: str, damage: str) -> Damage:
    return _object(f"{kind}: one more", damage, kind, identity, _EXTRA)


def objects() -> Iterator[Damage]:
    """Every damage to definitions, by kind."""
    yield from _relations()
    yield from _columns()
    yield from _constraints()
    yield from _indexes()
    yield from _sequences()
    yield from _views_rules_triggers()
    yield from _routines_and_types()
    yield from _the_rest()
    yield from _privileges_and_owners()
    yield from _comments()
    yield from _settings()


def _relations() -> Iterator[Damage]:
    yield _object("table: missing", "DROP TABLE empty", "relation", "public.empty", _MISSING)
    yield _extra("relation", "public.more", "CREATE TABLE more (id int)")
    for name, table, damage in (
        ("row level security off", "rates", "ALTER TABLE rates DISABLE ROW LEVEL SECURITY"),
        ("row level security forced", "rates", "ALTER TABLE rates FORCE ROW LEVEL SECURITY"),
        ("storage parameters", "rates", "ALTER TABLE rates SET (fillfactor = 70)"),
        ("unlogged", "empty", "ALTER TABLE empty SET UNLOGGED"),
        ("replica identity", "rates", "ALTER TABLE rates REPLICA IDENTITY FULL"),
        ("a partition taken out", "visits_2025", "ALTER TABLE visits DETACH PARTITION visits_2025"),
        (
            "a partition's bounds", "visits_2025",
            "ALTER TABLE visits DETACH PARTITION visits_2025; "
            "ALTER TABLE visits ATTACH PARTITION visits_2025 FOR VALUES FROM ('2024-01-01') TO ('2026-01-01')",
        ),
        ("inherits of another", "log", "CREATE TABLE above (line text COLLATE \"C\"); ALTER TABLE log INHERIT above"),
    ):  # fmt: skip
        yield _object(f"table: {name}", damage, "relation", f"public.{table}")


def _columns() -> Iterator[Damage]:
    yield _object("column: missing", "ALTER TABLE log DROP COLUMN line", "column", "public.log.line", _MISSING)
    yield _object("column: one more", "ALTER TABLE log ADD COLUMN more int", "column", "public.log.more", _EXTRA)
    for name, column, damage in (
        ("default", "log.at", "ALTER TABLE log ALTER COLUMN at SET DEFAULT '2000-01-01'"),
        ("default gone", "log.at", "ALTER TABLE log ALTER COLUMN at DROP DEFAULT"),
        ("NOT NULL gone", "log.at", "ALTER TABLE log ALTER COLUMN at DROP NOT NULL"),
        ("NOT NULL added", "log.line", "ALTER TABLE log ALTER COLUMN line SET NOT NULL"),
        ("kind of identity", "log.id", "ALTER TABLE log ALTER COLUMN id SET GENERATED ALWAYS"),
        ("identity gone", "log.id", "ALTER TABLE log ALTER COLUMN id DROP IDENTITY"),
        ("type", "rates.label", "ALTER TABLE rates ALTER COLUMN label TYPE varchar(21)"),
        ("collation", "log.line", 'ALTER TABLE log ALTER COLUMN line TYPE text COLLATE "POSIX"'),
        ("storage", "log.line", "ALTER TABLE log ALTER COLUMN line SET STORAGE EXTERNAL"),
        ("compression", "log.line", "ALTER TABLE log ALTER COLUMN line SET COMPRESSION pglz"),
        ("statistics target", "log.line", "ALTER TABLE log ALTER COLUMN line SET STATISTICS 100"),
        ("options", "log.line", "ALTER TABLE log ALTER COLUMN line SET (n_distinct = 5)"),
        ("generated no more", "orders.doubled", "ALTER TABLE orders ALTER COLUMN doubled DROP EXPRESSION"),
        (
            "position",
            "notes.body",
            "ALTER TABLE notes DROP COLUMN written; ALTER TABLE notes ADD COLUMN written timestamptz",
        ),
        ("of a view", "order_totals.name", "ALTER VIEW order_totals ALTER COLUMN name SET DEFAULT 'x'"),
        ("of a composite type", "tools.place.zip", "ALTER TYPE tools.place ALTER ATTRIBUTE zip TYPE varchar(9)"),
    ):
        identity = column if column.startswith("tools.") else f"public.{column}"
        yield _object(f"column: {name}", damage, "column", identity)
    yield _object(
        "column: NOT NULL not validated", "ALTER TABLE log ALTER COLUMN at DROP NOT NULL; "
        "ALTER TABLE log ADD CONSTRAINT log_at_not_null NOT NULL at NOT VALID", "column", "public.log.at", since=18,
    )  # fmt: skip


def _constraints() -> Iterator[Damage]:
    check = "ALTER TABLE rates DROP CONSTRAINT rates_positive; ALTER TABLE rates ADD CONSTRAINT rates_positive CHECK "
    key = "ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey"
    again = f"{key}; ALTER TABLE orders ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers"
    for name, constraint, how, damage in (
        ("a check not validated", "rates.rates_positive", _DIFFERENT, f"{check}(rate > 0) NOT VALID"),
        ("a check's condition", "rates.rates_positive", _DIFFERENT, f"{check}(rate >= 0)"),
        ("a check gone", "rates.rates_positive", _MISSING, "ALTER TABLE rates DROP CONSTRAINT rates_positive"),
        ("a foreign key not validated", "orders.orders_customer_id_fkey", _DIFFERENT, f"{again} ON DELETE CASCADE NOT VALID"),
        ("a foreign key's action", "orders.orders_customer_id_fkey", _DIFFERENT, again),
        ("a foreign key deferrable", "orders.orders_customer_id_fkey", _DIFFERENT, f"{again} ON DELETE CASCADE DEFERRABLE"),
        ("a foreign key gone", "orders.orders_customer_id_fkey", _MISSING, key),
        (
            "a foreign key that nothing enforces", "orders.orders_customer_id_fkey", _DIFFERENT,
            "ALTER TABLE customers DISABLE TRIGGER ALL",
        ),
        ("a foreign key enforced at one end", "order_lines.order_lines_unit_fkey", _DIFFERENT, "ALTER TABLE units DISABLE TRIGGER ALL"),
        ("a primary key gone", "files.files_pkey", _MISSING, "ALTER TABLE files DROP CONSTRAINT files_pkey"),
        ("a unique key more", "agents_name", _EXTRA, "ALTER TABLE contacts ADD CONSTRAINT agents_name UNIQUE (name)"),
        ("an exclusion constraint", "log.once", _EXTRA, "ALTER TABLE log ADD CONSTRAINT once EXCLUDE (line WITH =)"),
    ):  # fmt: skip
        identity = "public.contacts.agents_name" if constraint == "agents_name" else f"public.{constraint}"
        yield _object(f"constraint: {name}", damage, "constraint", identity, how)
    yield _object(
        "constraint: of a domain",
        "ALTER DOMAIN tools.share DROP CONSTRAINT share_of_one; ALTER DOMAIN tools.share ADD CONSTRAINT share_of_one CHECK (VALUE <= 2)",
        "constraint", "tools.share.share_of_one",
    )  # fmt: skip
    yield _object(
        "constraint: of a domain, not validated",
        "ALTER DOMAIN tools.share DROP CONSTRAINT share_of_one; "
        "ALTER DOMAIN tools.share ADD CONSTRAINT share_of_one CHECK (VALUE <= 1) NOT VALID",
        "constraint", "tools.share.share_of_one",
    )  # fmt: skip
    yield _object(
        "constraint: a foreign key not enforced",
        "ALTER TABLE orders ALTER CONSTRAINT orders_customer_id_fkey NOT ENFORCED",
        "constraint", "public.orders.orders_customer_id_fkey", since=18,
    )  # fmt: skip


def _indexes() -> Iterator[Damage]:
    for name, index, how, damage in (
        ("missing", "rates_label", _MISSING, "DROP INDEX rates_label"),
        ("one more", "log_line", _EXTRA, "CREATE INDEX log_line ON log (line)"),
        ("of something else", "rates_label", _DIFFERENT, "DROP INDEX rates_label; CREATE INDEX rates_label ON rates (upper(label))"),
        ("not unique", "rates_ident", _DIFFERENT, "DROP INDEX rates_ident; CREATE INDEX rates_ident ON rates (ident)"),
        ("invalid", "rates_label", _DIFFERENT, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'rates_label'::regclass"),
        ("not clustered", "customers_name", _DIFFERENT, "ALTER TABLE customers SET WITHOUT CLUSTER"),
        ("statistics target", "rates_label", _DIFFERENT, "ALTER INDEX rates_label ALTER COLUMN 1 SET STATISTICS 5"),
        ("a replica identity", "visits_rest_pkey", _DIFFERENT, "ALTER TABLE visits_rest REPLICA IDENTITY USING INDEX visits_rest_pkey"),
        ("storage parameters", "rates_label", _DIFFERENT, "ALTER INDEX rates_label SET (fillfactor = 50)"),
        ("of a materialized view", "turnover_customer", _MISSING, "DROP INDEX turnover_customer"),
    ):  # fmt: skip
        yield _object(f"index: {name}", damage, "index", f"public.{index}", how)
    yield _object(
        "index: not attached to its parent",
        "CREATE INDEX visits_remark ON ONLY visits (remark)", "index", "public.visits_remark", _EXTRA,
    )  # fmt: skip


def _sequences() -> Iterator[Damage]:
    for name, sequence, damage in (
        ("increment", "numbers", "ALTER SEQUENCE numbers INCREMENT 10"),
        ("cycle", "numbers", "ALTER SEQUENCE numbers CYCLE"),
        ("type", "numbers", "ALTER SEQUENCE numbers AS int"),
        ("limit", "numbers", "ALTER SEQUENCE numbers MAXVALUE 100000"),
        ("start", "numbers", "ALTER SEQUENCE numbers START 7"),
        ("cache", "numbers", "ALTER SEQUENCE numbers CACHE 20"),
        ("owner column", "orders_id_seq", "ALTER SEQUENCE orders_id_seq OWNED BY NONE"),
    ):
        yield _object(f"sequence: {name}", damage, "sequence", f"public.{sequence}")
    yield _object("sequence: unlogged", "ALTER SEQUENCE numbers SET UNLOGGED", "sequence", "public.numbers", since=15)
    yield _object("sequence: missing", "DROP SEQUENCE numbers", "sequence", "public.numbers", _MISSING)
    # The block of this database, behind those of the source and of the other tenant.
    for name, sequence, value, damage in (
        ("behind what the source gave", "numbers", "4999", "SELECT setval('numbers', 4999)"),
        ("behind what the source's column drew", "orders_id_seq", "60", "SELECT setval('orders_id_seq', 60)"),
        ("in another database's block", "numbers", "5500", "SELECT setval('numbers', 5500)"),
        ("behind a row that is there", "log_id_seq", "1", "INSERT INTO log (id) VALUES (50); SELECT setval('log_id_seq', 1)"),
        ("behind a row in its block", "orders_id_seq", "18010", "INSERT INTO orders (id, customer_id, total) VALUES (18020, 1, 1); SELECT setval('orders_id_seq', 18010)"),
        ("never used, before a row", "log_id_seq", "0", "INSERT INTO log (id) VALUES (1)"),
        ("at its beginning", "files_id_seq", "0", "ALTER SEQUENCE files_id_seq RESTART"),
    ):  # fmt: skip
        yield Damage(
            f"sequence: {name}", "target", statements("bolt", damage), "verify", 1,
            ("_bolt ", f" {sequence} ", f" {value} "),
        )  # fmt: skip


def _views_rules_triggers() -> Iterator[Damage]:
    view = "CREATE OR REPLACE VIEW order_totals AS SELECT c.id, c.name, sum(o.total) + 0 AS sum FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id"
    yield _object("view: its text", view, "view", "public.order_totals")
    yield _object("view: missing", "DROP VIEW order_totals", "view", "public.order_totals", _MISSING)
    yield _object("view: one more", "CREATE VIEW more AS SELECT 1", "view", "public.more", _EXTRA)
    yield _object("view: options", "ALTER VIEW order_totals SET (security_barrier)", "relation", "public.order_totals")
    matview = "DROP MATERIALIZED VIEW turnover; CREATE MATERIALIZED VIEW turnover AS SELECT customer_id, max(total) AS total FROM orders GROUP BY customer_id"
    yield _object("materialized view: its text", matview, "view", "public.turnover")
    yield _object(
        "materialized view: not populated", "REFRESH MATERIALIZED VIEW turnover WITH NO DATA", "view", "public.turnover"
    )
    yield _object("rule: missing", "DROP RULE log_kept ON log", "rule", "public.log.log_kept", _MISSING)
    yield _object("rule: disabled", "ALTER TABLE log DISABLE RULE log_kept", "rule", "public.log.log_kept")
    yield _object(
        "rule: its action",
        "CREATE OR REPLACE RULE log_kept AS ON DELETE TO log DO ALSO NOTHING",
        "rule",
        "public.log.log_kept",
    )
    yield _object(
        "trigger: disabled", "ALTER TABLE rates DISABLE TRIGGER touch_rates", "trigger", "public.rates.touch_rates"
    )
    yield _object(
        "trigger: always", "ALTER TABLE rates ENABLE ALWAYS TRIGGER touch_rates", "trigger", "public.rates.touch_rates"
    )
    yield _object(
        "trigger: missing", "DROP TRIGGER touch_rates ON rates", "trigger", "public.rates.touch_rates", _MISSING
    )
    yield _object(
        "trigger: its moment",
        "DROP TRIGGER touch_rates ON rates; CREATE TRIGGER touch_rates AFTER UPDATE ON rates FOR EACH ROW EXECUTE FUNCTION touch()",
        "trigger", "public.rates.touch_rates",
    )  # fmt: skip
    yield _object(
        "policy: its condition", "ALTER POLICY rates_all ON rates USING (false)", "policy", "public.rates.rates_all"
    )
    yield _object(
        "policy: its role", "ALTER POLICY rates_all ON rates TO CURRENT_USER", "policy", "public.rates.rates_all"
    )
    yield _object("policy: missing", "DROP POLICY rates_all ON rates", "policy", "public.rates.rates_all", _MISSING)
    yield _object(
        "policy: restrictive",
        "DROP POLICY rates_all ON rates; CREATE POLICY rates_all ON rates AS RESTRICTIVE USING (true)",
        "policy", "public.rates.rates_all",
    )  # fmt: skip


def _routines_and_types() -> Iterator[Damage]:
    double = "CREATE OR REPLACE FUNCTION tools.double(n numeric) RETURNS numeric LANGUAGE sql {} AS 'SELECT n * {}'"
    for name, identity, how, damage in (
        ("a body", "tools.double(n numeric)", _DIFFERENT, double.format("IMMUTABLE", 3)),
        ("volatility", "tools.double(n numeric)", _DIFFERENT, double.format("VOLATILE", 2)),
        ("security", "tools.double(n numeric)", _DIFFERENT, "ALTER FUNCTION tools.double(numeric) SECURITY DEFINER"),
        ("a setting", "tools.double(n numeric)", _DIFFERENT, "ALTER FUNCTION tools.double(numeric) SET search_path = pg_catalog"),
        ("missing", "tools.nothing()", _MISSING, "DROP PROCEDURE tools.nothing()"),
        (
            "an aggregate's beginning", "tools.total(numeric)", _DIFFERENT,
            "CREATE OR REPLACE AGGREGATE tools.total(numeric) (SFUNC = numeric_add, STYPE = numeric, INITCOND = '1')",
        ),
        (
            "an aggregate's combining", "tools.total(numeric)", _DIFFERENT,
            "CREATE OR REPLACE AGGREGATE tools.total(numeric) "
            "(SFUNC = numeric_add, STYPE = numeric, INITCOND = '0', COMBINEFUNC = numeric_add, PARALLEL = SAFE)",
        ),
    ):  # fmt: skip
        yield _object(f"routine: {name}", damage, "routine", identity, how)
    for name, identity, how, damage in (
        ("a value of an enumeration", "public.mood", _DIFFERENT, "ALTER TYPE mood ADD VALUE 'angry'"),
        ("a domain's default", "tools.share", _DIFFERENT, "ALTER DOMAIN tools.share SET DEFAULT 0.6"),
        ("a domain's NOT NULL", "tools.share", _DIFFERENT, "ALTER DOMAIN tools.share SET NOT NULL"),
        ("a range", "tools.span", _MISSING, "DROP TYPE tools.span"),
        ("one more", "tools.colour", _EXTRA, "CREATE TYPE tools.colour AS ENUM ('red')"),
        (
            "a range's subtype difference", "tools.span", _DIFFERENT,
            "DROP TYPE tools.span; CREATE TYPE tools.span AS RANGE (subtype = float8, subtype_diff = float8mi)",
        ),
    ):  # fmt: skip
        yield _object(f"type: {name}", damage, "type", identity, how)


def _the_rest() -> Iterator[Damage]:
    for name, kind, identity, how, damage in (
        ("missing", "statistics", "public.rates_dependent", _MISSING, "DROP STATISTICS rates_dependent"),
        (
            "their kind", "statistics", "public.rates_dependent", _DIFFERENT,
            "DROP STATISTICS rates_dependent; CREATE STATISTICS rates_dependent (ndistinct) ON label, valid FROM rates",
        ),
        ("their target", "statistics", "public.rates_dependent", _DIFFERENT, "ALTER STATISTICS rates_dependent SET STATISTICS 50"),
        ("missing", "operator", "tools.@@@(text,text)", _MISSING, "DROP OPERATOR tools.@@@ (text, text)"),
        ("of another function", "operator", "tools.@@@(text,text)", _DIFFERENT, "DROP OPERATOR tools.@@@ (text, text); CREATE OPERATOR tools.@@@ (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)"),
        ("missing", "operator class", "tools.whole btree", _MISSING, "DROP OPERATOR CLASS tools.whole USING btree"),
        ("one more", "operator family", "tools.odd btree", _EXTRA, "CREATE OPERATOR FAMILY tools.odd USING btree"),
        ("missing", "collation", "tools.plain", _MISSING, "DROP COLLATION tools.plain"),
        ("its locale", "collation", "tools.plain", _DIFFERENT, "DROP COLLATION tools.plain; CREATE COLLATION tools.plain (provider = libc, locale = 'POSIX')"),
        ("missing", "cast", "tools.place AS text", _MISSING, "DROP CAST (tools.place AS text)"),
        ("its context", "cast", "tools.place AS text", _DIFFERENT, "DROP CAST (tools.place AS text); CREATE CAST (tools.place AS text) WITH INOUT AS ASSIGNMENT"),
        ("one more", "language", "plmore", _EXTRA, "CREATE LANGUAGE plmore HANDLER plpgsql_call_handler"),
        ("one more", "conversion", "tools.odd", _EXTRA, "CREATE CONVERSION tools.odd FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1"),
        ("missing", "text search configuration", "tools.words", _MISSING, "DROP TEXT SEARCH CONFIGURATION tools.words"),
        ("its mapping", "text search configuration", "tools.words", _DIFFERENT, "ALTER TEXT SEARCH CONFIGURATION tools.words DROP MAPPING FOR email"),
        ("its options", "text search dictionary", "tools.stems", _DIFFERENT, "ALTER TEXT SEARCH DICTIONARY tools.stems (accept = true)"),
        ("its options", "foreign data wrapper", "elsewhere", _DIFFERENT, "ALTER FOREIGN DATA WRAPPER elsewhere OPTIONS (ADD a 'b')"),
        ("its address", "foreign server", "far_away", _DIFFERENT, "ALTER SERVER far_away OPTIONS (SET host 'near')"),
        ("its options", "foreign table", "public.far_orders", _DIFFERENT, "ALTER FOREIGN TABLE far_orders OPTIONS (SET name 'others')"),
        ("one more", "user mapping", "far_away public", _EXTRA, "CREATE USER MAPPING FOR PUBLIC SERVER far_away"),
        ("what it publishes", "publication", "everything", _DIFFERENT, "ALTER PUBLICATION everything SET (publish = 'insert')"),
        ("its tables", "publication", "everything", _DIFFERENT, "ALTER PUBLICATION everything ADD TABLE files"),
        ("missing", "publication", "everything", _MISSING, "DROP PUBLICATION everything"),
        ("disabled", "event trigger", "watching", _DIFFERENT, "ALTER EVENT TRIGGER watching DISABLE"),
        ("missing", "event trigger", "watching", _MISSING, "DROP EVENT TRIGGER watching"),
        (
            "its condition", "publication", "everything", _DIFFERENT,
            "ALTER PUBLICATION everything SET TABLE log (id, line) WHERE (id > 0)",
        ),
        ("its schemas", "publication", "everything", _DIFFERENT, "ALTER PUBLICATION everything ADD TABLES IN SCHEMA public"),
    ):  # fmt: skip
        yield _object(
            f"{kind}: {name}", damage, kind, identity, how, since=15 if "its " in name and kind == "publication" else 0
        )
    yield Damage(
        "extension: one more", "target", statements("bolt", "CREATE EXTENSION pg_trgm"), "verify", 1,
        ("_bolt  extension ", " pg_trgm ", _EXTRA), needs="pg_trgm",
    )  # fmt: skip
    yield Damage(
        "extension: another version", "target", statements("bolt", "UPDATE pg_extension SET extversion = '0' WHERE extname = 'citext'"),
        "verify", 1, ("_bolt  extension ", " citext ", _DIFFERENT), needs="citext",
    )  # fmt: skip


def _privileges_and_owners() -> Iterator[Damage]:
    for name, kind, identity, how, damage in (
        ("of a table, to everybody", "privilege", "relation public.rates", _DIFFERENT, "GRANT SELECT ON rates TO PUBLIC"),
        ("of a table, to the tenant's own role", "privilege", "relation public.rates", _DIFFERENT, "GRANT TRUNCATE ON rates TO {prefix}_bolt_app"),
        ("of a table, taken", "privilege", "relation public.rates", _DIFFERENT, "REVOKE INSERT ON rates FROM {prefix}_tenant_apps"),
        ("of a table, to be given on", "privilege", "relation public.rates", _DIFFERENT, "GRANT SELECT ON rates TO {prefix}_tenant_apps WITH GRANT OPTION"),
        ("of a column, taken", "privilege", "column public.log.line", _MISSING, "REVOKE SELECT (line) ON log FROM PUBLIC"),
        ("of a column, given", "privilege", "column public.rates.label", _EXTRA, "GRANT SELECT (label) ON rates TO PUBLIC"),
        ("of a sequence", "privilege", "relation public.numbers", _DIFFERENT, "GRANT USAGE ON SEQUENCE numbers TO PUBLIC"),
        ("of a view", "privilege", "relation public.order_totals", _DIFFERENT, "GRANT SELECT ON order_totals TO PUBLIC"),
        ("of a schema", "privilege", "schema tools", _DIFFERENT, "GRANT USAGE ON SCHEMA tools TO PUBLIC"),
        ("of a routine", "privilege", "routine tools.double(n numeric)", _MISSING, "REVOKE EXECUTE ON FUNCTION tools.double FROM PUBLIC, CURRENT_USER"),
        ("of a type", "privilege", "type tools.share", _DIFFERENT, "REVOKE USAGE ON DOMAIN tools.share FROM PUBLIC"),
        ("of a foreign server", "privilege", "server far_away", _DIFFERENT, "GRANT USAGE ON FOREIGN SERVER far_away TO PUBLIC"),
        ("of a foreign data wrapper", "privilege", "foreign-data wrapper elsewhere", _DIFFERENT, "GRANT USAGE ON FOREIGN DATA WRAPPER elsewhere TO PUBLIC"),
        ("of a language", "privilege", "language plpgsql", _DIFFERENT, "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC"),
        ("by default, gone", "default privilege", "tools f", _MISSING, "ALTER DEFAULT PRIVILEGES IN SCHEMA tools REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"),
        ("by default, more", "default privilege", "tools T", _EXTRA, "ALTER DEFAULT PRIVILEGES IN SCHEMA tools GRANT USAGE ON TYPES TO {prefix}_bolt_app"),
        ("a table's", "owner", "relation public.log", _DIFFERENT, "ALTER TABLE log OWNER TO {prefix}_bolt_app"),
        ("a routine's", "owner", "routine tools.double(n numeric)", _DIFFERENT, "ALTER FUNCTION tools.double OWNER TO {prefix}_bolt_app"),
        ("a schema's", "owner", "schema tools", _DIFFERENT, "ALTER SCHEMA tools OWNER TO {prefix}_bolt_app"),
        ("a type's", "owner", "type tools.share", _DIFFERENT, "ALTER DOMAIN tools.share OWNER TO {prefix}_bolt_app"),
        ("a foreign server's", "owner", "server far_away", _EXTRA, "GRANT USAGE ON FOREIGN DATA WRAPPER elsewhere TO {prefix}_bolt_app; ALTER SERVER far_away OWNER TO {prefix}_bolt_app"),
        ("statistics'", "owner", "statistics object public.rates_dependent", _EXTRA, "ALTER STATISTICS rates_dependent OWNER TO {prefix}_bolt_app"),
        ("a collation's", "owner", "collation tools.plain", _EXTRA, "ALTER COLLATION tools.plain OWNER TO {prefix}_bolt_app"),
        ("a composite type's", "owner", "type tools.place", _DIFFERENT, "ALTER TYPE tools.place OWNER TO {prefix}_bolt_app"),
        ("a publication's", "owner", "publication everything", _EXTRA, "ALTER PUBLICATION everything OWNER TO {prefix}_bolt_app"),
    ):  # fmt: skip
        yield _object(f"{kind}: {name}", damage, kind, identity, how)


def _comments() -> Iterator[Damage]:
    for on, identity in (
        ("TABLE log", "relation public.log"),
        ("COLUMN log.line", "column public.log.line"),
        ("FUNCTION tools.double(numeric)", "routine tools.double(n numeric)"),
        ("DOMAIN tools.share", "type tools.share"),
        ("SCHEMA tools", "schema tools"),
        ("CONSTRAINT rates_positive ON rates", "constraint public.rates.rates_positive"),
        ("TRIGGER touch_rates ON rates", "trigger public.rates.touch_rates"),
        ("POLICY rates_all ON rates", "policy public.rates.rates_all"),
        ("RULE log_kept ON log", "rule public.log.log_kept"),
    ):
        kind = on.split()[0].lower()
        yield _object(f"comment: of a {kind}", f"COMMENT ON {on} IS 'Something else'", "comment", identity)
        yield _object(f"comment: of a {kind}, gone", f"COMMENT ON {on} IS NULL", "comment", identity, _MISSING)
    for on, identity in (
        ("INDEX rates_label", "relation public.rates_label"),
        ("SEQUENCE numbers", "relation public.numbers"),
        ("VIEW order_totals", "relation public.order_totals"),
        ("OPERATOR tools.@@@ (text, text)", "operator tools.@@@"),
        ("COLLATION tools.plain", "collation tools.plain"),
        ("STATISTICS rates_dependent", "statistics object public.rates_dependent"),
        ("SERVER far_away", "server far_away"),
        ("PUBLICATION everything", "publication everything"),
        ("CONSTRAINT share_of_one ON DOMAIN tools.share", "domain constraint share_of_one on tools.share"),
    ):
        kind = " ".join(on.split()[:1]).lower()
        yield Damage(
            f"comment: of a {kind}, new", "target", statements("bolt", f"COMMENT ON {on} IS 'New'"), "verify", 1,
            ("_bolt  comment ", identity, _EXTRA),
        )  # fmt: skip


def _settings() -> Iterator[Damage]:
    bolt = "ALTER DATABASE {prefix}_bolt "
    for name, how, damage in (
        ("changed", _DIFFERENT, bolt + "SET \"app.edition\" = 'silver'"),
        ("gone", _MISSING, bolt + 'RESET "app.edition"'),
    ):
        yield Damage(
            f"a setting of the database: {name}", "target", on_server(damage, "bolt"), "verify", 1,
            ("_bolt  setting ", " app.edition ", how),
        )  # fmt: skip
    yield Damage(
        "a setting of the database: one more", "target", on_server(bolt + "SET work_mem = '1MB'", "bolt"), "verify", 1,
        ("_bolt  setting ", " work_mem ", _EXTRA),
    )  # fmt: skip
    yield Damage(
        "a setting of a role in the database", "target",
        on_server("ALTER ROLE {prefix}_bolt_app IN DATABASE {prefix}_bolt SET work_mem = '1MB'", "bolt"), "verify", 1,
        ("_bolt  setting ", "_bolt_app work_mem ", _EXTRA),
    )  # fmt: skip
