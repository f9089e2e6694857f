"""Which tenant of a run is meant: by its key, its slug or the name of its database, in every command alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from migrator.errors import RefusedError

if TYPE_CHECKING:
    from migrator.commands.shared.workspace import RunContext

P = TypeVar("P")


def of_tenant(
    context: RunContext, wanted: str, places: Sequence[P], names: Callable[[P], tuple[str | None, str]]
) -> list[P]:
    """Those of the run's `places` that are the named tenant's; `names` are a place's tenant key and database.

    A key counts before a slug, as the plan that the run carries out has them.

    Raises:
        RefusedError: none is.
    """
    plan = context.journal.plan()
    tenants = plan.tenants if plan is not None else ()
    keys = {wanted}
    if all(tenant.key != wanted for tenant in tenants):
        keys |= {tenant.key for tenant in tenants if tenant.slug == wanted}
    of_it = [place for place in places if names(place)[0] in keys or names(place)[1] == wanted]
    if not of_it:
        raise RefusedError(
            f"No database of run {context.id} is {wanted}'s.", "Name the tenant's key, slug or database."
        )
    return of_it
