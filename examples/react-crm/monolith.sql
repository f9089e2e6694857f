-- The database of one company's field service CRM, as it runs: what bootstrap.sql made, revisions 001 to 010, and
-- revision 011 as it was corrected by hand on that server; alembic/versions/ has it as it was found.
--
-- Dumped from there. This file makes types, tables and sequences, monolith_after_load.sql the keys and indexes.

CREATE TYPE work_order_job_type_enum AS ENUM (
    'pumping',
    'inspection',
    'repair',
    'installation',
    'emergency',
    'maintenance',
    'grease_trap',
    'camera_inspection'
);

CREATE TYPE work_order_priority_enum AS ENUM (
    'low',
    'normal',
    'high',
    'urgent',
    'emergency'
);

CREATE TYPE work_order_status_enum AS ENUM (
    'draft',
    'scheduled',
    'confirmed',
    'enroute',
    'on_site',
    'in_progress',
    'completed',
    'canceled',
    'requires_followup'
);

CREATE TABLE activities (
    id integer NOT NULL,
    customer_id integer NOT NULL,
    work_order_id character varying(36),
    activity_type character varying(30) NOT NULL,
    description text,
    performed_by integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE SEQUENCE activities_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE activities_id_seq OWNED BY activities.id;

CREATE TABLE agent_conversations (
    id character varying(36) NOT NULL,
    agent_id character varying(36) NOT NULL,
    customer_id integer,
    channel character varying(20) NOT NULL,
    status character varying(20) NOT NULL,
    ended_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE agent_messages (
    id character varying(36) NOT NULL,
    conversation_id character varying(36) NOT NULL,
    role character varying(20) NOT NULL,
    content text,
    tool_calls jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE agent_tasks (
    id character varying(36) NOT NULL,
    agent_id character varying(36) NOT NULL,
    conversation_id character varying(36),
    task_type character varying(50) NOT NULL,
    priority work_order_priority_enum NOT NULL,
    status character varying(20) NOT NULL,
    payload jsonb,
    due_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE ai_agents (
    id character varying(36) NOT NULL,
    name character varying(100) NOT NULL,
    agent_type character varying(50) NOT NULL,
    system_prompt text,
    config jsonb,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE ai_conversations (
    id character varying(36) NOT NULL,
    user_id integer NOT NULL,
    title character varying(255),
    context jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE ai_embeddings (
    id character varying(36) NOT NULL,
    entity_type character varying(50) NOT NULL,
    entity_id character varying(36) NOT NULL,
    content text NOT NULL,
    embedding double precision[],
    model_name character varying(100),
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE ai_messages (
    id character varying(36) NOT NULL,
    conversation_id character varying(36) NOT NULL,
    role character varying(20) NOT NULL,
    content text,
    tokens_used integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE alembic_version (
    version_num character varying(32) NOT NULL
);

CREATE TABLE api_clients (
    id integer NOT NULL,
    client_id character varying(64) NOT NULL,
    client_secret_hash character varying(255) NOT NULL,
    name character varying(150) NOT NULL,
    scopes text[],
    rate_limit_per_minute integer,
    owner_user_id integer,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE SEQUENCE api_clients_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE api_clients_id_seq OWNED BY api_clients.id;

CREATE TABLE api_tokens (
    id integer NOT NULL,
    client_id integer NOT NULL,
    token_hash character varying(255) NOT NULL,
    refresh_token_hash character varying(255),
    scopes text[],
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE SEQUENCE api_tokens_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE api_tokens_id_seq OWNED BY api_tokens.id;

CREATE TABLE api_users (
    id integer NOT NULL,
    email character varying(255) NOT NULL,
    hashed_password character varying(255) NOT NULL,
    first_name character varying(100),
    last_name character varying(100),
    is_active boolean DEFAULT true,
    is_superuser boolean DEFAULT false,
    created_at timestamp with time zone DEFAULT now(),
    updated_at timestamp with time zone
);

CREATE SEQUENCE api_users_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE api_users_id_seq OWNED BY api_users.id;

CREATE TABLE call_dispositions (
    id integer NOT NULL,
    code character varying(30) NOT NULL,
    name character varying(100) NOT NULL,
    color character varying(7),
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE SEQUENCE call_dispositions_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE call_dispositions_id_seq OWNED BY call_dispositions.id;

CREATE TABLE call_logs (
    id integer NOT NULL,
    customer_id integer,
    user_id integer,
    direction character varying(10) NOT NULL,
    caller_number character varying(30),
    duration_seconds integer,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    recording_url character varying(255),
    transcript text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    called_number character varying(30),
    call_status character varying(20) DEFAULT 'completed'::character varying NOT NULL,
    disposition_id integer
);

CREATE SEQUENCE call_logs_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE call_logs_id_seq OWNED BY call_logs.id;

CREATE TABLE certifications (
    id character varying(36) NOT NULL,
    technician_id character varying(36) NOT NULL,
    name character varying(150) NOT NULL,
    certificate_number character varying(50),
    issued_on date NOT NULL,
    expires_on date,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE churn_predictions (
    id character varying(36) NOT NULL,
    customer_id integer NOT NULL,
    model_id character varying(36),
    probability double precision NOT NULL,
    risk_level character varying(20),
    factors jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE commissions (
    id character varying(36) NOT NULL,
    technician_id character varying(36) NOT NULL,
    work_order_id character varying(36),
    payroll_period_id character varying(36),
    rate numeric(5,2) NOT NULL,
    amount numeric(10,2) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE contract_templates (
    id character varying(36) NOT NULL,
    name character varying(150) NOT NULL,
    body text,
    version integer NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE contracts (
    id character varying(36) NOT NULL,
    customer_id integer NOT NULL,
    template_id character varying(36),
    contract_number character varying(50) NOT NULL,
    status character varying(20) NOT NULL,
    start_date date NOT NULL,
    end_date date,
    total_value numeric(12,2) NOT NULL,
    terms text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE customer_pricing_tiers (
    id character varying(36) NOT NULL,
    customer_id integer NOT NULL,
    tier_name character varying(50) NOT NULL,
    discount_percent numeric(5,2) NOT NULL,
    valid_until date,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE customers (
    id integer NOT NULL,
    first_name character varying(100),
    last_name character varying(100) NOT NULL,
    company_name character varying(200),
    email character varying(255),
    phone character varying(30),
    address_line1 character varying(255),
    city character varying(100),
    state character varying(2),
    postal_code character varying(20),
    latitude double precision,
    longitude double precision,
    customer_type character varying(30),
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    notes text,
    is_archived boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone
);

CREATE SEQUENCE customers_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE customers_id_seq OWNED BY customers.id;

CREATE TABLE deal_health (
    id character varying(36) NOT NULL,
    quote_id integer NOT NULL,
    customer_id integer NOT NULL,
    health_score numeric(5,2) NOT NULL,
    reasons jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE email_templates (
    id character varying(36) NOT NULL,
    code character varying(50) NOT NULL,
    subject character varying(255) NOT NULL,
    body_html text,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE equipment (
    id integer NOT NULL,
    customer_id integer NOT NULL,
    work_order_id character varying(36),
    equipment_type character varying(50) NOT NULL,
    manufacturer character varying(100),
    model character varying(100),
    serial_number character varying(100),
    install_date date,
    capacity_gallons integer,
    condition character varying(30),
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE SEQUENCE equipment_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE equipment_id_seq OWNED BY equipment.id;

CREATE TABLE inspections (
    id character varying(36) NOT NULL,
    customer_id integer NOT NULL,
    work_order_id character varying(36),
    technician_id character varying(36),
    inspection_type character varying(50) NOT NULL,
    result character varying(20) NOT NULL,
    findings jsonb,
    inspected_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE inventory_items (
    id integer NOT NULL,
    sku character varying(50) NOT NULL,
    name character varying(200) NOT NULL,
    description text,
    unit_price numeric(10,2),
    quantity_on_hand integer NOT NULL,
    reorder_level integer,
    supplier_name character varying(150),
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE SEQUENCE inventory_items_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE inventory_items_id_seq OWNED BY inventory_items.id;

CREATE TABLE invoices (
    id integer NOT NULL,
    customer_id integer NOT NULL,
    work_order_id character varying(36),
    invoice_number character varying(50) NOT NULL,
    status character varying(20) NOT NULL,
    issue_date date NOT NULL,
    due_date date,
    amount numeric(10,2) NOT NULL,
    paid_date date,
    line_items jsonb,
    notes text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE SEQUENCE invoices_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE invoices_id_seq OWNED BY invoices.id;

CREATE TABLE job_costs (
    id character varying(36) NOT NULL,
    work_order_id character varying(36) NOT NULL,
    technician_id character varying(36),
    job_type work_order_job_type_enum,
    cost_type character varying(30) NOT NULL,
    quantity numeric(10,2) NOT NULL,
    unit_cost numeric(10,2) NOT NULL,
    total_cost numeric(12,2) NOT NULL,
    is_billable boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE lead_scores (
    id character varying(36) NOT NULL,
    customer_id integer NOT NULL,
    model_id character varying(36),
    score numeric(5,2) NOT NULL,
    factors jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE licenses (
    id character varying(36) NOT NULL,
    technician_id character varying(36),
    license_number character varying(50) NOT NULL,
    license_type character varying(50) NOT NULL,
    issuing_authority character varying(150),
    issued_on date NOT NULL,
    expires_on date,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE marketing_campaigns (
    id character varying(36) NOT NULL,
    name character varying(200) NOT NULL,
    campaign_type character varying(50) NOT NULL,
    status character varying(20) NOT NULL,
    email_template_id character varying(36),
    sms_template_id character varying(36),
    budget numeric(10,2),
    start_date date,
    end_date date,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE marketing_workflows (
    id character varying(36) NOT NULL,
    campaign_id character varying(36),
    name character varying(200) NOT NULL,
    trigger_type character varying(50) NOT NULL,
    steps jsonb,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE messages (
    id integer NOT NULL,
    customer_id integer,
    channel character varying(20) NOT NULL,
    direction character varying(10) NOT NULL,
    from_number character varying(30),
    to_number character varying(30),
    subject character varying(255),
    body text,
    status character varying(20),
    external_id character varying(100),
    sent_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE SEQUENCE messages_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE messages_id_seq OWNED BY messages.id;

CREATE TABLE payments (
    id integer NOT NULL,
    invoice_id integer NOT NULL,
    amount numeric(10,2) NOT NULL,
    payment_method character varying(30) NOT NULL,
    reference character varying(100),
    paid_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE SEQUENCE payments_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE payments_id_seq OWNED BY payments.id;

CREATE TABLE payroll_periods (
    id character varying(36) NOT NULL,
    start_date date NOT NULL,
    end_date date NOT NULL,
    status character varying(20) NOT NULL,
    approved_by integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE prediction_models (
    id character varying(36) NOT NULL,
    name character varying(100) NOT NULL,
    model_type character varying(50) NOT NULL,
    version character varying(20) NOT NULL,
    metrics jsonb,
    trained_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE pricing_rules (
    id character varying(36) NOT NULL,
    service_id character varying(36) NOT NULL,
    zone_id character varying(36),
    rule_type character varying(50) NOT NULL,
    conditions jsonb,
    adjustment numeric(8,2) NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE pricing_zones (
    id character varying(36) NOT NULL,
    code character varying(30) NOT NULL,
    name character varying(100) NOT NULL,
    postal_codes text[],
    multiplier numeric(5,3) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE quotes (
    id integer NOT NULL,
    customer_id integer NOT NULL,
    quote_number character varying(50) NOT NULL,
    status character varying(20) NOT NULL,
    total numeric(10,2) NOT NULL,
    valid_until date,
    line_items jsonb,
    terms text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE SEQUENCE quotes_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE quotes_id_seq OWNED BY quotes.id;

CREATE TABLE revenue_forecasts (
    id character varying(36) NOT NULL,
    model_id character varying(36),
    period_start date NOT NULL,
    period_end date NOT NULL,
    predicted numeric(12,2) NOT NULL,
    lower_bound numeric(12,2),
    upper_bound numeric(12,2),
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE service_catalog (
    id character varying(36) NOT NULL,
    code character varying(50) NOT NULL,
    name character varying(200) NOT NULL,
    description text,
    job_type work_order_job_type_enum,
    base_price numeric(10,2) NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE signature_requests (
    id character varying(36) NOT NULL,
    customer_id integer NOT NULL,
    document_type character varying(50) NOT NULL,
    title character varying(255) NOT NULL,
    status character varying(20) NOT NULL,
    access_token character varying(100) NOT NULL,
    expires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE signatures (
    id character varying(36) NOT NULL,
    request_id character varying(36) NOT NULL,
    signer_name character varying(200) NOT NULL,
    signer_email character varying(255),
    signature_data text,
    ip_address character varying(45),
    signed_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE signed_documents (
    id character varying(36) NOT NULL,
    request_id character varying(36) NOT NULL,
    signature_id character varying(36),
    document_url character varying(255) NOT NULL,
    document_hash character varying(128) NOT NULL,
    content bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE sms_consent (
    id integer NOT NULL,
    customer_id integer NOT NULL,
    phone_number character varying(30) NOT NULL,
    consent_status character varying(20) NOT NULL,
    opt_in_source character varying(50),
    opted_in_at timestamp with time zone,
    opted_out_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE sms_consent_audit (
    id integer NOT NULL,
    consent_id integer NOT NULL,
    action character varying(30) NOT NULL,
    previous_status character varying(20),
    new_status character varying(20),
    ip_address character varying(45),
    performed_by integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE SEQUENCE sms_consent_audit_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE sms_consent_audit_id_seq OWNED BY sms_consent_audit.id;

CREATE SEQUENCE sms_consent_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE sms_consent_id_seq OWNED BY sms_consent.id;

CREATE TABLE sms_templates (
    id character varying(36) NOT NULL,
    code character varying(50) NOT NULL,
    body character varying(480),
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE technician_pay_rates (
    id character varying(36) NOT NULL,
    technician_id character varying(36) NOT NULL,
    hourly_rate numeric(8,2) NOT NULL,
    overtime_multiplier numeric(4,2) NOT NULL,
    effective_date date NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE technicians (
    id character varying(36) NOT NULL,
    first_name character varying(100) NOT NULL,
    last_name character varying(100) NOT NULL,
    email character varying(255),
    phone character varying(30),
    employee_number character varying(30),
    is_active boolean DEFAULT true NOT NULL,
    skills text[],
    home_region character varying(80),
    hire_date date,
    hourly_rate numeric(8,2),
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE tickets (
    id integer NOT NULL,
    customer_id integer NOT NULL,
    assigned_to integer,
    subject character varying(255) NOT NULL,
    description text,
    status character varying(20) NOT NULL,
    priority work_order_priority_enum,
    resolved_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE SEQUENCE tickets_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE tickets_id_seq OWNED BY tickets.id;

CREATE TABLE time_entries (
    id character varying(36) NOT NULL,
    technician_id character varying(36) NOT NULL,
    work_order_id character varying(36),
    payroll_period_id character varying(36),
    clock_in timestamp with time zone NOT NULL,
    clock_out timestamp with time zone,
    hours numeric(6,2),
    entry_type character varying(20) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE work_orders (
    id character varying(36) NOT NULL,
    customer_id integer NOT NULL,
    technician_id character varying(36),
    job_type work_order_job_type_enum NOT NULL,
    priority work_order_priority_enum DEFAULT 'normal'::work_order_priority_enum,
    status work_order_status_enum DEFAULT 'draft'::work_order_status_enum,
    scheduled_date date,
    time_window_start time without time zone,
    time_window_end time without time zone,
    estimated_duration_hours numeric(5,2),
    total_amount numeric(10,2),
    service_address character varying(255),
    checklist jsonb,
    notes text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone
);

CREATE TABLE workflow_enrollments (
    id character varying(36) NOT NULL,
    workflow_id character varying(36) NOT NULL,
    customer_id integer NOT NULL,
    current_step integer NOT NULL,
    status character varying(20) NOT NULL,
    next_run_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY activities ALTER COLUMN id SET DEFAULT nextval('activities_id_seq'::regclass);

ALTER TABLE ONLY api_clients ALTER COLUMN id SET DEFAULT nextval('api_clients_id_seq'::regclass);

ALTER TABLE ONLY api_tokens ALTER COLUMN id SET DEFAULT nextval('api_tokens_id_seq'::regclass);

ALTER TABLE ONLY api_users ALTER COLUMN id SET DEFAULT nextval('api_users_id_seq'::regclass);

ALTER TABLE ONLY call_dispositions ALTER COLUMN id SET DEFAULT nextval('call_dispositions_id_seq'::regclass);

ALTER TABLE ONLY call_logs ALTER COLUMN id SET DEFAULT nextval('call_logs_id_seq'::regclass);

ALTER TABLE ONLY customers ALTER COLUMN id SET DEFAULT nextval('customers_id_seq'::regclass);

ALTER TABLE ONLY equipment ALTER COLUMN id SET DEFAULT nextval('equipment_id_seq'::regclass);

ALTER TABLE ONLY inventory_items ALTER COLUMN id SET DEFAULT nextval('inventory_items_id_seq'::regclass);

ALTER TABLE ONLY invoices ALTER COLUMN id SET DEFAULT nextval('invoices_id_seq'::regclass);

ALTER TABLE ONLY messages ALTER COLUMN id SET DEFAULT nextval('messages_id_seq'::regclass);

ALTER TABLE ONLY payments ALTER COLUMN id SET DEFAULT nextval('payments_id_seq'::regclass);

ALTER TABLE ONLY quotes ALTER COLUMN id SET DEFAULT nextval('quotes_id_seq'::regclass);

ALTER TABLE ONLY sms_consent ALTER COLUMN id SET DEFAULT nextval('sms_consent_id_seq'::regclass);

ALTER TABLE ONLY sms_consent_audit ALTER COLUMN id SET DEFAULT nextval('sms_consent_audit_id_seq'::regclass);

ALTER TABLE ONLY tickets ALTER COLUMN id SET DEFAULT nextval('tickets_id_seq'::regclass);
