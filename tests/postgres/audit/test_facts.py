"""What the audit does not count, what it takes from elsewhere, and what it tells meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from migrator.core.result.progress import Silent
from migrator.errors import ConfigurationError
from migrator.postgres.audit.facts import examine
from migrator.postgres.session.connect import READ_ONLY, Endpoint, session
from migrator.settings import Settings
from tests.audit_facts import SPLIT, found
from tests.audit_source import ROOT, TENANT_TABLES, read, rows, run


def test_what_the_role_cannot_read_is_said_and_not_counted(database_url: str) -> None:
    role = "audit_" + Endpoint(database_url).database
    run(
        database_url,
        ROOT,
        TENANT_TABLES,
        """
        CREATE TABLE secret (id bigint PRIMARY KEY, company_id integer NOT NULL REFERENCES companies);
        ALTER TABLE clients ENABLE ROW LEVEL SECURITY;
        INSERT INTO clients VALUES (1, NULL);
        """,
        f"CREATE ROLE {role}",
        f"GRANT SELECT ON companies, clients, quotes TO {role}",
    )
    try:
        settings = Settings.model_validate({**SPLIT, "clean": {"x": {"table": "clients", "where": "true"}}})
        with session(Endpoint(database_url), purpose="audit", settings={"role": role}) as connection:
            facts = examine(connection, settings, Silent())
        assert set(found("S14", facts)) == {"public.clients"}
        assert found("S25", facts)["public.secret"].sql_fix == f"GRANT SELECT ON public.secret TO {role};"
        assert {counted.relation.name for counted in facts.unowned} == {"quotes"}
        assert {counted.key.table.name for counted in facts.references} == {"quotes"}
        assert facts.cleanable == ()
    finally:
        run(database_url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_clean_rules_are_counted(database_url: str) -> None:
    run(database_url, ROOT, "CREATE TABLE users (id bigint PRIMARY KEY, email text);"
        "INSERT INTO users VALUES (1, 'a@example.test'), (2, 'b@company.fr')")  # fmt: skip
    clean = {"test": {"kind": "test-accounts", "table": "users"}, "none": {"table": "users", "where": "id > 5"}}
    facts = read(database_url, {"users": {"target": "auth"}}, clean=clean)
    assert rows("C01", facts) == {"test": 1}


def test_a_table_that_is_not_there_is_a_configuration_error(database_url: str) -> None:
    run(database_url, ROOT)
    with pytest.raises(ConfigurationError, match="no such table"):
        read(database_url, {"nowhere": {"target": "auth"}})


@dataclass
class Told:
    """Remembers what progress was told."""

    started: dict[str, int | None] = field(default_factory=dict)
    finished: list[str] = field(default_factory=list)

    def start(self, task: str, *, total: int | None = None, unit: str = "rows") -> None:
        self.started[task] = total

    def advance(self, task: str, *, rows: int, bytes_: int = 0) -> None:
        total = self.started[task]
        assert total is None or rows <= total

    def finish(self, task: str) -> None:
        self.finished.append(task)

    def say(self, text: str) -> None:
        raise AssertionError(text)

    def note(self, text: str) -> None:
        raise AssertionError(text)


def test_progress_names_every_table(database_url: str) -> None:
    run(database_url, ROOT, TENANT_TABLES, "INSERT INTO clients SELECT n, 1 FROM generate_series(1, 500) n", "ANALYZE")
    progress = Told()
    with session(Endpoint(database_url), purpose="audit", settings=READ_ONLY) as connection:
        examine(connection, Settings.model_validate(SPLIT), progress)
    assert progress.started == {"audit clients": 1000, "audit companies": 2, "audit quotes": None}
    assert progress.finished == list(progress.started)
