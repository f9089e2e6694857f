"""Keeps tables together with those that they inherit from, which PostgreSQL wants in the same database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from migrator.core.init.proposal import Proposal
from migrator.core.init.sensitive import sensitive
from migrator.core.placement.inheritance import ancestors
from migrator.core.result.wording import listed
from migrator.core.schema.catalog import Catalog


def with_parents(catalog: Catalog, proposed: Iterable[Proposal]) -> tuple[Proposal, ...]:
    """The proposals, parents of tenants' tables replicated to the tenants where they are proposed for SHARED.

    Nothing sensitive is: there, and where a child is proposed for another place than its parent's, it is asked about.
    """
    proposals = {proposal.relation: proposal for proposal in proposed}
    settled = dict(proposals)
    for relation, proposal in proposals.items():
        if not proposal.target:
            continue
        for above in ancestors(catalog, relation):
            parent = settled.get(above)
            if (
                parent is None
                or not parent.target
                or parent.target == proposal.target
                or proposal.target in parent.replicate
            ):
                continue
            if proposal.target == "tenant" and parent.target == "shared" and sensitive(catalog.tables[above]) is None:
                children = [
                    str(one)
                    for one, other in proposals.items()
                    if other.target == "tenant" and above in ancestors(catalog, one)
                ]
                inherit = "inherits" if len(children) == 1 else "inherit"
                reason = f"{parent.reason}; {listed(children, 5)} of the tenants {inherit} from it"
                settled[above] = replace(parent, replicate=("tenant",), reason=reason)
                continue
            settled[relation] = replace(
                proposal,
                target="",
                decide=tuple(dict.fromkeys((proposal.target, parent.target))),
                reason=f"it inherits from {above}, which goes to {parent.target}, and the two have to be together; by "
                f"itself it would go to {proposal.target}: {proposal.reason}",
            )
            break
    return tuple(settled.values())
