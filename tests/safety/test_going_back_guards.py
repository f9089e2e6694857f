"""Going back when somebody has done something by hand: told before anything is touched, and nothing lost in silence."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

import migrator.commands.rollback.command as rollback_module
from migrator.commands.rollback import leftovers
from migrator.commands.rollback.findings import Findings
from migrator.commands.shared.workspace import RunContext
from migrator.core.plan.steps import Plan
from migrator.errors import ConfigurationError, RefusedError
from tests.safety.test_going_back import BOLT, back, write
from tests.safety.trial import Trial, damage, holding, keep_backup, plan, restore_back, split, take_back
from tests.servers import drop_databases
from tests.stages import rollback, rollback_tenant


@pytest.mark.exhaustive
def test_a_run_that_has_made_nothing_does_not_hide_the_one_whose_fence_stands(here: Trial) -> None:
    here.run(plan)
    run = here.run(split).run_id
    drop_databases(here.url_of("postgres"), f"{here.prefix}_migrator")
    here.run(plan)  # opens another run
    assert f"--adopt --confirm {run}" in here.status().sections[0].text
    with pytest.raises(RefusedError, match=str(run)) as refused:
        rollback(here.workspace(), validate=True)
    assert f"--adopt --confirm {run}" in refused.value.hint
    adopted = rollback(here.workspace(), confirm=run, lost_journal=True)
    assert adopted.exit_code == 0
    assert adopted.summary["source_identical"] is None  # this journal does not know what the source was
    assert here.is_back() == []


def test_a_database_that_somebody_dropped_is_told_and_not_given_up_in_silence(split_here: Trial) -> None:
    acme = f"{split_here.prefix}_acme"
    write(split_here, "bolt", BOLT)
    drop_databases(split_here.url_of("postgres"), acme)
    outlook = rollback(split_here.workspace(), validate=True)
    assert outlook.exit_code == 1
    assert [one.rows for one in outlook.sections if "somebody else dropped" in one.title] == [((acme,),)]
    for options in ({}, {"replay": True}, {"save": Path(split_here.directory) / "writes"}):
        with pytest.raises(RefusedError, match=acme):
            back(split_here.workspace(), **options)
    # Nothing of it was done, and the targets take writes as before.
    write(split_here, "bolt", "UPDATE notes SET body = 'still open'")
    # The tenant is made again from the fenced source.
    workspace = split_here.workspace()
    run = str(split_here.status().run_id)
    assert rollback_tenant(workspace, "acme", confirm=run, discard_writes=True).exit_code == 0
    assert "migrator migrate" in split_here.status().next
    split_here.run(split)
    assert acme.removeprefix(f"{split_here.prefix}_") in split_here.databases()
    assert back(split_here.workspace(), discard_writes=True).exit_code == 0
    assert split_here.is_back() == []


def test_a_renamed_database_is_still_the_runs(split_here: Trial) -> None:
    with psycopg.connect(split_here.url_of("postgres"), autocommit=True) as connection:
        old, new = (sql.Identifier(f"{split_here.prefix}_{name}") for name in ("acme", "old"))
        connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(old, new))
    assert back(split_here.workspace()).exit_code == 0
    assert split_here.is_back() == []


def test_what_is_written_while_rollback_looks_is_not_lost(split_here: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    connected = psycopg.connect(split_here.url_of(f"{split_here.prefix}_acme"))

    def late(context: RunContext, plan: Plan | None, tenant: str | None = None) -> Findings:
        found = leftovers.look(context, plan, tenant)
        if not connected.closed:
            connected.execute("UPDATE notes SET body = 'a moment later'")
            connected.commit()
            connected.close()
        return found

    monkeypatch.setattr(rollback_module, "look", late)
    with pytest.raises(RefusedError, match=r"public\.notes: 1 "):
        back(split_here.workspace())
    write(split_here, "acme", "UPDATE notes SET body = 'and later still'")  # not sealed any more


def test_a_session_that_stays_open_ends_and_cannot_write_on(split_here: Trial) -> None:
    with psycopg.connect(split_here.url_of(f"{split_here.prefix}_acme")) as connection:
        connection.execute("UPDATE notes SET body = 'never committed'")
        assert back(split_here.workspace()).exit_code == 0
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT")
    assert split_here.is_back() == []


def test_a_table_that_is_gone_from_the_source_hinders_neither_rollback_nor_its_backup(here: Trial) -> None:
    here.run(keep_backup)
    here.run(plan)
    here.run(split)
    with psycopg.connect(here.url_of(here.source)) as connection:
        connection.execute("DROP TABLE companies CASCADE")
    assert rollback(here.workspace(), validate=True).exit_code == 1
    with pytest.raises(RefusedError, match="cannot be told"):
        back(here.workspace(), restore_backup=True)
    restored = back(here.workspace(), restore_backup=True, discard_writes=True)
    assert restored.exit_code == 0, restored.headline
    assert holding(here.url_of(here.source)) == here.source_before


def test_what_is_carried_back_is_not_thrown_away_with_a_damaged_source(split_here: Trial) -> None:
    with pytest.raises(ConfigurationError, match="--restore-backup"):
        back(split_here.workspace(), replay=True, restore_backup=True)
    assert split_here.fenced()


def test_a_backup_that_is_unfit_is_refused_before_anything_is_touched(here: Trial) -> None:
    here.run(keep_backup)
    here.run(plan)
    here.run(split)
    before = here.targets()
    (manifest,) = Path(here.directory).rglob("manifest.json")
    manifest.rename(manifest.with_name("elsewhere"))
    with pytest.raises(RefusedError, match=r"manifest\.json cannot be read") as refused:
        back(here.workspace(), restore_backup=True)
    assert "migrator backup" not in refused.value.hint  # of a damaged source
    assert here.targets() == before
    assert here.fenced()


@pytest.mark.exhaustive
def test_a_restore_that_died_half_way_does_not_stay_behind(here: Trial) -> None:
    here.run(keep_backup)
    here.run(plan)
    here.run(split)
    here.run(damage)
    here.disturbed(restore_back, "crash", "program: pg_restore restore")
    assert any(role == "restored" for role in here.databases().values())
    assert here.run(take_back).exit_code == 1  # the source is damaged, and stays so
    assert [name for name in here.databases() if "restored" in name] == []


def test_a_role_that_may_not_drop_is_told_so_before_anything_is_done(split_here: Trial) -> None:
    role = f"{split_here.prefix}_weak"
    grants = sql.SQL(
        "CREATE ROLE {role} LOGIN; GRANT pg_read_all_data TO {role}; GRANT ALL ON SCHEMA migrator TO {role}; "
        "GRANT ALL ON ALL TABLES IN SCHEMA migrator TO {role}; "
        "GRANT ALL ON ALL SEQUENCES IN SCHEMA migrator TO {role}; GRANT CREATE ON DATABASE {control} TO {role}"
    )
    control = f"{split_here.prefix}_migrator"
    with psycopg.connect(split_here.url_of(control)) as connection:
        connection.execute(grants.format(role=sql.Identifier(role), control=sql.Identifier(control)))
    try:
        split_here.through = lambda name: make_conninfo(split_here.url_of(name), user=role)
        with pytest.raises(RefusedError, match="may not drop") as refused:
            rollback(split_here.workspace(), validate=True)
        assert f"TO {role}" in refused.value.hint
        with pytest.raises(RefusedError, match="may not drop"):
            back(split_here.workspace())
        assert list(Path(split_here.directory).rglob("*.partial")) == []
    finally:
        split_here.through = split_here.url_of
        with psycopg.connect(split_here.url_of(control)) as connection:
            connection.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(role)))
    assert back(split_here.workspace()).exit_code == 0


def test_a_row_that_came_behind_the_fence_is_not_taken_for_one_that_was_deleted(split_here: Trial) -> None:
    write(split_here, "bolt", "UPDATE notes SET body = 'here'")
    behind = "INSERT INTO notes VALUES (2, '2026-03-01', 'there')"
    off, on = (f"ALTER TABLE notes {how} TRIGGER migrator_fence" for how in ("DISABLE", "ENABLE ALWAYS"))
    write(split_here, "mono", f"{off}; {behind}; {on}")
    outlook = rollback(split_here.workspace(), validate=True)
    assert outlook.exit_code == 1
    (why,) = [one.text for one in outlook.sections if one.title == "Why it cannot be told"]
    assert "public.notes were written in the source" in why
    with pytest.raises(RefusedError, match="which of the two is the newer"):
        back(split_here.workspace(), replay=True)
    with psycopg.connect(split_here.url_of(split_here.source)) as connection:
        assert connection.execute("SELECT count(*) FROM notes WHERE body = 'there'").fetchone() == (1,)
