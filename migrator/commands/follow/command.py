"""follow start: keeps every database like the source while that is written to, until it is asked to stop."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from migrator.commands.follow.begin import begin_following
from migrator.commands.follow.followed_run import BEGIN_ANEW, FollowedRun
from migrator.commands.follow.result import Followed, FollowEnd
from migrator.commands.follow.reverse_rounds import ReverseTicks, tick_back
from migrator.commands.follow.rounds import Round, Rounds
from migrator.commands.migrate.choose_plan import choose_plan, require_approved, require_backup
from migrator.commands.plan.stored import readable_plan
from migrator.commands.shared.privileges import require_privileges
from migrator.commands.shared.survey import survey
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.online.position import Position
from migrator.core.online.stages import Stage
from migrator.core.plan.steps import Plan, same_schema
from migrator.core.plan.survey import Survey
from migrator.core.result.wording import plural
from migrator.core.run.facts import FOLLOW_START, FOLLOW_STOP
from migrator.errors import DatabaseError, RefusedError
from migrator.journal import REFUSED, FollowedDatabase
from migrator.postgres.capture.generations import trim_log
from migrator.postgres.copy.units import session_budget
from migrator.postgres.session.connect import session

# States in which nobody but the follower moves a database.
_FOLLOWING = frozenset({Stage.COPIED, Stage.FOLLOWED, Stage.PROVED})
# States in which a tenant's own database takes its writes, which are carried back.
_SERVING = frozenset({Stage.OPENED, Stage.PUBLISHED, Stage.REVERSING, Stage.RETURNING})
_PAUSE_SECONDS = 0.25  # between rounds: what others see as lag
_PROOF_SECONDS = 900.0  # how old a proof may become before both sides are compared again
_PROVED_AT_ONCE = 4
_TRIM_SECONDS = 60.0
_TRIM_PATIENCE = 1.0


def follow(
    workspace: Workspace, *, until_proved: bool = False, without_backup: bool = False, approved: str | None = None
) -> Followed:
    """Copies the source while it is written to, then keeps every database like it, until it is asked to stop.

    `approved` is the beginning of the only fingerprint that its plan may have. `until_proved` ends it once every
    database has been followed, and compared with the source at one position. However often it is ended or killed, the
    next call goes on from where each database stands.

    Raises:
        RefusedError: no passed dry-run of this plan, no backup, the run is migrated behind a fence, or the source's
            schema has changed since.
        TargetsFailedError: some databases could not be filled.
        DatabaseError: the source cannot be reached.
    """
    with workspace.stage("follow") as (context, summary):
        summary[REFUSED] = True
        require_privileges(workspace, "read", "every row", "fence")
        context, plan, surveyed = _chosen(context, approved)
        if not without_backup:
            require_backup(context)
        del summary[REFUSED]
        context.journal.record(FOLLOW_STOP, False)
        followed = begin_following(context, plan, surveyed)
        result = _Follower(followed).run(until_proved=until_proved)
        summary.update({"databases": result.databases, "rounds": result.rounds, "changed_rows": result.entries})
        return result


def _chosen(context: RunContext, approved: str | None) -> tuple[RunContext, Plan, Survey]:
    """The plan that is followed, or that of the dry-run, with the source as it is now."""
    if context.journal.last("migrate") is not None:
        raise RefusedError(
            f"Run {context.id} has begun to migrate behind a fence.",
            "Take it back first: migrator rollback. Then: migrator dry-run, migrator follow start.",
        )
    start = context.journal.recorded(FOLLOW_START)
    if start is not None and start.copied and (stored := readable_plan(context)) is not None:
        require_approved(stored.plan.fingerprint, approved)
        context = stored.context
        surveyed = survey(context.workspace)
        if not same_schema(surveyed, stored.plan.survey):
            raise RefusedError(
                "The source's schema has changed since it was copied.",
                BEGIN_ANEW,
            )
        return context, stored.plan, stored.plan.survey
    chosen = choose_plan(context, approved)
    context = chosen.stored.context
    context.journal.begin_plan(chosen.stored.plan)
    plan = context.journal.plan()
    assert plan is not None
    return context, plan, chosen.survey


@dataclass
class _Follower:
    """Round after round, with what came of them so far."""

    followed: FollowedRun
    rounds: int = 0
    entries: int = 0
    upserted: int = 0
    deleted: int = 0
    failures: Mapping[str, str] = field(default_factory=dict)
    trim_at: float = 0.0  # by the monotonic clock
    held_back: Mapping[str, str] = field(default_factory=dict)  # why writes of tenants could not be carried back

    def run(self, *, until_proved: bool) -> Followed:
        context = self.followed.context
        jobs = context.settings.limits.source_jobs
        with (
            Rounds(self.followed, jobs=jobs, sessions=self._sessions()) as rounds,
            ReverseTicks(self.followed) as back,
        ):
            positions = dict(rounds.read_positions(self.followed.databases))
            end: FollowEnd | None = None
            while end is None:
                states = {one.database: one for one in context.journal.followed_databases()}
                serving = [name for name, one in states.items() if one.state in _SERVING]
                mine = {
                    name: at for name, at in positions.items() if states[name].state in _FOLLOWING or name in serving
                }
                due = self._due_for_proof(states)
                result = rounds.round(mine, due, serving)
                positions.update(result.positions)
                self._record(result, due, states)
                # Whoever verifies or moves tenants has been there meanwhile.
                moved = [name for name, error in result.failures.items() if isinstance(error, RefusedError)]
                positions.update(rounds.read_positions(moved))
                self._carry_back(back, serving, states)
                self._trim_log(states.values())
                end = self._end(until_proved=until_proved)
                if end is None and not result.entries:
                    time.sleep(_PAUSE_SECONDS)
        proved = sum(one.proved is not None for one in context.journal.followed_databases())
        return Followed(
            context.id, str(context.source), end, len(positions), proved, self.rounds, self.entries, self.upserted,
            self.deleted, dict(self.failures),
        )  # fmt: skip

    def _record(self, result: Round, due: list[str], states: Mapping[str, FollowedDatabase]) -> None:
        """Keeps in the journal where each database stands now, and tells it."""
        journal = self.followed.context.journal
        proved = {name for name in due if name in result.positions}
        by_position: dict[Position, list[str]] = {}
        for name, position in result.positions.items():
            by_position.setdefault(position, []).append(name)
        for position, names in by_position.items():
            journal.record_positions([name for name in names if name in proved], str(position), proved=True)
            journal.record_positions([name for name in names if name not in proved], str(position), proved=False)
        arrived = [name for name in result.positions if states[name].state == Stage.COPIED]
        journal.move(arrived, Stage.FOLLOWED, only_from=Stage.COPIED)
        told = {name: error.message for name, error in result.failures.items()}
        fresh = {name: message for name, message in told.items() if self.failures.get(name) != message}
        journal.record_failures(fresh)
        for name, message in fresh.items():
            self.followed.context.progress.say(f"{name} stays where it is: {message}")
        self.failures = told
        self.rounds += 1
        self.entries += result.entries
        self.upserted += result.upserted
        self.deleted += result.deleted
        self.followed.context.progress.note(
            f"following {plural(len(result.positions), 'database')}, "
            f"{plural(self.entries, 'changed row')} so far" + (f", {len(fresh)} behind" if fresh else "")
        )

    def _carry_back(self, back: ReverseTicks, serving: list[str], states: Mapping[str, FollowedDatabase]) -> None:
        """Brings what applications wrote in tenants' own databases into the source."""
        journal = self.followed.context.journal
        carried, failures = tick_back(back, serving)
        journal.record_carried(carried)
        fresh = {name: why for name, why in failures.items() if self.held_back.get(name) != why}
        journal.record_failures(fresh)
        for name, why in fresh.items():
            self.followed.context.progress.say(f"what is written in {name} cannot be carried back: {why}")
        self.held_back = failures
        arrived = [name for name in carried if states[name].state == Stage.PUBLISHED]
        journal.move(arrived, Stage.REVERSING, only_from=Stage.PUBLISHED)

    def _trim_log(self, databases: Iterable[FollowedDatabase]) -> None:
        """Drops what every database, and every proof, has passed; the journal is never ahead of what these say."""
        if time.monotonic() < self.trim_at:
            return
        self.trim_at = time.monotonic() + _TRIM_SECONDS
        workspace = self.followed.context.workspace
        passed = {text for one in databases for text in (one.snapshot, one.proved) if text is not None}
        wait = replace(workspace.lock_wait, patience=_TRIM_PATIENCE, say=workspace.progress.note)
        try:
            with session(workspace.source, purpose="follow") as connection:
                trim_log(connection, [Position.parse(text) for text in passed], wait)
        except DatabaseError as error:
            workspace.progress.note(f"the log of changes is trimmed later: {error.message}")

    def _due_for_proof(self, states: Mapping[str, FollowedDatabase]) -> list[str]:
        """The databases whose proof is missing or old, the oldest first, a few at a time."""
        now = time.time()
        ages = {
            name: now - one.proved_at.timestamp() if one.proved_at is not None else float("inf")
            for name, one in states.items()
            if one.state in _FOLLOWING
        }
        due = [name for name, age in ages.items() if age > _PROOF_SECONDS]
        return sorted(due, key=lambda name: (-ages[name], name))[:_PROVED_AT_ONCE]

    def _end(self, *, until_proved: bool) -> FollowEnd | None:
        journal = self.followed.context.journal
        if journal.recorded(FOLLOW_STOP):
            return "asked"
        if until_proved and all(one.proved is not None or one.error for one in journal.followed_databases()):
            return "followed"
        return None

    def _sessions(self) -> int:
        """How many sessions to target databases may be open."""
        limits = self.followed.context.settings.limits
        free = []
        for server in self.followed.plan.servers:
            with session(self.followed.context.server(server), purpose="capacity") as connection:
                free.append(session_budget(connection, limits.max_target_connections))
        return max(limits.source_jobs, min(free) - limits.source_jobs)
