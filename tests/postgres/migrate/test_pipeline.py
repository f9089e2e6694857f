"""The whole pipeline through the command line, on the reference ERP of many companies; what came out, looked at in SQL.

One split is made for all of these tests; the ones that take it back stand last.
"""

from __future__ import annotations

import json
import stat
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from examples.topsteel.flaws import Flaws
from examples.topsteel.generator import Counts, load
from tests.postgres.workspaces import State, state
from tests.project import Answer, Project
from tests.servers import PostgresServer, create_database, drop_databases

pytestmark = pytest.mark.timeout(300)

STAGES = (
    ("backup", "--verify"),
    ("audit",),
    ("clean",),
    ("dry-run",),  # before the cleaning: it blocks
    ("clean", "--execute"),
    ("dry-run", "--sql"),
    ("migrate",),
    ("verify",),
)


@dataclass
class Story:
    """A split of the reference ERP: what was loaded, what every stage said, and how the source was before."""

    project: Project
    counts: Counts
    before: State
    answers: dict[str, Answer] = field(default_factory=dict)

    @property
    def flaws(self) -> Flaws:
        return self.counts.flaws

    @property
    def tenants(self) -> Mapping[int, str]:
        """The name of each company's database, less the prefix, by its key."""
        return {
            int(tenant): str(code).replace("-", "_")
            for tenant, code in self.project.fetch("", "SELECT id, code FROM societes ORDER BY id")
        }

    def cleaned(self, table: str) -> int:
        """How many rows of a table the cleaning took, those that hang on others among them."""
        moved = self.answers["clean --execute"].section("Rows moved to quarantine")
        return sum(row["rows"] for row in moved if row["table"] == table)

    def by_tenant(self, statement: str) -> dict[int, Any]:
        """What a query of one value says in each company's database."""
        return {tenant: self.project.value(name, statement) for tenant, name in self.tenants.items()}

    def source_by_tenant(self, statement: str) -> dict[int, Any]:
        """What a query of (tenant, value) says in the source, 0 for tenants without a row."""
        return {**dict.fromkeys(self.tenants, 0), **dict(self.project.fetch("", statement))}


@pytest.fixture(scope="module")
def story(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    prefix = f"p{uuid.uuid4().hex[:8]}"
    create_database(server.url(), prefix)
    try:
        counts = load(server.url(prefix), tenants=5, scale=0.05)
        project = Project.make(tmp_path_factory.mktemp("topsteel"), server.url(prefix), prefix)
        told = Story(project, counts, state(server.url(prefix)))
        for stage in STAGES:
            told.answers[" ".join(stage)] = project.run(*stage)
        yield told
    finally:
        drop_databases(server.url(), prefix)


def test_every_stage_ends_as_it_should(story: Story) -> None:
    assert {stage: answer.exit_code for stage, answer in story.answers.items()} == {
        "backup --verify": 0,
        "audit": 1,
        "clean": 0,
        "dry-run": 1,
        "clean --execute": 0,
        "dry-run --sql": 0,
        "migrate": 0,
        "verify": 0,
    }
    runs = {answer.document["run_id"] for answer in story.answers.values()}
    assert len(runs) == 1
    assert all(answer.document["next"] for answer in story.answers.values())


# -- the known bad rows -----------------------------------------------------------------------------------------------


def test_the_audit_finds_the_bad_rows(story: Story) -> None:
    found = {
        (item["id"], item["object"]): item["rows"]
        for item in story.answers["audit"].document["findings"]
        if item["rows"]
    }
    flaws = story.flaws
    expected = {
        ("S03", "documents"): flaws.unowned["documents"],
        ("S03", "audit_log"): flaws.unowned["audit_log"],
        ("S06", "devis(client_id) -> clients(id)"): flaws.cross_tenant["devis"],
        ("S06", "documents(client_id) -> clients(id)"): flaws.cross_tenant["documents"],
        ("S07", "commande_lignes(article_id) -> articles(id)"): flaws.orphans["commande_lignes.article_id"],
        ("S07", "paiements(facture_id) -> factures(id)"): flaws.orphans["paiements.facture_id"],
        ("C01", "[clean.test-accounts]"): flaws.test_accounts,
        ("C01", "[clean.expired-sessions]"): flaws.expired_sessions,
        ("C01", "[clean.deleted-clients]"): flaws.soft_deleted["clients"].old,
        ("C01", "[clean.deleted-documents]"): flaws.soft_deleted["documents"].old,
    }
    assert {place: found.get(place) for place in expected} == expected


def test_dry_run_shows_the_rows_of_nobody_and_blocks(story: Story) -> None:
    answer = story.answers["dry-run"]
    nobody = {
        row["table"]: (row["rows without key"] + row["unknown-key rows"], row["unowned"])
        for row in answer.section("Rows that nobody owns")
    }
    flaws = story.flaws
    assert nobody == {
        "audit_log": (flaws.unowned["audit_log"], "quarantine"),
        "categories": (flaws.global_rows["categories"], "replicate"),
        "documents": (flaws.unowned["documents"], "block"),
        "paiements": (flaws.orphans["paiements.facture_id"], "block"),
        "parametres": (flaws.global_rows["parametres"], "shared"),
        "rapprochements": (flaws.orphan_dependents["rapprochements"], "block"),
    }
    blocking = {check["name"] for check in answer.document["checks"] if check["state"] == "block"}
    assert blocking >= {"S03 documents", "S03 paiements", "S03 rapprochements"}


def test_clean_takes_exactly_the_bad_rows(story: Story) -> None:
    flaws = story.flaws
    moved = {
        (row["rule"], row["table"]): row["rows"]
        for row in story.answers["clean --execute"].section("Rows moved to quarantine")
    }
    expected = {
        ("test-accounts", "users"): flaws.test_accounts,
        **{("test-accounts", table): rows for table, rows in flaws.test_account_dependents.items()},
        ("expired-sessions", "user_sessions"): flaws.expired_sessions,
        ("deleted-clients", "clients"): flaws.soft_deleted["clients"].old,
        **{("deleted-clients", table): rows for table, rows in flaws.soft_deleted_dependents.items()},
        ("deleted-documents", "documents"): flaws.soft_deleted["documents"].old,
        ("lines-without-article", "commande_lignes"): flaws.orphans["commande_lignes.article_id"],
        ("payments-without-invoice", "paiements"): flaws.orphans["paiements.facture_id"],
        **{("payments-without-invoice", table): rows for table, rows in flaws.orphan_dependents.items()},
        ("lost-documents", "documents"): flaws.unowned["documents"],
        ("quotes-of-others", "devis"): flaws.cross_tenant["devis"],
        **{("quotes-of-others", table): rows for table, rows in flaws.cross_tenant_dependents.items()},
        ("documents-of-others", "documents"): flaws.cross_tenant["documents"],
    }
    assert moved == expected
    assert story.answers["clean"].summary["rows"] == sum(expected.values())


def test_conservation_accounts_for_every_row_of_every_table(story: Story) -> None:
    flaws = story.flaws
    balances = {row["table"].removeprefix("public."): row for row in story.answers["verify"].section("Conservation")}
    assert balances.keys() == story.counts.rows.keys()
    for table, loaded in story.counts.rows.items():
        balance = balances[table]
        assert balance["source rows"] == loaded - story.cleaned(table), table
        assert balance["lost rows"] == 0, table
        assert balance["quarantined rows"] == (flaws.unowned["audit_log"] if table == "audit_log" else 0), table
        assert balance["global rows"] == flaws.global_rows.get(table, 0), table
    assert balances["import_clients_2019"]["ignored rows"] == story.counts.rows["import_clients_2019"]
    migrated = story.answers["migrate"].summary
    assert migrated["source_rows"] == story.counts.total - story.answers["clean --execute"].summary["rows"]
    assert migrated["quarantined_rows"] == flaws.unowned["audit_log"]


def test_a_row_that_vanishes_from_quarantine_is_a_lost_row(story: Story) -> None:
    kept = story.project.fetch(
        "migrator",
        "WITH taken AS (DELETE FROM migrator.quarantine WHERE ctid = (SELECT min(ctid) FROM migrator.quarantine) "
        "RETURNING *) SELECT row_to_json(taken)::text FROM taken",
    )
    try:
        answer = story.project.run("verify")
        assert answer.exit_code == 1
        assert answer.summary["lost_rows"] == 1
    finally:
        text = str(kept[0][0]).replace("'", "''")
        story.project.execute(
            "migrator",
            "INSERT INTO migrator.quarantine SELECT * FROM json_populate_record(NULL::migrator.quarantine, '"  # noqa: S608
            + text
            + "')",
        )
    story.project.succeed("verify")


# -- what is in the databases -----------------------------------------------------------------------------------------

# For each table of the targets: how its rows are counted by company in the monolith, by joins written by hand.
_COUNTED = {
    "clients": "SELECT societe_id, count(*) FROM clients GROUP BY 1",
    "contacts": "SELECT c.societe_id, count(*) FROM contacts x JOIN clients c ON c.id = x.client_id GROUP BY 1",
    "articles": "SELECT societe_id, count(*) FROM articles GROUP BY 1",
    "nomenclatures": (
        "SELECT a.societe_id, count(*) FROM nomenclatures n JOIN articles a ON a.id = n.article_id GROUP BY 1"
    ),
    "devis": "SELECT societe_id, count(*) FROM devis GROUP BY 1",
    "commandes": "SELECT societe_id, count(*) FROM commandes GROUP BY 1",
    "commande_lignes": (
        "SELECT c.societe_id, count(*) FROM commande_lignes l JOIN commandes c ON c.id = l.commande_id GROUP BY 1"
    ),
    "facture_lignes": (
        "SELECT c.societe_id, count(*) FROM facture_lignes l JOIN factures f ON f.id = l.facture_id "
        "JOIN commandes c ON c.id = f.commande_id GROUP BY 1"
    ),
    "rapprochements": (
        "SELECT c.societe_id, count(*) FROM rapprochements r JOIN paiements p ON p.id = r.paiement_id "
        "JOIN factures f ON f.id = p.facture_id JOIN commandes c ON c.id = f.commande_id GROUP BY 1"
    ),
    "certificats_matiere": (
        "SELECT c.societe_id, count(*) FROM certificats_matiere m "
        "JOIN livraison_lignes l ON l.id = m.livraison_ligne_id JOIN livraisons v ON v.id = l.livraison_id "
        "JOIN commandes c ON c.id = v.commande_id GROUP BY 1"
    ),
    "stocks": "SELECT societe_id, count(*) FROM stocks GROUP BY 1",
    "stock_mouvements": "SELECT societe_id, count(*) FROM stock_mouvements GROUP BY 1",
    "bons_de_commande": 'SELECT "societeId", count(*) FROM "BonDeCommande" GROUP BY 1',
    "documents": "SELECT societe_id, count(*) FROM documents GROUP BY 1",
    "audit_log": "SELECT s.id, count(*) FROM audit_log a JOIN societes s ON s.id = a.societe_id GROUP BY 1",
    "parametres": "SELECT societe_id, count(*) FROM parametres WHERE societe_id IS NOT NULL GROUP BY 1",
    "categories": (
        "SELECT s.id, count(*) FROM societes s JOIN categories c ON coalesce(c.societe_id, s.id) = s.id GROUP BY 1"
    ),
    "units": "SELECT s.id, count(*) FROM societes s, units GROUP BY 1",
}


@pytest.mark.parametrize("table", _COUNTED)
def test_each_company_has_its_rows(story: Story, table: str) -> None:
    assert story.by_tenant(f"SELECT count(*) FROM {table}") == story.source_by_tenant(_COUNTED[table])  # noqa: S608


def test_the_databases_are_those_of_the_configuration(story: Story) -> None:
    targets = {"auth", "shared", *story.tenants.values()}
    scaffolds = {f"{target}_{role}" for target in ("auth", "shared", "tenant") for role in ("template", "bare")}
    assert set(story.project.databases()) == {"migrator"} | targets | scaffolds
    assert "acier_nord" in targets  # societes.code is acier-nord


def test_auth_has_companies_users_and_memberships(story: Story) -> None:
    project = story.project
    for query in (
        "SELECT id, code, nom, responsable_id FROM societes ORDER BY id",
        "SELECT id, email::text, password_hash, societe_defaut_id, avatar FROM users ORDER BY id",
        "SELECT societe_id, user_id, role_id, actif FROM societe_users ORDER BY 1, 2",
        "SELECT id, droits::text FROM permissions ORDER BY id",
        "SELECT id::text, user_id, expires_at FROM user_sessions ORDER BY 1",
    ):
        assert project.fetch("auth", query) == project.fetch("", query)
    assert project.value("auth", "SELECT count(*) FROM users") == story.counts.rows["users"] - story.flaws.test_accounts
    assert project.value("auth", "SELECT count(DISTINCT fuseau) FROM societes") == 1  # new, with a default


def test_tables_and_columns_bear_their_new_names(story: Story) -> None:
    project = story.project
    assert project.fetch("shared", "SELECT id, code, grade, synonymes FROM shared_materials ORDER BY id") == (
        project.fetch("", "SELECT id, code, nuance, synonymes FROM materials ORDER BY id")
    )
    assert project.fetch("shared", "SELECT reference FROM quality_standards ORDER BY id") == project.fetch(
        "", "SELECT organisme || ' ' || numero || ':' || edition FROM quality_standards ORDER BY id"
    )
    for tenant, name in story.tenants.items():
        prices = "SELECT id, {} FROM articles {} ORDER BY id"
        assert project.fetch(name, prices.format("prix_unitaire", "")) == project.fetch(
            "", prices.format("prix", f"WHERE societe_id = {tenant}")
        )
        assert not project.fetch(
            name,
            "SELECT FROM information_schema.columns WHERE table_name = 'fournisseurs' AND column_name = 'ancien_code'",
        )
    assert project.value("shared", "SELECT count(*) FROM parametres") == story.flaws.global_rows["parametres"]


def test_values_of_every_kind_are_the_same(story: Story) -> None:
    """Read by another driver path than the digests: as text, column by column."""
    project = story.project
    same = {
        "clients": "id, adresse, plafond_credit, notes, recherche, created_at, deleted_at",
        "commande_lignes": 'id, "order", quantite, total',
        "commandes": "id, numero, statut, facture_acompte_id, date_commande",
        "stock_mouvements": "id, date_mouvement, sens, quantite, origine",
        "documents": "id, contenu, date_document",
        "exercices": "id, periode",
        "articles": "id, reference, parent_id, mots_cles, caracteristiques",
    }
    for table, columns in same.items():
        listed = f"SELECT row({columns})::text FROM {table}"  # noqa: S608
        apart = sorted(row for name in story.tenants.values() for row in project.fetch(name, listed))
        condition = " WHERE societe_id IN (SELECT id FROM societes)" if table != "commande_lignes" else ""
        assert apart, table
        assert apart == sorted(project.fetch("", listed + condition)), table


def test_sequences_go_on_behind_the_monolith_each_in_numbers_of_its_own(story: Story) -> None:
    project = story.project
    names = ("clients_id_seq", "audit_log_id_seq", "numero_piece_seq")
    highest = project.value("", "SELECT max(id) FROM clients")
    numbers: list[int] = []
    blocks: dict[str, list[tuple[int, int]]] = {name: [] for name in names}
    for database in ("auth", "shared"):
        for name in names:
            if project.value(database, f"SELECT to_regclass('{name}') IS NOT NULL"):
                blocks[name].append(block(project, database, name))
    for database in story.tenants.values():
        standing = {
            name: project.fetch(database, f"SELECT last_value, is_called FROM {name}")[0]  # noqa: S608
            for name in names
        }
        for name, (first, called) in standing.items():
            blocks[name].append(block(project, database, name))
            assert blocks[name][-1][0] == first
            assert not called
            # The very next number is the block's first one.
            assert project.value(database, f"SELECT nextval('{name}')") == first
            project.execute(database, f"SELECT setval('{name}', {first}, false)")
        logged = project.value(database, "SELECT coalesce(max(id), 0) FROM audit_log")
        added = project.value(
            database, "INSERT INTO clients (societe_id, code, raison_sociale) VALUES (1, 'new', 'new') RETURNING id"
        )
        assert added == standing["clients_id_seq"][0] > highest
        numbers.append(added)
        put_back = ", ".join(f"setval('{name}', {value}, {called})" for name, (value, called) in standing.items())
        project.execute(
            database,
            f"DELETE FROM clients WHERE code = 'new'; DELETE FROM audit_log WHERE id > {logged}; "  # noqa: S608
            f"SELECT {put_back}",
        )
        identities = project.fetch(
            database,
            "SELECT attrelid::regclass::text, attidentity::text FROM pg_attribute WHERE attidentity <> '' AND "
            "attrelid IN ('clients'::regclass, 'commande_lignes'::regclass) ORDER BY 1",
        )
        assert identities == [("clients", "d"), ("commande_lignes", "a")]
    assert len(set(numbers)) == len(numbers) == len(story.tenants)
    for name, of_sequence in blocks.items():
        # One beside the other without a gap, and the monolith's own goes on behind the last.
        of_sequence.sort()
        assert [first for first, _ in of_sequence[1:]] == [last + 1 for _, last in of_sequence[:-1]], name
        assert project.fetch("", f"SELECT last_value, is_called FROM {name}") == [(of_sequence[-1][1] + 1, False)]  # noqa: S608


def block(project: Project, database: str, sequence: str) -> tuple[int, int]:
    """The first and the last number of a sequence that was not drawn from."""
    ((first, last),) = project.fetch(
        database,
        f"SELECT s.last_value, p.seqmax FROM {sequence} s, pg_sequence p "  # noqa: S608
        f"WHERE p.seqrelid = '{sequence}'::regclass",
    )
    return first, last


def test_triggers_are_there_and_did_not_fire(story: Story) -> None:
    project = story.project
    for name in story.tenants.values():
        triggers = project.fetch(
            name, "SELECT tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0 ORDER BY 1"
        )
        assert triggers == [
            (trigger, "O")
            for trigger in (
                "articles_updated_at",
                "clients_journal",
                "clients_updated_at",
                "commandes_journal",
                "commandes_updated_at",
            )
        ]
        # A trigger that had fired would have put its own rows there, dated today.
        assert project.value(name, "SELECT count(*) FROM audit_log WHERE created_at > now() - interval '1 hour'") == 0


def test_what_hangs_on_tables_is_there(story: Story) -> None:
    project = story.project
    sales = story.source_by_tenant(
        "SELECT societe_id, sum(montant_ht) FROM commandes WHERE statut <> 'annulee' GROUP BY 1"
    )
    assert story.by_tenant("SELECT coalesce(sum(chiffre_affaires), 0) FROM mv_chiffre_affaires") == sales
    expected = {
        "SELECT relispopulated FROM pg_class WHERE relname = 'mv_chiffre_affaires'": True,
        "SELECT bool_and(relrowsecurity) FROM pg_class WHERE relname IN ('clients', 'commandes')": True,
        "SELECT count(*) FROM pg_policies": 3,
        "SELECT obj_description('clients'::regclass)": "Customers of the company",
        "SELECT has_table_privilege('topsteel_app', 'clients', 'INSERT')": True,
        "SELECT has_table_privilege('topsteel_app', 'audit_log', 'INSERT')": False,
        "SELECT count(*) FROM pg_constraint WHERE NOT convalidated": 0,
        "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND condeferrable": 2,
        "SELECT count(*) FROM pg_index WHERE NOT indisvalid": 0,
        "SELECT count(*) FROM pg_constraint WHERE contype = 'x'": 1,
        "SELECT version_num FROM alembic_version": "0004",
        "SELECT normaliser_reference('ab-12')": "AB12",
    }
    for query, value in expected.items():
        assert set(story.by_tenant(query).values()) == {value}, query
    # The target has a partition more than the monolith: each row is where the target's own bounds put it.
    for tenant, name in story.tenants.items():
        assert project.value(name, "SELECT count(*) FROM stock_mouvements_2025") == project.value(
            "",
            "SELECT count(*) FROM stock_mouvements WHERE extract(year FROM date_mouvement) = 2025 "  # noqa: S608
            f"AND societe_id = {tenant}",
        )


# -- plan, log, files -------------------------------------------------------------------------------------------------


def test_the_statements_that_dry_run_shows_are_ones_that_run(story: Story) -> None:
    statements = story.answers["dry-run --sql"].document["statements"]
    copies = [item["sql"] for item in statements if item["sql"].startswith("COPY (")]
    assert len(copies) == len({item["step"] for item in statements if item["step"].startswith("copy:")})
    for text in copies:
        query = text.removeprefix("COPY (").removesuffix(") TO STDOUT")
        # A query of the operator's own finds its tables by the search path.
        story.project.fetch("", f"SELECT count(*) FROM ({query}) q")  # noqa: S608


def test_the_log_says_which_run_and_stage(story: Story) -> None:
    file = story.project.directory / "logs" / "migration.log"
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert lines
    run = story.answers["migrate"].document["run_id"]
    assert {line["run_id"] for line in lines if line.get("stage") == "migrate"} <= {run}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_every_stage_again_does_nothing(story: Story) -> None:
    project, databases = story.project, story.project.databases()
    rows = {name: project.value(name, "SELECT count(*) FROM commandes") for name in story.tenants.values()}
    held = state(project.source)

    backup = project.succeed("backup", "--verify")
    assert backup.summary["directory"] == story.answers["backup --verify"].summary["directory"]
    assert project.run("migrate").document["status"] == "nothing-to-do"
    assert project.succeed("verify").summary == story.answers["verify"].summary
    assert project.databases() == databases
    assert {name: project.value(name, "SELECT count(*) FROM commandes") for name in rows} == rows
    assert state(project.source) == held


# -- and back ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def taken_back(story: Story) -> Answer:
    """What rollback said; the databases are gone after it."""
    validated = story.project.succeed("rollback", "--validate")
    assert validated.summary["databases_to_dump_first"] == 7
    run = str(story.answers["migrate"].document["run_id"])
    return story.project.run("rollback", "--confirm", run, "--restore-quarantine")


def test_rollback_leaves_the_source_identical(story: Story, taken_back: Answer) -> None:
    assert taken_back.exit_code == 0, taken_back.document
    assert taken_back.summary["source_identical"] is True
    assert taken_back.summary["tables_compared"] == len(story.counts.rows)
    assert taken_back.summary["rows_restored_from_quarantine"] == story.answers["clean --execute"].summary["rows"]
    assert state(story.project.source) == story.before
    assert story.project.databases() == ["migrator"]
    for dump in taken_back.section("Dumps"):
        assert (Path(dump["dump"]) / "toc.dat").is_file()


def test_rollback_again_does_nothing(story: Story, taken_back: Answer) -> None:
    again = story.project.succeed("rollback", "--confirm", str(taken_back.document["run_id"]))
    assert again.document["status"] == "nothing-to-do"
