"""What is migrator's own is known by its mark, never by its name."""

from __future__ import annotations

from tests.postgres.init.described import Describe

OURS_BY_NAME = """
CREATE TABLE tenants (id int PRIMARY KEY, name text UNIQUE NOT NULL);
CREATE SCHEMA migrator_app;
COMMENT ON SCHEMA migrator_app IS 'migrator of birds';
CREATE TYPE migrator_app.mood AS ENUM ('good', 'bad');
CREATE SEQUENCE migrator_app.numbers;
CREATE TABLE migrator_app.flights (
    id int PRIMARY KEY DEFAULT nextval('migrator_app.numbers'), tenant_id int NOT NULL REFERENCES tenants,
    mood migrator_app.mood
);
CREATE VIEW migrator_app.good AS SELECT * FROM migrator_app.flights WHERE mood = 'good';
CREATE FUNCTION migrator_app.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
CREATE TRIGGER migrator_fence_of_birds BEFORE UPDATE ON migrator_app.flights
    FOR EACH ROW EXECUTE FUNCTION migrator_app.touch();
INSERT INTO tenants VALUES (1, 'a'), (2, 'b');
INSERT INTO migrator_app.flights (tenant_id, mood) SELECT 1 + i % 2, 'good' FROM generate_series(1, 6) i;
"""


def test_a_schema_called_like_ours_goes_where_its_tables_go(described: Describe) -> None:
    made = described(OURS_BY_NAME)
    assert made.targets["migrator_app.flights"] == "tenant"
    run = made.split()
    assert made.project.value("a", "SELECT count(*) FROM migrator_app.good") == 3
    triggers = made.project.fetch("a", "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
    assert triggers == [("migrator_fence_of_birds",)]
    # And the source's own objects are compared with what they were, before the fence and after it.
    made.project.succeed("rollback", "--confirm", run)
    assert made.project.value("", "SELECT count(*) FROM migrator_app.good") == 6


def test_a_name_that_we_need_is_said_before_the_fence(described: Describe) -> None:
    made = described(
        OURS_BY_NAME, "CREATE SCHEMA migrator_fence; CREATE TABLE migrator_fence.posts (id int PRIMARY KEY)"
    )
    answer = made.project.run("dry-run")
    assert answer.exit_code == 1
    blocking = [row["check"] for row in answer.section("Readiness") if row["result"] == "BLOCKS"]
    assert blocking == ["schema migrator_fence"]
