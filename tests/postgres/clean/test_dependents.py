"""What hangs on the rows that leave: found at any depth, moved whole, or refused; never deleted on the side."""

from __future__ import annotations

import pytest

from migrator.errors import RefusedError
from tests.postgres.workspaces import WorkspaceFactory, fetch, run_sql, said, state
from tests.stages import clean

CHAIN = """
CREATE TABLE a (id integer PRIMARY KEY, bad boolean);
CREATE TABLE b (id integer PRIMARY KEY, a_id integer REFERENCES a ON DELETE CASCADE);
CREATE TABLE c (x integer, y integer, b_id integer REFERENCES b ON DELETE SET NULL, PRIMARY KEY (x, y));
CREATE TABLE d (id integer PRIMARY KEY, x integer DEFAULT 0, y integer DEFAULT 0,
                FOREIGN KEY (x, y) REFERENCES c ON DELETE SET DEFAULT);
CREATE TABLE node (id integer PRIMARY KEY, parent_id integer REFERENCES node, a_id integer REFERENCES a);
INSERT INTO a SELECT n, n <= 2 FROM generate_series(1, 4) n;
INSERT INTO b SELECT n, n FROM generate_series(1, 4) n;
INSERT INTO c VALUES (0, 0, NULL), (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 4, NULL);
INSERT INTO d VALUES (1, 1, 1), (2, 2, NULL), (3, 3, 3), (4, NULL, NULL);
INSERT INTO node VALUES (1, NULL, 1), (2, 1, NULL), (3, 2, NULL), (4, 3, 3), (5, NULL, 3), (6, 6, 2), (7, 5, NULL);
"""

BAD = {"bad": {"table": "a", "where": "bad"}}


def test_everything_that_hangs_on_a_row_moves_with_it(database_url: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(database_url, CHAIN)
    work = make_workspace(database_url, clean=BAD)
    before = state(database_url)

    shown = clean(work)
    assert (shown.exit_code, shown.status) == (0, "findings")
    assert state(database_url) == before
    moved = clean(work, execute=True)

    taken = {name: before.rows[name] - rows for name, rows in state(database_url).rows.items()}
    # node 4 references the good row a3, but hangs on node 1 too; d2 references nothing because its key is half NULL.
    assert taken == {"a": 2, "b": 2, "c": 2, "d": 1, "node": 5}
    assert shown.data["rules"] == moved.data["rules"]
    assert fetch(database_url, "SELECT count(*) FROM c WHERE b_id IS NULL") == [(2,)]
    assert clean(work, execute=True).status == "nothing-to-do"
    clean(work, restore=True)
    assert state(database_url) == before


def test_a_cycle_of_keys_that_are_not_deferrable(database_url: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(
        database_url,
        """
        CREATE TABLE a (id integer PRIMARY KEY, b_id integer);
        CREATE TABLE b (id integer PRIMARY KEY, a_id integer NOT NULL REFERENCES a ON DELETE RESTRICT);
        ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b;
        INSERT INTO a SELECT n FROM generate_series(1, 3) n;
        INSERT INTO b SELECT n, n FROM generate_series(1, 3) n;
        UPDATE a SET b_id = id % 3 + 1;
        """,
    )
    work = make_workspace(database_url, clean={"one": {"table": "a", "where": "id = 2"}})
    before = state(database_url)

    assert clean(work, execute=True).summary["rows"] == 6
    assert clean(work, restore=True).summary["rows"] == 6
    assert state(database_url) == before


def test_a_deferred_cycle_and_user_triggers_at_once(database_url: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(
        database_url,
        """
        CREATE TABLE a (id integer PRIMARY KEY, b_id integer);
        CREATE TABLE b (id integer PRIMARY KEY, a_id integer REFERENCES a DEFERRABLE INITIALLY DEFERRED);
        ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b DEFERRABLE INITIALLY DEFERRED;
        INSERT INTO a VALUES (1, 1), (2, 2);
        INSERT INTO b VALUES (1, 1), (2, 1);
        CREATE TABLE log (what text);
        CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN INSERT INTO public.log VALUES (TG_OP); RETURN NULL; END';
        CREATE TRIGGER log AFTER INSERT OR DELETE ON a FOR EACH ROW EXECUTE FUNCTION log();
        CREATE CONSTRAINT TRIGGER late AFTER DELETE ON b DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION log();
        """,
    )
    work = make_workspace(database_url, clean={"one": {"table": "b", "where": "id = 1"}})
    before = state(database_url)

    assert clean(work, execute=True).summary["rows"] == 4
    clean(work, restore=True)
    assert state(database_url) == before


def test_rules_that_must_take_nothing_else_are_refused(database_url: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(database_url, CHAIN)
    first = {"table": "d", "where": "id = 4"}
    work = make_workspace(database_url, clean={"first": first, "bad": {**BAD["bad"], "dependents": "block"}})
    before = state(database_url)

    shown = clean(work)
    assert [rule["blocked"] for rule in shown.data["rules"]] == [False, True]
    assert shown.exit_code == 0
    with pytest.raises(RefusedError, match=r"\[clean.bad\] takes rows on which rows of b, c, d, node hang"):
        clean(work, execute=True)
    # Nothing moved, not even by the rule before it.
    assert state(database_url) == before
    assert fetch(database_url, "SELECT FROM pg_namespace WHERE nspname = 'migrator_quarantine'") == []


def test_a_row_belongs_to_the_first_rule_that_reaches_it(database_url: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(database_url, CHAIN)
    work = make_workspace(
        database_url,
        clean={"bad": {"table": "a", "where": "id = 1"}, "all": {"table": "b", "where": "true"}},
    )
    shown = clean(work)
    assert [rule["rows"] for rule in shown.data["rules"]] == [8, 6]
    assert clean(work, execute=True).data["rules"] == shown.data["rules"]


def test_a_key_that_only_a_partition_has_is_noticed(database_url: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(
        database_url,
        """
        CREATE TABLE a (id integer PRIMARY KEY);
        CREATE TABLE p (id integer, a_id integer) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
        CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
        ALTER TABLE p1 ADD FOREIGN KEY (a_id) REFERENCES a ON DELETE CASCADE;
        INSERT INTO a VALUES (1), (2);
        INSERT INTO p VALUES (1, 1), (2, 1), (3, 2);
        """,
    )
    work = make_workspace(database_url, clean={"one": {"table": "a", "where": "id = 1"}})
    before = state(database_url)
    with pytest.raises(RefusedError, match="2 rows of p would have been deleted beside"):
        clean(work, execute=True)
    assert state(database_url) == before


def test_rows_of_inheriting_tables_are_left_alone(database_url: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(
        database_url,
        """
        CREATE TABLE parent (id integer, note text);
        CREATE TABLE child (extra text) INHERITS (parent);
        INSERT INTO parent VALUES (1, 'parent');
        INSERT INTO child VALUES (1, 'child', 'more');
        """,
    )
    work = make_workspace(database_url, clean={"one": {"table": "parent", "where": "id = 1"}})
    assert clean(work, execute=True).summary["rows"] == 1
    assert state(database_url).rows == {"parent": 0, "child": 1}


def test_keys_compare_as_the_server_compares_them(database_url: str, make_workspace: WorkspaceFactory) -> None:
    """An operator class of its own, in a schema that no search_path of ours holds: 'A' references 'a'."""
    run_sql(
        database_url,
        """
        CREATE SCHEMA fold;
        CREATE DOMAIN fold.word AS text;
        CREATE FUNCTION fold.eq(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT lower($1) = lower($2)';
        CREATE FUNCTION fold.cmp(text, text) RETURNS integer LANGUAGE sql IMMUTABLE
            AS 'SELECT pg_catalog.bttextcmp(lower($1), lower($2))';
        CREATE FUNCTION fold.lt(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT lower($1) < lower($2)';
        CREATE FUNCTION fold.gt(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT lower($1) > lower($2)';
        CREATE OPERATOR fold.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = fold.eq, COMMUTATOR = OPERATOR(fold.===));
        CREATE OPERATOR fold.<<< (LEFTARG = text, RIGHTARG = text, FUNCTION = fold.lt);
        CREATE OPERATOR fold.>>> (LEFTARG = text, RIGHTARG = text, FUNCTION = fold.gt);
        CREATE OPERATOR CLASS fold.words FOR TYPE text USING btree AS
            OPERATOR 1 fold.<<<, OPERATOR 3 fold.===, OPERATOR 5 fold.>>>, FUNCTION 1 fold.cmp(text, text);
        CREATE TABLE a (code text NOT NULL);
        CREATE UNIQUE INDEX ON a (code fold.words);
        CREATE TABLE b (id integer PRIMARY KEY, a_code text);
        ALTER TABLE b ADD FOREIGN KEY (a_code) REFERENCES a (code) ON DELETE CASCADE;
        INSERT INTO a VALUES ('word'), ('other');
        INSERT INTO b VALUES (1, 'WORD'), (2, 'Word'), (3, 'other');
        """,
    )
    work = make_workspace(database_url, clean={"one": {"table": "a", "where": "code = 'word'"}})
    before = state(database_url)
    assert clean(work, execute=True).summary["rows"] == 3
    clean(work, restore=True)
    assert state(database_url) == before


def test_each_rule_says_what_it_moved(database_url: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(database_url, CHAIN)
    work = make_workspace(database_url, clean=BAD)
    outcome = clean(work, execute=True)
    assert said(work) == ["bad: 12 rows moved"]
    assert outcome.next == ("migrator dry-run", "migrator clean --restore")
    assert outcome.summary["dependent_rows"] == 10


def test_a_key_over_periods(database_url: str, make_workspace: WorkspaceFactory) -> None:
    """What references a period hangs on every row that covers a part of it."""
    ((version,),) = fetch(database_url, "SELECT current_setting('server_version_num')::int")
    if version < 180000:
        pytest.skip("foreign keys over periods came with PostgreSQL 18")
    run_sql(
        database_url,
        """
        CREATE TABLE price (item int4range, during daterange, PRIMARY KEY (item, during WITHOUT OVERLAPS));
        CREATE TABLE sale (id integer PRIMARY KEY, item int4range, during daterange,
                           FOREIGN KEY (item, PERIOD during) REFERENCES price (item, PERIOD during));
        INSERT INTO price VALUES ('[1,2)', '[2020-01-01,2021-01-01)'), ('[1,2)', '[2021-01-01,2022-01-01)'),
                                 ('[2,3)', '[2020-01-01,2022-01-01)');
        INSERT INTO sale VALUES (1, '[1,2)', '[2020-06-01,2021-06-01)'), (2, '[1,2)', '[2021-02-01,2021-03-01)'),
                                (3, '[2,3)', '[2020-02-01,2020-03-01)');
        """,
    )
    work = make_workspace(
        database_url,
        clean={
            "one": {"table": "price", "where": "item @> 1 AND during @> date '2020-05-05'"},
            "no": {"kind": "orphans"},
        },
    )
    before = state(database_url)
    assert clean(work, execute=True).summary["rows"] == 2
    clean(work, restore=True)
    assert state(database_url) == before


ATTACHED = """
CREATE TABLE posts (id integer PRIMARY KEY, bad boolean);
CREATE TABLE photos (id integer PRIMARY KEY);
CREATE TABLE comments (id integer PRIMARY KEY, about_type text, about_id text);
CREATE TABLE votes (id integer PRIMARY KEY, comment_no integer);
CREATE TABLE events (id integer, post_id integer) PARTITION BY RANGE (id);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
ALTER TABLE events_1 ADD FOREIGN KEY (post_id) REFERENCES posts;
INSERT INTO posts VALUES (1, true), (2, false), (0, true);
INSERT INTO photos VALUES (1);
INSERT INTO comments VALUES (1, 'Post', '1'), (2, 'Post', '2'), (3, 'Photo', '1'), (4, 'Gone', '1');
INSERT INTO events VALUES (1, 1), (2, 2);
INSERT INTO votes VALUES (1, 1), (2, 2), (3, 0), (4, 3);
"""


def test_rows_of_virtual_and_polymorphic_keys_and_of_those_that_each_partition_has_hang_too(
    database_url: str, make_workspace: WorkspaceFactory
) -> None:
    run_sql(database_url, ATTACHED)
    tables = {
        "comments": {
            "polymorphic": [{"type": "about_type", "id": "about_id", "tables": {"Post": "posts", "Photo": "photos"}}]
        },
        "votes": {"virtual": [{"key": "comment_no -> comments.id", "blank": "0"}]},
    }
    work = make_workspace(database_url, tables=tables, clean={"bad": {"table": "posts", "where": "bad"}})
    before = state(database_url)
    clean(work, execute=True)
    assert fetch(database_url, "SELECT id FROM comments ORDER BY 1") == [(2,), (3,), (4,)]
    assert fetch(database_url, "SELECT id FROM votes ORDER BY 1") == [(2,), (3,), (4,)]
    assert fetch(database_url, "SELECT id FROM events ORDER BY 1") == [(2,)]
    clean(work, restore=True)
    assert state(database_url) == before
    blocked = {"bad": {"table": "posts", "where": "bad", "dependents": "block"}}
    with pytest.raises(RefusedError, match="comments"):
        clean(make_workspace(database_url, tables=tables, clean=blocked), execute=True)


@pytest.mark.parametrize("partitioned", [False, True])
def test_what_a_publication_lets_nobody_delete_is_said_before(
    database_url: str, make_workspace: WorkspaceFactory, partitioned: bool
) -> None:
    if partitioned:
        run_sql(database_url, "CREATE TABLE log (id integer, bad boolean) PARTITION BY LIST (bad)")
        run_sql(database_url, "CREATE TABLE log_bad PARTITION OF log DEFAULT")
    else:
        run_sql(database_url, "CREATE TABLE log (id integer, bad boolean)")
    run_sql(database_url, "INSERT INTO log VALUES (1, true)")
    run_sql(database_url, "CREATE TABLE a (id integer PRIMARY KEY, bad boolean); INSERT INTO a VALUES (1, true)")
    run_sql(database_url, "CREATE PUBLICATION everything FOR ALL TABLES")
    rules = {"good": {"table": "a", "where": "bad"}, "log": {"table": "log", "where": "bad"}}
    work = make_workspace(database_url, clean=rules)
    before = state(database_url)
    (section,) = [one for one in clean(work).sections if one.title == "Rows that --execute cannot move"]
    statement = "ALTER TABLE public.log REPLICA IDENTITY FULL"
    assert section.rows == (("log", "log", "everything", statement),)
    with pytest.raises(RefusedError, match="publication everything publishes deletes"):
        clean(work, execute=True)
    assert state(database_url) == before
    run_sql(database_url, statement.replace("public.log", "log_bad" if partitioned else "log"))
    assert clean(work, execute=True).summary["rows"] == 2
