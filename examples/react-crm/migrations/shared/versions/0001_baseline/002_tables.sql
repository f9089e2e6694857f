-- table public.ai_agents
CREATE TABLE public.ai_agents (
    id character varying(36) NOT NULL,
    name character varying(100) NOT NULL,
    agent_type character varying(50) NOT NULL,
    system_prompt text,
    config jsonb,
    is_active boolean DEFAULT true NOT NULL,
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

-- table public.contract_templates
CREATE TABLE public.contract_templates (
    id character varying(36) NOT NULL,
    name character varying(150) NOT NULL,
    body text,
    version integer NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.email_templates
CREATE TABLE public.email_templates (
    id character varying(36) NOT NULL,
    code character varying(50) NOT NULL,
    subject character varying(255) NOT NULL,
    body_html text,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- table public.prediction_models
CREATE TABLE public.prediction_models (
    id character varying(36) NOT NULL,
    name character varying(100) NOT NULL,
    model_type character varying(50) NOT NULL,
    version character varying(20) NOT NULL,
    metrics jsonb,
    trained_at timestamp with time zone,
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

-- table public.sms_templates
CREATE TABLE public.sms_templates (
    id character varying(36) NOT NULL,
    code character varying(50) NOT NULL,
    body character varying(480),
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- default public.call_dispositions id
ALTER TABLE ONLY public.call_dispositions ALTER COLUMN id SET DEFAULT nextval('public.call_dispositions_id_seq'::regclass);
