-- table public.activities
CREATE TABLE public.activities (
    id integer NOT NULL,
    customer_id integer NOT NULL,
    work_order_id character varying(36),
    activity_type character varying(30) NOT NULL,
    description text,
    performed_by integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- sequence public.activities_id_seq
CREATE SEQUENCE public.activities_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.activities_id_seq
ALTER SEQUENCE public.activities_id_seq OWNED BY public.activities.id;

-- table public.agent_conversations
CREATE TABLE public.agent_conversations (
    id character varying(36) NOT NULL,
    agent_id character varying(36) NOT NULL,
    customer_id integer,
    channel character varying(20) NOT NULL,
    status character varying(20) NOT NULL,
    ended_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.agent_messages
CREATE TABLE public.agent_messages (
    id character varying(36) NOT NULL,
    conversation_id character varying(36) NOT NULL,
    role character varying(20) NOT NULL,
    content text,
    tool_calls jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.agent_tasks
CREATE TABLE public.agent_tasks (
    id character varying(36) NOT NULL,
    agent_id character varying(36) NOT NULL,
    conversation_id character varying(36),
    task_type character varying(50) NOT NULL,
    priority public.work_order_priority_enum NOT NULL,
    status character varying(20) NOT NULL,
    payload jsonb,
    due_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.ai_conversations
CREATE TABLE public.ai_conversations (
    id character varying(36) NOT NULL,
    user_id integer NOT NULL,
    title character varying(255),
    context jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.ai_embeddings
CREATE TABLE public.ai_embeddings (
    id character varying(36) NOT NULL,
    entity_type character varying(50) NOT NULL,
    entity_id character varying(36) NOT NULL,
    content text NOT NULL,
    embedding double precision[],
    model_name character varying(100),
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.ai_messages
CREATE TABLE public.ai_messages (
    id character varying(36) NOT NULL,
    conversation_id character varying(36) NOT NULL,
    role character varying(20) NOT NULL,
    content text,
    tokens_used integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.call_dispositions
CREATE TABLE public.call_dispositions (
    id integer NOT NULL,
    code character varying(30) NOT NULL,
    name character varying(100) NOT NULL,
    color character varying(7),
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- sequence public.call_dispositions_id_seq
CREATE SEQUENCE public.call_dispositions_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.call_dispositions_id_seq
ALTER SEQUENCE public.call_dispositions_id_seq OWNED BY public.call_dispositions.id;

-- table public.call_logs
CREATE TABLE public.call_logs (
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

-- sequence public.call_logs_id_seq
CREATE SEQUENCE public.call_logs_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.call_logs_id_seq
ALTER SEQUENCE public.call_logs_id_seq OWNED BY public.call_logs.id;

-- table public.certifications
CREATE TABLE public.certifications (
    id character varying(36) NOT NULL,
    technician_id character varying(36) NOT NULL,
    name character varying(150) NOT NULL,
    certificate_number character varying(50),
    issued_on date NOT NULL,
    expires_on date,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.churn_predictions
CREATE TABLE public.churn_predictions (
    id character varying(36) NOT NULL,
    customer_id integer NOT NULL,
    model_id character varying(36),
    probability double precision NOT NULL,
    risk_level character varying(20),
    factors jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.commissions
CREATE TABLE public.commissions (
    id character varying(36) NOT NULL,
    technician_id character varying(36) NOT NULL,
    work_order_id character varying(36),
    payroll_period_id character varying(36),
    rate numeric(5,2) NOT NULL,
    amount numeric(10,2) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.contracts
CREATE TABLE public.contracts (
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

-- table public.customer_pricing_tiers
CREATE TABLE public.customer_pricing_tiers (
    id character varying(36) NOT NULL,
    customer_id integer NOT NULL,
    tier_name character varying(50) NOT NULL,
    discount_percent numeric(5,2) NOT NULL,
    valid_until date,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.customers
CREATE TABLE public.customers (
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

-- sequence public.customers_id_seq
CREATE SEQUENCE public.customers_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.customers_id_seq
ALTER SEQUENCE public.customers_id_seq OWNED BY public.customers.id;

-- table public.deal_health
CREATE TABLE public.deal_health (
    id character varying(36) NOT NULL,
    quote_id integer NOT NULL,
    customer_id integer NOT NULL,
    health_score numeric(5,2) NOT NULL,
    reasons jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.equipment
CREATE TABLE public.equipment (
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

-- sequence public.equipment_id_seq
CREATE SEQUENCE public.equipment_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.equipment_id_seq
ALTER SEQUENCE public.equipment_id_seq OWNED BY public.equipment.id;

-- table public.inspections
CREATE TABLE public.inspections (
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

-- table public.inventory_items
CREATE TABLE public.inventory_items (
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

-- sequence public.inventory_items_id_seq
CREATE SEQUENCE public.inventory_items_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.inventory_items_id_seq
ALTER SEQUENCE public.inventory_items_id_seq OWNED BY public.inventory_items.id;

-- table public.invoices
CREATE TABLE public.invoices (
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

-- sequence public.invoices_id_seq
CREATE SEQUENCE public.invoices_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.invoices_id_seq
ALTER SEQUENCE public.invoices_id_seq OWNED BY public.invoices.id;

-- table public.job_costs
CREATE TABLE public.job_costs (
    id character varying(36) NOT NULL,
    work_order_id character varying(36) NOT NULL,
    technician_id character varying(36),
    job_type public.work_order_job_type_enum,
    cost_type character varying(30) NOT NULL,
    quantity numeric(10,2) NOT NULL,
    unit_cost numeric(10,2) NOT NULL,
    total_cost numeric(12,2) NOT NULL,
    is_billable boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.lead_scores
CREATE TABLE public.lead_scores (
    id character varying(36) NOT NULL,
    customer_id integer NOT NULL,
    model_id character varying(36),
    score numeric(5,2) NOT NULL,
    factors jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.licenses
CREATE TABLE public.licenses (
    id character varying(36) NOT NULL,
    technician_id character varying(36),
    license_number character varying(50) NOT NULL,
    license_type character varying(50) NOT NULL,
    issuing_authority character varying(150),
    issued_on date NOT NULL,
    expires_on date,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.marketing_campaigns
CREATE TABLE public.marketing_campaigns (
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

-- table public.marketing_workflows
CREATE TABLE public.marketing_workflows (
    id character varying(36) NOT NULL,
    campaign_id character varying(36),
    name character varying(200) NOT NULL,
    trigger_type character varying(50) NOT NULL,
    steps jsonb,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.messages
CREATE TABLE public.messages (
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

-- sequence public.messages_id_seq
CREATE SEQUENCE public.messages_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.messages_id_seq
ALTER SEQUENCE public.messages_id_seq OWNED BY public.messages.id;

-- table public.payments
CREATE TABLE public.payments (
    id integer NOT NULL,
    invoice_id integer NOT NULL,
    amount numeric(10,2) NOT NULL,
    payment_method character varying(30) NOT NULL,
    reference character varying(100),
    paid_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- sequence public.payments_id_seq
CREATE SEQUENCE public.payments_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.payments_id_seq
ALTER SEQUENCE public.payments_id_seq OWNED BY public.payments.id;

-- table public.payroll_periods
CREATE TABLE public.payroll_periods (
    id character varying(36) NOT NULL,
    start_date date NOT NULL,
    end_date date NOT NULL,
    status character varying(20) NOT NULL,
    approved_by integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.pricing_rules
CREATE TABLE public.pricing_rules (
    id character varying(36) NOT NULL,
    service_id character varying(36) NOT NULL,
    zone_id character varying(36),
    rule_type character varying(50) NOT NULL,
    conditions jsonb,
    adjustment numeric(8,2) NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.pricing_zones
CREATE TABLE public.pricing_zones (
    id character varying(36) NOT NULL,
    code character varying(30) NOT NULL,
    name character varying(100) NOT NULL,
    postal_codes text[],
    multiplier numeric(5,3) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.quotes
CREATE TABLE public.quotes (
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

-- sequence public.quotes_id_seq
CREATE SEQUENCE public.quotes_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.quotes_id_seq
ALTER SEQUENCE public.quotes_id_seq OWNED BY public.quotes.id;

-- table public.revenue_forecasts
CREATE TABLE public.revenue_forecasts (
    id character varying(36) NOT NULL,
    model_id character varying(36),
    period_start date NOT NULL,
    period_end date NOT NULL,
    predicted numeric(12,2) NOT NULL,
    lower_bound numeric(12,2),
    upper_bound numeric(12,2),
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.service_catalog
CREATE TABLE public.service_catalog (
    id character varying(36) NOT NULL,
    code character varying(50) NOT NULL,
    name character varying(200) NOT NULL,
    description text,
    job_type public.work_order_job_type_enum,
    base_price numeric(10,2) NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.signature_requests
CREATE TABLE public.signature_requests (
    id character varying(36) NOT NULL,
    customer_id integer NOT NULL,
    document_type character varying(50) NOT NULL,
    title character varying(255) NOT NULL,
    status character varying(20) NOT NULL,
    access_token character varying(100) NOT NULL,
    expires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.signatures
CREATE TABLE public.signatures (
    id character varying(36) NOT NULL,
    request_id character varying(36) NOT NULL,
    signer_name character varying(200) NOT NULL,
    signer_email character varying(255),
    signature_data text,
    ip_address character varying(45),
    signed_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.signed_documents
CREATE TABLE public.signed_documents (
    id character varying(36) NOT NULL,
    request_id character varying(36) NOT NULL,
    signature_id character varying(36),
    document_url character varying(255) NOT NULL,
    document_hash character varying(128) NOT NULL,
    content bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.sms_consent
CREATE TABLE public.sms_consent (
    id integer NOT NULL,
    customer_id integer NOT NULL,
    phone_number character varying(30) NOT NULL,
    consent_status character varying(20) NOT NULL,
    opt_in_source character varying(50),
    opted_in_at timestamp with time zone,
    opted_out_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.sms_consent_audit
CREATE TABLE public.sms_consent_audit (
    id integer NOT NULL,
    consent_id integer NOT NULL,
    action character varying(30) NOT NULL,
    previous_status character varying(20),
    new_status character varying(20),
    ip_address character varying(45),
    performed_by integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- sequence public.sms_consent_audit_id_seq
CREATE SEQUENCE public.sms_consent_audit_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.sms_consent_audit_id_seq
ALTER SEQUENCE public.sms_consent_audit_id_seq OWNED BY public.sms_consent_audit.id;

-- sequence public.sms_consent_id_seq
CREATE SEQUENCE public.sms_consent_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.sms_consent_id_seq
ALTER SEQUENCE public.sms_consent_id_seq OWNED BY public.sms_consent.id;

-- table public.technician_pay_rates
CREATE TABLE public.technician_pay_rates (
    id character varying(36) NOT NULL,
    technician_id character varying(36) NOT NULL,
    hourly_rate numeric(8,2) NOT NULL,
    overtime_multiplier numeric(4,2) NOT NULL,
    effective_date date NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.technicians
CREATE TABLE public.technicians (
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

-- table public.tickets
CREATE TABLE public.tickets (
    id integer NOT NULL,
    customer_id integer NOT NULL,
    assigned_to integer,
    subject character varying(255) NOT NULL,
    description text,
    status character varying(20) NOT NULL,
    priority public.work_order_priority_enum,
    resolved_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- sequence public.tickets_id_seq
CREATE SEQUENCE public.tickets_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.tickets_id_seq
ALTER SEQUENCE public.tickets_id_seq OWNED BY public.tickets.id;

-- table public.time_entries
CREATE TABLE public.time_entries (
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

-- table public.work_orders
CREATE TABLE public.work_orders (
    id character varying(36) NOT NULL,
    customer_id integer NOT NULL,
    technician_id character varying(36),
    job_type public.work_order_job_type_enum NOT NULL,
    priority public.work_order_priority_enum DEFAULT 'normal'::public.work_order_priority_enum,
    status public.work_order_status_enum DEFAULT 'draft'::public.work_order_status_enum,
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

-- table public.workflow_enrollments
CREATE TABLE public.workflow_enrollments (
    id character varying(36) NOT NULL,
    workflow_id character varying(36) NOT NULL,
    customer_id integer NOT NULL,
    current_step integer NOT NULL,
    status character varying(20) NOT NULL,
    next_run_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- default public.activities id
ALTER TABLE ONLY public.activities ALTER COLUMN id SET DEFAULT nextval('public.activities_id_seq'::regclass);

-- default public.call_dispositions id
ALTER TABLE ONLY public.call_dispositions ALTER COLUMN id SET DEFAULT nextval('public.call_dispositions_id_seq'::regclass);

-- default public.call_logs id
ALTER TABLE ONLY public.call_logs ALTER COLUMN id SET DEFAULT nextval('public.call_logs_id_seq'::regclass);

-- default public.customers id
ALTER TABLE ONLY public.customers ALTER COLUMN id SET DEFAULT nextval('public.customers_id_seq'::regclass);

-- default public.equipment id
ALTER TABLE ONLY public.equipment ALTER COLUMN id SET DEFAULT nextval('public.equipment_id_seq'::regclass);

-- default public.inventory_items id
ALTER TABLE ONLY public.inventory_items ALTER COLUMN id SET DEFAULT nextval('public.inventory_items_id_seq'::regclass);

-- default public.invoices id
ALTER TABLE ONLY public.invoices ALTER COLUMN id SET DEFAULT nextval('public.invoices_id_seq'::regclass);

-- default public.messages id
ALTER TABLE ONLY public.messages ALTER COLUMN id SET DEFAULT nextval('public.messages_id_seq'::regclass);

-- default public.payments id
ALTER TABLE ONLY public.payments ALTER COLUMN id SET DEFAULT nextval('public.payments_id_seq'::regclass);

-- default public.quotes id
ALTER TABLE ONLY public.quotes ALTER COLUMN id SET DEFAULT nextval('public.quotes_id_seq'::regclass);

-- default public.sms_consent id
ALTER TABLE ONLY public.sms_consent ALTER COLUMN id SET DEFAULT nextval('public.sms_consent_id_seq'::regclass);

-- default public.sms_consent_audit id
ALTER TABLE ONLY public.sms_consent_audit ALTER COLUMN id SET DEFAULT nextval('public.sms_consent_audit_id_seq'::regclass);

-- default public.tickets id
ALTER TABLE ONLY public.tickets ALTER COLUMN id SET DEFAULT nextval('public.tickets_id_seq'::regclass);
