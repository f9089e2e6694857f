"""The doors of a wave's databases: opened for a fence, made to be shut, and shut again, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from migrator.commands.cutover.options import WaveOptions
from migrator.commands.cutover.protocol import Answer, Because
from migrator.commands.cutover.sessions import WaveSessions, failures
from migrator.commands.cutover.source_gate import LOST_FENCE, say_who_is_behind
from migrator.core.online.recovery import Door
from migrator.core.online.tenant_events import Armed, DoorOpened, DoorRefused, DoorShut, Frozen, NotFrozen
from migrator.errors import MigratorError
from migrator.postgres.gate.decision import snapshot_with_fences
from migrator.postgres.gate.door import (
    ConstraintFlags,
    TriggerState,
    begin_return,
    cancel_return,
    open_door,
    read_door,
    require_shutting,
    shut_door,
    snapshot_before_opening,
    void_door,
)
from migrator.postgres.gate.freeze import Gate, GateBusyError, shut_gate
from migrator.postgres.gate.locks import DOOR
from migrator.postgres.gate.older_transactions import wait_for_older_transactions
from migrator.postgres.session.connect import Connection, Endpoint
from migrator.postgres.sync.positions import write_position


@dataclass(frozen=True)
class TenantDatabase:
    """The database of a tenant, and what its triggers and constraints are to be once the application is there."""

    endpoint: Endpoint
    triggers: tuple[TriggerState, ...] = ()
    constraints: tuple[ConstraintFlags, ...] = ()


class Doors:
    """The doors of the databases of a wave's tenants."""

    def __init__(
        self,
        sessions: WaveSessions,
        databases: Mapping[str, TenantDatabase],
        options: WaveOptions,
        say: Callable[[str], None],
    ) -> None:
        self._sessions, self._databases, self._options, self._say = sessions, databases, options, say
        self._shutting_since: dict[str, int] = {}

    def begin_return(self, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Makes all writers come in at the doors, so that these can be shut."""

        def begin(tenant: str, target: Connection) -> Answer:
            since = begin_return(target)
            wait_for_older_transactions(target, since, patience=self._options.arming_patience, say=self._say)
            self._sessions.session("lock", tenant)
            self._shutting_since[tenant] = since
            return Armed()

        return self._sessions.in_each(tenants, begin)

    def cancel_return(self, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Takes that back."""
        return failures(self._sessions.in_each(tenants, lambda _, target: cancel_return(target)))

    def freeze(self, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Holds the doors shut for as long as their sessions last."""

        def freeze(tenant: str, connection: Connection) -> Answer:
            door = self._door(tenant, connection)
            try:
                shut_gate(door, self._options.attempts, self._say, end_sessions=self._options.end_sessions)
            except GateBusyError as error:
                return Because(NotFrozen(), error.message)
            require_shutting(door, self._shutting_since.get(tenant, 0))
            return Frozen()

        return self._sessions.in_each(tenants, freeze, "lock")

    def release(self, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Lets go of the doors; where that cannot be said to a session, by ending it."""
        there = [tenant for tenant in tenants if self._sessions.has("lock", tenant)]
        self._sessions.in_each(there, lambda tenant, connection: self._door(tenant, connection).open(), "lock")
        return {}

    def open(self, tenants: Sequence[str], generation: int) -> Mapping[str, Answer]:
        """Opens the doors for a fence.

        From where on changes are carried back is written down in the source before there can be any. Nobody writes in
        such a database until its door opens, so it does not matter how long before.
        """
        before = self._sessions.in_each(tenants, lambda _, target: snapshot_before_opening(target))
        ready = {tenant: began for tenant, began in before.items() if not isinstance(began, MigratorError)}
        with self._sessions.working() as source, source.transaction():
            for tenant, began in ready.items():
                if began is not None:
                    write_position(source, began, side=self._sessions.endpoint(tenant).database)

        def opened(tenant: str, target: Connection) -> Answer:
            database = self._databases[tenant]
            known = open_door(target, generation, database.triggers, database.constraints)
            return DoorOpened() if known is not None else DoorRefused()

        return {**failures(before), **self._sessions.in_each(list(ready), opened)}

    def void(self, tenants: Sequence[str], generation: int) -> Mapping[str, Answer]:
        """Lets the doors never open for that fence."""
        return self._sessions.in_each(
            tenants, lambda _, target: DoorShut() if void_door(target, generation) else DoorRefused()
        )

    def shut(self, tenants: Sequence[str], generation: int) -> Mapping[str, Answer]:
        """Shuts, for good, the doors that are held."""

        def shut(tenant: str, connection: Connection) -> Answer:
            return DoorShut() if shut_door(self._door(tenant, connection), generation) else DoorRefused()

        return self._sessions.in_each(tenants, shut, "lock")

    def await_standbys(self, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Waits for the standbys of the databases' servers as long as it may."""
        return failures(
            self._sessions.in_each(tenants, lambda _, target: say_who_is_behind(target, self._options, self._say))
        )

    def take_position(self, tenants: Sequence[str], generation: int) -> Mapping[str, Answer]:
        """Writes down that the databases are what the source holds now, where the fences still stand."""
        with self._sessions.working() as source:
            position, fences = snapshot_with_fences(source)

        def take(_: str, target: Connection) -> None:
            with target.transaction():
                write_position(target, position)

        lost: dict[str, Answer] = {tenant: LOST_FENCE for tenant in tenants if fences.get(tenant) != generation}
        return {**lost, **failures(self._sessions.in_each([one for one in tenants if one not in lost], take))}

    def read(self, tenants: Sequence[str]) -> Mapping[str, Door | MigratorError]:
        """What each door was used for last, and whether it is open."""

        def read(_: str, target: Connection) -> Door:
            state = read_door(target)
            return Door(state.generation, state.open)

        return self._sessions.in_each(tenants, read)

    def _door(self, tenant: str, connection: Connection) -> Gate:
        return Gate(connection, self._sessions.endpoint(tenant), DOOR, self._options.times)
