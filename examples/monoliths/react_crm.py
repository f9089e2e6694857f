"""The database of one company's field service CRM, and what two of its tables say about customers that are gone."""

from __future__ import annotations

from types import MappingProxyType

from .monolith import Monolith, with_expired, with_orphans, with_test_accounts


def _missing(row: int) -> str:
    return str(900_000_000 + row)


REACT_CRM = Monolith(
    name="react-crm",
    owner="customers",
    rows=MappingProxyType(
        {
            "customers": 300,
            "api_users": 40,
            "technicians": 25,
            "work_orders": 3_000,
            "messages": 5_000,
            "invoices": 2_000,
            "payments": 1_800,
            "activities": 5_000,
            "job_costs": 3_000,
            "time_entries": 4_000,
            "call_logs": 2_000,
            "ai_conversations": 200,
            "ai_messages": 1_500,
            "payroll_periods": 26,
            "marketing_campaigns": 12,
            "marketing_workflows": 12,
            "api_clients": 6,
            "api_tokens": 120,
        }
    ),
    fixed=MappingProxyType(
        {
            "alembic_version": 1,
            "service_catalog": 14,
            "pricing_zones": 6,
            "call_dispositions": 7,
            "email_templates": 9,
            "sms_templates": 9,
            "contract_templates": 4,
            "ai_agents": 4,
            "prediction_models": 4,
        }
    ),
    vocabulary=MappingProxyType(
        {
            "alembic_version.version_num": ("011",),
            "direction": ("inbound", "outbound"),
            "role": ("user", "assistant", "system"),
            "channel": ("sms", "email", "call"),
            "result": ("passed", "failed", "follow-up"),
            "risk_level": ("low", "medium", "high"),
            "payment_method": ("card", "cash", "check", "ach"),
        }
    ),
    flaws=(
        with_test_accounts("api_users", "email", 5),
        with_expired("api_tokens", "expires_at", 18),
        with_orphans("messages", "customer_id", "customers", _missing, 12),
    ),
)
