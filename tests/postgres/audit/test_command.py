"""The stage audit: exit code, document, journal, baseline, and every flaw of the reference ERP found."""

from __future__ import annotations

import json
import stat
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from examples.topsteel.generator import load
from migrator.commands.shared.workspace import Workspace
from migrator.core.result.outcome import Outcome
from migrator.core.run.facts import AUDIT
from migrator.errors import ConfigurationError
from migrator.postgres.session.connect import Endpoint
from migrator.report.document import outcome_document
from tests.audit_facts import SPLIT
from tests.audit_source import ROOT, TENANT_TABLES, run
from tests.postgres.workspaces import WorkspaceFactory
from tests.stages import audit

TOPSTEEL = Path(__file__).parents[3] / "examples" / "topsteel"


@pytest.fixture
def monolith(database_url: str) -> str:
    """The URL of a small monolith with two quotes for another company's client, and nothing else that blocks."""
    run(
        database_url,
        ROOT,
        TENANT_TABLES,
        "INSERT INTO clients VALUES (1, 1), (2, 2); INSERT INTO quotes VALUES (1, 1, 1), (2, 1, 2), (3, 2, 1)",
        "ALTER TABLE clients ALTER company_id SET NOT NULL",
    )
    return database_url


@pytest.fixture
def workspace(make_workspace: WorkspaceFactory, monolith: str) -> Workspace:
    return make_workspace(monolith, **SPLIT)


def documents(workspace: Workspace) -> list[Path]:
    return sorted((workspace.backups / "audit").iterdir())


def configured(file: str) -> dict[str, Any]:
    """What a configuration of the reference ERP says, save where the source is."""
    document = tomllib.loads((TOPSTEEL / file).read_text(encoding="utf-8"))
    del document["source"]
    return document


def by_rule(outcome: Outcome, rule: str) -> dict[str, dict[str, Any]]:
    return {item["object"]: item for item in outcome.data["findings"] if item["id"] == rule}


def test_an_error_sets_the_exit_code_and_the_document_is_kept(workspace: Workspace) -> None:
    outcome = audit(workspace)
    assert (outcome.status, outcome.exit_code) == ("findings", 1)
    assert outcome.headline.endswith("1 error stands in the way of the split.")
    assert outcome.summary["errors"] == 1
    assert outcome.next == ("migrator clean", "migrator audit")
    (file,) = documents(workspace)
    assert file.name == f"{outcome.run_id}-1.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document.pop("origin")["version"] == version("migrator")
    shown = json.loads(json.dumps(outcome_document(outcome)))
    assert document == {name: value for name, value in shown.items() if name != "origin"}
    (finding,) = (item for item in document["findings"] if item["severity"] == "E")
    assert finding["key"] == "S06:public.quotes(client_id)->public.clients(id)"
    assert (finding["rows"], finding["samples"]) == (2, ["id=2", "id=3"])
    assert document["grades"]["Data integrity"] == {"letter": "C+", "score": 67, "findings": {"E": 1, "W": 0, "I": 0}}


def test_it_is_written_into_the_journal_and_changes_nothing_else(workspace: Workspace) -> None:
    first, second = audit(workspace), audit(workspace)
    assert first.run_id is not None
    assert first.run_id == second.run_id
    assert [file.name for file in documents(workspace)] == [f"{first.run_id}-1.json", f"{first.run_id}-2.json"]
    assert first.data == second.data
    record = workspace.journal.of(first.run_id).recorded(AUDIT)
    assert record is not None
    assert record.blocks is True
    assert record.file.endswith("-2.json")
    stages = workspace.journal.of(first.run_id).stage_records()
    assert [(stage.stage, stage.status) for stage in stages] == [("audit", "findings")] * 2


def test_a_baseline_lets_pass_what_is_known_and_reports_what_is_new(workspace: Workspace, monolith: str) -> None:
    audit(workspace)
    (baseline,) = documents(workspace)
    again = audit(workspace, baseline=baseline)
    assert (again.status, again.exit_code) == ("done", 0)
    assert again.headline.endswith("No new error; 1 error of the baseline still stands in the way of the split.")
    assert again.data["findings"] == []
    assert again.summary["known"] == len(again.data["known"]) > 0
    run(monolith, "INSERT INTO quotes VALUES (4, 2, 1)")
    third = audit(workspace, baseline=documents(workspace)[1])
    assert third.exit_code == 1
    assert [item["key"] for item in third.data["findings"]] == ["S06:public.quotes(client_id)->public.clients(id)"]
    assert third.data["findings"][0]["rows"] == 3


def test_suppressed_findings_are_counted(make_workspace: WorkspaceFactory, monolith: str) -> None:
    suppress = ["S06:public.quotes(client_id)->public.clients(id)", "S99"]
    outcome = audit(make_workspace(monolith, **SPLIT, audit={"suppress": suppress}))
    assert outcome.exit_code == 0
    assert outcome.summary["suppressed"] == 1
    assert outcome.data["idle_suppressions"] == ["S99"]
    assert "[audit] suppress names what was not found: S99." in outcome.sections[-1].text


@pytest.mark.parametrize("content", ["{}", "[1", '{"findings": 1}'])
def test_a_wrong_baseline_is_refused_before_anything_is_read(
    workspace: Workspace, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError):
        audit(workspace, baseline=file)
    with pytest.raises(ConfigurationError, match="no audit rule"):
        audit(workspace, rules=("Z1",))
    assert not workspace.backups.exists()


def test_the_audit_finds_exactly_the_flaws_of_the_reference_erp(
    database_url: str, make_workspace: WorkspaceFactory
) -> None:
    known = load(database_url, tenants=4, scale=0.05).flaws
    outcome = audit(make_workspace(database_url, **configured("migrator.toml")))

    def rows(rule: str) -> dict[str, int]:
        return {name: item["rows"] for name, item in by_rule(outcome, rule).items()}

    def by_key(rule: str) -> dict[str, int]:
        return {name.split(")")[0].replace("(", "."): count for name, count in rows(rule).items()}

    assert by_key("S07") == dict(known.orphans)
    assert by_key("S06") == {f"{table}.client_id": count for table, count in known.cross_tenant.items()}
    # Rows that hang on an orphan cannot reach their tenant either.
    lost = {"paiements": known.orphans["paiements.facture_id"], **known.orphan_dependents}
    assert rows("S03") == {**known.unowned, **lost}
    assert rows("S24") == {}
    assert rows("C01") == {
        "[clean.test-accounts]": known.test_accounts,
        "[clean.expired-sessions]": known.expired_sessions,
        "[clean.deleted-clients]": known.soft_deleted["clients"].old,
        "[clean.deleted-documents]": known.soft_deleted["documents"].old,
        "[clean.lines-without-article]": known.orphans["commande_lignes.article_id"],
        "[clean.payments-without-invoice]": known.orphans["paiements.facture_id"],
        "[clean.lost-documents]": known.unowned["documents"],
        "[clean.quotes-of-others]": known.cross_tenant["devis"],
        "[clean.documents-of-others]": known.cross_tenant["documents"],
    }
    assert set(by_rule(outcome, "G04")) == {
        "commande_lignes_article_id_fkey on commande_lignes",
        "paiements_facture_id_fkey on paiements",
    }
    assert set(by_rule(outcome, "S08")) == {
        "view v_commandes_par_utilisateur",
        "function activite_utilisateur(utilisateur bigint)",
    }
    assert {item["severity"] for item in by_rule(outcome, "G01").values()} == {"I"}
    for rule in ("S01", "S02", "S04", "S12", "S14", "S15", "S25", "G05", "G06", "G09", "G11", "G17", "G19"):
        assert by_rule(outcome, rule) == {}, rule


def test_the_reference_erp_of_one_company(database_url: str, make_workspace: WorkspaceFactory) -> None:
    known = load(database_url, tenants=1, scale=0.05, shape="single").flaws
    outcome = audit(make_workspace(database_url, **configured("single.toml")))
    assert {name.split("(")[0]: item["rows"] for name, item in by_rule(outcome, "S07").items()} == {
        name.split(".")[0]: count for name, count in known.orphans.items()
    }
    for rule in ("S01", "S02", "S03", "S04", "S06", "S24"):
        assert by_rule(outcome, rule) == {}, rule


def test_the_audit_looks_at_the_target_servers(make_workspace: WorkspaceFactory, monolith: str, tmp_path: Path) -> None:
    blind = audit(make_workspace(monolith, **SPLIT), rules=("S19",))
    assert "not an Alembic tree" in blind.sections[-1].text
    for name in ("auth", "shared", "tenant"):
        (tmp_path / name / "versions").mkdir(parents=True)
        (tmp_path / name / "env.py").touch()
    source = Endpoint(monolith)
    targets = {**SPLIT["targets"], "auth": {"database": source.database, "migrations": "auth"}}
    (finding,) = audit(make_workspace(monolith, **{**SPLIT, "targets": targets}), rules=("S19",)).data["findings"]
    assert finding["detail"] == f"The target database {source.database!r} is the source itself."

    elsewhere = {"auth": {"database": "{prefix}_auth", "migrations": "auth", "server": "west"}}
    west = {"west": {"url": "postgresql:///postgres?host=/nowhere"}, "default": {"free_disk": "1MB"}}
    outcome = audit(
        make_workspace(monolith, **{**SPLIT, "targets": {**SPLIT["targets"], **elsewhere}}, servers=west),
        rules=("S13", "S19", "S20"),
    )
    assert [item["key"] for item in outcome.data["findings"]] == ["S20:default:disk"]
    assert outcome.data["findings"][0]["detail"].startswith("976.6 kB are free, about ")
    assert "The server west was not looked at:" in outcome.sections[-1].text
