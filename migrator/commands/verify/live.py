"""verify while the source is followed: every database is compared with it at one position, exactly, as writes go on."""

from __future__ import annotations

from migrator.commands.follow.followed_run import FollowedRun, open_followed
from migrator.commands.follow.rounds import Rounds
from migrator.commands.shared.following import is_moved
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.commands.verify.report import present_live
from migrator.commands.verify.result import LiveProof, VerifiedLive
from migrator.core.result.progress import each
from migrator.errors import MigratorError
from migrator.postgres.sync.live_digests import UnequalError

_AT_ONCE = 16


def verify_live(workspace: Workspace) -> VerifiedLive:
    """Brings each followed database to a position of its own and compares both sides there, beside the follower.

    Raises:
        RefusedError: the databases have not all been copied yet, or what changes was not captured all the time.
    """
    with workspace.stage_beside("verify") as (context, summary):
        result = _verify(context)
        summary.update(present_live(result).recorded)
        return result


def _verify(context: RunContext) -> VerifiedLive:
    followed = open_followed(context)
    context = followed.context
    known = context.journal.followed_databases()
    names = [one.database for one in known if not is_moved(one)]
    parts = [names[first : first + _AT_ONCE] for first in range(0, len(names), _AT_ONCE)]
    jobs = context.settings.limits.source_jobs
    proofs: list[LiveProof] = []
    with Rounds(followed, jobs=jobs, sessions=_AT_ONCE) as rounds:
        for part in each(context.progress, "comparing both sides", parts, "groups of databases"):
            proofs += _compare(followed, rounds, part)
    return VerifiedLive(
        context.id, str(context.source), tuple(proofs), tuple(one.database for one in known if is_moved(one))
    )


def _compare(followed: FollowedRun, rounds: Rounds, names: list[str]) -> list[LiveProof]:
    journal = followed.context.journal
    proofs: dict[str, LiveProof] = {}
    result = rounds.bring_on(names, proved=True)
    for name, position in result.positions.items():
        rows = sum(digest.rows for digest in result.proofs[name])
        proofs[name] = _proof(followed, name, str(position), rows)
        journal.record_positions([name], str(position), proved=True)
    for name, error in result.failures.items():
        proofs[name] = _proof(followed, name, "", 0, error)
    return [proofs[name] for name in names if name in proofs]


def _proof(followed: FollowedRun, name: str, position: str, rows: int, error: MigratorError | None = None) -> LiveProof:
    step = followed.databases[name]
    unequal = error.unequal if isinstance(error, UnequalError) else ()
    problem = error.message if error is not None and not unequal else ""
    return LiveProof(name, step.target, step.tenant, position, rows, unequal, problem)
