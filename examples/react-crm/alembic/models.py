"""The models of the CRM's core: fourteen tables.

Those of the later phases are missing, so autogenerate takes their tables for leftovers. It is kept as it was found.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, ENUM, JSONB

metadata = sa.MetaData()

JobType = ENUM(
    "pumping",
    "inspection",
    "repair",
    "installation",
    "emergency",
    "maintenance",
    "grease_trap",
    "camera_inspection",
    name="work_order_job_type_enum",
    create_type=False,
)
Priority = ENUM("low", "normal", "high", "urgent", "emergency", name="work_order_priority_enum", create_type=False)
Status = ENUM(
    "draft",
    "scheduled",
    "confirmed",
    "enroute",
    "on_site",
    "in_progress",
    "completed",
    "canceled",
    "requires_followup",
    name="work_order_status_enum",
    create_type=False,
)


def created_at() -> sa.Column[object]:
    """When a row was made."""
    return sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


api_users = sa.Table(
    "api_users",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, index=True),
    sa.Column("email", sa.String(255), unique=True, index=True, nullable=False),
    sa.Column("hashed_password", sa.String(255), nullable=False),
    sa.Column("first_name", sa.String(100)),
    sa.Column("last_name", sa.String(100)),
    sa.Column("is_active", sa.Boolean, server_default=sa.true()),
    sa.Column("is_superuser", sa.Boolean, server_default=sa.false()),
    sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    sa.Column("updated_at", sa.DateTime(timezone=True)),
)

customers = sa.Table(
    "customers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, index=True),
    sa.Column("first_name", sa.String(100)),
    sa.Column("last_name", sa.String(100), nullable=False),
    sa.Column("company_name", sa.String(200)),
    sa.Column("email", sa.String(255), index=True),
    sa.Column("phone", sa.String(30)),
    sa.Column("address_line1", sa.String(255)),
    sa.Column("city", sa.String(100)),
    sa.Column("state", sa.String(2)),
    sa.Column("postal_code", sa.String(20)),
    sa.Column("latitude", sa.Float),
    sa.Column("longitude", sa.Float),
    sa.Column("customer_type", sa.String(30)),
    sa.Column("tags", ARRAY(sa.Text), server_default="{}", nullable=False),
    sa.Column("notes", sa.Text),
    sa.Column("is_archived", sa.Boolean, server_default=sa.false(), nullable=False),
    created_at(),
    sa.Column("updated_at", sa.DateTime(timezone=True)),
)

work_orders = sa.Table(
    "work_orders",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True, index=True),
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), index=True, nullable=False),
    sa.Column("technician_id", sa.String(36), sa.ForeignKey("technicians.id"), index=True),
    sa.Column("job_type", JobType, nullable=False),
    sa.Column("priority", Priority, server_default="normal"),
    sa.Column("status", Status, server_default="draft"),
    sa.Column("scheduled_date", sa.Date),
    sa.Column("time_window_start", sa.Time),
    sa.Column("time_window_end", sa.Time),
    sa.Column("estimated_duration_hours", sa.Numeric(5, 2)),
    sa.Column("total_amount", sa.Numeric(10, 2)),
    sa.Column("service_address", sa.String(255)),
    sa.Column("checklist", JSONB),
    sa.Column("notes", sa.Text),
    created_at(),
    sa.Column("updated_at", sa.DateTime(timezone=True)),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id")),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("direction", sa.String(10), nullable=False),
    sa.Column("from_number", sa.String(30)),
    sa.Column("to_number", sa.String(30)),
    sa.Column("subject", sa.String(255)),
    sa.Column("body", sa.Text),
    sa.Column("status", sa.String(20)),
    sa.Column("external_id", sa.String(100)),
    sa.Column("sent_at", sa.DateTime(timezone=True)),
    created_at(),
)

technicians = sa.Table(
    "technicians",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("first_name", sa.String(100), nullable=False),
    sa.Column("last_name", sa.String(100), nullable=False),
    sa.Column("email", sa.String(255), index=True),
    sa.Column("phone", sa.String(30)),
    sa.Column("employee_number", sa.String(30)),
    sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("skills", ARRAY(sa.Text)),
    sa.Column("home_region", sa.String(80)),
    sa.Column("hire_date", sa.Date),
    sa.Column("hourly_rate", sa.Numeric(8, 2)),
    created_at(),
)

invoices = sa.Table(
    "invoices",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
    sa.Column("work_order_id", sa.String(36), sa.ForeignKey("work_orders.id")),
    sa.Column("invoice_number", sa.String(50), unique=True, index=True, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("issue_date", sa.Date, nullable=False),
    sa.Column("due_date", sa.Date),
    sa.Column("amount", sa.Numeric(10, 2), nullable=False),
    sa.Column("paid_date", sa.Date),
    sa.Column("line_items", JSONB),
    sa.Column("notes", sa.Text),
    created_at(),
)

payments = sa.Table(
    "payments",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("invoice_id", sa.Integer, sa.ForeignKey("invoices.id"), index=True, nullable=False),
    sa.Column("amount", sa.Numeric(10, 2), nullable=False),
    sa.Column("payment_method", sa.String(30), nullable=False),
    sa.Column("reference", sa.String(100)),
    sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
    created_at(),
)

quotes = sa.Table(
    "quotes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), index=True, nullable=False),
    sa.Column("quote_number", sa.String(50), unique=True, index=True, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("total", sa.Numeric(10, 2), nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("line_items", JSONB),
    sa.Column("terms", sa.Text),
    created_at(),
)

sms_consent = sa.Table(
    "sms_consent",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), index=True, nullable=False),
    sa.Column("phone_number", sa.String(30), unique=True, index=True, nullable=False),
    sa.Column("consent_status", sa.String(20), nullable=False),
    sa.Column("opt_in_source", sa.String(50)),
    sa.Column("opted_in_at", sa.DateTime(timezone=True)),
    sa.Column("opted_out_at", sa.DateTime(timezone=True)),
    created_at(),
)

sms_consent_audit = sa.Table(
    "sms_consent_audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("consent_id", sa.Integer, sa.ForeignKey("sms_consent.id"), index=True, nullable=False),
    sa.Column("action", sa.String(30), nullable=False),
    sa.Column("previous_status", sa.String(20)),
    sa.Column("new_status", sa.String(20)),
    sa.Column("ip_address", sa.String(45)),
    sa.Column("performed_by", sa.Integer, sa.ForeignKey("api_users.id")),
    created_at(),
)

activities = sa.Table(
    "activities",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
    sa.Column("work_order_id", sa.String(36), sa.ForeignKey("work_orders.id")),
    sa.Column("activity_type", sa.String(30), nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("performed_by", sa.Integer, sa.ForeignKey("api_users.id")),
    created_at(),
)

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), index=True, nullable=False),
    sa.Column("assigned_to", sa.Integer, sa.ForeignKey("api_users.id")),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("priority", Priority),
    sa.Column("resolved_at", sa.DateTime(timezone=True)),
    created_at(),
)

equipment = sa.Table(
    "equipment",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), index=True, nullable=False),
    sa.Column("work_order_id", sa.String(36), sa.ForeignKey("work_orders.id")),
    sa.Column("equipment_type", sa.String(50), nullable=False),
    sa.Column("manufacturer", sa.String(100)),
    sa.Column("model", sa.String(100)),
    sa.Column("serial_number", sa.String(100)),
    sa.Column("install_date", sa.Date),
    sa.Column("capacity_gallons", sa.Integer),
    sa.Column("condition", sa.String(30)),
    created_at(),
)

inventory_items = sa.Table(
    "inventory_items",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sku", sa.String(50), unique=True, index=True, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("unit_price", sa.Numeric(10, 2)),
    sa.Column("quantity_on_hand", sa.Integer, nullable=False),
    sa.Column("reorder_level", sa.Integer),
    sa.Column("supplier_name", sa.String(150)),
    created_at(),
)
