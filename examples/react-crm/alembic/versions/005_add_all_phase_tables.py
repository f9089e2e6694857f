"""Add all phase tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, ENUM, JSONB

revision: str = "005"
down_revision: str | None = "004"
branch_labels: str | None = None
depends_on: str | None = None

# The database has these already: see bootstrap.sql.
JobType = ENUM(name="work_order_job_type_enum", create_type=False)
Priority = ENUM(name="work_order_priority_enum", create_type=False)


def upgrade() -> None:
    op.create_table(
        "ai_embeddings",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("entity_type", sa.String(50), nullable=False),
        sa.Column("entity_id", sa.String(36), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("embedding", ARRAY(sa.Float)),
        sa.Column("model_name", sa.String(100)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_ai_embeddings_entity_id", "ai_embeddings", ["entity_id"])
    op.create_table(
        "ai_conversations",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("api_users.id"), nullable=False),
        sa.Column("title", sa.String(255)),
        sa.Column("context", JSONB),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_ai_conversations_user_id", "ai_conversations", ["user_id"])
    op.create_table(
        "ai_messages",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "conversation_id", sa.String(36), sa.ForeignKey("ai_conversations.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("content", sa.Text),
        sa.Column("tokens_used", sa.Integer),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_ai_messages_conversation_id", "ai_messages", ["conversation_id"])
    op.create_table(
        "call_logs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id")),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("api_users.id")),
        sa.Column("direction", sa.String(10), nullable=False),
        sa.Column("phone", sa.String(30)),
        sa.Column("duration", sa.Integer),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("recording_url", sa.String(255)),
        sa.Column("transcript", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_call_logs_customer_id", "call_logs", ["customer_id"])
    op.create_table(
        "signature_requests",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("document_type", sa.String(50), nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("access_token", sa.String(100), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_signature_requests_customer_id", "signature_requests", ["customer_id"])
    op.create_index("ix_signature_requests_access_token", "signature_requests", ["access_token"], unique=True)
    op.create_table(
        "signatures",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "request_id", sa.String(36), sa.ForeignKey("signature_requests.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("signer_name", sa.String(200), nullable=False),
        sa.Column("signer_email", sa.String(255)),
        sa.Column("signature_data", sa.Text),
        sa.Column("ip_address", sa.String(45)),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_signatures_request_id", "signatures", ["request_id"])
    op.create_table(
        "signed_documents",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "request_id", sa.String(36), sa.ForeignKey("signature_requests.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("signature_id", sa.String(36), sa.ForeignKey("signatures.id")),
        sa.Column("document_url", sa.String(255), nullable=False),
        sa.Column("document_hash", sa.String(128), nullable=False),
        sa.Column("content", sa.LargeBinary),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_signed_documents_request_id", "signed_documents", ["request_id"])
    op.create_table(
        "service_catalog",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("code", sa.String(50), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("job_type", JobType),
        sa.Column("base_price", sa.Numeric(10, 2), nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_service_catalog_code", "service_catalog", ["code"], unique=True)
    op.create_table(
        "pricing_zones",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("code", sa.String(30), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("postal_codes", ARRAY(sa.Text)),
        sa.Column("multiplier", sa.Numeric(5, 3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_pricing_zones_code", "pricing_zones", ["code"], unique=True)
    op.create_table(
        "pricing_rules",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("service_id", sa.String(36), sa.ForeignKey("service_catalog.id"), nullable=False),
        sa.Column("zone_id", sa.String(36), sa.ForeignKey("pricing_zones.id")),
        sa.Column("rule_type", sa.String(50), nullable=False),
        sa.Column("conditions", JSONB),
        sa.Column("adjustment", sa.Numeric(8, 2), nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_pricing_rules_service_id", "pricing_rules", ["service_id"])
    op.create_table(
        "customer_pricing_tiers",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("tier_name", sa.String(50), nullable=False),
        sa.Column("discount_percent", sa.Numeric(5, 2), nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_customer_pricing_tiers_customer_id", "customer_pricing_tiers", ["customer_id"])
    op.create_table(
        "ai_agents",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("agent_type", sa.String(50), nullable=False),
        sa.Column("system_prompt", sa.Text),
        sa.Column("config", JSONB),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_ai_agents_name", "ai_agents", ["name"], unique=True)
    op.create_table(
        "agent_conversations",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("agent_id", sa.String(36), sa.ForeignKey("ai_agents.id"), nullable=False),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id")),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_agent_conversations_agent_id", "agent_conversations", ["agent_id"])
    op.create_index("ix_agent_conversations_customer_id", "agent_conversations", ["customer_id"])
    op.create_table(
        "agent_messages",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "conversation_id",
            sa.String(36),
            sa.ForeignKey("agent_conversations.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("content", sa.Text),
        sa.Column("tool_calls", JSONB),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_agent_messages_conversation_id", "agent_messages", ["conversation_id"])
    op.create_table(
        "agent_tasks",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("agent_id", sa.String(36), sa.ForeignKey("ai_agents.id"), nullable=False),
        sa.Column("conversation_id", sa.String(36), sa.ForeignKey("agent_conversations.id")),
        sa.Column("task_type", sa.String(50), nullable=False),
        sa.Column("priority", Priority, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("payload", JSONB),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_agent_tasks_agent_id", "agent_tasks", ["agent_id"])
    op.create_table(
        "prediction_models",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("model_type", sa.String(50), nullable=False),
        sa.Column("version", sa.String(20), nullable=False),
        sa.Column("metrics", JSONB),
        sa.Column("trained_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_prediction_models_name", "prediction_models", ["name"], unique=True)
    op.create_table(
        "lead_scores",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("model_id", sa.String(36), sa.ForeignKey("prediction_models.id")),
        sa.Column("score", sa.Numeric(5, 2), nullable=False),
        sa.Column("factors", JSONB),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_lead_scores_customer_id", "lead_scores", ["customer_id"])
    op.create_table(
        "churn_predictions",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("model_id", sa.String(36), sa.ForeignKey("prediction_models.id")),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("risk_level", sa.String(20)),
        sa.Column("factors", JSONB),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_churn_predictions_customer_id", "churn_predictions", ["customer_id"])
    op.create_table(
        "revenue_forecasts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("model_id", sa.String(36), sa.ForeignKey("prediction_models.id")),
        sa.Column("period_start", sa.Date, nullable=False),
        sa.Column("period_end", sa.Date, nullable=False),
        sa.Column("predicted", sa.Numeric(12, 2), nullable=False),
        sa.Column("lower_bound", sa.Numeric(12, 2)),
        sa.Column("upper_bound", sa.Numeric(12, 2)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_table(
        "deal_health",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("quote_id", sa.Integer, sa.ForeignKey("quotes.id"), nullable=False),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("health_score", sa.Numeric(5, 2), nullable=False),
        sa.Column("reasons", JSONB),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_deal_health_quote_id", "deal_health", ["quote_id"])
    op.create_table(
        "email_templates",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("code", sa.String(50), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("body_html", sa.Text),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_email_templates_code", "email_templates", ["code"], unique=True)
    op.create_table(
        "sms_templates",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("code", sa.String(50), nullable=False),
        sa.Column("body", sa.String(480)),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_sms_templates_code", "sms_templates", ["code"], unique=True)
    op.create_table(
        "marketing_campaigns",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("campaign_type", sa.String(50), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("email_template_id", sa.String(36), sa.ForeignKey("email_templates.id")),
        sa.Column("sms_template_id", sa.String(36), sa.ForeignKey("sms_templates.id")),
        sa.Column("budget", sa.Numeric(10, 2)),
        sa.Column("start_date", sa.Date),
        sa.Column("end_date", sa.Date),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_table(
        "marketing_workflows",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("campaign_id", sa.String(36), sa.ForeignKey("marketing_campaigns.id")),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("trigger_type", sa.String(50), nullable=False),
        sa.Column("steps", JSONB),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_marketing_workflows_campaign_id", "marketing_workflows", ["campaign_id"])
    op.create_table(
        "workflow_enrollments",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "workflow_id", sa.String(36), sa.ForeignKey("marketing_workflows.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("current_step", sa.Integer, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("next_run_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_workflow_enrollments_workflow_id", "workflow_enrollments", ["workflow_id"])
    op.create_index("ix_workflow_enrollments_customer_id", "workflow_enrollments", ["customer_id"])
    op.create_table(
        "payroll_periods",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("start_date", sa.Date, nullable=False),
        sa.Column("end_date", sa.Date, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("approved_by", sa.Integer, sa.ForeignKey("api_users.id")),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_table(
        "time_entries",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("technician_id", sa.String(36), sa.ForeignKey("technicians.id"), nullable=False),
        sa.Column("work_order_id", sa.String(36), sa.ForeignKey("work_orders.id")),
        sa.Column("payroll_period_id", sa.String(36), sa.ForeignKey("payroll_periods.id")),
        sa.Column("clock_in", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_out", sa.DateTime(timezone=True)),
        sa.Column("hours", sa.Numeric(6, 2)),
        sa.Column("entry_type", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_time_entries_technician_id", "time_entries", ["technician_id"])
    op.create_index("ix_time_entries_payroll_period_id", "time_entries", ["payroll_period_id"])
    op.create_table(
        "commissions",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("technician_id", sa.String(36), sa.ForeignKey("technicians.id"), nullable=False),
        sa.Column("work_order_id", sa.String(36), sa.ForeignKey("work_orders.id")),
        sa.Column("payroll_period_id", sa.String(36), sa.ForeignKey("payroll_periods.id")),
        sa.Column("rate", sa.Numeric(5, 2), nullable=False),
        sa.Column("amount", sa.Numeric(10, 2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_commissions_technician_id", "commissions", ["technician_id"])
    op.create_table(
        "technician_pay_rates",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("technician_id", sa.String(36), sa.ForeignKey("technicians.id"), nullable=False),
        sa.Column("hourly_rate", sa.Numeric(8, 2), nullable=False),
        sa.Column("overtime_multiplier", sa.Numeric(4, 2), nullable=False),
        sa.Column("effective_date", sa.Date, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_technician_pay_rates_technician_id", "technician_pay_rates", ["technician_id"])


def downgrade() -> None:
    for table in (
        "technician_pay_rates",
        "commissions",
        "time_entries",
        "payroll_periods",
        "workflow_enrollments",
        "marketing_workflows",
        "marketing_campaigns",
        "sms_templates",
        "email_templates",
        "deal_health",
        "revenue_forecasts",
        "churn_predictions",
        "lead_scores",
        "prediction_models",
        "agent_tasks",
        "agent_messages",
        "agent_conversations",
        "ai_agents",
        "customer_pricing_tiers",
        "pricing_rules",
        "pricing_zones",
        "service_catalog",
        "signed_documents",
        "signatures",
        "signature_requests",
        "call_logs",
        "ai_messages",
        "ai_conversations",
        "ai_embeddings",
    ):
        op.drop_table(table)
