"""What is wrong with the data, in known numbers: the bad rows that audit, dry-run and clean must find.

The sets do not overlap: no bad row is bad in two ways, and none hangs on another kind's. So every number holds in
whatever order the kinds are treated, and each can be counted with a single query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .sizes import Sizes

# A company that no row of societes has, and the first of the identifiers of articles and invoices that never existed.
UNKNOWN_SOCIETE = 999_999
MISSING = 900_000_000_000


@dataclass(frozen=True, slots=True)
class SoftDeleted:
    """Rows with deleted_at set: `old` in 2015 to 2018, `recent` in 2024 or, for documents, not before 2099."""

    old: int
    recent: int


@dataclass(frozen=True, slots=True)
class Flaws:
    """The bad rows of one generated monolith.

    `orphans` are keyed by column, the others by table. `global_rows` belong to no company by intent, `unowned` rows by
    accident. `*_dependents` are the rows that hang on bad rows by foreign keys.
    """

    test_accounts: int
    test_account_dependents: Mapping[str, int]
    expired_sessions: int
    soft_deleted: Mapping[str, SoftDeleted]
    soft_deleted_dependents: Mapping[str, int]
    orphans: Mapping[str, int]
    orphan_dependents: Mapping[str, int]
    unowned: Mapping[str, int]
    global_rows: Mapping[str, int]
    cross_tenant: Mapping[str, int]
    cross_tenant_dependents: Mapping[str, int]


def flaws(sizes: Sizes) -> Flaws:
    """The bad rows that a monolith of these sizes has.

    A monolith of one company has no rows of another company and none of no company, and fewer tables to hang on.
    """
    every_second_account = (sizes.test_accounts + 1) // 2
    common = {"user_sessions": sizes.test_accounts}
    members = {
        "api_tokens": every_second_account,
        "notifications": every_second_account,
        "societe_users": sizes.test_accounts,
    }
    many = sizes.shape == "many"
    return Flaws(
        test_accounts=sizes.test_accounts,
        test_account_dependents=common | members if many else common,
        expired_sessions=sizes.expired_sessions,
        soft_deleted={
            "clients": SoftDeleted(sizes.old_clients, sizes.recent_clients),
            "documents": SoftDeleted(sizes.old_documents, sizes.later_documents),
            "users": SoftDeleted(sizes.former_users, 0),
        },
        soft_deleted_dependents={"contacts": sizes.old_clients},
        orphans={
            "commande_lignes.article_id": sizes.orphan_lignes,
            "paiements.facture_id": sizes.orphan_paiements,
        },
        orphan_dependents={"rapprochements": (sizes.orphan_paiements + 1) // 2} if many else {},
        unowned={"audit_log": sizes.lost_history, "documents": sizes.lost_documents} if many else {},
        global_rows=({"categories": sizes.global_categories, "parametres": sizes.global_parametres} if many else {}),
        cross_tenant={"devis": sizes.foreign_devis, "documents": sizes.foreign_documents} if many else {},
        cross_tenant_dependents={"devis_lignes": 2 * sizes.foreign_devis} if many else {},
    )
