"""The configuration: what wins over what, and what an operator reads when it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from migrator.commands.shared.workspace import Workspace
from migrator.core.result.progress import Silent
from migrator.errors import ConfigurationError
from migrator.settings import Limits, Settings
from migrator.settings.load import load_settings

FULL = """
[source]
url = "postgresql://file@file-host/file"
prefix = "file"
[targets.auth]
database = "{prefix}_auth"
migrations = "migrations/auth"
[targets.tenant]
database = "{prefix}_{slug}"
per_tenant = true
migrations = "migrations/tenant"
[tables.users]
target = "auth"
[limits]
jobs = 3
"""


def load(
    directory: Path,
    text: str | None = FULL,
    *,
    environment: dict[str, str] | None = None,
    dotenv: str = "",
    **flags: Any,
) -> Settings:
    if text is not None:
        (directory / "migrator.toml").write_text(text, encoding="utf-8")
    if dotenv:
        (directory / ".env").write_text(dotenv, encoding="utf-8")
    paths = {"source": ("source", "url"), "jobs": ("limits", "jobs"), "prefix": ("source", "prefix")}
    return load_settings(
        directory=directory, environment=environment or {}, flags={paths[name]: value for name, value in flags.items()}
    )


def refused(directory: Path, text: str | None, **options: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(directory, text, **options)
    assert caught.value.hint
    assert caught.value.exit_code == 2
    return caught.value.message


def url(settings: Settings) -> str:
    return settings.source.url.get_secret_value()


def test_a_flag_wins_over_the_environment_over_dotenv_over_the_file(tmp_path: Path) -> None:
    assert load(tmp_path).limits.jobs == 3
    assert load(tmp_path, dotenv="MIGRATOR_JOBS=4\n").limits.jobs == 4
    assert load(tmp_path, environment={"MIGRATOR_JOBS": "5"}).limits.jobs == 5
    assert load(tmp_path, environment={"MIGRATOR_JOBS": "5"}, jobs=6).limits.jobs == 6
    assert load(tmp_path, environment={"MIGRATOR_JOBS": ""}, jobs=None).limits.jobs == 4


def test_the_guides_variables_name_the_source_and_the_databases(tmp_path: Path) -> None:
    environment = {
        "DB_HOST": "h", "DB_PORT": "5433", "DB_USERNAME": "u", "DB_PASSWORD": "geheim", "DB_DATABASE": "d",
        "DB_AUTH_NAME": "my_auth", "DB_SHARED_NAME": "no_such_target", "DB_TENANT_PREFIX": "p",
    }  # fmt: skip
    settings = load(tmp_path, environment=environment)
    source = settings.source
    assert (source.host, source.port, source.user, source.database, source.prefix) == ("h", 5433, "u", "d", "p")
    assert source.password is not None
    assert source.password.get_secret_value() == "geheim"
    assert settings.targets["auth"].database == "my_auth"
    assert set(settings.targets) == {"auth", "tenant"}
    assert "geheim" not in repr(settings)


def test_a_url_of_a_higher_level_replaces_single_parameters_of_a_lower_one(tmp_path: Path) -> None:
    environment = {"DB_HOST": "h", "DB_DATABASE": "d", "DB_PASSWORD": "geheim"}
    flagged = load(tmp_path, environment=environment, source="postgresql://u@flag/x").source
    assert (flagged.host, flagged.database) == (None, None)
    assert flagged.password is not None, "a URL without a password uses the one that the environment holds"
    assert load(tmp_path, environment=environment, source="postgresql://u:p@flag/x").source.password is None
    named = load(tmp_path, environment={**environment, "MIGRATOR_SOURCE_URL": "postgresql://env/x"})
    assert (url(named), named.source.host) == ("postgresql://env/x", None)
    single = load(tmp_path, '[source]\nurl = "postgresql://a/b"\nhost = "c"\n')
    assert (url(single), single.source.host) == ("postgresql://a/b", "c")


def test_single_parameters_of_a_higher_level_win_over_a_url(tmp_path: Path) -> None:
    settings = load(tmp_path, environment={"DB_HOST": "h"})
    assert (settings.source.host, url(settings)) == ("h", "postgresql://file@file-host/file")


def test_relative_paths_are_meant_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    file = tmp_path / "conf" / "erp.toml"
    file.write_text(FULL)
    settings = load_settings(file, environment={})
    assert settings.path(settings.targets["auth"].migrations) == tmp_path / "conf" / "migrations" / "auth"
    assert settings.path(Path("/a/b")) == Path("/a/b")


def test_a_source_flag_needs_no_file_and_environment_variables_do(tmp_path: Path) -> None:
    assert url(load(tmp_path, None, source="postgresql://h/d")) == "postgresql://h/d"
    message = refused(tmp_path, None, environment={"DB_HOST": "h"})
    assert message == f"There is no migrator.toml in {tmp_path}, nor in a directory above it."


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"There is no configuration file .*none\.toml"):
        load_settings(tmp_path / "none.toml", environment={})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[source\n", "is not valid TOML"),
        ("[sauce]\nurl = 'x'\n", "sauce: there is no such setting; did you mean source?"),
        ("[source]\nurls = 'x'\n", "source.urls: there is no such setting; did you mean url?"),
        ("[targets.auth]\nmigration = 'a'\n", "auth.migration: there is no such setting; did you mean migrations?"),
        ("[tables.a]\nvirtual = [{ky = 'x'}]\n", "virtual.0.ky: there is no such setting; did you mean key?"),
        ("[tenants.default]\nnmae = 'A'\n", "tenants.default.nmae: there is no such setting; did you mean name?"),
        ("[servers.far]\nfree_dsk = 1\n", "servers.far.free_dsk: there is no such setting; did you mean free_disk?"),
        ("origin = '/'\n", "origin: there is no such setting\n"),
        ("[limits]\nzzz = 1\n", "limits.zzz: there is no such setting\n"),
        ("root = '/'\n", "There is no setting 'root'"),
        ("[limits]\njobs = 'many'\n", "limits.jobs: Input should be a valid integer"),
        ("[limits]\njobs = 0\n", "limits.jobs: Input should be greater than 0"),
        ("[targets.auth]\ndatabase = 'x'\n", "targets.auth.migrations: has to be set"),
        ("[roles]\nreads = 'all'\n", "there is no setting 'reads'; a role is a table: [roles.reads]"),
        ("[roles.watcher]\nread = ['auht']\n", "[roles.watcher] reads the target 'auht'; known targets: none"),
        ("[roles.watcher]\nread = []\n", "roles.readers.watcher.read"),
        ("[tenants]\nsetting = 'current_tenant'\n", "it needs two parts, app.current_tenant"),
        ("[targets.a]\ndatabase='x'\nmigrations='a'\nschema='pg_a'\n", "a name for PostgreSQL's schemas"),
        (
            "[targets.a]\ndatabase='x'\nmigrations='a'\nper_tenant=true\nrow_level_security=true\n",
            "row_level_security is for tenants that share a database",
        ),
        ("[tables.a]\ntarget = 'auht'\n", "[tables.a] names the target 'auht'; known targets: none"),
        ("[tables.a]\nignore = ' '\n", "ignore needs the reason in words"),
        ("[tables.a]\nignore = 'old'\ntarget = 'x'\n", "either ignore or target, not both"),
        ("[tables.a]\nkey = 'x'\nkey_path = ['y']\n", "either key or key_path, not both"),
        ("[tables.a]\nunowned = 'drop'\n", "tables.a.unowned: Input should be 'block', 'quarantine'"),
        ("[tenants]\nroot = 'a'\n[tenants.default]\nname = 'A'\nslug = 'a'\n", "not both"),
        ("[clean.x]\nkind = 'all'\n", "clean.x.kind: Input should be 'rows'"),
        ("source = 1\n", "source: Input should be"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(tmp_path, text) + "\n"


def test_targets_of_one_database_go_by_the_first_of_them(tmp_path: Path) -> None:
    text = (
        FULL
        + """
[targets.people]
database = "{prefix}_hub"
schema = "people"
migrations = "people"
[targets.sales]
database = "{prefix}_hub"
schema = "sales"
migrations = "sales"
row_level_security = true
[roles.watcher]
read = ["sales", "auth"]
"""
    )
    found = load(tmp_path, text)
    assert found.hosted == {"auth": ("auth",), "tenant": ("tenant",), "people": ("people", "sales")}
    assert [found.host(name) for name in ("sales", "people", "auth")] == ["people", "people", "auth"]
    assert found.readers_of("people") == found.readers_of("auth") == ("watcher",)
    assert found.readers_of("tenant") == ()
    assert [found.holds_tenants(name) for name in ("people", "tenant", "auth")] == [True, True, False]


def test_a_wrong_variable_is_named_and_not_the_file_alone(tmp_path: Path) -> None:
    assert "source.port (from DB_PORT): " in refused(tmp_path, FULL, environment={"DB_PORT": "x"})
    assert "limits.jobs (from --jobs): " in refused(tmp_path, FULL, jobs="x")


def test_a_table_where_a_value_stands_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    assert refused(tmp_path, "source = 1\n", environment={"DB_HOST": "h"}) == "[source] must be a table."


def test_a_file_that_is_not_text_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "migrator.toml").write_bytes(b"\xff\xfe")
    assert "is not valid TOML" in refused(tmp_path, None)


def test_errors_never_quote_values(tmp_path: Path) -> None:
    message = refused(tmp_path, "[source]\npassword = ['geheim']\n")
    assert "source.password" in message
    assert "geheim" not in message


@pytest.mark.parametrize(("jobs", "budget", "found"), [(4, None, 4), (4, 10, 4), (4, 4, 2), (4, 1, 1), (1, 9, 1)])
def test_sessions_that_work_at_once_stay_within_the_budget(jobs: int, budget: int | None, found: int) -> None:
    assert Limits(jobs=jobs, max_source_connections=budget).source_jobs == found
    assert Limits(jobs=jobs, max_target_connections=budget).target_jobs == found


@pytest.mark.parametrize(
    ("jobs", "budget", "sessions", "found"), [(8, None, 2, 8), (8, 100, 2, 8), (8, 5, 2, 1), (8, 8, 3, 2), (8, 1, 3, 1)]
)
def test_jobs_of_several_sessions_stay_within_the_budget(
    jobs: int, budget: int | None, sessions: int, found: int
) -> None:
    assert Limits(jobs=jobs, max_target_connections=budget).target_jobs_of(sessions) == found


@pytest.mark.parametrize(
    ("faulty", "why"),
    [
        ("postgresql://u:geheim%zz@h/d", "a % is followed by something else"),
        ("postgresql://u@h/d?geheim=1", "libpq knows no such parameter"),
        ("postgresql://u@h/d?geheim", "a parameter after ? has no ="),
        ("postgresql://u:geheim@[::1/d", "a [ of an IPv6 address has no ]"),
        ("h geheim", "holds a word without ="),
        ("password='geheim", "a quote is not closed"),
        ("geheim=1", "libpq knows no such parameter"),
    ],
)
def test_a_url_that_cannot_be_understood_is_named_with_the_reason_and_not_quoted(
    tmp_path: Path, faulty: str, why: str
) -> None:
    def told(settings: Settings) -> str:
        with pytest.raises(ConfigurationError) as caught:
            Workspace.of(settings, Silent()).server()
        message = caught.value.message
        assert why in message
        assert "geheim" not in message + caught.value.hint
        assert caught.value.__cause__ is None
        return message

    assert told(load(tmp_path, f'[source]\nurl = "{faulty}"\n')).startswith("[source] url cannot be understood: ")
    variable = load(tmp_path, "", environment={"MIGRATOR_SOURCE_URL": faulty})
    assert told(variable).startswith("[source] url (from MIGRATOR_SOURCE_URL) cannot be understood: ")
    assert told(load(tmp_path, "", source=faulty)).startswith("[source] url (from --source) cannot be understood: ")
    target = load(tmp_path, environment={"MIGRATOR_TARGET_URL": faulty})
    assert told(target).startswith("[servers.default] url (from MIGRATOR_TARGET_URL) cannot be understood: ")
