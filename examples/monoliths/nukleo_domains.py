"""The unified database of an agency's hub: fifty models of eleven domains, to become eleven schemas."""

from __future__ import annotations

from types import MappingProxyType

from .fields import cuid
from .monolith import Monolith, with_expired, with_orphans, with_soft_deleted, with_test_accounts

_GONE = 0xD1  # of rows that never were


def _missing(row: int) -> str:
    return cuid(row, _GONE)


NUKLEO_DOMAINS = Monolith(
    name="nukleo-domains",
    owner="companies",
    rows=MappingProxyType(
        {
            "companies": 60,
            "users": 120,
            "sessions": 400,
            "user_access": 300,
            "menu_permissions": 300,
            "contacts": 300,
            "opportunities": 500,
            "projects": 240,
            "project_phases": 900,
            "tasks": 4_000,
            "documents": 1_000,
            "task_documents": 800,
            "employees": 80,
            "time_entries": 9_000,
            "weekly_timesheets": 1_500,
            "vacation_balances": 160,
            "invoices": 1_200,
            "invoice_items": 4_000,
            "payments": 900,
            "communication_clients": 60,
            "communication_strategies": 80,
            "contracts": 240,
            "approval_workflows": 12,
            "approval_steps": 40,
            "ticket_responses": 1_500,
            "chat_messages": 4_000,
            "notifications": 4_000,
            "notification_preferences": 200,
            "activity_logs": 6_000,
            "api_keys": 20,
            "policy_acknowledgments": 300,
        }
    ),
    fixed=MappingProxyType({"client_categories": 5, "contract_templates": 6, "policies": 6, "system_settings": 5}),
    vocabulary=MappingProxyType(
        {
            "client_categories.name": ("PME", "Grand compte", "Association", "Collectivité", "Jeune pousse"),
            "module": ("projects", "billing", "team", "support"),
            "menu": ("dashboard", "commercial", "projects", "billing"),
            "vacation_balances.year": ("2022", "2023", "2024"),
            "system_settings.key": ("branding", "smtp", "fiscal_year", "languages", "retention"),
            "contract_templates.name": ("Mandat", "Forfait", "Régie", "Hébergement", "Entretien", "Confidentialité"),
            "action": ("created", "updated", "deleted", "approved"),
        }
    ),
    flaws=(
        with_test_accounts("users", "email", 8),
        with_expired("sessions", "expiresAt", 25),
        with_soft_deleted("contacts", "deletedAt", 10),
        with_orphans("documents", "projectId", "projects", _missing, 6),
        with_orphans("activity_logs", "userId", "users", _missing, 14),
    ),
)
