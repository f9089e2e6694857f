"""cutover: moves the tenants of a wave to their own databases; and the same wave back again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from migrator.commands.cutover.choice import WaveChoice, chosen_tenants, planned_waves
from migrator.commands.cutover.databases import WaveDatabases
from migrator.commands.cutover.doors import TenantDatabase
from migrator.commands.cutover.options import WaveOptions
from migrator.commands.cutover.protocol import WaveLimits, conduct_wave, resume_wave
from migrator.commands.cutover.report import present
from migrator.commands.cutover.result import MovedWave, ReturnOutlook, WaveResult, WayBackOfTenant
from migrator.commands.cutover.work import FollowedWave
from migrator.commands.follow.followed_run import FollowedRun, open_followed
from migrator.commands.follow.rounds import Rounds
from migrator.commands.shared.following import is_moved
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.online.stages import Stage
from migrator.core.online.tenant_events import CutoverOrdered, ReturnOrdered
from migrator.core.plan.steps import CreateDatabase, PrepareTarget
from migrator.errors import RefusedError
from migrator.journal import FollowedDatabase
from migrator.postgres.gate.close_target import own_flags, own_triggers
from migrator.postgres.gate.forms import gate_forms
from migrator.postgres.session.connect import READ_ONLY, session

_READY = frozenset({Stage.COPIED, Stage.FOLLOWED, Stage.PROVED, Stage.ARMED})


def cutover(
    workspace: Workspace, choice: WaveChoice, *, freeze_limit: float | None = None, end_sessions: bool = False
) -> MovedWave:
    """Moves tenants to their own databases, wave by wave; whoever has moved already stays there.

    Whoever cannot be moved within the limit goes on in the source as if nothing had been, and the others move.

    Raises:
        RefusedError: no source is followed, nobody is called so, or a database has not been copied.
    """
    with workspace.stage_beside("cutover") as (context, summary):
        mover = _Mover(context, choice, freeze_limit, end_sessions=end_sessions)
        result = mover.move_out()
        summary.update(present(result).recorded)
        return result


def move_back(
    workspace: Workspace, choice: WaveChoice, *, freeze_limit: float | None = None, end_sessions: bool = False
) -> MovedWave:
    """Brings tenants back into the source with all that was written in their databases, which follow again then.

    Raises: as `cutover`.
    """
    with workspace.stage_beside("cutover") as (context, summary):
        mover = _Mover(context, choice, freeze_limit, end_sessions=end_sessions)
        result = mover.move_back()
        summary.update(present(result).recorded)
        return result


def return_outlook(workspace: Workspace, choice: WaveChoice) -> ReturnOutlook:
    """Whether tenants that were moved can go back, and since when what they wrote is in the source.

    Raises:
        RefusedError: no run is open, nobody is called so, or nobody of them has moved.
    """
    run = workspace.current_run()
    if run is None:
        raise RefusedError("No run is open.", "See what there was: migrator history.")
    followed = open_followed(RunContext(workspace, run))
    wanted = set(chosen_tenants(followed, choice))
    known = [one for one in followed.context.journal.followed_databases() if one.tenant in wanted]
    moved = [one for one in known if is_moved(one)]
    if not moved:
        raise RefusedError("None of these tenants has moved out of the source.", "See who has: migrator connections.")
    now = datetime.now(UTC)
    return ReturnOutlook(
        run.id,
        str(workspace.source),
        tuple(
            WayBackOfTenant(
                one.tenant, one.database, Stage(one.state), round((now - one.followed_at).total_seconds(), 1), one.error
            )
            for one in moved
        ),
    )


class _Mover:
    """One order for some tenants of a followed run."""

    def __init__(
        self, context: RunContext, choice: WaveChoice, freeze_limit: float | None, *, end_sessions: bool
    ) -> None:
        self.followed: FollowedRun = open_followed(context)
        self.context = self.followed.context
        online = self.context.settings.online
        if freeze_limit is not None:
            online = online.model_copy(update={"freeze_limit": freeze_limit})
        self.limits = WaveLimits(online.freeze_limit, online.decide_limit)
        self.options = WaveOptions.of(online, end_sessions=end_sessions)
        self.steps: Mapping[str, CreateDatabase] = {
            step.tenant: step for step in self.followed.databases.values() if step.tenant
        }
        self.known: Mapping[str, FollowedDatabase] = {
            one.tenant: one for one in self.context.journal.followed_databases() if one.tenant
        }
        self.chosen = chosen_tenants(self.followed, choice)

    def move_out(self) -> MovedWave:
        waves = self._by_wave(planned_waves(self.followed))
        parts = [self._move(wave, waves[wave]) for wave in sorted(waves)]
        return self._result("cutover", parts)

    def move_back(self) -> MovedWave:
        waves = self._by_wave({tenant: one.wave for tenant, one in self.known.items() if one.wave})
        parts = [
            self._conduct(wave, waves[wave], ReturnOrdered, lambda stage: stage not in _READY)
            for wave in sorted(waves, reverse=True)
        ]
        return self._result("return", parts)

    def _result(self, kind: Literal["cutover", "return"], parts: Sequence[WaveResult]) -> MovedWave:
        return MovedWave(
            self.context.id,
            str(self.context.source),
            kind,
            {tenant: self.steps[tenant].database for tenant in self.chosen},
            {tenant: state.stage for part in parts for tenant, state in part.tenants.items()},
            {tenant: why for part in parts for tenant, why in part.reasons.items()},
            tuple(part.frozen for part in parts if part.frozen is not None),
            tuple(part.refused for part in parts if part.refused is not None),
            tuple(part.times for part in parts),
        )

    def _move(self, wave: int, tenants: Sequence[str]) -> WaveResult:
        self._prove([tenant for tenant in tenants if Stage(self.known[tenant].state) in _READY])
        return self._conduct(wave, tenants, CutoverOrdered, lambda stage: stage in (Stage.PROVED, Stage.ARMED))

    def _conduct(
        self,
        wave: int,
        tenants: Sequence[str],
        order: type[CutoverOrdered] | type[ReturnOrdered],
        wanted: Callable[[Stage], bool],
    ) -> WaveResult:
        """Goes on with whatever an earlier call has left, then gives the order to those whom it concerns."""
        forms = gate_forms(
            self.followed.captured, self.followed.survey.placements, self.followed.survey.catalog, self.context.id
        )
        names = {tenant: self.steps[tenant].database for tenant in tenants}
        with (
            FollowedWave(self.followed, names) as work,
            WaveDatabases(
                self.context.workspace.source_rows,
                wave,
                forms,
                {tenant: self._database(self.steps[tenant]) for tenant in tenants},
                work,
                self.options,
                self.context.progress.say,
            ) as databases,
        ):
            resumed = resume_wave(tenants, databases.carry_out, databases.read, self.limits)
            ready = [tenant for tenant in resumed.tenants.values() if wanted(tenant.stage)]
            if not ready:
                return resumed
            moved = conduct_wave(ready, order(), databases.carry_out, databases.read, self.limits)
            return replace(
                moved,
                tenants={**resumed.tenants, **moved.tenants},
                reasons={**resumed.reasons, **moved.reasons},
                times=(*resumed.times, *moved.times),
            )

    def _prove(self, tenants: Sequence[str]) -> None:
        """Compares both sides of those whose last proof is too old, before anybody is held up."""
        now, age = time.time(), self.context.settings.online.proof_age
        due = [
            self.steps[tenant].database
            for tenant in tenants
            if (at := self.known[tenant].proved_at) is None or now - at.timestamp() > age
        ]
        journal = self.context.journal
        if due:
            self.context.progress.say(f"comparing {len(due)} databases with the source before they are moved")
            with Rounds(self.followed, jobs=1, sessions=len(due)) as rounds:
                result = rounds.bring_on(due, proved=True)
            for name, position in result.positions.items():
                journal.record_positions([name], str(position), proved=True)
            journal.record_failures({name: error.message for name, error in result.failures.items()})
            journal.move(list(result.failures), Stage.FOLLOWED)
            due = list(result.failures)
        proved = [self.steps[tenant].database for tenant in tenants if self.steps[tenant].database not in due]
        journal.move(proved, Stage.PROVED)

    def _database(self, step: CreateDatabase) -> TenantDatabase:
        """The tenant's database, and what its triggers and constraints are in the template."""
        template = next(
            self.context.server(prepared.server).at(prepared.template)
            for prepared in self.followed.plan.of(PrepareTarget)
            if prepared.target == step.target
        )
        with session(template, purpose="cutover", settings=READ_ONLY) as connection:
            triggers = own_triggers(connection, self.followed.closed_tables(step))
            constraints = own_flags(connection, self.followed.flows[step.target].cyclic)
        return TenantDatabase(self.followed.endpoint(step.database), triggers, constraints)

    def _by_wave(self, waves: Mapping[str, int]) -> Mapping[int, Sequence[str]]:
        """The chosen tenants by their wave; without those that are in none."""
        by_wave: dict[int, list[str]] = {}
        for tenant in self.chosen:
            if tenant in waves:
                by_wave.setdefault(waves[tenant], []).append(tenant)
        return by_wave
