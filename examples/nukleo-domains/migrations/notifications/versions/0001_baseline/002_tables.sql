-- table public.activity_logs
CREATE TABLE public.activity_logs (
    id bigint NOT NULL,
    "userId" text,
    action text NOT NULL,
    "entityType" public."EntityType" NOT NULL,
    "entityId" text,
    details jsonb,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

-- sequence public.activity_logs_id_seq
CREATE SEQUENCE public.activity_logs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- sequence owned by public.activity_logs_id_seq
ALTER SEQUENCE public.activity_logs_id_seq OWNED BY public.activity_logs.id;

-- table public.notification_preferences
CREATE TABLE public.notification_preferences (
    id text NOT NULL,
    "userId" text NOT NULL,
    channel public."Channel" NOT NULL,
    enabled boolean DEFAULT false NOT NULL,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- table public.notifications
CREATE TABLE public.notifications (
    id text NOT NULL,
    "userId" text NOT NULL,
    type public."NotificationType" NOT NULL,
    title text NOT NULL,
    message text,
    "readAt" timestamp(3) without time zone,
    "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);

-- default public.activity_logs id
ALTER TABLE ONLY public.activity_logs ALTER COLUMN id SET DEFAULT nextval('public.activity_logs_id_seq'::regclass);
