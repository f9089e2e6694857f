"""The monolith of one company, which has no table of companies: AUTH gets one, and the company's database every row."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from examples.topsteel.generator import Counts, load
from tests.postgres.workspaces import state
from tests.project import TOPSTEEL, Answer, Project
from tests.servers import PostgresServer, create_database, drop_databases

pytestmark = pytest.mark.timeout(300)

Story = tuple[Project, Counts, dict[str, Answer]]


@pytest.fixture(scope="module")
def story(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    prefix = f"s{uuid.uuid4().hex[:8]}"
    create_database(server.url(), prefix)
    try:
        counts = load(server.url(prefix), tenants=1, scale=0.05, shape="single")
        configuration = (TOPSTEEL / "single.toml").read_text(encoding="utf-8")
        project = Project.make(tmp_path_factory.mktemp("single"), server.url(prefix), prefix, configuration)
        before = state(project.source)
        answers = {}
        for stage in (("backup",), ("audit",), ("clean", "--execute"), ("dry-run",), ("migrate",), ("verify",)):
            answers[stage[0]] = project.run(*stage)
        yield project, counts, answers
        run = str(answers["migrate"].document["run_id"])
        back = project.run("rollback", "--confirm", run, "--restore-quarantine")
        assert back.summary["source_identical"] is True
        assert state(project.source) == before
    finally:
        drop_databases(server.url(), prefix)


def test_every_stage_ends_as_it_should(story: Story) -> None:
    _, _, answers = story
    codes = {stage: answer.exit_code for stage, answer in answers.items()}
    assert codes == {"backup": 0, "audit": 1, "clean": 0, "dry-run": 0, "migrate": 0, "verify": 0}
    assert answers["migrate"].summary["databases"] == 3
    assert answers["migrate"].summary["tenants"] == 1


def test_auth_has_the_default_company_and_every_user_in_it(story: Story) -> None:
    project, counts, _ = story
    assert project.fetch("auth", "SELECT id, code::text, nom FROM societes") == [(1, "topsteel", "TopSteel")]
    users = counts.rows["users"] - counts.flaws.test_accounts
    assert project.fetch("auth", "SELECT count(*), count(DISTINCT user_id), min(societe_id) FROM societe_users") == [
        (users, users, 1)
    ]
    administrators = project.fetch(
        "auth",
        "SELECT user_id FROM societe_users m JOIN roles r ON r.id = m.role_id WHERE r.code = 'administrateur'",
    )
    assert administrators == project.fetch("", "SELECT min(id) FROM users")


def test_the_companys_database_has_every_business_row_filled_with_its_key(story: Story) -> None:
    project, counts, answers = story
    moved = answers["clean"].section("Rows moved to quarantine")
    for table in (
        "clients",
        "contacts",
        "articles",
        "commandes",
        "commande_lignes",
        "factures",
        "paiements",
        "audit_log",
    ):
        left = counts.rows[table] - sum(row["rows"] for row in moved if row["table"] == table)
        assert project.value("topsteel", f"SELECT count(*) FROM {table}") == left, table  # noqa: S608
    for table in ("clients", "articles", "commandes", "documents", "parametres", "audit_log"):
        assert project.fetch("topsteel", f"SELECT DISTINCT societe_id FROM {table}") == [(1,)], table  # noqa: S608
    assert project.value("shared", "SELECT count(*) FROM shared_materials") == counts.rows["materials"]


def test_conservation_holds_without_the_tables_that_queries_make(story: Story) -> None:
    _, counts, answers = story
    balances = {row["table"].removeprefix("public."): row for row in answers["verify"].section("Conservation")}
    assert balances.keys() == counts.rows.keys()
    assert all(balance["lost rows"] == 0 for balance in balances.values())
    assert answers["verify"].summary["source_rows"] == counts.total - answers["clean"].summary["rows"]
