"""Where each value of the configuration comes from, and that no secret is among them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.settings.load import load_settings
from migrator.settings.provenance.toml_lines import lines_of_values
from migrator.settings.provenance.values import SettingValue, setting_values
from tests.project import TOPSTEEL

TEXT = '''# a comment with [brackets] and = signs
[source]
url = "postgresql://u:secret1@h/d"   # the monolith
schemas = [
    "a",   # one
    "b",
]

[targets."a.b"]
database = """
x"""
migrations = 'm'

[tables]
"s.t".target = "a.b"
u = { ignore = "why", columns = { x = "y" } }

[[tables.v.virtual]]
key = "a -> b.c"
[[tables.v.virtual]]
key = "d -> b.c"

[roles]
per_tenant = true
hand_out = "store --token secret2"
[roles.reader]
read = ["a.b"]
[backup]
encrypt = ["openssl", "enc", "-k", "secret3"]
'''


def test_each_value_stands_in_the_line_in_which_it_begins() -> None:
    assert lines_of_values(TEXT) == {
        ("source",): 2,
        ("targets", "a.b"): 9,
        ("tables",): 14,
        ("roles",): 23,
        ("roles", "reader"): 26,
        ("backup",): 28,
        ("source", "url"): 3,
        ("source", "schemas"): 4,
        ("targets", "a.b", "database"): 10,
        ("targets", "a.b", "migrations"): 12,
        ("tables", "s.t", "target"): 15,
        ("tables", "u", "ignore"): 16,
        ("tables", "u", "columns", "x"): 16,
        ("tables", "v", "virtual"): 18,
        ("tables", "v", "virtual", "key"): 19,
        ("roles", "per_tenant"): 24,
        ("roles", "hand_out"): 25,
        ("roles", "reader", "read"): 27,
        ("backup", "encrypt"): 29,
    }


@given(st.lists(st.tuples(st.text("ab\"'#[]=\n\\ ", max_size=8), st.text(max_size=12)), max_size=6))
def test_whatever_a_text_holds_its_line_is_the_one_of_its_key(pairs: list[tuple[str, str]]) -> None:
    text, expected = "", {}
    for number, (name, value) in enumerate(pairs):
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        entry = f'k{number} = """\n{quoted}"""  # {name.splitlines()[0] if name.splitlines() else ""}\n'
        try:
            tomllib.loads(text + entry)
        except tomllib.TOMLDecodeError:
            continue  # control characters
        expected[f"k{number}",] = len((text + "x").splitlines())
        text += entry
    assert lines_of_values(text) == expected


def shown(directory: Path, text: str = TEXT, *, dotenv: str = "", **environment: str) -> dict[str, SettingValue]:
    (directory / "migrator.toml").write_text(text, encoding="utf-8")
    (directory / ".env").write_text(dotenv, encoding="utf-8")
    settings = load_settings(directory=directory, environment=environment, flags={("limits", "jobs"): 7})
    return {f"{one.section}.{one.name}": one for one in setting_values(settings, lines_of_values(text), environment)}


def test_the_origin_of_each_value(tmp_path: Path) -> None:
    found = shown(tmp_path, dotenv="MIGRATOR_PREFIX=a\nMIGRATOR_LOGS=l\n", MIGRATOR_LOGS="m", DB_PASSWORD="secret4")
    origins = {name: one.origin for name, one in found.items()}
    file = tmp_path / "migrator.toml"
    assert origins["source.url"] == f"{file}:3"
    assert origins["source.schemas"] == f"{file}:4"
    assert origins["source.prefix"] == f"variable MIGRATOR_PREFIX in {tmp_path / '.env'}"
    assert origins["paths.logs"] == "variable MIGRATOR_LOGS"
    assert origins["limits.jobs"] == "flag --jobs"
    assert origins["limits.lock_timeout"] == "default"
    assert origins["targets.a.b.database"] == f"{file}:10"
    assert "targets.a.b.per_tenant" not in origins  # nothing gave it
    assert origins["tables.v.virtual"] == f"{file}:18"
    assert origins["tables.u.columns"] == f"{file}:16"
    assert origins["roles.reader.read"] == f"{file}:27"
    assert (found["limits.jobs"].value, found["source.schemas"].value) == (7, ["a", "b"])


def test_no_secret_is_shown_and_what_is_masked_says_so(tmp_path: Path) -> None:
    found = shown(tmp_path, DB_PASSWORD="secret4")
    assert "secret" not in repr([one for one in found.values()]).replace("secret_", "")
    assert found["source.url"].value == "postgresql://u:********@h/d"
    assert found["source.password"].value == "********"
    assert found["backup.encrypt"].value == "openssl …"
    assert found["roles.hand_out"].value == "store …"
    assert found["backup.decrypt"].value == ""


def test_a_parameter_that_a_url_replaced_came_from_nowhere(tmp_path: Path) -> None:
    found = shown(tmp_path, '[source]\nhost = "h"\n', MIGRATOR_SOURCE_URL="postgresql://other/d")
    assert (found["source.host"].value, found["source.host"].origin) == (None, "default")


@pytest.mark.parametrize("file", ["migrator.toml", "single.toml"])
def test_every_value_of_an_example_has_its_line(file: str) -> None:
    path = TOPSTEEL / file
    text = path.read_text(encoding="utf-8")
    settings = load_settings(path, environment={})
    found = list(setting_values(settings, lines_of_values(text), {}))
    lines = text.splitlines()
    told = [one for one in found if one.origin != "default"]
    assert len(told) > 10
    for one in told:
        line = int(one.origin.rpartition(":")[2])
        assert one.name in "\n".join(lines[line - 1 : line]), one
