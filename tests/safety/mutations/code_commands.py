"""Mutations of the commands that stand on the proof: what they ask, and what they make of the answer."""

from __future__ import annotations

from collections.abc import Iterator

from tests.safety.mutations.change import Change

_PROOF = "migrator.commands.proof.compare_sides"
_VERIFY = "migrator.commands.verify.command"
_REPORT = "migrator.commands.verify.report"
_RESULT = "migrator.commands.verify.result"
_ISOLATION = "migrator.commands.shared.roles"


def command_changes() -> Iterator[Change]:
    """Every mutation of verify, rollback, receipts and backups."""
    yield from _whole()
    yield from _access()
    yield from _going_back()
    yield from _receipts()
    yield from _backups()


def _whole() -> Iterator[Change]:
    holds = f"{_RESULT}:Verified.agrees"
    yield Change(
        "verify passes over the fence",
        f"{_RESULT}:Verified.holds",
        " and not self.gaps",
        "",
        "the fence: gone from one table (verify)",
    )
    yield Change("verify passes over definitions", holds, "fact.objects or ", "", "index: missing")
    yield Change(
        "verify passes over sequences", holds, " or fact.sequences", "", "sequence: behind what the source gave"
    )
    yield Change("verify passes over access", holds, "and not self.access ", "", "a role: everybody may connect")
    yield Change(
        "verify passes over references",
        holds,
        " and not any(one.orphans for one in self.references)",
        "",
        "a reference of both sides that leads nowhere",
    )
    yield Change("verify passes over the proof", holds, "self.proof.holds and ", "", "a value changed (label)")
    yield Change(
        "findings are no findings",
        f"{_REPORT}:_present_everything",
        "if not result.holds:",
        "if False:",
        "a value changed (label)",
    )
    verification = f"{_VERIFY}:Verifier.verification"
    yield Change(
        "the journal in the place of the source",
        verification,
        "        facts = self._examine()",
        "        fresh = dict(copied)\n        facts = self._examine()",
        "source: a value changed behind the fence",
    )
    yield Change(
        "what was read in the place of what is there",
        verification,
        "held[fact.target] += fact.digests",
        "held[fact.target] += [one for one in fresh[fact.target] if one.tenant == fact.tenant]",
        "a value changed (label)",
    )
    yield Change(
        "the first database stands for all",
        f"{_VERIFY}:Verifier._examine",
        "for step in self.databases]",
        "for step in self.databases[:1]]",
        "a value changed (label)",
    )
    yield Change("any plan will do", f"{_VERIFY}:verify", "survey_as_planned(stored)", "False", "source: a column more")
    yield Change(
        "databases that are gone are not missed",
        f"{_VERIFY}:verify",
        "require_databases(stored.context, stored.plan)",
        "pass",
        "a database gone",
    )


def _access() -> Iterator[Change]:
    wrong = f"{_ISOLATION}:_wrong"
    yield Change("any owner", wrong, "owner != step.roles.owner", "False", "a role: its database's owner")
    yield Change("anybody may connect", wrong, "sorted(connecting - wanted)", "()", "a role: everybody may connect")
    yield Change("nobody need connect", wrong, "sorted(wanted - connecting)", "()", "a role: may not connect")
    yield Change("any power", wrong, "        if powers:", "        if False:", "a role: may make databases")
    yield Change("a member of anything", wrong, "sorted(joined - groups)", "()", "a role: a member of another tenant's")
    yield Change(
        "anybody is a member of it",
        f"{_ISOLATION}:access_differences",
        "differences += _by_leave_of(own, {name: set(by_leave) for name, _, _, by_leave in powers})",
        "pass",
        "a role: a stranger is its member",
    )
    yield Change("a member of nothing", wrong, "sorted(groups - joined)", "()", "a role: no member of its group")


def _going_back() -> Iterator[Change]:
    writes = "migrator.commands.changes.find:find_writes"
    yield Change(
        "rollback trusts the fence",
        "migrator.commands.changes.find:_require_source_as_it_was",
        "if differences(before, now):",
        "if False:",
        "source and target written, behind the fence (rollback --replay-writes)",
    )
    yield Change(
        "rollback sees no writes", writes, "written += [", "[", "the journal: what a target held after migrate"
    )
    yield Change(
        "rollback compares a target with itself",
        writes,
        "differences(before if before is not None else now, now)",
        "differences(now, now)",
        "the journal: what a target held after migrate",
    )
    proof = "migrator.commands.rollback.source_unchanged"
    yield Change(
        "rollback does not compare the source's rows",
        f"{proof}:_source_changes",
        "return differences(before.values(), now), len(now)",
        "return (), len(now)",
        "source: a row added behind the fence (rollback)",
    )
    yield Change(
        "rollback compares the source with itself",
        f"{proof}:_source_changes",
        "differences(before.values(), now)",
        "differences(now, now)",
        "source: a row added behind the fence (rollback)",
    )
    yield Change(
        "rollback does not compare definitions",
        f"{proof}:changed_objects",
        "if recorded is None:",
        "if True:",
        "source: a function's body",
    )
    yield Change(
        "databases that are gone are not missed by rollback",
        "migrator.commands.rollback.leftovers:_gone",
        'one.state == "created"',
        "False",
        "a mark gone",
    )


def _receipts() -> Iterator[Change]:
    yield Change(
        "receipts of any epoch",
        "migrator.postgres.copy.receipts:find_receipts",
        "receipt.epoch != epoch",
        "False",
        "a receipt: of another epoch",
    )
    yield Change(
        "receipts are believed",
        "migrator.postgres.copy.sinks:DatabaseSink.commit",
        "(self._receipt.rows, self._receipt.hash) != (self.rows, self.hash)",
        "False",
        "a receipt: its hash",
    )
    yield Change(
        "receipts are not looked for",
        "migrator.postgres.copy.sinks:DatabaseSink.begin",
        "find_receipt(connection, receipt, epoch)",
        "None",
        "a receipt: of another epoch",
    )
    yield Change(
        "migrate proves nothing",
        f"{_PROOF}:Proof.holds",
        "return ",
        "return True or ",
        "the journal: what a target was given: hash",
    )


def _backups() -> Iterator[Change]:
    defects = "migrator.core.backup.manifest:defects"
    yield Change(
        "a file may be missing", defects, 'wrong.append(Defect(path, "is missing"))', "pass", "a backup: a file missing"
    )
    yield Change(
        "a file may be shorter", defects, "there.bytes < file.bytes", "False", "a backup: the last byte missing"
    )
    yield Change(
        "a file may be another", defects, "elif there != file:", "elif False:", "a backup: a bit of a table's rows"
    )
    yield Change(
        "there may be files more", defects, "sorted(present.keys() - known.keys())", "()", "a backup: a file more"
    )
    yield Change(
        "any manifest is kept",
        "migrator.commands.backup.command:_unfit",
        "known not in (None, sha256(kept / MANIFEST))",
        "False",
        "a manifest: a table's digest (backup)",
    )
    check = "migrator.commands.backup.directory:check_backup"
    yield Change(
        "a backup of any source", check, "manifest.source.id != source_id", "False", "a manifest: of another server"
    )
    yield Change(
        "a backup whose files nobody looks at",
        check,
        "    if wrong:",
        "    if False:",
        "a backup: a bit of a table's rows",
    )
    swap = "migrator.commands.rollback.restore_backup:checked_backup"
    yield Change(
        "a backup of any run",
        swap,
        "manifest.run != context.id or",
        "False or",
        "a manifest, its digest unknown: of another run",
    )
    yield Change(
        "any manifest",
        swap,
        "recorded.manifest != sha256(directory / MANIFEST)",
        "False",
        "a manifest: a table's digest (rollback --restore-backup)",
    )
    compare = "migrator.commands.backup.restore:_compare"
    yield Change(
        "a restore's rows are not compared",
        compare,
        "differences(manifest.inventory.digests, restored.digests)",
        "()",
        "a manifest, its digest unknown: a table's digest",
    )
    yield Change(
        "a restore's tables are not compared",
        compare,
        "sorted(wanted - restored_names)",
        "()",
        "a manifest, its digest unknown: a sequence more",
    )
    yield Change(
        "a restore's large objects are not counted",
        compare,
        "restored.large_objects != manifest.inventory.large_objects",
        "False",
        "a manifest, its digest unknown: how many large objects",
    )
    changes_ = "migrator.core.backup.manifest:Inventory.changes"
    yield Change(
        "a backup may have other rows than the source",
        changes_,
        "return (*rows, *gone, *sequences, *large, *objects)",
        "return (*gone, *sequences, *large, *objects)",
        "a backup older than the source: a value",
    )
    yield Change(
        "a backup may have other tables than the source",
        changes_,
        "return (*rows, *gone, *sequences, *large, *objects)",
        "return (*rows, *sequences, *large, *objects)",
        "a backup older than the source: a table more",
    )
    yield Change(
        "a backup may have other sequences than the source",
        changes_,
        "return (*rows, *gone, *sequences, *large, *objects)",
        "return (*rows, *gone, *large, *objects)",
        "a backup older than the source: a sequence",
    )
    yield Change(
        "a backup may have other definitions than the source",
        changes_,
        "return (*rows, *gone, *sequences, *large, *objects)",
        "return (*rows, *gone, *sequences, *large)",
        "a backup older than the source: a definition",
    )
