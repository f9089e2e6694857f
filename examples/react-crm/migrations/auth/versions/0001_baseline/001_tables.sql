-- table public.api_clients
CREATE TABLE public.api_clients (
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

-- sequence public.api_clients_id_seq
CREATE SEQUENCE public.api_clients_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.api_clients_id_seq
ALTER SEQUENCE public.api_clients_id_seq OWNED BY public.api_clients.id;

-- table public.api_tokens
CREATE TABLE public.api_tokens (
    id integer NOT NULL,
    client_id integer NOT NULL,
    token_hash character varying(255) NOT NULL,
    refresh_token_hash character varying(255),
    scopes text[],
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- sequence public.api_tokens_id_seq
CREATE SEQUENCE public.api_tokens_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.api_tokens_id_seq
ALTER SEQUENCE public.api_tokens_id_seq OWNED BY public.api_tokens.id;

-- table public.api_users
CREATE TABLE public.api_users (
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

-- sequence public.api_users_id_seq
CREATE SEQUENCE public.api_users_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.api_users_id_seq
ALTER SEQUENCE public.api_users_id_seq OWNED BY public.api_users.id;

-- default public.api_clients id
ALTER TABLE ONLY public.api_clients ALTER COLUMN id SET DEFAULT nextval('public.api_clients_id_seq'::regclass);

-- default public.api_tokens id
ALTER TABLE ONLY public.api_tokens ALTER COLUMN id SET DEFAULT nextval('public.api_tokens_id_seq'::regclass);

-- default public.api_users id
ALTER TABLE ONLY public.api_users ALTER COLUMN id SET DEFAULT nextval('public.api_users_id_seq'::regclass);
