"""Damage to what a run has written down: receipts in targets, the journal, marks of databases, roles."""

from __future__ import annotations

from collections.abc import Iterator

from tests.safety.mutations.damage import Damage, Inflict, both, on_server, statements

_RECEIPTS = "migrator_receipts.receipts"
# The journal forgets what was copied, as it does where it was restored from an older backup; receipts remember.
_FORGETFUL = statements(
    "migrator",
    "UPDATE migrator.stages SET status = 'interrupted' WHERE stage = 'migrate'; "
    "CREATE TABLE migrator.steps_kept AS SELECT * FROM migrator.steps; "
    "DELETE FROM migrator.steps WHERE step ~ '^(copy|finish):'; DELETE FROM migrator.digests WHERE moment ~ '^(copied|target):'",
)
# migrate was stopped when it had recorded everything, and not yet said that it was done.
_STOPPED = statements("migrator", "UPDATE migrator.stages SET status = 'interrupted' WHERE stage = 'migrate'")
# The database of one tenant is as empty as when it was made.
_EMPTY_AGAIN = on_server(
    "DROP DATABASE {prefix}_bolt WITH (FORCE)\n--\nCREATE DATABASE {prefix}_bolt TEMPLATE {prefix}_tenant_bare\n--\n"
    "REVOKE ALL ON DATABASE {prefix}_bolt FROM PUBLIC\n--\n"
    "GRANT CONNECT, TEMPORARY ON DATABASE {prefix}_bolt TO {prefix}_bolt_app\n--\n"
    "ALTER DATABASE {prefix}_bolt OWNER TO {prefix}_bolt_owner\n--\n"
    """COMMENT ON DATABASE {prefix}_bolt IS 'migrator {"run": "{run}", "role": "target", "target": "tenant", "tenant": "2"}'""",
    "bolt",
)
_HALF_WAY = both(_FORGETFUL, _EMPTY_AGAIN)


def state() -> Iterator[Damage]:
    """Every damage to receipts, journal, marks and roles."""
    yield from _receipts()
    yield from _journal()
    yield from _marks()
    yield from _roles()


def _resumed(name: str, what: str, before: Inflict, inflict: Inflict, exit_code: int, *says: str) -> Damage:
    return Damage(name, what, inflict, "migrate", exit_code, says, before=before)


def _receipts() -> Iterator[Damage]:
    bolt = f"UPDATE {_RECEIPTS} SET "
    for name, damage, exit_code, says in (
        ("of another epoch", bolt + "epoch = 'another' WHERE unit LIKE 'copy:public.orders>%'", 4, ("bolt", "copy:public.orders>", "another state of the source")),
        ("of a finish, of another epoch", bolt + "epoch = 'another' WHERE unit = 'finish'", 4, ("bolt", "finish", "another state of the source")),
        ("its hash", bolt + "hash = hash + 1 WHERE unit LIKE 'copy:public.orders>%'", 4, ("bolt", "copy:public.orders>", "are not those that were copied before")),
        ("its rows", bolt + "rows = rows - 1 WHERE unit LIKE 'copy:public.orders>%'", 4, ("bolt", "copy:public.orders>", "are not those that were copied before")),
        ("gone, of a table with a key", f"DELETE FROM {_RECEIPTS} WHERE unit LIKE 'copy:public.orders>%'", 4, ("bolt", "orders_pkey")),
        ("gone, of a table without a key", f"DELETE FROM {_RECEIPTS} WHERE unit LIKE 'copy:public.notes>%'", 1, ("public.notes ", "2", "extra")),
        ("gone, of a finish", f"DELETE FROM {_RECEIPTS} WHERE unit = 'finish'", 4, ("bolt", "multiple primary keys")),
        ("all gone", f"DELETE FROM {_RECEIPTS}", 5, ("bolt", "(oid)=(100001) already exists")),
        ("there without its rows", "ALTER TABLE rates DISABLE TRIGGER ALL; DELETE FROM rates; ALTER TABLE rates ENABLE TRIGGER ALL", 1, ("public.rates ", "2", "missing")),
    ):  # fmt: skip
        yield _resumed(f"a receipt: {name}", "receipt", _FORGETFUL, statements("bolt", damage), exit_code, *says)
    yield Damage(
        "a receipt of a finish gone, and rows written", "receipt",
        statements("bolt", f"DELETE FROM {_RECEIPTS} WHERE unit = 'finish'; UPDATE orders SET total = 1 WHERE id = 2"),
        "rollback --validate", 1, ("_bolt ", "public.orders ", "1 updated"),
    )  # fmt: skip


def _journal() -> Iterator[Damage]:
    copied = (
        "UPDATE migrator.digests SET {} WHERE moment LIKE '{}:tenant%' AND relation = 'public.orders' AND tenant = '2'"
    )
    for name, damage in (
        ("what a target was given: hash", copied.format("hash = hash + 1", "copied")),
        ("what a target was given: rows", copied.format("rows = rows + 1", "copied")),
        ("what a target holds: hash", copied.format("hash = hash + 1", "target")),
        ("what a target was given, gone", "DELETE FROM migrator.digests WHERE moment LIKE 'copied:tenant%' AND relation = 'public.orders'"),
        ("what a target holds, gone", "DELETE FROM migrator.digests WHERE moment = 'target:tenant' AND relation = 'public.orders'"),
    ):  # fmt: skip
        yield _resumed(
            f"the journal: {name}", "journal", _STOPPED, statements("migrator", damage), 1, "public.orders ", "2"
        )
    for name, step, says in (
        ("a copy that is not done is said to be", "copy:public.rates>%", ("public.rates ", " 20 ")),
        ("a database that is not finished is said to be", "finish:{prefix}_bolt", ("public.orders ", "2", "missing")),
    ):
        known = f"INSERT INTO migrator.steps SELECT * FROM migrator.steps_kept WHERE step LIKE '{step}'"
        yield _resumed(f"the journal: {name}", "journal", _HALF_WAY, statements("migrator", known), 1, *says)
    target = "UPDATE migrator.digests SET hash = hash + 1 WHERE moment = 'target:tenant' AND relation = 'public.orders' AND tenant = '2'"
    yield Damage(
        "the journal: what a target held after migrate", "journal", statements("migrator", target),
        "rollback --validate", 1, ("_bolt", "Rows of public.orders "),
    )  # fmt: skip
    yield Damage(
        "the journal: what the source held before", "journal",
        statements("migrator", "UPDATE migrator.digests SET hash = hash + 1 WHERE moment = 'source before' AND relation = 'public.orders'"),
        "rollback", 1, ("public.orders ", " 60 ", "different"),
    )  # fmt: skip
    yield Damage(
        "the journal: how an object of the source was defined", "journal",
        statements(
            "migrator",
            "UPDATE migrator.records SET document = (SELECT jsonb_agg(CASE WHEN one ->> 1 = 'public.touch()' AND one ->> 0 = 'routine' "
            "THEN jsonb_set(one, '{2}', '\"other\"') ELSE one END) FROM jsonb_array_elements(document) one) WHERE name = 'source objects'",
        ),
        "rollback", 1, ("routine ", "public.touch()", "different"),
    )  # fmt: skip
    yield Damage(
        "the journal: the plan that was carried out", "journal",
        statements("migrator", "UPDATE migrator.runs SET fingerprint = 'other'"),
        "verify", 3, ("no completed migrate",),
    )  # fmt: skip
    yield Damage(
        "the journal: migrate was never there", "journal",
        statements("migrator", "DELETE FROM migrator.stages WHERE stage = 'migrate'"),
        "verify", 3, ("no completed migrate",),
    )  # fmt: skip
    yield Damage(
        "the journal: migrate did not come to its end", "journal", _STOPPED, "verify", 3, ("no completed migrate",)
    )
    yield Damage(
        "the journal: a step that failed", "journal",
        statements("migrator", "UPDATE migrator.steps SET status = 'failed', error = 'oh' WHERE step = 'finish:{prefix}_bolt'"),
        "status", 0, ("finish:", "_bolt", "oh"),
    )  # fmt: skip
    lost = on_server("DROP DATABASE {prefix}_migrator WITH (FORCE)", "migrator")
    yield Damage("the journal lost", "journal", lost, "status", 0, ("knows nothing of run", "has fenced"))
    yield Damage("the journal lost", "journal", lost, "rollback --validate", 3, ("which the journal does not know",))
    yield Damage("the journal lost", "journal", lost, "verify", 3, ("no completed migrate",))
    forgotten = statements("migrator", "TRUNCATE migrator.runs CASCADE")
    yield Damage("the journal's run gone", "journal", forgotten, "status", 0, ("knows nothing of run", "has fenced"))
    yield Damage(
        "the journal's run gone", "journal", forgotten, "rollback --validate", 3, ("which the journal does not know",)
    )


def _marks() -> Iterator[Damage]:
    comment = "COMMENT ON DATABASE {prefix}_bolt IS "
    yield Damage(
        "a mark gone", "mark", on_server(comment + "NULL", "bolt"), "rollback --validate", 1, ("  {prefix}_bolt",)
    )
    mark = """'migrator {"run": "%s", "role": "target", "target": "tenant", "tenant": "%s"}'"""
    yield Damage(
        "a mark of another run", "mark", on_server(comment + mark % ("20200101-000000-abcd", "2"), "bolt"),
        "rollback --validate", 1, ("  {prefix}_bolt",),
    )  # fmt: skip
    yield Damage(
        "a mark of another tenant", "mark", on_server(comment + mark % ("{run}", "1"), "bolt"),
        "rollback --validate", 1, ("_bolt ", "public.orders "),
    )  # fmt: skip
    yield Damage(
        "a mark that nobody can read", "mark", on_server(comment + "'migrator {'", "bolt"),
        "rollback --validate", 1, ("  {prefix}_bolt",),
    )  # fmt: skip
    gone = on_server("DROP DATABASE {prefix}_bolt WITH (FORCE)", "bolt")
    yield Damage("a database gone", "target", gone, "verify", 3, ("are gone", "_bolt"))
    yield Damage("a database gone", "target", gone, "rollback --validate", 1, ("  {prefix}_bolt",))
    yield Damage("a database gone", "target", gone, "migrate", 3, ("are gone", "_bolt"))
    renamed = on_server("ALTER DATABASE {prefix}_bolt RENAME TO {prefix}_bolder", "bolt")
    back = on_server("ALTER DATABASE {prefix}_bolder RENAME TO {prefix}_bolt")
    yield Damage("a database renamed", "target", renamed, "verify", 3, ("_bolt is", "_bolder now"), undo=back)
    other = on_server(
        "ALTER DATABASE {prefix}_bolt RENAME TO {prefix}_aside\n--\nALTER DATABASE {prefix}_acme RENAME TO {prefix}_bolt\n--\n"
        "ALTER DATABASE {prefix}_aside RENAME TO {prefix}_acme",
        "acme", "bolt",
    )  # fmt: skip
    yield Damage("the databases of two tenants exchanged", "target", other, "verify", 1, ("_bolt  rates ", " 10"))


def _roles() -> Iterator[Damage]:
    bolt = "{prefix}_bolt"
    for name, says, damage, undo in (
        ("its database's owner", "its owner is {prefix}_bolt_app", f"ALTER DATABASE {bolt} OWNER TO {bolt}_app", ""),
        ("everybody may connect", "PUBLIC may connect to it", f"GRANT CONNECT ON DATABASE {bolt} TO PUBLIC", ""),
        ("another tenant may connect", "{prefix}_acme_app may connect to it", f"GRANT CONNECT ON DATABASE {bolt} TO {{prefix}}_acme_app", ""),
        ("may not connect", "{prefix}_bolt_app may not connect to it", f"REVOKE CONNECT ON DATABASE {bolt} FROM {bolt}_app", ""),
        ("may make databases", "the role {prefix}_bolt_app has CREATEDB", f"ALTER ROLE {bolt}_app CREATEDB", f"ALTER ROLE {bolt}_app NOCREATEDB"),
        ("passes policies", "the role {prefix}_bolt_app has BYPASSRLS", f"ALTER ROLE {bolt}_app BYPASSRLS", f"ALTER ROLE {bolt}_app NOBYPASSRLS"),
        ("an owner that is a superuser", "the role {prefix}_bolt_owner has SUPERUSER", f"ALTER ROLE {bolt}_owner SUPERUSER", f"ALTER ROLE {bolt}_owner NOSUPERUSER"),
        ("a member of another tenant's", "the role {prefix}_bolt_app is a member of {prefix}_acme_app", f"GRANT {{prefix}}_acme_app TO {bolt}_app", f"REVOKE {{prefix}}_acme_app FROM {bolt}_app"),
        ("no member of its group", "the role {prefix}_bolt_app is no member of {prefix}_tenant_apps", f"REVOKE {{prefix}}_tenant_apps FROM {bolt}_app", f"GRANT {{prefix}}_tenant_apps TO {bolt}_app"),
        ("a stranger is its member", "{prefix}_stranger is a member of {prefix}_bolt_app", f"CREATE ROLE {{prefix}}_stranger; GRANT {bolt}_app TO {{prefix}}_stranger", "DROP ROLE {prefix}_stranger"),
        ("a stranger is a member of its group", "{prefix}_stranger is a member of {prefix}_tenant_apps", "CREATE ROLE {prefix}_stranger; GRANT {prefix}_tenant_apps TO {prefix}_stranger", "DROP ROLE {prefix}_stranger"),
        ("gone", "the role {prefix}_bolt_app is gone", f"ALTER ROLE {bolt}_app RENAME TO {bolt}_none", f"ALTER ROLE {bolt}_none RENAME TO {bolt}_app"),
    ):  # fmt: skip
        yield Damage(
            f"a role: {name}", "role", on_server(damage, "bolt"), "verify", 1, ("  ", says) if "stranger" in name else ("_bolt ", says),
            undo=on_server(undo) if undo else None,
        )  # fmt: skip
